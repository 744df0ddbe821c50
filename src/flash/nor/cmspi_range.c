// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The range of the status registers: which values protect the blocks that are wished
 * for, and writing them, on each die that has registers of its own.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_guard.h"

/* Of one set. @returns number of steps */
static unsigned int put_register_writes(const struct flash_bank *bank, unsigned int set,
	const uint8_t *values, struct cmspi_step *steps)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const uint8_t *registers = cmspi_guard_registers(bank, set);
	unsigned int count = 0;

	if (set)
		steps[count++] = cmspi_chip_step_select_die(chip, set);
	const unsigned int writes = cmspi_protect_write_steps(cmspi_protect_layout(chip), chip,
		registers, values, steps + count);

	if (!writes)
		return 0;
	LOG_DEBUG("%s: status registers %02x %02x become %02x %02x", bank->name, registers[0],
		registers[1], values[0], values[1]);
	count += writes;
	if (set)
		steps[count++] = cmspi_chip_step_select_die(chip, 0);
	return count + cmspi_chip_steps_await_dice(chip, chip->sr_write_max_ms * 1000, steps + count);
}

int cmspi_range_write(struct flash_bank *bank, const uint8_t *values)
{
	struct cmspi_step steps[CMSPI_DICE * (CMSPI_PROTECT_WRITE_STEPS + 2)];
	unsigned int count = 0;

	for (unsigned int set = 0; set < cmspi_chip_register_sets(&cmspi_of(bank)->chip); set++)
		count += put_register_writes(bank, set, values + set * CMSPI_PROTECT_REGISTERS,
			steps + count);
	return count ? cmspi_run_steps(bank, steps, count, "status register write", NULL) : ERROR_OK;
}

/* The first block of a set. */
static unsigned int first_block(const struct flash_bank *bank, unsigned int set)
{
	const uint32_t start = set * cmspi_chip_set_bytes(&cmspi_of(bank)->chip);
	unsigned int block = 0;

	while (block < bank->num_prot_blocks && bank->prot_blocks[block].offset < start)
		block++;
	return block;
}

/* Blocks that values of a set's registers would protect, in words. */
static void describe_values(const struct flash_bank *bank, unsigned int set, const uint8_t *values,
	char *text, size_t text_bytes)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const uint32_t set_bytes = cmspi_chip_set_bytes(chip);
	const struct cmspi_protection range = cmspi_protect_decode(cmspi_protect_layout(chip), values,
		set_bytes);
	const unsigned int last = set + 1 < cmspi_chip_register_sets(chip) ?
		first_block(bank, set + 1) : bank->num_prot_blocks;
	unsigned int first = first_block(bank, set), end;

	while (first < last && !cmspi_protect_hits(&range,
			bank->prot_blocks[first].offset % set_bytes, 1))
		first++;
	for (end = first; end < last && cmspi_protect_hits(&range,
			bank->prot_blocks[end].offset % set_bytes, 1);)
		end++;
	if (first == end)
		snprintf(text, text_bytes, "none");
	else
		snprintf(text, text_bytes, "%u to %u", first, end - 1);
}

