/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The memory protection unit, PMSAv7 (ARMv7-M ARM DDI0403E, B3.5) and its
 * ARMv6-M form. It stops what the core does, never the debug port. Of the
 * attributes only access permission and execute-never have an effect.
 */

#include <string.h>

#include "core.h"

#define REGIONS 8
#define CTRL_ENABLE 1u
#define CTRL_HFNMIENA 2u
#define CTRL_PRIVDEFENA 4u
#define RBAR_VALID (1u << 4)
#define RASR_ENABLE 1u
#define RASR_XN (1u << 28)

enum offset { MPU_TYPE = 0x0, MPU_CTRL = 0x4, MPU_RNR = 0x8, MPU_RBAR = 0xC, MPU_RASR = 0x10 };

static struct {
	bool present;
	uint32_t ctrl;
	uint32_t number;
	uint32_t rbar[REGIONS];
	uint32_t rasr[REGIONS];
} mpu;

void mpu_create(bool present)
{
	mpu.present = present;
}

void mpu_reset(void)
{
	mpu.ctrl = 0;
	mpu.number = 0;
	memset(mpu.rasr, 0, sizeof(mpu.rasr));
}

bool mpu_is_on(void)
{
	return mpu.ctrl & CTRL_ENABLE;
}

uint32_t mpu_read(uint32_t offset)
{
	if (!mpu.present)
		return 0;
	switch (offset) {
	case MPU_TYPE:
		return REGIONS << 8;
	case MPU_CTRL:
		return mpu.ctrl;
	case MPU_RNR:
		return mpu.number;
	case MPU_RBAR:
		return mpu.rbar[mpu.number] | mpu.number;
	case MPU_RASR:
		return mpu.rasr[mpu.number];
	default:
		return 0;
	}
}

void mpu_write(uint32_t offset, uint32_t value)
{
	if (!mpu.present)
		return;
	switch (offset) {
	case MPU_CTRL:
		mpu.ctrl = value & 7;
		break;
	case MPU_RNR:
		mpu.number = value % REGIONS;
		break;
	case MPU_RBAR:
		if (value & RBAR_VALID)
			mpu.number = value % REGIONS;
		mpu.rbar[mpu.number] = value & ~0x1Fu;
		break;
	case MPU_RASR:
		mpu.rasr[mpu.number] = value;
		break;
	}
}

/** Region that rules an address, -1 for none: the highest number wins. */
static int region_at(uint32_t addr)
{
	for (int i = REGIONS - 1; i >= 0; i--) {
		unsigned int size_log2 = (mpu.rasr[i] >> 1 & 31) + 1;
		uint32_t offset_mask = size_log2 >= 32 ? 0xFFFFFFFF : (1u << size_log2) - 1;
		if (!(mpu.rasr[i] & RASR_ENABLE) || ((addr ^ mpu.rbar[i]) & ~offset_mask))
			continue;
		/* regions of 256 bytes and more have eight switchable parts */
		if (size_log2 >= 8 && (mpu.rasr[i] >> (8 + ((addr & offset_mask) >> (size_log2 - 3))) & 1))
			continue;
		return i;
	}
	return -1;
}

static bool permitted(unsigned int permission, bool privileged, bool write)
{
	switch (permission) {
	case 1:
		return privileged;
	case 2:
		return privileged || !write;
	case 3:
		return true;
	case 5:
		return privileged && !write;
	case 6:
	case 7:
		return !write;
	default:
		return false;
	}
}

/** Without a region the default map rules: code, SRAM and external RAM can be
 * executed (B3.1). */
static bool default_map_allows(uint32_t addr, enum mpu_access access)
{
	return access != MPU_FETCH || addr < 0x40000000 || (addr >= 0x60000000 && addr < 0xA0000000);
}

bool mpu_allows(uint32_t addr, enum mpu_access access, bool privileged, bool in_hard_fault)
{
	/* the private peripheral bus and EXC_RETURN are not the MPU's */
	if (addr >= 0xE0000000 || (in_hard_fault && !(mpu.ctrl & CTRL_HFNMIENA)))
		return true;
	int region = region_at(addr);
	if (region < 0)
		return privileged && (mpu.ctrl & CTRL_PRIVDEFENA) && default_map_allows(addr, access);
	if (access == MPU_FETCH && (mpu.rasr[region] & RASR_XN))
		return false;
	return permitted(mpu.rasr[region] >> 24 & 7, privileged, access == MPU_WRITE);
}
