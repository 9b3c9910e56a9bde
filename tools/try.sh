#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# try.sh BOOT: one boot of boots.inc.sh, with its machine, words and limits. What it
# says is kept in build/boots/BOOT-JOB/out, and how many seconds it took beside it.
# SQ_ASIDE=1: what it says is shown when it is over, so that lines of several boots do
# not mix.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/boots.inc.sh"

[ $# -eq 1 ] || die "usage: tools/try.sh BOOT"
job=$(boot_job "$1") || die "there is no boot '$1'; see tools/boots.inc.sh"
dir=$(boot_dir "$1")
mkdir -p "$dir"
boot_machine "$1"
export SQ_BOOT=$1
export SQ_TIMEOUT=${SQ_TIMEOUT:-$(boot_limit "$1")}
export SQ_STILL=${SQ_STILL:-$(boot_still "$1")}
SQ_APPEND="$(boot_words "$1") squirrel_test_limit=$(boot_quiet "$1") ${SQ_APPEND:-}"
export SQ_APPEND

if [ -n "${SQ_ASIDE:-}" ]; then
	"$SQ_TOP/tools/job.sh" "$(boot_kernel "$1")" "$job" >"$dir/out" 2>&1 ||
		true
	flock "$SQ_BUILD/boots" cat "$dir/out"
else
	"$SQ_TOP/tools/job.sh" "$(boot_kernel "$1")" "$job" 2>&1 |
		tee "$dir/out" || true
fi
echo "$SECONDS" >"$dir/seconds"
