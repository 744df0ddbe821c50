// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The user's word on a chip. Opcodes that the wires or the size rule out are
 * refused here, because the chip would not: it would do something else.
 */

#include "cmspi_user.h"
#include "cmspi_parts.h"

#include <stdio.h>
#include <string.h>

#define PAGE_DEFAULT_BYTES	256
#define PAGE_MAX_BYTES		1024

/** The reads that 'cmspi set' may name beside 03h and 13h. Clocks as on all parts
 * that have them after power-up (JESD216, BFPT DWORD 3 and 4, usual values). */
static const struct fast_read {
	uint8_t opcode;
	/** the same with four address bytes */
	uint8_t opcode_4byte;
	uint8_t addr_lines;
	uint8_t data_lines;
	uint8_t mode_bytes;
	uint8_t dummy_clocks;
} fast_reads[] = {
	// opcodes, address and data lines, mode byte, dummy clocks
	{ 0x0b, 0x0c, 1, 1, 0, 8 },
	{ 0x3b, 0x3c, 1, 2, 0, 8 },
	{ 0x6b, 0x6c, 1, 4, 0, 8 },
	{ 0xbb, 0xbc, 2, 2, 1, 0 },
	{ 0xeb, 0xec, 4, 4, 1, 4 },
};

#define FAST_READS	(sizeof(fast_reads) / sizeof(*fast_reads))

static const struct fast_read *find_fast_read(uint8_t opcode)
{
	for (unsigned int i = 0; i < FAST_READS; i++)
		if (fast_reads[i].opcode == opcode || fast_reads[i].opcode_4byte == opcode)
			return &fast_reads[i];
	return NULL;
}

static void check_sizes(const struct cmspi_user_facts *facts, char *why, size_t why_bytes)
{
	const unsigned int size = facts->size_bytes, page = facts->page_bytes;
	const unsigned int sector = facts->sector_bytes;

	if (!size)
		snprintf(why, why_bytes, "a chip of 0 bytes makes no sense");
	else if (page > PAGE_MAX_BYTES || page > size)
		snprintf(why, why_bytes, "a page of %u bytes is not 1 to %d and at most the size, %u",
			page, PAGE_MAX_BYTES, size);
	else if (sector && (sector < page || size % sector))
		snprintf(why, why_bytes, "sectors of %u bytes are not at least a page, %u, and do not "
			"divide the size, %u", sector, page, size);
	else if (!sector != !facts->sector_erase_opcode)
		snprintf(why, why_bytes, "sector size and sector erase opcode go together, not %u and "
			"%02Xh", sector, facts->sector_erase_opcode);
	else if (!sector && !facts->chip_erase_opcode)
		snprintf(why, why_bytes, "a chip without any erase opcode is an EEPROM or FRAM, which "
			"comes with a later release");
}

static void check_fast_read(const struct cmspi_user_facts *facts, bool four_bytes, bool four_lines,
	char *why, size_t why_bytes)
{
	const uint8_t opcode = facts->fast_read_opcode;
	const struct fast_read *read = find_fast_read(opcode);

	if (!opcode)
		return;
	if (!read)
		snprintf(why, why_bytes, "%02Xh is none of the fast reads 0Bh, 3Bh, 6Bh, BBh, EBh, or "
			"0Ch, 3Ch, 6Ch, BCh, ECh with four address bytes", opcode);
	else if ((opcode == read->opcode_4byte) != four_bytes)
		snprintf(why, why_bytes, "fast read %02Xh takes %d address bytes, read %02Xh takes %d",
			opcode, four_bytes ? 3 : 4, facts->read_opcode, four_bytes ? 4 : 3);
	else if (read->data_lines == 4 && !four_lines)
		snprintf(why, why_bytes, "fast read %02Xh needs io2 and io3, which are not wired",
			opcode);
}

static bool is_quad_program(uint8_t opcode)
{
	return opcode == CMSPI_OPCODE_PROGRAM_QUAD || opcode == CMSPI_OPCODE_PROGRAM_QUAD_4BYTE;
}

/** What is read on four lines tells that a page can be sent on them. */
static bool reads_on_four_lines(const struct cmspi_user_facts *facts)
{
	const struct fast_read *read = find_fast_read(facts->fast_read_opcode);

	return read && read->data_lines == 4 && read->addr_lines == 1;
}

