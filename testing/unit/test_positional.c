// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_positional.c: numbers of bank lines as the prior driver's users have them,
 * and what must come out. Registers: RM0090 8.4 (MODER +00, IDR +10, ODR +14),
 * RM0008 9.2 (CRL +00, IDR +08, ODR +0C), SAM3X data sheet 31.7 (OER +10, ODR +14,
 * ODSR +38, PDSR +3C).
 */

#include "cases.h"
#include "cmspi_positional.h"

#define F4_B	0x40020400
#define F4_D	0x40020c00
#define F4_E	0x40021000
#define F1_A	0x40010800
#define F1_C	0x40011000
#define SAM_A	0x400e0e00

static const uint32_t f4_four[] = {
	0x3fc, F4_B + 0x14, 0, F4_B + 0x14, 3,
	F4_B + 0x14, 4, 0x3ec, 0x3ec, 1 << 8,
	F4_B + 0x14, 5, 0x3ec, 0x3ec, 1 << 10,
};

static const uint32_t f7_six[] = {
	0x3fc, F4_B + 0x14, 6, F4_B + 0x14, 2,
	F4_D + 0x14, 13, 0x3ec, 0x3ec, 1 << 26,
	F4_E + 0x14, 2, 0x3ec, 0x3ec, 1 << 4,
	F4_D + 0x14, 12, 0x3ec, 0x3ec, 1 << 24,
	F4_D + 0x14, 11, 0x3ec, 0x3ec, 1 << 22,
};

static const uint32_t f1_four[] = {
	0x3fc, F1_C + 0xc, 0, F1_A + 0xc, 0,
	F1_A + 0xc, 1, 0x3f4, 0x3f4, 0xb0,
	F1_C + 0xc, 1, 0x3f4, 0x3f4, 0xb0,
};

static const uint32_t sam_four[] = {
	0x004, SAM_A + 0x38, 28, SAM_A + 0x38, 27,
	SAM_A + 0x38, 25, 0x3dc, 0x3d8, 1 << 25,
	SAM_A + 0x38, 26, 0x3dc, 0x3d8, 1 << 26,
};

#define NUMBERS(row)	row, sizeof(row) / sizeof(*row)

static void convert(const uint32_t *numbers, unsigned int count, struct cmspi_wires *wires)
{
	char why[160];

	memset(wires, 0, sizeof(*wires));
	cmspi_positional_wires(numbers, count, wires, why, sizeof(why));
	assert_string_equal(why, "");
	cmspi_pins_check(wires, why, sizeof(why));
	assert_string_equal(why, "");
}

static void assert_pin(const struct cmspi_wires *wires, enum cmspi_line line, uint32_t out,
	uint32_t in, unsigned int bit)
{
	const struct cmspi_pin *pin = &wires->pins[line];

	assert_int_equal(wires->ports[pin->port].kind, CMSPI_PORT_PLAIN);
	assert_int_equal(wires->ports[pin->port].out, out);
	assert_int_equal(wires->ports[pin->port].in, in);
	assert_int_equal(pin->bit, bit);
}

static void assert_setup(const struct cmspi_wires *wires, unsigned int i, uint32_t addr,
	uint32_t mask, uint32_t value, uint32_t force)
{
	assert_in_range(wires->num_setups, i + 1, CMSPI_SETUPS);
	assert_int_equal(wires->setups[i].addr, addr);
	assert_int_equal(wires->setups[i].mask, mask);
	assert_int_equal(wires->setups[i].value, value);
	assert_int_equal(wires->setups[i].force, force);
}

static void positional_four_pins_on_one_port(void **state)
{
	struct cmspi_wires wires;

	(void)state;
	convert(NUMBERS(f4_four), &wires);
	assert_int_equal(wires.num_ports, 1);
	assert_pin(&wires, CMSPI_CS, F4_B + 0x14, F4_B + 0x10, 0);
	assert_pin(&wires, CMSPI_CLK, F4_B + 0x14, F4_B + 0x10, 3);
	assert_pin(&wires, CMSPI_IO1, F4_B + 0x14, F4_B + 0x10, 4);
	assert_pin(&wires, CMSPI_IO0, F4_B + 0x14, F4_B + 0x10, 5);
	assert_false(cmspi_wired(&wires, CMSPI_IO2));
	// latches of CS, CLK, MOSI; then MOSI an output, MISO an input
	assert_int_equal(wires.num_setups, 3);
	assert_setup(&wires, 0, F4_B + 0x14, 0x29, 0x01, 0);
	assert_setup(&wires, 1, F4_B, 1 << 10, 1 << 10, 0);
	assert_setup(&wires, 2, F4_B, 1 << 8, 0, 0);
	assert_string_equal(wires.pins[CMSPI_CLK].name, "40020414:3");
}

