# SPDX-License-Identifier: GPL-2.0-or-later

# Clock trees of STM32 and of what is built like them. Offsets and fields were
# compared with ST's CMSIS headers; meanings are those of the manual named.

# F1: RM0008 7.3.2 RCC_CFGR. PLLXTPRE halves the crystal; on F100, F105 and F107 it
# is the lowest bit of PREDIV1, whose others are in RCC_CFGR2 (RM0008 8.3.12, RM0041
# 7.3.12), which reads 0 elsewhere. Unknown, so 0: PLLMUL 13, 6.5 on F105 and F107 and
# 15 elsewhere, and PLL2 before the PLL.
cmspi_clock_tree stm32f1 {
	core {from {0x04 2 2 {8000 hse pll 0}} by {{0x04 4 4 hpre}}}
	pll  {from {0x04 16 1 {4000 hse_pre}} times {{0x04 18 4 {2 3 4 5 6 7 8 9 10 11 12 13 14 0 16 16}}}}
	hse_pre {from {0x2c 16 1 {hse 0}} by {{0x04 17 1 +1 0x2c 1 3}}}
}

# F0: RM0091, RCC_CFGR and RCC_CFGR2; F3: RM0316, the same.
# Parts without the low bit of PLLSRC read it as 0.
cmspi_clock_tree stm32f0 {
	core {from {0x04 2 2 {8000 hse pll 48000}} by {{0x04 4 4 hpre}}}
	pll  {from {0x04 15 2 {4000 hsi_pre hse_pre hsi48_pre}}
	      times {{0x04 18 4 {2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 16}}}}
	hsi_pre   {from 8000 by {{0x2c 0 4 +1}}}
	hse_pre   {from hse by {{0x2c 0 4 +1}}}
	hsi48_pre {from 48000 by {{0x2c 0 4 +1}}}
}

# F2, F4, F7: RM0090 6.3.2 RCC_PLLCFGR, 6.3.3 RCC_CFGR; PLLR as system clock on
# F446 only (RM0390)
cmspi_clock_tree stm32f4 {
	core  {from {0x08 2 2 {16000 hse pll_p pll_r}} by {{0x08 4 4 hpre}}}
	vco   {from {0x04 22 1 {16000 hse}} times {{0x04 6 9 +0}} by {{0x04 0 6 +0}}}
	pll_p {from vco by {{0x04 16 2 {2 4 6 8}}}}
	pll_r {from vco by {{0x04 28 3 +0}}}
}

# L0: RM0367, RCC_CR, RCC_ICSCR, RCC_CFGR
cmspi_clock_tree stm32l0 {
	core {from {0x0c 2 2 {msi hsi hse pll}} by {{0x0c 4 4 hpre}}}
	msi  {from {0x04 13 3 {66 132 263 525 1049 2098 4195 0}}}
	hsi  {from 16000 by {{0x00 4 1 {1 4}}}}
	pll  {from {0x0c 16 1 {hsi hse}} times {{0x0c 18 4 {3 4 6 8 12 16 24 32 48}}}
	      by {{0x0c 22 2 {0 2 3 4}}}}
}

# L1: RM0038, RCC_ICSCR, RCC_CFGR
cmspi_clock_tree stm32l1 {
	core {from {0x08 2 2 {msi 16000 hse pll}} by {{0x08 4 4 hpre}}}
	msi  {from {0x04 13 3 {66 132 263 525 1049 2098 4195 0}}}
	pll  {from {0x08 16 1 {16000 hse}} times {{0x08 18 4 {3 4 6 8 12 16 24 32 48}}}
	      by {{0x08 22 2 {0 2 3 4}}}}
}

