// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Frames of the GPIO executor, by register writes and reads. Where OpenOCD reaches
 * the registers through a MEM-AP, accesses are queued, so that the adapter can pack
 * many into one transfer; hla has no such queue. With some work area a proxy on the
 * target makes the accesses.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_gpio.h"
#include "cmspi_proxy.h"
#include "cmspi_report.h"
#include <helper/time_support.h>
#include <target/arm_adi_v5.h>
#include <target/armv7m.h>

/* Accesses between two runs of the queue: many, because each run costs a look
 * at the debug port's state, but not so many that GDB is kept waiting. As many
 * stores to one register are what an ST-LINK takes in a single request. */
#define QUEUE_MAX		1536
#define QUEUE_MIN		48
/* An adapter that takes longer between two flushes gets shorter queues: GDB
 * wants a sign of life each second. */
#define FLUSH_MAX_MS		300
/* No adapter makes accesses faster than this: 46 clocks each (ADIv5.2, IHI
 * 0031F, B4, with turnaround and idle) at an SWCLK of 46 MHz. */
#define ACCESSES_PER_MS		1000

/* ---- accesses ----------------------------------------------------------- */

static void cmspi_adapt_queue(struct cmspi_gpio *run)
{
	const int64_t now_ms = timeval_ms();

	if (now_ms - run->flushed_ms > FLUSH_MAX_MS)
		run->queue_max = MAX(run->queue_max / 2, QUEUE_MIN);
	run->flushed_ms = now_ms;
}

static void cmspi_tell(struct cmspi_gpio *run)
{
	const struct cmspi_step *step = run->step;

	if (!step)
		return;
	const bool by_address = step->kind == CMSPI_STEP_PROGRAM || step->kind == CMSPI_STEP_BLANK;

	cmspi_report_at(run->bus->progress, run->failure->step,
		by_address ? run->failure->addr - step->addr : run->received);
}

/* What the link or the proxy says; the first failure counts. */
static void cmspi_note(struct cmspi_gpio *run, int retval)
{
	if (run->error == ERROR_OK)
		run->error = retval;
}

void cmspi_gpio_flush(struct cmspi_gpio *run)
{
	if (run->proxy && run->error == ERROR_OK)
		run->error = cmspi_proxy_flush(run->proxy);
	if (run->ap && run->queued) {
		int retval = dap_run(run->ap->dap);

		// what came after the failure never happened, TAR among it
		if (retval != ERROR_OK)
			dap_invalidate_cache(run->ap->dap);
		cmspi_note(run, retval);
	}
	run->queued = 0;
	cmspi_adapt_queue(run);
	cmspi_tell(run);
	keep_alive();
}

static void cmspi_count_access(struct cmspi_gpio *run)
{
	run->queued++;
	if (run->queued >= run->queue_max)
		cmspi_gpio_flush(run);
}

void cmspi_gpio_put(struct cmspi_gpio *run, uint32_t addr, uint32_t word)
{
	if (run->error != ERROR_OK)
		return;
	if (run->proxy) {
		run->error = cmspi_proxy_put(run->proxy, addr, word);
		return;
	}
	run->bus->counts.sent += sizeof(word);
	run->error = run->ap ? mem_ap_write_u32(run->ap, addr, word)
		: target_write_u32(run->bus->target, addr, word);
	cmspi_count_access(run);
}

/* The word arrives with the next flush; it must stay in place until then. */
void cmspi_gpio_get(struct cmspi_gpio *run, uint32_t addr, uint32_t *word)
{
	if (run->error != ERROR_OK)
		return;
	if (run->proxy) {
		run->error = cmspi_proxy_get(run->proxy, addr, word);
		return;
	}
	run->error = run->ap ? mem_ap_read_u32(run->ap, addr, word)
		: target_read_u32(run->bus->target, addr, word);
	cmspi_count_access(run);
}

static void cmspi_drive(struct cmspi_gpio *run, const struct cmspi_store *store)
{
	cmspi_gpio_put(run, store->addr, store->word);
}

void cmspi_gpio_start(struct cmspi_gpio *run)
{
	const struct armv7m_common *armv7m = target_to_armv7m(run->bus->target);
	const uint32_t max_khz = run->bus->max_khz;

	if (!armv7m->is_hla_target)
		run->ap = armv7m->debug_ap;
	run->queue_max = run->ap ? QUEUE_MAX : QUEUE_MIN;
	run->flushed_ms = timeval_ms();
	// two halves of a clock, one access each at least
	if (max_khz && max_khz < ACCESSES_PER_MS / 2)
		run->pauses = DIV_ROUND_UP(ACCESSES_PER_MS / 2, max_khz) - 1;
}

