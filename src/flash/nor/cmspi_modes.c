// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Modes around a batch: quad enable and protocols on two or four lines. They begin
 * before the first step that needs them and end behind the last, so that whatever comes
 * before and after talks plain SPI. Pure: no OpenOCD header.
 */

#include <string.h>

#include "cmspi_modes.h"

enum {
	FOUND_STATUS,
	FOUND_QUAD,
	FOUND_PROTOCOL,
};

/* "Write Enable for Volatile Status Register" of JESD216 BFPT DWORD 16. */
#define VOLATILE_ENABLE		0x50
#define STATUS_WIP_WEL		0x03

/** How the bit of cmspi_chip_quad_enable() is written. */
struct quad_write {
	uint8_t opcode;
	/** 2: status register 1 goes before it */
	uint8_t bytes;
};

static struct quad_write quad_write_of(const struct cmspi_chip *chip)
{
	static const struct quad_write rows[] = {
		[CMSPI_QER_NONE] = { 0, 0 },
		[CMSPI_QER_SR2_BIT1_WRITE2] = { CMSPI_OPCODE_WRITE_STATUS, 2 },
		[CMSPI_QER_SR1_BIT6] = { CMSPI_OPCODE_WRITE_STATUS, 1 },
		[CMSPI_QER_SR2_BIT7_3E] = { 0x3e, 1 },
		[CMSPI_QER_SR2_BIT1_WRITE1_KEEPS] = { CMSPI_OPCODE_WRITE_STATUS, 2 },
		[CMSPI_QER_SR2_BIT1_35_01] = { CMSPI_OPCODE_WRITE_STATUS, 2 },
		[CMSPI_QER_SR2_BIT1_31] = { 0x31, 1 },
		[CMSPI_QER_UNKNOWN] = { 0, 0 },
	};

	return rows[chip->qer];
}

bool cmspi_modes_quad_is_volatile(const struct cmspi_chip *chip)
{
	return chip->volatile_status && quad_write_of(chip).bytes;
}

/** A protocol and how it is entered: by an opcode, or by a bit of a volatile register. */
struct protocol {
	uint8_t lines;
	/** enum cmspi_qpi_ways, of four lines */
	uint8_t ways;
	bool needs_quad;
	/** 0: by the register */
	uint8_t enter_opcode;
	uint8_t leave_opcode;
	uint8_t read_id_opcode;
	/** write the register after write enable; the bit, and the value that enters */
	uint8_t write_opcode;
	uint8_t mask;
	uint8_t on;
	/** with the address of the register, and as many clocks before it is read */
	bool any;
};

/* "Volatile configuration register 2" of S25FS, and the clocks before it after power-up
 * (S25FS512S, tables "Register map" and "Latency code"). */
#define CR2_ADDR		0x800003
#define CR2_DUMMY_CLOCKS	8

/* The first row that fits counts. JESD216 BFPT DWORD 15; two lines: N25Q256A rev. W,
 * "Enhanced Volatile Configuration Register". Who enters by 35h or there has an opcode
 * of its own for the ID (MX25L12845G "QPIID", IS25WP064 "RDJDIDQ", N25Q256A "Multiple I/O
 * Read ID"), as S25FS ("RDQID"); who enters by 38h has not (W25Q64JV). */
static const struct protocol protocols[] = {
	{
		.lines = 4, .ways = CMSPI_QPI_QE_38 | CMSPI_QPI_38, .needs_quad = true,
		.enter_opcode = 0x38, .leave_opcode = 0xff, .read_id_opcode = 0x9f,
	},
	{
		.lines = 4, .ways = CMSPI_QPI_35, .needs_quad = true,
		.enter_opcode = 0x35, .leave_opcode = 0xf5, .read_id_opcode = 0xaf,
	},
	{
		.lines = 4, .ways = CMSPI_QPI_EVCR, .read_id_opcode = 0xaf,
		.write_opcode = 0x61, .mask = 0x80, .on = 0x00,
	},
	{
		.lines = 4, .ways = CMSPI_QPI_CR2, .read_id_opcode = 0xaf,
		.write_opcode = 0x71, .mask = 0x40, .on = 0x40, .any = true,
	},
	{
		.lines = 2, .read_id_opcode = 0xaf,
		.write_opcode = 0x61, .mask = 0x40, .on = 0x00,
	},
};

