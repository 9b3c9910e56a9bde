# SPDX-License-Identifier: GPL-2.0
# All sources of a module's folder on <squirrel/kmem_cache.h>, whether or not they
# have a pr_fmt of their own. In its Kbuild, behind other lines on ccflags-y:
#
#	include /usr/src/squirrel/include/squirrel/kmem_cache.mk
#
# or where else this file is. It includes client.mk, which says where squirrel is.
#
# With "squirrel-kmalloc := y" in front of it, on <squirrel/kmalloc.h> as well.
#
# The header has <linux/printk.h> come first, which defines pr_fmt where nobody
# has. The compiler has no way to take that back silently, so the preprocessor is
# asked, once for each source, who is the first to define it without the header. What
# is on the command line (-D) comes before the header and stays.

ifneq ($(filter %scripts/Makefile.build %scripts/Makefile.modpost %scripts/Makefile.clean,$(MAKEFILE_LIST)),)
sq-include := $(patsubst %/squirrel/,%,$(dir $(lastword $(MAKEFILE_LIST))))
include $(sq-include)/squirrel/client.mk
sq-ccflags := $(ccflags-y)

sq-pr-fmt-of = $(shell $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) \
		$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(EXTRA_CFLAGS) \
		$(sq-ccflags) $(CFLAGS_$(target-stem).o) -DMODULE -DKBUILD_MODNAME='"m"' \
		-E -dD $(1) 2>/dev/null | awk ' \
		length($$1) == 1 && $$2 ~ /^[0-9]+$$/ { file = $$3 } \
		$$1 ~ /define$$/ && $$2 ~ /^pr_fmt/ { \
			if (file !~ "/linux/printk.h" && \
			    file !~ "<command-line>") \
				print "-DSQUIRREL_KMEM_CACHE_OWN_PR_FMT"; \
			exit }')

# Make asks for the flags several times
sq-own-pr-fmt = $(if $(sq-asked-$(1)),,$(eval sq-asked-$(1) := y)$(eval \
		sq-found-$(1) := $(call sq-pr-fmt-of,$(1))))$(sq-found-$(1))

ccflags-y = $(sq-ccflags) -I$(sq-include) \
	    -include $(sq-include)/squirrel/kmem_cache.h \
	    $(if $(filter y,$(squirrel-kmalloc)), \
	    -include $(sq-include)/squirrel/kmalloc.h) \
	    $(call sq-own-pr-fmt,$(filter %.c,$<))
endif
