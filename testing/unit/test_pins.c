// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_pins.c on small models of GPIO ports: for every kind of port and every
 * way to spread the pins over ports the stores are carried out, and what counts
 * is the level of the pins, ours and the neighbours'.
 */

#include "cases.h"
#include "cmspi_loops.h"
#include "cmspi_pins.h"

#include "../../contrib/loaders/spi/cmspi_abi.h"

#define PORTS		4
#define PORT_BYTES	0x10000u
#define CLEAR_SHIFT	16
/* pins of a port in the model */
#define PORT_PINS	0xffffu
/* the masked kind has a word for each combination of these pins */
#define MASKED_PINS	0xfffu

/* registers of a modelled port, offsets from its base */
#define AT_OUT		0x4000
#define AT_IN		0x4004
#define AT_SET		0x4008
#define AT_CLEAR	0x400c
#define AT_TOGGLE	0x4010

#define KINDS	CMSPI_PORT_KINDS

/* Which port each of CS, CLK, MOSI, MISO is on. */
static const struct layout {
	const char *name;
	unsigned int ports[4];
} layouts[] = {
	{ "one_port", { 0, 0, 0, 0 } },
	{ "cs_apart", { 1, 0, 0, 0 } },
	{ "clk_apart", { 0, 1, 0, 0 } },
	{ "mosi_apart", { 0, 0, 1, 0 } },
	{ "miso_apart", { 0, 0, 0, 1 } },
	{ "two_and_two", { 0, 1, 0, 1 } },
	{ "all_apart", { 0, 1, 2, 3 } },
};

#define LAYOUTS	(sizeof(layouts) / sizeof(*layouts))

/** One test: a layout, the kind of port 0, and the kind of the other ports. */
struct pins_case {
	const struct layout *layout;
	enum cmspi_port_kind first;
	enum cmspi_port_kind others;
};

struct model {
	struct cmspi_wires wires;
	struct cmspi_stores stores;
	uint32_t out[PORTS];
	/* levels of the neighbours, which must stay */
	uint32_t before[PORTS];
};

static uint32_t base_of(unsigned int port)
{
	return 0x40000000 + port * PORT_BYTES;
}

static struct cmspi_port port_of_kind(unsigned int number, enum cmspi_port_kind kind)
{
	const uint32_t base = base_of(number);
	struct cmspi_port port = { .kind = kind, .out = base + AT_OUT, .in = base + AT_IN };

	snprintf(port.name, sizeof(port.name), "P%u", number);
	if (kind == CMSPI_PORT_SET_CLEAR_WORD || kind == CMSPI_PORT_SET_CLEAR)
		port.set = base + AT_SET;
	if (kind == CMSPI_PORT_SET_CLEAR_WORD)
		port.clear_shift = CLEAR_SHIFT;
	if (kind == CMSPI_PORT_SET_CLEAR)
		port.clear = base + AT_CLEAR;
	if (kind == CMSPI_PORT_TOGGLE)
		port.toggle = base + AT_TOGGLE;
	if (kind == CMSPI_PORT_MASKED)
		port.data = base;
	return port;
}

/* ---- the ports ---- */

static void port_write_special(struct model *model, unsigned int port, uint32_t at, uint32_t word)
{
	uint32_t *out = &model->out[port];

	switch (model->wires.ports[port].kind) {
	case CMSPI_PORT_SET_CLEAR_WORD:
		assert_int_equal(at, AT_SET);
		// set wins (RM0090 rev. 19, 8.4.7)
		*out = (*out & ~(word >> CLEAR_SHIFT)) | (word & PORT_PINS);
		return;
	case CMSPI_PORT_SET_CLEAR:
		assert_true(at == AT_SET || at == AT_CLEAR);
		*out = at == AT_SET ? *out | word : *out & ~word;
		return;
	case CMSPI_PORT_TOGGLE:
		assert_int_equal(at, AT_TOGGLE);
		*out ^= word;
		return;
	case CMSPI_PORT_MASKED:
		assert_true(at / 4 <= MASKED_PINS);
		*out = (*out & ~(at / 4)) | (word & at / 4);
		return;
	case CMSPI_PORT_PLAIN:
		fail_msg("a plain port has no register at +%x", at);
	}
}

