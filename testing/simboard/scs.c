/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The private peripheral bus: system control block, debug registers, SysTick,
 * NVIC, breakpoint unit, DWT, ROM table. Register addresses and fields are
 * those of the ARMv7-M ARM (DDI0403E, B3.2 to B3.4, C1.6 to C1.11); ARMv6-M
 * has a subset of them.
 */

#include <stdio.h>
#include <string.h>

#include "core.h"

#define SCS_BASE 0xE000E000u
#define DWT_BASE 0xE0001000u
#define FPB_BASE 0xE0002000u

enum scs_offset {
	STCSR = 0x010, STRVR = 0x014, STCVR = 0x018, STCALIB = 0x01C,
	NVIC_ISER = 0x100, NVIC_ICER = 0x180, NVIC_ISPR = 0x200, NVIC_ICPR = 0x280,
	NVIC_IPR = 0x400, NVIC_END = 0x4F0,
	CPUID = 0xD00, ICSR = 0xD04, VTOR = 0xD08, AIRCR = 0xD0C, SCR = 0xD10, CCR = 0xD14,
	SHPR1 = 0xD18, SHPR3 = 0xD20, SHCSR = 0xD24, CFSR = 0xD28, HFSR = 0xD2C, DFSR = 0xD30,
	MMFAR = 0xD34, BFAR = 0xD38, CPACR = 0xD88,
	DHCSR = 0xDF0, DCRSR = 0xDF4, DCRDR = 0xDF8, DEMCR = 0xDFC,
	MPU_FIRST = 0xD90, MPU_LAST = 0xDB8,
	MVFR0 = 0xF40, MVFR1 = 0xF44,
};

#define DHCSR_KEY 0xA05Fu
#define AIRCR_KEY 0x05FAu
#define CCR_STKALIGN (1u << 9)
#define SYSTICK_EXCEPTION 15
#define PENDSV_EXCEPTION 14
#define NMI_EXCEPTION 2

static struct {
	struct scs_state state;
	const struct core_type *type;
	uint32_t dcrdr;
	bool step_wanted; /* C_STEP as last written */
	uint32_t systick_csr;
	uint32_t systick_reload;
	struct clock_event systick;
	uint32_t scr;
	uint32_t fp_ctrl;
	uint32_t fp_comp[8];
	uint32_t dwt[0x60 / 4];
} scs;

struct scs_state *scs_state(void)
{
	return &scs.state;
}

/* ---- SysTick ---- */

#define CSR_ENABLE 1u
#define CSR_TICKINT 2u
#define CSR_CORE_CLOCK 4u
#define CSR_COUNTFLAG (1u << 16)
#define PS_PER_S 1000000000000ull

static uint64_t systick_ticks_ps(uint64_t ticks)
{
	/* the other clock is the core clock by 8 on all STM32 */
	uint64_t hz = sim_core_hz() / (scs.systick_csr & CSR_CORE_CLOCK ? 1 : 8);

	return ticks * PS_PER_S / hz;
}

static void systick_start(void)
{
	bool runs = (scs.systick_csr & CSR_ENABLE) && scs.systick_reload;

	clock_event_set(&scs.systick, runs ?
		sim_time_ps() + systick_ticks_ps(scs.systick_reload + 1) : UINT64_MAX);
}

static void systick_fire(void *ctx)
{
	scs.systick_csr |= CSR_COUNTFLAG;
	if (scs.systick_csr & CSR_TICKINT)
		core_exception_pend(SYSTICK_EXCEPTION, true);
	systick_start();
}

static bool systick_stops_in_debug(void *ctx)
{
	return true;
}

static uint32_t systick_value(void)
{
	uint64_t one_ps = systick_ticks_ps(1);

	if (!(scs.systick_csr & CSR_ENABLE) || !one_ps)
		return 0;
	uint64_t ticks = clock_event_left_ps(&scs.systick) / one_ps;
	return ticks > scs.systick_reload ? scs.systick_reload : ticks;
}

/* ---- core registers through DCRSR ---- */

