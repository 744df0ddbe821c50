# SPDX-License-Identifier: GPL-2.0-or-later

# What cmspi_bank says about what it cannot use

proc bank {args} {
	cmspi_bank ext 0x90000000 stm32f4x.cpu {*}$args
}

test error_role_missing {
	expect_error "cmspi_bank ext: -clk is missing; needed are -cs -clk -mosi -miso, or -cs -clk -sio" {
		bank -cs PA4 -mosi PA7 -miso PA6
	}
}

test error_two_roles_on_one_pin {
	expect_error "cmspi_bank ext: -clk PA4: the pin is -cs already" {
		bank -cs PA4 -clk pa04 -mosi PA7 -miso PA6
	}
}

test error_pin_of_swd {
	expect_error "cmspi_bank ext: -cs PA13: stm32f4: the probe needs PA13: it is SWDIO" {
		bank -cs PA13 -clk PA5 -mosi PA7 -miso PA6
	}
}

test error_pin_of_jtag_over_jtag {
	set ::jtag 1
	expect_error "cmspi_bank ext: -clk PB3: stm32f4: the probe needs PB3: it is JTDO" {
		bank -cs PB0 -clk PB3 -mosi PB5 -miso PB4
	}
}

test error_no_such_pin {
	expect_error "cmspi_bank ext: -cs PA16: stm32f4: there is no pin PA16" {
		bank -cs PA16 -clk PA5 -mosi PA7 -miso PA6
	}
	expect_error "cmspi_bank ext: -cs PK8: stm32f4: there is no pin PK8" {
		bank -cs PK8 -clk PA5 -mosi PA7 -miso PA6
	}
}

test error_no_such_port {
	expect_error "cmspi_bank ext: -miso PL1: stm32f4: there is no port L, only A B C D E F G H I J K" {
		bank -cs PA4 -clk PA5 -mosi PA7 -miso PL1
	}
}

test error_not_a_pin {
	expect_error "cmspi_bank ext: -cs A4: stm32f4: 'A4' is not a pin name such as PA4" {
		bank -cs A4 -clk PA5 -mosi PA7 -miso PA6
	}
}

test error_unknown_option {
	expect_error "cmspi_bank ext: unknown option '-sck'; known: -cs, -clk, -mosi, -miso, -io2,\
		-io3, -family, -sio, -max-khz, -core-khz, -hse-khz, -size, -boost, -quad" {
		bank -cs PA4 -sck PA5
	}
}

test error_option_without_value {
	expect_error "cmspi_bank ext: -clk has no value" {bank -cs PA4 -clk}
}

test error_option_twice {
	expect_error "cmspi_bank ext: -cs is given twice" {bank -cs PA4 -cs PA3}
}

test error_not_a_number {
	expect_error "cmspi_bank ext: -max-khz '2MHz' is not a number" {bank -max-khz 2MHz}
}

test error_modes_of_later {
	foreach option {-scl -sda} {
		expect_error "cmspi_bank ext: $option is not supported yet;\
			four wires -cs -clk -mosi -miso are" [list bank $option PA7]
	}
}

test error_pin_of_sio_is_blamed_on_sio {
	expect_error "cmspi_bank ext: -sio PA16: stm32f4: there is no pin PA16" {
		bank -cs PA4 -clk PA5 -sio PA16
	}
	expect_error "cmspi_bank ext: -sio PA5: the pin is -clk already" {
		bank -cs PA4 -clk PA5 -sio PA5
	}
}

test error_sio_and_mosi {
	expect_error "cmspi_bank ext: -sio is both -mosi and -miso: leave -mosi away" {bank -mosi PA6 -sio PA7}
}

test error_unknown_family_lists_all {
	catch {bank -family stm32zz} why
	if {![string match "cmspi_bank ext: unknown family 'stm32zz'; known: *stm32f4, *" $why]} {
		error $why
	}
}

test error_target_without_family {
	catch {cmspi_bank ext 0x90000000 my.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6} why
	if {![string match "cmspi_bank ext: no family goes with target 'my.cpu'; say -family,\
			one of: *" $why]} {
		error $why
	}
}

test error_no_such_target {
	catch {cmspi_bank ext 0x90000000 stm32f4 -cs PA4 -clk PA5 -mosi PA7 -miso PA6} why
	if {![string match "cmspi_bank ext: there is no target 'stm32f4', only: *stm32f4x.cpu, *" $why]} {
		error $why
	}
}

test error_base_left_out {
	expect_error "cmspi_bank ext: base 'stm32f4x.cpu' is not an address; by convention it is 0x90000000" {
		cmspi_bank ext stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	}
}

test error_quad_without_the_wires {
	foreach wires {{} {-io2 PB0}} {
		expect_error "cmspi_bank ext: -quad is for four lines: add -io2 and -io3" {
			bank -cs PA4 -clk PA5 -mosi PA7 -miso PA6 {*}$wires -quad
		}
	}
}

test error_base_not_an_address {
	expect_error "cmspi_bank ext: base 'here' is not an address; by convention it is 0x90000000" {
		cmspi_bank ext here stm32f4x.cpu -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	}
}

test error_same_bank_twice {
	bank -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	expect_error "cmspi_bank ext: there is a bank of this name already" {
		bank -cs PA4 -clk PA5 -mosi PA7 -miso PA6
	}
}

test error_leaves_the_name_free {
	catch {bank -cs PA4}
	bank -cs PA4 -clk PA5 -mosi PA7 -miso PA6
}
