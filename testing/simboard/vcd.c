// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A trace of the chips' wires as a Value Change Dump (IEEE 1364-2005, 18), for
 * PulseView, sigrok-cli, GTKWave.
 */

#include <stdio.h>

#include "sim.h"

#define MAX_WIRES 64
#define MAX_PENDING 32
#define FIRST_ID '!'

/** A change that a chip has announced but that is not due yet. */
struct pending {
	uint64_t when_ps;
	unsigned int wire;
	enum sim_level level;
};

static FILE *file;
static unsigned int num_wires;
static struct pending pending[MAX_PENDING];
static unsigned int num_pending;
static uint64_t written_ns;

static void vcd_write(const struct pending *change)
{
	uint64_t when_ns = change->when_ps / 1000;

	if (when_ns > written_ns)
		fprintf(file, "#%llu\n", (unsigned long long)when_ns);
	if (when_ns > written_ns)
		written_ns = when_ns;
	fprintf(file, "%c%c\n", change->level == SIM_H ? '1' : '0', FIRST_ID + change->wire);
}

static void vcd_flush(uint64_t until_ps)
{
	unsigned int done = 0;

	while (done < num_pending && pending[done].when_ps <= until_ps)
		vcd_write(&pending[done++]);
	num_pending -= done;
	for (unsigned int i = 0; done && i < num_pending; i++)
		pending[i] = pending[i + done];
}

/** Outputs of a chip are told of before they show, inputs at once: keep the
 * trace in order of time. */
static void vcd_changed(void *ctx, struct sim_net *net, enum sim_level level, uint64_t when_ps)
{
	unsigned int at;

	(void)net;
	if (!file)
		return;
	if (num_pending == MAX_PENDING)
		vcd_flush(pending[0].when_ps);
	at = num_pending++;
	while (at > 0 && pending[at - 1].when_ps > when_ps) {
		pending[at] = pending[at - 1];
		at--;
	}
	pending[at] = (struct pending) { when_ps, (uintptr_t)ctx, level };
	vcd_flush(sim_time_ps());
}

static void vcd_write_initial(void)
{
	unsigned int wire = 0;

	fprintf(file, "#%llu\n", (unsigned long long)written_ns);
	for (struct sim_net *net = sim_net_next(NULL); net && wire < num_wires; net = sim_net_next(net))
		if (sim_net_chip_role(net))
			fprintf(file, "%c%c\n", sim_net_level(net, sim_time_ps(), NULL) == SIM_H ? '1' : '0',
				FIRST_ID + wire++);
}

int sim_vcd_open(const char *path)
{
	file = fopen(path, "w");
	if (!file) {
		fprintf(stderr, "simboard: cannot write the trace %s\n", path);
		return -1;
	}
	fprintf(file, "$version simboard $end\n$timescale 1 ns $end\n$scope module board $end\n");
	num_wires = 0;
	for (struct sim_net *net = sim_net_next(NULL); net; net = sim_net_next(net)) {
		if (!sim_net_chip_role(net) || num_wires == MAX_WIRES)
			continue;
		fprintf(file, "$var wire 1 %c %s $end\n", FIRST_ID + num_wires, sim_net_chip_role(net));
		sim_net_watch(net, vcd_changed, (void *)(uintptr_t)num_wires++);
	}
	fprintf(file, "$upscope $end\n$enddefinitions $end\n");
	written_ns = sim_time_ps() / 1000;
	vcd_write_initial();
	return 0;
}

void sim_vcd_close(void)
{
	if (!file)
		return;
	vcd_flush(UINT64_MAX);
	fprintf(file, "#%llu\n", (unsigned long long)(sim_time_ps() / 1000 + 1));
	if (fclose(file))
		fprintf(stderr, "simboard: the trace is not complete, is the disk full?\n");
	file = NULL;
}
