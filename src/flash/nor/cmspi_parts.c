// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Families by JEDEC ID. A family is a row, not a part: parts of the same maker and
 * type differ in size, and the third byte tells that. Used when a part has no SFDP,
 * and for what SFDP leaves out. Pure: no I/O, no OpenOCD header.
 */

#include <stddef.h>
#include <string.h>

#include "cmspi_parts.h"

#define ANY	CMSPI_FAMILY_ANY
#define E4	CMSPI_FAMILY_4K
#define E4_64	(CMSPI_FAMILY_4K | CMSPI_FAMILY_64K)
#define E4_32_64 (CMSPI_FAMILY_4K | CMSPI_FAMILY_32K | CMSPI_FAMILY_64K)
#define E64	CMSPI_FAMILY_64K
#define OPS4	CMSPI_FAMILY_OPCODES4
#define B7	CMSPI_FAMILY_B7
#define WREN_B7	CMSPI_FAMILY_WREN_B7
#define EAR	CMSPI_FAMILY_EXTENDED
#define BAR	CMSPI_FAMILY_BANK
#define FSR	CMSPI_FAMILY_FLAG_STATUS
#define NO_CE	CMSPI_FAMILY_NO_CHIP_ERASE
#define PAGE_512 CMSPI_FAMILY_PAGE_512
#define E256	CMSPI_FAMILY_256K
#define D8_32K	CMSPI_FAMILY_D8_32K
#define AAI	CMSPI_FAMILY_AAI
#define PARAM	CMSPI_FAMILY_PARAMETER
#define Q32	CMSPI_FAMILY_QUAD_32
#define Q38	CMSPI_FAMILY_QUAD_38
#define Q32_A	CMSPI_FAMILY_QUAD_32_ADDRESS
#define Q32_EVCR (CMSPI_FAMILY_QUAD_32 | CMSPI_FAMILY_EVCR)

/*
 * From the tables "Manufacturer and Device Identification" and "Instruction Set" of
 * the data sheets: W25X40, W25Q256FV/JV, W25Q512JV, W25M512JV, MX25L12835F, MX66L51235F, N25Q128A,
 * MT25QL512, M25P10-A, M25P80, M25P128, M25PE10, XM25QH128C, S25FL032P/064P/129P,
 * S25FL127S/128S/256S/512S,
 * S25FL164K, S25FL064L, GD25Q16C, GD25Q256C, IS25LP064A/256D, SST25VF016B/032B/080B,
 * SST26VF064B, AT25SF041/161, AT25DF321A, P25Q16H, XT25F128B, BY25Q128AS, ZB25VQ64,
 * EN25Q64, EN25QH128. The first row that fits counts.
 */
