#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# torture.sh [BOOT...]: selftests/torture.sh for SQ_MINUTES each, on SQ_SMP CPUs; the
# boots are those of boots.inc.sh that it is for. Ends with what each run said, and how
# many operations there were.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

minutes=${SQ_MINUTES:-1}
[[ $minutes =~ ^[1-9][0-9]*$ ]] || die "MINUTES is a number, not '$minutes'"
[ $# -gt 0 ] || set -- stock kasan step
export SQ_ONLY=torture
export SQ_SMP=${SQ_SMP:-2}
export SQ_APPEND="squirrel_torture_seconds=$((minutes * 60)) squirrel_test_limit=$((minutes * 60 + 900))"
# Nothing is written while it lasts.
export SQ_STILL=$((minutes * 60 + 1200))
export SQ_TIMEOUT=$((minutes * 60 + 7200))

status=0
"$SQ_TOP/tools/test.sh" "$@" || status=$?
total=0
for b in "$@"; do
	log=$(boot_dir "$b")/result.log
	grep -ah '# torture: ' "$log" | grep -av busted | head -n 1 | sed "s/^ */$b: /"
	n=$(sed -n 's/.* ops=\([0-9]*\) .*/\1/p' "$log" | head -n 1)
	total=$((total + ${n:-0}))
done
echo "$total operations on $SQ_SMP CPUs"
exit $status
