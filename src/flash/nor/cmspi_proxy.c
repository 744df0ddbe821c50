// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Composes the lists that the proxy works off, and runs it.
 */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "imp.h"
#include "cmspi_proxy.h"
#include "cmspi_stub.h"
#include <helper/binarybuffer.h>
#include <helper/time_support.h>
#include <target/algorithm.h>

/* Room for a frame of a few bytes, with the stores of its chip select and clock. */
#define LIST_MIN_BYTES		96
/* Holds a page and what belongs to it; a larger one saves little. */
#define LIST_MAX_BYTES		1024
/* Loads and receptions of a list. */
#define RESULTS_MAX		64
/* Another request costs as much as sending this. */
#define GAP_MAX_BYTES		128
/* Results that a look at the list brings along. */
#define LOOK_MAX_BYTES		64
/* Looks in vain between two at the core. */
#define IDLE_LOOKS		8
/* r0, sp and primask. */
#define NUM_REGS		3

/* Where a part of the list goes once it is done. */
struct result {
	uint32_t offset;
	/* bytes received, or a word loaded if this is NULL */
	uint8_t *data;
	uint32_t count;
	uint32_t *word;
};

struct cmspi_proxy {
	/* bus, steps, loops, work area and image, as of a run of the stub */
	struct cmspi_stub run;
	/* offset of the list in the image; it has room up to the context */
	uint32_t list;
	/* bytes of it so far */
	uint32_t used;
	/* its last entry and what that calls, an offset in the core; 0: a loop */
	uint32_t entry;
	uint32_t pairs;
	/* bytes of it that are received, behind all others */
	uint32_t received;
	struct result results[RESULTS_MAX];
	unsigned int num_results;
};

/* ---- the work area ------------------------------------------------------- */

static uint32_t fixed_bytes(const struct cmspi_stub *run)
{
	return cmspi_stub_code_bytes(run) + cmspi_stub_lines_bytes(run) +
		cmspi_stub_stack_bytes(run) + CMSPI_PROXY_CTX_BYTES;
}

/* Small loops, and one that receives for each number of lines that is needed. */
static void choose_loops(struct cmspi_stub *run)
{
	struct cmspi_loop_wish wish = cmspi_stub_wish(run);

	for (unsigned int i = 0; i < run->count; i++) {
		const unsigned int lines = run->steps[i].op.data_lines;

		wish.dual |= lines == 2 && cmspi_step_receives(&run->steps[i]);
		wish.quad |= lines == 4 && cmspi_step_receives(&run->steps[i]);
	}
	wish.plain = true;
	wish.crc = false;
	wish.blank = false;
	wish.unpack = false;
	wish.small = UINT32_MAX;
	wish.proxy = true;
	cmspi_loops_choose(&run->bus->stores, &wish, &run->loops);
	// one delay for stores of both, chip select and clock
	run->loops.cs_rounds = MAX(run->loops.cs_rounds, run->loops.delay_rounds);
}

/* Choose loops and sizes; false: too little work area. */
static bool fit(struct cmspi_stub *run)
{
	const uint32_t avail = cmspi_algorithm_area_bytes(run->bus->target);

	choose_loops(run);
	const uint32_t fixed = fixed_bytes(run);

	if (avail < fixed + LIST_MIN_BYTES)
		return false;
	run->area_bytes = MIN(avail, fixed + LIST_MAX_BYTES);
	return true;
}

int cmspi_proxy_free(struct cmspi_proxy *proxy)
{
	if (!proxy)
		return ERROR_OK;
	struct cmspi_bus *bus = proxy->run.bus;
	// where it may still run, its RAM stays lent until the next reset
	int retval = bus->area && !proxy->run.lost ?
		target_free_working_area(bus->target, bus->area) : ERROR_OK;

	free(proxy->run.image);
	free(proxy);
	return retval;
}

int cmspi_proxy_lend(struct cmspi_bus *bus, const struct cmspi_step *steps, unsigned int count,
	struct cmspi_proxy **proxy)
{
	struct cmspi_proxy *lent = calloc(1, sizeof(*lent));

	*proxy = NULL;
	if (!lent) {
		LOG_ERROR("out of memory for a run of %u steps", count);
		return ERROR_FAIL;
	}
	lent->run = (struct cmspi_stub){ .bus = bus, .steps = steps, .count = count };
	int retval = fit(&lent->run) ? cmspi_stub_lend(&lent->run) :
		ERROR_TARGET_RESOURCE_NOT_AVAILABLE;
	if (retval != ERROR_OK) {
		(void)cmspi_proxy_free(lent);
		return retval;
	}
	*proxy = lent;
	return ERROR_OK;
}

