// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_plan.c on a chip of 16 bytes, so that every case can be checked by eye,
 * and against a slow search that tries everything.
 */

#include "cases.h"
#include "cmspi_plan.h"

#define TOY_BYTES	16
#define MAX_ROWS	16

/** Sizes and typical times of a toy chip, smallest first. */
struct toy {
	uint32_t size_bytes[CMSPI_ERASE_TYPES];
	uint32_t typ_ms[CMSPI_ERASE_TYPES];
};

// As real parts: each size four times as large takes not quite four times as long
static const struct toy usual = { { 1, 2, 4, 8 }, { 10, 18, 30, 50 } };
static const struct toy whole = { { 1, 4, 8, 16 }, { 10, 30, 50, 80 } };
// One time for all (SST26), and large ones that do not pay
static const struct toy flat = { { 1, 2, 4, 8 }, { 10, 10, 10, 10 } };
static const struct toy steep = { { 1, 2, 4, 8 }, { 10, 21, 43, 87 } };
static const struct toy equal = { { 1, 2, 4, 8 }, { 10, 20, 40, 80 } };
static const struct toy single = { { 4 }, { 30 } };

struct erase_case {
	const char *name;
	const struct toy *toy;
	uint32_t addr;
	uint32_t count;
	/** a character for each unit of the range: '.' is blank; NULL: no map */
	const char *map;
	/** -1, or number of rows */
	int result;
	struct {
		uint32_t addr;
		uint32_t size_bytes;
		uint32_t count;
	} rows[8];
	uint32_t ms;
};

static const struct erase_case erase_cases[] = {
	{ "range_of_nothing_has_no_rows", &usual, 4, 0, NULL, 0, { { 0 } }, 0 },
	{ "range_of_one_unit_uses_smallest", &usual, 5, 1, NULL, 1, { { 5, 1, 1 } }, 10 },
	{ "range_of_whole_chip_joins_largest", &usual, 0, 16, NULL, 1, { { 0, 8, 2 } }, 100 },
	{ "range_of_whole_chip_uses_one_if_there_is_one", &whole, 0, 16, NULL, 1,
		{ { 0, 16, 1 } }, 80 },
	{ "range_across_two_sizes_uses_largest_that_fits", &usual, 0, 12, NULL, 2,
		{ { 0, 8, 1 }, { 8, 4, 1 } }, 80 },
	{ "range_odd_at_both_ends_grows_and_shrinks", &usual, 1, 14, NULL, 6,
		{ { 1, 1, 1 }, { 2, 2, 1 }, { 4, 4, 2 }, { 12, 2, 1 }, { 14, 1, 1 } }, 116 },
	{ "range_smaller_than_a_block_stays_inside", &usual, 4, 3, NULL, 2,
		{ { 4, 2, 1 }, { 6, 1, 1 } }, 28 },
	{ "range_aligned_to_nothing_uses_units", &usual, 3, 2, NULL, 1, { { 3, 1, 2 } }, 20 },
	{ "range_at_chip_end_stops_there", &usual, 15, 1, NULL, 1, { { 15, 1, 1 } }, 10 },
	{ "range_beyond_chip_is_refused", &usual, 15, 2, NULL, -1, { { 0 } }, 0 },
	{ "range_that_wraps_is_refused", &usual, 8, UINT32_MAX, NULL, -1, { { 0 } }, 0 },
	{ "range_off_units_is_refused", &single, 2, 4, NULL, -1, { { 0 } }, 0 },
	{ "range_of_half_a_unit_is_refused", &single, 0, 6, NULL, -1, { { 0 } }, 0 },
	{ "range_with_one_type_is_one_row", &single, 4, 12, NULL, 1, { { 4, 4, 3 } }, 90 },
	{ "blank_range_has_no_rows", &usual, 0, 16, "................", 0, { { 0 } }, 0 },
	{ "blank_map_of_none_equals_no_map", &usual, 0, 16, "################", 1,
		{ { 0, 8, 2 } }, 100 },
	{ "blank_half_is_left_out", &usual, 0, 16, "........########", 1, { { 8, 8, 1 } }, 50 },
	{ "blank_unit_in_a_full_block_is_erased_too", &usual, 0, 8, "###.####", 1,
		{ { 0, 8, 1 } }, 50 },
	{ "blank_all_but_one_uses_one_unit", &usual, 0, 16, "......#.........", 1,
		{ { 6, 1, 1 } }, 10 },
	{ "blank_all_but_two_apart_uses_two_units", &usual, 0, 16, "#..............#", 2,
		{ { 0, 1, 1 }, { 15, 1, 1 } }, 20 },
	{ "blank_every_other_takes_the_cheaper_way", &usual, 0, 8, "#.#.#.#.", 4,
		{ { 0, 1, 1 }, { 2, 1, 1 }, { 4, 1, 1 }, { 6, 1, 1 } }, 40 },
	{ "blank_map_counts_from_the_range", &usual, 4, 8, "....####", 1, { { 8, 4, 1 } }, 30 },
	{ "flat_times_take_large_ones_only_where_two_units_are_due", &flat, 0, 16,
		"#......#.......#", 2, { { 0, 8, 1 }, { 15, 1, 1 } }, 20 },
	{ "steep_times_use_units_only", &steep, 0, 16, NULL, 1, { { 0, 1, 16 } }, 160 },
	{ "equal_times_prefer_few_commands", &equal, 0, 16, NULL, 1, { { 0, 8, 2 } }, 160 },
	{ "equal_times_with_one_blank_save_it", &equal, 0, 8, "#####.##", 3,
		{ { 0, 4, 1 }, { 4, 1, 1 }, { 6, 2, 1 } }, 70 },
};

