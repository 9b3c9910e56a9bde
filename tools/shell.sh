#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# shell.sh [KERNEL]: boot KERNEL (default stock) with squirrel loaded and give a
# prompt on this terminal. Ctrl-D there ends it, so does Ctrl-A x. The modules of the folder
# SQ_CLIENT are built for it, and are in client/ there.
. "$(dirname "$0")/lib.sh"

kernel=${1:-stock}
dir=$SQ_BUILD/boots/$kernel-shell
"$SQ_TOP/tools/build.sh" "$kernel"
mkdir -p "$dir"
load_kernel "$kernel"
[ -z "${SQ_CLIENT:-}" ] || build_client "$SQ_CLIENT" "$kernel"
# shellcheck disable=SC2086 # a list
SQ_INTERACTIVE=1 "$SQ_TOP/tools/initramfs.sh" "$dir" "$kernel" shell $K_EXTRA
if [ "$K_ARCH" = um ]; then
	exec "$K_IMAGE" mem=1024M root=/dev/root rootfstype=hostfs \
		"rootflags=$dir/root" rw init=/init con=null con0=fd:0,fd:1 quiet
fi
need_qemu
accel=$("$SQ_TOP/tools/accel.sh")
cpu=$K_CPU
[ "$accel" = kvm ] && cpu=host
smp=${SQ_SMP:-2}
say "booting $K_NAME $K_RELEASE in QEMU ($accel, $smp CPUs); Ctrl-A x ends it"
# shellcheck disable=SC2086 # K_BOARD are words
exec "$K_QEMU" $K_BOARD -accel "$accel" -cpu "$cpu" \
	-smp "$smp,sockets=$smp,cores=1,threads=1" -m "${SQ_MEMORY:-2048}M" \
	-nodefaults -display none -serial mon:stdio -no-reboot \
	-kernel "$K_IMAGE" -initrd "$dir/initramfs" \
	-append "console=$K_CONSOLE panic=-1 quiet ${SQ_APPEND:-}"
