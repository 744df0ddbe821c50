/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Security registers: a little memory beside the array, of which parts can be locked
 * for ever. Pure: facts in, steps out; the caller runs them.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_OTP_H
#define OPENOCD_FLASH_NOR_CMSPI_OTP_H

#include "cmspi_chip.h"

/** No part's registers are larger. */
#define CMSPI_OTP_MAX_BYTES	1024
/** Most steps of the functions below. */
#define CMSPI_OTP_STEPS		7

/** One row: the registers that all parts of these IDs have in common. */
struct cmspi_otp {
	/** first two ID bytes, the second under a mask; the third from and to */
	uint8_t manufacturer;
	uint8_t type;
	uint8_t type_mask;
	uint8_t min_density;
	uint8_t max_density;
	/** the sixth ID byte; CMSPI_OTP_ANY: does not matter; CMSPI_OTP_OLD: neither, but
	 * the row is of parts without SFDP */
	uint16_t sixth;
	/** number of the first one, and how many there are; each begins at its number
	 * times 1000h */
	uint8_t first;
	uint8_t count;
	/** bytes of each, the least that these parts have */
	uint16_t bytes;
	/** so many of the first bytes are the maker's, or lock others: not written */
	uint16_t reserved_bytes;
	uint8_t read_opcode;
	uint8_t dummy_clocks;
	uint8_t program_opcode;
	/** erases a register, 0: nothing does */
	uint8_t erase_opcode;
	/** around the other two, 0: none */
	uint8_t enter_opcode;
	uint8_t exit_opcode;
};

#define CMSPI_OTP_ANY	0x100
#define CMSPI_OTP_OLD	0x101

/** The row of a probed chip, NULL: none is known. */
const struct cmspi_otp *cmspi_otp_of(const struct cmspi_chip *chip);

/** Why these bytes of a register cannot be read, written or erased (the whole of it);
 * "" when they can. */
void cmspi_otp_check(const struct cmspi_otp *otp, unsigned int number, uint32_t offset,
	uint32_t count, bool write, char *why, size_t why_bytes);

/**
 * Steps for a range that cmspi_otp_check() lets pass.
 * @param steps CMSPI_OTP_STEPS of them
 * @returns their number
 */
unsigned int cmspi_otp_steps_read(const struct cmspi_chip *chip, const struct cmspi_otp *otp,
	unsigned int number, uint32_t offset, uint8_t *data, uint32_t count,
	struct cmspi_step *steps);
unsigned int cmspi_otp_steps_program(const struct cmspi_chip *chip, const struct cmspi_otp *otp,
	unsigned int number, uint32_t offset, const uint8_t *data, uint32_t count,
	struct cmspi_step *steps);
unsigned int cmspi_otp_steps_erase(const struct cmspi_chip *chip, const struct cmspi_otp *otp,
	unsigned int number, struct cmspi_step *steps);

/** After steps that broke off: back to the array, if that takes a step. */
unsigned int cmspi_otp_steps_leave(const struct cmspi_otp *otp, struct cmspi_step *steps);

#endif /* OPENOCD_FLASH_NOR_CMSPI_OTP_H */
