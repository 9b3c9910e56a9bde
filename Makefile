# SPDX-License-Identifier: GPL-2.0
# For people. What the kernel's own build reads is Kbuild.

# The tree to build against: the running kernel's, else the test kernel's.
KDIR ?= $(wildcard /lib/modules/$(shell uname -r)/build)

.PHONY: all kernels run shell test bench bench-memory check clean help

all:
ifeq ($(KDIR),)
	@tools/build.sh stock
	@echo "built against the test kernel: build/stock/squirrel.ko"
else
	@KDIR='$(KDIR)' tools/build.sh module
	@echo "built against $(KDIR): build/module/squirrel.ko"
endif

kernels:
	@for k in stock uml kasan; do tools/kernel.sh $$k || exit 1; done

run:
	@tools/run.sh

shell:
	@tools/shell.sh $(KERNEL)

test:
	@SQ_ONLY='$(ONLY)' tools/test.sh $(BOOTS)

bench:
	@tools/bench.sh $(CLOCKS)

bench-memory:
	@tools/bench-memory.sh $(CLOCKS)

check:
	@tools/check.sh

clean:
	rm -rf build

help:
	@echo 'make           build the modules against KDIR (default: the running'
	@echo '               kernel, else the test kernel)'
	@echo 'make run       stock kernel in QEMU: load squirrel, replay a recorded'
	@echo '               trace, show the figures, unload'
	@echo 'make shell     the same kernel with squirrel loaded, and a prompt'
	@echo '               (KERNEL=uml, kasan: another one)'
	@echo 'make test      KUnit on UML (uml), also where all memory is cleared when'
	@echo '               it comes and goes (wipe), kselftest on the stock kernel'
	@echo '               (stock), both on a KASAN kernel (kasan), kselftest where'
	@echo '               memory is on some nodes and comes later (numa), and where'
	@echo '               no two free pages are neighbours (frag); storm and'
	@echo '               torture with interrupts between any two instructions'
	@echo '               (step)'
	@echo '               (BOOTS="uml stock": only those; kcsan: kselftest where'
	@echo '               data races are looked for; ONLY=pattern: only selftests'
	@echo '               of that name, in the boots they are for)'
	@echo 'make bench     what squirrel, SLUB and the floor cost, side by side; the'
	@echo '               results are left in build/bench (CLOCKS="insn mttcg":'
	@echo '               only those; also insn-defaults, ns)'
	@echo 'make bench-memory  what squirrel and SLUB hold while recorded traces are'
	@echo '               played; tables and plots are left in build/bench'
	@echo 'make check     checkpatch, sparse, warnings, kernel-doc, layer rule, and'
	@echo '               the tests of the tools'
	@echo 'make kernels   fetch and build the test kernels into the cache'
	@echo 'make clean     remove build/ (the kernels stay in the cache)'
