# SPDX-License-Identifier: GPL-2.0
# Sourced by the selftests: KTAP, loading and unloading, the kernel's log and
# squirrel's debugfs. Needs busybox ash and nothing else.
# shellcheck shell=dash

export LC_ALL=C
DIR=${SQUIRREL_DIR:-/squirrel}
export SQ=/sys/kernel/debug/squirrel
TMP=/tmp/selftest.$$
mkdir -p "$TMP" || exit 1
# What is loaded now is not for us to take out at the end.
cut -d ' ' -f 1 /proc/modules >"$TMP/modules"

# Bytes of a page, as the kernel says of the memory that this shell is in.
# shellcheck disable=SC2034 # for the scripts that source this one
while read -r key PAGE unit; do
	[ "$key" != KernelPageSize: ] || break
done </proc/self/smaps
PAGE=$((PAGE * 1024))

planned=0
count=0
failures=0

# ---- KTAP -------------------------------------------------------------------

# plan N: how many results will follow.
plan() {
	planned=$1
	echo "KTAP version 1"
	echo "1..$1"
}

# skip_all REASON: the whole script has nothing to do here.
skip_all() {
	echo "1..0 # SKIP $*"
	clean_up
	trap - EXIT
	exit 4
}

# note TEXT: a line for the reader of the log.
note() {
	echo "# $*"
}

pass() {
	count=$((count + 1))
	echo "ok $count - $*"
}

# fail TITLE: and show what the last command tried by check or refuse said.
fail() {
	count=$((count + 1))
	failures=$((failures + 1))
	echo "not ok $count - $*"
	[ ! -s "$TMP/said" ] || head -n 20 "$TMP/said" | sed 's/^/#   /'
}

skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# check TITLE COMMAND...: pass if the command succeeds.
check() {
	local title=$1

	shift
	if "$@" >"$TMP/said" 2>&1; then
		pass "$title"
	else
		echo "failed: $*" >>"$TMP/said"
		fail "$title"
	fi
	: >"$TMP/said"
}

# refuse TITLE COMMAND...: pass if the command fails.
refuse() {
	local title=$1

	shift
	if "$@" >"$TMP/said" 2>&1; then
		echo "succeeded: $*" >>"$TMP/said"
		fail "$title"
	else
		pass "$title"
	fi
	: >"$TMP/said"
}

# same WHAT IS WANTED: succeeds if both are equal, says what differs if not.
same() {
	[ "$2" = "$3" ] && return 0
	echo "$1 is '$2', wanted '$3'"
	return 1
}

