// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_map.c, cmspi_sfdp_map.c, and erase plans on chips whose sectors differ: a toy
 * of 64 bytes, the dump of a part that has such a map, and tables that lie.
 */

#include "cases.h"
#include "cmspi_plan.h"
#include "cmspi_sfdp_map.h"

#define TOY_BYTES	64
#define MAX_ROWS	32

/** Erase types 2, 4, 8 and 16 bytes long, bits 0 to 3. */
static void make_toy(struct cmspi_chip *chip)
{
	cmspi_chip_init(chip);
	chip->size_bytes = TOY_BYTES;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++)
		chip->erase[i] = (struct cmspi_erase_type) {
			2u << i, 0x20 + i, 0, 10 + 5 * i, 100,
		};
}

/** Small sectors in the first 16 bytes, large ones behind. */
static void make_bottom(struct cmspi_chip *chip)
{
	make_toy(chip);
	chip->regions[0] = (struct cmspi_region) { 16, 0x1 | 0x8 };
	chip->regions[1] = (struct cmspi_region) { 48, 0x8 };
	chip->num_regions = 2;
}

static void map_of_alike_sectors_is_one_row(void **state)
{
	struct cmspi_chip chip;
	struct cmspi_map map;

	(void)state;
	make_toy(&chip);
	cmspi_map_make(&chip, &map);
	assert_int_equal(map.num_rows, 1);
	assert_int_equal(map.num_sectors, 32);
	assert_int_equal(cmspi_map_find(&map, 63), 31);
	assert_true(cmspi_map_is_whole(&map) && cmspi_map_erasable(&map));
	chip.size_bytes = 63;
	cmspi_map_make(&chip, &map);
	assert_false(cmspi_map_is_whole(&map));
	chip.size_bytes = 1;
	cmspi_map_make(&chip, &map);
	assert_false(cmspi_map_is_whole(&map));
}

static void map_without_erase_types_is_one_sector(void **state)
{
	struct cmspi_chip chip;
	struct cmspi_map map;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = TOY_BYTES;
	cmspi_map_make(&chip, &map);
	assert_int_equal(map.num_sectors, 1);
	assert_int_equal(cmspi_map_sector(&map, 0).count, TOY_BYTES);
	assert_true(cmspi_map_is_whole(&map));
	assert_false(cmspi_map_erasable(&map));
}

static void map_of_mixed_sectors_finds_each(void **state)
{
	struct cmspi_span spans[CMSPI_REGIONS];
	struct cmspi_chip chip;
	struct cmspi_map map;
	uint32_t addr = 0;

	(void)state;
	make_bottom(&chip);
	cmspi_map_make(&chip, &map);
	assert_int_equal(map.num_sectors, 8 + 3);
	for (unsigned int i = 0; i < map.num_sectors; i++) {
		const struct cmspi_span sector = cmspi_map_sector(&map, i);

		assert_int_equal(sector.addr, addr);
		assert_int_equal(sector.count, i < 8 ? 2 : 16);
		for (; addr < sector.addr + sector.count; addr++)
			assert_int_equal(cmspi_map_find(&map, addr), i);
	}
	assert_int_equal(addr, TOY_BYTES);
	assert_int_equal(cmspi_map_min_bytes(&map), 2);
	assert_int_equal(cmspi_map_max_bytes(&map), 16);
	assert_int_equal(cmspi_map_bytes(&map, 6, 3), 2 + 2 + 16);
	assert_int_equal(cmspi_map_spans(&map, 6, 3, spans), 2);
	assert_int_equal(spans[0].addr, 12);
	assert_int_equal(spans[0].count, 4);
	assert_int_equal(spans[0].grain_bytes, 2);
	assert_int_equal(spans[1].addr, 16);
	assert_int_equal(spans[1].grain_bytes, 16);
	assert_int_equal(cmspi_map_spans(&map, 2, 0, spans), 0);
}

static void map_of_another_size_ends_with_the_chip(void **state)
{
	struct cmspi_chip chip;
	struct cmspi_map map;

	(void)state;
	make_bottom(&chip);
	chip.size_bytes = 8;
	cmspi_map_make(&chip, &map);
	assert_int_equal(map.num_sectors, 4);
	chip.size_bytes = 96;
	cmspi_map_make(&chip, &map);
	assert_int_equal(map.num_sectors, 8 + 5);
}

