/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The reset and clock controller: a register block of the MCU's row, plus
 * what its fields say about the core clock. The field positions of a
 * generation are one row here; gates are words that others ask for.
 */

#include <stdio.h>
#include <string.h>

#include "core.h"

/** A field: register offset, shift, width in bits. */
struct field {
	uint8_t offset;
	uint8_t shift;
	uint8_t bits;
};

enum source { HSI, HSE, PLL, HSI_DIV, SOURCE_OTHER };

struct generation {
	const char *kind;
	struct field select;     /* SW: what drives SYSCLK; SWS follows it */
	struct field status;
	struct field ahb;        /* HPRE */
	enum source sources[8];  /* by value of SW */
	struct field pll_source;
	uint8_t pll_source_is_hse; /* value of the field for HSE */
	struct field input_divide; /* HSI or HSE by this before the PLL */
	struct field multiply;
	struct field divide;
	/* multiplier = field + plus; divisor = (field + plus) * times */
	uint8_t multiply_plus;
	uint8_t input_plus;
	uint8_t divide_plus;
	uint8_t divide_times;
	uint8_t hsi_into_pll_by;   /* F1, F0: HSI is halved before the PLL */
	struct field hsi_divide;   /* G0: HSIDIV, a power of two */
};

/* RM0090 (F4) 6.3; RM0008 (F1) 7.3; RM0360 (F030) 7.4; RM0444 (G0) 5.4 */
static const struct generation generations[] = {
	{
		.kind = "stm32f4",
		.select = { 0x08, 0, 2 }, .status = { 0x08, 2, 2 }, .ahb = { 0x08, 4, 4 },
		.sources = { HSI, HSE, PLL, SOURCE_OTHER },
		.pll_source = { 0x04, 22, 1 }, .pll_source_is_hse = 1,
		.input_divide = { 0x04, 0, 6 }, .multiply = { 0x04, 6, 9 }, .divide = { 0x04, 16, 2 },
		.divide_plus = 1, .divide_times = 2, .hsi_into_pll_by = 1,
	},
	{
		.kind = "stm32f1",
		.select = { 0x04, 0, 2 }, .status = { 0x04, 2, 2 }, .ahb = { 0x04, 4, 4 },
		.sources = { HSI, HSE, PLL, SOURCE_OTHER },
		.pll_source = { 0x04, 16, 1 }, .pll_source_is_hse = 1,
		.input_divide = { 0x04, 17, 1 }, .multiply = { 0x04, 18, 4 },
		.multiply_plus = 2, .input_plus = 1, .divide_plus = 1, .divide_times = 1,
		.hsi_into_pll_by = 2,
	},
	{
		.kind = "stm32f0",
		.select = { 0x04, 0, 2 }, .status = { 0x04, 2, 2 }, .ahb = { 0x04, 4, 4 },
		.sources = { HSI, HSE, PLL, SOURCE_OTHER },
		.pll_source = { 0x04, 16, 1 }, .pll_source_is_hse = 1,
		.input_divide = { 0x2C, 0, 4 }, .multiply = { 0x04, 18, 4 },
		.multiply_plus = 2, .input_plus = 1, .divide_plus = 1, .divide_times = 1,
		.hsi_into_pll_by = 2,
	},
	{
		.kind = "stm32g0",
		.select = { 0x08, 0, 3 }, .status = { 0x08, 3, 3 }, .ahb = { 0x08, 8, 4 },
		.sources = { HSI_DIV, HSE, PLL, SOURCE_OTHER, SOURCE_OTHER, SOURCE_OTHER, SOURCE_OTHER,
			SOURCE_OTHER },
		.pll_source = { 0x0C, 0, 2 }, .pll_source_is_hse = 3,
		.input_divide = { 0x0C, 4, 3 }, .multiply = { 0x0C, 8, 7 }, .divide = { 0x0C, 29, 3 },
		.input_plus = 1, .divide_plus = 1, .divide_times = 1, .hsi_into_pll_by = 1,
		.hsi_divide = { 0x00, 11, 3 },
	},
};

static struct {
	const struct generation *generation;
	struct regs_block *block;
	uint32_t hsi_hz;
	uint32_t hse_hz;
} rcc;

static uint32_t field_get(struct field field)
{
	if (!field.bits)
		return 0;
	return *regs_word(rcc.block, field.offset) >> field.shift & ((1u << field.bits) - 1);
}

static uint32_t pll_hz(void)
{
	const struct generation *g = rcc.generation;
	bool from_hse = field_get(g->pll_source) == g->pll_source_is_hse;
	uint32_t divide = (field_get(g->divide) + g->divide_plus) * g->divide_times;
	uint32_t input_divide = field_get(g->input_divide) + g->input_plus;
	uint64_t input_hz = from_hse ? rcc.hse_hz : rcc.hsi_hz / g->hsi_into_pll_by;

	/* on F1 and F0 the divider stands before HSE only */
	if (!from_hse && g->hsi_into_pll_by > 1)
		input_divide = 1;
	if (!input_divide || !divide)
		return 0;
	return input_hz / input_divide * (field_get(g->multiply) + g->multiply_plus) / divide;
}

static uint32_t system_hz(void)
{
	switch (rcc.generation->sources[field_get(rcc.generation->select)]) {
	case HSI:
		return rcc.hsi_hz;
	case HSI_DIV:
		return rcc.hsi_hz >> field_get(rcc.generation->hsi_divide);
	case HSE:
		return rcc.hse_hz;
	case PLL:
		return pll_hz();
	default:
		return 32000;
	}
}

static void follow_clock(void *ctx, uint32_t offset)
{
	static const uint8_t ahb_shift[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 6, 7, 8, 9 };
	const struct generation *g = rcc.generation;
	uint32_t *status = regs_word(rcc.block, g->status.offset);
	uint32_t mask = ((1u << g->status.bits) - 1) << g->status.shift;

	*status = (*status & ~mask) | field_get(g->select) << g->status.shift;
	clock_follow_hz(system_hz() >> ahb_shift[field_get(g->ahb)]);
}

int stm32_rcc_create(const json_t *row)
{
	const char *kind = rows_text(row, "kind", "");
	uint32_t base = rows_u32(row, "base", 0);

	for (size_t i = 0; i < ARRAY_LEN(generations); i++) {
		if (strcmp(generations[i].kind, kind) == 0)
			rcc.generation = &generations[i];
	}
	if (!rcc.generation) {
		fprintf(stderr, "no clock controller of kind '%s'\n", kind);
		return -1;
	}
	rcc.hsi_hz = rows_u32(row, "hsi_hz", 8000000);
	rcc.hse_hz = rows_u32(row, "hse_hz", 8000000);
	rcc.block = regs_create(row);
	if (!rcc.block)
		return -1;
	for (uint32_t offset = 0; offset < rows_u32(row, "gate_words_end", 0x60); offset += 4)
		bus_gate_word(base + offset, regs_word(rcc.block, offset));
	regs_on_write(rcc.block, follow_clock, NULL);
	follow_clock(NULL, 0);
	return 0;
}
