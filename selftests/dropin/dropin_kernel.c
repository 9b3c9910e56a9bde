// SPDX-License-Identifier: GPL-2.0
/*
 * A client of the kernel's own caches: built without the drop-in header, so that
 * what it makes is foreign to the sources that are built with it.
 */
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "dropin.h"

const struct dropin_calls dropin_kernels = {
	.destroy = kmem_cache_destroy,
	.shrink = kmem_cache_shrink,
	.size = kmem_cache_size,
	.free = kmem_cache_free,
	.free_bulk = kmem_cache_free_bulk,
	.free_one = kfree,
	.free_any = kvfree,
	.free_const = kfree_const,
	.wipe = kfree_sensitive,
	.wipe_any = kvfree_sensitive,
	.pool_alloc = mempool_alloc_slab,
	.pool_free = mempool_free_slab,
};

/* With flags that keep it from being another cache under a second name. */
struct kmem_cache *dropin_kernel_create(const char *name, unsigned int size,
					bool typesafe)
{
	return kmem_cache_create(name, size, 0, SLAB_NOLEAKTRACE |
				 (typesafe ? SLAB_TYPESAFE_BY_RCU : 0), NULL);
}

void *dropin_kernel_alloc(struct kmem_cache *s)
{
	return kmem_cache_alloc(s, GFP_KERNEL);
}

void dropin_kernel_free(struct kmem_cache *s, void *obj)
{
	kmem_cache_free(s, obj);
}

void dropin_kernel_destroy(struct kmem_cache *s)
{
	kmem_cache_destroy(s);
}

size_t dropin_kernel_ksize(const void *obj)
{
	return ksize(obj);
}

/* Has the kernel a cache of that name? @otherwise: where it does not tell. */
bool dropin_kernel_has(const char *name, bool otherwise)
{
	char path[80];

	if (!dropin_there("/sys/kernel/slab"))
		return otherwise;
	snprintf(path, sizeof(path), "/sys/kernel/slab/%s", name);
	return dropin_there(path);
}
