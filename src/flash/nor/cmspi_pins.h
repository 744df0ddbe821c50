/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Pins as data: from ports, bits and roles to ready-made register stores.
 * Pure: no I/O, no OpenOCD header, no MCU family.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PINS_H
#define OPENOCD_FLASH_NOR_CMSPI_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CMSPI_PORTS		6
#define CMSPI_SETUPS		40
#define CMSPI_DESELECTS		10
#define CMSPI_FOUNDS		64
#define CMSPI_FOUND_FIELDS	2
/** Registers that turn the data lines round, at most; with IO1 among them. */
#define CMSPI_TURNS		3
#define CMSPI_WIDE_TURNS	4
/** Ports that the data lines are on, at most; values of four lines. */
#define CMSPI_WIDE_PORTS	4
#define CMSPI_NIBBLES		16
/** What IO0 to IO3 are between frames, and IO2 and IO3 while there are two lines. */
#define CMSPI_NIBBLE_REST	0xe
#define CMSPI_NIBBLE_HELD	0xc

/** Roles a pin can have. */
enum cmspi_line {
	CMSPI_CS,
	CMSPI_CLK,
	/** MOSI */
	CMSPI_IO0,
	/** MISO */
	CMSPI_IO1,
	/** WP#, held high in one- and two-line modes */
	CMSPI_IO2,
	/** HOLD# or RESET#, held high in one- and two-line modes */
	CMSPI_IO3,
	CMSPI_LINES,
};

/** How a port's output bits are stored to. */
enum cmspi_port_kind {
	/** one register: bit n sets pin n, bit n + clear_shift clears it, set wins */
	CMSPI_PORT_SET_CLEAR_WORD,
	/** a register that sets, another that clears, and the output register */
	CMSPI_PORT_SET_CLEAR,
	/** a register that toggles, and the output register */
	CMSPI_PORT_TOGGLE,
	/** address bits select the pins: data + (pins << 2) */
	CMSPI_PORT_MASKED,
	/** nothing but the output register */
	CMSPI_PORT_PLAIN,
};

#define CMSPI_PORT_KINDS	(CMSPI_PORT_PLAIN + 1)

/** The kind's name as the user writes it. */
const char *cmspi_port_kind_name(enum cmspi_port_kind kind);

/** One GPIO port; addresses are the target's, 0: the kind has none. */
struct cmspi_port {
	char name[12];
	enum cmspi_port_kind kind;
	/** output register, readable */
	uint32_t out;
	/** input register */
	uint32_t in;
	uint32_t set;
	uint32_t clear;
	unsigned int clear_shift;
	uint32_t toggle;
	/** MASKED: start of the window */
	uint32_t data;
};

/** Read-modify-write of one register that makes a pin input or output. */
struct cmspi_turn {
	uint32_t addr;
	uint32_t mask;
	uint32_t in;
	uint32_t out;
};

/** What a bank line of the prior driver's form tells of a pin's direction. */
struct cmspi_direction {
	/** one register for both: mask is toggled in it; else two registers that
	 * make the pins in mask inputs and outputs, and are only written */
	uint32_t in_addr;
	uint32_t out_addr;
	/** 0: the direction is fixed */
	uint32_t mask;
};

struct cmspi_pin {
	/** vendor's name, for messages, or "ADDRESS:BIT" in the positional form;
	 * "": not wired */
	char name[12];
	/** index into cmspi_wires.ports */
	unsigned int port;
	/** 0 to 31 */
	unsigned int bit;
	/** how the pin turns round; mask 0: not told */
	struct cmspi_turn turn;
	/** positional form only; with two registers there is no turn */
	struct cmspi_direction direction;
};

/** A register that is set up before an operation and put back after it. */
struct cmspi_setup {
	uint32_t addr;
	/** bits to change, includes force */
	uint32_t mask;
	uint32_t value;
	/** bits that read as garbage: written as in value, also when undone */
	uint32_t force;
};

/** A state of the pins before an operation that is worth telling: all fields
 * of registers in the set-up list had these values. */
struct cmspi_found {
	/** what to tell, a sentence */
	char text[160];
	struct {
		uint32_t addr;
		uint32_t mask;
		uint32_t value;
	} fields[CMSPI_FOUND_FIELDS];
	unsigned int num_fields;
};

/** The bank's wiring as the user gave it. */
struct cmspi_wires {
	/** the prior driver's form, see cmspi_positional.h: the user's reset-init
	 * handler sets the pins up, and the set-up list follows from the pins */
	bool positional;
	struct cmspi_port ports[CMSPI_PORTS];
	unsigned int num_ports;
	struct cmspi_pin pins[CMSPI_LINES];
	struct cmspi_setup setups[CMSPI_SETUPS];
	unsigned int num_setups;
	/** the part of them that makes CS a high output: what a neighbour on the
	 * same bus must do before it moves a line */
	struct cmspi_setup deselects[CMSPI_DESELECTS];
	unsigned int num_deselects;
	struct cmspi_found founds[CMSPI_FOUNDS];
	unsigned int num_founds;
};

/** One ready-made store. */
struct cmspi_store {
	uint32_t addr;
	uint32_t word;
	/** not 0: the store is to a whole port, and these bits of it are other
	 * people's: OR (load(addr) & keep) into word first */
	uint32_t keep;
};

