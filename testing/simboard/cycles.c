/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What an instruction costs, per core type. Memory without wait states.
 *
 * Sources, each the instruction timing table of the core's TRM:
 *   M0  Arm DDI 0432C, section 3.3
 *   M0+ Arm DDI 0484C, section 3.3 (with the single-cycle I/O port, see cpu.c)
 *   M3  Arm DDI 0337H, section 18.2 and 18.3 (load/store timings)
 *   M4  Arm DDI 0439B, section 3.3
 * M0 and M0+ are exact. M3 and M4 are a model: a taken branch refills the
 * pipeline in 1 to 3 cycles (2 here), a divide takes 2 to 12 (7 here), and
 * neighbouring loads overlap (below).
 */

#include <string.h>

#include "core.h"

struct cycle_params {
	const char *core;
	uint8_t branch;      /* B, and what a taken Bcc costs */
	uint8_t branch_link; /* BL */
	uint8_t branch_reg;  /* BX, BLX, MOV PC, ADD PC */
	uint8_t pop_pc;      /* added to 1 + N */
	uint8_t store;       /* STR with an immediate offset */
	uint8_t special_reg; /* MRS, MSR */
	uint8_t barrier;
	uint8_t multiply_accumulate;
	uint8_t multiply_long;
	bool overlap;        /* a load costs one less right after a load */
};

static const struct cycle_params params_table[] = {
	/*           B  BL BX popPC STR MRS bar MLA MULL overlap */
	{ "m0",      3, 4, 3, 3,    2,  4,  4,  0,  0,   false },
	{ "m0plus",  2, 3, 2, 2,    2,  3,  3,  0,  0,   false },
	{ "m3",      3, 3, 3, 2,    1,  2,  3,  2,  4,   true },
	{ "m4",      3, 3, 3, 2,    1,  2,  3,  1,  1,   true },
	/* not theirs: an M4's, which is slower than an M7 */
	{ "m7",      3, 3, 3, 2,    1,  2,  3,  1,  1,   true },
	{ "m33",     3, 3, 3, 2,    1,  2,  3,  1,  1,   true },
};

static const struct cycle_params *params;
static bool is_armv6m;
struct cycle_cost cycles_costs16[1 << 16];

static unsigned int bits_in(unsigned int list)
{
	return __builtin_popcount(list);
}

static struct cycle_cost load(void)
{
	return (struct cycle_cost){ 2, params->branch - 1, params->overlap ? CYCLE_LOAD : 0 };
}

static struct cycle_cost store(bool register_offset)
{
	/* M3, M4: the address of [Rn, #imm] is ready at once, that of [Rn, Rm] a
	 * cycle later, unless a load ran before it */
	if (params->overlap && register_offset)
		return (struct cycle_cost){ 2, 0, CYCLE_STORE };
	return (struct cycle_cost){ params->store, 0, 0 };
}

/** PUSH, POP, LDM, STM, hints: the 0xB000 and 0xC000 pages. */
static struct cycle_cost cost_miscellaneous(uint16_t op)
{
	struct cycle_cost cost = { 1, 0, 0 };

	if ((op & 0xF000) == 0xC000 || (op & 0xFE00) == 0xB400) {
		/* LDM, STM; PUSH (bit 8 is LR) */
		cost.cycles = 1 + bits_in(op & ((op & 0xF000) == 0xC000 ? 0xFF : 0x1FF));
	} else if ((op & 0xFE00) == 0xBC00) {
		cost.cycles = 1 + bits_in(op & 0x1FF) + (op & 0x100 ? params->pop_pc : 0);
	} else if ((op & 0xF500) == 0xB100) {
		/* CBZ, CBNZ */
		cost.taken_extra = params->branch - 1;
		cost.flags = is_armv6m ? CYCLE_UNDEFINED : 0;
	} else if ((op & 0xFF00) == 0xBE00) {
		cost.flags = CYCLE_SPECIAL;
	} else if ((op & 0xFFE8) == 0xB660) {
		cost.flags = CYCLE_MASKS;
	} else if ((op & 0xFF00) == 0xBF00) {
		if (op & 0x000F)
			cost.flags = is_armv6m ? CYCLE_UNDEFINED : 0; /* IT */
		else if (op != 0xBF00)
			cost = (struct cycle_cost){ op == 0xBF20 || op == 0xBF30 ? 2 : 1, 0, CYCLE_SPECIAL };
	}
	return cost;
}

static struct cycle_cost cost_of16(uint16_t op)
{
	/* 0x4400: ADD, MOV with PC as destination; BX, BLX */
	if ((op & 0xFC00) == 0x4400) {
		if ((op & 0xFF00) == 0x4700)
			return (struct cycle_cost){ params->branch_reg, 0, 0 };
		bool writes_pc = (op & 0x87) == 0x87 && (op & 0xFF00) != 0x4500;
		return (struct cycle_cost){ writes_pc ? params->branch_reg : 1, 0, 0 };
	}
	if ((op & 0xF800) == 0x4800)
		return load();
	if ((op & 0xF000) == 0x5000)
		return (op & 0x0E00) >= 0x0600 ? load() : store(true);
	if ((op & 0xF000) >= 0x6000 && (op & 0xF000) <= 0x9000)
		return op & 0x0800 ? load() : store(false);
	if ((op & 0xF000) == 0xB000 || (op & 0xF000) == 0xC000)
		return cost_miscellaneous(op);
	if ((op & 0xFF00) == 0xDF00)
		return (struct cycle_cost){ 1, 0, CYCLE_SPECIAL };
	if ((op & 0xFF00) == 0xDE00)
		return (struct cycle_cost){ 1, 0, CYCLE_UNDEFINED };
	if ((op & 0xF000) == 0xD000)
		return (struct cycle_cost){ 1, params->branch - 1, 0 };
	if ((op & 0xF800) == 0xE000)
		return (struct cycle_cost){ params->branch, 0, 0 };
	return (struct cycle_cost){ 1, 0, 0 };
}

