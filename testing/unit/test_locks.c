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

static void locks_are_found_by_id_and_size(void **state)
{
	(void)state;
	assert_int_equal(locks_of(0xef, 0x40, 8 * MIB)->read_opcode, 0x3d);
	assert_int_equal(locks_of(0xef, 0x70, 256 * MIB)->read_opcode, 0x3d);
	assert_null(locks_of(0xef, 0x30, 512 * KIB));
	assert_null(locks_of(0xef, 0x40, 1 * MIB));
	assert_int_equal(locks_of(0x1f, 0x47, 4 * MIB)->read_opcode, 0x3c);
	assert_true(locks_of(0x1f, 0x47, 4 * MIB)->always);
	assert_null(locks_of(0x1f, 0x44, 512 * KIB));
	assert_null(locks_of(0x1f, 0x86, 2 * MIB));
	assert_int_equal(locks_of(0xbf, 0x26, 8 * MIB)->read_register_opcode, 0x72);
	assert_null(locks_of(0xbf, 0x25, 2 * MIB));
	assert_false(cmspi_locks_readable(locks_of(0xc2, 0x20, 16 * MIB)));
	assert_int_equal(locks_of(0xc2, 0x25, 64 * MIB)->unlock_all_opcode, 0x98);
	assert_true(cmspi_locks_readable(locks_of(0xbf, 0x26, 8 * MIB)));
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
		{ { 0xbf, 0x26 }, 8 * MIB, 136, { 8, 8, 8, 8, 32, 64 } },
		{ { 0xbf, 0x26 }, 2 * MIB, 40, { 8, 8, 8, 8, 32, 64 } },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint32_t size = rows[i].size_bytes;
		const struct cmspi_locks *locks = locks_of(rows[i].id[0], rows[i].id[1], size);
		const unsigned int count = cmspi_locks_count(locks, size);

		assert_int_equal(count, rows[i].count);
		assert_int_equal(cmspi_locks_start(locks, size, 0), 0);
		assert_int_equal(cmspi_locks_start(locks, size, count), size);
		for (unsigned int b = 0; b < count; b++)
			assert_true(cmspi_locks_start(locks, size, b) <
				cmspi_locks_start(locks, size, b + 1));
		for (unsigned int b = 0; b < 6; b++) {
			const uint32_t bytes = rows[i].head_kib[b] * KIB;

			assert_int_equal(cmspi_locks_start(locks, size, b + 1) -
				cmspi_locks_start(locks, size, b), bytes);
			assert_int_equal(cmspi_locks_start(locks, size, count - b) -
				cmspi_locks_start(locks, size, count - b - 1), bytes);
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
	assert_int_equal(cmspi_locks_register_bytes(8 * MIB), 18);
	assert_int_equal(cmspi_locks_register_bytes(4 * MIB), 10);
	assert_int_equal(cmspi_locks_register_bytes(2 * MIB), 6);
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint32_t size = rows[i].size_bytes;
		const struct cmspi_locks *locks = locks_of(0xbf, 0x26, size);
		unsigned int block = 0;

		while (cmspi_locks_start(locks, size, block) != rows[i].addr)
			block++;
		const unsigned int bit = cmspi_locks_register_bit(size, block);
		const unsigned int bytes = cmspi_locks_register_bytes(size);
		assert_int_equal(8 * (bytes - 1 - bit / 8) + bit % 8, rows[i].bit);
	}
}

static void locks_of_large_parts_are_reached_by_four_bytes(void **state)
{
	struct cmspi_chip chip = chip_of(0xef, 0x40, 0x19, 32 * MIB);
	uint8_t value;

	(void)state;
	assert_int_equal(cmspi_locks_step_read(cmspi_locks_of(&chip), &chip, 0x1000000,
		&value).op.addr_bytes, 4);
	chip = chip_of(0xef, 0x40, 0x18, 16 * MIB);
	assert_int_equal(cmspi_locks_step_change(cmspi_locks_of(&chip), &chip, 0x1000,
		true).op.addr_bytes, 3);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, locks_are_found_by_id_and_size);
	CASES_ADD(&cases, locks_cover_the_chip_block_by_block);
	CASES_ADD(&cases, locks_bits_of_sst26_are_in_place);
	CASES_ADD(&cases, locks_of_large_parts_are_reached_by_four_bytes);
	return cases_run(&cases, "locks", argc, argv);
}
