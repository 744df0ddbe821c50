// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_progress.c: where an operation is by what its executor says, and the words.
 */

#include "cases.h"
#include "cmspi_progress.h"

#define KIB	1024

static const struct cmspi_step erases[] = {
	{ .kind = CMSPI_STEP_XFER, .count = 4 * KIB },
	{ .kind = CMSPI_STEP_XFER, .count = 64 * KIB },
	{ .kind = CMSPI_STEP_XFER, .count = 64 * KIB },
};
static const struct cmspi_step programs[] = {
	{ .kind = CMSPI_STEP_PROGRAM, .count = 1000 },
	{ .kind = CMSPI_STEP_PROGRAM, .count = 2000 },
};
// an ID without weight first
static const struct cmspi_step sums[] = {
	{ .kind = CMSPI_STEP_XFER, .rx_bytes = 3 },
	{ .kind = CMSPI_STEP_CRC, .count = 256 * KIB, .grain_bytes = 64 * KIB },
};

// a look before and after each erase
static const struct cmspi_step looks[] = {
	{ .kind = CMSPI_STEP_READ, .count = 16 },
	{ .kind = CMSPI_STEP_XFER, .count = 4 * KIB },
	{ .kind = CMSPI_STEP_READ, .count = 16 },
	{ .kind = CMSPI_STEP_XFER, .count = 4 * KIB },
	{ .kind = CMSPI_STEP_READ, .count = 16 },
};

struct position_case {
	const char *name;
	const struct cmspi_step *steps;
	unsigned int count;
	unsigned int fed_step;
	uint32_t fed_bytes;
	uint32_t waiting_bytes;
	unsigned int got_step;
	uint32_t got_bytes;
	uint64_t done;
};

#define HEADER CMSPI_PROGRESS_HEADER

static const struct position_case position_cases[] = {
	{ "erase_not_begun", erases, 3, 0, 0, 0, 0, 0, 0 },
	{ "erase_all_fed_none_taken", erases, 3, 3, 0, 3 * HEADER, 0, 0, 0 },
	{ "erase_first_is_under_way_once_taken", erases, 3, 3, 0, 2 * HEADER, 0, 0, 0 },
	{ "erase_second_under_way", erases, 3, 3, 0, HEADER, 0, 0, 4 * KIB },
	{ "erase_last_under_way", erases, 3, 3, 0, 0, 0, 0, 68 * KIB },
	{ "erase_end_mark_waits", erases, 3, 4, 0, HEADER, 0, 0, 68 * KIB },
	{ "erase_all_fed_with_end_mark", erases, 3, 4, 0, 4 * HEADER, 0, 0, 0 },
	{ "erase_end_mark_taken", erases, 3, 4, 0, 0, 0, 0, 132 * KIB },
	{ "program_half_of_first_row", programs, 2, 0, 756, 256, 0, 0, 500 },
	{ "program_ring_spans_two_rows", programs, 2, 1, 100, 100 + HEADER + 300, 0, 0, 700 },
	{ "program_header_of_second_row_waits", programs, 2, 1, 0, HEADER, 0, 0, 1000 },
	{ "erase_gap_at_ring_end_is_no_step", erases, 3, 3, 0, HEADER + 8, 0, 0, 4 * KIB },
	{ "program_all_taken", programs, 2, 2, 0, 0, 0, 0, 3000 },
	{ "program_waiting_more_than_was_fed_is_nothing", programs, 2, 1, 0, 99999, 0, 0, 0 },
	{ "erase_looks_do_not_count", looks, 5, 5, 0, HEADER, 3, 0, 4 * KIB },
	{ "erase_looks_all_done", looks, 5, 6, 0, 0, 5, 0, 8 * KIB },
	{ "sums_fed_but_not_answered", sums, 2, 2, 0, 0, 1, 0, 0 },
	{ "sums_half_answered", sums, 2, 2, 0, 0, 1, 128 * KIB, 128 * KIB },
	{ "sums_all_answered", sums, 2, 2, 0, 0, 2, 0, 256 * KIB },
	{ "more_than_all_is_all", sums, 2, 2, 0, 0, 1, 320 * KIB, 256 * KIB },
};

static void test_position(void **state)
{
	const struct position_case *row = *state;
	const struct cmspi_progress progress = {
		.steps = row->steps,
		.count = row->count,
		.fed_step = row->fed_step,
		.fed_bytes = row->fed_bytes,
		.waiting_bytes = row->waiting_bytes,
		.got_step = row->got_step,
		.got_bytes = row->got_bytes,
	};

	assert_int_equal(cmspi_progress_done(&progress), row->done);
}

struct line_case {
	const char *name;
	uint32_t count;
	uint32_t done;
	uint64_t before_bytes;
	uint32_t usual_ms;
	int64_t ms;
	const char *line;
};

