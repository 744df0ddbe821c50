/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The agreement between the stub (cmspi_core.S, cmspi_stub.S) and whoever runs it
 * (src/flash/nor/cmspi_stub.c, other containers later). Preprocessor
 * constants only, because the assembler reads this file too.
 *
 * The work area holds, in this order, one image that the host composes:
 *
 *	core | loops that are needed | store tables | set-up list | turn list, lines |
 *	base list | stack | in ring | context | out ring | room to unpack
 *
 * The context begins with the in ring's write pointer and ends with the words
 * that the stub moves: data that end with the in ring go out with the pointer
 * in one write, and one read fetches the pointers and data that follow.
 *
 * Entry: the first byte of the core, Thumb state, privileged thread mode,
 *	r0 = address of the context, sp = top of the stack.
 * Exit: BKPT at CMSPI_EXIT_OFFSET of the core with
 *	r0 = CMSPI_EXIT_*, r1 = steps completed, r2 = last status byte,
 *	r3 = address inside the chip the failing step had reached,
 *	r4 = waits that found the chip ready at the first look.
 *	Pins, clock gates and everything else in the set-up list are as found.
 *
 * What lies before the set-up list it leaves as it is, unless the base list says
 * otherwise.
 *
 * The stub writes only to its context, its stack, the out ring, the room to
 * unpack, the save words of the set-up list, the words named in the base list, the registers
 * named by these, and the watchdog's.
 */

#ifndef CMSPI_ABI_H
#define CMSPI_ABI_H

/* ---- context: offsets in bytes, one word each --------------------------- */

/** In ring: the host advances IN_WP, the stub IN_RP. Out ring: the stub
 * advances OUT_WP, the host OUT_RP. All are addresses plus the lap, 0 and 1 by
 * turns; equal means empty, equal but for the lap full; IN_WP = 0 asks the stub
 * to give up. OUT_RP is where the host will read next, the base of the next lap
 * where nothing more fits into this one. The ENDs are one byte more than the end. */
#define CMSPI_CTX_IN_WP		0
#define CMSPI_CTX_OUT_RP	4
#define CMSPI_CTX_IN_BASE	8
#define CMSPI_CTX_IN_END	12
#define CMSPI_CTX_OUT_BASE	16
#define CMSPI_CTX_OUT_END	20
/** Store that kicks a watchdog, once a page and a poll; without a watchdog it
 * points at the context's own CMSPI_CTX_SPARE. */
#define CMSPI_CTX_WDOG_ADDR	24
#define CMSPI_CTX_WDOG_WORD	28
/** Chip select stores, and rounds of the delay loop while CS is high, at least
 * 1. The order of this word and the next eight is that of multiple loads. All
 * store words are ready-made by the host. */
