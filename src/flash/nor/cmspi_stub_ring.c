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
/* Of a Cortex-M0's cycles, in percent: what the fastest loops take on other cores. */
#define FASTEST_SHARE		85
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
static struct cmspi_ring_place unit_start(const struct cmspi_ring *ring,
	const struct cmspi_ring_place *cursor, uint32_t bytes)
{
	if (ring->size_bytes - cursor->offset >= bytes)
		return *cursor;
	return (struct cmspi_ring_place){ .lap = !cursor->lap };
}

static bool ring_is_empty(const struct cmspi_ring *ring)
{
	return ring->wp.offset == ring->rp.offset && ring->wp.lap == ring->rp.lap;
}

/* Is there room for so many bytes at start, where the next unit goes? An empty
 * ring has as much as it will ever have. */
static bool ring_has_room(const struct cmspi_ring *ring, const struct cmspi_ring_place *start,
	uint32_t bytes)
{
	const bool wraps = start->lap != ring->wp.lap;
	const bool ahead = ring->wp.lap != ring->rp.lap;

	if (ring_is_empty(ring) || (!wraps && !ahead))
		return true;
	return wraps != ahead && start->offset + bytes <= ring->rp.offset;
}

static uint32_t ring_used(const struct cmspi_ring *ring)
{
	return ring->wp.lap == ring->rp.lap ? ring->wp.offset - ring->rp.offset
		: ring->size_bytes - ring->rp.offset + ring->wp.offset;
}

/* A place as the stub knows it, and back. */
static uint32_t pointer_to(const struct cmspi_ring *ring, const struct cmspi_ring_place *place)
{
	return ring->base + place->offset + place->lap;
}

static struct cmspi_ring_place place_of(const struct cmspi_ring *ring, uint32_t pointer)
{
	return (struct cmspi_ring_place){
		.offset = (pointer & ~UINT32_C(1)) - ring->base,
		.lap = pointer & 1,
	};
}

static int say_corrupt(const struct cmspi_stub *run, const struct cmspi_ring_place *in_rp,
	const struct cmspi_ring_place *out_wp)
{
	LOG_TARGET_ERROR(run->bus->target, "stub's ring pointers are corrupt (in 0x%" PRIx32
		", out 0x%" PRIx32 "): was the target reset or the work area used?",
		in_rp->offset + run->in.base, out_wp->offset + run->out.base);
	return ERROR_FAIL;
}

