// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Fuzz target: the whole driver on a chip that answers anything. It is probed,
 * shown, erased, programmed, read and verified.
 *
 * Input: ID (6 bytes), flags, number of status bytes, status bytes, SFDP.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <flash/nor/imp.h>
#include <string.h>

#include "openocd.h"

#define WRITE_BYTES	3000
#define BANK_WORDS	25
/* those of IO2 and IO3 */
#define MORE_WORDS	4

enum flags {
	/** the memory is not blank at first */
	PATTERN = 1 << 0,
	/** IO2 and IO3 are wired */
	SIX_WIRES = 1 << 1,
	/** the user says its size */
	SIZE_TOLD = 1 << 2,
	/** erases wait for their data */
	SESSION = 1 << 3,
};

static const char port[] = "GPIOA kind set_clear_word out 0x40020014 in 0x40020010 set "
	"0x40020018 clear_shift 16";

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fuzz_openocd_start();
	return 0;
}

static void make_bank(unsigned int flags)
{
	const char *words[BANK_WORDS] = {
		"flash", "bank", FUZZ_BANK, "cmspi", "0x90000000", flags & SIZE_TOLD ? "0x300000" : "0",
		"0", "0", "t", "-core-khz", "8000", "-port", port, "-cs", "PA4 GPIOA 4",
		"-clk", "PA5 GPIOA 5",
		"-mosi", "PA7 GPIOA 7 in {{0x40020000 0xc000 0}} out {{0x40020000 0xc000 0x4000}}",
		"-miso", "PA6 GPIOA 6 in {{0x40020000 0x3000 0}} out {{0x40020000 0x3000 0x1000}}",
		"-io2", "PA8 GPIOA 8 in {{0x40020000 0x30000 0}} out {{0x40020000 0x30000 0x10000}}",
		"-io3", "PA9 GPIOA 9 in {{0x40020000 0xc0000 0}} out {{0x40020000 0xc0000 0x40000}}",
	};

	fuzz_config_stage(true);
	FUZZ_ASSERT(fuzz_command(words, flags & SIX_WIRES ? BANK_WORDS : BANK_WORDS - MORE_WORDS));
	fuzz_config_stage(false);
}

/* What a user does; that it fails is no finding, but verify must tell what read shows. */
static void use_bank(struct flash_bank *bank)
{
	static uint8_t data[WRITE_BYTES], back[WRITE_BYTES];
	const uint32_t offset = bank->size > 0x30000 ? 0x20000 - 8 : 8;

	for (unsigned int i = 0; i < sizeof(data); i++)
		data[i] = i * 7 + 1;
	(void)flash_driver_erase(bank, 0, MIN(bank->num_sectors - 1, 99));
	if (offset + sizeof(data) > bank->size)
		return;
	(void)flash_driver_write(bank, data, offset, sizeof(data));
	(void)fuzz_line("cmspi session settle");
	const bool verified = flash_driver_verify(bank, data, offset, sizeof(data)) == ERROR_OK;

	if (flash_driver_read(bank, back, offset, sizeof(back)) == ERROR_OK && verified)
		FUZZ_ASSERT(!memcmp(data, back, sizeof(data)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = { data, size };

	if (size > FUZZ_INPUT_MAX_BYTES)
		return 0;
	for (unsigned int i = 0; i < sizeof(fuzz_chip.id); i++)
		fuzz_chip.id[i] = fuzz_byte(&input);
	const uint8_t flags = fuzz_byte(&input);
	size_t answers = fuzz_byte(&input);

	if (answers > input.size)
		answers = input.size;
	fuzz_chip.answers = (struct fuzz_input){ input.data, answers };
	fuzz_chip.sfdp = input.data + answers;
	fuzz_chip.sfdp_bytes = input.size - answers;
	memset(fuzz_chip.memory, 0xff, sizeof(fuzz_chip.memory));
	if (flags & PATTERN)
		for (unsigned int i = 0; i < sizeof(fuzz_chip.memory); i++)
			fuzz_chip.memory[i] = i >> 8 ^ i;
	make_bank(flags);
	struct flash_bank *bank = get_flash_bank_by_name_noprobe(FUZZ_BANK);

	FUZZ_ASSERT(bank);
	if (flags & SESSION)
		(void)fuzz_line("cmspi session begin");
	(void)fuzz_line("flash probe ext");
	(void)fuzz_line("flash info ext");
	FUZZ_ASSERT(bank->num_sectors && bank->size);
	use_bank(bank);
	if (flags & SESSION)
		(void)fuzz_line("cmspi session end");
	(void)fuzz_line("flash protect ext 0 last off");
	(void)fuzz_line("cmspi mass_erase ext");
	(void)fuzz_line("cmspi stats ext");
	(void)fuzz_line("flash erase_check ext");
	(void)fuzz_line("cmspi session cancel");
	fuzz_openocd_clear();
	return 0;
}
