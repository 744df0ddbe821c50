// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * A register block with a field that decides which pins belong to the debug
 * port: STM32F1's AFIO with SWJ_CFG. The other registers of the block are kept
 * and read back.
 */

#include <stdio.h>
#include <string.h>

#include "gpio.h"

#define BLOCK_WORDS 16
#define MAX_CLAIMS 8

struct claim {
	char pin[8];
	uint32_t values;           /* mask of the field values that claim the pin */
	enum sim_pull pull;
};

static struct {
	struct sim_device device;
	uint32_t clock_addr;
	unsigned int clock_bit;
	uint32_t words[BLOCK_WORDS];
	unsigned int index;        /* of the word with the field */
	unsigned int shift;
	uint32_t mask;             /* of the field, at bit 0 */
	uint32_t known_values;     /* others have no effect */
	uint32_t reads_as;
	uint32_t value;            /* in effect */
	struct claim claims[MAX_CLAIMS];
	unsigned int num_claims;
} block;

static int claims_apply(void)
{
	for (unsigned int i = 0; i < block.num_claims; i++) {
		const struct claim *claim = &block.claims[i];

		if (gpio_claim(claim->pin, claim->values >> block.value & 1, claim->pull))
			return -1;
	}
	return 0;
}

static enum sim_access claims_read(void *ctx, uint32_t offset, unsigned int width_bytes,
	uint32_t *value)
{
	uint32_t word = 0;

	(void)ctx;
	*value = 0;
	if (!sim_clock_gate_on(block.clock_addr, block.clock_bit))
		return SIM_OK;
	if (offset / 4 < BLOCK_WORDS)
		word = block.words[offset / 4];
	/* the field is write-only: what it reads as is undefined, so the worst */
	if (offset / 4 == block.index)
		word = (word & ~(block.mask << block.shift)) | block.reads_as << block.shift;
	word >>= 8 * (offset & 3);
	*value = width_bytes == 4 ? word : word & ((1U << 8 * width_bytes) - 1);
	return SIM_OK;
}

static enum sim_access claims_write(void *ctx, uint32_t offset, unsigned int width_bytes,
	uint32_t value)
{
	uint32_t field;

	(void)ctx;
	if (!sim_clock_gate_on(block.clock_addr, block.clock_bit) || offset / 4 >= BLOCK_WORDS)
		return SIM_OK;
	if (width_bytes != 4)
		sim_sin("gpio_access_width", "%s written by %u bytes", block.device.name, width_bytes);
	/* an APB bridge copies narrow data to all lanes */
	if (width_bytes == 1)
		value = (value & 0xff) * 0x01010101U;
	else if (width_bytes == 2)
		value = (value & 0xffff) * 0x00010001U;
	block.words[offset / 4] = value;
	field = value >> block.shift & block.mask;
	if (offset / 4 != block.index || !(block.known_values >> field & 1) || field == block.value)
		return SIM_OK;
	block.value = field;
	return claims_apply() ? SIM_FAULT : SIM_OK;
}

static void claims_reset(void *ctx)
{
	(void)ctx;
	memset(block.words, 0, sizeof(block.words));
	block.value = 0;
	claims_apply();
}

static uint32_t value_mask(const json_t *values)
{
	uint32_t mask = 0;
	size_t i;
	json_t *value;

	json_array_foreach(values, i, value)
		mask |= 1U << (json_integer_value(value) & 31);
	return mask;
}

static int claim_parse(const json_t *row)
{
	struct claim *claim = &block.claims[block.num_claims];
	const char *pin, *pull;
	json_t *values;
	json_error_t error;
	int found;

	if (json_unpack_ex((json_t *)row, &error, 0, "{s:s,s:o,s:s!}", "pin", &pin,
			"values", &values, "pull", &pull))
		return gpio_row_error("pin_claims", error.text);
	found = gpio_pull_by_name(pull);
	if (block.num_claims == MAX_CLAIMS || found < 0)
		return gpio_row_error("too many claims, or no such pull", pin);
	snprintf(claim->pin, sizeof(claim->pin), "%s", pin);
	claim->values = value_mask(values);
	claim->pull = found;
	block.num_claims++;
	return 0;
}

int gpio_claims_create(const json_t *row)
{
	json_t *base, *clock_addr, *offset, *known, *claims, *claim;
	int clock_bit, shift, bits, reads_as;
	json_error_t error;
	size_t i;

	if (json_unpack_ex((json_t *)row, &error, 0,
			"{s:o,s:{s:o,s:i!},s:o,s:i,s:i,s:i,s:o,s:o!}", "base", &base,
			"clock", "addr", &clock_addr, "bit", &clock_bit, "offset", &offset,
			"shift", &shift, "bits", &bits, "reads_as", &reads_as, "known_values", &known,
			"claims", &claims))
		return gpio_row_error("pin_claims", error.text);
	memset(&block, 0, sizeof(block));
	block.device.name = "pin claims";
	block.device.base = gpio_row_number(base);
	block.device.size_bytes = 0x400;
	block.device.read = claims_read;
	block.device.write = claims_write;
	block.device.reset = claims_reset;
	block.clock_addr = gpio_row_number(clock_addr);
	block.clock_bit = clock_bit;
	block.index = gpio_row_number(offset) / 4;
	block.shift = shift;
	block.mask = (1U << bits) - 1;
	block.reads_as = reads_as;
	block.known_values = value_mask(known);
	json_array_foreach(claims, i, claim)
		if (claim_parse(claim))
			return -1;
	sim_bus_add(&block.device);
	return claims_apply();
}
