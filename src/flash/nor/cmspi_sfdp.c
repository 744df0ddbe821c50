// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * JESD216 decode: header, basic flash parameter table (BFPT) and 4-byte
 * address instruction table (4BAIT), from bytes to struct cmspi_chip; the sector
 * map is found here and decoded in cmspi_sfdp_map.c. DWORDs
 * are counted from 1 as in the standard. Every byte may be a lie: lengths,
 * pointers and exponents are checked before they are used, a word that makes
 * no sense counts as not there. Pure: no I/O, no OpenOCD header.
 *
 * Section names below are those of JESD216F.
 */

#include <stdio.h>
#include <string.h>

#include "cmspi_sfdp.h"

#define CMSPI_SFDP_HEADER_BYTES		8
#define CMSPI_SFDP_MAJOR		1
#define CMSPI_SFDP_ID_BFPT		0x00
#define CMSPI_SFDP_ID_MAP		0x81
#define CMSPI_SFDP_ID_4BAIT		0x84
#define CMSPI_SFDP_ID_MACRONIX		0xc2
#define CMSPI_SFDP_ID_JEDEC		0xff

// JESD216 has 9 DWORDs, JESD216A (table revision 1.5) brought 10 to 16
#define CMSPI_BFPT_MIN_DWORDS		9
#define CMSPI_BFPT_MAX_DWORDS		16
#define CMSPI_BFPT_MINOR_A		5
#define CMSPI_4BAIT_DWORDS		2
#define CMSPI_MAKER_DWORDS		3
#define CMSPI_MAP_MIN_DWORDS		2
#define CMSPI_MAP_MAX_DWORDS		255

// Sizes that a serial NOR can have; outside of them the word is a lie
#define CMSPI_MIN_SIZE_BYTES		(16u << 10)
#define CMSPI_SIZE_GRAIN_BYTES		4096
#define CMSPI_MAX_DENSITY_LOG2_BITS	34
#define CMSPI_MIN_ERASE_LOG2_BYTES	8
#define CMSPI_MAX_ERASE_LOG2_BYTES	20
#define CMSPI_MIN_PAGE_LOG2_BYTES	4
#define CMSPI_MAX_PAGE_LOG2_BYTES	9

/** A parameter table, wholly inside the bytes given. */
struct cmspi_sfdp_table {
	const uint8_t *data;
	/** 0: there is none */
	unsigned int dwords;
	uint8_t minor;
	/** end of one that lies beyond the bytes given, 0: none does */
	uint32_t need_bytes;
};

/** What a decode works on. */
struct cmspi_sfdp {
	const uint8_t *data;
	uint32_t data_bytes;
	struct cmspi_sfdp_table bfpt;
	struct cmspi_sfdp_table bait;
	struct cmspi_sfdp_table map;
	/** of the maker's own, headed by his ID */
	struct cmspi_sfdp_table maker_table;
	uint8_t maker;
	/** how the part is configured, CMSPI_MAP_NO_CONFIG: not known */
	int config;
	struct cmspi_sfdp_report *report;
};

/** "(1-1-2) Fast Read" and its kin: where the BFPT keeps them. */
struct cmspi_bfpt_read {
	/** the bit that says it is there */
	uint8_t flag_dword;
	uint8_t flag_bit;
	/** wait clocks in 5 bits, mode clocks in 3, opcode in 8, from there up */
	uint8_t dword;
	uint8_t shift;
	uint8_t cmd_lines;
	uint8_t addr_lines;
	uint8_t data_lines;
	/** 4BAIT DWORD 1 bit, and the opcode that it stands for; 0: none */
	uint8_t bait_bit;
	uint8_t opcode_4byte;
};

static const struct cmspi_bfpt_read cmspi_bfpt_reads[] = {
	// flag     at       lines    4BAIT
	{ 1, 16,    4, 0,    1, 1, 2, 2, 0x3c },
	{ 1, 20,    4, 16,   1, 2, 2, 3, 0xbc },
	{ 1, 22,    3, 16,   1, 1, 4, 4, 0x6c },
	{ 1, 21,    3, 0,    1, 4, 4, 5, 0xec },
	{ 5, 0,     6, 16,   2, 2, 2, 3, 0xbc },
	{ 5, 4,     7, 16,   4, 4, 4, 5, 0xec },
};