static const struct protocol *protocol_of(const struct cmspi_chip *chip, unsigned int lines)
{
	for (unsigned int i = 0; i < sizeof(protocols) / sizeof(*protocols); i++) {
		const struct protocol *row = &protocols[i];

		if (row->lines == lines &&
				(lines == 2 ? chip->dpi_by_evcr : chip->qpi_enable & row->ways))
			return row;
	}
	return NULL;
}

bool cmspi_modes_has_protocol(const struct cmspi_chip *chip, unsigned int lines)
{
	return protocol_of(chip, lines);
}

bool cmspi_modes_protocol_needs_quad(const struct cmspi_chip *chip, unsigned int lines)
{
	return protocol_of(chip, lines)->needs_quad;
}

/** The one in use, if a register has it. */
static const struct protocol *register_protocol(const struct cmspi_chip *chip,
	const struct cmspi_modes *modes)
{
	const struct protocol *protocol = protocol_of(chip, modes->lines);

	return protocol && protocol->mask ? protocol : NULL;
}

static uint8_t leave_opcode(const struct cmspi_chip *chip, const struct protocol *protocol)
{
	if (chip->qpi_disable & (CMSPI_QPI_LEAVE_FF | CMSPI_QPI_LEAVE_F5))
		return chip->qpi_disable & CMSPI_QPI_LEAVE_FF ? 0xff : 0xf5;
	return protocol->leave_opcode;
}

struct cmspi_op cmspi_modes_read_op(const struct cmspi_chip *chip,
	const struct cmspi_modes *modes)
{
	const unsigned int lines = modes->lines, mode_clocks = 8 / lines;
	struct cmspi_op op = { 0 };
	bool told = false;

	for (unsigned int i = 1; i < CMSPI_READS && chip->reads[i].opcode && !told; i++) {
		const struct cmspi_op *row = &chip->reads[i];

		// a read of the same opcode serves, if the clocks are told
		if (row->data_lines != lines || row->addr_lines != lines)
			continue;
		op = cmspi_chip_read_op(chip, i);
		told = row->cmd_lines == lines;
	}
	if (modes->dummy_clocks < 0)
		return told ? op : (struct cmspi_op){ 0 };
	if (!op.opcode)
		return op;
	const unsigned int clocks = modes->dummy_clocks;

	op.cmd_lines = lines;
	// ones where a part may look for mode bits: no continuous read
	op.mode = 0xff;
	op.mode_bytes = clocks >= mode_clocks;
	op.dummy_clocks = op.mode_bytes ? clocks - mode_clocks : clocks;
	return op;
}

static bool is_in_array(const struct cmspi_step *step)
{
	return step->op.addr_bytes && !(step->flags & CMSPI_STEP_CONTINUE) &&
		step->op.opcode != CMSPI_OPCODE_READ_SFDP &&
		step->op.opcode != CMSPI_OPCODE_READ_ANY;
}

static bool needs_modes(const struct cmspi_modes *modes, const struct cmspi_step *step)
{
	return is_in_array(step) && (modes->lines > 1 ||
		(modes->set_quad && cmspi_step_lines(step) == 4));
}

bool cmspi_modes_needed(const struct cmspi_modes *modes, const struct cmspi_step *steps,
	unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		if (needs_modes(modes, &steps[i]))
			return true;
	return false;
}

/** Commands of such a register take the address bytes that all take by then. */
static void address_cr2(const struct cmspi_chip *chip, struct cmspi_step *step)
{
	const bool in_mode = cmspi_chip_addressing(chip) == CMSPI_ADDR_4_MODE;

	step->addr = CR2_ADDR;
	step->op.addr_bytes = in_mode ? 4 : chip->addr_bytes;
}

unsigned int cmspi_modes_look(const struct cmspi_chip *chip, struct cmspi_modes *modes,
	struct cmspi_step *steps)
{
	const struct cmspi_quad_enable enable = cmspi_chip_quad_enable(chip);
	const struct protocol *protocol = register_protocol(chip, modes);
	unsigned int count = 0;

