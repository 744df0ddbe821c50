# SPDX-License-Identifier: GPL-2.0-or-later

# Cuts the board's power at random moments of programming, again and again, and
# programs once more each time. simboard --control cuts it.
#
# Set before: IMAGES (files, programmed in turn at ADDRESS), WHOLE (what the chip holds
# after each), UNTOUCHED (offset and file of each part that all of them leave alone),
# CUTS (how many), LATEST_US (a cut comes at most so long after the start), SEED.

set POWER_CUT_US 0x5ffff014
set STRUCK 0

# Numerical Recipes, 3rd edition, 7.1: the quick and dirty one is good enough
proc random {below} {
	set ::SEED [expr {($::SEED * 1664525 + 1013904223) & 0xffffffff}]
	return [expr {($::SEED >> 8) % $below}]
}

proc power_up {} {
	for {set i 0} {$i < 5} {incr i} {
		catch {dap init}
		catch {stm32f4x.cpu arp_examine}
		if {![catch {reset init}]} {
			return
		}
	}
	error "the board does not come back"
}

# An image in full, or the power fails on the way; 1 if it did
proc program_image {image cut_us} {
	write_memory $::POWER_CUT_US 32 $cut_us
	set failed [catch {flash write_image erase $image $::ADDRESS bin}]
	# what has not struck by now must not do so later
	if {!$failed} {
		write_memory $::POWER_CUT_US 32 0
	}
	return $failed
}

proc check_parts {} {
	foreach {offset file} $::UNTOUCHED {
		flash verify_bank ext $file $offset
	}
}

poll off
for {set i 0} {$i < $CUTS} {incr i} {
	set which [expr {$i % [llength $IMAGES]}]
	set image [lindex $IMAGES $which]
	if {[program_image $image [expr {1 + [random $LATEST_US]}]]} {
		incr STRUCK
		power_up
		check_parts
		if {$FORGET} {
			catch {cmspi session cancel}
		}
		flash write_image erase $image $ADDRESS bin
	}
	flash verify_bank ext [lindex $WHOLE $which] 0
}
echo "CUTS $CUTS STRUCK $STRUCK"
