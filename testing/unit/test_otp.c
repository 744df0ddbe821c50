// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_otp.c: which part has which security registers, what may be done to them, and
 * the steps that do it.
 */

#include "cases.h"
#include "cmspi_otp.h"
#include "cmspi_parts.h"

struct otp_case {
	const char *name;
	uint8_t id[CMSPI_ID_BYTES];
	/** 0: no row */
	unsigned int count;
	unsigned int first;
	unsigned int bytes;
	uint8_t read_opcode;
	unsigned int addr_bytes;
};

static const struct otp_case otp_cases[] = {
	{ "w25q64jv", { 0xef, 0x40, 0x17, 0xef, 0x40, 0x17 }, 3, 1, 256, 0x48, 3 },
	{ "w25q512jv", { 0xef, 0x40, 0x20 }, 3, 1, 256, 0x48, 3 },
	{ "gd25q128", { 0xc8, 0x40, 0x18 }, 3, 1, 256, 0x48, 3 },
	{ "mx25l6406e", { 0xc2, 0x20, 0x17 }, 1, 0, 64, 0x03, 3 },
	{ "mx25l12805d", { 0xc2, 0x20, 0x18 }, 1, 0, 64, 0x03, 3 },
	{ "mx25l25645g", { 0xc2, 0x20, 0x19 }, 1, 0, 512, 0x03, 3 },
	{ "n25q256a", { 0x20, 0xba, 0x19, 0x10 }, 1, 0, 64, 0x4b, 4 },
	{ "s25fl256s", { 0x01, 0x02, 0x19, 0x4d, 0x01, 0x80 }, 1, 0, 1024, 0x4b, 3 },
	{ "is25lp064", { 0x9d, 0x60, 0x17 }, 4, 0, 256, 0x68, 3 },
	// its lock bits lie elsewhere
	{ "s25fl129p", { 0x01, 0x20, 0x18, 0x4d, 0x01, 0x00 }, 0, 0, 0, 0, 0 },
	{ "en25q64", { 0x1c, 0x30, 0x17 }, 0, 0, 0, 0, 0 },
	{ "w25x40", { 0xef, 0x30, 0x13 }, 0, 0, 0, 0, 0 },
};

static void take_chip(const uint8_t *id, struct cmspi_chip *chip)
{
	cmspi_chip_init(chip);
	memcpy(chip->id, id, CMSPI_ID_BYTES);
	if (cmspi_family_of(id))
		cmspi_family_take(cmspi_family_of(id), chip);
}

static void otp_id_tells_registers(void **state)
{
	const struct otp_case *row = *state;
	struct cmspi_step steps[CMSPI_OTP_STEPS];
	struct cmspi_chip chip;
	uint8_t data[4];

	take_chip(row->id, &chip);
	const struct cmspi_otp *otp = cmspi_otp_of(&chip);

	if (!row->count) {
		assert_null(otp);
		return;
	}
	assert_non_null(otp);
	assert_int_equal(otp->first, row->first);
	assert_int_equal(otp->count, row->count);
	assert_int_equal(otp->bytes, row->bytes);
	assert_true(otp->bytes <= CMSPI_OTP_MAX_BYTES);
	const unsigned int at = otp->enter_opcode ? 1 : 0;

	assert_int_equal(cmspi_otp_steps_read(&chip, otp, otp->first, 5, data, sizeof(data), steps),
		1 + 2 * at);
	assert_int_equal(steps[at].op.opcode, row->read_opcode);
	assert_int_equal(steps[at].op.addr_bytes, row->addr_bytes);
	assert_int_equal(steps[at].addr, 0x1000 * otp->first + 5);
	assert_int_equal(steps[at].rx_bytes, sizeof(data));
}

static void otp_of_a_shared_id_is_larger_where_there_is_sfdp(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0xc2, 0x20, 0x18 };
	struct cmspi_chip chip;

	(void)state;
	take_chip(id, &chip);
	chip.sfdp_minor = 0;
	assert_int_equal(cmspi_otp_of(&chip)->bytes, 512);
}

