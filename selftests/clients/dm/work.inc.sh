# SPDX-License-Identifier: GPL-2.0
# A disk of memory in three parts: a pool of thin volumes with an encrypted file system in
# one, of which a snapshot is taken while it is in use, and a plain volume that has a
# snapshot of the older kind. All is read again with what was changed since beside it.
# shellcheck shell=dash

export DM_DISABLE_UDEV=1
MNT=/tmp/mnt
KEY=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
KEY=$KEY$KEY
MIB=2048	# sectors

# part NAME FROM MIBS: of the disk.
part() {
	echo "0 $(($3 * MIB)) linear /dev/ram0 $(($2 * MIB))" | dmsetup create "$1"
}

# thin NAME ID: a volume of the pool, and what is encrypted in it.
thin() {
	echo "0 $((96 * MIB)) thin /dev/mapper/pool $2" | dmsetup create "$1" &&
		echo "0 $((96 * MIB)) crypt aes-xts-plain64 $KEY 0 /dev/mapper/$1 0" |
		dmsetup create "$1-open"
}

pool() {
	part meta 0 8 && part data 8 112 &&
		dd if=/dev/zero of=/dev/mapper/meta bs=4096 count=1 2>/dev/null &&
		echo "0 $((112 * MIB)) thin-pool /dev/mapper/meta /dev/mapper/data 128 0" |
		dmsetup create pool &&
		dmsetup message pool 0 "create_thin 0" && thin one 0
}

mkfs() {
	/usr/bin/mke2fs -q -F -t ext4 -b 1024 "$1" >&2
}

on() {
	mount -t ext4 "$1" $MNT
}

# off DISK: and is it well?
off() {
	umount $MNT && { /usr/bin/e2fsck -fn "$1" >$TMP/fsck 2>&1 || ! cat $TMP/fsck >&2; }
}

# While nothing is written to it.
thin_snapshot() {
	sync && dmsetup suspend one-open && dmsetup suspend one &&
		dmsetup message pool 0 "create_snap 1 0" &&
		dmsetup resume one && dmsetup resume one-open
}

# The one is changed, the other has what it had.
thins() {
	local n=$((FILES / 4)) open=/dev/mapper/one-open

	pool && mkfs $open && on $open && at_once 3 fill $MNT $n && thin_snapshot &&
		mkdir $MNT/churn && pressure at_once 3 churn $MNT/churn $n &&
		rm -rf $MNT/s2-* && sum_all && off $open && thin two 1 &&
		mount -t ext4 /dev/mapper/two-open $MNT && pressure at_once 3 check $MNT $n &&
		sum_all && off /dev/mapper/two-open &&
		dmsetup remove two-open && dmsetup remove two &&
		dmsetup message pool 0 "delete 1"
}

# old_volume TYPE MORE: as the table of the plain one.
old_volume() {
	echo "0 $((48 * MIB)) $1 /dev/mapper/under$2"
}

# Chunks of 2 KiB: dm-bufio has a cache for them. What the other side left is no snapshot of ours.
olds() {
	local n=$((FILES / 6))

	part under 120 48 && part cow 168 64 &&
		dd if=/dev/zero of=/dev/mapper/cow bs=4096 count=1 2>/dev/null &&
		old_volume linear ' 0' | dmsetup create old &&
		mkfs /dev/mapper/old && on /dev/mapper/old && at_once 3 fill $MNT $n && sync &&
		dmsetup suspend old && old_volume snapshot ' /dev/mapper/cow P 4' |
		dmsetup create taken && old_volume snapshot-origin '' | dmsetup load old &&
		dmsetup resume old &&
		mkdir $MNT/churn && at_once 3 churn $MNT/churn $n && rm -rf $MNT/s3-* &&
		sum_all && off /dev/mapper/old &&
		dmsetup remove taken && old_volume snapshot ' /dev/mapper/cow P 4' |
		dmsetup create taken &&
		on /dev/mapper/taken && pressure at_once 3 check $MNT $n && sum_all &&
		off /dev/mapper/taken && dmsetup status >&2
}

client_work() {
	mkdir -p $MNT
	thins && olds
}

client_end() {
	! grep -q " $MNT " /proc/mounts || umount $MNT
	for v in taken old cow under two-open two one-open one pool data meta; do
		[ ! -e /dev/mapper/$v ] || dmsetup remove $v
	done
}
