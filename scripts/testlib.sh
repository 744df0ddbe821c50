# SPDX-License-Identifier: GPL-2.0-or-later
# For the test groups in testing/groups/: sourced after scripts/lib.sh.
#
# A group is a POSIX shell script NN-name.sh. ./check runs it from the top
# folder and sets CMSPI_TOP and CMSPI_BUILD (folders), CMSPI_LONG (1 with --long,
# else 0), CMSPI_OPENOCD (folder given by --with-openocd, else empty). Its last
# line is "N passed, N failed, N skipped"; `totals` prints it.

passed=0
failed=0
skipped=0

pass() {
	passed=$((passed + 1))
	printf 'ok       %s\n' "$1"
}

# fail NAME [WHY]: WHY may have several lines
fail() {
	failed=$((failed + 1))
	printf 'FAILED   %s\n' "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | sed 's/^/         /'
}

skip() {
	skipped=$((skipped + 1))
	printf 'skipped  %s: %s\n' "$1" "$2"
}

# expect NAME COMMAND...: passes when the command succeeds in silence or not;
# what it said is shown when it fails.
expect() {
	expect_name=$1
	shift
	if expect_said=$("$@" 2>&1 </dev/null); then
		pass "$expect_name"
	else
		fail "$expect_name" "$expect_said"
	fi
}

# expect_silence NAME COMMAND...: passes when the command prints nothing, as a
# search for offenders does.
expect_silence() {
	expect_name=$1
	shift
	expect_said=$("$@" 2>&1 </dev/null) || true
	if [ -z "$expect_said" ]; then
		pass "$expect_name"
	else
		fail "$expect_name" "$expect_said"
	fi
}

# add_totals PASSED FAILED SKIPPED: counts that another test runner gave
add_totals() {
	passed=$((passed + $1))
	failed=$((failed + $2))
	skipped=$((skipped + $3))
}

totals() {
	echo "$passed passed, $failed failed, $skipped skipped"
}
