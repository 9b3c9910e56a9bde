# SPDX-License-Identifier: GPL-2.0
# Job: the commands of Documentation/tutorial.rst, in its order, and what they have to say.
# shellcheck shell=dash

n=0

# shows WORDS COMMAND: it is good, and says so, if there are WORDS.
shows() {
	n=$((n + 1))
	if sh -c "$2" >/tmp/shown 2>&1 && { [ -z "$1" ] || grep -q "$1" /tmp/shown; }; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		sed 's/^/# /' /tmp/shown
	fi
}

insmod squirrel.ko
shows 'acorn: ok' "insmod samples/acorn.ko; dmesg | grep -o 'acorn: .*'; rmmod acorn"
shows '' "./squirrel debug 'nut*' FZPU"
shows '' "insmod client/winter.ko"
shows '^ *1  *28  .* nut  *winter_gather+0x.*\[winter\]$' "./squirrel leaks"
shows '^#   # live ' "./squirrel map caches/nut"
shows '^#   A winter_gather+0x.*\[winter\]$' "./squirrel map caches/nut --by site"
shows '^ .* nut$' "./squirrel top -o"
shows "module 'winter' goes and leaves cache 'nut', 1 objects of it live" "rmmod winter; dmesg"
shows 'from winter_gather+0x.*\[winter\]' "dmesg | grep -A 1 \"cache 'nut': destroy refused\""
echo "1..$n"
