// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Which lines the commands of a bank use: more of them are tried on what the chip
 * holds before they are believed, for reads and for page programs.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_loops.h"

/* Bytes read both ways to see whether more lines work; worth it from here on. */
#define TRIAL_BYTES		128
#define TRIAL_WORTH_BYTES	2048
/* What a program on four lines saves in so many bytes is more than what its code
 * costs on the way to the target. */
#define PROGRAM_WORTH_BYTES	(16 * 1024)

/* A try that could not tell costs two runs of the stub. It is not repeated for so many
 * bytes, twice as many each time. */
#define PAUSE_FIRST_BYTES	(64 * 1024)
#define PAUSE_MOST_BYTES	(1024 * 1024)

/* ---- reads -------------------------------------------------------------- */

static bool all_equal(const uint8_t *data, uint32_t count)
{
	return !memcmp(data, data + 1, count - 1);
}

/* Does the wiring do it, and does it make reads faster than fewer lines? */
static bool lines_help(const struct cmspi_bank *cmspi, unsigned int lines)
{
	const struct cmspi_stores *stores = &cmspi->bus.stores;
	const struct cmspi_op op = cmspi_chip_read_op(&cmspi->chip,
		cmspi_chip_find_read(&cmspi->chip, lines));
	const uint32_t max_khz = cmspi->bus.max_khz;
	const struct cmspi_loop_wish wish = {
		.core_max_khz = cmspi->bus.core_max_khz,
		.limit_khz = max_khz && max_khz < op.max_khz ? max_khz : op.max_khz,
	};

	if (lines == 2)
		return stores->dual;
	return stores->quad && (!wish.core_max_khz ||
		cmspi_loops_read_cycles(stores, &wish, 4) <
			cmspi_loops_read_cycles(stores, &wish, stores->dual ? 2 : 1));
}

unsigned int cmspi_lines_to_try(const struct flash_bank *bank)
{
	const struct cmspi_bank *cmspi = cmspi_of(bank);
	unsigned int lines = cmspi->chip.read_used ? 1 : cmspi->lines_to_try;

	// DPI and QPI have their own read
	if (cmspi->modes.lines > 1)
		return 1;
	while (lines > 1 && (!cmspi_chip_find_read(&cmspi->chip, lines) ||
			!lines_help(cmspi, lines)))
		lines /= 2;
	return lines;
}

/* What to do about a quad enable bit that is 0. */
static void tell_quad_unset(struct flash_bank *bank, uint8_t value)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_quad_enable enable = cmspi_chip_quad_enable(&cmspi->chip);
	const bool is_volatile = cmspi_modes_quad_is_volatile(&cmspi->chip);

	if (cmspi->quad_unset_told)
		return;
	cmspi->quad_unset_told = true;
	LOG_INFO("%s: quad enable is not set in the chip (%02Xh reads 0x%02x), so io2 and io3 are "
		"not used; %s", bank->name, enable.read_opcode, value, is_volatile ?
		"with -quad it is set for each operation and cleared again" :
		"this chip can only have it set for good, which is left to you ('cmspi cmd')");
}

/* Set it, look, take it back: a chip may not know 50h, or have its registers locked. */
static bool quad_can_be_set(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_modes *modes = &cmspi->modes;
	struct cmspi_step steps[CMSPI_MODES_STEPS];

	if (!cmspi->quad_allowed || !cmspi_modes_quad_is_volatile(&cmspi->chip))
		return false;
	modes->set_quad = true;
	int retval = cmspi_look_at_modes(bank);
	if (retval == ERROR_OK)
		retval = cmspi_run_steps(bank, steps,
			cmspi_modes_try_quad(&cmspi->chip, modes, steps), "set quad enable", NULL);
	modes->set_quad = retval == ERROR_OK &&
		modes->left & cmspi_chip_quad_enable(&cmspi->chip).mask;
	if (retval == ERROR_OK && !modes->set_quad)
		LOG_WARNING("%s: quad enable cannot be set: are the chip's status registers locked?",
			bank->name);
	return modes->set_quad;
}