/** A five-bit count and a unit: how the BFPT writes typical times. */
struct cmspi_bfpt_time {
	uint8_t dword;
	uint8_t shift;
	uint8_t unit_bits;
	uint32_t units[4];
};

// BFPT DWORD 10: erase types 1 to 4, ms
static const struct cmspi_bfpt_time cmspi_bfpt_erase_times[CMSPI_ERASE_TYPES] = {
	{ 10, 4, 2, { 1, 16, 128, 1000 } },
	{ 10, 11, 2, { 1, 16, 128, 1000 } },
	{ 10, 18, 2, { 1, 16, 128, 1000 } },
	{ 10, 25, 2, { 1, 16, 128, 1000 } },
};

// BFPT DWORD 11: page program in us, chip erase in ms
static const struct cmspi_bfpt_time cmspi_bfpt_page_time = { 11, 8, 1, { 8, 64 } };
static const struct cmspi_bfpt_time cmspi_bfpt_chip_erase_time = {
	11, 24, 2, { 16, 256, 4000, 64000 }
};

// BFPT DWORD 14: exit from deep power-down, ns
static const struct cmspi_bfpt_time cmspi_bfpt_dpd_time = {
	14, 8, 2, { 128, 1000, 8000, 64000 }
};

static uint32_t cmspi_sfdp_le32(const uint8_t *data)
{
	return data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24;
}

/** DWORD @a number of a table, counted from 1; 0 when the table is shorter. */
static uint32_t cmspi_sfdp_dword(const struct cmspi_sfdp_table *table, unsigned int number)
{
	if (number > table->dwords)
		return 0;
	return cmspi_sfdp_le32(&table->data[(number - 1) * 4]);
}

/** @a width bits (below 32) of a DWORD from @a shift up. */
static uint32_t cmspi_sfdp_field(const struct cmspi_sfdp_table *table, unsigned int dword,
	unsigned int shift, unsigned int width)
{
	return cmspi_sfdp_dword(table, dword) >> shift & ((1u << width) - 1);
}

/** Is the DWORD there, and neither erased nor never filled in? */
static bool cmspi_sfdp_has(const struct cmspi_sfdp_table *table, unsigned int dword)
{
	const uint32_t value = cmspi_sfdp_dword(table, dword);

	return value != 0 && value != UINT32_MAX;
}

static uint32_t cmspi_sfdp_time(const struct cmspi_sfdp_table *table,
	const struct cmspi_bfpt_time *row)
{
	const uint32_t count = cmspi_sfdp_field(table, row->dword, row->shift, 5);
	const uint32_t unit = cmspi_sfdp_field(table, row->dword, row->shift + 5, row->unit_bits);

	return (count + 1) * row->units[unit];
}

/** "Multiplier from typical to maximum", in bits 3:0 of DWORDs 10 and 11. */
static uint32_t cmspi_sfdp_max_factor(const struct cmspi_sfdp_table *table, unsigned int dword)
{
	return 2 * (cmspi_sfdp_field(table, dword, 0, 4) + 1);
}

/** An opcode that a command can have: an empty field reads as 00h or FFh. */
static bool cmspi_sfdp_is_opcode(uint8_t opcode)
{
	return opcode != 0x00 && opcode != 0xff;
}

/**
 * Take the table that a parameter header points at, if it is a better one
 * than what is there.
 */
static void cmspi_sfdp_take_table(const struct cmspi_sfdp *sfdp, const uint8_t *header,
	unsigned int min_dwords, unsigned int max_dwords, struct cmspi_sfdp_table *table)
{
	const uint8_t minor = header[1];
	const uint32_t pointer = cmspi_sfdp_le32(&header[4]) & 0xffffff;
	unsigned int dwords = header[3];

	if (header[2] != CMSPI_SFDP_MAJOR || dwords < min_dwords)
		return;
	// A part may hold the same table in several revisions (S25FS-S)
	if (table->dwords && minor <= table->minor)
		return;
	if (dwords > max_dwords)
		dwords = max_dwords;
	const uint32_t end = pointer + 4 * dwords;
	if (pointer < CMSPI_SFDP_HEADER_BYTES || end > CMSPI_SFDP_MAX_BYTES)
		return;
	if (end > sfdp->data_bytes) {
		if (table->need_bytes < end)
			table->need_bytes = end;
		return;
	}
	table->data = &sfdp->data[pointer];
	table->dwords = dwords;
	table->minor = minor;
}

