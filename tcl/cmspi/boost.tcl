# SPDX-License-Identifier: GPL-2.0-or-later

# -boost: a faster core after `reset init`, where the stock target file leaves it
# as slow as reset does. Only what every part of a family may do at any supply
# voltage: the internal oscillator, modest frequencies.
#
# Steps: {addr mask value} changes a register, {wait addr mask value} waits.

set ::cmspi_boosts {}

# F1, 24 MHz: what F100 stands, and no wait states needed up to it (RM0008 3.3.3
# FLASH_ACR.LATENCY, 7.3.2 RCC_CFGR): HSI / 2 * 6. GD32E23x the same (its system file,
# __SYSTEM_CLOCK_72M_PLL_IRC8M_DIV2, has the registers), with one factor bit more.
dict set ::cmspi_boosts stm32f1 {
	{0x40021004 0x003d0000 0x00100000}
	{0x40021000 0x01000000 0x01000000}
	{wait 0x40021000 0x02000000 0x02000000}
	{0x40021004 0x00000003 0x00000002}
	{wait 0x40021004 0x0000000c 0x00000008}
}

dict set ::cmspi_boosts gd32e23x [lreplace [dict get $::cmspi_boosts stm32f1] 0 0 \
	{0x40021004 0x083d0000 0x00100000}]

# F2, 60 MHz: HSI / 16 * 240 / 4, APB1 halved, 3 wait states (RM0033, RCC_PLLCFGR,
# RCC_CFGR, FLASH_ACR)
dict set ::cmspi_boosts stm32f2 {
	{0x40023c00 0x00000007 0x00000003}
	{0x40023804 0x00437fff 0x00013c10}
	{0x40023800 0x01000000 0x01000000}
	{wait 0x40023800 0x02000000 0x02000000}
	{0x40023808 0x00001c03 0x00001002}
	{wait 0x40023808 0x0000000c 0x00000008}
}

# G4, 64 MHz: HSI16 / 4 * 32 / 2, 3 wait states (RM0440, RCC_PLLCFGR, RCC_CFGR,
# FLASH_ACR)
dict set ::cmspi_boosts stm32g4 {
	{0x40022000 0x0000000f 0x00000003}
	{0x4002100c 0x07007ff3 0x01002032}
	{0x40021000 0x01000000 0x01000000}
	{wait 0x40021000 0x02000000 0x02000000}
	{0x40021008 0x00000003 0x00000003}
	{wait 0x40021008 0x0000000c 0x0000000c}
}

# C0, 48 MHz: HSI48 undivided, 1 wait state (RM0490, RCC_CR.HSIDIV, FLASH_ACR)
dict set ::cmspi_boosts stm32c0 {
	{0x40022000 0x00000007 0x00000001}
	{0x40021000 0x00003800 0x00000000}
}

# U0, 24 MHz: MSI range 9 by MSIRGSEL, 1 wait state though none is needed (RM0503,
# RCC_CR, FLASH_ACR)
dict set ::cmspi_boosts stm32u0 {
	{0x40022000 0x00000007 0x00000001}
	{wait 0x40021000 0x00000002 0x00000002}
	{0x40021000 0x000000f8 0x00000098}
}

proc cmspi_read_register {target addr} {
	return [lindex [$target read_memory $addr 32 1] 0]
}

# Changing a register takes one read and one write
proc cmspi_boost_change {target addr mask value} {
	set old [cmspi_read_register $target $addr]
	$target write_memory $addr 32 [list [expr {($old & ~$mask) | $value}]]
}

# Oscillators and PLLs lock within a millisecond; each look takes about as long
proc cmspi_boost_wait {target addr mask value} {
	for {set look 0} {$look < 100} {incr look} {
		if {([cmspi_read_register $target $addr] & $mask) == $value} {
			return
		}
		sleep 1
	}
	error "-boost of $target: register $addr is [cmspi_hex [cmspi_read_register $target $addr]],\
		$value under mask $mask did not come; leave -boost away"
}

# The steps of a family, with the target halted after a reset
proc cmspi_boost_run {target family} {
	foreach step [dict get $::cmspi_boosts $family] {
		if {[lindex $step 0] eq "wait"} {
			cmspi_boost_wait $target {*}[lrange $step 1 end]
		} else {
			cmspi_boost_change $target {*}$step
		}
	}
}

# Run the steps after whatever reset-init does already. Two banks on one target
# boost it once.
proc cmspi_boost {target family} {
	if {![dict exists $::cmspi_boosts $family]} {
		echo "cmspi_bank: -boost does nothing for $family: its target file sets a clock itself,\
			or no safe one is known"
		return
	}
	set before [$target cget -event reset-init]
	if {![string match "*cmspi_boost_run*" $before]} {
		$target configure -event reset-init "$before\ncmspi_boost_run $target $family"
	}
}
