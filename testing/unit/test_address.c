// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_address.c: four-byte mode and the register of the fourth byte.
 */

#include "expanded.h"
#include "cmspi_crc.h"

#define MIB		(1u << 20)

static void set_up(struct expanded *e, uint8_t enter_4byte)
{
	expanded_init(e);
	e->chip.size_bytes = 64 * MIB;
	e->chip.enter_4byte = enter_4byte;
	e->chip.exit_4byte = enter_4byte;
}

static void address_mode_goes_around_the_batch(void **state)
{
	static const uint8_t opcodes[] = { 0xb7, 0x9f, 0x03, 0xe9, 0xc5, 0x04 };
	struct expanded e;
	uint8_t data[16];

	(void)state;
	set_up(&e, CMSPI_4BYTE_B7 | CMSPI_4BYTE_EXTENDED_REGISTER);
	struct cmspi_step steps[] = {
		cmspi_chip_step_read_id(data, 3),
		cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 0x1234567, sizeof(data)),
	};

	assert_true(cmspi_address_needed(&e.chip, steps, 2));
	assert_true(cmspi_address_expand(&e.chip, steps, 2, &e.list));
	assert_true(e.list.count <= cmspi_address_max_steps(&e.chip, steps, 2));
	expect_opcodes(&e, opcodes, sizeof(opcodes));
	assert_int_equal(e.origins[2], 1);
	assert_int_equal(e.steps[2].op.addr_bytes, 4);
	// a way home that was set by E9h (W25Q256FV) is cleared after it
	assert_int_equal(e.steps[4].tx[0], 0);
}

static void address_id_and_sfdp_need_nothing(void **state)
{
	struct expanded e;
	uint8_t data[16];

	(void)state;
	set_up(&e, CMSPI_4BYTE_B7);
	const struct cmspi_step steps[] = {
		cmspi_chip_step_read_id(data, 3), cmspi_chip_step_read_sfdp(0, data, 16),
	};

	assert_false(cmspi_address_needed(&e.chip, steps, 2));
	e.chip.size_bytes = 16 * MIB;
	const struct cmspi_step read = cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 0, 16);
	assert_false(cmspi_address_needed(&e.chip, &read, 1));
}

static void address_register_splits_a_read_at_16_mib(void **state)
{
	static const uint8_t opcodes[] = { 0x03, 0x17, 0x03, 0x17, 0x04 };
	struct expanded e;
	uint8_t data[64];

	(void)state;
	set_up(&e, CMSPI_4BYTE_BANK_REGISTER);
	struct cmspi_step step = cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 16 * MIB - 24, 64);

	step.rx = data;
	assert_true(cmspi_address_expand(&e.chip, &step, 1, &e.list));
	assert_true(e.list.count <= cmspi_address_max_steps(&e.chip, &step, 1));
	expect_opcodes(&e, opcodes, sizeof(opcodes));
	assert_int_equal(e.steps[0].count, 24);
	assert_int_equal(e.steps[1].tx[0], 1);
	assert_int_equal(e.steps[2].addr, 16 * MIB);
	assert_int_equal(e.steps[2].count, 40);
	assert_ptr_equal(e.steps[2].rx, data + 24);
	assert_int_equal(e.steps[3].tx[0], 0);
}

static void address_register_follows_erases(void **state)
{
	static const uint8_t opcodes[] = { 0xd8, 0xc5, 0xd8, 0xd8, 0xc5, 0xd8, 0xc5, 0x04 };
	struct expanded e;
	struct cmspi_step steps[4];
	static const uint32_t addresses[] = { 0, 16 * MIB, 17 * MIB, 48 * MIB };

	(void)state;
	set_up(&e, CMSPI_4BYTE_EXTENDED_REGISTER);
	e.chip.erase[0] = (struct cmspi_erase_type){ .size_bytes = 65536, .opcode = 0xd8 };
	for (unsigned int i = 0; i < 4; i++)
		steps[i] = cmspi_chip_step_erase(&e.chip, &e.chip.erase[0], addresses[i]);
	assert_true(cmspi_address_expand(&e.chip, steps, 4, &e.list));
	assert_true(e.list.count <= cmspi_address_max_steps(&e.chip, steps, 4));
	expect_opcodes(&e, opcodes, sizeof(opcodes));
	assert_int_equal(e.steps[1].tx[0], 1);
	assert_int_equal(e.steps[4].tx[0], 3);
	assert_int_equal(e.steps[2].op.addr_bytes, 3);
}

