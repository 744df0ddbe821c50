// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Changing the chip: erase and program, planned first, then run as one batch, and
 * compared where the chip did not show that it worked.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include <helper/time_support.h>

/* Sectors that are looked at in one go before a mass erase. */
#define LOOK_SECTORS	128U

/* ---- erase -------------------------------------------------------------- */

int cmspi_expect_blank(struct flash_bank *bank, uint32_t offset, uint32_t count,
	const char *what)
{
	const uint32_t grain_bytes = bank->sectors[0].size;
	const uint32_t grains = DIV_ROUND_UP(count, grain_bytes);
	uint32_t *blank = calloc(grains, sizeof(*blank));
	if (!blank) {
		LOG_ERROR("out of memory for %" PRIu32 " results", grains);
		return ERROR_FAIL;
	}
	int retval = cmspi_read_results(bank, CMSPI_STEP_BLANK, offset, count, grain_bytes, blank);
	for (uint32_t i = 0; i < grains && retval == ERROR_OK; i++) {
		if (blank[i])
			continue;
		cmspi_complain(bank, "%s: chip ignored it, sector at " TARGET_ADDR_FMT " is not blank: "
			"write-protected?", what, bank->base + offset + i * grain_bytes);
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	free(blank);
	return retval;
}

static uint32_t erased_bytes(const struct cmspi_erase_job *plan)
{
	uint32_t bytes = 0;

	for (unsigned int i = 0; i < plan->num_rows; i++)
		bytes += plan->rows[i].count * plan->rows[i].size_bytes;
	return bytes;
}

/* Erase commands of the rows. */
static unsigned int count_erases(const struct cmspi_erase_job *plan)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < plan->num_rows; i++)
		count += plan->rows[i].count;
	return count;
}

/* The first sector from addr on that is not blank: each command has one. */
static struct cmspi_span find_programmed(const struct cmspi_bank *cmspi,
	const struct cmspi_erase_job *plan, uint32_t addr)
{
	unsigned int sector = cmspi_map_find(&cmspi->map, addr);

	while (plan->blank[sector - plan->first])
		sector++;
	return cmspi_map_sector(&cmspi->map, sector);
}

/* Each erase command, and what is read before and after it. */
static unsigned int put_erase_steps(const struct flash_bank *bank,
	const struct cmspi_erase_job *plan, struct cmspi_witness *witness, struct cmspi_step *steps)
{
	unsigned int put = 0;

	for (unsigned int i = 0; i < plan->num_rows; i++) {
		const struct cmspi_erase_row *row = &plan->rows[i];

		for (uint32_t j = 0; j < row->count; j++, witness++) {
			const uint32_t addr = row->addr + j * row->size_bytes;
			const struct cmspi_step erase =
				cmspi_chip_step_erase(&cmspi_of(bank)->chip, row->type, addr);

			witness->sector = find_programmed(cmspi_of(bank), plan, addr);
			put += cmspi_witness_put_steps(bank, witness, &erase, steps + put);
		}
	}
	return put;
}

static int expect_rows_blank(struct flash_bank *bank, const struct cmspi_erase_job *plan)
{
	int retval = ERROR_OK;

	for (unsigned int i = 0; i < plan->num_rows && retval == ERROR_OK; i++)
		retval = cmspi_expect_blank(bank, plan->rows[i].addr,
			plan->rows[i].count * plan->rows[i].size_bytes, "erase");
	return retval;
}

static int run_erases(struct flash_bank *bank, const struct cmspi_erase_job *plan,
	struct cmspi_witness *witnesses, struct cmspi_step *steps)
{
	const unsigned int count = put_erase_steps(bank, plan, witnesses, steps);
	uint32_t never_busy = 0;

	int retval = cmspi_run_steps(bank, steps, count, "erase", &never_busy);
	if (retval != ERROR_OK)
		return retval;
	// the chip was ready at the first look: quick, or it never began
	return never_busy ? expect_rows_blank(bank, plan) :
		cmspi_witnesses_check(bank, witnesses, count_erases(plan));
}

int cmspi_erase_rows(struct flash_bank *bank, const struct cmspi_erase_job *plan)
{
	const unsigned int count = count_erases(plan);
	struct cmspi_witness *witnesses = calloc(count, sizeof(*witnesses));
	// a read, an erase and a read for each
	struct cmspi_step *steps = calloc(3 * count, sizeof(*steps));
	int retval = ERROR_FAIL;

	if (witnesses && steps)
		retval = run_erases(bank, plan, witnesses, steps);
	else
		LOG_ERROR("out of memory for %u erase steps", count);
	if (retval == ERROR_OK)
		cmspi_of(bank)->bus.counts.erased += erased_bytes(plan);
	free(steps);
	free(witnesses);
	return retval;
}

/* Which sectors are blank already: reading one takes a tenth of erasing it,
 * and stops at its first programmed byte. */
