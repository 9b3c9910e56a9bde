# SPDX-License-Identifier: GPL-2.0
# f2fs: a few dozen caches, many of them for lists and trees that are as long as the work
# is, and a mempool-like way to ask until there is an object.
# shellcheck shell=bash disable=SC2034

PACKAGES="f2fs-tools"
PROGRAMS="/usr/sbin/mkfs.f2fs /usr/sbin/fsck.f2fs"
FOLDERS="f2fs"
MODULES="f2fs/f2fs.ko"
NEEDS="brd crc32_generic"
CACHES="f2fs_inode_cache f2fs_nat_entry f2fs_nat_entry_set f2fs_free_nid f2fs_ino_entry
	f2fs_inode_entry f2fs_extent_tree f2fs_extent_node f2fs_xattr_entry
	f2fs_discard_entry f2fs_discard_cmd f2fs_sit_entry_set f2fs_revoke_entry
	f2fs_victim_entry f2fs_fsync_node_entry f2fs_fsync_inode_entry
	f2fs_bio_post_read_ctx f2fs_bio_iostat_ctx f2fs_bio_entry_slab"

client_source() {
	from_kernel "$1" fs/f2fs
}
