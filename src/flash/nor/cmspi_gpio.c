// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The GPIO executor: runs a list of steps by register writes and reads over
 * the debug link. Needs no work area and no code on the target, and is slow.
 * Where OpenOCD reaches the registers through a MEM-AP, accesses are queued,
 * so that the adapter can pack many into one transfer; hla has no such queue.
 * With some work area a proxy on the target makes the accesses.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_algorithm.h"
#include "cmspi_bus.h"
#include "cmspi_crc.h"
#include "cmspi_loops.h"
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
/* Samples of data received in one run. They take three accesses each, and these
 * fill two mixed requests of a V3. */
#define RX_CHUNK_SAMPLES	480
/* The most bytes that are summed up or compared in one go. */
#define RX_CHUNK_BYTES		512
/* No adapter makes accesses faster than this: 46 clocks each (ADIv5.2, IHI
 * 0031F, B4, with turnaround and idle) at an SWCLK of 46 MHz. */
#define ACCESSES_PER_MS		1000
/* Cleaning up is tried again when the link fails in the middle of it. */
#define CLEAN_UP_TRIES		3
/* The debug link's part of a wait. */
#define LINK_MARGIN_MS		500
/* Status register 1 of every part that has a write enable command. */
#define STATUS_WEL		0x02

/* A run of the executor. */
struct gpio_run {
	struct cmspi_bus *bus;
	/* who makes the accesses; NULL: the debug link */
	struct cmspi_proxy *proxy;
	/* NULL: no queue, every access goes at once */
	struct adiv5_ap *ap;
	unsigned int queued;
	unsigned int queue_max;
	int64_t flushed_ms;
	/* first failure of the link; accesses after it are dropped */
	int error;

	/* the bus' stores, with the neighbours' bits as they are now */
	struct cmspi_stores stores;
	/* extra accesses in each half of a clock */
	unsigned int pauses;
	/* lines that data come in on; two, four: they have been turned round */
	unsigned int lines;
	/* input registers of these lines, each once */
	uint32_t inputs[4];
	unsigned int num_inputs;
	/* the one data pin has been turned round to receive */
	bool released;
	/* MISO has been turned round to send, and its latch was so before */
	bool miso_sends;
	unsigned int miso_latch;
	/* the most lines that a frame has turned round to send, 0: none */
	unsigned int turned;
	/* bytes that were received in the step */
	uint32_t received;
	uint32_t samples[RX_CHUNK_SAMPLES];
	uint32_t ignored;

	/* entries of the set-up list that must be undone, and with what */
	unsigned int set_up;
	uint32_t saved[CMSPI_SETUPS];
	/* stores is valid, chip select has been driven */
	bool selected_once;

	struct cmspi_failure *failure;
	/* the step under way, its number is in failure; NULL: none yet */
	const struct cmspi_step *step;
};

/* ---- accesses ----------------------------------------------------------- */

static void cmspi_adapt_queue(struct gpio_run *run)
{
	const int64_t now_ms = timeval_ms();

	if (now_ms - run->flushed_ms > FLUSH_MAX_MS)
		run->queue_max = MAX(run->queue_max / 2, QUEUE_MIN);
	run->flushed_ms = now_ms;
}

static void cmspi_tell(struct gpio_run *run)
{
	const struct cmspi_step *step = run->step;

	if (!step)
		return;
	const bool by_address = step->kind == CMSPI_STEP_PROGRAM || step->kind == CMSPI_STEP_BLANK;

	cmspi_report_at(run->bus->progress, run->failure->step,
		by_address ? run->failure->addr - step->addr : run->received);
}

/* What the link or the proxy says; the first failure counts. */
static void cmspi_note(struct gpio_run *run, int retval)
{
	if (run->error == ERROR_OK)
		run->error = retval;
}

static void cmspi_flush(struct gpio_run *run)
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

static void cmspi_count_access(struct gpio_run *run)
{
	run->queued++;
	if (run->queued >= run->queue_max)
		cmspi_flush(run);
}

static void cmspi_put(struct gpio_run *run, uint32_t addr, uint32_t word)
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
static void cmspi_get(struct gpio_run *run, uint32_t addr, uint32_t *word)
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

static void cmspi_drive(struct gpio_run *run, const struct cmspi_store *store)
{
	cmspi_put(run, store->addr, store->word);
}

