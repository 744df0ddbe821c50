// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Erases that wait for the data written behind them. Pure: see cmspi_pending.h.
 */

#include "cmspi_pending.h"
#include "cmspi_crc.h"

#include <stdlib.h>
#include <string.h>

// A head is so much of a sector: enough to tell, too little to matter
#define CMSPI_PENDING_HEADS	64
// Heads that are looked at before it is worth to look at all
#define CMSPI_PENDING_SAMPLES	8
// Bytes that are read in one go to see which bits differ, at least a sector
#define CMSPI_PENDING_READ_BYTES	(64 * 1024)

enum cmspi_pending_state {
	/** no erase was asked for, or it was done */
	CMSPI_PENDING_NONE,
	/** to be erased */
	CMSPI_PENDING_ERASE,
	/** to be erased, but found blank */
	CMSPI_PENDING_BLANK,
	/** holds already what the write in hand leaves there */
	CMSPI_PENDING_SAME,
	/** differs in bits that need only be cleared */
	CMSPI_PENDING_CLEAR,
	/** was like that, and holds now what the write in hand leaves there */
	CMSPI_PENDING_CLEARED,
};

/** The write in hand. */
struct cmspi_pending_job {
	const uint8_t *buffer;
	uint32_t addr;
	uint32_t count;
	/** the sectors it touches */
	unsigned int first;
	unsigned int last;
};

static void cmspi_pending_make_table(struct cmspi_pending *pending)
{
	for (unsigned int i = 0; i < 256; i++)
		pending->crc_table[i] = cmspi_crc_table_word(i);
}

uint32_t cmspi_pending_crc(const struct cmspi_pending *pending, const uint8_t *data,
	uint32_t count)
{
	uint32_t crc = CMSPI_CRC_OF_NOTHING;

	for (uint32_t i = 0; i < count; i++)
		crc = crc << 8 ^ pending->crc_table[crc >> 24 ^ data[i]];
	return crc;
}

/** Bytes at the start of a sector that show most differences. */
static uint32_t cmspi_pending_head_bytes(uint32_t sector_bytes)
{
	return sector_bytes < CMSPI_PENDING_HEADS ? 1 : sector_bytes / CMSPI_PENDING_HEADS;
}

static void cmspi_pending_sum_blank(struct cmspi_pending *pending)
{
	memset(pending->sector, 0xff, cmspi_map_max_bytes(&pending->map));
	for (unsigned int i = 0; i < pending->map.num_rows; i++) {
		const uint32_t bytes = pending->map.rows[i].sector_bytes;

		pending->blank_sums[i] = cmspi_pending_crc(pending, pending->sector, bytes);
		pending->blank_head_sums[i] = cmspi_pending_crc(pending, pending->sector,
			cmspi_pending_head_bytes(bytes));
	}
}

uint32_t cmspi_pending_blank_sum(const struct cmspi_pending *pending, uint32_t count)
{
	unsigned int row = 0;

	for (; row < pending->map.num_rows - 1; row++) {
		const uint32_t bytes = pending->map.rows[row].sector_bytes;

		if (count == bytes || count == cmspi_pending_head_bytes(bytes))
			break;
	}
	return count == pending->map.rows[row].sector_bytes ? pending->blank_sums[row] :
		pending->blank_head_sums[row];
}

bool cmspi_pending_init(struct cmspi_pending *pending, const struct cmspi_chip *chip,
	const struct cmspi_pending_io *io)
{
	struct cmspi_map map;

	cmspi_map_make(chip, &map);
	const unsigned int num = map.num_sectors;

	*pending = (struct cmspi_pending) {
		.io = *io,
		.chip = chip,
		.map = map,
		.states = calloc(num, sizeof(*pending->states)),
		.sums = calloc(num, sizeof(*pending->sums)),
		.spans = calloc(num, sizeof(*pending->spans)),
		.blank = calloc(num, sizeof(*pending->blank)),
		.chosen = calloc(num, sizeof(*pending->chosen)),
		.erase_rows = calloc(num, sizeof(*pending->erase_rows)),
		.program_rows = calloc(num, sizeof(*pending->program_rows)),
		.differing = calloc(num, sizeof(*pending->differing)),
		.sector = malloc(cmspi_map_max_bytes(&map)),
	};
	if (!pending->states || !pending->sums || !pending->spans || !pending->blank ||
			!pending->chosen || !pending->erase_rows || !pending->program_rows ||
			!pending->differing || !pending->sector) {
		cmspi_pending_free(pending);
		return false;
	}
	cmspi_pending_make_table(pending);
	cmspi_pending_sum_blank(pending);
	return true;
}

