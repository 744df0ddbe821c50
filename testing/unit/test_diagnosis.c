// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_diagnosis.c: from observations to verdict and sentence, and the 24 orders.
 */

#include "cases.h"
#include "cmspi_diagnosis.h"

#define L	CMSPI_LEVEL_LOW
#define H	CMSPI_LEVEL_HIGH
#define N	CMSPI_LEVEL_NONE

/* Register and modes work, driven as told, pulled down and up as told. */
#define WIRE(low, high, down, up)	{ true, true, low, high, down, up }
#define FREE	WIRE(L, H, L, H)
#define PULLED	WIRE(L, H, H, H)
#define PINS	.pins = { "PA4", "PA5", "PA7", "PA6" }, .modes_known = true
#define SOUND	PINS, .wires = { PULLED, FREE, FREE, FREE }

struct verdict_case {
	const char *name;
	enum cmspi_verdict verdict;
	/** a part of the sentence */
	const char *words;
	struct cmspi_facts facts;
};

static const struct verdict_case verdict_cases[] = {
	{ "good", CMSPI_VERDICT_GOOD, "the wiring is good",
		{ SOUND, .id_found = true, .selected_down = H, .selected_up = H } },
	{ "asleep", CMSPI_VERDICT_ASLEEP, "deep power-down",
		{ SOUND, .id_found = true, .was_asleep = true } },
	{ "port_off_before_all", CMSPI_VERDICT_PORT_OFF, "the port of clk (PA5) does not take writes",
		{ PINS, .wires = { PULLED, { false, true, H, L, L, L }, FREE, FREE } } },
	{ "locked", CMSPI_VERDICT_LOCKED, "mosi (PA7) does not change its mode",
		{ PINS, .wires = { PULLED, FREE, { true, false, H, H, H, H }, FREE } } },
	{ "miso_high", CMSPI_VERDICT_STUCK,
		"miso (PA6) stays high although it is driven low: look for a short to the supply",
		{ PINS, .wires = { PULLED, FREE, FREE, WIRE(H, H, H, H) } } },
	{ "clk_low", CMSPI_VERDICT_STUCK,
		"clk (PA5) stays low although it is driven high: look for a short to ground",
		{ PINS, .wires = { PULLED, WIRE(L, L, L, L), FREE, FREE } } },
	{ "pin_that_is_none", CMSPI_VERDICT_STUCK, "cs (PA4) does not follow its output: is it the pin",
		{ PINS, .wires = { WIRE(H, L, L, L), FREE, FREE, FREE } } },
	{ "bank_by_hand_without_setup", CMSPI_VERDICT_STUCK, "-setup of this bank does not make it one",
		{ .pins = { "PA4", "PA5", "PA7", "PA6" },
			.wires = { WIRE(H, H, N, N), FREE, FREE, FREE } } },
	{ "short", CMSPI_VERDICT_SHORT, "clk (PA5) and miso (PA6) are connected",
		{ SOUND, .follows = { [1][3] = true, [3][1] = true } } },
	{ "one_way_is_no_short", CMSPI_VERDICT_NOBODY, "nobody drives miso",
		{ SOUND, .follows = { [1][3] = true }, .selected_down = L, .selected_up = H } },
	{ "short_before_stuck", CMSPI_VERDICT_SHORT, "cs (PA4) and clk (PA5)",
		{ PINS, .wires = { WIRE(H, H, H, H), FREE, FREE, FREE },
			.follows = { [0][1] = true, [1][0] = true } } },
	{ "swapped_data", CMSPI_VERDICT_SWAPPED,
		"mosi and miso are swapped: use -mosi PA6 -miso PA7",
		{ SOUND, .other_found = true, .assignment = { 0, 1, 3, 2 } } },
	{ "swapped_cs_and_clk", CMSPI_VERDICT_SWAPPED, "cs and clk are swapped: use -cs PA5 -clk PA4",
		{ SOUND, .other_found = true, .assignment = { 1, 0, 2, 3 } } },
	{ "three_in_a_ring", CMSPI_VERDICT_SWAPPED,
		"the wires are in another order: use -clk PA7 -mosi PA6 -miso PA5",
		{ SOUND, .other_found = true, .assignment = { 0, 2, 3, 1 } } },
	{ "nobody", CMSPI_VERDICT_NOBODY, "nobody drives miso (PA6) when cs (PA4) is low",
		{ SOUND, .selected_down = L, .selected_up = H } },
	{ "nobody_with_pull_up_on_miso", CMSPI_VERDICT_NOBODY, "nobody drives miso (PA6)",
		{ PINS, .wires = { PULLED, FREE, FREE, PULLED }, .selected_down = H,
			.selected_up = H } },
	{ "nobody_and_no_pull_up_on_cs", CMSPI_VERDICT_NOBODY, "it has no pull-up",
		{ PINS, .wires = { FREE, FREE, FREE, FREE }, .selected_down = L, .selected_up = H } },
	{ "garbled", CMSPI_VERDICT_GARBLED, "miso (PA6) reads 12 34 56 and is driven",
		{ SOUND, .selected_down = H, .selected_up = H, .id = { 0x12, 0x34, 0x56 } } },
	{ "without_pull_data", CMSPI_VERDICT_GARBLED, "check supply and all four wires",
		{ PINS, .wires = { WIRE(L, H, N, N), WIRE(L, H, N, N), WIRE(L, H, N, N),
			WIRE(L, H, N, N) }, .selected_down = N, .selected_up = N,
			.id = { 0xff, 0xff, 0xff } } },
	{ "an_id_explains_a_strong_pull_up", CMSPI_VERDICT_GOOD, "good",
		{ PINS, .wires = { WIRE(H, H, H, H), FREE, FREE, FREE }, .id_found = true } },
};

