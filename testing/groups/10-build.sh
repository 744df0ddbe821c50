# SPDX-License-Identifier: GPL-2.0-or-later
# What the build made: the probes are in, the scripts are found, an installed
# copy works elsewhere, and a build of what is built does nothing.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
openocd=$CMSPI_BUILD/bin/openocd

origin=$(cat "$CMSPI_BUILD/openocd/.cmspi-origin")
pass "openocd is built from: $origin"
# this script is in OpenOCD's repository only, not in a release
if [ -f "$CMSPI_BUILD/openocd/guess-rev.sh" ]; then
	pass 'it builds in a current OpenOCD'
else
	skip 'it builds in a current OpenOCD' 'no checkout given: --with-openocd=DIR'
fi

adapters=$("$openocd" -c 'adapter list' -c shutdown 2>&1)
for adapter in st-link hla cmsis-dap jlink ftdi buspirate linuxgpiod dummy remote_bitbang; do
	# "15: st-link" in 0.12.0, "st-link { jtag swd swim }" later
	if printf '%s\n' "$adapters" | grep -qE "^([0-9]+: )?$adapter( +\{.*)?\$"; then
		pass "openocd has the adapter $adapter"
	else
		fail "openocd has the adapter $adapter" "$adapters"
	fi
done

# Does this OpenOCD know the flash driver? (A bank of a target that needs no
# hardware; the arguments may be refused, the driver's name may not.)
knows_driver() {
	! "$1" -c 'adapter driver dummy; transport select jtag; jtag newtap t cpu -irlen 4' \
		-c 'target create t.cpu testee -chain-position t.cpu' \
		-c "flash bank x $2 0x90000000 0 0 0 t.cpu" -c shutdown 2>&1 |
		grep "flash driver '$2' not found"
}
has_driver() {
	knows_driver "$1" cmspi && ! knows_driver "$1" no_such_driver >/dev/null
}
expect 'openocd has the driver cmspi' has_driver "$openocd"

finds_scripts() {
	[ -x "$1" ] || return 1
	! (cd "$scratch" && "$1" -c 'adapter driver dummy; transport select jtag' \
		-c 'source [find target/stm32f4x.cfg]; source [find cmspi.tcl]' -c shutdown 2>&1) |
		grep "Can't find"
}
expect 'openocd finds its scripts by itself' finds_scripts "$openocd"

build_again() {
	make -C "$CMSPI_BUILD" --no-print-directory openocd && [ "$openocd" -ot "$scratch/before" ]
}
touch "$scratch/before"
expect 'building again changes nothing' build_again

# The copy of one file is made to differ; the overlay puts that right, and what
# is compiled then is this file alone.
rebuild_one() {
	sleep 1
	touch "$scratch/before"
	echo '// differs' >>"$CMSPI_BUILD/openocd/src/flash/nor/cmspi_plan.c"
	make -C "$CMSPI_BUILD" --no-print-directory openocd || return 1
	compiled=$(find "$CMSPI_BUILD/openocd/src" -name '*.o' -newer "$scratch/before" ! -path '*/.libs/*' \
		! -path '*.lax/*')
	echo "compiled: $compiled"
	[ "$compiled" = "$CMSPI_BUILD/openocd/src/flash/nor/cmspi_plan.o" ]
}
expect 'a change of one driver file compiles only that' rebuild_one

install_to() {
	make -C "$CMSPI_BUILD" --no-print-directory install prefix="$scratch/installed"
}
expect 'make install into a prefix' install_to
expect 'the installed openocd has the driver' has_driver "$scratch/installed/bin/openocd"
expect 'the installed openocd finds its scripts' finds_scripts "$scratch/installed/bin/openocd"
gpio_conf_makes_a_line() {
	(cd "$scratch" && "$scratch/installed/bin/gpio_conf" -f stm32f4 \
		-c 'PA04:PP:M, PA05:PP:V, PA06:INUP:V, PA07:INUP:V') | grep '^ *cmspi_bank '
}
expect 'the installed gpio_conf makes a bank line' gpio_conf_makes_a_line
expect 'the installed simboard finds its data' "$scratch/installed/bin/simboard" --list

totals