/* ---- bits --------------------------------------------------------------- */

static void cmspi_pause(struct cmspi_gpio *run)
{
	for (unsigned int i = 0; i < run->pauses; i++)
		cmspi_gpio_get(run, run->stores.in_addr, &run->ignored);
}

static void cmspi_clock(struct cmspi_gpio *run)
{
	cmspi_drive(run, &run->stores.clk_low);
	cmspi_pause(run);
	cmspi_drive(run, &run->stores.clk_high);
	cmspi_pause(run);
}

static void cmspi_send(struct cmspi_gpio *run, const uint8_t *data, uint32_t count)
{
	const struct cmspi_stores *stores = &run->stores;

	for (uint32_t i = 0; i < 8 * count; i++) {
		const unsigned int bit = data[i / 8] >> (7 - i % 8) & 1;

		if (!stores->clk_with_data)
			cmspi_drive(run, &stores->clk_low);
		cmspi_drive(run, &stores->data[bit]);
		cmspi_pause(run);
		cmspi_drive(run, &stores->data_clk_high[bit]);
		cmspi_pause(run);
	}
}

/* CLK low, and the data lines to a value, whose bit 0 is IO0. */
static void cmspi_drive_lines(struct cmspi_gpio *run, unsigned int value)
{
	const struct cmspi_stores *stores = &run->stores;

	if (!stores->wide_clk_with_data)
		cmspi_drive(run, &stores->clk_low);
	for (unsigned int i = 0; i < stores->num_wide_ports; i++)
		cmspi_gpio_put(run, stores->wide_ports[i].addr, stores->wide_ports[i].words[value]);
}

void cmspi_gpio_send(struct cmspi_gpio *run, unsigned int lines, const uint8_t *data,
	uint32_t count)
{
	const struct cmspi_stores *stores = &run->stores;
	const unsigned int clocks = 8 / lines;

	if (run->proxy) {
		if (run->error == ERROR_OK)
			run->error = cmspi_proxy_send(run->proxy, lines, data, count);
		return;
	}
	if (lines == 1) {
		cmspi_send(run, data, count);
		return;
	}
	for (uint32_t i = 0; i < clocks * count; i++) {
		const unsigned int shift = 8 - lines * (i % clocks + 1);
		const unsigned int value = lines == 4 ? data[i / clocks] >> shift & 0xf :
			CMSPI_NIBBLE_HELD | (data[i / clocks] >> shift & 3);
		struct cmspi_store high = stores->wide_clk_high;

		if (stores->wide_clk_adds)
			high.word |= stores->wide_ports[0].words[value];
		cmspi_drive_lines(run, value);
		cmspi_pause(run);
		cmspi_drive(run, &high);
		cmspi_pause(run);
	}
}

static void cmspi_turn_bits(struct cmspi_gpio *run, uint32_t addr, uint32_t mask, uint32_t value)
{
	uint32_t word = 0;

	cmspi_gpio_get(run, addr, &word);
	cmspi_gpio_flush(run);
	cmspi_gpio_put(run, addr, (word & ~mask) | value);
}

static void cmspi_turn(struct cmspi_gpio *run, const struct cmspi_turn *turn, uint32_t value)
{
	cmspi_turn_bits(run, turn->addr, turn->mask, value);
}

enum line_state {
	LINES_RECEIVE,
	LINES_REST,
	LINES_SEND,
};

/* The data lines of a command that sends on some of them. */
static void cmspi_turn_lines(struct cmspi_gpio *run, unsigned int lines, enum line_state state)
{
	const struct cmspi_stores *stores = &run->bus->stores;

	run->turned = MAX(run->turned, lines);
	for (unsigned int i = 0; i < cmspi_pins_wide_turns(stores, lines); i++) {
		const struct cmspi_wide_turn *turn = &stores->wide_turns[i];
		const uint32_t values[] = { turn->receive, turn->rest, turn->send };

		cmspi_turn_bits(run, turn->addr, turn->mask, values[state]);
	}
}

/* The one data pin turns round: to an input behind the last bit sent, while CLK is
 * still high, because the chip drives it from when CLK falls; to an output once CS
 * is high. */
