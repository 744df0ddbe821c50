/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The probe: an ST-LINK V2-1 or V3 as OpenOCD's stlink_usb.c talks to it. One
 * row per command. There is no public description of the protocol; what is
 * here is what OpenOCD 0.12.0 sends and expects.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

/* The constants of the simulated probes, all in this table. Time is charged
 * per request; SWD words cost 46 clocks each (dap.c). */
struct personality {
	const char *name;
	unsigned int version;
	unsigned int firmware;      /* J number when --fw does not say */
	unsigned int oldest_memory_ap; /* first J with CSW and AP in memory commands */
	uint16_t usb_pid;
	uint32_t usb_us;            /* per server request */
	uint32_t max_bytes_8bit;
	uint32_t max_misc_items;
	uint16_t khz[12];           /* what the probe can do, descending */
};

static const struct personality personalities[] = {
	{ "stlink-v2", 2, 37, 32, 0x374B, 100, 64, 64,
		{ 4000, 1800, 1200, 950, 480, 240, 125, 100, 50, 25, 15, 5 } },
	{ "stlink-v3", 3, 10, 2, 0x374F, 50, 512, 1227,
		{ 24000, 8000, 3300, 1000, 200, 50, 5 } },
};

#define MAX_DATA_BYTES 6144u

/* SWD_SET_FREQ of a V2 sends a divisor; the pairs are those of its khz list */
static const uint16_t v2_divisors[] = { 0, 1, 2, 3, 7, 15, 31, 40, 79, 158, 265, 798 };

enum { MODE_MASS_STORAGE = 1, MODE_DEBUG = 2 };

static struct {
	const struct personality *row;
	unsigned int firmware;
	unsigned int mode;
	uint64_t requests;
	enum probe_status last_status; /* of the last memory command */
	uint32_t last_fault_addr;
	enum probe_status misc_status[1227];
	uint32_t misc_value[1227];
	uint32_t misc_count;
} probe;

/** The command in hand and where its data go. */
struct transfer {
	const uint8_t *cmd;
	uint8_t *data;
	uint32_t size_bytes;
};

static uint16_t get_u16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static uint32_t get_u32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static void put_u8(struct transfer *t, uint32_t offset, uint8_t value)
{
	if (offset < t->size_bytes)
		t->data[offset] = value;
}

static void put_u32(struct transfer *t, uint32_t offset, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		put_u8(t, offset + i, value >> 8 * i);
}

static void put_status(struct transfer *t, enum probe_status status)
{
	put_u8(t, 0, status);
}

/* ---- identity and speed ---- */

static void get_version(struct transfer *t)
{
	unsigned int mass = 27;
	/* a V3 says only "3" here and the rest in its extended answer */
	unsigned int v = probe.row->version == 3 ? 3u << 12
		: probe.row->version << 12 | probe.firmware << 6 | mass;

	put_u8(t, 0, v >> 8);
	put_u8(t, 1, v & 0xFF);
	put_u32(t, 2, 0x0483 | (uint32_t)probe.row->usb_pid << 16);
}

static void get_version_ex(struct transfer *t)
{
	put_u8(t, 0, probe.row->version);
	put_u8(t, 1, 1);
	put_u8(t, 2, probe.firmware);
	put_u8(t, 3, 4);
	put_u8(t, 4, 5);
	put_u32(t, 8, 0x0483 | (uint32_t)probe.row->usb_pid << 16);
}

static void get_mode(struct transfer *t)
{
	put_u8(t, 0, probe.mode);
}

static void get_voltage(struct transfer *t)
{
	/* 2 * 2048 * 1.2 / 1489 = 3.30 V */
	put_u32(t, 0, 1489);
	put_u32(t, 4, 2048);
}

static void enter_mode(struct transfer *t)
{
	probe.mode = MODE_DEBUG;
	put_status(t, PROBE_OK);
}

static void exit_mode(struct transfer *t)
{
	probe.mode = MODE_MASS_STORAGE;
}

