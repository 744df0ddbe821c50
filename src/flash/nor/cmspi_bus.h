/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The seam between what is to be done (steps) and who does it: the stub in
 * target RAM, or register writes over SWD.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_BUS_H
#define OPENOCD_FLASH_NOR_CMSPI_BUS_H

#include "cmspi_op.h"
#include "cmspi_pins.h"
#include "cmspi_progress.h"

struct target;
struct working_area;

/** What an executor has to know of the board. */
struct cmspi_bus {
	struct target *target;
	struct cmspi_wires wires;
	/** computed from wires */
	struct cmspi_stores stores;
	/** store that kicks a running watchdog; addr 0: none */
	struct cmspi_store watchdog;
	/** core clock in kHz as far as it is known: SCK is reckoned from the
	 * highest, waits from the lowest it may be */
	uint32_t core_max_khz;
	uint32_t core_min_khz;
	/** SCK limit in kHz, 0: none but the part's own */
	uint32_t max_khz;
	/** the part's limit for every command in kHz, 0: none but the commands' own */
	uint32_t chip_max_khz;
	/** not NULL: the next run puts the registers of the set-up list here, as
	 * they were before it */
	uint32_t *saved;
	/** not NULL: the next run of the stub has not all steps yet. When all that
	 * its steps fetch is there this puts steps that fetch nothing behind them
	 * and returns how many. NULL again once called; still there after the run:
	 * there was no room for it, or no stub */
	unsigned int (*more)(void *more_user);
	void *more_user;
	/** work area lent to the stub; kept here because OpenOCD remembers where
	 * the pointer is */
	struct working_area *area;
	/** use register writes over the debug link even where the stub could run */
	bool by_gpio;
	/** where progress is told, NULL: nowhere */
	struct cmspi_progress *progress;
	/** what was done so far */
	struct cmspi_counts counts;
	/** the user knows why the stub is not used */
	bool said_slow;
	/** the last run was the proxy's */
	bool by_proxy;
};

/**
 * Run steps in order, as one batch; stop at the first that fails. The target
 * must be halted. Pins, clock gates, core registers and the work area are as
 * found afterwards, on success and on error.
 *
 * @param failure says why and where when the result is not ERROR_OK
 * @returns ERROR_OK, ERROR_TARGET_RESOURCE_NOT_AVAILABLE when there is too
 *	little work area, ERROR_FLASH_OPERATION_FAILED when the chip is to
 *	blame, another error from the target layer
 */
int cmspi_stub_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure);

/** Is there enough work area for these steps by the stub? */
bool cmspi_stub_fits(struct cmspi_bus *bus, const struct cmspi_step *steps, unsigned int count);

/** What earlier runs left in target RAM is not used any more. */
void cmspi_stub_forget(void);

/** Have the stub unpack what is faster to send as LZ4 blocks, or never; at first
 * it is on. Without liblz4 at build time it stays off. */
void cmspi_stub_compress(bool on);
bool cmspi_stub_compresses(void);

/** Was OpenOCD built with liblz4? */
bool cmspi_stub_can_compress(void);

/** The same by register writes over the debug link: slow, needs no work area. */
int cmspi_gpio_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure);

/** The same with those writes made by a proxy in the target's RAM: needs little of it. */
int cmspi_proxy_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure);

/** The same by the stub, by its proxy, or by register writes if there is no room for it. */
int cmspi_bus_run(struct cmspi_bus *bus, const struct cmspi_step *steps,
	unsigned int count, struct cmspi_failure *failure);

#endif /* OPENOCD_FLASH_NOR_CMSPI_BUS_H */
