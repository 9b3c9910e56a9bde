#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-all.sh [KERNEL...]: all that is tested on each kernel, as a table: is it built
# without a warning, KUnit where the kernel has it, kselftest, a short torture, clients.
# A cell is the number of tests that passed, FAILED, or the reason why there is none.
# Kernels: those of MATRIX_KERNELS in boots.inc.sh, by default all of them.
#
# A cell that is done is kept in build/matrix and not run again while source and
# kernel are the same; SQ_FRESH=1 starts anew. So a run that was cut short goes on. Logs
# are in build/boots, as those of test.sh, and beside the cells.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

COLUMNS_ALL=(build kunit kselftest torture clients)
matrix=$SQ_BUILD/matrix

# source_key: of all that a cell depends on but for its kernel.
source_key() {
	local parts=() p

	for p in Kbuild include src kunit selftests samples tools; do
		[ ! -e "$SQ_TOP/$p" ] || parts+=("$p")
	done
	(cd "$SQ_TOP" && find "${parts[@]}" -type f ! -name '*.o' ! -name '*.ko' -print0 |
		sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-16
}

# cell KERNEL COLUMN: what is known of it; fails if nothing is.
cell() {
	local file=$matrix/$1/$2

	[ -s "$file" ] && [ "$(head -n 1 "$file")" = "$(cat "$matrix/$1/key")" ] &&
		sed -n 2p "$file"
}

# todo KERNEL COLUMN: what had no modules to run may have some now.
todo() {
	local text

	text=$(cell "$1" "$2") || return 0
	[ "$text" = "- there are no modules" ]
}

show_table() {
	local k c

	printf '\n%-10s' kernel
	printf ' %-20s' "${COLUMNS_ALL[@]}"
	printf '\n'
	for k in "$@"; do
		printf '%-10s' "$k"
		for c in "${COLUMNS_ALL[@]}"; do
			printf ' %-20s' "$(cell "$k" "$c" || echo 'FAILED: cut short')"
		done
		printf '\n'
	done | sed 's/ *$//'
}

# show_notes KERNEL...: what failed, what was skipped and why.
show_notes() {
	local k c

	for k in "$@"; do
		for c in "${COLUMNS_ALL[@]}"; do
			[ ! -s "$matrix/$k/$c" ] || sed -n "3,\$s/^/$k, $c: /p" "$matrix/$k/$c"
		done
	done
}

[ $# -gt 0 ] || set -- "${MATRIX_KERNELS[@]}"
for k in "$@"; do
	in_matrix "$k" || die "'$k' is no kernel of the matrix: ${MATRIX_KERNELS[*]}"
done
need_packages qemu-system-x86 busybox-static cpio xz-utils rsync
start=$SECONDS
key=$(source_key)
for k in "$@"; do
	mkdir -p "$matrix/$k"
	[ -z "${SQ_FRESH:-}" ] || rm -f "$matrix/$k"/*
	info=$("$SQ_TOP/tools/kernel.sh" "$(boot_kernel "$k")") || info=none
	echo "$key $(sha256sum <<<"$info" | cut -c1-16)" >"$matrix/$k/key"
	# All is built first, one at a time: a build takes all CPUs for itself.
	if todo "$k" build || [ ! -e "$SQ_BUILD/$(boot_kernel "$k")/squirrel.ko" ]; then
		"$SQ_TOP/tools/cell.sh" "$k" build || true
	fi
done

# What takes longest comes first.
for c in clients kselftest torture kunit; do
	for k in "$@"; do
		! todo "$k" "$c" || printf '%s\0%s\0' "$k" "$c"
	done
done | xargs -0 -r -P "${SQ_LANES:-2}" -n 2 "$SQ_TOP/tools/cell.sh" || true

show_table "$@" | tee "$matrix/table"
echo
show_notes "$@"
say "the matrix took $((SECONDS - start)) s; logs are in build/boots and build/matrix"
! grep -q FAILED "$matrix/table" || {
	echo "squirrel: not all of it holds"
	exit 1
}
