#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test.sh [BOOT...]: KUnit on UML, and again with memory that is wiped; kselftest on
# the stock kernel; both on the KASAN kernel; kselftest on the stock kernel in
# machines that are unlike most: numa, frag, step. boots.inc.sh has what there is; kcsan
# (kselftest on a kernel that looks for data races) is not among those run by
# default. The last line is the sum. SQ_ONLY picks selftests by a pattern of their
# name.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

# wanted BOOT: is there anything to run in it? Fails loudly if a selftest's
# header is wrong.
wanted() {
	local picked

	[[ $(boot_job "$1") == test* ]] || return 0
	picked=$("$SQ_TOP/tools/pick.sh" "$1" "${SQ_ONLY:-}") || exit 1
	[ -n "$picked" ] || [ -z "${SQ_ONLY:-}" ]
}

# build KERNEL. One that fails leaves its boots without a verdict.
build() {
	"$SQ_TOP/tools/kernel.sh" "$1" >/dev/null &&
		"$SQ_TOP/tools/build.sh" "$1" && built[$1]=1
}

# prepare BOOT: until it has run there are the counts of a boot without a verdict.
prepare() {
	local dir

	dir=$(boot_dir "$1")
	mkdir -p "$dir"
	echo "0 1 0" >"$dir/counts"
	: >"$dir/result.log"
}

boot() (
	kernel=$(boot_kernel "$1")

	[ -n "${built[$kernel]:-}" ] || exit 1
	boot_machine "$1"
	export SQ_BOOT=$1
	export SQ_TIMEOUT=${SQ_TIMEOUT:-$(boot_limit "$1")}
	export SQ_STILL=${SQ_STILL:-$(boot_still "$1")}
	SQ_APPEND="$(boot_words "$1") ${SQ_APPEND:-}"
	export SQ_APPEND
	"$SQ_TOP/tools/job.sh" "$kernel" "$(job_of "$1")"
)

# those_beside BOOT...: one after the other.
those_beside() {
	local b

	for b in "$@"; do
		! boot_beside "$b" || boot "$b" || true
	done
}

# summary BOOT: one line on it, what was skipped, and the sum so far.
summary() {
	local dir p f s

	dir=$(boot_dir "$1")
	read -r p f s <"$dir/counts"
	echo "$1: $p passed, $f failed, $s skipped"
	grep -ahE '^ *not ok ' "$dir/result.log" || true
	grep -ahE '^ *ok .*# *SKIP' "$dir/result.log" || true
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
}

[ $# -gt 0 ] || set -- "${BOOTS_DEFAULT[@]}"
boots=()
idle=()
for b in "$@"; do
	boot_job "$b" >/dev/null || die "there is no boot '$b'; see tools/boots.inc.sh"
done
for b in "$@"; do
	if wanted "$b"; then
		boots+=("$b")
	else
		idle+=("$b")
	fi
done
[ ${#boots[@]} -gt 0 ] || die "no selftest '${SQ_ONLY:-*}' is for: $*"

need_packages qemu-system-x86 busybox-static cpio xz-utils rsync
start=$SECONDS
# All is built first, one at a time: a build takes both CPUs for itself, and some
# boots share one.
declare -A tried=() built=()
for b in "${boots[@]}"; do
	prepare "$b"
	kernel=$(boot_kernel "$b")
	[ -n "${tried[$kernel]:-}" ] || build "$kernel" ||
		say "no modules for the kernel $kernel"
	tried[$kernel]=1
done

those_beside "${boots[@]}" >"$SQ_BUILD/boots/beside.out" 2>&1 &
beside=$!
for b in "${boots[@]}"; do
	boot_beside "$b" || boot "$b" || true
done
wait "$beside" || true
cat "$SQ_BUILD/boots/beside.out"

passed=0
failed=0
skipped=0
echo
for b in "${boots[@]}"; do
	summary "$b"
done
for b in ${idle[@]+"${idle[@]}"}; do
	echo "$b: not booted, no selftest '${SQ_ONLY:-*}' is for it"
done
say "tests took $((SECONDS - start)) s; logs are in build/boots"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
