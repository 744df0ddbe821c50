/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * The data files: where they are, and numbers out of them. MCUs and chips are
 * rows in JSON; numbers may be written as integers or as strings ("0x40").
 */

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core.h"

#ifndef SIMBOARD_DATADIR
#define SIMBOARD_DATADIR "data"
#endif

const char *sim_data_dir(void)
{
	static char dir[PATH_MAX + 32];

	if (dir[0])
		return dir;

	/* an installed or moved tree comes before the place it was built in */
	char exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	if (length > 0) {
		exe[length] = '\0';
		char *slash = strrchr(exe, '/');
		if (slash)
			*slash = '\0';
		snprintf(dir, sizeof(dir), "%s/../share/simboard/data", exe);
		if (access(dir, R_OK) == 0)
			return dir;
	}
	snprintf(dir, sizeof(dir), "%s", SIMBOARD_DATADIR);
	return dir;
}

/** Take over what the row does not say itself from the one that it is "like". */
static json_t *inherit(const char *kind, json_t *row)
{
	const char *like = json_string_value(json_object_get(row, "like"));

	if (!like)
		return row;
	json_t *base = rows_load(kind, like);
	if (!base) {
		json_decref(row);
		return NULL;
	}
	json_object_update_missing(row, base);
	json_object_del(row, "like");
	json_decref(base);
	return row;
}

json_t *rows_load(const char *kind, const char *name)
{
	char path[PATH_MAX + 64];

	if (strchr(name, '/') || strstr(name, ".json"))
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "%s/%s/%s.json", sim_data_dir(), kind, name);

	if (access(path, R_OK)) {
		fprintf(stderr, "no %s named '%s' (no readable file %s), see --list\n", kind, name, path);
		return NULL;
	}
	json_error_t error;
	json_t *row = json_load_file(path, 0, &error);
	if (!row)
		fprintf(stderr, "%s:%d: %s\n", path, error.line, error.text);
	return row ? inherit(kind, row) : NULL;
}

static int is_row(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > 5 && strcmp(entry->d_name + length - 5, ".json") == 0;
}

int rows_list(const char *kind)
{
	char path[PATH_MAX + 64];
	snprintf(path, sizeof(path), "%s/%s", sim_data_dir(), kind);

	struct dirent **entries;
	int count = scandir(path, &entries, is_row, alphasort);
	if (count < 0) {
		fprintf(stderr, "cannot read the folder %s\n", path);
		return -1;
	}
	for (int i = 0; i < count; i++) {
		printf("%s %.*s\n", kind, (int)strlen(entries[i]->d_name) - 5, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return 0;
}

uint32_t rows_u32(const json_t *row, const char *key, uint32_t fallback)
{
	const json_t *value = json_object_get(row, key);

	if (json_is_integer(value))
		return json_integer_value(value);
	if (json_is_string(value))
		return strtoul(json_string_value(value), NULL, 0);
	return fallback;
}

const char *rows_text(const json_t *row, const char *key, const char *fallback)
{
	const char *text = json_string_value(json_object_get(row, key));

	return text ? text : fallback;
}

/** Is @a key in a list like "base! size name"? */
static bool is_listed(const char *keys, const char *key)
{
	size_t length = strlen(key);

	for (const char *at = keys; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (!strncmp(at, key, length) && (!at[length] || strchr(" !", at[length])))
			return true;
	}
	return false;
}

static int check_needed(const json_t *row, const char *what, const char *keys)
{
	char key[32];

	for (const char *at = keys; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		size_t length = strcspn(at, " !");
		if (at[length] != '!')
			continue;
		snprintf(key, sizeof(key), "%.*s", (int)length, at);
		if (!json_object_get(row, key)) {
			fprintf(stderr, "%s: the row has no '%s'\n", what, key);
			return -1;
		}
	}
	return 0;
}

int rows_check(const json_t *row, const char *what, const char *keys)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)row, key, value) {
		if (!is_listed(keys, key)) {
			fprintf(stderr, "%s: the row's key '%s' is not one of: %s\n", what, key, keys);
			return -1;
		}
	}
	return check_needed(row, what, keys);
}
