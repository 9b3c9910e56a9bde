#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# faults.sh [RUN...]: does test-package.sh see it if the package is no good? Each run
# plants some faults in a copy of the tree, tests that, and names the tests that have to
# fail because of them and did not. What is planted together does not hide each other.
# Logs are in build/package-faults.
. "$(dirname "$0")/../lib.sh"

RUNS=(install lintian root client guest)
logs=$SQ_BUILD/package-faults
passed=0
failed=0

# plant FILE EXPRESSION: and it must have changed.
plant() {
	cp "$tree/$1" "$work/before"
	sed -i -E "$2" "$tree/$1"
	! cmp -s "$tree/$1" "$work/before" || die "no fault could be planted in $1"
}

# wants TITLE: of a test that has to fail.
wants() {
	wanted+=("$1")
}

run_install() {
	plant src/main.c '/^MODULE_PARM_DESC\(hardened/,/;$/d'
	wants "modinfo is complete"
	plant tools/install.sh 's|"\$SQ_TOP/include" "|"$SQ_TOP/include" "$SQ_TOP/Makefile" "|'
	wants "installs what it should and nothing else"
	plant tools/install.sh 's|rm -f "\$dest/\$updates/\$m.ko\$ext"|true|'
	wants "leaves nothing"
	wants "leaves nothing either"
	plant tools/install.sh 's/"\$1" = modules \]/"$1" = never ]/'
	wants "installs modules only"
	plant tools/install.sh 's/is not a kernel build tree/is none/'
	wants "no kernel tree is an error"
	plant include/squirrel/client.mk 's/^subdir-ccflags-y/ignored/'
	wants "a client outside the tree is built with one line of Kbuild"
	wants "and against a checkout in which make was run"
	plant include/squirrel/client.mk 's/^\$\(error/$(info/'
	wants "one for another kernel is told so"
}

run_lintian() {
	plant tools/package/debian/control 's/^Section: .*/Section: nuts/'
	plant tools/package/debian/copyright 's/^ On Debian systems.*/ Lorem./;/common-lic/d'
	wants "make deb, and lintian has no errors"
}

run_root() {
	plant src/main.c 's/^module_init\(squirrel_init\);/&\nstatic int unused;/'
	wants "without a warning"
	plant src/main.c '/^MODULE_VERSION/d'
	wants "modinfo is complete"
	plant tools/package/debian/postinst \
		's|^#DEBHELPER#|&\ntouch /var/lib/squirrel-was-here /etc/nuts\nstrip -g /lib/modules/*/updates/dkms/squirrel.ko|'
	wants "nothing has a name of its any more"
	wants "nothing has a name of theirs"
	wants "all is as it was before"
	wants "it is signed with DKMS' key"
	plant samples/acorn-dkms/debian/control 's/^Depends: squirrel-dkms, /Depends: /'
	wants "a client cannot be installed without squirrel"
	wants "squirrel cannot be removed from under it"
	plant samples/acorn-dkms/dkms.conf '/BUILD_DEPENDS/d'
	wants "and so is the client, after it"
	wants "says that the client is built again"
	wants "it was built with the new squirrel"
	plant tools/squirrel/Makefile 's/completions\/squirrel$/completions\/nut/'
	wants "has the command, man page, completion"
	wants "and they are what they should be"
	plant tools/install.sh '/^not_packaged$/d'
	wants "make install does not touch the package's files"
}

run_client() {
	plant tools/package/dkms-keep 's/^install/true/'
	wants "DKMS has built and installed that"
	wants "modprobe knows that it needs squirrel"
	wants "it was built with this squirrel"
	plant tools/package/deb.sh '/\/usr\/src\/squirrel" >"\$d\/squirrel-dkms.links"/d'
	wants "the link leads to the new headers"
}

run_guest() {
	plant samples/modprobe.d/squirrel.conf 's/strategy=best/strategy=first/'
	wants "with the example for modprobe.d"
	plant src/main.c '/^MODULE_VERSION/d'
	wants "squirrel's version is in sysfs"
	wants "it says that the old one stays loaded"
	plant tools/package/debian/postinst \
		's|^#DEBHELPER#|&\ntouch /var/lib/squirrel-was-here|'
	wants "nothing has a name of theirs any more"
	plant tools/package/debian/postinst 's/^\tclients \|.*/\ttrue |/'
	wants "the new client loads with the new squirrel"
	plant tools/package/debian/prerm 's/is loaded and/&/;s/^\techo .*/\ttrue/'
	wants "it says that squirrel stays loaded"
	plant samples/acorn.c 's/^static int __init acorn_init.*/static int acorn_live;\n&/;s/if \(hold\)/if (acorn_live)/'
	wants "the client's object is live"
}

parts_of() {
	case $1 in
	install) echo install ;;
	lintian) echo package ;;
	guest) echo guest ;;
	*) echo root ;;
	esac
}

# play RUN
play() {
	local log=$logs/$1.log title

	say "faults of the run $1"
	SQ_TREE=$tree SQ_OUT=$work/out SQ_PARTS=$(parts_of "$1") \
		"$SQ_TOP/tools/test-package.sh" >"$log" 2>&1 || true
	grep -qE '^[0-9]+ passed, ' "$log" || say "the run did not come to its end: $log"
	for title in "${wanted[@]}"; do
		if grep -qE "^not ok [0-9]+ - " "$log" &&
			sed -n 's/^not ok [0-9]* - //p' "$log" | grep -qxF "$title"; then
			passed=$((passed + 1))
			echo "ok - seen: $title"
		else
			failed=$((failed + 1))
			echo "not ok - not seen: $title"
		fi
	done
}

[ $# -gt 0 ] || set -- "${RUNS[@]}"
for run in "$@"; do
	[[ " ${RUNS[*]} " == *" $run "* ]] || die "there is no run '$run': ${RUNS[*]}"
	work=$logs/$run
	tree=$work/tree
	rm -rf "$tree"
	mkdir -p "$tree"
	rsync -a --exclude=/build --exclude=/.git "$SQ_TOP/" "$tree/"
	wanted=()
	"run_$run"
	play "$run"
	rm -rf "$work"
done
echo "$passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ]
