#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The drop-in header's own suite: a module that knows the kernel's calls only. All its
# tests, and those of a charged cache once more in a child memory cgroup.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

CG=$TMP/cgroup

# play [only=NAME]: the tests of the suite, and a result of each in $TMP/played. On
# trust nobody is told of a bad free.
# shellcheck disable=SC2120 # in_child passes one
play() {
	unload dropin
	mark
	helper dropin "trust=$(hardened && echo 0 || echo 1)" "$@" 2>/dev/null
	word_after 'dropin: test ' >"$TMP/played"
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

each_played() {
	while read -r verdict title; do
		if [ "$verdict" = skipped ]; then
			skip "$title" "needs hardened=1"
		else
			check "$title" is ok "$verdict"
		fi
	done <"$TMP/played"
}

# nothing_left: all tests have ended, and no cache or bad free is too many.
nothing_left() {
	loaded dropin && same "tests" "$(grep -c . "$TMP/played")" \
		"$(word_after 'dropin: ran ')" &&
		same "caches left" "$(ls "$SQ/caches")" "" &&
		same "misuse" $(($(field summary misuse) - misuse)) \
			"$(word_after 'dropin: misuse ')" && sound
}

cgroup() {
	mkdir -p "$CG" && mount -t cgroup2 none "$CG" &&
		echo +memory >"$CG/cgroup.subtree_control" && mkdir "$CG/child"
}

# in_child COMMAND...: by a shell that the child cgroup is charged for.
in_child() {
	(
		sh -c 'echo $PPID' >"$CG/child/cgroup.procs"
		"$@"
	)
}

# Newer kernels charge for what is on a list: nothing is lost there.
lost_once() {
	said_times "$(word_after 'dropin: lost ')" '^squirrel: dropin: SLAB_ACCOUNT is not obeyed'
}

# The names of the tests are known once they have run.
need load reclaim=off
misuse=$(field summary misuse)
play
plan $(($(grep -c . "$TMP/played") + 6))
each_played
check "nothing is left of all that" nothing_left
misuse=$(field summary misuse)
if cgroup 2>"$TMP/said"; then
	in_child play only=lru
	heard=
	check "a charged cache on a list_lru, in a child cgroup" nothing_left
	check "what is lost is said once" lost_once
else
	skip "a charged cache on a list_lru, in a child cgroup" "no memory cgroup"
	skip "what is lost is said once" "no memory cgroup"
fi
unload dropin
refuse "there are no tests of another name" helper dropin only=none
[ ! -d "$CG/child" ] || { rmdir "$CG/child"; umount "$CG"; }
finish