static void port_write(struct model *model, uint32_t addr, uint32_t word)
{
	const unsigned int port = (addr - base_of(0)) / PORT_BYTES;
	const uint32_t at = (addr - base_of(0)) % PORT_BYTES;

	assert_true(port < PORTS);
	if (at == AT_OUT)
		model->out[port] = word & PORT_PINS;
	else
		port_write_special(model, port, at, word);
}

/** As an executor does it: the neighbours as they were when the frame began. */
static void drive(struct model *model, const struct cmspi_store *store)
{
	const unsigned int port = (store->addr - base_of(0)) / PORT_BYTES;

	if (store->keep) {
		assert_int_equal((store->addr - base_of(0)) % PORT_BYTES, AT_OUT);
		assert_int_equal(store->word & store->keep, 0);
	}
	port_write(model, store->addr, store->word | (model->before[port] & store->keep));
}

static unsigned int level(const struct model *model, enum cmspi_line line)
{
	const struct cmspi_pin *pin = &model->wires.pins[line];

	return model->out[pin->port] >> pin->bit & 1;
}

static void assert_levels(const struct model *model, unsigned int cs, unsigned int clk,
	unsigned int mosi)
{
	uint32_t ours[PORTS] = { 0 };

	for (enum cmspi_line line = CMSPI_CS; line <= CMSPI_IO0; line++)
		ours[model->wires.pins[line].port] |= 1u << model->wires.pins[line].bit;
	assert_int_equal(level(model, CMSPI_CS), cs);
	assert_int_equal(level(model, CMSPI_CLK), clk);
	assert_int_equal(level(model, CMSPI_IO0), mosi);
	for (unsigned int i = 0; i < PORTS; i++)
		assert_int_equal(model->out[i] & ~ours[i], model->before[i] & ~ours[i]);
}

/** Idle: CS high, CLK low; the neighbours have a pattern. */
static void model_init(struct model *model, const struct pins_case *row, uint32_t pattern)
{
	static const unsigned int bits[CMSPI_LINES] = { 4, 5, 7, 6, 9, 11 };

	memset(model, 0, sizeof(*model));
	model->wires.num_ports = PORTS;
	for (unsigned int i = 0; i < PORTS; i++)
		model->wires.ports[i] = port_of_kind(i, i ? row->others : row->first);
	for (unsigned int i = 0; i < CMSPI_LINES; i++) {
		struct cmspi_pin *pin = &model->wires.pins[i];

		snprintf(pin->name, sizeof(pin->name), "X%u", i);
		pin->port = i <= CMSPI_IO1 ? row->layout->ports[i] : 0;
		pin->bit = bits[i];
	}
	for (unsigned int i = 0; i < PORTS; i++)
		model->before[i] = pattern & PORT_PINS;
	for (enum cmspi_line line = CMSPI_CS; line <= CMSPI_IO0; line++)
		model->before[model->wires.pins[line].port] &= ~(1u << bits[line]);
	model->before[model->wires.pins[CMSPI_CS].port] |= 1u << bits[CMSPI_CS];
	memcpy(model->out, model->before, sizeof(model->out));
	cmspi_pins_stores(&model->wires, &model->stores);
}

/* ---- the stores ---- */

/** One bit goes out, after one of either value. */
static void send_bit(struct model *model, unsigned int bit)
{
	const struct cmspi_stores *stores = &model->stores;

	if (!stores->clk_with_data)
		drive(model, &stores->clk_low);
	drive(model, &stores->data[bit]);
	assert_levels(model, 0, 0, bit);
	drive(model, &stores->data_clk_high[bit]);
	assert_levels(model, 0, 1, bit);
}

