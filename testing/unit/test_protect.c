// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_protect.c against the rows of the data sheets' tables, and its own
 * tables against themselves.
 */

#include "cases.h"
#include "cmspi_protect.h"

#define KIB	1024u
#define MIB	(1024 * KIB)

struct protect_case {
	const char *part;
	const char *layout;
	uint32_t size_bytes;
	/** the status bits as the data sheet writes them, most significant first:
	 * CMP SEC TB BP.. (W25Q), CMP TB BP.. (without SEC), TB BP.. */
	const char *bits;
	uint32_t addr;
	uint32_t count;
};

/*
 * Rows of the tables in the data sheets, all of them for one part of a kind,
 * the ends and the odd ones for the others.
 */
static const struct protect_case protect_cases[] = {
	// W25Q64JV, CMP = 0
	{ "W25Q64JV", "w25q", 8 * MIB, "000000", 0, 0 },
	{ "W25Q64JV", "w25q", 8 * MIB, "011000", 0, 0 },
	{ "W25Q64JV", "w25q", 8 * MIB, "000001", 0x7e0000, 128 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "000010", 0x7c0000, 256 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "000011", 0x780000, 512 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "000100", 0x700000, 1 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "000101", 0x600000, 2 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "000110", 0x400000, 4 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "001001", 0, 128 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "001010", 0, 256 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "001011", 0, 512 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "001100", 0, 1 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "001101", 0, 2 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "001110", 0, 4 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "000111", 0, 8 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "011111", 0, 8 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "010001", 0x7ff000, 4 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "010010", 0x7fe000, 8 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "010011", 0x7fc000, 16 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "010100", 0x7f8000, 32 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "010101", 0x7f8000, 32 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "011001", 0, 4 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "011010", 0, 8 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "011011", 0, 16 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "011101", 0, 32 * KIB },
	// W25Q64JV, CMP = 1
	{ "W25Q64JV", "w25q", 8 * MIB, "100000", 0, 8 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "100001", 0, 8064 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "100110", 0, 4 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "101001", 0x020000, 8064 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "101110", 0x400000, 4 * MIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "100111", 0, 0 },
	{ "W25Q64JV", "w25q", 8 * MIB, "101111", 0, 0 },
	{ "W25Q64JV", "w25q", 8 * MIB, "110001", 0, 8188 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "111001", 0x001000, 8188 * KIB },
	{ "W25Q64JV", "w25q", 8 * MIB, "111101", 0x008000, 8160 * KIB },
	// BP0 alone is 1/32 here, and 11x is all
	{ "W25Q16JV", "w25q", 2 * MIB, "000001", 0x1f0000, 64 * KIB },
	{ "W25Q16JV", "w25q", 2 * MIB, "001101", 0, 1 * MIB },
	{ "W25Q16JV", "w25q", 2 * MIB, "000110", 0, 2 * MIB },
	{ "W25Q16JV", "w25q", 2 * MIB, "010110", 0, 2 * MIB },
	{ "W25Q16JV", "w25q", 2 * MIB, "010101", 0x1f8000, 32 * KIB },
	{ "W25Q128JV", "w25q", 16 * MIB, "000001", 0xfc0000, 256 * KIB },
	{ "W25Q128JV", "w25q", 16 * MIB, "000110", 0x800000, 8 * MIB },
	{ "W25Q128JV", "w25q", 16 * MIB, "101001", 0x040000, 16128 * KIB },
	{ "W25Q80DV", "w25q_old", 1 * MIB, "000001", 0x0f0000, 64 * KIB },
	{ "W25Q80DV", "w25q_old", 1 * MIB, "000100", 0x080000, 512 * KIB },
	{ "W25Q80DV", "w25q_old", 1 * MIB, "010101", 0x0f8000, 32 * KIB },
	{ "AT25SF041", "w25q_old", 512 * KIB, "001011", 0, 256 * KIB },
	{ "AT25SF041", "w25q_old", 512 * KIB, "000100", 0, 512 * KIB },
	// four BP bits, no SEC
	{ "W25Q256JV", "w25q_big", 32 * MIB, "000001", 0x1ff0000, 64 * KIB },
	{ "W25Q256JV", "w25q_big", 32 * MIB, "001001", 0x1000000, 16 * MIB },
	{ "W25Q256JV", "w25q_big", 32 * MIB, "011001", 0, 16 * MIB },
	{ "W25Q256JV", "w25q_big", 32 * MIB, "001010", 0, 32 * MIB },
	{ "W25Q256JV", "w25q_big", 32 * MIB, "001111", 0, 32 * MIB },
	{ "W25Q256JV", "w25q_big", 32 * MIB, "100001", 0, 32704 * KIB },
	{ "W25Q512JV", "w25q_big", 64 * MIB, "001010", 0x2000000, 32 * MIB },
	{ "W25X40", "w25x", 512 * KIB, "0001", 0x070000, 64 * KIB },
	{ "W25X40", "w25x", 512 * KIB, "1011", 0, 256 * KIB },
	{ "W25X40", "w25x", 512 * KIB, "0100", 0, 512 * KIB },
	// BP4 is SEC, BP3 is TB
	{ "GD25Q127C", "gd", 16 * MIB, "000001", 0xfc0000, 256 * KIB },
	{ "GD25Q127C", "gd", 16 * MIB, "000110", 0x800000, 8 * MIB },
	{ "GD25Q127C", "gd", 16 * MIB, "001101", 0, 4 * MIB },
	{ "GD25Q127C", "gd", 16 * MIB, "000111", 0, 16 * MIB },
	{ "GD25Q127C", "gd", 16 * MIB, "010001", 0xfff000, 4 * KIB },
	{ "GD25Q127C", "gd", 16 * MIB, "010110", 0xff8000, 32 * KIB },
	{ "GD25Q127C", "gd", 16 * MIB, "011011", 0, 16 * KIB },
	{ "GD25Q127C", "gd", 16 * MIB, "100001", 0, 16128 * KIB },
	{ "GD25Q127C", "gd", 16 * MIB, "111001", 0x001000, 16380 * KIB },
	{ "GD25Q32C", "gd", 4 * MIB, "110001", 0, 4092 * KIB },
	{ "GD25Q32C", "gd", 4 * MIB, "010110", 0x3f8000, 32 * KIB },
	{ "MX25L12835F", "mxic", 16 * MIB, "00000", 0, 0 },
	{ "MX25L12835F", "mxic", 16 * MIB, "00001", 0xff0000, 64 * KIB },
	{ "MX25L12835F", "mxic", 16 * MIB, "00111", 0xc00000, 4 * MIB },
	{ "MX25L12835F", "mxic", 16 * MIB, "01000", 0x800000, 8 * MIB },
	{ "MX25L12835F", "mxic", 16 * MIB, "01001", 0, 16 * MIB },
	{ "MX25L12835F", "mxic", 16 * MIB, "11000", 0, 8 * MIB },
	{ "MX25L12835F", "mxic", 16 * MIB, "10001", 0, 64 * KIB },
	{ "MX25L12835F", "mxic", 16 * MIB, "11111", 0, 16 * MIB },
	{ "MX25L25645G", "mxic", 32 * MIB, "01001", 0x1000000, 16 * MIB },
	{ "N25Q128A", "micron", 16 * MIB, "00001", 0xff0000, 64 * KIB },
	{ "N25Q128A", "micron", 16 * MIB, "01000", 0x800000, 8 * MIB },
	{ "N25Q128A", "micron", 16 * MIB, "10111", 0, 4 * MIB },
	{ "N25Q128A", "micron", 16 * MIB, "01001", 0, 16 * MIB },
	{ "MT25QL512", "micron", 64 * MIB, "01010", 0x2000000, 32 * MIB },
	{ "MT25QL512", "micron", 64 * MIB, "11011", 0, 64 * MIB },
	{ "IS25LP064", "issi", 8 * MIB, "00001", 0x7f0000, 64 * KIB },
	{ "IS25LP064", "issi", 8 * MIB, "10111", 0, 4 * MIB },
	{ "IS25LP064", "issi", 8 * MIB, "01000", 0, 8 * MIB },
	{ "S25FL256S", "s25fl_s", 32 * MIB, "0001", 0x1f80000, 512 * KIB },
	{ "S25FL256S", "s25fl_s", 32 * MIB, "0110", 0x1000000, 16 * MIB },
	{ "S25FL256S", "s25fl_s", 32 * MIB, "1001", 0, 512 * KIB },
	{ "S25FL256S", "s25fl_s", 32 * MIB, "0111", 0, 32 * MIB },
	{ "M25P80", "m25p", 1 * MIB, "001", 0x0f0000, 64 * KIB },
	{ "M25P80", "m25p", 1 * MIB, "100", 0x080000, 512 * KIB },
	{ "M25P80", "m25p", 1 * MIB, "101", 0, 1 * MIB },
	{ "M25P10", "m25p_small", 128 * KIB, "01", 0x018000, 32 * KIB },
	{ "M25P10", "m25p_small", 128 * KIB, "10", 0x010000, 64 * KIB },
	{ "M25P10", "m25p_small", 128 * KIB, "11", 0, 128 * KIB },
	{ "SST25VF016B", "sst25", 2 * MIB, "001", 0x1f0000, 64 * KIB },
	{ "SST25VF016B", "sst25", 2 * MIB, "101", 0x100000, 1 * MIB },
	{ "SST25VF016B", "sst25", 2 * MIB, "111", 0, 2 * MIB },
};

