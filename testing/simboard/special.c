/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Instructions that Unicorn gets wrong, or that mean more than a change of
 * registers: hints, BKPT, SVC, and what reads or writes CONTROL and IPSR, both
 * of which are ours. Unicorn itself always runs privileged: once unprivileged
 * it would not let anybody write CONTROL back, not even a debugger.
 */

#include "core.h"

enum sysm { SYSM_LAST_XPSR = 7, SYSM_CONTROL = 20 };

#define APSR_MASK 0xF80F0000u

static void read_special_register(uint16_t second)
{
	unsigned int sysm = second & 0xFF;
	uint32_t value;

	if (sysm == SYSM_CONTROL) {
		value = cpu_get(CPU_CONTROL);
	} else {
		/* bit 0: IPSR is in it, bit 2: APSR is not */
		value = sysm & 1 ? core_ipsr() : 0;
		if (!(sysm & 4))
			value |= cpu_get(CPU_XPSR) & APSR_MASK;
	}
	cpu_set(second >> 8 & 15, value);
}

static void write_special_register(uint16_t first, uint16_t second)
{
	unsigned int sysm = second & 0xFF;
	uint32_t value = cpu_get(first & 15);

	if (sysm <= SYSM_LAST_XPSR && !(sysm & 4))
		cpu_set(CPU_XPSR, (cpu_get(CPU_XPSR) & ~APSR_MASK) | (value & APSR_MASK));
	else if (sysm == SYSM_CONTROL && cpu_is_privileged())
		/* a handler stays on the main stack */
		cpu_set(CPU_CONTROL, core_ipsr() ? value & ~2u : value);
}

/** @returns true and @a stop for a hint that ends the run */
static bool hint(unsigned int number, enum cpu_stop *stop)
{
	*stop = number == 2 ? CPU_WFE : CPU_WFI;
	return number == 2 || number == 3;
}

bool special_run(uint16_t first, uint16_t second, enum cpu_stop *stop)
{
	bool wide = first >= 0xE800;
	struct cycle_cost cost = wide ? cycles_of32(first, second) : cycles_costs16[first];

	cpu_add_cycles(cost.cycles);
	cpu_set(CPU_PC, cpu_get(CPU_PC) + (wide ? 4 : 2));
	if (first == 0xF3EF) {
		read_special_register(second);
	} else if (wide && (first & 0xFFE0) == 0xF380) {
		write_special_register(first, second);
	} else if (wide) {
		return hint(second & 0xFF, stop);
	} else if ((first & 0xFF00) == 0xDF00) {
		*stop = CPU_SVC;
		return true;
	} else if ((first & 0xFF00) == 0xBF00) {
		return hint(first >> 4 & 15, stop);
	}
	/* what is left is CPS of unprivileged code: nothing happens */
	return false;
}
