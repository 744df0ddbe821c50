// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Flash driver for a serial memory chip on any GPIO pins of a Cortex-M: the
 * bank, the driver's callbacks, its commands and its messages. Which commands
 * a chip takes is in cmspi_chip.c, who sends them is chosen in cmspi_bus.c.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "spi.h"
#include "cmspi.h"
#include "cmspi_plan.h"
#include "cmspi_protect.h"
#include "cmspi_sfdp.h"
#include <target/image.h>

/* Provisional geometry of a bank whose chip has not answered yet: GDB wants a
 * map when it attaches. */
#define PROVISIONAL_BYTES	(16 * 1024 * 1024)
#define PROVISIONAL_SECTOR	4096
#define PROT_BLOCK_MIN_BYTES	(64 * 1024)
/* What three address bytes reach. */
#define THREE_BYTES_REACH	(16 * 1024 * 1024)
/* Bytes read both ways to see whether two lines work; worth it from here on. */
#define DUAL_TRIAL_BYTES	128
#define DUAL_WORTH_BYTES	2048
/* A checksum is computed in parts of this size. */
#define CHECKSUM_GRAIN_BYTES	(64 * 1024)
/* Raw commands: most bytes out and in. */
#define RAW_MAX_BYTES		256
/* SFDP space is 24 bits wide, but nobody's tables lie beyond this. */
#define SFDP_MAX_BYTES		4096

static struct cmspi_bank *cmspi_of(const struct flash_bank *bank)
{
	return bank->driver_priv;
}

/* ---- messages ----------------------------------------------------------- */

/* An automatic probe that fails the same way again is not told again. */
static void complain(const struct flash_bank *bank, const char *format, ...)
	__attribute__((format(PRINTF_ATTRIBUTE_FORMAT, 2, 3)));

static void complain(const struct flash_bank *bank, const char *format, ...)
{
	char text[320];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (cmspi_of(bank)->silent)
		LOG_DEBUG("%s: %s", bank->name, text);
	else
		LOG_ERROR("%s: %s", bank->name, text);
}

static const char *pin_name(const struct flash_bank *bank, enum cmspi_line line)
{
	return cmspi_of(bank)->bus.wires.pins[line].name;
}

static void complain_of_chip(const struct flash_bank *bank, const char *what,
	const struct cmspi_step *step, const struct cmspi_failure *failure)
{
	const target_addr_t address = bank->base + failure->addr;

	switch (failure->fault) {
	case CMSPI_FAULT_TIMEOUT:
		complain(bank, "%s at " TARGET_ADDR_FMT " still busy after %" PRIu32
			" ms, status 0x%02x%s", what, address, step->timeout_us / 1000,
			failure->status, failure->status == 0xff ?
			": MISO is always high, has the chip lost its supply?" : "");
		return;
	case CMSPI_FAULT_REFUSED:
		complain(bank, "%s at " TARGET_ADDR_FMT " was refused by the chip, status 0x%02x: "
			"write-protected?", what, address, failure->status);
		return;
	case CMSPI_FAULT_NO_WEL:
		complain(bank, "%s at " TARGET_ADDR_FMT ": chip ignores write enable, status 0x%02x: "
			"is MISO (%s) connected and the chip awake?", what, address,
			failure->status, pin_name(bank, CMSPI_IO1));
		return;
	case CMSPI_FAULT_NONE:
	case CMSPI_FAULT_LINK:
		break;
	}
}

/* ---- running steps ------------------------------------------------------ */

/* The core clock may have changed since the last time: ask again. */
static void update_core_clock(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	uint32_t khz = cmspi->core_khz;

	if (!khz && cmspi->core_proc) {
		jim_wide wide;

		if (Jim_Eval(cmspi->interp, cmspi->core_proc) == JIM_OK &&
				Jim_GetWide(cmspi->interp, Jim_GetResult(cmspi->interp), &wide) == JIM_OK &&
				wide > 0 && wide <= UINT32_MAX)
			khz = wide;
		else
			LOG_DEBUG("%s: '%s' gave no core clock", bank->name, cmspi->core_proc);
	}
	cmspi->bus.core_max_khz = khz ? khz : cmspi->family_max_khz;
	cmspi->bus.core_min_khz = khz ? khz : cmspi->family_min_khz;
}

/**
 * Run steps as one batch and say what went wrong.
 * @param what the operation in the user's words
 * @param never_busy receives how many waits found the chip ready at once;
 *	NULL: of no interest
 */
static int run_steps(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, const char *what, uint32_t *never_busy)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_failure failure;

	if (bank->target->state != TARGET_HALTED) {
		complain(bank, "%s needs a halted target: use 'halt' or 'reset init' first", what);
		return ERROR_TARGET_NOT_HALTED;
	}
	update_core_clock(bank);
	int retval = cmspi_bus_run(&cmspi->bus, steps, count, &failure);
	if (retval != ERROR_OK)
		complain_of_chip(bank, what, &steps[failure.step], &failure);
	else if (never_busy)
		*never_busy = failure.never_busy;
	return retval;
}

/* ---- reading ------------------------------------------------------------ */

/* Index of the chip's 1-1-2 read, 0: it has none. */
static unsigned int find_dual_read(const struct cmspi_chip *chip)
{
	for (unsigned int i = 1; i < CMSPI_READS && chip->reads[i].opcode; i++) {
		const struct cmspi_op *op = &chip->reads[i];

		if (op->cmd_lines == 1 && op->addr_lines == 1 && op->data_lines == 2)
			return i;
	}
	return 0;
}

