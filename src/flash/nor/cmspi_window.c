// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The bank as memory: makes the address window of a cmspi bank readable with
 * everything that reads target memory (verify_image, mdw, dump_image, GDB),
 * although the CPU cannot see the chip. OpenOCD gives each target a copy of
 * its struct target_type, so the functions can be replaced there; whatever
 * lies outside the windows goes to the originals.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include <target/breakpoints.h>
#include <target/target_type.h>

/* The originals of a target's functions. */
struct hook {
	struct target *target;
	int (*read_memory)(struct target *target, target_addr_t address,
		uint32_t size, uint32_t count, uint8_t *buffer);
	int (*write_memory)(struct target *target, target_addr_t address,
		uint32_t size, uint32_t count, const uint8_t *buffer);
	int (*checksum_memory)(struct target *target, target_addr_t address,
		uint32_t count, uint32_t *checksum);
	int (*add_breakpoint)(struct target *target, struct breakpoint *breakpoint);
	int (*add_watchpoint)(struct target *target, struct watchpoint *watchpoint);
	/* one of our reads is under way: its own memory accesses pass */
	bool busy;
	/* the refusal to halt a running core was said since it last halted */
	bool refused;
	struct hook *next;
};

static struct hook *hooks;

static struct hook *hook_of(const struct target *target)
{
	struct hook *hook = hooks;

	while (hook && hook->target != target)
		hook = hook->next;
	return hook;
}

/* The bank that a range touches. No pointer to it is kept: a bank may be
 * rejected and freed after the hook was made. */
static struct flash_bank *bank_touched(struct target *target, target_addr_t address,
	uint64_t count)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->driver == &cmspi_flash && bank->target == target &&
				address < bank->base + bank->size && address + count > bank->base)
			return bank;
	}
	return NULL;
}

static int refuse_running(struct hook *hook, const struct flash_bank *bank,
	target_addr_t address)
{
	if (!hook->refused)
		LOG_ERROR("%s: target is not halted, " TARGET_ADDR_FMT " cannot be read (said "
			"once): use 'halt' first", bank->name, address);
	hook->refused = true;
	return ERROR_TARGET_NOT_HALTED;
}

/* The bank that a range lies in, ready to be read; says why not. A first
 * probe changes its size, so the bank is looked up again after it. */
static int window_open(struct hook *hook, target_addr_t address, uint64_t count,
	struct flash_bank **result)
{
	struct flash_bank *bank = bank_touched(hook->target, address, count);

	if (hook->target->state != TARGET_HALTED)
		return refuse_running(hook, bank, address);
	int retval = bank->driver->auto_probe(bank);
	if (retval == ERROR_OK)
		retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	*result = bank_touched(hook->target, address, count);
	if (*result && *result != bank)
		return window_open(hook, address, count, result);
	if (*result && address >= bank->base && address + count <= bank->base + bank->size)
		return ERROR_OK;
	LOG_ERROR("%s: " TARGET_ADDR_FMT " to " TARGET_ADDR_FMT " lies partly or wholly outside the "
		"bank (" TARGET_ADDR_FMT " to " TARGET_ADDR_FMT "): access the parts one by one",
		bank->name, address, address + count - 1, bank->base,
		bank->base + bank->size - 1);
	return ERROR_FAIL;
}

static int window_read_memory(struct target *target, target_addr_t address,
	uint32_t size, uint32_t count, uint8_t *buffer)
{
	struct hook *hook = hook_of(target);
	const uint64_t bytes = (uint64_t)size * count;
	struct flash_bank *bank = hook->busy ? NULL : bank_touched(target, address, bytes);

	if (!bank)
		return hook->read_memory(target, address, size, count, buffer);
	hook->busy = true;
	int retval = window_open(hook, address, bytes, &bank);
	if (retval == ERROR_OK)
		retval = cmspi_read_ahead(bank, buffer, address - bank->base, bytes);
	hook->busy = false;
	return retval;
}