/** S25FS-S: of a block of the large type, half are small sectors, and the large
 * type clears the other half. */
static void map_of_half_a_block_is_one_sector(void **state)
{
	struct cmspi_erase_row rows[MAX_ROWS];
	struct cmspi_chip chip;
	struct cmspi_map map;

	(void)state;
	make_toy(&chip);
	chip.regions[0] = (struct cmspi_region) { 6, 0x1 };
	chip.regions[1] = (struct cmspi_region) { 10, 0x8 };
	chip.regions[2] = (struct cmspi_region) { 48, 0x8 };
	chip.num_regions = 3;
	cmspi_map_make(&chip, &map);
	assert_int_equal(map.num_sectors, 3 + 1 + 3);
	assert_int_equal(cmspi_map_sector(&map, 3).addr, 6);
	assert_int_equal(cmspi_map_sector(&map, 3).count, 10);
	assert_int_equal(cmspi_plan_erase(&chip, 4, 44, NULL, rows, MAX_ROWS), 3);
	assert_int_equal(rows[0].size_bytes, 2);
	assert_int_equal(rows[1].addr, 6);
	assert_int_equal(rows[1].size_bytes, 10);
	assert_int_equal(rows[1].type->size_bytes, 16);
	assert_int_equal(rows[2].addr, 16);
	assert_int_equal(rows[2].count, 2);
}

struct plan_case {
	const char *name;
	uint32_t addr;
	uint32_t count;
	/** a character for each sector: '.' is blank */
	const char *map;
	/** opcodes as they are sent, a letter for each: s 2 bytes, l 16 bytes; NULL:
	 * refused */
	const char *sent;
};

static const struct plan_case plan_cases[] = {
	{ "small_ones_alone_are_small", 2, 4, "##", "ss" },
	{ "all_small_ones_are_one_large", 0, 16, "########", "l" },
	{ "across_the_border", 12, 20, "###", "ssl" },
	{ "large_ones_alone_are_large", 16, 48, "###", "lll" },
	{ "blank_ones_are_left_out", 0, 64, "#.......#.#", "sll" },
	{ "inside_a_large_one_is_refused", 16, 2, "#", NULL },
	{ "ending_in_a_large_one_is_refused", 14, 4, "##", NULL },
	{ "from_the_middle_of_a_small_one_is_refused", 1, 2, "#", NULL },
};

static void plan_on_mixed_sectors(void **state)
{
	const struct plan_case *test = *state;
	struct cmspi_erase_row rows[MAX_ROWS];
	uint8_t blank[TOY_BYTES] = { 0 };
	char sent[MAX_ROWS] = "";
	struct cmspi_chip chip;
	unsigned int num = 0;

	make_bottom(&chip);
	for (unsigned int i = 0; test->map[i]; i++)
		blank[i] = test->map[i] == '.';
	const int count = cmspi_plan_erase(&chip, test->addr, test->count, blank, rows, MAX_ROWS);

	if (!test->sent) {
		assert_true(count < 0);
		return;
	}
	for (int i = 0; i < count; i++)
		for (uint32_t j = 0; j < rows[i].count; j++)
			sent[num++] = rows[i].size_bytes == 2 ? 's' : 'l';
	assert_string_equal(sent, test->sent);
}

static void plan_of_a_region_nothing_erases_is_refused(void **state)
{
	struct cmspi_erase_row rows[MAX_ROWS];
	struct cmspi_chip chip;
	struct cmspi_map map;

	(void)state;
	make_bottom(&chip);
	chip.erase[3].size_bytes = 0;
	cmspi_map_make(&chip, &map);
	assert_false(cmspi_map_erasable(&map));
	assert_true(cmspi_plan_erase(&chip, 0, 16, NULL, rows, MAX_ROWS) > 0);
	assert_true(cmspi_plan_erase(&chip, 0, TOY_BYTES, NULL, rows, MAX_ROWS) < 0);
}

// ---- SFDP's table -----------------------------------------------------------

