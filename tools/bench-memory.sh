#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench-memory.sh [CLOCK...]: play the recorded traces on squirrel, in each strategy and
# reclaim mode, and on the kernel's own allocators; show what they held. It fails
# when a row could not be measured, never because one falls short. Boots of the
# stock kernel, or of that of kernel.sh which SQ_KERNEL names, one CPU each, those of
# real beside the others:
#
# (all, or those that are named; of the others an earlier run's figures are kept)
#
#   real      time passes as it does; pages held over time, and after waiting
#   insn      instructions counted, init_on_alloc=0: time, the state at the peak,
#             calls of the page allocator
#   cpus128   as real, where 128 CPUs are possible: the default strategy and mode
#
# Where the pages are, and all of cpus128, is measured in a boot for each play.
#
# Left in build/bench, or build/bench-KERNEL: memory.tsv, memory-series.tsv, memory.txt
# and a plot memory-TRACE.svg for each trace. Documentation/memory.rst tells the method.
. "$(dirname "$0")/lib.sh"

ALL=(real insn cpus128)
LANE1=(real real-{boot,fs,proc}-looked)
LANE2=(insn insn-{boot,fs,proc}-looked cpus128-{boot,fs,proc}-{slab,squirrel})
BOOTS=("${LANE1[@]}" "${LANE2[@]}")
which=${SQ_KERNEL:-stock}
suffix=
[ "$which" = stock ] || suffix=-$which
out=$SQ_BUILD/bench$suffix
parts=$SQ_TOP/tools/bench
boots=$SQ_BUILD/boots
subdir=memory$suffix

# boot NAME: one of BOOTS and its judgement. The name begins with its clock.
boot() {
	local clock=${1%%-*} dir=$boots/$subdir-$1 start=$SECONDS

	SQ_TIMEOUT=${SQ_TIMEOUT:-900}
	SQ_APPEND="slab_nomerge sqmemory=$clock"
	SQ_SMP=1
	SQ_ACCEL=tcg
	SQ_ICOUNT=
	case $clock in
	insn)
		SQ_APPEND+=" init_on_alloc=0"
		SQ_ICOUNT=1
		;;
	cpus128)
		SQ_APPEND+=" possible_cpus=128"
		# Newer kernels count those only that are there.
		if [ "$which" != stock ]; then
			SQ_APPEND+=" maxcpus=1"
			SQ_SMP=128
		fi
		;;
	esac
	[ "$1" = "$clock" ] || SQ_APPEND+=" sqplay=${1#*-}"
	export SQ_TIMEOUT SQ_APPEND SQ_SMP SQ_ACCEL SQ_ICOUNT
	"$SQ_TOP/tools/boot.sh" "$which" "$dir" >/dev/null
	say "$1: $(grep -c '^ok ' "$dir/result.log") plays in $((SECONDS - start)) s"
	if ! "$SQ_TOP/tools/judge.sh" "$dir/console.log" "$dir/result.log" \
		>"$dir/judgement"; then
		sed '$d' "$dir/judgement"
		grep -a '^not ok' "$dir/result.log" || true
		grep -a -E 'replay: (parameter|trace|subject=[a-z]* (cannot|gave))' \
			"$dir/console.log" || true
		return 1
	fi
}

# lane NAME...: those boots of them that are wanted, one after the other.
lane() {
	local name failed=0

	for name in "$@"; do
		[[ " ${wanted[*]} " != *" ${name%%-*} "* ]] || (boot "$name") ||
			failed=1
	done
	return $failed
}

# rows WORD HEADING: all lines of the boots that begin with WORD, as a table.
rows() {
	local name log

	printf '%s\n' "clock trace subject strategy mode $2" | tr ' ' '\t'
	for name in "${BOOTS[@]}"; do
		log=$boots/$subdir-$name/result.log
		[ ! -s "$log" ] || sed -n "s/^$1 /${name%%-*} /p" "$log"
	done | tr ' ' '\t'
}

wanted=("$@")
[ $# -gt 0 ] || wanted=("${ALL[@]}")
for clock in "${wanted[@]}"; do
	[[ " ${ALL[*]} " == *" $clock "* ]] ||
		die "usage: tools/bench-memory.sh [${ALL[*]}]"
done
start=$SECONDS
need_packages qemu-system-x86 busybox-static cpio xz-utils rsync gcc make \
	linux-headers-amd64 libelf-dev gnuplot-nox
mkdir -p "$out" "${BOOTS[@]/#/$boots/$subdir-}"
"$SQ_TOP/tools/build.sh" "$which"
load_kernel "$which"
strip --strip-debug -o "$boots/$subdir-real/bench.ko" \
	"$SQ_BUILD/$which/selftests/bench/bench.ko"
"$SQ_TOP/tools/initramfs.sh" "$boots/$subdir-real" "$which" memory "$boots/$subdir-real/bench.ko"
for name in "${BOOTS[@]:1}"; do
	ln -f "$boots/$subdir-real/initramfs" "$boots/$subdir-$name/initramfs"
done

failed=0
lane "${LANE1[@]}" &
pid=$!
lane "${LANE2[@]}" || failed=1
wait $pid || failed=1

rows mem "key value" >"$out/memory.tsv"
rows point "point live_bytes pages record" >"$out/memory-series.tsv"
awk -f "$parts/memory.awk" "$parts/memory-bars" "$out/memory.tsv" |
	tee "$out/memory.txt" || failed=1
for trace in boot fs proc; do
	grep -q "^real.$trace" "$out/memory-series.tsv" || continue
	gnuplot -e "series='$out/memory-series.tsv'; trace='$trace'" \
		-e "out='$out/memory-$trace.svg'" "$parts/memory.gp" || failed=1
done
say "the benchmark took $((SECONDS - start)) s; results are in ${out#"$SQ_TOP"/}"
if [ "$failed" -ne 0 ]; then
	echo "squirrel: the benchmark FAILED: not all rows were measured"
	exit 1
fi
