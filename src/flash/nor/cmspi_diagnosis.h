/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * From what was measured on the four wires to the most likely fault and the change
 * to make. Pure: no I/O, no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_DIAGNOSIS_H
#define OPENOCD_FLASH_NOR_CMSPI_DIAGNOSIS_H

#include "cmspi_pins.h"

/** CS, CLK, MOSI, MISO: the lines that every wiring has. */
#define CMSPI_WIRES_TESTED	4
/** Ways to assign four pins to four lines. */
#define CMSPI_ASSIGNMENTS	24
#define CMSPI_DIAGNOSIS_ID_BYTES	3

/** What an input register said. */
enum cmspi_level {
	CMSPI_LEVEL_LOW,
	CMSPI_LEVEL_HIGH,
	/** not measured */
	CMSPI_LEVEL_NONE,
};

struct cmspi_wire_facts {
	/** the output register took both levels */
	bool latch_works;
	/** the pin took all modes that were set */
	bool mode_works;
	/** the pin read back while it drove */
	enum cmspi_level driven_low;
	enum cmspi_level driven_high;
	/** the pin with its pull-down, its pull-up, while nobody of us drives it */
	enum cmspi_level pulled_down;
	enum cmspi_level pulled_up;
};

struct cmspi_facts {
	/** the modes of the pins could be changed; else they were as the bank's set-up
	 * list makes them */
	bool modes_known;
	/** names of the pins, by enum cmspi_line */
	const char *pins[CMSPI_WIRES_TESTED];
	struct cmspi_wire_facts wires[CMSPI_WIRES_TESTED];
	/** [i][j]: wire j, pulled up, went with wire i when i was driven */
	bool follows[CMSPI_WIRES_TESTED][CMSPI_WIRES_TESTED];
	/** MISO with its pull-down, its pull-up, while CS is low and 9Fh was sent */
	enum cmspi_level selected_down;
	enum cmspi_level selected_up;
	/** the answer with the bank's wiring, and whether it is a JEDEC ID */
	uint8_t id[CMSPI_DIAGNOSIS_ID_BYTES];
	bool id_found;
	/** it came only after ABh, the end of deep power-down */
	bool was_asleep;
	/** an ID came with other assignments: line l of the chip is on the pin that
	 * the bank gives to line assignment[l] */
	bool other_found;
	unsigned int assignment[CMSPI_WIRES_TESTED];
};

enum cmspi_verdict {
	CMSPI_VERDICT_GOOD,
	CMSPI_VERDICT_PORT_OFF,
	CMSPI_VERDICT_LOCKED,
	CMSPI_VERDICT_SHORT,
	CMSPI_VERDICT_STUCK,
	CMSPI_VERDICT_SWAPPED,
	CMSPI_VERDICT_ASLEEP,
	CMSPI_VERDICT_NOBODY,
	CMSPI_VERDICT_GARBLED,
};

/**
 * The most likely fault.
 * @param sentence receives it in words with the change to make, without end
 */
enum cmspi_verdict cmspi_diagnosis(const struct cmspi_facts *facts, char *sentence,
	size_t sentence_bytes);

/** Can every wire be moved, and by itself? Else other orders need not be tried. */
bool cmspi_wires_are_sound(const struct cmspi_facts *facts);

/** What the levels of a wire tell: "floats", "pulled up", "stuck high" ...
 * "not measured". */
const char *cmspi_wire_words(const struct cmspi_wire_facts *wire);

/** Assignment number @a index, 0: each line on its own pin. */
void cmspi_assignment(unsigned int index, unsigned int assignment[CMSPI_WIRES_TESTED]);

#endif /* OPENOCD_FLASH_NOR_CMSPI_DIAGNOSIS_H */
