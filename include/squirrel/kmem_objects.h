/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of a cache allocated and freed, one or many, and mempools of them: part
 * of <squirrel/kmem_cache.h>.
 */
#ifndef _SQUIRREL_KMEM_OBJECTS_H
#define _SQUIRREL_KMEM_OBJECTS_H

#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/list_lru.h>
#include <linux/mempool.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <squirrel/kernel.h>
#include <squirrel/kmem_flags.h>
#include <squirrel/kmem_free.h>
#include <squirrel/kmem_handle.h>
#include <squirrel/squirrel.h>

static __always_inline void *
squirrel_kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc(squirrel_kmem_cache(s), gfp);
	return kmem_cache_alloc(s, gfp);
}

static __always_inline void *
squirrel_kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_zalloc(squirrel_kmem_cache(s), gfp);
	return kmem_cache_zalloc(s, gfp);
}

static __always_inline void *
squirrel_kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc_node(squirrel_kmem_cache(s), gfp,
						 squirrel_kmem_node(gfp, node));
	return kmem_cache_alloc_node(s, gfp, node);
}

static __always_inline void *
squirrel_kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru,
			      gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc(squirrel_kmem_cache(s), gfp);
	return kmem_cache_alloc_lru(s, lru, gfp);
}

/* The kernel's own is an inline function of <linux/fs.h> in 6.1, which no name here reaches. */
static inline void *
squirrel_alloc_inode_sb(struct super_block *sb, struct kmem_cache *s, gfp_t gfp)
{
	return squirrel_kmem_cache_alloc_lru(s, &sb->s_inode_lru, gfp);
}

static __always_inline void
squirrel_kmem_cache_free(struct kmem_cache *s, void *obj)
{
	if (likely(squirrel_kmem_ours(s)))
		squirrel_cache_free(squirrel_kmem_cache(s), obj);
	else
		kmem_cache_free(s, obj);
}

/* An int also where the kernel's returns bool: 0 or the number asked for */
static inline int
squirrel_kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t n,
			       void **objs)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc_bulk(squirrel_kmem_cache(s), gfp, n,
						 objs);
	return kmem_cache_alloc_bulk(s, gfp, n, objs) ? n : 0;
}

/* A NULL cache means kfree() of each */
static inline void
squirrel_kmem_cache_free_bulk(struct kmem_cache *s, size_t n, void **objs)
{
	if (likely(squirrel_kmem_ours(s)))
		squirrel_cache_free_bulk(squirrel_kmem_cache(s), n, objs);
	else if (!s)
		squirrel_kfree_bulk(n, objs);
	else
		kmem_cache_free_bulk(s, n, objs);
}

#if SQ_HAVE_CHARGE
/* Nobody is charged for a single object of squirrel's, and nothing fails for it. */
static inline bool squirrel_kmem_cache_charge(void *obj, gfp_t gfp)
{
	if (!squirrel_owns(obj))
		return kmem_cache_charge(obj, gfp);
	squirrel_kmem_say(SQUIRREL_KMEM_SAID_CHARGE, module_name(THIS_MODULE),
			  "kmem_cache_charge()", "?",
			  "nobody is charged for a single object");
	return true;
}
#endif

/* ---- mempools over a cache ------------------------------------------------ */

static inline void *squirrel_mempool_alloc_slab(gfp_t gfp, void *s)
{
	return squirrel_kmem_cache_alloc(s, gfp);
}

static inline void squirrel_mempool_free_slab(void *obj, void *s)
{
	squirrel_kmem_cache_free(s, obj);
}

static inline int
squirrel_mempool_init_slab_pool(mempool_t *pool, int min_nr,
				struct kmem_cache *s)
{
	return mempool_init(pool, min_nr, squirrel_mempool_alloc_slab,
			    squirrel_mempool_free_slab, s);
}

static inline mempool_t *
squirrel_mempool_create_slab_pool(int min_nr, struct kmem_cache *s)
{
	return mempool_create(min_nr, squirrel_mempool_alloc_slab,
			      squirrel_mempool_free_slab, s);
}

#endif /* _SQUIRREL_KMEM_OBJECTS_H */
