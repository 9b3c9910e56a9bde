# SPDX-License-Identifier: GPL-2.0
# Job: every KUnit suite of the modules that tools/pick.sh picked. A suite runs while
# its module is loaded; the results are then read from debugfs.
# shellcheck shell=dash

RESULTS=/sys/kernel/debug/kunit
COUNTERS=/sys/kernel/debug/gcov

insmod_or_die() {
	insmod "$@" || {
		echo "Bail out! insmod $1 failed"
		exit 1
	}
}

for m in extra/*.ko; do
	[ -e "$m" ] && insmod_or_die "$m"
done
# What the boot wants of squirrel (tools/boots.inc.sh). The suites start the
# reclaimer when they want it.
wants=$(sed -n 's/.*squirrel_test_load=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' ')
# shellcheck disable=SC2086 # words
[ -e squirrel.ko ] && insmod_or_die squirrel.ko $wants reclaim=off
[ -e squirrel_dropin.ko ] && insmod_or_die squirrel_dropin.ko

# The fake page source comes first and stays until the others are done.
FAKE=kunit/fake_kunit.ko
[ -e "$FAKE" ] || {
	echo "Bail out! there is no $FAKE"
	exit 1
}
set -- "$FAKE"
# shellcheck disable=SC2013 # names are words
for m in $(cat picked); do
	[ "$m" = fake_kunit ] || set -- "$@" "kunit/$m.ko"
done

remove() {
	rmmod "$1" && return
	n=$((n + 1))
	echo "not ok $n - rmmod $1"
}

n=0
for m in "$@"; do
	name=$(basename "$m" .ko)
	ls "$RESULTS" >/tmp/suites
	# Where it stands, should it not come back.
	echo "# $name"
	if ! insmod "$m"; then
		n=$((n + 1))
		echo "not ok $n - insmod $name.ko"
		continue
	fi
	found=0
	for suite in "$RESULTS"/*; do
		[ -e "$suite/results" ] || continue
		grep -qx "$(basename "$suite")" /tmp/suites && continue
		found=1
		n=$((n + 1))
		# The closing line of a suite carries the number it has in its
		# module; here it is one of many.
		sed -e '/^KTAP version/d' -e '/^1\.\./d' \
			-e "s/^\(not ok\|ok\) [0-9]*/\1 $n/" "$suite/results"
	done
	if [ "$found" -eq 0 ]; then
		n=$((n + 1))
		echo "not ok $n - $name has results"
	fi
	[ "$m" = "$FAKE" ] || remove "$name"
done
remove "$(basename "$FAKE" .ko)"

[ ! -d /sys/module/squirrel_dropin ] || remove squirrel_dropin
if [ -d /sys/module/squirrel ] && ! rmmod squirrel; then
	n=$((n + 1))
	echo "not ok $n - rmmod squirrel after KUnit"
fi

# Which lines ran, of src/ alone: for tools/coverage.sh, of which this folder is one.
if [ -d "$COUNTERS" ]; then
	find "$COUNTERS" -path '*/uml-gcov/src/*.gcda' | while read -r f; do
		to=gcov/${f##*/uml-gcov/}
		mkdir -p "${to%/*}"
		cat "$f" >"$to"
	done
fi
echo "1..$n"