static void check_opcodes(const struct cmspi_user_facts *facts, bool four_lines, char *why,
	size_t why_bytes)
{
	const uint8_t read = facts->read_opcode, program = facts->program_opcode;
	const bool four_bytes = read == CMSPI_OPCODE_READ_4BYTE;
	const bool programs_4byte = program == CMSPI_OPCODE_PROGRAM_4BYTE ||
		program == CMSPI_OPCODE_PROGRAM_QUAD_4BYTE;

	if (read != CMSPI_OPCODE_READ && !four_bytes)
		snprintf(why, why_bytes, "read opcode %02Xh is neither 03h nor 13h (the form of I2C "
			"chips comes with a later release)", read);
	else if (!is_quad_program(program) && program != CMSPI_OPCODE_PROGRAM &&
			program != CMSPI_OPCODE_PROGRAM_4BYTE)
		snprintf(why, why_bytes, "program opcode %02Xh is none of 02h, 12h, 32h, 34h", program);
	else if (is_quad_program(program) && !reads_on_four_lines(facts))
		snprintf(why, why_bytes, "program opcode %02Xh needs a fast read that tries the four "
			"lines: say %02Xh and %02Xh, or program by %02Xh", program,
			four_bytes ? 0x6c : 0x6b, program,
			four_bytes ? CMSPI_OPCODE_PROGRAM_4BYTE : CMSPI_OPCODE_PROGRAM);
	else if (four_bytes != programs_4byte)
		snprintf(why, why_bytes, "read %02Xh and program %02Xh take different numbers of "
			"address bytes: say 03h and 02h, or 13h and 12h", read, program);
	else if (four_bytes && facts->size_bytes <= CMSPI_3_BYTE_LIMIT_BYTES)
		snprintf(why, why_bytes, "13h and 12h take four address bytes, %u bytes need three: "
			"say 03h and 02h", (unsigned int)facts->size_bytes);
	else
		check_fast_read(facts, four_bytes, four_lines, why, why_bytes);
}

static void take_program(const struct cmspi_user_facts *facts, struct cmspi_chip *chip)
{
	if (facts->read_opcode == CMSPI_OPCODE_READ_4BYTE)
		chip->program_4byte = CMSPI_OPCODE_PROGRAM_4BYTE;
	if (!is_quad_program(facts->program_opcode))
		return;
	// all parts that have one of these have 02h, too
	chip->program_quad = chip->program;
	chip->program_quad.opcode = CMSPI_OPCODE_PROGRAM_QUAD;
	chip->program_quad.data_lines = 4;
	chip->program_quad_4byte = CMSPI_OPCODE_PROGRAM_QUAD_4BYTE;
}

static void take_opcodes(const struct cmspi_user_facts *facts, struct cmspi_chip *chip)
{
	const bool four_bytes = facts->read_opcode == CMSPI_OPCODE_READ_4BYTE;
	const struct fast_read *read = find_fast_read(facts->fast_read_opcode);

	if (four_bytes)
		chip->reads_4byte[0] = facts->read_opcode;
	take_program(facts, chip);
	chip->chip_erase_opcode = facts->chip_erase_opcode;
	if (!facts->fast_read_opcode || !read)
		return;
	// no faster than plain reads: the user has not told the limit
	chip->reads[1] = (struct cmspi_op) {
		.opcode = read->opcode,
		.addr_bytes = 3,
		.mode_bytes = read->mode_bytes,
		.mode = 0xff,
		.dummy_clocks = read->dummy_clocks,
		.cmd_lines = 1,
		.addr_lines = read->addr_lines,
		.data_lines = read->data_lines,
		.max_khz = chip->reads[0].max_khz,
	};
	chip->reads_4byte[1] = read->opcode_4byte;
	// who says four lines says that they are enabled
	if (read->data_lines == 4)
		chip->qer = CMSPI_QER_NONE;
}

void cmspi_user_chip(const struct cmspi_user_facts *facts, bool four_lines,
	struct cmspi_chip *chip, char *why, size_t why_bytes)
{
	why[0] = '\0';
	check_sizes(facts, why, why_bytes);
	if (!why[0])
		check_opcodes(facts, four_lines, why, why_bytes);
	if (why[0])
		return;
	cmspi_chip_init(chip);
	snprintf(chip->name, sizeof(chip->name), "%s", facts->name);
	chip->size_bytes = facts->size_bytes;
	chip->size_from = CMSPI_FROM_USER;
	chip->page_bytes = facts->page_bytes ? facts->page_bytes : PAGE_DEFAULT_BYTES;
	chip->page_from = CMSPI_FROM_USER;
	take_opcodes(facts, chip);
	if (facts->sector_bytes)
		chip->erase[0] = (struct cmspi_erase_type) {
			.size_bytes = facts->sector_bytes,
			.opcode = facts->sector_erase_opcode,
			.opcode_4byte = chip->program_4byte ? facts->sector_erase_opcode : 0,
		};
	chip->erase_from = CMSPI_FROM_USER;
}

void cmspi_user_line(const uint8_t *id, char *line, size_t line_bytes)
{
	const bool known = cmspi_usual_tells(id[2]);
	const uint32_t size_bytes = known ? cmspi_usual_size(id[2]) : 0;
	const bool large = size_bytes > CMSPI_3_BYTE_LIMIT_BYTES;
	char size[16] = "SIZE";

	if (known)
		snprintf(size, sizeof(size), "0x%x", (unsigned int)size_bytes);
	snprintf(line, line_bytes, "{ID 0x%02x%02x%02x} %s 256 %s 0xc7 0x1000 %s", id[0], id[1],
		id[2], size, large ? "0x13 0x0c 0x12" : "0x03 0x0b 0x02", large ? "0x21" : "0x20");
}
