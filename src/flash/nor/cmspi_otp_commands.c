// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The commands 'cmspi otp ...': security registers. What may never be taken back is
 * done only with an explicit word; lock bits are not offered at all.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_otp.h"
#include <helper/fileio.h>

/* A register of a chip that has answered. */
struct register_at {
	struct flash_bank *bank;
	const struct cmspi_otp *otp;
	unsigned int number;
	uint32_t offset;
	uint32_t count;
};

static bool is_confirmation(const char *word)
{
	return !strcmp(word, "permanently");
}

/* BANK REGISTER [OFFSET] */
static COMMAND_HELPER(parse_register, struct register_at *at)
{
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &at->bank);
	if (retval != ERROR_OK)
		return retval;
	// a complaint about a number has the variable's name in it
	unsigned int register_number;
	uint32_t offset = 0;

	COMMAND_PARSE_NUMBER(uint, CMD_ARGV[1], register_number);
	if (CMD_ARGC > 2 && !is_confirmation(CMD_ARGV[2]))
		COMMAND_PARSE_NUMBER(u32, CMD_ARGV[2], offset);
	at->number = register_number;
	at->offset = offset;
	retval = cmspi_auto_probe(at->bank);
	if (retval == ERROR_OK)
		retval = cmspi_require_probed(at->bank);
	if (retval == ERROR_OK)
		retval = cmspi_session_settle(at->bank);
	if (retval != ERROR_OK)
		return retval;
	at->otp = cmspi_otp_of(&cmspi_of(at->bank)->chip);
	if (at->otp)
		return ERROR_OK;
	command_print(CMD, "%s: nothing is known here of the security registers of %s; its data sheet "
		"tells which commands reach them, 'cmspi cmd' sends such", at->bank->name,
		cmspi_of(at->bank)->chip.name);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

