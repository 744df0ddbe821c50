// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Feeds and drains the rings of a running stub: units in, units out, and as few
 * requests to the debug adapter as will do.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_report.h"
#include "cmspi_stub.h"
#include <helper/time_support.h>
#include <jtag/adapter.h>

/* What is sent or fetched in one go: two requests of an ST-LINK, in whole
 * pages; and the least, where the end is near. */
#define PIECE_MAX_BYTES		(48 * CMSPI_UNIT_MAX_BYTES)
#define PIECE_MIN_BYTES		(4 * CMSPI_UNIT_MAX_BYTES)
/* What a look brings along when the one before it was in vain, doubled each time,
 * and the most: some ms on a slow link. */
#define LOOK_BYTES		128
#define LOOK_MAX_BYTES		2048
/* Few enough to wait for in one request, and the longest such wait. */
#define LAST_BYTES		512
#define LOOK_LAST_MAX_BYTES	6000
/* Data so near to the ring's base are brought along with what lies before them. */
#define NEAR_BASE_BYTES		64
/* Most rounds without progress between two looks at the core's state. */
#define IDLE_ROUNDS		4

/* ---- what a step moves -------------------------------------------------- */

uint32_t cmspi_step_in_bytes(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_PROGRAM || step->kind == CMSPI_STEP_XFER ?
		step->tx_bytes : 0;
}

bool cmspi_step_has_results(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_CRC || step->kind == CMSPI_STEP_BLANK;
}

static uint32_t step_results(const struct cmspi_step *step)
{
	return DIV_ROUND_UP(step->count, step->grain_bytes);
}

uint32_t cmspi_step_out_bytes(const struct cmspi_step *step)
{
	if (step->kind == CMSPI_STEP_READ)
		return step->count;
	if (cmspi_step_has_results(step))
		return 4 * step_results(step);
	return step->kind == CMSPI_STEP_XFER ? step->rx_bytes : 0;
}

static uint32_t step_out_unit(const struct cmspi_stub *run, const struct cmspi_step *step)
{
	const uint32_t unit_bytes = cmspi_step_has_results(step) ? 4 : run->unit_bytes;

	return MIN(unit_bytes, cmspi_step_out_bytes(step) - run->drain_done);
}

/* Data of PROGRAM restart their units at each page, as the stub counts; those of
 * words run on. */
static uint32_t step_in_unit(const struct cmspi_stub *run, const struct cmspi_step *step)
{
	uint32_t left = cmspi_step_in_bytes(step) - run->feed_done;

	if (step->flags & CMSPI_STEP_PACKED)
		return left;
	if (step->kind == CMSPI_STEP_PROGRAM && !(step->flags & CMSPI_STEP_RUNNING)) {
		const uint32_t in_page = (step->addr + run->feed_done) % step->page_bytes;

		left = MIN(left, step->page_bytes - in_page);
	}
	return MIN(run->unit_bytes, left);
}

/* ---- the rings ---------------------------------------------------------- */

/* Where a unit goes: the rule of cmspi_abi.h. */
static uint32_t unit_start(const struct cmspi_ring *ring, uint32_t cursor, uint32_t bytes)
{
	return ring->size_bytes - cursor < bytes ? 0 : cursor;
}

static bool ring_has_room(const struct cmspi_ring *ring, uint32_t bytes)
{
	const uint32_t start = unit_start(ring, ring->wp, bytes);

	if (ring->wp >= ring->rp && start == ring->wp)
		return true;
	if (ring->wp < ring->rp && start != ring->wp)
		return false;
	return start + bytes < ring->rp;
}

static uint32_t ring_used(const struct cmspi_ring *ring)
{
	return ring->wp >= ring->rp ? ring->wp - ring->rp
		: ring->size_bytes - ring->rp + ring->wp;
}

/* Bytes in the ring of the next unit to feed. */
static uint32_t next_unit_bytes(const struct cmspi_stub *run)
{
	if (run->feed_step == run->count || run->feed_header)
		return CMSPI_STEP_BYTES;
	return cmspi_round_up_word(step_in_unit(run, &run->steps[run->feed_step]));
}

static void put_unit(struct cmspi_stub *run, uint8_t *unit)
{
	if (run->feed_step == run->count) {
		memset(unit, 0, CMSPI_STEP_BYTES);
		run->feed_end = true;
		return;
	}
	const struct cmspi_step *step = &run->steps[run->feed_step];

	if (run->feed_header) {
		cmspi_stub_put_step(run, step, unit);
		run->feed_header = false;
		run->feed_done = 0;
	} else {
		const uint32_t data_bytes = step_in_unit(run, step);

		memcpy(unit, step->tx + run->feed_done, data_bytes);
		if (step->flags & CMSPI_STEP_PACKED)
			h_u32_to_le(unit, cmspi_stub_addr(run, cmspi_stub_room(run)));
		run->feed_done += data_bytes;
	}
	if (run->feed_done == cmspi_step_in_bytes(step)) {
		run->feed_step++;
		run->feed_header = true;
	}
}

