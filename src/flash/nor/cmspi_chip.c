// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What may be assumed of a memory chip before it has told anything, how each
 * of its bytes is addressed, how long to wait for it, and the steps that make
 * it do things. Pure: no I/O, no OpenOCD header.
 */

#include "cmspi_chip.h"

// 03h: the slowest part known takes 33 MHz (M25P80, M25P10-A, MX25R6435F)
#define CMSPI_PLAIN_READ_KHZ	33000

// Every other command of a part that does not tell: the slowest ones known take
// 50 MHz (M25P10-A, SST25VF016B)
#define CMSPI_USUAL_KHZ	50000

// Status register write: S25FL-S takes up to 500 ms, everybody else 40 ms
#define CMSPI_STATUS_WRITE_MAX_MS	500

// Page program, from the data sheets' AC tables: W25Q64JV 0.4 ms, at most 3;
// the slowest is MX25R6435F in ultra low power mode with 10 ms
#define CMSPI_PAGE_TYP_US	700
#define CMSPI_PAGE_USUAL_MAX_US	3000
#define CMSPI_PAGE_SLOWEST_US	10000

// SST25's AAI: two bytes a command, status bit 6 while it is under way, in which
// WEL, bit 1, stays set (SST25VF016B, "AAI Word-Program" and "Status Register").
// To end it and begin it again costs as much time as some of these words
#define CMSPI_WORD_BYTES	2u
#define CMSPI_STATUS_AAI	0x40
#define CMSPI_WORDS_SKIP_BYTES	16

// A maximum from SFDP that is more than this many times the slowest one known
// is a lie or an unprogrammed table
#define CMSPI_ABSURD_FACTOR	10

// The wait is counted by a core whose clock may be off (RC oscillator, rounded
// -core-khz), and waiting too long costs only a late error message
#define CMSPI_MARGIN_FACTOR	2

/** What data sheets say of erase times, by size. */
struct cmspi_erase_times {
	uint32_t size_bytes;
	/** typical of a common part: W25Q64JV, for 256 KiB S25FL512S */
	uint32_t typ_ms;
	/** maximum of that part: no wait is shorter than this */
	uint32_t usual_max_ms;
	/** maximum of the slowest part known: no wait is longer than ten times */
	uint32_t slowest_max_ms;
};

static const struct cmspi_erase_times cmspi_erase_times[] = {
	// bytes, typ, usual max, slowest max: ms    slowest part
	{ 4096, 45, 400, 800 },			// N25Q128A
	{ 32768, 120, 1600, 3000 },		// MX25R6435F, M25P10-A
	{ 65536, 150, 2000, 5400 },		// MX25L25645G (its SFDP)
	{ UINT32_MAX, 520, 2600, 6000 },	// S25FL512S: 2600, scaled like 64 KiB
};

/** Chip erase, a MiB: W25Q128JV 2.5 s, at most 12.5; slowest MX25L25645G 49 s. */
static const struct cmspi_erase_times cmspi_chip_erase_times = {
	1048576, 2500, 12500, 49000
};

