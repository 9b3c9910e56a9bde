// SPDX-License-Identifier: GPL-2.0
/* Each call that frees, on objects of caches and on the kernel's own memory. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "dropin.h"

#define DROPIN_OBJS	8

struct dropin {
	long pad[7];
	struct rcu_head rcu;
	long rest[7];
};

static void (*const dropin_kfree)(const void *) = kfree;

static void dropin_ctor(void *obj)
{
	memset(obj, 0x5a, sizeof(struct dropin));
}

/* From the cache, or from the kernel if there is none. */
static void *dropin_get(struct kmem_cache *s)
{
	return s ? kmem_cache_alloc(s, GFP_KERNEL) :
		   kmalloc(sizeof(struct dropin), GFP_KERNEL);
}

static void dropin_scoped(struct kmem_cache *s)
{
#ifdef __free
	struct dropin *obj __free(kfree) = dropin_get(s);

	if (obj)
		obj->rest[0] = 1;
#endif
}

static int dropin_each(struct kmem_cache *s)
{
	void *objs[DROPIN_OBJS];
	int i;

	for (i = 0; i < DROPIN_OBJS; i++)
		objs[i] = dropin_get(s);
	kfree(objs[0]);
	kvfree(objs[1]);
	kfree_const(objs[2]);
	kfree_sensitive(objs[3]);
	kvfree_sensitive(objs[4], sizeof(struct dropin));
	dropin_kfree(objs[5]);
	kfree_bulk(1, objs + 6);
	kmem_cache_free_bulk(NULL, 1, objs + 7);
	dropin_scoped(s);
	return 0;
}

/* Squirrel's and the kernel's in one call. */
static int dropin_mixed(struct kmem_cache *s)
{
	void *objs[DROPIN_OBJS];
	int i;

	for (i = 0; i < DROPIN_OBJS; i++)
		objs[i] = dropin_get(i & 1 ? s : NULL);
	kfree_bulk(DROPIN_OBJS, objs);
	return 0;
}

static int dropin_sizes(struct kmem_cache *s)
{
	const size_t size = sizeof(struct dropin);
	char *obj = dropin_get(s), *more;

	if (DROPIN_BAD(obj && ksize(obj) >= size))
		return -EIO;
	memset(obj, 7, size);
	more = krealloc(obj, size / 2, GFP_KERNEL);
	if (DROPIN_BAD(more == obj))
		return -EIO;
	/* Asked for again: the kernel may have zeroed what was given up. */
	more = krealloc(obj, size, GFP_KERNEL);
	if (DROPIN_BAD(more == obj))
		return -EIO;
	memset(obj, 7, size);
	more = krealloc(obj, 4 * size, GFP_KERNEL);
	if (DROPIN_BAD(more && !memchr_inv(more, 7, size)))
		return -EIO;
	more = krealloc_array(more, 8, size, GFP_KERNEL);
	if (DROPIN_BAD(more && !memchr_inv(more, 7, size)))
		return -EIO;
	return DROPIN_BAD(krealloc(more, 0, GFP_KERNEL) == ZERO_SIZE_PTR) ?
	       -EIO : 0;
}

static int dropin_play(int (*play)(struct kmem_cache *s))
{
	struct kmem_cache *plain, *built;
	int err = -EIO;

	plain = KMEM_CACHE(dropin, 0);
	built = kmem_cache_create("dropin_built", sizeof(struct dropin), 0, 0,
				  dropin_ctor);
	if (!DROPIN_BAD(plain && built))
		err = play(plain) ?: play(built) ?: play(NULL);
	/* With one live object they would stay, and the script sees them. */
	kmem_cache_destroy(built);
	kmem_cache_destroy(plain);
	return err;
}

int dropin_free(void)
{
	void *far = vmalloc(PAGE_SIZE);

	kfree(NULL);
	kfree(ZERO_SIZE_PTR);
	kvfree(NULL);
	kvfree(far);
	return dropin_play(dropin_each) ?: dropin_play(dropin_mixed) ?:
	       dropin_play(dropin_sizes);
}

static int dropin_later(struct kmem_cache *s)
{
	struct dropin *obj = dropin_get(s);

	kfree_rcu(obj, rcu);
	obj = dropin_get(s);
	kvfree_rcu(obj, rcu);
#ifdef kfree_rcu_mightsleep
	kfree_rcu_mightsleep(dropin_get(s));
	kvfree_rcu_mightsleep(dropin_get(s));
#endif
	obj = NULL;
	kfree_rcu(obj, rcu);
	return 0;
}

int dropin_rcu(void)
{
	return dropin_play(dropin_later);
}
