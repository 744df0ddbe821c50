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
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;

	// -size may name less than the part holds
	while (count > 1 && bounds[count - 1] >= bank->size)
		count--;
	if (guard->locks && has_blocks(bank, bounds, count))
		return ERROR_OK;
	uint8_t *locks = calloc(count, sizeof(*locks));
	struct flash_sector *blocks = alloc_block_array(0, 0, count);
	if (!locks || !blocks) {
		LOG_ERROR("out of memory for %u protection blocks", count);
		free(locks);
		free(blocks);
		return ERROR_FAIL;
	}
	for (unsigned int i = 0; i < count; i++) {
		blocks[i].offset = bounds[i];
		blocks[i].size = MIN(bounds[i + 1], bank->size) - bounds[i];
	}
	free(bank->prot_blocks);
	free(guard->locks);
	bank->prot_blocks = blocks;
	bank->num_prot_blocks = count;
	guard->locks = locks;
	return ERROR_OK;
}

static int set_lock_blocks(struct flash_bank *bank, const struct cmspi_locks *locks)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const unsigned int count = cmspi_locks_count(locks, chip);
	uint32_t *bounds = calloc(count + 1, sizeof(*bounds));
	if (!bounds) {
		LOG_ERROR("out of memory for %u protection blocks", count);
		return ERROR_FAIL;
	}
	for (unsigned int i = 0; i <= count; i++)
		bounds[i] = cmspi_locks_start(locks, chip, i);
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
	guard->by_locks = false;
	memset(guard->registers, 0, sizeof(guard->registers));
	if (locks && locks->rule == CMSPI_LOCKS_ALONE)
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
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	uint8_t *value = guard->lock_register;
	const struct cmspi_step step = cmspi_locks_step_read_register(locks, chip, value);

	int retval = cmspi_run_steps(bank, &step, 1, "protection check", NULL);
	for (unsigned int i = 0; i < bank->num_prot_blocks && retval == ERROR_OK; i++) {
		const unsigned int bit = cmspi_locks_register_bit(chip, i);

		guard->locks[i] = CMSPI_GUARD_SEEN |
			(value[bit / 8] >> bit % 8 & 1 ? CMSPI_GUARD_LOCKED : 0);
	}
	return retval;
}

/* The commands for locks have no forms of four address bytes: large parts are
 * addressed as if they had none for anything. */
int cmspi_guard_run(struct flash_bank *bank, unsigned int max,
	unsigned int (*fill)(struct flash_bank *bank, struct cmspi_step *steps, void *user),
	void *user)
{
	struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const uint8_t program_4byte = chip->program_4byte;
	struct cmspi_step *steps = calloc(max, sizeof(*steps));

	if (!steps) {
		LOG_ERROR("out of memory for %u locks", max);
		return ERROR_FAIL;
	}
	if (!cmspi_locks_of(chip)->addr_bytes)
		chip->program_4byte = 0;
	int retval = cmspi_run_steps(bank, steps, fill(bank, steps, user), "protection", NULL);
	chip->program_4byte = program_4byte;
	free(steps);
	return retval;
}

/* What the locks answer of those blocks that a range meets. */
struct lock_reads {
	const struct cmspi_locks *locks;
	uint32_t offset;
	uint32_t count;
	/* of all blocks of the part */
	struct cmspi_lock_state *states;
	unsigned int num;
	uint8_t status;
};

static bool is_read(const struct lock_reads *reads, const struct cmspi_chip *chip,
	unsigned int block)
{
	const uint32_t start = cmspi_locks_start(reads->locks, chip, block);
	const uint32_t end = cmspi_locks_start(reads->locks, chip, block + 1);

	return start - reads->offset < reads->count || reads->offset - start < end - start;
}

static unsigned int fill_lock_reads(struct flash_bank *bank, struct cmspi_step *steps, void *user)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	struct lock_reads *reads = user;
	unsigned int used = 1;

	// status registers are read of a busy chip as well, these are not
	steps[0] = cmspi_chip_step_read_status(chip, &reads->status);
	steps[0].flags = CMSPI_STEP_POLL;
	steps[0].poll = chip->poll;
	steps[0].poll.fail = 0;
	steps[0].timeout_us = chip->sr_write_max_ms * 1000;
	for (unsigned int i = 0; i < reads->num; i++)
		if (is_read(reads, chip, i))
			used += cmspi_locks_steps_read(reads->locks, chip,
				cmspi_locks_start(reads->locks, chip, i), &reads->states[i],
				&steps[used]);
	return used;
}

/* @param reads what is to be read; receives the states, to be freed */
static int read_locks(struct flash_bank *bank, struct lock_reads *reads)
{
	reads->num = cmspi_locks_count(reads->locks, &cmspi_of(bank)->chip);
	reads->states = calloc(reads->num, sizeof(*reads->states));
	if (!reads->states) {
		LOG_ERROR("out of memory for %u locks", reads->num);
		return ERROR_FAIL;
	}
	return cmspi_guard_run(bank, 1 + CMSPI_LOCKS_READ_STEPS * reads->num, fill_lock_reads, reads);
}

