# SPDX-License-Identifier: GPL-2.0
# Job: the benchmark. The word sqbench=CLOCK, one of those of tools/bench.sh, on the kernel's
# command line says by what clock, and so which groups of rows. A row is printed as
# "row CASE SIZE SUBJECT PER_OP"; each group of rows is one test.
# shellcheck shell=dash

STATS=/sys/kernel/debug/squirrel/reclaim/stats
. ./result.sh

# groups PARAMETERS GROUP...: measure each GROUP.
groups() {
	params=$1
	shift
	for group in "$@"; do
		dmesg -c >/dev/null
		# shellcheck disable=SC2086 # params are words
		insmod extra/bench.ko "cases=$group" $params
		status=$?
		dmesg | sed -n -e 's/^.*bench: row /row /p'
		[ "$status" -ne 0 ] || rmmod bench
		result "$status" "rows of $group $params"
	done
}

# load PARAMETERS and unload: squirrel itself.
load() {
	# shellcheck disable=SC2086 # words
	insmod squirrel.ko $1
	result $? "insmod squirrel $1"
}

unload() {
	rmmod squirrel
	result $? "rmmod squirrel"
}

asked() {
	sed -n 's/^runs_asked: //p' "$STATS"
}

tail_busy() {
	before=$(asked)
	groups "" tail-busy
	[ $(($(asked) - before)) -gt 1000 ]
	result $? "the reclaimer was busy meanwhile"
}

# frag ROW SIZE GFP WHERE SUBJECT: 60000 objects where no two free pages are
# neighbours, by the selftest's module; of three times the least. A microsecond is
# 1000 instructions.
frag() {
	best=
	for _ in 1 2 3; do
		insmod selftests/frag.ko "where=$4" objects=60000 "size=$2" "gfp=$3"
		got=$(cat /sys/module/frag/parameters/got)
		took=$(cat /sys/module/frag/parameters/us)
		rmmod frag
		[ "$got" = 60000 ] || {
			result 1 "$1 $2 $5: $got objects"
			return
		}
		[ -n "$best" ] && [ "$best" -le "$took" ] || best=$took
	done
	echo "row $1 $2 $5 $(echo "$best" | awk '{ print $1 / 60 }')"
	result 0 "$1 $2 $5"
}

# frag_rows NAME SIZE GFP
frag_rows() {
	frag "$1" "$2" "$3" slub slub
	frag "$1" "$2" "$3" cache squirrel
	echo "row $1 $2 floor -"
}

# What it costs to debug some.
sampled_rows() {
	load
	groups "" pair-long
	unload
	load sample=1000
	groups suffix=-sampled pair-long
	unload
}

# And all, by letters.
debugged_rows() {
	for letters in F U FZPUQ; do
		load "debug=$letters,bench"
		groups "suffix=-$letters" pair-debugged
		unload
	done
}

clock=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^sqbench=//p')
case $clock in
insn | insn-defaults)
	load
	groups "" pair batch bulk heap large irq live arena tail-off
	tail_busy
	# To zero that much takes longer than from one tick to the next.
	[ "$clock" = insn-defaults ] || groups "" bulk-more batch-large tail-sizes
	unload
	load hardened=0
	groups suffix=-trusted pair batch bulk heap
	unload
	[ "$clock" = insn-defaults ] || {
		sampled_rows
		debugged_rows
	}
	;;
insn-cold)
	load
	groups "" cold cold-bulk cold-heap
	unload
	;;
insn-irqs)
	load
	groups "" irqs-off
	unload
	;;
insn-frag)
	load
	for size in 192 512 600 4096; do
		frag_rows frag-60000 $size kernel
	done
	frag_rows frag-60000-atomic 512 atomic
	unload
	;;
ns)
	load
	groups native=1 pair batch bulk heap large live
	unload
	;;
mttcg)
	load
	groups native=1 cpus
	unload
	;;
*)
	echo "Bail out! no clock named '$clock'"
	exit 1
	;;
esac
echo "1..$n"
