// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Locks of single blocks: which blocks there are, and the commands that set, clear
 * and read their locks. They are volatile, as power-up leaves them; a part may have
 * others beside them that last.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spinor.h"

/* ---- the row ------------------------------------------------------------- */

static unsigned int count_blocks(const json_t *groups)
{
	unsigned int count = 0;
	json_t *group;
	size_t i;

	json_array_foreach(groups, i, group)
		count += json_integer_value(json_array_get(group, 0));
	return count;
}

static void put_blocks(struct spinor_locks *locks, const json_t *groups)
{
	uint32_t start = 0;
	json_t *group;
	size_t i;

	json_array_foreach(groups, i, group) {
		const unsigned int end = locks->count + json_integer_value(json_array_get(group, 0));
		const uint32_t size_bytes = json_integer_value(json_array_get(group, 1));

		for (; locks->count < end; locks->count++, start += size_bytes) {
			struct spinor_lock *lock = &locks->blocks[locks->count];

			lock->start = start;
			lock->size_bytes = size_bytes;
			lock->bit = locks->count;
		}
	}
}

/**
 * SST26's register: bit 0 stands for the second 64 KiB of the chip, then come the
 * lower and the upper 32 KiB, then the blocks of 8 KiB with two bits each, of which
 * the even one locks writes (SST26VF064B data sheet, "Block-Protection Register").
 */
static void order_register_bits(struct spinor_locks *locks)
{
	static const uint32_t sizes[] = { 65536, 32768, 8192 };
	unsigned int bit = 0;

	for (unsigned int size = 0; size < ARRAY_SIZE(sizes); size++) {
		for (unsigned int i = 0; i < locks->count; i++) {
			if (locks->blocks[i].size_bytes != sizes[size])
				continue;
			locks->blocks[i].bit = bit;
			bit += sizes[size] == 8192 ? 2 : 1;
		}
	}
}

int spinor_locks_parse(struct spinor *chip, json_t *row)
{
	struct spinor_locks *locks = &chip->part.locks;
	json_t *groups;
	int power_up = 0, reads = 1, open = 0, frozen = 0, lasting = 0, lasting_open = 0;
	json_error_t error;

	if (!row)
		return 0;
	if (json_unpack_ex(row, &error, 0, "{s:o,s?b,s?i,s?i,s?i,s?i,s?i,s?i!}", "blocks", &groups,
			"power_up", &power_up, "reads", &reads, "open_reads", &open,
			"frozen_mask", &frozen, "lasting_reads", &lasting,
			"lasting_open_reads", &lasting_open,
			"register_bytes", &locks->register_bytes)) {
		fprintf(stderr, "simboard: chip row %s, locks: %s\n", chip->part.name, error.text);
		return -1;
	}
	const unsigned int count = count_blocks(groups);

	locks->at_power_up = power_up;
	locks->locked_reads = reads;
	locks->open_reads = open;
	locks->frozen_mask = frozen;
	locks->lasting_reads = lasting;
	locks->lasting_open_reads = lasting_open;
	locks->blocks = calloc(count + 1, sizeof(*locks->blocks));
	// two bits for each block are more than any part has
	locks->bits = calloc(count + 1, sizeof(*locks->bits));
	if (!locks->blocks || !locks->bits)
		return -1;
	put_blocks(locks, groups);
	if (locks->register_bytes)
		order_register_bits(locks);
	return 0;
}

void spinor_locks_free(struct spinor *chip)
{
	free(chip->part.locks.blocks);
	free(chip->part.locks.bits);
}

/* ---- state --------------------------------------------------------------- */

static bool is_locked(const struct spinor_locks *locks, unsigned int block)
{
	const unsigned int bit = locks->blocks[block].bit;

	return locks->bits[bit / 8] >> bit % 8 & 1;
}

static void set_lock(struct spinor_locks *locks, unsigned int block, bool locked)
{
	const unsigned int bit = locks->blocks[block].bit;

	locks->bits[bit / 8] &= ~(1U << bit % 8);
	locks->bits[bit / 8] |= locked << bit % 8;
}

static void set_all_locks(struct spinor_locks *locks, bool locked)
{
	memset(locks->bits, 0, locks->count);
	for (unsigned int i = 0; i < locks->count; i++)
		set_lock(locks, i, locked);
}

void spinor_lock_set(struct spinor *chip, unsigned int block, bool locked)
{
	set_lock(&chip->part.locks, block, locked);
}

bool spinor_lock_is_set(const struct spinor *chip, unsigned int block)
{
	return is_locked(&chip->part.locks, block);
}

void spinor_locks_power_on(struct spinor *chip)
{
	struct spinor_locks *locks = &chip->part.locks;

	for (unsigned int i = 0; i < locks->count; i++)
		locks->blocks[i].frozen = false;
	if (locks->count)
		set_all_locks(locks, locks->at_power_up);
}

unsigned int spinor_locks_count(const struct spinor *chip)
{
	const struct spinor_locks *locks = &chip->part.locks;
	unsigned int locked = 0;

	for (unsigned int i = 0; i < locks->count; i++)
		locked += is_locked(locks, i);
	return locked;
}

bool spinor_locks_hold(const struct spinor *chip, uint32_t address, uint32_t size_bytes)
{
	const struct spinor_locks *locks = &chip->part.locks;

	for (unsigned int i = 0; i < locks->count; i++) {
		const struct spinor_lock *lock = &locks->blocks[i];

		if (address < lock->start + lock->size_bytes && lock->start < address + size_bytes
				&& (is_locked(locks, i) || lock->lasting))
			return true;
	}
	return false;
}

