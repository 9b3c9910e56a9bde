# SPDX-License-Identifier: GPL-2.0
# The objects of a module's folder on squirrel, whatever their sources look like: the
# names of the kernel's functions in them become those that squirrel_dropin.ko exports
# (dropin.syms). In the Kbuild of each folder:
#
#	include <path of this file>
#
# in front of it, if need be:
#
#	squirrel-dropin-kmalloc := y		kmalloc() and its relatives, too
#	squirrel-dropin-objs := foo.o bar.o	only these, and nothing that is linked
#						of them; else all, prebuilt ones too
#	squirrel-dropin-symvers := FILE		Module.symvers of squirrel's build, if
#						it is not named in KBUILD_EXTRA_SYMBOLS
#
# Each object is changed by the command that makes it, so what comes later (objtool,
# versions of symbols, modpost) sees the new names; the command is what make compares,
# so an object is made anew when the lists or the way to them have changed.
#
# Nothing is done where make was called in the module's folder, and not by Kbuild: what is
# compiled there are programs.

ifneq ($(filter %scripts/Makefile.build %scripts/Makefile.modpost %scripts/Makefile.clean,$(MAKEFILE_LIST)),)
sq-dropin-dir := $(dir $(lastword $(MAKEFILE_LIST)))
sq-dropin-lists := $(sq-dropin-dir)dropin.syms
ifeq ($(squirrel-dropin-kmalloc),y)
sq-dropin-lists += $(sq-dropin-dir)dropin-kmalloc.syms
endif

sq-dropin-comma := ,
sq-dropin-empty :=
sq-dropin-space := $(sq-dropin-empty) $(sq-dropin-empty)
# The sum makes it another command when a list is another, or this.
sq-dropin-sum := $(firstword $(shell cat $(sq-dropin-lists) \
			$(addprefix $(sq-dropin-dir),dropin.mk dropin.sh) | cksum))
sq-dropin-run := SQUIRREL_DROPIN=$(sq-dropin-sum) \
		sh $(sq-dropin-dir)dropin.sh $(OBJCOPY) \
		$(subst $(sq-dropin-space),$(sq-dropin-comma),$(strip \
			$(sq-dropin-lists)))

ifneq ($(squirrel-dropin-objs),)
sq-dropin-targets := $(addprefix $(obj)/,$(squirrel-dropin-objs))
else
sq-dropin-targets := %.o
endif

$(sq-dropin-targets): override CC := $(sq-dropin-run) $(CC)
$(sq-dropin-targets): override cmd_copy = cat $< > $@ && $(sq-dropin-run) -- $@
ifeq ($(squirrel-dropin-objs),)
$(sq-dropin-targets): override LD := $(sq-dropin-run) $(LD)
endif

# A copy has no command that make would compare. It is older than this, unless it was
# made with these lists.
sq-dropin-copies := $(patsubst $(src)/%_shipped,$(obj)/%,$(wildcard $(src)/*.o_shipped))
ifneq ($(sq-dropin-copies),)
sq-dropin-since := $(obj)/.dropin-$(sq-dropin-sum).cmd
$(shell test -e $(sq-dropin-since) || \
	{ rm -f $(obj)/.dropin-*.cmd; touch $(sq-dropin-since); })
$(sq-dropin-copies): $(sq-dropin-since)
endif

# modpost reads this as well, of the folder that make was given; else client.mk looks
KBUILD_EXTRA_SYMBOLS += $(squirrel-dropin-symvers)
include $(sq-dropin-dir)client.mk
endif