/** What the loops of the stub take for granted. */
static void pins_stores_keep_their_promises(const struct pins_case *row)
{
	struct model model;
	const struct cmspi_stores *stores = &model.stores;

	model_init(&model, row, 0);
	assert_int_equal(stores->data[0].addr, stores->data[1].addr);
	assert_int_equal(stores->data[0].keep, stores->data[1].keep);
	assert_int_equal(stores->data_clk_high[0].addr, stores->data_clk_high[1].addr);
	assert_int_equal(stores->clk_with_data, row->layout->ports[CMSPI_CLK] ==
		row->layout->ports[CMSPI_IO0]);
	assert_int_equal(stores->clk_high_constant,
		stores->data_clk_high[0].word == stores->data_clk_high[1].word);
	assert_int_equal(stores->in_addr, base_of(row->layout->ports[CMSPI_IO1]) + AT_IN);
	assert_int_equal(stores->in_bit, 6);
}

static void pins_frame_has_the_right_levels(void **state)
{
	static const uint32_t patterns[] = { 0, 0xffff, 0xa5a5, 0x5a5a };
	const uint8_t data = 0xb2;	// every pair of neighbouring bits

	pins_stores_keep_their_promises(*state);
	for (unsigned int i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct model model;
		const struct cmspi_stores *stores = &model.stores;

		model_init(&model, *state, patterns[i]);
		drive(&model, &stores->cs_low);
		assert_levels(&model, 0, 0, 0);
		for (unsigned int bit = 8; bit--;)
			send_bit(&model, data >> bit & 1);
		const unsigned int mosi = stores->clk_with_data ? 0 : data & 1;
		for (unsigned int clock = 0; clock < 3; clock++) {
			drive(&model, &stores->clk_low);
			assert_levels(&model, 0, 0, mosi);
			drive(&model, &stores->clk_high);
			assert_levels(&model, 0, 1, mosi);
		}
		drive(&model, &stores->clk_low);
		drive(&model, &stores->cs_high);
		assert_int_equal(level(&model, CMSPI_CS), 1);
		assert_levels(&model, 1, 0, level(&model, CMSPI_IO0));
	}
}

/* ---- the other functions ---- */

static const struct pins_case plain_case = {
	&layouts[0], CMSPI_PORT_SET_CLEAR_WORD, CMSPI_PORT_SET_CLEAR_WORD,
};

static void pins_check_says(struct model *model, const char *expected)
{
	char why[128] = "?";

	cmspi_pins_check(&model->wires, why, sizeof(why));
	assert_string_equal(why, expected);
}

static void pins_check_is_silent_on_good_wiring(void **state)
{
	struct model model;

	(void)state;
	model_init(&model, &plain_case, 0);
	pins_check_says(&model, "");
	model.wires.pins[CMSPI_IO2].name[0] = '\0';
	model.wires.pins[CMSPI_IO3].name[0] = '\0';
	pins_check_says(&model, "");
	// the same bit of another port is another pin
	model.wires.pins[CMSPI_CLK].port = 1;
	model.wires.pins[CMSPI_CLK].bit = model.wires.pins[CMSPI_CS].bit;
	pins_check_says(&model, "");
}

static void pins_check_names_the_missing_line(void **state)
{
	static const char * const sentences[] = {
		"no pin for cs: add -cs PIN", "no pin for clk: add -clk PIN",
		"no pin for mosi: add -mosi PIN", "no pin for miso: add -miso PIN",
	};

	(void)state;
	for (enum cmspi_line line = CMSPI_CS; line <= CMSPI_IO1; line++) {
		struct model model;

		model_init(&model, &plain_case, 0);
		model.wires.pins[line].name[0] = '\0';
		pins_check_says(&model, sentences[line]);
	}
}

