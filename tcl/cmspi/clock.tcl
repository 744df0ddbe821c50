# SPDX-License-Identifier: GPL-2.0-or-later

# How fast the core runs, worked out from the halted target's clock registers
# with a description of the clock tree (cmspi/clock).
#
# A clock tree is a dict; "core" is asked for. Each entry is a dict
#   from   a frequency in kHz, the name of another entry, "hse" (the crystal, as
#          the user said with -hse-khz), or a field whose value selects one
#   times  fields, their sum multiplies (optional)
#   by     fields, each divides (optional)
# A field is {offset low_bit bits meaning ?offset low_bit bits? ...}; offset is from
# the RCC's base; what follows the meaning are further places, of higher bits. The
# meaning is +N (value plus N), pow2, hpre, or a list that the value indexes.
# A frequency of 0 is one that nobody knows; so is a value that the list lacks.

proc cmspi_clock_tree {name tree} {
	dict set ::cmspi_clock_trees $name $tree
}

# AHB prescaler: 0xxx 1, 1000 2 ... 1011 16, 1100 64 (RM0090 rev 19 6.3.3 HPRE)
set ::cmspi_hpre {1 1 1 1 1 1 1 1 2 4 8 16 64 128 256 512}

proc cmspi_clock_meaning {meaning value} {
	if {[string match {+*} $meaning]} {
		return [expr {$value + [string range $meaning 1 end]}]
	}
	switch $meaning {
		pow2 {return [expr {1 << $value}]}
		hpre {return [lindex $::cmspi_hpre $value]}
	}
	return [lindex $meaning $value]
}

# Bits of a register. Registers are read once: each read costs a trip to the probe.
proc cmspi_clock_bits {state_name offset low bits} {
	upvar 1 $state_name state
	set addr [expr {[dict get $state rcc] + $offset}]
	if {![dict exists $state $addr]} {
		dict set state $addr [lindex [[dict get $state target] read_memory $addr 32 1] 0]
	}
	return [expr {([dict get $state $addr] >> $low) & ((1 << $bits) - 1)}]
}

# A field's meaning
proc cmspi_clock_field {state_name field} {
	upvar 1 $state_name state
	set higher [lassign $field offset low bits meaning]
	set value [cmspi_clock_bits state $offset $low $bits]
	foreach {offset low more} $higher {
		set value [expr {$value | [cmspi_clock_bits state $offset $low $more] << $bits}]
		incr bits $more
	}
	return [cmspi_clock_meaning $meaning $value]
}

# Frequency in kHz of a number, "hse", an entry's name, or a field that selects
# one of these; 0: unknown
proc cmspi_clock_khz {state_name what} {
	upvar 1 $state_name state
	if {[llength $what] > 1} {
		set what [cmspi_clock_field state $what]
	}
	if {$what eq ""} {
		return 0
	}
	if {[string is integer -strict $what]} {
		return $what
	}
	if {$what eq "hse"} {
		return [dict get $state hse_khz]
	}
	return [cmspi_clock_entry_khz state [dict get $state tree $what]]
}

proc cmspi_clock_entry_khz {state_name entry} {
	upvar 1 $state_name state
	set khz [cmspi_clock_khz state [dict get $entry from]]
	if {$khz == 0} {
		return 0
	}
	if {[dict exists $entry times]} {
		set sum 0
		foreach field [dict get $entry times] {
			set factor [cmspi_clock_field state $field]
			incr sum [expr {$factor eq "" ? 0 : $factor}]
		}
		set khz [expr {$khz * $sum}]
	}
	if {[dict exists $entry by]} {
		foreach field [dict get $entry by] {
			set divider [cmspi_clock_field state $field]
			# rounded up, so that SCK does not become too fast
			set khz [expr {$divider ne "" && $divider > 0
				? ($khz + $divider - 1) / $divider : 0}]
		}
	}
	return $khz
}

# The driver calls this with the target halted.
# Returns the core clock in kHz, 0 if the registers alone do not tell.
proc cmspi_core_khz {target family hse_khz} {
	lassign [dict get [cmspi_family_data $family] clock] tree rcc
	set state [dict create target $target rcc $rcc hse_khz $hse_khz \
		tree [dict get $::cmspi_clock_trees $tree]]
	return [cmspi_clock_khz state core]
}
