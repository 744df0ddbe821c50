/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What is known of a memory chip, where each fact came from, and the steps
 * that make it do things. Pure: no I/O, no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_CHIP_H
#define OPENOCD_FLASH_NOR_CMSPI_CHIP_H

#include "cmspi_op.h"

#define CMSPI_ERASE_TYPES	4
#define CMSPI_READS		8
#define CMSPI_ID_BYTES		6
#define CMSPI_REGIONS		8
#define CMSPI_DICE		8

/** What three address bytes reach. */
#define CMSPI_3_BYTE_LIMIT_BYTES	0x1000000

/** No wiring is so bad that this fails, and parts exist that drive data slowly until
 * they are set up (MX25R in ultra low power mode: a third of the clock). */
#define CMSPI_SLOW_KHZ	1000

/** Where a fact came from, in rising order of trust. */
enum cmspi_source {
	CMSPI_FROM_DEFAULT,
	CMSPI_FROM_TABLE,
	CMSPI_FROM_SFDP,
	CMSPI_FROM_FIXUP,
	CMSPI_FROM_USER,
};

/** One (opcode, size) pair of the part, SFDP's erase type. */
struct cmspi_erase_type {
	/** 0: not there */
	uint32_t size_bytes;
	uint8_t opcode;
	/** opcode that takes four address bytes, 0: none */
	uint8_t opcode_4byte;
	/** 0: not known */
	uint32_t typ_ms;
	uint32_t max_ms;
};

/** A part of the chip with its own set of erase types. */
struct cmspi_region {
	uint32_t size_bytes;
	/** bit i: row i of the chip's erase types works there */
	uint8_t types;
};

/** How the quad-enable bit is set, JESD216 BFPT DWORD 15 bits 22:20. */
enum cmspi_qer {
	CMSPI_QER_NONE = 0,
	CMSPI_QER_SR2_BIT1_WRITE2 = 1,
	CMSPI_QER_SR1_BIT6 = 2,
	CMSPI_QER_SR2_BIT7_3E = 3,
	CMSPI_QER_SR2_BIT1_WRITE1_KEEPS = 4,
	CMSPI_QER_SR2_BIT1_35_01 = 5,
	CMSPI_QER_SR2_BIT1_31 = 6,
	CMSPI_QER_UNKNOWN = 7,
};

/** Bit that lets the part use its data lines 2 and 3. */
struct cmspi_quad_enable {
	/** reads the register that holds it, 0: nobody knows whether it is set */
	uint8_t read_opcode;
	/** the bit, 0: the part needs none */
	uint8_t mask;
};

/** How every byte of a part is reached. */
enum cmspi_addressing {
	/** three address bytes, plain opcodes */
	CMSPI_ADDR_3,
	/** four address bytes with opcodes of their own (13h, 12h, 21h ...) */
	CMSPI_ADDR_4_OPCODES,
	/** four address bytes after power-up, plain opcodes */
	CMSPI_ADDR_4_ALWAYS,
	/** four address bytes, plain opcodes, after B7h and until E9h */
	CMSPI_ADDR_4_MODE,
	/** three address bytes and a register for the fourth */
	CMSPI_ADDR_3_REGISTER,
};

/** BFPT DWORD 16: bits 31:24 in enter_4byte, 23:14 in exit_4byte. */
enum cmspi_4byte_ways {
	CMSPI_4BYTE_B7 = 1 << 0,
	CMSPI_4BYTE_WREN_B7 = 1 << 1,
	CMSPI_4BYTE_EXTENDED_REGISTER = 1 << 2,
	CMSPI_4BYTE_BANK_REGISTER = 1 << 3,
	CMSPI_4BYTE_NV_REGISTER = 1 << 4,
	/** enter_4byte only; in exit_4byte this bit is a hardware reset */
	CMSPI_4BYTE_OPCODES = 1 << 5,
	/** enter_4byte only; in exit_4byte this bit is a soft reset */
	CMSPI_4BYTE_ALWAYS = 1 << 6,
};

/** BFPT DWORD 15: bits 8:4 in qpi_enable, 3:0 in qpi_disable. Those that stand for
 * registers go last: Winbond's parts say EVCR and have no such register. */
enum cmspi_qpi_ways {
	/** 38h once quad enable is set; 38h; 35h */
	CMSPI_QPI_QE_38 = 1 << 0,
	CMSPI_QPI_38 = 1 << 1,
	CMSPI_QPI_35 = 1 << 2,
	/** bit 6 of the register at 800003h, which 65h reads and 71h writes (S25FS) */
	CMSPI_QPI_CR2 = 1 << 3,
	/** bit 7 of the register that 65h reads and 61h writes (Micron), 0 is on */
	CMSPI_QPI_EVCR = 1 << 4,
	CMSPI_QPI_LEAVE_FF = 1 << 0,
	CMSPI_QPI_LEAVE_F5 = 1 << 1,
};

