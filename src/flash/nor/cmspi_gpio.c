// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The GPIO executor: runs a list of steps by register writes and reads over
 * the debug link. Needs no work area and no code on the target, and is slow.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_algorithm.h"
#include "cmspi_crc.h"
#include "cmspi_gpio.h"
#include "cmspi_proxy.h"
#include <helper/time_support.h>

/* The most bytes that are summed up or compared in one go. */
#define RX_CHUNK_BYTES		512
/* Cleaning up is tried again when the link fails in the middle of it. */
#define CLEAN_UP_TRIES		3
/* The debug link's part of a wait. */
#define LINK_MARGIN_MS		500
/* Status register 1 of every part that has a write enable command. */
#define STATUS_WEL		0x02

/* ---- the chip ------------------------------------------------------------- */

static int cmspi_blame_chip(struct cmspi_gpio *run, enum cmspi_fault fault)
{
	run->failure->fault = fault;
	return ERROR_FLASH_OPERATION_FAILED;
}

static int cmspi_read_status(struct cmspi_gpio *run, uint8_t opcode)
{
	return cmspi_gpio_command(run, opcode, &run->failure->status);
}

static int cmspi_write_enable(struct cmspi_gpio *run, const struct cmspi_step *step)
{
	if (!(step->flags & CMSPI_STEP_WREN))
		return ERROR_OK;
	int retval = cmspi_gpio_command(run, CMSPI_OPCODE_WRITE_ENABLE, NULL);
	if (retval != ERROR_OK || !(step->flags & CMSPI_STEP_CHECK_WEL))
		return retval;
	retval = cmspi_read_status(run, CMSPI_OPCODE_READ_STATUS);
	if (retval != ERROR_OK)
		return retval;
	if (!(run->failure->status & STATUS_WEL))
		return cmspi_blame_chip(run, CMSPI_FAULT_NO_WEL);
	return ERROR_OK;
}

static int cmspi_poll(struct cmspi_gpio *run, const struct cmspi_step *step)
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

static int cmspi_step_xfer(struct cmspi_gpio *run, const struct cmspi_step *step)
{
	if (!(step->flags & CMSPI_STEP_CONTINUE)) {
		int retval = cmspi_write_enable(run, step);
		if (retval != ERROR_OK)
			return retval;
		cmspi_gpio_open_frame(run, &step->op, step->addr);
	}
	cmspi_gpio_send(run, step->op.data_lines, step->tx, step->tx_bytes);
	int retval = cmspi_gpio_receive(run, step->rx, step->rx_bytes);
	if (retval != ERROR_OK || step->flags & CMSPI_STEP_KEEP_CS)
		return retval;
	cmspi_gpio_close_frame(run);
	return cmspi_poll(run, step);
}

static int cmspi_step_program(struct cmspi_gpio *run, const struct cmspi_step *step)
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
		cmspi_gpio_open_frame(run, counts_on ? &opcode : &step->op, addr);
		cmspi_gpio_send(run, step->op.data_lines, step->tx + done, part);
		cmspi_gpio_close_frame(run);
		retval = cmspi_poll(run, step);
		if (retval != ERROR_OK)
			return retval;
		done += part;
	}
	return run->error;
}

static int cmspi_step_read(struct cmspi_gpio *run, const struct cmspi_step *step)
{
	cmspi_gpio_open_frame(run, &step->op, step->addr);
	int retval = cmspi_gpio_receive(run, step->rx, step->count);
	cmspi_gpio_close_frame(run);
	return retval;
}

/* The same sum as image_calculate_checksum() makes in one go. */
static uint32_t cmspi_add_to_crc(uint32_t crc, const uint8_t *data, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		crc = crc << 8 ^ cmspi_crc_table_word(crc >> 24 ^ data[i]);
	return crc;
}

static int cmspi_receive_crc(struct cmspi_gpio *run, uint32_t count, uint32_t *crc)
{
	uint8_t chunk[RX_CHUNK_BYTES];

	for (uint32_t part; count; count -= part) {
		part = MIN(count, MIN(cmspi_gpio_chunk_bytes(run), sizeof(chunk)));
		int retval = cmspi_gpio_receive(run, chunk, part);
		if (retval != ERROR_OK)
			return retval;
		*crc = cmspi_add_to_crc(*crc, chunk, part);
	}
	return ERROR_OK;
}

static int cmspi_step_crc(struct cmspi_gpio *run, const struct cmspi_step *step)
{
	uint32_t *result = step->results;
	uint32_t crc = CMSPI_CRC_OF_NOTHING;

	cmspi_gpio_open_frame(run, &step->op, step->addr);
	for (uint32_t part, done = 0; done < step->count; done += part) {
		part = MIN(step->grain_bytes, step->count - done);
		int retval = cmspi_receive_crc(run, part, &crc);
		if (retval != ERROR_OK)
			return retval;
		*result++ = crc;
		if (!(step->flags & CMSPI_STEP_RUNNING))
			crc = CMSPI_CRC_OF_NOTHING;
	}
	cmspi_gpio_close_frame(run);
	return run->error;
}

