#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-wide.sh: the kernel's own modules on squirrel, whole folders of them, that nobody here has
# fitted anything to. Those of selftests/clients/wide.list are built as they are, with the
# drop-in, for the stock kernel; in a guest each is loaded, used if the list says how, and
# unloaded (tools/guest/wide.sh says what has to hold). The first that fails ends its machine, and
# the rest goes on in another; what did not load or work is asked of the kernel's own modules, on
# SLUB, in a third, where nothing was done before. If they do not either it is a skip that says
# so. The table at the end has a line for each folder; the last line is the sum. Logs
# are in build/wide/stock.
#
#   SQ_ONLY     a pattern: only such folders
#   SQ_FORM     the drop-in: kmalloc (default), object, header; see clients.inc.sh
#   SQ_BUSTED   data, check, pages: spoil what that check looks at, in one boot
. "$(dirname "$0")/lib.sh"

BOOTS=60
[ -z "${SQ_BUSTED:-}" ] || BOOTS=1
SQ_FORM=${SQ_FORM:-kmalloc}
load_kernel stock
. "$(dirname "$0")/clients.inc.sh"
LIST=$CLIENTS/wide.list
SOURCE=$("$SQ_TOP/tools/kernel.sh" source)
. "$(dirname "$0")/wide.inc.sh"
dir=$SQ_BUILD/wide/$K_NAME/boot-$form
# A disk, and a folder that 9p finds.
MACHINE="-drive file=$dir/disk,format=raw,if=none,id=d -device nvme,drive=d,serial=1"
MACHINE+=" -virtfs local,path=$dir/share,mount_tag=sq,security_model=none"

# lines MARK: of the list, what is behind it.
lines() {
	sed -n "s/^$1 //p" "$LIST"
}

# use_of FOLDER MODULE: what the list says of it.
use_of() {
	awk -v folder="$1" -v module="$2" '
		/^[a-z]/ { here = $1 == folder }
		/^\t/ && here && $1 == module { sub(/^\t[^ \t]+[ \t]*/, ""); print }' "$LIST"
}

# modules FOLDER...: "FOLDER MODULE USE" of each that was built.
modules() {
	local folder ko name

	for folder in "$@"; do
		find "$TREE/$folder" -name '*.ko' | sort | while read -r ko; do
			name=$(basename "$ko" .ko)
			echo "$folder $name $(use_of "$folder" "$name")"
		done
	done
}

# put_modules STAGE FOLDER...: the kernel's, for who wants those alone, and before them ours.
put_modules() {
	local st=$1 lib=lib/modules/$K_RELEASE ko

	# shellcheck disable=SC2046 # lists
	put_needs "$st" $(cut -d ' ' -f 2 "$dir/modules") $(lines +)
	mkdir -p "$st/slub/$lib" "$st/$lib/updates" "$st/$lib/plain"
	for ko in "${plain[@]}"; do
		strip --strip-debug -o "$st/$lib/plain/$(basename "$ko")" "$ko"
	done
	depmod -b "$st" "$K_RELEASE"
	cp "$st/$lib"/modules.* "$st/slub/$lib/"
	mv "$st/$lib/plain" "$st/slub/$lib/"
	ln -s "/$lib/kernel" "$st/slub/$lib/kernel"
	(cd "$TREE" && find "${@:2}" -name '*.ko') | while read -r ko; do
		strip --strip-debug -o "$st/$lib/updates/$(basename "$ko")" "$TREE/$ko"
	done
	depmod -b "$st" "$K_RELEASE"
}

put_programs() {
	local st=$1 package path programs

	while read -r package programs; do
		need_packages "$package"
		for path in $programs; do
			put_program "$st" "$path"
		done
	done < <(lines @)
	while read -r package programs; do
		for path in $programs; do
			put_program "$st" "$(package "$package")$path"
		done
	done < <(lines '!')
	put_program "$st" /sbin/modprobe
}

# stage FOLDER...: what all boots have.
stage() {
	local st=$dir/stage m

	rm -rf "$dir"
	mkdir -p "$dir"
	modules "$@" >"$dir/modules"
	"$SQ_TOP/tools/initramfs.sh" "$dir" "$K_NAME" wide
	mkdir -p "$st/squirrel/wide" "$st/usr/bin" "$st/etc/modprobe.d"
	put_modules "$st" "$@"
	put_programs "$st"
	for m in files flows; do
		gcc -O2 -Wall -static -o "$st/usr/bin/$m" "$CLIENTS/$m.c"
	done
	lines options | sed 's/^/options /' >"$st/etc/modprobe.d/wide.conf"
	cp "$CLIENTS/wide.uses.sh" "$st/squirrel/wide/"
	printf '%s=%q\n' DROPIN "$dropin" BUSTED "${SQ_BUSTED:-}" >"$st/squirrel/wide/settings"
	(cd "$st" && find . -print0 | cpio -0 --quiet -o -H newc -R 0:0) >>"$dir/initramfs"
	rm -rf "$st"
	mv "$dir/initramfs" "$dir/base"
	bad_uses "$@" | sed 's/^/not ok - /' | tee "$dir/result.0"
	truncate -s 1G "$dir/disk"
	mkdir "$dir/share"
}

# guest NAME: a machine with what is below stage besides. NAME is what its logs end with.
guest() {
	(cd "$dir/stage" && find . -print0 | cpio -0 --quiet -o -H newc -R 0:0) |
		cat "$dir/base" - >"$dir/initramfs"
	SQ_TIMEOUT=3600 SQ_STILL=300 SQ_MACHINE=$MACHINE "$SQ_TOP/tools/boot.sh" "$K_NAME" "$dir"
	mv "$dir/result.log" "$dir/result.$1"
	mv "$dir/console.log" "$dir/console.$1"
	rm -f "$dir/initramfs"
}