static uint32_t cmspi_saturate(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/** The part's own maximum (0: not told) between floor and ceiling, with margin. */
static uint32_t cmspi_timeout_us(uint64_t max_us, uint64_t usual_us, uint64_t slowest_us)
{
	const uint64_t ceiling_us = slowest_us * CMSPI_ABSURD_FACTOR;

	uint64_t limit_us = max_us ? max_us : slowest_us;
	if (limit_us < usual_us)
		limit_us = usual_us;
	if (limit_us > ceiling_us)
		limit_us = ceiling_us;
	return cmspi_saturate(limit_us * CMSPI_MARGIN_FACTOR);
}

static const struct cmspi_erase_times *cmspi_erase_times_of(uint32_t size_bytes)
{
	const struct cmspi_erase_times *row = cmspi_erase_times;

	while (row->size_bytes < size_bytes)
		row++;
	return row;
}

uint32_t cmspi_chip_usual_erase_ms(uint32_t size_bytes)
{
	return cmspi_erase_times_of(size_bytes)->typ_ms;
}

uint32_t cmspi_chip_erase_timeout_us(const struct cmspi_erase_type *type)
{
	const struct cmspi_erase_times *row = cmspi_erase_times_of(type->size_bytes);

	return cmspi_timeout_us(type->max_ms * UINT64_C(1000), row->usual_max_ms * UINT64_C(1000),
		row->slowest_max_ms * UINT64_C(1000));
}

/** In whole MiB, rounded up: what the row of chip erase times counts in. */
static uint64_t cmspi_chip_mib(const struct cmspi_chip *chip)
{
	const uint32_t mib_bytes = cmspi_chip_erase_times.size_bytes;

	return ((uint64_t)chip->size_bytes + mib_bytes - 1) / mib_bytes;
}

uint32_t cmspi_chip_usual_chip_erase_ms(const struct cmspi_chip *chip)
{
	return chip->chip_erase_typ_ms ? chip->chip_erase_typ_ms :
		cmspi_saturate(cmspi_chip_mib(chip) * cmspi_chip_erase_times.typ_ms);
}

uint32_t cmspi_chip_chip_erase_timeout_us(const struct cmspi_chip *chip)
{
	const struct cmspi_erase_times *row = &cmspi_chip_erase_times;
	const uint64_t mib = cmspi_chip_mib(chip);

	return cmspi_timeout_us(chip->chip_erase_max_ms * UINT64_C(1000),
		mib * row->usual_max_ms * 1000, mib * row->slowest_max_ms * 1000);
}

uint32_t cmspi_chip_page_timeout_us(const struct cmspi_chip *chip)
{
	return cmspi_timeout_us(chip->page_max_us, CMSPI_PAGE_USUAL_MAX_US, CMSPI_PAGE_SLOWEST_US);
}

static struct cmspi_op cmspi_plain_op(uint8_t opcode, uint8_t addr_bytes)
{
	return (struct cmspi_op) {
		.opcode = opcode,
		.addr_bytes = addr_bytes,
		.cmd_lines = 1,
		.addr_lines = 1,
		.data_lines = 1,
		.max_khz = CMSPI_USUAL_KHZ,
	};
}

void cmspi_chip_init(struct cmspi_chip *chip)
{
	*chip = (struct cmspi_chip) {
		.sfdp_minor = -1,
		.page_bytes = 256,
		.addr_bytes = 3,
		.addr_3_ok = true,
		.chip_erase_opcode = CMSPI_OPCODE_CHIP_ERASE,
		.program = cmspi_plain_op(CMSPI_OPCODE_PROGRAM, 3),
		.page_typ_us = CMSPI_PAGE_TYP_US,
		.wren_opcode = CMSPI_OPCODE_WRITE_ENABLE,
		// WIP is bit 0; WEL, bit 1, falls by itself when the part is done:
		// still set, the part has not obeyed
		.poll = { .opcode = CMSPI_OPCODE_READ_STATUS, .mask = 0x01, .fail = 0x02 },
		.sr_write_max_ms = CMSPI_STATUS_WRITE_MAX_MS,
		.qer = CMSPI_QER_UNKNOWN,
		.quad_by_id = { 0, 0xff },
	};
	chip->reads[0] = cmspi_plain_op(CMSPI_OPCODE_READ, 3);
	chip->reads[0].max_khz = CMSPI_PLAIN_READ_KHZ;
}

uint32_t cmspi_chip_whole_bytes(const struct cmspi_chip *chip)
{
	return chip->told_bytes > chip->size_bytes ? chip->told_bytes : chip->size_bytes;
}

void cmspi_chip_take_4byte_opcodes(struct cmspi_chip *chip)
{
	chip->reads_4byte[0] = 0x13;
	if (chip->reads[1].opcode == CMSPI_OPCODE_FAST_READ)
		chip->reads_4byte[1] = 0x0c;
	chip->program_4byte = 0x12;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++) {
		struct cmspi_erase_type *type = &chip->erase[i];
		if (type->opcode == 0x20 && type->size_bytes == 4096)
			type->opcode_4byte = 0x21;
		else if (type->opcode == 0xd8)
			type->opcode_4byte = 0xdc;
	}
}

void cmspi_chip_take_flag_status(struct cmspi_chip *chip)
{
	// bit 7 is ready; bits 5, 4, 1 are erase, program and protection error, which
	// stay until 50h (MT25Q data sheet, "Flag Status Register")
	chip->poll = (struct cmspi_poll) {
		.opcode = 0x70, .mask = 0x80, .ready = 0x80, .fail = 0x32
	};
	chip->clear_flags_opcode = 0x50;
}

