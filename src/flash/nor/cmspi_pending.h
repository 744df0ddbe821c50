/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Erases that were asked for and not done yet, because what is written next may
 * show that they are not needed. Pure: no OpenOCD header; what touches the chip is
 * called through struct cmspi_pending_io.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PENDING_H
#define OPENOCD_FLASH_NOR_CMSPI_PENDING_H

#include "cmspi_plan.h"

/** What is done to the chip. Each returns 0, or an error that is handed on. */
struct cmspi_pending_io {
	/** first argument of all of them */
	void *user;
	/** cmspi_pending_crc() of every grain of the spans, in their order */
	int (*sums)(void *user, const struct cmspi_span *spans, unsigned int count,
		uint32_t *sums);
	/** read bytes as they are */
	int (*read)(void *user, uint8_t *buffer, uint32_t addr, uint32_t count);
	/** erase just what the rows say */
	int (*erase)(void *user, const struct cmspi_erase_job *job);
	/** erase a span of whole sectors */
	int (*clear)(void *user, const struct cmspi_span *span);
	/** program spans of @a buffer; row.offset counts from its start */
	int (*program)(void *user, const uint8_t *buffer,
		const struct cmspi_program_row *rows, unsigned int count);
};

/** Sectors by what became of them. */
struct cmspi_pending_counts {
	/** neither erased nor programmed: they held what was wanted */
	uint32_t unchanged;
	/** the same in bytes, and those of sectors that were to be erased */
	uint64_t unchanged_bytes;
	uint64_t asked_bytes;
	/** erased because they were neither blank nor right */
	uint32_t erased;
	/** to be erased, but blank */
	uint32_t blank;
	/** at least one byte was programmed */
	uint32_t programmed;
	/** of these: not erased although not blank, as bits had to be cleared only */
	uint32_t overwritten;
};

struct cmspi_pending {
	struct cmspi_pending_io io;
	/** erase types, page size; not owned, must stay */
	const struct cmspi_chip *chip;
	/** the chip's sectors */
	struct cmspi_map map;
	/** sectors that are pending */
	unsigned int count;
	/** where bits need only be cleared, program without erase; the caller's to set */
	bool overwrite;
	/** since cmspi_pending_init(), or whenever the caller cleared it */
	struct cmspi_pending_counts counts;

	/** for each sector, enum cmspi_pending_state in cmspi_pending.c */
	uint8_t *states;
	/** work space: a word, span or row for each sector, and the largest sector */
	uint32_t *sums;
	struct cmspi_span *spans;
	uint8_t *blank;
	bool *chosen;
	struct cmspi_erase_row *erase_rows;
	struct cmspi_program_row *program_rows;
	struct cmspi_span *differing;
	uint8_t *sector;
	/** of a blank sector, and of the head of one, for each row of the map */
	uint32_t blank_sums[CMSPI_REGIONS];
	uint32_t blank_head_sums[CMSPI_REGIONS];
	uint32_t crc_table[256];
};

/**
 * Begin with nothing pending.
 * @param chip each of its sectors can be erased, cmspi_map_erasable()
 * @returns false: out of memory, and nothing is held
 */
bool cmspi_pending_init(struct cmspi_pending *pending, const struct cmspi_chip *chip,
	const struct cmspi_pending_io *io);

/** Give back what cmspi_pending_init() allocated. */
void cmspi_pending_free(struct cmspi_pending *pending);

/** CRC-32 as of OpenOCD's image_calculate_checksum() and GDB's qCRC: 04C11DB7h,
 * most significant bit first, begins with FFFFFFFFh. */
uint32_t cmspi_pending_crc(const struct cmspi_pending *pending, const uint8_t *data,
	uint32_t count);

/** The same of so many blank bytes: a sector's, or its head's. */
uint32_t cmspi_pending_blank_sum(const struct cmspi_pending *pending, uint32_t count);

/** Bytes of the sectors that are pending. */
uint32_t cmspi_pending_bytes(const struct cmspi_pending *pending);

/** Note an erase of whole sectors, first to last. */
void cmspi_pending_add(struct cmspi_pending *pending, unsigned int first, unsigned int last);

/** Do all that is pending. What fails stays pending.
 * @returns 0 or the error of io.clear */
int cmspi_pending_settle(struct cmspi_pending *pending);

/**
 * Write, after the pending erases of all sectors that the write touches: a sector
 * that already holds what erase and write would leave there is left alone. Where
 * an erase fails, these sectors stay pending. With pending->overwrite a sector in
 * which bits need only be cleared is programmed as it is and summed up afterwards;
 * if that did not do it, it is erased after all.
 * @returns 0 or the error of one of io's functions
 */
int cmspi_pending_write(struct cmspi_pending *pending, const uint8_t *buffer, uint32_t addr,
	uint32_t count);

/** Give up all that is pending, without doing it. */
void cmspi_pending_drop(struct cmspi_pending *pending);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PENDING_H */