static void pins_check_names_both_lines_of_a_pin(void **state)
{
	(void)state;
	for (enum cmspi_line a = CMSPI_CS; a < CMSPI_LINES; a++) {
		for (enum cmspi_line b = a + 1; b < CMSPI_LINES; b++) {
			struct model model;
			char expected[128];

			model_init(&model, &plain_case, 0);
			model.wires.pins[b] = model.wires.pins[a];
			snprintf(expected, sizeof(expected), "%s is both %s and %s: each line needs a "
				"pin of its own", model.wires.pins[a].name, cmspi_line_name(a),
				cmspi_line_name(b));
			pins_check_says(&model, expected);
		}
	}
}

static void pins_check_keeps_to_its_buffer(void **state)
{
	struct model model;
	char why[16];

	(void)state;
	model_init(&model, &plain_case, 0);
	model.wires.pins[CMSPI_CS].name[0] = '\0';
	memset(why, 'x', sizeof(why));
	cmspi_pins_check(&model.wires, why, 8);
	assert_string_equal(why, "no pin ");
	assert_int_equal(why[8], 'x');
}

static void pins_lines_have_the_names_of_the_options(void **state)
{
	static const char * const names[CMSPI_LINES] = {
		"cs", "clk", "mosi", "miso", "io2", "io3",
	};

	(void)state;
	for (enum cmspi_line line = CMSPI_CS; line < CMSPI_LINES; line++)
		assert_string_equal(cmspi_line_name(line), names[line]);
}

/** Every kind alone; mixed kinds only where there is a second port. */
static void add_layouts(struct cases *cases)
{
	static struct pins_case rows[LAYOUTS * KINDS * KINDS];
	struct pins_case *row = rows;

	for (unsigned int i = 0; i < LAYOUTS * KINDS * KINDS; i++) {
		const struct layout *layout = &layouts[i / (KINDS * KINDS)];
		const unsigned int first = i / KINDS % KINDS;
		const unsigned int others = i % KINDS;

		if (layout == &layouts[0] && first != others)
			continue;
		*row = (struct pins_case) { layout, first, others };
		cases_add(cases, pins_frame_has_the_right_levels, row++,
			"pins_frame_has_the_right_levels_%s_%s_%s", layout->name,
			cmspi_port_kind_name(first), cmspi_port_kind_name(others));
	}
}

static void pins_of_a_neighbour_are_deselected(void **state)
{
	static struct cmspi_wires mine, other;

	(void)state;
	// ports in another order: what counts is the register
	mine = (struct cmspi_wires) {
		.ports = { { "A", .out = 0x10 }, { "B", .out = 0x20 } },
		.num_ports = 2,
		.pins = {
			{ .name = "PA0", .port = 0, .bit = 0 },
			{ .name = "PA1", .port = 0, .bit = 1 },
			{ .name = "PA2", .port = 0, .bit = 2 },
			{ .name = "PB3", .port = 1, .bit = 3 },
		},
		.setups = { { .addr = 1 }, { .addr = 2 } },
		.num_setups = 2,
	};
	other = (struct cmspi_wires) {
		.ports = { { "B", .out = 0x20 }, { "A", .out = 0x10 } },
		.num_ports = 2,
		.pins = {
			{ .name = "PB0", .port = 0, .bit = 0 },
			{ .name = "PB1", .port = 0, .bit = 1 },
			{ .name = "PB2", .port = 0, .bit = 2 },
			{ .name = "PB3", .port = 0, .bit = 3 },
		},
		.deselects = { { .addr = 7, .mask = 1, .value = 1 } },
		.num_deselects = 1,
	};
	assert_true(cmspi_pins_share_bus(&mine, &other));
	assert_true(cmspi_pins_deselect(&mine, &other));
	assert_int_equal(mine.num_setups, 3);
	assert_int_equal(mine.setups[2].addr, 7);
	mine.num_setups = CMSPI_SETUPS;
	assert_false(cmspi_pins_deselect(&mine, &other));
	other.pins[CMSPI_IO1].bit = 4;
	assert_false(cmspi_pins_share_bus(&mine, &other));
	// the chip itself under another name
	assert_false(cmspi_pins_share_bus(&mine, &mine));
}

