/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kmalloc() and its relatives on squirrel's default heap: part of
 * <squirrel/kmalloc.h>, which gives them the kernel's names.
 */
#ifndef _SQUIRREL_KMALLOC_CALLS_H
#define _SQUIRREL_KMALLOC_CALLS_H

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <squirrel/kmem_handle.h>
#include <squirrel/squirrel.h>

/*
 * Small memory that a cgroup is to be charged for is the kernel's: nobody is charged
 * for less than whole pages of squirrel's.
 */
static __always_inline bool squirrel_kmalloc_theirs(size_t size, gfp_t gfp)
{
	return IS_ENABLED(CONFIG_MEMCG) && unlikely(gfp & __GFP_ACCOUNT) &&
	       size <= SQUIRREL_CLASS_MAX_SIZE;
}

static __always_inline void *squirrel_kmalloc(size_t size, gfp_t gfp)
{
	if (squirrel_kmalloc_theirs(size, gfp))
		return kmalloc(size, gfp);
	return squirrel_alloc(size, gfp);
}

static __always_inline void *squirrel_kmalloc_node(size_t size, gfp_t gfp,
						   int node)
{
	if (squirrel_kmalloc_theirs(size, gfp))
		return kmalloc_node(size, gfp, node);
	return squirrel_alloc_node(size, gfp, squirrel_kmem_node(gfp, node));
}

static __always_inline void *squirrel_kzalloc(size_t size, gfp_t gfp)
{
	return squirrel_kmalloc(size, gfp | __GFP_ZERO);
}

static __always_inline void *squirrel_kzalloc_node(size_t size, gfp_t gfp,
						   int node)
{
	return squirrel_kmalloc_node(size, gfp | __GFP_ZERO, node);
}

static __always_inline void *squirrel_kmalloc_array_node(size_t n, size_t size,
							 gfp_t gfp, int node)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return squirrel_kmalloc_node(bytes, gfp, node);
}

static __always_inline void *squirrel_kmalloc_array(size_t n, size_t size,
						    gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return squirrel_kmalloc(bytes, gfp);
}

static __always_inline void *squirrel_kcalloc(size_t n, size_t size, gfp_t gfp)
{
	return squirrel_kmalloc_array(n, size, gfp | __GFP_ZERO);
}

static __always_inline void *squirrel_kcalloc_node(size_t n, size_t size,
						   gfp_t gfp, int node)
{
	return squirrel_kmalloc_array_node(n, size, gfp | __GFP_ZERO, node);
}

/* ---- far, if need be -------------------------------------------------------- */

/*
 * As the kernel: no effort for whole pages in one piece, as there is another way.
 * What squirrel has not, or is not asked for, kvmalloc() has.
 */
static inline void *squirrel_kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	gfp_t near = gfp;
	void *obj = NULL;

	if (size > PAGE_SIZE) {
		near |= __GFP_NOWARN;
		if (!(near & __GFP_RETRY_MAYFAIL))
			near |= __GFP_NORETRY;
		near &= ~__GFP_NOFAIL;
	}
	if (size <= SQUIRREL_MAX_SIZE && !squirrel_kmalloc_theirs(size, gfp))
		obj = squirrel_alloc_node(size, near,
					  squirrel_kmem_node(gfp, node));
	return obj ? obj : kvmalloc_node(size, gfp, node);
}

static inline void *squirrel_kvmalloc(size_t size, gfp_t gfp)
{
	return squirrel_kvmalloc_node(size, gfp, NUMA_NO_NODE);
}

static inline void *squirrel_kvzalloc(size_t size, gfp_t gfp)
{
	return squirrel_kvmalloc(size, gfp | __GFP_ZERO);
}

static inline void *squirrel_kvzalloc_node(size_t size, gfp_t gfp, int node)
{
	return squirrel_kvmalloc_node(size, gfp | __GFP_ZERO, node);
}

static inline void *squirrel_kvmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return squirrel_kvmalloc(bytes, gfp);
}

static inline void *squirrel_kvcalloc(size_t n, size_t size, gfp_t gfp)
{
	return squirrel_kvmalloc_array(n, size, gfp | __GFP_ZERO);
}

#endif /* _SQUIRREL_KMALLOC_CALLS_H */
