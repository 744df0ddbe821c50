// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * AT45 DataFlash. To the rest of the driver such a chip is as linear as any other; what
 * is different, addresses and programming, is put into the steps of a batch just before
 * it runs. Data sheets AT45DB161D (3500O), AT45DB161E (8782D); opcodes compared with
 * flashrom's at45db.c and Linux' mtd_dataflash.c. Pure: no I/O, no OpenOCD header.
 */

#include "cmspi_dataflash.h"

#include <stdio.h>
#include <string.h>

#define OPCODE_STATUS		0xd7
#define OPCODE_PAGE_TO_BUFFER	0x53
#define OPCODE_BUFFER_WRITE	0x84
#define OPCODE_BUFFER_TO_PAGE	0x88
#define OPCODE_BLOCK_ERASE	0x50
#define OPCODE_SECTORS		0x32

/* Status: 1 when ready; sector protection is on; pages are a power of two. */
#define STATUS_READY		0x80
#define STATUS_GUARDED		0x02
#define STATUS_POWER_OF_TWO	0x01

#define BLOCK_PAGES		8
/* Sector 0a is the first block, 0b the rest of what a sector else has. Bits of each in
 * the first byte of the register. */
#define SECTOR_0A		0xc0
#define SECTOR_0B		0x30

#define TRANSFER_MAX_US		400

/* AT45DB321C: above, the status needs a dummy byte (Linux, mtd_dataflash.c). Its ID is
 * 1F 27 00 00, those of AT45DB321D and 321E are 1F 27 01 00 and 1F 27 00 01. */
#define OLD_321_MAX_KHZ		25000
#define OLD_321_DENSITY		0x07

#define ANY			0x100

/*
 * By the lower five bits of the second ID byte. The fourth is 1 on parts of the E
 * series, which differ where 64 Mbit are concerned (flashrom's and Linux' tables, of
 * which pages and sectors are, too). Times of AT45DB161 are the D series' (DJYOS'
 * at45db321.h has the data sheet's table: tBE 45 and 100, tP 3, tXFR 0.2 ms). Those of
 * AT45DB641, and of chip erases, were found nowhere: typical ones only pace the progress
 * display and the first look at the status, and no wait is shorter than cmspi_chip.c's
 * floors, 0.8 s for a block.
 */
static const struct cmspi_dataflash_part {
	const char *name;
	uint8_t density;
	/* fourth ID byte, ANY: does not matter */
	uint16_t fourth;
	/* bytes of a page where they are no power of two */
	uint16_t page_bytes;
	uint32_t pages;
	uint32_t sector_pages;
	/* times, 0: not known */
	uint32_t block_typ_ms;
	uint32_t block_max_ms;
	uint32_t page_typ_us;
	uint32_t chip_typ_ms;
} cmspi_dataflash_parts[] = {
	// name        ID    4th  page  pages sector block ms  page us chip ms
	{ "AT45DB011", 0x02, ANY, 264,    512,  128,  0,   0,    0,     0 },
	{ "AT45DB021", 0x03, ANY, 264,   1024,  128,  0,   0,    0,     0 },
	{ "AT45DB041", 0x04, ANY, 264,   2048,  256,  0,   0,    0,     0 },
	{ "AT45DB081", 0x05, ANY, 264,   4096,  256,  0,   0,    0,     0 },
	{ "AT45DB161", 0x06, ANY, 528,   4096,  256, 45, 100, 3000, 22000 },
	{ "AT45DB321", 0x07, ANY, 528,   8192,  128,  0,   0,    0,     0 },
	{ "AT45DB641", 0x08,   1, 264,  32768, 1024, 25,  50, 1500, 80000 },
	{ "AT45DB642", 0x08, ANY, 1056,  8192,  256,  0,   0,    0,     0 },
};

static const struct cmspi_dataflash_part *cmspi_dataflash_part(const uint8_t *id)
{
	const size_t count = sizeof(cmspi_dataflash_parts) / sizeof(*cmspi_dataflash_parts);

	// Atmel, family 001b
	if (id[0] != 0x1f || id[1] >> 5 != 1)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct cmspi_dataflash_part *part = &cmspi_dataflash_parts[i];

		if ((id[1] & 0x1f) == part->density &&
				(part->fourth == ANY || part->fourth == id[3]))
			return part;
	}
	return NULL;
}

bool cmspi_dataflash_is(const uint8_t *id)
{
	return cmspi_dataflash_part(id);
}

