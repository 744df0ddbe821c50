// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_parts.c: what an ID alone tells. Sizes and erase sizes are those of the data
 * sheets' ordering and instruction tables.
 */

#include "cases.h"
#include "cmspi_map.h"
#include "cmspi_parts.h"

#define KIB	1024u
#define MIB	(1024 * KIB)

struct part_case {
	const char *name;
	uint8_t id[6];
	uint32_t size_bytes;
	uint32_t smallest_erase;
	uint32_t page_bytes;
	enum cmspi_addressing addressing;
};

static const struct part_case part_cases[] = {
	{ "w25x40", { 0xef, 0x30, 0x13 }, 512 * KIB, 4096, 256, CMSPI_ADDR_3 },
	{ "w25q32jv_m", { 0xef, 0x70, 0x16 }, 4 * MIB, 4096, 256, CMSPI_ADDR_3 },
	{ "w25q512jv", { 0xef, 0x40, 0x20 }, 64 * MIB, 4096, 256, CMSPI_ADDR_4_OPCODES },
	{ "w25q01jv", { 0xef, 0x40, 0x21 }, 128 * MIB, 4096, 256, CMSPI_ADDR_4_OPCODES },
	{ "mx25l51245g", { 0xc2, 0x20, 0x1a }, 64 * MIB, 4096, 256, CMSPI_ADDR_4_OPCODES },
	{ "mx25u25635f", { 0xc2, 0x25, 0x39 }, 32 * MIB, 4096, 256, CMSPI_ADDR_4_OPCODES },
	{ "n25q256a", { 0x20, 0xba, 0x19, 0x10 }, 32 * MIB, 4096, 256, CMSPI_ADDR_4_MODE },
	{ "mt25qu512", { 0x20, 0xbb, 0x20, 0x10 }, 64 * MIB, 4096, 256, CMSPI_ADDR_4_MODE },
	{ "m25p05", { 0x20, 0x20, 0x10 }, 64 * KIB, 32768, 256, CMSPI_ADDR_3 },
	{ "m25p128", { 0x20, 0x20, 0x18 }, 16 * MIB, 262144, 256, CMSPI_ADDR_3 },
	{ "s25fl128s_64k", { 0x01, 0x20, 0x18, 0x4d, 0x01, 0x80 }, 16 * MIB, 4096, 256, CMSPI_ADDR_3 },
	{ "s25fl256s_64k", { 0x01, 0x02, 0x19, 0x4d, 0x01, 0x80 }, 32 * MIB, 4096, 256,
		CMSPI_ADDR_4_OPCODES },
	{ "s25fl256s_256k", { 0x01, 0x02, 0x19, 0x4d, 0x00, 0x80 }, 32 * MIB, 262144, 512,
		CMSPI_ADDR_4_OPCODES },
	{ "s25fl064p", { 0x01, 0x02, 0x16, 0x4d, 0x00, 0 }, 8 * MIB, 4096, 256, CMSPI_ADDR_3 },
	{ "s25fl128p_64k", { 0x01, 0x20, 0x18, 0x03, 0x01, 0 }, 16 * MIB, 65536, 256, CMSPI_ADDR_3 },
	{ "s25fl128p_256k", { 0x01, 0x20, 0x18, 0x03, 0x00, 0 }, 16 * MIB, 262144, 256,
		CMSPI_ADDR_3 },
	{ "s25fl128s_256k", { 0x01, 0x20, 0x18, 0x4d, 0x00, 0x80 }, 16 * MIB, 262144, 512,
		CMSPI_ADDR_3 },
	{ "s25fl512s", { 0x01, 0x02, 0x20, 0x4d, 0x00, 0x80 }, 64 * MIB, 262144, 512,
		CMSPI_ADDR_4_OPCODES },
	{ "sst25vf040b", { 0xbf, 0x25, 0x8d }, 512 * KIB, 4096, 1, CMSPI_ADDR_3 },
	{ "at25df161", { 0x1f, 0x46, 0x02 }, 2 * MIB, 4096, 256, CMSPI_ADDR_3 },
	{ "at25sf041", { 0x1f, 0x84, 0x01 }, 512 * KIB, 4096, 256, CMSPI_ADDR_3 },
	{ "gd25lq128", { 0xc8, 0x60, 0x18 }, 16 * MIB, 4096, 256, CMSPI_ADDR_3 },
	{ "en25qh128", { 0x1c, 0x70, 0x18 }, 16 * MIB, 4096, 256, CMSPI_ADDR_3 },
};

