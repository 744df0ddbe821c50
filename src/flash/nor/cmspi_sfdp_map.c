// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The sector map parameter table: first the commands that find out how the part is
 * configured, then a map for each configuration (JESD216F, "Sector Map Parameter
 * Table"). Every word may be a lie. Pure: no I/O, no OpenOCD header.
 */

#include "cmspi_sfdp_map.h"

// Both kinds of descriptors, bits 1:0
#define CMSPI_MAP_LAST		0x01
#define CMSPI_MAP_IS_MAP	0x02

// "Variable": what the part is set to, and that is 8 as delivered (S25FS-S, 65h
// "Read Any Register")
#define CMSPI_MAP_VARIABLE_CLOCKS	15
#define CMSPI_MAP_DEFAULT_CLOCKS	8

static uint32_t cmspi_map_dword(const uint8_t *data, unsigned int index)
{
	const uint8_t *bytes = &data[4 * index];

	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/** A configuration detection command descriptor, two DWORDs. */
static struct cmspi_map_query cmspi_map_query(const uint8_t *data, unsigned int index,
	const struct cmspi_chip *chip)
{
	const uint32_t word = cmspi_map_dword(data, index);
	const uint8_t addr_bytes[] = { 0, 3, 4, chip->addr_bytes };
	const unsigned int clocks = word >> 16 & 15;

	return (struct cmspi_map_query) {
		.op = {
			.opcode = word >> 8,
			.addr_bytes = addr_bytes[word >> 22 & 3],
			.dummy_clocks = clocks == CMSPI_MAP_VARIABLE_CLOCKS ?
				CMSPI_MAP_DEFAULT_CLOCKS : clocks,
			.cmd_lines = 1,
			.addr_lines = 1,
			.data_lines = 1,
			.max_khz = CMSPI_SLOW_KHZ,
		},
		.addr = cmspi_map_dword(data, index + 1),
		.mask = word >> 24,
	};
}

int cmspi_sfdp_map_queries(const uint8_t *data, unsigned int dwords,
	const struct cmspi_chip *chip, struct cmspi_map_query *queries)
{
	unsigned int count = 0;

	for (unsigned int at = 0; at < dwords; at += 2) {
		if (cmspi_map_dword(data, at) & CMSPI_MAP_IS_MAP)
			return count;
		if (at + 2 > dwords || count == CMSPI_MAP_QUERIES)
			return -1;
		queries[count++] = cmspi_map_query(data, at, chip);
		// nothing may be sent that could be another command than a read
		if (!queries[count - 1].op.opcode || queries[count - 1].op.opcode == 0xff)
			return -1;
	}
	// no map at all
	return -1;
}

/** Rows of the chip's erase types for one region: those that are there, and no two
 * sizes of one opcode. */
static uint8_t cmspi_map_region_types(const struct cmspi_chip *chip, const uint8_t *numbers,
	uint32_t word)
{
	uint8_t types = 0;
	uint8_t twice = 0;

	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		if (!chip->erase[i].size_bytes || !(word >> numbers[i] & 1))
			continue;
		for (unsigned int j = 0; j < i; j++)
			if (types >> j & 1 && chip->erase[j].opcode == chip->erase[i].opcode)
				twice |= 1u << i | 1u << j;
		types |= 1u << i;
	}
	return types & ~twice;
}

/** The regions of one map, which together are the chip. */
static bool cmspi_map_take_regions(const uint8_t *data, unsigned int count,
	const uint8_t *numbers, struct cmspi_chip *chip)
{
	struct cmspi_region regions[CMSPI_REGIONS];
	uint64_t sum_bytes = 0;

	if (count > CMSPI_REGIONS)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		const uint32_t word = cmspi_map_dword(data, i);
		// bits 31:8 in 256 bytes, less one
		const uint64_t bytes = ((uint64_t)(word >> 8) + 1) * 256;

		sum_bytes += bytes;
		if (sum_bytes > chip->size_bytes)
			return false;
		regions[i] = (struct cmspi_region) {
			bytes, cmspi_map_region_types(chip, numbers, word)
		};
		if (!regions[i].types)
			return false;
	}
	if (sum_bytes != chip->size_bytes)
		return false;
	for (unsigned int i = 0; i < count; i++)
		chip->regions[i] = regions[i];
	chip->num_regions = count;
	return true;
}

bool cmspi_sfdp_map_take(const uint8_t *data, unsigned int dwords, int config,
	const uint8_t *numbers, struct cmspi_chip *chip)
{
	unsigned int at = 0;

	while (at < dwords && !(cmspi_map_dword(data, at) & CMSPI_MAP_IS_MAP))
		at += 2;
	while (at < dwords) {
		const uint32_t word = cmspi_map_dword(data, at++);
		const unsigned int count = (word >> 16 & 0xff) + 1;

		if (count > dwords - at)
			return false;
		if (config == CMSPI_MAP_NO_CONFIG || (int)(word >> 8 & 0xff) == config)
			return cmspi_map_take_regions(&data[4 * at], count, numbers, chip);
		if (word & CMSPI_MAP_LAST)
			return false;
		at += count;
	}
	return false;
}
