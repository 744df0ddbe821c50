// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Random sessions whose programming is packed by cmspi_stub_pack.c: the steps that it
 * makes are run as cmspi_abi.h tells, unpacked by liblz4 (what the stub's own decoder
 * makes of blocks is test_stub_lz4.c's). 100,000 operations, 1,000,000 with CMSPI_LONG=1.
 */

#define TOY_BYTES	32768
#define TOY_SECTOR	2048
#define TOY_PAGE	64

#include "session_random.h"

#define HAVE_LIBLZ4	1
#include "cmspi_stub_pack.c"

#include <lz4.h>

/* Places for a decoded block: the room in the target's work area. */
static uint8_t room[BLOCK_MAX_BYTES];
/* What happened in all cases. */
static unsigned int units;
static unsigned int raw_steps;

unsigned int adapter_get_speed_khz(void)
{
	return 1000;
}

bool cmspi_step_has_results(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_CRC || step->kind == CMSPI_STEP_BLANK;
}

/* Head, block, zeros up to a whole word; returns bytes in the room. */
static uint32_t unpack_unit(const struct cmspi_stub *run, const uint8_t *unit, uint32_t bytes)
{
	const uint32_t raw_bytes = le_to_h_u32(unit + 4);
	const uint32_t packed_bytes = le_to_h_u32(unit + 8);

	assert_true(raw_bytes <= run->packed.block_bytes);
	assert_true(bytes <= run->packed.unit_bytes);
	assert_int_equal(cmspi_round_up_word(UNIT_HEAD_BYTES + packed_bytes), bytes);
	memset(room, 0, sizeof(room));
	assert_int_equal(LZ4_decompress_safe((const char *)unit + UNIT_HEAD_BYTES, (char *)room,
		packed_bytes, raw_bytes), raw_bytes);
	units++;
	return raw_bytes;
}

/* What fails at a byte of a step is told by the step that was asked for. */
static void expect_place(const struct cmspi_stub *run, unsigned int step,
	const struct cmspi_step *asked, unsigned int count)
{
	unsigned int owner = step;
	uint32_t bytes = 0;

	cmspi_stub_place(run, &owner, &bytes);
	assert_true(owner < count);
	assert_int_equal(asked[owner].addr + bytes, run->steps[step].addr);
}

static void run_steps(struct toy *toy, const struct cmspi_stub *run,
	const struct cmspi_step *asked, unsigned int count)
{
	uint32_t in_room = 0;

	for (unsigned int i = 0; i < run->count; i++) {
		const struct cmspi_step *step = &run->steps[i];

		expect_place(run, i, asked, count);
		if (!(step->flags & CMSPI_STEP_PACKED)) {
			assert_int_equal(step->tx_bytes, step->count);
			toy_program_bytes(toy, step->addr, step->tx, step->count);
			raw_steps++;
			continue;
		}
		if (step->count)
			assert_int_equal(step->count, in_room);
		toy_program_bytes(toy, step->addr, room, step->count);
		in_room = step->tx_bytes ? unpack_unit(run, step->tx, step->tx_bytes) : 0;
	}
	assert_int_equal(in_room, 0);
}

/* A slow link and a work area that has room for blocks of one size or the other. */
// cmspi_stub_image.c's: all is programmed on one line here
enum cmspi_slot cmspi_step_data_slot(const struct cmspi_step *step)
{
	(void)step;
	return CMSPI_SLOT_TX1;
}

static void packing_bus(struct toy *toy, const struct cmspi_step *steps, unsigned int count)
{
	struct cmspi_bus bus = {
		.core_max_khz = 168000,
		.core_min_khz = 168000,
	};
	struct cmspi_stub run = {
		.bus = &bus,
		.steps = steps,
		.count = count,
		.loops = { .cycles = { [CMSPI_SLOT_TX1] = 64 } },
		.in = { .size_bytes = 5000 + 500 * (steps[0].addr % 40) },
	};

	cmspi_stub_compress(toy->compress);
	cmspi_stub_pack(&run);
	if (!toy->compress)
		assert_null(run.packed.raw_steps);
	run_steps(toy, &run, steps, count);
	cmspi_stub_use_raw(&run);
	assert_ptr_equal(run.steps, steps);
}

static void random_sessions_packed_end_like_immediate_erases(void **state)
{
	(void)state;
	const struct toy_kind kind = { .bus = packing_bus };

	run_random_sessions(100000, 1000000, &kind);
	printf("# %u packed blocks, %u steps as they are\n", units, raw_steps);
	assert_true(units && raw_steps);
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, random_sessions_packed_end_like_immediate_erases);
	return cases_run(&cases, "stub packed", argc, argv);
}
