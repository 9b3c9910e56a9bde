# SPDX-License-Identifier: GPL-2.0
# Job: one module of the kernel's after another on squirrel. Each line of /squirrel/wide/modules is
# "FOLDER MODULE USE", where USE may be empty, or is called as it is (wide.uses.sh). The
# module is loaded with what it needs, ours (built on squirrel, in /lib/modules/*/updates) before the
# kernel's, used, and unloaded; what it held is back, and nobody complained. With the first that
# fails this machine ends, as nobody knows what it left behind: "# ask FOLDER MODULE STAGE ..." if
# it did not load, or did not do its work. That is asked of the kernel's own modules (below
# /slub) in a machine of its own, in which $WIDE/on-slub has the STAGE: the answer is "# SLUB
# does" or "# SLUB does not: WHY". Lines "# row ..." are what test-wide.sh makes its table of.
# shellcheck shell=dash

export PATH=/usr/bin:/bin SQUIRREL_DIR=/squirrel
mkdir -p /sbin /run /var /tmp/mnt
ln -sfn /run /var/run
ln -sf /usr/bin/modprobe /sbin/modprobe
ln -sf /proc/mounts /etc/mtab
WIDE=/squirrel/wide
printf '#!/bin/sh\nexec /usr/bin/modprobe -d /slub "$@"\n' >$WIDE/modprobe
chmod 755 $WIDE/modprobe
# shellcheck source=selftests/ktap.inc.sh
. /squirrel/selftests/ktap.inc.sh
# shellcheck source=/dev/null
. $WIDE/settings
# shellcheck source=selftests/clients/wide.uses.sh
. $WIDE/wide.uses.sh

# The kernel's modules only, if $BASE says so.
modprobe() {
	# shellcheck disable=SC2086 # or nothing
	/usr/bin/modprobe $BASE "$@"
}

names() {
	cut -d ' ' -f 1 /proc/modules
}

# came: those since $TMP/before, the newest first.
came() {
	names | grep -vxF -f "$TMP/before"
}

# ours: of them, those that were built here: the kernel marks what is not its own.
ours() {
	awk '/\(.*O.*\)/ && $1 !~ /^squirrel/ { print $1 }' /proc/modules | grep -vxF -f "$TMP/before"
}

squirrel_there() {
	loaded squirrel && return 0
	load || return 1
	[ -z "$DROPIN" ] || insmod "$DIR/$DROPIN.ko"
}

