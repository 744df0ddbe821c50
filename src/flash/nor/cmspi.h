/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The bank of the cmspi driver: what is kept for each, and what the driver's
 * files need of each other. cmspi_bus.h and below know no bank.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_H
#define OPENOCD_FLASH_NOR_CMSPI_H

#include "cmspi_bus.h"
#include "cmspi_chip.h"
#include "cmspi_locks.h"
#include "cmspi_modes.h"
#include "cmspi_map.h"
#include "cmspi_plan.h"
#include "cmspi_protect.h"
#include "cmspi_report.h"

#include <flash/nor/core.h>
#include <helper/command.h>

/** Longest complaint, with its 0. */
#define CMSPI_COMPLAINT_CHARS	320

/** What was seen of the lock of a single block. */
enum cmspi_guard_lock {
	CMSPI_GUARD_SEEN = 1 << 0,
	CMSPI_GUARD_LOCKED = 1 << 1,
	/** it cannot be changed before the next power-up */
	CMSPI_GUARD_FROZEN = 1 << 2,
	/** another lock of the block is set, which outlasts the supply */
	CMSPI_GUARD_LASTING = 1 << 3,
};

/** What was seen of a chip's protection when it was looked at last. */
struct cmspi_guard {
	/** nobody can have changed it since then */
	bool known;
	/** answers to the layout's read_opcodes, or to 05h; for each set of registers, see
	 * cmspi_guard_registers() */
	uint8_t registers[CMSPI_DICE * CMSPI_PROTECT_REGISTERS];
	/** blocks have locks of their own, and these count alone */
	bool individual;
	/** blocks have locks beside the range, and one was found set: the protection
	 * blocks are theirs, until the next probe */
	bool by_locks;
	/** else, where none of these locks is set, as they were looked at last */
	uint32_t unlocked_from;
	uint32_t unlocked_bytes;
	/** for each protection block what is known of its lock, enum cmspi_guard_lock */
	uint8_t *locks;
	/** all of them, where the part has them in one register */
	uint8_t lock_register[CMSPI_LOCKS_REGISTER_BYTES];
	/** 'cmspi unlock -relock': for each protection block what it was, NULL: nothing
	 * is to be closed again */
	bool *was;
	/** and for each of them, was its lock set */
	bool *was_locked;
	unsigned int num_was;
	bool was_individual;
	/** that is under way: no pending erase is done for it, which may be what failed */
	bool closing;
	uint8_t was_registers[CMSPI_DICE * CMSPI_PROTECT_REGISTERS];
};

/** What was read of the chip before it was asked for. */
struct cmspi_ahead {
	/** count bytes from offset begin of the chip; count 0: none */
	uint8_t *bytes;
	uint32_t begin;
	uint32_t count;
	/** bus.counts.runs when they were read: after one more they may be old */
	uint64_t runs;
	/** end of the last read, and bytes read without a gap up to there */
	uint32_t next;
	uint32_t in_a_row;
};

struct cmspi_bank {
	struct cmspi_bus bus;
	struct cmspi_chip chip;
	/** the chip's sectors, valid if probed */
	struct cmspi_map map;
	/** the chip answered and its geometry is the bank's */
	bool probed;
	/** the target may have run since: its firmware may have left the chip anyhow */
	bool target_ran;
	/** an automatic probe is under way: what it said before goes to the debug log */
	bool auto_probing;
	/** what the last automatic probe that failed complained of */
	char told[CMSPI_COMPLAINT_CHARS];
	/** the state that the pins were found in was told */
	bool found_told;
	/** positional form: the set-up list follows from the registers as they are */
	bool looked_at_pins;
	/** most lines that reads may still be tried on: 4, 2; 1: none any more. What
	 * was tried on data that tell something and works is chip.read_used */
	unsigned int lines_to_try;
	/** the last try was on data of one value: none again until so many bytes were read,
	 * or some programmed; and how many that were to begin with, 0: no such try */
	uint32_t trial_pause_bytes;
	uint32_t trial_pause_begin_bytes;
	/** not 0: the user lets the driver set quad enable for an operation ('-quad') */
	uint32_t quad_allowed;
	/** what is around commands on more lines */
	struct cmspi_modes modes;
	/** a program on four lines did not come out right since the last probe */
	bool programs_on_one_line;
	/** it was told that the chip's quad enable bit is not set */
	bool quad_unset_told;
	/** Tcl command that returns the core clock in kHz, NULL: none */
	char *core_proc;
	/** user's word on the core clock in kHz, 0: none */
	uint32_t core_khz;
	/** limits of the MCU family in kHz */
	uint32_t family_max_khz;
	uint32_t family_min_khz;
	/** for reads that follow each other; cmspi_ahead.c */
	struct cmspi_ahead ahead;
	/** reads that followed each other until now */
	struct cmspi_series series;
	/** bus.counts when 'cmspi stats' was last called */
	struct cmspi_counts counts_told;
	/** user's word on the whole chip ('cmspi set'), valid if user_set */
	struct cmspi_chip user_chip;
	bool user_set;
	/** user's word on the size in bytes, 0: none */
	uint32_t user_size_bytes;
	/** interpreter that core_proc lives in */
	Jim_Interp *interp;
	/** it was told that this chip's sectors are erased although 'cmspi overwrite'
	 * is on */
	bool overwrite_refused_told;
	/** deferred erases, NULL: never any; cmspi_session.c */
	struct cmspi_pending *pending;
	struct cmspi_guard guard;
};

