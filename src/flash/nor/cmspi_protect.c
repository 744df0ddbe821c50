// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * From status registers to the protected range, and back. All families count alike; what
 * differs is where the bits are, and that is a row. Pure: no I/O, no OpenOCD
 * header.
 */

#include <string.h>

#include "cmspi_protect.h"

#define NONE		CMSPI_PROTECT_NO_BIT
#define UNIT_64K	65536
#define UNIT_32K	32768
#define UNIT_16K	16384

// With SEC the unit is 4 KiB, and no more than 32 KiB are counted in it
#define CMSPI_PROTECT_SECTOR_BYTES	4096
#define CMSPI_PROTECT_SECTORS_MAX_BYTES	32768

/*
 * The count is that of the tables "Status Register Memory Protection" (Winbond),
 * "Protected Area Sizes" (Macronix, Micron, ST, ISSI), "Protected Area" (GigaDevice)
 * and "Block Protection" (Spansion, SST) in the data sheets of W25X40, W25Q16JV,
 * W25Q64JV, W25Q256JV, MX25L12835F, N25Q128A, MT25QL512, M25P10-A, M25P80,
 * IS25LP064, GD25Q127C, S25FL256S, SST25VF016B, SST25VF010 (S71233); the places of the
 * bits are those of the register descriptions there, and how they are written that of
 * "Write Status Register".
 */
