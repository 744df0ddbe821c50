/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What breaks between probe and core: accesses answered FAULT or WAIT, writes
 * that get lost, a socket that closes, a reset or a power cut in the middle.
 *
 * An access is one that reaches memory: a word of a mixed request, a DRW, or a
 * whole block, which then breaks off in its middle. With --control a test can
 * arm the same faults from the debugger, counted from that moment: the words
 * of the control block, at CONTROL_BASE, are
 *   +00 fail the n-th access     +04 answer WAIT to the n-th access
 *   +08 lose the n-th write      +0C close the socket at the n-th request
 *   +10 reset the core in n us   +14 cut the power in n us
 *   +18 accesses so far          +1C sins so far
 *   +20 chips in their sockets, bit 0 the first: a bit cleared pulls one out
 */

#include <stdio.h>

#include "core.h"

#define CONTROL_BASE 0x5FFFF000u
#define PS_PER_US 1000000ull

enum countdown { FAIL_ACCESS, WAIT_ACCESS, DROP_WRITE, CUT_SOCKET, COUNTDOWNS };

/* by enum countdown; each counts down to the moment it strikes */
static const char *const countdown_names[COUNTDOWNS] = {
	"fail_access_n", "wait_access_n", "drop_write_n", "cut_socket_n",
};

/* the first three can come at random as well */
static const char *const rate_names[] = {
	"fail_access_rate", "wait_access_rate", "drop_write_rate",
};

static struct {
	double rate[ARRAY_LEN(rate_names)];
	uint32_t random[ARRAY_LEN(rate_names)];
	uint64_t left[COUNTDOWNS];  /* 0: not armed */
	uint64_t times[COUNTDOWNS]; /* how many in a row, from the n-th on */
	uint64_t struck;
	uint64_t accesses;
	struct clock_event reset;
	struct clock_event power_cut;
} faults;

/** Count one down. @returns true when it is struck now */
static bool strikes(enum countdown which)
{
	if (!faults.left[which] || --faults.left[which])
		return false;
	/* several in a row: the next one is due at once */
	if (--faults.times[which])
		faults.left[which] = 1;
	faults.struck++;
	return true;
}

/** Roll the dice of one kind: xorshift32, so that a seed gives the same run. */
static bool strikes_at_random(enum countdown which)
{
	uint32_t *state = &faults.random[which];

	if (!(faults.rate[which] > 0))
		return false;
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	if (*state >= faults.rate[which] * 4294967296.0)
		return false;
	faults.struck++;
	return true;
}

enum access_verdict debug_fault_access(bool write)
{
	enum access_verdict verdict = ACCESS_GOES;

	faults.accesses++;
	if (strikes(FAIL_ACCESS) || strikes_at_random(FAIL_ACCESS))
		verdict = ACCESS_FAILS;
	if (strikes(WAIT_ACCESS) || strikes_at_random(WAIT_ACCESS))
		verdict = ACCESS_WAITS;
	if (write && (strikes(DROP_WRITE) || strikes_at_random(DROP_WRITE)))
		verdict = ACCESS_LOST;
	return verdict;
}

bool debug_fault_cuts_socket(void)
{
	return strikes(CUT_SOCKET);
}

static void arm(enum countdown which, uint64_t n, uint64_t times)
{
	faults.left[which] = n;
	faults.times[which] = times;
}

static void fire_reset(void *ctx)
{
	faults.struck++;
	core_request_reset("fault");
}

static void fire_power_cut(void *ctx)
{
	faults.struck++;
	sim_chips_lose_power();
	core_power_cycle();
}

/* ---- the control block ---- */

static enum sim_access control_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	if (offset / 4 < COUNTDOWNS)
		*value = faults.left[offset / 4];
	else if (offset == 0x18)
		*value = faults.accesses;
	else if (offset == 0x1C)
		*value = sim_sin_count(NULL);
	else if (offset == 0x20)
		*value = sim_chips_in_sockets();
	return SIM_OK;
}

static enum sim_access control_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	uint64_t due_ps = value ? sim_time_ps() + value * PS_PER_US : UINT64_MAX;

	if (offset / 4 < COUNTDOWNS)
		arm(offset / 4, value, 1);
	else if (offset == 0x10)
		clock_event_set(&faults.reset, due_ps);
	else if (offset == 0x14)
		clock_event_set(&faults.power_cut, due_ps);
	else if (offset == 0x20)
		sim_chips_set_in_sockets(value);
	return SIM_OK;
}

static json_t *report(void *ctx)
{
	return json_pack("{s:I, s:I}", "struck", (json_int_t)faults.struck,
		"accesses", (json_int_t)faults.accesses);
}

static void event_from_option(struct clock_event *event, const char *name, void (*fire)(void *ctx))
{
	const struct sim_fault *fault = sim_fault_get(name);

	*event = (struct clock_event){ .name = name, .due_ps = UINT64_MAX, .fire = fire };
	if (fault)
		event->due_ps = sim_fault_param(fault, "us", 0) * PS_PER_US;
	clock_event_add(event);
}

void debug_faults_create(bool with_control)
{
	static struct sim_device control = { .name = "control", .base = CONTROL_BASE,
		.size_bytes = 0x100, .read = control_read, .write = control_write };

	for (int i = 0; i < COUNTDOWNS; i++) {
		const struct sim_fault *fault = sim_fault_get(countdown_names[i]);
		if (fault)
			arm(i, sim_fault_param(fault, "n", 0), sim_fault_param(fault, "count", 1));
	}
	for (size_t i = 0; i < ARRAY_LEN(rate_names); i++) {
		const struct sim_fault *fault = sim_fault_get(rate_names[i]);
		if (!fault)
			continue;
		faults.rate[i] = sim_fault_param(fault, "rate", 0);
		/* a state of 0 would stay 0 */
		faults.random[i] = (uint32_t)sim_fault_param(fault, "seed", 1) | 0x80000000u;
	}
	event_from_option(&faults.reset, "reset_at", fire_reset);
	event_from_option(&faults.power_cut, "power_cut_at", fire_power_cut);
	if (with_control)
		sim_bus_add(&control);
	sim_report_add("debug_faults", report, NULL);
}
