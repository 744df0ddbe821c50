// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Pins as data: computes, from the port kinds and bits of a wiring, the
 * stores that drive chip select, clock and data. A port with a set/clear
 * register takes a bit in one store; on the others the store is to the whole
 * output register and carries the neighbours' bits along.
 */

#include "cmspi_pins.h"

#include <stdio.h>
#include <string.h>

static const char * const line_names[CMSPI_LINES] = {
	[CMSPI_CS] = "cs",
	[CMSPI_CLK] = "clk",
	[CMSPI_IO0] = "mosi",
	[CMSPI_IO1] = "miso",
	[CMSPI_IO2] = "io2",
	[CMSPI_IO3] = "io3",
};

static const char * const kind_names[CMSPI_PORT_KINDS] = {
	[CMSPI_PORT_SET_CLEAR_WORD] = "set_clear_word",
	[CMSPI_PORT_SET_CLEAR] = "set_clear",
	[CMSPI_PORT_TOGGLE] = "toggle",
	[CMSPI_PORT_MASKED] = "masked",
	[CMSPI_PORT_PLAIN] = "plain",
};

const char *cmspi_port_kind_name(enum cmspi_port_kind kind)
{
	return kind_names[kind];
}

const char *cmspi_line_name(enum cmspi_line line)
{
	return line_names[line];
}

static const struct cmspi_port *port_of(const struct cmspi_wires *wires, enum cmspi_line line)
{
	return &wires->ports[wires->pins[line].port];
}

static uint32_t bit_of(const struct cmspi_wires *wires, enum cmspi_line line)
{
	return UINT32_C(1) << wires->pins[line].bit;
}

/* Bits of a port that a whole-port store must carry along. IO2 and IO3 are
 * among them: the set-up list has driven them high, there they stay. */
static uint32_t bits_to_keep(const struct cmspi_wires *wires, unsigned int port)
{
	uint32_t ours = 0;

	for (enum cmspi_line line = CMSPI_CS; line <= CMSPI_IO0; line++) {
		if (wires->pins[line].port == port)
			ours |= bit_of(wires, line);
	}
	return ~ours;
}

/* A store that drives the pins in mask, all on the port of line, to value. */
static struct cmspi_store store_pins(const struct cmspi_wires *wires, enum cmspi_line line,
	uint32_t mask, uint32_t value)
{
	const struct cmspi_port *port = port_of(wires, line);
	struct cmspi_store store = { 0 };

	switch (port->kind) {
	case CMSPI_PORT_SET_CLEAR_WORD:
		store.addr = port->set;
		store.word = value | (mask & ~value) << port->clear_shift;
		return store;
	case CMSPI_PORT_MASKED:
		store.addr = port->data + (mask << 2);
		store.word = value;
		return store;
	case CMSPI_PORT_SET_CLEAR:
		// a single direction fits the set or the clear register
		if (value == mask || !value) {
			store.addr = value ? port->set : port->clear;
			store.word = mask;
			return store;
		}
		break;
	case CMSPI_PORT_TOGGLE:
	case CMSPI_PORT_PLAIN:
		break;
	}
	store.addr = port->out;
	store.word = value;
	store.keep = bits_to_keep(wires, wires->pins[line].port);
	return store;
}

struct cmspi_store cmspi_pins_level(const struct cmspi_wires *wires, enum cmspi_line line,
	bool high)
{
	struct cmspi_store store =
		store_pins(wires, line, bit_of(wires, line), high ? bit_of(wires, line) : 0);

	// a whole-port store must not drop the other wires
	if (store.keep)
		store.keep = ~bit_of(wires, line);
	return store;
}

/* CLK goes high by one store while MOSI, on the same port or not, has value. */
static struct cmspi_store store_clk_high(const struct cmspi_wires *wires, uint32_t mosi)
{
	const struct cmspi_port *port = port_of(wires, CMSPI_CLK);
	const uint32_t clk = bit_of(wires, CMSPI_CLK);

