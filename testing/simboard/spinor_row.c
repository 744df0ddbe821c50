// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Chip rows: from JSON to the struct that the model works with. A key that
 * nobody knows is refused, so that a typing error cannot pass for a property.
 */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spinor.h"

static int row_error(const struct spinor *chip, const char *where, const char *what)
{
	fprintf(stderr, "simboard: chip row %s, %s: %s\n", chip->part.name, where, what);
	return -1;
}

/** "EF4017" -> bytes. @returns their number, negative if it is not hex */
static int parse_hex(const char *text, uint8_t *bytes, unsigned int max)
{
	size_t length = strlen(text);

	if (length % 2 || length / 2 > max)
		return -1;
	for (size_t i = 0; i < length; i += 2) {
		char pair[3] = { text[i], text[i + 1], '\0' };
		char *end;

		bytes[i / 2] = strtoul(pair, &end, 16);
		if (*end)
			return -1;
	}
	return length / 2;
}

static int find_reg(const struct spinor_part *part, const char *name, size_t length)
{
	for (unsigned int i = 0; i < part->num_regs; i++)
		if (strlen(part->regs[i].name) == length && !strncmp(part->regs[i].name, name, length))
			return i;
	return SPINOR_NO_REG;
}

/** "SR1.6" -> register and bit. */
int spinor_parse_bit(struct spinor *chip, const char *text, struct spinor_bit *bit)
{
	const char *dot = text ? strchr(text, '.') : NULL;

	if (!dot || !isdigit((unsigned char)dot[1]))
		return row_error(chip, text ? text : "bit", "is not REGISTER.BIT");
	bit->reg = find_reg(&chip->part, text, dot - text);
	bit->bit = dot[1] - '0';
	if (bit->reg == SPINOR_NO_REG || bit->bit > 7)
		return row_error(chip, text, "no such register or bit");
	return 0;
}

static int parse_optional_bit(struct spinor *chip, const json_t *text, struct spinor_bit *bit)
{
	bit->reg = SPINOR_NO_REG;
	return text ? spinor_parse_bit(chip, json_string_value(text), bit) : 0;
}

static unsigned long number(const json_t *value)
{
	if (json_is_string(value))
		return strtoul(json_string_value(value), NULL, 0);
	return json_integer_value(value);
}

static int parse_reg(struct spinor *chip, const json_t *row)
{
	struct spinor_reg *reg = &chip->part.regs[chip->part.num_regs];
	json_t *power_up = NULL, *writable = NULL, *otp = NULL;
	json_error_t error;
	const char *name;

	if (json_unpack_ex((json_t *)row, &error, 0, "{s:s,s?o,s?o,s?o!}", "name", &name,
			"power_up", &power_up, "writable", &writable, "otp", &otp))
		return row_error(chip, "registers", error.text);
	if (chip->part.num_regs == SPINOR_MAX_REGS || strlen(name) >= sizeof(reg->name))
		return row_error(chip, name, "too many registers, or the name is too long");
	strcpy(reg->name, name);
	reg->power_up = number(power_up);
	reg->stored = reg->power_up;
	reg->writable = number(writable);
	reg->otp = number(otp);
	chip->part.num_regs++;
	return 0;
}

static const char *const flag_names[FLAG_COUNT] = {
	[FLAG_WIP] = "wip", [FLAG_WEL] = "wel", [FLAG_READY] = "ready",
	[FLAG_SUSPENDED] = "suspended", [FLAG_ADDR4] = "addr4",
	[FLAG_PROTECT_ERROR] = "protect_error", [FLAG_PROGRAM_ERROR] = "program_error",
	[FLAG_ERASE_ERROR] = "erase_error", [FLAG_QUAD_ENABLE] = "quad_enable",
	[FLAG_AAI] = "aai", [FLAG_SOME_LOCKED] = "some_locked",
	[FLAG_ALL_LOCKED] = "all_locked", [FLAG_WP_HIGH] = "wp_high",
	[FLAG_STATUS_LOCK] = "status_lock",
	[FLAG_LOCKS_IN_FORCE] = "locks_in_force", [FLAG_LOCKS_FROZEN] = "locks_frozen",
	[FLAG_DUAL_OFF] = "dual_off", [FLAG_QUAD_OFF] = "quad_off", [FLAG_QUAD_ON] = "quad_on",
};

