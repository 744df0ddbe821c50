// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The --fault option: which faults there are, what was asked for.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define MAX_PARAMS 6

/** A fault that exists. @a keys: the parameters it takes, each followed by a
 * blank; "!" behind a key: it must be given. */
struct fault_row {
	const char *name;
	const char *keys;
	const char *help;
};

/* The wires and the chips know the upper half, the debug port and the core the
 * lower half. "chip" picks one of several chips, counted from 0. */
static const struct fault_row fault_rows[] = {
	{ "stuck_wip", "chip ", "the first program or erase never ends" },
	{ "wel_ignored", "chip ", "write enable does nothing" },
	{ "program_noop", "chip ", "programming takes its time and changes nothing" },
	{ "erase_noop", "chip ", "erasing takes its time and changes nothing" },
	{ "program_bit_error", "chip seed rate ", "bits that do not program, probability rate" },
	{ "id_all_ff", "chip ", "the JEDEC ID reads as FFh" },
	{ "sfdp_corrupt_at", "chip offset! ", "one byte of SFDP is inverted" },
	{ "protected_range", "chip addr! size! ", "program and erase do nothing there" },
	{ "miso_stuck", "chip level! ", "the chip's output line is tied to a level" },
	{ "miso_noise", "chip seed rate ", "samples of the output line that are wrong" },
	{ "ignore_opcode", "chip op! after ", "the chip does not hear one opcode" },
	{ "lose_power_at", "us! chip ", "the chip loses power once at that virtual time" },
	{ "out_of_socket", "chip ", "the chip is not in its socket, --control can put it in" },
	{ "left_in", "chip state! addr us ",
		"the state that an earlier firmware left the chip in" },
	{ "flip_byte", "chip addr! at ",
		"one byte of the chip is inverted: at=start or at=disconnect" },
	{ "read_out_protection", "", "the debugger is kept from the internal flash (level 1)" },
	{ "short", "a! b! ", "two pins of the MCU are connected" },
	{ "pin_stuck", "pin! level! ", "a pin of the MCU is tied to a level" },
	{ "afpin", "level ", "pins in alternate function are driven to a level" },

	{ "fail_access_n", "n! count ", "the n-th debug access is answered FAULT" },
	{ "wait_access_n", "n! count ", "the n-th debug access is answered WAIT" },
	{ "drop_write_n", "n! count ", "the n-th debug write is lost" },
	{ "fail_access_rate", "rate! seed ", "debug accesses are answered FAULT at random" },
	{ "wait_access_rate", "rate! seed ", "debug accesses are answered WAIT at random" },
	{ "drop_write_rate", "rate! seed ", "debug writes are lost at random" },
	{ "cut_socket_n", "n! ", "the client's socket is closed at the n-th request" },
	{ "reset_at", "us! ", "the core is reset at that virtual time" },
	{ "power_cut_at", "us! ", "the whole board loses power at that virtual time" },
};

struct sim_fault {
	const struct fault_row *row;
	struct sim_fault *next;
	unsigned int num_params;
	const char *keys[MAX_PARAMS];
	const char *values[MAX_PARAMS];
	char text[];
};

static struct sim_fault *faults, **faults_end = &faults;

static const struct fault_row *fault_find_row(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(fault_rows); i++)
		if (!strcmp(fault_rows[i].name, name))
			return &fault_rows[i];
	return NULL;
}

static bool row_has_key(const struct fault_row *row, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = row->keys; *at; at = strchr(at, ' ') + 1)
		if (!strncmp(at, key, length) && (at[length] == ' ' || at[length] == '!'))
			return true;
	return false;
}

/** The first key that must be given and was not. */
static int fault_check_needed(const struct sim_fault *fault)
{
	for (const char *at = fault->row->keys; *at; at = strchr(at, ' ') + 1) {
		char key[16];

		if (sscanf(at, "%15[a-z_]!", key) != 1 || at[strlen(key)] != '!')
			continue;
		if (!sim_fault_text(fault, key)) {
			fprintf(stderr, "simboard: fault %s needs %s=\n", fault->row->name, key);
			return -1;
		}
	}
	return 0;
}

static int fault_parse_params(struct sim_fault *fault, char *params)
{
	char *rest = NULL;

	for (char *param = strtok_r(params, ",", &rest); param; param = strtok_r(NULL, ",", &rest)) {
		char *value = strchr(param, '=');

		if (value)
			*value++ = '\0';
		if (!value || !row_has_key(fault->row, param) || fault->num_params == MAX_PARAMS) {
			fprintf(stderr, "simboard: fault %s takes no parameter \"%s\", only: %s\n",
				fault->row->name, param, fault->row->keys);
			return -1;
		}
		fault->keys[fault->num_params] = param;
		fault->values[fault->num_params++] = value;
	}
	return fault_check_needed(fault);
}

static void fault_list_names(const char *name)
{
	fprintf(stderr, "simboard: no fault is called \"%s\"; there are:\n", name);
	for (size_t i = 0; i < ARRAY_SIZE(fault_rows); i++)
		fprintf(stderr, "  %-18s %s\n", fault_rows[i].name, fault_rows[i].help);
}

int sim_fault_add(const char *spec)
{
	struct sim_fault *fault = calloc(1, sizeof(*fault) + strlen(spec) + 2);
	char *params;

	if (!fault) {
		fprintf(stderr, "simboard: out of memory for fault %s\n", spec);
		return -1;
	}
	strcpy(fault->text, spec);
	params = strchr(fault->text, ':');
	if (params)
		*params++ = '\0';
	else
		params = fault->text + strlen(fault->text);
	fault->row = fault_find_row(fault->text);
	if (!fault->row)
		fault_list_names(fault->text);
	if (!fault->row || fault_parse_params(fault, params)) {
		free(fault);
		return -1;
	}
	*faults_end = fault;
	faults_end = &fault->next;
	return 0;
}

void sim_faults_clear(void)
{
	while (faults) {
		struct sim_fault *next = faults->next;

		free(faults);
		faults = next;
	}
	faults_end = &faults;
}

static const struct sim_fault *fault_search(const struct sim_fault *from, const char *name)
{
	while (from && strcmp(from->row->name, name))
		from = from->next;
	return from;
}

const struct sim_fault *sim_fault_get(const char *name)
{
	return fault_search(faults, name);
}

const struct sim_fault *sim_fault_next(const struct sim_fault *fault)
{
	return fault_search(fault->next, fault->row->name);
}

const char *sim_fault_text(const struct sim_fault *fault, const char *key)
{
	for (unsigned int i = 0; i < fault->num_params; i++)
		if (!strcmp(fault->keys[i], key))
			return fault->values[i];
	return NULL;
}

double sim_fault_param(const struct sim_fault *fault, const char *key, double fallback)
{
	const char *text = sim_fault_text(fault, key);

	return text ? strtod(text, NULL) : fallback;
}
