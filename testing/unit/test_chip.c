// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_chip.c: what is assumed, how parts are addressed, how long is waited,
 * and what the steps hold.
 */

#include "cases.h"
#include "cmspi_chip.h"

#define MIB	(1u << 20)

// ---- defaults ---------------------------------------------------------------

static void chip_of_which_nothing_is_known_has_safe_defaults(void **state)
{
	struct cmspi_chip chip;

	(void)state;
	memset(&chip, 0x5a, sizeof(chip));
	cmspi_chip_init(&chip);
	assert_string_equal(chip.name, "");
	assert_int_equal(chip.sfdp_minor, -1);
	assert_int_equal(chip.size_bytes, 0);
	assert_int_equal(chip.page_bytes, 256);
	assert_int_equal(chip.page_from, CMSPI_FROM_DEFAULT);
	assert_int_equal(cmspi_chip_addr_bytes(&chip), 3);
	assert_int_equal(chip.wren_opcode, 0x06);
	assert_int_equal(chip.poll.opcode, 0x05);
	assert_int_equal(chip.poll.mask, 0x01);
	assert_int_equal(chip.poll.ready, 0x00);
	assert_int_equal(chip.poll.fail, 0x02);
	assert_int_equal(chip.qer, CMSPI_QER_UNKNOWN);
	assert_int_equal(chip.chip_erase_opcode, 0xc7);
	// it cannot be erased before someone has told the opcode
	assert_false(cmspi_chip_erase_usable(&chip, &chip.erase[0]));
	assert_int_equal(cmspi_chip_read_op(&chip, 0).opcode, 0x03);
	assert_int_equal(cmspi_chip_read_op(&chip, 1).opcode, 0);
	assert_int_equal(cmspi_chip_read_op(&chip, CMSPI_READS).opcode, 0);
}

// ---- addressing -------------------------------------------------------------

struct addressing_case {
	const char *name;
	uint32_t size_bytes;
	/** 3, 4, or 34 for both */
	unsigned int takes;
	uint8_t addr_bytes;
	/** the part lists 13h, 12h and DCh */
	bool opcodes;
	uint8_t enter_4byte;
	enum cmspi_addressing wanted;
	unsigned int wanted_bytes;
	uint8_t read_opcode;
	uint8_t program_opcode;
	uint8_t erase_opcode;
};

static const struct addressing_case addressing_cases[] = {
	{ "64_kib", 65536, 3, 3, false, 0, CMSPI_ADDR_3, 3, 0x03, 0x02, 0xd8 },
	{ "16_mib", 16 * MIB, 3, 3, false, 0, CMSPI_ADDR_3, 3, 0x03, 0x02, 0xd8 },
	{ "16_mib_with_4byte_opcodes", 16 * MIB, 34, 3, true, 0x21, CMSPI_ADDR_3, 3,
		0x03, 0x02, 0xd8 },
	{ "16_mib_that_powers_up_with_4", 16 * MIB, 34, 4, false, 0, CMSPI_ADDR_4_ALWAYS, 4,
		0x03, 0x02, 0xd8 },
	{ "one_byte_above_16_mib", 16 * MIB + 1, 34, 3, true, 0, CMSPI_ADDR_4_OPCODES, 4,
		0x13, 0x12, 0xdc },
	{ "32_mib_with_4byte_opcodes", 32 * MIB, 34, 3, true, 0x21, CMSPI_ADDR_4_OPCODES, 4,
		0x13, 0x12, 0xdc },
	{ "32_mib_with_b7", 32 * MIB, 34, 3, false, CMSPI_4BYTE_B7, CMSPI_ADDR_4_MODE, 4,
		0x03, 0x02, 0xd8 },
	{ "32_mib_with_wren_b7", 32 * MIB, 34, 3, false, CMSPI_4BYTE_WREN_B7, CMSPI_ADDR_4_MODE,
		4, 0x03, 0x02, 0xd8 },
	{ "32_mib_with_extended_register_only", 32 * MIB, 34, 3, false,
		CMSPI_4BYTE_EXTENDED_REGISTER, CMSPI_ADDR_3_REGISTER, 3, 0x03, 0x02, 0xd8 },
	{ "32_mib_with_bank_register_only", 32 * MIB, 34, 3, false, CMSPI_4BYTE_BANK_REGISTER,
		CMSPI_ADDR_3_REGISTER, 3, 0x03, 0x02, 0xd8 },
	{ "32_mib_with_b7_and_extended_register", 32 * MIB, 34, 3, false,
		CMSPI_4BYTE_B7 | CMSPI_4BYTE_EXTENDED_REGISTER, CMSPI_ADDR_4_MODE, 4,
		0x03, 0x02, 0xd8 },
	{ "32_mib_that_tells_nothing", 32 * MIB, 3, 3, false, 0, CMSPI_ADDR_4_MODE, 4,
		0x03, 0x02, 0xd8 },
	{ "32_mib_that_powers_up_with_4", 32 * MIB, 34, 4, false, 0, CMSPI_ADDR_4_ALWAYS, 4,
		0x03, 0x02, 0xd8 },
	{ "32_mib_of_4_only", 32 * MIB, 4, 4, true, 0, CMSPI_ADDR_4_ALWAYS, 4, 0x03, 0x02, 0xd8 },
	{ "2_gib_with_4byte_opcodes", 2048 * MIB, 34, 3, true, 0, CMSPI_ADDR_4_OPCODES, 4,
		0x13, 0x12, 0xdc },
};

