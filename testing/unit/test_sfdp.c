// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * cmspi_sfdp.c against real dumps, against the lies that parts tell, and
 * against bytes that mean nothing.
 */

#include "cases.h"
#include "cmspi_map.h"
#include "cmspi_sfdp.h"
#include "sfdp_facts.h"

#ifndef TESTDATA
#define TESTDATA	TOP_SRCDIR "/testing/simboard/data"
#endif

#define SPACE_BYTES	4096
#define BFPT_BYTES	64
#define MIB		(1u << 20)

/** SFDP space of a part: what its dump holds, then FFh. */
struct space {
	uint8_t data[SPACE_BYTES];
	uint32_t dump_bytes;
	struct cmspi_chip chip;
	struct cmspi_sfdp_report report;
};

static void load_dump(struct space *space, const char *name)
{
	char path[512];
	char line[512];
	unsigned int byte;

	snprintf(path, sizeof(path), "%s/sfdp/%s.hex", TESTDATA, name);
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("cannot open %s", path);
	// line 1 is a comment
	assert_non_null(fgets(line, sizeof(line), file));
	memset(space->data, 0xff, sizeof(space->data));
	space->dump_bytes = 0;
	while (fscanf(file, "%x", &byte) == 1) {
		assert_true(space->dump_bytes < SPACE_BYTES);
		space->data[space->dump_bytes++] = byte;
	}
	fclose(file);
}

/** Some dumps are a basic table alone: put a header before it. */
static void add_header(struct space *space)
{
	static const uint8_t header[] = {
		'S', 'F', 'D', 'P', 6, 1, 0, 0xff,
		0, 6, 1, 0, 16, 0, 0, 0xff,
	};

	memmove(space->data + sizeof(header), space->data, SPACE_BYTES - sizeof(header));
	memcpy(space->data, header, sizeof(header));
	space->data[11] = space->dump_bytes / 4;
	if (space->dump_bytes < BFPT_BYTES)
		space->data[9] = 0;
}

static void load_part(struct space *space, const char *name)
{
	load_dump(space, name);
	if (memcmp(space->data, "SFDP", 4))
		add_header(space);
}

static enum cmspi_sfdp_result decode(struct space *space, uint32_t bytes)
{
	cmspi_chip_init(&space->chip);
	return cmspi_sfdp_decode(space->data, bytes, &space->chip, &space->report);
}

static uint32_t bfpt_offset(const struct space *space)
{
	return space->data[12] | space->data[13] << 8;
}

static void put_le32(uint8_t *data, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		data[i] = value >> 8 * i;
}

/** Overwrite DWORD @a number (from 1) of the basic table. */
static void set_dword(struct space *space, unsigned int number, uint32_t value)
{
	put_le32(space->data + bfpt_offset(space) + 4 * (number - 1), value);
}

static uint32_t get_dword(const struct space *space, unsigned int number)
{
	const uint8_t *data = space->data + bfpt_offset(space) + 4 * (number - 1);

	return data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24;
}

// ---- dumps of real parts ----------------------------------------------------

static void check_reads(const struct sfdp_fact *fact, const struct cmspi_chip *chip)
{
	unsigned int at = 2;

	assert_int_equal(chip->reads[0].opcode, 0x03);
	assert_int_equal(chip->reads[0].dummy_clocks, 0);
	assert_int_equal(chip->reads[1].opcode, 0x0b);
	assert_int_equal(chip->reads[1].dummy_clocks, 8);
	for (unsigned int i = 0; i < 6 && fact->reads[i].lines; i++) {
		const struct cmspi_op *op = &chip->reads[at++];
		const unsigned int clocks = fact->reads[i].mode_clocks + fact->reads[i].wait_clocks;
		assert_int_equal(op->cmd_lines * 100 + op->addr_lines * 10 + op->data_lines,
			fact->reads[i].lines);
		assert_int_equal(op->opcode, fact->reads[i].opcode);
		assert_int_equal(op->mode_bytes * 8 / op->addr_lines + op->dummy_clocks, clocks);
		if (op->mode_bytes)
			assert_int_equal(op->mode, 0xff);
		else
			assert_true(!fact->reads[i].mode_clocks || op->addr_lines == 1);
	}
	assert_true(at == CMSPI_READS || !chip->reads[at].opcode);
}

static void check_erases(const struct sfdp_fact *fact, const struct cmspi_chip *chip)
{
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		assert_int_equal(chip->erase[i].size_bytes, fact->erase[i].size_bytes);
		assert_int_equal(chip->erase[i].opcode, fact->erase[i].opcode);
		assert_int_equal(chip->erase[i].opcode_4byte, fact->erase[i].opcode_4byte);
		if (!fact->erase[i].typ_ms)
			continue;
		assert_int_equal(chip->erase[i].typ_ms, fact->erase[i].typ_ms);
		assert_int_equal(chip->erase[i].max_ms, fact->erase[i].max_ms);
	}
}

