// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The stub executor: lends a work area, puts the stub there, runs it for a list
 * of steps, and cleans up behind it. The contract with the stub is
 * contrib/loaders/spi/cmspi_abi.h.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_stub.h"
#include <helper/binarybuffer.h>
#include <target/algorithm.h>
#include <target/register.h>

/* Two requests cost as much as sending this. */
#define GAP_MAX_BYTES		256
/* About what a further start of the stub costs beside its bytes: 80 requests. */
#define START_NS		(80 * CMSPI_REQUEST_NS)
/* r0 to r4, sp and primask, see cmspi_abi.h. */
#define NUM_REGS		7
#define RESULT_REGS		5

/* ---- the run ------------------------------------------------------------ */

static int undo_register(struct cmspi_stub *run, unsigned int i)
{
	struct target *target = run->bus->target;
	const struct cmspi_setup *setup = &run->bus->wires.setups[i];
	const uint32_t save = run->setup + i * CMSPI_SETUP_BYTES + CMSPI_SETUP_SAVE;
	uint32_t saved, word;

	int retval = target_read_u32(target, cmspi_stub_addr(run, save), &saved);
	if (retval == ERROR_OK)
		retval = target_read_u32(target, setup->addr, &word);
	if (retval != ERROR_OK)
		return retval;
	return target_write_u32(target, setup->addr,
		(word & ~setup->mask) | (saved & setup->mask));
}

/* Put back by hand what the stub could not: chip select up first, then the
 * set-up list backwards, as far as the stub had come with it. */
static int undo_setup(struct cmspi_stub *run)
{
	struct target *target = run->bus->target;
	const struct cmspi_store *cs_high = &run->bus->stores.cs_high;
	uint32_t done, word = 0;

	int retval = target_read_u32(target,
		cmspi_stub_addr(run, run->ctx + CMSPI_CTX_SETUP_DONE), &done);
	if (retval != ERROR_OK)
		return retval;
	unsigned int count = (done - cmspi_stub_addr(run, run->setup)) / CMSPI_SETUP_BYTES;

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

/* The run did not end as it should: stop it and clean up in its place. */
static int recover(struct cmspi_stub *run)
{
	// asked politely, the stub puts everything back itself
	int retval = cmspi_algorithm_stop(&run->algorithm,
		cmspi_stub_addr(run, run->ctx + CMSPI_CTX_IN_WP));
	return retval == ERROR_OK ? undo_setup(run) : retval;
}

/* The stub's address is as it is sent: see CMSPI_AT_ADDR. */
static uint32_t failing_addr(const struct cmspi_step *step, uint32_t sent)
{
	return step->op.addr_bytes ? sent >> (32 - 8 * step->op.addr_bytes) : step->addr;
}

static void blame(struct cmspi_stub *run, struct reg_param *regs, struct cmspi_failure *failure)
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
	failure->addr = failing_addr(&run->steps[failure->step],
		buf_get_u32(regs[3].value, 0, 32));
	uint32_t unused_bytes = 0;

	cmspi_stub_place(run, &failure->step, &unused_bytes);
	failure->never_busy = buf_get_u32(regs[4].value, 0, 32);
	if (failure->fault == CMSPI_FAULT_LINK)
		LOG_TARGET_ERROR(run->bus->target, "stub ended with code %" PRIu32
			" at step %u of %u", code, failure->step + 1, run->count);
}

static int start(struct cmspi_stub *run, struct reg_param *regs)
{
	const uint32_t stack = run->in.base;

	buf_set_u32(regs[0].value, 0, 32, cmspi_stub_addr(run, run->ctx));
	buf_set_u32(regs[RESULT_REGS].value, 0, 32, stack);
	// hla does not mask interrupts: one that waits would come before cpsid
	buf_set_u32(regs[RESULT_REGS + 1].value, 0, 1, 1);
	run->stale = false;
	return cmspi_algorithm_start(&run->algorithm, regs, NUM_REGS,
		cmspi_stub_addr(run, run->kept_bytes ? run->guard : 0),
		cmspi_stub_addr(run, CMSPI_EXIT_OFFSET));
}

