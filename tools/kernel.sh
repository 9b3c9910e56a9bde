#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh NAME: make sure that test kernel NAME is in the cache and print
# what a caller needs to build modules for it and to boot it, as shell
# assignments; load_kernel of lib.sh says what they are.
#
#   stock    Debian's own kernel and headers, from the system's packages; also 6.1
#   rt       its PREEMPT_RT kernel
#   6.12     the kernel of Debian's backports for this release
#   rt-6.12  its PREEMPT_RT kernel
#   7.3      the kernel of the backports for the next release
#   uml      user-mode Linux 6.1, runs natively, one CPU
#   uml-gcov the same, that counts which lines of a module run
#   kasan    x86-64 6.1 with KASAN, lockdep, atomic-sleep checks, kmemleak
#   kcsan    x86-64 6.1 with KCSAN and the same checks
#   clients-kasan  as kasan, with networks, block devices and file systems
#   lean     x86-64 6.1 without any debug code
#   crash    the same with DWARF, and what a dump of its memory needs
#   rt-debug x86-64 6.12 with PREEMPT_RT, lockdep for raw locks, atomic-sleep checks
#   arm64    Debian's kernel for arm64, 4 KiB pages
#   arm64-16k  that of its backports with 16 KiB pages
#   arm64-64k  arm64 6.1 with 64 KiB pages and KUnit
#
# kernel.sh source prints the folder of the unpacked kernel source instead, kernel.sh
# names the names of all test kernels. How each kind is had is in tools/kernel.
. "$(dirname "$0")/lib.sh"
for inc in "$SQ_TOP"/tools/kernel/*.inc.sh; do
	# shellcheck source=/dev/null
	. "$inc"
done

NAMES=(stock rt 6.12 rt-6.12 7.3 uml uml-gcov kasan kcsan clients-kasan lean crash rt-debug arm64 arm64-16k arm64-64k)

# print_info KEY=VALUE...: as load_kernel of lib.sh reads it.
print_info() {
	local word

	for word in "$@"; do
		printf '%s=%q\n' "${word%%=*}" "${word#*=}"
	done
}

case ${1:-} in
stock | 6.1) stock_kernel stock amd64 ;;
rt) stock_kernel rt rt-amd64 ;;
6.12) suite_kernel 6.12 "$(own_release)-backports" amd64 ;;
rt-6.12) suite_kernel rt-6.12 "$(own_release)-backports" rt-amd64 ;;
7.3) suite_kernel 7.3 trixie-backports amd64 ;;
source) source_tree ;;
arm64) arm64_kernel arm64 "$(own_release)" arm64 ;;
arm64-16k) arm64_kernel arm64-16k "$(own_release)-backports" arm64-16k ;;
uml | uml-gcov | kasan | kcsan | clients-kasan | lean | crash | rt-debug | arm64-64k) source_kernel "$1" ;;
names) printf '%s\n' "${NAMES[@]}" ;;
*) die "usage: tools/kernel.sh $(IFS='|'; echo "${NAMES[*]}")|source|names" ;;
esac
