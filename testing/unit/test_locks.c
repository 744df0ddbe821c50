// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_locks.c: blocks cover the chip, their bits are where SST26's data sheet has
 * them, and parts are found by their ID.
 */

#include "cases.h"
#include "cmspi_locks.h"

#define KIB	1024u
#define MIB	(1024 * KIB)

static struct cmspi_chip chip_of(uint8_t maker, uint8_t type, uint8_t density,
	uint32_t size_bytes)
{
	struct cmspi_chip chip;

	cmspi_chip_init(&chip);
	chip.id[0] = maker;
	chip.id[1] = type;
	chip.id[2] = density;
	chip.size_bytes = size_bytes;
	return chip;
}

static const struct cmspi_locks *locks_of(uint8_t maker, uint8_t type, uint32_t size_bytes)
{
	const struct cmspi_chip chip = chip_of(maker, type, 0, size_bytes);

	return cmspi_locks_of(&chip);
}

static const struct cmspi_locks *locks_by_sfdp(uint8_t lock_opcode)
{
	struct cmspi_chip chip = chip_of(0xc2, 0x20, 0x18, 16 * MIB);

	chip.lock_opcode = lock_opcode;
	return cmspi_locks_of(&chip);
}

static const struct cmspi_locks *locks_by_id_byte(uint8_t maker, uint8_t type, unsigned int index,
	uint8_t value)
{
	struct cmspi_chip chip = chip_of(maker, type, 0x18, 16 * MIB);

	chip.id[index] = value;
	return cmspi_locks_of(&chip);
}

static void locks_are_found_by_id_and_size(void **state)
{
	(void)state;
	assert_int_equal(locks_of(0xef, 0x40, 8 * MIB)->read_opcode, 0x3d);
	assert_int_equal(locks_of(0xef, 0x70, 256 * MIB)->read_opcode, 0x3d);
	assert_null(locks_of(0xef, 0x30, 512 * KIB));
	assert_null(locks_of(0xef, 0x40, 1 * MIB));
	assert_int_equal(locks_of(0x1f, 0x47, 4 * MIB)->read_opcode, 0x3c);
	assert_int_equal(locks_of(0x1f, 0x47, 4 * MIB)->rule, CMSPI_LOCKS_ALONE);
	assert_int_equal(locks_of(0x1f, 0x44, 512 * KIB)->read_opcode, 0x3c);
	assert_null(locks_of(0x1f, 0x86, 2 * MIB));
	assert_int_equal(locks_of(0xbf, 0x26, 8 * MIB)->read_register_opcode, 0x72);
	assert_null(locks_of(0xbf, 0x25, 2 * MIB));
	assert_false(cmspi_locks_readable(locks_of(0xc2, 0x20, 16 * MIB)));
	assert_int_equal(locks_of(0xc2, 0x25, 64 * MIB)->unlock_all_opcode, 0x98);
	assert_true(cmspi_locks_readable(locks_of(0xbf, 0x26, 8 * MIB)));
}

// one ID stands for parts whose commands for locks differ
static void locks_are_told_apart_by_sfdp_and_extended_id(void **state)
{
	(void)state;
	assert_int_equal(locks_by_sfdp(0x36)->read_opcode, 0x3c);
	assert_int_equal(locks_by_sfdp(0xe1)->read_opcode, 0xe0);
	assert_int_equal(locks_by_sfdp(0xe1)->addr_bytes, 4);
	assert_false(cmspi_locks_readable(locks_by_sfdp(0)));
	assert_int_equal(locks_by_id_byte(0x20, 0xba, 4, 0x44)->groups[0].kib, 4);
	assert_int_equal(locks_by_id_byte(0x20, 0xba, 4, 0x00)->groups[0].kib, 64);
	assert_int_equal(locks_by_id_byte(0x01, 0x20, 5, 0x80)->read_opcode, 0xe0);
	assert_int_equal(locks_by_id_byte(0x01, 0x20, 5, 0x81)->read_opcode, 0xe0);
	// S25FL128P
	assert_null(locks_by_id_byte(0x01, 0x20, 5, 0x00));
}

