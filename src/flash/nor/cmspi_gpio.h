/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the files of the GPIO executor share: cmspi_gpio.c runs the steps, by the
 * frames that cmspi_gpio_frame.c puts on the wires.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_GPIO_H
#define OPENOCD_FLASH_NOR_CMSPI_GPIO_H

#include "cmspi_bus.h"

struct adiv5_ap;
struct cmspi_proxy;

/** Samples of data received in one run. They take three accesses each, and these
 * fill two mixed requests of a V3. */
#define CMSPI_GPIO_SAMPLES	480

/** A run of the executor. */
struct cmspi_gpio {
	struct cmspi_bus *bus;
	/** who makes the accesses; NULL: the debug link */
	struct cmspi_proxy *proxy;
	/** NULL: no queue, every access goes at once */
	struct adiv5_ap *ap;
	/** accesses in the queue, and how many may be there */
	unsigned int queued;
	unsigned int queue_max;
	/** host's time of the last flush */
	int64_t flushed_ms;
	/** first failure of the link; accesses after it are dropped */
	int error;

	/** the bus' stores, with the neighbours' bits as they are now */
	struct cmspi_stores stores;
	/** extra accesses in each half of a clock */
	unsigned int pauses;
	/** lines that data come in on; two, four: they have been turned round */
	unsigned int lines;
	/** input registers of these lines, each once */
	uint32_t inputs[4];
	unsigned int num_inputs;
	/** the one data pin has been turned round to receive */
	bool released;
	/** MISO has been turned round to send, and its latch was so before */
	bool miso_sends;
	unsigned int miso_latch;
	/** the most lines that a frame has turned round to send, 0: none */
	unsigned int turned;
	/** bytes that were received in the step */
	uint32_t received;
	/** input registers as they were loaded */
	uint32_t samples[CMSPI_GPIO_SAMPLES];
	/** where loads go whose value nobody wants */
	uint32_t ignored;

	/** entries of the set-up list that must be undone, and with what */
	unsigned int set_up;
	uint32_t saved[CMSPI_SETUPS];
	/** stores is valid, chip select has been driven */
	bool selected_once;

	/** the caller's: where the run is, and why it stops there */
	struct cmspi_failure *failure;
	/** the step under way, its number is in failure; NULL: none yet */
	const struct cmspi_step *step;
};

/** Look at how the registers are reached, and how fast. */
void cmspi_gpio_start(struct cmspi_gpio *run);

/* Nothing is sure to be done before cmspi_gpio_flush(); what fails is in run->error. */

/** Have done what is queued. */
void cmspi_gpio_flush(struct cmspi_gpio *run);

/** Store a word. */
void cmspi_gpio_put(struct cmspi_gpio *run, uint32_t addr, uint32_t word);

/** Load a word; it is there after the next flush. */
void cmspi_gpio_get(struct cmspi_gpio *run, uint32_t addr, uint32_t *word);

/** Make run->stores of the bus' own and the other pins of the ports as they are now. */
void cmspi_gpio_take_neighbours(struct cmspi_gpio *run);

/** Select the chip, send opcode, address, mode byte and dummy clocks of a step. */
void cmspi_gpio_open_frame(struct cmspi_gpio *run, const struct cmspi_op *op, uint32_t addr);

/** Send bytes on 1, 2 or 4 lines. */
void cmspi_gpio_send(struct cmspi_gpio *run, unsigned int lines, const uint8_t *data,
	uint32_t count);

/** The most bytes that one flush brings. */
uint32_t cmspi_gpio_chunk_bytes(const struct cmspi_gpio *run);

/** Receive bytes on run->lines; they are there on return. @returns run->error */
int cmspi_gpio_receive(struct cmspi_gpio *run, uint8_t *data, uint32_t count);

/** Deselect the chip, and put the lines back that were turned round. */
void cmspi_gpio_close_frame(struct cmspi_gpio *run);

/**
 * A frame of an opcode and, if wanted, an answer of one byte; on the lines of the
 * opcode of the step.
 * @param answer NULL: none
 * @returns run->error
 */
int cmspi_gpio_command(struct cmspi_gpio *run, uint8_t opcode, uint8_t *answer);

/** A frame of two clocks: an opcode on four lines, as a chip left in QPI takes it. */
void cmspi_gpio_send_wide(struct cmspi_gpio *run, uint8_t opcode);

/** Clean up after whatever was under way: chip select up, if it was ever driven, then
 * the lines as they were. @param i of no meaning */
void cmspi_gpio_end_frame(struct cmspi_gpio *run, unsigned int i);

#endif /* OPENOCD_FLASH_NOR_CMSPI_GPIO_H */
