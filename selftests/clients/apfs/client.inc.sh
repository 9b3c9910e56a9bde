# SPDX-License-Identifier: GPL-2.0
# APFS, from a package for DKMS: an inode cache with a constructor.
# shellcheck shell=bash disable=SC2034

PACKAGES="apfsprogs"
PROGRAMS="/usr/sbin/mkapfs /usr/sbin/apfsck"
FOLDERS="."
MODULES="apfs.ko"
NEEDS="brd libcrc32c"
CACHES="apfs_inode_cache"

# The lock of its omap's cache, in memory from the kernel's kzalloc(), is never initialised.
# Zeroes do on x86, but lockdep says so at the first mount, and is off from then on.
KNOWN="INFO: trying to register non-static key"
KNOWN_AT="apfs_omap_lookup_block[+].*[[]apfs]"

client_source() {
	from_package "$1" apfs-dkms
}
