/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the core does between instructions: run, halt, sleep, reset, take and
 * leave exceptions, lock up. Chapters B1 and C1 of the ARMv7-M ARM (DDI0403E);
 * ARMv6-M (DDI0419E) has a subset. Not modelled: stacking of FPU registers,
 * sub-priorities, tail-chaining.
 */

#include <stdio.h>
#include <string.h>

#include "core.h"

#define EXCEPTIONS 256
#define XPSR_T (1u << 24)
#define XPSR_IT 0x0600FC00u
#define XPSR_ALIGN (1u << 9)
#define CONTROL_SPSEL 2u
#define LOCKUP_PC 0xFFFFFFFEu
/* lower than every priority that can be set */
#define PRIORITY_THREAD 256

enum exception {
	EXC_NMI = 2, EXC_HARDFAULT, EXC_MEMMANAGE, EXC_BUSFAULT, EXC_USAGEFAULT,
	EXC_SVCALL = 11, EXC_PENDSV = 14, EXC_SYSTICK, EXC_IRQ0,
};

/* registers of an exception frame, lowest address first */
static const uint8_t frame_regs[] = { 0, 1, 2, 3, 12, CPU_LR, CPU_PC };
#define FRAME_BYTES 32u

static struct {
	const struct core_type *type;
	bool halted;
	bool held;         /* reset line is low */
	bool asleep;
	bool locked_up;
	bool reset_wanted;
	bool pending[EXCEPTIONS];
	uint8_t active[16];
	unsigned int active_count;
	bool any_pending;
	uint64_t faults;
	uint64_t lockups;
	uint64_t resets;
	uint64_t resume_cycles;
	uint64_t last_run_cycles; /* from the last resume to the halt after it */
} core;

static json_t *report(void *ctx)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
		"cycles", (json_int_t)cpu_cycles(),
		"last_run_cycles", (json_int_t)core.last_run_cycles,
		"instructions", (json_int_t)cpu_instructions(),
		"faults", (json_int_t)core.faults,
		"lockups", (json_int_t)core.lockups,
		"resets", (json_int_t)core.resets,
		"unwritten_ram_reads", (json_int_t)cpu_unwritten_reads());
}

static json_t *report_ram(void *ctx)
{
	return cpu_ram_report();
}

int core_create(const struct core_type *type)
{
	core.type = type;
	sim_report_add("core", report, NULL);
	sim_report_add("ram", report_ram, NULL);
	return cpu_create(type);
}

const struct core_type *core_type_here(void)
{
	return core.type;
}

bool core_is_halted(void)
{
	return core.halted;
}

bool core_is_locked_up(void)
{
	return core.locked_up;
}

bool core_is_asleep(void)
{
	return core.asleep;
}

bool core_in_reset(void)
{
	return core.held;
}

uint32_t core_ipsr(void)
{
	return core.active_count ? core.active[core.active_count - 1] : 0;
}

/* ---- priorities ---- */

static int exception_priority(unsigned int number)
{
	const struct scs_state *scs = scs_state();

	if (number == EXC_NMI)
		return -2;
	if (number == EXC_HARDFAULT)
		return -1;
	if (number < EXC_IRQ0)
		return scs->shpr[(number - 4) / 4] >> 8 * (number % 4) & 0xFF;
	return scs->nvic_priority[number - EXC_IRQ0];
}

static int execution_priority(void)
{
	int priority = PRIORITY_THREAD;

	for (unsigned int i = 0; i < core.active_count; i++) {
		int p = exception_priority(core.active[i]);
		if (p < priority)
			priority = p;
	}
	if (core.type->armv6m)
		return cpu_get(CPU_PRIMASK) & 1 && priority > 0 ? 0 : priority;
	int basepri = cpu_get(CPU_BASEPRI) & 0xFF;
	if (basepri && basepri < priority)
		priority = basepri;
	if (cpu_get(CPU_PRIMASK) & 1 && priority > 0)
		priority = 0;
	if (cpu_get(CPU_FAULTMASK) & 1 && priority > -1)
		priority = -1;
	return priority;
}

/** The most urgent pending exception that is enabled, 0 when there is none. */
static unsigned int first_pending(void)
{
	const struct scs_state *scs = scs_state();
	unsigned int best = 0;

	for (unsigned int n = EXC_NMI; n < EXCEPTIONS; n++) {
		if (!core.pending[n])
			continue;
		if (n >= EXC_IRQ0 && !(scs->nvic_enabled[(n - EXC_IRQ0) / 32] >> n % 32 & 1))
			continue;
		if (!best || exception_priority(n) < exception_priority(best))
			best = n;
	}
	return best;
}

