// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What of a chip is protected now: the status registers' range, or locks of single
 * blocks, as the state of the bank's protection blocks; and a refusal for who would
 * change such a block. How protection is changed is in cmspi_unlock.c.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_dataflash.h"
#include "cmspi_guard.h"

/* flash_sector.is_protected */
#define NOT_KNOWN	(-1)

/* ---- blocks ------------------------------------------------------------- */

static bool has_blocks(const struct flash_bank *bank, const uint32_t *bounds, unsigned int count)
{
	if (bank->num_prot_blocks != count)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (bank->prot_blocks[i].offset != bounds[i])
			return false;
	const struct flash_sector *last = &bank->prot_blocks[count - 1];

	return last->offset + last->size == MIN(bounds[count], bank->size);
}

/* A virtual bank shares the array: it is replaced only when it changes.
 * @param bounds count + 1 of them */
static int set_blocks(struct flash_bank *bank, const uint32_t *bounds, unsigned int count)
{
	// -size may name less than the part holds
	while (count > 1 && bounds[count - 1] >= bank->size)
		count--;
	if (has_blocks(bank, bounds, count))
		return ERROR_OK;
	struct flash_sector *blocks = alloc_block_array(0, 0, count);
	if (!blocks)
		return ERROR_FAIL;
	for (unsigned int i = 0; i < count; i++) {
		blocks[i].offset = bounds[i];
		blocks[i].size = MIN(bounds[i + 1], bank->size) - bounds[i];
	}
	free(bank->prot_blocks);
	bank->prot_blocks = blocks;
	bank->num_prot_blocks = count;
	return ERROR_OK;
}

static int set_lock_blocks(struct flash_bank *bank, const struct cmspi_locks *locks)
{
	const uint32_t size_bytes = cmspi_chip_whole_bytes(&cmspi_of(bank)->chip);
	const unsigned int count = cmspi_locks_count(locks, size_bytes);
	uint32_t *bounds = calloc(count + 1, sizeof(*bounds));
	if (!bounds) {
		LOG_ERROR("out of memory for %u protection blocks", count);
		return ERROR_FAIL;
	}
	for (unsigned int i = 0; i <= count; i++)
		bounds[i] = cmspi_locks_start(locks, size_bytes, i);
	int retval = set_blocks(bank, bounds, count);
	free(bounds);
	return retval;
}

/* Those of each set of registers, one after the other. */
static int set_range_blocks(struct flash_bank *bank, const struct cmspi_protect_layout *layout)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const uint32_t set_bytes = cmspi_chip_set_bytes(chip);
	uint32_t bounds[CMSPI_DICE * CMSPI_PROTECT_MAX_BLOCKS + 1];
	unsigned int count = 0;

	for (unsigned int set = 0; set < cmspi_chip_register_sets(chip); set++) {
		uint32_t *own = bounds + count;

		count += cmspi_protect_blocks(layout, cmspi_guard_registers(bank, set), set_bytes,
			own);
		for (uint32_t *bound = own; bound <= bounds + count; bound++)
			*bound += set * set_bytes;
	}
	return set_blocks(bank, bounds, count);
}

int cmspi_guard_set_blocks(struct flash_bank *bank)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(chip);
	const struct cmspi_locks *locks = cmspi_locks_of(chip);
	const uint32_t whole[] = { 0, bank->size };

	guard->known = false;
	memset(guard->registers, 0, sizeof(guard->registers));
	if (locks && locks->always)
		return set_lock_blocks(bank, locks);
	return layout ? set_range_blocks(bank, layout) : set_blocks(bank, whole, 1);
}

/* ---- looking ------------------------------------------------------------ */

/* Of all sets. @returns number of steps */
static unsigned int put_register_reads(const struct cmspi_chip *chip,
	const struct cmspi_protect_layout *layout, uint8_t *registers, struct cmspi_step *steps)
{
	const unsigned int sets = cmspi_chip_register_sets(chip);
	unsigned int count = 0;

	for (unsigned int set = 0; set < sets; set++) {
		if (set)
			steps[count++] = cmspi_chip_step_select_die(chip, set);
		count += cmspi_protect_read_steps(layout, registers + set * CMSPI_PROTECT_REGISTERS,
			steps + count);
	}
	if (sets > 1)
		steps[count++] = cmspi_chip_step_select_die(chip, 0);
	return count;
}

