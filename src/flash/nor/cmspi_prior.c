// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The commands that users of the prior driver know, beside 'cmd' and
 * 'mass_erase': the user's word on a chip, and the modes of the lines.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_user.h"

/* BANK NAME SIZE PAGE READ FAST_READ PROGRAM [CHIP_ERASE [SECTOR SECTOR_ERASE]] */
#define SET_ARGS_MIN	7
#define SET_ARGS_MAX	10

static COMMAND_HELPER(parse_facts, struct cmspi_user_facts *facts)
{
	if (CMD_ARGC < SET_ARGS_MIN || CMD_ARGC > SET_ARGS_MAX || CMD_ARGC == SET_ARGS_MAX - 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	facts->name = CMD_ARGV[1];
	COMMAND_PARSE_NUMBER(u32, CMD_ARGV[2], facts->size_bytes);
	COMMAND_PARSE_NUMBER(u32, CMD_ARGV[3], facts->page_bytes);
	COMMAND_PARSE_NUMBER(u8, CMD_ARGV[4], facts->read_opcode);
	COMMAND_PARSE_NUMBER(u8, CMD_ARGV[5], facts->fast_read_opcode);
	COMMAND_PARSE_NUMBER(u8, CMD_ARGV[6], facts->program_opcode);
	if (CMD_ARGC > SET_ARGS_MIN)
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[7], facts->chip_erase_opcode);
	if (CMD_ARGC == SET_ARGS_MAX) {
		COMMAND_PARSE_NUMBER(u32, CMD_ARGV[8], facts->sector_bytes);
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[9], facts->sector_erase_opcode);
	}
	return ERROR_OK;
}

/* A bank whose target runs is probed by the next operation on it. */
static int apply(struct flash_bank *bank)
{
	if (bank->target->state == TARGET_HALTED)
		return cmspi_probe(bank);
	cmspi_of(bank)->probed = false;
	return cmspi_set_provisional_geometry(bank);
}

COMMAND_HANDLER(cmspi_handle_set)
{
	struct cmspi_user_facts facts = { 0 };
	struct flash_bank *bank;
	struct cmspi_chip chip;
	char why[160];

	if (CMD_ARGC < 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &bank);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_bank *cmspi = cmspi_of(bank);

	if (CMD_ARGC == 2 && !strcmp(CMD_ARGV[1], "auto")) {
		cmspi->user_set = false;
		return apply(bank);
	}
	retval = CALL_COMMAND_HANDLER(parse_facts, &facts);
	if (retval != ERROR_OK)
		return retval;
	cmspi_user_chip(&facts, cmspi_wired(&cmspi->bus.wires, CMSPI_IO2) &&
		cmspi_wired(&cmspi->bus.wires, CMSPI_IO3), &chip, why, sizeof(why));
	if (why[0]) {
		command_print(CMD, "%s: %s", bank->name, why);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	cmspi->user_chip = chip;
	cmspi->user_set = true;
	return apply(bank);
}

/* ---- modes of the lines ------------------------------------------------- */

/* BANK [DUMMY_CLOCKS] */
static COMMAND_HELPER(parse_mode, struct flash_bank **bank)
{
	uint8_t dummy_clocks;

	if (CMD_ARGC < 1 || CMD_ARGC > 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (CMD_ARGC > 1)
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[1], dummy_clocks);
	return CALL_COMMAND_HANDLER(cmspi_get_bank, bank);
}

COMMAND_HANDLER(cmspi_handle_spi)
{
	struct flash_bank *bank;

	// the only mode there is
	return CALL_COMMAND_HANDLER(parse_mode, &bank);
}

COMMAND_HANDLER(cmspi_handle_dpi)
{
	struct flash_bank *bank;

	int retval = CALL_COMMAND_HANDLER(parse_mode, &bank);
	if (retval != ERROR_OK)
		return retval;
	command_print(CMD, "%s: commands on two lines (2-2-2) are not supported yet, the driver stays "
		"in SPI mode", bank->name);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

COMMAND_HANDLER(cmspi_handle_qpi)
{
	struct flash_bank *bank;

	int retval = CALL_COMMAND_HANDLER(parse_mode, &bank);
	if (retval != ERROR_OK)
		return retval;
	const struct cmspi_wires *wires = &cmspi_of(bank)->bus.wires;

	if (!cmspi_wired(wires, CMSPI_IO2) || !cmspi_wired(wires, CMSPI_IO3)) {
		command_print(CMD, "%s: commands on four lines (4-4-4) need io2 and io3, which are not "
			"wired", bank->name);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	command_print(CMD, "%s: commands on four lines (4-4-4) are not supported yet, the driver stays "
		"in SPI mode", bank->name);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

COMMAND_HANDLER(cmspi_handle_i2c)
{
	struct flash_bank *bank;

	if (!CMD_ARGC)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &bank);
	if (retval != ERROR_OK)
		return retval;
	command_print(CMD, "%s is a SPI bank: '%s' is for I2C, which comes with a later release",
		bank->name, CMD_NAME);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

const struct command_registration cmspi_prior_command_handlers[] = {
	{
		.name = "set",
		.handler = cmspi_handle_set,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ('auto' | name size page_size read_opcode fast_read_opcode "
			"program_opcode [chip_erase_opcode [sector_size sector_erase_opcode]])",
		.help = "tell what chip it is, for chips that do not tell it; or ask the chip again",
	},
	{
		.name = "spi",
		.handler = cmspi_handle_spi,
		.mode = COMMAND_EXEC,
		.usage = "bank_id [dummy_clocks]",
		.help = "send commands on one line",
	},
	{
		.name = "dpi",
		.handler = cmspi_handle_dpi,
		.mode = COMMAND_EXEC,
		.usage = "bank_id [dummy_clocks]",
		.help = "send commands on two lines (not supported yet)",
	},
	{
		.name = "qpi",
		.handler = cmspi_handle_qpi,
		.mode = COMMAND_EXEC,
		.usage = "bank_id [dummy_clocks]",
		.help = "send commands on four lines (not supported yet)",
	},
	{
		.name = "calib",
		.handler = cmspi_handle_i2c,
		.mode = COMMAND_EXEC,
		.usage = "bank_id delay",
		.help = "measure the clock of an I2C bank (not supported yet)",
	},
	{
		.name = "scan",
		.handler = cmspi_handle_i2c,
		.mode = COMMAND_EXEC,
		.usage = "bank_id",
		.help = "look for chips on an I2C bus (not supported yet)",
	},
	COMMAND_REGISTRATION_DONE
};
