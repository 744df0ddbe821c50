/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Register blocks that are only rows of the MCU's data file: a reset value,
 * a mask of what can be written, ready bits that follow their enable bits.
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
	void (*written)(void *ctx, uint32_t offset);
	void *written_ctx;
};

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

	reg->word = (reg->word & ~mask) | (value << shift & mask);
	follow(reg);
	if (block->written)
		block->written(block->written_ctx, offset & ~3u);
	return SIM_OK;
}

static void block_reset(void *ctx)
{
	struct regs_block *block = ctx;

	for (uint32_t i = 0; i < block->device.size_bytes / 4; i++)
		block->regs[i].word = block->regs[i].reset;
	if (block->written)
		block->written(block->written_ctx, UINT32_MAX);
}

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

	if (rows_check(row, "register block", "name! base! size_bytes! registers power_on_only"
			" kind hsi_hz hse_hz"))
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