static int read_registers(struct flash_bank *bank, const struct cmspi_protect_layout *layout)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	struct cmspi_step steps[CMSPI_DICE * (CMSPI_PROTECT_REGISTERS + 1)];
	unsigned int count = 1;

	memset(guard->registers, 0, sizeof(guard->registers));
	if (layout)
		count = put_register_reads(&cmspi_of(bank)->chip, layout, guard->registers, steps);
	else
		steps[0] = cmspi_chip_step_read_register(CMSPI_OPCODE_READ_STATUS, guard->registers);
	return cmspi_run_steps(bank, steps, count, "protection check", NULL);
}

static int read_lock_register(struct flash_bank *bank, const struct cmspi_locks *locks)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	uint8_t *value = cmspi_of(bank)->guard.lock_register;
	const struct cmspi_step step = cmspi_locks_step_read_register(locks, chip, value);

	int retval = cmspi_run_steps(bank, &step, 1, "protection check", NULL);
	for (unsigned int i = 0; i < bank->num_prot_blocks && retval == ERROR_OK; i++) {
		const unsigned int bit = cmspi_locks_register_bit(cmspi_chip_whole_bytes(chip), i);

		bank->prot_blocks[i].is_protected = value[bit / 8] >> bit % 8 & 1;
	}
	return retval;
}

/* The commands for locks have no forms of four address bytes: large parts are
 * addressed as if they had none for anything. */
int cmspi_guard_run(struct flash_bank *bank, struct cmspi_step *steps, unsigned int count,
	void (*fill)(struct flash_bank *bank, struct cmspi_step *steps, void *user), void *user)
{
	struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const uint8_t program_4byte = chip->program_4byte;

	chip->program_4byte = 0;
	fill(bank, steps, user);
	int retval = cmspi_run_steps(bank, steps, count, "protection", NULL);
	chip->program_4byte = program_4byte;
	return retval;
}

static void fill_lock_reads(struct flash_bank *bank, struct cmspi_step *steps, void *values)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		steps[i] = cmspi_locks_step_read(cmspi_locks_of(chip), chip,
			bank->prot_blocks[i].offset, (uint8_t *)values + i);
}

static int read_locks(struct flash_bank *bank)
{
	struct cmspi_step *steps = calloc(bank->num_prot_blocks, sizeof(*steps));
	uint8_t *values = calloc(bank->num_prot_blocks, sizeof(*values));
	int retval = ERROR_FAIL;

	if (steps && values)
		retval = cmspi_guard_run(bank, steps, bank->num_prot_blocks, fill_lock_reads, values);
	else
		LOG_ERROR("out of memory for %u locks", bank->num_prot_blocks);
	for (unsigned int i = 0; i < bank->num_prot_blocks && retval == ERROR_OK; i++)
		bank->prot_blocks[i].is_protected = values[i] & 1;
	free(steps);
	free(values);
	return retval;
}

static int look_at_locks(struct flash_bank *bank, const struct cmspi_locks *locks)
{
	int retval = set_lock_blocks(bank, locks);

	if (retval != ERROR_OK)
		return retval;
	if (cmspi_locks_readable(locks))
		return locks->read_register_opcode ? read_lock_register(bank, locks) :
			read_locks(bank);
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		bank->prot_blocks[i].is_protected = NOT_KNOWN;
	return ERROR_OK;
}

static struct cmspi_protection decode_set(const struct flash_bank *bank,
	const struct cmspi_protect_layout *layout, unsigned int set)
{
	return cmspi_protect_decode(layout, cmspi_guard_registers(bank, set),
		cmspi_chip_set_bytes(&cmspi_of(bank)->chip));
}

