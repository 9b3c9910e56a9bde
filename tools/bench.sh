#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench.sh [CLOCK...]: measure squirrel, SLUB and the floor side by side and
# show the table. It fails when a row could not be measured, never because one
# is slow. The clocks, one boot each:
#
#   insn           stock kernel, instructions counted, init_on_alloc=0
#   insn-defaults  the same as the kernel comes
#   insn-cold      as insn: caches and heaps that are new, and nobody sleeps
#   insn-irqs      as insn, 5 GiB: how long interrupts are off, at the longest
#   insn-frag      as insn, 768 MiB: where no two free pages are neighbours
#   ns             UML, native
#   mttcg          stock kernel, two CPUs; only ratios mean something
#
# Left in build/bench: results.tsv, table.txt, results.svg. With SQ_KERNEL that kernel
# of kernel.sh is measured, and not ns; what is left is in build/bench-KERNEL.
# Documentation/performance-method.rst tells how it is measured.
. "$(dirname "$0")/lib.sh"

ALL=(insn insn-cold insn-defaults insn-irqs insn-frag ns mttcg)
which=${SQ_KERNEL:-stock}
suffix=
if [ "$which" != stock ]; then
	suffix=-$which
	ALL=(insn insn-cold insn-defaults insn-irqs insn-frag mttcg)
fi
out=$SQ_BUILD/bench$suffix
parts=$SQ_TOP/tools/bench

kernel_of() {
	case $1 in
	insn | insn-cold | insn-defaults | insn-irqs | insn-frag | mttcg) echo "$which" ;;
	ns)
		[ -z "$suffix" ] || die "ns is of UML, which is not $which"
		echo uml
		;;
	*) die "usage: tools/bench.sh [${ALL[*]}]" ;;
	esac
}

# boot CLOCK: one boot and its judgement; leaves the rows in $out/CLOCK.rows.
boot() {
	local clock=$1 kernel dir append="slab_nomerge" start=$SECONDS

	kernel=$(kernel_of "$clock")
	dir=$SQ_BUILD/boots/bench$suffix-$clock
	mkdir -p "$dir"
	load_kernel "$kernel"
	strip --strip-debug -o "$dir/bench.ko" \
		"$SQ_BUILD/$kernel/selftests/bench/bench.ko"
	"$SQ_TOP/tools/initramfs.sh" "$dir" "$kernel" bench "$dir/bench.ko"

	[ "$clock" = insn-defaults ] || append+=" init_on_alloc=0"
	SQ_TIMEOUT=${SQ_TIMEOUT:-480}
	SQ_APPEND="$append sqbench=$clock"
	SQ_ICOUNT=
	[[ $clock != insn* ]] || SQ_ICOUNT=1
	[ "$clock" != insn-irqs ] || SQ_MEMORY=5120
	[ "$clock" != insn-frag ] || SQ_MEMORY=768
	[ "$clock" != mttcg ] || SQ_ACCEL=tcg
	export SQ_TIMEOUT SQ_APPEND SQ_ICOUNT SQ_ACCEL SQ_MEMORY
	"$SQ_TOP/tools/boot.sh" "$kernel" "$dir" >/dev/null
	sed -n "s/^row /$kernel-$K_RELEASE $clock /p" "$dir/result.log" \
		>"$out/$clock.rows"
	say "$clock: $(wc -l <"$out/$clock.rows") figures in $((SECONDS - start)) s"
	if ! "$SQ_TOP/tools/judge.sh" "$dir/console.log" "$dir/result.log" \
		>"$dir/judgement"; then
		sed '$d' "$dir/judgement"
		grep -a '^not ok' "$dir/result.log" || true
		grep -a 'bench: .*not measured' "$dir/console.log" || true
		return 1
	fi
}

# Those that count instructions are not disturbed by each other; but one of them
# takes much memory.
beside() {
	[[ $1 == insn* && $1 != insn-irqs ]]
}

measure() {
	local clock pids=() failed=0 pid

	for clock in "$@"; do
		if beside "$clock"; then
			boot "$clock" &
			pids+=($!)
		fi
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || failed=1
	done
	for clock in "$@"; do
		if ! beside "$clock"; then
			(boot "$clock") || failed=1
		fi
	done
	return $failed
}

some=1
[ $# -gt 0 ] || {
	set -- "${ALL[@]}"
	some=0
}
start=$SECONDS
need_packages qemu-system-x86 busybox-static cpio rsync gnuplot-nox
mkdir -p "$out"
declare -A built=()
for clock in "$@"; do
	kernel=$(kernel_of "$clock")
	[ -n "${built[$kernel]:-}" ] || "$SQ_TOP/tools/build.sh" "$kernel"
	built[$kernel]=1
	rm -f "$out/$clock.rows"
done
failed=0
measure "$@" || failed=1

# What earlier runs measured by other clocks is kept.
for clock in "${ALL[@]}"; do
	[ ! -s "$out/$clock.rows" ] || cat "$out/$clock.rows"
done | awk -f "$parts/results.awk" >"$out/results.tsv" || failed=1
awk -v some=$some -f "$parts/table.awk" "$parts/bars" "$out/results.tsv" |
	tee "$out/table.txt" || failed=1
if [ -s "$out/insn.rows" ]; then
	gnuplot -e "results='$out/results.tsv'; out='$out/results.svg'" \
		"$parts/plot.gp" || failed=1
fi
say "the benchmark took $((SECONDS - start)) s; results are in ${out#"$SQ_TOP"/}"
if [ "$failed" -ne 0 ]; then
	echo "squirrel: the benchmark FAILED: not all rows were measured"
	exit 1
fi
