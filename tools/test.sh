#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test.sh: KUnit on UML, kselftest on the stock kernel, both on the KASAN kernel.
# The last line is the sum. SQ_ONLY picks selftests by a pattern of their name;
# arguments pick among the boots: uml stock kasan, and kcsan (kselftest on a
# kernel that looks for data races), which is not among those run by default.
. "$(dirname "$0")/lib.sh"

job_of() {
	case $1 in
	uml) echo kunit ;;
	stock | kcsan) echo test ;;
	kasan) echo testall ;;
	*) die "usage: tools/test.sh [uml|stock|kasan|kcsan]..." ;;
	esac
}

limit_of() {
	case $1 in
	uml) echo 240 ;;
	stock) echo 600 ;;
	kasan | kcsan) echo 1200 ;;
	esac
}

# words_of KERNEL: for its command line. KCSAN watches one access in 500 then
# (4000 by default).
words_of() {
	case $1 in
	kcsan) echo "kcsan.skip_watch=500" ;;
	esac
}

# boot KERNEL: build for it, run its job. A build that fails leaves the counts
# of a boot without a verdict.
boot() {
	local job dir

	job=$(job_of "$1")
	dir=$SQ_BUILD/boots/$1-$job
	mkdir -p "$dir"
	echo "0 1 0" >"$dir/counts"
	: >"$dir/result.log"
	"$SQ_TOP/tools/build.sh" "$1" || return 1
	SQ_TIMEOUT=${SQ_TIMEOUT:-$(limit_of "$1")} SQ_APPEND="$(words_of "$1") ${SQ_APPEND:-}" \
		"$SQ_TOP/tools/job.sh" "$1" "$job"
}

# summary KERNEL: one line on its boot, what was skipped, and the sum so far.
summary() {
	local dir p f s

	dir=$SQ_BUILD/boots/$1-$(job_of "$1")
	read -r p f s <"$dir/counts"
	echo "$1: $p passed, $f failed, $s skipped"
	grep -ahE '^ *not ok ' "$dir/result.log" || true
	grep -ahE '^ *ok .*# *SKIP' "$dir/result.log" || true
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

[ $# -gt 0 ] || set -- uml stock kasan
for k in "$@"; do
	job_of "$k" >/dev/null
done
need_packages qemu-system-x86 busybox-static cpio xz-utils rsync
start=$SECONDS
mkdir -p "$SQ_BUILD/boots"
# All kernels first, one at a time: a build takes both CPUs for itself.
for k in "$@"; do
	"$SQ_TOP/tools/kernel.sh" "$k" >/dev/null || say "there is no kernel $k"
done

# UML needs one CPU and no QEMU: it runs beside the others.
beside=
for k in "$@"; do
	if [ "$k" = uml ]; then
		boot uml >"$SQ_BUILD/boots/uml.out" 2>&1 &
		beside=$!
	fi
done
for k in "$@"; do
	[ "$k" = uml ] || boot "$k" || true
done
if [ -n "$beside" ]; then
	wait "$beside" || true
	cat "$SQ_BUILD/boots/uml.out"
fi

passed=0
failed=0
skipped=0
echo
for k in "$@"; do
	summary "$k"
done
say "tests took $((SECONDS - start)) s; logs are in build/boots"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