void core_exception_pend(unsigned int number, bool pending)
{
	core.pending[number] = pending;
	core.any_pending = false;
	for (unsigned int n = 0; n < EXCEPTIONS; n++)
		core.any_pending |= core.pending[n];
	cpu_watch_masks(core.any_pending);
	if (cpu_is_accessing())
		cpu_break_soon();
}

void core_exceptions_forget(void)
{
	core.active_count = 0;
}

bool core_exception_is_pending(unsigned int number)
{
	return core.pending[number];
}

/* ---- debug state ---- */

static void enter_debug(uint32_t dfsr_bit)
{
	core.halted = true;
	core.asleep = false;
	core.locked_up = false;
	scs_state()->dfsr |= dfsr_bit;
	core.last_run_cycles = cpu_cycles() - core.resume_cycles;
	clock_debug_halt(true);
}

static void leave_debug(void)
{
	core.halted = false;
	clock_debug_halt(false);
}

/* ---- reset ---- */

static void reset_now(void)
{
	struct scs_state *scs = scs_state();
	uint32_t vector[2] = { 0, 0 };

	core.reset_wanted = false;
	core.locked_up = false;
	core.asleep = false;
	core.active_count = 0;
	memset(core.pending, 0, sizeof(core.pending));
	core_exception_pend(0, false);
	bus_reset_devices();
	scs_reset();
	core.resets++;

	cpu_set(CPU_CONTROL, 0);
	cpu_set(CPU_PRIMASK, 0);
	if (!core.type->armv6m) {
		cpu_set(CPU_BASEPRI, 0);
		cpu_set(CPU_FAULTMASK, 0);
	}
	cpu_set(CPU_XPSR, XPSR_T);
	cpu_set(CPU_LR, 0xFFFFFFFF);
	if (bus_read(scs->vtor, 4, &vector[0]) != SIM_OK
			|| bus_read(scs->vtor + 4, 4, &vector[1]) != SIM_OK)
		core.locked_up = true;
	cpu_set(CPU_MSP, vector[0] & ~3u);
	cpu_set(CPU_PC, vector[1]);

	scs->reset_seen = true;
	leave_debug();
	if (scs->debug_enabled && (scs->demcr & DEMCR_VC_CORERESET))
		enter_debug(DFSR_VCATCH);
}

void core_hold_reset(bool low)
{
	if (low && !core.held) {
		bus_reset_devices();
		scs_state()->reset_seen = true;
	}
	if (!low && core.held)
		reset_now();
	core.held = low;
}

void core_power_cycle(void)
{
	struct scs_state *scs = scs_state();

	leave_debug();
	for (struct sim_memory *m = bus_memory_first(); m; m = m->next) {
		if (m->kind != MEMORY_RAM)
			continue;
		memset(m->bytes, 0xA5, m->size_bytes);
		memset(m->marks, 0, m->size_bytes);
		bus_memory_changed(m, 0, m->size_bytes);
	}
	scs->debug_enabled = false;
	scs->mask_interrupts = false;
	scs->demcr = 0;
	scs->dfsr = 0;
	dap_power_cycle();
	core_request_reset("power");
}

void core_request_reset(const char *cause)
{
	core.reset_wanted = true;
	if (cpu_is_accessing())
		cpu_break_soon();
	else if (!core.held)
		reset_now();
}

/* ---- exceptions ---- */

static void lock_up(void)
{
	core.locked_up = true;
	core.lockups++;
	cpu_set(CPU_PC, LOCKUP_PC);
}

/** Push the frame. @returns false when the stack is not there */
static bool push_frame(uint32_t *exc_return)
{
	uint32_t control = cpu_get(CPU_CONTROL);
	unsigned int sp_reg = control & CONTROL_SPSEL ? CPU_PSP : CPU_MSP;
	uint32_t sp = cpu_get(sp_reg);
	bool align = core.type->armv6m || (scs_state()->ccr >> 9 & 1);
	uint32_t frame = sp - FRAME_BYTES;
	uint32_t xpsr = (cpu_get(CPU_XPSR) & ~0x3FFu) | core_ipsr();

	if (align && (frame & 4)) {
		frame -= 4;
		xpsr |= XPSR_ALIGN;
	}
	for (size_t i = 0; i < ARRAY_LEN(frame_regs); i++) {
		uint32_t value = cpu_get(frame_regs[i]);
		if (bus_write_as(MARK_CORE_WROTE, frame + 4 * i, 4, value) != SIM_OK)
			return false;
	}
	if (bus_write_as(MARK_CORE_WROTE, frame + 28, 4, xpsr) != SIM_OK)
		return false;
	cpu_set(sp_reg, frame);
	cpu_set(CPU_CONTROL, control & ~CONTROL_SPSEL);
	if (core.active_count)
		*exc_return = 0xFFFFFFF1;
	else
		*exc_return = control & CONTROL_SPSEL ? 0xFFFFFFFD : 0xFFFFFFF9;
	return true;
}

