// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Dice of which C2h selects the one that tells its status. Dice that know nothing of
 * each other (die_relative: W25M512JV) have addresses, registers and a chip erase of
 * their own. Those of one address space (W25Q01JV) are written and erased together,
 * each in its own time, so that one may be ready when another is not yet (Linux,
 * drivers/mtd/spi-nor/winbond.c, winbond_nor_multi_die_ready(), and the message of the
 * commit that brought it: up to 200 us).
 */

#include <string.h>

#include "spinor.h"

/** The first die is the first to be ready, each further one so much later. */
#define LAG_PS		UINT64_C(200000000)

static unsigned int num_dice(const struct spinor *chip)
{
	return chip->part.die_bytes ? chip->part.size_bytes / chip->part.die_bytes : 1;
}

int spinor_dice_parse(struct spinor *chip)
{
	for (unsigned int i = 0; i < num_dice(chip); i++)
		memcpy(chip->dice[i].regs, chip->part.regs, sizeof(chip->part.regs));
	return 0;
}

static bool is_selected_by_c2(const struct spinor *chip)
{
	return chip->part.die_bytes && chip->by_opcode[0][0xc2];
}

bool spinor_die_tells_busy(const struct spinor *chip)
{
	const struct spinor_op *op = &chip->op;

	/* without a choice, any tells of all */
	if (!is_selected_by_c2(chip))
		return true;
	if (!op->all_dice)
		return chip->die == chip->busy_die;
	return chip->faults.stuck_wip ||
		sim_time_ps() + (num_dice(chip) - 1 - chip->die) * LAG_PS < op->end_ps;
}

bool spinor_die_is_done(const struct spinor *chip)
{
	return chip->op.kind != OP_NONE && chip->op.all_dice && !spinor_die_tells_busy(chip);
}

void spinor_dice_take_registers(struct spinor *chip, unsigned int die)
{
	if (!chip->part.die_relative || die == chip->regs_die)
		return;
	memcpy(chip->dice[chip->regs_die].regs, chip->part.regs, sizeof(chip->part.regs));
	memcpy(chip->part.regs, chip->dice[die].regs, sizeof(chip->part.regs));
	chip->regs_die = die;
}

void spinor_dice_start(struct spinor *chip)
{
	const struct spinor_part *part = &chip->part;
	struct spinor_op *op = &chip->op;
	const bool of_all = op->kind == OP_WRITE_REGS || op->size_bytes == part->size_bytes;

	chip->busy_die = part->die_bytes ? op->address / part->die_bytes : 0;
	if (part->die_relative)
		chip->busy_die = chip->die;
	op->all_dice = is_selected_by_c2(chip) && !part->die_relative && of_all;
	if (op->all_dice)
		op->end_ps += (num_dice(chip) - 1) * LAG_PS;
}

void spinor_dice_power_on(struct spinor *chip)
{
	for (unsigned int die = num_dice(chip); die--; ) {
		spinor_dice_take_registers(chip, die);
		for (unsigned int i = 0; i < chip->part.num_regs; i++)
			chip->part.regs[i].value = chip->part.regs[i].stored;
	}
	chip->die = 0;
}

void spinor_commit_select_die(struct spinor *chip)
{
	const unsigned int die = chip->t.data[0];

	if (die == chip->die || die >= num_dice(chip))
		return;
	chip->die = die;
	spinor_dice_take_registers(chip, die);
	/* each die has a write enable of its own */
	chip->wel = false;
	chip->volatile_wel = false;
}
