/* SPDX-License-Identifier: GPL-2.0-or-later */

/* See ../imp.h. */

#ifndef CMSPI_TEST_OPENOCD_ARMV7M_H
#define CMSPI_TEST_OPENOCD_ARMV7M_H

struct armv7m_algorithm {
	int unused;
};

#endif /* CMSPI_TEST_OPENOCD_ARMV7M_H */