static void test_verdict(void **state)
{
	const struct verdict_case *row = *state;
	char sentence[320];

	assert_int_equal(cmspi_diagnosis(&row->facts, sentence, sizeof(sentence)), row->verdict);
	if (!strstr(sentence, row->words))
		fail_msg("'%s' is not in '%s'", row->words, sentence);
	assert_true(strlen(sentence) < sizeof(sentence) - 1);
	assert_true(sentence[strlen(sentence) - 1] != '.');
}

struct wire_case {
	const char *words;
	struct cmspi_wire_facts wire;
};

static const struct wire_case wire_cases[] = {
	{ "floats", FREE },
	{ "pulled up", PULLED },
	{ "pulled down", WIRE(L, H, L, L) },
	{ "stuck high", WIRE(H, H, H, H) },
	{ "stuck low", WIRE(L, L, L, L) },
	{ "does not follow", WIRE(H, L, L, L) },
	{ "not measured", WIRE(L, H, N, N) },
	{ "port is off", { false, true, L, L, L, L } },
	{ "locked", { true, false, L, H, L, H } },
};

static void test_wire(void **state)
{
	const struct wire_case *row = *state;

	assert_string_equal(cmspi_wire_words(&row->wire), row->words);
}

static void all_assignments_are_there_once(void **state)
{
	bool seen[256] = { false };
	unsigned int pins[CMSPI_WIRES_TESTED];

	(void)state;
	for (unsigned int i = 0; i < CMSPI_ASSIGNMENTS; i++) {
		unsigned int used = 0, key = 0;

		cmspi_assignment(i, pins);
		for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++) {
			used |= 1u << pins[line];
			key = key << 2 | pins[line];
		}
		assert_int_equal(used, 0xf);
		assert_false(seen[key]);
		seen[key] = true;
	}
}

static void first_assignment_is_the_banks(void **state)
{
	unsigned int pins[CMSPI_WIRES_TESTED];

	(void)state;
	cmspi_assignment(0, pins);
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++)
		assert_int_equal(pins[line], line);
}

static void only_wires_that_move_are_tried_in_other_orders(void **state)
{
	const struct cmspi_facts sound = { SOUND };
	struct cmspi_facts facts = sound;

	(void)state;
	assert_true(cmspi_wires_are_sound(&sound));
	facts.wires[2].driven_low = H;
	assert_false(cmspi_wires_are_sound(&facts));
	facts = sound;
	facts.wires[3].mode_works = false;
	assert_false(cmspi_wires_are_sound(&facts));
	facts = sound;
	facts.follows[0][3] = true;
	facts.follows[3][0] = true;
	assert_false(cmspi_wires_are_sound(&facts));
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (size_t i = 0; i < sizeof(verdict_cases) / sizeof(*verdict_cases); i++)
		cases_add(&cases, test_verdict, &verdict_cases[i], "verdict_%s",
			verdict_cases[i].name);
	for (size_t i = 0; i < sizeof(wire_cases) / sizeof(*wire_cases); i++)
		cases_add(&cases, test_wire, &wire_cases[i], "wire: %s", wire_cases[i].words);
	CASES_ADD(&cases, all_assignments_are_there_once);
	CASES_ADD(&cases, first_assignment_is_the_banks);
	CASES_ADD(&cases, only_wires_that_move_are_tried_in_other_orders);
	return cases_run(&cases, "diagnosis", argc, argv);
}
