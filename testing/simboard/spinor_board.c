// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The memory chips on the board: loading rows and images, wiring, faults, and
 * what the chips have to report.
 */

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spinor.h"

#define MAX_CHIPS 8

static struct spinor *chips[MAX_CHIPS];
static unsigned int num_chips;

struct spinor *spinor_by_index(unsigned int index)
{
	return index < num_chips ? chips[index] : NULL;
}

/* ---- rows ---------------------------------------------------------------- */

/** "tPP=700,tSE=1000" into the row's "time_us". */
static int row_override(json_t *row, char *overrides)
{
	json_t *time_us = json_object_get(row, "time_us");
	char *rest = NULL;

	for (char *item = strtok_r(overrides, ",", &rest); item; item = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(item, '=');

		if (value)
			*value++ = '\0';
		if (!value || !json_object_get(time_us, item)) {
			fprintf(stderr, "simboard: chip has no time \"%s\" to set, use one of:", item);
			for (void *i = json_object_iter(time_us); i; i = json_object_iter_next(time_us, i))
				fprintf(stderr, " %s", json_object_iter_key(i));
			fprintf(stderr, "\n");
			return -1;
		}
		json_object_set_new(time_us, item, json_real(strtod(value, NULL)));
	}
	return 0;
}

/** A dump as text: comment lines, then bytes in hex. */
static json_t *sfdp_load(const char *data_dir, const char *name)
{
	char path[PATH_MAX], line[1024];
	json_t *bytes = json_array();
	FILE *file;

	if (strchr(name, '/'))
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%s/sfdp/%s.hex", data_dir, name);
	file = fopen(path, "r");
	if (!file) {
		fprintf(stderr, "simboard: cannot read the SFDP dump %s\n", path);
		json_decref(bytes);
		return NULL;
	}
	while (fgets(line, sizeof(line), file)) {
		char *at = line, *end;

		if (line[0] == '#')
			continue;
		for (long value = strtol(at, &end, 16); end != at; value = strtol(at, &end, 16)) {
			json_array_append_new(bytes, json_integer(value));
			at = end;
		}
	}
	fclose(file);
	return bytes;
}

/** What a dump lacks: { "0x80": "FFE7..." } */
static int sfdp_complete(json_t *bytes, json_t *more)
{
	const char *offset_text;
	json_t *value;

	json_object_foreach(more, offset_text, value) {
		size_t offset = strtoul(offset_text, NULL, 0);
		const char *hex = json_string_value(value);
		unsigned int byte;

		for (; hex && sscanf(hex, "%2x", &byte) == 1; hex += 2, offset++) {
			while (json_array_size(bytes) <= offset)
				json_array_append_new(bytes, json_integer(0xff));
			json_array_set_new(bytes, offset, json_integer(byte));
		}
		if (!hex || *hex) {
			fprintf(stderr, "simboard: sfdp_more at %s is not hex\n", offset_text);
			return -1;
		}
	}
	return 0;
}

static int row_add_sfdp(json_t *row, const char *data_dir)
{
	const char *name = json_string_value(json_object_get(row, "sfdp"));
	json_t *bytes;

	if (!name)
		return 0;
	bytes = sfdp_load(data_dir, name);
	if (!bytes || sfdp_complete(bytes, json_object_get(row, "sfdp_more"))) {
		json_decref(bytes);
		return -1;
	}
	json_object_del(row, "sfdp_more");
	return json_object_set_new(row, "sfdp", bytes);
}