/**
 * Walk the parameter headers. Parts exist with more of them than the header
 * announces (W25Q02JV), and with fewer: the walk ends where the lowest table
 * begins, at the first one that is no JEDEC header once those announced are
 * through, and at the end of the bytes given.
 */
static void cmspi_sfdp_walk(struct cmspi_sfdp *sfdp)
{
	const unsigned int announced = sfdp->data[6] + 1;
	uint32_t end = sfdp->data_bytes < CMSPI_SFDP_FIRST_BYTES ?
		sfdp->data_bytes : CMSPI_SFDP_FIRST_BYTES;

	for (unsigned int i = 0; (i + 2) * CMSPI_SFDP_HEADER_BYTES <= end; i++) {
		const uint8_t *header = &sfdp->data[(i + 1) * CMSPI_SFDP_HEADER_BYTES];
		const uint32_t pointer = cmspi_sfdp_le32(&header[4]) & 0xffffff;
		// The first header is the BFPT's; JESD216 as first issued had no
		// second ID byte there
		const bool jedec = header[7] == CMSPI_SFDP_ID_JEDEC || i == 0;
		if (i >= announced && (!jedec || header[2] != CMSPI_SFDP_MAJOR))
			break;
		if (!jedec)
			continue;
		if (header[0] == CMSPI_SFDP_ID_BFPT)
			cmspi_sfdp_take_table(sfdp, header, CMSPI_BFPT_MIN_DWORDS,
				CMSPI_BFPT_MAX_DWORDS, &sfdp->bfpt);
		else if (header[0] == CMSPI_SFDP_ID_4BAIT)
			cmspi_sfdp_take_table(sfdp, header, CMSPI_4BAIT_DWORDS,
				CMSPI_4BAIT_DWORDS, &sfdp->bait);
		else if (header[0] == CMSPI_SFDP_ID_MAP)
			cmspi_sfdp_take_table(sfdp, header, CMSPI_MAP_MIN_DWORDS,
				CMSPI_MAP_MAX_DWORDS, &sfdp->map);
		else if (header[0] == sfdp->maker)
			cmspi_sfdp_take_table(sfdp, header, CMSPI_MAKER_DWORDS,
				CMSPI_MAKER_DWORDS, &sfdp->maker_table);
		if (i >= announced - 1 && pointer < end)
			end = pointer;
	}
}

/** BFPT DWORD 2. @returns bytes, 0 when the word makes no sense */
static uint32_t cmspi_sfdp_size(const struct cmspi_sfdp_table *bfpt)
{
	const uint32_t density = cmspi_sfdp_dword(bfpt, 2);
	uint64_t bits = (uint64_t)density + 1;

	if (density >> 31) {
		const uint32_t exponent = density & 0x7fffffff;
		if (exponent > CMSPI_MAX_DENSITY_LOG2_BITS)
			return 0;
		bits = UINT64_C(1) << exponent;
	}
	if (bits % (8 * CMSPI_SIZE_GRAIN_BYTES) || bits / 8 < CMSPI_MIN_SIZE_BYTES)
		return 0;
	return bits / 8;
}

/** BFPT DWORD 1 bits 18:17. Above 16 MiB a part that claims three bytes only
 * has some way to four, so the size wins (and with four bytes only below). */
static void cmspi_sfdp_addressing(const struct cmspi_sfdp_table *bfpt, struct cmspi_chip *chip)
{
	const uint32_t code = cmspi_sfdp_field(bfpt, 1, 17, 2);
	const bool large = chip->size_bytes > CMSPI_3_BYTE_LIMIT_BYTES;

	chip->addr_3_ok = code != 2;
	chip->addr_4_ok = code == 1 || code == 2 || large;
	chip->addr_bytes = chip->addr_3_ok ? 3 : 4;
}