static const struct line_case line_cases[] = {
	{ "nothing_done_yet", 8192 * KIB, 0, 0, 0, 5000, "ext: read, 0 bytes of 8.0 MiB (0 %)" },
	{ "rate_and_time_left", 8192 * KIB, 2048 * KIB, 0, 0, 20000,
		"ext: read, 2.0 MiB of 8.0 MiB (25 %), 102.4 KiB/s, 1 min 00 s left" },
	{ "seconds_left", 100 * KIB, 90 * KIB, 0, 0, 9000,
		"ext: read, 90.0 KiB of 100.0 KiB (90 %), 10.0 KiB/s, 1 s left" },
	{ "all_done", 512, 512, 0, 0, 1000,
		"ext: read, 512 bytes of 512 bytes (100 %), 0.5 KiB/s, 0 s left" },
	{ "no_time_has_passed", 512, 256, 0, 0, 0, "ext: read, 256 bytes of 512 bytes (50 %)" },
	{ "clock_went_back", 512, 256, 0, 0, -5, "ext: read, 256 bytes of 512 bytes (50 %)" },
	{ "parts_have_no_end", 4 * KIB, 4 * KIB, 1020 * KIB, 0, 10000,
		"ext: read, 1.0 MiB so far, 102.4 KiB/s" },
	{ "what_cannot_be_looked_into", 8192 * KIB, 0, 0, 80000, 6400,
		"ext: read, 6 s of usually 1 min 20 s" },
	{ "four_gigabytes_in_ages", 0xffffffff, 1, 0, 0, 100000000,
		"ext: read, 1 bytes of 4095.9 MiB (0 %), 7158278823333 min 20 s left" },
};

static void test_line(void **state)
{
	const struct line_case *row = *state;
	const struct cmspi_step step = { .kind = CMSPI_STEP_READ, .count = row->count };
	const struct cmspi_progress progress = {
		.bank = "ext",
		.what = "read",
		.steps = &step,
		.count = 1,
		.usual_ms = row->usual_ms,
		.before_bytes = row->before_bytes,
		.started_ms = 1000,
		.got_bytes = row->done,
	};
	char line[128];

	cmspi_progress_line(&progress, 1000 + row->ms, line, sizeof(line));
	assert_string_equal(line, row->line);
}

static void line_that_does_not_fit_is_cut(void **state)
{
	const struct cmspi_step step = { .kind = CMSPI_STEP_READ, .count = 4096 };
	const struct cmspi_progress progress = {
		.bank = "a_name_of_some_length", .what = "read", .steps = &step, .count = 1,
	};
	char line[16] = { 0 };

	(void)state;
	cmspi_progress_line(&progress, 9999, line, sizeof(line));
	assert_string_equal(line, "a_name_of_some_");
}

struct sentence_case {
	const char *name;
	struct cmspi_counts counts;
	const char *sentence;
};

static const struct sentence_case sentence_cases[] = {
	{ "nothing_done_says_nothing", { .runs = 3, .sent = 99 }, "" },
	{ "erased", { .erased = 64 * KIB, .erase_ms = 1600, .sent = 512 },
		"erased 64.0 KiB, 1.6 s, 40.0 KiB/s, 512 bytes sent" },
	{ "erased_and_skipped",
		{ .erased = 4 * KIB, .blank = 60 * KIB, .erase_ms = 1000, .sent = 2048 },
		"erased 4.0 KiB, skipped 60.0 KiB that was blank, 1.0 s, 4.0 KiB/s, 2.0 KiB sent" },
	{ "unchanged", { .unchanged = 8 * KIB, .sent = 2048 }, "unchanged 8.0 KiB, 2.0 KiB sent" },
	{ "unchanged_and_erased", { .unchanged = 8 * KIB, .erased = 4 * KIB, .erase_ms = 1000,
		.sent = 2048 }, "unchanged 8.0 KiB; erased 4.0 KiB, 1.0 s, 4.0 KiB/s, 2.0 KiB sent" },
	{ "all_blank", { .blank = 4 * KIB, .erase_ms = 20 },
		"erased 0 bytes, skipped 4.0 KiB that was blank, 0.0 s, 0 bytes sent" },
	{ "programmed",
		{ .programmed = 100 * KIB, .empty = 300, .program_ms = 2000, .sent = 110 * KIB },
		"programmed 100.0 KiB, skipped 300 bytes of FFh, 2.0 s, 50.0 KiB/s, 110.0 KiB sent" },
	{ "both", { .erased = 4 * KIB, .erase_ms = 1000, .programmed = 4 * KIB, .program_ms = 500 },
		"erased 4.0 KiB, 1.0 s, 4.0 KiB/s; programmed 4.0 KiB, 0.5 s, 8.0 KiB/s, 0 bytes sent" },
};

static void test_sentence(void **state)
{
	const struct sentence_case *row = *state;
	const struct cmspi_counts before = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	const struct cmspi_counts *c = &row->counts;
	const struct cmspi_counts after = {
		1 + c->erased, 2 + c->blank, 3 + c->unchanged, 4 + c->programmed, 5 + c->empty,
		6 + c->sent, 7 + c->runs, 8 + c->erase_ms, 9 + c->program_ms,
	};
	const struct cmspi_counts since = cmspi_counts_since(&before, &after);
	char sentence[200];

	cmspi_counts_sentence(&since, sentence, sizeof(sentence));
	assert_string_equal(sentence, row->sentence);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (size_t i = 0; i < sizeof(position_cases) / sizeof(*position_cases); i++)
		cases_add(&cases, test_position, &position_cases[i], "position_%s",
			position_cases[i].name);
	for (size_t i = 0; i < sizeof(line_cases) / sizeof(*line_cases); i++)
		cases_add(&cases, test_line, &line_cases[i], "line_%s", line_cases[i].name);
	for (size_t i = 0; i < sizeof(sentence_cases) / sizeof(*sentence_cases); i++)
		cases_add(&cases, test_sentence, &sentence_cases[i], "sentence_%s",
			sentence_cases[i].name);
	CASES_ADD(&cases, line_that_does_not_fit_is_cut);
	return cases_run(&cases, "progress", argc, argv);
}
