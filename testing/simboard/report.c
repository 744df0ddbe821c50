// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What is told at the end: the sins by kind, and a section from every room.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sim.h"

#define MAX_KINDS 64
#define MAX_SECTIONS 32
#define MAX_SIN_LOG 200

/** What can be done wrong. The chips' kinds follow the project's list of things
 * that silicon forgives and this board does not. */
static const struct sin_row {
	const char *kind;
	const char *meaning;
} sin_rows[] = {
	{ "command_while_busy", "a command other than status, suspend, reset while the chip is busy" },
	{ "no_write_enable", "program, erase or register write without write enable" },
	{ "byte_boundary", "CS raised inside a byte" },
	{ "extra_bytes", "more bytes than the command takes" },
	{ "short_command", "CS raised before the command was complete" },
	{ "cs_left_low", "CS still low when the client left: the command never took effect" },
	{ "page_wrap", "programming past the end of a page" },
	{ "program_0_to_1", "programming a 1 over a 0" },
	{ "erase_unaligned", "erase address not at the start of the erased range" },
	{ "erase_not_here", "an erase opcode that does not work at its address" },
	{ "die_border", "a read across the border of two dice" },
	{ "unknown_opcode", "an opcode that the part does not list" },
	{ "quad_disabled", "a command on four lines while quad enable is off" },
	{ "dummy_clocks", "wrong number of clocks between address and data" },
	{ "mosi_unstable", "an input line changed while the clock was high or too late before it" },
	{ "floating_input", "nobody drove or pulled a line that the chip listened to" },
	{ "clock_not_idle", "the clock was not at its idle level at an edge of CS" },
	{ "contention", "two parties drove one line" },
	{ "stale_buffer", "a page programmed from a buffer that was filled in part" },
	{ "word_unaligned", "AAI begun at an odd address" },
	{ "in_aai", "a command other than ADh, write disable and status between these two" },
	{ "in_power_down", "a command in deep power-down, or before it was over" },
	{ "address_past_end", "an address behind the last byte" },
	{ "clock_too_fast", "the clock was faster than the opcode allows" },
	{ "cs_high_short", "CS was high for too short a time" },
	{ "cs_timing", "CS and clock edges too close to each other" },
	{ "early_sample", "the output line was sampled before the chip drove it" },
	{ "debug_pin_lost", "a pin of the debug port was made something else" },
	{ "gpio_access_width", "a GPIO register accessed by a width it does not allow" },
};

static struct sin_count {
	const char *kind;
	char own_name[32];
	unsigned int count;
} kinds[MAX_KINDS];

static unsigned int num_kinds;

static struct section {
	const char *name;
	json_t *(*make)(void *ctx);
	void *ctx;
} sections[MAX_SECTIONS];

static unsigned int num_sections;
static json_t *sin_log;

static const struct sin_row *sin_find_row(const char *kind)
{
	for (size_t i = 0; i < ARRAY_SIZE(sin_rows); i++)
		if (!strcmp(sin_rows[i].kind, kind))
			return &sin_rows[i];
	return NULL;
}

/** NULL when there are too many kinds. */
static struct sin_count *sin_find(const char *kind)
{
	struct sin_count *entry;

	for (unsigned int i = 0; i < num_kinds; i++)
		if (!strcmp(kinds[i].kind, kind))
			return &kinds[i];
	if (num_kinds == MAX_KINDS)
		return NULL;
	entry = &kinds[num_kinds++];
	snprintf(entry->own_name, sizeof(entry->own_name), "%s", kind);
	entry->kind = entry->own_name;
	entry->count = 0;
	return entry;
}

void sim_sin(const char *kind, const char *detail, ...)
{
	struct sin_count *entry = sin_find(kind);
	char text[256];
	va_list args;

	if (entry)
		entry->count++;
	if (!sin_log)
		sin_log = json_array();
	if (json_array_size(sin_log) >= MAX_SIN_LOG)
		return;
	va_start(args, detail);
	vsnprintf(text, sizeof(text), detail, args);
	va_end(args);
	json_array_append_new(sin_log, json_pack("{s:s,s:I,s:s}", "kind", kind, "t_ns",
		(json_int_t)(sim_time_ps() / 1000), "detail", text));
}

unsigned int sim_sin_count(const char *kind)
{
	unsigned int total = 0;

	for (unsigned int i = 0; i < num_kinds; i++)
		if (!kind || !strcmp(kinds[i].kind, kind))
			total += kinds[i].count;
	return total;
}

void sim_sins_clear(void)
{
	num_kinds = 0;
	json_decref(sin_log);
	sin_log = NULL;
}

void sim_report_add(const char *section, json_t *(*make)(void *ctx), void *ctx)
{
	unsigned int i = 0;

	while (i < num_sections && strcmp(sections[i].name, section))
		i++;
	if (i == MAX_SECTIONS) {
		fprintf(stderr, "simboard: no room for section %s in the report\n", section);
		return;
	}
	if (i == num_sections)
		num_sections++;
	sections[i] = (struct section) { section, make, ctx };
}

static json_t *sins_by_kind(void)
{
	json_t *counts = json_object();

	for (unsigned int i = 0; i < num_kinds; i++)
		json_object_set_new(counts, kinds[i].kind, json_integer(kinds[i].count));
	return counts;
}

static json_t *sins_meaning(void)
{
	json_t *meanings = json_object();

	for (unsigned int i = 0; i < num_kinds; i++) {
		const struct sin_row *row = sin_find_row(kinds[i].kind);

		if (row)
			json_object_set_new(meanings, row->kind, json_string(row->meaning));
	}
	return meanings;
}

int sim_report_write(const char *path)
{
	json_t *report = json_object();
	int result;

	json_object_set_new(report, "virtual_ns", json_integer(sim_time_ps() / 1000));
	/* the sections may find further sins, so these come last */
	for (unsigned int i = 0; i < num_sections; i++)
		json_object_set_new(report, sections[i].name, sections[i].make(sections[i].ctx));
	json_object_set_new(report, "sins", sins_by_kind());
	json_object_set_new(report, "sins_meaning", sins_meaning());
	json_object_set_new(report, "sin_log", sin_log ? json_incref(sin_log) : json_array());
	result = json_dump_file(report, path, JSON_INDENT(1));
	json_decref(report);
	if (result)
		fprintf(stderr, "simboard: cannot write the report %s\n", path);
	return result;
}