extern const struct flash_driver cmspi_flash;
extern const struct command_registration cmspi_command_handlers[];
extern const struct command_registration cmspi_prior_command_handlers[];
extern const struct command_registration cmspi_session_command_handlers[];
extern const struct command_registration cmspi_unlock_command_handlers[];
extern const struct command_registration cmspi_otp_command_handlers[];

static inline struct cmspi_bank *cmspi_of(const struct flash_bank *bank)
{
	return bank->driver_priv;
}

/* ---- cmspi_info.c: a callback of the flash_driver ------------------------ */

int cmspi_info(struct flash_bank *bank, struct command_invocation *cmd);

/* ---- cmspi_commands.c --------------------------------------------------- */

/** The bank that CMD_ARGV[0] names, or gives the number of, without probing it. */
COMMAND_HELPER(cmspi_get_bank, struct flash_bank **bank);

/* ---- cmspi_options.c ---------------------------------------------------- */

/** Parse the options of a bank line from CMD_ARGV[first] on into @a bank. */
COMMAND_HELPER(cmspi_parse_options, unsigned int first, struct cmspi_bank *bank);

/** Parse the numbers of a bank line of the prior driver's form, from
 * CMD_ARGV[first] up to *@a end, where options may follow. */
COMMAND_HELPER(cmspi_parse_positional, unsigned int first, struct cmspi_bank *bank,
	unsigned int *end);

/** Give back what these two allocated. */
void cmspi_free_options(struct cmspi_bank *bank);

/* ---- cmspi_probe.c ------------------------------------------------------ */

int cmspi_probe(struct flash_bank *bank);
int cmspi_auto_probe(struct flash_bank *bank);

/** Refuse a bank whose chip has not answered yet; logs why. If the target has run since,
 * the chip is called back first. */
int cmspi_require_probed(struct flash_bank *bank);

/** Where the room for a bank ends: the next bank of its target, or the registers
 * of the core. @param what receives a name for it */
target_addr_t cmspi_room_end(const struct flash_bank *bank, char *what, size_t what_bytes);

/** Geometry of a bank whose chip has not answered yet. */
int cmspi_set_provisional_geometry(struct flash_bank *bank);

/* ---- cmspi_wake.c ------------------------------------------------------- */

/**
 * Call back a chip whose first ID makes no sense: wait while it is busy, then try
 * what ends each of the states that firmware leaves, until an ID does.
 * @param status what 05h answered before the ID was read
 * @param id CMSPI_ID_BYTES, the first reading; receives the last one
 * @returns ERROR_OK also when nothing helped
 */
int cmspi_wake(struct flash_bank *bank, uint8_t status, uint8_t *id);

/** Is the known chip still there, in plain SPI? If not, call it back. */
int cmspi_look_again(struct flash_bank *bank);

/**
 * End what outlives the firmware without showing in the ID: a suspended erase,
 * four-byte mode, the extended address register.
 */
int cmspi_bring_home(struct flash_bank *bank, const struct cmspi_chip *chip);

/** Go on with what the chip's registers say is suspended, where nothing but the ID tells
 * how; cmspi_bring_home() does it, too. */
int cmspi_resume_suspended(struct flash_bank *bank, const struct cmspi_chip *chip);

/** Say what the steps that bring a chip home found, by how many of their waits
 * found it ready. */
void cmspi_tell_home(const struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, uint32_t never_busy);

/* ---- cmspi_run.c -------------------------------------------------------- */

/** Log an error of a bank; an automatic probe that fails the same way again
 * is not told again. */
void cmspi_complain(const struct flash_bank *bank, const char *format, ...)
	__attribute__((format(PRINTF_ATTRIBUTE_FORMAT, 2, 3)));

/** Refuse an ID that is not that of the known chip. */
int cmspi_expect_id(struct flash_bank *bank, const uint8_t *id, const char *what);

/** The user's name of the pin on a line of the chip. */
const char *cmspi_pin_name(const struct flash_bank *bank, enum cmspi_line line);

/** Complete the set-up list of a positional bank by what the pins are now. */
int cmspi_look_at_pins(struct flash_bank *bank);