void cycles_create(const struct core_type *type)
{
	for (size_t i = 0; i < ARRAY_LEN(params_table); i++) {
		if (strcmp(params_table[i].core, type->name) == 0)
			params = &params_table[i];
	}
	is_armv6m = type->armv6m;
	for (unsigned int op = 0; op < ARRAY_LEN(cycles_costs16); op++)
		cycles_costs16[op] = cost_of16(op);
}

/** Is this MRS one of IPSR or CONTROL, which Unicorn does not hold? */
static bool is_ours(uint16_t second)
{
	unsigned int sysm = second & 0xFF;

	return (sysm >= 1 && sysm <= 7) || sysm == 20;
}

/** Branches and the special registers: 11110x in the first half-word, bit 15
 * set in the second. */
static struct cycle_cost cost_control32(uint16_t first, uint16_t second)
{
	if ((second & 0xD000) == 0xD000)
		return (struct cycle_cost){ params->branch_link, 0, 0 };
	/* SYSm 17 to 19 are BASEPRI, BASEPRI_MAX and FAULTMASK */
	if (is_armv6m && ((first & 0xFFEF) == 0xF3EF || (first & 0xFFE0) == 0xF380)
			&& (second & 0xFF) >= 17 && (second & 0xFF) <= 19)
		return (struct cycle_cost){ 1, 0, CYCLE_UNDEFINED };
	if ((first & 0xFFEF) == 0xF3EF)
		return (struct cycle_cost){ params->special_reg, 0,
			is_ours(second) ? CYCLE_SPECIAL : 0 };
	if ((first & 0xFFE0) == 0xF380 && (second & 0xD000) == 0x8000)
		return (struct cycle_cost){ params->special_reg, 0,
			(second & 0xFF) == 20 ? CYCLE_SPECIAL : CYCLE_MASKS };
	if ((first & 0xFFF0) == 0xF3B0)
		return (struct cycle_cost){ params->barrier, 0, 0 };
	if (is_armv6m)
		return (struct cycle_cost){ 1, 0, CYCLE_UNDEFINED };
	if ((first & 0xFFF0) == 0xF3A0)
		return (struct cycle_cost){ 1, 0, second & 0xFF ? CYCLE_SPECIAL : 0 };
	if ((second & 0xD000) == 0x9000)
		return (struct cycle_cost){ params->branch, 0, 0 };
	return (struct cycle_cost){ 1, params->branch - 1, 0 };
}

/** LDM, STM, LDRD, STRD, table branch, exclusives: 0xE800 to 0xE9FF. */
static struct cycle_cost cost_multiple32(uint16_t first, uint16_t second)
{
	if (!(first & 0x0040)) {
		bool loads_pc = (first & 0x0010) && (second & 0x8000);
		return (struct cycle_cost){ 1 + bits_in(second) + (loads_pc ? params->pop_pc : 0), 0, 0 };
	}
	if ((first & 0xFFF0) == 0xE8D0 && (second & 0xFFE0) == 0xF000)
		return (struct cycle_cost){ 2 + params->branch - 1, 0, 0 };
	if ((first & 0xFF60) == 0xE840)
		return (struct cycle_cost){ 2, 0, 0 };
	return (struct cycle_cost){ 3, 0, 0 };
}

static struct cycle_cost cost_float32(uint16_t first, uint16_t second)
{
	if ((first & 0xFF00) == 0xED00)
		return (struct cycle_cost){ 2, 0, 0 };
	if ((first & 0xFE00) == 0xEC00)
		return (struct cycle_cost){ 1 + (second & 0xFF), 0, 0 };
	/* VDIV and VSQRT 14, multiply-accumulate 3 */
	if ((first & 0xFFB0) == 0xEE80 || ((first & 0xFFBF) == 0xEEB1 && (second & 0xC0) == 0xC0))
		return (struct cycle_cost){ 14, 0, 0 };
	if ((first & 0xFFB0) == 0xEE00 || (first & 0xFFB0) == 0xEE10)
		return (struct cycle_cost){ second & 0x10 ? 1 : 3, 0, 0 };
	return (struct cycle_cost){ 1, 0, 0 };
}

static struct cycle_cost cost_multiply32(uint16_t first, uint16_t second)
{
	if ((first & 0xFFD0) == 0xFB90)
		return (struct cycle_cost){ 7, 0, 0 };
	if (first & 0x0080)
		return (struct cycle_cost){ params->multiply_long, 0, 0 };
	bool accumulates = (second & 0xF000) != 0xF000;
	return (struct cycle_cost){ accumulates ? params->multiply_accumulate : 1, 0, 0 };
}

struct cycle_cost cycles_of32(uint16_t first, uint16_t second)
{
	if ((first & 0xF800) == 0xF000 && (second & 0x8000))
		return cost_control32(first, second);
	if (is_armv6m)
		return (struct cycle_cost){ 1, 0, CYCLE_UNDEFINED };
	if ((first & 0xFE00) == 0xE800)
		return cost_multiple32(first, second);
	if ((first & 0xFE00) == 0xF800) {
		if (first & 0x0010)
			return load();
		/* immediate offset: 12 bits, or 8 bits with bit 11 of the second half */
		return store(!(first & 0x0080) && !(second & 0x0800));
	}
	if ((first & 0xFF00) == 0xFB00)
		return cost_multiply32(first, second);
	if ((first & 0xEC00) == 0xEC00 && (first & 0xFF00) != 0xEF00)
		return cost_float32(first, second);
	return (struct cycle_cost){ 1, 0, 0 };
}
