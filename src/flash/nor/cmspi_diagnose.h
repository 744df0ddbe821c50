/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the wiring diagnosis needs of a family beside the bank's own set-up: all of
 * it is Tcl data, see cmspi_diagnose_data in tcl/cmspi/diagnose.tcl.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_DIAGNOSE_H
#define OPENOCD_FLASH_NOR_CMSPI_DIAGNOSE_H

#include "cmspi_diagnosis.h"
#include <helper/command.h>

/** Writes of one mode of a pin, in order. */
#define CMSPI_MODE_WRITES	3

enum cmspi_pin_mode {
	CMSPI_MODE_OUTPUT,
	CMSPI_MODE_PULL_UP,
	/** no writes: the family has none */
	CMSPI_MODE_PULL_DOWN,
	CMSPI_MODES,
};

struct cmspi_mode_writes {
	struct cmspi_setup writes[CMSPI_MODE_WRITES];
	unsigned int count;
};

struct cmspi_bench {
	/** clock gates on, all pins inputs; what it names is saved and put back */
	struct cmspi_setup setups[CMSPI_SETUPS];
	unsigned int num_setups;
	/** by enum cmspi_line and enum cmspi_pin_mode */
	struct cmspi_mode_writes modes[CMSPI_WIRES_TESTED][CMSPI_MODES];
};

/**
 * Read what Tcl knows: {setup WRITES cs {output WRITES up WRITES down WRITES} clk ...}.
 * @returns ERROR_OK, or an error that has been printed
 */
int cmspi_parse_bench(struct command_invocation *cmd, Jim_Obj *data, struct cmspi_bench *bench);

#endif /* OPENOCD_FLASH_NOR_CMSPI_DIAGNOSE_H */
