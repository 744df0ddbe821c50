# SPDX-License-Identifier: GPL-2.0-or-later

# The driver's line that cmspi_bank makes. Wanted words were worked out by hand
# from the reference manual named, not from the data under test.

# RM0090: GPIOA 0x40020000, MODER 00, OTYPER 04, OSPEEDR 08, PUPDR 0C, IDR 10,
# ODR 14, BSRR 18; RCC_AHB1ENR 0x40023830 bit 0. Pins 4 and 5, 7 are outputs:
# bits 0xB0; two-bit fields of 4 to 7: 0xFF00; MODER 01 for 4, 5, 7: 0x4500;
# OSPEEDR 10 for 4, 5, 7: 0x8A00 of 0xCF00; PUPDR 01 for 6: 0x1000.
test bank_f4_four_wires_on_one_port {
	cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	expect_words $::flash_line {bank ext cmspi 0x90000000 0 0 0 stm32f4x.cpu
		-port {A kind set_clear_word width 32 out 0x40020014 in 0x40020010
			set 0x40020018 clear_shift 16}
		-cs {PA4 A 4} -clk {PA5 A 5}
		-mosi {PA7 A 7 in {{0x40020000 0x0000c000 0x00000000}}
			out {{0x40020000 0x0000c000 0x00004000}}}
		-miso {PA6 A 6 in {{0x40020000 0x00003000 0x00000000}}
			out {{0x40020000 0x00003000 0x00001000}}}
		-setup {{0x40023830 0x00000001 0x00000001}
			{0x40020014 0x000000b0 0x00000010}
			{0x40020004 0x000000b0 0x00000000}
			{0x40020008 0x0000cf00 0x00008a00}
			{0x4002000c 0x0000ff00 0x00001000}
			{0x40020000 0x0000ff00 0x00004500}}
		-deselect {{0x40023830 0x00000001 0x00000001}
			{0x40020014 0x00000010 0x00000010}
			{0x40020004 0x00000010 0x00000000}
			{0x40020008 0x00000300 0x00000200}
			{0x4002000c 0x00000300 0x00000000}
			{0x40020000 0x00000300 0x00000100}}
		-found {{{cs (PA4) was in an alternate function: a peripheral of the application uses it, and gets it back after each operation}
				{0x40020000 0x00000300 0x00000200}}
			{{cs (PA4) was driven low: the application was in the middle of a command, which is broken off}
				{0x40020000 0x00000300 0x00000100} {0x40020014 0x00000010 0x00000000}}
			{{clk (PA5) was in an alternate function: a peripheral of the application uses it, and gets it back after each operation}
				{0x40020000 0x00000c00 0x00000800}}
			{{mosi (PA7) was in an alternate function: a peripheral of the application uses it, and gets it back after each operation}
				{0x40020000 0x0000c000 0x00008000}}
			{{miso (PA6) was in an alternate function: a peripheral of the application uses it, and gets it back after each operation}
				{0x40020000 0x00003000 0x00002000}}}
		-core-max-khz 180000 -core-min-khz 4000
		-core-proc {cmspi_core_khz stm32f4x.cpu stm32f4 0}
		-watchdog {0x40003000 0x0000aaaa}}
}

# RM0090: GPIOB 0x40020400, gate bit 1. The STM32F4VE board: PB0 PB3 PB5 outputs
# (0x29), PB4 input. MODER: 01 for 0, 3, 5 = 0x0441 of 0x0FC3.
test bank_f4_pins_of_jtag_over_swd {
	cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PB0 -clk PB3 -mosi PB5 -miso PB4
	expect_words [option -setup] {{0x40023830 0x00000002 0x00000002}
		{0x40020414 0x00000029 0x00000001}
		{0x40020404 0x00000029 0x00000000}
		{0x40020408 0x00000cc3 0x00000882}
		{0x4002040c 0x00000fc3 0x00000100}
		{0x40020400 0x00000fc3 0x00000441}}
}

# RM0008: GPIOA 0x40010800, CRL 00, IDR 08, ODR 0C, BSRR 10; RCC_APB2ENR
# 0x40021018 bit 2 (A), 3 (B), 0 (AFIO). CRL nibbles of 4, 5, 7: 3; of 6: 8 with
# ODR bit 6 set for pull-up.
test bank_f1_four_wires_on_one_port {
	cmspi_bank ext 0x90000000 stm32f1x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	expect_words [option -port] {A kind set_clear_word width 32 out 0x4001080c
		in 0x40010808 set 0x40010810 clear_shift 16}
	expect_words [option -setup] {{0x40021018 0x00000004 0x00000004}
		{0x4001080c 0x000000f0 0x00000050}
		{0x40010800 0xffff0000 0x38330000}}
	expect_words [option -mosi] {PA7 A 7 in {{0x40010800 0xf0000000 0x80000000}}
		out {{0x40010800 0xf0000000 0x30000000}}}
}

# RM0008 9.4.2: AFIO_MAPR 0x40010004, SWJ_CFG bits 24 to 26 are write-only; 010
# frees PA15, PB3 and PB4 and keeps SWD. CRL of B: nibbles 0, 3, 5: 3; 4: 8.
test bank_f1_pins_of_jtag_force_swd_only {
	cmspi_bank ext 0x90000000 stm32f1x.cpu -cs PB0 -clk PB3 -mosi PB5 -miso PB4
	expect_words [option -setup] {{0x40021018 0x00000009 0x00000009}
		{0x40010004 0x07000000 0x02000000 0x07000000}
		{0x40010c0c 0x00000039 0x00000011}
		{0x40010c00 0x00fff00f 0x00383003}}
}

