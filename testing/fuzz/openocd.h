/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The driver inside OpenOCD, without adapter and target: a halted Cortex-M that is
 * made of nothing, and a chip in place of both executors (--wrap=cmspi_bus_run).
 */

#ifndef CMSPI_TESTING_FUZZ_OPENOCD_H
#define CMSPI_TESTING_FUZZ_OPENOCD_H

#include <stdbool.h>

#include "fuzz.h"

/** Name of the bank that the targets make. */
#define FUZZ_BANK		"ext"

/** The memory of the chip; what lies behind it is the same again. */
#define FUZZ_MEMORY_BYTES	0x1000

/** What the chip answers. */
struct fuzz_chip {
	uint8_t id[6];
	const uint8_t *sfdp;
	size_t sfdp_bytes;
	/** status bytes, one for each look; behind their end the chip is ready */
	struct fuzz_input answers;
	uint8_t memory[FUZZ_MEMORY_BYTES];
};

extern struct fuzz_chip fuzz_chip;

/** Set up OpenOCD's commands and a target of the name t; call once. */
void fuzz_openocd_start(void);

/** Run a command of which the words are taken as they are. @returns true: it succeeded */
bool fuzz_command(const char * const *words, unsigned int count);

/** The same in one line, split at blanks. */
bool fuzz_line(const char *line);

/** Banks can be made (config stage), or used. */
void fuzz_config_stage(bool config);

/** Take away all banks. */
void fuzz_openocd_clear(void);

#endif /* CMSPI_TESTING_FUZZ_OPENOCD_H */
