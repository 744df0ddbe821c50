/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The internal flash and its controller, as OpenOCD's stock drivers for F4,
 * F1, F0 and G0 use it: unlock, erase a sector, erase all, program; busy for
 * the time that the row gives. A generation is one row of bit positions.
 * Option bytes hold what is written but protect nothing.
 *
 * RM0090 rev 19 chapter 3 (F4), PM0075 (F1), RM0360 chapter 3 (F0), RM0444
 * chapter 3 (G0).
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define KEY1 0x45670123u
#define KEY2 0xCDEF89ABu
/* WRPERR, of the same place in all generations */
#define WRITE_PROTECT_ERROR (1u << 4)

struct generation {
	const char *kind;
	uint8_t key_offset;
	uint8_t status_offset;
	uint8_t control_offset;
	uint8_t address_offset;     /* erase by address; 0: by number */
	uint8_t program_bit;
	uint8_t erase_bit;
	uint8_t mass_bit;
	uint8_t start_bit;
	uint8_t lock_bit;
	uint8_t number_shift;       /* sector number in the control register */
	uint8_t number_bits;
	uint8_t psize_shift;        /* width of a store in the control register; 0: fixed */
	uint8_t store_bytes;        /* width that a store must have, when fixed */
	uint8_t unit_bytes;         /* programmed at once */
	bool must_be_erased;        /* a unit that is not erased takes only zeros */
	uint32_t busy_mask;
	uint32_t done_mask;
	uint32_t clearable;         /* status bits that a written 1 clears */
	uint32_t sequence_error;
	uint32_t size_error;
};

static const struct generation generations[] = {
	{ .kind = "stm32f4", .key_offset = 0x04, .status_offset = 0x0C, .control_offset = 0x10,
		.program_bit = 0, .erase_bit = 1, .mass_bit = 2, .start_bit = 16, .lock_bit = 31,
		.number_shift = 3, .number_bits = 4, .psize_shift = 8, .unit_bytes = 1,
		.busy_mask = 1u << 16, .done_mask = 0, .clearable = 0xF3,
		.sequence_error = 1u << 7, .size_error = 1u << 6 },
	{ .kind = "stm32f1", .key_offset = 0x04, .status_offset = 0x0C, .control_offset = 0x10,
		.address_offset = 0x14, .program_bit = 0, .erase_bit = 1, .mass_bit = 2,
		.start_bit = 6, .lock_bit = 7, .store_bytes = 2, .unit_bytes = 2,
		.must_be_erased = true, .busy_mask = 1u << 0, .done_mask = 1u << 5,
		.clearable = 0x34, .sequence_error = 1u << 2, .size_error = 1u << 2 },
	{ .kind = "stm32g0", .key_offset = 0x08, .status_offset = 0x10, .control_offset = 0x14,
		.program_bit = 0, .erase_bit = 1, .mass_bit = 2, .start_bit = 16, .lock_bit = 31,
		.number_shift = 3, .number_bits = 7, .store_bytes = 4, .unit_bytes = 8,
		.must_be_erased = true, .busy_mask = 1u << 16, .done_mask = 1u << 0,
		.clearable = 0xC3FA, .sequence_error = 1u << 7, .size_error = 1u << 6 },
};

struct sectors {
	uint32_t count;
	uint32_t size_bytes;
	uint32_t erase_us[4]; /* by PSIZE where there is one */
};

static struct {
	const struct generation *g;
	struct sim_device device;
	struct sim_memory *memory;
	uint32_t regs[64];
	bool unlocked;
	bool key1_seen;
	uint64_t busy_until_ps;
	bool was_busy;
	struct sectors sectors[8];
	size_t sector_groups;
	uint32_t mass_erase_us[4];
	uint32_t program_us;
	uint32_t unit_got;       /* bytes of the unit written so far */
	uint8_t unit[8];
	uint64_t programs;
	uint64_t erases;
	uint64_t errors;
} flash;

static uint32_t *control(void)
{
	return &flash.regs[flash.g->control_offset / 4];
}

static uint32_t *status(void)
{
	return &flash.regs[flash.g->status_offset / 4];
}

static void be_busy(uint32_t us)
{
	uint64_t now_ps = sim_time_ps();

	/* a store during an operation waits for its end on the bus */
	if (flash.busy_until_ps < now_ps)
		flash.busy_until_ps = now_ps;
	flash.busy_until_ps += us * 1000000ull;
	flash.was_busy = true;
}

