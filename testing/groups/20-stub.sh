# SPDX-License-Identifier: GPL-2.0-or-later
# The committed .inc of the stub is what its source gives.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"

loader=contrib/loaders/spi
out=$CMSPI_BUILD/stub
mkdir -p "$out"
rebuild() {
	rm -f "$out"/*.inc
	make -s -C $loader O="$out"
}
# Another compiler may encode the same instructions differently, so only the one
# that made the committed file can be compared with.
if ! have arm-none-eabi-gcc; then
	skip 'the stub builds' 'no arm-none-eabi-gcc'
else
	expect 'the stub builds' rebuild
	for inc in "$out"/*.inc; do
		name=$(basename "$inc")
		expect "committed $name is what the source gives" cmp "$loader/$name" "$inc"
	done
fi
totals
