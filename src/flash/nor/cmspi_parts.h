/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What an ID alone tells: families of parts whose SFDP is missing, silent or wrong.
 * Pure: bytes in, facts out.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PARTS_H
#define OPENOCD_FLASH_NOR_CMSPI_PARTS_H

#include "cmspi_sfdp_map.h"

enum cmspi_family_flags {
	/** erases 4 KiB by 20h, 32 KiB by 52h, 64 KiB and 256 KiB by D8h */
	CMSPI_FAMILY_4K = 1 << 0,
	CMSPI_FAMILY_32K = 1 << 1,
	CMSPI_FAMILY_64K = 1 << 2,
	CMSPI_FAMILY_256K = 1 << 3,
	/** D8h erases 32 KiB */
	CMSPI_FAMILY_D8_32K = 1 << 4,
	/** above 16 MiB: 13h, 0Ch, 12h, 21h and DCh take four address bytes */
	CMSPI_FAMILY_OPCODES4 = 1 << 5,
	/** above 16 MiB: B7h, B7h after write enable, register C5h, register 17h */
	CMSPI_FAMILY_B7 = 1 << 6,
	CMSPI_FAMILY_WREN_B7 = 1 << 7,
	CMSPI_FAMILY_EXTENDED = 1 << 8,
	CMSPI_FAMILY_BANK = 1 << 9,
	/** flag status register 70h, cleared by 50h; waited for above 32 MiB */
	CMSPI_FAMILY_FLAG_STATUS = 1 << 10,
	/** no chip erase */
	CMSPI_FAMILY_NO_CHIP_ERASE = 1 << 11,
	/** 02h takes a single byte, ADh word after word */
	CMSPI_FAMILY_AAI = 1 << 12,
	/** pages of 512 bytes */
	CMSPI_FAMILY_PAGE_512 = 1 << 13,
	/** 4 KiB by 20h only in the parameter sectors at one end */
	CMSPI_FAMILY_PARAMETER = 1 << 14,
	/** quad page program 32h with data on four lines (34h with four address bytes, if
	 * OPCODES4); 38h, or 32h, with the address, too */
	CMSPI_FAMILY_QUAD_32 = 1 << 15,
	CMSPI_FAMILY_QUAD_38 = 1 << 16,
	CMSPI_FAMILY_QUAD_32_ADDRESS = 1 << 17,
	/** commands on two and on four lines by Micron's enhanced volatile configuration
	 * register */
	CMSPI_FAMILY_EVCR = 1 << 18,
};

/** One row: all parts of these IDs have this in common. */
struct cmspi_family {
	/** first two ID bytes, the second under a mask */
	uint8_t manufacturer;
	uint8_t type;
	uint8_t type_mask;
	/** third ID byte from and to */
	uint8_t min_density;
	uint8_t max_density;
	/** the fourth and fifth ID byte, CMSPI_FAMILY_ANY: do not matter */
	uint32_t extension;
	/** 0: by the third ID byte; else by @a size_kib */
	uint32_t size_kib;
	/** enum cmspi_family_flags */
	uint32_t flags;
	const char *name;
};

#define CMSPI_FAMILY_ANY	0x10000

/** How parts of a maker show and end a suspension. */
struct cmspi_suspend {
	/** ID as in struct cmspi_family, but for any size */
	uint8_t manufacturer;
	uint8_t type;
	uint8_t type_mask;
	/** reads the register, and its bits of which one is set then */
	uint8_t read_opcode;
	uint8_t mask;
	uint8_t erase_resume_opcode;
	uint8_t program_resume_opcode;
};

/** How to find out whether a chip is suspended, NULL: nobody knows, or SFDP tells what
 * resumes it. */
const struct cmspi_suspend *cmspi_suspend_of(const struct cmspi_chip *chip);

/** The row that fits an ID of CMSPI_ID_BYTES, NULL: none does. */
const struct cmspi_family *cmspi_family_of(const uint8_t *id);

/** Does a third ID byte stand for a size, 64 KiB to 256 MiB, with most makers? */
bool cmspi_usual_tells(uint8_t density);

/** Size in bytes that most makers' third ID byte stands for. */
uint32_t cmspi_usual_size(uint8_t density);

/** Take the SCK limit of a part that powers up slow. */
void cmspi_caps_take(struct cmspi_chip *chip);

/** Size in bytes that the ID stands for. */
uint32_t cmspi_family_size(const struct cmspi_family *family, const uint8_t *id);

/** Fill in a chip that has no SFDP. */
void cmspi_family_take(const struct cmspi_family *family, struct cmspi_chip *chip);

/** Take the dice of a stacked part; the size of all, where SFDP tells that of one. */
void cmspi_stack_take(struct cmspi_chip *chip);

/** Fill in what the SFDP of a chip does not tell, or gets wrong. */
void cmspi_family_complete(const struct cmspi_family *family, struct cmspi_chip *chip);

/**
 * What is to be read before the erase types can be used, see cmspi_sfdp_map.h.
 * @param chip as cmspi_family_take() left it, or with SFDP
 * @param queries CMSPI_MAP_QUERIES of them
 * @returns their number, 0: all is known
 */
unsigned int cmspi_family_queries(const struct cmspi_family *family,
	const struct cmspi_chip *chip, struct cmspi_map_query *queries);

/** Place the parameter sectors, by the answers to the queries. */
void cmspi_family_take_config(int config, struct cmspi_chip *chip);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PARTS_H */
