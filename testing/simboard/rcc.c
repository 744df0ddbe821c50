/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The reset and clock controller: a register block of the MCU's row, plus the
 * clock tree that the row describes (data/README.md). The core's clock follows
 * the registers; the bits that say what is in use follow those that ask for it.
 */

#include <stdio.h>
#include <string.h>

#include "core.h"

/* a tree that is deeper goes in a circle */
#define MAX_DEPTH 8

static struct {
	const json_t *row;
	struct regs_block *block;
	uint32_t reset_hz;
} rcc;

static uint64_t clock_hz(const json_t *clock, unsigned int depth);

/** The word that holds a field, NULL if the row has no such register. */
static uint32_t *field_word(const json_t *field)
{
	const char *name = json_string_value(json_array_get(field, 0));
	size_t index;
	json_t *reg;

	json_array_foreach(json_object_get(rcc.row, "registers"), index, reg) {
		if (name && strcmp(rows_text(reg, "name", ""), name) == 0)
			return regs_word(rcc.block, rows_u32(reg, "offset", 0));
	}
	fprintf(stderr, "rcc row: no register '%s'\n", name ? name : "?");
	return NULL;
}

static unsigned int field_shift(const json_t *field)
{
	return json_integer_value(json_array_get(field, 1));
}

static uint32_t field_mask(const json_t *field)
{
	return (1u << json_integer_value(json_array_get(field, 2))) - 1;
}

static uint32_t field_get(const json_t *field)
{
	const uint32_t *word = field_word(field);

	return word ? *word >> field_shift(field) & field_mask(field) : 0;
}

/** A factor: a number; or a field plus a number, as a power of two, or the index
 * of a list. The high bits of a field may stand elsewhere. */
static uint64_t factor(const json_t *row)
{
	if (json_is_integer(row))
		return json_integer_value(row);

	const json_t *field = json_object_get(row, "field");
	const json_t *high = json_object_get(row, "high");
	const json_t *values = json_object_get(row, "values");
	uint32_t value = field_get(field);
	if (high)
		value += field_get(high) * (field_mask(field) + 1);
	if (values)
		return json_integer_value(json_array_get(values, value));
	if (json_is_true(json_object_get(row, "power")))
		return 1ull << value;
	return value + rows_u32(row, "plus", 0);
}

/** What a clock is made of: one that a field selects, or just one. */
static uint64_t source_hz(const json_t *clock, unsigned int depth)
{
	const json_t *select = json_object_get(clock, "select");

	if (!select)
		return clock_hz(json_object_get(clock, "from"), depth);
	return clock_hz(json_array_get(json_object_get(clock, "of"), field_get(select)), depth);
}

/** @returns 0 for a clock that does not run */
static uint64_t clock_hz(const json_t *clock, unsigned int depth)
{
	size_t index;
	json_t *row;

	if (json_is_integer(clock))
		return json_integer_value(clock);
	if (depth == MAX_DEPTH)
		return 0;
	if (json_is_string(clock))
		return clock_hz(json_object_get(json_object_get(rcc.row, "clocks"),
			json_string_value(clock)), depth + 1);

	uint64_t hz = source_hz(clock, depth + 1);
	json_array_foreach(json_object_get(clock, "multiply"), index, row)
		hz *= factor(row);
	json_array_foreach(json_object_get(clock, "divide"), index, row) {
		uint64_t by = factor(row);
		hz = by ? hz / by : 0;
	}
	return hz;
}

static void follow_clock(void *ctx, uint32_t offset)
{
	size_t index;
	json_t *pair;

	json_array_foreach(json_object_get(rcc.row, "status"), index, pair) {
		const json_t *shown = json_array_get(pair, 1);
		uint32_t *word = field_word(shown);
		if (!word)
			continue;
		*word &= ~(field_mask(shown) << field_shift(shown));
		*word |= field_get(json_array_get(pair, 0)) << field_shift(shown);
	}
	clock_follow_hz(clock_hz(json_object_get(json_object_get(rcc.row, "clocks"), "core"), 0));
}

static json_t *report(void *ctx)
{
	return json_pack("{s:I}", "core_hz_after_reset", (json_int_t)rcc.reset_hz);
}

int rcc_create(const json_t *row)
{
	if (rows_check(row, "rcc", "name base size_bytes registers! clocks! status!"))
		return -1;
	if (!json_object_get(json_object_get(row, "clocks"), "core")) {
		fprintf(stderr, "rcc row: there is no clock 'core'\n");
		return -1;
	}
	rcc.row = row;
	rcc.block = regs_create(row);
	if (!rcc.block)
		return -1;
	rcc.reset_hz = clock_hz(json_object_get(json_object_get(row, "clocks"), "core"), 0);
	sim_report_add("rcc", report, NULL);
	regs_on_write(rcc.block, follow_clock, NULL);
	follow_clock(NULL, 0);
	return 0;
}
