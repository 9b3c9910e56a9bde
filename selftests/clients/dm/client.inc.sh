# SPDX-License-Identifier: GPL-2.0
# The device mapper with what lies beneath LVM and LUKS: volumes that get their blocks when
# they are written, snapshots of both kinds, encryption, and dm-bufio, which makes
# a cache for each size of block that somebody has.
# shellcheck shell=bash disable=SC2034

PACKAGES="dmsetup e2fsprogs"
PROGRAMS="/sbin/dmsetup /sbin/mke2fs /sbin/e2fsck"
FOLDERS="md"
MODULES="md/dm-mod.ko md/dm-bufio.ko md/dm-bio-prison.ko md/dm-persistent-data.ko
	md/dm-thin-pool.ko md/dm-snapshot.ko md/dm-crypt.ko"
NEEDS="brd ext4 xts aes_generic ecb"
CACHES="io kcopyd_job dm_bio_prison_cell dm_bio_prison_cell_v2 dm_thin_new_mapping
	dm_exception dm_snap_pending_exception dm_bufio_buffer-16"

# Of the folder's modules those that are needed here.
client_source() {
	from_kernel "$1" drivers/md
	cat >"$1/md/Kbuild" <<-'EOF'
		include $(src)/Makefile
		obj-y :=
		obj-m := dm-mod.o dm-bufio.o dm-bio-prison.o dm-persistent-data.o
		obj-m += dm-thin-pool.o dm-snapshot.o dm-crypt.o
		dm-persistent-data-y := $(addprefix persistent-data/,dm-array.o dm-bitset.o \
			dm-block-manager.o dm-space-map-common.o dm-space-map-disk.o \
			dm-space-map-metadata.o dm-transaction-manager.o dm-btree.o \
			dm-btree-remove.o dm-btree-spine.o)
	EOF
}
