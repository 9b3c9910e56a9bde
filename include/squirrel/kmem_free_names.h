/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From here on kfree() and its relatives mean those of kmem_free.h: part of
 * <squirrel/kmem_cache.h> and <squirrel/kmalloc.h>, behind all that has to say the
 * kernel's names.
 */
#ifndef _SQUIRREL_KMEM_FREE_NAMES_H
#define _SQUIRREL_KMEM_FREE_NAMES_H

#include <linux/err.h>
#include <linux/slab.h>

#include <squirrel/kernel.h>
#include <squirrel/kmem_free.h>

/*
 * Object-like where the address may be taken. ksize is not: it is the name of
 * many a variable.
 */
#undef kfree
#define kfree			squirrel_kfree
#undef kvfree
#define kvfree			squirrel_kvfree
#undef kfree_const
#define kfree_const		squirrel_kfree_const
#undef kfree_sensitive
#define kfree_sensitive		squirrel_kfree_sensitive
#undef kvfree_sensitive
#define kvfree_sensitive	squirrel_kvfree_sensitive
#undef kfree_bulk
#define kfree_bulk		squirrel_kfree_bulk
#undef ksize
#define ksize(obj)		squirrel_ksize(obj)
#undef krealloc
#define krealloc		squirrel_krealloc
#undef krealloc_array
#define krealloc_array		squirrel_krealloc_array
#undef kvrealloc
#define kvrealloc		squirrel_kvrealloc
#undef kfree_rcu
#define kfree_rcu		squirrel_kfree_rcu
#undef kvfree_rcu
#define kvfree_rcu		squirrel_kfree_rcu
#undef kfree_rcu_mightsleep
#define kfree_rcu_mightsleep(ptr)	squirrel_kfree_rcu_0(ptr)
#undef kvfree_rcu_mightsleep
#define kvfree_rcu_mightsleep(ptr)	squirrel_kfree_rcu_0(ptr)

/* Whoever says this says it to a kernel that has it. */
#undef kvfree_rcu_barrier
#define kvfree_rcu_barrier()						\
do {									\
	squirrel_free_rcu_barrier();					\
	kvfree_rcu_barrier();						\
} while (0)

/* struct foo *p __free(kfree): the kernel's was made of the kernel's kfree() */
#ifdef DEFINE_FREE
DEFINE_FREE(squirrel_kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
#define __free_kfree		__free_squirrel_kfree
#endif
#if defined(DEFINE_FREE) && SQ_HAVE_FREE_KVFREE
DEFINE_FREE(squirrel_kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))
#define __free_kvfree		__free_squirrel_kvfree
#endif

#endif /* _SQUIRREL_KMEM_FREE_NAMES_H */