json_t *sim_chip_load(const char *data_dir, const char *spec)
{
	char path[PATH_MAX], name[PATH_MAX];
	const char *slash = strrchr(spec, '/');
	const char *colon = strchr(slash ? slash : spec, ':');
	char *overrides = strdup(colon ? colon + 1 : "");
	json_error_t error;
	json_t *row;

	snprintf(name, sizeof(name), "%.*s", colon ? (int)(colon - spec) : (int)strlen(spec), spec);
	if (slash || strstr(name, ".json"))
		snprintf(path, sizeof(path), "%s", name);
	else if ((size_t)snprintf(path, sizeof(path), "%s/chip/%s.json", data_dir, name)
			>= sizeof(path))
		path[0] = '\0';
	row = json_load_file(path, 0, &error);
	if (!row)
		fprintf(stderr, "simboard: chip %s: %s, line %d: %s\n", name, path, error.line,
			error.text);
	if (row && (!overrides || row_override(row, overrides) || row_add_sfdp(row, data_dir))) {
		json_decref(row);
		row = NULL;
	}
	free(overrides);
	return row;
}

/* ---- images -------------------------------------------------------------- */

static int image_load(struct spinor *chip)
{
	FILE *file;
	size_t length;
	bool too_long;
	const size_t memory_bytes = (size_t)chip->part.size_bytes + spinor_otp_bytes(chip);

	chip->memory = malloc(memory_bytes);
	if (!chip->memory) {
		fprintf(stderr, "simboard: %s: out of memory\n", chip->label);
		return -1;
	}
	memset(chip->memory, 0xff, memory_bytes);
	file = chip->image_path ? fopen(chip->image_path, "rb") : NULL;
	if (!file)
		return 0;
	length = fread(chip->memory, 1, chip->part.size_bytes, file);
	too_long = length == chip->part.size_bytes && fgetc(file) != EOF;
	fclose(file);
	if (!too_long)
		return 0;
	fprintf(stderr, "simboard: image %s is longer than the %u bytes of %s\n", chip->image_path,
		chip->part.size_bytes, chip->label);
	return -1;
}

static int image_save(const struct spinor *chip)
{
	FILE *file = fopen(chip->image_path, "wb");
	size_t written = 0;

	if (file) {
		written = fwrite(chip->memory, 1, chip->part.size_bytes, file);
		if (fclose(file))
			written = 0;
	}
	if (written == chip->part.size_bytes)
		return 0;
	fprintf(stderr, "simboard: cannot write the image %s\n", chip->image_path);
	return -1;
}

/** What is under way ends well, as the power stays on. */
static void chip_finish(struct spinor *chip)
{
	spinor_settle(chip, sim_time_ps());
	if (spinor_busy(chip) && !chip->faults.stuck_wip)
		spinor_settle(chip, chip->op.end_ps);
}

int sim_chips_save(void)
{
	int result = 0;

	for (unsigned int i = 0; i < num_chips; i++) {
		chip_finish(chips[i]);
		if (chips[i]->image_path && image_save(chips[i]))
			result = -1;
	}
	return result;
}

/* ---- faults -------------------------------------------------------------- */

/** The next fault of a name that is meant for this chip. */
static const struct sim_fault *fault_for(const struct spinor *chip, const struct sim_fault *fault)
{
	while (fault && sim_fault_param(fault, "chip", chip->index) != chip->index)
		fault = sim_fault_next(fault);
	return fault;
}

static bool fault_on(const struct spinor *chip, const char *name)
{
	return fault_for(chip, sim_fault_get(name));
}

static void flip_byte(struct spinor *chip, const struct sim_fault *fault)
{
	chip->memory[(uint32_t)sim_fault_param(fault, "addr", 0)] ^= 0xff;
}

static void flip_bytes_at(struct spinor *chip, const char *moment)
{
	const struct sim_fault *fault = fault_for(chip, sim_fault_get("flip_byte"));

	while (fault) {
		const char *at = sim_fault_text(fault, "at");

		if (!strcmp(at ? at : "start", moment))
			flip_byte(chip, fault);
		fault = fault_for(chip, sim_fault_next(fault));
	}
}

