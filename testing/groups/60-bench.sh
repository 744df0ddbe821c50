# SPDX-License-Identifier: GPL-2.0-or-later
# The cycle counts of the stub's loops against the committed ones.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"

export PYTHONDONTWRITEBYTECODE=1
expect 'the bench tells what got worse' python3 testing/bench/selftest.py

# The table goes to a file; what is worse is said, with the old and the new figure.
bench_check() {
	python3 testing/bench/main.py --check \
		>"$CMSPI_BUILD/check/bench.txt" 2>&1 && return 0
	grep '^WORSE' "$CMSPI_BUILD/check/bench.txt" || tail -n 20 "$CMSPI_BUILD/check/bench.txt"
	return 1
}
expect "the stub's cycle counts are within 3 % of testing/bench/reference.json" bench_check
totals