static void set_bit(uint8_t *registers, uint8_t bit)
{
	assert_int_not_equal(bit, CMSPI_PROTECT_NO_BIT);
	registers[bit / 8] |= 1 << bit % 8;
}

/** Put the data sheet's bits where the layout has them. */
static void place_bits(const struct cmspi_protect_layout *layout, const char *bits,
	uint8_t *registers)
{
	const size_t extra = strlen(bits) - layout->num_bp_bits;
	const uint8_t all[] = { layout->cmp_bit, layout->sec_bit, layout->tb_bit };
	uint8_t places[3];
	size_t count = 0;

	for (unsigned int i = 0; i < 3; i++)
		if (all[i] != CMSPI_PROTECT_NO_BIT)
			places[count++] = all[i];
	assert_int_equal(extra, count);
	for (size_t i = 0; i < extra; i++)
		if (bits[i] == '1')
			set_bit(registers, places[i]);
	for (unsigned int i = 0; i < layout->num_bp_bits; i++)
		if (bits[strlen(bits) - 1 - i] == '1')
			set_bit(registers, layout->bp_bits[i]);
}

static void protect_bits_give_range(void **state)
{
	const struct protect_case *test = *state;
	const struct cmspi_protect_layout *layout = cmspi_protect_layout_named(test->layout);
	uint8_t registers[CMSPI_PROTECT_REGISTERS] = { 0 };

	assert_non_null(layout);
	place_bits(layout, test->bits, registers);
	const struct cmspi_protection protection =
		cmspi_protect_decode(layout, registers, test->size_bytes);
	assert_false(protection.individual);
	assert_int_equal(protection.addr, test->addr);
	assert_int_equal(protection.count, test->count);
}