static void check_times(const struct sfdp_fact *fact, const struct cmspi_chip *chip)
{
	if (!fact->page_bytes)
		return;
	assert_int_equal(chip->page_bytes, fact->page_bytes);
	assert_int_equal(chip->page_from, CMSPI_FROM_SFDP);
	assert_int_equal(chip->page_typ_us, fact->page_typ_us);
	assert_int_equal(chip->page_max_us, fact->page_max_us);
	assert_int_equal(chip->chip_erase_typ_ms, fact->chip_erase_typ_ms);
	assert_int_equal(chip->chip_erase_max_ms, fact->chip_erase_max_ms);
}

static void sfdp_dump_equals_facts(void **state)
{
	const struct sfdp_fact *fact = *state;
	struct space space;

	load_part(&space, fact->dump);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	const struct cmspi_chip *chip = &space.chip;
	assert_string_equal(space.report.why, "");
	assert_int_equal(chip->size_bytes, fact->size_bytes);
	assert_int_equal(chip->size_from, CMSPI_FROM_SFDP);
	assert_int_equal(chip->addr_bytes, fact->addr_bytes == 4 ? 4 : 3);
	assert_int_equal(chip->addr_3_ok, fact->addr_bytes != 4);
	assert_int_equal(chip->addr_4_ok, fact->addr_bytes != 3);
	assert_int_equal(cmspi_chip_addressing(chip), fact->addressing);
	check_erases(fact, chip);
	check_reads(fact, chip);
	check_times(fact, chip);
	assert_int_equal(chip->qer, fact->qer);
	assert_int_equal(chip->dpd_exit_opcode, fact->dpd_exit_opcode);
	assert_int_equal(chip->dpd_exit_delay_us, fact->dpd_exit_delay_us);
	assert_int_equal(chip->poll.opcode, fact->poll_opcode);
	assert_int_equal(chip->soft_reset, fact->soft_reset);
	assert_int_equal(chip->enter_4byte, fact->enter_4byte);
	assert_int_equal(chip->exit_4byte, fact->exit_4byte);
	assert_int_equal(chip->program_4byte, fact->program_4byte);
	assert_int_equal(chip->program_quad_4byte, fact->program_quad_4byte);
}

// Whoever follows need_bytes reads a whole part in two rounds at most
static void sfdp_dump_read_on_demand_decodes(void **state)
{
	const struct sfdp_fact *fact = *state;
	struct space space;
	uint32_t bytes = CMSPI_SFDP_FIRST_BYTES;

	load_part(&space, fact->dump);
	enum cmspi_sfdp_result result = decode(&space, bytes);
	for (unsigned int round = 0; result == CMSPI_SFDP_MORE && round < 2; round++) {
		assert_true(space.report.need_bytes > bytes);
		assert_true(space.report.need_bytes <= SPACE_BYTES);
		bytes = space.report.need_bytes;
		result = decode(&space, bytes);
	}
	assert_int_equal(result, CMSPI_SFDP_OK);
	assert_int_equal(space.chip.size_bytes, fact->size_bytes);
	assert_int_equal(cmspi_chip_addressing(&space.chip), fact->addressing);
}

// ---- header -----------------------------------------------------------------

static void sfdp_wrong_signature_is_absent(void **state)
{
	static const uint8_t firsts[] = { 0x00, 0xff, 0x13 };
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(firsts); i++) {
		load_part(&space, "W25Q64JV-Q");
		space.data[0] = firsts[i];
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_ABSENT);
		assert_int_equal(space.chip.sfdp_minor, -1);
		assert_int_equal(space.chip.size_bytes, 0);
	}
}

static void sfdp_few_bytes_asks_for_first_block(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	for (uint32_t bytes = 0; bytes < 16; bytes++) {
		assert_int_equal(decode(&space, bytes), CMSPI_SFDP_MORE);
		assert_int_equal(space.report.need_bytes, CMSPI_SFDP_FIRST_BYTES);
	}
}

static void sfdp_table_beyond_bytes_asks_for_its_end(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	const uint32_t end = bfpt_offset(&space) + BFPT_BYTES;
	assert_int_equal(decode(&space, end - 1), CMSPI_SFDP_MORE);
	assert_int_equal(space.report.need_bytes, end);
	assert_int_equal(decode(&space, end), CMSPI_SFDP_OK);
}

static void sfdp_4byte_table_beyond_bytes_asks_for_it_above_16_mib_only(void **state)
{
	struct space space;

	(void)state;
	// MX25R6435F, 8 MiB: its 4BAIT at C0h does not matter
	load_part(&space, "MX25R6435F");
	assert_int_equal(decode(&space, 0x80), CMSPI_SFDP_OK);
	load_part(&space, "MT25QU256ABA");
	assert_int_equal(decode(&space, 0x80), CMSPI_SFDP_MORE);
	assert_int_equal(space.report.need_bytes, 0x88);
}

