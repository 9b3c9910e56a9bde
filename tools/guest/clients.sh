# SPDX-License-Identifier: GPL-2.0
# Job: a client's work, on SLUB and on squirrel, as often as SQ_ROUNDS said, and what
# each held meanwhile. In /squirrel/client are the modules of both sides, the kernel's
# that they need are below /lib/modules; "settings" and "work.inc.sh" say what to do:
#
#	client_work	all of it; prints the sum of what it read, fails if anything does
#			(SQ_BUSTED=data: a byte of it changes on squirrel)
#	client_end	leaves nothing mounted or running, whatever has happened
#
# Lines "# row ..." are what test-clients.sh makes its table of.
# shellcheck shell=dash

export PATH=/usr/bin:/bin SQUIRREL_DIR=/squirrel
mkdir -p /sbin /run /var
ln -sfn /run /var/run
ln -sf /bin/busybox /sbin/modprobe
CLIENT_DIR=/squirrel/client
# shellcheck source=selftests/ktap.inc.sh
. /squirrel/selftests/ktap.inc.sh
# shellcheck source=/dev/null
. $CLIENT_DIR/settings
OUT=$TMP/out
mkdir -p "$OUT"

# ---- what several clients do ---------------------------------------------------

# at_once N COMMAND DIR COUNT: files with N seeds.
at_once() {
	local w pids='' status=0

	for w in $(seq "$1"); do
		files "$2" "$3" "$w" "$4" &
		pids="$pids $!"
	done
	for w in $pids; do
		wait "$w" || status=1
	done
	return $status
}

# sum_all: of all files below $MNT, and of their names.
sum_all() {
	(cd "$MNT" && find . -type f | sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum)
	(cd "$MNT" && find . | sort | sha256sum)
}

# pressure COMMAND...: while all that can be dropped is, again and again.
pressure() {
	local pid status=0

	(while :; do echo 3 >/proc/sys/vm/drop_caches; sleep 0.2; done) &
	pid=$!
	"$@" || status=1
	kill $pid
	wait $pid
	return $status
}

# Last: what it has of its own counts.
# shellcheck source=/dev/null
. $CLIENT_DIR/work.inc.sh

# Of milliseconds there are ten in the kernel's figure.
now() {
	sed 's/\([0-9]*\)\.\([0-9]*\) .*/\1\20/' /proc/uptime
}

# ---- what is held -----------------------------------------------------------

# sample SIDE: "held PAGES" now. SLUB's are those of the client's caches, by name
# (slab_nomerge); squirrel's are all it has from the kernel, its own tables as well.
# Of squirrel also "check N", and of each cache "cache NAME ALLOCATIONS PAGES".
sample() {
	if [ "$1" = slub ]; then
		awk -v names="$CACHES" '
			BEGIN { n = split(names, name); for (i = 1; i <= n; i++) mine[name[i]] = 1 }
			$1 in mine { pages += $6 * $15 }
			END { print "held", pages + 0 }' /proc/slabinfo
	else
		awk 'FILENAME ~ /check$/ { print "check", $1 }
			FILENAME ~ /summary$/ && $1 == "pages_held:" { print "held", $2 }
			FILENAME ~ /stats$/ && $1 == "name:" { name = $2 }
			FILENAME ~ /stats$/ && $1 == "allocs:" { n = $2 }
			FILENAME ~ /stats$/ && $1 == "slab_pages:" { print "cache", name, n, $2 }' \
			"$SQ/check" "$SQ/summary" "$SQ"/caches/*/stats
	fi 2>/dev/null
}

# watch SIDE: in the background, until $OUT/stop is there. All of squirrel's figures,
# and the check of its structures, every tenth time: they cost more than SLUB's few.
watch() {
	local n=0

	while [ ! -e "$OUT/stop" ]; do
		if [ "$1" = slub ] || [ $((n % 10)) -eq 0 ]; then
			sample "$1"
		else
			echo "held $(held)"
		fi >>"$OUT/samples.$1"
		n=$((n + 1))
		sleep "$EVERY"
	done
}

# most SIDE KEY: of the samples.
most() {
	awk -v key="$2" '$1 == key && $2 > most { most = $2 } END { print most + 0 }' \
		"$OUT/samples.$1"
}

# ---- one side ---------------------------------------------------------------

load_client() {
	local side=$1 m

	for m in $NEEDS; do
		modprobe "$m" 2>/dev/null || [ -d "/sys/module/$m" ] ||
			note "no module $m"
	done
	if [ "$side" = squirrel ]; then
		load || return 1
		for m in $DROPIN; do
			insmod "$DIR/$m.ko" || return 1
		done
	fi
	for m in $MODULES; do
		modprobe_needs "$m"
		insmod "$CLIENT_DIR/$side/${m##*/}" || return 1
	done
}

# The kernel's modules that one of ours names: "needs" of the host's making.
modprobe_needs() {
	local m

	for m in $(sed -n "s/^${1##*/}: //p" $CLIENT_DIR/needs); do
		modprobe "$m" 2>/dev/null || true
	done
}