// Registers as they are read, with bits of other meaning set
static void protect_registers_as_read_give_range(void **state)
{
	static const struct {
		const char *layout;
		uint32_t size_bytes;
		uint8_t registers[CMSPI_PROTECT_REGISTERS];
		uint32_t addr;
		uint32_t count;
	} rows[] = {
		// W25Q128JV-Q as it is sold: QE set
		{ "w25q", 16 * MIB, { 0x00, 0x02, 0x60 }, 0, 0 },
		// SRP, SEC, TB, BP = 3, WEL, busy
		{ "w25q", 16 * MIB, { 0xef, 0x02, 0x60 }, 0, 16 * KIB },
		// TB is bit 6 of a W25Q256JV, bit 5 is BP3
		{ "w25q_big", 32 * MIB, { 0x64, 0x02, 0x61 }, 0, 16 * MIB },
		// BP3 is bit 6 of a Micron part, bit 5 is TB
		{ "micron", 16 * MIB, { 0x40, 0, 0 }, 0x800000, 8 * MIB },
		// a part without 35h and 15h leaves MISO alone: no CMP, no single locks
		{ "w25q", 8 * MIB, { 0x04, 0xff, 0xff }, 0x7e0000, 128 * KIB },
		// Macronix: bit 6 is QE
		{ "mxic", 16 * MIB, { 0x40, 0x07, 0x00 }, 0, 0 },
		// all ones in the first register count: an answer was had, or none
		{ "w25x", 512 * KIB, { 0xff, 0, 0 }, 0, 512 * KIB },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cmspi_protect_layout *layout =
			cmspi_protect_layout_named(rows[i].layout);
		const struct cmspi_protection protection =
			cmspi_protect_decode(layout, rows[i].registers, rows[i].size_bytes);
		if (protection.addr != rows[i].addr || protection.count != rows[i].count)
			fail_msg("row %u: 0x%x bytes from 0x%x", i, protection.count, protection.addr);
	}
}

