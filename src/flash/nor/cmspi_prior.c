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

	// a complaint about a number has the variable's name in it: that of the usage
	uint32_t size, page_size, sector_size = 0;
	uint8_t read_opcode, fast_read_opcode, program_opcode;
	uint8_t chip_erase_opcode = 0, sector_erase_opcode = 0;

	COMMAND_PARSE_NUMBER(u32, CMD_ARGV[2], size);
	COMMAND_PARSE_NUMBER(u32, CMD_ARGV[3], page_size);
	COMMAND_PARSE_NUMBER(u8, CMD_ARGV[4], read_opcode);
	COMMAND_PARSE_NUMBER(u8, CMD_ARGV[5], fast_read_opcode);
	COMMAND_PARSE_NUMBER(u8, CMD_ARGV[6], program_opcode);
	if (CMD_ARGC > SET_ARGS_MIN)
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[7], chip_erase_opcode);
	if (CMD_ARGC == SET_ARGS_MAX) {
		COMMAND_PARSE_NUMBER(u32, CMD_ARGV[8], sector_size);
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[9], sector_erase_opcode);
	}
	*facts = (struct cmspi_user_facts){
		.name = CMD_ARGV[1],
		.size_bytes = size,
		.page_bytes = page_size,
		.read_opcode = read_opcode,
		.fast_read_opcode = fast_read_opcode,
		.program_opcode = program_opcode,
		.chip_erase_opcode = chip_erase_opcode,
		.sector_bytes = sector_size,
		.sector_erase_opcode = sector_erase_opcode,
	};
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

/* BANK [DUMMY_CLOCKS]; negative: not told */
static COMMAND_HELPER(parse_mode, struct flash_bank **bank, int *dummy_clocks)
{
	uint8_t clocks;

	if (CMD_ARGC < 1 || CMD_ARGC > 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	*dummy_clocks = -1;
	if (CMD_ARGC > 1) {
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[1], clocks);
		*dummy_clocks = clocks;
	}
	return CALL_COMMAND_HANDLER(cmspi_get_bank, bank);
}

COMMAND_HANDLER(cmspi_handle_spi)
{
	struct flash_bank *bank;
	int dummy_clocks;

	int retval = CALL_COMMAND_HANDLER(parse_mode, &bank, &dummy_clocks);
	if (retval == ERROR_OK)
		cmspi_of(bank)->modes.lines = 1;
	return retval;
}

/* What the chip must tell, or the user. */
static COMMAND_HELPER(require_protocol, struct flash_bank *bank, unsigned int lines,
	int dummy_clocks)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_modes modes = { .lines = lines, .dummy_clocks = dummy_clocks };

	if (!cmspi_modes_has_protocol(&cmspi->chip, lines)) {
		command_print(CMD, "%s: the chip does not tell of commands on %s", bank->name,
			cmspi_protocol_words(lines));
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	if (!cmspi_modes_read_op(&cmspi->chip, &modes).opcode) {
		command_print(CMD, "%s: the chip does not tell the dummy clocks of its reads on %s: "
			"give their number", bank->name, cmspi_protocol_words(lines));
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	if (cmspi_modes_protocol_needs_quad(&cmspi->chip, lines) && !cmspi_quad_is_enabled(bank)) {
		command_print(CMD, "%s: commands on four lines (4-4-4) need quad enable", bank->name);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return ERROR_OK;
}

/* Enter it once and come back, so that no operation is the first to find out. */
static int try_protocol(struct flash_bank *bank, unsigned int lines, int dummy_clocks)
{
	struct cmspi_modes *modes = &cmspi_of(bank)->modes;

	modes->lines = lines;
	modes->dummy_clocks = dummy_clocks;
	int retval = cmspi_try_protocol(bank);
	if (retval != ERROR_OK)
		modes->lines = 1;
	return retval;
}

static COMMAND_HELPER(use_protocol, struct flash_bank *bank, unsigned int lines,
	int dummy_clocks)
{
	cmspi_of(bank)->modes.lines = 1;
	// a board file of the prior driver may have sent it there by itself
	int retval = cmspi_probe(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = CALL_COMMAND_HANDLER(require_protocol, bank, lines, dummy_clocks);
	return retval == ERROR_OK ? try_protocol(bank, lines, dummy_clocks) : retval;
}

COMMAND_HANDLER(cmspi_handle_dpi)
{
	struct flash_bank *bank;
	int dummy_clocks;

	int retval = CALL_COMMAND_HANDLER(parse_mode, &bank, &dummy_clocks);
	if (retval != ERROR_OK)
		return retval;
	if (!cmspi_of(bank)->bus.stores.send_dual) {
		command_print(CMD, "%s: commands on two lines (2-2-2) need mosi and miso on one port, "
			"on pins of their own that can turn round", bank->name);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return CALL_COMMAND_HANDLER(use_protocol, bank, 2, dummy_clocks);
}

COMMAND_HANDLER(cmspi_handle_qpi)
{
	struct flash_bank *bank;
	int dummy_clocks;

	int retval = CALL_COMMAND_HANDLER(parse_mode, &bank, &dummy_clocks);
	if (retval != ERROR_OK)
		return retval;
	if (!cmspi_of(bank)->bus.stores.send_quad) {
		command_print(CMD, "%s: commands on four lines (4-4-4) need io2 and io3, which are not "
			"wired", bank->name);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return CALL_COMMAND_HANDLER(use_protocol, bank, 4, dummy_clocks);
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
		.help = "read, program and erase by commands on two lines",
	},
	{
		.name = "qpi",
		.handler = cmspi_handle_qpi,
		.mode = COMMAND_EXEC,
		.usage = "bank_id [dummy_clocks]",
		.help = "read, program and erase by commands on four lines",
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
