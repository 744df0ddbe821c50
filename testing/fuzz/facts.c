// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Fuzz target of the pure files: from the bytes that a chip answers (ID, status
 * registers, SFDP) to facts, plans and steps. Whatever the bytes are, what comes
 * out must make sense to who takes it.
 *
 * Input: ID (6 bytes), status registers (3), an address and a count (4 each), SFDP.
 */

#include <string.h>

#include "cmspi_address.h"
#include "cmspi_parts.h"
#include "cmspi_plan.h"
#include "cmspi_protect.h"
#include "cmspi_sfdp.h"
#include "fuzz.h"

#define ROWS		64
#define SFDP_MAX_BYTES	4096

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static bool is_power_of_two(uint32_t value)
{
	return value && !(value & (value - 1));
}

static void check_op(const struct cmspi_op *op)
{
	FUZZ_ASSERT(op->addr_bytes <= 4 && op->mode_bytes <= 1);
	FUZZ_ASSERT(op->cmd_lines && op->cmd_lines <= 4);
	FUZZ_ASSERT(op->addr_lines && op->addr_lines <= 4);
	FUZZ_ASSERT(op->data_lines && op->data_lines <= 4);
	FUZZ_ASSERT(op->max_khz);
	// three bits of mode clocks and five of wait clocks
	FUZZ_ASSERT(op->dummy_clocks <= 7 + 31);
}

static void check_step(const struct cmspi_step *step)
{
	check_op(&step->op);
	if (step->flags & CMSPI_STEP_POLL)
		FUZZ_ASSERT(step->timeout_us && step->poll.mask && step->poll.opcode);
}

static void check_reads(const struct cmspi_chip *chip)
{
	FUZZ_ASSERT(cmspi_chip_read_op(chip, 0).opcode);
	for (unsigned int i = 0; i < CMSPI_READS; i++) {
		const struct cmspi_op op = cmspi_chip_read_op(chip, i);

		if (op.opcode)
			check_op(&op);
	}
	for (unsigned int lines = 1; lines <= 4; lines *= 2)
		FUZZ_ASSERT(cmspi_chip_find_read(chip, lines) < CMSPI_READS);
	(void)cmspi_chip_quad_enable(chip);
}

static void check_erase_types(const struct cmspi_chip *chip)
{
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		const struct cmspi_erase_type *type = &chip->erase[i];

		if (!type->size_bytes)
			continue;
		FUZZ_ASSERT(is_power_of_two(type->size_bytes));
		FUZZ_ASSERT(chip->size_bytes % type->size_bytes == 0);
		FUZZ_ASSERT(cmspi_chip_erase_timeout_us(type));
		const struct cmspi_step step = cmspi_chip_step_erase(chip, type, 0);

		check_step(&step);
	}
}

/* A plan covers the range, all of it, nothing else, with aligned commands. */
static void check_plan(const struct cmspi_chip *chip, uint32_t addr, uint32_t count)
{
	struct cmspi_erase_row rows[ROWS];
	const int num_rows = cmspi_plan_erase(chip, addr, count, NULL, rows, ROWS);
	uint64_t at = addr;

	for (int i = 0; i < num_rows; i++) {
		FUZZ_ASSERT(rows[i].addr == at && rows[i].count && rows[i].type);
		FUZZ_ASSERT(cmspi_chip_erase_usable(chip, rows[i].type));
		FUZZ_ASSERT(rows[i].size_bytes && rows[i].size_bytes <= rows[i].type->size_bytes);
		FUZZ_ASSERT(rows[i].size_bytes < rows[i].type->size_bytes ||
			at % rows[i].size_bytes == 0);
		at += (uint64_t)rows[i].count * rows[i].size_bytes;
	}
	FUZZ_ASSERT(num_rows < 0 || at == (uint64_t)addr + count);
	FUZZ_ASSERT(at <= chip->size_bytes || num_rows <= 0);
}

/* Sectors tile the chip, and whole ones can be planned. */
static void check_map(const struct cmspi_chip *chip, uint32_t addr, uint32_t count)
{
	struct cmspi_map map;

	cmspi_map_make(chip, &map);
	FUZZ_ASSERT(map.num_rows && map.num_sectors);
	FUZZ_ASSERT(cmspi_map_is_whole(&map));
	FUZZ_ASSERT(cmspi_map_bytes(&map, 0, map.num_sectors) == chip->size_bytes);
	const unsigned int first = cmspi_map_find(&map, addr);
	const unsigned int last = cmspi_map_find(&map, addr + count);
	const struct cmspi_span sector = cmspi_map_sector(&map, first);

	FUZZ_ASSERT(first <= last && last < map.num_sectors);
	FUZZ_ASSERT(sector.addr <= addr && addr - sector.addr < sector.count);
	check_plan(chip, sector.addr, cmspi_map_bytes(&map, first, last - first + 1));
}

