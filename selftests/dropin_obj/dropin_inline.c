// SPDX-License-Identifier: GPL-2.0
/*
 * What a header cannot reach, and the redirected object does: calls in inline
 * functions of headers that were there before, functions that they hand on, and a
 * prebuilt object.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mempool.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <dropin/dropin.h>
#include <dropin_obj/dropin_blob.h>

#define DROPIN_SIZE	136

static struct kmem_cache *dropin_make(void)
{
	struct kmem_cache *s;

	s = kmem_cache_create("dropin_inline", DROPIN_SIZE, 0, 0, NULL);
	DROPIN_EXPECT(s);
	return s;
}

/* The superblock is asked for its list only. */
void dropin_inline_other(void)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	struct kmem_cache *s = dropin_make();
	void *obj;

	if (s && DROPIN_EXPECT(sb)) {
		obj = alloc_inode_sb(sb, s, GFP_KERNEL);
		if (DROPIN_EXPECT(obj && dropin_ours(obj)))
			kfree(obj);
	}
	kfree(sb);
	dropin_put_cache(s, "dropin_inline");
}

void dropin_inline_callback(void)
{
	struct kmem_cache *s = dropin_make();
	mempool_t *pool = mempool_create_slab_pool(2, s);

	if (DROPIN_EXPECT(pool)) {
		DROPIN_EXPECT(pool->alloc != dropin_kernels.pool_alloc);
		DROPIN_EXPECT(pool->free != dropin_kernels.pool_free);
		mempool_destroy(pool);
	}
	dropin_put_cache(s, "dropin_inline");
}

void dropin_inline_blob(void)
{
	struct kmem_cache *s = dropin_blob_create();
	void *obj;

	if (!DROPIN_EXPECT(s))
		return;
	DROPIN_EXPECT(dropin_named("dropin_blob"));
	obj = dropin_blob_alloc(s);
	if (DROPIN_EXPECT(obj && dropin_ours(obj)))
		dropin_blob_free(obj);
	dropin_put_cache(s, "dropin_blob");
}

/* As debugfs shows it to who is in a process. */
void dropin_inline_owner(void)
{
	struct kmem_cache *s = dropin_make();

	DROPIN_EXPECT(!current->mm ||
		      dropin_shows("dropin_inline", "\nowner: dropin_obj\n"));
	dropin_put_cache(s, "dropin_inline");
}
