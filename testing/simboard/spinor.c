// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The pins of a memory chip: CS, clock and data edges become commands. Stricter
 * than silicon on purpose: what a real part usually forgives is a counted sin.
 * What a command does stands in spinor_ops.c.
 */

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "spinor.h"

/* Before the first answered ID of a session nobody knows the state of the chip;
 * these ask for it, or end whatever mode it may be in, and harm no part that does
 * not know them. */
static const uint8_t wake_up_opcodes[] = {
	0x04, 0x05, 0x30, 0x5a, 0x66, 0x99, 0x9f, 0xab, 0xf0, 0xf5, 0xff
};

/** An earlier firmware left it in a mode where it makes other commands of what it
 * is sent; the host cannot know that before an ID answers. */
static bool misunderstands(const struct spinor *chip)
{
	return !chip->id_answered && (chip->t.protocol || chip->t.from_continuous)
		&& (!chip->t.cmd || !chip->t.cmd->effect->starts_write);
}

void spinor_sin(struct spinor *chip, const char *kind, const char *detail, ...)
{
	char text[160];
	va_list args;

	if (misunderstands(chip))
		return;
	va_start(args, detail);
	vsnprintf(text, sizeof(text), detail, args);
	va_end(args);
	chip->sins++;
	if (chip->t.phase == PHASE_OPCODE && !chip->t.from_continuous)
		sim_sin(kind, "%s: %s", chip->label, text);
	else
		sim_sin(kind, "%s: opcode 0x%02X, address 0x%06X: %s", chip->label, chip->t.opcode,
			chip->t.address, text);
}

/* ---- phases -------------------------------------------------------------- */

static unsigned int address_bits(const struct spinor *chip, const struct spinor_cmd *cmd)
{
	if (cmd->address == ADDRESS_BY_MODE)
		return chip->addr4 ? 32 : 24;
	return cmd->address * 8;
}

static void enter_phase(struct spinor *chip, enum spinor_phase phase, unsigned int clocks,
	unsigned int lines)
{
	chip->t.phase = phase;
	chip->t.clocks_left = clocks;
	chip->t.lines = lines;
	chip->t.shift = 0;
}

static unsigned int phase_lines(const struct spinor *chip, unsigned int index)
{
	return chip->t.protocol ? 1U << chip->t.protocol : chip->t.cmd->lines[index];
}

static unsigned int dummy_clocks(const struct spinor *chip)
{
	return chip->t.cmd->dummy_clocks[chip->t.protocol];
}

static void enter_data(struct spinor *chip)
{
	const struct spinor_effect *effect = chip->t.cmd->effect;
	unsigned int lines = phase_lines(chip, 2);

	if (effect->output)
		enter_phase(chip, PHASE_DATA_OUT, 0, lines);
	else if (effect->takes_data)
		enter_phase(chip, PHASE_DATA_IN, 0, lines);
	else
		enter_phase(chip, PHASE_END, 0, lines);
}

/** Go on to the next phase that has a clock. The order is that of the bus. */
static void next_phase(struct spinor *chip)
{
	const struct spinor_cmd *cmd = chip->t.cmd;
	unsigned int lines = phase_lines(chip, 1);

	switch (chip->t.phase) {
	case PHASE_OPCODE:
		/* in AAI the address counts on by itself */
		if (cmd->address != ADDRESS_NONE && !chip->aai) {
			enter_phase(chip, PHASE_ADDRESS, address_bits(chip, cmd) / lines, lines);
			return;
		}
		/* fall through */
	case PHASE_ADDRESS:
		if (cmd->mode_clocks) {
			enter_phase(chip, PHASE_MODE, cmd->mode_clocks, lines);
			return;
		}
		/* fall through */
	case PHASE_MODE:
		if (dummy_clocks(chip) > cmd->mode_clocks) {
			enter_phase(chip, PHASE_DUMMY, dummy_clocks(chip) - cmd->mode_clocks, lines);
			return;
		}
		/* fall through */
	default:
		enter_data(chip);
	}
}