static const struct cmspi_family cmspi_families[] = {
	// ID          mask  3rd byte    4th 5th KiB has
	{ 0x01, 0x02, 0xff, 0x15, 0x15, ANY, 4096, E4_64 | PARAM, "S25FL-P" },
	{ 0x01, 0x02, 0xff, 0x16, 0x16, ANY, 8192, E4_64 | PARAM, "S25FL-P" },
	{ 0x01, 0x02, 0xff, 0x18, 0x20, 0x4d00, 0, E256 | OPS4 | BAR | PAGE_512 | Q32, "S25FL-S" },
	{ 0x01, 0x02, 0xff, 0x18, 0x20, ANY, 0, E4_64 | PARAM | OPS4 | BAR | Q32, "S25FL-S" },
	{ 0x01, 0x20, 0xff, 0x18, 0x18, 0x4d00, 0, E256 | PAGE_512 | Q32, "S25FL-S" },
	{ 0x01, 0x20, 0xff, 0x18, 0x18, 0x0300, 0, E256, "S25FL-P" },
	{ 0x01, 0x20, 0xff, 0x18, 0x18, 0x0301, 0, E64, "S25FL-P" },
	{ 0x01, 0x20, 0xff, 0x18, 0x18, ANY, 0, E4_64 | PARAM | Q32, "S25FL-S" },
	{ 0x01, 0x40, 0xff, 0x13, 0x18, ANY, 0, E4_64, "S25FL1-K" },
	{ 0x01, 0x60, 0xff, 0x17, 0x19, ANY, 0, E4_64 | OPS4 | B7 | Q32, "S25FL-L" },
	{ 0x0b, 0x40, 0xff, 0x10, 0x18, ANY, 0, E4_32_64 | Q32, "XT25F" },
	{ 0x1c, 0x30, 0xbf, 0x10, 0x18, ANY, 0, E4_64, "EN25" },
	{ 0x1f, 0x43, 0xff, 0x00, 0x02, ANY, 256, E4_32_64, "AT25D, AT25S" },
	{ 0x1f, 0x44, 0xff, 0x00, 0x02, ANY, 512, E4_32_64, "AT25D, AT25S" },
	{ 0x1f, 0x45, 0xff, 0x00, 0x02, ANY, 1024, E4_32_64, "AT25D, AT25S" },
	{ 0x1f, 0x46, 0xff, 0x00, 0x02, ANY, 2048, E4_32_64, "AT25D, AT25S" },
	{ 0x1f, 0x47, 0xff, 0x00, 0x02, ANY, 4096, E4_32_64, "AT25D, AT25S" },
	{ 0x1f, 0x48, 0xff, 0x00, 0x02, ANY, 8192, E4_32_64, "AT25D, AT25S" },
	{ 0x1f, 0x83, 0xff, 0x00, 0x02, ANY, 256, E4_32_64, "AT25SF" },
	{ 0x1f, 0x84, 0xff, 0x00, 0x02, ANY, 512, E4_32_64, "AT25SF" },
	{ 0x1f, 0x85, 0xff, 0x00, 0x02, ANY, 1024, E4_32_64, "AT25SF" },
	{ 0x1f, 0x86, 0xff, 0x00, 0x02, ANY, 2048, E4_32_64, "AT25SF" },
	{ 0x1f, 0x87, 0xff, 0x00, 0x02, ANY, 4096, E4_32_64, "AT25SF" },
	{ 0x1f, 0x88, 0xff, 0x00, 0x02, ANY, 8192, E4_32_64, "AT25SF" },
	{ 0x1f, 0x89, 0xff, 0x00, 0x02, ANY, 16384, E4_32_64, "AT25SF" },
	{ 0x20, 0x20, 0xff, 0x10, 0x11, ANY, 0, D8_32K, "M25P" },
	{ 0x20, 0x20, 0xff, 0x12, 0x17, ANY, 0, E64, "M25P" },
	{ 0x20, 0x20, 0xff, 0x18, 0x18, ANY, 0, E256, "M25P" },
	{ 0x20, 0x40, 0xcf, 0x10, 0x18, ANY, 0, E4_32_64 | Q32, "XM25Q" },
	{ 0x20, 0x80, 0xff, 0x11, 0x14, ANY, 0, E4_64 | NO_CE, "M25PE" },
	{ 0x20, 0xba, 0xfe, 0x15, 0x22, ANY, 0, E4_64 | WREN_B7 | EAR | FSR | Q32_EVCR, "N25Q, MT25Q" },
	{ 0x5e, 0x40, 0xdf, 0x10, 0x18, ANY, 0, E4_32_64 | Q32, "ZB25VQ" },
	{ 0x68, 0x40, 0xff, 0x10, 0x18, ANY, 0, E4_32_64 | Q32, "BY25Q" },
	{ 0x85, 0x60, 0xff, 0x10, 0x18, ANY, 0, E4_32_64 | Q32, "P25Q" },
	{ 0x9d, 0x60, 0xef, 0x14, 0x1c, ANY, 0, E4_32_64 | OPS4 | B7 | BAR | Q32, "IS25LP, IS25WP" },
	{ 0xa1, 0x40, 0xff, 0x10, 0x18, ANY, 0, E4_32_64, "FM25Q" },
	{ 0xbf, 0x25, 0xff, 0x8c, 0x8c, ANY, 256, E4_32_64 | AAI, "SST25VF" },
	{ 0xbf, 0x25, 0xff, 0x8d, 0x8d, ANY, 512, E4_32_64 | AAI, "SST25VF" },
	{ 0xbf, 0x25, 0xff, 0x8e, 0x8e, ANY, 1024, E4_32_64 | AAI, "SST25VF" },
	{ 0xbf, 0x25, 0xff, 0x41, 0x41, ANY, 2048, E4_32_64 | AAI, "SST25VF" },
	{ 0xbf, 0x25, 0xff, 0x4a, 0x4a, ANY, 4096, E4_32_64 | AAI, "SST25VF" },
	{ 0xbf, 0x26, 0xff, 0x41, 0x41, ANY, 2048, E4 | Q32_A, "SST26VF" },
	{ 0xbf, 0x26, 0xff, 0x42, 0x42, ANY, 4096, E4 | Q32_A, "SST26VF" },
	{ 0xbf, 0x26, 0xff, 0x43, 0x43, ANY, 8192, E4 | Q32_A, "SST26VF" },
	{ 0xc2, 0x20, 0xf0, 0x10, 0x22, ANY, 0, E4_32_64 | OPS4 | B7 | EAR | Q38, "MX25, MX66" },
	{ 0xc2, 0x20, 0xf0, 0x30, 0x3c, ANY, 0, E4_32_64 | OPS4 | B7 | EAR | Q38, "MX25, MX66" },
	{ 0xc8, 0x40, 0xdf, 0x10, 0x1b, ANY, 0, E4_32_64 | OPS4 | B7 | Q32, "GD25" },
	{ 0xef, 0x30, 0xff, 0x10, 0x17, ANY, 0, E4_64, "W25X" },
	{ 0xef, 0x40, 0xcf, 0x10, 0x22, ANY, 0, E4_32_64 | OPS4 | B7 | EAR | Q32, "W25Q" },
	{ 0xef, 0x61, 0xef, 0x19, 0x19, ANY, 65536, E4_32_64 | OPS4 | B7 | EAR, "W25M" },
	{ 0xef, 0x80, 0xff, 0x10, 0x22, ANY, 0, E4_32_64 | OPS4 | B7 | EAR | Q32, "W25Q" },
};

