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
#include "cmspi_protect.h"

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

/* The status registers that hold the protection bits, one batch. */
static int read_protect_registers(struct flash_bank *bank,
	const struct cmspi_protect_layout *layout, uint8_t *registers)
{
	struct cmspi_step steps[CMSPI_PROTECT_REGISTERS];
	unsigned int count = 0;

	while (count < CMSPI_PROTECT_REGISTERS && layout->read_opcodes[count]) {
		steps[count] = cmspi_chip_step_read_status(&cmspi_of(bank)->chip,
			&registers[count]);
		steps[count].op.opcode = layout->read_opcodes[count];
		count++;
	}
	return cmspi_run_steps(bank, steps, count, "protection check", NULL);
}

int cmspi_refuse_protected(struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(chip);
	uint8_t registers[CMSPI_PROTECT_REGISTERS] = { 0 };

	if (!layout)
		return ERROR_OK;
	// Status register 1 alone at first, as it is usually 0 and older parts of a family
	// lack the others; a part protected by CMP alone is found by its refusal
	struct cmspi_step step = cmspi_chip_step_read_status(chip, &registers[0]);

	step.op.opcode = layout->read_opcodes[0];
	int retval = cmspi_run_steps(bank, &step, 1, "protection check", NULL);
	if (retval != ERROR_OK || !cmspi_protect_decode(layout, registers, bank->size).count)
		return retval;
	retval = read_protect_registers(bank, layout, registers);
	const struct cmspi_protection protection =
		cmspi_protect_decode(layout, registers, bank->size);

	if (retval != ERROR_OK || protection.individual ||
			!cmspi_protect_hits(&protection, offset, count))
		return retval;
	cmspi_complain(bank, "erase at " TARGET_ADDR_FMT ": " TARGET_ADDR_FMT " to "
		TARGET_ADDR_FMT " is protected by the chip's status register (0x%02x): nothing "
		"was erased; clear its BP bits first, for instance with 'cmspi cmd %s 0 0x06; "
		"cmspi cmd %s 0 0x01 0'", bank->base + offset, bank->base + protection.addr,
		bank->base + protection.addr + protection.count - 1, registers[0], bank->name,
		bank->name);
	return ERROR_FLASH_PROTECTED;
}

static int cmspi_protect_check(struct flash_bank *bank)
{
	const struct cmspi_protect_layout *layout = cmspi_of(bank)->probed ?
		cmspi_protect_layout(&cmspi_of(bank)->chip) : NULL;
	uint8_t registers[CMSPI_PROTECT_REGISTERS] = { 0 };

	if (!layout || bank->target->state != TARGET_HALTED)
		return ERROR_FLASH_OPER_UNSUPPORTED;
	int retval = read_protect_registers(bank, layout, registers);
	if (retval != ERROR_OK)
		return retval;
	const struct cmspi_protection protection =
		cmspi_protect_decode(layout, registers, bank->size);

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		bank->prot_blocks[i].is_protected = protection.individual ? -1 :
			cmspi_protect_hits(&protection, bank->prot_blocks[i].offset,
				bank->prot_blocks[i].size);
	return ERROR_OK;
}

static void cmspi_free_driver_priv(struct flash_bank *bank)
{
	if (!bank->driver_priv)
		return;
	cmspi_session_free(cmspi_of(bank));
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
	.protect_check = cmspi_protect_check,
	.info = cmspi_info,
	.free_driver_priv = cmspi_free_driver_priv,
};
