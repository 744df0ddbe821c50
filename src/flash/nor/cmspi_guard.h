/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Protection of the chip of a bank. The state of bank->prot_blocks is what was seen
 * last: blocks that the chip always protects as a whole.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_GUARD_H
#define OPENOCD_FLASH_NOR_CMSPI_GUARD_H

#include "cmspi.h"
#include "cmspi_locks.h"
#include "cmspi_protect.h"

/* ---- cmspi_guard.c ------------------------------------------------------ */

/** Is anything known of how this part is protected? */
bool cmspi_guard_is_able(const struct flash_bank *bank);

/** Locks of single blocks, if they count as the chip is set up now; else NULL. */
const struct cmspi_locks *cmspi_guard_locks(const struct flash_bank *bank);

/** Do the status registers, as they were read, protect any of a protection block? */
bool cmspi_guard_in_range(const struct flash_bank *bank, unsigned int block);

/** Look at the chip: guard.registers, guard.individual, bank->prot_blocks. For a part
 * that cmspi_guard_is_able(), and a halted target. */
int cmspi_guard_look(struct flash_bank *bank);

/** The registers of a set, as they were seen last. */
static inline const uint8_t *cmspi_guard_registers(const struct flash_bank *bank, unsigned int set)
{
	return &cmspi_of(bank)->guard.registers[set * CMSPI_PROTECT_REGISTERS];
}

/** What was looked at and what it read, for messages. */
void cmspi_guard_describe(const struct flash_bank *bank, char *text, size_t text_bytes);

/**
 * Run steps for locks of single blocks, made by @a fill, on parts of any size.
 * @param max the most steps that @a fill makes; it returns their number
 */
int cmspi_guard_run(struct flash_bank *bank, unsigned int max,
	unsigned int (*fill)(struct flash_bank *bank, struct cmspi_step *steps, void *user),
	void *user);

/** Is no block wished to be protected? @param blocks one for each protection block */
static inline bool cmspi_guard_is_none(const struct flash_bank *bank, const bool *blocks)
{
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		if (blocks[i])
			return false;
	return true;
}

/* ---- cmspi_range.c ------------------------------------------------------ */

/**
 * Write status registers where they differ from what was looked at.
 * @param values CMSPI_PROTECT_REGISTERS of each set
 */
int cmspi_range_write(struct flash_bank *bank, const uint8_t *values);

/**
 * Have the registers protect these protection blocks, which are the range's, and no
 * others; complains where they cannot, and changes nothing then.
 */
int cmspi_range_change(struct flash_bank *bank, const bool *blocks);

/**
 * Find values that protect exactly these protection blocks, which are those of locks.
 * @param opens_all what of the part lies behind the bank is opened, too; else it stays
 * @param values receives CMSPI_PROTECT_REGISTERS of the only set
 * @returns false: there are none
 */
bool cmspi_range_find(const struct flash_bank *bank, const bool *blocks, bool opens_all,
	uint8_t *values);

#endif /* OPENOCD_FLASH_NOR_CMSPI_GUARD_H */
