#!/bin/busybox sh
# SPDX-License-Identifier: GPL-2.0
# The command squirrel on the loaded module: what each subcommand says is what debugfs says,
# and what it refuses it refuses with the right exit status and a line.
# boots: stock
# shellcheck shell=dash
. "${0%/*}/ktap.inc.sh"
. "${0%/*}/squirrel.inc.sh"

COMMANDS="top map leaks whose check reclaim debug snapshot diff record replay json metrics"

# shown NAME COLUMN: of the line of top.
shown() {
	awk -v name="$1" -v column="$2" '$NF == name && $(NF - 1) != "heap" {
		print $column }' "$TMP/out"
}

top_once() {
	ends 0 top -o -s n || return 1
	same live "$(shown hoard 1)" "$(field caches/hoard/stats live_objects)" &&
		same size "$(shown hoard 4)" "$(field caches/hoard/stats object_size)" &&
		same slabs "$(shown hoard 5)" "$(field caches/hoard/stats slabs)" &&
		same pages "$(shown hoard 6)" "$(field caches/hoard/stats slab_pages)" &&
		same pinned "$(shown hoard 9)" \
			"$(field caches/hoard/stats pages_pinned_by_one)" &&
		same owner "$(shown hoard 12)" hoard &&
		same lines "$(grep -c ' heap default$' "$TMP/out")" 1 &&
		same names "$(sed -n '/LIVE.*NAME/,$s/.* //p' "$TMP/out" | sed 1d)" \
			"$(sed -n '/LIVE.*NAME/,$s/.* //p' "$TMP/out" | sed 1d | sort)"
}

# Each letter sorts, most first; the long names of slabtop's options are the same ones.
top_sorted() {
	local c column

	for c in c a o u b s p v l n w m i r k; do
		ends 0 top -o -s $c && cp "$TMP/out" "$TMP/short" &&
			ends 0 top --once --sort=$c && diff "$TMP/short" "$TMP/out" >/dev/null ||
			return 1
	done
	for column in "a 1" "o 2" "l 5" "c 6" "m 8" "i 9"; do
		ends 0 top -o -s "${column% *}" && sed '1,/LIVE.*NAME/d' "$TMP/out" |
			awk -v c="${column#* }" '$c !~ /^[0-9]+$/ { exit }
				NR > 1 && $c > last { bad = 1 } { last = $c }
				END { exit bad }' || return 1
	done
}

# The head is slabtop's.
top_head() {
	ends 0 top -o && grep -q '^ Active / Total Objects (% used)  *: [0-9.K]* / [0-9.K]* ' \
		"$TMP/out" && grep -q '^ Active / Total Slabs (% used) ' "$TMP/out" &&
		grep -q '^ Active / Total Caches (% used) ' "$TMP/out" &&
		grep -q '^ Active / Total Size (% used) ' "$TMP/out" &&
		grep -q '^ Minimum / Average / Maximum Object : ' "$TMP/out" &&
		grep -q "^ Pages held / used / free  *: $(held) / " "$TMP/out"
}

# Tables, not screens; the second has rates.
top_batch() {
	ends 0 top -b -d 0.2 -n 3 && ! grep -q "$(printf '\033')" "$TMP/out" &&
		same tables "$(grep -c 'LIVE.*NAME' "$TMP/out")" 3
}

map_same() {
	ends 0 map hoard && cat "$SQ/caches/hoard/map" >"$TMP/map" &&
		diff "$TMP/out" "$TMP/map" && ends 0 map heaps/default &&
		grep -q '^# one character' "$TMP/out"
}

# As many cells are live in the picture as in the text.
map_svg() {
	local text picture

	ends 0 map hoard --svg "$TMP/svg" && tail -n 1 "$TMP/svg" | grep -q '^</svg>$' ||
		return 1
	text=$(sed -n '/^ff/{s/ [+x].*//;p}' "$SQ/caches/hoard/map" | cut -c 18- |
		tr -d -c '#' | wc -c)
	picture=$(sed -n 's/.*width="\([0-9]*\)" height="12" fill="#b03a1a".*/\1/p' \
		"$TMP/svg" | awk '{ n += ($1 + 1) / 10 } END { print int(n) }')
	# The legend has one, of 12.
	echo "live cells: $text, in the picture with the legend's: $picture"
	[ "$text" -gt 0 ] && [ "$picture" -ge "$text" ] && [ "$picture" -le $((text + 1)) ]
}

# cells_of OUTPUT: the characters of its rows alone.
cells_of() {
	sed -n '/^ff/{s/^[^ ]* //;s/ [x+].*//;s/ //g;p}' "$1" | tr -d '\n'
}

# by WHAT CACHE CHARACTERS: a map by WHAT has these and no other.
by() {
	ends 0 map "$2" --by "$1" && same "by $1" "$(cells_of "$TMP/out" | sed 's/./&\n/g' |
		sort -u | tr -d '\n')" "$3" && grep -q '^# one character: .*; by ' "$TMP/out"
}

