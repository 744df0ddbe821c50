# SPDX-License-Identifier: GPL-2.0-or-later

# Clock trees of GD32 and AT32 whose switch and prescaler are where F1 has them:
# the PLL has more factors. GD32F4xx has F4's tree.

# PLL factors by PLLMF or PLLMULT: n + 2, but 15 is 16 and it goes on from there
set ::cmspi_factors {
	2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
	33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64
}

# places: where the factor's bits are, low ones first; factors: by their value;
# source: what feeds the PLL if the RC oscillator does not
proc cmspi_clock_tree_like_f1 {name places factors source} {
	set field [concat [lrange $places 0 2] [list $factors] [lrange $places 3 end]]
	cmspi_clock_tree $name [dict merge {
		core   {from {0x04 2 2 {rc hse pll 0}} by {{0x04 4 4 hpre}}}
		rc     {from 8000}
	} [list pll [list from {0x04 16 1 {4000 source}} times [list $field]]] $source]
}

# GD32: RCU_CFG0 and RCU_CFG1 of GigaDevice's headers, factors of its system files.
#
# F10x, F30x: which bits are the factor's depends on the part. Where there is a USBFS
# (CL) bit 29 belongs to it: the list has no factor for that, the clock is unknown
# then, as it is if a second PLL feeds this one. The crystal's divider has more bits
# in CFG1 of a CL, as on STM32F105; elsewhere they read 0.
cmspi_clock_tree_like_f1 gd32f10x {0x04 18 4 0x04 27 1 0x04 29 1} [lrange $::cmspi_factors 0 31] {
	source  {from {0x2c 16 1 {hse 0}} by {{0x04 17 1 +1 0x2c 1 3}}}
}
cmspi_clock_tree_like_f1 gd32f30x {0x04 18 4 0x04 27 1 0x04 30 1 0x04 29 1} $::cmspi_factors {
	source  {from {0x2c 16 1 {crystal 0}}}
	crystal {from {0x2c 30 1 {hse 48000}} by {{0x04 17 1 +1 0x2c 1 3}}}
}

# F403, E10x: 13 is 6.5, so 0, unknown
set ::cmspi_factors_usb [lreplace $::cmspi_factors 13 13 0]
set ::cmspi_gd32_usb_source {
	source  {from {0x2c 16 1 {crystal 0}}}
	crystal {from {0x2c 30 1 {hse 48000}} by {{0x2c 0 4 +1}}}
}
cmspi_clock_tree_like_f1 gd32f403 {0x04 18 4 0x04 29 2} $::cmspi_factors_usb \
	$::cmspi_gd32_usb_source
cmspi_clock_tree_like_f1 gd32e10x {0x04 18 4 0x04 29 1} $::cmspi_factors_usb \
	$::cmspi_gd32_usb_source

# F1x0, F3x0, E23x: 15 is 17, but 16 on E23x; bit 30 of CFG1 exists on F3x0 alone
set ::cmspi_factors_x0 [lreplace $::cmspi_factors 15 15 17]
set ::cmspi_gd32_x0_source {source {from hse by {{0x2c 0 4 +1}}}}
cmspi_clock_tree_like_f1 gd32f1x0 {0x04 18 4 0x04 27 1} $::cmspi_factors_x0 $::cmspi_gd32_x0_source
cmspi_clock_tree_like_f1 gd32e23x {0x04 18 4 0x04 27 1} $::cmspi_factors $::cmspi_gd32_x0_source
cmspi_clock_tree_like_f1 gd32f3x0 {0x04 18 4 0x04 27 1 0x2c 31 1} $::cmspi_factors_x0 {
	source {from {0x2c 30 1 {hse 48000}} by {{0x2c 0 4 +1}}}
}

# AT32: CRM of Artery's SVD files, factors of its system files. The RC oscillator
# runs at 48 MHz and is divided by 6, unless both HICK_TO_SCLK and HICKDIV are set.
cmspi_clock_tree_like_f1 at32f403 {0x04 18 4 0x04 29 2} $::cmspi_factors {
	source {from hse by {{0x04 17 1 +1}}}
}
set ::cmspi_at32_rc {
	rc     {from {0x54 9 1 {8000 rc_div}}}
	rc_div {from {0x30 25 1 {8000 48000}}}
}
# F413 has no divider in CRM_MISC3 and reads 0, which is right
cmspi_clock_tree_like_f1 at32f403a {0x04 18 4 0x04 29 2} $::cmspi_factors [concat $::cmspi_at32_rc {
	source  {from {0x04 17 1 {hse divided}}}
	divided {from hse by {{0x54 12 2 +2}}}
}]
# F421, F425: CRM_PLL instead of the factor if its PLLCFGEN is set
cmspi_clock_tree_like_f1 at32f421 {0x04 18 4 0x04 29 2} $::cmspi_factors [concat $::cmspi_at32_rc {
	core   {from {0x04 2 2 {rc hse pll_any 0}} by {{0x04 4 4 hpre}}}
	pll_any {from {0x2c 31 1 {pll pll_fine}}}
	pll_fine {from {0x04 16 1 {4000 source}} times {{0x2c 8 9 +0}}
	          by {{0x2c 4 4 +0} {0x2c 0 3 {1 2 4 8 16 32}}}}
	source {from hse by {{0x04 17 1 +1}}}
}]

# F435, F437, F423; F402, F405: CRM_CFG, CRM_PLLCFG, CRM_MISC1, CRM_MISC2. The
# dividers of CRM_MISC2 are on F423, F402 and F405 alone, and read 0 elsewhere.
set ::cmspi_at32_core {
	core    {from {0x08 2 2 {rc crystal pll 0}} by {{0x08 4 4 hpre}}}
	rc      {from {0xa0 14 1 {8000 rc_div}} by {{0xa4 16 3 pow2}}}
	rc_div  {from {0xa0 12 1 {8000 48000}}}
	crystal {from hse by {{0xa4 19 3 pow2}}}
}
cmspi_clock_tree at32f435 [concat $::cmspi_at32_core {
	pll {from {0x04 22 1 {8000 hse}} times {{0x04 6 9 +0}}
	     by {{0x04 0 4 +0} {0x04 16 3 {1 2 4 8 16 32}}}}
}]
cmspi_clock_tree at32f402 [concat $::cmspi_at32_core {
	pll {from {0x04 30 1 {8000 hse}} times {{0x04 6 9 +0}}
	     by {{0x04 0 4 +0} {0x04 16 4 {1 2 4 6 8 10 12 14 16 18 20 22 24 26 28 30}}}}
}]
