# SPDX-License-Identifier: GPL-2.0
# Sourced by the tests of the tools: what is wanted and what there is, and the sum.
# shellcheck shell=bash

passed=0
failed=0

# expect TITLE WANTED GOT
expect() {
	if [ "$2" = "$3" ]; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		printf 'not ok - %s: wanted "%s", got "%s"\n' "$1" "$2" "$3"
	fi
}