struct cmspi_chip {
	/** part name or "ID 0xef4017"; never empty once probed */
	char name[40];
	/** bytes answered to 9Fh, manufacturer first */
	uint8_t id[CMSPI_ID_BYTES];
	/** JESD216 minor revision, negative: the part has no SFDP */
	int sfdp_minor;

	uint32_t size_bytes;
	enum cmspi_source size_from;
	/** what it holds by SFDP or ID, where the user's word is another; 0: no such word */
	uint32_t told_bytes;
	/** program unit, programming wraps inside it */
	uint32_t page_bytes;
	enum cmspi_source page_from;
	/** AT45 DataFlash: an address is the page's number above so many bits of the byte
	 * in it, and pages are programmed through a buffer; 0: addresses are linear */
	uint8_t column_bits;
	/** address bytes the part takes after power-up: 3 or 4 */
	uint8_t addr_bytes;
	/** BFPT DWORD 1: takes 3, 3 or 4, only 4 */
	bool addr_3_ok;
	bool addr_4_ok;

	/** sorted by size, smallest first; unused rows have size 0 */
	struct cmspi_erase_type erase[CMSPI_ERASE_TYPES];
	enum cmspi_source erase_from;
	/** from address 0 on; num_regions 0: every erase type works everywhere */
	struct cmspi_region regions[CMSPI_REGIONS];
	unsigned int num_regions;
	uint8_t chip_erase_opcode;
	/** AT45: it is followed by 94h 80h 9Ah */
	bool chip_erase_guarded;
	uint32_t chip_erase_typ_ms;
	uint32_t chip_erase_max_ms;

	/** every way to read it, plain 03h first; opcode 0 ends the list. These
	 * and the two programs below are the three-byte forms:
	 * cmspi_chip_read_op() and the step builders give what is to be sent */
	struct cmspi_op reads[CMSPI_READS];
	/** opcode of the same read that takes four address bytes, 0: none */
	uint8_t reads_4byte[CMSPI_READS];
	/** index into reads of the way cmspi_chip_step_read() takes, but for blank checks */
	uint8_t read_used;
	/** page program, 1-1-1 */
	struct cmspi_op program;
	/** quad page program (1-1-4 or 1-4-4), opcode 0: none */
	struct cmspi_op program_quad;
	/** opcodes of the same that take four address bytes, 0: none */
	uint8_t program_4byte;
	uint8_t program_quad_4byte;
	/** cmspi_chip_step_program() takes the quad page program */
	bool program_wide;
	/** programs a word, and the next one without an address, until write disable
	 * (SST25's AAI); @a program then takes a single byte; 0: there is none */
	uint8_t words_opcode;
	/** how a part without an ID is protected: a name of cmspi_protect.c, NULL: its ID
	 * tells */
	const char *protection;
	/** bits may be cleared by a second program without erase: known to have no
	 * on-die ECC, which would take its sum with it */
	bool may_overwrite;
	uint32_t page_typ_us;
	uint32_t page_max_us;
	enum cmspi_source times_from;

	/** 06h; 0: the part has no write enable */
	uint8_t wren_opcode;
	struct cmspi_poll poll;
	/** clears the error flags of a flag status register (50h), 0: none */
	uint8_t clear_flags_opcode;
	/** status register write (01h), milliseconds */
	uint32_t sr_write_max_ms;

	/** SCK limit of every command, 0: none but theirs */
	uint32_t max_khz;
	/** what one die of a stacked part holds, 0: it has one die. No read goes on from
	 * one die to the next */
	uint32_t die_bytes;
	/** selects the die that hears commands and tells its status (C2h), 0: an address
	 * does */
	uint8_t die_select_opcode;
	/** the dice know nothing of each other: addresses count from the start of the die,
	 * and registers and chip erase are those of the selected one; else they are of
	 * all dice */
	bool die_relative;
	/** erases the die that its address is in (C4h), has no form of four address bytes;
	 * 0: there is none */
	uint8_t die_erase_opcode;

