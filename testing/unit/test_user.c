// SPDX-License-Identifier: GPL-2.0-or-later

/* cmspi_user.c: what 'cmspi set' makes of the user's words, and what it refuses. */

#include "cases.h"
#include "cmspi_user.h"

static const struct cmspi_user_facts w25q64 = {
	.name = "W25Q64", .size_bytes = 0x800000, .page_bytes = 256, .read_opcode = 0x03,
	.program_opcode = 0x02, .chip_erase_opcode = 0xc7, .sector_bytes = 0x1000,
	.sector_erase_opcode = 0x20,
};

static const struct cmspi_user_facts mx66 = {
	.name = "MX66", .size_bytes = 0x4000000, .page_bytes = 256, .read_opcode = 0x13,
	.fast_read_opcode = 0x3c, .program_opcode = 0x12, .chip_erase_opcode = 0xc7,
	.sector_bytes = 0x10000, .sector_erase_opcode = 0xdc,
};

static void user_plain_chip_is_as_told(void **state)
{
	struct cmspi_chip chip;
	char why[160];

	(void)state;
	cmspi_user_chip(&w25q64, false, &chip, why, sizeof(why));
	assert_string_equal(why, "");
	assert_string_equal(chip.name, "W25Q64");
	assert_int_equal(chip.size_bytes, 0x800000);
	assert_int_equal(chip.size_from, CMSPI_FROM_USER);
	assert_int_equal(chip.page_bytes, 256);
	assert_int_equal(chip.chip_erase_opcode, 0xc7);
	const struct cmspi_step erase = cmspi_chip_step_erase(&chip, &chip.erase[0], 0x3000);

	assert_int_equal(erase.op.opcode, 0x20);
	assert_int_equal(erase.op.addr_bytes, 3);
	assert_int_equal(chip.reads[1].opcode, 0);
}

static void user_large_chip_takes_four_address_bytes(void **state)
{
	struct cmspi_chip chip;
	char why[160];

	(void)state;
	cmspi_user_chip(&mx66, false, &chip, why, sizeof(why));
	assert_string_equal(why, "");
	assert_int_equal(cmspi_chip_addressing(&chip), CMSPI_ADDR_4_OPCODES);
	assert_int_equal(cmspi_chip_read_op(&chip, 0).opcode, 0x13);
	assert_int_equal(cmspi_chip_read_op(&chip, 1).opcode, 0x3c);
	assert_int_equal(cmspi_chip_read_op(&chip, 1).data_lines, 2);
	assert_int_equal(cmspi_chip_step_program(&chip, 0, NULL, 1).op.opcode, 0x12);
	const struct cmspi_step erase = cmspi_chip_step_erase(&chip, &chip.erase[0], 0);

	assert_int_equal(erase.op.opcode, 0xdc);
}

/** Size not a power of two, page 0, chip erase only. */
static void user_odd_chip_is_taken(void **state)
{
	struct cmspi_user_facts facts = w25q64;
	struct cmspi_chip chip;
	char why[160];

	(void)state;
	facts.size_bytes = 3 * 0x10000;
	facts.page_bytes = 0;
	facts.sector_bytes = 0;
	facts.sector_erase_opcode = 0;
	cmspi_user_chip(&facts, false, &chip, why, sizeof(why));
	assert_string_equal(why, "");
	assert_int_equal(chip.page_bytes, 256);
	assert_int_equal(chip.erase[0].size_bytes, 0);
}

static void user_quad_read_is_taken_with_io2_and_io3(void **state)
{
	struct cmspi_user_facts facts = w25q64;
	struct cmspi_chip chip;
	char why[160];

	(void)state;
	facts.fast_read_opcode = 0xeb;
	cmspi_user_chip(&facts, true, &chip, why, sizeof(why));
	assert_string_equal(why, "");
	assert_int_equal(chip.reads[1].addr_lines, 4);
	assert_int_equal(chip.reads[1].mode_bytes, 1);
	assert_int_equal(chip.reads[1].dummy_clocks, 4);
}

static void user_quad_program_is_taken_beside_a_plain_one(void **state)
{
	static const struct {
		struct cmspi_user_facts facts;
		uint8_t plain;
		uint8_t quad;
	} rows[] = {
		{ { "x", 0x800000, 256, 3, 0x6b, 0x32, 0xc7, 0x1000, 0x20 }, 0x02, 0x32 },
		{ { "x", 0x2000000, 256, 0x13, 0x6c, 0x34, 0xc7, 0x1000, 0x21 }, 0x12, 0x34 },
	};
	struct cmspi_chip chip;
	char why[160];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cmspi_user_chip(&rows[i].facts, true, &chip, why, sizeof(why));
		assert_string_equal(why, "");
		assert_true(cmspi_chip_has_program_quad(&chip));
		assert_int_equal(cmspi_chip_step_program(&chip, 0, NULL, 1).op.opcode, rows[i].plain);
		chip.program_wide = true;
		const struct cmspi_op op = cmspi_chip_step_program(&chip, 0, NULL, 1).op;

		assert_int_equal(op.opcode, rows[i].quad);
		assert_int_equal(op.addr_lines, 1);
		assert_int_equal(op.data_lines, 4);
	}
}