/* ---- bits --------------------------------------------------------------- */

static void cmspi_pause(struct gpio_run *run)
{
	for (unsigned int i = 0; i < run->pauses; i++)
		cmspi_get(run, run->stores.in_addr, &run->ignored);
}

static void cmspi_clock(struct gpio_run *run)
{
	cmspi_drive(run, &run->stores.clk_low);
	cmspi_pause(run);
	cmspi_drive(run, &run->stores.clk_high);
	cmspi_pause(run);
}

static void cmspi_send(struct gpio_run *run, const uint8_t *data, uint32_t count)
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
static void cmspi_drive_lines(struct gpio_run *run, unsigned int value)
{
	const struct cmspi_stores *stores = &run->stores;

	if (!stores->wide_clk_with_data)
		cmspi_drive(run, &stores->clk_low);
	for (unsigned int i = 0; i < stores->num_wide_ports; i++)
		cmspi_put(run, stores->wide_ports[i].addr, stores->wide_ports[i].words[value]);
}

static void cmspi_send_on(struct gpio_run *run, unsigned int lines, const uint8_t *data,
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

static void cmspi_turn_bits(struct gpio_run *run, uint32_t addr, uint32_t mask, uint32_t value)
{
	uint32_t word = 0;

	cmspi_get(run, addr, &word);
	cmspi_flush(run);
	cmspi_put(run, addr, (word & ~mask) | value);
}

static void cmspi_turn(struct gpio_run *run, const struct cmspi_turn *turn, uint32_t value)
{
	cmspi_turn_bits(run, turn->addr, turn->mask, value);
}

enum line_state {
	LINES_RECEIVE,
	LINES_REST,
	LINES_SEND,
};

/* The data lines of a command that sends on some of them. */
static void cmspi_turn_lines(struct gpio_run *run, unsigned int lines, enum line_state state)
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
static void cmspi_turn_data_pin(struct gpio_run *run, bool receive)
{
	const struct cmspi_pin *pin = &run->bus->wires.pins[CMSPI_IO0];
	const struct cmspi_direction *direction = &pin->direction;

	if (run->released == receive || !run->stores.one_data_pin)
		return;
	run->released = receive;
	if (pin->turn.mask)
		cmspi_turn(run, &pin->turn, receive ? pin->turn.in : pin->turn.out);
	else
		cmspi_put(run, receive ? direction->in_addr : direction->out_addr,
			direction->mask);
}

static void cmspi_kick_watchdog(struct gpio_run *run)
{
	if (run->bus->watchdog.addr)
		cmspi_drive(run, &run->bus->watchdog);
}

/* From here on data come in on so many lines. */
static void cmspi_use_lines(struct gpio_run *run, unsigned int lines)
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
static unsigned int cmspi_quad_bit(const struct gpio_run *run, const uint32_t *samples,
	unsigned int line)
{
	unsigned int n = 0;

	while (run->inputs[n] != run->stores.quad_in[line].addr)
		n++;
	return samples[n] >> run->stores.quad_in[line].bit & 1;
}

/* What the samples of a clock add to a byte: the highest line is the highest bit. */
static uint8_t cmspi_add_samples(const struct gpio_run *run, uint8_t byte,
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

/* The most bytes that one flush brings. */
static uint32_t cmspi_chunk_bytes(const struct gpio_run *run)
{
	return run->proxy ? cmspi_proxy_most_bytes(run->proxy) :
		RX_CHUNK_SAMPLES * run->lines / (8 * run->num_inputs);
}

/* At most that. */
static void cmspi_receive_chunk(struct gpio_run *run, uint8_t *data, uint32_t count)
{
	const unsigned int clocks = 8 / run->lines;

	if (run->proxy) {
		cmspi_note(run, cmspi_proxy_receive(run->proxy, run->lines, data, count));
		cmspi_flush(run);
		return;
	}
	for (uint32_t i = 0; i < clocks * count; i++) {
		cmspi_clock(run);
		for (unsigned int n = 0; n < run->num_inputs; n++)
			cmspi_get(run, run->inputs[n], &run->samples[i * run->num_inputs + n]);
	}
	cmspi_flush(run);
	if (run->error != ERROR_OK)
		return;
	for (uint32_t i = 0; i < clocks * count; i++)
		data[i / clocks] = cmspi_add_samples(run, data[i / clocks],
			&run->samples[i * run->num_inputs]);
}

static int cmspi_receive(struct gpio_run *run, uint8_t *data, uint32_t count)
{
	if (count)
		cmspi_turn_data_pin(run, true);
	while (count && run->error == ERROR_OK) {
		const uint32_t chunk = MIN(count, cmspi_chunk_bytes(run));

		cmspi_kick_watchdog(run);
		cmspi_receive_chunk(run, data, chunk);
		data += chunk;
		count -= chunk;
		run->received += chunk;
	}
	return run->error;
}

/* ---- frames ------------------------------------------------------------- */

static void cmspi_take_neighbours_of(struct gpio_run *run, struct cmspi_wide_port *port)
{
	uint32_t now = 0;

	if (!port->keep)
		return;
	cmspi_get(run, port->addr, &now);
	cmspi_flush(run);
	for (unsigned int value = 0; value < CMSPI_NIBBLES; value++)
		port->words[value] |= now & port->keep;
}

/* A store to a whole port carries the neighbours' bits along: their present
 * state, so that an output of the application is not turned back. */
static void cmspi_take_neighbours(struct gpio_run *run)
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
		cmspi_get(run, all[i]->addr, &now[i]);
		any = true;
	}
	if (any)
		cmspi_flush(run);
	for (unsigned int i = 0; i < ARRAY_SIZE(all); i++)
		all[i]->word |= now[i] & all[i]->keep;
	for (unsigned int i = 0; i < stores->num_wide_ports; i++)
		cmspi_take_neighbours_of(run, &stores->wide_ports[i]);
}

