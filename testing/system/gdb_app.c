// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * Application of the GDB tests: a loop in the internal flash of an STM32F407,
 * and in the serial chip what a debugger may want to look at.
 */

#include <stdint.h>

void reset_handler(void);

volatile uint32_t rounds;

__attribute__((section(".extflash"), used)) const char greeting[] = "hello from the chip";
__attribute__((section(".extflash"), used)) const uint32_t answer = ANSWER;

/* An overlay that a real application would copy to RAM before it calls it. */
__attribute__((section(".extflash.text"), used, noinline)) uint32_t overlay(uint32_t value)
{
	return value * 3 + 1;
}

__attribute__((noinline)) void step(uint32_t by)
{
	rounds += by;
}

void reset_handler(void)
{
	rounds = 0;
	for (;;)
		step(2);
}

__attribute__((section(".vectors"), used)) static const uintptr_t vectors[2] = {
	0x20001000, (uintptr_t)reset_handler,
};