#define CMSPI_CTX_CS_LO_ADDR	32
#define CMSPI_CTX_CS_LO_WORD	36
#define CMSPI_CTX_CS_HI_ADDR	40
#define CMSPI_CTX_CS_HI_WORD	44
#define CMSPI_CTX_CS_DELAY	48
/** CLK low (CS still low), MOSI low. */
#define CMSPI_CTX_LO_ADDR	52
#define CMSPI_CTX_LO_WORD	56
/** Input register. */
#define CMSPI_CTX_IN_ADDR	60
/** The lower one of the addresses of the low and the high clock store. */
#define CMSPI_CTX_CLK_BASE	64
/** CLK high, MOSI low. */
#define CMSPI_CTX_HI_WORD	68
/** Nibble table of store words for the fast transmit loops. */
#define CMSPI_CTX_TABLE		72
#define CMSPI_CTX_HI_ADDR	76
/** How far to shift right to get MISO into the carry (bit number + 1). */
#define CMSPI_CTX_IN_SHIFT	80
/** The delayed loop: data store for 0 and for 1, then CLK high for 0 and 1. */
#define CMSPI_CTX_DATA_ADDR	84
#define CMSPI_CTX_DATA_WORD0	88
#define CMSPI_CTX_DATA_WORD1	92
#define CMSPI_CTX_HI_WORD0	96
#define CMSPI_CTX_HI_WORD1	100
/** Rounds of the delay loop in each half of a clock, at least 1. */
#define CMSPI_CTX_DELAY		104
/** Write enable opcode, status opcode to check it, WEL mask (bytes 0, 1, 2). */
#define CMSPI_CTX_WREN		108
/** Last status byte; steps completed. */
#define CMSPI_CTX_STATUS	112
#define CMSPI_CTX_STEPS_DONE	116
#define CMSPI_CTX_SPARE		120
/** CRC-32 table, 256 words. */
#define CMSPI_CTX_CRC_TABLE	124
/** PACKED, which no batch has together with CRC: next unpacked byte. */
#define CMSPI_CTX_SOURCE	124
/** Beyond the reach of a short load: used through ADD. */
/** Set-up list and base list: first entry, end. */
#define CMSPI_CTX_SETUP		128
#define CMSPI_CTX_SETUP_END	132
#define CMSPI_CTX_BASES		136
#define CMSPI_CTX_BASES_END	140
/** Past the last entry of the set-up list whose save word holds; the first
 * entry when nothing is (or is any more) set up. */
#define CMSPI_CTX_SETUP_DONE	144
/** Waits that found the chip ready at the first look. */
#define CMSPI_CTX_NEVER_BUSY	148
/** Turn list: what turns data lines round, see CMSPI_TURN_* (a core that sends on
 * several lines: CMSPI_WIDE_TURN_*). */
#define CMSPI_CTX_TURNS		152
/** Lines: see CMSPI_LINES_*. */
#define CMSPI_CTX_LINES		156
/** Four lines in order in one register: their bits there; on two ports: the input
 * register of those that are not with MISO. */
#define CMSPI_CTX_LINES_MASK	160
/** As CMSPI_CTX_IN_SHIFT, for MOSI when it is an input; same register. */
#define CMSPI_CTX_IN0_SHIFT	164
/** Copy of the step in hand. */
#define CMSPI_CTX_STEP		168
/** What the stub moves, see above; BEAT counts a poll down: the stub is alive
 * although no pointer moves. */
#define CMSPI_CTX_IN_RP		220
#define CMSPI_CTX_OUT_WP	224
#define CMSPI_CTX_BEAT		228
#define CMSPI_CTX_BYTES		232

/* ---- set-up list: five words an entry ----------------------------------- */

/** register, bits to set up, their value, bits that read as garbage (always
 * written as in value), and the word the stub saves. Undone last to first. */
#define CMSPI_SETUP_ADDR	0
#define CMSPI_SETUP_MASK	4
#define CMSPI_SETUP_VALUE	8
#define CMSPI_SETUP_FORCE	12
#define CMSPI_SETUP_SAVE	16
#define CMSPI_SETUP_BYTES	20

/* ---- turn list: four words an entry ------------------------------------- */

/** register, its bits, value for input, for output. A step uses the first
 * CMSPI_AT_TURNS of them. */
#define CMSPI_TURN_ADDR		0
#define CMSPI_TURN_MASK		4
#define CMSPI_TURN_IN		8
#define CMSPI_TURN_OUT		12
#define CMSPI_TURN_BYTES	16

/* ---- turn list of a core that sends on several lines: five words an entry */

/** register, its bits, values for the three states below */
#define CMSPI_WIDE_TURN_BYTES	20
/** all lines are inputs; IO1 is one, the others are outputs; all are outputs */
#define CMSPI_WIDE_RECEIVE	0
#define CMSPI_WIDE_REST		4
#define CMSPI_WIDE_SEND		8

/* ---- lines -------------------------------------------------------------- */

/** Four lines read with a delay: input register and shift of IO3, IO2, IO1, IO0,
 * two words each. */