#define MIB	(1u << 20)

static void put_words(uint8_t *data, const uint32_t *words, unsigned int count)
{
	for (unsigned int i = 0; i < 4 * count; i++)
		data[i] = words[i / 4] >> 8 * (i % 4);
}

/** SFDP's numbers of erase types that were in order. */
static const uint8_t in_order[] = { 0, 1, 2, 3 };

/** 4 KiB by 20h, 64 KiB by D8h: bits 0 and 1. */
static void make_part(struct cmspi_chip *chip)
{
	cmspi_chip_init(chip);
	chip->size_bytes = 16 * MIB;
	chip->erase[0] = (struct cmspi_erase_type) { 4096, 0x20, 0, 0, 0 };
	chip->erase[1] = (struct cmspi_erase_type) { 65536, 0xd8, 0, 0, 0 };
}

/** Two registers asked, one map. */
static const uint32_t table_words[] = {
	// mask, address of as many bytes as now or of 3, variable latency or 2 clocks, 65h
	0x08ff65fc, 4, 0x027265fd, 2,
	0x000000ff, 0x00fffff2,
};

static void sfdp_map_queries_are_reads_of_registers(void **state)
{
	struct cmspi_map_query queries[CMSPI_MAP_QUERIES];
	uint8_t data[sizeof(table_words)];
	struct cmspi_chip chip;

	(void)state;
	make_part(&chip);
	chip.addr_bytes = 4;
	put_words(data, table_words, 6);
	assert_int_equal(cmspi_sfdp_map_queries(data, 6, &chip, queries), 2);
	assert_int_equal(queries[0].op.opcode, 0x65);
	assert_int_equal(queries[0].op.addr_bytes, 4);
	assert_int_equal(queries[0].op.dummy_clocks, 8);
	assert_int_equal(queries[0].addr, 4);
	assert_int_equal(queries[0].mask, 0x08);
	assert_int_equal(queries[1].op.addr_bytes, 3);
	assert_int_equal(queries[1].op.dummy_clocks, 2);
	assert_int_equal(queries[1].addr, 2);
	assert_int_equal(queries[1].mask, 0x02);
}

static void sfdp_map_is_chosen_by_configuration(void **state)
{
	static const uint32_t words[] = {
		0x08ff65fc, 4,
		// bottom, 0; uniform, 1; top, 2
		0x000200fe, 0x00007ff1, 0x00007ff2, 0x00fefff2,
		0x000001fe, 0x00fffff2,
		0x000202ff, 0x00fefff2, 0x00007ff2, 0x00007ff1,
	};
	static const unsigned int num_sectors[] = { 8 + 1 + 255, 256, 255 + 1 + 8 };
	uint8_t data[sizeof(words)];
	struct cmspi_chip chip;
	struct cmspi_map map;

	(void)state;
	put_words(data, words, 12);
	for (int config = 0; config < 3; config++) {
		make_part(&chip);
		assert_true(cmspi_sfdp_map_take(data, 12, config, in_order, &chip));
		cmspi_map_make(&chip, &map);
		assert_true(cmspi_map_is_whole(&map) && cmspi_map_erasable(&map));
		assert_int_equal(map.num_sectors, num_sectors[config]);
		assert_int_equal(cmspi_map_bytes(&map, 0, map.num_sectors), 16 * MIB);
	}
	make_part(&chip);
	assert_false(cmspi_sfdp_map_take(data, 12, 3, in_order, &chip));
	assert_int_equal(chip.num_regions, 0);
}

