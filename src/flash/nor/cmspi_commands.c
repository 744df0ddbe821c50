// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The commands 'cmspi ...'.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"

/* Raw commands: most bytes out and in. */
#define RAW_MAX_BYTES		256

COMMAND_HELPER(cmspi_get_bank, struct flash_bank **bank)
{
	unsigned int number;

	*bank = get_flash_bank_by_name_noprobe(CMD_ARGV[0]);
	if (!*bank && parse_uint(CMD_ARGV[0], &number) == ERROR_OK)
		*bank = get_flash_bank_by_num_noprobe(number);
	if (!*bank) {
		command_print(CMD, "no flash bank '%s'; 'flash banks' lists them", CMD_ARGV[0]);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	if ((*bank)->driver != &cmspi_flash) {
		command_print(CMD, "flash bank '%s' is of driver %s, not cmspi", CMD_ARGV[0],
			(*bank)->driver->name);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	return ERROR_OK;
}

COMMAND_HANDLER(cmspi_handle_mass_erase)
{
	struct flash_bank *bank;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &bank);
	if (retval == ERROR_OK)
		retval = cmspi_auto_probe(bank);
	if (retval == ERROR_OK)
		retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = cmspi_session_mass_erase(bank);
	if (retval == ERROR_OK)
		command_print(CMD, "%s: mass erase done", bank->name);
	return retval;
}

/* A raw command is one frame: opcode and further bytes out, then bytes in. */
static int raw_command(struct flash_bank *bank, const uint8_t *tx, unsigned int tx_bytes,
	uint8_t *rx, unsigned int rx_bytes)
{
	struct cmspi_step steps[2];
	unsigned int count = 0;
	// nobody knows how fast it may be, so no faster than what every part takes
	struct cmspi_op op = cmspi_chip_step_read_id(NULL, 0).op;

	op.opcode = tx[0];

	if (tx_bytes > 1 || !rx_bytes)
		steps[count++] = (struct cmspi_step){
			.kind = CMSPI_STEP_XFER,
			.flags = rx_bytes ? CMSPI_STEP_KEEP_CS : 0,
			.op = op,
			.tx = tx + 1,
			.tx_bytes = tx_bytes - 1,
		};
	if (rx_bytes)
		steps[count++] = (struct cmspi_step){
			.kind = CMSPI_STEP_XFER,
			.flags = tx_bytes > 1 ? CMSPI_STEP_CONTINUE : 0,
			.op = op,
			.rx = rx,
			.rx_bytes = rx_bytes,
		};
	return cmspi_run_steps(bank, steps, count, "raw command", NULL);
}

COMMAND_HANDLER(cmspi_handle_cmd)
{
	uint8_t tx[RAW_MAX_BYTES], rx[RAW_MAX_BYTES];
	struct flash_bank *bank;
	unsigned int rx_bytes;
	const bool by_gpio = CMD_ARGC > 1 && !strcmp(CMD_ARGV[1], "-gpio");
	const unsigned int first = by_gpio ? 2 : 1;

	if (first + 2 > CMD_ARGC)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &bank);
	if (retval != ERROR_OK)
		return retval;
	COMMAND_PARSE_NUMBER(uint, CMD_ARGV[first], rx_bytes);
	const unsigned int tx_bytes = CMD_ARGC - first - 1;

	if (rx_bytes > RAW_MAX_BYTES || tx_bytes > RAW_MAX_BYTES) {
		command_print(CMD, "at most %d bytes out and in, not %u and %u", RAW_MAX_BYTES,
			tx_bytes, rx_bytes);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	for (unsigned int i = 0; i < tx_bytes; i++)
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[first + 1 + i], tx[i]);
	retval = cmspi_session_settle(bank);
	if (retval != ERROR_OK)
		return retval;
	cmspi_of(bank)->bus.by_gpio = by_gpio;
	cmspi_of(bank)->guard.known = false;
	retval = raw_command(bank, tx, tx_bytes, rx, rx_bytes);
	cmspi_of(bank)->bus.by_gpio = false;
	if (retval != ERROR_OK)
		return retval;
	for (unsigned int i = 0; i < rx_bytes; i++)
		command_print_sameline(CMD, "%s%02x", i ? " " : "", rx[i]);
	return ERROR_OK;
}

COMMAND_HANDLER(cmspi_handle_progress)
{
	uint32_t seconds = 0;
	bool on = cmspi_report_is_on();

	if (CMD_ARGC > 2)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (CMD_ARGC > 0)
		COMMAND_PARSE_ON_OFF(CMD_ARGV[0], on);
	if (CMD_ARGC > 1)
		COMMAND_PARSE_NUMBER(u32, CMD_ARGV[1], seconds);
	if (CMD_ARGC > 0)
		cmspi_report_set(on, CMD_ARGC > 1 ? (int64_t)seconds * 1000 : -1);
	else
		command_print(CMD, "%s", on ? "on" : "off");
	return ERROR_OK;
}