#define CMSPI_LINES_IN		0
/** Sending on several lines: word and mask that CLK high is made of with what the
 * first port was sent, (word | (mask & sent)); ports that data lines are on; then
 * for each, that of CLK first, its address and the words for 16 values of the lines
 * (IO0 the lowest bit), CLK low */
#define CMSPI_LINES_HIGH	32
#define CMSPI_LINES_HIGH_MASK	36
#define CMSPI_LINES_PORTS	40
#define CMSPI_LINES_PORT	44
#define CMSPI_LINES_PORT_BYTES	68
/** Value between frames, and the lower two lines' values while there are two. */
#define CMSPI_LINES_REST	0xe
#define CMSPI_LINES_HELD	0xc

/* ---- base list: four words an entry ------------------------------------- */

/** Words that are stores to a whole port take over the pins that are not
 * ours: (load(register) & mask) is ORed into count words from address. */
#define CMSPI_BASE_WORDS	0
#define CMSPI_BASE_COUNT	4
#define CMSPI_BASE_ADDR		8
#define CMSPI_BASE_MASK		12
#define CMSPI_BASE_BYTES	16

/* ---- rings -------------------------------------------------------------- */

/*
 * Both rings carry units. A unit is a whole number of words, never larger
 * than half the ring, and never split: one that does not fit before the end
 * starts at the base, in the next lap. Both sides follow this rule, so no unit
 * needs a header of its own. A step is a unit of CMSPI_STEP_BYTES; the data
 * it sends follow as further units. What a step receives are out units.
 */

/*
 * Where a ring is small, requests to the debug adapter count most. A core that is made
 * for it takes the in ring, or fills the out ring, as a row of cells: a cell
 * holds one unit, whatever its size, and a stamp, which is the pointer to the end of
 * the cell. The stamp is written last and read first: it lies behind what the
 * host writes and before what the host reads, for both go upwards. So cells are good
 * one by one while a long access is under way, and no pointer needs to be written behind
 * it (IN_WP tells what was there at the start, and 0 as above) or read before it.
 * The stub clears the stamps of all cells from IN_WP on, and of all that go out, before it
 * takes the first step; until then the host keeps away from the rings.
 */
#define CMSPI_CELL_DATA_BYTES	256
#define CMSPI_CELL_BYTES	260

/* ---- step: thirteen words ----------------------------------------------- */

#define CMSPI_STEP_BYTES	52
/** word 0: kind, flags, dummy clocks, bytes of opcode (and of address and
 * mode, where these have the same lines) */
#define CMSPI_AT_KIND		0
#define CMSPI_AT_FLAGS		1
#define CMSPI_AT_DUMMY		2
#define CMSPI_AT_HEAD		3
/** word 1: bytes of data to move */
#define CMSPI_AT_COUNT		4
/** word 2: most rounds of a poll */
#define CMSPI_AT_POLLS		8
/** word 3: poll opcode, mask, ready value, fail bits */
#define CMSPI_AT_POLL		12
/** word 4: bytes of address and mode on lines of their own, bits that the
 * address is shifted left by, entries of the turn list, opcode */
#define CMSPI_AT_TAIL		16
#define CMSPI_AT_SHIFT		17
#define CMSPI_AT_TURNS		18
#define CMSPI_AT_OPCODE		19
/** word 5: the stub puts the address here as it is sent */
#define CMSPI_AT_SENT		20
/** word 6: mode byte behind four bytes of address, what moves on several lines
 * (CMSPI_AT_WIDE_*, by cores that send so), bytes of a ring unit (16 bits) */
#define CMSPI_AT_MODE		24
#define CMSPI_AT_WIDE		25
#define CMSPI_AT_UNIT		26
/** word 7: address inside the chip, its first byte and the mode byte behind
 * its last one in the order they are sent, from the top */
#define CMSPI_AT_ADDR		28
/** word 8: PROGRAM: bytes in the first page, page size (16 bits each);
 * CRC, BLANK: bytes a result word stands for */
