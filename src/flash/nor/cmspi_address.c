// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Parts above 16 MiB without opcodes for four address bytes, and parts of several dice.
 * Of the first, the opcodes of three take a fourth byte between B7h and E9h, or a
 * register holds it; of the second, some hear commands on the die that C2h has selected
 * only, and none reads on from one die to the next. All of this outlives the batch, so
 * each batch that addresses the array sets it and puts it back: a boot ROM expects three
 * bytes, the first 16 MiB and the first die. DataFlash, which counts pages, comes
 * through here as well. Pure: no OpenOCD header.
 */

#include <string.h>

#include "cmspi_address.h"
#include "cmspi_dataflash.h"

static bool cmspi_address_is_in_array(const struct cmspi_step *step)
{
	if (step->flags & CMSPI_STEP_CONTINUE || !step->op.addr_bytes)
		return false;
	return step->op.opcode != CMSPI_OPCODE_READ_SFDP;
}

uint32_t cmspi_address_border_bytes(const struct cmspi_chip *chip)
{
	if (cmspi_chip_addressing(chip) == CMSPI_ADDR_3_REGISTER)
		return CMSPI_3_BYTE_LIMIT_BYTES;
	return chip->die_bytes;
}

bool cmspi_address_needed(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count)
{
	if (!chip->column_bits && cmspi_chip_addressing(chip) != CMSPI_ADDR_4_MODE &&
			!cmspi_address_border_bytes(chip))
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (cmspi_address_is_in_array(&steps[i]))
			return true;
	return false;
}

/** What a step reads or programs on from its address. */
static uint32_t cmspi_address_bytes(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_XFER ? 0 : step->count;
}

