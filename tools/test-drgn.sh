#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-drgn.sh: tools/drgn/squirrel.py, by drgn of Debian 12, on a running kernel (in the guest,
# by /proc/kcore) and on the dump of one that has panicked, which QEMU makes. What it says of
# both is compared with what debugfs said before the panic: tools/guest/drgn.sh has the load.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/put.inc.sh"

dir=$SQ_BUILD/boots/crash-drgn
built=$SQ_BUILD/crash
n=0
failed=0

# Python, drgn and all that they read, in the guest.
more_drgn() {
	local part

	put_python "$1"
	put_folder "$1" /usr/lib/python3/dist-packages/drgn
	for part in /usr/lib/python3/dist-packages/_drgn*.so; do
		put_file "$1" "$part"
	done
	mkdir -p "$1/squirrel/debug"
	cp "$K_DIR/vmlinux" "$built/squirrel.ko" "$built/selftests/hoard.ko" \
		"$SQ_TOP/tools/drgn/squirrel.py" "$1/squirrel/debug/"
}

# Once the guest has panicked QEMU writes its memory down and ends. With the addresses that
# the kernel has for it (-p): drgn has to find the page tables by them.
dump_when_dead() {
	until grep -q -a 'end Kernel panic' "$dir/console.log" 2>/dev/null; do
		sleep 1
	done
	printf 'dump-guest-memory -p %s\nquit\n' "$dir/vmcore" >"$dir/monitor.in"
}

boot_and_die() {
	local watcher

	rm -f "$dir"/monitor.in "$dir"/monitor.out "$dir"/vmcore "$dir"/console.log
	mkfifo "$dir"/monitor.in "$dir"/monitor.out
	cat "$dir/monitor.out" >"$dir/monitor.log" &
	dump_when_dead &
	watcher=$!
	# Where the guest says what a debugger needs (vmcoreinfo); it has no ACPI to ask.
	SQ_MEMORY=1536 SQ_STILL=${SQ_STILL:-600} SQ_TIMEOUT=${SQ_TIMEOUT:-1200} \
		SQ_APPEND="panic=0 qemu_fw_cfg.ioport=12@0x510:0:1:4" \
		SQ_MACHINE="-device vmcoreinfo -chardev pipe,id=monitor,path=$dir/monitor
			-mon chardev=monitor" \
		"$SQ_TOP/tools/boot.sh" crash "$dir"
	kill "$watcher" 2>/dev/null || true
	[ -s "$dir/vmcore" ] || die "QEMU left no dump; see $dir"
}

# said WHO WHAT: the answer in the guest's lines.
said() {
	awk -v head="@ $*" '/^@ / { on = $0 == head; next } on' "$dir/said"
}

# ask WORD...: squirrel.py, of the dump.
ask() {
	drgn -q -c "$dir/vmcore" -s "$K_DIR/vmlinux" -s "$built/squirrel.ko" \
		-s "$built/selftests/hoard.ko" "$SQ_TOP/tools/drgn/squirrel.py" "$@"
}

# In the form of tools/guest/drgn.sh; symbols without their sizes, which no two count alike.
plain_caches() {
	awk 'NR > 1 { print $1, $2, $3, $4 }'
}

plain_live() {
	awk 'NR > 1 { print $1, $2, $4, $5, $6, $7, $8 }' | plain_sites
}

plain_sites() {
	sed -E 's,(\+0x[0-9a-f]+)/0x[0-9a-f]+,\1,; s/ *$//' | sort
}

plain_whose() {
	grep -E '^(address|state|cache|heap|object|offset|size): '
	true
}

# covers WANT GOT: is each line of WANT in GOT? There has to be one.
covers() {
	[ -s "$1" ] && ! grep -v -x -F -f "$2" "$1"
}

check() { # check TITLE COMMAND...
	local title=$1

	shift
	n=$((n + 1))
	if "$@" >"$dir/differs" 2>&1; then
		echo "ok $n - $title"
	else
		echo "not ok $n - $title"
		sed 's/^/# /' "$dir/differs"
		failed=1
	fi
}

# compare WHO: what $dir/WHO.* say with what debugfs did.
compare() {
	local place

	said debugfs caches | sort >"$dir/want"
	plain_caches <"$dir/$1.caches" >"$dir/got"
	check "$1: caches, their objects and bytes" covers "$dir/want" "$dir/got"
	said debugfs live | plain_sites >"$dir/want"
	plain_live <"$dir/$1.live" >"$dir/got"
	check "$1: live, by call site" diff "$dir/want" "$dir/got"
	for place in $(sed -n 's/^@ debugfs whose //p' "$dir/said"); do
		said debugfs whose "$place" | plain_whose >"$dir/want"
		plain_whose <"$dir/$1.whose.$place" >"$dir/got"
		check "$1: whose $place: $(sed -n 's/^state: //p' "$dir/want")" \
			diff "$dir/want" "$dir/got"
	done
}

# A planted leak: 137 objects of 300 bytes that hoard keeps.
leak_named() {
	grep -E "^ +137 +41100 .* hoard hoard_[a-z]+\+0x[0-9a-f]+/0x[0-9a-f]+ \[hoard\]\$" \
		"$dir/$1.live"
}

need_packages cpio python3-drgn
load_kernel crash
"$SQ_TOP/tools/build.sh" crash
mkdir -p "$dir"
# shellcheck disable=SC2086 # extra is a list
"$SQ_TOP/tools/initramfs.sh" "$dir" crash drgn $K_EXTRA
put_more "$dir" more_drgn
boot_and_die
grep -a -v '^ *#' "$dir/result.log" >"$dir/said"
grep -q '^@ end' "$dir/said" || die "the guest did not come to its end; see $dir"
for who in kcore vmcore; do
	for what in caches live $(sed -n 's/^@ debugfs whose /whose./p' "$dir/said"); do
		if [ "$who" = kcore ]; then
			said kcore "${what/./ }" >"$dir/$who.$what"
		else
			# shellcheck disable=SC2086 # one or two words
			ask ${what/./ } >"$dir/$who.$what" 2>&1 || true
		fi
	done
	compare "$who"
	check "$who: the planted leak has a name" leak_named "$who"
done
sed 's/^/# /' "$dir/vmcore.live"
echo "1..$n"
exit "$failed"
