// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * How the host reaches a running stub's RAM. Each use of the link takes some requests
 * to the adapter, so what can go together is queued: a word that is to be written
 * waits for the next access and goes with it, or before it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_stub.h"
#include <target/arm_adi_v5.h>

/* Words that the stub moves, see cmspi_abi.h. */
#define MOVED_WORDS	(CMSPI_MOVED_BYTES / 4)
/* Words of the spans of one call. */
#define SPAN_WORDS	(CMSPI_CELLS_MAX_BYTES / 4)

/* Where accesses are queued; NULL: each goes at once. */
static struct adiv5_ap *queue_of(const struct cmspi_stub *run)
{
	const struct armv7m_common *armv7m = target_to_armv7m(run->bus->target);

	return armv7m->is_hla_target ? NULL : armv7m->debug_ap;
}

/* Have done what is queued, also after an error: it may go to words that will be no more. */
static int run_queue(struct adiv5_ap *queue, int retval)
{
	const int flushed = dap_run(queue->dap);

	if (retval == ERROR_OK)
		retval = flushed;
	// what came after a failure never happened, TAR among it
	if (retval != ERROR_OK)
		dap_invalidate_cache(queue->dap);
	return retval;
}

static int write_posted(struct cmspi_stub *run)
{
	if (!run->posted)
		return ERROR_OK;
	run->posted = false;
	return target_write_u32(run->bus->target, run->posted_addr, run->posted_word);
}

int cmspi_stub_post_word(struct cmspi_stub *run, uint32_t ctx_offset, uint32_t word)
{
	int retval = write_posted(run);

	run->posted = true;
	run->posted_addr = cmspi_stub_addr(run, run->ctx + ctx_offset);
	run->posted_word = word;
	return retval;
}

int cmspi_stub_write(struct cmspi_stub *run, uint32_t addr, uint32_t bytes, const uint8_t *data)
{
	int retval = write_posted(run);

	return retval == ERROR_OK ? target_write_buffer(run->bus->target, addr, bytes, data) : retval;
}

int cmspi_stub_read(struct cmspi_stub *run, uint32_t addr, uint32_t bytes, uint8_t *data)
{
	int retval = write_posted(run);

	return retval == ERROR_OK ? target_read_buffer(run->bus->target, addr, bytes, data) : retval;
}

int cmspi_stub_read_moved(struct cmspi_stub *run, uint8_t *data)
{
	const uint32_t addr = cmspi_stub_addr(run, run->ctx + CMSPI_CTX_IN_RP);
	struct adiv5_ap *queue = queue_of(run);
	uint32_t words[MOVED_WORDS];

	if (!run->posted || !queue)
		return cmspi_stub_read(run, addr, CMSPI_MOVED_BYTES, data);
	run->posted = false;
	int retval = mem_ap_write_u32(queue, run->posted_addr, run->posted_word);

	for (unsigned int i = 0; i < MOVED_WORDS && retval == ERROR_OK; i++)
		retval = mem_ap_read_u32(queue, addr + 4 * i, &words[i]);
	retval = run_queue(queue, retval);
	for (unsigned int i = 0; i < MOVED_WORDS && retval == ERROR_OK; i++)
		h_u32_to_le(data + 4 * i, words[i]);
	return retval;
}

/* ---- spans --------------------------------------------------------------- */

/* An ST-LINK carries words in a row in two requests, but words that are queued side by
 * side with others one by one, each with its address. So a span is a run of the
 * queue, with nothing but half a word beside it. */

static int queue_span(struct adiv5_ap *queue, const struct cmspi_stub_span *span)
{
	int retval = ERROR_OK;

	for (uint32_t i = 0; i < span->bytes && retval == ERROR_OK; i += 4)
		retval = mem_ap_write_u32(queue, span->addr + i, le_to_h_u32(span->data + i));
	return retval;
}

int cmspi_stub_write_span(struct cmspi_stub *run, const struct cmspi_stub_span *span,
	uint32_t half_addr, uint16_t *half)
{
	struct target *target = run->bus->target;
	struct adiv5_ap *queue = queue_of(run);

	if (!queue) {
		int retval = target_write_buffer(target, span->addr, span->bytes, span->data);

		return retval == ERROR_OK ? target_read_u16(target, half_addr, half) : retval;
	}
	int retval = queue_span(queue, span);
	if (retval != ERROR_OK)
		return run_queue(queue, retval);
	// has done what is queued along with its own
	retval = target_read_u16(target, half_addr, half);
	if (retval != ERROR_OK)
		dap_invalidate_cache(queue->dap);
	return retval;
}

/* Queue a store of half a word at a word's address: OpenOCD itself has none that waits. */
static int queue_half(struct adiv5_ap *queue, uint32_t addr, uint16_t half)
{
	struct adiv5_dap *dap = queue->dap;
	const uint32_t csw = queue->csw_default | CSW_16BIT | CSW_ADDRINC_OFF;

	int retval = dap_queue_ap_write(queue, MEM_AP_REG_CSW(dap), csw);
	if (retval == ERROR_OK)
		retval = dap_queue_ap_write(queue, MEM_AP_REG_TAR(dap), addr);
	queue->csw_value = csw;
	queue->tar_value = addr;
	queue->tar_valid = true;
	if (retval == ERROR_OK)
		retval = dap_queue_ap_write(queue, MEM_AP_REG_DRW(dap), half);
	// who comes next sets them anew
	queue->csw_value = 0;
	queue->tar_valid = false;
	return retval;
}

/* Is the upper half of a pointer to the out ring always the same? */
static bool moves_lower_half(const struct cmspi_stub *run)
{
	return run->out.base >> 16 == (run->out.base + run->out.size_bytes) >> 16;
}

int cmspi_stub_read_span(struct cmspi_stub *run, const struct cmspi_stub_span *span)
{
	struct adiv5_ap *queue = queue_of(run);
	uint32_t words[SPAN_WORDS];

	if (!queue || (run->posted && !moves_lower_half(run)))
		return cmspi_stub_read(run, span->addr, span->bytes, span->data);
	int retval = run->posted ? queue_half(queue, run->posted_addr, run->posted_word) : ERROR_OK;

	run->posted = false;
	for (uint32_t i = 0; i < span->bytes / 4 && retval == ERROR_OK; i++)
		retval = mem_ap_read_u32(queue, span->addr + 4 * i, &words[i]);
	retval = run_queue(queue, retval);
	for (uint32_t i = 0; i < span->bytes / 4 && retval == ERROR_OK; i++)
		h_u32_to_le(span->data + 4 * i, words[i]);
	return retval;
}