static bool all_equal(const uint8_t *data, uint32_t count)
{
	return !memcmp(data, data + 1, count - 1);
}

/* Two lines read twice as fast and need no wire more, but MOSI must turn
 * round: use it from when a block has read alike both ways. Blocks of one
 * value, as on an erased chip, prove nothing. */
static void try_dual_read(struct flash_bank *bank, uint32_t offset, uint32_t count)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const unsigned int dual = find_dual_read(&cmspi->chip);
	uint8_t data[2][DUAL_TRIAL_BYTES];
	struct cmspi_step steps[2];

	if (cmspi->dual_tried || !dual || !cmspi->bus.stores.dual ||
			count < DUAL_WORTH_BYTES || bank->target->state != TARGET_HALTED)
		return;
	for (unsigned int i = 0; i < 2; i++) {
		cmspi->chip.read_used = i ? dual : 0;
		steps[i] = cmspi_chip_step_read(&cmspi->chip, CMSPI_STEP_READ, offset,
			DUAL_TRIAL_BYTES);
		steps[i].rx = data[i];
	}
	cmspi->chip.read_used = 0;
	if (run_steps(bank, steps, 2, "trial read on two lines", NULL) != ERROR_OK) {
		cmspi->dual_tried = true;
		return;
	}
	const bool alike = !memcmp(data[0], data[1], DUAL_TRIAL_BYTES);

	if (alike && all_equal(data[0], DUAL_TRIAL_BYTES))
		return;
	cmspi->dual_tried = true;
	if (alike)
		cmspi->chip.read_used = dual;
	else
		LOG_WARNING("%s: reads on two lines (%02Xh) differ from plain ones, not used: is "
			"there a resistor or another driver on mosi (%s)?", bank->name,
			cmspi->chip.reads[dual].opcode, pin_name(bank, CMSPI_IO0));
}

int cmspi_read(struct flash_bank *bank, uint8_t *buffer, uint32_t offset, uint32_t count)
{
	if (!count)
		return ERROR_OK;
	try_dual_read(bank, offset, count);
	struct cmspi_step step = cmspi_chip_step_read(&cmspi_of(bank)->chip, CMSPI_STEP_READ,
		offset, count);

	step.rx = buffer;
	return run_steps(bank, &step, 1, "read", NULL);
}

