#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# wide-test.sh: the own test of what `make test-wide` must not pass over: a library that a program
# asks for and that is not here, a line of the list of which nothing comes, and a module that
# failed on squirrel of which SLUB did not say that it is no better.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/expect.inc.sh"

need_packages gcc libc6-dev
K_NAME=stock
. "$SQ_TOP/tools/clients.inc.sh"
. "$SQ_TOP/tools/wide.inc.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# programs: one has the library that it asks for, the other has not.
program() {
	echo 'int sq_absent(void) { return 0; }' | gcc -shared -fPIC -x c -o "$work/libsqabsent.so" -
	echo 'int sq_absent(void); int main(void) { return sq_absent(); }' |
		gcc -x c -o "$work/asks" - -L"$work" -lsqabsent -Wl,-rpath,"$work"
}

# put TITLE WANTED: the status of put_program, and whether what it says names both.
put() {
	local status=0 named=no

	(put_program "$work/stage" "$work/asks") 2>"$work/said" || status=1
	! grep -q "$work/asks asks for libsqabsent.so," "$work/said" || named=yes
	expect "put_program: $1" "$2" "$status $named"
}

# uses TITLE WANTED LINE: what is said of a folder with one module, m-a.
uses() {
	printf 'net/x form=object\n%b\nnet/xy\n\tm-c sent\n' "$3" >"$LIST"
	expect "bad_uses: $1" "$2" "$(bad_uses net/x)"
}

# answers TITLE WANTED GUEST: what comes of a module that asked, and of what SLUB's guest said.
answers() {
	printf '# begin net/x m-a\n# ask net/x m-a do_its_work 1 2 3 m_a\n' >"$dir/result.1"
	printf '%b' "$3" >"$dir/result.slub.1"
	answered 1 >"$work/line"
	expect "answered: $1" "$2" \
		"$(cut -d ' ' -f 1 "$work/line") $(sed -n 's/^# row net.x m-a \([^ ]*\).*/\1/p' "$dir/result.1")"
}

program
put "all is here" "0 no"
rm "$work/libsqabsent.so"
put "a library is missing" "1 yes"

LIST=$work/list
TREE=$work/tree
dir=$work
mkdir -p "$TREE/net/x" "$TREE/net/xy"
touch "$TREE/net/x/m-a.ko"
uses "nothing wrong" "" '\tm-a sent A B'
uses "not built" "net/x: m-b is on the list, and was not built" '\tm-b sent A'
uses "another spelling" "net/x: m_a is on the list, and was not built" '\tm_a sent A'
uses "twice" "net/x: m-a is on the list twice" '\tm-a sent A\n\tm-a sent B'
uses "no function" "net/x: m-a is to be used by 'send', which is no function" '\tm-a send A'

answers "SLUB is no better" "ok neither:do_its_work" '# SLUB does not: no such thing\r\n'
answers "SLUB is better" "not failed" '# SLUB does\r\n'
answers "SLUB's machine died" "not failed" 'something else\n'
answers "it said nothing" "not failed" ''

echo "wide self-test: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
