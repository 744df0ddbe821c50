// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Incremental programming: in a session an erase is only noted, and the write
 * that follows shows whether it is needed (cmspi_pending.c). Here is when that is
 * so: while `flash write_image` runs, while GDB erases for its load, and between
 * 'cmspi session begin' and 'end'. Whatever could see that a sector is not erased
 * yet has it done first, and fails if that fails.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_pending.h"
#include "cmspi_report.h"
#include <helper/time_support.h>
#include <target/target_type.h>

/* The originals of a target's functions. */
struct hook {
	struct target *target;
	// their types differ between OpenOCD 0.12.0 and later versions
	__typeof__(((struct target_type *)NULL)->resume) resume;
	__typeof__(((struct target_type *)NULL)->step) step;
	int (*assert_reset)(struct target *target);
	void (*deinit_target)(struct target *target);
	struct hook *next;
};

static struct hook *hooks;

/* The user wants erases to be put off */
static bool incremental = true;
/* and sectors programmed without erase where that clears bits only */
static bool overwriting;
/* sessions begun and not ended */
static unsigned int depth;
/* GDB's vFlashErase is being served */
static bool gdb_erases;
/* what is run now is ours, nothing must be done before it */
static bool settling;

static struct hook *hook_of(const struct target *target)
{
	struct hook *hook = hooks;

	while (hook && hook->target != target)
		hook = hook->next;
	return hook;
}

unsigned int cmspi_session_pending(const struct flash_bank *bank)
{
	return cmspi_of(bank)->pending ? cmspi_of(bank)->pending->count : 0;
}

/* ---- how cmspi_pending.c reaches the chip ------------------------------- */

/* The grains whose sum is that of blank ones, adjacent ones in one span. */
static unsigned int find_blank_sums(const struct cmspi_pending *pending,
	const struct cmspi_span *spans, unsigned int count, const uint32_t *sums,
	struct cmspi_span *found)
{
	struct cmspi_span *last = NULL;
	unsigned int num = 0;

	for (unsigned int i = 0; i < count; i++) {
		const uint32_t grain_bytes = spans[i].grain_bytes;

		for (uint32_t at = 0; at < spans[i].count; at += grain_bytes) {
			const uint32_t addr = spans[i].addr + at;

			if (*sums++ != cmspi_pending_blank_sum(pending, grain_bytes))
				continue;
			if (last && last->addr + last->count == addr &&
					last->grain_bytes == grain_bytes) {
				last->count += grain_bytes;
				continue;
			}
			last = &found[num++];
			*last = (struct cmspi_span){ addr, grain_bytes, grain_bytes };
		}
	}
	return num;
}

/* On more lines a MOSI held high would make blank of AAh: what looks blank is summed
 * up on one line again. */
static int sum_blank_again(struct flash_bank *bank, const struct cmspi_span *spans,
	unsigned int count, uint32_t *sums)
{
	const struct cmspi_pending *pending = cmspi_of(bank)->pending;
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const uint8_t used = cmspi->chip.read_used;
	const unsigned int to_try = cmspi->lines_to_try;
	struct cmspi_span *found = calloc(bank->num_sectors, sizeof(*found));
	uint32_t *again = calloc(bank->num_sectors, sizeof(*again));
	int retval = ERROR_OK;

	if (!found || !again) {
		LOG_ERROR("out of memory for %u sectors", bank->num_sectors);
		free(found);
		free(again);
		return ERROR_FAIL;
	}
	const unsigned int num = find_blank_sums(pending, spans, count, sums, found);

	cmspi->chip.read_used = 0;
	cmspi->lines_to_try = 1;
	if (num)
		retval = cmspi_read_spans(bank, CMSPI_STEP_CRC, found, num, again);
	cmspi->lines_to_try = to_try;
	cmspi->chip.read_used = used;
	const uint32_t *next = again;

	for (unsigned int i = 0; i < count && num && retval == ERROR_OK; i++)
		for (uint32_t at = 0; at < spans[i].count; at += spans[i].grain_bytes, sums++)
			if (*sums == cmspi_pending_blank_sum(pending, spans[i].grain_bytes))
				*sums = *next++;
	free(found);
	free(again);
	return retval;
}

