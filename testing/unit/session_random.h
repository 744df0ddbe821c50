/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Random sessions on the chip of session_toy.h, against a chip that erases at once:
 * erases, writes, looks, failures and power cuts, with overwriting and compression on
 * and off. Prints its seed; a case that fails is made as short as it can be and printed.
 *
 *	CMSPI_SEED=n CMSPI_OPERATIONS=n CMSPI_LONG=1 test_...
 */

#ifndef CMSPI_SESSION_RANDOM_H
#define CMSPI_SESSION_RANDOM_H

#include "session_toy.h"

#define CASE_OPERATIONS	100
#define TRIES		4

enum kind {
	BEGIN,
	END,
	ERASE,
	WRITE,
	LOOK,
	/** erase and write a range in a session of its own, as an image */
	IMAGE,
	/** the same, but the power fails; then once more */
	CUT,
	KINDS,
};

static const char * const kind_names[] = {
	"begin", "end", "erase", "write", "look", "image", "cut",
};

enum fill {
	/** bytes at random */
	NOISE,
	/** what the chip holds */
	THERE,
	/** that, but for one byte */
	NEARLY,
	/** FFh but for some */
	SPARSE,
	/** what the chip holds, with some bits cleared */
	CLEARED,
	/** the same again and again */
	PHRASES,
	FILLS,
};

struct operation {
	enum kind kind;
	uint32_t addr;
	uint32_t count;
	enum fill fill;
	uint32_t seed;
	/** the first try fails at this call of io, PASS: it does not */
	int fail_in;
	/** 'cmspi overwrite' is on */
	bool overwrite;
	/** 'cmspi compress' is on */
	bool compress;
};

/** What the cases are run on. */
struct toy_kind {
	/** small sectors only in the first half */
	bool mixed;
	/** runs the steps of what is programmed, NULL: nobody */
	toy_bus *bus;
};

/** What there is in a case. */
struct world {
	struct toy *toy;
	/** the chip that erases at once */
	uint8_t truth[TOY_BYTES];
	unsigned int depth;
	/** data of the operation in hand */
	uint8_t data[TOY_BYTES];
};

/* Marsaglia, Xorshift RNGs, 2003. */
static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static struct operation random_operation(uint32_t *state)
{
	struct operation op = {
		.kind = next(state) % KINDS,
		.addr = next(state) % TOY_BYTES,
		.fill = next(state) % FILLS,
		.seed = next(state) | 1,
		.fail_in = next(state) % 4 ? PASS : (int)(next(state) % 6),
		.overwrite = next(state) % 2,
		.compress = next(state) % 4,
	};

	op.count = 1 + next(state) % (next(state) % 2 ? 2 * TOY_SECTOR : TOY_BYTES);
	if (op.count > TOY_BYTES - op.addr)
		op.count = TOY_BYTES - op.addr;
	return op;
}

static void fill(struct world *world, const struct operation *op)
{
	uint32_t state = op->seed;

	memcpy(world->data, world->truth + op->addr, op->count);
	for (uint32_t i = 0; i < op->count; i++) {
		if (op->fill == NOISE)
			world->data[i] = next(&state);
		else if (op->fill == SPARSE)
			world->data[i] = next(&state) % 8 ? 0xff : next(&state);
		else if (op->fill == CLEARED && !(next(&state) % 8))
			world->data[i] &= next(&state);
		else if (op->fill == PHRASES)
			world->data[i] = i % (3 + op->seed % 50);
	}
	if (op->fill == NEARLY)
		world->data[next(&state) % op->count] ^= 1 << next(&state) % 8;
}

static unsigned int first_sector(const struct world *world, const struct operation *op)
{
	return cmspi_map_find(&world->toy->pending.map, op->addr);
}

static unsigned int last_sector(const struct world *world, const struct operation *op)
{
	return cmspi_map_find(&world->toy->pending.map, op->addr + op->count - 1);
}

static void truth_erase(struct world *world, const struct operation *op)
{
	const struct cmspi_map *map = &world->toy->pending.map;
	const unsigned int first = first_sector(world, op);

	memset(world->truth + cmspi_map_sector(map, first).addr, 0xff,
		cmspi_map_bytes(map, first, last_sector(world, op) + 1 - first));
}

static void truth_write(struct world *world, const struct operation *op)
{
	for (uint32_t i = 0; i < op->count; i++)
		world->truth[op->addr + i] &= world->data[i];
}

/* One try, by the rules of cmspi_session.c. */
static int try_once(struct world *world, const struct operation *op)
{
	struct cmspi_pending *pending = &world->toy->pending;
	int error = 0;

	switch (op->kind) {
	case BEGIN:
		return 0;
	case END:
	case LOOK:
		return cmspi_pending_settle(pending);
	case ERASE:
	case IMAGE:
	case CUT:
		cmspi_pending_add(pending, first_sector(world, op), last_sector(world, op));
		if (op->kind == ERASE)
			return world->depth ? 0 : cmspi_pending_settle(pending);
		error = cmspi_pending_write(pending, world->data, op->addr, op->count);
		return !error && !world->depth ? cmspi_pending_settle(pending) : error;
	default:
		return cmspi_pending_write(pending, world->data, op->addr, op->count);
	}
}

