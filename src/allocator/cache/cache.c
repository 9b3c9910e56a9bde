// SPDX-License-Identifier: GPL-2.0
/*
 * Caches: their layout and memory, making and taking apart, and what they hold.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cache.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cache.h"

/* ---- sizing --------------------------------------------------------------- */

static unsigned int cache_align(unsigned int size,
				const struct squirrel_cache_args *args)
{
	unsigned int align = max_t(unsigned int, args->align,
				   sizeof(unsigned long));
	unsigned int line = cache_line_size();

	/* As the kernel's caches: several small objects share a line. */
	if (args->flags & SQUIRREL_HWCACHE_ALIGN) {
		while (size <= line / 2)
			line /= 2;
		align = max(align, line);
	}
	return align;
}

/* A constructed object, or one a reader may still see, stays as it is. */
bool sq_cache_mark_outside(const struct squirrel_cache_args *args)
{
	return args->ctor || (args->flags & SQUIRREL_TYPESAFE_BY_RCU);
}

/* Where a twin's objects are in their slots: see struct sq_slot. */
static size_t twin_layout(struct squirrel_cache *c, unsigned int size)
{
	c->lead = ALIGN(sizeof(struct sq_slot) + SQ_REDZONE_BYTES, c->align);
	c->mark_off = offsetof(struct sq_slot, mark);
	return ALIGN(c->lead + size + SQ_REDZONE_BYTES, sizeof(long));
}

static void cache_layout(struct squirrel_cache *c, unsigned int size,
			 const struct squirrel_cache_args *args)
{
	size_t slot = ALIGN(max_t(size_t, size, sizeof(long)), sizeof(long));

	c->object_size = size;
	c->align = cache_align(size, args);
	if (c->flags & SQ_CACHE_TWIN) {
		slot = twin_layout(c, size);
	} else if (sq_cache_mark_outside(args)) {
		c->flags |= SQ_CACHE_MARK_OUTSIDE;
		c->mark_off = slot;
		slot += sizeof(long);
	}
	/* What is aligned to more than a page is alone in its slab. */
	c->size = ALIGN(slot, min_t(size_t, c->align, PAGE_SIZE));
	c->recip = div64_u64(U64_MAX, c->size) + 2;
	c->recip_limit = SQ_SLAB_MAX_OBJS * sq_slot_step(c);
	c->cpu_max = clamp(SQ_MAG_BYTES_MAX / c->size, SQ_MAG_OBJS_MIN, SQ_MAG_MAX) & ~1U;
	c->depot_max = clamp(SQ_DEPOT_BYTES / (c->size * c->cpu_max), 1U,
			     SQ_DEPOT_MAGS);
	/* Objects too large to hoard: no spare either. */
	if (c->size > SQ_MAG_BYTES_MAX) {
		c->cpu_max = 2;
		c->depot_max = 0;
	}
	/* What magazines are made of has none, nor what is debugged. */
	if (c->flags & (SQ_CACHE_INTERNAL | SQ_CACHE_TWIN))
		c->depot_max = 0;
	sq_slab_plan(c);
}

/* ---- memory --------------------------------------------------------------- */

/* Depots of a node: one for each CPU that there may be, or for a part of them. */
static unsigned int depots_of_node(void)
{
	return min_t(unsigned int, roundup_pow_of_two(nr_cpu_ids), SQ_DEPOTS);
}

static size_t node_size(void)
{
	return struct_size_t(struct sq_node, depot, depots_of_node());
}

/*
 * A cache, the struct of the node that it is made on and its names are one
 * piece of memory: a small one each takes nearly as much again. It is aligned as the
 * node has to be, for kmalloc() aligns what is large to its power of two.
 */
static size_t own_node_offset(void)
{
	return ALIGN(struct_size_t(struct squirrel_cache, node, nr_node_ids),
		     __alignof__(struct sq_node));
}

static struct sq_node *cache_own_node(struct squirrel_cache *c)
{
	return (void *)c + own_node_offset();
}

static struct squirrel_cache *cache_piece(const char *name,
					  const char *owner, gfp_t gfp)
{
	size_t name_size = strlen(name) + 1, owner_size = strlen(owner) + 1;
	struct squirrel_cache *c;
	char *names;

	c = kzalloc(own_node_offset() + node_size() + name_size + SQ_NUMBER_MAX +
		    owner_size, gfp);
	if (!c)
		return NULL;
	names = (char *)cache_own_node(c) + node_size();
	c->owner = memcpy(names, owner, owner_size);
	/* Last, where there is room for a number. */
	c->name = memcpy(names + owner_size, name, name_size);
	return c;
}

static int cache_alloc_nodes(struct squirrel_cache *c, gfp_t gfp)
{
	int here = numa_mem_id(), nid;
	unsigned int i;

	for_each_node(nid) {
		struct sq_node *n = cache_own_node(c);

		if (nid != here)
			n = kzalloc_node(node_size(), gfp,
					 node_online(nid) ? nid : NUMA_NO_NODE);
		if (!n)
			return -ENOMEM;
		raw_spin_lock_init(&n->lock);
		for (i = 0; i < SQ_NR_FULLNESS; i++)
			INIT_LIST_HEAD(&n->lists[i]);
		n->nr_depots = depots_of_node();
		for (i = 0; i < n->nr_depots; i++)
			raw_spin_lock_init(&n->depot[i].lock);
		c->node[nid] = n;
	}
	return 0;
}