static int check_flip_bytes(const struct spinor *chip)
{
	const struct sim_fault *fault = fault_for(chip, sim_fault_get("flip_byte"));

	for (; fault; fault = fault_for(chip, sim_fault_next(fault))) {
		const char *at = sim_fault_text(fault, "at");

		if (at && strcmp(at, "start") && strcmp(at, "disconnect")) {
			fprintf(stderr, "simboard: flip_byte: at=%s is neither start nor disconnect\n", at);
			return -1;
		}
		if (sim_fault_param(fault, "addr", 0) >= chip->part.size_bytes) {
			fprintf(stderr, "simboard: flip_byte: addr=%s is past the end of %s\n",
				sim_fault_text(fault, "addr"), chip->label);
			return -1;
		}
	}
	return 0;
}

static void faults_with_parameters(struct spinor *chip)
{
	struct spinor_faults *f = &chip->faults;
	const struct sim_fault *fault;

	fault = fault_for(chip, sim_fault_get("program_bit_error"));
	f->random = fault ? sim_fault_param(fault, "seed", 1) : 1;
	f->random = f->random ? f->random : 1;
	f->bit_error_rate = fault ? sim_fault_param(fault, "rate", 0.001) : 0;

	fault = fault_for(chip, sim_fault_get("protected_range"));
	f->protect = fault;
	f->protect_address = fault ? sim_fault_param(fault, "addr", 0) : 0;
	f->protect_bytes = fault ? sim_fault_param(fault, "size", 0) : 0;

	fault = fault_for(chip, sim_fault_get("lose_power_at"));
	f->lose_power = fault;
	f->lose_power_ps = fault ? sim_fault_param(fault, "us", 0) * PS_PER_US : 0;

	fault = fault_for(chip, sim_fault_get("sfdp_corrupt_at"));
	if (fault && sim_fault_param(fault, "offset", 0) < chip->part.sfdp_bytes)
		chip->part.sfdp[(unsigned int)sim_fault_param(fault, "offset", 0)] ^= 0xff;

	fault = fault_for(chip, sim_fault_get("ignore_opcode"));
	for (; fault; fault = fault_for(chip, sim_fault_next(fault)))
		f->ignore_opcode[(uint8_t)sim_fault_param(fault, "op", 0)] =
			sim_fault_param(fault, "after", 0) + 1;
}

static void faults_of_lines(struct spinor *chip)
{
	const struct sim_fault *fault = fault_for(chip, sim_fault_get("miso_stuck"));

	chip->faults.miso_stuck = fault;
	if (fault)
		sim_net_set_stuck(chip->io_net[1],
			sim_fault_param(fault, "level", 0) != 0 ? SIM_H : SIM_L);
	fault = fault_for(chip, sim_fault_get("miso_noise"));
	if (fault)
		sim_net_set_noise(chip->io_net[1], sim_fault_param(fault, "seed", 1),
			sim_fault_param(fault, "rate", 0.01));
}

/* ---- states that firmware leaves ------------------------------------------ */

static bool leave_in_power_down(struct spinor *chip)
{
	chip->power_down = true;
	return true;
}

static bool set_quad_enable(struct spinor *chip)
{
	const struct spinor_bit *bit = &chip->part.flags[FLAG_QUAD_ENABLE];

	if (bit->reg != SPINOR_NO_REG)
		chip->part.regs[bit->reg].value |= 1U << bit->bit;
	return true;
}

static bool leave_in_aai(struct spinor *chip)
{
	chip->aai = chip->part.flags[FLAG_AAI].reg != SPINOR_NO_REG;
	chip->wel = chip->aai;
	return chip->aai;
}

static bool leave_in_dpi(struct spinor *chip)
{
	const struct spinor_bit *bit = &chip->part.flags[FLAG_DUAL_OFF];

	if (bit->reg != SPINOR_NO_REG)
		chip->part.regs[bit->reg].value &= ~(1U << bit->bit);
	return bit->reg != SPINOR_NO_REG;
}