static void chip_is_addressed(void **state)
{
	const struct addressing_case *test = *state;
	struct cmspi_chip chip;

	cmspi_chip_init(&chip);
	chip.size_bytes = test->size_bytes;
	chip.addr_3_ok = test->takes != 4;
	chip.addr_4_ok = test->takes != 3;
	chip.addr_bytes = test->addr_bytes;
	chip.enter_4byte = test->enter_4byte;
	chip.erase[0] = (struct cmspi_erase_type) { 65536, 0xd8, 0, 150, 2000 };
	if (test->opcodes) {
		chip.reads_4byte[0] = 0x13;
		chip.program_4byte = 0x12;
		chip.erase[0].opcode_4byte = 0xdc;
	}
	assert_int_equal(cmspi_chip_addressing(&chip), test->wanted);
	assert_int_equal(cmspi_chip_addr_bytes(&chip), test->wanted_bytes);
	const struct cmspi_step read = cmspi_chip_step_read(&chip, CMSPI_STEP_READ, 5, 7);
	assert_int_equal(read.op.opcode, test->read_opcode);
	assert_int_equal(read.op.addr_bytes, test->wanted_bytes);
	const struct cmspi_step program = cmspi_chip_step_program(&chip, 0, NULL, 0);
	assert_int_equal(program.op.opcode, test->program_opcode);
	assert_int_equal(program.op.addr_bytes, test->wanted_bytes);
	const struct cmspi_step erase = cmspi_chip_step_erase(&chip, &chip.erase[0], 0);
	assert_int_equal(erase.op.opcode, test->erase_opcode);
	assert_int_equal(erase.op.addr_bytes, test->wanted_bytes);
}

static void chip_with_incomplete_4byte_opcodes_does_not_use_them(void **state)
{
	struct cmspi_chip chip;

	(void)state;
	for (unsigned int missing = 0; missing < 3; missing++) {
		cmspi_chip_init(&chip);
		chip.size_bytes = 32 * MIB;
		chip.addr_4_ok = true;
		chip.erase[0] = (struct cmspi_erase_type) { 4096, 0x20, 0x21, 45, 400 };
		chip.reads_4byte[0] = missing == 0 ? 0 : 0x13;
		chip.program_4byte = missing == 1 ? 0 : 0x12;
		if (missing == 2)
			chip.erase[0].opcode_4byte = 0;
		assert_int_equal(cmspi_chip_addressing(&chip), CMSPI_ADDR_4_MODE);
		assert_true(cmspi_chip_erase_usable(&chip, &chip.erase[0]));
	}
}

static void chip_read_without_4byte_opcode_is_no_way_to_read(void **state)
{
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 32 * MIB;
	chip.erase[0] = (struct cmspi_erase_type) { 4096, 0x20, 0x21, 45, 400 };
	chip.reads_4byte[0] = 0x13;
	chip.program_4byte = 0x12;
	chip.reads[1] = chip.reads[0];
	chip.reads[1].opcode = 0x3b;
	assert_int_equal(cmspi_chip_read_op(&chip, 0).opcode, 0x13);
	assert_int_equal(cmspi_chip_read_op(&chip, 1).opcode, 0);
}

