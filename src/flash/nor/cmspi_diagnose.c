// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * 'cmspi diagnose': finds out by single register accesses over the debug link how
 * the four wires behave, tries them in every order, and says what is most likely
 * wrong. Nothing is sent to the chip but 9Fh, ABh, and reads once it has answered:
 * with wires in the wrong order, a chip sees these, or all zeros or ones, none of
 * which is a write enable.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_diagnose.h"

/* Clean-up is tried again when the link fails in the middle of it. */
#define CLEAN_UP_TRIES	3
/* Reading so many bytes of ID by register writes takes longer than any chip needs
 * to leave deep power-down, also on a fast probe (35 us at most, W25Q128JV). */
#define WAKE_BYTES	16
#define SFDP_BYTES	8
#define MISO		CMSPI_IO1

struct diagnose {
	struct flash_bank *bank;
	/* the bank's, with the bench's set-up list */
	struct cmspi_wires wires;
	struct cmspi_bench bench;
	/* Tcl knows how to change the pins' modes */
	bool has_modes;
	/* MOSI and MISO are one pin */
	bool shares_data;
	/* entries of the set-up list that must be undone, and with what */
	unsigned int set_up;
	uint32_t saved[CMSPI_SETUPS];
	/* first failure of the link; accesses after it are dropped */
	int error;
	struct cmspi_facts facts;
	uint8_t sfdp[SFDP_BYTES];
	uint8_t status;
};

/* ---- accesses ----------------------------------------------------------- */

static void put(struct diagnose *d, uint32_t addr, uint32_t word)
{
	keep_alive();
	if (d->error == ERROR_OK)
		d->error = target_write_u32(d->bank->target, addr, word);
}

static uint32_t get(struct diagnose *d, uint32_t addr)
{
	uint32_t word = 0;

	keep_alive();
	if (d->error == ERROR_OK)
		d->error = target_read_u32(d->bank->target, addr, &word);
	return word;
}

static const struct cmspi_port *port_of(const struct diagnose *d, unsigned int line)
{
	return &d->wires.ports[d->wires.pins[line].port];
}

static void drive(struct diagnose *d, unsigned int line, enum cmspi_level level)
{
	const struct cmspi_store store = cmspi_pins_level(&d->wires, line, level);
	const uint32_t neighbours = store.keep ? get(d, store.addr) & store.keep : 0;

	put(d, store.addr, store.word | neighbours);
}

static enum cmspi_level look(struct diagnose *d, unsigned int line)
{
	return get(d, port_of(d, line)->in) >> d->wires.pins[line].bit & 1;
}

static enum cmspi_level look_at_latch(struct diagnose *d, unsigned int line)
{
	return get(d, port_of(d, line)->out) >> d->wires.pins[line].bit & 1;
}

/* Without data on modes, pins stay as the bank's own set-up list makes them. */
static void set_mode(struct diagnose *d, unsigned int line, enum cmspi_pin_mode mode)
{
	const struct cmspi_mode_writes *writes = &d->bench.modes[line][mode];

	for (unsigned int i = 0; i < writes->count; i++) {
		const struct cmspi_setup *write = &writes->writes[i];

		put(d, write->addr, (get(d, write->addr) & ~write->mask) | write->value);
		if ((get(d, write->addr) & write->mask) != write->value)
			d->facts.wires[line].mode_works = false;
	}
}

static bool has_pull_down(const struct diagnose *d, unsigned int line)
{
	return d->bench.modes[line][CMSPI_MODE_PULL_DOWN].count;
}

/* ---- before and after --------------------------------------------------- */

static void set_up(struct diagnose *d)
{
	for (unsigned int i = 0; i < d->wires.num_setups && d->error == ERROR_OK; i++) {
		const struct cmspi_setup *setup = &d->wires.setups[i];
		const uint32_t word = get(d, setup->addr);

		d->saved[i] = (word & ~setup->force) | (setup->value & setup->force);
		if (d->error == ERROR_OK)
			d->set_up = i + 1;
		put(d, setup->addr, (word & ~setup->mask) | setup->value);
		// a clock gate must be through before its port is touched
		get(d, setup->addr);
	}
}

static int undo_entry(struct diagnose *d, unsigned int i)
{
	const struct cmspi_setup *setup = &d->wires.setups[i];

	for (unsigned int tries = 0; tries < CLEAN_UP_TRIES; tries++) {
		d->error = ERROR_OK;
		const uint32_t word = get(d, setup->addr);

		put(d, setup->addr, (word & ~setup->mask) | (d->saved[i] & setup->mask));
		if (d->error == ERROR_OK)
			break;
	}
	return d->error;
}