static void cmspi_turn_data_pin(struct cmspi_gpio *run, bool receive)
{
	const struct cmspi_pin *pin = &run->bus->wires.pins[CMSPI_IO0];
	const struct cmspi_direction *direction = &pin->direction;

	if (run->released == receive || !run->stores.one_data_pin)
		return;
	run->released = receive;
	if (pin->turn.mask)
		cmspi_turn(run, &pin->turn, receive ? pin->turn.in : pin->turn.out);
	else
		cmspi_gpio_put(run, receive ? direction->in_addr : direction->out_addr,
			direction->mask);
}

static void cmspi_kick_watchdog(struct cmspi_gpio *run)
{
	if (run->bus->watchdog.addr)
		cmspi_drive(run, &run->bus->watchdog);
}

/* From here on data come in on so many lines. */
static void cmspi_use_lines(struct cmspi_gpio *run, unsigned int lines)
{
	const struct cmspi_stores *stores = &run->stores;

	run->lines = lines;
	run->inputs[0] = stores->in_addr;
	run->num_inputs = 1;
	for (unsigned int i = 0; lines == 4 && i < 4; i++) {
		unsigned int n = 0;

		while (n < run->num_inputs && run->inputs[n] != stores->quad_in[i].addr)
			n++;
		run->inputs[n] = stores->quad_in[i].addr;
		run->num_inputs = MAX(run->num_inputs, n + 1);
	}
}

/* Bit of one of four lines in the samples of a clock. */
static unsigned int cmspi_quad_bit(const struct cmspi_gpio *run, const uint32_t *samples,
	unsigned int line)
{
	unsigned int n = 0;

	while (run->inputs[n] != run->stores.quad_in[line].addr)
		n++;
	return samples[n] >> run->stores.quad_in[line].bit & 1;
}

/* What the samples of a clock add to a byte: the highest line is the highest bit. */
static uint8_t cmspi_add_samples(const struct cmspi_gpio *run, uint8_t byte,
	const uint32_t *samples)
{
	if (run->lines == 4) {
		for (unsigned int line = 4; line--;)
			byte = byte << 1 | cmspi_quad_bit(run, samples, line);
		return byte;
	}
	byte = byte << 1 | (samples[0] >> run->stores.in_bit & 1);
	if (run->lines == 2)
		byte = byte << 1 | (samples[0] >> run->stores.in0_bit & 1);
	return byte;
}

uint32_t cmspi_gpio_chunk_bytes(const struct cmspi_gpio *run)
{
	return run->proxy ? cmspi_proxy_most_bytes(run->proxy) :
		CMSPI_GPIO_SAMPLES * run->lines / (8 * run->num_inputs);
}

/* At most that. */
static void cmspi_receive_chunk(struct cmspi_gpio *run, uint8_t *data, uint32_t count)
{
	const unsigned int clocks = 8 / run->lines;

	if (run->proxy) {
		cmspi_note(run, cmspi_proxy_receive(run->proxy, run->lines, data, count));
		cmspi_gpio_flush(run);
		return;
	}
	for (uint32_t i = 0; i < clocks * count; i++) {
		cmspi_clock(run);
		for (unsigned int n = 0; n < run->num_inputs; n++)
			cmspi_gpio_get(run, run->inputs[n], &run->samples[i * run->num_inputs + n]);
	}
	cmspi_gpio_flush(run);
	if (run->error != ERROR_OK)
		return;
	for (uint32_t i = 0; i < clocks * count; i++)
		data[i / clocks] = cmspi_add_samples(run, data[i / clocks],
			&run->samples[i * run->num_inputs]);
}

int cmspi_gpio_receive(struct cmspi_gpio *run, uint8_t *data, uint32_t count)
{
	if (count)
		cmspi_turn_data_pin(run, true);
	while (count && run->error == ERROR_OK) {
		const uint32_t chunk = MIN(count, cmspi_gpio_chunk_bytes(run));

		cmspi_kick_watchdog(run);
		cmspi_receive_chunk(run, data, chunk);
		data += chunk;
		count -= chunk;
		run->received += chunk;
	}
	return run->error;
}

/* ---- frames ------------------------------------------------------------- */

