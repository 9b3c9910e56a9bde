#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-perf.sh: perf of Debian 12 in the booted stock kernel, on squirrel's tracepoints
# and on the kernel's own that squirrel fires (kmem_events): tools/guest/perf.sh.
. "$(dirname "$0")/lib.sh"

need_packages linux-perf cpio
dir=$SQ_BUILD/boots/stock-perf
more=$dir/more
load_kernel stock
"$SQ_TOP/tools/build.sh" stock
mkdir -p "$dir"
# shellcheck disable=SC2086 # extra is a list
"$SQ_TOP/tools/initramfs.sh" "$dir" stock perf $K_EXTRA

# The program and what it is linked to, as an archive behind the first.
rm -rf "$more"
mkdir -p "$more"
for file in /usr/bin/perf $(ldd /usr/bin/perf | grep -o '/[^ ]*'); do
	install -D "$file" "$more$file"
done
mkdir -p "$more/bin"
mv "$more/usr/bin/perf" "$more/bin/perf"
(cd "$more" && find . -print0 | cpio -0 --quiet -o -H newc -R 0:0) >>"$dir/initramfs"

"$SQ_TOP/tools/boot.sh" stock "$dir"
"$SQ_TOP/tools/judge.sh" "$dir/console.log" "$dir/result.log" >"$dir/judgement" ||
	die "perf: not as it should be; see $dir"
