# SPDX-License-Identifier: GPL-2.0-or-later
# Shared by the front scripts (./demo, ./check) and scripts/*: sourced, not run.
# The caller has set `top` to the top folder of the source tree.

build=${CMSPI_BUILD:-$top/build}
case $build in
/*) ;;
*) build=$PWD/$build ;;
esac
me=${0##*/}

say() {
	printf '%s: %s\n' "$me" "$*"
}

die() {
	printf '%s: error: %s\n' "$me" "$*" >&2
	exit 1
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# The driver's files that know nothing of OpenOCD, src/flash/nor/cmspi_NAME.c and .h
pure_names='address chip crc dataflash diagnosis locks loops map modes otp parts pending pins plan positional progress
	protect sfdp sfdp_map signature user'

# Debian's own sbin folders are not in every user's PATH
case :$PATH: in
*:/usr/sbin:*) ;;
*) PATH=$PATH:/usr/sbin:/sbin ;;
esac

# Sums "N passed, N failed, N skipped" lines on stdin into one such line.
sum_totals() {
	awk '/^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$/ { p += $1; f += $3; s += $5 }
		END { printf "%d passed, %d failed, %d skipped\n", p, f, s }'
}

# Options that ./demo, ./check and scripts/build have in common. Returns 0 when
# it took the option; the caller handles the others.
build_options=
common_option() {
	case $1 in
	--with-openocd=*)
		CMSPI_OPENOCD=${1#*=}
		[ -d "$CMSPI_OPENOCD" ] || die "--with-openocd=$CMSPI_OPENOCD: no such folder"
		CMSPI_OPENOCD=$(cd "$CMSPI_OPENOCD" && pwd) || exit 1
		export CMSPI_OPENOCD ;;
	--without-lz4)
		build_options="$build_options --without-lz4" ;;
	*)
		return 1 ;;
	esac
}
