// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Parts that have no 9Fh, by the older commands ABh (electronic signature), 90h (maker
 * and device) and 15h (Atmel's product ID). Pure: no I/O, no OpenOCD header.
 */

#include <stdio.h>
#include <string.h>

#include "cmspi_signature.h"

enum signature_command {
	SIGNATURE_AB,
	SIGNATURE_90,
	SIGNATURE_15,
};

#define ERASE(bytes, code)	{ .size_bytes = (bytes), .opcode = (code) }

/** One part. */
struct cmspi_signature_part {
	enum signature_command command;
	/** the first two bytes; a signature of one byte comes twice */
	uint8_t bytes[2];
	uint16_t size_kib;
	uint16_t page_bytes;
	struct cmspi_erase_type erase[2];
	uint8_t chip_erase_opcode;
	const char *name;
	/** as in struct cmspi_chip */
	const char *protection;
};

/*
 * Figures: flashrom b946ca13a21a, include/flashchips.h and flashchips/ of
 * micron_numonyx_st.c, pmc.c, sanyo.c, sst.c and atmel.c; the first M25P05 and M25P10 take
 * 128 bytes a page (comment in the first of them). SST25VF512 to LF080 program single
 * bytes by 02h; AFh, which takes a byte after the other, is not used. Left out: AT25F512
 * and AT25F1024, which answer the same (1Fh 60h) and differ in size; LE25FW418A, 806 and
 * 808, which answer one byte to 9Fh.
 */
static const struct cmspi_signature_part parts[] = {
	{ SIGNATURE_AB, { 0x05, 0x05 }, 64, 128, { ERASE(32768, 0xd8) }, 0xc7, "M25P05", NULL },
	{ SIGNATURE_AB, { 0x10, 0x10 }, 128, 128, { ERASE(32768, 0xd8) }, 0xc7, "M25P10", NULL },
	{ SIGNATURE_AB, { 0x11, 0x11 }, 256, 256, { ERASE(65536, 0xd8) }, 0xc7, "M25P20", NULL },
	{ SIGNATURE_AB, { 0x12, 0x12 }, 512, 256, { ERASE(65536, 0xd8) }, 0xc7, "M25P40", NULL },
	{ SIGNATURE_AB, { 0x9d, 0x7b }, 64, 256, { ERASE(4096, 0xd7), ERASE(32768, 0xd8) }, 0xc7,
		"Pm25LV512", NULL },
	{ SIGNATURE_AB, { 0x9d, 0x7c }, 128, 256, { ERASE(4096, 0xd7), ERASE(32768, 0xd8) }, 0xc7,
		"Pm25LV010", NULL },
	{ SIGNATURE_AB, { 0x62, 0x15 }, 128, 256, { ERASE(2048, 0xd7), ERASE(32768, 0xd8) }, 0xc7,
		"LE25FW106", NULL },
	{ SIGNATURE_AB, { 0x62, 0x1a }, 512, 256, { ERASE(4096, 0xd7), ERASE(65536, 0xd8) }, 0xc7,
		"LE25FW406A", NULL },
	{ SIGNATURE_AB, { 0x62, 0x1d }, 128, 256, { ERASE(2048, 0xd7), ERASE(32768, 0xd8) }, 0xc7,
		"LE25FU106B", NULL },
	{ SIGNATURE_AB, { 0x62, 0x1e }, 512, 256, { ERASE(4096, 0xd7), ERASE(65536, 0xd8) }, 0xc7,
		"LE25FU406B", NULL },
	{ SIGNATURE_AB, { 0x62, 0x44 }, 256, 256, { ERASE(4096, 0xd7), ERASE(65536, 0xd8) }, 0xc7,
		"LE25FU206", NULL },
	{ SIGNATURE_90, { 0xbf, 0x43 }, 256, 1, { ERASE(4096, 0x20), ERASE(32768, 0x52) }, 0x60,
		"SST25VF020", "sst25_old" },
	{ SIGNATURE_90, { 0xbf, 0x44 }, 512, 1, { ERASE(4096, 0x20), ERASE(32768, 0x52) }, 0x60,
		"SST25VF040", "sst25_old" },
	{ SIGNATURE_90, { 0xbf, 0x48 }, 64, 1, { ERASE(4096, 0x20), ERASE(32768, 0x52) }, 0x60,
		"SST25VF512", "sst25_old" },
	{ SIGNATURE_90, { 0xbf, 0x49 }, 128, 1, { ERASE(4096, 0x20), ERASE(32768, 0x52) }, 0x60,
		"SST25VF010", "sst25_old" },
	{ SIGNATURE_90, { 0xbf, 0x80 }, 1024, 1, { ERASE(4096, 0x20), ERASE(32768, 0x52) }, 0x60,
		"SST25LF080", NULL },
	{ SIGNATURE_15, { 0x1f, 0x65 }, 64, 128, { ERASE(32768, 0x52) }, 0x62, "AT25F512A", NULL },
	{ SIGNATURE_15, { 0x1f, 0x63 }, 256, 256, { ERASE(65536, 0x52) }, 0x62, "AT25F2048", NULL },
	{ SIGNATURE_15, { 0x1f, 0x64 }, 512, 256, { ERASE(65536, 0x52) }, 0x62, "AT25F4096", NULL },
};

/** JEP106 */
#define MAKER_ATMEL		0x1f

/** The slowest of them (AT25F: flashrom, atmel.c; SST25VF010: S71233-05). */
#define SIGNATURE_MAX_KHZ	20000

void cmspi_signature_steps(struct cmspi_signature *signature, struct cmspi_step *steps)
{
	// three bytes go between ABh and its answer, addresses behind 90h
	static const struct {
		uint8_t opcode;
		uint8_t addr_bytes;
	} rows[CMSPI_SIGNATURE_STEPS] = {
		[SIGNATURE_AB] = { 0xab, 3 },
		[SIGNATURE_90] = { 0x90, 3 },
		[SIGNATURE_15] = { 0x15, 0 },
	};

	for (unsigned int i = 0; i < CMSPI_SIGNATURE_STEPS; i++) {
		steps[i] = cmspi_chip_step_read_id(signature->answers[i], CMSPI_SIGNATURE_BYTES);
		steps[i].op.opcode = rows[i].opcode;
		steps[i].op.addr_bytes = rows[i].addr_bytes;
	}
}

static bool answers(const struct cmspi_signature *signature, enum signature_command command)
{
	const uint8_t *bytes = signature->answers[command];

	return !cmspi_chip_id_is_blank(bytes, CMSPI_SIGNATURE_BYTES) &&
		!memcmp(bytes, bytes + 2, 2);
}

static const struct cmspi_signature_part *find_part(const struct cmspi_signature *signature)
{
	// ABh of other makers' parts is the same, but these answer 90h
	const bool by_maker = answers(signature, SIGNATURE_90);

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const struct cmspi_signature_part *part = &parts[i];

		if (by_maker && part->command == SIGNATURE_AB)
			continue;
		// one byte tells little: it must come four times
		if (part->bytes[0] == part->bytes[1] && !answers(signature, part->command))
			continue;
		if (!memcmp(signature->answers[part->command], part->bytes, 2))
			return part;
	}
	return NULL;
}

