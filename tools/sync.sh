#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# sync.sh DIR: copy what Kbuild needs into DIR; what was deleted here goes there
# as well, what a build made there stays.
. "$(dirname "$0")/lib.sh"

[ $# -eq 1 ] || die "usage: tools/sync.sh DIR"
mkdir -p "$1"
parts=()
for p in Kbuild include src samples kunit selftests; do
	[ -e "$SQ_TOP/$p" ] && parts+=("$SQ_TOP/$p")
done
[ -e "$SQ_TOP/Kbuild" ] || die "there is no Kbuild in $SQ_TOP"
rsync -a --delete \
	--exclude='*.o' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' \
	--exclude='.*.cmd' --exclude='*.a' --exclude='modules.order' \
	--exclude='Module.symvers' --exclude='*.xz' --exclude='*.trace' \
	"${parts[@]}" "$1/"