static void set_divisor(struct transfer *t)
{
	uint16_t divisor = get_u16(t->cmd + 2);

	for (size_t i = 0; i < ARRAY_LEN(v2_divisors); i++) {
		if (v2_divisors[i] == divisor)
			dap_set_khz(personalities[0].khz[i]);
	}
	put_status(t, PROBE_OK);
}

static void set_frequency(struct transfer *t)
{
	uint32_t wanted_khz = get_u32(t->cmd + 4);
	uint32_t khz = 0;

	/* the next lower one of the list, else the slowest */
	for (size_t i = 0; i < ARRAY_LEN(probe.row->khz) && probe.row->khz[i]; i++) {
		khz = probe.row->khz[i];
		if (khz <= wanted_khz)
			break;
	}
	dap_set_khz(khz);
	put_status(t, PROBE_OK);
	put_u32(t, 4, khz);
}

static void get_frequencies(struct transfer *t)
{
	uint8_t count = 0;

	for (; count < 10 && probe.row->khz[count]; count++)
		put_u32(t, 12 + 4 * count, probe.row->khz[count]);
	put_status(t, PROBE_OK);
	put_u32(t, 4, dap_khz());
	put_u8(t, 8, count);
}

static void status_only(struct transfer *t)
{
	put_status(t, PROBE_OK);
}

static void drive_reset(struct transfer *t)
{
	if (t->cmd[2] != 1)
		core_hold_reset(true);
	if (t->cmd[2] == 2)
		sim_time_advance_ps(20000000000ull); /* a pulse of 20 ms */
	if (t->cmd[2] != 0)
		core_hold_reset(false);
	put_status(t, PROBE_OK);
}

/* ---- DP and AP registers ---- */

#define DEBUG_PORT 0xFFFF

static void read_idcodes(struct transfer *t)
{
	uint32_t value;

	put_status(t, dap_dp_read(0, &value));
	put_u32(t, 4, value);
}

static void read_dap_register(struct transfer *t)
{
	uint16_t port = get_u16(t->cmd + 2);
	uint16_t reg = get_u16(t->cmd + 4);
	uint32_t value = 0;

	put_status(t, port == DEBUG_PORT ? dap_dp_read(reg, &value) : dap_ap_read(port, reg, &value));
	put_u32(t, 4, value);
}

static void write_dap_register(struct transfer *t)
{
	uint16_t port = get_u16(t->cmd + 2);
	uint16_t reg = get_u16(t->cmd + 4);
	uint32_t value = get_u32(t->cmd + 6);

	put_status(t, port == DEBUG_PORT ? dap_dp_write(reg, value) : dap_ap_write(port, reg, value));
}

/* ---- memory ---- */

static void get_last_status(struct transfer *t)
{
	put_status(t, probe.last_status);
	put_u32(t, 4, probe.last_fault_addr);
	probe.last_status = PROBE_OK;
	probe.last_fault_addr = 0;
}

static void keep_status(enum probe_status status, uint32_t fault_addr)
{
	/* the first error stays until it is asked for */
	if (probe.last_status != PROBE_OK || status == PROBE_OK)
		return;
	probe.last_status = status;
	probe.last_fault_addr = fault_addr;
}

static void memory_command(struct transfer *t, unsigned int width_bytes, bool write, bool increment)
{
	uint32_t limit = width_bytes == 1 ? probe.row->max_bytes_8bit : MAX_DATA_BYTES;
	struct dap_block block = {
		.ap = probe.firmware >= probe.row->oldest_memory_ap ? t->cmd[8] : 0,
		.addr = get_u32(t->cmd + 2),
		.width_bytes = width_bytes,
		.increment = increment,
		.size_bytes = get_u16(t->cmd + 6),
		.data = t->data,
	};

	if (block.size_bytes > t->size_bytes || block.size_bytes > limit
			|| block.size_bytes % width_bytes) {
		keep_status(PROBE_AP_ERROR, block.addr);
		return;
	}
	enum probe_status status = write ? dap_block_write(&block) : dap_block_read(&block);
	keep_status(status, block.fault_addr);
}

static void read_32(struct transfer *t)
{
	memory_command(t, 4, false, true);
}

