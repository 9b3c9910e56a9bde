# SPDX-License-Identifier: GPL-2.0
# Sourced by commands whose guests need programs of this machine, behind their initramfs.
# shellcheck shell=bash

# put_file FOLDER FILE: where it is here, and what it is linked to.
put_file() {
	local lib

	install -D "$2" "$1$2"
	{ ldd "$2" 2>/dev/null || true; } | sed -n 's,^[^/]*\(/[^ ]*\).*,\1,p' |
		while read -r lib; do
			[ -e "$1$lib" ] || install -D "$lib" "$1$lib"
		done
}

# put_folder FOLDER PATH: all of it, but what Python compiled.
put_folder() {
	mkdir -p "$1$2"
	tar -C "$2" --exclude='__pycache__' --exclude='config-*' -cf - . | tar -C "$1$2" -xf -
}

# put_python FOLDER: Debian 12's, with its own modules.
put_python() {
	local part

	put_file "$1" /usr/bin/python3.11
	for part in /usr/lib/python3.11/lib-dynload/*.so; do
		put_file "$1" "$part"
	done
	put_folder "$1" /usr/lib/python3.11
}

# put_more DIR COMMAND: what COMMAND puts into the folder that it is given, as an archive
# behind that of DIR/initramfs.
put_more() {
	rm -rf "$1/more"
	"$2" "$1/more"
	(cd "$1/more" && find . -print0 | cpio -0 --quiet -o -H newc -R 0:0) >>"$1/initramfs"
}
