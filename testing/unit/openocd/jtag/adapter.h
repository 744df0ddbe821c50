/* SPDX-License-Identifier: GPL-2.0-or-later */

/* See ../imp.h. */

#ifndef CMSPI_TEST_OPENOCD_ADAPTER_H
#define CMSPI_TEST_OPENOCD_ADAPTER_H

unsigned int adapter_get_speed_khz(void);

#endif /* CMSPI_TEST_OPENOCD_ADAPTER_H */
