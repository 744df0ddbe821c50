// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Sends what is to be programmed as LZ4 blocks where that is faster: decides
 * block by block, and rewrites the list of steps. The stub unpacks the next
 * block while the chip programs the last page of the one before.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_stub.h"
#include <jtag/adapter.h>
#ifdef HAVE_LIBLZ4
#include <lz4hc.h>
#endif

/* A block is unpacked on its own, so a large one packs better; the stub's room
 * for it is as large. */
#define BLOCK_MAX_BYTES		8192
#define BLOCK_MIN_BYTES		1024
/* Less than this is not worth the larger stub. */
#define WORTH_BYTES		(4 * BLOCK_MIN_BYTES)
/* A unit begins with where to, bytes there, bytes of the block. */
#define UNIT_HEAD_BYTES		12
/* What the larger core and the decoder take away from the rings. */
#define CODE_BYTES		768
/* Cortex-M0 cycles a byte of cmspi_lz4.S on data that pack well. */
#define UNPACK_CYCLES		12
/* Cycles around a page, see doc/speed.md. */
#define PAGE_CYCLES		800

#ifdef HAVE_LIBLZ4
static bool compressing = true;

void cmspi_stub_compress(bool on)
{
	compressing = on;
}

bool cmspi_stub_compresses(void)
{
	return compressing;
}

bool cmspi_stub_can_compress(void)
{
	return true;
}

static int compress(const uint8_t *raw, uint32_t raw_bytes, uint8_t *block, int room_bytes)
{
	return LZ4_compress_HC((const char *)raw, (char *)block, raw_bytes, room_bytes,
		LZ4HC_CLEVEL_DEFAULT);
}
#else
void cmspi_stub_compress(bool on)
{
}

bool cmspi_stub_compresses(void)
{
	return false;
}

bool cmspi_stub_can_compress(void)
{
	return false;
}

static int compress(const uint8_t *raw, uint32_t raw_bytes, uint8_t *block, int room_bytes)
{
	return 0;
}
#endif

/* What a block of a step costs, in nanoseconds. */
struct rates {
	/* the debug link, a byte */
	uint64_t link_ns;
	/* the core, a byte sent to the chip, a byte unpacked, and around a page */
	uint64_t send_ns;
	uint64_t unpack_ns;
	uint64_t page_ns;
	/* the chip, a page */
	uint64_t wait_ns;
	uint32_t page_bytes;
};

static struct rates rates_of(const struct cmspi_stub *run, const struct cmspi_step *step)
{
	const uint32_t core_khz = run->bus->core_max_khz;

	return (struct rates){
		.link_ns = UINT64_C(1000000) * CMSPI_SWD_CLOCKS / 4 / adapter_get_speed_khz(),
		.send_ns = UINT64_C(1000000) * run->loops.cycles[cmspi_step_data_slot(step)] / core_khz,
		.unpack_ns = UINT64_C(1000000) * UNPACK_CYCLES / core_khz,
		.page_ns = UINT64_C(1000000) * PAGE_CYCLES / core_khz,
		// SFDP rounds up: the W25Q64JV says 0.7 ms, its data sheet 0.4
		.wait_ns = UINT64_C(1000) * step->usual_us / 2,
		.page_bytes = step->page_bytes,
	};
}

/* The slower one of the link and the core with its chip sets the pace. */
static bool pays(const struct rates *rates, uint32_t raw_bytes, uint32_t sent_bytes)
{
	const uint64_t pages = DIV_ROUND_UP(raw_bytes, rates->page_bytes);
	const uint64_t chip_ns = raw_bytes * rates->send_ns +
		pages * (rates->page_ns + rates->wait_ns);
	const uint64_t unpack_ns = raw_bytes * rates->unpack_ns;
	// while the chip is busy unpacking costs nothing
	const uint64_t shown_ns = unpack_ns > rates->wait_ns ? unpack_ns - rates->wait_ns : 0;
	const uint64_t raw_ns = MAX(raw_bytes * rates->link_ns, chip_ns);
	const uint64_t packed_ns = MAX(sent_bytes * rates->link_ns, chip_ns + shown_ns);

	return packed_ns < raw_ns;
}

