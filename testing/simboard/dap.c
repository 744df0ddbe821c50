/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Debug port and memory access port behind SWD (ADIv5.2, IHI0031F). Every SWD
 * transfer takes its time here, so that accesses of the host are spaced as
 * on the wire and the core runs between them.
 */

#include <string.h>

#include "core.h"

/* header, turnaround, acknowledge, 32 bits, parity, idle */
#define SWD_CLOCKS_PER_WORD 46

enum dp_reg { DP_DPIDR = 0x0, DP_CTRL_STAT = 0x4, DP_SELECT = 0x8, DP_RDBUFF = 0xC };
enum ap_reg {
	AP_CSW = 0x00, AP_TAR = 0x04, AP_DRW = 0x0C, AP_BD0 = 0x10, AP_BD3 = 0x1C,
	AP_CFG = 0xF4, AP_BASE = 0xF8, AP_IDR = 0xFC,
};

#define CTRL_STICKYERR (1u << 5)
#define CTRL_READOK (1u << 6)
#define CTRL_REQUESTS (5u << 28)
#define ABORT_STKERRCLR (1u << 2)
#define CSW_DEVICE_ENABLE (1u << 6)
#define CSW_INCREMENT 0x30u
#define CSW_PACKED 0x20u
#define CSW_WRITABLE 0xFF000037u

/** A memory access port: its own address and width, the same memory behind it. */
struct access_port {
	uint32_t csw;
	uint32_t tar;
};

static struct {
	const struct core_type *type;
	uint32_t rom_table;
	uint32_t khz;
	uint64_t words;
	uint32_t select;
	uint32_t ctrl;
	uint32_t rdbuff;
	struct access_port ports[2];
	unsigned int second_number; /* of the second port; 0: there is none */
	struct access_port *port;   /* the one in use */
} dap;

static void reset_ports(void)
{
	for (size_t i = 0; i < ARRAY_LEN(dap.ports); i++)
		dap.ports[i] = (struct access_port){ .csw = 0x23000002 };
	dap.port = &dap.ports[0];
}

void dap_create(const struct core_type *type, uint32_t rom_table, unsigned int second_port)
{
	dap.type = type;
	dap.rom_table = rom_table;
	dap.second_number = second_port;
	dap.khz = 1800;
	reset_ports();
}

/** @returns false if there is no access port of that number */
static bool use_port(unsigned int ap)
{
	if (ap && ap != dap.second_number)
		return false;
	dap.port = &dap.ports[ap ? 1 : 0];
	return true;
}

void dap_power_cycle(void)
{
	dap.select = 0;
	dap.ctrl = 0;
	dap.rdbuff = 0;
	reset_ports();
}

void dap_set_khz(uint32_t khz)
{
	dap.khz = khz;
}

uint32_t dap_khz(void)
{
	return dap.khz;
}

uint64_t dap_words(void)
{
	return dap.words;
}

/** One transfer on the wire. */
static void swd_word(void)
{
	dap.words++;
	sim_time_advance_ps(SWD_CLOCKS_PER_WORD * 1000000000ull / dap.khz);
}

/* ---- debug port ---- */

enum probe_status dap_dp_read(unsigned int reg, uint32_t *value)
{
	swd_word();
	switch (reg & 0xC) {
	case DP_DPIDR:
		*value = dap.type->dpidr;
		break;
	case DP_CTRL_STAT:
		/* every power-up request is acknowledged at once */
		*value = dap.ctrl | (dap.ctrl & CTRL_REQUESTS) << 1;
		break;
	case DP_RDBUFF:
		*value = dap.rdbuff;
		break;
	default:
		*value = 0;
	}
	return PROBE_OK;
}

enum probe_status dap_dp_write(unsigned int reg, uint32_t value)
{
	swd_word();
	switch (reg & 0xC) {
	case DP_DPIDR: /* ABORT when written */
		if (value & ABORT_STKERRCLR)
			dap.ctrl &= ~CTRL_STICKYERR;
		break;
	case DP_CTRL_STAT:
		dap.ctrl = (dap.ctrl & (CTRL_STICKYERR | CTRL_READOK)) | (value & 0x54FFFF0C);
		break;
	case DP_SELECT:
		dap.select = value;
		break;
	}
	return PROBE_OK;
}

