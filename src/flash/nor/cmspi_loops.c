// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The parts of the stub as rows: code, size, cycles. Chooses among them and
 * fits them to the pins.
 */

#include "cmspi_loops.h"

#include "../../../contrib/loaders/spi/cmspi_abi.h"
#include "../../../contrib/loaders/spi/cmspi_core.inc"
#include "../../../contrib/loaders/spi/cmspi_lz4.inc"
#include "../../../contrib/loaders/spi/cmspi_proxy.inc"
#include "../../../contrib/loaders/spi/cmspi_stub.inc"

/* A round of the delay: on a Cortex-M0, and the least on any core. */
#define DELAY_ROUND_CYCLES	4
#define DELAY_ROUND_FASTEST	2
/* What the fastest core needs between two edges beside the delay. */
#define HALF_BIT_FASTEST	3
/* CS high between two commands, ns: tSHSL of the M25P family, the longest. */
#define CS_HIGH_NS		100

/* From CLK low until the chip has driven its next bit, ns: tCLQV, 6 to 8 on
 * most parts, 15 on the slowest, and the way through pads and wires. */
#define DATA_VALID_NS		25

#define LOOP(name, cycle_count, period, sample) \
	{ cmspi_##name, sizeof(cmspi_##name), cycle_count, period, sample }

/* Each pad adds a cycle to both halves of each clock of a byte. */
#define PADDED(name, cycle_count, clocks, period, sample) { \
	LOOP(name##0, (cycle_count), (period), (sample)), \
	LOOP(name##1, (cycle_count) + 2 * (clocks), (period) + 2, (sample) + 2), \
	LOOP(name##2, (cycle_count) + 4 * (clocks), (period) + 4, (sample) + 4), \
	LOOP(name##4, (cycle_count) + 8 * (clocks), (period) + 8, (sample) + 8), \
	LOOP(name##8, (cycle_count) + 16 * (clocks), (period) + 16, (sample) + 16), \
}

#define PADS 5

/* Cycles counted in cmspi_stub.S by the Cortex-M0 TRM (DDI 0432C, 3.3), those
 * of the sinks beside the receiving; periods with each instruction at one. */
static const struct cmspi_loop core_all = LOOP(core_all, 0, 0, 0);
static const struct cmspi_loop core_one_pin = LOOP(core_one_pin, 0, 0, 0);
static const struct cmspi_loop core_one_pin_words = LOOP(core_one_pin_words, 0, 0, 0);
static const struct cmspi_loop core_packed = LOOP(core_packed, 0, 0, 0);
static const struct cmspi_loop core_program = LOOP(core_program, 0, 0, 0);
static const struct cmspi_loop core_program_cells = LOOP(core_program_cells, 0, 0, 0);
static const struct cmspi_loop core_proxy = LOOP(core_proxy, 0, 0, 0);
static const struct cmspi_loop core_read = LOOP(core_read, 0, 0, 0);
static const struct cmspi_loop core_read_cells = LOOP(core_read_cells, 0, 0, 0);
static const struct cmspi_loop core_sums = LOOP(core_sums, 0, 0, 0);
static const struct cmspi_loop core_wide = LOOP(core_wide, 0, 0, 0);
static const struct cmspi_loop core_wide_packed = LOOP(core_wide_packed, 0, 0, 0);
static const struct cmspi_loop core_words = LOOP(core_words, 0, 0, 0);
static const struct cmspi_loop core_write = LOOP(core_write, 0, 0, 0);
static const struct cmspi_loop tx_delay = LOOP(tx1_delay, 384, 0, 0);
static const struct cmspi_loop tx_bits = LOOP(tx1_bits, 90, 6, 0);
static const struct cmspi_loop tx_pair[PADS] = PADDED(tx1_pair, 56, 8, 2, 0);
static const struct cmspi_loop tx_plain[PADS] = PADDED(tx1_plain, 64, 8, 3, 0);
static const struct cmspi_loop tx_three[PADS] = PADDED(tx1_three, 77, 8, 3, 0);

/* What sends on two lines and on four: CLK and data on one port, also where CLK high
 * must carry the data; CLK anywhere and data on two ports; all others. */
static const struct cmspi_loop tx2_pair[PADS] = PADDED(tx2_pair, 43, 4, 2, 0);
static const struct cmspi_loop tx2_plain[PADS] = PADDED(tx2_plain, 47, 4, 2, 0);
static const struct cmspi_loop tx4_pair[PADS] = PADDED(tx4_pair, 23, 2, 4, 0);
static const struct cmspi_loop tx4_plain[PADS] = PADDED(tx4_plain, 25, 2, 4, 0);
static const struct cmspi_loop tx4_ports[PADS] = PADDED(tx4_ports, 39, 2, 6, 0);
static const struct cmspi_loop tx2_any = LOOP(tx2_delay, 230, 0, 0);
static const struct cmspi_loop tx4_any = LOOP(tx4_delay, 122, 0, 0);
/* What each port beside the first costs there for each clock. */
#define WIDE_PORT_CYCLES	16

/* What receives on one line, on two, on four. */
struct receiver {
	struct cmspi_loop delay;
	struct cmspi_loop rx[PADS];
	struct cmspi_loop crc[PADS];
	struct cmspi_loop blank[PADS];
	unsigned int clocks;
};

static const struct receiver receivers[] = {
	{
		.delay = LOOP(rx1_delay, 368, 0, 0),
		.rx = PADDED(rx1_fast, 68, 8, 5, 2),
		.crc = PADDED(crc1_fast, 10, 0, 5, 2),
		.blank = PADDED(blank1_fast, 8, 0, 5, 2),
		.clocks = 8,
	},
	{
		.delay = LOOP(rx2_delay, 208, 0, 0),
		.rx = PADDED(rx2_fast, 44, 4, 5, 2),
		.crc = PADDED(crc2_fast, 10, 0, 5, 2),
		.blank = PADDED(blank2_fast, 8, 0, 5, 2),
		.clocks = 4,
	},
	{
		.delay = LOOP(rx4_delay, 144, 0, 0),
		.rx = PADDED(rx4_any, 32, 2, 5, 2),
		.crc = PADDED(crc4_any, 13, 0, 5, 2),
		.blank = PADDED(blank4_any, 6, 0, 5, 2),
		.clocks = 2,
	},
	{
		.rx = PADDED(rx4_order, 22, 2, 5, 2),
		.crc = PADDED(crc4_order, 12, 0, 5, 2),
		.blank = PADDED(blank4_order, 5, 0, 5, 2),
		.clocks = 2,
	},
	{
		.rx = PADDED(rx4_ports, 40, 2, 5, 2),
		.crc = PADDED(crc4_ports, 13, 0, 5, 2),
		.blank = PADDED(blank4_ports, 6, 0, 5, 2),
		.clocks = 2,
	},
};

/* What receives on these lines; NULL: nothing but a loop with a delay can. */
static const struct receiver *receiver_of(const struct cmspi_stores *stores, unsigned int lines)
{
	if (lines < 4)
		return &receivers[lines / 2];
	if (!stores->quad_one_port)
		return stores->quad_other_addr ? &receivers[4] : NULL;
	return &receivers[stores->quad_in_order ? 3 : 2];
}

static const struct cmspi_loop crc_any = LOOP(crc_rx, 130, 0, 0);
static const struct cmspi_loop blank_any = LOOP(blank_rx, 50, 0, 0);
static const struct cmspi_loop unpack = LOOP(lz4, 0, 0, 0);

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

/* Rows that send on so many lines; NULL: only a loop with a delay can. */
static const struct cmspi_loop *wide_rows(const struct cmspi_stores *stores, unsigned int lines)
{
	const unsigned int ports = stores->num_wide_ports;
	// the loops for one port store CLK low with the data
	const bool one = ports == 1 && stores->wide_clk_with_data;

	if (one && stores->wide_clk_adds)
		return lines == 4 ? tx4_plain : tx2_plain;
	if (one)
		return lines == 4 ? tx4_pair : tx2_pair;
	return lines == 4 && ports == 2 && !stores->wide_clk_adds ? tx4_ports : NULL;
}

static const struct cmspi_loop *tx_rows(const struct cmspi_stores *stores)
{
	if (!stores->clk_with_data)
		return tx_three;
	return stores->clk_high_constant ? tx_pair : tx_plain;
}

static bool is_slow_enough(const struct cmspi_loop *row, const struct cmspi_loop_wish *wish)
{
	const uint64_t sample_ps = UINT64_C(1000000000) * row->fastest_sample / wish->core_max_khz;

	if (row->fastest_sample && sample_ps < 1000 * DATA_VALID_NS)
		return false;
	return !wish->limit_khz ||
		wish->core_max_khz <= (uint64_t)wish->limit_khz * row->fastest_period;
}

/* First row that is slow enough, -1: none. */
static int pick(const struct cmspi_loop *rows, const struct cmspi_loop_wish *wish)
{
	for (int i = 0; i < PADS; i++) {
		if (is_slow_enough(&rows[i], wish))
			return i;
	}
	return -1;
}

static uint32_t rounds_for(uint64_t cycles)
{
	return cycles > DELAY_ROUND_FASTEST ?
		(cycles + DELAY_ROUND_FASTEST - 1) / DELAY_ROUND_FASTEST : 1;
}

static uint32_t rounds_of_half_clock(const struct cmspi_loop_wish *wish)
{
	if (!wish->limit_khz)
		return 1;
	const uint32_t half_cycles = (wish->core_max_khz + 2 * wish->limit_khz - 1) /
		(2 * wish->limit_khz);

	return rounds_for(half_cycles > HALF_BIT_FASTEST ? half_cycles - HALF_BIT_FASTEST : 0);
}

/* What a choice is made from: the row of the fast loops that keeps the limits,
 * -1: none does. */
struct choice {
	const struct cmspi_stores *stores;
	const struct cmspi_loop_wish *wish;
	/* the fast loops reach both stores of CLK */
	bool reach;
	int tx;
	int rx;
};

static bool will_do_small(const struct choice *choice, enum cmspi_slot slot)
{
	return choice->wish->small >> slot & 1;
}

static void put_loop(struct cmspi_loops *loops, enum cmspi_slot slot, const struct cmspi_loop *loop,
	uint32_t cycles)
{
	loops->slots[slot] = loop;
	loops->cycles[slot] = cycles;
}

/* clocks: of a byte */
static void put_delayed(struct cmspi_loops *loops, enum cmspi_slot slot,
	const struct cmspi_loop *loop, unsigned int clocks)
{
	put_loop(loops, slot, loop,
		loop->cycles + clocks * 2 * DELAY_ROUND_CYCLES * loops->delay_rounds);
}

static void put_small_transmitter(const struct choice *choice, struct cmspi_loops *loops)
{
	if (choice->reach && tx_rows(choice->stores) == tx_pair &&
			is_slow_enough(&tx_bits, choice->wish))
		put_loop(loops, CMSPI_SLOT_TX1, &tx_bits, tx_bits.cycles);
	else
		put_delayed(loops, CMSPI_SLOT_TX1, &tx_delay, 8);
}

static void put_transmitter(const struct choice *choice, struct cmspi_loops *loops)
{
	const struct cmspi_loop *rows = tx_rows(choice->stores);

	if (choice->tx < 0 || will_do_small(choice, CMSPI_SLOT_TX1)) {
		put_small_transmitter(choice, loops);
		return;
	}
	put_loop(loops, CMSPI_SLOT_TX1, &rows[choice->tx], rows[choice->tx].cycles);
	loops->data_table = true;
}

static void put_wide_transmitter(const struct choice *choice, unsigned int lines,
	struct cmspi_loops *loops)
{
	const enum cmspi_slot slot = cmspi_tx_slot(lines);
	const struct cmspi_loop *rows = wide_rows(choice->stores, lines);
	const int tx = rows && choice->reach && !will_do_small(choice, slot) ?
		pick(rows, choice->wish) : -1;

	if (tx >= 0) {
		put_loop(loops, slot, &rows[tx], rows[tx].cycles);
		return;
	}
	put_delayed(loops, slot, lines == 4 ? &tx4_any : &tx2_any, 8 / lines);
	loops->cycles[slot] += 8 / lines * (choice->stores->num_wide_ports - 1) * WIDE_PORT_CYCLES;
}

/* The fast loops of so many lines; NULL: there are none */
static const struct receiver *fast_receiver(const struct choice *choice, unsigned int lines)
{
	return choice->rx < 0 ? NULL : receiver_of(choice->stores, lines);
}

static void put_receiver(const struct choice *choice, unsigned int lines,
	struct cmspi_loops *loops)
{
	const enum cmspi_slot slot = cmspi_rx_slot(lines);
	const struct receiver *fast = fast_receiver(choice, lines);
	const struct receiver *slow = &receivers[lines / 2];

	if (!fast || will_do_small(choice, slot))
		put_delayed(loops, slot, &slow->delay, slow->clocks);
	else
		put_loop(loops, slot, &fast->rx[choice->rx], fast->rx[choice->rx].cycles);
}

/* What eats the bytes: a loop that receives them itself, or one that asks a
 * receive loop for each. */
static void put_sink(const struct choice *choice, enum cmspi_slot slot,
	const struct cmspi_loop *own, const struct cmspi_loop *any, struct cmspi_loops *loops)
{
	const unsigned int lines = choice->wish->sink_lines ? choice->wish->sink_lines : 1;
	const struct receiver *fast = fast_receiver(choice, lines);

	if (own && !will_do_small(choice, slot)) {
		put_loop(loops, slot, own, fast->rx[choice->rx].cycles + own->cycles);
		return;
	}
	put_receiver(choice, lines, loops);
	put_loop(loops, slot, any, loops->cycles[cmspi_rx_slot(lines)] + any->cycles);
}

static void put_sinks(const struct choice *choice, struct cmspi_loops *loops)
{
	const struct cmspi_loop_wish *wish = choice->wish;
	const struct receiver *fast = fast_receiver(choice, wish->sink_lines ? wish->sink_lines : 1);

	if (wish->crc)
		put_sink(choice, CMSPI_SLOT_CRC, fast ? &fast->crc[choice->rx] : NULL, &crc_any, loops);
	if (wish->blank)
		put_sink(choice, CMSPI_SLOT_BLANK, fast ? &fast->blank[choice->rx] : NULL, &blank_any,
			loops);
	loops->crc_table = wish->crc && loops->slots[CMSPI_SLOT_CRC] != &crc_any;
}

bool cmspi_loops_wide(const struct cmspi_loop_wish *wish)
{
	return wish->send_dual || wish->send_quad;
}

static const struct cmspi_loop *choose_core(const struct cmspi_stores *stores,
	const struct cmspi_loop_wish *wish)
{
	const bool sums = wish->crc || wish->blank;

	if (wish->proxy)
		return &core_proxy;
	if (stores->one_data_pin)
		return wish->words ? &core_one_pin_words : &core_one_pin;
	if (wish->words)
		return &core_words;
	if (cmspi_loops_wide(wish))
		return wish->unpack ? &core_wide_packed : &core_wide;
	if (wish->unpack)
		return &core_packed;
	if (sums)
		return wish->program ? &core_all : &core_sums;
	if (!wish->program)
		return wish->cells ? &core_read_cells : &core_read;
	if (wish->receive)
		return &core_write;
	return wish->cells ? &core_program_cells : &core_program;
}

void cmspi_loops_choose(const struct cmspi_stores *stores, const struct cmspi_loop_wish *wish,
	struct cmspi_loops *loops)
{
	const bool reach = within_reach(stores);
	const struct choice choice = {
		.stores = stores,
		.wish = wish,
		.reach = reach,
		.tx = reach ? pick(tx_rows(stores), wish) : -1,
		// all receivers have the same timing
		.rx = reach ? pick(receivers[0].rx, wish) : -1,
	};

	*loops = (struct cmspi_loops){
		.slots = { [CMSPI_SLOT_CORE] = choose_core(stores, wish) },
		// of dummy clocks, and of lines that have no fast loop
		.delay_rounds = rounds_of_half_clock(wish),
		.cs_rounds = rounds_for((uint64_t)wish->core_max_khz * CS_HIGH_NS / 1000000),
	};
	loops->in_cells = loops->slots[CMSPI_SLOT_CORE] == &core_program_cells;
	loops->out_cells = loops->slots[CMSPI_SLOT_CORE] == &core_read_cells;
	if (wish->unpack)
		loops->slots[CMSPI_SLOT_UNPACK] = &unpack;
	put_transmitter(&choice, loops);
	if (wish->send_dual)
		put_wide_transmitter(&choice, 2, loops);
	if (wish->send_quad)
		put_wide_transmitter(&choice, 4, loops);
	if (wish->plain)
		put_receiver(&choice, 1, loops);
	if (wish->dual)
		put_receiver(&choice, 2, loops);
	if (wish->quad)
		put_receiver(&choice, 4, loops);
	put_sinks(&choice, loops);
}

static uint32_t cycles_of(const struct cmspi_stores *stores, const struct cmspi_loop_wish *wish,
	enum cmspi_slot slot)
{
	struct cmspi_loops loops;

	cmspi_loops_choose(stores, wish, &loops);
	return loops.cycles[slot];
}

uint32_t cmspi_loops_read_cycles(const struct cmspi_stores *stores,
	const struct cmspi_loop_wish *wish, unsigned int lines)
{
	struct cmspi_loop_wish read = *wish;

	read.receive = true;
	read.plain = lines == 1;
	read.dual = lines == 2;
	read.quad = lines == 4;
	return cycles_of(stores, &read, cmspi_rx_slot(lines));
}

uint32_t cmspi_loops_send_cycles(const struct cmspi_stores *stores,
	const struct cmspi_loop_wish *wish, unsigned int lines)
{
	struct cmspi_loop_wish send = *wish;

	send.program = true;
	send.send_dual = lines == 2;
	send.send_quad = lines == 4;
	return cycles_of(stores, &send, cmspi_tx_slot(lines));
}

/* Thumb STR Rt, [Rn, #imm5 * 4] is 01100 iiiii nnn ttt, LSRS Rd, Rm, #imm5
 * is 00001 iiiii mmm ddd (ARMv6-M ARM, DDI 0419, A6.7.59 and A6.7.36). */
#define OPCODE_MASK	0xf800
#define STR_CODE	0x6000
#define LSRS_CODE	0x0800
#define IMM5_SHIFT	6
#define IMM5_MASK	(0x1f << IMM5_SHIFT)
#define RM_SHIFT	3
#define RM_MASK		(7 << RM_SHIFT)

static uint16_t fit_store(const struct cmspi_stores *stores, uint16_t code, unsigned int imm5)
{
	const uint32_t base = cmspi_loops_clk_base(stores);
	uint32_t value = imm5;

	if (imm5 == CMSPI_PATCH_LOW / 4)
		value = (stores->clk_low.addr - base) / 4;
	else if (imm5 == CMSPI_PATCH_HIGH / 4)
		value = (stores->clk_high.addr - base) / 4;
	return (code & ~IMM5_MASK) | value << IMM5_SHIFT;
}

/* Shift that brings a bit into the carry; by 32 is written as 0. */
static uint16_t fit_carry(unsigned int bit)
{
	return ((bit + 1) & 0x1f) << IMM5_SHIFT;
}

/* The sample that has a line is in r6 or in r1. */
static uint16_t fit_port(const struct cmspi_stores *stores, uint16_t code, unsigned int line)
{
	const unsigned int sample = stores->quad_in[line].addr == stores->in_addr ? 6 : 1;

	return (code & ~RM_MASK) | sample << RM_SHIFT | fit_carry(stores->quad_in[line].bit);
}

/* LSLS has the code of LSRS less LSRS_CODE. The two shifts of two lines take
 * the bits out of the same word one after the other: upwards where IO1 is the
 * higher one, downwards where it is the lower. */
static uint16_t fit_shift(const struct cmspi_stores *stores, uint16_t code, unsigned int imm5)
{
	const unsigned int io1 = stores->in_bit;
	const unsigned int io0 = stores->in0_bit;
	const uint16_t up = code & ~(IMM5_MASK | LSRS_CODE);
	const uint16_t down = code & ~IMM5_MASK;

	switch (imm5) {
	case CMSPI_PATCH_MISO:
		return down | fit_carry(io1);
	case CMSPI_PATCH_IO1:
		return io1 > io0 ? up | (32 - io1) << IMM5_SHIFT : down | (io1 + 1) << IMM5_SHIFT;
	case CMSPI_PATCH_IO0:
		return io1 > io0 ? up | (io1 - io0) << IMM5_SHIFT : down | (io0 - io1) << IMM5_SHIFT;
	case CMSPI_PATCH_QUAD3:
		return down | fit_carry(stores->quad_in[3].bit);
	case CMSPI_PATCH_QUAD2:
		return down | fit_carry(stores->quad_in[2].bit);
	case CMSPI_PATCH_QUAD1:
		return down | fit_carry(stores->quad_in[1].bit);
	case CMSPI_PATCH_QUAD0:
		return down | fit_carry(stores->quad_in[0].bit);
	case CMSPI_PATCH_PORT3:
		return fit_port(stores, down, 3);
	case CMSPI_PATCH_PORT2:
		return fit_port(stores, down, 2);
	case CMSPI_PATCH_PORT1:
		return fit_port(stores, down, 1);
	case CMSPI_PATCH_PORT0:
		return fit_port(stores, down, 0);
	case CMSPI_PATCH_LOWEST:
		// by 0 there is only LSLS
		return (stores->quad_in[0].bit ? down : up) | stores->quad_in[0].bit << IMM5_SHIFT;
	default:
		return code;
	}
}

static uint16_t fit_instruction(const struct cmspi_stores *stores, uint16_t code)
{
	const unsigned int imm5 = (code & IMM5_MASK) >> IMM5_SHIFT;

	if ((code & OPCODE_MASK) == STR_CODE)
		return fit_store(stores, code, imm5);
	if ((code & OPCODE_MASK) == LSRS_CODE)
		return fit_shift(stores, code, imm5);
	return code;
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
