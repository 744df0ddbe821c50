/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The clock of tests that drive a room of the simulated board: it stands still but
 * for what the test, or the room, lets pass.
 */

#ifndef CMSPI_TEST_SIM_CLOCK_H
#define CMSPI_TEST_SIM_CLOCK_H

#include "../simboard/sim.h"

static uint64_t now_ps = 1000000;

uint64_t sim_time_ps(void)
{
	return now_ps;
}

void sim_time_advance_ps(uint64_t ps)
{
	now_ps += ps;
}

uint32_t sim_core_hz(void)
{
	return 16000000;
}

#endif /* CMSPI_TEST_SIM_CLOCK_H */
