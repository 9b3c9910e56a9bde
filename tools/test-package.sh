#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-package.sh: is what users get of use to them? "make install" below a folder, with a
# client outside the tree; then the package squirrel-dkms in a small Debian
# (package/root.sh): installed, built by DKMS for two kernels, a client as a package of
# its own, the command's package, an upgrade, removal; and that Debian booted on the stock kernel, where modules
# are loaded, and squirrel is upgraded and removed under a client's feet
# (guest/package.sh). The last line is the sum. Logs and packages are left in
# build/package-test.
#
#   SQ_TREE    another tree than this one, to see the tests fail (package/faults.sh)
#   SQ_PARTS   of "install root guest" only these; "package" just makes packages
#   SQ_OUT     another folder for all of it
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/package/stage.inc.sh"
. "$(dirname "$0")/package/ktap.inc.sh"

out=${SQ_OUT:-$SQ_BUILD/package-test}
tree=${SQ_TREE:-$SQ_TOP}
parts=${SQ_PARTS:-install root guest}
root=$out/root
ccache=$SQ_CACHE/package/ccache
client=$out/client
dest=$out/dest
start=$SECONDS

need_packages rsync make gcc kmod
load_kernel stock
kdir=$K_DIR
release=$K_RELEASE
version=$(version_of "$tree")
mkdir -p "$out" "$ccache"

# ---- make install ------------------------------------------------------------------

make_install() {
	make -C "$tree" KDIR="$kdir" DESTDIR="$dest" "$@"
}

# What has to be below DESTDIR, one a line.
expected_files() {
	local m

	for m in $(shipped_modules "$tree"); do
		echo "lib/modules/$release/updates/$m.ko"
	done
	(cd "$tree" && find include -type f | sed "s|^|usr/src/squirrel-$version/|")
	echo "usr/src/squirrel-$version/symvers/$release/Module.symvers"
	echo "usr/src/squirrel"
}

only_expected() {
	diff -u <(expected_files | sort) <(cd "$dest" && find . ! -type d | cut -c3- | sort)
}

# modinfo_complete DIR: who, what, which version of each module there, and of squirrel each
# parameter of the source with its type and what it is for.
modinfo_complete() {
	local key m p status=0

	for m in $(shipped_modules "$tree"); do
		modinfo "$1/$m.ko"
		for key in description author license; do
			[ -n "$(modinfo -F "$key" "$1/$m.ko")" ] || {
				echo "$m has no $key"
				status=1
			}
		done
		[ "$(modinfo -F version "$1/$m.ko")" = "$version" ] || {
			echo "$m is not of version $version"
			status=1
		}
	done
	for p in $(sed -n 's/^module_param\(_cb\|_named\)\?(\([a-z_]*\),.*/\2/p' \
		"$tree/src/main.c"); do
		modinfo -F parm "$1/squirrel.ko" | grep -q "^$p:..* ([a-z ]*)\$" || {
			echo "parameter $p: no description, or no type"
			status=1
		}
	done
	return $status
}

# a_client TREE: a folder outside the tree, with one line of Kbuild about squirrel.
a_client() {
	rm -rf "$client"
	mkdir -p "$client"
	cp "$SQ_TOP/samples/acorn.c" "$client/"
	printf 'obj-m := acorn.o\ninclude %s/include/squirrel/client.mk\n' "$1" \
		>"$client/Kbuild"
}

# What is not known to modpost is an error there.
client_builds() {
	a_client "$1"
	make -C "$kdir" M="$client" modules &&
		[ "$(modinfo -F depends "$client/acorn.ko")" = squirrel ] &&
		make -C "$kdir" M="$client" clean
}

client_refused() {
	a_client "$1"
	make -C "$kdir" M="$client" modules
}

nothing_below() {
	! find "$1" -mindepth 1 2>/dev/null | grep .
}

test_install() {
	rm -rf "$dest"
	check "make install DESTDIR" make_install install
	check "installs what it should and nothing else" only_expected
	check "modinfo is complete" modinfo_complete "$dest/lib/modules/$release/updates"
	check "a client outside the tree is built with one line of Kbuild" \
		client_builds "$dest/usr/src/squirrel"
	check "and against a checkout in which make was run" client_builds "$tree"
	mv "$dest/usr/src/squirrel-$version/symvers/$release" "$dest/symvers"
	refuse "one for another kernel is told so" 'squirrel is not built for kernel' \
		client_refused "$dest/usr/src/squirrel"
	mv "$dest/symvers" "$dest/usr/src/squirrel-$version/symvers/$release"
	check "make uninstall DESTDIR" make_install uninstall
	check "leaves nothing" nothing_below "$dest"
	check "make modules_install DESTDIR" make_install modules_install
	check "installs modules only" [ ! -e "$dest/usr" ]
	check "make uninstall of that" make_install uninstall
	check "leaves nothing either" nothing_below "$dest"
	refuse "no kernel tree is an error" 'is not a kernel build tree' \
		make -C "$tree" KDIR=/nonexistent DESTDIR="$dest" install
}

