// SPDX-License-Identifier: GPL-2.0
/*
 * Caches: making, taking apart, and the calls that are not hot.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cache.h>
#include <linux/cpu.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

/* Bytes of free objects a node's depot may hold. */
#define SQ_DEPOT_BYTES	(128U << 10)
#define SQ_DEPOT_MAGS	64U

/* ---- sizing --------------------------------------------------------------- */

static unsigned int sq_cache_align(unsigned int size,
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
static bool sq_cache_mark_outside(const struct squirrel_cache_args *args)
{
	return args->ctor || (args->flags & SQUIRREL_TYPESAFE_BY_RCU);
}

static void sq_cache_layout(struct squirrel_cache *c, unsigned int size,
			    const struct squirrel_cache_args *args)
{
	size_t slot = ALIGN(max_t(size_t, size, sizeof(long)), sizeof(long));

	c->object_size = size;
	c->align = sq_cache_align(size, args);
	if (sq_cache_mark_outside(args)) {
		c->flags |= SQ_CACHE_MARK_OUTSIDE;
		c->mark_off = slot;
		slot += sizeof(long);
	}
	/* What is aligned to more than a page is alone in its slab. */
	c->size = ALIGN(slot, min_t(size_t, c->align, PAGE_SIZE));
	c->magic = div64_u64(U64_MAX, c->size) + 2;
	c->span = SQ_SLAB_MAX_OBJS * sq_slot_step(c);
	c->cpu_max = clamp(SQ_CPU_BYTES / c->size, 2U, SQ_CPU_MAX) & ~1U;
	sq_set_cap(c, sq_cap_start(c));
	c->depot_max = clamp(SQ_DEPOT_BYTES / (c->size * (c->cpu_max / 2)), 1U,
			     SQ_DEPOT_MAGS);
	/* The magazines' own cache, and objects too large to hoard. */
	if ((c->flags & SQ_CACHE_INTERNAL) || c->size > 4 * PAGE_SIZE)
		c->depot_max = 0;
	sq_slab_plan(c);
}

/* ---- memory --------------------------------------------------------------- */

/*
 * A cache, the struct of the node that it is made on and its names are one
 * piece of memory: a small one each takes nearly as much again.
 */
static struct sq_node *sq_cache_own_node(struct squirrel_cache *c)
{
	return (struct sq_node *)&c->node[nr_node_ids];
}

static struct squirrel_cache *sq_cache_piece(const char *name,
					     const char *owner, gfp_t gfp)
{
	size_t name_size = strlen(name) + 1, owner_size = strlen(owner) + 1;
	struct squirrel_cache *c;
	char *names;

	c = kzalloc(struct_size(c, node, nr_node_ids) + sizeof(struct sq_node) +
		    name_size + SQ_NUMBER_MAX + owner_size, gfp);
	if (!c)
		return NULL;
	names = (char *)(sq_cache_own_node(c) + 1);
	c->owner = memcpy(names, owner, owner_size);
	/* Last, where there is room for a number. */
	c->name = memcpy(names + owner_size, name, name_size);
	return c;
}

static int sq_cache_alloc_nodes(struct squirrel_cache *c, gfp_t gfp)
{
	int here = numa_mem_id(), nid;
	unsigned int i;

	for_each_node(nid) {
		struct sq_node *n = sq_cache_own_node(c);

		if (nid != here)
			n = kzalloc_node(sizeof(*n), gfp,
					 node_online(nid) ? nid : NUMA_NO_NODE);
		if (!n)
			return -ENOMEM;
		raw_spin_lock_init(&n->lock);
		for (i = 0; i < SQ_SLAB_LISTS; i++)
			INIT_LIST_HEAD(&n->lists[i]);
		c->node[nid] = n;
	}
	return 0;
}

/* What is left of a cache whose slabs are gone; accepts a half-made one. */
void sq_cache_free_memory(struct squirrel_cache *c)
{
	int nid;

	for_each_node(nid) {
		struct sq_mag *mag = c->node[nid] ? c->node[nid]->depot : NULL;

		while (mag) {
			struct sq_mag *next = mag->next;

			sq_mag_free(mag);
			mag = next;
		}
		if (c->node[nid] != sq_cache_own_node(c))
			kfree(c->node[nid]);
	}
	sq_room_free(c);
	/* A reader with a stale pointer may be looking at it. */
	kfree_rcu(c, rcu);
}

/* An unregistered cache, or an ERR_PTR. @gfp decides whether it may sleep. */
static struct squirrel_cache *
sq_cache_make(const char *name, const char *owner, unsigned int size,
	      const struct squirrel_cache_args *args,
	      struct squirrel_heap *heap, unsigned int flags, gfp_t gfp)
{
	static const struct squirrel_cache_args defaults;
	struct squirrel_cache *c;

	if (!args)
		args = &defaults;
	c = sq_cache_piece(name, owner, gfp);
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
	sq_cache_layout(c, size, args);
	c->ctor = args->ctor;
	c->home = args->node;
	c->reserve = args->reserve;
	c->limit_objs = args->limit / c->size;
	if (sq_cache_alloc_nodes(c, gfp) || sq_room_init(c, gfp)) {
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

static void sq_cache_release_all(struct squirrel_cache *c)
{
	unsigned long flags;
	unsigned int i;
	int nid;

	for_each_node(nid) {
		struct sq_node *n = c->node[nid];
		LIST_HEAD(all);

		raw_spin_lock_irqsave(&n->lock, flags);
		for (i = 0; i < SQ_SLAB_LISTS; i++)
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
	sq_room_forget(c);
	sq_cache_release_all(c);
	if (c->flags & SQUIRREL_TYPESAFE_BY_RCU)
		rcu_barrier();
	sq_cache_free_memory(c);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_discard);

/* ---- counts --------------------------------------------------------------- */

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

/* ---- the public calls ----------------------------------------------------- */

static int sq_cache_check_args(const char *name, unsigned int size,
			       const struct squirrel_cache_args *args)
{
	int err = sq_check_name("cache", name);

	if (err)
		return err;
	if (!size) {
		pr_err("cache '%s': size must not be 0\n", name);
		return -EINVAL;
	}
	if (size > SQUIRREL_MAX_SIZE) {
		pr_err("cache '%s': size %u is over %lu\n", name, size,
		       SQUIRREL_MAX_SIZE);
		return -E2BIG;
	}
	if (!args)
		return 0;
	if (args->align && (!is_power_of_2(args->align) ||
			    args->align > SQUIRREL_MAX_SIZE)) {
		pr_err("cache '%s': align %u is not a power of two up to %lu\n",
		       name, args->align, SQUIRREL_MAX_SIZE);
		return -EINVAL;
	}
	if (sq_cache_mark_outside(args) &&
	    size > SQUIRREL_MAX_SIZE - sizeof(unsigned long)) {
		pr_err("cache '%s': size %u is over %lu, with %zu bytes behind it for squirrel's mark\n",
		       name, size, SQUIRREL_MAX_SIZE, sizeof(unsigned long));
		return -E2BIG;
	}
	if (args->flags & ~SQUIRREL_CACHE_FLAGS) {
		pr_err("cache '%s': unknown flags 0x%x\n", name,
		       args->flags & ~SQUIRREL_CACHE_FLAGS);
		return -EINVAL;
	}
	return sq_check_home("cache", name, args->node);
}

/* 0, or -EINVAL if the limit does not hold a single object or the reserve. */
static int sq_cache_check_limit(const struct squirrel_cache *c,
				const struct squirrel_cache_args *args)
{
	if (!args || !args->limit)
		return 0;
	if (c->limit_objs && args->reserve <= c->limit_objs)
		return 0;
	pr_err("cache '%s': limit %zu holds %lu objects of %u, %u wanted\n",
	       c->name, args->limit, c->limit_objs, c->size,
	       max(1U, args->reserve));
	return -EINVAL;
}

/* Objects in slabs. */
unsigned long sq_cache_at_hand(const struct squirrel_cache *c)
{
	unsigned long nr = 0;
	int nid;

	for_each_node(nid)
		nr += sq_glance(c->node[nid]->nr_free);
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

/* 0, or -ENOMEM: the reserve is not worth that anybody is killed for it. */
static int sq_cache_first_fill(struct squirrel_cache *c)
{
	if (!sq_reserve_fits("cache", c->name, (u64)c->reserve * c->size))
		return -ENOMEM;
	sq_cache_fill(c, GFP_KERNEL | __GFP_NORETRY, UINT_MAX);
	if (sq_cache_at_hand(c) >= c->reserve)
		return 0;
	pr_err("cache '%s': no memory for the reserve of %u objects\n", c->name,
	       c->reserve);
	return -ENOMEM;
}

/**
 * __squirrel_cache_create() - create an object cache; use the macro
 * @name: see squirrel_cache_create()
 * @size: see squirrel_cache_create()
 * @args: see squirrel_cache_create()
 * @owner: the client module
 *
 * Context: Process context. May sleep.
 * Return: See squirrel_cache_create().
 */
struct squirrel_cache *
__squirrel_cache_create(const char *name, unsigned int size,
			const struct squirrel_cache_args *args,
			struct module *owner)
{
	struct squirrel_cache *c;
	int err;

	err = sq_cache_check_args(name, size, args);
	if (err)
		return ERR_PTR(err);
	c = sq_cache_make(name, owner ? module_name(owner) : "", size, args,
			  sq_default_heap, 0, GFP_KERNEL);
	if (IS_ERR(c)) {
		pr_err("cache '%s': no memory\n", name);
		return c;
	}
	err = sq_cache_check_limit(c, args);
	if (err)
		goto discard;
	err = sq_cache_first_fill(c);
	if (err)
		goto discard;
	__module_get(THIS_MODULE);
	err = sq_registry_add_cache(c, true);
	if (!err)
		return c;
	pr_err("cache '%s': exists already\n", name);
	module_put(THIS_MODULE);
discard:
	sq_cache_discard(c);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(__squirrel_cache_create);

/*
 * What is live, of a cache that is to go. The counts do not tell if some object
 * was freed twice and that was taken: one such hides one that is live. What is in
 * no slab when all magazines are empty is live; an object that is in two places
 * comes to light on the way.
 */
static unsigned long sq_cache_settle(struct squirrel_cache *c)
{
	long balance = sq_cache_balance(c);
	unsigned long out = 0;
	int nid;

	if (balance > 0)
		return balance;
	if (balance < 0)
		pr_err("cache '%s': %ld more frees than allocations: objects were freed twice\n",
		       c->name, -balance);
	squirrel_cache_shrink(c);
	for_each_node(nid) {
		struct sq_node *n = c->node[nid];

		out += sq_glance(n->nr_objs) - sq_glance(n->nr_free);
	}
	return out;
}

/**
 * squirrel_cache_destroy() - destroy a cache all of whose objects were freed
 * @c: the cache; NULL and an ERR_PTR are passed over
 *
 * Waits for frees that squirrel_free_rcu() still owes. If objects are live
 * then it is refused: their number is reported, they and the cache stay valid,
 * and it may be called again; but a reserve is not kept up any more. More frees
 * than allocations (see squirrel_cache_free()) are reported as well, and do not
 * hide what is live.
 *
 * Context: Process context. May sleep.
 * Return: 0, or -EBUSY if it was refused.
 */
int squirrel_cache_destroy(struct squirrel_cache *c)
{
	unsigned long live;

	if (IS_ERR_OR_NULL(c))
		return 0;
	sq_rcu_free_wait();
	sq_deferred_flush();
	live = sq_cache_settle(c);
	if (live) {
		c->flags |= SQ_CACHE_DYING;
		pr_err("cache '%s': destroy refused, %lu objects (%lu bytes) are live\n",
		       c->name, live, live * c->object_size);
		return -EBUSY;
	}
	sq_cache_discard(c);
	module_put(THIS_MODULE);
	return 0;
}
EXPORT_SYMBOL_GPL(squirrel_cache_destroy);

/**
 * squirrel_cache_alloc_node() - take an object on a NUMA node
 * @c: the cache
 * @gfp: as for squirrel_cache_alloc(); with __GFP_THISNODE there only
 * @node: the node by preference, or NUMA_NO_NODE
 *
 * Context: As squirrel_cache_alloc().
 * Return: As squirrel_cache_alloc(); NULL also for a node that does not exist.
 */
void *squirrel_cache_alloc_node(struct squirrel_cache *c, gfp_t gfp, int node)
{
	if (node == NUMA_NO_NODE ||
	    (!static_branch_unlikely(&sq_numa) && node == numa_mem_id()))
		return squirrel_cache_alloc(c, gfp);
	if (node < 0 || node >= nr_node_ids || !node_online(node))
		return NULL;
	return sq_cache_alloc_slow(c, gfp, node);
}
EXPORT_SYMBOL_GPL(squirrel_cache_alloc_node);

/**
 * squirrel_cache_zalloc() - take an object filled with zeroes
 * @c: the cache; one with a constructor gives a constructed object instead
 * @gfp: as for squirrel_cache_alloc()
 *
 * Context: As squirrel_cache_alloc().
 * Return: As squirrel_cache_alloc().
 */
void *squirrel_cache_zalloc(struct squirrel_cache *c, gfp_t gfp)
{
	return squirrel_cache_alloc(c, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_cache_zalloc);

static void sq_cache_drain_here(void *info)
{
	sq_cpu_drain(info, false);
}

/**
 * squirrel_cache_shrink() - give back all memory of a cache that is free
 * @c: the cache
 *
 * Empties its magazines and depots and releases its empty slabs, but for the
 * reserve.
 *
 * Context: Process context. May sleep.
 * Return: 0 if the cache holds no slab any more, 1 otherwise.
 */
int squirrel_cache_shrink(struct squirrel_cache *c)
{
	unsigned long slabs = 0;
	int nid;

	on_each_cpu(sq_cache_drain_here, c, 1);
	sq_depot_drain(c, true);
	for_each_node(nid) {
		struct sq_node *n = c->node[nid];

		sq_node_release(c, n, 0);
		slabs += sq_glance(n->nr_slabs);
	}
	return slabs != 0;
}
EXPORT_SYMBOL_GPL(squirrel_cache_shrink);

/**
 * squirrel_cache_size() - size of a cache's objects
 * @c: the cache
 *
 * Context: Any context.
 * Return: bytes per object, as asked for at create.
 */
unsigned int squirrel_cache_size(struct squirrel_cache *c)
{
	return c->object_size;
}
EXPORT_SYMBOL_GPL(squirrel_cache_size);
