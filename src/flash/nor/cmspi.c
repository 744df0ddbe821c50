// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Flash driver for a serial memory chip on any GPIO pins of a Cortex-M: the bank
 * and the driver's table. Which chip it is: cmspi_probe.c; reading it: cmspi_run.c;
 * changing it: cmspi_write.c; the commands: cmspi_commands.c.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"

static int cmspi_flash_read(struct flash_bank *bank, uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	int retval = cmspi_require_probed(bank);

	return retval == ERROR_OK ? cmspi_read(bank, buffer, offset, count) : retval;
}

static int cmspi_verify(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	int retval = cmspi_require_probed(bank);

	return retval == ERROR_OK ? cmspi_compare(bank, buffer, offset, count, "") : retval;
}

static void cmspi_free_driver_priv(struct flash_bank *bank)
{
	if (!bank->driver_priv)
		return;
	cmspi_session_free(cmspi_of(bank));
	cmspi_unlock_forget(cmspi_of(bank));
	free(cmspi_of(bank)->guard.locks);
	cmspi_stub_forget();
	cmspi_ahead_free(cmspi_of(bank));
	cmspi_free_options(cmspi_of(bank));
	free(bank->driver_priv);
	bank->driver_priv = NULL;
}

/* Two banks at one address: every access would go to the first of them. */
static int check_neighbours(struct command_invocation *cmd, const struct flash_bank *bank)
{
	for (struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		const bool guess = other->driver == &cmspi_flash && !cmspi_of(other)->probed &&
			!cmspi_of(other)->user_size_bytes;
		// the size of an unprobed bank of ours is a guess, unless the user knows
		const uint32_t size = guess || !other->size ? 1 : other->size;

		if (other->target != bank->target || bank->base < other->base ||
				bank->base - other->base >= size)
			continue;
		command_print(cmd, "base " TARGET_ADDR_FMT " of bank %s lies in bank %s (%s at "
			TARGET_ADDR_FMT "): choose another base", bank->base, bank->name,
			other->name, other->driver->name, other->base);
		return ERROR_FLASH_BANK_INVALID;
	}
	return ERROR_OK;
}

/* What lies where in the memory of every Cortex-M (ARMv7-M ARM, B3.1). The bank
 * would hide it from the debugger; external memory may not be there. */
static const struct region {
	uint32_t last;
	const char *what;
	bool external;
} regions[] = {
	{ 0x1fffffff, "internal flash", false },
	{ 0x3fffffff, "RAM", false },
	{ 0x5fffffff, "peripherals", false },
	{ 0x8fffffff, "external memory", true },
	{ 0x9fffffff, NULL, true },
	{ 0xdfffffff, "external memory", true },
	{ 0xffffffff, "the core's own registers", false },
};

static int check_region(struct command_invocation *cmd, const struct flash_bank *bank)
{
	const struct region *region = regions;

	while (region->last < bank->base && region->last != UINT32_MAX)
		region++;
	if (!region->external) {
		command_print(cmd, "base " TARGET_ADDR_FMT " of bank %s is where %s must be seen: choose "
			"another base, by convention 0x90000000", bank->base, bank->name,
			region->what);
		return ERROR_FLASH_BANK_INVALID;
	}
	if (region->what)
		LOG_WARNING("base " TARGET_ADDR_FMT " of bank %s is where some MCUs have %s: if yours "
			"does, the bank hides it; by convention the base is 0x90000000", bank->base,
			bank->name, region->what);
	return ERROR_OK;
}

/* Does the size that the user gave fit in front of what comes next? */
static int check_room(struct command_invocation *cmd, const struct flash_bank *bank)
{
	char next[64];
	const target_addr_t end = cmspi_room_end(bank, next, sizeof(next));

	if (bank->size <= end - bank->base)
		return ERROR_OK;
	command_print(cmd, "bank %s of %" PRIu32 " KiB at " TARGET_ADDR_FMT " would reach into %s at "
		TARGET_ADDR_FMT ": choose another base or a smaller -size", bank->name,
		bank->size / 1024, bank->base, next, end);
	return ERROR_FLASH_BANK_INVALID;
}

static int check_place(struct command_invocation *cmd, const struct flash_bank *bank)
{
	int retval = check_region(cmd, bank);

	if (retval == ERROR_OK)
		retval = check_neighbours(cmd, bank);
	return retval == ERROR_OK ? check_room(cmd, bank) : retval;
}

FLASH_BANK_COMMAND_HANDLER(cmspi_flash_bank_command)
{
	unsigned int options = 6;

	if (options >= CMD_ARGC) {
		command_print(CMD, "options are missing; 'cmspi_bank' of cmspi.tcl makes this line "
			"from pin names");
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	int retval = check_place(CMD, bank);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_bank *cmspi = calloc(1, sizeof(*cmspi));
	if (!cmspi) {
		LOG_ERROR("out of memory for a bank");
		return ERROR_FAIL;
	}
	// writes of any length: the core need not pad them to sectors
	bank->write_start_alignment = 1;
	bank->write_end_alignment = 1;
	cmspi->user_size_bytes = bank->size;
	cmspi->bus.target = bank->target;
	cmspi->modes.lines = 1;
	cmspi->modes.dummy_clocks = -1;
	bank->driver_priv = cmspi;
	if (CMD_ARGV[options][0] != '-')
		retval = CALL_COMMAND_HANDLER(cmspi_parse_positional, options, cmspi, &options);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(cmspi_parse_options, options, cmspi);
	if (retval == ERROR_OK)
		retval = cmspi_set_provisional_geometry(bank);
	// last, so that a rejected bank leaves the target alone
	if (retval == ERROR_OK)
		retval = cmspi_window_install(bank->target);
	if (retval == ERROR_OK)
		retval = cmspi_session_install(bank->target);
	if (retval != ERROR_OK) {
		free(bank->sectors);
		free(bank->prot_blocks);
		cmspi_free_driver_priv(bank);
		// for a syntax error OpenOCD prints its own usage in place of our sentence
		return retval == ERROR_COMMAND_SYNTAX_ERROR ? ERROR_COMMAND_ARGUMENT_INVALID : retval;
	}
	cmspi_pins_stores(&cmspi->bus.wires, &cmspi->bus.stores);
	return ERROR_OK;
}

const struct flash_driver cmspi_flash = {
	.name = "cmspi",
	.usage = "options as made by 'cmspi_bank', see tcl/cmspi.tcl; or input_offset cs_address "
		"cs_bit clk_address clk_bit {address bit in_offset out_offset mask} of IO3 ... IO0",
	.commands = cmspi_command_handlers,
	.flash_bank_command = cmspi_flash_bank_command,
	.erase = cmspi_session_erase,
	.write = cmspi_session_write,
	.read = cmspi_flash_read,
	.verify = cmspi_verify,
	.probe = cmspi_probe,
	.auto_probe = cmspi_auto_probe,
	.erase_check = cmspi_erase_check,
	.protect = cmspi_protect,
	.protect_check = cmspi_guard_check,
	.info = cmspi_info,
	.free_driver_priv = cmspi_free_driver_priv,
};
