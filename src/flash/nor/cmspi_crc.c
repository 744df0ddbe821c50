// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * CRC-32: its table, and joining two. A CRC is linear: what the second piece makes of
 * another start than FFFFFFFFh differs by the difference of the starts, shifted on by
 * its bits, that is, multiplied by x to their number modulo the polynomial. Pure: no
 * OpenOCD header.
 */

#include "cmspi_crc.h"

#define CMSPI_CRC_POLYNOMIAL	0x04c11db7
// x to the 8th
#define CMSPI_CRC_ONE_BYTE	0x00000100

/** Product of two polynomials of degree below 32, modulo the CRC's. */
static uint32_t cmspi_crc_multiply(uint32_t a, uint32_t b)
{
	uint32_t product = 0;

	for (unsigned int bit = 32; bit--; ) {
		product = product << 1 ^ (product >> 31 ? CMSPI_CRC_POLYNOMIAL : 0);
		if (b >> bit & 1)
			product ^= a;
	}
	return product;
}

uint32_t cmspi_crc_table_word(uint8_t i)
{
	uint32_t crc = (uint32_t)i << 24;

	for (unsigned int bit = 0; bit < 8; bit++)
		crc = crc << 1 ^ (crc >> 31 ? CMSPI_CRC_POLYNOMIAL : 0);
	return crc;
}

uint32_t cmspi_crc_join(uint32_t first, uint32_t second, uint32_t second_bytes)
{
	uint32_t difference = first ^ CMSPI_CRC_OF_NOTHING;
	uint32_t factor = CMSPI_CRC_ONE_BYTE;

	for (uint32_t bytes = second_bytes; bytes; bytes >>= 1) {
		if (bytes & 1)
			difference = cmspi_crc_multiply(difference, factor);
		factor = cmspi_crc_multiply(factor, factor);
	}
	return second ^ difference;
}