static void chip_read_on_so_many_lines_is_found(void **state)
{
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	assert_int_equal(cmspi_chip_find_read(&chip, 1), 0);
	chip.reads[1] = (struct cmspi_op) { 0xbb, .cmd_lines = 1, .addr_lines = 2, .data_lines = 2 };
	chip.reads[2] = (struct cmspi_op) { 0x3b, .cmd_lines = 1, .addr_lines = 1, .data_lines = 2 };
	chip.reads[3] = (struct cmspi_op) { 0x0b, .cmd_lines = 1, .addr_lines = 1, .data_lines = 1 };
	assert_int_equal(cmspi_chip_find_read(&chip, 1), 3);
	assert_int_equal(cmspi_chip_find_read(&chip, 2), 2);
	assert_int_equal(cmspi_chip_find_read(&chip, 4), 0);
}

// ---- limits -----------------------------------------------------------------

static void chip_erase_limit_is_believable_maximum_twice(void **state)
{
	static const struct {
		const char *what;
		uint32_t size_bytes;
		uint32_t max_ms;
		uint32_t limit_ms;
	} rows[] = {
		{ "not told", 4096, 0, 1600 },
		{ "SST26: 38 ms", 4096, 38, 800 },
		{ "W25Q64JV: 896 ms", 4096, 896, 1792 },
		{ "absurd", 4096, 1000000, 16000 },
		{ "not told", 256, 0, 1600 },
		{ "not told", 32768, 0, 6000 },
		{ "MX25R6435F: 1920 ms", 32768, 1920, 3840 },
		{ "not told", 65536, 0, 10800 },
		{ "MX25L25645G: 5376 ms", 65536, 5376, 10752 },
		{ "absurd", 65536, UINT32_MAX, 108000 },
		{ "not told", 262144, 0, 12000 },
		{ "S25FL512S: 2600 ms", 262144, 2600, 5200 },
		{ "too short", 262144, 1, 5200 },
		{ "not told", 1u << 31, 0, 12000 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cmspi_erase_type type = {
			.size_bytes = rows[i].size_bytes, .max_ms = rows[i].max_ms,
		};
		const uint32_t limit_us = cmspi_chip_erase_timeout_us(&type);
		if (limit_us != rows[i].limit_ms * 1000)
			fail_msg("%s, %u bytes: %u us", rows[i].what, rows[i].size_bytes, limit_us);
	}
}

static void chip_page_limit_is_believable_maximum_twice(void **state)
{
	static const uint32_t rows[][2] = {
		{ 0, 20000 }, { 1, 6000 }, { 4224, 8448 }, { 65536, 131072 }, { UINT32_MAX, 200000 },
	};
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		chip.page_max_us = rows[i][0];
		assert_int_equal(cmspi_chip_page_timeout_us(&chip), rows[i][1]);
	}
}

static void chip_erase_of_all_limit_grows_with_size(void **state)
{
	static const struct {
		uint32_t size_bytes;
		uint32_t max_ms;
		uint32_t limit_ms;
	} rows[] = {
		// not told: the slowest part's 49 s a MiB, twice
		{ 8 * MIB, 0, 784000 },
		{ 65536, 0, 98000 },
		// W25Q64JV's SFDP: 280 s
		{ 8 * MIB, 280000, 560000 },
		// SST26VF064B's SFDP says 64 ms for 8 MiB
		{ 8 * MIB, 64, 200000 },
		{ 8 * MIB, UINT32_MAX, 4294967 },
	};
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		chip.size_bytes = rows[i].size_bytes;
		chip.chip_erase_max_ms = rows[i].max_ms;
		assert_int_equal(cmspi_chip_chip_erase_timeout_us(&chip) / 1000, rows[i].limit_ms);
	}
}

static void chip_usual_erase_times_never_fall_with_size(void **state)
{
	uint32_t last_ms = 0;

	(void)state;
	for (unsigned int log2_bytes = 0; log2_bytes < 32; log2_bytes++) {
		const uint32_t usual_ms = cmspi_chip_usual_erase_ms(1u << log2_bytes);
		assert_true(usual_ms && usual_ms >= last_ms);
		last_ms = usual_ms;
	}
}

static void chip_erase_usually_takes_2_5_s_a_mib_or_what_the_part_says(void **state)
{
	static const struct {
		uint32_t size_bytes;
		uint32_t typ_ms;
		uint32_t usual_ms;
	} rows[] = {
		{ 65536, 0, 2500 },
		{ 8 << 20, 0, 20000 },
		{ (8 << 20) + 1, 0, 22500 },
		{ 0x80000000, 0, 5120000 },
		{ 8 << 20, 18000, 18000 },
	};
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		chip.size_bytes = rows[i].size_bytes;
		chip.chip_erase_typ_ms = rows[i].typ_ms;
		assert_int_equal(cmspi_chip_usual_chip_erase_ms(&chip), rows[i].usual_ms);
	}
}

