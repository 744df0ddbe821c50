# SPDX-License-Identifier: GPL-2.0-or-later

# What gpio_conf prints

proc show_families {} {
	set lines [list [format "%-14s %-13s %-14s %s" family layout ports "stock target files"]]
	foreach family [cmspi_family_names] {
		set data [cmspi_family_data $family]
		lappend lines [format "%-14s %-13s %-14s %s" $family [dict get $data layout] \
			[join [cmspi_port_names $data] {}] [join [dict get $data targets] { }]]
	}
	return [join $lines \n]
}

proc show_family {family} {
	set data [cmspi_family_data $family]
	set lines [list "$family: layout [dict get $data layout], core\
		[join [dict get $data core_khz] { to }] kHz"]
	dict for {pin reason} [dict get $data fixed] {
		lappend lines "$pin is the probe's: $reason"
	}
	lappend lines [format "%-5s %-11s %-7s %s" port base pins "clock gate"]
	foreach letter [cmspi_port_names $data] {
		set place [cmspi_port_place $data $letter]
		lappend lines [format "%-5s %-11s 0x%04x  %s bit %d" $letter \
			[cmspi_hex [dict get $place base]] [cmspi_port_pins $data $letter] \
			[cmspi_hex [dict get $place gate]] [dict get $place gate_bit]]
	}
	dict for {key writes} [dict get $data prepare] {
		foreach write $writes {
			lappend lines "$key also needs [lindex $write 2] under mask [lindex $write 1] in\
				[lindex $write 0]"
		}
	}
	return [join $lines \n]
}

# Field values that a pin's configuration stands for, for each layout
proc fields_stm32_moder {pin} {
	set fields [dict create \
		type [expr {[dict get $pin drive] eq "O"}] \
		speed [dict get {L 0 M 1 H 2 V 3} [dict get $pin speed]] \
		pull [dict get {"" 0 UP 1 DO 2} [dict get $pin pull]] \
		mode [dict get {input 0 output 1 alternate 2} [dict get $pin mode]]]
	if {[dict get $pin mode] eq "alternate"} {
		dict set fields af [dict get $pin af]
	}
	return $fields
}

# CNF and MODE, RM0008 table 20; the latch gives the direction of a pull
proc fields_stm32_crl_crh {pin} {
	if {[dict get $pin mode] eq "input"} {
		set config [expr {[dict get $pin pull] eq "" ? 4 : 8}]
	} else {
		set config [dict get {L 2 M 1 H 3 V 3} [dict get $pin speed]]
		incr config [expr {[dict get $pin drive] eq "O" ? 4 : 0}]
		incr config [expr {[dict get $pin mode] eq "alternate" ? 8 : 0}]
	}
	return [dict create config $config]
}

# The output latch comes first: an output must not be low before it is told to
proc pin_latch {pin} {
	if {[dict get $pin pull] ne ""} {
		return [expr {[dict get $pin pull] eq "UP"}]
	}
	return [expr {[dict get $pin role] in {-cs -io2 -io3}}]
}

# Register writes of the pins as the user wants them, in order
proc request_writes {data pins} {
	set writes [cmspi_prepare_writes $data [lmap pin $pins {dict get $pin pin}]]
	foreach field [dict keys [dict get $data fields]] {
		set stage {}
		foreach pin $pins {
			set fields [fields_[dict get $data layout] $pin]
			dict set fields latch [pin_latch $pin]
			if {[dict exists $fields $field]} {
				set stage [cmspi_add_write $stage \
					[cmspi_field_write $data [dict get $pin pin] $field [dict get $fields $field]]]
			}
		}
		lappend writes {*}$stage
	}
	return $writes
}

# A Tcl list over several lines, an option and its value on each
proc broken_line {words} {
	set text ""
	foreach word $words {
		append text [expr {[string match {-[a-z]*} $word] ? " \\\n\t" : " "}] [list $word]
	}
	return [string trim $text]
}

proc without_option {words option} {
	set at [lsearch -exact $words $option]
	return [expr {$at < 0 ? $words : [lreplace $words $at $at+1]}]
}

# What a configuration file calls the target
proc target_name {data} {
	set chip [lindex [dict get $data targets] 0]
	return [expr {$chip eq "" ? "TARGET" : "$chip.[dict get $data cpu]"}]
}

proc show_writes {writes} {
	return [lmap write $writes {
		lassign $write addr mask value
		format "mmw %s %s %s" [cmspi_hex $addr] [cmspi_hex $value] [cmspi_hex [expr {$mask & ~$value}]]
	}]
}

# Options as cmspi_bank takes them: flags stand alone
proc typed_options {options} {
	set words {}
	foreach {option value} $options {
		lappend words $option
		if {$option ni $::cmspi_flags} {
			lappend words $value
		}
	}
	return $words
}

proc show_request {request} {
	set family [dict get $request family]
	set data [cmspi_family_data $family]
	set target [target_name $data]
	set options {}
	foreach pin [dict get $request pins] {
		lappend options [dict get $pin role] [lindex [dict get $pin pin] 0]
	}
	lappend options {*}[dict get $request options]
	set words [cmspi_bank_words ext 0x90000000 $target $family [cmspi_split_sio $options]]
	set lines {}
	if {![string match base* $family]} {
		lappend lines "# after: source \[find cmspi.tcl\]" \
			[list cmspi_bank ext 0x90000000 $target -family $family {*}[typed_options $options]] \
			"" "# or, without cmspi.tcl"
	}
	lappend lines "flash bank [broken_line [without_option $words -core-proc]]" "" \
		"# register writes for a reset-init handler; the driver does not need them" \
		{*}[show_writes [request_writes $data [dict get $request pins]]]
	return [join $lines \n]
}