/**
 * Add to the set-up list of @a wires, the bank's or a copy, what keeps other chips
 * on the same wires deselected.
 */
int cmspi_deselect_neighbours(struct flash_bank *bank, struct cmspi_wires *wires);

/**
 * Run steps as one batch and say what went wrong.
 * @param what the operation in the user's words
 * @param never_busy receives how many waits found the chip ready at once;
 *	NULL: of no interest
 */
int cmspi_run_steps(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, const char *what, uint32_t *never_busy);

/** Read the registers that modes.set_quad and modes.lines will change, as they are now,
 * and plan what is written. */
int cmspi_look_at_modes(struct flash_bank *bank);

/**
 * Read one result word for every grain of a range.
 * @param kind CMSPI_STEP_CRC or CMSPI_STEP_BLANK
 */
int cmspi_read_results(struct flash_bank *bank, enum cmspi_step_kind kind,
	uint32_t offset, uint32_t count, uint32_t grain_bytes, uint32_t *results);

/** The same for every grain of several ranges, one after the other. */
int cmspi_read_spans(struct flash_bank *bank, enum cmspi_step_kind kind,
	const struct cmspi_span *spans, unsigned int count, uint32_t *results);

/**
 * Compare by checksums computed on the target, sector by sector.
 * @param advice what to try, added to the message
 */
int cmspi_compare(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count, const char *advice);

/** CRC-32 as of image_calculate_checksum(), computed on the target. */
int cmspi_checksum(struct flash_bank *bank, uint32_t offset, uint32_t count, uint32_t *crc);

/** Read memory of the chip, like flash_driver.read. */
int cmspi_read(struct flash_bank *bank, uint8_t *buffer, uint32_t offset, uint32_t count);

/* ---- cmspi_write.c: the flash_driver's callbacks ------------------------ */

int cmspi_erase(struct flash_bank *bank, unsigned int first, unsigned int last);
int cmspi_write(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count);
int cmspi_erase_check(struct flash_bank *bank);

/** Erase what the rows say, as one batch. */
int cmspi_erase_rows(struct flash_bank *bank, const struct cmspi_erase_job *plan);

/** Program spans of @a buffer, as one batch; row.offset counts from its start. */
int cmspi_program_spans(struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *spans, unsigned int num_spans);

/** Read a range that was erased and complain of what is not blank. */
int cmspi_expect_blank(struct flash_bank *bank, uint32_t offset, uint32_t count,
	const char *what);

/** Erase the whole chip, unless it is blank. */
int cmspi_mass_erase(struct flash_bank *bank);

/* ---- cmspi_samples.c ---------------------------------------------------- */

#define CMSPI_SAMPLE_BYTES	16
/** Behind a difference that cmspi_compare() found after programming. */
#define CMSPI_PROGRAM_ADVICE	" after programming: not erased before, write-protected, " \
	"or supply too weak?"

/** A few bytes here and there of a write, read back in its batch. */
struct cmspi_samples {
	struct cmspi_program_row *rows;
	/** CMSPI_SAMPLE_BYTES for each row */
	uint8_t *found;
	unsigned int count;
};

/** Choose samples of spans of @a data. The caller frees them, on success. */
int cmspi_samples_plan(struct cmspi_samples *samples, const uint8_t *data,
	const struct cmspi_program_row *spans, unsigned int num_spans);

/** One step for each sample, that reads it. */
void cmspi_samples_put_steps(const struct flash_bank *bank, const struct cmspi_samples *samples,
	struct cmspi_step *steps);

/** Compare what was read with what was to be written; logs the first difference. */
int cmspi_samples_check(struct flash_bank *bank, const struct cmspi_samples *samples,
	const uint8_t *data);

void cmspi_samples_free(struct cmspi_samples *samples);

/** The start of a sector that is not blank, before and after its erase. */
struct cmspi_witness {
	struct cmspi_span sector;
	uint8_t before[CMSPI_SAMPLE_BYTES];
	uint8_t after[CMSPI_SAMPLE_BYTES];
};

/** The step of an erase between two that read its witness; returns how many. */
unsigned int cmspi_witness_put_steps(const struct flash_bank *bank,
	struct cmspi_witness *witness, const struct cmspi_step *erase, struct cmspi_step *steps);

/** Did all erases take place? Logs the first that did not; reorders the rows. */
int cmspi_witnesses_check(struct flash_bank *bank, struct cmspi_witness *witnesses,
	unsigned int count);

/* ---- cmspi_trial.c ------------------------------------------------------ */

/** Lines that the next long read tries, 1: none. */
unsigned int cmspi_lines_to_try(const struct flash_bank *bank);

/** Before a read of a range: try more lines on its first bytes if that is worth it
 * and not decided yet. */