/** Read-modify-write of one register that turns data lines to one of three states:
 * receiving; sending on one line, as between frames; sending on all. */
struct cmspi_wide_turn {
	uint32_t addr;
	uint32_t mask;
	uint32_t receive;
	uint32_t rest;
	uint32_t send;
};

/** What drives the data lines that are on one port to any values, by one store. */
struct cmspi_wide_port {
	uint32_t addr;
	/** as of a cmspi_store, for all words */
	uint32_t keep;
	/** by the lines' value, IO0 its lowest bit; the port that has CLK takes it low */
	uint32_t words[CMSPI_NIBBLES];
};

/** All stores an executor needs. CLK idles low (SPI mode 0). */
struct cmspi_stores {
	struct cmspi_store cs_low;
	struct cmspi_store cs_high;
	/** CLK low, and MOSI low where it shares the store */
	struct cmspi_store clk_low;
	/** CLK high, MOSI low */
	struct cmspi_store clk_high;
	/** MOSI to 0 and 1, CLK stays low; same address */
	struct cmspi_store data[2];
	/** CLK high while MOSI is 0 and 1; same address */
	struct cmspi_store data_clk_high[2];
	uint32_t in_addr;
	unsigned int in_bit;
	/** data[] also drives CLK low: two stores a bit are enough */
	bool clk_with_data;
	/** the two words of data_clk_high[] are equal */
	bool clk_high_constant;
	/** IO0 can be read too, in the same register as IO1, and turned round */
	bool dual;
	/** IO0, IO2 and IO3 can be read too, wherever they are, and turned round */
	bool quad;
	/** how fast: all in one register; bits in order there, IO0 the lowest, and
	 * not too high for the loop that needs this */
	bool quad_one_port;
	bool quad_in_order;
	/** or in two registers, that of IO1 and this one; 0: not */
	uint32_t quad_other_addr;
	/** input register and bit of each, valid if quad */
	struct {
		uint32_t addr;
		unsigned int bit;
	} quad_in[4];
	/** one pin is IO0 and IO1: it turns round between sending and receiving */
	bool one_data_pin;
	unsigned int in0_bit;
	/** what turns IO0 round, then what turns IO2 and IO3 */
	struct cmspi_turn turns[CMSPI_TURNS];
	unsigned int num_turns;
	/** two lines, four lines can be sent on: IO1 turns round, too */
	bool send_dual;
	bool send_quad;
	/** ports with data lines; that of CLK is the first if it is one of them, or if
	 * there is only one other */
	struct cmspi_wide_port wide_ports[CMSPI_WIDE_PORTS];
	unsigned int num_wide_ports;
	/** CLK is on the first of them */
	bool wide_clk_with_data;
	/** CLK high while the data lines have any values; wide_clk_adds: ORed into
	 * the first port's word, else a store of its own */
	struct cmspi_store wide_clk_high;
	bool wide_clk_adds;
	/** what turns IO0 and IO1 (the first num_dual_turns), then IO2 and IO3 */
	struct cmspi_wide_turn wide_turns[CMSPI_WIDE_TURNS];
	unsigned int num_wide_turns;
	unsigned int num_dual_turns;
};

/** Is this line wired? */
static inline bool cmspi_wired(const struct cmspi_wires *wires, enum cmspi_line line)
{
	return wires->pins[line].name[0] != '\0';
}

/** Do IO0 and IO1 share a pin, because the chip's are tied together? */
bool cmspi_pins_share_data(const struct cmspi_wires *wires);

/** How many of the turns reading on so many lines needs. */
unsigned int cmspi_pins_turns(const struct cmspi_stores *stores, unsigned int lines);

/** How many of the wide turns a command that sends on so many lines needs. */
unsigned int cmspi_pins_wide_turns(const struct cmspi_stores *stores, unsigned int lines);

/** Compute the stores of a wiring that has CS, CLK, IO0 and IO1. */
void cmspi_pins_stores(const struct cmspi_wires *wires, struct cmspi_stores *stores);

/** The store that drives one line, wired and an output, low or high. */
struct cmspi_store cmspi_pins_level(const struct cmspi_wires *wires, enum cmspi_line line,
	bool high);

/** Was this state found? @param saved the registers of the set-up list, one
 * word each, as they were before it */
bool cmspi_pins_found(const struct cmspi_wires *wires, const struct cmspi_found *found,
	const uint32_t *saved);

/** Name of a role as in the bank's options: "cs", "clk", "mosi" ... */
const char *cmspi_line_name(enum cmspi_line line);

/** Do two chips share a line, and have chip selects of their own? */
bool cmspi_pins_share_bus(const struct cmspi_wires *wires, const struct cmspi_wires *other);

/**
 * Add to the set-up list what holds the chip on @a other deselected.
 * @returns false when there is no room
 */
bool cmspi_pins_deselect(struct cmspi_wires *wires, const struct cmspi_wires *other);

/**
 * Add to the set-up list what has MISO's output latch put back, which sending on
 * several lines changes.
 * @returns false when there is no room
 */
bool cmspi_pins_keep_latch(struct cmspi_wires *wires);

/**
 * Look for wirings that cannot work.
 * @param why receives one sentence, "" when all is well
 */
void cmspi_pins_check(const struct cmspi_wires *wires, char *why, size_t why_bytes);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PINS_H */