static int io_sums(void *user, const struct cmspi_span *spans, unsigned int count,
	uint32_t *sums)
{
	struct flash_bank *bank = user;

	int retval = cmspi_read_spans(bank, CMSPI_STEP_CRC, spans, count, sums);
	return retval == ERROR_OK && cmspi_of(bank)->chip.read_used ?
		sum_blank_again(bank, spans, count, sums) : retval;
}

static int io_read(void *user, uint8_t *buffer, uint32_t addr, uint32_t count)
{
	return cmspi_read(user, buffer, addr, count);
}

static int io_erase(void *user, const struct cmspi_erase_job *job)
{
	struct flash_bank *bank = user;
	const int64_t started_ms = timeval_ms();

	int retval = cmspi_erase_rows(bank, job);
	cmspi_of(bank)->bus.counts.erase_ms += timeval_ms() - started_ms;
	return retval;
}

static int io_clear(void *user, const struct cmspi_span *span)
{
	struct flash_bank *bank = user;
	const struct cmspi_map *map = &cmspi_of(bank)->pending->map;

	return cmspi_erase(bank, cmspi_map_find(map, span->addr),
		cmspi_map_find(map, span->addr + span->count - 1));
}

static int io_program(void *user, const uint8_t *buffer, const struct cmspi_program_row *rows,
	unsigned int count)
{
	return cmspi_program_spans(user, buffer, rows, count);
}

/* What a bank remembers, made when it is first needed. */
static struct cmspi_pending *pending_of(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_pending_io io = {
		.user = bank,
		.sums = io_sums,
		.read = io_read,
		.erase = io_erase,
		.clear = io_clear,
		.program = io_program,
	};

	if (cmspi->pending)
		return cmspi->pending;
	cmspi->pending = calloc(1, sizeof(*cmspi->pending));
	if (cmspi->pending && cmspi_pending_init(cmspi->pending, &cmspi->chip, &io))
		return cmspi->pending;
	free(cmspi->pending);
	cmspi->pending = NULL;
	LOG_ERROR("out of memory for a session on %u sectors", bank->num_sectors);
	return NULL;
}

void cmspi_session_free(struct cmspi_bank *cmspi)
{
	if (!cmspi->pending)
		return;
	cmspi_pending_free(cmspi->pending);
	free(cmspi->pending);
	cmspi->pending = NULL;
}

/* ---- settling ----------------------------------------------------------- */

int cmspi_session_settle(struct flash_bank *bank)
{
	const unsigned int count = cmspi_session_pending(bank);

	if (!count || settling)
		return ERROR_OK;
	LOG_DEBUG("%s: %u pending erases", bank->name, count);
	settling = true;
	int retval = cmspi_pending_settle(cmspi_of(bank)->pending);
	settling = false;
	if (retval != ERROR_OK)
		LOG_ERROR("%s: %u sectors were to be erased and are not; this is tried again before "
			"anything reads the chip or the target runs, or given up with 'cmspi session "
			"cancel'", bank->name, cmspi_session_pending(bank));
	return retval;
}

int cmspi_session_before(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count)
{
	// a probe, which asks whose erases they are: nothing is done to an unknown chip
	if (!cmspi_of(bank)->probed || cmspi_of(bank)->guard.closing)
		return ERROR_OK;
	// without write enable a bare command reads registers only
	for (unsigned int i = 0; i < count; i++)
		if (steps[i].kind != CMSPI_STEP_XFER || steps[i].flags & CMSPI_STEP_WREN)
			return cmspi_session_settle(bank);
	return ERROR_OK;
}

/* All banks of a target, or of all; the first error counts. */
static int settle_target(const struct target *target)
{
	int result = ERROR_OK;

	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->driver != &cmspi_flash || (target && bank->target != target))
			continue;
		int retval = cmspi_session_settle(bank);
		if (result == ERROR_OK)
			result = retval;
	}
	return result;
}

/* And close what was opened for them, whether they succeeded or not. */
static int settle_and_relock(const struct target *target)
{
	const int settled = settle_target(target);
	const int relocked = cmspi_relock_all(target);

	return settled == ERROR_OK ? relocked : settled;
}