static void address_register_cannot_split_a_running_checksum(void **state)
{
	struct expanded e;
	uint32_t results[8];

	(void)state;
	set_up(&e, CMSPI_4BYTE_EXTENDED_REGISTER);
	struct cmspi_step step = cmspi_chip_step_read(&e.chip, CMSPI_STEP_CRC, 16 * MIB - 4096, 8192);

	step.grain_bytes = 4096;
	step.results = results;
	assert_true(cmspi_address_expand(&e.chip, &step, 1, &e.list));
	assert_ptr_equal(e.steps[2].results, results + 1);
	step.grain_bytes = 8192;
	assert_false(cmspi_address_expand(&e.chip, &step, 1, &e.list));
	step.grain_bytes = 4096;
	step.flags = CMSPI_STEP_RUNNING;
	assert_false(cmspi_address_expand(&e.chip, &step, 1, &e.list));
}

/** Four dice of 16 MiB, opcodes of four address bytes. */
static void set_up_dice(struct expanded *e, bool relative)
{
	set_up(e, 0);
	e->chip.die_bytes = 16 * MIB;
	e->chip.die_select_opcode = 0xc2;
	e->chip.die_relative = relative;
	e->chip.addr_4_ok = true;
	e->chip.erase[0] = (struct cmspi_erase_type){ .size_bytes = 65536, .opcode = 0xd8 };
	cmspi_chip_take_4byte_opcodes(&e->chip);
}

static void address_dice_are_selected_before_their_steps(void **state)
{
	static const uint8_t opcodes[] = { 0xdc, 0xc2, 0xdc, 0x13, 0xc2, 0x13, 0xc2 };
	const bool relative = *state;
	struct expanded e;
	uint8_t data[64];

	set_up_dice(&e, relative);
	struct cmspi_step steps[] = {
		cmspi_chip_step_erase(&e.chip, &e.chip.erase[0], 65536),
		cmspi_chip_step_erase(&e.chip, &e.chip.erase[0], 16 * MIB + 65536),
		cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 32 * MIB - 24, 64),
	};

	steps[2].rx = data;
	assert_true(cmspi_address_needed(&e.chip, steps, 3));
	assert_true(cmspi_address_expand(&e.chip, steps, 3, &e.list));
	assert_true(e.list.count <= cmspi_address_max_steps(&e.chip, steps, 3));
	expect_opcodes(&e, opcodes, sizeof(opcodes));
	assert_int_equal(e.steps[1].tx[0], 1);
	assert_int_equal(e.steps[2].addr, relative ? 65536 : 16 * MIB + 65536);
	assert_int_equal(e.steps[4].tx[0], 2);
	assert_int_equal(e.steps[5].addr, relative ? 0 : 32 * MIB);
	assert_ptr_equal(e.steps[5].rx, data + 24);
	assert_int_equal(e.steps[6].tx[0], 0);
	assert_int_equal(cmspi_address_base(&e.chip, &e.list, 0), 0);
	assert_int_equal(cmspi_address_base(&e.chip, &e.list, 3), relative ? 16 * MIB : 0);
	assert_int_equal(cmspi_address_base(&e.chip, &e.list, 5), relative ? 32 * MIB : 0);
}

static void address_dice_found_by_address_only_split_reads(void **state)
{
	static const uint8_t opcodes[] = { 0x13, 0x13 };
	struct expanded e;
	uint8_t data[64];

	(void)state;
	set_up_dice(&e, false);
	e.chip.die_select_opcode = 0;
	struct cmspi_step step = cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 32 * MIB - 24, 64);

	step.rx = data;
	assert_true(cmspi_address_expand(&e.chip, &step, 1, &e.list));
	expect_opcodes(&e, opcodes, sizeof(opcodes));
}

