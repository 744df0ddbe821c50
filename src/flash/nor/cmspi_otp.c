// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Security registers by JEDEC ID, and the steps that read and change them. Lock bits
 * are never touched, nor the bytes that are such bits. Pure: no OpenOCD header.
 */

#include "cmspi_otp.h"

#include <stdio.h>

#define STRIDE_BYTES	0x1000
#define PAGE_BYTES	256

/*
 * Sizes are the least of the parts of a row, so a larger register is reached in part.
 * Opcodes and sizes of all rows are those of flashrom's comments "OTP" (1.8.0-rc1,
 * flashchips/), but for ISSI, whose 48h and 42h there are the function register:
 * IS25WP128F data sheet Rev. A8, 6.2 and 8.38 to 8.41 (68h, 62h, 64h; rows at 000000h,
 * 001000h, 002000h, 003000h). Also looked up:
 * Winbond, S25FL1-K: register 0 holds SFDP and is left out (W25Q64JV data sheet, "Read
 * Security Registers (48h)"; Linux' winbond.c: three of 256 bytes, 1000h apart).
 * GigaDevice: 256 bytes (GD25Q16B) to 1024 (GD25Q127C); those of GD25LE80C lie 1000h
 * apart (Telink's flash drivers). Macronix: 512 bits or 4 Kbit (application note AN0218,
 * tables 2-1 and 2-2); C22018h without SFDP may be a MX25L12805D, which has 512 bits.
 * Micron: byte 40h locks them (N25Q128 data sheet, "Program OTP Array"). S25FL-S: the
 * first 32 bytes are the maker's number and the lock bits (S25FL128S data sheet
 * 001-98283, 7.4 and 8.1); the sixth byte tells it from S25FL-P, whose lock bits lie
 * elsewhere.
 * Found nowhere: that the registers of GD25Q80B to GD25Q128B lie 1000h apart, too.
 * Nothing was tried on hardware.
 */
static const struct cmspi_otp cmspi_otps[] = {
	// ID          mask  3rd byte    6th             no. count bytes kept  opcodes
	{ 0x01, 0x02, 0xff, 0x15, 0x20, 0x80,           0, 1, 1024, 32, 0x4b, 8, 0x42, 0, 0, 0 },
	{ 0x01, 0x20, 0xff, 0x18, 0x18, 0x80,           0, 1, 1024, 32, 0x4b, 8, 0x42, 0, 0, 0 },
	{ 0x01, 0x40, 0xff, 0x13, 0x18, CMSPI_OTP_ANY,  1, 3, 256, 0, 0x48, 8, 0x42, 0x44, 0, 0 },
	{ 0x20, 0xba, 0xfe, 0x16, 0x22, CMSPI_OTP_ANY,  0, 1, 64, 0, 0x4b, 8, 0x42, 0, 0, 0 },
	{ 0x9d, 0x60, 0xef, 0x14, 0x1c, CMSPI_OTP_ANY,  0, 4, 256, 0, 0x68, 8, 0x62, 0x64, 0, 0 },
	{ 0xc2, 0x20, 0xff, 0x14, 0x17, CMSPI_OTP_ANY,  0, 1, 64, 0, 0x03, 0, 0x02, 0, 0xb1, 0xc1 },
	{ 0xc2, 0x20, 0xff, 0x18, 0x18, CMSPI_OTP_OLD,  0, 1, 64, 0, 0x03, 0, 0x02, 0, 0xb1, 0xc1 },
	{ 0xc2, 0x20, 0xff, 0x18, 0x22, CMSPI_OTP_ANY,  0, 1, 512, 0, 0x03, 0, 0x02, 0, 0xb1, 0xc1 },
	{ 0xc2, 0x25, 0xff, 0x36, 0x3c, CMSPI_OTP_ANY,  0, 1, 512, 0, 0x03, 0, 0x02, 0, 0xb1, 0xc1 },
	{ 0xc2, 0x28, 0xff, 0x14, 0x18, CMSPI_OTP_ANY,  0, 1, 512, 0, 0x03, 0, 0x02, 0, 0xb1, 0xc1 },
	{ 0xc8, 0x40, 0xdf, 0x14, 0x1a, CMSPI_OTP_ANY,  1, 3, 256, 0, 0x48, 8, 0x42, 0x44, 0, 0 },
	{ 0xef, 0x40, 0xcf, 0x14, 0x22, CMSPI_OTP_ANY,  1, 3, 256, 0, 0x48, 8, 0x42, 0x44, 0, 0 },
	{ 0xef, 0x80, 0xff, 0x14, 0x22, CMSPI_OTP_ANY,  1, 3, 256, 0, 0x48, 8, 0x42, 0x44, 0, 0 },
};

