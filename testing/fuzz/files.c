// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Runs a fuzz target on files, where there is no libFuzzer to do it: each argument
 * is a file, or a folder of files.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

static unsigned int num_files;

static void run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *data = malloc(FUZZ_INPUT_MAX_BYTES);

	if (!file || !data) {
		perror(path);
		exit(2);
	}
	const size_t count = fread(data, 1, FUZZ_INPUT_MAX_BYTES, file);
	// in memory of its own size, so that a read behind its end is seen
	uint8_t *exact = malloc(count ? count : 1);

	if (!exact)
		exit(2);
	memcpy(exact, data, count);
	fclose(file);
	free(data);
	// the last one told is the one that failed
	fprintf(stderr, "%s\n", path);
	LLVMFuzzerTestOneInput(exact, count);
	free(exact);
	num_files++;
}

static void run_path(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[4096];

	if (!dir) {
		run_file(path);
		return;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		run_file(name);
	}
	closedir(dir);
}

int main(int argc, char **argv)
{
	LLVMFuzzerInitialize(&argc, &argv);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%u inputs\n", num_files);
	return num_files ? 0 : 1;
}
