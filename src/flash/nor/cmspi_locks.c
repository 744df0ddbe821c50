// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Locks of single blocks. A family is a row of opcodes and a way to divide the chip.
 * Pure: no I/O, no OpenOCD header.
 */

#include <stddef.h>

#include "cmspi_locks.h"

#define KIB(n)	((n) * UINT32_C(1024))

// Data sheets: W25Q64JV "Individual Block/Sector Lock", W25Q256JV the same
static const struct cmspi_locks cmspi_locks_w25q = {
	.blocks = CMSPI_LOCKS_FINE_ENDS,
	.read_opcode = 0x3d,
	.lock_opcode = 0x36,
	.unlock_opcode = 0x39,
	.unlock_all_opcode = 0x98,
};

// AT25DF321A "Protect Sector", "Global Protect/Unprotect": zeros in bits 5:2 of the
// status register unlock all; SPRL, bit 7, forbids it and is cleared by a write first.
// Found in the data sheet of AT25DF081A (8715C), pages 22 and 35
static const struct cmspi_locks cmspi_locks_at25df = {
	.blocks = CMSPI_LOCKS_EVEN,
	.always = true,
	.read_opcode = 0x3c,
	.lock_opcode = 0x36,
	.unlock_opcode = 0x39,
	.unlock_all_opcode = CMSPI_OPCODE_WRITE_STATUS,
	.frozen_mask = 0x80,
	.thaws = true,
};

// SST26VF064B "Block-Protection Register"; WPLD, bit 4 of the status register, stays
// until the supply is cut. SST's Verilog model of SST26WF032B has these opcodes, WPLD, and
// a bit for each 64 KiB and 16 more; U-Boot (spi-nor-core.c) has their places
static const struct cmspi_locks cmspi_locks_sst26 = {
	.blocks = CMSPI_LOCKS_SST26,
	.always = true,
	.read_register_opcode = 0x72,
	.write_register_opcode = 0x42,
	.unlock_all_opcode = 0x98,
	.frozen_mask = 0x10,
};

// MX25L12835F "Gang Block Unlock", in force where WPSEL was set, once and for all; what
// reads and changes a single lock (3Ch or E0h) differs from part to part
static const struct cmspi_locks cmspi_locks_mxic = {
	.blocks = CMSPI_LOCKS_FINE_ENDS,
	.unlock_all_opcode = 0x98,
};

/*
 * The first row that fits counts. Left out: AT25DF041A, whose last sectors are smaller.
 */
static const struct {
	uint8_t manufacturer;
	uint8_t type;
	uint8_t type_mask;
	uint32_t min_kib;
	uint32_t max_kib;
	const struct cmspi_locks *locks;
} cmspi_locks_rows[] = {
	{ 0x1f, 0x43, 0xff, 256, 256, &cmspi_locks_at25df },	// AT25DF021
	{ 0x1f, 0x44, 0xfc, 1024, 4096, &cmspi_locks_at25df },	// AT25DF081A to 321A
	{ 0x1f, 0x48, 0xff, 8192, 8192, &cmspi_locks_at25df },	// AT25DF641A
	{ 0xbf, 0x26, 0xff, 2048, 8192, &cmspi_locks_sst26 },
	{ 0xc2, 0x20, 0xfa, 4096, 262144, &cmspi_locks_mxic },	// MX25L 20, MX25U 25
	{ 0xc2, 0x28, 0xff, 4096, 8192, &cmspi_locks_mxic },	// MX25R
	{ 0xef, 0x40, 0xcf, 2048, 262144, &cmspi_locks_w25q },	// W25Q 40, 50, 60, 70
	{ 0xef, 0x80, 0xff, 512, 262144, &cmspi_locks_w25q },	// W25Q-NW
};

const struct cmspi_locks *cmspi_locks_of(const struct cmspi_chip *chip)
{
	const size_t count = sizeof(cmspi_locks_rows) / sizeof(*cmspi_locks_rows);
	const uint32_t size_kib = cmspi_chip_whole_bytes(chip) / 1024;

	for (size_t i = 0; i < count; i++)
		if (chip->id[0] == cmspi_locks_rows[i].manufacturer &&
				(chip->id[1] & cmspi_locks_rows[i].type_mask) ==
					cmspi_locks_rows[i].type &&
				size_kib >= cmspi_locks_rows[i].min_kib &&
				size_kib <= cmspi_locks_rows[i].max_kib)
			return cmspi_locks_rows[i].locks;
	return NULL;
}

