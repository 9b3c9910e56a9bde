# SPDX-License-Identifier: GPL-2.0
# Job: what `make run` shows, on one screen: a recorded trace played on squirrel and on
# SLUB, what both hold, and squirrel's memory as a picture before and after its reclaimer.
# Each step is a test: the run is good if all are.
# shellcheck shell=dash

DEBUG=/sys/kernel/debug/squirrel
TRACE=traces/boot.trace
n=0

# step TITLE CMD...: run CMD as one test; good ones are told at the end.
step() {
	title=$1
	shift
	n=$((n + 1))
	if "$@"; then
		echo "ok $n - $title" >>/tmp/steps
	else
		echo "not ok $n - $title" >>/tmp/steps
	fi
}

# reports: what replay said of both, one line for each.
reports() {
	dmesg | sed -n 's/.*replay: subject=/subject=/p' >/tmp/reports
	[ "$(grep -c '^subject=' /tmp/reports)" -ge "$1" ]
}

# told SUBJECT KEY
told() {
	sed -n "s/^subject=$1 .* $2=\([-0-9]*\).*/\1/p" /tmp/reports | head -n 1
}

both() {
	printf '  %-44s %10s %10s\n' "$1" "$2" "$3"
}

figures() {
	reports 2 || return 1
	both "" squirrel SLUB
	both "live objects, at most" "$(told squirrel peak_live)" "$(told slab peak_live)"
	for row in "pages held, at most:pages_peak" "pages held, on average:pages_mean" \
		"pages held at the end:pages_settled" "pages left when all is freed:pages_freed"; do
		both "${row%:*}" "$(told squirrel "${row#*:}")" "$(told slab "${row#*:}")"
	done
}

# Cells of a map without its gaps, in lines of 46; where there are more than 12 lines each
# is for several.
small_map() {
	sed -n '/^ff/{s/^[^ ]* //;s/ [+x].*//;s/ //g;p}' "$1" | tr -d '\n' |
		awk '{ n = length; by = int((n + 551) / 552); if (by < 1) by = 1
			for (i = 1; i <= n; i += by) {
				row = row substr($0, i, 1)
				if (length(row) == 46) { print row; row = "" }
			}
			if (row != "") print row }'
}

pictures() {
	small_map /tmp/before >/tmp/left
	small_map /tmp/after >/tmp/right
	[ -s /tmp/left ] && [ -s /tmp/right ] || return 1
	printf '\n  %-48s%s\n' "at the end of the trace: $1 pages held" \
		"after the reclaimer: $2 pages held"
	awk 'NR == FNR { left[NR] = $0; most = NR; next }
		{ right[FNR] = $0; if (FNR > most) most = FNR }
		END { for (i = 1; i <= most; i++) printf "  %-48s%s\n", left[i], right[i] }' \
		/tmp/left /tmp/right
	echo "  only the heap: # live  0-9 tenths live  m free, at hand  - free, in slab  L l large  . free"
}

held() {
	sed -n 's/^pages_held: //p' "$DEBUG/summary"
}

# The trace once more, and what is live at its end stays.
look() {
	insmod samples/replay.ko "trace=$SQUIRREL_DIR/$TRACE" subject=squirrel keep=1 || return 1
	cat "$DEBUG"/heaps/replay*/map >/tmp/before || return 1
	before=$(held)
	./squirrel reclaim >/dev/null && cat "$DEBUG"/heaps/replay*/map >/tmp/after &&
		pictures "$before" "$(held)"
}

most() {
	printf '\n  what holds most (squirrel top):\n'
	./squirrel top -o >/tmp/top && sed '1,5d' /tmp/top | head -n 6
}

replayed() {
	insmod samples/replay.ko "trace=$SQUIRREL_DIR/$TRACE" && rmmod replay
}

client() {
	insmod samples/acorn.ko && rmmod acorn
}

unloaded() {
	rmmod replay && rmmod squirrel && [ ! -e "$DEBUG" ]
}

: >/tmp/steps
echo "kernel $(uname -r), $(nproc) CPUs: what the kernel allocated while it booted, once more"
step "squirrel loads" insmod squirrel.ko
step "the tutorial's client" client
step "the trace on both" replayed
step "figures" figures
step "maps" look
step "what holds most" most
step "check" ./squirrel check >/dev/null
step "all is unloaded" unloaded
echo
cat /tmp/steps
echo "1..$n"