/* What the stub saved of the registers in the set-up list. */
static int fetch_saved(struct cmspi_stub *run)
{
	const unsigned int count = run->bus->wires.num_setups;
	uint8_t *list = run->image + run->setup;

	if (!run->bus->saved || !count)
		return ERROR_OK;
	int retval = target_read_buffer(run->bus->target, cmspi_stub_addr(run, run->setup),
		count * CMSPI_SETUP_BYTES, list);
	for (unsigned int i = 0; i < count && retval == ERROR_OK; i++)
		run->bus->saved[i] = le_to_h_u32(list + i * CMSPI_SETUP_BYTES + CMSPI_SETUP_SAVE);
	return retval;
}

/* Has the guard ended the run? */
static bool stopped_in_guard(const struct cmspi_stub *run)
{
	const struct reg *pc = target_to_armv7m(run->bus->target)->arm.pc;

	return run->kept_bytes && run->bus->target->state == TARGET_HALTED &&
		buf_get_u32(pc->value, 0, 32) ==
			cmspi_stub_addr(run, run->guard + CMSPI_GUARD_EXIT_OFFSET);
}

static int finish(struct cmspi_stub *run, struct reg_param *regs, struct cmspi_failure *failure)
{
	run->stale = stopped_in_guard(run);
	const uint32_t exit_offset = run->stale ? run->guard + CMSPI_GUARD_EXIT_OFFSET :
		CMSPI_EXIT_OFFSET;

	int retval = cmspi_algorithm_finish(&run->algorithm, regs, NUM_REGS,
		cmspi_stub_addr(run, exit_offset), cmspi_stub_quiet_ms(run));
	if (retval != ERROR_OK)
		return retval;
	if (run->stale)
		return ERROR_OK;
	blame(run, regs, failure);
	if (failure->fault != CMSPI_FAULT_NONE)
		return ERROR_FLASH_OPERATION_FAILED;
	// the stub's last words may have come after our last look
	if (run->drain_left)
		retval = cmspi_stub_drain_rest(run);
	return retval == ERROR_OK ? fetch_saved(run) : retval;
}

