# SPDX-License-Identifier: GPL-2.0
# A container on a disk of memory: files written, read and summed up, removed, and its own
# check of it all. Writing is new in this driver, so it is few files and one writer.
# shellcheck shell=dash

MNT=/tmp/mnt
DISK=/dev/ram0

sum_all() {
	(cd $MNT && find . -type f | sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum)
}

two_readers() {
	files check $MNT 1 "$1" &
	files check $MNT 1 "$1" && wait $!
}

# Before it has made many transactions the driver runs out of room for its tables, and
# goes on read-only, on SLUB as well: so it writes once, and reads the rest of the time.
written() {
	mount -t apfs -o readwrite $DISK $MNT && files fill $MNT 2 64 &&
		rm -rf $MNT/s2-0 && files fill $MNT 1 "$1" && files check $MNT 1 "$1" &&
		sum_all && umount $MNT && apfsck $DISK >&2
}

client_work() {
	local n=$((FILES / 2))

	mkdir -p $MNT
	mkapfs $DISK >&2 && written $n || return 1
	for _ in 1 2 3; do
		mount -t apfs $DISK $MNT && two_readers $n &&
			echo 3 >/proc/sys/vm/drop_caches && two_readers $n &&
			sum_all && umount $MNT || return 1
	done
	apfsck $DISK >&2
}

client_end() {
	! grep -q " $MNT " /proc/mounts || umount $MNT
}
