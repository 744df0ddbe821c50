# SPDX-License-Identifier: GPL-2.0-or-later

# Ports with MODER, two bits a pin: all STM32 but F1, and what is built like them.
#
# GPIO registers: RM0090 8.4 and the same chapter of the other manuals. MODER 0
# input, 1 output; OSPEEDR 2 is "high"; PUPDR 1 is pull-up, 2 pull-down. BSRR: bits 0 to 15
# set a pin, 16 to 31 reset it, set wins (8.4.7). IWDG_KR: RM0090 21.4.1.
#
# Addresses and gate bits: ST's CMSIS headers, checked against ST's SVD files;
# for other vendors see each row.
cmspi_layout stm32_moder {
	kind         set_clear_word
	registers    {out 0x14 in 0x10 set 0x18}
	clear_shift  16
	stride       0x400
	fields       {latch {0x14 16 1} type {0x04 16 1} speed {0x08 16 2}
	              pull {0x0c 16 2} af {0x20 8 4} mode {0x00 16 2}}
	output       {latch level type 0 speed 2 pull 0 mode 1}
	input        {pull 1 mode 0}
	turn_in      {mode 0}
	turn_out     {mode 1}
	pull_up      {pull 1 mode 0}
	pull_down    {pull 2 mode 0}
	alternate    {{mode 2}}
	driven_low   {{mode 1 latch 0}}
	lock         0x1c
	fixed        {PA13 SWDIO PA14 SWCLK}
	jtag         {PA15 JTDI PB3 JTDO PB4 NJTRST}
	watchdog     {0x40003000 0x0000aaaa}
}

# OSPEEDR here: 0 and 2 low, 1 medium, 3 high (RM0091, GPIOx_OSPEEDR)
set ::cmspi_speed_3 {latch level type 0 speed 3 pull 0 mode 1}

cmspi_family stm32f0 [list output $::cmspi_speed_3 {*}{
	layout    stm32_moder
	targets   stm32f0x
	ports     {{ABCDEF 0x48000000 0x40021014 17}}
	pins      {F 0x0eff}
	core_khz  {4000 48000}
	clock     {stm32f0 0x40021000}
}]

cmspi_family stm32f2 {
	layout    stm32_moder
	targets   stm32f2x
	ports     {{ABCDEFGHI 0x40020000 0x40023830 0}}
	pins      {I 0x0fff}
	core_khz  {4000 120000}
	clock     {stm32f4 0x40023800}
}

# OSPEEDR as F0; the gate of port H lies below that of A (RM0316, RCC_AHBENR)
cmspi_family stm32f3 [list output $::cmspi_speed_3 {*}{
	layout    stm32_moder
	targets   stm32f3x
	ports     {{ABCDEFG 0x48000000 0x40021014 17} {H 0x48001c00 0x40021014 16}}
	pins      {H 0x0007}
	core_khz  {4000 72000}
	clock     {stm32f0 0x40021000}
}]

cmspi_family stm32f4 {
	layout    stm32_moder
	targets   stm32f4x
	ports     {{ABCDEFGHIJK 0x40020000 0x40023830 0}}
	pins      {K 0x00ff}
	core_khz  {4000 180000}
	clock     {stm32f4 0x40023800}
}

cmspi_family stm32f7 {
	layout    stm32_moder
	targets   stm32f7x
	ports     {{ABCDEFGHIJK 0x40020000 0x40023830 0}}
	pins      {K 0x00ff}
	core_khz  {4000 216000}
	clock     {stm32f4 0x40023800}
}

# Pins of G0B1 and G0C1 that VDDIO2 feeds need PWR_CR2.IOSV as well; which they
# are depends on the package, so it is left to the firmware or reset-init
cmspi_family stm32g0 {
	layout    stm32_moder
	targets   stm32g0x
	ports     {{ABCDEF 0x50000000 0x40021034 0}}
	pins      {F 0x3fff}
	core_khz  {32 64000}
	clock     {stm32g0 0x40021000}
}

cmspi_family stm32c0 {
	layout    stm32_moder
	targets   stm32c0x
	ports     {{ABCDEF 0x50000000 0x40021034 0}}
	pins      {D 0x037f E 0 F 0x000f}
	core_khz  {32 48000}
	clock     {stm32c0 0x40021000}
}

cmspi_family stm32u0 {
	layout    stm32_moder
	targets   stm32u0x
	ports     {{ABCDEF 0x50000000 0x4002104c 0}}
	pins      {D 0x3f7f E 0x0388 F 0x000f}
	core_khz  {32 56000}
	clock     {stm32u0 0x40021000}
}

