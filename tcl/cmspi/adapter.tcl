# SPDX-License-Identifier: GPL-2.0-or-later

# For board files: the ST-LINK that is on the board, unless the user has chosen
# an adapter before with -f interface/... and `transport select`.
proc cmspi_adapter_on_board {} {
	if {[string trim [adapter name]] ne "undefined"} {
		return
	}
	uplevel #0 {
		source [find interface/stlink-dap.cfg]
		transport select dapdirect_swd
	}
}
