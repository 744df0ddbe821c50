// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Did the chip do what it said it did? A part that is worn out, starved of supply
 * or locked sector by sector may go busy, become ready, and have changed nothing.
 * So a few bytes of each sector are read back in the batch that changed them.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"

/* One sample for so much of a write: the smallest unit that parts lock. */
#define SAMPLE_EVERY_BYTES	4096

/* ---- program ------------------------------------------------------------ */

int cmspi_samples_plan(struct cmspi_samples *samples, const uint8_t *data,
	const struct cmspi_program_row *spans, unsigned int num_spans)
{
	unsigned int max_rows = 0;

	for (unsigned int i = 0; i < num_spans; i++)
		max_rows += spans[i].count / SAMPLE_EVERY_BYTES + 2;
	samples->rows = calloc(max_rows, sizeof(*samples->rows));
	samples->found = calloc(max_rows, CMSPI_SAMPLE_BYTES);
	if (!samples->rows || !samples->found) {
		LOG_ERROR("out of memory for %u samples", max_rows);
		cmspi_samples_free(samples);
		return ERROR_FAIL;
	}
	samples->count = 0;
	for (unsigned int i = 0; i < num_spans; i++) {
		struct cmspi_program_row *rows = samples->rows + samples->count;
		const int count = cmspi_plan_samples(SAMPLE_EVERY_BYTES, CMSPI_SAMPLE_BYTES,
			spans[i].addr, data + spans[i].offset, spans[i].count, rows,
			max_rows - samples->count);

		for (int j = 0; j < count; j++)
			rows[j].offset += spans[i].offset;
		samples->count += MAX(count, 0);
	}
	return ERROR_OK;
}

void cmspi_samples_put_steps(const struct flash_bank *bank, const struct cmspi_samples *samples,
	struct cmspi_step *steps)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	// 03h would hold the whole batch to its own, lower limit
	const struct cmspi_op op = cmspi_chip_read_op(chip, cmspi_chip_find_read(chip, 1));

	for (unsigned int i = 0; i < samples->count; i++) {
		steps[i] = cmspi_chip_step_read(chip, CMSPI_STEP_READ, samples->rows[i].addr,
			samples->rows[i].count);
		steps[i].op = op;
		steps[i].rx = samples->found + i * CMSPI_SAMPLE_BYTES;
	}
}

int cmspi_samples_check(struct flash_bank *bank, const struct cmspi_samples *samples,
	const uint8_t *data)
{
	for (unsigned int i = 0; i < samples->count; i++) {
		const struct cmspi_program_row *row = &samples->rows[i];

		if (!memcmp(data + row->offset, samples->found + i * CMSPI_SAMPLE_BYTES, row->count))
			continue;
		// another look, the ordinary way: a part may be set up for other dummies
		int retval = cmspi_compare(bank, data + row->offset, row->addr, row->count,
			CMSPI_PROGRAM_ADVICE);
		if (retval != ERROR_OK)
			return retval;
	}
	return ERROR_OK;
}

void cmspi_samples_free(struct cmspi_samples *samples)
{
	free(samples->rows);
	free(samples->found);
	*samples = (struct cmspi_samples){ 0 };
}

/* ---- erase -------------------------------------------------------------- */

unsigned int cmspi_witness_put_steps(const struct flash_bank *bank,
	struct cmspi_witness *witness, const struct cmspi_step *erase, struct cmspi_step *steps)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	struct cmspi_step read = cmspi_chip_step_read(chip, CMSPI_STEP_READ, witness->sector.addr,
		CMSPI_SAMPLE_BYTES);

	// on one line, as for a blank check
	read.op = cmspi_chip_read_op(chip, 0);
	steps[0] = read;
	steps[0].rx = witness->before;
	steps[1] = *erase;
	steps[2] = read;
	steps[2].rx = witness->after;
	return 3;
}

/* Offset of the first byte that is not FFh; CMSPI_SAMPLE_BYTES: none. */
static unsigned int first_programmed(const uint8_t *data)
{
	unsigned int i = 0;

	while (i < CMSPI_SAMPLE_BYTES && data[i] == 0xff)
		i++;
	return i;
}

static int complain_of_erase(const struct flash_bank *bank, uint32_t addr)
{
	cmspi_complain(bank, "erase: the chip was busy and is ready, but the sector at "
		TARGET_ADDR_FMT " is not blank: locked sector, supply too weak, or worn out?",
		bank->base + addr);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* Witnesses that began with FFh although their sector was not blank: read all
 * of each. */
static int ask_further(struct flash_bank *bank, const struct cmspi_witness *witnesses,
	unsigned int count)
{
	struct cmspi_step *steps = calloc(count, sizeof(*steps));
	uint32_t *blank = calloc(count, sizeof(*blank));
	int retval = ERROR_FAIL;

	if (steps && blank) {
		for (unsigned int i = 0; i < count; i++) {
			steps[i] = cmspi_chip_step_read(&cmspi_of(bank)->chip, CMSPI_STEP_BLANK,
				witnesses[i].sector.addr, witnesses[i].sector.count);
			steps[i].grain_bytes = steps[i].count;
			steps[i].results = &blank[i];
		}
		retval = cmspi_run_steps(bank, steps, count, "erase", NULL);
	} else {
		LOG_ERROR("out of memory for %u witnesses", count);
	}
	for (unsigned int i = 0; i < count && retval == ERROR_OK; i++) {
		if (!blank[i])
			retval = complain_of_erase(bank, witnesses[i].sector.addr);
	}
	free(blank);
	free(steps);
	return retval;
}

int cmspi_witnesses_check(struct flash_bank *bank, struct cmspi_witness *witnesses,
	unsigned int count)
{
	unsigned int silent = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (first_programmed(witnesses[i].after) < CMSPI_SAMPLE_BYTES)
			return complain_of_erase(bank, witnesses[i].sector.addr);
		if (first_programmed(witnesses[i].before) == CMSPI_SAMPLE_BYTES)
			witnesses[silent++] = witnesses[i];
	}
	return silent ? ask_further(bank, witnesses, silent) : ERROR_OK;
}
