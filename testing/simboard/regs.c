/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Register blocks that are only rows of the MCU's data file: a reset value,
 * a mask of what can be written, ready bits that follow their enable bits, the
 * clock gate before all of them. Other devices find their own gates here.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core.h"

#define MAX_FOLLOWERS 6

struct follower {
	uint8_t bit;
	uint8_t ready_bit;
};

struct reg {
	uint32_t word;
	uint32_t reset;
	uint32_t writable;
	struct follower followers[MAX_FOLLOWERS];
	unsigned int follower_count;
};

struct regs_block {
	struct sim_device device;
	struct reg *regs; /* one per word of the block */
	uint32_t clock_addr; /* 0: always on */
	unsigned int clock_bit;
	void (*written)(void *ctx, uint32_t offset);
	void *written_ctx;
	struct regs_block *next;
};

static struct regs_block *blocks;
static void (*gates_changed)(void);

/* ---- clock gates ---- */

static const struct reg *find_register(uint32_t addr)
{
	/* a port asks for the same gate again and again */
	static uint32_t last_addr;
	static const struct reg *last;

	if (last && addr == last_addr)
		return last;
	for (const struct regs_block *b = blocks; b; b = b->next) {
		if (addr - b->device.base < b->device.size_bytes) {
			last_addr = addr;
			last = &b->regs[(addr - b->device.base) / 4];
			return last;
		}
	}
	return NULL;
}

bool sim_clock_gate_on(uint32_t addr, unsigned int bit)
{
	const struct reg *reg = find_register(addr);

	return reg && (reg->word >> bit & 1);
}

void sim_gates_watch(void (*changed)(void))
{
	gates_changed = changed;
}

static bool block_is_clocked(const struct regs_block *block)
{
	return !block->clock_addr || sim_clock_gate_on(block->clock_addr, block->clock_bit);
}

/* ---- accesses ---- */

static void follow(struct reg *reg)
{
	for (unsigned int i = 0; i < reg->follower_count; i++) {
		const struct follower *f = &reg->followers[i];
		reg->word &= ~(1u << f->ready_bit);
		reg->word |= (reg->word >> f->bit & 1) << f->ready_bit;
	}
}

static enum sim_access block_read(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t *value)
{
	struct regs_block *block = ctx;

	if (!block_is_clocked(block))
		return SIM_OK;
	*value = block->regs[offset / 4].word >> 8 * (offset & 3);
	if (width_bytes < 4)
		*value &= (1u << 8 * width_bytes) - 1;
	return SIM_OK;
}

static enum sim_access block_write(void *ctx, uint32_t offset, unsigned int width_bytes,
		uint32_t value)
{
	struct regs_block *block = ctx;
	struct reg *reg = &block->regs[offset / 4];
	unsigned int shift = 8 * (offset & 3);
	uint32_t lanes = width_bytes < 4 ? ((1u << 8 * width_bytes) - 1) << shift : 0xFFFFFFFF;
	uint32_t mask = reg->writable & lanes;

	if (!block_is_clocked(block))
		return SIM_OK;
	reg->word = (reg->word & ~mask) | (value << shift & mask);
	follow(reg);
	if (block->written)
		block->written(block->written_ctx, offset & ~3u);
	if (gates_changed)
		gates_changed();
	return SIM_OK;
}

static void block_reset(void *ctx)
{
	struct regs_block *block = ctx;

	for (uint32_t i = 0; i < block->device.size_bytes / 4; i++)
		block->regs[i].word = block->regs[i].reset;
	if (block->written)
		block->written(block->written_ctx, UINT32_MAX);
	if (gates_changed)
		gates_changed();
}

/* ---- rows ---- */

static int add_register(struct regs_block *block, const json_t *row)
{
	uint32_t offset = rows_u32(row, "offset", UINT32_MAX);
	size_t index;
	json_t *pair;

	if (rows_check(row, block->device.name, "name offset! reset writable follow"))
		return -1;
	if (offset % 4 || offset >= block->device.size_bytes) {
		fprintf(stderr, "%s: register %s has no place at 0x%x\n", block->device.name,
			rows_text(row, "name", "?"), offset);
		return -1;
	}
	struct reg *reg = &block->regs[offset / 4];
	reg->reset = rows_u32(row, "reset", 0);
	reg->writable = rows_u32(row, "writable", 0xFFFFFFFF);
	json_array_foreach(json_object_get(row, "follow"), index, pair) {
		if (reg->follower_count == MAX_FOLLOWERS)
			return -1;
		reg->followers[reg->follower_count++] = (struct follower){
			json_integer_value(json_array_get(pair, 0)),
			json_integer_value(json_array_get(pair, 1)),
		};
	}
	return 0;
}

struct regs_block *regs_create(const json_t *row)
{
	size_t index;
	json_t *reg_row;

	if (rows_check(row, "register block", "name! base! size_bytes! registers clock"
			" power_on_only clocks status"))
		return NULL;
	struct regs_block *block = calloc(1, sizeof(*block));
	if (!block)
		return NULL;
	block->device = (struct sim_device){
		.name = rows_text(row, "name", ""),
		.base = rows_u32(row, "base", 0),
		.size_bytes = rows_u32(row, "size_bytes", 0),
		.ctx = block,
		.read = block_read,
		.write = block_write,
		.reset = block_reset,
	};
	const json_t *clock = json_object_get(row, "clock");
	block->clock_addr = rows_u32(clock, "addr", 0);
	block->clock_bit = rows_u32(clock, "bit", 0);
	block->regs = calloc(block->device.size_bytes / 4 + 1, sizeof(*block->regs));
	if (!block->regs)
		return NULL;
	json_array_foreach(json_object_get(row, "registers"), index, reg_row) {
		if (add_register(block, reg_row))
			return NULL;
	}
	if (!json_object_get(row, "registers")) {
		for (uint32_t i = 0; i < block->device.size_bytes / 4; i++)
			block->regs[i].writable = 0xFFFFFFFF;
	}
	block_reset(block);
	/* DBGMCU and the like forget nothing before power goes */
	if (json_is_true(json_object_get(row, "power_on_only")))
		block->device.reset = NULL;
	block->next = blocks;
	blocks = block;
	sim_bus_add(&block->device);
	return block;
}

uint32_t *regs_word(struct regs_block *block, uint32_t offset)
{
	return &block->regs[offset / 4].word;
}

void regs_on_write(struct regs_block *block, void (*written)(void *ctx, uint32_t offset), void *ctx)
{
	block->written = written;
	block->written_ctx = ctx;
}