#define CMSPI_AT_FIRST		32
#define CMSPI_AT_PAGE		34
#define CMSPI_AT_GRAIN		32
/** words 9 to 12, loops, addresses with the Thumb bit: for the opcode; for the
 * address (PACKED, which sends it with the opcode: decoder); for the data (CRC,
 * BLANK: what eats them as they arrive); receive loop for the status byte (CRC,
 * BLANK: for the data) */
#define CMSPI_AT_TX_CMD		36
#define CMSPI_AT_TX_ADDR	40
#define CMSPI_AT_DATA		44
#define CMSPI_AT_RX		48

#define CMSPI_KIND_END		0
/** op, then COUNT bytes from in units of UNIT */
#define CMSPI_KIND_SEND		1
/** op, then COUNT bytes to out units of UNIT */
#define CMSPI_KIND_RECEIVE	2
/** page by page: write enable (CHECK_WEL: read back before the first), op, in
 * units, poll */
#define CMSPI_KIND_PROGRAM	3
/** a result word of 4 bytes as out unit for each grain */
#define CMSPI_KIND_CRC		4
#define CMSPI_KIND_BLANK	5
/** PROGRAM, its COUNT bytes from where the PACKED step before put them; while
 * the chip is busy with the last page a unit of UNIT bytes (0: none) is unpacked
 * for the next step. That unit: address in the work area, bytes there, bytes of
 * the LZ4 block, the block. COUNT may be 0. */
#define CMSPI_KIND_PACKED	6
/** two bytes a command, an even COUNT: write enable and the whole op before the
 * first, the opcode alone before the others, poll behind each (SST25's AAI) */
#define CMSPI_KIND_WORDS	7

#define CMSPI_FLAG_WREN		1
#define CMSPI_FLAG_CHECK_WEL	2
#define CMSPI_FLAG_POLL		4
/** SEND, RECEIVE: leave CS low; neither CS nor op, go on */
#define CMSPI_FLAG_KEEP_CS	8
#define CMSPI_FLAG_CONTINUE	16
/** CRC: go on with the sum from grain to grain */
#define CMSPI_FLAG_RUNNING	32
/** the data come on lines that are outputs else: they turn round behind the
 * address */
#define CMSPI_FLAG_TURN		64
/** something follows the head: a tail, a turn, dummy clocks */
#define CMSPI_FLAG_MORE		128

/** the opcode; the address; data that are sent; data that come */
#define CMSPI_AT_WIDE_OPCODE	1
#define CMSPI_AT_WIDE_ADDR	2
#define CMSPI_AT_WIDE_TX	4
#define CMSPI_AT_WIDE_RX	8

/* ---- exit --------------------------------------------------------------- */

#define CMSPI_EXIT_OK		0
#define CMSPI_EXIT_TIMEOUT	1
#define CMSPI_EXIT_REFUSED	2
#define CMSPI_EXIT_NO_WEL	3
#define CMSPI_EXIT_BAD_STEP	4
#define CMSPI_EXIT_ABORTED	5
/** an LZ4 block that is none */
#define CMSPI_EXIT_BAD_BLOCK	6

/** Offset of the BKPT from the start of the core. */
#define CMSPI_EXIT_OFFSET	4

/** Bytes of stack the stub itself needs; the rest of what the host lends is
 * for an NMI handler of the application. */
#define CMSPI_STACK_BYTES	48

/* ---- guard -------------------------------------------------------------- */

/*
 * Instead of the core's first byte a run may be entered at the guard
 * (cmspi_kept.S), which the host puts into the stack: it sums up what it is
 * told, goes on with the core if the sum is right, and otherwise ends with a
 * BKPT of its own, having done nothing. r1 to r7 are lost. The sum of words w:
 * begins with 0; (sum ^ w), turned right by CMSPI_GUARD_TURN bits, times 5.
 */
#define CMSPI_GUARD_TURN	11
/** Offsets: of the BKPT, and of four words: address of the first word to sum
 * up, past the last, sum, core with the Thumb bit. */
