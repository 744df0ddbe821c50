/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * What the files of the stub executor share: cmspi_stub.c runs the stub,
 * cmspi_stub_choose.c shares out the work area, cmspi_stub_image.c composes what is
 * uploaded, cmspi_stub_kept.c knows what of it is there already, cmspi_stub_ring.c
 * feeds and drains its rings, by the accesses of cmspi_stub_link.c.
 */

#ifndef OPENOCD_FLASH_NOR_CMSPI_STUB_H
#define OPENOCD_FLASH_NOR_CMSPI_STUB_H

#include "cmspi_algorithm.h"
#include "cmspi_bus.h"
#include "cmspi_loops.h"

#include "../../../contrib/loaders/spi/cmspi_abi.h"

/** Largest ring unit in bytes; a page of 256 bytes travels whole. */
#define CMSPI_UNIT_MAX_BYTES	256

/** SWD clocks of a word of a stream: 33 data bits with parity, 3 of
 * acknowledge, 8 of the request, 2 turn-rounds (ADIv5.2, IHI 0031E, B4.1). */
#define CMSPI_SWD_CLOCKS	46

/** Of the words that the stub moves, see cmspi_abi.h */
#define CMSPI_MOVED_BYTES	(CMSPI_CTX_BYTES - CMSPI_CTX_IN_RP)

/** Largest work area whose rings are made of cells: in more room requests matter less
 * than stamps. */
#define CMSPI_CELLS_MAX_BYTES	4096

/** About what a request to the adapter costs, ns: an ST-LINK V2 takes 100 us, a V3
 * half of it. */
#define CMSPI_REQUEST_NS	75000

/** Where one side is in a ring. */
struct cmspi_ring_place {
	/** offset in bytes from the base */
	uint32_t offset;
	/** 0 and 1 by turns */
	uint32_t lap;
};

/** One of the two rings as the host sees it. */
struct cmspi_ring {
	/** address in the target */
	uint32_t base;
	uint32_t size_bytes;
	struct cmspi_ring_place wp;
	struct cmspi_ring_place rp;
	/** copy of the ring's bytes, part of the image */
	uint8_t *bytes;
	/** it is made of cells, see cmspi_abi.h */
	bool cells;
};

/** Bytes in the target, and the host's copy; both begin and end with whole words. */
struct cmspi_stub_span {
	uint32_t addr;
	uint32_t bytes;
	uint8_t *data;
};

/** The steps of a run of which some are sent packed; see cmspi_stub_pack(). */
struct cmspi_stub_packed {
	/** the steps, the raw step that each comes from, and one more */
	struct cmspi_step *steps;
	unsigned int *owners;
	unsigned int count;
	/** packed units one after the other, and the largest, in bytes */
	uint8_t *units;
	uint32_t used_bytes;
	uint32_t unit_bytes;
	/** most bytes that a unit unpacks to; room for them in the work area */
	uint32_t block_bytes;
	/** the steps that were asked for; NULL: nothing is packed */
	const struct cmspi_step *raw_steps;
	unsigned int raw_count;
};

/** A run of the stub. */
struct cmspi_stub {
	struct cmspi_bus *bus;
	const struct cmspi_step *steps;
	unsigned int count;
	/** steps of the batch that another run has done before */
	unsigned int done_before;
	struct cmspi_stub_packed packed;
	struct cmspi_loops loops;
	/** bus->more is still to be asked */
	bool more;
	/** bytes of a data unit */
	uint32_t unit_bytes;
	/** about how long the run takes, in ns; set by cmspi_stub_choose() */
	uint64_t reckoned_ns;

	/** the lent work area: address, size, and the host's copy */
	uint32_t address;
	uint32_t area_bytes;
	uint8_t *image;
	/** the stub may still be running in it */
	bool lost;
	/** bytes from the start of the image that the stub leaves as they are, and how
	 * many of them need not be sent */
	uint32_t constant_bytes;
	uint32_t kept_bytes;
	/** it was sent less than everything, and the guard found that this is not enough */
	bool stale;
	/** offsets in the image: guard, context, set-up list, table of store words, what
	 * several lines are read and sent by */
	uint32_t guard;
	uint32_t ctx;
	uint32_t setup;
	uint32_t data_table;
	uint32_t lines;
	/** addresses of the loops by slot, with the Thumb bit; 0: none */
	uint32_t loop_addr[CMSPI_SLOTS];
	struct cmspi_ring in;
	struct cmspi_ring out;

	/** next unit to feed: step and bytes of its data already fed; the
	 * header comes before the first */
	unsigned int feed_step;
	uint32_t feed_done;
	bool feed_header;
	bool feed_end;
	/** bytes of data not yet fed, not yet handed out */
	uint32_t feed_left;
	uint32_t drain_left;
	/** looks in a row at which nothing had moved */
	unsigned int idle;
	/** cells can be read without a look before; reads of them that came too early */
	bool streaming;
	uint32_t early;
	/** next out unit expected */
	unsigned int drain_step;
	uint32_t drain_done;

	/** a word of the context that is to be written with the next use of the link */
	bool posted;
	uint32_t posted_addr;
	uint32_t posted_word;

	/** count-down of the poll under way when last looked at */
	uint32_t beat;
	struct cmspi_algorithm algorithm;
};

/** Whole words. */
static inline uint32_t cmspi_round_up_word(uint32_t bytes)
{
	return (bytes + 3) & ~UINT32_C(3);
}

/** Address in the target of a byte of the image. */
static inline uint32_t cmspi_stub_addr(const struct cmspi_stub *run, uint32_t offset)
{
	return run->address + offset;
}

