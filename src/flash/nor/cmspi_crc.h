/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * CRC-32 as of OpenOCD's image_calculate_checksum() and GDB's qCRC: 04C11DB7h, most
 * significant bit first, begins with FFFFFFFFh. Pure: no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_CRC_H
#define OPENOCD_FLASH_NOR_CMSPI_CRC_H

#include <stdint.h>

/** What the CRC of no bytes is. */
#define CMSPI_CRC_OF_NOTHING	0xffffffff

/** Word @a i of the table that takes a byte at a time. */
uint32_t cmspi_crc_table_word(uint8_t i);

/**
 * The CRC of one piece of memory behind another.
 * @param first CRC of the first
 * @param second CRC of the second, of @a second_bytes
 */
uint32_t cmspi_crc_join(uint32_t first, uint32_t second, uint32_t second_bytes);

#endif /* OPENOCD_FLASH_NOR_CMSPI_CRC_H */
