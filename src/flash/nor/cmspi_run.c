// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Running steps on the chip of a bank: the core clock they are timed with, what
 * is said when they fail, and what is read with them (bytes, checksums, blank
 * checks). Which bytes a step sends is in cmspi_chip.c.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi.h"
#include "cmspi_address.h"
#include "cmspi_crc.h"
#include "cmspi_positional.h"
#include <target/image.h>

/* A checksum is computed in parts of this size. */
#define CHECKSUM_GRAIN_BYTES	(64 * 1024)

void cmspi_complain(const struct flash_bank *bank, const char *format, ...)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	char text[CMSPI_COMPLAINT_CHARS];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (cmspi->auto_probing && !strcmp(text, cmspi->told))
		LOG_DEBUG("%s: %s", bank->name, text);
	else
		LOG_ERROR("%s: %s", bank->name, text);
	if (cmspi->auto_probing)
		memcpy(cmspi->told, text, strlen(text) + 1);
}

const char *cmspi_pin_name(const struct flash_bank *bank, enum cmspi_line line)
{
	return cmspi_of(bank)->bus.wires.pins[line].name;
}

static void complain_of_chip(const struct flash_bank *bank, const char *what,
	const struct cmspi_step *step, const struct cmspi_failure *failure)
{
	const target_addr_t address = bank->base + failure->addr;

	switch (failure->fault) {
	case CMSPI_FAULT_TIMEOUT:
		cmspi_complain(bank, "%s at " TARGET_ADDR_FMT " still busy after %" PRIu32
			" ms, status 0x%02x%s", what, address, step->timeout_us / 1000,
			failure->status, failure->status == 0xff ?
			": MISO is always high, has the chip lost its supply?" :
			": is its supply strong enough? a power cycle may help");
		return;
	case CMSPI_FAULT_REFUSED:
		cmspi_complain(bank, "%s at " TARGET_ADDR_FMT " was refused by the chip, status 0x%02x: "
			"write-protected?", what, address, failure->status);
		return;
	case CMSPI_FAULT_NO_WEL:
		cmspi_complain(bank, "%s at " TARGET_ADDR_FMT ": chip ignores write enable, status 0x%02x: "
			"is MISO (%s) connected and the chip awake?", what, address,
			failure->status, cmspi_pin_name(bank, CMSPI_IO1));
		return;
	case CMSPI_FAULT_NONE:
	case CMSPI_FAULT_LINK:
		break;
	}
}

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

/* A whole chip's erase cannot be looked into, only compared with what is usual. */
static uint32_t usual_ms(const struct cmspi_chip *chip, const struct cmspi_step *step)
{
	return step->op.opcode == chip->chip_erase_opcode ||
			step->op.opcode == chip->die_erase_opcode ?
		cmspi_chip_usual_chip_erase_ms(chip) : 0;
}

/* What the user's reset-init handler made of the pins of a positional bank, where
 * the bank line does not tell it. */
int cmspi_look_at_pins(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_wires *wires = &cmspi->bus.wires;
	uint32_t found[CMSPI_LINES] = { 0 };

	if (!wires->positional || cmspi->looked_at_pins)
		return ERROR_OK;
	for (enum cmspi_line line = CMSPI_IO0; line < CMSPI_LINES; line++) {
		const struct cmspi_pin *pin = &wires->pins[line];

		if (!cmspi_positional_must_look(pin))
			continue;
		int retval = target_read_u32(bank->target, pin->direction.in_addr, &found[line]);
		if (retval != ERROR_OK) {
			cmspi_complain(bank, "%s (%s): direction register at 0x%08" PRIx32
				" cannot be read", cmspi_line_name(line), pin->name,
				pin->direction.in_addr);
			return retval;
		}
	}
	cmspi_positional_set_up(wires, found);
	cmspi_pins_stores(wires, &cmspi->bus.stores);
	cmspi->looked_at_pins = true;
	return ERROR_OK;
}

/* Other chips on the same wires must not hear what is meant for this one: their
 * chip selects may float, or be where the firmware left them. */
