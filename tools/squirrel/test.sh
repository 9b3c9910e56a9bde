#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test.sh: the command squirrel on figures that were recorded, without a kernel: what it
# computes, what it makes of broken files, and that JSON, SVG and man page are what they
# say. The module's own files are for selftests/squirrel.sh.
. "$(dirname "$0")/../lib.sh"

need_packages gcc make libc6-dev python3 man-db
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
make -s -C "$SQ_TOP/tools/squirrel" O="$work"
squirrel=$work/squirrel
failed=0

# anew: the recorded tree in a folder.
anew() {
	rm -rf "$work/tree"
	mkdir "$work/tree"
	awk -v root="$work/tree/" '
		/^==> / {
			close(file)
			file = root $2
			dir = file
			sub("/[^/]*$", "", dir)
			system("mkdir -p " dir)
			printf "" >file
			next
		}
		file { print >file }' "$SQ_TOP/tools/squirrel/recorded"
	echo 0 >"$work/tree/reclaim/run"
}

run() {
	"$squirrel" --root "$work/tree" "$@"
}

# check TITLE COMMAND...
check() {
	local title=$1

	shift
	anew
	if "$@" >"$work/said" 2>&1; then
		echo "ok - $title"
	else
		echo "not ok - $title"
		cat "$work/said"
		failed=$((failed + 1))
	fi
}

# line COMMAND... is what the table has for NAME, its first four columns and pages.
has_line() {
	local got

	got=$(run top -o | awk -v name="$1" '$12 " " $13 " " $14 == name {
		print $1, $2, $3, $4, $6, $7, $8, $9 }')
	echo "got $got"
	[ "$got" = "$2" ]
}

# Of the heap default's pages, those of single caches are theirs.
heap_pages() {
	has_line "- heap default" "0 0 0% - 46 0 0 1" &&
		has_line "plant heap plant" "3 18 17% - 13 8.6K 0 1"
}

most_first() {
	run top -b -n 1 | awk '/LIVE/ { on = 1; next } on && !seen++ { first = $NF }
		END { exit first != "hoard" }'
}

rates() {
	local top

	# Some more between the tables.
	run top -b -d 1.5 -n 2 >"$work/out" &
	top=$!
	until grep -q NAME "$work/out"; do
		kill -0 $top || return 1
		sleep 0.05
	done
	sed 's/^allocs: .*/allocs: 3000/' "$work/tree/caches/hoard/stats" >"$work/new"
	mv "$work/new" "$work/tree/caches/hoard/stats"
	wait $top
	awk '$NF == "hoard" { n++; rate = $10 }
		END { print n, rate; exit !(n == 2 && rate > 0 && rate < 1000) }' "$work/out"
}

# On a terminal, keys and all: it fits, sorts by what is typed and ends. One that does not
# know its size, as a serial line, has 80 characters in 24 lines.
on_screen() {
	local rows=$1 columns=$2 want=$3

	python3 - "$squirrel" "$work/tree" "$rows" "$columns" "$want" <<'END'
import fcntl, os, pty, re, struct, sys, termios, time
prog, tree, rows, columns, want = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
pid, fd = pty.fork()
if not pid:
    os.environ['TERM'] = 'xterm'
    time.sleep(0.2)
    os.execv(prog, [prog, '--root', tree, 'top', '-d', '60'])
fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
time.sleep(0.7)
for key in b'nq':
    os.write(fd, bytes([key]))
    time.sleep(0.3)
out = b''
while True:
    try:
        more = os.read(fd, 65536)
    except OSError:
        break
    if not more:
        break
    out += more
status = os.waitpid(pid, 0)[1]
screens = out.decode().replace('\r', '').split('\033[H\033[J')[1:]
plain = [re.sub(r'\033\[[0-9;?]*[a-zA-Z]', '', s).rstrip('\n').split('\n') for s in screens]
widest = max(len(line) for s in plain for line in s)
names = [line.split()[-1] for line in plain[1][9:]]
print(status, len(plain), widest, len(plain[0]), names)
assert status == 0 and len(plain) == 2
assert widest <= want and len(plain[0]) < (rows or 24)
assert names == sorted(names) and len(names) >= 2
END
}

json_valid() {
	sed -i 's/^owner: .*/owner: "\\\x01/' "$work/tree/caches/plant/stats"
	run json | python3 -c '
import json, sys
d = json.load(sys.stdin)
assert d["schema"] == 1
assert d["summary"]["pages_held"] == 165
assert [c["name"] for c in d["caches"]] == ["hoard", "plant"]
assert d["caches"][1]["owner"] == "\"\\\x01"
assert d["heaps"][0]["strategy"] == "segregated"
'
}