# busted WHAT: is it to be spoiled, to see that it is noticed?
busted() {
	case " ${BUSTED:-} " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

# finish: the two results that close every script, and its exit status.
finish() {
	check "all modules can be unloaded" unload_all
	check "the kernel reported no trouble" no_trouble
	if [ "$count" -ne "$planned" ]; then
		note "planned $planned tests, ran $count"
		failures=$((failures + 1))
	fi
	[ "$failures" -eq 0 ]
	exit $?
}

# ---- modules ----------------------------------------------------------------

loaded() {
	[ -d "/sys/module/$1" ]
}

not_loaded() {
	[ ! -d "/sys/module/$1" ]
}

insert() {
	heard=
	insmod "$@"
}

# rmmod NAME: also for the scripts, which call it as if it were the program.
rmmod() {
	heard=
	command rmmod "$@"
}

# load [PARAMETER=VALUE...]: with what the boot wants of every load first; of two
# values the kernel takes the last.
load() {
	# shellcheck disable=SC2046 # words
	insert "$DIR/squirrel.ko" $(boot_wants) "$@"
}

boot_wants() {
	sed -n 's/.*squirrel_test_load=\([^ ]*\).*/\1/p' /proc/cmdline | tr , ' '
}

# sample NAME [PARAMETER=VALUE...]: load a module of samples/.
sample() {
	local name=$1

	shift
	insert "$DIR/samples/$name.ko" "$@"
}

# helper NAME [PARAMETER=VALUE...]: load a test module of selftests/.
helper() {
	local name=$1

	shift
	insert "$DIR/selftests/$name.ko" "$@"
}

# need COMMAND...: without it there is nothing to test.
need() {
	"$@" && return 0
	echo "Bail out! failed: $*"
	exit 1
}

# unload NAME: if it is there.
unload() {
	not_loaded "$1" || rmmod "$1"
}

# Modules that were not there when the script began, the newest first.
mine() {
	awk -v before="$TMP/modules" '
		BEGIN { while ((getline name <before) > 0) old[name] = 1 }
		!($1 in old) { print $1 }' /proc/modules
}

# why_it_stays: what there is to be known of it, if squirrel does not go.
why_it_stays() {
	mark
	grep 'squirrel:.*\(refused\|live\|left\|more frees\)' "$TMP/kernel.log" | tail -n 20
	echo "references $(cat /sys/module/squirrel/refcnt)"
	cat "$SQ/summary"
}

# unload_all: what this script has loaded, the newest first.
unload_all() {
	local name

	mine >"$TMP/mine"
	while read -r name; do
		rmmod "$name" || { echo "rmmod $name failed" && why_it_stays; }
	done <"$TMP/mine"
	same "modules left" "$(mine)" ""
}

# ---- the kernel's log -------------------------------------------------------

# What the kernel has said since the last mark is in $TMP/log once somebody has
# asked for it, until a module comes or goes.
heard=

# goes CLIENT: it unloads, and no cache of its was refused to go: nobody would see it, but
# squirrel stays for good.
goes() {
	mark
	rmmod "$1" && said_nothing_like "^squirrel: .*destroy refused"
}

# mark: from here on. What was said before is moved out of the kernel's buffer
# (the console has it all).
mark() {
	dmesg -c >>"$TMP/kernel.log"
	heard=
}

listen() {
	[ -n "$heard" ] || dmesg | sed 's/^\[[^]]*\] //' >"$TMP/log"
	heard=1
}

# log_since: all of it.
log_since() {
	listen
	cat "$TMP/log"
}

# said PATTERN: the kernel has said so since the mark.
said() {
	listen
	grep -q -E -- "$1" "$TMP/log" && return 0
	echo "the log has no line like '$1':"
	cat "$TMP/log"
	return 1
}

# said_times N PATTERN: exactly so many lines.
said_times() {
	listen
	same "lines like '$2'" "$(grep -c -E -- "$2" "$TMP/log")" "$1" &&
		return 0
	cat "$TMP/log"
	return 1
}

said_nothing_like() {
	said_times 0 "$1"
}

# wanted WHAT MODULE COMMAND...: it brings about WHAT ("an oops is", "oopses are" or "warnings
# are") in the module, which the kernel is to survive. What was said is in $TMP/log.
wanted() {
	local what=$1 of=$2 status=0

	shift 2
	mark
	case $what in
	*warning*) touch /tmp/wanted_warning ;;
	*) touch /tmp/wanted_oops ;;
	esac
	echo 0 >/proc/sys/kernel/panic_on_oops
	echo "squirrel-test: $what wanted of [$of]" >/dev/kmsg
	"$@" || status=$?
	echo "squirrel-test: that was all" >/dev/kmsg
	echo 1 >/proc/sys/kernel/panic_on_oops
	listen
	dmesg -c >/dev/null
	return $status
}

# word_after PREFIX: what follows in the line of the log that starts so.
word_after() {
	listen
	sed -n "s/^$1//p" "$TMP/log"
}

TROUBLE='WARNING:|BUG:|Oops|KASAN|INFO: task|possible .* lock|inconsistent lock|INVALID|suspicious RCU|Call Trace'