/*
 * SFDP that must not be believed, or that says too little for what the part has.
 * The family's row must not put these opcodes there: an older part of the same ID
 * ignores them. Linux tells them apart, too: winbond.c by SFDP's revision, macronix.c by
 * 4-4-4 reads, which only 35F lists.
 */
struct cmspi_fixup {
	uint8_t id[3];
	/** minor revision of SFDP that has it, from and to */
	int8_t min_minor;
	int8_t max_minor;
	/** flags of the family that are not true for these */
	uint32_t without;
	const char *reason;
};

static const struct cmspi_fixup cmspi_fixups[] = {
	{ { 0xef, 0x40, 0x19 }, 0, 4, OPS4 | Q32,
		"W25Q256FV (SFDP 1.0) has no 12h, 21h, DCh; W25Q256JV (1.5) has" },
	{ { 0xc2, 0x20, 0x19 }, 0, 4, OPS4,
		"MX25L25635E (SFDP 1.0) has no opcodes of four bytes; 35F has, and B7h too" },
	{ { 0x20, 0xba, 0x19 }, 0, 4, OPS4, "12h is quad program on N25Q256A (SFDP 1.0)" },
};

/*
 * Data sheets' registers and "Erase/Program Resume": W25Q64JV, GD25Q127C (status register
 * 2), MT25QL512 (flag status), MX25L12835F (security register), IS25LP064A (function
 * register), S25FL128S (status register 2), SST26VF064B (status register; SST's Verilog
 * model of SST26WF has WSE and WSP there, too). XT25F128B, ZB25VQ64, BY25Q128AS, P25Q16H,
 * XM25QH128C: taken to be as Winbond's, found nowhere. A resume that was not needed is
 * ignored.
 */
static const struct cmspi_suspend cmspi_suspends[] = {
	// ID          mask  read  bits  erase program
	{ 0x01, 0x02, 0xff, 0x07, 0x03, 0x7a, 0x8a },
	{ 0x01, 0x20, 0xff, 0x07, 0x03, 0x7a, 0x8a },
	{ 0x0b, 0x40, 0xff, 0x35, 0x80, 0x7a, 0x7a },
	{ 0x20, 0x40, 0xcf, 0x35, 0x80, 0x7a, 0x7a },
	{ 0x20, 0xba, 0xfe, 0x70, 0x44, 0x7a, 0x7a },
	{ 0x5e, 0x40, 0xdf, 0x35, 0x80, 0x7a, 0x7a },
	{ 0x68, 0x40, 0xff, 0x35, 0x80, 0x7a, 0x7a },
	{ 0x85, 0x60, 0xff, 0x35, 0x80, 0x7a, 0x7a },
	{ 0x9d, 0x60, 0xef, 0x48, 0x0c, 0x7a, 0x7a },
	{ 0xbf, 0x26, 0xff, 0x05, 0x0c, 0x30, 0x30 },
	{ 0xc2, 0x20, 0xf0, 0x2b, 0x0c, 0x30, 0x30 },
	{ 0xc8, 0x40, 0xdf, 0x35, 0x84, 0x7a, 0x7a },
	{ 0xef, 0x40, 0xcf, 0x35, 0x80, 0x7a, 0x7a },
	{ 0xef, 0x80, 0xff, 0x35, 0x80, 0x7a, 0x7a },
};

