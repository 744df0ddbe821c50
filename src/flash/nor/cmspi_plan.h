/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Plans: which erase commands clear a range, which spans of an image must be
 * programmed. Pure functions that fill rows; nothing is sent from here.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PLAN_H
#define OPENOCD_FLASH_NOR_CMSPI_PLAN_H

#include "cmspi_map.h"

/** A run of equal erase commands. */
struct cmspi_erase_row {
	const struct cmspi_erase_type *type;
	/** offset of the first one inside the chip */
	uint32_t addr;
	/** how many, one behind the other */
	uint32_t count;
	/** what each of them erases: type->size_bytes, or less where the region is
	 * smaller */
	uint32_t size_bytes;
};

/** What is to be erased. */
struct cmspi_erase_job {
	struct cmspi_erase_row *rows;
	unsigned int num_rows;
	/** the sector that the map begins with; it covers all rows */
	unsigned int first;
	/** for each sector: is it blank? Each erase command has at least one that is
	 * not */
	uint8_t *blank;
};

/** A span to program: no page of it is all FFh. */
struct cmspi_program_row {
	/** offset inside the chip */
	uint32_t addr;
	/** offset inside the caller's buffer */
	uint32_t offset;
	uint32_t count;
};

/**
 * Cover [addr, addr + count) exactly, in the least time by the erase types'
 * typical times (max times, then size, where typ is unknown).
 * @param blank one byte for each sector of the range (cmspi_map.h), not 0: that
 *	sector is blank already and need not be (but may be) erased; NULL: erase all
 * @param rows filled in rising order of address
 * @param max_rows size of @a rows
 * @returns number of rows, negative when the range does not begin and end with a
 *	sector, has one that no erase type clears, goes beyond the chip, or @a rows
 *	is too small
 */
int cmspi_plan_erase(const struct cmspi_chip *chip, uint32_t addr, uint32_t count,
	const uint8_t *blank, struct cmspi_erase_row *rows, unsigned int max_rows);

/**
 * A few bytes of each part of a write that tell whether it took place: the first
 * that are not FFh, as only these change anything.
 * @param every_bytes size of the parts, counted from offset 0 of the chip
 * @param rows filled in rising order of address, at most sample_bytes each
 * @returns number of rows, negative when @a rows is too small
 */
int cmspi_plan_samples(uint32_t every_bytes, uint32_t sample_bytes, uint32_t addr,
	const uint8_t *data, uint32_t count, struct cmspi_program_row *rows,
	unsigned int max_rows);

/** Are @a count bytes all FFh? */
bool cmspi_plan_is_blank(const uint8_t *data, uint32_t count);

/**
 * Split a write into spans, leaving out pages that are all FFh (programming
 * FFh changes nothing).
 * @returns number of rows, negative when @a rows is too small
 */
int cmspi_plan_program(uint32_t page_bytes, uint32_t addr, const uint8_t *data,
	uint32_t count, struct cmspi_program_row *rows, unsigned int max_rows);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PLAN_H */
