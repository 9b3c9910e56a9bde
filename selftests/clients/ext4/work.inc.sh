# SPDX-License-Identifier: GPL-2.0
# A file system on a disk of memory: four writers at once, all read and summed up, what
# comes and goes under pressure, once more in a small memory cgroup, and with data
# in the journal; fsck after each umount.
# shellcheck shell=dash

MNT=/tmp/mnt
CG=/tmp/cgroup
DISK=/dev/ram0

mounted() {
	mount -t ext4 "$@" "$DISK" $MNT
}

# off: and is it well?
off() {
	umount $MNT && /usr/bin/e2fsck -fn "$DISK" >&2
}

# in_child COMMAND...: in a memory cgroup of little memory.
in_child() {
	mkdir -p $CG
	[ -d $CG/child ] || {
		mount -t cgroup2 none $CG
		echo +memory >$CG/cgroup.subtree_control
		mkdir $CG/child
		echo 24M >$CG/child/memory.max
	}
	(
		sh -c 'echo $PPID' >$CG/child/cgroup.procs
		"$@"
	)
}

# One byte is another, if that is to be noticed.
spoilt() {
	if [ "$1" = squirrel ] && busted data; then
		printf x | dd of="$MNT/s4-0/a file with number 0" conv=notrunc bs=1 seek=7
	fi 2>/dev/null
}

client_work() {
	mkdir -p $MNT
	/usr/bin/mke2fs -q -F -t ext4 -b 1024 -I 256 "$DISK" 200000 >&2 &&
		mounted && at_once 4 fill $MNT "$FILES" && at_once 4 check $MNT "$FILES" &&
		mkdir $MNT/churn && pressure at_once 4 churn $MNT/churn "$FILES" &&
		off && mounted && at_once 4 check $MNT "$FILES" && spoilt "$1" && sum_all &&
		mkdir $MNT/child && in_child at_once 4 fill $MNT/child $((FILES / 4)) &&
		in_child at_once 4 check $MNT/child $((FILES / 4)) && sum_all &&
		rm -rf $MNT/s1-* $MNT/s3-* && sync && off &&
		mounted -o data=journal && at_once 4 fill $MNT/churn $((FILES / 4)) &&
		sync && at_once 4 check $MNT/churn $((FILES / 4)) && sum_all &&
		rm -rf $MNT/s* $MNT/c* && off
}

client_end() {
	! grep -q " $MNT " /proc/mounts || umount $MNT
	[ ! -d $CG/child ] || { rmdir $CG/child; umount $CG; }
}
