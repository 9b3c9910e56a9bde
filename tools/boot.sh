#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# boot.sh KERNEL DIR: boot test kernel KERNEL with what initramfs.sh left in DIR,
# for at most SQ_TIMEOUT seconds. The kernel's log becomes DIR/console.log; what the job
# writes becomes DIR/result.log and is shown as it comes. Judging is another
# script's task: this one fails only when it could not boot at all.
#
# A guest that stands still is ended (watch.sh) and booted once more: on a busy machine
# that is often the host's matter, or the test kernel's. What it left behind is kept
# beside the logs as *.still, and where it stood is in the file "still" there, which
# test.sh shows with the results. One that stands still twice has failed; so has one
# of which a test or the kernel had reported something before.
#
#   SQ_SMP      CPUs (default 2; UML has one)
#   SQ_MEMORY   MiB (default 2048)
#   SQ_APPEND   more words for the kernel's command line
#   SQ_ACCEL    kvm or tcg, instead of probing
#   SQ_CPU      more features of QEMU's CPU
#   SQ_MACHINE  more words for QEMU
#   SQ_ICOUNT   1: the guest's clock counts instructions, one each ns; one CPU
#   SQ_STEP     1: from the job's first line on QEMU translates single instructions
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || die "usage: tools/boot.sh KERNEL DIR"
dir=$2
smp=${SQ_SMP:-2}
memory=${SQ_MEMORY:-2048}
export SQ_TIMEOUT=${SQ_TIMEOUT:-300}
limit=$SQ_TIMEOUT
load_kernel "$1"

WORDS="log_buf_len=1M panic=-1 oops=panic ignore_loglevel printk.time=1 ${SQ_APPEND:-}"

boot_uml() {
	say "booting $K_NAME $K_RELEASE natively, at most $limit s"
	# shellcheck disable=SC2086 # WORDS are words
	"$SQ_TOP/tools/watch.sh" -l "$dir" "$K_IMAGE" "mem=${memory}M" \
		root=/dev/root rootfstype=hostfs "rootflags=$dir/root" rw \
		init=/init con=null con0=null,fd:1 \
		ssl=null ssl1=null,fd:3 $WORDS \
		3>"$dir/result.pipe" </dev/null
}

boot_qemu() {
	local accel cpu=$K_CPU clock=()
	local result=(-serial stdio)

	need_qemu
	# That machine has one such line; the other is a card.
	[ "$K_ARCH" != arm64 ] || result=(-chardev "stdio,id=result"
		-device "pci-serial,chardev=result")
	if [ -n "${SQ_ICOUNT:-}" ]; then
		accel=tcg
		smp=1
		clock=(-icount "shift=0,sleep=off")
	else
		accel=$("$SQ_TOP/tools/accel.sh")
	fi
	[ "$accel" = kvm ] && cpu=host
	if [ -n "${SQ_STEP:-}" ]; then
		rm -f "$dir"/monitor.in "$dir"/monitor.out
		mkfifo "$dir"/monitor.in "$dir"/monitor.out
		clock=(-chardev "pipe,id=monitor,path=$dir/monitor"
			-mon chardev=monitor)
		cat "$dir/monitor.out" >"$dir/monitor.log" &
		# The name it has, and the one of QEMU 8.1 and later.
		SQ_BEGUN="printf '%s\\n' 'singlestep on' 'one-insn-per-tb on'"
		export SQ_BEGUN="$SQ_BEGUN 'info status' >'$dir/monitor.in'"
	fi
	cpu+=${SQ_CPU:+,$SQ_CPU}
	# Whether the timer ticks is tried for a moment only: too short a one where the
	# host has other things to do, and then the kernel panics.
	[ "$K_ARCH" != x86_64 ] || WORDS+=" no_timer_check"
	say "booting $K_NAME $K_RELEASE in QEMU ($accel, $smp CPUs), at most $limit s"
	# shellcheck disable=SC2086 # K_BOARD and SQ_MACHINE are words
	"$SQ_TOP/tools/watch.sh" -e "$dir" "$K_QEMU" \
		$K_BOARD -accel "$accel" -cpu "$cpu" \
		"${clock[@]}" -smp "$smp,sockets=$smp,cores=1,threads=1" -m "${memory}M" \
		-nodefaults -display none -no-reboot \
		-serial "file:$dir/console.log" "${result[@]}" \
		-kernel "$K_IMAGE" -initrd "$dir/initramfs" \
		-append "console=$K_CONSOLE $WORDS" ${SQ_MACHINE:-} \
		</dev/null >"$dir/result.pipe"
}

boot_once() {
	local reader status=0

	: >"$dir/console.log"
	: >"$dir/result.log"
	rm -f "$dir/result.pipe"
	mkfifo "$dir/result.pipe"
	# Line by line, for who watches.
	sed -u 's/\r//g' <"$dir/result.pipe" | tee "$dir/result.log" &
	reader=$!
	if [ "$K_ARCH" = um ]; then
		boot_uml || status=$?
	else
		boot_qemu || status=$?
	fi
	wait "$reader"
	rm -f "$dir/result.pipe"
	return "$status"
}

# keep_logs STATUS: of a guest that stood still.
keep_logs() {
	local l where="before its first program"

	[ "$1" -eq 64 ] || where="after: $(last_line "$dir/result.log")"
	echo "the guest stood still once, $where; the kernel's last line:" \
		"$(last_line "$dir/console.log")" >"$dir/still"
	for l in console result; do
		mv "$dir/$l.log" "$dir/$l.log.still"
	done
}

# once_more STATUS: is there any use in another boot? Not for who looks for one line.
once_more() {
	case $1 in
	64) ;;
	65) [ -z "${SQ_QUIT:-}" ] || return 1 ;;
	*) return 1 ;;
	esac
	! grep -q -a '^ *not ok' "$dir/result.log" &&
		! grep -q '^the kernel reported' < <("$SQ_TOP/tools/judge.sh" \
			"$dir/console.log" "$dir/result.log")
}

rm -f "$dir"/still "$dir"/*.still
status=0
boot_once || status=$?
if once_more "$status"; then
	keep_logs "$status"
	say "booting once more"
	status=0
	boot_once || status=$?
fi
if [ -n "${SQ_STEP:-}" ] &&
	! grep -q -a -e 'single step mode' -e 'one insn per TB' "$dir/monitor.log"; then
	say "QEMU did not go on in single steps: the tests were not what they are for"
	: >"$dir/result.log"
fi
case $status in
0 | 64 | 65 | 66 | 67) ;;
*)
	say "$K_NAME ended with status $status"
	[ ! -s "$dir/qemu.log" ] || cat "$dir/qemu.log" >&2
	;;
esac
