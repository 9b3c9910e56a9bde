// SPDX-License-Identifier: GPL-2.0
/*
 * Objects of a cache, one or many, and mempools of them. What is not squirrel's goes
 * to the function behind the kernel's macro, so that the caller's name stays with it.
 */
#include <linux/mempool.h>
#include <linux/slab.h>

#include <squirrel/kernel.h>
#include <squirrel/kmem_free.h>
#include <squirrel/kmem_handle.h>
#include <squirrel/kmem_objects.h>
#include <squirrel/squirrel.h>

#include "redirect.h"

SQ_DROPIN_EXPORT(SQ_KERNELS(kmem_cache_alloc));
void notrace *SQ_DROPIN(SQ_KERNELS(kmem_cache_alloc))(struct kmem_cache *s,
						      gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc(squirrel_kmem_cache(s), gfp);
	return SQ_KERNELS(kmem_cache_alloc)(s, gfp);
}

SQ_DROPIN_EXPORT(SQ_KERNELS(kmem_cache_alloc_lru));
void notrace *SQ_DROPIN(SQ_KERNELS(kmem_cache_alloc_lru))(struct kmem_cache *s,
							  struct list_lru *lru,
							  gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc(squirrel_kmem_cache(s), gfp);
	return SQ_KERNELS(kmem_cache_alloc_lru)(s, lru, gfp);
}

SQ_DROPIN_EXPORT(SQ_KERNELS(kmem_cache_alloc_node));
void *SQ_DROPIN(SQ_KERNELS(kmem_cache_alloc_node))(struct kmem_cache *s,
						   gfp_t gfp, int node)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc_node(squirrel_kmem_cache(s), gfp,
						 squirrel_kmem_node(gfp, node));
	return SQ_KERNELS(kmem_cache_alloc_node)(s, gfp, node);
}

SQ_DROPIN_EXPORT(kmem_cache_free);
void notrace squirrel_dropin_kmem_cache_free(struct kmem_cache *s, void *obj)
{
	if (likely(squirrel_kmem_ours(s)))
		squirrel_cache_free(squirrel_kmem_cache(s), obj);
	else
		kmem_cache_free(s, obj);
}

/* An int, or since 7.3 a bool: the number asked for, or 0. */
SQ_DROPIN_EXPORT(SQ_KERNELS(kmem_cache_alloc_bulk));
typeof(SQ_KERNELS(kmem_cache_alloc_bulk)(NULL, 0, 0, NULL))
SQ_DROPIN(SQ_KERNELS(kmem_cache_alloc_bulk))(struct kmem_cache *s, gfp_t gfp,
					     size_t n, void **objs)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc_bulk(squirrel_kmem_cache(s), gfp, n,
						 objs);
	return SQ_KERNELS(kmem_cache_alloc_bulk)(s, gfp, n, objs);
}

SQ_DROPIN_EXPORT(kmem_cache_free_bulk);
void squirrel_dropin_kmem_cache_free_bulk(struct kmem_cache *s, size_t n,
					  void **objs)
{
	if (likely(squirrel_kmem_ours(s)))
		squirrel_cache_free_bulk(squirrel_kmem_cache(s), n, objs);
	else if (!s)
		squirrel_kfree_bulk(n, objs);
	else
		kmem_cache_free_bulk(s, n, objs);
}

SQ_DROPIN_EXPORT(mempool_alloc_slab);
void *squirrel_dropin_mempool_alloc_slab(gfp_t gfp, void *s)
{
	return SQ_DROPIN(SQ_KERNELS(kmem_cache_alloc))(s, gfp);
}

SQ_DROPIN_EXPORT(mempool_free_slab);
void squirrel_dropin_mempool_free_slab(void *obj, void *s)
{
	squirrel_dropin_kmem_cache_free(s, obj);
}

#if SQ_HAVE_CHARGE
/* Nobody is charged for a single object, and nothing fails for it. */
SQ_DROPIN_EXPORT(kmem_cache_charge);
bool squirrel_dropin_kmem_cache_charge(void *obj, gfp_t gfp)
{
	return squirrel_kmem_cache_charge(obj, gfp);
}
#endif
