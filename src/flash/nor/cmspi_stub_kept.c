// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Code and tables that a run left in target RAM are not sent again if the next one
 * needs the same at the same place, and if no other code has run in between. The RAM
 * is anybody's all the same, so the run begins with a guard (cmspi_kept.S) that sums
 * them up on the target. Nothing stays allocated there for it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_stub.h"

#include "../../../contrib/loaders/spi/cmspi_kept.inc"

/* What was sent last, and where to. */
static struct {
	const struct target *target;
	uint32_t address;
	uint8_t *bytes;
	uint32_t count;
	bool watching;
} kept;

void cmspi_stub_forget(void)
{
	free(kept.bytes);
	kept.bytes = NULL;
	kept.count = 0;
}

/* Behind these the RAM has been the application's or another algorithm's, or without
 * power (to read it may then even fault, where it has check bits). Our own start is
 * among them, and each run is remembered anew at its end. */
static int on_event(struct target *target, enum target_event event, void *priv)
{
	switch (event) {
	case TARGET_EVENT_HALTED:
	case TARGET_EVENT_RESUMED:
	case TARGET_EVENT_DEBUG_RESUMED:
	case TARGET_EVENT_EXAMINE_START:
		if (target == kept.target)
			cmspi_stub_forget();
		return ERROR_OK;
	default:
		return ERROR_OK;
	}
}

void cmspi_stub_remember(const struct cmspi_stub *run)
{
	struct target *target = run->bus->target;

	cmspi_stub_forget();
	// its RAM is put back behind the run
	if (target->backup_working_area)
		return;
	if (!kept.watching && target_register_event_callback(on_event, NULL) != ERROR_OK)
		return;
	kept.watching = true;
	kept.bytes = malloc(run->constant_bytes);
	// without it everything is sent again
	if (!kept.bytes)
		return;
	memcpy(kept.bytes, run->image, run->constant_bytes);
	kept.count = run->constant_bytes;
	kept.address = run->address;
	kept.target = target;
}

/* The sum that cmspi_abi.h describes. */
static uint32_t sum_of(const uint8_t *bytes, uint32_t count)
{
	uint32_t sum = 0;

	for (uint32_t i = 0; i < count; i += 4) {
		sum ^= le_to_h_u32(bytes + i);
		sum = (sum >> CMSPI_GUARD_TURN | sum << (32 - CMSPI_GUARD_TURN)) * 5;
	}
	return sum;
}

void cmspi_stub_use_kept(struct cmspi_stub *run)
{
	uint8_t *guard = run->image + run->guard;

	run->kept_bytes = 0;
	if (kept.target != run->bus->target || kept.address != run->address ||
			kept.count != run->constant_bytes ||
			memcmp(kept.bytes, run->image, kept.count))
		return;
	run->kept_bytes = kept.count;
	memcpy(guard, cmspi_guard, sizeof(cmspi_guard));
	h_u32_to_le(guard + CMSPI_GUARD_FIRST, run->address);
	h_u32_to_le(guard + CMSPI_GUARD_END, cmspi_stub_addr(run, kept.count));
	h_u32_to_le(guard + CMSPI_GUARD_SUM, sum_of(kept.bytes, kept.count));
	h_u32_to_le(guard + CMSPI_GUARD_CORE, run->address | 1);
}
