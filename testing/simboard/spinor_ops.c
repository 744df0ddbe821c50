// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What the commands of a memory chip do. Nothing happens before CS rises, and
 * programs, erases and register writes only show at the end of their time.
 */

#include <string.h>

#include "spinor.h"

/* ---- state --------------------------------------------------------------- */

bool spinor_busy(const struct spinor *chip)
{
	return chip->op.kind != OP_NONE || (chip->part.errors_keep_busy && chip->errors);
}

bool spinor_reg_bit(const struct spinor *chip, const struct spinor_bit *bit)
{
	return bit->reg != SPINOR_NO_REG && (chip->part.regs[bit->reg].value >> bit->bit & 1);
}

bool spinor_flag(const struct spinor *chip, enum spinor_flag flag)
{
	switch (flag) {
	case FLAG_WIP:
		return spinor_busy(chip) && spinor_die_tells_busy(chip);
	case FLAG_READY:
		return !spinor_busy(chip) || !spinor_die_tells_busy(chip);
	case FLAG_WEL:
		return chip->wel && !spinor_die_is_done(chip);
	case FLAG_SUSPENDED:
		return chip->held.kind != OP_NONE;
	case FLAG_ADDR4:
		return chip->addr4;
	case FLAG_SOME_LOCKED:
		return spinor_locks_count(chip) > 0;
	case FLAG_ALL_LOCKED:
		return spinor_locks_count(chip) == chip->part.locks.count;
	case FLAG_WP_HIGH:
		return !chip->io_net[2] || (chip->io_levels & 4);
	case FLAG_AAI:
		return chip->aai;
	case FLAG_QUAD_ENABLE:
	case FLAG_STATUS_LOCK:
	case FLAG_LOCKS_IN_FORCE:
	case FLAG_LOCKS_FROZEN:
	case FLAG_DUAL_OFF:
	case FLAG_QUAD_OFF:
	case FLAG_QUAD_ON:
		return spinor_reg_bit(chip, &chip->part.flags[flag]);
	default:
		return chip->errors >> flag & 1;
	}
}

static bool has_flag(const struct spinor *chip, enum spinor_flag flag)
{
	return chip->part.flags[flag].reg != SPINOR_NO_REG;
}

enum spinor_protocol spinor_protocol(const struct spinor *chip)
{
	if (chip->qpi || spinor_flag(chip, FLAG_QUAD_ON)
			|| (has_flag(chip, FLAG_QUAD_OFF) && !spinor_flag(chip, FLAG_QUAD_OFF)))
		return PROTOCOL_QPI;
	if (has_flag(chip, FLAG_DUAL_OFF) && !spinor_flag(chip, FLAG_DUAL_OFF))
		return PROTOCOL_DPI;
	return PROTOCOL_SPI;
}

void spinor_leave_protocols(struct spinor *chip)
{
	static const struct {
		enum spinor_flag flag;
		bool value;
	} left[] = {
		{ FLAG_DUAL_OFF, true }, { FLAG_QUAD_OFF, true }, { FLAG_QUAD_ON, false },
	};

	chip->qpi = false;
	for (size_t i = 0; i < sizeof(left) / sizeof(*left); i++) {
		const struct spinor_bit *bit = &chip->part.flags[left[i].flag];

		if (!has_flag(chip, left[i].flag))
			continue;
		chip->part.regs[bit->reg].value &= ~(1U << bit->bit);
		chip->part.regs[bit->reg].value |= left[i].value << bit->bit;
	}
}

/** A register as it reads: kept bits, and those that mirror the state. */
static uint8_t reg_read(const struct spinor *chip, int reg)
{
	uint8_t value = chip->part.regs[reg].value;

	for (enum spinor_flag flag = 0; flag < FLAG_QUAD_ENABLE; flag++) {
		const struct spinor_bit *bit = &chip->part.flags[flag];

		if (bit->reg != reg)
			continue;
		value &= ~(1U << bit->bit);
		value |= spinor_flag(chip, flag) << bit->bit;
	}
	return value;
}

static void reg_write(struct spinor *chip, int reg, uint8_t value, bool keep)
{
	struct spinor_reg *r = &chip->part.regs[reg];
	uint8_t otp_kept = r->value & r->otp;

	r->value = (r->value & ~r->writable) | (value & r->writable) | otp_kept;
	if (keep)
		r->stored = r->value;
}