static void sfdp_table_at_the_end_of_the_space_is_asked_for(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	space.data[12] = (CMSPI_SFDP_MAX_BYTES - BFPT_BYTES) & 0xff;
	space.data[13] = (CMSPI_SFDP_MAX_BYTES - BFPT_BYTES) >> 8;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_MORE);
	assert_int_equal(space.report.need_bytes, CMSPI_SFDP_MAX_BYTES);
}

static void sfdp_header_that_ends_where_the_first_table_begins_is_read(void **state)
{
	struct space space;

	(void)state;
	// MT25QU256ABA with its tables moved up: header, two parameter headers, BFPT
	load_part(&space, "MT25QU256ABA");
	memmove(space.data + 24, space.data + bfpt_offset(&space), BFPT_BYTES);
	space.data[12] = 24;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.program_quad_4byte, 0x34);
	// and with one header announced, which ends at the table as well
	space.data[6] = 0;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.program_quad_4byte, 0x34);
}

static void sfdp_resume_opcodes_are_those_of_dwords_12_and_13(void **state)
{
	static const struct {
		const char *dump;
		uint8_t opcode;
	} rows[] = {
		{ "AT25QL128A", 0x7a }, { "BY25Q128AS", 0 }, { "GD25Q32C", 0 }, { "IS25WP064", 0 },
		{ "MT25QL256ABA", 0x7a }, { "MT25QU256ABA", 0x7a }, { "MX25L12845G", 0x30 },
		{ "MX25L25635F", 0 }, { "MX25L25645G", 0x30 }, { "MX25L3233F", 0 },
		{ "MX25R6435F", 0x30 }, { "MX25U51245G", 0x30 }, { "P25Q16H-bfpt", 0 },
		{ "SST26VF064B", 0x30 }, { "W25Q02JV-M", 0x7a }, { "W25Q128JV-Q", 0x7a },
		{ "W25Q16JV-Q", 0x7a }, { "W25Q256FV", 0 }, { "W25Q256JV-Q", 0x7a },
		{ "W25Q64JV-Q", 0x7a }, { "W25Q80BL", 0x7a },
	};
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		load_part(&space, rows[i].dump);
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
		assert_int_equal(space.chip.erase_resume_opcode, rows[i].opcode);
		assert_int_equal(space.chip.program_resume_opcode, rows[i].opcode);
	}
}

static void sfdp_sector_map_of_sst26_tells_where_d8h_erases_what(void **state)
{
	static const uint32_t blocks_kib[] = { 8, 32, 64, 32, 8 };
	struct space space;
	struct cmspi_map map;

	(void)state;
	load_part(&space, "SST26VF064B");
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.report.num_queries, 0);
	cmspi_map_make(&space.chip, &map);
	assert_int_equal(map.num_rows, 5);
	assert_int_equal(map.num_sectors, 2048);
	for (unsigned int i = 0; i < 5; i++) {
		uint32_t largest = 0;

		for (unsigned int j = 0; j < CMSPI_ERASE_TYPES; j++) {
			const uint32_t bytes = cmspi_map_erase_bytes(&space.chip, &map.rows[i],
				&space.chip.erase[j]);

			largest = bytes > largest ? bytes : largest;
		}
		assert_int_equal(map.rows[i].sector_bytes, 4096);
		assert_int_equal(largest, blocks_kib[i] * 1024);
	}
}

static void sfdp_sector_map_beyond_bytes_is_asked_for(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "SST26VF064B");
	assert_int_equal(decode(&space, 256), CMSPI_SFDP_MORE);
	assert_int_equal(space.report.need_bytes, 0x118);
}

static void sfdp_sector_map_that_lies_leaves_one_size_an_opcode(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "SST26VF064B");
	// the last region is 256 bytes too large
	put_le32(space.data + 0x114, 0x000080f3);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_non_null(strstr(space.report.why, "sector map"));
	assert_int_equal(space.chip.num_regions, 0);
	assert_int_equal(space.chip.erase[0].opcode, 0x20);
	assert_int_equal(space.chip.erase[1].size_bytes, 0);
}

static void sfdp_sector_map_with_commands_is_decoded_with_their_answers(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "SST26VF064B");
	// one register asked, then the map, for answer 1
	memmove(space.data + 0x108, space.data + 0x100, 24);
	put_le32(space.data + 0x100, 0x087f65fc);
	put_le32(space.data + 0x104, 4);
	space.data[0x109] = 1;
	// in the header: two DWORDs more
	space.data[0x13] += 2;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.report.num_queries, 1);
	assert_int_equal(space.chip.num_regions, 0);
	assert_int_equal(cmspi_sfdp_decode_configured(space.data, SPACE_BYTES, 1, &space.chip,
		&space.report), CMSPI_SFDP_OK);
	assert_int_equal(space.report.num_queries, 0);
	assert_int_equal(space.chip.num_regions, 5);
	assert_int_equal(cmspi_sfdp_decode_configured(space.data, SPACE_BYTES, 0, &space.chip,
		&space.report), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.num_regions, 0);
	assert_non_null(strstr(space.report.why, "configuration 0"));
}

static void sfdp_unknown_major_revision_is_bad(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	space.data[5] = 2;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_BAD);
	assert_string_equal(space.report.why, "SFDP revision 2.5 is not 1.x");
}

