/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The parts of the stub: which loops suit a wiring, a clock and a batch of
 * steps, what they cost, and how they are fitted to the pins. Pure: no I/O,
 * no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_LOOPS_H
#define OPENOCD_FLASH_NOR_CMSPI_LOOPS_H

#include "cmspi_op.h"
#include "cmspi_pins.h"

/** Slots of the stub's image that code goes into. */
enum cmspi_slot {
	CMSPI_SLOT_CORE,
	CMSPI_SLOT_TX1,
	CMSPI_SLOT_TX2,
	CMSPI_SLOT_TX4,
	CMSPI_SLOT_RX1,
	CMSPI_SLOT_RX2,
	CMSPI_SLOT_RX4,
	CMSPI_SLOT_CRC,
	CMSPI_SLOT_BLANK,
	CMSPI_SLOT_UNPACK,
	CMSPI_SLOTS,
};

/** The slot of what receives on 1, 2 or 4 lines. */
static inline enum cmspi_slot cmspi_rx_slot(unsigned int lines)
{
	if (lines == 4)
		return CMSPI_SLOT_RX4;
	return lines == 2 ? CMSPI_SLOT_RX2 : CMSPI_SLOT_RX1;
}

/** The same for what sends. */
static inline enum cmspi_slot cmspi_tx_slot(unsigned int lines)
{
	if (lines == 4)
		return CMSPI_SLOT_TX4;
	return lines == 2 ? CMSPI_SLOT_TX2 : CMSPI_SLOT_TX1;
}

/** A piece of code for a slot. */
struct cmspi_loop {
	const uint8_t *code;
	uint32_t size_bytes;
	/** Cortex-M0 cycles a byte; for loops with a delay: without it */
	uint32_t cycles;
	/** cycles of a clock period on the fastest core */
	uint32_t fastest_period;
	/** receive: cycles from CLK low to the sample on the fastest core, less
	 * two of an input synchroniser */
	uint32_t fastest_sample;
};

/** What a batch asks of the loops. */
struct cmspi_loop_wish {
	/** highest core clock to reckon with */
	uint32_t core_max_khz;
	/** highest SCK, 0: no limit */
	uint32_t limit_khz;
	/** slots, a bit each, for which a loop with a delay will do: smaller, needs no
	 * table, a fraction of the speed */
	unsigned int small;
	/** something is sent, programmed, or waited for */
	bool program;
	/** something is received, on one line (or a status is), on two, on four */
	bool receive;
	bool plain;
	bool dual;
	bool quad;
	/** checksums or blank checks, and on how many lines their data come */
	bool crc;
	bool blank;
	unsigned int sink_lines;
	/** something comes packed; not together with crc, blank and words */
	bool unpack;
	/** words are programmed one after the other */
	bool words;
	/** something is sent on two lines, on four */
	bool send_dual;
	bool send_quad;
	/** the host runs the steps, the core only makes accesses */
	bool proxy;
	/** the ring that most goes through is made of cells, if there is a core for it */
	bool cells;
};

/** Words in the tables that fast loops need. */
#define CMSPI_DATA_TABLE_WORDS	64
#define CMSPI_CRC_TABLE_WORDS	256

/** What was chosen for a batch. */
struct cmspi_loops {
	/** by slot, NULL: not needed */
	const struct cmspi_loop *slots[CMSPI_SLOTS];
	bool data_table;
	bool crc_table;
	/** the in ring, the out ring is made of cells */
	bool in_cells;
	bool out_cells;
	/** rounds of the delay in half a clock, at least 1 */
	uint32_t delay_rounds;
	/** rounds of the delay while CS is high, at least 1 */
	uint32_t cs_rounds;
	/** Cortex-M0 cycles of a byte by slot, all told */
	uint32_t cycles[CMSPI_SLOTS];
};

/** Choose the fastest loops that keep the limits, but small ones where these will do. */
void cmspi_loops_choose(const struct cmspi_stores *stores, const struct cmspi_loop_wish *wish,
	struct cmspi_loops *loops);

/** Cortex-M0 cycles that a byte takes when it is read on so many lines. */
uint32_t cmspi_loops_read_cycles(const struct cmspi_stores *stores,
	const struct cmspi_loop_wish *wish, unsigned int lines);

/** The same for a byte that is sent. */
uint32_t cmspi_loops_send_cycles(const struct cmspi_stores *stores,
	const struct cmspi_loop_wish *wish, unsigned int lines);

/** Does the wish, or what was chosen for it, send on more lines than one? */
bool cmspi_loops_wide(const struct cmspi_loop_wish *wish);

/** Fit a copy of a loop's code to the pins. */
void cmspi_loop_fit(const struct cmspi_stores *stores, uint8_t *code, uint32_t size_bytes);

/** The lower one of the addresses of the two clock stores. */
uint32_t cmspi_loops_clk_base(const struct cmspi_stores *stores);

/** Store word @a i of the table that the fast transmit loops use. */
uint32_t cmspi_data_table_word(const struct cmspi_stores *stores, unsigned int i);

#endif /* OPENOCD_FLASH_NOR_CMSPI_LOOPS_H */