/* ---- start and stop ------------------------------------------------------ */

static uint32_t ctx_addr(const struct cmspi_proxy *proxy)
{
	return cmspi_stub_addr(&proxy->run, proxy->run.ctx);
}

static void clear_list(struct cmspi_proxy *proxy)
{
	proxy->used = CMSPI_PROXY_DONE_BYTES;
	proxy->pairs = 0;
	proxy->received = 0;
	proxy->num_results = 0;
}

static uint32_t compose(struct cmspi_proxy *proxy, const struct cmspi_stores *stores)
{
	struct cmspi_stub *run = &proxy->run;

	run->ctx = run->area_bytes - CMSPI_PROXY_CTX_BYTES;
	cmspi_stub_put_code(run);
	cmspi_stub_put_pins(run, stores);
	const uint32_t end = cmspi_stub_put_lines(run, stores, cmspi_stub_code_bytes(run));

	proxy->list = end + cmspi_stub_stack_bytes(run);
	h_u32_to_le(run->image + run->ctx + CMSPI_CTX_IN_WP, ctx_addr(proxy));
	clear_list(proxy);
	return end;
}

static int start(struct cmspi_proxy *proxy)
{
	static char *names[NUM_REGS] = { "r0", "sp", "primask" };
	const struct cmspi_stub *run = &proxy->run;
	// hla does not mask interrupts: one that waits would come before cpsid
	const uint32_t words[NUM_REGS] = { ctx_addr(proxy), cmspi_stub_addr(run, proxy->list), 1 };
	struct reg_param regs[NUM_REGS];

	for (unsigned int i = 0; i < NUM_REGS; i++) {
		const unsigned int bits = i == NUM_REGS - 1 ? 1 : 32;

		init_reg_param(&regs[i], names[i], bits, PARAM_OUT);
		buf_set_u32(regs[i].value, 0, bits, words[i]);
	}
	int retval = cmspi_algorithm_start(&proxy->run.algorithm, regs, NUM_REGS,
		cmspi_stub_addr(run, 0), cmspi_stub_addr(run, CMSPI_EXIT_OFFSET));
	for (unsigned int i = 0; i < NUM_REGS; i++)
		destroy_reg_param(&regs[i]);
	return retval;
}

int cmspi_proxy_start(struct cmspi_proxy *proxy, const struct cmspi_stores *stores)
{
	struct cmspi_stub *run = &proxy->run;
	struct target *target = run->bus->target;
	const uint32_t end = compose(proxy, stores);

	run->bus->counts.sent += end + CMSPI_PROXY_CTX_BYTES;
	int retval = target_write_buffer(target, run->address, end, run->image);
	if (retval == ERROR_OK)
		retval = target_write_buffer(target, ctx_addr(proxy), CMSPI_PROXY_CTX_BYTES,
			run->image + run->ctx);
	if (retval == ERROR_OK)
		retval = cmspi_algorithm_prepare(&run->algorithm, target);
	return retval == ERROR_OK ? start(proxy) : retval;
}

int cmspi_proxy_stop(struct cmspi_proxy *proxy)
{
	struct cmspi_stub *run = &proxy->run;
	int retval = ERROR_OK;

	if (run->algorithm.started)
		retval = cmspi_algorithm_stop(&run->algorithm, ctx_addr(proxy) + CMSPI_CTX_IN_WP);
	if (retval != ERROR_OK) {
		cmspi_algorithm_say_lost(&run->algorithm, run->address, retval);
		run->lost = true;
	}
	int left = cmspi_algorithm_leave(&run->algorithm);
	return retval != ERROR_OK ? retval : left;
}

/* ---- lists --------------------------------------------------------------- */

static uint32_t room_bytes(const struct cmspi_proxy *proxy)
{
	return proxy->run.ctx - proxy->list - proxy->used;
}

uint32_t cmspi_proxy_most_bytes(const struct cmspi_proxy *proxy)
{
	return proxy->run.ctx - proxy->list - CMSPI_PROXY_DONE_BYTES - CMSPI_PROXY_ENTRY_BYTES;
}

/* Is there room for so many bytes more, and for a result of them? Else the list goes
 * first. */