static void cmspi_take_neighbours_of(struct cmspi_gpio *run, struct cmspi_wide_port *port)
{
	uint32_t now = 0;

	if (!port->keep)
		return;
	cmspi_gpio_get(run, port->addr, &now);
	cmspi_gpio_flush(run);
	for (unsigned int value = 0; value < CMSPI_NIBBLES; value++)
		port->words[value] |= now & port->keep;
}

/* A store to a whole port carries the neighbours' bits along: their present
 * state, so that an output of the application is not turned back. */
void cmspi_gpio_take_neighbours(struct cmspi_gpio *run)
{
	struct cmspi_stores *stores = &run->stores;
	struct cmspi_store *const all[] = {
		&stores->cs_low, &stores->cs_high, &stores->clk_low, &stores->clk_high,
		&stores->data[0], &stores->data[1],
		&stores->data_clk_high[0], &stores->data_clk_high[1],
		&stores->wide_clk_high,
	};
	uint32_t now[ARRAY_SIZE(all)] = { 0 };
	bool any = false;

	*stores = run->bus->stores;
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++) {
		if (!all[i]->keep)
			continue;
		cmspi_gpio_get(run, all[i]->addr, &now[i]);
		any = true;
	}
	if (any)
		cmspi_gpio_flush(run);
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		all[i]->word |= now[i] & all[i]->keep;
	for (unsigned int i = 0; i < stores->num_wide_ports; i++)
		cmspi_take_neighbours_of(run, &stores->wide_ports[i]);
}

static void cmspi_select(struct cmspi_gpio *run)
{
	cmspi_kick_watchdog(run);
	// the proxy has them
	if (!run->proxy)
		cmspi_gpio_take_neighbours(run);
	if (run->error != ERROR_OK)
		return;
	run->selected_once = true;
	cmspi_use_lines(run, 1);
	cmspi_drive(run, &run->stores.cs_low);
}

static void cmspi_deselect(struct cmspi_gpio *run)
{
	cmspi_drive(run, &run->stores.clk_low);
	cmspi_drive(run, &run->stores.cs_high);
	cmspi_turn_data_pin(run, false);
}

/* The last address bit is in: release the lines while CLK is low, before the chip
 * drives them. */
static void cmspi_release_lines(struct cmspi_gpio *run, unsigned int lines)
{
	const struct cmspi_stores *stores = &run->stores;

	cmspi_drive(run, &stores->clk_low);
	for (unsigned int i = 0; i < cmspi_pins_turns(stores, lines); i++)
		cmspi_turn(run, &stores->turns[i], stores->turns[i].in);
	cmspi_use_lines(run, lines);
}

/* The end of a frame that sent on several lines: the chip takes nothing more once CLK
 * is low. */
static void cmspi_close_lines(struct cmspi_gpio *run, unsigned int lines)
{
	cmspi_drive(run, &run->stores.clk_low);
	cmspi_drive_lines(run, CMSPI_NIBBLE_REST);
	cmspi_deselect(run);
	cmspi_turn_lines(run, lines, LINES_REST);
	cmspi_use_lines(run, 1);
}

void cmspi_gpio_close_frame(struct cmspi_gpio *run)
{
	const struct cmspi_stores *stores = &run->stores;

	if (cmspi_step_lines_sent(run->step) > 1) {
		cmspi_close_lines(run, cmspi_step_lines(run->step));
		return;
	}
	cmspi_deselect(run);
	for (unsigned int i = 0; i < cmspi_pins_turns(stores, run->lines); i++)
		cmspi_turn(run, &stores->turns[i], stores->turns[i].out);
	cmspi_use_lines(run, 1);
}

/* Drive IO1 to IO3 as far as they are wired and one store does it; the others stay
 * high, by the set-up list or by their pull-up. */
static void cmspi_drive_upper(struct cmspi_gpio *run, unsigned int nibble)
{
	const struct cmspi_wires *wires = &run->bus->wires;

	for (enum cmspi_line line = CMSPI_IO1; line <= CMSPI_IO3; line++) {
		if (!cmspi_wired(wires, line))
			continue;
		const struct cmspi_store store = cmspi_pins_level(wires, line,
			nibble >> (line - CMSPI_IO0) & 1);
		if (!store.keep)
			cmspi_drive(run, &store);
	}
}

/* MISO is an input again, with its latch as it was: on some families it is the pull's
 * direction. */
