/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * JESD216 decode. Pure: bytes in, facts out; the caller reads the chip.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_SFDP_H
#define OPENOCD_FLASH_NOR_CMSPI_SFDP_H

#include "cmspi_sfdp_map.h"

/** bytes that the SFDP header and its first parameter headers take */
#define CMSPI_SFDP_FIRST_BYTES	256
/** Tables have been seen at up to 1220h (S25FS-S); one that claims to lie further out
 * would take long to read, and is not looked for */
#define CMSPI_SFDP_MAX_BYTES	0x2000

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
	/** one sentence for CMSPI_SFDP_BAD, or for CMSPI_SFDP_OK with a sector map that
	 * cannot be used; "" otherwise */
	char why[96];
	/** CMSPI_SFDP_OK: ask these, then decode again with the answers, because erase
	 * types depend on them */
	struct cmspi_map_query queries[CMSPI_MAP_QUERIES];
	unsigned int num_queries;
};

/**
 * Decode header, basic table, 4-byte address table and sector map.
 * @param data SFDP space from address 0
 * @param data_bytes how much of it is there
 * @param chip facts are written only for CMSPI_SFDP_OK
 */
enum cmspi_sfdp_result cmspi_sfdp_decode(const uint8_t *data, uint32_t data_bytes,
	struct cmspi_chip *chip, struct cmspi_sfdp_report *report);

/** The same with answers to report->queries, the first in the highest bit. */
enum cmspi_sfdp_result cmspi_sfdp_decode_configured(const uint8_t *data,
	uint32_t data_bytes, int config, struct cmspi_chip *chip,
	struct cmspi_sfdp_report *report);

#endif /* OPENOCD_FLASH_NOR_CMSPI_SFDP_H */
