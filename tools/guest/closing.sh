# SPDX-License-Identifier: GPL-2.0
# What every job ends with: the kernel's taint, and kmemleak where it has one.
# shellcheck shell=dash

# Bits that only trouble sets: bad page, died, warned, soft lockup.
TROUBLE=$(((1 << 5) | (1 << 7) | (1 << 9) | (1 << 14)))
KMEMLEAK=${KMEMLEAK:-/sys/kernel/debug/kmemleak}
KCSAN=/sys/kernel/debug/kcsan

if [ -e "$KMEMLEAK" ]; then
	echo "1..2"
else
	echo "1..1"
fi

# A test that wants an oops or a warning says so, also to the judge, who sees all others.
[ ! -e /tmp/wanted_oops ] || TROUBLE=$((TROUBLE & ~(1 << 7)))
# KASAN marks its reports as a bad page.
[ ! -e /tmp/wanted_kasan ] || TROUBLE=$((TROUBLE & ~(1 << 5)))
[ ! -e /tmp/wanted_warning ] || TROUBLE=$((TROUBLE & ~(1 << 9)))

taint=$(cat /proc/sys/kernel/tainted)
if [ $((taint & TROUBLE)) -eq 0 ]; then
	echo "ok 1 - kernel not tainted by trouble"
else
	echo "not ok 1 - kernel not tainted by trouble (taint $taint)"
fi

[ ! -e "$KCSAN" ] || sed -n '1,/^no_/s/^/# kcsan /p' "$KCSAN"

[ -e "$KMEMLEAK" ] || exit 0
# An object is reported when it is older than 5 s and two scans missed it. kmemleak that has
# switched itself off takes none, and would report nothing for good.
if ! echo scan >"$KMEMLEAK" || ! sleep "${SCANS_APART:-6}" || ! echo scan >"$KMEMLEAK"; then
	echo "not ok 2 - kmemleak is off: it takes no scan"
elif ! leaks=$(cat "$KMEMLEAK"); then
	echo "not ok 2 - kmemleak could be read"
elif [ -n "$leaks" ]; then
	printf '%s\n' "$leaks" | sed 's/^/# /'
	echo "not ok 2 - kmemleak reports nothing"
else
	echo "ok 2 - kmemleak reports nothing"
fi