/* ---- the steps ----------------------------------------------------------- */

/* One LZ4 block as ring unit; 0: it does not shrink by an eighth. */
static uint32_t put_packed(const uint8_t *raw, uint32_t raw_bytes, uint8_t *unit)
{
	const int room_bytes = raw_bytes - raw_bytes / 8 - UNIT_HEAD_BYTES;
	const int packed_bytes = room_bytes <= 0 ? 0 :
		compress(raw, raw_bytes, unit + UNIT_HEAD_BYTES, room_bytes);

	if (packed_bytes <= 0)
		return 0;
	// the address of the room follows when the work area is known
	h_u32_to_le(unit + 4, raw_bytes);
	h_u32_to_le(unit + 8, packed_bytes);
	return cmspi_round_up_word(UNIT_HEAD_BYTES + packed_bytes);
}

static struct cmspi_step *append(struct cmspi_stub_packed *packed, unsigned int owner,
	const struct cmspi_step *step)
{
	packed->owners[packed->count] = owner;
	packed->steps[packed->count] = *step;
	return &packed->steps[packed->count++];
}

/* Part of a PROGRAM step. */
static struct cmspi_step part_of(const struct cmspi_step *step, uint32_t done, uint32_t bytes)
{
	struct cmspi_step part = *step;

	part.addr += done;
	part.count = bytes;
	part.tx += done;
	part.tx_bytes = bytes;
	return part;
}

static struct cmspi_step packed_part_of(const struct cmspi_step *step, uint32_t done,
	uint32_t bytes)
{
	struct cmspi_step part = part_of(step, done, bytes);

	part.flags |= CMSPI_STEP_PACKED;
	part.tx = NULL;
	part.tx_bytes = 0;
	return part;
}

/* A chain of blocks that pay: each is sent with the step before it, the first
 * with one that programs nothing. What does not pay goes as it is. */
static void split(struct cmspi_stub *run, struct cmspi_stub_packed *packed, unsigned int owner)
{
	const struct cmspi_step *step = &run->steps[owner];
	const struct rates rates = rates_of(run, step);
	struct cmspi_step *before = NULL;
	uint32_t raw_from = 0;
	uint32_t bytes;

	for (uint32_t done = 0; done < step->count; done += bytes) {
		bytes = MIN(packed->block_bytes - (step->addr + done) % packed->block_bytes,
			step->count - done);
		uint8_t *unit = packed->units + packed->used_bytes;
		const uint32_t sent_bytes = put_packed(step->tx + done, bytes, unit);

		if (!sent_bytes || !pays(&rates, bytes, sent_bytes + CMSPI_STEP_BYTES)) {
			before = NULL;
			continue;
		}
		struct cmspi_step part = part_of(step, raw_from, done - raw_from);

		if (part.count)
			append(packed, owner, &part);
		if (!before) {
			part = packed_part_of(step, done, 0);
			before = append(packed, owner, &part);
		}
		before->tx = unit;
		before->tx_bytes = sent_bytes;
		packed->used_bytes += sent_bytes;
		packed->unit_bytes = MAX(packed->unit_bytes, sent_bytes);
		part = packed_part_of(step, done, bytes);
		before = append(packed, owner, &part);
		raw_from = done + bytes;
	}
	const struct cmspi_step rest = part_of(step, raw_from, step->count - raw_from);

	if (rest.count)
		append(packed, owner, &rest);
}

/* ---- whether, and in what blocks ----------------------------------------- */

/* Not words one by one: unpacking one block while another is sent takes the chip's
 * pauses, and theirs are too short. */
static bool can_be_packed(const struct cmspi_step *step, uint32_t block_bytes)
{
	return step->kind == CMSPI_STEP_PROGRAM && !(step->flags & CMSPI_STEP_RUNNING) &&
		step->op.addr_lines == step->op.cmd_lines && step->page_bytes <= block_bytes &&
		block_bytes % step->page_bytes == 0;
}

