/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * One description of a command, used by everything from the SFDP reader to
 * the two executors, and the step: what an executor does with a command.
 * Pure data, no OpenOCD header.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_OP_H
#define OPENOCD_FLASH_NOR_CMSPI_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Opcodes that mean the same on every part that has them. */
enum cmspi_opcode {
	CMSPI_OPCODE_WRITE_STATUS = 0x01,
	CMSPI_OPCODE_PROGRAM = 0x02,
	CMSPI_OPCODE_READ = 0x03,
	CMSPI_OPCODE_WRITE_DISABLE = 0x04,
	CMSPI_OPCODE_READ_STATUS = 0x05,
	CMSPI_OPCODE_WRITE_ENABLE = 0x06,
	CMSPI_OPCODE_FAST_READ = 0x0b,
	CMSPI_OPCODE_PROGRAM_4BYTE = 0x12,
	CMSPI_OPCODE_READ_4BYTE = 0x13,
	CMSPI_OPCODE_WRITE_BANK = 0x17,
	CMSPI_OPCODE_PROGRAM_QUAD = 0x32,
	CMSPI_OPCODE_PROGRAM_QUAD_4BYTE = 0x34,
	CMSPI_OPCODE_READ_SFDP = 0x5a,
	CMSPI_OPCODE_READ_ANY = 0x65,
	CMSPI_OPCODE_READ_ID = 0x9f,
	CMSPI_OPCODE_RELEASE_DPD = 0xab,
	CMSPI_OPCODE_PROGRAM_WORDS = 0xad,
	CMSPI_OPCODE_ENTER_4BYTE = 0xb7,
	CMSPI_OPCODE_WRITE_EXTENDED = 0xc5,
	CMSPI_OPCODE_CHIP_ERASE = 0xc7,
	CMSPI_OPCODE_EXIT_4BYTE = 0xe9,
};

/** The four phases of a command without its data. Lines are 1, 2 or 4. */
struct cmspi_op {
	/** first byte of the command */
	uint8_t opcode;
	/** 0 to 4, most significant byte is sent first */
	uint8_t addr_bytes;
	/** 0 or 1: byte after the address that arms or denies continuous read */
	uint8_t mode_bytes;
	/** value of that byte; FFh denies continuous read on every part known */
	uint8_t mode;
	/** clock cycles between the last driven bit and the first data bit,
	 * mode bits not included */
	uint8_t dummy_clocks;
	/** IO width of opcode, address (and mode), data, as in 1-1-4 */
	uint8_t cmd_lines;
	uint8_t addr_lines;
	uint8_t data_lines;
	/** highest SCK in kHz that the part takes for this opcode, 0: unknown */
	uint32_t max_khz;
};

/** How to ask a chip whether it is busy, and whether it did what it was told. */
struct cmspi_poll {
	/** opcode that reads the status byte (05h, 70h, D7h ...) */
	uint8_t opcode;
	/** ready when (status & mask) == ready */
	uint8_t mask;
	uint8_t ready;
	/** bits that must be 0 once ready: WEL (command ignored), error flags */
	uint8_t fail;
};

enum cmspi_step_kind {
	/** send op, then tx_bytes of tx, or receive rx_bytes to rx */
	CMSPI_STEP_XFER,
	/** program count bytes of tx from addr, page by page, each page with
	 * write enable before and poll after */
	CMSPI_STEP_PROGRAM,
	/** receive count bytes from addr to rx */
	CMSPI_STEP_READ,
	/** CRC-32 as in OpenOCD's image_calculate_checksum(), one result word
	 * for every grain_bytes from addr (with CMSPI_STEP_RUNNING: for all
	 * from addr to the end of the grain) */
	CMSPI_STEP_CRC,
	/** one result word for every grain_bytes from addr: 1 blank (all FFh),
	 * 0 not blank */
	CMSPI_STEP_BLANK,
};