static uint32_t core_register_read(unsigned int select)
{
	if (select <= CPU_PC)
		return cpu_get(select);
	if (select == 16)
		return (cpu_get(CPU_XPSR) & ~0x1FFu) | core_ipsr();
	if (select == 17 || select == 18)
		return cpu_get(select);
	if (select == 20) {
		uint32_t value = cpu_get(CPU_CONTROL) << 24 | cpu_get(CPU_PRIMASK);
		if (!scs.type->armv6m)
			value |= cpu_get(CPU_FAULTMASK) << 16 | cpu_get(CPU_BASEPRI) << 8;
		return value;
	}
	if (scs.type->has_fpu && select == 0x21)
		return cpu_get(CPU_FPSCR);
	if (scs.type->has_fpu && select >= 0x40 && select < 0x60)
		return cpu_get(select);
	return 0;
}

static void core_register_write(unsigned int select, uint32_t value)
{
	if (select <= CPU_PC || select == 17 || select == 18) {
		cpu_set(select, value);
	} else if (select == 16) {
		cpu_set(CPU_XPSR, value & ~0x1FFu);
	} else if (select == 20) {
		cpu_set(CPU_CONTROL, value >> 24 & 3);
		cpu_set(CPU_PRIMASK, value & 1);
		if (scs.type->armv6m)
			return;
		cpu_set(CPU_FAULTMASK, value >> 16 & 1);
		cpu_set(CPU_BASEPRI, value >> 8 & 0xFF);
	} else if (scs.type->has_fpu && select == 0x21) {
		cpu_set(CPU_FPSCR, value);
	} else if (scs.type->has_fpu && select >= 0x40 && select < 0x60) {
		cpu_set(select, value);
	}
}

/* ---- debug control ---- */

static uint32_t dhcsr_read(void)
{
	uint32_t value = scs.state.debug_enabled | (uint32_t)scs.step_wanted << 2
		| (uint32_t)scs.state.mask_interrupts << 3;

	/* the registers are there at once */
	value |= core_in_reset() ? 0 : 1u << 16;
	value |= core_is_halted() ? 1u << 17 | 2 : 0;
	value |= core_is_asleep() ? 1u << 18 : 0;
	value |= core_is_locked_up() ? 1u << 19 : 0;
	value |= scs.state.retired ? 1u << 24 : 0;
	value |= scs.state.reset_seen ? 1u << 25 : 0;
	scs.state.retired = false;
	scs.state.reset_seen = core_in_reset();
	return value;
}

static void dhcsr_write(uint32_t value)
{
	if (value >> 16 != DHCSR_KEY)
		return;
	scs.state.debug_enabled = value & 1;
	if (!(value & 1))
		value &= ~0xFu;
	scs.state.mask_interrupts = value >> 3 & 1;
	scs.step_wanted = value >> 2 & 1;
	if (value & 2)
		core_halt(DFSR_HALTED);
	else if (core_is_halted() && (value & 4))
		core_single_step();
	else if (core_is_halted())
		core_resume();
}

static void aircr_write(uint32_t value)
{
	if (value >> 16 != AIRCR_KEY)
		return;
	/* VECTCLRACTIVE, for a halted core only */
	if ((value & 2) && core_is_halted())
		core_exceptions_forget();
	if (value & 5)
		core_request_reset("AIRCR");
}

/* ---- NVIC ---- */

static void nvic_pend(unsigned int word, uint32_t bits, bool pending)
{
	for (unsigned int bit = 0; bit < 32; bit++) {
		if (bits >> bit & 1)
			core_exception_pend(16 + 32 * word + bit, pending);
	}
}

static bool nvic_read(uint32_t offset, uint32_t *value)
{
	unsigned int word = (offset & 0x1F) / 4;

	if (offset >= NVIC_IPR && offset < NVIC_END) {
		memcpy(value, &scs.state.nvic_priority[offset - NVIC_IPR], 4);
	} else if (offset >= NVIC_ISER && offset < NVIC_ICER + 0x20 && !(offset & 0x60)) {
		*value = scs.state.nvic_enabled[word];
	} else if (offset >= NVIC_ISPR && offset < NVIC_ICPR + 0x20 && !(offset & 0x60)) {
		for (unsigned int bit = 0; bit < 32; bit++) {
			if (16 + 32 * word + bit < 256)
				*value |= (uint32_t)core_exception_is_pending(16 + 32 * word + bit) << bit;
		}
	} else {
		return false;
	}
	return true;
}

