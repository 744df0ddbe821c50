/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Parts older than 9Fh: what they answer to the commands that came before it, and
 * what is known of them. Pure: no I/O, no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_SIGNATURE_H
#define OPENOCD_FLASH_NOR_CMSPI_SIGNATURE_H

#include "cmspi_chip.h"

/** Commands that are tried, and bytes read by each: a signature of one or two bytes
 * comes again and again, which noise does not. */
#define CMSPI_SIGNATURE_STEPS	3
#define CMSPI_SIGNATURE_BYTES	4

/** What a chip answers to ABh, 90h and 15h, in this order. */
struct cmspi_signature {
	uint8_t answers[CMSPI_SIGNATURE_STEPS][CMSPI_SIGNATURE_BYTES];
};

/**
 * The steps that ask for it.
 * @param signature must live as long as the steps
 * @param steps CMSPI_SIGNATURE_STEPS of them
 */
void cmspi_signature_steps(struct cmspi_signature *signature, struct cmspi_step *steps);

/** Does anybody answer? A line that nobody drives, or that is shorted, does not. */
bool cmspi_signature_is_there(const struct cmspi_signature *signature);

/**
 * Fill in what is known of the part, name included.
 * @param chip as cmspi_chip_init() leaves it; not touched if the part is not known
 * @returns whether it is known
 */
bool cmspi_signature_take(const struct cmspi_signature *signature, struct cmspi_chip *chip);

#endif /* OPENOCD_FLASH_NOR_CMSPI_SIGNATURE_H */
