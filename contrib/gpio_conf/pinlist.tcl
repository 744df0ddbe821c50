# SPDX-License-Identifier: GPL-2.0-or-later

# The pin list "PA04:PP:M, PA05:PP:V, ..." of -c. A pin is a dict:
#   pin (as cmspi_pin gives it), role, mode (output, input, alternate), drive
#   (P or O), pull ("", UP, DO), speed (L, M, H, V), af

# Roles by number of pins
set pinlist_roles {
	3 {-cs -clk -sio}
	4 {-cs -clk -miso -mosi}
	6 {-cs -clk -io3 -io2 -miso -mosi}
}

# {position text} of every entry, position counted from 1
proc pinlist_split {list} {
	set entries {}
	set position 1
	foreach entry [split $list ,] {
		set blanks [expr {[string length $entry] - [string length [string trimleft $entry]]}]
		lappend entries [list [expr {$position + $blanks}] [string trim $entry]]
		incr position [expr {[string length $entry] + 1}]
	}
	return $entries
}

proc pinlist_entry {data entry} {
	set fields [split $entry :]
	if {[llength $fields] != 3} {
		error "'$entry' is not PIN:CONF:SPEED"
	}
	lassign $fields name conf speed
	set pin [cmspi_pin $data $name]
	if {![regexp {^(P|IN|AF([0-9]+))([PO]?)(UP|DO)?$} $conf all kind af drive pull]} {
		error "'$conf' is not P, IN or AFn, then P or O, then UP or DO, such as PP or INUP"
	}
	if {$kind eq "P" && $drive eq ""} {
		error "'$conf' does not say PP (push-pull) or PO (open-drain)"
	}
	if {$speed ni {L M H V}} {
		error "speed '$speed' is not L, M, H or V"
	}
	if {$af ne "" && $af > 15} {
		error "alternate function $af is not 0 to 15"
	}
	set mode [dict get {P output I input A alternate} [string index $kind 0]]
	return [dict create pin $pin mode $mode drive $drive pull $pull speed $speed af $af]
}

# The pins with their roles; errors name the position in the list
proc pinlist_parse {data list} {
	set entries [pinlist_split $list]
	set count [llength $entries]
	if {![dict exists $::pinlist_roles $count]} {
		error "-c has $count pins; 3 are CS, CLK, SIO, 4 are CS, CLK, MISO, MOSI,\
			6 are CS, CLK, IO3, IO2, IO1, IO0"
	}
	set pins {}
	set taken [dict create]
	foreach entry $entries role [dict get $::pinlist_roles $count] {
		lassign $entry position text
		if {[catch {pinlist_entry $data $text} pin]} {
			error "-c, character $position: $pin"
		}
		set name [lindex [dict get $pin pin] 0]
		if {[dict exists $taken $name]} {
			error "-c, character $position: $name is [dict get $taken $name] already"
		}
		dict set taken $name $role
		dict set pin role $role
		lappend pins $pin
	}
	return $pins
}
