# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts of tools/: the boots of `make test`, each a kernel, a job
# of tools/guest and a machine. A selftest says in its header which ones it is for:
#
#	# boots: numa
#
# One without such a line is for stock, kasan and kcsan.
# shellcheck shell=bash

# shellcheck disable=SC2034 # for the scripts that source this one
BOOTS_DEFAULT=(uml wipe trust stock kasan kasan-unit numa frag step bare)
BOOTS_PLAIN="stock kasan kcsan"

# The kernels of `make test-all`. Each is a boot of its name, which runs the selftests
# that are for stock; NAME-torture is a second one, for those that take longest, and
# NAME-unit one for KUnit.
# shellcheck disable=SC2034 # for the scripts that source this one
MATRIX_KERNELS=(6.1 6.12 7.3 rt rt-6.12 rt-debug arm64 arm64-16k arm64-64k)
# shellcheck disable=SC2034
MATRIX_LONG='(storm|torture)'

# in_matrix NAME
in_matrix() {
	[[ " ${MATRIX_KERNELS[*]} " == *" $1 "* ]]
}

# boot_like BOOT: the boot whose tests it runs.
boot_like() {
	if in_matrix "${1%-torture}"; then
		echo stock
	else
		echo "$1"
	fi
}

# boot_job BOOT: what it runs; fails if there is no such boot.
boot_job() {
	if in_matrix "${1%-torture}"; then
		echo test
		return
	elif in_matrix "${1%-unit}"; then
		echo kunit
		return
	fi
	case $1 in
	uml | uml-gcov | wipe | trust | kasan-unit) echo kunit ;;
	stock | kasan | kcsan | numa | frag | step | bare) echo test ;;
	*) return 1 ;;
	esac
}

boot_kernel() {
	case $1 in
	6.1 | 6.1-*) echo stock ;;
	wipe | trust) echo uml ;;
	numa | frag | step | bare) echo stock ;;
	kasan-unit) echo kasan ;;
	*-unit) echo "${1%-unit}" ;;
	*-torture) echo "${1%-torture}" ;;
	*) echo "$1" ;;
	esac
}

# boot_slow BOOT: does everything take several times as long there?
boot_slow() {
	case $1 in
	kasan | kasan-unit | kcsan | step | rt | rt-* | arm64*) ;;
	*) return 1 ;;
	esac
}

# boot_quiet BOOT: how long a selftest may go without a line before it is ended, in
# seconds (tools/guest/test.sh).
boot_quiet() {
	if boot_slow "$1"; then
		echo 800
	else
		echo 300
	fi
}

# boot_still BOOT: how long it may be without a new line of any log: a bit longer.
boot_still() {
	local quiet

	quiet=$(boot_quiet "$1")
	echo $((quiet + quiet / 10))
}

# boot_limit BOOT: how long it may take in all, in seconds: about ten times what it takes
# on a machine that emulates everything and has nothing else to do. One that hangs is
# found sooner, by boot_still.
boot_limit() {
	case $1 in
	uml | uml-gcov | wipe | trust | numa | frag | step | bare) echo 1800 ;;
	*)
		if boot_slow "$1"; then
			echo 7200
		else
			echo 3600
		fi
		;;
	esac
}

# The longest first: some run side by side, and the short ones fill the gap at the end.
BOOTS_BY_LENGTH="kcsan kasan arm64 arm64-16k arm64-64k rt-debug rt rt-6.12 7.3 6.12 6.1 stock
	kasan-unit arm64-64k-unit rt-debug-unit bare step frag numa uml wipe trust"

# boot_words BOOT: for the kernel's command line. With wipe all memory is cleared
# when it is allocated and when it is freed; with trust, squirrel does not look at
# pointers when they are freed; in bare neither is done, and who allocates has to
# reclaim. squirrel_test_load is how squirrel is loaded unless a test says otherwise.
# KCSAN watches one access in 500 then (4000 by default). What numa has plugged in
# stays offline until a test wants it, and what the kernel warns of there is its
# end. A cache of SLUB's that frag compares with is one of its own. In step, tests
# take it as a slow kernel.
boot_words() {
	case $1 in
	wipe) echo "init_on_alloc=1 init_on_free=1" ;;
	trust) echo "squirrel_test_load=hardened=0" ;;
	kasan) echo "kasan_multi_shot" ;;
	kcsan) echo "kcsan.skip_watch=500" ;;
	numa) echo "memhp_default_state=offline panic_on_warn=1" ;;
	frag) echo "slab_nomerge" ;;
	step) echo "squirrel_test_slow" ;;
	bare)
		echo "init_on_alloc=0 init_on_free=0" \
			"squirrel_test_load=hardened=0,reclaim=series"
		;;
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
# bare: two nodes like most servers have, each with a CPU and memory.
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
		export SQ_MEMORY=512 SQ_SMP=1
		;;
	bare)
		export SQ_MEMORY=1536
		export SQ_MACHINE="
			-object memory-backend-ram,id=ram0,size=768M
			-object memory-backend-ram,id=ram1,size=768M
			-numa node,nodeid=0,cpus=0,memdev=ram0
			-numa node,nodeid=1,cpus=1,memdev=ram1"
		;;
	step)
		export SQ_STEP=1 SQ_ACCEL=tcg
		;;
	esac
}

boot_dir() {
	echo "$SQ_BUILD/boots/$1-$(boot_job "$1")"
}
