// SPDX-License-Identifier: GPL-2.0
/*
 * Caches that a source without the header has made: every call hands them on. And
 * what the names mean where they are no calls.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/stringify.h>
#include "dropin.h"

#define DROPIN_SIZE	104
#define DROPIN_OBJS	20

/* By each call, and it is the kernel's. */
static int dropin_get_each(struct kmem_cache *s, void **objs)
{
	int i, n = 0;

	objs[n++] = kmem_cache_alloc(s, GFP_KERNEL);
	objs[n++] = kmem_cache_zalloc(s, GFP_KERNEL);
	DROPIN_EXPECT(objs[1] && !memchr_inv(objs[1], 0, DROPIN_SIZE));
	objs[n++] = kmem_cache_alloc_node(s, GFP_KERNEL, NUMA_NO_NODE);
	objs[n++] = kmem_cache_alloc_lru(s, NULL, GFP_KERNEL);
	objs[n++] = mempool_alloc_slab(GFP_KERNEL, s);
	objs[n++] = dropin_kernel_alloc(s);
	objs[n++] = dropin_kernel_alloc(s);
	for (i = 0; i < n; i++) {
		DROPIN_EXPECT(objs[i] && !dropin_ours(objs[i]));
		memset(objs[i], i, DROPIN_SIZE);
	}
	for (i = 0; i < n; i++)
		DROPIN_EXPECT(!memchr_inv(objs[i], i, DROPIN_SIZE));
	return n;
}

void dropin_foreign_calls(void)
{
	struct kmem_cache *s;
	void *objs[DROPIN_OBJS];
	int i, n;

	s = dropin_kernel_create("dropin_foreign", DROPIN_SIZE, false);
	if (!DROPIN_EXPECT(s))
		return;
	DROPIN_EXPECT(!dropin_named("dropin_foreign"));
	DROPIN_EXPECT(kmem_cache_size(s) == DROPIN_SIZE);
	n = dropin_get_each(s, objs);
	/* Back by the others. */
	dropin_kernel_free(s, objs[--n]);
	mempool_free_slab(objs[--n], s);
	while (n--)
		kmem_cache_free(s, objs[n]);
	n = DROPIN_BULK(s, GFP_KERNEL, DROPIN_OBJS, objs);
	DROPIN_EXPECT(n == DROPIN_OBJS);
	for (i = 0; i < n; i++)
		DROPIN_EXPECT(!dropin_ours(objs[i]));
	kmem_cache_free_bulk(s, n, objs);
	DROPIN_EXPECT(kmem_cache_shrink(s) == 0);
	DROPIN_EXPECT(dropin_kernel_has("dropin_foreign", true));
	kmem_cache_destroy(s);
	DROPIN_EXPECT(!dropin_kernel_has("dropin_foreign", false));
}

/* Inline functions and macros of other headers do that. */
void dropin_foreign_inlines(void)
{
	char *name = __getname();

	if (!DROPIN_EXPECT(name && !dropin_ours(name)))
		return;
	memset(name, 'x', PATH_MAX);
	__putname(name);
}

/* Taken as pointers, as tables of operations do: squirrel's, not the kernel's. */
void dropin_foreign_addresses(void)
{
	DROPIN_EXPECT(kmem_cache_destroy != dropin_kernels.destroy);
	DROPIN_EXPECT(kmem_cache_shrink != dropin_kernels.shrink);
	DROPIN_EXPECT(kmem_cache_size != dropin_kernels.size);
	DROPIN_EXPECT(kmem_cache_free != dropin_kernels.free);
	DROPIN_EXPECT(kmem_cache_free_bulk != dropin_kernels.free_bulk);
	DROPIN_EXPECT(kfree != dropin_kernels.free_one);
	DROPIN_EXPECT(kvfree != dropin_kernels.free_any);
	DROPIN_EXPECT(kfree_const != dropin_kernels.free_const);
	DROPIN_EXPECT(kfree_sensitive != dropin_kernels.wipe);
	DROPIN_EXPECT(kvfree_sensitive != dropin_kernels.wipe_any);
	DROPIN_EXPECT(mempool_alloc_slab != dropin_kernels.pool_alloc);
	DROPIN_EXPECT(mempool_free_slab != dropin_kernels.pool_free);
}

/* Without the header some names of 6.10 and newer are no functions. */
#if defined(DROPIN_OBJECTS) && defined(alloc_hooks)
void dropin_foreign_pointers(void)
{
}
#else
/* Called so; each has a type that fits. */
void dropin_foreign_pointers(void)
{
	void *(*alloc)(struct kmem_cache *s, gfp_t gfp) = kmem_cache_alloc;
	void *(*zalloc)(struct kmem_cache *s, gfp_t gfp) = kmem_cache_zalloc;
	void *(*on)(struct kmem_cache *s, gfp_t gfp, int n) = kmem_cache_alloc_node;
	void *(*lru)(struct kmem_cache *s, struct list_lru *l, gfp_t gfp) =
		kmem_cache_alloc_lru;
	int (*bulk)(struct kmem_cache *s, gfp_t gfp, size_t n, void **objs) =
		kmem_cache_alloc_bulk;
	void *(*more)(const void *obj, size_t size, gfp_t gfp) = krealloc;
	void (*bulks)(size_t n, void **objs) = kfree_bulk;
	void (*gone)(const void *obj) = kfree;
	struct kmem_cache *s;
	void *objs[8];

	s = kmem_cache_create("dropin_pointer", DROPIN_SIZE, 0, 0, NULL);
	if (!DROPIN_EXPECT(s))
		return;
	objs[0] = alloc(s, GFP_KERNEL);
	objs[1] = zalloc(s, GFP_KERNEL);
	objs[2] = on(s, GFP_KERNEL, NUMA_NO_NODE);
	objs[3] = lru(s, NULL, GFP_KERNEL);
	DROPIN_EXPECT(bulk(s, GFP_KERNEL, 4, objs + 4) == 4);
	DROPIN_EXPECT(more(objs[0], 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	gone(objs[1]);
	bulks(6, objs + 2);
	dropin_put_cache(s, "dropin_pointer");
}

#endif

/* Not covered: the build stops at them. */
#ifdef DROPIN_OBJECTS
void dropin_foreign_names_of_nothing(void)
{
}
#else
void dropin_foreign_names_of_nothing(void)
{
	static const char sheaves[] = "squirrel_does_not_cover_sheaves";

	DROPIN_EXPECT(!strcmp(__stringify(kmem_cache_prefill_sheaf), sheaves));
	DROPIN_EXPECT(!strcmp(__stringify(kmem_cache_refill_sheaf), sheaves));
	DROPIN_EXPECT(!strcmp(__stringify(kmem_cache_return_sheaf), sheaves));
	DROPIN_EXPECT(!strcmp(__stringify(kmem_cache_alloc_from_sheaf), sheaves));
}
#endif
