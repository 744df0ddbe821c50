# SPDX-License-Identifier: GPL-2.0-or-later

# Tables are tested too: every family is complete and makes a line

proc each_family {name body} {
	foreach family [cmspi_family_names] {
		uplevel 1 [list set $name $family]
		if {[catch {uplevel 1 $body} why]} {
			error "$family: $why"
		}
	}
}

test family_keys_are_known {
	set known {layout targets cpu ports pins fixed jtag prepare watchdog core_khz clock
		output turn_out}
	each_family family {
		foreach key [dict keys [dict get $::cmspi_families $family]] {
			if {$key ni $known} {
				error "unknown key $key"
			}
		}
	}
}

test family_ports_are_aligned_and_apart {
	each_family family {
		set data [cmspi_family_data $family]
		set places [lmap letter [cmspi_port_names $data] {cmspi_port_place $data $letter}]
		foreach key {base gate_bit} {
			set values [lmap place $places {dict get $place $key}]
			if {[llength [lsort -unique $values]] != [llength $values]} {
				error "two ports have the same $key"
			}
		}
		foreach place $places {
			if {[dict get $place base] % 0x400 || [dict get $place gate] % 4
					|| [dict get $place gate_bit] > 31} {
				error "port at [format 0x%08x [dict get $place base]]"
			}
		}
	}
}

test family_letters_have_one_port {
	each_family family {
		set letters [join [lmap row [dict get [cmspi_family_data $family] ports] {lindex $row 0}] {}]
		expect_equal [llength [lsort -unique [split $letters {}]]] [string length $letters]
	}
}

test family_clock_limits_are_sane {
	each_family family {
		lassign [dict get [cmspi_family_data $family] core_khz] slowest fastest
		if {$slowest < 1 || $fastest < $slowest || $fastest > 600000} {
			error "core_khz"
		}
	}
}

test family_clock_tree_exists {
	each_family family {
		set data [cmspi_family_data $family]
		if {[dict exists $data clock]} {
			dict get $::cmspi_clock_trees [lindex [dict get $data clock] 0] core from
		}
	}
}

test family_targets_are_named_once {
	set all {}
	each_family family {
		lappend all {*}[dict get [cmspi_family_data $family] targets]
	}
	expect_equal [llength [lsort -unique $all]] [llength $all]
}

test family_each_makes_a_line {
	each_family family {
		cmspi_bank $family 0x90000000 board.cpu -family $family -cs PA4 -clk PA5 -mosi PA7 -miso PA6
		foreach write [option -setup] {
			lassign $write addr mask value
			if {$addr % 4 || ($value & ~$mask)} {
				error "write $write"
			}
		}
	}
}

# Pins that the mask leaves out, ports that are not listed, the probe's pins; any
# other pin makes a bank's CS
test family_each_refuses_pins_that_are_not_there {
	each_family family {
		set data [cmspi_family_data $family]
		set names [cmspi_port_names $data]
		foreach letter [split ABCDEFGHIJKLMNOPQ {}] {
			set mask [expr {$letter in $names ? [cmspi_port_pins $data $letter] : 0}]
			for {set number 0} {$number < 18} {incr number} {
				set pin P$letter$number
				set wanted [expr {($mask >> $number) & 1 && $pin ni {PA13 PA14}}]
				expect_equal "$pin [expr {![catch {cmspi_pin $data $pin}]}]" "$pin $wanted"
			}
		}
	}
}

test family_each_refuses_two_roles_on_one_pin {
	each_family family {
		expect_error "cmspi_bank ext: -miso PA4: the pin is -cs already" {
			cmspi_bank ext 0x90000000 board.cpu -family $family -cs PA4 -clk PA5 -mosi PA7 -miso PA4
		}
		expect_error "cmspi_bank ext: -io3 PA7: the pin is -mosi already" {
			cmspi_bank ext 0x90000000 board.cpu -family $family -cs PA4 -clk PA5 -mosi PA7 \
				-miso PA6 -io2 PA3 -io3 PA7
		}
	}
}
