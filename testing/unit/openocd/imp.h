/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The little of OpenOCD that a file of the stub executor needs to be tested without.
 */

#ifndef CMSPI_TEST_OPENOCD_IMP_H
#define CMSPI_TEST_OPENOCD_IMP_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MIN(a, b)		((a) < (b) ? (a) : (b))
#define MAX(a, b)		((a) > (b) ? (a) : (b))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))

static inline void h_u32_to_le(uint8_t *bytes, uint32_t word)
{
	for (unsigned int i = 0; i < 4; i++)
		bytes[i] = word >> 8 * i;
}

static inline uint32_t le_to_h_u32(const uint8_t *bytes)
{
	return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

#endif /* CMSPI_TEST_OPENOCD_IMP_H */
