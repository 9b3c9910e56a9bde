# SPDX-License-Identifier: GPL-2.0
# Job: what squirrel and the kernel's own allocators hold while recorded traces
# are played. The word sqmemory=real|insn|cpus128 on the kernel's command line says
# by what clock, sqplay=TRACE-WHAT that only this is played. Figures are printed as
#
#	mem TRACE SUBJECT STRATEGY MODE KEY VALUE
#	point TRACE SUBJECT STRATEGY MODE NUMBER LIVE_BYTES PAGES RECORD
#
# and each play is one test.
# shellcheck shell=dash

DEBUG=/sys/kernel/debug/squirrel
SAMPLES=/sys/kernel/debug/squirrel_replay/samples
LOOKED=/sys/kernel/debug/squirrel_replay/looks
LOOKS=64
SETTLE=3000
. ./result.sh

# report WHO: the words of the replayer's last line, as figures of WHO.
report() {
	dmesg | sed -n 's/^.*replay: subject=/subject=/p' | tail -n 1 |
		tr ' ' '\n' |
		awk -F = -v who="$1" '$2 ~ /^-?[0-9]+$/ {
			print "mem " who " " $1 " " $2
			n++
		}
		END { exit !n }'
}

points() {
	awk -v who="$1" 'NR > 1 { print "point " who " " $2, $3, $4, $5 }' \
		"$SAMPLES"
}

# looks WHO: each figure that was noted while a trace was played, in the mean, and
# at that look where the most was held.
looks() {
	awk -F ': ' -v who="$1" '$2 !~ /^-?[0-9]+$/ {
		next
	}
	$1 == "evenly" {
		look++
		evenly += $2
		counts = $2
	}
	{
		sum[$1] += counts * $2
		value[$1, look] = $2
	}
	$1 == "held" && $2 > most {
		most = $2
		peak = look
	}
	END {
		for (key in sum) {
			printf "mem %s mean.%s %.0f\n", who, key, sum[key] / evenly
			printf "mem %s peak.%s %s\n", who, key, value[key, peak]
		}
		exit !evenly
	}' "$LOOKED"
}

# stats WHO FILE...: "key: value" lines of the module, as far as there are any.
stats() {
	who=$1
	shift
	for file in "$@"; do
		[ ! -e "$DEBUG/$file" ] || cat "$DEBUG/$file"
	done | awk -F ': ' -v who="$who" '$2 ~ /^-?[0-9]+$/ {
		print "mem " who " " $1 " " $2
	}'
}

# heap_stats WHO: the figures of each heap, its name before the key; what is
# said of all heaps has none.
heap_stats() {
	for heap in "$DEBUG"/heaps/*/stats; do
		name=${heap%/stats}
		sed "s/^/${name##*/}./" "$heap"
	done | awk -F ': ' -v who="$1" '$2 ~ /^-?[0-9]+$/ {
		print "mem " who " " $1 " " $2
	}'
}

# in_mode STRATEGY MODE: squirrel, fresh. The replayer needs it also when it
# plays on the kernel's own.
in_mode() {
	insmod squirrel.ko "strategy=$1" || return 1
	echo "$2" >"$DEBUG/reclaim/mode"
	# What loading it used and needs no more goes back meanwhile.
	sleep 0.5
}

# records FILE: how many a trace has.
records() {
	od -A n -t u4 -j 24 -N 4 "$1"
}

# play WHO PARAMETERS: a trace, as WHO = "TRACE SUBJECT STRATEGY MODE". The trace
# boot/10 is the first tenth of boot: what is live then is freed as at the end.
play() {
	who=$1
	shift
	# shellcheck disable=SC2086 # words
	set -- $who pattern=none samples=1 "$@"
	file=traces/${1%/10}.trace
	subject=$2 strategy=$3
	case $1 in
	*/10) events=$(($(records "$file") / 10)) ;;
	*) events=0 ;;
	esac
	shift 4
	[ "$subject" = slab ] || set -- "strategy=$strategy" "$@"
	dmesg -c >/dev/null
	insmod samples/replay.ko "trace=$file" "events=$events" \
		"subject=$subject" "$@"
}

# whole WHO PARAMETERS: play it and report.
whole() {
	play "$@" && report "$1" && points "$1" && rmmod replay
}

# looked TRACE: what squirrel says of itself meanwhile. That takes time, in which
# its background goes on.
looked() {
	me="$1 squirrel segregated parallel"
	in_mode segregated parallel &&
		play "$me" touched=1 "looks=$LOOKS" && looks "$me" &&
		rmmod replay && rmmod squirrel
	result $? "$me, looked at"
}