static const struct cmspi_protect_layout cmspi_protect_layouts[] = {
	// name        read                   written            pair   BP0 up     n  TB    OTP
	//	SEC   CMP   single unit       enable
	{ "gd",        { 0x05, 0x35 },        { 0x01, 0x31 },    false, { 2, 3, 4 }, 3, 5,    false,
		6,    14,   NONE,  UNIT_64K, 0 },
	{ "gd_old",    { 0x05, 0x35 },        { 0x01, 0x01 },    true,  { 2, 3, 4 }, 3, 5,    false,
		6,    14,   NONE,  UNIT_64K, 0 },
	{ "issi",      { 0x05, 0x48 },        { 0x01 },          false, { 2, 3, 4, 5 }, 4, 9, true,
		NONE, NONE, NONE,  UNIT_64K, 0 },
	{ "m25p",      { 0x05 },              { 0x01 },          false, { 2, 3, 4 }, 3, NONE, false,
		NONE, NONE, NONE,  UNIT_64K, 0 },
	{ "m25p_small", { 0x05 },             { 0x01 },          false, { 2, 3 },    2, NONE, false,
		NONE, NONE, NONE,  UNIT_32K, 0 },
	{ "micron",    { 0x05 },              { 0x01 },          false, { 2, 3, 4, 6 }, 4, 5, false,
		NONE, NONE, NONE,  UNIT_64K, 0 },
	{ "mxic",      { 0x05, 0x15, 0x2b },  { 0x01 },          false, { 2, 3, 4, 5 }, 4, 11, true,
		NONE, NONE, 23,    UNIT_64K, 0 },
	{ "s25fl_s",   { 0x05, 0x35 },        { 0x01, 0x01 },    true,  { 2, 3, 4 }, 3, 13,   true,
		NONE, NONE, NONE,  UNIT_64K, 0 },
	{ "sst25",     { 0x05 },              { 0x01 },          false, { 2, 3, 4 }, 3, NONE, false,
		NONE, NONE, NONE,  UNIT_64K, 0 },
	{ "sst25_old", { 0x05 },              { 0x01 },          false, { 2, 3 },    2, NONE, false,
		NONE, NONE, NONE,  UNIT_16K, 0x50 },
	{ "w25q",      { 0x05, 0x35, 0x15 },  { 0x01, 0x01 },    true,  { 2, 3, 4 }, 3, 5,    false,
		6,    14,   18,    UNIT_64K, 0 },
	{ "w25q_big",  { 0x05, 0x35, 0x15 },  { 0x01, 0x01 },    true,  { 2, 3, 4, 5 }, 4, 6, false,
		NONE, 14,   18,    UNIT_64K, 0 },
	{ "w25q_old",  { 0x05, 0x35 },        { 0x01, 0x01 },    true,  { 2, 3, 4 }, 3, 5,    false,
		6,    14,   NONE,  UNIT_64K, 0 },
	{ "w25x",      { 0x05 },              { 0x01 },          false, { 2, 3, 4 }, 3, 5,    false,
		NONE, NONE, NONE,  UNIT_64K, 0 },
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
	{ 0xc8, 0x40, 0xff, 512, 4096,        false, "gd_old" },	// GD25Q, 01h takes two bytes
	{ 0xc8, 0x40, 0xff, 8192, 16384,      false, "gd" },		// GD25Q with 31h
	{ 0xc8, 0x60, 0xff, 512, 16384,       false, "gd_old" },	// GD25LQ
	{ 0xef, 0x30, 0xff, 128, 8192,        false, "w25x" },		// W25X
	{ 0xef, 0x40, 0xcf, 512, 1024,        false, "w25q_old" },	// W25Q 40, 50, 60, 70
	{ 0xef, 0x40, 0xcf, 2048, 16384,      false, "w25q" },
	{ 0xef, 0x61, 0xef, 32768, 262144,    false, "w25q_big" },	// W25M: each die
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
	if (chip->protection)
		return cmspi_protect_layout_named(chip->protection);
	const uint32_t size_kib = cmspi_chip_whole_bytes(chip) / 1024;

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

/* ---- from a range to the registers --------------------------------------- */

/** The bits that make a range; at most BP, TB, SEC and CMP. */
struct cmspi_protect_bits {
	uint8_t bits[CMSPI_PROTECT_BP_BITS + 3];
	unsigned int count;
};

static void cmspi_protect_add_bit(struct cmspi_protect_bits *list,
	const struct cmspi_protect_layout *layout, const uint8_t *registers, uint8_t bit)
{
	if (bit == CMSPI_PROTECT_NO_BIT || !layout->write_opcodes[bit / 8])
		return;
	// a register that an older part of the family does not have
	if (bit >= 8 && registers[bit / 8] == 0xff)
		return;
	list->bits[list->count++] = bit;
}

/** Those of them that can be written. */
static struct cmspi_protect_bits
cmspi_protect_list_bits(const struct cmspi_protect_layout *layout, const uint8_t *registers)
{
	struct cmspi_protect_bits list = { .count = 0 };

	for (unsigned int i = 0; i < layout->num_bp_bits; i++)
		cmspi_protect_add_bit(&list, layout, registers, layout->bp_bits[i]);
	if (!layout->tb_is_otp)
		cmspi_protect_add_bit(&list, layout, registers, layout->tb_bit);
	cmspi_protect_add_bit(&list, layout, registers, layout->sec_bit);
	cmspi_protect_add_bit(&list, layout, registers, layout->cmp_bit);
	return list;
}

/** Put the bits of @a number into the registers. */
static void cmspi_protect_put_bits(const struct cmspi_protect_bits *list, unsigned int number,
	uint8_t *registers)
{
	for (unsigned int i = 0; i < list->count; i++) {
		const uint8_t mask = 1 << list->bits[i] % 8;

		registers[list->bits[i] / 8] &= ~mask;
		if (number >> i & 1)
			registers[list->bits[i] / 8] |= mask;
	}
}

static void cmspi_protect_add_bound(uint32_t *bounds, unsigned int *count, uint32_t bound)
{
	unsigned int at = *count;

	while (at && bounds[at - 1] > bound)
		at--;
	if ((at && bounds[at - 1] == bound) || *count > CMSPI_PROTECT_MAX_BLOCKS)
		return;
	memmove(&bounds[at + 1], &bounds[at], (*count - at) * sizeof(*bounds));
	bounds[at] = bound;
	(*count)++;
}

unsigned int cmspi_protect_blocks(const struct cmspi_protect_layout *layout,
	const uint8_t registers[CMSPI_PROTECT_REGISTERS], uint32_t size_bytes, uint32_t *bounds)
{
	const struct cmspi_protect_bits list = cmspi_protect_list_bits(layout, registers);
	unsigned int count = 0;

	cmspi_protect_add_bound(bounds, &count, 0);
	cmspi_protect_add_bound(bounds, &count, size_bytes);
	for (unsigned int number = 0; number < 1u << list.count; number++) {
		uint8_t values[CMSPI_PROTECT_REGISTERS];

		memcpy(values, registers, sizeof(values));
		cmspi_protect_put_bits(&list, number, values);
		const struct cmspi_protection range =
			cmspi_protect_decode(layout, values, size_bytes);

		if (!range.count)
			continue;
		cmspi_protect_add_bound(bounds, &count, range.addr);
		cmspi_protect_add_bound(bounds, &count, range.addr + range.count);
	}
	return count - 1;
}

/** Bytes by which a range misses the wish, UINT64_MAX: it does not fit. */
static uint64_t cmspi_protect_misses(const struct cmspi_protection *range,
	const struct cmspi_protect_wish *wish, enum cmspi_protect_fit fit)
{
	// what differs must be more than wished, or less
	const bool more = fit == CMSPI_PROTECT_NO_LESS;
	uint64_t misses = 0;

	for (unsigned int i = 0; i < wish->num_blocks; i++) {
		const uint32_t bytes = wish->bounds[i + 1] - wish->bounds[i];
		const bool is = cmspi_protect_hits(range, wish->bounds[i], bytes);

		if (is == wish->blocks[i])
			continue;
		if (fit == CMSPI_PROTECT_EXACTLY || is != more)
			return UINT64_MAX;
		misses += bytes;
	}
	return misses;
}

/**
 * How little a way to make a range is liked, less than 256. BP bits may change, the
 * others better stay as the owner has them; where nothing is to be protected, all of
 * them are best 0, because who clears BP later would find all protected by CMP.
 */
static unsigned int cmspi_protect_dislike(const struct cmspi_protect_layout *layout,
	const struct cmspi_protect_bits *list, const uint8_t *registers, unsigned int number,
	bool empty)
{
	unsigned int dislike = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		const uint8_t bit = list->bits[i];
		const bool is = number >> i & 1;
		const bool was = registers[bit / 8] >> bit % 8 & 1;

		if (empty)
			dislike += is;
		else if (is != was)
			dislike += i < layout->num_bp_bits ? 1 : 16;
	}
	return dislike;
}