void cmspi_pending_free(struct cmspi_pending *pending)
{
	free(pending->states);
	free(pending->sums);
	free(pending->spans);
	free(pending->blank);
	free(pending->chosen);
	free(pending->erase_rows);
	free(pending->program_rows);
	free(pending->differing);
	free(pending->sector);
	*pending = (struct cmspi_pending) { 0 };
}

void cmspi_pending_add(struct cmspi_pending *pending, unsigned int first, unsigned int last)
{
	for (unsigned int i = first; i <= last; i++) {
		pending->count += pending->states[i] == CMSPI_PENDING_NONE;
		pending->states[i] = CMSPI_PENDING_ERASE;
	}
}

/** The erase of a sector was done, or is not needed. */
static void cmspi_pending_done(struct cmspi_pending *pending, unsigned int sector)
{
	pending->count -= pending->states[sector] != CMSPI_PENDING_NONE;
	pending->states[sector] = CMSPI_PENDING_NONE;
}

void cmspi_pending_drop(struct cmspi_pending *pending)
{
	for (unsigned int i = 0; i < pending->map.num_sectors; i++)
		cmspi_pending_done(pending, i);
}

uint32_t cmspi_pending_bytes(const struct cmspi_pending *pending)
{
	uint32_t bytes = 0;

	for (unsigned int i = 0; i < pending->map.num_sectors && pending->count; i++)
		if (pending->states[i] != CMSPI_PENDING_NONE)
			bytes += cmspi_map_sector(&pending->map, i).count;
	return bytes;
}

/** Past the last of the sectors from @a at on, up to @a last, that are (or are
 * not) pending. */
static unsigned int cmspi_pending_run(const struct cmspi_pending *pending, unsigned int at,
	unsigned int last, bool wanted)
{
	while (at <= last && (pending->states[at] != CMSPI_PENDING_NONE) == wanted)
		at++;
	return at;
}

int cmspi_pending_settle(struct cmspi_pending *pending)
{
	const unsigned int last = pending->map.num_sectors - 1;

	for (unsigned int at = 0; pending->count; ) {
		const unsigned int from = cmspi_pending_run(pending, at, last, false);
		const unsigned int to = cmspi_pending_run(pending, from, last, true);
		const struct cmspi_span span = {
			cmspi_map_sector(&pending->map, from).addr,
			cmspi_map_bytes(&pending->map, from, to - from), 0,
		};
		const int error = pending->io.clear(pending->io.user, &span);

		if (error)
			return error;
		for (unsigned int i = from; i < to; i++)
			cmspi_pending_done(pending, i);
		pending->counts.erased += to - from;
		at = to;
	}
	return 0;
}

/** The part of a sector that the job writes, from *start to *end in the sector. */
static void cmspi_pending_part(const struct cmspi_span *sector,
	const struct cmspi_pending_job *job, uint32_t *start, uint32_t *end)
{
	const uint64_t job_end = (uint64_t)job->addr + job->count;

	*start = job->addr > sector->addr ? job->addr - sector->addr : 0;
	*end = job_end - sector->addr < sector->count ? job_end - sector->addr : sector->count;
}

/** Put what erase and write leave in a sector into pending->sector. */
static void cmspi_pending_compose(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, const struct cmspi_span *sector)
{
	uint32_t start, end;

	cmspi_pending_part(sector, job, &start, &end);
	memset(pending->sector, 0xff, start);
	memcpy(pending->sector + start, job->buffer + (sector->addr + start - job->addr),
		end - start);
	memset(pending->sector + end, 0xff, sector->count - end);
}

/** CRC-32 of what erase and write leave in the first @a bytes of a sector. */
static uint32_t cmspi_pending_wanted(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, const struct cmspi_span *sector, uint32_t bytes)
{
	cmspi_pending_compose(pending, job, sector);
	return cmspi_pending_crc(pending, pending->sector, bytes);
}

