# SPDX-License-Identifier: GPL-2.0-or-later

# How fast the core runs, read from the halted target's registers. 0: unknown,
# as with a crystal whose frequency nobody has told (-hse-khz).

# The driver calls this with the target halted.
proc cmspi_core_khz {target family hse_khz} {
	set words [dict get [cmspi_family_data $family] clock]
	return [[lindex $words 0] $target $hse_khz {*}[lrange $words 1 end]]
}

proc cmspi_read_word {target addr} {
	return [lindex [$target read_memory $addr 32 1] 0]
}

# Field of a register's value
proc cmspi_bits {value low count} {
	return [expr {($value >> $low) & ((1 << $count) - 1)}]
}

# AHB prescaler field HPRE as in all STM32: 0xxx 1, 1000 2 ... 1011 16, 1100 64 ...
proc cmspi_hpre_divider {hpre} {
	return [lindex {1 1 1 1 1 1 1 1 2 4 8 16 64 128 256 512} $hpre]
}

# STM32F2, F4, F7: RM0090 rev 19 6.3.2 RCC_PLLCFGR, 6.3.3 RCC_CFGR; HSI 16 MHz
proc cmspi_clock_f4 {target hse_khz rcc} {
	set hsi_khz 16000
	set cfgr [cmspi_read_word $target [expr {$rcc + 8}]]
	set pllcfgr [cmspi_read_word $target [expr {$rcc + 4}]]
	set pll_in_khz [expr {[cmspi_bits $pllcfgr 22 1] ? $hse_khz : $hsi_khz}]
	set m [cmspi_bits $pllcfgr 0 6]
	set pll_khz 0
	if {$m > 0} {
		set pll_khz [expr {$pll_in_khz * [cmspi_bits $pllcfgr 6 9] / $m
			/ (([cmspi_bits $pllcfgr 16 2] + 1) * 2)}]
	}
	set source_khz [lindex [list $hsi_khz $hse_khz $pll_khz 0] [cmspi_bits $cfgr 2 2]]
	return [expr {$source_khz / [cmspi_hpre_divider [cmspi_bits $cfgr 4 4]]}]
}
