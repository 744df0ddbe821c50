// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The options of a bank line: Tcl lists in, wiring and limits out. What a
 * family's registers look like is the business of tcl/cmspi; here only
 * the form is checked.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_diagnose.h"
#include "cmspi_positional.h"

/* Limits of the core clock where nobody knows the family: the slowest oscillator
 * of a Cortex-M, and about the fastest core. */
#define ANY_CORE_MIN_KHZ	32
#define ANY_CORE_MAX_KHZ	600000

/* One option value taken apart. */
struct words {
	struct command_invocation *cmd;
	Jim_Interp *interp;
	const char *option;
	Jim_Obj *list;
	int count;
};

static void words_open(struct words *words, struct command_invocation *cmd, const char *option,
	Jim_Obj *list)
{
	words->cmd = cmd;
	words->interp = cmd->ctx->interp;
	words->option = option;
	words->list = list;
	words->count = Jim_ListLength(words->interp, list);
}

static Jim_Obj *word(const struct words *words, int i)
{
	return Jim_ListGetIndex(words->interp, words->list, i);
}

static int word_u32(const struct words *words, int i, uint32_t *value)
{
	jim_wide wide;
	Jim_Obj *obj = i < words->count ? word(words, i) : NULL;

	if (!obj) {
		command_print(words->cmd, "%s: value %d is missing in '%s'", words->option, i + 1,
			Jim_String(words->list));
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	if (Jim_GetWide(words->interp, obj, &wide) != JIM_OK || wide < 0 || wide > UINT32_MAX) {
		command_print(words->cmd, "%s: '%s' is not a number from 0 to 0xffffffff",
			words->option, Jim_String(obj));
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	*value = wide;
	return ERROR_OK;
}

static int word_name(const struct words *words, int i, char *name, size_t name_bytes)
{
	Jim_Obj *obj = i < words->count ? word(words, i) : NULL;
	const char *text = obj ? Jim_String(obj) : "";

	if (!text[0] || strlen(text) >= name_bytes) {
		command_print(words->cmd, "%s: '%s' is not a name of 1 to %zu characters",
			words->option, text, name_bytes - 1);
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	strcpy(name, text);
	return ERROR_OK;
}

/* ---- -port {NAME kind K out A in A set A ...} --------------------------- */

static int parse_kind(const struct words *words, int i, struct cmspi_port *port)
{
	char name[16];

	int retval = word_name(words, i, name, sizeof(name));
	if (retval != ERROR_OK)
		return retval;
	for (unsigned int kind = 0; kind < CMSPI_PORT_KINDS; kind++) {
		if (!strcmp(name, cmspi_port_kind_name(kind))) {
			port->kind = kind;
			return ERROR_OK;
		}
	}
	command_print(words->cmd, "%s: kind '%s' is none of set_clear_word, set_clear, toggle, "
		"masked, plain", words->option, name);
	return ERROR_COMMAND_SYNTAX_ERROR;
}

static int parse_port_key(const struct words *words, int i, struct cmspi_port *port)
{
	uint32_t width_bits = 32;
	uint32_t clear_shift = port->clear_shift;
	const struct {
		const char *name;
		uint32_t *value;
	} keys[] = {
		{ "out", &port->out },
		{ "in", &port->in },
		{ "set", &port->set },
		{ "clear", &port->clear },
		{ "clear_shift", &clear_shift },
		{ "toggle", &port->toggle },
		{ "data", &port->data },
		{ "width", &width_bits },
	};
	char key[16];

	int retval = word_name(words, i, key, sizeof(key));
	if (retval != ERROR_OK)
		return retval;
	if (!strcmp(key, "kind"))
		return parse_kind(words, i + 1, port);
	for (unsigned int k = 0; k < ARRAY_SIZE(keys); k++) {
		if (strcmp(key, keys[k].name))
			continue;
		retval = word_u32(words, i + 1, keys[k].value);
		port->clear_shift = clear_shift;
		if (retval == ERROR_OK && width_bits != 32) {
			command_print(words->cmd, "-port: width %" PRIu32
				" is not supported, only 32", width_bits);
			return ERROR_COMMAND_SYNTAX_ERROR;
		}
		return retval;
	}
	command_print(words->cmd, "%s: unknown key '%s'", words->option, key);
	return ERROR_COMMAND_SYNTAX_ERROR;
}

/* Every kind needs its registers. */
static int check_port(const struct words *words, const struct cmspi_port *port)
{
	const bool complete[] = {
		[CMSPI_PORT_SET_CLEAR_WORD] = port->set && port->clear_shift &&
			port->clear_shift < 32,
		[CMSPI_PORT_SET_CLEAR] = port->set && port->clear,
		[CMSPI_PORT_TOGGLE] = port->toggle,
		[CMSPI_PORT_MASKED] = port->data,
		[CMSPI_PORT_PLAIN] = true,
	};

	if (port->out && port->in && complete[port->kind])
		return ERROR_OK;
	command_print(words->cmd, "%s: port %s of kind %s lacks a register: '%s'", words->option,
		port->name, cmspi_port_kind_name(port->kind), Jim_String(words->list));
	return ERROR_COMMAND_SYNTAX_ERROR;
}

static int parse_port(const struct words *words, struct cmspi_bank *bank)
{
	struct cmspi_wires *wires = &bank->bus.wires;

	if (wires->num_ports == CMSPI_PORTS) {
		command_print(words->cmd, "-port: more than %d ports", CMSPI_PORTS);
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	struct cmspi_port *port = &wires->ports[wires->num_ports];

	int retval = word_name(words, 0, port->name, sizeof(port->name));
	for (int i = 1; i < words->count && retval == ERROR_OK; i += 2)
		retval = parse_port_key(words, i, port);
	if (retval == ERROR_OK)
		retval = check_port(words, port);
	if (retval == ERROR_OK)
		wires->num_ports++;
	return retval;
}

/* ---- -cs {NAME PORT BIT} and its like ----------------------------------- */

/* One write of the list behind "in" or "out". A pin that takes more than one
 * to turn round is used in one direction only. */
static int parse_turn_write(const struct words *words, int i, struct cmspi_turn *turn,
	uint32_t *value)
{
	struct words list, entry;

	words_open(&list, words->cmd, words->option, word(words, i));
	if (list.count != 1) {
		turn->mask = 0;
		return ERROR_OK;
	}
	words_open(&entry, words->cmd, words->option, word(&list, 0));
	int retval = word_u32(&entry, 0, &turn->addr);
	if (retval == ERROR_OK)
		retval = word_u32(&entry, 1, &turn->mask);
	if (retval == ERROR_OK)
		retval = word_u32(&entry, 2, value);
	return retval;
}

/* {... in {{addr mask value}} out {{addr mask value}}} */
static int parse_turn(const struct words *words, struct cmspi_turn *turn)
{
	struct cmspi_turn out = { 0 };

	if (words->count < 7 || strcmp(Jim_String(word(words, 3)), "in") ||
			strcmp(Jim_String(word(words, 5)), "out"))
		return ERROR_OK;
	int retval = parse_turn_write(words, 4, turn, &turn->in);
	if (retval == ERROR_OK)
		retval = parse_turn_write(words, 6, &out, &turn->out);
	if (out.addr != turn->addr || out.mask != turn->mask)
		turn->mask = 0;
	return retval;
}

static int parse_pin(const struct words *words, struct cmspi_wires *wires,
	enum cmspi_line line)
{
	struct cmspi_pin *pin = &wires->pins[line];
	char port[sizeof(wires->ports[0].name)];
	uint32_t bit;

	int retval = word_name(words, 1, port, sizeof(port));
	if (retval == ERROR_OK)
		retval = word_u32(words, 2, &bit);
	if (retval != ERROR_OK)
		return retval;
	if (bit > 31) {
		command_print(words->cmd, "%s: bit %" PRIu32 " is not 0 to 31", words->option, bit);
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	for (unsigned int i = 0; i < wires->num_ports; i++) {
		if (strcmp(wires->ports[i].name, port))
			continue;
		pin->port = i;
		pin->bit = bit;
		retval = parse_turn(words, &pin->turn);
		if (retval != ERROR_OK)
			return retval;
		return word_name(words, 0, pin->name, sizeof(pin->name));
	}
	command_print(words->cmd, "%s: port '%s' is not described: put its -port before",
		words->option, port);
	return ERROR_COMMAND_SYNTAX_ERROR;
}

/* ---- -setup, -deselect {{addr mask value ?force?} ...} ------------------ */

static int parse_write(const struct words *words, int i, struct cmspi_setup *setup)
{
	struct words entry;

	words_open(&entry, words->cmd, words->option, word(words, i));
	int retval = word_u32(&entry, 0, &setup->addr);
	if (retval == ERROR_OK)
		retval = word_u32(&entry, 1, &setup->mask);
	if (retval == ERROR_OK)
		retval = word_u32(&entry, 2, &setup->value);
	if (retval == ERROR_OK && entry.count > 3)
		retval = word_u32(&entry, 3, &setup->force);
	if (retval != ERROR_OK)
		return retval;
	setup->mask |= setup->force;
	if (setup->addr % 4 || setup->value & ~setup->mask) {
		command_print(words->cmd, "%s: '%s' is not an aligned address, a mask and "
			"a value inside the mask", words->option, Jim_String(entry.list));
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	return ERROR_OK;
}

static int parse_setup(const struct words *words, struct cmspi_setup *setups, unsigned int max,
	unsigned int *num_setups)
{
	for (int i = 0; i < words->count; i++) {
		if (*num_setups == max) {
			command_print(words->cmd, "%s: more than %u entries", words->option, max);
			return ERROR_COMMAND_SYNTAX_ERROR;
		}
		int retval = parse_write(words, i, &setups[*num_setups]);
		if (retval != ERROR_OK)
			return retval;
		(*num_setups)++;
	}
	return ERROR_OK;
}

/* ---- cmspi_diagnose_data of Tcl ------------------------------------------ */

static int parse_writes(const struct words *words, int i, struct cmspi_setup *writes,
	unsigned int max, unsigned int *count)
{
	struct words list;

	words_open(&list, words->cmd, words->option, word(words, i));
	return parse_setup(&list, writes, max, count);
}

static int parse_modes(const struct words *words, int i, struct cmspi_mode_writes *modes)
{
	static const char * const names[CMSPI_MODES] = {
		[CMSPI_MODE_OUTPUT] = "output",
		[CMSPI_MODE_PULL_UP] = "up",
		[CMSPI_MODE_PULL_DOWN] = "down",
	};
	struct words list;
	int retval = ERROR_OK;

	words_open(&list, words->cmd, words->option, word(words, i));
	for (int j = 0; j + 1 < list.count && retval == ERROR_OK; j += 2)
		for (unsigned int mode = 0; mode < CMSPI_MODES && retval == ERROR_OK; mode++)
			if (!strcmp(Jim_String(word(&list, j)), names[mode]))
				retval = parse_writes(&list, j + 1, modes[mode].writes,
					CMSPI_MODE_WRITES, &modes[mode].count);
	return retval;
}

int cmspi_parse_bench(struct command_invocation *cmd, Jim_Obj *data, struct cmspi_bench *bench)
{
	struct words words;
	int retval = ERROR_OK;

	words_open(&words, cmd, "cmspi_diagnose_data", data);
	for (int i = 0; i + 1 < words.count && retval == ERROR_OK; i += 2) {
		const char *key = Jim_String(word(&words, i));

		for (enum cmspi_line line = 0; line < CMSPI_WIRES_TESTED && retval == ERROR_OK; line++)
			if (!strcmp(key, cmspi_line_name(line)))
				retval = parse_modes(&words, i + 1, bench->modes[line]);
		if (!strcmp(key, "setup") && retval == ERROR_OK)
			retval = parse_writes(&words, i + 1, bench->setups, CMSPI_SETUPS,
				&bench->num_setups);
	}
	return retval;
}

/* ---- -found {{TEXT {addr mask value} ...} ...} --------------------------- */

static int parse_found_field(const struct words *words, int i, struct cmspi_found *found)
{
	struct words field;

	if (found->num_fields == CMSPI_FOUND_FIELDS) {
		command_print(words->cmd, "-found: more than %d fields in '%s'", CMSPI_FOUND_FIELDS,
			Jim_String(words->list));
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	words_open(&field, words->cmd, words->option, word(words, i));
	int retval = word_u32(&field, 0, &found->fields[found->num_fields].addr);
	if (retval == ERROR_OK)
		retval = word_u32(&field, 1, &found->fields[found->num_fields].mask);
	if (retval == ERROR_OK)
		retval = word_u32(&field, 2, &found->fields[found->num_fields].value);
	found->num_fields++;
	return retval;
}

static int parse_founds(const struct words *words, struct cmspi_wires *wires)
{
	for (int i = 0; i < words->count; i++) {
		struct cmspi_found *found = &wires->founds[wires->num_founds];
		struct words entry;

		if (wires->num_founds == CMSPI_FOUNDS) {
			command_print(words->cmd, "-found: more than %d entries", CMSPI_FOUNDS);
			return ERROR_COMMAND_SYNTAX_ERROR;
		}
		words_open(&entry, words->cmd, words->option, word(words, i));
		int retval = word_name(&entry, 0, found->text, sizeof(found->text));
		for (int j = 1; j < entry.count && retval == ERROR_OK; j++)
			retval = parse_found_field(&entry, j, found);
		if (retval != ERROR_OK)
			return retval;
		wires->num_founds++;
	}
	return ERROR_OK;
}

/* ---- the line ----------------------------------------------------------- */

static int parse_number(const struct words *words, struct cmspi_bank *bank, bool *known)
{
	const struct {
		const char *option;
		uint32_t *value;
	} numbers[] = {
		{ "-core-khz", &bank->core_khz },
		{ "-core-max-khz", &bank->family_max_khz },
		{ "-core-min-khz", &bank->family_min_khz },
		{ "-max-khz", &bank->bus.max_khz },
		{ "-quad", &bank->quad_allowed },
		{ "-size", &bank->user_size_bytes },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		if (strcmp(words->option, numbers[i].option))
			continue;
		*known = true;
		int retval = word_u32(words, 0, numbers[i].value);
		if (retval == ERROR_OK && !*numbers[i].value) {
			command_print(words->cmd, "%s: 0 makes no sense", words->option);
			retval = ERROR_COMMAND_SYNTAX_ERROR;
		}
		return retval;
	}
	return ERROR_OK;
}

static int parse_line(const struct words *words, struct cmspi_bank *bank, bool *known)
{
	for (unsigned int line = 0; line < CMSPI_LINES; line++) {
		if (words->option[0] != '-' || strcmp(words->option + 1, cmspi_line_name(line)))
			continue;
		*known = true;
		return parse_pin(words, &bank->bus.wires, line);
	}
	return ERROR_OK;
}

/* The options that say how the chip is wired. */
static int parse_wiring(const struct words *words, struct cmspi_bank *bank, bool *known)
{
	struct cmspi_wires *wires = &bank->bus.wires;

	*known = true;
	if (!strcmp(words->option, "-port"))
		return parse_port(words, bank);
	if (!strcmp(words->option, "-setup"))
		return parse_setup(words, wires->setups, CMSPI_SETUPS, &wires->num_setups);
	if (!strcmp(words->option, "-deselect"))
		return parse_setup(words, wires->deselects, CMSPI_DESELECTS,
			&wires->num_deselects);
	if (!strcmp(words->option, "-found"))
		return parse_founds(words, wires);
	*known = false;
	return parse_line(words, bank, known);
}

static int parse_option(const struct words *words, struct cmspi_bank *bank)
{
	bool known = false;

	if (!strcmp(words->option, "-core-proc")) {
		free(bank->core_proc);
		bank->core_proc = strdup(Jim_String(words->list));
		return bank->core_proc ? ERROR_OK : ERROR_FAIL;
	}
	if (!strcmp(words->option, "-watchdog")) {
		int retval = word_u32(words, 0, &bank->bus.watchdog.addr);
		return retval == ERROR_OK ? word_u32(words, 1, &bank->bus.watchdog.word) : retval;
	}
	int retval = parse_number(words, bank, &known);
	if (!known && !bank->bus.wires.positional)
		retval = parse_wiring(words, bank, &known);
	if (known)
		return retval;
	command_print(words->cmd, "unknown option '%s'; 'cmspi_bank' of cmspi.tcl makes this line "
		"from pin names", words->option);
	return ERROR_COMMAND_SYNTAX_ERROR;
}

static int check_bank(struct command_invocation *cmd, const struct cmspi_bank *bank)
{
	char why[128];

	cmspi_pins_check(&bank->bus.wires, why, sizeof(why));
	if (why[0]) {
		command_print(cmd, "%s", why);
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	if (!bank->core_khz && (!bank->family_max_khz || !bank->family_min_khz)) {
		command_print(cmd, "core clock unknown: add -core-khz, or -core-max-khz and "
			"-core-min-khz");
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	return ERROR_OK;
}

COMMAND_HELPER(cmspi_parse_options, unsigned int first, struct cmspi_bank *bank)
{
	int retval = ERROR_OK;

	bank->interp = CMD_CTX->interp;
	for (unsigned int i = first; i < CMD_ARGC && retval == ERROR_OK; i += 2) {
		struct words words;

		if (i + 1 == CMD_ARGC) {
			command_print(CMD, "option '%s' lacks its value", CMD_ARGV[i]);
			return ERROR_COMMAND_SYNTAX_ERROR;
		}
		Jim_Obj *list = Jim_NewStringObj(bank->interp, CMD_ARGV[i + 1], -1);

		Jim_IncrRefCount(list);
		words_open(&words, CMD, CMD_ARGV[i], list);
		retval = parse_option(&words, bank);
		Jim_DecrRefCount(bank->interp, list);
	}
	return retval == ERROR_OK ? check_bank(CMD, bank) : retval;
}

/* ---- the prior driver's form -------------------------------------------- */

/* Where OpenOCD's target files tell the family, its data tell the core clock. */
static int take_any_core_clock(struct cmspi_bank *bank)
{
	bank->family_min_khz = ANY_CORE_MIN_KHZ;
	bank->family_max_khz = ANY_CORE_MAX_KHZ;
	bank->core_proc = alloc_printf("source [find cmspi/positional.tcl]; "
		"cmspi_positional_core_khz {%s}", target_name(bank->bus.target));
	if (!bank->core_proc) {
		LOG_ERROR("out of memory for a command");
		return ERROR_FAIL;
	}
	return ERROR_OK;
}

COMMAND_HELPER(cmspi_parse_positional, unsigned int first, struct cmspi_bank *bank,
	unsigned int *end)
{
	uint32_t numbers[CMSPI_POSITIONAL_NUMBERS + 1];
	unsigned int count = 0;
	char why[160];

	for (*end = first; *end < CMD_ARGC && CMD_ARGV[*end][0] != '-'; (*end)++) {
		// room for one too many, which is refused with the count
		if (count == ARRAY_SIZE(numbers))
			break;
		if (parse_u32(CMD_ARGV[*end], &numbers[count++]) != ERROR_OK) {
			command_print(CMD, "'%s' is not a number from 0 to 0xffffffff", CMD_ARGV[*end]);
			return ERROR_COMMAND_SYNTAX_ERROR;
		}
	}
	cmspi_positional_wires(numbers, count, &bank->bus.wires, why, sizeof(why));
	if (why[0]) {
		command_print(CMD, "%s", why);
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	return take_any_core_clock(bank);
}

void cmspi_free_options(struct cmspi_bank *bank)
{
	free(bank->core_proc);
	bank->core_proc = NULL;
}