static int expect_id(struct flash_bank *bank, const uint8_t *id, const char *what)
{
	const uint8_t *known = cmspi_of(bank)->chip.id;

	if (!memcmp(id, known, CMSPI_ID_BYTES))
		return ERROR_OK;
	complain(bank, "%s: the chip no longer answers, ID reads %02x %02x %02x instead of %02x "
		"%02x %02x: supply, wiring, or another chip? 'flash probe %s' looks again", what,
		id[0], id[1], id[2], known[0], known[1], known[2], bank->name);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* One result word for every grain of a range. The ID goes first, because a
 * line that is stuck high looks blank. */
static int read_results(struct flash_bank *bank, enum cmspi_step_kind kind,
	unsigned int flags, uint32_t offset, uint32_t count, uint32_t grain_bytes,
	uint32_t *results)
{
	const char *what = kind == CMSPI_STEP_CRC ? "checksum" : "blank check";
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	uint8_t id[CMSPI_ID_BYTES];

	try_dual_read(bank, offset, count);
	struct cmspi_step steps[] = {
		cmspi_chip_step_read_id(id, sizeof(id)),
		cmspi_chip_step_read(chip, kind, offset, count),
	};

	steps[0].op.max_khz = steps[1].op.max_khz;
	steps[1].flags |= flags;
	steps[1].grain_bytes = grain_bytes;
	steps[1].results = results;
	int retval = run_steps(bank, steps, ARRAY_SIZE(steps), what, NULL);

	return retval == ERROR_OK ? expect_id(bank, id, what) : retval;
}

int cmspi_checksum(struct flash_bank *bank, uint32_t offset, uint32_t count, uint32_t *crc)
{
	if (!count) {
		*crc = 0xffffffff;
		return ERROR_OK;
	}
	// in parts, so that progress shows and no wait is long
	const uint32_t grains = DIV_ROUND_UP(count, CHECKSUM_GRAIN_BYTES);
	uint32_t *sums = calloc(grains, sizeof(*sums));
	if (!sums) {
		LOG_ERROR("out of memory for %" PRIu32 " checksums", grains);
		return ERROR_FAIL;
	}
	int retval = read_results(bank, CMSPI_STEP_CRC, CMSPI_STEP_RUNNING, offset, count,
		CHECKSUM_GRAIN_BYTES, sums);
	*crc = sums[grains - 1];
	free(sums);
	return retval;
}

static int report_difference(struct flash_bank *bank, const uint8_t *expected,
	uint32_t offset, uint32_t count, const char *advice)
{
	uint8_t *found = malloc(count);
	if (!found) {
		LOG_ERROR("out of memory for %" PRIu32 " bytes", count);
		return ERROR_FAIL;
	}
	int retval = cmspi_read(bank, found, offset, count);
	for (uint32_t i = 0; i < count && retval == ERROR_OK; i++) {
		if (found[i] == expected[i])
			continue;
		complain(bank, "differs at " TARGET_ADDR_FMT ": 0x%02x, expected 0x%02x%s",
			bank->base + offset + i, found[i], expected[i], advice);
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	if (retval == ERROR_OK) {
		complain(bank, "checksum of " TARGET_ADDR_FMT " to " TARGET_ADDR_FMT
			" differs, but its bytes read right: unstable wiring? try a lower -max-khz",
			bank->base + offset, bank->base + offset + count - 1);
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	free(found);
	return retval;
}

/* Compare by checksums computed on the target, sector by sector. */
static int compare(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count, const char *advice)
{
	const uint32_t grain_bytes = bank->sectors[0].size;
	const uint32_t grains = DIV_ROUND_UP(count, grain_bytes);
	uint32_t *sums = calloc(grains + 1, sizeof(*sums));
	if (!sums) {
		LOG_ERROR("out of memory for %" PRIu32 " checksums", grains);
		return ERROR_FAIL;
	}
	int retval = count ? read_results(bank, CMSPI_STEP_CRC, 0, offset, count, grain_bytes,
		sums)
		: ERROR_OK;
	for (uint32_t i = 0; i < grains && retval == ERROR_OK; i++) {
		const uint32_t start = i * grain_bytes;
		const uint32_t length = MIN(grain_bytes, count - start);
		uint32_t sum;

		retval = image_calculate_checksum(buffer + start, length, &sum);
		if (retval == ERROR_OK && sum != sums[i])
			retval = report_difference(bank, buffer + start, offset + start, length,
				advice);
	}
	free(sums);
	return retval;
}

/* ---- geometry ----------------------------------------------------------- */

/* Where the next bank of the same target begins, so that a guess at our size
 * does not swallow it. */
static target_addr_t next_base(const struct flash_bank *bank)
{
	target_addr_t next = UINT64_C(1) << 32;

	for (struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (other != bank && other->target == bank->target &&
				other->base > bank->base && other->base < next)
			next = other->base;
	}
	return next;
}

static int set_geometry(struct flash_bank *bank, uint32_t size_bytes, uint32_t sector_bytes)
{
	const unsigned int count = size_bytes / sector_bytes;

	// a virtual bank shares the array: replace it only when it changes
	if (bank->sectors && bank->size == size_bytes && bank->num_sectors == count)
		return ERROR_OK;
	struct flash_sector *sectors = alloc_block_array(0, sector_bytes, count);
	if (!sectors)
		return ERROR_FAIL;
	free(bank->sectors);
	bank->sectors = sectors;
	bank->num_sectors = count;
	bank->size = size_bytes;
	return ERROR_OK;
}

/* Protection counts in 1/64 of the chip, at least in 64 KiB, on most parts. */
static int set_prot_blocks(struct flash_bank *bank)
{
	const uint32_t block_bytes = MAX(PROT_BLOCK_MIN_BYTES, bank->size / 64);

	if (bank->prot_blocks && bank->num_prot_blocks * block_bytes == bank->size)
		return ERROR_OK;
	free(bank->prot_blocks);
	bank->num_prot_blocks = 0;
	bank->prot_blocks = NULL;
	if (bank->size % block_bytes)
		return ERROR_OK;
	bank->prot_blocks = alloc_block_array(0, block_bytes, bank->size / block_bytes);
	if (!bank->prot_blocks)
		return ERROR_FAIL;
	bank->num_prot_blocks = bank->size / block_bytes;
	return ERROR_OK;
}

static int set_provisional_geometry(struct flash_bank *bank)
{
	const uint32_t user_bytes = cmspi_of(bank)->user_size_bytes;
	const target_addr_t room = next_base(bank) - bank->base;
	uint32_t size_bytes = user_bytes ? user_bytes : PROVISIONAL_BYTES;

	if (size_bytes > room)
		size_bytes = room;
	if (size_bytes < PROVISIONAL_SECTOR)
		size_bytes = PROVISIONAL_SECTOR;
	return set_geometry(bank, size_bytes & ~(PROVISIONAL_SECTOR - 1), PROVISIONAL_SECTOR);
}

/* ---- probe -------------------------------------------------------------- */

/* OpenOCD's part table says nothing of times and knows one erase size. */
static const struct flash_device *find_part(const uint8_t *id)
{
	const uint32_t key = id[0] | id[1] << 8 | id[2] << 16;
	const struct flash_device *part = flash_devices;

	while (part->name && part->device_id != key)
		part++;
	return part->name ? part : NULL;
}

static void name_part(const struct flash_device *part, struct cmspi_chip *chip)
{
	if (part)
		snprintf(chip->name, sizeof(chip->name), "%s", part->name);
	else
		snprintf(chip->name, sizeof(chip->name), "ID 0x%02x%02x%02x", chip->id[0],
			chip->id[1], chip->id[2]);
}

static void take_part(const struct flash_device *part, struct cmspi_chip *chip)
{
	chip->size_bytes = part->size_in_bytes;
	chip->size_from = CMSPI_FROM_TABLE;
	if (part->pagesize) {
		chip->page_bytes = part->pagesize;
		chip->page_from = CMSPI_FROM_TABLE;
	}
	chip->erase[0] = (struct cmspi_erase_type){
		.size_bytes = part->sectorsize,
		.opcode = part->erase_cmd,
	};
	chip->erase_from = CMSPI_FROM_TABLE;
	if (part->chip_erase_cmd)
		chip->chip_erase_opcode = part->chip_erase_cmd;
	// rows of large parts hold the opcodes that take four address bytes
	if (part->size_in_bytes > THREE_BYTES_REACH && part->read_cmd != chip->reads[0].opcode) {
		chip->reads_4byte[0] = part->read_cmd;
		chip->program_4byte = part->pprog_cmd;
		chip->erase[0].opcode_4byte = part->erase_cmd;
	}
}

static int no_chip(struct flash_bank *bank, const uint8_t *id)
{
	complain(bank, "no chip answers: ID reads %02x %02x %02x, MISO (%s) is always %s; check "
		"supply and wiring of cs %s, clk %s, mosi %s, miso %s", id[0], id[1], id[2],
		pin_name(bank, CMSPI_IO1), id[0] ? "high" : "low", pin_name(bank, CMSPI_CS),
		pin_name(bank, CMSPI_CLK), pin_name(bank, CMSPI_IO0), pin_name(bank, CMSPI_IO1));
	return ERROR_FLASH_OPERATION_FAILED;
}

/* ID and the first tables in one batch, slowly; more SFDP if it is needed. */
static int read_facts(struct flash_bank *bank, struct cmspi_chip *chip)
{
	struct cmspi_sfdp_report report = { .need_bytes = CMSPI_SFDP_FIRST_BYTES };
	enum cmspi_sfdp_result found = CMSPI_SFDP_MORE;
	uint8_t *sfdp = calloc(1, SFDP_MAX_BYTES);
	int retval = ERROR_OK;

	if (!sfdp) {
		LOG_ERROR("out of memory for %d bytes of SFDP", SFDP_MAX_BYTES);
		return ERROR_FAIL;
	}
	while (found == CMSPI_SFDP_MORE && report.need_bytes <= SFDP_MAX_BYTES) {
		const uint32_t bytes = report.need_bytes;
		const struct cmspi_step steps[] = {
			cmspi_chip_step_read_id(chip->id, sizeof(chip->id)),
			cmspi_chip_step_read_sfdp(0, sfdp, bytes),
		};

		retval = run_steps(bank, steps, ARRAY_SIZE(steps), "probe", NULL);
		if (retval == ERROR_OK && cmspi_chip_id_is_blank(chip->id, sizeof(chip->id)))
			retval = no_chip(bank, chip->id);
		if (retval != ERROR_OK)
			break;
		found = cmspi_sfdp_decode(sfdp, bytes, chip, &report);
	}
	free(sfdp);
	if (retval == ERROR_OK && found == CMSPI_SFDP_BAD)
		LOG_WARNING("%s: SFDP is not usable: %s", bank->name, report.why);
	return retval;
}

static int identify(struct flash_bank *bank, struct cmspi_chip *chip)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);

	cmspi_chip_init(chip);
	int retval = read_facts(bank, chip);
	if (retval != ERROR_OK)
		return retval;
	const struct flash_device *part = find_part(chip->id);

	if (!chip->size_bytes && part)
		take_part(part, chip);
	name_part(part, chip);
	if (!chip->size_bytes && !cmspi->user_size_bytes) {
		complain(bank, "unknown chip, ID %02x %02x %02x, no SFDP: give its size with -size",
			chip->id[0], chip->id[1], chip->id[2]);
		return ERROR_FLASH_OPERATION_FAILED;
	}
	if (cmspi->user_size_bytes) {
		chip->size_bytes = cmspi->user_size_bytes;
		chip->size_from = CMSPI_FROM_USER;
	}
	return ERROR_OK;
}

/* Identify, and tell once what the application had been doing with the pins. */
static int identify_and_tell(struct flash_bank *bank, struct cmspi_chip *chip)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_wires *wires = &cmspi->bus.wires;
	uint32_t saved[CMSPI_SETUPS] = { 0 };
	const char *last = "";

	cmspi->bus.saved = cmspi->found_told ? NULL : saved;
	int retval = identify(bank, chip);
	cmspi->bus.saved = NULL;
	if (retval != ERROR_OK || cmspi->found_told)
		return retval;
	cmspi->found_told = true;
	for (unsigned int i = 0; i < wires->num_founds; i++) {
		// several values of a field may mean the same
		if (!strcmp(wires->founds[i].text, last) ||
				!cmspi_pins_found(wires, &wires->founds[i], saved))
			continue;
		last = wires->founds[i].text;
		LOG_INFO("%s: %s (said once)", bank->name, last);
	}
	return ERROR_OK;
}

