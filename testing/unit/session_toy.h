/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A chip in plain arrays, as the tests of cmspi_pending.c have it: it counts what is
 * done to each sector, and fails when it is told to.
 */

#ifndef CMSPI_SESSION_TOY_H
#define CMSPI_SESSION_TOY_H

#include "cases.h"
#include "cmspi_pending.h"

#ifndef TOY_BYTES
#define TOY_BYTES	256
#define TOY_SECTOR	8
#define TOY_PAGE	4
#endif
#define TOY_SECTORS	(TOY_BYTES / TOY_SECTOR)
#define PASS		(-1)
#define TOY_ERROR	(-77)

struct toy;

/** Programs by steps, as an executor would. */
typedef void toy_bus(struct toy *toy, const struct cmspi_step *steps, unsigned int count);

/** A chip, and how often it was changed. */
struct toy {
	struct cmspi_chip chip;
	struct cmspi_pending pending;
	uint8_t memory[TOY_BYTES];
	/** erases and programs of each sector */
	unsigned int erases[TOY_SECTORS];
	unsigned int programs[TOY_SECTORS];
	/** that were summed up */
	uint32_t read_bytes;
	/** who programs, NULL: nobody between; and whether it may send data packed */
	toy_bus *bus;
	bool compress;
	/** calls of io until one fails, PASS: none does */
	int fail_in;
	/** what fails is broken off in its middle, as by a power cut */
	bool break_off;
	/** the next program does nothing, and says that it did */
	bool ignores_program;
	/** programmed a 0 to 1, or something out of bounds */
	bool sin;
};

static inline int toy_call(struct toy *toy)
{
	if (toy->fail_in == PASS)
		return 0;
	if (toy->fail_in) {
		toy->fail_in--;
		return 0;
	}
	toy->fail_in = PASS;
	return TOY_ERROR;
}

static inline int toy_sums(void *user, const struct cmspi_span *spans, unsigned int count,
	uint32_t *sums)
{
	struct toy *toy = user;

	for (unsigned int i = 0; i < count; i++) {
		const uint32_t grain_bytes = spans[i].grain_bytes;

		for (uint32_t at = 0; at < spans[i].count; at += grain_bytes) {
			*sums++ = cmspi_pending_crc(&toy->pending, toy->memory + spans[i].addr + at,
				grain_bytes);
			toy->read_bytes += grain_bytes;
		}
	}
	return toy_call(toy);
}

static inline int toy_read(void *user, uint8_t *buffer, uint32_t addr, uint32_t count)
{
	struct toy *toy = user;

	toy->sin |= addr + count > TOY_BYTES;
	memcpy(buffer, toy->memory + addr, count);
	return toy_call(toy);
}

static inline void toy_erase_span(struct toy *toy, uint32_t addr, uint32_t count)
{
	toy->sin |= addr % TOY_SECTOR || count % TOY_SECTOR || addr + count > TOY_BYTES;
	memset(toy->memory + addr, 0xff, count);
	for (uint32_t i = addr / TOY_SECTOR; i < (addr + count) / TOY_SECTOR; i++)
		toy->erases[i]++;
}

/* An erase that was under way leaves a mixture. */
static inline void toy_break_erase(struct toy *toy, uint32_t addr, uint32_t count)
{
	for (uint32_t i = 0; i < count && toy->break_off; i++)
		toy->memory[addr + i] |= 0x5a;
}

/* One that fails has done half of its work. */
static inline int toy_erase(void *user, const struct cmspi_erase_job *job)
{
	struct toy *toy = user;
	const int error = toy_call(toy);
	const unsigned int num_rows = error ? job->num_rows / 2 : job->num_rows;

	for (unsigned int i = 0; i < num_rows; i++)
		toy_erase_span(toy, job->rows[i].addr,
			job->rows[i].count * job->rows[i].type->size_bytes);
	if (error)
		toy_break_erase(toy, job->rows[num_rows].addr,
			job->rows[num_rows].type->size_bytes);
	return error;
}

static inline int toy_clear(void *user, const struct cmspi_span *span)
{
	struct toy *toy = user;
	const int error = toy_call(toy);

	if (error)
		toy_break_erase(toy, span->addr, span->count);
	else
		toy_erase_span(toy, span->addr, span->count);
	return error;
}

static inline void toy_program_bytes(struct toy *toy, uint32_t addr, const uint8_t *data,
	uint32_t count)
{
	toy->sin |= addr + count > TOY_BYTES;
	for (uint32_t i = 0; i < count && !toy->sin; i++) {
		toy->memory[addr + i] &= data[i];
		toy->programs[(addr + i) / TOY_SECTOR] += data[i] != 0xff;
	}
}

static inline int toy_program(void *user, const uint8_t *buffer,
	const struct cmspi_program_row *rows, unsigned int count)
{
	struct cmspi_step steps[TOY_SECTORS];
	struct toy *toy = user;
	const int error = toy_call(toy);

	if (toy->ignores_program) {
		toy->ignores_program = false;
		return error;
	}
	for (unsigned int i = 0; i < count; i++) {
		const uint32_t done = error ? rows[i].count / 2 : rows[i].count;

		steps[i] = cmspi_chip_step_program(&toy->chip, rows[i].addr,
			buffer + rows[i].offset, done);
		if (!toy->bus)
			toy_program_bytes(toy, rows[i].addr, buffer + rows[i].offset, done);
	}
	if (toy->bus)
		toy->bus(toy, steps, count);
	return error;
}

/* @param mixed small sectors only in the first half */
static inline struct toy *toy_make(bool mixed)
{
	struct toy *toy = calloc(1, sizeof(*toy));
	const struct cmspi_pending_io io = {
		.user = toy,
		.sums = toy_sums,
		.read = toy_read,
		.erase = toy_erase,
		.clear = toy_clear,
		.program = toy_program,
	};

	assert_non_null(toy);
	cmspi_chip_init(&toy->chip);
	toy->chip.size_bytes = TOY_BYTES;
	toy->chip.page_bytes = TOY_PAGE;
	toy->chip.erase[0] = (struct cmspi_erase_type){ TOY_SECTOR, 0x20, 0, 10, 20 };
	toy->chip.erase[1] = (struct cmspi_erase_type){ 4 * TOY_SECTOR, 0xd8, 0, 15, 30 };
	if (mixed) {
		toy->chip.regions[0] = (struct cmspi_region){ TOY_BYTES / 2, 0x3 };
		toy->chip.regions[1] = (struct cmspi_region){ TOY_BYTES / 2, 0x2 };
		toy->chip.num_regions = 2;
	}
	toy->fail_in = PASS;
	assert_true(cmspi_pending_init(&toy->pending, &toy->chip, &io));
	return toy;
}

static inline struct toy *toy_new(void)
{
	return toy_make(false);
}

static inline struct toy *toy_new_mixed(void)
{
	return toy_make(true);
}

static inline void toy_free(struct toy *toy)
{
	cmspi_pending_free(&toy->pending);
	free(toy);
}

#endif /* CMSPI_SESSION_TOY_H */