static uint8_t lock_flags(const struct cmspi_locks *locks, const struct cmspi_lock_state *state)
{
	if (!cmspi_locks_is_locked(locks, state))
		return CMSPI_GUARD_SEEN |
			(cmspi_locks_is_lasting(locks, state) ? CMSPI_GUARD_LASTING : 0);
	return CMSPI_GUARD_SEEN | CMSPI_GUARD_LOCKED |
		(state->lock & locks->frozen_lock_mask ? CMSPI_GUARD_FROZEN : 0) |
		(cmspi_locks_is_lasting(locks, state) ? CMSPI_GUARD_LASTING : 0);
}

/* Take what was read to the bank, whose blocks are those that have locks. */
static void take_locks(struct flash_bank *bank, const struct lock_reads *reads)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		if (is_read(reads, chip, i))
			cmspi_of(bank)->guard.locks[i] = lock_flags(reads->locks, &reads->states[i]);
}

static bool any_is_set(const struct lock_reads *reads, const struct cmspi_chip *chip)
{
	for (unsigned int i = 0; i < reads->num; i++)
		if (is_read(reads, chip, i) && lock_flags(reads->locks, &reads->states[i]) &
				(CMSPI_GUARD_LOCKED | CMSPI_GUARD_LASTING))
			return true;
	return false;
}

/* @param known those of other blocks have been seen, and nobody can have changed them */
static int look_at_locks(struct flash_bank *bank, const struct cmspi_locks *locks,
	uint32_t offset, uint32_t count, bool known)
{
	struct lock_reads reads = { .locks = locks, .offset = offset, .count = count };
	int retval = set_lock_blocks(bank, locks);

	if (retval != ERROR_OK)
		return retval;
	if (!known)
		memset(cmspi_of(bank)->guard.locks, 0, bank->num_prot_blocks);
	if (!cmspi_locks_readable(locks))
		return ERROR_OK;
	if (locks->read_register_opcode)
		return read_lock_register(bank, locks);
	retval = read_locks(bank, &reads);
	if (retval == ERROR_OK)
		take_locks(bank, &reads);
	free(reads.states);
	return retval;
}

/* Locks that count beside the range: as long as none is found set, the blocks are those
 * of the range, which are few. */
static int look_beside(struct flash_bank *bank, const struct cmspi_locks *locks,
	uint32_t offset, uint32_t count)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	struct lock_reads reads = { .locks = locks, .offset = offset, .count = count };

	int retval = read_locks(bank, &reads);
	if (retval == ERROR_OK && any_is_set(&reads, &cmspi_of(bank)->chip)) {
		guard->by_locks = true;
		retval = set_lock_blocks(bank, locks);
		if (retval == ERROR_OK)
			take_locks(bank, &reads);
	} else if (retval == ERROR_OK) {
		guard->unlocked_from = offset;
		guard->unlocked_bytes = count;
		retval = set_range_blocks(bank, cmspi_protect_layout(&cmspi_of(bank)->chip));
	}
	free(reads.states);
	return retval;
}

bool cmspi_guard_is_able(const struct flash_bank *bank)
{
	const struct cmspi_locks *locks = cmspi_locks_of(&cmspi_of(bank)->chip);

	return cmspi_protect_layout(&cmspi_of(bank)->chip) ||
		(locks && locks->rule == CMSPI_LOCKS_ALONE);
}

const struct cmspi_locks *cmspi_guard_locks(const struct flash_bank *bank)
{
	const struct cmspi_locks *locks = cmspi_locks_of(&cmspi_of(bank)->chip);

	return locks && (cmspi_of(bank)->guard.individual || cmspi_of(bank)->guard.by_locks) ?
		locks : NULL;
}

static struct cmspi_protection decode_set(const struct flash_bank *bank, unsigned int set)
{
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(&cmspi_of(bank)->chip);

	if (!layout)
		return (struct cmspi_protection) { .individual = true };
	return cmspi_protect_decode(layout, cmspi_guard_registers(bank, set),
		cmspi_chip_set_bytes(&cmspi_of(bank)->chip));
}

bool cmspi_guard_in_range(const struct flash_bank *bank, unsigned int block)
{
	const uint32_t set_bytes = cmspi_chip_set_bytes(&cmspi_of(bank)->chip);
	const struct flash_sector *sector = &bank->prot_blocks[block];
	const struct cmspi_protection range = decode_set(bank, sector->offset / set_bytes);

	return cmspi_protect_hits(&range, sector->offset % set_bytes, sector->size);
}

/* Do locks of single blocks count alone? */
static bool is_individual(const struct flash_bank *bank)
{
	for (unsigned int set = 0; set < cmspi_chip_register_sets(&cmspi_of(bank)->chip); set++)
		if (decode_set(bank, set).individual)
			return true;
	return false;
}

