// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_loops.c: of the stub's parts a batch gets those that it needs and no
 * more, and none that clocks the chip faster than allowed on any core.
 */

#include "cases.h"
#include "cmspi_loops.h"

/* CLK and MOSI by one set/clear register. */
#define SET_CLEAR_REGISTER \
	.clk_low = { .addr = 0x40020018 }, \
	.clk_high = { .addr = 0x40020018 }, \
	.clk_with_data = true, \
	.clk_high_constant = true, \
	.dual = true, \
	.quad = true

/* All four data pins on that port. */
static const struct cmspi_stores one_port = {
	SET_CLEAR_REGISTER,
	.quad_one_port = true,
	.num_wide_ports = 1,
	.wide_clk_with_data = true,
};

/* IO2 and IO3 on another one. */
static const struct cmspi_stores four_lines_on_two_ports = {
	SET_CLEAR_REGISTER,
	.quad_other_addr = 0x40020410,
	.num_wide_ports = 2,
};

/* Two stores a bit with a register that has to be written as a whole. */
static const struct cmspi_stores plain_register = {
	.clk_low = { .addr = 0x40020014 },
	.clk_high = { .addr = 0x40020014 },
	.clk_with_data = true,
};

/* CLK on another port: three. */
static const struct cmspi_stores two_ports = {
	.clk_low = { .addr = 0x40020418 },
	.clk_high = { .addr = 0x40020418 },
};

/* ---- only what is needed ------------------------------------------------- */

#define SLOT(name)	(1u << CMSPI_SLOT_##name)
#define ALL_SMALL	(SLOT(TX1) | SLOT(TX2) | SLOT(TX4) | SLOT(RX1) | SLOT(RX2) | \
	SLOT(RX4) | SLOT(CRC) | SLOT(BLANK))

static const struct needed_case {
	const char *name;
	struct cmspi_loop_wish wish;
	/** bit by slot beside core and transmit loop, which every batch needs */
	unsigned int slots;
} needed[] = {
	{ "a_program_needs_to_send_and_to_see_status", { .program = true, .plain = true }, SLOT(RX1) },
	{ "a_packed_program_the_decoder_too", { .program = true, .plain = true, .unpack = true },
		SLOT(RX1) | SLOT(UNPACK) },
	{ "a_read_its_own_receive_loop", { .receive = true, .plain = true }, SLOT(RX1) },
	{ "a_read_on_two_lines_no_other", { .receive = true, .dual = true }, SLOT(RX2) },
	{ "a_read_on_four_lines_no_other", { .receive = true, .quad = true }, SLOT(RX4) },
	{ "reads_on_one_and_two_lines_both", { .receive = true, .plain = true, .dual = true },
		SLOT(RX1) | SLOT(RX2) },
	{ "a_checksum_receives_by_itself", { .crc = true, .sink_lines = 2 }, SLOT(CRC) },
	{ "a_blank_check_too", { .blank = true, .sink_lines = 1 }, SLOT(BLANK) },
	{ "a_checksum_without_table_goes_byte_by_byte",
		{ .crc = true, .sink_lines = 2, .small = SLOT(CRC) },
		SLOT(CRC) | SLOT(RX2) },
	{ "a_small_checksum_as_well", { .crc = true, .sink_lines = 1, .small = ALL_SMALL },
		SLOT(CRC) | SLOT(RX1) },
	{ "a_comparing_write_all_that_it_does",
		{ .program = true, .plain = true, .receive = true, .crc = true, .sink_lines = 2 },
		SLOT(RX1) | SLOT(CRC) },
};

static void choose(const struct cmspi_stores *stores, struct cmspi_loop_wish wish,
	struct cmspi_loops *loops)
{
	if (!wish.core_max_khz)
		wish.core_max_khz = 16000;
	cmspi_loops_choose(stores, &wish, loops);
}

static uint32_t image_bytes(const struct cmspi_loops *loops)
{
	uint32_t bytes = 4 * (loops->data_table * CMSPI_DATA_TABLE_WORDS +
		loops->crc_table * CMSPI_CRC_TABLE_WORDS);

	for (unsigned int i = 0; i < CMSPI_SLOTS; i++) {
		if (loops->slots[i])
			bytes += loops->slots[i]->size_bytes;
	}
	return bytes;
}

static void loops_needed(void **state)
{
	const struct needed_case *row = *state;
	const unsigned int wanted = row->slots | SLOT(CORE) | SLOT(TX1);
	struct cmspi_loops loops;
	unsigned int found = 0;

	choose(&one_port, row->wish, &loops);
	for (unsigned int i = 0; i < CMSPI_SLOTS; i++) {
		if (!loops.slots[i])
			continue;
		found |= 1u << i;
		assert_true(loops.slots[i]->size_bytes > 0);
	}
	assert_int_equal(found, wanted);
	assert_int_equal(loops.crc_table, row->wish.crc && !(row->wish.small & SLOT(CRC)));
	assert_int_equal(loops.data_table, !(row->wish.small & SLOT(TX1)));
}

