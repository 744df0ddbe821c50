# SPDX-License-Identifier: GPL-2.0-or-later

# Unit tests of the Tcl files, without OpenOCD: jimsh harness.tcl FILE ?NAME?
# runs FILE's tests (or one) and prints "ok NAME" or "not ok NAME: why"; the exit
# code is that of the worst. testing/system/test_tcl_units.py runs them all.

set top [file dirname [info script]]/../..

# What OpenOCD has and jimsh has not
proc find {name} {
	return $::top/tcl/$name
}

proc flash {args} {
	set ::flash_line $args
}

proc target {command} {
	return {board.cpu my.cpu stm32f0x.cpu stm32f1x.cpu stm32f4x.cpu stm32g0x.cpu stm32h7rsx.cpu0
		stm32h7x.cpu0 stm32l4x.cpu}
}

proc using_jtag {} {
	return $::jtag
}

proc echo {text} {
	set ::said $text
}

proc sleep {ms} {
}

proc add_help_text {command text} {
}

proc add_usage_text {command text} {
}

# A target: registers are the dict ::registers, ::reads counts, ::writes lists
proc board.cpu {command args} {
	switch $command {
		read_memory {
			incr ::reads
			return [dict get $::registers [format 0x%08x [lindex $args 0]]]
		}
		write_memory {
			set addr [format 0x%08x [lindex $args 0]]
			set word [format 0x%08x [lindex $args 2]]
			dict set ::registers $addr $word
			lappend ::writes [list $addr $word]
		}
		cget {return $::reset_init}
		configure {set ::reset_init [lindex $args 2]}
	}
}

proc test {name body} {
	if {$::only ne "" && $::only ne $name} {
		return
	}
	set ::cmspi_banks [dict create]
	set ::jtag 0
	set ::flash_line {}
	set ::said {}
	set ::reads 0
	set ::writes {}
	set ::reset_init {}
	if {[catch $body why]} {
		puts "not ok $name: $why"
		set ::failed 1
	} else {
		puts "ok $name"
	}
}

proc expect_equal {got wanted} {
	if {$got ne $wanted} {
		error "\n got    $got\n wanted $wanted"
	}
}

# The same, but any white space is as good as one blank
proc expect_words {got wanted} {
	regsub -all {\s+} [string trim $wanted] { } wanted
	expect_equal $got $wanted
}

# body must fail with exactly this sentence
proc expect_error {sentence body} {
	if {![catch {uplevel 1 $body} why]} {
		error "no error where '$sentence' was wanted"
	}
	expect_equal $why $sentence
}

# Value of an option in the generated line
proc option {name} {
	set at [lsearch -exact $::flash_line $name]
	if {$at < 0} {
		return "no $name"
	}
	return [lindex $::flash_line $at+1]
}

set failed 0
set only [lindex $argv 1]
source [find cmspi.tcl]
source [lindex $argv 0]
exit $failed