const struct cmspi_suspend *cmspi_suspend_of(const struct cmspi_chip *chip)
{
	if (chip->erase_resume_opcode || chip->program_resume_opcode)
		return NULL;
	for (size_t i = 0; i < sizeof(cmspi_suspends) / sizeof(*cmspi_suspends); i++) {
		const struct cmspi_suspend *row = &cmspi_suspends[i];

		if (chip->id[0] == row->manufacturer && (chip->id[1] & row->type_mask) == row->type)
			return row;
	}
	return NULL;
}

/** Parts that are several dice in one package. */
struct cmspi_stack {
	/** ID as in struct cmspi_family */
	uint8_t manufacturer;
	uint8_t type;
	uint8_t type_mask;
	uint8_t min_density;
	uint8_t max_density;
	/** the fifth ID byte under a mask */
	uint8_t fifth_mask;
	uint8_t fifth;
	uint32_t die_mib;
	/** dice by the ID, where SFDP tells of one die; 0: SFDP tells of all */
	uint8_t dice;
	/** selects one of them, 0: an address does */
	uint8_t select_opcode;
	/** erases one of them, 0: C7h does */
	uint8_t erase_opcode;
	/** a later minor revision of SFDP is that of parts of one die */
	int8_t max_minor;
};

/*
 * W25M512JV "Software Die Select (C2h)": dice that know nothing of each other. W25Q01JV
 * and W25Q02JV have one address space, and what changes registers or all of the array is
 * heard by all dice, but the status is that of the selected one; W25Q01RV and W25Q02RV,
 * whose SFDP is JESD216F, need no C2h, nor do W25Q01NW and W25Q02NW (Linux, winbond.c,
 * winbond_nor_multi_die_ready() and winbond_fixups; ufprog has several dice for 01NW).
 * N25Q512A, N25Q00A, MT25QL01G, MT25QL02G, MT35XU01G "DIE ERASE", "READ MEMORY": C4h
 * instead of C7h, and a read goes round in its die; the second generation (bit 6) has
 * dice twice as large. The numbers of dice and C4h are those of Linux, micron-st.c; for
 * N25Q512A C4h is from Xilinx' qspips examples.
 */
static const struct cmspi_stack cmspi_stacks[] = {
	// ID          mask  3rd byte    mask  5th   MiB dice select erase minor
	{ 0xef, 0x61, 0xef, 0x19, 0x19, 0x00, 0x00, 32, 2, 0xc2, 0, INT8_MAX },
	{ 0xef, 0x40, 0xff, 0x21, 0x22, 0x00, 0x00, 64, 0, 0xc2, 0, 9 },
	{ 0xef, 0x70, 0xff, 0x21, 0x22, 0x00, 0x00, 64, 0, 0xc2, 0, 9 },
	{ 0x20, 0xba, 0xfe, 0x20, 0x20, 0x40, 0x00, 32, 0, 0, 0xc4, INT8_MAX },
	{ 0x20, 0xba, 0xfe, 0x21, 0x22, 0x40, 0x00, 32, 0, 0, 0xc4, INT8_MAX },
	{ 0x20, 0xba, 0xfe, 0x21, 0x22, 0x40, 0x40, 64, 0, 0, 0xc4, INT8_MAX },
	{ 0x2c, 0x5a, 0xfe, 0x1b, 0x1c, 0x00, 0x00, 64, 0, 0, 0xc4, INT8_MAX },
};

static const struct cmspi_stack *cmspi_stack_of(const struct cmspi_chip *chip)
{
	const uint8_t *id = chip->id;

	for (size_t i = 0; i < sizeof(cmspi_stacks) / sizeof(*cmspi_stacks); i++) {
		const struct cmspi_stack *row = &cmspi_stacks[i];

		if (id[0] == row->manufacturer && (id[1] & row->type_mask) == row->type &&
				id[2] >= row->min_density && id[2] <= row->max_density &&
				(id[4] & row->fifth_mask) == row->fifth &&
				chip->sfdp_minor <= row->max_minor)
			return row;
	}
	return NULL;
}