bool cmspi_signature_is_there(const struct cmspi_signature *signature)
{
	// a register is read by 15h: a younger part, which has 9Fh, but did not answer it
	if (answers(signature, SIGNATURE_15) &&
			signature->answers[SIGNATURE_15][0] != MAKER_ATMEL)
		return false;
	return find_part(signature) || answers(signature, SIGNATURE_AB) ||
		answers(signature, SIGNATURE_90) || answers(signature, SIGNATURE_15);
}

bool cmspi_signature_take(const struct cmspi_signature *signature, struct cmspi_chip *chip)
{
	const struct cmspi_signature_part *part = find_part(signature);

	if (!part)
		return false;
	snprintf(chip->name, sizeof(chip->name), "%s", part->name);
	chip->size_bytes = part->size_kib * 1024u;
	chip->size_from = CMSPI_FROM_TABLE;
	chip->page_bytes = part->page_bytes;
	chip->page_from = CMSPI_FROM_TABLE;
	memcpy(chip->erase, part->erase, sizeof(part->erase));
	chip->erase_from = CMSPI_FROM_TABLE;
	chip->chip_erase_opcode = part->chip_erase_opcode;
	chip->max_khz = SIGNATURE_MAX_KHZ;
	chip->protection = part->protection;
	// a byte, SST25VF010, S71233-05 "AC Operating Characteristics"
	if (part->page_bytes == 1) {
		chip->page_typ_us = 14;
		chip->page_max_us = 20;
	}
	return true;
}