/** A command of three address bytes on one line. */
static struct cmspi_step cmspi_dataflash_step(uint8_t opcode, uint32_t address)
{
	return (struct cmspi_step) {
		.kind = CMSPI_STEP_XFER,
		.op = {
			.opcode = opcode, .addr_bytes = 3,
			.cmd_lines = 1, .addr_lines = 1, .data_lines = 1,
			// the slowest take 66 MHz (AT45DB161D), a core reaches half of it
			.max_khz = 50000,
		},
		.addr = address,
	};
}

struct cmspi_step cmspi_dataflash_step_status(uint8_t *status)
{
	return cmspi_chip_step_read_register(OPCODE_STATUS, status);
}

bool cmspi_dataflash_is_guarded(uint8_t status)
{
	return status & STATUS_GUARDED;
}

void cmspi_dataflash_take(struct cmspi_chip *chip, uint8_t status)
{
	const struct cmspi_dataflash_part *part = cmspi_dataflash_part(chip->id);
	unsigned int bits = 0;

	while (1u << bits < part->page_bytes)
		bits++;
	// 264 bytes have 9 bits, 256 have 8
	chip->page_bytes = part->page_bytes;
	if (status & STATUS_POWER_OF_TWO) {
		bits--;
		chip->page_bytes = 1u << bits;
	}
	chip->column_bits = bits;
	chip->size_bytes = part->pages * chip->page_bytes;
	chip->size_from = CMSPI_FROM_TABLE;
	chip->page_from = CMSPI_FROM_TABLE;
	chip->erase_from = CMSPI_FROM_TABLE;
	chip->times_from = CMSPI_FROM_TABLE;
	chip->erase[0] = (struct cmspi_erase_type) {
		.size_bytes = BLOCK_PAGES * chip->page_bytes, .opcode = OPCODE_BLOCK_ERASE,
		.typ_ms = part->block_typ_ms, .max_ms = part->block_max_ms,
	};
	chip->chip_erase_typ_ms = part->chip_typ_ms;
	chip->chip_erase_guarded = true;
	if (part->page_typ_us)
		chip->page_typ_us = part->page_typ_us;
	// there is no write enable, and the ready bit is no busy bit
	chip->wren_opcode = 0;
	chip->poll = (struct cmspi_poll) {
		.opcode = OPCODE_STATUS, .mask = STATUS_READY, .ready = STATUS_READY,
	};
	if (part->density == OLD_321_DENSITY && !chip->id[2] && chip->id[3] != 1)
		chip->max_khz = OLD_321_MAX_KHZ;
	chip->reads[1] = chip->reads[0];
	chip->reads[1].opcode = CMSPI_OPCODE_FAST_READ;
	chip->reads[1].dummy_clocks = 8;
	chip->reads[1].max_khz = 0;
	snprintf(chip->name, sizeof(chip->name), "%s%s, pages of %u bytes", part->name,
		chip->id[3] == 1 ? "E" : "", (unsigned int)chip->page_bytes);
}

uint32_t cmspi_dataflash_address(const struct cmspi_chip *chip, uint32_t offset)
{
	return offset / chip->page_bytes << chip->column_bits | offset % chip->page_bytes;
}

uint32_t cmspi_dataflash_offset(const struct cmspi_chip *chip, uint32_t address)
{
	const uint32_t column = address & ((1u << chip->column_bits) - 1);

	return (address >> chip->column_bits) * chip->page_bytes + column;
}

/* ---- steps --------------------------------------------------------------- */

unsigned int cmspi_dataflash_max_steps(const struct cmspi_chip *chip,
	const struct cmspi_step *steps, unsigned int count)
{
	unsigned int max = count;

	for (unsigned int i = 0; i < count; i++) {
		if (steps[i].kind == CMSPI_STEP_PROGRAM)
			max += 3 * (steps[i].count / chip->page_bytes + 2);
		else if (steps[i].kind == CMSPI_STEP_BLANK)
			max += steps[i].count / steps[i].grain_bytes + 1;
	}
	return max;
}

static void cmspi_dataflash_add(struct cmspi_address_list *list, const struct cmspi_step *step,
	unsigned int origin)
{
	list->steps[list->count] = *step;
	list->origins[list->count++] = origin;
}

/** The chip works on a page, by itself. */
static struct cmspi_step cmspi_dataflash_step_page(const struct cmspi_step *program,
	uint8_t opcode, uint32_t address, uint32_t timeout_us)
{
	struct cmspi_step step = cmspi_dataflash_step(opcode, address);

	step.flags = CMSPI_STEP_POLL;
	step.poll = program->poll;
	step.timeout_us = timeout_us;
	return step;
}

