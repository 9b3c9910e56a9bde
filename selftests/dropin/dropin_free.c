// SPDX-License-Identifier: GPL-2.0
/* Each call that frees, on objects of caches and on the kernel's own memory. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "dropin.h"

#define DROPIN_SIZE	200
#define DROPIN_OBJS	8
#if defined(__free) && defined(SQ_HAVE_FREE_KVFREE)
#if SQ_HAVE_FREE_KVFREE && !defined(DROPIN_OBJECTS)
#define DROPIN_FREE_KVFREE
#endif
#endif

static void dropin_ctor(void *obj)
{
	memset(obj, 0x5a, DROPIN_SIZE);
}

static void dropin_scoped(void *obj)
{
#ifdef __free
	void *gone __free(kfree) = obj;
	void *none __free(kfree) = NULL;
	void *error __free(kfree) = ERR_PTR(-ENOMEM);

	DROPIN_EXPECT(gone && !none && IS_ERR(error));
#else
	kfree(obj);
#endif
}

static void dropin_kvscoped(void *obj)
{
#ifdef DROPIN_FREE_KVFREE
	void *gone __free(kvfree) = obj;
	void *none __free(kvfree) = NULL;

	DROPIN_EXPECT(gone && !none);
#else
	kvfree(obj);
#endif
}

static void dropin_kvfree_sensitive(void *obj)
{
	kvfree_sensitive(obj, DROPIN_SIZE);
}

static void dropin_kfree_bulk(void *obj)
{
	kfree_bulk(1, &obj);
}

static void dropin_free_bulk(void *obj)
{
	kmem_cache_free_bulk(NULL, 1, &obj);
}

static void dropin_krealloc(void *obj)
{
	DROPIN_EXPECT(krealloc(obj, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
}

static void dropin_kfree(void *obj)
{
	kfree(obj);
}

static void dropin_kvfree(void *obj)
{
	kvfree(obj);
}

static void dropin_kfree_const(void *obj)
{
	kfree_const(obj);
}

static void dropin_kfree_sensitive(void *obj)
{
	kfree_sensitive(obj);
}

static const struct dropin_way {
	const char *name;
	void (*free)(void *obj);
} dropin_ways[] = {
	{ "kfree", dropin_kfree },
	{ "kvfree", dropin_kvfree },
	{ "kfree_const", dropin_kfree_const },
	{ "kfree_sensitive", dropin_kfree_sensitive },
	{ "kvfree_sensitive", dropin_kvfree_sensitive },
	{ "kfree_bulk", dropin_kfree_bulk },
	{ "kmem_cache_free_bulk(NULL)", dropin_free_bulk },
	{ "krealloc to 0", dropin_krealloc },
	{ "__free(kfree)", dropin_scoped },
	{ "__free(kvfree)", dropin_kvscoped },
};

/* With one live object the cache would stay. */
static void dropin_by_each(slab_flags_t flags, void (*ctor)(void *))
{
	int i;

	for (i = 0; i < ARRAY_SIZE(dropin_ways); i++) {
		const struct dropin_way *w = &dropin_ways[i];
		struct kmem_cache *s;
		void *obj;

		s = kmem_cache_create("dropin_way", DROPIN_SIZE, 0, flags, ctor);
		if (!DROPIN_EXPECT_OF(w->name, s))
			return;
		obj = kmem_cache_alloc(s, GFP_KERNEL);
		if (DROPIN_EXPECT_OF(w->name, obj && dropin_ours(obj)))
			w->free(obj);
		kmem_cache_destroy(s);
		if (DROPIN_EXPECT_OF(w->name, !dropin_named("dropin_way")))
			continue;
		kmem_cache_free(s, obj);
		dropin_put_cache(s, "dropin_way");
	}
}

void dropin_free_objects(void)
{
	dropin_by_each(0, NULL);
	dropin_by_each(0, dropin_ctor);
	dropin_by_each(SLAB_TYPESAFE_BY_RCU, NULL);
}

/* Of squirrel's, but of no cache: by the address alone. A block is gone for good. */
void dropin_free_heaps(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(dropin_ways); i++) {
		const struct dropin_way *w = &dropin_ways[i];
		void *small = dropin_squirrel_alloc(DROPIN_SIZE);
		void *block = dropin_squirrel_alloc(5 * PAGE_SIZE);

		if (!DROPIN_EXPECT_OF(w->name, small && block))
			return;
		w->free(small);
		w->free(block);
		DROPIN_EXPECT_OF(w->name, !dropin_usable(block));
	}
}

/* The kernel has a cache whose objects come back by it: then the cache can go. */
void dropin_free_foreign(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(dropin_ways); i++) {
		struct kmem_cache *s;
		void *obj;

		s = dropin_kernel_create("dropin_way", DROPIN_SIZE, false);
		if (!DROPIN_EXPECT(s))
			return;
		obj = dropin_kernel_alloc(s);
		if (DROPIN_EXPECT(obj && !dropin_ours(obj)))
			dropin_ways[i].free(obj);
		dropin_kernel_destroy(s);
		DROPIN_EXPECT_OF(dropin_ways[i].name,
				 !dropin_kernel_has("dropin_way", false));
		obj = kmalloc(DROPIN_SIZE, GFP_KERNEL);
		if (DROPIN_EXPECT(obj && !dropin_ours(obj)))
			dropin_ways[i].free(obj);
	}
}