# CRH holds pins 8 to 15: PA8, PA9 nibbles 0 and 1
test bank_f1_upper_pins_use_crh {
	cmspi_bank ext 0x90000000 stm32f1x.cpu -cs PA8 -clk PA9 -mosi PA7 -miso PA6
	expect_words [lrange [option -setup] 2 end] {{0x40010804 0x000000ff 0x00000033}
		{0x40010800 0xff000000 0x38000000}}
}

# RM0444: GPIOB 0x50000400, GPIOC 0x50000800; RCC_IOPENR 0x40021034 bits 1 and 2
test bank_g0_two_ports {
	cmspi_bank ext 0x90000000 stm32g0x.cpu -cs PB9 -clk PC0 -mosi PC1 -miso PB8
	expect_words [option -setup] {{0x40021034 0x00000006 0x00000006}
		{0x50000414 0x00000200 0x00000200} {0x50000814 0x00000003 0x00000000}
		{0x50000404 0x00000200 0x00000000} {0x50000804 0x00000003 0x00000000}
		{0x50000408 0x000c0000 0x00080000} {0x50000808 0x0000000f 0x0000000a}
		{0x5000040c 0x000f0000 0x00010000} {0x5000080c 0x0000000f 0x00000000}
		{0x50000400 0x000f0000 0x00040000} {0x50000800 0x0000000f 0x00000005}}
	expect_equal [lsearch -all -inline -exact $::flash_line -port] {-port -port}
}

# RM0091: OSPEEDR 11 is high speed, 10 is the same as 00
test bank_f0_high_speed_is_3 {
	cmspi_bank ext 0x90000000 stm32f0x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	expect_words [lindex [option -setup] 0] {0x40021014 0x00020000 0x00020000}
	expect_words [lindex [option -setup] 3] {0x48000008 0x0000cf00 0x0000cf00}
}

# RM0351: PG2 needs PWREN (RCC_APB1ENR1 0x40021058 bit 28), then PWR_CR2
# 0x40007004 bit 9, before its registers
test bank_l4_port_g_declares_vddio2_valid {
	cmspi_bank ext 0x90000000 stm32l4x.cpu -cs PG2 -clk PA5 -mosi PA7 -miso PA6
	expect_words [lrange [option -setup] 0 2] {{0x4002104c 0x00000041 0x00000041}
		{0x40021058 0x10000000 0x10000000} {0x40007004 0x00000200 0x00000200}}
}

# Nucleo-H7S3L8's flash: port N, PWR_CSR2 0x5802480c bit 15
test bank_h7rs_port_n_enables_its_domain {
	cmspi_bank ext 0x90000000 stm32h7rsx.cpu0 -cs PN1 -clk PN6 -mosi PN2 -miso PN3\
		-io2 PN4 -io3 PN5
	expect_words [lrange [option -setup] 0 2] {{0x58024540 0x00002000 0x00002000}
		{0x5802480c 0x00008000 0x00008000} {0x58023414 0x00000076 0x00000032}}
	expect_words [option -watchdog] {0x58004800 0x0000aaaa}
}

test bank_io2_io3_are_driven_high_and_can_turn {
	cmspi_bank ext 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6\
		-io2 PB1 -io3 PB0
	expect_words [option -io2] {PB1 B 1 in {{0x40020400 0x0000000c 0x00000000}}
		out {{0x40020400 0x0000000c 0x00000004}}}
	expect_words [lindex [option -setup] 2] {0x40020414 0x00000003 0x00000003}
}

test bank_options_are_passed_on {
	cmspi_bank ext 0x90000000 stm32f4x.cpu -cs pa04 -clk PA5 -mosi PA7 -miso PA6\
		-max-khz 2000 -core-khz 168000 -hse-khz 8000 -size 0x800000
	expect_words [option -cs] {PA4 A 4}
	expect_equal [option -max-khz] 2000
	expect_equal [option -core-khz] 168000
	expect_equal [option -size] 0x800000
	expect_equal [lindex $::flash_line 4] 0x800000
	expect_words [option -core-proc] {cmspi_core_khz stm32f4x.cpu stm32f4 8000}
}

test bank_family_option_wins_over_target_name {
	cmspi_bank ext 0x90000000 stm32h7x.cpu0 -family stm32h7ab\
		-cs PA4 -clk PA5 -mosi PA7 -miso PA6
	expect_words [lindex [option -setup] 0] {0x58024540 0x00000001 0x00000001}
}

test bank_two_of_different_names {
	cmspi_bank a 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	cmspi_bank b 0x91000000 stm32f4x.cpu -cs PA3 -clk PA5 -mosi PA7 -miso PA6
	expect_words [option -cs] {PA3 A 3}
}

test sourcing_twice_keeps_banks_and_families {
	cmspi_bank a 0x90000000 stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	set before [cmspi_family_names]
	source [find cmspi.tcl]
	expect_equal [cmspi_family_names] $before
	expect_equal [dict keys $::cmspi_banks] a
}

# RM0090 8.4.8: LCKR at 0x1c; a bit without LCKK, bit 16, locks nothing
test locked_pins_are_named {
	set ::registers {0x4002001c 0x000100a0 0x4002041c 0x00000001}
	cmspi_bank ext 0x90000000 board.cpu -family stm32f4 -cs PB0 -clk PA5 -mosi PA7 -miso PA6
	expect_equal [cmspi_locked_pins ext] {PA5 PA7}
}

test locked_pin_of_sio_is_named_once {
	set ::registers {0x4002001c 0x000100a0}
	cmspi_bank ext 0x90000000 board.cpu -family stm32f4 -cs PA4 -clk PA5 -sio PA7
	expect_equal [cmspi_locked_pins ext] {PA5 PA7}
}

test locked_pins_of_no_bank {
	expect_error "cmspi_locked_pins: no bank 'ext' was made by cmspi_bank" {cmspi_locked_pins ext}
}
