// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Where the sectors of a chip are. Pure: see cmspi_map.h.
 */

#include "cmspi_map.h"

uint32_t cmspi_map_erase_bytes(const struct cmspi_chip *chip, const struct cmspi_map_row *row,
	const struct cmspi_erase_type *type)
{
	const uint32_t size_bytes = type->size_bytes;

	if (!cmspi_chip_erase_usable(chip, type))
		return 0;
	if (!chip->num_regions)
		return size_bytes;
	if (!(row->types >> (type - chip->erase) & 1))
		return 0;
	if (row->addr % size_bytes == 0 && row->size_bytes % size_bytes == 0)
		return size_bytes;
	return row->addr % size_bytes + (uint64_t)row->size_bytes <= size_bytes ?
		row->size_bytes : 0;
}

/** One row, its sector as small as an erase type makes it. */
static void cmspi_map_add(struct cmspi_map *map, const struct cmspi_chip *chip, uint32_t addr,
	uint32_t size_bytes, uint8_t types)
{
	struct cmspi_map_row *row = &map->rows[map->num_rows++];
	uint32_t sector_bytes = 0;

	*row = (struct cmspi_map_row) {
		.addr = addr, .size_bytes = size_bytes, .first = map->num_sectors, .types = types,
	};
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		const uint32_t bytes = cmspi_map_erase_bytes(chip, row, &chip->erase[i]);

		if (bytes && (!sector_bytes || bytes < sector_bytes))
			sector_bytes = bytes;
	}
	if (!sector_bytes)
		row->types = 0;
	row->sector_bytes = sector_bytes ? sector_bytes : size_bytes;
	map->num_sectors += size_bytes / row->sector_bytes;
}

void cmspi_map_make(const struct cmspi_chip *chip, struct cmspi_map *map)
{
	uint32_t addr = 0;

	*map = (struct cmspi_map) { 0 };
	if (!chip->num_regions) {
		cmspi_map_add(map, chip, 0, chip->size_bytes, UINT8_MAX);
		return;
	}
	for (unsigned int i = 0; i < chip->num_regions && addr < chip->size_bytes; i++) {
		const uint32_t left = chip->size_bytes - addr;
		uint32_t bytes = chip->regions[i].size_bytes;

		// the user's size is another one: the last region reaches to its end
		if (bytes > left || i + 1 == chip->num_regions)
			bytes = left;
		cmspi_map_add(map, chip, addr, bytes, chip->regions[i].types);
		addr += bytes;
	}
}

bool cmspi_map_erasable(const struct cmspi_map *map)
{
	for (unsigned int i = 0; i < map->num_rows; i++)
		if (!map->rows[i].types)
			return false;
	return true;
}

bool cmspi_map_is_whole(const struct cmspi_map *map)
{
	for (unsigned int i = 0; i < map->num_rows; i++)
		if (map->rows[i].size_bytes % map->rows[i].sector_bytes)
			return false;
	return map->num_sectors;
}

struct cmspi_span cmspi_map_sector(const struct cmspi_map *map, unsigned int sector)
{
	const struct cmspi_map_row *row = &map->rows[map->num_rows - 1];

	while (row->first > sector)
		row--;
	return (struct cmspi_span) {
		row->addr + (sector - row->first) * row->sector_bytes, row->sector_bytes,
		row->sector_bytes,
	};
}

unsigned int cmspi_map_find(const struct cmspi_map *map, uint32_t addr)
{
	const struct cmspi_map_row *row = &map->rows[map->num_rows - 1];

	while (row->addr > addr)
		row--;
	return row->first + (addr - row->addr) / row->sector_bytes;
}

uint32_t cmspi_map_bytes(const struct cmspi_map *map, unsigned int first, unsigned int count)
{
	struct cmspi_span spans[CMSPI_REGIONS];
	const unsigned int num_spans = cmspi_map_spans(map, first, count, spans);
	uint32_t bytes = 0;

	for (unsigned int i = 0; i < num_spans; i++)
		bytes += spans[i].count;
	return bytes;
}

uint32_t cmspi_map_min_bytes(const struct cmspi_map *map)
{
	uint32_t bytes = map->rows[0].sector_bytes;

	for (unsigned int i = 1; i < map->num_rows; i++)
		if (map->rows[i].sector_bytes < bytes)
			bytes = map->rows[i].sector_bytes;
	return bytes;
}

uint32_t cmspi_map_max_bytes(const struct cmspi_map *map)
{
	uint32_t bytes = map->rows[0].sector_bytes;

	for (unsigned int i = 1; i < map->num_rows; i++)
		if (map->rows[i].sector_bytes > bytes)
			bytes = map->rows[i].sector_bytes;
	return bytes;
}

unsigned int cmspi_map_spans(const struct cmspi_map *map, unsigned int first,
	unsigned int count, struct cmspi_span *spans)
{
	const unsigned int end = first + count;
	unsigned int num = 0;

	for (unsigned int i = 0; i < map->num_rows; i++) {
		const struct cmspi_map_row *row = &map->rows[i];
		const unsigned int row_end = i + 1 < map->num_rows ? row[1].first : map->num_sectors;
		const unsigned int from = first > row->first ? first : row->first;
		const unsigned int to = end < row_end ? end : row_end;

		if (from < to)
			spans[num++] = (struct cmspi_span) {
				row->addr + (from - row->first) * row->sector_bytes,
				(to - from) * row->sector_bytes, row->sector_bytes,
			};
	}
	return num;
}