/* May the chip use IO2 and IO3? A read never changes it for good: the bit is looked at,
 * and set for a batch where the user allows it and the next power-up forgets it. */
bool cmspi_quad_is_enabled(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_quad_enable enable = cmspi_chip_quad_enable(&cmspi->chip);
	uint8_t value = 0xff;

	cmspi->modes.set_quad = false;
	if (!enable.read_opcode)
		return !enable.mask;
	const struct cmspi_step step = cmspi_chip_step_read_register(enable.read_opcode, &value);

	if (cmspi_run_steps(bank, &step, 1, "look at quad enable", NULL) != ERROR_OK)
		return false;
	// all ones: nobody has answered
	if (value != 0xff && value & enable.mask)
		return true;
	if (value != 0xff && quad_can_be_set(bank))
		return true;
	tell_quad_unset(bank, value);
	return false;
}

static void begin_trial_pause(struct cmspi_bank *cmspi)
{
	const uint32_t before = cmspi->trial_pause_begin_bytes;

	cmspi->trial_pause_begin_bytes = before ? MIN(2 * before, PAUSE_MOST_BYTES) :
		PAUSE_FIRST_BYTES;
	cmspi->trial_pause_bytes = cmspi->trial_pause_begin_bytes;
}

void cmspi_end_trial_pause(struct cmspi_bank *cmspi)
{
	cmspi->trial_pause_bytes = 0;
	cmspi->trial_pause_begin_bytes = 0;
}

/* More lines read faster, but must turn round: use them from when a block has read
 * alike both ways. Blocks of one value, as on an erased chip, prove nothing.
 * Returns false where another number of lines may be tried. */
static bool try_lines(struct flash_bank *bank, unsigned int lines, uint32_t offset)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const unsigned int wide = cmspi_chip_find_read(&cmspi->chip, lines);
	uint8_t data[2][TRIAL_BYTES];
	struct cmspi_step steps[2];

	if (lines == 4 && !cmspi_quad_is_enabled(bank))
		return false;
	for (unsigned int i = 0; i < 2; i++) {
		cmspi->chip.read_used = i ? wide : 0;
		steps[i] = cmspi_chip_step_read(&cmspi->chip, CMSPI_STEP_READ, offset,
			TRIAL_BYTES);
		steps[i].rx = data[i];
	}
	cmspi->chip.read_used = 0;
	if (cmspi_run_steps(bank, steps, 2, lines == 4 ? "trial read on four lines"
			: "trial read on two lines", NULL) != ERROR_OK)
		return false;
	const bool alike = !memcmp(data[0], data[1], TRIAL_BYTES);

	if (alike && all_equal(data[0], TRIAL_BYTES)) {
		begin_trial_pause(cmspi);
		return true;
	}
	if (alike)
		cmspi->chip.read_used = wide;
	else
		LOG_WARNING("%s: reads on %s lines (%02Xh) differ from plain ones, not used: is "
			"there a resistor or another driver on mosi (%s)%s?", bank->name,
			lines == 4 ? "four" : "two", cmspi->chip.reads[wide].opcode,
			cmspi_pin_name(bank, CMSPI_IO0), lines == 4 ? ", io2 or io3" : "");
	return alike;
}

void cmspi_try_more_lines(struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);

	if (count < TRIAL_WORTH_BYTES || bank->target->state != TARGET_HALTED)
		return;
	if (cmspi->trial_pause_bytes > count) {
		cmspi->trial_pause_bytes -= count;
		return;
	}
	while (true) {
		const unsigned int lines = cmspi_lines_to_try(bank);

		if (lines == 1 || try_lines(bank, lines, offset))
			return;
		cmspi->lines_to_try = lines / 2;
	}
}

/* ---- page programs ------------------------------------------------------ */

static bool reads_on_four_lines(const struct cmspi_chip *chip)
{
	return chip->reads[chip->read_used].data_lines == 4;
}