static uint32_t sector_bytes(const struct cmspi_chip *chip)
{
	const uint32_t unit_bytes = cmspi_plan_unit_bytes(chip);

	return unit_bytes ? unit_bytes : chip->size_bytes;
}

/* Sizes and addressing that the driver cannot serve without harm. */
static int check_chip(struct flash_bank *bank, const struct cmspi_chip *chip)
{
	const enum cmspi_addressing way = cmspi_chip_addressing(chip);
	const uint32_t sector = sector_bytes(chip);

	if (!sector || chip->size_bytes % sector) {
		complain(bank, "size %" PRIu32 " bytes is no multiple of the sector of %" PRIu32
			" bytes: correct -size", chip->size_bytes, sector);
		return ERROR_FLASH_OPERATION_FAILED;
	}
	if (way == CMSPI_ADDR_4_MODE || way == CMSPI_ADDR_3_REGISTER) {
		complain(bank, "%s, %" PRIu32 " KiB, has no opcodes of four address bytes, and 4-byte "
			"mode is not supported yet: -size 0x1000000 gives its first 16 MiB",
			chip->name, chip->size_bytes / 1024);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return ERROR_OK;
}

static int cmspi_probe(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_chip chip;

	cmspi->probed = false;
	int retval = identify_and_tell(bank, &chip);
	if (retval != ERROR_OK)
		return retval;
	retval = check_chip(bank, &chip);
	if (retval != ERROR_OK)
		return retval;
	if (bank->base + chip.size_bytes > next_base(bank)) {
		complain(bank, "%" PRIu32 " KiB of chip from " TARGET_ADDR_FMT " reach into the bank at "
			TARGET_ADDR_FMT ": choose another base", chip.size_bytes / 1024, bank->base,
			next_base(bank));
		return ERROR_FLASH_OPERATION_FAILED;
	}
	retval = set_geometry(bank, chip.size_bytes, sector_bytes(&chip));
	if (retval == ERROR_OK)
		retval = set_prot_blocks(bank);
	if (retval != ERROR_OK)
		return retval;
	cmspi->chip = chip;
	cmspi->dual_tried = false;
	cmspi->probed = true;
	cmspi->auto_probe_error = ERROR_OK;
	LOG_INFO("%s: %s, %" PRIu32 " KiB, %" PRIu32 " sectors of %" PRIu32 " KiB", bank->name,
		chip.name, chip.size_bytes / 1024, (uint32_t)bank->num_sectors,
		sector_bytes(&chip) / 1024);
	return ERROR_OK;
}

/* A bank that cannot be probed must not keep GDB from attaching or other
 * banks from being found: it gets a provisional map, and every real operation
 * tries again. */
static int cmspi_auto_probe(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);

	if (cmspi->probed)
		return ERROR_OK;
	int retval = ERROR_TARGET_NOT_HALTED;
	if (bank->target->state == TARGET_HALTED) {
		cmspi->silent = cmspi->auto_probe_error != ERROR_OK;
		retval = cmspi_probe(bank);
		cmspi->silent = false;
		cmspi->auto_probe_error = retval;
	}
	if (retval == ERROR_OK)
		return ERROR_OK;
	return set_provisional_geometry(bank);
}

