# SPDX-License-Identifier: GPL-2.0
# A file system on a disk of memory: three writers at once, all read and summed up, what
# comes and goes while all that can be dropped is; its own check after each umount.
# shellcheck shell=dash

MNT=/tmp/mnt
DISK=/dev/ram0

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
	mkfs.f2fs -q -f $DISK >&2 && on && at_once 3 fill $MNT $n && at_once 3 check $MNT $n &&
		mkdir $MNT/churn && pressure at_once 3 churn $MNT/churn $n && off && on &&
		pressure at_once 3 check $MNT $n && sum_all &&
		rm -rf $MNT/s1-* $MNT/churn && sync && off && on && sum_all &&
		rm -rf $MNT/s* && off
}

client_end() {
	! grep -q " $MNT " /proc/mounts || umount $MNT
}