cmspi_family stm32g4 {
	layout    stm32_moder
	targets   stm32g4x
	ports     {{ABCDEFG 0x48000000 0x4002104c 0}}
	pins      {G 0x07ff}
	core_khz  {4000 170000}
	clock     {stm32g4 0x40021000}
}

cmspi_family stm32l0 {
	layout    stm32_moder
	targets   stm32l0
	ports     {{ABCDEFGH 0x50000000 0x4002102c 0}}
	pins      {F 0 G 0 H 0x0603}
	core_khz  {1000 32000}
	clock     {stm32l0 0x40021000}
}

# Ports F and G came after H (RM0038, RCC_AHBENR)
cmspi_family stm32l1 {
	layout    stm32_moder
	targets   stm32l1
	ports     {{ABCDEHFG 0x40020000 0x4002381c 0}}
	pins      {H 0x0007}
	core_khz  {1000 32000}
	clock     {stm32l1 0x40023800}
}

# Port G: VDDIO2 must be declared valid, PWR_CR2.IOSV after RCC_APB1ENR1.PWREN
# (RM0351, "Independent I/O supply rail"). PG0 and PG1 do not need it; for them
# it does no harm.
set ::cmspi_vddio2_l4 {{0x40021058 0x10000000 0x10000000} {0x40007004 0x00000200 0x00000200}}

cmspi_family stm32l4 [list prepare [list G $::cmspi_vddio2_l4] {*}{
	layout    stm32_moder
	targets   stm32l4x
	ports     {{ABCDEFGHI 0x48000000 0x4002104c 0}}
	pins      {I 0x0fff}
	core_khz  {4000 80000}
	clock     {stm32l4 0x40021000}
}]

# stm32l4x.cfg serves L4+ as well: -family is needed only where the core clock
# cannot be read
cmspi_family stm32l4plus [list prepare [list G $::cmspi_vddio2_l4] {*}{
	layout    stm32_moder
	ports     {{ABCDEFGHI 0x48000000 0x4002104c 0}}
	pins      {I 0x0fff}
	core_khz  {4000 120000}
	clock     {stm32l4 0x40021000}
}]

# Addresses are the non-secure ones, for TZEN = 0
cmspi_family stm32l5 [list prepare [list G $::cmspi_vddio2_l4] {*}{
	layout    stm32_moder
	targets   stm32l5x
	ports     {{ABCDEFGH 0x42020000 0x4002104c 0}}
	pins      {H 0x000b}
	core_khz  {4000 110000}
	clock     {stm32l4 0x40021000}
}]

# Non-secure addresses. Port G: PWR_SVMCR.IO2SV after RCC_AHB3ENR.PWREN
cmspi_family stm32u5 {
	layout    stm32_moder
	targets   stm32u5x
	ports     {{ABCDEFGHIJ 0x42020000 0x46020c8c 0}}
	pins      {J 0x0fff}
	prepare   {G {{0x46020c94 0x00000004 0x00000004} {0x46020810 0x20000000 0x20000000}}}
	core_khz  {4000 160000}
	clock     {stm32u5 0x46020c00}
}

# Non-secure addresses. Port G as on U5, RCC_AHB4ENR.PWREN
cmspi_family stm32wba {
	layout    stm32_moder
	targets   {stm32wba2x stm32wba5x stm32wba6x}
	ports     {{ABCDEFGH 0x42020000 0x46020c8c 0}}
	pins      {E 0x007f F 0 G 0xfffc H 0x0008}
	prepare   {G {{0x46020c94 0x00000004 0x00000004} {0x46020810 0x20000000 0x20000000}}}
	core_khz  {1000 100000}
	clock     {stm32wba 0x46020c00}
}

# Non-secure addresses
cmspi_family stm32h5 {
	layout    stm32_moder
	targets   stm32h5x
	ports     {{ABCDEFGHIJ 0x42020000 0x44020c8c 0} {K 0x42022800 0x44020c8c 26}}
	pins      {I 0x0fff}
	core_khz  {4000 250000}
	clock     {stm32h5 0x44020c00}
}

# IWDG1 of the Cortex-M7
cmspi_family stm32h7 {
	layout    stm32_moder
	targets   stm32h7x
	cpu       cpu0
	ports     {{ABCDEFGHIJK 0x58020000 0x580244e0 0}}
	pins      {K 0x00ff}
	watchdog  {0x58004800 0x0000aaaa}
	core_khz  {4000 550000}
	clock     {stm32h7 0x58024400}
}