static void parts_id_tells_geometry(void **state)
{
	const struct part_case *row = *state;
	struct cmspi_chip chip;

	cmspi_chip_init(&chip);
	memcpy(chip.id, row->id, sizeof(chip.id));
	const struct cmspi_family *family = cmspi_family_of(chip.id);
	assert_non_null(family);
	cmspi_family_take(family, &chip);
	assert_int_equal(chip.size_bytes, row->size_bytes);
	assert_int_equal(chip.size_from, CMSPI_FROM_TABLE);
	assert_int_equal(chip.page_bytes, row->page_bytes);
	assert_int_equal(chip.erase[0].size_bytes, row->smallest_erase);
	assert_int_equal(cmspi_chip_addressing(&chip), row->addressing);
}

static void parts_ids_of_strangers_have_no_row(void **state)
{
	static const uint8_t ids[][CMSPI_ID_BYTES] = {
		{ 0xff, 0xff, 0xff }, { 0, 0, 0 }, { 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f },
		{ 0xef, 0xaa, 0x21 }, { 0xc2, 0x12, 0x00 }, { 0xef, 0x40, 0x3f },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		assert_null(cmspi_family_of(ids[i]));
}

/* Whatever third byte a row lets pass: found by testing/fuzz/facts.c (c2 20 2d). */
static void parts_of_all_ids_divide_into_sectors(void **state)
{
	static const uint8_t makers[] = {
		0x01, 0x0b, 0x1c, 0x1f, 0x20, 0x5e, 0x68, 0x85, 0x9d, 0xa1, 0xbf, 0xc2, 0xc8, 0xef,
	};
	unsigned int found = 0;

	(void)state;
	for (unsigned int i = 0; i < sizeof(makers) << 16; i++) {
		struct cmspi_chip chip;

		cmspi_chip_init(&chip);
		chip.id[0] = makers[i >> 16];
		chip.id[1] = i >> 8;
		chip.id[2] = i;
		if (!cmspi_family_of(chip.id))
			continue;
		found++;
		cmspi_family_take(cmspi_family_of(chip.id), &chip);
		assert_true(chip.size_bytes >= 64 * KIB);
		for (unsigned int j = 0; j < CMSPI_ERASE_TYPES && chip.erase[j].size_bytes; j++)
			assert_int_equal(chip.size_bytes % chip.erase[j].size_bytes, 0);
	}
	assert_true(found > 100);
}

static void parts_old_sfdp_of_a_shared_id_means_no_4byte_opcodes(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0xef, 0x40, 0x19 };
	struct cmspi_chip chip;

	(void)state;
	for (int minor = -1; minor <= 6; minor++) {
		cmspi_chip_init(&chip);
		memcpy(chip.id, id, sizeof(id));
		chip.size_bytes = 32 * MIB;
		chip.sfdp_minor = minor;
		chip.erase[0] = (struct cmspi_erase_type){ .size_bytes = 4096, .opcode = 0x20 };
		cmspi_family_complete(cmspi_family_of(chip.id), &chip);
		assert_int_equal(cmspi_chip_addressing(&chip), minor >= 0 && minor <= 4 ?
			CMSPI_ADDR_4_MODE : CMSPI_ADDR_4_OPCODES);
		// for the way home, on both
		assert_true(chip.enter_4byte & CMSPI_4BYTE_EXTENDED_REGISTER);
	}
}

static void parts_two_dice_are_waited_for_by_flag_status(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0x20, 0xba, 0x20, 0x10, 0x44, 0 };
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(id));
	cmspi_family_take(cmspi_family_of(id), &chip);
	assert_int_equal(chip.poll.opcode, 0x70);
	assert_int_equal(chip.clear_flags_opcode, 0x50);
}

static void parts_m25pe_has_no_chip_erase(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0x20, 0x80, 0x11, 0, 0, 0 };
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(id));
	cmspi_family_take(cmspi_family_of(id), &chip);
	assert_int_equal(chip.chip_erase_opcode, 0);
}

