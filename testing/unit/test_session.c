// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_pending.c on a chip in plain arrays: which sectors are erased, programmed or
 * left alone, and what stays pending when something fails.
 */

#include "session_toy.h"

/* ---- one situation after the other -------------------------------------- */

/* Sectors hold their number */
static struct toy *toy_filled(void)
{
	struct toy *toy = toy_new();

	for (unsigned int i = 0; i < TOY_BYTES; i++)
		toy->memory[i] = i / TOY_SECTOR;
	return toy;
}

static void expect_counts(const struct toy *toy, uint32_t unchanged, uint32_t erased,
	uint32_t programmed)
{
	assert_int_equal(toy->pending.counts.unchanged, unchanged);
	assert_int_equal(toy->pending.counts.erased, erased);
	assert_int_equal(toy->pending.counts.programmed, programmed);
	assert_false(toy->sin);
}

static void crc_equals_the_published_check_value(void **state)
{
	(void)state;
	struct toy *toy = toy_new();

	// CRC-32/MPEG-2 in the catalogue of parametrised CRC algorithms
	assert_int_equal(cmspi_pending_crc(&toy->pending, (const uint8_t *)"123456789", 9),
		0x0376e6e7);
	toy_free(toy);
}

static void add_changes_nothing_on_the_chip(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();

	cmspi_pending_add(&toy->pending, 1, 3);
	cmspi_pending_add(&toy->pending, 3, 4);
	assert_int_equal(toy->pending.count, 4);
	for (unsigned int i = 0; i < TOY_BYTES; i++)
		assert_int_equal(toy->memory[i], i / TOY_SECTOR);
	toy_free(toy);
}

static void settle_erases_just_what_was_added(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();

	cmspi_pending_add(&toy->pending, 0, 0);
	cmspi_pending_add(&toy->pending, 5, 6);
	cmspi_pending_add(&toy->pending, TOY_SECTORS - 1, TOY_SECTORS - 1);
	assert_int_equal(cmspi_pending_settle(&toy->pending), 0);
	assert_int_equal(toy->pending.count, 0);
	for (unsigned int i = 0; i < TOY_SECTORS; i++)
		assert_int_equal(toy->erases[i], i == 0 || i == 5 || i == 6 || i == TOY_SECTORS - 1);
	expect_counts(toy, 0, 4, 0);
	toy_free(toy);
}

static void write_of_what_is_there_changes_nothing(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[3 * TOY_SECTOR];

	memcpy(data, toy->memory + TOY_SECTOR, sizeof(data));
	cmspi_pending_add(&toy->pending, 1, 3);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, TOY_SECTOR, sizeof(data)), 0);
	assert_int_equal(toy->pending.count, 0);
	for (unsigned int i = 0; i < TOY_SECTORS; i++)
		assert_int_equal(toy->erases[i] + toy->programs[i], 0);
	expect_counts(toy, 3, 0, 0);
	toy_free(toy);
}

static void write_changes_only_sectors_that_differ(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[6 * TOY_SECTOR];

	memcpy(data, toy->memory, sizeof(data));
	data[2 * TOY_SECTOR + 3] = 0x55;
	// blank on the chip, and to be blank
	memset(toy->memory + 3 * TOY_SECTOR, 0xff, TOY_SECTOR);
	memset(data + 4 * TOY_SECTOR, 0xff, TOY_SECTOR);
	cmspi_pending_add(&toy->pending, 0, 5);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, 0, sizeof(data)), 0);
	for (unsigned int i = 0; i < TOY_SECTORS; i++) {
		assert_int_equal(toy->erases[i], i == 2 || i == 4);
		assert_int_equal(!!toy->programs[i], i == 2 || i == 3);
	}
	assert_memory_equal(toy->memory, data, sizeof(data));
	expect_counts(toy, 3, 2, 2);
	toy_free(toy);
}

/* Sector 2 may have bits cleared, sector 3 needs one set; 1 and 4 are right. */
static void fill_for_overwrite(const struct toy *toy, uint8_t data[4 * TOY_SECTOR])
{
	memcpy(data, toy->memory + TOY_SECTOR, 4 * TOY_SECTOR);
	data[TOY_SECTOR + 3] = 0x00;
	data[TOY_SECTOR + 5] = 0x00;
	data[2 * TOY_SECTOR + 1] = 0x07;
}

static void overwrite_leaves_out_the_erase_where_bits_are_cleared(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[4 * TOY_SECTOR];

	fill_for_overwrite(toy, data);
	toy->pending.overwrite = true;
	cmspi_pending_add(&toy->pending, 1, 4);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, TOY_SECTOR, sizeof(data)), 0);
	for (unsigned int i = 0; i < TOY_SECTORS; i++)
		assert_int_equal(toy->erases[i], i == 3);
	// from the first byte that differs to the last
	assert_int_equal(toy->programs[2], 3);
	assert_int_equal(toy->programs[1] + toy->programs[4], 0);
	assert_memory_equal(toy->memory + TOY_SECTOR, data, sizeof(data));
	assert_int_equal(toy->pending.counts.overwritten, 1);
	expect_counts(toy, 2, 1, 2);
	toy_free(toy);
}

