// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Changing what of a chip is protected: 'flash protect', 'cmspi unlock' and 'cmspi
 * relock', by locks of single blocks and the range of cmspi_range.c. The state that is
 * wished for is compared with what the chip has after it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_guard.h"

static bool is_protected(const struct flash_bank *bank, unsigned int block)
{
	return bank->prot_blocks[block].is_protected == 1;
}

/* All blocks, as they are. */
static bool *copy_state(const struct flash_bank *bank)
{
	bool *state = calloc(bank->num_prot_blocks, sizeof(*state));

	if (!state)
		LOG_ERROR("out of memory for %u protection blocks", bank->num_prot_blocks);
	for (unsigned int i = 0; state && i < bank->num_prot_blocks; i++)
		state[i] = is_protected(bank, i);
	return state;
}

static bool is_as_wished(const struct flash_bank *bank, const bool *wish)
{
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		if (is_protected(bank, i) != wish[i])
			return false;
	return true;
}

/* ---- why it did not work ------------------------------------------------- */

/* Bit 7 of the first register is SRP0, SRWD or BPL on all parts that have it, bit 0
 * of the second SRP1 or FREEZE where it is a register of the Winbond kind. */
#define STATUS_LOCK		0x80
#define STATUS_LOCK_1		0x01

static int complain_of_lock(const struct flash_bank *bank)
{
	const struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(&cmspi_of(bank)->chip);
	const bool wired = cmspi_wired(&cmspi_of(bank)->bus.wires, CMSPI_IO2);
	char found[128];

	cmspi_guard_describe(bank, found, sizeof(found));
	if (layout && layout->read_opcodes[1] == 0x35 && guard->registers[1] != 0xff &&
			guard->registers[1] & STATUS_LOCK_1)
		cmspi_complain(bank, "protection stays as it is (%s): the status registers are locked "
			"(35h bit 0) until the next power-up, or for ever: power-cycle the chip and "
			"try again", found);
	else if (guard->registers[0] & STATUS_LOCK)
		cmspi_complain(bank, "protection stays as it is (%s): the status register is locked "
			"(05h bit 7) while WP# is low: %s", found, wired ? "is io2 really wired to it?" :
			"tie WP# high, or wire it to a pin and name that with -io2");
	else
		cmspi_complain(bank, "protection stays as it is (%s): is WP# low, or MOSI not "
			"connected?", found);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* ---- locks of single blocks ---------------------------------------------- */

static int unlock_all(struct flash_bank *bank, const struct cmspi_locks *locks)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	struct cmspi_step steps[3];
	unsigned int count = 0;

	// the first write only makes the second possible
	if (locks->thaws && cmspi_of(bank)->guard.registers[0] & locks->frozen_mask)
		steps[count++] = cmspi_locks_step_unlock_all(locks, chip);
	steps[count++] = cmspi_locks_step_unlock_all(locks, chip);
	steps[count++] = cmspi_chip_step_write_disable();
	return cmspi_run_steps(bank, steps, count, "unlock", NULL);
}

static int write_lock_register(struct flash_bank *bank, const struct cmspi_locks *locks,
	const bool *blocks)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	uint8_t value[CMSPI_LOCKS_REGISTER_BYTES];

	memcpy(value, cmspi_of(bank)->guard.lock_register, sizeof(value));
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++) {
		const unsigned int bit = cmspi_locks_register_bit(chip, i);

		value[bit / 8] &= ~(1 << bit % 8);
		value[bit / 8] |= blocks[i] << bit % 8;
	}
	const struct cmspi_step steps[] = {
		cmspi_locks_step_write_register(locks, chip, value),
		cmspi_chip_step_write_disable(),
	};

	return cmspi_run_steps(bank, steps, ARRAY_SIZE(steps), "lock register write", NULL);
}

/* Does the lock of a block differ from what it is to be? */
static bool lock_changes(const struct flash_bank *bank, unsigned int block, const bool *blocks)
{
	return !(cmspi_of(bank)->guard.locks[block] & CMSPI_GUARD_LOCKED) == blocks[block];
}

/* One step for each block whose lock is to change. */
static unsigned int fill_lock_changes(struct flash_bank *bank, struct cmspi_step *steps,
	void *wish)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const bool *blocks = wish;
	unsigned int used = 0;

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		if (lock_changes(bank, i, blocks))
			steps[used++] = cmspi_locks_step_change(cmspi_locks_of(chip), chip,
				bank->prot_blocks[i].offset, blocks[i]);
	steps[used++] = cmspi_chip_step_write_disable();
	return used;
}

/* Locks that cannot be made as wished are told before anything changes.
 * @param opened blocks that are to be open afterwards are false */
