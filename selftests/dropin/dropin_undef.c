// SPDX-License-Identifier: GPL-2.0
/*
 * A source that takes the names back: from #undef on they are the kernel's, or in an
 * object that is redirected squirrel's as ever. Since 6.10 some of those are macros
 * themselves, and only the others come back so.
 */
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#define DROPIN_SIZE	104

#ifdef DROPIN_OBJECTS
#define DROPIN_BACK	false
#else
#define DROPIN_BACK	true
#endif
#define DROPIN_IS_BACK(func, is)	DROPIN_EXPECT(((func) == (is)) == DROPIN_BACK)

/* While they are squirrel's: for what is passed from one half to the other. */
static struct kmem_cache *dropin_make(void)
{
	return kmem_cache_create("dropin_undef", DROPIN_SIZE, 0, 0, NULL);
}

static void *dropin_get(struct kmem_cache *s)
{
	return kmem_cache_alloc(s, GFP_KERNEL);
}

static void dropin_put(struct kmem_cache *s, void *obj)
{
	kmem_cache_free(s, obj);
}

static void dropin_kfree(void *obj)
{
	kfree(obj);
}

#undef kmem_cache_destroy
#undef kmem_cache_shrink
#undef kmem_cache_size
#undef kmem_cache_free
#undef kmem_cache_free_bulk
#undef mempool_alloc_slab
#undef mempool_free_slab
#undef kfree
#undef kvfree
#undef kfree_const
#undef kfree_sensitive
#undef kvfree_sensitive
#undef ksize

void dropin_undef_names(void)
{
	DROPIN_IS_BACK(kmem_cache_destroy, dropin_kernels.destroy);
	DROPIN_IS_BACK(kmem_cache_shrink, dropin_kernels.shrink);
	DROPIN_IS_BACK(kmem_cache_size, dropin_kernels.size);
	DROPIN_IS_BACK(kmem_cache_free, dropin_kernels.free);
	DROPIN_IS_BACK(kmem_cache_free_bulk, dropin_kernels.free_bulk);
	DROPIN_IS_BACK(kfree, dropin_kernels.free_one);
	DROPIN_IS_BACK(kvfree, dropin_kernels.free_any);
	DROPIN_IS_BACK(kfree_const, dropin_kernels.free_const);
	DROPIN_IS_BACK(kfree_sensitive, dropin_kernels.wipe);
	DROPIN_IS_BACK(kvfree_sensitive, dropin_kernels.wipe_any);
	DROPIN_IS_BACK(mempool_alloc_slab, dropin_kernels.pool_alloc);
	DROPIN_IS_BACK(mempool_free_slab, dropin_kernels.pool_free);
}

/* Both halves at one cache of the kernel's, and each at what is its own. */
void dropin_undef_halves(void)
{
	struct kmem_cache *ours = dropin_make(), *theirs;
	void *obj, *more;

	theirs = dropin_kernel_create("dropin_undef", DROPIN_SIZE, false);
	if (!DROPIN_EXPECT(ours && theirs))
		return;
	obj = dropin_get(theirs);
	more = dropin_kernel_alloc(theirs);
	DROPIN_EXPECT(obj && more && !dropin_ours(obj));
	DROPIN_EXPECT(kmem_cache_size(theirs) == DROPIN_SIZE);
	DROPIN_EXPECT(ksize(obj) == dropin_kernel_ksize(obj));
	kmem_cache_free(theirs, obj);
	dropin_put(theirs, more);
	obj = dropin_get(theirs);
	more = kmalloc(DROPIN_SIZE, GFP_KERNEL);
	kfree(obj);
	dropin_kfree(more);
	DROPIN_EXPECT(kmem_cache_shrink(theirs) == 0);
	kmem_cache_destroy(theirs);
	DROPIN_EXPECT(!dropin_kernel_has("dropin_undef", false));
	obj = dropin_get(ours);
	DROPIN_EXPECT(obj && dropin_ours(obj));
	dropin_kfree(obj);
	dropin_put_cache(ours, "dropin_undef");
}

#ifndef alloc_hooks
#undef kmem_cache_create
#undef kmem_cache_create_usercopy
#undef kmem_cache_alloc
#undef kmem_cache_zalloc
#undef kmem_cache_alloc_node
#undef kmem_cache_alloc_lru
#undef kmem_cache_alloc_bulk
#undef mempool_create_slab_pool
#undef krealloc
#endif

#if !defined(alloc_hooks) || defined(DROPIN_OBJECTS)
/* All that makes something, too. */
void dropin_undef_whole(void)
{
	struct kmem_cache *s;
	void *objs[4], *obj;
	mempool_t *pool;

	s = kmem_cache_create("dropin_undef", DROPIN_SIZE, 0, SLAB_NOLEAKTRACE,
			      NULL);
	if (!DROPIN_EXPECT(s))
		return;
	DROPIN_EXPECT(!DROPIN_BACK || dropin_kernel_has("dropin_undef", true));
	DROPIN_EXPECT(dropin_named("dropin_undef") == !DROPIN_BACK);
	objs[0] = kmem_cache_alloc(s, GFP_KERNEL);
	objs[1] = kmem_cache_zalloc(s, GFP_KERNEL);
	objs[2] = kmem_cache_alloc_node(s, GFP_KERNEL, NUMA_NO_NODE);
	objs[3] = kmem_cache_alloc_lru(s, NULL, GFP_KERNEL);
	DROPIN_EXPECT(objs[0] && objs[1] && objs[2] && objs[3]);
	DROPIN_EXPECT(dropin_ours(objs[0]) == !DROPIN_BACK);
	DROPIN_EXPECT(dropin_ours(objs[3]) == !DROPIN_BACK);
	kmem_cache_free_bulk(s, 4, objs);
	DROPIN_EXPECT(kmem_cache_alloc_bulk(s, GFP_KERNEL, 4, objs));
	kmem_cache_free_bulk(s, 4, objs);
	pool = mempool_create_slab_pool(2, s);
	if (DROPIN_EXPECT(pool))
		DROPIN_IS_BACK(pool->alloc, dropin_kernels.pool_alloc);
	mempool_destroy(pool);
	obj = krealloc(NULL, DROPIN_SIZE, GFP_KERNEL);
	DROPIN_EXPECT(obj && !dropin_ours(obj));
	kfree(obj);
	kmem_cache_destroy(s);
	DROPIN_EXPECT(!dropin_kernel_has("dropin_undef", false));
}
#else
void dropin_undef_whole(void)
{
}
#endif