# figures: "CACHES ALLOCATIONS PAGES": of caches, and what was asked of the default heap since
# $TMP/heap. The most that was seen is kept in $TMP/figures.
figures() {
	local heap

	heap=$(field heaps/default/stats allocs)
	cat "$TMP/figures" "$SQ"/caches/*/stats 2>/dev/null |
		awk -v heap=$((heap - $(cat "$TMP/heap"))) -v pages="$(held)" '
		NR == 1 { split($0, most); next }
		$1 == "allocs:" { caches++; n += $2 }
		END {
			n += heap
			print (caches > most[1] ? caches : most[1]) + 0,
				(n > most[2] ? n : most[2]) + 0,
				(pages > most[3] ? pages : most[3]) + 0
		}' >"$TMP/now"
	mv "$TMP/now" "$TMP/figures"
}

# watched COMMAND...: with the figures meanwhile.
watched() {
	local pid status=0

	(while :; do figures; sleep 0.5; done) &
	pid=$!
	"$@" || status=1
	kill $pid
	wait $pid
	return $status
} 2>&1

# leave: what came goes. Of the kernel's own some hold each other; they stay, and are no longer new.
leave() {
	local m tries=0

	while [ -n "$(came)" ] && [ $tries -lt 40 ]; do
		for m in $(came); do
			rmmod "$m" 2>/dev/null
		done
		[ -z "$(came)" ] || sleep 0.5
		tries=$((tries + 1))
	done
	[ -z "$(came)" ] || note "stay: $(came | xargs)"
	same "modules left of ours" "$(ours | xargs)" "" && names >"$TMP/before"
}

# What is freed by RCU or by a worker takes a moment.
nothing_left() {
	local tries=0

	! busted pages || insmod "$DIR/selftests/hoard.ko" where=cache objects=100 size=256 keep=10
	while ! { [ -z "$(ls "$SQ/caches")" ] && given_back 0 >/dev/null; } && [ $tries -lt 20 ]; do
		sleep 0.25
		tries=$((tries + 1))
	done
	same "caches left" "$(ls "$SQ/caches")" "" && given_back 0
}

no_complaint() {
	! busted check || insmod "$DIR/selftests/spoil.ko"
	same "misuse" "$(field summary misuse)" 0 && sound &&
		said_nothing_like '^squirrel: .*(free of|second free|page .* (was|lost)|refused|failed)' &&
		said_nothing_like "$TROUBLE"
}

used() {
	[ -z "$USE" ] || eval "$USE"
}

# load_ours: the module at hand is the one that was built here.
load_ours() {
	modprobe "$MODULE" || return 1
	ours >"$TMP/ours"
	grep -qx "$(echo "$MODULE" | tr - _)" "$TMP/ours" || { echo "it was there before"; return 1; }
}

# on_squirrel: $STAGE is what was begun last.
on_squirrel() {
	local status=0

	BASE=
	STAGE="load squirrel"
	squirrel_there || return 1
	names >"$TMP/before"
	mark
	field heaps/default/stats allocs >"$TMP/heap"
	echo "0 0 0" >"$TMP/figures"
	STAGE=load
	load_ours || status=1
	figures
	if [ $status -eq 0 ] && [ -n "$USE" ]; then
		STAGE="do its work"
		watched used || status=1
		ours >"$TMP/ours"
		figures
	fi
	[ -z "$USE" ] || use_end
	if [ $status -ne 0 ]; then
		# Whether SLUB would do better is asked of who left nothing behind.
		{ leave && nothing_left && no_complaint; } ||
			STAGE="go without a trace, after it did not $STAGE"
		return 1
	fi
	STAGE=unload
	leave || return 1
	STAGE="give back all it had"
	nothing_left || return 1
	STAGE="go without a complaint"
	no_complaint
}

# on_slub: the same with the kernel's own, as far as it came on squirrel, in a fresh machine.
on_slub() {
	local status=0

	BASE="-d /slub"
	echo $WIDE/modprobe >/proc/sys/kernel/modprobe
	names >"$TMP/before"
	mark
	modprobe "$MODULE" || status=1
	[ $status -ne 0 ] || [ "$STAGE" = load ] || used || status=1
	use_end
	[ $status -eq 0 ] && said_nothing_like "$TROUBLE"
} 2>&1

# row WORD...: what a line begins with that ends with the figures, and who was at work.
row() {
	echo "# $* $(cat "$TMP/figures") $(xargs <"$TMP/ours")"
}

# one: fails if the module does, and then this machine is of no more use.
one() {
	local title="$FOLDER: $MODULE" state=loaded

	[ -z "$USE" ] || state=used
	: >"$TMP/ours"
	echo "0 0 0" >"$TMP/figures"
	note "begin $FOLDER $MODULE"
	if on_squirrel >"$TMP/said" 2>&1; then
		row row "$FOLDER" "$MODULE" $state
		pass "$title is $state"
		return
	fi
	sed 's/^/#   /' "$TMP/said" | head -n 40
	: >"$TMP/said"
	case $STAGE in
	load | "do its work") row ask "$FOLDER" "$MODULE" "$(echo "$STAGE" | tr ' ' _)" ;;
	*)
		row row "$FOLDER" "$MODULE" failed
		fail "$title does not $STAGE"
		;;
	esac
	return 1
}

if [ -e $WIDE/on-slub ]; then
	read -r FOLDER MODULE USE <$WIDE/modules
	STAGE=$(tr _ ' ' <$WIDE/on-slub)
	if on_slub >"$TMP/slub"; then
		echo "# SLUB does"
	else
		echo "# SLUB does not: $(grep . "$TMP/slub" | tail -n 1)"
	fi
	exit
fi

echo "KTAP version 1"
while read -r FOLDER MODULE USE <&9; do
	one || break
done 9<$WIDE/modules
use_end
names | grep -v '^squirrel' >>"$TMP/modules"
planned=$((count + 2))
(finish)
status=$?
echo "1..$planned"
exit $status