static void sfdp_newer_minor_revision_decodes(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	space.data[4] = 11;
	space.data[9] = 9;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.sfdp_minor, 11);
	assert_int_equal(space.chip.page_typ_us, 704);
}

static void sfdp_header_counts_that_lie_change_nothing(void **state)
{
	static const uint8_t counts[] = { 0, 1, 5, 30, 31, 127, 255 };
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(counts); i++) {
		load_part(&space, "W25Q64JV-Q");
		space.data[6] = counts[i];
		assert_int_equal(decode(&space, CMSPI_SFDP_FIRST_BYTES), CMSPI_SFDP_OK);
		assert_int_equal(space.chip.size_bytes, 8 * MIB);
	}
}

static void sfdp_header_behind_announced_ones_is_found(void **state)
{
	struct space space;

	(void)state;
	// its second header is the 4BAIT's
	load_part(&space, "MT25QU256ABA");
	assert_int_equal(space.data[6], 1);
	space.data[6] = 0;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.program_quad_4byte, 0x34);
}

static void sfdp_header_that_is_table_data_is_not_taken(void **state)
{
	struct space space;

	(void)state;
	// one header, the table right behind it: DWORD 1 and 2 made to look like a
	// 4BAIT header
	load_part(&space, "W25Q256JV-Q");
	memmove(space.data + 16, space.data + bfpt_offset(&space), BFPT_BYTES);
	space.data[6] = 0;
	space.data[12] = 16;
	set_dword(&space, 1, 0x020106e5 | 1 << 17);
	set_dword(&space, 2, 0x0fffffff);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.size_bytes, 32 * MIB);
	assert_int_equal(space.chip.program_4byte, 0x12);
	assert_int_equal(space.chip.program_quad_4byte, 0);
}

static void sfdp_newest_of_several_basic_tables_is_used(void **state)
{
	struct space space;

	(void)state;
	// as S25FS-S: revision 1.0 first, 1.6 behind it; the old one told 4 MiB
	load_part(&space, "MX25L3233F");
	const uint32_t old = bfpt_offset(&space);
	struct space newer;
	load_part(&newer, "W25Q64JV-Q");
	memcpy(space.data + 0x400, newer.data + bfpt_offset(&newer), BFPT_BYTES);
	memcpy(space.data + 16, (const uint8_t[]) { 0, 6, 1, 16, 0, 4, 0, 0xff }, 8);
	space.data[6] = 1;
	assert_true(old >= 24);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.size_bytes, 8 * MIB);
	assert_int_equal(space.chip.page_typ_us, 704);
}

static void sfdp_older_table_behind_the_newest_is_ignored(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	memset(space.data + 0x400, 0, BFPT_BYTES);
	memcpy(space.data + 16, (const uint8_t[]) { 0, 0, 1, 9, 0, 4, 0, 0xff }, 8);
	space.data[6] = 1;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.size_bytes, 8 * MIB);
}

static void sfdp_table_without_sense_of_place_is_bad(void **state)
{
	static const struct {
		const char *what;
		uint8_t dwords;
		uint32_t pointer;
	} rows[] = {
		{ "on top of the header", 16, 0 },
		{ "beyond 64 KiB", 16, 0xfffff0 },
		{ "ends beyond 64 KiB", 16, 0xfff0 },
		{ "too short", 8, 0x80 },
		{ "empty", 0, 0x80 },
	};
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		load_part(&space, "W25Q64JV-Q");
		space.data[11] = rows[i].dwords;
		for (unsigned int byte = 0; byte < 3; byte++)
			space.data[12 + byte] = rows[i].pointer >> 8 * byte;
		if (decode(&space, SPACE_BYTES) != CMSPI_SFDP_BAD)
			fail_msg("table %s: accepted", rows[i].what);
		assert_non_null(strstr(space.report.why, "no basic table"));
	}
}

static void sfdp_bad_leaves_chip_untouched(void **state)
{
	struct space space;
	struct cmspi_chip before;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	set_dword(&space, 2, 0);
	memset(&before, 0x5a, sizeof(before));
	space.chip = before;
	assert_int_equal(cmspi_sfdp_decode(space.data, SPACE_BYTES, &space.chip, &space.report),
		CMSPI_SFDP_BAD);
	assert_memory_equal(&space.chip, &before, sizeof(before));
}

// ---- lies in the basic table ------------------------------------------------

