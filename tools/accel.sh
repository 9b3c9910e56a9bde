#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# accel.sh: print the QEMU accelerator to use, kvm or tcg. /dev/kvm may be there
# and a guest hang all the same, so a probe boot with a time limit decides; its
# answer is kept until this machine boots again. SQ_ACCEL overrules.
. "$(dirname "$0")/lib.sh"

PROBE_SECONDS=8

if [ -n "${SQ_ACCEL:-}" ]; then
	echo "$SQ_ACCEL"
	exit
fi
if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
	echo tcg
	exit
fi

need_packages qemu-system-x86 busybox-static cpio
mkdir -p "$SQ_CACHE"
answer=$SQ_CACHE/accel-$(cat /proc/sys/kernel/random/boot_id)
if [ -s "$answer" ]; then
	cat "$answer"
	exit
fi

load_kernel stock
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage/root/bin"
cp "$(command -v busybox)" "$stage/root/bin/busybox"
printf '#!/bin/busybox sh\necho probe-has-booted\n/bin/busybox reboot -f\n' \
	>"$stage/root/init"
chmod 755 "$stage/root/init"
(cd "$stage/root" && find . | cpio --quiet -o -H newc) >"$stage/initrd"
say "trying KVM with a probe boot of at most $PROBE_SECONDS s"
timeout -k 2 "$PROBE_SECONDS" qemu-system-x86_64 -accel kvm -cpu host -smp 2 \
	-m 512M -nodefaults -display none -serial stdio -no-reboot \
	-kernel "$K_IMAGE" -initrd "$stage/initrd" \
	-append "console=ttyS0 panic=-1 quiet" </dev/null \
	>"$stage/log" 2>&1 || true
if grep -qa probe-has-booted "$stage/log"; then
	echo kvm >"$answer"
else
	echo tcg >"$answer"
fi
cat "$answer"