static bool needs_quad(const struct spinor *chip, const struct spinor_cmd *cmd)
{
	return chip->part.flags[FLAG_QUAD_ENABLE].reg != SPINOR_NO_REG
		&& (cmd->lines[1] == 4 || cmd->lines[2] == 4)
		&& !spinor_flag(chip, FLAG_QUAD_ENABLE);
}

/** Why does the chip not listen to this command? NULL if it does. */
static const char *refusal(struct spinor *chip, const struct spinor_cmd *cmd, uint64_t now_ps)
{
	if (!cmd)
		return "unknown_opcode";
	if (chip->power_down && !cmd->while_power_down)
		return "in_power_down";
	if (now_ps < chip->deaf_until_ps)
		return chip->deaf_sin;
	if (spinor_busy(chip) && !cmd->while_busy)
		return "command_while_busy";
	if (spinor_flag(chip, FLAG_SUSPENDED) && cmd->effect->starts_write && !cmd->effect->in_suspend)
		return "command_while_busy";
	if (chip->aai && !cmd->effect->in_aai)
		return "in_aai";
	if (needs_quad(chip, cmd))
		return "quad_disabled";
	return NULL;
}

/** Does a fault keep the chip from hearing this opcode, now or from some time on? */
static bool is_deaf_to(struct spinor *chip, uint8_t opcode)
{
	uint32_t *left = &chip->faults.ignore_opcode[opcode];

	if (*left <= 1)
		return *left;
	--*left;
	return false;
}

static void opcode_complete(struct spinor *chip, uint8_t opcode, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	spinor_settle(chip, now_ps);
	t->opcode = opcode;
	t->cmd = chip->by_opcode[t->protocol][opcode];
	t->refused = refusal(chip, t->cmd, now_ps);
	t->deaf = is_deaf_to(chip, opcode);
	if (t->refused || t->deaf)
		enter_phase(chip, PHASE_IGNORE, 0, t->lines);
	else
		next_phase(chip);
}

static void address_complete(struct spinor *chip)
{
	struct spinor_transfer *t = &chip->t;

	t->address = t->shift;
	if (chip->part.column_bits)
		t->address = spinor_linear_address(chip, t->shift);
	if (chip->part.extended_address_reg != SPINOR_NO_REG && address_bits(chip, t->cmd) == 24
			&& t->cmd->address == ADDRESS_BY_MODE)
		t->address |= (uint32_t)chip->part.regs[chip->part.extended_address_reg].value << 24;
	if (chip->part.die_relative && t->cmd->effect->in_array) {
		if (t->address >= chip->part.die_bytes)
			spinor_sin(chip, "address_past_end", "a die has 0x%X bytes",
				chip->part.die_bytes);
		t->address = t->address % chip->part.die_bytes + chip->die * chip->part.die_bytes;
	}
	next_phase(chip);
}

static void take_byte(struct spinor *chip, uint8_t byte)
{
	struct spinor_transfer *t = &chip->t;
	uint32_t column = t->address % chip->part.page_bytes;

	if (t->bytes_in < sizeof(t->data))
		t->data[t->bytes_in] = byte;
	t->latch[(column + t->bytes_in) % chip->part.page_bytes] = byte;
	t->bytes_in++;
}

/* ---- clock edges --------------------------------------------------------- */

static unsigned int input_bits(const struct spinor *chip)
{
	return chip->io_levels & ((1U << chip->t.lines) - 1);
}

/** Take one bit of each line; true when the phase is full. */
static bool shift_in(struct spinor *chip)
{
	struct spinor_transfer *t = &chip->t;

	t->shift = t->shift << t->lines | input_bits(chip);
	t->sampled_lines = t->lines;
	return t->clocks_left && --t->clocks_left == 0;
}

