/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Which part of a chip its status registers protect. Pure: register bytes in,
 * a range out; the caller reads the chip.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PROTECT_H
#define OPENOCD_FLASH_NOR_CMSPI_PROTECT_H

#include "cmspi_chip.h"

#define CMSPI_PROTECT_REGISTERS	3
#define CMSPI_PROTECT_BP_BITS	4
/** a layout has no such bit */
#define CMSPI_PROTECT_NO_BIT	0xff

/** Where a family keeps its protection bits, and what they count in. */
struct cmspi_protect_layout {
	/** as in the notes of the parts, also what a user may name */
	const char *name;
	/** opcodes that read the registers, one byte each, 0: no more. Bits below
	 * are numbered through all of them: 8 * index + bit */
	uint8_t read_opcodes[CMSPI_PROTECT_REGISTERS];
	/** BP0 first */
	uint8_t bp_bits[CMSPI_PROTECT_BP_BITS];
	uint8_t num_bp_bits;
	/** 1: counted from address 0, else from the end */
	uint8_t tb_bit;
	/** 1: counted in sectors of 4 KiB */
	uint8_t sec_bit;
	/** 1: all but the range is protected */
	uint8_t cmp_bit;
	/** 1: locks of single blocks are in force, and none of the above is */
	uint8_t individual_bit;
	/** the least that BP can protect, bytes */
	uint32_t unit_bytes;
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

/** Is any byte of [addr, addr + count) protected? */
bool cmspi_protect_hits(const struct cmspi_protection *protection, uint32_t addr,
	uint32_t count);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PROTECT_H */