/* Nothing is known yet of what comes behind the last step, not even the end. */
static bool waits_for_more(const struct cmspi_stub *run)
{
	return run->more && run->feed_step == run->count;
}

/* Put the next unit into the ring's copy if there is room for it. */
static bool feed_unit(struct cmspi_stub *run)
{
	struct cmspi_ring *ring = &run->in;
	const uint32_t bytes = next_unit_bytes(run);

	if (run->feed_end || waits_for_more(run) || !ring_has_room(ring, bytes))
		return false;
	const uint32_t start = unit_start(ring, ring->wp, bytes);

	put_unit(run, ring->bytes + start);
	ring->wp = start + bytes;
	run->feed_left -= MIN(run->feed_left, bytes);
	return true;
}

/* Is the next unit's place behind the last one's? */
static bool next_is_behind(const struct cmspi_stub *run)
{
	return unit_start(&run->in, run->in.wp, next_unit_bytes(run)) == run->in.wp;
}

void cmspi_stub_feed_first(struct cmspi_stub *run)
{
	while (run->in.wp < PIECE_MIN_BYTES && next_is_behind(run) && feed_unit(run))
		;
	h_u32_to_le(run->image + run->ctx + CMSPI_CTX_IN_WP, run->in.base + run->in.wp);
}

/* Send the bytes of the in ring from there on, then its write pointer; the two
 * go together where the ring's end is reached, as the pointer lies behind it. */
static int send_units(struct cmspi_stub *run, uint32_t from)
{
	struct target *target = run->bus->target;
	struct cmspi_ring *ring = &run->in;
	uint8_t *pointer = run->image + run->ctx + CMSPI_CTX_IN_WP;

	h_u32_to_le(pointer, ring->base + ring->wp);
	if (ring->wp == ring->size_bytes)
		return target_write_buffer(target, ring->base + from, ring->wp - from + 4,
			ring->bytes + from);
	int retval = target_write_buffer(target, ring->base + from, ring->wp - from,
		ring->bytes + from);
	if (retval != ERROR_OK)
		return retval;
	return target_write_buffer(target, cmspi_stub_addr(run, run->ctx + CMSPI_CTX_IN_WP), 4,
		pointer);
}

/* Large pieces save requests, small ones at the end save waiting for the stub
 * to finish the last. A small ring is filled by halves, in whole units if it has
 * any: the stub works on one while the other is under way. */
static uint32_t piece_bytes(const struct cmspi_stub *run, const struct cmspi_ring *ring,
	uint32_t left)
{
	const uint32_t units = ring->size_bytes / run->unit_bytes / 2;
	const uint32_t half = units ? units * run->unit_bytes : ring->size_bytes / 2;
	const uint32_t piece = MIN(MAX(left / 4, PIECE_MIN_BYTES), PIECE_MAX_BYTES);

	return MIN(MIN(piece, half), left);
}

/* Send a piece of what is to come, if there is room for a whole one, but not
 * across the ring's end. */
static int feed(struct cmspi_stub *run, bool *progress)
{
	struct cmspi_ring *ring = &run->in;
	const uint32_t piece = piece_bytes(run, ring, run->feed_left);
	const uint32_t from = unit_start(ring, ring->wp, next_unit_bytes(run));

	if (ring->size_bytes - ring_used(ring) < piece || !feed_unit(run))
		return ERROR_OK;
	while (ring->wp - from < piece && next_is_behind(run) && feed_unit(run))
		;
	*progress = true;
	run->bus->counts.sent += ring->wp - from;
	return send_units(run, from);
}

/* Give an out unit to its step. */
static void take_unit(struct cmspi_stub *run, const struct cmspi_step *step, const uint8_t *unit,
	uint32_t bytes)
{
	if (cmspi_step_has_results(step))
		step->results[run->drain_done / 4] = le_to_h_u32(unit);
	else
		memcpy(step->rx + run->drain_done, unit, bytes);
	run->drain_done += bytes;
	run->drain_left -= bytes;
}

static const struct cmspi_step *drain_step(struct cmspi_stub *run)
{
	while (run->drain_step < run->count) {
		const struct cmspi_step *step = &run->steps[run->drain_step];

		if (run->drain_done < cmspi_step_out_bytes(step))
			return step;
		run->drain_step++;
		run->drain_done = 0;
	}
	return NULL;
}