void cmspi_stack_take(struct cmspi_chip *chip)
{
	const struct cmspi_stack *row = cmspi_stack_of(chip);

	if (!row)
		return;
	chip->die_bytes = row->die_mib << 20;
	chip->die_select_opcode = row->select_opcode;
	chip->die_relative = row->dice;
	chip->die_erase_opcode = row->erase_opcode;
	if (row->erase_opcode)
		chip->chip_erase_opcode = 0;
	if (row->dice && chip->size_bytes == chip->die_bytes) {
		chip->size_bytes = row->dice * chip->die_bytes;
		chip->size_from = CMSPI_FROM_FIXUP;
	}
}

/*
 * Parts whose bits may be cleared in several steps: no on-die ECC, one bit a cell. By
 * their data sheets' features W25X, W25Q of 3 V up to 32 MiB, M25P up to 8 MiB and M25PE
 * have neither; Linux (core.c, SNOR_F_ECC) lets all of them be written so, too. Left out:
 * M25P128, which is "Multilevel" (Numonyx data sheet Rev. 3), S25FL-S and -L ("Automatic
 * ECC", 001-98283), ISSI (a byte is programmed once, IS25WP128F 8.40), SST25 and SST26
 * (erased before each program, DS20005218E 5.20). Of others it is not known. That a data
 * sheet does not mention ECC is all there is: nothing was tried on hardware.
 */
static const struct cmspi_without_ecc {
	uint8_t manufacturer;
	uint8_t type;
	/** largest third byte */
	uint8_t max_density;
} cmspi_without_ecc[] = {
	{ 0x20, 0x20, 0x17 },
	{ 0x20, 0x80, 0x14 },
	{ 0xef, 0x30, 0x17 },
	{ 0xef, 0x40, 0x19 },
};

static bool cmspi_family_without_ecc(const uint8_t *id)
{
	for (size_t i = 0; i < sizeof(cmspi_without_ecc) / sizeof(*cmspi_without_ecc); i++) {
		const struct cmspi_without_ecc *row = &cmspi_without_ecc[i];
		if (id[0] == row->manufacturer && id[1] == row->type && id[2] <= row->max_density)
			return true;
	}
	return false;
}

const struct cmspi_family *cmspi_family_of(const uint8_t *id)
{
	const uint32_t extension = id[3] << 8 | id[4];

	for (size_t i = 0; i < sizeof(cmspi_families) / sizeof(*cmspi_families); i++) {
		const struct cmspi_family *row = &cmspi_families[i];
		if (id[0] != row->manufacturer || (id[1] & row->type_mask) != row->type)
			continue;
		if (id[2] < row->min_density || id[2] > row->max_density)
			continue;
		if (row->extension == ANY || row->extension == extension)
			return row;
	}
	return NULL;
}

bool cmspi_usual_tells(uint8_t density)
{
	return (density >= 0x10 && density <= 0x1c) || (density >= 0x20 && density <= 0x22);
}

uint32_t cmspi_usual_size(uint8_t density)
{
	const unsigned int digits = 0x20;

	// 19h, 20h, 21h: Micron, Spansion and Winbond count 512 Mbit and up in decimal;
	// 30h is added for 1.8 V (Macronix)
	if (density >= digits && density < digits + 8)
		return UINT32_C(1) << (26 + density - digits);
	return UINT32_C(1) << (density & 0x1f);
}

uint32_t cmspi_family_size(const struct cmspi_family *family, const uint8_t *id)
{
	return family->size_kib ? family->size_kib << 10 : cmspi_usual_size(id[2]);
}

/** Parts that power up in a mode slower than CMSPI_USUAL_KHZ. */
struct cmspi_cap {
	/** ID as in struct cmspi_family */
	uint8_t manufacturer;
	uint8_t type;
	uint32_t max_khz;
};

static const struct cmspi_cap cmspi_caps[] = {
	// MX25R6435F in ultra low power mode, AC table: 33 MHz until CR2 bit 1 is set
	{ 0xc2, 0x28, 33000 },
};

void cmspi_caps_take(struct cmspi_chip *chip)
{
	for (size_t i = 0; i < sizeof(cmspi_caps) / sizeof(*cmspi_caps); i++)
		if (chip->id[0] == cmspi_caps[i].manufacturer && chip->id[1] == cmspi_caps[i].type)
			chip->max_khz = cmspi_caps[i].max_khz;
}

static uint32_t cmspi_family_flags_of(const struct cmspi_family *family,
	const struct cmspi_chip *chip)
{
	for (size_t i = 0; i < sizeof(cmspi_fixups) / sizeof(*cmspi_fixups); i++) {
		const struct cmspi_fixup *row = &cmspi_fixups[i];
		if (!memcmp(row->id, chip->id, sizeof(row->id)) &&
				chip->sfdp_minor >= row->min_minor && chip->sfdp_minor <= row->max_minor)
			return family->flags & ~row->without;
	}
	return family->flags;
}