static int parse_flags(struct spinor *chip, json_t *row)
{
	const char *name;
	json_t *value;

	for (enum spinor_flag flag = 0; flag < FLAG_COUNT; flag++)
		chip->part.flags[flag].reg = SPINOR_NO_REG;
	json_object_foreach(row, name, value) {
		enum spinor_flag flag = 0;

		while (flag < FLAG_COUNT && strcmp(flag_names[flag], name))
			flag++;
		if (flag == FLAG_COUNT)
			return row_error(chip, "flags", name);
		if (spinor_parse_bit(chip, json_string_value(value), &chip->part.flags[flag]))
			return -1;
	}
	return 0;
}

static int parse_protection(struct spinor *chip, json_t *row)
{
	struct spinor_protection *p = &chip->part.protection;
	json_t *bp = NULL, *bottom = NULL, *small = NULL, *complement = NULL, *value;
	json_error_t error;
	int unit_bytes = 0;
	size_t i;

	if (row && json_unpack_ex(row, &error, 0, "{s:o,s?o,s?o,s?o,s:i!}", "bp", &bp,
			"bottom", &bottom, "small", &small, "complement", &complement,
			"unit_bytes", &unit_bytes))
		return row_error(chip, "protection", error.text);
	if (parse_optional_bit(chip, bottom, &p->bottom) || parse_optional_bit(chip, small, &p->small)
			|| parse_optional_bit(chip, complement, &p->complement))
		return -1;
	p->unit_bytes = unit_bytes;
	json_array_foreach(bp, i, value) {
		if (i >= 4)
			return row_error(chip, "protection", "more than four bp bits");
		if (spinor_parse_bit(chip, json_string_value(value), &p->bp[i]))
			return -1;
		p->num_bp++;
	}
	return 0;
}

/** { "bytes": 131072, "erases": { "20": 4096, "D8": 65536 } } */
static int parse_region(struct spinor *chip, json_t *row)
{
	struct spinor_region *region = &chip->part.regions[chip->part.num_regions];
	json_t *erases, *size;
	json_error_t error;
	const char *opcode;
	int bytes;

	if (json_unpack_ex(row, &error, 0, "{s:i,s:o!}", "bytes", &bytes, "erases", &erases))
		return row_error(chip, "regions", error.text);
	if (chip->part.num_regions == SPINOR_MAX_REGIONS)
		return row_error(chip, "regions", "too many of them");
	region->size_bytes = bytes;
	json_object_foreach(erases, opcode, size) {
		unsigned int at = region->num_erases++;

		if (at == SPINOR_REGION_ERASES || parse_hex(opcode, &region->erases[at].opcode, 1) != 1)
			return row_error(chip, "regions", "too many erases, or an opcode that is not hex");
		region->erases[at].size_bytes = number(size);
		if (!number(size) || region->size_bytes % number(size))
			return row_error(chip, "regions", "a size does not divide its region");
	}
	chip->part.num_regions++;
	return 0;
}

static int parse_regions(struct spinor *chip, json_t *rows, json_t *reversed)
{
	uint64_t sum_bytes = 0;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
		if (parse_region(chip, row))
			return -1;
	for (unsigned int n = 0; n < chip->part.num_regions; n++)
		sum_bytes += chip->part.regions[n].size_bytes;
	if (sum_bytes && sum_bytes != chip->part.size_bytes)
		return row_error(chip, "regions", "they are not the whole chip");
	return parse_optional_bit(chip, reversed, &chip->part.regions_reversed);
}

/* ---- commands ------------------------------------------------------------ */