int cmspi_deselect_neighbours(struct flash_bank *bank, struct cmspi_wires *wires)
{
	for (struct flash_bank *other = flash_bank_list(); other; other = other->next) {
		if (other == bank || other->driver != &cmspi_flash || other->target != bank->target ||
				!cmspi_pins_share_bus(wires, &cmspi_of(other)->bus.wires))
			continue;
		if (!cmspi_pins_deselect(wires, &cmspi_of(other)->bus.wires)) {
			cmspi_complain(bank, "too many chips on its wires: no room to deselect that "
				"of bank %s (%s)", other->name, cmspi_pin_name(other, CMSPI_CS));
			return ERROR_FLASH_OPER_UNSUPPORTED;
		}
	}
	return ERROR_OK;
}

/* What is sent on several lines changes the output latch of MISO. */
static int keep_latch(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (cmspi_step_lines_sent(&steps[i]) == 1)
			continue;
		if (cmspi_pins_keep_latch(&cmspi_of(bank)->bus.wires))
			return ERROR_OK;
		cmspi_complain(bank, "too many registers to set up: no room for that of miso (%s)",
			cmspi_pin_name(bank, CMSPI_IO1));
		return ERROR_FLASH_OPER_UNSUPPORTED;
	}
	return ERROR_OK;
}

/* With a set-up list that holds for this once. */
static int run_among_neighbours(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	struct cmspi_bus *bus = &cmspi_of(bank)->bus;
	const unsigned int own = bus->wires.num_setups;

	int retval = cmspi_deselect_neighbours(bank, &bus->wires);
	if (retval == ERROR_OK)
		retval = keep_latch(bank, steps, count);
	if (retval == ERROR_OK)
		retval = cmspi_bus_run(bus, steps, count, failure);
	bus->wires.num_setups = own;
	return retval;
}

/* A batch that broke off may not have entered DPI yet. What leaves it is then 9Fh to the
 * chip, on MOSI alone, and it would drive MISO together with us: ask first. */
static bool is_in_plain_spi(struct flash_bank *bank)
{
	struct cmspi_failure ignored;
	uint8_t id[CMSPI_ID_BYTES];
	const struct cmspi_step step = cmspi_chip_step_read_id(id, sizeof(id));

	return run_among_neighbours(bank, &step, 1, &ignored) == ERROR_OK &&
		!memcmp(id, cmspi_of(bank)->chip.id, sizeof(id));
}

/* After a batch that broke off: back to plain SPI and three address bytes, out of the
 * programming of words, and no error flags, which would make the next command look
 * refused, too. A chip that is busy for ever hears nothing of it. */
static void tidy_up(struct flash_bank *bank, enum cmspi_fault fault, bool in_modes)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_step steps[2 + CMSPI_ADDRESS_LEAVE_STEPS + CMSPI_MODES_LEAVE_STEPS];
	struct cmspi_modes modes = cmspi->modes;
	struct cmspi_failure ignored;
	unsigned int count = 0;

	if (!cmspi->probed || fault == CMSPI_FAULT_TIMEOUT || bank->target->state != TARGET_HALTED)
		return;
	if (in_modes && modes.lines == 2 && is_in_plain_spi(bank))
		modes.lines = 1;
	if (in_modes)
		count = cmspi_modes_leave(&cmspi->chip, &modes, steps);
	if (fault == CMSPI_FAULT_REFUSED && cmspi->chip.clear_flags_opcode)
		steps[count++] = cmspi_chip_step_clear_flags(&cmspi->chip);
	if (cmspi->chip.words_opcode)
		steps[count++] = cmspi_chip_step_end_words(&cmspi->chip);
	count += cmspi_address_leave(&cmspi->chip, steps + count);
	// the error that brought us here is told
	if (count)
		(void)run_among_neighbours(bank, steps, count, &ignored);
}

