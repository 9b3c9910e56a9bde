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

/* Whether struct kmem_cache_args has a sheaf_capacity. */
#define SQ_HAVE_SHEAVES		SQ_KERNEL_SINCE(6, 18)

/* Whether kvrealloc() wants to be told how large the memory is. */
#define SQ_KVREALLOC_TAKES_OLD	(!SQ_KERNEL_SINCE(6, 12))

/* Whether an object can be charged for later: kmem_cache_charge(). */
#define SQ_HAVE_CHARGE		SQ_KERNEL_SINCE(6, 12)

/* Whether there is kvmemdup(), and kmemdup_array() as a function. */
#define SQ_HAVE_KVMEMDUP	SQ_KERNEL_SINCE(6, 12)

/* Whether there is kfree_nolock() and kvfree_atomic(). */
#define SQ_HAVE_NOLOCK		SQ_KERNEL_SINCE(7, 3)

#endif /* _SQUIRREL_KERNEL_H */
