// SPDX-License-Identifier: GPL-2.0
/* Objects out of a cache and back in, and the end of a cache. */
#define pr_fmt(fmt) "dropin objects: " fmt

#include <linux/kernel.h>
#include <linux/nodemask.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>
#include "dropin.h"

#define DROPIN_SIZE	200
#define DROPIN_OBJS	32
#define DROPIN_MANY	300
/* What no cache of squirrel's has, asked for quietly. */
#define DROPIN_NONE	(GFP_KERNEL | __GFP_DMA | __GFP_NOWARN)

static void *dropin_many[DROPIN_MANY];

/* All its objects are free: it goes. */
void dropin_put_cache(struct kmem_cache *s, const char *name)
{
	kmem_cache_destroy(s);
	DROPIN_EXPECT_OF(name, !dropin_named(name));
}

static struct kmem_cache *dropin_make(const char *name)
{
	struct kmem_cache *s = kmem_cache_create(name, DROPIN_SIZE, 0, 0, NULL);

	DROPIN_EXPECT_OF(name, s);
	return s;
}

/* One call for each way to have one object. */
static void *dropin_get(struct kmem_cache *s, int how, gfp_t gfp)
{
	switch (how) {
	case 0:
		return kmem_cache_alloc(s, gfp);
	case 1:
		return kmem_cache_zalloc(s, gfp);
	case 2:
		return kmem_cache_alloc_node(s, gfp, numa_mem_id());
	case 3:
		return kmem_cache_alloc_node(s, gfp, NUMA_NO_NODE);
	case 4:
		return kmem_cache_alloc_lru(s, NULL, gfp);
	}
	return NULL;
}

#define DROPIN_WAYS	5

void dropin_objects_in_and_out(void)
{
	struct kmem_cache *s = dropin_make("dropin_object");
	unsigned char *objs[DROPIN_WAYS];
	int i, round;

	if (!s)
		return;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < DROPIN_WAYS; i++) {
			objs[i] = dropin_get(s, i, round & 1 ? GFP_ATOMIC :
							       GFP_KERNEL);
			if (!DROPIN_EXPECT(objs[i]))
				continue;
			DROPIN_EXPECT(dropin_ours(objs[i]));
			memset(objs[i], i, DROPIN_SIZE);
		}
		for (i = 0; i < DROPIN_WAYS; i++) {
			DROPIN_EXPECT(!memchr_inv(objs[i], i, DROPIN_SIZE));
			kmem_cache_free(s, objs[i]);
		}
	}
	dropin_put_cache(s, "dropin_object");
}

/* Memory that was written to comes back as zeroes, if that is asked for. */
void dropin_objects_zeroed(void)
{
	struct kmem_cache *s = dropin_make("dropin_zeroed");
	void *objs[DROPIN_OBJS];
	int way, i;

	if (!s)
		return;
	for (way = 0; way < DROPIN_WAYS; way++) {
		for (i = 0; i < DROPIN_OBJS; i++) {
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
			memset(objs[i], 0xff, DROPIN_SIZE);
		}
		for (i = 0; i < DROPIN_OBJS; i++)
			kmem_cache_free(s, objs[i]);
		for (i = 0; i < DROPIN_OBJS; i++) {
			objs[i] = dropin_get(s, way, way == 1 ? GFP_KERNEL :
						     GFP_KERNEL | __GFP_ZERO);
			DROPIN_EXPECT(!memchr_inv(objs[i], 0, DROPIN_SIZE));
		}
		for (i = 0; i < DROPIN_OBJS; i++)
			kmem_cache_free(s, objs[i]);
	}
	dropin_put_cache(s, "dropin_zeroed");
}

/* What is not to be had is NULL, or 0 of many: the gfp arrives as it was given. */
void dropin_objects_none(void)
{
	struct kmem_cache *s = dropin_make("dropin_none");
	int i;

	if (!s)
		return;
	dropin_mark();
	for (i = 0; i < DROPIN_WAYS; i++)
		DROPIN_EXPECT(!dropin_get(s, i, DROPIN_NONE));
	DROPIN_EXPECT(!dropin_said("squirrel:"));
	DROPIN_EXPECT(kmem_cache_alloc_bulk(s, DROPIN_NONE, 1, dropin_many) == 0);
	DROPIN_EXPECT(kmem_cache_alloc_bulk(s, DROPIN_NONE, 8, dropin_many) == 0);
	dropin_put_cache(s, "dropin_none");
}

