// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The stub executor: composes the stub's image for a list of steps, runs it
 * on the target and feeds and drains its two rings meanwhile. The contract
 * with the stub is contrib/loaders/spi/cmspi_abi.h.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_bus.h"
#include "cmspi_loops.h"
#include "cmspi_report.h"
#include <helper/binarybuffer.h>
#include <helper/bits.h>
#include <helper/time_support.h>
#include <target/algorithm.h>
#include <target/armv7m.h>
#include <target/register.h>

#include "../../../contrib/loaders/spi/cmspi_abi.h"

/* Cortex-M0 cycles of a step, or of a round of a poll, beside its bytes. */
#define CYCLES_STEP		600
#define CYCLES_POLL		150

/* Largest ring unit; a page of 256 bytes travels whole. */
#define UNIT_MAX_BYTES		256
#define UNIT_MIN_BYTES		32
/* Room below the stub's own stack for an NMI's frame, with FPU registers. */
#define STACK_BYTES		(CMSPI_STACK_BYTES + 112)
/* The debug link's part of any wait: no progress for longer is trouble. */
#define LINK_TIMEOUT_MS		5000
#define HALT_TIMEOUT_MS		500
/* Entries that put_bases() can make. */
#define BASES_MAX		9
/* r0 to r4, sp and primask, see cmspi_abi.h. */
#define NUM_REGS		7
#define RESULT_REGS		5
/* More ring than this per run buys nothing: it holds many USB packets. */
#define RING_MAX_BYTES		(32 * 1024)
/* What is sent or fetched in one go: two requests of an ST-LINK, in whole
 * pages; and the least, where the end is near. */
#define PIECE_MAX_BYTES		(48 * UNIT_MAX_BYTES)
#define PIECE_MIN_BYTES		(4 * UNIT_MAX_BYTES)
/* Most rounds without progress between two looks at the core's state. */
#define IDLE_ROUNDS		4

/* MPU_TYPE and MPU_CTRL, ARMv6-M and ARMv7-M ARM, B3.5.4 and B3.5.5. */
#define MPU_CTRL		0xe000ed94
#define MPU_CTRL_ENABLE		1
/* Configuration and control, instruction cache invalidate all; ARMv7-M ARM,
 * B3.2.8 and B2.2.7. The bit reads 0 on cores without a cache. */
#define CCR			0xe000ed14
#define CCR_IC			BIT(17)
#define ICIALLU			0xe000ef50

/* One of the two rings as the host sees it; offsets from its base. */
struct ring {
	uint32_t base;
	uint32_t size_bytes;
	uint32_t wp;
	uint32_t rp;
	/* copy of the ring's bytes */
	uint8_t *bytes;
};

/* A run of the stub. */
struct run {
	struct cmspi_bus *bus;
	const struct cmspi_step *steps;
	unsigned int count;
	struct cmspi_loops loops;
	/* bytes of a data unit */
	uint32_t unit_bytes;

	/* the lent work area */
	uint32_t address;
	uint32_t area_bytes;
	/* the stub may still be running in it */
	bool lost;
	uint8_t *image;
	uint32_t ctx;
	uint32_t setup;
	uint32_t data_table;
	struct ring in;
	struct ring out;

	/* next unit to feed: step and bytes of its data already fed; the
	 * header comes before the first */
	unsigned int feed_step;
	uint32_t feed_done;
	bool feed_header;
	bool feed_end;
	/* bytes of data not yet fed, not yet handed out */
	uint32_t feed_left;
	uint32_t drain_left;
	/* looks in a row at which nothing had moved */
	unsigned int idle;
	/* next out unit expected */
	unsigned int drain_step;
	uint32_t drain_done;

	/* count-down of the poll under way when last looked at */
	uint32_t beat;
	uint32_t mpu_ctrl;
	struct armv7m_algorithm algorithm;
	bool started;
};

static inline uint32_t round_up_word(uint32_t bytes)
{
	return (bytes + 3) & ~UINT32_C(3);
}

/* ---- what a step moves -------------------------------------------------- */

static uint32_t step_in_bytes(const struct cmspi_step *step)
{
	if (step->kind == CMSPI_STEP_PROGRAM)
		return step->count;
	return step->kind == CMSPI_STEP_XFER ? step->tx_bytes : 0;
}

static bool step_has_results(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_CRC || step->kind == CMSPI_STEP_BLANK;
}

static uint32_t step_results(const struct cmspi_step *step)
{
	return DIV_ROUND_UP(step->count, step->grain_bytes);
}

static uint32_t step_out_bytes(const struct cmspi_step *step)
{
	if (step->kind == CMSPI_STEP_READ)
		return step->count;
	if (step_has_results(step))
		return 4 * step_results(step);
	return step->kind == CMSPI_STEP_XFER ? step->rx_bytes : 0;
}

static uint32_t step_out_unit(const struct run *run, const struct cmspi_step *step)
{
	const uint32_t unit_bytes = step_has_results(step) ? 4 : run->unit_bytes;

	return MIN(unit_bytes, step_out_bytes(step) - run->drain_done);
}

/* Data of PROGRAM restart their units at each page, as the stub counts. */
static uint32_t step_in_unit(const struct run *run, const struct cmspi_step *step)
{
	uint32_t left = step_in_bytes(step) - run->feed_done;

	if (step->kind == CMSPI_STEP_PROGRAM) {
		const uint32_t in_page = (step->addr + run->feed_done) % step->page_bytes;

		left = MIN(left, step->page_bytes - in_page);
	}
	return MIN(run->unit_bytes, left);
}

/* ---- time --------------------------------------------------------------- */