	enum cmspi_qer qer;
	/** the same by the ID, for looking only, where that is unknown */
	struct cmspi_quad_enable quad_by_id;
	/** 50h before a status register write makes it volatile */
	bool volatile_status;
	/** ways into and out of commands on four lines: enum cmspi_qpi_ways, 0: unknown */
	uint8_t qpi_enable;
	uint8_t qpi_disable;
	/** commands on two lines by bit 6 of that register of Micron's */
	bool dpi_by_evcr;
	/** BFPT DWORD 16 bits 31:24 (enter 4-byte) and 23:14 (exit), 0: unknown */
	uint8_t enter_4byte;
	uint16_t exit_4byte;
	/** BFPT DWORD 16 bits 13:8: soft reset methods */
	uint8_t soft_reset;
	/** what goes on with a suspended erase and program, 0: unknown */
	uint8_t erase_resume_opcode;
	uint8_t program_resume_opcode;
	/** locks a single block, by the maker's own table of SFDP; 0: it tells of none */
	uint8_t lock_opcode;
	/** deep power-down release opcode, delay; 0: unknown */
	uint8_t dpd_exit_opcode;
	uint32_t dpd_exit_delay_us;
};

/** A chip of which nothing is known yet: every limit is a safe default. */
void cmspi_chip_init(struct cmspi_chip *chip);

/** What the part holds, though the user may want less of it: protection counts from its
 * true end. */
uint32_t cmspi_chip_whole_bytes(const struct cmspi_chip *chip);

/** The opcodes of four address bytes that all parts have that have any. */
void cmspi_chip_take_4byte_opcodes(struct cmspi_chip *chip);

/** Wait by the flag status register 70h. */
void cmspi_chip_take_flag_status(struct cmspi_chip *chip);

/** The way to address the part that disturbs it least. */
enum cmspi_addressing cmspi_chip_addressing(const struct cmspi_chip *chip);

/** Address bytes that reach every byte of the part (3 up to 16 MiB). */
unsigned int cmspi_chip_addr_bytes(const struct cmspi_chip *chip);

/** Row @a index of the reads as it is to be sent; opcode 0: no such row, or
 * it cannot reach the whole part. */
struct cmspi_op cmspi_chip_read_op(const struct cmspi_chip *chip, unsigned int index);

/** Index of the read that takes opcode and address on one line, data on so many;
 * with one line 0Bh, which may be clocked faster than 03h. 0: there is none. */
unsigned int cmspi_chip_find_read(const struct cmspi_chip *chip, unsigned int data_lines);

/** Has it a quad page program that reaches the whole part? */
bool cmspi_chip_has_program_quad(const struct cmspi_chip *chip);

/** Is the erase type there, and can it reach the whole part? */
bool cmspi_chip_erase_usable(const struct cmspi_chip *chip,
	const struct cmspi_erase_type *type);

struct cmspi_quad_enable cmspi_chip_quad_enable(const struct cmspi_chip *chip);

/** Reads a register by an opcode of its own, without address. */
struct cmspi_step cmspi_chip_step_read_register(uint8_t opcode, uint8_t *value);

/** Writes registers with write enable and waits; whether it worked must be read back.
 * @param values must live as long as the step */
struct cmspi_step cmspi_chip_step_write_register(const struct cmspi_chip *chip,
	uint8_t opcode, const uint8_t *values, uint32_t count);

/** Limits to wait for, made of the part's own maximum as far as that is
 * believable: see the table in cmspi_chip.c. */
uint32_t cmspi_chip_erase_timeout_us(const struct cmspi_erase_type *type);
uint32_t cmspi_chip_chip_erase_timeout_us(const struct cmspi_chip *chip);
uint32_t cmspi_chip_page_timeout_us(const struct cmspi_chip *chip);

/** What an erase of @a size_bytes usually takes, for parts that do not tell. */
uint32_t cmspi_chip_usual_erase_ms(uint32_t size_bytes);

/** What a chip erase usually takes, whether the part tells or not. */
uint32_t cmspi_chip_usual_chip_erase_ms(const struct cmspi_chip *chip);

/** Steps, ready for an executor; the caller adds tx/rx/count where needed. */
struct cmspi_step cmspi_chip_step_read_id(uint8_t *id, uint32_t id_bytes);
struct cmspi_step cmspi_chip_step_read_sfdp(uint32_t addr, uint8_t *data, uint32_t count);
struct cmspi_step cmspi_chip_step_read_status(const struct cmspi_chip *chip, uint8_t *status);
struct cmspi_step cmspi_chip_step_erase(const struct cmspi_chip *chip,
	const struct cmspi_erase_type *type, uint32_t addr);
struct cmspi_step cmspi_chip_step_chip_erase(const struct cmspi_chip *chip);
/** How many dice there are, 1 on most parts. */
unsigned int cmspi_chip_dice(const struct cmspi_chip *chip);

