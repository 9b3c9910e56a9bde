# SPDX-License-Identifier: GPL-2.0
# Job: kselftest. Runs each executable selftests/*.sh with a shell of its own.
# A script prints KTAP; exit 0 is good, 4 is a skip ("1..0 # SKIP reason" tells
# why), anything else is a failure. With SQUIRREL_ONLY (a pattern) only the
# scripts whose name it matches are run.
# shellcheck shell=dash

only=$(cat only 2>/dev/null)
for m in extra/*.ko; do
	[ -e "$m" ] && insmod "$m"
done

n=0
for t in selftests/*.sh; do
	[ -x "$t" ] || continue
	name=$(basename "$t" .sh)
	# shellcheck disable=SC2254 # only is a pattern
	case $name in
	${only:-*}) ;;
	*) continue ;;
	esac
	n=$((n + 1))
	echo "# $name"
	start=$(cut -d. -f1 /proc/uptime)
	{
		sh "$t"
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
	*) echo "not ok $n - $name (exit $status, $took s)" ;;
	esac
done
echo "1..$n"
