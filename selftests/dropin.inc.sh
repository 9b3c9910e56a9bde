# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts of the drop-in's suite: a module of it is loaded, which runs its
# tests, and a result is made of each.
# shellcheck shell=dash

# play MODULE [only=NAME]: its tests, and a result of each in $TMP/played. On trust
# nobody is told of a bad free.
play() {
	player=$1
	shift
	unload "$player"
	mark
	misuse=$(field summary misuse)
	helper "$player" "trust=$(hardened && echo 0 || echo 1)" "$@" 2>/dev/null
	word_after "$player: test " >"$TMP/played"
}

hardened() {
	[ "$(cat /sys/module/squirrel/parameters/hardened)" = Y ]
}

# is WANTED GOT: or what the module said.
is() {
	[ "$1" = "$2" ] || {
		log_since
		return 1
	}
}

nr_played() {
	grep -c . "$TMP/played"
}

each_played() {
	while read -r verdict title; do
		if [ "$verdict" = skipped ]; then
			skip "$player: $title" "needs hardened=1"
		else
			check "$player: $title" is ok "$verdict"
		fi
	done <"$TMP/played"
}

# nothing_left: all tests have ended, and no cache, object or bad free is too many.
nothing_left() {
	loaded "$player" && same "tests" "$(nr_played)" \
		"$(word_after "$player: ran ")" &&
		same "caches left" "$(ls "$SQ/caches")" "" &&
		same "misuse" $(($(field summary misuse) - misuse)) \
			"$(word_after "$player: misuse ")" && sound
}
