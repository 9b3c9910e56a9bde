// SPDX-License-Identifier: GPL-2.0
/* Compiled as it is, and handed over as an object: dropin_blob.o. */
#include <linux/slab.h>
#include "dropin_blob.h"

struct kmem_cache *dropin_blob_create(void)
{
	return kmem_cache_create("dropin_blob", 72, 0, 0, NULL);
}

void *dropin_blob_alloc(struct kmem_cache *s)
{
	return kmem_cache_alloc(s, GFP_KERNEL);
}

void dropin_blob_free(void *obj)
{
	kfree(obj);
}