static void positional_six_pins_hold_io2_and_io3_high(void **state)
{
	struct cmspi_wires wires;

	(void)state;
	convert(NUMBERS(f7_six), &wires);
	assert_int_equal(wires.num_ports, 3);
	assert_pin(&wires, CMSPI_IO0, F4_D + 0x14, F4_D + 0x10, 11);
	assert_pin(&wires, CMSPI_IO1, F4_D + 0x14, F4_D + 0x10, 12);
	assert_pin(&wires, CMSPI_IO2, F4_E + 0x14, F4_E + 0x10, 2);
	assert_pin(&wires, CMSPI_IO3, F4_D + 0x14, F4_D + 0x10, 13);
	assert_int_equal(wires.num_setups, 7);
	assert_setup(&wires, 0, F4_B + 0x14, 0x44, 0x40, 0);
	assert_setup(&wires, 1, F4_D + 0x14, 0x2800, 0x2000, 0);
	assert_setup(&wires, 2, F4_E + 0x14, 0x04, 0x04, 0);
	assert_setup(&wires, 5, F4_E, 1 << 4, 1 << 4, 0);
	assert_setup(&wires, 6, F4_D, 1 << 26, 1 << 26, 0);
}

static void positional_field_as_found_is_an_input(void **state)
{
	uint32_t found[CMSPI_LINES] = { 0 };
	struct cmspi_wires wires;

	(void)state;
	convert(NUMBERS(f1_four), &wires);
	assert_true(cmspi_positional_must_look(&wires.pins[CMSPI_IO0]));
	// a neighbour's field must not matter
	found[CMSPI_IO0] = 0x33333383;
	found[CMSPI_IO1] = 0x44444484;
	cmspi_positional_set_up(&wires, found);
	assert_int_equal(wires.num_setups, 4);
	assert_setup(&wires, 2, F1_C, 0xb0, 0x30, 0);
	assert_setup(&wires, 3, F1_A, 0xb0, 0x80, 0);
	assert_int_equal(wires.pins[CMSPI_IO0].turn.addr, F1_C);
	assert_int_equal(wires.pins[CMSPI_IO0].turn.in, 0x80);
	assert_int_equal(wires.pins[CMSPI_IO0].turn.out, 0x30);
}

static void positional_single_bit_is_an_output_when_set(void **state)
{
	uint32_t found[CMSPI_LINES];
	struct cmspi_wires wires;

	(void)state;
	convert(NUMBERS(f4_four), &wires);
	for (unsigned int i = 0; i < CMSPI_LINES; i++)
		found[i] = UINT32_MAX;
	assert_false(cmspi_positional_must_look(&wires.pins[CMSPI_IO0]));
	cmspi_positional_set_up(&wires, found);
	assert_setup(&wires, 1, F4_B, 1 << 10, 1 << 10, 0);
	assert_int_equal(wires.pins[CMSPI_IO0].turn.in, 0);
}

static void positional_two_registers_are_written_whole(void **state)
{
	struct cmspi_wires wires;

	(void)state;
	convert(NUMBERS(sam_four), &wires);
	assert_pin(&wires, CMSPI_IO1, SAM_A + 0x38, SAM_A + 0x3c, 25);
	assert_int_equal(wires.num_setups, 4);
	// undone last to first: MOSI is an input in the end
	assert_setup(&wires, 1, SAM_A + 0x14, UINT32_MAX, 1 << 26, UINT32_MAX);
	assert_setup(&wires, 2, SAM_A + 0x10, UINT32_MAX, 1 << 26, UINT32_MAX);
	assert_setup(&wires, 3, SAM_A + 0x14, UINT32_MAX, 1 << 25, UINT32_MAX);
	assert_int_equal(wires.pins[CMSPI_IO0].turn.mask, 0);
	assert_int_equal(wires.pins[CMSPI_IO0].direction.out_addr, SAM_A + 0x10);
}

static void positional_mask_0_leaves_the_direction_alone(void **state)
{
	uint32_t numbers[sizeof(f4_four) / sizeof(*f4_four)];
	struct cmspi_wires wires;

	(void)state;
	memcpy(numbers, f4_four, sizeof(numbers));
	numbers[9] = 0;
	numbers[14] = 0;
	convert(NUMBERS(numbers), &wires);
	assert_int_equal(wires.num_setups, 1);
}