/* One block, by the registers and by its lock, if that counts. */
static int block_state(const struct flash_bank *bank, unsigned int block)
{
	const uint32_t set_bytes = cmspi_chip_set_bytes(&cmspi_of(bank)->chip);
	const uint8_t lock = cmspi_of(bank)->guard.locks[block];

	if (cmspi_guard_in_range(bank, block))
		return 1;
	if (!cmspi_guard_locks(bank))
		return decode_set(bank, bank->prot_blocks[block].offset / set_bytes).individual ?
			NOT_KNOWN : 0;
	if (!(lock & CMSPI_GUARD_SEEN))
		return NOT_KNOWN;
	return !!(lock & (CMSPI_GUARD_LOCKED | CMSPI_GUARD_LASTING));
}

/* Locks that count beside the range; NULL: the part has none. */
static const struct cmspi_locks *beside_of(const struct flash_bank *bank)
{
	const struct cmspi_locks *locks = cmspi_locks_of(&cmspi_of(bank)->chip);

	return locks && locks->rule == CMSPI_LOCKS_BESIDE ? locks : NULL;
}

/* Registers, and the locks of those blocks that a range meets. */
static int look_at(struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(&cmspi_of(bank)->chip);
	const bool known = guard->known;

	guard->known = false;
	int retval = read_registers(bank, layout);
	if (retval != ERROR_OK)
		return retval;
	guard->individual = is_individual(bank);
	const struct cmspi_locks *beside = beside_of(bank);

	if (cmspi_guard_locks(bank))
		retval = look_at_locks(bank, cmspi_guard_locks(bank), offset, count, known);
	else
		retval = beside ? look_beside(bank, beside, offset, count) :
			set_range_blocks(bank, layout);
	if (retval != ERROR_OK)
		return retval;
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		bank->prot_blocks[i].is_protected = block_state(bank, i);
	guard->known = true;
	return ERROR_OK;
}

int cmspi_guard_look(struct flash_bank *bank)
{
	return look_at(bank, 0, bank->size);
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
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(&cmspi_of(bank)->chip);
	const struct cmspi_locks *locks = cmspi_guard_locks(bank);
	size_t used = 0;

	if (!guard->individual && layout && cmspi_chip_register_sets(&cmspi_of(bank)->chip) > 1) {
		describe_dice(bank, layout, text, text_bytes);
		return;
	}
	for (unsigned int i = 0; !guard->individual && layout && i < CMSPI_PROTECT_REGISTERS; i++)
		if (layout->read_opcodes[i] && used < text_bytes)
			used += snprintf(text + used, text_bytes - used, "%s%02Xh reads 0x%02x",
				i ? ", " : "", layout->read_opcodes[i], guard->registers[i]);
	if (locks && used < text_bytes)
		snprintf(text + used, text_bytes - used, "%slocks of single blocks, read by %02Xh",
			used ? "; " : "", locks->read_register_opcode ?
			locks->read_register_opcode : locks->read_opcode);
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
	const struct flash_sector *blocks = bank->prot_blocks;
	const bool all = cmspi_guard_in_range(bank, first);
	unsigned int last = first;
	char found[128];

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

/* Is there a lock in the range that was not looked at? */
static bool is_unread(const struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	const struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	const struct cmspi_locks *locks = cmspi_guard_locks(bank);

	if (!locks)
		return beside_of(bank) && (offset < guard->unlocked_from ||
			offset - guard->unlocked_from + (uint64_t)count > guard->unlocked_bytes);
	for (unsigned int i = 0; cmspi_locks_readable(locks) && i < bank->num_prot_blocks; i++)
		if (bank->prot_blocks[i].is_protected == NOT_KNOWN &&
				meets(&bank->prot_blocks[i], offset, count))
			return true;
	return false;
}

int cmspi_guard_refuse(struct flash_bank *bank, const char *what, uint32_t offset,
	uint32_t count)
{
	int retval = ERROR_OK;

	if (cmspi_of(bank)->chip.column_bits && bank->target->state == TARGET_HALTED && count)
		return refuse_sectors(bank, what, offset, count);
	// what is to be done will complain by itself
	if (!cmspi_guard_is_able(bank) || bank->target->state != TARGET_HALTED || !count)
		return ERROR_OK;
	const bool old = cmspi_of(bank)->guard.known && !is_unread(bank, offset, count);

	if (!old)
		retval = look_at(bank, offset, count);
	unsigned int hit = find_protected(bank, offset, count);

	// nobody is refused by what was so a while ago
	if (old && hit < bank->num_prot_blocks) {
		retval = look_at(bank, offset, count);
		hit = find_protected(bank, offset, count);
	}
	if (retval != ERROR_OK || hit == bank->num_prot_blocks)
		return retval;
	complain_of_blocks(bank, what, offset, count, hit);
	return ERROR_FLASH_PROTECTED;
}
