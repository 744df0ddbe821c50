/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Address bits that no command carries: four-byte mode, and the register with the
 * fourth byte. Pure: steps in, steps out.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_ADDRESS_H
#define OPENOCD_FLASH_NOR_CMSPI_ADDRESS_H

#include "cmspi_chip.h"

/** Most steps that cmspi_address_leave() makes. */
#define CMSPI_ADDRESS_LEAVE_STEPS	3

/** Steps as they are to be sent. */
struct cmspi_address_list {
	struct cmspi_step *steps;
	/** for each, the index of the step it was made from */
	unsigned int *origins;
	unsigned int max_steps;
	unsigned int count;
};

/** Does this list need a mode or register around it? */
bool cmspi_address_needed(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count);

/** Room that cmspi_address_expand() needs at most. */
unsigned int cmspi_address_max_steps(const struct cmspi_chip *chip,
	const struct cmspi_step *steps, unsigned int count);

/**
 * Add what sets the mode or register before the steps, and what ends it behind them;
 * split steps that cross 16 MiB where a register has the fourth byte.
 * @returns false when a step cannot be split there (a running checksum, or grains
 *	that do not end there)
 */
bool cmspi_address_expand(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_address_list *list);

/** What goes back to three bytes and the first 16 MiB. @returns number of steps */
unsigned int cmspi_address_leave(const struct cmspi_chip *chip, struct cmspi_step *steps);

#endif /* OPENOCD_FLASH_NOR_CMSPI_ADDRESS_H */
