#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-layers.sh [TREE [OBJECTS]]: who may know whom. The tables below are the
# rule; the rest of the script holds the tree to it.
#
# Part A reads the names of files and their #include lines in TREE:
#   src/<layer>    headers of its own, and the faces (<layer>/<layer>.h) of those
#                  that the table has behind it; in the allocator, no header of a
#                  room above or beside its own
#   src/main.c     everything
#   faces          headers of their own folder only
#   all of src     the headers of GROUND; of include/squirrel what CLIENTS_OF says
#   include        others of include/squirrel
#   kunit          <layer>_kunit*: all of its layer, the faces below; fake*:
#                  block/block.h alone; others: any face
#   samples, selftests   the headers of CLIENTS
# A header of the own folder is included without a path or, as every other one of
# src, by its path from src. <...> is for the kernel's and for include/squirrel.
# Kernel versions are asked for in VERSIONED only.
#
# Part B, with OBJECTS (a build of TREE), reads symbols, which no include can hide:
# what an object of a layer takes from the module must come from its own layer or
# one behind it in the table, within the allocator from its own room or one below;
# and no objects of one layer may need each other in a circle. The last line has the
# counts of all three.
. "$(dirname "$0")/lib.sh"

# Layers, bottom up, each with those whose faces and symbols it may use.
LAYERS='
	block
	utility		block
	allocator	utility
	reclaimer	allocator
	debugfs		allocator reclaimer
	redirect
'
# Those of a module of their own, which is a client like any other: that it takes only
# what is exported the linker sees to.
APART='redirect'
# Rooms of the allocator, bottom up: folders of src/allocator, or files there. Those
# on one line stand beside each other.
ROOMS='
	common
	pages
	slab
	magazine
	cache
	debug
	path view reclaim.c
	allocator.c
'
# Below all layers: src/<name>.h, and src/<name>.c if there is one.
GROUND='compat assert trace'
# What clients include, and the parts that squirrel.h is made of.
CLIENTS='squirrel strategy kmem_cache kmalloc kunit'
PARTS='alloc cache heap limits reclaim report size_class version'
# The parts of the drop-in headers, which the object form is made of as well.
DROPIN='kernel kmalloc_calls kmalloc_strings kmem_create kmem_flags kmem_free kmem_handle'
DROPIN+=' kmem_objects'
# What a file of src may include of that.
declare -A CLIENTS_OF=(
	[allocator]="squirrel strategy $PARTS"
	[reclaimer]='squirrel'
	[main]="$CLIENTS $PARTS"
	[compat]='kernel'
	[redirect]="squirrel $DROPIN"
)
VERSIONED='src/compat.h include/squirrel/kernel.h'

tree=${1:-$SQ_TOP}
objects=${2:-}
breaches=0
declare -A knows level room_level

breach() {
	echo "$1"
	breaches=$((breaches + 1))
}

read_tables() {
	local name others n=0

	while read -r name others; do
		[ -n "$name" ] || continue
		knows[$name]="$name $others"
		level[$name]=$n
		n=$((n + 1))
	done <<<"$LAYERS"
	n=0
	while read -r others; do
		for name in $others; do
			room_level[$name]=$n
		done
		n=$((n + 1))
	done <<<"$ROOMS"
}

# has LIST WORD
has() {
	[[ " $1 " == *" $2 "* ]]
}

sources() {
	files_in '*.[ch]' "$tree"/{include,src,kunit,samples,selftests}
}

# ---- part A: files and includes -----------------------------------------------

# place PATH: PATH is below src. Sets LAYER to its layer, "main", "ground" or
# nothing, and ROOM to its room if it is in one.
place() {
	local stem=${1%.*}

	LAYER='' ROOM=''
	case $1 in
	main.c) LAYER=main ;;
	*/*)
		LAYER=${1%%/*}
		[ -n "${level[$LAYER]:-}" ] || LAYER=''
		;;
	*) has "$GROUND" "$stem" && LAYER=ground ;;
	esac
	[ "$LAYER" = allocator ] && ! is_face "$1" || return 0
	ROOM=${stem#*/}
	case $ROOM in
	*/*) ROOM=${ROOM%%/*} ;;
	*) ROOM=$ROOM.c ;;
	esac
	[ -n "${room_level[$ROOM]:-}" ] || ROOM=''
}

is_face() {
	local name=${1%%/*}

	[[ $1 == "$name/$name.h" && -n ${level[$name]:-} ]]
}

check_places() {
	local file

	while IFS= read -r file; do
		file=${file#"$tree/src/"}
		place "$file"
		if [ -z "$LAYER" ]; then
			breach "src/$file: is in no layer"
		elif [ "$LAYER" = allocator ] && [ -z "$ROOM" ] &&
			! is_face "$file"; then
			breach "src/$file: is in no room"
		fi
	done < <(sources | grep "^$tree/src/")
}

# may_see FILE HEADER: both are paths below src.
may_see() {
	local layer room

	place "$1"
	layer=$LAYER room=$ROOM
	place "$2"
	[ "$layer" = main ] || [ "$LAYER" = ground ] && return 0
	if is_face "$1"; then
		[ "${1%/*}" = "${2%/*}" ]
	elif [ "$layer" = "$LAYER" ] && [ -n "$room" ] && [ -n "$ROOM" ]; then
		[ "$room" = "$ROOM" ] ||
			[ "${room_level[$ROOM]}" -lt "${room_level[$room]}" ]
	elif [ "$layer" = "$LAYER" ]; then
		[ "$layer" != allocator ] || is_face "$2" ||
			[ "${1%/*}" = "${2%/*}" ]
	else
		is_face "$2" && has "${knows[$layer]:-}" "$LAYER"
	fi
}

may_src() { # may_src FILE KIND NAME, FILE below src
	local name=$3 who

	if [ "$2" = '<' ]; then
		[[ $name == squirrel/* ]] || return 0
		place "$1"
		who=$LAYER
		[ "$who" != ground ] || who=${1%.h}
		name=${name#squirrel/}
		! is_face "$1" && has "${CLIENTS_OF[$who]:-}" "${name%.h}"
		return
	fi
	if [[ $name != */* && $1 == */* && -e $tree/src/${1%/*}/$name ]]; then
		name=${1%/*}/$name
	fi
	[[ $name =~ ^[a-z0-9_/]+\.h$ ]] && may_see "$1" "$name"
}

may_kunit() { # may_kunit FILE KIND NAME, FILE below kunit
	local layer=${1%%_kunit*} name=$3

	if [ "$2" = '<' ]; then
		[[ $name == squirrel/* ]] || return 0
		name=${name#squirrel/}
		has "$CLIENTS" "${name%.h}"
		return
	fi
	if [[ $name != */* && -e $tree/kunit/$name ]] ||
		[ "$name" = compat.h ] || [ "$name" = assert.h ]; then
		return 0
	fi
	place "$name"
	if [[ $1 == fake* ]]; then
		[ "$name" = block/block.h ]
	elif [[ $1 == *_kunit* && -n ${level[$layer]:-} ]]; then
		[ "$layer" = "$LAYER" ] ||
			{ is_face "$name" &&
				[ "${level[$LAYER]}" -lt "${level[$layer]}" ]; }
	else
		is_face "$name"
	fi
}