void spinor_power_on(struct spinor *chip)
{
	spinor_dice_power_on(chip);
	memset(&chip->op, 0, sizeof(chip->op));
	memset(&chip->held, 0, sizeof(chip->held));
	chip->wel = false;
	chip->volatile_wel = false;
	chip->addr4 = chip->part.address_bytes == 4;
	chip->qpi = false;
	chip->power_down = false;
	chip->reset_enabled = false;
	chip->continuous = NULL;
	chip->aai = false;
	chip->buffer_full = false;
	chip->buffer_page = UINT32_MAX;
	chip->otp_mode = false;
	chip->errors = 0;
	spinor_locks_power_on(chip);
}

/* ---- protection ---------------------------------------------------------- */

void spinor_protected_range(const struct spinor *chip, uint32_t *start, uint32_t *size)
{
	const struct spinor_protection *p = &chip->part.protection;
	const uint32_t base = chip->part.die_relative ? chip->die * chip->part.die_bytes : 0;
	uint32_t total = chip->part.die_relative ? chip->part.die_bytes : chip->part.size_bytes;
	unsigned int bp = 0;
	uint64_t bytes;
	bool bottom = spinor_reg_bit(chip, &p->bottom);

	for (unsigned int i = 0; i < p->num_bp; i++)
		bp |= spinor_reg_bit(chip, &p->bp[i]) << i;
	bytes = bp ? (uint64_t)p->unit_bytes << (bp - 1) : 0;
	if (bp && spinor_reg_bit(chip, &p->small)) {
		/* units of 4 KiB end at 32 KiB: W25Q64JV data sheet rev. K, 7.1.17 */
		bytes = 4096U << (bp - 1);
		if (bytes > 32768)
			bytes = 32768;
	}
	if (bytes > total || (bp && bp == (1U << p->num_bp) - 1))
		bytes = total;
	if (spinor_reg_bit(chip, &p->complement)) {
		bytes = total - bytes;
		bottom = !bottom;
	}
	*size = bytes;
	*start = base + (bottom ? 0 : total - bytes);
}

