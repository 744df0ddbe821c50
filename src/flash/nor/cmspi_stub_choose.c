// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Shares out the work area: the loops that a list of steps needs, fast or small, and
 * the sizes of the rings, by the time that the list takes with them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_stub.h"
#include <helper/bits.h>
#include <jtag/adapter.h>

#define UNIT_MIN_BYTES		32
/* Room in the in ring for what bus->more adds, in steps. */
#define MORE_STEPS		4
/* Looks at the status in a wait: one in vain that ends late, one that is the last.
 * Those before them take the chip's time. */
#define POLLS_OF_A_WAIT		2
/* About what sending or fetching a piece costs beside its bytes: with a look at the
 * pointers six requests. */
#define PIECE_NS		(6 * CMSPI_REQUEST_NS)
/* Where the adapter does not tell its clock. */
#define SWD_GUESS_KHZ		1000
/* Most of the work area's rest that the out ring gets where it matters little. */
#define OUT_SHARE		32
/* Fewer cells are no ring. */
#define CELLS_MIN		3
/* More ring than this per run buys nothing: it holds many USB packets. */
#define RING_MAX_BYTES		(32 * 1024)

/* ---- what a batch asks for ----------------------------------------------- */

/* A step list's work, for the loops and for the link. */
struct load {
	/* bytes through each slot's loop */
	uint64_t bytes[CMSPI_SLOTS];
	/* what the chip needs beside them, microseconds */
	uint64_t wait_us;
	/* bytes of the in ring's units, of the out ring's, largest of these without
	 * a limit; cells that they take instead */
	uint64_t in_bytes;
	uint64_t out_bytes;
	uint64_t in_cells;
	uint64_t out_cells;
	uint32_t out_max;
	/* there are data units in the in ring */
	bool sends;
};

static void add_commands(struct load *load, const struct cmspi_step *step, uint64_t frames)
{
	const uint64_t waits = step->flags & CMSPI_STEP_POLL ? frames * POLLS_OF_A_WAIT : 0;
	const bool enable = step->flags & CMSPI_STEP_WREN;
	const bool check = enable && step->flags & CMSPI_STEP_CHECK_WEL;

	load->bytes[cmspi_tx_slot(step->op.cmd_lines)] += waits + check + frames * (1 + enable);
	load->bytes[cmspi_tx_slot(step->op.addr_lines)] +=
		frames * (step->op.addr_bytes + step->op.mode_bytes);
	load->bytes[cmspi_rx_slot(step->op.cmd_lines)] += waits + check;
	load->wait_us += frames * step->usual_us / 2;
}

static void add_step(struct load *load, const struct cmspi_step *step)
{
	const uint32_t in_bytes = cmspi_round_up_word(cmspi_step_in_bytes(step));
	const uint32_t out_bytes = cmspi_step_out_bytes(step);
	uint64_t frames = 1;

	if (step->kind == CMSPI_STEP_PROGRAM)
		frames = DIV_ROUND_UP(step->addr % step->page_bytes + step->count, step->page_bytes);
	else if (step->kind == CMSPI_STEP_BLANK)
		frames = DIV_ROUND_UP(step->count, step->grain_bytes);
	add_commands(load, step, frames);
	load->bytes[cmspi_step_data_slot(step)] += cmspi_step_count(step);
	load->in_bytes += CMSPI_STEP_BYTES + in_bytes;
	load->out_bytes += out_bytes;
	load->in_cells += 1 + (step->kind == CMSPI_STEP_PROGRAM ?
		frames * DIV_ROUND_UP(step->page_bytes, CMSPI_CELL_DATA_BYTES) :
		DIV_ROUND_UP(in_bytes, CMSPI_CELL_DATA_BYTES));
	load->out_cells += DIV_ROUND_UP(out_bytes, CMSPI_CELL_DATA_BYTES);
	load->out_max = MAX(load->out_max, cmspi_step_has_results(step) ? 4 :
		cmspi_round_up_word(out_bytes));
	load->sends |= in_bytes != 0;
}