/** Mode and wait clocks, as what is sent. */
static void cmspi_sfdp_dummies(struct cmspi_op *op, unsigned int mode_clocks,
	unsigned int wait_clocks)
{
	const unsigned int clocks = mode_clocks + wait_clocks;
	const unsigned int byte_clocks = 8 / op->addr_lines;

	// Part of a mode byte (2 clocks of 1-2-2 on Winbond, 1 clock on Micron) is
	// sent as a whole FFh byte that reaches into the wait clocks. On one line
	// they all are dummy clocks: MOSI must be let go in time for 1-1-2 there,
	// and the only mode bit known (Micron) does not count in a part out of XIP
	if (mode_clocks && op->addr_lines > 1 && clocks >= byte_clocks) {
		op->mode_bytes = 1;
		op->mode = 0xff;
		op->dummy_clocks = clocks - byte_clocks;
	} else {
		op->dummy_clocks = clocks;
	}
}

/** Two reads that begin alike cannot both be true. */
static bool cmspi_sfdp_read_is_known(const struct cmspi_chip *chip, const struct cmspi_op *op)
{
	for (unsigned int i = 0; i < CMSPI_READS; i++)
		if (chip->reads[i].opcode == op->opcode &&
				chip->reads[i].cmd_lines == op->cmd_lines)
			return true;
	return false;
}

static void cmspi_sfdp_reads(const struct cmspi_sfdp *sfdp, struct cmspi_chip *chip)
{
	const struct cmspi_sfdp_table *bfpt = &sfdp->bfpt;
	// JESD216 "Fast Read (1-1-1)" is not a field: every part with SFDP has it
	const struct cmspi_op fast = {
		.opcode = CMSPI_OPCODE_FAST_READ, .addr_bytes = 3, .dummy_clocks = 8,
		.cmd_lines = 1, .addr_lines = 1, .data_lines = 1,
	};
	unsigned int count = 1;

	memset(&chip->reads[1], 0, sizeof(chip->reads) - sizeof(chip->reads[0]));
	memset(chip->reads_4byte, 0, sizeof(chip->reads_4byte));
	chip->reads[count++] = fast;
	for (unsigned int i = 0; i < sizeof(cmspi_bfpt_reads) / sizeof(*cmspi_bfpt_reads); i++) {
		const struct cmspi_bfpt_read *row = &cmspi_bfpt_reads[i];
		struct cmspi_op op = {
			.opcode = cmspi_sfdp_field(bfpt, row->dword, row->shift + 8, 8),
			.addr_bytes = 3,
			.cmd_lines = row->cmd_lines,
			.addr_lines = row->addr_lines,
			.data_lines = row->data_lines,
		};
		if (!cmspi_sfdp_field(bfpt, row->flag_dword, row->flag_bit, 1) ||
				!cmspi_sfdp_is_opcode(op.opcode) || cmspi_sfdp_read_is_known(chip, &op))
			continue;
		cmspi_sfdp_dummies(&op, cmspi_sfdp_field(bfpt, row->dword, row->shift + 5, 3),
			cmspi_sfdp_field(bfpt, row->dword, row->shift, 5));
		if (row->opcode_4byte && cmspi_sfdp_field(&sfdp->bait, 1, row->bait_bit, 1))
			chip->reads_4byte[count] = row->opcode_4byte;
		chip->reads[count++] = op;
	}
}

