# SPDX-License-Identifier: GPL-2.0
# Sourced by the selftests of the command squirrel: to call it, and what it complains of.
# shellcheck shell=dash

SQUIRREL=$DIR/squirrel

# ends STATUS ARGUMENTS...: with that exit status; output and errors are kept.
ends() {
	local want=$1 status=0

	shift
	"$SQUIRREL" "$@" >"$TMP/out" 2>"$TMP/err" || status=$?
	cat "$TMP/out" "$TMP/err"
	# shellcheck disable=SC2034 # ktap.inc.sh reads the log anew
	heard=
	same "exit status of squirrel $*" $status "$want"
}

# For who has something to lose, in words of its own.
nothing_left() {
	true
}

# complains STATUS WORDS ARGUMENTS...: on stderr, first, in one line that has WORDS in it;
# nothing on stdout, and nothing left behind.
complains() {
	local status=$1 words=$2

	shift 2
	ends "$status" "$@" && [ ! -s "$TMP/out" ] &&
		head -n 1 "$TMP/err" | grep -q "^squirrel: .*$words" && nothing_left || return 1
	[ "$status" = 2 ] || same lines "$(wc -l <"$TMP/err")" 1
}
