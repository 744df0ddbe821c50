// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * From status registers to the protected range. All families count alike; what
 * differs is where the bits are, and that is a row. Pure: no I/O, no OpenOCD
 * header.
 */

#include <string.h>

#include "cmspi_protect.h"

#define NONE		CMSPI_PROTECT_NO_BIT
#define UNIT_64K	65536
#define UNIT_32K	32768

// With SEC the unit is 4 KiB, and no more than 32 KiB are counted in it
#define CMSPI_PROTECT_SECTOR_BYTES	4096
#define CMSPI_PROTECT_SECTORS_MAX_BYTES	32768

/*
 * The count is that of the tables "Status Register Memory Protection" (Winbond),
 * "Protected Area Sizes" (Macronix, Micron, ST, ISSI), "Protected Area" (GigaDevice)
 * and "Block Protection" (Spansion, SST) in the data sheets of W25X40, W25Q16JV,
 * W25Q64JV, W25Q256JV, MX25L12835F, N25Q128A, MT25QL512, M25P10-A, M25P80,
 * IS25LP064, GD25Q127C, S25FL256S, SST25VF016B; the places of the bits are those
 * of the register descriptions there.
 */
static const struct cmspi_protect_layout cmspi_protect_layouts[] = {
	// name         registers             BP0 up             n  TB    SEC   CMP   single unit
	{ "gd",         { 0x05, 0x35 },       { 2, 3, 4 },       3, 5,    6,    14,   NONE, UNIT_64K },
	{ "issi",       { 0x05, 0x48 },       { 2, 3, 4, 5 },    4, 9,    NONE, NONE, NONE, UNIT_64K },
	{ "m25p",       { 0x05 },             { 2, 3, 4 },       3, NONE, NONE, NONE, NONE, UNIT_64K },
	{ "m25p_small", { 0x05 },             { 2, 3 },          2, NONE, NONE, NONE, NONE, UNIT_32K },
	{ "micron",     { 0x05 },             { 2, 3, 4, 6 },    4, 5,    NONE, NONE, NONE, UNIT_64K },
	{ "mxic",       { 0x05, 0x15, 0x2b }, { 2, 3, 4, 5 },    4, 11,   NONE, NONE, 23,   UNIT_64K },
	{ "s25fl_s",    { 0x05, 0x35 },       { 2, 3, 4 },       3, 13,   NONE, NONE, NONE, UNIT_64K },
	{ "sst25",      { 0x05 },             { 2, 3, 4 },       3, NONE, NONE, NONE, NONE, UNIT_64K },
	{ "w25q",       { 0x05, 0x35, 0x15 }, { 2, 3, 4 },       3, 5,    6,    14,   18,   UNIT_64K },
	{ "w25q_big",   { 0x05, 0x35, 0x15 }, { 2, 3, 4, 5 },    4, 6,    NONE, 14,   18,   UNIT_64K },
	{ "w25q_old",   { 0x05, 0x35 },       { 2, 3, 4 },       3, 5,    6,    14,   NONE, UNIT_64K },
	{ "w25x",       { 0x05 },             { 2, 3, 4 },       3, 5,    NONE, NONE, NONE, UNIT_64K },
};

/** Which parts have which layout. The first row that fits counts. */
struct cmspi_protect_part {
	uint8_t manufacturer;
	/** second ID byte under a mask */
	uint8_t type;
	uint8_t type_mask;
	/** sizes from and to, KiB */
	uint32_t min_kib;
	uint32_t max_kib;
	/** some generations with this ID count otherwise, and have no SFDP */
	bool only_with_sfdp;
	const char *layout;
};

/*
 * Left out because one ID stands for parts that count differently: Macronix of
 * up to 8 MiB (MX25L6405D/06E/33F), GigaDevice of 32 MiB (GD25Q256C/D). Left out
 * because nothing of theirs is counted: SST26, AT25DF, AT45.
 */
static const struct cmspi_protect_part cmspi_protect_parts[] = {
	// ID          mask  KiB from, to      SFDP   layout
	{ 0x01, 0x40, 0xff, 2048, 8192,       false, "w25q_old" },	// S25FL1-K
	{ 0x01, 0x60, 0xff, 8192, 16384,      false, "w25q" },		// S25FL-L
	{ 0x01, 0x02, 0xff, 32768, 65536,     false, "s25fl_s" },	// S25FL256S, 512S
	{ 0x01, 0x20, 0xff, 16384, 16384,     false, "s25fl_s" },	// S25FL128S
	{ 0x0b, 0x40, 0xff, 512, 16384,       false, "w25q_old" },	// XT25F
	{ 0x1f, 0x80, 0xe0, 512, 16384,       false, "w25q_old" },	// AT25SF
	{ 0x20, 0x20, 0xff, 128, 128,         false, "m25p_small" },	// M25P10-A
	{ 0x20, 0x20, 0xff, 256, 16384,       false, "m25p" },		// M25P20 to M25P128
	{ 0x20, 0x40, 0xff, 512, 16384,       false, "w25q_old" },	// XM25QH
	{ 0x20, 0xba, 0xfe, 8192, 262144,     false, "micron" },	// N25Q, MT25Q: BA, BB
	{ 0x2c, 0x5a, 0xfe, 65536, 262144,    false, "micron" },	// MT35X
	{ 0x5e, 0x60, 0xff, 512, 16384,       false, "w25q_old" },	// ZB25VQ
	{ 0x68, 0x40, 0xff, 512, 16384,       false, "w25q_old" },	// BY25Q
	{ 0x85, 0x60, 0xff, 512, 16384,       false, "w25q_old" },	// P25Q
	{ 0x9d, 0x60, 0xef, 1024, 262144,     false, "issi" },		// IS25LP 60, IS25WP 70
	{ 0xbf, 0x25, 0xff, 512, 8192,        false, "sst25" },		// SST25VF
	{ 0xc2, 0x20, 0xff, 16384, 262144,    true,  "mxic" },		// MX25L, MX66L
	{ 0xc2, 0x25, 0xff, 16384, 262144,    true,  "mxic" },		// MX25U, MX66U
	{ 0xc2, 0x28, 0xff, 4096, 8192,       true,  "mxic" },		// MX25R
	{ 0xc8, 0x40, 0xff, 512, 16384,       false, "gd" },		// GD25Q
	{ 0xc8, 0x60, 0xff, 512, 16384,       false, "gd" },		// GD25LQ
	{ 0xef, 0x30, 0xff, 128, 8192,        false, "w25x" },		// W25X
	{ 0xef, 0x40, 0xcf, 512, 16384,       false, "w25q" },		// W25Q 40, 50, 60, 70
	{ 0xef, 0x80, 0xff, 512, 16384,       false, "w25q" },		// W25Q-NW
	{ 0xef, 0x40, 0xcf, 32768, 262144,    false, "w25q_big" },
	{ 0xef, 0x80, 0xff, 32768, 262144,    false, "w25q_big" },
};