static void cmspi_return_miso(struct cmspi_gpio *run)
{
	const struct cmspi_pin *miso = &run->bus->wires.pins[CMSPI_IO1];

	if (!run->miso_sends)
		return;
	cmspi_drive_upper(run, 0xd | run->miso_latch << 1);
	if (miso->turn.mask)
		cmspi_turn(run, &miso->turn, miso->turn.in);
	cmspi_gpio_flush(run);
	run->miso_sends = run->error != ERROR_OK;
}

/* It has no answer, so MISO may be an output until CS rises. */
void cmspi_gpio_send_wide(struct cmspi_gpio *run, uint8_t opcode)
{
	const struct cmspi_pin *miso = &run->bus->wires.pins[CMSPI_IO1];
	const struct cmspi_port *port = &run->bus->wires.ports[miso->port];
	uint32_t latch = 0;

	cmspi_gpio_get(run, port->out, &latch);
	cmspi_gpio_flush(run);
	if (run->error != ERROR_OK)
		return;
	run->miso_latch = latch >> miso->bit & 1;
	run->miso_sends = true;
	cmspi_drive_upper(run, 0xf);
	if (miso->turn.mask)
		cmspi_turn(run, &miso->turn, miso->turn.out);
	cmspi_select(run);
	for (unsigned int nibbles = 2; nibbles--;) {
		const unsigned int nibble = opcode >> 4 * nibbles & 0xf;

		cmspi_drive(run, &run->stores.clk_low);
		cmspi_drive(run, &run->stores.data[nibble & 1]);
		cmspi_drive_upper(run, nibble);
		cmspi_pause(run);
		cmspi_drive(run, &run->stores.data_clk_high[nibble & 1]);
		cmspi_pause(run);
	}
	cmspi_deselect(run);
	cmspi_return_miso(run);
}

/* The lines that data will move on, behind the address. */
static void cmspi_turn_for_data(struct cmspi_gpio *run)
{
	const struct cmspi_op *op = &run->step->op;
	const bool wide = cmspi_step_lines_sent(run->step) > 1;

	if (op->data_lines == 1)
		return;
	if (!cmspi_step_receives(run->step)) {
		cmspi_turn_lines(run, op->data_lines, LINES_SEND);
		return;
	}
	if (wide) {
		cmspi_turn_lines(run, op->data_lines, LINES_RECEIVE);
		cmspi_use_lines(run, op->data_lines);
		return;
	}
	cmspi_release_lines(run, op->data_lines);
}

void cmspi_gpio_open_frame(struct cmspi_gpio *run, const struct cmspi_op *op, uint32_t addr)
{
	uint8_t tail[5];
	unsigned int count = 0;

	for (unsigned int i = op->addr_bytes; i--;)
		tail[count++] = addr >> 8 * i;
	if (op->mode_bytes)
		tail[count++] = op->mode;
	if (op->cmd_lines > 1)
		cmspi_turn_lines(run, op->cmd_lines, LINES_SEND);
	cmspi_select(run);
	cmspi_gpio_send(run, op->cmd_lines, &op->opcode, 1);
	if (count && op->addr_lines > op->cmd_lines)
		cmspi_turn_lines(run, op->addr_lines, LINES_SEND);
	if (count)
		cmspi_gpio_send(run, op->addr_lines, tail, count);
	cmspi_turn_for_data(run);
	for (unsigned int i = 0; i < op->dummy_clocks; i++)
		cmspi_clock(run);
}

int cmspi_gpio_command(struct cmspi_gpio *run, uint8_t opcode, uint8_t *answer)
{
	const unsigned int lines = run->step->op.cmd_lines;
	int retval = ERROR_OK;

	if (lines > 1)
		cmspi_turn_lines(run, lines, LINES_SEND);
	cmspi_select(run);
	cmspi_gpio_send(run, lines, &opcode, 1);
	if (answer && lines > 1) {
		cmspi_turn_lines(run, lines, LINES_RECEIVE);
		cmspi_use_lines(run, lines);
	}
	if (answer)
		retval = cmspi_gpio_receive(run, answer, 1);
	if (lines > 1)
		cmspi_close_lines(run, lines);
	else
		cmspi_deselect(run);
	return retval == ERROR_OK ? run->error : retval;
}

void cmspi_gpio_end_frame(struct cmspi_gpio *run, unsigned int i)
{
	if (run->selected_once)
		cmspi_deselect(run);
	cmspi_return_miso(run);
	if (run->turned)
		cmspi_turn_lines(run, run->turned, LINES_REST);
}
