/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The bank line of the driver that went before: register addresses, bits and
 * offsets by their position. Pure: numbers in, wiring out, no I/O, no OpenOCD
 * header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_POSITIONAL_H
#define OPENOCD_FLASH_NOR_CMSPI_POSITIONAL_H

#include "cmspi_pins.h"

/** Numbers of the longest form: input offset, CS, CLK, IO3 to IO0. */
#define CMSPI_POSITIONAL_NUMBERS	(1 + 2 * 2 + 4 * 5)

/**
 * Make a wiring of a bank line's numbers: offset of the input register; address
 * of the output register and bit of CS and CLK; for each data pin, IO3 or IO1
 * first, these two, the offsets of the registers that make it an input and an
 * output, and what to toggle or to write there. Offsets count from the output
 * register and are signed numbers of 10 bits.
 * @param why receives one sentence, "" when all is well
 */
void cmspi_positional_wires(const uint32_t *numbers, unsigned int count,
	struct cmspi_wires *wires, char *why, size_t why_bytes);

/** Must this pin's direction register be looked at to know what makes it an input? */
bool cmspi_positional_must_look(const struct cmspi_pin *pin);

/**
 * Fill in the set-up list and how the pins turn round.
 * @param found direction register of each line, as cmspi_init left it, where
 *	cmspi_positional_must_look()
 */
void cmspi_positional_set_up(struct cmspi_wires *wires, const uint32_t found[CMSPI_LINES]);

#endif /* OPENOCD_FLASH_NOR_CMSPI_POSITIONAL_H */
