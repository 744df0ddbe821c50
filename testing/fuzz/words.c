// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Fuzz target: the arguments of 'flash bank NAME cmspi ...' and of 'cmspi ...'.
 *
 * Input: text, one word a line; an empty line ends a command. The first command is
 * the end of a bank line (from the base address on), the others follow 'cmspi'.
 */

#include <string.h>

#include "openocd.h"

#define WORDS		60
#define COMMANDS	16
/* places in a bank line */
#define BASE		4
#define TARGET		8

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_openocd_start();
	return 0;
}

/* A chip that answers as a W25Q64JV does, without SFDP. */
static void put_chip(void)
{
	static const uint8_t id[] = { 0xef, 0x40, 0x17, 0xef, 0x40, 0x17 };

	memcpy(fuzz_chip.id, id, sizeof(id));
	fuzz_chip.sfdp_bytes = 0;
	fuzz_chip.answers.size = 0;
	memset(fuzz_chip.memory, 0xff, sizeof(fuzz_chip.memory));
}

/* Takes a command off the text. @returns number of words, of which the first
 * @a count are there before */
static unsigned int take_command(char **text, const char **words, unsigned int count)
{
	while (*text && count < WORDS) {
		char *word = strsep(text, "\n");

		if (!word[0])
			break;
		// its value is a Tcl script: the input's must not be run
		words[count] = !strcmp(words[count - 1], "-core-proc") ? "expr 8000" : word;
		count++;
	}
	return count;
}

/* What OpenOCD parses itself: it would lose a bank over a number that is none. */
static void mend_bank_line(const char **words, unsigned int count)
{
	for (unsigned int i = BASE; i < TARGET && i < count; i++) {
		char *end;
		const unsigned long long number = strtoull(words[i], &end, 0);

		if (*end || number > UINT32_MAX || words[i][0] == '-')
			words[i] = i == BASE ? "0x90000000" : "0";
	}
	if (count > TARGET)
		words[TARGET] = "t";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char buffer[FUZZ_INPUT_MAX_BYTES + 1];
	char *text = buffer;
	const char *words[WORDS] = { "flash", "bank", FUZZ_BANK, "cmspi" };

	if (size > FUZZ_INPUT_MAX_BYTES)
		return 0;
	memcpy(buffer, data, size);
	buffer[size] = '\0';
	put_chip();
	fuzz_config_stage(true);
	const unsigned int num_words = take_command(&text, words, BASE);

	mend_bank_line(words, num_words);
	(void)fuzz_command(words, num_words);
	fuzz_config_stage(false);
	words[0] = "cmspi";
	for (unsigned int i = 0; i < COMMANDS && text; i++) {
		const unsigned int count = take_command(&text, words, 1);

		if (count > 1)
			(void)fuzz_command(words, count);
	}
	(void)fuzz_line("cmspi session cancel");
	fuzz_openocd_clear();
	return 0;
}
