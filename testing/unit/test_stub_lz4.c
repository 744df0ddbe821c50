// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The stub's LZ4 decoder on Unicorn's Cortex-M0, judged by liblz4: it undoes
 * what liblz4 makes, and whatever it is given it stays inside its buffers.
 */

#include "cases.h"

#include <lz4.h>
#include <lz4hc.h>
#include <stdbool.h>
#include <unicorn/unicorn.h>

#include "cmspi_lz4.inc"

#define CODE_ADDR	0x20000000
#define SOURCE_ADDR	0x20010000
#define TARGET_ADDR	0x20030000
#define END_ADDR	0x20000ffe
#define REGION_BYTES	0x20000
#define RAW_MAX_BYTES	16384
#define PACKED_MAX_BYTES	LZ4_COMPRESSBOUND(RAW_MAX_BYTES)
/* No path through the decoder takes more instructions a byte it reads or writes. */
#define MAX_STEPS_PER_BYTE	64

/** A run of the decoder. */
struct machine {
	uc_engine *uc;
	uint32_t source_bytes;
	uint32_t target_bytes;
	/** first access outside both buffers, 0: none */
	uint64_t stray;
};

static struct machine machine;
static uint32_t seed;

/* Own generator (xorshift32, Marsaglia 2003), the same on every machine. */
static uint32_t next_random(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static uint32_t below(uint32_t limit)
{
	return next_random() % limit;
}

static bool within(uint64_t address, uint32_t base, uint32_t bytes, int size)
{
	return address >= base && address + size <= (uint64_t)base + bytes;
}

static void on_access(uc_engine *uc, uc_mem_type type, uint64_t address, int size,
	int64_t value, void *user)
{
	const bool source = within(address, SOURCE_ADDR, machine.source_bytes, size);
	const bool target = within(address, TARGET_ADDR, machine.target_bytes, size);

	(void)value;
	(void)user;
	if (target || (source && type == UC_MEM_READ))
		return;
	if (!machine.stray)
		machine.stray = address;
	uc_emu_stop(uc);
}

static int start_machine(void)
{
	static uc_hook hook;

	if (uc_open(UC_ARCH_ARM, UC_MODE_THUMB, &machine.uc) ||
			uc_ctl_set_cpu_model(machine.uc, UC_CPU_ARM_CORTEX_M0) ||
			uc_mem_map(machine.uc, CODE_ADDR, 0x1000, UC_PROT_ALL) ||
			uc_mem_map(machine.uc, SOURCE_ADDR, REGION_BYTES, UC_PROT_ALL) ||
			uc_mem_map(machine.uc, TARGET_ADDR, REGION_BYTES, UC_PROT_ALL) ||
			uc_mem_write(machine.uc, CODE_ADDR, cmspi_lz4, sizeof(cmspi_lz4)))
		return -1;
	return uc_hook_add(machine.uc, &hook, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, on_access,
		NULL, 1, 0);
}

/* Returns the decoder's verdict; raw receives what it wrote. */
static bool decode(const uint8_t *packed, uint32_t packed_bytes, uint8_t *raw,
	uint32_t raw_bytes)
{
	uint32_t regs[] = { SOURCE_ADDR, TARGET_ADDR, SOURCE_ADDR + packed_bytes,
		TARGET_ADDR + raw_bytes, END_ADDR | 1 };
	static const int names[] = { UC_ARM_REG_R0, UC_ARM_REG_R1, UC_ARM_REG_R2, UC_ARM_REG_R3,
		UC_ARM_REG_LR };
	uint32_t verdict = 0;
	uint32_t pc = 0;

	machine.source_bytes = packed_bytes;
	machine.target_bytes = raw_bytes;
	machine.stray = 0;
	for (unsigned int i = 0; i < 5; i++)
		assert_int_equal(uc_reg_write(machine.uc, names[i], &regs[i]), UC_ERR_OK);
	assert_int_equal(uc_mem_write(machine.uc, SOURCE_ADDR, packed, packed_bytes), UC_ERR_OK);
	assert_int_equal(uc_emu_start(machine.uc, CODE_ADDR | 1, END_ADDR, 0,
		MAX_STEPS_PER_BYTE * (packed_bytes + raw_bytes + 1)), UC_ERR_OK);
	assert_int_equal(machine.stray, 0);
	uc_reg_read(machine.uc, UC_ARM_REG_PC, &pc);
	assert_int_equal(pc & ~1U, END_ADDR);
	uc_reg_read(machine.uc, UC_ARM_REG_R0, &verdict);
	assert_true(verdict <= 1);
	uc_mem_read(machine.uc, TARGET_ADDR, raw, raw_bytes);
	return verdict;
}

/* Data of many kinds: each stretch is noise, one value, or a copy of what was. */
static void make_data(uint8_t *data, uint32_t bytes)
{
	uint32_t at = 0;

	while (at < bytes) {
		const uint32_t kind = below(3);
		const uint32_t longest = below(8) ? 24 : 700;
		const uint32_t rest = bytes - at;
		uint32_t count = 1 + below(longest);
		const uint8_t value = next_random();
		const uint32_t back = at ? 1 + below(at) : 0;

		if (count > rest)
			count = rest;
		for (uint32_t i = 0; i < count; i++, at++)
			data[at] = kind == 0 ? next_random() : kind == 1 || !back ? value
				: data[at - back];
	}
}

/* Either of liblz4's two compressors. */
static uint32_t pack(const uint8_t *raw, uint32_t raw_bytes, uint8_t *packed)
{
	const int packed_bytes = below(2)
		? LZ4_compress_default((const char *)raw, (char *)packed, raw_bytes,
			PACKED_MAX_BYTES)
		: LZ4_compress_HC((const char *)raw, (char *)packed, raw_bytes, PACKED_MAX_BYTES,
			LZ4HC_CLEVEL_MAX);

	assert_true(packed_bytes > 0);
	return packed_bytes;
}

static uint8_t raw[RAW_MAX_BYTES], packed[PACKED_MAX_BYTES], decoded[RAW_MAX_BYTES];

/* sizes from one byte on, then any */
static void what_liblz4_packs_is_unpacked(void **state)
{
	(void)state;
	seed = 1;
	for (uint32_t i = 1; i < 600; i++) {
		const uint32_t raw_bytes = i < 300 ? i : 1 + below(RAW_MAX_BYTES);

		make_data(raw, raw_bytes);
		const uint32_t packed_bytes = pack(raw, raw_bytes, packed);

		if (!decode(packed, packed_bytes, decoded, raw_bytes) ||
				memcmp(raw, decoded, raw_bytes))
			fail_msg("block %u of %u bytes (seed 1)", i, raw_bytes);
	}
}

static void a_run_longer_than_any_length_byte_is_unpacked(void **state)
{
	(void)state;
	memset(raw, 0xa5, sizeof(raw));
	const uint32_t packed_bytes = pack(raw, sizeof(raw), packed);

	assert_true(packed_bytes < 100);
	assert_true(decode(packed, packed_bytes, decoded, sizeof(raw)));
	assert_memory_equal(raw, decoded, sizeof(raw));
}

/* Where both take a block, both give the same bytes; ours never strays. */
static void judge(uint32_t packed_bytes, uint32_t raw_bytes)
{
	const int judged = LZ4_decompress_safe((const char *)packed, (char *)raw, packed_bytes,
		raw_bytes);

	if (decode(packed, packed_bytes, decoded, raw_bytes) && judged == (int)raw_bytes)
		assert_memory_equal(raw, decoded, raw_bytes);
}

static void hostile_blocks_stay_inside(void **state)
{
	(void)state;
	seed = 2;
	for (uint32_t i = 0; i < 3000; i++) {
		const uint32_t raw_bytes = 1 + below(i % 10 ? 300 : 4096);
		uint32_t packed_bytes;

		make_data(raw, raw_bytes);
		packed_bytes = pack(raw, raw_bytes, packed);
		for (uint32_t flips = below(4); flips; flips--)
			packed[below(packed_bytes)] ^= 1 << below(8);
		if (!below(3))
			packed_bytes = below(packed_bytes) + 1;
		judge(packed_bytes, below(3) ? raw_bytes : 1 + below(RAW_MAX_BYTES));
	}
}

static void noise_stays_inside(void **state)
{
	(void)state;
	seed = 3;
	for (uint32_t i = 0; i < 5000; i++) {
		const uint32_t packed_bytes = 1 + below(64);

		for (uint32_t j = 0; j < packed_bytes; j++)
			packed[j] = below(4) ? next_random() : 0xff;
		judge(packed_bytes, 1 + below(600));
	}
}

struct bad_block {
	const char *name;
	uint32_t packed_bytes;
	uint8_t packed[8];
};

// each is to fill 8 bytes
static const struct bad_block bad_blocks[] = {
	{ "no bytes", 0, { 0 } },
	{ "literals beyond the block", 3, { 0x80, 1, 2 } },
	{ "literals beyond the target", 8, { 0xf0, 0, 1, 2, 3, 4, 5, 6 } },
	{ "length cut off", 2, { 0xf0, 0xff } },
	{ "distance cut off", 3, { 0x10, 1, 1 } },
	{ "distance 0", 8, { 0x10, 1, 0, 0, 0x30, 1, 2, 3 } },
	{ "match before the target", 8, { 0x10, 1, 2, 0, 0x30, 1, 2, 3 } },
	{ "match beyond the target", 4, { 0x14, 1, 1, 0 } },
	{ "block ends early", 5, { 0x40, 1, 2, 3, 4 } },
	{ "block goes on after a match", 4, { 0x13, 1, 1, 0 } },
};

static void refuse(void **state)
{
	const struct bad_block *bad = *state;

	assert_false(decode(bad->packed, bad->packed_bytes, decoded, 8));
}

int main(int argc, char **argv)
{
	static struct cases cases;

	CASES_ADD(&cases, what_liblz4_packs_is_unpacked);
	CASES_ADD(&cases, a_run_longer_than_any_length_byte_is_unpacked);
	CASES_ADD(&cases, hostile_blocks_stay_inside);
	CASES_ADD(&cases, noise_stays_inside);
	for (unsigned int i = 0; i < sizeof(bad_blocks) / sizeof(bad_blocks[0]); i++)
		cases_add(&cases, refuse, &bad_blocks[i], "refused: %s", bad_blocks[i].name);
	if (start_machine())
		return 1;
	const int failed = cases_run(&cases, "lz4", argc, argv);

	uc_close(machine.uc);
	return failed;
}
