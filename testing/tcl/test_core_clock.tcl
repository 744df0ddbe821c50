# SPDX-License-Identifier: GPL-2.0-or-later

# Core clocks read from registers as a firmware leaves them. Register words were
# put together by hand from the manuals.

# family, crystal in kHz, registers, wanted kHz
proc core_clock {family hse_khz registers wanted} {
	set ::registers $registers
	expect_equal [cmspi_core_khz board.cpu $family $hse_khz] $wanted
}

test clock_f4_after_reset_is_hsi {
	core_clock stm32f4 0 {0x40023808 0} 16000
	expect_equal $::reads 1
}

# what stm32f4x.cfg's reset-init makes: HSI / 8 * 64 / 2 = 64 MHz
test clock_f4_pll_of_hsi {
	core_clock stm32f4 0 {0x40023808 0x0000000a 0x40023804 0x00001008} 64000
	expect_equal $::reads 2
}

# 8 MHz / 8 * 336 / 2 = 168 MHz, PLLSRC bit 22
test clock_f4_pll_of_crystal {
	core_clock stm32f4 8000 {0x40023808 0x0000940a 0x40023804 0x07405408} 168000
}

test clock_f4_unknown_crystal_is_0 {
	core_clock stm32f4 0 {0x40023808 0x0000000a 0x40023804 0x07405408} 0
}

test clock_f4_prescaler {
	core_clock stm32f4 0 {0x40023808 0x00000090} 4000
}

# 8 MHz * 9, PLLMUL 7 in bits 18 to 21, PLLSRC bit 16, SWS 2
test clock_f1_pll_of_crystal {
	core_clock stm32f1 8000 {0x40021004 0x001d040a 0x4002102c 0} 72000
}

test clock_f1_half_crystal {
	core_clock stm32f1 16000 {0x40021004 0x001f040a 0x4002102c 0} 72000
}

# F100, F105: PREDIV1 5 is in both registers; 20 MHz / 6 * 6, rounded up on the way.
# With PLL2: unknown.
test clock_f1_divider_in_two_registers {
	core_clock stm32f1 20000 {0x40021004 0x0013040a 0x4002102c 5} 20004
	core_clock stm32f1 25000 {0x40021004 0x001d040a 0x4002102c 0x00010644} 0
}

# HSI / 2 * 16
test clock_f1_pll_of_hsi {
	core_clock stm32f1 0 {0x40021004 0x0038000a} 64000
}

# PLLMUL 13 means different things on different parts
test clock_f1_ambiguous_factor_is_0 {
	core_clock stm32f1 8000 {0x40021004 0x0035040a 0x4002102c 0} 0
}

# what stm32f0x.cfg's reset-init makes: HSI / 2 * 12 = 48 MHz
test clock_f0_pll_of_hsi {
	core_clock stm32f0 0 {0x40021004 0x0028000a} 48000
}

test clock_f0_hsi48 {
	core_clock stm32f0 0 {0x40021004 0x0000000f} 48000
}

# 16 MHz / 1 * 8 / 2: PLLSRC 2, M 0, N 8, R 1
test clock_g0_pll_of_hsi {
	core_clock stm32g0 0 {0x40021008 0x00000012 0x4002100c 0x20000802} 64000
}

test clock_g0_hsi_divided {
	core_clock stm32g0 0 {0x40021008 0 0x40021000 0x00001800} 2000
}

# MSI range 9 selected in RCC_CR, as stm32l4x.cfg does
test clock_l4_msi_24_mhz {
	core_clock stm32l4 0 {0x40021008 0 0x40021000 0x00000099} 24000
}

test clock_l4_msi_after_standby {
	core_clock stm32l4 0 {0x40021008 0 0x40021000 0x00000063 0x40021094 0x00000600} 4000
}

# MSI 4 MHz / 1 * 40 / 2
test clock_l4_pll_of_msi {
	core_clock stm32l4 0 {0x40021008 0x0f 0x4002100c 0x01002801 0x40021000 0x69} 80000
}

test clock_l0_msi_after_reset {
	core_clock stm32l0 0 {0x4002100c 0 0x40021004 0x0000a000} 2098
}

# HSI16 * 4 / 2: PLLMUL 1, PLLDIV 1
test clock_l0_pll_of_hsi {
	core_clock stm32l0 0 {0x4002100c 0x0044000f 0x40021000 0} 32000
}

test clock_h7_after_reset_is_hsi {
	core_clock stm32h7 0 {0x58024418 0 0x58024410 0 0x58024400 1} 64000
}

# 8 MHz / 1 * 120 / 2
test clock_h7_pll_of_crystal {
	core_clock stm32h7 8000 {0x58024418 0x00000008 0x58024410 0x0000001b
		0x58024428 0x00000012 0x58024430 0x00000277 0x5802442c 0} 480000
}

test clock_h7rs_hsi_halved_by_cpre {
	core_clock stm32h7rs 0 {0x58024418 8 0x58024410 0 0x58024400 0} 32000
}

