/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What each SFDP dump of testing/simboard/data/sfdp says. The numbers come from
 * the "sfdp" entries of the collection chips.json that the dumps came with, made
 * by a decoder of its own; for dumps that have no entry there, from a third one
 * that agrees with it on all the others. Nothing here was made by cmspi_sfdp.c.
 */

#ifndef CMSPI_TEST_SFDP_FACTS_H
#define CMSPI_TEST_SFDP_FACTS_H

#include "cmspi_chip.h"

struct sfdp_fact {
	const char *dump;
	uint32_t size_bytes;
	/** 3, 4, or 34 for both: BFPT DWORD 1 */
	unsigned int addr_bytes;
	enum cmspi_addressing addressing;
	/** smallest first; opcode_4byte only where the part lists it */
	struct cmspi_erase_type erase[CMSPI_ERASE_TYPES];
	/** lines as a number (114 is 1-1-4), opcode, mode clocks, wait clocks */
	struct {
		unsigned int lines;
		uint8_t opcode;
		uint8_t mode_clocks;
		uint8_t wait_clocks;
	} reads[6];
	/** all below: 0 where the table is too old, or too short, to tell */
	uint32_t page_bytes;
	uint32_t page_typ_us;
	uint32_t page_max_us;
	uint32_t chip_erase_typ_ms;
	uint32_t chip_erase_max_ms;
	enum cmspi_qer qer;
	uint8_t dpd_exit_opcode;
	uint32_t dpd_exit_delay_us;
	uint8_t poll_opcode;
	uint8_t soft_reset;
	uint8_t enter_4byte;
	uint16_t exit_4byte;
	uint8_t program_4byte;
	uint8_t program_quad_4byte;
};