/* Highest SCK that the user and all commands of the batch allow, 0: any. */
static uint32_t sck_limit_khz(const struct run *run)
{
	uint32_t khz = run->bus->max_khz;

	for (unsigned int i = 0; i < run->count; i++) {
		const uint32_t limit_khz = run->steps[i].op.max_khz;

		if (limit_khz && (!khz || limit_khz < khz))
			khz = limit_khz;
	}
	return khz;
}

static uint32_t poll_cycles(const struct run *run)
{
	return run->loops.tx_cycles + run->loops.rx_cycles + CYCLES_POLL;
}

/* Rounds of a poll that take at least timeout_us. */
static uint32_t poll_rounds(const struct run *run, uint32_t timeout_us)
{
	const uint64_t cycles = (uint64_t)timeout_us * run->bus->core_max_khz / 1000;

	// no core is twice as fast per clock as the M0 that the cycles are of
	return MIN(2 * cycles / poll_cycles(run) + 2, UINT32_MAX);
}

/* Longest time in which no word moves that look() looks at. */
static int64_t quiet_ms(const struct run *run)
{
	const uint32_t per_byte = MAX(run->loops.tx_cycles, run->loops.rx_cycles) +
		run->loops.sink_cycles;
	uint32_t bytes = UNIT_MAX_BYTES;

	for (unsigned int i = 0; i < run->count; i++) {
		const struct cmspi_step *step = &run->steps[i];

		if (step_has_results(step))
			bytes = MAX(bytes, MIN(step->grain_bytes, step->count));
	}
	const uint64_t cycles = (uint64_t)bytes * per_byte + CYCLES_STEP;

	// RC oscillators and rounded figures: twice the time reckoned
	return 2 * cycles / run->bus->core_min_khz + LINK_TIMEOUT_MS;
}

/* ---- the image ---------------------------------------------------------- */

static void put_ctx(struct run *run, uint32_t offset, uint32_t value)
{
	h_u32_to_le(run->image + run->ctx + offset, value);
}

static uint32_t target_addr(const struct run *run, uint32_t offset)
{
	return run->address + offset;
}

static void put_store(struct run *run, uint32_t offset, const struct cmspi_store *store)
{
	put_ctx(run, offset, store->addr);
	put_ctx(run, offset + 4, store->word);
}

static void put_stores(struct run *run)
{
	const struct cmspi_stores *s = &run->bus->stores;

	put_store(run, CMSPI_CTX_LO_ADDR, &s->clk_low);
	put_store(run, CMSPI_CTX_HI_ADDR, &s->clk_high);
	put_store(run, CMSPI_CTX_CS_LO_ADDR, &s->cs_low);
	put_store(run, CMSPI_CTX_CS_HI_ADDR, &s->cs_high);
	put_ctx(run, CMSPI_CTX_IN_ADDR, s->in_addr);
	put_ctx(run, CMSPI_CTX_IN_SHIFT, s->in_bit + 1);
	put_ctx(run, CMSPI_CTX_IN0_SHIFT, s->in0_bit + 1);
	put_ctx(run, CMSPI_CTX_TURN_ADDR, s->turn.addr);
	put_ctx(run, CMSPI_CTX_TURN_MASK, s->turn.mask);
	put_ctx(run, CMSPI_CTX_TURN_IN, s->turn.in);
	put_ctx(run, CMSPI_CTX_TURN_OUT, s->turn.out);
	put_ctx(run, CMSPI_CTX_DATA_ADDR, s->data[0].addr);
	put_ctx(run, CMSPI_CTX_DATA_WORD0, s->data[0].word);
	put_ctx(run, CMSPI_CTX_DATA_WORD1, s->data[1].word);
	put_ctx(run, CMSPI_CTX_HI_WORD0, s->data_clk_high[0].word);
	put_ctx(run, CMSPI_CTX_HI_WORD1, s->data_clk_high[1].word);
}

static uint32_t put_base(struct run *run, uint32_t offset, uint32_t words, uint32_t count,
	const struct cmspi_store *store)
{
	uint8_t *entry = run->image + offset;

	if (!store->keep)
		return offset;
	h_u32_to_le(entry + CMSPI_BASE_WORDS, target_addr(run, words));
	h_u32_to_le(entry + CMSPI_BASE_COUNT, count);
	h_u32_to_le(entry + CMSPI_BASE_ADDR, store->addr);
	h_u32_to_le(entry + CMSPI_BASE_MASK, store->keep);
	return offset + CMSPI_BASE_BYTES;
}

/* Words of the context and the data table that are stores to a whole port. */
static uint32_t put_bases(struct run *run, uint32_t offset)
{
	const struct cmspi_stores *s = &run->bus->stores;
	const struct {
		uint32_t ctx_offset;
		const struct cmspi_store *store;
	} words[] = {
		{ CMSPI_CTX_LO_WORD, &s->clk_low },
		{ CMSPI_CTX_HI_WORD, &s->clk_high },
		{ CMSPI_CTX_CS_LO_WORD, &s->cs_low },
		{ CMSPI_CTX_CS_HI_WORD, &s->cs_high },
		{ CMSPI_CTX_DATA_WORD0, &s->data[0] },
		{ CMSPI_CTX_DATA_WORD1, &s->data[1] },
		{ CMSPI_CTX_HI_WORD0, &s->data_clk_high[0] },
		{ CMSPI_CTX_HI_WORD1, &s->data_clk_high[1] },
	};

	put_ctx(run, CMSPI_CTX_BASES, target_addr(run, offset));
	for (unsigned int i = 0; i < ARRAY_SIZE(words); i++)
		offset = put_base(run, offset, run->ctx + words[i].ctx_offset, 1,
			words[i].store);
	if (run->loops.data_table)
		offset = put_base(run, offset, run->data_table, CMSPI_DATA_TABLE_WORDS,
			&s->data[0]);
	put_ctx(run, CMSPI_CTX_BASES_END, target_addr(run, offset));
	return offset;
}

