// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The wires of the board: who drives them, what level results, what the level
 * was a moment ago. Nothing here knows what hangs on a wire.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

/* Looking back two bus cycles needs few entries: a wire changes at most once
 * in a store of the core. */
#define HISTORY 8

/** One change of a wire: between start and settled the level is uncertain. */
struct change {
	uint64_t start_ps;
	uint64_t settled_ps;
	enum sim_level level;
};

struct sim_driver {
	struct sim_net *net;
	struct sim_driver *next;
	const char *owner;
	enum sim_level level;
	enum sim_pull pull;
	bool open_drain;
};

struct watcher {
	struct watcher *next;
	void (*changed)(void *ctx, struct sim_net *net, enum sim_level level, uint64_t when_ps);
	void (*sampled)(void *ctx, struct sim_net *net, uint64_t when_ps, bool stable);
	void *ctx;
};

struct sim_net {
	char name[16];
	struct sim_net *next;
	struct sim_driver *drivers;
	struct watcher *on_change;
	struct watcher *on_sample;
	struct change history[HISTORY];
	unsigned int newest;
	enum sim_level level;
	bool contended;
	char role[12];
	/* faults: a line soldered to a rail, a line that picks up noise */
	enum sim_level stuck;
	uint32_t noise_state;
	double noise_rate;
};

static struct sim_net *nets, **nets_end = &nets;
static unsigned int sample_watchers;

static void *net_alloc(size_t size_bytes)
{
	void *memory = calloc(1, size_bytes);

	if (!memory) {
		fprintf(stderr, "simboard: out of memory for wires\n");
		exit(EXIT_FAILURE);
	}
	return memory;
}

static void net_tie(struct sim_net *net)
{
	const struct sim_fault *fault = sim_fault_get("pin_stuck");

	for (; fault; fault = sim_fault_next(fault))
		if (!strcmp(net->name, sim_fault_text(fault, "pin")))
			sim_net_set_stuck(net, sim_fault_param(fault, "level", 0) ? SIM_H : SIM_L);
}

/** Both pins of a short are one wire, which goes by the name of the first. */
static const char *net_name_of(const char *pin_name)
{
	const struct sim_fault *fault = sim_fault_get("short");

	for (; fault; fault = sim_fault_next(fault))
		if (!strcmp(pin_name, sim_fault_text(fault, "b")))
			return sim_fault_text(fault, "a");
	return pin_name;
}

struct sim_net *sim_net_get(const char *pin_name)
{
	struct sim_net *net;

	pin_name = net_name_of(pin_name);
	for (net = nets; net; net = net->next)
		if (!strcmp(net->name, pin_name))
			return net;

	net = net_alloc(sizeof(*net));
	snprintf(net->name, sizeof(net->name), "%s", pin_name);
	net->level = SIM_L;
	net->stuck = SIM_Z;
	for (unsigned int i = 0; i < HISTORY; i++)
		net->history[i].level = SIM_L;
	*nets_end = net;
	nets_end = &net->next;
	net_tie(net);
	return net;
}

const char *sim_net_name(const struct sim_net *net)
{
	return net->name;
}

struct sim_net *sim_net_next(struct sim_net *net)
{
	return net ? net->next : nets;
}

void sim_net_mark_chip_pin(struct sim_net *net, const char *role)
{
	if (!net->role[0])
		snprintf(net->role, sizeof(net->role), "%s", role);
}

const char *sim_net_chip_role(const struct sim_net *net)
{
	return net->role[0] ? net->role : NULL;
}

struct sim_driver *sim_net_attach(struct sim_net *net, const char *owner)
{
	struct sim_driver *driver = net_alloc(sizeof(*driver));

	driver->net = net;
	driver->owner = owner;
	driver->level = SIM_Z;
	driver->next = net->drivers;
	net->drivers = driver;
	return driver;
}

/** Two parties on one wire are an error whatever their levels, or it would
 * depend on the data; only open-drain lows may meet. */
static void net_check_contention(struct sim_net *net)
{
	const struct sim_driver *first = NULL;

	for (const struct sim_driver *d = net->drivers; d; d = d->next) {
		if (d->level == SIM_Z)
			continue;
		if (!first) {
			first = d;
			continue;
		}
		if (first->level == SIM_L && d->level == SIM_L && (first->open_drain || d->open_drain))
			continue;
		if (!net->contended)
			sim_sin("contention", "%s driven by %s and by %s at once", net->name,
				first->owner, d->owner);
		net->contended = true;
		return;
	}
	net->contended = false;
}

/** Strong drivers win over pulls; of two strong ones the low side wins, as the
 * stronger N transistor does in most output stages. */
static enum sim_level net_resolve(struct sim_net *net)
{
	unsigned int low = 0, high = 0, up = 0, down = 0;

	for (const struct sim_driver *d = net->drivers; d; d = d->next) {
		low += d->level == SIM_L;
		high += d->level == SIM_H;
		up += d->pull == SIM_PULL_UP;
		down += d->pull == SIM_PULL_DOWN;
	}
	if (low + high > 1 || net->contended)
		net_check_contention(net);
	if (net->stuck != SIM_Z)
		return net->stuck;
	if (low)
		return SIM_L;
	if (high)
		return SIM_H;
	if (up && !down)
		return SIM_H;
	if (down && !up)
		return SIM_L;
	return net->level;
}