static void enter_exception(unsigned int number)
{
	uint32_t exc_return;
	uint32_t handler;

	core.asleep = false;
	core.pending[number] = false;
	if (!push_frame(&exc_return)
			|| bus_read(scs_state()->vtor + 4 * number, 4, &handler) != SIM_OK
			|| core.active_count == ARRAY_LEN(core.active)) {
		lock_up();
		return;
	}
	core.active[core.active_count++] = number;
	core_exception_pend(number, false);
	cpu_set(CPU_LR, exc_return);
	cpu_set(CPU_XPSR, (cpu_get(CPU_XPSR) & ~(XPSR_IT | 0x1FFu)) | XPSR_T);
	cpu_set(CPU_PC, handler);
	/* latency from the TRMs' introduction: 16 M0, 15 M0+, 12 M3 and M4 */
	cpu_add_cycles(!core.type->armv6m ? 12 : core.type->single_cycle_io ? 15 : 16);
}

static const struct {
	uint32_t cfsr_bit;
	uint8_t exception;
	uint8_t demcr_bit;
} fault_table[] = {
	[FAULT_BUS_READ] = { 1u << 9, EXC_BUSFAULT, 8 },
	[FAULT_BUS_WRITE] = { 1u << 9, EXC_BUSFAULT, 8 },
	[FAULT_FETCH] = { 1u << 8, EXC_BUSFAULT, 8 },
	[FAULT_UNALIGNED] = { 1u << 24, EXC_USAGEFAULT, 6 },
	[FAULT_UNDEFINED] = { 1u << 16, EXC_USAGEFAULT, 7 },
	[FAULT_INVSTATE] = { 1u << 17, EXC_USAGEFAULT, 7 },
	[FAULT_MPU_DATA] = { 1u << 1, EXC_MEMMANAGE, 4 },
	[FAULT_MPU_FETCH] = { 1u << 0, EXC_MEMMANAGE, 4 },
	[FAULT_DEBUG_EVENT] = { 0, EXC_HARDFAULT, 10 },
	[FAULT_SVC_PRIORITY] = { 0, EXC_HARDFAULT, 10 },
};

static void note_fault(const struct cpu_fault *fault)
{
	struct scs_state *scs = scs_state();

	core.faults++;
	if (core.faults <= 10)
		fprintf(stderr, "core fault: kind %d at pc 0x%08x, address 0x%08x\n", fault->kind,
			cpu_get(CPU_PC), fault->addr);
	scs->cfsr |= fault_table[fault->kind].cfsr_bit;
	if (fault->kind == FAULT_BUS_READ || fault->kind == FAULT_BUS_WRITE) {
		scs->bfar = fault->addr;
		scs->cfsr |= 1u << 15;
	}
	if (fault->kind == FAULT_MPU_DATA) {
		scs->mmfar = fault->addr;
		scs->cfsr |= 1u << 7;
	}
	if (fault->kind == FAULT_DEBUG_EVENT)
		scs->hfsr |= 1u << 31;
}

static void take_fault(const struct cpu_fault *fault)
{
	struct scs_state *scs = scs_state();
	unsigned int number = fault_table[fault->kind].exception;
	unsigned int catch_bit = fault_table[fault->kind].demcr_bit;

	note_fault(fault);
	/* SHCSR bits 16..18 enable MemManage, BusFault, UsageFault */
	if (number != EXC_HARDFAULT && (!(scs->shcsr >> (12 + number) & 1)
			|| exception_priority(number) >= execution_priority())) {
		number = EXC_HARDFAULT;
		scs->hfsr |= 1u << 30;
	}
	if (execution_priority() <= -1) {
		lock_up();
		return;
	}
	enter_exception(number);
	bool caught = (scs->demcr >> catch_bit & 1)
		|| (number == EXC_HARDFAULT && (scs->demcr & DEMCR_VC_HARDERR));
	if (scs->debug_enabled && caught)
		enter_debug(DFSR_VCATCH);
}