static bool is_busy(void)
{
	return sim_time_ps() < flash.busy_until_ps;
}

static unsigned int psize(void)
{
	return flash.g->psize_shift ? *control() >> flash.g->psize_shift & 3 : 0;
}

static void error(uint32_t bit)
{
	*status() |= bit;
	flash.errors++;
}

/* ---- erase ---- */

static void erase_range(uint32_t offset, uint32_t size_bytes, uint32_t us)
{
	memset(flash.memory->bytes + offset, 0xFF, size_bytes);
	bus_memory_changed(flash.memory, offset, size_bytes);
	be_busy(us);
	flash.erases++;
}

static void erase_sector(void)
{
	uint32_t number = *control() >> flash.g->number_shift & ((1u << flash.g->number_bits) - 1);
	uint32_t addr = flash.regs[flash.g->address_offset / 4];
	uint32_t offset = 0;

	for (size_t i = 0; i < flash.sector_groups; i++) {
		const struct sectors *s = &flash.sectors[i];
		if (flash.g->address_offset)
			number = addr - flash.memory->base < s->count * s->size_bytes ?
				(addr - flash.memory->base) / s->size_bytes : UINT32_MAX;
		if (number < s->count) {
			erase_range(offset + number * s->size_bytes, s->size_bytes, s->erase_us[psize()]);
			return;
		}
		number -= s->count;
		offset += s->count * s->size_bytes;
	}
	error(flash.g->sequence_error);
}

static void start(void)
{
	if (sim_fault_get("read_out_protection"))
		error(WRITE_PROTECT_ERROR);
	else if (*control() >> flash.g->mass_bit & 1)
		erase_range(0, flash.memory->size_bytes, flash.mass_erase_us[psize()]);
	else if (*control() >> flash.g->erase_bit & 1)
		erase_sector();
	*control() &= ~(1u << flash.g->start_bit);
}

/* ---- program ---- */

static bool unit_may_be_programmed(const uint8_t *cells, uint32_t bytes)
{
	if (!flash.g->must_be_erased)
		return true;
	bool erased = true;
	bool zeros = true;
	for (uint32_t i = 0; i < bytes; i++) {
		erased = erased && cells[i] == 0xFF;
		zeros = zeros && flash.unit[i] == 0;
	}
	return erased || zeros;
}

/** A unit is complete: it goes into the cells, which can only be cleared. */
static void program_unit(uint32_t offset, uint32_t bytes)
{
	uint8_t *cells = flash.memory->bytes + offset;

	if (!unit_may_be_programmed(cells, bytes)) {
		error(flash.g->sequence_error);
		return;
	}
	for (uint32_t i = 0; i < bytes; i++)
		cells[i] &= flash.unit[i];
	bus_memory_changed(flash.memory, offset, bytes);
	be_busy(flash.program_us);
	flash.programs++;
}

static enum sim_access flash_store(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	const struct generation *g = flash.g;
	unsigned int wanted_bytes = g->psize_shift ? 1u << psize() : g->store_bytes;

	if (!flash.unlocked || !(*control() >> g->program_bit & 1)) {
		error(g->sequence_error);
		return SIM_OK;
	}
	if (width_bytes != wanted_bytes) {
		error(g->size_error);
		return SIM_OK;
	}
	if (g->unit_bytes <= width_bytes) {
		memcpy(flash.unit, &value, width_bytes);
		program_unit(offset, width_bytes);
		return SIM_OK;
	}
	/* the words of a unit come in order */
	uint32_t place = offset % g->unit_bytes;
	if (place != flash.unit_got) {
		error(g->sequence_error);
		flash.unit_got = 0;
		return SIM_OK;
	}
	memcpy(flash.unit + place, &value, width_bytes);
	flash.unit_got += width_bytes;
	if (flash.unit_got == g->unit_bytes) {
		program_unit(offset - place, g->unit_bytes);
		flash.unit_got = 0;
	}
	return SIM_OK;
}

/* ---- registers ---- */

static enum sim_access flash_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	if (offset >= sizeof(flash.regs))
		return SIM_OK;
	if (flash.was_busy && !is_busy()) {
		flash.was_busy = false;
		*status() |= flash.g->done_mask;
	}
	*value = flash.regs[offset / 4];
	if (offset == flash.g->status_offset && is_busy())
		*value |= flash.g->busy_mask;
	if (offset == flash.g->control_offset && !flash.unlocked)
		*value |= 1u << flash.g->lock_bit;
	return SIM_OK;
}

