# SPDX-License-Identifier: GPL-2.0-or-later
# What can be measured of style: licence tags, lengths, layers, left-overs.
. "$CMSPI_TOP/scripts/lib.sh"
. "$CMSPI_TOP/scripts/testlib.sh"

max_function_lines=60
max_columns=100

# Every file of ours that a person wrote, as git sees it; without git, as find
# does (an unpacked archive).
all_files() {
	if [ -e .git ] && have git; then
		git -c safe.directory="$CMSPI_TOP" ls-files --cached --others --exclude-standard |
			while read -r file; do [ ! -f "$file" ] || echo "$file"; done
	else
		find . -type f ! -path './build*' ! -path './autom4te.cache/*' | sed 's,^\./,,'
	fi
}
files=$(all_files | sort)

# matching PATTERN: the files whose path matches
matching() {
	printf '%s\n' "$files" | grep -E "$1"
}
c_files=$(matching '\.[ch]$')
sources=$(matching '\.([chS]|tcl|cfg|py|sh|ld|am|ac|texi)$|(^|/)Makefile$|^scripts/|^(check|demo|bench|bootstrap)$|^\.ci/')

without_licence() {
	for file in $sources; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file"
	done
}
expect_silence 'every source file has an SPDX line at its top' without_licence

long_functions() {
	awk -v max=$max_function_lines '
		/^[A-Za-z_].*\(/ { name = $0 }
		/^\{/ { start = FNR }
		/^\}/ && start {
			if (FNR - start + 1 > max)
				printf "%s:%d: %d lines: %s\n", FILENAME, start, FNR - start + 1, name
			start = 0
		}' $c_files
}
expect_silence "no C function is longer than $max_function_lines lines" long_functions

long_lines() {
	for file in $c_files $(matching '\.S$'); do
		expand -t 4 "$file" | awk -v max=$max_columns -v file="$file" \
			'length($0) > max { printf "%s:%d: %d columns\n", file, NR, length($0) }'
	done
}
expect_silence "no line of C is longer than $max_columns columns" long_lines

# A file ends with a newline, lines do not end with blanks.
untidy() {
	for file in $sources $(matching '\.(md|json|txt)$'); do
		[ -z "$(tail -c 1 "$file")" ] || echo "$file: no newline at its end"
	done
	grep -nE '[[:blank:]]+$' $sources
}
expect_silence 'no blanks at line ends, newline at file end' untidy

# words in two halves, so that this file does not find itself
leftovers() {
	grep -nwE 'TO''DO|FIX''ME|XX''X|HA''CK' $sources
}
expect_silence 'no left-over notes to self' leftovers

# Paths and archive hosts of the machine that this was written on.
of_one_machine() {
	grep -nIF -e "$CMSPI_TOP/" $files
	[ "$HOME" = / ] || grep -nIF -e "$HOME/" $files
	have apt-cache || return 0
	apt-cache policy 2>/dev/null | grep -oE '[a-z]+://[^/ ]+' | sed 's,.*://,,' | sort -u |
		while read -r host; do grep -nIF -e "$host" $files; done
}
expect_silence 'no paths and no archive hosts of one machine' of_one_machine

# The pure files of the driver compile with no header of OpenOCD in reach.
compiles_alone() {
	${CC:-cc} -std=gnu99 -Wall -Wextra -Werror -fsyntax-only -Isrc/flash/nor \
		-Icontrib/loaders/spi -x c "$1"
}
for name in $pure_names; do
	for file in src/flash/nor/cmspi_$name.c src/flash/nor/cmspi_$name.h; do
		if [ -f "$file" ]; then
			expect "$file compiles without OpenOCD" compiles_alone "$file"
		else
			fail "$file compiles without OpenOCD" 'the file is missing'
		fi
	done
done

# JSON data and shell scripts can be read by what will read them.
bad_json() {
	for file in $(matching '\.json$'); do
		python3 -m json.tool "$file" /dev/null || echo "$file"
	done
}
expect_silence 'JSON files are valid' bad_json

bad_shell() {
	for file in $(matching '\.sh$|^scripts/[a-z-]*$|^(check|demo|bench|bootstrap)$'); do
		sh -n "$file" || echo "$file"
	done
}
expect_silence 'shell scripts are valid POSIX shell' bad_shell

# OpenOCD's rules for what may go to OpenOCD; what stays here has neither its
# macros nor its form of the licence line.
checkpatch() {
	CHECKPATCH_OPTIONS=$1
	export CHECKPATCH_OPTIONS
	shift
	scripts/checkpatch "$@"
}
code=0
scripts/checkpatch src/flash/nor/cmspi_op.h >/dev/null 2>&1 || code=$?
if [ $code -eq 77 ]; then
	skip 'checkpatch' 'no checkpatch.pl: set CHECKPATCH to a checkout of OpenOCD'
else
	# arguments of the macros that make rows of constants have no side-effects
	upstream=$(matching '^(src|contrib/loaders)/.*\.[chS]$' | grep -v _pack.c)
	expect_silence 'checkpatch on what may go to OpenOCD' \
		checkpatch '--ignore MACRO_ARG_REUSE' $upstream
	# liblz4 names its functions as it does
	expect_silence 'checkpatch on what calls liblz4' \
		checkpatch '--ignore CAMELCASE' src/flash/nor/cmspi_stub_pack.c
	expect_silence 'checkpatch on tests and examples' \
		checkpatch '--ignore BIT_MACRO,ARRAY_SIZE,CAMELCASE,SPDX_LICENSE_TAG,MACRO_ARG_REUSE' \
		$(matching '^(testing|examples)/.*\.[chS]$')
fi

totals
