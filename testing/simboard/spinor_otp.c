// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Security registers: a little memory beside the array, which a lock bit each makes
 * final. They have commands of their own, or take the array's place in a mode.
 */

#include <stdio.h>
#include <string.h>

#include "spinor.h"

#define STRIDE_BYTES	0x1000
#define NOWHERE		UINT32_MAX

int spinor_otp_parse(struct spinor *chip, json_t *row)
{
	struct spinor_otp *otp = &chip->part.otp;
	int first = 0, count = 0, bytes = 0;
	json_t *locks = NULL, *lock;
	json_error_t error;
	size_t i;

	for (i = 0; i < SPINOR_OTP_REGISTERS; i++)
		otp->locks[i].reg = SPINOR_NO_REG;
	if (!row)
		return 0;
	if (json_unpack_ex(row, &error, 0, "{s?i,s:i,s:i,s?o!}", "first", &first, "count", &count,
			"bytes", &bytes, "locks", &locks)) {
		fprintf(stderr, "simboard: chip row %s, otp: %s\n", chip->part.name, error.text);
		return -1;
	}
	if (count < 1 || count > SPINOR_OTP_REGISTERS || bytes < 1 || bytes > SPINOR_OTP_MAX_BYTES
			|| json_array_size(locks) > (size_t)count) {
		fprintf(stderr, "simboard: chip row %s, otp: out of range\n", chip->part.name);
		return -1;
	}
	otp->first = first;
	otp->count = count;
	otp->bytes = bytes;
	json_array_foreach(locks, i, lock)
		if (spinor_parse_bit(chip, json_string_value(lock), &otp->locks[i]))
			return -1;
	return 0;
}

uint32_t spinor_otp_bytes(const struct spinor *chip)
{
	return chip->part.otp.count * chip->part.otp.bytes;
}

/** Where in the memory a byte of a register stands. */
static uint32_t place_of(const struct spinor *chip, uint32_t address)
{
	const struct spinor_otp *otp = &chip->part.otp;
	const uint32_t number = address / STRIDE_BYTES - otp->first;

	// a smaller number than the first one wraps
	if (number >= otp->count || address % STRIDE_BYTES >= otp->bytes)
		return NOWHERE;
	return chip->part.size_bytes + number * otp->bytes + address % STRIDE_BYTES;
}

uint8_t spinor_output_otp(struct spinor *chip, unsigned int n)
{
	const uint32_t place = place_of(chip, chip->t.address + n);

	return place == NOWHERE ? 0xff : chip->memory[place];
}

/** A sin unless all of so many bytes from the address on are in one register. */
static bool in_register(struct spinor *chip, uint32_t bytes)
{
	const uint32_t address = chip->t.address;

	if (place_of(chip, address) != NOWHERE && place_of(chip, address + bytes - 1) != NOWHERE
			&& address / STRIDE_BYTES == (address + bytes - 1) / STRIDE_BYTES)
		return true;
	spinor_sin(chip, "otp_range", "%u bytes at 0x%06X are not in a security register", bytes,
		address);
	return false;
}

void spinor_commit_read_otp(struct spinor *chip)
{
	if (chip->t.data_bits >= 8)
		(void)in_register(chip, chip->t.data_bits / 8);
}

/** Write enable, a place, and no lock. */
static bool may_change(struct spinor *chip, uint32_t bytes)
{
	const struct spinor_otp *otp = &chip->part.otp;

	if (!spinor_may_write(chip) || !in_register(chip, bytes))
		return false;
	if (!spinor_reg_bit(chip, &otp->locks[chip->t.address / STRIDE_BYTES - otp->first]))
		return true;
	chip->wel = false;
	chip->refused_writes++;
	chip->errors |= 1U << FLAG_PROTECT_ERROR | 1U << FLAG_PROGRAM_ERROR;
	return false;
}

void spinor_commit_program_otp(struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;
	const uint32_t page = chip->part.page_bytes;

	if (!may_change(chip, t->bytes_in))
		return;
	const uint32_t place = place_of(chip, t->address);

	if (t->address % page + t->bytes_in > page) {
		spinor_sin(chip, "page_wrap", "%u bytes of a security register from column %u of %u",
			t->bytes_in, t->address % page, page);
		return;
	}
	for (uint32_t i = 0; i < t->bytes_in; i++) {
		chip->op.latch[i] = t->latch[(t->address + i) % page];
		if (chip->op.latch[i] & ~chip->memory[place + i])
			spinor_sin(chip, "program_0_to_1", "byte %u of a security register holds 0x%02X",
				t->address % STRIDE_BYTES + i, chip->memory[place + i]);
	}
	chip->programs++;
	spinor_start(chip, OP_PROGRAM, place, t->bytes_in);
}

void spinor_commit_erase_otp(struct spinor *chip)
{
	if (!may_change(chip, 1))
		return;
	if (chip->t.address % STRIDE_BYTES)
		spinor_sin(chip, "erase_unaligned", "a security register begins at a multiple of 0x%X",
			STRIDE_BYTES);
	chip->erases++;
	spinor_start(chip, OP_ERASE, place_of(chip, chip->t.address & ~(STRIDE_BYTES - 1U)),
		chip->part.otp.bytes);
}