# hoard is 256 bytes and nobody debugs it; plant's one object is debugged.
map_by() {
	by class caches/hoard e && by age caches/hoard '*-' && by site caches/hoard '*-' &&
		grep -q 'is debugged; to know: squirrel debug caches/hoard' "$TMP/err"
}

map_of_debugged() {
	by class caches/plant d && by site caches/plant A &&
		grep -q '^#   A plant_alloc+0x.* \[plant\]$' "$TMP/out" && [ ! -s "$TMP/err" ]
}

map_by_fullness() {
	ends 0 map hoard --by fullness && grep -q '4 all live' "$TMP/out" &&
		ends 0 map --by state hoard && diff "$TMP/out" "$SQ/caches/hoard/map" &&
		ends 0 map hoard --by fullness --svg "$TMP/svg" && grep -q 'all live' "$TMP/svg"
}

leaks_found() {
	ends 0 leaks && grep -q '^ *1 *100 .* plant .*plant_alloc+.*\[plant\]$' "$TMP/out" &&
		grep -q '^ *3 .* heap plant .*plant_alloc+.*\[plant\]$' "$TMP/out" &&
		ends 0 leaks caches/plant && ! grep -q 'heap plant' "$TMP/out"
}

whose_it_is() {
	local page

	ends 0 whose 1000 && grep -q "^state: not squirrel's$" "$TMP/out" || return 1
	page=$(sed -n 's/^\(ff[0-9a-f]*\) .*/\1/p' "$SQ/caches/hoard/map" | head -n 1)
	ends 0 whose "$page" && grep -q '^cache: hoard$' "$TMP/out"
}

debug_set() {
	ends 0 debug hoard FZ && same flags "$(cat "$SQ/caches/hoard/debug")" FZ &&
		ends 0 debug && grep -q '^cache hoard *FZ$' "$TMP/out" &&
		ends 0 debug 'hoa*' - && same rule "$(cat "$SQ/caches/hoard/debug")" - &&
		complains 1 "does not take 'x'" debug hoard x
}

reclaimed() {
	ends 0 reclaim && same runs "$(sed -n 's/pages held: \([0-9]*\),.*/\1/p' "$TMP/out")" \
		"$(held)"
}

# Every figure of a cache, and it is balanced.
json_whole() {
	ends 0 json && grep -q '^{"schema":1,' "$TMP/out" &&
		grep -q "\"name\":\"hoard\",\"owner\":\"hoard\".*\"live_objects\":$(
			field caches/hoard/stats live_objects)," "$TMP/out" &&
		same braces "$(tr -d -c '{' <"$TMP/out" | wc -c)" \
			"$(tr -d -c '}' <"$TMP/out" | wc -c)"
}

metrics_right() {
	ends 0 metrics && grep -q "^squirrel_pool_live_objects{kind=\"cache\",name=\"hoard\"} $(
		field caches/hoard/stats live_objects)\$" "$TMP/out" &&
		! grep -v '^# \(HELP\|TYPE\) squirrel_\|^squirrel_[a-z_]*\({.*}\)* [0-9]*$' \
			"$TMP/out"
}

# What plant has between two snapshots, by whom; and that it has gone again.
snapshots() {
	rmmod plant
	ends 0 snapshot "$TMP/one" && [ ! -s "$TMP/out" ] &&
		same head "$(head -n 1 "$TMP/one")" "squirrel-snapshot 1" &&
		grep -q "^caches/hoard	$(field caches/hoard/stats live_objects)	" "$TMP/one" &&
		ends 0 diff "$TMP/one" && same out "$(cat "$TMP/out")" "nothing changed" &&
		helper plant bug=leak debug=FZPU || return 1
	ends 0 diff "$TMP/one" && head -n 1 "$TMP/out" | grep -q '^ *LIVE *BYTES *PAGES ' &&
		more_of 1 +100 caches/plant '' &&
		more_of 1 +100 caches/plant 'plant_alloc+0x.*\[plant\]' &&
		more_of 3 '+[0-9.]*K' heaps/plant 'plant_alloc+0x.*\[plant\]' &&
		! grep -q hoard "$TMP/out" && ends 0 snapshot - && cp "$TMP/out" "$TMP/two" &&
		grep -q '^caches/plant	1	100	0	plant_alloc+.*\[plant\]$' "$TMP/two" || return 1
	rmmod plant
	ends 0 diff "$TMP/two" && grep -q '^ *-1  *-100  *caches/plant  *plant_' "$TMP/out" &&
		ends 0 diff "$TMP/one" "$TMP/two" && more_of 1 +100 caches/plant ''
}

# more_of LIVE BYTES WHERE SITE: a line that says so.
more_of() {
	grep -q "^ *+$1  *$2  *\(+[^ ]*  *\)*$3  *$4\$" "$TMP/out"
}

