#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# initramfs.sh DIR KERNEL JOB [EXTRA_MODULE...]: what a test kernel boots, as the
# folder DIR/root (UML mounts that) and the archive DIR/initramfs (QEMU): a
# static busybox, the modules of build/KERNEL, the selftests, the recorded boot
# (for the job memory all that was recorded), and JOB of tools/guest as what init
# runs. Of the selftests those are run that are for the boot SQ_BOOT (default
# KERNEL), or of them those whose names SQ_ONLY matches. SQ_INTERACTIVE=1 makes the
# job a prompt.
. "$(dirname "$0")/lib.sh"

[ $# -ge 3 ] || die "usage: tools/initramfs.sh DIR KERNEL JOB [EXTRA_MODULE...]"
out=$1/initramfs
stage=$1/root
kernel=$2
job=$3
shift 3
need_packages busybox-static cpio xz-utils
load_kernel "$kernel"

guest=$SQ_TOP/tools/guest
built=$SQ_BUILD/$kernel
rm -rf "$stage" "$out"

# unpack_traces NAME: those of that name. The guest has no xz with a delta
# filter; unpack once, here.
unpack_traces() {
	local xz trace

	mkdir -p "$SQ_BUILD/traces"
	for xz in "$SQ_TOP"/samples/traces/$1.trace.xz; do
		[ -e "$xz" ] || continue
		trace=$SQ_BUILD/traces/$(basename "$xz" .xz)
		if [ ! "$trace" -nt "$xz" ]; then
			xz -dc "$xz" >"$trace.$$"
			mv "$trace.$$" "$trace"
		fi
		ln "$trace" "$stage/squirrel/traces/" 2>/dev/null ||
			cp "$trace" "$stage/squirrel/traces/"
	done
}

copy_modules() {
	local part m

	for part in . samples selftests selftests/dropin{,_all,_kmalloc,_obj} kunit; do
		for m in "$built/$part"/*.ko; do
			[ -e "$m" ] || continue
			cp "$m" "$stage/squirrel/${part%/dropin*}/"
			"${K_CROSS}strip" --strip-debug \
				"$stage/squirrel/${part%/dropin*}/$(basename "$m")"
		done
	done
}

mkdir -p "$stage"/{bin,dev,proc,sys,tmp,root} \
	"$stage"/squirrel/{samples,selftests,kunit,extra,traces}
cp "$K_BUSYBOX" "$stage/bin/busybox"
cp "$guest/init" "$stage/init"
chmod 755 "$stage/init"
cp "$guest"/*.sh "$guest/ktap.awk" "$stage/squirrel/"
cp "$guest/$job.sh" "$stage/squirrel/job.sh"
echo "$kernel" >"$stage/squirrel/kernel"
if [ "$job" = test ] || [ "$job" = kunit ]; then
	"$SQ_TOP/tools/pick.sh" "${SQ_BOOT:-$kernel}" "${SQ_ONLY:-}" \
		>"$stage/squirrel/picked"
fi
[ -z "${SQ_INTERACTIVE:-}" ] || touch "$stage/squirrel/interactive"
for m in "$@"; do
	cp "$m" "$stage/squirrel/extra/"
done
copy_modules
for m in ${SQ_CLIENT_MODULES:-}; do
	install -D "$m" "$stage/squirrel/client/$(basename "$m")"
done
# The command, where it can be run: it is built with this machine's compiler.
if [ -z "$K_CROSS" ] && [ "$job" != kunit ] && [ "$job" != bench ]; then
	need_packages gcc make libc6-dev
	make -s -C "$SQ_TOP/tools/squirrel" O="$SQ_BUILD/squirrel"
	cp "$SQ_BUILD/squirrel/squirrel" "$stage/squirrel/squirrel"
fi
if [ -d "$SQ_TOP/selftests" ]; then
	find "$SQ_TOP/selftests" -maxdepth 1 -type f ! -name '*.[ch]' \
		! -name Kbuild ! -name '*.ko' \
		-exec cp -p {} "$stage/squirrel/selftests/" \;
fi
case $job in
kunit | bench) ;;
memory) unpack_traces '*' ;;
run) unpack_traces fs ;;
*) unpack_traces boot ;;
esac

[[ $kernel == uml* ]] && exit
(cd "$stage" && find . -print0 | cpio -0 --quiet -o -H newc -R 0:0) >"$out"