static void sfdp_density_word_gives_size(void **state)
{
	static const struct {
		uint32_t word;
		uint32_t size_bytes;
	} rows[] = {
		{ 0x0007ffff, 64 << 10 },
		{ 0x03ffffff, 8 * MIB },
		{ 0x7fffffff, 256 * MIB },
		{ 0x80000020, 512 * MIB },
		{ 0x80000022, 2048 * MIB },
		{ 0x80000013, 64 << 10 },
		{ 0x0001ffff, 16 << 10 },
		// what follows is none
		{ 0x00000000, 0 }, { 0xffffffff, 0 }, { 0x80000000, 0 }, { 0x80000023, 0 },
		{ 0x8000003f, 0 }, { 0x80000040, 0 }, { 0xfffffffe, 0 }, { 0x04000000, 0 },
		{ 0x0001fffe, 0 }, { 0x0000ffff, 0 }, { 0x000787ff, 0 },
	};
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		load_part(&space, "W25Q64JV-Q");
		set_dword(&space, 2, rows[i].word);
		const enum cmspi_sfdp_result wanted =
			rows[i].size_bytes ? CMSPI_SFDP_OK : CMSPI_SFDP_BAD;
		const enum cmspi_sfdp_result result = decode(&space, SPACE_BYTES);
		if (result != wanted || space.chip.size_bytes != rows[i].size_bytes)
			fail_msg("density 0x%08x: result %d, size %u", rows[i].word, result,
				space.chip.size_bytes);
	}
}

static void sfdp_bad_density_is_named_with_its_word(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	set_dword(&space, 2, 0xffffffff);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_BAD);
	assert_string_equal(space.report.why,
		"density word 0xffffffff is no size of a flash chip");
}

static void sfdp_4byte_claims_of_3byte_part_are_ignored(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q128JV-Q");
	set_dword(&space, 16, 0xffffff80);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.enter_4byte, 0);
	assert_int_equal(space.chip.exit_4byte, 0);
	assert_int_equal(cmspi_chip_addr_bytes(&space.chip), 3);
	assert_int_equal(cmspi_chip_read_op(&space.chip, 0).opcode, 0x03);
}

static void sfdp_large_part_that_claims_3_bytes_only_gets_4(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q256FV");
	set_dword(&space, 1, get_dword(&space, 1) & ~(3u << 17));
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(cmspi_chip_addressing(&space.chip), CMSPI_ADDR_4_MODE);
	assert_int_equal(cmspi_chip_addr_bytes(&space.chip), 4);
}

static void sfdp_part_of_4_bytes_only_gets_4_with_plain_opcodes(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q256JV-Q");
	set_dword(&space, 1, (get_dword(&space, 1) & ~(3u << 17)) | 2u << 17);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.addr_bytes, 4);
	assert_int_equal(cmspi_chip_addressing(&space.chip), CMSPI_ADDR_4_ALWAYS);
	assert_int_equal(cmspi_chip_read_op(&space.chip, 0).opcode, 0x03);
	assert_int_equal(cmspi_chip_read_op(&space.chip, 0).addr_bytes, 4);
}

static void sfdp_empty_4byte_table_is_no_set_of_opcodes(void **state)
{
	static const uint32_t words[] = { 0, 0xffffffff, 0xfff00000 };
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		load_part(&space, "MT25QU256ABA");
		put_le32(space.data + 0x80, words[i]);
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
		assert_int_equal(space.chip.program_4byte, 0);
		assert_int_equal(cmspi_chip_addressing(&space.chip), CMSPI_ADDR_4_MODE);
	}
}

static void sfdp_erase_types_without_sense_are_left_out(void **state)
{
	static const struct {
		const char *what;
		uint32_t dword8;
		uint32_t dword9;
		uint32_t sizes[CMSPI_ERASE_TYPES];
	} rows[] = {
		{ "exponents of 32 and more", 0xd820200c, 0xffff52ff, { 4096 } },
		{ "opcodes 00 and FF", 0x000f200c, 0x0000ff10, { 4096 } },
		{ "larger than the part", 0xd818200c, 0, { 4096 } },
		{ "smaller than a page of any part", 0xd810200c, 0x00002001, { 4096, 65536 } },
		{ "out of order", 0x200cd810, 0x0000520f, { 4096, 32768, 65536 } },
		{ "one opcode, two sizes", 0xd80d200c, 0x0000d810, { 4096 } },
		{ "256-byte pages", 0x520f200c, 0x8108d810, { 256, 4096, 32768, 65536 } },
		{ "none, but DWORD 1 has 20h", 0, 0, { 4096 } },
	};
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		load_part(&space, "W25Q64JV-Q");
		set_dword(&space, 8, rows[i].dword8);
		set_dword(&space, 9, rows[i].dword9);
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
		for (unsigned int type = 0; type < CMSPI_ERASE_TYPES; type++)
			if (space.chip.erase[type].size_bytes != rows[i].sizes[type])
				fail_msg("%s: type %u has %u bytes", rows[i].what, type,
					space.chip.erase[type].size_bytes);
	}
}

static void sfdp_no_erase_type_at_all_is_bad(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	set_dword(&space, 1, get_dword(&space, 1) | 3);
	set_dword(&space, 8, 0);
	set_dword(&space, 9, 0xffffffff);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_BAD);
	assert_string_equal(space.report.why,
		"no usable erase type in DWORDs 8 and 9 (0x00000000 0xffffffff)");
}