/* Whatever is not pending is as it should be, and what is pending should be blank. */
static bool agrees(const struct world *world)
{
	const struct cmspi_map *map = &world->toy->pending.map;

	for (unsigned int i = 0; i < map->num_sectors; i++) {
		const struct cmspi_span sector = cmspi_map_sector(map, i);
		const uint8_t *truth = world->truth + sector.addr;

		if (world->toy->pending.states[i] ? !cmspi_plan_is_blank(truth, sector.count) :
				memcmp(truth, world->toy->memory + sector.addr, sector.count))
			return false;
	}
	return !world->toy->sin;
}

/* The power fails in the middle: sectors outside of the image, and those that were
 * right already, are untouched. What was pending is forgotten. */
static bool survives_cut(struct world *world, const struct operation *op, const uint8_t *before)
{
	(void)try_once(world, op);
	world->toy->fail_in = PASS;
	world->toy->break_off = false;
	cmspi_pending_drop(&world->toy->pending);
	for (unsigned int i = 0; i < world->toy->pending.map.num_sectors; i++) {
		const struct cmspi_span sector = cmspi_map_sector(&world->toy->pending.map, i);
		const uint8_t *was = before + sector.addr;
		const bool outside = i < first_sector(world, op) || i > last_sector(world, op);

		if ((outside || !memcmp(was, world->truth + sector.addr, sector.count)) &&
				memcmp(was, world->toy->memory + sector.addr, sector.count))
			return false;
	}
	return true;
}

/** @returns false: something is wrong afterwards */
static bool run_operation(struct world *world, const struct operation *op)
{
	struct toy *toy = world->toy;
	uint8_t before[TOY_BYTES];

	fill(world, op);
	if (op->kind == BEGIN)
		world->depth++;
	if (op->kind == END && world->depth)
		world->depth--;
	// a cut loses what is pending: nothing is, before
	if (op->kind == CUT && cmspi_pending_settle(&toy->pending))
		return false;
	memcpy(before, toy->memory, sizeof(before));
	if (op->kind == ERASE || op->kind == IMAGE || op->kind == CUT)
		truth_erase(world, op);
	if (op->kind == WRITE || op->kind == IMAGE || op->kind == CUT)
		truth_write(world, op);
	toy->fail_in = op->fail_in;
	toy->pending.overwrite = op->overwrite;
	toy->compress = op->compress;
	toy->break_off = op->kind == CUT;
	if (op->kind == CUT && !survives_cut(world, op, before))
		return false;
	int error = TOY_ERROR;

	for (unsigned int i = 0; i < TRIES && error; i++)
		error = try_once(world, op);
	toy->fail_in = PASS;
	return !error && agrees(world) && (op->kind != LOOK || !toy->pending.count);
}

/** @returns number of operations up to the one that went wrong, 0: none did */
static unsigned int run_case(const struct operation *ops, unsigned int count,
	const struct toy_kind *kind)
{
	struct world world = { .toy = kind->mixed ? toy_new_mixed() : toy_new() };
	unsigned int wrong = 0;

	world.toy->bus = kind->bus;
	for (unsigned int i = 0; i < TOY_BYTES; i++) {
		world.truth[i] = i / TOY_SECTOR * 37;
		world.toy->memory[i] = world.truth[i];
	}
	for (unsigned int i = 0; i < count && !wrong; i++)
		if (!run_operation(&world, &ops[i]))
			wrong = i + 1;
	toy_free(world.toy);
	return wrong;
}

/* Leave out, one after the other, what the failure does not need. */
static unsigned int shrink(struct operation *ops, unsigned int count,
	const struct toy_kind *kind)
{
	for (unsigned int i = count; i--; ) {
		const struct operation left_out = ops[i];

		memmove(ops + i, ops + i + 1, (count - i - 1) * sizeof(*ops));
		const unsigned int wrong = run_case(ops, count - 1, kind);

		if (wrong) {
			count = wrong;
			if (i > count)
				i = count;
			continue;
		}
		memmove(ops + i + 1, ops + i, (count - i - 1) * sizeof(*ops));
		ops[i] = left_out;
	}
	return count;
}

static void print_case(const struct operation *ops, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		fprintf(stderr, "# %-5s 0x%02x, %u bytes, fill %d, seed 0x%08x, fails at %d%s%s\n",
			kind_names[ops[i].kind], (unsigned int)ops[i].addr, (unsigned int)ops[i].count,
			ops[i].fill, (unsigned int)ops[i].seed, ops[i].fail_in,
			ops[i].overwrite ? ", overwrites" : "",
			ops[i].compress ? ", compresses" : "");
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 0) : otherwise;
}

/** @param usual, many operations; the latter with CMSPI_LONG=1 */
static void run_random_sessions(unsigned long usual, unsigned long many,
	const struct toy_kind *kind)
{
	const unsigned long seed = setting("CMSPI_SEED", 1);
	const unsigned long total = setting("CMSPI_OPERATIONS",
		setting("CMSPI_LONG", 0) ? many : usual);
	uint32_t random = seed * 2654435761u | 1;

	printf("# CMSPI_SEED=%lu, %lu operations\n", seed, total);
	for (unsigned long done = 0; done < total; done += CASE_OPERATIONS) {
		struct operation ops[CASE_OPERATIONS];

		for (unsigned int i = 0; i < CASE_OPERATIONS; i++)
			ops[i] = random_operation(&random);
		unsigned int wrong = run_case(ops, CASE_OPERATIONS, kind);

		if (!wrong)
			continue;
		wrong = shrink(ops, wrong, kind);
		print_case(ops, wrong);
		fail_msg("seed %lu, case %lu, %u operations", seed, done / CASE_OPERATIONS, wrong);
	}
}

#endif /* CMSPI_SESSION_RANDOM_H */