	if (port->kind == CMSPI_PORT_TOGGLE)
		return (struct cmspi_store){ .addr = port->toggle, .word = clk };

	struct cmspi_store store = store_pins(wires, CMSPI_CLK, clk, clk);
	// a whole-port store must not drop MOSI
	if (store.keep)
		store.word |= mosi;
	return store;
}

/* CLK low and MOSI as given in one store to their common port. A port with
 * set and clear registers takes the output register here for both values,
 * so that the address is the same. */
static struct cmspi_store store_data_common(const struct cmspi_wires *wires, uint32_t mosi)
{
	const struct cmspi_port *port = port_of(wires, CMSPI_CLK);
	const uint32_t mask = bit_of(wires, CMSPI_CLK) | bit_of(wires, CMSPI_IO0);

	if (port->kind != CMSPI_PORT_SET_CLEAR)
		return store_pins(wires, CMSPI_CLK, mask, mosi);
	return (struct cmspi_store){
		.addr = port->out,
		.word = mosi,
		.keep = bits_to_keep(wires, wires->pins[CMSPI_CLK].port),
	};
}

/* MOSI alone, with the same address for both values. */
static struct cmspi_store store_data_alone(const struct cmspi_wires *wires, uint32_t mosi)
{
	const struct cmspi_port *port = port_of(wires, CMSPI_IO0);

	if (port->kind != CMSPI_PORT_SET_CLEAR)
		return store_pins(wires, CMSPI_IO0, bit_of(wires, CMSPI_IO0), mosi);
	return (struct cmspi_store){
		.addr = port->out,
		.word = mosi,
		.keep = bits_to_keep(wires, wires->pins[CMSPI_IO0].port),
	};
}

static bool same_pin(const struct cmspi_pin *a, const struct cmspi_pin *b)
{
	return a->port == b->port && a->bit == b->bit;
}

bool cmspi_pins_share_data(const struct cmspi_wires *wires)
{
	return same_pin(&wires->pins[CMSPI_IO0], &wires->pins[CMSPI_IO1]);
}

unsigned int cmspi_pins_turns(const struct cmspi_stores *stores, unsigned int lines)
{
	if (lines == 1)
		return 0;
	return lines == 2 ? 1 : stores->num_turns;
}

/* Two lines above IO0 that share a register turn at once. */
static void add_turn(struct cmspi_stores *stores, const struct cmspi_turn *turn)
{
	struct cmspi_turn *last = &stores->turns[stores->num_turns - 1];

	if (stores->num_turns < 2 || last->addr != turn->addr) {
		stores->turns[stores->num_turns++] = *turn;
		return;
	}
	last->mask |= turn->mask;
	last->in |= turn->in;
	last->out |= turn->out;
}

unsigned int cmspi_pins_wide_turns(const struct cmspi_stores *stores, unsigned int lines)
{
	return lines == 4 ? stores->num_wide_turns : stores->num_dual_turns;
}

/* The data lines that are wired on a port. */
static uint32_t data_bits(const struct cmspi_wires *wires, unsigned int port)
{
	uint32_t bits = 0;

	for (enum cmspi_line line = CMSPI_IO0; line <= CMSPI_IO3; line++) {
		if (cmspi_wired(wires, line) && wires->pins[line].port == port)
			bits |= bit_of(wires, line);
	}
	return bits;
}

/* The bits of a port that a value of the data lines sets. */
static uint32_t bits_of_value(const struct cmspi_wires *wires, unsigned int port,
	unsigned int value)
{
	uint32_t bits = 0;

	for (enum cmspi_line line = CMSPI_IO0; line <= CMSPI_IO3; line++) {
		if (value >> (line - CMSPI_IO0) & 1 && cmspi_wired(wires, line) &&
				wires->pins[line].port == port)
			bits |= bit_of(wires, line);
	}
	return bits;
}

/* All data lines of one port, and CLK low if it is there: the same address for all
 * values, and no bit of ours is carried along. */