static void sfdp_erase_times_stay_with_their_type_when_sorted(void **state)
{
	struct space space;

	(void)state;
	// lists 4, 64, 32 KiB
	load_part(&space, "MT25QU256ABA");
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.erase[1].size_bytes, 32768);
	assert_int_equal(space.chip.erase[1].typ_ms, 112);
	assert_int_equal(space.chip.erase[1].opcode_4byte, 0);
	assert_int_equal(space.chip.erase[2].opcode_4byte, 0xdc);
	assert_false(cmspi_chip_erase_usable(&space.chip, &space.chip.erase[1]));
}

static void sfdp_page_sizes_without_sense_become_256(void **state)
{
	static const struct {
		unsigned int log2_bytes;
		uint32_t page_bytes;
	} rows[] = {
		{ 0, 256 }, { 3, 256 }, { 4, 16 }, { 8, 256 }, { 9, 512 }, { 10, 256 }, { 15, 256 },
	};
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		load_part(&space, "W25Q64JV-Q");
		set_dword(&space, 11, (get_dword(&space, 11) & ~0xf0u) | rows[i].log2_bytes << 4);
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
		assert_int_equal(space.chip.page_bytes, rows[i].page_bytes);
	}
}

static void sfdp_erased_words_of_times_count_as_not_there(void **state)
{
	static const uint32_t words[] = { 0, 0xffffffff };
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		load_part(&space, "W25Q64JV-Q");
		for (unsigned int number = 10; number <= 16; number++)
			set_dword(&space, number, words[i]);
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
		assert_int_equal(space.chip.erase[0].max_ms, 0);
		assert_int_equal(space.chip.page_bytes, 256);
		assert_int_equal(space.chip.page_from, CMSPI_FROM_DEFAULT);
		assert_int_equal(space.chip.times_from, CMSPI_FROM_DEFAULT);
		assert_int_equal(space.chip.qer, CMSPI_QER_UNKNOWN);
		assert_int_equal(space.chip.dpd_exit_opcode, 0);
		assert_int_equal(space.chip.soft_reset, 0);
		assert_int_equal(space.chip.poll.opcode, 0x05);
	}
}

static void sfdp_words_newer_than_the_tables_revision_are_not_read(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	space.data[9] = 0;
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.erase[0].max_ms, 0);
	assert_int_equal(space.chip.qer, CMSPI_QER_UNKNOWN);
}

static void sfdp_longest_times_do_not_overflow(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	set_dword(&space, 10, 0xfffffffe);
	set_dword(&space, 11, 0xffffff8f);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.erase[0].typ_ms, 32000);
	assert_int_equal(space.chip.erase[0].max_ms, 32000 * 30);
	assert_int_equal(space.chip.page_max_us, 32 * 64 * 32);
	assert_int_equal(space.chip.chip_erase_max_ms, 32 * 64000 * 30);
}

static void sfdp_read_that_repeats_an_opcode_is_left_out(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "W25Q64JV-Q");
	// 1-4-4 claims 3Bh, which is 1-1-2
	set_dword(&space, 3, (get_dword(&space, 3) & 0xffff00ff) | 0x3b00);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	for (unsigned int i = 0; i < CMSPI_READS; i++)
		assert_false(space.chip.reads[i].cmd_lines == 1 && space.chip.reads[i].addr_lines == 4);
}

static void sfdp_reads_without_opcode_are_left_out(void **state)
{
	static const uint32_t words[] = { 0, 0xffffffff };
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		load_part(&space, "W25Q64JV-Q");
		set_dword(&space, 1, get_dword(&space, 1) | 0x00700000 | 1 << 16);
		set_dword(&space, 3, words[i]);
		set_dword(&space, 4, words[i]);
		set_dword(&space, 5, 0xffffffff);
		set_dword(&space, 6, words[i]);
		set_dword(&space, 7, words[i]);
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
		assert_int_equal(space.chip.reads[1].opcode, 0x0b);
		assert_int_equal(space.chip.reads[2].opcode, 0);
	}
}

static void sfdp_mode_clocks_become_whole_bytes(void **state)
{
	static const struct {
		unsigned int mode_clocks;
		unsigned int wait_clocks;
		uint8_t mode_bytes;
		uint8_t dummy_clocks;
	} rows[] = {
		// 1-4-4: a byte takes 2 clocks
		{ 0, 6, 0, 6 }, { 2, 4, 1, 4 }, { 1, 9, 1, 8 }, { 1, 0, 0, 1 }, { 7, 31, 1, 36 },
		{ 2, 0, 1, 0 },
	};
	struct space space;

	(void)state;
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		load_part(&space, "GD25LB512ME");
		set_dword(&space, 3, (get_dword(&space, 3) & 0xffffff00) |
			rows[i].mode_clocks << 5 | rows[i].wait_clocks);
		assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
		assert_int_equal(space.chip.reads[3].addr_lines, 4);
		assert_int_equal(space.chip.reads[3].mode_bytes, rows[i].mode_bytes);
		assert_int_equal(space.chip.reads[3].dummy_clocks, rows[i].dummy_clocks);
	}
}