void dropin_free_nothing(void)
{
	void *none[1] = { NULL };

	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
	kvfree(NULL);
	kfree_const(NULL);
	kfree_sensitive(NULL);
	kfree_sensitive(ZERO_SIZE_PTR);
	kvfree_sensitive(NULL, 8);
	kfree_bulk(0, none);
	kmem_cache_free_bulk(NULL, 0, none);
}

/* What is far, and what is the kernel's own text, which is not freed at all. */
void dropin_free_far(void)
{
	void *far = vmalloc(PAGE_SIZE), *page = vmalloc(PAGE_SIZE);
	void *either = kvmalloc(DROPIN_SIZE, GFP_KERNEL);

	DROPIN_EXPECT(far && page && either);
	kvfree(far);
	kvfree_sensitive(page, PAGE_SIZE);
	kvfree(either);
	kfree_const(cpumask_of(0));
	DROPIN_EXPECT(cpumask_test_cpu(0, cpumask_of(0)));
}

/* Squirrel's and the kernel's in one call. */
void dropin_free_mixed(void)
{
	struct kmem_cache *s, *theirs;
	void *objs[DROPIN_OBJS];
	int i, round;

	s = kmem_cache_create("dropin_mixed", DROPIN_SIZE, 0, 0, NULL);
	theirs = dropin_kernel_create("dropin_mixed", DROPIN_SIZE, false);
	if (!DROPIN_EXPECT(s && theirs))
		return;
	for (round = 0; round < 4; round++) {
		for (i = 0; i < DROPIN_OBJS; i++)
			objs[i] = (i ^ round) & 1 ? dropin_kernel_alloc(theirs) :
				  kmem_cache_alloc(s, GFP_KERNEL);
		if (round < 2)
			kfree_bulk(DROPIN_OBJS, objs);
		else
			kmem_cache_free_bulk(NULL, DROPIN_OBJS, objs);
	}
	dropin_put_cache(s, "dropin_mixed");
	dropin_kernel_destroy(theirs);
	DROPIN_EXPECT(!dropin_kernel_has("dropin_mixed", false));
}

/* A reader may look at what was freed: it is as it was, or wiped. */
static void dropin_wiped_by(struct kmem_cache *s, bool ours)
{
	char *objs[4];
	int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = ours ? kmem_cache_alloc(s, GFP_KERNEL) :
				 dropin_kernel_alloc(s);
		if (!DROPIN_EXPECT(objs[i] && dropin_ours(objs[i]) == ours))
			return;
		memset(objs[i], 7, DROPIN_SIZE);
	}
	rcu_read_lock();
	kfree(objs[0]);
	kfree_sensitive(objs[1]);
	kvfree_sensitive(objs[2], DROPIN_SIZE);
	/* Squirrel knows better how long it is. */
	kvfree_sensitive(objs[3], 8);
	DROPIN_EXPECT(!memchr_inv(objs[0], 7, DROPIN_SIZE));
	DROPIN_EXPECT(!memchr_inv(objs[1], 0, DROPIN_SIZE));
	DROPIN_EXPECT(!memchr_inv(objs[2], 0, DROPIN_SIZE));
	DROPIN_EXPECT(!memchr_inv(objs[3], 0, ours ? DROPIN_SIZE : 8));
	rcu_read_unlock();
}

void dropin_free_wiped(void)
{
	struct kmem_cache *s;

	s = kmem_cache_create("dropin_wiped", DROPIN_SIZE, 0,
			      SLAB_TYPESAFE_BY_RCU, NULL);
	if (!DROPIN_EXPECT(s))
		return;
	dropin_wiped_by(s, true);
	dropin_put_cache(s, "dropin_wiped");
	s = dropin_kernel_create("dropin_wiped", DROPIN_SIZE, true);
	if (!DROPIN_EXPECT(s))
		return;
	dropin_wiped_by(s, false);
	dropin_kernel_destroy(s);
}

/* Into the middle, and a second time. */
void dropin_free_bad_frees(void)
{
	struct kmem_cache *s;
	char *obj;

	s = kmem_cache_create("dropin_bad", DROPIN_SIZE, 0, 0, NULL);
	if (!DROPIN_EXPECT(s))
		return;
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	memset(obj, 7, DROPIN_SIZE);
	kfree(obj + 8);
	kfree_sensitive(obj + 16);
	DROPIN_EXPECT(!memchr_inv(obj, 7, DROPIN_SIZE));
	kfree(obj);
	kfree(obj);
	dropin_put_cache(s, "dropin_bad");
}