static int parse_lines(struct spinor *chip, struct spinor_cmd *cmd, const char *text)
{
	if (sscanf(text, "%1u-%1u-%1u", &cmd->lines[0], &cmd->lines[1], &cmd->lines[2]) != 3)
		return row_error(chip, cmd->name, "lines are not of the form 1-1-4");
	for (unsigned int i = 0; i < 3; i++)
		if (cmd->lines[i] != 1 && cmd->lines[i] != 2 && cmd->lines[i] != 4)
			return row_error(chip, cmd->name, "lines must be 1, 2 or 4");
	return 0;
}

static int parse_address(struct spinor *chip, struct spinor_cmd *cmd, const char *text)
{
	if (!text)
		cmd->address = ADDRESS_NONE;
	else if (!strcmp(text, "mode"))
		cmd->address = ADDRESS_BY_MODE;
	else if (!strcmp(text, "3") || !strcmp(text, "4"))
		cmd->address = text[0] - '0';
	else
		return row_error(chip, cmd->name, "address must be \"mode\", \"3\" or \"4\"");
	return 0;
}

static int parse_cmd_regs(struct spinor *chip, struct spinor_cmd *cmd, const json_t *names)
{
	size_t i;
	json_t *name;

	json_array_foreach(names, i, name) {
		const char *text = json_string_value(name);

		if (i >= 4 || !text)
			return row_error(chip, cmd->name, "at most four registers, by name");
		cmd->regs[i] = find_reg(&chip->part, text, strlen(text));
		if (cmd->regs[i] == SPINOR_NO_REG)
			return row_error(chip, text, "no such register");
		cmd->num_regs++;
	}
	if (!strcmp(cmd->effect->name, "read_regs") && !cmd->num_regs)
		return row_error(chip, cmd->name, "needs \"regs\"");
	cmd->data_min = 1;
	cmd->data_max = cmd->num_regs ? cmd->num_regs : UINT32_MAX;
	if (!strcmp(cmd->effect->name, "select_die")) {
		cmd->data_max = 1;
		if (!chip->part.die_bytes)
			return row_error(chip, cmd->name, "needs \"die_bytes\"");
	}
	if (!strcmp(cmd->effect->name, "write_lock"))
		cmd->data_max = 1;
	if (!strcmp(cmd->effect->name, "write_lock_register")) {
		cmd->data_min = chip->part.locks.register_bytes;
		cmd->data_max = cmd->data_min;
	}
	if (!strcmp(cmd->effect->name, "guarded_chip_erase")) {
		cmd->data_min = 3;
		cmd->data_max = 3;
	}
	if (!strcmp(cmd->effect->name, "program_words")) {
		cmd->data_min = 2;
		cmd->data_max = 2;
	}
	return 0;
}

/** Another protocol than SPI that knows the command: "also", or "only" there. */
static int parse_protocol(struct spinor *chip, struct spinor_cmd *cmd,
	enum spinor_protocol protocol, const char *text)
{
	if (!text)
		return 0;
	cmd->known[protocol] = !strcmp(text, "only") || !strcmp(text, "also");
	if (!strcmp(text, "only"))
		cmd->known[PROTOCOL_SPI] = false;
	if (!cmd->known[protocol])
		return row_error(chip, cmd->name, "dpi and qpi must be \"also\" or \"only\"");
	return 0;
}

static int parse_protocols(struct spinor *chip, struct spinor_cmd *cmd, const json_t *row)
{
	cmd->known[PROTOCOL_SPI] = true;
	if (parse_protocol(chip, cmd, PROTOCOL_DPI, json_string_value(json_object_get(row, "dpi"))))
		return -1;
	return parse_protocol(chip, cmd, PROTOCOL_QPI,
		json_string_value(json_object_get(row, "qpi")));
}