static bool cmspi_chip_has_4byte_opcodes(const struct cmspi_chip *chip)
{
	if (!chip->reads_4byte[0] || !chip->program_4byte)
		return false;
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES; i++)
		if (chip->erase[i].size_bytes && chip->erase[i].opcode_4byte)
			return true;
	return false;
}

enum cmspi_addressing cmspi_chip_addressing(const struct cmspi_chip *chip)
{
	const unsigned int mode = CMSPI_4BYTE_B7 | CMSPI_4BYTE_WREN_B7;
	const unsigned int fourth = CMSPI_4BYTE_EXTENDED_REGISTER | CMSPI_4BYTE_BANK_REGISTER;

	if (!chip->addr_3_ok)
		return CMSPI_ADDR_4_ALWAYS;
	if (chip->size_bytes <= CMSPI_3_BYTE_LIMIT_BYTES)
		return chip->addr_bytes == 4 ? CMSPI_ADDR_4_ALWAYS : CMSPI_ADDR_3;
	// First choice, because it leaves nothing behind that a boot ROM trips over
	if (cmspi_chip_has_4byte_opcodes(chip))
		return CMSPI_ADDR_4_OPCODES;
	if (chip->addr_bytes == 4)
		return CMSPI_ADDR_4_ALWAYS;
	if (!(chip->enter_4byte & mode) && (chip->enter_4byte & fourth))
		return CMSPI_ADDR_3_REGISTER;
	return CMSPI_ADDR_4_MODE;
}

unsigned int cmspi_chip_addr_bytes(const struct cmspi_chip *chip)
{
	switch (cmspi_chip_addressing(chip)) {
	case CMSPI_ADDR_3:
	case CMSPI_ADDR_3_REGISTER:
		return 3;
	default:
		return 4;
	}
}

/** Opcode and address bytes of @a op as they reach the whole part. */
static struct cmspi_op cmspi_chip_address_op(const struct cmspi_chip *chip, struct cmspi_op op,
	uint8_t opcode_4byte)
{
	if (cmspi_chip_addressing(chip) == CMSPI_ADDR_4_OPCODES)
		op.opcode = opcode_4byte;
	// SFDP does not tell how fast a read may be
	if (!op.max_khz)
		op.max_khz = CMSPI_USUAL_KHZ;
	if (chip->max_khz && op.max_khz > chip->max_khz)
		op.max_khz = chip->max_khz;
	op.addr_bytes = cmspi_chip_addr_bytes(chip);
	return op;
}

struct cmspi_op cmspi_chip_read_op(const struct cmspi_chip *chip, unsigned int index)
{
	if (index >= CMSPI_READS || !chip->reads[index].opcode)
		return (struct cmspi_op) { 0 };
	return cmspi_chip_address_op(chip, chip->reads[index], chip->reads_4byte[index]);
}

bool cmspi_chip_has_program_quad(const struct cmspi_chip *chip)
{
	return chip->program_quad.opcode && (chip->program_quad_4byte ||
		cmspi_chip_addressing(chip) != CMSPI_ADDR_4_OPCODES);
}

bool cmspi_chip_erase_usable(const struct cmspi_chip *chip, const struct cmspi_erase_type *type)
{
	if (!type->size_bytes)
		return false;
	return cmspi_chip_addressing(chip) != CMSPI_ADDR_4_OPCODES || type->opcode_4byte;
}

unsigned int cmspi_chip_find_read(const struct cmspi_chip *chip, unsigned int data_lines)
{
	for (unsigned int i = 1; i < CMSPI_READS && chip->reads[i].opcode; i++) {
		const struct cmspi_op *op = &chip->reads[i];

		if (op->cmd_lines == 1 && op->addr_lines == 1 && op->data_lines == data_lines &&
				cmspi_chip_read_op(chip, i).opcode)
			return i;
	}
	return 0;
}

/* JESD216 BFPT DWORD 15 bits 22:20. Where SR2 bit 1 is written through 01h the table
 * does not say how it is read; 35h does on the parts that have it (S25FL-S "Read
 * Configuration Register", W25Q "Read Status Register-2"). */