static int check_locks(const struct flash_bank *bank, const struct cmspi_locks *locks,
	const bool *wished_locks, const bool *opened)
{
	const uint8_t *flags = cmspi_of(bank)->guard.locks;

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++) {
		if (flags[i] & CMSPI_GUARD_LASTING && !opened[i]) {
			cmspi_complain(bank, "block %u has a lock that outlasts the supply: nothing "
				"was changed; 'cmspi cmd %s 0 0x06' and then 'cmspi cmd %s 0 0x%02x' clear "
				"all such locks, if they are not frozen", i,
				bank->name, bank->name, locks->erase_lasting_opcode);
			return ERROR_FLASH_OPERATION_FAILED;
		}
		if (flags[i] & CMSPI_GUARD_FROZEN && lock_changes(bank, i, wished_locks)) {
			cmspi_complain(bank, "the lock of block %u is frozen: nothing was changed; it can be "
				"changed after the next power-up", i);
			return ERROR_FLASH_OPERATION_FAILED;
		}
	}
	return ERROR_OK;
}

static int change_single(struct flash_bank *bank, const struct cmspi_locks *locks, bool *blocks)
{
	const uint8_t status = cmspi_of(bank)->guard.registers[0];
	const bool none = cmspi_guard_is_none(bank, blocks);

	if (locks->frozen_mask & status && !(none && locks->thaws)) {
		cmspi_complain(bank, "the locks of the blocks are frozen (05h reads 0x%02x): nothing was "
			"changed; %s", status, locks->thaws ? "'cmspi unlock' opens all of them" :
			"they can be changed after the next power-up");
		return ERROR_FLASH_OPERATION_FAILED;
	}
	int retval = check_locks(bank, locks, blocks, blocks);
	if (retval != ERROR_OK)
		return retval;
	if (none && locks->unlock_all_opcode)
		return unlock_all(bank, locks);
	return locks->write_register_opcode ? write_lock_register(bank, locks, blocks) :
		cmspi_guard_run(bank, bank->num_prot_blocks + 1, fill_lock_changes, blocks);
}

/* ---- both ---------------------------------------------------------------- */

/* Blocks have locks, and which of them are set cannot be read. */
static bool is_blind(const struct flash_bank *bank)
{
	const struct cmspi_locks *locks = cmspi_locks_of(&cmspi_of(bank)->chip);

	return cmspi_of(bank)->guard.individual && !(locks && cmspi_locks_readable(locks));
}