static void write_32(struct transfer *t)
{
	memory_command(t, 4, true, true);
}

static void read_16(struct transfer *t)
{
	memory_command(t, 2, false, true);
}

static void write_16(struct transfer *t)
{
	memory_command(t, 2, true, true);
}

static void read_8(struct transfer *t)
{
	memory_command(t, 1, false, true);
}

static void write_8(struct transfer *t)
{
	memory_command(t, 1, true, true);
}

static void read_32_same(struct transfer *t)
{
	memory_command(t, 4, false, false);
}

static void write_32_same(struct transfer *t)
{
	memory_command(t, 4, true, false);
}

/* ---- mixed accesses in one request ---- */

enum misc_op { MISC_ADDRESS = 1, MISC_WRITE = 2, MISC_READ = 3, MISC_AP = 5 };

static void misc_out(struct transfer *t)
{
	uint32_t count = get_u32(t->cmd + 2);
	uint32_t values = (count + 3) & ~3u;
	uint32_t addr = 0;
	unsigned int ap = 0;

	probe.misc_count = 0;
	if (count > probe.row->max_misc_items || values + 4 * count > t->size_bytes) {
		keep_status(PROBE_AP_ERROR, 0);
		return;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = get_u32(t->data + values + 4 * i);
		enum probe_status status = PROBE_OK;
		switch (t->data[i]) {
		case MISC_AP:
			ap = value;
			break;
		case MISC_ADDRESS:
			addr = value;
			dap_word_address(ap, addr);
			break;
		case MISC_WRITE:
			status = dap_word(ap, true, &value);
			break;
		case MISC_READ:
			addr = value;
			dap_word_address(ap, addr);
			status = dap_word(ap, false, &value);
			break;
		default:
			status = PROBE_AP_ERROR;
		}
		probe.misc_value[i] = value;
		probe.misc_status[i] = status;
		keep_status(status, addr);
	}
	probe.misc_count = count;
}

static void misc_in(struct transfer *t)
{
	uint32_t items = t->size_bytes / 8;

	for (uint32_t i = 0; i < items; i++) {
		bool known = i < probe.misc_count;
		put_u32(t, 4 * i, known ? probe.misc_value[i] : 0);
		put_u32(t, 4 * (items + i), known ? probe.misc_status[i] : PROBE_AP_ERROR);
	}
}

/* ---- the high-level commands of the hla transport ---- */

#define REG_DHCSR 0xE000EDF0u
#define REG_DCRSR 0xE000EDF4u
#define REG_DCRDR 0xE000EDF8u
#define REG_AIRCR 0xE000ED0Cu

static enum probe_status word_access(uint32_t addr, bool write, uint32_t *value)
{
	struct dap_block block = { .addr = addr, .width_bytes = 4, .size_bytes = 4,
		.data = (uint8_t *)value };

	return write ? dap_block_write(&block) : dap_block_read(&block);
}

static void reset_system(struct transfer *t)
{
	uint32_t value = 0x05FA0004;

	put_status(t, word_access(REG_AIRCR, true, &value));
}

static enum probe_status core_register_get(unsigned int select, uint32_t *value)
{
	uint32_t command = select;
	enum probe_status status = word_access(REG_DCRSR, true, &command);

	return status == PROBE_OK ? word_access(REG_DCRDR, false, value) : status;
}

static void read_register(struct transfer *t)
{
	uint32_t value = 0;

	put_status(t, core_register_get(t->cmd[2], &value));
	put_u32(t, 4, value);
}

static void read_all_registers(struct transfer *t)
{
	for (unsigned int select = 0; select < 21; select++) {
		uint32_t value = 0;
		put_status(t, core_register_get(select, &value));
		put_u32(t, 4 + 4 * select, value);
	}
}

static void write_register(struct transfer *t)
{
	uint32_t value = get_u32(t->cmd + 3);
	uint32_t command = t->cmd[2] | 1u << 16;
	enum probe_status status = word_access(REG_DCRDR, true, &value);

	if (status == PROBE_OK)
		status = word_access(REG_DCRSR, true, &command);
	put_status(t, status);
}

