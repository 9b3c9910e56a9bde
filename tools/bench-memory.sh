#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench-memory.sh [CLOCK...]: play the recorded traces on squirrel, in each strategy and
# reclaim mode, and on the kernel's own allocators; show what they held. It fails
# when a row could not be measured, never because one falls short. Two boots of
# the stock kernel, one CPU each, beside each other:
#
# (all, or those that are named; of the others an earlier run's figures are kept)
#
#   real   time passes as it does; pages held over time, and after waiting
#   insn   instructions counted, init_on_alloc=0: time, the state at the peak,
#          calls of the page allocator
#
# Left in build/bench: memory.tsv, memory-series.tsv, memory.txt and a plot
# memory-TRACE.svg for each trace. Documentation/memory.rst tells the method.
. "$(dirname "$0")/lib.sh"

ALL=(real insn)
out=$SQ_BUILD/bench
parts=$SQ_TOP/tools/bench
boots=$SQ_BUILD/boots

# boot CLOCK: one boot and its judgement.
boot() {
	local clock=$1 dir=$boots/memory-$1 start=$SECONDS

	SQ_TIMEOUT=${SQ_TIMEOUT:-900}
	SQ_APPEND="slab_nomerge sqmemory=$clock"
	SQ_SMP=1
	SQ_ACCEL=tcg
	SQ_ICOUNT=
	if [ "$clock" = insn ]; then
		SQ_APPEND+=" init_on_alloc=0"
		SQ_ICOUNT=1
	fi
	export SQ_TIMEOUT SQ_APPEND SQ_SMP SQ_ACCEL SQ_ICOUNT
	"$SQ_TOP/tools/boot.sh" stock "$dir" >/dev/null
	say "$clock: $(grep -c '^ok ' "$dir/result.log") plays in $((SECONDS - start)) s"
	if ! "$SQ_TOP/tools/judge.sh" "$dir/console.log" "$dir/result.log" \
		>"$dir/judgement"; then
		sed '$d' "$dir/judgement"
		grep -a '^not ok' "$dir/result.log" || true
		grep -a -E 'replay: (parameter|trace|subject=[a-z]* (cannot|gave))' \
			"$dir/console.log" || true
		return 1
	fi
}

# rows WORD HEADING: all lines of the boots that begin with WORD, as a table.
rows() {
	local clock

	printf '%s\n' "clock trace subject strategy mode $2" | tr ' ' '\t'
	for clock in "${ALL[@]}"; do
		[ ! -s "$boots/memory-$clock/result.log" ] ||
			sed -n "s/^$1 /$clock /p" "$boots/memory-$clock/result.log"
	done | tr ' ' '\t'
}

[ $# -gt 0 ] || set -- "${ALL[@]}"
start=$SECONDS
need_packages qemu-system-x86 busybox-static cpio xz-utils rsync gcc make \
	linux-headers-amd64 libelf-dev gnuplot-nox
mkdir -p "$out" "$boots"/memory-{real,insn}
"$SQ_TOP/tools/build.sh" stock
load_kernel stock
strip --strip-debug -o "$boots/bench.ko" "$SQ_BUILD/stock/selftests/bench/bench.ko"
"$SQ_TOP/tools/initramfs.sh" "$boots/memory-real" stock memory "$boots/bench.ko"
ln -f "$boots/memory-real/initramfs" "$boots/memory-insn/initramfs"

failed=0
pids=()
for clock in "$@"; do
	[[ $clock == real || $clock == insn ]] ||
		die "usage: tools/bench-memory.sh [${ALL[*]}]"
	boot "$clock" &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || failed=1
done

rows mem "key value" >"$out/memory.tsv"
rows point "point live_bytes pages record" >"$out/memory-series.tsv"
awk -f "$parts/memory.awk" "$parts/memory-bars" "$out/memory.tsv" |
	tee "$out/memory.txt" || failed=1
for trace in boot fs proc; do
	grep -q "^real.$trace" "$out/memory-series.tsv" || continue
	gnuplot -e "series='$out/memory-series.tsv'; trace='$trace'" \
		-e "out='$out/memory-$trace.svg'" "$parts/memory.gp" || failed=1
done
say "the benchmark took $((SECONDS - start)) s; results are in build/bench"
if [ "$failed" -ne 0 ]; then
	echo "squirrel: the benchmark FAILED: not all rows were measured"
	exit 1
fi