static void without_overwrite_all_that_differs_is_erased(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[4 * TOY_SECTOR];

	fill_for_overwrite(toy, data);
	cmspi_pending_add(&toy->pending, 1, 4);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, TOY_SECTOR, sizeof(data)), 0);
	assert_int_equal(toy->erases[2] + toy->erases[3], 2);
	assert_memory_equal(toy->memory + TOY_SECTOR, data, sizeof(data));
	assert_int_equal(toy->pending.counts.overwritten, 0);
	expect_counts(toy, 2, 2, 2);
	toy_free(toy);
}

/* The erase would have left FFh in the part of the sector that is not written. */
static void overwrite_erases_where_the_rest_must_become_blank(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	const uint8_t zeros[TOY_SECTOR / 2] = { 0 };

	toy->pending.overwrite = true;
	cmspi_pending_add(&toy->pending, 5, 5);
	assert_int_equal(cmspi_pending_write(&toy->pending, zeros, 5 * TOY_SECTOR, sizeof(zeros)),
		0);
	assert_int_equal(toy->erases[5], 1);
	assert_memory_equal(toy->memory + 5 * TOY_SECTOR, zeros, sizeof(zeros));
	assert_true(cmspi_plan_is_blank(toy->memory + 5 * TOY_SECTOR + sizeof(zeros),
		TOY_SECTOR - sizeof(zeros)));
	toy_free(toy);
}

static void overwrite_that_does_not_take_is_followed_by_an_erase(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[4 * TOY_SECTOR];

	fill_for_overwrite(toy, data);
	toy->pending.overwrite = true;
	toy->ignores_program = true;
	cmspi_pending_add(&toy->pending, 1, 4);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, TOY_SECTOR, sizeof(data)), 0);
	assert_int_equal(toy->erases[2], 1);
	assert_memory_equal(toy->memory + TOY_SECTOR, data, sizeof(data));
	expect_counts(toy, 2, 2, 2);
	toy_free(toy);
}

/* Compare, read, program, compare, erase, program: whichever fails, what is not done
 * stays pending, and the next write does it. */
static void overwrite_that_fails_anywhere_can_be_done_again(void **state)
{
	(void)state;
	for (int fail_in = 0; fail_in < 6; fail_in++) {
		struct toy *toy = toy_filled();
		uint8_t data[4 * TOY_SECTOR];

		fill_for_overwrite(toy, data);
		toy->pending.overwrite = true;
		toy->fail_in = fail_in;
		cmspi_pending_add(&toy->pending, 1, 4);
		assert_int_equal(cmspi_pending_write(&toy->pending, data, TOY_SECTOR,
			sizeof(data)), TOY_ERROR);
		// the last one is after all erases
		assert_int_equal(toy->pending.count != 0, fail_in < 5);
		assert_int_equal(cmspi_pending_write(&toy->pending, data, TOY_SECTOR,
			sizeof(data)), 0);
		assert_int_equal(toy->pending.count, 0);
		assert_memory_equal(toy->memory + TOY_SECTOR, data, sizeof(data));
		toy_free(toy);
	}
}

static void write_of_a_part_expects_the_rest_blank(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[TOY_SECTOR];

	// right in the part that is written, but not erased behind it
	memset(data, 1, sizeof(data));
	cmspi_pending_add(&toy->pending, 1, 2);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, TOY_SECTOR + 2, TOY_SECTOR - 2), 0);
	assert_int_equal(toy->erases[1], 1);
	assert_int_equal(toy->memory[TOY_SECTOR], 0xff);
	assert_int_equal(toy->memory[TOY_SECTOR + 2], 1);
	// the other one waits for its own write
	assert_int_equal(toy->pending.count, 1);
	assert_int_equal(toy->memory[2 * TOY_SECTOR], 2);
	expect_counts(toy, 0, 1, 1);
	toy_free(toy);
}

static void write_without_an_erase_only_programs(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	const uint8_t data[2] = { 0xf0, 0x0f };

	cmspi_pending_add(&toy->pending, 9, 9);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, 3 * TOY_SECTOR, 2), 0);
	assert_int_equal(toy->memory[3 * TOY_SECTOR], 3 & 0xf0);
	assert_int_equal(toy->memory[3 * TOY_SECTOR + 1], 3 & 0x0f);
	assert_int_equal(toy->pending.count, 1);
	expect_counts(toy, 0, 0, 1);
	toy_free(toy);
}