# Races that KCSAN reports are left to the judge: the kernel has some of its own.
no_trouble() {
	mark
	grep -v 'BUG: KCSAN' "$TMP/kernel.log" | grep -E "$TROUBLE" \
		>"$TMP/trouble" || return 0
	cat "$TMP/trouble"
	return 1
}

dmesg -c >/dev/null

# ---- debugfs ----------------------------------------------------------------

# field FILE KEY: the value of a "key: value" line. By the shell alone: to start
# a program takes long on a kernel with all checks.
field() {
	local key value

	while read -r key value; do
		if [ "$key" = "$2:" ]; then
			echo "$value"
			return
		fi
	done <"$SQ/$1"
}

# once FILE COMMAND...: with a copy of the file as its last argument. What changes all the
# time is read once so, and what is asked of it is of one moment.
once() {
	local debugfs=$SQ status=0

	cat "$SQ/$1" >"$TMP/once"
	shift
	SQ=$TMP
	"$@" once || status=$?
	SQ=$debugfs
	return $status
}

# put FILE TEXT: write to a file of debugfs or sysfs; fails as write() does, and
# says why (the shell's own printf would not).
put() {
	printf '%s\n' "$2" | dd of="$1" conv=notrunc 2>"$TMP/dd" && return 0
	grep -v 'records' "$TMP/dd" >&2
	return 1
}

reclaim() {
	put "$SQ/reclaim/run" 1
}

# sound: squirrel's own check finds no broken rule.
sound() {
	local broken

	read -r broken <"$SQ/check"
	same "$SQ/check" "$broken" 0
}

# held: pages that squirrel has from the kernel.
held() {
	field summary pages_held
}

# held_by_blocks: those of them that it can give back: not the page map's tables,
# of which one comes whenever there is memory from a place where there was none.
held_by_blocks() {
	echo $(($(field summary pages_held) - $(field summary pages_map_tables)))
}

# given_back PAGES: one run of the reclaimer gives back all that is free, so
# that PAGES pages of objects are left, and all of its own within moments: the
# page map waits for a grace period.
given_back() {
	reclaim || return 1
	same "pages of objects and free" $(($(field summary pages_used) +
		$(field summary pages_free))) "$1" || {
		cat "$SQ/summary"
		return 1
	}
}

# total PATTERN KEY: sum of a key over the stats files of that pattern.
total() {
	local file sum=0

	for file in "$SQ"/$1/*/stats; do
		sum=$((sum + $(sed -n "s/^$2: //p" "$file")))
	done
	echo $sum
}

back_to() {
	reclaim && [ "$(held_by_blocks)" -eq "$1" ]
}

# until_true COMMAND...: wait for it, looking ten times a second. That it gives up
# after two minutes is a net: on a busy machine anything may take long.
until_true() {
	local tries=1200

	while ! "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

# ---- the machine ------------------------------------------------------------

# slow: is this a kernel on which everything takes ten times as long?
slow() {
	case ${SQUIRREL_KERNEL:-stock} in
	kasan* | kcsan* | *-debug) ;;
	*) grep -q -w squirrel_test_slow /proc/cmdline ;;
	esac
}

# Pages that nobody has: the free ones, and those that CPUs keep at hand. KASAN
# keeps freed objects of the kernel's slabs for a while, and kmemleak looks after
# those: so there, the slabs' pages are as good as free.
free_pages() {
	local slabs=0

	echo 3 >/proc/sys/vm/drop_caches
	slow && slabs=$(awk '/^nr_slab_/ { n += $2 } END { print n }' /proc/vmstat)
	awk -v n="$slabs" '$1 == "nr_free_pages" || $1 == "count:" { n += $2 }
		END { print n }' /proc/zoneinfo
}

# no_less PAGES SLACK: about as many pages are free as before.
no_less() {
	local now

	now=$(free_pages)
	echo "free pages were $1, are $now"
	[ "$now" -ge $(($1 - $2)) ]
}

clean_up() {
	unload_all >/dev/null 2>&1
	rm -rf "$TMP"
}
trap clean_up EXIT