static void cmspi_family_erase_types(uint32_t flags, struct cmspi_chip *chip)
{
	static const struct {
		uint32_t flag;
		struct cmspi_erase_type type;
	} rows[] = {
		{ CMSPI_FAMILY_4K, { .size_bytes = 4096, .opcode = 0x20 } },
		{ CMSPI_FAMILY_32K, { .size_bytes = 32768, .opcode = 0x52 } },
		{ CMSPI_FAMILY_D8_32K, { .size_bytes = 32768, .opcode = 0xd8 } },
		{ CMSPI_FAMILY_64K, { .size_bytes = 65536, .opcode = 0xd8 } },
		{ CMSPI_FAMILY_256K, { .size_bytes = 262144, .opcode = 0xd8 } },
	};
	unsigned int count = 0;

	memset(chip->erase, 0, sizeof(chip->erase));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (flags & rows[i].flag)
			chip->erase[count++] = rows[i].type;
	chip->num_regions = 0;
	chip->erase_from = CMSPI_FROM_TABLE;
}

/** Ways to four address bytes, for a part that tells of none. */
static void cmspi_family_4byte(uint32_t flags, struct cmspi_chip *chip)
{
	static const uint32_t modes[][2] = {
		{ CMSPI_FAMILY_B7, CMSPI_4BYTE_B7 },
		{ CMSPI_FAMILY_WREN_B7, CMSPI_4BYTE_WREN_B7 },
	};
	static const uint32_t registers[][2] = {
		{ CMSPI_FAMILY_EXTENDED, CMSPI_4BYTE_EXTENDED_REGISTER },
		{ CMSPI_FAMILY_BANK, CMSPI_4BYTE_BANK_REGISTER },
	};

	if (chip->size_bytes <= CMSPI_3_BYTE_LIMIT_BYTES || chip->enter_4byte)
		return;
	chip->addr_4_ok = true;
	for (unsigned int i = 0; i < 2; i++) {
		if (flags & modes[i][0]) {
			chip->enter_4byte |= modes[i][1];
			chip->exit_4byte |= modes[i][1];
		}
		if (flags & registers[i][0])
			chip->enter_4byte |= registers[i][1];
	}
	if ((flags & CMSPI_FAMILY_OPCODES4) && !chip->program_4byte)
		cmspi_chip_take_4byte_opcodes(chip);
}

/** SST25VFxxxB: a byte, or word after word; 25 MHz for 03h, 50 for 0Bh (data sheet
 * DS20005044C, tables 4-1 and 5-6). */
static void cmspi_family_aai(struct cmspi_chip *chip)
{
	chip->page_bytes = 1;
	chip->page_typ_us = 7;
	chip->page_max_us = 10;
	chip->words_opcode = CMSPI_OPCODE_PROGRAM_WORDS;
	chip->reads[0].max_khz = 25000;
	chip->reads[1] = chip->reads[0];
	chip->reads[1].opcode = CMSPI_OPCODE_FAST_READ;
	chip->reads[1].dummy_clocks = 8;
	chip->reads[1].max_khz = 50000;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES && chip->erase[i].size_bytes; i++) {
		chip->erase[i].typ_ms = 18;
		chip->erase[i].max_ms = 25;
	}
	chip->chip_erase_typ_ms = 35;
	chip->chip_erase_max_ms = 50;
	chip->times_from = CMSPI_FROM_TABLE;
}

void cmspi_family_take_config(int config, struct cmspi_chip *chip)
{
	const uint32_t small_bytes = (config & 2 ? 32 : 16) * 4096;
	// 4 and 64 KiB, 64 KiB only
	const struct cmspi_region area = { small_bytes, 0x3 };
	const struct cmspi_region rest = { chip->size_bytes - small_bytes, 0x2 };
	const bool top = config & 1;

	chip->regions[0] = top ? rest : area;
	chip->regions[1] = top ? area : rest;
	chip->num_regions = 2;
}

