# SPDX-License-Identifier: GPL-2.0
# Two caches for disks, from packages for DKMS, as targets of the kernel's device mapper:
# dm-writeboost writes to a log on a faster disk, RapidDisk keeps what is read in memory.
# Their Makefiles are those of their authors, too, who call make in the folder.
#
# dm-writeboost frees as many of its segments for writing back as the last batch had, and
# not as it allocated: the rest is lost, by kmalloc(), so with FORM=kmalloc "all pages are
# back" fails, and rightly so.
# shellcheck shell=bash disable=SC2034

PACKAGES="dmsetup e2fsprogs"
PROGRAMS="/sbin/dmsetup /sbin/mke2fs /sbin/e2fsck"
FOLDERS="writeboost rapiddisk"
MODULES="writeboost/dm-writeboost.ko rapiddisk/rapiddisk.ko rapiddisk/rapiddisk-cache.ko"
NEEDS="brd ext4 dm_mod"
CACHES="dmwb_buf_8 kcached-jobs-wt"

client_source() {
	from_package "$1/writeboost" dm-writeboost-dkms
	from_package "$1/rapiddisk" rapiddisk-dkms
}