# on_squirrel TRACE STRATEGY MODE: held over time. Where the reclaimer does not run
# on its own, it is asked once all is freed.
on_squirrel() {
	me="$1 squirrel $2 $3"
	ask=1
	[ "$3" != parallel ] || ask=0
	in_mode "$2" "$3" &&
		whole "$me" "settle_ms=$SETTLE" "reclaim=$ask" &&
		stats "$me" reclaim/stats && rmmod squirrel
	result $? "$me"
}

on_slab() {
	me="$1 slab - -"
	in_mode segregated off && whole "$me" "settle_ms=$SETTLE" &&
		rmmod squirrel
	result $? "$me"
}

# touched_on_slab TRACE: in how many pages something is live; counting takes time.
touched_on_slab() {
	me="$1 slab - -"
	in_mode segregated off && play "$me" touched=1 &&
		report "$me" | grep ' touched_' && rmmod replay && rmmod squirrel
	result $? "$me, pages touched"
}

# The record at which the most was held in the play before.
peak_record() {
	awk 'NR > 1 && $4 > most { most = $4; record = $5 } END { print record }' \
		"$SAMPLES"
}

# at_peak TRACE STRATEGY: instructions and, with what was live at the peak still
# there, what squirrel says of itself.
at_peak() {
	me="$1 squirrel $2 parallel"
	in_mode "$2" parallel && play "$me" && record=$(peak_record) &&
		report "$me" && points "$me" && rmmod replay &&
		rmmod squirrel &&
		in_mode "$2" parallel &&
		play "$me" keep=1 "events=$((record + 1))" &&
		heap_stats "$me" && stats "$me" summary reclaim/stats &&
		rmmod replay && report "$me" |
		sed -n -e 's/ bytes_end / asked_at_peak /p' \
			-e 's/ pages_end / held_at_peak /p' && rmmod squirrel
	result $? "$me, and its peak"
}

# calls TRACE: of the page allocator, by probes, which take time.
calls() {
	me="$1 squirrel segregated parallel"
	in_mode segregated parallel &&
		play "$me" pagecalls=1 "settle_ms=$SETTLE" &&
		report "$me" | grep ' page_' && rmmod replay && rmmod squirrel
	result $? "$me, calls of the page allocator"
	me="$1 slab - -"
	in_mode segregated off &&
		play "$me" pagecalls=1 "settle_ms=$SETTLE" &&
		report "$me" | grep ' page_' && rmmod replay && rmmod squirrel
	result $? "$me, calls of the page allocator"
}

# A thousand objects of a page: how many pages have the slabs for each object?
pages() {
	insmod squirrel.ko &&
		insmod selftests/hoard.ko where=heap size=4096 objects=1000 \
			keep=1000 &&
		stats "page squirrel segregated parallel" heaps/hoard/stats &&
		rmmod hoard && rmmod squirrel
	result $? "objects of 4096 bytes"
}

arena() {
	dmesg -c >/dev/null
	insmod squirrel.ko && insmod extra/bench.ko cases=arena && rmmod bench &&
		rmmod squirrel
	result $? "an arena destroyed at once"
	dmesg | sed -n -e 's/^.*bench: row //p' | while read -r row; do
		# shellcheck disable=SC2086 # words
		set -- $row
		echo "mem $1 $3 - - per_op_$2 $4"
	done
}

all_real() {
	for trace in boot fs proc; do
		on_slab $trace
		for strategy in segregated first best; do
			for mode in off series parallel; do
				on_squirrel $trace $strategy $mode
			done
		done
	done
	for trace in boot/10 fs/10 proc/10; do
		on_slab $trace
		on_squirrel $trace segregated parallel
	done
	pages
}

all_insn() {
	for trace in boot fs proc; do
		on_slab $trace
		for strategy in segregated first best; do
			at_peak $trace $strategy
		done
		calls $trace
	done
	arena
}

# word KEY: what the kernel's command line says of it.
word() {
	tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}

clock=$(word sqmemory)
only=$(word sqplay)
trace=${only%-*}
if [ "$clock" = cpus128 ]; then
	[ "$(cat /sys/devices/system/cpu/possible)" = 0-127 ]
	result $? "128 possible CPUs"
fi
case $clock-${only##*-} in
*-looked)
	looked "$trace"
	touched_on_slab "$trace"
	;;
*-slab) on_slab "$trace" ;;
*-squirrel) on_squirrel "$trace" segregated parallel ;;
real-) all_real ;;
insn-) all_insn ;;
*)
	echo "Bail out! no clock named '$clock', or nothing to play: '$only'"
	exit 1
	;;
esac
echo "1..$n"