static void store_wide_port(const struct cmspi_wires *wires, enum cmspi_line line,
	struct cmspi_wide_port *wide)
{
	const unsigned int port = wires->pins[line].port;
	uint32_t mask = data_bits(wires, port);

	if (wires->pins[CMSPI_CLK].port == port)
		mask |= bit_of(wires, CMSPI_CLK);
	for (unsigned int value = 0; value < CMSPI_NIBBLES; value++) {
		const uint32_t bits = bits_of_value(wires, port, value);
		struct cmspi_store store = { .addr = port_of(wires, line)->out, .word = bits,
			.keep = bits_to_keep(wires, port) };

		if (port_of(wires, line)->kind != CMSPI_PORT_SET_CLEAR)
			store = store_pins(wires, line, mask, bits);
		wide->addr = store.addr;
		wide->keep = store.keep & ~mask;
		wide->words[value] = store.word;
	}
}

/* All data lines on one port, CLK on another one. */
static bool clk_stands_alone(const struct cmspi_wires *wires)
{
	const unsigned int port = wires->pins[CMSPI_IO0].port;
	uint32_t count = 0;

	for (enum cmspi_line line = CMSPI_IO0; line <= CMSPI_IO3; line++)
		count += cmspi_wired(wires, line) && wires->pins[line].port != port;
	return !count && wires->pins[CMSPI_CLK].port != port;
}

static void store_wide_ports(const struct cmspi_wires *wires, struct cmspi_stores *stores)
{
	const unsigned int clk_port = wires->pins[CMSPI_CLK].port;
	unsigned int done = 0;

	stores->num_wide_ports = 0;
	// the loop for two ports takes this for one of them
	stores->wide_clk_with_data = data_bits(wires, clk_port) || clk_stands_alone(wires);
	if (stores->wide_clk_with_data) {
		store_wide_port(wires, CMSPI_CLK, &stores->wide_ports[stores->num_wide_ports++]);
		done |= 1u << clk_port;
	}
	for (enum cmspi_line line = CMSPI_IO0; line <= CMSPI_IO3; line++) {
		const unsigned int port = wires->pins[line].port;

		if (!cmspi_wired(wires, line) || done >> port & 1)
			continue;
		store_wide_port(wires, line, &stores->wide_ports[stores->num_wide_ports++]);
		done |= 1u << port;
	}
	stores->wide_clk_high = store_clk_high(wires, 0);
	// a store to the whole port must not drop the data lines on it
	stores->wide_clk_adds = stores->wide_clk_high.keep && data_bits(wires, clk_port);
	if (stores->wide_clk_adds) {
		stores->wide_clk_high.word = bit_of(wires, CMSPI_CLK);
		stores->wide_clk_high.keep = 0;
	}
}

/* Lines from the entry @a first on that share a register turn at once. */
static void add_wide_turn(struct cmspi_stores *stores, unsigned int first,
	const struct cmspi_turn *turn, bool rests_as_input)
{
	struct cmspi_wide_turn *entry = &stores->wide_turns[first];
	struct cmspi_wide_turn *const end = &stores->wide_turns[stores->num_wide_turns];

	while (entry < end && entry->addr != turn->addr)
		entry++;
	if (entry == end) {
		*entry = (struct cmspi_wide_turn){ .addr = turn->addr };
		stores->num_wide_turns++;
	}
	entry->mask |= turn->mask;
	entry->receive |= turn->in;
	entry->rest |= rests_as_input ? turn->in : turn->out;
	entry->send |= turn->out;
}