/** BFPT DWORDs 8 and 9, in the table's order. */
static void cmspi_sfdp_erase_types(const struct cmspi_sfdp_table *bfpt, struct cmspi_chip *chip)
{
	memset(chip->erase, 0, sizeof(chip->erase));
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		const unsigned int dword = 8 + i / 2;
		const unsigned int shift = 16 * (i % 2);
		const uint32_t log2_bytes = cmspi_sfdp_field(bfpt, dword, shift, 8);
		const uint8_t opcode = cmspi_sfdp_field(bfpt, dword, shift + 8, 8);
		if (log2_bytes < CMSPI_MIN_ERASE_LOG2_BYTES ||
				log2_bytes > CMSPI_MAX_ERASE_LOG2_BYTES ||
				!cmspi_sfdp_is_opcode(opcode))
			continue;
		if (chip->size_bytes % (1u << log2_bytes))
			continue;
		chip->erase[i].size_bytes = 1u << log2_bytes;
		chip->erase[i].opcode = opcode;
	}
	// DWORD 1 bits 1:0 and 15:8, all that the oldest parts tell
	const uint8_t opcode = cmspi_sfdp_field(bfpt, 1, 8, 8);
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++)
		if (chip->erase[i].size_bytes)
			return;
	if (cmspi_sfdp_field(bfpt, 1, 0, 2) == 1 && cmspi_sfdp_is_opcode(opcode))
		chip->erase[0] = (struct cmspi_erase_type) { .size_bytes = 4096, .opcode = opcode };
}

/** One opcode with several sizes erases what its place in the sector map says, so
 * without one it must not be used as if it had one size. */
static void cmspi_sfdp_drop_ambiguous(struct cmspi_chip *chip)
{
	bool drop[CMSPI_ERASE_TYPES] = { false };

	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++)
		for (unsigned int j = 0; j < CMSPI_ERASE_TYPES; j++)
			if (chip->erase[i].size_bytes && chip->erase[j].size_bytes &&
					chip->erase[i].opcode == chip->erase[j].opcode &&
					chip->erase[i].size_bytes != chip->erase[j].size_bytes)
				drop[i] = true;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++)
		if (drop[i])
			memset(&chip->erase[i], 0, sizeof(chip->erase[i]));
}

/** Smallest first, the empty ones last (MT25Q lists 4, 64, 32 KiB).
 * @param numbers receives for each row its number in the table, from 0 */
static void cmspi_sfdp_sort_erase_types(struct cmspi_chip *chip, uint8_t *numbers)
{
	numbers[0] = 0;
	for (unsigned int i = 1; i < CMSPI_ERASE_TYPES; i++) {
		const struct cmspi_erase_type type = chip->erase[i];
		unsigned int at = i;
		// an empty row's size less one is the largest number
		for (; at && chip->erase[at - 1].size_bytes - 1 > type.size_bytes - 1; at--) {
			chip->erase[at] = chip->erase[at - 1];
			numbers[at] = numbers[at - 1];
		}
		chip->erase[at] = type;
		numbers[at] = i;
	}
}

/** Which erase types work where, the types sorted. */
static void cmspi_sfdp_regions(const struct cmspi_sfdp *sfdp, struct cmspi_chip *chip)
{
	const struct cmspi_sfdp_table *map = &sfdp->map;
	struct cmspi_sfdp_report *report = sfdp->report;
	uint8_t numbers[CMSPI_ERASE_TYPES];

	cmspi_sfdp_sort_erase_types(chip, numbers);
	chip->num_regions = 0;
	if (map->dwords) {
		const int count = cmspi_sfdp_map_queries(map->data, map->dwords, chip,
			report->queries);

		if (count > 0 && sfdp->config == CMSPI_MAP_NO_CONFIG) {
			report->num_queries = count;
			return;
		}
		if (count >= 0 && cmspi_sfdp_map_take(map->data, map->dwords, sfdp->config, numbers,
				chip))
			return;
		snprintf(report->why, sizeof(report->why), "its sector map has no whole map for "
			"configuration %d", sfdp->config);
	}
	cmspi_sfdp_drop_ambiguous(chip);
	cmspi_sfdp_sort_erase_types(chip, numbers);
}

