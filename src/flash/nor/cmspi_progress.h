/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * How far a list of steps has come, and the words for it. Pure: no clock, no
 * I/O, no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PROGRESS_H
#define OPENOCD_FLASH_NOR_CMSPI_PROGRESS_H

#include "cmspi_op.h"

/** The operation under way, and where its executor last said it was. */
struct cmspi_progress {
	/** name of the bank */
	const char *bank;
	/** the operation in the user's words */
	const char *what;
	const struct cmspi_step *steps;
	unsigned int count;
	/** what the whole usually takes in ms, 0: not known; for operations that
	 * cannot be looked into */
	uint32_t usual_ms;
	/** bytes that operations of the same kind read right before this one: the
	 * caller reads in parts, and nobody knows how many will come */
	uint64_t before_bytes;
	/** any clock that counts milliseconds; with before_bytes: of the first part */
	int64_t started_ms;
	/** last time that something was shown, and how many bytes were done then */
	int64_t shown_ms;
	uint64_t shown_bytes;
	/** a moving line is on the terminal */
	bool on_terminal;

	/** steps and bytes of the next one that were handed over, and bytes of
	 * that (with CMSPI_PROGRESS_HEADER for each step) not taken yet; an end
	 * mark counts as a further step */
	unsigned int fed_step;
	uint32_t fed_bytes;
	uint32_t waiting_bytes;
	/** steps whose answers are there, and bytes of the next one that are */
	unsigned int got_step;
	uint32_t got_bytes;
};

/** What a step weighs in waiting_bytes beside the data it sends. */
#define CMSPI_PROGRESS_HEADER	52

/** Bytes of the chip that were asked for, all steps together. */
uint64_t cmspi_progress_total(const struct cmspi_progress *progress);

/** Bytes of the chip that are done: erased, programmed, or read. */
uint64_t cmspi_progress_done(const struct cmspi_progress *progress);

/**
 * One line without end, e.g. "ext: erase, 3.2 of 8.0 MiB (40 %), 95.0 KiB/s,
 * 51 s left".
 * @param text receives it, cut off at @a text_bytes
 */
void cmspi_progress_line(const struct cmspi_progress *progress, int64_t now_ms, char *text,
	size_t text_bytes);

/** Counters of a bank, in bytes of the chip where nothing else is said. */
struct cmspi_counts {
	uint64_t erased;
	/** sectors that were found blank and not erased */
	uint64_t blank;
	/** sectors that held already what erase and write would leave there */
	uint64_t unchanged;
	uint64_t programmed;
	/** pages of FFh that were not programmed */
	uint64_t empty;
	/** bytes sent to the target over the debug link, code and tables among them */
	uint64_t sent;
	/** times that an executor was started */
	uint64_t runs;
	uint64_t erase_ms;
	uint64_t program_ms;
};

/** after - before, counter by counter. */
struct cmspi_counts cmspi_counts_since(const struct cmspi_counts *before,
	const struct cmspi_counts *after);

/** What was done in one sentence, without end; "" when nothing was. */
void cmspi_counts_sentence(const struct cmspi_counts *counts, char *text, size_t text_bytes);

/** Tenths of KiB/s; 0 when no time has passed. */
uint64_t cmspi_rate_tenths(uint64_t bytes, uint64_t ms);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PROGRESS_H */