struct cmspi_quad_enable cmspi_chip_quad_enable(const struct cmspi_chip *chip)
{
	static const struct cmspi_quad_enable rows[] = {
		[CMSPI_QER_NONE] = { 0, 0 },
		[CMSPI_QER_SR2_BIT1_WRITE2] = { 0x35, 0x02 },
		[CMSPI_QER_SR1_BIT6] = { 0x05, 0x40 },
		[CMSPI_QER_SR2_BIT7_3E] = { 0x3f, 0x80 },
		[CMSPI_QER_SR2_BIT1_WRITE1_KEEPS] = { 0x35, 0x02 },
		[CMSPI_QER_SR2_BIT1_35_01] = { 0x35, 0x02 },
		[CMSPI_QER_SR2_BIT1_31] = { 0x35, 0x02 },
		[CMSPI_QER_UNKNOWN] = { 0, 0xff },
	};

	// each of such dice has a bit of its own
	if (chip->die_relative)
		return rows[CMSPI_QER_UNKNOWN];
	return chip->qer == CMSPI_QER_UNKNOWN ? chip->quad_by_id : rows[chip->qer];
}

struct cmspi_step cmspi_chip_step_read_id(uint8_t *id, uint32_t id_bytes)
{
	struct cmspi_step step = {
		.kind = CMSPI_STEP_XFER,
		.op = cmspi_plain_op(CMSPI_OPCODE_READ_ID, 0),
		.rx = id,
		.rx_bytes = id_bytes,
	};

	step.op.max_khz = CMSPI_SLOW_KHZ;
	return step;
}

struct cmspi_step cmspi_chip_step_read_sfdp(uint32_t addr, uint8_t *data, uint32_t count)
{
	struct cmspi_step step = {
		.kind = CMSPI_STEP_XFER,
		.op = cmspi_plain_op(CMSPI_OPCODE_READ_SFDP, 3),
		.addr = addr,
		.rx = data,
		.rx_bytes = count,
	};

	// JESD216, "Read SFDP": three address bytes and 8 dummy clocks, whatever
	// the part's other commands take
	step.op.dummy_clocks = 8;
	step.op.max_khz = CMSPI_SLOW_KHZ;
	return step;
}

struct cmspi_step cmspi_chip_step_read_register(uint8_t opcode, uint8_t *value)
{
	return (struct cmspi_step) {
		.kind = CMSPI_STEP_XFER,
		.op = cmspi_plain_op(opcode, 0),
		.rx = value,
		.rx_bytes = 1,
	};
}

struct cmspi_step cmspi_chip_step_read_status(const struct cmspi_chip *chip, uint8_t *status)
{
	return cmspi_chip_step_read_register(chip->poll.opcode, status);
}

/** An opcode alone, no address. */
static struct cmspi_step cmspi_chip_step_opcode(uint8_t opcode)
{
	return (struct cmspi_step) { .kind = CMSPI_STEP_XFER, .op = cmspi_plain_op(opcode, 0) };
}

struct cmspi_step cmspi_chip_step_write_disable(void)
{
	return cmspi_chip_step_opcode(CMSPI_OPCODE_WRITE_DISABLE);
}

/** A command that changes the array: write enabled before, waited for after. */
static struct cmspi_step cmspi_chip_step_change(const struct cmspi_chip *chip,
	enum cmspi_step_kind kind, struct cmspi_op op, uint32_t addr, uint32_t timeout_us)
{
	const unsigned int enable = CMSPI_STEP_WREN | CMSPI_STEP_CHECK_WEL;

	return (struct cmspi_step) {
		.kind = kind,
		.flags = CMSPI_STEP_POLL | (chip->wren_opcode ? enable : 0),
		.op = op,
		.addr = addr,
		.poll = chip->poll,
		.timeout_us = timeout_us,
	};
}

struct cmspi_step cmspi_chip_step_write_register(const struct cmspi_chip *chip,
	uint8_t opcode, const uint8_t *values, uint32_t count)
{
	struct cmspi_step step = cmspi_chip_step_change(chip, CMSPI_STEP_XFER,
		cmspi_plain_op(opcode, 0), 0, chip->sr_write_max_ms * 1000);

	// a locked register may keep WEL; the caller looks at what it holds
	step.poll.fail = 0;
	step.tx = values;
	step.tx_bytes = count;
	return step;
}