const struct cmspi_otp *cmspi_otp_of(const struct cmspi_chip *chip)
{
	const uint8_t *id = chip->id;

	for (size_t i = 0; i < sizeof(cmspi_otps) / sizeof(*cmspi_otps); i++) {
		const struct cmspi_otp *row = &cmspi_otps[i];

		if (id[0] == row->manufacturer && (id[1] & row->type_mask) == row->type &&
				id[2] >= row->min_density && id[2] <= row->max_density &&
				(row->sixth == CMSPI_OTP_ANY || row->sixth == id[5] ||
				(row->sixth == CMSPI_OTP_OLD && chip->sfdp_minor < 0)))
			return row;
	}
	return NULL;
}

void cmspi_otp_check(const struct cmspi_otp *otp, unsigned int number, uint32_t offset,
	uint32_t count, bool write, char *why, size_t why_bytes)
{
	why[0] = '\0';
	if (number < otp->first || number >= (unsigned int)otp->first + otp->count)
		snprintf(why, why_bytes, "there is no security register %u, they are %d to %d", number,
			otp->first, otp->first + otp->count - 1);
	else if (!count || count > otp->bytes || offset > otp->bytes - count)
		snprintf(why, why_bytes, "%u bytes from %u are not inside a security register, which "
			"has %u", (unsigned int)count, (unsigned int)offset, otp->bytes);
	else if (write && offset < otp->reserved_bytes)
		snprintf(why, why_bytes, "the first %u bytes of the security register are the "
			"maker's and its locks, which are not written", otp->reserved_bytes);
}

/* Three address bytes but where the part is in four-byte mode for the array, too */
static struct cmspi_op otp_op(const struct cmspi_chip *chip, uint8_t opcode)
{
	struct cmspi_op op = chip->reads[0];

	op.opcode = opcode;
	op.addr_bytes = cmspi_chip_addressing(chip) == CMSPI_ADDR_4_OPCODES ? 3 :
		cmspi_chip_addr_bytes(chip);
	return op;
}

static struct cmspi_step mode_step(uint8_t opcode)
{
	struct cmspi_step step = cmspi_chip_step_write_disable();

	step.op.opcode = opcode;
	return step;
}

static unsigned int enter(const struct cmspi_otp *otp, struct cmspi_step *steps)
{
	if (otp->enter_opcode)
		steps[0] = mode_step(otp->enter_opcode);
	return otp->enter_opcode ? 1 : 0;
}

unsigned int cmspi_otp_steps_leave(const struct cmspi_otp *otp, struct cmspi_step *steps)
{
	if (otp->exit_opcode)
		steps[0] = mode_step(otp->exit_opcode);
	return otp->exit_opcode ? 1 : 0;
}

unsigned int cmspi_otp_steps_read(const struct cmspi_chip *chip, const struct cmspi_otp *otp,
	unsigned int number, uint32_t offset, uint8_t *data, uint32_t count,
	struct cmspi_step *steps)
{
	unsigned int num_steps = enter(otp, steps);
	struct cmspi_step *step = &steps[num_steps++];

	*step = (struct cmspi_step) {
		.kind = CMSPI_STEP_XFER,
		.op = otp_op(chip, otp->read_opcode),
		.addr = number * STRIDE_BYTES + offset,
		.rx = data,
		.rx_bytes = count,
	};
	step->op.dummy_clocks = otp->dummy_clocks;
	return num_steps + cmspi_otp_steps_leave(otp, steps + num_steps);
}

unsigned int cmspi_otp_steps_program(const struct cmspi_chip *chip, const struct cmspi_otp *otp,
	unsigned int number, uint32_t offset, const uint8_t *data, uint32_t count,
	struct cmspi_step *steps)
{
	unsigned int num_steps = enter(otp, steps);

	while (count) {
		const uint32_t room = PAGE_BYTES - offset % PAGE_BYTES;
		const uint32_t here = count < room ? count : room;
		struct cmspi_step *step = &steps[num_steps++];

		*step = cmspi_chip_step_program(chip, number * STRIDE_BYTES + offset, data, here);
		// no page of the array, which may be packed or taken for one
		step->kind = CMSPI_STEP_XFER;
		step->count = 0;
		step->op = otp_op(chip, otp->program_opcode);
		offset += here;
		data += here;
		count -= here;
	}
	return num_steps + cmspi_otp_steps_leave(otp, steps + num_steps);
}

unsigned int cmspi_otp_steps_erase(const struct cmspi_chip *chip, const struct cmspi_otp *otp,
	unsigned int number, struct cmspi_step *steps)
{
	// it takes as long as the smallest erase of the array
	const struct cmspi_erase_type type = { .size_bytes = 4096 };

	steps[0] = cmspi_chip_step_erase(chip, &type, number * STRIDE_BYTES);
	steps[0].op = otp_op(chip, otp->erase_opcode);
	steps[0].count = 0;
	return 1;
}