/** N25Q128A without SFDP: both protocols by a register, with reads of their own; what
 * SFDP tells of MT25Q stays. */
static void parts_n25q_has_protocols_by_a_register(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0x20, 0xba, 0x18, 0x10, 0x44, 0x00 };
	const struct cmspi_family *family = cmspi_family_of(id);
	const struct cmspi_op told = { .opcode = 0xeb, .addr_bytes = 3, .dummy_clocks = 6,
		.cmd_lines = 4, .addr_lines = 4, .data_lines = 4 };
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(id));
	cmspi_family_take(family, &chip);
	assert_true(chip.dpi_by_evcr);
	assert_int_equal(chip.qpi_enable, CMSPI_QPI_EVCR);
	assert_int_equal(chip.reads[1].opcode, 0xbb);
	assert_int_equal(chip.reads[1].cmd_lines, 2);
	assert_int_equal(4 * chip.reads[1].mode_bytes + chip.reads[1].dummy_clocks, 8);
	assert_int_equal(chip.reads[2].opcode, 0xeb);
	assert_int_equal(2 * chip.reads[2].mode_bytes + chip.reads[2].dummy_clocks, 10);
	// none of these is a read in plain SPI
	assert_int_equal(cmspi_chip_find_read(&chip, 2), 0);
	assert_int_equal(cmspi_chip_find_read(&chip, 4), 0);

	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(id));
	chip.reads[1] = told;
	chip.qpi_enable = CMSPI_QPI_35;
	cmspi_family_complete(family, &chip);
	assert_int_equal(chip.qpi_enable, CMSPI_QPI_35);
	assert_int_equal(chip.reads[1].dummy_clocks, told.dummy_clocks);
	assert_int_equal(chip.reads[2].opcode, 0xbb);
	assert_int_equal(chip.reads[3].opcode, 0);
}

/** SFDP before JESD216A tells of 6Bh, and not of quad enable; of 4-4-4 reads, and not how. */
static void parts_of_old_sfdp_have_quad_enable_by_the_id(void **state)
{
	static const struct {
		uint8_t id[CMSPI_ID_BYTES];
		struct cmspi_quad_enable enable;
		uint8_t qpi_enable;
	} rows[] = {
		{ { 0xef, 0x40, 0x19 }, { 0x35, 0x02 }, CMSPI_QPI_QE_38 },
		{ { 0xc2, 0x20, 0x19 }, { 0x05, 0x40 }, CMSPI_QPI_35 },
		{ { 0x9d, 0x70, 0x17 }, { 0x05, 0x40 }, CMSPI_QPI_35 },
		{ { 0xc8, 0x40, 0x16 }, { 0x35, 0x02 }, CMSPI_QPI_QE_38 },
		{ { 0xc8, 0x40, 0x19 }, { 0x05, 0x40 }, CMSPI_QPI_QE_38 },
		{ { 0x20, 0xba, 0x18 }, { 0, 0 }, CMSPI_QPI_EVCR },
		{ { 0x85, 0x60, 0x15 }, { 0x35, 0x02 }, 0 },
	};
	const struct cmspi_op read = { .opcode = 0xeb, .addr_bytes = 3, .dummy_clocks = 2,
		.cmd_lines = 4, .addr_lines = 4, .data_lines = 4 };
	struct cmspi_chip chip;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		for (unsigned int told = 0; told < 2; told++) {
			cmspi_chip_init(&chip);
			memcpy(chip.id, rows[i].id, sizeof(chip.id));
			chip.reads[1] = told ? read : (struct cmspi_op){ 0 };
			cmspi_family_complete(cmspi_family_of(chip.id), &chip);
			assert_int_equal(cmspi_chip_quad_enable(&chip).read_opcode,
				rows[i].enable.read_opcode);
			assert_int_equal(cmspi_chip_quad_enable(&chip).mask, rows[i].enable.mask);
			assert_int_equal(chip.qpi_enable, told || chip.dpi_by_evcr ?
				rows[i].qpi_enable : 0);
		}
		// what SFDP tells goes first
		cmspi_chip_init(&chip);
		memcpy(chip.id, rows[i].id, sizeof(chip.id));
		chip.qer = CMSPI_QER_SR2_BIT7_3E;
		cmspi_family_complete(cmspi_family_of(chip.id), &chip);
		assert_int_equal(cmspi_chip_quad_enable(&chip).read_opcode, 0x3f);
	}
}

