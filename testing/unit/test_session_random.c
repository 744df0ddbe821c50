// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Random sessions on a small chip: 100,000 operations, 1,000,000 with CMSPI_LONG=1.
 */

#include "session_random.h"

static void random_sessions_end_like_immediate_erases(void **state)
{
	run_random_sessions(100000, 1000000, *state);
}

int main(int argc, char **argv)
{
	static const struct toy_kind alike = { .mixed = false };
	static const struct toy_kind mixed = { .mixed = true };
	static struct cases cases;

	cases_add(&cases, random_sessions_end_like_immediate_erases, &alike,
		"random_sessions_end_like_immediate_erases");
	cases_add(&cases, random_sessions_end_like_immediate_erases, &mixed,
		"random_sessions_on_mixed_sectors_end_like_immediate_erases");
	return cases_run(&cases, "session random", argc, argv);
}
