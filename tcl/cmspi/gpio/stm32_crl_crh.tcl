# SPDX-License-Identifier: GPL-2.0-or-later

# Ports with CRL and CRH, four bits a pin: STM32F1 and what is built like it.
#
# GPIO registers: RM0008 9.2. A pin's four bits are CNF and MODE: 3 push-pull
# output of 50 MHz, 8 input with a pull whose direction the output latch gives;
# with MODE not 0, CNF 2 and 3 are the alternate functions.
# BSRR: bits 0 to 15 set a pin, 16 to 31 reset it, set wins (9.2.5).
#
# PA15, PB3 and PB4 belong to JTAG until AFIO_MAPR.SWJ_CFG is 2, which leaves SWD
# on (RM0008 9.3.5, 9.4.2). The field is write-only and reads as garbage: every
# write has to carry 2, never what was read, and 4 would shut the probe out.
cmspi_layout stm32_crl_crh {
	kind         set_clear_word
	registers    {out 0x0c in 0x08 set 0x10}
	clear_shift  16
	stride       0x400
	fields       {latch {0x0c 16 1} config {0x00 8 4}}
	output       {latch level config 3}
	input        {latch 1 config 8}
	turn_in      {config 8}
	turn_out     {config 3}
	pull_up      {latch 1 config 8}
	pull_down    {latch 0 config 8}
	alternate    {{config 9} {config 10} {config 11} {config 13} {config 14} {config 15}}
	driven_low   {{config 1 latch 0} {config 2 latch 0} {config 3 latch 0}
	              {config 5 latch 0} {config 6 latch 0} {config 7 latch 0}}
	lock         0x18
	fixed        {PA13 SWDIO PA14 SWCLK}
	jtag         {PA15 JTDI PB3 JTDO PB4 NJTRST}
	prepare      {PA15 {{0x40021018 0x00000001 0x00000001}
	                    {0x40010004 0x07000000 0x02000000 0x07000000}}
	              PB3  {{0x40021018 0x00000001 0x00000001}
	                    {0x40010004 0x07000000 0x02000000 0x07000000}}
	              PB4  {{0x40021018 0x00000001 0x00000001}
	                    {0x40010004 0x07000000 0x02000000 0x07000000}}}
	watchdog     {0x40003000 0x0000aaaa}
}

# ST's CMSIS header and SVD files
cmspi_family stm32f1 {
	layout    stm32_crl_crh
	targets   stm32f1x
	ports     {{ABCDEFG 0x40010800 0x40021018 2}}
	core_khz  {4000 72000}
	clock     {stm32f1 0x40021000}
}

# GigaDevice's standard peripheral library headers. Pins are taken to be 16 a
# port. Stock target files call these stm32f1x: -family is needed only where the
# core clock cannot be read.
cmspi_family gd32f10x {
	layout    stm32_crl_crh
	ports     {{ABCDEFG 0x40010800 0x40021018 2}}
	core_khz  {4000 108000}
	clock     {gd32f10x 0x40021000}
}

cmspi_family gd32f30x {
	layout    stm32_crl_crh
	ports     {{ABCDEFG 0x40010800 0x40021018 2}}
	core_khz  {4000 120000}
	clock     {gd32f30x 0x40021000}
}

cmspi_family gd32f403 {
	layout    stm32_crl_crh
	ports     {{ABCDEFG 0x40010800 0x40021018 2}}
	core_khz  {4000 168000}
	clock     {gd32f403 0x40021000}
}

cmspi_family gd32e10x {
	layout    stm32_crl_crh
	ports     {{ABCDE 0x40010800 0x40021018 2}}
	core_khz  {4000 120000}
	clock     {gd32e10x 0x40021000}
}

# AT32: Artery's SVD files. IOMC 1 is the stronger push-pull output (its
# at32f403a_407_gpio.h); 3 is not described. Pins are taken to be 16 a port.
cmspi_family at32f403 {
	layout    stm32_crl_crh
	ports     {{ABCDEFG 0x40010800 0x40021018 2}}
	output    {latch level config 1}
	turn_out  {config 1}
	core_khz  {4000 200000}
	clock     {at32f403 0x40021000}
}

cmspi_family at32f403a_407 {
	layout    stm32_crl_crh
	ports     {{ABCDE 0x40010800 0x40021018 2}}
	output    {latch level config 1}
	turn_out  {config 1}
	core_khz  {4000 240000}
	clock     {at32f403a 0x40021000}
}

cmspi_family at32f413 {
	layout    stm32_crl_crh
	ports     {{ABCDEF 0x40010800 0x40021018 2}}
	pins      {E 0}
	output    {latch level config 1}
	turn_out  {config 1}
	core_khz  {4000 200000}
	clock     {at32f403a 0x40021000}
}
