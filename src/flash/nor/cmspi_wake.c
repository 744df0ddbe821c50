// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Calling a chip back from the state that the firmware left it in: asleep, busy,
 * in a mode where it hears no plain command, in another address mode, with an
 * erase suspended. DESIGN.md, "Waking the chip", has the order and its reasons.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_parts.h"

#define STAGE_ROWS	8

/* Reading the ID once more is a pause that no chip minds: at 1 MHz, 64 bytes take
 * half a millisecond. Longest known: 0.4 ms after ABh (MR25H40), 0.1 ms after 99h
 * (SST26VF064B, IS25LP064). */
#define PAUSE_BYTES	64

/* What is sent in one frame. */
struct wake_frame {
	/* 0: end of the list */
	uint8_t opcode;
	/* bytes FFh behind it */
	uint8_t ones;
};

/* Frames that end one kind of state, the mildest kind first. */
struct wake_stage {
	/* what has helped, when the chip answers after it */
	const char *text;
	/* lines that the frames are sent on: 1, 2 where the pins can, or 4 by register
	 * writes, because the stub has no frame of two clocks */
	uint8_t lines;
	struct wake_frame frames[STAGE_ROWS];
};

/*
 * Sources: 04h ends SST25's AAI mode and EON's OTP mode (SST25VF016B "AAI", EN25Q64
 * "Enter OTP Mode"). Ones on MOSI long enough to reach the mode bits of each kind of
 * continuous read, for three and four address bytes: 8 and 10 clocks with 1-4-4, 16
 * and 20 with 1-2-2, 25 and 33 with one line (W25Q128JV "Continuous Read Mode Reset";
 * MT25Q "Interface rescue"), then 8 for Micron's dual and quad protocol. The short
 * ones go first: a frame that ends inside the address changes nothing, one that is
 * too long would have the chip drive MOSI, too. FFh (Winbond, SST26) and F5h
 * (Macronix, ISSI) leave QPI. F0h is the reset of Spansion parts older than 66h 99h.
 *
 * An EEPROM or FRAM that looks at the lower three bits alone takes 66h for write
 * enable and 99h for a status write without data, which it does not execute; 04h
 * takes the write enable back.
 */
static const struct wake_stage stages[] = {
	{ "the first command, which ended a continuous read", 1, { { 0 } } },
	{ "leaving a program mode and deep power-down (04h, ABh)", 1, { { 0x04, 0 }, { 0xab, 0 } } },
	{ "leaving continuous read (ones on mosi)", 1, {
		{ 0xff, 0 }, { 0xff, 1 }, { 0xff, 2 }, { 0xff, 3 }, { 0xff, 4 }, { 0xff, 0 },
	} },
	{ "leaving QPI (FFh, F5h on four lines)", 4, { { 0xff, 0 }, { 0xf5, 0 } } },
	{ "a soft reset (66h 99h)", 1, { { 0x66, 0 }, { 0x99, 0 }, { 0x04, 0 } } },
	{ "a soft reset (F0h)", 1, { { 0xf0, 0 } } },
	{ "a soft reset on four lines (66h 99h)", 4, { { 0x66, 0 }, { 0x99, 0 } } },
	{ "a soft reset on two lines (66h 99h)", 2, { { 0x66, 0 }, { 0x99, 0 } } },
};

static int run_stage(struct flash_bank *bank, const struct wake_stage *stage, uint8_t *id)
{
	static const uint8_t ones[] = { 0xff, 0xff, 0xff, 0xff };
	struct cmspi_step steps[STAGE_ROWS + 2];
	uint8_t pause[PAUSE_BYTES];
	unsigned int count = 0;

	if (stage->lines == 2 && !cmspi_of(bank)->bus.stores.send_dual)
		return ERROR_OK;
	for (; count < STAGE_ROWS && stage->frames[count].opcode; count++) {
		steps[count] = cmspi_chip_step_read_id(NULL, 0);
		steps[count].op.opcode = stage->frames[count].opcode;
		steps[count].tx = ones;
		steps[count].tx_bytes = stage->frames[count].ones;
		steps[count].op.cmd_lines = stage->lines;
		// those of frames that have nothing but an opcode
		if (stage->lines == 2)
			steps[count].op.data_lines = 2;
	}
	// register writes are so slow that they need no pause
	if (stage->lines < 4)
		steps[count++] = cmspi_chip_step_read_id(pause, sizeof(pause));
	steps[count++] = cmspi_chip_step_read_id(id, CMSPI_ID_BYTES);
	cmspi_of(bank)->bus.by_gpio = stage->lines == 4;
	int retval = cmspi_run_steps(bank, steps, count, "wake-up", NULL);
	cmspi_of(bank)->bus.by_gpio = false;
	return retval;
}

/* Spansion parts stay busy after an error until 30h (S25FL256S "Clear Status
 * Register"); elsewhere these bits protect blocks, and 30h is not heard while busy. */
#define STATUS_ERRORS		0x60
#define CLEAR_STATUS		0x30

static bool is_busy(uint8_t status)
{
	return status != 0xff && (status & 0x01);
}

