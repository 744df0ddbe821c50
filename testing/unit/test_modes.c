// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_modes.c: quad enable and protocols around a batch.
 */

#include "expanded.h"

static void set_up(struct expanded *e, enum cmspi_qer qer)
{
	expanded_init(e);
	e->chip.size_bytes = 1u << 20;
	e->chip.qer = qer;
	e->chip.volatile_status = true;
	e->chip.reads[1] = (struct cmspi_op){ .opcode = 0x6b, .addr_bytes = 3, .dummy_clocks = 8,
		.cmd_lines = 1, .addr_lines = 1, .data_lines = 4 };
	e->modes.lines = 1;
	e->modes.dummy_clocks = -1;
}

/* What is written for each way that SFDP knows: the other bits as found, WIP and WEL
 * not written. */
static void modes_quad_enable_keeps_the_other_bits(void **state)
{
	static const struct {
		enum cmspi_qer qer;
		uint8_t opcode;
		uint8_t bytes;
		uint8_t on[2];
		uint8_t off[2];
	} rows[] = {
		{ CMSPI_QER_SR2_BIT1_WRITE2, 0x01, 2, { 0x9c, 0x43 }, { 0x9c, 0x41 } },
		{ CMSPI_QER_SR1_BIT6, 0x01, 1, { 0xdc }, { 0x9c } },
		{ CMSPI_QER_SR2_BIT7_3E, 0x3e, 1, { 0xc1 }, { 0x41 } },
		{ CMSPI_QER_SR2_BIT1_WRITE1_KEEPS, 0x01, 2, { 0x9c, 0x43 }, { 0x9c, 0x41 } },
		{ CMSPI_QER_SR2_BIT1_35_01, 0x01, 2, { 0x9c, 0x43 }, { 0x9c, 0x41 } },
		{ CMSPI_QER_SR2_BIT1_31, 0x31, 1, { 0x43 }, { 0x41 } },
	};
	struct cmspi_step steps[CMSPI_MODES_STEPS];
	struct expanded e;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		set_up(&e, rows[i].qer);
		assert_true(cmspi_modes_quad_is_volatile(&e.chip));
		e.modes.set_quad = true;
		assert_int_equal(cmspi_modes_look(&e.chip, &e.modes, steps), 2);
		*steps[0].rx = 0x9e;
		*steps[1].rx = rows[i].qer == CMSPI_QER_SR1_BIT6 ? 0x9e : 0x41;
		assert_true(cmspi_modes_plan(&e.chip, &e.modes));
		assert_int_equal(cmspi_modes_try_quad(&e.chip, &e.modes, steps), 5);
		assert_int_equal(steps[0].op.opcode, 0x50);
		assert_int_equal(steps[1].op.opcode, rows[i].opcode);
		assert_int_equal(steps[1].tx_bytes, rows[i].bytes);
		assert_memory_equal(steps[1].tx, rows[i].on, rows[i].bytes);
		assert_int_equal(steps[3].op.opcode, 0x50);
		assert_memory_equal(steps[4].tx, rows[i].off, rows[i].bytes);
	}
}

static void modes_quad_enable_is_left_alone_where_it_would_stay(void **state)
{
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_SR1_BIT6);
	e.chip.volatile_status = false;
	assert_false(cmspi_modes_quad_is_volatile(&e.chip));
	set_up(&e, CMSPI_QER_UNKNOWN);
	assert_false(cmspi_modes_quad_is_volatile(&e.chip));
	set_up(&e, CMSPI_QER_NONE);
	assert_false(cmspi_modes_quad_is_volatile(&e.chip));
}

static void modes_plan_wants_an_answer(void **state)
{
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_SR2_BIT1_31);
	e.modes.set_quad = true;
	memset(e.modes.found, 0xff, sizeof(e.modes.found));
	assert_false(cmspi_modes_plan(&e.chip, &e.modes));
}