static void net_update(struct sim_net *net, uint64_t delay_ps)
{
	enum sim_level level = net_resolve(net);

	if (level == net->level)
		return;
	net->level = level;
	net->newest = (net->newest + 1) % HISTORY;

	struct change *change = &net->history[net->newest];

	change->start_ps = sim_time_ps();
	change->settled_ps = change->start_ps + delay_ps;
	change->level = level;
	for (const struct watcher *w = net->on_change; w; w = w->next)
		w->changed(w->ctx, net, level, change->settled_ps);
}

void sim_net_drive(struct sim_driver *driver, enum sim_level level, uint64_t delay_ps)
{
	if (driver->level == level)
		return;
	driver->level = level;
	net_update(driver->net, delay_ps);
}

void sim_net_set_pull(struct sim_driver *driver, enum sim_pull pull)
{
	if (driver->pull == pull)
		return;
	driver->pull = pull;
	net_update(driver->net, 0);
}

void sim_net_set_open_drain(struct sim_driver *driver, bool open_drain)
{
	driver->open_drain = open_drain;
}

bool sim_net_is_driven(const struct sim_net *net)
{
	if (net->stuck != SIM_Z)
		return true;
	for (const struct sim_driver *d = net->drivers; d; d = d->next)
		if (d->level != SIM_Z)
			return true;
	return false;
}

bool sim_net_floats(const struct sim_net *net)
{
	for (const struct sim_driver *d = net->drivers; d; d = d->next)
		if (d->level != SIM_Z || d->pull != SIM_PULL_NONE)
			return false;
	return true;
}

void sim_net_set_stuck(struct sim_net *net, enum sim_level level)
{
	net->stuck = level;
	net_update(net, 0);
}

void sim_net_set_noise(struct sim_net *net, uint32_t seed, double rate)
{
	net->noise_state = seed ? seed : 1;
	net->noise_rate = rate;
	sample_watchers++;
}

/** Xorshift: Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8
 * (2003), the triple (13, 17, 5). */
static bool net_noise_hits(struct sim_net *net)
{
	net->noise_state ^= net->noise_state << 13;
	net->noise_state ^= net->noise_state >> 17;
	net->noise_state ^= net->noise_state << 5;
	return net->noise_state < net->noise_rate * 4294967296.0;
}

enum sim_level sim_net_level(struct sim_net *net, uint64_t when_ps, bool *stable)
{
	enum sim_level level = SIM_L;
	bool settled = true;
	unsigned int index = net->newest;

	for (unsigned int n = 0; n < HISTORY; n++, index = (index + HISTORY - 1) % HISTORY) {
		const struct change *change = &net->history[index];

		level = change->level;
		if (when_ps >= change->settled_ps)
			break;
		if (when_ps >= change->start_ps)
			settled = false;
	}
	if (net->noise_rate > 0 && net_noise_hits(net))
		level = level == SIM_H ? SIM_L : SIM_H;
	if (stable)
		*stable = settled;
	return level;
}

static struct watcher *net_add_watcher(struct watcher **list, void *ctx)
{
	struct watcher *watcher = net_alloc(sizeof(*watcher));

	watcher->ctx = ctx;
	while (*list)
		list = &(*list)->next;
	*list = watcher;
	return watcher;
}

void sim_net_watch(struct sim_net *net, void (*changed)(void *ctx, struct sim_net *net,
		enum sim_level level, uint64_t when_ps), void *ctx)
{
	net_add_watcher(&net->on_change, ctx)->changed = changed;
}

void sim_net_watch_sample(struct sim_net *net, void (*sampled)(void *ctx, struct sim_net *net,
		uint64_t when_ps, bool stable), void *ctx)
{
	net_add_watcher(&net->on_sample, ctx)->sampled = sampled;
	sample_watchers++;
}

bool sim_net_sample_watched(const struct sim_net *net)
{
	return net->on_sample || net->noise_rate > 0;
}

unsigned int sim_net_sample_watchers(void)
{
	return sample_watchers;
}

void sim_net_sampled(struct sim_net *net, uint64_t when_ps)
{
	const struct change *change = &net->history[net->newest];
	bool stable = when_ps < change->start_ps || when_ps >= change->settled_ps;

	for (const struct watcher *w = net->on_sample; w; w = w->next)
		w->sampled(w->ctx, net, when_ps, stable);
}

static void watchers_free(struct watcher *watcher)
{
	while (watcher) {
		struct watcher *next = watcher->next;

		free(watcher);
		watcher = next;
	}
}

void sim_nets_clear(void)
{
	while (nets) {
		struct sim_net *next = nets->next;

		while (nets->drivers) {
			struct sim_driver *driver = nets->drivers;

			nets->drivers = driver->next;
			free(driver);
		}
		watchers_free(nets->on_change);
		watchers_free(nets->on_sample);
		free(nets);
		nets = next;
	}
	nets_end = &nets;
}
