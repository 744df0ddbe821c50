// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The parts of the stub as rows: code, size, cycles. Chooses among them and
 * fits them to the pins.
 */

#include "cmspi_loops.h"

#include "../../../contrib/loaders/spi/cmspi_abi.h"
#include "../../../contrib/loaders/spi/cmspi_stub.inc"

/* A round of the delay: on a Cortex-M0, and the least on any core. */
#define DELAY_ROUND_CYCLES	4
#define DELAY_ROUND_FASTEST	2
/* What the fastest core needs between two edges beside the delay. */
#define HALF_BIT_FASTEST	3
/* CS high between two commands, ns: tSHSL of the M25P family, the longest. */
#define CS_HIGH_NS		100

#define LOOP(name, cycle_count, period) \
	{ cmspi_##name, sizeof(cmspi_##name), cycle_count, period }

/* Each pad adds a cycle to both halves of all eight clocks of a byte. */
#define PADDED(name, cycle_count, period) { \
	LOOP(name##0, (cycle_count), (period)), \
	LOOP(name##1, (cycle_count) + 16, (period) + 2), \
	LOOP(name##2, (cycle_count) + 32, (period) + 4), \
	LOOP(name##4, (cycle_count) + 64, (period) + 8), \
	LOOP(name##8, (cycle_count) + 128, (period) + 16), \
}

#define PADS 5

/* Cycles counted in cmspi_stub.S by the Cortex-M0 TRM (DDI 0432C, 3.3);
 * periods with every instruction at one cycle. */
static const struct cmspi_loop core = LOOP(core, 0, 0);
static const struct cmspi_loop tx_delay = LOOP(tx1_delay, 384, 0);
static const struct cmspi_loop rx_delay = LOOP(rx1_delay, 368, 0);
static const struct cmspi_loop crc_any = LOOP(crc_rx, 130, 0);
static const struct cmspi_loop blank_any = LOOP(blank_rx, 50, 0);
static const struct cmspi_loop tx_pair[PADS] = PADDED(tx1_pair, 56, 2);
static const struct cmspi_loop tx_plain[PADS] = PADDED(tx1_plain, 64, 3);
static const struct cmspi_loop tx_three[PADS] = PADDED(tx1_three, 77, 3);
static const struct cmspi_loop rx_fast[PADS] = PADDED(rx1_fast, 68, 5);
static const struct cmspi_loop crc_fast[PADS] = PADDED(crc1_fast, 10, 5);
static const struct cmspi_loop blank_fast[PADS] = PADDED(blank1_fast, 7, 5);

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

uint32_t cmspi_loops_clk_base(const struct cmspi_stores *stores)
{
	const uint32_t low = stores->clk_low.addr;
	const uint32_t high = stores->clk_high.addr;

	return low < high ? low : high;
}

/* The stores of the fast loops have five bits for a distance in words. */
static bool within_reach(const struct cmspi_stores *stores)
{
	return distance(stores->clk_low.addr, stores->clk_high.addr) < CMSPI_PATCH_LOW &&
		stores->clk_low.addr % 4 == 0 && stores->clk_high.addr % 4 == 0;
}

static const struct cmspi_loop *tx_rows(const struct cmspi_stores *stores)
{
	if (!stores->clk_with_data)
		return tx_three;
	return stores->clk_high_constant ? tx_pair : tx_plain;
}

/* First row slow enough, -1: none. */
static int pick(const struct cmspi_loop *rows, uint32_t core_max_khz, uint32_t limit_khz)
{
	for (int i = 0; i < PADS; i++) {
		if (!limit_khz || core_max_khz <= (uint64_t)limit_khz * rows[i].fastest_period)
			return i;
	}
	return -1;
}

static uint32_t rounds_for(uint64_t cycles)
{
	return cycles > DELAY_ROUND_FASTEST ?
		(cycles + DELAY_ROUND_FASTEST - 1) / DELAY_ROUND_FASTEST : 1;
}

static void choose_delayed(uint32_t core_max_khz, uint32_t limit_khz, struct cmspi_loops *loops)
{
	if (limit_khz) {
		const uint32_t half_cycles = (core_max_khz + 2 * limit_khz - 1) / (2 * limit_khz);

		loops->delay_rounds = rounds_for(half_cycles > HALF_BIT_FASTEST ?
			half_cycles - HALF_BIT_FASTEST : 0);
	}
	loops->slots[CMSPI_SLOT_TX1] = &tx_delay;
	loops->slots[CMSPI_SLOT_RX1] = &rx_delay;
	const uint32_t delay_cycles = 16 * DELAY_ROUND_CYCLES * loops->delay_rounds;

	loops->tx_cycles = tx_delay.cycles + delay_cycles;
	loops->rx_cycles = rx_delay.cycles + delay_cycles;
}

static bool choose_fast(const struct cmspi_stores *stores, uint32_t core_max_khz,
	uint32_t limit_khz, struct cmspi_loops *loops)
{
	const struct cmspi_loop *rows = tx_rows(stores);
	const int tx = pick(rows, core_max_khz, limit_khz);
	const int rx = pick(rx_fast, core_max_khz, limit_khz);

	if (tx < 0 || rx < 0 || !within_reach(stores))
		return false;
	loops->slots[CMSPI_SLOT_TX1] = &rows[tx];
	loops->slots[CMSPI_SLOT_RX1] = &rx_fast[rx];
	loops->data_table = true;
	loops->tx_cycles = rows[tx].cycles;
	loops->rx_cycles = rx_fast[rx].cycles;
	return true;
}

static void choose_sinks(bool fast, bool crc, bool blank, struct cmspi_loops *loops)
{
	const int pad = fast ? loops->slots[CMSPI_SLOT_RX1] - rx_fast : 0;

	if (crc) {
		loops->crc_table = loops->crc_table && fast;
		loops->slots[CMSPI_SLOT_CRC] = loops->crc_table ? &crc_fast[pad] : &crc_any;
		loops->sink_cycles = loops->slots[CMSPI_SLOT_CRC]->cycles;
	}
	if (blank) {
		loops->slots[CMSPI_SLOT_BLANK] = fast ? &blank_fast[pad] : &blank_any;
		if (loops->sink_cycles < loops->slots[CMSPI_SLOT_BLANK]->cycles)
			loops->sink_cycles = loops->slots[CMSPI_SLOT_BLANK]->cycles;
	}
}

void cmspi_loops_choose(const struct cmspi_stores *stores, uint32_t core_max_khz,
	uint32_t limit_khz, enum cmspi_loop_size size, bool crc, bool blank,
	struct cmspi_loops *loops)
{
	*loops = (struct cmspi_loops){
		.slots = { [CMSPI_SLOT_CORE] = &core },
		.crc_table = crc && size == CMSPI_LOOPS_ALL,
		.delay_rounds = 1,
		.cs_rounds = rounds_for((uint64_t)core_max_khz * CS_HIGH_NS / 1000000),
	};
	const bool fast = size != CMSPI_LOOPS_SMALL &&
		choose_fast(stores, core_max_khz, limit_khz, loops);

	if (!fast)
		choose_delayed(core_max_khz, limit_khz, loops);
	choose_sinks(fast, crc, blank, loops);
}

/* Thumb STR Rt, [Rn, #imm5 * 4] is 01100 iiiii nnn ttt, LSRS Rd, Rm, #imm5
 * is 00001 iiiii mmm ddd (ARMv6-M ARM, DDI 0419, A6.7.59 and A6.7.36). */
#define STR_MASK	0xf800
#define STR_CODE	0x6000
#define LSRS_CODE	0x0800
#define IMM5_SHIFT	6
#define IMM5_MASK	(0x1f << IMM5_SHIFT)

static uint16_t fit_instruction(const struct cmspi_stores *stores, uint16_t code)
{
	const uint32_t base = cmspi_loops_clk_base(stores);
	const unsigned int imm5 = (code & IMM5_MASK) >> IMM5_SHIFT;
	unsigned int value = imm5;

	if ((code & STR_MASK) == STR_CODE && imm5 == CMSPI_PATCH_LOW / 4)
		value = (stores->clk_low.addr - base) / 4;
	else if ((code & STR_MASK) == STR_CODE && imm5 == CMSPI_PATCH_HIGH / 4)
		value = (stores->clk_high.addr - base) / 4;
	else if ((code & STR_MASK) == LSRS_CODE && imm5 == CMSPI_PATCH_SHIFT)
		value = (stores->in_bit + 1) & 0x1f;	// a shift by 32 is written as 0
	return (code & ~IMM5_MASK) | value << IMM5_SHIFT;
}

void cmspi_loop_fit(const struct cmspi_stores *stores, uint8_t *code, uint32_t size_bytes)
{
	for (uint32_t i = 0; i + 1 < size_bytes; i += 2) {
		const uint16_t fitted = fit_instruction(stores, code[i] | code[i + 1] << 8);

		code[i] = fitted & 0xff;
		code[i + 1] = fitted >> 8;
	}
}

uint32_t cmspi_data_table_word(const struct cmspi_stores *stores, unsigned int i)
{
	const unsigned int nibble = i / 4;

	return stores->data[nibble >> (3 - i % 4) & 1].word;
}

uint32_t cmspi_crc_table_word(unsigned int i)
{
	uint32_t crc = (uint32_t)i << 24;

	for (unsigned int bit = 0; bit < 8; bit++)
		crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
	return crc;
}