struct cmspi_step cmspi_chip_step_erase(const struct cmspi_chip *chip,
	const struct cmspi_erase_type *type, uint32_t addr)
{
	const struct cmspi_op op = cmspi_chip_address_op(chip, cmspi_plain_op(type->opcode, 3),
		type->opcode_4byte);

	struct cmspi_step step = cmspi_chip_step_change(chip, CMSPI_STEP_XFER, op, addr,
		cmspi_chip_erase_timeout_us(type));

	step.count = type->size_bytes;
	return step;
}

struct cmspi_step cmspi_chip_step_chip_erase(const struct cmspi_chip *chip)
{
	// AT45DB161E "Chip Erase"
	static const uint8_t guard[] = { 0x94, 0x80, 0x9a };
	struct cmspi_step step = cmspi_chip_step_change(chip, CMSPI_STEP_XFER,
		cmspi_plain_op(chip->chip_erase_opcode, 0), 0,
		cmspi_chip_chip_erase_timeout_us(chip));
	step.count = chip->size_bytes;
	if (chip->chip_erase_guarded) {
		step.tx = guard;
		step.tx_bytes = sizeof(guard);
	}
	return step;
}

unsigned int cmspi_chip_dice(const struct cmspi_chip *chip)
{
	const uint32_t dice = chip->die_bytes ? cmspi_chip_whole_bytes(chip) / chip->die_bytes : 1;

	// -size may say anything
	return dice < 1 ? 1 : dice > CMSPI_DICE ? CMSPI_DICE : dice;
}

unsigned int cmspi_chip_register_sets(const struct cmspi_chip *chip)
{
	return chip->die_relative ? cmspi_chip_dice(chip) : 1;
}

uint32_t cmspi_chip_set_bytes(const struct cmspi_chip *chip)
{
	return chip->die_relative ? chip->die_bytes : cmspi_chip_whole_bytes(chip);
}

/** C4h, which every part takes that is several dice without a choice. */
static struct cmspi_step cmspi_chip_step_die_erase(const struct cmspi_chip *chip, unsigned int die)
{
	const struct cmspi_op op = cmspi_chip_address_op(chip,
		cmspi_plain_op(chip->die_erase_opcode, 3), 0);
	struct cmspi_step step = cmspi_chip_step_change(chip, CMSPI_STEP_XFER, op,
		die * chip->die_bytes, cmspi_chip_chip_erase_timeout_us(chip));

	step.count = chip->die_bytes;
	return step;
}

unsigned int cmspi_chip_steps_await_dice(const struct cmspi_chip *chip, uint32_t timeout_us,
	struct cmspi_step *steps)
{
	unsigned int count = 0;

	if (!chip->die_select_opcode || chip->die_relative)
		return 0;
	for (unsigned int die = 1; die < cmspi_chip_dice(chip); die++) {
		steps[count] = cmspi_chip_step_select_die(chip, die);
		steps[count].flags = CMSPI_STEP_POLL;
		steps[count].poll = chip->poll;
		steps[count++].timeout_us = timeout_us;
	}
	steps[count++] = cmspi_chip_step_select_die(chip, 0);
	return count;
}

/** The same on each die: the first one is selected before and after. */
static unsigned int cmspi_chip_steps_each_die(const struct cmspi_chip *chip,
	const struct cmspi_step *step, struct cmspi_step *steps)
{
	unsigned int count = 0;

	for (unsigned int die = 0; die < cmspi_chip_dice(chip); die++) {
		if (die)
			steps[count++] = cmspi_chip_step_select_die(chip, die);
		steps[count] = *step;
		steps[count++].addr = die * chip->die_bytes;
	}
	steps[count++] = cmspi_chip_step_select_die(chip, 0);
	return count;
}

unsigned int cmspi_chip_steps_mass_erase(const struct cmspi_chip *chip, struct cmspi_step *steps)
{
	unsigned int count = 0;

	for (unsigned int die = 0; die < cmspi_chip_dice(chip) && chip->die_erase_opcode; die++)
		steps[count++] = cmspi_chip_step_die_erase(chip, die);
	if (count || !chip->chip_erase_opcode)
		return count;
	const struct cmspi_step whole = cmspi_chip_step_chip_erase(chip);

	if (chip->die_relative)
		return cmspi_chip_steps_each_die(chip, &whole, steps);
	steps[0] = whole;
	return 1 + cmspi_chip_steps_await_dice(chip, whole.timeout_us, steps + 1);
}

