# SPDX-License-Identifier: GPL-2.0
# A file system on a disk behind each of the two caches, both of which are taken apart and
# put together meanwhile: the log of the one is replayed, the other begins with nothing.
# shellcheck shell=dash

export DM_DISABLE_UDEV=1
MNT=/tmp/mnt
RAPID=/sys/kernel/rapiddisk/mgmt
MIB=2048	# sectors

# part NAME FROM MIBS: of the disk.
part() {
	echo "0 $(($3 * MIB)) linear /dev/ram0 $(($2 * MIB))" | dmsetup create "$1"
}

boosted() {
	echo "0 $((96 * MIB)) writeboost /dev/mapper/back /dev/mapper/log" \
		"4 writeback_threshold 70 read_cache_threshold 32" | dmsetup create boosted
}

# Writes go to the disk and to the cache, reads to the cache: mode 0.
rapid() {
	echo "0 $((64 * MIB)) rapiddisk-cache /dev/mapper/slow /dev/rd0 $((24 * MIB)) 0" |
		dmsetup create rapid
}

# off DISK: and is it well?
off() {
	umount $MNT && { /usr/bin/e2fsck -fn "$1" >$TMP/fsck 2>&1 || ! cat $TMP/fsck >&2; }
}

# used AGAIN DISK N: files on it, and the same ones when AGAIN has made it anew.
used() {
	local dev=/dev/mapper/$2 n=$3

	/usr/bin/mke2fs -q -F -t ext4 -b 4096 "$dev" >&2 && mount -t ext4 "$dev" $MNT &&
		at_once 3 fill $MNT "$n" && pressure at_once 3 check $MNT "$n" &&
		mkdir $MNT/churn && pressure at_once 3 churn $MNT/churn "$n" &&
		sum_all && off "$dev" && dmsetup status "$2" >&2 && dmsetup remove "$2" &&
		$1 && mount -t ext4 "$dev" $MNT && pressure at_once 3 check $MNT "$n" &&
		sum_all && off "$dev"
}

client_work() {
	mkdir -p $MNT
	part back 0 96 && part log 96 64 && part slow 160 64 &&
		dd if=/dev/zero of=/dev/mapper/log bs=4096 count=1 2>/dev/null &&
		boosted && used boosted boosted $((FILES / 3)) &&
		echo "rapiddisk attach 0 $((32 << 20))" >$RAPID && rapid &&
		used rapid rapid $((FILES / 4))
}

client_end() {
	! grep -q " $MNT " /proc/mounts || umount $MNT
	for v in boosted rapid slow log back; do
		[ ! -e /dev/mapper/$v ] || dmsetup remove $v
	done
	[ ! -e /dev/rd0 ] || echo "rapiddisk detach 0" >$RAPID
}