/** Choose every n-th pending sector of the job; returns how many. */
static unsigned int cmspi_pending_choose(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, unsigned int every)
{
	unsigned int count = 0;
	unsigned int chosen = 0;

	for (unsigned int i = job->first; i <= job->last; i++) {
		const bool wanted = pending->states[i] != CMSPI_PENDING_NONE &&
			count++ % every == 0;

		pending->chosen[i] = wanted;
		chosen += wanted;
	}
	return chosen;
}

/** What is looked at of a sector: all of it, or its head. */
static uint32_t cmspi_pending_look_bytes(const struct cmspi_span *sector, bool heads)
{
	return heads ? cmspi_pending_head_bytes(sector->count) : sector->count;
}

/** CRC-32 of each chosen sector, or of its head, to pending->sums. */
static int cmspi_pending_sum(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, bool heads)
{
	struct cmspi_span *span = NULL;
	unsigned int count = 0;

	for (unsigned int i = job->first; i <= job->last; i++) {
		const struct cmspi_span sector = cmspi_map_sector(&pending->map, i);
		const uint32_t bytes = cmspi_pending_look_bytes(&sector, heads);

		if (!pending->chosen[i])
			continue;
		if (span && span->addr + span->count == sector.addr && span->grain_bytes == bytes) {
			span->count += bytes;
			continue;
		}
		span = &pending->spans[count++];
		*span = (struct cmspi_span) { sector.addr, bytes, bytes };
	}
	return count ? pending->io.sums(pending->io.user, pending->spans, count,
		pending->sums) : 0;
}

/** Look at the heads of the chosen sectors: those that are neither right nor blank
 * are no longer chosen, as they differ; *differ says how many. */
static int cmspi_pending_heads(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, unsigned int *differ)
{
	const uint32_t *sum = pending->sums;
	const int error = cmspi_pending_sum(pending, job, true);

	*differ = 0;
	for (unsigned int i = job->first; i <= job->last && !error; i++) {
		const struct cmspi_span sector = cmspi_map_sector(&pending->map, i);
		const uint32_t bytes = cmspi_pending_look_bytes(&sector, true);

		if (!pending->chosen[i])
			continue;
		if (*sum != cmspi_pending_blank_sum(pending, bytes) &&
				*sum != cmspi_pending_wanted(pending, job, &sector, bytes)) {
			pending->chosen[i] = false;
			(*differ)++;
		}
		sum++;
	}
	return error;
}

/** Choose the sectors to be read in full: not all of them where a few samples show
 * that the chip holds something else altogether. */
static int cmspi_pending_choose_by_heads(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	const unsigned int count = cmspi_pending_choose(pending, job, 1);
	unsigned int differ;

	if (count < 2 * CMSPI_PENDING_SAMPLES)
		return 0;
	const unsigned int samples = cmspi_pending_choose(pending, job,
		count / CMSPI_PENDING_SAMPLES);
	const int error = cmspi_pending_heads(pending, job, &differ);

	cmspi_pending_choose(pending, job, 1);
	if (error || 4 * differ < 3 * samples)
		return error;
	return cmspi_pending_heads(pending, job, &differ);
}

/** Look at the pending sectors that the job touches. */
static int cmspi_pending_compare(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	const uint32_t *sum = pending->sums;
	int error = cmspi_pending_choose_by_heads(pending, job);

	if (!error)
		error = cmspi_pending_sum(pending, job, false);
	for (unsigned int i = job->first; i <= job->last && !error; i++) {
		const struct cmspi_span sector = cmspi_map_sector(&pending->map, i);

		if (!pending->chosen[i])
			continue;
		if (*sum == cmspi_pending_wanted(pending, job, &sector, sector.count))
			pending->states[i] = CMSPI_PENDING_SAME;
		else if (*sum == cmspi_pending_blank_sum(pending, sector.count))
			pending->states[i] = CMSPI_PENDING_BLANK;
		sum++;
	}
	return error;
}

/** Is there a difference, and do bits need only be cleared for it? */
static void cmspi_pending_judge(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, unsigned int index, const uint8_t *found)
{
	const struct cmspi_span sector = cmspi_map_sector(&pending->map, index);
	uint32_t first = sector.count;
	uint32_t last = 0;

	cmspi_pending_compose(pending, job, &sector);
	for (uint32_t i = 0; i < sector.count; i++) {
		const uint8_t wanted = pending->sector[i];

		if (wanted & ~found[i])
			return;
		if (wanted == found[i])
			continue;
		last = i;
		if (first == sector.count)
			first = i;
	}
	// the sum that said otherwise was not stable
	if (first == sector.count)
		return;
	pending->differing[index] = (struct cmspi_span) { sector.addr + first, last + 1 - first, 0 };
	pending->states[index] = CMSPI_PENDING_CLEAR;
}