unsigned int spinor_listens_to(const struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;

	if (chip->cs_high || t->phase > PHASE_DATA_IN || t->phase == PHASE_DUMMY)
		return 0;
	/* of mode bits only the upper half means anything */
	if (t->phase == PHASE_MODE && t->clocks_left <= t->cmd->mode_clocks / 2)
		return 0;
	return (1U << t->lines) - 1;
}

static void check_input_setup(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	if (t->io_sinned)
		return;
	for (unsigned int line = 0; spinor_listens_to(chip) >> line; line++) {
		if (now_ps - chip->io_change_ps[line] >= chip->part.input_setup_ps
				|| chip->io_change_ps[line] == 0)
			continue;
		t->io_sinned = true;
		spinor_sin(chip, "mosi_unstable", "line io%u changed %u ps before the clock rose", line,
			(unsigned int)(now_ps - chip->io_change_ps[line]));
		return;
	}
}

static void check_clock_rise(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;
	uint64_t low_ps = now_ps - chip->clk_change_ps;

	if (t->clocks == 0) {
		if (now_ps - t->start_ps < chip->part.cs_setup_ps)
			spinor_sin(chip, "cs_timing", "clock rose %u ps after CS fell",
				(unsigned int)(now_ps - t->start_ps));
		return;
	}
	if (now_ps - t->last_rise_ps < t->min_period_ps)
		t->min_period_ps = now_ps - t->last_rise_ps;
	if (low_ps < t->min_half_ps)
		t->min_half_ps = low_ps;
}

static void clock_data_in(struct spinor *chip)
{
	struct spinor_transfer *t = &chip->t;

	shift_in(chip);
	t->data_bits += t->lines;
	if (t->data_bits % 8 == 0)
		take_byte(chip, t->shift);
}

static void clock_rise(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	check_clock_rise(chip, now_ps);
	check_input_setup(chip, now_ps);
	t->always_high &= chip->io_levels;
	t->clocks++;
	t->last_rise_ps = now_ps;
	switch (t->phase) {
	case PHASE_OPCODE:
		if (shift_in(chip))
			opcode_complete(chip, t->shift, now_ps);
		break;
	case PHASE_ADDRESS:
		if (shift_in(chip))
			address_complete(chip);
		break;
	case PHASE_MODE:
		if (!shift_in(chip))
			break;
		t->mode_bits = t->shift;
		next_phase(chip);
		break;
	case PHASE_DUMMY:
		if (--t->clocks_left == 0)
			enter_data(chip);
		break;
	case PHASE_DATA_IN:
		clock_data_in(chip);
		break;
	default:
		t->data_bits += t->lines;
		break;
	}
}

/** Bring the next bit of each line out, valid some nanoseconds later. */
static void shift_out(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;
	uint64_t delay_ps = chip->part.output_valid_ps;
	unsigned int first = t->lines == 1 ? 1 : 0;
	unsigned int bits;

	if (t->out_left == 0) {
		t->out_byte = t->cmd->effect->output(chip, t->out_index++);
		t->out_left = 8;
	}
	t->out_left -= t->lines;
	bits = t->out_byte >> t->out_left;
	chip->out_levels = 0;
	for (unsigned int i = 0; i < t->lines; i++) {
		bool high = bits >> i & 1;

		chip->out_levels |= high << (first + i);
		if (chip->io_driver[first + i])
			sim_net_drive(chip->io_driver[first + i], high ? SIM_H : SIM_L, delay_ps);
	}
	t->data_falls++;
	t->out_valid_ps = now_ps + delay_ps;
}

static void clock_fall(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	t->sampled_lines = 0;
	if (t->clocks == 0) {
		if (now_ps == t->start_ps)
			t->idle_high = false;
		return;
	}
	if (now_ps - t->last_rise_ps < t->min_half_ps)
		t->min_half_ps = now_ps - t->last_rise_ps;
	t->fall_ps = now_ps;
	if (t->phase == PHASE_DATA_OUT)
		shift_out(chip, now_ps);
}