struct cmspi_step cmspi_chip_step_program(const struct cmspi_chip *chip, uint32_t addr,
	const uint8_t *data, uint32_t count)
{
	const bool wide = chip->program_wide;
	const struct cmspi_op op = cmspi_chip_address_op(chip,
		wide ? chip->program_quad : chip->program,
		wide ? chip->program_quad_4byte : chip->program_4byte);

	struct cmspi_step step = cmspi_chip_step_change(chip, CMSPI_STEP_PROGRAM, op, addr,
		cmspi_chip_page_timeout_us(chip));

	step.count = count;
	step.page_bytes = chip->page_bytes;
	step.usual_us = chip->page_typ_us;
	step.tx = data;
	step.tx_bytes = count;
	return step;
}

/** An even number of bytes from an even address. During it WEL stays set. */
static struct cmspi_step cmspi_chip_step_words(const struct cmspi_chip *chip, uint32_t addr,
	const uint8_t *data, uint32_t count)
{
	struct cmspi_step step = cmspi_chip_step_program(chip, addr, data, count);

	step.flags |= CMSPI_STEP_RUNNING;
	step.op.opcode = chip->words_opcode;
	step.page_bytes = CMSPI_WORD_BYTES;
	step.poll.fail = 0;
	return step;
}

struct cmspi_step cmspi_chip_step_end_words(const struct cmspi_chip *chip)
{
	struct cmspi_step step = cmspi_chip_step_write_disable();

	step.flags = CMSPI_STEP_POLL;
	step.poll = chip->poll;
	step.poll.fail |= CMSPI_STATUS_AAI;
	step.timeout_us = cmspi_chip_page_timeout_us(chip);
	return step;
}

bool cmspi_chip_is_words_end(const struct cmspi_step *step)
{
	return step->op.opcode == CMSPI_OPCODE_WRITE_DISABLE && step->flags & CMSPI_STEP_POLL;
}

unsigned int cmspi_chip_steps_program(const struct cmspi_chip *chip, uint32_t addr,
	const uint8_t *data, uint32_t count, struct cmspi_step *steps)
{
	const uint32_t head = chip->words_opcode && count ? addr % CMSPI_WORD_BYTES : count;
	const uint32_t words = (count - head) & ~(CMSPI_WORD_BYTES - 1);
	const uint32_t tail = count - head - words;
	unsigned int used = 0;

	if (head)
		steps[used++] = cmspi_chip_step_program(chip, addr, data, head);
	if (words) {
		steps[used++] = cmspi_chip_step_words(chip, addr + head, data + head, words);
		steps[used++] = cmspi_chip_step_end_words(chip);
	}
	if (tail)
		steps[used++] = cmspi_chip_step_program(chip, addr + head + words,
			data + head + words, tail);
	return used;
}

uint32_t cmspi_chip_skip_bytes(const struct cmspi_chip *chip)
{
	return chip->page_bytes < CMSPI_WORDS_SKIP_BYTES ? CMSPI_WORDS_SKIP_BYTES : chip->page_bytes;
}

struct cmspi_step cmspi_chip_step_read(const struct cmspi_chip *chip,
	enum cmspi_step_kind kind, uint32_t addr, uint32_t count)
{
	// on more lines a MOSI held high would make blank of AAh
	const unsigned int index = kind == CMSPI_STEP_BLANK ? 0 : chip->read_used;

	return (struct cmspi_step) {
		.kind = kind,
		.op = cmspi_chip_read_op(chip, index),
		.addr = addr,
		.count = count,
	};
}

struct cmspi_step cmspi_chip_step_4byte(const struct cmspi_chip *chip, bool enter)
{
	const unsigned int ways = enter ? chip->enter_4byte : chip->exit_4byte;
	struct cmspi_step step = {
		.kind = CMSPI_STEP_XFER,
		.op = cmspi_plain_op(enter ? CMSPI_OPCODE_ENTER_4BYTE : CMSPI_OPCODE_EXIT_4BYTE, 0),
	};

	// Who needs write enable ignores the bare opcode, who does not takes both;
	// the bare form comes first because the other leaves WEL set behind
	if (!(ways & CMSPI_4BYTE_B7))
		step.flags = CMSPI_STEP_WREN;
	return step;
}

/** Go on with what is suspended and wait for its end; on a part where nothing is,
 * the opcode is ignored (W25Q64JV "Erase / Program Resume", MX25L12845G "Resume"). */