/** The core, too, has only the kinds of steps that are in the batch. */
static void loops_core_is_no_larger_than_the_batch(void **state)
{
	static const struct cmspi_loop_wish program = { .program = true, .plain = true };
	static const struct cmspi_loop_wish packed = { .program = true, .plain = true, .unpack = true };
	static const struct cmspi_loop_wish fetch = { .receive = true, .plain = true };
	static const struct cmspi_loop_wish sums = { .crc = true, .sink_lines = 1 };
	static const struct cmspi_loop_wish all = { .program = true, .plain = true, .receive = true };
	struct cmspi_loops of_all, loops;

	(void)state;
	choose(&one_port, all, &of_all);
	const uint32_t all_bytes = of_all.slots[CMSPI_SLOT_CORE]->size_bytes;
	const struct cmspi_loop_wish * const parts[] = { &program, &fetch, &sums };
	for (unsigned int i = 0; i < 3; i++) {
		choose(&one_port, *parts[i], &loops);
		assert_true(loops.slots[CMSPI_SLOT_CORE]->size_bytes < all_bytes);
		for (unsigned int k = 0; k < i; k++) {
			struct cmspi_loops other;

			choose(&one_port, *parts[k], &other);
			assert_ptr_not_equal(loops.slots[CMSPI_SLOT_CORE], other.slots[CMSPI_SLOT_CORE]);
		}
	}
	choose(&one_port, packed, &loops);
	assert_ptr_not_equal(loops.slots[CMSPI_SLOT_CORE], of_all.slots[CMSPI_SLOT_CORE]);
}

/** Each slot by itself; what is smaller takes longer. */
static void loops_that_may_be_small_are_smaller(void **state)
{
	struct cmspi_loop_wish wish = {
		.program = true, .plain = true, .dual = true, .quad = true,
		.crc = true, .blank = true, .sink_lines = 1,
	};
	struct cmspi_loops fast;

	(void)state;
	choose(&one_port, wish, &fast);
	for (unsigned int slot = CMSPI_SLOT_TX1; slot <= CMSPI_SLOT_BLANK; slot++) {
		struct cmspi_loops loops;

		if (!fast.slots[slot])
			continue;
		wish.small = 1u << slot;
		choose(&one_port, wish, &loops);
		assert_true(image_bytes(&loops) < image_bytes(&fast));
		assert_true(loops.cycles[slot] > fast.cycles[slot]);
	}
}

/** Whatever the batch asks for: the proxy and loops with a delay. */
static void loops_of_the_proxy_are_small(void **state)
{
	const struct cmspi_loop_wish wish = {
		.program = true, .receive = true, .plain = true, .words = true,
		.small = UINT32_MAX, .proxy = true,
	};
	struct cmspi_loops loops;

	(void)state;
	choose(&one_port, wish, &loops);
	assert_false(loops.data_table);
	// so that context, stack and a page find room in 1 KiB
	assert_true(image_bytes(&loops) <= 272);
}

/** A core for what is programmed and read leaves the sums out. */
static void loops_core_without_sums_is_smaller(void **state)
{
	struct cmspi_loop_wish wish = { .program = true, .plain = true, .receive = true };
	struct cmspi_loops without, with;

	(void)state;
	choose(&one_port, wish, &without);
	wish.crc = true;
	choose(&one_port, wish, &with);
	assert_true(without.slots[CMSPI_SLOT_CORE]->size_bytes <
		with.slots[CMSPI_SLOT_CORE]->size_bytes);
}

/* ---- the clock ----------------------------------------------------------- */

/* On the fastest core a round of the delay is two cycles, SUBS and BNE; around it are
 * in a dummy clock two of STR and MOVS, and SUBS and BPL. */
static uint64_t dummy_clock_cycles(const struct cmspi_loops *loops)
{
	return 4 * (uint64_t)loops->delay_rounds + 6;
}

static bool keeps(uint64_t period_cycles, const struct cmspi_loop_wish *wish)
{
	return wish->core_max_khz <= period_cycles * wish->limit_khz;
}

/* Loops for all lines; the data of sums come on these. */
static struct cmspi_loop_wish wish_for_all(unsigned int sink_lines)
{
	return (struct cmspi_loop_wish) {
		.program = true, .send_dual = true, .send_quad = true,
		.plain = true, .dual = true, .quad = true,
		.crc = true, .blank = true, .sink_lines = sink_lines,
	};
}

static void expect_all_keep(const struct cmspi_stores *stores, const struct cmspi_loop_wish *wish)
{
	struct cmspi_loops loops;

	cmspi_loops_choose(stores, wish, &loops);
	for (unsigned int slot = CMSPI_SLOT_TX1; slot <= CMSPI_SLOT_BLANK; slot++) {
		assert_non_null(loops.slots[slot]);
		// 0: with a delay, or the bytes come from another loop
		if (loops.slots[slot]->fastest_period)
			assert_true(keeps(loops.slots[slot]->fastest_period, wish));
	}
	// dummy clocks have a delay with any loops
	assert_true(keeps(dummy_clock_cycles(&loops), wish));
}