static void make_toy(struct cmspi_chip *chip, const struct toy *toy)
{
	cmspi_chip_init(chip);
	chip->size_bytes = TOY_BYTES;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		chip->erase[i].size_bytes = toy->size_bytes[i];
		chip->erase[i].opcode = 0x20 + i;
		chip->erase[i].typ_ms = toy->typ_ms[i];
	}
}

static void make_blank(uint8_t *blank, const char *map)
{
	for (unsigned int i = 0; map[i]; i++)
		blank[i] = map[i] == '.';
}

static uint32_t typ_ms(const struct cmspi_erase_row *rows, int count)
{
	uint32_t sum_ms = 0;

	for (int i = 0; i < count; i++)
		sum_ms += rows[i].count * rows[i].type->typ_ms;
	return sum_ms;
}

static void plan_erase_gives_rows(void **state)
{
	const struct erase_case *test = *state;
	struct cmspi_erase_row rows[MAX_ROWS];
	uint8_t blank[TOY_BYTES];
	struct cmspi_chip chip;
	int wanted = 0;

	make_toy(&chip, test->toy);
	if (test->map)
		make_blank(blank, test->map);
	const int result = cmspi_plan_erase(&chip, test->addr, test->count,
		test->map ? blank : NULL, rows, MAX_ROWS);
	if (test->result < 0) {
		assert_int_equal(result, -1);
		return;
	}
	while (wanted < 8 && test->rows[wanted].count)
		wanted++;
	assert_int_equal(result, wanted);
	for (int i = 0; i < wanted; i++) {
		assert_int_equal(rows[i].addr, test->rows[i].addr);
		assert_int_equal(rows[i].type->size_bytes, test->rows[i].size_bytes);
		assert_int_equal(rows[i].count, test->rows[i].count);
	}
	assert_int_equal(typ_ms(rows, result), test->ms);
}

static void plan_erase_with_too_few_rows_is_refused(void **state)
{
	struct cmspi_erase_row rows[2];
	uint8_t blank[TOY_BYTES];
	struct cmspi_chip chip;

	(void)state;
	make_toy(&chip, &usual);
	make_blank(blank, "#..#..#.........");
	// what lies behind the rows given must not be written
	memset(&rows[1], 0x5a, sizeof(rows[1]));
	const struct cmspi_erase_row behind = rows[1];
	assert_int_equal(cmspi_plan_erase(&chip, 0, TOY_BYTES, blank, rows, 1), -1);
	assert_memory_equal(&rows[1], &behind, sizeof(behind));
	assert_int_equal(cmspi_plan_erase(&chip, 0, TOY_BYTES, blank, rows, 2), -1);
	assert_int_equal(cmspi_plan_erase(&chip, 0, TOY_BYTES, blank, rows, 0), -1);
}

static void plan_erase_without_types_is_refused(void **state)
{
	struct cmspi_erase_row rows[2];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = TOY_BYTES;
	assert_int_equal(cmspi_plan_erase(&chip, 0, 4, NULL, rows, 2), -1);
}

static void plan_erase_leaves_out_types_that_do_not_nest(void **state)
{
	static const struct toy odd = { { 2, 3, 4, 0 }, { 10, 1, 15, 0 } };
	struct cmspi_erase_row rows[2];
	struct cmspi_chip chip;

	(void)state;
	make_toy(&chip, &odd);
	assert_int_equal(cmspi_plan_erase(&chip, 0, 12, NULL, rows, 2), 1);
	assert_int_equal(rows[0].type->size_bytes, 4);
	assert_int_equal(rows[0].count, 3);
}

