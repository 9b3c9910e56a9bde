# SPDX-License-Identifier: GPL-2.0
# ext4 with its journal and its cache of attributes. The three go together: ext4
# frees what jbd2 has allocated.
# shellcheck shell=bash disable=SC2034

PACKAGES="e2fsprogs"
PROGRAMS="/sbin/mke2fs /sbin/e2fsck"
FOLDERS="mbcache jbd2 ext4"
MODULES="mbcache/mbcache.ko jbd2/jbd2.ko ext4/ext4.ko"
NEEDS="brd crc32c_generic"
CACHES="mbcache jbd2_transaction_s jbd2_journal_head jbd2_journal_handle
	jbd2_inode jbd2_revoke_record_s jbd2_revoke_table_s jbd2_1k
	ext4_inode_cache ext4_extent_status ext4_prealloc_space
	ext4_allocation_context ext4_free_data ext4_io_end ext4_io_end_vec
	ext4_groupinfo_1k ext4_system_zone"

client_source() {
	from_kernel "$1" fs/ext4 fs/jbd2
	from_kernel "$1/mbcache" fs/mbcache.c
	echo 'obj-$(CONFIG_FS_MBCACHE) += mbcache.o' >"$1/mbcache/Kbuild"
}