static bool alloc_list(struct cmspi_address_list *list, unsigned int max_steps)
{
	*list = (struct cmspi_address_list){
		.steps = calloc(max_steps, sizeof(*list->steps)),
		.origins = calloc(max_steps, sizeof(*list->origins)),
		.max_steps = max_steps,
	};
	if (list->steps && list->origins)
		return true;
	LOG_ERROR("out of memory for a run of %u steps", max_steps);
	return false;
}

static void free_list(struct cmspi_address_list *list)
{
	free(list->steps);
	free(list->origins);
}

/* Steps in place of those that were asked for. */
static int run_list(struct flash_bank *bank, const struct cmspi_address_list *list,
	struct cmspi_failure *failure)
{
	struct cmspi_progress *progress = cmspi_of(bank)->bus.progress;
	const struct cmspi_step *steps = progress->steps;
	const unsigned int count = progress->count;

	progress->steps = list->steps;
	progress->count = list->count;
	int retval = run_among_neighbours(bank, list->steps, list->count, failure);
	progress->steps = steps;
	progress->count = count;
	return retval;
}

/* Around the steps goes what enters and leaves the modes of lines. */
static int run_in_modes(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_address_list list;
	int retval = ERROR_FAIL;

	if (alloc_list(&list, count + CMSPI_MODES_STEPS)) {
		cmspi_modes_expand(&cmspi->chip, &cmspi->modes, steps, count, &list);
		retval = run_list(bank, &list, failure);
		failure->step = list.origins[failure->step];
	}
	free_list(&list);
	if (retval == ERROR_OK && !cmspi_modes_are_left(&cmspi->chip, &cmspi->modes)) {
		cmspi_complain(bank, "the chip has not gone back to plain SPI or to its quad enable "
			"bit as it was: a power cycle brings it back");
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	return retval;
}

/* Around the steps goes what makes the chip take their addresses. */
static int run_addressed(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, bool in_modes, struct cmspi_failure *failure)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_address_list list;
	int retval = ERROR_FAIL;

	if (!alloc_list(&list, cmspi_address_max_steps(&cmspi->chip, steps, count))) {
		// told
	} else if (!cmspi_address_expand(&cmspi->chip, steps, count, &list)) {
		LOG_ERROR("BUG: a step crosses a border of the chip");
	} else {
		retval = in_modes ? run_in_modes(bank, list.steps, list.count, failure) :
			run_list(bank, &list, failure);
		failure->addr += cmspi_address_base(&cmspi->chip, &list, failure->step);
		failure->step = list.origins[failure->step];
		failure->addr = cmspi_address_offset(&cmspi->chip, failure->addr);
	}
	free_list(&list);
	return retval;
}

/* With all that must be around the steps. */
static int run_wrapped(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, bool in_modes, struct cmspi_failure *failure)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	const bool addressed = cmspi_address_needed(&cmspi->chip, steps, count);

	if (!addressed && !in_modes)
		return run_among_neighbours(bank, steps, count, failure);
	*failure = (struct cmspi_failure){ .fault = CMSPI_FAULT_LINK };
	// there is no room in the lists
	cmspi->bus.more = NULL;
	return addressed ? run_addressed(bank, steps, count, in_modes, failure) :
		run_in_modes(bank, steps, count, failure);
}

int cmspi_look_at_modes(struct flash_bank *bank)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_step steps[CMSPI_MODES_REGISTERS];
	const unsigned int count = cmspi_modes_look(&cmspi->chip, &cmspi->modes, steps);
	int retval = ERROR_OK;

	if (count)
		retval = cmspi_run_steps(bank, steps, count, "look at the mode registers", NULL);
	if (retval != ERROR_OK || cmspi_modes_plan(&cmspi->chip, &cmspi->modes))
		return retval;
	cmspi_complain(bank, "the status register reads all ones: has the chip lost its supply?");
	return ERROR_FLASH_OPERATION_FAILED;
}