/** BFPT DWORDs 10 and 11, in the table's order of erase types. */
static void cmspi_sfdp_times(const struct cmspi_sfdp_table *bfpt, struct cmspi_chip *chip)
{
	const uint32_t erase_factor = cmspi_sfdp_max_factor(bfpt, 10);

	if (!cmspi_sfdp_has(bfpt, 10) || !cmspi_sfdp_has(bfpt, 11))
		return;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		struct cmspi_erase_type *type = &chip->erase[i];
		if (!type->size_bytes)
			continue;
		type->typ_ms = cmspi_sfdp_time(bfpt, &cmspi_bfpt_erase_times[i]);
		type->max_ms = type->typ_ms * erase_factor;
	}
	const uint32_t page_log2 = cmspi_sfdp_field(bfpt, 11, 4, 4);
	if (page_log2 >= CMSPI_MIN_PAGE_LOG2_BYTES && page_log2 <= CMSPI_MAX_PAGE_LOG2_BYTES) {
		chip->page_bytes = 1u << page_log2;
		chip->page_from = CMSPI_FROM_SFDP;
	}
	chip->page_typ_us = cmspi_sfdp_time(bfpt, &cmspi_bfpt_page_time);
	chip->page_max_us = chip->page_typ_us * cmspi_sfdp_max_factor(bfpt, 11);
	chip->chip_erase_typ_ms = cmspi_sfdp_time(bfpt, &cmspi_bfpt_chip_erase_time);
	// the erase multiplier of DWORD 10 holds for this one too
	chip->chip_erase_max_ms = chip->chip_erase_typ_ms * erase_factor;
	chip->times_from = CMSPI_FROM_SFDP;
}

/** BFPT DWORDs 12 and 13: what goes on with a suspended erase or program. */
static void cmspi_sfdp_resume(const struct cmspi_sfdp_table *bfpt, struct cmspi_chip *chip)
{
	const uint8_t erase_opcode = cmspi_sfdp_field(bfpt, 13, 16, 8);
	const uint8_t program_opcode = cmspi_sfdp_field(bfpt, 13, 0, 8);

	// bit 31: not supported
	if (!cmspi_sfdp_has(bfpt, 12) || cmspi_sfdp_field(bfpt, 12, 31, 1))
		return;
	if (cmspi_sfdp_is_opcode(erase_opcode))
		chip->erase_resume_opcode = erase_opcode;
	if (cmspi_sfdp_is_opcode(program_opcode))
		chip->program_resume_opcode = program_opcode;
}

/** BFPT DWORD 14: deep power-down and how to see that the part is busy. */
static void cmspi_sfdp_power_and_poll(const struct cmspi_sfdp_table *bfpt,
	struct cmspi_chip *chip)
{
	const uint8_t exit_opcode = cmspi_sfdp_field(bfpt, 14, 15, 8);

	if (!cmspi_sfdp_has(bfpt, 14))
		return;
	if (!cmspi_sfdp_field(bfpt, 14, 31, 1) && cmspi_sfdp_is_opcode(exit_opcode)) {
		chip->dpd_exit_opcode = exit_opcode;
		chip->dpd_exit_delay_us = (cmspi_sfdp_time(bfpt, &cmspi_bfpt_dpd_time) + 999) / 1000;
	}
	// flag status register only (Micron)
	if (cmspi_sfdp_field(bfpt, 14, 2, 2) == 2)
		cmspi_chip_take_flag_status(chip);
}

/** BFPT DWORDs 15 and 16: quad enable, resets, ways to four address bytes. */
static void cmspi_sfdp_modes(const struct cmspi_sfdp_table *bfpt, struct cmspi_chip *chip)
{
	if (cmspi_sfdp_has(bfpt, 15) || cmspi_sfdp_has(bfpt, 16))
		chip->qer = cmspi_sfdp_field(bfpt, 15, 20, 3);
	if (cmspi_sfdp_has(bfpt, 15) && cmspi_sfdp_field(bfpt, 5, 4, 1)) {
		chip->qpi_enable = cmspi_sfdp_field(bfpt, 15, 4, 5);
		chip->qpi_disable = cmspi_sfdp_field(bfpt, 15, 0, 4);
	}
	if (!cmspi_sfdp_has(bfpt, 16))
		return;
	// bits 6:0, how status register 1 is written; those that speak of 50h. The other
	// status registers go by it, too
	chip->volatile_status = cmspi_sfdp_field(bfpt, 16, 2, 2);
	chip->soft_reset = cmspi_sfdp_field(bfpt, 16, 8, 6);
	// Parts that take three bytes only have been seen with all bits set
	// (MX25L12845G, MX25R6435F)
	if (!chip->addr_4_ok)
		return;
	chip->exit_4byte = cmspi_sfdp_field(bfpt, 16, 14, 10);
	chip->enter_4byte = cmspi_sfdp_field(bfpt, 16, 24, 8);
}