static struct cmspi_step cmspi_chip_step_resume(const struct cmspi_chip *chip, uint8_t opcode)
{
	const struct cmspi_erase_type largest = { .size_bytes = UINT32_MAX };
	struct cmspi_step step = cmspi_chip_step_opcode(opcode);

	step.flags = CMSPI_STEP_POLL;
	step.poll = chip->poll;
	step.poll.fail = 0;
	step.timeout_us = cmspi_chip_erase_timeout_us(&largest);
	return step;
}

/** The bytes that a register of a few bits may be set to. */
static const uint8_t cmspi_small_numbers[] = {
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
};

struct cmspi_step cmspi_chip_step_segment(const struct cmspi_chip *chip, unsigned int segment)
{
	const bool bank = !(chip->enter_4byte & CMSPI_4BYTE_EXTENDED_REGISTER);
	struct cmspi_step step = cmspi_chip_step_opcode(bank ? CMSPI_OPCODE_WRITE_BANK :
		CMSPI_OPCODE_WRITE_EXTENDED);

	// S25FL-S "Bank Register Write": needs no write enable
	step.flags = bank ? 0 : CMSPI_STEP_WREN;
	step.tx = &cmspi_small_numbers[segment % sizeof(cmspi_small_numbers)];
	step.tx_bytes = 1;
	return step;
}

struct cmspi_step cmspi_chip_step_select_die(const struct cmspi_chip *chip, unsigned int die)
{
	struct cmspi_step step = cmspi_chip_step_opcode(chip->die_select_opcode);

	step.tx = &cmspi_small_numbers[die % sizeof(cmspi_small_numbers)];
	step.tx_bytes = 1;
	return step;
}

unsigned int cmspi_chip_steps_home(const struct cmspi_chip *chip, struct cmspi_step *steps)
{
	const unsigned int modes = CMSPI_4BYTE_B7 | CMSPI_4BYTE_WREN_B7;
	const unsigned int fourth = CMSPI_4BYTE_EXTENDED_REGISTER | CMSPI_4BYTE_BANK_REGISTER;
	unsigned int count = 0;

	if (chip->die_select_opcode)
		steps[count++] = cmspi_chip_step_select_die(chip, 0);
	if (chip->program_resume_opcode &&
			chip->program_resume_opcode != chip->erase_resume_opcode)
		steps[count++] = cmspi_chip_step_resume(chip, chip->program_resume_opcode);
	if (chip->erase_resume_opcode)
		steps[count++] = cmspi_chip_step_resume(chip, chip->erase_resume_opcode);
	// What failed once would be held against each later command
	if (chip->clear_flags_opcode)
		steps[count++] = cmspi_chip_step_clear_flags(chip);
	if (chip->size_bytes <= CMSPI_3_BYTE_LIMIT_BYTES || !chip->addr_3_ok ||
			chip->addr_bytes != 3)
		return count;
	if (chip->exit_4byte & modes)
		steps[count++] = cmspi_chip_step_4byte(chip, false);
	// E9h sets it to 1 on W25Q256FV, so it comes second
	if (chip->enter_4byte & fourth)
		steps[count++] = cmspi_chip_step_segment(chip, 0);
	if (chip->exit_4byte & modes || chip->enter_4byte & fourth)
		steps[count++] = cmspi_chip_step_write_disable();
	return count;
}

struct cmspi_step cmspi_chip_step_clear_flags(const struct cmspi_chip *chip)
{
	return cmspi_chip_step_opcode(chip->clear_flags_opcode);
}

bool cmspi_chip_id_is_blank(const uint8_t *id, uint32_t id_bytes)
{
	if (!id_bytes)
		return true;
	if (id[0] != 0x00 && id[0] != 0xff)
		return false;
	for (uint32_t i = 1; i < id_bytes; i++)
		if (id[i] != id[0])
			return false;
	return true;
}

bool cmspi_chip_id_is_plausible(const uint8_t *id, uint32_t id_bytes)
{
	bool odd = false;
	bool differs = false;

	if (id_bytes < 2)
		return false;
	for (unsigned int bit = 0; bit < 8; bit++)
		odd ^= id[0] >> bit & 1;
	for (uint32_t i = 1; i < id_bytes; i++)
		differs |= id[i] != id[0];
	return odd && differs;
}