static void cmspi_select(struct gpio_run *run)
{
	cmspi_kick_watchdog(run);
	// the proxy has them
	if (!run->proxy)
		cmspi_take_neighbours(run);
	if (run->error != ERROR_OK)
		return;
	run->selected_once = true;
	cmspi_use_lines(run, 1);
	cmspi_drive(run, &run->stores.cs_low);
}

static void cmspi_deselect(struct gpio_run *run)
{
	cmspi_drive(run, &run->stores.clk_low);
	cmspi_drive(run, &run->stores.cs_high);
	cmspi_turn_data_pin(run, false);
}

/* The last address bit is in: release the lines while CLK is low, before the chip
 * drives them. */
static void cmspi_release_lines(struct gpio_run *run, unsigned int lines)
{
	const struct cmspi_stores *stores = &run->stores;

	cmspi_drive(run, &stores->clk_low);
	for (unsigned int i = 0; i < cmspi_pins_turns(stores, lines); i++)
		cmspi_turn(run, &stores->turns[i], stores->turns[i].in);
	cmspi_use_lines(run, lines);
}

/* The end of a frame that sent on several lines: the chip takes nothing more once CLK
 * is low. */
static void cmspi_close_lines(struct gpio_run *run, unsigned int lines)
{
	cmspi_drive(run, &run->stores.clk_low);
	cmspi_drive_lines(run, CMSPI_NIBBLE_REST);
	cmspi_deselect(run);
	cmspi_turn_lines(run, lines, LINES_REST);
	cmspi_use_lines(run, 1);
}

static void cmspi_close_frame(struct gpio_run *run)
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
static void cmspi_drive_upper(struct gpio_run *run, unsigned int nibble)
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
static void cmspi_return_miso(struct gpio_run *run)
{
	const struct cmspi_pin *miso = &run->bus->wires.pins[CMSPI_IO1];

	if (!run->miso_sends)
		return;
	cmspi_drive_upper(run, 0xd | run->miso_latch << 1);
	if (miso->turn.mask)
		cmspi_turn(run, &miso->turn, miso->turn.in);
	cmspi_flush(run);
	run->miso_sends = run->error != ERROR_OK;
}

/* A frame of two clocks: an opcode on four lines, as a chip left in QPI takes it.
 * It has no answer, so MISO may be an output until CS rises. */
