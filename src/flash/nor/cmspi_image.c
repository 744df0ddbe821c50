// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Checks an image against the flash banks before anything is erased: the core
 * only warns where a section runs past the end of a bank. Says so in the log,
 * because `program` drops the text of a command that fails.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include <target/image.h>

static struct flash_bank *bank_at(const struct target *target, target_addr_t address)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target == target && address >= bank->base &&
				address - bank->base < bank->size)
			return bank;
	}
	return NULL;
}

/* The cmspi bank next below an address that lies in no bank. */
static struct flash_bank *bank_below(const struct target *target, target_addr_t address)
{
	struct flash_bank *below = NULL;

	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target == target && bank->base <= address &&
				(!below || bank->base > below->base))
			below = bank;
	}
	return below && below->driver == &cmspi_flash ? below : NULL;
}

static int check_section(struct target *target, target_addr_t start, target_addr_t last)
{
	struct flash_bank *bank = bank_at(target, start);

	// what lies in no bank and not behind one of ours is the core's business
	if (!bank)
		bank = bank_below(target, start);
	if (!bank || (start >= bank->base && last - bank->base < bank->size))
		return ERROR_OK;
	// an image may go on in the bank that follows
	struct flash_bank *next = start - bank->base < bank->size ?
		bank_at(target, bank->base + bank->size) : NULL;

	if (next)
		return check_section(target, next->base, last);
	LOG_ERROR("image section " TARGET_ADDR_FMT " to " TARGET_ADDR_FMT " lies beyond "
		"the end of flash bank %s (" TARGET_ADDR_FMT ", %" PRIu32 " KiB): nothing was erased",
		start, last, bank->name, bank->base + bank->size - 1, bank->size / 1024);
	return ERROR_FLASH_DST_OUT_OF_BANK;
}

static int probe_banks(struct target *target)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->target != target)
			continue;
		int retval = bank->driver->auto_probe(bank);
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
}

/* Does a section of the image touch a cmspi bank? Then its chip must be there. */
static int require_banks(struct target *target, const struct image *image)
{
	for (unsigned int i = 0; i < image->num_sections; i++) {
		struct flash_bank *bank = bank_at(target, image->sections[i].base_address);

		if (!bank || bank->driver != &cmspi_flash)
			continue;
		int retval = cmspi_require_probed(bank);
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
}

__COMMAND_HANDLER(cmspi_handle_check_image)
{
	struct target *target = get_current_target(CMD_CTX);
	struct image image = { 0 };

	if (CMD_ARGC < 1 || CMD_ARGC > 3)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (CMD_ARGC > 1) {
		COMMAND_PARSE_NUMBER(llong, CMD_ARGV[1], image.base_address);
		image.base_address_set = true;
	}
	int retval = probe_banks(target);
	if (retval != ERROR_OK)
		return retval;
	retval = image_open(&image, CMD_ARGV[0], CMD_ARGC > 2 ? CMD_ARGV[2] : NULL);
	if (retval != ERROR_OK)
		return retval;
	if (image.type == IMAGE_BINARY && CMD_ARGC == 1) {
		LOG_ERROR("%s has no address in it: add one behind the file name, e.g. 0x90000000",
			CMD_ARGV[0]);
		retval = ERROR_FAIL;
	}
	if (retval == ERROR_OK)
		retval = require_banks(target, &image);
	for (unsigned int i = 0; i < image.num_sections && retval == ERROR_OK; i++) {
		const struct imagesection *section = &image.sections[i];

		if (section->size)
			retval = check_section(target, section->base_address,
				section->base_address + section->size - 1);
	}
	image_close(&image);
	return retval;
}