/* The set-up list backwards, whatever fails. */
static int put_back(struct diagnose *d)
{
	int failure = d->error;
	bool lost = false;

	for (unsigned int i = d->set_up; i--;) {
		int retval = undo_entry(d, i);
		if (retval != ERROR_OK)
			lost = true;
		if (failure == ERROR_OK)
			failure = retval;
	}
	if (lost)
		LOG_TARGET_ERROR(d->bank->target,
			"pins and clock gates could not be put back: reset the target");
	return failure;
}

/* ---- single wires ------------------------------------------------------- */

static void release_all(struct diagnose *d)
{
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++)
		set_mode(d, line, CMSPI_MODE_PULL_UP);
}

static void test_latch(struct diagnose *d, unsigned int line)
{
	// MISO's latch is not the bank's to change where nothing puts it back
	if (!d->has_modes && line == MISO)
		return;
	drive(d, line, CMSPI_LEVEL_HIGH);
	const bool took_high = look_at_latch(d, line) == CMSPI_LEVEL_HIGH;

	drive(d, line, CMSPI_LEVEL_LOW);
	d->facts.wires[line].latch_works = took_high &&
		look_at_latch(d, line) == CMSPI_LEVEL_LOW;
	drive(d, line, line == CMSPI_CS ? CMSPI_LEVEL_HIGH : CMSPI_LEVEL_LOW);
}

static void test_driving(struct diagnose *d, unsigned int line)
{
	enum cmspi_level others[CMSPI_WIRES_TESTED];

	drive(d, line, CMSPI_LEVEL_HIGH);
	d->facts.wires[line].driven_high = look(d, line);
	for (unsigned int i = 0; i < CMSPI_WIRES_TESTED; i++)
		others[i] = look(d, i);
	drive(d, line, CMSPI_LEVEL_LOW);
	d->facts.wires[line].driven_low = look(d, line);
	for (unsigned int i = 0; i < CMSPI_WIRES_TESTED; i++)
		d->facts.follows[line][i] = d->has_modes && i != line &&
			!(d->shares_data && i >= CMSPI_IO0 && line >= CMSPI_IO0) &&
			others[i] == CMSPI_LEVEL_HIGH && look(d, i) == CMSPI_LEVEL_LOW;
	drive(d, line, line == CMSPI_CS ? CMSPI_LEVEL_HIGH : CMSPI_LEVEL_LOW);
}

/* All other wires are inputs with pull-ups meanwhile. */
static void test_wire(struct diagnose *d, unsigned int line)
{
	struct cmspi_wire_facts *wire = &d->facts.wires[line];

	if (!d->has_modes && line == MISO)
		return;
	set_mode(d, line, CMSPI_MODE_OUTPUT);
	test_driving(d, line);
	if (has_pull_down(d, line)) {
		set_mode(d, line, CMSPI_MODE_PULL_DOWN);
		wire->pulled_down = look(d, line);
	}
	set_mode(d, line, CMSPI_MODE_PULL_UP);
	if (has_pull_down(d, line))
		wire->pulled_up = look(d, line);
}

static void test_wires(struct diagnose *d)
{
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++) {
		d->facts.wires[line] = (struct cmspi_wire_facts){
			.latch_works = true,
			.mode_works = true,
			.driven_low = CMSPI_LEVEL_NONE,
			.driven_high = CMSPI_LEVEL_NONE,
			.pulled_down = CMSPI_LEVEL_NONE,
			.pulled_up = CMSPI_LEVEL_NONE,
		};
		test_latch(d, line);
	}
	release_all(d);
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++)
		test_wire(d, line);
}

/* ---- the chip ----------------------------------------------------------- */

/* CS high, CLK and MOSI low, MISO an input, for one assignment of the pins. */
static void take_places(struct diagnose *d, const unsigned int *assignment)
{
	release_all(d);
	for (unsigned int line = CMSPI_CS; line <= CMSPI_IO0; line++) {
		set_mode(d, assignment[line], CMSPI_MODE_OUTPUT);
		drive(d, assignment[line],
			line == CMSPI_CS ? CMSPI_LEVEL_HIGH : CMSPI_LEVEL_LOW);
	}
}

static void send_byte(struct diagnose *d, uint8_t byte)
{
	for (unsigned int bit = 8; bit--;) {
		drive(d, CMSPI_CLK, CMSPI_LEVEL_LOW);
		drive(d, CMSPI_IO0, byte >> bit & 1);
		drive(d, CMSPI_CLK, CMSPI_LEVEL_HIGH);
	}
	drive(d, CMSPI_CLK, CMSPI_LEVEL_LOW);
}

