# SPDX-License-Identifier: GPL-2.0-or-later

# cmspi_bank: from the user's line to the driver's.

# Roles of pins in the order of the driver's line, and how each is set up:
# kind, level of the output latch, and whether it turns round in two- and
# four-line modes
set ::cmspi_roles {
	-cs    {output 1 0}
	-clk   {output 0 0}
	-mosi  {output 0 1}
	-miso  {input  0 1}
	-io2   {output 1 1}
	-io3   {output 1 1}
}

# Options that are not pins, and what their value must match
set ::cmspi_values {
	-family   {^.+$}
	-sio      {^.+$}
	-max-khz  {^[0-9]+$}
	-core-khz {^[0-9]+$}
	-hse-khz  {^[0-9]+$}
	-size     {^(0[xX][0-9a-fA-F]+|[0-9]+)$}
}

# Options that stand alone
set ::cmspi_flags {-boost -quad}

proc cmspi_known_options {} {
	return [concat [dict keys $::cmspi_roles] [dict keys $::cmspi_values] $::cmspi_flags]
}

proc cmspi_check_option {option} {
	if {$option in {-scl -sda}} {
		error "$option is not supported yet; four wires -cs -clk -mosi -miso are"
	}
	if {$option ni [cmspi_known_options]} {
		error "unknown option '$option'; known: [join [cmspi_known_options] {, }]"
	}
}

proc cmspi_check_value {option value} {
	if {[dict exists $::cmspi_values $option]
			&& ![regexp [dict get $::cmspi_values $option] $value]} {
		error "$option '$value' is not a number"
	}
}

# The user's words as a dict; a flag's value is 1
proc cmspi_parse_options {words} {
	set options [dict create]
	while {[llength $words] > 0} {
		set words [lassign $words option]
		cmspi_check_option $option
		if {[dict exists $options $option]} {
			error "$option is given twice"
		}
		if {$option in $::cmspi_flags} {
			dict set options $option 1
			continue
		}
		if {[llength $words] == 0} {
			error "$option has no value"
		}
		set words [lassign $words value]
		cmspi_check_value $option $value
		dict set options $option $value
	}
	return [cmspi_split_sio $options]
}

# -sio: MOSI and MISO of the chip are tied together
proc cmspi_split_sio {options} {
	if {[dict exists $options -sio]} {
		foreach role {-mosi -miso} {
			if {[dict exists $options $role]} {
				error "-sio is both -mosi and -miso: leave $role away"
			}
			dict set options $role [dict get $options -sio]
		}
	}
	return $options
}

# {role pin} pairs in the order of cmspi_roles
proc cmspi_parse_pins {data family options} {
	set pins [dict create]
	set taken [dict create]
	foreach role [dict keys $::cmspi_roles] {
		if {![dict exists $options $role]} {
			if {$role in {-io2 -io3}} {
				continue
			}
			error "$role is missing; needed are -cs -clk -mosi -miso, or -cs -clk -sio"
		}
		# as the user calls it
		set option $role
		if {$role in {-mosi -miso} && [dict exists $options -sio]} {
			set option -sio
		}
		if {[catch {cmspi_pin $data [dict get $options $role]} pin]} {
			error "$option [dict get $options $role]: $family: $pin"
		}
		set name [lindex $pin 0]
		if {[dict exists $taken $name] && !($role eq "-miso" && $option eq "-sio")} {
			error "$option $name: the pin is [dict get $taken $name] already"
		}
		dict set taken $name $option
		dict set pins $role $pin
	}
	return $pins
}

# A pin as the driver takes it
proc cmspi_format_pin {data role pin} {
	set words $pin
	if {[lindex [dict get $::cmspi_roles $role] 2]} {
		foreach {key kind} {in turn_in out turn_out} {
			lappend words $key [cmspi_format_writes [cmspi_turn_writes $data $pin $kind]]
		}
	}
	return $words
}

# The part of the driver's line that says how the chip is wired
proc cmspi_wiring {data pins} {
	set ports {}
	set roles {}
	set lines {}
	dict for {role pin} $pins {
		lappend ports [lindex $pin 1]
		lappend roles $role [cmspi_format_pin $data $role $pin]
		if {$role eq "-miso" && $pin eq [dict get $pins -mosi]} {
			# one data pin begins as an output
			continue
		}
		lassign [dict get $::cmspi_roles $role] kind level
		lappend lines [list $pin $kind $level]
	}
	set states {}
	dict for {role pin} $pins {
		# one data pin is told once
		if {$role ne "-miso" || $pin ne [dict get $pins -mosi]} {
			lappend states {*}[cmspi_found_states $data $role $pin]
		}
	}
	set words {}
	foreach letter [lsort -unique $ports] {
		lappend words -port [cmspi_format_port $data $letter]
	}
	return [concat $words $roles \
		[list -setup [cmspi_format_writes [cmspi_setup_writes $data $lines]]] \
		[list -deselect [cmspi_format_writes [cmspi_setup_writes $data [list [lindex $lines 0]]]]] \
		[list -found $states]]
}

