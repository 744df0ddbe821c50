# SPDX-License-Identifier: GPL-2.0-or-later

# What 'cmspi diagnose' needs to play with the pins of a bank: register writes that
# make all of them inputs to begin with, and those that make one an output, or an
# input with a pull-up or a pull-down. Layouts have these as turn_out, pull_up and
# pull_down; without the last, the tests of floating lines are left out.

# {setup WRITES cs {output WRITES up WRITES down WRITES} clk ...}, empty for a bank
# that cmspi_bank did not make
proc cmspi_diagnose_data {name} {
	if {![info exists ::cmspi_banks] || ![dict exists $::cmspi_banks $name]} {
		return {}
	}
	set bank [dict get $::cmspi_banks $name]
	set family [dict get $bank family]
	set data [cmspi_family_data $family]
	# whatever an output needs is set up, too, so that it is put back at the end
	dict set data quiet [dict merge [dict get $data output] [dict get $data input]]
	set lines {}
	set modes {}
	dict for {role pin} [cmspi_parse_pins $data $family [dict get $bank options]] {
		set tested [expr {$role in {-cs -clk -mosi -miso}}]
		lappend lines [list $pin [expr {$tested ? "quiet" : "output"}] 1]
		if {$tested} {
			lappend modes [string range $role 1 end] [cmspi_pin_modes $data $pin]
		}
	}
	return [concat [list setup [cmspi_format_writes [cmspi_setup_writes $data $lines]]] $modes]
}

proc cmspi_pin_modes {data pin} {
	set up [expr {[dict exists $data pull_up] ? "pull_up" : "turn_in"}]
	set modes {}
	foreach {mode kind} [list output turn_out up $up down pull_down] {
		if {[dict exists $data $kind]} {
			lappend modes $mode [cmspi_format_writes [cmspi_turn_writes $data $pin $kind]]
		}
	}
	return $modes
}