static void sfdp_flag_status_only_polls_70h(void **state)
{
	struct space space;

	(void)state;
	load_part(&space, "MT25QU256ABA");
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.poll.opcode, 0x70);
	assert_int_equal(space.chip.poll.mask, 0x80);
	assert_int_equal(space.chip.poll.ready, 0x80);
	assert_int_equal(space.chip.clear_flags_opcode, 0x50);
	// both ways listed: the common one
	set_dword(&space, 14, get_dword(&space, 14) | 1 << 2);
	assert_int_equal(decode(&space, SPACE_BYTES), CMSPI_SFDP_OK);
	assert_int_equal(space.chip.poll.opcode, 0x05);
}

// ---- bytes that mean nothing ------------------------------------------------

static uint32_t fuzz_state;

// xorshift32, Marsaglia 2003
static uint32_t fuzz_next(void)
{
	fuzz_state ^= fuzz_state << 13;
	fuzz_state ^= fuzz_state >> 17;
	fuzz_state ^= fuzz_state << 5;
	return fuzz_state;
}

/** Whatever the bytes, this holds. */
static void check_sane(enum cmspi_sfdp_result result, const struct cmspi_chip *chip,
	const struct cmspi_sfdp_report *report, uint32_t bytes)
{
	assert_true(result == CMSPI_SFDP_OK || (result == CMSPI_SFDP_BAD) == (report->why[0] != '\0'));
	assert_int_equal(result == CMSPI_SFDP_MORE, report->need_bytes != 0);
	if (result == CMSPI_SFDP_MORE)
		assert_true(report->need_bytes > bytes && report->need_bytes <= 65536);
	if (result != CMSPI_SFDP_OK)
		return;
	assert_true(chip->size_bytes >= 16384);
	assert_true(chip->page_bytes >= 16 && chip->page_bytes <= 512);
	assert_true(chip->erase[0].size_bytes);
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES && chip->erase[i].size_bytes; i++) {
		assert_int_equal(chip->size_bytes % chip->erase[i].size_bytes, 0);
		assert_true(i == 0 || chip->erase[i].size_bytes >= chip->erase[i - 1].size_bytes);
		assert_true(chip->erase[i].max_ms >= chip->erase[i].typ_ms);
		assert_true(cmspi_chip_erase_timeout_us(&chip->erase[i]) >= 800000);
	}
	assert_int_equal(chip->reads[0].opcode, 0x03);
	for (unsigned int i = 0; i < CMSPI_READS && chip->reads[i].opcode; i++)
		assert_true(chip->reads[i].data_lines && chip->reads[i].addr_lines);
	assert_true(cmspi_chip_read_op(chip, 0).opcode);
}

/** A copy of exactly @a bytes, so that a sanitizer sees the first byte beyond. */
static void decode_exactly(const uint8_t *data, uint32_t bytes)
{
	struct cmspi_sfdp_report report;
	struct cmspi_chip chip;
	uint8_t *copy = malloc(bytes ? bytes : 1);

	assert_non_null(copy);
	memcpy(copy, data, bytes);
	cmspi_chip_init(&chip);
	const enum cmspi_sfdp_result result = cmspi_sfdp_decode(copy, bytes, &chip, &report);
	free(copy);
	check_sane(result, &chip, &report, bytes);
}

static void fuzz_seed(void)
{
	const char *seed = getenv("CMSPI_FUZZ_SEED");

	fuzz_state = seed ? strtoul(seed, NULL, 0) : 0x2545f491;
	if (!fuzz_state)
		fuzz_state = 1;
	print_message("# CMSPI_FUZZ_SEED=0x%08x\n", fuzz_state);
}

static void sfdp_random_bytes_do_no_harm(void **state)
{
	uint8_t data[320];

	(void)state;
	fuzz_seed();
	for (unsigned int round = 0; round < 20000; round++) {
		for (unsigned int i = 0; i < sizeof(data); i++)
			data[i] = fuzz_next() >> 11;
		// far enough to be read: signature, revision, a table in reach
		memcpy(data, "SFDP\6\1", 6);
		if (round % 4) {
			memcpy(data + 8, (const uint8_t[]) { 0, 6, 1, 16, 0x40, 0, 0, 0xff }, 8);
			memcpy(data + 16, (const uint8_t[]) { 0x84, 0, 1, 2, 0x90, 0, 0, 0xff }, 8);
		}
		if (round % 2)
			put_le32(data + 0x44, 0x0fffffff);
		decode_exactly(data, fuzz_next() % (sizeof(data) + 1));
	}
}

static void sfdp_dumps_with_flipped_bits_do_no_harm(void **state)
{
	struct space space;
	uint8_t data[1024];

	(void)state;
	fuzz_seed();
	for (unsigned int part = 0; part < sizeof(sfdp_facts) / sizeof(*sfdp_facts); part++) {
		load_part(&space, sfdp_facts[part].dump);
		for (unsigned int round = 0; round < 1000; round++) {
			memcpy(data, space.data, sizeof(data));
			for (unsigned int flips = fuzz_next() % 8; flips; flips--)
				data[fuzz_next() % 320] ^= 1 << fuzz_next() % 8;
			decode_exactly(data, fuzz_next() % (sizeof(data) + 1));
		}
	}
}