/* ---- access ports ---- */

static enum probe_status access_failed(uint32_t addr)
{
	dap.ctrl |= CTRL_STICKYERR;
	dap.port->tar = addr;
	return PROBE_AP_FAULT;
}

/** Read-out protection at level 1 keeps the debugger from the internal flash, not
 * from RAM and peripherals (RM0090 rev 19, 3.7.3). */
static bool is_read_protected(uint32_t addr)
{
	const struct sim_memory *memory = bus_memory_at(addr);

	return memory && memory->kind == MEMORY_FLASH && sim_fault_get("read_out_protection");
}

static enum probe_status memory_access(uint32_t addr, unsigned int width_bytes, bool write,
		uint32_t *value)
{
	if (is_read_protected(addr))
		return access_failed(addr);
	enum sim_access done = write ? bus_write(addr, width_bytes, *value)
		: bus_read(addr, width_bytes, value);
	return done == SIM_OK ? PROBE_OK : access_failed(addr);
}

/** An access that the --fault options may spoil. */
static enum probe_status spoilt_access(uint32_t addr, unsigned int width_bytes, bool write,
		uint32_t *value)
{
	switch (debug_fault_access(write)) {
	case ACCESS_WAITS:
		return PROBE_AP_WAIT;
	case ACCESS_FAILS:
		return access_failed(addr);
	case ACCESS_LOST:
		return PROBE_OK;
	case ACCESS_GOES:
		break;
	}
	return memory_access(addr, width_bytes, write, value);
}

/** Only the low bits of TAR are guaranteed to count up. */
static uint32_t next_address(uint32_t addr, unsigned int step_bytes)
{
	uint32_t mask = dap.type->tar_wrap_bytes - 1;

	return (addr & ~mask) | ((addr + step_bytes) & mask);
}

/** One access of DRW's width at TAR; bytes and half-words travel in their lanes. */
static enum probe_status drw_lane(bool write, uint32_t *value)
{
	unsigned int width_bytes = 1u << (dap.port->csw & 3);
	unsigned int shift = 8 * (dap.port->tar & 3 & ~(width_bytes - 1));
	uint32_t mask = width_bytes < 4 ? (1u << 8 * width_bytes) - 1 : 0xFFFFFFFF;
	uint32_t data = write ? *value >> shift & mask : 0;
	enum probe_status status = spoilt_access(dap.port->tar, width_bytes, write, &data);

	if (status != PROBE_OK)
		return status;
	if (!write)
		*value |= (data & mask) << shift;
	if (dap.port->csw & CSW_INCREMENT)
		dap.port->tar = next_address(dap.port->tar, width_bytes);
	return PROBE_OK;
}

static enum probe_status drw(bool write, uint32_t *value)
{
	bool packed = (dap.port->csw & CSW_INCREMENT) == CSW_PACKED;
	unsigned int lanes = packed ? 4u >> (dap.port->csw & 3) : 1;
	enum probe_status status = PROBE_OK;

	swd_word();
	if (!write)
		*value = 0;
	for (unsigned int i = 0; i < lanes && status == PROBE_OK; i++)
		status = drw_lane(write, value);
	return status;
}

enum probe_status dap_ap_read(unsigned int ap, unsigned int reg, uint32_t *value)
{
	enum probe_status status = PROBE_OK;

	*value = 0;
	/* a read is posted: its value comes with the next transfer, RDBUFF here */
	swd_word();
	reg &= 0xFC;
	if (!use_port(ap))
		return PROBE_OK;
	if (reg != AP_DRW)
		swd_word();
	if (reg == AP_CSW)
		*value = dap.port->csw | CSW_DEVICE_ENABLE;
	else if (reg == AP_TAR)
		*value = dap.port->tar;
	else if (reg == AP_DRW)
		status = drw(false, value);
	else if (reg >= AP_BD0 && reg <= AP_BD3)
		status = spoilt_access((dap.port->tar & ~15u) + reg - AP_BD0, 4, false, value);
	else if (reg == AP_BASE)
		*value = dap.rom_table | 3;
	else if (reg == AP_IDR)
		*value = dap.type->ap_idr;
	dap.rdbuff = *value;
	return status;
}

