#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# defects.sh [-j LANES] [NAME...]: plant the defects of tools/defects one at a time, in a
# copy of the tree, and see whether the tests see them. NAME is a pattern of their
# names, as 1* or *-trim*. A patch there is a defect; above it stand lines that say
#
#	SPDX-License-Identifier: GPL-2.0
#	Defect: what is wrong
#	Hurts: whom, and how
#	Layer: where
#	Boot: uml		the boot that is to see it, and perhaps which
#	Boot: stock ONLY=map	selftest; see boots.inc.sh
#
# A boot ends with the first thing that it sees. Before any defect is planted, the
# boots that are to see them must find nothing in the tree as it is.
#
# build/defects/table has the results, the logs are beside it. The exit status tells
# whether all defects were seen.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

DEFECTS=$SQ_TOP/tools/defects
OUT=$SQ_BUILD/defects
# A line of a guest's logs after which there is no more to wait for.
FAILED='not ok [0-9]|Bail out!|Kernel panic'
SEEN=$FAILED'|BUG:|WARNING:|Oops|KASAN:|general protection'
SEEN+='|unable to handle|refcount_t:|corruption|suspicious RCU|lock held when'

lanes=1
if [ "${1:-}" = -j ]; then
	lanes=${2:-}
	[[ $lanes =~ ^[1-9]$ ]] || die "usage: tools/defects.sh [-j LANES] [NAME...]"
	shift 2
fi

# head_of NAME KEY
head_of() {
	sed -n -e '/^---/q' -e "s/^$2: *//p" "$DEFECTS/$1.patch"
}

files_of() {
	sed -n 's|^+++ b/||p' "$DEFECTS/$1.patch"
}

# What was planted there goes, also if an earlier run was ended. What is
# restored is newer than what was built of it.
fresh_lane() {
	mkdir -p "$1"
	rsync -rlpc --delete --exclude=/build --exclude=/.git "$SQ_TOP/" "$1/"
}

# what_saw LANE-DIR BOOT: the first failed test, or what the kernel said, or how it
# ended.
what_saw() {
	local logs=()

	logs=("$1/build/boots/$2"-*/console.log "$1/build/boots/$2"-*/result.log)
	{
		grep -haoE 'not ok [0-9].*' "${logs[@]}" ||
			grep -haE "$SEEN" "${logs[@]}" ||
			grep -hav '^[0-9 ]*$' "$1/build/boots/$2"-*/judgement ||
			echo "the boot failed"
	} | head -n 1 | tr -d '\r\t' | sed 's/^not ok [0-9]* *-* *//' | cut -c1-100
}

# quit_on ONLY: of a script that wants an oops, a warning or a report the kernel's words say nothing.
quit_on() {
	if grep -qsE "wanted '|reports are wanted" "$SQ_TOP/selftests/$1.sh"; then
		echo "$FAILED"
	else
		echo "$SEEN"
	fi
}

# try LANE-DIR LOG BOOT [ONLY]: "seen" and by what, "not seen", "not run": it cannot
# be built, or there is nothing to boot, or "ended" by a limit of the runner's, for
# which a busy machine may be the reason.
try() {
	local dir=$1 log=$2 boot=$3

	rm -rf "$dir/build/boots"
	if SQ_ONLY=${4:-} SQ_QUIT=$(quit_on "${4:-}") "$dir/tools/test.sh" "$boot" \
		>"$log" 2>&1 </dev/null; then
		echo "not seen"
	elif ! compgen -G "$dir/build/boots/*/console.log" >/dev/null; then
		echo "not run"
	elif grep -q -e 'has stood still' -e 'time limit of .* reached' "$log"; then
		echo "ended"
	else
		printf 'seen\t%s\n' "$(what_saw "$dir" "$boot")"
	fi
}

# judge_defect LANE-DIR NAME: as try, or "stale" if it does not apply.
judge_defect() {
	local boot only f

	rm -rf "$1.was"
	for f in $(files_of "$2"); do
		mkdir -p "$1.was/${f%/*}"
		cp "$1/$f" "$1.was/$f"
	done
	if ! patch -s -f -p1 -F0 -d "$1" <"$DEFECTS/$2.patch" >"$OUT/$2.log" 2>&1; then
		echo "stale"
	else
		read -r boot only <<<"$(head_of "$2" Boot)"
		try "$1" "$OUT/$2.log" "$boot" "${only#ONLY=}"
	fi
	for f in $(files_of "$2"); do
		rm -f "$1/$f.orig" "$1/$f.rej"
		cp "$1.was/$f" "$1/$f"
	done
}

# lane N: every LANES-th of what is to be done.
lane() {
	local n=0 name

	for name in "${names[@]}"; do
		[ $((n++ % lanes)) -eq "$1" ] || continue
		printf '%s\t%s\t%s\n' "$name" "$(head_of "$name" Layer)" \
			"$(judge_defect "$OUT/lane-$1" "$name")" |
			tee "$OUT/$name.result"
	done
}

# check_tree N: the tree as it is must pass what is to see the defects, in every
# LANES-th of those boots.
check_tree() {
	local boot only verdict n=0 failed=0 log

	while read -r boot only; do
		[ $((n++ % lanes)) -eq "$1" ] || continue
		log=$OUT/unchanged-$n.log
		verdict=$(try "$OUT/lane-$1" "$log" "$boot" "${only#ONLY=}")
		say "$boot $only, nothing planted: $verdict"
		[ "$verdict" = "not seen" ] || failed=1
	done < <(for name in "${names[@]}"; do head_of "$name" Boot; done | sort -u)
	return $failed
}

# in_lanes FUNCTION: called with the number of each lane, all at once.
in_lanes() {
	local pids=() pid n failed=0

	for ((n = 0; n < lanes; n++)); do
		"$1" "$n" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || failed=1
	done
	return $failed
}

[ $# -gt 0 ] || set -- '*'
names=()
for pattern in "$@"; do
	for f in "$DEFECTS"/$pattern.patch; do
		[ -e "$f" ] || die "there is no defect '$pattern'"
		names+=("$(basename "$f" .patch)")
	done
done
# Once each, also if two patterns match it.
mapfile -t names < <(printf '%s\n' "${names[@]}" | sort -u)
for name in "${names[@]}"; do
	read -r boot only <<<"$(head_of "$name" Boot)"
	boot_job "${boot:-none}" >/dev/null || die "$name: there is no boot '$boot'"
	[[ -z $only || $only == ONLY=?* ]] || die "$name: what is '$only'?"
	[ -n "$(files_of "$name")" ] || die "$name: it changes nothing"
done

need_packages rsync patch
mkdir -p "$OUT"
rm -f "$OUT"/*.log "$OUT"/*.result
for ((i = 0; i < lanes; i++)); do
	fresh_lane "$OUT/lane-$i"
done
in_lanes check_tree ||
	die "the tree fails as it is: see build/defects/unchanged-*.log"
in_lanes lane
cat "$OUT"/*.result >"$OUT/table"

count() {
	cut -f3 "$OUT/table" | grep -cx "$1" || true
}
echo "$(count seen) seen, $(count 'not seen') not seen, $(count stale) stale," \
	"$(count 'not run') not run, $(count ended) ended"
[ "$(count seen)" -eq ${#names[@]} ]
