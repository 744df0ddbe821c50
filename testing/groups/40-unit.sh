# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests (cmocka) through `make check`; one count for each test function.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"

if ! pkg-config --exists cmocka; then
	skip 'unit tests' 'no cmocka'
	totals
	exit 0
fi
find "$CMSPI_BUILD/testing/unit" -name '*.trs' -exec rm -f {} + 2>/dev/null
log=$CMSPI_BUILD/check/unit.make.log
code=0
make -C "$CMSPI_BUILD" --no-print-directory check >"$log" 2>&1 || code=$?
results=$(find "$CMSPI_BUILD/testing/unit" -name '*.trs' -exec cat {} + | sed -n 's/^:test-result: //p')
count() {
	printf '%s\n' "$results" | grep -c "^$1" || true
}
add_totals "$(count PASS)" "$(($(count FAIL) + $(count ERROR)))" "$(count SKIP)"
if [ "$failed" -gt 0 ]; then
	printf '%s\n' "$results" | grep -E '^(FAIL|ERROR)'
	cat "$CMSPI_BUILD"/testing/unit/*.log | grep -v '^ok '
elif [ $code -ne 0 ]; then
	fail 'make check' "$(tail -n 40 "$log")"
fi
totals