int cmspi_require_probed(struct flash_bank *bank)
{
	if (cmspi_of(bank)->probed)
		return ERROR_OK;
	if (bank->target->state != TARGET_HALTED) {
		complain(bank, "not probed yet, and the target is not halted: use 'reset init' first");
		return ERROR_TARGET_NOT_HALTED;
	}
	complain(bank, "no chip has answered yet: 'flash probe %s' says why", bank->name);
	return ERROR_FLASH_BANK_NOT_PROBED;
}

/* ---- erase -------------------------------------------------------------- */

/* A row of equal erase commands, one step each. */
static unsigned int put_erase_steps(const struct cmspi_chip *chip,
	const struct cmspi_erase_row *row, struct cmspi_step *steps)
{
	for (uint32_t i = 0; i < row->count; i++)
		steps[i] = cmspi_chip_step_erase(chip, row->type,
			row->addr + i * row->type->size_bytes);
	return row->count;
}

static int expect_blank(struct flash_bank *bank, uint32_t offset, uint32_t count,
	const char *what)
{
	const uint32_t grain_bytes = bank->sectors[0].size;
	const uint32_t grains = DIV_ROUND_UP(count, grain_bytes);
	uint32_t *blank = calloc(grains, sizeof(*blank));
	if (!blank) {
		LOG_ERROR("out of memory for %" PRIu32 " results", grains);
		return ERROR_FAIL;
	}
	int retval = read_results(bank, CMSPI_STEP_BLANK, 0, offset, count, grain_bytes, blank);
	for (uint32_t i = 0; i < grains && retval == ERROR_OK; i++) {
		if (blank[i])
			continue;
		complain(bank, "%s: chip ignored it, sector at " TARGET_ADDR_FMT " is not blank: "
			"write-protected?", what, bank->base + offset + i * grain_bytes);
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	free(blank);
	return retval;
}

static int erase_rows(struct flash_bank *bank, const struct cmspi_erase_row *rows,
	unsigned int num_rows)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		count += rows[i].count;
	struct cmspi_step *steps = calloc(count, sizeof(*steps));
	if (!steps) {
		LOG_ERROR("out of memory for %u erase steps", count);
		return ERROR_FAIL;
	}
	unsigned int put = 0;
	uint32_t never_busy = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		put += put_erase_steps(&cmspi_of(bank)->chip, &rows[i], steps + put);
	int retval = run_steps(bank, steps, count, "erase", &never_busy);
	const struct cmspi_erase_row *last = &rows[num_rows - 1];

	if (retval == ERROR_OK && never_busy)
		retval = expect_blank(bank, rows[0].addr,
			last->addr + last->count * last->type->size_bytes - rows[0].addr, "erase");
	free(steps);
	return retval;
}

/* Which sectors are blank already: reading one takes a tenth of erasing it,
 * and stops at its first programmed byte. */
static int find_blank(struct flash_bank *bank, unsigned int first, unsigned int count,
	uint8_t *blank)
{
	uint32_t *results = calloc(count, sizeof(*results));
	if (!results) {
		LOG_ERROR("out of memory for %u results", count);
		return ERROR_FAIL;
	}
	const uint32_t sector = bank->sectors[0].size;

	int retval = read_results(bank, CMSPI_STEP_BLANK, 0, first * sector, count * sector,
		sector, results);
	for (unsigned int i = 0; i < count; i++)
		blank[i] = results[i];
	free(results);
	return retval;
}