enum probe_status dap_ap_write(unsigned int ap, unsigned int reg, uint32_t value)
{
	/* the AHB-AP of ARMv6-M cores knows no packed transfers */
	uint32_t writable = dap.type->armv6m ? CSW_WRITABLE & ~CSW_PACKED : CSW_WRITABLE;

	bool known = use_port(ap);

	reg &= 0xFC;
	if (known && reg == AP_DRW)
		return drw(true, &value);
	swd_word();
	if (!known)
		return PROBE_OK;
	if (reg >= AP_BD0 && reg <= AP_BD3)
		return spoilt_access((dap.port->tar & ~15u) + reg - AP_BD0, 4, true, &value);
	if (reg == AP_CSW)
		dap.port->csw = (value & writable) | (dap.port->csw & ~CSW_WRITABLE);
	else if (reg == AP_TAR)
		dap.port->tar = value;
	return PROBE_OK;
}

/* ---- blocks, as a probe with memory commands moves them ---- */

/** The part of a block up to @a end_bytes. */
static enum probe_status block_words(struct dap_block *block, bool write, uint32_t end_bytes)
{
	uint32_t addr = block->addr;

	for (uint32_t done = 0; done < end_bytes; done += block->width_bytes) {
		uint32_t value = 0;
		if (write)
			memcpy(&value, block->data + done, block->width_bytes);
		swd_word();
		enum probe_status status = memory_access(addr, block->width_bytes, write, &value);
		if (status != PROBE_OK) {
			block->fault_addr = addr;
			return status;
		}
		if (!write)
			memcpy(block->data + done, &value, block->width_bytes);
		if (!block->increment)
			continue;
		addr += block->width_bytes;
		/* the probe's firmware renews the address where TAR would wrap */
		if (addr % dap.type->tar_wrap_bytes == 0)
			swd_word();
	}
	dap.port->tar = addr;
	/* the last word of a read comes out of RDBUFF */
	if (!write)
		swd_word();
	return PROBE_OK;
}

static enum probe_status block_transfer(struct dap_block *block, bool write)
{
	if (!use_port(block->ap))
		return PROBE_BAD_AP;
	/* the address goes first */
	swd_word();
	dap.port->tar = block->addr;
	switch (debug_fault_access(write)) {
	case ACCESS_WAITS:
		return PROBE_AP_WAIT;
	case ACCESS_LOST:
		return PROBE_OK;
	case ACCESS_GOES:
		return block_words(block, write, block->size_bytes);
	case ACCESS_FAILS:
		break;
	}
	/* half of it has happened when it breaks off */
	uint32_t half_bytes = block->size_bytes / 2 / block->width_bytes * block->width_bytes;
	enum probe_status status = block_words(block, write, half_bytes);
	if (status != PROBE_OK)
		return status;
	block->fault_addr = block->addr + (block->increment ? half_bytes : 0);
	return access_failed(block->fault_addr);
}

void dap_word_address(unsigned int ap, uint32_t addr)
{
	swd_word();
	if (use_port(ap))
		dap.port->tar = addr;
}

enum probe_status dap_word(unsigned int ap, bool write, uint32_t *value)
{
	swd_word();
	if (!use_port(ap))
		return PROBE_BAD_AP;
	/* behind a failed access, each further one is answered FAULT until the
	 * debugger clears the sticky flag (ADIv5.2, IHI0031F, STICKYERR) */
	if (dap.ctrl & CTRL_STICKYERR)
		return PROBE_AP_FAULT;
	return spoilt_access(dap.port->tar, 4, write, value);
}

enum probe_status dap_block_read(struct dap_block *block)
{
	return block_transfer(block, false);
}

enum probe_status dap_block_write(struct dap_block *block)
{
	return block_transfer(block, true);
}
