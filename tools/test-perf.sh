#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-perf.sh [perf|bpf]...: tools of Debian 12 that know nothing of squirrel, in the booted
# stock kernel, on squirrel's tracepoints and on the kernel's own that squirrel fires
# (kmem_events). Each finds a planted leak by its call site: tools/guest/perf.sh has perf,
# tools/guest/bpf.sh bpftrace and memleak-bpfcc. Both unless one is named.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/put.inc.sh"

more_perf() {
	put_file "$1" /usr/bin/perf
}

# What memleak-bpfcc is written in, and the headers that it compiles against.
more_bpf() {
	local headers=${K_DIR%-amd64}-common

	put_file "$1" /usr/bin/bpftrace
	put_python "$1"
	put_file "$1" /usr/sbin/memleak-bpfcc
	# Found by their names, at run time.
	put_file "$1" /usr/lib/x86_64-linux-gnu/libbcc.so.0
	put_file "$1" /lib/x86_64-linux-gnu/librt.so.1
	put_folder "$1" /usr/lib/python3/dist-packages/bcc
	put_folder "$1" "$K_DIR/include"
	put_folder "$1" "$K_DIR/arch/x86/include"
	put_folder "$1" "$headers/include"
	put_folder "$1" "$headers/arch/x86/include"
	mkdir -p "$1/lib/modules/$K_RELEASE"
	ln -s "$K_DIR" "$1/lib/modules/$K_RELEASE/build"
	ln -s "$headers" "$1/lib/modules/$K_RELEASE/source"
}

# boot_with JOB: leaves what it wrote in build/boots/stock-JOB.
boot_with() {
	local dir=$SQ_BUILD/boots/stock-$1

	mkdir -p "$dir"
	# shellcheck disable=SC2086 # extra is a list
	"$SQ_TOP/tools/initramfs.sh" "$dir" stock "$1" $K_EXTRA
	# The programs and what they are linked to, as an archive behind the first.
	put_more "$dir" "more_$1"
	"$SQ_TOP/tools/boot.sh" stock "$dir"
	"$SQ_TOP/tools/judge.sh" "$dir/console.log" "$dir/result.log" >"$dir/judgement" ||
		die "$1: not as it should be; see $dir"
}

[ $# -gt 0 ] || set -- perf bpf
need_packages cpio
load_kernel stock
"$SQ_TOP/tools/build.sh" stock
for job; do
	case $job in
	perf)
		need_packages linux-perf
		boot_with perf
		;;
	bpf)
		need_packages bpftrace bpfcc-tools
		SQ_MEMORY=4096 SQ_TIMEOUT=1800 SQ_STILL=900 boot_with bpf
		;;
	*) die "usage: tools/test-perf.sh [perf|bpf]..." ;;
	esac
done
