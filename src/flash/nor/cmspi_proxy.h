/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The proxy: code in target RAM, much smaller than the stub's cores, that makes the
 * accesses and moves the bytes that the host lists (contrib/loaders/spi/cmspi_abi.h).
 * So an executor that makes accesses one by one gets along with few requests.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_PROXY_H
#define OPENOCD_FLASH_NOR_CMSPI_PROXY_H

#include "cmspi_bus.h"

struct cmspi_proxy;

/**
 * Lend a work area for a proxy that can do these steps.
 * @param proxy receives it; NULL on error. To be freed by cmspi_proxy_free().
 * @returns ERROR_OK, ERROR_TARGET_RESOURCE_NOT_AVAILABLE when there is too little
 *	work area, another error
 */
int cmspi_proxy_lend(struct cmspi_bus *bus, const struct cmspi_step *steps, unsigned int count,
	struct cmspi_proxy **proxy);

/** Put it there and start it. @param stores with the other pins of the ports as they are now */
int cmspi_proxy_start(struct cmspi_proxy *proxy, const struct cmspi_stores *stores);

/* Each of these comes to the end of the list, which is sent when it is full. */

/** Store a word. */
int cmspi_proxy_put(struct cmspi_proxy *proxy, uint32_t addr, uint32_t word);

/** Load a word; it is there after the next flush. */
int cmspi_proxy_get(struct cmspi_proxy *proxy, uint32_t addr, uint32_t *word);

/** Send bytes on 1, 2 or 4 lines. */
int cmspi_proxy_send(struct cmspi_proxy *proxy, unsigned int lines, const uint8_t *data,
	uint32_t count);

/** Receive bytes on 1, 2 or 4 lines; they are there after the next flush. */
int cmspi_proxy_receive(struct cmspi_proxy *proxy, unsigned int lines, uint8_t *data,
	uint32_t count);

/** Have everything on the list done. */
int cmspi_proxy_flush(struct cmspi_proxy *proxy);

/** The most bytes that one list can receive. */
uint32_t cmspi_proxy_most_bytes(const struct cmspi_proxy *proxy);

/** Stop it, whatever happened before; what is on the list is dropped. The core's
 * registers are as found then. */
int cmspi_proxy_stop(struct cmspi_proxy *proxy);

/** Give the work area back. NULL is allowed. */
int cmspi_proxy_free(struct cmspi_proxy *proxy);

#endif /* OPENOCD_FLASH_NOR_CMSPI_PROXY_H */