static void store_wide(const struct cmspi_wires *wires, struct cmspi_stores *stores)
{
	stores->num_wide_turns = 0;
	stores->send_dual = stores->dual && wires->pins[CMSPI_IO1].turn.mask;
	stores->send_quad = stores->quad && wires->pins[CMSPI_IO1].turn.mask;
	if (!stores->send_dual && !stores->send_quad)
		return;
	store_wide_ports(wires, stores);
	add_wide_turn(stores, 0, &wires->pins[CMSPI_IO0].turn, false);
	add_wide_turn(stores, 0, &wires->pins[CMSPI_IO1].turn, true);
	stores->num_dual_turns = stores->num_wide_turns;
	for (enum cmspi_line line = CMSPI_IO2; line <= CMSPI_IO3 && stores->send_quad; line++)
		add_wide_turn(stores, stores->num_dual_turns, &wires->pins[line].turn, false);
}

/* The loop for lines in order collects four nibbles above their bits. */
#define ORDER_MAX_BIT	16

/* The input register that some lines have beside that of IO1; 0: none, or several. */
static uint32_t other_input(const struct cmspi_stores *stores)
{
	uint32_t other = 0;

	for (unsigned int i = 0; i < 4; i++) {
		const uint32_t addr = stores->quad_in[i].addr;

		if (addr == stores->quad_in[1].addr || addr == other)
			continue;
		if (other)
			return 0;
		other = addr;
	}
	return other;
}

static void store_quad(const struct cmspi_wires *wires, struct cmspi_stores *stores)
{
	stores->turns[0] = wires->pins[CMSPI_IO0].turn;
	stores->num_turns = 1;
	stores->quad = stores->turns[0].mask && !stores->one_data_pin;
	for (enum cmspi_line line = CMSPI_IO2; line <= CMSPI_IO3; line++) {
		if (!cmspi_wired(wires, line) || !wires->pins[line].turn.mask) {
			stores->quad = false;
			return;
		}
		add_turn(stores, &wires->pins[line].turn);
	}
	stores->quad_one_port = true;
	stores->quad_in_order = wires->pins[CMSPI_IO0].bit <= ORDER_MAX_BIT;
	for (unsigned int i = 0; i < 4; i++) {
		stores->quad_in[i].addr = port_of(wires, CMSPI_IO0 + i)->in;
		stores->quad_in[i].bit = wires->pins[CMSPI_IO0 + i].bit;
		stores->quad_one_port &= stores->quad_in[i].addr == stores->quad_in[0].addr;
		stores->quad_in_order &= stores->quad_in[i].bit == stores->quad_in[0].bit + i;
	}
	stores->quad_in_order &= stores->quad_one_port;
	stores->quad_other_addr = other_input(stores);
}

void cmspi_pins_stores(const struct cmspi_wires *wires, struct cmspi_stores *stores)
{
	const uint32_t cs = bit_of(wires, CMSPI_CS);
	const uint32_t mosi = bit_of(wires, CMSPI_IO0);
	const bool common = wires->pins[CMSPI_CLK].port == wires->pins[CMSPI_IO0].port;

	stores->cs_low = store_pins(wires, CMSPI_CS, cs, 0);
	stores->cs_high = store_pins(wires, CMSPI_CS, cs, cs);
	for (unsigned int i = 0; i < 2; i++) {
		const uint32_t value = i ? mosi : 0;

		stores->data[i] = common ? store_data_common(wires, value)
			: store_data_alone(wires, value);
		stores->data_clk_high[i] = store_clk_high(wires, common ? value : 0);
	}
	stores->clk_low = common ? stores->data[0]
		: store_pins(wires, CMSPI_CLK, bit_of(wires, CMSPI_CLK), 0);
	stores->clk_high = stores->data_clk_high[0];
	stores->in_addr = port_of(wires, CMSPI_IO1)->in;
	stores->in_bit = wires->pins[CMSPI_IO1].bit;
	stores->clk_with_data = common;
	stores->clk_high_constant =
		stores->data_clk_high[0].word == stores->data_clk_high[1].word;
	stores->in0_bit = wires->pins[CMSPI_IO0].bit;
	stores->one_data_pin = cmspi_pins_share_data(wires);
	stores->dual = wires->pins[CMSPI_IO0].turn.mask && !stores->one_data_pin &&
		port_of(wires, CMSPI_IO0)->in == port_of(wires, CMSPI_IO1)->in;
	store_quad(wires, stores);
	store_wide(wires, stores);
}

