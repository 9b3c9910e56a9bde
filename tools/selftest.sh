#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# selftest.sh: the runner's own test. The judge must fail on each kind of kernel
# report and on every way a verdict can be missing; the KTAP sum must not be
# fooled; a guest that stands still is ended, and booted once more unless something was
# found in it; a selftest is run in the boots it is for, and no name that is wrong keeps
# it from being run at all; the check of kernel configurations must name what is not
# there; the tables of what it costs and what is held must not hide a figure that is
# missing.
# shellcheck disable=SC2016 # the fragments of text below are meant literally
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/expect.inc.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
tools=$SQ_TOP/tools

PASS='SQUIRREL-VERDICT: pass passed=3 failed=0 skipped=1'
CLEAN='[    1.000000] squirrel: loading out-of-tree module taints kernel.
[    1.000001] squirrel: foreign pointer 000000001234 freed to cache acorn'

# judge TITLE WANTED CONSOLE RESULT: WANTED is "status passed failed skipped".
judge() {
	local got status=0

	printf '%s\n' "$3" >"$work/console"
	printf '%s\n' "$4" >"$work/result"
	got=$("$tools/judge.sh" "$work/console" "$work/result") || status=1
	expect "judge: $1" "$2" "$status $(tail -n 1 <<<"$got")"
}

# watch TITLE WANTED COMMAND: WANTED is the status, then what has to be said.
watch() {
	local got status=0 said=0

	rm -rf "$work/guest"
	mkdir "$work/guest"
	: >"$work/guest/console.log"
	: >"$work/guest/result.log"
	SQ_STILL_BOOT=2 SQ_STILL=4 SQ_TIMEOUT=12 SQ_WATCH_EVERY=0.2 \
		"$tools/watch.sh" "$work/guest" bash -c "cd $work/guest; $3" \
		</dev/null 2>"$work/said" || status=$?
	[ "$2" = "${2%% *}" ] || grep -q -e "${2#* }" "$work/said" || said=1
	expect "watch: $1" "${2%% *} 0" "$status $said"
}

# limit TITLE WANTED SCRIPT: as guest/test.sh runs one, with three seconds.
limit() {
	local got

	got=$({
		: >"$work/said"
		{
			busybox sh "$tools/guest/limit.sh" 3 "$work/said" busybox sh -c "$3"
			echo $? >"$work/status"
		} 2>&1 | tee "$work/said"
	} | grep -v Killed | tail -n 1)
	expect "limit: $1" "$2" "$(cat "$work/status") $got"
}

# totals TITLE WANTED STATUS KTAP: WANTED is "verdict passed failed skipped".
totals() {
	local got

	got=$(printf '%s\n' "$4" | awk -v status="$3" -f "$tools/guest/ktap.awk" |
		sed -n 's/^SQUIRREL-VERDICT: \(.*\) passed=\(.*\) failed=\(.*\) skipped=/\1 \2 \3 /p')
	expect "ktap: $1" "$2" "$got"
}

config() {
	local status=0

	printf '%s\n' "$3" >"$work/fragment"
	printf '%s\n' "$4" >"$work/config"
	"$tools/configcheck.sh" "$work/fragment" "$work/config" \
		>"$work/out" 2>/dev/null || status=1
	expect "config: $1" "$2" "$status $(wc -l <"$work/out")"
}

judge "clean log" "0 3 0 1" "$CLEAN" "ok 1 - a
$PASS"
judge "failed tests" "1 3 2 1" "$CLEAN" \
	"SQUIRREL-VERDICT: fail passed=3 failed=2 skipped=1"
judge "fail without a count" "1 3 1 0" "$CLEAN" \
	"SQUIRREL-VERDICT: fail passed=3 failed=0 skipped=0"