/* Stops at the first byte that is not FFh. */
static int cmspi_receive_blank(struct cmspi_gpio *run, uint32_t count, uint32_t *blank)
{
	uint8_t chunk[RX_CHUNK_BYTES];

	*blank = 1;
	for (uint32_t part; count && *blank; count -= part) {
		part = MIN(count, MIN(cmspi_gpio_chunk_bytes(run), sizeof(chunk)));
		int retval = cmspi_gpio_receive(run, chunk, part);
		if (retval != ERROR_OK)
			return retval;
		for (uint32_t i = 0; i < part; i++)
			*blank &= chunk[i] == 0xff;
	}
	return ERROR_OK;
}

static int cmspi_step_blank(struct cmspi_gpio *run, const struct cmspi_step *step)
{
	uint32_t *result = step->results;

	for (uint32_t part, done = 0; done < step->count; done += part) {
		part = MIN(step->grain_bytes, step->count - done);
		run->failure->addr = step->addr + done;
		cmspi_gpio_open_frame(run, &step->op, step->addr + done);
		int retval = cmspi_receive_blank(run, part, result++);
		cmspi_gpio_close_frame(run);
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

static bool cmspi_can_do(const struct cmspi_gpio *run, const struct cmspi_step *step)
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

static int cmspi_run_step(struct cmspi_gpio *run, const struct cmspi_step *step)
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
			cmspi_gpio_send_wide(run, op->opcode);
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

static int cmspi_run_steps(struct cmspi_gpio *run, const struct cmspi_step *steps,
	unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		run->failure->step = i;
		int retval = cmspi_run_step(run, &steps[i]);
		if (retval != ERROR_OK)
			return retval;
	}
	cmspi_gpio_flush(run);
	return run->error;
}

/* ---- before and after --------------------------------------------------- */

static int cmspi_set_up(struct cmspi_gpio *run)
{
	const struct cmspi_wires *wires = &run->bus->wires;

	for (unsigned int i = 0; i < wires->num_setups; i++) {
		const struct cmspi_setup *setup = &wires->setups[i];
		uint32_t word = 0;

		cmspi_gpio_get(run, setup->addr, &word);
		cmspi_gpio_flush(run);
		if (run->error != ERROR_OK)
			return run->error;
		run->saved[i] = (word & ~setup->force) | (setup->value & setup->force);
		run->set_up = i + 1;
		if (run->bus->saved)
			run->bus->saved[i] = run->saved[i];
		cmspi_gpio_put(run, setup->addr, (word & ~setup->mask) | setup->value);
		// a clock gate must be through before its port is touched
		cmspi_gpio_get(run, setup->addr, &run->ignored);
	}
	cmspi_gpio_flush(run);
	return run->error;
}

static void cmspi_undo_entry(struct cmspi_gpio *run, unsigned int i)
{
	const struct cmspi_setup *setup = &run->bus->wires.setups[i];
	uint32_t word = 0;

	cmspi_gpio_get(run, setup->addr, &word);
	cmspi_gpio_flush(run);
	cmspi_gpio_put(run, setup->addr, (word & ~setup->mask) | (run->saved[i] & setup->mask));
}

/* The rest of the clean-up needs this part of it: do not give up at once. */
static int cmspi_insist(struct cmspi_gpio *run,
	void (*act)(struct cmspi_gpio *run, unsigned int i), unsigned int i)
{
	for (unsigned int tries = 0; tries < CLEAN_UP_TRIES; tries++) {
		run->error = ERROR_OK;
		act(run, i);
		cmspi_gpio_flush(run);
		if (run->error == ERROR_OK)
			break;
	}
	return run->error;
}

/* Chip select up first, then the set-up list backwards, whatever fails. */
static int cmspi_clean_up(struct cmspi_gpio *run)
{
	int failure = cmspi_insist(run, cmspi_gpio_end_frame, 0);
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

/* From here on the proxy makes the accesses. */
static int cmspi_start_proxy(struct cmspi_gpio *run, struct cmspi_proxy *proxy)
{
	if (!proxy)
		return ERROR_OK;
	cmspi_gpio_take_neighbours(run);
	if (run->error != ERROR_OK)
		return run->error;
	run->selected_once = true;
	run->pauses = 0;
	run->proxy = proxy;
	run->error = cmspi_proxy_start(proxy, &run->stores);
	return run->error;
}

/* The clean-up does without it, as it must when it does not answer. */
static int cmspi_stop_proxy(struct cmspi_gpio *run)
{
	struct cmspi_proxy *proxy = run->proxy;

	run->proxy = NULL;
	return proxy ? cmspi_proxy_stop(proxy) : ERROR_OK;
}

static int cmspi_run_all(struct cmspi_gpio *run, struct cmspi_proxy *proxy,
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
	struct cmspi_gpio *run = calloc(1, sizeof(*run));

	if (!run) {
		LOG_ERROR("out of memory for a run of %u steps", count);
		return ERROR_FAIL;
	}
	run->bus = bus;
	run->failure = failure;
	cmspi_gpio_start(run);
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