static int window_write_memory(struct target *target, target_addr_t address,
	uint32_t size, uint32_t count, const uint8_t *buffer)
{
	struct hook *hook = hook_of(target);
	const uint64_t bytes = (uint64_t)size * count;
	struct flash_bank *bank = hook->busy ? NULL : bank_touched(target, address, bytes);

	if (!bank)
		return hook->write_memory(target, address, size, count, buffer);
	LOG_ERROR("%s: " TARGET_ADDR_FMT " is flash on GPIO pins and cannot be written as memory: use "
		"'flash write_image', or GDB's load", bank->name, address);
	return ERROR_FAIL;
}

static int window_checksum_memory(struct target *target, target_addr_t address,
	uint32_t count, uint32_t *checksum)
{
	struct hook *hook = hook_of(target);
	struct flash_bank *bank = hook->busy ? NULL : bank_touched(target, address, count);

	if (!bank)
		return hook->checksum_memory(target, address, count, checksum);
	hook->busy = true;
	int retval = window_open(hook, address, count, &bank);
	if (retval == ERROR_OK)
		retval = cmspi_checksum(bank, address - bank->base, count, checksum);
	hook->busy = false;
	return retval;
}

/* The core would accept a hardware breakpoint that is never hit. */
static int window_add_breakpoint(struct target *target, struct breakpoint *breakpoint)
{
	struct flash_bank *bank = bank_touched(target, breakpoint->address, breakpoint->length);

	if (!bank)
		return hook_of(target)->add_breakpoint(target, breakpoint);
	LOG_ERROR("%s: no breakpoint at " TARGET_ADDR_FMT ", the core cannot execute code there: it "
		"is flash on GPIO pins", bank->name, breakpoint->address);
	return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
}

static int window_add_watchpoint(struct target *target, struct watchpoint *watchpoint)
{
	struct flash_bank *bank = bank_touched(target, watchpoint->address, watchpoint->length);

	if (!bank)
		return hook_of(target)->add_watchpoint(target, watchpoint);
	LOG_ERROR("%s: no watchpoint at " TARGET_ADDR_FMT ", the core cannot access it: it is flash on "
		"GPIO pins", bank->name, watchpoint->address);
	return ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
}

/* The core runs, or has run, maybe another one's algorithm. */
static void drop_ahead(const struct target *target)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next)
		if (bank->driver == &cmspi_flash && bank->target == target && bank->driver_priv)
			cmspi_ahead_drop(cmspi_of(bank));
}

static int on_event(struct target *target, enum target_event event, void *priv)
{
	struct hook *hook = priv;

	if (target != hook->target)
		return ERROR_OK;
	// a debugger that watches asks five times a second: once per run is enough
	if (event == TARGET_EVENT_HALTED)
		hook->refused = false;
	if (event == TARGET_EVENT_HALTED || event == TARGET_EVENT_RESUMED ||
			event == TARGET_EVENT_DEBUG_RESUMED)
		drop_ahead(target);
	return ERROR_OK;
}

int cmspi_window_install(struct target *target)
{
	if (hook_of(target))
		return ERROR_OK;
	struct hook *hook = calloc(1, sizeof(*hook));
	if (!hook) {
		LOG_ERROR("out of memory for the window of target %s", target_name(target));
		return ERROR_FAIL;
	}
	hook->target = target;
	hook->read_memory = target->type->read_memory;
	hook->write_memory = target->type->write_memory;
	hook->checksum_memory = target->type->checksum_memory;
	hook->add_breakpoint = target->type->add_breakpoint;
	hook->add_watchpoint = target->type->add_watchpoint;
	hook->next = hooks;
	hooks = hook;
	target->type->read_memory = window_read_memory;
	target->type->write_memory = window_write_memory;
	target->type->checksum_memory = window_checksum_memory;
	target->type->add_breakpoint = window_add_breakpoint;
	target->type->add_watchpoint = window_add_watchpoint;
	return target_register_event_callback(on_event, hook);
}
