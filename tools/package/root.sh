#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# root.sh: print the archive of a small Debian of this machine's release, with DKMS,
# a compiler and the stock kernel's headers, as a user's machine has them. It is made
# once, in the cache, from the archives that this machine's own apt uses; beside it
# are the headers of another kernel of the same version, for later.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../kernel/apt.inc.sh"

# What a machine with DKMS has, and openssl for its signatures. ccache is for the guest,
# which would take a quarter of an hour for what has been compiled here before; busybox
# is init there.
PACKAGES=dkms,gcc,make,kmod,openssl,ccache,busybox-static
OTHER=linux-headers-cloud-amd64

suite=$(own_release)

# How apt reaches them, if that is not the usual way.
apt_options() {
	apt-config dump --format '%f "%v";%n' Acquire 2>/dev/null |
		grep -i -E '::proxy[^ ]* "..*"' || true
}

make_root() {
	local tar=$1 list=$1.list options=() line

	own_sources "$suite" >"$list"
	while IFS= read -r line; do
		options+=(--aptopt="$line")
	done < <(apt_options)
	# shellcheck disable=SC2016 # the hook's own variable
	as_root mmdebstrap --quiet --format=tar --variant=minbase \
		--include="$PACKAGES,linux-headers-$K_RELEASE" \
		"${options[@]}" \
		--customize-hook='mkdir -p "$1/var/tmp/other" && chroot "$1" sh -c "
			cd /var/tmp/other && apt-get -qq update && apt-get -qq \
			-o Dir::Cache::archives=/var/tmp/other --download-only -y \
			install --no-install-recommends '"$OTHER"' &&
			rm -rf partial lock"' \
		--customize-hook='rm -f "$1/etc/resolv.conf" "$1/etc/hostname"' \
		"$suite" "$tar.tmp" "$list" >"$tar.log" 2>&1 || {
		tail -n 20 "$tar.log" >&2
		die "could not make a $suite with $PACKAGES; log: $tar.log"
	}
	rm -f "$list"
	mv "$tar.tmp" "$tar"
}

load_kernel stock
need_packages mmdebstrap debian-archive-keyring
hash=$(sha256sum "$0" | cut -c1-12)
tar=$SQ_CACHE/package/$suite-$K_RELEASE-$hash.tar
if [ ! -s "$tar" ]; then
	lock package
fi
if [ ! -s "$tar" ]; then
	say "making a $suite with DKMS and headers (a minute or two)"
	mkdir -p "${tar%/*}"
	make_root "$tar"
fi
echo "$tar"
