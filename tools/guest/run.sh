# SPDX-License-Identifier: GPL-2.0
# Job: what `make run` shows. Load, the tutorial client, the recorded trace,
# a look at debugfs, unload. Each step is a test: the run is good if all are.
# shellcheck shell=dash

DEBUG=/sys/kernel/debug/squirrel
TRACE=traces/boot.trace
n=0

# step TITLE CMD...: run CMD as one test.
step() {
	title=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $title"
	else
		echo "not ok $n - $title"
	fi
}

# New kernel messages since the last call, of the modules shown here.
messages() {
	dmesg | sed 's/^\[[^]]*\] //' >/tmp/dmesg.now
	awk -v from="$(cat /tmp/dmesg.count 2>/dev/null || echo 0)" \
		'NR > from' /tmp/dmesg.now | grep -E '^(squirrel|acorn|replay)' |
		sed 's/^/  /'
	wc -l </tmp/dmesg.now >/tmp/dmesg.count
}

show() {
	echo
	echo "--- $1"
	[ -s "$1" ] || [ -n "$(head -c 1 "$1" 2>/dev/null)" ] || return 1
	head -n "${2:-40}" "$1"
}

show_map() {
	# The heap with the most blocks says the most; the default one will do.
	for map in "$DEBUG"/heaps/*/map; do
		[ -e "$map" ] && show "$map" 52 && return
	done
	return 1
}

replayed() {
	insmod samples/replay.ko "trace=$SQUIRREL_DIR/$TRACE"
	status=$?
	messages
	return $status
}

dmesg >/tmp/dmesg.now
wc -l </tmp/dmesg.now >/tmp/dmesg.count
echo "kernel $(uname -r), $(nproc) CPUs"

step "insmod squirrel.ko" insmod squirrel.ko
messages
step "insmod samples/acorn.ko" insmod samples/acorn.ko
messages
step "rmmod acorn" rmmod acorn
messages
step "replay of $TRACE" replayed
step "summary" show "$DEBUG/summary" 60
step "reclaim stats" show "$DEBUG/reclaim/stats"
step "heap map" show_map
if [ -d /sys/module/replay ]; then
	step "rmmod replay" rmmod replay
	messages
fi
echo
step "rmmod squirrel" rmmod squirrel
messages
step "debugfs is gone" [ ! -e "$DEBUG" ]
echo "1..$n"