/** Bytes that a step sends, and receives as result words or data. */
uint32_t cmspi_step_in_bytes(const struct cmspi_step *step);
uint32_t cmspi_step_out_bytes(const struct cmspi_step *step);

/** Bytes of data that it moves, or looks at. */
uint32_t cmspi_step_count(const struct cmspi_step *step);

/** What the stub calls a step of this kind, one of CMSPI_KIND_... */
uint8_t cmspi_step_kind_code(const struct cmspi_step *step);

/** The loop that its data go through. */
enum cmspi_slot cmspi_step_data_slot(const struct cmspi_step *step);

/** Are its results words, one a grain? */
bool cmspi_step_has_results(const struct cmspi_step *step);

/**
 * Choose the loops that get the batch done soonest, and size the rings: where there
 * is little room, slower loops leave larger rings, and are sent sooner.
 * @param avail bytes of work area
 * @returns false when there is too little; run->area_bytes then says how much
 *	would do
 */
bool cmspi_stub_choose(struct cmspi_stub *run, uint32_t avail);

/** Lend area_bytes of the target's RAM, and as much of the host's for what goes there. */
int cmspi_stub_lend(struct cmspi_stub *run);

/**
 * Have what pays sent packed: run->steps are replaced by others that do the
 * same. Comes after cmspi_stub_choose(), which must then be called again.
 * Nothing happens where it does not pay, or not for want of RAM or memory.
 */
void cmspi_stub_pack(struct cmspi_stub *run);

/** Back to the steps that were asked for; frees what cmspi_stub_pack() took. */
void cmspi_stub_use_raw(struct cmspi_stub *run);

/** Turn a step and bytes of it into those of the batch that was asked for. */
void cmspi_stub_place(const struct cmspi_stub *run, unsigned int *step, uint32_t *bytes);

/** Put all that must be there before the start into the image. */
void cmspi_stub_compose(struct cmspi_stub *run);

/** See whether the start of the image is in target RAM; if so, put a guard into the
 * image, which makes sure of it. Sets run->kept_bytes. */
void cmspi_stub_use_kept(struct cmspi_stub *run);

/** The run is over, and its image is in target RAM. */
void cmspi_stub_remember(const struct cmspi_stub *run);

/** Bytes of everything but the rings. */
uint32_t cmspi_stub_fixed_bytes(const struct cmspi_stub *run);

/** Offset in the image of the room to unpack. */
uint32_t cmspi_stub_room(const struct cmspi_stub *run);

/** What the steps ask of the loops. */
struct cmspi_loop_wish cmspi_stub_wish(const struct cmspi_stub *run);

/** Bytes of the parts of an image, by the loops that were chosen: core and loops,
 * stack, what several lines are read and sent by. */
uint32_t cmspi_stub_code_bytes(const struct cmspi_stub *run);
uint32_t cmspi_stub_stack_bytes(const struct cmspi_stub *run);
uint32_t cmspi_stub_lines_bytes(const struct cmspi_stub *run);

/** Put core and loops at the start of the image; sets run->loop_addr. */
void cmspi_stub_put_code(struct cmspi_stub *run);

/** Put into the context what pins and watchdog are moved by. */
void cmspi_stub_put_pins(struct cmspi_stub *run, const struct cmspi_stores *stores);

/** Put the lines there; sets run->lines. @returns the offset behind them */
uint32_t cmspi_stub_put_lines(struct cmspi_stub *run, const struct cmspi_stores *stores,
	uint32_t offset);

/** Put a step into CMSPI_STEP_BYTES of a ring. */
void cmspi_stub_put_step(const struct cmspi_stub *run, const struct cmspi_step *step,
	uint8_t *unit);

/** Longest time, in ms, that so many bytes take in any of the loops. */
int64_t cmspi_stub_time_limit_ms(const struct cmspi_stub *run, uint32_t bytes);

/** Longest time, in ms, in which no word moves that the pump looks at. */
int64_t cmspi_stub_quiet_ms(const struct cmspi_stub *run);

/** Put what comes first into the image's in ring. */
void cmspi_stub_feed_first(struct cmspi_stub *run);

/**
 * Feed and drain until all is delivered or the core has stopped.
 * @returns ERROR_OK, ERROR_TARGET_TIMEOUT when nothing moves for too long, an
 *	error of the target layer
 */
int cmspi_stub_pump(struct cmspi_stub *run);

/** Have a word of the context written with the next access, or before it. */
int cmspi_stub_post_word(struct cmspi_stub *run, uint32_t ctx_offset, uint32_t word);

/** Write to the target, read from it. */
int cmspi_stub_write(struct cmspi_stub *run, uint32_t addr, uint32_t bytes, const uint8_t *data);
int cmspi_stub_read(struct cmspi_stub *run, uint32_t addr, uint32_t bytes, uint8_t *data);

/** Read the words that the stub moves, CMSPI_MOVED_BYTES. */
int cmspi_stub_read_moved(struct cmspi_stub *run, uint8_t *data);

/** Write a span, then read half a word. */
int cmspi_stub_write_span(struct cmspi_stub *run, const struct cmspi_stub_span *span,
	uint32_t half_addr, uint16_t *half);

/** Read a span of CMSPI_CELLS_MAX_BYTES at most; a posted word goes first. */
int cmspi_stub_read_span(struct cmspi_stub *run, const struct cmspi_stub_span *span);

/** Fetch what the stub has sent until its end; an error if that is not all. */
int cmspi_stub_drain_rest(struct cmspi_stub *run);

#endif /* OPENOCD_FLASH_NOR_CMSPI_STUB_H */
