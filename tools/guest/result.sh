# SPDX-License-Identifier: GPL-2.0
# For jobs that are more than selftests: a result said, or that of a command.
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

failed=0

check() { # check TITLE COMMAND...: what it says is shown, not all if that is much
	local title=$1 start status=0

	shift
	start=$(date +%s)
	"$@" >/tmp/said 2>&1 || status=1
	# shellcheck disable=SC2034 # the job ends with it
	[ $status -eq 0 ] || failed=1
	result $status "$title"
	echo "# $(($(date +%s) - start)) s"
	head -n 40 /tmp/said | sed 's/^/# /'
}
