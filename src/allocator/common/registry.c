// SPDX-License-Identifier: GPL-2.0
/*
 * All caches and heaps. Readers walk under RCU and may not sleep. The lock is
 * taken in any context but NMI, since a heap makes its classes on demand, and only
 * for the list itself: names are compared under a mutex, as long as that takes.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/printk.h>
#include <linux/rculist.h>
#include <linux/string.h>

#include "common.h"

/* Heaps come and go in process context only: a slow reader holds them so. */
static DEFINE_MUTEX(heaps_mutex);
/* So do caches with a name of their own. */
static DEFINE_MUTEX(names_mutex);
static DEFINE_RAW_SPINLOCK(registry_lock);	/* all_caches */
static LIST_HEAD(all_caches);
static LIST_HEAD(all_heaps);
static const struct sq_registry_hook *registry_hook;

/**
 * sq_allocator_set_registry_hook() - tell somebody of caches and heaps
 * @hook: what to call, or NULL for nobody
 *
 * Those that exist are announced at once. Set it before there are clients and
 * take it back when there are none.
 *
 * Context: Process context. May sleep.
 */
void sq_allocator_set_registry_hook(const struct sq_registry_hook *hook)
{
	struct squirrel_heap *h;

	WRITE_ONCE(registry_hook, hook);
	if (!hook)
		return;
	list_for_each_entry(h, &all_heaps, link)
		hook->heap_added(h->name, h);
}

/* 0, or -EINVAL and a line that says what is wrong with @name. */
int sq_check_name(const char *kind, const char *name)
{
	size_t len = name ? strlen(name) : 0, i;

	if (!len || len > SQUIRREL_NAME_MAX) {
		pr_err("%s: name must have 1 to %d characters\n", kind,
		       SQUIRREL_NAME_MAX);
		return -EINVAL;
	}
	for (i = 0; i < len; i++)
		if (!isgraph(name[i]) || name[i] == '/')
			break;
	if (i < len || !strcmp(name, ".") || !strcmp(name, "..")) {
		pr_err("%s: name '%s' has a character it must not have\n", kind,
		       name);
		return -EINVAL;
	}
	return 0;
}

/* 0, or -EINVAL and a line, for the node + 1 that a client prefers, or 0. */
int sq_check_pref_node(const char *kind, const char *name, int home)
{
	if (!home || (home > 0 && home <= nr_node_ids && node_online(home - 1)))
		return 0;
	pr_err("%s '%s': no such node: %d\n", kind, name, home - 1);
	return -EINVAL;
}

/* How much of a name there is in front of its number. */
static size_t stem_len(const char *name)
{
	return min_t(size_t, strlen(name), SQUIRREL_NAME_MAX - SQ_NUMBER_MAX);
}

/* The number of @name among those like @wanted: 1 for the same, 0 for others. */
static unsigned int name_number(const char *name, const char *wanted)
{
	size_t stem = stem_len(wanted);
	unsigned int n;

	if (!strcmp(name, wanted))
		return 1;
	if (strncmp(name, wanted, stem) || name[stem] != ':' ||
	    kstrtouint(name + stem + 1, 10, &n))
		return 0;
	return n;
}

/* Nobody else has the cache's name, or it gets another; false if it cannot. */
static bool name_settle(struct squirrel_cache *c)
{
	struct squirrel_cache *other;
	unsigned int last = 0;
	bool taken = false;

	lockdep_assert_held(&names_mutex);
	rcu_read_lock();
	list_for_each_entry_rcu(other, &all_caches, link) {
		if (other->flags & (SQ_CACHE_CLASS | SQ_CACHE_TWIN))
			continue;
		taken |= !strcmp(other->name, c->name);
		last = max(last, name_number(other->name, c->name));
	}
	rcu_read_unlock();
	if (!taken)
		return true;
	if (!(c->flags & SQUIRREL_NUMBERED) || last == UINT_MAX)
		return false;
	snprintf(c->name + stem_len(c->name), SQ_NUMBER_MAX + 1, ":%u",
		 last + 1);
	return true;
}

static void registry_enter(struct squirrel_cache *c)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&registry_lock, flags);
	list_add_tail_rcu(&c->link, &all_caches);
	raw_spin_unlock_irqrestore(&registry_lock, flags);
}

/* @named may sleep. Heap classes need no unique name: their heap's is. */
int sq_registry_add_cache(struct squirrel_cache *c, bool named)
{
	const struct sq_registry_hook *hook = READ_ONCE(registry_hook);
	bool settled;

	if (!named) {
		registry_enter(c);
		return 0;
	}
	mutex_lock(&names_mutex);
	settled = name_settle(c);
	if (settled)
		registry_enter(c);
	mutex_unlock(&names_mutex);
	if (!settled)
		return -EEXIST;
	if (hook)
		hook->cache_added(c->name, c);
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_registry_add_cache);

/* Nobody walks over it any more when this returns. May sleep. */
void sq_registry_del_cache(struct squirrel_cache *c)
{
	const struct sq_registry_hook *hook = READ_ONCE(registry_hook);
	unsigned long flags;

	if (!(c->flags & (SQ_CACHE_CLASS | SQ_CACHE_TWIN)) && hook)
		hook->cache_removed(c);
	raw_spin_lock_irqsave(&registry_lock, flags);
	list_del_rcu(&c->link);
	raw_spin_unlock_irqrestore(&registry_lock, flags);
}

int sq_registry_add_heap(struct squirrel_heap *h)
{
	const struct sq_registry_hook *hook = READ_ONCE(registry_hook);
	struct squirrel_heap *other;
	bool taken = false;

	mutex_lock(&heaps_mutex);
	list_for_each_entry(other, &all_heaps, link)
		taken |= !strcmp(other->name, h->name);
	if (!taken)
		list_add_tail_rcu(&h->link, &all_heaps);
	mutex_unlock(&heaps_mutex);
	if (taken)
		return -EEXIST;
	if (hook)
		hook->heap_added(h->name, h);
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_registry_add_heap);

void sq_registry_del_heap(struct squirrel_heap *h)
{
	const struct sq_registry_hook *hook = READ_ONCE(registry_hook);

	if (hook)
		hook->heap_removed(h);
	mutex_lock(&heaps_mutex);
	list_del_rcu(&h->link);
	mutex_unlock(&heaps_mutex);
}

/* @fn must not sleep. */
void sq_walk_caches(sq_cache_fn fn, void *ctx)
{
	struct squirrel_cache *c;

	rcu_read_lock();
	list_for_each_entry_rcu(c, &all_caches, link)
		fn(c, ctx);
	rcu_read_unlock();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_walk_caches);

/* @fn must not sleep. */
void sq_walk_heaps(sq_heap_fn fn, void *ctx)
{
	struct squirrel_heap *h;

	rcu_read_lock();
	list_for_each_entry_rcu(h, &all_heaps, link)
		fn(h, ctx);
	rcu_read_unlock();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_walk_heaps);

/* The same for @fn that takes its time and may sleep. Process context. */
void sq_walk_heaps_slowly(sq_heap_fn fn, void *ctx)
{
	struct squirrel_heap *h;

	mutex_lock(&heaps_mutex);
	list_for_each_entry(h, &all_heaps, link)
		fn(h, ctx);
	mutex_unlock(&heaps_mutex);
}
