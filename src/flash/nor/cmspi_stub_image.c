// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What is uploaded before the stub starts: core and loops, the context, the lists;
 * and the steps as the stub reads them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_crc.h"
#include "cmspi_stub.h"

/* Cortex-M0 cycles of a step, or of a round of a poll, beside its bytes. */
#define CYCLES_STEP		600
#define CYCLES_POLL		150

/* Room below the stub's own stack for an NMI's frame: eight words and one to
 * align it, with the registers of an FPU eighteen more (ARMv7-M ARM, B1.5.6
 * and B1.5.7). */
#define STACK_BYTES		(CMSPI_STACK_BYTES + 40)
#define STACK_FPU_BYTES		72
/* The debug link's part of any wait: no progress for longer is trouble. */
#define LINK_TIMEOUT_MS		5000

/* ---- time --------------------------------------------------------------- */

static uint32_t poll_cycles(const struct cmspi_stub *run)
{
	return run->loops.cycles[CMSPI_SLOT_TX1] + run->loops.cycles[CMSPI_SLOT_RX1] + CYCLES_POLL;
}

/* Rounds of a poll that take at least timeout_us. */
static uint32_t poll_rounds(const struct cmspi_stub *run, uint32_t timeout_us)
{
	const uint64_t cycles = (uint64_t)timeout_us * run->bus->core_max_khz / 1000;

	// no core is twice as fast per clock as the M0 that the cycles are of
	return MIN(2 * cycles / poll_cycles(run) + 2, UINT32_MAX);
}

int64_t cmspi_stub_time_limit_ms(const struct cmspi_stub *run, uint32_t bytes)
{
	uint32_t per_byte = 0;

	for (unsigned int i = 0; i < CMSPI_SLOTS; i++)
		per_byte = MAX(per_byte, run->loops.cycles[i]);
	const uint64_t cycles = (uint64_t)bytes * per_byte + CYCLES_STEP;

	// RC oscillators and rounded figures: twice the time reckoned
	return 2 * cycles / run->bus->core_min_khz + LINK_TIMEOUT_MS;
}

int64_t cmspi_stub_quiet_ms(const struct cmspi_stub *run)
{
	uint32_t bytes = CMSPI_UNIT_MAX_BYTES;

	for (unsigned int i = 0; i < run->count; i++) {
		const struct cmspi_step *step = &run->steps[i];

		if (cmspi_step_has_results(step))
			bytes = MAX(bytes, MIN(step->grain_bytes, step->count));
	}
	return cmspi_stub_time_limit_ms(run, bytes);
}

/* ---- the image ---------------------------------------------------------- */

static void put_ctx(struct cmspi_stub *run, uint32_t offset, uint32_t value)
{
	h_u32_to_le(run->image + run->ctx + offset, value);
}

static void put_store(struct cmspi_stub *run, uint32_t offset, const struct cmspi_store *store)
{
	put_ctx(run, offset, store->addr);
	put_ctx(run, offset + 4, store->word);
}

static void put_watchdog(struct cmspi_stub *run)
{
	const struct cmspi_store *watchdog = &run->bus->watchdog;

	put_ctx(run, CMSPI_CTX_WDOG_WORD, watchdog->word);
	put_ctx(run, CMSPI_CTX_WDOG_ADDR, watchdog->addr ? watchdog->addr
		: cmspi_stub_addr(run, run->ctx + CMSPI_CTX_SPARE));
}

void cmspi_stub_put_pins(struct cmspi_stub *run, const struct cmspi_stores *s)
{
	put_store(run, CMSPI_CTX_LO_ADDR, &s->clk_low);
	put_ctx(run, CMSPI_CTX_HI_ADDR, s->clk_high.addr);
	put_ctx(run, CMSPI_CTX_HI_WORD, s->clk_high.word);
	put_store(run, CMSPI_CTX_CS_LO_ADDR, &s->cs_low);
	put_store(run, CMSPI_CTX_CS_HI_ADDR, &s->cs_high);
	put_ctx(run, CMSPI_CTX_IN_ADDR, s->in_addr);
	put_ctx(run, CMSPI_CTX_IN_SHIFT, s->in_bit + 1);
	put_ctx(run, CMSPI_CTX_IN0_SHIFT, s->in0_bit + 1);
	put_ctx(run, CMSPI_CTX_LINES_MASK, s->quad_other_addr ? s->quad_other_addr :
		0xfU << s->quad_in[0].bit);
	put_ctx(run, CMSPI_CTX_DATA_ADDR, s->data[0].addr);
	put_ctx(run, CMSPI_CTX_DATA_WORD0, s->data[0].word);
	put_ctx(run, CMSPI_CTX_DATA_WORD1, s->data[1].word);
	put_ctx(run, CMSPI_CTX_HI_WORD0, s->data_clk_high[0].word);
	put_ctx(run, CMSPI_CTX_HI_WORD1, s->data_clk_high[1].word);
	put_ctx(run, CMSPI_CTX_CLK_BASE, cmspi_loops_clk_base(s));
	put_ctx(run, CMSPI_CTX_DELAY, run->loops.delay_rounds);
	put_ctx(run, CMSPI_CTX_CS_DELAY, run->loops.cs_rounds);
	put_watchdog(run);
}