static bool leave_in_qpi(struct spinor *chip)
{
	for (unsigned int opcode = 0; opcode < 256; opcode++)
		if (chip->by_opcode[PROTOCOL_QPI][opcode])
			chip->qpi = true;
	return chip->qpi && set_quad_enable(chip);
}

static bool leave_in_continuous(struct spinor *chip, uint8_t opcode)
{
	const struct spinor_cmd *cmd = chip->by_opcode[PROTOCOL_SPI][opcode];

	if (!cmd || !cmd->mode_clocks)
		return false;
	chip->continuous = cmd;
	return set_quad_enable(chip);
}

static bool leave_in_continuous_dual(struct spinor *chip)
{
	return leave_in_continuous(chip, 0xbb);
}

static bool leave_in_continuous_quad(struct spinor *chip)
{
	return leave_in_continuous(chip, 0xeb);
}

static bool leave_in_4byte(struct spinor *chip)
{
	chip->addr4 = true;
	return chip->part.size_bytes > 1 << 24;
}

static bool leave_in_second_16mib(struct spinor *chip)
{
	if (chip->part.extended_address_reg == SPINOR_NO_REG)
		return false;
	chip->part.regs[chip->part.extended_address_reg].value = 1;
	return true;
}

/** An erase with @a us microseconds to go. */
static bool leave_in_erase(struct spinor *chip)
{
	const struct sim_fault *fault = fault_for(chip, sim_fault_get("left_in"));
	const uint32_t size_bytes = 4096;
	uint32_t address = sim_fault_param(fault, "addr", 0);

	if (address > chip->part.size_bytes - size_bytes)
		return false;
	chip->op.kind = OP_ERASE;
	chip->op.address = address;
	chip->op.size_bytes = size_bytes;
	chip->op.left_ps = sim_fault_param(fault, "us", 20000) * PS_PER_US;
	chip->op.end_ps = sim_time_ps() + chip->op.left_ps;
	chip->wel = true;
	return true;
}

static bool leave_in_suspended_erase(struct spinor *chip)
{
	if (!leave_in_erase(chip))
		return false;
	chip->held = chip->op;
	chip->op.kind = OP_NONE;
	chip->wel = false;
	return true;
}

static const struct {
	const char *name;
	bool (*leave)(struct spinor *chip);
} states[] = {
	{ "power_down", leave_in_power_down },
	{ "dpi", leave_in_dpi },
	{ "qpi", leave_in_qpi },
	{ "aai", leave_in_aai },
	{ "continuous_dual", leave_in_continuous_dual },
	{ "continuous_quad", leave_in_continuous_quad },
	{ "4byte", leave_in_4byte },
	{ "second_16mib", leave_in_second_16mib },
	{ "erase", leave_in_erase },
	{ "suspended_erase", leave_in_suspended_erase },
};

static int leave_in_state(struct spinor *chip)
{
	const struct sim_fault *fault = fault_for(chip, sim_fault_get("left_in"));
	const char *name = fault ? sim_fault_text(fault, "state") : "";

	for (size_t i = 0; fault && i < ARRAY_SIZE(states); i++)
		if (!strcmp(states[i].name, name) && states[i].leave(chip))
			return 0;
	if (!fault)
		return 0;
	fprintf(stderr, "simboard: %s cannot be left in state \"%s\"; there are:", chip->label, name);
	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		fprintf(stderr, " %s", states[i].name);
	fprintf(stderr, "\n");
	return -1;
}

static void apply_faults(struct spinor *chip)
{
	chip->faults.stuck_wip = fault_on(chip, "stuck_wip");
	chip->faults.wel_ignored = fault_on(chip, "wel_ignored");
	chip->faults.program_noop = fault_on(chip, "program_noop");
	chip->faults.erase_noop = fault_on(chip, "erase_noop");
	chip->faults.id_all_ff = fault_on(chip, "id_all_ff");
	faults_with_parameters(chip);
	faults_of_lines(chip);
	flip_bytes_at(chip, "start");
	chip->out_of_socket = fault_on(chip, "out_of_socket");
}