static void plan_erase_without_typical_times_uses_max_then_size(void **state)
{
	struct cmspi_erase_row rows[4];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 1 << 20;
	chip.erase[0] = (struct cmspi_erase_type) { .size_bytes = 4096, .opcode = 0x20 };
	chip.erase[1] = (struct cmspi_erase_type) { .size_bytes = 65536, .opcode = 0xd8 };
	// W25Q64JV's usual times: 45 ms for 4 KiB, 150 ms for 64 KiB
	assert_int_equal(cmspi_plan_erase(&chip, 0x1000, 0x1f000, NULL, rows, 4), 2);
	assert_int_equal(rows[0].count, 15);
	assert_int_equal(rows[1].addr, 0x10000);
	assert_int_equal(rows[1].count, 1);
	chip.erase[0].max_ms = 1;
	chip.erase[1].max_ms = 1000;
	assert_int_equal(cmspi_plan_erase(&chip, 0, 0x10000, NULL, rows, 4), 1);
	assert_int_equal(rows[0].type->size_bytes, 4096);
}

static void plan_erase_of_large_part_avoids_type_without_4byte_opcode(void **state)
{
	struct cmspi_erase_row rows[4];
	struct cmspi_chip chip;

	(void)state;
	// W25Q256JV: 52h has no four-byte form
	cmspi_chip_init(&chip);
	chip.size_bytes = 32 << 20;
	chip.addr_4_ok = true;
	chip.reads_4byte[0] = 0x13;
	chip.program_4byte = 0x12;
	chip.erase[0] = (struct cmspi_erase_type) { 4096, 0x20, 0x21, 45, 400 };
	chip.erase[1] = (struct cmspi_erase_type) { 32768, 0x52, 0, 120, 1600 };
	chip.erase[2] = (struct cmspi_erase_type) { 65536, 0xd8, 0xdc, 150, 2000 };
	assert_int_equal(cmspi_plan_erase(&chip, 0x1008000, 0x18000, NULL, rows, 4), 2);
	assert_int_equal(rows[0].type->opcode_4byte, 0x21);
	assert_int_equal(rows[0].count, 8);
	assert_int_equal(rows[1].type->opcode_4byte, 0xdc);
	assert_int_equal(rows[1].addr, 0x1010000);
}

static void plan_erase_of_2_gib_chip_is_one_row(void **state)
{
	struct cmspi_erase_row rows[2];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 1u << 31;
	chip.erase[0] = (struct cmspi_erase_type) { 4096, 0x20, 0, 45, 400 };
	chip.erase[1] = (struct cmspi_erase_type) { 65536, 0xd8, 0, 4000000, 4000000 };
	chip.erase[2] = (struct cmspi_erase_type) { 1048576, 0xd9, 0, 5000, 5000 };
	assert_int_equal(cmspi_plan_erase(&chip, 0, 1u << 31, NULL, rows, 2), 1);
	assert_int_equal(rows[0].count, 2048);
	assert_ptr_equal(rows[0].type, &chip.erase[2]);
}

// ---- against a search that tries everything ---------------------------------

static uint32_t random_state;

// xorshift32, Marsaglia 2003
static uint32_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static void random_seed(void)
{
	const char *seed = getenv("CMSPI_FUZZ_SEED");

	random_state = seed ? strtoul(seed, NULL, 0) : 0x9e3779b9;
	if (!random_state)
		random_state = 1;
	print_message("# CMSPI_FUZZ_SEED=0x%08x\n", random_state);
}

/** Least time for [from, to): every command at every place, from the end. */
static uint32_t least_ms(const struct toy *toy, const uint8_t *blank, uint32_t from, uint32_t to)
{
	uint32_t best[TOY_BYTES + 1];

	best[to] = 0;
	for (uint32_t at = to; at-- > from;) {
		best[at] = blank[at - from] ? best[at + 1] : UINT32_MAX;
		for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
			const uint32_t size_bytes = toy->size_bytes[i];
			if (!size_bytes || at % size_bytes || at + size_bytes > to)
				continue;
			if (best[at + size_bytes] + toy->typ_ms[i] < best[at])
				best[at] = best[at + size_bytes] + toy->typ_ms[i];
		}
	}
	return best[from];
}

