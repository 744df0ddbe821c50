# SPDX-License-Identifier: GPL-2.0-or-later
# The driver compiled anew with sanitizers, and linked with the OpenOCD that is
# built: sourced after scripts/lib.sh by the test groups that need it.

ocd=$CMSPI_BUILD/openocd
# Flow warnings are less reliable in instrumented code, says gcc's manual
sanitize='-Wno-error -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -g -O1'

# ocd_variable NAME: of the makefile that OpenOCD was built with
ocd_variable() {
	printf 'include Makefile\ncmspi-print:\n\t@echo $(%s)\n' "$1" |
		${MAKE:-make} -C "$ocd" -s --no-print-directory -f - cmspi-print
}
ocd_compile=$(ocd_variable COMPILE)
ocd_flags=${ocd_compile#* }
driver=$(cd "$ocd" && ls src/flash/nor/cmspi*.c)

# can_compile OUT COMMAND: does this compiler with its flags make a program that runs?
can_compile() {
	echo 'int main(void) { return 0; }' >"$1/empty.c"
	$2 -o "$1/empty" "$1/empty.c" && "$1/empty"
}

# ocd_object OBJECT FILE COMPILER FLAGS: a file compiled as one of OpenOCD's. The
# makefile's words hold quotes (-DNAME="TEXT").
ocd_object() {
	(cd "$ocd" && eval "$3 $(printf '%s' "$ocd_flags" | sed 's/"/\\"/g') $4 -c -o '$1' '$2'")
}

# driver_objects OUT COMPILER FLAGS: those of our files that changed
driver_objects() {
	for file in $driver; do
		object=$1/$(basename "$file" .c).o
		[ "$object" -nt "$ocd/$file" ] && [ "$object" -nt "$ocd/.cmspi-changed" ] ||
			ocd_object "$object" "$file" "$2" "$3" || return 1
	done
}

# ocd_program PROGRAM LINKER FLAGS OBJECT...: with all that OpenOCD consists of, but for
# its main(); what asks for memory there goes through the sanitizer as well
ocd_program() {
	ocd_program=$1
	ocd_linker=$2
	ocd_program_flags=$3
	shift 3
	(cd "$ocd" && eval "$(ocd_variable LINK | sed "s/ --mode=link [^ ]*/ --mode=link $ocd_linker/")" \
		"$ocd_program_flags" -o "$ocd_program" "$@" \
		"$(ocd_variable src_openocd_LDADD)" "$(ocd_variable LIBS)")
}
