/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What is known of a memory chip, where each fact came from, and the steps
 * that make it do things. Pure: no I/O, no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_CHIP_H
#define OPENOCD_FLASH_NOR_CMSPI_CHIP_H

#include "cmspi_op.h"

#define CMSPI_ERASE_TYPES	4
#define CMSPI_READS		8
#define CMSPI_ID_BYTES		6

/** Where a fact came from, in rising order of trust. */
enum cmspi_source {
	CMSPI_FROM_DEFAULT,
	CMSPI_FROM_TABLE,
	CMSPI_FROM_SFDP,
	CMSPI_FROM_FIXUP,
	CMSPI_FROM_USER,
};

/** One (opcode, size) pair of the part, SFDP's erase type. */
struct cmspi_erase_type {
	/** 0: not there */
	uint32_t size_bytes;
	uint8_t opcode;
	/** opcode that takes four address bytes, 0: none */
	uint8_t opcode_4byte;
	/** 0: not known */
	uint32_t typ_ms;
	uint32_t max_ms;
};

/** How the quad-enable bit is set, JESD216 BFPT DWORD 15 bits 22:20. */
enum cmspi_qer {
	CMSPI_QER_NONE = 0,
	CMSPI_QER_SR2_BIT1_WRITE2 = 1,
	CMSPI_QER_SR1_BIT6 = 2,
	CMSPI_QER_SR2_BIT7_3E = 3,
	CMSPI_QER_SR2_BIT1_WRITE1_KEEPS = 4,
	CMSPI_QER_SR2_BIT1_35_01 = 5,
	CMSPI_QER_SR2_BIT1_31 = 6,
	CMSPI_QER_UNKNOWN = 7,
};

struct cmspi_chip {
	/** part name or "SFDP, id 0xef4017"; never empty once probed */
	char name[40];
	/** bytes answered to 9Fh, manufacturer first */
	uint8_t id[CMSPI_ID_BYTES];
	/** JESD216 minor revision, negative: the part has no SFDP */
	int sfdp_minor;

	uint32_t size_bytes;
	enum cmspi_source size_from;
	/** program unit, programming wraps inside it */
	uint32_t page_bytes;
	enum cmspi_source page_from;
	/** address bytes the part takes after power-up: 3 or 4 */
	uint8_t addr_bytes;
	/** BFPT DWORD 1: takes 3, 3 or 4, only 4 */
	bool addr_3_ok;
	bool addr_4_ok;

	/** sorted by size, smallest first; unused rows have size 0 */
	struct cmspi_erase_type erase[CMSPI_ERASE_TYPES];
	enum cmspi_source erase_from;
	uint8_t chip_erase_opcode;
	uint32_t chip_erase_typ_ms;
	uint32_t chip_erase_max_ms;

	/** every way to read it, plain 03h first; opcode 0 ends the list */
	struct cmspi_op reads[CMSPI_READS];
	/** page program, 1-1-1 */
	struct cmspi_op program;
	/** quad page program (1-1-4 or 1-4-4), opcode 0: none */
	struct cmspi_op program_quad;
	uint32_t page_typ_us;
	uint32_t page_max_us;
	enum cmspi_source times_from;

	uint8_t wren_opcode;
	struct cmspi_poll poll;
	/** status register write (01h), milliseconds */
	uint32_t sr_write_max_ms;

	enum cmspi_qer qer;
	/** BFPT DWORD 16 bits 31:24 (enter 4-byte) and 23:14 (exit), 0: unknown */
	uint8_t enter_4byte;
	uint16_t exit_4byte;
	/** BFPT DWORD 16 bits 13:8: soft reset methods */
	uint8_t soft_reset;
	/** deep power-down release opcode, delay; 0: unknown */
	uint8_t dpd_exit_opcode;
	uint32_t dpd_exit_delay_us;
};

/** A chip of which nothing is known yet: every limit is a safe default. */
void cmspi_chip_init(struct cmspi_chip *chip);

/** Address bytes that reach every byte of the part (3 up to 16 MiB). */
unsigned int cmspi_chip_addr_bytes(const struct cmspi_chip *chip);

/** The erase type of exactly or, if none, the largest one below
 * @a size_bytes that divides it; NULL when the part has none. */
const struct cmspi_erase_type *cmspi_chip_erase_type(const struct cmspi_chip *chip,
	uint32_t size_bytes);

/** Steps, ready for an executor; the caller adds tx/rx/count where needed. */
struct cmspi_step cmspi_chip_step_read_id(uint8_t *id, uint32_t id_bytes);
struct cmspi_step cmspi_chip_step_read_sfdp(uint32_t addr, uint8_t *data, uint32_t count);
struct cmspi_step cmspi_chip_step_read_status(const struct cmspi_chip *chip, uint8_t *status);
struct cmspi_step cmspi_chip_step_erase(const struct cmspi_chip *chip,
	const struct cmspi_erase_type *type, uint32_t addr);
struct cmspi_step cmspi_chip_step_chip_erase(const struct cmspi_chip *chip);
struct cmspi_step cmspi_chip_step_program(const struct cmspi_chip *chip, uint32_t addr,
	const uint8_t *data, uint32_t count);
/** @a kind is READ (result to rx by the caller), CRC or BLANK */
struct cmspi_step cmspi_chip_step_read(const struct cmspi_chip *chip,
	enum cmspi_step_kind kind, uint32_t addr, uint32_t count);

/** Is this what an empty socket answers (all 00 or all FF)? */
bool cmspi_chip_id_is_blank(const uint8_t *id, uint32_t id_bytes);

#endif /* OPENOCD_FLASH_NOR_CMSPI_CHIP_H */