static void cmspi_send_wide(struct gpio_run *run, uint8_t opcode)
{
	const struct cmspi_pin *miso = &run->bus->wires.pins[CMSPI_IO1];
	const struct cmspi_port *port = &run->bus->wires.ports[miso->port];
	uint32_t latch = 0;

	cmspi_get(run, port->out, &latch);
	cmspi_flush(run);
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
static void cmspi_turn_for_data(struct gpio_run *run)
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

/* Select the chip, send opcode, address, mode byte and dummy clocks. */
static void cmspi_open_frame(struct gpio_run *run, const struct cmspi_op *op, uint32_t addr)
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
	cmspi_send_on(run, op->cmd_lines, &op->opcode, 1);
	if (count && op->addr_lines > op->cmd_lines)
		cmspi_turn_lines(run, op->addr_lines, LINES_SEND);
	if (count)
		cmspi_send_on(run, op->addr_lines, tail, count);
	cmspi_turn_for_data(run);
	for (unsigned int i = 0; i < op->dummy_clocks; i++)
		cmspi_clock(run);
}

static int cmspi_blame_chip(struct gpio_run *run, enum cmspi_fault fault)
{
	run->failure->fault = fault;
	return ERROR_FLASH_OPERATION_FAILED;
}

/* A frame of an opcode and, if wanted, an answer of one byte; on the lines of the
 * opcode of the step. */
static int cmspi_command(struct gpio_run *run, uint8_t opcode, uint8_t *answer)
{
	const unsigned int lines = run->step->op.cmd_lines;
	int retval = ERROR_OK;

	if (lines > 1)
		cmspi_turn_lines(run, lines, LINES_SEND);
	cmspi_select(run);
	cmspi_send_on(run, lines, &opcode, 1);
	if (answer && lines > 1) {
		cmspi_turn_lines(run, lines, LINES_RECEIVE);
		cmspi_use_lines(run, lines);
	}
	if (answer)
		retval = cmspi_receive(run, answer, 1);
	if (lines > 1)
		cmspi_close_lines(run, lines);
	else
		cmspi_deselect(run);
	return retval == ERROR_OK ? run->error : retval;
}

static int cmspi_read_status(struct gpio_run *run, uint8_t opcode)
{
	return cmspi_command(run, opcode, &run->failure->status);
}

static int cmspi_write_enable(struct gpio_run *run, const struct cmspi_step *step)
{
	if (!(step->flags & CMSPI_STEP_WREN))
		return ERROR_OK;
	int retval = cmspi_command(run, CMSPI_OPCODE_WRITE_ENABLE, NULL);
	if (retval != ERROR_OK || !(step->flags & CMSPI_STEP_CHECK_WEL))
		return retval;
	retval = cmspi_read_status(run, CMSPI_OPCODE_READ_STATUS);
	if (retval != ERROR_OK)
		return retval;
	if (!(run->failure->status & STATUS_WEL))
		return cmspi_blame_chip(run, CMSPI_FAULT_NO_WEL);
	return ERROR_OK;
}

static int cmspi_poll(struct gpio_run *run, const struct cmspi_step *step)
{
	const struct cmspi_poll *poll = &step->poll;
	const uint8_t *status = &run->failure->status;
	const int64_t limit_ms = timeval_ms() + step->timeout_us / 1000 + LINK_MARGIN_MS;
	bool busy = false;

	if (!(step->flags & CMSPI_STEP_POLL))
		return ERROR_OK;
	while (true) {
		// the clock first: a host that was busy elsewhere still looks once
		const bool late = timeval_ms() > limit_ms;

		int retval = cmspi_read_status(run, poll->opcode);
		if (retval != ERROR_OK)
			return retval;
		if ((*status & poll->mask) == poll->ready)
			break;
		if (late)
			return cmspi_blame_chip(run, CMSPI_FAULT_TIMEOUT);
		busy = true;
	}
	if (*status & poll->fail)
		return cmspi_blame_chip(run, CMSPI_FAULT_REFUSED);
	if (!busy)
		run->failure->never_busy++;
	return ERROR_OK;
}

/* ---- steps -------------------------------------------------------------- */

static int cmspi_step_xfer(struct gpio_run *run, const struct cmspi_step *step)
{
	if (!(step->flags & CMSPI_STEP_CONTINUE)) {
		int retval = cmspi_write_enable(run, step);
		if (retval != ERROR_OK)
			return retval;
		cmspi_open_frame(run, &step->op, step->addr);
	}
	cmspi_send_on(run, step->op.data_lines, step->tx, step->tx_bytes);
	int retval = cmspi_receive(run, step->rx, step->rx_bytes);
	if (retval != ERROR_OK || step->flags & CMSPI_STEP_KEEP_CS)
		return retval;
	cmspi_close_frame(run);
	return cmspi_poll(run, step);
}