/** An input that changed while the clock was high is fine only if the clock
 * fell with the very same store. */
static void settle_pending_input(struct spinor *chip, bool clock_falls, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	t->io_pending = false;
	if ((clock_falls && now_ps == t->io_pending_ps) || t->io_sinned)
		return;
	t->io_sinned = true;
	spinor_sin(chip, "mosi_unstable", "an input line changed while the clock was high");
}

static bool held(const struct spinor *chip)
{
	return chip->part.hold_pin && chip->io_net[3] && !(chip->io_levels & 8)
		&& !spinor_flag(chip, FLAG_QUAD_ENABLE) && chip->t.protocol != PROTOCOL_QPI;
}

void spinor_pin_clk(struct spinor *chip, bool high, uint64_t now_ps)
{
	chip->clk_high = high;
	if (!chip->cs_high && !held(chip)) {
		if (chip->t.io_pending)
			settle_pending_input(chip, !high, now_ps);
		if (high)
			clock_rise(chip, now_ps);
		else
			clock_fall(chip, now_ps);
	}
	chip->clk_change_ps = now_ps;
}

void spinor_pin_io(struct spinor *chip, unsigned int line, bool high, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	if (high)
		chip->io_levels |= 1U << line;
	else
		chip->io_levels &= ~(1U << line);
	chip->io_change_ps[line] = now_ps;
	if (chip->cs_high || !chip->clk_high || line >= t->sampled_lines || t->io_pending)
		return;
	/* a line let go of for the chip to take over may drift to its pull */
	if (chip->io_net[line] && !sim_net_is_driven(chip->io_net[line]))
		return;
	t->io_pending = true;
	t->io_pending_ps = now_ps;
}

bool spinor_read_bytes(struct spinor *chip, uint8_t *data, size_t bytes, uint64_t period_ps,
	uint64_t *now_ps)
{
	struct spinor_transfer *t = &chip->t;

	if (chip->cs_high || chip->clk_high || t->phase != PHASE_DATA_OUT || t->lines != 1
			|| t->out_left != 7)
		return false;
	for (size_t i = 0; i < bytes; i++) {
		data[i] = t->out_byte;
		t->out_byte = t->cmd->effect->output(chip, t->out_index++);
	}
	*now_ps += 8 * period_ps * bytes;
	t->clocks += 8 * bytes;
	t->data_bits += 8 * bytes;
	t->data_falls += 8 * bytes;
	t->fall_ps = *now_ps;
	t->last_rise_ps = t->fall_ps - period_ps / 2;
	t->out_valid_ps = t->fall_ps + chip->part.output_valid_ps;
	chip->clk_change_ps = t->fall_ps;
	return true;
}

/* ---- samples ------------------------------------------------------------- */

static void dummy_sin(struct spinor *chip, const char *what)
{
	if (chip->t.dummy_sinned)
		return;
	chip->t.dummy_sinned = true;
	spinor_sin(chip, "dummy_clocks", "%s; the opcode has %u clocks before data", what,
		dummy_clocks(chip));
}

/** A sample while no data bit stands on the line. Who looks at every clock, also
 * those of the opcode, means nothing by it. */
static void sampled_before_data(struct spinor *chip, uint64_t when_ps)
{
	struct spinor_transfer *t = &chip->t;
	bool in_dummy = t->phase == PHASE_MODE || t->phase == PHASE_DUMMY
		|| (t->phase == PHASE_DATA_OUT && dummy_clocks(chip));

	if (!in_dummy)
		t->sampled_before_data = true;
	else if (!t->sampled_before_data && when_ps > t->last_rise_ps)
		dummy_sin(chip, "the host read data in a dummy clock");
}

/** The host has looked at an output line as it was at @a when_ps. A bit stands
 * on the line from one falling edge to the next. */