int cmspi_run_steps(struct flash_bank *bank, const struct cmspi_step *steps,
	unsigned int count, const char *what, uint32_t *never_busy)
{
	struct cmspi_bank *cmspi = cmspi_of(bank);
	struct cmspi_failure failure = { .fault = CMSPI_FAULT_NONE };

	if (bank->target->state != TARGET_HALTED) {
		cmspi_complain(bank, "%s needs a halted target: use 'halt' or 'reset init' first", what);
		return ERROR_TARGET_NOT_HALTED;
	}
	int retval = cmspi_session_before(bank, steps, count);
	if (retval != ERROR_OK)
		return retval;
	const bool in_modes = cmspi->probed && cmspi_modes_needed(&cmspi->modes, steps, count);

	if (in_modes)
		retval = cmspi_look_at_modes(bank);
	if (retval != ERROR_OK)
		return retval;
	update_core_clock(bank);
	retval = cmspi_look_at_pins(bank);
	if (retval != ERROR_OK)
		return retval;
	struct cmspi_progress progress = {
		.bank = bank->name,
		.what = what,
		.steps = steps,
		.count = count,
		.usual_ms = usual_ms(&cmspi->chip, &steps[0]),
	};

	cmspi_report_begin(&progress, &cmspi->series);
	cmspi->bus.progress = &progress;
	cmspi->bus.chip_max_khz = cmspi->chip.max_khz;
	retval = run_wrapped(bank, steps, count, in_modes, &failure);
	cmspi->bus.progress = NULL;
	cmspi_report_end(&progress, &cmspi->series);
	if (retval != ERROR_OK) {
		complain_of_chip(bank, what, &steps[failure.step], &failure);
		cmspi->guard.known = false;
		tidy_up(bank, failure.fault, in_modes);
	} else if (never_busy) {
		*never_busy = failure.never_busy;
	}
	return retval;
}

/* ---- reading ------------------------------------------------------------ */

int cmspi_read(struct flash_bank *bank, uint8_t *buffer, uint32_t offset, uint32_t count)
{
	if (!count)
		return ERROR_OK;
	cmspi_try_more_lines(bank, offset, count);
	struct cmspi_step step = cmspi_chip_step_read(&cmspi_of(bank)->chip, CMSPI_STEP_READ,
		offset, count);

	step.rx = buffer;
	return cmspi_run_steps(bank, &step, 1, "read", NULL);
}

int cmspi_expect_id(struct flash_bank *bank, const uint8_t *id, const char *what)
{
	const uint8_t *known = cmspi_of(bank)->chip.id;

	if (!memcmp(id, known, CMSPI_ID_BYTES))
		return ERROR_OK;
	cmspi_complain(bank, "%s: the chip no longer answers, ID reads %02x %02x %02x instead of %02x "
		"%02x %02x: supply, wiring, or another chip? 'flash probe %s' looks again", what,
		id[0], id[1], id[2], known[0], known[1], known[2], bank->name);
	return ERROR_FLASH_OPERATION_FAILED;
}

/* Spans in parts that cross no border. */
static struct cmspi_cut *cut_spans(const struct flash_bank *bank,
	const struct cmspi_span *spans, unsigned int count, unsigned int *num_cuts)
{
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	unsigned int max = 0;

	for (unsigned int i = 0; i < count; i++)
		max += cmspi_address_max_cuts(chip, &spans[i]);
	struct cmspi_cut *cuts = calloc(max, sizeof(*cuts));
	if (!cuts) {
		LOG_ERROR("out of memory for %u spans", max);
		return NULL;
	}
	*num_cuts = 0;
	for (unsigned int i = 0; i < count; i++)
		*num_cuts += cmspi_address_cut(chip, &spans[i], cuts + *num_cuts);
	return cuts;
}

static uint32_t count_results(const struct cmspi_cut *cut)
{
	return DIV_ROUND_UP(cut->span.count, cut->span.grain_bytes);
}

/* The results of all cuts, one after the other; the ID goes first, because a line that
 * is stuck high looks blank. */
