# SPDX-License-Identifier: GPL-2.0
# Job: what there is for tools/drgn/squirrel.py to see. Clients leave objects behind, of which
# debugfs says who has them; squirrel.py says the same of the running kernel. Then the kernel
# panics, and tools/test-drgn.sh asks of the dump. Each answer stands behind a line "@ WHO WHAT".
# shellcheck shell=dash

DEBUG=/sys/kernel/debug/squirrel

stats() { # name, bytes of an object, live, bytes held
	awk -F ': ' '$1 == "name" { n = $2 } $1 == "object_size" { s = $2 }
		$1 == "live_objects" { l = $2 } $1 == "slab_bytes" { b = $2 }
		END { print n, s, l, b }' "$1"
}

by_debugfs() {
	local c

	echo "@ debugfs caches"
	for c in "$DEBUG"/caches/*/stats; do
		stats "$c"
	done
	echo "@ debugfs live"
	awk 'FNR > 1 && /^ *[0-9]+ +[0-9]/ { print $1, $2, $5, $6, name, $7, $8 }' \
		name=hoard $DEBUG/caches/hoard/live name=default $DEBUG/heaps/default/live
	for c in $places; do
		echo "@ debugfs whose $c"
		echo "$c" >$DEBUG/whose
		cat $DEBUG/whose
	done
}

ask() { # ask WORD...: squirrel.py, of this kernel
	echo "@ kcore $*"
	PYTHONPATH=/usr/lib/python3/dist-packages python3.11 -m drgn -q -s debug/vmlinux \
		-s debug/squirrel.ko -s debug/hoard.ko debug/squirrel.py "$@" 2>&1
}

by_drgn() {
	local c

	ask caches
	ask live
	for c in $places; do
		ask whose "$c"
	done
}

# forget SIZE: where an object of the heap "default" is that nobody frees.
forget() {
	insmod selftests/hoard.ko where=default objects=3 keep=1 leave=1 size="$1"
	rmmod hoard
	dmesg | sed -n 's/.*hoard: left free=\(0x[0-9a-f]*\).*/\1/p' | tail -n 1
}

export PATH=/bin:/usr/bin
for m in extra/*.ko; do
	[ ! -e "$m" ] || insmod "$m"
done
insmod squirrel.ko debug='FZPU,hoard*'
# First, so that hoard is where it was each time, and what it left has its names.
insmod samples/acorn.ko hold=1
plain=$(forget 500)
# The first keeps the slab of the second in use.
forget 120
freed=$(forget 120)
insmod selftests/hoard.ko free="$freed" && rmmod hoard
echo FZPU >$DEBUG/heaps/default/debug
known=$(forget 700)
large=$(forget 20000)
insmod selftests/hoard.ko objects=1000 keep=137 size=300
# From here on nothing moves.
echo off >$DEBUG/reclaim/mode
# The middle of it, and what lies before it.
places="$plain $(printf '0x%x' $((plain + 100))) $freed $known $(printf '0x%x' $((known - 4)))
	$large 0x1000"
by_debugfs
by_drgn
echo "@ end"
sleep 2
echo c >/proc/sysrq-trigger