static void protect_with_single_locks_says_so(void **state)
{
	const uint8_t w25q[] = { 0x1c, 0x02, 0x64 };
	const uint8_t mxic[] = { 0x3c, 0x00, 0x80 };

	(void)state;
	assert_true(cmspi_protect_decode(cmspi_protect_layout_named("w25q"), w25q,
		8 * MIB).individual);
	assert_true(cmspi_protect_decode(cmspi_protect_layout_named("mxic"), mxic,
		16 * MIB).individual);
	assert_false(cmspi_protect_decode(cmspi_protect_layout_named("w25q_old"), w25q,
		8 * MIB).individual);
}

static void protect_layout_is_found_by_id(void **state)
{
	static const struct {
		uint8_t id[3];
		uint32_t size_bytes;
		int sfdp_minor;
		const char *layout;
	} rows[] = {
		{ { 0xef, 0x40, 0x17 }, 8 * MIB, 5, "w25q" },
		{ { 0xef, 0x70, 0x18 }, 16 * MIB, 6, "w25q" },
		{ { 0xef, 0x80, 0x21 }, 128 * MIB, 6, "w25q_big" },
		{ { 0xef, 0x40, 0x19 }, 32 * MIB, 0, "w25q_big" },
		{ { 0xef, 0x40, 0x14 }, 1 * MIB, 0, "w25q_old" },
		{ { 0xef, 0x30, 0x13 }, 512 * KIB, -1, "w25x" },
		{ { 0xc8, 0x40, 0x16 }, 4 * MIB, 0, "gd_old" },
		{ { 0xc8, 0x40, 0x18 }, 16 * MIB, 6, "gd" },
		{ { 0xc8, 0x40, 0x19 }, 32 * MIB, 6, NULL },
		{ { 0xc2, 0x20, 0x18 }, 16 * MIB, 6, "mxic" },
		{ { 0xc2, 0x20, 0x18 }, 16 * MIB, -1, NULL },
		{ { 0xc2, 0x20, 0x17 }, 8 * MIB, 6, NULL },
		{ { 0xc2, 0x28, 0x17 }, 8 * MIB, 6, "mxic" },
		{ { 0x20, 0xba, 0x18 }, 16 * MIB, 0, "micron" },
		{ { 0x20, 0xbb, 0x19 }, 32 * MIB, 6, "micron" },
		{ { 0x20, 0x20, 0x14 }, 1 * MIB, -1, "m25p" },
		{ { 0x20, 0x20, 0x11 }, 128 * KIB, -1, "m25p_small" },
		{ { 0x20, 0x40, 0x18 }, 16 * MIB, 6, "w25q_old" },
		{ { 0x01, 0x02, 0x19 }, 32 * MIB, -1, "s25fl_s" },
		{ { 0x9d, 0x70, 0x17 }, 8 * MIB, 6, "issi" },
		{ { 0x1f, 0x84, 0x01 }, 512 * KIB, -1, "w25q_old" },
		{ { 0x1f, 0x47, 0x01 }, 4 * MIB, -1, NULL },
		{ { 0xbf, 0x25, 0x41 }, 2 * MIB, -1, "sst25" },
		{ { 0xbf, 0x26, 0x43 }, 8 * MIB, 6, NULL },
		{ { 0xff, 0xff, 0xff }, 8 * MIB, -1, NULL },
		{ { 0x00, 0x00, 0x00 }, 0, -1, NULL },
	};
	struct cmspi_chip chip;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		cmspi_chip_init(&chip);
		memcpy(chip.id, rows[i].id, 3);
		chip.size_bytes = rows[i].size_bytes;
		chip.sfdp_minor = rows[i].sfdp_minor;
		const struct cmspi_protect_layout *layout = cmspi_protect_layout(&chip);
		const char *found = layout ? layout->name : "none";
		if (strcmp(found, rows[i].layout ? rows[i].layout : "none"))
			fail_msg("%02x %02x %02x: %s", rows[i].id[0], rows[i].id[1], rows[i].id[2],
				found);
	}
	assert_null(cmspi_protect_layout_named("nonsense"));
}