void cmspi_family_take(const struct cmspi_family *family, struct cmspi_chip *chip)
{
	const uint32_t flags = cmspi_family_flags_of(family, chip);

	chip->size_bytes = cmspi_family_size(family, chip->id);
	chip->size_from = CMSPI_FROM_TABLE;
	cmspi_family_erase_types(flags, chip);
	if (flags & CMSPI_FAMILY_PAGE_512)
		chip->page_bytes = 512;
	if (flags & CMSPI_FAMILY_AAI)
		cmspi_family_aai(chip);
	// as delivered, until the chip is asked
	if (flags & CMSPI_FAMILY_PARAMETER)
		cmspi_family_take_config(0, chip);
	chip->page_from = CMSPI_FROM_TABLE;
	cmspi_stack_take(chip);
	cmspi_family_complete(family, chip);
}

/** Quad page program, which SFDP tells of above 16 MiB only. Address and data on four
 * lines: 38h of Macronix ("4PP"), 32h of SST26 (DS20005218E, 5.21: two clocks for each
 * byte of both). Data only: 32h of all others here. */
static void cmspi_family_program_quad(uint32_t flags, struct cmspi_chip *chip)
{
	const bool wide_addr = flags & (CMSPI_FAMILY_QUAD_38 | CMSPI_FAMILY_QUAD_32_ADDRESS);

	if ((!wide_addr && !(flags & CMSPI_FAMILY_QUAD_32)) || chip->program_quad.opcode)
		return;
	chip->program_quad = chip->program;
	chip->program_quad.opcode = flags & CMSPI_FAMILY_QUAD_38 ? 0x38 :
		CMSPI_OPCODE_PROGRAM_QUAD;
	chip->program_quad.addr_lines = wide_addr ? 4 : 1;
	chip->program_quad.data_lines = 4;
	// 3Eh is not on all of Macronix' parts: SFDP says it where it is
	if (flags & CMSPI_FAMILY_OPCODES4 && !wide_addr)
		chip->program_quad_4byte = 0x34;
}

/** What families have, and SFDP before JESD216A cannot tell, which has no DWORD 15. */
struct cmspi_quad {
	/** ID as in struct cmspi_family; third byte 0: any */
	uint8_t manufacturer;
	uint8_t type;
	uint8_t type_mask;
	uint8_t density;
	struct cmspi_quad_enable enable;
	/** of those that have a 4-4-4 read */
	uint8_t qpi_enable;
	uint8_t qpi_disable;
};

/* Data sheets of the parts above, status and configuration registers, "Enter QPI". */
static const struct cmspi_quad cmspi_quads[] = {
	// ID          mask  3rd   quad enable     into and out of QPI
	{ 0x01, 0x02, 0xff, 0x00, { 0x35, 0x02 }, 0, 0 },
	{ 0x01, 0x20, 0xff, 0x00, { 0x35, 0x02 }, 0, 0 },
	{ 0x01, 0x40, 0xff, 0x00, { 0x35, 0x02 }, 0, 0 },
	{ 0x0b, 0x40, 0xff, 0x00, { 0x35, 0x02 }, CMSPI_QPI_QE_38, CMSPI_QPI_LEAVE_FF },
	{ 0x20, 0x40, 0xcf, 0x00, { 0x35, 0x02 }, 0, 0 },
	{ 0x20, 0xba, 0xfe, 0x00, { 0, 0 }, 0, 0 },
	{ 0x5e, 0x40, 0xdf, 0x00, { 0x35, 0x02 }, CMSPI_QPI_QE_38, CMSPI_QPI_LEAVE_FF },
	{ 0x68, 0x40, 0xff, 0x00, { 0x35, 0x02 }, 0, 0 },
	{ 0x85, 0x60, 0xff, 0x00, { 0x35, 0x02 }, 0, 0 },
	{ 0x9d, 0x60, 0xef, 0x00, { 0x05, 0x40 }, CMSPI_QPI_35, CMSPI_QPI_LEAVE_F5 },
	{ 0xc2, 0x20, 0xf0, 0x00, { 0x05, 0x40 }, CMSPI_QPI_35, CMSPI_QPI_LEAVE_F5 },
	// GD25Q256C is unlike its sisters
	{ 0xc8, 0x40, 0xff, 0x19, { 0x05, 0x40 }, CMSPI_QPI_QE_38, CMSPI_QPI_LEAVE_FF },
	{ 0xc8, 0x40, 0xdf, 0x00, { 0x35, 0x02 }, CMSPI_QPI_QE_38, CMSPI_QPI_LEAVE_FF },
	{ 0xef, 0x40, 0xcf, 0x00, { 0x35, 0x02 }, CMSPI_QPI_QE_38, CMSPI_QPI_LEAVE_FF },
};