	if (!modes->set_quad && !protocol)
		return 0;
	steps[count++] = cmspi_chip_step_read_register(CMSPI_OPCODE_READ_STATUS,
		&modes->found[FOUND_STATUS]);
	if (modes->set_quad)
		steps[count++] = cmspi_chip_step_read_register(enable.read_opcode,
			&modes->found[FOUND_QUAD]);
	if (!protocol)
		return count;
	steps[count] = cmspi_chip_step_read_register(CMSPI_OPCODE_READ_ANY,
		&modes->found[FOUND_PROTOCOL]);
	if (protocol->any) {
		steps[count].addr = CR2_ADDR;
		steps[count].op.addr_bytes = chip->addr_bytes;
		steps[count].op.dummy_clocks = CR2_DUMMY_CLOCKS;
	}
	return count + 1;
}

static void plan_quad(const struct cmspi_chip *chip, struct cmspi_modes *modes)
{
	const uint8_t mask = cmspi_chip_quad_enable(chip).mask;
	const struct quad_write write = quad_write_of(chip);
	const unsigned int last = write.bytes - 1;

	modes->quad_off[0] = modes->found[FOUND_STATUS] & ~STATUS_WIP_WEL;
	modes->quad_off[last] = write.opcode == CMSPI_OPCODE_WRITE_STATUS && !last ?
		modes->quad_off[0] : modes->found[FOUND_QUAD];
	memcpy(modes->quad_on, modes->quad_off, sizeof(modes->quad_on));
	modes->quad_on[last] |= mask;
}

bool cmspi_modes_plan(const struct cmspi_chip *chip, struct cmspi_modes *modes)
{
	const struct protocol *protocol = register_protocol(chip, modes);

	if (!modes->set_quad && !protocol)
		return true;
	// all ones: the line is stuck, or the supply is gone
	if (modes->found[FOUND_STATUS] == 0xff)
		return false;
	if (modes->set_quad)
		plan_quad(chip, modes);
	if (protocol) {
		const uint8_t others = modes->found[FOUND_PROTOCOL] & ~protocol->mask;

		modes->protocol_on = others | protocol->on;
		modes->protocol_off = others | (protocol->on ^ protocol->mask);
	}
	return true;
}

/* ---- steps -------------------------------------------------------------- */

/** What takes no time: a volatile write is done when CS rises (W25Q64JV "Write Enable
 * for Volatile Status Register"). */
static struct cmspi_step send(uint8_t opcode, const uint8_t *data, uint32_t count)
{
	struct cmspi_step step = cmspi_chip_step_read_register(opcode, NULL);

	step.rx_bytes = 0;
	step.tx = data;
	step.tx_bytes = count;
	return step;
}

/** All of the command on so many lines. */
static void widen(struct cmspi_step *step, unsigned int lines)
{
	step->op.cmd_lines = lines;
	step->op.addr_lines = lines;
	step->op.data_lines = lines;
}

static unsigned int put_quad(const struct cmspi_chip *chip, const struct cmspi_modes *modes,
	bool on, struct cmspi_step *steps)
{
	const struct quad_write write = quad_write_of(chip);

	// set by now, by whoever came between
	if (!modes->set_quad || !memcmp(modes->quad_on, modes->quad_off, write.bytes))
		return 0;
	steps[0] = send(VOLATILE_ENABLE, NULL, 0);
	steps[1] = send(write.opcode, on ? modes->quad_on : modes->quad_off, write.bytes);
	return 2;
}

static struct cmspi_step protocol_step(const struct cmspi_chip *chip,
	const struct cmspi_modes *modes, bool enter)
{
	const struct protocol *protocol = protocol_of(chip, modes->lines);
	struct cmspi_step step;

	if (!protocol->mask) {
		step = send(enter ? protocol->enter_opcode : leave_opcode(chip, protocol), NULL, 0);
	} else {
		step = send(protocol->write_opcode,
			enter ? &modes->protocol_on : &modes->protocol_off, 1);
		step.flags = CMSPI_STEP_WREN;
		if (protocol->any)
			address_cr2(chip, &step);
	}
	if (!enter)
		widen(&step, modes->lines);
	return step;
}