/* Four lines on one port at these bits, and directions in registers of four pins. */
static struct cmspi_stores quad_stores(const unsigned int *bits)
{
	struct cmspi_wires wires = {
		.ports = { port_of_kind(0, CMSPI_PORT_SET_CLEAR_WORD) },
		.num_ports = 1,
		.pins = { { .name = "P0", .bit = 12 }, { .name = "P1", .bit = 13 } },
	};
	struct cmspi_stores stores = { 0 };

	for (unsigned int i = 0; i < 4; i++) {
		const unsigned int shift = 4 * (bits[i] % 4);

		wires.pins[CMSPI_IO0 + i] = (struct cmspi_pin){
			.name = "IO",
			.bit = bits[i],
			.turn = { 0x100 + bits[i] / 4, 0xfu << shift, 0, 3u << shift },
		};
	}
	cmspi_pins_stores(&wires, &stores);
	return stores;
}

static void pins_in_order_are_found(void **state)
{
	(void)state;
	const unsigned int order[] = { 3, 4, 5, 6 }, swapped[] = { 3, 4, 6, 5 };
	const unsigned int high[] = { 17, 18, 19, 20 };

	struct cmspi_stores stores = quad_stores(order);

	assert_true(stores.quad && stores.quad_one_port && stores.quad_in_order);
	stores = quad_stores(swapped);
	assert_true(stores.quad && stores.quad_one_port);
	assert_false(stores.quad_in_order);
	stores = quad_stores(high);
	assert_true(stores.quad_one_port);
	assert_false(stores.quad_in_order);
}

/* MOSI alone comes first, for reads on two lines; the upper two turn at once. */
static void pins_turn_by_register(void **state)
{
	(void)state;
	const unsigned int together[] = { 0, 1, 2, 3 }, apart[] = { 0, 1, 3, 4 };
	struct cmspi_stores stores = quad_stores(together);

	assert_int_equal(cmspi_pins_turns(&stores, 1), 0);
	assert_int_equal(cmspi_pins_turns(&stores, 2), 1);
	assert_int_equal(cmspi_pins_turns(&stores, 4), 2);
	assert_int_equal(stores.turns[0].mask, 0x000f);
	assert_int_equal(stores.turns[1].mask, 0xff00);
	assert_int_equal(stores.turns[1].out, 0x3300);
	stores = quad_stores(apart);
	assert_int_equal(cmspi_pins_turns(&stores, 4), 3);
	assert_int_equal(stores.turns[1].addr, 0x100);
	assert_int_equal(stores.turns[2].addr, 0x101);
}

/* IO0 and IO1 turn alone for two lines, all for four; between frames IO1 is the only
 * input. */
static void pins_turn_to_three_states(void **state)
{
	(void)state;
	const unsigned int together[] = { 0, 1, 2, 3 }, apart[] = { 0, 4, 8, 12 };
	struct cmspi_stores stores = quad_stores(together);

	assert_true(stores.send_quad && stores.send_dual);
	assert_int_equal(cmspi_pins_wide_turns(&stores, 2), 1);
	assert_int_equal(cmspi_pins_wide_turns(&stores, 4), 2);
	assert_int_equal(stores.wide_turns[0].mask, 0x00ff);
	assert_int_equal(stores.wide_turns[0].receive, 0);
	assert_int_equal(stores.wide_turns[0].rest, 0x0003);
	assert_int_equal(stores.wide_turns[0].send, 0x0033);
	assert_int_equal(stores.wide_turns[1].rest, 0x3300);
	stores = quad_stores(apart);
	assert_int_equal(cmspi_pins_wide_turns(&stores, 2), 2);
	assert_int_equal(cmspi_pins_wide_turns(&stores, 4), 4);
}