static bool nvic_write(uint32_t offset, uint32_t value)
{
	unsigned int word = (offset & 0x1F) / 4;

	if (offset >= NVIC_IPR && offset < NVIC_END)
		memcpy(&scs.state.nvic_priority[offset - NVIC_IPR], &value, 4);
	else if (offset >= NVIC_ISER && offset < NVIC_ISER + 0x20)
		scs.state.nvic_enabled[word] |= value;
	else if (offset >= NVIC_ICER && offset < NVIC_ICER + 0x20)
		scs.state.nvic_enabled[word] &= ~value;
	else if (offset >= NVIC_ISPR && offset < NVIC_ISPR + 0x1C)
		nvic_pend(word, value, true);
	else if (offset >= NVIC_ICPR && offset < NVIC_ICPR + 0x1C)
		nvic_pend(word, value, false);
	else
		return false;
	return true;
}

/* ---- the block ---- */

/** Registers that are just words, on ARMv7-M only where marked. */
static uint32_t *plain_register(uint32_t offset)
{
	switch (offset) {
	case VTOR:
		/* optional on ARMv6-M: the M0 has none */
		return strcmp(scs.type->name, "m0") ? &scs.state.vtor : NULL;
	case SCR:
		return &scs.scr;
	case CCR:
		return &scs.state.ccr;
	case SHPR1:
	case SHPR1 + 4:
	case SHPR3:
		return &scs.state.shpr[(offset - SHPR1) / 4];
	case SHCSR:
		return &scs.state.shcsr;
	case MMFAR:
		return &scs.state.mmfar;
	case BFAR:
		return &scs.state.bfar;
	case CPACR:
		return &scs.state.cpacr;
	case DCRDR:
		return &scs.dcrdr;
	default:
		return NULL;
	}
}

static uint32_t icsr_read(void)
{
	return core_ipsr() | (uint32_t)core_exception_is_pending(SYSTICK_EXCEPTION) << 26
		| (uint32_t)core_exception_is_pending(PENDSV_EXCEPTION) << 28;
}

static void icsr_write(uint32_t value)
{
	if (value >> 31)
		core_exception_pend(NMI_EXCEPTION, true);
	if (value >> 27 & 3)
		core_exception_pend(PENDSV_EXCEPTION, value >> 28 & 1);
	if (value >> 25 & 3)
		core_exception_pend(SYSTICK_EXCEPTION, value >> 26 & 1);
}

static uint32_t scs_read_word(uint32_t offset)
{
	uint32_t value = 0;
	const uint32_t *plain = plain_register(offset);

	if (plain)
		return *plain;
	if (nvic_read(offset, &value))
		return value;
	if (offset >= MPU_FIRST && offset <= MPU_LAST)
		return mpu_read(offset - MPU_FIRST);
	switch (offset) {
	case STCSR:
		value = scs.systick_csr;
		scs.systick_csr &= ~CSR_COUNTFLAG;
		return value;
	case STRVR:
		return scs.systick_reload;
	case STCVR:
		return systick_value();
	case STCALIB:
		return 1u << 31;
	case CPUID:
		return scs.type->cpuid;
	case ICSR:
		return icsr_read();
	case AIRCR:
		return 0xFA050000;
	case CFSR:
		return scs.state.cfsr;
	case HFSR:
		return scs.state.hfsr;
	case DFSR:
		return scs.state.dfsr;
	case DHCSR:
		return dhcsr_read();
	case DEMCR:
		return scs.state.demcr;
	case MVFR0:
		return scs.type->has_fpu ? 0x10110021 : 0;
	case MVFR1:
		return scs.type->has_fpu ? 0x11000011 : 0;
	default:
		return 0;
	}
}

