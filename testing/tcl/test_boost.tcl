# SPDX-License-Identifier: GPL-2.0-or-later

# -boost: what it adds to reset-init, and what it writes

proc boosted_bank {family} {
	cmspi_bank ext 0x90000000 board.cpu -family $family -boost -cs PA4 -clk PA5 -mosi PA7 -miso PA6
}

test boost_chains_reset_init {
	set ::reset_init {set ::handler_ran 1}
	boosted_bank stm32f1
	expect_equal $::reset_init "set ::handler_ran 1\ncmspi_boost_run board.cpu stm32f1"
}

test boost_of_two_banks_runs_once {
	boosted_bank stm32f1
	set once $::reset_init
	cmspi_bank b 0x91000000 board.cpu -family stm32f1 -boost -cs PA3 -clk PA5 -mosi PA7 -miso PA6
	expect_equal $::reset_init $once
}

test boost_where_the_target_file_does_it_says_so {
	boosted_bank stm32f4
	expect_equal $::reset_init {}
	expect_equal $::said "cmspi_bank: -boost does nothing for stm32f4: its target file sets a\
		clock itself, or no safe one is known"
}

# RM0008: after reset RCC_CR 0x00000083, RCC_CFGR 0. HSI / 2 * 6 = 24 MHz
test boost_f1_is_24_mhz {
	set ::registers {0x40021000 0x02000083 0x40021004 0x00000008}
	cmspi_boost_run board.cpu stm32f1
	expect_words $::writes {{0x40021004 0x00100008} {0x40021000 0x03000083}
		{0x40021004 0x0010000a}}
	expect_equal [cmspi_core_khz board.cpu stm32f1 0] 24000
}

# RM0033: PLLCFGR 0x24003010 after reset, PLLQ stays
test boost_f2_is_60_mhz {
	set ::registers {0x40023c00 0 0x40023800 0x02000083 0x40023804 0x24003010 0x40023808 8}
	cmspi_boost_run board.cpu stm32f2
	expect_equal [dict get $::registers 0x40023804] 0x24013c10
	expect_equal [dict get $::registers 0x40023c00] 0x00000003
	expect_equal [cmspi_core_khz board.cpu stm32f2 0] 60000
}

test boost_g4_is_64_mhz {
	set ::registers {0x40022000 0x00040600 0x40021000 0x02000500 0x4002100c 0x00001000
		0x40021008 0x0000000d}
	cmspi_boost_run board.cpu stm32g4
	expect_equal [cmspi_core_khz board.cpu stm32g4 0] 64000
}

test boost_c0_is_48_mhz {
	set ::registers {0x40022000 0x00040600 0x40021000 0x00001540 0x40021008 0}
	cmspi_boost_run board.cpu stm32c0
	expect_equal [cmspi_core_khz board.cpu stm32c0 0] 48000
	expect_equal [dict get $::registers 0x40022000] 0x00040601
}

# MSI range 6 after reset, 4 MHz
test boost_u0_is_24_mhz {
	set ::registers {0x40022000 0x00040600 0x40021000 0x00000063 0x40021008 0}
	cmspi_boost_run board.cpu stm32u0
	expect_equal [cmspi_core_khz board.cpu stm32u0 0] 24000
	expect_words $::writes {{0x40022000 0x00040601} {0x40021000 0x0000009b}}
}

# PLLMF 4 in bits 18 to 21, bit 27 was set
test boost_gd32e23x_is_24_mhz {
	set ::registers {0x40021000 0x02000083 0x40021004 0x08000008 0x4002102c 0}
	cmspi_boost_run board.cpu gd32e23x
	expect_words $::writes {{0x40021004 0x00100008} {0x40021000 0x03000083}
		{0x40021004 0x0010000a}}
	expect_equal [cmspi_core_khz board.cpu gd32e23x 0] 24000
}

test boost_that_does_not_lock_says_where {
	set ::registers {0x40021000 0x00000083 0x40021004 0}
	expect_error "-boost of board.cpu: register 0x40021000 is 0x01000083, 0x02000000 under mask\
			0x02000000 did not come; leave -boost away" {
		cmspi_boost_run board.cpu stm32f1
	}
}