# L4, L4+, L5: RM0351, RCC_CR, RCC_CFGR, RCC_PLLCFGR, RCC_CSR. PLLM has four bits
# on L4+ and L5; the fourth is 0 on L4.
cmspi_clock_tree stm32l4 {
	core {from {0x08 2 2 {msi 16000 hse pll}} by {{0x08 4 4 hpre}}}
	msi  {from {0x00 3 1 {msi_standby msi_run}}}
	msi_run {from {0x00 4 4 {100 200 400 800 1000 2000 4000 8000 16000 24000 32000 48000}}}
	msi_standby {from {0x94 8 4 {0 0 0 0 1000 2000 4000 8000}}}
	pll  {from {0x0c 0 2 {0 msi 16000 hse}} times {{0x0c 8 7 +0}}
	      by {{0x0c 4 4 +1} {0x0c 25 2 {2 4 6 8}}}}
}

# G4: RM0440, RCC_CFGR, RCC_PLLCFGR
cmspi_clock_tree stm32g4 {
	core {from {0x08 2 2 {0 16000 hse pll}} by {{0x08 4 4 hpre}}}
	pll  {from {0x0c 0 2 {0 0 16000 hse}} times {{0x0c 8 7 +0}}
	      by {{0x0c 4 4 +1} {0x0c 25 2 {2 4 6 8}}}}
}

# G0: RM0444, RCC_CR, RCC_CFGR, RCC_PLLCFGR
cmspi_clock_tree stm32g0 {
	core {from {0x08 3 3 {hsi hse pll 32 33 0 0 0}} by {{0x08 8 4 hpre}}}
	hsi  {from 16000 by {{0x00 11 3 pow2}}}
	pll  {from {0x0c 0 2 {0 0 16000 hse}} times {{0x0c 8 7 +0}}
	      by {{0x0c 4 3 +1} {0x0c 29 3 +1}}}
}

# C0: RM0490, RCC_CR (SYSDIV reads 0 where there is none), RCC_CFGR
cmspi_clock_tree stm32c0 {
	core {from {0x08 3 3 {hsi hse 48000 32 33 0 0 0}} by {{0x08 8 4 hpre} {0x00 2 3 +1}}}
	hsi  {from 48000 by {{0x00 11 3 pow2}}}
}

# U0: RM0503, RCC_CR, RCC_CFGR, RCC_PLLCFGR, RCC_CSR
cmspi_clock_tree stm32u0 {
	core {from {0x08 3 3 {msi 16000 hse pll 32 33 0 0}} by {{0x08 8 4 hpre}}}
	msi  {from {0x00 3 1 {msi_standby msi_run}}}
	msi_run {from {0x00 4 4 {100 200 400 800 1000 2000 4000 8000 16000 24000 32000 48000}}}
	msi_standby {from {0x94 8 4 {0 0 0 0 1000 2000 4000 8000}}}
	pll  {from {0x0c 0 2 {0 msi 16000 hse}} times {{0x0c 8 7 +0}}
	      by {{0x0c 4 3 +1} {0x0c 29 3 +1}}}
}

# WB: RM0434, RCC_CR, RCC_CFGR (HPRE also divides by 3, 5, 6, 10 and 32),
# RCC_PLLCFGR. The crystal is always 32 MHz.
cmspi_clock_tree stm32wb {
	core {from {0x08 2 2 {msi 16000 hse_pre pll}}
	      by {{0x08 4 4 {1 3 5 1 1 6 10 32 2 4 8 16 64 128 256 512}}}}
	msi  {from {0x00 4 4 {100 200 400 800 1000 2000 4000 8000 16000 24000 32000 48000}}}
	hse_pre {from 32000 by {{0x00 20 1 +1}}}
	pll  {from {0x0c 0 2 {0 msi 16000 hse_pre}} times {{0x0c 8 7 +0}}
	      by {{0x0c 4 3 +1} {0x0c 29 3 +1}}}
}

# WL: RM0453, the same registers and RCC_CSR
cmspi_clock_tree stm32wl {
	core {from {0x08 2 2 {msi 16000 hse_pre pll}}
	      by {{0x08 4 4 {1 3 5 1 1 6 10 32 2 4 8 16 64 128 256 512}}}}
	msi  {from {0x00 3 1 {msi_standby msi_run}}}
	msi_run {from {0x00 4 4 {100 200 400 800 1000 2000 4000 8000 16000 24000 32000 48000}}}
	msi_standby {from {0x94 8 4 {0 0 0 0 1000 2000 4000 8000}}}
	hse_pre {from 32000 by {{0x00 20 1 +1}}}
	pll  {from {0x0c 0 2 {0 msi 16000 hse_pre}} times {{0x0c 8 7 +0}}
	      by {{0x0c 4 3 +1} {0x0c 29 3 +1}}}
}

