// SPDX-License-Identifier: GPL-2.0
/* A charged cache on a list_lru, and one that readers look at. No pr_fmt here. */
#include <linux/list_lru.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include "dropin.h"

#define DROPIN_LRU	40
#define DROPIN_SAFE	200

struct dropin_item {
	struct list_head lru;
	long pad[20];
};

static struct dropin_item *dropin_item[DROPIN_LRU];
static unsigned long *dropin_seen[DROPIN_SAFE];

static int dropin_on_list(struct kmem_cache *s, struct list_lru *lru)
{
	int i, on = 0;

	for (i = 0; i < DROPIN_LRU; i++) {
		struct dropin_item *item;

		item = kmem_cache_alloc_lru(s, lru, GFP_KERNEL_ACCOUNT);
		dropin_item[i] = item;
		if (!item)
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
	pr_info("dropin: %d of %d on the list\n", on, DROPIN_LRU);
	return DROPIN_BAD(on == DROPIN_LRU) ? -EIO : 0;
}

int dropin_lru(void)
{
	static struct list_lru lru;
	struct kmem_cache *s;
	int err;

	s = KMEM_CACHE(dropin_item, SLAB_ACCOUNT | SLAB_RECLAIM_ACCOUNT);
	if (DROPIN_BAD(s))
		return -EIO;
	err = list_lru_init_memcg(&lru, NULL);
	if (!err) {
		err = dropin_on_list(s, &lru);
		list_lru_destroy(&lru);
	}
	kmem_cache_destroy(s);
	return err;
}

/* What a reader holds stays an object of the cache, though all were freed. */
int dropin_typesafe(void)
{
	struct kmem_cache *s;
	int i, bad = 0;

	s = kmem_cache_create("dropin_safe", 1024, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	if (DROPIN_BAD(s))
		return -EIO;
	for (i = 0; i < DROPIN_SAFE; i++) {
		dropin_seen[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (dropin_seen[i])
			*dropin_seen[i] = i;
	}
	rcu_read_lock();
	for (i = 0; i < DROPIN_SAFE; i++)
		if (dropin_seen[i])
			kmem_cache_free(s, dropin_seen[i]);
	for (i = 0; i < DROPIN_SAFE; i++)
		bad += dropin_seen[i] && READ_ONCE(*dropin_seen[i]) != i;
	rcu_read_unlock();
	kmem_cache_destroy(s);
	return DROPIN_BAD(!bad) ? -EIO : 0;
}