static int make_room(struct cmspi_proxy *proxy, uint32_t bytes)
{
	if (room_bytes(proxy) >= bytes && proxy->num_results < RESULTS_MAX)
		return ERROR_OK;
	return cmspi_proxy_flush(proxy);
}

/* Put bytes, which are counted with the last entry, behind it. @returns their place */
static uint8_t *extend(struct cmspi_proxy *proxy, uint32_t bytes)
{
	uint8_t *entry = proxy->run.image + proxy->list + proxy->entry;
	uint8_t *data = proxy->run.image + proxy->list + proxy->used;

	h_u32_to_le(entry, le_to_h_u32(entry) + bytes);
	proxy->used += cmspi_round_up_word(bytes);
	return data;
}

/* Begin an entry without data. @param called what is called with them */
static void begin(struct cmspi_proxy *proxy, uint32_t called)
{
	uint8_t *entry = proxy->run.image + proxy->list + proxy->used;

	h_u32_to_le(entry, 0);
	h_u32_to_le(entry + 4, called);
	proxy->entry = proxy->used;
	proxy->received = 0;
	proxy->used += CMSPI_PROXY_ENTRY_BYTES;
}

static void expect(struct cmspi_proxy *proxy, const struct result *result)
{
	proxy->results[proxy->num_results++] = *result;
}

/* A pair for one of the proxy's own; those in a row share an entry.
 * @returns ERROR_OK and where the second word is */
static int add_pair(struct cmspi_proxy *proxy, uint32_t pairs, uint32_t addr, uint8_t **second)
{
	int retval = make_room(proxy, CMSPI_PROXY_ENTRY_BYTES + CMSPI_PROXY_PAIR_BYTES);
	if (retval != ERROR_OK)
		return retval;
	if (proxy->pairs != pairs)
		begin(proxy, cmspi_stub_addr(&proxy->run, pairs) | 1);
	proxy->pairs = pairs;
	uint8_t *pair = extend(proxy, CMSPI_PROXY_PAIR_BYTES);

	h_u32_to_le(pair, addr);
	*second = pair + 4;
	return ERROR_OK;
}

int cmspi_proxy_put(struct cmspi_proxy *proxy, uint32_t addr, uint32_t word)
{
	uint8_t *second;

	int retval = add_pair(proxy, CMSPI_PROXY_STORE, addr, &second);
	if (retval == ERROR_OK)
		h_u32_to_le(second, word);
	return retval;
}

int cmspi_proxy_get(struct cmspi_proxy *proxy, uint32_t addr, uint32_t *word)
{
	uint8_t *second;

	int retval = add_pair(proxy, CMSPI_PROXY_LOAD, addr, &second);
	if (retval == ERROR_OK)
		expect(proxy, &(struct result){ .offset = proxy->used - 4, .count = 4, .word = word });
	return retval;
}

/* An entry for a loop and some of count bytes; the place of these, and how many. */
static int add_bytes(struct cmspi_proxy *proxy, enum cmspi_slot slot, uint32_t count,
	uint8_t **data, uint32_t *bytes)
{
	int retval = make_room(proxy, CMSPI_PROXY_ENTRY_BYTES + 4);
	if (retval != ERROR_OK)
		return retval;
	*bytes = MIN(count, room_bytes(proxy) - CMSPI_PROXY_ENTRY_BYTES);
	begin(proxy, proxy->run.loop_addr[slot]);
	proxy->pairs = 0;
	*data = extend(proxy, *bytes);
	return ERROR_OK;
}

int cmspi_proxy_send(struct cmspi_proxy *proxy, unsigned int lines, const uint8_t *data,
	uint32_t count)
{
	for (uint32_t part, done = 0; done < count; done += part) {
		uint8_t *place;

		int retval = add_bytes(proxy, cmspi_tx_slot(lines), count - done, &place, &part);
		if (retval != ERROR_OK)
			return retval;
		memcpy(place, data + done, part);
	}
	return ERROR_OK;
}

int cmspi_proxy_receive(struct cmspi_proxy *proxy, unsigned int lines, uint8_t *data,
	uint32_t count)
{
	for (uint32_t part, done = 0; done < count; done += part) {
		uint8_t *place;

		int retval = add_bytes(proxy, cmspi_rx_slot(lines), count - done, &place, &part);
		if (retval != ERROR_OK)
			return retval;
		proxy->received = cmspi_round_up_word(part);
		expect(proxy, &(struct result){
			.offset = place - proxy->run.image - proxy->list,
			.data = data + done,
			.count = part,
		});
	}
	return ERROR_OK;
}