# ---- the package -------------------------------------------------------------------

# next_tree: one with a later version, whose interface is not the same: arguments of
# heaps have a member more.
next_tree() {
	next_version=${version%.*}.$((${version##*.} + 1))
	rm -rf "$out/next"
	mkdir -p "$out/next"
	rsync -a --exclude=/build --exclude=/.git "$tree/" "$out/next/"
	sed -i "s/\"$version\"/\"$next_version\"/" "$out/next/include/squirrel/version.h"
	sed -i '/^struct squirrel_heap_args {/a\	unsigned long later;' \
		"$out/next/include/squirrel/heap.h"
	! cmp -s "$tree/include/squirrel/heap.h" "$out/next/include/squirrel/heap.h"
}

# one_deb DIR NAME
one_deb() {
	find "$1" -maxdepth 1 -name "$2_*.deb" | grep .
}

make_packages() {
	rm -rf "$out/debs"
	mkdir -p "$out/debs"
	check "make deb, and lintian has no errors" env SQ_PACKAGE_DIR="$out/debs/now" \
		"$tree/tools/package/deb.sh"
	check "a later version whose interface is another" next_tree
	next_version=$(version_of "$out/next") || true
	check "make deb of that" env SQ_PACKAGE_DIR="$out/debs/next" SQ_TREE="$out/next" \
		"$out/next/tools/package/deb.sh"
	check "a client's package from the example in it" "$tree/tools/package/acorn.sh" \
		"$(one_deb "$out/debs/now" squirrel-dkms)" "$out/debs/acorn"
	tools=$(one_deb "$out/debs/now" squirrel-tools) &&
		now=$(one_deb "$out/debs/now" squirrel-dkms) &&
		next=$(one_deb "$out/debs/next" squirrel-dkms) &&
		acorn=$(one_deb "$out/debs/acorn" acorn-dkms)
}

# end: the last line is the sum, whatever there was.
end() {
	say "tests took $((SECONDS - start)) s; logs are in ${out#"$SQ_TOP/"}"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
	exit
}

# Without packages, or a Debian to put them in, there is nothing to go on with.
need_packages_made() {
	make_packages || {
		note "there are no packages to go on with"
		[ "$failed" -gt 0 ] || failed=1
		end
	}
}

unpack_root() {
	local tar

	tar=$("$SQ_TOP/tools/package/root.sh")
	as_root rm -rf "$root"
	mkdir -p "$root"
	as_root tar -x -C "$root" -f "$tar" --numeric-owner
	as_root mkdir -p "$root/squirrel/ccache"
	# As on a machine on which DKMS has been used.
	in_root depmod "$release"
	as_root mkdir -p "$root/root/debs"
	as_root cp "$now" "$root/root/debs/now.deb"
	as_root cp "$next" "$root/root/debs/next.deb"
	as_root cp "$acorn" "$root/root/debs/acorn.deb"
	as_root cp "$tools" "$root/root/debs/tools.deb"
}

# What there is, with owners, modes and contents; but logs, what dpkg remembers, DKMS'
# own key, and what depmod left of a kernel that is gone.
list_root() {
	# shellcheck disable=SC2016 # the inner shell's
	in_root sh -c 'find / -xdev \( -path /proc -o -path /tmp -o -path /var/log -o -path /squirrel \
		-o -path /var/lib/dpkg -o -path /var/lib/dkms/mok.\* -o -path /var/cache \
		-o -path "/lib/modules/*-cloud-*" -o -path "/usr/lib/modules/*-cloud-*" \) \
		-prune -o ! -type d -printf "%p %y %m %u:%g %l %s\n" -o \
		-type d -printf "%p %y %m %u:%g\n"
		find /etc /usr/lib/modules -type f ! -path "*-cloud-*" \
			-exec sha256sum {} +' | sort
}

same_list() {
	list_root >"$out/list.after"
	diff -u "$out/list.before" "$out/list.after"
}

install_deb() {
	in_root dpkg -i "$@"
}

# dkms_has NAME/VERSION KERNEL: it is installed there.
dkms_has() {
	local status

	status=$(in_root dkms status)
	echo "$status"
	grep -q -x "$1, $2, [a-z0-9_]*: installed" <<<"$status"
}

# clean_build NAME/VERSION KERNEL: without a word that says warning or error.
clean_build() {
	! as_root grep -i -E '(warning|error):' \
		"$root/var/lib/dkms/$1/$2/"*/log/make.log
}

# depends_in_root: modprobe knows.
depends_in_root() {
	as_root cat "$root/lib/modules/$1/modules.dep" |
		grep -q 'acorn\.ko[.xz]*: .*squirrel\.ko'
}

# wants_heap_create NAME: the checksum that the module on disk knows of a function that
# takes what the later version has changed.
wants_heap_create() {
	as_root modprobe --dump-modversions \
		"$root/lib/modules/$release/updates/dkms/$1.ko" |
		awk '$2 == "__squirrel_heap_create" { print $1 }'
}

fits() {
	local want have

	want=$(wants_heap_create acorn)
	have=$(as_root awk '$2 == "__squirrel_heap_create" { print $1 }' \
		"$root/var/lib/dkms/squirrel/kernel-$release-$(uname -m)/Module.symvers")
	echo "acorn wants $want, squirrel has $have"
	[ -n "$want" ] && [ "$want" = "$have" ]
}

nothing_named() {
	! as_root find "$root" -xdev \( -path "$root/root/debs" -o -path "$root/var/log" \
		-o -path "$root/proc" -o -path "$root/squirrel" \
		-o -path "$root/usr/src/linux-headers-*" \) -prune -o \
		\( -name '*squirrel*' -o -name '*acorn*' \) -print | grep .
}

# The later version alone, in and out again; and it has been compiled once.
test_bare() {
	check "the later version alone installs" install_deb /root/debs/next.deb
	check "DKMS has built and installed it" dkms_has "squirrel/$next_version" "$release"
	check "it is purged" in_root dpkg -P squirrel-dkms
	check "nothing has a name of its any more" nothing_named
	check "all is as it was before" same_list
}

# Both ways at once would write to the same files.
install_in_root() {
	as_root mkdir -p "$root/tmp/tree"
	as_root rsync -a --exclude=/build --exclude=/.git "$tree/" "$root/tmp/tree/"
	in_root make -C /tmp/tree KDIR="/lib/modules/$release/build" install
}

test_root() {
	local modules=$root/lib/modules/$release/updates/dkms

	refuse "a client cannot be installed without squirrel" 'depends on squirrel-dkms' \
		install_deb /root/debs/acorn.deb
	in_root dpkg -P acorn-dkms >/dev/null 2>&1 || true
	check "the package installs" install_deb /root/debs/now.deb
	check "DKMS has built and installed it" dkms_has "squirrel/$version" "$release"
	check "without a warning" clean_build "squirrel/$version" "$release"
	check "modinfo is complete" modinfo_complete "$modules"
	check "it is signed with DKMS' key" [ -n "$(modinfo -F signer "$modules/squirrel.ko")" ]
	refuse "make install does not touch the package's files" \
		'the package squirrel-dkms is installed' install_in_root
	as_root rm -rf "$root/tmp/tree"
	check "what squirrel replay needs is built from the example" replay_builds
	check "the client installs" install_deb /root/debs/acorn.deb
	check "DKMS has built and installed that" dkms_has acorn/1.0 "$release"
	check "without a warning" clean_build acorn/1.0 "$release"
	check "modprobe knows that it needs squirrel" depends_in_root "$release"
	check "it was built with this squirrel" fits
	refuse "squirrel cannot be removed from under it" 'acorn-dkms depends on squirrel' \
		in_root dpkg -r squirrel-dkms
}

# replay.ko out of the example, as who wants squirrel replay would.
replay_builds() {
	local status=0

	in_root cp -r /usr/share/doc/squirrel-dkms/examples/replay /tmp/replay &&
		in_root make -C "/lib/modules/$release/build" M=/tmp/replay modules &&
		[ "$(modinfo -F depends "$root/tmp/replay/replay.ko")" = squirrel ] || status=1
	as_root rm -rf "$root/tmp/replay"
	return $status
}

# The command, what it needs to be found out about, and nothing else.
tools_files() {
	diff -u - <(in_root dpkg -L squirrel-tools | grep -v '/doc' | while read -r f; do
		[ -d "$root$f" ] || echo "$f"
	done) <<-END
		/usr/sbin/squirrel
		/usr/share/bash-completion/completions/squirrel
		/usr/share/man/man8/squirrel.8.gz
	END
}

# As of the source: the man page's text, the completion of a word.
tools_help() {
	gunzip -c "$root/usr/share/man/man8/squirrel.8.gz" |
		cmp - "$tree/tools/squirrel/squirrel.8" || return 1
	# shellcheck disable=SC2016 # the inner shell's
	[ "$(in_root bash -c '. /usr/share/bash-completion/completions/squirrel
		COMP_WORDS=(squirrel snap) COMP_CWORD=1 && _squirrel &&
			echo "${COMPREPLY[*]}"')" = snapshot ] &&
		in_root squirrel --help | grep -q '^usage: squirrel '
}

test_tools() {
	check "the command's package installs" install_deb /root/debs/tools.deb
	check "has the command, man page, completion" tools_files
	check "and they are what they should be" tools_help
	refuse "without debugfs the command says so" 'there is no debugfs' \
		in_root squirrel check
}

test_second_kernel() {
	check "a second kernel's headers come" in_root sh -c 'dpkg -i /var/tmp/other/*.deb'
	other=$(as_root find "$root/lib/modules" -name '*-cloud-*' -printf '%f\n')
	check "squirrel is built for it" dkms_has "squirrel/$version" "$other"
	check "and so is the client, after it" dkms_has acorn/1.0 "$other"
}

test_removal() {
	check "upgrade of squirrel" install_deb /root/debs/next.deb
	check "says that the client is built again" said 'Building acorn/1.0'
	check "DKMS has the new one" dkms_has "squirrel/$next_version" "$release"
	check "and not the old one" refused . dkms_has "squirrel/$version" "$release"
	check "the link leads to the new headers" \
		[ "$(readlink "$root/usr/src/squirrel")" = "squirrel-$next_version" ]
	check "the client is there" dkms_has acorn/1.0 "$release"
	check "it was built with the new squirrel" fits
	check "also for the second kernel" dkms_has acorn/1.0 "$other"
	check "all are purged" in_root dpkg -P acorn-dkms squirrel-dkms squirrel-tools
	check "nothing has a name of theirs" nothing_named
	check "and the second kernel's headers" in_root dpkg -P "linux-headers-$other" \
		linux-headers-cloud-amd64
	check "all is as it was before" same_list
}

# ---- the same, booted --------------------------------------------------------------

# The root as it is now becomes the guest's, but for what nobody reads there.
make_guest() {
	local dir=$out/boot guest=$SQ_TOP/tools/guest

	need_packages qemu-system-x86 cpio
	rm -rf "$dir"
	mkdir -p "$dir"
	as_root mkdir -p "$root/squirrel"
	as_root cp "$guest/package-init" "$root/init"
	as_root chmod 755 "$root/init"
	as_root cp "$guest/package.sh" "$guest/result.sh" "$guest/closing.sh" \
		"$guest/ktap.awk" "$root/squirrel/"
	as_root cp -r "$ccache" "$root/squirrel/"
	echo "$version $next_version $release" | as_root tee "$root/squirrel/versions"
	as_root sh -c "cd '$root' && find . -xdev \( -path './proc/*' -o -path './var/cache/*' \
		-o -path './var/lib/apt/lists/*' -o -path './usr/share/man/*' \
		-o -path './usr/share/locale/*' -o -path './var/tmp/*' \
		-o -path './usr/share/doc/[!s]*' -o -name lto1 \
		-o -path './usr/src/linux-headers-*/arch/[!x]*' \) -prune -o -print0 |
		cpio -0 --quiet -o -H newc" >"$dir/initramfs"
	as_root rm -rf "$root/squirrel" "$root/init"
	as_root mkdir -p "$root/squirrel/ccache"
	ls -l "$dir/initramfs"
}

# What the guest says is shown as it comes; its tests are added to ours.
test_guest() {
	local dir=$out/boot p=0 f=1 s=0

	check "that Debian becomes a guest's" make_guest
	# It takes QEMU a while to read that much, and DKMS says little.
	SQ_TIMEOUT=${SQ_TIMEOUT:-7200} SQ_STILL=${SQ_STILL:-1800} SQ_STILL_BOOT=600 \
		SQ_MEMORY=${SQ_MEMORY:-4096} "$SQ_TOP/tools/boot.sh" stock "$dir" 2>&1 | tee "$dir/out" || true
	"$SQ_TOP/tools/judge.sh" "$dir/console.log" "$dir/result.log" >"$dir/judgement" || true
	read -r p f s < <(tail -n 1 "$dir/judgement") || true
	sed '$d' "$dir/judgement"
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
	rm -f "$dir/initramfs"
}

has_part() {
	[[ " $parts " == *" $1 "* ]]
}

if has_part install; then
	test_install
fi
if has_part package; then
	need_packages_made
elif has_part root || has_part guest; then
	need_packages_made
	check "a small Debian with DKMS and the stock kernel's headers" unpack_root
	list_root >"$out/list.before"
	test_bare
	test_root
	test_tools
	if has_part guest; then
		test_guest
	fi
	if has_part root; then
		test_second_kernel
		test_removal
	fi
	as_root rm -rf "$root"
fi
end
