// SPDX-License-Identifier: GPL-2.0-or-later

/*
 * The least that has something in both flashes. How a firmware reads the chip
 * is shown in examples/demo.
 */

#include <stdint.h>

extern uint32_t stack_top;
int main(void);
void reset_handler(void);

volatile uint32_t rounds;

__attribute__((section(".extflash"), used))
static const char greeting[] = "hello from the chip";

int main(void)
{
	for (rounds = 0;; rounds++)
		;
}

void reset_handler(void)
{
	main();
}

/* ARMv7-M ARM (DDI 0403E), B1.5.3: stack pointer and reset come first. */
__attribute__((section(".vectors"), used))
static const uintptr_t vectors[2] = {
	(uintptr_t)&stack_top,
	(uintptr_t)reset_handler,
};