/* ---- the link ------------------------------------------------------------ */

static uint32_t list_addr(const struct cmspi_proxy *proxy)
{
	return ctx_addr(proxy) - proxy->used;
}

static int send_part(struct cmspi_proxy *proxy, uint32_t from, uint32_t end)
{
	proxy->run.bus->counts.sent += end - from;
	return target_write_buffer(proxy->run.bus->target, list_addr(proxy) + from, end - from,
		proxy->run.image + proxy->list + from);
}

/* Send the list, with the pointer to it behind, but not much of what comes back. */
static int send_list(struct cmspi_proxy *proxy)
{
	uint8_t *list = proxy->run.image + proxy->list;
	const uint32_t end = proxy->used + sizeof(uint32_t);

	h_u32_to_le(list, 0);
	h_u32_to_le(list + proxy->used, list_addr(proxy));
	if (proxy->received < GAP_MAX_BYTES)
		return send_part(proxy, 0, end);
	int retval = send_part(proxy, 0, proxy->used - proxy->received);
	return retval == ERROR_OK ? send_part(proxy, proxy->used, end) : retval;
}

static int fetch(struct cmspi_proxy *proxy, uint32_t from, uint32_t end)
{
	return target_read_buffer(proxy->run.bus->target, list_addr(proxy) + from, end - from,
		proxy->run.image + proxy->list + from);
}

/* Has the core stopped, or does it take too long? */
static int check_core(struct cmspi_proxy *proxy, int64_t since_ms)
{
	struct target *target = proxy->run.bus->target;

	int retval = target_poll(target);
	if (retval != ERROR_OK)
		return retval;
	if (target->state == TARGET_HALTED)
		return ERROR_FAIL;
	return timeval_ms() - since_ms > cmspi_stub_time_limit_ms(&proxy->run, proxy->used) ?
		ERROR_TARGET_TIMEOUT : ERROR_OK;
}

/* Wait until the list is done; its first bytes have been fetched then. */
static int wait_for_list(struct cmspi_proxy *proxy, uint32_t bytes)
{
	const int64_t since_ms = timeval_ms();
	const uint8_t *done = proxy->run.image + proxy->list;

	for (unsigned int looks = 1;; looks++) {
		int retval = fetch(proxy, 0, bytes);
		if (retval != ERROR_OK)
			return retval;
		if (le_to_h_u32(done))
			return ERROR_OK;
		if (looks % IDLE_LOOKS == 0)
			retval = check_core(proxy, since_ms);
		if (retval != ERROR_OK) {
			cmspi_algorithm_say_lost(&proxy->run.algorithm, proxy->run.address, retval);
			return retval;
		}
		keep_alive();
	}
}

static void hand_out(const struct cmspi_proxy *proxy)
{
	for (unsigned int i = 0; i < proxy->num_results; i++) {
		const struct result *result = &proxy->results[i];
		const uint8_t *from = proxy->run.image + proxy->list + result->offset;

		if (result->word)
			*result->word = le_to_h_u32(from);
		else
			memcpy(result->data, from, result->count);
	}
}

/* What has to be fetched of the list: up to its last result. */
static uint32_t results_end(const struct cmspi_proxy *proxy)
{
	if (!proxy->num_results)
		return CMSPI_PROXY_DONE_BYTES;
	const struct result *last = &proxy->results[proxy->num_results - 1];

	return cmspi_round_up_word(last->offset + last->count);
}

static int run_list(struct cmspi_proxy *proxy)
{
	const uint32_t end = results_end(proxy);
	// the done word comes first: what is behind it is no older
	const uint32_t along = end <= LOOK_MAX_BYTES ? end : CMSPI_PROXY_DONE_BYTES;

	int retval = send_list(proxy);
	if (retval == ERROR_OK)
		retval = wait_for_list(proxy, along);
	if (retval == ERROR_OK && end > along)
		retval = fetch(proxy, along, end);
	if (retval == ERROR_OK)
		hand_out(proxy);
	return retval;
}

int cmspi_proxy_flush(struct cmspi_proxy *proxy)
{
	if (proxy->used == CMSPI_PROXY_DONE_BYTES)
		return ERROR_OK;
	int retval = run_list(proxy);

	clear_list(proxy);
	return retval;
}
