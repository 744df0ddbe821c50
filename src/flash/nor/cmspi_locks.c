// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Locks of single blocks. A family is a row of opcodes and a way to divide the chip.
 * Pure: no I/O, no OpenOCD header.
 */

#include <stddef.h>

#include "cmspi_locks.h"
#include "cmspi_map.h"

#define KIB(n)		((n) * UINT32_C(1024))

#define REST_64K	{ 0, 64 }
// sectors of 4 KiB in the first and the last 64 KiB
#define FINE_ENDS	{ { 16, 4 }, REST_64K, { 16, 4 } }

// Data sheets: W25Q64JV "Individual Block/Sector Lock", W25Q256JV the same
static const struct cmspi_locks cmspi_locks_w25q = {
	.groups = FINE_ENDS,
	.read_opcode = 0x3d,
	.locked_mask = 0x01,
	.locked = 0x01,
	.lock_opcode = 0x36,
	.unlock_opcode = 0x39,
	.unlock_all_opcode = 0x98,
};

#define AT25DF_COMMANDS \
	.rule = CMSPI_LOCKS_ALONE, \
	.read_opcode = 0x3c, \
	.locked_mask = 0x01, \
	.locked = 0x01, \
	.lock_opcode = 0x36, \
	.unlock_opcode = 0x39, \
	.unlock_all_opcode = CMSPI_OPCODE_WRITE_STATUS, \
	.frozen_mask = 0x80, \
	.thaws = true

// AT25DF321A "Protect Sector", "Global Protect/Unprotect": zeros in bits 5:2 of the
// status register unlock all; SPRL, bit 7, forbids it and is cleared by a write first.
// Found in the data sheet of AT25DF081A (8715C), pages 22 and 35
static const struct cmspi_locks cmspi_locks_at25df = {
	.groups = { REST_64K },
	AT25DF_COMMANDS,
};

// AT25DF041A (3668F), features: "One 16-Kbyte Top Sector, Two 8-Kbyte Sectors, One
// 32-Kbyte Sector, Seven 64-Kbyte Sectors"
static const struct cmspi_locks cmspi_locks_at25df041a = {
	.groups = { REST_64K, { 1, 32 }, { 2, 8 }, { 1, 16 } },
	AT25DF_COMMANDS,
};

// SST26VF064B "Block-Protection Register"; WPLD, bit 4 of the status register, stays
// until the supply is cut. SST's Verilog model of SST26WF032B has these opcodes, WPLD, and
// a bit for each 64 KiB and 16 more; U-Boot (spi-nor-core.c) has their places
static const struct cmspi_locks cmspi_locks_sst26 = {
	.rule = CMSPI_LOCKS_ALONE,
	.groups = { { 4, 8 }, { 1, 32 }, REST_64K, { 1, 32 }, { 4, 8 } },
	.read_register_opcode = 0x72,
	.write_register_opcode = 0x42,
	.unlock_all_opcode = 0x98,
	.frozen_mask = 0x10,
};

// Macronix, in force where WPSEL was set, once and for all; what reads and changes a
// single lock differs from part to part, and SFDP tells which. MX25L12845E "Single Block
// Lock/Unlock Protection", "Read Block Lock Status"
static const struct cmspi_locks cmspi_locks_mxic_single = {
	.groups = FINE_ENDS,
	.read_opcode = 0x3c,
	.locked_mask = 0x01,
	.locked = 0x01,
	.lock_opcode = 0x36,
	.unlock_opcode = 0x39,
	.unlock_all_opcode = 0x98,
};

// MX25L12835F (PM1795) 9-31 "Write Protection Selection", 9-35 "Solid Protection Bits",
// 9-36 "Dynamic Write Protection Bits": FFh stands for protected
static const struct cmspi_locks cmspi_locks_mxic_dynamic = {
	.groups = FINE_ENDS,
	.addr_bytes = 4,
	.read_opcode = 0xe0,
	.locked_mask = 0x01,
	.locked = 0x01,
	.lock_opcode = 0xe1,
	.unlock_opcode = 0xe1,
	.lock_value = 0xff,
	.unlock_value = 0x00,
	.read_lasting_opcode = 0xe2,
	.lasting = 0x01,
	.erase_lasting_opcode = 0xe4,
	.unlock_all_opcode = 0x98,
};

