# SPDX-License-Identifier: GPL-2.0-or-later

# Pins from a project file of STM32CubeMX: lines KEY=VALUE, a pin's keys being
# PA5.Signal, PA5.GPIO_Label and so on; PH0-OSC_IN.Signal and
# PB3\ (JTDO/TRACESWO).Signal are pins as well.

# Which signals of an interface have which role
set ioc_roles {
	-cs   {^(NSS|NCS|NCS1)$}
	-clk  {^(SCK|CLK)$}
	-mosi {^(MOSI|IO0)$}
	-miso {^(MISO|IO1)$}
	-io2  {^IO2$}
	-io3  {^IO3$}
}

# Interfaces a chip may hang on, QUADSPI's second bank, and what comes after them
set ioc_signal {^(SPI[0-9]+|QUADSPI|OCTOSPIM_P[0-9]|XSPIM_P[0-9])_(?:BK1_|(BK2)_)?([A-Z0-9]+)$}

# File as dicts: keys (all but pins') and pins, name to a dict of its keys
proc ioc_read {path} {
	if {[catch {open $path} file]} {
		error "cannot read '$path'"
	}
	set keys [dict create]
	set pins [dict create]
	foreach line [split [read $file] \n] {
		if {![regexp {^([^#=]+)=(.*)$} [string trim $line] all key value]} {
			continue
		}
		if {[regexp {^(P[A-Z][0-9]+)[^.]*\.([A-Za-z_]+)$} $key all pin name]} {
			dict set pins $pin $name $value
		} else {
			dict set keys $key $value
		}
	}
	close $file
	if {![dict exists $keys Mcu.Family]} {
		error "'$path' has no Mcu.Family: it is not a project of STM32CubeMX"
	}
	return [dict create keys $keys pins $pins]
}

# interface -> {role pin ...} of all signals
proc ioc_signals {pins} {
	set interfaces [dict create]
	dict for {pin keys} $pins {
		if {![dict exists $keys Signal]
				|| ![regexp $::ioc_signal [dict get $keys Signal] all interface bank signal]} {
			continue
		}
		if {$bank ne ""} {
			append interface _$bank
		}
		dict for {role pattern} $::ioc_roles {
			if {[regexp $pattern $signal]} {
				dict set interfaces $interface $role $pin
			}
		}
	}
	return $interfaces
}

# interface -> {role pin ...} of every interface with a clock and data
proc ioc_interfaces {keys pins} {
	set interfaces [ioc_signals $pins]
	if {[dict exists $interfaces QUADSPI] && [dict exists $interfaces QUADSPI_BK2]} {
		# the clock is one for both banks, and NCS may be
		set shared [dict remove [dict get $interfaces QUADSPI] -mosi -miso -io2 -io3]
		dict set interfaces QUADSPI_BK2 [dict merge $shared [dict get $interfaces QUADSPI_BK2]]
	}
	foreach {interface roles} $interfaces {
		if {![dict exists $roles -clk] || ![dict exists $roles -mosi]} {
			dict unset interfaces $interface
		} elseif {[dict exists $keys $interface.Direction]
				&& [dict get $keys $interface.Direction] eq "SPI_DIRECTION_1LINE"} {
			# half duplex: the data pin is the one called MOSI
			dict set interfaces $interface -sio [dict get $roles -mosi]
			dict unset interfaces $interface -mosi
		}
	}
	return $interfaces
}

proc ioc_choose {interfaces wanted} {
	set names [lsort [dict keys $interfaces]]
	if {$wanted ne ""} {
		if {$wanted ni $names} {
			error "-i $wanted is not in the file; there are: [join $names {, }]"
		}
		return $wanted
	}
	if {[llength $names] == 0} {
		error "the file has no SPI, QUADSPI, OCTOSPI or XSPI with all its pins; use -c"
	}
	if {[llength $names] != 1} {
		error "the file has [llength $names] interfaces ([join $names {, }]); say -i and which"
	}
	return [lindex $names 0]
}

# A chip select that is plain GPIO: an output whose label says so
proc ioc_gpio_select {pins} {
	set found {}
	dict for {pin keys} $pins {
		if {[dict exists $keys Signal] && [dict get $keys Signal] eq "GPIO_Output"
				&& [dict exists $keys GPIO_Label]
				&& [regexp -nocase {(^|[^a-z])(f?cs|nss|ncs)([^a-z]|$)} [dict get $keys GPIO_Label]]} {
			lappend found $pin
		}
	}
	if {[llength $found] == 0} {
		error "no GPIO_Output has 'CS', 'NSS' or 'NCS' in its label; label one so, or use -c"
	}
	if {[llength $found] != 1} {
		error "[llength $found] outputs look like a chip select ([join $found {, }]);\
			label one 'CS', or use -c"
	}
	return [lindex $found 0]
}

# Families whose name in CubeMX says too little
proc ioc_family {keys} {
	set family [string tolower [dict get $keys Mcu.Family]]
	set part ""
	if {[dict exists $keys Mcu.UserName]} {
		set part [dict get $keys Mcu.UserName]
	}
	if {[regexp {^STM32H7[AB]} $part]} {
		return stm32h7ab
	}
	if {[regexp {^STM32H7[RS]} $part]} {
		return stm32h7rs
	}
	if {[regexp {^STM32L4[PQRS]} $part]} {
		return stm32l4plus
	}
	return $family
}

proc ioc_request {arguments} {
	set project [ioc_read [dict get $arguments file]]
	set keys [dict get $project keys]
	set family [ioc_family $keys]
	if {[dict exists $arguments f]} {
		set family [dict get $arguments f]
	}
	set data [cmspi_family_data $family]
	set interfaces [ioc_interfaces $keys [dict get $project pins]]
	set wanted ""
	if {[dict exists $arguments i]} {
		set wanted [dict get $arguments i]
	}
	set roles [dict get $interfaces [ioc_choose $interfaces $wanted]]
	if {![dict exists $roles -cs]} {
		dict set roles -cs [ioc_gpio_select [dict get $project pins]]
	}
	return [dict create family $family options [ioc_options $keys] pins [ioc_pins $data $roles]]
}

proc ioc_options {keys} {
	if {![dict exists $keys RCC.HSE_VALUE]} {
		return {}
	}
	set hz [dict get $keys RCC.HSE_VALUE]
	if {![regexp {^[0-9]+$} $hz]} {
		error "RCC.HSE_VALUE: '$hz' is not a frequency in Hz"
	}
	return [list -hse-khz [expr {$hz / 1000}]]
}

# As pinlist_parse gives them: wires as the driver wants to find them
proc ioc_pins {data roles} {
	set pins {}
	foreach role [concat -sio [dict keys $::cmspi_roles]] {
		if {![dict exists $roles $role]} {
			continue
		}
		set name [dict get $roles $role]
		if {[catch {cmspi_pin $data $name} pin]} {
			error "$name.Signal: $pin"
		}
		set mode [expr {$role eq "-miso" ? "input" : "output"}]
		lappend pins [dict create pin $pin role $role \
			mode $mode drive P pull [expr {$mode eq "input" ? "UP" : ""}] speed H af ""]
	}
	return $pins
}