static uint32_t put_setup(struct run *run, uint32_t offset)
{
	const struct cmspi_wires *wires = &run->bus->wires;

	run->setup = offset;
	put_ctx(run, CMSPI_CTX_SETUP, target_addr(run, offset));
	put_ctx(run, CMSPI_CTX_SETUP_DONE, target_addr(run, offset));
	for (unsigned int i = 0; i < wires->num_setups; i++) {
		uint8_t *entry = run->image + offset;

		h_u32_to_le(entry + CMSPI_SETUP_ADDR, wires->setups[i].addr);
		h_u32_to_le(entry + CMSPI_SETUP_MASK, wires->setups[i].mask);
		h_u32_to_le(entry + CMSPI_SETUP_VALUE, wires->setups[i].value);
		h_u32_to_le(entry + CMSPI_SETUP_FORCE, wires->setups[i].force);
		offset += CMSPI_SETUP_BYTES;
	}
	put_ctx(run, CMSPI_CTX_SETUP_END, target_addr(run, offset));
	return offset;
}

static void put_code(struct run *run)
{
	static const uint32_t vectors[CMSPI_SLOTS] = {
		[CMSPI_SLOT_TX1] = CMSPI_CTX_TX,
		[CMSPI_SLOT_RX1] = CMSPI_CTX_RX,
		[CMSPI_SLOT_RX2] = CMSPI_CTX_RX + 4,
		[CMSPI_SLOT_CRC] = CMSPI_CTX_CRC,
		[CMSPI_SLOT_BLANK] = CMSPI_CTX_BLANK,
	};
	uint32_t offset = 0;

	for (unsigned int i = 0; i < CMSPI_SLOTS; i++) {
		const struct cmspi_loop *loop = run->loops.slots[i];

		if (!loop)
			continue;
		memcpy(run->image + offset, loop->code, loop->size_bytes);
		if (i != CMSPI_SLOT_CORE) {
			cmspi_loop_fit(&run->bus->stores, run->image + offset, loop->size_bytes);
			put_ctx(run, vectors[i], target_addr(run, offset) | 1);
		}
		offset += round_up_word(loop->size_bytes);
	}
}

static uint32_t code_bytes(const struct run *run)
{
	uint32_t bytes = 0;

	for (unsigned int i = 0; i < CMSPI_SLOTS; i++) {
		if (run->loops.slots[i])
			bytes += round_up_word(run->loops.slots[i]->size_bytes);
	}
	return bytes;
}

static uint32_t table_bytes(const struct run *run)
{
	return 4 * ((run->loops.data_table ? CMSPI_DATA_TABLE_WORDS : 0) +
		(run->loops.crc_table ? CMSPI_CRC_TABLE_WORDS : 0));
}

static uint32_t put_tables(struct run *run, uint32_t offset)
{
	run->data_table = offset;
	if (run->loops.data_table) {
		put_ctx(run, CMSPI_CTX_TABLE, target_addr(run, offset));
		for (unsigned int i = 0; i < CMSPI_DATA_TABLE_WORDS; i++, offset += 4)
			h_u32_to_le(run->image + offset,
				cmspi_data_table_word(&run->bus->stores, i));
	}
	if (run->loops.crc_table) {
		put_ctx(run, CMSPI_CTX_CRC_TABLE, target_addr(run, offset));
		for (unsigned int i = 0; i < CMSPI_CRC_TABLE_WORDS; i++, offset += 4)
			h_u32_to_le(run->image + offset, cmspi_crc_table_word(i));
	}
	return offset;
}

/* Bytes of everything before the rings. */
static uint32_t fixed_bytes(const struct run *run)
{
	return code_bytes(run) + CMSPI_CTX_BYTES + STACK_BYTES + table_bytes(run) +
		run->bus->wires.num_setups * CMSPI_SETUP_BYTES + BASES_MAX * CMSPI_BASE_BYTES;
}

static void put_rings(struct run *run, uint32_t offset)
{
	run->in.base = target_addr(run, offset);
	run->in.bytes = run->image + offset;
	run->out.base = run->in.base + run->in.size_bytes;
	run->out.bytes = run->in.bytes + run->in.size_bytes;
	put_ctx(run, CMSPI_CTX_IN_WP, run->in.base);
	put_ctx(run, CMSPI_CTX_IN_RP, run->in.base);
	put_ctx(run, CMSPI_CTX_IN_BASE, run->in.base);
	put_ctx(run, CMSPI_CTX_IN_END, run->in.base + run->in.size_bytes);
	put_ctx(run, CMSPI_CTX_OUT_WP, run->out.base);
	put_ctx(run, CMSPI_CTX_OUT_RP, run->out.base);
	put_ctx(run, CMSPI_CTX_OUT_BASE, run->out.base);
	put_ctx(run, CMSPI_CTX_OUT_END, run->out.base + run->out.size_bytes);
}

static void put_watchdog(struct run *run)
{
	const struct cmspi_store *watchdog = &run->bus->watchdog;

	put_ctx(run, CMSPI_CTX_WDOG_WORD, watchdog->word);
	put_ctx(run, CMSPI_CTX_WDOG_ADDR, watchdog->addr ? watchdog->addr
		: target_addr(run, run->ctx + CMSPI_CTX_SPARE));
}

/* Returns the offset of the first ring, where the part ends that must be
 * there before the start. */
static uint32_t compose(struct run *run)
{
	run->ctx = code_bytes(run);
	put_code(run);
	put_stores(run);
	put_watchdog(run);
	put_ctx(run, CMSPI_CTX_DELAY, run->loops.delay_rounds);
	put_ctx(run, CMSPI_CTX_CS_DELAY, run->loops.cs_rounds);
	put_ctx(run, CMSPI_CTX_CLK_BASE, cmspi_loops_clk_base(&run->bus->stores));
	// WREN 06h, RDSR 05h, WEL is bit 1 on every part that has them
	put_ctx(run, CMSPI_CTX_WREN, 0x06 | 0x05 << 8 | 0x02 << 16);

	uint32_t offset = put_tables(run, run->ctx + CMSPI_CTX_BYTES);

	offset = put_setup(run, offset);
	offset = put_bases(run, offset) + STACK_BYTES;
	put_rings(run, offset);
	return offset;
}

