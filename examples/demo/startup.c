// SPDX-License-Identifier: GPL-2.0-or-later

/* The vector table, and what must happen in RAM before main(). */

#include <stdint.h>

extern uint32_t stack_top;
extern uint32_t data_start, data_end, data_load;
extern uint32_t bss_start, bss_end;

int main(void);
void reset_handler(void);

static void fault_handler(void)
{
	for (;;)
		;
}

void reset_handler(void)
{
	const uint32_t *from = &data_load;
	for (uint32_t *to = &data_start; to < &data_end; to++)
		*to = *from++;
	for (uint32_t *to = &bss_start; to < &bss_end; to++)
		*to = 0;
	main();
	for (;;)
		;
}

/* ARMv7-M ARM (DDI 0403E), B1.5.3: exception number n is word n. Interrupts
 * are never enabled here, so that the table ends with SysTick. */
__attribute__((section(".vectors"), used))
static const uintptr_t vectors[16] = {
	[0] = (uintptr_t)&stack_top,
	[1] = (uintptr_t)reset_handler,
	[2] = (uintptr_t)fault_handler,
	[3] = (uintptr_t)fault_handler,
	[4] = (uintptr_t)fault_handler,
	[5] = (uintptr_t)fault_handler,
	[6] = (uintptr_t)fault_handler,
	[11] = (uintptr_t)fault_handler,
	[12] = (uintptr_t)fault_handler,
	[14] = (uintptr_t)fault_handler,
	[15] = (uintptr_t)fault_handler,
};
