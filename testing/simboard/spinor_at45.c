// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * AT45 DataFlash: addresses of page and column, a buffer between the bus and the
 * pages, sectors that are protected by a register. Data sheet AT45DB161E, 8782D.
 */

#include <string.h>

#include "spinor.h"

uint32_t spinor_linear_address(struct spinor *chip, uint32_t address)
{
	const struct spinor_part *part = &chip->part;
	const uint32_t pages = part->size_bytes / part->page_bytes;
	const uint32_t column = address & ((1U << part->column_bits) - 1);

	if (column >= part->page_bytes)
		spinor_sin(chip, "address_past_end", "column %u of a page of %u bytes", column,
			part->page_bytes);
	/* the bits above the page's number are don't care */
	return (address >> part->column_bits) % pages * part->page_bytes + column % part->page_bytes;
}

static uint32_t page_of(const struct spinor *chip)
{
	return chip->t.address - chip->t.address % chip->part.page_bytes;
}

/** It takes effect at once, and wraps at the buffer's end. */
void spinor_commit_buffer_write(struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;
	const uint32_t page = chip->part.page_bytes;
	const uint32_t first = t->address % page;

	if (first + t->bytes_in > page)
		spinor_sin(chip, "page_wrap", "%u bytes from column %u of a buffer of %u", t->bytes_in,
			first, page);
	for (uint32_t i = 0; i < t->bytes_in && i < page; i++)
		chip->buffer[(first + i) % page] = t->latch[(first + i) % page];
	if (t->bytes_in >= page)
		chip->buffer_full = true;
}

void spinor_commit_page_to_buffer(struct spinor *chip)
{
	const uint32_t base = page_of(chip);

	memcpy(chip->buffer, chip->memory + base, chip->part.page_bytes);
	chip->buffer_full = false;
	chip->buffer_page = base;
	spinor_start(chip, OP_REWRITE, base, 0);
}

/** All of the buffer goes to the page, so all of it must be meant. */
static bool may_program(struct spinor *chip, uint32_t base)
{
	if (!chip->buffer_full && chip->buffer_page != base)
		spinor_sin(chip, "stale_buffer", "not all of the buffer was written, nor did it come "
			"from this page");
	chip->buffer_full = false;
	chip->buffer_page = UINT32_MAX;
	if (!spinor_is_protected(chip, base, chip->part.page_bytes))
		return true;
	chip->refused_writes++;
	return false;
}

static void start_page(struct spinor *chip, enum spinor_op_kind kind, uint32_t base)
{
	memcpy(chip->op.latch, chip->buffer, chip->part.page_bytes);
	chip->programs++;
	spinor_start(chip, kind, base, chip->part.page_bytes);
}

/** 88h: bits only become 0. */
void spinor_commit_buffer_to_page(struct spinor *chip)
{
	const uint32_t base = page_of(chip);

	if (!may_program(chip, base))
		return;
	for (uint32_t i = 0; i < chip->part.page_bytes; i++) {
		if (!(chip->buffer[i] & ~chip->memory[base + i]))
			continue;
		spinor_sin(chip, "program_0_to_1", "byte at 0x%06X holds 0x%02X, data 0x%02X", base + i,
			chip->memory[base + i], chip->buffer[i]);
		break;
	}
	start_page(chip, OP_PROGRAM, base);
}

/** 83h: with an erase of the page built in. */
void spinor_commit_buffer_over_page(struct spinor *chip)
{
	const uint32_t base = page_of(chip);

	if (may_program(chip, base))
		start_page(chip, OP_REWRITE, base);
}

/** C7h 94h 80h 9Ah. */
void spinor_commit_guarded_chip_erase(struct spinor *chip)
{
	if (memcmp(chip->t.data, "\x94\x80\x9a", 3))
		spinor_sin(chip, "unknown_opcode", "C7h is followed by 94h 80h 9Ah");
	else
		spinor_commit_chip_erase(chip);
}

/* Sectors 0a and 0b share the first byte of the register, two bits each. */
static uint8_t sector_mask(unsigned int lock)
{
	static const uint8_t halves[] = { 0xc0, 0x30 };

	return lock < 2 ? halves[lock] : 0xff;
}

uint8_t spinor_output_sector_protection(struct spinor *chip, unsigned int n)
{
	if (n + 1 >= chip->part.locks.count)
		return 0xff;
	if (n)
		return spinor_lock_is_set(chip, n + 1) ? 0xff : 0x00;
	return (spinor_lock_is_set(chip, 0) ? sector_mask(0) : 0)
		| (spinor_lock_is_set(chip, 1) ? sector_mask(1) : 0);
}

static void set_sectors(struct spinor *chip, const uint8_t *bytes)
{
	for (unsigned int i = 0; i < chip->part.locks.count; i++)
		spinor_lock_set(chip, i, (bytes[i < 2 ? 0 : i - 1] & sector_mask(i)) != 0);
}

/** 3Dh 2Ah 7Fh: protection on (A9h), off (9Ah), its register erased (CFh) and
 * programmed (FCh and a byte for each sector). */
void spinor_commit_configure_dataflash(struct spinor *chip)
{
	const struct spinor_bit *bit = &chip->part.flags[FLAG_LOCKS_IN_FORCE];
	const uint8_t *data = chip->t.latch + chip->t.address % chip->part.page_bytes;
	const uint32_t bytes = chip->t.bytes_in;
	uint8_t erased[64];

	memset(erased, 0xff, sizeof(erased));
	if (bytes < 3 || data[0] != 0x2a || data[1] != 0x7f)
		spinor_sin(chip, "unknown_opcode", "3Dh is followed by 2Ah 7Fh");
	else if (data[2] == 0xa9 && bytes == 3)
		chip->part.regs[bit->reg].value |= 1U << bit->bit;
	else if (data[2] == 0x9a && bytes == 3)
		chip->part.regs[bit->reg].value &= ~(1U << bit->bit);
	else if (data[2] == 0xcf && bytes == 3)
		set_sectors(chip, erased);
	else if (data[2] == 0xfc && bytes == 2 + chip->part.locks.count)
		set_sectors(chip, data + 3);
	else
		spinor_sin(chip, "unknown_opcode", "3Dh 2Ah 7Fh is followed by A9h, 9Ah, CFh, or FCh "
			"and a byte for each sector");
}
