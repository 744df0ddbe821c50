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
#define CMSPI_LOCKS_GROUPS		5

/** Blocks of one size in a row. */
struct cmspi_locks_group {
	/** 0: as many as the other groups leave room for */
	uint8_t count;
	/** 0: the list ends */
	uint8_t kib;
};

enum cmspi_locks_rule {
	/** in the place of the range, while the status registers say so */
	CMSPI_LOCKS_INSTEAD,
	/** always, and there is no range */
	CMSPI_LOCKS_ALONE,
	/** always: a block is protected by its lock or by the range */
	CMSPI_LOCKS_BESIDE,
};

/** How a family locks single blocks. All locks but lasting ones are lost with the supply. */
struct cmspi_locks {
	enum cmspi_locks_rule rule;
	/** from address 0 on; none: each sector of the chip's map is a block */
	struct cmspi_locks_group groups[CMSPI_LOCKS_GROUPS];
	/** address bytes of the commands below, 0: as many as a plain read takes */
	uint8_t addr_bytes;
	/** reads the lock of the block at an address, 0: nothing is known to */
	uint8_t read_opcode;
	/** it is set when these bits of the answer have this value */
	uint8_t locked_mask;
	uint8_t locked;
	/** bit of the answer: it stays as it is until power-up */
	uint8_t frozen_lock_mask;
	/** change it */
	uint8_t lock_opcode;
	uint8_t unlock_opcode;
	/** data that goes with them, both 0: none does */
	uint8_t lock_value;
	uint8_t unlock_value;
	/** reads another lock of the block, which outlasts the supply, 0: there is none.
	 * It is set when bit 0 of the answer is this */
	uint8_t read_lasting_opcode;
	uint8_t lasting;
	/** clears all of these, 0: there are none */
	uint8_t erase_lasting_opcode;
	/** reads and writes all locks as one register, 0: there is none, and the
	 * opcodes above are used */
	uint8_t read_register_opcode;
	uint8_t write_register_opcode;
	/** unlocks all blocks, with unlock_all as data if it is 01h; 0: nothing does at once */
	uint8_t unlock_all_opcode;
	uint8_t unlock_all;
	/** bits of status register 1 that keep all locks as they are, and whether 01h
	 * clears them */
	uint8_t frozen_mask;
	bool thaws;
};

/** The locks of a probed chip by its ID, size and SFDP; NULL: has none, or not known. */
const struct cmspi_locks *cmspi_locks_of(const struct cmspi_chip *chip);

/** Can it be read which blocks are locked? */
bool cmspi_locks_readable(const struct cmspi_locks *locks);

/** Number of blocks. */
unsigned int cmspi_locks_count(const struct cmspi_locks *locks, const struct cmspi_chip *chip);

/** Start of a block; of the number of blocks: the size of the chip. */
uint32_t cmspi_locks_start(const struct cmspi_locks *locks, const struct cmspi_chip *chip,
	unsigned int block);

/** Bytes of the register that holds all locks. */
unsigned int cmspi_locks_register_bytes(const struct cmspi_chip *chip);

/** Bit of that register that locks writes of a block: 8 * index into the bytes as
 * they are received + bit. */
unsigned int cmspi_locks_register_bit(const struct cmspi_chip *chip, unsigned int block);

/** What of a block is locked, read by the two steps below. */
struct cmspi_lock_state {
	uint8_t lock;
	uint8_t lasting;
};

/** Is the lock set that the supply takes back? */
bool cmspi_locks_is_locked(const struct cmspi_locks *locks, const struct cmspi_lock_state *state);

/** Is the lasting one? */
bool cmspi_locks_is_lasting(const struct cmspi_locks *locks,
	const struct cmspi_lock_state *state);

/** Most steps of cmspi_locks_steps_read(). */
#define CMSPI_LOCKS_READ_STEPS	2

/** Steps that read the locks of the block at an address; returns their number. */
unsigned int cmspi_locks_steps_read(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, struct cmspi_lock_state *state,
	struct cmspi_step *steps);

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
