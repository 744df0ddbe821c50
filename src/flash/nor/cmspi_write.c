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
#include "cmspi_plan.h"

/* ---- erase -------------------------------------------------------------- */

/* A row of equal erase commands, one step each. */
static unsigned int put_erase_steps(const struct cmspi_chip *chip,
	const struct cmspi_erase_row *row, struct cmspi_step *steps)
{
	for (uint32_t i = 0; i < row->count; i++)
		steps[i] = cmspi_chip_step_erase(chip, row->type,
			row->addr + i * row->type->size_bytes);
	return row->count;
}

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
	int retval = cmspi_read_results(bank, CMSPI_STEP_BLANK, 0, offset, count, grain_bytes, blank);
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

static int erase_rows(struct flash_bank *bank, const struct cmspi_erase_row *rows,
	unsigned int num_rows)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		count += rows[i].count;
	struct cmspi_step *steps = calloc(count, sizeof(*steps));
	if (!steps) {
		LOG_ERROR("out of memory for %u erase steps", count);
		return ERROR_FAIL;
	}
	unsigned int put = 0;
	uint32_t never_busy = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		put += put_erase_steps(&cmspi_of(bank)->chip, &rows[i], steps + put);
	int retval = cmspi_run_steps(bank, steps, count, "erase", &never_busy);
	const struct cmspi_erase_row *last = &rows[num_rows - 1];

	if (retval == ERROR_OK && never_busy)
		retval = cmspi_expect_blank(bank, rows[0].addr,
			last->addr + last->count * last->type->size_bytes - rows[0].addr, "erase");
	free(steps);
	return retval;
}

/* Which sectors are blank already: reading one takes a tenth of erasing it,
 * and stops at its first programmed byte. */
static int find_blank(struct flash_bank *bank, unsigned int first, unsigned int count,
	uint8_t *blank)
{
	uint32_t *results = calloc(count, sizeof(*results));
	if (!results) {
		LOG_ERROR("out of memory for %u results", count);
		return ERROR_FAIL;
	}
	const uint32_t sector = bank->sectors[0].size;

	int retval = cmspi_read_results(bank, CMSPI_STEP_BLANK, 0, first * sector, count * sector,
		sector, results);
	for (unsigned int i = 0; i < count; i++)
		blank[i] = results[i];
	free(results);
	return retval;
}

/* Plan and erase what is not blank. */
static int erase_sectors(struct flash_bank *bank, unsigned int first, unsigned int count,
	uint8_t *blank, struct cmspi_erase_row *rows)
{
	const uint32_t sector = bank->sectors[0].size;

	int retval = find_blank(bank, first, count, blank);
	if (retval != ERROR_OK)
		return retval;
	const int num_rows = cmspi_plan_erase(&cmspi_of(bank)->chip, first * sector,
		count * sector, blank, rows, count);

	if (num_rows < 0) {
		cmspi_complain(bank, "no erase command of the chip fits sectors %u to %u", first,
			first + count - 1);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return num_rows ? erase_rows(bank, rows, num_rows) : ERROR_OK;
}

int cmspi_erase(struct flash_bank *bank, unsigned int first, unsigned int last)
{
	const unsigned int count = last - first + 1;

	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_erase_row *rows = calloc(count, sizeof(*rows));
	uint8_t *blank = calloc(count, sizeof(*blank));

	if (rows && blank) {
		retval = erase_sectors(bank, first, count, blank, rows);
	} else {
		LOG_ERROR("out of memory for %u sectors", count);
		retval = ERROR_FAIL;
	}
	free(blank);
	free(rows);
	return retval;
}

int cmspi_erase_check(struct flash_bank *bank)
{
	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	uint32_t *blank = calloc(bank->num_sectors, sizeof(*blank));
	if (!blank) {
		LOG_ERROR("out of memory for %u results", bank->num_sectors);
		return ERROR_FAIL;
	}
	retval = cmspi_read_results(bank, CMSPI_STEP_BLANK, 0, 0, bank->size, bank->sectors[0].size,
		blank);
	for (unsigned int i = 0; i < bank->num_sectors && retval == ERROR_OK; i++)
		bank->sectors[i].is_erased = blank[i];
	free(blank);
	return retval;
}

/* ---- program ------------------------------------------------------------ */

static int program_rows(struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *rows, unsigned int num_rows)
{
	struct cmspi_step *steps = calloc(num_rows, sizeof(*steps));
	if (!steps) {
		LOG_ERROR("out of memory for %u program steps", num_rows);
		return ERROR_FAIL;
	}
	uint32_t never_busy = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		steps[i] = cmspi_chip_step_program(&cmspi_of(bank)->chip, rows[i].addr,
			buffer + rows[i].offset, rows[i].count);
	int retval = cmspi_run_steps(bank, steps, num_rows, "program", &never_busy);
	free(steps);
	// the chip was ready at the first look: quick, or it never began
	for (unsigned int i = 0; i < num_rows && retval == ERROR_OK && never_busy; i++)
		retval = cmspi_compare(bank, buffer + rows[i].offset, rows[i].addr, rows[i].count,
			" after programming: write-protected, or not erased before?");
	return retval;
}

int cmspi_write(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	const uint32_t page_bytes = cmspi_of(bank)->chip.page_bytes;
	const unsigned int max_rows = count / page_bytes + 2;
	struct cmspi_program_row *rows = calloc(max_rows, sizeof(*rows));
	if (!rows) {
		LOG_ERROR("out of memory for %u program rows", max_rows);
		return ERROR_FAIL;
	}
	const int num_rows = cmspi_plan_program(page_bytes, offset, buffer, count, rows, max_rows);

	if (num_rows < 0) {
		LOG_ERROR("BUG: %u rows are too few for %" PRIu32 " bytes", max_rows, count);
		retval = ERROR_FAIL;
	} else if (num_rows) {
		retval = program_rows(bank, buffer, rows, num_rows);
	}
	free(rows);
	return retval;
}
