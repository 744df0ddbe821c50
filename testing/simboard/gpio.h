/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Shared by the GPIO ports (gpio.c) and the debug port's claim on some of their
 * pins (gpio_claims.c).
 */

#ifndef SIMBOARD_GPIO_H
#define SIMBOARD_GPIO_H

#include "sim.h"

/** Take a pin away from its port's registers, or give it back. */
int gpio_claim(const char *pin_name, bool claimed, enum sim_pull pull);

/** The block "pin_claims" of a GPIO row. */
int gpio_claims_create(const json_t *row);

/** A number, or a number as text ("0x40"). */
uint32_t gpio_row_number(const json_t *value);
/** enum sim_pull, negative if there is none of that name */
int gpio_pull_by_name(const char *name);
/** Say what is wrong with a row. @returns -1 */
int gpio_row_error(const char *what, const char *detail);

#endif /* SIMBOARD_GPIO_H */
