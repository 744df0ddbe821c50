# SPDX-License-Identifier: GPL-2.0-or-later
# What tools that look for mistakes say: clang and cppcheck about the source,
# sanitizers and valgrind about the unit tests, the board and the driver at work.
# (gcc speaks in the build itself: -Wall -Wextra -Werror.)
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"
. "$CMSPI_TOP/scripts/sanitize.sh"

out=$CMSPI_BUILD/sanitized
mkdir -p "$out"
pure=$(for name in $pure_names; do echo src/flash/nor/cmspi_$name.c; done)
board=$(ls testing/simboard/*.c)
units=$(ls testing/unit/*.c)
libraries=$(pkg-config --cflags unicorn jansson cmocka)
own_flags="-std=gnu99 -D_GNU_SOURCE -DSIMBOARD_DATADIR=\"\" -DTOP_SRCDIR=\"\"
	-Isrc/flash/nor -Icontrib/loaders/spi -Itesting/simboard -Itesting/unit
	-Itesting/unit/openocd $libraries"

# ---- the source ----------------------------------------------------------------

warnings='-Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes
	-Wpointer-arith -Wundef -Wno-unused-parameter'

# shellcheck disable=SC2086 # lists of words, here and below
clang_own() {
	clang $own_flags $warnings -fsyntax-only $pure $board $units
}
clang_driver() {
	(cd "$ocd" && eval "set -- $(printf '%s' "$ocd_flags" | sed 's/"/\\"/g')" &&
		clang "$@" $warnings -fsyntax-only $driver)
}
# The example's firmware is of an Arm core; its maker of data runs here
clang_example() {
	clang --target=thumbv7em-none-eabi -ffreestanding -std=gnu99 $warnings -fsyntax-only \
		examples/demo/main.c examples/demo/startup.c &&
		clang -std=gnu99 $warnings -fsyntax-only examples/demo/mkasset.c
}
if have clang; then
	expect 'clang has no warning about the pure files, the board, the unit tests' clang_own
	expect 'clang has no warning about the example' clang_example
	expect 'clang has no warning about the driver' clang_driver
else
	skip 'clang' 'it is not installed'
fi

# A loop macro of jansson has to be told; symbols of a linker script are no objects
cat >"$out/macros.h" <<'END'
#define json_array_foreach(array, i, value) \
	for (i = 0; i < json_array_size(array) && (value = json_array_get(array, i)); i++)
#define json_object_foreach(object, key, value) \
	for (key = first_key(object); (value = value_of(object, key)); key = next_key(object, key))
END
checked() {
	cppcheck --quiet --inline-suppr --error-exitcode=1 --std=c99 \
		--enable=warning,performance,portability "$@"
}
cppcheck_driver() {
	(cd "$ocd" && checked --include=config.h -DHAVE_CONFIG_H -DHAVE_LIBLZ4=1 -I. -Isrc $driver)
}
cppcheck_own() {
	checked --include="$out/macros.h" -D_GNU_SOURCE -Itesting/simboard -Itesting/unit \
		-Isrc/flash/nor -Icontrib/loaders/spi $board $units
}
cppcheck_example() {
	checked --suppress=comparePointers examples/demo/*.c
}
if have cppcheck; then
	expect 'cppcheck has nothing to say about the driver' cppcheck_driver
	expect 'cppcheck has nothing to say about the board and the unit tests' cppcheck_own
	expect 'cppcheck has nothing to say about the example' cppcheck_example
else
	skip 'cppcheck' 'it is not installed'
fi

# Of random operations a part is enough here, where each takes many times as long
if [ "$CMSPI_LONG" != 1 ]; then
	export CMSPI_OPERATIONS=10000
fi

# ---- sanitizers ----------------------------------------------------------------

# The board and the unit tests by a second configured build
build_own() {
	cd "$out" || return 1
	if [ "$(cat .flags 2>/dev/null)" != "$sanitize" ]; then
		"$CMSPI_TOP/configure" CFLAGS="$sanitize" || return 1
		${MAKE:-make} mostlyclean >/dev/null
		echo "$sanitize" >.flags
	fi
	${MAKE:-make} --no-print-directory -j2 bin/simboard
}
test_units() {
	${MAKE:-make} -C "$out" --no-print-directory -j2 check-TESTS
}

# OpenOCD with only our files compiled anew
build_driver() {
	driver_objects "$out" "${CC:-cc}" "$sanitize" &&
		ocd_program "$out/bin/openocd" "${CC:-cc}" "$sanitize" src/main.o "$out"/cmspi*.o
}

# system_tests PYTEST-ARGUMENT...: leaks are written to files, as OpenOCD has some
# of its own
system_tests() {
	rm -f "$out"/said.*
	OPENOCD=$out/bin/openocd SIMBOARD=$out/bin/simboard \
	OPENOCD_SCRIPTS=$CMSPI_BUILD/share/openocd/scripts \
	ASAN_OPTIONS=log_path=$out/said LSAN_OPTIONS=exitcode=0 UBSAN_OPTIONS=print_stacktrace=1 \
		pytest-3 -q -p no:cacheprovider "$@"
}
# Errors, and memory that nobody knows any more and that was asked for by us (not
# by Unicorn on our behalf; OpenOCD itself leaves its own to the system)
said_about_us() {
	cat "$out"/said.* 2>/dev/null | awk -v RS= '
		/ERROR: AddressSanitizer|runtime error/ { print }
		/^Direct leak/ && /nor\/cmspi|testing\/simboard\// && !/libunicorn/ { print }'
}

# What is run: erase, write, verify, read through stub and registers, or all there is
short='testing/system/test_flash_commands.py testing/system/test_gpio_executor.py'
pick='erase_address or any_offset or info_says or one_wrong_bit or write_read or left_as_found'
if [ "$CMSPI_LONG" = 1 ]; then
	short=testing/system
	pick=
fi
if can_compile "$out" "${CC:-cc} $sanitize" >/dev/null 2>&1; then
	expect 'the board builds with sanitizers' build_own
	expect 'unit tests run clean under sanitizers' test_units
	expect 'the driver builds with sanitizers' build_driver
	if have pytest-3; then
		expect 'driver and board run clean under sanitizers' system_tests -k "$pick" $short
		expect_silence 'no leak of driver or board' said_about_us
	else
		skip 'driver and board under sanitizers' 'no pytest'
	fi
else
	skip 'sanitizers' "${CC:-cc} has no -fsanitize=address,undefined"
fi

# ---- valgrind ------------------------------------------------------------------

grind() {
	valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=9 "$@"
}
# Those of the board run code that Unicorn translates, which valgrind would have
# to translate again: the sanitizers have seen them.
grind_units() {
	tests=$(printf '%s\n' $units | sed '/_simboard_/d; s/\.c$//')
	${MAKE:-make} -C "$CMSPI_BUILD" --no-print-directory $tests || return 1
	for test in $tests; do
		grind "$CMSPI_BUILD/$test" || return 1
	done
}
# OpenOCD leaves some memory to the system at its end; Jim Tcl 0.81 reads a word
# behind the end of a table of its own (no call of ours is on that stack)
grind_driver() {
	for kind in Addr1 Addr4 Addr8; do
		printf '{\n\tjim_%s\n\tMemcheck:%s\n\tobj:*/libjim.so*\n}\n' $kind $kind
	done >"$out/jim.supp"
	printf '#!/bin/sh\nexec valgrind --quiet --error-exitcode=9 --suppressions="%s" "%s" "$@"\n' \
		"$out/jim.supp" "$CMSPI_BUILD/bin/openocd" >"$out/openocd-grind"
	chmod +x "$out/openocd-grind"
	OPENOCD=$out/openocd-grind SIMBOARD=$CMSPI_BUILD/bin/simboard \
		pytest-3 -q -p no:cacheprovider testing/system/test_flash_commands.py \
		-k 'any_offset or info_says or erase_address or sees_one_wrong_bit'
}
if ! have valgrind; then
	skip 'valgrind' 'it is not installed'
else
	expect 'unit tests run clean under valgrind' grind_units
	if [ "$CMSPI_LONG" = 1 ] && have pytest-3; then
		expect 'the driver runs clean under valgrind' grind_driver
	else
		skip 'the driver under valgrind' 'only in --long'
	fi
fi

totals