/* The first entry of a register holds what it was before all entries. */
static bool saved_word(const struct cmspi_wires *wires, const uint32_t *saved, uint32_t addr,
	uint32_t *word)
{
	for (unsigned int i = 0; i < wires->num_setups; i++) {
		if (wires->setups[i].addr == addr) {
			*word = saved[i];
			return true;
		}
	}
	return false;
}

bool cmspi_pins_found(const struct cmspi_wires *wires, const struct cmspi_found *found,
	const uint32_t *saved)
{
	for (unsigned int i = 0; i < found->num_fields; i++) {
		uint32_t word;

		if (!saved_word(wires, saved, found->fields[i].addr, &word) ||
				(word & found->fields[i].mask) != found->fields[i].value)
			return false;
	}
	return found->num_fields;
}

/* One pin for both directions must be able to turn round. */
static bool may_share(const struct cmspi_wires *wires, enum cmspi_line a, enum cmspi_line b)
{
	return a == CMSPI_IO1 && b == CMSPI_IO0 &&
		(wires->pins[b].turn.mask || wires->pins[b].direction.mask);
}

/* The same pin of two banks, which number their ports each for itself. */
static bool same_wire(const struct cmspi_wires *a, enum cmspi_line line_a,
	const struct cmspi_wires *b, enum cmspi_line line_b)
{
	return port_of(a, line_a)->out == port_of(b, line_b)->out &&
		a->pins[line_a].bit == b->pins[line_b].bit;
}

bool cmspi_pins_share_bus(const struct cmspi_wires *wires, const struct cmspi_wires *other)
{
	if (same_wire(wires, CMSPI_CS, other, CMSPI_CS))
		return false;
	for (enum cmspi_line i = CMSPI_CLK; i <= CMSPI_IO1; i++) {
		for (enum cmspi_line j = CMSPI_CLK; j <= CMSPI_IO1; j++) {
			if (same_wire(wires, i, other, j))
				return true;
		}
	}
	return false;
}

bool cmspi_pins_deselect(struct cmspi_wires *wires, const struct cmspi_wires *other)
{
	if (other->num_deselects > CMSPI_SETUPS - wires->num_setups)
		return false;
	memcpy(&wires->setups[wires->num_setups], other->deselects,
		other->num_deselects * sizeof(*other->deselects));
	wires->num_setups += other->num_deselects;
	return true;
}

/* High, as between frames (CMSPI_NIBBLE_REST). */
bool cmspi_pins_keep_latch(struct cmspi_wires *wires)
{
	const struct cmspi_port *port = port_of(wires, CMSPI_IO1);
	const uint32_t bit = bit_of(wires, CMSPI_IO1);
	const bool masked = port->kind == CMSPI_PORT_MASKED;

	if (wires->num_setups == CMSPI_SETUPS)
		return false;
	wires->setups[wires->num_setups++] = (struct cmspi_setup){
		.addr = masked ? port->data + (bit << 2) : port->out,
		.mask = bit,
		.value = bit,
	};
	return true;
}

void cmspi_pins_check(const struct cmspi_wires *wires, char *why, size_t why_bytes)
{
	why[0] = '\0';
	for (unsigned int i = 0; i < CMSPI_LINES; i++) {
		if (!cmspi_wired(wires, i)) {
			if (i >= CMSPI_IO2)
				continue;
			snprintf(why, why_bytes, "no pin for %s: add -%s PIN", line_names[i],
				line_names[i]);
			return;
		}
		for (unsigned int j = 0; j < i; j++) {
			if (!cmspi_wired(wires, j) || may_share(wires, i, j) ||
					!same_pin(&wires->pins[i], &wires->pins[j]))
				continue;
			snprintf(why, why_bytes, "%s is both %s and %s: each line needs a pin of its own",
				wires->pins[i].name, line_names[j], line_names[i]);
			return;
		}
	}
}
