# SPDX-License-Identifier: GPL-2.0-or-later
# The driver in a current git checkout of OpenOCD: OPENOCD_MASTER=DIR names it. It
# is built with the overlay, and programs and verifies the chip of a simulated board.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"

if [ -z "${OPENOCD_MASTER:-}" ]; then
	skip 'the driver builds in a current checkout of OpenOCD' 'OPENOCD_MASTER=DIR names none'
	skip 'it programs and verifies there' 'OPENOCD_MASTER=DIR names none'
	totals
	exit 0
fi

prefix=$CMSPI_BUILD/upstream
build_there() {
	# what ./check was told about the main build is not for this one
	CMSPI_OPENOCD='' "$CMSPI_TOP/scripts/build-openocd" --with-openocd="$OPENOCD_MASTER" \
		"$prefix/openocd" "$prefix"
}
revision() {
	cat "$prefix/openocd/.cmspi-origin"
}
mkdir -p "$prefix"
expect 'the driver builds in a current checkout of OpenOCD' build_there
[ "$failed" -eq 0 ] && revision

program_there() {
	OPENOCD=$prefix/bin/openocd SIMBOARD=$CMSPI_BUILD/bin/simboard \
		pytest-3 -q -p no:cacheprovider testing/system/test_program_images.py \
		testing/system/test_flash_commands.py \
		-k 'elf_with_internal or any_offset or info_says or write_image_erases or erase_address'
}
if [ "$failed" -ne 0 ]; then
	skip 'it programs and verifies there' 'it was not built'
elif ! have pytest-3; then
	skip 'it programs and verifies there' 'no pytest'
else
	expect 'it programs and verifies there' program_there
	# the run, for the record: what was said by whom
	printf '%s\n' "$expect_said" | tail -n 1
	"$prefix/bin/openocd" --version 2>&1 | head -n 1
fi
totals