static int find_blank(struct flash_bank *bank, unsigned int first, unsigned int count,
	uint8_t *blank)
{
	const struct cmspi_map *map = &cmspi_of(bank)->map;
	struct cmspi_span spans[CMSPI_REGIONS];
	uint32_t *results = calloc(count, sizeof(*results));
	if (!results) {
		LOG_ERROR("out of memory for %u results", count);
		return ERROR_FAIL;
	}
	const unsigned int num_spans = cmspi_map_spans(map, first, count, spans);

	int retval = cmspi_read_spans(bank, CMSPI_STEP_BLANK, spans, num_spans, results);
	for (unsigned int i = 0; i < count; i++)
		blank[i] = results[i];
	free(results);
	return retval;
}

/* Plan and erase what is not blank. */
static int erase_sectors(struct flash_bank *bank, unsigned int first, unsigned int count,
	struct cmspi_erase_job *plan)
{
	const uint32_t bytes = cmspi_map_bytes(&cmspi_of(bank)->map, first, count);

	int retval = find_blank(bank, first, count, plan->blank);
	if (retval != ERROR_OK)
		return retval;
	const int num_rows = cmspi_plan_erase(&cmspi_of(bank)->chip, bank->sectors[first].offset,
		bytes, plan->blank, plan->rows, count);

	if (num_rows < 0) {
		cmspi_complain(bank, "no erase command of the chip fits sectors %u to %u", first,
			first + count - 1);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	plan->first = first;
	plan->num_rows = num_rows;
	retval = num_rows ? cmspi_erase_rows(bank, plan) : ERROR_OK;
	if (retval == ERROR_OK)
		cmspi_of(bank)->bus.counts.blank += bytes - erased_bytes(plan);
	return retval;
}

int cmspi_erase(struct flash_bank *bank, unsigned int first, unsigned int last)
{
	const unsigned int count = last - first + 1;
	struct cmspi_counts *counts = &cmspi_of(bank)->bus.counts;
	const struct cmspi_counts before = *counts;
	const int64_t started_ms = timeval_ms();

	int retval = cmspi_require_probed(bank);
	if (retval == ERROR_OK)
		retval = cmspi_guard_refuse(bank, "erase", bank->sectors[first].offset,
			bank->sectors[last].offset + bank->sectors[last].size -
			bank->sectors[first].offset);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_erase_job plan = {
		.rows = calloc(count, sizeof(*plan.rows)),
		.blank = calloc(count, sizeof(*plan.blank)),
	};

	if (plan.rows && plan.blank) {
		retval = erase_sectors(bank, first, count, &plan);
	} else {
		LOG_ERROR("out of memory for %u sectors", count);
		retval = ERROR_FAIL;
	}
	free(plan.blank);
	free(plan.rows);
	counts->erase_ms += timeval_ms() - started_ms;
	cmspi_report_counts(bank->name, &before, counts);
	return retval;
}

/* The first sector that is not blank, num_sectors if all are. In parts, because
 * on most chips the first part is enough. */
static int find_first_programmed(struct flash_bank *bank, unsigned int *sector)
{
	uint8_t blank[LOOK_SECTORS];

	for (*sector = 0; *sector < bank->num_sectors; *sector += LOOK_SECTORS) {
		const unsigned int count = MIN(LOOK_SECTORS, bank->num_sectors - *sector);

		int retval = find_blank(bank, *sector, count, blank);
		if (retval != ERROR_OK)
			return retval;
		const uint8_t *programmed = memchr(blank, 0, count);
		if (programmed) {
			*sector += programmed - blank;
			return ERROR_OK;
		}
	}
	*sector = bank->num_sectors;
	return ERROR_OK;
}

/* C4h has no form of four address bytes: the part is addressed as if nothing had. */
static int run_mass_erase(struct flash_bank *bank, unsigned int *num_waits, uint32_t *never_busy)
{
	struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const uint8_t program_4byte = chip->program_4byte;
	struct cmspi_step steps[CMSPI_CHIP_MASS_ERASE_STEPS];

	if (chip->die_erase_opcode)
		chip->program_4byte = 0;
	const unsigned int count = cmspi_chip_steps_mass_erase(chip, steps);
	int retval = cmspi_run_steps(bank, steps, count, "mass erase", never_busy);

	chip->program_4byte = program_4byte;
	// dice that were erased together with the first may be ready when it is
	*num_waits = 0;
	for (unsigned int i = 0; i < count; i++)
		if (steps[i].flags & CMSPI_STEP_POLL && steps[i].op.opcode == chip->die_select_opcode)
			++*num_waits;
	return retval;
}

/* @param sector one that is not blank */
static int erase_chip(struct flash_bank *bank, unsigned int sector)
{
	unsigned int num_waits;
	uint32_t never_busy = 0;

	int retval = run_mass_erase(bank, &num_waits, &never_busy);
	if (retval != ERROR_OK)
		return retval;
	// never busy: it was quick, or it never began
	return never_busy > num_waits ? cmspi_expect_blank(bank, 0, bank->size, "mass erase") :
		cmspi_expect_blank(bank, bank->sectors[sector].offset, bank->sectors[sector].size,
			"mass erase");
}

int cmspi_mass_erase(struct flash_bank *bank)
{
	struct cmspi_counts *counts = &cmspi_of(bank)->bus.counts;
	const struct cmspi_counts before = *counts;
	const int64_t started_ms = timeval_ms();
	unsigned int sector;

	// M25PE has no chip erase, and the user may know of none
	if (!cmspi_of(bank)->chip.chip_erase_opcode && !cmspi_of(bank)->chip.die_erase_opcode)
		return cmspi_erase(bank, 0, bank->num_sectors - 1);
	int retval = cmspi_guard_refuse(bank, "mass erase", 0, bank->size);
	if (retval == ERROR_OK)
		retval = find_first_programmed(bank, &sector);
	if (retval == ERROR_OK && sector < bank->num_sectors)
		retval = erase_chip(bank, sector);
	counts->erase_ms += timeval_ms() - started_ms;
	if (retval != ERROR_OK)
		return retval;
	if (sector < bank->num_sectors)
		counts->erased += bank->size;
	else
		counts->blank += bank->size;
	cmspi_report_counts(bank->name, &before, counts);
	return ERROR_OK;
}

int cmspi_erase_check(struct flash_bank *bank)
{
	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	uint8_t *blank = calloc(bank->num_sectors, sizeof(*blank));
	if (!blank) {
		LOG_ERROR("out of memory for %u results", bank->num_sectors);
		return ERROR_FAIL;
	}
	retval = find_blank(bank, 0, bank->num_sectors, blank);
	for (unsigned int i = 0; i < bank->num_sectors && retval == ERROR_OK; i++)
		bank->sectors[i].is_erased = blank[i];
	free(blank);
	return retval;
}

/* ---- program ------------------------------------------------------------ */

static void count_programmed(struct flash_bank *bank, uint32_t programmed, uint32_t asked_bytes)
{
	struct cmspi_counts *counts = &cmspi_of(bank)->bus.counts;

	counts->programmed += programmed;
	counts->empty += asked_bytes - programmed;
}

static uint32_t sum_of_rows(const struct cmspi_program_row *rows, unsigned int num_rows)
{
	uint32_t bytes = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		bytes += rows[i].count;
	return bytes;
}

/* Returns how many. */
static unsigned int put_program_steps(const struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *rows, unsigned int num_rows, struct cmspi_step *steps)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		count += cmspi_chip_steps_program(&cmspi_of(bank)->chip, rows[i].addr,
			buffer + rows[i].offset, rows[i].count, steps + count);
	return count;
}

