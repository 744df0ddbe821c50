/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * AT45 DataFlash: what an ID and the status tell, addresses of page and column, pages
 * that are programmed through a buffer, sectors that are protected. Pure: no I/O, no
 * OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_DATAFLASH_H
#define OPENOCD_FLASH_NOR_CMSPI_DATAFLASH_H

#include "cmspi_address.h"
#include "cmspi_map.h"

/** Sectors of the largest part, 0a and 0b counted as one, as its register does. */
#define CMSPI_DATAFLASH_SECTORS	64

/** Is it one, by its ID? */
bool cmspi_dataflash_is(const uint8_t *id);

/** The step that reads its status; only for a part whose ID says that it is one, as
 * others erase by this opcode. */
struct cmspi_step cmspi_dataflash_step_status(uint8_t *status);

/**
 * Fill in all of a chip, name included.
 * @param chip with its ID
 * @param status by cmspi_dataflash_step_status()
 */
void cmspi_dataflash_take(struct cmspi_chip *chip, uint8_t status);

/** From an offset in the chip, in bytes, to the address that is sent, and back. */
uint32_t cmspi_dataflash_address(const struct cmspi_chip *chip, uint32_t offset);
uint32_t cmspi_dataflash_offset(const struct cmspi_chip *chip, uint32_t address);

/** Most steps that cmspi_dataflash_expand() makes of these. */
unsigned int cmspi_dataflash_max_steps(const struct cmspi_chip *chip,
	const struct cmspi_step *steps, unsigned int count);

/** Steps with the addresses that are sent: a program as commands to the buffer and the
 * page, a blank check grain by grain, anything else as it is. */
void cmspi_dataflash_expand(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_address_list *list);

/** Does the status say that sector protection is switched on? */
bool cmspi_dataflash_is_guarded(uint8_t status);

/** The step that reads the register of sector protection.
 * @param sectors receives CMSPI_DATAFLASH_SECTORS bytes */
struct cmspi_step cmspi_dataflash_step_sectors(uint8_t *sectors);

/**
 * The first protected sector that any byte of [addr, addr + count) lies in.
 * @param sectors by cmspi_dataflash_step_sectors()
 * @param hit receives it
 * @returns false: there is none
 */
bool cmspi_dataflash_find_protected(const struct cmspi_chip *chip, const uint8_t *sectors,
	uint32_t addr, uint32_t count, struct cmspi_span *hit);

#endif /* OPENOCD_FLASH_NOR_CMSPI_DATAFLASH_H */