# H7, H7A/B: RM0433, RCC_CR, RCC_CFGR, RCC_D1CFGR, RCC_PLLCKSELR, RCC_PLLCFGR,
# RCC_PLL1DIVR. A fraction is rounded up to the next whole factor.
cmspi_clock_tree stm32h7 {
	core {from sys by {{0x18 8 4 hpre}}}
	sys  {from {0x10 3 3 {hsi 4000 hse pll 0 0 0 0}}}
	hsi  {from 64000 by {{0x00 3 2 pow2}}}
	pll  {from {0x28 0 2 {hsi 4000 hse 0}} times {{0x30 0 9 +1} {0x2c 0 1 +0}}
	      by {{0x28 4 6 +0} {0x30 9 7 +1}}}
}

# H7RS: RM0477, RCC_CDCFGR.CPRE in bits 0 to 3
cmspi_clock_tree stm32h7rs {
	core {from sys by {{0x18 0 4 hpre}}}
	sys  {from {0x10 3 3 {hsi 4000 hse pll 0 0 0 0}}}
	hsi  {from 64000 by {{0x00 3 2 pow2}}}
	pll  {from {0x28 0 2 {hsi 4000 hse 0}} times {{0x30 0 9 +1} {0x2c 0 1 +0}}
	      by {{0x28 4 6 +0} {0x30 9 7 +1}}}
}

# H5: RM0481, RCC_CR, RCC_CFGR1, RCC_CFGR2, RCC_PLL1CFGR, RCC_PLL1DIVR
cmspi_clock_tree stm32h5 {
	core {from {0x1c 3 2 {hsi 4000 hse pll}} by {{0x20 0 4 hpre}}}
	hsi  {from 64000 by {{0x00 3 2 pow2}}}
	pll  {from {0x28 0 2 {0 hsi 4000 hse}} times {{0x34 0 9 +1} {0x28 4 1 +0}}
	      by {{0x28 8 6 +0} {0x34 9 7 +1}}}
}

# U5: RM0456, RCC_ICSCR1, RCC_CFGR1, RCC_CFGR2, RCC_PLL1CFGR, RCC_PLL1DIVR,
# RCC_CSR
cmspi_clock_tree stm32u5 {
	core {from {0x1c 2 2 {msi 16000 hse pll}} by {{0x20 0 4 hpre}}}
	msi  {from {0x08 23 1 {msi_standby msi_run}}}
	msi_run {from {0x08 28 4 {48000 24000 16000 12000 4000 2000 1334 1000
	      3072 1536 1024 768 400 200 134 100}}}
	msi_standby {from {0xf4 12 4 {0 0 0 0 4000 2000 1334 1000 3072 0 0 0 0 0 0 0}}}
	pll  {from {0x28 0 2 {0 msi 16000 hse}} times {{0x34 0 9 +1} {0x28 4 1 +0}}
	      by {{0x28 8 4 +1} {0x34 24 7 +1}}}
}

# WBA: RM0493, RCC_CR, RCC_CFGR1, RCC_CFGR2 (HPRE has three bits), RCC_PLL1CFGR,
# RCC_PLL1DIVR. The crystal is always 32 MHz. PLL1RCLKPRE may halve the PLL for a
# moment; the figure is too high then.
cmspi_clock_tree stm32wba {
	core {from {0x1c 2 2 {16000 0 hse_pre pll}} by {{0x20 0 3 {1 1 1 1 2 4 8 16}}}}
	hse_pre {from 32000 by {{0x00 20 1 +1}}}
	pll  {from {0x28 0 2 {0 0 16000 hse_pre}} times {{0x34 0 9 +1}}
	      by {{0x28 8 3 +1} {0x34 24 7 +1}}}
}