# not_begun: of the modules.
not_begun() {
	cat "$dir"/result.[0-9]* 2>/dev/null | sed -n 's/^# begin //p' |
		awk -v all="$dir/modules" '{ begun[$0] = 1 }
			END { while ((getline <all) > 0) if (!($1 " " $2 in begun)) print }'
}

# boot N: those modules that were not begun in one before; fails if there are none.
boot() {
	local n=$1 wide=$dir/stage/squirrel/wide

	mkdir -p "$wide"
	not_begun >"$wide/modules"
	[ -s "$wide/modules" ] || return 1
	guest "$n"
	"$SQ_TOP/tools/judge.sh" "$dir/console.$n" "$dir/result.$n" >"$dir/judgement" || true
	tail -n 1 "$dir/judgement" >>"$dir/counts"
	sed '$d' "$dir/judgement"
	grep -q '^SQUIRREL-VERDICT' "$dir/result.$n" ||
		echo "not ok - the end came with: $(sed -n 's/^# begin //p' "$dir/result.$n" |
			tail -n 1)" | tee -a "$dir/result.$n"
	! grep -q '^# ask ' "$dir/result.$n" || ask "$n"
}

# ask N: the module that failed in boot N, with the kernel's own modules.
ask() {
	local wide=$dir/stage/squirrel/wide

	sed -n 's/^# ask //p' "$dir/result.$1" | cut -d ' ' -f 3 >"$wide/on-slub"
	awk -v asked="$(sed -n 's/^# ask //p' "$dir/result.$1")" '
		BEGIN { split(asked, w) }
		$1 == w[1] && $2 == w[2]' "$dir/modules" >"$wide/modules"
	guest "slub.$1"
	rm "$wide/on-slub"
	answered "$1" | tee "$dir/answer"
	if grep -q '^ok' "$dir/answer"; then echo "0 0 1"; else echo "0 1 0"; fi >>"$dir/counts"
}

# rows: of each folder how many of its modules were loaded, and how many were at work when one
# did its own; of its modules, the most caches and pages, and all allocations.
rows() {
	cat "$dir"/result.[0-9]* | sed -n 's/^# row //p' | awk -v modules="$dir/modules" '
		BEGIN {
			printf "%-24s %8s %7s %5s %7s %12s %8s\n", "folder", "modules", "loaded",
				"used", "caches", "allocations", "pages"
			while ((getline line <modules) > 0) {
				split(line, w)
				if (!(w[1] in of))
					name[++n] = w[1]
				of[w[1]]++
				home[key(w[2])] = w[1]
			}
		}
		function key(m) { gsub(/-/, "_", m); return m }
		function once(what, m) { return !((what, m) in did) && (did[what, m] = 1) }
		{
			if ($3 !~ /^(used|loaded|neither:do_its_work)$/)	# the last went cleanly
				next
			if (once("loaded", key($2)))
				loaded[$1]++
			for (i = 7; i <= NF && $3 == "used"; i++)
				if (once("used", $i))
					used[home[$i]]++
			caches[$1] = $4 > caches[$1] ? $4 : caches[$1]
			allocs[$1] += $5
			pages[$1] = $6 > pages[$1] ? $6 : pages[$1]
		}
		END {
			for (i = 1; i <= n; i++) {
				f = name[i]
				printf "%-24s %8d %7d %5d %7d %12d %8d\n", f, of[f], loaded[f],
					used[f], caches[f], allocs[f], pages[f]
				a += of[f]; b += loaded[f]; c += used[f]
			}
			printf "%-24s %8d %7d %5d\n", n " folders", a, b, c
		}'
}

need_packages qemu-system-x86 busybox-static cpio gcc libc6-dev make kmod binutils
"$SQ_TOP/tools/build.sh" "$K_NAME"
start=$SECONDS
dropin=squirrel_dropin
[ "$form" != header ] || dropin=
failed=0
made=()
make_tree
while read -r -a line; do
	if build_folder "${line[@]}"; then
		made+=("${line[0]}")
	else
		failed=$((failed + 1))
	fi
	[[ " ${line[*]} " != *" plain=y "* ]] || build_plain "${line[@]}" ||
		die "${line[0]} could not be built without the drop-in"
done < <(folders)
[ ${#made[@]} -gt 0 ] || die "no folder of the list matches, or could be built"
mapfile -t plain < <(find "$SQ_BUILD/wide/$K_NAME/plain" -name '*.ko' 2>/dev/null)
stage "${made[@]}"
for n in $(seq $BOOTS); do
	boot "$n" || break
done
[ -n "${SQ_BUSTED:-}" ] || not_begun | sed 's/\([^ ]* [^ ]*\).*/not ok - no boot was left for \1/' \
	>>"$dir/result.0"
failed=$((failed + $(wc -l <"$dir/result.0")))

echo
cat "$dir"/result.[0-9]* | grep -aE '^not ok |# SKIP ' || true
echo
rows | tee "$dir/table"
read -r passed f skipped < <(awk '{ p += $1; f += $2; s += $3 } END { print p + 0, f + 0, s + 0 }' \
	"$dir/counts")
failed=$((failed + f))
say "the wide test took $((SECONDS - start)) s; logs are in build/wide/$K_NAME"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