/* ---- the rings ---------------------------------------------------------- */

/* Where a unit goes: the rule of cmspi_abi.h. */
static uint32_t unit_start(const struct ring *ring, uint32_t cursor, uint32_t bytes)
{
	return ring->size_bytes - cursor < bytes ? 0 : cursor;
}

static bool ring_has_room(const struct ring *ring, uint32_t bytes)
{
	const uint32_t start = unit_start(ring, ring->wp, bytes);

	if (ring->wp >= ring->rp && start == ring->wp)
		return true;
	if (ring->wp < ring->rp && start != ring->wp)
		return false;
	return start + bytes < ring->rp;
}

static uint32_t ring_used(const struct ring *ring)
{
	return ring->wp >= ring->rp ? ring->wp - ring->rp
		: ring->size_bytes - ring->rp + ring->wp;
}

static uint8_t line_code(uint8_t lines)
{
	return lines == 4 ? 2 : lines == 2 ? 1 : 0;
}

static uint8_t step_kind_code(const struct cmspi_step *step)
{
	switch (step->kind) {
	case CMSPI_STEP_PROGRAM:
		return CMSPI_KIND_PROGRAM;
	case CMSPI_STEP_CRC:
		return CMSPI_KIND_CRC;
	case CMSPI_STEP_BLANK:
		return CMSPI_KIND_BLANK;
	case CMSPI_STEP_READ:
		return CMSPI_KIND_RECEIVE;
	case CMSPI_STEP_XFER:
		break;
	}
	return step->rx_bytes ? CMSPI_KIND_RECEIVE : CMSPI_KIND_SEND;
}

static uint8_t step_flag_codes(const struct cmspi_step *step)
{
	static const struct {
		unsigned int flag;
		uint8_t code;
	} codes[] = {
		{ CMSPI_STEP_WREN, CMSPI_FLAG_WREN },
		{ CMSPI_STEP_CHECK_WEL, CMSPI_FLAG_CHECK_WEL },
		{ CMSPI_STEP_POLL, CMSPI_FLAG_POLL },
		{ CMSPI_STEP_KEEP_CS, CMSPI_FLAG_KEEP_CS },
		{ CMSPI_STEP_CONTINUE, CMSPI_FLAG_CONTINUE },
		{ CMSPI_STEP_RUNNING, CMSPI_FLAG_RUNNING },
	};
	uint8_t flags = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(codes); i++) {
		if (step->flags & codes[i].flag)
			flags |= codes[i].code;
	}
	return flags;
}

static uint32_t step_count(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_XFER ? step->rx_bytes + step->tx_bytes : step->count;
}

static void put_header(const struct run *run, const struct cmspi_step *step, uint8_t *unit)
{
	const struct cmspi_op *op = &step->op;

	memset(unit, 0, CMSPI_STEP_BYTES);
	unit[CMSPI_AT_KIND] = step_kind_code(step);
	unit[CMSPI_AT_FLAGS] = step_flag_codes(step);
	unit[CMSPI_AT_ADDR_BYTES] = op->addr_bytes;
	unit[CMSPI_AT_MODE_BYTES] = op->mode_bytes;
	unit[CMSPI_AT_DUMMY] = op->dummy_clocks;
	unit[CMSPI_AT_LINES] = line_code(op->cmd_lines) | line_code(op->addr_lines) << 2 |
		line_code(op->data_lines) << 4;
	h_u32_to_le(unit + CMSPI_AT_COUNT, step_count(step));
	h_u32_to_le(unit + CMSPI_AT_POLLS, poll_rounds(run, step->timeout_us));
	unit[CMSPI_AT_POLL] = step->poll.opcode;
	unit[CMSPI_AT_POLL + 1] = step->poll.mask;
	unit[CMSPI_AT_POLL + 2] = step->poll.ready;
	unit[CMSPI_AT_POLL + 3] = step->poll.fail;
	h_u32_to_le(unit + CMSPI_AT_ADDR, step->addr);
	unit[CMSPI_AT_OPCODE] = op->opcode;
	unit[CMSPI_AT_MODE] = op->mode;
	h_u16_to_le(unit + CMSPI_AT_UNIT, run->unit_bytes);
	if (step->kind == CMSPI_STEP_PROGRAM) {
		h_u16_to_le(unit + CMSPI_AT_FIRST,
			step->page_bytes - step->addr % step->page_bytes);
		h_u16_to_le(unit + CMSPI_AT_PAGE, step->page_bytes);
	} else {
		h_u32_to_le(unit + CMSPI_AT_GRAIN, step->grain_bytes);
	}
}

/* Put the next unit into the ring's copy if there is room for it. */
static bool feed_unit(struct run *run)
{
	struct ring *ring = &run->in;
	const struct cmspi_step *step = run->feed_step < run->count ?
		&run->steps[run->feed_step] : NULL;
	const uint32_t data_bytes = step && !run->feed_header ? step_in_unit(run, step) : 0;
	const uint32_t bytes = data_bytes ? round_up_word(data_bytes) : CMSPI_STEP_BYTES;

	if (run->feed_end || !ring_has_room(ring, bytes))
		return false;

	const uint32_t start = unit_start(ring, ring->wp, bytes);
	uint8_t *unit = ring->bytes + start;

	if (data_bytes) {
		memcpy(unit, step->tx + run->feed_done, data_bytes);
		run->feed_done += data_bytes;
		run->feed_left -= data_bytes;
	} else if (step) {
		put_header(run, step, unit);
		run->feed_header = false;
		run->feed_done = 0;
	} else {
		memset(unit, 0, CMSPI_STEP_BYTES);
		run->feed_end = true;
	}
	ring->wp = start + bytes;
	if (step && run->feed_done == step_in_bytes(step)) {
		run->feed_step++;
		run->feed_header = true;
	}
	return true;
}