/* From the first step on four lines to the last; what is between stays. */
static void modes_quad_enable_goes_around_what_needs_it(void **state)
{
	static const uint8_t opcodes[] = { 0x9f, 0x03, 0x50, 0x01, 0x6b, 0x03, 0x6b, 0x50, 0x01,
		0x35, 0x03 };
	uint8_t data[16];
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_SR2_BIT1_WRITE1_KEEPS);
	struct cmspi_step wide, plain;

	plain = cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 0, sizeof(data));
	e.chip.read_used = 1;
	wide = cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 0, sizeof(data));
	const struct cmspi_step steps[] = {
		cmspi_chip_step_read_id(data, 3), plain, wide, plain, wide, plain,
	};

	assert_false(cmspi_modes_needed(&e.modes, steps, 6));
	e.modes.set_quad = true;
	assert_true(cmspi_modes_plan(&e.chip, &e.modes));
	assert_false(cmspi_modes_needed(&e.modes, steps, 2));
	assert_true(cmspi_modes_needed(&e.modes, steps, 6));
	cmspi_modes_expand(&e.chip, &e.modes, steps, 6, &e.list);
	expect_opcodes(&e, opcodes, sizeof(opcodes));
	assert_int_equal(e.origins[2], 2);
	assert_int_equal(e.origins[9], 4);
	*e.steps[9].rx = 0x02;
	assert_false(cmspi_modes_are_left(&e.chip, &e.modes));
	*e.steps[9].rx = 0x40;
	assert_true(cmspi_modes_are_left(&e.chip, &e.modes));
}

/* Someone has set it in the meantime: nothing is written. */
static void modes_quad_enable_that_is_set_is_not_written(void **state)
{
	static const uint8_t opcodes[] = { 0x6b, 0x35 };
	uint8_t data[16];
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_SR2_BIT1_WRITE1_KEEPS);
	e.chip.read_used = 1;
	e.modes.set_quad = true;
	e.modes.found[1] = 0x02;
	assert_true(cmspi_modes_plan(&e.chip, &e.modes));
	const struct cmspi_step step = cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 0,
		sizeof(data));

	cmspi_modes_expand(&e.chip, &e.modes, &step, 1, &e.list);
	expect_opcodes(&e, opcodes, sizeof(opcodes));
}

/* 38h and FFh on the right lines, all of the commands between on four, the ID behind. */
static void modes_protocol_goes_around_the_batch(void **state)
{
	static const uint8_t opcodes[] = { 0x9f, 0x38, 0xeb, 0x02, 0x05, 0xff, 0x9f };
	static const uint8_t lines[] = { 1, 1, 4, 4, 4, 4, 1 };
	uint8_t data[16];
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_SR2_BIT1_WRITE1_KEEPS);
	e.chip.qpi_enable = CMSPI_QPI_QE_38;
	e.chip.qpi_disable = CMSPI_QPI_LEAVE_FF;
	e.chip.reads[2] = (struct cmspi_op){ .opcode = 0xeb, .addr_bytes = 3, .mode_bytes = 1,
		.mode = 0xff, .cmd_lines = 4, .addr_lines = 4, .data_lines = 4 };
	e.modes.lines = 4;
	const struct cmspi_step steps[] = {
		cmspi_chip_step_read_id(data, 3),
		cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 0, sizeof(data)),
		cmspi_chip_step_read_status(&e.chip, data),
	};
	struct cmspi_step mixed[] = { steps[0], steps[1],
		cmspi_chip_step_program(&e.chip, 0, data, sizeof(data)), steps[2] };

	// what is behind the last step of the array talks plain SPI
	mixed[3].op.addr_bytes = 3;
	assert_true(cmspi_modes_has_protocol(&e.chip, 4));
	assert_false(cmspi_modes_has_protocol(&e.chip, 2));
	assert_true(cmspi_modes_protocol_needs_quad(&e.chip, 4));
	assert_int_equal(cmspi_modes_step_read_id(&e.chip, &e.modes, data, 3).op.opcode, 0x9f);
	assert_true(cmspi_modes_plan(&e.chip, &e.modes));
	assert_true(cmspi_modes_needed(&e.modes, mixed, 4));
	cmspi_modes_expand(&e.chip, &e.modes, mixed, 4, &e.list);
	expect_opcodes(&e, opcodes, sizeof(opcodes));
	for (unsigned int i = 0; i < sizeof(lines); i++)
		assert_int_equal(e.steps[i].op.cmd_lines, lines[i]);
}