/** Every layout, register value and size: a range inside the chip, and with
 * CMP the rest of it. */
static void protect_range_is_always_inside_the_chip(void **state)
{
	static const char *const names[] = {
		"gd", "gd_old", "issi", "m25p", "m25p_small", "micron", "mxic", "s25fl_s", "sst25",
		"w25q", "w25q_big", "w25q_old", "w25x",
	};

	(void)state;
	for (unsigned int at = 0; at < sizeof(names) / sizeof(*names); at++) {
		const struct cmspi_protect_layout *layout = cmspi_protect_layout_named(names[at]);
		assert_non_null(layout);
		for (uint64_t size = 32 * KIB; size < UINT64_C(1) << 32; size *= 2) {
			for (unsigned int sr1 = 0; sr1 < 256; sr1++) {
				const uint8_t plain[] = { sr1, 0x00, 0x00 };
				const uint8_t inverted[] = { sr1, 0x40, 0x00 };
				const struct cmspi_protection a = cmspi_protect_decode(layout, plain, size);
				const struct cmspi_protection b =
					cmspi_protect_decode(layout, inverted, size);
				assert_true((uint64_t)a.addr + a.count <= size);
				if (layout->cmp_bit == CMSPI_PROTECT_NO_BIT)
					continue;
				assert_int_equal((uint64_t)a.count + b.count, size);
				assert_false(cmspi_protect_hits(&a, b.addr, b.count));
			}
		}
	}
}

static void protect_hits_what_overlaps(void **state)
{
	static const struct {
		uint32_t addr;
		uint32_t count;
		bool hits;
	} rows[] = {
		{ 0, 0x100, false }, { 0xff, 2, true }, { 0x100, 1, true }, { 0x17f, 1, true },
		{ 0x180, 1, false }, { 0, UINT32_MAX, true }, { 0x120, 0, false },
		{ 0xffffffff, 1, false },
	};
	const struct cmspi_protection some = { .addr = 0x100, .count = 0x80 };
	const struct cmspi_protection none = { 0 };

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(cmspi_protect_hits(&some, rows[i].addr, rows[i].count),
			rows[i].hits);
		assert_false(cmspi_protect_hits(&none, rows[i].addr, rows[i].count));
	}
}

/* ---- from blocks to registers -------------------------------------------- */

