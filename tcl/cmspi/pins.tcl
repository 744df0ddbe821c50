# SPDX-License-Identifier: GPL-2.0-or-later

# From pin names to what the driver takes: ports, bits, and an ordered list of
# register writes {addr mask value ?force?}.

proc cmspi_hex {number} {
	return [format 0x%08x [expr {$number & 0xffffffff}]]
}

# pin reason ...: what the probe needs for itself
proc cmspi_probe_pins {data} {
	if {[llength [info commands using_jtag]] > 0 && [using_jtag]} {
		return [concat [dict get $data fixed] [dict get $data jtag]]
	}
	return [dict get $data fixed]
}

# "PA4", "pa04" -> {PA4 A 4}; an error if the family has no such pin or needs it
# for something else
proc cmspi_pin {data text} {
	if {![regexp {^P([A-Z])([0-9]+)$} [string toupper $text] all letter digits]} {
		error "'$text' is not a pin name such as PA4"
	}
	scan $digits %d number
	set name P$letter$number
	if {$letter ni [cmspi_port_names $data]} {
		error "there is no port $letter, only [join [cmspi_port_names $data] { }]"
	}
	if {$number > 31 || !(([cmspi_port_pins $data $letter] >> $number) & 1)} {
		error "there is no pin $name"
	}
	set taken [cmspi_probe_pins $data]
	if {[dict exists $taken $name]} {
		error "the probe needs $name: it is [dict get $taken $name]"
	}
	return [list $name $letter $number]
}

# One field of one pin as a register write
proc cmspi_field_write {data pin field value} {
	lassign $pin name letter number
	lassign [dict get $data fields $field] offset per_register bits
	set base [dict get [cmspi_port_place $data $letter] base]
	set shift [expr {$number % $per_register * $bits}]
	return [list [expr {$base + $offset + $number / $per_register * 4}] \
		[expr {((1 << $bits) - 1) << $shift}] [expr {$value << $shift}] 0]
}

# Add a write to the list of one stage. Within a stage order does not matter:
# two writes to a register become one.
proc cmspi_add_write {stage new} {
	lassign $new addr mask value force
	for {set i 0} {$i < [llength $stage]} {incr i} {
		lassign [lindex $stage $i] old_addr old_mask old_value old_force
		if {$old_addr == $addr} {
			return [lreplace $stage $i $i [list $addr [expr {$old_mask | $mask}] \
				[expr {($old_value & ~$mask) | $value}] [expr {$old_force | $force}]]]
		}
	}
	lappend stage [list $addr $mask $value $force]
	return $stage
}

# Is there a write to this register in the stage?
proc cmspi_writes_to {stage addr} {
	foreach write $stage {
		if {[lindex $write 0] == $addr} {
			return 1
		}
	}
	return 0
}

# Clock gates of the ports
proc cmspi_gate_writes {data pins} {
	set gates {}
	foreach pin $pins {
		set place [cmspi_port_place $data [lindex $pin 1]]
		if {[dict get $place gate] == 0} {
			continue
		}
		set mask [expr {1 << [dict get $place gate_bit]}]
		set gates [cmspi_add_write $gates [list [dict get $place gate] $mask $mask 0]]
	}
	return $gates
}

# Clock gates, then what else these ports and pins need; a further gate in the
# same register goes with the first
proc cmspi_prepare_writes {data pins} {
	set gates [cmspi_gate_writes $data $pins]
	set others {}
	foreach pin $pins {
		foreach key [list [lindex $pin 1] [lindex $pin 0]] {
			if {![dict exists $data prepare $key]} {
				continue
			}
			foreach write [dict get $data prepare $key] {
				lassign [concat $write 0] addr mask value force
				set stage [expr {[cmspi_writes_to $gates $addr] ? "gates" : "others"}]
				set $stage [cmspi_add_write [set $stage] [list $addr $mask $value $force]]
			}
		}
	}
	return [concat $gates $others]
}

# All writes that make pins ready, in order. lines: {pin kind level} each, kind
# being "output" or "input" of the layout
proc cmspi_setup_writes {data lines} {
	set writes [cmspi_prepare_writes $data [lmap line $lines {lindex $line 0}]]
	foreach field [dict keys [dict get $data fields]] {
		set stage {}
		foreach line $lines {
			lassign $line pin kind level
			set fields [string map [list level $level] [dict get $data $kind]]
			if {[dict exists $fields $field]} {
				set stage [cmspi_add_write $stage \
					[cmspi_field_write $data $pin $field [dict get $fields $field]]]
			}
		}
		lappend writes {*}$stage
	}
	return $writes
}

# States of the pins that the driver tells when it finds them:
# {TEXT {addr mask value} ...} for each combination of fields
proc cmspi_found_states {data role pin} {
	set states {}
	set name "[string range $role 1 end] ([lindex $pin 0])"
	set texts [list alternate "$name was in an alternate function: a peripheral of the\
		application uses it, and gets it back after each operation"]
	if {$role eq "-cs"} {
		lappend texts driven_low "$name was driven low: the application was in the middle\
			of a command, which is broken off"
	}
	foreach {key text} $texts {
		if {![dict exists $data $key]} {
			continue
		}
		foreach fields [dict get $data $key] {
			set state [list $text]
			foreach {field value} $fields {
				lappend state [lmap word [lrange [cmspi_field_write $data $pin $field $value] 0 2] {
					cmspi_hex $word
				}]
			}
			lappend states $state
		}
	}
	return $states
}

# The writes that turn a line into an input or an output for a moment
proc cmspi_turn_writes {data pin kind} {
	set writes {}
	dict for {field value} [dict get $data $kind] {
		set writes [cmspi_add_write $writes [cmspi_field_write $data $pin $field $value]]
	}
	return $writes
}

# Writes as the driver takes them; force only where there is one
proc cmspi_format_writes {writes} {
	return [lmap write $writes {
		set words [lmap word $write {cmspi_hex $word}]
		expr {[lindex $write 3] ? $words : [lrange $words 0 2]}
	}]
}

# A port as the driver takes it
proc cmspi_format_port {data letter} {
	set base [dict get [cmspi_port_place $data $letter] base]
	set words [list $letter kind [dict get $data kind] width 32]
	dict for {name offset} [dict get $data registers] {
		lappend words $name [cmspi_hex [expr {$base + $offset}]]
	}
	if {[dict exists $data clear_shift]} {
		lappend words clear_shift [dict get $data clear_shift]
	}
	return $words
}