static int parse_time(struct spinor *chip, struct spinor_cmd *cmd, const json_t *time_us,
	const char *name)
{
	const json_t *value = name ? json_object_get(time_us, name) : NULL;

	if (name && !value)
		return row_error(chip, cmd->name, "its time is not in \"time_us\"");
	cmd->time_ps = json_number_value(value) * PS_PER_US;
	return 0;
}

/** The keys whose meaning depends on others, one after the other. */
static int parse_cmd_details(struct spinor *chip, struct spinor_cmd *cmd, const json_t *row,
	const json_t *time_us, double max_mhz)
{
	const char *lines = json_string_value(json_object_get(row, "lines"));

	if (max_mhz <= 0)
		return row_error(chip, cmd->name, "max_mhz must be above 0");
	cmd->min_period_ps = 1000000 / max_mhz;
	if (parse_lines(chip, cmd, lines ? lines : "1-1-1")
			|| parse_address(chip, cmd, json_string_value(json_object_get(row, "address")))
			|| parse_cmd_regs(chip, cmd, json_object_get(row, "regs"))
			|| parse_protocols(chip, cmd, row)
			|| parse_time(chip, cmd, time_us, json_string_value(json_object_get(row, "time"))))
		return -1;
	if (!strcmp(cmd->effect->name, "erase") && cmd->size_bytes == 0)
		return row_error(chip, cmd->name, "needs \"size\"");
	return 0;
}

static int parse_cmd(struct spinor *chip, const json_t *row, const json_t *time_us, double max_mhz)
{
	struct spinor_cmd *cmd = &chip->part.commands[chip->part.num_commands];
	const char *opcode, *name, *effect, *text;
	int dummy = 0, mode = 0, dpi_dummy = -1, qpi_dummy = -1, size = 0;
	int wel = 0, ewsr = 0, while_busy = 0, asleep = 0, tail = 0;
	json_t *ignored;
	json_error_t error;

	if (json_unpack_ex((json_t *)row, &error, 0,
			"{s:s,s:s,s:s,s?s,s?s,s?i,s?i,s?i,s?i,s?s,s?s,s?b,s?b,s?b,s?b,s?b,s?s,s?i,s?o,s?F!}",
			"opcode", &opcode, "name", &name, "effect", &effect, "lines", &text,
			"address", &text, "dummy_clocks", &dummy, "mode_clocks", &mode,
			"dpi_dummy_clocks", &dpi_dummy, "qpi_dummy_clocks", &qpi_dummy,
			"dpi", &text, "qpi", &text,
			"wel", &wel, "ewsr", &ewsr, "while_busy", &while_busy, "while_power_down", &asleep,
			"tail_optional", &tail, "time", &text, "size", &size, "regs", &ignored,
			"max_mhz", &max_mhz))
		return row_error(chip, "commands", error.text);
	if (chip->part.num_commands == SPINOR_MAX_COMMANDS || parse_hex(opcode, &cmd->opcode, 1) != 1)
		return row_error(chip, name, "too many commands, or the opcode is not two hex digits");
	snprintf(cmd->name, sizeof(cmd->name), "%s", name);
	cmd->effect = spinor_effect_find(effect);
	if (!cmd->effect)
		return row_error(chip, name, "no such effect");
	cmd->dummy_clocks[PROTOCOL_SPI] = dummy;
	cmd->dummy_clocks[PROTOCOL_DPI] = dpi_dummy < 0 ? dummy : dpi_dummy;
	cmd->dummy_clocks[PROTOCOL_QPI] = qpi_dummy < 0 ? dummy : qpi_dummy;
	cmd->mode_clocks = mode;
	cmd->needs_wel = wel;
	cmd->needs_ewsr = ewsr;
	cmd->while_busy = while_busy;
	cmd->while_power_down = asleep;
	cmd->tail_optional = tail;
	cmd->size_bytes = size;
	chip->part.num_commands++;
	return parse_cmd_details(chip, cmd, row, time_us, max_mhz);
}