# may_include FILE KIND NAME: KIND is < or ".
may_include() {
	[[ $3 != *..* ]] || return 1
	[[ $2 == '"' || ! -e $tree/src/$3 ]] || return 1
	case $1 in
	src/*) may_src "${1#src/}" "$2" "$3" ;;
	kunit/*) may_kunit "${1#kunit/}" "$2" "$3" ;;
	include/*)
		[[ $2 == '<' ]] &&
			[[ $3 != squirrel/* || -e $tree/include/$3 ]]
		;;
	*)
		if [ "$2" = '"' ]; then
			[[ $3 != */* && -e $tree/${1%/*}/$3 ]]
		else
			[[ $3 != squirrel/* ]] ||
				has "${CLIENTS// /.h }.h" "${3#squirrel/}"
		fi
		;;
	esac
}

check_includes() {
	local line file inc
	local directive='^([^:]+):[[:space:]]*#[[:space:]]*include(.*)$'
	local form='^[[:space:]]*([<"])([^>"]+)[>"]'

	while IFS= read -r line; do
		[[ $line =~ $directive ]]
		file=${BASH_REMATCH[1]#"$tree"/} inc=${BASH_REMATCH[2]}
		if [[ ! $inc =~ $form ]]; then
			breach "$file: may not include$inc, a name made by macros"
		elif ! may_include "$file" "${BASH_REMATCH[@]:1:2}"; then
			[[ $inc =~ $form ]]
			breach "$file: may not include ${BASH_REMATCH[0]# }"
		fi
	done < <(sources | xargs -r \
		grep -HE '^[[:space:]]*#[[:space:]]*include' || true)
}

check_versions() {
	local line file

	while IFS= read -r line; do
		file=${line%%:*}
		has "$VERSIONED" "${file#"$tree"/}" ||
			breach "${line#"$tree"/} kernel versions belong in compat.h"
	done < <(sources | xargs -r grep -HnoE \
		'LINUX_VERSION_CODE|KERNEL_VERSION|SQ_KERNEL_SINCE' |
		sed -E 's/[^:]*$//' | uniq)
}

# ---- part B: symbols ----------------------------------------------------------

# symbols: print "object: symbol type" for what each object defines or takes. One
# whose source is no more is left from an earlier build.
symbols() {
	local object

	while IFS= read -r object; do
		[ ! -e "$tree/${object%.o}.c" ] || echo "$object"
	done < <(cd "$objects" && find src -name '*.o' ! -name '*.mod.o' | sort) |
		(cd "$objects" && xargs -r nm -AgP)
}

check_symbols() {
	local line counts=''

	[ -d "$objects/src" ] || die "no objects in $objects/src"
	symbols >"$work"
	grep -q ': [^ ]* T' "$work" || die "no symbols in the objects of $objects/src"
	while IFS= read -r line; do
		case $line in
		layers:*) counts=$line ;;
		' '*) echo "$line" ;;
		*) breach "$line" ;;
		esac
	done < <(awk -v layers="$(tr '\n' ';' <<<"$LAYERS")" \
		-v rooms="$(tr '\n' ';' <<<"$ROOMS")" -v ground="$GROUND" \
		-v apart="$APART" \
		-f "$(dirname "$0")/check-layers.awk" "$work")
	[ -n "$counts" ] || die "the symbols could not be read"
	[[ ! $counts =~ [1-9] ]] || breaches=$((breaches + 1))
	echo "$counts"
}

work=$(mktemp)
trap 'rm -f "$work"' EXIT
read_tables
check_places
check_includes
check_versions
[ -z "$objects" ] || check_symbols
[ "$breaches" -eq 0 ]