static bool cmspi_has_qpi_read(const struct cmspi_chip *chip)
{
	for (unsigned int i = 1; i < CMSPI_READS && chip->reads[i].opcode; i++)
		if (chip->reads[i].cmd_lines == 4)
			return true;
	return false;
}

static void cmspi_family_quad(struct cmspi_chip *chip)
{
	for (size_t i = 0; i < sizeof(cmspi_quads) / sizeof(*cmspi_quads); i++) {
		const struct cmspi_quad *row = &cmspi_quads[i];

		if (chip->id[0] != row->manufacturer ||
				(chip->id[1] & row->type_mask) != row->type ||
				(row->density && chip->id[2] != row->density))
			continue;
		chip->quad_by_id = row->enable;
		if (!chip->qpi_enable && cmspi_has_qpi_read(chip)) {
			chip->qpi_enable = row->qpi_enable;
			chip->qpi_disable = row->qpi_disable;
		}
		return;
	}
}

/** A read that is part of a protocol, with its dummy clocks after power-up. */
static void cmspi_family_protocol_read(uint8_t opcode, unsigned int lines, unsigned int clocks,
	struct cmspi_chip *chip)
{
	const unsigned int mode_clocks = 8 / lines;
	unsigned int i = 1;

	while (i < CMSPI_READS && chip->reads[i].opcode && chip->reads[i].cmd_lines != lines)
		i++;
	if (i == CMSPI_READS || chip->reads[i].opcode)
		return;
	chip->reads[i] = (struct cmspi_op) {
		.opcode = opcode,
		.addr_bytes = 3,
		.mode_bytes = 1,
		.mode = 0xff,
		.dummy_clocks = clocks - mode_clocks,
		.cmd_lines = lines,
		.addr_lines = lines,
		.data_lines = lines,
	};
}

/** SFDP does not tell how two lines are entered, and N25Q's nothing of either (N25Q256A
 * rev. W, "Enhanced Volatile Configuration Register", table 18, notes 5 to 7). */
static void cmspi_family_protocols(uint32_t flags, struct cmspi_chip *chip)
{
	if (!(flags & CMSPI_FAMILY_EVCR))
		return;
	chip->dpi_by_evcr = true;
	if (!chip->qpi_enable)
		chip->qpi_enable = CMSPI_QPI_EVCR;
	cmspi_family_protocol_read(0xbb, 2, 8, chip);
	cmspi_family_protocol_read(0xeb, 4, 10, chip);
}

void cmspi_family_complete(const struct cmspi_family *family, struct cmspi_chip *chip)
{
	const uint32_t flags = cmspi_family_flags_of(family, chip);
	const uint32_t two_dice_bytes = 64u << 20;

	if (flags & CMSPI_FAMILY_NO_CHIP_ERASE)
		chip->chip_erase_opcode = 0;
	chip->may_overwrite = cmspi_family_without_ecc(chip->id);
	cmspi_family_4byte(flags, chip);
	cmspi_family_program_quad(flags, chip);
	if (chip->qer == CMSPI_QER_UNKNOWN)
		cmspi_family_quad(chip);
	cmspi_family_protocols(flags, chip);
	// one die's status says nothing of another's (MT25QL512 "Flag Status Register")
	if ((flags & CMSPI_FAMILY_FLAG_STATUS) && chip->size_bytes >= two_dice_bytes)
		cmspi_chip_take_flag_status(chip);
}

unsigned int cmspi_family_queries(const struct cmspi_family *family,
	const struct cmspi_chip *chip, struct cmspi_map_query *queries)
{
	const struct cmspi_op read = {
		.cmd_lines = 1, .addr_lines = 1, .data_lines = 1, .max_khz = CMSPI_SLOW_KHZ,
	};

	// SFDP knows better
	if (!(family->flags & CMSPI_FAMILY_PARAMETER) || chip->erase_from != CMSPI_FROM_TABLE)
		return 0;
	// CFI, which follows the ID: byte 2Dh is the number of sectors in the first region
	// less one. S25FL127S has the ID of S25FL128S, but sixteen sectors of 4 KiB instead of
	// thirty-two (data sheets 001-98282 and 001-98283, first pages): 0Fh, not 1Fh
	queries[0] = (struct cmspi_map_query) { read, 0, 0x2d, 0x10 };
	queries[0].op.opcode = CMSPI_OPCODE_READ_ID;
	// configuration register, TBPARM
	queries[1] = (struct cmspi_map_query) { read, 0, 0, 0x04 };
	queries[1].op.opcode = 0x35;
	return 2;
}
