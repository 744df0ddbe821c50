/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Code of ours on the target's core: what OpenOCD's functions for algorithms leave
 * to others, so that the core is found as it was.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_ALGORITHM_H
#define OPENOCD_FLASH_NOR_CMSPI_ALGORITHM_H

#include <stdbool.h>
#include <stdint.h>
#include <target/armv7m.h>

struct reg_param;
struct target;

/** A run of code on the core. */
struct cmspi_algorithm {
	struct target *target;
	/** what OpenOCD remembers of the core's registers */
	struct armv7m_algorithm armv7m;
	/** where it ends, a BKPT */
	uint32_t exit_addr;
	/** MPU_CTRL before it */
	uint32_t mpu_ctrl;
	/** it may still run, or nobody has put the core's registers back */
	bool started;
};

/**
 * RAM that OpenOCD would lend now to code and its data, in whole words; none where
 * -work-area-phys is no multiple of 4, as the core could not run there.
 */
uint32_t cmspi_algorithm_area_bytes(struct target *target);

/** Where the work area begins, lent or not. */
uint32_t cmspi_algorithm_area_addr(const struct target *target);

/**
 * What must hold before anything is touched.
 * @returns ERROR_OK, ERROR_TARGET_NOT_HALTED, ERROR_FAIL when another algorithm
 *	is running
 */
int cmspi_algorithm_check_target(struct target *target);

/** Have the core take the code that was just written: instruction cache, MPU. */
int cmspi_algorithm_prepare(struct cmspi_algorithm *algorithm, struct target *target);

/**
 * Start it in thread mode.
 * @param regs what to put into core registers, and which to read at the end
 * @param entry address of its first instruction
 * @param exit_addr address of the BKPT that it ends with
 */
int cmspi_algorithm_start(struct cmspi_algorithm *algorithm, struct reg_param *regs,
	unsigned int num_regs, uint32_t entry, uint32_t exit_addr);

/**
 * Wait for its end, read the registers, and put back those of the core.
 * @param exit_addr where it ends this time
 * @returns ERROR_OK, ERROR_FAIL when a register could not be read, another error
 *	of the target layer: then it may still run
 */
int cmspi_algorithm_finish(struct cmspi_algorithm *algorithm, struct reg_param *regs,
	unsigned int num_regs, uint32_t exit_addr, int64_t timeout_ms);

/** Say that it did not come to its end. @param reason the error that tells */
void cmspi_algorithm_say_lost(const struct cmspi_algorithm *algorithm, uint32_t addr, int reason);

/**
 * Stop it wherever it is, and put back the core's registers.
 * @param abort_addr a word that makes it end by itself once it is 0
 */
int cmspi_algorithm_stop(struct cmspi_algorithm *algorithm, uint32_t abort_addr);

/** Undo cmspi_algorithm_prepare(). */
int cmspi_algorithm_leave(struct cmspi_algorithm *algorithm);

#endif /* OPENOCD_FLASH_NOR_CMSPI_ALGORITHM_H */