/* All that can be done then is to open all of them. */
static int make_state_blindly(struct flash_bank *bank, const bool *blocks)
{
	const struct cmspi_locks *locks = cmspi_locks_of(&cmspi_of(bank)->chip);

	if (locks && cmspi_guard_is_none(bank, blocks))
		return unlock_all(bank, locks);
	cmspi_complain(bank, "each block has a lock of its own, and which are set cannot be read: "
		"nothing was changed; 'cmspi unlock %s' opens all, others need 'cmspi cmd'",
		bank->name);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

/*
 * Find register values for a wish that range and locks share: a range of just these
 * blocks, which lasts; or the range as it is, and locks for the rest; or a range of all
 * that is not locked now.
 * @param unlocked of the wish, what is not locked now
 * @returns false: none of these makes it
 */
static bool share(const struct flash_bank *bank, const bool *blocks, const bool *unlocked,
	uint8_t *values)
{
	bool fits = true;

	if (cmspi_range_find(bank, blocks, cmspi_guard_is_none(bank, blocks), values))
		return true;
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		fits &= blocks[i] || !cmspi_guard_in_range(bank, i);
	if (!fits)
		return cmspi_range_find(bank, unlocked, false, values);
	memcpy(values, cmspi_guard_registers(bank, 0), CMSPI_PROTECT_REGISTERS);
	return true;
}

/* Share a wish between range and locks.
 * @param locked receives what locks are to protect */
static int share_or_complain(struct flash_bank *bank, const bool *blocks, bool *locked,
	uint8_t *values)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const uint8_t *flags = cmspi_of(bank)->guard.locks;

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		locked[i] = blocks[i] && !(flags[i] & CMSPI_GUARD_LOCKED);
	if (!share(bank, blocks, locked, values)) {
		cmspi_complain(bank, "the range of the status register cannot be cut like this: nothing "
			"was changed; 'cmspi unlock %s' opens the whole chip", bank->name);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	const struct cmspi_protection range = cmspi_protect_decode(cmspi_protect_layout(chip),
		values, cmspi_chip_whole_bytes(chip));

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		locked[i] = blocks[i] && (flags[i] & CMSPI_GUARD_LOCKED ||
			!(flags[i] & CMSPI_GUARD_LASTING ||
			cmspi_protect_hits(&range, bank->prot_blocks[i].offset, 1)));
	return ERROR_OK;
}

static int change_beside(struct flash_bank *bank, const struct cmspi_locks *locks,
	const bool *blocks)
{
	bool *locked = calloc(bank->num_prot_blocks, sizeof(*locked));
	uint8_t values[CMSPI_PROTECT_REGISTERS];

	if (!locked) {
		LOG_ERROR("out of memory for %u protection blocks", bank->num_prot_blocks);
		return ERROR_FAIL;
	}
	int retval = share_or_complain(bank, blocks, locked, values);
	if (retval == ERROR_OK)
		retval = check_locks(bank, locks, locked, blocks);
	if (retval == ERROR_OK)
		retval = cmspi_range_write(bank, values);
	if (retval == ERROR_OK)
		retval = cmspi_guard_run(bank, bank->num_prot_blocks + 1, fill_lock_changes, locked);
	free(locked);
	return retval;
}

/* The guard has looked. */
static int make_state(struct flash_bank *bank, bool *blocks)
{
	if (is_blind(bank))
		return make_state_blindly(bank, blocks);
	if (is_as_wished(bank, blocks))
		return ERROR_OK;
	const struct cmspi_locks *locks = cmspi_guard_locks(bank);
	int retval = !locks ? cmspi_range_change(bank, blocks) : cmspi_of(bank)->guard.individual ?
		change_single(bank, locks, blocks) : change_beside(bank, locks, blocks);
	if (retval != ERROR_OK)
		return retval;
	retval = cmspi_guard_look(bank);
	if (retval == ERROR_OK && !is_as_wished(bank, blocks))
		retval = complain_of_lock(bank);
	return retval;
}

static int look_or_complain(struct flash_bank *bank)
{
	int retval = cmspi_require_probed(bank);

	if (retval != ERROR_OK)
		return retval;
	if (cmspi_guard_is_able(bank))
		return cmspi_guard_look(bank);
	cmspi_complain(bank, "how this part is protected is not known: its data sheet says what "
		"'cmspi cmd %s' must send", bank->name);
	return ERROR_FLASH_OPER_UNSUPPORTED;
}

/* WPS was set or cleared since the bank was probed. */
static int complain_of_other_blocks(const struct flash_bank *bank)
{
	cmspi_complain(bank, "the chip was set up for other protection blocks in the meantime: nothing "
		"was changed; 'flash info %s' lists them", bank->name);
	return ERROR_FLASH_OPERATION_FAILED;
}

int cmspi_protect(struct flash_bank *bank, int set, unsigned int first, unsigned int last)
{
	const unsigned int count = bank->num_prot_blocks;
	const bool all = first == 0 && last == count - 1;

	int retval = cmspi_session_settle(bank);
	if (retval == ERROR_OK)
		retval = look_or_complain(bank);
	if (retval != ERROR_OK)
		return retval;
	if (all)
		last = bank->num_prot_blocks - 1;
	if (bank->num_prot_blocks != count && !all)
		return complain_of_other_blocks(bank);
	bool *blocks = copy_state(bank);
	if (!blocks)
		return ERROR_FAIL;
	for (unsigned int i = first; i <= last; i++)
		blocks[i] = set;
	retval = make_state(bank, blocks);
	free(blocks);
	return retval;
}

/* ---- opened for one operation -------------------------------------------- */

void cmspi_unlock_forget(struct cmspi_bank *cmspi)
{
	free(cmspi->guard.was);
	free(cmspi->guard.was_locked);
	cmspi->guard.was = NULL;
	cmspi->guard.was_locked = NULL;
}

/* The bits of the status registers, and the locks beside them, as they were, and not
 * others that protect as much. */
static int put_back_registers(struct flash_bank *bank)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;
	uint8_t values[CMSPI_DICE * CMSPI_PROTECT_REGISTERS];

	memcpy(values, guard->registers, sizeof(values));
	for (unsigned int set = 0; set < cmspi_chip_register_sets(chip); set++)
		cmspi_protect_take_bits(cmspi_protect_layout(chip),
			guard->was_registers + set * CMSPI_PROTECT_REGISTERS,
			values + set * CMSPI_PROTECT_REGISTERS);
	int retval = cmspi_range_write(bank, values);
	if (retval == ERROR_OK && cmspi_guard_locks(bank))
		retval = cmspi_guard_run(bank, bank->num_prot_blocks + 1, fill_lock_changes,
			guard->was_locked);
	return retval == ERROR_OK ? cmspi_guard_look(bank) : retval;
}

