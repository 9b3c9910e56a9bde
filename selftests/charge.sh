#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# Pages that are charged to a memory cgroup: its charge goes when they do, of each of
# them, whether they go back in one piece or in several.
# boots: stock kasan kcsan
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"

CG=$TMP/cgroup
# What the kernel charges beforehand, 64 pages on each CPU, and what it has on its books
# yet: 1 MiB, and more where pages are large.
SLACK=$((136 * PAGE))
[ $SLACK -gt 1048576 ] || SLACK=1048576

cgroup() {
	mkdir -p "$CG" && mount -t cgroup2 none "$CG" &&
		echo +memory >"$CG/cgroup.subtree_control" && mkdir "$CG/child"
}

charged() {
	cat "$CG/child/memory.current"
}

# charge PARAMETER...: the module, by a shell that the child cgroup is charged for.
charge() {
	(
		sh -c 'echo $PPID' >"$CG/child/cgroup.procs"
		helper nodes where=heap account=1 "$@"
	)
}

# held BYTES: they are charged.
held() {
	echo "$(charged) bytes are charged"
	[ "$(charged)" -ge "$1" ]
}

# Pages are given back here, and their charge may follow a little later.
let_go() {
	echo "$(charged) bytes are charged, $was were before"
	[ "$(charged)" -le $((was + SLACK)) ]
}

cgroup || skip_all "no memory cgroup"
plan 8
need load reclaim=off
was=$(charged)
# One piece each; and pages that are no power of two.
for size in $((64 * PAGE)) $((48 * PAGE + 3392)) $((3 * PAGE - 288)); do
	need charge objects=$((16777216 / size)) size=$size
	check "blocks of $size bytes are charged" held $((was + 12000000))
	rmmod nodes
	check "blocks of $size bytes are not any more" until_true let_go
done
rmdir "$CG/child"
umount "$CG"
finish
