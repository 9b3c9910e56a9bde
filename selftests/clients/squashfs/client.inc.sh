# SPDX-License-Identifier: GPL-2.0
# squashfs: an inode cache with a constructor, and reads on all CPUs.
# shellcheck shell=bash disable=SC2034

PACKAGES="squashfs-tools"
PROGRAMS=""
FOLDERS="squashfs"
MODULES="squashfs/squashfs.ko"
NEEDS="loop"
CACHES="squashfs_inode_cache"

client_source() {
	from_kernel "$1" fs/squashfs
}

# Of the image: the same each time.
COUNT=1000

client_guest() {
	local files=$1/usr/bin/files tree

	tree=$(mktemp -d)
	"$files" fill "$tree" 1 $COUNT
	for ((i = 0; i < 200; i++)); do
		ln -s "a place with number $i" "$tree/link$i"
	done
	mksquashfs "$tree" "$1/squirrel/client/image" -quiet -no-progress -all-root \
		-noappend -comp gzip -b 16K -all-time 0 >/dev/null
	rm -rf "$tree"
	echo "COUNT=$COUNT" >>"$1/squirrel/client/settings"
}
