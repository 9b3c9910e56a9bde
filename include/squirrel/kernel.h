/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels squirrel is built for, as far as headers for
 * clients have to know: the rest is squirrel's own.
 */
#ifndef _SQUIRREL_KERNEL_H
#define _SQUIRREL_KERNEL_H

#include <linux/kconfig.h>
#include <linux/version.h>

#define SQ_KERNEL_SINCE(major, minor)					\
	(KERNEL_VERSION(major, minor, 0) <= LINUX_VERSION_CODE)

/*
 * Before 6.13 list_lru_add() follows a NULL pointer for an object whose page is
 * charged to a cgroup that the list was not set up for, and what sets it up is
 * in reach of the kernel's own allocator only. Since then it takes the list of
 * a cgroup further up, but not without a warning where CONFIG_DEBUG_VM is on.
 */
#if SQ_KERNEL_SINCE(6, 13) && !defined(CONFIG_DEBUG_VM)
#define SQ_CHARGED_IS_SAFE	1
#else
#define SQ_CHARGED_IS_SAFE	0
#endif

/* Whether <linux/slab.h> has a kvfree for __free() as well. */
#define SQ_HAVE_FREE_KVFREE	SQ_KERNEL_SINCE(6, 12)

#endif /* _SQUIRREL_KERNEL_H */