static const struct sfdp_fact sfdp_facts[] = {
	{
		"AT25QL128A", 16777216, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 64, 512 },
			{ 32768, 0x52, 0, 208, 1664 },
			{ 65536, 0xd8, 0, 352, 2816 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 4, 0 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 2 },
		},
		.page_bytes = 256, .page_typ_us = 640, .page_max_us = 6400,
		.chip_erase_typ_ms = 60000, .chip_erase_max_ms = 480000,
		.qer = CMSPI_QER_SR2_BIT1_WRITE2,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x10,
	},
	{
		"BY25Q128AS", 16777216, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	{
		"GD25LB512ME", 67108864, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 30, 360 },
			{ 32768, 0x52, 0x5c, 112, 1344 },
			{ 65536, 0xd8, 0xdc, 208, 2496 },
		},
		{
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 184, .page_max_us = 1472,
		.chip_erase_typ_ms = 100000, .chip_erase_max_ms = 1200000,
		.qer = CMSPI_QER_UNKNOWN,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x01, .exit_4byte = 0x001,
		.program_4byte = 0x12, .program_quad_4byte = 0x34,
	},
	{
		"GD25Q32C", 4194304, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	{
		"IS25LP02G", 268435456, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 112, 672 },
			{ 32768, 0x52, 0x5c, 144, 864 },
			{ 65536, 0xd8, 0xdc, 176, 1056 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 4, 0 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 320, .page_max_us = 1920,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 1152000,
		.qer = CMSPI_QER_SR1_BIT6,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x30,
		.enter_4byte = 0xa9, .exit_4byte = 0x3e8,
		.program_4byte = 0x12, .program_quad_4byte = 0x34,
	},
	/* dump ends inside DWORD 11; 1-4-4 by 3Bh, the opcode of 1-1-2, is not believed */
	{
		"IS25WP064", 8388608, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 4, 0 },
			{ 114, 0x6b, 0, 8 },
			{ 444, 0xeb, 2, 4 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	{
		"MT25QL256ABA", 33554432, 34, CMSPI_ADDR_4_MODE,
		{
			{ 4096, 0x20, 0, 48, 480 },
			{ 32768, 0x52, 0, 112, 1120 },
			{ 65536, 0xd8, 0, 160, 1600 },
		},
		{
			{ 112, 0x3b, 1, 7 },
			{ 122, 0xbb, 1, 7 },
			{ 114, 0x6b, 1, 7 },
			{ 144, 0xeb, 1, 9 },
			{ 222, 0xbb, 1, 7 },
			{ 444, 0xeb, 1, 9 },
		},
		.page_bytes = 256, .page_typ_us = 120, .page_max_us = 2880,
		.chip_erase_typ_ms = 84000, .chip_erase_max_ms = 840000,
		.qer = CMSPI_QER_NONE,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x70, .soft_reset = 0x3d,
		.enter_4byte = 0x36, .exit_4byte = 0x0f6,
	},
	{
		"MT25QU256ABA", 33554432, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 48, 480 },
			{ 32768, 0x52, 0, 112, 1120 },
			{ 65536, 0xd8, 0xdc, 160, 1600 },
		},
		{
			{ 112, 0x3b, 1, 7 },
			{ 122, 0xbb, 1, 7 },
			{ 114, 0x6b, 1, 7 },
			{ 144, 0xeb, 1, 9 },
			{ 222, 0xbb, 1, 7 },
			{ 444, 0xeb, 1, 9 },
		},
		.page_bytes = 256, .page_typ_us = 120, .page_max_us = 2880,
		.chip_erase_typ_ms = 84000, .chip_erase_max_ms = 840000,
		.qer = CMSPI_QER_NONE,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x70, .soft_reset = 0x3d,
		.enter_4byte = 0x36, .exit_4byte = 0x0f6,
		.program_4byte = 0x12, .program_quad_4byte = 0x34,
	},
	{
		"MT35XU01G", 134217728, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 48, 480 },
			{ 32768, 0x52, 0x5c, 112, 1120 },
			{ 131072, 0xd8, 0xdc, 192, 1920 },
		},
		.page_bytes = 256, .page_typ_us = 120, .page_max_us = 2880,
		.chip_erase_typ_ms = 128000, .chip_erase_max_ms = 1280000,
		.qer = CMSPI_QER_UNKNOWN,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x70, .soft_reset = 0x30,
		.enter_4byte = 0x36, .exit_4byte = 0x0e2,
		.program_4byte = 0x12,
	},
	/* DWORD 16 claims every way to four bytes, DWORD 1 denies it */
	{
		"MX25L12845G", 16777216, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 25, 150 },
			{ 32768, 0x52, 0, 144, 864 },
			{ 65536, 0xd8, 0, 256, 1536 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 384, .page_max_us = 1536,
		.chip_erase_typ_ms = 28000, .chip_erase_max_ms = 168000,
		.qer = CMSPI_QER_SR1_BIT6,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
	},
	{
		"MX25L25635F", 33554432, 34, CMSPI_ADDR_4_MODE,
		{
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	{
		"MX25L25645G", 33554432, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 30, 420 },
			{ 32768, 0x52, 0x5c, 192, 2688 },
			{ 65536, 0xd8, 0xdc, 384, 5376 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 256, .page_max_us = 1536,
		.chip_erase_typ_ms = 112000, .chip_erase_max_ms = 1568000,
		.qer = CMSPI_QER_SR1_BIT6,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x85, .exit_4byte = 0x3e5,
		.program_4byte = 0x12, .program_quad_4byte = 0x3e,
	},
	{
		"MX25L3233F", 4194304, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	{
		"MX25L3255E", 4194304, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	/* DWORD 16 claims every way to four bytes, DWORD 1 denies it */
	{
		"MX25R6435F", 8388608, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 48, 384 },
			{ 32768, 0x52, 0, 240, 1920 },
			{ 65536, 0xd8, 0, 480, 3840 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 896, .page_max_us = 5376,
		.chip_erase_typ_ms = 52000, .chip_erase_max_ms = 416000,
		.qer = CMSPI_QER_SR1_BIT6,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 40,
		.poll_opcode = 0x05, .soft_reset = 0x10,
	},
	{
		"MX25U25645G-bfpt", 33554432, 34, CMSPI_ADDR_4_MODE,
		{
			{ 4096, 0x20, 0, 48, 576 },
			{ 32768, 0x52, 0, 176, 2112 },
			{ 65536, 0xd8, 0, 384, 4608 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 384, .page_max_us = 3840,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 2304000,
		.qer = CMSPI_QER_SR1_BIT6,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x85, .exit_4byte = 0x3e5,
	},
	{
		"MX25U51245G", 67108864, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 25, 400 },
			{ 32768, 0x52, 0x5c, 160, 2560 },
			{ 65536, 0xd8, 0xdc, 224, 3584 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 256, .page_max_us = 1536,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 3072000,
		.qer = CMSPI_QER_SR1_BIT6,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x85, .exit_4byte = 0x3e5,
		.program_4byte = 0x12, .program_quad_4byte = 0x3e,
	},
	{
		"MX25UM25345G", 33554432, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 25, 400 },
			{ 65536, 0xd8, 0xdc, 224, 3584 },
		},
		.page_bytes = 256, .page_typ_us = 152, .page_max_us = 912,
		.chip_erase_typ_ms = 76000, .chip_erase_max_ms = 1216000,
		.qer = CMSPI_QER_NONE,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x20, .exit_4byte = 0x000,
		.program_4byte = 0x12,
	},
	{
		"MX25UW51245G", 67108864, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 25, 600 },
			{ 65536, 0xd8, 0xdc, 256, 6144 },
		},
		.page_bytes = 256, .page_typ_us = 152, .page_max_us = 4864,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 4608000,
		.qer = CMSPI_QER_NONE,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x20, .exit_4byte = 0x000,
		.program_4byte = 0x12,
	},
	{
		"MX66L2G45G", 268435456, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 25, 400 },
			{ 32768, 0x52, 0x5c, 160, 2560 },
			{ 65536, 0xd8, 0xdc, 256, 4096 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 152, .page_max_us = 1520,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 3072000,
		.qer = CMSPI_QER_SR1_BIT6,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x85, .exit_4byte = 0x3e5,
		.program_4byte = 0x12, .program_quad_4byte = 0x3e,
	},
	{
		"MX66U2G45G", 268435456, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 25, 500 },
			{ 32768, 0x52, 0x5c, 160, 3200 },
			{ 65536, 0xd8, 0xdc, 256, 5120 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 0, 4 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 152, .page_max_us = 4256,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 3840000,
		.qer = CMSPI_QER_SR1_BIT6,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x10,
		.enter_4byte = 0x85, .exit_4byte = 0x3e5,
		.program_4byte = 0x12, .program_quad_4byte = 0x3e,
	},
	{
		"P25Q16H-bfpt", 2097152, 3, CMSPI_ADDR_3,
		{
			{ 256, 0x81, 0, 0, 0 },
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 4, 0 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	/* D8h has three sizes here: its sector map tells which is where */
	{
		"SST26VF064B", 8388608, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 19, 38 },
			{ 8192, 0xd8, 0, 19, 38 },
			{ 32768, 0xd8, 0, 19, 38 },
			{ 65536, 0xd8, 0, 19, 38 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 4, 0 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0x0b, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 1024, .page_max_us = 2048,
		.chip_erase_typ_ms = 32, .chip_erase_max_ms = 64,
		.qer = CMSPI_QER_SR2_BIT1_35_01,
		.poll_opcode = 0x05, .soft_reset = 0x30,
	},
	{
		"W25Q01NW-IM", 134217728, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 64, 896 },
			{ 32768, 0x52, 0, 176, 2464 },
			{ 65536, 0xd8, 0xdc, 224, 3136 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 0 },
		},
		.page_bytes = 256, .page_typ_us = 704, .page_max_us = 4224,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 2688000,
		.qer = CMSPI_QER_SR2_BIT1_35_01,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x30,
		.enter_4byte = 0xa5, .exit_4byte = 0x3e5,
		.program_4byte = 0x12, .program_quad_4byte = 0x34,
	},
	{
		"W25Q02JV-M", 268435456, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 64, 896 },
			{ 32768, 0x52, 0, 128, 1792 },
			{ 65536, 0xd8, 0xdc, 160, 2240 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 0 },
		},
		.page_bytes = 256, .page_typ_us = 704, .page_max_us = 4224,
		.chip_erase_typ_ms = 192000, .chip_erase_max_ms = 2688000,
		.qer = CMSPI_QER_SR2_BIT1_WRITE1_KEEPS,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x30,
		.enter_4byte = 0xa5, .exit_4byte = 0x3e5,
		.program_4byte = 0x12, .program_quad_4byte = 0x34,
	},
	{
		"W25Q128JV-Q", 16777216, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 64, 896 },
			{ 32768, 0x52, 0, 128, 1792 },
			{ 65536, 0xd8, 0, 160, 2240 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 0 },
		},
		.page_bytes = 256, .page_typ_us = 704, .page_max_us = 4224,
		.chip_erase_typ_ms = 40000, .chip_erase_max_ms = 560000,
		.qer = CMSPI_QER_SR2_BIT1_WRITE1_KEEPS,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x30,
	},
	{
		"W25Q16JV-Q", 2097152, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 64, 896 },
			{ 32768, 0x52, 0, 128, 1792 },
			{ 65536, 0xd8, 0, 160, 2240 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 0 },
		},
		.page_bytes = 256, .page_typ_us = 704, .page_max_us = 4224,
		.chip_erase_typ_ms = 5120, .chip_erase_max_ms = 71680,
		.qer = CMSPI_QER_SR2_BIT1_WRITE1_KEEPS,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x30,
	},
	{
		"W25Q256FV", 33554432, 34, CMSPI_ADDR_4_MODE,
		{
			{ 4096, 0x20, 0, 0, 0 },
			{ 32768, 0x52, 0, 0, 0 },
			{ 65536, 0xd8, 0, 0, 0 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 1, 1 },
		},
		.qer = CMSPI_QER_UNKNOWN, .poll_opcode = 0x05,
	},
	/* no 4BAIT, but DWORD 16 lists four-byte opcodes */
	{
		"W25Q256JV-Q", 33554432, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 64, 896 },
			{ 32768, 0x52, 0, 128, 1792 },
			{ 65536, 0xd8, 0xdc, 160, 2240 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 0 },
		},
		.page_bytes = 256, .page_typ_us = 704, .page_max_us = 4224,
		.chip_erase_typ_ms = 80000, .chip_erase_max_ms = 1120000,
		.qer = CMSPI_QER_SR2_BIT1_WRITE1_KEEPS,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x30,
		.enter_4byte = 0xa5, .exit_4byte = 0x3e5,
		.program_4byte = 0x12,
	},
	{
		"W25Q512NW-IQ", 67108864, 34, CMSPI_ADDR_4_OPCODES,
		{
			{ 4096, 0x20, 0x21, 64, 512 },
			{ 32768, 0x52, 0, 128, 1024 },
			{ 65536, 0xd8, 0xdc, 160, 1280 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 0 },
		},
		.page_bytes = 256, .page_typ_us = 512, .page_max_us = 2048,
		.chip_erase_typ_ms = 104000, .chip_erase_max_ms = 832000,
		.qer = CMSPI_QER_SR2_BIT1_35_01,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 30,
		.poll_opcode = 0x05, .soft_reset = 0x30,
		.enter_4byte = 0xa5, .exit_4byte = 0x3e5,
		.program_4byte = 0x12, .program_quad_4byte = 0x34,
	},
	{
		"W25Q64JV-Q", 8388608, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 64, 896 },
			{ 32768, 0x52, 0, 128, 1792 },
			{ 65536, 0xd8, 0, 160, 2240 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
			{ 444, 0xeb, 2, 0 },
		},
		.page_bytes = 256, .page_typ_us = 704, .page_max_us = 4224,
		.chip_erase_typ_ms = 20000, .chip_erase_max_ms = 280000,
		.qer = CMSPI_QER_SR2_BIT1_WRITE1_KEEPS,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x30,
	},
	{
		"W25Q80BL", 1048576, 3, CMSPI_ADDR_3,
		{
			{ 4096, 0x20, 0, 48, 384 },
			{ 32768, 0x52, 0, 128, 1024 },
			{ 65536, 0xd8, 0, 160, 1280 },
		},
		{
			{ 112, 0x3b, 0, 8 },
			{ 122, 0xbb, 2, 2 },
			{ 114, 0x6b, 0, 8 },
			{ 144, 0xeb, 2, 4 },
		},
		.page_bytes = 256, .page_typ_us = 832, .page_max_us = 3328,
		.chip_erase_typ_ms = 2048, .chip_erase_max_ms = 16384,
		.qer = CMSPI_QER_SR2_BIT1_WRITE2,
		.dpd_exit_opcode = 0xab, .dpd_exit_delay_us = 3,
		.poll_opcode = 0x05, .soft_reset = 0x30,
	},
};

#endif /* CMSPI_TEST_SFDP_FACTS_H */