static bool ranges_meet(uint32_t a, uint32_t a_size, uint32_t b, uint32_t b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

/** Locks count always, or, where a bit chooses, in the place of the BP bits. */
bool spinor_is_protected(struct spinor *chip, uint32_t address, uint32_t size_bytes)
{
	const bool chosen = spinor_flag(chip, FLAG_LOCKS_IN_FORCE);
	const bool choice = chip->part.flags[FLAG_LOCKS_IN_FORCE].reg != SPINOR_NO_REG;
	uint32_t start, size;

	spinor_protected_range(chip, &start, &size);
	if (!chosen && ranges_meet(address, size_bytes, start, size))
		return true;
	if ((chosen || !choice) && spinor_locks_hold(chip, address, size_bytes))
		return true;
	return chip->faults.protect && ranges_meet(address, size_bytes,
		chip->faults.protect_address, chip->faults.protect_bytes);
}

/* ---- operations that take time ------------------------------------------- */

static double chip_random(struct spinor *chip)
{
	uint32_t x = chip->faults.random;

	/* the same generator as for the wires, see net.c */
	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	chip->faults.random = x;
	return x / 4294967296.0;
}

static uint8_t program_byte(struct spinor *chip, uint8_t old_value, uint8_t data)
{
	uint8_t value = old_value & data;

	if (chip->faults.bit_error_rate <= 0)
		return value;
	for (unsigned int bit = 0; bit < 8; bit++) {
		uint8_t mask = 1U << bit;

		if ((old_value & ~value & mask) && chip_random(chip) < chip->faults.bit_error_rate) {
			value |= mask;
			chip->errors |= 1U << FLAG_PROGRAM_ERROR;
		}
	}
	return value;
}

/** @param percent how far it came: 100, or less if it was cut off */
static void op_apply(struct spinor *chip, unsigned int percent)
{
	struct spinor_op *op = &chip->op;
	uint32_t size_bytes = (uint64_t)op->size_bytes * percent / 100;

	switch (op->kind) {
	case OP_PROGRAM:
		for (uint32_t i = 0; i < size_bytes && !chip->faults.program_noop; i++)
			chip->memory[op->address + i] =
				program_byte(chip, chip->memory[op->address + i], op->latch[i]);
		break;
	case OP_REWRITE:
		if (!chip->faults.program_noop)
			memcpy(chip->memory + op->address, op->latch, size_bytes);
		break;
	case OP_ERASE:
		if (!chip->faults.erase_noop)
			memset(chip->memory + op->address, 0xff, size_bytes);
		break;
	case OP_WRITE_REGS:
		spinor_dice_take_registers(chip, chip->busy_die);
		for (unsigned int i = 0; i < op->num_regs && percent == 100; i++)
			reg_write(chip, op->regs[i], op->data[i], true);
		spinor_dice_take_registers(chip, chip->die);
		break;
	default:
		break;
	}
}

static void op_finish(struct spinor *chip)
{
	op_apply(chip, 100);
	/* SST25VF016B "WEL": stays until AAI ends or has come to the last address */
	if (chip->op.kind != OP_SUSPENDING)
		chip->wel = chip->aai && chip->aai_address < chip->part.size_bytes;
	chip->op.kind = OP_NONE;
}

static void op_cut_off(struct spinor *chip)
{
	op_apply(chip, 50);
	chip->op.kind = OP_NONE;
}

void spinor_lose_power(struct spinor *chip, uint64_t when_ps)
{
	chip->t.phase = PHASE_IGNORE;
	chip->t.deaf = true;
	if (chip->op.kind != OP_NONE && chip->op.end_ps <= when_ps)
		op_finish(chip);
	else
		op_cut_off(chip);
	spinor_power_on(chip);
}

/** Let everything happen that is due by now. */
void spinor_settle(struct spinor *chip, uint64_t now_ps)
{
	if (chip->faults.lose_power && now_ps >= chip->faults.lose_power_ps) {
		chip->faults.lose_power = false;
		spinor_lose_power(chip, chip->faults.lose_power_ps);
	}
	if (chip->op.kind != OP_NONE && now_ps >= chip->op.end_ps && !chip->faults.stuck_wip)
		op_finish(chip);
}

void spinor_start(struct spinor *chip, enum spinor_op_kind kind, uint32_t address,
	uint32_t size_bytes)
{
	struct spinor_op *op = &chip->op;

	op->kind = kind;
	op->address = address;
	op->size_bytes = size_bytes;
	op->end_ps = sim_time_ps() + chip->t.cmd->time_ps;
	spinor_dice_start(chip);
}

/** Common to everything that needs write enable. */
bool spinor_may_write(struct spinor *chip)
{
	if (!chip->t.cmd->needs_wel || chip->wel)
		return true;
	spinor_sin(chip, "no_write_enable", "the command does nothing");
	return false;
}

bool spinor_in_array(struct spinor *chip)
{
	if (chip->t.address < chip->part.size_bytes)
		return true;
	spinor_sin(chip, "address_past_end", "the chip has 0x%X bytes", chip->part.size_bytes);
	return false;
}

static void refuse_protected(struct spinor *chip, enum spinor_flag error)
{
	chip->wel = false;
	chip->refused_writes++;
	chip->errors |= 1U << FLAG_PROTECT_ERROR | 1U << error;
}

static void check_page(struct spinor *chip, uint32_t base)
{
	const struct spinor_transfer *t = &chip->t;
	uint32_t page = chip->part.page_bytes;

	if (t->address - base + t->bytes_in > page)
		spinor_sin(chip, "page_wrap", "%u bytes from column %u of a page of %u", t->bytes_in,
			t->address - base, page);
	for (uint32_t i = 0; i < page; i++) {
		uint8_t ones = chip->op.latch[i] & ~chip->memory[base + i];
		bool sent = t->bytes_in >= page || (i + page - (t->address - base)) % page < t->bytes_in;

		if (!sent || !ones)
			continue;
		spinor_sin(chip, "program_0_to_1", "byte at 0x%06X holds 0x%02X, data 0x%02X", base + i,
			chip->memory[base + i], chip->op.latch[i]);
		return;
	}
}

/** Bytes of the page that were not sent stay as they are: they program FFh. */
static void commit_program(struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;
	uint32_t page = chip->part.page_bytes;
	uint32_t base = t->address - t->address % page;

	if (chip->otp_mode) {
		spinor_commit_program_otp(chip);
		return;
	}
	if (!spinor_may_write(chip) || !spinor_in_array(chip))
		return;
	if (spinor_is_protected(chip, base, page)) {
		refuse_protected(chip, FLAG_PROGRAM_ERROR);
		return;
	}
	memset(chip->op.latch, 0xff, sizeof(chip->op.latch));
	for (uint32_t i = 0; i < t->bytes_in && i < page; i++) {
		uint32_t column = (t->address + i) % page;

		chip->op.latch[column] = t->latch[column];
	}
	check_page(chip, base);
	chip->programs++;
	spinor_start(chip, OP_PROGRAM, base, page);
}

/** The next two bytes of AAI (SST25VF016B data sheet rev. C, "AAI Word-Program"). */
static void program_word(struct spinor *chip, uint32_t address)
{
	const uint8_t *data = chip->t.data;

	for (unsigned int i = 0; i < 2; i++)
		if (data[i] & ~chip->memory[address + i])
			spinor_sin(chip, "program_0_to_1", "byte at 0x%06X holds 0x%02X, data 0x%02X",
				address + i, chip->memory[address + i], data[i]);
	memcpy(chip->op.latch, data, 2);
	chip->programs++;
	chip->aai_address = address + 2;
	spinor_start(chip, OP_PROGRAM, address, 2);
}

/** The first one has an address, the others count on until write disable. One that
 * points at protected memory is ignored. */
static void commit_program_words(struct spinor *chip)
{
	uint32_t address = chip->aai ? chip->aai_address : chip->t.address;

	chip->t.address = address;
	if (!spinor_may_write(chip) || !spinor_in_array(chip))
		return;
	if (address & 1) {
		spinor_sin(chip, "word_unaligned", "a word begins at an even address");
		return;
	}
	if (spinor_is_protected(chip, address, 2)) {
		chip->refused_writes++;
		return;
	}
	chip->aai = true;
	program_word(chip, address);
}

/** The region of the erase address, and where it begins. */
static const struct spinor_region *find_region(const struct spinor *chip, uint32_t *start)
{
	const struct spinor_part *part = &chip->part;
	const bool reversed = spinor_reg_bit(chip, &part->regions_reversed);
	unsigned int i = 0;

	*start = 0;
	while (true) {
		const struct spinor_region *region =
			&part->regions[reversed ? part->num_regions - 1 - i : i];

		if (chip->t.address - *start < region->size_bytes || ++i == part->num_regions)
			return region;
		*start += region->size_bytes;
	}
}

/** What the command erases at its address: *size_bytes from *base on. */
static bool erase_range(struct spinor *chip, uint32_t *base, uint32_t *size_bytes)
{
	uint32_t start = 0;

	*size_bytes = chip->t.cmd->size_bytes;
	if (chip->part.num_regions) {
		const struct spinor_region *region = find_region(chip, &start);
		unsigned int i = 0;

		while (i < region->num_erases && region->erases[i].opcode != chip->t.opcode)
			i++;
		if (i == region->num_erases)
			return false;
		*size_bytes = region->erases[i].size_bytes;
	}
	*base = chip->t.address - (chip->t.address - start) % *size_bytes;
	return true;
}

static void commit_erase(struct spinor *chip)
{
	uint32_t size_bytes, base;

	if (chip->otp_mode) {
		spinor_sin(chip, "erase_in_otp", "the chip ignores it");
		return;
	}
	if (!spinor_may_write(chip) || !spinor_in_array(chip))
		return;
	if (!erase_range(chip, &base, &size_bytes)) {
		spinor_sin(chip, "erase_not_here", "the opcode does nothing there");
		chip->wel = false;
		chip->errors |= 1U << FLAG_ERASE_ERROR;
		return;
	}
	if (base != chip->t.address)
		spinor_sin(chip, "erase_unaligned", "the range is 0x%X bytes", size_bytes);
	if (spinor_is_protected(chip, base, size_bytes)) {
		refuse_protected(chip, FLAG_ERASE_ERROR);
		return;
	}
	chip->erases++;
	spinor_start(chip, OP_ERASE, base, size_bytes);
}

void spinor_commit_chip_erase(struct spinor *chip)
{
	const bool one_die = chip->part.die_relative;
	const uint32_t base = one_die ? chip->die * chip->part.die_bytes : 0;
	const uint32_t size_bytes = one_die ? chip->part.die_bytes : chip->part.size_bytes;

	if (!spinor_may_write(chip))
		return;
	if (spinor_is_protected(chip, base, size_bytes)) {
		refuse_protected(chip, FLAG_ERASE_ERROR);
		return;
	}
	chip->chip_erases++;
	spinor_start(chip, OP_ERASE, base, size_bytes);
}

/* ---- registers ----------------------------------------------------------- */

static uint8_t output_regs(struct spinor *chip, unsigned int n)
{
	spinor_settle(chip, sim_time_ps());
	return reg_read(chip, chip->t.cmd->regs[n % chip->t.cmd->num_regs]);
}

static bool status_locked(const struct spinor *chip)
{
	return chip->part.wp_pin && chip->io_net[2] && !(chip->io_levels & 4)
		&& spinor_flag(chip, FLAG_STATUS_LOCK) && !spinor_flag(chip, FLAG_QUAD_ENABLE);
}

/** 50h before it makes the write volatile and immediate. */
static void commit_write_regs(struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;
	bool keep = (!chip->volatile_wel || t->cmd->needs_ewsr) && t->cmd->time_ps;

	if (t->cmd->needs_ewsr && !chip->volatile_wel) {
		spinor_sin(chip, "no_write_enable", "the command wants 50h before it");
		return;
	}
	if (!chip->volatile_wel && !spinor_may_write(chip))
		return;
	if (status_locked(chip)) {
		chip->wel = false;
		chip->refused_writes++;
		return;
	}
	if (keep) {
		chip->op.num_regs = t->bytes_in;
		memcpy(chip->op.regs, t->cmd->regs, sizeof(chip->op.regs));
		memcpy(chip->op.data, t->data, sizeof(chip->op.data));
		spinor_start(chip, OP_WRITE_REGS, 0, 0);
		return;
	}
	for (unsigned int i = 0; i < t->bytes_in; i++)
		reg_write(chip, t->cmd->regs[i], t->data[i], false);
	chip->volatile_wel = false;
	chip->wel = false;
}

static void commit_write_enable(struct spinor *chip)
{
	chip->volatile_wel = false;
	chip->wel = !chip->faults.wel_ignored;
}

static void commit_write_disable(struct spinor *chip)
{
	chip->wel = false;
	chip->volatile_wel = false;
	chip->aai = false;
}

static void commit_volatile_write_enable(struct spinor *chip)
{
	chip->volatile_wel = true;
}

static void commit_clear_flags(struct spinor *chip)
{
	chip->errors = 0;
}

/* ---- reading ------------------------------------------------------------- */

static void commit_read(struct spinor *chip)
{
	const struct spinor_transfer *t = &chip->t;

	if (chip->otp_mode) {
		spinor_commit_read_otp(chip);
		return;
	}
	if (t->address + t->data_bits / 8 > chip->part.size_bytes)
		spinor_sin(chip, "address_past_end", "%llu bytes read, the chip has 0x%X bytes",
			(unsigned long long)(t->data_bits / 8), chip->part.size_bytes);
	if (chip->part.die_bytes && t->address % chip->part.die_bytes + t->data_bits / 8 >
			chip->part.die_bytes)
		spinor_sin(chip, "die_border", "a read goes round in its die of 0x%X bytes",
			chip->part.die_bytes);
	/* mode bits M5-4 = 10b keep the read command for the next transfer */
	chip->continuous = NULL;
	if (t->cmd->mode_clocks && (t->mode_bits & 0x30) == 0x20)
		chip->continuous = t->cmd;
}

static uint8_t output_memory(struct spinor *chip, unsigned int n)
{
	const uint32_t die_bytes = chip->part.die_bytes ? chip->part.die_bytes : chip->part.size_bytes;
	const uint32_t start = chip->t.address - chip->t.address % die_bytes;

	if (chip->otp_mode)
		return spinor_output_otp(chip, n);
	const uint32_t at = (chip->t.address - start + n) % die_bytes;

	return chip->memory[(start + at) % chip->part.size_bytes];
}

static uint8_t output_sfdp(struct spinor *chip, unsigned int n)
{
	uint32_t offset = chip->t.address + n;

	return offset < chip->part.sfdp_bytes ? chip->part.sfdp[offset] : 0xff;
}

static uint8_t output_id(struct spinor *chip, unsigned int n)
{
	const struct spinor_part *part = &chip->part;

	if (chip->faults.id_all_ff)
		return 0xff;
	if (part->id_repeats)
		return part->id[n % part->id_bytes];
	return n < part->id_bytes ? part->id[n] : 0xff;
}

/** Not if the host cannot have heard it. */
static void commit_id(struct spinor *chip)
{
	if (chip->t.data_bits >= 24 && !chip->faults.id_all_ff && !chip->faults.miso_stuck)
		chip->id_answered = true;
}

/** 90h: maker and device in turn, address bit 0 says which comes first. */
static uint8_t output_maker_and_device(struct spinor *chip, unsigned int n)
{
	return (chip->t.address + n) & 1 ? chip->part.device_id : chip->part.id[0];
}

static uint8_t output_device_id(struct spinor *chip, unsigned int n)
{
	(void)n;
	return chip->part.device_id;
}

static uint8_t output_unique_id(struct spinor *chip, unsigned int n)
{
	return n < chip->part.unique_id_bytes ? chip->part.unique_id[n] : 0xff;
}

/* ---- modes --------------------------------------------------------------- */

static void commit_power_down(struct spinor *chip)
{
	chip->power_down = true;
}

static void commit_release_power_down(struct spinor *chip)
{
	if (!chip->power_down)
		return;
	chip->power_down = false;
	chip->deaf_until_ps = sim_time_ps() + chip->part.power_down_exit_ps;
	chip->deaf_sin = "in_power_down";
}

static void commit_reset_enable(struct spinor *chip)
{
	chip->reset_enabled = true;
}

/** A reset during an erase leaves a half-erased range behind. */
static void commit_reset_now(struct spinor *chip)
{
	if (chip->op.kind != OP_NONE)
		op_cut_off(chip);
	spinor_power_on(chip);
	chip->deaf_until_ps = sim_time_ps() + chip->part.reset_ps;
	chip->deaf_sin = "command_while_busy";
}

static void commit_reset(struct spinor *chip)
{
	if (chip->t.reset_armed)
		commit_reset_now(chip);
}

static void commit_enter_4byte(struct spinor *chip)
{
	if (!spinor_may_write(chip))
		return;
	chip->addr4 = true;
	chip->wel = chip->wel && !chip->t.cmd->needs_wel;
}

static void commit_exit_4byte(struct spinor *chip)
{
	if (!spinor_may_write(chip))
		return;
	chip->addr4 = false;
	chip->wel = chip->wel && !chip->t.cmd->needs_wel;
}

static void commit_enter_qpi(struct spinor *chip)
{
	if (chip->part.flags[FLAG_QUAD_ENABLE].reg != SPINOR_NO_REG
			&& !spinor_flag(chip, FLAG_QUAD_ENABLE)) {
		spinor_sin(chip, "quad_disabled", "QPI needs quad enable");
		return;
	}
	chip->qpi = true;
}

static void commit_exit_qpi(struct spinor *chip)
{
	spinor_leave_protocols(chip);
}

/** It takes a while until the chip is ready again. */
static void commit_suspend(struct spinor *chip)
{
	uint64_t now_ps = sim_time_ps();

	if (chip->op.kind != OP_PROGRAM && chip->op.kind != OP_ERASE)
		return;
	if (chip->held.kind != OP_NONE)
		return;
	chip->held = chip->op;
	chip->held.left_ps = chip->op.end_ps - now_ps;
	chip->op.kind = OP_SUSPENDING;
	chip->op.end_ps = now_ps + chip->part.suspend_ps;
	chip->wel = false;
}

static void commit_resume(struct spinor *chip)
{
	if (chip->held.kind == OP_NONE || chip->op.kind != OP_NONE)
		return;
	chip->op = chip->held;
	chip->op.end_ps = sim_time_ps() + chip->held.left_ps;
	chip->held.kind = OP_NONE;
}

static void commit_enter_otp(struct spinor *chip)
{
	chip->otp_mode = true;
}

static void commit_exit_otp(struct spinor *chip)
{
	chip->otp_mode = false;
}

static void commit_nothing(struct spinor *chip)
{
	(void)chip;
}

static const struct spinor_effect effects[] = {
	{ .name = "read", .output = output_memory, .commit = commit_read, .in_array = true },
	{ .name = "read_sfdp", .output = output_sfdp },
	{ .name = "read_id", .output = output_id, .commit = commit_id },
	{ .name = "read_maker_and_device", .output = output_maker_and_device },
	{ .name = "read_unique_id", .output = output_unique_id },
	{ .name = "read_regs", .output = output_regs, .in_aai = true },
	{ .name = "write_regs", .commit = commit_write_regs, .takes_data = true,
		.starts_write = true },
	{ .name = "write_enable", .commit = commit_write_enable },
	{ .name = "write_disable", .commit = commit_write_disable, .in_aai = true },
	{ .name = "volatile_write_enable", .commit = commit_volatile_write_enable },
	{ .name = "clear_flags", .commit = commit_clear_flags },
	{ .name = "program", .commit = commit_program, .takes_data = true, .starts_write = true,
		.in_suspend = true, .in_array = true },
	{ .name = "program_words", .commit = commit_program_words, .takes_data = true,
		.starts_write = true, .in_aai = true },
	{ .name = "erase", .commit = commit_erase, .starts_write = true, .in_array = true },
	{ .name = "select_die", .commit = spinor_commit_select_die, .takes_data = true },
	{ .name = "chip_erase", .commit = spinor_commit_chip_erase, .starts_write = true },
	{ .name = "buffer_write", .commit = spinor_commit_buffer_write, .takes_data = true },
	{ .name = "page_to_buffer", .commit = spinor_commit_page_to_buffer, .starts_write = true },
	{ .name = "buffer_to_page", .commit = spinor_commit_buffer_to_page, .starts_write = true },
	{ .name = "buffer_over_page", .commit = spinor_commit_buffer_over_page,
		.starts_write = true },
	{ .name = "guarded_chip_erase", .commit = spinor_commit_guarded_chip_erase,
		.takes_data = true, .starts_write = true },
	{ .name = "configure_dataflash", .commit = spinor_commit_configure_dataflash,
		.takes_data = true, .starts_write = true },
	{ .name = "read_sector_protection", .output = spinor_output_sector_protection },
	{ .name = "power_down", .commit = commit_power_down },
	{ .name = "release_power_down", .output = output_device_id,
		.commit = commit_release_power_down },
	{ .name = "leave_power_down", .commit = commit_release_power_down },
	{ .name = "reset_enable", .commit = commit_reset_enable },
	{ .name = "reset", .commit = commit_reset },
	{ .name = "reset_now", .commit = commit_reset_now },
	{ .name = "enter_4byte", .commit = commit_enter_4byte },
	{ .name = "exit_4byte", .commit = commit_exit_4byte },
	{ .name = "enter_qpi", .commit = commit_enter_qpi },
	{ .name = "exit_qpi", .commit = commit_exit_qpi },
	{ .name = "suspend", .commit = commit_suspend },
	{ .name = "resume", .commit = commit_resume },
	{ .name = "lock", .commit = spinor_commit_lock },
	{ .name = "unlock", .commit = spinor_commit_unlock },
	{ .name = "global_lock", .commit = spinor_commit_lock_all },
	{ .name = "global_unlock", .commit = spinor_commit_unlock_all },
	{ .name = "read_lock", .output = spinor_output_lock },
	{ .name = "write_lock", .commit = spinor_commit_write_lock, .takes_data = true },
	{ .name = "read_lasting_lock", .output = spinor_output_lasting_lock },
	{ .name = "program_lasting_lock", .commit = spinor_commit_program_lasting_lock },
	{ .name = "erase_lasting_locks", .commit = spinor_commit_erase_lasting_locks },
	{ .name = "read_lock_register", .output = spinor_output_lock_register },
	{ .name = "write_lock_register", .commit = spinor_commit_lock_register, .takes_data = true },
	{ .name = "write_at25df_status", .commit = spinor_commit_at25df_status, .takes_data = true },
	{ .name = "read_otp", .output = spinor_output_otp, .commit = spinor_commit_read_otp },
	{ .name = "program_otp", .commit = spinor_commit_program_otp, .takes_data = true,
		.starts_write = true },
	{ .name = "erase_otp", .commit = spinor_commit_erase_otp, .starts_write = true },
	{ .name = "enter_otp", .commit = commit_enter_otp },
	{ .name = "exit_otp", .commit = commit_exit_otp },
	{ .name = "nothing", .commit = commit_nothing },
};

const struct spinor_effect *spinor_effect_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(effects); i++)
		if (!strcmp(effects[i].name, name))
			return &effects[i];
	return NULL;
}