static int run_program(struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *rows, unsigned int num_rows,
	const struct cmspi_samples *samples)
{
	const unsigned int max = num_rows * CMSPI_CHIP_PROGRAM_STEPS + samples->count;
	struct cmspi_step *steps = calloc(max, sizeof(*steps));
	if (!steps) {
		LOG_ERROR("out of memory for %u program steps", max);
		return ERROR_FAIL;
	}
	uint32_t never_busy = 0;
	unsigned int ends = 0;

	const unsigned int count = put_program_steps(bank, buffer, rows, num_rows, steps);
	for (unsigned int i = 0; i < count; i++)
		ends += cmspi_chip_is_words_end(&steps[i]);
	cmspi_samples_put_steps(bank, samples, steps + count);
	if (cmspi_of(bank)->chip.program_wide &&
			!cmspi_stub_fits(&cmspi_of(bank)->bus, steps, count + samples->count)) {
		cmspi_of(bank)->chip.program_wide = false;
		put_program_steps(bank, buffer, rows, num_rows, steps);
	}
	cmspi_end_trial_pause(cmspi_of(bank));
	int retval = cmspi_run_steps(bank, steps, count + samples->count, "program", &never_busy);
	free(steps);
	if (retval == ERROR_OK && never_busy == ends)
		return cmspi_samples_check(bank, samples, buffer);
	// the chip was ready at the first look: quick, or it never began
	for (unsigned int i = 0; i < num_rows && retval == ERROR_OK; i++)
		retval = cmspi_compare(bank, buffer + rows[i].offset, rows[i].addr, rows[i].count,
			CMSPI_PROGRAM_ADVICE);
	return retval;
}

static int program_rows(struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *spans, unsigned int num_spans,
	const struct cmspi_program_row *rows, unsigned int num_rows)
{
	struct cmspi_samples samples;

	int retval = cmspi_samples_plan(&samples, buffer, spans, num_spans);
	if (retval != ERROR_OK)
		return retval;
	retval = run_program(bank, buffer, rows, num_rows, &samples);
	cmspi_samples_free(&samples);
	return retval;
}