// ---- steps ------------------------------------------------------------------

static void check_lines(const struct cmspi_op *op)
{
	assert_int_equal(op->cmd_lines, 1);
	assert_int_equal(op->addr_lines, 1);
	assert_int_equal(op->data_lines, 1);
}

static void chip_step_read_id_sends_9fh_slowly(void **state)
{
	uint8_t id[6];

	(void)state;
	const struct cmspi_step step = cmspi_chip_step_read_id(id, sizeof(id));
	assert_int_equal(step.kind, CMSPI_STEP_XFER);
	assert_int_equal(step.flags, 0);
	assert_int_equal(step.op.opcode, 0x9f);
	assert_int_equal(step.op.addr_bytes, 0);
	assert_int_equal(step.op.dummy_clocks, 0);
	assert_int_equal(step.op.max_khz, 1000);
	assert_ptr_equal(step.rx, id);
	assert_int_equal(step.rx_bytes, 6);
	assert_null(step.tx);
	check_lines(&step.op);
}

static void chip_step_of_unknown_part_has_a_clock_limit(void **state)
{
	const struct cmspi_erase_type type = { .size_bytes = 4096, .opcode = 0x20 };
	struct cmspi_chip chip;
	uint8_t byte = 0;

	(void)state;
	cmspi_chip_init(&chip);
	// what SFDP gives for a read: lines and dummy clocks, but no frequency
	chip.reads[1] = (struct cmspi_op) { .opcode = 0x3b, .dummy_clocks = 8 };
	assert_int_equal(cmspi_chip_read_op(&chip, 0).max_khz, 33000);
	assert_int_equal(cmspi_chip_read_op(&chip, 1).max_khz, 50000);
	assert_int_equal(cmspi_chip_step_erase(&chip, &type, 0).op.max_khz, 50000);
	assert_int_equal(cmspi_chip_step_chip_erase(&chip).op.max_khz, 50000);
	assert_int_equal(cmspi_chip_step_program(&chip, 0, &byte, 1).op.max_khz, 50000);
	assert_int_equal(cmspi_chip_step_read_status(&chip, &byte).op.max_khz, 50000);
}

static void chip_step_read_sfdp_takes_3_address_bytes_and_8_clocks(void **state)
{
	uint8_t data[16];

	(void)state;
	const struct cmspi_step step = cmspi_chip_step_read_sfdp(0x123456, data, sizeof(data));
	assert_int_equal(step.kind, CMSPI_STEP_XFER);
	assert_int_equal(step.op.opcode, 0x5a);
	assert_int_equal(step.op.addr_bytes, 3);
	assert_int_equal(step.op.dummy_clocks, 8);
	assert_int_equal(step.addr, 0x123456);
	assert_int_equal(step.rx_bytes, 16);
	check_lines(&step.op);
}

static void chip_step_read_status_uses_the_poll_opcode(void **state)
{
	struct cmspi_chip chip;
	uint8_t status;

	(void)state;
	cmspi_chip_init(&chip);
	assert_int_equal(cmspi_chip_step_read_status(&chip, &status).op.opcode, 0x05);
	chip.poll.opcode = 0x70;
	const struct cmspi_step step = cmspi_chip_step_read_status(&chip, &status);
	assert_int_equal(step.op.opcode, 0x70);
	assert_ptr_equal(step.rx, &status);
	assert_int_equal(step.rx_bytes, 1);
	assert_int_equal(step.flags, 0);
}

/** Enabled, checked and waited for, as every command that changes the part. */
static void check_change(const struct cmspi_step *step, const struct cmspi_chip *chip)
{
	assert_int_equal(step->flags,
		CMSPI_STEP_WREN | CMSPI_STEP_CHECK_WEL | CMSPI_STEP_POLL);
	assert_memory_equal(&step->poll, &chip->poll, sizeof(chip->poll));
	assert_true(step->timeout_us);
	check_lines(&step->op);
}