static int cmspi_step_program(struct gpio_run *run, const struct cmspi_step *step)
{
	struct cmspi_op opcode = step->op;
	uint32_t done = 0;

	opcode.addr_bytes = 0;
	while (done < step->count) {
		const uint32_t addr = step->addr + done;
		const uint32_t room = step->page_bytes - addr % step->page_bytes;
		const uint32_t part = MIN(room, step->count - done);
		const bool counts_on = done && step->flags & CMSPI_STEP_RUNNING;

		run->failure->addr = addr;
		int retval = counts_on ? ERROR_OK : cmspi_write_enable(run, step);
		if (retval != ERROR_OK)
			return retval;
		cmspi_open_frame(run, counts_on ? &opcode : &step->op, addr);
		cmspi_send_on(run, step->op.data_lines, step->tx + done, part);
		cmspi_close_frame(run);
		retval = cmspi_poll(run, step);
		if (retval != ERROR_OK)
			return retval;
		done += part;
	}
	return run->error;
}

static int cmspi_step_read(struct gpio_run *run, const struct cmspi_step *step)
{
	cmspi_open_frame(run, &step->op, step->addr);
	int retval = cmspi_receive(run, step->rx, step->count);
	cmspi_close_frame(run);
	return retval;
}

/* The same sum as image_calculate_checksum() makes in one go. */
static uint32_t cmspi_add_to_crc(uint32_t crc, const uint8_t *data, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		crc = crc << 8 ^ cmspi_crc_table_word(crc >> 24 ^ data[i]);
	return crc;
}

static int cmspi_receive_crc(struct gpio_run *run, uint32_t count, uint32_t *crc)
{
	uint8_t chunk[RX_CHUNK_BYTES];

	for (uint32_t part; count; count -= part) {
		part = MIN(count, MIN(cmspi_chunk_bytes(run), sizeof(chunk)));
		int retval = cmspi_receive(run, chunk, part);
		if (retval != ERROR_OK)
			return retval;
		*crc = cmspi_add_to_crc(*crc, chunk, part);
	}
	return ERROR_OK;
}

static int cmspi_step_crc(struct gpio_run *run, const struct cmspi_step *step)
{
	uint32_t *result = step->results;
	uint32_t crc = CMSPI_CRC_OF_NOTHING;

	cmspi_open_frame(run, &step->op, step->addr);
	for (uint32_t part, done = 0; done < step->count; done += part) {
		part = MIN(step->grain_bytes, step->count - done);
		int retval = cmspi_receive_crc(run, part, &crc);
		if (retval != ERROR_OK)
			return retval;
		*result++ = crc;
		if (!(step->flags & CMSPI_STEP_RUNNING))
			crc = CMSPI_CRC_OF_NOTHING;
	}
	cmspi_close_frame(run);
	return run->error;
}

/* Stops at the first byte that is not FFh. */
static int cmspi_receive_blank(struct gpio_run *run, uint32_t count, uint32_t *blank)
{
	uint8_t chunk[RX_CHUNK_BYTES];

	*blank = 1;
	for (uint32_t part; count && *blank; count -= part) {
		part = MIN(count, MIN(cmspi_chunk_bytes(run), sizeof(chunk)));
		int retval = cmspi_receive(run, chunk, part);
		if (retval != ERROR_OK)
			return retval;
		for (uint32_t i = 0; i < part; i++)
			*blank &= chunk[i] == 0xff;
	}
	return ERROR_OK;
}

static int cmspi_step_blank(struct gpio_run *run, const struct cmspi_step *step)
{
	uint32_t *result = step->results;

	for (uint32_t part, done = 0; done < step->count; done += part) {
		part = MIN(step->grain_bytes, step->count - done);
		run->failure->addr = step->addr + done;
		cmspi_open_frame(run, &step->op, step->addr + done);
		int retval = cmspi_receive_blank(run, part, result++);
		cmspi_close_frame(run);
		if (retval != ERROR_OK)
			return retval;
	}
	return run->error;
}