unsigned int cmspi_address_max_steps(const struct cmspi_chip *chip,
	const struct cmspi_step *steps, unsigned int count)
{
	const uint32_t border_bytes = cmspi_address_border_bytes(chip);
	unsigned int max = 1 + count + CMSPI_ADDRESS_LEAVE_STEPS;

	if (chip->column_bits)
		return cmspi_dataflash_max_steps(chip, steps, count);
	if (!border_bytes)
		return max;
	// die and register before each part; a part more for each border crossed
	for (unsigned int i = 0; i < count; i++)
		max += 2 + 3 * (cmspi_address_bytes(&steps[i]) / border_bytes + 1);
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

/** Die and register as the list has set them up to here. */
struct cmspi_address_state {
	unsigned int die;
	unsigned int segment;
};

/** A part that crosses no border, behind what its address needs. */
static void cmspi_address_add_part(const struct cmspi_chip *chip, struct cmspi_step part,
	unsigned int origin, struct cmspi_address_list *list, struct cmspi_address_state *state)
{
	const unsigned int die = chip->die_bytes ? part.addr / chip->die_bytes : 0;

	if (chip->die_select_opcode && die != state->die) {
		const struct cmspi_step select = cmspi_chip_step_select_die(chip, die);

		cmspi_address_add(list, &select, origin);
	}
	state->die = die;
	if (chip->die_relative)
		part.addr -= die * chip->die_bytes;
	const unsigned int segment = part.addr / CMSPI_3_BYTE_LIMIT_BYTES;

	if (cmspi_chip_addressing(chip) == CMSPI_ADDR_3_REGISTER && segment != state->segment) {
		const struct cmspi_step set = cmspi_chip_step_segment(chip, segment);

		cmspi_address_add(list, &set, origin);
		state->segment = segment;
	}
	cmspi_address_add(list, &part, origin);
}

/** One step of the array, in parts that lie between two borders each. */
static bool cmspi_address_add_parts(const struct cmspi_chip *chip, struct cmspi_step step,
	unsigned int origin, struct cmspi_address_list *list, struct cmspi_address_state *state)
{
	const uint32_t border_bytes = cmspi_address_border_bytes(chip);

	while (true) {
		const uint32_t room = border_bytes ? border_bytes - step.addr % border_bytes :
			UINT32_MAX;
		struct cmspi_step part = step;

		if (cmspi_address_bytes(&step) <= room) {
			cmspi_address_add_part(chip, part, origin, list, state);
			return true;
		}
		if (!cmspi_address_splits(&step, room))
			return false;
		part.count = room;
		if (part.kind == CMSPI_STEP_PROGRAM)
			part.tx_bytes = room;
		cmspi_address_add_part(chip, part, origin, list, state);
		cmspi_address_advance(&step, room);
	}
}

bool cmspi_address_expand(const struct cmspi_chip *chip, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_address_list *list)
{
	struct cmspi_step leave[CMSPI_ADDRESS_LEAVE_STEPS];
	struct cmspi_address_state state = { 0, 0 };

	if (chip->column_bits) {
		cmspi_dataflash_expand(chip, steps, count, list);
		return true;
	}
	list->count = 0;
	if (cmspi_chip_addressing(chip) == CMSPI_ADDR_4_MODE) {
		const struct cmspi_step enter = cmspi_chip_step_4byte(chip, true);

		cmspi_address_add(list, &enter, 0);
	}
	for (unsigned int i = 0; i < count; i++) {
		if (!cmspi_address_is_in_array(&steps[i]))
			cmspi_address_add(list, &steps[i], i);
		else if (!cmspi_address_add_parts(chip, steps[i], i, list, &state))
			return false;
	}
	const unsigned int num_leave = cmspi_address_leave(chip, leave);

	for (unsigned int i = 0; i < num_leave; i++)
		cmspi_address_add(list, &leave[i], count - 1);
	return true;
}

uint32_t cmspi_address_base(const struct cmspi_chip *chip,
	const struct cmspi_address_list *list, unsigned int index)
{
	if (!chip->die_relative)
		return 0;
	for (unsigned int i = index + 1; i--; )
		if (list->steps[i].op.opcode == chip->die_select_opcode)
			return list->steps[i].tx[0] * chip->die_bytes;
	return 0;
}

uint32_t cmspi_address_offset(const struct cmspi_chip *chip, uint32_t address)
{
	return chip->column_bits ? cmspi_dataflash_offset(chip, address) : address;
}

unsigned int cmspi_address_leave(const struct cmspi_chip *chip, struct cmspi_step *steps)
{
	const unsigned int fourth = CMSPI_4BYTE_EXTENDED_REGISTER | CMSPI_4BYTE_BANK_REGISTER;
	const enum cmspi_addressing way = cmspi_chip_addressing(chip);
	unsigned int count = 0;

	if (way == CMSPI_ADDR_4_MODE)
		steps[count++] = cmspi_chip_step_4byte(chip, false);
	if (way == CMSPI_ADDR_4_MODE || way == CMSPI_ADDR_3_REGISTER) {
		// E9h sets it to 1 on W25Q256FV, so it comes second
		if (chip->enter_4byte & fourth)
			steps[count++] = cmspi_chip_step_segment(chip, 0);
		steps[count++] = cmspi_chip_step_write_disable();
	}
	if (chip->die_select_opcode)
		steps[count++] = cmspi_chip_step_select_die(chip, 0);
	return count;
}

unsigned int cmspi_address_max_cuts(const struct cmspi_chip *chip,
	const struct cmspi_span *span)
{
	const uint32_t border_bytes = cmspi_address_border_bytes(chip);

	return border_bytes ? 2 + 2 * (span->count / border_bytes + 1) : 1;
}

unsigned int cmspi_address_cut(const struct cmspi_chip *chip, const struct cmspi_span *span,
	struct cmspi_cut *cuts)
{
	const uint32_t border_bytes = cmspi_address_border_bytes(chip);
	uint32_t addr = span->addr;
	uint32_t left = span->count;
	// of the grain that a border has cut
	uint32_t rest = 0;
	unsigned int num = 0;

	while (left) {
		const uint32_t room = border_bytes ? border_bytes - addr % border_bytes : left;
		uint32_t bytes = left < room ? left : room;

		if (rest && bytes > rest)
			bytes = rest;
		cuts[num++] = (struct cmspi_cut) {
			{ addr, bytes, rest ? bytes : span->grain_bytes }, rest > 0
		};
		rest = (addr + bytes - span->addr) % span->grain_bytes;
		rest = rest ? span->grain_bytes - rest : 0;
		addr += bytes;
		left -= bytes;
	}
	return num;
}