/* Hand out the units from rp on that have been read up to end. */
static int take_units(struct cmspi_stub *run, uint32_t end)
{
	struct cmspi_ring *ring = &run->out;

	while (ring->rp != ring->wp) {
		const struct cmspi_step *step = drain_step(run);
		if (!step) {
			LOG_TARGET_ERROR(run->bus->target,
				"stub sent more data than asked for, out ring at 0x%" PRIx32,
				ring->base + ring->wp);
			return ERROR_FAIL;
		}
		const uint32_t bytes = step_out_unit(run, step);
		const uint32_t rounded = cmspi_round_up_word(bytes);

		if (unit_start(ring, ring->rp, rounded) != ring->rp || ring->rp + rounded > end)
			break;
		take_unit(run, step, ring->bytes + ring->rp, bytes);
		ring->rp += rounded;
	}
	return ERROR_OK;
}

/* Where the next out unit is, or would be. */
static uint32_t next_out_start(struct cmspi_stub *run)
{
	const struct cmspi_step *step = drain_step(run);
	const uint32_t bytes = step ? cmspi_round_up_word(step_out_unit(run, step)) : 0;

	return unit_start(&run->out, run->out.rp, bytes);
}

/* Hand out what has been fetched, up to end, and give its room back to the stub. */
static int deliver(struct cmspi_stub *run, uint32_t start, uint32_t end, bool *progress)
{
	struct cmspi_ring *ring = &run->out;

	ring->rp = start;
	int retval = take_units(run, end);
	if (retval != ERROR_OK)
		return retval;
	*progress = true;
	// nobody waits for room when all is there
	if (!run->drain_left)
		return ERROR_OK;
	return target_write_u32(run->bus->target,
		cmspi_stub_addr(run, run->ctx + CMSPI_CTX_OUT_RP), ring->base + ring->rp);
}

/* Fetch a piece of what is there; a small piece only at the end, or when the
 * stub stands still. */
static int drain(struct cmspi_stub *run, bool *progress)
{
	struct cmspi_ring *ring = &run->out;

	if (ring->rp == ring->wp || (!run->idle && ring_used(ring) < run->drain_left &&
			ring_used(ring) < piece_bytes(run, ring, run->drain_left)))
		return ERROR_OK;
	const uint32_t start = next_out_start(run);
	const uint32_t end = MIN(ring->wp > start ? ring->wp : ring->size_bytes,
		start + PIECE_MAX_BYTES);

	int retval = target_read_buffer(run->bus->target, ring->base + start, end - start,
		ring->bytes + start);
	return retval == ERROR_OK ? deliver(run, start, end, progress) : retval;
}

/* Take over the words that the stub moves. */
static int take_pointers(struct cmspi_stub *run, bool *progress)
{
	const uint8_t *ctx = run->image + run->ctx;
	const uint32_t rp = le_to_h_u32(ctx + CMSPI_CTX_IN_RP) - run->in.base;
	const uint32_t wp = le_to_h_u32(ctx + CMSPI_CTX_OUT_WP) - run->out.base;
	const uint32_t beat = le_to_h_u32(ctx + CMSPI_CTX_BEAT);

	if (rp > run->in.size_bytes || wp > run->out.size_bytes) {
		LOG_TARGET_ERROR(run->bus->target, "stub's ring pointers are corrupt (in 0x%"
			PRIx32 ", out 0x%" PRIx32 "): was the target reset or the work area used?",
			rp + run->in.base, wp + run->out.base);
		return ERROR_FAIL;
	}
	*progress = rp != run->in.rp || wp != run->out.wp || beat != run->beat;
	run->in.rp = rp;
	run->out.wp = wp;
	run->beat = beat;
	return ERROR_OK;
}

/* Bytes that the link moves while the stub fetches the last of the data. */
static uint32_t bytes_meanwhile(const struct cmspi_stub *run)
{
	const uint64_t cycles = (uint64_t)run->drain_left * run->loops.rx_cycles;
	const uint64_t clocks = cycles * adapter_get_speed_khz() / run->bus->core_min_khz;

	return MIN(clocks * 4 / CMSPI_SWD_CLOCKS, LOOK_LAST_MAX_BYTES);
}

/* Bytes of the out ring that a look brings along: what is expected near its start,
 * and the more the longer nothing has moved. One long request is better than
 * many short ones that come too early. */
static uint32_t bytes_along(struct cmspi_stub *run, bool near_base, uint32_t start)
{
	const uint32_t expected = near_base ? start + piece_bytes(run, &run->out,
		cmspi_round_up_word(run->drain_left)) : 0;
	const uint32_t waiting = run->idle && run->drain_left ?
		MIN(LOOK_BYTES << run->idle, LOOK_MAX_BYTES) : 0;
	const uint32_t last = run->drain_left <= LAST_BYTES ? bytes_meanwhile(run) : 0;

	return MIN(MAX(MAX(expected, waiting), last), run->out.size_bytes);
}