enum cmspi_step_flags {
	/** send write enable in a frame of its own first */
	CMSPI_STEP_WREN = 1 << 0,
	/** after write enable: read the status, fail when WEL did not rise */
	CMSPI_STEP_CHECK_WEL = 1 << 1,
	/** poll until ready afterwards, at most timeout_us */
	CMSPI_STEP_POLL = 1 << 2,
	/** XFER: leave the chip selected, the next step goes on */
	CMSPI_STEP_KEEP_CS = 1 << 3,
	/** XFER: no new frame and no op, go on where KEEP_CS left off */
	CMSPI_STEP_CONTINUE = 1 << 4,
	/** CRC: do not start anew with each grain; PROGRAM: write enable and address go
	 * before the first page only, pages are words of two bytes, and count is even */
	CMSPI_STEP_RUNNING = 1 << 5,
	/** PROGRAM, between the files of the stub executor only: the bytes came
	 * packed with the step before, tx is the packed unit of the next */
	CMSPI_STEP_PACKED = 1 << 6,
};

/** One row of what an executor is to do. */
struct cmspi_step {
	enum cmspi_step_kind kind;
	/** enum cmspi_step_flags */
	unsigned int flags;
	struct cmspi_op op;
	/** address the command starts at, offset inside the chip in bytes */
	uint32_t addr;
	/** PROGRAM, READ, CRC, BLANK: length in bytes; XFER: bytes of the chip
	 * that it erases, for the progress display only */
	uint32_t count;
	/** PROGRAM: page size in bytes, programming wraps inside it */
	uint32_t page_bytes;
	/** CRC, BLANK: bytes a result word stands for; the last may be shorter */
	uint32_t grain_bytes;
	/** XFER, PROGRAM: bytes to send */
	const uint8_t *tx;
	uint32_t tx_bytes;
	/** XFER, READ: where received bytes go */
	uint8_t *rx;
	uint32_t rx_bytes;
	/** CRC, BLANK: where result words go, one per grain */
	uint32_t *results;
	struct cmspi_poll poll;
	/** limit of one wait (of each page for PROGRAM), microseconds */
	uint32_t timeout_us;
	/** PROGRAM: what a page usually takes, microseconds, 0: not known */
	uint32_t usual_us;
};

/** Does it receive data? */
static inline bool cmspi_step_receives(const struct cmspi_step *step)
{
	return step->kind == CMSPI_STEP_XFER ? step->rx_bytes : step->kind != CMSPI_STEP_PROGRAM;
}

/** The most lines that it sends on; what is received does not count. */
static inline unsigned int cmspi_step_lines_sent(const struct cmspi_step *step)
{
	const struct cmspi_op *op = &step->op;
	unsigned int lines = op->cmd_lines;

	if (op->addr_bytes + op->mode_bytes && op->addr_lines > lines)
		lines = op->addr_lines;
	if ((step->tx_bytes || step->kind == CMSPI_STEP_PROGRAM) && op->data_lines > lines)
		lines = op->data_lines;
	return lines;
}

/** The most lines that it moves anything on. */
static inline unsigned int cmspi_step_lines(const struct cmspi_step *step)
{
	const unsigned int sent = cmspi_step_lines_sent(step);

	return cmspi_step_receives(step) && step->op.data_lines > sent ? step->op.data_lines : sent;
}

/** Why a list of steps ended early. */
enum cmspi_fault {
	CMSPI_FAULT_NONE,
	/** still busy after timeout_us */
	CMSPI_FAULT_TIMEOUT,
	/** ready, but a fail bit is set: the chip ignored or refused it */
	CMSPI_FAULT_REFUSED,
	/** WEL is 0 after write enable */
	CMSPI_FAULT_NO_WEL,
	/** debug link, stub or target trouble, not the chip's */
	CMSPI_FAULT_LINK,
};

/** Where and why, filled in by an executor that returns an error. */
struct cmspi_failure {
	enum cmspi_fault fault;
	/** index of the step that failed */
	unsigned int step;
	/** address inside the chip */
	uint32_t addr;
	/** last status byte seen */
	uint8_t status;
	/** waits that found the chip ready at the first look: it was quick, or
	 * it never began; set on success as well */
	uint32_t never_busy;
};

#endif /* OPENOCD_FLASH_NOR_CMSPI_OP_H */