static struct load load_of(const struct cmspi_stub *run)
{
	// the end is a step, too
	struct load load = { .in_bytes = CMSPI_STEP_BYTES, .in_cells = 1 };

	for (unsigned int i = 0; i < run->count; i++)
		add_step(&load, &run->steps[i]);
	return load;
}

/* ---- room --------------------------------------------------------------- */

static uint32_t ring_min_bytes(uint32_t unit_bytes)
{
	return 2 * cmspi_round_up_word(unit_bytes);
}

static uint32_t round_up(uint32_t bytes, uint32_t unit_bytes)
{
	return DIV_ROUND_UP(bytes, unit_bytes) * unit_bytes;
}

/* A few steps all at once save requests, also where most is received. */
static uint32_t in_extra(const struct cmspi_stub *run, uint64_t in_bytes, uint32_t in_min,
	uint32_t spare)
{
	const uint64_t wanted = in_bytes + (run->more ? MORE_STEPS * CMSPI_STEP_BYTES : 0) + 4;

	return wanted > in_min ? MIN(wanted - in_min, spare / 8) & ~UINT32_C(3) : 0;
}

/* Split what is left of the work area between the rings; false: too little. */
static bool size_rings(struct cmspi_stub *run, const struct load *load, uint32_t left)
{
	const uint64_t in_bytes = load->in_bytes;
	const uint64_t out_bytes = load->out_bytes;
	// many small units should not each wait for the host
	const uint32_t out_max = MAX(load->out_max, MIN(out_bytes, left / OUT_SHARE) & ~3U);

	run->feed_left = in_bytes;
	run->drain_left = out_bytes;
	for (run->unit_bytes = CMSPI_UNIT_MAX_BYTES; run->unit_bytes >= UNIT_MIN_BYTES;
			run->unit_bytes /= 2) {
		const uint32_t in_max = !load->sends ? CMSPI_STEP_BYTES :
			MAX(MAX(CMSPI_STEP_BYTES, run->unit_bytes), run->packed.unit_bytes);
		// the host puts a unit into an empty ring of this size, too
		const uint32_t in_min = round_up(run->unit_bytes > UNIT_MIN_BYTES ?
			ring_min_bytes(in_max) : in_max, load->sends ? run->unit_bytes : 4);
		const uint32_t out_min = !out_bytes ? 0 :
			ring_min_bytes(MIN(run->unit_bytes, out_max));

		if (in_min + out_min > left)
			continue;
		const uint32_t spare = left - in_min - out_min;

		run->in.size_bytes = in_min + (in_bytes > out_bytes ? spare :
			in_extra(run, in_bytes, in_min, spare));
		// whole units: data that end with the in ring save a request
		if (load->sends)
			run->in.size_bytes -= run->in.size_bytes % run->unit_bytes;
		run->out.size_bytes = left - run->in.size_bytes;
		if (out_bytes < in_bytes)
			run->out.size_bytes = out_min;
		return true;
	}
	return false;
}

/* The same where one of them is made of cells: all that is left goes to it. */
static bool size_cells(struct cmspi_stub *run, const struct load *load, uint32_t left)
{
	// one step at a time will do where each has many cells
	const uint32_t in_bytes = run->loops.in_cells ? 0 : CMSPI_STEP_BYTES;
	const uint32_t cells = left < in_bytes ? 0 : (left - in_bytes) / CMSPI_CELL_BYTES;

	if (cells < CELLS_MIN)
		return false;
	run->unit_bytes = CMSPI_CELL_DATA_BYTES;
	run->drain_left = load->out_bytes;
	if (run->loops.in_cells) {
		run->feed_left = load->in_cells * CMSPI_CELL_BYTES;
		run->in.size_bytes = cells * CMSPI_CELL_BYTES;
		run->out.size_bytes = 0;
	} else {
		run->feed_left = load->in_bytes;
		run->out.size_bytes = cells * CMSPI_CELL_BYTES;
		run->in.size_bytes = (left - run->out.size_bytes) & ~UINT32_C(3);
	}
	return true;
}

