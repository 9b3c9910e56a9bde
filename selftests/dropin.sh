#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# A module that knows the kernel's calls only, on the drop-in header: kfree() and
# its relatives, names, nodes, RCU, and a charged cache in a child memory cgroup.
# boots: stock kasan kcsan bare
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

CG=$TMP/cgroup

# scene NAME: it holds, nothing is live or reported afterwards.
scene() {
	unload dropin
	mark
	helper dropin "scene=$1" || {
		log_since
		return 1
	}
	said "^dropin: $1 ok\$" && said_nothing_like 'destroy refused' &&
		same "caches left" "$(ls "$SQ/caches")" "" &&
		same "misuse" "$(field summary misuse)" 0 && sound
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

lost_once() {
	said_times 1 '^squirrel: dropin: SLAB_ACCOUNT is not obeyed'
}

plan 9
need load reclaim=off
check "kfree() and its relatives know whose memory it is" scene free
check "kfree_rcu() as well" scene rcu
check "names may repeat, nodes may be missing, DMA is refused" scene create
check "pr_fmt is the source's own" said "^dropin: create: no cache for DMA"
check "readers under RCU find objects of the cache" scene typesafe
if cgroup 2>"$TMP/said"; then
	check "a charged cache on a list_lru, in a child cgroup" \
		in_child scene lru
	check "what is lost is said once" lost_once
else
	skip "a charged cache on a list_lru, in a child cgroup" "no memory cgroup"
	skip "what is lost is said once" "no memory cgroup"
fi
unload dropin
[ ! -d "$CG/child" ] || { rmdir "$CG/child"; umount "$CG"; }
finish