/* Bytes in the ring of the next unit to feed. */
static uint32_t next_unit_bytes(const struct cmspi_stub *run)
{
	if (run->in.cells)
		return CMSPI_CELL_BYTES;
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

static struct cmspi_ring_place next_in_start(const struct cmspi_stub *run)
{
	return unit_start(&run->in, &run->in.wp, next_unit_bytes(run));
}

/* Put the next unit into the ring's copy if there is room for it. */
static bool feed_unit(struct cmspi_stub *run)
{
	struct cmspi_ring *ring = &run->in;
	const uint32_t bytes = next_unit_bytes(run);
	const struct cmspi_ring_place start = next_in_start(run);

	if (run->feed_end || waits_for_more(run) || !ring_has_room(ring, &start, bytes))
		return false;
	put_unit(run, ring->bytes + start.offset);
	ring->wp = start;
	ring->wp.offset += bytes;
	if (ring->cells)
		h_u32_to_le(ring->bytes + start.offset + CMSPI_CELL_DATA_BYTES,
			pointer_to(ring, &ring->wp));
	run->feed_left -= MIN(run->feed_left, bytes);
	return true;
}

/* Is the next unit's place behind the last one's? */
static bool next_is_behind(const struct cmspi_stub *run)
{
	return next_in_start(run).lap == run->in.wp.lap;
}

void cmspi_stub_feed_first(struct cmspi_stub *run)
{
	struct cmspi_ring *ring = &run->in;

	while (ring->wp.offset < PIECE_MIN_BYTES && next_is_behind(run) && feed_unit(run))
		;
	h_u32_to_le(run->image + run->ctx + CMSPI_CTX_IN_WP, pointer_to(ring, &ring->wp));
}

/* Send the bytes of the in ring from there on, then its write pointer; the two
 * go together where the ring's end is reached, as the pointer lies behind it. */
static int send_units(struct cmspi_stub *run, uint32_t from)
{
	struct cmspi_ring *ring = &run->in;
	const uint32_t bytes = ring->wp.offset - from;
	const uint32_t pointer = pointer_to(ring, &ring->wp);

	h_u32_to_le(run->image + run->ctx + CMSPI_CTX_IN_WP, pointer);
	if (ring->wp.offset == ring->size_bytes)
		return cmspi_stub_write(run, ring->base + from, bytes + 4, ring->bytes + from);
	int retval = cmspi_stub_write(run, ring->base + from, bytes, ring->bytes + from);
	if (retval != ERROR_OK)
		return retval;
	return cmspi_stub_post_word(run, CMSPI_CTX_IN_WP, pointer);
}

/* Large pieces save requests, small ones at the end save waiting for the stub
 * to finish the last. A small ring is filled by halves, in whole units if it has
 * any: the stub works on one while the other is under way. So a piece that begins
 * at start ends where a half does. */
static uint32_t piece_bytes(const struct cmspi_stub *run, const struct cmspi_ring *ring,
	uint32_t start, uint32_t left)
{
	const uint32_t units = ring->size_bytes / run->unit_bytes;
	const uint32_t half = units > 1 ? (units + 1) / 2 * run->unit_bytes : ring->size_bytes / 2;
	const uint32_t whole = MIN(half, PIECE_MAX_BYTES);
	const uint32_t rest = whole - start % whole;
	// no small pieces for what lies askew
	const uint32_t piece = MIN(rest < run->unit_bytes ? rest + whole : rest,
		ring->size_bytes - start);

	return MIN(MIN(MAX(left / 4, PIECE_MIN_BYTES), piece), left);
}

/* Send a piece of what is to come, if there is room for a whole one, but not
 * across the ring's end. */
static int feed(struct cmspi_stub *run, bool *progress)
{
	struct cmspi_ring *ring = &run->in;
	const struct cmspi_ring_place from = next_in_start(run);
	const uint32_t piece = piece_bytes(run, ring, from.offset, run->feed_left);

	if (!ring_has_room(ring, &from, piece) || !feed_unit(run))
		return ERROR_OK;
	while (ring->wp.offset - from.offset < piece && next_is_behind(run) && feed_unit(run))
		;
	*progress = true;
	run->bus->counts.sent += ring->wp.offset - from.offset;
	return send_units(run, from.offset);
}

/* What of a ring lies between two places, from the first of them up to the ring's end
 * and from its base on. */
static void put_spans(const struct cmspi_ring *ring, const struct cmspi_ring_place *from,
	const struct cmspi_ring_place *to, struct cmspi_stub_span spans[2])
{
	const bool wraps = to->lap != from->lap;

	spans[0] = (struct cmspi_stub_span){
		.addr = ring->base + from->offset,
		.bytes = (wraps ? ring->size_bytes : to->offset) - from->offset,
		.data = ring->bytes + from->offset,
	};
	spans[1] = (struct cmspi_stub_span){
		.addr = ring->base,
		.bytes = wraps ? to->offset : 0,
		.data = ring->bytes,
	};
}

/* The stub has taken a step, so it has cleared the stamps before. */
static bool is_under_way(const struct cmspi_stub *run)
{
	return run->in.rp.offset || run->in.rp.lap;
}

/* Take over the lower half of where the stub is in the in ring. */
static int take_in_rp(struct cmspi_stub *run, uint16_t half)
{
	struct cmspi_ring *ring = &run->in;
	const uint16_t behind_base = half - ring->base;
	const struct cmspi_ring_place rp = place_of(ring, ring->base + behind_base);

	if (rp.offset > ring->size_bytes)
		return say_corrupt(run, &rp, &run->out.wp);
	ring->rp = rp;
	return ERROR_OK;
}

/* Fill the cells that are free, if these are half of the ring or all that is to come;
 * the stub begins with the first while the others are under way. */
static int feed_cells(struct cmspi_stub *run, bool *progress)
{
	struct cmspi_ring *ring = &run->in;
	const struct cmspi_ring_place from = ring->wp;
	struct cmspi_stub_span spans[2];
	uint16_t half;

	if (!is_under_way(run) || (2 * ring_used(ring) > ring->size_bytes &&
			run->feed_left > ring->size_bytes - ring_used(ring)))
		return ERROR_OK;
	// across the ring's end only where little is left before it
	const bool wraps = 2 * (ring->size_bytes - from.offset) < ring->size_bytes;

	while ((wraps || next_is_behind(run)) && feed_unit(run))
		;
	put_spans(ring, &from, &ring->wp, spans);
	for (unsigned int i = 0; i < 2; i++) {
		if (!spans[i].bytes)
			continue;
		*progress = true;
		run->bus->counts.sent += spans[i].bytes;
		int retval = cmspi_stub_write_span(run, &spans[i],
			cmspi_stub_addr(run, run->ctx + CMSPI_CTX_IN_RP), &half);
		if (retval == ERROR_OK)
			retval = take_in_rp(run, half);
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
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

	while (!ring_is_empty(ring)) {
		const struct cmspi_step *step = drain_step(run);
		if (!step) {
			LOG_TARGET_ERROR(run->bus->target,
				"stub sent more data than asked for, out ring at 0x%" PRIx32,
				ring->base + ring->wp.offset);
			return ERROR_FAIL;
		}
		const uint32_t bytes = step_out_unit(run, step);
		const uint32_t rounded = cmspi_round_up_word(bytes);

		if (unit_start(ring, &ring->rp, rounded).lap != ring->rp.lap ||
				ring->rp.offset + rounded > end)
			break;
		take_unit(run, step, ring->bytes + ring->rp.offset, bytes);
		ring->rp.offset += rounded;
	}
	return ERROR_OK;
}

/* Where the next out unit is, or would be. */
static struct cmspi_ring_place next_out_start(struct cmspi_stub *run)
{
	const struct cmspi_step *step = drain_step(run);
	const uint32_t bytes = step ? cmspi_round_up_word(step_out_unit(run, step)) : 0;

	return unit_start(&run->out, &run->out.rp, bytes);
}

/* Hand out what has been fetched, up to end, and give its room back to the stub. */
static int deliver(struct cmspi_stub *run, const struct cmspi_ring_place *start, uint32_t end,
	bool *progress)
{
	struct cmspi_ring *ring = &run->out;

	ring->rp = *start;
	int retval = take_units(run, end);
	if (retval != ERROR_OK)
		return retval;
	*progress = true;
	// nobody waits for room when all is there
	if (!run->drain_left)
		return ERROR_OK;
	// never at the end of a lap: the stub would take it for that of the next but one
	const struct cmspi_ring_place next = next_out_start(run);

	return cmspi_stub_post_word(run, CMSPI_CTX_OUT_RP, pointer_to(ring, &next));
}

/* Fetch a piece of what is there; a small piece only at the end, or when the
 * stub stands still. */
static int drain(struct cmspi_stub *run, bool *progress)
{
	struct cmspi_ring *ring = &run->out;
	const struct cmspi_ring_place start = next_out_start(run);

	if (ring_is_empty(ring) || (!run->idle && ring_used(ring) < run->drain_left &&
			ring_used(ring) < piece_bytes(run, ring, start.offset, run->drain_left)))
		return ERROR_OK;
	const uint32_t end = MIN(ring->wp.lap == start.lap ? ring->wp.offset : ring->size_bytes,
		start.offset + PIECE_MAX_BYTES);

	int retval = cmspi_stub_read(run, ring->base + start.offset, end - start.offset,
		ring->bytes + start.offset);
	return retval == ERROR_OK ? deliver(run, &start, end, progress) : retval;
}

/* Cells, half of the ring at most, that must be filled when a read begins, so that the
 * others are filled before it gets there: by the link's clock, the loop's cycles, two
 * requests between giving back the room and the read's first word, and one more for
 * each read that came too early. */
static uint32_t cells_ahead(const struct cmspi_stub *run, const struct cmspi_step *step)
{
	const uint32_t cells = run->out.size_bytes / CMSPI_CELL_BYTES;
	const uint64_t link_ns = UINT64_C(1000000) * CMSPI_SWD_CLOCKS * (CMSPI_CELL_BYTES / 4) /
		adapter_get_speed_khz();
	const uint64_t core_ns = UINT64_C(1000000) * CMSPI_CELL_DATA_BYTES *
		run->loops.cycles[cmspi_step_data_slot(step)] * FASTEST_SHARE / 100 /
		run->bus->core_min_khz;
	uint32_t ahead = 0;

	while (2 * ahead < cells && (2 * CMSPI_REQUEST_NS + link_ns * ahead < core_ns ||
			2 * CMSPI_REQUEST_NS + link_ns * (cells - ahead - 1) <
				core_ns * (cells - 2 * ahead)))
		ahead++;
	return MIN(ahead + run->early, cells / 2);
}

/* Cells that the steps fed so far are still to fill. */
static uint32_t cells_due(const struct cmspi_stub *run)
{
	uint32_t done = run->drain_done;
	uint32_t cells = 0;

	for (unsigned int i = run->drain_step; i < run->feed_step; i++, done = 0)
		cells += DIV_ROUND_UP(cmspi_step_out_bytes(&run->steps[i]) - done,
			CMSPI_CELL_DATA_BYTES);
	return cells;
}

/* Cells that a read is worth: all but those that must stay ahead of the next one. */
static uint32_t cells_to_read(const struct cmspi_stub *run, uint32_t ahead)
{
	const uint32_t cells = run->out.size_bytes / CMSPI_CELL_BYTES;
	const uint32_t due = cells_due(run);
	const uint32_t known = ring_used(&run->out) / CMSPI_CELL_BYTES;
	const struct cmspi_ring_place start = unit_start(&run->out, &run->out.rp, CMSPI_CELL_BYTES);

	if (run->idle)
		return MIN(known, due);
	if (!run->streaming && known <= ahead && known < due)
		return 0;
	// in step with the ring's laps if all of it can be read at once
	return MIN(ahead ? cells - ahead : cells - start.offset / CMSPI_CELL_BYTES, due);
}

/* The cell behind a place. */
static struct cmspi_ring_place next_cell(const struct cmspi_ring *ring,
	const struct cmspi_ring_place *place)
{
	struct cmspi_ring_place cell = unit_start(ring, place, CMSPI_CELL_BYTES);

	cell.offset += CMSPI_CELL_BYTES;
	return cell;
}

/* Hand out a cell that has been read; false: it was not filled then. */
static bool take_cell(struct cmspi_stub *run, const struct cmspi_step *step)
{
	struct cmspi_ring *ring = &run->out;
	const struct cmspi_ring_place end = next_cell(ring, &ring->rp);
	const uint8_t *cell = ring->bytes + end.offset - CMSPI_CELL_BYTES;

	if (le_to_h_u32(cell) != pointer_to(ring, &end))
		return false;
	take_unit(run, step, cell + 4, step_out_unit(run, step));
	// it was filled, whatever the last look said
	if (ring_is_empty(ring))
		ring->wp = end;
	ring->rp = end;
	return true;
}

/* Read so many cells, filled or not. */
static int read_cells(struct cmspi_stub *run, uint32_t count)
{
	const struct cmspi_ring *ring = &run->out;
	const struct cmspi_ring_place from = unit_start(ring, &ring->rp, CMSPI_CELL_BYTES);
	struct cmspi_ring_place to = from;
	struct cmspi_stub_span spans[2];
	int retval = ERROR_OK;

	while (count--)
		to = next_cell(ring, &to);
	put_spans(ring, &from, &to, spans);
	for (unsigned int i = 0; i < 2 && retval == ERROR_OK; i++) {
		if (spans[i].bytes)
			retval = cmspi_stub_read_span(run, &spans[i]);
	}
	return retval;
}

/* Fetch cells, and hand out those that are filled. */
static int drain_cells(struct cmspi_stub *run, bool *progress)
{
	const struct cmspi_step *step = drain_step(run);

	if (!step || !is_under_way(run))
		return ERROR_OK;
	const uint32_t cells = run->out.size_bytes / CMSPI_CELL_BYTES;
	const uint32_t ahead = cells_ahead(run, step);
	uint32_t missing = cells_to_read(run, ahead);

	if (!missing)
		return ERROR_OK;
	int retval = read_cells(run, missing);
	if (retval != ERROR_OK)
		return retval;
	while (missing && take_cell(run, step)) {
		*progress = true;
		missing--;
		step = drain_step(run);
	}
	// what is missing will have come by the next time, unless the stub is far too slow
	run->streaming = !missing || 2 * (ahead + 1) < cells;
	run->early += missing != 0;
	if (!*progress || !step)
		return ERROR_OK;
	const struct cmspi_ring_place next = unit_start(&run->out, &run->out.rp, CMSPI_CELL_BYTES);

	return cmspi_stub_post_word(run, CMSPI_CTX_OUT_RP, pointer_to(&run->out, &next));
}

/* Take over the words that the stub moves. */
static int take_pointers(struct cmspi_stub *run, bool *progress)
{
	const uint8_t *ctx = run->image + run->ctx;
	const struct cmspi_ring_place rp = place_of(&run->in, le_to_h_u32(ctx + CMSPI_CTX_IN_RP));
	const struct cmspi_ring_place wp = place_of(&run->out, le_to_h_u32(ctx + CMSPI_CTX_OUT_WP));
	const uint32_t beat = le_to_h_u32(ctx + CMSPI_CTX_BEAT);

	if (rp.offset > run->in.size_bytes || wp.offset > run->out.size_bytes)
		return say_corrupt(run, &rp, &wp);
	*progress = rp.offset != run->in.rp.offset || wp.offset != run->out.wp.offset ||
		beat != run->beat;
	run->in.rp = rp;
	run->out.wp = wp;
	run->beat = beat;
	return ERROR_OK;
}

/* Bytes that the link moves while the stub fetches the last of the data. */
static uint32_t bytes_meanwhile(const struct cmspi_stub *run, const struct cmspi_step *step)
{
	const uint64_t cycles = (uint64_t)run->drain_left *
		run->loops.cycles[cmspi_step_data_slot(step)];
	const uint64_t clocks = cycles * adapter_get_speed_khz() / run->bus->core_min_khz;

	return MIN(clocks * 4 / CMSPI_SWD_CLOCKS, LOOK_LAST_MAX_BYTES);
}

/* Bytes of the out ring that a look brings along: what is expected near its start,
 * and the more the longer nothing has moved. One long request is better than
 * many short ones that come too early. */
static uint32_t bytes_along(struct cmspi_stub *run, bool near_base, uint32_t start)
{
	const struct cmspi_step *step = drain_step(run);
	// what was not fed yet makes no data
	const bool due = step && run->drain_step < run->feed_step;
	// at the start there are none
	const uint32_t expected = due && near_base && run->out.wp.offset ? start +
		piece_bytes(run, &run->out, start, cmspi_round_up_word(run->drain_left)) : 0;
	const uint32_t waiting = run->idle && run->drain_left ?
		MIN(LOOK_BYTES << run->idle, LOOK_MAX_BYTES) : 0;
	const uint32_t last = due && run->drain_left <= LAST_BYTES ?
		bytes_meanwhile(run, step) : 0;

	return MIN(MAX(MAX(expected, waiting), last), run->out.size_bytes);
}

/* Fetch the words that the stub moves, and the data that lie behind them. They
 * are read in this order, so data that the pointer covers are there. */
static int look(struct cmspi_stub *run, bool *progress)
{
	struct cmspi_ring *ring = &run->out;
	const uint32_t words = run->ctx + CMSPI_CTX_IN_RP;
	const struct cmspi_ring_place start = next_out_start(run);
	const bool near_base = !ring->cells && ring_is_empty(ring) &&
		start.offset <= NEAR_BASE_BYTES;
	const uint32_t along = ring->cells ? 0 : bytes_along(run, near_base, start.offset);
	const uint32_t addr = cmspi_stub_addr(run, words);

	int retval = along ?
		cmspi_stub_read(run, addr, CMSPI_MOVED_BYTES + along, run->image + words) :
		cmspi_stub_read_moved(run, run->image + words);
	if (retval == ERROR_OK)
		retval = take_pointers(run, progress);
	if (retval != ERROR_OK || !near_base || ring_is_empty(ring))
		return retval;
	const uint32_t end = MIN(ring->wp.offset, along);

	// it is here already: less than a piece is worth giving back its room
	if (end <= start.offset || (2 * (end - start.offset) <
			piece_bytes(run, ring, start.offset, run->drain_left) &&
			end - start.offset < run->drain_left))
		return ERROR_OK;
	return deliver(run, &start, end, progress);
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

/* Is it time to look at the core? Where a guard goes first, as soon as nothing moves. */
static bool must_check_core(const struct cmspi_stub *run)
{
	const bool in_guard = run->kept_bytes && !run->in.rp.offset && !run->in.rp.lap;

	return run->idle % IDLE_ROUNDS == 0 || (in_guard && run->idle == 1);
}

/* Feed and drain until all is delivered or the core has stopped. A piece at a
 * time, so that the stub works on one while the next is under way; and the
 * stub's pointers are fetched only when what is known of them is used up. */
int cmspi_stub_pump(struct cmspi_stub *run)
{
	int64_t moved_ms = timeval_ms();
	bool stopped = false;

	while (!stopped && (!run->feed_end || !ring_is_empty(&run->in) || drain_step(run))) {
		bool progress = false;

		int retval = run->out.cells ? drain_cells(run, &progress) : drain(run, &progress);
		if (retval == ERROR_OK && run->more && !drain_step(run))
			take_more(run);
		if (retval == ERROR_OK)
			retval = run->in.cells ? feed_cells(run, &progress) : feed(run, &progress);
		if (retval == ERROR_OK && !progress)
			retval = look(run, &progress);
		report(run);
		keep_alive();
		if (retval != ERROR_OK)
			return retval;
		if (progress) {
			moved_ms = timeval_ms();
			run->idle = 0;
			continue;
		}
		run->idle++;
		if (must_check_core(run)) {
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
	while (retval == ERROR_OK && !ring_is_empty(&run->out))
		retval = run->out.cells ? drain_cells(run, &progress) : drain(run, &progress);
	if (retval == ERROR_OK && drain_step(run)) {
		LOG_TARGET_ERROR(run->bus->target, "stub ended before all data had arrived");
		return ERROR_FAIL;
	}
	return retval;
}
