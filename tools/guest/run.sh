# SPDX-License-Identifier: GPL-2.0
# Job: what `make run` shows, on one screen: a recorded trace played on squirrel and on
# SLUB, what both hold, and squirrel's memory as a picture, at the trace's peak and when it
# is over and the reclaimer was there. Each step is a test: the run is good if all are.
# shellcheck shell=dash

DEBUG=/sys/kernel/debug/squirrel
TRACE=$SQUIRREL_DIR/traces/fs.trace
WIDTH=38	# characters of a picture, and lines
LINES=10
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
	both "pages that the machine has less" squirrel SLUB
	for row in "at the peak:pages_peak" "on average:pages_mean" \
		"when the trace is over:pages_end" "when all is freed:pages_freed"; do
		both "${row%:*}" "$(told squirrel "${row#*:}")" "$(told slab "${row#*:}")"
	done
}

# The record of the trace at which most was live. Threads are not equally far when a sample is
# taken, so the record in its line may be ahead: it was due at its number times the step.
peak() {
	awk -F '\t' '$1 == "squirrel" {
			if ($3 > most) { most = $3; nr = $2 }
			if (!step || $5 / $2 < step) step = $5 / $2
		}
		END { print int(nr * step) }' /sys/kernel/debug/squirrel_replay/samples
}

# blocks FILE: of all heaps, one after the other.
blocks() {
	cat "$DEBUG"/heaps/*/blocks | grep -v '^address' >"$1" && [ -s "$1" ]
}

# small_map FILE PAGES: so many pages a character, by how much of them is live.
small_map() {
	awk -F '\t' -v by="$2" -v width="$WIDTH" '
		function draw(   ch) {
			ch = free == pages ? "." : !live ? "-" : live > pages - 0.01 ? "#" :
				int(10 * live / pages)
			row = row ch
			if (length(row) == width) { print row; row = "" }
			pages = live = free = 0
		}
		{
			for (left = $2; left; left -= n) {
				n = by - pages < left ? by - pages : left
				pages += n
				free += $3 == "free" ? n : 0
				live += $5 ? n * $6 / $5 : 0
				if (pages == by) draw()
			}
		}
		END { if (pages) draw(); if (row != "") print row }' "$1"
}

pictures() {
	local by

	by=$(awk -F '\t' -v cells=$((WIDTH * LINES)) '{ n += $2 } END {
		print int((n + cells - 1) / cells) }' /tmp/at_peak)
	small_map /tmp/at_peak "$by" >/tmp/left
	small_map /tmp/after "$by" >/tmp/right
	[ -s /tmp/left ] && [ -s /tmp/right ] || return 1
	printf '\n  squirrel'"'"'s memory, %s pages a character; it holds\n' "$by"
	printf '  %-*s%s\n' $((WIDTH + 2)) "$1 pages at the peak:" \
		"$3 at the end, after the reclaimer:"
	awk -v width=$((WIDTH + 2)) 'NR == FNR { left[NR] = $0; most = NR; next }
		{ right[FNR] = $0; if (FNR > most) most = FNR }
		END { for (i = 1; i <= most; i++)
			printf "  %-" width "s%s\n", left[i], right[i] }' /tmp/left /tmp/right
	echo "  # live   0-9 tenths live   - free objects   . free pages"
	echo "  (the reclaimer is off here until then; without it $2 pages stay)"
}

held() {
	sed -n 's/^pages_held: //p' "$DEBUG/summary"
}

# stay [EVENTS=N]: the trace on squirrel, up to there; what is live then stays.
stay() {
	insmod samples/replay.ko "trace=$TRACE" subject=squirrel keep=1 "$@"
}

# At the peak, and once more to the end.
look() {
	stay "events=$(cat /tmp/peak)" && blocks /tmp/at_peak &&
		./squirrel top -o >/tmp/top || return 1
	at_peak=$(held)
	rmmod replay && stay || return 1
	before=$(held)
	./squirrel reclaim >/dev/null && blocks /tmp/after &&
		pictures "$at_peak" "$before" "$(held)"
}

most() {
	printf '\n  What held most at the peak (squirrel top):\n'
	sed -n '/LIVE .*NAME/,$p' /tmp/top | head -n 6 | awk '{
		printf "  %6s %5s %5s %6s %6s %6s   %s %s\n", $1, $3, $4, $6, $7, $8, $13, $14 }'
}

replayed() {
	insmod samples/replay.ko "trace=$TRACE" samples=1 && peak >/tmp/peak && rmmod replay
}

client() {
	insmod samples/acorn.ko && rmmod acorn
}

unloaded() {
	rmmod replay && rmmod squirrel && [ ! -e "$DEBUG" ]
}

: >/tmp/steps
echo "Linux $(uname -r): what a kernel allocated in a file system's life, played once more"
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
