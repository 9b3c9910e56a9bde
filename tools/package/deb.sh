#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deb.sh: the Debian packages squirrel-dkms and squirrel-tools (the command squirrel), made in
# build/package and left there; lintian looks at them. SQ_PACKAGE_DIR is another folder, SQ_TREE another tree to pack. Who
# maintains it is DEBFULLNAME and DEBEMAIL, as elsewhere.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/stage.inc.sh"

need_packages dpkg-dev debhelper dh-dkms lintian rsync make gcc libc6-dev
tree=${SQ_TREE:-$SQ_TOP}
out=${SQ_PACKAGE_DIR:-$SQ_BUILD/package}
version=$(version_of "$tree")
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]] ||
	die "include/squirrel/version.h has no version that a package could have: '$version'"
maintainer="${DEBFULLNAME:-The squirrel authors} <${DEBEMAIL:-squirrel@packages.invalid}>"
stage=$out/squirrel-$version

# Of the last commit, so that two packages of it are the same.
SOURCE_DATE_EPOCH=$(git -C "$tree" log -1 --format=%ct 2>/dev/null ||
	stat -c %Y "$tree/Kbuild")
export SOURCE_DATE_EPOCH

# DKMS' table of modules.
modules() {
	local m n=0

	for m in $(shipped_modules "$tree"); do
		echo "BUILT_MODULE_NAME[$n]=\"$m\""
		echo "DEST_MODULE_LOCATION[$n]=\"/updates/dkms\""
		n=$((n + 1))
	done
}

# fill TEMPLATE FILE
fill() {
	MODULES=$(modules) awk -v version="$version" -v maintainer="$maintainer" '
		/^@MODULES@$/ { print ENVIRON["MODULES"]; next }
		{ gsub(/@VERSION@/, version); gsub(/@MAINTAINER@/, maintainer); print }
	' "$1" >"$2"
}

# debian/ of the package: templates, and what is no more than a line or has none of ours.
make_debian() {
	local d=$stage/debian f src=/usr/src/squirrel-$version

	mkdir -p "$d/source"
	for f in control copyright; do
		fill "$SQ_TOP/tools/package/debian/$f" "$d/$f"
	done
	for f in postinst prerm; do
		fill "$SQ_TOP/tools/package/debian/$f" "$d/squirrel-dkms.$f"
	done
	install -m 755 "$SQ_TOP/tools/package/debian/rules" "$d/rules"
	fill "$SQ_TOP/tools/package/dkms.conf" "$d/squirrel-dkms.dkms"
	echo '3.0 (native)' >"$d/source/format"
	printf '%s\n' "Kbuild $src" "include $src" "src $src" "dkms-keep $src" \
		>"$d/squirrel-dkms.install"
	echo "$src /usr/src/squirrel" >"$d/squirrel-dkms.links"
	echo 'README.md' >"$d/squirrel-dkms.docs"
	printf '%s\n' samples/* >"$d/squirrel-dkms.examples"
	printf 'squirrel (%s) unstable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' \
		"$version" "See the history of the source." "$maintainer" \
		"$(date -R -u -d "@$SOURCE_DATE_EPOCH")" >"$d/changelog"
}

say "packing squirrel $version"
rm -rf "$stage"
stage_sources "$tree" "$stage"
install -m 755 "$SQ_TOP/tools/package/dkms-keep" "$stage/"
install -m 644 "$tree/README.md" "$stage/"
mkdir -p "$stage/samples"
cp -r "$SQ_TOP/samples/acorn-dkms" "$SQ_TOP/samples/modprobe.d" "$stage/samples/"
cp "$SQ_TOP/samples/acorn.c" "$stage/samples/acorn-dkms/"
# What plays recordings is for who measures, not for each machine: source, and how to build it.
mkdir -p "$stage/samples/replay"
cp "$SQ_TOP"/samples/replay*.[ch] "$stage/samples/replay/"
{
	echo '# SPDX-License-Identifier: GPL-2.0'
	echo "# make -C /lib/modules/\$(uname -r)/build M=\$PWD modules"
	echo 'obj-m := replay.o'
	sed -n '/^replay-y := /,/[^\\]$/p' "$SQ_TOP/samples/Kbuild"
	echo 'include /usr/src/squirrel/include/squirrel/client.mk'
} >"$stage/samples/replay/Kbuild"
mkdir -p "$stage/tools/squirrel"
cp "$tree"/tools/squirrel/{Makefile,*.[ch8],completion.bash} "$stage/tools/squirrel/"
(cd "$stage" && make_debian)
(cd "$stage" && dpkg-buildpackage -us -uc) >"$out/build.log" 2>&1 || {
	tail -n 20 "$out/build.log" >&2
	die "the package could not be built; log: $out/build.log"
}
lintian --allow-root --fail-on error "$out/squirrel_${version}_"*.changes || die "lintian has errors"
echo "$out/squirrel-dkms_${version}_all.deb"
echo "$out/squirrel-tools_${version}_$(dpkg --print-architecture).deb"