static int look_at_range(struct flash_bank *bank, const struct cmspi_protect_layout *layout)
{
	const uint32_t set_bytes = cmspi_chip_set_bytes(&cmspi_of(bank)->chip);
	int retval = set_range_blocks(bank, layout);

	for (unsigned int i = 0; i < bank->num_prot_blocks && retval == ERROR_OK; i++) {
		struct flash_sector *block = &bank->prot_blocks[i];
		const struct cmspi_protection range = decode_set(bank, layout,
			block->offset / set_bytes);

		block->is_protected = range.individual ? NOT_KNOWN :
			cmspi_protect_hits(&range, block->offset % set_bytes, block->size);
	}
	return retval;
}

/* Do locks of single blocks count? */
static bool is_individual(const struct flash_bank *bank, const struct cmspi_protect_layout *layout)
{
	const unsigned int sets = cmspi_chip_register_sets(&cmspi_of(bank)->chip);

	for (unsigned int set = 0; layout && set < sets; set++)
		if (decode_set(bank, layout, set).individual)
			return true;
	return !layout;
}

bool cmspi_guard_is_able(const struct flash_bank *bank)
{
	const struct cmspi_locks *locks = cmspi_locks_of(&cmspi_of(bank)->chip);

	return cmspi_protect_layout(&cmspi_of(bank)->chip) || (locks && locks->always);
}

int cmspi_guard_look(struct flash_bank *bank)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(chip);
	const struct cmspi_locks *locks = cmspi_locks_of(chip);

	guard->known = false;
	int retval = read_registers(bank, layout);
	if (retval != ERROR_OK)
		return retval;
	guard->individual = is_individual(bank, layout);
	retval = guard->individual && locks ? look_at_locks(bank, locks) :
		look_at_range(bank, layout);
	guard->known = retval == ERROR_OK;
	return retval;
}

int cmspi_guard_check(struct flash_bank *bank)
{
	if (!cmspi_of(bank)->probed || !cmspi_guard_is_able(bank) ||
			bank->target->state != TARGET_HALTED)
		return ERROR_FLASH_OPER_UNSUPPORTED;
	// firmware that ran may have put the chip to sleep
	int retval = cmspi_require_probed(bank);
	return retval == ERROR_OK ? cmspi_guard_look(bank) : retval;
}

void cmspi_guard_forget(const struct target *target)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next)
		if (bank->driver == &cmspi_flash && bank->target == target)
			cmspi_of(bank)->guard.known = false;
}

/* ---- refusing ----------------------------------------------------------- */

/* The first register of each. */
static void describe_dice(const struct flash_bank *bank,
	const struct cmspi_protect_layout *layout, char *text, size_t text_bytes)
{
	const unsigned int sets = cmspi_chip_register_sets(&cmspi_of(bank)->chip);
	size_t used = snprintf(text, text_bytes, "%02Xh reads", layout->read_opcodes[0]);

	for (unsigned int set = 0; set < sets && used < text_bytes; set++)
		used += snprintf(text + used, text_bytes - used, "%s 0x%02x in die %u",
			set ? "," : "", cmspi_guard_registers(bank, set)[0], set);
}

void cmspi_guard_describe(const struct flash_bank *bank, char *text, size_t text_bytes)
{
	const struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(chip);
	const struct cmspi_locks *locks = cmspi_locks_of(chip);
	size_t used = 0;

	if (guard->individual && locks)
		snprintf(text, text_bytes, "locks of single blocks, read by %02Xh",
			locks->read_register_opcode ? locks->read_register_opcode : locks->read_opcode);
	else if (!guard->individual && layout && cmspi_chip_register_sets(chip) > 1)
		describe_dice(bank, layout, text, text_bytes);
	else
		for (unsigned int i = 0; !guard->individual && layout && i < CMSPI_PROTECT_REGISTERS; i++)
			if (layout->read_opcodes[i] && used < text_bytes)
				used += snprintf(text + used, text_bytes - used, "%s%02Xh reads 0x%02x",
					i ? ", " : "", layout->read_opcodes[i], guard->registers[i]);
}

static bool meets(const struct flash_sector *block, uint32_t offset, uint32_t count)
{
	return block->offset - offset < count || offset - block->offset < block->size;
}

