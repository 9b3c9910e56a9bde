#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-clients.sh [KERNEL] [CLIENT...]: code that nobody here wrote, on squirrel and, side
# by side, on SLUB. Of each folder of selftests/clients, or those named, the source is
# fetched by package, built as it is and with the drop-in, and given the same work in
# a guest of its own (KERNEL: stock, which is also 6.1; rt; or clients-kasan, on squirrel
# only). The table at the end has the time, the pages held at most and those held 3 s
# after the end, of both; the last line is the sum. Logs are in build/clients/KERNEL/CLIENT/boot.
#
#   SQ_ROUNDS   how often each side is played, one after the other (default 2, KASAN 1)
#   SQ_SLUB     not empty: SLUB beside it under KASAN, too
#   SQ_FORM     the drop-in: object (default), kmalloc, header; see clients.inc.sh
#   SQ_BUSTED   data, check, pages, names: spoil what that check looks at (or a list)
. "$(dirname "$0")/lib.sh"

# all_clients: in the order of their age here.
all_clients() {
	local name

	for name in ext4 squashfs wireguard jool apfs f2fs netfilter; do
		echo "$name"
	done
	for name in "$CLIENTS"/*/client.inc.sh; do
		basename "$(dirname "$name")"
	done
}

# tool STAGE NAME: a program of selftests/clients.
tool() {
	mkdir -p "$1/usr/bin" "$SQ_BUILD/clients"
	gcc -O2 -Wall -static -o "$1/usr/bin/$2" "$CLIENTS/$2.c"
}

settings() {
	printf '%s=%q\n' CLIENT "$CLIENT" MODULES "$MODULES" NEEDS "$NEEDS" \
		CACHES "$(echo "$CACHES" | xargs)" DROPIN "$dropin" \
		BUSTED "${SQ_BUSTED:-}" ROUNDS "$rounds" SLUB "$slub" \
		EVERY "$every" FILES "$files" FLOWS "$flows" \
		KNOWN "${KNOWN:-}" KNOWN_AT "${KNOWN_AT:-}"
}

# stage DIR: what the guest has besides what initramfs.sh puts there.
stage() {
	local st=$1 side p m built_list=() needs=()

	rm -rf "$st"
	for side in $slub squirrel; do
		mkdir -p "$st/squirrel/client/$side"
		for m in $MODULES; do
			cp "$SQ_BUILD/clients/$K_NAME/$CLIENT/$side/$m" \
				"$st/squirrel/client/$side/"
			strip --strip-debug "$st/squirrel/client/$side/$(basename "$m")"
		done
	done
	for m in $MODULES; do
		m=$st/squirrel/client/squirrel/$(basename "$m")
		built_list+=("$m")
	done
	for m in "${built_list[@]}"; do
		mapfile -t needs < <(needs_of "$m" "${built_list[@]}")
		echo "$(basename "$m"): ${needs[*]}"
	done >"$st/squirrel/client/needs"
	# shellcheck disable=SC2046,SC2086 # lists
	put_needs "$st" $NEEDS $(cut -d: -f2 "$st/squirrel/client/needs")
	mkdir -p "$st/etc/modprobe.d"
	echo "options brd rd_nr=1 rd_size=$((256 * 1024))" >"$st/etc/modprobe.d/clients.conf"
	for p in $PROGRAMS; do
		put_program "$st" "$p"
	done
	tool "$st" files
	tool "$st" flows
	settings >"$st/squirrel/client/settings"
	cp "$CLIENTS/$CLIENT/work.inc.sh" "$SQ_TOP/tools/guest/known.awk" \
		"$st/squirrel/client/"
	if declare -f client_guest >/dev/null; then
		client_guest "$st"
	fi
}

# boot_client DIR: leaves the counts there.
boot_client() {
	local dir=$1 status=0

	"$SQ_TOP/tools/initramfs.sh" "$dir" "$K_NAME" clients
	stage "$dir/client"
	(cd "$dir/client" && find . -print0 | cpio -0 --quiet -o -H newc -R 0:0) \
		>>"$dir/initramfs"
	SQ_TIMEOUT=$limit SQ_STILL=$still SQ_APPEND="slab_nomerge ${SQ_APPEND:-}" \
		"$SQ_TOP/tools/boot.sh" "$K_NAME" "$dir"
	tr -d '\r' <"$dir/console.log" | awk -v from="${KNOWN:-}" -v at="${KNOWN_AT:-}" \
		-f "$SQ_TOP/tools/guest/known.awk" >"$dir/console.judged"
	"$SQ_TOP/tools/judge.sh" "$dir/console.judged" "$dir/result.log" \
		>"$dir/judgement" || status=1
	tail -n 1 "$dir/judgement" >"$dir/counts"
	sed '$d' "$dir/judgement"
	return $status
}

# test_client NAME: all of it; in a shell of its own, for what client.inc.sh sets.
test_client() (
	CLIENT=$1
	dir=$SQ_BUILD/clients/$K_NAME/$CLIENT/boot
	mkdir -p "$dir"
	echo "0 1 0" >"$dir/counts"
	: >"$dir/result.log"
	# shellcheck source=/dev/null
	. "$CLIENTS/$CLIENT/client.inc.sh"
	# shellcheck disable=SC2086 # a list
	need_packages $PACKAGES
	[ -z "$slub" ] || build_client slub
	build_client squirrel
	boot_client "$dir"
)

# table: of each client the best time of both sides, and the most pages.
table() {
	local c

	for c in "$@"; do
		sed -n 's/^ *# row //p' "$SQ_BUILD/clients/$K_NAME/$c/boot/result.log"
	done | awk '
		function value(word) { sub(/.*=/, "", word); return word + 0 }
		function s2(key) { return key in time ? sprintf("%.2f", time[key] / 1000) : "-" }
		function of(what, key) { return key in what ? what[key] : "-" }
		{
			key = $1 " " $2
			if (!($1 in seen)) { seen[$1] = 1; name[++n] = $1 }
			ms = value($4); peak = value($5); after = value($6)
			if (!(key in time) || ms < time[key]) time[key] = ms
			if (peak > most[key]) most[key] = peak
			if (after > held[key]) held[key] = after
		}
		END {
			if (!n)
				exit
			printf "%-12s %21s %23s %23s\n", "", "time, s", "pages at most",
				"pages 3 s later"
			printf "%-12s %12s %8s %14s %8s %14s %8s\n", "client",
				"squirrel", "SLUB", "squirrel", "SLUB", "squirrel", "SLUB"
			for (i = 1; i <= n; i++) {
				q = name[i] " squirrel"; s = name[i] " slub"
				printf "%-12s %12s %8s %14s %8s %14s %8s\n", name[i], s2(q),
					s2(s), of(most, q), of(most, s), of(held, q),
					of(held, s)
			}
		}'
}

kernel=stock
case ${1:-} in
stock | 6.1)
	shift
	;;
rt | clients-kasan)
	kernel=$1
	shift
	;;
esac
load_kernel "$kernel"
. "$(dirname "$0")/clients.inc.sh"
[ $# -gt 0 ] || mapfile -t names < <(all_clients | awk '!seen[$0]++')
[ $# -eq 0 ] || names=("$@")
for c in "${names[@]}"; do
	[ -e "$CLIENTS/$c/client.inc.sh" ] || die "there is no client '$c' in selftests/clients"
done

dropin=squirrel_dropin
[ "$form" != header ] || dropin=
slub=slub
rounds=${SQ_ROUNDS:-2}
every=0.3
files=600
flows=1000
limit=1800
still=600
if [ "$kernel" = clients-kasan ]; then
	rounds=${SQ_ROUNDS:-1}
	# Its work compares what it reads with what it wrote, too.
	slub=${SQ_SLUB:+slub}
	every=2
	files=200
	flows=300
	limit=5400
	still=1800
fi

need_packages qemu-system-x86 busybox-static cpio gcc libc6-dev make kmod binutils
"$SQ_TOP/tools/build.sh" "$K_NAME"
start=$SECONDS
for c in "${names[@]}"; do
	test_client "$c" || say "$c did not hold on $K_NAME"
done

passed=0
failed=0
skipped=0
echo
for c in "${names[@]}"; do
	dir=$SQ_BUILD/clients/$K_NAME/$c/boot
	read -r p f s <"$dir/counts"
	echo "$c: $p passed, $f failed, $s skipped"
	grep -ahE '^ *not ok ' "$dir/result.log" || true
	passed=$((passed + p))
	failed=$((failed + f))
	skipped=$((skipped + s))
done
echo
table "${names[@]}"
say "clients took $((SECONDS - start)) s; logs are in build/clients/$K_NAME"
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