/* The largest block that has room twice in the ring and once beside it, and that
 * is unpacked while a page is programmed. */
static uint32_t choose_block(const struct cmspi_stub *run, uint32_t wait_us)
{
	const uint32_t rings_bytes = run->in.size_bytes + run->out.size_bytes;
	uint32_t block_bytes = BLOCK_MAX_BYTES;

	while (block_bytes > BLOCK_MIN_BYTES && (CODE_BYTES + 3 * block_bytes > rings_bytes ||
			(uint64_t)block_bytes * UNPACK_CYCLES * 1000 >
				(uint64_t)wait_us * run->bus->core_max_khz))
		block_bytes /= 2;
	return CODE_BYTES + 3 * block_bytes > rings_bytes ? 0 : block_bytes;
}

/* Bytes to program in a batch that can be packed at all; 0: none. */
static uint32_t bytes_to_pack(const struct cmspi_stub *run, uint32_t *wait_us)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < run->count; i++) {
		const struct cmspi_step *step = &run->steps[i];

		if (cmspi_step_has_results(step))
			return 0;
		if (step->kind == CMSPI_STEP_PROGRAM) {
			bytes += step->count;
			*wait_us = step->usual_us / 2;
		}
	}
	return MIN(bytes, UINT32_MAX);
}

static bool allocate(struct cmspi_stub *run, struct cmspi_stub_packed *packed, uint32_t bytes)
{
	// each block makes two steps at most; each step begins and ends with a part of one
	const unsigned int steps = run->count * 4 + 2 * (bytes / packed->block_bytes);

	packed->steps = calloc(steps, sizeof(*packed->steps));
	packed->owners = calloc(steps + 1, sizeof(*packed->owners));
	packed->units = malloc(bytes + BLOCK_MAX_BYTES);
	return packed->steps && packed->owners && packed->units;
}

void cmspi_stub_pack(struct cmspi_stub *run)
{
	struct cmspi_stub_packed *packed = &run->packed;
	uint32_t wait_us = 0;
	const uint32_t bytes = bytes_to_pack(run, &wait_us);

	// the core for one data pin has no unpacking
	if (run->bus->stores.one_data_pin)
		return;
	if (!cmspi_stub_compresses() || bytes < WORTH_BYTES || !adapter_get_speed_khz())
		return;
	packed->block_bytes = choose_block(run, wait_us);
	// without memory for it things go on unpacked
	if (!packed->block_bytes || !allocate(run, packed, bytes))
		return;
	for (unsigned int i = 0; i < run->count; i++) {
		if (can_be_packed(&run->steps[i], packed->block_bytes))
			split(run, packed, i);
		else
			append(packed, i, &run->steps[i]);
	}
	packed->owners[packed->count] = run->count;
	if (!packed->used_bytes)
		return;
	packed->raw_steps = run->steps;
	packed->raw_count = run->count;
	run->steps = packed->steps;
	run->count = packed->count;
}

void cmspi_stub_use_raw(struct cmspi_stub *run)
{
	struct cmspi_stub_packed *packed = &run->packed;

	if (packed->raw_steps) {
		run->steps = packed->raw_steps;
		run->count = packed->raw_count;
	}
	free(packed->steps);
	free(packed->owners);
	free(packed->units);
	*packed = (struct cmspi_stub_packed){ .steps = NULL };
}

void cmspi_stub_place(const struct cmspi_stub *run, unsigned int *step, uint32_t *bytes)
{
	const struct cmspi_stub_packed *packed = &run->packed;

	if (!packed->raw_steps || *step > run->count) {
		*step += run->done_before;
		return;
	}
	const unsigned int owner = packed->owners[*step];

	if (*step < run->count && run->steps[*step].kind == CMSPI_STEP_PROGRAM)
		*bytes = run->steps[*step].addr - packed->raw_steps[owner].addr +
			(run->steps[*step].flags & CMSPI_STEP_PACKED ? 0 : *bytes);
	*step = owner + run->done_before;
}
