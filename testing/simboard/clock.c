/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The one virtual time. The host's side moves it (a request costs its time,
 * an idle millisecond too); a running core executes for exactly as long, and
 * inside its accesses the time is that of the cycle.
 */

#include "core.h"

#define PS_PER_S 1000000000000ull

/* so that cycles * PS_PER_S stays inside 64 bits */
#define MAX_SYNC_CYCLES (1u << 24)

static struct {
	uint64_t now_ps;        /* at the last sync */
	uint64_t synced_cycles; /* cpu_cycles() at the last sync */
	uint64_t host_ps;       /* sum of all that the host's side asked for */
	uint32_t hz;
	bool hz_fixed;
	bool debug_halted;
	struct clock_event *events;
} clk;

void clock_init(uint32_t fixed_hz)
{
	clk.hz = fixed_hz ? fixed_hz : 8000000;
	clk.hz_fixed = fixed_hz != 0;
}

uint64_t sim_time_ps(void)
{
	return clk.now_ps + (cpu_cycles() - clk.synced_cycles) * PS_PER_S / clk.hz;
}

uint32_t sim_core_hz(void)
{
	return clk.hz;
}

void clock_sync(void)
{
	uint64_t cycles = cpu_cycles();

	clk.now_ps += (cycles - clk.synced_cycles) * PS_PER_S / clk.hz;
	clk.synced_cycles = cycles;
}

void clock_follow_hz(uint32_t hz)
{
	if (clk.hz_fixed || hz == clk.hz || !hz)
		return;
	clock_sync();
	clk.hz = hz;
	/* whoever computed a limit in cycles has to do so again */
	if (cpu_is_accessing())
		cpu_break_soon();
}

uint64_t clock_cycles_until(uint64_t when_ps)
{
	uint64_t now_ps = sim_time_ps();

	if (when_ps <= now_ps)
		return 1;
	uint64_t span_ps = when_ps - now_ps;
	if (span_ps > PS_PER_S / 1000)
		span_ps = PS_PER_S / 1000; /* a millisecond a slice is long enough */
	uint64_t cycles = (span_ps * (clk.hz / 1000) + PS_PER_S / 1000 - 1) / (PS_PER_S / 1000);
	if (cycles > MAX_SYNC_CYCLES)
		cycles = MAX_SYNC_CYCLES;
	return cycles ? cycles : 1;
}

void clock_event_add(struct clock_event *event)
{
	event->next = clk.events;
	clk.events = event;
}

void clock_event_set(struct clock_event *event, uint64_t due_ps)
{
	event->due_ps = due_ps;
	event->stopped = false;
	if (clk.debug_halted && due_ps != UINT64_MAX && event->stops_in_debug
			&& event->stops_in_debug(event->ctx)) {
		event->left_ps = due_ps - sim_time_ps();
		event->due_ps = UINT64_MAX;
		event->stopped = true;
	}
	if (cpu_is_accessing())
		cpu_break_soon();
}

void clock_debug_halt(bool halted)
{
	if (halted == clk.debug_halted)
		return;
	clk.debug_halted = halted;
	uint64_t now_ps = sim_time_ps();
	for (struct clock_event *e = clk.events; e; e = e->next) {
		if (halted && e->due_ps != UINT64_MAX && e->stops_in_debug && e->stops_in_debug(e->ctx)) {
			e->left_ps = e->due_ps > now_ps ? e->due_ps - now_ps : 0;
			e->due_ps = UINT64_MAX;
			e->stopped = true;
		} else if (!halted && e->stopped) {
			e->due_ps = now_ps + e->left_ps;
			e->stopped = false;
		}
	}
}

uint64_t clock_event_left_ps(const struct clock_event *event)
{
	uint64_t now_ps = sim_time_ps();

	if (event->stopped)
		return event->left_ps;
	return event->due_ps > now_ps ? event->due_ps - now_ps : 0;
}

static struct clock_event *first_event(void)
{
	struct clock_event *first = clk.events;

	for (struct clock_event *e = clk.events; e; e = e->next) {
		if (e->due_ps < first->due_ps)
			first = e;
	}
	return first;
}

void sim_time_advance_ps(uint64_t ps)
{
	clk.host_ps += ps;
	for (;;) {
		struct clock_event *event = first_event();
		uint64_t target_ps = clk.host_ps;
		if (event && event->due_ps < target_ps)
			target_ps = event->due_ps;

		bool look_again = core_run_until(target_ps);
		clock_sync();
		if (look_again)
			continue;
		event = first_event();
		if (event && event->due_ps <= target_ps) {
			if (clk.now_ps < event->due_ps)
				clk.now_ps = event->due_ps;
			event->due_ps = UINT64_MAX;
			event->fire(event->ctx);
			continue;
		}
		/* a core that does not run lets the time jump */
		if (clk.now_ps < target_ps)
			clk.now_ps = target_ps;
		if (target_ps == clk.host_ps)
			return;
	}
}