static int put_back(struct flash_bank *bank)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;

	int retval = cmspi_guard_look(bank);
	if (retval != ERROR_OK)
		return retval;
	if (guard->individual != guard->was_individual || bank->num_prot_blocks != guard->num_was)
		return complain_of_other_blocks(bank);
	if (!guard->individual)
		retval = put_back_registers(bank);
	return retval == ERROR_OK ? make_state(bank, guard->was) : retval;
}

int cmspi_relock(struct flash_bank *bank)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;

	if (!guard->was)
		return ERROR_OK;
	guard->closing = true;
	int retval = put_back(bank);
	guard->closing = false;
	if (retval != ERROR_OK) {
		LOG_ERROR("%s: what 'cmspi unlock -relock' opened is still open: 'cmspi relock %s' tries "
			"again, 'cmspi session cancel' leaves it so", bank->name, bank->name);
		return retval;
	}
	cmspi_unlock_forget(cmspi_of(bank));
	LOG_INFO("%s: protected again as it was", bank->name);
	return ERROR_OK;
}

int cmspi_relock_all(const struct target *target)
{
	int result = ERROR_OK;

	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->driver != &cmspi_flash || (target && bank->target != target))
			continue;
		int retval = cmspi_relock(bank);
		if (result == ERROR_OK)
			result = retval;
	}
	return result;
}

/* Remember what is to be closed again; what was remembered before counts. */
static int remember(struct flash_bank *bank)
{
	struct cmspi_guard *guard = &cmspi_of(bank)->guard;

	if (guard->was)
		return ERROR_OK;
	if (is_blind(bank)) {
		cmspi_complain(bank, "which blocks are locked cannot be read, so -relock could not "
			"close them again: nothing was changed");
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	guard->was = copy_state(bank);
	guard->was_locked = copy_state(bank);
	if (!guard->was || !guard->was_locked) {
		cmspi_unlock_forget(cmspi_of(bank));
		return ERROR_FAIL;
	}
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		guard->was_locked[i] = guard->locks[i] & CMSPI_GUARD_LOCKED;
	guard->num_was = bank->num_prot_blocks;
	guard->was_individual = guard->individual;
	memcpy(guard->was_registers, guard->registers, sizeof(guard->was_registers));
	return ERROR_OK;
}

/* ---- commands ------------------------------------------------------------ */

static COMMAND_HELPER(get_probed_bank, struct flash_bank **bank)
{
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, bank);

	if (retval == ERROR_OK)
		retval = cmspi_auto_probe(*bank);
	return retval == ERROR_OK ? look_or_complain(*bank) : retval;
}

COMMAND_HANDLER(handle_unlock)
{
	struct flash_bank *bank;
	const bool relock = CMD_ARGC == 2 && !strcmp(CMD_ARGV[1], "-relock");

	if (CMD_ARGC != 1 + (unsigned int)relock)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(get_probed_bank, &bank);
	if (retval != ERROR_OK)
		return retval;
	bool *blocks = calloc(bank->num_prot_blocks, sizeof(*blocks));
	if (!blocks) {
		LOG_ERROR("out of memory for %u protection blocks", bank->num_prot_blocks);
		return ERROR_FAIL;
	}
	const bool open = is_as_wished(bank, blocks) && !cmspi_of(bank)->guard.individual;

	if (relock)
		retval = remember(bank);
	if (retval == ERROR_OK)
		retval = make_state(bank, blocks);
	free(blocks);
	if (retval == ERROR_OK)
		command_print(CMD, "%s: %s", bank->name, open ? "nothing was protected" :
			is_blind(bank) ?
			"all blocks were told to open, which this part does not confirm" :
			"nothing is protected now");
	return retval;
}

COMMAND_HANDLER(handle_relock)
{
	struct flash_bank *bank;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(cmspi_get_bank, &bank);
	if (retval != ERROR_OK)
		return retval;
	if (!cmspi_of(bank)->guard.was) {
		command_print(CMD, "%s: nothing was opened with 'cmspi unlock -relock'", bank->name);
		return ERROR_FAIL;
	}
	return cmspi_relock(bank);
}

const struct command_registration cmspi_unlock_command_handlers[] = {
	{
		.name = "unlock",
		.handler = handle_unlock,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ['-relock']",
		.help = "open all of the chip that is protected; with -relock until the next "
			"programming is done or the target runs",
	},
	{
		.name = "relock",
		.handler = handle_relock,
		.mode = COMMAND_EXEC,
		.usage = "bank_id",
		.help = "protect again what 'cmspi unlock -relock' opened",
	},
	COMMAND_REGISTRATION_DONE
};