/* Send the bytes of the in ring that changed since its write pointer stood at
 * from, then the pointer itself. */
static int send_units(struct run *run, uint32_t from, bool wrapped, uint32_t wrap_end)
{
	struct target *target = run->bus->target;
	struct ring *ring = &run->in;
	int retval = ERROR_OK;

	if (wrapped) {
		if (wrap_end > from)
			retval = target_write_buffer(target, ring->base + from,
				wrap_end - from, ring->bytes + from);
		from = 0;
	}
	if (retval == ERROR_OK)
		retval = target_write_buffer(target, ring->base + from, ring->wp - from,
			ring->bytes + from);
	if (retval != ERROR_OK)
		return retval;
	return target_write_u32(target, target_addr(run, run->ctx + CMSPI_CTX_IN_WP),
		ring->base + ring->wp);
}

/* Large pieces save requests, small ones at the end save waiting for the stub
 * to finish the last. */
static uint32_t piece_bytes(const struct run *run)
{
	const uint32_t piece = MAX(run->feed_left / 4, PIECE_MIN_BYTES);

	return MIN(MIN(piece, PIECE_MAX_BYTES), run->in.size_bytes / 2);
}

/* Send a piece of what is to come, if there is room for a whole one (or for
 * all that is left, or the ring has run dry). */
static int feed(struct run *run, bool *progress)
{
	const uint32_t from = run->in.wp;
	const uint32_t room = run->in.size_bytes - ring_used(&run->in);
	const uint32_t piece = piece_bytes(run);
	uint32_t last = from;
	uint32_t wrap_end = 0;
	uint32_t fed = 0;
	bool wrapped = false;

	if (room < piece && room < run->feed_left)
		return ERROR_OK;
	while (fed < piece && feed_unit(run)) {
		if (run->in.wp <= last && !wrapped) {
			wrapped = true;
			wrap_end = last;
		}
		fed += run->in.wp > last ? run->in.wp - last : run->in.wp;
		last = run->in.wp;
	}
	if (!fed)
		return ERROR_OK;
	*progress = true;
	run->bus->counts.sent += fed;
	return send_units(run, from, wrapped, wrap_end);
}

/* Give an out unit to its step. */
static void take_unit(struct run *run, const struct cmspi_step *step, const uint8_t *unit,
	uint32_t bytes)
{
	if (step_has_results(step))
		step->results[run->drain_done / 4] = le_to_h_u32(unit);
	else
		memcpy(step->rx + run->drain_done, unit, bytes);
	run->drain_done += bytes;
	run->drain_left -= bytes;
}

static const struct cmspi_step *drain_step(struct run *run)
{
	while (run->drain_step < run->count) {
		const struct cmspi_step *step = &run->steps[run->drain_step];

		if (run->drain_done < step_out_bytes(step))
			return step;
		run->drain_step++;
		run->drain_done = 0;
	}
	return NULL;
}

/* Hand out the units from rp on that have been read up to end. */
static int take_units(struct run *run, uint32_t end)
{
	struct ring *ring = &run->out;

	while (ring->rp != ring->wp) {
		const struct cmspi_step *step = drain_step(run);
		if (!step) {
			LOG_TARGET_ERROR(run->bus->target,
				"stub sent more data than asked for, out ring at 0x%" PRIx32,
				ring->base + ring->wp);
			return ERROR_FAIL;
		}
		const uint32_t bytes = step_out_unit(run, step);
		const uint32_t rounded = round_up_word(bytes);

		if (unit_start(ring, ring->rp, rounded) != ring->rp || ring->rp + rounded > end)
			break;
		take_unit(run, step, ring->bytes + ring->rp, bytes);
		ring->rp += rounded;
	}
	return ERROR_OK;
}

/* Read a piece of what is there and give its room back to the stub; a small
 * piece only at the end, or when the stub stands still. */
static int drain(struct run *run, bool *progress)
{
	struct ring *ring = &run->out;
	struct target *target = run->bus->target;

	if (ring->rp == ring->wp || (!run->idle && ring_used(ring) < run->drain_left &&
			ring_used(ring) < MIN(PIECE_MAX_BYTES, ring->size_bytes / 2)))
		return ERROR_OK;
	const struct cmspi_step *step = drain_step(run);
	const uint32_t first = step ? round_up_word(step_out_unit(run, step)) : 0;
	const uint32_t start = unit_start(ring, ring->rp, first);
	const uint32_t end = MIN(ring->wp > start ? ring->wp : ring->size_bytes,
		start + PIECE_MAX_BYTES);

	int retval = target_read_buffer(target, ring->base + start, end - start,
		ring->bytes + start);
	if (retval != ERROR_OK)
		return retval;
	ring->rp = start;
	retval = take_units(run, end);
	if (retval != ERROR_OK)
		return retval;
	*progress = true;
	return target_write_u32(target, target_addr(run, run->ctx + CMSPI_CTX_OUT_RP),
		ring->base + ring->rp);
}

