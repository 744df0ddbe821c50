/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The sectors of a chip: all alike on most parts, on others small ones at an end
 * (Spansion's parameter sectors), or of sizes that depend on the place. A sector is
 * what the smallest erase type that works there clears. Pure: no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_MAP_H
#define OPENOCD_FLASH_NOR_CMSPI_MAP_H

#include "cmspi_chip.h"

/** Bytes of the chip in a row. */
struct cmspi_span {
	uint32_t addr;
	uint32_t count;
	/** what a result is computed for, where the span is read for results */
	uint32_t grain_bytes;
};

/** Sectors of one size in a row. */
struct cmspi_map_row {
	uint32_t addr;
	uint32_t size_bytes;
	uint32_t sector_bytes;
	/** number of its first sector */
	unsigned int first;
	/** as struct cmspi_region.types; 0: nothing erases it */
	uint8_t types;
};

struct cmspi_map {
	struct cmspi_map_row rows[CMSPI_REGIONS];
	unsigned int num_rows;
	unsigned int num_sectors;
};

/** What @a type, one of the chip's, clears at once in a region, 0: it cannot be used there. Where a
 * region is smaller than the erase type and lies inside one of its blocks, the part
 * clears the region alone (S25FS-S: 64 KiB of which 32 are parameter sectors). */
uint32_t cmspi_map_erase_bytes(const struct cmspi_chip *chip, const struct cmspi_map_row *row,
	const struct cmspi_erase_type *type);

/** The map of a chip of known size. What no erase type clears is one sector. */
void cmspi_map_make(const struct cmspi_chip *chip, struct cmspi_map *map);

/** Can each sector be erased? */
bool cmspi_map_erasable(const struct cmspi_map *map);

/** Does each row consist of whole sectors? A size that somebody made up does not. */
bool cmspi_map_is_whole(const struct cmspi_map *map);

/** The sector of this number, grain_bytes is its size. */
struct cmspi_span cmspi_map_sector(const struct cmspi_map *map, unsigned int sector);

/** Number of the sector that an address below the chip's end lies in. */
unsigned int cmspi_map_find(const struct cmspi_map *map, uint32_t addr);

/** Bytes of @a count sectors from @a first on. */
uint32_t cmspi_map_bytes(const struct cmspi_map *map, unsigned int first, unsigned int count);

/** Smallest and largest sector. */
uint32_t cmspi_map_min_bytes(const struct cmspi_map *map);
uint32_t cmspi_map_max_bytes(const struct cmspi_map *map);

/**
 * Spans that cover @a count sectors from @a first on, one result for each sector.
 * @param spans CMSPI_REGIONS of them
 * @returns their number
 */
unsigned int cmspi_map_spans(const struct cmspi_map *map, unsigned int first,
	unsigned int count, struct cmspi_span *spans);

#endif /* OPENOCD_FLASH_NOR_CMSPI_MAP_H */
