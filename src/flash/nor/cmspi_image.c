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

/* Where an image may have data that belong to no flash bank. */
#define RAM_FIRST	0x10000000
#define RAM_LAST	0x3fffffff

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

/* The banks of ours that a section touches must have a chip.
 * @param touched receives one of them, NULL: there is none */
static int require_banks(struct target *target, target_addr_t start, target_addr_t last,
	struct flash_bank **touched)
{
	*touched = NULL;
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->driver != &cmspi_flash || bank->target != target ||
				start >= bank->base + bank->size || last < bank->base)
			continue;
		int retval = cmspi_require_probed(bank);
		if (retval != ERROR_OK)
			return retval;
		*touched = bank;
	}
	return ERROR_OK;
}

/* A section that lies in no bank and not behind one of ours. OpenOCD's core warns and
 * leaves it out, which is what people expect of variables in RAM (ARMv7-M ARM, B3.1,
 * and the core-coupled RAM below it), and of nothing else. */
static int check_homeless(target_addr_t start, target_addr_t last)
{
	if (start >= RAM_FIRST && last <= RAM_LAST)
		return ERROR_OK;
	LOG_ERROR("image section " TARGET_ADDR_FMT " to " TARGET_ADDR_FMT " lies in no flash bank: "
		"nothing was erased; 'flash banks' lists them", start, last);
	return ERROR_FLASH_DST_OUT_OF_BANK;
}

/* Every byte of a section must lie in a bank, where one of ours is concerned: the
 * section starts in a bank, touches ours, or lies behind ours. */
static int check_section(struct target *target, target_addr_t start, target_addr_t last)
{
	struct flash_bank *concerned;
	target_addr_t hole = start;

	int retval = require_banks(target, start, last, &concerned);
	if (retval != ERROR_OK)
		return retval;
	// an image may go on in the bank that follows
	for (struct flash_bank *bank = bank_at(target, hole); bank; bank = bank_at(target, hole)) {
		if (last - bank->base < bank->size)
			return ERROR_OK;
		hole = bank->base + bank->size;
		concerned = bank;
	}
	if (!concerned)
		concerned = bank_below(target, start);
	if (!concerned)
		return check_homeless(start, last);
	LOG_ERROR("image section " TARGET_ADDR_FMT " to " TARGET_ADDR_FMT " does not fit flash bank %s "
		"(" TARGET_ADDR_FMT " to " TARGET_ADDR_FMT "), at " TARGET_ADDR_FMT " there is no "
		"flash: nothing was erased", start, last, concerned->name, concerned->base,
		concerned->base + concerned->size - 1, hole);
	return ERROR_FLASH_DST_OUT_OF_BANK;
}

/* Bytes of a section that are really in the file. OpenOCD does not tell: of an ELF
 * file that was cut short it returns whatever the buffer held. So the buffer holds
 * something else each time. */
static int read_twice(struct image *image, unsigned int index, uint8_t *data, uint32_t size,
	uint32_t *there)
{
	const uint8_t *second = data + size;

	for (unsigned int i = 0; i < 2; i++) {
		size_t got = 0;

		memset(data + i * (size_t)size, i ? 0xff : 0, size);
		int retval = image_read_section(image, index, 0, size, data + i * (size_t)size, &got);
		if (retval != ERROR_OK)
			return retval;
	}
	for (*there = 0; *there < size && data[*there] == second[*there]; ++*there)
		;
	return ERROR_OK;
}

static int check_contents(struct image *image, unsigned int index, const char *filename)
{
	const struct imagesection *section = &image->sections[index];
	uint8_t *data = calloc(2, section->size);
	uint32_t there = 0;

	if (!data) {
		LOG_ERROR("out of memory for %" PRIu32 " bytes", section->size);
		return ERROR_FAIL;
	}
	int retval = read_twice(image, index, data, section->size, &there);
	free(data);
	if (retval == ERROR_OK && there == section->size)
		return ERROR_OK;
	LOG_ERROR("%s is cut short: section " TARGET_ADDR_FMT " has %" PRIu32 " of its %" PRIu32
		" bytes; nothing was erased, build or copy the file again", filename,
		section->base_address, there, section->size);
	return ERROR_FAIL;
}

static int check_sections(struct target *target, struct image *image, const char *filename)
{
	uint64_t total = 0;
	int retval = ERROR_OK;

	for (unsigned int i = 0; i < image->num_sections && retval == ERROR_OK; i++) {
		const struct imagesection *section = &image->sections[i];

		total += section->size;
		if (section->size)
			retval = check_section(target, section->base_address,
				section->base_address + section->size - 1);
		if (section->size && retval == ERROR_OK)
			retval = check_contents(image, i, filename);
	}
	if (retval == ERROR_OK && !total) {
		LOG_ERROR("%s is empty: there is nothing to program in it", filename);
		retval = ERROR_FAIL;
	}
	return retval;
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
	if (retval != ERROR_OK) {
		LOG_ERROR("%s is no image that can be read: missing, empty, cut short, or of "
			"another format? nothing was erased", CMD_ARGV[0]);
		return retval;
	}
	if (image.type == IMAGE_BINARY && CMD_ARGC == 1) {
		LOG_ERROR("%s has no address in it: add one behind the file name, e.g. 0x90000000",
			CMD_ARGV[0]);
		retval = ERROR_FAIL;
	}
	if (retval == ERROR_OK)
		retval = check_sections(target, &image, CMD_ARGV[0]);
	image_close(&image);
	return retval;
}