/* Fetch the words that the stub moves. */
static int look(struct run *run, bool *progress)
{
	uint8_t words[CMSPI_CTX_BEAT + 4 - CMSPI_CTX_IN_RP];

	int retval = target_read_buffer(run->bus->target,
		target_addr(run, run->ctx + CMSPI_CTX_IN_RP), sizeof(words), words);
	if (retval != ERROR_OK)
		return retval;
	const uint32_t rp = le_to_h_u32(words) - run->in.base;
	const uint32_t wp = le_to_h_u32(words + CMSPI_CTX_OUT_WP - CMSPI_CTX_IN_RP) -
		run->out.base;
	const uint32_t beat = le_to_h_u32(words + CMSPI_CTX_BEAT - CMSPI_CTX_IN_RP);

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

/* ---- the run ------------------------------------------------------------ */

/* Has the core stopped, or has nothing moved for too long? */
static int check_core(struct run *run, int64_t quiet_since_ms, bool *stopped)
{
	struct target *target = run->bus->target;

	int retval = target_poll(target);
	if (retval != ERROR_OK)
		return retval;
	*stopped = target->state == TARGET_HALTED;
	if (!*stopped && timeval_ms() - quiet_since_ms > quiet_ms(run))
		return ERROR_TARGET_TIMEOUT;
	return ERROR_OK;
}

/* Feed and drain until all is delivered or the core has stopped. A piece at a
 * time, so that the stub works on one while the next is under way; and the
 * stub's pointers are fetched only when what is known of them is used up. */
static int pump(struct run *run)
{
	int64_t moved_ms = timeval_ms();
	bool stopped = false;

	while (!stopped && (!run->feed_end || run->in.rp != run->in.wp || drain_step(run))) {
		bool progress = false;

		int retval = drain(run, &progress);
		if (retval == ERROR_OK)
			retval = feed(run, &progress);
		if (retval == ERROR_OK && !progress)
			retval = look(run, &progress);
		cmspi_report_got(run->bus->progress, run->drain_step, run->drain_done);
		cmspi_report_fed(run->bus->progress, run->feed_step + run->feed_end, run->feed_done,
			ring_used(&run->in));
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

/* An M7 may still hold the lines of another image at this address. */
static int flush_icache(struct target *target)
{
	uint32_t ccr;

	int retval = target_read_u32(target, CCR, &ccr);
	if (retval != ERROR_OK || !(ccr & CCR_IC))
		return retval;
	return target_write_u32(target, ICIALLU, 0);
}

static int mpu_off(struct run *run)
{
	int retval = target_read_u32(run->bus->target, MPU_CTRL, &run->mpu_ctrl);
	if (retval != ERROR_OK)
		return retval;
	if (!(run->mpu_ctrl & MPU_CTRL_ENABLE))
		return ERROR_OK;
	return target_write_u32(run->bus->target, MPU_CTRL, 0);
}

static int mpu_restore(struct run *run)
{
	if (!(run->mpu_ctrl & MPU_CTRL_ENABLE))
		return ERROR_OK;
	return target_write_u32(run->bus->target, MPU_CTRL, run->mpu_ctrl);
}

/* armv7m_wait_algorithm() leaves the core's registers alone when the
 * algorithm did not end where it should. */
static void restore_core(struct run *run)
{
	struct armv7m_common *armv7m = target_to_armv7m(run->bus->target);

	for (unsigned int i = 0; i < armv7m->arm.core_cache->num_regs; i++) {
		struct reg *reg = &armv7m->arm.core_cache->reg_list[i];

		// floating point registers are wider, and the stub does not touch them;
		// one that could not be read may hold anything, whatever the cache says
		if (!reg->exist || reg->size > 32 || (reg->valid &&
				buf_get_u32(reg->value, 0, 32) == run->algorithm.context[i]))
			continue;
		buf_set_u32(reg->value, 0, 32, run->algorithm.context[i]);
		reg->valid = true;
		reg->dirty = true;
	}
	armv7m->arm.core_mode = run->algorithm.core_mode;
}

static int undo_register(struct run *run, unsigned int i)
{
	struct target *target = run->bus->target;
	const struct cmspi_setup *setup = &run->bus->wires.setups[i];
	const uint32_t save = run->setup + i * CMSPI_SETUP_BYTES + CMSPI_SETUP_SAVE;
	uint32_t saved, word;

	int retval = target_read_u32(target, target_addr(run, save), &saved);
	if (retval == ERROR_OK)
		retval = target_read_u32(target, setup->addr, &word);
	if (retval != ERROR_OK)
		return retval;
	return target_write_u32(target, setup->addr,
		(word & ~setup->mask) | (saved & setup->mask));
}

/* Put back by hand what the stub could not: chip select up first, then the
 * set-up list backwards, as far as the stub had come with it. */
static int undo_setup(struct run *run)
{
	struct target *target = run->bus->target;
	const struct cmspi_store *cs_high = &run->bus->stores.cs_high;
	uint32_t done, word = 0;

	int retval = target_read_u32(target,
		target_addr(run, run->ctx + CMSPI_CTX_SETUP_DONE), &done);
	if (retval != ERROR_OK)
		return retval;
	unsigned int count = (done - target_addr(run, run->setup)) / CMSPI_SETUP_BYTES;

	if (!count)
		return ERROR_OK;
	if (count > run->bus->wires.num_setups)
		return ERROR_FAIL;
	if (cs_high->keep)
		retval = target_read_u32(target, cs_high->addr, &word);
	if (retval == ERROR_OK)
		retval = target_write_u32(target, cs_high->addr,
			cs_high->word | (word & cs_high->keep));
	// the first error is told, but the rest is put back all the same
	while (count--) {
		int undone = undo_register(run, count);
		if (retval == ERROR_OK)
			retval = undone;
	}
	return retval;
}

static int stop_core(struct run *run)
{
	struct target *target = run->bus->target;

	// asked politely, the stub puts everything back itself
	int retval = target_write_u32(target, target_addr(run, run->ctx + CMSPI_CTX_IN_WP), 0);
	if (retval == ERROR_OK)
		retval = target_wait_state(target, TARGET_HALTED, HALT_TIMEOUT_MS);
	if (retval == ERROR_OK)
		return ERROR_OK;
	retval = target_poll(target);
	if (retval != ERROR_OK || target->state == TARGET_HALTED)
		return retval;
	retval = target_halt(target);
	if (retval != ERROR_OK)
		return retval;
	return target_wait_state(target, TARGET_HALTED, HALT_TIMEOUT_MS);
}

/* The run did not end as it should: stop it and clean up in its place. */
static int recover(struct run *run)
{
	int retval = stop_core(run);
	if (retval != ERROR_OK)
		return retval;
	// tells OpenOCD that no algorithm runs any more; its verdict is known
	(void)target_wait_algorithm(run->bus->target, 0, NULL, 0, NULL,
		target_addr(run, CMSPI_EXIT_OFFSET), HALT_TIMEOUT_MS, &run->algorithm);
	restore_core(run);
	return undo_setup(run);
}

static void blame(struct run *run, struct reg_param *regs, struct cmspi_failure *failure)
{
	static const enum cmspi_fault faults[] = {
		[CMSPI_EXIT_OK] = CMSPI_FAULT_NONE,
		[CMSPI_EXIT_TIMEOUT] = CMSPI_FAULT_TIMEOUT,
		[CMSPI_EXIT_REFUSED] = CMSPI_FAULT_REFUSED,
		[CMSPI_EXIT_NO_WEL] = CMSPI_FAULT_NO_WEL,
	};
	const uint32_t code = buf_get_u32(regs[0].value, 0, 32);

	failure->fault = code < ARRAY_SIZE(faults) ? faults[code] : CMSPI_FAULT_LINK;
	failure->step = MIN(buf_get_u32(regs[1].value, 0, 32), run->count - 1);
	failure->status = buf_get_u32(regs[2].value, 0, 32);
	failure->addr = buf_get_u32(regs[3].value, 0, 32);
	failure->never_busy = buf_get_u32(regs[4].value, 0, 32);
	if (failure->fault == CMSPI_FAULT_LINK)
		LOG_TARGET_ERROR(run->bus->target, "stub ended with code %" PRIu32
			" at step %u of %u", code, failure->step + 1, run->count);
}

static int start(struct run *run, struct reg_param *regs)
{
	const uint32_t stack = run->in.base;

	run->algorithm.common_magic = ARMV7M_COMMON_MAGIC;
	run->algorithm.core_mode = ARM_MODE_THREAD;
	buf_set_u32(regs[0].value, 0, 32, target_addr(run, run->ctx));
	buf_set_u32(regs[RESULT_REGS].value, 0, 32, stack);
	// hla does not mask interrupts: one that waits would come before cpsid
	buf_set_u32(regs[RESULT_REGS + 1].value, 0, 1, 1);
	run->started = true;
	return target_start_algorithm(run->bus->target, 0, NULL, NUM_REGS, regs,
		run->address, target_addr(run, CMSPI_EXIT_OFFSET), &run->algorithm);
}

/* What the stub saved of the registers in the set-up list. */
static int fetch_saved(struct run *run)
{
	const unsigned int count = run->bus->wires.num_setups;
	uint8_t *list = run->image + run->setup;

	if (!run->bus->saved || !count)
		return ERROR_OK;
	int retval = target_read_buffer(run->bus->target, target_addr(run, run->setup),
		count * CMSPI_SETUP_BYTES, list);
	for (unsigned int i = 0; i < count && retval == ERROR_OK; i++)
		run->bus->saved[i] = le_to_h_u32(list + i * CMSPI_SETUP_BYTES + CMSPI_SETUP_SAVE);
	return retval;
}

static int finish(struct run *run, struct reg_param *regs, struct cmspi_failure *failure)
{
	int retval = target_wait_algorithm(run->bus->target, 0, NULL, NUM_REGS, regs,
		target_addr(run, CMSPI_EXIT_OFFSET), quiet_ms(run), &run->algorithm);
	if (retval != ERROR_OK)
		return retval;
	run->started = false;
	blame(run, regs, failure);
	if (failure->fault != CMSPI_FAULT_NONE)
		return ERROR_FLASH_OPERATION_FAILED;
	// the stub's last words may have come after our last look
	bool progress;

	retval = look(run, &progress);
	run->idle = 1;
	while (retval == ERROR_OK && run->out.rp != run->out.wp)
		retval = drain(run, &progress);
	if (retval == ERROR_OK && drain_step(run)) {
		LOG_TARGET_ERROR(run->bus->target, "stub ended before all data had arrived");
		return ERROR_FAIL;
	}
	return retval == ERROR_OK ? fetch_saved(run) : retval;
}

static int execute(struct run *run, struct cmspi_failure *failure)
{
	static char *names[NUM_REGS] = { "r0", "r1", "r2", "r3", "r4", "sp", "primask" };
	struct reg_param regs[NUM_REGS];

	for (unsigned int i = 0; i < NUM_REGS; i++) {
		const enum param_direction way = i == 0 ? PARAM_IN_OUT :
			i < RESULT_REGS ? PARAM_IN : PARAM_OUT;

		init_reg_param(&regs[i], names[i], i == NUM_REGS - 1 ? 1 : 32, way);
	}

	int retval = start(run, regs);
	if (retval == ERROR_OK)
		retval = pump(run);
	if (retval == ERROR_OK)
		retval = finish(run, regs, failure);
	for (unsigned int i = 0; i < NUM_REGS; i++)
		destroy_reg_param(&regs[i]);
	if (run->started) {
		LOG_TARGET_ERROR(run->bus->target,
			"stub at 0x%08" PRIx32 " did not come to its end (%s)",
			run->address, retval == ERROR_TARGET_TIMEOUT ? "no progress" :
			"target stopped elsewhere or the debug link failed");
		if (recover(run) != ERROR_OK) {
			LOG_TARGET_ERROR(run->bus->target, "pins and core registers could not be "
				"put back: reset the target");
			run->lost = true;
		}
		if (retval == ERROR_OK)
			retval = ERROR_FAIL;
	}
	return retval;
}

/* ---- the work area ------------------------------------------------------ */

static uint32_t ring_min_bytes(uint32_t unit_bytes)
{
	return 2 * unit_bytes + 8;
}

/* Split what is left of the work area between the rings; false: too little. */
static bool size_rings(struct run *run, uint32_t left)
{
	uint64_t in_bytes = 0;
	uint64_t out_bytes = 0;

	for (unsigned int i = 0; i < run->count; i++) {
		in_bytes += step_in_bytes(&run->steps[i]);
		out_bytes += step_out_bytes(&run->steps[i]);
	}
	for (run->unit_bytes = UNIT_MAX_BYTES; run->unit_bytes >= UNIT_MIN_BYTES;
			run->unit_bytes /= 2) {
		const uint32_t in_min = ring_min_bytes(in_bytes ? run->unit_bytes
			: CMSPI_STEP_BYTES);
		const uint32_t out_min = ring_min_bytes(out_bytes ? run->unit_bytes : 4);

		if (in_min + out_min > left)
			continue;
		run->feed_left = in_bytes;
		run->drain_left = out_bytes;
		run->in.size_bytes = in_bytes > out_bytes ? left - out_min : in_min;
		run->out.size_bytes = left - run->in.size_bytes;
		return true;
	}
	return false;
}

static struct cmspi_loop_wish wish_of(const struct run *run)
{
	struct cmspi_loop_wish wish = {
		.core_max_khz = run->bus->core_max_khz,
		.limit_khz = sck_limit_khz(run),
	};

	for (unsigned int i = 0; i < run->count; i++) {
		const struct cmspi_step *step = &run->steps[i];

		wish.dual |= step->op.data_lines == 2;
		wish.crc |= step->kind == CMSPI_STEP_CRC;
		wish.blank |= step->kind == CMSPI_STEP_BLANK;
		if (step_has_results(step))
			wish.sink_lines = step->op.data_lines;
	}
	return wish;
}

/* The fastest loops that leave room for the rings; false: none do. */
static bool choose_loops(struct run *run, uint32_t avail)
{
	struct cmspi_loop_wish wish = wish_of(run);

	for (wish.size = 0; wish.size < CMSPI_LOOP_SIZES; wish.size++) {
		cmspi_loops_choose(&run->bus->stores, &wish, &run->loops);
		const uint32_t fixed = fixed_bytes(run);

		run->area_bytes = MIN(avail, fixed + RING_MAX_BYTES);
		if (run->area_bytes > fixed && size_rings(run, run->area_bytes - fixed))
			return true;
	}
	return false;
}

static int lend_area(struct run *run)
{
	struct target *target = run->bus->target;
	const uint32_t avail = target_get_working_area_avail(target) & ~UINT32_C(3);

	if (!choose_loops(run, avail)) {
		// cmspi_bus.c tells the user, and does without the stub
		LOG_TARGET_DEBUG(target, "work area too small for the stub: %" PRIu32
			" bytes free, %" PRIu32 " needed", avail,
			fixed_bytes(run) + 2 * ring_min_bytes(UNIT_MIN_BYTES));
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	int retval = target_alloc_working_area(target, run->area_bytes, &run->bus->area);
	if (retval != ERROR_OK)
		return retval;
	run->address = run->bus->area->address;
	run->image = calloc(1, run->area_bytes);
	if (!run->image) {
		LOG_ERROR("out of memory for a %" PRIu32 " byte image", run->area_bytes);
		return ERROR_FAIL;
	}
	return ERROR_OK;
}

static int upload_and_execute(struct run *run, struct cmspi_failure *failure)
{
	const uint32_t rings = compose(run);

	// enough to begin with: the rest goes while the stub works
	while (run->in.wp < PIECE_MIN_BYTES && feed_unit(run))
		;
	put_ctx(run, CMSPI_CTX_IN_WP, run->in.base + run->in.wp);
	run->bus->counts.sent += rings + run->in.wp;

	int retval = target_write_buffer(run->bus->target, run->address,
		rings + run->in.wp, run->image);
	if (retval != ERROR_OK)
		return retval;
	retval = flush_icache(run->bus->target);
	if (retval == ERROR_OK)
		retval = mpu_off(run);
	if (retval != ERROR_OK)
		return retval;
	retval = execute(run, failure);
	int restored = mpu_restore(run);
	return retval != ERROR_OK ? retval : restored;
}

/* What must hold before anything is touched. */
static int check_target(struct target *target)
{
	if (target->state != TARGET_HALTED) {
		LOG_TARGET_ERROR(target, "not halted: use 'halt' or 'reset halt' first");
		return ERROR_TARGET_NOT_HALTED;
	}
	if (target->running_alg) {
		LOG_TARGET_ERROR(target, "an algorithm is running or was left behind: use "
			"'reset halt' first");
		return ERROR_FAIL;
	}
	return ERROR_OK;
}

int cmspi_stub_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	struct run run = {
		.bus = bus,
		.steps = steps,
		.count = count,
		.feed_header = true,
	};

	*failure = (struct cmspi_failure){ .fault = CMSPI_FAULT_NONE };
	int retval = check_target(bus->target);
	if (retval != ERROR_OK)
		return retval;
	failure->fault = CMSPI_FAULT_LINK;
	retval = lend_area(&run);
	if (retval == ERROR_OK)
		retval = upload_and_execute(&run, failure);
	// where the stub may still run, its RAM stays lent until the next reset
	int freed = bus->area && !run.lost ?
		target_free_working_area(bus->target, bus->area) : ERROR_OK;
	free(run.image);
	return retval != ERROR_OK ? retval : freed;
}