/* An opcode on four lines and nothing else. */
static bool is_wide(const struct cmspi_step *step)
{
	const struct cmspi_op *op = &step->op;

	return step->kind == CMSPI_STEP_XFER && op->cmd_lines == 4 && !op->addr_bytes &&
		!op->mode_bytes && !op->dummy_clocks && !step->tx_bytes && !step->rx_bytes &&
		!step->flags;
}

static bool cmspi_can_do(const struct gpio_run *run, const struct cmspi_step *step)
{
	const struct cmspi_stores *stores = &run->bus->stores;
	const unsigned int sent = cmspi_step_lines_sent(step);

	if (is_wide(step))
		return true;
	if (sent > 1)
		return sent == 2 ? stores->send_dual : stores->send_quad;
	if (step->op.data_lines == 1)
		return true;
	return step->op.data_lines == 2 ? stores->dual : stores->quad;
}

static int cmspi_run_step(struct gpio_run *run, const struct cmspi_step *step)
{
	const struct cmspi_op *op = &step->op;

	run->step = step;
	run->received = 0;
	run->failure->addr = step->addr;
	if (!cmspi_can_do(run, step)) {
		LOG_TARGET_ERROR(run->bus->target, "opcode %02Xh uses %u-%u-%u lines, which are "
			"not wired or cannot turn round", op->opcode, op->cmd_lines,
			op->addr_lines, op->data_lines);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	if (is_wide(step)) {
		// a chip on one data pin cannot be in such a mode
		if (!run->stores.one_data_pin)
			cmspi_send_wide(run, op->opcode);
		return run->error;
	}
	switch (step->kind) {
	case CMSPI_STEP_XFER:
		return cmspi_step_xfer(run, step);
	case CMSPI_STEP_PROGRAM:
		return cmspi_step_program(run, step);
	case CMSPI_STEP_READ:
		return cmspi_step_read(run, step);
	case CMSPI_STEP_CRC:
		return cmspi_step_crc(run, step);
	case CMSPI_STEP_BLANK:
		return cmspi_step_blank(run, step);
	}
	return ERROR_FAIL;
}

static int cmspi_run_steps(struct gpio_run *run, const struct cmspi_step *steps,
	unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		run->failure->step = i;
		int retval = cmspi_run_step(run, &steps[i]);
		if (retval != ERROR_OK)
			return retval;
	}
	cmspi_flush(run);
	return run->error;
}

/* ---- before and after --------------------------------------------------- */

static int cmspi_set_up(struct gpio_run *run)
{
	const struct cmspi_wires *wires = &run->bus->wires;

	for (unsigned int i = 0; i < wires->num_setups; i++) {
		const struct cmspi_setup *setup = &wires->setups[i];
		uint32_t word = 0;

		cmspi_get(run, setup->addr, &word);
		cmspi_flush(run);
		if (run->error != ERROR_OK)
			return run->error;
		run->saved[i] = (word & ~setup->force) | (setup->value & setup->force);
		run->set_up = i + 1;
		if (run->bus->saved)
			run->bus->saved[i] = run->saved[i];
		cmspi_put(run, setup->addr, (word & ~setup->mask) | setup->value);
		// a clock gate must be through before its port is touched
		cmspi_get(run, setup->addr, &run->ignored);
	}
	cmspi_flush(run);
	return run->error;
}

static void cmspi_undo_entry(struct gpio_run *run, unsigned int i)
{
	const struct cmspi_setup *setup = &run->bus->wires.setups[i];
	uint32_t word = 0;

	cmspi_get(run, setup->addr, &word);
	cmspi_flush(run);
	cmspi_put(run, setup->addr, (word & ~setup->mask) | (run->saved[i] & setup->mask));
}

/* Chip select up, if it was ever driven, then MISO an input again. */
static void cmspi_end_frame(struct gpio_run *run, unsigned int i)
{
	if (run->selected_once)
		cmspi_deselect(run);
	cmspi_return_miso(run);
	if (run->turned)
		cmspi_turn_lines(run, run->turned, LINES_REST);
}