/* Say what became of the sectors since this was said last. */
static void tell_counts(void)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		struct cmspi_pending *pending = bank->driver == &cmspi_flash ?
			cmspi_of(bank)->pending : NULL;

		if (!pending)
			continue;
		const struct cmspi_pending_counts *counts = &pending->counts;

		if (cmspi_report_is_on() &&
				(counts->unchanged || counts->erased || counts->programmed))
			LOG_INFO("%s: sectors: %" PRIu32 " unchanged, %" PRIu32 " erased, %" PRIu32
				" programmed", bank->name, counts->unchanged, counts->erased,
				counts->programmed);
		if (cmspi_report_is_on() && counts->overwritten)
			LOG_INFO("%s: %" PRIu32 " of these were programmed over, not erased",
				bank->name, counts->overwritten);
		pending->counts = (struct cmspi_pending_counts) { 0 };
	}
}

static int end_session(const struct target *target)
{
	int retval = settle_and_relock(target);

	tell_counts();
	return retval;
}

/* ---- the bank's functions ----------------------------------------------- */

int cmspi_session_erase(struct flash_bank *bank, unsigned int first, unsigned int last)
{
	if (!incremental || (!depth && !gdb_erases))
		return cmspi_erase(bank, first, last);
	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	retval = cmspi_guard_refuse(bank, "erase", bank->sectors[first].offset,
		bank->sectors[last].offset + bank->sectors[last].size -
			bank->sectors[first].offset);
	if (retval != ERROR_OK)
		return retval;
	// what cannot be done later is done (and refused) at once
	if (bank->target->state != TARGET_HALTED || !cmspi_map_erasable(&cmspi_of(bank)->map))
		return cmspi_erase(bank, first, last);
	struct cmspi_pending *pending = pending_of(bank);

	if (!pending)
		return ERROR_FAIL;
	cmspi_pending_add(pending, first, last);
	return ERROR_OK;
}

/* What the write added beside erasing and programming, in bytes. */
static void count_sectors(struct cmspi_counts *counts, const struct cmspi_counts *before,
	const struct cmspi_pending *pending, const struct cmspi_pending_counts *sectors)
{
	counts->unchanged += pending->counts.unchanged_bytes - sectors->unchanged_bytes;
	// a blank sector inside a large erase was erased, too
	counts->blank += pending->counts.asked_bytes - sectors->asked_bytes -
		(counts->erased - before->erased);
}

/* The user's wish, and whether the chip is known to bear it. */
static bool may_overwrite(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);

	if (overwriting && !cmspi->chip.may_overwrite && !cmspi->overwrite_refused_told) {
		LOG_WARNING("%s: %s is not known to be without on-die ECC, so its sectors are erased "
			"although 'cmspi overwrite' is on", bank->name, cmspi->chip.name);
		cmspi->overwrite_refused_told = true;
	}
	return overwriting && cmspi->chip.may_overwrite;
}

int cmspi_session_write(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	if (!cmspi_session_pending(bank))
		return cmspi_write(bank, buffer, offset, count);
	int retval = cmspi_require_probed(bank);
	if (retval == ERROR_OK)
		retval = cmspi_guard_refuse(bank, "program", offset, count);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_pending *pending = cmspi_of(bank)->pending;
	struct cmspi_counts *counts = &cmspi_of(bank)->bus.counts;
	const struct cmspi_counts before = *counts;
	const struct cmspi_pending_counts sectors = pending->counts;

	settling = true;
	pending->overwrite = may_overwrite(bank);
	retval = cmspi_pending_write(pending, buffer, offset, count);
	settling = false;
	count_sectors(counts, &before, pending, &sectors);
	cmspi_report_counts(bank->name, &before, counts);
	return retval;
}

int cmspi_session_mass_erase(struct flash_bank *bank)
{
	settling = true;
	int retval = cmspi_mass_erase(bank);
	settling = false;
	if (retval == ERROR_OK && cmspi_of(bank)->pending)
		cmspi_pending_drop(cmspi_of(bank)->pending);
	return retval;
}

