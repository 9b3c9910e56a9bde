# SPDX-License-Identifier: GPL-2.0
# Sourced by test-wide.sh, behind clients.inc.sh: the kernel's own modules, many of them, built
# as they are. They are built where they are in the kernel's tree, of which there is, in
# $TREE, what the headers' package has, all headers of the source, and the folders of the
# list: so whatever path a source names is right, and no source is changed.
# shellcheck shell=bash disable=SC2154 # of clients.inc.sh

TREE=$SQ_BUILD/wide/$K_NAME/$form
# Where the functions of a use are.
USES=("$CLIENTS/wide.uses.sh" "$SQ_TOP/selftests/ktap.inc.sh" "$SQ_TOP/tools/guest/wide.sh")

# folders: those of the list that SQ_ONLY matches, each with what it is built with.
folders() {
	local folder rest

	grep '^[a-z]' "$LIST" | grep -v '^options ' | while read -r folder rest; do
		# shellcheck disable=SC2053 # a pattern
		[[ $folder != ${SQ_ONLY:-*} ]] || echo "$folder $rest"
	done
}

# make_tree: anew if it is of another kernel.
make_tree() {
	local mark

	mark="$K_DIR $(stat -c %Y "$K_DIR/include/config/auto.conf") $SOURCE"
	[ "$(cat "$TREE/.made-of" 2>/dev/null)" != "$mark" ] || return 0
	say "making $TREE"
	rm -rf "$TREE"
	# The package has it in two parts, of which the second one includes the first. The tool is
	# one that no module out of the tree needs.
	mkdir -p "$TREE" &&
		(cd "$SOURCE" && find arch/x86 block crypto drivers fs kernel lib mm net security \
			sound -name '*.h' ! -path '*/gpu/drm/amd/*' -print0 |
			cpio -0 --quiet -pdm "$TREE") &&
		cp -rL "$(sed -n 's,^include \(.*\)/Makefile$,\1,p' "$K_DIR/Makefile")/." "$TREE/" &&
		(cd "$K_DIR" && cp -rL .config Module.symvers arch include "$TREE/") &&
		gcc -O1 -I"$SOURCE/include" -o "$TREE/scripts/asn1_compiler" \
			"$SOURCE/scripts/asn1_compiler.c" || return 1
	echo "$mark" >"$TREE/.made-of"
}

# What a folder was built of, beside the tree.
wide_stamp() {
	echo "$*"
	cat "$SQ_TOP"/include/squirrel/* "$built/Module.symvers" | sha256sum
}

# own_form OPTION...: that of a folder, if it has its own. The header form has no kmalloc.
own_form() {
	local option

	for option in "$@"; do
		case $form/$option in
		kmalloc/form=*) form=${option#form=} ;;
		esac
	done
}

# put_folder FOLDER OPTION...: its source; with only=A.o,B.o no folder below it, and of its Makefile
# nothing but that these are modules.
put_folder() {
	local option

	for option in "${@:2}"; do
		case $option in
		only=*)
			find "$SOURCE/$1" -maxdepth 1 -type f -exec cp -t "$TREE/$1" {} +
			rm -f "$TREE/$1/Kbuild"
			echo "obj-m := ${option#only=}" | tr , ' ' >"$TREE/$1/Makefile"
			return
			;;
		esac
	done
	cp -r "$SOURCE/$1/." "$TREE/$1/"
}

# build_plain FOLDER OPTION...: without the drop-in.
build_plain() {
	local TREE=$SQ_BUILD/wide/$K_NAME/plain form=plain

	make_tree && build_folder "$@"
}

# build_folder FOLDER OPTION...: fails, and says so, if it cannot be built.
build_folder() {
	local dir=$TREE/$1 f start=$SECONDS form=$form

	own_form "${@:2}"
	[ "$(cat "$dir/.stamp" 2>/dev/null)" != "$(wide_stamp "$@")" ] || return 0
	rm -rf "$dir"
	mkdir -p "$dir"
	put_folder "$@"
	while IFS= read -r f; do
		[ "$form" = plain ] || redirect "$f"
	done < <(find "$dir" \( -name Makefile -o -name Kbuild \) -printf '%h\n' | sort -u)
	# What is there to debug with would be most of what there is to compile.
	make -C "$TREE" ARCH="$K_ARCH" M="$1" KCFLAGS=-g0 CONFIG_DEBUG_INFO_BTF_MODULES= \
		KBUILD_EXTRA_SYMBOLS="$built/Module.symvers" "${@:2}" -j"$SQ_JOBS" \
		modules >"$dir/log" 2>&1 </dev/null || {
		say "$1 could not be built, see $dir/log"
		grep -E 'error|ERROR|does_not_cover' "$dir/log" | head -n 5 >&2 || true
		return 1
	}
	# Who is built later finds its symbols instead of the kernel's.
	awk -F '\t' -v order="$dir/modules.order" '
		BEGIN { while ((getline m <order) > 0) { sub(/\.k?o$/, "", m); made[m] = 1 } }
		!($3 in made)' "$TREE/Module.symvers" |
		cat - "$dir/Module.symvers" >"$TREE/Module.symvers.new"
	mv "$TREE/Module.symvers.new" "$TREE/Module.symvers"
	wide_stamp "$@" >"$dir/.stamp"
	say "$1: $(find "$dir" -name '*.ko' | wc -l) modules in $((SECONDS - start)) s"
}

# bad_uses FOLDER...: what the list says of them that nothing comes of: a use of a module that was
# not built, a second one of the same, one that is no function the guest has.
bad_uses() {
	local folder there module use last

	for folder in "$@"; do
		last=
		there=" $(find "$TREE/$folder" -name '*.ko' -printf "%f\n" | sed "s/[.]ko$//" | xargs) "
		awk -v folder="$folder" '/^[a-z]/ { here = $1 == folder }
			/^\t/ && here { print $1, $2 }' "$LIST" | sort | while read -r module use; do
			[[ $there == *" $module "* ]] ||
				echo "$folder: $module is on the list, and was not built"
			[ "$module" != "$last" ] || echo "$folder: $module is on the list twice"
			last=$module
			grep -q "^$use()" "${USES[@]}" ||
				echo "$folder: $module is to be used by '$use', which is no function"
		done
	done
}

# answered N: what was asked in boot N has the answer of the machine that slub.N was: a line of
# the table, and a result, are added to boot N's. It is no matter of squirrel's only if SLUB said
# so.
answered() {
	local folder module stage rest answer title

	read -r folder module stage rest < <(sed -n 's/^# ask //p' "$dir/result.$1" | tail -n 1)
	answer=$(tr -d '\r' <"$dir/result.slub.$1" | sed -n 's/^# SLUB //p' | tail -n 1)
	title="$folder: $module does not ${stage//_/ }"
	case $answer in
	"does not"*)
		echo "# row $folder $module neither:$stage $rest"
		echo "ok - $title # SKIP on SLUB, in a machine of its own, it $answer"
		;;
	*)
		[ -z "$answer" ] || answer="it $answer"
		echo "# row $folder $module failed $rest"
		echo "not ok - $title; on SLUB, in a machine of its own, ${answer:-there was no answer}"
		;;
	esac >>"$dir/result.$1"
	tail -n 1 "$dir/result.$1"
}
