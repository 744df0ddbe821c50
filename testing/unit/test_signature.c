// SPDX-License-Identifier: GPL-2.0-or-later

/* cmspi_signature.c: which part answers like this, and who is nobody. */

#include "cases.h"
#include "cmspi_signature.h"

#define NOBODY	{ 0xff, 0xff, 0xff, 0xff }
/* The part is not known. */
#define NOTHING	0, 0, 0, 0, 0

static const struct signature_case {
	const char *name;
	struct cmspi_signature signature;
	bool is_there;
	/* 0: not known */
	uint32_t size_bytes;
	uint32_t page_bytes;
	uint32_t sector_bytes;
	uint8_t erase_opcode;
	uint8_t chip_erase_opcode;
} signature_cases[] = {
	{ "floating", { { NOBODY, NOBODY, NOBODY } }, false, NOTHING },
	{ "grounded", { { { 0 }, { 0 }, { 0 } } }, false, NOTHING },
	{ "noise", { { { 0x10, 0x00, 0x7f, 0xff }, { 0xff, 0xfe, 0, 0 }, { 0, 0, 0, 1 } } },
		false, NOTHING },
	{ "m25p05", { { { 5, 5, 5, 5 }, NOBODY, NOBODY } }, true, 0x10000, 128, 32768, 0xd8, 0xc7 },
	{ "m25p10", { { { 16, 16, 16, 16 }, { 0 }, { 0 } } }, true, 0x20000, 128, 32768, 0xd8, 0xc7 },
	{ "m25p40", { { { 0x12, 0x12, 0x12, 0x12 }, NOBODY, NOBODY } }, true, 0x80000, 256, 65536,
		0xd8, 0xc7 },
	{ "pm25lv010", { { { 0x9d, 0x7c, 0x7f, 0x9d }, NOBODY, NOBODY } }, true, 0x20000, 256, 4096,
		0xd7, 0xc7 },
	{ "at25f2048", { { NOBODY, NOBODY, { 0x1f, 0x63, 0xff, 0xff } } }, true, 0x40000, 256, 65536,
		0x52, 0x62 },
	// two sizes answer this
	{ "at25f1024", { { NOBODY, NOBODY, { 0x1f, 0x60, 0x1f, 0x60 } } }, true, NOTHING },
	{ "unknown_by_ab", { { { 0x33, 0x33, 0x33, 0x33 }, NOBODY, NOBODY } }, true, NOTHING },
	// 90h says that it is no M25P10
	{ "w25p10", { { { 16, 16, 16, 16 }, { 0xef, 0x10, 0xef, 0x10 }, NOBODY } }, true, NOTHING },
	// 15h reads a register: its ID exists, but does not come
	{ "w25q64jv", { { { 22, 22, 22, 22 }, { 0xef, 22, 0xef, 22 }, { 96, 96, 96, 96 } } }, false,
		NOTHING },
	{ "sst25vf512", { { { 0xbf, 0x48, 0xbf, 0x48 }, { 0xbf, 0x48, 0xbf, 0x48 }, NOBODY } }, true,
		0x10000, 1, 4096, 0x20, 0x60 },
	{ "sst25vf010", { { NOBODY, { 0xbf, 0x49, 0xbf, 0x49 }, NOBODY } }, true, 0x20000, 1, 4096,
		0x20, 0x60 },
	{ "sst25vf020", { { NOBODY, { 0xbf, 0x43, 0xbf, 0x43 }, NOBODY } }, true, 0x40000, 1, 4096,
		0x20, 0x60 },
	{ "sst25vf040", { { NOBODY, { 0xbf, 0x44, 0xbf, 0x44 }, NOBODY } }, true, 0x80000, 1, 4096,
		0x20, 0x60 },
	{ "sst25lf080", { { NOBODY, { 0xbf, 0x80, 0xbf, 0x80 }, NOBODY } }, true, 0x100000, 1, 4096,
		0x20, 0x60 },
	// its ID exists, but does not come
	{ "sst25vf040b", { { NOBODY, { 0xbf, 0x8d, 0xbf, 0x8d }, NOBODY } }, true, NOTHING },
	{ "le25fu406b", { { { 0x62, 0x1e, 0x62, 0x1e }, NOBODY, NOBODY } }, true, 0x80000, 256, 4096,
		0xd7, 0xc7 },
};

static void signature_tells_the_part(void **state)
{
	const struct signature_case *row = *state;
	struct cmspi_chip chip;

	cmspi_chip_init(&chip);
	assert_int_equal(cmspi_signature_is_there(&row->signature), row->is_there);
	assert_int_equal(cmspi_signature_take(&row->signature, &chip), row->size_bytes != 0);
	assert_int_equal(chip.size_bytes, row->size_bytes);
	assert_int_equal(chip.erase[0].size_bytes, row->sector_bytes);
	assert_int_equal(chip.name[0] != 0, row->size_bytes != 0);
	if (!row->size_bytes)
		return;
	assert_int_equal(chip.page_bytes, row->page_bytes);
	assert_int_equal(chip.erase[0].opcode, row->erase_opcode);
	assert_int_equal(chip.chip_erase_opcode, row->chip_erase_opcode);
}

static void signature_is_asked_for_by_three_commands(void **state)
{
	struct cmspi_signature signature;
	struct cmspi_step steps[CMSPI_SIGNATURE_STEPS];

	(void)state;
	cmspi_signature_steps(&signature, steps);
	assert_int_equal(steps[0].op.opcode, 0xab);
	assert_int_equal(steps[0].op.addr_bytes, 3);
	assert_int_equal(steps[1].op.opcode, 0x90);
	assert_int_equal(steps[1].op.addr_bytes, 3);
	assert_int_equal(steps[1].addr, 0);
	assert_int_equal(steps[2].op.opcode, 0x15);
	assert_int_equal(steps[2].op.addr_bytes, 0);
	assert_ptr_equal(steps[2].rx, signature.answers[2]);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (unsigned int i = 0; i < sizeof(signature_cases) / sizeof(*signature_cases); i++)
		cases_add(&cases, signature_tells_the_part, &signature_cases[i], "signature_of_%s",
			signature_cases[i].name);
	CASES_ADD(&cases, signature_is_asked_for_by_three_commands);
	return cases_run(&cases, "signature", argc, argv);
}