/* Has the chip such a command, does the wiring do it, and is it faster? */
static bool program_quad_helps(const struct cmspi_bank *cmspi)
{
	const struct cmspi_stores *stores = &cmspi->bus.stores;
	const struct cmspi_loop_wish wish = {
		.core_max_khz = cmspi->bus.core_max_khz,
		.limit_khz = cmspi->bus.max_khz,
	};

	return stores->send_quad && cmspi_chip_has_program_quad(&cmspi->chip) &&
		!cmspi->programs_on_one_line && (!wish.core_max_khz ||
			cmspi_loops_send_cycles(stores, &wish, 4) <
				cmspi_loops_send_cycles(stores, &wish, 1));
}

enum cmspi_wide_program cmspi_may_program_wide(struct flash_bank *bank, uint32_t offset,
	uint32_t count)
{
	const struct cmspi_bank *cmspi = cmspi_of(bank);

	if (count < PROGRAM_WORTH_BYTES || cmspi->modes.lines > 1 || !program_quad_helps(cmspi))
		return CMSPI_WIDE_NO;
	cmspi_try_more_lines(bank, offset, count);
	if (reads_on_four_lines(&cmspi->chip))
		return CMSPI_WIDE_YES;
	return cmspi_lines_to_try(bank) == 4 ? CMSPI_WIDE_UNPROVEN : CMSPI_WIDE_NO;
}

/* ---- DPI and QPI -------------------------------------------------------- */

const char *cmspi_protocol_words(unsigned int lines)
{
	return lines == 2 ? "two lines (2-2-2)" : "four lines (4-4-4)";
}

static void complain_of_id(struct flash_bank *bank, const uint8_t *id)
{
	const uint8_t *known = cmspi_of(bank)->chip.id;
	const unsigned int lines = cmspi_of(bank)->modes.lines;
	const enum cmspi_line first = lines == 2 ? CMSPI_IO0 : CMSPI_IO2;

	cmspi_complain(bank, "on %s the ID reads %02x %02x %02x instead of %02x %02x %02x: the chip "
		"does not have these commands, or %s (%s) or %s (%s) is wired wrong",
		cmspi_protocol_words(lines), id[0], id[1], id[2], known[0], known[1], known[2],
		cmspi_line_name(first), cmspi_pin_name(bank, first), cmspi_line_name(first + 1),
		cmspi_pin_name(bank, first + 1));
}

int cmspi_try_protocol(struct flash_bank *bank)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	struct cmspi_modes *modes = &cmspi_of(bank)->modes;
	const unsigned int lines = modes->lines;
	uint8_t data[2][TRIAL_BYTES], id[3];
	struct cmspi_step read = cmspi_chip_step_read(chip, CMSPI_STEP_READ, 0, TRIAL_BYTES);

	modes->lines = 1;
	read.rx = data[0];
	int retval = cmspi_run_steps(bank, &read, 1, "read", NULL);
	modes->lines = lines;
	if (retval != ERROR_OK)
		return retval;
	read.rx = data[1];
	// all that is between two reads of the array goes on these lines
	struct cmspi_step steps[] = {
		read, cmspi_modes_step_read_id(chip, modes, id, sizeof(id)), read,
	};

	steps[1].op.max_khz = read.op.max_khz;
	retval = cmspi_run_steps(bank, steps, ARRAY_SIZE(steps),
		lines == 2 ? "trial of DPI" : "trial of QPI", NULL);
	if (retval != ERROR_OK)
		return retval;
	// the second byte may tell that this is QPI (W25Q256FV: 60h instead of 40h)
	if (id[0] != chip->id[0] || id[2] != chip->id[2]) {
		complain_of_id(bank, id);
		return ERROR_FLASH_OPERATION_FAILED;
	}
	if (!memcmp(data[0], data[1], TRIAL_BYTES))
		return ERROR_OK;
	cmspi_complain(bank, "on %s the chip reads otherwise than on one, %02x %02x %02x instead of "
		"%02x %02x %02x: the number of dummy clocks is another one, give it",
		cmspi_protocol_words(lines), data[1][0], data[1][1], data[1][2], data[0][0],
		data[0][1], data[0][2]);
	return ERROR_FLASH_OPERATION_FAILED;
}