/** 4BAIT: the opcodes that the part lists. */
static void cmspi_sfdp_4byte_listed(const struct cmspi_sfdp_table *bait, struct cmspi_chip *chip)
{
	static const uint8_t plain[][2] = { { 0, 0x13 }, { 1, 0x0c } };

	for (unsigned int i = 0; i < 2; i++)
		if (cmspi_sfdp_field(bait, 1, plain[i][0], 1))
			chip->reads_4byte[i] = plain[i][1];
	if (cmspi_sfdp_field(bait, 1, 6, 1))
		chip->program_4byte = 0x12;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		const uint8_t opcode = cmspi_sfdp_field(bait, 2, 8 * i, 8);
		if (cmspi_sfdp_field(bait, 1, 9 + i, 1) && cmspi_sfdp_is_opcode(opcode))
			chip->erase[i].opcode_4byte = opcode;
	}
}

/** 4BAIT bits 7 and 8: the only place that tells of quad page programs. */
static void cmspi_sfdp_program_quad(const struct cmspi_sfdp_table *bait, struct cmspi_chip *chip)
{
	const bool wide_data = cmspi_sfdp_field(bait, 1, 7, 1);
	const bool wide_addr = cmspi_sfdp_field(bait, 1, 8, 1);

	if (!wide_data && !wide_addr)
		return;
	chip->program_quad = chip->program;
	chip->program_quad.opcode = wide_data ? 0x32 : 0x38;
	chip->program_quad.addr_lines = wide_data ? 1 : 4;
	chip->program_quad.data_lines = 4;
	chip->program_quad_4byte = wide_data ? 0x34 : 0x3e;
}

/** Needed above 16 MiB only; below, what parts claim of it is often wrong. */
static void cmspi_sfdp_4byte(const struct cmspi_sfdp *sfdp, struct cmspi_chip *chip)
{
	if (chip->size_bytes <= CMSPI_3_BYTE_LIMIT_BYTES)
		return;
	if (cmspi_sfdp_has(&sfdp->bait, 1)) {
		cmspi_sfdp_4byte_listed(&sfdp->bait, chip);
		cmspi_sfdp_program_quad(&sfdp->bait, chip);
	} else if (!sfdp->bait.dwords && (chip->enter_4byte & CMSPI_4BYTE_OPCODES)) {
		// DWORD 16 says that there is a set (W25Q256JV)
		cmspi_chip_take_4byte_opcodes(chip);
	}
}

/**
 * Locks of single blocks, in the table that Macronix heads with its ID: DWORD 3 bit 0
 * is their presence, bits 9:2 the opcode that sets one (36h or E1h). Dumps of
 * MX25L12845G, MX25L25635F and MX25L3255E have it so.
 */
static void cmspi_sfdp_locks(const struct cmspi_sfdp *sfdp, struct cmspi_chip *chip)
{
	const uint8_t opcode = cmspi_sfdp_field(&sfdp->maker_table, 3, 2, 8);

	chip->lock_opcode = 0;
	if (cmspi_sfdp_field(&sfdp->maker_table, 3, 0, 1) && cmspi_sfdp_is_opcode(opcode))
		chip->lock_opcode = opcode;
}

static enum cmspi_sfdp_result cmspi_sfdp_basic(const struct cmspi_sfdp *sfdp,
	struct cmspi_chip *chip)
{
	struct cmspi_sfdp_table bfpt = sfdp->bfpt;
	char *why = sfdp->report->why;
	const size_t why_bytes = sizeof(sfdp->report->why);