static uint32_t put_base(struct cmspi_stub *run, uint32_t offset, uint32_t words, uint32_t count,
	const struct cmspi_store *store)
{
	uint8_t *entry = run->image + offset;

	if (!store->keep)
		return offset;
	h_u32_to_le(entry + CMSPI_BASE_WORDS, cmspi_stub_addr(run, words));
	h_u32_to_le(entry + CMSPI_BASE_COUNT, count);
	h_u32_to_le(entry + CMSPI_BASE_ADDR, store->addr);
	h_u32_to_le(entry + CMSPI_BASE_MASK, store->keep);
	return offset + CMSPI_BASE_BYTES;
}

/* Something is sent on several lines, by another core with other lists. */
static bool is_wide(const struct cmspi_stub *run)
{
	return run->loops.slots[CMSPI_SLOT_TX2] || run->loops.slots[CMSPI_SLOT_TX4];
}

/* Words of the context that may be stores to a whole port. */
#define BASE_WORDS	8

struct base_word {
	uint32_t ctx_offset;
	const struct cmspi_store *store;
};

static void list_base_words(const struct cmspi_stores *s, struct base_word words[BASE_WORDS])
{
	const struct base_word all[BASE_WORDS] = {
		{ CMSPI_CTX_LO_WORD, &s->clk_low },
		{ CMSPI_CTX_HI_WORD, &s->clk_high },
		{ CMSPI_CTX_CS_LO_WORD, &s->cs_low },
		{ CMSPI_CTX_CS_HI_WORD, &s->cs_high },
		{ CMSPI_CTX_DATA_WORD0, &s->data[0] },
		{ CMSPI_CTX_DATA_WORD1, &s->data[1] },
		{ CMSPI_CTX_HI_WORD0, &s->data_clk_high[0] },
		{ CMSPI_CTX_HI_WORD1, &s->data_clk_high[1] },
	};

	memcpy(words, all, sizeof(all));
}

/* Does the stub add the other pins of a port to the words of the data table? */
static bool is_table_based(const struct cmspi_stub *run)
{
	return run->loops.data_table && run->bus->stores.data[0].keep;
}

/* Bytes of the base list; the data table has an entry of its own. */
static uint32_t bases_bytes(const struct cmspi_stub *run)
{
	const struct cmspi_stores *s = &run->bus->stores;
	struct base_word words[BASE_WORDS];
	uint32_t count = is_table_based(run);

	list_base_words(s, words);
	for (unsigned int i = 0; i < BASE_WORDS; i++)
		count += words[i].store->keep != 0;
	if (is_wide(run)) {
		count += s->wide_clk_high.keep != 0;
		for (unsigned int i = 0; i < s->num_wide_ports; i++)
			count += s->wide_ports[i].keep != 0;
	}
	return count * CMSPI_BASE_BYTES;
}

/* Where the words of a port's store lie. */
static uint32_t port_offset(const struct cmspi_stub *run, unsigned int port)
{
	return run->lines + CMSPI_LINES_PORT + port * CMSPI_LINES_PORT_BYTES;
}

static uint32_t put_wide_bases(struct cmspi_stub *run, uint32_t offset)
{
	const struct cmspi_stores *s = &run->bus->stores;

	offset = put_base(run, offset, run->lines + CMSPI_LINES_HIGH, 1, &s->wide_clk_high);
	for (unsigned int i = 0; i < s->num_wide_ports; i++) {
		const struct cmspi_store store = {
			.addr = s->wide_ports[i].addr,
			.keep = s->wide_ports[i].keep,
		};

		offset = put_base(run, offset, port_offset(run, i) + 4, CMSPI_NIBBLES, &store);
	}
	return offset;
}