static COMMAND_HELPER(check_range, const struct register_at *at, bool write)
{
	char why[128];

	cmspi_otp_check(at->otp, at->number, at->offset, at->count, write, why, sizeof(why));
	if (!why[0])
		return ERROR_OK;
	command_print(CMD, "%s: %s", at->bank->name, why);
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

/* The last word, and nothing after it. */
static COMMAND_HELPER(check_confirmation, unsigned int place, const struct register_at *at)
{
	if (place + 1 == CMD_ARGC && is_confirmation(CMD_ARGV[place]))
		return ERROR_OK;
	command_print(CMD, "%s: what is written to a security register, or erased there, may stay so "
		"for ever: say it again with the word 'permanently' at its end", at->bank->name);
	return ERROR_COMMAND_ARGUMENT_INVALID;
}

static int run_otp(const struct register_at *at, const struct cmspi_step *steps,
	unsigned int count, const char *what)
{
	struct cmspi_step leave[CMSPI_OTP_STEPS];

	int retval = cmspi_run_steps(at->bank, steps, count, what, NULL);
	const unsigned int num_leave = cmspi_otp_steps_leave(at->otp, leave);

	// the error has been told; the chip must not stay out of its array
	if (retval != ERROR_OK && num_leave && at->bank->target->state == TARGET_HALTED)
		(void)cmspi_run_steps(at->bank, leave, num_leave, what, NULL);
	return retval;
}

static int read_register(const struct register_at *at, uint8_t *data)
{
	struct cmspi_step steps[CMSPI_OTP_STEPS];
	const unsigned int count = cmspi_otp_steps_read(&cmspi_of(at->bank)->chip, at->otp,
		at->number, at->offset, data, at->count, steps);

	return run_otp(at, steps, count, "read of a security register");
}

/* ---- read --------------------------------------------------------------------- */

static int write_file(const char *name, const uint8_t *data, uint32_t count)
{
	struct fileio *file;
	size_t written;

	int retval = fileio_open(&file, name, FILEIO_WRITE, FILEIO_BINARY);
	if (retval != ERROR_OK)
		return retval;
	retval = fileio_write(file, count, data, &written);
	const int closed = fileio_close(file);

	return retval == ERROR_OK ? closed : retval;
}

COMMAND_HANDLER(handle_otp_read)
{
	struct register_at at = { 0 };
	uint8_t data[CMSPI_OTP_MAX_BYTES];

	if (CMD_ARGC < 4 || CMD_ARGC > 5)
		return ERROR_COMMAND_SYNTAX_ERROR;
	COMMAND_PARSE_NUMBER(u32, CMD_ARGV[3], at.count);
	int retval = CALL_COMMAND_HANDLER(parse_register, &at);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(check_range, &at, false);
	if (retval == ERROR_OK)
		retval = read_register(&at, data);
	if (retval != ERROR_OK)
		return retval;
	if (CMD_ARGC == 5)
		return write_file(CMD_ARGV[4], data, at.count);
	for (uint32_t i = 0; i < at.count; i++)
		command_print_sameline(CMD, "%s%02x", i ? " " : "", data[i]);
	return ERROR_OK;
}

/* ---- write -------------------------------------------------------------------- */

/* The file as it will be in the register. */
static COMMAND_HELPER(read_file, const char *name, struct register_at *at, uint8_t *data)
{
	struct fileio *file;
	size_t size, count;

	int retval = fileio_open(&file, name, FILEIO_READ, FILEIO_BINARY);
	if (retval != ERROR_OK)
		return retval;
	retval = fileio_size(file, &size);
	// what does not fit is refused with its size
	at->count = MIN(size, UINT32_MAX);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(check_range, at, true);
	if (retval == ERROR_OK)
		retval = fileio_read(file, size, data, &count);
	if (retval == ERROR_OK && count != size) {
		command_print(CMD, "%s: only %zu of its %zu bytes could be read", name, count, size);
		retval = ERROR_FAIL;
	}
	const int closed = fileio_close(file);

	return retval == ERROR_OK ? closed : retval;
}

/* Bits go from 1 to 0 only. */
static COMMAND_HELPER(check_bits, const struct register_at *at, const uint8_t *held,
	const uint8_t *data)
{
	for (uint32_t i = 0; i < at->count; i++) {
		if (!(data[i] & ~held[i]))
			continue;
		command_print(CMD, "%s: byte %" PRIu32 " of security register %u holds 0x%02x, which "
			"cannot become 0x%02x: nothing was written%s", at->bank->name, at->offset + i,
			at->number, held[i], data[i], at->otp->erase_opcode ?
			"; 'cmspi otp erase' makes it FFh, if it is not locked" : "");
		return ERROR_FLASH_OPERATION_FAILED;
	}
	return ERROR_OK;
}

static COMMAND_HELPER(expect_register, const struct register_at *at, const uint8_t *wanted)
{
	uint8_t found[CMSPI_OTP_MAX_BYTES];

	int retval = read_register(at, found);
	for (uint32_t i = 0; i < at->count && retval == ERROR_OK; i++) {
		if (found[i] == wanted[i])
			continue;
		command_print(CMD, "%s: byte %" PRIu32 " of security register %u reads 0x%02x, not "
			"0x%02x: is the register locked?", at->bank->name, at->offset + i,
			at->number, found[i], wanted[i]);
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	return retval;
}

COMMAND_HANDLER(handle_otp_write)
{
	struct register_at at = { 0 };
	uint8_t data[CMSPI_OTP_MAX_BYTES], held[CMSPI_OTP_MAX_BYTES];
	struct cmspi_step steps[CMSPI_OTP_STEPS];

	if (CMD_ARGC < 4 || CMD_ARGC > 5)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(parse_register, &at);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(read_file, CMD_ARGV[3], &at, data);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(check_confirmation, 4, &at);
	if (retval == ERROR_OK)
		retval = read_register(&at, held);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(check_bits, &at, held, data);
	if (retval != ERROR_OK)
		return retval;
	if (memcmp(held, data, at.count)) {
		const unsigned int count = cmspi_otp_steps_program(&cmspi_of(at.bank)->chip,
			at.otp, at.number, at.offset, data, at.count, steps);

		retval = run_otp(&at, steps, count, "write of a security register");
		if (retval == ERROR_OK)
			retval = CALL_COMMAND_HANDLER(expect_register, &at, data);
	}
	if (retval == ERROR_OK)
		command_print(CMD, "%s: %" PRIu32 " bytes of security register %u are as wanted",
			at.bank->name, at.count, at.number);
	return retval;
}

/* ---- erase -------------------------------------------------------------------- */

COMMAND_HANDLER(handle_otp_erase)
{
	struct register_at at = { 0 };
	uint8_t blank[CMSPI_OTP_MAX_BYTES];
	struct cmspi_step steps[CMSPI_OTP_STEPS];

	if (CMD_ARGC < 2 || CMD_ARGC > 3)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(parse_register, &at);
	if (retval != ERROR_OK)
		return retval;
	if (!at.otp->erase_opcode) {
		command_print(CMD, "%s: the security register of %s cannot be erased", at.bank->name,
			cmspi_of(at.bank)->chip.name);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	at.count = at.otp->bytes;
	retval = CALL_COMMAND_HANDLER(check_range, &at, true);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(check_confirmation, 2, &at);
	if (retval != ERROR_OK)
		return retval;
	const unsigned int count = cmspi_otp_steps_erase(&cmspi_of(at.bank)->chip, at.otp, at.number,
		steps);

	retval = run_otp(&at, steps, count, "erase of a security register");
	memset(blank, 0xff, at.count);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(expect_register, &at, blank);
	if (retval == ERROR_OK)
		command_print(CMD, "%s: security register %u is erased", at.bank->name, at.number);
	return retval;
}

static const struct command_registration otp_commands[] = {
	{
		.name = "read",
		.handler = handle_otp_read,
		.mode = COMMAND_EXEC,
		.usage = "bank_id register offset count [filename]",
		.help = "print bytes of a security register, or write them to a file",
	},
	{
		.name = "write",
		.handler = handle_otp_write,
		.mode = COMMAND_EXEC,
		.usage = "bank_id register offset filename 'permanently'",
		.help = "write a file to a security register, maybe for ever",
	},
	{
		.name = "erase",
		.handler = handle_otp_erase,
		.mode = COMMAND_EXEC,
		.usage = "bank_id register 'permanently'",
		.help = "erase a security register",
	},
	COMMAND_REGISTRATION_DONE
};

const struct command_registration cmspi_otp_command_handlers[] = {
	{
		.name = "otp",
		.mode = COMMAND_EXEC,
		.usage = "",
		.help = "security registers of the chip",
		.chain = otp_commands,
	},
	COMMAND_REGISTRATION_DONE
};
