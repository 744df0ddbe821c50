// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_dataflash.c: addresses, programming through the buffer, protected sectors.
 */

#include "cases.h"
#include "cmspi_dataflash.h"

static const uint8_t at45db161e[6] = { 0x1f, 0x26, 0x00, 0x01, 0x00, 0xff };
static const uint8_t at45db641e[6] = { 0x1f, 0x28, 0x00, 0x01, 0x00, 0xff };
static const uint8_t at45db642d[6] = { 0x1f, 0x28, 0x00, 0x00, 0xff, 0xff };

static struct cmspi_chip chip_of(const uint8_t *id, uint8_t status)
{
	struct cmspi_chip chip;

	cmspi_chip_init(&chip);
	memcpy(chip.id, id, sizeof(chip.id));
	cmspi_dataflash_take(&chip, status);
	return chip;
}

static const struct geometry_case {
	const char *name;
	const uint8_t *id;
	uint8_t status;
	uint32_t page_bytes;
	uint32_t size_bytes;
	/* of the second byte of the second page */
	uint32_t address;
} geometry_cases[] = {
	{ "at45db161e", at45db161e, 0xac, 528, 528 * 4096, 0x401 },
	{ "at45db161e_of_512", at45db161e, 0xad, 512, 512 * 4096, 0x201 },
	{ "at45db641e", at45db641e, 0xbc, 264, 264 * 32768, 0x201 },
	{ "at45db641e_of_256", at45db641e, 0xbd, 256, 256 * 32768, 0x101 },
	{ "at45db642d", at45db642d, 0xbc, 1056, 1056 * 8192, 0x801 },
	{ "at45db642d_of_1024", at45db642d, 0xbd, 1024, 1024 * 8192, 0x401 },
};

static void dataflash_id_and_status_tell_geometry(void **state)
{
	const struct geometry_case *row = *state;
	const struct cmspi_chip chip = chip_of(row->id, row->status);

	assert_true(cmspi_dataflash_is(row->id));
	assert_int_equal(chip.page_bytes, row->page_bytes);
	assert_int_equal(chip.size_bytes, row->size_bytes);
	assert_int_equal(chip.erase[0].size_bytes, 8 * row->page_bytes);
	assert_int_equal(cmspi_dataflash_address(&chip, row->page_bytes + 1), row->address);
	for (uint32_t offset = 0; offset < row->size_bytes; offset += 997)
		assert_int_equal(cmspi_dataflash_offset(&chip, cmspi_dataflash_address(&chip, offset)),
			offset);
	// no address needs more than three bytes
	assert_true(cmspi_dataflash_address(&chip, row->size_bytes - 1) < 1 << 24);
}

static void dataflash_is_nothing_else(void **state)
{
	static const uint8_t ids[][6] = {
		{ 0x1f, 0x44, 0x01 }, { 0x1f, 0x86, 0x01 }, { 0x9d, 0x26, 0x00 }, { 0x1f, 0x2f, 0x00 },
		{ 0xff, 0xff, 0xff }, { 0x1f, 0x20, 0x00 },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		assert_false(cmspi_dataflash_is(ids[i]));
}

#define MAX_STEPS	64

static struct cmspi_step expanded[MAX_STEPS];
static unsigned int origins[MAX_STEPS];

static unsigned int expand(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count)
{
	struct cmspi_address_list list = { expanded, origins, MAX_STEPS, 0 };

	assert_true(cmspi_address_needed(chip, steps, count));
	assert_true(cmspi_address_max_steps(chip, steps, count) <= MAX_STEPS);
	assert_true(cmspi_address_expand(chip, steps, count, &list));
	assert_true(list.count <= cmspi_address_max_steps(chip, steps, count));
	return list.count;
}

/** Opcode, address, bytes of row @a i. */
static void expect(unsigned int i, uint8_t opcode, uint32_t address, uint32_t tx_bytes)
{
	assert_int_equal(expanded[i].op.opcode, opcode);
	assert_int_equal(expanded[i].op.addr_bytes, 3);
	assert_int_equal(expanded[i].addr, address);
	assert_int_equal(expanded[i].tx_bytes, tx_bytes);
	assert_int_equal(expanded[i].flags, tx_bytes ? 0 : CMSPI_STEP_POLL);
}

static void dataflash_program_goes_through_the_buffer(void **state)
{
	static const uint8_t data[2000];
	const struct cmspi_chip chip = chip_of(at45db161e, 0xac);
	// the end of a page, a whole one, the start of one
	const struct cmspi_step step = cmspi_chip_step_program(&chip, 2 * 528 + 500, data,
		28 + 528 + 10);

	(void)state;
	assert_int_equal(step.flags, CMSPI_STEP_POLL);
	assert_int_equal(expand(&chip, &step, 1), 3 + 2 + 3);
	expect(0, 0x53, 0x800 + 500, 0);
	expect(1, 0x84, 0x800 + 500, 28);
	expect(2, 0x88, 0x800 + 500, 0);
	expect(3, 0x84, 0xc00, 528);
	expect(4, 0x88, 0xc00, 0);
	expect(5, 0x53, 0x1000, 0);
	expect(6, 0x84, 0x1000, 10);
	expect(7, 0x88, 0x1000, 0);
	assert_ptr_equal(expanded[3].tx, data + 28);
	assert_ptr_equal(expanded[6].tx, data + 28 + 528);
	assert_int_equal(expanded[7].poll.opcode, 0xd7);
	assert_int_equal(expanded[7].poll.ready, 0x80);
}

/* AT45DB321C, 321D and 321E */
static void dataflash_of_the_c_series_is_clocked_slowly(void **state)
{
	static const struct {
		uint8_t id[6];
		uint32_t max_khz;
	} rows[] = {
		{ { 0x1f, 0x27, 0x00, 0x00 }, 25000 }, { { 0x1f, 0x27, 0x00, 0xff }, 25000 },
		{ { 0x1f, 0x27, 0x01, 0x00 }, 50000 }, { { 0x1f, 0x27, 0x00, 0x01 }, 50000 },
		{ { 0x1f, 0x26, 0x00, 0x00 }, 50000 },
	};
	static const uint8_t data[600];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cmspi_chip chip = chip_of(rows[i].id, 0xac);
		const struct cmspi_step step = cmspi_chip_step_program(&chip, 0, data, sizeof(data));
		const unsigned int count = expand(&chip, &step, 1);

		for (unsigned int j = 0; j < count; j++)
			assert_int_equal(expanded[j].op.max_khz, rows[i].max_khz);
		assert_int_equal(cmspi_chip_read_op(&chip, 1).max_khz, rows[i].max_khz);
	}
}

