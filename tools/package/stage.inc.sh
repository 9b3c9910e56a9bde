# SPDX-License-Identifier: GPL-2.0
# Sourced by who installs squirrel or packs it: what of the tree a user's machine gets.
# shellcheck shell=bash

# The modules of the tree $1 that are for users: those at its top.
shipped_modules() {
	sed -n 's/^obj-m *[:+]= *\([a-z_ .]*\)$/\1/p' "$1/Kbuild" | tr ' ' '\n' |
		sed -n 's/\.o$//p'
}

version_of() {
	sed -n 's/^#define SQUIRREL_VERSION[[:space:]]*"\(.*\)"$/\1/p' \
		"$1/include/squirrel/version.h"
}

# stage_sources TREE DIR: what the modules are built from, and clients as well.
stage_sources() {
	mkdir -p "$2"
	rsync -a --delete --exclude='.*' --exclude='*.o' --exclude='*.mod*' \
		"$1/Kbuild" "$1/include" "$1/src" "$2/"
	chmod -R u=rwX,go=rX "$2"
}
