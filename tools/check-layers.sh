#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check-layers.sh [TREE [OBJECTS]]: the layer rule. Block 0, utility 1,
# allocator 2, reclaimer 3; a layer knows itself and its neighbour below.
#
# Part A reads #include lines in TREE:
#   src/<layer>    its own face and the one below, compat.h, headers of its own
#                  folder; squirrel.h and strategy.h only where their functions
#                  are defined
#   src/debugfs    the faces of utility, allocator, reclaimer
#   src/main.c     everything
#   faces          no other face
#   kunit          <layer>_kunit*.c: faces of its layer and below, headers of
#                  src/<layer>; fake*: block.h alone; others: any face
#   samples, selftests   what clients include: squirrel.h, strategy.h and
#                  kmem_cache.h
# and looks for kernel version checks outside of compat.h.
#
# Part B, with OBJECTS (a build of TREE), reads symbols: one that an object of
# src/<layer> takes from the module must come from its layer or the one below.
. "$(dirname "$0")/lib.sh"

tree=${1:-$SQ_TOP}
objects=${2:-}
LAYERS=(block utility allocator reclaimer)
breaches=0

breach() {
	echo "$1"
	breaches=$((breaches + 1))
}

# level NAME: print the number of layer NAME, fail for another name.
level() {
	local i

	for i in "${!LAYERS[@]}"; do
		if [ "${LAYERS[i]}" = "$1" ]; then
			echo "$i"
			return 0
		fi
	done
	return 1
}

is_face() {
	local name=${1#squirrel/}

	[[ $1 == squirrel/* ]] && level "${name%.h}" >/dev/null
}

# includes FILE: print "line <x>" or "line "x"" for each include of FILE.
includes() {
	sed -nE 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*([<"][^>"]*[>"]).*/\1/p' "$1"
}

# is_own FILE NAME: is "NAME" a header of FILE's own folder?
is_own() {
	[[ $2 != */* && -e $(dirname "$1")/$2 ]]
}

# faces_of FOLDER: the <squirrel/...> headers that src/FOLDER may include.
faces_of() {
	local n

	case $1 in
	debugfs)
		echo squirrel/utility.h squirrel/allocator.h \
			squirrel/reclaimer.h squirrel/debugfs.h squirrel/compat.h
		return
		;;
	allocator) echo squirrel/squirrel.h squirrel/strategy.h ;;
	reclaimer) echo squirrel/squirrel.h ;;
	esac
	echo squirrel/compat.h
	if n=$(level "$1"); then
		echo "squirrel/${LAYERS[n]}.h"
		[ "$n" -eq 0 ] || echo "squirrel/${LAYERS[n - 1]}.h"
	fi
}

# kunit_layer FILE: the layer that a test is of, or nothing.
kunit_layer() {
	local name layer

	name=$(basename "$1")
	for layer in "${LAYERS[@]}"; do
		if [[ $name == "$layer"_kunit*.[ch] ]]; then
			echo "$layer"
		fi
	done
}

may_kunit() { # may_kunit FILE KIND NAME
	local layer n face

	layer=$(kunit_layer "$1")
	if [ "$2" = '"' ]; then
		is_own "$1" "$3" || [[ -n $layer && $3 == "$layer"/*.h ]]
		return
	fi
	is_face "$3" || return 0
	face=${3#squirrel/}
	face=${face%.h}
	if [[ $(basename "$1") == fake* ]]; then
		[ "$face" = block ]
	elif [ -n "$layer" ]; then
		n=$(level "$layer")
		[ "$(level "$face")" -le "$n" ]
	fi
}

# may_include FILE KIND NAME: KIND is < or ".
may_include() {
	local file=${1#"$tree"/} folder

	[[ $3 != *..* ]] || return 1
	case $file in
	src/main.c) return 0 ;;
	kunit/*)
		may_kunit "$@"
		return
		;;
	esac
	if [ "$2" = '"' ]; then
		is_own "$1" "$3"
		return
	fi
	[[ $3 == squirrel/* ]] || return 0
	case $file in
	src/*/*)
		folder=${file#src/}
		grep -qxF "$3" <(faces_of "${folder%%/*}" | tr ' ' '\n')
		;;
	include/squirrel/kmem_free.h)
		[[ $3 == squirrel/squirrel.h || $3 == squirrel/compat.h ]] ;;
	include/squirrel/kmem_cache.h)
		[[ $3 == squirrel/squirrel.h || $3 == squirrel/compat.h ||
			$3 == squirrel/kmem_free.h ]] ;;
	include/squirrel/*) [ "$3" = squirrel/compat.h ] ;;
	samples/* | selftests/*)
		[[ $3 == squirrel/squirrel.h || $3 == squirrel/strategy.h ||
			$3 == squirrel/kmem_cache.h ]]
		;;
	*) return 1 ;;
	esac
}

check_includes() {
	local file inc name

	while IFS= read -r file; do
		while IFS= read -r inc; do
			name=${inc:1:${#inc}-2}
			may_include "$file" "${inc:0:1}" "$name" ||
				breach "${file#"$tree"/}: may not include $inc"
		done < <(includes "$file")
	done < <(sources)
}

sources() {
	local part

	for part in include src kunit samples selftests; do
		[ ! -d "$tree/$part" ] ||
			find "$tree/$part" -name '*.[ch]' ! -name '*.mod.c' | sort
	done
}

check_versions() {
	local file line

	while IFS= read -r file; do
		[ "${file#"$tree"/}" = include/squirrel/compat.h ] && continue
		while IFS= read -r line; do
			breach "${file#"$tree"/}:$line: kernel versions belong in compat.h"
		done < <(grep -nE 'LINUX_VERSION_CODE|KERNEL_VERSION' "$file" |
			cut -d: -f1)
	done < <(sources)
}

# symbols: print "T folder symbol object" for what each object defines and
# "U folder symbol object" for what it takes from elsewhere.
symbols() {
	local obj folder

	while IFS= read -r obj; do
		folder=${obj#"$objects"/src/}
		case $folder in
		*/*) folder=${folder%%/*} ;;
		*) folder=main ;;
		esac
		nm -g "$obj" | awk -v folder="$folder" -v obj="${obj#"$objects"/}" '
			$1 == "U" { print "U", folder, $2, obj; next }
			NF == 3 { print "T", folder, $3, obj }'
	done < <(find "$objects/src" -name '*.o' ! -name '*.mod.o' | sort)
}

check_symbols() {
	local out

	[ -d "$objects/src" ] || die "no objects in $objects/src"
	symbols >"$work"
	grep -q '^T ' "$work" || die "no symbols in the objects of $objects/src"
	out=$(awk '
		BEGIN {
			may["block"] = "block"
			may["utility"] = "utility block"
			may["allocator"] = "allocator utility"
			may["reclaimer"] = "reclaimer allocator"
			may["debugfs"] = "debugfs utility allocator reclaimer"
		}
		FNR == NR {
			if ($1 == "T")
				home[$3] = $2
			next
		}
		$1 != "U" || !($3 in home) || $2 == "main" { next }
		$3 ~ /^(__tracepoint_|__traceiter_|__SC[KT]__tp_func_)/ { next }
		!index(" " may[$2] " ", " " home[$3] " ") {
			printf "%s: uses %s of %s\n", $4, $3, home[$3]
		}
	' "$work" "$work")
	[ -z "$out" ] || while IFS= read -r line; do
		breach "$line"
	done <<<"$out"
}

work=$(mktemp)
trap 'rm -f "$work"' EXIT
check_includes
check_versions
[ -z "$objects" ] || check_symbols
[ "$breaches" -eq 0 ]