/* Bytes that go through a ring in a piece: a half, or nearly all of its cells. */
static uint32_t usual_piece_bytes(const struct cmspi_ring *ring)
{
	return ring->cells ? ring->size_bytes - CMSPI_CELL_BYTES : ring->size_bytes / 2;
}

/* About how long the batch takes with these loops and rings, in ns. The link
 * and the core with its chip work at the same time, but for the first piece. */
static uint64_t reckon_ns(const struct cmspi_stub *run, const struct load *load)
{
	const unsigned int swd_khz = adapter_get_speed_khz();
	const uint64_t byte_ns = UINT64_C(1000000) * CMSPI_SWD_CLOCKS / 4 /
		(swd_khz ? swd_khz : SWD_GUESS_KHZ);
	const uint64_t in_bytes = run->in.cells ? load->in_cells * CMSPI_CELL_BYTES : load->in_bytes;
	const uint64_t out_bytes = run->out.cells ? load->out_cells * CMSPI_CELL_BYTES :
		load->out_bytes;
	const uint64_t bytes_ns = (in_bytes + out_bytes) * byte_ns;
	uint64_t cycles = 0;

	for (unsigned int i = 0; i < CMSPI_SLOTS; i++)
		cycles += load->bytes[i] * run->loops.cycles[i];
	const uint64_t core_ns = cycles * 1000000 / run->bus->core_max_khz + load->wait_us * 1000;
	// it is never all free where the core is not well ahead of the link
	const uint64_t in_pieces = in_bytes / usual_piece_bytes(&run->in) *
		(run->in.cells && core_ns + core_ns / 8 > bytes_ns ? 2 : 1);
	const uint64_t pieces = in_pieces + (out_bytes ? out_bytes / usual_piece_bytes(&run->out) : 0);
	const uint64_t link_ns = bytes_ns + pieces * PIECE_NS;

	return cmspi_stub_fixed_bytes(run) * byte_ns + MAX(core_ns, link_ns) +
		MIN(core_ns, link_ns) / (pieces + 1);
}

/* ---- loops --------------------------------------------------------------- */

/* Highest SCK that the user, the part and all commands of the batch allow, 0: any. */
static uint32_t sck_limit_khz(const struct cmspi_stub *run)
{
	const uint32_t chip_khz = run->bus->chip_max_khz;
	uint32_t khz = run->bus->max_khz;

	if (chip_khz && (!khz || chip_khz < khz))
		khz = chip_khz;
	for (unsigned int i = 0; i < run->count; i++) {
		const uint32_t limit_khz = run->steps[i].op.max_khz;

		if (limit_khz && (!khz || limit_khz < khz))
			khz = limit_khz;
	}
	return khz;
}

static void wish_for(struct cmspi_loop_wish *wish, const struct cmspi_step *step)
{
	if (cmspi_step_has_results(step)) {
		wish->crc |= step->kind == CMSPI_STEP_CRC;
		wish->blank |= step->kind == CMSPI_STEP_BLANK;
		wish->sink_lines = step->op.data_lines;
	} else if (cmspi_step_out_bytes(step)) {
		wish->receive = true;
		wish->plain |= step->op.data_lines == 1;
		wish->dual |= step->op.data_lines == 2;
		wish->quad |= step->op.data_lines == 4;
	}
	if (step->kind == CMSPI_STEP_PROGRAM || cmspi_step_kind_code(step) == CMSPI_KIND_SEND ||
			step->flags & (CMSPI_STEP_WREN | CMSPI_STEP_POLL)) {
		wish->program = true;
		// a status byte, on the lines of the opcode
		wish->plain |= step->op.cmd_lines == 1;
		wish->dual |= step->op.cmd_lines == 2;
		wish->quad |= step->op.cmd_lines == 4;
	}
	wish->send_dual |= cmspi_step_lines_sent(step) == 2;
	wish->send_quad |= cmspi_step_lines_sent(step) == 4;
	wish->unpack |= (step->flags & CMSPI_STEP_PACKED) != 0;
	wish->words |= cmspi_step_kind_code(step) == CMSPI_KIND_WORDS;
}