static void write_next_to_a_right_sector_never_erases_it(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[8 * TOY_SECTOR];

	// seven of eight differ, and one large erase were quicker than three small ones
	memset(data, 0x33, sizeof(data));
	memset(data + 2 * TOY_SECTOR, 2, TOY_SECTOR);
	cmspi_pending_add(&toy->pending, 0, 7);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, 0, sizeof(data)), 0);
	for (unsigned int i = 0; i < TOY_SECTORS; i++)
		assert_int_equal(toy->erases[i], i < 8 && i != 2);
	expect_counts(toy, 1, 7, 7);
	toy_free(toy);
}

static void write_of_something_else_reads_little(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();
	uint8_t data[TOY_BYTES];

	memset(data, 0x99, sizeof(data));
	// one is right, one is not behind its first byte, one is blank
	memset(toy->memory + 3 * TOY_SECTOR, 0x99, TOY_SECTOR);
	toy->memory[5 * TOY_SECTOR] = 0x99;
	memset(toy->memory + 6 * TOY_SECTOR, 0xff, TOY_SECTOR);
	cmspi_pending_add(&toy->pending, 0, TOY_SECTORS - 1);
	assert_int_equal(cmspi_pending_write(&toy->pending, data, 0, sizeof(data)), 0);
	assert_memory_equal(toy->memory, data, sizeof(data));
	// eight samples, all heads, three sectors
	assert_int_equal(toy->read_bytes, 8 + TOY_SECTORS + 3 * TOY_SECTOR);
	expect_counts(toy, 1, TOY_SECTORS - 2, TOY_SECTORS - 1);
	toy_free(toy);
}

static void settle_that_fails_stays_pending(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();

	cmspi_pending_add(&toy->pending, 1, 1);
	cmspi_pending_add(&toy->pending, 3, 4);
	toy->fail_in = 1;
	assert_int_equal(cmspi_pending_settle(&toy->pending), TOY_ERROR);
	assert_int_equal(toy->erases[1], 1);
	assert_int_equal(toy->pending.count, 2);
	assert_int_equal(cmspi_pending_settle(&toy->pending), 0);
	assert_int_equal(toy->erases[1], 1);
	assert_int_equal(toy->erases[3], 1);
	assert_int_equal(toy->pending.count, 0);
	toy_free(toy);
}

static void write_that_fails_keeps_what_is_not_erased(void **state)
{
	(void)state;
	uint8_t data[4 * TOY_SECTOR];

	for (int fail_in = 0; fail_in < 2; fail_in++) {
		struct toy *toy = toy_filled();

		memset(data, 0x33, sizeof(data));
		memset(data + 2 * TOY_SECTOR, 2, TOY_SECTOR);
		cmspi_pending_add(&toy->pending, 0, 3);
		toy->fail_in = fail_in;
		assert_int_equal(cmspi_pending_write(&toy->pending, data, 0, sizeof(data)), TOY_ERROR);
		// the checksums failed: all; the erases did: but for the one that is right
		assert_int_equal(toy->pending.count, fail_in ? 3 : 4);
		assert_int_equal(cmspi_pending_settle(&toy->pending), 0);
		for (unsigned int i = 0; i < 4; i++)
			assert_int_equal(toy->memory[i * TOY_SECTOR], fail_in && i == 2 ? 2 : 0xff);
		toy_free(toy);
	}
}

static void drop_forgets_all(void **state)
{
	(void)state;
	struct toy *toy = toy_filled();

	cmspi_pending_add(&toy->pending, 0, TOY_SECTORS - 1);
	cmspi_pending_drop(&toy->pending);
	assert_int_equal(toy->pending.count, 0);
	assert_int_equal(cmspi_pending_settle(&toy->pending), 0);
	expect_counts(toy, 0, 0, 0);
	toy_free(toy);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, crc_equals_the_published_check_value);
	CASES_ADD(&cases, add_changes_nothing_on_the_chip);
	CASES_ADD(&cases, settle_erases_just_what_was_added);
	CASES_ADD(&cases, write_of_what_is_there_changes_nothing);
	CASES_ADD(&cases, write_changes_only_sectors_that_differ);
	CASES_ADD(&cases, overwrite_leaves_out_the_erase_where_bits_are_cleared);
	CASES_ADD(&cases, without_overwrite_all_that_differs_is_erased);
	CASES_ADD(&cases, overwrite_erases_where_the_rest_must_become_blank);
	CASES_ADD(&cases, overwrite_that_does_not_take_is_followed_by_an_erase);
	CASES_ADD(&cases, overwrite_that_fails_anywhere_can_be_done_again);
	CASES_ADD(&cases, write_of_a_part_expects_the_rest_blank);
	CASES_ADD(&cases, write_without_an_erase_only_programs);
	CASES_ADD(&cases, write_next_to_a_right_sector_never_erases_it);
	CASES_ADD(&cases, write_of_something_else_reads_little);
	CASES_ADD(&cases, settle_that_fails_stays_pending);
	CASES_ADD(&cases, write_that_fails_keeps_what_is_not_erased);
	CASES_ADD(&cases, drop_forgets_all);
	return cases_run(&cases, "session", argc, argv);
}