unsigned int cmspi_modes_leave(const struct cmspi_chip *chip, const struct cmspi_modes *modes,
	struct cmspi_step *steps)
{
	unsigned int count = 0;

	if (modes->lines > 1)
		steps[count++] = protocol_step(chip, modes, false);
	return count + put_quad(chip, modes, false, steps + count);
}

unsigned int cmspi_modes_try_quad(const struct cmspi_chip *chip, struct cmspi_modes *modes,
	struct cmspi_step *steps)
{
	unsigned int count = put_quad(chip, modes, true, steps);

	steps[count++] = cmspi_chip_step_read_register(cmspi_chip_quad_enable(chip).read_opcode,
		&modes->left);
	return count + put_quad(chip, modes, false, steps + count);
}

struct cmspi_step cmspi_modes_step_read_id(const struct cmspi_chip *chip,
	const struct cmspi_modes *modes, uint8_t *id, uint32_t id_bytes)
{
	struct cmspi_step step = cmspi_chip_step_read_id(id, id_bytes);

	step.op.opcode = protocol_of(chip, modes->lines)->read_id_opcode;
	return step;
}

/** Fetches what tells that all is as it was. */
static unsigned int put_checks(const struct cmspi_chip *chip, struct cmspi_modes *modes,
	uint32_t max_khz, struct cmspi_step *steps)
{
	const uint8_t opcode = cmspi_chip_quad_enable(chip).read_opcode;
	unsigned int count = 0;

	if (modes->set_quad)
		steps[count++] = cmspi_chip_step_read_register(opcode, &modes->left);
	if (modes->lines > 1) {
		steps[count] = cmspi_chip_step_read_id(modes->left_id, sizeof(modes->left_id));
		// it must not hold the whole batch to its own, slow clock
		steps[count++].op.max_khz = max_khz;
	}
	return count;
}

bool cmspi_modes_are_left(const struct cmspi_chip *chip, const struct cmspi_modes *modes)
{
	if (modes->set_quad && (modes->left ^ modes->found[FOUND_QUAD]) &
			cmspi_chip_quad_enable(chip).mask)
		return false;
	return modes->lines == 1 || !memcmp(modes->left_id, chip->id, sizeof(modes->left_id));
}

static void add(struct cmspi_address_list *list, const struct cmspi_step *steps,
	unsigned int count, unsigned int origin)
{
	for (unsigned int i = 0; i < count; i++) {
		list->steps[list->count] = steps[i];
		list->origins[list->count++] = origin;
	}
}

/** A step that comes while the modes hold. */
static struct cmspi_step converted(const struct cmspi_chip *chip, const struct cmspi_modes *modes,
	struct cmspi_step step)
{
	const bool reads = step.kind != CMSPI_STEP_XFER && cmspi_step_receives(&step);

	if (modes->lines == 1)
		return step;
	if (reads)
		step.op = cmspi_modes_read_op(chip, modes);
	widen(&step, modes->lines);
	return step;
}

void cmspi_modes_expand(const struct cmspi_chip *chip, struct cmspi_modes *modes,
	const struct cmspi_step *steps, unsigned int count,
	struct cmspi_address_list *list)
{
	struct cmspi_step extra[CMSPI_MODES_STEPS];
	unsigned int first = 0, last = count - 1;

	while (!needs_modes(modes, &steps[first]))
		first++;
	while (!needs_modes(modes, &steps[last]))
		last--;
	list->count = 0;
	for (unsigned int i = 0; i < count; i++) {
		const bool inside = i >= first && i <= last;
		const struct cmspi_step step = inside ? converted(chip, modes, steps[i]) : steps[i];

		if (i == first) {
			unsigned int used = put_quad(chip, modes, true, extra);

			if (modes->lines > 1)
				extra[used++] = protocol_step(chip, modes, true);
			add(list, extra, used, i);
		}
		add(list, &step, 1, i);
		if (i == last) {
			unsigned int used = cmspi_modes_leave(chip, modes, extra);

			used += put_checks(chip, modes, step.op.max_khz, extra + used);
			add(list, extra, used, i);
		}
	}
}
