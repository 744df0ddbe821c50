# SPDX-License-Identifier: GPL-2.0-or-later

# STM32 ports with MODER, two bits a pin: all families but F1.
#
# GPIO registers: RM0090 rev 19 8.4, and the same chapter of the other manuals.
# MODER 0 input, 1 output; OSPEEDR 2 is "high" (F0 and F3: 3); PUPDR 1 pull-up.
# BSRR: bits 0 to 15 set, 16 to 31 reset a pin, set wins (8.4.7).
cmspi_layout stm32_moder {
	kind         set_clear_word
	registers    {out 0x14 in 0x10 set 0x18}
	clear_shift  16
	stride       0x400
	fields       {latch {0x14 16 1} type {0x04 16 1} speed {0x08 16 2}
	              pull {0x0c 16 2} mode {0x00 16 2}}
	output       {latch level type 0 speed 2 pull 0 mode 1}
	input        {pull 1 mode 0}
	turn_in      {mode 0}
	turn_out     {mode 1}
	lock         0x1c
}

# RM0090 rev 19: 2.3 memory map, 6.3.10 RCC_AHB1ENR, 21.4.1 IWDG_KR
cmspi_family stm32f4 {
	layout    stm32_moder
	targets   {stm32f4x}
	ports     {{ABCDEFGHIJK 0x40020000 0x40023830 0}}
	missing   {K 0xff00}
	fixed     {PA13 SWDIO PA14 SWCLK}
	watchdog  {0x40003000 0x0000aaaa}
	core_khz  {4000 180000}
	clock     {cmspi_clock_f4 0x40023800}
}