/* ---- commands ------------------------------------------------------------ */

/** Of the block that the command's address lies in. */
static int addressed_block(struct spinor *chip)
{
	const struct spinor_locks *locks = &chip->part.locks;

	for (unsigned int i = 0; i < locks->count; i++)
		if (chip->t.address - locks->blocks[i].start < locks->blocks[i].size_bytes)
			return i;
	spinor_sin(chip, "address_past_end", "no block has a lock there");
	return -1;
}

/** Locks change only with write enable, and not while they are frozen. */
static bool may_change(struct spinor *chip)
{
	if (!spinor_may_write(chip))
		return false;
	chip->wel = false;
	return !spinor_flag(chip, FLAG_LOCKS_FROZEN);
}

static void change_one(struct spinor *chip, bool locked)
{
	const int block = addressed_block(chip);

	if (block >= 0 && may_change(chip))
		set_lock(&chip->part.locks, block, locked);
}

void spinor_commit_lock(struct spinor *chip)
{
	change_one(chip, true);
}

void spinor_commit_unlock(struct spinor *chip)
{
	change_one(chip, false);
}

void spinor_commit_lock_all(struct spinor *chip)
{
	if (may_change(chip) && chip->part.locks.count)
		set_all_locks(&chip->part.locks, true);
}

void spinor_commit_unlock_all(struct spinor *chip)
{
	if (may_change(chip) && chip->part.locks.count)
		set_all_locks(&chip->part.locks, false);
}

uint8_t spinor_output_lock(struct spinor *chip, unsigned int n)
{
	const struct spinor_locks *locks = &chip->part.locks;
	const int block = addressed_block(chip);

	(void)n;
	if (block < 0)
		return 0xff;
	return (is_locked(locks, block) ? locks->locked_reads : locks->open_reads) |
		(locks->blocks[block].frozen ? locks->frozen_mask : 0);
}

/** The data say whether to lock; nothing but what the lock reads as is a value. */
void spinor_commit_write_lock(struct spinor *chip)
{
	struct spinor_locks *locks = &chip->part.locks;
	const int block = addressed_block(chip);
	const uint8_t value = chip->t.data[0] & ~locks->frozen_mask;

	if (block < 0 || !may_change(chip) || locks->blocks[block].frozen)
		return;
	if (value != locks->locked_reads && value != locks->open_reads) {
		spinor_sin(chip, "lock_value", "0x%02X is none", chip->t.data[0]);
		return;
	}
	set_lock(locks, block, value == locks->locked_reads);
	locks->blocks[block].frozen = chip->t.data[0] & locks->frozen_mask;
}

uint8_t spinor_output_lasting_lock(struct spinor *chip, unsigned int n)
{
	const struct spinor_locks *locks = &chip->part.locks;
	const int block = addressed_block(chip);

	(void)n;
	if (block < 0)
		return 0xff;
	return locks->blocks[block].lasting ? locks->lasting_reads : locks->lasting_open_reads;
}

void spinor_commit_program_lasting_lock(struct spinor *chip)
{
	const int block = addressed_block(chip);

	if (block >= 0 && may_change(chip))
		chip->part.locks.blocks[block].lasting = true;
}

void spinor_commit_erase_lasting_locks(struct spinor *chip)
{
	if (!may_change(chip))
		return;
	for (unsigned int i = 0; i < chip->part.locks.count; i++)
		chip->part.locks.blocks[i].lasting = false;
}

/** All bits at once, the highest first. */
uint8_t spinor_output_lock_register(struct spinor *chip, unsigned int n)
{
	const struct spinor_locks *locks = &chip->part.locks;

	return n < locks->register_bytes ? locks->bits[locks->register_bytes - 1 - n] : 0xff;
}

void spinor_commit_lock_register(struct spinor *chip)
{
	struct spinor_locks *locks = &chip->part.locks;

	if (!may_change(chip))
		return;
	for (unsigned int i = 0; i < locks->register_bytes; i++)
		locks->bits[i] = chip->t.latch[locks->register_bytes - 1 - i];
}

/**
 * AT25DF: what is written to bits 5:2 of the status register is a command, and while
 * SPRL, bit 7, is set nothing but SPRL changes (AT25DF321A data sheet, "Global
 * Protect/Unprotect", "Write Status Register Byte 1").
 */
void spinor_commit_at25df_status(struct spinor *chip)
{
	const struct spinor_bit *sprl = &chip->part.flags[FLAG_LOCKS_FROZEN];
	uint8_t *value = &chip->part.regs[sprl->reg].value;
	const uint8_t written = chip->t.data[0];
	const uint8_t global = 0x3c;

	if (!spinor_may_write(chip))
		return;
	chip->wel = false;
	if (spinor_flag(chip, FLAG_LOCKS_FROZEN) && !spinor_flag(chip, FLAG_WP_HIGH)) {
		chip->refused_writes++;
		return;
	}
	if (!spinor_flag(chip, FLAG_LOCKS_FROZEN)
			&& ((written & global) == 0 || (written & global) == global))
		set_all_locks(&chip->part.locks, written & global);
	*value = (*value & ~(1U << sprl->bit)) | (written & 1U << sprl->bit);
}