static void write_debug_register(struct transfer *t)
{
	uint32_t value = get_u32(t->cmd + 6);

	put_status(t, word_access(get_u32(t->cmd + 2), true, &value));
}

static void read_debug_register(struct transfer *t)
{
	uint32_t value = 0;

	put_status(t, word_access(get_u32(t->cmd + 2), false, &value));
	put_u32(t, 4, value);
}

/* ---- dispatch ---- */

struct command {
	uint8_t code;
	void (*run)(struct transfer *t);
};

static const struct command commands[] = {
	{ 0xF1, get_version },
	{ 0xF5, get_mode },
	{ 0xF7, get_voltage },
	{ 0xFB, get_version_ex },
};

/* after F2 */
static const struct command debug_commands[] = {
	{ 0x07, read_32 },
	{ 0x08, write_32 },
	{ 0x0C, read_8 },
	{ 0x0D, write_8 },
	{ 0x21, exit_mode },
	{ 0x30, enter_mode },
	{ 0x31, read_idcodes },
	{ 0x32, reset_system },
	{ 0x33, read_register },
	{ 0x34, write_register },
	{ 0x35, write_debug_register },
	{ 0x36, read_debug_register },
	{ 0x3A, read_all_registers },
	{ 0x3B, get_last_status },
	{ 0x3C, drive_reset },
	{ 0x3E, get_last_status },
	{ 0x43, set_divisor },
	{ 0x44, status_only },
	{ 0x45, read_dap_register },
	{ 0x46, write_dap_register },
	{ 0x47, read_16 },
	{ 0x48, write_16 },
	{ 0x4B, status_only },
	{ 0x4C, status_only },
	{ 0x50, write_32_same },
	{ 0x51, misc_out },
	{ 0x52, misc_in },
	{ 0x54, read_32_same },
	{ 0x61, set_frequency },
	{ 0x62, get_frequencies },
};

void stlink_command(const uint8_t cmd[16], bool to_probe, uint8_t *data, uint32_t size_bytes)
{
	struct transfer t = { cmd, data, size_bytes };
	bool debug = cmd[0] == 0xF2;
	const struct command *list = debug ? debug_commands : commands;
	size_t count = debug ? ARRAY_LEN(debug_commands) : ARRAY_LEN(commands);
	uint8_t code = debug ? cmd[1] : cmd[0];

	probe.requests++;
	sim_time_advance_ps(probe.row->usb_us * 1000000ull);
	for (size_t i = 0; i < count; i++) {
		if (list[i].code == code) {
			list[i].run(&t);
			return;
		}
	}
	fprintf(stderr, "probe: command %02x %02x is not known, direction %s, %u bytes\n", cmd[0],
		cmd[1], to_probe ? "out" : "in", size_bytes);
}

void stlink_client_gone(void)
{
	probe.mode = MODE_MASS_STORAGE;
	probe.last_status = PROBE_OK;
	core_hold_reset(false);
	core_debug_off();
}

uint16_t stlink_usb_pid(void)
{
	return probe.row->usb_pid;
}

static json_t *report(void *ctx)
{
	return json_pack("{s:s, s:i, s:I, s:I, s:i}",
		"name", probe.row->name,
		"firmware", probe.firmware,
		"requests", (json_int_t)probe.requests,
		"swd_words", (json_int_t)dap_words(),
		"swd_khz", dap_khz());
}

int stlink_create(const char *personality, unsigned int firmware)
{
	for (size_t i = 0; i < ARRAY_LEN(personalities); i++) {
		if (strcmp(personalities[i].name, personality) == 0)
			probe.row = &personalities[i];
	}
	if (!probe.row) {
		fprintf(stderr, "no probe named '%s', try stlink-v2 or stlink-v3\n", personality);
		return -1;
	}
	probe.firmware = firmware ? firmware : probe.row->firmware;
	probe.mode = MODE_MASS_STORAGE;
	probe.last_status = PROBE_OK;
	sim_report_add("probe", report, NULL);
	return 0;
}
