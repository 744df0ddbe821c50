// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * What 'flash info' says of a bank. Everything comes from what is known already:
 * nothing is asked of the target, beside the protection bits that OpenOCD's core
 * has asked for before.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_guard.h"
#include "cmspi_loops.h"
#include "cmspi_pending.h"

/* More work area than this is not used: code and tables, the room to unpack, the
 * rings. */
#define AREA_USED_MAX_BYTES	(44 * 1024)

static const char *source_name(enum cmspi_source source)
{
	static const char * const names[] = {
		[CMSPI_FROM_DEFAULT] = "default",
		[CMSPI_FROM_TABLE] = "part table",
		[CMSPI_FROM_SFDP] = "SFDP",
		[CMSPI_FROM_FIXUP] = "fix-up",
		[CMSPI_FROM_USER] = "user",
	};

	return names[source];
}

/* ---- the chip ----------------------------------------------------------- */

static void print_identity(struct command_invocation *cmd, const struct cmspi_chip *chip)
{
	command_print_sameline(cmd, "\nchip: %s, ID %02x %02x %02x, ", chip->name, chip->id[0],
		chip->id[1], chip->id[2]);
	if (chip->sfdp_minor < 0)
		command_print_sameline(cmd, "no SFDP\n");
	else
		command_print_sameline(cmd, "SFDP 1.%d\n", chip->sfdp_minor);
	command_print_sameline(cmd, "size: %" PRIu32 " KiB (%s), page: %" PRIu32 " bytes (%s)\n",
		chip->size_bytes / 1024, source_name(chip->size_from), chip->page_bytes,
		source_name(chip->page_from));
	if (chip->die_bytes)
		command_print_sameline(cmd, "dice: %" PRIu32 " of %" PRIu32 " KiB%s\n",
			chip->size_bytes / chip->die_bytes, chip->die_bytes / 1024,
			chip->die_select_opcode ? ", selected by C2h" : "");
}

static void print_times(struct command_invocation *cmd, uint32_t typ_ms, uint32_t max_ms,
	enum cmspi_source source)
{
	if (typ_ms && max_ms)
		command_print_sameline(cmd, ", usually %" PRIu32 " ms, at most %" PRIu32 " ms (%s)\n",
			typ_ms, max_ms, source_name(source));
	else if (typ_ms)
		command_print_sameline(cmd, ", usually %" PRIu32 " ms, longest time not told (%s)\n",
			typ_ms, source_name(source));
	else
		command_print_sameline(cmd, ", time not told (%s)\n", source_name(source));
}

static void print_erases(struct command_invocation *cmd, const struct cmspi_chip *chip)
{
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES && chip->erase[i].size_bytes; i++) {
		const struct cmspi_erase_type *type = &chip->erase[i];
		const bool usable = cmspi_chip_erase_usable(chip, type);

		command_print_sameline(cmd, "erase: %" PRIu32 " %s by %02Xh%s",
			type->size_bytes % 1024 ? type->size_bytes : type->size_bytes / 1024,
			type->size_bytes % 1024 ? "bytes" : "KiB",
			cmspi_chip_step_erase(chip, type, 0).op.opcode,
			usable ? "" : " (not used: cannot reach the whole chip)");
		print_times(cmd, type->typ_ms, type->max_ms, chip->erase_from);
	}
	const uint8_t opcode = chip->die_erase_opcode ? chip->die_erase_opcode :
		chip->chip_erase_opcode;

	if (!opcode)
		return;
	command_print_sameline(cmd, "erase: whole %s by %02Xh",
		chip->die_erase_opcode || chip->die_relative ? "die" : "chip", opcode);
	print_times(cmd, chip->chip_erase_typ_ms, chip->chip_erase_max_ms, chip->times_from);
}

static const char *addressing_words(const struct cmspi_chip *chip)
{
	if (chip->column_bits)
		return "3 bytes, of page and byte in the page";
	switch (cmspi_chip_addressing(chip)) {
	case CMSPI_ADDR_3:
		return "3 bytes";
	case CMSPI_ADDR_4_OPCODES:
		return "4 bytes, by opcodes of their own";
	case CMSPI_ADDR_4_ALWAYS:
		return "4 bytes, always";
	case CMSPI_ADDR_4_MODE:
		return "4 bytes, in a mode that is entered for it";
	case CMSPI_ADDR_3_REGISTER:
		break;
	}
	return "3 bytes and a register for the fourth";
}

/* ---- protection --------------------------------------------------------- */

