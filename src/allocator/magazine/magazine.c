// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines: what lies between the hot path and the slabs.
 *
 *   CPU's array  --one magazine's worth-->  depot of the node  --> slabs
 *                <--------------------------
 *
 * A full CPU array gives its older half to the depot, or to the slabs where
 * the depot has no room; an empty one takes a magazine from the depot, or
 * half of what it can hold from the slabs. How much an array holds is in array.c.
 */
#include <linux/hardirq.h>
#include <linux/minmax.h>
#include <linux/topology.h>

#include "magazine.h"

/* ---- what is owed --------------------------------------------------------- */

/* Where memory for arrays ran out. Where it may be asked for, by nobody who waits. */
static void arrays_make(void)
{
	struct squirrel_cache *c;
	void *memory;

	while ((c = sq_arrays_short())) {
		memory = sq_cache_grow(c, __GFP_NOWARN | __GFP_NOMEMALLOC,
				       NUMA_NO_NODE, false);
		if (!memory)
			continue;
		preempt_disable();
		sq_slabs_put(c, &memory, 1);
		preempt_enable();
	}
}

/*
 * What is owed once preemption is on: empty slabs go, arrays and magazines are made.
 * Where that is not possible, the next call does it that can, or the reclaimer. Any
 * context.
 */
void sq_cache_tidy_slow(struct squirrel_cache *c)
{
	if (sq_cache_release_spare(c))
		arrays_make();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_tidy_slow);

/* ---- depot ---------------------------------------------------------------- */

struct sq_mag *sq_depot_pop(struct sq_node *n)
{
	struct sq_mag *mag = n->depot;

	lockdep_assert_held(&n->lock);
	if (!mag)
		return NULL;
	sq_assert(n->depot_nr && n->depot_objs >= mag->nr && mag->nr <= SQ_MAG_MAX);
	n->depot = mag->next;
	n->depot_objs -= mag->nr;
	WRITE_ONCE(n->depot_nr, n->depot_nr - 1);
	if (n->depot_nr < n->depot_min)
		n->depot_min = n->depot_nr;
	return mag;
}

/* An empty magazine for later: the array's, if it has none. */
static void mag_keep(struct sq_array *a, struct sq_mag *mag)
{
	if (a && !a->mag)
		a->mag = mag;
	else
		sq_array_memory_free(mag, SQ_MAG_ORDER);
}

static struct sq_mag *mag_empty(struct squirrel_cache *c, struct sq_array *a)
{
	struct sq_mag *mag = a ? a->mag : NULL;

	if (!mag)
		return sq_array_memory(c, SQ_MAG_ORDER);
	a->mag = NULL;
	return mag;
}

/* Claimed, or without an array. */
static void count_claimed(struct squirrel_cache *c, struct sq_array *a,
			  enum sq_slow_event event)
{
	if (likely(a))
		a->slow[event]++;
	else
		sq_count_slow(c, event);
}

static unsigned int depot_refill(struct squirrel_cache *c, struct sq_node *n,
				 struct sq_array *a, void **objs)
{
	struct sq_mag *mag;
	unsigned long flags;
	unsigned int got;

	if (!READ_ONCE(n->depot_nr) || in_nmi() || !sq_node_lock(c, n, &flags))
		return 0;
	mag = sq_depot_pop(n);
	sq_node_unlock(n, flags);
	if (!mag)
		return 0;
	got = mag->nr;
	count_claimed(c, a, SQ_SLOW_DEPOT_GET);
	sq_move(objs, mag->obj, got);
	mag_keep(a, mag);
	return got;
}

/* There was no room: if that goes on, let the depot hold more. */
static void depot_grow(struct squirrel_cache *c, struct sq_node *n,
		       const struct sq_array *a)
{
	u32 cap = READ_ONCE(n->depot_cap), misses = READ_ONCE(n->depot_misses);

	/*
	 * Only once the array has grown to what it can be. So there is room for what
	 * comes back from the depot.
	 */
	if (cap >= c->depot_max || !a || a->cap < c->cpu_max)
		return;
	/* A count that is lost between CPUs does no harm. */
	if (++misses >= SQ_DEPOT_MISSES) {
		WRITE_ONCE(n->depot_cap, min(cap ? 2 * cap : 1, c->depot_max));
		misses = 0;
	}
	WRITE_ONCE(n->depot_misses, misses);
}

