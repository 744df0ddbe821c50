/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The bank of the cmspi driver: what cmspi.c keeps for each, and what its
 * neighbours (options, window, image check) need of it.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_H
#define OPENOCD_FLASH_NOR_CMSPI_H

#include "cmspi_bus.h"
#include "cmspi_chip.h"

#include <helper/command.h>

struct flash_bank;

struct cmspi_bank {
	struct cmspi_bus bus;
	struct cmspi_chip chip;
	/** the chip answered and its geometry is the bank's */
	bool probed;
	/** last automatic probe, so that its error is said only once */
	int auto_probe_error;
	/** errors go to the debug log: they were said before */
	bool silent;
	/** the state that the pins were found in was told */
	bool found_told;
	/** reading on two lines was tried on data that tell something */
	bool dual_tried;
	/** Tcl command that returns the core clock in kHz, NULL: none */
	char *core_proc;
	/** user's word on the core clock in kHz, 0: none */
	uint32_t core_khz;
	/** limits of the MCU family in kHz */
	uint32_t family_max_khz;
	uint32_t family_min_khz;
	/** user's word on the size in bytes, 0: none */
	uint32_t user_size_bytes;
	/** interpreter that core_proc lives in */
	Jim_Interp *interp;
};

extern const struct flash_driver cmspi_flash;

/** Parse the options of a bank line from CMD_ARGV[first] on into @a bank. */
COMMAND_HELPER(cmspi_parse_options, unsigned int first, struct cmspi_bank *bank);

/** Give back what cmspi_parse_options() allocated. */
void cmspi_free_options(struct cmspi_bank *bank);

/** Refuse a bank whose chip has not answered yet; logs why. */
int cmspi_require_probed(struct flash_bank *bank);

/** CRC-32 as of image_calculate_checksum(), computed on the target. */
int cmspi_checksum(struct flash_bank *bank, uint32_t offset, uint32_t count, uint32_t *crc);

/** Read memory of the chip, like flash_driver.read. */
int cmspi_read(struct flash_bank *bank, uint8_t *buffer, uint32_t offset, uint32_t count);

/** Make the bank's address window readable as memory of @a target. */
int cmspi_window_install(struct target *target);

/** Refuse an image that does not fit the banks of @a target. */
int cmspi_handle_check_image(struct command_invocation *cmd);

#endif /* OPENOCD_FLASH_NOR_CMSPI_H */