/* ---- wiring -------------------------------------------------------------- */

static void cs_changed(void *ctx, struct sim_net *net, enum sim_level level, uint64_t when_ps)
{
	struct spinor *chip = ctx;

	(void)net;
	if (chip->out_of_socket)
		return;
	spinor_pin_cs(ctx, level == SIM_H, when_ps);
}

static void check_floating(struct spinor *chip, const struct sim_net *net)
{
	if (chip->t.float_sinned || !sim_net_floats(net))
		return;
	chip->t.float_sinned = true;
	spinor_sin(chip, "floating_input", "nobody drives %s (%s) while the chip listens to it",
		sim_net_chip_role(net), sim_net_name(net));
}

static void clk_changed(void *ctx, struct sim_net *net, enum sim_level level, uint64_t when_ps)
{
	struct spinor *chip = ctx;

	if (chip->out_of_socket)
		return;
	if (!chip->cs_high && level == SIM_H) {
		unsigned int lines = spinor_listens_to(chip);

		for (unsigned int i = 0; lines >> i; i++)
			if (chip->io_net[i])
				check_floating(chip, chip->io_net[i]);
	} else if (!chip->cs_high) {
		check_floating(chip, net);
	}
	spinor_pin_clk(chip, level == SIM_H, when_ps);
}

/** Lines 0 and 1 may be one wire, so a change goes to each line on that wire. */
static void io_changed(void *ctx, struct sim_net *net, enum sim_level level, uint64_t when_ps)
{
	struct spinor *chip = ctx;

	for (unsigned int i = 0; i < SPINOR_MAX_LINES && !chip->out_of_socket; i++)
		if (chip->io_net[i] == net)
			spinor_pin_io(chip, i, level == SIM_H, when_ps);
}

static void io_sampled(void *ctx, struct sim_net *net, uint64_t when_ps, bool stable)
{
	struct spinor *chip = ctx;

	(void)stable;
	for (unsigned int i = 0; i < SPINOR_MAX_LINES && !chip->out_of_socket; i++)
		if (chip->io_net[i] == net)
			spinor_pin_sampled(chip, i, when_ps);
}

/** Boards pull CS, WP# and HOLD# up, so that a chip nobody drives stays quiet. */
static void board_pull_up(struct sim_net *net)
{
	sim_net_set_pull(sim_net_attach(net, "board"), SIM_PULL_UP);
}

static void mark_pin(const struct spinor *chip, struct sim_net *net, const char *pin)
{
	char role[12];

	snprintf(role, sizeof(role), "u%u_%s", chip->index + 1, pin);
	sim_net_mark_chip_pin(net, role);
}

/** How a chip finds the wires when it comes to them. */
static void take_levels(struct spinor *chip)
{
	const uint64_t now_ps = sim_time_ps();

	chip->cs_high = sim_net_level(chip->cs_net, now_ps, NULL) == SIM_H;
	chip->clk_high = sim_net_level(chip->clk_net, now_ps, NULL) == SIM_H;
	chip->io_levels = 0xc;
	for (unsigned int i = 0; i < SPINOR_MAX_LINES; i++) {
		if (!chip->io_net[i])
			continue;
		/* WP# and HOLD# that nobody drives are pulled up inside */
		if (sim_net_level(chip->io_net[i], now_ps, NULL) == SIM_H)
			chip->io_levels |= 1U << i;
		else if (sim_net_is_driven(chip->io_net[i]))
			chip->io_levels &= ~(1U << i);
	}
}