static uint32_t put_bases(struct cmspi_stub *run, uint32_t offset)
{
	const struct cmspi_stores *s = &run->bus->stores;
	struct base_word words[BASE_WORDS];

	list_base_words(s, words);
	put_ctx(run, CMSPI_CTX_BASES, cmspi_stub_addr(run, offset));
	for (unsigned int i = 0; i < BASE_WORDS; i++)
		offset = put_base(run, offset, run->ctx + words[i].ctx_offset, 1,
			words[i].store);
	if (run->loops.data_table)
		offset = put_base(run, offset, run->data_table, CMSPI_DATA_TABLE_WORDS,
			&s->data[0]);
	if (is_wide(run))
		offset = put_wide_bases(run, offset);
	put_ctx(run, CMSPI_CTX_BASES_END, cmspi_stub_addr(run, offset));
	return offset;
}

static uint32_t put_setup(struct cmspi_stub *run, uint32_t offset)
{
	const struct cmspi_wires *wires = &run->bus->wires;

	run->setup = offset;
	put_ctx(run, CMSPI_CTX_SETUP, cmspi_stub_addr(run, offset));
	put_ctx(run, CMSPI_CTX_SETUP_DONE, cmspi_stub_addr(run, offset));
	for (unsigned int i = 0; i < wires->num_setups; i++) {
		uint8_t *entry = run->image + offset;

		h_u32_to_le(entry + CMSPI_SETUP_ADDR, wires->setups[i].addr);
		h_u32_to_le(entry + CMSPI_SETUP_MASK, wires->setups[i].mask);
		h_u32_to_le(entry + CMSPI_SETUP_VALUE, wires->setups[i].value);
		h_u32_to_le(entry + CMSPI_SETUP_FORCE, wires->setups[i].force);
		offset += CMSPI_SETUP_BYTES;
	}
	put_ctx(run, CMSPI_CTX_SETUP_END, cmspi_stub_addr(run, offset));
	return offset;
}

static bool needs_turns(const struct cmspi_stub *run)
{
	const struct cmspi_stores *s = &run->bus->stores;

	if (s->one_data_pin)
		return true;
	for (unsigned int i = 0; i < run->count; i++) {
		if (cmspi_pins_turns(s, run->steps[i].op.data_lines))
			return true;
	}
	return false;
}

static uint32_t turns_bytes(const struct cmspi_stub *run)
{
	const struct cmspi_stores *s = &run->bus->stores;

	if (is_wide(run))
		return s->num_wide_turns * CMSPI_WIDE_TURN_BYTES;
	return needs_turns(run) ? s->num_turns * CMSPI_TURN_BYTES : 0;
}

/* What four lines are read from with a delay, what several lines are sent by. */
uint32_t cmspi_stub_lines_bytes(const struct cmspi_stub *run)
{
	if (is_wide(run))
		return CMSPI_LINES_PORT + run->bus->stores.num_wide_ports * CMSPI_LINES_PORT_BYTES;
	return run->loops.slots[CMSPI_SLOT_RX4] ? CMSPI_LINES_HIGH : 0;
}

static uint32_t put_turns(struct cmspi_stub *run, uint32_t offset)
{
	const struct cmspi_stores *s = &run->bus->stores;

	put_ctx(run, CMSPI_CTX_TURNS, cmspi_stub_addr(run, offset));
	for (unsigned int i = 0; !is_wide(run) && needs_turns(run) && i < s->num_turns; i++) {
		uint8_t *entry = run->image + offset + i * CMSPI_TURN_BYTES;

		h_u32_to_le(entry + CMSPI_TURN_ADDR, s->turns[i].addr);
		h_u32_to_le(entry + CMSPI_TURN_MASK, s->turns[i].mask);
		h_u32_to_le(entry + CMSPI_TURN_IN, s->turns[i].in);
		h_u32_to_le(entry + CMSPI_TURN_OUT, s->turns[i].out);
	}
	for (unsigned int i = 0; is_wide(run) && i < s->num_wide_turns; i++) {
		uint8_t *entry = run->image + offset + i * CMSPI_WIDE_TURN_BYTES;
		uint8_t *states = entry + CMSPI_TURN_IN;

		h_u32_to_le(entry + CMSPI_TURN_ADDR, s->wide_turns[i].addr);
		h_u32_to_le(entry + CMSPI_TURN_MASK, s->wide_turns[i].mask);
		h_u32_to_le(states + CMSPI_WIDE_RECEIVE, s->wide_turns[i].receive);
		h_u32_to_le(states + CMSPI_WIDE_REST, s->wide_turns[i].rest);
		h_u32_to_le(states + CMSPI_WIDE_SEND, s->wide_turns[i].send);
	}
	return offset + turns_bytes(run);
}