/** The PC is an EXC_RETURN value: pop the frame. @returns false if it is not one */
static bool leave_exception(void)
{
	uint32_t kind = cpu_get(CPU_PC) & 0xFE;
	uint32_t regs[8];

	if (!core.active_count || (kind != 0xF0 && kind != 0xF8 && kind != 0xFC))
		return false;
	unsigned int sp_reg = kind == 0xFC ? CPU_PSP : CPU_MSP;
	uint32_t frame = cpu_get(sp_reg);
	for (size_t i = 0; i < ARRAY_LEN(regs); i++) {
		if (bus_read(frame + 4 * i, 4, &regs[i]) != SIM_OK)
			return false;
	}
	core.active_count--;
	cpu_set(sp_reg, frame + FRAME_BYTES + (regs[7] & XPSR_ALIGN ? 4 : 0));
	if (kind == 0xFC)
		cpu_set(CPU_CONTROL, cpu_get(CPU_CONTROL) | CONTROL_SPSEL);
	for (size_t i = 0; i < ARRAY_LEN(frame_regs); i++)
		cpu_set(frame_regs[i], regs[i]);
	cpu_set(CPU_XPSR, regs[7] & ~0x3FFu);
	cpu_add_cycles(core.type->armv6m ? 13 : 10);
	return true;
}

/** @returns true when an exception was taken */
static bool take_pending(void)
{
	if (!core.any_pending || (scs_state()->debug_enabled && scs_state()->mask_interrupts))
		return false;
	unsigned int number = first_pending();
	if (!number)
		return false;
	core.asleep = false;
	if (exception_priority(number) >= execution_priority())
		return false;
	enter_exception(number);
	return true;
}

/* ---- running ---- */

static void handle_breakpoint(uint32_t dfsr_bit)
{
	if (scs_state()->debug_enabled)
		enter_debug(dfsr_bit);
	else
		take_fault(&(struct cpu_fault){ FAULT_DEBUG_EVENT, 0 });
}

static void handle_stop(enum cpu_stop stop)
{
	switch (stop) {
	case CPU_BKPT:
	case CPU_BREAKPOINT:
		handle_breakpoint(DFSR_BKPT);
		break;
	case CPU_WATCHPOINT:
		handle_breakpoint(DFSR_DWTTRAP);
		break;
	case CPU_FAULT:
		take_fault(cpu_last_fault());
		break;
	case CPU_EXCEPTION_RETURN:
		if (!leave_exception())
			take_fault(cpu_last_fault());
		break;
	case CPU_SVC:
		if (exception_priority(EXC_SVCALL) < execution_priority())
			enter_exception(EXC_SVCALL);
		else
			take_fault(&(struct cpu_fault){ FAULT_SVC_PRIORITY, 0 });
		break;
	case CPU_WFI:
	case CPU_WFE:
		core.asleep = !first_pending();
		break;
	case CPU_BUDGET:
	case CPU_ASKED:
		break;
	}
	if (core.reset_wanted)
		reset_now();
}

static bool is_running(void)
{
	return !core.halted && !core.held && !core.locked_up;
}

bool core_run_until(uint64_t until_ps)
{
	while (is_running() && sim_time_ps() < until_ps) {
		take_pending();
		if (core.asleep || core.locked_up)
			break;
		scs_state()->retired = true;
		enum cpu_stop stop = cpu_run(cpu_cycles() + clock_cycles_until(until_ps));
		clock_sync();
		handle_stop(stop);
		if (stop == CPU_ASKED)
			return true;
	}
	return false;
}

void core_halt(uint32_t dfsr_bit)
{
	if (!core.halted)
		enter_debug(dfsr_bit);
}

void core_resume(void)
{
	cpu_note_resume();
	core.resume_cycles = cpu_cycles();
	leave_debug();
}

void core_single_step(void)
{
	leave_debug();
	if (!core.held && !core.locked_up) {
		scs_state()->retired = true;
		if (!take_pending())
			handle_stop(cpu_step());
		clock_sync();
	}
	core.asleep = false;
	if (!core.halted)
		enter_debug(DFSR_HALTED);
}

void core_debug_off(void)
{
	struct scs_state *scs = scs_state();

	scs->debug_enabled = false;
	scs->mask_interrupts = false;
	leave_debug();
}