# The part that says how fast the core and the chip may run
proc cmspi_timing {data target family options} {
	lassign [dict get $data core_khz] slowest fastest
	set words [list -core-max-khz $fastest -core-min-khz $slowest]
	if {[dict exists $data clock]} {
		set hse_khz [expr {[dict exists $options -hse-khz] ? [dict get $options -hse-khz] : 0}]
		lappend words -core-proc [list cmspi_core_khz $target $family $hse_khz]
	}
	if {[dict get $data watchdog] ne ""} {
		lappend words -watchdog [dict get $data watchdog]
	}
	foreach option {-core-khz -max-khz -quad -size} {
		if {[dict exists $options $option]} {
			lappend words $option [dict get $options $option]
		}
	}
	return $words
}

proc cmspi_check_base {base} {
	if {[catch {expr {$base + 0}}]} {
		error "base '$base' is not an address; by convention it is 0x90000000"
	}
	if {$base < 0 || $base > 0xffffffff} {
		error "base '$base' is beyond 32 bits; by convention it is 0x90000000"
	}
}

proc cmspi_check_target {target} {
	if {$target ni [target names]} {
		error "there is no target '$target', only: [join [target names] {, }]"
	}
}

# What comes after "flash bank" for the user's options
proc cmspi_bank_words {name base target family options} {
	set data [cmspi_family_data $family]
	set pins [cmspi_parse_pins $data $family $options]
	if {[dict exists $options -quad] && !([dict exists $pins -io2] && [dict exists $pins -io3])} {
		error "-quad is for four lines: add -io2 and -io3"
	}
	set size 0
	if {[dict exists $options -size]} {
		set size [dict get $options -size]
	}
	return [concat [list $name cmspi [cmspi_hex $base] $size 0 0 $target] \
		[cmspi_wiring $data $pins] [cmspi_timing $data $target $family $options]]
}

proc cmspi_make_bank {name base target words} {
	if {[info exists ::cmspi_banks] && [dict exists $::cmspi_banks $name]} {
		error "there is a bank of this name already"
	}
	# first what a word left out or put in the wrong place shows at
	cmspi_check_base $base
	cmspi_check_target $target
	set options [cmspi_parse_options $words]
	if {[dict exists $options -family]} {
		set family [dict get $options -family]
	} else {
		set family [cmspi_family_of_target $target]
	}
	flash bank {*}[cmspi_bank_words $name $base $target $family $options]
	dict set ::cmspi_banks $name [dict create target $target family $family options $options]
	if {[dict exists $options -boost]} {
		cmspi_boost $target $family
	}
}

# cmspi_bank NAME BASE TARGET ?-family F? -cs P -clk P {-mosi P -miso P | -sio P}
#	?-io2 P? ?-io3 P? ?-max-khz N? ?-core-khz N? ?-hse-khz N? ?-size N? ?-boost? ?-quad?
proc cmspi_bank {name base target args} {
	if {[catch {cmspi_make_bank $name $base $target $args} why]} {
		return -code error "cmspi_bank $name: $why"
	}
}

# Names of the bank's pins whose configuration is locked until the next reset:
# LCKR has the pin's bit and LCKK, bit 16 (RM0090 8.4.8, RM0008 9.2.7)
proc cmspi_locked_pins {name} {
	if {![info exists ::cmspi_banks] || ![dict exists $::cmspi_banks $name]} {
		error "cmspi_locked_pins: no bank '$name' was made by cmspi_bank"
	}
	set bank [dict get $::cmspi_banks $name]
	set family [dict get $bank family]
	set data [cmspi_family_data $family]
	set locked {}
	# -sio: one pin of two roles
	foreach pin [lsort -unique [dict values [cmspi_parse_pins $data $family [dict get $bank options]]]] {
		lassign $pin pin_name letter number
		set addr [expr {[dict get [cmspi_port_place $data $letter] base] + [dict get $data lock]}]
		set lckr [cmspi_read_register [dict get $bank target] [cmspi_hex $addr]]
		if {($lckr >> 16) & ($lckr >> $number) & 1} {
			lappend locked $pin_name
		}
	}
	return $locked
}