/* The rest of the clean-up needs this part of it: do not give up at once. */
static int cmspi_insist(struct gpio_run *run, void (*act)(struct gpio_run *run, unsigned int i),
	unsigned int i)
{
	for (unsigned int tries = 0; tries < CLEAN_UP_TRIES; tries++) {
		run->error = ERROR_OK;
		act(run, i);
		cmspi_flush(run);
		if (run->error == ERROR_OK)
			break;
	}
	return run->error;
}

/* Chip select up first, then the set-up list backwards, whatever fails. */
static int cmspi_clean_up(struct gpio_run *run)
{
	int failure = cmspi_insist(run, cmspi_end_frame, 0);
	for (unsigned int i = run->set_up; i--;) {
		int retval = cmspi_insist(run, cmspi_undo_entry, i);
		if (failure == ERROR_OK)
			failure = retval;
	}
	if (failure != ERROR_OK)
		LOG_TARGET_ERROR(run->bus->target,
			"pins and clock gates could not be put back: reset the target");
	return failure;
}

static void cmspi_start(struct gpio_run *run)
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

/* From here on the proxy makes the accesses. */
static int cmspi_start_proxy(struct gpio_run *run, struct cmspi_proxy *proxy)
{
	if (!proxy)
		return ERROR_OK;
	cmspi_take_neighbours(run);
	if (run->error != ERROR_OK)
		return run->error;
	run->selected_once = true;
	run->pauses = 0;
	run->proxy = proxy;
	run->error = cmspi_proxy_start(proxy, &run->stores);
	return run->error;
}

/* The clean-up does without it, as it must when it does not answer. */
static int cmspi_stop_proxy(struct gpio_run *run)
{
	struct cmspi_proxy *proxy = run->proxy;

	run->proxy = NULL;
	return proxy ? cmspi_proxy_stop(proxy) : ERROR_OK;
}

static int cmspi_run_all(struct gpio_run *run, struct cmspi_proxy *proxy,
	const struct cmspi_step *steps, unsigned int count)
{
	int retval = cmspi_set_up(run);
	if (retval == ERROR_OK)
		retval = cmspi_start_proxy(run, proxy);
	if (retval == ERROR_OK)
		retval = cmspi_run_steps(run, steps, count);
	if (run->error != ERROR_OK)
		LOG_TARGET_ERROR(run->bus->target, "debug link failed in step %u of %u, opcode "
			"%02Xh at 0x%08" PRIx32, run->failure->step + 1, count,
			steps[run->failure->step].op.opcode, run->failure->addr);
	int stopped = cmspi_stop_proxy(run);
	int cleaned = cmspi_clean_up(run);

	if (retval == ERROR_OK)
		retval = stopped;
	return retval == ERROR_OK ? cleaned : retval;
}

static int cmspi_run_by(struct cmspi_proxy *proxy, struct cmspi_bus *bus,
	const struct cmspi_step *steps, unsigned int count, struct cmspi_failure *failure)
{
	struct gpio_run *run = calloc(1, sizeof(*run));

	if (!run) {
		LOG_ERROR("out of memory for a run of %u steps", count);
		return ERROR_FAIL;
	}
	run->bus = bus;
	run->failure = failure;
	cmspi_start(run);
	int retval = cmspi_run_all(run, proxy, steps, count);
	if (retval == ERROR_OK)
		failure->fault = CMSPI_FAULT_NONE;
	free(run);
	return retval;
}

int cmspi_gpio_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	*failure = (struct cmspi_failure){ .fault = CMSPI_FAULT_LINK };
	if (bus->target->state != TARGET_HALTED) {
		LOG_TARGET_ERROR(bus->target, "not halted: use 'halt' or 'reset halt' first");
		return ERROR_TARGET_NOT_HALTED;
	}
	return cmspi_run_by(NULL, bus, steps, count, failure);
}

int cmspi_proxy_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	struct cmspi_proxy *proxy;

	*failure = (struct cmspi_failure){ .fault = CMSPI_FAULT_LINK };
	int retval = cmspi_algorithm_check_target(bus->target);
	if (retval == ERROR_OK)
		retval = cmspi_proxy_lend(bus, steps, count, &proxy);
	if (retval != ERROR_OK)
		return retval;
	retval = cmspi_run_by(proxy, bus, steps, count, failure);
	int freed = cmspi_proxy_free(proxy);
	return retval != ERROR_OK ? retval : freed;
}
