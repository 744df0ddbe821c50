/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Address bits that no command carries: four-byte mode, the register with the fourth
 * byte, and the die that hears a command. Pure: steps in, steps out.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_ADDRESS_H
#define OPENOCD_FLASH_NOR_CMSPI_ADDRESS_H

#include "cmspi_map.h"

/** Most steps that cmspi_address_leave() makes. */
#define CMSPI_ADDRESS_LEAVE_STEPS	4

/** Steps as they are to be sent. */
struct cmspi_address_list {
	struct cmspi_step *steps;
	/** for each, the index of the step it was made from */
	unsigned int *origins;
	unsigned int max_steps;
	unsigned int count;
};

/** A part of a span that one step can read. */
struct cmspi_cut {
	struct cmspi_span span;
	/** its first result belongs to the last grain of the part before */
	bool joins;
};

/** Distance of the addresses that no command reads across, 0: there are none. */
uint32_t cmspi_address_border_bytes(const struct cmspi_chip *chip);

/** Does this list need a mode, register or die around it? */
bool cmspi_address_needed(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count);

/** Room that cmspi_address_expand() needs at most. */
unsigned int cmspi_address_max_steps(const struct cmspi_chip *chip,
	const struct cmspi_step *steps, unsigned int count);

/**
 * Add what sets mode, register and die before the steps, and what ends it behind them,
 * or make of them what DataFlash understands; split steps that cross a border.
 * @returns false when a step cannot be split there (a running checksum, or grains
 *	that do not end there: use cmspi_address_cut() before)
 */
bool cmspi_address_expand(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_address_list *list);

/** Address in the chip that address 0 of step @a index is. */
uint32_t cmspi_address_base(const struct cmspi_chip *chip,
	const struct cmspi_address_list *list, unsigned int index);

/** Offset in the chip, in bytes, of an address as it is sent. */
uint32_t cmspi_address_offset(const struct cmspi_chip *chip, uint32_t address);

/** What goes back to three bytes, the first 16 MiB and the first die.
 * @returns number of steps */
unsigned int cmspi_address_leave(const struct cmspi_chip *chip, struct cmspi_step *steps);

/** Room that cmspi_address_cut() needs at most. */
unsigned int cmspi_address_max_cuts(const struct cmspi_chip *chip,
	const struct cmspi_span *span);

/**
 * Cut a span that is read for results at the borders inside it. The results of a grain
 * that lies across one are two.
 * @returns number of parts
 */
unsigned int cmspi_address_cut(const struct cmspi_chip *chip, const struct cmspi_span *span,
	struct cmspi_cut *cuts);

#endif /* OPENOCD_FLASH_NOR_CMSPI_ADDRESS_H */