/** Step @a index writes the register at @a addr, 0: without one. */
static void expect_register_write(const struct expanded *e, unsigned int index, uint32_t addr,
	uint8_t value, unsigned int lines)
{
	const struct cmspi_step *step = &e->steps[index];

	assert_int_equal(step->flags, CMSPI_STEP_WREN);
	assert_int_equal(step->addr, addr);
	assert_int_equal(step->op.addr_bytes, addr ? 3 : 0);
	assert_int_equal(step->tx_bytes, 1);
	assert_int_equal(*step->tx, value);
	assert_int_equal(step->op.cmd_lines, lines);
	assert_int_equal(step->op.data_lines, lines);
}

/* A bit of a register instead of an opcode: the others as found, write enable in a frame
 * of its own, and back on the lines of the protocol. */
static void modes_protocol_of_a_register_keeps_the_other_bits(void **state)
{
	static const struct {
		unsigned int lines;
		uint8_t qpi_enable;
		bool dpi_by_evcr;
		uint8_t found;
		uint8_t write_opcode;
		uint32_t addr;
		uint8_t on;
		uint8_t off;
	} rows[] = {
		{ 2, 0, true, 0xdf, 0x61, 0, 0x9f, 0xdf },
		{ 2, CMSPI_QPI_35, true, 0xff, 0x61, 0, 0xbf, 0xff },
		{ 4, CMSPI_QPI_EVCR, true, 0xdf, 0x61, 0, 0x5f, 0xdf },
		{ 4, CMSPI_QPI_CR2, false, 0x08, 0x71, 0x800003, 0x48, 0x08 },
	};
	struct cmspi_step looks[CMSPI_MODES_REGISTERS];
	uint8_t data[16];
	struct expanded e;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const unsigned int lines = rows[i].lines;
		const uint8_t opcodes[] = { rows[i].write_opcode, 0xeb, rows[i].write_opcode, 0x9f };

		set_up(&e, CMSPI_QER_NONE);
		e.chip.qpi_enable = rows[i].qpi_enable;
		e.chip.dpi_by_evcr = rows[i].dpi_by_evcr;
		e.chip.reads[2] = (struct cmspi_op){ .opcode = 0xeb, .addr_bytes = 3,
			.dummy_clocks = 8, .cmd_lines = lines, .addr_lines = lines, .data_lines = lines };
		e.modes.lines = lines;
		assert_true(cmspi_modes_has_protocol(&e.chip, lines));
		assert_false(cmspi_modes_protocol_needs_quad(&e.chip, lines));
		assert_int_equal(cmspi_modes_step_read_id(&e.chip, &e.modes, data, 3).op.opcode, 0xaf);
		assert_int_equal(cmspi_modes_look(&e.chip, &e.modes, looks), 2);
		// the look itself needs no mode
		assert_false(cmspi_modes_needed(&e.modes, looks, 2));
		assert_int_equal(looks[1].op.opcode, 0x65);
		assert_int_equal(looks[1].addr, rows[i].addr);
		assert_int_equal(looks[1].op.addr_bytes, rows[i].addr ? 3 : 0);
		*looks[0].rx = 0;
		*looks[1].rx = rows[i].found;
		assert_true(cmspi_modes_plan(&e.chip, &e.modes));
		const struct cmspi_step step = cmspi_chip_step_read(&e.chip, CMSPI_STEP_READ, 0,
			sizeof(data));

		cmspi_modes_expand(&e.chip, &e.modes, &step, 1, &e.list);
		expect_opcodes(&e, opcodes, sizeof(opcodes));
		expect_register_write(&e, 0, rows[i].addr, rows[i].on, 1);
		expect_register_write(&e, 2, rows[i].addr, rows[i].off, lines);
		assert_int_equal(e.steps[1].op.cmd_lines, lines);
		assert_int_equal(e.steps[3].op.cmd_lines, 1);
	}
}