void spinor_pin_sampled(struct spinor *chip, unsigned int line, uint64_t when_ps)
{
	struct spinor_transfer *t = &chip->t;
	bool before_fall = when_ps < t->fall_ps;
	unsigned int lines;

	if (chip->cs_high || t->phase == PHASE_IGNORE)
		return;
	if (!t->cmd) {
		t->sampled_before_data = true;
		return;
	}
	lines = phase_lines(chip, 2);
	if (!t->cmd->effect->output || (lines == 1 ? line != 1 : line >= lines))
		return;
	if (t->data_falls == 0 || (t->data_falls == 1 && before_fall)) {
		sampled_before_data(chip, when_ps);
		return;
	}
	if (!before_fall && when_ps < t->out_valid_ps && !t->early_sinned) {
		t->early_sinned = true;
		spinor_sin(chip, "early_sample", "line sampled %u ps after the clock fell, valid at %u ps",
			(unsigned int)(when_ps - t->fall_ps),
			(unsigned int)chip->part.output_valid_ps);
	}
	if (!t->sampled_data && t->data_falls > (before_fall ? 2U : 1U))
		dummy_sin(chip, "the host did not read the first data clock");
	t->sampled_data = true;
}

/* ---- CS edges ------------------------------------------------------------ */

static void check_cs_high(struct spinor *chip, uint64_t now_ps)
{
	if (!chip->was_selected || now_ps - chip->cs_rise_ps >= chip->cs_high_min_ps)
		return;
	spinor_sin(chip, "cs_high_short", "CS was high for %u ps, needs %u ps",
		(unsigned int)(now_ps - chip->cs_rise_ps), (unsigned int)chip->cs_high_min_ps);
}

static void select_chip(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	memset(t, 0, sizeof(*t));
	check_cs_high(chip, now_ps);
	t->start_ps = now_ps;
	t->idle_high = chip->clk_high;
	t->min_period_ps = UINT64_MAX;
	t->min_half_ps = UINT64_MAX;
	t->always_high = UINT_MAX;
	t->protocol = spinor_protocol(chip);
	enter_phase(chip, PHASE_OPCODE, 8 >> t->protocol, 1U << t->protocol);
	if (chip->continuous) {
		t->from_continuous = true;
		t->cmd = chip->continuous;
		t->opcode = t->cmd->opcode;
		next_phase(chip);
	}
}

static void release_lines(struct spinor *chip)
{
	for (unsigned int i = 0; i < SPINOR_MAX_LINES; i++)
		if (chip->io_driver[i])
			sim_net_drive(chip->io_driver[i], SIM_Z, chip->part.output_off_ps);
}

static bool is_wake_up(const struct spinor *chip)
{
	/* whether a part has SFDP cannot be found out in another way */
	if (chip->t.opcode == 0x5a && !chip->part.sfdp_bytes)
		return true;
	if (chip->id_answered)
		return false;
	/* two clocks are an opcode for a chip in QPI, four for one in DPI, and nothing for
	 * others */
	if (chip->t.phase == PHASE_OPCODE && (chip->t.clocks == 2 || chip->t.clocks == 4))
		return true;
	for (size_t i = 0; i < sizeof(wake_up_opcodes); i++)
		if (chip->t.opcode == wake_up_opcodes[i])
			return true;
	return false;
}

/** Bits too many or too few behind the last whole byte. */
static const char *judge_data_out(const struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;

	if (t->data_bits % 8)
		return dummy_clocks(chip) ? "dummy_clocks" : "byte_boundary";
	return NULL;
}

static const char *judge_data_in(const struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;

	if (t->data_bits % 8)
		return "byte_boundary";
	if (t->bytes_in < t->cmd->data_min)
		return "short_command";
	if (t->bytes_in > t->cmd->data_max)
		return "extra_bytes";
	return NULL;
}