static void connect_io(struct spinor *chip, unsigned int line)
{
	static const char *const names[] = { "mosi", "miso", "io2", "io3" };
	struct sim_net *net = chip->io_net[line];

	if (!net)
		return;
	mark_pin(chip, net, names[line]);
	if (line >= 2)
		board_pull_up(net);
	chip->io_driver[line] = sim_net_attach(net, chip->label);
	if (line == 1 && net == chip->io_net[0])
		return;
	sim_net_watch(net, io_changed, chip);
	sim_net_watch_sample(net, io_sampled, chip);
}

static void connect_pins(struct spinor *chip)
{
	mark_pin(chip, chip->cs_net, "cs");
	mark_pin(chip, chip->clk_net, "clk");
	board_pull_up(chip->cs_net);
	for (unsigned int i = 0; i < SPINOR_MAX_LINES; i++)
		connect_io(chip, i);
	take_levels(chip);
	sim_net_watch(chip->cs_net, cs_changed, chip);
	sim_net_watch(chip->clk_net, clk_changed, chip);
}

/** "cs=PA4,clk=PA5,mosi=PA7,miso=PA6[,io2=..,io3=..]" */
static int parse_pins(struct spinor *chip, const char *pins)
{
	struct { const char *key; struct sim_net **net; bool needed; } wires[] = {
		{ "cs", &chip->cs_net, true }, { "clk", &chip->clk_net, true },
		{ "mosi", &chip->io_net[0], true }, { "miso", &chip->io_net[1], true },
		{ "io2", &chip->io_net[2], false }, { "io3", &chip->io_net[3], false },
	};
	const size_t num_wires = ARRAY_SIZE(wires);
	char key[8], pin[12];
	int used;

	for (const char *at = pins; *at; at += used + (at[used] == ',')) {
		size_t i = 0;

		used = 0;
		if (sscanf(at, "%7[a-z0-9]=%11[A-Z0-9]%n", key, pin, &used) != 2 || !used)
			break;
		while (i < num_wires && strcmp(wires[i].key, key))
			i++;
		if (i == num_wires || (at[used] && at[used] != ',')) {
			fprintf(stderr, "simboard: --pins knows no \"%s\", only cs clk mosi miso io2 io3\n",
				key);
			return -1;
		}
		*wires[i].net = sim_net_get(pin);
	}
	for (size_t i = 0; i < num_wires; i++)
		if (wires[i].needed && !*wires[i].net) {
			fprintf(stderr, "simboard: --pins \"%s\" does not say where %s is\n", pins,
				wires[i].key);
			return -1;
		}
	return 0;
}

/* ---- report -------------------------------------------------------------- */

/** CRC-32 as in zip and Ethernet (IEEE 802.3, reflected 04C11DB7h). */
static uint32_t crc32_of(const uint8_t *data, size_t length)
{
	static uint32_t table[256];
	uint32_t crc = 0xffffffff;

	for (uint32_t i = 0; i < 256 && !table[255]; i++) {
		uint32_t value = i;

		for (unsigned int bit = 0; bit < 8; bit++)
			value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
		table[i] = value;
	}
	for (size_t i = 0; i < length; i++)
		crc = crc >> 8 ^ table[(crc ^ data[i]) & 0xff];
	return ~crc;
}

static json_t *report_commands(const struct spinor *chip)
{
	json_t *commands = json_object();

	for (unsigned int opcode = 0; opcode < 256; opcode++) {
		const struct spinor_cmd *cmd = NULL;
		char key[4];

		if (!chip->count_by_opcode[opcode])
			continue;
		for (enum spinor_protocol p = 0; p < PROTOCOL_COUNT && !cmd; p++)
			cmd = chip->by_opcode[p][opcode];
		snprintf(key, sizeof(key), "%02X", opcode);
		json_object_set_new(commands, key, json_pack("{s:s,s:i,s:I,s:I}",
			"name", cmd ? cmd->name : "", "count", (int)chip->count_by_opcode[opcode],
			"bytes_in", (json_int_t)chip->in_by_opcode[opcode],
			"bytes_out", (json_int_t)chip->out_by_opcode[opcode]));
	}
	return commands;
}

