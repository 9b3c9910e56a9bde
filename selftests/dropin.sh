#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The drop-in's own suite, with the header: modules that know the kernel's calls only.
# All tests, and those of a charged cache once more in a child memory cgroup; then
# those of who has kmalloc() from squirrel as well.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"
. "${0%/*}/dropin.inc.sh"

CG=$TMP/cgroup

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
	said_times "$(word_after 'dropin: lost ')" '^squirrel: dropin: SLAB_ACCOUNT of cache .* has no effect'
}

# The names of the tests are known once they have run.
need load reclaim=off
play dropin_kmalloc
nr=$(nr_played)
unload dropin_kmalloc
play dropin
plan $((nr + $(nr_played) + 8))
each_played
check "nothing is left of all that" nothing_left
misuse=$(field summary misuse)
if cgroup 2>"$TMP/said"; then
	in_child play dropin only=lru
	heard=
	check "a charged cache on a list_lru, in a child cgroup" nothing_left
	check "what is lost is said once" lost_once
else
	skip "a charged cache on a list_lru, in a child cgroup" "no memory cgroup"
	skip "what is lost is said once" "no memory cgroup"
fi
unload dropin
refuse "there are no tests of another name" helper dropin only=none
play dropin_kmalloc
each_played
check "with kmalloc(): nothing is left of all that" nothing_left
unload dropin_kmalloc
check "with kmalloc(): all is given back" until_true given_back 0
[ ! -d "$CG/child" ] || { rmdir "$CG/child"; umount "$CG"; }
finish