static void systick_write(uint32_t offset, uint32_t value)
{
	if (offset == STCSR) {
		bool starts = (value & ~scs.systick_csr) & CSR_ENABLE;
		scs.systick_csr = (scs.systick_csr & CSR_COUNTFLAG) | (value & 7);
		if (starts || !(value & CSR_ENABLE))
			systick_start();
	} else if (offset == STRVR) {
		scs.systick_reload = value & 0xFFFFFF;
	} else {
		scs.systick_csr &= ~CSR_COUNTFLAG;
		systick_start();
	}
}

static void dcrsr_write(uint32_t value)
{
	if (!core_is_halted())
		return;
	if (value >> 16 & 1)
		core_register_write(value & 0x7F, scs.dcrdr);
	else
		scs.dcrdr = core_register_read(value & 0x7F);
}

static void scs_write_word(uint32_t offset, uint32_t value)
{
	uint32_t *plain = plain_register(offset);

	if (plain) {
		*plain = offset == VTOR ? value & ~0x7Fu : value;
		return;
	}
	if (nvic_write(offset, value))
		return;
	if (offset >= MPU_FIRST && offset <= MPU_LAST) {
		mpu_write(offset - MPU_FIRST, value);
		cpu_watch_mpu(mpu_is_on());
		return;
	}
	switch (offset) {
	case STCSR:
	case STRVR:
	case STCVR:
		systick_write(offset, value);
		break;
	case ICSR:
		icsr_write(value);
		break;
	case AIRCR:
		aircr_write(value);
		break;
	case CFSR:
		scs.state.cfsr &= ~value;
		break;
	case HFSR:
		scs.state.hfsr &= ~value;
		break;
	case DFSR:
		scs.state.dfsr &= ~value;
		break;
	case DHCSR:
		dhcsr_write(value);
		break;
	case DCRSR:
		dcrsr_write(value);
		break;
	case DEMCR:
		scs.state.demcr = value;
		break;
	}
}

static enum sim_access scs_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	*value = scs_read_word(offset & ~3u) >> 8 * (offset & 3);
	if (width_bytes < 4)
		*value &= (1u << 8 * width_bytes) - 1;
	return SIM_OK;
}

static enum sim_access scs_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	if (width_bytes < 4) {
		/* bytes are for the priority registers (and only on ARMv7-M) */
		unsigned int shift = 8 * (offset & 3);
		uint32_t mask = ((1u << 8 * width_bytes) - 1) << shift;
		value = (scs_read_word(offset & ~3u) & ~mask) | (value << shift & mask);
	}
	scs_write_word(offset & ~3u, value);
	return SIM_OK;
}

/* ---- breakpoint unit ---- */

static void update_breakpoint(unsigned int slot)
{
	uint32_t comp = scs.fp_comp[slot];
	bool on = (comp & 1) && (scs.fp_ctrl & 1);

	cpu_breakpoint_set(slot, comp & 0x1FFFFFFC, on ? comp >> 30 : 0);
}

static enum sim_access fpb_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	if (offset == 0)
		*value = (scs.fp_ctrl & 1) | scs.type->breakpoints << 4 | (scs.type->armv6m ? 0 : 2 << 8);
	else if (offset >= 8 && offset < 8 + 4 * scs.type->breakpoints)
		*value = scs.fp_comp[(offset - 8) / 4];
	return SIM_OK;
}

static enum sim_access fpb_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	if (offset == 0) {
		/* bit 1 is the key */
		if (value & 2)
			scs.fp_ctrl = value & 1;
	} else if (offset >= 8 && offset < 8 + 4 * scs.type->breakpoints) {
		scs.fp_comp[(offset - 8) / 4] = value;
	}
	for (unsigned int slot = 0; slot < scs.type->breakpoints; slot++)
		update_breakpoint(slot);
	return SIM_OK;
}

/* ---- DWT ---- */

/* a comparator has 16 bytes from 0x20 on: COMP, MASK, FUNCTION */
#define DWT_COMP0 0x20u
#define DWT_MATCHED (1u << 24)

