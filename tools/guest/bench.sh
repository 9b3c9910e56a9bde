# SPDX-License-Identifier: GPL-2.0
# Job: the benchmark. The word sqbench=insn|insn-irqs|ns|mttcg on the kernel's command
# line says by what clock, and so which groups of rows. A row is printed as
# "row CASE SIZE SUBJECT PER_OP"; each group of rows is one test.
# shellcheck shell=dash

STATS=/sys/kernel/debug/squirrel/reclaim/stats
. ./result.sh

# groups PARAMETERS GROUP...: measure each GROUP.
groups() {
	params=$1
	shift
	for group in "$@"; do
		dmesg -c >/dev/null
		# shellcheck disable=SC2086 # params are words
		insmod extra/bench.ko "cases=$group" $params
		status=$?
		dmesg | sed -n -e 's/^.*bench: row /row /p'
		[ "$status" -ne 0 ] || rmmod bench
		result "$status" "rows of $group $params"
	done
}

# load PARAMETERS and unload: squirrel itself.
load() {
	# shellcheck disable=SC2086 # words
	insmod squirrel.ko $1
	result $? "insmod squirrel $1"
}

unload() {
	rmmod squirrel
	result $? "rmmod squirrel"
}

asked() {
	sed -n 's/^runs_asked: //p' "$STATS"
}

tail_busy() {
	before=$(asked)
	groups "" tail-busy
	[ $(($(asked) - before)) -gt 1000 ]
	result $? "the reclaimer was busy meanwhile"
}

clock=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^sqbench=//p')
case $clock in
insn)
	load
	groups "" pair batch bulk heap large irq live arena tail-off
	tail_busy
	unload
	load hardened=0
	groups suffix=-trusted pair batch bulk heap
	unload
	;;
insn-irqs)
	load
	groups "" irqs-off
	unload
	;;
ns)
	load
	groups native=1 pair batch bulk heap large live
	unload
	;;
mttcg)
	load
	groups native=1 cpus
	unload
	;;
*)
	echo "Bail out! no clock named '$clock'"
	exit 1
	;;
esac
echo "1..$n"
