/* SPDX-License-Identifier: GPL-2.0-or-later */

/* Where chips leave word of polls, for repeat.c; apart, so that chips need no core. */

#include "core.h"

struct poll_again poll_again;

void sim_poll_repeats(uint64_t until_ps, void (*more)(void *ctx, uint64_t polls), void *ctx)
{
	poll_again.seen = poll_again.wanted;
	poll_again.until_ps = until_ps;
	poll_again.more = more;
	poll_again.ctx = ctx;
}