/* A magazine's worth into the depot; false if it has no room. */
static bool depot_flush(struct squirrel_cache *c, struct sq_node *n,
			struct sq_array *a, void **objs, unsigned int nr)
{
	struct sq_mag *mag;
	unsigned long flags;

	if (in_nmi())
		return false;
	if (READ_ONCE(n->depot_nr) >= READ_ONCE(n->depot_cap)) {
		depot_grow(c, n, a);
		return false;
	}
	mag = mag_empty(c, a);
	if (!mag)
		return false;
	count_claimed(c, a, SQ_SLOW_DEPOT_PUT);
	mag->nr = nr;
	sq_move(mag->obj, objs, nr);
	sq_node_count_wait(c, n);
	raw_spin_lock_irqsave(&n->lock, flags);
	mag->next = n->depot;
	n->depot = mag;
	n->depot_objs += nr;
	WRITE_ONCE(n->depot_nr, n->depot_nr + 1);
	raw_spin_unlock_irqrestore(&n->lock, flags);
	return true;
}

/* A magazine that no array has room for: its objects can be had from their slabs. */
static void depot_spill(struct squirrel_cache *c, struct sq_node *n)
{
	struct sq_mag *mag;
	unsigned long flags;

	if (in_nmi() || !sq_node_lock(c, n, &flags))
		return;
	mag = sq_depot_pop(n);
	sq_node_unlock(n, flags);
	if (!mag)
		return;
	sq_slabs_put(c, mag->obj, mag->nr);
	sq_array_memory_free(mag, SQ_MAG_ORDER);
}

/* ---- the CPU's array; claimed by the caller ------------------------------- */

/* Fill an empty one: from the depot, if what comes from there fits, or from slabs. */
static struct sq_array *cpu_refill(struct squirrel_cache *c, struct sq_array *a, u32 *nr)
{
	struct sq_node *n = sq_local_node(c);
	unsigned long flags;

	a->slow[SQ_SLOW_ALLOC_MISS]++;
	a = sq_array_miss(c, a, 0, 1, false);
	*nr = 0;
	if (READ_ONCE(n->depot_nr)) {
		/* What comes from there must fit. */
		a = sq_array_resize(c, a, 0, c->cpu_max);
		if (a->cap == c->cpu_max)
			*nr = depot_refill(c, n, a, a->obj);
		else
			depot_spill(c, n);
	}
	if (!*nr && sq_node_lock(c, n, &flags)) {
		*nr = sq_node_take(c, n, a->obj, a->cap / 2);
		sq_node_unlock(n, flags);
	}
	return a;
}

/* Make room in one with *@nr objects: the older half goes, or a magazine's worth. */
struct sq_array *sq_cpu_flush(struct squirrel_cache *c, struct sq_array *a, u32 *nr)
{
	u32 out;

	a->slow[SQ_SLOW_FREE_FLUSH]++;
	a = sq_array_miss(c, a, *nr, 1, true);
	if (*nr < a->cap)
		return a;
	out = min3(*nr, c->cpu_max / 2, SQ_MAG_MAX);
	out = min(out, max(a->cap / 2U, *nr - a->cap / 2U));
	if (!depot_flush(c, sq_local_node(c), a, a->obj, out))
		sq_slabs_put(c, a->obj, out);
	sq_event(SQ_EVENT_ACTIVE, 0);
	*nr -= out;
	sq_move(a->obj, a->obj + out, *nr);
	return a;
}

/* From the array after a refill or, past it, from the slabs. */
static void *take_one(struct squirrel_cache *c)
{
	struct sq_node *n;
	struct sq_array *a;
	unsigned long flags;
	void *obj = NULL;
	u32 nr;

	preempt_disable();
	a = sq_cpu_get(c, &nr, true);
	if (a) {
		if (!nr)
			a = cpu_refill(c, a, &nr);
		if (nr)
			obj = a->obj[--nr];
		sq_cpu_put(c, a, nr);
	} else {
		sq_count_slow(c, SQ_SLOW_ALLOC_MISS);
		n = sq_local_node(c);
		if (sq_node_lock(c, n, &flags)) {
			sq_node_take(c, n, &obj, 1);
			sq_node_unlock(n, flags);
		}
	}
	preempt_enable();
	return obj;
}