# Cells of the picture, one by one, are those of the text.
svg_same() {
	run map heaps/default --svg "$work/svg"
	python3 - "$work/svg" "$work/tree/heaps/default/map" <<'END'
import sys, xml.dom.minidom as dom
colour = {'#': '#b03a1a', 'm': '#e0b020', 'd': '#f0dc82', 'q': '#9a5fb0', '-': '#8fc48a', '.': '#d8dde0',
          'L': '#3b4ca0', 'l': '#6f80d0'}
cells = {}
for r in dom.parse(sys.argv[1]).getElementsByTagName('rect'):
    if r.hasAttribute('x') and (int(r.getAttribute('y')) - 50) % 14 == 0:
        row = (int(r.getAttribute('y')) - 50) // 14
        x, w = int(r.getAttribute('x')), int(r.getAttribute('width'))
        for c in range((x - 140) // 10, (x - 140 + w + 1) // 10):
            cells[row, c] = r.getAttribute('fill')
want = {}
for row, line in enumerate(l for l in open(sys.argv[2]) if l[0] != '#'):
    text = line.rstrip('\n').split(' +')[0].split(' x')[0].split(' ', 1)[1]
    for c, ch in enumerate(text):
        if ch != ' ':
            want[row, c] = '#c4552e' if ch.isdigit() else colour[ch]
assert cells == want, (len(cells), len(want))
END
}

# shades WHAT CELLS...: of a map by WHAT, row by row; and the picture has as many colours.
shades() {
	local what=$1

	shift
	run map heaps/shade --by "$what" >"$work/out" && cat "$work/out" &&
		[ "$(sed -n '/^ff/{s/^[^ ]* //;s/ [+x].*//;p}' "$work/out")" = \
			"$(printf '%s\n' "$@")" ] || return 1
	run map heaps/shade --by "$what" --svg "$work/svg" &&
		[ "$(grep -c '^<rect x=.*"12" height="12"' "$work/svg")" -eq \
			"$(printf '%s' "$@" | sed 's/ //g; s/./&\n/g' | sort -u | grep -c .)" ]
}

# Two pages a character; the last block went between the two files.
shaded() {
	local dir=$work/tree/heaps/shade tab

	tab=$(printf '\t')
	mkdir "$dir" && echo "name: shade" >"$dir/stats" && cat >"$dir/map" <<-'END' &&
		# one character: 2 pages (8K); in all: 18 pages
		ff00000000100000 ##5LL. +1M
		ff00000000200000 # # -#
		#   # live   0-9 tenths live   - free, in slab   L large block   . free block
	END
		tr ' ' "$tab" >"$dir/blocks" <<-'END' &&
			address pages kind size objects live age_ms name site
			ff00000000100000 4 slab 100 160 160 500 shade nut+0x1/0x9
			ff00000000104000 2 slab 16 512 256 70000 shade nut+0x1/0x9
			ff00000000106000 4 large 14000 1 1 - - -
			nonsense
			ff0000000010a000 1 slab 300 10 10 - shade -
			ff0000000010b000 1 free 0 0 0 12 - -
			ff00000000200000 1 slab 5000 10 1 900000 shade oak+0x1/0x9
			ff00000000201000 1 free 0 0 0 12 - -
			ff00000000204000 2 slab 300 10 8 900 shade -
			ff00000000208000 2 slab 3000 10 0 - shade -
		END
		shades fullness '442444' '1 3 0?' && shades class 'ddaLLf' 'j f i?' &&
		shades age '003***' '4 0 -?' && shades site 'AAA***' 'B % -?' &&
		grep -q '^#   A nut+0x1/0x9   B oak+0x1/0x9   % other' "$work/out" || return 1
	cat >"$dir/map" <<-'END'
		# one character: 1 object, or 1 page; in all: 2 pages
		ff00000000200000 ##-- x5000
		ff00000000201010 ..
	END
	shades class 'jjjj' '..'
}

# Twice the same is no change; 24 KiB more by one call site are one, and on top.
differs() {
	local status=0

	run snapshot "$work/one" && [ "$(run diff "$work/one")" = "nothing changed" ] &&
		grep -q '^caches/hoard	1000	' "$work/one" &&
		grep -q '^heaps/plant	3	[0-9]*	0	plant_alloc' "$work/one" || return 1
	sed -i 's/^\( *\)3 \( *\)24196 /\13 \248772 /' \
		"$work/tree/heaps/plant/live"
	sed -i 's/^live_objects: 1000$/live_objects: 990/' "$work/tree/caches/hoard/stats"
	run diff "$work/one" | tee "$work/out"
	run snapshot "$work/two" && run diff "$work/one" "$work/two" | diff - "$work/out" &&
		sed -n 2p "$work/out" | grep -q '+24K .*heaps/plant  *plant_alloc+' &&
		tail -n 1 "$work/out" | grep -q '^ *-10 .*caches/hoard *$' || return 1
	echo nonsense >"$work/bad"
	run diff "$work/bad" || status=$?
	[ $status -eq 1 ] || return 1
	run diff || status=$?
	[ $status -eq 2 ]
}

# A file that stops in the middle, or has other keys, is no crash.
broken_files() {
	local f n

	for f in summary reclaim/stats caches/hoard/stats caches/hoard/map caches/plant/live; do
		for n in 0 1 17 40 100 333; do
			anew
			head -c $n "$work/tree/$f" >"$work/new"
			mv "$work/new" "$work/tree/$f"
			run top -o && run map hoard --svg - && run leaks && run json && run metrics ||
				return 1
		done
	done
}

no_colours() {
	run map hoard >"$work/out"
	diff "$work/out" "$work/tree/caches/hoard/map" && ! run top -o | grep -q "$(printf '\033')"
}

broken_rules() {
	local status=0

	echo 3 >"$work/tree/check"
	run check >"$work/out" || status=$?
	[ $status -eq 1 ] && grep -q '^3 broken rules' "$work/out"
}

writes() {
	run debug hoard FZ && [ "$(head -n 1 "$work/tree/caches/hoard/debug")" = FZ ] &&
		run debug 'h*' FP && [ "$(head -n 1 "$work/tree/debug")" = 'FP,h*' ] &&
		run reclaim && [ "$(cat "$work/tree/reclaim/run")" = 1 ]
}

# What is no recording is told apart before the kernel is asked.
no_recording() {
	local status=0

	echo nonsense >"$work/bad"
	run replay "$work/bad" 2>"$work/out" || status=$?
	[ $status -eq 1 ] && grep -q 'is no recording' "$work/out" || return 1
	printf SLABTRC1 >"$work/bad"
	run replay "$work/bad" -m /nowhere 2>"$work/out" || status=$?
	[ $status -eq 1 ] && grep -q '/nowhere: No such file' "$work/out" || return 1
	run record "$work/none/file" 2>"$work/out" || status=$?
	[ $status -eq 1 ] && grep -q 'none/file.part: No such file' "$work/out"
}

full_disk() {
	local status=0

	run json >/dev/full || status=$?
	[ $status -eq 1 ]
}

by_environment() {
	SQUIRREL_ROOT=$work/tree "$squirrel" check | grep -q sound &&
		! "$squirrel" --root /nowhere check
}

man_page() {
	[ -z "$(man -l --warnings "$SQ_TOP/tools/squirrel/squirrel.8" 2>&1 >/dev/null)" ]
}

completes() {
	# shellcheck disable=SC2016 # for the other shell
	SQUIRREL_ROOT=$work/tree bash -c '
		. "$1"
		COMP_WORDS=(squirrel map ho) COMP_CWORD=2 && _squirrel &&
			[ "${COMPREPLY[*]}" = hoard ] &&
		COMP_WORDS=(squirrel re) COMP_CWORD=1 && _squirrel &&
			[ "${COMPREPLY[*]}" = "reclaim record replay" ] &&
		COMP_WORDS=(squirrel replay file -s b) COMP_CWORD=4 && _squirrel &&
			[ "${COMPREPLY[*]}" = best ] &&
		COMP_WORDS=(squirrel record "$2") COMP_CWORD=2 && _squirrel &&
			[ "${COMPREPLY[*]}" = "$1" ]
	' - "$SQ_TOP/tools/squirrel/completion.bash" "$SQ_TOP/tools/squirrel/completion.b"
}

installs() {
	make -s -C "$SQ_TOP" install-tools DESTDIR="$work/dest" PREFIX=/usr &&
		"$work/dest/usr/sbin/squirrel" --root "$work/tree" check
}

check "top: a cache's line" has_line "hoard hoard " "1000 1408 71% 256 88 0 185 6"
check "top: a heap without the pages of caches" heap_pages
check "top: most memory first" most_first
check "top: allocations a second" rates
check "top: keys, in a window of 80 characters" on_screen 24 80 80
check "top: in a large one" on_screen 50 140 140
check "top: on a line that does not know its size" on_screen 0 0 80
check "leaks: the most bytes first" \
	eval 'run leaks | sed -n 2p | grep "^ *3 *24K .* heap plant  *plant_alloc+.*\[plant\]$"'
check "json is JSON, whatever is in a name" json_valid
check "metrics end in numbers" \
	eval '! run metrics | grep -v "^# \|^squirrel_[a-z_]*\({kind=.*,name=.*}\)* [0-9]*$"'
check "map: SVG is the text, cell by cell" svg_same
check "map --by: what most of a character's memory is" shaded
check "no escapes where there is no terminal" no_colours
check "broken files" broken_files
check "check: exit status of a broken rule" broken_rules
check "debug and reclaim write where they should" writes
check "snapshot and diff" differs
check "replay: what is no recording" no_recording
check "a full disk is noticed" full_disk
check "root by the environment, and by --root" by_environment
check "the man page has no warnings" man_page
check "completion" completes
check "make install-tools" installs
[ $failed -eq 0 ]
