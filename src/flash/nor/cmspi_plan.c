// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Which erase commands clear a range in the least time, and which spans of an
 * image need programming. Pure: rows in, rows out, nothing is sent.
 */

#include "cmspi_plan.h"

// Write enable, opcode, address and the first look at the status, at about
// 2 MHz. It decides between equal times: one command rather than several, but
// not a larger one where a single smaller one does
#define CMSPI_ERASE_COMMAND_US	40

/** An erase type as it works in one row of the sector map. */
struct cmspi_plan_type {
	const struct cmspi_erase_type *type;
	uint32_t size_bytes;
};

/** An erase plan in the making, of one row of the sector map after the other. */
struct cmspi_erase_plan {
	/** usable types of the row, smallest first, each a multiple of the one before */
	struct cmspi_plan_type types[CMSPI_ERASE_TYPES];
	unsigned int levels;
	/** where the row begins, what blocks are counted from */
	uint32_t origin;
	/** where the blank map of the row begins */
	uint64_t begin;
	const uint8_t *blank;
	struct cmspi_erase_row *rows;
	unsigned int max_rows;
	unsigned int used_rows;
	bool overflow;
};

static uint32_t cmspi_plan_type_ms(const struct cmspi_erase_type *type)
{
	if (type->typ_ms)
		return type->typ_ms;
	if (type->max_ms)
		return type->max_ms;
	return cmspi_chip_usual_erase_ms(type->size_bytes);
}

static uint64_t cmspi_plan_type_us(const struct cmspi_plan_type *type)
{
	return cmspi_plan_type_ms(type->type) * UINT64_C(1000) + CMSPI_ERASE_COMMAND_US;
}

/** Sizes nest on every part (SFDP knows powers of two only), and the search
 * below relies on it: one that does not is left out. */
static void cmspi_plan_take_types(struct cmspi_erase_plan *plan, const struct cmspi_chip *chip,
	const struct cmspi_map_row *row)
{
	plan->origin = row->addr;
	plan->levels = 0;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		const struct cmspi_erase_type *type = &chip->erase[i];
		const uint32_t size_bytes = cmspi_map_erase_bytes(chip, row, type);
		if (!size_bytes)
			continue;
		if (plan->levels && size_bytes % plan->types[plan->levels - 1].size_bytes)
			continue;
		plan->types[plan->levels++] = (struct cmspi_plan_type) { type, size_bytes };
	}
}

/** Least time for [from, to) with the smallest type alone. */
static uint64_t cmspi_plan_units_us(const struct cmspi_erase_plan *plan, uint64_t from,
	uint64_t to)
{
	const uint32_t unit_bytes = plan->types[0].size_bytes;
	uint64_t units = (to - from) / unit_bytes;

	for (uint64_t at = from; plan->blank && at < to; at += unit_bytes)
		if (plan->blank[(at - plan->begin) / unit_bytes])
			units--;
	return units * cmspi_plan_type_us(&plan->types[0]);
}

/** The end of the block that @a at lies in. */
static uint64_t cmspi_plan_block_end(const struct cmspi_erase_plan *plan, unsigned int level,
	uint64_t at)
{
	const uint32_t size_bytes = plan->types[level].size_bytes;

	return at - (at - plan->origin) % size_bytes + size_bytes;
}

/**
 * Least time for [from, to) with the types up to @a level. Blocks of one size
 * do not overlap and smaller ones nest inside, so each block is decided by
 * itself: erased whole, or left to the smaller types.
 */
static uint64_t cmspi_plan_us(const struct cmspi_erase_plan *plan, unsigned int level,
	uint64_t from, uint64_t to)
{
	uint64_t sum_us = 0;

	if (level == 0)
		return cmspi_plan_units_us(plan, from, to);
	while (from < to) {
		const uint64_t block_end = cmspi_plan_block_end(plan, level, from);
		const uint64_t end = block_end < to ? block_end : to;
		const uint64_t parts_us = cmspi_plan_us(plan, level - 1, from, end);
		const uint64_t whole_us = cmspi_plan_type_us(&plan->types[level]);
		const bool whole = end - from == plan->types[level].size_bytes;
		sum_us += whole && whole_us < parts_us ? whole_us : parts_us;
		from = end;
	}
	return sum_us;
}