static void loops_never_clock_faster_than_the_limit(void **state)
{
	const struct cmspi_stores *stores = *state;
	static const uint32_t core_khz[] = { 2000, 16000, 48000, 64000, 168000, 280000, 600000 };
	static const uint32_t limit_khz[] = { 50, 500, 1000, 8000, 20000, 33000, 50000, 133000 };

	for (unsigned int i = 0; i < sizeof(core_khz) / sizeof(*core_khz); i++) {
		for (unsigned int k = 0; k < sizeof(limit_khz) / sizeof(*limit_khz); k++) {
			for (unsigned int lines = 1; lines <= 4; lines *= 2) {
				struct cmspi_loop_wish wish = wish_for_all(lines);

				wish.core_max_khz = core_khz[i];
				wish.limit_khz = limit_khz[k];
				expect_all_keep(stores, &wish);
			}
		}
	}
}

/** Padding is taken before the loop with a delay, and no more of it than needed. */
static void loops_get_slower_step_by_step(void **state)
{
	uint32_t tx_cycles = 0;
	unsigned int steps = 0;

	(void)state;
	for (uint32_t limit_khz = 133000; limit_khz >= 1000; limit_khz -= 1000) {
		const struct cmspi_loop_wish wish = {
			.core_max_khz = 168000, .limit_khz = limit_khz, .program = true, .plain = true,
		};
		struct cmspi_loops loops;

		cmspi_loops_choose(&one_port, &wish, &loops);
		assert_true(loops.cycles[CMSPI_SLOT_TX1] >= tx_cycles);
		steps += loops.cycles[CMSPI_SLOT_TX1] > tx_cycles;
		tx_cycles = loops.cycles[CMSPI_SLOT_TX1];
	}
	// four pads besides none, then delays of many lengths
	assert_true(steps > 5);
}

/** What is not limited is not padded for its clock, only for the time that the
 * chip takes to drive a bit. */
static void loops_without_limit_are_the_fastest(void **state)
{
	const struct cmspi_loop_wish wish = { .core_max_khz = 16000, .program = true, .plain = true };
	struct cmspi_loops loops;

	(void)state;
	cmspi_loops_choose(&one_port, &wish, &loops);
	assert_int_equal(loops.cycles[CMSPI_SLOT_TX1], 56);
	assert_int_equal(loops.cycles[CMSPI_SLOT_RX1], 68);
	cmspi_loops_choose(&plain_register, &wish, &loops);
	assert_int_equal(loops.cycles[CMSPI_SLOT_TX1], 64);
	cmspi_loops_choose(&two_ports, &wish, &loops);
	assert_int_equal(loops.cycles[CMSPI_SLOT_TX1], 77);
	assert_int_equal(loops.delay_rounds, 1);
}

/** The stores of the fast loops reach 31 words. */
static void loops_of_registers_far_apart_have_a_delay(void **state)
{
	const struct cmspi_loop_wish wish = { .program = true, .plain = true };
	struct cmspi_stores far_apart = one_port;
	struct cmspi_loops loops;

	(void)state;
	far_apart.clk_high.addr += 0x1000;
	choose(&far_apart, wish, &loops);
	assert_false(loops.data_table);
	choose(&one_port, wish, &loops);
	assert_true(loops.data_table);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		cases_add(&cases, loops_needed, &needed[i], "loops_%s", needed[i].name);
	CASES_ADD(&cases, loops_core_is_no_larger_than_the_batch);
	CASES_ADD(&cases, loops_that_may_be_small_are_smaller);
	CASES_ADD(&cases, loops_core_without_sums_is_smaller);
	CASES_ADD(&cases, loops_of_the_proxy_are_small);
	cases_add(&cases, loops_never_clock_faster_than_the_limit, &one_port,
		"loops_of_one_port_never_clock_faster_than_the_limit");
	cases_add(&cases, loops_never_clock_faster_than_the_limit, &four_lines_on_two_ports,
		"loops_of_four_lines_on_two_ports_never_clock_faster_than_the_limit");
	cases_add(&cases, loops_never_clock_faster_than_the_limit, &plain_register,
		"loops_of_a_plain_register_never_clock_faster_than_the_limit");
	cases_add(&cases, loops_never_clock_faster_than_the_limit, &two_ports,
		"loops_of_two_ports_never_clock_faster_than_the_limit");
	CASES_ADD(&cases, loops_get_slower_step_by_step);
	CASES_ADD(&cases, loops_without_limit_are_the_fastest);
	CASES_ADD(&cases, loops_of_registers_far_apart_have_a_delay);
	return cases_run(&cases, "loops", argc, argv);
}