/* All 16 values by one store, which takes CLK (bit 13) low. */
static void pins_send_four_lines_by_one_store(void **state)
{
	(void)state;
	const unsigned int bits[] = { 3, 1, 2, 8 };
	const struct cmspi_stores stores = quad_stores(bits);
	const struct cmspi_wide_port *port = &stores.wide_ports[0];

	assert_int_equal(stores.num_wide_ports, 1);
	assert_true(stores.wide_clk_with_data);
	assert_false(stores.wide_clk_adds);
	assert_int_equal(port->addr, stores.clk_low.addr);
	for (unsigned int value = 0; value < CMSPI_NIBBLES; value++) {
		const uint32_t high = (value & 1) << 3 | (value >> 1 & 1) << 1 |
			(value >> 2 & 1) << 2 | (value >> 3) << 8;

		assert_int_equal(port->words[value], high | (0x210e & ~high) << 16);
	}
}

/* LSRS Rd, Rm, #imm5 is 00001 iiiii mmm ddd, LSLS 00000 (ARMv6-M ARM, A6.7). */
static uint16_t fitted_shift(const struct cmspi_stores *stores, unsigned int imm5)
{
	const uint16_t lsrs = 0x0800 | 6 << 3 | 1;
	uint8_t code[2] = { 0 };

	code[0] = (lsrs | imm5 << 6) & 0xff;
	code[1] = (lsrs | imm5 << 6) >> 8;
	cmspi_loop_fit(stores, code, sizeof(code));
	return code[0] | code[1] << 8;
}

static void pins_fit_the_loops_of_four_lines(void **state)
{
	(void)state;
	const unsigned int bits[] = { 31, 0, 7, 11 }, order[] = { 5, 6, 7, 8 };
	const unsigned int lowest[] = { 0, 1, 2, 3 };
	struct cmspi_stores stores = quad_stores(bits);

	// by 32 is written as 0
	assert_int_equal(fitted_shift(&stores, CMSPI_PATCH_QUAD0), 0x0831);
	assert_int_equal(fitted_shift(&stores, CMSPI_PATCH_QUAD1), 0x0831 | 1 << 6);
	assert_int_equal(fitted_shift(&stores, CMSPI_PATCH_QUAD2), 0x0831 | 8 << 6);
	assert_int_equal(fitted_shift(&stores, CMSPI_PATCH_QUAD3), 0x0831 | 12 << 6);
	stores = quad_stores(order);
	assert_int_equal(fitted_shift(&stores, CMSPI_PATCH_LOWEST), 0x0831 | 5 << 6);
	stores = quad_stores(lowest);
	assert_int_equal(fitted_shift(&stores, CMSPI_PATCH_LOWEST), 0x0031);
	// a shift that is meant
	assert_int_equal(fitted_shift(&stores, 4), 0x0831 | 4 << 6);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	add_layouts(&cases);
	CASES_ADD(&cases, pins_check_is_silent_on_good_wiring);
	CASES_ADD(&cases, pins_check_names_the_missing_line);
	CASES_ADD(&cases, pins_check_names_both_lines_of_a_pin);
	CASES_ADD(&cases, pins_check_keeps_to_its_buffer);
	CASES_ADD(&cases, pins_lines_have_the_names_of_the_options);
	CASES_ADD(&cases, pins_of_a_neighbour_are_deselected);
	CASES_ADD(&cases, pins_in_order_are_found);
	CASES_ADD(&cases, pins_turn_by_register);
	CASES_ADD(&cases, pins_turn_to_three_states);
	CASES_ADD(&cases, pins_send_four_lines_by_one_store);
	CASES_ADD(&cases, pins_fit_the_loops_of_four_lines);
	return cases_run(&cases, "pins", argc, argv);
}
