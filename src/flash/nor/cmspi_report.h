/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Tells the user how far an operation is, while it runs and at its end.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_REPORT_H
#define OPENOCD_FLASH_NOR_CMSPI_REPORT_H

#include "cmspi_progress.h"

/* ---- for the executors; progress may be NULL ---------------------------- */

/** Steps are handed over in a stream, see struct cmspi_progress. */
void cmspi_report_fed(struct cmspi_progress *progress, unsigned int step, uint32_t bytes,
	uint32_t waiting_bytes);

/** Answers have come; @a bytes as the stub counts them: 4 for each result word. */
void cmspi_report_got(struct cmspi_progress *progress, unsigned int step, uint32_t bytes);

/** Steps are done one after the other: this one is under way, and so many bytes
 * of the chip are done in it. */
void cmspi_report_at(struct cmspi_progress *progress, unsigned int step, uint32_t bytes);

/* ---- for those who start them ------------------------------------------- */

/** Reads that follow each other, as dump_image and GDB make them: one operation
 * for the user. All 0 at first. */
struct cmspi_series {
	uint32_t next_addr;
	uint64_t bytes;
	int64_t started_ms;
	int64_t shown_ms;
	int64_t ended_ms;
};

/** @param series of the bank; goes on if this is the next part of it */
void cmspi_report_begin(struct cmspi_progress *progress, const struct cmspi_series *series);

/** Take a moving line off the terminal. */
void cmspi_report_end(struct cmspi_progress *progress, struct cmspi_series *series);

/** Say what was done between two states of a bank's counters. */
void cmspi_report_counts(const char *bank, const struct cmspi_counts *before,
	const struct cmspi_counts *after);

/** Show progress or not.
 * @param interval_ms time between two plain lines, negative: as it was */
void cmspi_report_set(bool on, int64_t interval_ms);

/** Is progress shown? */
bool cmspi_report_is_on(void);

#endif /* OPENOCD_FLASH_NOR_CMSPI_REPORT_H */