static void positional_offsets_have_a_sign(void **state)
{
	static const struct {
		uint32_t offset;
		uint32_t in;
	} rows[] = { { 0x000, 0 }, { 0x004, 4 }, { 0x1fc, 508 }, { 0x200, -512 }, { 0x3fc, -4 } };
	uint32_t numbers[sizeof(f4_four) / sizeof(*f4_four)];
	struct cmspi_wires wires;

	(void)state;
	memcpy(numbers, f4_four, sizeof(numbers));
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		numbers[0] = rows[i].offset;
		convert(NUMBERS(numbers), &wires);
		assert_int_equal(wires.ports[0].in, F4_B + 0x14 + rows[i].in);
	}
}

/** Which number of f4_four becomes what, and the sentence about it. */
static const struct refusal {
	const char *name;
	unsigned int at;
	uint32_t value;
	const char *why;
} refusals[] = {
	{ "input_offset", 0, 0x3fe,
		"0x3fe is not the offset of an input register, 0 to 0x3fc in words" },
	{ "cs_address", 1, 0,
		"cs: 0x00000000 is not the address of an output register, which is a word" },
	{ "clk_address", 3, F4_B + 0x15,
		"clk: 0x40020415 is not the address of an output register, which is a word" },
	{ "cs_bit", 2, 32, "cs: bit 32 is not 0 to 31" },
	{ "miso_bit", 6, 99, "miso: bit 99 is not 0 to 31" },
	{ "miso_direction", 7, 0,
		"miso: 0x0 is not the offset of a direction register, 0x004 to 0x3fc in words" },
	{ "mosi_direction", 13, 0x400,
		"mosi: 0x400 is not the offset of a direction register, 0x004 to 0x3fc in words" },
};

static void positional_bad_number_is_refused(void **state)
{
	const struct refusal *row = *state;
	uint32_t numbers[sizeof(f4_four) / sizeof(*f4_four)];
	struct cmspi_wires wires = { 0 };
	char why[160];

	memcpy(numbers, f4_four, sizeof(numbers));
	numbers[row->at] = row->value;
	cmspi_positional_wires(NUMBERS(numbers), &wires, why, sizeof(why));
	assert_string_equal(why, row->why);
}

static void positional_any_other_count_is_refused(void **state)
{
	const uint32_t numbers[CMSPI_POSITIONAL_NUMBERS + 1] = { 0 };
	char why[160];

	(void)state;
	for (unsigned int count = 0; count <= CMSPI_POSITIONAL_NUMBERS + 1; count++) {
		struct cmspi_wires wires = { 0 };

		cmspi_positional_wires(numbers, count, &wires, why, sizeof(why));
		assert_string_not_equal(why, "");
		if (count == 11)
			assert_non_null(strstr(why, "I2C bank, which comes with a later release"));
		else if (count != 10 && count != 15 && count != 25)
			assert_non_null(strstr(why, "are no form of a bank"));
	}
}

/** As the prior tool printed three pins, and with MISO at the same place. */
static void positional_single_data_pin_turns_round(void **state)
{
	uint32_t numbers[sizeof(f4_four) / sizeof(*f4_four)];
	struct cmspi_wires wires[2];

	(void)state;
	memcpy(numbers, f4_four, sizeof(numbers));
	convert(numbers, 10, &wires[0]);
	memcpy(numbers + 10, f4_four + 5, sizeof(*numbers) * 5);
	numbers[9] = 0;
	convert(numbers, 15, &wires[1]);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(cmspi_pins_share_data(&wires[i]));
		assert_pin(&wires[i], CMSPI_IO0, F4_B + 0x14, F4_B + 0x10, 4);
		assert_int_equal(wires[i].num_setups, 2);
		assert_setup(&wires[i], 1, F4_B, 1 << 8, 1 << 8, 0);
		assert_int_equal(wires[i].pins[CMSPI_IO0].turn.out, 1 << 8);
	}
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, positional_four_pins_on_one_port);
	CASES_ADD(&cases, positional_six_pins_hold_io2_and_io3_high);
	CASES_ADD(&cases, positional_field_as_found_is_an_input);
	CASES_ADD(&cases, positional_single_bit_is_an_output_when_set);
	CASES_ADD(&cases, positional_two_registers_are_written_whole);
	CASES_ADD(&cases, positional_mask_0_leaves_the_direction_alone);
	CASES_ADD(&cases, positional_offsets_have_a_sign);
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		cases_add(&cases, positional_bad_number_is_refused, &refusals[i],
			"positional_bad_%s_is_refused", refusals[i].name);
	CASES_ADD(&cases, positional_any_other_count_is_refused);
	CASES_ADD(&cases, positional_single_data_pin_turns_round);
	return cases_run(&cases, "positional", argc, argv);
}