static json_t *report_log(const struct spinor *chip)
{
	json_t *log = json_array();

	for (unsigned int i = 0; i < chip->num_log; i++) {
		const struct spinor_log *entry = &chip->log[i];
		char opcode[4];
		json_t *row;

		snprintf(opcode, sizeof(opcode), "%02X", entry->opcode);
		row = json_pack("{s:I,s:s,s:I,s:I}", "t_ns", (json_int_t)(entry->t_ps / PS_PER_NS),
			"opcode", opcode, "in", (json_int_t)entry->bytes_in,
			"out", (json_int_t)entry->bytes_out);
		if (entry->has_address)
			json_object_set_new(row, "address", json_integer(entry->address));
		if (entry->times > 1)
			json_object_set_new(row, "times", json_integer(entry->times));
		if (entry->sin)
			json_object_set_new(row, "sin", json_string(entry->sin));
		json_array_append_new(log, row);
	}
	return log;
}

/** What the dice keep that know nothing of each other. */
static json_t *report_dice(const struct spinor *chip)
{
	json_t *list = json_array();
	const unsigned int count = chip->part.die_relative ?
		chip->part.size_bytes / chip->part.die_bytes : 0;

	for (unsigned int die = 0; die < count; die++) {
		const struct spinor_reg *regs = die == chip->regs_die ? chip->part.regs :
			chip->dice[die].regs;
		json_t *stored = json_object();

		for (unsigned int i = 0; i < chip->part.num_regs; i++)
			json_object_set_new(stored, regs[i].name, json_integer(regs[i].stored));
		json_array_append_new(list, stored);
	}
	return list;
}

static json_t *report_state(const struct spinor *chip)
{
	json_t *registers = json_object(), *stored = json_object();
	uint32_t start, size;

	spinor_protected_range(chip, &start, &size);

	for (unsigned int i = 0; i < chip->part.num_regs; i++) {
		const struct spinor_reg *reg = &chip->part.regs[i];

		json_object_set_new(registers, reg->name, json_integer(reg->value));
		json_object_set_new(stored, reg->name, json_integer(reg->stored));
	}
	return json_pack("{s:b,s:b,s:b,s:b,s:b,s:b,s:b,s:b,s:[I,I],s:i,s:b,s:i,s:o,s:o,s:o}",
		"cs_low", !chip->cs_high,
		"busy", spinor_busy(chip), "wel", chip->wel, "power_down", chip->power_down,
		"dpi", spinor_protocol(chip) == PROTOCOL_DPI,
		"qpi", spinor_protocol(chip) == PROTOCOL_QPI,
		"addr4", chip->addr4, "continuous", !!chip->continuous,
		"protected", (json_int_t)start, (json_int_t)size,
		"locked_blocks", (int)spinor_locks_count(chip), "otp_mode", chip->otp_mode,
		"die", (int)chip->die, "dice", report_dice(chip), "registers", registers,
		"stored", stored);
}

static json_t *report_chip(struct spinor *chip)
{
	char crc[12];

	chip_finish(chip);
	snprintf(crc, sizeof(crc), "0x%08x", crc32_of(chip->memory, chip->part.size_bytes));
	return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:i,s:i,s:i,s:i,s:s,s:o,s:o,s:o}",
		"label", chip->label, "part", chip->part.name,
		"num_commands", (json_int_t)chip->num_commands, "bytes_in", (json_int_t)chip->bytes_in,
		"bytes_out", (json_int_t)chip->bytes_out, "num_sins", (json_int_t)chip->sins,
		"programs", (int)chip->programs, "erases", (int)chip->erases,
		"chip_erases", (int)chip->chip_erases, "refused_writes", (int)chip->refused_writes,
		"crc32", crc, "state", report_state(chip), "commands", report_commands(chip),
		"log", report_log(chip));
}