static void sfdp_dumps_cut_anywhere_do_no_harm(void **state)
{
	struct space space;

	(void)state;
	for (unsigned int part = 0; part < sizeof(sfdp_facts) / sizeof(*sfdp_facts); part++) {
		load_part(&space, sfdp_facts[part].dump);
		for (uint32_t bytes = 0; bytes <= 700; bytes++)
			decode_exactly(space.data, bytes);
	}
}

int main(int argc, char **argv)
{
	static struct cases cases;

	for (unsigned int i = 0; i < sizeof(sfdp_facts) / sizeof(*sfdp_facts); i++) {
		const struct sfdp_fact *fact = &sfdp_facts[i];
		cases_add(&cases, sfdp_dump_equals_facts, fact,
			"sfdp_dump_of_%s_equals_facts", fact->dump);
		cases_add(&cases, sfdp_dump_read_on_demand_decodes, fact,
			"sfdp_dump_of_%s_read_on_demand_decodes", fact->dump);
	}
	CASES_ADD(&cases, sfdp_wrong_signature_is_absent);
	CASES_ADD(&cases, sfdp_few_bytes_asks_for_first_block);
	CASES_ADD(&cases, sfdp_table_beyond_bytes_asks_for_its_end);
	CASES_ADD(&cases, sfdp_4byte_table_beyond_bytes_asks_for_it_above_16_mib_only);
	CASES_ADD(&cases, sfdp_table_at_the_end_of_the_space_is_asked_for);
	CASES_ADD(&cases, sfdp_header_that_ends_where_the_first_table_begins_is_read);
	CASES_ADD(&cases, sfdp_resume_opcodes_are_those_of_dwords_12_and_13);
	CASES_ADD(&cases, sfdp_sector_map_of_sst26_tells_where_d8h_erases_what);
	CASES_ADD(&cases, sfdp_sector_map_beyond_bytes_is_asked_for);
	CASES_ADD(&cases, sfdp_sector_map_that_lies_leaves_one_size_an_opcode);
	CASES_ADD(&cases, sfdp_sector_map_with_commands_is_decoded_with_their_answers);
	CASES_ADD(&cases, sfdp_unknown_major_revision_is_bad);
	CASES_ADD(&cases, sfdp_newer_minor_revision_decodes);
	CASES_ADD(&cases, sfdp_header_counts_that_lie_change_nothing);
	CASES_ADD(&cases, sfdp_header_behind_announced_ones_is_found);
	CASES_ADD(&cases, sfdp_header_that_is_table_data_is_not_taken);
	CASES_ADD(&cases, sfdp_newest_of_several_basic_tables_is_used);
	CASES_ADD(&cases, sfdp_older_table_behind_the_newest_is_ignored);
	CASES_ADD(&cases, sfdp_table_without_sense_of_place_is_bad);
	CASES_ADD(&cases, sfdp_bad_leaves_chip_untouched);
	CASES_ADD(&cases, sfdp_density_word_gives_size);
	CASES_ADD(&cases, sfdp_bad_density_is_named_with_its_word);
	CASES_ADD(&cases, sfdp_4byte_claims_of_3byte_part_are_ignored);
	CASES_ADD(&cases, sfdp_large_part_that_claims_3_bytes_only_gets_4);
	CASES_ADD(&cases, sfdp_part_of_4_bytes_only_gets_4_with_plain_opcodes);
	CASES_ADD(&cases, sfdp_empty_4byte_table_is_no_set_of_opcodes);
	CASES_ADD(&cases, sfdp_erase_types_without_sense_are_left_out);
	CASES_ADD(&cases, sfdp_no_erase_type_at_all_is_bad);
	CASES_ADD(&cases, sfdp_erase_times_stay_with_their_type_when_sorted);
	CASES_ADD(&cases, sfdp_page_sizes_without_sense_become_256);
	CASES_ADD(&cases, sfdp_erased_words_of_times_count_as_not_there);
	CASES_ADD(&cases, sfdp_words_newer_than_the_tables_revision_are_not_read);
	CASES_ADD(&cases, sfdp_longest_times_do_not_overflow);
	CASES_ADD(&cases, sfdp_read_that_repeats_an_opcode_is_left_out);
	CASES_ADD(&cases, sfdp_reads_without_opcode_are_left_out);
	CASES_ADD(&cases, sfdp_mode_clocks_become_whole_bytes);
	CASES_ADD(&cases, sfdp_flag_status_only_polls_70h);
	CASES_ADD(&cases, sfdp_random_bytes_do_no_harm);
	CASES_ADD(&cases, sfdp_dumps_with_flipped_bits_do_no_harm);
	CASES_ADD(&cases, sfdp_dumps_cut_anywhere_do_no_harm);
	return cases_run(&cases, "sfdp", argc, argv);
}