static void put_ports(struct cmspi_stub *run, const struct cmspi_stores *s)
{
	uint8_t *lines = run->image + run->lines;

	h_u32_to_le(lines + CMSPI_LINES_HIGH, s->wide_clk_high.word);
	h_u32_to_le(lines + CMSPI_LINES_HIGH_MASK, s->wide_clk_adds ? UINT32_MAX : 0);
	h_u32_to_le(lines + CMSPI_LINES_PORTS, s->num_wide_ports);
	for (unsigned int i = 0; i < s->num_wide_ports; i++) {
		uint8_t *entry = run->image + port_offset(run, i);

		h_u32_to_le(entry, s->wide_ports[i].addr);
		for (unsigned int value = 0; value < CMSPI_NIBBLES; value++)
			h_u32_to_le(entry + 4 + 4 * value, s->wide_ports[i].words[value]);
	}
}

uint32_t cmspi_stub_put_lines(struct cmspi_stub *run, const struct cmspi_stores *s,
	uint32_t offset)
{
	run->lines = offset;
	put_ctx(run, CMSPI_CTX_LINES, cmspi_stub_addr(run, run->lines));
	for (unsigned int i = 0; run->loops.slots[CMSPI_SLOT_RX4] && i < 4; i++) {
		uint8_t *entry = run->image + run->lines + CMSPI_LINES_IN + 8 * i;

		h_u32_to_le(entry, s->quad_in[3 - i].addr);
		h_u32_to_le(entry + 4, s->quad_in[3 - i].bit + 1);
	}
	if (is_wide(run))
		put_ports(run, s);
	return offset + cmspi_stub_lines_bytes(run);
}

void cmspi_stub_put_code(struct cmspi_stub *run)
{
	uint32_t offset = 0;

	for (unsigned int i = 0; i < CMSPI_SLOTS; i++) {
		const struct cmspi_loop *loop = run->loops.slots[i];

		if (!loop)
			continue;
		memcpy(run->image + offset, loop->code, loop->size_bytes);
		if (i != CMSPI_SLOT_CORE)
			cmspi_loop_fit(&run->bus->stores, run->image + offset, loop->size_bytes);
		run->loop_addr[i] = cmspi_stub_addr(run, offset) | 1;
		offset += cmspi_round_up_word(loop->size_bytes);
	}
}

uint32_t cmspi_stub_code_bytes(const struct cmspi_stub *run)
{
	uint32_t bytes = 0;

	for (unsigned int i = 0; i < CMSPI_SLOTS; i++) {
		if (run->loops.slots[i])
			bytes += cmspi_round_up_word(run->loops.slots[i]->size_bytes);
	}
	return bytes;
}

static uint32_t table_bytes(const struct cmspi_stub *run)
{
	return 4 * ((run->loops.data_table ? CMSPI_DATA_TABLE_WORDS : 0) +
		(run->loops.crc_table ? CMSPI_CRC_TABLE_WORDS : 0));
}

static uint32_t put_tables(struct cmspi_stub *run, uint32_t offset)
{
	run->data_table = offset;
	if (run->loops.data_table) {
		put_ctx(run, CMSPI_CTX_TABLE, cmspi_stub_addr(run, offset));
		for (unsigned int i = 0; i < CMSPI_DATA_TABLE_WORDS; i++, offset += 4)
			h_u32_to_le(run->image + offset,
				cmspi_data_table_word(&run->bus->stores, i));
	}
	if (run->loops.crc_table) {
		put_ctx(run, CMSPI_CTX_CRC_TABLE, cmspi_stub_addr(run, offset));
		for (unsigned int i = 0; i < CMSPI_CRC_TABLE_WORDS; i++, offset += 4)
			h_u32_to_le(run->image + offset, cmspi_crc_table_word(i));
	}
	return offset;
}

uint32_t cmspi_stub_stack_bytes(const struct cmspi_stub *run)
{
	const struct armv7m_common *armv7m = target_to_armv7m(run->bus->target);

	return STACK_BYTES + (armv7m->fp_feature == FP_NONE ? 0 : STACK_FPU_BYTES);
}