static void chip_step_erase_is_enabled_checked_and_waited_for(void **state)
{
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 8 * MIB;
	chip.erase[1] = (struct cmspi_erase_type) { 65536, 0xd8, 0, 150, 2240 };
	const struct cmspi_step step = cmspi_chip_step_erase(&chip, &chip.erase[1], 0x130000);
	assert_int_equal(step.kind, CMSPI_STEP_XFER);
	assert_int_equal(step.op.opcode, 0xd8);
	assert_int_equal(step.addr, 0x130000);
	assert_int_equal(step.tx_bytes + step.rx_bytes, 0);
	assert_int_equal(step.timeout_us, 4480000);
	check_change(&step, &chip);
}

static void chip_step_chip_erase_has_no_address(void **state)
{
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 32 * MIB;
	const struct cmspi_step step = cmspi_chip_step_chip_erase(&chip);
	assert_int_equal(step.kind, CMSPI_STEP_XFER);
	assert_int_equal(step.op.opcode, 0xc7);
	assert_int_equal(step.op.addr_bytes, 0);
	check_change(&step, &chip);
}

static void chip_mass_erase_reaches_every_die(void **state)
{
	static const struct {
		uint8_t select_opcode;
		bool relative;
		uint8_t die_erase_opcode;
		unsigned int count;
		uint8_t opcodes[8];
		// poll: waits for an erase
		bool polls[8];
		uint32_t addrs[8];
	} rows[] = {
		{ 0, false, 0, 1, { 0xc7 }, { true }, { 0 } },
		{ 0xc2, true, 0, 4, { 0xc7, 0xc2, 0xc7, 0xc2 }, { true, false, true, false },
			{ 0, 0, 32 * MIB, 0 } },
		{ 0xc2, false, 0, 3, { 0xc7, 0xc2, 0xc2 }, { true, true, false }, { 0 } },
		{ 0, false, 0xc4, 2, { 0xc4, 0xc4 }, { true, true }, { 0, 32 * MIB } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cmspi_step steps[CMSPI_CHIP_MASS_ERASE_STEPS];
		struct cmspi_chip chip;

		cmspi_chip_init(&chip);
		chip.size_bytes = 64 * MIB;
		chip.die_bytes = i ? 32 * MIB : 0;
		chip.die_select_opcode = rows[i].select_opcode;
		chip.die_relative = rows[i].relative;
		chip.die_erase_opcode = rows[i].die_erase_opcode;
		assert_int_equal(cmspi_chip_steps_mass_erase(&chip, steps), rows[i].count);
		for (unsigned int j = 0; j < rows[i].count; j++) {
			assert_int_equal(steps[j].op.opcode, rows[i].opcodes[j]);
			assert_int_equal(!!(steps[j].flags & CMSPI_STEP_POLL), rows[i].polls[j]);
			assert_int_equal(steps[j].addr, rows[i].addrs[j]);
			assert_int_equal(steps[j].op.addr_bytes, rows[i].die_erase_opcode ? 4 : 0);
			if (rows[i].polls[j])
				assert_true(steps[j].timeout_us >= 64 * 12500000);
		}
	}
}

static void chip_without_chip_erase_has_no_mass_erase(void **state)
{
	struct cmspi_step steps[CMSPI_CHIP_MASS_ERASE_STEPS];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.chip_erase_opcode = 0;
	assert_int_equal(cmspi_chip_steps_mass_erase(&chip, steps), 0);
}

static void chip_step_program_carries_data_and_page(void **state)
{
	static const uint8_t data[300];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 8 * MIB;
	chip.page_max_us = 4224;
	const struct cmspi_step step = cmspi_chip_step_program(&chip, 0x1234, data, sizeof(data));
	assert_int_equal(step.kind, CMSPI_STEP_PROGRAM);
	assert_int_equal(step.op.opcode, 0x02);
	assert_int_equal(step.addr, 0x1234);
	assert_int_equal(step.count, 300);
	assert_int_equal(step.tx_bytes, 300);
	assert_ptr_equal(step.tx, data);
	assert_int_equal(step.page_bytes, 256);
	assert_int_equal(step.timeout_us, 8448);
	check_change(&step, &chip);
}

/* Words from even addresses, a byte at an odd end each: (address, count) to counts. */
static const struct {
	uint32_t addr;
	uint32_t count;
	uint32_t head;
	uint32_t words;
	uint32_t tail;
} words_cases[] = {
	{ 0, 1, 0, 0, 1 }, { 1, 1, 1, 0, 0 }, { 0, 2, 0, 2, 0 }, { 1, 2, 1, 0, 1 },
	{ 0, 3, 0, 2, 1 }, { 1, 3, 1, 2, 0 }, { 1, 4, 1, 2, 1 }, { 0, 4096, 0, 4096, 0 },
};

static void chip_steps_program_words_between_odd_ends(void **state)
{
	static const uint8_t data[4096];
	struct cmspi_step steps[CMSPI_CHIP_PROGRAM_STEPS];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = MIB;
	chip.page_bytes = 1;
	chip.words_opcode = 0xad;
	for (unsigned int i = 0; i < sizeof(words_cases) / sizeof(*words_cases); i++) {
		const uint32_t head = words_cases[i].head, words = words_cases[i].words;
		const struct cmspi_step *step = steps;
		const unsigned int used = cmspi_chip_steps_program(&chip, words_cases[i].addr, data,
			words_cases[i].count, steps);

		assert_int_equal(used, (head != 0) + 2 * (words != 0) + words_cases[i].tail);
		if (head) {
			assert_int_equal(step->op.opcode, 0x02);
			assert_int_equal(step++->count, 1);
		}
		if (words) {
			assert_int_equal(step->op.opcode, 0xad);
			assert_int_equal(step->addr, words_cases[i].addr + head);
			assert_ptr_equal(step->tx, data + head);
			assert_int_equal(step->count, words);
			assert_true(step->flags & CMSPI_STEP_RUNNING);
			assert_false(cmspi_chip_is_words_end(step));
			// write enable and AAI stay set until the end, and not beyond
			assert_int_equal(step++->poll.fail, 0);
			assert_int_equal(step->op.opcode, 0x04);
			assert_int_equal(step->poll.fail, 0x42);
			assert_true(cmspi_chip_is_words_end(step++));
		}
		if (words_cases[i].tail) {
			assert_int_equal(step->op.opcode, 0x02);
			assert_int_equal(step->addr, words_cases[i].addr + words_cases[i].count - 1);
			assert_ptr_equal(step->tx, data + words_cases[i].count - 1);
		}
	}
}

static void chip_steps_program_of_an_ordinary_part_is_one(void **state)
{
	static const uint8_t data[300];
	struct cmspi_step steps[CMSPI_CHIP_PROGRAM_STEPS];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = MIB;
	assert_int_equal(cmspi_chip_steps_program(&chip, 0x1235, data, sizeof(data), steps), 1);
	assert_int_equal(steps[0].op.opcode, 0x02);
	assert_int_equal(steps[0].count, sizeof(data));
	assert_int_equal(cmspi_chip_skip_bytes(&chip), 256);
}

static void chip_step_read_takes_the_way_that_was_chosen(void **state)
{
	static const enum cmspi_step_kind kinds[] = {
		CMSPI_STEP_READ, CMSPI_STEP_CRC, CMSPI_STEP_BLANK
	};
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 8 * MIB;
	chip.reads[1] = (struct cmspi_op) {
		.opcode = 0x3b, .dummy_clocks = 8, .cmd_lines = 1, .addr_lines = 1, .data_lines = 2,
	};
	for (unsigned int i = 0; i < 3; i++) {
		// a blank check stays on one line
		const bool dual = kinds[i] == CMSPI_STEP_CRC;

		chip.read_used = i > 0;
		const struct cmspi_step step = cmspi_chip_step_read(&chip, kinds[i], 0x10, 0x20);
		assert_int_equal(step.kind, kinds[i]);
		assert_int_equal(step.flags, 0);
		assert_int_equal(step.addr, 0x10);
		assert_int_equal(step.count, 0x20);
		assert_int_equal(step.op.opcode, dual ? 0x3b : 0x03);
		assert_int_equal(step.op.dummy_clocks, dual ? 8 : 0);
		assert_int_equal(step.op.data_lines, dual ? 2 : 1);
		assert_int_equal(step.op.addr_bytes, 3);
	}
}

static void chip_step_4byte_is_enabled_unless_the_part_says_it_need_not(void **state)
{
	static const struct {
		uint8_t enter;
		uint16_t leave;
		unsigned int enter_flags;
		unsigned int leave_flags;
	} rows[] = {
		{ 0, 0, CMSPI_STEP_WREN, CMSPI_STEP_WREN },
		{ CMSPI_4BYTE_B7, CMSPI_4BYTE_B7, 0, 0 },
		{ CMSPI_4BYTE_WREN_B7, CMSPI_4BYTE_WREN_B7, CMSPI_STEP_WREN, CMSPI_STEP_WREN },
		{ CMSPI_4BYTE_B7 | CMSPI_4BYTE_WREN_B7, CMSPI_4BYTE_WREN_B7, 0, CMSPI_STEP_WREN },
	};
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		chip.enter_4byte = rows[i].enter;
		chip.exit_4byte = rows[i].leave;
		const struct cmspi_step enter = cmspi_chip_step_4byte(&chip, true);
		const struct cmspi_step leave = cmspi_chip_step_4byte(&chip, false);
		assert_int_equal(enter.op.opcode, 0xb7);
		assert_int_equal(enter.flags, rows[i].enter_flags);
		assert_int_equal(leave.op.opcode, 0xe9);
		assert_int_equal(leave.flags, rows[i].leave_flags);
		assert_int_equal(enter.op.addr_bytes + leave.op.addr_bytes, 0);
	}
}

