# SPDX-License-Identifier: GPL-2.0
# Sourced by tools/kernel.sh: a small Debian of another release, to build in where this
# one's compiler or libc is too old for a kernel's headers. tools/in-root.sh runs
# commands there.
# shellcheck shell=bash

# make_root RELEASE DIR PACKAGE...
make_root() {
	local log=$SQ_CACHE/root-$1.log packages

	packages=$(IFS=,; echo "${*:3}")
	need_packages mmdebstrap debian-archive-keyring
	say "making a $1 to build in (a minute; log: $log)"
	as_root mmdebstrap --variant=essential --quiet --keyring="$KEYRING" \
		--include="$packages" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		"$1" "$2" "deb [signed-by=$KEYRING] $(own_mirror) $1 main" \
		>"$log" 2>&1 </dev/null || {
		tail -n 10 "$log" >&2
		die "making a $1 failed, see $log"
	}
	as_root chown "$(id -u):$(id -g)" "$2" "$2/usr/src"
}