/* Does the chip drive MISO once it has been asked for its ID? */
static void test_answer(struct diagnose *d)
{
	unsigned int straight[CMSPI_WIRES_TESTED];

	d->facts.selected_down = CMSPI_LEVEL_NONE;
	d->facts.selected_up = CMSPI_LEVEL_NONE;
	if (!has_pull_down(d, MISO) || d->shares_data)
		return;
	cmspi_assignment(0, straight);
	take_places(d, straight);
	drive(d, CMSPI_CS, CMSPI_LEVEL_LOW);
	send_byte(d, CMSPI_OPCODE_READ_ID);
	d->facts.selected_up = look(d, MISO);
	set_mode(d, MISO, CMSPI_MODE_PULL_DOWN);
	d->facts.selected_down = look(d, MISO);
	set_mode(d, MISO, CMSPI_MODE_PULL_UP);
	drive(d, CMSPI_CS, CMSPI_LEVEL_HIGH);
}

/* The GPIO executor with the pins in another order, and without a set-up list: the
 * pins are set up already. */
static void run_steps(struct diagnose *d, const unsigned int *assignment,
	const struct cmspi_step *steps, unsigned int count)
{
	struct cmspi_bus *bus = malloc(sizeof(*bus));
	struct cmspi_failure failure;

	if (!bus) {
		LOG_ERROR("out of memory for a trial of the wires");
		d->error = ERROR_FAIL;
		return;
	}
	*bus = cmspi_of(d->bank)->bus;
	bus->wires.num_setups = 0;
	if (d->has_modes)
		take_places(d, assignment);
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++)
		bus->wires.pins[line] = d->wires.pins[assignment[line]];
	cmspi_pins_stores(&bus->wires, &bus->stores);
	if (d->error == ERROR_OK)
		d->error = cmspi_gpio_run(bus, steps, count, &failure);
	free(bus);
}

static bool try_id(struct diagnose *d, const unsigned int *assignment, bool wake)
{
	uint8_t pause[WAKE_BYTES];
	uint8_t id[CMSPI_DIAGNOSIS_ID_BYTES] = { 0 };
	struct cmspi_step steps[3];
	unsigned int count = 0;

	if (wake) {
		steps[count] = cmspi_chip_step_read_id(NULL, 0);
		steps[count++].op.opcode = CMSPI_OPCODE_RELEASE_DPD;
		steps[count++] = cmspi_chip_step_read_id(pause, sizeof(pause));
	}
	steps[count++] = cmspi_chip_step_read_id(id, sizeof(id));
	run_steps(d, assignment, steps, count);
	if (d->error != ERROR_OK)
		return false;
	const bool found = cmspi_chip_id_is_plausible(id, sizeof(id));

	if (found || !wake)
		memcpy(d->facts.id, id, sizeof(id));
	return found;
}

/* As the bank says, then after ABh, then in every other order. */
static void find_id(struct diagnose *d, unsigned int *assignment)
{
	cmspi_assignment(0, assignment);
	d->facts.id_found = try_id(d, assignment, false);
	if (d->facts.id_found)
		return;
	d->facts.id_found = try_id(d, assignment, true);
	d->facts.was_asleep = d->facts.id_found;
	if (!d->has_modes || d->shares_data || !cmspi_wires_are_sound(&d->facts))
		return;
	for (unsigned int i = 1; i < CMSPI_ASSIGNMENTS; i++) {
		if (d->facts.id_found || d->facts.other_found || d->error != ERROR_OK)
			return;
		cmspi_assignment(i, assignment);
		d->facts.other_found = try_id(d, assignment, true);
	}
}

static void look_at_chip(struct diagnose *d)
{
	unsigned int assignment[CMSPI_WIRES_TESTED];
	struct cmspi_step steps[] = {
		cmspi_chip_step_read_sfdp(0, d->sfdp, sizeof(d->sfdp)),
		cmspi_chip_step_read_id(&d->status, sizeof(d->status)),
	};

	test_answer(d);
	find_id(d, assignment);
	memcpy(d->facts.assignment, assignment, sizeof(assignment));
	steps[1].op.opcode = CMSPI_OPCODE_READ_STATUS;
	if (d->error == ERROR_OK && (d->facts.id_found || d->facts.other_found))
		run_steps(d, assignment, steps, ARRAY_SIZE(steps));
}

/* ---- what is printed ---------------------------------------------------- */

static const char *level_word(enum cmspi_level level)
{
	static const char * const words[] = {
		[CMSPI_LEVEL_LOW] = "0",
		[CMSPI_LEVEL_HIGH] = "1",
		[CMSPI_LEVEL_NONE] = "-",
	};

	return words[level];
}

static void print_wires(struct command_invocation *cmd, const struct diagnose *d)
{
	command_print(cmd, "wire  pin   driven 0 1  pulled 0 1");
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++) {
		const struct cmspi_wire_facts *wire = &d->facts.wires[line];

		command_print(cmd, "%-5s %-5s        %s %s         %s %s  %s",
			cmspi_line_name(line), d->facts.pins[line], level_word(wire->driven_low),
			level_word(wire->driven_high), level_word(wire->pulled_down),
			level_word(wire->pulled_up), cmspi_wire_words(wire));
	}
	if (!d->has_modes)
		command_print(cmd, "the tests of shorts and floating lines, and the search for other "
			"orders, were left out: this bank was not made by cmspi_bank");
	else if (d->shares_data)
		command_print(cmd, "the search for other orders was left out: mosi and miso are one "
			"pin");
	else if (!has_pull_down(d, MISO))
		command_print(cmd, "the tests of floating lines were left out: the family's data have "
			"no pull_up and pull_down");
}