static const struct refusal {
	const char *name;
	struct cmspi_user_facts facts;
	const char *why;
} refusals[] = {
	{ "size_0", { "x", 0, 256, 3, 0, 2, 0xc7, 0x1000, 0x20 },
		"a chip of 0 bytes makes no sense" },
	{ "page_1025", { "x", 0x100000, 1025, 3, 0, 2, 0xc7, 0x1000, 0x20 },
		"a page of 1025 bytes is not 1 to 1024 and at most the size, 1048576" },
	{ "sector_not_dividing", { "x", 0x100000, 256, 3, 0, 2, 0xc7, 0x3000, 0x20 },
		"sectors of 12288 bytes are not at least a page, 256, and do not divide the size, "
		"1048576" },
	{ "sector_below_page", { "x", 0x100000, 256, 3, 0, 2, 0xc7, 128, 0x20 },
		"sectors of 128 bytes are not at least a page, 256, and do not divide the size, "
		"1048576" },
	{ "no_sector_opcode", { "x", 0x100000, 256, 3, 0, 2, 0xc7, 0x1000, 0 },
		"sector size and sector erase opcode go together, not 4096 and 00h" },
	{ "eeprom", { "M95640", 0x2000, 32, 3, 0, 2, 0, 0, 0 },
		"a chip without any erase opcode is an EEPROM or FRAM, which comes with a later "
		"release" },
	{ "i2c_form", { "24C512", 0x10000, 128, 0xa0, 0, 10, 0xc7, 0, 0 },
		"read opcode A0h is neither 03h nor 13h (the form of I2C chips comes with a later "
		"release)" },
	{ "program_quad_alone", { "x", 0x100000, 256, 3, 0, 0x32, 0xc7, 0x1000, 0x20 },
		"program opcode 32h needs a fast read that tries the four lines: say 6Bh and 32h, or "
		"program by 02h" },
	{ "program_quad_beside_ebh", { "x", 0x2000000, 256, 0x13, 0xec, 0x34, 0xc7, 0x1000, 0x21 },
		"program opcode 34h needs a fast read that tries the four lines: say 6Ch and 34h, or "
		"program by 12h" },
	{ "program_quad_unwired", { "x", 0x100000, 256, 3, 0x6b, 0x32, 0xc7, 0x1000, 0x20 },
		"fast read 6Bh needs io2 and io3, which are not wired" },
	{ "program", { "x", 0x100000, 256, 3, 0, 0xad, 0xc7, 0x1000, 0x20 },
		"program opcode ADh is none of 02h, 12h, 32h, 34h" },
	{ "mixed_addresses", { "x", 0x4000000, 256, 0x13, 0, 2, 0xc7, 0x1000, 0x20 },
		"read 13h and program 02h take different numbers of address bytes: say 03h and 02h, "
		"or 13h and 12h" },
	{ "four_bytes_on_small", { "x", 0x1000000, 256, 0x13, 0, 0x12, 0xc7, 0x1000, 0x21 },
		"13h and 12h take four address bytes, 16777216 bytes need three: say 03h and 02h" },
	{ "fast_read", { "x", 0x100000, 256, 3, 0x5a, 2, 0xc7, 0x1000, 0x20 },
		"5Ah is none of the fast reads 0Bh, 3Bh, 6Bh, BBh, EBh, or 0Ch, 3Ch, 6Ch, BCh, ECh "
		"with four address bytes" },
	{ "fast_read_addresses", { "x", 0x100000, 256, 3, 0x0c, 2, 0xc7, 0x1000, 0x20 },
		"fast read 0Ch takes 4 address bytes, read 03h takes 3" },
	{ "quad_read_unwired", { "x", 0x100000, 256, 3, 0x6b, 2, 0xc7, 0x1000, 0x20 },
		"fast read 6Bh needs io2 and io3, which are not wired" },
};

static void user_word_is_refused(void **state)
{
	const struct refusal *row = *state;
	struct cmspi_chip chip;
	char why[160];

	cmspi_user_chip(&row->facts, false, &chip, why, sizeof(why));
	assert_string_equal(why, row->why);
}

static void user_line_is_made_of_the_id(void **state)
{
	static const struct {
		uint8_t id[3];
		const char *line;
	} rows[] = {
		{ { 0xc8, 0x77, 0x12 }, "{ID 0xc87712} 0x40000 256 0x03 0x0b 0x02 0xc7 0x1000 0x20" },
		{ { 0x2c, 0x77, 0x19 }, "{ID 0x2c7719} 0x2000000 256 0x13 0x0c 0x12 0xc7 0x1000 0x21" },
		{ { 0xef, 0x77, 0x22 }, "{ID 0xef7722} 0x10000000 256 0x13 0x0c 0x12 0xc7 0x1000 0x21" },
		{ { 0x1f, 0x77, 0x01 }, "{ID 0x1f7701} SIZE 256 0x03 0x0b 0x02 0xc7 0x1000 0x20" },
	};
	char line[CMSPI_USER_LINE_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cmspi_user_line(rows[i].id, line, sizeof(line));
		assert_string_equal(line, rows[i].line);
	}
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, user_plain_chip_is_as_told);
	CASES_ADD(&cases, user_large_chip_takes_four_address_bytes);
	CASES_ADD(&cases, user_odd_chip_is_taken);
	CASES_ADD(&cases, user_quad_read_is_taken_with_io2_and_io3);
	CASES_ADD(&cases, user_quad_program_is_taken_beside_a_plain_one);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		cases_add(&cases, user_word_is_refused, &refusals[i], "user_%s_is_refused",
			refusals[i].name);
	CASES_ADD(&cases, user_line_is_made_of_the_id);
	return cases_run(&cases, "user", argc, argv);
}
