# SPDX-License-Identifier: GPL-2.0-or-later
# System tests (pytest): our openocd against the simulated board.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"

# Debian's name for it goes first: a python3 of the user's own may lack pytest
for pytest in pytest-3 pytest py.test; do
	have $pytest && break
done
if ! have $pytest; then
	skip 'system tests' 'no pytest'
	totals
	exit 0
fi
export OPENOCD="$CMSPI_BUILD/bin/openocd" SIMBOARD="$CMSPI_BUILD/bin/simboard"
report=$CMSPI_BUILD/check/system.xml
# one worker a core, where the plug-in for that is there
workers=
if $pytest --help 2>/dev/null | grep -q -- '--numprocesses'; then
	workers="--numprocesses $(nproc 2>/dev/null || echo 2)"
fi
code=0
# shellcheck disable=SC2086 # a list of words
$pytest $workers -q -rs --durations=5 -p no:cacheprovider -o junit_family=xunit2 \
	--junitxml="$report" testing/system || code=$?

# attribute NAME: of the report's <testsuite>, 0 without a report
attribute() {
	value=$(sed -n "s/.*<testsuite [^>]*$1=\"\\([0-9]*\\)\".*/\\1/p" "$report" 2>/dev/null | head -n 1)
	echo "${value:-0}"
}
bad=$(($(attribute errors) + $(attribute failures)))
add_totals "$(($(attribute tests) - bad - $(attribute skipped)))" "$bad" "$(attribute skipped)"
if [ $code -ne 0 ] && [ $bad -eq 0 ]; then
	fail 'pytest' "exit code $code"
fi
totals