static json_t *report_chips(void *ctx)
{
	json_t *list = json_array();

	(void)ctx;
	for (unsigned int i = 0; i < num_chips; i++)
		json_array_append_new(list, report_chip(chips[i]));
	return list;
}

/* ---- the board's calls --------------------------------------------------- */

static void chip_free(struct spinor *chip)
{
	if (!chip)
		return;
	free(chip->log);
	free(chip->image_path);
	free(chip->memory);
	free(chip->part.sfdp);
	spinor_locks_free(chip);
	free(chip);
}

void sim_chips_clear(void)
{
	while (num_chips)
		chip_free(chips[--num_chips]);
}

/** @returns negative if the row, the pins or the image cannot be used */
static int chip_build(struct spinor *chip, const json_t *row, const char *pins,
	const char *image_path)
{
	chip->index = num_chips;
	chip->log = calloc(SPINOR_LOG_ENTRIES, sizeof(*chip->log));
	chip->image_path = image_path ? strdup(image_path) : NULL;
	if (!chip->log || (image_path && !chip->image_path)) {
		fprintf(stderr, "simboard: out of memory for a chip\n");
		return -1;
	}
	if (spinor_parse(chip, row) || parse_pins(chip, pins))
		return -1;
	snprintf(chip->label, sizeof(chip->label), "u%u %s", num_chips + 1, chip->part.name);
	return image_load(chip);
}

int sim_chip_create(const json_t *chip_row, const char *name, const char *pins,
	const char *image_path)
{
	struct spinor *chip = num_chips < MAX_CHIPS ? calloc(1, sizeof(*chip)) : NULL;

	if (!chip) {
		fprintf(stderr, "simboard: no room for chip %s, %d at most\n", name, MAX_CHIPS);
		return -1;
	}
	if (chip_build(chip, chip_row, pins, image_path) || check_flip_bytes(chip)) {
		chip_free(chip);
		return -1;
	}
	spinor_power_on(chip);
	if (leave_in_state(chip)) {
		chip_free(chip);
		return -1;
	}
	connect_pins(chip);
	apply_faults(chip);
	chips[num_chips++] = chip;
	sim_report_add("chips", report_chips, NULL);
	return 0;
}

static void pull_out(struct spinor *chip)
{
	const uint64_t now_ps = sim_time_ps();

	spinor_lose_power(chip, now_ps);
	spinor_pin_cs(chip, true, now_ps);
	chip->out_of_socket = true;
}

static void put_in(struct spinor *chip)
{
	chip->out_of_socket = false;
	chip->was_selected = false;
	take_levels(chip);
}

void sim_chips_lose_power(void)
{
	for (unsigned int i = 0; i < num_chips; i++)
		spinor_lose_power(chips[i], sim_time_ps());
}

uint32_t sim_chips_in_sockets(void)
{
	uint32_t mask = 0;

	for (unsigned int i = 0; i < num_chips; i++)
		mask |= (uint32_t)!chips[i]->out_of_socket << i;
	return mask;
}

void sim_chips_set_in_sockets(uint32_t mask)
{
	for (unsigned int i = 0; i < num_chips; i++) {
		const bool in = mask >> i & 1;

		if (in && chips[i]->out_of_socket)
			put_in(chips[i]);
		else if (!in && !chips[i]->out_of_socket)
			pull_out(chips[i]);
	}
}

void sim_chips_connect(void)
{
	for (unsigned int i = 0; i < num_chips; i++)
		chips[i]->id_answered = false;
}

void sim_chips_disconnect(void)
{
	for (unsigned int i = 0; i < num_chips; i++) {
		struct spinor *chip = chips[i];

		chip_finish(chip);
		if (!chip->cs_high && chip->t.clocks)
			spinor_sin(chip, "cs_left_low", "the client has left");
		chip->id_answered = false;
		flip_bytes_at(chip, "disconnect");
	}
}
