/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What a chip is told before commands on more lines than one, and how it forgets it
 * again: quad enable, set for the time of a batch where the part has a volatile
 * status register; and the protocols that have all of a command on two lines (DPI) or on
 * four (QPI). Pure: no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_MODES_H
#define OPENOCD_FLASH_NOR_CMSPI_MODES_H

#include "cmspi_address.h"
#include "cmspi_chip.h"

/** Most steps that are added to a batch, and that leave the modes after one that broke
 * off. */
#define CMSPI_MODES_STEPS	10
#define CMSPI_MODES_LEAVE_STEPS	5
/** Registers that are read before a batch. */
#define CMSPI_MODES_REGISTERS	3

/** What is around a batch, as it was told and found. */
struct cmspi_modes {
	/** quad enable was 0 when it was last looked at, and batches that need it may
	 * set it */
	bool set_quad;
	/** lines of all commands that address the array: 1, 2 or 4 */
	unsigned int lines;
	/** user's word on dummy clocks of reads then, negative: the part's */
	int dummy_clocks;
	/** as found before a batch: status register 1, the register with quad enable, the
	 * one with the protocol */
	uint8_t found[CMSPI_MODES_REGISTERS];
	/** what is written: status registers with quad enable, and as found */
	uint8_t quad_on[2];
	uint8_t quad_off[2];
	/** the same of the register with the protocol */
	uint8_t protocol_on;
	uint8_t protocol_off;
	/** behind the batch, in plain SPI: the register with quad enable, the ID */
	uint8_t left;
	uint8_t left_id[3];
};

/** Has it a protocol that sends all of a command on so many lines, 2 or 4? */
bool cmspi_modes_has_protocol(const struct cmspi_chip *chip, unsigned int lines);

/** Does that one need quad enable? */
bool cmspi_modes_protocol_needs_quad(const struct cmspi_chip *chip, unsigned int lines);

/** Reads the ID once the chip speaks that of modes->lines. */
struct cmspi_step cmspi_modes_step_read_id(const struct cmspi_chip *chip,
	const struct cmspi_modes *modes, uint8_t *id, uint32_t id_bytes);

/** The read of such a protocol; opcode 0: the part does not tell one. */
struct cmspi_op cmspi_modes_read_op(const struct cmspi_chip *chip,
	const struct cmspi_modes *modes);

/** Did the batch leave the chip as it was found, and in plain SPI? */
bool cmspi_modes_are_left(const struct cmspi_chip *chip, const struct cmspi_modes *modes);

/** Can quad enable be set so that the next power-up forgets it? */
bool cmspi_modes_quad_is_volatile(const struct cmspi_chip *chip);

/**
 * Steps that set quad enable, look at it, and take it back, after cmspi_modes_plan().
 * @param steps CMSPI_MODES_STEPS of them
 * @returns how many
 */
unsigned int cmspi_modes_try_quad(const struct cmspi_chip *chip, struct cmspi_modes *modes,
	struct cmspi_step *steps);

/** Must something be around these steps? */
bool cmspi_modes_needed(const struct cmspi_modes *modes, const struct cmspi_step *steps,
	unsigned int count);

/** Steps that fetch modes->found, CMSPI_MODES_REGISTERS at most. @returns how many */
unsigned int cmspi_modes_look(const struct cmspi_chip *chip, struct cmspi_modes *modes,
	struct cmspi_step *steps);

/** Reckon what is to be written from what was found. @returns false when nobody
 * answered */
bool cmspi_modes_plan(const struct cmspi_chip *chip, struct cmspi_modes *modes);

/**
 * Add what enters and leaves the modes. The steps point into @a modes.
 * @param steps as asked for, or as cmspi_address_expand() made them
 * @param list has room for CMSPI_MODES_STEPS more
 */
void cmspi_modes_expand(const struct cmspi_chip *chip, struct cmspi_modes *modes,
	const struct cmspi_step *steps, unsigned int count,
	struct cmspi_address_list *list);

/** What ends all modes of a batch. @returns number of steps */
unsigned int cmspi_modes_leave(const struct cmspi_chip *chip, const struct cmspi_modes *modes,
	struct cmspi_step *steps);

#endif /* OPENOCD_FLASH_NOR_CMSPI_MODES_H */
