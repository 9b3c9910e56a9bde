// SPDX-License-Identifier: GPL-2.0
/* kfree_rcu() and its relatives, with a head in the object and without. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include "dropin.h"

/* Since 6.7 the kernel's own without a head have another name. */
#if defined(DROPIN_OBJECTS) && !defined(KVFREE_GET_MACRO)
#define dropin_kfree_rcu(obj)	kfree_rcu_mightsleep(obj)
#define dropin_kvfree_rcu(obj)	kvfree_rcu_mightsleep(obj)
#else
#define dropin_kfree_rcu(obj)	kfree_rcu(obj)
#define dropin_kvfree_rcu(obj)	kvfree_rcu(obj)
#endif

struct dropin_late {
	long pad[3];
	struct rcu_head rcu;
	long rest[20];
};

static struct dropin_late *dropin_get(struct kmem_cache *s)
{
	struct dropin_late *obj = s ? kmem_cache_alloc(s, GFP_KERNEL) :
				      kmalloc(sizeof(*obj), GFP_KERNEL);

	if (DROPIN_EXPECT(obj))
		memset(obj, 7, sizeof(*obj));
	return obj;
}

static bool dropin_intact(const struct dropin_late *obj)
{
	return !memchr_inv(obj->pad, 7, sizeof(obj->pad)) &&
	       !memchr_inv(obj->rest, 7, sizeof(obj->rest));
}

/* As long as there are readers it is as it was, and nobody else's. */
static void dropin_kept(struct kmem_cache *s)
{
	struct dropin_late *a = dropin_get(s), *b = dropin_get(s), *more[4];
	int i;

	if (!a || !b)
		return;
	rcu_read_lock();
	kfree_rcu(a, rcu);
	kvfree_rcu(b, rcu);
	DROPIN_EXPECT(dropin_intact(a));
	DROPIN_EXPECT(dropin_intact(b));
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		more[i] = s ? kmem_cache_alloc(s, GFP_ATOMIC) :
			      kmalloc(sizeof(*a), GFP_ATOMIC);
		DROPIN_EXPECT(more[i] && more[i] != a && more[i] != b);
	}
	rcu_read_unlock();
	for (i = 0; i < ARRAY_SIZE(more); i++)
		kfree(more[i]);
}

/* Destroy waits for what is still to be freed. */
void dropin_rcu_head(void)
{
	struct kmem_cache *s;

	s = KMEM_CACHE(dropin_late, 0);
	if (DROPIN_EXPECT(s))
		dropin_kept(s);
	dropin_put_cache(s, "dropin_late");
	s = KMEM_CACHE(dropin_late, SLAB_TYPESAFE_BY_RCU);
	if (DROPIN_EXPECT(s))
		dropin_kept(s);
	dropin_put_cache(s, "dropin_late");
}

/* Whoever has no head waits: there was a whole grace period meanwhile. */
void dropin_rcu_headless(void)
{
	struct kmem_cache *s = KMEM_CACHE(dropin_late, 0);
	unsigned long since;

	if (!DROPIN_EXPECT(s))
		return;
	since = get_state_synchronize_rcu();
	dropin_kfree_rcu(dropin_get(s));
	DROPIN_EXPECT(poll_state_synchronize_rcu(since));
	since = get_state_synchronize_rcu();
	dropin_kvfree_rcu(dropin_get(s));
	DROPIN_EXPECT(poll_state_synchronize_rcu(since));
#ifdef kfree_rcu_mightsleep
	since = get_state_synchronize_rcu();
	kfree_rcu_mightsleep(dropin_get(s));
	DROPIN_EXPECT(poll_state_synchronize_rcu(since));
	since = get_state_synchronize_rcu();
	kvfree_rcu_mightsleep(dropin_get(s));
	DROPIN_EXPECT(poll_state_synchronize_rcu(since));
#endif
	/* No free is owed: what is not live now was freed. */
	dropin_put_cache(s, "dropin_late");
}

/*
 * Out of a cache of the kernel's, which can go only if they come back: where it is
 * known when that is.
 */
static void dropin_returned(struct kmem_cache *s)
{
	struct dropin_late *a = dropin_kernel_alloc(s), *b;
	unsigned long since;

	b = dropin_kernel_alloc(s);
	if (!DROPIN_EXPECT(a && b))
		return;
	kfree_rcu(a, rcu);
	kvfree_rcu(b, rcu);
	rcu_barrier();
	since = get_state_synchronize_rcu();
	a = dropin_kernel_alloc(s);
	dropin_kfree_rcu(a);
	DROPIN_EXPECT(poll_state_synchronize_rcu(since));
	since = get_state_synchronize_rcu();
	a = dropin_kernel_alloc(s);
	dropin_kvfree_rcu(a);
	DROPIN_EXPECT(poll_state_synchronize_rcu(since));
}

void dropin_rcu_theirs(void)
{
	struct kmem_cache *s;

	dropin_kept(NULL);
	dropin_kfree_rcu(dropin_get(NULL));
	dropin_kvfree_rcu(dropin_get(NULL));
#ifdef kfree_rcu_mightsleep
	kfree_rcu_mightsleep(dropin_get(NULL));
	kvfree_rcu_mightsleep(dropin_get(NULL));
#endif
	dropin_kvfree_rcu(vmalloc(PAGE_SIZE));
	if (!IS_ENABLED(CONFIG_TINY_RCU))
		return;
	s = dropin_kernel_create("dropin_later", sizeof(struct dropin_late), false);
	if (!DROPIN_EXPECT(s))
		return;
	dropin_returned(s);
	dropin_kernel_destroy(s);
	DROPIN_EXPECT(!dropin_kernel_has("dropin_later", false));
}

void dropin_rcu_nothing(void)
{
	struct dropin_late *none = NULL;

	kfree_rcu(none, rcu);
	kvfree_rcu(none, rcu);
	dropin_kfree_rcu(none);
	dropin_kvfree_rcu(none);
}

/* The pointer's expression is looked at once. */
void dropin_rcu_once(void)
{
	struct kmem_cache *s = KMEM_CACHE(dropin_late, 0);
	struct dropin_late *objs[4], **next = objs;
	int i;

	if (!DROPIN_EXPECT(s))
		return;
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = dropin_get(s);
	kfree_rcu(*next++, rcu);
	kvfree_rcu(*next++, rcu);
	dropin_kfree_rcu(*next++);
	dropin_kvfree_rcu(*next++);
	DROPIN_EXPECT(next == objs + ARRAY_SIZE(objs));
	dropin_put_cache(s, "dropin_late");
}

#ifdef DROPIN_BARRIER
/* Seen before destroy, which would wait as well. */
static void dropin_waited(struct kmem_cache *s, bool all)
{
	struct dropin_late *a = dropin_get(s), *b = dropin_get(s);

	if (!DROPIN_EXPECT(a && b))
		return;
	kfree_rcu(a, rcu);
	kvfree_rcu(b, rcu);
#ifdef DROPIN_BARRIER_ON_CACHE
	if (!all)
		kvfree_rcu_barrier_on_cache(s);
	else
#endif
		kvfree_rcu_barrier();
	DROPIN_EXPECT(!current->mm ||
		      dropin_shows("dropin_late", "live_objects: 0\n"));
}
#endif

void dropin_rcu_barrier(void)
{
#ifdef DROPIN_BARRIER
	struct kmem_cache *s = KMEM_CACHE(dropin_late, 0);

	if (!DROPIN_EXPECT(s))
		return;
	dropin_waited(s, true);
	dropin_waited(s, false);
	dropin_put_cache(s, "dropin_late");
#endif
}