static void protect_blocks_are_the_ends_of_all_ranges(void **state)
{
	// W25Q64JV: SEC makes 4 to 32 KiB, BP alone 128 KiB to half of the chip
	static const uint32_t w25q64[] = {
		0, 0x1000, 0x2000, 0x4000, 0x8000, 0x20000, 0x40000, 0x80000, 0x100000, 0x200000,
		0x400000, 0x600000, 0x700000, 0x780000, 0x7c0000, 0x7e0000, 0x7f8000, 0x7fc000,
		0x7fe000, 0x7ff000, 0x800000,
	};
	static const uint32_t m25p80[] = { 0, 0x80000, 0xc0000, 0xe0000, 0xf0000, 0x100000 };
	const uint8_t none[CMSPI_PROTECT_REGISTERS] = { 0x00, 0x02, 0x60 };
	uint32_t bounds[CMSPI_PROTECT_MAX_BLOCKS + 1];

	(void)state;
	assert_int_equal(cmspi_protect_blocks(cmspi_protect_layout_named("w25q"), none, 8 * MIB,
		bounds), 20);
	assert_memory_equal(bounds, w25q64, sizeof(w25q64));
	assert_int_equal(cmspi_protect_blocks(cmspi_protect_layout_named("m25p"), none, 1 * MIB,
		bounds), 5);
	assert_memory_equal(bounds, m25p80, sizeof(m25p80));
}

static void protect_blocks_follow_a_bit_that_cannot_be_cleared(void **state)
{
	const uint8_t from_end[CMSPI_PROTECT_REGISTERS] = { 0x40, 0x07, 0x00 };
	const uint8_t from_start[CMSPI_PROTECT_REGISTERS] = { 0x40, 0x0f, 0x00 };
	uint32_t bounds[CMSPI_PROTECT_MAX_BLOCKS + 1];

	(void)state;
	assert_int_equal(cmspi_protect_blocks(cmspi_protect_layout_named("mxic"), from_end, 16 * MIB,
		bounds), 9);
	assert_int_equal(bounds[1], 8 * MIB);
	cmspi_protect_blocks(cmspi_protect_layout_named("mxic"), from_start, 16 * MIB, bounds);
	assert_int_equal(bounds[1], 64 * KIB);
}

/** Every layout, size and setting of its bits: the blocks hold each range as a whole,
 * and asked for that range the same range is found again, from other registers. */
static void protect_every_range_is_found_again(void **state)
{
	static const char *const names[] = {
		"gd", "issi", "m25p", "m25p_small", "micron", "mxic", "s25fl_s", "sst25",
		"w25q", "w25q_big", "w25q_old", "w25x",
	};
	uint32_t bounds[CMSPI_PROTECT_MAX_BLOCKS + 1];

	(void)state;
	for (unsigned int at = 0; at < 2 * sizeof(names) / sizeof(*names); at++) {
		const struct cmspi_protect_layout *layout = cmspi_protect_layout_named(names[at / 2]);
		const uint32_t size = at % 2 ? 1 * MIB : 64 * MIB;
		for (unsigned int bits = 0; bits < 128; bits++) {
			const uint8_t from[] = { bits << 2 & 0x7c, bits & 0x40, 0x00 };
			// the same bits that cannot be written, others from the other end
			const uint8_t now[] = { 0x80, layout->tb_is_otp ? from[1] : 0x02, 0x00 };
			const struct cmspi_protection range = cmspi_protect_decode(layout, from, size);
			const unsigned int count = cmspi_protect_blocks(layout, now, size, bounds);
			bool blocks[CMSPI_PROTECT_MAX_BLOCKS];
			uint8_t values[CMSPI_PROTECT_REGISTERS] = { 0 };
			uint64_t bytes = 0;
			for (unsigned int i = 0; i < count; i++) {
				blocks[i] = cmspi_protect_hits(&range, bounds[i],
					bounds[i + 1] - bounds[i]);
				bytes += blocks[i] ? bounds[i + 1] - bounds[i] : 0;
			}
			assert_int_equal(bytes, range.count);
			const struct cmspi_protect_wish wish = { bounds, blocks, count };
			assert_true(cmspi_protect_find(layout, now, size, &wish,
				CMSPI_PROTECT_EXACTLY, values));
			const struct cmspi_protection found =
				cmspi_protect_decode(layout, values, size);
			assert_int_equal(found.count, range.count);
			assert_true(!range.count || found.addr == range.addr);
			// SRP, QE and what else there is stay
			assert_int_equal(values[0] & 0x80, 0x80);
			assert_int_equal(values[1] & 0x02, now[1] & 0x02);
		}
	}
}

