/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Which part of a chip its status registers protect, and what must stand in them to
 * protect another. Pure: register bytes in, ranges and steps out; the caller runs them.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PROTECT_H
#define OPENOCD_FLASH_NOR_CMSPI_PROTECT_H

#include "cmspi_chip.h"

#define CMSPI_PROTECT_REGISTERS	3
#define CMSPI_PROTECT_BP_BITS	4
/** most blocks that the ends of all ranges of a layout make */
#define CMSPI_PROTECT_MAX_BLOCKS	48
/** most steps of cmspi_protect_write_steps() */
#define CMSPI_PROTECT_WRITE_STEPS	(CMSPI_PROTECT_REGISTERS + 1)
/** a layout has no such bit */
#define CMSPI_PROTECT_NO_BIT	0xff

/** Where a family keeps its protection bits, and what they count in. */
struct cmspi_protect_layout {
	/** as in the notes of the parts, also what a user may name */
	const char *name;
	/** opcodes that read the registers, one byte each, 0: no more. Bits below
	 * are numbered through all of them: 8 * index + bit */
	uint8_t read_opcodes[CMSPI_PROTECT_REGISTERS];
	/** opcodes that write them, one byte each, 0: never written */
	uint8_t write_opcodes[CMSPI_PROTECT_REGISTERS];
	/** the first two are written by one opcode, two bytes: one byte alone would
	 * clear the second on many parts, and quad enable with it */
	bool written_as_pair;
	/** BP0 first */
	uint8_t bp_bits[CMSPI_PROTECT_BP_BITS];
	uint8_t num_bp_bits;
	/** 1: counted from address 0, else from the end */
	uint8_t tb_bit;
	/** that bit can be set once and never cleared, so it is never written */
	bool tb_is_otp;
	/** 1: counted in sectors of 4 KiB */
	uint8_t sec_bit;
	/** 1: all but the range is protected */
	uint8_t cmp_bit;
	/** 1: locks of single blocks are in force, and none of the above is */
	uint8_t individual_bit;
	/** the least that BP can protect, bytes */
	uint32_t unit_bytes;
	/** goes before a register write in place of write enable, 0: 06h does */
	uint8_t enable_opcode;
};

/** What is protected: one range, or nothing (count 0). */
struct cmspi_protection {
	uint32_t addr;
	uint32_t count;
	/** blocks have locks of their own; the range says nothing */
	bool individual;
};

/** The layout of a probed chip by its ID, size and SFDP; NULL: not known, or
 * parts with this ID differ. */
const struct cmspi_protect_layout *cmspi_protect_layout(const struct cmspi_chip *chip);

/** The layout of that name; NULL: there is none. */
const struct cmspi_protect_layout *cmspi_protect_layout_named(const char *name);

/**
 * @param registers what the layout's read_opcodes answered, in their order
 * @param size_bytes size of the chip
 */
struct cmspi_protection cmspi_protect_decode(const struct cmspi_protect_layout *layout,
	const uint8_t registers[CMSPI_PROTECT_REGISTERS], uint32_t size_bytes);

/**
 * The blocks that are always protected as a whole: what the ends of all ranges that
 * the bits can protect make of the chip.
 * @param bounds receives their starts, rising, and the size of the chip behind them:
 *	CMSPI_PROTECT_MAX_BLOCKS + 1
 * @returns the number of blocks
 */
unsigned int cmspi_protect_blocks(const struct cmspi_protect_layout *layout,
	const uint8_t registers[CMSPI_PROTECT_REGISTERS], uint32_t size_bytes, uint32_t *bounds);

enum cmspi_protect_fit {
	/** what is wished */
	CMSPI_PROTECT_EXACTLY,
	/** the most of it, and nothing else */
	CMSPI_PROTECT_NO_MORE,
	/** all of it, and the least of the rest */
	CMSPI_PROTECT_NO_LESS,
};

/** What is to be protected, by the blocks of cmspi_protect_blocks(). */
struct cmspi_protect_wish {
	const uint32_t *bounds;
	/** for each block, protect it */
	const bool *blocks;
	unsigned int num_blocks;
};

/**
 * Find register values that fit a wish; bits of other meaning are kept.
 * @param registers what they are; of several ways the one closest to them is taken
 * @param values receives what they should be
 * @returns false: there are none
 */
bool cmspi_protect_find(const struct cmspi_protect_layout *layout,
	const uint8_t registers[CMSPI_PROTECT_REGISTERS], uint32_t size_bytes,
	const struct cmspi_protect_wish *wish, enum cmspi_protect_fit fit,
	uint8_t values[CMSPI_PROTECT_REGISTERS]);

/** Do both stand for the same in the bits that the layout counts? */
bool cmspi_protect_same_bits(const struct cmspi_protect_layout *layout, const uint8_t *a,
	const uint8_t *b);

/** @a registers with the bits that the layout counts as in @a bits. */
void cmspi_protect_take_bits(const struct cmspi_protect_layout *layout, const uint8_t *bits,
	uint8_t *registers);

/** Steps that read the registers; returns their number. */
unsigned int cmspi_protect_read_steps(const struct cmspi_protect_layout *layout,
	uint8_t *registers, struct cmspi_step *steps);

/**
 * Steps that write those registers whose value changes.
 * @param values must live as long as the steps
 * @param steps CMSPI_PROTECT_WRITE_STEPS of them
 * @returns their number, 0: nothing changes
 */
unsigned int cmspi_protect_write_steps(const struct cmspi_protect_layout *layout,
	const struct cmspi_chip *chip, const uint8_t *registers, const uint8_t *values,
	struct cmspi_step *steps);

/** Is any byte of [addr, addr + count) protected? */
bool cmspi_protect_hits(const struct cmspi_protection *protection, uint32_t addr,
	uint32_t count);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PROTECT_H */
