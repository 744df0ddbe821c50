/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * JESD216 decode. Pure: bytes in, facts out; the caller reads the chip.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_SFDP_H
#define OPENOCD_FLASH_NOR_CMSPI_SFDP_H

#include "cmspi_chip.h"

/** bytes that the SFDP header and its first parameter headers take */
#define CMSPI_SFDP_FIRST_BYTES	256

enum cmspi_sfdp_result {
	CMSPI_SFDP_OK,
	/** no "SFDP" signature */
	CMSPI_SFDP_ABSENT,
	/** signature there, contents make no sense: @a why says it */
	CMSPI_SFDP_BAD,
	/** a table lies beyond the bytes given: read @a need_bytes from 0 */
	CMSPI_SFDP_MORE,
};

/** What cmspi_sfdp_decode() found besides the chip's facts. */
struct cmspi_sfdp_report {
	/** CMSPI_SFDP_MORE: read that many bytes from address 0 and call again */
	uint32_t need_bytes;
	/** one sentence for CMSPI_SFDP_BAD, "" otherwise */
	char why[96];
};

/**
 * Decode header, basic table and 4-byte address table.
 * @param data SFDP space from address 0
 * @param data_bytes how much of it is there
 * @param chip facts are written only for CMSPI_SFDP_OK
 */
enum cmspi_sfdp_result cmspi_sfdp_decode(const uint8_t *data, uint32_t data_bytes,
	struct cmspi_chip *chip, struct cmspi_sfdp_report *report);

#endif /* OPENOCD_FLASH_NOR_CMSPI_SFDP_H */
