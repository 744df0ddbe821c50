/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The independent watchdog (RM0090 chapter 21, the same on all STM32): its
 * own oscillator, a key to start it that nothing but a reset undoes, a bit in
 * DBGMCU that lets it stand still while the core is halted.
 */

#include "core.h"

#define PS_PER_S 1000000000000ull
#define KEY_RELOAD 0xAAAAu
#define KEY_UNLOCK 0x5555u
#define KEY_START 0xCCCCu

enum offset { KR = 0x0, PR = 0x4, RLR = 0x8, SR = 0xC };

static struct {
	struct sim_device device;
	struct clock_event bite;
	uint32_t lsi_hz;
	uint32_t freeze_addr;
	unsigned int freeze_bit;
	uint32_t prescaler;
	uint32_t reload;
	bool unlocked;
	bool runs;
	uint64_t kicks;
	uint64_t bites;
} iwdg;

static void refresh(void)
{
	/* PR 0..6: divide by 4..256 */
	uint64_t divider = 4ull << (iwdg.prescaler > 6 ? 6 : iwdg.prescaler);

	if (iwdg.runs)
		clock_event_set(&iwdg.bite,
			sim_time_ps() + (iwdg.reload + 1) * divider * (PS_PER_S / iwdg.lsi_hz));
}

static void bite(void *ctx)
{
	iwdg.bites++;
	core_request_reset("IWDG");
}

static bool stops_in_debug(void *ctx)
{
	uint32_t word = 0;

	return bus_read(iwdg.freeze_addr, 4, &word) == SIM_OK && (word >> iwdg.freeze_bit & 1);
}

static enum sim_access iwdg_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	if (offset == PR)
		*value = iwdg.prescaler;
	else if (offset == RLR)
		*value = iwdg.reload;
	return SIM_OK;
}

static enum sim_access iwdg_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	if (offset == KR) {
		iwdg.unlocked = value == KEY_UNLOCK;
		iwdg.runs |= value == KEY_START;
		iwdg.kicks += value == KEY_RELOAD;
		if (value == KEY_RELOAD || value == KEY_START)
			refresh();
	} else if (offset == PR && iwdg.unlocked) {
		iwdg.prescaler = value & 7;
	} else if (offset == RLR && iwdg.unlocked) {
		iwdg.reload = value & 0xFFF;
	}
	return SIM_OK;
}

static void iwdg_reset(void *ctx)
{
	iwdg.runs = false;
	iwdg.unlocked = false;
	iwdg.prescaler = 0;
	iwdg.reload = 0xFFF;
	clock_event_set(&iwdg.bite, UINT64_MAX);
}

static json_t *report(void *ctx)
{
	return json_pack("{s:b, s:I, s:I}", "runs", iwdg.runs, "kicks", (json_int_t)iwdg.kicks,
		"bites", (json_int_t)iwdg.bites);
}

int iwdg_create(const json_t *row)
{
	// a family whose watchdog is not modelled
	if (!row)
		return 0;
	if (rows_check(row, "watchdog", "base! lsi_hz! freeze!"))
		return -1;
	const json_t *freeze = json_object_get(row, "freeze");
	iwdg.lsi_hz = rows_u32(row, "lsi_hz", 32000);
	iwdg.freeze_addr = rows_u32(freeze, "addr", 0);
	iwdg.freeze_bit = rows_u32(freeze, "bit", 0);
	iwdg.bite = (struct clock_event){ .name = "IWDG", .due_ps = UINT64_MAX, .fire = bite,
		.stops_in_debug = stops_in_debug };
	clock_event_add(&iwdg.bite);
	iwdg.device = (struct sim_device){ .name = "IWDG", .base = rows_u32(row, "base", 0),
		.size_bytes = 0x400, .read = iwdg_read, .write = iwdg_write, .reset = iwdg_reset };
	repeat_ignore_write(iwdg.device.base + KR, KEY_RELOAD, &iwdg.kicks);
	iwdg_reset(NULL);
	sim_bus_add(&iwdg.device);
	sim_report_add("watchdog", report, NULL);
	return 0;
}
