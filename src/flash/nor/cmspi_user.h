/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The user's word on a chip: from the arguments of 'cmspi set' to what is known
 * of it. Pure: no I/O, no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_USER_H
#define OPENOCD_FLASH_NOR_CMSPI_USER_H

#include "cmspi_chip.h"

#include <stddef.h>

struct cmspi_user_facts {
	const char *name;
	uint32_t size_bytes;
	/** 0: 256 */
	uint32_t page_bytes;
	/** 03h, or 13h with four address bytes */
	uint8_t read_opcode;
	/** a faster read, 0: none is known */
	uint8_t fast_read_opcode;
	/** 02h, or 12h with four address bytes; 32h, or 34h: that one, too */
	uint8_t program_opcode;
	/** 0: none */
	uint8_t chip_erase_opcode;
	/** 0: the chip can only be erased as a whole */
	uint32_t sector_bytes;
	uint8_t sector_erase_opcode;
};

/**
 * Make a chip of what the user says.
 * @param four_lines IO2 and IO3 are wired
 * @param why receives one sentence about what cannot be, "" when all is well
 */
void cmspi_user_chip(const struct cmspi_user_facts *facts, bool four_lines,
	struct cmspi_chip *chip, char *why, size_t why_bytes);

/** Longest line of cmspi_user_line(), with its 0. */
#define CMSPI_USER_LINE_BYTES	96

/**
 * What is behind the bank in a 'cmspi set' for a chip that nobody knows: its ID as name,
 * the size that most makers' ID of this kind stands for, and what most chips have.
 */
void cmspi_user_line(const uint8_t *id, char *line, size_t line_bytes);

#endif /* OPENOCD_FLASH_NOR_CMSPI_USER_H */
