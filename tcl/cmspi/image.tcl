# SPDX-License-Identifier: GPL-2.0-or-later

# `flash write_image`, and with it `program`, looks at the whole image before
# the first sector is erased: the core itself only warns where a section runs
# past the end of a bank, and goes on.

# {flash write_image} as the user typed it, after a check of the image
proc cmspi_write_image {args} {
	set image $args
	while {[lindex $image 0] in {erase unlock}} {
		set image [lrange $image 1 end]
	}
	if {[llength $image]} {
		cmspi check_image {*}$image
	}
	cmspi_in_session cmspi_core_write_image {*}$args
}

proc cmspi_wrap_write_image {} {
	if {[llength [info commands cmspi_core_write_image]]} {
		return
	}
	rename {flash write_image} cmspi_core_write_image
	rename cmspi_write_image {flash write_image}
}

if {![info exists ::post_init_commands]
		|| "cmspi_wrap_write_image" ni $::post_init_commands} {
	lappend ::post_init_commands cmspi_wrap_write_image
}