static void protect_find_takes_the_nearest(void **state)
{
	static const struct {
		const char *layout;
		enum cmspi_protect_fit fit;
		/** blocks of a W25Q64JV or M25P80 as 1 and 0, from the first on */
		const char *wish;
		bool found;
		uint32_t addr;
		uint32_t count;
	} rows[] = {
		{ "w25q", CMSPI_PROTECT_EXACTLY, "01100000000000000000", false, 0, 0 },
		{ "w25q", CMSPI_PROTECT_NO_MORE, "01100000000000000000", true, 0, 0 },
		{ "w25q", CMSPI_PROTECT_NO_LESS, "01100000000000000000", true, 0, 16 * KIB },
		{ "w25q", CMSPI_PROTECT_NO_MORE, "11111111110000000001", true, 0, 4 * MIB },
		{ "w25q", CMSPI_PROTECT_NO_LESS, "11111111110000000001", true, 0, 8 * MIB },
		{ "w25q", CMSPI_PROTECT_NO_LESS, "00000000000000000001", true, 0x7ff000, 4 * KIB },
		{ "m25p", CMSPI_PROTECT_NO_LESS, "10000", true, 0, 1 * MIB },
		{ "m25p", CMSPI_PROTECT_NO_MORE, "11110", true, 0, 0 },
		{ "m25p", CMSPI_PROTECT_NO_MORE, "01011", true, 0xe0000, 128 * KIB },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct cmspi_protect_layout *layout =
			cmspi_protect_layout_named(rows[i].layout);
		const uint32_t size = rows[i].layout[0] == 'w' ? 8 * MIB : 1 * MIB;
		const uint8_t now[CMSPI_PROTECT_REGISTERS] = { 0 };
		uint32_t bounds[CMSPI_PROTECT_MAX_BLOCKS + 1];
		uint8_t values[CMSPI_PROTECT_REGISTERS];
		bool blocks[CMSPI_PROTECT_MAX_BLOCKS];
		const unsigned int count = cmspi_protect_blocks(layout, now, size, bounds);
		const struct cmspi_protect_wish wish = { bounds, blocks, count };

		assert_int_equal(count, strlen(rows[i].wish));
		for (unsigned int b = 0; b < count; b++)
			blocks[b] = rows[i].wish[b] == '1';
		assert_int_equal(cmspi_protect_find(layout, now, size, &wish, rows[i].fit, values),
			rows[i].found);
		if (!rows[i].found)
			continue;
		const struct cmspi_protection range = cmspi_protect_decode(layout, values, size);
		if (range.count != rows[i].count || (range.count && range.addr != rows[i].addr))
			fail_msg("row %u: 0x%x bytes from 0x%x", i, range.count, range.addr);
	}
}

static void protect_nothing_means_all_bits_are_0(void **state)
{
	const struct cmspi_protect_layout *layout = cmspi_protect_layout_named("w25q");
	const uint8_t all_by_cmp[] = { 0x80, 0x42, 0x60 };
	bool blocks[CMSPI_PROTECT_MAX_BLOCKS] = { false };
	uint32_t bounds[CMSPI_PROTECT_MAX_BLOCKS + 1];
	uint8_t values[CMSPI_PROTECT_REGISTERS];
	const struct cmspi_protect_wish wish = {
		bounds, blocks, cmspi_protect_blocks(layout, all_by_cmp, 8 * MIB, bounds),
	};

	(void)state;
	assert_true(cmspi_protect_find(layout, all_by_cmp, 8 * MIB, &wish, CMSPI_PROTECT_EXACTLY,
		values));
	assert_int_equal(values[0], 0x80);
	assert_int_equal(values[1], 0x02);
}

