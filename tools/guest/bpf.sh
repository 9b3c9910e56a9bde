# SPDX-License-Identifier: GPL-2.0
# Job: bpftrace and memleak-bpfcc, on squirrel. hoard takes 4000 objects of 300 bytes and
# keeps 3000, as a leak would; each must say so, and by whom.
# shellcheck shell=dash

. ./result.sh

leak="/bin/insmod selftests/hoard.ko objects=4000 keep=3000 size=300"

# By the tool's own map of who has what: one more when it comes, one less when it goes.
bpftrace_leak() {
	rmmod hoard 2>/dev/null
	BPFTRACE_MAP_KEYS_MAX=65536 bpftrace -c "$leak" -e '
		tracepoint:squirrel:squirrel_alloc {
			@site[args->ptr] = args->call_site;
			@live[args->name, ksym(args->call_site)] += 1;
			@calls[args->name] = count();
		}
		tracepoint:squirrel:squirrel_free {
			@live[args->name, ksym(@site[args->ptr])] -= 1;
			delete(@site[args->ptr]);
			@frees[args->name] = count();
		}
		END { clear(@site) }' || return 1
}

bpftrace_said() {
	bpftrace_leak >/tmp/bpftrace 2>&1
	cat /tmp/bpftrace
	grep -q '^@live\[hoard, hoard_[a-z]*\]: 3000$' /tmp/bpftrace &&
		grep -q '^@calls\[hoard\]: 4000$' /tmp/bpftrace &&
		grep -q '^@frees\[hoard\]: 1000$' /tmp/bpftrace
}

# What it prints first is that it has attached; then the leak may come.
memleak_said() {
	local tool

	rmmod hoard 2>/dev/null
	python3.11 -u /usr/sbin/memleak-bpfcc -T 3 10 1 >/tmp/memleak 2>&1 &
	tool=$!
	until grep -q '^Attaching to kernel' /tmp/memleak; do
		kill -0 $tool 2>/dev/null || break
		sleep 1
	done
	$leak
	wait $tool
	cat /tmp/memleak
	awk '
		/ allocations from stack/ { n = $4 }
		/hoard_take.*\[hoard\]/ && n == 3000 { found = 1 }
		END { exit !found }' /tmp/memleak
}

echo "KTAP version 1"
echo "1..2"
mount -t tracefs none /sys/kernel/tracing 2>/dev/null
export PATH=/bin:/usr/bin:/usr/sbin
for m in extra/*.ko; do
	[ ! -e "$m" ] || insmod "$m"
done
insmod squirrel.ko kmem_events=Y
check "bpftrace on squirrel:*: who leaks" bpftrace_said
check "memleak-bpfcc on kmem:*: who leaks" memleak_said
rmmod hoard
rmmod squirrel
exit $failed
