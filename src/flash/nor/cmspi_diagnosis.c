// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Decides what is wrong with a wiring. The order is that of causes: a port that is
 * off explains a pin that does not move, a pin that does not move explains an ID
 * that does not come.
 */

#include "cmspi_diagnosis.h"

#include <stdio.h>
#include <string.h>

static bool is_stuck(const struct cmspi_wire_facts *wire)
{
	return wire->driven_low == CMSPI_LEVEL_HIGH || wire->driven_high == CMSPI_LEVEL_LOW;
}

const char *cmspi_wire_words(const struct cmspi_wire_facts *wire)
{
	if (!wire->latch_works)
		return "port is off";
	if (!wire->mode_works)
		return "locked";
	if (wire->driven_low == CMSPI_LEVEL_HIGH)
		return wire->driven_high == CMSPI_LEVEL_LOW ? "does not follow" : "stuck high";
	if (wire->driven_high == CMSPI_LEVEL_LOW)
		return "stuck low";
	if (wire->pulled_down == CMSPI_LEVEL_NONE || wire->pulled_up == CMSPI_LEVEL_NONE)
		return "not measured";
	if (wire->pulled_down == wire->pulled_up)
		return wire->pulled_up ? "pulled up" : "pulled down";
	return "floats";
}

/* Two wires that go with each other; false: none do. */
static bool find_short(const struct cmspi_facts *facts, unsigned int *a, unsigned int *b)
{
	for (*b = 0; *b < CMSPI_WIRES_TESTED; (*b)++)
		for (*a = 0; *a < *b; (*a)++)
			if (facts->follows[*a][*b] && facts->follows[*b][*a])
				return true;
	return false;
}

bool cmspi_wires_are_sound(const struct cmspi_facts *facts)
{
	unsigned int a, b;

	for (unsigned int i = 0; i < CMSPI_WIRES_TESTED; i++) {
		const struct cmspi_wire_facts *wire = &facts->wires[i];

		if (!wire->latch_works || !wire->mode_works || is_stuck(wire))
			return false;
	}
	return !find_short(facts, &a, &b);
}

static enum cmspi_verdict say_port_off(const struct cmspi_facts *facts, unsigned int line,
	char *sentence, size_t sentence_bytes)
{
	snprintf(sentence, sentence_bytes, "the port of %s (%s) does not take writes: its clock is "
		"off, or its address is wrong: make the bank with cmspi_bank, or add the clock gate "
		"to -setup", cmspi_line_name(line), facts->pins[line]);
	return CMSPI_VERDICT_PORT_OFF;
}

static enum cmspi_verdict say_locked(const struct cmspi_facts *facts, unsigned int line,
	char *sentence, size_t sentence_bytes)
{
	snprintf(sentence, sentence_bytes, "%s (%s) does not change its mode: it is locked until "
		"the next reset, or not allowed to this debugger: use 'reset halt' first",
		cmspi_line_name(line), facts->pins[line]);
	return CMSPI_VERDICT_LOCKED;
}

static enum cmspi_verdict say_stuck(const struct cmspi_facts *facts, unsigned int line,
	char *sentence, size_t sentence_bytes)
{
	const struct cmspi_wire_facts *wire = &facts->wires[line];
	const bool high = wire->driven_low == CMSPI_LEVEL_HIGH;

	if (!facts->modes_known)
		snprintf(sentence, sentence_bytes, "%s (%s) does not follow its output: -setup of "
			"this bank does not make it one, or it is tied to a rail: make the bank with "
			"cmspi_bank", cmspi_line_name(line), facts->pins[line]);
	else if (high && wire->driven_high == CMSPI_LEVEL_LOW)
		snprintf(sentence, sentence_bytes, "%s (%s) does not follow its output: is it the pin "
			"of another port, or one that the package lacks?", cmspi_line_name(line),
			facts->pins[line]);
	else
		snprintf(sentence, sentence_bytes, "%s (%s) stays %s although it is driven %s: look "
			"for a short to %s, or another driver on this wire", cmspi_line_name(line),
			facts->pins[line], high ? "high" : "low", high ? "low" : "high",
			high ? "the supply" : "ground");
	return CMSPI_VERDICT_STUCK;
}

static enum cmspi_verdict say_short(const struct cmspi_facts *facts, unsigned int a,
	unsigned int b, char *sentence, size_t sentence_bytes)
{
	snprintf(sentence, sentence_bytes, "%s (%s) and %s (%s) are connected: look for a solder "
		"bridge, or a wire in the neighbour's hole", cmspi_line_name(a), facts->pins[a],
		cmspi_line_name(b), facts->pins[b]);
	return CMSPI_VERDICT_SHORT;
}