static void protect_registers_are_written_as_the_part_wants(void **state)
{
	static const struct {
		const char *layout;
		enum cmspi_qer qer;
		uint8_t before[2];
		uint8_t after[2];
		/** opcode and bytes of each write, 0: no more */
		uint8_t writes[2][2];
	} rows[] = {
		// one byte would clear QE
		{ "w25q_old", CMSPI_QER_UNKNOWN, { 0x04, 0x02 }, { 0, 0x02 }, { { 0x01, 2 } } },
		{ "w25q", CMSPI_QER_SR2_BIT1_WRITE1_KEEPS, { 0x04, 2 }, { 0, 2 }, { { 0x01, 2 } } },
		// an older part without the second register
		{ "w25q_old", CMSPI_QER_UNKNOWN, { 0x04, 0xff }, { 0, 0xff }, { { 0x01, 1 } } },
		{ "gd", CMSPI_QER_UNKNOWN, { 0x04, 0x02 }, { 0, 0x42 }, { { 0x01, 1 }, { 0x31, 1 } } },
		{ "gd", CMSPI_QER_SR2_BIT1_WRITE2, { 0x04, 2 }, { 0, 0x42 }, { { 0x01, 2 } } },
		{ "w25q", CMSPI_QER_SR2_BIT1_31, { 0, 0x02 }, { 0, 0x42 }, { { 0x31, 1 } } },
		// the configuration register is left alone
		{ "mxic", CMSPI_QER_SR1_BIT6, { 0x44, 0x07 }, { 0x40, 0x07 }, { { 0x01, 1 } } },
		{ "micron", CMSPI_QER_NONE, { 0x04, 0 }, { 0x04, 0 }, { { 0 } } },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const uint8_t before[] = { rows[i].before[0], rows[i].before[1], 0 };
		const uint8_t after[] = { rows[i].after[0], rows[i].after[1], 0 };
		struct cmspi_step steps[CMSPI_PROTECT_WRITE_STEPS];
		struct cmspi_chip chip;
		unsigned int wanted = 0;

		cmspi_chip_init(&chip);
		chip.qer = rows[i].qer;
		const struct cmspi_protect_layout *layout =
			cmspi_protect_layout_named(rows[i].layout);
		const unsigned int count = cmspi_protect_write_steps(layout, &chip, before, after,
			steps);
		for (; wanted < 2 && rows[i].writes[wanted][0]; wanted++) {
			assert_int_equal(steps[wanted].op.opcode, rows[i].writes[wanted][0]);
			assert_int_equal(steps[wanted].tx_bytes, rows[i].writes[wanted][1]);
			assert_true(steps[wanted].flags & CMSPI_STEP_WREN);
			assert_true(steps[wanted].flags & CMSPI_STEP_POLL);
			assert_int_equal(steps[wanted].poll.fail, 0);
		}
		if (wanted)
			assert_int_equal(steps[wanted++].op.opcode, CMSPI_OPCODE_WRITE_DISABLE);
		assert_int_equal(count, wanted);
	}
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (unsigned int i = 0; i < sizeof(protect_cases) / sizeof(*protect_cases); i++)
		cases_add(&cases, protect_bits_give_range, &protect_cases[i],
			"protect_bits_%s_of_%s_give_range", protect_cases[i].bits,
			protect_cases[i].part);
	CASES_ADD(&cases, protect_registers_as_read_give_range);
	CASES_ADD(&cases, protect_with_single_locks_says_so);
	CASES_ADD(&cases, protect_layout_is_found_by_id);
	CASES_ADD(&cases, protect_range_is_always_inside_the_chip);
	CASES_ADD(&cases, protect_hits_what_overlaps);
	CASES_ADD(&cases, protect_blocks_are_the_ends_of_all_ranges);
	CASES_ADD(&cases, protect_blocks_follow_a_bit_that_cannot_be_cleared);
	CASES_ADD(&cases, protect_every_range_is_found_again);
	CASES_ADD(&cases, protect_find_takes_the_nearest);
	CASES_ADD(&cases, protect_nothing_means_all_bits_are_0);
	CASES_ADD(&cases, protect_registers_are_written_as_the_part_wants);
	return cases_run(&cases, "protect", argc, argv);
}
