#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# judge.sh CONSOLE RESULT: did this boot hold? CONSOLE is the kernel's log,
# RESULT what the job wrote. Good is: exactly one verdict line, it is the last
# one and says pass, and the kernel reported nothing. Prints what was wrong, and
# the counts as "passed failed skipped".
. "$(dirname "$0")/lib.sh"

[ $# -eq 2 ] || die "usage: tools/judge.sh CONSOLE RESULT"
console=$1
result=$2

# What a kernel prints when something is wrong. One pattern a line.
BAD=(
	'WARNING:'
	'BUG:'
	'kernel BUG at'
	'Kernel panic'
	'Oops'
	'general protection'
	'Unable to handle kernel'
	'unable to handle'
	'double fault'
	'stack-protector'
	'KASAN:'
	'KCSAN:'
	'KFENCE:'
	'UBSAN:'
	'ODEBUG:'
	'refcount_t:'
	'list_(add|del) corruption'
	'Bad page (state|map)'
	'Slab corruption'
	'possible circular locking'
	'possible recursive locking'
	'possible irq lock inversion'
	'inconsistent lock state'
	'HARDIRQ-safe|SOFTIRQ-safe'
	'INVALID wait context|Invalid wait context'
	'bad unlock balance'
	'held lock freed'
	'lock held when returning'
	'trying to register non-static key'
	'DEBUG_LOCKS_WARN_ON'
	'suspicious RCU usage'
	'Voluntary context switch within RCU'
	'INFO: task .* blocked for more than'
	'soft lockup|hard LOCKUP'
	'self-detected stall|detected stalls|rcu.*stall'
	'workqueue lockup'
	'unreferenced object'
	'new suspected memory leaks'
	'kmemleak: Cannot insert'
	'Kernel memory leak detector disabled'
	'KASLR disabled'
)

pattern=$(IFS='|'; echo "${BAD[*]}")
fault=0

# The log without what a test wants, and says so before and after: an oops, or oopses, or
# warnings, in the module that it names, and nothing else is wrong there. Or kmemleak is to say
# how many leaks it found, of which the test itself reads more. Or its checkers are to report
# what held.ko does: a lock, a write, and what it reads.
but_for_wanted() {
	tr -d '\r' <"$1" | awk '
		function end_wanted(theirs,   i) {
			for (i = 1; i <= n && !theirs; i++)
				print line[i]
			n = open = 0
		}
		/squirrel-test: (an oops is|oopses are|warnings are) wanted of \[/ {
			end_wanted(0)
			found = there = other = first = 0
			many = / are wanted/
			sign = /warnings are/ ? "WARNING: " : "Oops: "
			of = $0
			sub(/^.*wanted of /, "", of)
			open = 1
		}
		/squirrel-test: leaks are wanted/ { leaks = 1 }
		leaks && /kmemleak: [0-9]+ new suspected memory leaks/ { next }
		/squirrel-test: reports are wanted of \[held\]/ { held = 1 }
		held && /WARNING: held lock freed!|BUG: KCSAN: .*write_late|BUG: KASAN: .*in read_at/ { next }
		!open && /squirrel-test: that was all/ { leaks = held = 0 }
		!open { print; next }
		{ line[++n] = $0 }
		index($0, sign) { found++; first = 1 }
		/WARNING:|Oops: / && !index($0, sign) { other = 1 }
		/KASAN:|KCSAN:|INFO:|Kernel panic|possible|inconsistent|invalid|INVALID/ { other = 1 }
		/BUG: / && !/BUG: unable to handle page fault/ { other = 1 }
		# Of several, whom an interrupt found at work comes later.
		(first || !many) && /RIP: |pc : / {
			first = 0
			if (index($0, of))
				there++
			else
				other = 1
		}
		/squirrel-test: that was all/ {
			end_wanted((many ? found == there : found == 1) && there && !other)
		}
		END { end_wanted(0) }'
}

# The log without the heads of KCSAN's reports in which no module occurs: the
# kernel has races of its own, also in an interrupt that finds a module at work. The
# modules in a guest are all of this project. Whoever gives pages back or calls call_rcu()
# races with all others who do in the counts of debugobjects (lib/debugobjects.c), which are
# written with no lock: a race of two of its functions is in what is its own.
ours() {
	but_for_wanted "$1" | awk '
		function end_block(   i) {
			for (i = 1; i <= n; i++)
				if ((module && !counts) || line[i] !~ /BUG: KCSAN:/)
					print line[i]
			n = module = below = counts = 0
		}
		/==========/ { end_block() }
		{ line[++n] = $0 }
		/data-race in debug_(object|check)[a-z_]* \/ debug_(object|check)[a-z_]*$/ { counts = 1 }
		/ to 0x[0-9a-f]+ of [0-9]+ bytes by / { below = 0 }
		/ asm_(sysvec_|common_interrupt|exc_nmi)/ { below = 1 }
		!below && / \[[a-z_0-9]+\]/ { module = 1 }
		END { end_block() }'
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ! -s "$console" ]; then
	echo "the kernel left no log"
	fault=1
elif ! ours "$console" >"$log"; then
	echo "the kernel's log cannot be read"
	fault=1
elif grep -qaE "$pattern" "$log"; then
	echo "the kernel reported:"
	# All of it is read: a grep that cannot write on would end this script.
	grep -aE -A 25 "$pattern" "$log" | awk 'NR <= 60 { print "    " $0 }'
	fault=1
fi

verdicts=$(tr -d '\r' <"$result" 2>/dev/null | grep -a '^SQUIRREL-VERDICT: ' || true)
count=$(printf '%s' "$verdicts" | grep -c . || true)
last=$(tr -d '\r' <"$result" 2>/dev/null | grep -a . | tail -n 1 || true)
passed=0
failed=0
skipped=0
if [ "$count" -ne 1 ] || [ "$last" != "$verdicts" ]; then
	echo "no verdict: the boot ended before its job did"
	tr -d '\r' <"$console" 2>/dev/null | tail -n 15 | sed 's/^/    /'
	failed=1
elif [[ $verdicts =~ ^SQUIRREL-VERDICT:\ (pass|fail)\ passed=([0-9]+)\ failed=([0-9]+)\ skipped=([0-9]+)$ ]]; then
	passed=${BASH_REMATCH[2]}
	failed=${BASH_REMATCH[3]}
	skipped=${BASH_REMATCH[4]}
	if [ "${BASH_REMATCH[1]}" = fail ] && [ "$failed" -eq 0 ]; then
		failed=1
	fi
else
	echo "not a verdict: $verdicts"
	failed=1
fi
failed=$((failed + fault))
echo "$passed $failed $skipped"
[ "$failed" -eq 0 ]
