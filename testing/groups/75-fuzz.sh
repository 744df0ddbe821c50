# SPDX-License-Identifier: GPL-2.0-or-later
# The fuzz targets of testing/fuzz on the corpus in the tree and on the simulated
# chips; --long lets libFuzzer look for more, FUZZ_SECONDS (600) for each target.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"
. "$CMSPI_TOP/scripts/sanitize.sh"

fuzz=$CMSPI_TOP/testing/fuzz
# the objects of gcc are those of the group analysis
out=$CMSPI_BUILD/sanitized
fuzz_out=$CMSPI_BUILD/fuzz
mkdir -p "$out/bin" "$fuzz_out/objects"
includes="-I$CMSPI_TOP/src/flash/nor -I$CMSPI_TOP/contrib/loaders/spi -I$fuzz"
# what stands in for OpenOCD's functions of that name
wrap=-Wl,--wrap=cmspi_bus_run,--wrap=fileio_open,--wrap=image_open,--wrap=strdup
targets='facts answers words'

# shellcheck disable=SC2086 # lists of words
# fuzz_program TARGET OBJECTS PROGRAM COMPILER "FLAGS" "LINK-FLAGS" SOURCE...: a target
# with the driver's objects, in the folder OBJECTS
fuzz_program() {
	target=$1 objects=$2 program=$3 compiler=$4 flags=$5 link_flags=$6
	shift 6
	[ "$target" = facts ] || set -- openocd "$@"
	rm -rf "$objects/fuzz"
	mkdir -p "$objects/fuzz"
	for source in "$target" "$@"; do
		ocd_object "$objects/fuzz/$source.o" "$fuzz/$source.c" "$compiler" \
			"$flags $includes" || return 1
	done
	if [ "$target" = facts ]; then
		# of an archive the linker takes what is needed: pure files only
		ar rcs "$objects/fuzz/driver.a" "$objects"/cmspi*.o
		$compiler $link_flags -o "$program" "$objects/fuzz"/*.o "$objects/fuzz/driver.a"
	else
		ocd_program "$program" "$compiler" "$link_flags $wrap" "$objects/fuzz"/*.o \
			"$objects"/cmspi*.o
	fi
}

build_corpus_runner() {
	driver_objects "$out" "${CC:-cc}" "$sanitize" &&
		fuzz_program "$1" "$out" "$out/bin/fuzz_$1" "${CC:-cc}" "$sanitize" "$sanitize" files
}

seeds() {
	rm -rf "$fuzz_out/seeds"
	python3 "$fuzz/seeds.py" "$fuzz_out/seeds"
}

# inputs TARGET: folders
inputs() {
	echo "$fuzz/corpus/$1"
	[ ! -d "$fuzz_out/seeds/$1" ] || echo "$fuzz_out/seeds/$1"
}

# shellcheck disable=SC2046 # a list of words
run_corpus() {
	"$out/bin/fuzz_$1" $(inputs "$1")
}

if can_compile "$out" "${CC:-cc} $sanitize" >/dev/null 2>&1; then
	expect 'the simulated chips make inputs' seeds
	for target in $targets; do
		expect "the fuzz target $target builds" build_corpus_runner $target
		expect "the corpus of $target is run without a finding" run_corpus $target
	done
else
	skip 'the corpus of the fuzz targets' "${CC:-cc} has no -fsanitize=address,undefined"
fi

# ---- --long ---------------------------------------------------------------------

# the makefile's flags are gcc's
libfuzzer="$sanitize -fsanitize=fuzzer-no-link -Wno-unknown-warning-option"

build_fuzzer() {
	driver_objects "$fuzz_out/objects" clang "$libfuzzer" &&
		fuzz_program "$1" "$fuzz_out/objects" "$fuzz_out/fuzz_$1" clang "$libfuzzer" \
			"$sanitize -fsanitize=fuzzer"
}

# Findings stay in build/fuzz; what is new goes to build/fuzz/found, not to the tree
run_fuzzer() {
	mkdir -p "$fuzz_out/found/$1"
	dictionary=
	[ ! -f "$fuzz/$1.dict" ] || dictionary="-dict=$fuzz/$1.dict"
	# shellcheck disable=SC2046,SC2086 # lists of words
	"$fuzz_out/fuzz_$1" $dictionary -max_len=2048 -timeout=30 \
		-artifact_prefix="$fuzz_out/$1-" -max_total_time="${FUZZ_SECONDS:-600}" \
		"$fuzz_out/found/$1" $(inputs "$1") >"$fuzz_out/$1.log" 2>&1 ||
		{ grep -v -E '^#|NEW_FUNC' "$fuzz_out/$1.log" | tail -n 60; return 1; }
}

if [ "$CMSPI_LONG" != 1 ]; then
	skip 'fuzzing' 'only in --long'
elif ! have clang || ! can_compile "$fuzz_out" "clang -fsanitize=address" >/dev/null 2>&1; then
	skip 'fuzzing' 'no clang, or no compiler-rt of clang'
else
	for target in $targets; do
		expect "libFuzzer builds $target" build_fuzzer $target
		expect "libFuzzer finds nothing in $target" run_fuzzer $target
	done
fi

totals