static void update_watchpoint(unsigned int slot)
{
	const uint32_t *comparator = &scs.dwt[(DWT_COMP0 + 16 * slot) / 4];
	uint32_t function = comparator[2] & 0xF;
	/* 5 loads, 6 stores, 7 both */
	unsigned int functions = function >= 5 && function <= 7 ? function - 4 : 0;

	cpu_watchpoint_set(slot, comparator[0], (1u << (comparator[1] & 31)) - 1, functions);
}

static enum sim_access dwt_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	if (offset == 0)
		*value = (scs.dwt[0] & 1) | scs.type->watchpoints << 28;
	else if (offset == 4 && !scs.type->armv6m)
		*value = cpu_cycles() - scs.dwt[1];
	else if (offset == 0x1C)
		*value = core_is_halted() ? 0xFFFFFFFF : cpu_get(CPU_PC);
	else if (offset >= DWT_COMP0 && offset < sizeof(scs.dwt))
		*value = scs.dwt[offset / 4];
	if (offset >= DWT_COMP0 && offset < sizeof(scs.dwt) && offset % 16 == 8
			&& cpu_watchpoint_matched((offset - DWT_COMP0) / 16))
		*value |= DWT_MATCHED;
	return SIM_OK;
}

static enum sim_access dwt_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	if (offset == 4)
		scs.dwt[1] = cpu_cycles() - value;
	else if (offset < sizeof(scs.dwt))
		scs.dwt[offset / 4] = value;
	for (unsigned int slot = 0; slot < scs.type->watchpoints; slot++)
		update_watchpoint(slot);
	return SIM_OK;
}

/* ---- ROM table: what "dap info" walks through ---- */

static enum sim_access rom_table_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	static const uint32_t entries[] = {
		(SCS_BASE - 0xE00FF000u) | 3, (DWT_BASE - 0xE00FF000u) | 3, (FPB_BASE - 0xE00FF000u) | 3,
	};
	/* component identification of a ROM table class 1 (DDI0403E, D4) */
	static const uint8_t ids[] = { 0x0D, 0x10, 0x05, 0xB1 };

	if (offset < sizeof(entries))
		*value = entries[offset / 4];
	else if (offset >= 0xFF0)
		*value = ids[(offset - 0xFF0) / 4];
	return SIM_OK;
}

static enum sim_access rom_table_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	return SIM_OK;
}

/* ---- set-up ---- */

void scs_reset(void)
{
	struct scs_state *s = &scs.state;

	s->vtor = 0;
	s->ccr = CCR_STKALIGN;
	memset(s->shpr, 0, sizeof(s->shpr));
	s->shcsr = 0;
	s->cfsr = 0;
	s->hfsr = 0;
	s->cpacr = 0;
	memset(s->nvic_enabled, 0, sizeof(s->nvic_enabled));
	memset(s->nvic_priority, 0, sizeof(s->nvic_priority));
	mpu_reset();
	cpu_watch_mpu(false);
	scs.scr = 0;
	scs.systick_csr = 0;
	scs.systick_reload = 0;
	systick_start();
}

int scs_create(const struct core_type *type)
{
	static struct sim_device devices[] = {
		{ .name = "SCS", .base = SCS_BASE, .size_bytes = 0x1000,
			.read = scs_read, .write = scs_write },
		{ .name = "FPB", .base = FPB_BASE, .size_bytes = 0x1000,
			.read = fpb_read, .write = fpb_write },
		{ .name = "DWT", .base = DWT_BASE, .size_bytes = 0x1000,
			.read = dwt_read, .write = dwt_write },
		{ .name = "ROM table", .base = 0xE00FF000, .size_bytes = 0x1000,
			.read = rom_table_read, .write = rom_table_write },
	};

	scs.type = type;
	scs.systick = (struct clock_event){ .name = "SysTick", .due_ps = UINT64_MAX,
		.fire = systick_fire, .stops_in_debug = systick_stops_in_debug };
	clock_event_add(&scs.systick);
	for (size_t i = 0; i < ARRAY_LEN(devices); i++)
		sim_bus_add(&devices[i]);
	return 0;
}