/* The firmware was stopped in the middle of an erase: wait for its end. */
static int wait_until_ready(struct flash_bank *bank, uint8_t status)
{
	// by the last probe that succeeded, size 0: none has
	const struct cmspi_chip *known = &cmspi_of(bank)->chip;
	const struct cmspi_erase_type largest = { .size_bytes = UINT32_MAX };
	struct cmspi_step steps[2];
	unsigned int count = 0;
	uint8_t after;

	if (status & STATUS_ERRORS) {
		steps[count] = cmspi_chip_step_read_id(NULL, 0);
		steps[count++].op.opcode = CLEAR_STATUS;
	}
	steps[count] = cmspi_chip_step_read_id(&after, 1);
	steps[count].op.opcode = CMSPI_OPCODE_READ_STATUS;
	steps[count].flags = CMSPI_STEP_POLL;
	steps[count].poll = (struct cmspi_poll){ .opcode = CMSPI_OPCODE_READ_STATUS, .mask = 0x01 };
	steps[count].timeout_us = known->size_bytes ? cmspi_chip_chip_erase_timeout_us(known)
		: cmspi_chip_erase_timeout_us(&largest);
	LOG_INFO("%s: the chip is busy with an erase or program of the firmware, status 0x%02x: "
		"waiting up to %" PRIu32 " ms", bank->name, status, steps[count].timeout_us / 1000);
	return cmspi_run_steps(bank, steps, count + 1, "an erase or program of the firmware", NULL);
}

int cmspi_wake(struct flash_bank *bank, uint8_t status, uint8_t *id)
{
	uint8_t first[CMSPI_ID_BYTES];
	int retval = ERROR_OK;

	memcpy(first, id, sizeof(first));
	if (is_busy(status)) {
		const struct cmspi_step again = cmspi_chip_step_read_id(id, CMSPI_ID_BYTES);

		retval = wait_until_ready(bank, status);
		if (retval == ERROR_OK)
			retval = cmspi_run_steps(bank, &again, 1, "probe", NULL);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(stages) && retval == ERROR_OK; i++) {
		if (cmspi_chip_id_is_plausible(id, CMSPI_ID_BYTES))
			break;
		retval = run_stage(bank, &stages[i], id);
		if (retval == ERROR_OK && cmspi_chip_id_is_plausible(id, CMSPI_ID_BYTES))
			LOG_INFO("%s: the chip did not answer at once, but after %s", bank->name,
				stages[i].text);
	}
	return retval;
}

void cmspi_tell_home(const struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, uint32_t never_busy)
{
	unsigned int polls = 0;

	for (unsigned int i = 0; i < count; i++)
		polls += steps[i].flags & CMSPI_STEP_POLL ? 1 : 0;
	if (never_busy != polls)
		LOG_INFO("%s: an erase or program that the firmware had suspended is done now",
			bank->name);
}

int cmspi_resume_suspended(struct flash_bank *bank, const struct cmspi_chip *chip)
{
	const struct cmspi_suspend *suspend = cmspi_suspend_of(chip);
	struct cmspi_chip resumed = *chip;
	struct cmspi_step steps[CMSPI_CHIP_HOME_STEPS];
	uint8_t value = 0;

	if (!suspend)
		return ERROR_OK;
	const struct cmspi_step look = cmspi_chip_step_read_register(suspend->read_opcode, &value);

	int retval = cmspi_run_steps(bank, &look, 1, "look for a suspended erase", NULL);
	// all ones: nobody has answered
	if (retval != ERROR_OK || value == 0xff || !(value & suspend->mask))
		return retval;
	resumed.erase_resume_opcode = suspend->erase_resume_opcode;
	resumed.program_resume_opcode = suspend->program_resume_opcode;
	retval = cmspi_run_steps(bank, steps, cmspi_chip_steps_home(&resumed, steps),
		"end of an erase that was suspended", NULL);
	if (retval == ERROR_OK)
		LOG_INFO("%s: an erase or program that the firmware had suspended is done now",
			bank->name);
	return retval;
}

int cmspi_bring_home(struct flash_bank *bank, const struct cmspi_chip *chip)
{
	struct cmspi_step steps[CMSPI_CHIP_HOME_STEPS];
	const unsigned int count = cmspi_chip_steps_home(chip, steps);
	uint32_t never_busy = 0;
	int retval = ERROR_OK;

	if (count)
		retval = cmspi_run_steps(bank, steps, count, "end of an erase that was suspended",
			&never_busy);
	if (retval != ERROR_OK)
		return retval;
	cmspi_tell_home(bank, steps, count, never_busy);
	return cmspi_resume_suspended(bank, chip);
}

/* The chip is in plain SPI if it answers its ID; one that has none, or is not awake, is
 * sent all that calls chips back. */
static int call_back(struct flash_bank *bank)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	uint8_t id[CMSPI_ID_BYTES];
	uint8_t status;
	const struct cmspi_step steps[] = {
		cmspi_chip_step_read_register(CMSPI_OPCODE_READ_STATUS, &status),
		cmspi_chip_step_read_id(id, sizeof(id)),
	};

	int retval = cmspi_run_steps(bank, steps, ARRAY_SIZE(steps), "look at the chip", NULL);
	if (retval == ERROR_OK && (memcmp(id, chip->id, sizeof(id)) ||
			!cmspi_chip_id_is_plausible(id, sizeof(id))))
		retval = cmspi_wake(bank, status, id);
	if (retval == ERROR_OK)
		retval = cmspi_expect_id(bank, id, "after the target has run");
	return retval == ERROR_OK ? cmspi_bring_home(bank, chip) : retval;
}

int cmspi_look_again(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);

	// as during a probe: what is pending is not settled yet
	cmspi->probed = false;
	int retval = call_back(bank);
	cmspi->probed = true;
	cmspi->target_ran = retval != ERROR_OK;
	// the firmware may have programmed something
	cmspi_end_trial_pause(cmspi);
	return retval;
}