struct cmspi_loop_wish cmspi_stub_wish(const struct cmspi_stub *run)
{
	struct cmspi_loop_wish wish = {
		.core_max_khz = run->bus->core_max_khz,
		.limit_khz = sck_limit_khz(run),
		// what will be asked for are commands, and waits
		.program = run->more,
		.plain = run->more,
	};

	for (unsigned int i = 0; i < run->count; i++)
		wish_for(&wish, &run->steps[i]);
	return wish;
}

/* A bit for each slot that the batch may use and whose loop comes in two sizes. */
static unsigned int slots_used(const struct load *load)
{
	unsigned int slots = 0;

	for (unsigned int i = CMSPI_SLOT_TX1; i <= CMSPI_SLOT_BLANK; i++)
		slots |= (load->bytes[i] != 0) << i;
	// small ones of these have others receive for them
	if (slots & (BIT(CMSPI_SLOT_CRC) | BIT(CMSPI_SLOT_BLANK)))
		slots |= BIT(CMSPI_SLOT_RX1) | BIT(CMSPI_SLOT_RX2) | BIT(CMSPI_SLOT_RX4);
	return slots;
}

/* Take these loops if they fit; run->area_bytes: what they need. */
static bool fit_loops(struct cmspi_stub *run, const struct cmspi_loop_wish *wish,
	const struct load *load, uint32_t avail)
{
	cmspi_loops_choose(&run->bus->stores, wish, &run->loops);
	const uint32_t fixed = cmspi_stub_fixed_bytes(run);

	run->in.cells = run->loops.in_cells;
	run->out.cells = run->loops.out_cells;
	if (avail > fixed && (run->in.cells || run->out.cells ?
			size_cells(run, load, avail - fixed) :
			size_rings(run, load, MIN(avail - fixed, RING_MAX_BYTES)))) {
		run->area_bytes = fixed + run->in.size_bytes + run->out.size_bytes;
		return true;
	}
	run->area_bytes = fixed + 2 * ring_min_bytes(CMSPI_STEP_BYTES);
	return false;
}

/* Put the loops that get the batch done soonest into the wish, if they do it sooner than
 * what is known. */
static void try_loops(struct cmspi_stub *run, const struct load *load,
	struct cmspi_loop_wish *wish, uint32_t avail)
{
	const unsigned int two_sizes = slots_used(load);
	struct cmspi_loop_wish next = *wish;

	for (next.small = 0; next.small <= two_sizes; next.small += 1 << CMSPI_SLOT_TX1) {
		if (next.small & ~two_sizes || !fit_loops(run, &next, load, avail))
			continue;
		const uint64_t ns = reckon_ns(run, load);

		if (ns < run->reckoned_ns) {
			run->reckoned_ns = ns;
			*wish = next;
		}
	}
}

bool cmspi_stub_choose(struct cmspi_stub *run, uint32_t avail)
{
	const struct load load = load_of(run);
	struct cmspi_loop_wish best = cmspi_stub_wish(run);

	best.small = slots_used(&load);
	run->reckoned_ns = UINT64_MAX;
	try_loops(run, &load, &best, avail);
	if (avail <= CMSPI_CELLS_MAX_BYTES && adapter_get_speed_khz()) {
		struct cmspi_loop_wish cells = best;
		const uint64_t units_ns = run->reckoned_ns;

		cells.cells = true;
		try_loops(run, &load, &cells, avail);
		if (run->reckoned_ns < units_ns)
			best = cells;
	}
	return fit_loops(run, &best, &load, avail);
}
