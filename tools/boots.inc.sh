# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts of tools/: the boots of `make test`, each a kernel, a job
# of tools/guest and a machine. A selftest says in its header which ones it is for:
#
#	# boots: numa
#
# One without such a line is for stock, kasan and kcsan.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts that source this one
BOOTS_DEFAULT=(uml wipe stock kasan numa frag step)
BOOTS_PLAIN="stock kasan kcsan"

# boot_job BOOT: what it runs; fails if there is no such boot.
boot_job() {
	case $1 in
	uml | wipe) echo kunit ;;
	stock | kcsan | numa | frag | step) echo test ;;
	kasan) echo testall ;;
	*) return 1 ;;
	esac
}

# job_of BOOT: who picks selftests wants those, and not KUnit in the same boot.
job_of() {
	local job

	job=$(boot_job "$1")
	[ -z "${SQ_ONLY:-}" ] || [ "$job" != testall ] || job="test"
	echo "$job"
}

boot_kernel() {
	case $1 in
	wipe) echo uml ;;
	numa | frag | step) echo stock ;;
	*) echo "$1" ;;
	esac
}

boot_limit() {
	case $1 in
	uml | wipe | numa | frag | step) echo 600 ;;
	stock) echo 1200 ;;
	kasan | kcsan) echo 2400 ;;
	esac
}

# boot_still BOOT: how long it may be without a new line of any log, in seconds: as
# long as a selftest may take (tools/guest/test.sh), and more.
boot_still() {
	case $1 in
	kasan | kcsan) echo 900 ;;
	*) echo 330 ;;
	esac
}

# Those that take one CPU, or a minute, run beside the others.
boot_beside() {
	[[ $1 == uml || $1 == wipe || $1 == numa || $1 == frag || $1 == step ]]
}

# boot_words BOOT: for the kernel's command line. With wipe all memory is cleared
# when it is allocated and when it is freed. KCSAN watches one access in 500 then
# (4000 by default). What numa has plugged in stays offline until a test wants
# it, and what the kernel warns of there is its end. A cache of SLUB's that frag
# compares with is one of its own. In step, tests take it as a slow kernel.
boot_words() {
	case $1 in
	wipe) echo "init_on_alloc=1 init_on_free=1" ;;
	kcsan) echo "kcsan.skip_watch=500" ;;
	numa) echo "memhp_default_state=offline panic_on_warn=1" ;;
	frag) echo "slab_nomerge" ;;
	step) echo "squirrel_test_slow" ;;
	esac
}

# boot_machine BOOT: sets what boot.sh wants to know of the machine.
#
# numa: node 0 has a CPU and memory, node 1 a CPU and no memory at boot, node 2
# memory only, node 3 is possible but never there. Two DIMMs are plugged in: of
# node 0 right above the rest, as far as this machine goes, and of node 1 at 32
# TiB. Emulated always: the CPU at hand may not reach that far.
#
# frag: one CPU, and so little memory that a test can take all of it.
#
# step: from the first test on, QEMU translates one instruction at a time. Interrupts
# come between what was translated together, so only here between any two of them.
boot_machine() {
	case $1 in
	numa)
		export SQ_MEMORY=768 SQ_ACCEL=tcg SQ_CPU="phys-bits=46"
		export SQ_MACHINE="-m slots=4,maxmem=40T
			-object memory-backend-ram,id=ram0,size=512M
			-object memory-backend-ram,id=ram2,size=256M
			-numa node,nodeid=0,cpus=0,memdev=ram0
			-numa node,nodeid=1,cpus=1
			-numa node,nodeid=2,memdev=ram2
			-numa node,nodeid=3
			-object memory-backend-ram,id=ram8,size=512M
			-device pc-dimm,id=near,memdev=ram8,node=0
			-object memory-backend-ram,id=ram9,size=256M
			-device pc-dimm,id=far,memdev=ram9,node=1,addr=0x200000000000"
		;;
	frag)
		export SQ_MEMORY=384 SQ_SMP=1
		;;
	step)
		export SQ_STEP=1 SQ_ACCEL=tcg
		;;
	esac
}

boot_dir() {
	echo "$SQ_BUILD/boots/$1-$(job_of "$1")"
}