uint32_t cmspi_stub_fixed_bytes(const struct cmspi_stub *run)
{
	return cmspi_stub_code_bytes(run) + CMSPI_CTX_BYTES + cmspi_stub_stack_bytes(run) +
		table_bytes(run) + run->bus->wires.num_setups * CMSPI_SETUP_BYTES +
		bases_bytes(run) + turns_bytes(run) + cmspi_stub_lines_bytes(run) +
		run->packed.block_bytes;
}

uint32_t cmspi_stub_room(const struct cmspi_stub *run)
{
	return run->area_bytes - run->packed.block_bytes;
}

static void put_rings(struct cmspi_stub *run)
{
	put_ctx(run, CMSPI_CTX_IN_WP, run->in.base);
	put_ctx(run, CMSPI_CTX_IN_RP, run->in.base);
	put_ctx(run, CMSPI_CTX_IN_BASE, run->in.base);
	put_ctx(run, CMSPI_CTX_IN_END, run->in.base + run->in.size_bytes + 1);
	put_ctx(run, CMSPI_CTX_OUT_WP, run->out.base);
	put_ctx(run, CMSPI_CTX_OUT_RP, run->out.base);
	put_ctx(run, CMSPI_CTX_OUT_BASE, run->out.base);
	put_ctx(run, CMSPI_CTX_OUT_END, run->out.base + run->out.size_bytes + 1);
}

/* The rings lie on both sides of the context, at the end of the work area but
 * for the room to unpack. */
static void place_rings(struct cmspi_stub *run)
{
	const uint32_t out = cmspi_stub_room(run) - run->out.size_bytes;

	run->ctx = out - CMSPI_CTX_BYTES;
	const uint32_t in = run->ctx - run->in.size_bytes;

	run->in.base = cmspi_stub_addr(run, in);
	run->in.bytes = run->image + in;
	run->out.base = cmspi_stub_addr(run, out);
	run->out.bytes = run->image + out;
}

void cmspi_stub_compose(struct cmspi_stub *run)
{
	place_rings(run);
	cmspi_stub_put_code(run);
	cmspi_stub_put_pins(run, &run->bus->stores);
	put_rings(run);
	// WREN 06h, RDSR 05h, WEL is bit 1 on every part that has them
	put_ctx(run, CMSPI_CTX_WREN, 0x06 | 0x05 << 8 | 0x02 << 16);

	uint32_t offset = put_tables(run, cmspi_stub_code_bytes(run));

	run->constant_bytes = is_table_based(run) ? cmspi_stub_code_bytes(run) : offset;
	offset = put_setup(run, offset);
	offset = put_turns(run, offset);
	offset = cmspi_stub_put_lines(run, &run->bus->stores, offset);
	run->guard = put_bases(run, offset);
}

/* ---- steps --------------------------------------------------------------- */