static void parts_sst25_programs_words_and_reads_slowly(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0xbf, 0x25, 0x41, 0xbf, 0x25, 0x41 };
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(id));
	cmspi_family_take(cmspi_family_of(id), &chip);
	assert_int_equal(chip.words_opcode, 0xad);
	assert_int_equal(cmspi_chip_read_op(&chip, 0).max_khz, 25000);
	assert_int_equal(cmspi_chip_find_read(&chip, 1), 1);
	assert_int_equal(cmspi_chip_read_op(&chip, 1).max_khz, 50000);
}

/** Sectors of S25FL-S, by what its queries answer. */
static void parts_parameter_sectors_lie_where_the_chip_says(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0x01, 0x20, 0x18, 0x4d, 0x01, 0x80 };
	static const struct {
		int config;
		uint32_t first_bytes;
		unsigned int sectors;
	} rows[] = {
		{ 0, 4096, 16 + 255 },
		{ 1, 65536, 16 + 255 },
		{ 2, 4096, 32 + 254 },
		{ 3, 65536, 32 + 254 },
	};
	struct cmspi_map_query queries[CMSPI_MAP_QUERIES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cmspi_chip chip;
		struct cmspi_map map;

		cmspi_chip_init(&chip);
		memcpy(chip.id, id, sizeof(id));
		cmspi_family_take(cmspi_family_of(id), &chip);
		assert_int_equal(cmspi_family_queries(cmspi_family_of(id), &chip, queries), 2);
		cmspi_family_take_config(rows[i].config, &chip);
		cmspi_map_make(&chip, &map);
		assert_true(cmspi_map_is_whole(&map) && cmspi_map_erasable(&map));
		assert_int_equal(map.num_sectors, rows[i].sectors);
		assert_int_equal(map.rows[0].sector_bytes, rows[i].first_bytes);
		assert_int_equal(cmspi_map_bytes(&map, 0, map.num_sectors), 16 * MIB);
	}
	assert_int_equal(queries[0].op.opcode, 0x9f);
	assert_int_equal(queries[1].op.opcode, 0x35);
}

static void parts_of_several_dice_have_their_borders(void **state)
{
	static const struct {
		uint8_t id[6];
		uint32_t size_bytes;
		uint32_t die_bytes;
		uint8_t select_opcode;
		uint8_t erase_opcode;
	} rows[] = {
		// W25M512JV, W25Q01JV, W25Q02JV, N25Q512A, MT25QL512, N25Q00A, MT25QL02G
		{ { 0xef, 0x71, 0x19 }, 64 * MIB, 32 * MIB, 0xc2, 0 },
		{ { 0xef, 0x40, 0x21 }, 128 * MIB, 64 * MIB, 0xc2, 0 },
		{ { 0xef, 0x70, 0x22 }, 256 * MIB, 64 * MIB, 0xc2, 0 },
		{ { 0x20, 0xba, 0x20, 0x10, 0x00 }, 64 * MIB, 32 * MIB, 0, 0xc4 },
		{ { 0x20, 0xba, 0x20, 0x10, 0x44 }, 64 * MIB, 0, 0, 0 },
		{ { 0x20, 0xbb, 0x21, 0x10, 0x00 }, 128 * MIB, 32 * MIB, 0, 0xc4 },
		{ { 0x20, 0xbb, 0x22, 0x10, 0x44 }, 256 * MIB, 64 * MIB, 0, 0xc4 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cmspi_chip chip;

		cmspi_chip_init(&chip);
		memcpy(chip.id, rows[i].id, sizeof(chip.id));
		cmspi_family_take(cmspi_family_of(chip.id), &chip);
		assert_int_equal(chip.size_bytes, rows[i].size_bytes);
		assert_int_equal(chip.die_bytes, rows[i].die_bytes);
		assert_int_equal(chip.die_select_opcode, rows[i].select_opcode);
		assert_int_equal(chip.die_erase_opcode, rows[i].erase_opcode);
		assert_int_equal(chip.chip_erase_opcode, rows[i].erase_opcode ? 0 : 0xc7);
	}
}

static void parts_w25q01rv_needs_no_die_select(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0xef, 0x40, 0x21 };
	struct cmspi_chip chip;

	(void)state;
	for (int minor = 6; minor <= 10; minor += 4) {
		cmspi_chip_init(&chip);
		memcpy(chip.id, id, sizeof(id));
		chip.size_bytes = 128 * MIB;
		chip.sfdp_minor = minor;
		cmspi_stack_take(&chip);
		assert_int_equal(chip.die_select_opcode, minor == 6 ? 0xc2 : 0);
		assert_int_equal(chip.die_bytes, minor == 6 ? 64 * MIB : 0);
	}
}