static void check_addressing(const struct cmspi_chip *chip, uint32_t addr, uint32_t count)
{
	enum { MAX_STEPS = 2048 };
	static struct cmspi_step steps[MAX_STEPS];
	static unsigned int origins[MAX_STEPS];
	static uint8_t data[1];
	struct cmspi_address_list list = { steps, origins, MAX_STEPS, 0 };
	struct cmspi_step leave[CMSPI_ADDRESS_LEAVE_STEPS], home[CMSPI_CHIP_HOME_STEPS];
	struct cmspi_step step = cmspi_chip_step_read(chip, CMSPI_STEP_READ, addr, count);
	uint64_t read_bytes = 0;

	check_step(&step);
	step.rx = data;
	if (!cmspi_address_needed(chip, &step, 1))
		return;
	const unsigned int max_steps = cmspi_address_max_steps(chip, &step, 1);

	FUZZ_ASSERT(max_steps <= MAX_STEPS);
	list.max_steps = max_steps;
	FUZZ_ASSERT(cmspi_address_expand(chip, &step, 1, &list));
	FUZZ_ASSERT(list.count && list.count <= max_steps);
	for (unsigned int i = 0; i < list.count; i++)
		if (steps[i].kind == CMSPI_STEP_READ)
			read_bytes += steps[i].count;
	FUZZ_ASSERT(read_bytes == count);
	FUZZ_ASSERT(cmspi_address_leave(chip, leave) <= CMSPI_ADDRESS_LEAVE_STEPS);
	FUZZ_ASSERT(cmspi_chip_steps_home(chip, home) <= CMSPI_CHIP_HOME_STEPS);
}

static void check_protection(const struct cmspi_chip *chip,
	const uint8_t registers[CMSPI_PROTECT_REGISTERS], uint32_t addr, uint32_t count)
{
	const struct cmspi_protect_layout *layout = cmspi_protect_layout(chip);

	if (!layout)
		return;
	const struct cmspi_protection protection =
		cmspi_protect_decode(layout, registers, chip->size_bytes);

	FUZZ_ASSERT((uint64_t)protection.addr + protection.count <= chip->size_bytes);
	if (!protection.count)
		FUZZ_ASSERT(!cmspi_protect_hits(&protection, addr, count));
}

static void check_chip(const struct cmspi_chip *chip)
{
	FUZZ_ASSERT(chip->size_bytes && chip->page_bytes);
	FUZZ_ASSERT(chip->page_bytes <= chip->size_bytes);
	FUZZ_ASSERT(cmspi_chip_page_timeout_us(chip) && cmspi_chip_chip_erase_timeout_us(chip));
	check_reads(chip);
	check_erase_types(chip);
	const struct cmspi_step program = cmspi_chip_step_program(chip, 0, NULL, 0);

	check_step(&program);
	const struct cmspi_step chip_erase = cmspi_chip_step_chip_erase(chip);

	check_step(&chip_erase);
}

/* As a probe does it: SFDP, read again when more of it is needed, then the ID. */
static bool decode(struct fuzz_input *input, struct cmspi_chip *chip)
{
	const struct cmspi_chip bare = *chip;
	struct cmspi_sfdp_report report;
	uint32_t sfdp_bytes = input->size < CMSPI_SFDP_FIRST_BYTES ?
		input->size : CMSPI_SFDP_FIRST_BYTES;
	enum cmspi_sfdp_result result = cmspi_sfdp_decode(input->data, sfdp_bytes, chip,
		&report);

	while (result == CMSPI_SFDP_MORE && report.need_bytes <= SFDP_MAX_BYTES &&
			report.need_bytes <= input->size) {
		FUZZ_ASSERT(report.need_bytes > sfdp_bytes);
		sfdp_bytes = report.need_bytes;
		result = cmspi_sfdp_decode(input->data, sfdp_bytes, chip, &report);
	}
	if (result == CMSPI_SFDP_OK && report.num_queries) {
		*chip = bare;
		result = cmspi_sfdp_decode_configured(input->data, sfdp_bytes,
			input->data[sfdp_bytes - 1], chip, &report);
	}
	// a sector map that cannot be used is told with CMSPI_SFDP_OK, too
	FUZZ_ASSERT(result == CMSPI_SFDP_OK ||
		(result == CMSPI_SFDP_BAD) == (report.why[0] != '\0'));
	FUZZ_ASSERT((result == CMSPI_SFDP_OK) == (chip->size_bytes != 0));
	const struct cmspi_family *family = cmspi_family_of(chip->id);

	if (family && chip->size_bytes)
		cmspi_family_complete(family, chip);
	else if (family)
		cmspi_family_take(family, chip);
	return chip->size_bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };
	uint8_t registers[CMSPI_PROTECT_REGISTERS];
	struct cmspi_chip chip;

	if (size > FUZZ_INPUT_MAX_BYTES)
		return 0;
	cmspi_chip_init(&chip);
	for (unsigned int i = 0; i < sizeof(chip.id); i++)
		chip.id[i] = fuzz_byte(&input);
	for (unsigned int i = 0; i < sizeof(registers); i++)
		registers[i] = fuzz_byte(&input);
	uint32_t addr = fuzz_u32(&input), count = fuzz_u32(&input);

	(void)cmspi_chip_id_is_plausible(chip.id, sizeof(chip.id));
	(void)cmspi_chip_id_is_blank(chip.id, sizeof(chip.id));
	if (!decode(&input, &chip))
		return 0;
	check_chip(&chip);
	check_plan(&chip, addr, count);
	addr %= chip.size_bytes;
	count %= chip.size_bytes - addr;
	check_plan(&chip, addr, count);
	check_map(&chip, addr, count);
	check_addressing(&chip, addr, count);
	check_protection(&chip, registers, addr, count);
	return 0;
}
