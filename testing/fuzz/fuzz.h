/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the fuzz targets have in common. Each defines the two functions that
 * libFuzzer calls; files.c calls them for files.
 */

#ifndef CMSPI_TESTING_FUZZ_H
#define CMSPI_TESTING_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/** No input is longer: what is longer tells nothing new. */
#define FUZZ_INPUT_MAX_BYTES	8192

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** What must hold for every input; else it is a finding. */
#define FUZZ_ASSERT(condition)	do {							\
		if (!(condition)) {							\
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__,	\
				#condition);						\
			abort();							\
		}									\
	} while (0)

/** Input that is taken from its front; behind its end all is 0. */
struct fuzz_input {
	const uint8_t *data;
	size_t size;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
	if (!input->size)
		return 0;
	input->size--;
	return *input->data++;
}

static inline uint32_t fuzz_u32(struct fuzz_input *input)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < 4; i++)
		value = value << 8 | fuzz_byte(input);
	return value;
}

#endif /* CMSPI_TESTING_FUZZ_H */