void cmspi_session_new_chip(struct flash_bank *bank, const struct cmspi_chip *chip)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);

	if (!cmspi->pending)
		return;
	struct cmspi_map map;

	cmspi_map_make(chip, &map);
	if (!memcmp(cmspi->chip.id, chip->id, sizeof(chip->id)) &&
			!memcmp(&cmspi->pending->map, &map, sizeof(map)))
		return;
	if (cmspi->pending->count)
		LOG_ERROR("%s: another chip answers, %u pending erases of the one before are given up",
			bank->name, cmspi->pending->count);
	cmspi_session_free(cmspi);
}

/* ---- hooks -------------------------------------------------------------- */

/* The target is about to run: its program may read the chip. */
static int before_run(struct target *target, const char *what)
{
	int retval = settle_target(target);

	if (retval != ERROR_OK)
		LOG_TARGET_ERROR(target, "%s refused: erases are pending", what);
	else
		retval = cmspi_relock_all(target);
	cmspi_guard_forget(target);
	return retval;
}

/* Both forms of an argument's type, see struct hook. */
static int resume_int(struct target *target, int current, target_addr_t address,
	int handle_breakpoints, int debug_execution)
{
	// an algorithm, maybe our own
	int retval = debug_execution ? ERROR_OK : before_run(target, "resume");

	return retval == ERROR_OK ? hook_of(target)->resume(target, current, address,
		handle_breakpoints, debug_execution) : retval;
}

static int resume_bool(struct target *target, bool current, target_addr_t address,
	bool handle_breakpoints, bool debug_execution)
{
	return resume_int(target, current, address, handle_breakpoints, debug_execution);
}

static int step_int(struct target *target, int current, target_addr_t address,
	int handle_breakpoints)
{
	int retval = before_run(target, "step");

	return retval == ERROR_OK ? hook_of(target)->step(target, current, address,
		handle_breakpoints) : retval;
}

static int step_bool(struct target *target, bool current, target_addr_t address,
	bool handle_breakpoints)
{
	return step_int(target, current, address, handle_breakpoints);
}

/* A reset that does not halt; before_reset() has tried to settle. */
static int assert_reset(struct target *target)
{
	struct flash_bank *bank = flash_bank_list();

	cmspi_guard_forget(target);
	while (bank && (bank->driver != &cmspi_flash || bank->target != target ||
			!cmspi_session_pending(bank)))
		bank = bank->next;
	if (!bank || target->reset_halt)
		return hook_of(target)->assert_reset(target);
	LOG_TARGET_ERROR(target, "reset refused: erases are pending on %s; 'reset init' stops the "
		"core before it runs", bank->name);
	return ERROR_FAIL;
}

/* The last moment: work area and adapter are still there. */
static void deinit_target(struct target *target)
{
	const struct hook *hook = hook_of(target);

	// the error was told; there is nobody left to hand it to
	(void)end_session(target);
	if (hook->deinit_target)
		hook->deinit_target(target);
}

static int before_reset(struct target *target, enum target_reset_mode mode, void *priv)
{
	// resets that halt come between GDB's erases and its data
	return mode == RESET_RUN ? settle_and_relock(target) : ERROR_OK;
}

static int end_session_later(void *target)
{
	// the error was told; GDB has gone
	(void)end_session(target);
	return ERROR_OK;
}

/* Whatever its firmware did, it could do to the chips, too. */
static void note_run(const struct target *target)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next)
		if (bank->driver == &cmspi_flash && bank->target == target)
			cmspi_of(bank)->target_ran = true;
}

static int on_event(struct target *target, enum target_event event, void *priv)
{
	switch (event) {
	case TARGET_EVENT_HALTED:
		// not after an algorithm, such as the stub
		note_run(target);
		return ERROR_OK;
	case TARGET_EVENT_GDB_FLASH_ERASE_START:
		gdb_erases = true;
		return ERROR_OK;
	case TARGET_EVENT_GDB_FLASH_ERASE_END:
		gdb_erases = false;
		return ERROR_OK;
	case TARGET_EVENT_GDB_FLASH_WRITE_END:
		return end_session(target);
	case TARGET_EVENT_GDB_DETACH:
		// OpenOCD 0.12.0 tells it of a connection half taken down, and a keep-alive
		// (erases take long) would then go to a null pointer
		return target_register_timer_callback(end_session_later, 1,
			TARGET_TIMER_TYPE_ONESHOT, target);
	default:
		return ERROR_OK;
	}
}

