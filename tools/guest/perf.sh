# SPDX-License-Identifier: GPL-2.0
# Job: perf, on squirrel. hoard takes 4000 objects of 300 bytes and keeps 3000, as a leak
# would; each of perf's ways must name who took them.
# shellcheck shell=dash

. ./result.sh

leak="insmod selftests/hoard.ko objects=4000 keep=3000 size=300"

recorded() { # recorded EVENT...
	local events=

	for e; do
		events="$events -e $e"
	done
	rmmod hoard 2>/dev/null
	# shellcheck disable=SC2086 # words
	perf record -a -q -m 4096 -o /tmp/data $events -- $leak
}

# Of squirrel's objects 4000 are told, with the call site in hoard. Of what lies in a
# module perf kmem shows the address: one in the first page of hoard's text.
kmem_stat() {
	local text

	recorded kmem:kmalloc kmem:kfree &&
		perf kmem -i /tmp/data --slab --caller --sort=hit -l 6 stat >/tmp/stat \
			2>/tmp/errors
	cat /tmp/stat /tmp/errors
	text=$(cat /sys/module/hoard/sections/.text)
	echo "hoard's text: $text"
	grep -q "^ *\(${text%???}\|hoard_\).* |  *4000 |" /tmp/stat
}

# What has come and not gone, by call site.
script_leak() {
	perf script -i /tmp/data -F event,trace 2>/dev/null | awk '
		{ p = $0; sub(/.*ptr=/, "", p); sub(/ .*/, "", p) }
		/kmalloc:/ && /bytes_req=300 / { s = $0; sub(/.*call_site=/, "", s)
			sub(/ ptr=.*/, "", s); site[p] = s }
		/kfree:/ { delete site[p] }
		END { for (p in site) n[site[p]]++; for (s in n) print n[s], s }' |
		sort -rn >/tmp/leaks
	cat /tmp/leaks
	head -n 1 /tmp/leaks | grep -q '^3000 hoard_'
}

own_events() {
	recorded squirrel:squirrel_alloc squirrel:squirrel_free squirrel:squirrel_refill \
		squirrel:squirrel_fetch || return 1
	perf script -i /tmp/data -F event,trace >/tmp/script 2>/dev/null
	head -n 4 /tmp/script
	[ "$(grep -c 'squirrel_alloc: .*name=hoard call_site=hoard_' /tmp/script)" -eq 4000 ] &&
		[ "$(grep -c 'squirrel_free: .*name=hoard' /tmp/script)" -eq 1000 ]
}

counted() {
	perf stat -a -e 'squirrel:*' -- sh -c "rmmod hoard; $leak" 2>&1
	perf stat -a -x , -e squirrel:squirrel_alloc -- sh -c "rmmod hoard; $leak" 2>&1 |
		grep '^4000,'
}

echo "KTAP version 1"
echo "1..4"
mount -t tracefs none /sys/kernel/tracing 2>/dev/null
export PATH=/bin:/usr/bin
for m in extra/*.ko; do
	[ ! -e "$m" ] || insmod "$m"
done
insmod squirrel.ko kmem_events=Y
check "perf kmem stat: who took them" kmem_stat
check "perf script of kmem:kmalloc: who leaks" script_leak
check "squirrel:* by perf record" own_events
check "squirrel:* by perf stat" counted
rmmod hoard
rmmod squirrel
exit $failed