#define CMSPI_GUARD_EXIT_OFFSET	30
#define CMSPI_GUARD_WORDS	32
#define CMSPI_GUARD_FIRST	32
#define CMSPI_GUARD_END		36
#define CMSPI_GUARD_SUM		40
#define CMSPI_GUARD_CORE	44
#define CMSPI_GUARD_BYTES	48

/* ---- proxy -------------------------------------------------------------- */

/*
 * Where the work area is too small for a core that knows steps, the host runs them
 * itself and lists the accesses that they are made of (cmspi_proxy.S):
 *
 *	proxy | loops that are needed | lines | stack | list | context
 *
 * Entry and exit are as above, but no register tells anything at the end, and
 * set-up and base lists are the host's business. Of the context there are the words
 * that loops use, and CMSPI_CTX_IN_WP, which tells where a list begins. The list ends
 * where the context begins, so one write brings both; the context's own address, as
 * it is at first and as soon as a list is taken, is an empty list, and 0 asks the
 * proxy to give up. A list begins with a word that is 0 until all of it is done; entries
 * follow: bytes of data, address of what is called with them as r0 = address, r1 =
 * bytes, then the data, in whole words. That is a loop, or one of the proxy's own at
 * these offsets, with the Thumb bit: pairs of address and word, stored there or loaded
 * from there.
 */
#define CMSPI_PROXY_STORE	6
#define CMSPI_PROXY_LOAD	26
#define CMSPI_PROXY_DONE_BYTES	4
#define CMSPI_PROXY_ENTRY_BYTES	8
#define CMSPI_PROXY_PAIR_BYTES	8
#define CMSPI_PROXY_CTX_BYTES	CMSPI_CTX_STEP

/* ---- loops -------------------------------------------------------------- */

/*
 * Each loop is a section of its own, position-independent, called by BLX.
 *   transmit: r0 = source, r1 = bytes (> 0)
 *   receive:  r0 = destination, r1 = bytes (> 0)
 *   crc:      r0 = CRC so far, r1 = bytes (> 0); returns r0
 *   blank:    r1 = bytes (> 0); returns r0 = 1 blank, 0 not
 *   decoder:  r0 = source, r1 = destination, r2, r3 = their ends; returns
 *             r0 = 1 done, 0 bad block (cmspi_lz4.S)
 * All: r8 = context, kept, as are r9, r10, r11 and sp; the rest is lost. A
 * clock cycle is the low store, then the high store; loops start with the
 * low store and leave CLK high, so that the chip's first answer bit
 * appears in the next loop.
 *
 * The fast loops reach both stores from one register (CMSPI_CTX_CLK_BASE).
 * The host puts the distances and the shifts that bring a pin into the carry
 * into those instructions that carry these impossible values:
 */
#define CMSPI_PATCH_LOW		120	/* STR Rt, [Rn, #120] */
#define CMSPI_PATCH_HIGH	124	/* STR Rt, [Rn, #124] */
#define CMSPI_PATCH_MISO	31	/* LSRS Rd, Rm, #31: the only line */
#define CMSPI_PATCH_IO1		20	/* LSRS Rd, Rm, #20: first of two lines, */
#define CMSPI_PATCH_IO0		29	/* LSRS Rd, Rm, #29: from what that left */
#define CMSPI_PATCH_QUAD3	27	/* LSRS Rd, Rm, #27: one of four lines, IO3 */
#define CMSPI_PATCH_QUAD2	21
#define CMSPI_PATCH_QUAD1	25
#define CMSPI_PATCH_QUAD0	23
#define CMSPI_PATCH_PORT3	19	/* LSRS r5, r6, #19: the same on two ports; */
#define CMSPI_PATCH_PORT2	18	/* r6 = sample with MISO, r1 = the other */
#define CMSPI_PATCH_PORT1	17
#define CMSPI_PATCH_PORT0	15
#define CMSPI_PATCH_LOWEST	22	/* LSRS Rd, Rm, #22: bits below four lines */

#endif /* CMSPI_ABI_H */
