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
	core_clock stm32f1 8000 {0x40021004 0x001d040a} 72000
}

test clock_f1_half_crystal {
	core_clock stm32f1 16000 {0x40021004 0x001f040a} 72000
}

# HSI / 2 * 16
test clock_f1_pll_of_hsi {
	core_clock stm32f1 0 {0x40021004 0x0038000a} 64000
}

# PLLMUL 13 means different things on different parts
test clock_f1_ambiguous_factor_is_0 {
	core_clock stm32f1 8000 {0x40021004 0x0035040a} 0
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

test clock_gd32_pll_is_unknown {
	core_clock gd32f30x 8000 {0x40021004 0x0a} 0
}
