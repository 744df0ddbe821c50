# SPDX-License-Identifier: GPL-2.0-or-later

# What the driver asks for banks of the prior driver's form, whose board files know
# nothing of cmspi.tcl: only the families' data are read.

if {[llength [info commands cmspi_positional_core_khz]] == 0} {
	source [find cmspi/family.tcl]
	source [find cmspi/clock.tcl]
	foreach folder {gpio clock} {
		foreach path [lsort [glob [file dirname [find cmspi/family.tcl]]/$folder/*.tcl]] {
			source $path
		}
	}

	# The core clock in kHz of a target whose name tells its family, 0 if it
	# cannot be known; the crystal is not
	proc cmspi_positional_core_khz {target} {
		return [cmspi_core_khz $target [cmspi_family_of_target $target] 0]
	}
}