static void dataflash_blank_check_goes_grain_by_grain(void **state)
{
	const struct cmspi_chip chip = chip_of(at45db641e, 0xbc);
	uint32_t results[3];
	struct cmspi_step steps[2];

	(void)state;
	steps[0] = cmspi_chip_step_read(&chip, CMSPI_STEP_BLANK, 2112, 2 * 2112 + 100);
	steps[0].grain_bytes = 2112;
	steps[0].results = results;
	steps[1] = cmspi_chip_step_read(&chip, CMSPI_STEP_READ, 265, 5000);
	assert_int_equal(expand(&chip, steps, 2), 4);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(expanded[i].addr, (i + 1) * 8 << 9);
		assert_int_equal(expanded[i].count, i < 2 ? 2112 : 100);
		assert_ptr_equal(expanded[i].results, results + i);
		assert_int_equal(origins[i], 0);
	}
	assert_int_equal(expanded[3].addr, 1 << 9 | 1);
	assert_int_equal(expanded[3].count, 5000);
	assert_int_equal(origins[3], 1);
}

static void dataflash_chip_erase_is_guarded(void **state)
{
	const struct cmspi_chip chip = chip_of(at45db161e, 0xac);
	const struct cmspi_step step = cmspi_chip_step_chip_erase(&chip);

	(void)state;
	assert_int_equal(step.op.opcode, 0xc7);
	assert_int_equal(step.tx_bytes, 3);
	assert_memory_equal(step.tx, "\x94\x80\x9a", 3);
	assert_int_equal(step.flags, CMSPI_STEP_POLL);
}

static const struct sector_case {
	const char *name;
	/* of the register: first byte, byte 3 */
	uint8_t first;
	uint8_t third;
	/* range in pages, and the sector found, 0 pages: none */
	uint32_t from;
	uint32_t pages;
	uint32_t hit_from;
	uint32_t hit_pages;
} sector_cases[] = {
	{ "nothing", 0, 0, 0, 4096, 0, 0 },
	{ "0a", 0xc0, 0, 0, 1, 0, 8 },
	{ "0a_beside", 0xc0, 0, 8, 4088, 0, 0 },
	{ "0b", 0x30, 0, 0, 9, 8, 248 },
	{ "0b_beside", 0x30, 0, 0, 8, 0, 0 },
	{ "3_by_its_last_page", 0, 0xff, 1023, 1, 768, 256 },
	{ "3_across", 0, 0xff, 0, 4096, 768, 256 },
	{ "3_beside", 0, 0xff, 1024, 3072, 0, 0 },
};

static void dataflash_protected_sector_is_found(void **state)
{
	const struct sector_case *row = *state;
	const struct cmspi_chip chip = chip_of(at45db161e, 0xac);
	uint8_t sectors[CMSPI_DATAFLASH_SECTORS] = { row->first, 0, 0, row->third };
	struct cmspi_span hit;

	assert_int_equal(cmspi_dataflash_find_protected(&chip, sectors, row->from * 528,
		row->pages * 528, &hit), row->hit_pages != 0);
	if (!row->hit_pages)
		return;
	assert_int_equal(hit.addr, row->hit_from * 528);
	assert_int_equal(hit.count, row->hit_pages * 528);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (unsigned int i = 0; i < sizeof(geometry_cases) / sizeof(*geometry_cases); i++)
		cases_add(&cases, dataflash_id_and_status_tell_geometry, &geometry_cases[i],
			"dataflash_geometry_of_%s", geometry_cases[i].name);
	CASES_ADD(&cases, dataflash_is_nothing_else);
	CASES_ADD(&cases, dataflash_program_goes_through_the_buffer);
	CASES_ADD(&cases, dataflash_of_the_c_series_is_clocked_slowly);
	CASES_ADD(&cases, dataflash_blank_check_goes_grain_by_grain);
	CASES_ADD(&cases, dataflash_chip_erase_is_guarded);
	for (unsigned int i = 0; i < sizeof(sector_cases) / sizeof(*sector_cases); i++)
		cases_add(&cases, dataflash_protected_sector_is_found, &sector_cases[i],
			"dataflash_protected_sector_%s", sector_cases[i].name);
	return cases_run(&cases, "dataflash", argc, argv);
}
