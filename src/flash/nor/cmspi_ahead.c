// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * dump_image reads 4 KiB at a time, and each run of the stub costs as much as sending
 * that: of reads that follow each other more is fetched at once. What was fetched is
 * good until anything else happens to the chip or the core runs.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"

/* Half of what was read in a row is fetched ahead: at most that is in vain. */
#define AHEAD_PART		2
#define AHEAD_MAX_BYTES		(1024 * 1024)

void cmspi_ahead_drop(struct cmspi_bank *cmspi)
{
	cmspi->ahead.count = 0;
}

void cmspi_ahead_free(struct cmspi_bank *cmspi)
{
	free(cmspi->ahead.bytes);
	cmspi->ahead.bytes = NULL;
	cmspi->ahead.count = 0;
}

static bool is_there(const struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	const struct cmspi_ahead *ahead = &cmspi_of(bank)->ahead;

	return ahead->count && ahead->runs == cmspi_of(bank)->bus.counts.runs &&
		!cmspi_session_pending(bank) && offset >= ahead->begin &&
		offset + count <= ahead->begin + ahead->count;
}

/* Read @a bytes from offset to where they are kept. */
static int fetch(struct flash_bank *bank, uint32_t offset, uint32_t bytes)
{
	struct cmspi_ahead *ahead = &cmspi_of(bank)->ahead;

	int retval = cmspi_read(bank, ahead->bytes, offset, bytes);
	if (retval != ERROR_OK)
		return retval;
	ahead->begin = offset;
	ahead->count = bytes;
	ahead->runs = cmspi_of(bank)->bus.counts.runs;
	return ERROR_OK;
}

/* What to fetch where count bytes are asked for, in whole reads of that size. */
static uint32_t fetch_bytes(const struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	const uint32_t part = cmspi_of(bank)->ahead.in_a_row / AHEAD_PART;
	const uint32_t bytes = MIN(part, AHEAD_MAX_BYTES) / count * count;

	return MIN(MAX(bytes, count), bank->size - offset);
}

int cmspi_read_ahead(struct flash_bank *bank, uint8_t *buffer, uint32_t offset, uint32_t count)
{
	struct cmspi_ahead *ahead = &cmspi_of(bank)->ahead;

	if (!count)
		return ERROR_OK;
	if (offset != ahead->next)
		ahead->in_a_row = 0;
	const uint32_t bytes = fetch_bytes(bank, offset, count);

	ahead->in_a_row += count;
	ahead->next = offset + count;
	if (!is_there(bank, offset, count)) {
		cmspi_ahead_free(cmspi_of(bank));
		ahead->bytes = bytes > count ? malloc(bytes) : NULL;
		// without room for more, just what was asked for
		if (!ahead->bytes)
			return cmspi_read(bank, buffer, offset, count);
		int retval = fetch(bank, offset, bytes);
		if (retval != ERROR_OK)
			return retval;
	}
	memcpy(buffer, ahead->bytes + (offset - ahead->begin), count);
	return ERROR_OK;
}