static int parse_commands(struct spinor *chip, const json_t *rows, const json_t *time_us,
	double max_mhz)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		if (parse_cmd(chip, row, time_us, max_mhz))
			return -1;
	for (unsigned int n = 0; n < chip->part.num_commands; n++) {
		const struct spinor_cmd *cmd = &chip->part.commands[n];

		for (enum spinor_protocol p = 0; p < PROTOCOL_COUNT; p++) {
			if (!cmd->known[p])
				continue;
			if (chip->by_opcode[p][cmd->opcode])
				return row_error(chip, cmd->name, "the opcode is listed twice");
			chip->by_opcode[p][cmd->opcode] = cmd;
		}
	}
	return 0;
}

/* ---- the rest ------------------------------------------------------------ */

static int parse_times(struct spinor *chip, json_t *time_ns, json_t *time_us)
{
	struct spinor_part *part = &chip->part;
	double valid, off, setup, cs_setup, cs_hold, high_read, high_write;
	json_error_t error;

	if (json_unpack_ex(time_ns, &error, 0, "{s:F,s:F,s:F,s:F,s:F,s:F,s:F!}", "output_valid", &valid,
			"output_off", &off, "input_setup", &setup, "cs_setup", &cs_setup, "cs_hold", &cs_hold,
			"cs_high_read", &high_read, "cs_high_write", &high_write))
		return row_error(chip, "time_ns", error.text);
	part->output_valid_ps = valid * PS_PER_NS;
	part->output_off_ps = off * PS_PER_NS;
	part->input_setup_ps = setup * PS_PER_NS;
	part->cs_setup_ps = cs_setup * PS_PER_NS;
	part->cs_hold_ps = cs_hold * PS_PER_NS;
	part->cs_high_read_ps = high_read * PS_PER_NS;
	part->cs_high_write_ps = high_write * PS_PER_NS;
	part->power_down_exit_ps = json_number_value(json_object_get(time_us, "tRES")) * PS_PER_US;
	part->reset_ps = json_number_value(json_object_get(time_us, "tRST")) * PS_PER_US;
	part->suspend_ps = json_number_value(json_object_get(time_us, "tSUS")) * PS_PER_US;
	return 0;
}

static int parse_sfdp(struct spinor *chip, const json_t *bytes)
{
	struct spinor_part *part = &chip->part;
	size_t i;
	json_t *byte;

	if (!json_is_array(bytes))
		return 0;
	part->sfdp_bytes = json_array_size(bytes);
	part->sfdp = calloc(1, part->sfdp_bytes + 1);
	if (!part->sfdp)
		return row_error(chip, "sfdp", "out of memory");
	json_array_foreach(bytes, i, byte)
		part->sfdp[i] = json_integer_value(byte);
	return 0;
}

static int parse_ids(struct spinor *chip, const char *id, const char *device_id,
	const char *unique_id)
{
	struct spinor_part *part = &chip->part;
	int id_bytes = parse_hex(id, part->id, sizeof(part->id));
	int unique_bytes = 0;

	if (unique_id)
		unique_bytes = parse_hex(unique_id, part->unique_id, sizeof(part->unique_id));
	if (id_bytes < 1 || unique_bytes < 0)
		return row_error(chip, "ids", "not an even number of hex digits");
	if (device_id && parse_hex(device_id, &part->device_id, 1) != 1)
		return row_error(chip, "device_id", "not two hex digits");
	part->id_bytes = id_bytes;
	part->unique_id_bytes = unique_bytes;
	return 0;
}

static int parse_regs(struct spinor *chip, const json_t *rows, const char *extended_address)
{
	size_t i;
	json_t *row;

	json_array_foreach(rows, i, row)
		if (parse_reg(chip, row))
			return -1;
	chip->part.extended_address_reg = SPINOR_NO_REG;
	if (!extended_address)
		return 0;
	chip->part.extended_address_reg = find_reg(&chip->part, extended_address,
		strlen(extended_address));
	if (chip->part.extended_address_reg == SPINOR_NO_REG)
		return row_error(chip, extended_address, "no such register");
	return 0;
}