judge "no verdict" "1 0 1 0" "$CLEAN" "ok 1 - a"
judge "nothing at all" "1 0 1 0" "$CLEAN" ""
# More than a pipe holds.
judge "reports without end" "1 3 1 1" "$CLEAN
$(yes '[    2.000000] BUG: Bad page state in process a' | head -n 5000)" "$PASS"
judge "two verdicts" "1 0 1 0" "$CLEAN" "$PASS
$PASS"
judge "text after the verdict" "1 0 1 0" "$CLEAN" "$PASS
ok 2 - late"
judge "garbled verdict" "1 0 1 0" "$CLEAN" "SQUIRREL-VERDICT: pass passed=3"
judge "carriage returns" "0 3 0 1" "$CLEAN" "$PASS"$'\r'
: >"$work/console"
printf '%s\n' "$PASS" >"$work/result"
"$tools/judge.sh" "$work/console" "$work/result" >/dev/null && status=0 || status=1
expect "judge: empty kernel log" 1 "$status"

while IFS= read -r line; do
	judge "$line" "1 3 1 1" "$CLEAN
[    2.000000] $line
[    2.000001] rest" "$PASS"
done <<'END'
WARNING: CPU: 1 PID: 71 at lib/x.c:3 f+0x1/0x2 [squirrel]
WARNING: possible circular locking dependency detected
WARNING: possible recursive locking detected
WARNING: inconsistent lock state
WARNING: suspicious RCU usage
WARNING: HARDIRQ-safe -> HARDIRQ-unsafe lock order detected
WARNING: lock held when returning to user space!
possible circular locking dependency detected
inconsistent lock state
suspicious RCU usage
[ BUG: Invalid wait context ]
BUG: sleeping function called from invalid context at mm/slab.h:274
BUG: scheduling while atomic: insmod/71/0x00000002
BUG: KASAN: use-after-free in f+0x1/0x2 [squirrel]
BUG: KASAN: slab-out-of-bounds in f+0x1/0x2
BUG: KCSAN: data-race in f [squirrel] / g
BUG: KFENCE: out-of-bounds read in f+0x1/0x2
BUG: kernel NULL pointer dereference, address: 0000000000000008
BUG: unable to handle page fault for address: ffff888000000000
BUG: Bad page state in process insmod  pfn:01234
BUG: Bad page map in process sh
BUG: workqueue lockup - pool cpus=0 node=0 flags=0x0 nice=0 stuck for 43s!
BUG: spinlock bad magic on CPU#0, insmod/71
kernel BUG at mm/slub.c:381!
Oops: 0000 [#1] PREEMPT SMP
general protection fault, probably for non-canonical address 0xdead000000000100
Kernel panic - not syncing: Fatal exception
watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [insmod:71]
INFO: task insmod:71 blocked for more than 120 seconds.
rcu: INFO: rcu_preempt self-detected stall on CPU
rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
INFO: trying to register non-static key.
DEBUG_LOCKS_WARN_ON(lock->magic != lock)
unreferenced object 0xffff888003a1b000 (size 1234):
kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
kmemleak: Cannot insert 0xffff888003a1b000 into the object search tree (overlaps existing)
kmemleak: Kernel memory leak detector disabled
KASLR disabled due to lack of seed
KASLR disabled on command line
UBSAN: array-index-out-of-bounds in src/a.c:3:4
ODEBUG: free active (active state 0) object type: work_struct
refcount_t: underflow; use-after-free.
list_del corruption. next->prev should be ffff, but was 0000
list_add corruption. prev->next should be next
END

watch "ends by itself" "0" 'echo ok >>result.log'
watch "its own status" "7" 'exit 7'
watch "still before init" "64 last line: booting" 'echo booting >>console.log; sleep 60'
watch "slow before init" "0" \
	'for i in 1 2 3 4; do sleep 1; echo $i >>console.log; done'
watch "still in a test" "65 last line: # storm" \
	'echo "# storm" >>result.log; sleep 60'
watch "still after init" "65 as init process" \
	'echo "Run /init as init process" >>console.log; sleep 60'
watch "slow in a test" "0" \
	'echo a >>result.log; sleep 3; echo b >>console.log; sleep 3; echo c >>result.log'
watch "never done" "66 time limit" \
	'echo a >>result.log; while sleep 1; do echo b >>console.log; done'
watch "does not want to end" "64 stood still" 'trap "" TERM; sleep 60 & wait; sleep 60'

limit "ends by itself" "0 ok" 'echo ok'
limit "its own status" "4 ok" 'echo ok; exit 4'
limit "long, and always something new" "0 6" 'for i in 1 2 3 4 5 6; do sleep 1; echo $i; done'
limit "says nothing any more" "137 a" 'echo a; sleep 10; echo b'

# Each boot that a user may name has a length, and what watches is more patient outside.
boots_agree() {
	local names

	names=$("$tools/kernel.sh" names)
	(
		. "$tools/boots.inc.sh"
		for b in "${BOOTS_DEFAULT[@]}" "${MATRIX_KERNELS[@]}" kcsan; do
			[[ " $(echo $BOOTS_BY_LENGTH) " == *" $b "* ]] || echo "$b has no length"
			boot_job "$b" >/dev/null || echo "$b has no job"
			[ "$(boot_still "$b")" -gt "$(boot_quiet "$b")" ] || echo "$b stands still"
			[ "$(boot_limit "$b")" -gt "$(boot_still "$b")" ] || echo "$b ends early"
		done
		for b in "${MATRIX_KERNELS[@]}"; do
			grep -qx -e "$(boot_kernel "$b")" <<<"$names" ||
				echo "there is no kernel $b"
			[ "$(boot_limit "$b-torture")" = "$(boot_limit "$b")" ] ||
				echo "$b-torture has another limit"
		done
	)
}
expect "boots and kernels agree" "" "$(boots_agree)"

# restarts NAME WANTED FIRST: boot.sh with a machine that does FIRST and stands still, and
# the second time boots well. WANTED is in how many boots there were, the last line of
# the results and of "still".
restarts() {
	mkdir -p "$work/bin" "$work/boot"
	rm -f "$work/boot"/*
	cat >"$work/bin/qemu-system-x86_64" <<-END
		#!/bin/bash
		echo >>"$work/boot/times"
		if [ "\$(wc -l <"$work/boot/times")" -eq 1 ]; then
			$3
			exec sleep 60
		fi
		echo "Run /init as init process" >>"$work/boot/console.log"
		echo "ok 2 - again"
	END
	chmod +x "$work/bin/qemu-system-x86_64"
	PATH=$work/bin:$PATH SQ_ACCEL=tcg SQ_STILL_BOOT=2 SQ_STILL=4 SQ_WATCH_EVERY=1 \
		"$tools/boot.sh" stock "$work/boot" >/dev/null 2>&1 || true
	expect "restarts: $1" "$2" "$(wc -l <"$work/boot/times") $(
		tail -n 1 "$work/boot/result.log") $(cat "$work/boot/still" 2>/dev/null)"
}

STILL="the guest stood still once,"
LAST="the kernel's last line:"
restarts "still before init" "2 ok 2 - again $STILL before its first program; $LAST early" \
	"echo early >>'$work/boot/console.log'"
restarts "still between suites" "2 ok 2 - again $STILL after: ok 1 - a; $LAST late" \
	"echo late >>'$work/boot/console.log'; echo 'ok 1 - a'"
restarts "still after a failure" "1 not ok 1 - a " "echo 'not ok 1 - a'"
restarts "still after a report" "1 ok 1 - a " \
	"echo 'BUG: b' >>'$work/boot/console.log'; echo 'ok 1 - a'"
restarts "ends in time" "1 ok 1 - a " "echo 'ok 1 - a'; exit"

export SQ_QUIT='not ok [0-9]|BUG:'
watch "wanted in the console" "67 that is enough" \
	'echo "[1.0]     not ok 3 - a" >>console.log; sleep 60'
watch "wanted in the results" "67 that is enough" 'echo "BUG: b" >>result.log; sleep 60'
watch "wanted and not there" "0" 'echo "ok 3 - a" >>result.log; sleep 1'
unset SQ_QUIT

LINE="=================================================================="
# wanted LINE...: an oops of a test that says so, with these lines in it.
wanted() {
	printf '%s\n' "$CLEAN" 'squirrel-test: an oops is wanted of [nut]' \
		'BUG: unable to handle page fault for address: ff406d30c00d3000' \
		'Oops: 0000 [#1] PREEMPT SMP NOPTI' "$@"
}

OOPS_IN='RIP: 0010:f+0xa/0x20 [nut]'
OOPS_END='squirrel-test: that was all'
judge "an oops that is wanted" "0 3 0 1" "$(wanted "$OOPS_IN" "$OOPS_END")" "$PASS"
judge "one in another module" "1 3 1 1" \
	"$(wanted 'RIP: 0010:f+0xa/0x20 [squirrel]' "$OOPS_END")" "$PASS"
judge "a wanted one that is nowhere" "1 3 1 1" "$(wanted "$OOPS_END")" "$PASS"
judge "two that are wanted" "1 3 1 1" \
	"$(wanted "$OOPS_IN" 'Oops: 0002 [#2] SMP' "$OOPS_IN" "$OOPS_END")" "$PASS"
judge "several that are wanted" "0 3 0 1" "$(wanted "$OOPS_IN" 'Oops: 0002 [#2] SMP' \
	"$OOPS_IN" "$OOPS_END" | sed 's/an oops is/oopses are/')" "$PASS"
judge "warnings that are wanted" "0 3 0 1" "$(wanted "$OOPS_IN" "$OOPS_END" |
	sed 's/an oops is/warnings are/; s/^.*Oops: .*$/WARNING: CPU: 0 PID: 1 at f.c:1 f/')" "$PASS"
judge "an oops where warnings are wanted" "1 3 1 1" "$(wanted "$OOPS_IN" "$OOPS_END" |
	sed 's/an oops is/warnings are/')" "$PASS"
judge "kmemleak that begins" "0 3 0 1" "$CLEAN
kmemleak: Kernel memory leak detector initialized (mem pool available: 15668)" "$PASS"
judge "addresses that are random" "0 3 0 1" "$CLEAN
KASLR enabled" "$PASS"
judge "kmemleak that ends among wanted leaks" "1 3 1 1" "$(printf '%s\n' "$CLEAN" \
	'squirrel-test: leaks are wanted' 'kmemleak: Kernel memory leak detector disabled' \
	"$OOPS_END")" "$PASS"
LEAK='kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)'
judge "leaks that are wanted" "0 3 0 1" "$(printf '%s\n' "$CLEAN" \
	'squirrel-test: leaks are wanted' "$LEAK" "$OOPS_END")" "$PASS"
judge "leaks after wanted ones" "1 3 1 1" "$(printf '%s\n' "$CLEAN" \
	'squirrel-test: leaks are wanted' "$LEAK" "$OOPS_END" "$LEAK")" "$PASS"
HELD='squirrel-test: reports are wanted of [held]'
judge "reports that are wanted" "0 3 0 1" "$(printf '%s\n' "$CLEAN" "$HELD" \
	'WARNING: held lock freed!' 'BUG: KCSAN: assert: race in f / write_late' 'BUG: KCSAN: data-race in f / write_late' \
	"$OOPS_END")" "$PASS"
judge "another race beside wanted reports" "1 3 1 1" "$(printf '%s\n' "$CLEAN" "$HELD" \
	'BUG: KCSAN: assert: race in f / g' ' f+0x1/0x2 [held]' "$OOPS_END")" "$PASS"
judge "a wanted report that comes late" "1 3 1 1" "$(printf '%s\n' "$CLEAN" "$HELD" \
	"$OOPS_END" 'WARNING: held lock freed!')" "$PASS"
judge "a wanted one with another report" "1 3 1 1" \
	"$(wanted "$OOPS_IN" 'BUG: KASAN: use-after-free in f' "$OOPS_END")" "$PASS"
judge "a wanted one without end" "1 3 1 1" "$(wanted "$OOPS_IN")" "$PASS"
judge "an oops after a wanted one" "1 3 1 1" \
	"$(wanted "$OOPS_IN" "$OOPS_END" 'Oops: 0000 [#2] SMP')" "$PASS"

judge "a race of the kernel's own" "0 3 0 1" "$CLEAN
$LINE
BUG: KCSAN: data-race in f / g
write to 0x1 of 8 bytes by task 71 on cpu 1:
 g+0x1/0x2
$LINE" "$PASS"
judge "a race below one of our functions" "1 3 1 1" "$CLEAN
$LINE
BUG: KCSAN: data-race in f / g
write to 0x1 of 8 bytes by task 71 on cpu 1:
 g+0x1/0x2
 sq_f+0x1/0x2 [squirrel]
$LINE" "$PASS"
judge "a race in counts of debugobjects" "0 3 0 1" "$CLEAN
$LINE
BUG: KCSAN: data-race in debug_check_no_obj_freed / debug_object_activate
write to 0x1 of 4 bytes by task 71 on cpu 1:
 debug_check_no_obj_freed+0x1/0x2
 sq_f+0x1/0x2 [squirrel]
$LINE" "$PASS"
judge "one with another of the kernel's functions there" "1 3 1 1" "$CLEAN
$LINE
BUG: KCSAN: data-race in debug_check_no_obj_freed / f
write to 0x1 of 4 bytes by task 71 on cpu 1:
 debug_check_no_obj_freed+0x1/0x2
 sq_f+0x1/0x2 [squirrel]
$LINE" "$PASS"
judge "a race of an interrupt's that found us at work" "0 3 0 1" "$CLEAN
$LINE
BUG: KCSAN: data-race in f / g
read to 0x1 of 8 bytes by interrupt on cpu 1:
 g+0x1/0x2
 asm_sysvec_apic_timer_interrupt+0x1/0x2
 sq_f+0x1/0x2 [squirrel]

write to 0x1 of 8 bytes by interrupt on cpu 0:
 f+0x1/0x2
 asm_common_interrupt+0x1/0x2
$LINE" "$PASS"
judge "one with a function of ours on the other side" "1 3 1 1" "$CLEAN
$LINE
BUG: KCSAN: data-race in f / sq_g
read to 0x1 of 8 bytes by interrupt on cpu 1:
 f+0x1/0x2
 asm_sysvec_apic_timer_interrupt+0x1/0x2

write to 0x1 of 8 bytes by task 71 on cpu 0:
 sq_g+0x1/0x2 [squirrel]
$LINE" "$PASS"

# needs TITLE WANTED MODULE...: modules that are not among those just built.
needs() {
	local title=$1 wanted=$2

	shift 2
	expect "needs: $title" "$wanted" "$(
		modinfo() {
			[ "$2" != depends ] || echo dm-mod,dm-bufio,squirrel_dropin
		}
		SQ_BUILD=$work K_NAME=none
		# shellcheck source=tools/clients.inc.sh
		. "$tools/clients.inc.sh"
		needs_of "$@" | tr '\n' ' '
	)"
}

needs "of a client" "dm-bufio dm-mod " a/dm-snapshot.ko
needs "one that is built as well" "dm-mod " a/dm-bufio.ko a/dm-snapshot.ko
needs "by its other name" "dm-bufio " a/dm_mod.ko

# known TITLE WANTED LOG: how many lines of it are left, with what is known of a client.
known() {
	expect "known: $1" "$2" "$(awk -v from='non-static key' -v at='theirs_map[+].*[[]apfs]' \
		-f "$tools/guest/known.awk" <<<"$3" | wc -l)"
}

REPORT='[    2.000000] INFO: trying to register non-static key.
[    2.000000]  <TASK>
[    2.000000]  ? ours+0x1/0x2 [squirrel]
[    2.000000]  theirs_map+0x1a3/0xd80 [apfs]
[    2.000000]  </TASK>'
known "a fault of the client's" 2 "before
$REPORT
after"
known "twice" 0 "$REPORT
$REPORT"
known "the same of another function" 5 "${REPORT//theirs_map/sq_lock}"
known "only near that function" 5 "${REPORT/theirs_map/? theirs_map}"
known "another report" 5 "${REPORT/INFO: trying to register non-static key/BUG: KASAN: x}"
known "another report within it" 6 "${REPORT/  <TASK>/ BUG: KASAN: x
  <TASK>}"
known "without an end" 4 "${REPORT%$'\n'*}"

# closing TITLE WANTED FILE: what it says of kmemleak, which is FILE.
closing() {
	expect "closing: $1" "$2" "$(ulimit -f 64 && KMEMLEAK=$3 SCANS_APART=0 timeout 20 \
		busybox sh "$tools/guest/closing.sh" 2>/dev/null | grep -a 'ok 2 - ')"
}

# It is written to, and then is empty, or it has what was written to it; or no scan is taken.
closing "no leaks" "ok 2 - kmemleak reports nothing" /dev/null
: >"$work/kmemleak"
closing "a leak" "not ok 2 - kmemleak reports nothing" "$work/kmemleak"
closing "kmemleak is off" "not ok 2 - kmemleak is off: it takes no scan" /dev/full

totals "flat" "pass 2 0 0" 0 '1..2
ok 1 - a
ok 2 - b'
totals "plan at the end" "pass 2 0 0" 0 'ok 1 - a
ok 2 - b
1..2'
totals "job, then closing" "pass 3 0 0" 0 'ok 1 - a
ok 2 - b
1..2
1..1
ok 1 - c'
totals "a failure" "fail 1 1 0" 0 '1..2
ok 1 - a
not ok 2 - b'
totals "a skip with its reason" "pass 1 0 1" 0 '1..2
ok 1 - a
ok 2 - b # SKIP one node only'
totals "a skip without a reason" "fail 1 1 0" 0 '1..2
ok 1 - a
ok 2 - b # SKIP'
totals "cut short" "fail 1 1 0" 0 '1..2
ok 1 - a'
totals "more than planned" "fail 2 1 0" 0 '1..1
ok 1 - a
ok 2 - b'
totals "nested" "pass 3 0 0" 0 '    # Subtest: one
    1..2
    ok 1 - a
    ok 2 - b
ok 1 - one
    1..1
    ok 1 - c
ok 2 - two
1..2'
totals "nested, plan at the end" "pass 2 0 0" 0 '    ok 1 - a
    ok 2 - b
    1..2
ok 1 - one
1..1'
totals "nested failure counts once" "fail 1 1 0" 0 '    1..2
    ok 1 - a
    not ok 2 - b
not ok 1 - one
1..1'
totals "nested script died" "fail 1 1 0" 0 '    1..2
    ok 1 - a
not ok 1 - one
1..1'
totals "nested all good, script exits 1" "fail 1 1 0" 0 '    1..1
    ok 1 - a
not ok 1 - one
1..1'
totals "two levels deep" "pass 3 0 0" 0 '    1..2
        1..2
        ok 1 - x
        ok 2 - y
    ok 1 - a
    ok 2 - b
ok 1 - one
1..1'
totals "job ended badly" "fail 1 1 0" 1 'ok 1 - a
1..1'
totals "no test" "fail 0 1 0" 0 'hello'

# header NAME LINE...: a selftest with these lines behind its first two.
header() {
	local name=$1

	shift
	mkdir -p "$work/selftests"
	printf '%s\n' '#!/bin/busybox sh' '# SPDX-License-Identifier: GPL-2.0' \
		"$@" >"$work/selftests/$name.sh"
	chmod 755 "$work/selftests/$name.sh"
}

# pick TITLE WANTED ARGUMENTS: WANTED is "status names".
pick() {
	local title=$1 wanted=$2 got status=0

	shift 2
	got=$(SQ_SELFTESTS=$work/selftests "$tools/pick.sh" "$@" 2>/dev/null |
		tr '\n' ' ') || status=1
	expect "pick: $title" "$wanted" "$status $got"
}

# boots TITLE WANTED BOOT...: WANTED is "status last-line" of test.sh, which finds
# these faults before it builds or boots anything.
boots() {
	local title=$1 wanted=$2 got status=0

	shift 2
	got=$("$tools/test.sh" "$@" 2>&1) || status=1
	expect "test: $title" "$wanted" "$status $(tail -n 1 <<<"$got")"
}

header plain '# What it is for.'
header both '# What it is for.' '# boots: stock numa' 'echo'
header other '# What it is for.' '# boots: numa' '# shellcheck shell=dash'
header data.inc
chmod 644 "$work/selftests/data.inc.sh"
pick "by default" "0 both plain " stock
pick "by default, KASAN" "0 plain " kasan
pick "its own boots" "0 both other " numa
pick "none" "0 " frag
pick "another kernel's, as stock" "0 both plain " arm64
pick "by pattern" "0 other " numa 'o*'
pick "by pattern, but not for this one" "0 " stock other
pick "no such boot" "1 " nuam
pick "KUnit modules" "0 block_kunit " uml 'block*'
pick "no KUnit module" "0 " kasan-unit both
expect "pick: all KUnit modules" \
	"$(grep -o '[a-z_0-9]*_kunit\.o' "$SQ_TOP/kunit/Kbuild" | sort -u)" \
	"$("$tools/pick.sh" uml | sed 's/$/.o/' | sort)"
header wrong '# What it is for.' '# boots: nuam'
pick "names no boot" "1 " stock
header wrong '# What it is for.' '# boots: uml'
pick "names a boot without selftests" "1 " stock
header wrong '# What it is for.' '# boots:'
pick "names nothing" "1 " stock
header wrong '# What it is for.' 'echo' '# boots: numa'
pick "not in the header" "1 " stock
boots "no such boot" "1 squirrel: there is no boot 'nuam'; see tools/boots.inc.sh" \
	stock nuam
SQ_ONLY=nothing boots "nothing to run" \
	"1 squirrel: no test 'nothing' is for: stock numa" stock numa
picked=$(for b in stock kasan kcsan numa frag step bare; do
	"$tools/pick.sh" "$b"
done | sort -u)
for name in "$SQ_TOP"/selftests/*.sh; do
	[ -x "$name" ] || continue
	name=$(basename "$name" .sh)
	expect "pick: some boot runs $name" "$name" "$(grep -x "$name" <<<"$picked")"
done

rm "$work/selftests/wrong.sh"
pick "a kernel of the matrix" "0 both plain " 6.12
pick "its longest" "0 plain " rt-torture 'plai*'
expect "pick: KUnit on a kernel of the matrix" "$("$tools/pick.sh" uml)" \
	"$("$tools/pick.sh" rt-debug-unit)"
boots "no kernel of the matrix" "1 squirrel: there is no boot '5.10'; see tools/boots.inc.sh" \
	5.10

# warns TITLE WANTED LINE: does LINE of a build in /b speak of a file of ours?
warns() {
	local status=0

	echo "$3" >"$work/build.log"
	own_warnings "$work/build.log" /b >/dev/null || status=1
	expect "warnings: $1" "$2" "$status"
}

warns "ours" 0 "/b/src/main.c:3:1: warning: unused variable 'a'"
warns "ours, from where make is" 0 "./src/main.c:3:1: error: no such thing"
warns "a header of ours" 0 "././include/squirrel/heap.h:3:1: warning: a"
warns "the kernel's" 1 "/usr/src/linux/include/linux/mm.h:3:1: warning: a"
warns "in a header of the kernel" 1 "In file included from /b/src/main.c:1:"
warns "none" 1 "  CC [M]  /b/src/main.o"

config "all there" "0 0" 'CONFIG_A=y
CONFIG_B=n
# CONFIG_C is a comment' 'CONFIG_A=y
# CONFIG_B is not set'
config "missing" "1 1" 'CONFIG_A=y' '# CONFIG_A is not set'
config "unknown" "1 1" 'CONFIG_A=16' 'CONFIG_AB=16'
config "set though asked off" "1 1" 'CONFIG_A=n' 'CONFIG_A=m'
config "the later line counts" "0 0" 'CONFIG_A=n
CONFIG_A=y' 'CONFIG_A=y'

# figures: each that the table of `make bench-memory` needs, all the same.
figures() {
	local clock trace who key

	printf 'clock\ttrace\tsubject\tstrategy\tmode\tkey\tvalue\n'
	for clock in real insn cpus128; do
		for trace in {boot,fs,proc}{,/10}; do
			for who in "slab - -" squirrel\ {segregated,first,best}\ {off,series,parallel}; do
				for key in pages_{peak,mean,end,settled,freed} \
					bytes_{peak,mean,end} ns allocs frees \
					page_calls_{per_million,whole} \
					{replay,default}.{pages_free,largest_free} \
					live_bytes asked_at_peak touched_{peak,mean} \
					{peak,mean}.{held,asked_bytes,touched} \
					{peak,mean}.{live,padding,large_rounding}_bytes \
					{peak,mean}.{slab_tail_bytes,pages_{free,meta}} \
					{peak,mean}.free_bytes_in_{slabs,magazines,depots}; do
					echo "$clock $trace $who $key 64"
				done
			done
		done
	done | tr ' ' '\t'
	printf 'real page squirrel segregated parallel %s 64\n' slab_pages objects |
		tr ' ' '\t'
	printf 'insn arena %s - - per_op_64 %s\n' squirrel 1 slub 64 | tr ' ' '\t'
}

# memory TITLE WANTED [SED]: WANTED is "status lines-that-say-so" of the table
# made of the figures after SED has been at them.
memory() {
	local got status=0

	figures | sed -E "${3:-}" >"$work/memory.tsv"
	awk -f "$tools/bench/memory.awk" "$tools/bench/memory-bars" \
		"$work/memory.tsv" >"$work/memory.txt" || status=1
	got=$(grep -cE '^not measured|falls short' "$work/memory.txt") || true
	expect "memory: $1" "$2" "$status $got"
}

# SLUB is not half as good here, so three rows fall short.
memory "all there" "0 3"
memory "one falls short" "0 4" \
	'/^real.fs.squirrel.segregated.parallel.pages_freed/s/64$/65/'
memory "by how much" "0 3" \
	'/^real.proc.squirrel.segregated.parallel.pages_peak/s/64$/6000/'
memory "more with 128 CPUs" "0 4" \
	'/^cpus128.fs.squirrel.segregated.parallel.pages_mean/s/64$/168/'
memory "much of its own" "0 4" \
	'/^real.boot.squirrel.segregated.parallel.peak.held/s/64$/300/'
memory "a clock is missing" "1 4" '/^cpus128/d'
memory "a look is missing" "1 4" '/^real.fs.squirrel.segregated.parallel.mean.touched/d'
memory "a play is missing" "1 8" '/^real.boot.squirrel.best.series/d'
memory "two of SLUB are missing" "1 4" '/^insn.proc.slab.*(ns|per_million)/d'
memory "no arena" "1 5" '/arena/d'
figures | sed '2,$d' >"$work/memory.tsv"
awk -f "$tools/bench/memory.awk" "$tools/bench/memory-bars" \
	"$work/memory.tsv" >/dev/null && status=0 || status=1
expect "memory: nothing at all" 1 "$status"

printf '%s\n' 'c a-{1,2} {8,16} of-slub 0.5' 'c b-{x,y} 8 of-slub 0.5' \
	'c b-x 8 at-most 10' 'c s2 8 speedup-of-floor 0.95 s1' >"$work/bars"

costs() { # what `make bench` measures: all of it a tenth above half of SLUB's, but b-x
	local row

	echo 'kernel clock case size subject per_op ratio_to_slub ratio_to_floor'
	for row in 'a-1 8' 'a-2 8' 'a-1 16' 'a-2 16' 'b-x 8' 'b-y 8' 's1 8' 's2 8'; do
		case $row in
		b-x*) echo "k c $row squirrel 10 0.5 1" ;;
		*) echo "k c $row squirrel 12 0.6 1" ;;
		esac
		echo "k c $row slub 20 1 2"
		echo "k c $row floor 10 0.5 1"
	done
}

# costs_table TITLE WANTED [SED]: WANTED is "status missing reached lines-of-matrices".
costs_table() {
	local got status=0

	costs | sed -E "${3:-}" | tr ' ' '\t' >"$work/results.tsv"
	awk -f "$tools/bench/table.awk" "$work/bars" "$work/results.tsv" \
		>"$work/table" || status=1
	got="$(grep -c '^not measured' "$work/table") $(sed -n 's/ bars reached//p' \
		"$work/table") $(grep -cE '^ +[0-9]+ +[-*.0-9]+ +[-*.0-9]+$' "$work/table")" || true
	expect "costs: $1" "$2" "$status $got"
}

costs_table "all there" "0 0 3 of 8 2"
costs_table "one of a matrix reached" "0 0 4 of 8 2" '/a-2 16 squirrel/s/0.6/0.5/'
costs_table "one of a matrix missing" "1 1 3 of 7 2" '/a-2 16/d'
costs_table "one of a list missing" "1 1 3 of 7 2" '/b-y/d'
costs_table "a whole matrix missing" "1 1 3 of 4 0" "/a-[12]/d"
costs_table "what is compared with is missing" "1 1 2 of 7 2" '/s1/d'
costs_table "it does not scale as the floor" "0 0 2 of 8 2" '/s2 8 floor/s/10/5/'
costs_table "nor does the floor" "0 0 3 of 8 2" '/s2 8 (floor|squirrel)/s/1[02]/20/'

echo "runner self-test: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