	// What a revision did not define yet is not what it looks like
	if (bfpt.minor < CMSPI_BFPT_MINOR_A && bfpt.dwords > CMSPI_BFPT_MIN_DWORDS)
		bfpt.dwords = CMSPI_BFPT_MIN_DWORDS;
	chip->size_bytes = cmspi_sfdp_size(&bfpt);
	if (!chip->size_bytes) {
		snprintf(why, why_bytes, "density word 0x%08x is no size of a flash chip",
			(unsigned int)cmspi_sfdp_dword(&bfpt, 2));
		return CMSPI_SFDP_BAD;
	}
	chip->size_from = CMSPI_FROM_SFDP;
	cmspi_sfdp_addressing(&bfpt, chip);
	cmspi_sfdp_erase_types(&bfpt, chip);
	cmspi_sfdp_reads(sfdp, chip);
	cmspi_sfdp_times(&bfpt, chip);
	cmspi_sfdp_resume(&bfpt, chip);
	cmspi_sfdp_power_and_poll(&bfpt, chip);
	cmspi_sfdp_modes(&bfpt, chip);
	cmspi_sfdp_4byte(sfdp, chip);
	cmspi_sfdp_locks(sfdp, chip);
	cmspi_sfdp_regions(sfdp, chip);
	chip->erase_from = CMSPI_FROM_SFDP;
	if (!chip->erase[0].size_bytes) {
		snprintf(why, why_bytes, "no usable erase type in DWORDs 8 and 9 (0x%08x 0x%08x)",
			(unsigned int)cmspi_sfdp_dword(&bfpt, 8),
			(unsigned int)cmspi_sfdp_dword(&bfpt, 9));
		return CMSPI_SFDP_BAD;
	}
	return CMSPI_SFDP_OK;
}

/** How much must be read for all tables that matter, 0: all are there. */
static uint32_t cmspi_sfdp_need(const struct cmspi_sfdp *sfdp)
{
	if (sfdp->bfpt.need_bytes)
		return sfdp->bfpt.need_bytes;
	if (sfdp->map.need_bytes)
		return sfdp->map.need_bytes;
	if (sfdp->maker_table.need_bytes)
		return sfdp->maker_table.need_bytes;
	if (!sfdp->bfpt.dwords || cmspi_sfdp_size(&sfdp->bfpt) <= CMSPI_3_BYTE_LIMIT_BYTES)
		return 0;
	return sfdp->bait.need_bytes;
}

enum cmspi_sfdp_result cmspi_sfdp_decode_configured(const uint8_t *data,
	uint32_t data_bytes, int config, struct cmspi_chip *chip, struct cmspi_sfdp_report *report)
{
	struct cmspi_sfdp sfdp = {
		.data = data, .data_bytes = data_bytes, .config = config, .report = report,
		// others use theirs for other things
		.maker = chip->id[0] == CMSPI_SFDP_ID_MACRONIX ? chip->id[0] : 0,
	};

	*report = (struct cmspi_sfdp_report) { 0 };
	if (data_bytes < 2 * CMSPI_SFDP_HEADER_BYTES) {
		report->need_bytes = CMSPI_SFDP_FIRST_BYTES;
		return CMSPI_SFDP_MORE;
	}
	if (memcmp(data, "SFDP", 4))
		return CMSPI_SFDP_ABSENT;
	if (data[5] != CMSPI_SFDP_MAJOR) {
		snprintf(report->why, sizeof(report->why), "SFDP revision %u.%u is not 1.x",
			data[5], data[4]);
		return CMSPI_SFDP_BAD;
	}
	cmspi_sfdp_walk(&sfdp);
	report->need_bytes = cmspi_sfdp_need(&sfdp);
	if (report->need_bytes)
		return CMSPI_SFDP_MORE;
	if (!sfdp.bfpt.dwords) {
		snprintf(report->why, sizeof(report->why),
			"no basic table of %d DWORDs or more in the first 8 KiB",
			CMSPI_BFPT_MIN_DWORDS);
		return CMSPI_SFDP_BAD;
	}

	struct cmspi_chip decoded = *chip;
	const enum cmspi_sfdp_result result = cmspi_sfdp_basic(&sfdp, &decoded);
	if (result != CMSPI_SFDP_OK)
		return result;
	decoded.sfdp_minor = data[4];
	*chip = decoded;
	return CMSPI_SFDP_OK;
}

enum cmspi_sfdp_result cmspi_sfdp_decode(const uint8_t *data, uint32_t data_bytes,
	struct cmspi_chip *chip, struct cmspi_sfdp_report *report)
{
	return cmspi_sfdp_decode_configured(data, data_bytes, CMSPI_MAP_NO_CONFIG, chip, report);
}