/* Registers that SFDP promises beside an opcode may not be there (Winbond). */
static void modes_protocol_is_entered_by_an_opcode_where_there_is_one(void **state)
{
	struct cmspi_step looks[CMSPI_MODES_REGISTERS];
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_NONE);
	e.modes.lines = 4;
	e.chip.qpi_enable = CMSPI_QPI_35 | CMSPI_QPI_EVCR | CMSPI_QPI_CR2;
	assert_true(cmspi_modes_protocol_needs_quad(&e.chip, 4));
	assert_int_equal(cmspi_modes_look(&e.chip, &e.modes, looks), 0);
}

/* Nobody there: nothing is written. */
static void modes_plan_of_a_register_wants_an_answer(void **state)
{
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_NONE);
	e.chip.dpi_by_evcr = true;
	e.modes.lines = 2;
	memset(e.modes.found, 0xff, sizeof(e.modes.found));
	assert_false(cmspi_modes_plan(&e.chip, &e.modes));
}

/* Ones go first, where a part may look for mode bits; the clocks in all are the user's. */
static void modes_dummy_clocks_are_the_users_word(void **state)
{
	struct expanded e;

	(void)state;
	set_up(&e, CMSPI_QER_NONE);
	e.chip.reads[2] = (struct cmspi_op){ .opcode = 0xeb, .addr_bytes = 3, .dummy_clocks = 4,
		.mode_bytes = 1, .cmd_lines = 1, .addr_lines = 4, .data_lines = 4 };
	e.modes.lines = 4;
	// that one is not for a protocol on four lines, and nobody tells its clocks there
	assert_int_equal(cmspi_modes_read_op(&e.chip, &e.modes).opcode, 0);
	e.modes.dummy_clocks = 10;
	const struct cmspi_op op = cmspi_modes_read_op(&e.chip, &e.modes);

	assert_int_equal(op.opcode, 0xeb);
	assert_int_equal(op.cmd_lines, 4);
	assert_int_equal(op.mode, 0xff);
	assert_int_equal(2 * op.mode_bytes + op.dummy_clocks, 10);
	e.modes.dummy_clocks = 1;
	assert_int_equal(cmspi_modes_read_op(&e.chip, &e.modes).dummy_clocks, 1);
	assert_int_equal(cmspi_modes_read_op(&e.chip, &e.modes).mode_bytes, 0);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, modes_quad_enable_keeps_the_other_bits);
	CASES_ADD(&cases, modes_quad_enable_is_left_alone_where_it_would_stay);
	CASES_ADD(&cases, modes_plan_wants_an_answer);
	CASES_ADD(&cases, modes_quad_enable_goes_around_what_needs_it);
	CASES_ADD(&cases, modes_quad_enable_that_is_set_is_not_written);
	CASES_ADD(&cases, modes_protocol_goes_around_the_batch);
	CASES_ADD(&cases, modes_protocol_of_a_register_keeps_the_other_bits);
	CASES_ADD(&cases, modes_protocol_is_entered_by_an_opcode_where_there_is_one);
	CASES_ADD(&cases, modes_plan_of_a_register_wants_an_answer);
	CASES_ADD(&cases, modes_dummy_clocks_are_the_users_word);
	return cases_run(&cases, "modes", argc, argv);
}