/** Past the last of the sectors from @a from on that are to be erased and fit
 * @a max_bytes together. */
static unsigned int cmspi_pending_run_to_erase(const struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, unsigned int from, uint32_t max_bytes)
{
	unsigned int to = from;

	while (to <= job->last && pending->states[to] == CMSPI_PENDING_ERASE &&
			cmspi_map_bytes(&pending->map, from, to + 1 - from) <= max_bytes)
		to++;
	return to;
}

/** Read the sectors that are to be erased, adjacent ones in one go. */
static int cmspi_pending_look(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job, uint8_t *found, uint32_t max_bytes)
{
	unsigned int from = job->first;
	int error = 0;

	while (from <= job->last && !error) {
		const unsigned int to = cmspi_pending_run_to_erase(pending, job, from, max_bytes);
		const uint32_t base = cmspi_map_sector(&pending->map, from).addr;

		if (to > from)
			error = pending->io.read(pending->io.user, found, base,
				cmspi_map_bytes(&pending->map, from, to - from));
		for (unsigned int i = from; i < to && !error; i++)
			cmspi_pending_judge(pending, job, i,
				found + cmspi_map_sector(&pending->map, i).addr - base);
		from = to > from ? to : from + 1;
	}
	return error;
}

/** Program what differs in the sectors where bits need only be cleared, and sum them
 * up; what is not right then is erased after all. */
static int cmspi_pending_clear_bits(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	const uint32_t *sum = pending->sums;
	unsigned int count = 0;

	for (unsigned int i = job->first; i <= job->last; i++) {
		const struct cmspi_span *span = &pending->differing[i];

		pending->chosen[i] = pending->states[i] == CMSPI_PENDING_CLEAR;
		if (pending->chosen[i])
			pending->program_rows[count++] = (struct cmspi_program_row) {
				span->addr, span->addr - job->addr, span->count,
			};
	}
	int error = count ? pending->io.program(pending->io.user, job->buffer,
		pending->program_rows, count) : 0;

	if (!error)
		error = cmspi_pending_sum(pending, job, false);
	for (unsigned int i = job->first; i <= job->last; i++) {
		const struct cmspi_span sector = cmspi_map_sector(&pending->map, i);

		if (!pending->chosen[i])
			continue;
		pending->states[i] = !error && *sum++ == cmspi_pending_wanted(pending, job, &sector,
			sector.count) ? CMSPI_PENDING_CLEARED : CMSPI_PENDING_ERASE;
	}
	return error;
}

/** Without erase, as far as that goes. */
static int cmspi_pending_overwrite(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	const uint32_t sector_bytes = cmspi_map_max_bytes(&pending->map);
	const uint32_t max_bytes = sector_bytes < CMSPI_PENDING_READ_BYTES ?
		CMSPI_PENDING_READ_BYTES : sector_bytes;
	uint8_t *found = malloc(max_bytes);

	// without room to look, all is erased
	if (!found)
		return 0;
	const int error = cmspi_pending_look(pending, job, found, max_bytes);

	free(found);
	if (!error)
		return cmspi_pending_clear_bits(pending, job);
	for (unsigned int i = job->first; i <= job->last; i++)
		if (pending->states[i] == CMSPI_PENDING_CLEAR)
			pending->states[i] = CMSPI_PENDING_ERASE;
	return error;
}

static bool cmspi_pending_may_erase(const struct cmspi_pending *pending, unsigned int sector)
{
	return pending->states[sector] == CMSPI_PENDING_ERASE ||
		pending->states[sector] == CMSPI_PENDING_BLANK;
}

