#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# pick.sh BOOT [PATTERN]: print the names of the selftests, or of the KUnit modules,
# that are for BOOT (see boots.inc.sh), or of those the ones that PATTERN matches. A
# selftest that names a boot which there is not, or none, would never be run: it is
# refused here. With SQ_SELFTESTS in the environment that folder is looked at.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

[ $# -ge 1 ] || die "usage: tools/pick.sh BOOT [PATTERN]"
boot=$(boot_like "$1")
pattern=${2:-*}

# runs_selftests BOOT
runs_selftests() {
	[ "$(boot_job "$1")" = test ]
}

# boots_of FILE: the header is the comment at its top.
boots_of() {
	sed -n -e '/^[^#]/q' -e '/^# boots:/{ s/^# boots://p; q; }' "$1"
}

# Each is in a line of its own: in every boot that runs KUnit.
kunit_modules() {
	sed -n 's/^obj-m += *\([a-z_]*_kunit\)\.o$/\1/p' "$SQ_TOP/kunit/Kbuild"
}

names=()
job=$(boot_job "$boot") || die "there is no boot '$1'"
if [ "$job" = kunit ]; then
	for name in $(kunit_modules); do
		# shellcheck disable=SC2053 # it is a pattern
		[[ $name != $pattern ]] || echo "$name"
	done
	exit
fi
for file in "${SQ_SELFTESTS:-$SQ_TOP/selftests}"/*.sh; do
	[ -x "$file" ] || continue
	name=$(basename "$file" .sh)
	boots=$BOOTS_PLAIN
	if grep -q '^# *boots:' "$file"; then
		boots=$(boots_of "$file")
		[ -n "${boots// /}" ] || die "$name.sh: its boots are not in its header"
	fi
	picked=
	for b in $boots; do
		runs_selftests "$b" || die "$name.sh is for a boot that runs no selftests: $b"
		[ "$b" != "$boot" ] || picked=1
	done
	# shellcheck disable=SC2053 # it is a pattern
	if [ -n "$picked" ] && [[ $name == $pattern ]]; then
		names+=("$name")
	fi
done
printf '%s\n' ${names[@]+"${names[@]}"} | grep . || true