// What all Macronix parts have that lock single blocks: MX25L12835F "Gang Block Unlock".
// S25FL-L: GBUL (CY_SMIF_CMD_GBUL in Infineon's driver); what its 3Dh answers is not known
static const struct cmspi_locks cmspi_locks_blind = {
	.groups = FINE_ENDS,
	.unlock_all_opcode = 0x98,
};

// N25Q128 "Lock Registers", tables 8 and 9: bit 0 locks, bit 1 keeps it so until
// power-up; the others are reserved and 0, what a part without E8h does not answer
#define MICRON_COMMANDS \
	.rule = CMSPI_LOCKS_BESIDE, \
	.read_opcode = 0xe8, \
	.locked_mask = 0xfd, \
	.locked = 0x01, \
	.frozen_lock_mask = 0x02, \
	.lock_opcode = 0xe5, \
	.unlock_opcode = 0xe5, \
	.lock_value = 0x01

static const struct cmspi_locks cmspi_locks_n25q = {
	.groups = { REST_64K },
	MICRON_COMMANDS,
};

// MT25QL256ABA (rev. K), tables 15 and 16; 4 KiB in the first and the last 64 KiB, as
// u-root's bootlock driver reads them
static const struct cmspi_locks cmspi_locks_mt25q = {
	.groups = FINE_ENDS,
	MICRON_COMMANDS,
};

// S25FL128S/256S (001-98283) 8.4 "Advanced Sector Protection"; 00h stands for protected,
// and each sector has these bits, parameter sectors as well (Cypress' model s25fs256s,
// DYB_bits)
static const struct cmspi_locks cmspi_locks_s25fl_s = {
	.rule = CMSPI_LOCKS_BESIDE,
	.addr_bytes = 4,
	.read_opcode = 0xe0,
	.locked_mask = 0x01,
	.locked = 0x00,
	.lock_opcode = 0xe1,
	.unlock_opcode = 0xe1,
	.lock_value = 0x00,
	.unlock_value = 0xff,
	.read_lasting_opcode = 0xe2,
	.lasting = 0x00,
	.erase_lasting_opcode = 0xe4,
};

/* The first row that fits counts. */
static const struct cmspi_locks_row {
	uint8_t manufacturer;
	uint8_t type;
	uint8_t type_mask;
	uint32_t min_kib;
	uint32_t max_kib;
	/** what SFDP must tell to lock a single block, 0: whatever it tells */
	uint8_t sfdp_opcode;
	/** another byte of the ID under a mask */
	uint8_t extra;
	uint8_t extra_mask;
	uint8_t extra_index;
	const struct cmspi_locks *locks;
} cmspi_locks_rows[] = {
	// 80h and 81h behind the model number: FL-S, FS-S; FL-P has no such byte
	{ 0x01, 0x02, 0xff, 16384, 131072, 0, 0x80, 0xfe, 5, &cmspi_locks_s25fl_s },
	{ 0x01, 0x20, 0xff, 16384, 16384, 0, 0x80, 0xfe, 5, &cmspi_locks_s25fl_s },
	{ 0x01, 0x60, 0xff, 8192, 32768, 0, 0, 0, 0, &cmspi_locks_blind },	// S25FL-L
	{ 0x1f, 0x43, 0xff, 256, 256, 0, 0, 0, 0, &cmspi_locks_at25df },	// AT25DF021
	{ 0x1f, 0x44, 0xff, 512, 512, 0, 0, 0, 0, &cmspi_locks_at25df041a },
	{ 0x1f, 0x44, 0xfc, 1024, 4096, 0, 0, 0, 0, &cmspi_locks_at25df }, // AT25DF081A to 321A
	{ 0x1f, 0x48, 0xff, 8192, 8192, 0, 0, 0, 0, &cmspi_locks_at25df },	// AT25DF641A
	// bit 6 of the extended ID: MT25Q, of which a part may be marked N25Q
	{ 0x20, 0xba, 0xfe, 8192, 262144, 0, 0x40, 0x40, 4, &cmspi_locks_mt25q },
	{ 0x20, 0xba, 0xfe, 8192, 131072, 0, 0x00, 0x40, 4, &cmspi_locks_n25q },
	{ 0xbf, 0x26, 0xff, 2048, 8192, 0, 0, 0, 0, &cmspi_locks_sst26 },
	{ 0xc2, 0x00, 0x00, 512, 262144, 0x36, 0, 0, 0, &cmspi_locks_mxic_single },
	{ 0xc2, 0x00, 0x00, 512, 262144, 0xe1, 0, 0, 0, &cmspi_locks_mxic_dynamic },
	{ 0xc2, 0x20, 0xfa, 4096, 262144, 0, 0, 0, 0, &cmspi_locks_blind },	// MX25L 20, MX25U 25
	{ 0xc2, 0x28, 0xff, 4096, 8192, 0, 0, 0, 0, &cmspi_locks_blind },	// MX25R
	{ 0xef, 0x40, 0xcf, 2048, 262144, 0, 0, 0, 0, &cmspi_locks_w25q },	// W25Q 40 to 70
	{ 0xef, 0x80, 0xff, 512, 262144, 0, 0, 0, 0, &cmspi_locks_w25q },	// W25Q-NW
};