static enum cmspi_verdict say_swapped(const struct cmspi_facts *facts, char *sentence,
	size_t sentence_bytes)
{
	const char *names[CMSPI_WIRES_TESTED];
	unsigned int count = 0;
	size_t used;

	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++) {
		if (facts->assignment[line] != line)
			names[count++] = cmspi_line_name(line);
	}
	if (count == 2)
		snprintf(sentence, sentence_bytes, "%s and %s are swapped: use", names[0], names[1]);
	else
		snprintf(sentence, sentence_bytes, "the wires are in another order: use");
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++) {
		if (facts->assignment[line] == line)
			continue;
		used = strlen(sentence);
		snprintf(sentence + used, sentence_bytes - used, " -%s %s", cmspi_line_name(line),
			facts->pins[facts->assignment[line]]);
	}
	return CMSPI_VERDICT_SWAPPED;
}

static enum cmspi_verdict say_good(const struct cmspi_facts *facts, char *sentence,
	size_t sentence_bytes)
{
	if (!facts->was_asleep) {
		snprintf(sentence, sentence_bytes, "the wiring is good");
		return CMSPI_VERDICT_GOOD;
	}
	snprintf(sentence, sentence_bytes, "the wiring is good; the chip was in deep power-down and "
		"answers after ABh: 'flash probe' does the same by itself");
	return CMSPI_VERDICT_ASLEEP;
}

/* No ID, whatever was tried, but every pin can be moved. */
static enum cmspi_verdict say_no_id(const struct cmspi_facts *facts, char *sentence,
	size_t sentence_bytes)
{
	const char *miso = facts->pins[CMSPI_IO1];
	const char *cs = facts->pins[CMSPI_CS];
	const bool floats = facts->selected_down == CMSPI_LEVEL_LOW &&
		facts->selected_up == CMSPI_LEVEL_HIGH;
	const bool same = facts->selected_down == facts->wires[CMSPI_IO1].pulled_down &&
		facts->selected_up == facts->wires[CMSPI_IO1].pulled_up;

	if (facts->selected_down != CMSPI_LEVEL_NONE && (floats || same)) {
		snprintf(sentence, sentence_bytes, "nobody drives miso (%s) when cs (%s) is low: no "
			"chip, no supply, or a wire on another pin: measure the supply at the chip, "
			"then follow cs%s, clk (%s), mosi (%s) and miso", miso, cs,
			facts->wires[CMSPI_CS].pulled_down == CMSPI_LEVEL_LOW ?
			" (it has no pull-up: is it on another pin?)" : "",
			facts->pins[CMSPI_CLK], facts->pins[CMSPI_IO0]);
		return CMSPI_VERDICT_NOBODY;
	}
	snprintf(sentence, sentence_bytes, "no JEDEC ID, miso (%s) reads %02x %02x %02x%s: %s", miso,
		facts->id[0], facts->id[1], facts->id[2],
		facts->selected_down == CMSPI_LEVEL_NONE ? "" : " and is driven",
		facts->selected_down == CMSPI_LEVEL_NONE ? "check supply and all four wires" :
		"is clk noisy, the chip in another mode, or another device on this bus? try a power "
		"cycle, then -max-khz 100");
	return CMSPI_VERDICT_GARBLED;
}

enum cmspi_verdict cmspi_diagnosis(const struct cmspi_facts *facts, char *sentence,
	size_t sentence_bytes)
{
	unsigned int a, b;

	for (unsigned int i = 0; i < CMSPI_WIRES_TESTED; i++)
		if (!facts->wires[i].latch_works)
			return say_port_off(facts, i, sentence, sentence_bytes);
	for (unsigned int i = 0; i < CMSPI_WIRES_TESTED; i++)
		if (!facts->wires[i].mode_works)
			return say_locked(facts, i, sentence, sentence_bytes);
	// a chip that answers leaves nothing to explain
	if (facts->id_found)
		return say_good(facts, sentence, sentence_bytes);
	if (find_short(facts, &a, &b))
		return say_short(facts, a, b, sentence, sentence_bytes);
	for (unsigned int i = 0; i < CMSPI_WIRES_TESTED; i++)
		if (is_stuck(&facts->wires[i]))
			return say_stuck(facts, i, sentence, sentence_bytes);
	if (facts->other_found)
		return say_swapped(facts, sentence, sentence_bytes);
	return say_no_id(facts, sentence, sentence_bytes);
}

void cmspi_assignment(unsigned int index, unsigned int assignment[CMSPI_WIRES_TESTED])
{
	unsigned int left[CMSPI_WIRES_TESTED] = { 0, 1, 2, 3 };
	unsigned int radix = CMSPI_ASSIGNMENTS;

	// the digits of the number choose among the pins that are left
	for (unsigned int i = 0; i < CMSPI_WIRES_TESTED; i++) {
		const unsigned int count = CMSPI_WIRES_TESTED - i;

		radix /= count;
		const unsigned int chosen = index / radix % count;

		assignment[i] = left[chosen];
		memmove(&left[chosen], &left[chosen + 1], (count - chosen - 1) * sizeof(left[0]));
	}
}
