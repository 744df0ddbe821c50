/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Running unit tests that are made of rows: every row is a test of its own
 * name, and a failed run prints how to repeat one of them.
 */

#ifndef CMSPI_TEST_CASES_H
#define CMSPI_TEST_CASES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES_MAX	200
#define CASES_NAME_BYTES	128

/** The tests of one program, collected before they are run. */
struct cases {
	struct CMUnitTest tests[CASES_MAX];
	char names[CASES_MAX][CASES_NAME_BYTES];
	size_t count;
};

/** Add one test; @a row is what it gets as *state. */
static inline void cases_add(struct cases *cases, CMUnitTestFunction test, const void *row,
	const char *format, ...)
{
	const size_t at = cases->count++;
	va_list args;

	assert_true(at < CASES_MAX);
	va_start(args, format);
	vsnprintf(cases->names[at], CASES_NAME_BYTES, format, args);
	va_end(args);
	cases->tests[at] = (struct CMUnitTest) {
		.name = cases->names[at], .test_func = test, .initial_state = (void *)(uintptr_t)row,
	};
}

/** Run all, or those whose name matches the first argument (wildcards * ?).
 * @returns what main() returns */
static inline int cases_run(struct cases *cases, const char *group, int argc, char **argv)
{
	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	const int failed = _cmocka_run_group_tests(group, cases->tests, cases->count, NULL, NULL);
	if (failed)
		fprintf(stderr, "# to run one again: %s NAME\n", argv[0]);
	return failed;
}

#define CASES_ADD(cases, test)	cases_add(cases, test, NULL, "%s", #test)

#endif /* CMSPI_TEST_CASES_H */