static int read_cuts(struct flash_bank *bank, enum cmspi_step_kind kind, unsigned int flags,
	const struct cmspi_cut *cuts, unsigned int count, uint32_t *results)
{
	const char *what = kind == CMSPI_STEP_CRC ? "checksum" : "blank check";
	const struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	uint8_t id[CMSPI_ID_BYTES];
	struct cmspi_step *steps = calloc(count + 1, sizeof(*steps));
	if (!steps) {
		LOG_ERROR("out of memory for %u read steps", count + 1);
		return ERROR_FAIL;
	}
	for (unsigned int i = 0; i < count; i++) {
		struct cmspi_step *step = &steps[i + 1];

		*step = cmspi_chip_step_read(chip, kind, cuts[i].span.addr, cuts[i].span.count);
		step->flags |= flags;
		step->grain_bytes = cuts[i].span.grain_bytes;
		step->results = results;
		results += count_results(&cuts[i]);
	}
	steps[0] = cmspi_chip_step_read_id(id, sizeof(id));
	steps[0].op.max_khz = steps[1].op.max_khz;
	int retval = cmspi_run_steps(bank, steps, count + 1, what, NULL);

	free(steps);
	return retval == ERROR_OK ? cmspi_expect_id(bank, id, what) : retval;
}

/* One result for each grain, of its two parts where a border cuts it. */
static void join_results(enum cmspi_step_kind kind, const struct cmspi_cut *cuts,
	unsigned int count, const uint32_t *parts, uint32_t *results)
{
	for (unsigned int i = 0; i < count; i++) {
		const uint32_t num = count_results(&cuts[i]);

		if (!cuts[i].joins) {
			memcpy(results, parts, num * sizeof(*results));
			results += num;
		} else if (kind == CMSPI_STEP_CRC) {
			results[-1] = cmspi_crc_join(results[-1], *parts, cuts[i].span.count);
		} else {
			results[-1] = results[-1] && *parts;
		}
		parts += num;
	}
}

int cmspi_read_spans(struct flash_bank *bank, enum cmspi_step_kind kind,
	const struct cmspi_span *spans, unsigned int count, uint32_t *results)
{
	unsigned int num_cuts;
	uint32_t num_parts = 0;

	cmspi_try_more_lines(bank, spans[0].addr, spans[0].count);
	struct cmspi_cut *cuts = cut_spans(bank, spans, count, &num_cuts);
	if (!cuts)
		return ERROR_FAIL;
	for (unsigned int i = 0; i < num_cuts; i++)
		num_parts += count_results(&cuts[i]);
	uint32_t *parts = calloc(num_parts, sizeof(*parts));
	int retval = ERROR_FAIL;

	if (parts)
		retval = read_cuts(bank, kind, 0, cuts, num_cuts, parts);
	else
		LOG_ERROR("out of memory for %" PRIu32 " results", num_parts);
	if (retval == ERROR_OK)
		join_results(kind, cuts, num_cuts, parts, results);
	free(parts);
	free(cuts);
	return retval;
}

int cmspi_read_results(struct flash_bank *bank, enum cmspi_step_kind kind,
	uint32_t offset, uint32_t count, uint32_t grain_bytes, uint32_t *results)
{
	const struct cmspi_span span = { offset, count, grain_bytes };

	return cmspi_read_spans(bank, kind, &span, 1, results);
}

/* A running checksum ends with each cut. */
static uint32_t join_running(const struct cmspi_cut *cuts, unsigned int count,
	const uint32_t *sums)
{
	uint32_t crc = CMSPI_CRC_OF_NOTHING;

	for (unsigned int i = 0; i < count; i++) {
		sums += count_results(&cuts[i]);
		crc = cmspi_crc_join(crc, sums[-1], cuts[i].span.count);
	}
	return crc;
}

