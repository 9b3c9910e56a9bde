# SPDX-License-Identifier: GPL-2.0
# For jobs whose tests are more than one command each.
# shellcheck shell=dash

n=0

result() { # result STATUS TITLE
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
	fi
}
