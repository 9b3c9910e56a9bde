# SPDX-License-Identifier: GPL-2.0
# An image of a few thousand files, read whole by two readers at once, each on a CPU of
# its own, with what was read dropped in between.
# shellcheck shell=dash

MNT=/tmp/mnt
IMAGE=/squirrel/client/image

read_all() {
	local cpu pids='' status=0

	for cpu in 0 1; do
		taskset -c $cpu sh -c "files check $MNT 1 $COUNT && find $MNT -type l |
			xargs readlink | sha256sum && (cd $MNT && find . -type f | sort |
			tr '\n' '\0' | xargs -0 sha256sum | sha256sum)" >/tmp/sum.$cpu &
		pids="$pids $!"
	done
	for cpu in $pids; do
		wait "$cpu" || status=1
	done
	cmp /tmp/sum.0 /tmp/sum.1 >&2 && cat /tmp/sum.0 && return $status
}

client_work() {
	mkdir -p $MNT
	mount -t squashfs -o ro,loop $IMAGE $MNT || return 1
	for _ in 1 2 3; do
		read_all || return 1
		echo 3 >/proc/sys/vm/drop_caches
	done
	umount $MNT
}

client_end() {
	! grep -q " $MNT " /proc/mounts || umount $MNT
}