static void *take_from(struct squirrel_cache *c, int node)
{
	struct sq_node *n = c->node[node];
	unsigned long flags;
	void *obj = NULL;

	if (sq_node_lock(c, n, &flags)) {
		sq_node_take(c, n, &obj, 1);
		sq_node_unlock(n, flags);
	}
	return obj;
}

static void *take_anywhere(struct squirrel_cache *c)
{
	void *obj;
	int nid;

	for_each_node(nid) {
		obj = take_from(c, nid);
		if (obj)
			return obj;
	}
	return NULL;
}

/*
 * The wanted node had no memory for the last slab, and that was made on another:
 * what is left there is taken before one more is made.
 */
static void *take_spilled(struct squirrel_cache *c, gfp_t gfp, int node)
{
	int spill = sq_read_racy(c->node[sq_wanted_node(c, node)]->spill);

	if (!spill || gfp & __GFP_THISNODE)
		return NULL;
	return take_from(c, spill - 1);
}

/* What is at hand on the node, new memory, what is at hand elsewhere. */
void *sq_take_slow(struct squirrel_cache *c, gfp_t gfp, int node)
{
	void *obj;

	if (node != NUMA_NO_NODE)
		obj = take_from(c, node);
	else if (c->pref_node && c->pref_node - 1 != numa_mem_id())
		obj = take_from(c, c->pref_node - 1);
	else
		obj = take_one(c);
	if (!obj)
		obj = take_spilled(c, gfp, node);
	if (!obj && sq_may_grow()) {
		arrays_make();
		/* Who names a node does not look into magazines. */
		obj = sq_cache_grow(c, gfp, node, node == NUMA_NO_NODE);
		sq_event(SQ_EVENT_ACTIVE, gfp);
	}
	if (!obj && !(gfp & __GFP_THISNODE))
		obj = take_anywhere(c);
	return obj;
}

/* A checked object goes back: array if possible, else its slab. */
void sq_cache_push(struct squirrel_cache *c, void *obj)
{
	struct sq_array *a = NULL;
	u32 nr;

	sq_obj_free_prep(c, obj);
	preempt_disable();
	if (!static_branch_unlikely(&sq_numa) ||
	    sq_map_lookup(obj)->node == numa_mem_id())
		a = sq_cpu_get(c, &nr, true);
	if (a) {
		if (nr >= a->cap)
			a = sq_cpu_flush(c, a, &nr);
		sq_assert(nr < a->cap);
		a->obj[nr] = obj;
		sq_cpu_put_counted(c, a, nr + 1, 0, 1);
	} else {
		sq_count_frees(c, 1);
		sq_slabs_put(c, &obj, 1);
	}
	preempt_enable();
	sq_cache_tidy(c);
}

/* ---- many at once --------------------------------------------------------- */

/*
 * Take up to @nr objects from depot and slabs; preemption is off, @a is claimed if there
 * is one, the caller counts and finishes them.
 */
unsigned int sq_take_many(struct squirrel_cache *c, struct sq_array *a, void **objs,
			  unsigned int nr)
{
	struct sq_node *n = sq_local_node(c);
	unsigned int got = 0, more;
	unsigned long flags;

	while (nr - got >= SQ_MAG_MAX) {
		more = depot_refill(c, n, a, objs + got);
		if (!more)
			break;
		got += more;
	}
	if (got < nr && sq_node_lock(c, n, &flags)) {
		got += sq_node_take(c, n, objs + got, nr - got);
		sq_node_unlock(n, flags);
	}
	return got;
}

/*
 * Give checked, marked and counted local objects to depot and slabs; preemption is off,
 * @a is claimed if there is one.
 */
void sq_push_many(struct squirrel_cache *c, struct sq_array *a, void **objs,
		  unsigned int nr)
{
	u32 worth = min(c->cpu_max / 2, SQ_MAG_MAX);
	unsigned int done, n;

	for (done = 0; done < nr; done += n) {
		n = min(nr - done, worth);
		if (n < worth / 2 ||
		    !depot_flush(c, sq_local_node(c), a, objs + done, n))
			sq_slabs_put(c, objs + done, n);
	}
	sq_event(SQ_EVENT_ACTIVE, 0);
}