# HSIDIV 1 is what H5 has after reset: 32 MHz
test clock_h5_after_reset {
	core_clock stm32h5 0 {0x44020c20 0 0x44020c1c 0 0x44020c00 0x0000002b} 32000
}

# MSIS 4 MHz / 1 * 80 / 2: SRC 1, N 79, R 1; range 4 in ICSCR1
test clock_u5_pll_of_msi {
	core_clock stm32u5 0 {0x46020c1c 0x0f 0x46020c20 0 0x46020c28 1
		0x46020c34 0x0100004f 0x46020c08 0x40800000} 160000
}

# HPRE 2 divides by 5 on WB; crystal 32 MHz
test clock_wb_odd_prescaler {
	core_clock stm32wb 0 {0x58000008 0x0000002a 0x58000000 0} 6400
}

test clock_c0_after_reset {
	core_clock stm32c0 0 {0x40021008 0 0x40021000 0x00001540} 12000
}

test clock_u0_msi_after_reset {
	core_clock stm32u0 0 {0x40021008 0 0x40021000 0x00000083 0x40021094 0x00000600} 4000
}

# a value that means nothing is unknown, not an error: MSI range 15
test clock_wb_impossible_range_is_0 {
	core_clock stm32wb 0 {0x58000008 0 0x58000000 0x000000f1} 0
}

# 32 MHz / 2 / 4 * 50 / 2: HSEPRE, SRC 3, M 3, N 49, R 1; HPRE 4 halves
test clock_wba_pll_of_crystal {
	core_clock stm32wba 0 {0x46020c1c 0x0f 0x46020c20 4 0x46020c00 0x00110500
		0x46020c28 0x303 0x46020c34 0x01000031} 50000
}

# 8 MHz / 2 * 6, the sort of line that F1's examples have
test clock_gd32f10x_like_f1 {
	core_clock gd32f10x 8000 {0x40021004 0x0013000a 0x4002102c 0} 24000
}

# bit 27 is bit 4 of PLLMF: 8 MHz * 15 at 13 without it, * 30 with it
test clock_gd32f30x_factor_in_two_places {
	core_clock gd32f30x 8000 {0x40021004 0x0035000a 0x4002102c 0} 120000
	core_clock gd32f30x 4000 {0x40021004 0x0835000a 0x4002102c 0} 120000
	core_clock gd32f30x 0 {0x40021004 0x0000000a 0x4002102c 0} 8000
}

# bit 29: a part with a USBFS, or a second PLL before this one
test clock_gd32f30x_unknown_part_is_0 {
	core_clock gd32f30x 8000 {0x40021004 0x2035000a 0x4002102c 0} 0
	core_clock gd32f30x 8000 {0x40021004 0x0035000a 0x4002102c 0x00010000} 0
}

# IRC48M / 12 * 30
test clock_gd32f403_pll_of_irc48m {
	core_clock gd32f403 0 {0x40021004 0x2035000a 0x4002102c 0x4000000b} 120000
}

# the factor 6.5
test clock_gd32e10x_half_factor_is_0 {
	core_clock gd32e10x 8000 {0x40021004 0x0035000a 0x4002102c 0} 0
}

# 15 is 17 here; PLLMF5 in RCU_CFG1: 4 MHz * 33
test clock_gd32f3x0_factors {
	core_clock gd32f3x0 0 {0x40021004 0x003c000a 0x4002102c 0} 68000
	core_clock gd32f3x0 0 {0x40021004 0x0000000a 0x4002102c 0x80000000} 132000
}

# both HICK_TO_SCLK and HICKDIV: 48 MHz
test clock_at32f403a_oscillator {
	core_clock at32f403a_407 0 {0x40021004 0 0x40021054 0} 8000
	core_clock at32f403a_407 0 {0x40021004 0 0x40021054 0x200 0x40021030 0} 8000
	core_clock at32f413 0 {0x40021004 0 0x40021054 0x200 0x40021030 0x02000000} 48000
}

# HICK / 2 * 64
test clock_at32f403_largest_factor {
	core_clock at32f403 0 {0x40021004 0x603c000a} 256000
}

# PLLCFGEN: 8 MHz / 2 * 120 / (1 * 4)
test clock_at32f421_pll_without_multiplier {
	core_clock at32f421_425 8000 {0x40021004 0x0003000a 0x4002102c 0x80007812} 120000
}

# HEXT 12 MHz / 4; its divider is not before the PLL: 12 MHz * 72 / (1 * 4)
test clock_at32f405_crystal {
	core_clock at32f402_405 12000 {0x40023808 0x05 0x400238a4 0x0010000d} 3000
	core_clock at32f402_405 12000 {0x40023808 0x0a 0x40023804 0x40021201} 216000
}

# 8 MHz HICK * 72 / (1 * 2)
test clock_at32f435_pll_of_oscillator {
	core_clock at32f435_437 0 {0x40023808 0x0a 0x40023804 0x00011201} 288000
}