static bool cmspi_locks_fit(const struct cmspi_locks_row *row, const struct cmspi_chip *chip)
{
	const uint32_t size_kib = cmspi_chip_whole_bytes(chip) / 1024;

	return chip->id[0] == row->manufacturer && (chip->id[1] & row->type_mask) == row->type &&
		size_kib >= row->min_kib && size_kib <= row->max_kib &&
		(!row->sfdp_opcode || chip->lock_opcode == row->sfdp_opcode) &&
		(chip->id[row->extra_index] & row->extra_mask) == row->extra;
}

const struct cmspi_locks *cmspi_locks_of(const struct cmspi_chip *chip)
{
	const size_t count = sizeof(cmspi_locks_rows) / sizeof(*cmspi_locks_rows);

	for (size_t i = 0; i < count; i++)
		if (cmspi_locks_fit(&cmspi_locks_rows[i], chip))
			return cmspi_locks_rows[i].locks;
	return NULL;
}

/* ---- blocks -------------------------------------------------------------- */

/** Is each sector of the map a block? */
static bool cmspi_locks_by_map(const struct cmspi_locks *locks)
{
	return !locks->groups[0].kib;
}

/** Blocks of a group, those that fill the rest of the chip as well. */
static unsigned int cmspi_locks_in_group(const struct cmspi_locks *locks, unsigned int group,
	uint32_t size_bytes)
{
	uint32_t left_bytes = size_bytes;

	if (locks->groups[group].count)
		return locks->groups[group].count;
	for (unsigned int i = 0; i < CMSPI_LOCKS_GROUPS; i++)
		left_bytes -= locks->groups[i].count * KIB(locks->groups[i].kib);
	return left_bytes / KIB(locks->groups[group].kib);
}

unsigned int cmspi_locks_count(const struct cmspi_locks *locks, const struct cmspi_chip *chip)
{
	const uint32_t size_bytes = cmspi_chip_whole_bytes(chip);
	struct cmspi_map map;
	unsigned int count = 0;

	if (cmspi_locks_by_map(locks)) {
		cmspi_map_make(chip, &map);
		return map.num_sectors;
	}
	for (unsigned int i = 0; i < CMSPI_LOCKS_GROUPS && locks->groups[i].kib; i++)
		count += cmspi_locks_in_group(locks, i, size_bytes);
	return count;
}

/** The same, of one that has a map. */
static uint32_t cmspi_locks_map_start(const struct cmspi_chip *chip, unsigned int block)
{
	struct cmspi_map map;

	cmspi_map_make(chip, &map);
	return block < map.num_sectors ? cmspi_map_sector(&map, block).addr : chip->size_bytes;
}