# The kernel's own modules stay: some hold each other, and no rmmod can part them.
leave_theirs() {
	cut -d ' ' -f 1 /proc/modules |
		sed -e '/^squirrel/d' -e '/^spoil$/d' -e '/^hoard$/d' >>"$TMP/modules"
}

# The last one first, by its module's name: that of dm-mod.ko is dm_mod.
unload_client() {
	local m list=

	for m in $MODULES; do
		m=${m##*/}
		list="${m%.ko} $list"
	done
	for m in $(echo "$list" | tr - _); do
		unload "$m" || return 1
	done
	leave_theirs
}

# play SIDE ROUND: with the figures of it.
play() {
	local side=$1 start end status=0 after

	rm -f "$OUT/stop"
	: >"$OUT/samples.$side"
	watch "$side" &
	start=$(now)
	client_work "$side" >"$OUT/sum.$side" 2>"$OUT/said" || status=$?
	end=$(now)
	[ "$status" -eq 0 ] || cat "$OUT/said"
	client_end >/dev/null 2>&1
	sleep 3
	touch "$OUT/stop"
	wait
	after=$(sample "$side" | sed -n 's/^held //p')
	echo "# row $CLIENT $side $2 ms=$((end - start)) peak=$(most "$side" held)" \
		"after=$after" >>"$OUT/rows"
	[ ! -s /tmp/notes ] || sed "s/^/# $side: /" /tmp/notes >>"$OUT/rows"
	rm -f /tmp/notes
	return "$status"
}

# ---- what has to hold -------------------------------------------------------

# same_sums: what was read on squirrel is what was read on SLUB.
same_sums() {
	[ -s "$OUT/sum.slub" ] || { echo "nothing was read"; return 1; }
	cmp "$OUT/sum.slub" "$OUT/sum.squirrel"
}

# all_named: each cache was seen by its name, with allocations.
all_named() {
	local name missing=

	! busted names || CACHES="$CACHES no_such_cache"
	for name in $CACHES; do
		grep -q "^cache $name " "$OUT/samples.squirrel" || missing="$missing $name"
	done
	same "caches that were not seen" "$missing" ""
}

some_used() {
	awk '$1 == "cache" { n[$2] = $3 } END { for (c in n) all += n[c]
		print "allocations seen:", all + 0; exit !all }' "$OUT/samples.squirrel"
}

always_sound() {
	! busted check || insmod "$DIR/selftests/spoil.ko"
	sample squirrel >>"$OUT/samples.squirrel"
	! busted check || rmmod spoil
	grep -q '^check ' "$OUT/samples.squirrel" &&
		same "broken rules, at most" "$(most squirrel check)" 0
}

no_misuse() {
	same "misuse" "$(field summary misuse)" 0 &&
		said_nothing_like '^squirrel: .*(free of|second free|page .* (was|lost)|refused|failed)'
}

# all_back: no cache of the client's is left, and no page.
all_back() {
	! busted pages ||
		insmod "$DIR/selftests/hoard.ko" where=cache objects=100 size=256 keep=10
	same "caches left" "$(ls "$SQ/caches")" "" && given_back 0
}

# show_names: each cache's most allocations and pages seen.
show_names() {
	awk '$1 == "cache" { if (!($2 in n)) name[++k] = $2
		if ($3 >= n[$2]) n[$2] = $3
		if ($4 >= p[$2]) p[$2] = $4 }
		END { for (i = 1; i <= k; i++)
			printf "# cache %-24s allocs %8d  pages at most %6d\n",
				name[i], n[name[i]], p[name[i]] }' "$OUT/samples.squirrel"
}

# What the client as it is shipped is to blame for is noted, and is no trouble.
forget_known() {
	mark
	awk -v from="$KNOWN" -v at="$KNOWN_AT" -f $CLIENT_DIR/known.awk "$TMP/kernel.log" \
		>"$OUT/kernel.log"
	cmp -s "$TMP/kernel.log" "$OUT/kernel.log" || note "$CLIENT's own, left out: $KNOWN"
	mv "$OUT/kernel.log" "$TMP/kernel.log"
}

on_slub() {
	check "slub: its modules are loaded" load_client slub
	check "slub: it does its work" play slub $round
	check "slub: its modules go" unload_client
}

round=1
if [ -n "$SLUB" ]; then
	plan $((8 * ROUNDS + 5))
else
	plan $((4 * ROUNDS + 5))
fi
while [ $round -le "$ROUNDS" ]; do
	[ -z "$SLUB" ] || on_slub
	mark
	check "squirrel: its modules are loaded" load_client squirrel
	check "squirrel: it does its work" play squirrel $round
	[ -z "$SLUB" ] || check "squirrel: what is read is the same" same_sums
	check "squirrel: check finds no broken rule, all the time" always_sound
	check "squirrel: nothing was misused" no_misuse
	# In the last round the client goes below, with what is said of that.
	[ $round -eq "$ROUNDS" ] || { unload_client && unload_all; } ||
		note "could not be unloaded"
	round=$((round + 1))
done
check "squirrel: each cache is seen by its name" all_named
check "squirrel: they were used" some_used
show_names
check "squirrel: its modules go, and all pages are back" eval 'unload_client && all_back'
grep . "$OUT/rows"
[ -z "$KNOWN" ] || forget_known
finish
