# SPDX-License-Identifier: GPL-2.0-or-later

# Runs one operation again and again, each time with another debug access that
# fails, and says what was left behind. simboard --control counts the accesses.
#
# Set before: OPERATION, PREPARE and CHECK (scripts; CHECK fails when the result
# is wrong), LOOK (commands whose output must be the same before and after), MOST
# (how many accesses to try: the first ones, then some; 0 for all).

set FAIL_ACCESS_N 0x5ffff000
set ACCESSES 0x5ffff018
set TARGET stm32f4x.cpu

proc word {addr} {
	return [expr {[read_memory $addr 32 1] + 0}]
}

proc look {} {
	set seen {}
	foreach command $::LOOK {
		lappend seen [eval $command]
	}
	return $seen
}

# OpenOCD may have lost the core: look again, as its own polling would
proc find_target {} {
	for {set i 0} {$i < 5} {incr i} {
		catch {poll}
		if {[$::TARGET curstate] eq "halted"} {
			return
		}
		catch {halt}
	}
	error "the target is [$::TARGET curstate]"
}

# The access that disarms the fault may be the one that it strikes
proc disarm {} {
	set untouched [catch {word $::FAIL_ACCESS_N} left]
	if {!$untouched} {
		set untouched [expr {$left != 0}]
	}
	catch {write_memory $::FAIL_ACCESS_N 32 0}
	return $untouched
}

# 0, or why not
proc fails {script} {
	if {[catch {uplevel #0 $script} why]} {
		return "{$why}"
	}
	return 0
}

# How many accesses the operation takes when nothing fails. Not the first time,
# when OpenOCD and the driver still learn about the target.
proc count_accesses {} {
	uplevel #0 "$::PREPARE; $::OPERATION; $::PREPARE"
	set before [word $::ACCESSES]
	uplevel #0 $::OPERATION
	set count [expr {[word $::ACCESSES] - $before}]
	uplevel #0 $::CHECK
	return $count
}

# One by one at first, where the operation begins, then in equal steps
set FIRST [expr {$MOST / 4}]

proc step {count} {
	return [expr {$::MOST ? ($count - $::FIRST) / ($::MOST - $::FIRST) + 1 : 1}]
}

proc nths {count} {
	set nths {}
	for {set n 1} {$n <= $count} {incr n [expr {$n < $::FIRST ? 1 : [step $count]}]} {
		lappend nths $n
	}
	return $nths
}

# Prints a line of facts; returns whether the fault was still to come
proc attempt {n} {
	uplevel #0 $::PREPARE
	set before [look]
	write_memory $::FAIL_ACCESS_N 32 $n
	set failed [expr {[catch {uplevel #0 $::OPERATION}] != 0}]
	set untouched [disarm]
	find_target
	set same [expr {[look] eq $before}]
	set wrong [expr {$failed ? 0 : [fails $::CHECK]}]
	set again [fails $::OPERATION]
	if {$again == 0} {
		set again [fails $::CHECK]
	}
	echo "NTH n=$n untouched=$untouched failed=$failed same=$same wrong=$wrong again=$again"
	if {!$same} {
		echo "before: $before\nafter:  [look]"
	}
	return $untouched
}

# No access on the side: each run is like the others
poll off
set count [count_accesses]
echo "COUNT $count"
foreach n [nths $count] {
	attempt $n
}
# polls make the count vary a little: go on until the operation passes untouched
while {![attempt [incr n [step $count]]]} {
}