static void chip_step_clear_flags_sends_the_parts_opcode(void **state)
{
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.clear_flags_opcode = 0x50;
	const struct cmspi_step step = cmspi_chip_step_clear_flags(&chip);
	assert_int_equal(step.op.opcode, 0x50);
	assert_int_equal(step.flags, 0);
}

// ---- empty socket -----------------------------------------------------------

static void chip_id_of_an_empty_socket_is_blank(void **state)
{
	static const struct {
		uint8_t id[6];
		bool blank;
	} rows[] = {
		{ { 0, 0, 0, 0, 0, 0 }, true },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, true },
		{ { 0xef, 0x40, 0x17, 0, 0, 0 }, false },
		{ { 0xff, 0xff, 0xff, 0, 0, 0 }, false },
		{ { 0, 0, 0, 0, 0, 1 }, false },
		{ { 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f }, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(cmspi_chip_id_is_blank(rows[i].id, 6), rows[i].blank);
	assert_true(cmspi_chip_id_is_blank(rows[2].id, 0));
}

static void chip_id_is_plausible_when_a_manufacturer_can_have_it(void **state)
{
	static const struct {
		uint8_t id[6];
		bool plausible;
	} rows[] = {
		{ { 0xef, 0x40, 0x17, 0xef, 0x40, 0x17 }, true },
		{ { 0xc2, 0x20, 0x18, 0xc2, 0x20, 0x18 }, true },
		{ { 0x01, 0x20, 0x18, 0x4d, 0x01, 0x80 }, true },
		{ { 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0x7f }, false },
		{ { 0x7f, 0x7f, 0x7f, 0x7f, 0x7f, 0xc2 }, true },
		{ { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, false },
		{ { 0, 0, 0, 0, 0, 0 }, false },
		// what QPI makes of it, and an ID that came a bit late
		{ { 0xff, 0xef, 0x40, 0x17, 0, 0 }, false },
		{ { 0x77, 0xa0, 0x0b, 0xf7, 0xa0, 0x0b }, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(cmspi_chip_id_is_plausible(rows[i].id, 6), rows[i].plausible);
	assert_false(cmspi_chip_id_is_plausible(rows[0].id, 1));
}

// ---- what outlives the firmware ---------------------------------------------

static void chip_steps_home_end_suspension_then_4byte_mode_then_the_register(void **state)
{
	struct cmspi_step steps[CMSPI_CHIP_HOME_STEPS];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	assert_int_equal(cmspi_chip_steps_home(&chip, steps), 0);
	chip.size_bytes = 32 * MIB;
	chip.erase_resume_opcode = 0x7a;
	chip.program_resume_opcode = 0x8a;
	chip.enter_4byte = CMSPI_4BYTE_WREN_B7 | CMSPI_4BYTE_EXTENDED_REGISTER;
	chip.exit_4byte = CMSPI_4BYTE_WREN_B7;
	assert_int_equal(cmspi_chip_steps_home(&chip, steps), 5);
	assert_int_equal(steps[0].op.opcode, 0x8a);
	assert_int_equal(steps[1].op.opcode, 0x7a);
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(steps[i].flags, CMSPI_STEP_POLL);
		assert_true(steps[i].timeout_us >= 1000000);
		// a part that is ready at once may have had WEL set by the firmware
		assert_int_equal(steps[i].poll.fail, 0);
	}
	assert_int_equal(steps[2].op.opcode, 0xe9);
	assert_int_equal(steps[2].flags, CMSPI_STEP_WREN);
	assert_int_equal(steps[3].op.opcode, 0xc5);
	assert_int_equal(steps[3].flags, CMSPI_STEP_WREN);
	assert_int_equal(steps[3].tx_bytes, 1);
	assert_int_equal(steps[3].tx[0], 0);
	assert_int_equal(steps[4].op.opcode, 0x04);
	// old errors are forgotten once all work is done
	chip.clear_flags_opcode = 0x50;
	assert_int_equal(cmspi_chip_steps_home(&chip, steps), 6);
	assert_int_equal(steps[2].op.opcode, 0x50);
	// the first die
	chip.die_select_opcode = 0xc2;
	assert_int_equal(cmspi_chip_steps_home(&chip, steps), CMSPI_CHIP_HOME_STEPS);
	assert_int_equal(steps[0].op.opcode, 0xc2);
	assert_int_equal(steps[0].tx[0], 0);
}

static void chip_steps_home_of_a_bank_register_need_no_write_enable(void **state)
{
	struct cmspi_step steps[CMSPI_CHIP_HOME_STEPS];
	struct cmspi_chip chip;

	(void)state;
	cmspi_chip_init(&chip);
	chip.size_bytes = 32 * MIB;
	chip.enter_4byte = CMSPI_4BYTE_BANK_REGISTER;
	assert_int_equal(cmspi_chip_steps_home(&chip, steps), 2);
	assert_int_equal(steps[0].op.opcode, 0x17);
	assert_int_equal(steps[0].flags, 0);
	assert_int_equal(steps[1].op.opcode, 0x04);
	// who powers up with four bytes is left there
	chip.addr_bytes = 4;
	assert_int_equal(cmspi_chip_steps_home(&chip, steps), 0);
	chip.addr_bytes = 3;
	chip.size_bytes = 16 * MIB;
	assert_int_equal(cmspi_chip_steps_home(&chip, steps), 0);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, chip_of_which_nothing_is_known_has_safe_defaults);
	for (unsigned int i = 0; i < sizeof(addressing_cases) / sizeof(*addressing_cases); i++)
		cases_add(&cases, chip_is_addressed, &addressing_cases[i],
			"chip_of_%s_is_addressed_right", addressing_cases[i].name);
	CASES_ADD(&cases, chip_with_incomplete_4byte_opcodes_does_not_use_them);
	CASES_ADD(&cases, chip_read_without_4byte_opcode_is_no_way_to_read);
	CASES_ADD(&cases, chip_read_on_so_many_lines_is_found);
	CASES_ADD(&cases, chip_erase_limit_is_believable_maximum_twice);
	CASES_ADD(&cases, chip_page_limit_is_believable_maximum_twice);
	CASES_ADD(&cases, chip_erase_of_all_limit_grows_with_size);
	CASES_ADD(&cases, chip_usual_erase_times_never_fall_with_size);
	CASES_ADD(&cases, chip_erase_usually_takes_2_5_s_a_mib_or_what_the_part_says);
	CASES_ADD(&cases, chip_step_read_id_sends_9fh_slowly);
	CASES_ADD(&cases, chip_step_of_unknown_part_has_a_clock_limit);
	CASES_ADD(&cases, chip_step_read_sfdp_takes_3_address_bytes_and_8_clocks);
	CASES_ADD(&cases, chip_step_read_status_uses_the_poll_opcode);
	CASES_ADD(&cases, chip_step_erase_is_enabled_checked_and_waited_for);
	CASES_ADD(&cases, chip_step_chip_erase_has_no_address);
	CASES_ADD(&cases, chip_mass_erase_reaches_every_die);
	CASES_ADD(&cases, chip_without_chip_erase_has_no_mass_erase);
	CASES_ADD(&cases, chip_step_program_carries_data_and_page);
	CASES_ADD(&cases, chip_steps_program_words_between_odd_ends);
	CASES_ADD(&cases, chip_steps_program_of_an_ordinary_part_is_one);
	CASES_ADD(&cases, chip_step_read_takes_the_way_that_was_chosen);
	CASES_ADD(&cases, chip_step_4byte_is_enabled_unless_the_part_says_it_need_not);
	CASES_ADD(&cases, chip_step_clear_flags_sends_the_parts_opcode);
	CASES_ADD(&cases, chip_id_of_an_empty_socket_is_blank);
	CASES_ADD(&cases, chip_id_is_plausible_when_a_manufacturer_can_have_it);
	CASES_ADD(&cases, chip_steps_home_end_suspension_then_4byte_mode_then_the_register);
	CASES_ADD(&cases, chip_steps_home_of_a_bank_register_need_no_write_enable);
	return cases_run(&cases, "chip", argc, argv);
}
