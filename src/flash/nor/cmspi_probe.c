// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Which chip a bank has, and the geometry that follows from it: ID, SFDP, OpenOCD's
 * part table, the user's word; a provisional map as long as nobody answers.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "spi.h"
#include "cmspi.h"
#include "cmspi_dataflash.h"
#include "cmspi_plan.h"
#include "cmspi_parts.h"
#include "cmspi_sfdp.h"
#include "cmspi_signature.h"
#include "cmspi_user.h"

/* Provisional geometry of a bank whose chip has not answered yet: GDB wants a
 * map when it attaches. */
#define PROVISIONAL_BYTES	(16 * 1024 * 1024)
#define PROVISIONAL_SECTOR	4096
/* What three address bytes reach. */
#define THREE_BYTES_REACH	(16 * 1024 * 1024)

/* ---- geometry ----------------------------------------------------------- */

/* Nobody's memory lies here: the core's own registers (ARMv7-M ARM, B3.1). */
#define SYSTEM_BASE	0xe0000000

target_addr_t cmspi_room_end(const struct flash_bank *bank, char *what, size_t what_bytes)
{
	target_addr_t end = SYSTEM_BASE;

	snprintf(what, what_bytes, "the core's own registers");
	for (struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (other == bank || other->target != bank->target ||
				other->base <= bank->base || other->base >= end)
			continue;
		end = other->base;
		snprintf(what, what_bytes, "bank %s", other->name);
	}
	return end;
}

static bool has_geometry(const struct flash_bank *bank, const struct cmspi_map *map)
{
	if (!bank->sectors || bank->num_sectors != map->num_sectors)
		return false;
	for (unsigned int i = 0; i < map->num_sectors; i++)
		if (bank->sectors[i].size != cmspi_map_sector(map, i).count)
			return false;
	return true;
}

static int set_geometry(struct flash_bank *bank, const struct cmspi_map *map)
{
	const unsigned int count = map->num_sectors;

	// a virtual bank shares the array: replace it only when it changes
	if (has_geometry(bank, map))
		return ERROR_OK;
	struct flash_sector *sectors = alloc_block_array(0, map->rows[0].sector_bytes, count);
	if (!sectors)
		return ERROR_FAIL;
	for (unsigned int i = map->rows[0].size_bytes / map->rows[0].sector_bytes; i < count; i++) {
		sectors[i].offset = cmspi_map_sector(map, i).addr;
		sectors[i].size = cmspi_map_sector(map, i).count;
	}
	free(bank->sectors);
	bank->sectors = sectors;
	bank->num_sectors = count;
	bank->size = cmspi_map_bytes(map, 0, count);
	return ERROR_OK;
}