/* Plan and erase what is not blank. */
static int erase_sectors(struct flash_bank *bank, unsigned int first, unsigned int count,
	uint8_t *blank, struct cmspi_erase_row *rows)
{
	const uint32_t sector = bank->sectors[0].size;

	int retval = find_blank(bank, first, count, blank);
	if (retval != ERROR_OK)
		return retval;
	const int num_rows = cmspi_plan_erase(&cmspi_of(bank)->chip, first * sector,
		count * sector, blank, rows, count);

	if (num_rows < 0) {
		complain(bank, "no erase command of the chip fits sectors %u to %u", first,
			first + count - 1);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return num_rows ? erase_rows(bank, rows, num_rows) : ERROR_OK;
}

static int cmspi_erase(struct flash_bank *bank, unsigned int first, unsigned int last)
{
	const unsigned int count = last - first + 1;

	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_erase_row *rows = calloc(count, sizeof(*rows));
	uint8_t *blank = calloc(count, sizeof(*blank));

	if (rows && blank) {
		retval = erase_sectors(bank, first, count, blank, rows);
	} else {
		LOG_ERROR("out of memory for %u sectors", count);
		retval = ERROR_FAIL;
	}
	free(blank);
	free(rows);
	return retval;
}

static int cmspi_erase_check(struct flash_bank *bank)
{
	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	uint32_t *blank = calloc(bank->num_sectors, sizeof(*blank));
	if (!blank) {
		LOG_ERROR("out of memory for %u results", bank->num_sectors);
		return ERROR_FAIL;
	}
	retval = read_results(bank, CMSPI_STEP_BLANK, 0, 0, bank->size, bank->sectors[0].size,
		blank);
	for (unsigned int i = 0; i < bank->num_sectors && retval == ERROR_OK; i++)
		bank->sectors[i].is_erased = blank[i];
	free(blank);
	return retval;
}

/* ---- program ------------------------------------------------------------ */

static int program_rows(struct flash_bank *bank, const uint8_t *buffer,
	const struct cmspi_program_row *rows, unsigned int num_rows)
{
	struct cmspi_step *steps = calloc(num_rows, sizeof(*steps));
	if (!steps) {
		LOG_ERROR("out of memory for %u program steps", num_rows);
		return ERROR_FAIL;
	}
	uint32_t never_busy = 0;

	for (unsigned int i = 0; i < num_rows; i++)
		steps[i] = cmspi_chip_step_program(&cmspi_of(bank)->chip, rows[i].addr,
			buffer + rows[i].offset, rows[i].count);
	int retval = run_steps(bank, steps, num_rows, "program", &never_busy);
	free(steps);
	// the chip was ready at the first look: quick, or it never began
	for (unsigned int i = 0; i < num_rows && retval == ERROR_OK && never_busy; i++)
		retval = compare(bank, buffer + rows[i].offset, rows[i].addr, rows[i].count,
			" after programming: write-protected, or not erased before?");
	return retval;
}

static int cmspi_write(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	int retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;
	const uint32_t page_bytes = cmspi_of(bank)->chip.page_bytes;
	const unsigned int max_rows = count / page_bytes + 2;
	struct cmspi_program_row *rows = calloc(max_rows, sizeof(*rows));
	if (!rows) {
		LOG_ERROR("out of memory for %u program rows", max_rows);
		return ERROR_FAIL;
	}
	const int num_rows = cmspi_plan_program(page_bytes, offset, buffer, count, rows, max_rows);

	if (num_rows < 0) {
		LOG_ERROR("BUG: %u rows are too few for %" PRIu32 " bytes", max_rows, count);
		retval = ERROR_FAIL;
	} else if (num_rows) {
		retval = program_rows(bank, buffer, rows, num_rows);
	}
	free(rows);
	return retval;
}

/* ---- the other callbacks ------------------------------------------------ */

static int cmspi_flash_read(struct flash_bank *bank, uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	int retval = cmspi_require_probed(bank);

	return retval == ERROR_OK ? cmspi_read(bank, buffer, offset, count) : retval;
}

static int cmspi_verify(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count)
{
	int retval = cmspi_require_probed(bank);

	return retval == ERROR_OK ? compare(bank, buffer, offset, count, "") : retval;
}

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

static int cmspi_info(struct flash_bank *bank, struct command_invocation *cmd)
{
	const struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_chip *chip = &cmspi->chip;

	if (!cmspi->probed) {
		command_print_sameline(cmd, "\nno chip has answered yet, size and sectors are "
			"provisional: 'flash probe %s' says why", bank->name);
		return ERROR_OK;
	}
	command_print_sameline(cmd, "\nchip: %s, ID %02x %02x %02x\n", chip->name, chip->id[0],
		chip->id[1], chip->id[2]);
	command_print_sameline(cmd, "size: %" PRIu32 " KiB (%s), page: %" PRIu32 " bytes (%s)\n",
		chip->size_bytes / 1024, source_name(chip->size_from), chip->page_bytes,
		source_name(chip->page_from));
	for (unsigned int i = 0; i < CMSPI_ERASE_TYPES && chip->erase[i].size_bytes; i++)
		command_print_sameline(cmd, "erase: %" PRIu32 " KiB by %02Xh, %" PRIu32
			" ms, at most %" PRIu32 " ms (%s)\n", chip->erase[i].size_bytes / 1024,
			chip->erase[i].opcode, chip->erase[i].typ_ms, chip->erase[i].max_ms,
			source_name(chip->erase_from));
	command_print_sameline(cmd, "pins: cs %s, clk %s, mosi %s, miso %s",
		pin_name(bank, CMSPI_CS), pin_name(bank, CMSPI_CLK), pin_name(bank, CMSPI_IO0),
		pin_name(bank, CMSPI_IO1));
	return ERROR_OK;
}

/* The status registers that hold the protection bits, one batch. */
static int read_protect_registers(struct flash_bank *bank,
	const struct cmspi_protect_layout *layout, uint8_t *registers)
{
	struct cmspi_step steps[CMSPI_PROTECT_REGISTERS];
	unsigned int count = 0;

	while (count < CMSPI_PROTECT_REGISTERS && layout->read_opcodes[count]) {
		steps[count] = cmspi_chip_step_read_status(&cmspi_of(bank)->chip,
			&registers[count]);
		steps[count].op.opcode = layout->read_opcodes[count];
		count++;
	}
	return run_steps(bank, steps, count, "protection check", NULL);
}

static int cmspi_protect_check(struct flash_bank *bank)
{
	const struct cmspi_protect_layout *layout = cmspi_of(bank)->probed ?
		cmspi_protect_layout(&cmspi_of(bank)->chip) : NULL;
	uint8_t registers[CMSPI_PROTECT_REGISTERS] = { 0 };

	if (!layout || bank->target->state != TARGET_HALTED)
		return ERROR_FLASH_OPER_UNSUPPORTED;
	int retval = read_protect_registers(bank, layout, registers);
	if (retval != ERROR_OK)
		return retval;
	const struct cmspi_protection protection =
		cmspi_protect_decode(layout, registers, bank->size);

	for (unsigned int i = 0; i < bank->num_prot_blocks; i++)
		bank->prot_blocks[i].is_protected = protection.individual ? -1 :
			cmspi_protect_hits(&protection, bank->prot_blocks[i].offset,
				bank->prot_blocks[i].size);
	return ERROR_OK;
}

static void cmspi_free_driver_priv(struct flash_bank *bank)
{
	if (!bank->driver_priv)
		return;
	cmspi_free_options(cmspi_of(bank));
	free(bank->driver_priv);
	bank->driver_priv = NULL;
}

/* ---- commands ----------------------------------------------------------- */

/* The bank by name or number, without probing it. */
static COMMAND_HELPER(get_bank, struct flash_bank **bank)
{
	unsigned int number;

	*bank = get_flash_bank_by_name_noprobe(CMD_ARGV[0]);
	if (!*bank && parse_uint(CMD_ARGV[0], &number) == ERROR_OK)
		*bank = get_flash_bank_by_num_noprobe(number);
	if (!*bank) {
		command_print(CMD, "no flash bank '%s'; 'flash banks' lists them", CMD_ARGV[0]);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	if ((*bank)->driver != &cmspi_flash) {
		command_print(CMD, "flash bank '%s' is of driver %s, not cmspi", CMD_ARGV[0],
			(*bank)->driver->name);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	return ERROR_OK;
}

COMMAND_HANDLER(cmspi_handle_mass_erase)
{
	struct flash_bank *bank;

	if (CMD_ARGC != 1)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(get_bank, &bank);
	if (retval == ERROR_OK)
		retval = cmspi_auto_probe(bank);
	if (retval == ERROR_OK)
		retval = cmspi_require_probed(bank);
	if (retval != ERROR_OK)
		return retval;

	const struct cmspi_step step = cmspi_chip_step_chip_erase(&cmspi_of(bank)->chip);
	uint32_t never_busy = 0;

	retval = run_steps(bank, &step, 1, "mass erase", &never_busy);
	if (retval == ERROR_OK && never_busy)
		retval = expect_blank(bank, 0, bank->size, "mass erase");
	if (retval == ERROR_OK)
		command_print(CMD, "%s: mass erase done", bank->name);
	return retval;
}

/* A raw command is one frame: opcode and further bytes out, then bytes in. */
static int raw_command(struct flash_bank *bank, const uint8_t *tx, unsigned int tx_bytes,
	uint8_t *rx, unsigned int rx_bytes)
{
	struct cmspi_step steps[2];
	unsigned int count = 0;
	const struct cmspi_op op = {
		.opcode = tx[0],
		.cmd_lines = 1,
		.addr_lines = 1,
		.data_lines = 1,
	};

	if (tx_bytes > 1 || !rx_bytes)
		steps[count++] = (struct cmspi_step){
			.kind = CMSPI_STEP_XFER,
			.flags = rx_bytes ? CMSPI_STEP_KEEP_CS : 0,
			.op = op,
			.tx = tx + 1,
			.tx_bytes = tx_bytes - 1,
		};
	if (rx_bytes)
		steps[count++] = (struct cmspi_step){
			.kind = CMSPI_STEP_XFER,
			.flags = tx_bytes > 1 ? CMSPI_STEP_CONTINUE : 0,
			.op = op,
			.rx = rx,
			.rx_bytes = rx_bytes,
		};
	return run_steps(bank, steps, count, "raw command", NULL);
}

COMMAND_HANDLER(cmspi_handle_cmd)
{
	uint8_t tx[RAW_MAX_BYTES], rx[RAW_MAX_BYTES];
	struct flash_bank *bank;
	unsigned int rx_bytes;
	const bool by_gpio = CMD_ARGC > 1 && !strcmp(CMD_ARGV[1], "-gpio");
	const unsigned int first = by_gpio ? 2 : 1;

	if (first + 2 > CMD_ARGC)
		return ERROR_COMMAND_SYNTAX_ERROR;
	int retval = CALL_COMMAND_HANDLER(get_bank, &bank);
	if (retval != ERROR_OK)
		return retval;
	COMMAND_PARSE_NUMBER(uint, CMD_ARGV[first], rx_bytes);
	const unsigned int tx_bytes = CMD_ARGC - first - 1;

	if (rx_bytes > RAW_MAX_BYTES || tx_bytes > RAW_MAX_BYTES) {
		command_print(CMD, "at most %d bytes out and in, not %u and %u", RAW_MAX_BYTES,
			tx_bytes, rx_bytes);
		return ERROR_COMMAND_ARGUMENT_INVALID;
	}
	for (unsigned int i = 0; i < tx_bytes; i++)
		COMMAND_PARSE_NUMBER(u8, CMD_ARGV[first + 1 + i], tx[i]);
	cmspi_of(bank)->bus.by_gpio = by_gpio;
	retval = raw_command(bank, tx, tx_bytes, rx, rx_bytes);
	cmspi_of(bank)->bus.by_gpio = false;
	if (retval != ERROR_OK)
		return retval;
	for (unsigned int i = 0; i < rx_bytes; i++)
		command_print_sameline(CMD, "%s%02x", i ? " " : "", rx[i]);
	return ERROR_OK;
}

/* ---- registration ------------------------------------------------------- */

/* Two banks at one address: every access would go to the first of them. */
static int check_base(const struct flash_bank *bank)
{
	for (struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		const bool ours = other->driver == &cmspi_flash && !cmspi_of(other)->probed;
		// the size of an unprobed bank of ours is a guess
		const uint32_t size = ours || !other->size ? 1 : other->size;

		if (other->target != bank->target || bank->base < other->base ||
				bank->base - other->base >= size)
			continue;
		LOG_ERROR("base " TARGET_ADDR_FMT " of bank %s lies in bank %s (%s at " TARGET_ADDR_FMT
			"): choose another base", bank->base, bank->name, other->name,
			other->driver->name, other->base);
		return ERROR_FLASH_BANK_INVALID;
	}
	return ERROR_OK;
}

FLASH_BANK_COMMAND_HANDLER(cmspi_flash_bank_command)
{
	if (CMD_ARGC < 7 || CMD_ARGV[6][0] != '-') {
		command_print(CMD, "options are missing; 'cmspi_bank' of cmspi.tcl makes this line "
			"from pin names");
		return ERROR_COMMAND_SYNTAX_ERROR;
	}
	int retval = check_base(bank);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_bank *cmspi = calloc(1, sizeof(*cmspi));
	if (!cmspi) {
		LOG_ERROR("out of memory for a bank");
		return ERROR_FAIL;
	}
	// writes of any length: the core need not pad them to sectors
	bank->write_start_alignment = 1;
	bank->write_end_alignment = 1;
	cmspi->user_size_bytes = bank->size;
	cmspi->bus.target = bank->target;
	bank->driver_priv = cmspi;
	retval = CALL_COMMAND_HANDLER(cmspi_parse_options, 6, cmspi);
	if (retval == ERROR_OK)
		retval = set_provisional_geometry(bank);
	// last, so that a rejected bank leaves the target alone
	if (retval == ERROR_OK)
		retval = cmspi_window_install(bank->target);
	if (retval != ERROR_OK) {
		free(bank->sectors);
		cmspi_free_driver_priv(bank);
		return retval;
	}
	cmspi_pins_stores(&cmspi->bus.wires, &cmspi->bus.stores);
	return ERROR_OK;
}

static const struct command_registration cmspi_exec_command_handlers[] = {
	{
		.name = "mass_erase",
		.handler = cmspi_handle_mass_erase,
		.mode = COMMAND_EXEC,
		.usage = "bank_id",
		.help = "erase the whole chip",
	},
	{
		.name = "cmd",
		.handler = cmspi_handle_cmd,
		.mode = COMMAND_EXEC,
		.usage = "bank_id ['-gpio'] num_resp opcode [byte ...]",
		.help = "send a raw command and print num_resp bytes of answer; "
			"with -gpio by register writes over the debug link",
	},
	{
		.name = "check_image",
		.handler = cmspi_handle_check_image,
		.mode = COMMAND_EXEC,
		.usage = "filename [offset [type]]",
		.help = "refuse an image that does not fit the flash banks",
	},
	COMMAND_REGISTRATION_DONE
};

static const struct command_registration cmspi_command_handlers[] = {
	{
		.name = "cmspi",
		.mode = COMMAND_ANY,
		.usage = "",
		.help = "serial memory on GPIO pins command group",
		.chain = cmspi_exec_command_handlers,
	},
	COMMAND_REGISTRATION_DONE
};

const struct flash_driver cmspi_flash = {
	.name = "cmspi",
	.usage = "options as made by 'cmspi_bank', see tcl/cmspi.tcl",
	.commands = cmspi_command_handlers,
	.flash_bank_command = cmspi_flash_bank_command,
	.erase = cmspi_erase,
	.write = cmspi_write,
	.read = cmspi_flash_read,
	.verify = cmspi_verify,
	.probe = cmspi_probe,
	.auto_probe = cmspi_auto_probe,
	.erase_check = cmspi_erase_check,
	.protect_check = cmspi_protect_check,
	.info = cmspi_info,
	.free_driver_priv = cmspi_free_driver_priv,
};