/** What is not blank is erased, all inside, aligned, nothing twice. */
static void check_cover(const struct cmspi_erase_row *rows, int count, const uint8_t *blank,
	uint32_t from, uint32_t to)
{
	uint8_t erased[TOY_BYTES] = { 0 };
	uint32_t last_end = from;

	for (int i = 0; i < count; i++) {
		const uint32_t bytes = rows[i].count * rows[i].type->size_bytes;
		assert_int_equal(rows[i].addr % rows[i].type->size_bytes, 0);
		assert_true(rows[i].count && rows[i].addr >= last_end);
		last_end = rows[i].addr + bytes;
		assert_true(last_end <= to);
		memset(erased + rows[i].addr, 1, bytes);
	}
	for (uint32_t at = from; at < to; at++)
		assert_true(erased[at] || blank[at - from]);
}

static void plan_erase_is_never_slower_than_exhaustive_search(void **state)
{
	const struct toy *toy = *state;
	struct cmspi_erase_row rows[MAX_ROWS];
	uint8_t blank[TOY_BYTES];
	struct cmspi_chip chip;

	random_seed();
	make_toy(&chip, toy);
	for (uint32_t from = 0; from < TOY_BYTES; from++) {
		for (uint32_t to = from + 1; to <= TOY_BYTES; to++) {
			for (unsigned int round = 0; round < 200; round++) {
				const uint32_t bits = random_next() & (round % 2 ? UINT32_MAX : random_next());
				for (uint32_t i = 0; i < TOY_BYTES; i++)
					blank[i] = bits >> i & 1;
				const int count = cmspi_plan_erase(&chip, from, to - from, blank, rows,
					MAX_ROWS);
				assert_true(count >= 0);
				check_cover(rows, count, blank, from, to);
				assert_int_equal(typ_ms(rows, count),
					least_ms(toy, blank, from, to));
			}
		}
	}
}

// ---- program ----------------------------------------------------------------

struct program_case {
	const char *name;
	uint32_t page_bytes;
	uint32_t addr;
	/** '.' is FFh */
	const char *data;
	int result;
	struct cmspi_program_row rows[5];
};

static const struct program_case program_cases[] = {
	{ "nothing_has_no_rows", 4, 0, "", 0, { { 0 } } },
	{ "one_page_is_one_row", 4, 4, "abcd", 1, { { 4, 0, 4 } } },
	{ "pages_side_by_side_are_joined", 4, 0, "abcdefghijkl", 1, { { 0, 0, 12 } } },
	{ "blank_pages_have_no_rows", 4, 0, "........", 0, { { 0 } } },
	{ "blank_page_between_splits", 4, 8, "abcd....ijkl", 2, { { 8, 0, 4 }, { 16, 8, 4 } } },
	{ "blank_pages_at_the_ends_are_left_out", 4, 0, "....efgh....", 1, { { 4, 4, 4 } } },
	{ "page_with_one_byte_is_programmed_whole", 4, 0, "......g.....", 1, { { 4, 4, 4 } } },
	{ "partial_first_page_keeps_its_start", 4, 3, "abcde", 1, { { 3, 0, 5 } } },
	{ "partial_blank_first_page_is_left_out", 4, 2, "..cdef", 1, { { 4, 2, 4 } } },
	{ "partial_last_page_keeps_its_end", 4, 0, "abcde", 1, { { 0, 0, 5 } } },
	{ "partial_blank_last_page_is_left_out", 4, 0, "abcd..", 1, { { 0, 0, 4 } } },
	{ "inside_one_page_is_one_row", 4, 5, "ab", 1, { { 5, 0, 2 } } },
	{ "blank_inside_one_page_has_no_row", 4, 5, "..", 0, { { 0 } } },
	{ "blank_run_across_pages_that_are_not_blank_is_sent", 4, 0, "a......h", 1,
		{ { 0, 0, 8 } } },
	{ "every_other_page_has_a_row_each", 2, 6, "ab..cd..ef", 3,
		{ { 6, 0, 2 }, { 10, 4, 2 }, { 14, 8, 2 } } },
	{ "row_too_many_is_refused", 2, 0, "ab..cd..ef..gh..ij..kl", -1, { { 0 } } },
	{ "page_size_0_is_refused", 0, 0, "ab", -1, { { 0 } } },
	{ "page_size_that_is_no_power_of_two_works", 3, 2, "a...bcd", 2,
		{ { 2, 0, 1 }, { 6, 4, 3 } } },
	{ "at_the_top_of_4_gib_does_not_wrap", 4, 0xfffffff9, "abcdefg", 1,
		{ { 0xfffffff9, 0, 7 } } },
};

