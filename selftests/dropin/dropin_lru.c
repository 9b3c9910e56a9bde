// SPDX-License-Identifier: GPL-2.0
/* A charged cache on a list_lru, and the inodes of a superblock, which are on one. */
#include <linux/fs.h>
#include <linux/list_lru.h>
#include <linux/slab.h>
#include "dropin.h"

#define DROPIN_LRU	40

struct dropin_lru_item {
	struct list_head lru;
	long pad[20];
};

static struct dropin_lru_item *dropin_item[DROPIN_LRU];

static void dropin_on_list(struct kmem_cache *s, struct list_lru *lru)
{
	int i, on = 0;

	for (i = 0; i < DROPIN_LRU; i++) {
		struct dropin_lru_item *item;

		item = kmem_cache_alloc_lru(s, lru, GFP_KERNEL_ACCOUNT);
		dropin_item[i] = item;
		if (!DROPIN_EXPECT(item && dropin_ours(item)))
			continue;
		INIT_LIST_HEAD(&item->lru);
#ifdef DROPIN_LRU_OBJ
		on += list_lru_add_obj(lru, &item->lru);
#else
		on += list_lru_add(lru, &item->lru);
#endif
	}
	for (i = 0; i < DROPIN_LRU; i++) {
		if (!dropin_item[i])
			continue;
#ifdef DROPIN_LRU_OBJ
		list_lru_del_obj(lru, &dropin_item[i]->lru);
#else
		list_lru_del(lru, &dropin_item[i]->lru);
#endif
		kmem_cache_free(s, dropin_item[i]);
	}
	DROPIN_EXPECT(on == DROPIN_LRU);
}

/* Made by a source of its own, for who counts what is said. */
void dropin_lru_create(void)
{
	struct kmem_cache *s = KMEM_CACHE(dropin_lru_item, SLAB_ACCOUNT);

	DROPIN_EXPECT(s);
	dropin_put_cache(s, "dropin_lru_item");
}

void dropin_lru_charged(void)
{
	static struct list_lru lru;
	struct kmem_cache *s;

	s = KMEM_CACHE(dropin_lru_item, SLAB_ACCOUNT | SLAB_RECLAIM_ACCOUNT);
	if (!DROPIN_EXPECT(s))
		return;
	if (DROPIN_EXPECT(!list_lru_init_memcg(&lru, NULL))) {
		dropin_on_list(s, &lru);
		list_lru_destroy(&lru);
	}
	dropin_put_cache(s, "dropin_lru_item");
}

/* Of the superblock the call wants the list alone. */
void dropin_lru_inode(void)
{
	struct super_block *sb = kzalloc(sizeof(*sb), GFP_KERNEL);
	struct kmem_cache *s = KMEM_CACHE(dropin_lru_item, 0);
	void *obj;

	if (DROPIN_EXPECT(s && sb)) {
		obj = alloc_inode_sb(sb, s, GFP_KERNEL);
		if (DROPIN_EXPECT(obj && dropin_ours(obj)))
			kmem_cache_free(s, obj);
	}
	kfree(sb);
	dropin_put_cache(s, "dropin_lru_item");
}