static void locks_read_as_the_data_sheets_say(void **state)
{
	static const struct {
		uint8_t id[2];
		unsigned int extra_index;
		uint8_t extra;
		uint8_t lock_opcode;
		struct cmspi_lock_state answer;
		bool locked;
		bool lasting;
	} rows[] = {
		{ { 0xef, 0x40 }, 0, 0, 0, { 0x01, 0 }, true, false },
		{ { 0xef, 0x40 }, 0, 0, 0, { 0x00, 0 }, false, false },
		{ { 0xc2, 0x20 }, 0, 0, 0xe1, { 0xff, 0x00 }, true, false },
		{ { 0xc2, 0x20 }, 0, 0, 0xe1, { 0x00, 0xff }, false, true },
		{ { 0x01, 0x20 }, 5, 0x80, 0, { 0x00, 0xff }, true, false },
		{ { 0x01, 0x20 }, 5, 0x80, 0, { 0xff, 0x00 }, false, true },
		{ { 0x20, 0xba }, 4, 0x44, 0, { 0x01, 0 }, true, false },
		{ { 0x20, 0xba }, 4, 0x44, 0, { 0x03, 0 }, true, false },
		{ { 0x20, 0xba }, 4, 0x44, 0, { 0x02, 0 }, false, false },
		// nobody drives MISO: no such command
		{ { 0x20, 0xba }, 4, 0x44, 0, { 0xff, 0 }, false, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct cmspi_chip chip = chip_of(rows[i].id[0], rows[i].id[1], 0x18, 16 * MIB);

		if (rows[i].extra_index)
			chip.id[rows[i].extra_index] = rows[i].extra;
		chip.lock_opcode = rows[i].lock_opcode;
		const struct cmspi_locks *locks = cmspi_locks_of(&chip);

		assert_int_equal(cmspi_locks_is_locked(locks, &rows[i].answer), rows[i].locked);
		assert_int_equal(cmspi_locks_is_lasting(locks, &rows[i].answer), rows[i].lasting);
	}
}

static void locks_that_follow_the_sectors_are_those_of_the_map(void **state)
{
	struct cmspi_chip chip = chip_of(0x01, 0x20, 0x18, 16 * MIB);

	(void)state;
	chip.id[5] = 0x80;
	chip.erase[0] = (struct cmspi_erase_type) { .size_bytes = 4 * KIB, .opcode = 0x20 };
	chip.erase[1] = (struct cmspi_erase_type) { .size_bytes = 64 * KIB, .opcode = 0xd8 };
	chip.regions[0] = (struct cmspi_region) { .size_bytes = 128 * KIB, .types = 3 };
	chip.regions[1] = (struct cmspi_region) { .size_bytes = 16 * MIB - 128 * KIB, .types = 2 };
	chip.num_regions = 2;
	const struct cmspi_locks *locks = cmspi_locks_of(&chip);

	assert_int_equal(cmspi_locks_count(locks, &chip), 32 + 254);
	assert_int_equal(cmspi_locks_start(locks, &chip, 31), 124 * KIB);
	assert_int_equal(cmspi_locks_start(locks, &chip, 33), 192 * KIB);
	assert_int_equal(cmspi_locks_start(locks, &chip, 286), 16 * MIB);
}

static void locks_commands_carry_address_and_value(void **state)
{
	struct cmspi_chip chip = chip_of(0xc2, 0x20, 0x18, 16 * MIB);
	struct cmspi_lock_state answer;
	struct cmspi_step steps[CMSPI_LOCKS_READ_STEPS];

	(void)state;
	chip.lock_opcode = 0xe1;
	const struct cmspi_locks *locks = cmspi_locks_of(&chip);
	const struct cmspi_step off = cmspi_locks_step_change(locks, &chip, 0x10000, false);

	assert_int_equal(off.op.opcode, 0xe1);
	assert_int_equal(off.op.addr_bytes, 4);
	assert_int_equal(off.tx_bytes, 1);
	assert_int_equal(off.tx[0], 0x00);
	assert_int_equal(cmspi_locks_step_change(locks, &chip, 0, true).tx[0], 0xff);
	assert_int_equal(cmspi_locks_steps_read(locks, &chip, 0x10000, &answer, steps), 2);
	assert_int_equal(steps[1].op.opcode, 0xe2);
	chip.lock_opcode = 0x36;
	locks = cmspi_locks_of(&chip);
	assert_int_equal(cmspi_locks_step_change(locks, &chip, 0, true).tx_bytes, 0);
	assert_int_equal(cmspi_locks_steps_read(locks, &chip, 0, &answer, steps), 1);
}

static void locks_cover_the_chip_block_by_block(void **state)
{
	static const struct {
		uint8_t id[2];
		uint32_t size_bytes;
		unsigned int count;
		/** sizes of the first and the last blocks, KiB */
		uint32_t head_kib[6];
	} rows[] = {
		{ { 0xef, 0x40 }, 8 * MIB, 158, { 4, 4, 4, 4, 4, 4 } },
		{ { 0xef, 0x40 }, 2 * MIB, 62, { 4, 4, 4, 4, 4, 4 } },
		{ { 0x1f, 0x47 }, 4 * MIB, 64, { 64, 64, 64, 64, 64, 64 } },
		{ { 0x20, 0xbb }, 16 * MIB, 256, { 64, 64, 64, 64, 64, 64 } },
		{ { 0xbf, 0x26 }, 8 * MIB, 136, { 8, 8, 8, 8, 32, 64 } },
		{ { 0xbf, 0x26 }, 2 * MIB, 40, { 8, 8, 8, 8, 32, 64 } },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint32_t size = rows[i].size_bytes;
		const struct cmspi_chip chip = chip_of(rows[i].id[0], rows[i].id[1], 0, size);
		const struct cmspi_locks *locks = cmspi_locks_of(&chip);
		const unsigned int count = cmspi_locks_count(locks, &chip);

		assert_int_equal(count, rows[i].count);
		assert_int_equal(cmspi_locks_start(locks, &chip, 0), 0);
		assert_int_equal(cmspi_locks_start(locks, &chip, count), size);
		for (unsigned int b = 0; b < count; b++)
			assert_true(cmspi_locks_start(locks, &chip, b) <
				cmspi_locks_start(locks, &chip, b + 1));
		for (unsigned int b = 0; b < 6; b++) {
			const uint32_t bytes = rows[i].head_kib[b] * KIB;

			assert_int_equal(cmspi_locks_start(locks, &chip, b + 1) -
				cmspi_locks_start(locks, &chip, b), bytes);
			assert_int_equal(cmspi_locks_start(locks, &chip, count - b) -
				cmspi_locks_start(locks, &chip, count - b - 1), bytes);
		}
	}
}

// SST26VF064B data sheet, "Block-Protection Register": bit 142 comes with the first byte
static void locks_bits_of_sst26_are_in_place(void **state)
{
	static const struct {
		uint32_t size_bytes;
		uint32_t addr;
		unsigned int bit;
	} rows[] = {
		{ 8 * MIB, 0x7fe000, 142 }, { 8 * MIB, 0x7f8000, 136 }, { 8 * MIB, 0x006000, 134 },
		{ 8 * MIB, 0x000000, 128 }, { 8 * MIB, 0x7f0000, 127 }, { 8 * MIB, 0x008000, 126 },
		{ 8 * MIB, 0x7e0000, 125 }, { 8 * MIB, 0x010000, 0 },
		{ 2 * MIB, 0x1fe000, 46 }, { 2 * MIB, 0x000000, 32 }, { 2 * MIB, 0x1f0000, 31 },
		{ 2 * MIB, 0x008000, 30 }, { 2 * MIB, 0x1e0000, 29 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint32_t size = rows[i].size_bytes;
		const struct cmspi_chip chip = chip_of(0xbf, 0x26, 0, size);
		const struct cmspi_locks *locks = cmspi_locks_of(&chip);
		unsigned int block = 0;

		while (cmspi_locks_start(locks, &chip, block) != rows[i].addr)
			block++;
		const unsigned int bit = cmspi_locks_register_bit(&chip, block);
		const unsigned int bytes = cmspi_locks_register_bytes(&chip);

		assert_int_equal(bytes, size == 8 * MIB ? 18 : 6);
		assert_int_equal(8 * (bytes - 1 - bit / 8) + bit % 8, rows[i].bit);
	}
}

static void locks_of_large_parts_are_reached_by_four_bytes(void **state)
{
	struct cmspi_chip chip = chip_of(0xef, 0x40, 0x19, 32 * MIB);
	struct cmspi_lock_state answer;
	struct cmspi_step step;

	(void)state;
	cmspi_locks_steps_read(cmspi_locks_of(&chip), &chip, 0x1000000, &answer, &step);
	assert_int_equal(step.op.addr_bytes, 4);
	chip = chip_of(0xef, 0x40, 0x18, 16 * MIB);
	assert_int_equal(cmspi_locks_step_change(cmspi_locks_of(&chip), &chip, 0x1000,
		true).op.addr_bytes, 3);
}

// AT25DF041A (3668F), "Memory Architecture Diagram"
static void locks_of_at25df041a_are_smaller_at_the_top(void **state)
{
	static const uint32_t starts[] = { 0x60000, 0x70000, 0x78000, 0x7a000, 0x7c000, 0x80000 };
	const struct cmspi_chip chip = chip_of(0x1f, 0x44, 0x01, 512 * KIB);
	const struct cmspi_locks *locks = cmspi_locks_of(&chip);

	(void)state;
	assert_int_equal(cmspi_locks_count(locks, &chip), 11);
	for (unsigned int i = 0; i < sizeof(starts) / sizeof(*starts); i++)
		assert_int_equal(cmspi_locks_start(locks, &chip, 6 + i), starts[i]);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, locks_are_found_by_id_and_size);
	CASES_ADD(&cases, locks_cover_the_chip_block_by_block);
	CASES_ADD(&cases, locks_bits_of_sst26_are_in_place);
	CASES_ADD(&cases, locks_of_large_parts_are_reached_by_four_bytes);
	CASES_ADD(&cases, locks_are_told_apart_by_sfdp_and_extended_id);
	CASES_ADD(&cases, locks_read_as_the_data_sheets_say);
	CASES_ADD(&cases, locks_that_follow_the_sectors_are_those_of_the_map);
	CASES_ADD(&cases, locks_commands_carry_address_and_value);
	CASES_ADD(&cases, locks_of_at25df041a_are_smaller_at_the_top);
	return cases_run(&cases, "locks", argc, argv);
}