# H7A3, H7B0, H7B3: RCC_AHB4ENR is elsewhere, stm32h7x.cfg serves them as well:
# they need -family stm32h7ab
cmspi_family stm32h7ab {
	layout    stm32_moder
	cpu       cpu0
	ports     {{ABCDEFGHIJK 0x58020000 0x58024540 0}}
	pins      {K 0x00ff}
	watchdog  {0x58004800 0x0000aaaa}
	core_khz  {4000 280000}
	clock     {stm32h7 0x58024400}
}

# Ports O and P hang on the XSPI1 domain, N on XSPI2: PWR_CSR2.EN_XSPIM1 and 2
cmspi_family stm32h7rs {
	layout    stm32_moder
	targets   stm32h7rsx
	cpu       cpu0
	ports     {{ABCDEFGH 0x58020000 0x58024540 0} {MNOP 0x58023000 0x58024540 12}}
	pins      {H 0x0003 M 0x7b6f N 0x1fff O 0x003f}
	prepare   {N {{0x5802480c 0x00008000 0x00008000}}
	           O {{0x5802480c 0x00004000 0x00004000}}
	           P {{0x5802480c 0x00004000 0x00004000}}}
	watchdog  {0x58004800 0x0000aaaa}
	core_khz  {4000 600000}
	clock     {stm32h7rs 0x58024400}
}

cmspi_family stm32wb {
	layout    stm32_moder
	targets   stm32wbx
	ports     {{ABCDEFGH 0x48000000 0x5800004c 0}}
	pins      {E 0x001f F 0 G 0 H 0x000b}
	core_khz  {100 64000}
	clock     {stm32wb 0x58000000}
}

cmspi_family stm32wl {
	layout    stm32_moder
	targets   stm32wlx
	cpu       cpu0
	ports     {{ABCDEFGH 0x48000000 0x5800004c 0}}
	pins      {C 0xe07f D 0 E 0 F 0 G 0 H 0x0008}
	core_khz  {100 48000}
	clock     {stm32wl 0x58000000}
}

# GD32: GigaDevice's standard peripheral library headers; OSPD as F0 except on
# F4xx. Pins are taken to be 16 a port.
cmspi_family gd32f1x0 [list output $::cmspi_speed_3 {*}{
	layout    stm32_moder
	ports     {{ABCDEF 0x48000000 0x40021014 17}}
	pins      {E 0}
	core_khz  {4000 72000}
	clock     {gd32f1x0 0x40021000}
}]

cmspi_family gd32f3x0 [list output $::cmspi_speed_3 {*}{
	layout    stm32_moder
	ports     {{ABCDEF 0x48000000 0x40021014 17}}
	pins      {E 0}
	core_khz  {4000 108000}
	clock     {gd32f3x0 0x40021000}
}]

cmspi_family gd32e23x [list output $::cmspi_speed_3 {*}{
	layout    stm32_moder
	targets   gd32e23x
	ports     {{ABCDEF 0x48000000 0x40021014 17}}
	pins      {D 0 E 0}
	core_khz  {4000 72000}
	clock     {gd32e23x 0x40021000}
}]

cmspi_family gd32f4xx {
	layout    stm32_moder
	ports     {{ABCDEFGHI 0x40020000 0x40023830 0}}
	core_khz  {4000 240000}
	clock     {stm32f4 0x40023800}
}

# AT32: Artery's SVD files; ODRVR 2 is moderate drive (at32f435_437_gpio.h). Pins
# are taken to be 16 a port.
cmspi_family at32f421_425 {
	layout    stm32_moder
	ports     {{ABCDEF 0x48000000 0x40021014 17}}
	pins      {E 0}
	core_khz  {4000 120000}
	clock     {at32f421 0x40021000}
}

# F423 as well
cmspi_family at32f435_437 {
	layout    stm32_moder
	ports     {{ABCDEFGH 0x40020000 0x40023830 0}}
	core_khz  {4000 288000}
	clock     {at32f435 0x40023800}
}

# Their PLL is not F435's
cmspi_family at32f402_405 {
	layout    stm32_moder
	ports     {{ABCDEF 0x40020000 0x40023830 0}}
	pins      {E 0}
	core_khz  {4000 216000}
	clock     {at32f402 0x40023800}
}
