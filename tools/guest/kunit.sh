# SPDX-License-Identifier: GPL-2.0
# Job: every KUnit suite of squirrel. A suite runs while its module is loaded;
# the results are then read from debugfs.
# shellcheck shell=dash

RESULTS=/sys/kernel/debug/kunit

insmod_or_die() {
	insmod "$1" || {
		echo "Bail out! insmod $1 failed"
		exit 1
	}
}

for m in extra/*.ko; do
	[ -e "$m" ] && insmod_or_die "$m"
done
[ -e squirrel.ko ] && insmod_or_die squirrel.ko

set -- kunit/*_kunit.ko
[ -e "$1" ] || {
	echo "Bail out! there is no KUnit module"
	exit 1
}

n=0
for m in "$@"; do
	name=$(basename "$m" .ko)
	ls "$RESULTS" >/tmp/suites
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
	rmmod "$name" || {
		n=$((n + 1))
		echo "not ok $n - rmmod $name"
	}
done

if [ -d /sys/module/squirrel ] && ! rmmod squirrel; then
	n=$((n + 1))
	echo "not ok $n - rmmod squirrel after KUnit"
fi
echo "1..$n"