/* The first page alone, on one line: it may tell whether four lines work. */
static int program_first_page(struct flash_bank *bank, const uint8_t *buffer,
	struct cmspi_program_row *row)
{
	const struct cmspi_samples none = { 0 };
	const uint32_t page_bytes = cmspi_of(bank)->chip.page_bytes;
	struct cmspi_program_row first = *row;

	first.count = MIN(row->count, page_bytes - row->addr % page_bytes);
	int retval = run_program(bank, buffer, &first, 1, &none);
	row->addr += first.count;
	row->offset += first.count;
	row->count -= first.count;
	return retval;
}

/* On four lines where these are known to work. */
static int program_fast(struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *spans, unsigned int num_spans,
	struct cmspi_program_row *rows, unsigned int num_rows, uint32_t count)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const uint32_t addr = rows[0].addr;
	int retval = ERROR_OK;

	enum cmspi_wide_program wide = cmspi_may_program_wide(bank, addr, count);
	if (wide == CMSPI_WIDE_UNPROVEN) {
		retval = program_first_page(bank, buffer, &rows[0]);
		if (retval != ERROR_OK)
			return retval;
		wide = cmspi_may_program_wide(bank, addr, count);
	}
	// nothing but one page is no write of this size
	if (!rows[0].count) {
		rows++;
		num_rows--;
	}
	cmspi->chip.program_wide = wide == CMSPI_WIDE_YES;
	retval = program_rows(bank, buffer, spans, num_spans, rows, num_rows);
	if (cmspi->chip.program_wide && retval != ERROR_OK) {
		LOG_WARNING("%s: that was programmed on four lines (%02Xh): the next try takes one",
			bank->name, cmspi->chip.program_quad.opcode);
		cmspi->programs_on_one_line = true;
	}
	cmspi->chip.program_wide = false;
	return retval;
}

/* Plan all spans, one list of rows: they are one batch. */
static int plan_spans(uint32_t page_bytes, const uint8_t *buffer,
	const struct cmspi_program_row *spans, unsigned int num_spans,
	struct cmspi_program_row *rows, unsigned int max_rows)
{
	unsigned int used = 0;

	for (unsigned int i = 0; i < num_spans; i++) {
		const int count = cmspi_plan_program(page_bytes, spans[i].addr,
			buffer + spans[i].offset, spans[i].count, rows + used, max_rows - used);

		if (count < 0)
			return count;
		for (int j = 0; j < count; j++)
			rows[used + j].offset += spans[i].offset;
		used += count;
	}
	return used;
}

int cmspi_program_spans(struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *spans, unsigned int num_spans)
{
	const uint32_t page_bytes = cmspi_chip_skip_bytes(&cmspi_of(bank)->chip);
	unsigned int max_rows = 0;
	uint32_t asked_bytes = 0;
	struct cmspi_counts *counts = &cmspi_of(bank)->bus.counts;
	const int64_t started_ms = timeval_ms();
	int retval = ERROR_OK;

	for (unsigned int i = 0; i < num_spans; i++) {
		max_rows += spans[i].count / page_bytes + 2;
		asked_bytes += spans[i].count;
	}
	struct cmspi_program_row *rows = calloc(max_rows, sizeof(*rows));
	if (!rows) {
		LOG_ERROR("out of memory for %u program rows", max_rows);
		return ERROR_FAIL;
	}
	const int num_rows = plan_spans(page_bytes, buffer, spans, num_spans, rows, max_rows);

	if (num_rows < 0) {
		LOG_ERROR("BUG: %u rows are too few for %u spans", max_rows, num_spans);
		retval = ERROR_FAIL;
	} else if (!num_rows) {
		count_programmed(bank, 0, asked_bytes);
	} else {
		const uint32_t programmed = sum_of_rows(rows, num_rows);

		retval = program_fast(bank, buffer, spans, num_spans, rows, num_rows, programmed);
		if (retval == ERROR_OK)
			count_programmed(bank, programmed, asked_bytes);
	}
	free(rows);
	counts->program_ms += timeval_ms() - started_ms;
	return retval;
}

int cmspi_write(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	const struct cmspi_program_row span = { offset, 0, count };
	const struct cmspi_counts before = cmspi_of(bank)->bus.counts;

	int retval = cmspi_require_probed(bank);
	if (retval == ERROR_OK)
		retval = cmspi_guard_refuse(bank, "program", offset, count);
	if (retval != ERROR_OK)
		return retval;
	retval = cmspi_program_spans(bank, buffer, &span, 1);
	cmspi_report_counts(bank->name, &before, &cmspi_of(bank)->bus.counts);
	return retval;
}
