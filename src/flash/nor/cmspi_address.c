// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Parts above 16 MiB without opcodes for four address bytes. Either the opcodes of
 * three take a fourth byte between B7h and E9h, or a register holds it. Both outlive
 * the batch, so each batch that addresses the array sets them and puts them back: a
 * boot ROM expects three bytes and the first 16 MiB. Pure: no OpenOCD header.
 */

#include <string.h>

#include "cmspi_address.h"

static bool cmspi_address_is_in_array(const struct cmspi_step *step)
{
	if (step->flags & CMSPI_STEP_CONTINUE || !step->op.addr_bytes)
		return false;
	return step->op.opcode != CMSPI_OPCODE_READ_SFDP;
}

bool cmspi_address_needed(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count)
{
	const enum cmspi_addressing way = cmspi_chip_addressing(chip);

	if (way != CMSPI_ADDR_4_MODE && way != CMSPI_ADDR_3_REGISTER)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (cmspi_address_is_in_array(&steps[i]))
			return true;
	return false;
}

static uint32_t cmspi_address_bytes(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_XFER ? 0 : step->count;
}

unsigned int cmspi_address_max_steps(const struct cmspi_chip *chip,
	const struct cmspi_step *steps, unsigned int count)
{
	unsigned int max = 1 + count + CMSPI_ADDRESS_LEAVE_STEPS;

	if (cmspi_chip_addressing(chip) != CMSPI_ADDR_3_REGISTER)
		return max;
	// a register write before each, and two more steps for each border crossed
	for (unsigned int i = 0; i < count; i++)
		max += 1 + 2 * (cmspi_address_bytes(&steps[i]) / CMSPI_3_BYTE_LIMIT_BYTES + 1);
	return max;
}

static void cmspi_address_add(struct cmspi_address_list *list, const struct cmspi_step *step,
	unsigned int origin)
{
	list->steps[list->count] = *step;
	list->origins[list->count++] = origin;
}

/** Can the step be made in two at @a bytes from its start? */
static bool cmspi_address_splits(const struct cmspi_step *step, uint32_t bytes)
{
	if (step->kind == CMSPI_STEP_CRC && step->flags & CMSPI_STEP_RUNNING)
		return false;
	return step->kind == CMSPI_STEP_READ || step->kind == CMSPI_STEP_PROGRAM ||
		bytes % step->grain_bytes == 0;
}

/** Take the first @a bytes off a step. */
static void cmspi_address_advance(struct cmspi_step *step, uint32_t bytes)
{
	step->addr += bytes;
	step->count -= bytes;
	if (step->kind == CMSPI_STEP_PROGRAM) {
		step->tx += bytes;
		step->tx_bytes = step->count;
	} else if (step->kind == CMSPI_STEP_READ) {
		step->rx += bytes;
		step->rx_bytes = step->rx_bytes > bytes ? step->rx_bytes - bytes : 0;
	} else if (step->results) {
		step->results += bytes / step->grain_bytes;
	}
}

/** One step of the array, in parts that lie in one 16 MiB each. */
static bool cmspi_address_add_segments(const struct cmspi_chip *chip, struct cmspi_step step,
	unsigned int origin, struct cmspi_address_list *list, unsigned int *segment)
{
	while (true) {
		const unsigned int here = step.addr / CMSPI_3_BYTE_LIMIT_BYTES;
		const uint32_t room = CMSPI_3_BYTE_LIMIT_BYTES - step.addr % CMSPI_3_BYTE_LIMIT_BYTES;
		struct cmspi_step part = step;

		if (here != *segment) {
			const struct cmspi_step set = cmspi_chip_step_segment(chip, here);

			cmspi_address_add(list, &set, origin);
			*segment = here;
		}
		if (cmspi_address_bytes(&step) <= room) {
			cmspi_address_add(list, &part, origin);
			return true;
		}
		if (!cmspi_address_splits(&step, room))
			return false;
		part.count = room;
		if (part.kind == CMSPI_STEP_PROGRAM)
			part.tx_bytes = room;
		cmspi_address_add(list, &part, origin);
		cmspi_address_advance(&step, room);
	}
}

bool cmspi_address_expand(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_address_list *list)
{
	const bool mode = cmspi_chip_addressing(chip) == CMSPI_ADDR_4_MODE;
	struct cmspi_step leave[CMSPI_ADDRESS_LEAVE_STEPS];
	unsigned int segment = 0;

	list->count = 0;
	if (mode) {
		const struct cmspi_step enter = cmspi_chip_step_4byte(chip, true);

		cmspi_address_add(list, &enter, 0);
	}
	for (unsigned int i = 0; i < count; i++) {
		if (mode || !cmspi_address_is_in_array(&steps[i]))
			cmspi_address_add(list, &steps[i], i);
		else if (!cmspi_address_add_segments(chip, steps[i], i, list, &segment))
			return false;
	}
	const unsigned int num_leave = cmspi_address_leave(chip, leave);

	for (unsigned int i = 0; i < num_leave; i++)
		cmspi_address_add(list, &leave[i], count - 1);
	return true;
}

unsigned int cmspi_address_leave(const struct cmspi_chip *chip, struct cmspi_step *steps)
{
	const unsigned int fourth = CMSPI_4BYTE_EXTENDED_REGISTER | CMSPI_4BYTE_BANK_REGISTER;
	unsigned int count = 0;

	if (cmspi_chip_addressing(chip) == CMSPI_ADDR_4_MODE)
		steps[count++] = cmspi_chip_step_4byte(chip, false);
	// E9h sets it to 1 on W25Q256FV, so it comes second
	if (chip->enter_4byte & fourth)
		steps[count++] = cmspi_chip_step_segment(chip, 0);
	steps[count++] = cmspi_chip_step_write_disable();
	return count;
}
