/* SPDX-License-Identifier: GPL-2.0-or-later */

/*
 * Loops that wait, with --skip-waits: rounds of which it is known what they do are
 * reckoned, not executed. Time, counts and states are those of the execution.
 *
 * A wait for the debugger: a round that changed no register and no memory and met no
 * device will be followed by its like until somebody else comes. A poll of a busy
 * chip: two rounds that did the same, but for registers and one or more words of RAM
 * that count down by one, are followed by their like until the chip is ready, or a
 * count comes near zero. That nothing looks at such a count but for zero is taken
 * for granted; hence the option.
 */

#include <string.h>

#include "core.h"

#define PS_PER_S 1000000000000ull
#define MAX_COUNTS 4
/* r0 to r12, SP, LR, xPSR */
#define REGS 16
/* RAM is watched by lines of 64 bytes; what lies 256 KiB apart shares one */
#define LINE_BITS 6
#define LINES 4096

/** A loop, as it was when it came to its head. */
struct head {
	bool seen;
	uint32_t pc;
	uint32_t regs[REGS];
	uint64_t cycles;
	uint64_t instructions;
};

static struct {
	bool on;

	struct head wait;
	uint32_t wait_heads;   /* so many, from 2 on */
	unsigned int restless; /* register that changed last */
	bool changed;          /* anything but registers since the head */

	struct head poll;
	uint32_t poll_heads;
	bool disturbed;        /* somebody changed what this round may read */
	uint32_t steps[REGS];  /* what the round before added to the registers */
	struct repeat_round round;
	uint64_t sums[2];      /* of what was written and read: this round, the one before */
	bool alike;            /* sums and steps were compared with those before */
	uint8_t *counts[MAX_COUNTS];
	unsigned int num_counts;

	/* a write that changes nothing, and how often it came */
	uint32_t idle_addr;
	uint32_t idle_value;
	uint64_t *idle_count;
	uint64_t idle_at_wait;
	uint64_t idle_at_poll;
	/* by line: the heads there had been when the core last read it */
	uint32_t read_in_wait[LINES];
	uint32_t read_in_poll[LINES];
} repeat = { .wait_heads = 2, .poll_heads = 2 };

void repeat_enable(void)
{
	repeat.on = true;
	poll_again.wanted = true;
}

bool repeat_is_on(void)
{
	return repeat.on;
}

void repeat_ignore_write(uint32_t addr, uint32_t value, uint64_t *count)
{
	repeat.idle_addr = addr;
	repeat.idle_value = value;
	repeat.idle_count = count;
}

void repeat_forget(void)
{
	repeat.wait.seen = false;
	repeat.poll.seen = false;
	repeat.alike = false;
	poll_again.seen = false;
}

void repeat_host_wrote(uint32_t addr)
{
	const uint32_t line = (addr >> LINE_BITS) % LINES;

	if (repeat.read_in_wait[line] + 1 >= repeat.wait_heads)
		repeat.wait.seen = false;
	if (repeat.read_in_poll[line] + 1 >= repeat.poll_heads)
		repeat.disturbed = true;
}

/* ---- what a round does ---- */

void repeat_note_read(uint32_t addr)
{
	const uint32_t line = (addr >> LINE_BITS) % LINES;

	repeat.read_in_wait[line] = repeat.wait_heads;
	repeat.read_in_poll[line] = repeat.poll_heads;
}

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/, by words */
static void add_to_sum(uint32_t word)
{
	repeat.sums[0] = (repeat.sums[0] ^ word) * 0x100000001b3ull;
}

void repeat_note_device(uint32_t addr, uint32_t value, bool is_write)
{
	if (!repeat.on)
		return;
	add_to_sum(addr + is_write);
	add_to_sum(value);
	if (!is_write || !repeat.idle_count || addr != repeat.idle_addr || value != repeat.idle_value)
		repeat.changed = true;
}

static uint64_t idle_writes(void)
{
	return repeat.idle_count ? *repeat.idle_count : 0;
}

/** Idle writes in the rounds that are left out. */
static void add_idle_writes(uint64_t rounds, uint64_t since)
{
	if (repeat.idle_count)
		*repeat.idle_count += rounds * (idle_writes() - since);
}

void repeat_note_ram(uint8_t *bytes, uint32_t addr, unsigned int width_bytes, uint32_t value)
{
	uint32_t before = 0;

	if (!repeat.on)
		return;
	if (width_bytes < 4)
		value &= (1u << 8 * width_bytes) - 1;
	memcpy(&before, bytes, width_bytes);
	repeat.changed |= before != value;
	add_to_sum(addr);
	if (width_bytes == 4 && value == before - 1 && repeat.num_counts < MAX_COUNTS)
		repeat.counts[repeat.num_counts++] = bytes;
	else
		add_to_sum(value);
}

/* ---- at the head of a loop ---- */

static uint32_t reg_value(unsigned int i)
{
	return cpu_get(i < REGS - 1 ? i : CPU_XPSR);
}

static void take_head(struct head *head, uint32_t pc, const struct repeat_round *now)
{
	head->seen = true;
	head->pc = pc;
	head->cycles = now->cycles;
	head->instructions = now->instructions;
	for (unsigned int i = 0; i < REGS; i++)
		head->regs[i] = reg_value(i);
}