int cmspi_checksum(struct flash_bank *bank, uint32_t offset, uint32_t count, uint32_t *crc)
{
	// in parts, so that progress shows and no wait is long
	const struct cmspi_span span = { offset, count, CHECKSUM_GRAIN_BYTES };
	unsigned int num_cuts;

	*crc = CMSPI_CRC_OF_NOTHING;
	if (!count)
		return ERROR_OK;
	cmspi_try_more_lines(bank, offset, count);
	struct cmspi_cut *cuts = cut_spans(bank, &span, 1, &num_cuts);
	if (!cuts)
		return ERROR_FAIL;
	// each cut may end with a grain that is not whole
	const uint32_t grains = count / CHECKSUM_GRAIN_BYTES + num_cuts;
	uint32_t *sums = calloc(grains, sizeof(*sums));
	int retval = ERROR_FAIL;

	if (sums)
		retval = read_cuts(bank, CMSPI_STEP_CRC, CMSPI_STEP_RUNNING, cuts, num_cuts, sums);
	else
		LOG_ERROR("out of memory for %" PRIu32 " checksums", grains);
	if (retval == ERROR_OK)
		*crc = join_running(cuts, num_cuts, sums);
	free(sums);
	free(cuts);
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
		cmspi_complain(bank, "differs at " TARGET_ADDR_FMT ": 0x%02x, expected 0x%02x%s",
			bank->base + offset + i, found[i], expected[i], advice);
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	if (retval == ERROR_OK) {
		cmspi_complain(bank, "checksum of " TARGET_ADDR_FMT " to " TARGET_ADDR_FMT
			" differs, but its bytes read right: unstable wiring? try a lower -max-khz",
			bank->base + offset, bank->base + offset + count - 1);
		retval = ERROR_FLASH_OPERATION_FAILED;
	}
	free(found);
	return retval;
}

/* More lines worked once; do they still? If one line reads what is expected, go on
 * with it, and try fewer next time. */
static int compare_plainly(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count, const char *advice)
{
	struct cmspi_chip *chip = &cmspi_of(bank)->chip;
	const unsigned int lines_to_try = cmspi_of(bank)->lines_to_try;
	const uint8_t used = chip->read_used;

	chip->read_used = 0;
	cmspi_of(bank)->lines_to_try = 1;
	int retval = cmspi_compare(bank, buffer, offset, count, advice);
	if (retval != ERROR_OK) {
		chip->read_used = used;
		cmspi_of(bank)->lines_to_try = lines_to_try;
		return retval;
	}
	const unsigned int lines = chip->reads[used].data_lines;

	LOG_WARNING("%s: reads on %s lines (%02Xh) no longer agree with plain ones, not "
		"used any more: is there another driver on mosi (%s)%s?", bank->name,
		lines == 4 ? "four" : "two", chip->reads[used].opcode,
		cmspi_pin_name(bank, CMSPI_IO0), lines == 4 ? ", io2 or io3" : "");
	cmspi_of(bank)->lines_to_try = lines / 2;
	return ERROR_OK;
}

int cmspi_compare(struct flash_bank *bank, const uint8_t *buffer, uint32_t offset,
	uint32_t count, const char *advice)
{
	const uint32_t grain_bytes = bank->sectors[0].size;
	const uint32_t grains = DIV_ROUND_UP(count, grain_bytes);
	uint32_t *sums = calloc(grains + 1, sizeof(*sums));
	if (!sums) {
		LOG_ERROR("out of memory for %" PRIu32 " checksums", grains);
		return ERROR_FAIL;
	}
	int retval = count ? cmspi_read_results(bank, CMSPI_STEP_CRC, offset, count, grain_bytes,
		sums)
		: ERROR_OK;
	for (uint32_t i = 0; i < grains && retval == ERROR_OK; i++) {
		const uint32_t start = i * grain_bytes;
		const uint32_t length = MIN(grain_bytes, count - start);
		uint32_t sum;

		retval = image_calculate_checksum(buffer + start, length, &sum);
		if (retval != ERROR_OK || sum == sums[i])
			continue;
		if (cmspi_of(bank)->chip.read_used) {
			retval = compare_plainly(bank, buffer + start, offset + start,
				count - start, advice);
			break;
		}
		retval = report_difference(bank, buffer + start, offset + start, length, advice);
	}
	free(sums);
	return retval;
}