void cmspi_try_more_lines(struct flash_bank *bank, uint32_t offset, uint32_t count);

/** The chip may hold something else now: the next long read may try more lines. */
void cmspi_end_trial_pause(struct cmspi_bank *cmspi);

/** Is quad enable set, or can it be set for each batch? Says why if not. */
bool cmspi_quad_is_enabled(struct flash_bank *bank);

/** What commands on 2 or 4 lines are called. */
const char *cmspi_protocol_words(unsigned int lines);

/** Once modes.lines is 2 or 4: does the chip answer there, and come back? */
int cmspi_try_protocol(struct flash_bank *bank);

/** May pages be programmed on four lines? */
enum cmspi_wide_program {
	CMSPI_WIDE_NO,
	/** as soon as the chip holds something that tells, which it does not at the
	 * range's start */
	CMSPI_WIDE_UNPROVEN,
	/** what reads on four lines is what reads on one */
	CMSPI_WIDE_YES,
};

/** Ask before programming @a count bytes, the first at @a offset; tries reads. */
enum cmspi_wide_program cmspi_may_program_wide(struct flash_bank *bank, uint32_t offset,
	uint32_t count);

/* ---- cmspi_session.c: incremental programming --------------------------- */

/** Settle before whatever could see that an erase is pending; see there. */
int cmspi_session_install(struct target *target);

/** As cmspi_erase(), but in a session the sectors are only noted. */
int cmspi_session_erase(struct flash_bank *bank, unsigned int first, unsigned int last);

/** As cmspi_write(), after the pending erases of the sectors it touches, which are
 * left out where a sector holds already what is wanted. */
int cmspi_session_write(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count);

/** As cmspi_mass_erase(), which does what is pending at once. */
int cmspi_session_mass_erase(struct flash_bank *bank);

/** Do what is pending before steps that could see or change the memory. */
int cmspi_session_before(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count);

/** Do all pending erases of a bank; what fails stays pending. */
int cmspi_session_settle(struct flash_bank *bank);

/** Sectors whose erase is pending. */
unsigned int cmspi_session_pending(const struct flash_bank *bank);

/** Before the bank takes @a chip for its own: erases that are pending on another
 * one are given up, and the user is told. */
void cmspi_session_new_chip(struct flash_bank *bank, const struct cmspi_chip *chip);

/** Give back what a bank holds for its sessions. */
void cmspi_session_free(struct cmspi_bank *cmspi);

/* ---- cmspi_guard.c, cmspi_unlock.c: protection --------------------------- */

/** The protection blocks of a chip that was just probed, their state not known. */
int cmspi_guard_set_blocks(struct flash_bank *bank);

/** Look at what is protected, as flash_driver.protect_check. */
int cmspi_guard_check(struct flash_bank *bank);

/**
 * Refuse to change a range of which something is protected, before anything happens
 * to it. Looks at the chip unless nothing can have changed since the last time.
 * @param what the operation in the user's words
 */
int cmspi_guard_refuse(struct flash_bank *bank, const char *what, uint32_t offset,
	uint32_t count);

/** What was seen of the chips of a target may no longer be so. */
void cmspi_guard_forget(const struct target *target);

/** Protect blocks or open them, as flash_driver.protect. */
int cmspi_protect(struct flash_bank *bank, int set, unsigned int first, unsigned int last);

/** Close what 'cmspi unlock -relock' opened, if it did; logs why not. */
int cmspi_relock(struct flash_bank *bank);

/** The same on all banks of @a target, NULL: on all; the first error counts. */
int cmspi_relock_all(const struct target *target);

/** Leave open what 'cmspi unlock -relock' opened. */
void cmspi_unlock_forget(struct cmspi_bank *cmspi);

/* ---- cmspi_ahead.c ------------------------------------------------------ */

/** As cmspi_read(), but of reads that follow each other more is fetched at once. */
int cmspi_read_ahead(struct flash_bank *bank, uint8_t *buffer, uint32_t offset, uint32_t count);

/** The core has run: what was fetched may be old. */
void cmspi_ahead_drop(struct cmspi_bank *cmspi);

/** Give back what was fetched. */
void cmspi_ahead_free(struct cmspi_bank *cmspi);

/* ---- cmspi_window.c, cmspi_image.c -------------------------------------- */

/** Make the bank's address window readable as memory of @a target. */
int cmspi_window_install(struct target *target);

/** Refuse an image that does not fit the banks of @a target. */
int cmspi_handle_check_image(struct command_invocation *cmd);

/* ---- cmspi_diagnose.c --------------------------------------------------- */

/** Test the wiring and print what is most likely wrong; an error if something is. */
COMMAND_HELPER(cmspi_diagnose, struct flash_bank *bank);

#endif /* OPENOCD_FLASH_NOR_CMSPI_H */
