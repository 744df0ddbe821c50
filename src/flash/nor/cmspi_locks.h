/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Locks of single blocks, beside or in the place of the status registers' range:
 * which blocks there are, and the commands that read and change their locks. Pure:
 * facts and steps out; the caller runs them.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_LOCKS_H
#define OPENOCD_FLASH_NOR_CMSPI_LOCKS_H

#include "cmspi_chip.h"

/** SST26's register of all locks, the largest there is (SST26VF064B). */
#define CMSPI_LOCKS_REGISTER_BYTES	18

enum cmspi_locks_blocks {
	/** 64 KiB each */
	CMSPI_LOCKS_EVEN,
	/** sectors of 4 KiB in the first and the last 64 KiB */
	CMSPI_LOCKS_FINE_ENDS,
	/** four of 8 KiB and one of 32 KiB at both ends, outermost first */
	CMSPI_LOCKS_SST26,
};

/** How a family locks single blocks. All locks are lost with the supply. */
struct cmspi_locks {
	enum cmspi_locks_blocks blocks;
	/** in force always; else while the status registers say so */
	bool always;
	/** reads the lock of the block at an address, bit 0; 0: nothing is known to */
	uint8_t read_opcode;
	/** change it */
	uint8_t lock_opcode;
	uint8_t unlock_opcode;
	/** reads and writes all locks as one register, 0: there is none, and the three
	 * opcodes above are used */
	uint8_t read_register_opcode;
	uint8_t write_register_opcode;
	/** unlocks all blocks, with unlock_all as data if it is 01h */
	uint8_t unlock_all_opcode;
	uint8_t unlock_all;
	/** bits of status register 1 that keep all locks as they are, and whether 01h
	 * clears them */
	uint8_t frozen_mask;
	bool thaws;
};

/** The locks of a probed chip by its ID and size; NULL: has none, or not known. */
const struct cmspi_locks *cmspi_locks_of(const struct cmspi_chip *chip);

/** Can it be read which blocks are locked? */
bool cmspi_locks_readable(const struct cmspi_locks *locks);

/** Number of blocks. */
unsigned int cmspi_locks_count(const struct cmspi_locks *locks, uint32_t size_bytes);

/** Start of a block; of the number of blocks: the size of the chip. */
uint32_t cmspi_locks_start(const struct cmspi_locks *locks, uint32_t size_bytes,
	unsigned int block);

/** Bytes of the register that holds all locks. */
unsigned int cmspi_locks_register_bytes(uint32_t size_bytes);

/** Bit of that register that locks writes of a block: 8 * index into the bytes as
 * they are received + bit. */
unsigned int cmspi_locks_register_bit(uint32_t size_bytes, unsigned int block);

/** Reads the lock of the block at an address, to bit 0 of @a value. */
struct cmspi_step cmspi_locks_step_read(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, uint8_t *value);

/** Reads all locks as a register. */
struct cmspi_step cmspi_locks_step_read_register(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint8_t *value);

/** Locks or unlocks the block at an address. */
struct cmspi_step cmspi_locks_step_change(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, bool lock);

/** Writes all locks. @param value must live as long as the step */
struct cmspi_step cmspi_locks_step_write_register(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, const uint8_t *value);

/** Unlocks all blocks. */
struct cmspi_step cmspi_locks_step_unlock_all(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip);

#endif /* OPENOCD_FLASH_NOR_CMSPI_LOCKS_H */