static void cmspi_plan_add(struct cmspi_erase_plan *plan, const struct cmspi_plan_type *type,
	uint64_t addr)
{
	struct cmspi_erase_row *last = plan->used_rows ? &plan->rows[plan->used_rows - 1] : NULL;

	if (last && last->type == type->type && last->size_bytes == type->size_bytes &&
			last->addr + (uint64_t)last->count * type->size_bytes == addr) {
		last->count++;
		return;
	}
	if (plan->used_rows == plan->max_rows) {
		plan->overflow = true;
		return;
	}
	plan->rows[plan->used_rows++] = (struct cmspi_erase_row) {
		.type = type->type, .addr = addr, .count = 1, .size_bytes = type->size_bytes,
	};
}

/** The same walk as cmspi_plan_us(), noting the rows. */
static void cmspi_plan_cover(struct cmspi_erase_plan *plan, unsigned int level, uint64_t from,
	uint64_t to)
{
	const struct cmspi_plan_type *type = &plan->types[level];

	while (from < to && !plan->overflow) {
		const uint64_t block_end = cmspi_plan_block_end(plan, level, from);
		const uint64_t end = block_end < to ? block_end : to;
		const uint64_t parts_us = cmspi_plan_us(plan, level ? level - 1 : 0, from, end);
		const bool whole = end - from == type->size_bytes;
		if (whole && parts_us && (level == 0 || cmspi_plan_type_us(type) < parts_us))
			cmspi_plan_add(plan, type, from);
		else if (parts_us)
			cmspi_plan_cover(plan, level - 1, from, end);
		from = end;
	}
}

int cmspi_plan_erase(const struct cmspi_chip *chip, uint32_t addr, uint32_t count,
	const uint8_t *blank, struct cmspi_erase_row *rows, unsigned int max_rows)
{
	const uint64_t end = (uint64_t)addr + count;
	struct cmspi_erase_plan plan = { .blank = blank, .rows = rows, .max_rows = max_rows };
	struct cmspi_map map;

	if (end > chip->size_bytes)
		return -1;
	cmspi_map_make(chip, &map);
	plan.begin = addr;
	for (unsigned int i = 0; i < map.num_rows; i++) {
		const struct cmspi_map_row *row = &map.rows[i];
		const uint64_t row_end = (uint64_t)row->addr + row->size_bytes;
		const uint64_t to = end < row_end ? end : row_end;

		if (plan.begin >= to)
			continue;
		if (!row->types || (plan.begin - row->addr) % row->sector_bytes ||
				(to - row->addr) % row->sector_bytes)
			return -1;
		cmspi_plan_take_types(&plan, chip, row);
		cmspi_plan_cover(&plan, plan.levels - 1, plan.begin, to);
		if (plan.blank)
			plan.blank += (to - plan.begin) / row->sector_bytes;
		plan.begin = to;
	}
	return plan.overflow ? -1 : (int)plan.used_rows;
}

bool cmspi_plan_is_blank(const uint8_t *data, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (data[i] != 0xff)
			return false;
	return true;
}

int cmspi_plan_program(uint32_t page_bytes, uint32_t addr, const uint8_t *data,
	uint32_t count, struct cmspi_program_row *rows, unsigned int max_rows)
{
	struct cmspi_program_row *last = NULL;
	unsigned int used_rows = 0;
	uint32_t part_bytes;

	if (!page_bytes)
		return -1;
	for (uint32_t offset = 0; offset < count; offset += part_bytes) {
		part_bytes = page_bytes - (addr + offset) % page_bytes;
		if (part_bytes > count - offset)
			part_bytes = count - offset;
		if (cmspi_plan_is_blank(data + offset, part_bytes))
			continue;
		if (last && last->offset + last->count == offset) {
			last->count += part_bytes;
			continue;
		}
		if (used_rows == max_rows)
			return -1;
		last = &rows[used_rows++];
		*last = (struct cmspi_program_row) { addr + offset, offset, part_bytes };
	}
	return used_rows;
}

int cmspi_plan_samples(uint32_t every_bytes, uint32_t sample_bytes, uint32_t addr,
	const uint8_t *data, uint32_t count, struct cmspi_program_row *rows,
	unsigned int max_rows)
{
	unsigned int used_rows = 0;
	uint32_t part_bytes;

	for (uint32_t offset = 0; offset < count; offset += part_bytes) {
		part_bytes = every_bytes - (addr + offset) % every_bytes;
		if (part_bytes > count - offset)
			part_bytes = count - offset;
		uint32_t skip = 0;
		while (skip < part_bytes && data[offset + skip] == 0xff)
			skip++;
		if (skip == part_bytes)
			continue;
		if (used_rows == max_rows)
			return -1;
		const uint32_t left = part_bytes - skip;
		rows[used_rows++] = (struct cmspi_program_row) {
			addr + offset + skip, offset + skip,
			left < sample_bytes ? left : sample_bytes
		};
	}
	return used_rows;
}