static int check_sizes(struct spinor *chip, int size_bytes, int page_bytes, int address_bytes)
{
	if (size_bytes <= 0 || page_bytes <= 0 || page_bytes > SPINOR_MAX_PAGE
			|| size_bytes % page_bytes)
		return row_error(chip, "size_bytes, page_bytes", "out of range");
	if (address_bytes != 3 && address_bytes != 4)
		return row_error(chip, "address_bytes", "must be 3 or 4");
	chip->part.size_bytes = size_bytes;
	chip->part.page_bytes = page_bytes;
	chip->part.address_bytes = address_bytes;
	return 0;
}

int spinor_parse(struct spinor *chip, const json_t *row)
{
	const char *part, *source, *id, *device_id = NULL, *unique_id = NULL, *extended = NULL;
	json_t *sfdp = NULL, *time_us, *time_ns, *regs, *flags, *protection = NULL, *locks = NULL;
	json_t *regions = NULL, *reversed = NULL, *otp = NULL, *commands;
	int id_repeats = 0, size, page, address_bytes, hold = 0, wp = 0, cs_wakes = 0;
	int errors_busy = 0, die = 0, relative = 0, column_bits = 0, rescue = 0;
	double max_mhz;
	json_error_t error;

	part = json_string_value(json_object_get(row, "part"));
	snprintf(chip->part.name, sizeof(chip->part.name), "%s", part ? part : "(without \"part\")");
	if (json_unpack_ex((json_t *)row, &error, 0,
			"{s:s,s:s,s:s,s?b,s?s,s?s,s:i,s:i,s:i,s?o,s:F,"
			"s:o,s:o,s:o,s:o,s?o,s?o,s?o,s?o,s?i,s?b,s?o,s?s,s?b,s?b,s?b,s?b,s?i,s?i,s:o!}",
			"part", &part, "source", &source, "jedec_id", &id, "id_repeats", &id_repeats,
			"device_id", &device_id, "unique_id", &unique_id, "size_bytes", &size,
			"page_bytes", &page, "address_bytes", &address_bytes, "sfdp", &sfdp,
			"max_mhz", &max_mhz,
			"time_us", &time_us, "time_ns", &time_ns, "registers", &regs, "flags", &flags,
			"protection", &protection, "locks", &locks, "regions", &regions,
			"regions_reversed", &reversed, "die_bytes", &die, "die_relative", &relative,
			"otp", &otp, "extended_address_reg", &extended,
			"hold_pin", &hold, "wp_pin", &wp, "wakes_by_cs", &cs_wakes,
			"errors_keep_busy", &errors_busy, "column_bits", &column_bits,
			"rescue_clocks", &rescue,
			"commands", &commands))
		return row_error(chip, "top", error.text);
	chip->part.id_repeats = id_repeats;
	chip->part.hold_pin = hold;
	chip->part.wp_pin = wp;
	chip->part.wakes_by_cs = cs_wakes;
	chip->part.rescue_clocks = rescue;
	chip->part.errors_keep_busy = errors_busy;
	chip->part.die_bytes = die;
	chip->part.die_relative = relative;
	if (die < 0 || (die && size % die))
		return row_error(chip, "die_bytes", "does not divide the size");
	if (die && size / die > SPINOR_MAX_DICE)
		return row_error(chip, "die_bytes", "too many dice");
	chip->part.column_bits = column_bits;
	if (check_sizes(chip, size, page, address_bytes) || parse_ids(chip, id, device_id, unique_id)
			|| parse_sfdp(chip, sfdp) || parse_times(chip, time_ns, time_us)
			|| parse_regs(chip, regs, extended) || spinor_dice_parse(chip)
			|| parse_flags(chip, flags)
			|| parse_protection(chip, protection) || spinor_locks_parse(chip, locks)
			|| parse_regions(chip, regions, reversed) || spinor_otp_parse(chip, otp))
		return -1;
	return parse_commands(chip, commands, time_us, max_mhz);
}