// ---- results across borders -------------------------------------------------

struct cut_case {
	const char *name;
	struct cmspi_span span;
	unsigned int num;
	struct cmspi_cut cuts[6];
};

static const struct cut_case cut_cases[] = {
	{ "inside_is_one", { 0, 100, 10 }, 1, { { { 0, 100, 10 }, false } } },
	{ "at_a_grain_is_two", { 16 * MIB - 20, 40, 10 }, 2,
		{ { { 16 * MIB - 20, 20, 10 }, false }, { { 16 * MIB, 20, 10 }, false } } },
	{ "in_a_grain_joins_its_rest", { 16 * MIB - 15, 40, 10 }, 3,
		{ { { 16 * MIB - 15, 15, 10 }, false }, { { 16 * MIB, 5, 5 }, true },
			{ { 16 * MIB + 5, 20, 10 }, false } } },
	{ "in_the_last_grain_ends_there", { 16 * MIB - 15, 18, 10 }, 2,
		{ { { 16 * MIB - 15, 15, 10 }, false }, { { 16 * MIB, 3, 3 }, true } } },
};

static void address_cut(void **state)
{
	const struct cut_case *test = *state;
	struct cmspi_cut cuts[8];
	struct expanded e;

	set_up_dice(&e, true);
	assert_true(test->num <= cmspi_address_max_cuts(&e.chip, &test->span));
	assert_int_equal(cmspi_address_cut(&e.chip, &test->span, cuts), test->num);
	for (unsigned int i = 0; i < test->num; i++) {
		assert_int_equal(cuts[i].span.addr, test->cuts[i].span.addr);
		assert_int_equal(cuts[i].span.count, test->cuts[i].span.count);
		assert_int_equal(cuts[i].span.grain_bytes, test->cuts[i].span.grain_bytes);
		assert_int_equal(cuts[i].joins, test->cuts[i].joins);
	}
}

static uint32_t crc_of(const uint8_t *data, uint32_t count)
{
	uint32_t crc = CMSPI_CRC_OF_NOTHING;

	for (uint32_t i = 0; i < count; i++) {
		crc ^= (uint32_t)data[i] << 24;
		for (unsigned int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
	}
	return crc;
}

static void crc_of_two_pieces_is_joined(void **state)
{
	uint8_t data[700];

	(void)state;
	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = i * i >> 3 ^ i;
	const uint32_t whole = crc_of(data, sizeof(data));

	// CRC-32/MPEG-2 in the catalogue of parametrised CRC algorithms
	assert_int_equal(crc_of((const uint8_t *)"123456789", 9), 0x0376e6e7);
	for (unsigned int at = 0; at <= sizeof(data); at++)
		assert_int_equal(cmspi_crc_join(crc_of(data, at),
			crc_of(data + at, sizeof(data) - at), sizeof(data) - at), whole);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, address_mode_goes_around_the_batch);
	CASES_ADD(&cases, address_id_and_sfdp_need_nothing);
	CASES_ADD(&cases, address_register_splits_a_read_at_16_mib);
	CASES_ADD(&cases, address_register_follows_erases);
	CASES_ADD(&cases, address_register_cannot_split_a_running_checksum);
	cases_add(&cases, address_dice_are_selected_before_their_steps, NULL,
		"address_dice_of_one_address_space_are_selected_before_their_steps");
	cases_add(&cases, address_dice_are_selected_before_their_steps, "relative",
		"address_dice_of_their_own_addresses_are_selected_before_their_steps");
	CASES_ADD(&cases, address_dice_found_by_address_only_split_reads);
	for (size_t i = 0; i < sizeof(cut_cases) / sizeof(*cut_cases); i++)
		cases_add(&cases, address_cut, &cut_cases[i], "address_cut_%s", cut_cases[i].name);
	CASES_ADD(&cases, crc_of_two_pieces_is_joined);
	return cases_run(&cases, "address", argc, argv);
}
