# SPDX-License-Identifier: GPL-2.0-or-later

# Register of GPIO layouts and MCU families, and how to look things up in it.
#
# A layout says what the registers of one port look like:
#   kind         how outputs are stored to: set_clear_word, set_clear, toggle,
#                masked or plain (see cmspi_pins.h)
#   registers    name and offset of what the kind needs; out and in always
#   clear_shift  set_clear_word only
#   stride       distance of two ports
#   fields       name {offset pins_per_register bits_per_pin} ...; fields are
#                set up in this order, so the direction comes last; some are for
#                gpio_conf alone
#   output       field value ... of an output; "level" stands for 0 or 1
#   input        field value ... of an input with a pull-up
#   turn_in, turn_out   field value ... that make a line an input or an output
#                for a moment
#   pull_up, pull_down   field value ... of an input with that pull, for
#                'cmspi diagnose'
#   lock         offset of the register whose bit n says that pin n is locked
#
# A family says where its ports are:
#   layout       name of the layout
#   targets      chip names that stock target files give, as in stm32f4x.cpu
#   cpu          what comes after the dot, if not cpu
#   ports        {letters base gate_register first_gate_bit} ...: ports follow
#                each other in address and gate bit as their letters do;
#                gate register 0: there is none
#   pins         letter mask ...: pins of ports that have less than 16
#   fixed        pin reason ...: pins that must be left alone
#   jtag         pin reason ...: the same, while the probe uses JTAG
#   prepare      letter-or-pin {{addr mask value ?force?} ...} ...: what else it
#                takes before this port or pin can be used
#   watchdog     {addr value}: store that kicks the independent watchdog
#   core_khz     {slowest fastest} core clock, where it cannot be read
#   clock        {tree base}: how to read the core clock, see clock.tcl
# A family's key goes before the same key of its layout; what is not needed may
# be left out. doc/families.md shows how to add a family.

if {![info exists ::cmspi_layouts]} {
	set ::cmspi_layouts [dict create]
	set ::cmspi_families [dict create]
}

proc cmspi_layout {name body} {
	dict set ::cmspi_layouts $name $body
}

proc cmspi_family {name body} {
	dict set ::cmspi_families $name $body
}

proc cmspi_family_names {} {
	return [lsort [dict keys $::cmspi_families]]
}

# The family's data, with its layout's and the defaults merged in
proc cmspi_family_data {family} {
	if {![dict exists $::cmspi_families $family]} {
		error "unknown family '$family'; known: [join [cmspi_family_names] {, }]"
	}
	set data [dict get $::cmspi_families $family]
	set defaults {targets {} cpu cpu pins {} fixed {} jtag {} prepare {} watchdog {}}
	return [dict merge $defaults [dict get $::cmspi_layouts [dict get $data layout]] $data]
}

# The family whose stock target file names its target so; "stm32f4x.cpu" and
# "stm32h7x.cpu0" are what stock files make of a chip's name
proc cmspi_family_of_target {target} {
	set chip [lindex [split $target .] 0]
	foreach family [dict keys $::cmspi_families] {
		if {$chip in [dict get [cmspi_family_data $family] targets]} {
			return $family
		}
	}
	error "no family goes with target '$target';\
		say -family, one of: [join [cmspi_family_names] {, }];\
		doc/families.md shows how to add another"
}

# Bit n is set where the port has a pin n
proc cmspi_port_pins {data letter} {
	set pins [dict get $data pins]
	return [expr {[dict exists $pins $letter] ? [dict get $pins $letter] : 0xffff}]
}

# The family's port names in order of their letters
proc cmspi_port_names {data} {
	set letters {}
	foreach row [dict get $data ports] {
		lappend letters {*}[split [lindex $row 0] {}]
	}
	return [lsort [lmap letter $letters {
		expr {[cmspi_port_pins $data $letter] ? $letter : [continue]}
	}]]
}

# Where a port is: dict of base, gate (register) and gate_bit
proc cmspi_port_place {data letter} {
	foreach row [dict get $data ports] {
		lassign $row letters base gate first_bit
		set index [string first $letter $letters]
		if {$index >= 0} {
			return [dict create \
				base [expr {$base + $index * [dict get $data stride]}] \
				gate $gate gate_bit [expr {$first_bit + $index}]]
		}
	}
	error "no port $letter"
}