/* ---- blocks -------------------------------------------------------------- */

/** Blocks in the first 64 KiB, and as many in the last. */
static unsigned int cmspi_locks_end_blocks(const struct cmspi_locks *locks)
{
	static const unsigned int counts[] = {
		[CMSPI_LOCKS_EVEN] = 1, [CMSPI_LOCKS_FINE_ENDS] = 16, [CMSPI_LOCKS_SST26] = 5,
	};

	return counts[locks->blocks];
}

unsigned int cmspi_locks_count(const struct cmspi_locks *locks, uint32_t size_bytes)
{
	return size_bytes / KIB(64) + 2 * (cmspi_locks_end_blocks(locks) - 1);
}

/** Bytes of the first @a blocks of the first 64 KiB. */
static uint32_t cmspi_locks_from_end(const struct cmspi_locks *locks, unsigned int blocks)
{
	if (blocks == cmspi_locks_end_blocks(locks))
		return KIB(64);
	return blocks * (locks->blocks == CMSPI_LOCKS_SST26 ? KIB(8) : KIB(4));
}

uint32_t cmspi_locks_start(const struct cmspi_locks *locks, uint32_t size_bytes,
	unsigned int block)
{
	const unsigned int count = cmspi_locks_count(locks, size_bytes);
	const unsigned int end = cmspi_locks_end_blocks(locks);

	if (block <= end)
		return cmspi_locks_from_end(locks, block);
	// the last blocks mirror the first
	if (block >= count - end)
		return size_bytes - cmspi_locks_from_end(locks, count - block);
	return KIB(64) * (block - end + 1);
}

unsigned int cmspi_locks_register_bytes(uint32_t size_bytes)
{
	return cmspi_locks_count(&cmspi_locks_sst26, size_bytes) / 8 + 1;
}

/*
 * Bits of the register, the lowest first: blocks of 64 KiB by address, the lower and
 * the upper 32 KiB, then the blocks of 8 KiB with two bits each, of which the even one
 * locks writes. The highest comes first on the wire.
 */
unsigned int cmspi_locks_register_bit(uint32_t size_bytes, unsigned int block)
{
	const unsigned int count = cmspi_locks_count(&cmspi_locks_sst26, size_bytes);
	const unsigned int eights = 4, middle = count - 2 * (eights + 1);
	unsigned int bit;

	if (block < eights)
		bit = middle + 2 + 2 * block;
	else if (block == eights)
		bit = middle;
	else if (block <= eights + middle)
		bit = block - eights - 1;
	else if (block == eights + middle + 1)
		bit = middle + 1;
	else
		bit = middle + 2 + 2 * (block - middle - 2);
	return 8 * (cmspi_locks_register_bytes(size_bytes) - 1 - bit / 8) + bit % 8;
}

bool cmspi_locks_readable(const struct cmspi_locks *locks)
{
	return locks->read_opcode || locks->read_register_opcode;
}

/* ---- steps --------------------------------------------------------------- */

struct cmspi_step cmspi_locks_step_read(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, uint8_t *value)
{
	struct cmspi_step step = cmspi_chip_step_read_register(locks->read_opcode, value);

	step.op.addr_bytes = cmspi_chip_addr_bytes(chip);
	step.addr = addr;
	return step;
}

struct cmspi_step cmspi_locks_step_read_register(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint8_t *value)
{
	struct cmspi_step step = cmspi_chip_step_read_register(locks->read_register_opcode,
		value);

	step.rx_bytes = cmspi_locks_register_bytes(cmspi_chip_whole_bytes(chip));
	return step;
}

struct cmspi_step cmspi_locks_step_change(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, bool lock)
{
	struct cmspi_step step = cmspi_chip_step_write_register(chip,
		lock ? locks->lock_opcode : locks->unlock_opcode, NULL, 0);

	step.op.addr_bytes = cmspi_chip_addr_bytes(chip);
	step.addr = addr;
	return step;
}

struct cmspi_step cmspi_locks_step_write_register(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, const uint8_t *value)
{
	return cmspi_chip_step_write_register(chip, locks->write_register_opcode, value,
		cmspi_locks_register_bytes(cmspi_chip_whole_bytes(chip)));
}

struct cmspi_step cmspi_locks_step_unlock_all(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip)
{
	const bool by_status = locks->unlock_all_opcode == CMSPI_OPCODE_WRITE_STATUS;

	return cmspi_chip_step_write_register(chip, locks->unlock_all_opcode,
		by_status ? &locks->unlock_all : NULL, by_status);
}
