#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# cell.sh KERNEL COLUMN: one cell of test-all.sh, left in build/matrix/KERNEL/COLUMN:
# the key that test-all.sh has given the kernel, the cell's text, and notes on it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

[ $# -eq 2 ] || die "usage: tools/cell.sh KERNEL COLUMN"
row=$1
column=$2
in_matrix "$row" || die "'$row' is no kernel of the matrix: ${MATRIX_KERNELS[*]}"
kernel=$(boot_kernel "$row")
dir=$SQ_BUILD/matrix/$row
log=$dir/$column.log

# done_with TEXT [NOTE...]: the cell is TEXT. Notes are lines.
done_with() {
	mkdir -p "$dir"
	{
		cat "$dir/key"
		echo "$1"
		shift
		[ $# -eq 0 ] || printf '%s\n' "$@"
	} >"$dir/$column.tmp"
	mv "$dir/$column.tmp" "$dir/$column"
	say "$row, $column: $(sed -n 2p "$dir/$column") ($SECONDS s)"
	exit 0
}

# build_cell: all of it anew, or warnings of what is there already would not be seen.
build_cell() {
	local out=$SQ_BUILD/$kernel count

	rm -rf "$out"
	"$SQ_TOP/tools/build.sh" "$kernel" >"$log" 2>&1 ||
		done_with "FAILED" "$(grep -E 'error|squirrel:' "$log" | head -n 3)"
	! own_warnings "$log" "$out" >/dev/null ||
		done_with "FAILED: warnings" "$(own_warnings "$log" "$out" | head -n 3)"
	count=$(find "$out" -name '*.ko' | wc -l)
	[ -e "$out/squirrel.ko" ] || done_with "FAILED" "there is no squirrel.ko"
	done_with "ok $count modules"
}

# boot_cell BOOT PATTERN [NOTE]: what the tests of BOOT say whose names PATTERN matches.
boot_cell() {
	local boot out p=0 f=1 notes

	boot=$(boot_dir "$1")
	mkdir -p "$boot"
	echo "0 1 0" >"$boot/counts"
	: >"$boot/result.log"
	rm -f "$boot/still"
	SQ_ASIDE=1 SQ_ONLY=$2 "$SQ_TOP/tools/try.sh" "$1" >"$log" 2>&1 || true
	read -r p f _ <"$boot/counts"
	out=$({
		cat "$boot/still" 2>/dev/null
		grep -ahE '^ *not ok |^ *ok .*# *SKIP' "$boot/result.log"
		[ "$f" -eq 0 ] || sed -n '/^the kernel reported/,/^    /p;/^no verdict/p' \
			"$boot/judgement" 2>/dev/null
	} | sed 's/^ *//') || true
	mapfile -t notes <<<"$out"
	[ -n "$out" ] || notes=()
	[ "$f" -eq 0 ] || done_with "FAILED $f of $((p + f))" "${notes[@]}"
	done_with "ok $p${3:+ $3}" "${notes[@]}"
}

# kunit_cell: a kernel as shipped has no KUnit; for 6.1 there is UML of the same source.
kunit_cell() {
	if [ "$row" = 6.1 ]; then
		if [ ! -e "$SQ_BUILD/uml/squirrel.ko" ]; then
			flock "$SQ_BUILD/matrix" "$SQ_TOP/tools/build.sh" uml >"$log" 2>&1 ||
				done_with "FAILED" "no modules for UML"
		fi
		boot_cell uml '*' "(UML)"
	fi
	load_kernel "$kernel"
	grep -q '^CONFIG_KUNIT=' "$K_DIR/include/config/auto.conf" ||
		done_with "- the kernel has no KUnit"
	boot_cell "$row-unit" '*'
}

# clients_cell: in the words of test-clients.sh.
clients_cell() {
	local last

	[ -x "$SQ_TOP/tools/test-clients.sh" ] || done_with "- no clients here yet"
	"$SQ_TOP/tools/test-clients.sh" "$kernel" >"$log" 2>&1 || true
	last=$(tail -n 1 "$log")
	case $last in
	[0-9]*" passed, 0 failed, "*) done_with "ok ${last%% *}" ;;
	[0-9]*" passed, "*) done_with "FAILED ($last)" "$(grep -a '^ *not ok' "$log")" ;;
	"- "*) done_with "$last" ;;
	*"there is no client '$kernel'"*) done_with "- sources are 6.1's" ;;
	*) done_with "FAILED" "$last" ;;
	esac
}

mkdir -p "$dir"
[ "$column" = build ] || [ -e "$SQ_BUILD/$kernel/squirrel.ko" ] ||
	done_with "- there are no modules"
case $column in
build) build_cell ;;
kunit) kunit_cell ;;
kselftest) boot_cell "$row" "!$MATRIX_LONG" ;;
torture) boot_cell "$row-torture" "@$MATRIX_LONG" ;;
clients) clients_cell ;;
*) die "there is no column '$column'" ;;
esac