int cmspi_set_provisional_geometry(struct flash_bank *bank)
{
	const struct cmspi_bank *cmspi = cmspi_of(bank);
	const uint32_t user_bytes = cmspi->user_set ? cmspi->user_chip.size_bytes
		: cmspi->user_size_bytes;
	char next[64];
	const target_addr_t room = cmspi_room_end(bank, next, sizeof(next)) - bank->base;
	uint32_t size_bytes = user_bytes ? user_bytes : PROVISIONAL_BYTES;

	if (size_bytes > room)
		size_bytes = room;
	if (size_bytes < PROVISIONAL_SECTOR)
		size_bytes = PROVISIONAL_SECTOR;
	const struct cmspi_chip chip = {
		.size_bytes = size_bytes & ~(PROVISIONAL_SECTOR - 1),
		.erase = { { .size_bytes = PROVISIONAL_SECTOR } },
	};
	struct cmspi_map map;

	cmspi_map_make(&chip, &map);
	int retval = set_geometry(bank, &map);
	return retval == ERROR_OK ? cmspi_guard_set_blocks(bank) : retval;
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

static void name_part(const struct flash_device *part, const struct cmspi_family *family,
	struct cmspi_chip *chip)
{
	if (part)
		snprintf(chip->name, sizeof(chip->name), "%s", part->name);
	else if (family)
		snprintf(chip->name, sizeof(chip->name), "%s, ID 0x%02x%02x%02x", family->name,
			chip->id[0], chip->id[1], chip->id[2]);
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
	cmspi_complain(bank, "no chip answers: ID reads %02x %02x %02x, MISO (%s) is always %s; check "
		"supply and wiring of cs %s, clk %s, mosi %s, miso %s%s; 'cmspi diagnose %s' tries "
		"them", id[0], id[1], id[2], cmspi_pin_name(bank, CMSPI_IO1),
		id[0] ? "high" : "low", cmspi_pin_name(bank, CMSPI_CS),
		cmspi_pin_name(bank, CMSPI_CLK), cmspi_pin_name(bank, CMSPI_IO0),
		cmspi_pin_name(bank, CMSPI_IO1), cmspi_of(bank)->bus.wires.positional ?
		", and that reset-init sets them up" : "", bank->name);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* Status, ID, SFDP. */
#define LOOK_STEPS	3

/* The first look at a chip, and what is done at once if that tells enough. */
struct first_look {
	struct cmspi_chip *chip;
	uint8_t *sfdp;
	uint32_t sfdp_bytes;
	uint8_t status;
	struct cmspi_step steps[LOOK_STEPS + CMSPI_CHIP_HOME_STEPS];
	/* the steps behind LOOK_STEPS, which bring the chip home */
	unsigned int num_home;
	uint32_t never_busy;
};

/* In the same run of the stub, which takes much longer to start than to do this:
 * bring the chip home, as far as ID and SFDP tell how. */
static unsigned int put_home_steps(void *user)
{
	struct first_look *look = user;
	struct cmspi_sfdp_report report = { .need_bytes = look->sfdp_bytes };
	struct cmspi_chip chip = *look->chip;
	const struct cmspi_family *family = cmspi_family_of(chip.id);

	if (!cmspi_chip_id_is_plausible(chip.id, sizeof(chip.id)) ||
			cmspi_sfdp_decode(look->sfdp, look->sfdp_bytes, &chip, &report) !=
				CMSPI_SFDP_OK)
		return 0;
	cmspi_stack_take(&chip);
	if (family)
		cmspi_family_complete(family, &chip);
	look->num_home = cmspi_chip_steps_home(&chip, look->steps + LOOK_STEPS);
	return look->num_home;
}

/* Is what was done the right thing, now that the chip is known? */
static bool was_brought_home(const struct first_look *look)
{
	struct cmspi_step steps[CMSPI_CHIP_HOME_STEPS];
	const unsigned int count = cmspi_chip_steps_home(look->chip, steps);

	if (count != look->num_home)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		const struct cmspi_step *done = &look->steps[LOOK_STEPS + i];

		if (steps[i].op.opcode != done->op.opcode || steps[i].flags != done->flags ||
				steps[i].poll.opcode != done->poll.opcode)
			return false;
	}
	return true;
}

static int bring_home(struct flash_bank *bank, const struct first_look *look)
{
	if (!was_brought_home(look))
		return cmspi_bring_home(bank, look->chip);
	cmspi_tell_home(bank, look->steps + LOOK_STEPS, look->num_home, look->never_busy);
	return cmspi_resume_suspended(bank, look->chip);
}

static int take_first_look(struct flash_bank *bank, struct first_look *look)
{
	struct cmspi_bus *bus = &cmspi_of(bank)->bus;

	look->steps[0] = cmspi_chip_step_read_status(look->chip, &look->status);
	look->steps[1] = cmspi_chip_step_read_id(look->chip->id, sizeof(look->chip->id));
	look->steps[2] = cmspi_chip_step_read_sfdp(0, look->sfdp, look->sfdp_bytes);
	look->num_home = 0;
	bus->more = put_home_steps;
	bus->more_user = look;
	int retval = cmspi_run_steps(bank, look->steps, LOOK_STEPS, "probe", &look->never_busy);
	bus->more = NULL;
	return retval;
}

/* One batch, slowly. A chip that gives no sensible ID is called once, then asked
 * again. */
static int read_id_and_sfdp(struct flash_bank *bank, struct first_look *look, bool *awake)
{
	struct cmspi_chip *chip = look->chip;

	int retval = take_first_look(bank, look);
	if (retval != ERROR_OK || *awake ||
			cmspi_chip_id_is_plausible(chip->id, sizeof(chip->id)))
		return retval;
	*awake = true;
	retval = cmspi_wake(bank, look->status, chip->id);
	// no 9Fh, or no chip: SFDP would not be there either
	if (retval != ERROR_OK || cmspi_chip_id_is_blank(chip->id, sizeof(chip->id)))
		return retval;
	return take_first_look(bank, look);
}

/* How is the part configured? One bit for each query, the first in the highest. */
static int ask_config(struct flash_bank *bank, const struct cmspi_map_query *queries,
	unsigned int count, int *config)
{
	uint8_t answers[CMSPI_MAP_QUERIES][CMSPI_MAP_QUERY_BYTES];
	struct cmspi_step steps[CMSPI_MAP_QUERIES] = { 0 };

	for (unsigned int i = 0; i < count; i++)
		steps[i] = (struct cmspi_step) {
			.kind = CMSPI_STEP_XFER,
			.op = queries[i].op,
			.addr = queries[i].addr,
			.rx = answers[i],
			.rx_bytes = queries[i].skip_bytes + 1,
		};
	int retval = cmspi_run_steps(bank, steps, count, "look for the sector map", NULL);

	*config = 0;
	for (unsigned int i = 0; i < count && retval == ERROR_OK; i++)
		*config = *config << 1 | !!(answers[i][queries[i].skip_bytes] & queries[i].mask);
	return retval;
}

/* A sector map that depends on how the part is configured.
 * @param bare the chip before its SFDP was looked at: erase types that the map was to
 *	tell apart must not stay if it does not */
static int decode_configured(struct flash_bank *bank, const struct first_look *look,
	const struct cmspi_chip *bare, struct cmspi_sfdp_report *report,
	enum cmspi_sfdp_result *found)
{
	int config;

	int retval = ask_config(bank, report->queries, report->num_queries, &config);
	if (retval != ERROR_OK)
		return retval;
	*look->chip = *bare;
	*found = cmspi_sfdp_decode_configured(look->sfdp, look->sfdp_bytes, config,
		look->chip, report);
	return ERROR_OK;
}

/* ID and the first tables; more SFDP if it is needed. */
static int read_facts(struct flash_bank *bank, struct first_look *look)
{
	struct cmspi_sfdp_report report = { .need_bytes = CMSPI_SFDP_FIRST_BYTES };
	enum cmspi_sfdp_result found = CMSPI_SFDP_MORE;
	uint8_t *sfdp = calloc(1, CMSPI_SFDP_MAX_BYTES);
	struct cmspi_chip bare = *look->chip;
	bool awake = false;
	int retval = ERROR_OK;

	if (!sfdp) {
		LOG_ERROR("out of memory for %d bytes of SFDP", CMSPI_SFDP_MAX_BYTES);
		return ERROR_FAIL;
	}
	look->sfdp = sfdp;
	while (found == CMSPI_SFDP_MORE && report.need_bytes <= CMSPI_SFDP_MAX_BYTES) {
		look->sfdp_bytes = report.need_bytes;
		retval = read_id_and_sfdp(bank, look, &awake);
		if (retval != ERROR_OK)
			break;
		bare = *look->chip;
		found = cmspi_sfdp_decode(sfdp, look->sfdp_bytes, look->chip, &report);
	}
	if (retval == ERROR_OK && found == CMSPI_SFDP_OK && report.num_queries)
		retval = decode_configured(bank, look, &bare, &report, &found);
	look->sfdp = NULL;
	free(sfdp);
	if (retval == ERROR_OK && found == CMSPI_SFDP_BAD)
		LOG_WARNING("%s: SFDP is not usable: %s", bank->name, report.why);
	else if (retval == ERROR_OK && report.why[0])
		LOG_WARNING("%s: SFDP: %s: sectors are taken as alike", bank->name, report.why);
	return retval;
}

/* The user's word has none on quad enable and on protocols: with -quad, SFDP's counts. */
static int take_told_modes(struct flash_bank *bank, struct cmspi_chip *chip)
{
	struct cmspi_chip told;
	struct first_look look = { .chip = &told };

	cmspi_chip_init(&told);
	int retval = read_facts(bank, &look);
	if (retval != ERROR_OK || told.qer == CMSPI_QER_UNKNOWN)
		return retval;
	chip->qer = told.qer;
	chip->volatile_status = told.volatile_status;
	chip->qpi_enable = told.qpi_enable;
	chip->qpi_disable = told.qpi_disable;
	return ERROR_OK;
}

/* The user's word: nothing is decided by the ID, which the chip may not have, but
 * later it shows whether the chip is still there. */
static int take_users_chip(struct flash_bank *bank, struct cmspi_chip *chip)
{
	*chip = cmspi_of(bank)->user_chip;
	uint8_t status;
	const struct cmspi_step steps[] = {
		cmspi_chip_step_read_status(chip, &status),
		cmspi_chip_step_read_id(chip->id, sizeof(chip->id)),
	};

	int retval = cmspi_run_steps(bank, steps, ARRAY_SIZE(steps), "probe", NULL);
	if (retval == ERROR_OK && !cmspi_chip_id_is_plausible(chip->id, sizeof(chip->id)))
		retval = cmspi_wake(bank, status, chip->id);
	if (retval == ERROR_OK && cmspi_chip_id_is_blank(chip->id, sizeof(chip->id)))
		LOG_WARNING("%s: ID reads %02x %02x %02x: no chip, or one without an ID, is taken for %s "
			"as 'cmspi set' says", bank->name, chip->id[0], chip->id[1], chip->id[2],
			chip->name);
	else if (retval == ERROR_OK && cmspi_of(bank)->quad_allowed)
		retval = take_told_modes(bank, chip);
	return retval;
}

/* SFDP wins, but a size that the ID does not stand for is told; a table knows what
 * SFDP leaves out. */
static void cross_check(struct flash_bank *bank, const struct cmspi_family *family,
	const struct flash_device *part, struct cmspi_chip *chip)
{
	cmspi_stack_take(chip);
	uint32_t by_id = cmspi_usual_tells(chip->id[2]) ? cmspi_usual_size(chip->id[2]) :
		chip->size_bytes;

	if (family)
		by_id = cmspi_family_size(family, chip->id);
	else if (part)
		by_id = part->size_in_bytes;

	if (by_id != chip->size_bytes && !cmspi_of(bank)->user_size_bytes)
		LOG_WARNING("%s: SFDP says %" PRIu32 " KiB, the ID %02x %02x %02x stands for %" PRIu32
			" KiB: SFDP is taken, -size overrides it", bank->name, chip->size_bytes / 1024,
			chip->id[0], chip->id[1], chip->id[2], by_id / 1024);
	if (family)
		cmspi_family_complete(family, chip);
}

/* Without SFDP: what the ID alone stands for. */
static int take_family(struct flash_bank *bank, const struct cmspi_family *family,
	struct cmspi_chip *chip)
{
	struct cmspi_map_query queries[CMSPI_MAP_QUERIES];
	int config;

	cmspi_family_take(family, chip);
	const unsigned int count = cmspi_family_queries(family, chip, queries);

	if (!count)
		return ERROR_OK;
	int retval = ask_config(bank, queries, count, &config);
	if (retval == ERROR_OK)
		cmspi_family_take_config(config, chip);
	return retval;
}

/* A part that erases by the opcode of this status has another ID. */
static int take_dataflash(struct flash_bank *bank, struct cmspi_chip *chip)
{
	uint8_t status = 0;
	const struct cmspi_step step = cmspi_dataflash_step_status(&status);

	int retval = cmspi_run_steps(bank, &step, 1, "probe", NULL);
	if (retval == ERROR_OK)
		cmspi_dataflash_take(chip, status);
	return retval;
}

static int take_by_id(struct flash_bank *bank, struct cmspi_chip *chip)
{
	const struct flash_device *part = find_part(chip->id);
	const struct cmspi_family *family = cmspi_family_of(chip->id);

	name_part(part, family, chip);
	if (chip->size_bytes)
		cross_check(bank, family, part, chip);
	else if (family)
		return take_family(bank, family, chip);
	else if (part)
		take_part(part, chip);
	return ERROR_OK;
}

static int unknown_signature(struct flash_bank *bank, const struct cmspi_signature *signature,
	const uint8_t *id)
{
	const uint8_t (*answers)[CMSPI_SIGNATURE_BYTES] = signature->answers;
	char line[CMSPI_USER_LINE_BYTES];

	cmspi_user_line(id, line, sizeof(line));
	cmspi_complain(bank, "unknown chip without ID (9Fh): ABh reads %02x %02x, 90h reads "
		"%02x %02x, 15h reads %02x %02x: correct what its data sheet says otherwise in "
		"'cmspi set %s %s' and say that; if it has an ID, try 'cmspi diagnose %s'",
		answers[0][0], answers[0][1], answers[1][0], answers[1][1], answers[2][0],
		answers[2][1], bank->name, line, bank->name);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* Nobody has answered 9Fh: parts older than that have other ways. */
static int take_signature(struct flash_bank *bank, struct cmspi_chip *chip)
{
	struct cmspi_signature signature = { 0 };
	struct cmspi_step steps[CMSPI_SIGNATURE_STEPS];
	uint8_t id[CMSPI_ID_BYTES];

	// SFDP is younger than 9Fh: what looked like it is none
	memcpy(id, chip->id, sizeof(id));
	cmspi_chip_init(chip);
	memcpy(chip->id, id, sizeof(id));
	cmspi_signature_steps(&signature, steps);
	int retval = cmspi_run_steps(bank, steps, ARRAY_SIZE(steps), "probe", NULL);
	if (retval != ERROR_OK || cmspi_signature_take(&signature, chip))
		return retval;
	if (!cmspi_signature_is_there(&signature))
		return no_chip(bank, id);
	return unknown_signature(bank, &signature, id);
}

static int unknown_chip(struct flash_bank *bank, const uint8_t *id)
{
	char line[CMSPI_USER_LINE_BYTES];

	cmspi_user_line(id, line, sizeof(line));
	cmspi_complain(bank, "unknown chip, ID %02x %02x %02x %02x %02x %02x, no usable SFDP: correct "
		"what its data sheet says otherwise in 'cmspi set %s %s' and say that; if this is "
		"no ID, try 'cmspi diagnose %s'", id[0], id[1], id[2], id[3], id[4], id[5],
		bank->name, line, bank->name);
	return ERROR_FLASH_OPERATION_FAILED;
}

static int identify(struct flash_bank *bank, struct first_look *look)
{
	struct cmspi_chip *chip = look->chip;
	struct cmspi_bank *cmspi = cmspi_of(bank);

	if (cmspi->user_set)
		return take_users_chip(bank, chip);
	cmspi_chip_init(chip);
	int retval = read_facts(bank, look);
	if (retval != ERROR_OK)
		return retval;
	if (cmspi_chip_id_is_blank(chip->id, sizeof(chip->id)))
		retval = take_signature(bank, chip);
	else if (cmspi_dataflash_is(chip->id))
		retval = take_dataflash(bank, chip);
	else
		retval = take_by_id(bank, chip);
	if (retval != ERROR_OK)
		return retval;
	if (!chip->size_bytes && !cmspi->user_size_bytes)
		return unknown_chip(bank, chip->id);
	cmspi_caps_take(chip);
	if (cmspi->user_size_bytes) {
		chip->told_bytes = chip->size_bytes;
		chip->size_bytes = cmspi->user_size_bytes;
		chip->size_from = CMSPI_FROM_USER;
	}
	return ERROR_OK;
}

/* Identify, and tell once what the application had been doing with the pins. */
static int identify_and_tell(struct flash_bank *bank, struct first_look *look)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_wires *wires = &cmspi->bus.wires;
	uint32_t saved[CMSPI_SETUPS] = { 0 };
	const char *last = "";

	cmspi->bus.saved = cmspi->found_told ? NULL : saved;
	int retval = identify(bank, look);
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

/* Sizes that the driver cannot serve without harm. */
static int check_chip(struct flash_bank *bank, const struct cmspi_chip *chip,
	const struct cmspi_map *map)
{
	if (!cmspi_map_is_whole(map)) {
		cmspi_complain(bank, "size %" PRIu32 " bytes is no multiple of the sector of %" PRIu32
			" bytes: correct -size", chip->size_bytes, cmspi_map_max_bytes(map));
		return ERROR_FLASH_OPERATION_FAILED;
	}
	if (cmspi_chip_addressing(chip) == CMSPI_ADDR_4_MODE && !chip->enter_4byte &&
			!chip->addr_4_ok) {
		cmspi_complain(bank, "%s takes three address bytes only, %" PRIu32 " KiB are more than "
			"they reach: -size 0x1000000 gives 16 MiB", chip->name, chip->size_bytes / 1024);
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return ERROR_OK;
}

static int check_room(struct flash_bank *bank, const struct cmspi_chip *chip)
{
	char next[64];
	const target_addr_t end = cmspi_room_end(bank, next, sizeof(next));

	if (bank->base + chip->size_bytes <= end)
		return ERROR_OK;
	cmspi_complain(bank, "%" PRIu32 " KiB of chip from " TARGET_ADDR_FMT " reach into %s at "
		TARGET_ADDR_FMT ": choose another base", chip->size_bytes / 1024, bank->base, next,
		end);
	return ERROR_FLASH_OPERATION_FAILED;
}

static void tell_chip(const struct flash_bank *bank)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const struct cmspi_map *map = &cmspi_of(bank)->map;
	const uint32_t min_bytes = cmspi_map_min_bytes(map);
	const uint32_t max_bytes = cmspi_map_max_bytes(map);
	// those of DataFlash are no power of two
	const uint32_t unit_bytes = min_bytes % 1024 ? 1 : 1024;
	char sizes[32];

	if (min_bytes == max_bytes)
		snprintf(sizes, sizeof(sizes), "%" PRIu32, min_bytes / unit_bytes);
	else
		snprintf(sizes, sizeof(sizes), "%" PRIu32 " to %" PRIu32, min_bytes / unit_bytes,
			max_bytes / unit_bytes);
	LOG_INFO("%s: %s, %" PRIu32 " KiB, %u sectors of %s %s", bank->name, chip->name,
		chip->size_bytes / 1024, bank->num_sectors, sizes, unit_bytes > 1 ? "KiB" : "bytes");
}

/* 'cmspi dpi' and 'cmspi qpi' outlive a probe, where the chip found still has what they
 * need: quad enable must be looked at anew, for a batch to set it. */
static void keep_protocol(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const struct cmspi_modes modes = cmspi->modes;

	if (modes.lines <= 1)
		return;
	// in plain SPI until that is known
	cmspi->modes.lines = 1;
	if (cmspi_modes_has_protocol(&cmspi->chip, modes.lines) &&
			cmspi_modes_read_op(&cmspi->chip, &modes).opcode &&
			(!cmspi_modes_protocol_needs_quad(&cmspi->chip, modes.lines) ||
				cmspi_quad_is_enabled(bank)))
		cmspi->modes.lines = modes.lines;
	else
		LOG_WARNING("%s: commands go on one line again: the chip does not take them on %s any "
			"more", bank->name, cmspi_protocol_words(modes.lines));
}

int cmspi_probe(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_chip chip = { 0 };
	struct cmspi_map map;
	struct first_look look = { .chip = &chip };

	cmspi->probed = false;
	cmspi->looked_at_pins = false;
	int retval = identify_and_tell(bank, &look);
	if (retval != ERROR_OK)
		return retval;
	cmspi_map_make(&chip, &map);
	retval = check_chip(bank, &chip, &map);
	if (retval == ERROR_OK)
		retval = bring_home(bank, &look);
	if (retval != ERROR_OK)
		return retval;
	retval = check_room(bank, &chip);
	if (retval != ERROR_OK)
		return retval;
	retval = set_geometry(bank, &map);
	if (retval != ERROR_OK)
		return retval;
	cmspi_session_new_chip(bank, &chip);
	cmspi->chip = chip;
	cmspi->map = map;
	retval = cmspi_guard_set_blocks(bank);
	if (retval != ERROR_OK)
		return retval;
	cmspi->lines_to_try = 4;
	cmspi_end_trial_pause(cmspi);
	cmspi->programs_on_one_line = false;
	cmspi->modes.set_quad = false;
	cmspi->quad_unset_told = false;
	cmspi->probed = true;
	cmspi->target_ran = false;
	cmspi->told[0] = '\0';
	tell_chip(bank);
	keep_protocol(bank);
	return ERROR_OK;
}

/* A bank that cannot be probed must not keep GDB from attaching or other
 * banks from being found: it gets a provisional map, and every real operation
 * tries again. */
int cmspi_auto_probe(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);

	if (cmspi->probed)
		return ERROR_OK;
	int retval = ERROR_TARGET_NOT_HALTED;
	if (bank->target->state == TARGET_HALTED) {
		cmspi->auto_probing = true;
		retval = cmspi_probe(bank);
		cmspi->auto_probing = false;
	}
	if (retval == ERROR_OK)
		return ERROR_OK;
	return cmspi_set_provisional_geometry(bank);
}

int cmspi_require_probed(struct flash_bank *bank)
{
	if (cmspi_of(bank)->probed)
		return cmspi_of(bank)->target_ran && bank->target->state == TARGET_HALTED ?
			cmspi_look_again(bank) : ERROR_OK;
	if (bank->target->state != TARGET_HALTED) {
		cmspi_complain(bank, "not probed yet, and the target is not halted: use "
			"'reset init' first");
		return ERROR_TARGET_NOT_HALTED;
	}
	cmspi_complain(bank, "no chip is known yet: 'flash probe %s' says why", bank->name);
	return ERROR_FLASH_BANK_NOT_PROBED;
}