static void otp_write_is_split_at_pages(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0x01, 0x02, 0x19, 0x4d, 0x01, 0x80 };
	static const uint8_t data[CMSPI_OTP_MAX_BYTES];
	struct cmspi_step steps[CMSPI_OTP_STEPS];
	struct cmspi_chip chip;

	(void)state;
	take_chip(id, &chip);
	const unsigned int count = cmspi_otp_steps_program(&chip, cmspi_otp_of(&chip), 0, 33, data,
		CMSPI_OTP_MAX_BYTES - 33, steps);

	assert_int_equal(count, 4);
	for (unsigned int i = 0; i < count; i++) {
		const uint32_t addr = i ? 256 * i : 33;

		assert_int_equal(steps[i].kind, CMSPI_STEP_XFER);
		assert_int_equal(steps[i].op.opcode, 0x42);
		assert_int_equal(steps[i].addr, addr);
		assert_ptr_equal(steps[i].tx, data + addr - 33);
		assert_int_equal(steps[i].tx_bytes, 256 * (i + 1) - addr);
		assert_int_equal(steps[i].count, 0);
		assert_true(steps[i].flags & CMSPI_STEP_WREN && steps[i].flags & CMSPI_STEP_POLL);
		assert_true(steps[i].timeout_us);
	}
}

static void otp_mode_is_left_behind_each_command(void **state)
{
	static const uint8_t id[CMSPI_ID_BYTES] = { 0xc2, 0x25, 0x38 };
	static const uint8_t data[512];
	struct cmspi_step steps[CMSPI_OTP_STEPS];
	struct cmspi_chip chip;

	(void)state;
	take_chip(id, &chip);
	const unsigned int count = cmspi_otp_steps_program(&chip, cmspi_otp_of(&chip), 0, 0, data,
		sizeof(data), steps);

	assert_int_equal(count, 4);
	assert_int_equal(steps[0].op.opcode, 0xb1);
	assert_int_equal(steps[1].op.opcode, 0x02);
	assert_int_equal(steps[2].addr, 256);
	assert_int_equal(steps[3].op.opcode, 0xc1);
	assert_int_equal(cmspi_otp_steps_leave(cmspi_otp_of(&chip), steps), 1);
	assert_int_equal(steps[0].op.opcode, 0xc1);
}

static void otp_range_outside_is_refused(void **state)
{
	static const struct {
		unsigned int number;
		uint32_t offset;
		uint32_t count;
		bool write;
		bool good;
	} rows[] = {
		{ 0, 0, 1, false, true }, { 0, 0, 1024, false, true }, { 0, 1023, 1, true, true },
		{ 0, 32, 992, true, true }, { 0, 31, 1, true, false }, { 0, 0, 0, false, false },
		{ 0, 0, 1025, false, false }, { 0, 1024, 1, false, false },
		{ 0, UINT32_MAX, 2, false, false }, { 0, 1, UINT32_MAX, false, false },
		{ 1, 0, 1, false, false }, { UINT32_MAX, 0, 1, false, false },
	};
	static const uint8_t id[CMSPI_ID_BYTES] = { 0x01, 0x02, 0x19, 0x4d, 0x01, 0x80 };
	struct cmspi_chip chip;
	char why[128];

	(void)state;
	take_chip(id, &chip);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cmspi_otp_check(cmspi_otp_of(&chip), rows[i].number, rows[i].offset, rows[i].count,
			rows[i].write, why, sizeof(why));
		assert_int_equal(!why[0], rows[i].good);
	}
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (unsigned int i = 0; i < sizeof(otp_cases) / sizeof(*otp_cases); i++)
		cases_add(&cases, otp_id_tells_registers, &otp_cases[i],
			"otp_id_of_%s_tells_registers", otp_cases[i].name);
	CASES_ADD(&cases, otp_of_a_shared_id_is_larger_where_there_is_sfdp);
	CASES_ADD(&cases, otp_write_is_split_at_pages);
	CASES_ADD(&cases, otp_mode_is_left_behind_each_command);
	CASES_ADD(&cases, otp_range_outside_is_refused);
	return cases_run(&cases, "otp", argc, argv);
}
