#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# install.sh modules|all|remove: what "make modules_install", "make install" and
# "make uninstall" do, for the kernel tree KDIR and below DESTDIR:
#
#   /lib/modules/RELEASE/updates        the modules
#   /usr/src/squirrel-VERSION/include   headers and make fragments for clients
#   /usr/src/squirrel-VERSION/symvers   what the modules export, by kernel
#   /usr/src/squirrel                   a link to it, for the clients' Kbuild
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package/stage.inc.sh"

[ $# -eq 1 ] || die "usage: tools/install.sh modules|all|remove"
kdir=${KDIR:-}
dest=${DESTDIR:-}
[ -n "$kdir" ] ||
	die "there is no tree of the running kernel: make install KDIR=<one>"
[ -f "$kdir/Makefile" ] || die "KDIR=$kdir is not a kernel build tree"
[[ $dest != *[[:space:]]* ]] || die "DESTDIR='$dest' has blanks in it"
# Debian's headers have another answer for "make kernelrelease".
release=$(sed -n 's/^#define UTS_RELEASE "\(.*\)"$/\1/p' \
	"$kdir/include/generated/utsrelease.h" 2>/dev/null || true)
[ -n "$release" ] || die "KDIR=$kdir is a kernel tree in which nothing was built"
version=$(version_of "$SQ_TOP")
built=$SQ_BUILD/module
updates=lib/modules/$release/updates
sources=usr/src/squirrel-$version

# The files of a package are dpkg's to change.
not_packaged() {
	[ -n "$dest" ] || ! command -v dpkg-query >/dev/null ||
		! dpkg-query -S /usr/src/squirrel >/dev/null 2>&1 ||
		die "the package squirrel-dkms is installed: remove it first," \
			"or use it instead"
}

# What is on the way of the tree, to be able to write below it.
may_write() {
	local at=$dest/$1

	while [ ! -e "$at" ]; do
		at=${at%/*}
	done
	[ -w "${at:-/}" ] || die "cannot write to ${at:-/}: become root, or give DESTDIR"
}

# A distribution's configuration may say that all modules are signed, with a key that
# only its builders have.
sign_all() {
	local key

	key=$(sed -n 's/^CONFIG_MODULE_SIG_KEY=//p' "$kdir/include/config/auto.conf" |
		tr -d '"')
	[ -z "$key" ] || [[ $key == pkcs11:* ]] || (cd "$kdir" && [ -e "$key" ]) ||
		echo CONFIG_MODULE_SIG_ALL=
}

# By the kernel's own rules, which sign and compress where its configuration says so;
# of all that was built only what is for users. depmod they leave out without the
# kernel's System.map.
install_modules() {
	local order=$built/squirrel.order m

	for m in $(shipped_modules "$built"); do
		grep -E "^($built/|\./)?$m\.k?o\$" "$built/modules.order" ||
			die "$m is not built"
	done >"$order"
	# shellcheck disable=SC2046 # nothing, or a word
	make -s -C "$kdir" M="$built" MODORDER="$order" INSTALL_MOD_PATH="$dest" \
		INSTALL_MOD_DIR=updates INSTALL_MOD_STRIP=1 DEPMOD=true \
		$(sign_all) modules_install 2>&1 |
		{ grep -v "missing 'System.map' file" || true; }
	[ -n "$dest" ] || depmod "$release"
	say "the modules are in $dest/$updates"
}

install_headers() {
	mkdir -p "$dest/$sources/symvers/$release"
	rsync -a --delete --exclude='.*' --chmod=u=rwX,go=rX --no-owner --no-group \
		"$SQ_TOP/include" "$dest/$sources/"
	install -m 644 "$built/Module.symvers" "$dest/$sources/symvers/$release/"
	ln -sfn "squirrel-$version" "$dest/usr/src/squirrel"
	say "what clients need is in $dest/$sources"
}

# Whatever compression it has.
remove_modules() {
	local m ext

	for m in $(shipped_modules "$SQ_TOP"); do
		for ext in '' .gz .xz .zst; do
			rm -f "$dest/$updates/$m.ko$ext"
		done
	done
	[ ! -d "$dest/$updates" ] || (cd "${dest:-/}" &&
		rmdir -p --ignore-fail-on-non-empty "$updates")
	[ -n "$dest" ] || depmod "$release"
}

# The headers stay while they are there for another kernel.
remove_headers() {
	local tree=$dest/$sources

	rm -rf "$tree/symvers/$release"
	[ ! -d "$tree/symvers" ] || rmdir --ignore-fail-on-non-empty "$tree/symvers"
	if [ -d "$tree/symvers" ]; then
		say "$tree stays: it is for $(ls "$tree/symvers")"
		return
	fi
	rm -rf "$tree"
	if [ "$(readlink "$dest/usr/src/squirrel")" = "squirrel-$version" ]; then
		rm "$dest/usr/src/squirrel"
	fi
	[ -z "$dest" ] || [ ! -d "$dest/usr/src" ] ||
		(cd "$dest" && rmdir -p --ignore-fail-on-non-empty usr/src)
}

not_packaged
may_write "$updates"
may_write "$sources"
case $1 in
modules | all)
	KDIR=$kdir "$SQ_TOP/tools/build.sh" module
	install_modules
	[ "$1" = modules ] || install_headers
	;;
remove)
	remove_modules
	remove_headers
	[ -n "$dest" ] || [ ! -d /sys/module/squirrel ] ||
		say "squirrel is loaded and stays so until it is unloaded"
	;;
*) die "usage: tools/install.sh modules|all|remove" ;;
esac