/** How many rounds of so many cycles end before @a end? */
static uint64_t rounds_before(uint64_t now, uint64_t end, uint64_t cycles)
{
	return end > now && cycles ? (end - now) / cycles : 0;
}

uint64_t repeat_wait_rounds(uint32_t pc, struct repeat_round *now, uint64_t limit_cycles)
{
	struct head *head = &repeat.wait;
	const bool same = head->pc == pc && !repeat.changed;

	repeat.changed = false;
	repeat.wait_heads++;
	if (!same || !head->seen) {
		/* counting loops would be looked at for nothing: ask first whether the
		 * register that counted before stands still */
		const uint32_t value = reg_value(repeat.restless);
		if (same && head->regs[repeat.restless] == value) {
			take_head(head, pc, now);
			repeat.idle_at_wait = idle_writes();
		}
		head->pc = pc;
		head->regs[repeat.restless] = value;
		head->seen &= same;
		return 0;
	}
	for (unsigned int i = 0; i < REGS; i++) {
		if (head->regs[i] == reg_value(i))
			continue;
		repeat.restless = i;
		head->seen = false;
		return 0;
	}
	const uint64_t rounds = rounds_before(now->cycles, limit_cycles, now->cycles - head->cycles);
	add_idle_writes(rounds, repeat.idle_at_wait);
	now->instructions -= head->instructions;
	now->cycles -= head->cycles;
	head->seen = false;
	return rounds;
}

/** Did this round do what the one before did, but for counts? */
static bool is_alike(const struct repeat_round *round)
{
	bool alike = repeat.alike && repeat.sums[0] == repeat.sums[1] &&
		round->cycles == repeat.round.cycles && round->instructions == repeat.round.instructions;

	for (unsigned int i = 0; i < REGS; i++) {
		const uint32_t step = reg_value(i) - repeat.poll.regs[i];
		alike &= step == repeat.steps[i] && (step == 0 || step == UINT32_MAX);
		repeat.steps[i] = step;
	}
	repeat.alike = true;
	repeat.sums[1] = repeat.sums[0];
	repeat.round = *round;
	return alike;
}

static uint32_t word_at(const uint8_t *bytes)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/** At most so many rounds that a count stays away from zero. */
static uint64_t keep_from_zero(uint64_t rounds, uint32_t count)
{
	if (count < 2)
		return 0;
	return rounds < count - 2 ? rounds : count - 2;
}

static uint64_t least_count(uint64_t rounds)
{
	for (unsigned int i = 0; i < REGS; i++) {
		if (repeat.steps[i])
			rounds = keep_from_zero(rounds, reg_value(i));
	}
	for (unsigned int i = 0; i < repeat.num_counts; i++)
		rounds = keep_from_zero(rounds, word_at(repeat.counts[i]));
	return rounds;
}

static void count_down(uint32_t rounds)
{
	for (unsigned int i = 0; i < REGS - 1; i++) {
		if (repeat.steps[i])
			cpu_set(i, reg_value(i) - rounds);
	}
	for (unsigned int i = 0; i < repeat.num_counts; i++) {
		const uint32_t word = word_at(repeat.counts[i]) - rounds;

		memcpy(repeat.counts[i], &word, sizeof(word));
	}
}

/** Rounds that end before the limit, the chip's answer and the counts change. */
static uint64_t rounds_to_come(uint64_t cycles, uint64_t now_cycles, uint64_t limit_cycles)
{
	const uint64_t round_ps = cycles * (PS_PER_S / sim_core_hz() + 1);
	const uint64_t answered = rounds_before(sim_time_ps(), poll_again.until_ps, round_ps);
	uint64_t rounds = rounds_before(now_cycles, limit_cycles, cycles);

	if (answered < 2)
		return 0;
	if (rounds > answered - 2)
		rounds = answered - 2;
	return least_count(rounds < UINT32_MAX ? rounds : UINT32_MAX);
}

uint64_t repeat_poll_rounds(uint32_t pc, struct repeat_round *now, uint64_t limit_cycles)
{
	const struct repeat_round round = {
		now->cycles - repeat.poll.cycles, now->instructions - repeat.poll.instructions,
	};
	uint64_t rounds = 0;

	poll_again.seen = false;
	repeat.poll_heads++;
	if (!repeat.poll.seen || repeat.poll.pc != pc)
		repeat.alike = false;
	else if (is_alike(&round) && !repeat.disturbed)
		rounds = rounds_to_come(round.cycles, now->cycles, limit_cycles);
	if (rounds) {
		add_idle_writes(rounds, repeat.idle_at_poll);
		count_down(rounds);
		poll_again.more(poll_again.ctx, rounds);
	}
	take_head(&repeat.poll, pc, now);
	repeat.poll.cycles += rounds * round.cycles;
	repeat.poll.instructions += rounds * round.instructions;
	repeat.idle_at_poll = idle_writes();
	repeat.disturbed = false;
	repeat.sums[0] = 0;
	repeat.num_counts = 0;
	*now = round;
	return rounds;
}