#define SAME_TYPE(a, b)	__builtin_types_compatible_p(__typeof__(a), __typeof__(b))

static void install_functions(struct target_type *type)
{
	type->resume = __builtin_choose_expr(SAME_TYPE(type->resume, &resume_int), resume_int,
		resume_bool);
	type->step = __builtin_choose_expr(SAME_TYPE(type->step, &step_int), step_int, step_bool);
	type->deinit_target = deinit_target;
	// without one the core refuses the reset
	if (type->assert_reset)
		type->assert_reset = assert_reset;
}

int cmspi_session_install(struct target *target)
{
	if (hook_of(target))
		return ERROR_OK;
	struct hook *hook = calloc(1, sizeof(*hook));
	if (!hook) {
		LOG_ERROR("out of memory for the sessions of target %s", target_name(target));
		return ERROR_FAIL;
	}
	int retval = hooks ? ERROR_OK : target_register_event_callback(on_event, NULL);
	if (retval == ERROR_OK && !hooks)
		retval = target_register_reset_callback(before_reset, NULL);
	if (retval != ERROR_OK) {
		free(hook);
		return retval;
	}
	hook->target = target;
	hook->resume = target->type->resume;
	hook->step = target->type->step;
	hook->assert_reset = target->type->assert_reset;
	hook->deinit_target = target->type->deinit_target;
	hook->next = hooks;
	hooks = hook;
	install_functions(target->type);
	return ERROR_OK;
}

/* ---- commands ----------------------------------------------------------- */

static void cancel_all(void)
{
	for (struct flash_bank *bank = flash_bank_list(); bank; bank = bank->next) {
		if (bank->driver != &cmspi_flash)
			continue;
		cmspi_unlock_forget(cmspi_of(bank));
		if (!cmspi_session_pending(bank))
			continue;
		LOG_WARNING("%s: %u sectors were to be erased and keep what they held", bank->name,
			cmspi_session_pending(bank));
		cmspi_pending_drop(cmspi_of(bank)->pending);
	}
}

COMMAND_HANDLER(handle_session)
{
	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (!strcmp(CMD_ARGV[0], "settle"))
		return settle_target(NULL);
	if (!strcmp(CMD_ARGV[0], "cancel")) {
		cancel_all();
		depth = 0;
		return ERROR_OK;
	}
	if (!strcmp(CMD_ARGV[0], "begin")) {
		depth++;
		return ERROR_OK;
	}
	if (strcmp(CMD_ARGV[0], "end"))
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (!depth) {
		command_print(CMD, "no session was begun");
		return ERROR_FAIL;
	}
	depth--;
	return depth ? ERROR_OK : end_session(NULL);
}

COMMAND_HANDLER(handle_incremental)
{
	if (CMD_ARGC > 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (CMD_ARGC)
		COMMAND_PARSE_ON_OFF(CMD_ARGV[0], incremental);
	else
		command_print(CMD, "incremental programming is %s", incremental ? "on" : "off");
	return incremental ? ERROR_OK : settle_target(NULL);
}

COMMAND_HANDLER(handle_overwrite)
{
	if (CMD_ARGC > 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	if (CMD_ARGC)
		COMMAND_PARSE_ON_OFF(CMD_ARGV[0], overwriting);
	else
		command_print(CMD, "programming over without erase is %s", overwriting ? "on" : "off");
	return ERROR_OK;
}

const struct command_registration cmspi_session_command_handlers[] = {
	{
		.name = "session",
		.handler = handle_session,
		.mode = COMMAND_EXEC,
		.usage = "'begin'|'end'|'settle'|'cancel'",
		.help = "put off erases until their sectors are written, or the session ends",
	},
	{
		.name = "incremental",
		.handler = handle_incremental,
		.mode = COMMAND_ANY,
		.usage = "['on'|'off']",
		.help = "erase and program only the sectors whose content differs",
	},
	{
		.name = "overwrite",
		.handler = handle_overwrite,
		.mode = COMMAND_ANY,
		.usage = "['on'|'off']",
		.help = "program without erase where bits need only be cleared",
	},
	COMMAND_REGISTRATION_DONE
};
