// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Shows progress: a line that moves where stderr is a terminal, else a plain line
 * now and then. All of OpenOCD's sinks (terminal, log file, telnet, GDB's monitor)
 * get the same text, so that the terminal decides for them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <unistd.h>

#include "imp.h"
#include "cmspi_report.h"
#include <helper/time_support.h>

/* A moving line changes as fast as one can read it. */
#define MOVING_INTERVAL_MS	250
#define PLAIN_INTERVAL_MS	5000
/* Columns that a moving line is padded to, so that it covers the one before. */
#define MOVING_COLUMNS		76
#define LINE_BYTES		160
/* Least time between lines that are asked for without a pause, unless some
 * bytes were done. */
#define NO_NEWS_MS		1000
/* Reads with a longer pause between them have nothing to do with each other. */
#define SERIES_PAUSE_MS		1000

static struct {
	bool off;
	int64_t interval_ms;
} settings = { .interval_ms = PLAIN_INTERVAL_MS };

/* Many short reads would make a moving line flicker. */
static bool is_moving(const struct cmspi_progress *progress)
{
	return isatty(STDERR_FILENO) && !progress->before_bytes;
}

static bool is_due(const struct cmspi_progress *progress, int64_t now_ms)
{
	const int64_t passed_ms = now_ms - progress->shown_ms;

	if (passed_ms < (is_moving(progress) ? MIN(MOVING_INTERVAL_MS, settings.interval_ms)
			: settings.interval_ms))
		return false;
	return passed_ms >= NO_NEWS_MS || cmspi_progress_done(progress) != progress->shown_bytes;
}

static void show(struct cmspi_progress *progress)
{
	const int64_t now_ms = timeval_ms();
	char line[LINE_BYTES];

	if (settings.off || !is_due(progress, now_ms) || !cmspi_progress_total(progress))
		return;
	cmspi_progress_line(progress, now_ms, line, sizeof(line));
	progress->on_terminal = is_moving(progress);
	if (progress->on_terminal)
		LOG_USER_N("\r%-*.*s", MOVING_COLUMNS, MOVING_COLUMNS, line);
	else
		LOG_USER("%s", line);
	progress->shown_ms = now_ms;
	progress->shown_bytes = cmspi_progress_done(progress);
}

void cmspi_report_fed(struct cmspi_progress *progress, unsigned int step, uint32_t bytes,
	uint32_t waiting_bytes)
{
	if (!progress)
		return;
	progress->fed_step = step;
	progress->fed_bytes = bytes;
	progress->waiting_bytes = waiting_bytes;
	show(progress);
}

void cmspi_report_got(struct cmspi_progress *progress, unsigned int step, uint32_t bytes)
{
	if (!progress)
		return;
	progress->got_step = step;
	progress->got_bytes = bytes;
	if (step < progress->count && progress->steps[step].kind != CMSPI_STEP_READ)
		progress->got_bytes = bytes / 4 * progress->steps[step].grain_bytes;
}

void cmspi_report_at(struct cmspi_progress *progress, unsigned int step, uint32_t bytes)
{
	if (!progress)
		return;
	const enum cmspi_step_kind kind = progress->steps[step].kind;

	// as if streamed: a step that only sends its command is under way once taken
	progress->fed_step = step + (kind == CMSPI_STEP_XFER);
	progress->fed_bytes = kind == CMSPI_STEP_PROGRAM ? bytes : 0;
	progress->got_step = step;
	progress->got_bytes = kind == CMSPI_STEP_PROGRAM || kind == CMSPI_STEP_XFER ? 0 : bytes;
	show(progress);
}

void cmspi_report_begin(struct cmspi_progress *progress, const struct cmspi_series *series)
{
	const int64_t now_ms = timeval_ms();
	const struct cmspi_step *step = &progress->steps[0];

	progress->started_ms = now_ms;
	progress->shown_ms = now_ms;
	if (!series->bytes || step->kind != CMSPI_STEP_READ || step->addr != series->next_addr ||
			now_ms - series->ended_ms > SERIES_PAUSE_MS)
		return;
	progress->before_bytes = series->bytes;
	progress->started_ms = series->started_ms;
	progress->shown_ms = series->shown_ms;
}

void cmspi_report_end(struct cmspi_progress *progress, struct cmspi_series *series)
{
	const struct cmspi_step *step = &progress->steps[0];

	if (progress->on_terminal)
		LOG_USER_N("\r%*s\r", MOVING_COLUMNS, "");
	*series = (struct cmspi_series){ 0 };
	if (step->kind == CMSPI_STEP_READ)
		*series = (struct cmspi_series){
			.next_addr = step->addr + step->count,
			.bytes = progress->before_bytes + step->count,
			.started_ms = progress->started_ms,
			.shown_ms = progress->shown_ms,
			.ended_ms = timeval_ms(),
		};
}

void cmspi_report_counts(const char *bank, const struct cmspi_counts *before,
	const struct cmspi_counts *after)
{
	const struct cmspi_counts counts = cmspi_counts_since(before, after);
	char sentence[2 * LINE_BYTES];

	cmspi_counts_sentence(&counts, sentence, sizeof(sentence));
	if (!settings.off && sentence[0])
		LOG_INFO("%s: %s", bank, sentence);
}

void cmspi_report_set(bool on, int64_t interval_ms)
{
	settings.off = !on;
	if (interval_ms >= 0)
		settings.interval_ms = interval_ms;
}

bool cmspi_report_is_on(void)
{
	return !settings.off;
}
