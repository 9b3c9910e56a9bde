#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-all-test.sh: the matrix's own test, with a builder and boots that only pretend: no
# cell is empty, none that failed is shown as good, what is done is not done again, and
# what is not done is.
# shellcheck disable=SC2016 # the scripts below are meant literally
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/expect.inc.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tree=$work/tree

# stub NAME: what is read becomes a script of the tree.
stub() {
	{
		echo '#!/bin/bash'
		cat
	} >"$tree/tools/$1"
	chmod 755 "$tree/tools/$1"
}

mkdir -p "$tree"/{tools,src,kdir/include/config} "$work/cache"
touch "$tree/src/a.c" "$tree/kdir/include/config/auto.conf"
for f in lib.sh boots.inc.sh test-all.sh cell.sh; do
	cp "$SQ_TOP/tools/$f" "$tree/tools/"
done
echo 'need_packages() { :; }' >>"$tree/tools/lib.sh"
stub kernel.sh <<'END'
top=$(dirname "$0")/..
[ ! -e "$top/no-kernel" ] || exit 1
echo "name=$1 arch=x86_64 release=1 kdir=$top/kdir"
END
stub build.sh <<'END'
top=$(dirname "$0")/..
echo "build $1" >>"$top/did"
[ ! -e "$top/warns" ] || echo "src/a.c:1:1: warning: a"
[ ! -e "$top/breaks" ] || exit 1
mkdir -p "$top/build/$1"
touch "$top/build/$1/squirrel.ko"
END
stub try.sh <<'END'
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"
echo "boot $1" >>"$SQ_TOP/did"
dir=$(boot_dir "$1")
[ ! -e "$SQ_TOP/dies" ] || exit 1
if [ -e "$SQ_TOP/fails" ]; then
	echo "not ok 1 - a" >"$dir/result.log"
	echo "3 1 0" >"$dir/counts"
else
	echo "ok 1 - a # SKIP no reason" >"$dir/result.log"
	echo "3 0 1" >"$dir/counts"
fi
END

# matrix KERNEL...: the table without its head, blanks made one; what was done is in "did".
matrix() {
	local status=0

	rm -f "$tree/did"
	SQUIRREL_CACHE=$work/cache "$tree/tools/test-all.sh" "$@" \
		>"$work/out" 2>/dev/null || status=$?
	sed -n '/^kernel/,/^$/p' "$work/out" | sed -e 1d -e '/^$/d' | tr -s ' ' |
		tr '\n' '|'
	echo "$status"
}

did() {
	sort "$tree/did" 2>/dev/null | tr '\n' ' '
}

NONE="- the kernel has no KUnit ok 3 ok 3 - no clients here yet"
expect "all of a kernel" "7.3 ok 1 modules $NONE|0" "$(matrix 7.3)"
expect "what was done" "boot 7.3 boot 7.3-torture build 7.3 " "$(did)"
expect "a skip is told" 2 "$(grep -c 'SKIP no reason' "$work/out")"
expect "nothing again" "7.3 ok 1 modules $NONE|0" "$(matrix 7.3)"
expect "nothing done" "" "$(did)"
rm -f "$tree/build/matrix/7.3/torture"
matrix 7.3 >/dev/null
expect "only what was not done" "boot 7.3-torture " "$(did)"
SQ_FRESH=1 matrix 7.3 >/dev/null
expect "all anew" "boot 7.3 boot 7.3-torture build 7.3 " "$(did)"
echo >>"$tree/src/a.c"
matrix 7.3 >/dev/null
expect "other source" "boot 7.3 boot 7.3-torture build 7.3 " "$(did)"
touch "$tree/fails"
expect "a test fails" "rt ok 1 modules - the kernel has no KUnit FAILED 1 of 4 \
FAILED 1 of 4 - no clients here yet|1" "$(matrix rt)"
expect "which one is told" 2 "$(grep -c 'not ok 1 - a' "$work/out")"
rm "$tree/fails"
touch "$tree/dies"
expect "no verdict" "rt-6.12 ok 1 modules - the kernel has no KUnit FAILED 1 of 1 \
FAILED 1 of 1 - no clients here yet|1" "$(matrix rt-6.12)"
rm "$tree/dies"
touch "$tree/warns"
expect "a warning" "6.12 FAILED: warnings $NONE|1" "$(matrix 6.12)"
rm "$tree/warns"
NOT="- there are no modules - there are no modules - there are no modules \
- there are no modules"
touch "$tree/breaks"
expect "it cannot be built" "rt-debug FAILED $NOT|1" "$(matrix rt-debug)"
rm "$tree/breaks"
echo CONFIG_KUNIT=y >"$tree/kdir/include/config/auto.conf"
rm -f "$tree/build/matrix/7.3/kunit"
expect "KUnit, and two kernels" "rt-debug ok 1 modules ok 3 ok 3 ok 3 - no clients here yet|\
7.3 ok 1 modules ok 3 ok 3 ok 3 - no clients here yet|0" "$(matrix rt-debug 7.3)"
expect "no such kernel" "1" "$(matrix 5.10)"
stub test-clients.sh <<'END'
echo "3 passed, 1 failed, 0 skipped"
END
SQ_FRESH=1 matrix 7.3 >/dev/null
expect "a client fails" 1 "$(grep -c 'FAILED (3 passed, 1 failed, 0 skipped)' "$work/out")"
stub test-clients.sh <<'END'
echo "squirrel: there is no client '$1' in selftests/clients"
exit 1
END
SQ_FRESH=1 matrix 7.3 >/dev/null
expect "sources are 6.1's" 1 "$(grep -c -- "- sources are 6.1's" "$work/out")"

echo "matrix self-test: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
