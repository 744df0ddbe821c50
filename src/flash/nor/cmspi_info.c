// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What 'flash info' says of a bank.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"

static const char *source_name(enum cmspi_source source)
{
	static const char * const names[] = {
		[CMSPI_FROM_DEFAULT] = "default",
		[CMSPI_FROM_TABLE] = "part table",
		[CMSPI_FROM_SFDP] = "SFDP",
		[CMSPI_FROM_FIXUP] = "fix-up",
		[CMSPI_FROM_USER] = "user",
	};

	return names[source];
}

int cmspi_info(struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_chip *chip = &cmspi->chip;

	if (!cmspi->probed) {
		command_print_sameline(cmd, "\nno chip has answered yet, size and sectors are "
			"provisional: 'flash probe %s' says why", bank->name);
		return ERROR_OK;
	}
	command_print_sameline(cmd, "\nchip: %s, ID %02x %02x %02x\n", chip->name, chip->id[0],
		chip->id[1], chip->id[2]);
	command_print_sameline(cmd, "size: %" PRIu32 " KiB (%s), page: %" PRIu32 " bytes (%s)\n",
		chip->size_bytes / 1024, source_name(chip->size_from), chip->page_bytes,
		source_name(chip->page_from));
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES && chip->erase[i].size_bytes; i++)
		command_print_sameline(cmd, "erase: %" PRIu32 " KiB by %02Xh, %" PRIu32
			" ms, at most %" PRIu32 " ms (%s)\n", chip->erase[i].size_bytes / 1024,
			chip->erase[i].opcode, chip->erase[i].typ_ms, chip->erase[i].max_ms,
			source_name(chip->erase_from));
	command_print_sameline(cmd, "pins: cs %s, clk %s, mosi %s, miso %s",
		cmspi_pin_name(bank, CMSPI_CS), cmspi_pin_name(bank, CMSPI_CLK),
		cmspi_pin_name(bank, CMSPI_IO0), cmspi_pin_name(bank, CMSPI_IO1));
	return ERROR_OK;
}