static const char *judge_end(const struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;

	if (t->data_bits == 0)
		return NULL;
	return t->data_bits % 8 ? "byte_boundary" : "extra_bytes";
}

static const char *judge_incomplete(const struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;
	unsigned int opcode_clocks = 8 >> t->protocol;

	if (t->cmd->tail_optional && t->clocks == opcode_clocks)
		return NULL;
	if (t->phase == PHASE_DUMMY || t->phase == PHASE_MODE)
		return "dummy_clocks";
	return t->clocks_left * t->lines % 8 ? "byte_boundary" : "short_command";
}

/** What was wrong with the command that CS has just ended? NULL: nothing. */
static const char *judge(const struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;

	if (t->refused)
		return t->refused;
	switch (t->phase) {
	case PHASE_OPCODE:
		return "byte_boundary";
	case PHASE_ADDRESS:
	case PHASE_MODE:
	case PHASE_DUMMY:
		return judge_incomplete(chip);
	case PHASE_DATA_OUT:
		return judge_data_out(chip);
	case PHASE_DATA_IN:
		return judge_data_in(chip);
	case PHASE_END:
		return judge_end(chip);
	default:
		return NULL;
	}
}

static void check_speed(struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;
	uint64_t limit_ps = t->cmd ? t->cmd->min_period_ps : 0;

	/* data sheets ask for 45 % of the shortest period on each side of the clock */
	if (t->min_period_ps >= limit_ps && t->min_half_ps >= limit_ps * 45 / 100)
		return;
	spinor_sin(chip, "clock_too_fast", "shortest period %u ps, shortest half %u ps, limit %u ps",
		(unsigned int)t->min_period_ps, (unsigned int)t->min_half_ps,
		(unsigned int)limit_ps);
}

static void check_cs_rise(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	if (t->io_pending)
		settle_pending_input(chip, false, now_ps);
	if (chip->clk_high != t->idle_high || (t->fall_ps == now_ps && !t->idle_high))
		spinor_sin(chip, "clock_not_idle", "clock %s as CS fell, %s as CS rose",
			t->idle_high ? "high" : "low", chip->clk_high ? "high" : "low");
	if (now_ps - t->last_rise_ps < chip->part.cs_hold_ps)
		spinor_sin(chip, "cs_timing", "CS rose %u ps after the clock",
			(unsigned int)(now_ps - t->last_rise_ps));
	check_speed(chip);
}

/** A poll like the one before it needs no entry of its own. */
static bool log_repeats(struct spinor *chip, uint64_t out, const char *sin)
{
	struct spinor_log *last = chip->num_log ? &chip->log[chip->num_log - 1] : NULL;

	if (!last || sin || last->sin || last->has_address || last->opcode != chip->t.opcode
			|| last->bytes_in || chip->t.bytes_in || last->bytes_out != out || !out)
		return false;
	last->times++;
	return true;
}

static void add_polls(void *ctx, uint64_t polls)
{
	struct spinor *chip = ctx;
	uint8_t opcode = chip->t.opcode;
	uint64_t out = chip->t.data_bits / 8 * polls;

	chip->num_commands += polls;
	chip->count_by_opcode[opcode] += polls;
	chip->out_by_opcode[opcode] += out;
	chip->bytes_out += out;
	if (chip->log[chip->num_log - 1].opcode == opcode)
		chip->log[chip->num_log - 1].times += polls;
}

/** A busy chip that is asked twice answers the same until it is ready. */
static void look_for_polls(struct spinor *chip, uint64_t out, const char *sin)
{
	const struct spinor_transfer *t = &chip->t;
	bool is_poll = out && !sin && !t->bytes_in && t->cmd->while_busy && chip->op.kind != OP_NONE;

	if (is_poll && chip->polled_with == t->opcode)
		sim_poll_repeats(chip->op.end_ps, add_polls, chip);
	chip->polled_with = is_poll ? t->opcode : 0;
}

