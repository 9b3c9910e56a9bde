# SPDX-License-Identifier: GPL-2.0
# For people. What the kernel's own build reads is Kbuild.

# The tree to build against: the running kernel's, else the test kernel's.
KDIR ?= $(wildcard /lib/modules/$(shell uname -r)/build)

.PHONY: all kernels run picture shell test test-all bench bench-memory defects check clean help
.PHONY: torture coverage htmldocs man demo test-perf test-drgn test-tutorial
.PHONY: modules_install install install-tools uninstall deb test-package test-clients
.PHONY: test-wide

all:
ifeq ($(KDIR),)
	@tools/build.sh stock
	@echo "built against the test kernel: build/stock/squirrel.ko"
else
	@KDIR='$(KDIR)' tools/build.sh module
	@echo "built against $(KDIR): build/module/squirrel.ko"
endif

modules_install:
	@KDIR='$(KDIR)' DESTDIR='$(or $(DESTDIR),$(INSTALL_MOD_PATH))' tools/install.sh modules

install:
	@KDIR='$(KDIR)' DESTDIR='$(DESTDIR)' tools/install.sh all

install-tools:
	@$(MAKE) -s -C tools/squirrel O='$(CURDIR)/build/squirrel' $(if $(PREFIX),PREFIX='$(PREFIX)') \
		DESTDIR='$(DESTDIR)' install

uninstall:
	@KDIR='$(KDIR)' DESTDIR='$(DESTDIR)' tools/install.sh remove

deb:
	@tools/package/deb.sh

test-package:
	@tools/test-package.sh

kernels:
	@for k in stock uml kasan; do tools/kernel.sh $$k || exit 1; done

run:
	@tools/run.sh

picture:
	@tools/picture.sh

demo:
	@tools/demo.sh

shell:
	@SQ_CLIENT='$(CLIENT)' tools/shell.sh $(KERNEL)

test:
	@SQ_ONLY='$(ONLY)' tools/test.sh $(BOOTS)

test-all:
	@SQ_FRESH='$(FRESH)' tools/test-all.sh $(KERNELS)

torture:
	@SQ_MINUTES='$(MINUTES)' $(if $(CPUS),SQ_SMP='$(CPUS)') tools/torture.sh $(BOOTS)

coverage:
	@tools/coverage.sh

test-perf:
	@tools/test-perf.sh

test-drgn:
	@tools/test-drgn.sh

test-tutorial:
	@tools/test-tutorial.sh

test-clients:
	@SQ_FORM='$(FORM)' SQ_BUSTED='$(BUSTED)' SQ_ROUNDS='$(ROUNDS)' \
		tools/test-clients.sh $(KERNEL) $(CLIENTS)

test-wide:
	@SQ_FORM='$(FORM)' SQ_ONLY='$(ONLY)' SQ_BUSTED='$(BUSTED)' tools/test-wide.sh

bench:
	@SQ_KERNEL='$(KERNEL)' tools/bench.sh $(CLOCKS)

bench-memory:
	@SQ_KERNEL='$(KERNEL)' tools/bench-memory.sh $(CLOCKS)

htmldocs:
	@tools/docs.sh html

man:
	@tools/docs.sh man

defects:
	@tools/defects.sh $(if $(LANES),-j $(LANES)) $(foreach n,$(NAMES),'$(n)')

check:
	@tools/check.sh

clean:
	rm -rf build