static void parts_size_of_one_die_becomes_that_of_all(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0xef, 0x71, 0x19 };
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(id));
	chip.size_bytes = 32 * MIB;
	cmspi_stack_take(&chip);
	assert_int_equal(chip.size_bytes, 64 * MIB);
	assert_int_equal(chip.size_from, CMSPI_FROM_FIXUP);
	assert_true(chip.die_relative);
}

static void parts_without_resume_opcodes_tell_a_suspension_by_a_register(void **state)
{
	static const struct {
		uint8_t id[3];
		uint8_t read_opcode;
		uint8_t resume_opcode;
	} rows[] = {
		{ { 0xef, 0x70, 0x17 }, 0x35, 0x7a }, { { 0xc2, 0x20, 0x17 }, 0x2b, 0x30 },
		{ { 0x20, 0xba, 0x18 }, 0x70, 0x7a }, { { 0x01, 0x02, 0x19 }, 0x07, 0x7a },
		{ { 0xbf, 0x26, 0x41 }, 0x05, 0x30 }, { { 0x9d, 0x60, 0x17 }, 0x48, 0x7a },
	};
	struct cmspi_chip chip;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cmspi_chip_init(&chip);
		memcpy(chip.id, rows[i].id, sizeof(rows[i].id));
		assert_non_null(cmspi_suspend_of(&chip));
		assert_int_equal(cmspi_suspend_of(&chip)->read_opcode, rows[i].read_opcode);
		assert_int_equal(cmspi_suspend_of(&chip)->erase_resume_opcode,
			rows[i].resume_opcode);
		chip.erase_resume_opcode = 0x7a;
		assert_null(cmspi_suspend_of(&chip));
	}
	cmspi_chip_init(&chip);
	assert_null(cmspi_suspend_of(&chip));
}

/* M25P128 is multilevel, S25FL128S has ECC. */
static void parts_that_may_not_be_overwritten_are_not(void **state)
{
	static const struct {
		uint8_t id[CMSPI_ID_BYTES];
		bool may;
	} rows[] = {
		{ { 0x20, 0x20, 0x17 }, true }, { { 0x20, 0x20, 0x18 }, false },
		{ { 0x20, 0x80, 0x14 }, true }, { { 0xef, 0x30, 0x13 }, true },
		{ { 0xef, 0x40, 0x19 }, true }, { { 0xef, 0x40, 0x20 }, false },
		{ { 0x01, 0x20, 0x18, 0x4d, 0x01, 0x80 }, false },
		{ { 0x9d, 0x60, 0x17 }, false }, { { 0xbf, 0x26, 0x43 }, false },
	};
	struct cmspi_chip chip;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cmspi_chip_init(&chip);
		memcpy(chip.id, rows[i].id, sizeof(rows[i].id));
		cmspi_family_take(cmspi_family_of(chip.id), &chip);
		assert_int_equal(chip.may_overwrite, rows[i].may);
	}
}