static void print_chip(struct command_invocation *cmd, const struct diagnose *d)
{
	const struct cmspi_facts *facts = &d->facts;
	const bool floats = facts->selected_up != facts->selected_down;

	if (facts->selected_down != CMSPI_LEVEL_NONE)
		command_print(cmd, "miso with cs low, after 9Fh: %s", floats ? "floats" :
			facts->selected_up ? "high" : "low");
	command_print(cmd, "ID: %02x %02x %02x%s", facts->id[0], facts->id[1], facts->id[2],
		facts->was_asleep ? " (after ABh)" : facts->other_found ? " (wires in another order)"
		: "");
	if (!facts->id_found && !facts->other_found)
		return;
	if (memcmp(d->sfdp, "SFDP", 4))
		command_print(cmd, "SFDP: none; status: 0x%02x", d->status);
	else
		command_print(cmd, "SFDP: %d.%d; status: 0x%02x", d->sfdp[5], d->sfdp[4], d->status);
}

/* ---- the command -------------------------------------------------------- */

/* What Tcl knows of the bank's pins; nothing for a bank that was made by hand. */
static int get_bench(struct command_invocation *cmd, struct diagnose *d)
{
	Jim_Interp *interp = cmd->ctx->interp;
	Jim_Obj *words[] = {
		Jim_NewStringObj(interp, "cmspi_diagnose_data", -1),
		Jim_NewStringObj(interp, d->bank->name, -1),
	};
	Jim_Obj *script = Jim_NewListObj(interp, words, ARRAY_SIZE(words));
	int retval = ERROR_OK;

	Jim_IncrRefCount(script);
	if (Jim_EvalObj(interp, script) == JIM_OK) {
		Jim_Obj *data = Jim_GetResult(interp);

		Jim_IncrRefCount(data);
		retval = cmspi_parse_bench(cmd, data, &d->bench);
		Jim_DecrRefCount(interp, data);
	}
	Jim_DecrRefCount(interp, script);
	d->has_modes = d->bench.num_setups;
	return retval;
}

static int prepare_wires(struct diagnose *d)
{
	int retval = cmspi_look_at_pins(d->bank);
	if (retval != ERROR_OK)
		return retval;
	d->wires = cmspi_of(d->bank)->bus.wires;
	if (d->has_modes) {
		d->wires.num_setups = d->bench.num_setups;
		memcpy(d->wires.setups, d->bench.setups, sizeof(d->wires.setups));
	}
	return cmspi_deselect_neighbours(d->bank, &d->wires);
}

static int measure(struct diagnose *d)
{
	for (unsigned int line = 0; line < CMSPI_WIRES_TESTED; line++)
		d->facts.pins[line] = d->wires.pins[line].name;
	d->facts.modes_known = d->has_modes;
	d->shares_data = cmspi_pins_share_data(&d->wires);
	set_up(d);
	test_wires(d);
	if (d->error == ERROR_OK)
		look_at_chip(d);
	return put_back(d);
}

static COMMAND_HELPER(report, const struct diagnose *d)
{
	char sentence[320];
	const enum cmspi_verdict verdict =
		cmspi_diagnosis(&d->facts, sentence, sizeof(sentence));

	print_wires(CMD, d);
	print_chip(CMD, d);
	command_print(CMD, "%s: %s", d->bank->name, sentence);
	return verdict == CMSPI_VERDICT_GOOD || verdict == CMSPI_VERDICT_ASLEEP ? ERROR_OK
		: ERROR_FLASH_OPERATION_FAILED;
}

COMMAND_HELPER(cmspi_diagnose, struct flash_bank *bank)
{
	if (bank->target->state != TARGET_HALTED) {
		cmspi_complain(bank, "diagnose needs a halted target: use 'halt' or 'reset init' first");
		return ERROR_TARGET_NOT_HALTED;
	}
	struct diagnose *d = calloc(1, sizeof(*d));
	if (!d) {
		LOG_ERROR("out of memory for a diagnosis");
		return ERROR_FAIL;
	}
	d->bank = bank;
	int retval = get_bench(CMD, d);
	if (retval == ERROR_OK)
		retval = prepare_wires(d);
	if (retval == ERROR_OK)
		retval = measure(d);
	if (retval == ERROR_OK)
		retval = CALL_COMMAND_HANDLER(report, d);
	free(d);
	return retval;
}
