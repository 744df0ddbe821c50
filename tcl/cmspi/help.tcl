# SPDX-License-Identifier: GPL-2.0-or-later

# What `help` and `usage` say of the commands that users type or put into board
# files; doc/cmspi.texi has the same, at length.

add_help_text cmspi_bank "make a flash bank of a serial memory chip on GPIO pins"
add_usage_text cmspi_bank "name base target \['-family' family] '-cs' pin '-clk' pin\
	('-mosi' pin '-miso' pin | '-sio' pin) \['-io2' pin] \['-io3' pin] \['-max-khz' khz] \['-core-khz' khz]\
	\['-hse-khz' khz] \['-size' bytes] \['-boost'] \['-quad']"

add_help_text cmspi_adapter_on_board "use the board's own ST-LINK, unless an adapter was chosen"
add_usage_text cmspi_adapter_on_board ""

add_help_text cmspi_locked_pins "names of a bank's pins that are locked until the next reset"
add_usage_text cmspi_locked_pins "name"