/* Blocks in a row that are protected; returns the first behind them. */
static unsigned int print_protected(struct command_invocation *cmd,
	const struct flash_bank *bank, unsigned int first)
{
	unsigned int end = first;

	while (end < bank->num_prot_blocks && bank->prot_blocks[end].is_protected == 1)
		end++;
	const struct flash_sector *last = &bank->prot_blocks[end - 1];

	if (end - first > 1)
		command_print_sameline(cmd, "blocks %u-%u ", first, end - 1);
	else
		command_print_sameline(cmd, "block %u ", first);
	command_print_sameline(cmd, "(" TARGET_ADDR_FMT " to " TARGET_ADDR_FMT ") ",
		bank->base + bank->prot_blocks[first].offset,
		bank->base + last->offset + last->size - 1);
	return end;
}

/* What protects the blocks that are, and what opens them. */
static const char *protector(const struct flash_bank *bank, const char **opens)
{
	const uint8_t *locks = cmspi_of(bank)->guard.locks;
	uint8_t any = 0;

	*opens = "all";
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		any |= locks[i];
	if (any & CMSPI_GUARD_LASTING) {
		*opens = "the others";
		return "locks of their own, some of which outlast the supply";
	}
	if (cmspi_of(bank)->guard.individual)
		return "a lock each, until power is cut or they are unlocked";
	return any & CMSPI_GUARD_LOCKED ? "BP bits of the status register or, until power is cut, a "
		"lock each" : "BP bits of the status register";
}

static void print_protection(struct command_invocation *cmd, const struct flash_bank *bank)
{
	char found[128];
	const char *opens;
	bool any = false;

	command_print_sameline(cmd, "protection: ");
	if (cmspi_of(bank)->chip.column_bits) {
		command_print_sameline(cmd, "the chip's sector protection register is looked at before "
			"each erase and program\n");
		return;
	}
	if (!cmspi_guard_is_able(bank)) {
		command_print_sameline(cmd, "not known for this part\n");
		return;
	}
	if (bank->target->state != TARGET_HALTED) {
		command_print_sameline(cmd, "not looked at, the target is not halted\n");
		return;
	}
	if (bank->prot_blocks[0].is_protected < 0) {
		command_print_sameline(cmd, "each block has a lock of its own, which of them are set is "
			"not known\n");
		return;
	}
	for (unsigned int i = 0; i < bank->num_prot_blocks; i++) {
		if (bank->prot_blocks[i].is_protected != 1)
			continue;
		i = print_protected(cmd, bank, i);
		any = true;
	}
	cmspi_guard_describe(bank, found, sizeof(found));
	const char *by = protector(bank, &opens);

	if (any)
		command_print_sameline(cmd, "protected by %s (%s); 'cmspi unlock %s' opens %s\n", by,
			found, bank->name, opens);
	else
		command_print_sameline(cmd, "none (%s)\n", found);
}

/* ---- the board ---------------------------------------------------------- */

static void print_pins(struct command_invocation *cmd, const struct flash_bank *bank)
{
	const struct cmspi_wires *wires = &cmspi_of(bank)->bus.wires;

	command_print_sameline(cmd, "pins:");
	for (enum cmspi_line line = 0; line < CMSPI_LINES; line++) {
		if (cmspi_wired(wires, line))
			command_print_sameline(cmd, "%s %s %s", line ? "," : "", cmspi_line_name(line),
				wires->pins[line].name);
	}
	command_print_sameline(cmd, "\n");
}

/* The loops that a long read gets where there is room for the fastest. */
static struct cmspi_loops read_loops(const struct cmspi_bank *cmspi, const struct cmspi_op *op,
	uint32_t limit_khz)
{
	const struct cmspi_loop_wish wish = {
		.core_max_khz = cmspi->bus.core_max_khz,
		.limit_khz = limit_khz,
		.receive = true,
		.plain = true,
		.dual = op->data_lines == 2,
		.quad = op->data_lines == 4,
	};
	struct cmspi_loops loops;

	cmspi_loops_choose(&cmspi->bus.stores, &wish, &loops);
	return loops;
}

static const char *store_words(const struct cmspi_stores *stores)
{
	if (!stores->clk_with_data)
		return "clk and mosi on two ports";
	return stores->clk_high_constant ? "clk and mosi in one store"
		: "clk and mosi in one store to the whole port";
}

