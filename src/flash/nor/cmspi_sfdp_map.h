/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * JESD216's sector map parameter table (FF81h), for parts whose erase types do not
 * work everywhere. Pure: bytes in, facts out.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_SFDP_MAP_H
#define OPENOCD_FLASH_NOR_CMSPI_SFDP_MAP_H

#include "cmspi_chip.h"

#define CMSPI_MAP_QUERIES	8
/** No configuration is known, or none is asked for. */
#define CMSPI_MAP_NO_CONFIG	(-1)
/** Most bytes that a query reads. */
#define CMSPI_MAP_QUERY_BYTES	64

/** Reads one bit of how a part is configured. */
struct cmspi_map_query {
	struct cmspi_op op;
	uint32_t addr;
	/** bytes in front of the one that counts, below CMSPI_MAP_QUERY_BYTES */
	uint8_t skip_bytes;
	/** is any of these bits set? */
	uint8_t mask;
};

/**
 * What is to be read before a map can be chosen.
 * @param data the table, @a dwords of it
 * @param queries CMSPI_MAP_QUERIES of them. Bit n of a configuration is the answer
 *	to the last query but n
 * @returns their number, negative: the table makes no sense
 */
int cmspi_sfdp_map_queries(const uint8_t *data, unsigned int dwords,
	const struct cmspi_chip *chip, struct cmspi_map_query *queries);

/**
 * Take the regions of a configuration.
 * @param config answers to the queries, CMSPI_MAP_NO_CONFIG where there are none
 * @param numbers SFDP's number, from 0, of each row of the chip's erase types
 * @param chip size and erase types are known; regions are written on success only
 * @returns false: there is no such map, or it makes no sense
 */
bool cmspi_sfdp_map_take(const uint8_t *data, unsigned int dwords, int config,
	const uint8_t *numbers, struct cmspi_chip *chip);

#endif /* OPENOCD_FLASH_NOR_CMSPI_SFDP_MAP_H */
