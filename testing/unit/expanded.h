/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * A chip, and a batch with what is put around its steps: address mode, quad enable,
 * protocol.
 */

#ifndef CMSPI_TEST_EXPANDED_H
#define CMSPI_TEST_EXPANDED_H

#include "cases.h"
#include "cmspi_address.h"
#include "cmspi_modes.h"

#define EXPANDED_STEPS	32

struct expanded {
	struct cmspi_chip chip;
	struct cmspi_modes modes;
	struct cmspi_step steps[EXPANDED_STEPS];
	unsigned int origins[EXPANDED_STEPS];
	struct cmspi_address_list list;
};

static inline void expanded_init(struct expanded *e)
{
	memset(e, 0, sizeof(*e));
	cmspi_chip_init(&e->chip);
	e->list = (struct cmspi_address_list){
		.steps = e->steps, .origins = e->origins, .max_steps = EXPANDED_STEPS,
	};
}

static inline void expect_opcodes(const struct expanded *e, const uint8_t *opcodes,
	unsigned int count)
{
	assert_int_equal(e->list.count, count);
	for (unsigned int i = 0; i < count; i++)
		assert_int_equal(e->steps[i].op.opcode, opcodes[i]);
}

#endif /* CMSPI_TEST_EXPANDED_H */