uint32_t cmspi_locks_start(const struct cmspi_locks *locks, const struct cmspi_chip *chip,
	unsigned int block)
{
	const uint32_t size_bytes = cmspi_chip_whole_bytes(chip);
	uint32_t start = 0;

	if (cmspi_locks_by_map(locks))
		return cmspi_locks_map_start(chip, block);
	for (unsigned int i = 0; i < CMSPI_LOCKS_GROUPS && locks->groups[i].kib && block; i++) {
		const unsigned int count = cmspi_locks_in_group(locks, i, size_bytes);
		const unsigned int taken = block < count ? block : count;

		start += taken * KIB(locks->groups[i].kib);
		block -= taken;
	}
	return start;
}

unsigned int cmspi_locks_register_bytes(const struct cmspi_chip *chip)
{
	return cmspi_locks_count(&cmspi_locks_sst26, chip) / 8 + 1;
}

/*
 * Bits of the register, the lowest first: blocks of 64 KiB by address, the lower and
 * the upper 32 KiB, then the blocks of 8 KiB with two bits each, of which the even one
 * locks writes. The highest comes first on the wire.
 */
unsigned int cmspi_locks_register_bit(const struct cmspi_chip *chip, unsigned int block)
{
	const unsigned int count = cmspi_locks_count(&cmspi_locks_sst26, chip);
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
	return 8 * (cmspi_locks_register_bytes(chip) - 1 - bit / 8) + bit % 8;
}

bool cmspi_locks_readable(const struct cmspi_locks *locks)
{
	return locks->read_opcode || locks->read_register_opcode;
}

bool cmspi_locks_is_locked(const struct cmspi_locks *locks, const struct cmspi_lock_state *state)
{
	return (state->lock & locks->locked_mask) == locks->locked;
}

bool cmspi_locks_is_lasting(const struct cmspi_locks *locks, const struct cmspi_lock_state *state)
{
	return locks->read_lasting_opcode && (state->lasting & 1) == locks->lasting;
}

/* ---- steps --------------------------------------------------------------- */

/** Give a command the address of a block. */
static struct cmspi_step cmspi_locks_at(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, struct cmspi_step step)
{
	step.op.addr_bytes = locks->addr_bytes ? locks->addr_bytes : cmspi_chip_addr_bytes(chip);
	step.addr = addr;
	return step;
}

unsigned int cmspi_locks_steps_read(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, struct cmspi_lock_state *state,
	struct cmspi_step *steps)
{
	steps[0] = cmspi_locks_at(locks, chip, addr,
		cmspi_chip_step_read_register(locks->read_opcode, &state->lock));
	if (!locks->read_lasting_opcode)
		return 1;
	steps[1] = cmspi_locks_at(locks, chip, addr,
		cmspi_chip_step_read_register(locks->read_lasting_opcode, &state->lasting));
	return 2;
}

struct cmspi_step cmspi_locks_step_read_register(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint8_t *value)
{
	struct cmspi_step step = cmspi_chip_step_read_register(locks->read_register_opcode,
		value);

	step.rx_bytes = cmspi_locks_register_bytes(chip);
	return step;
}

struct cmspi_step cmspi_locks_step_change(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, uint32_t addr, bool lock)
{
	const bool sends = locks->lock_value || locks->unlock_value;

	return cmspi_locks_at(locks, chip, addr, cmspi_chip_step_write_register(chip,
		lock ? locks->lock_opcode : locks->unlock_opcode,
		lock ? &locks->lock_value : &locks->unlock_value, sends));
}

struct cmspi_step cmspi_locks_step_write_register(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip, const uint8_t *value)
{
	return cmspi_chip_step_write_register(chip, locks->write_register_opcode, value,
		cmspi_locks_register_bytes(chip));
}

struct cmspi_step cmspi_locks_step_unlock_all(const struct cmspi_locks *locks,
	const struct cmspi_chip *chip)
{
	const bool by_status = locks->unlock_all_opcode == CMSPI_OPCODE_WRITE_STATUS;

	return cmspi_chip_step_write_register(chip, locks->unlock_all_opcode,
		by_status ? &locks->unlock_all : NULL, by_status);
}
