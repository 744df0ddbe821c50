# SPDX-License-Identifier: GPL-2.0-or-later

# Incremental programming (src/flash/nor/cmspi_session.c): what the driver cannot
# know by itself. An erase of `flash write_image erase` looks like one typed by
# hand, and an error at the very end needs an exit code.

# A command inside a session; fails if the command or the session's end does
proc cmspi_in_session {args} {
	cmspi session begin
	set code [catch {{*}$args} result]
	set end_code [catch {cmspi session end} end_result]
	if {$code} {
		return -code $code $result
	}
	if {$end_code} {
		error $end_result
	}
	return $result
}

# `shutdown` as the user typed it; the exit code is 1 if an erase fails now
proc cmspi_shutdown {args} {
	if {[catch {cmspi session settle}]} {
		cmspi_core_shutdown error
	}
	cmspi_core_shutdown {*}$args
}

proc cmspi_wrap_shutdown {} {
	if {[llength [info commands cmspi_core_shutdown]]} {
		return
	}
	rename shutdown cmspi_core_shutdown
	rename cmspi_shutdown shutdown
}

if {![info exists ::post_init_commands]
		|| "cmspi_wrap_shutdown" ni $::post_init_commands} {
	lappend ::post_init_commands cmspi_wrap_shutdown
}