uint8_t cmspi_step_kind_code(const struct cmspi_step *step)
{
	switch (step->kind) {
	case CMSPI_STEP_PROGRAM:
		if (step->flags & CMSPI_STEP_RUNNING)
			return CMSPI_KIND_WORDS;
		return step->flags & CMSPI_STEP_PACKED ? CMSPI_KIND_PACKED : CMSPI_KIND_PROGRAM;
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

uint32_t cmspi_step_count(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_XFER ? step->rx_bytes + step->tx_bytes : step->count;
}

/* What of a step moves on several lines, for the cores that send so. */
static uint8_t step_wide_codes(const struct cmspi_step *step)
{
	const struct cmspi_op *op = &step->op;
	uint8_t codes = 0;

	if (op->cmd_lines > 1)
		codes |= CMSPI_AT_WIDE_OPCODE;
	if (op->addr_lines > 1 && op->addr_bytes + op->mode_bytes)
		codes |= CMSPI_AT_WIDE_ADDR;
	if (op->data_lines > 1 && cmspi_step_receives(step))
		codes |= CMSPI_AT_WIDE_RX;
	else if (op->data_lines > 1 && cmspi_step_count(step))
		codes |= CMSPI_AT_WIDE_TX;
	return codes;
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
	if (cmspi_step_receives(step) && step->op.data_lines > 1)
		flags |= CMSPI_FLAG_TURN;
	if (step->op.data_lines > 1 || step->op.dummy_clocks ||
			(step->op.addr_lines != step->op.cmd_lines &&
				step->op.addr_bytes + step->op.mode_bytes))
		flags |= CMSPI_FLAG_MORE;
	return flags;
}

/* Opcode, address and mode in the order and on the lines they are sent. */
static void put_op(const struct cmspi_stub *run, const struct cmspi_step *step, uint8_t *unit)
{
	const struct cmspi_op *op = &step->op;
	const uint8_t tail = op->addr_bytes + op->mode_bytes;
	const bool alike = op->cmd_lines == op->addr_lines;
	const unsigned int shift = op->addr_bytes ? 32 - 8 * op->addr_bytes : 0;
	uint32_t addr = op->addr_bytes ? step->addr << shift : 0;

	unit[CMSPI_AT_HEAD] = alike ? 1 + tail : 1;
	unit[CMSPI_AT_TAIL] = alike ? 0 : tail;
	unit[CMSPI_AT_DUMMY] = op->dummy_clocks;
	unit[CMSPI_AT_OPCODE] = op->opcode;
	unit[CMSPI_AT_SHIFT] = shift;
	unit[CMSPI_AT_TURNS] = cmspi_pins_turns(&run->bus->stores, op->data_lines);
	if (is_wide(run)) {
		unit[CMSPI_AT_WIDE] = step_wide_codes(step);
		unit[CMSPI_AT_TURNS] = cmspi_pins_wide_turns(&run->bus->stores,
			cmspi_step_lines(step));
	}
	unit[CMSPI_AT_MODE] = op->mode;
	if (op->mode_bytes && op->addr_bytes < 4)
		addr |= (uint32_t)op->mode << (24 - 8 * op->addr_bytes);
	h_u32_to_le(unit + CMSPI_AT_ADDR, addr);
}

enum cmspi_slot cmspi_step_data_slot(const struct cmspi_step *step)
{
	switch (cmspi_step_kind_code(step)) {
	case CMSPI_KIND_CRC:
		return CMSPI_SLOT_CRC;
	case CMSPI_KIND_BLANK:
		return CMSPI_SLOT_BLANK;
	case CMSPI_KIND_RECEIVE:
		return cmspi_rx_slot(step->op.data_lines);
	case CMSPI_KIND_WORDS:
		return CMSPI_SLOT_TX1;
	default:
		return cmspi_tx_slot(step->op.data_lines);
	}
}

static void put_loops(const struct cmspi_stub *run, const struct cmspi_step *step,
	uint8_t *unit)
{
	const uint32_t *loops = run->loop_addr;
	const bool packed = step->flags & CMSPI_STEP_PACKED;
	const enum cmspi_slot rx = cmspi_rx_slot(cmspi_step_has_results(step) ?
		step->op.data_lines : step->op.cmd_lines);

	h_u32_to_le(unit + CMSPI_AT_TX_CMD, loops[cmspi_tx_slot(step->op.cmd_lines)]);
	h_u32_to_le(unit + CMSPI_AT_TX_ADDR, loops[packed ? CMSPI_SLOT_UNPACK :
		cmspi_tx_slot(step->op.addr_lines)]);
	h_u32_to_le(unit + CMSPI_AT_DATA, loops[cmspi_step_data_slot(step)]);
	h_u32_to_le(unit + CMSPI_AT_RX, loops[rx]);
}

void cmspi_stub_put_step(const struct cmspi_stub *run, const struct cmspi_step *step,
	uint8_t *unit)
{
	memset(unit, 0, CMSPI_STEP_BYTES);
	unit[CMSPI_AT_KIND] = cmspi_step_kind_code(step);
	unit[CMSPI_AT_FLAGS] = step_flag_codes(step);
	h_u32_to_le(unit + CMSPI_AT_COUNT, cmspi_step_count(step));
	h_u32_to_le(unit + CMSPI_AT_POLLS, poll_rounds(run, step->timeout_us));
	unit[CMSPI_AT_POLL] = step->poll.opcode;
	unit[CMSPI_AT_POLL + 1] = step->poll.mask;
	unit[CMSPI_AT_POLL + 2] = step->poll.ready;
	unit[CMSPI_AT_POLL + 3] = step->poll.fail;
	h_u16_to_le(unit + CMSPI_AT_UNIT, step->flags & CMSPI_STEP_PACKED ? step->tx_bytes
		: run->unit_bytes);
	put_op(run, step, unit);
	put_loops(run, step, unit);
	if (step->kind == CMSPI_STEP_PROGRAM) {
		h_u16_to_le(unit + CMSPI_AT_FIRST,
			step->page_bytes - step->addr % step->page_bytes);
		h_u16_to_le(unit + CMSPI_AT_PAGE, step->page_bytes);
	} else {
		h_u32_to_le(unit + CMSPI_AT_GRAIN, step->grain_bytes);
	}
}
