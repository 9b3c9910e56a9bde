#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test.sh [BOOT...]: KUnit on UML, and again with memory that is wiped and without
# the look at what is freed; kselftest on the stock kernel; both on the KASAN kernel;
# kselftest on the stock kernel in machines that are unlike most. boots.inc.sh has
# what there is; kcsan (kselftest on a kernel that looks for data races) is not among
# those run by default. The last line is the sum. SQ_ONLY picks selftests and KUnit
# modules by a pattern of their name, SQ_LANES is how many boots run side by side.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

# wanted BOOT: is there anything to run in it? Fails loudly if a selftest's
# header is wrong.
wanted() {
	local picked

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
	echo 0 >"$dir/seconds"
	: >"$dir/result.log"
	rm -f "$dir/still"
}

# in_order BOOT...: those whose kernel and modules are there, the longest first. One that
# has no place among them is the last.
in_order() {
	local b

	for b in $BOOTS_BY_LENGTH "$@"; do
		if [[ " $* " == *" $b "* ]] && [ -n "${built[$(boot_kernel "$b")]:-}" ]; then
			echo "$b"
		fi
	done | awk '!seen[$0]++'
}

# summary BOOT: one line on it, what was skipped, and the sum so far.
summary() {
	local dir p f s took

	dir=$(boot_dir "$1")
	read -r p f s <"$dir/counts"
	read -r took <"$dir/seconds"
	echo "$1: $p passed, $f failed, $s skipped ($took s)"
	[ ! -e "$dir/still" ] || sed "s/^/$1: /" "$dir/still"
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
[ ${#boots[@]} -gt 0 ] || die "no test '${SQ_ONLY:-*}' is for: $*"

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

# Two lanes whatever there is: guests of two CPUs keep four busy.
[ ${#boots[@]} -eq 1 ] || export SQ_ASIDE=1
in_order "${boots[@]}" |
	xargs -r -P "${SQ_LANES:-2}" -n 1 "$SQ_TOP/tools/try.sh" || true

passed=0
failed=0
skipped=0
echo
for b in "${boots[@]}"; do
	summary "$b"
done
for b in ${idle[@]+"${idle[@]}"}; do
	echo "$b: not booted, no test '${SQ_ONLY:-*}' is for it"
done
say "tests took $((SECONDS - start)) s; logs are in build/boots"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