no_snapshots() {
	complains 1 "/nowhere/x: No such file" snapshot /nowhere/x &&
		complains 1 "/nowhere/x: No such file" diff /nowhere/x &&
		complains 1 "is no snapshot" diff "$SQUIRREL" || return 1
	head -n 3 "$TMP/one" >"$TMP/cut"
	echo caches/nut >>"$TMP/cut"
	complains 1 "line 4 is none of a snapshot" diff "$TMP/one" "$TMP/cut" &&
		complains 2 "file is wanted" snapshot && complains 2 "too much" snapshot a b &&
		complains 2 "file is wanted" diff && complains 2 "too much" diff a b c &&
		mkdir -p "$TMP/small" && mount -t tmpfs -o size=4k none "$TMP/small" || return 1
	head -c 4096 /dev/zero >"$TMP/small/all"
	complains 1 "No space left" snapshot "$TMP/small/one" && umount "$TMP/small"
}

# Two files are compared without it, too.
compared_alone() {
	unload_all && ends 0 diff "$TMP/one" "$TMP/two" && more_of 1 +100 caches/plant '' &&
		complains 1 "not loaded" diff "$TMP/one"
}

bad_usage() {
	complains 2 "a command is wanted" && complains 2 "no command 'nut'" nut &&
		complains 2 "no option -x" top -x && complains 2 "-s: 'z'" top -s z &&
		complains 2 "-d: '0'" top -d 0 && complains 2 "-n wants" top -n &&
		complains 2 "too much" top hoard && complains 2 "cache or heap is wanted" map &&
		complains 2 "wants one of state" map hoard --by &&
		complains 2 "wants one of state" map hoard --by nut &&
		complains 2 "no option --nut" top --nut &&
		complains 2 "wants a file" map hoard --svg && complains 2 "too much" leaks a b &&
		complains 2 "no hexadecimal" whose nut && complains 2 "address" whose &&
		complains 2 "too much" check 1 && complains 2 "too much" reclaim 1 &&
		complains 2 "FLAGS" debug hoard && complains 2 "too much" json x &&
		complains 2 "too much" metrics x && complains 2 "folder" --root
}

nothing_there() {
	complains 1 "no cache or heap 'nut'" map nut && complains 1 "nut" leaks nut &&
		complains 1 "nut" debug nut F && complains 1 "'../caches/hoard'" map ../caches/hoard &&
		complains 1 "/nowhere/x" map hoard --svg /nowhere/x
}

helped() {
	local c

	ends 0 --help || return 1
	for c in $COMMANDS; do
		grep -q "^  $c " "$TMP/out" || return 1
	done
	for c in $COMMANDS; do
		ends 0 $c --help && head -n 1 "$TMP/out" | grep -q "^usage: squirrel $c" || return 1
	done
}

each_refuses() {
	local c

	for c in top "map x" leaks "whose 1000" check reclaim debug "snapshot $TMP/none" json \
		metrics; do
		# shellcheck disable=SC2086 # words
		complains 1 "not loaded" $c || return 1
	done
	[ ! -e "$TMP/none" ]
}

# Nobody else may read it.
root_only() {
	local status=0

	echo 'nut:x:1000:1000::/:/bin/sh' >>/etc/passwd
	chmod 755 "$DIR" "$SQUIRREL"
	su nut -c "$SQUIRREL check" >"$TMP/out" 2>"$TMP/err" || status=$?
	cat "$TMP/out" "$TMP/err"
	same status $status 1 && grep -q 'root only' "$TMP/err"
}

[ -x "$SQUIRREL" ] || skip_all "the command squirrel is not here"
mkdir -p /etc
plan 26
check "without the module each command says so" each_refuses
need load reclaim=off
need helper hoard objects=2000 keep=1000 size=256
need helper plant bug=leak debug=FZPU
check "top -o is what debugfs says, by name" top_once
check "top sorts by each letter" top_sorted
check "top has slabtop's head" top_head
check "top -b is tables without escapes" top_batch
check "map is the file where nobody looks" map_same
check "map --svg has the same cells" map_svg
check "map --by size, age and call site of what nobody debugs" map_by
check "map --by size and call site of what is debugged" map_of_debugged
check "map --by fullness, also as SVG, and by state" map_by_fullness
check "leaks names who allocated it" leaks_found
check "whose an address is" whose_it_is
check "check succeeds" ends 0 check
check "debug changes what is debugged" debug_set
check "reclaim says what is held" reclaimed
check "json has the figures" json_whole
check "metrics are lines for the collector" metrics_right
check "snapshot and diff: what came, by whom, and what went" snapshots
check "what is no snapshot, and where none can be written" no_snapshots
check "what is not understood: 2" bad_usage
check "what is not there: 1" nothing_there
check "each command has --help" helped
check "for root only" root_only
check "two snapshots, without the module" compared_alone
finish
