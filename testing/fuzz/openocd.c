// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * See openocd.h. Linked with OpenOCD's own objects and with
 * --wrap=cmspi_bus_run,--wrap=fileio_open,--wrap=image_open,--wrap=strdup: the bus is
 * the chip below, no input opens a file, and OpenOCD may lose the name of a bank.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <flash/nor/imp.h>
#include <helper/fileio.h>
#include <helper/log.h>
#include <sanitizer/lsan_interface.h>
#include <target/armv7m.h>
#include <target/image.h>
#include <target/target.h>
#include <target/target_type.h>

#include "cmspi_bus.h"
#include "openocd.h"

/* Looks at a busy chip before time is up. */
#define LOOKS		4
#define WORDS		64
/* More is not summed up: it takes time and shows nothing. */
#define SUM_MAX_BYTES	0x10000

struct fuzz_chip fuzz_chip;

extern struct target *all_targets;
extern struct command_context *global_cmd_ctx;

static struct command_context *context;

/* ---- files: there are none ------------------------------------------------ */

int __wrap_fileio_open(struct fileio **fileio, const char *url, enum fileio_access access,
	enum fileio_type type);
int __wrap_fileio_open(struct fileio **fileio, const char *url, enum fileio_access access,
	enum fileio_type type)
{
	(void)fileio;
	(void)url;
	(void)access;
	(void)type;
	return ERROR_FILEIO_NOT_FOUND;
}

int __wrap_image_open(struct image *image, const char *url, const char *type);
int __wrap_image_open(struct image *image, const char *url, const char *type)
{
	(void)image;
	(void)url;
	(void)type;
	return ERROR_FILEIO_NOT_FOUND;
}

/* ---- memory that OpenOCD does not free ---------------------------------------- */

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	char *copy = __real_strdup(text);

	// 0.12.0: handle_flash_bank_command() forgets the name of a bank that is refused
	if (copy && !strcmp(text, FUZZ_BANK))
		__lsan_ignore_object(copy);
	return copy;
}

/* ---- the chip --------------------------------------------------------------- */

static uint8_t answer(uint8_t else_value)
{
	return fuzz_chip.answers.size ? fuzz_byte(&fuzz_chip.answers) : else_value;
}

static void answer_bytes(const struct cmspi_step *step)
{
	for (uint32_t i = 0; i < step->rx_bytes; i++) {
		const uint32_t addr = step->addr + i;

		if (step->op.opcode == CMSPI_OPCODE_READ_SFDP)
			step->rx[i] = addr < fuzz_chip.sfdp_bytes ? fuzz_chip.sfdp[addr] : 0xff;
		else if (step->op.opcode == CMSPI_OPCODE_READ_ID)
			step->rx[i] = fuzz_chip.id[i % sizeof(fuzz_chip.id)];
		else
			step->rx[i] = answer(0);
	}
}

/* Write enable before, status after, as the stub does. */
static enum cmspi_fault check_status(const struct cmspi_step *step, uint8_t *status)
{
	unsigned int looks = LOOKS;

	FUZZ_ASSERT(!(step->flags & CMSPI_STEP_POLL) || (step->timeout_us && step->poll.opcode));
	if (step->flags & CMSPI_STEP_CHECK_WEL) {
		*status = answer(0x02);
		if (!(*status & 0x02))
			return CMSPI_FAULT_NO_WEL;
	}
	if (!(step->flags & CMSPI_STEP_POLL))
		return CMSPI_FAULT_NONE;
	do {
		*status = answer(step->poll.ready);
	} while ((*status & step->poll.mask) != step->poll.ready && --looks);
	if (!looks)
		return CMSPI_FAULT_TIMEOUT;
	return *status & step->poll.fail ? CMSPI_FAULT_REFUSED : CMSPI_FAULT_NONE;
}

static void erase(const struct cmspi_step *step)
{
	uint32_t count = MIN(step->count, FUZZ_MEMORY_BYTES);

	for (uint32_t i = 0; i < count; i++)
		fuzz_chip.memory[(step->addr + i) % FUZZ_MEMORY_BYTES] = 0xff;
}

static void program(const struct cmspi_step *step)
{
	FUZZ_ASSERT(step->page_bytes && step->tx_bytes >= step->count);
	for (uint32_t i = 0; i < step->count; i++)
		fuzz_chip.memory[(step->addr + i) % FUZZ_MEMORY_BYTES] &= step->tx[i];
}

static uint32_t sum(uint32_t addr, uint32_t count)
{
	static uint8_t part[SUM_MAX_BYTES];
	uint32_t crc = 0;

	if (count > SUM_MAX_BYTES)
		return 0;
	for (uint32_t i = 0; i < count; i++)
		part[i] = fuzz_chip.memory[(addr + i) % FUZZ_MEMORY_BYTES];
	FUZZ_ASSERT(image_calculate_checksum(part, count, &crc) == ERROR_OK);
	return crc;
}

static uint32_t is_blank(uint32_t addr, uint32_t count)
{
	const uint8_t *memory = fuzz_chip.memory;

	// the usual case, fast
	if (memory[0] == 0xff && !memcmp(memory, memory + 1, FUZZ_MEMORY_BYTES - 1))
		return 1;
	for (uint32_t i = 0; i < count && i < FUZZ_MEMORY_BYTES; i++)
		if (memory[(addr + i) % FUZZ_MEMORY_BYTES] != 0xff)
			return 0;
	return 1;
}

static void put_results(const struct cmspi_step *step)
{
	uint32_t *result = step->results;

	FUZZ_ASSERT(step->grain_bytes);
	for (uint64_t at = 0; at < step->count; at += step->grain_bytes) {
		const uint32_t count = MIN(step->grain_bytes, step->count - at);

		*result++ = step->kind == CMSPI_STEP_CRC ? sum(step->addr + at, count) :
			is_blank(step->addr + at, count);
	}
}