/** Part of a page: all of the buffer goes to it, so the rest must be fetched before. */
static void cmspi_dataflash_add_page(const struct cmspi_chip *chip,
	const struct cmspi_step *program, uint32_t done, uint32_t bytes, unsigned int origin,
	struct cmspi_address_list *list)
{
	const uint32_t address = cmspi_dataflash_address(chip, program->addr + done);
	const struct cmspi_step fetch = cmspi_dataflash_step_page(program, OPCODE_PAGE_TO_BUFFER,
		address, 2 * TRANSFER_MAX_US);
	struct cmspi_step fill = cmspi_dataflash_step(OPCODE_BUFFER_WRITE, address);
	struct cmspi_step store = cmspi_dataflash_step_page(program, OPCODE_BUFFER_TO_PAGE, address,
		program->timeout_us);

	fill.tx = program->tx + done;
	fill.tx_bytes = bytes;
	// for the progress display
	store.count = bytes;
	if (bytes < chip->page_bytes)
		cmspi_dataflash_add(list, &fetch, origin);
	cmspi_dataflash_add(list, &fill, origin);
	cmspi_dataflash_add(list, &store, origin);
}

static void cmspi_dataflash_add_program(const struct cmspi_chip *chip,
	const struct cmspi_step *step, unsigned int origin, struct cmspi_address_list *list)
{
	uint32_t bytes;

	for (uint32_t done = 0; done < step->count; done += bytes) {
		bytes = chip->page_bytes - (step->addr + done) % chip->page_bytes;
		if (bytes > step->count - done)
			bytes = step->count - done;
		cmspi_dataflash_add_page(chip, step, done, bytes, origin, list);
	}
}

/** Each grain has a command of its own, and executors count addresses linearly. */
static void cmspi_dataflash_add_blank(const struct cmspi_chip *chip,
	const struct cmspi_step *step, unsigned int origin, struct cmspi_address_list *list)
{
	struct cmspi_step grain = *step;
	uint32_t bytes;

	for (uint32_t done = 0; done < step->count; done += bytes, grain.results++) {
		bytes = step->count - done < step->grain_bytes ? step->count - done :
			step->grain_bytes;
		grain.addr = cmspi_dataflash_address(chip, step->addr + done);
		grain.count = bytes;
		cmspi_dataflash_add(list, &grain, origin);
	}
}

void cmspi_dataflash_expand(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_address_list *list)
{
	list->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		struct cmspi_step step = steps[i];

		if (step.kind == CMSPI_STEP_PROGRAM) {
			cmspi_dataflash_add_program(chip, &step, i, list);
		} else if (step.kind == CMSPI_STEP_BLANK) {
			cmspi_dataflash_add_blank(chip, &step, i, list);
		} else {
			if (step.op.addr_bytes)
				step.addr = cmspi_dataflash_address(chip, step.addr);
			cmspi_dataflash_add(list, &step, i);
		}
	}
	for (unsigned int i = 0; i < list->count; i++)
		if (chip->max_khz && list->steps[i].op.max_khz > chip->max_khz)
			list->steps[i].op.max_khz = chip->max_khz;
}

/* ---- protection ---------------------------------------------------------- */

struct cmspi_step cmspi_dataflash_step_sectors(uint8_t *sectors)
{
	struct cmspi_step step = cmspi_dataflash_step(OPCODE_SECTORS, 0);

	// three bytes that mean nothing stand where an address would
	step.op.addr_bytes = 0;
	step.op.dummy_clocks = 24;
	step.rx = sectors;
	step.rx_bytes = CMSPI_DATAFLASH_SECTORS;
	return step;
}

/** The sector that an offset lies in, and is it protected? */
static bool cmspi_dataflash_sector(const struct cmspi_chip *chip, const uint8_t *sectors,
	uint32_t offset, struct cmspi_span *sector)
{
	const uint32_t block_bytes = BLOCK_PAGES * chip->page_bytes;
	const uint32_t sector_bytes = cmspi_dataflash_part(chip->id)->sector_pages *
		chip->page_bytes;
	const uint32_t index = offset / sector_bytes;

	*sector = (struct cmspi_span) { .addr = index * sector_bytes, .count = sector_bytes };
	if (index)
		return sectors[index % CMSPI_DATAFLASH_SECTORS];
	if (offset < block_bytes) {
		sector->count = block_bytes;
		return sectors[0] & SECTOR_0A;
	}
	*sector = (struct cmspi_span) {
		.addr = block_bytes, .count = sector_bytes - block_bytes,
	};
	return sectors[0] & SECTOR_0B;
}

bool cmspi_dataflash_find_protected(const struct cmspi_chip *chip, const uint8_t *sectors,
	uint32_t addr, uint32_t count, struct cmspi_span *hit)
{
	for (uint64_t at = addr; at < (uint64_t)addr + count; at = hit->addr + hit->count)
		if (cmspi_dataflash_sector(chip, sectors, at, hit))
			return true;
	return false;
}
