# SPDX-License-Identifier: GPL-2.0
# What a client needs to be built against squirrel: where its headers are, and what it
# exports on the kernel that is being built for. One line in the client's Kbuild, the one
# at the top if there are several:
#
#	include /usr/src/squirrel/include/squirrel/client.mk
#
# Of the files Module.symvers that fit the kernel the first is taken: the one that
# "make install" left beside this tree, DKMS' own, one that was built in this checkout.
# SQUIRREL_SYMVERS names another.
#
# A Makefile may be that of a module's author at the same time, who calls make in its
# folder: nothing is said or done there. ($(srctree) does not tell: who is called by a kernel's
# "make install" has it, too.)

ifneq ($(filter %scripts/Makefile.build %scripts/Makefile.modpost %scripts/Makefile.clean,$(MAKEFILE_LIST)),)
ifndef sq-client-tree
sq-client-tree := $(realpath $(dir $(lastword $(MAKEFILE_LIST)))../..)

# For the folders below the client's as well
subdir-ccflags-y += -I$(sq-client-tree)/include

# A build in a checkout fits if it was made with the same kernel tree; the last one counts.
sq-client-builds = $(foreach m,$(shell ls -t $(sq-client-tree)/build/*/.squirrel-kdir \
			2>/dev/null), \
		$(if $(filter $(realpath $(objtree)), \
			$(realpath $(firstword $(file <$(m))))), \
			$(wildcard $(dir $(m))Module.symvers)))

sq-client-symvers = $(firstword \
		$(wildcard $(sq-client-tree)/symvers/$(KERNELRELEASE)/Module.symvers) \
		$(wildcard $(or $(dkms_tree),/var/lib/dkms)/squirrel/kernel-$(KERNELRELEASE)-*/Module.symvers) \
		$(sq-client-builds))

# Squirrel's own tests are built in one go with it, and to clean needs nothing. Who gives
# KBUILD_EXTRA_SYMBOLS himself knows where it is.
ifeq ($(filter $(sq-client-tree),$(realpath $(KBUILD_EXTMOD)))$(filter \
		%/Makefile.clean,$(MAKEFILE_LIST))$(KBUILD_EXTRA_SYMBOLS),)
SQUIRREL_SYMVERS ?= $(sq-client-symvers)
ifeq ($(wildcard $(SQUIRREL_SYMVERS)),)
$(error $(if $(SQUIRREL_SYMVERS),there is no $(SQUIRREL_SYMVERS),squirrel is \
	not built for kernel $(KERNELRELEASE); see $(sq-client-tree)/include/squirrel/client.mk))
endif
KBUILD_EXTRA_SYMBOLS := $(SQUIRREL_SYMVERS)
endif
endif
endif