static void sfdp_map_that_lies_is_not_taken(void **state)
{
	static const struct {
		const char *what;
		uint32_t words[4];
		unsigned int dwords;
	} rows[] = {
		{ "smaller than the chip", { 0x000100ff, 0x0000fff1, 0x0000fff2 }, 3 },
		{ "larger than the chip", { 0x000000ff, 0x01fffff2 }, 2 },
		{ "more regions than words", { 0x000300ff, 0x00fffff2 }, 2 },
		{ "erase types that are not there", { 0x000000ff, 0x00fffffc }, 2 },
		{ "no erase type at all", { 0x000000ff, 0x00fffff0 }, 2 },
		{ "commands and no map", { 0x08ff65fc, 4 }, 2 },
		{ "half a command", { 0x08ff65fc }, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		// of just that size, so that a sanitizer sees what is read beyond
		uint8_t *data = malloc(4 * rows[i].dwords);
		struct cmspi_chip chip;

		assert_non_null(data);
		make_part(&chip);
		put_words(data, rows[i].words, rows[i].dwords);
		const bool taken = cmspi_sfdp_map_take(data, rows[i].dwords, CMSPI_MAP_NO_CONFIG,
			in_order, &chip);

		free(data);
		if (taken || chip.num_regions)
			fail_msg("%s: taken", rows[i].what);
	}
}

static void sfdp_map_commands_without_sense_are_refused(void **state)
{
	static const uint32_t rows[][2] = { { 0x08ff00fc, 4 }, { 0x08fffffc, 4 } };
	struct cmspi_map_query queries[CMSPI_MAP_QUERIES];
	uint8_t many[(CMSPI_MAP_QUERIES + 1) * 8];
	struct cmspi_chip chip;
	uint8_t data[8];

	(void)state;
	make_part(&chip);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		put_words(data, rows[i], 2);
		assert_true(cmspi_sfdp_map_queries(data, 2, &chip, queries) < 0);
	}
	for (unsigned int i = 0; i <= CMSPI_MAP_QUERIES; i++)
		put_words(many + 8 * i, table_words, 2);
	assert_true(cmspi_sfdp_map_queries(many, sizeof(many) / 4, &chip, queries) < 0);
	assert_true(cmspi_sfdp_map_queries(many, 1, &chip, queries) < 0);
}

static void sfdp_map_region_with_two_sizes_of_one_opcode_uses_neither(void **state)
{
	static const uint32_t words[] = { 0x000000ff, 0x00fffff7 };
	uint8_t data[sizeof(words)];
	struct cmspi_chip chip;

	(void)state;
	make_part(&chip);
	chip.erase[2] = (struct cmspi_erase_type) { 262144, 0xd8, 0, 0, 0 };
	put_words(data, words, 2);
	assert_true(cmspi_sfdp_map_take(data, 2, CMSPI_MAP_NO_CONFIG, in_order, &chip));
	assert_int_equal(chip.regions[0].types, 1);
}

static void sfdp_map_follows_types_that_were_sorted(void **state)
{
	static const uint8_t numbers[] = { 2, 0, 1, 3 };
	static const uint32_t words[] = { 0x000000ff, 0x00fffff4 };
	uint8_t data[sizeof(words)];
	struct cmspi_chip chip;

	(void)state;
	make_part(&chip);
	put_words(data, words, 2);
	assert_true(cmspi_sfdp_map_take(data, 2, CMSPI_MAP_NO_CONFIG, numbers, &chip));
	assert_int_equal(chip.regions[0].types, 1);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, map_of_alike_sectors_is_one_row);
	CASES_ADD(&cases, map_without_erase_types_is_one_sector);
	CASES_ADD(&cases, map_of_mixed_sectors_finds_each);
	CASES_ADD(&cases, map_of_another_size_ends_with_the_chip);
	CASES_ADD(&cases, map_of_half_a_block_is_one_sector);
	for (size_t i = 0; i < sizeof(plan_cases) / sizeof(*plan_cases); i++)
		cases_add(&cases, plan_on_mixed_sectors, &plan_cases[i], "plan_on_mixed_sectors_%s",
			plan_cases[i].name);
	CASES_ADD(&cases, plan_of_a_region_nothing_erases_is_refused);
	CASES_ADD(&cases, sfdp_map_queries_are_reads_of_registers);
	CASES_ADD(&cases, sfdp_map_is_chosen_by_configuration);
	CASES_ADD(&cases, sfdp_map_that_lies_is_not_taken);
	CASES_ADD(&cases, sfdp_map_commands_without_sense_are_refused);
	CASES_ADD(&cases, sfdp_map_region_with_two_sizes_of_one_opcode_uses_neither);
	CASES_ADD(&cases, sfdp_map_follows_types_that_were_sorted);
	return cases_run(&cases, "map", argc, argv);
}