COMMAND_HANDLER(cmspi_handle_compress)
{
	bool on;

	if (CMD_ARGC > 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (!CMD_ARGC) {
		command_print(CMD, "%s", cmspi_stub_compresses() ? "on" : "off");
		return ERROR_OK;
	}
	COMMAND_PARSE_ON_OFF(CMD_ARGV[0], on);
	cmspi_stub_compress(on);
	if (cmspi_stub_compresses() != on) {
		command_print(CMD, "this OpenOCD was built without liblz4: all is sent as it is");
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return ERROR_OK;
}

static COMMAND_HELPER(print_rate, const char *name, uint64_t bytes, uint64_t ms,
	uint64_t bytes_last, uint64_t ms_last)
{
	const uint64_t all = cmspi_rate_tenths(bytes, ms);
	const uint64_t last = cmspi_rate_tenths(bytes_last, ms_last);

	command_print(CMD, "%-20s %10" PRIu64 ".%" PRIu64 " %10" PRIu64 ".%" PRIu64, name,
		all / 10, all % 10, last / 10, last % 10);
	return ERROR_OK;
}

static COMMAND_HELPER(print_counts, const struct cmspi_counts *all,
	const struct cmspi_counts *last)
{
	const struct {
		const char *name;
		uint64_t all;
		uint64_t last;
	} rows[] = {
		{ "erased_bytes", all->erased, last->erased },
		{ "blank_bytes", all->blank, last->blank },
		{ "unchanged_bytes", all->unchanged, last->unchanged },
		{ "programmed_bytes", all->programmed, last->programmed },
		{ "empty_bytes", all->empty, last->empty },
		{ "sent_bytes", all->sent, last->sent },
		{ "runs", all->runs, last->runs },
		{ "erase_ms", all->erase_ms, last->erase_ms },
		{ "program_ms", all->program_ms, last->program_ms },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++)
		command_print(CMD, "%-20s %12" PRIu64 " %12" PRIu64, rows[i].name, rows[i].all,
			rows[i].last);
	return ERROR_OK;
}

COMMAND_HANDLER(cmspi_handle_stats)
{
	struct flash_bank *bank;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &bank);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_counts all = cmspi->bus.counts;
	const struct cmspi_counts last = cmspi_counts_since(&cmspi->counts_told, &all);

	cmspi->counts_told = all;
	command_print(CMD, "%-20s %12s %12s", bank->name, "since start", "since last");
	retval = CALL_COMMAND_HANDLER(print_counts, &all, &last);
	if (retval != ERROR_OK)
		return retval;
	retval = CALL_COMMAND_HANDLER(print_rate, "erase_kib_per_s", all.erased, all.erase_ms,
		last.erased, last.erase_ms);
	if (retval != ERROR_OK)
		return retval;
	return CALL_COMMAND_HANDLER(print_rate, "program_kib_per_s", all.programmed,
		all.program_ms, last.programmed, last.program_ms);
}

COMMAND_HANDLER(cmspi_handle_diagnose)
{
	struct flash_bank *bank;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &bank);
	return retval == ERROR_OK ? CALL_COMMAND_HANDLER(cmspi_diagnose, bank) : retval;
}

static const struct command_registration cmspi_exec_command_handlers[] = {
	{
		.name = "diagnose",
		.handler = cmspi_handle_diagnose,
		.mode = COMMAND_EXEC,
		.usage = "bank_id",
		.help = "test the wiring and print what is most likely wrong and what to change",
	},
	{
		.name = "progress",
		.handler = cmspi_handle_progress,
		.mode = COMMAND_ANY,
		.usage = "['on'|'off' [seconds]]",
		.help = "show how far long operations are and what was done at their end; seconds "
			"between two lines where there is no terminal",
	},
	{
		.name = "compress",
		.handler = cmspi_handle_compress,
		.mode = COMMAND_ANY,
		.usage = "['on'|'off']",
		.help = "send data to the target compressed where that is faster",
	},
	{
		.name = "stats",
		.handler = cmspi_handle_stats,
		.mode = COMMAND_EXEC,
		.usage = "bank_id",
		.help = "print what was erased, programmed, skipped and sent, and how fast, since "
			"the start and since the last call",
	},
	{
		.name = "mass_erase",
		.handler = cmspi_handle_mass_erase,
		.mode = COMMAND_EXEC,
		.usage = "bank_id",
		.help = "erase the whole chip",
	},
	{
		.name = "cmd",
		.handler = cmspi_handle_cmd,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ['-gpio'] num_resp opcode [byte ...]",
		.help = "send a raw command and print num_resp bytes of answer; "
			"with -gpio by register writes over the debug link",
	},
	{
		.name = "check_image",
		.handler = cmspi_handle_check_image,
		.mode = COMMAND_EXEC,
		.usage = "filename [offset [type]]",
		.help = "refuse an image that does not fit the flash banks",
	},
	{
		.chain = cmspi_prior_command_handlers,
	},
	{
		.chain = cmspi_session_command_handlers,
	},
	{
		.chain = cmspi_unlock_command_handlers,
	},
	{
		.chain = cmspi_otp_command_handlers,
	},
	COMMAND_REGISTRATION_DONE
};

const struct command_registration cmspi_command_handlers[] = {
	{
		.name = "cmspi",
		.mode = COMMAND_ANY,
		.usage = "",
		.help = "serial memory on GPIO pins command group",
		.chain = cmspi_exec_command_handlers,
	},
	COMMAND_REGISTRATION_DONE
};
