// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_address.c: four-byte mode and the register of the fourth byte.
 */

#include "cases.h"
#include "cmspi_address.h"

#define MIB		(1u << 20)
#define MAX_STEPS	32

struct expanded {
	struct cmspi_chip chip;
	struct cmspi_step steps[MAX_STEPS];
	unsigned int origins[MAX_STEPS];
	struct cmspi_address_list list;
};

static void set_up(struct expanded *e, uint8_t enter_4byte)
{
	memset(e, 0, sizeof(*e));
	cmspi_chip_init(&e->chip);
	e->chip.size_bytes = 64 * MIB;
	e->chip.enter_4byte = enter_4byte;
	e->chip.exit_4byte = enter_4byte;
	e->list = (struct cmspi_address_list){
		.steps = e->steps, .origins = e->origins, .max_steps = MAX_STEPS,
	};
}

static void expect_opcodes(const struct expanded *e, const uint8_t *opcodes, unsigned int count)
{
	assert_int_equal(e->list.count, count);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(e->steps[i].op.opcode, opcodes[i]);
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

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, address_mode_goes_around_the_batch);
	CASES_ADD(&cases, address_id_and_sfdp_need_nothing);
	CASES_ADD(&cases, address_register_splits_a_read_at_16_mib);
	CASES_ADD(&cases, address_register_follows_erases);
	CASES_ADD(&cases, address_register_cannot_split_a_running_checksum);
	return cases_run(&cases, "address", argc, argv);
}