bool cmspi_protect_find(const struct cmspi_protect_layout *layout,
	const uint8_t registers[CMSPI_PROTECT_REGISTERS], uint32_t size_bytes,
	const struct cmspi_protect_wish *wish, enum cmspi_protect_fit fit,
	uint8_t values[CMSPI_PROTECT_REGISTERS])
{
	const struct cmspi_protect_bits list = cmspi_protect_list_bits(layout, registers);
	uint64_t best = UINT64_MAX;
	unsigned int least = 0;

	for (unsigned int number = 0; number < 1u << list.count; number++) {
		uint8_t tried[CMSPI_PROTECT_REGISTERS];

		memcpy(tried, registers, sizeof(tried));
		cmspi_protect_put_bits(&list, number, tried);
		const struct cmspi_protection range =
			cmspi_protect_decode(layout, tried, size_bytes);
		const uint64_t misses = cmspi_protect_misses(&range, wish, fit);
		const unsigned int dislike = cmspi_protect_dislike(layout, &list, registers, number,
			!range.count);

		if (misses > best || misses == UINT64_MAX || (misses == best && dislike >= least))
			continue;
		best = misses;
		least = dislike;
		memcpy(values, tried, sizeof(tried));
	}
	return best != UINT64_MAX;
}

bool cmspi_protect_same_bits(const struct cmspi_protect_layout *layout, const uint8_t *a,
	const uint8_t *b)
{
	const struct cmspi_protect_bits list = cmspi_protect_list_bits(layout, a);

	for (unsigned int i = 0; i < list.count; i++)
		if ((a[list.bits[i] / 8] ^ b[list.bits[i] / 8]) >> list.bits[i] % 8 & 1)
			return false;
	return true;
}

void cmspi_protect_take_bits(const struct cmspi_protect_layout *layout, const uint8_t *bits,
	uint8_t *registers)
{
	const struct cmspi_protect_bits list = cmspi_protect_list_bits(layout, registers);
	unsigned int number = 0;

	for (unsigned int i = 0; i < list.count; i++)
		number |= (bits[list.bits[i] / 8] >> list.bits[i] % 8 & 1u) << i;
	cmspi_protect_put_bits(&list, number, registers);
}

/* ---- steps --------------------------------------------------------------- */

unsigned int cmspi_protect_read_steps(const struct cmspi_protect_layout *layout,
	uint8_t *registers, struct cmspi_step *steps)
{
	unsigned int count = 0;

	for (; count < CMSPI_PROTECT_REGISTERS && layout->read_opcodes[count]; count++)
		steps[count] = cmspi_chip_step_read_register(layout->read_opcodes[count],
			&registers[count]);
	return count;
}

/** SFDP may tell how the second register is written: quad enable is in it. */
static bool cmspi_protect_in_pair(const struct cmspi_protect_layout *layout,
	const struct cmspi_chip *chip)
{
	switch (chip->qer) {
	case CMSPI_QER_SR2_BIT1_WRITE2:
	case CMSPI_QER_SR2_BIT1_WRITE1_KEEPS:
	case CMSPI_QER_SR2_BIT1_35_01:
		return layout->write_opcodes[1];
	case CMSPI_QER_SR2_BIT1_31:
		return false;
	default:
		return layout->written_as_pair;
	}
}

unsigned int cmspi_protect_write_steps(const struct cmspi_protect_layout *layout,
	const struct cmspi_chip *chip, const uint8_t *registers, const uint8_t *values,
	struct cmspi_step *steps)
{
	const uint8_t second = chip->qer == CMSPI_QER_SR2_BIT1_31 ? 0x31 : layout->write_opcodes[1];
	// a part that lacks the second register takes one byte
	const bool pair = cmspi_protect_in_pair(layout, chip) && registers[1] != 0xff;
	unsigned int count = 0;

	if (layout->enable_opcode && registers[0] != values[0]) {
		// EWSR, an opcode alone, in place of write enable
		steps[count] = cmspi_chip_step_read_register(layout->enable_opcode, NULL);
		steps[count++].rx_bytes = 0;
		steps[count] = cmspi_chip_step_write_register(chip, layout->write_opcodes[0],
			values, 1);
		steps[count++].flags &= ~(CMSPI_STEP_WREN | CMSPI_STEP_CHECK_WEL);
	} else if (pair && memcmp(registers, values, 2)) {
		steps[count++] = cmspi_chip_step_write_register(chip, layout->write_opcodes[0],
			values, 2);
	} else if (!pair) {
		if (registers[0] != values[0])
			steps[count++] = cmspi_chip_step_write_register(chip,
				layout->write_opcodes[0], &values[0], 1);
		if (registers[1] != values[1] && second)
			steps[count++] = cmspi_chip_step_write_register(chip, second, &values[1], 1);
	}
	// a register that is locked leaves write enable set
	if (count)
		steps[count++] = cmspi_chip_step_write_disable();
	return count;
}
