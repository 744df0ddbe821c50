// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * How far a list of steps has come, and the words for it.
 */

#include "cmspi_progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define KIB	UINT64_C(1024)
#define MIB	(1024 * KIB)

/* ---- where it is -------------------------------------------------------- */

static bool answers(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_READ || step->kind == CMSPI_STEP_CRC ||
		step->kind == CMSPI_STEP_BLANK;
}

static uint64_t sum_before(const struct cmspi_progress *progress, unsigned int end,
	bool answering)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < end && i < progress->count; i++) {
		if (answers(&progress->steps[i]) == answering)
			bytes += progress->steps[i].count;
	}
	return bytes;
}

/* Where something is changed, what is read beside it does not count. */
static bool only_reads(const struct cmspi_progress *progress)
{
	return !sum_before(progress, progress->count, false);
}

static bool is_kind(const struct cmspi_progress *progress, unsigned int step,
	enum cmspi_step_kind kind)
{
	return step < progress->count && progress->steps[step].kind == kind;
}

/* What was handed over and taken; less than a header is the gap at a ring's end.
 * Of steps that send nothing, the last one that was taken is under way. */
static uint64_t done_by_feeding(const struct cmspi_progress *progress)
{
	unsigned int step = progress->fed_step;
	uint32_t bytes = progress->fed_bytes;
	uint32_t waiting = progress->waiting_bytes;

	while (step && waiting >= bytes + CMSPI_PROGRESS_HEADER) {
		waiting -= bytes + CMSPI_PROGRESS_HEADER;
		step--;
		bytes = is_kind(progress, step, CMSPI_STEP_PROGRAM) ? progress->steps[step].count : 0;
	}
	bytes = bytes > waiting ? bytes - waiting : 0;
	if (step && !bytes && is_kind(progress, step - 1, CMSPI_STEP_XFER))
		step--;
	return sum_before(progress, step, false) + bytes;
}

uint64_t cmspi_progress_total(const struct cmspi_progress *progress)
{
	return sum_before(progress, progress->count, only_reads(progress));
}

uint64_t cmspi_progress_done(const struct cmspi_progress *progress)
{
	const uint64_t total = cmspi_progress_total(progress);
	const uint64_t done = only_reads(progress) ?
		sum_before(progress, progress->got_step, true) + progress->got_bytes :
		done_by_feeding(progress);

	return done < total ? done : total;
}

/* ---- words -------------------------------------------------------------- */

/* snprintf() at the end of a text. */
static __attribute__((format(printf, 3, 4))) void add(char *text, size_t text_bytes,
	const char *format, ...)
{
	const size_t used = strlen(text);
	va_list args;

	va_start(args, format);
	vsnprintf(text + used, text_bytes - used, format, args);
	va_end(args);
}

static void add_size(char *text, size_t text_bytes, uint64_t bytes)
{
	const uint64_t unit = bytes >= MIB ? MIB : KIB;

	if (bytes < KIB)
		add(text, text_bytes, "%" PRIu64 " bytes", bytes);
	else
		add(text, text_bytes, "%" PRIu64 ".%" PRIu64 " %s", bytes / unit,
			bytes % unit * 10 / unit, unit == MIB ? "MiB" : "KiB");
}

static void add_time(char *text, size_t text_bytes, uint64_t ms)
{
	const uint64_t seconds = (ms + 500) / 1000;

	if (seconds < 60)
		add(text, text_bytes, "%" PRIu64 " s", seconds);
	else
		add(text, text_bytes, "%" PRIu64 " min %02" PRIu64 " s", seconds / 60, seconds % 60);
}

uint64_t cmspi_rate_tenths(uint64_t bytes, uint64_t ms)
{
	return ms ? bytes * 10 * 1000 / ms / KIB : 0;
}

static void add_rate(char *text, size_t text_bytes, uint64_t bytes, uint64_t ms)
{
	const uint64_t tenths = cmspi_rate_tenths(bytes, ms);

	if (tenths)
		add(text, text_bytes, ", %" PRIu64 ".%" PRIu64 " KiB/s", tenths / 10, tenths % 10);
}

void cmspi_progress_line(const struct cmspi_progress *progress, int64_t now_ms, char *text,
	size_t text_bytes)
{
	const uint64_t total = cmspi_progress_total(progress);
	const uint64_t done = cmspi_progress_done(progress);
	const uint64_t ms = now_ms > progress->started_ms ? now_ms - progress->started_ms : 0;

	snprintf(text, text_bytes, "%s: %s, ", progress->bank, progress->what);
	if (progress->usual_ms) {
		add_time(text, text_bytes, ms);
		add(text, text_bytes, " of usually ");
		add_time(text, text_bytes, progress->usual_ms);
		return;
	}
	if (progress->before_bytes) {
		add_size(text, text_bytes, progress->before_bytes + done);
		add(text, text_bytes, " so far");
		add_rate(text, text_bytes, progress->before_bytes + done, ms);
		return;
	}
	add_size(text, text_bytes, done);
	add(text, text_bytes, " of ");
	add_size(text, text_bytes, total);
	add(text, text_bytes, " (%" PRIu64 " %%)", total ? done * 100 / total : 0);
	if (!done || !ms)
		return;
	add_rate(text, text_bytes, done, ms);
	add(text, text_bytes, ", ");
	add_time(text, text_bytes, ms * (total - done) / done);
	add(text, text_bytes, " left");
}

struct cmspi_counts cmspi_counts_since(const struct cmspi_counts *before,
	const struct cmspi_counts *after)
{
	return (struct cmspi_counts){
		.erased = after->erased - before->erased,
		.blank = after->blank - before->blank,
		.unchanged = after->unchanged - before->unchanged,
		.programmed = after->programmed - before->programmed,
		.empty = after->empty - before->empty,
		.sent = after->sent - before->sent,
		.runs = after->runs - before->runs,
		.erase_ms = after->erase_ms - before->erase_ms,
		.program_ms = after->program_ms - before->program_ms,
	};
}

/* "erased 4.0 KiB, skipped 60.0 KiB blank, 1.2 s, 3.3 KiB/s" */
static void add_deed(char *text, size_t text_bytes, const char *verb, uint64_t bytes,
	const char *skipped, uint64_t skipped_bytes, uint64_t ms)
{
	add(text, text_bytes, "%s%s ", text[0] ? "; " : "", verb);
	add_size(text, text_bytes, bytes);
	if (skipped_bytes) {
		add(text, text_bytes, ", skipped ");
		add_size(text, text_bytes, skipped_bytes);
		add(text, text_bytes, " %s", skipped);
	}
	add(text, text_bytes, ", %" PRIu64 ".%" PRIu64 " s", ms / 1000, ms % 1000 / 100);
	add_rate(text, text_bytes, bytes, ms);
}

void cmspi_counts_sentence(const struct cmspi_counts *counts, char *text, size_t text_bytes)
{
	text[0] = '\0';
	if (counts->unchanged) {
		add(text, text_bytes, "unchanged ");
		add_size(text, text_bytes, counts->unchanged);
	}
	if (counts->erased || counts->blank)
		add_deed(text, text_bytes, "erased", counts->erased, "that was blank",
			counts->blank, counts->erase_ms);
	if (counts->programmed || counts->empty)
		add_deed(text, text_bytes, "programmed", counts->programmed, "of FFh",
			counts->empty, counts->program_ms);
	if (!text[0])
		return;
	add(text, text_bytes, ", ");
	add_size(text, text_bytes, counts->sent);
	add(text, text_bytes, " sent");
}