static int complain_of_nearest(const struct flash_bank *bank, unsigned int set,
	const struct cmspi_protect_layout *layout, const struct cmspi_protect_wish *wish)
{
	const uint32_t size_bytes = cmspi_chip_set_bytes(&cmspi_of(bank)->chip);
	const uint8_t *registers = cmspi_guard_registers(bank, set);
	char less[32] = "none", more[32] = "none";
	uint8_t values[CMSPI_PROTECT_REGISTERS];

	if (cmspi_protect_find(layout, registers, size_bytes, wish, CMSPI_PROTECT_NO_MORE, values))
		describe_values(bank, set, values, less, sizeof(less));
	if (cmspi_protect_find(layout, registers, size_bytes, wish, CMSPI_PROTECT_NO_LESS, values))
		describe_values(bank, set, values, more, sizeof(more));
	cmspi_complain(bank, "the chip cannot protect just these blocks: nothing was changed; the "
		"nearest that it can are blocks %s, or %s ('flash info %s' lists them)", less, more,
		bank->name);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

/* What of the part lies behind the bank stays as it is, unless all is to be opened. */
static bool wish_behind(const struct cmspi_protection *is, uint32_t start, bool opens_all)
{
	return !opens_all && cmspi_protect_hits(is, start, 1);
}

/* @param values receives those of the set */
static int find_values(struct flash_bank *bank, const bool *blocks, unsigned int set,
	uint8_t *values)
{
	const uint32_t size_bytes = cmspi_chip_set_bytes(&cmspi_of(bank)->chip);
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(&cmspi_of(bank)->chip);
	const uint8_t *registers = cmspi_guard_registers(bank, set);
	const struct cmspi_protection is = cmspi_protect_decode(layout, registers, size_bytes);
	const unsigned int first = first_block(bank, set);
	uint32_t bounds[CMSPI_PROTECT_MAX_BLOCKS + 1];
	bool wished[CMSPI_PROTECT_MAX_BLOCKS];
	const struct cmspi_protect_wish wish = {
		.bounds = bounds,
		.blocks = wished,
		.num_blocks = cmspi_protect_blocks(layout, registers, size_bytes, bounds),
	};

	for (unsigned int i = 0; i < wish.num_blocks; i++)
		wished[i] = first + i < bank->num_prot_blocks ? blocks[first + i] :
			wish_behind(&is, bounds[i], cmspi_guard_is_none(bank, blocks));
	if (!cmspi_protect_find(layout, registers, size_bytes, &wish, CMSPI_PROTECT_EXACTLY, values))
		return complain_of_nearest(bank, set, layout, &wish);
	return ERROR_OK;
}

/* All sets must be possible before one of them is written. */
int cmspi_range_change(struct flash_bank *bank, const bool *blocks)
{
	uint8_t values[CMSPI_DICE * CMSPI_PROTECT_REGISTERS] = { 0 };
	int retval = ERROR_OK;

	for (unsigned int set = 0; set < cmspi_chip_register_sets(&cmspi_of(bank)->chip) &&
			retval == ERROR_OK; set++)
		retval = find_values(bank, blocks, set, values + set * CMSPI_PROTECT_REGISTERS);
	return retval == ERROR_OK ? cmspi_range_write(bank, values) : retval;
}

bool cmspi_range_find(const struct flash_bank *bank, const bool *blocks, bool opens_all,
	uint8_t *values)
{
	const uint32_t size_bytes = cmspi_chip_whole_bytes(&cmspi_of(bank)->chip);
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(&cmspi_of(bank)->chip);
	const uint8_t *registers = cmspi_of(bank)->guard.registers;
	const struct cmspi_protection is = cmspi_protect_decode(layout, registers, size_bytes);
	uint32_t bounds[CMSPI_PROTECT_MAX_BLOCKS + 1];
	bool wished[CMSPI_PROTECT_MAX_BLOCKS];
	const struct cmspi_protect_wish wish = {
		.bounds = bounds,
		.blocks = wished,
		.num_blocks = cmspi_protect_blocks(layout, registers, size_bytes, bounds),
	};
	unsigned int block = 0;

	// blocks that have locks are parts of those that the range counts in
	for (unsigned int i = 0; i < wish.num_blocks; i++) {
		wished[i] = block < bank->num_prot_blocks ? blocks[block] :
			wish_behind(&is, bounds[i], opens_all);
		for (; block < bank->num_prot_blocks &&
				bank->prot_blocks[block].offset < bounds[i + 1]; block++)
			if (blocks[block] != wished[i])
				return false;
	}
	return cmspi_protect_find(layout, registers, size_bytes, &wish, CMSPI_PROTECT_EXACTLY,
		values);
}