static void plan_program_gives_rows(void **state)
{
	const struct program_case *test = *state;
	struct cmspi_program_row rows[5];
	uint8_t data[32];
	const uint32_t count = strlen(test->data);

	for (uint32_t i = 0; i < count; i++)
		data[i] = test->data[i] == '.' ? 0xff : test->data[i];
	assert_int_equal(cmspi_plan_program(test->page_bytes, test->addr, data, count, rows, 5),
		test->result);
	for (int i = 0; i < test->result; i++) {
		assert_int_equal(rows[i].addr, test->rows[i].addr);
		assert_int_equal(rows[i].offset, test->rows[i].offset);
		assert_int_equal(rows[i].count, test->rows[i].count);
	}
}

static void plan_program_of_random_data_loses_nothing(void **state)
{
	struct cmspi_program_row rows[64];
	uint8_t data[256];

	(void)state;
	random_seed();
	for (unsigned int round = 0; round < 5000; round++) {
		const uint32_t addr = random_next() % 100;
		const uint32_t count = random_next() % sizeof(data);
		for (uint32_t i = 0; i < count; i++)
			data[i] = random_next() % 8 ? 0xff : random_next() >> 8;
		const int num_rows = cmspi_plan_program(16, addr, data, count, rows, 64);
		assert_true(num_rows >= 0);
		uint32_t at = 0;
		for (int i = 0; i <= num_rows; i++) {
			const uint32_t begin = i < num_rows ? rows[i].offset : count;
			for (; at < begin; at++)
				assert_int_equal(data[at], 0xff);
			if (i == num_rows)
				break;
			assert_int_equal(rows[i].addr, addr + rows[i].offset);
			assert_true(rows[i].offset == 0 || rows[i].addr % 16 == 0);
			at += rows[i].count;
		}
		assert_int_equal(at, count);
	}
}

static void plan_samples_are_the_first_bytes_that_tell(void **state)
{
	struct cmspi_program_row rows[4];
	uint8_t data[40];

	(void)state;
	memset(data, 0xff, sizeof(data));
	data[3] = 1;
	// parts of 16 bytes from address 24: [0, 8), [8, 24), [24, 40)
	data[23] = 2;
	assert_int_equal(cmspi_plan_samples(16, 4, 24, data, sizeof(data), rows, 4), 2);
	assert_int_equal(rows[0].addr, 27);
	assert_int_equal(rows[0].offset, 3);
	assert_int_equal(rows[0].count, 4);
	// not beyond the part: the next one has its own
	assert_int_equal(rows[1].addr, 47);
	assert_int_equal(rows[1].offset, 23);
	assert_int_equal(rows[1].count, 1);
	assert_int_equal(cmspi_plan_samples(16, 4, 24, data, sizeof(data), rows, 1), -1);
	memset(data, 0xff, sizeof(data));
	assert_int_equal(cmspi_plan_samples(16, 4, 24, data, sizeof(data), rows, 0), 0);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (unsigned int i = 0; i < sizeof(erase_cases) / sizeof(*erase_cases); i++)
		cases_add(&cases, plan_erase_gives_rows, &erase_cases[i], "plan_erase_%s",
			erase_cases[i].name);
	CASES_ADD(&cases, plan_erase_with_too_few_rows_is_refused);
	CASES_ADD(&cases, plan_erase_without_types_is_refused);
	CASES_ADD(&cases, plan_erase_leaves_out_types_that_do_not_nest);
	CASES_ADD(&cases, plan_erase_without_typical_times_uses_max_then_size);
	CASES_ADD(&cases, plan_erase_of_large_part_avoids_type_without_4byte_opcode);
	CASES_ADD(&cases, plan_erase_of_2_gib_chip_is_one_row);
	cases_add(&cases, plan_erase_is_never_slower_than_exhaustive_search, &usual,
		"plan_erase_usual_times_is_never_slower_than_exhaustive_search");
	cases_add(&cases, plan_erase_is_never_slower_than_exhaustive_search, &whole,
		"plan_erase_whole_chip_type_is_never_slower_than_exhaustive_search");
	cases_add(&cases, plan_erase_is_never_slower_than_exhaustive_search, &flat,
		"plan_erase_flat_times_is_never_slower_than_exhaustive_search");
	cases_add(&cases, plan_erase_is_never_slower_than_exhaustive_search, &steep,
		"plan_erase_steep_times_is_never_slower_than_exhaustive_search");
	for (unsigned int i = 0; i < sizeof(program_cases) / sizeof(*program_cases); i++)
		cases_add(&cases, plan_program_gives_rows, &program_cases[i], "plan_program_%s",
			program_cases[i].name);
	CASES_ADD(&cases, plan_samples_are_the_first_bytes_that_tell);
	CASES_ADD(&cases, plan_program_of_random_data_loses_nothing);
	return cases_run(&cases, "plan", argc, argv);
}