static int execute(struct cmspi_stub *run, struct cmspi_failure *failure)
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
		retval = cmspi_stub_pump(run);
	if (retval == ERROR_OK)
		retval = finish(run, regs, failure);
	for (unsigned int i = 0; i < NUM_REGS; i++)
		destroy_reg_param(&regs[i]);
	if (run->algorithm.started) {
		cmspi_algorithm_say_lost(&run->algorithm, run->address, retval);
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

/* ---- the work area ------------------------------------------------------- */

/* What fits the work area: packed, raw, or false: nothing. */
static bool choose(struct cmspi_stub *run, uint32_t avail)
{
	run->more = run->bus->more;
	if (!cmspi_stub_choose(run, avail)) {
		// with what is known it may fit
		run->more = false;
		if (!cmspi_stub_choose(run, avail))
			return false;
	}
	cmspi_stub_pack(run);
	if (run->packed.raw_steps && cmspi_stub_choose(run, avail))
		return true;
	cmspi_stub_use_raw(run);
	return cmspi_stub_choose(run, avail);
}

int cmspi_stub_lend(struct cmspi_stub *run)
{
	int retval = target_alloc_working_area(run->bus->target, run->area_bytes, &run->bus->area);
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

static int lend_area(struct cmspi_stub *run)
{
	struct target *target = run->bus->target;
	const uint32_t avail = cmspi_algorithm_area_bytes(target);

	if (!choose(run, avail)) {
		// cmspi_bus.c tells the user, and does without the stub
		LOG_TARGET_DEBUG(target, "work area too small for the stub: %" PRIu32
			" bytes free, %" PRIu32 " needed", avail, run->area_bytes);
		return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	}
	return cmspi_stub_lend(run);
}

/* Code, unless it is there, and context; with what lies between them if that is
 * little. */
static int upload(struct cmspi_stub *run)
{
	const uint32_t from = run->kept_bytes;
	struct target *target = run->bus->target;
	const uint32_t ring = run->in.bytes - run->image;
	const uint32_t fed = ring + run->in.wp.offset;
	const uint32_t end = run->ctx + CMSPI_CTX_BYTES;

	run->bus->counts.sent += fed - from + CMSPI_CTX_BYTES;
	if (run->ctx - fed < GAP_MAX_BYTES)
		return target_write_buffer(target, cmspi_stub_addr(run, from), end - from,
			run->image + from);
	int retval = target_write_buffer(target, cmspi_stub_addr(run, from), fed - from,
		run->image + from);
	if (retval != ERROR_OK)
		return retval;
	return target_write_buffer(target, cmspi_stub_addr(run, run->ctx), CMSPI_CTX_BYTES,
		run->image + run->ctx);
}

static int upload_and_execute(struct cmspi_stub *run, struct cmspi_failure *failure)
{
	int retval = upload(run);
	if (retval != ERROR_OK)
		return retval;
	retval = cmspi_algorithm_prepare(&run->algorithm, run->bus->target);
	if (retval != ERROR_OK)
		return retval;
	retval = execute(run, failure);
	int left = cmspi_algorithm_leave(&run->algorithm);
	return retval != ERROR_OK ? retval : left;
}

static int run_once(struct cmspi_stub *run, struct cmspi_failure *failure)
{
	cmspi_stub_compose(run);
	cmspi_stub_feed_first(run);
	cmspi_stub_use_kept(run);

	int retval = upload_and_execute(run, failure);
	if (retval == ERROR_OK && run->stale) {
		LOG_TARGET_DEBUG(run->bus->target, "the stub's code is no longer at 0x%08" PRIx32,
			run->address);
		run->kept_bytes = 0;
		retval = upload_and_execute(run, failure);
	}
	if (retval == ERROR_OK)
		cmspi_stub_remember(run);
	return retval;
}

bool cmspi_stub_fits(struct cmspi_bus *bus, const struct cmspi_step *steps, unsigned int count)
{
	struct cmspi_stub run = { .bus = bus, .steps = steps, .count = count };

	return cmspi_stub_choose(&run, cmspi_algorithm_area_bytes(bus->target));
}

static int run_part(struct cmspi_bus *bus, const struct cmspi_step *steps, unsigned int count,
	unsigned int done_before, struct cmspi_failure *failure)
{
	struct cmspi_stub run = {
		.bus = bus,
		.steps = steps + done_before,
		.count = count,
		.done_before = done_before,
		.feed_header = true,
	};

	*failure = (struct cmspi_failure){ .fault = CMSPI_FAULT_NONE };
	int retval = cmspi_algorithm_check_target(bus->target);
	if (retval != ERROR_OK)
		return retval;
	failure->fault = CMSPI_FAULT_LINK;
	failure->step = done_before;
	retval = lend_area(&run);
	if (retval == ERROR_OK)
		retval = run_once(&run, failure);
	// where the stub may still run, its RAM stays lent until the next reset
	int freed = bus->area && !run.lost ?
		target_free_working_area(bus->target, bus->area) : ERROR_OK;
	free(run.image);
	cmspi_stub_use_raw(&run);
	return retval != ERROR_OK ? retval : freed;
}

/* PROGRAM steps before the READ steps that end a batch of nothing else; 0: it is
 * another. */
static unsigned int count_programs(const struct cmspi_step *steps, unsigned int count)
{
	unsigned int programs = 0;

	while (programs < count && steps[programs].kind == CMSPI_STEP_PROGRAM)
		programs++;
	for (unsigned int i = programs; i < count; i++) {
		if (steps[i].kind != CMSPI_STEP_READ)
			return 0;
	}
	return programs < count ? programs : 0;
}

static uint64_t reckon_ns(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, uint32_t avail)
{
	struct cmspi_stub run = { .bus = bus, .steps = steps, .count = count };

	return cmspi_stub_choose(&run, avail) ? run.reckoned_ns : UINT64_MAX;
}

/* In a small work area a run that only programs has much more room for its data
 * than one that reads as well. Steps of the first of two runs; 0: one is better. */
static unsigned int first_of_two_runs(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count)
{
	const uint32_t avail = cmspi_algorithm_area_bytes(bus->target);
	const unsigned int programs = bus->more ? 0 : count_programs(steps, count);

	if (!programs)
		return 0;
	const uint64_t one_ns = reckon_ns(bus, steps, count, avail);
	const uint64_t first_ns = reckon_ns(bus, steps, programs, avail);
	const uint64_t second_ns = reckon_ns(bus, steps + programs, count - programs, avail);

	if (first_ns == UINT64_MAX || second_ns == UINT64_MAX)
		return 0;
	return first_ns + second_ns + START_NS < one_ns ? programs : 0;
}

int cmspi_stub_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	const unsigned int first = first_of_two_runs(bus, steps, count);
	uint32_t never_busy = 0;

	if (first) {
		int retval = run_part(bus, steps, first, 0, failure);
		if (retval != ERROR_OK)
			return retval;
		never_busy = failure->never_busy;
	}
	int retval = run_part(bus, steps, count - first, first, failure);

	failure->never_busy += never_busy;
	return retval;
}