/* The first protected block that a range meets, num_prot_blocks: none. */
static unsigned int find_protected(const struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	unsigned int i = 0;

	while (i < bank->num_prot_blocks && (bank->prot_blocks[i].is_protected != 1 ||
			!meets(&bank->prot_blocks[i], offset, count)))
		i++;
	return i;
}

/* Told are the blocks that can be opened together: of the status registers' range
 * all, of blocks that have a lock each those that are in the way. */
static void complain_of_blocks(const struct flash_bank *bank, const char *what, uint32_t offset,
	uint32_t count, unsigned int first)
{
	const bool all = !cmspi_of(bank)->guard.individual;
	const struct flash_sector *blocks = bank->prot_blocks;
	unsigned int last = first;
	char found[96];

	while (all && first && blocks[first - 1].is_protected == 1)
		first--;
	while (last + 1 < bank->num_prot_blocks && blocks[last + 1].is_protected == 1 &&
			(all || meets(&blocks[last + 1], offset, count)))
		last++;
	cmspi_guard_describe(bank, found, sizeof(found));
	cmspi_complain(bank, "%s at " TARGET_ADDR_FMT ": " TARGET_ADDR_FMT " to " TARGET_ADDR_FMT
		" is protected (%s): nothing was changed; 'flash protect %s %u %u off' opens "
		"this, 'cmspi unlock %s' the whole chip", what, bank->base + offset,
		bank->base + blocks[first].offset,
		bank->base + blocks[last].offset + blocks[last].size - 1, found, bank->name, first,
		last, bank->name);
}

/* AT45 protects sectors by a register of their own, when that is switched on. */
static int refuse_sectors(struct flash_bank *bank, const char *what, uint32_t offset,
	uint32_t count)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	uint8_t sectors[CMSPI_DATAFLASH_SECTORS];
	uint8_t status = 0;
	const struct cmspi_step steps[] = {
		cmspi_dataflash_step_status(&status), cmspi_dataflash_step_sectors(sectors)
	};
	struct cmspi_span hit = { 0 };

	// it was off at the last look
	if (guard->known)
		return ERROR_OK;
	int retval = cmspi_run_steps(bank, steps, ARRAY_SIZE(steps), "protection check", NULL);
	guard->known = retval == ERROR_OK && !cmspi_dataflash_is_guarded(status);
	if (retval != ERROR_OK || guard->known ||
			!cmspi_dataflash_find_protected(&cmspi_of(bank)->chip, sectors, offset, count, &hit))
		return retval;
	cmspi_complain(bank, "%s at " TARGET_ADDR_FMT ": the chip's sector " TARGET_ADDR_FMT " to "
		TARGET_ADDR_FMT " is protected: nothing was changed; switch its sector protection "
		"off first, with WP# high: 'cmspi cmd %s 0 0x3d 0x2a 0x7f 0x9a'", what,
		bank->base + offset, bank->base + hit.addr, bank->base + hit.addr + hit.count - 1,
		bank->name);
	return ERROR_FLASH_PROTECTED;
}

int cmspi_guard_refuse(struct flash_bank *bank, const char *what, uint32_t offset,
	uint32_t count)
{
	const bool known = cmspi_of(bank)->guard.known;
	int retval = ERROR_OK;

	if (cmspi_of(bank)->chip.column_bits && bank->target->state == TARGET_HALTED && count)
		return refuse_sectors(bank, what, offset, count);
	// what is to be done will complain by itself
	if (!cmspi_guard_is_able(bank) || bank->target->state != TARGET_HALTED || !count)
		return ERROR_OK;
	if (!known)
		retval = cmspi_guard_look(bank);
	unsigned int hit = find_protected(bank, offset, count);

	// nobody is refused by what was so a while ago
	if (known && hit < bank->num_prot_blocks) {
		retval = cmspi_guard_look(bank);
		hit = find_protected(bank, offset, count);
	}
	if (retval != ERROR_OK || hit == bank->num_prot_blocks)
		return retval;
	complain_of_blocks(bank, what, offset, count, hit);
	return ERROR_FLASH_PROTECTED;
}