static void check_op(const struct cmspi_op *op)
{
	FUZZ_ASSERT(op->addr_bytes <= 4 && op->mode_bytes <= 1 && op->dummy_clocks < 64);
	FUZZ_ASSERT(op->cmd_lines && op->cmd_lines <= 4 && op->data_lines <= 4);
}

static enum cmspi_fault run_step(const struct cmspi_step *step, uint8_t *status)
{
	if (!(step->flags & CMSPI_STEP_CONTINUE))
		check_op(&step->op);
	switch (step->kind) {
	case CMSPI_STEP_XFER:
		answer_bytes(step);
		// what it erases is there for the progress display
		if (step->count)
			erase(step);
		break;
	case CMSPI_STEP_PROGRAM:
		program(step);
		break;
	case CMSPI_STEP_READ:
		for (uint32_t i = 0; i < step->count; i++)
			step->rx[i] = fuzz_chip.memory[(step->addr + i) % FUZZ_MEMORY_BYTES];
		break;
	case CMSPI_STEP_CRC:
	case CMSPI_STEP_BLANK:
		put_results(step);
		break;
	}
	return check_status(step, status);
}

int __wrap_cmspi_bus_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure);
int __wrap_cmspi_bus_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure)
{
	*failure = (struct cmspi_failure){ .fault = CMSPI_FAULT_NONE };
	FUZZ_ASSERT(count);
	for (unsigned int i = 0; i < count; i++) {
		failure->fault = run_step(&steps[i], &failure->status);
		if (failure->fault != CMSPI_FAULT_NONE) {
			failure->step = i;
			failure->addr = steps[i].addr;
			return ERROR_FLASH_OPERATION_FAILED;
		}
		if (i + 1 == count && bus->more) {
			count += bus->more(bus->more_user);
			bus->more = NULL;
		}
	}
	return ERROR_OK;
}

/* ---- the target ------------------------------------------------------------- */

/* Registers hold what was written last, whichever it was: pins stand still. */
static uint8_t last_byte;

static int read_memory(struct target *target, target_addr_t address, uint32_t size,
	uint32_t count, uint8_t *buffer)
{
	(void)target;
	(void)address;
	memset(buffer, last_byte, size * count);
	return ERROR_OK;
}

static int write_memory(struct target *target, target_addr_t address, uint32_t size,
	uint32_t count, const uint8_t *buffer)
{
	(void)target;
	(void)address;
	if (size && count)
		last_byte = buffer[0];
	return ERROR_OK;
}

static int read_buffer(struct target *target, target_addr_t address, uint32_t count,
	uint8_t *buffer)
{
	return read_memory(target, address, 1, count, buffer);
}

static int write_buffer(struct target *target, target_addr_t address, uint32_t count,
	const uint8_t *buffer)
{
	return write_memory(target, address, 1, count, buffer);
}

static void make_target(void)
{
	static struct target_type type = {
		.name = "cortex_m",
		.read_memory = read_memory,
		.write_memory = write_memory,
		.read_buffer = read_buffer,
		.write_buffer = write_buffer,
	};
	static struct armv7m_common armv7m = { .common_magic = ARMV7M_COMMON_MAGIC };
	static char name[2] = { 't' };
	static struct target target = {
		.type = &type,
		.cmd_name = name,
		.arch_info = &armv7m.arm,
		.state = TARGET_HALTED,
		.endianness = TARGET_LITTLE_ENDIAN,
	};

	target_set_examined(&target);
	all_targets = &target;
	context->current_target = &target;
}

/* ---- commands --------------------------------------------------------------- */

void fuzz_openocd_start(void)
{
	log_init();
	context = command_init("", NULL);
	FUZZ_ASSERT(context);
	global_cmd_ctx = context;
	FUZZ_ASSERT(log_register_commands(context) == ERROR_OK);
	FUZZ_ASSERT(flash_register_commands(context) == ERROR_OK);
	// messages are made, for their arguments' sake, and go nowhere
	FUZZ_ASSERT(getenv("FUZZ_LOG") || fuzz_line("log_output /dev/null"));
	make_target();
	fuzz_config_stage(true);
	FUZZ_ASSERT(fuzz_line("flash init"));
}

bool fuzz_command(const char * const *words, unsigned int count)
{
	Jim_Interp *interp = context->interp;
	Jim_Obj *objects[WORDS];

	FUZZ_ASSERT(count && count <= WORDS);
	for (unsigned int i = 0; i < count; i++) {
		objects[i] = Jim_NewStringObj(interp, words[i], -1);
		Jim_IncrRefCount(objects[i]);
	}
	const int retval = Jim_EvalObjVector(interp, count, objects);

	if (getenv("FUZZ_LOG"))
		fprintf(stderr, "%s ... %d %s\n", words[0], retval, Jim_String(Jim_GetResult(interp)));
	for (unsigned int i = 0; i < count; i++)
		Jim_DecrRefCount(interp, objects[i]);
	Jim_SetEmptyResult(interp);
	return retval == JIM_OK;
}

bool fuzz_line(const char *line)
{
	char text[256];
	const char *words[WORDS];
	unsigned int count = 0;

	snprintf(text, sizeof(text), "%s", line);
	for (char *at = strtok(text, " "); at; at = strtok(NULL, " "))
		words[count++] = at;
	return fuzz_command(words, count);
}

void fuzz_config_stage(bool config)
{
	command_context_mode(context, config ? COMMAND_CONFIG : COMMAND_EXEC);
}

void fuzz_openocd_clear(void)
{
	flash_free_all_banks();
}
