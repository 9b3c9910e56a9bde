# SPDX-License-Identifier: GPL-2.0
# Job: kselftest. Runs each selftests/*.sh that tools/pick.sh picked, with a shell
# of its own. A script prints KTAP; exit 0 is good, 4 is a skip ("1..0 # SKIP
# reason" tells why), anything else is a failure. One that says nothing any more is
# ended (limit.sh): no test is timed, the limit is there to tell which one hangs.
# shellcheck shell=dash

# Of boots.inc.sh; the last word is that of who wants one to last (make torture).
LIMIT=$(sed -n 's/.*squirrel_test_limit=\([0-9]*\).*/\1/p' /proc/cmdline)

for m in extra/*.ko; do
	[ -e "$m" ] && insmod "$m"
done

n=0
# shellcheck disable=SC2013 # names are words
for name in $(cat picked); do
	t=selftests/$name.sh
	n=$((n + 1))
	echo "# $name"
	start=$(cut -d. -f1 /proc/uptime)
	: >/tmp/script.log
	{
		sh limit.sh "${LIMIT:-300}" /tmp/script.log sh "$t"
		echo $? >/tmp/script.status
	} 2>&1 | tee /tmp/script.log |
		awk '!/^(KTAP version|1\.\.0)/ { print "    " $0; fflush() }'
	status=$(cat /tmp/script.status)
	took=$(($(cut -d. -f1 /proc/uptime) - start))
	case $status in
	0) echo "ok $n - $name ($took s)" ;;
	4)
		reason=$(sed -n 's/^1\.\.0 *# *SKIP *//p' /tmp/script.log)
		echo "ok $n - $name # SKIP $reason"
		;;
	137 | 143) echo "not ok $n - $name (no end after $took s)" ;;
	*) echo "not ok $n - $name (exit $status, $took s)" ;;
	esac
done
echo "1..$n"