/** Erase what differs and is not blank; sectors that are right stay untouched. */
static int cmspi_pending_erase(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	struct cmspi_erase_job erase = { pending->erase_rows, 0, job->first, pending->blank };

	for (unsigned int i = job->first; i <= job->last; i++)
		erase.blank[i - job->first] = pending->states[i] == CMSPI_PENDING_BLANK;
	for (unsigned int from = job->first; from <= job->last; from++) {
		unsigned int to = from;

		while (to <= job->last && cmspi_pending_may_erase(pending, to))
			to++;
		if (to == from)
			continue;
		const int rows = cmspi_plan_erase(pending->chip,
			cmspi_map_sector(&pending->map, from).addr,
			cmspi_map_bytes(&pending->map, from, to - from),
			erase.blank + from - job->first, erase.rows + erase.num_rows, to - from);

		// whole sectors can always be planned
		if (rows < 0)
			return rows;
		erase.num_rows += rows;
		from = to;
	}
	return erase.num_rows ? pending->io.erase(pending->io.user, &erase) : 0;
}

/** Is nothing left to be done with the sector? */
static bool cmspi_pending_is_right(const struct cmspi_pending *pending, unsigned int sector)
{
	return pending->states[sector] == CMSPI_PENDING_SAME ||
		pending->states[sector] == CMSPI_PENDING_CLEARED;
}

/** The erase failed somewhere: it is still to be done, but not where the sector is
 * right already. */
static void cmspi_pending_keep(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	for (unsigned int i = job->first; i <= job->last; i++) {
		if (cmspi_pending_is_right(pending, i))
			cmspi_pending_done(pending, i);
		else if (pending->states[i] == CMSPI_PENDING_BLANK)
			pending->states[i] = CMSPI_PENDING_ERASE;
	}
}

/** A span of the job for each run of sectors that are not right yet. */
static unsigned int cmspi_pending_spans(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	struct cmspi_program_row *row = NULL;
	unsigned int count = 0;

	for (unsigned int i = job->first; i <= job->last; i++) {
		const struct cmspi_span sector = cmspi_map_sector(&pending->map, i);
		uint32_t start, end;

		if (cmspi_pending_is_right(pending, i)) {
			row = NULL;
			continue;
		}
		cmspi_pending_part(&sector, job, &start, &end);
		const uint32_t offset = sector.addr + start - job->addr;

		if (!row) {
			row = &pending->program_rows[count++];
			*row = (struct cmspi_program_row) { sector.addr + start, offset, 0 };
		}
		row->count += end - start;
		if (!cmspi_plan_is_blank(job->buffer + offset, end - start))
			pending->counts.programmed++;
	}
	return count;
}

/** The job's sectors are done, all but programming. */
static void cmspi_pending_count(struct cmspi_pending *pending,
	const struct cmspi_pending_job *job)
{
	struct cmspi_pending_counts *counts = &pending->counts;

	for (unsigned int i = job->first; i <= job->last; i++) {
		const uint32_t bytes = cmspi_map_sector(&pending->map, i).count;
		const bool asked = cmspi_pending_may_erase(pending, i);
		const bool cleared = pending->states[i] == CMSPI_PENDING_CLEARED;

		counts->unchanged += pending->states[i] == CMSPI_PENDING_SAME;
		counts->erased += pending->states[i] == CMSPI_PENDING_ERASE;
		counts->blank += pending->states[i] == CMSPI_PENDING_BLANK;
		counts->unchanged_bytes += pending->states[i] == CMSPI_PENDING_SAME ? bytes : 0;
		counts->asked_bytes += asked ? bytes : 0;
		counts->overwritten += cleared;
		counts->programmed += cleared;
		cmspi_pending_done(pending, i);
	}
}

int cmspi_pending_write(struct cmspi_pending *pending, const uint8_t *buffer, uint32_t addr,
	uint32_t count)
{
	const struct cmspi_pending_job job = {
		buffer, addr, count, cmspi_map_find(&pending->map, addr),
		count ? cmspi_map_find(&pending->map, addr + count - 1) : 0,
	};

	if (!count)
		return 0;
	int error = cmspi_pending_compare(pending, &job);
	if (!error && pending->overwrite)
		error = cmspi_pending_overwrite(pending, &job);
	if (!error)
		error = cmspi_pending_erase(pending, &job);
	if (error) {
		cmspi_pending_keep(pending, &job);
		return error;
	}
	const unsigned int spans = cmspi_pending_spans(pending, &job);

	cmspi_pending_count(pending, &job);
	return spans ? pending->io.program(pending->io.user, buffer, pending->program_rows, spans) : 0;
}