help:
	@echo 'make           build the modules against KDIR (default: the running'
	@echo '               kernel, else the test kernel)'
	@echo 'make install   the modules, and what clients need, for the kernel of KDIR'
	@echo '               (DESTDIR: below that; make modules_install: the modules'
	@echo '               alone; make uninstall: takes all of it away)'
	@echo 'make install-tools  the command squirrel, its man page and completion for bash'
	@echo '               (PREFIX: /usr/local; DESTDIR: below that)'
	@echo 'make deb       the Debian packages squirrel-dkms and squirrel-tools, in'
	@echo '               build/package'
	@echo 'make test-package  the package and make install, in a small Debian of their'
	@echo '               own: install, build, load, clients, upgrade, removal'
	@echo 'make run       stock kernel in QEMU: replay a recorded trace on squirrel and'
	@echo '               on SLUB, show what both hold and where, unload'
	@echo 'make picture   makes Documentation/map.svg anew, from such a run'
	@echo 'make demo      three minutes of squirrel in that kernel, nobody typing,'
	@echo '               and Documentation/demo.svg anew'
	@echo 'make shell     the same kernel with squirrel loaded, and a prompt'
	@echo '               (KERNEL=uml, kasan: another one; CLIENT=FOLDER: with the modules'
	@echo '               of that folder, built for it)'
	@echo 'make test      all tests; the boots, side by side:'
	@echo '               uml    KUnit, natively (User Mode Linux)'
	@echo '               wipe   the same with init_on_alloc=1 init_on_free=1'
	@echo '               trust  the same with squirrel.hardened=0'
	@echo '               kasan-unit  the same on a KASAN kernel'
	@echo '               stock  kselftest on the stock kernel'
	@echo '               kasan  the same on a KASAN kernel'
	@echo '               numa   memory on some nodes, and some that comes later'
	@echo '               frag   no two free pages are neighbours'
	@echo '               step   interrupts between any two instructions'
	@echo '               bare   two nodes, hardened=0, series, init_on_alloc=0'
	@echo '               kcsan  only if asked for: looks for data races'
	@echo '               arm64, arm64-16k, arm64-64k  only if asked for: kselftest on'
	@echo '                      arm64, pages of 4, 16, 64 KiB; arm64-64k-unit: KUnit'
	@echo '               make test BOOTS="uml stock": only those'
	@echo "               make test ONLY='mis*': only tests of that name, in the"
	@echo '               boots they are for; a name is one of selftests/*.sh or a'
	@echo '               module of kunit/Kbuild'
	@echo '               make test BOOTS=stock ONLY=misuse: one test, one boot'
	@echo 'make test-all  the same selftests, KUnit and clients on each kernel, as a table'
	@echo '               (KERNELS="6.1 6.12 7.3 rt rt-6.12 rt-debug arm64 arm64-16k'
	@echo '               arm64-64k": only those); done cells are kept, FRESH=1 starts anew'
	@echo 'make torture   all contexts, all interfaces, all changes at once, a minute a boot'
	@echo '               (MINUTES=10 CPUS=4 BOOTS="stock kasan kcsan step")'
	@echo 'make coverage  KUnit once more, and which lines of src/ it runs, as a table'
	@echo 'make test-perf  perf, bpftrace and memleak-bpfcc on squirrel, in the stock'
	@echo '               kernel: a leak by its call site'
	@echo 'make test-drgn  tools/drgn/squirrel.py on a running kernel and on a dump of it'
	@echo 'make test-tutorial  the client of Documentation/tutorial.rst, built and'
	@echo '               run as it is told there'
	@echo 'make test-clients  ext4, squashfs, wireguard, jool, apfs, f2fs, netfilter, dm,'
	@echo '               writeboost, as they are shipped, on squirrel and on SLUB: the'
	@echo '               same work, and a table'
	@echo '               (CLIENTS="ext4 jool": only those; KERNEL=clients-kasan: under'
	@echo '               KASAN; FORM=kmalloc, header: another drop-in; ROUNDS=1)'
	@echo 'make test-wide  whole folders of the kernel as they are, on squirrel: each module is'
	@echo "               loaded, many are used, and all unloaded (ONLY='fs/*': such folders;"
	@echo '               FORM=object, header: without kmalloc)'
	@echo 'make bench     what squirrel, SLUB and the floor cost, side by side; the'
	@echo '               results are left in build/bench (CLOCKS="insn mttcg":'
	@echo '               only those; also insn-cold, insn-defaults, insn-irqs,'
	@echo '               insn-frag, ns); KERNEL=7.3: on another kernel of test-all'
	@echo 'make bench-memory  what squirrel and SLUB hold while recorded traces are'
	@echo '               played; tables and plots are left in build/bench'
	@echo '               (KERNEL=7.3: on another kernel of test-all)'
	@echo 'make defects   plant the defects of tools/defects one at a time, and say which'
	@echo '               of them the tests do not see; hours (NAMES="1* *trim*": only'
	@echo '               those; LANES=2: two at a time); results in build/defects'
	@echo 'make check     checkpatch, sparse, warnings, kernel-doc, layer rule, and'
	@echo '               the tests of the tools'
	@echo 'make htmldocs  Documentation and the API as web pages, in build/htmldocs'
	@echo 'make man       man pages of the API and of the command, in build/man'
	@echo 'make kernels   fetch and build the test kernels into the cache'
	@echo 'make clean     remove build/ (the kernels stay in the cache)'