static void write_key(uint32_t value)
{
	if (flash.key1_seen && value == KEY2)
		flash.unlocked = true;
	flash.key1_seen = value == KEY1;
}

static void write_control(uint32_t value)
{
	/* locked or busy: the register keeps what it has */
	if (!flash.unlocked || is_busy())
		return;
	if (value >> flash.g->lock_bit & 1)
		flash.unlocked = false;
	*control() = value & ~(1u << flash.g->lock_bit);
	flash.unit_got = 0;
	if (value >> flash.g->start_bit & 1)
		start();
}

static enum sim_access flash_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	if (offset == flash.g->key_offset)
		write_key(value);
	else if (offset == flash.g->control_offset)
		write_control(value);
	else if (offset == flash.g->status_offset)
		*status() &= ~(value & flash.g->clearable);
	else if (offset < sizeof(flash.regs))
		flash.regs[offset / 4] = value;
	return SIM_OK;
}

static void flash_reset(void *ctx)
{
	const json_t *row = ctx;
	size_t index;
	json_t *reg;

	memset(flash.regs, 0, sizeof(flash.regs));
	json_array_foreach(json_object_get(row, "registers"), index, reg) {
		uint32_t offset = rows_u32(reg, "offset", 0);
		if (offset < sizeof(flash.regs))
			flash.regs[offset / 4] = rows_u32(reg, "reset", 0);
	}
	flash.unlocked = false;
	flash.key1_seen = false;
	flash.unit_got = 0;
}

static json_t *report(void *ctx)
{
	return json_pack("{s:I, s:I, s:I}", "programs", (json_int_t)flash.programs,
		"erases", (json_int_t)flash.erases, "errors", (json_int_t)flash.errors);
}

/* ---- the row ---- */

/** One time, or a list of times by PSIZE. */
static void read_times(const json_t *value, uint32_t times_us[4])
{
	for (size_t i = 0; i < 4; i++)
		times_us[i] = json_is_array(value) ? json_integer_value(json_array_get(value, i))
			: json_integer_value(value);
}

static int read_sectors(const json_t *row)
{
	size_t index;
	json_t *group;
	uint32_t total_bytes = 0;

	json_array_foreach(json_object_get(row, "sectors"), index, group) {
		if (index == ARRAY_LEN(flash.sectors))
			return -1;
		struct sectors *s = &flash.sectors[index];
		s->count = rows_u32(group, "count", 0);
		s->size_bytes = rows_u32(group, "size_bytes", 0);
		read_times(json_object_get(group, "erase_us"), s->erase_us);
		total_bytes += s->count * s->size_bytes;
		flash.sector_groups++;
	}
	if (total_bytes == flash.memory->size_bytes)
		return 0;
	fprintf(stderr, "flash row: its sectors have %u bytes, the memory has %u\n", total_bytes,
		flash.memory->size_bytes);
	return -1;
}

int stm32_flash_create(const json_t *row)
{
	if (rows_check(row, "flash", "kind! base! memory_base! sectors! program_us! mass_erase_us"
			" registers"))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(generations); i++) {
		if (strcmp(generations[i].kind, rows_text(row, "kind", "")) == 0)
			flash.g = &generations[i];
	}
	flash.memory = bus_memory_at(rows_u32(row, "memory_base", 0));
	if (!flash.g || !flash.memory) {
		fprintf(stderr, "flash row: kind or memory_base is not known\n");
		return -1;
	}
	/* the memory may be there a second time, at address 0 */
	for (struct sim_memory *m = bus_memory_first(); m; m = m->next) {
		if (m->bytes == flash.memory->bytes)
			m->write = flash_store;
	}
	flash.program_us = rows_u32(row, "program_us", 0);
	read_times(json_object_get(row, "mass_erase_us"), flash.mass_erase_us);
	if (read_sectors(row))
		return -1;
	flash.device = (struct sim_device){
		.name = "FLASH", .base = rows_u32(row, "base", 0), .size_bytes = 0x400,
		.ctx = (void *)row, .read = flash_read, .write = flash_write, .reset = flash_reset,
	};
	flash_reset(flash.device.ctx);
	sim_bus_add(&flash.device);
	sim_report_add("internal_flash", report, NULL);
	return 0;
}