static void print_speed(struct command_invocation *cmd, const struct cmspi_bank *cmspi,
	const struct cmspi_op *op)
{
	const struct cmspi_bus *bus = &cmspi->bus;
	const bool user = bus->max_khz && (!op->max_khz || bus->max_khz < op->max_khz);
	const uint32_t limit_khz = user ? bus->max_khz : op->max_khz;

	command_print_sameline(cmd, "SCK: ");
	if (limit_khz)
		command_print_sameline(cmd, "limit %" PRIu32 " kHz (%s), ", limit_khz,
			user ? "-max-khz" : "the chip's for this read");
	else
		command_print_sameline(cmd, "no limit but the chip's, ");
	if (!bus->core_max_khz) {
		command_print_sameline(cmd, "core clock not known yet\n");
		return;
	}
	const struct cmspi_loops loops = read_loops(cmspi, op, limit_khz);
	const uint32_t period = loops.slots[CMSPI_SLOT_RX1]->fastest_period;

	// a delayed loop keeps the limit by itself; its figures are the Cortex-M0's
	command_print_sameline(cmd, "reached %s %" PRIu32 " kHz; core clock %s%" PRIu32 " kHz\n",
		period ? "at most" : "about", bus->core_max_khz / (period ? period
			: MAX(loops.cycles[CMSPI_SLOT_RX1] / 8, 1U)),
		bus->core_max_khz == bus->core_min_khz ? "" : "not known, at most ",
		bus->core_max_khz);
	command_print_sameline(cmd, "loops: %s, %s%s\n", period ? "fast" : "with a delay",
		store_words(&bus->stores), bus->by_gpio || bus->said_slow ?
		"; not used now, pins are moved over the debug link" : bus->by_proxy ?
		"; not used now, pins are moved by the stub's proxy" : "");
}

static const char *area_words(const struct cmspi_bus *bus)
{
	if (bus->said_slow)
		return ", this is too little for the stub";
	return bus->by_proxy ? ", only the stub's proxy uses it" : "";
}

static void print_area(struct command_invocation *cmd, const struct flash_bank *bank)
{
	const uint32_t bytes = target_get_working_area_avail(bank->target);

	command_print_sameline(cmd, "work area: %" PRIu32 " bytes free, ", bytes);
	if (bytes >= AREA_USED_MAX_BYTES)
		command_print_sameline(cmd, "more would not help");
	else
		command_print_sameline(cmd, "more helps, up to %d%s", AREA_USED_MAX_BYTES,
			area_words(&cmspi_of(bank)->bus));
	if (!cmspi_stub_can_compress())
		command_print_sameline(cmd, "\ncompression: none, this OpenOCD was built without liblz4");
}

/* ---- all of it ---------------------------------------------------------- */

static void print_reads(struct command_invocation *cmd, const struct flash_bank *bank,
	const struct cmspi_op *op)
{
	const struct cmspi_bank *cmspi = cmspi_of(bank);
	const unsigned int lines = cmspi_lines_to_try(bank);

	command_print_sameline(cmd, "address: %s; reads: %02Xh, %u-%u-%u%s\n",
		addressing_words(&cmspi->chip), op->opcode, op->cmd_lines, op->addr_lines,
		op->data_lines, lines == 1 ? "" : lines == 2 ?
		" (two lines are tried with the first long read)" :
		" (four lines are tried with the first long read)");
	if (cmspi->modes.lines > 1)
		command_print_sameline(cmd, "mode: %s, entered and left by each operation\n",
			cmspi->modes.lines == 2 ? "DPI, 2-2-2" : "QPI, 4-4-4");
}

static void print_pending(struct command_invocation *cmd, const struct flash_bank *bank)
{
	const unsigned int count = cmspi_session_pending(bank);

	if (count)
		command_print_sameline(cmd, "pending erases: %u sectors (%" PRIu32 " KiB), done "
			"before anything looks at them\n", count,
			cmspi_pending_bytes(cmspi_of(bank)->pending) / 1024);
}

int cmspi_info(struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_chip *chip = &cmspi->chip;
	const struct cmspi_op slow_read = { .opcode = CMSPI_OPCODE_READ, .data_lines = 1 };

	if (cmspi->probed) {
		const struct cmspi_op op = cmspi_chip_read_op(chip, chip->read_used);

		print_identity(cmd, chip);
		print_erases(cmd, chip);
		print_reads(cmd, bank, &op);
		print_pending(cmd, bank);
		print_protection(cmd, bank);
		print_pins(cmd, bank);
		print_speed(cmd, cmspi, &op);
	} else {
		// the reason ends with what to do
		command_print_sameline(cmd, "\nno chip is known yet, size and sectors are "
			"provisional%s%s\n",
			cmspi->told[0] ? ": " : bank->target->state == TARGET_HALTED ? "" :
			": the target is not halted, use 'reset init' first", cmspi->told);
		print_pins(cmd, bank);
		print_speed(cmd, cmspi, &slow_read);
	}
	print_area(cmd, bank);
	return ERROR_OK;
}