/**
 * Steps behind a command that all dice of one address space have heard: wait for all but
 * the first, each of which is ready in its own time.
 * @param steps CMSPI_DICE of them
 * @returns their number, 0 for all other parts
 */
unsigned int cmspi_chip_steps_await_dice(const struct cmspi_chip *chip, uint32_t timeout_us,
	struct cmspi_step *steps);

/** How many sets of status registers there are: one for each die that knows nothing of
 * the others. */
unsigned int cmspi_chip_register_sets(const struct cmspi_chip *chip);

/** What of the chip each set stands for, bytes. */
uint32_t cmspi_chip_set_bytes(const struct cmspi_chip *chip);

/** Most steps that cmspi_chip_steps_mass_erase() makes. */
#define CMSPI_CHIP_MASS_ERASE_STEPS	(2 * CMSPI_DICE)

/**
 * Steps that erase all dice, by C7h or die by die. Where a die erase has no form of four
 * address bytes, @a chip must not either (program_4byte 0).
 * @param steps CMSPI_CHIP_MASS_ERASE_STEPS of them
 * @returns their number, 0: the part has no such command
 */
unsigned int cmspi_chip_steps_mass_erase(const struct cmspi_chip *chip,
	struct cmspi_step *steps);
struct cmspi_step cmspi_chip_step_program(const struct cmspi_chip *chip, uint32_t addr,
	const uint8_t *data, uint32_t count);
/** Most steps that cmspi_chip_steps_program() makes. */
#define CMSPI_CHIP_PROGRAM_STEPS	4

/**
 * Steps that program a span: one, or around words a byte at an odd end each and what
 * ends that mode.
 * @param steps CMSPI_CHIP_PROGRAM_STEPS of them
 * @returns their number
 */
unsigned int cmspi_chip_steps_program(const struct cmspi_chip *chip, uint32_t addr,
	const uint8_t *data, uint32_t count, struct cmspi_step *steps);

/** So many bytes FFh in a row, at a multiple of it, are left out of a write. */
uint32_t cmspi_chip_skip_bytes(const struct cmspi_chip *chip);

/** Does it end the programming of words? It finds the chip ready. */
bool cmspi_chip_is_words_end(const struct cmspi_step *step);

/** Ends the programming of words. */
struct cmspi_step cmspi_chip_step_end_words(const struct cmspi_chip *chip);

/** @a kind is READ (result to rx by the caller), CRC or BLANK */
struct cmspi_step cmspi_chip_step_read(const struct cmspi_chip *chip,
	enum cmspi_step_kind kind, uint32_t addr, uint32_t count);

/** Sets one way of 4-byte mode (CMSPI_ADDR_4_MODE), or ends it. */
struct cmspi_step cmspi_chip_step_4byte(const struct cmspi_chip *chip, bool enter);
/** Sets address bits 24 and up where a register has them. */
struct cmspi_step cmspi_chip_step_segment(const struct cmspi_chip *chip, unsigned int segment);

/** Selects a die of a part that has die_select_opcode. */
struct cmspi_step cmspi_chip_step_select_die(const struct cmspi_chip *chip, unsigned int die);

/** Takes write enable back. */
struct cmspi_step cmspi_chip_step_write_disable(void);

/** Most steps that cmspi_chip_steps_home() makes. */
#define CMSPI_CHIP_HOME_STEPS	7

/**
 * Steps that end what outlives the firmware and does not show in the ID: a
 * suspended erase or program, error flags, four-byte mode, the extended address
 * register.
 * @param steps CMSPI_CHIP_HOME_STEPS of them
 * @returns their number, 0 for a part that has none of these
 */
unsigned int cmspi_chip_steps_home(const struct cmspi_chip *chip, struct cmspi_step *steps);

/** Error flags of a part that keeps them (clear_flags_opcode). */
struct cmspi_step cmspi_chip_step_clear_flags(const struct cmspi_chip *chip);

/** Is this what an empty socket answers (all 00 or all FF)? */
bool cmspi_chip_id_is_blank(const uint8_t *id, uint32_t id_bytes);

/** Can these bytes be an ID? Manufacturers' numbers have odd parity (JEP106), and
 * no chip repeats one byte only. Right for all that answer, wrong for half of what
 * a chip in another mode makes of 9Fh. */
bool cmspi_chip_id_is_plausible(const uint8_t *id, uint32_t id_bytes);

#endif /* OPENOCD_FLASH_NOR_CMSPI_CHIP_H */