static void log_command(struct spinor *chip, const char *sin)
{
	const struct spinor_transfer *t = &chip->t;
	uint64_t out = t->phase == PHASE_DATA_OUT ? t->data_bits / 8 : 0;
	struct spinor_log *entry;

	chip->num_commands++;
	chip->count_by_opcode[t->opcode]++;
	chip->in_by_opcode[t->opcode] += t->bytes_in;
	chip->out_by_opcode[t->opcode] += out;
	chip->bytes_in += t->bytes_in;
	chip->bytes_out += out;
	look_for_polls(chip, out, sin);
	if (log_repeats(chip, out, sin) || chip->num_log == SPINOR_LOG_ENTRIES)
		return;
	entry = &chip->log[chip->num_log++];
	entry->t_ps = t->start_ps;
	entry->opcode = t->opcode;
	entry->address = t->address;
	entry->has_address = t->cmd && t->cmd->address != ADDRESS_NONE && t->phase > PHASE_ADDRESS
		&& t->phase != PHASE_IGNORE;
	entry->bytes_in = t->bytes_in;
	entry->bytes_out = out;
	entry->sin = sin;
	entry->times = 1;
}

/** In continuous read, other mode bits end it, even with nothing behind them. */
static bool leaves_continuous(struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;

	if (!t->from_continuous || t->phase < PHASE_DUMMY || (t->mode_bits & 0x30) == 0x20)
		return false;
	chip->continuous = NULL;
	return t->data_bits == 0;
}

/** Ones that end DPI and QPI whatever they may mean there. */
static bool is_rescue(const struct spinor *chip)
{
	const unsigned int ones = 0x9;

	return chip->t.protocol && chip->t.clocks == chip->part.rescue_clocks
		&& (chip->t.always_high & ones) == ones;
}

static void end_command(struct spinor *chip)
{
	struct spinor_transfer *t = &chip->t;

	if (is_rescue(chip)) {
		spinor_leave_protocols(chip);
		return;
	}
	const char *sin = leaves_continuous(chip) ? NULL : judge(chip);
	bool perform = t->phase != PHASE_OPCODE && !sin && !t->deaf;

	if (sin && is_wake_up(chip))
		sin = NULL;
	else if (sin && !strcmp(sin, "dummy_clocks"))
		dummy_sin(chip, "CS rose off a byte boundary");
	else if (sin)
		spinor_sin(chip, sin, "%llu clocks, %u bytes in", (unsigned long long)t->clocks,
			t->bytes_in);
	if (t->phase != PHASE_OPCODE)
		log_command(chip, sin);
	t->reset_armed = chip->reset_enabled;
	chip->reset_enabled = false;
	if (perform && t->cmd->effect->commit)
		t->cmd->effect->commit(chip);
}

static void deselect_chip(struct spinor *chip, uint64_t now_ps)
{
	struct spinor_transfer *t = &chip->t;

	chip->cs_high_min_ps = chip->part.cs_high_read_ps;
	if (t->cmd && t->cmd->effect->starts_write)
		chip->cs_high_min_ps = chip->part.cs_high_write_ps;
	release_lines(chip);
	if (t->clocks) {
		check_cs_rise(chip, now_ps);
		end_command(chip);
		chip->was_selected = true;
	} else if (chip->part.wakes_by_cs && chip->power_down) {
		chip->power_down = false;
		chip->deaf_until_ps = now_ps + chip->part.power_down_exit_ps;
		chip->deaf_sin = "in_power_down";
	}
	chip->cs_rise_ps = now_ps;
}

void spinor_pin_cs(struct spinor *chip, bool high, uint64_t now_ps)
{
	if (high == chip->cs_high)
		return;
	spinor_settle(chip, now_ps);
	chip->cs_high = high;
	if (high)
		deselect_chip(chip, now_ps);
	else
		select_chip(chip, now_ps);
}
