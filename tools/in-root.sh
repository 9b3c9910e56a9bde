#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# in-root.sh ROOT DIR COMMAND...: run COMMAND in the Debian below ROOT, which sees the
# folder DIR of this machine at its own place. As who calls, and what is mounted for
# it is gone with it.
. "$(dirname "$0")/lib.sh"

[ $# -ge 3 ] || die "usage: tools/in-root.sh ROOT DIR COMMAND..."
root=$1
dir=$2
shift 2
[ -x "$root/bin/sh" ] || die "there is no Debian below $root"
as_root mkdir -p "$root$dir"
# shellcheck disable=SC2016 # for the other shell
as_root unshare --mount --propagation private sh -c '
	set -e
	root=$1 dir=$2 who=$3
	shift 3
	mount --bind "$dir" "$root$dir"
	mount --rbind /dev "$root/dev"
	mount -t proc proc "$root/proc"
	exec chroot --userspec="$who" "$root" /usr/bin/env -i LC_ALL=C HOME=/tmp \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
' sh "$root" "$dir" "$(id -u):$(id -g)" "$@"
