# SPDX-License-Identifier: GPL-2.0
# APFS, from a package for DKMS: an inode cache with a constructor.
# shellcheck shell=bash disable=SC2034

PACKAGES="apfsprogs"
PROGRAMS="/usr/sbin/mkapfs /usr/sbin/apfsck"
FOLDERS="."
MODULES="apfs.ko"
NEEDS="brd libcrc32c"
CACHES="apfs_inode_cache"

client_source() {
	from_package "$1" apfs-dkms
}