/* SST26VF032B data sheet DS20005218E, 5.21: the address of 32h has two clocks a byte. */
static void parts_program_on_four_lines_as_their_maker_says(void **state)
{
	static const struct {
		uint8_t id[CMSPI_ID_BYTES];
		uint8_t opcode;
		uint8_t addr_lines;
	} rows[] = {
		{ { 0xef, 0x40, 0x17 }, 0x32, 1 }, { { 0xc2, 0x20, 0x17 }, 0x38, 4 },
		{ { 0xbf, 0x26, 0x41 }, 0x32, 4 }, { { 0xbf, 0x26, 0x42 }, 0x32, 4 },
		{ { 0xbf, 0x26, 0x43 }, 0x32, 4 }, { { 0x9d, 0x60, 0x17 }, 0x32, 1 },
		{ { 0x20, 0xba, 0x18 }, 0x32, 1 }, { { 0xef, 0x30, 0x13 }, 0, 0 },
	};
	struct cmspi_chip chip;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cmspi_chip_init(&chip);
		memcpy(chip.id, rows[i].id, sizeof(rows[i].id));
		cmspi_family_take(cmspi_family_of(chip.id), &chip);
		assert_int_equal(chip.program_quad.opcode, rows[i].opcode);
		assert_int_equal(chip.program_quad.addr_lines, rows[i].addr_lines);
	}
}

static void parts_that_wake_up_slow_are_clocked_slowly(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0xc2, 0x28, 0x17 };
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(id));
	cmspi_family_take(cmspi_family_of(id), &chip);
	assert_int_equal(cmspi_chip_step_program(&chip, 0, NULL, 0).op.max_khz, 50000);
	cmspi_caps_take(&chip);
	assert_int_equal(chip.max_khz, 33000);
	assert_int_equal(cmspi_chip_step_program(&chip, 0, NULL, 0).op.max_khz, 33000);
	assert_int_equal(cmspi_chip_read_op(&chip, 0).max_khz, 33000);
}

static void parts_with_uniform_sectors_are_asked_nothing(void **state)
{
	static const uint8_t ids[][CMSPI_ID_BYTES] = {
		{ 0x01, 0x20, 0x18, 0x4d, 0x00, 0x80 }, { 0xef, 0x40, 0x17 },
	};
	struct cmspi_map_query queries[CMSPI_MAP_QUERIES];

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		struct cmspi_chip chip;

		cmspi_chip_init(&chip);
		memcpy(chip.id, ids[i], sizeof(ids[i]));
		cmspi_family_take(cmspi_family_of(ids[i]), &chip);
		assert_int_equal(cmspi_family_queries(cmspi_family_of(ids[i]), &chip, queries), 0);
		assert_int_equal(chip.num_regions, 0);
	}
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (unsigned int i = 0; i < sizeof(part_cases) / sizeof(*part_cases); i++)
		cases_add(&cases, parts_id_tells_geometry, &part_cases[i],
			"parts_id_of_%s_tells_geometry", part_cases[i].name);
	CASES_ADD(&cases, parts_ids_of_strangers_have_no_row);
	CASES_ADD(&cases, parts_of_all_ids_divide_into_sectors);
	CASES_ADD(&cases, parts_old_sfdp_of_a_shared_id_means_no_4byte_opcodes);
	CASES_ADD(&cases, parts_two_dice_are_waited_for_by_flag_status);
	CASES_ADD(&cases, parts_m25pe_has_no_chip_erase);
	CASES_ADD(&cases, parts_n25q_has_protocols_by_a_register);
	CASES_ADD(&cases, parts_of_old_sfdp_have_quad_enable_by_the_id);
	CASES_ADD(&cases, parts_sst25_programs_words_and_reads_slowly);
	CASES_ADD(&cases, parts_parameter_sectors_lie_where_the_chip_says);
	CASES_ADD(&cases, parts_with_uniform_sectors_are_asked_nothing);
	CASES_ADD(&cases, parts_of_several_dice_have_their_borders);
	CASES_ADD(&cases, parts_w25q01rv_needs_no_die_select);
	CASES_ADD(&cases, parts_size_of_one_die_becomes_that_of_all);
	CASES_ADD(&cases, parts_without_resume_opcodes_tell_a_suspension_by_a_register);
	CASES_ADD(&cases, parts_that_may_not_be_overwritten_are_not);
	CASES_ADD(&cases, parts_program_on_four_lines_as_their_maker_says);
	CASES_ADD(&cases, parts_that_wake_up_slow_are_clocked_slowly);
	return cases_run(&cases, "parts", argc, argv);
}