/* A node that is not there means any, unless it has to be that one. */
void dropin_objects_nodes(void)
{
	static const int nodes[] = { MAX_NUMNODES - 1, MAX_NUMNODES, -2, INT_MAX };
	struct kmem_cache *s = dropin_make("dropin_node");
	void *obj;
	int i;

	if (!s)
		return;
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		/* Of a machine with one node it is the one. */
		if (nodes[i] >= 0 && nodes[i] < nr_node_ids)
			continue;
		obj = kmem_cache_alloc_node(s, GFP_KERNEL, nodes[i]);
		if (DROPIN_EXPECT(obj && dropin_ours(obj)))
			kmem_cache_free(s, obj);
		DROPIN_EXPECT(!kmem_cache_alloc_node(s, GFP_KERNEL |
						     __GFP_THISNODE, nodes[i]));
	}
	obj = kmem_cache_alloc_node(s, GFP_KERNEL | __GFP_THISNODE,
				    numa_mem_id());
	if (DROPIN_EXPECT(obj))
		kmem_cache_free(s, obj);
	dropin_put_cache(s, "dropin_node");
}

void dropin_objects_bulk(void)
{
	static const size_t many[] = { 1, 2, 40, DROPIN_MANY };
	struct kmem_cache *s = dropin_make("dropin_bulk");
	int i, j, n;

	if (!s)
		return;
	for (i = 0; i < ARRAY_SIZE(many); i++) {
		n = DROPIN_BULK(s, GFP_KERNEL, many[i], dropin_many);
		if (!DROPIN_EXPECT(n == many[i]))
			continue;
		for (j = 0; j < n; j++) {
			DROPIN_EXPECT(dropin_ours(dropin_many[j]));
			memset(dropin_many[j], j, DROPIN_SIZE);
		}
		for (j = 0; j < n; j++)
			DROPIN_EXPECT(!memchr_inv(dropin_many[j], j & 0xff,
						  DROPIN_SIZE));
		kmem_cache_free_bulk(s, n, dropin_many);
	}
	kmem_cache_free_bulk(s, 0, dropin_many);
	n = DROPIN_BULK(s, GFP_KERNEL | __GFP_ZERO, 40, dropin_many);
	DROPIN_EXPECT(n == 40);
	for (j = 0; j < n; j++)
		DROPIN_EXPECT(!memchr_inv(dropin_many[j], 0, DROPIN_SIZE));
	kmem_cache_free_bulk(s, n, dropin_many);
	dropin_put_cache(s, "dropin_bulk");
}

/*
 * 1 while there is a slab in use, 0 when all went back. Whose the memory is then is not to
 * be said: squirrel may have it for itself again at once.
 */
void dropin_objects_shrink(void)
{
	struct kmem_cache *s = dropin_make("dropin_shrink");
	void *obj;

	if (!s)
		return;
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	DROPIN_EXPECT(kmem_cache_shrink(s) == 1);
	DROPIN_EXPECT(dropin_ours(obj));
	kmem_cache_free(s, obj);
	DROPIN_EXPECT(kmem_cache_shrink(s) == 0);
	dropin_put_cache(s, "dropin_shrink");
}

/* Refused, said, and both the cache and its object go on as before. */
void dropin_objects_live(void)
{
	struct kmem_cache *s = dropin_make("dropin_held");
	char *obj, *more;

	if (!s)
		return;
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	memset(obj, 7, DROPIN_SIZE);
	dropin_mark();
	kmem_cache_destroy(s);
	DROPIN_EXPECT(dropin_said("'dropin_held': destroy refused, 1 obj") == 1);
	DROPIN_EXPECT(dropin_named("dropin_held"));
	DROPIN_EXPECT(!memchr_inv(obj, 7, DROPIN_SIZE));
	more = kmem_cache_alloc(s, GFP_KERNEL);
	DROPIN_EXPECT(more && more != obj);
	kmem_cache_free(s, more);
	kmem_cache_free(s, obj);
	dropin_put_cache(s, "dropin_held");
	DROPIN_EXPECT(dropin_said("destroy refused") == 1);
}

void dropin_objects_nothing(void)
{
	struct kmem_cache *s = dropin_make("dropin_nothing");

	dropin_mark();
	kmem_cache_destroy(NULL);
	if (s)
		kmem_cache_free(s, NULL);
	DROPIN_EXPECT(!dropin_said("squirrel:"));
	dropin_put_cache(s, "dropin_nothing");
}

/* Reported, and left alone: what is the other cache's, and what is free. */
void dropin_objects_bad_frees(void)
{
	struct kmem_cache *s = dropin_make("dropin_bad"), *other;
	void *obj;

	other = dropin_make("dropin_other");
	if (!s || !other)
		return;
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	memset(obj, 7, DROPIN_SIZE);
	kmem_cache_free(other, obj);
	DROPIN_EXPECT(!memchr_inv(obj, 7, DROPIN_SIZE));
	kmem_cache_free_bulk(other, 1, &obj);
	DROPIN_EXPECT(!memchr_inv(obj, 7, DROPIN_SIZE));
	kmem_cache_free(s, obj);
	kmem_cache_free(s, obj);
	dropin_put_cache(other, "dropin_other");
	dropin_put_cache(s, "dropin_bad");
}
