# SPDX-License-Identifier: GPL-2.0
# Sourced by test-package.sh: tests and their sum, and commands in the small Debian. The
# folder $out is for what is said, $root is where that Debian is, $ccache its compiler's
# cache.
# shellcheck shell=bash disable=SC2034,SC2154

passed=0
failed=0
skipped=0
count=0

# check TITLE COMMAND...: what it says is shown if it fails.
check() {
	local title=$1 status

	shift
	count=$((count + 1))
	# Not as a condition: the first command that fails would not end it there.
	set +e
	(
		set -e
		"$@"
	) >"$out/said" 2>&1 </dev/null
	status=$?
	set -e
	if [ "$status" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $count - $title"
	else
		failed=$((failed + 1))
		tail -n 25 "$out/said" | sed 's/^/#   /'
		echo "not ok $count - $title"
	fi
	cp "$out/said" "$out/last"
}

# refuse TITLE PATTERN COMMAND...: it fails, and says why.
refuse() {
	local title=$1 pattern=$2

	shift 2
	check "$title" refused "$pattern" "$@"
}

refused() {
	local pattern=$1 said status=0

	shift
	said=$("$@" 2>&1) || status=$?
	echo "$said"
	[ "$status" -ne 0 ] || {
		echo "this was not refused: $*"
		return 1
	}
	grep -q -e "$pattern" <<<"$said" || {
		echo "it does not say: $pattern"
		return 1
	}
}

# said PATTERN: the last check's command did.
said() {
	cat "$out/last"
	grep -q -e "$1" "$out/last"
}

note() {
	echo "# $*"
}

# in_root COMMAND...: in the small Debian, with a /proc of its own that goes with the
# command. Debian's headers use ccache when they are told to; what it holds is kept from
# run to run.
in_root() {
	# shellcheck disable=SC2016 # the inner shell's
	as_root unshare --mount --fork --pid sh -c 'root=$1; ccache=$2; shift 2
		mount -t proc proc "$root/proc" &&
		mount --bind "$ccache" "$root/squirrel/ccache" &&
		exec chroot "$root" env -i LC_ALL=C.UTF-8 \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
		DEBIAN_FRONTEND=noninteractive DEBIAN_KERNEL_USE_CCACHE=1 \
		CCACHE_DIR=/squirrel/ccache CCACHE_COMPILERCHECK=none \
		"$@"' sh "$root" "$ccache" "$@"
}
