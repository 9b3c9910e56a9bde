// SPDX-License-Identifier: GPL-2.0
/* Mempools over a cache. */
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#define DROPIN_SIZE	200
#define DROPIN_MIN	3
/* What no cache of squirrel's has: then the pool's own are taken. */
#define DROPIN_NONE	(GFP_NOWAIT | __GFP_DMA)

/* A Kbuild may define pr_fmt with -D: it comes before the header, and stays. */
void dropin_pool_prefix(void)
{
	dropin_mark();
	pr_info("from the command line\n");
	DROPIN_EXPECT(dropin_said("pool: from the command line") == 1);
}

static struct kmem_cache *dropin_make(void)
{
	struct kmem_cache *s;

	s = kmem_cache_create("dropin_pooled", DROPIN_SIZE, 0, 0, NULL);
	DROPIN_EXPECT(s);
	return s;
}

/* It holds as many as it was asked to, and squirrel's are those and the rest. */
static void dropin_drain(mempool_t *pool)
{
	char *objs[DROPIN_MIN], *more;
	int i;

	for (i = 0; i < DROPIN_MIN; i++) {
		objs[i] = mempool_alloc(pool, DROPIN_NONE);
		if (!DROPIN_EXPECT(objs[i]))
			continue;
		DROPIN_EXPECT(dropin_ours(objs[i]));
		memset(objs[i], i, DROPIN_SIZE);
	}
	DROPIN_EXPECT(!mempool_alloc(pool, DROPIN_NONE));
	more = mempool_alloc(pool, GFP_NOIO);
	DROPIN_EXPECT(more && dropin_ours(more));
	for (i = 0; i < DROPIN_MIN; i++) {
		if (!objs[i])
			continue;
		DROPIN_EXPECT(!memchr_inv(objs[i], i, DROPIN_SIZE));
		mempool_free(objs[i], pool);
	}
	mempool_free(more, pool);
}

void dropin_pool_pools(void)
{
	struct kmem_cache *s = dropin_make();
	mempool_t *pool, within;

	if (!s)
		return;
	pool = mempool_create_slab_pool(DROPIN_MIN, s);
	if (DROPIN_EXPECT(pool))
		dropin_drain(pool);
	mempool_destroy(pool);
	if (DROPIN_EXPECT(!mempool_init_slab_pool(&within, DROPIN_MIN, s))) {
		dropin_drain(&within);
		mempool_exit(&within);
	}
	pool = mempool_create(DROPIN_MIN, mempool_alloc_slab, mempool_free_slab, s);
	if (DROPIN_EXPECT(pool)) {
		DROPIN_EXPECT(!mempool_resize(pool, 2 * DROPIN_MIN));
		DROPIN_EXPECT(!mempool_resize(pool, DROPIN_MIN));
		dropin_drain(pool);
	}
	mempool_destroy(pool);
	dropin_put_cache(s, "dropin_pooled");
}

/* The calls by themselves. */
void dropin_pool_calls(void)
{
	struct kmem_cache *s = dropin_make();
	void *obj;

	if (!s)
		return;
	obj = mempool_alloc_slab(GFP_KERNEL, s);
	if (DROPIN_EXPECT(obj && dropin_ours(obj)))
		mempool_free_slab(obj, s);
	DROPIN_EXPECT(!mempool_alloc_slab(DROPIN_NONE | __GFP_NOWARN, s));
	dropin_put_cache(s, "dropin_pooled");
}

void dropin_pool_theirs(void)
{
	struct kmem_cache *s;
	mempool_t *pool;
	void *obj;

	s = dropin_kernel_create("dropin_pooled", DROPIN_SIZE, false);
	if (!DROPIN_EXPECT(s))
		return;
	pool = mempool_create_slab_pool(DROPIN_MIN, s);
	if (DROPIN_EXPECT(pool)) {
		obj = mempool_alloc(pool, GFP_KERNEL);
		if (DROPIN_EXPECT(obj && !dropin_ours(obj)))
			mempool_free(obj, pool);
	}
	mempool_destroy(pool);
	dropin_kernel_destroy(s);
	DROPIN_EXPECT(!dropin_kernel_has("dropin_pooled", false));
}