const struct cmspi_protect_layout *cmspi_protect_layout_named(const char *name)
{
	const size_t count = sizeof(cmspi_protect_layouts) / sizeof(*cmspi_protect_layouts);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(cmspi_protect_layouts[i].name, name))
			return &cmspi_protect_layouts[i];
	return NULL;
}

const struct cmspi_protect_layout *cmspi_protect_layout(const struct cmspi_chip *chip)
{
	const size_t count = sizeof(cmspi_protect_parts) / sizeof(*cmspi_protect_parts);
	const uint32_t size_kib = chip->size_bytes / 1024;

	for (size_t i = 0; i < count; i++) {
		const struct cmspi_protect_part *part = &cmspi_protect_parts[i];
		if (chip->id[0] != part->manufacturer ||
				(chip->id[1] & part->type_mask) != part->type)
			continue;
		if (size_kib < part->min_kib || size_kib > part->max_kib)
			continue;
		if (part->only_with_sfdp && chip->sfdp_minor < 0)
			return NULL;
		return cmspi_protect_layout_named(part->layout);
	}
	return NULL;
}

/** Bit @a bit of the registers, numbered as in the layout. */
static bool cmspi_protect_bit(const uint8_t *registers, uint8_t bit)
{
	if (bit == CMSPI_PROTECT_NO_BIT)
		return false;
	// Older parts of a family lack the second or third register and leave
	// MISO alone; none of those that have it can read all ones
	if (bit >= 8 && registers[bit / 8] == 0xff)
		return false;
	return registers[bit / 8] >> bit % 8 & 1;
}

/**
 * What BP protects, in bytes. One step up doubles it; the first step is the
 * unit, or more where the steps would not reach half of a large part; all BP
 * bits set mean all of the part.
 */
static uint64_t cmspi_protect_bytes(const struct cmspi_protect_layout *layout, unsigned int bp,
	uint32_t size_bytes)
{
	const unsigned int all = (1u << layout->num_bp_bits) - 1;
	uint64_t first_bytes = layout->unit_bytes;

	if (bp == 0)
		return 0;
	while (first_bytes << (all - 1) < size_bytes)
		first_bytes *= 2;
	const uint64_t bytes = first_bytes << (bp - 1);
	return bp == all || bytes > size_bytes ? size_bytes : bytes;
}

/** The same counted in sectors of 4 KiB: 1, 2, 4, then 8 of them. What would be
 * all of the part by the other count is all by this one, too. */
static uint64_t cmspi_protect_sector_bytes(const struct cmspi_protect_layout *layout,
	unsigned int bp, uint32_t size_bytes)
{
	const unsigned int last_step = 5;

	if (bp == 0)
		return 0;
	if (bp > last_step && cmspi_protect_bytes(layout, bp, size_bytes) == size_bytes)
		return size_bytes;
	const uint64_t bytes = (uint64_t)CMSPI_PROTECT_SECTOR_BYTES << (bp - 1);
	return bytes > CMSPI_PROTECT_SECTORS_MAX_BYTES ? CMSPI_PROTECT_SECTORS_MAX_BYTES : bytes;
}

struct cmspi_protection cmspi_protect_decode(const struct cmspi_protect_layout *layout,
	const uint8_t registers[CMSPI_PROTECT_REGISTERS], uint32_t size_bytes)
{
	unsigned int bp = 0;

	if (cmspi_protect_bit(registers, layout->individual_bit))
		return (struct cmspi_protection) { .individual = true };
	for (unsigned int i = 0; i < layout->num_bp_bits; i++)
		bp |= cmspi_protect_bit(registers, layout->bp_bits[i]) << i;
	const uint32_t count = cmspi_protect_bit(registers, layout->sec_bit) ?
		cmspi_protect_sector_bytes(layout, bp, size_bytes) :
		cmspi_protect_bytes(layout, bp, size_bytes);
	const bool bottom = cmspi_protect_bit(registers, layout->tb_bit);

	if (!cmspi_protect_bit(registers, layout->cmp_bit))
		return (struct cmspi_protection) {
			.addr = bottom || !count ? 0 : size_bytes - count, .count = count,
		};
	return (struct cmspi_protection) {
		.addr = bottom && count < size_bytes ? count : 0, .count = size_bytes - count,
	};
}

bool cmspi_protect_hits(const struct cmspi_protection *protection, uint32_t addr, uint32_t count)
{
	const uint64_t end = (uint64_t)addr + count;
	const uint64_t protected_end = (uint64_t)protection->addr + protection->count;

	return count && protection->count && addr < protected_end && protection->addr < end;
}
