# SPDX-License-Identifier: GPL-2.0
# A file system on a disk of memory: three writers at once, all read and summed up, what
# comes and goes while all that can be dropped is; its own check after each umount.
# shellcheck shell=dash

MNT=/tmp/mnt
DISK=/dev/ram0

# each3 COMMAND DIR COUNT: files with three seeds at once.
each3() {
	local w pids='' status=0

	for w in 1 2 3; do
		files "$1" "$2" "$w" "$3" &
		pids="$pids $!"
	done
	for w in $pids; do
		wait "$w" || status=1
	done
	return $status
}

sum_all() {
	(cd $MNT && find . -type f | sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum)
	(cd $MNT && find . | sort | sha256sum)
}

# pressure COMMAND...: while all that can be dropped is, again and again.
pressure() {
	local pid status=0

	(while :; do echo 3 >/proc/sys/vm/drop_caches; sleep 0.2; done) &
	pid=$!
	"$@" || status=1
	kill $pid
	wait $pid
	return $status
}

on() {
	mount -t f2fs $DISK $MNT
}

# off: and is it well?
off() {
	umount $MNT && fsck.f2fs --dry-run $DISK >&2
}

client_work() {
	local n=$((FILES / 3))

	mkdir -p $MNT
	mkfs.f2fs -q -f $DISK >&2 && on && each3 fill $MNT $n && each3 check $MNT $n &&
		mkdir $MNT/churn && pressure each3 churn $MNT/churn $n && off && on &&
		pressure each3 check $MNT $n && sum_all &&
		rm -rf $MNT/s1-* $MNT/churn && sync && off && on && sum_all &&
		rm -rf $MNT/s* && off
}

client_end() {
	! grep -q " $MNT " /proc/mounts || umount $MNT
}