/* What is left of a cache whose slabs are gone; accepts a half-made one. */
void sq_cache_free_memory(struct squirrel_cache *c)
{
	unsigned int i;
	int nid;

	for_each_node(nid) {
		for (i = 0; c->node[nid] && i < c->node[nid]->nr_depots; i++) {
			sq_mags_free(c->node[nid]->depot[i].full);
			sq_mags_free(c->node[nid]->depot[i].empty);
		}
		if (c->node[nid] != cache_own_node(c))
			kfree(c->node[nid]);
	}
	sq_cpus_free(c);
	kvfree(c->quarantine);
	kfree(c->peak);
	/* A reader with a stale pointer may be looking at it. */
	kfree_rcu(c, rcu);
}

/* An unregistered cache, or an ERR_PTR. @gfp decides whether it may sleep. */
struct squirrel_cache *
sq_cache_make(const char *name, const char *owner, unsigned int size,
	      const struct squirrel_cache_args *args,
	      struct squirrel_heap *heap, unsigned int flags, gfp_t gfp)
{
	static const struct squirrel_cache_args defaults;
	struct squirrel_cache *c;

	if (!args)
		args = &defaults;
	c = cache_piece(name, owner, gfp);
	if (!c)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&c->link);
	c->heap = heap;
	c->flags = flags | args->flags;
	sq_mark_init(c);
	if (flags & SQ_CACHE_CLASS)
		c->heap_key = heap;
	if (flags & SQ_CACHE_LARGE)
		return c;
	cache_layout(c, size, args);
	c->ctor = args->ctor;
	c->pref_node = args->node;
	c->reserve = args->reserve;
	c->limit_objs = args->limit / c->size;
	if (cache_alloc_nodes(c, gfp) || sq_cpus_init(c, gfp)) {
		sq_cache_free_memory(c);
		return ERR_PTR(-ENOMEM);
	}
	return c;
}

/* The same without a client's module that it is made for. */
struct squirrel_cache *sq_cache_new(const char *name, unsigned int size,
				    const struct squirrel_cache_args *args,
				    struct squirrel_heap *heap,
				    unsigned int flags, gfp_t gfp)
{
	return sq_cache_make(name, "", size, args, heap, flags, gfp);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_new);

static void cache_release_all(struct squirrel_cache *c)
{
	unsigned long flags;
	unsigned int i;
	int nid;

	for_each_node(nid) {
		struct sq_node *n = c->node[nid];
		LIST_HEAD(all);

		raw_spin_lock_irqsave(&n->lock, flags);
		for (i = 0; i < SQ_NR_FULLNESS; i++)
			list_splice_init(&n->lists[i], &all);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		sq_slabs_release(c, &all);
	}
}

/*
 * Take apart a cache that nobody uses: every object is free, wherever it is,
 * so the slabs go as they are. May sleep.
 */
void sq_cache_discard(struct squirrel_cache *c)
{
	if (!list_empty(&c->link))
		sq_registry_del_cache(c);
	/* A walker of the registry may still be draining it. */
	synchronize_rcu_expedited();
	cache_release_all(c);
	if (c->flags & SQUIRREL_TYPESAFE_BY_RCU)
		rcu_barrier();
	sq_cache_free_memory(c);
	sq_mags_tidy();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_discard);

/* ---- what it holds -------------------------------------------------------- */

/*
 * Objects handed out and not taken back; exact when nobody is at it. Less than
 * 0 if some were taken back twice.
 */
long sq_cache_balance(struct squirrel_cache *c)
{
	unsigned long allocs, frees;

	sq_cache_counts(c, &allocs, &frees);
	return allocs - frees;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_balance);

/* The same for who only wants to show it. */
unsigned long sq_cache_live(struct squirrel_cache *c)
{
	return max(sq_cache_balance(c), 0L);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_live);

/* Objects in all CPUs' magazines, roughly. */
unsigned long sq_cache_in_magazines(struct squirrel_cache *c)
{
	unsigned long nr = 0;
	int cpu;

	rcu_read_lock();
	for_each_possible_cpu(cpu)
		nr += sq_cpu_nr(c, cpu);
	rcu_read_unlock();
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_in_magazines);

/* Objects in slabs. */
unsigned long sq_cache_at_hand(const struct squirrel_cache *c)
{
	unsigned long nr = 0;
	int nid;

	for_each_node(nid)
		nr += sq_read_racy(c->node[nid]->nr_free);
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_at_hand);

/* Is there that much memory at all? If not, say so. */
bool sq_reserve_fits(const char *kind, const char *name, u64 bytes)
{
	u64 most = (u64)totalram_pages() << PAGE_SHIFT;

	if (bytes <= most)
		return true;
	pr_err("%s '%s': no memory for the reserve of %llu bytes: the machine has %llu\n",
	       kind, name, bytes, most);
	return false;
}

/*
 * Grow by at most @most slabs until the reserve is at hand, or no further.
 * Returns how many were made.
 */
unsigned long sq_cache_fill(struct squirrel_cache *c, gfp_t gfp,
			    unsigned int most)
{
	unsigned long added = 0;

	while (added < most && sq_cache_at_hand(c) < c->reserve) {
		void *obj;

		obj = sq_cache_grow(c, gfp | __GFP_NOWARN, NUMA_NO_NODE, false);
		if (!obj)
			break;
		added++;
		preempt_disable();
		sq_slabs_put(c, &obj, 1);
		preempt_enable();
		sq_cache_tidy(c);
	}
	return added;
}