/* Fetch the words that the stub moves, and the data that lie behind them. They
 * are read in this order, so data that the pointer covers are there. */
static int look(struct cmspi_stub *run, bool *progress)
{
	struct cmspi_ring *ring = &run->out;
	const uint32_t words = run->ctx + CMSPI_CTX_IN_RP;
	const uint32_t start = next_out_start(run);
	const bool near_base = ring->rp == ring->wp && start <= NEAR_BASE_BYTES;
	const uint32_t along = bytes_along(run, near_base, start);

	int retval = target_read_buffer(run->bus->target, cmspi_stub_addr(run, words),
		CMSPI_CTX_BYTES - CMSPI_CTX_IN_RP + along, run->image + words);
	if (retval == ERROR_OK)
		retval = take_pointers(run, progress);
	if (retval != ERROR_OK || !near_base || ring->wp == ring->rp)
		return retval;
	const uint32_t end = MIN(ring->wp, along);

	// it is here already: less than a piece is worth giving back its room
	if (end <= start || (2 * (end - start) < piece_bytes(run, ring, run->drain_left) &&
			end - start < run->drain_left))
		return ERROR_OK;
	return deliver(run, start, end, progress);
}

/* ---- the pump ------------------------------------------------------------ */

/* Has the core stopped, or has nothing moved for too long? */
static int check_core(struct cmspi_stub *run, int64_t quiet_since_ms, bool *stopped)
{
	struct target *target = run->bus->target;

	int retval = target_poll(target);
	if (retval != ERROR_OK)
		return retval;
	*stopped = target->state == TARGET_HALTED;
	if (!*stopped && timeval_ms() - quiet_since_ms > cmspi_stub_quiet_ms(run))
		return ERROR_TARGET_TIMEOUT;
	return ERROR_OK;
}

static void report(const struct cmspi_stub *run)
{
	unsigned int got_step = run->drain_step;
	unsigned int fed_step = run->feed_step;
	uint32_t got_bytes = run->drain_done;
	uint32_t fed_bytes = run->feed_done;

	cmspi_stub_place(run, &got_step, &got_bytes);
	cmspi_stub_place(run, &fed_step, &fed_bytes);
	cmspi_report_got(run->bus->progress, got_step, got_bytes);
	cmspi_report_fed(run->bus->progress, fed_step + run->feed_end, fed_bytes,
		ring_used(&run->in));
}

/* All has arrived: what shall follow? */
static void take_more(struct cmspi_stub *run)
{
	const unsigned int first = run->count;

	run->count += run->bus->more(run->bus->more_user);
	for (unsigned int i = first; i < run->count; i++)
		run->feed_left += CMSPI_STEP_BYTES +
			cmspi_round_up_word(cmspi_step_in_bytes(&run->steps[i]));
	if (run->bus->progress)
		run->bus->progress->count = run->count;
	run->bus->more = NULL;
	run->more = false;
}

/* Feed and drain until all is delivered or the core has stopped. A piece at a
 * time, so that the stub works on one while the next is under way; and the
 * stub's pointers are fetched only when what is known of them is used up. */
int cmspi_stub_pump(struct cmspi_stub *run)
{
	int64_t moved_ms = timeval_ms();
	bool stopped = false;

	while (!stopped && (!run->feed_end || run->in.rp != run->in.wp || drain_step(run))) {
		bool progress = false;

		int retval = drain(run, &progress);
		if (retval == ERROR_OK && run->more && !drain_step(run))
			take_more(run);
		if (retval == ERROR_OK)
			retval = feed(run, &progress);
		if (retval == ERROR_OK && !progress)
			retval = look(run, &progress);
		report(run);
		keep_alive();
		if (retval != ERROR_OK)
			return retval;
		if (progress) {
			moved_ms = timeval_ms();
			run->idle = 0;
		} else if (++run->idle % IDLE_ROUNDS == 0) {
			retval = check_core(run, moved_ms, &stopped);
			if (retval != ERROR_OK)
				return retval;
		}
	}
	return ERROR_OK;
}

int cmspi_stub_drain_rest(struct cmspi_stub *run)
{
	bool progress;

	int retval = look(run, &progress);
	run->idle = 1;
	while (retval == ERROR_OK && run->out.rp != run->out.wp)
		retval = drain(run, &progress);
	if (retval == ERROR_OK && drain_step(run)) {
		LOG_TARGET_ERROR(run->bus->target, "stub ended before all data had arrived");
		return ERROR_FAIL;
	}
	return retval;
}
