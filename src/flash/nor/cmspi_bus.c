// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Chooses who runs a list of steps: the stub, its proxy where there is too little
 * room for it, or register writes over the debug link where there is none or the
 * user asks for it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_algorithm.h"
#include "cmspi_bus.h"
#include <target/armv7m.h>

/* A chip that is still busy after this is left alone: a later operation waits
 * for it anyway, or says that it is stuck. */
#define SETTLE_MAX_US	5000000

static void cmspi_say_slow(struct cmspi_bus *bus)
{
	if (bus->said_slow)
		return;
	bus->said_slow = true;
	const uint32_t addr = cmspi_algorithm_area_addr(bus->target);

	if (addr % sizeof(uint32_t))
		LOG_TARGET_WARNING(bus->target, "work area begins at 0x%08" PRIx32 ", which is no "
			"multiple of 4, so no code can run there: every edge of the pins goes over the "
			"debug link, which is slow; change it with '%s configure -work-area-phys ADDRESS'",
			addr, target_name(bus->target));
	else
		LOG_TARGET_WARNING(bus->target, "work area of %" PRIu32 " bytes is too small for the stub: "
			"every edge of the pins goes over the debug link, which is slow; lend some RAM with "
			"'%s configure -work-area-phys ADDRESS -work-area-size BYTES'",
			target_get_working_area_avail(bus->target), target_name(bus->target));
}

/* One data pin that is turned round by two registers: the stub knows of one. */
static bool cmspi_can_stub(const struct cmspi_bus *bus)
{
	return !bus->stores.one_data_pin || bus->stores.turns[0].mask;
}

/* A chip that was left in the middle of a program or erase would not hear the
 * next command: wait for it. */
static void cmspi_settle(struct cmspi_bus *bus, const struct cmspi_step *step)
{
	struct cmspi_failure ignored;
	uint8_t status;
	const struct cmspi_step wait = {
		.kind = CMSPI_STEP_XFER,
		.flags = CMSPI_STEP_POLL,
		.op = { .opcode = step->poll.opcode, .cmd_lines = 1, .data_lines = 1 },
		.rx = &status,
		.rx_bytes = sizeof(status),
		.poll = step->poll,
		.timeout_us = MIN(step->timeout_us, SETTLE_MAX_US),
	};

	// the error that brought us here has been told
	(void)cmspi_gpio_run(bus, &wait, 1, &ignored);
}

static void cmspi_settle_any(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (!(steps[i].flags & CMSPI_STEP_POLL))
			continue;
		cmspi_settle(bus, &steps[i]);
		return;
	}
}

int cmspi_bus_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	int retval = ERROR_TARGET_RESOURCE_NOT_AVAILABLE;

	*failure = (struct cmspi_failure){ .fault = CMSPI_FAULT_NONE };
	bus->counts.runs++;
	if (!is_armv7m(target_to_armv7m(bus->target))) {
		LOG_TARGET_ERROR(bus->target, "not a Cortex-M: the stub and the pins need one");
		return ERROR_TARGET_INVALID;
	}
	if (!bus->by_gpio && cmspi_can_stub(bus))
		retval = cmspi_stub_run(bus, steps, count, failure);
	bus->by_proxy = !bus->by_gpio && retval == ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	if (bus->by_proxy)
		retval = cmspi_proxy_run(bus, steps, count, failure);
	if (!bus->by_gpio && retval == ERROR_TARGET_RESOURCE_NOT_AVAILABLE)
		cmspi_say_slow(bus);
	if (retval == ERROR_TARGET_RESOURCE_NOT_AVAILABLE)
		retval = cmspi_gpio_run(bus, steps, count, failure);
	if (retval != ERROR_OK && failure->fault == CMSPI_FAULT_LINK &&
			bus->target->state == TARGET_HALTED)
		cmspi_settle_any(bus, steps, count);
	return retval;
}
