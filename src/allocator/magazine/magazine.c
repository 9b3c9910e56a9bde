// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines: what lies between the hot path and the slabs.
 *
 *   CPU's array  --one magazine's worth-->  depot of the node  --> slabs
 *                <--------------------------
 *
 * A full CPU array gives its older half to the depot, or to the slabs where
 * the depot has no room; an empty one takes a magazine from the depot, or
 * half of what it can hold from the slabs. The array's capacity starts small
 * and doubles while it keeps running full or empty; the reclaimer sets it back
 * when the CPU has lost interest.
 */
#include <linux/hardirq.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "magazine.h"

/* Depot magazines are squirrel's own objects. */
struct squirrel_cache *sq_mag_cache;
static bool mags_short;	/* there was none at hand */

/* ---- depot ---------------------------------------------------------------- */

static void *take_one(struct squirrel_cache *c);

/*
 * Of those that are at hand: preemption is off, and a free must not wake anybody
 * up in order to have memory. Where there is none, more are made later.
 */
static struct sq_mag *mag_alloc(struct squirrel_cache *c)
{
	struct sq_mag *mag = take_one(sq_mag_cache);

	if (!mag) {
		WRITE_ONCE(mags_short, true);
		WRITE_ONCE(c->owed, true);
		return NULL;
	}
	sq_count_other(sq_mag_cache, other_allocs, 1);
	sq_obj_alloc_prep(sq_mag_cache, mag, 0);
	return mag;
}

/* As a free on the hot path: preemption may be off, and another array claimed. */
void sq_mag_free(struct sq_mag *mag)
{
	struct squirrel_cache *c = sq_mag_cache;
	bool done = false;

	preempt_disable();
	if (!want_init_on_free() &&
	    (!static_branch_unlikely(&sq_numa) ||
	     sq_map_lookup(mag)->node == numa_mem_id()))
		done = sq_fast_push(c, mag, false, static_key_enabled(&sq_hardened),
				    (unsigned long *)mag, sq_mark_of(c, mag));
	preempt_enable();
	if (!done)
		sq_cache_push(c, mag);
}

/* If there are too few. Where memory may be asked for, but by nobody who waits. */
static void mags_make(void)
{
	struct sq_mag *mag;

	if (!READ_ONCE(mags_short))
		return;
	WRITE_ONCE(mags_short, false);
	mag = sq_take_slow(sq_mag_cache, __GFP_NOWARN | __GFP_NOMEMALLOC,
			   NUMA_NO_NODE);
	if (!mag)
		return;
	preempt_disable();
	sq_count_other(sq_mag_cache, other_allocs, 1);
	preempt_enable();
	sq_mag_free(mag);
}

/*
 * What is owed once preemption is on: empty slabs go, magazines are made. Where that
 * is not possible, the next call does it that can, or the reclaimer. Any context.
 */
void sq_cache_tidy_slow(struct squirrel_cache *c)
{
	if (sq_cache_release_spare(c))
		mags_make();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_tidy_slow);

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

static unsigned int depot_refill(struct squirrel_cache *c, struct sq_node *n,
				 void **objs)
{
	struct sq_mag *mag;
	unsigned long flags;
	unsigned int got = 0;

	if (!READ_ONCE(n->depot_nr) || in_nmi() || !sq_node_lock(c, n, &flags))
		return 0;
	mag = sq_depot_pop(n);
	sq_node_unlock(n, flags);
	if (mag) {
		got = mag->nr;
		sq_count_slow(c, SQ_SLOW_DEPOT_GET);
		sq_move(objs, mag->obj, got);
		sq_mag_free(mag);
	}
	return got;
}

/* There was no room: if that goes on, let the depot hold more. */
static void depot_grow(struct squirrel_cache *c, struct sq_node *n)
{
	u32 cap = READ_ONCE(n->depot_cap), misses = READ_ONCE(n->depot_misses);

	/*
	 * Only once the magazines have grown to what they can be: so there is
	 * room for what comes back from it (c->resize.max does not shrink).
	 */
	if (cap >= c->depot_max || READ_ONCE(c->cap) < c->cpu_max)
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
			void **objs, unsigned int nr)
{
	struct sq_mag *mag;
	unsigned long flags;

	if (in_nmi())
		return false;
	if (READ_ONCE(n->depot_nr) >= READ_ONCE(n->depot_cap)) {
		depot_grow(c, n);
		return false;
	}
	mag = mag_alloc(c);
	if (!mag)
		return false;
	sq_count_slow(c, SQ_SLOW_DEPOT_PUT);
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

/* ---- CPU's magazines; claimed by the caller ------------------------------- */

static u32 cpu_refill(struct squirrel_cache *c, struct sq_cpu *cc)
{
	struct sq_node *n = sq_local_node(c);
	unsigned long flags;
	u32 got;

	sq_count_slow(c, SQ_SLOW_ALLOC_MISS);
	got = depot_refill(c, n, cc->obj);
	if (!got) {
		if (!sq_node_lock(c, n, &flags))
			return 0;
		got = sq_node_take(c, n, cc->obj, READ_ONCE(c->cap) / 2);
		sq_node_unlock(n, flags);
	}
	sq_cap_grow(c, cc, 1);
	return got;
}

/* The older magazine's worth of @nr goes; returns how many stay. */
u32 sq_cpu_flush(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr)
{
	u32 out = min(nr, c->cpu_max / 2);

	sq_count_slow(c, SQ_SLOW_FREE_FLUSH);
	out = min(out, max(READ_ONCE(c->cap) / 2, nr - READ_ONCE(c->cap) / 2));
	if (!depot_flush(c, sq_local_node(c), cc->obj, out))
		sq_slabs_put(c, cc->obj, out);
	sq_event(SQ_EVENT_ACTIVE, 0);
	nr -= out;
	sq_move(cc->obj, cc->obj + out, nr);
	sq_cap_grow(c, cc, 1);
	return nr;
}

/* From the magazines after a refill or, past them, from the slabs. */
static void *take_one(struct squirrel_cache *c)
{
	struct sq_node *n;
	struct sq_cpu *cc;
	unsigned long flags;
	void *obj = NULL;
	u32 nr;

	preempt_disable();
	cc = sq_cpu_get(c, &nr);
	if (cc) {
		if (!nr)
			nr = cpu_refill(c, cc);
		if (nr)
			obj = cc->obj[--nr];
		sq_cpu_put(c, cc, nr);
	} else {
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
		/* Who names a node does not look into magazines. */
		obj = sq_cache_grow(c, gfp, node, node == NUMA_NO_NODE);
		sq_event(SQ_EVENT_ACTIVE, gfp);
	}
	if (!obj && !(gfp & __GFP_THISNODE))
		obj = take_anywhere(c);
	return obj;
}

/* A checked object goes back: magazine if possible, else its slab. */
void sq_cache_push(struct squirrel_cache *c, void *obj)
{
	struct sq_cpu *cc;
	bool local;
	u32 nr;

	sq_obj_free_prep(c, obj);
	preempt_disable();
	sq_count_other(c, other_frees, 1);
	local = !static_branch_unlikely(&sq_numa) ||
		sq_map_lookup(obj)->node == numa_mem_id();
	cc = local ? sq_cpu_get(c, &nr) : NULL;
	if (cc) {
		if (nr >= READ_ONCE(c->cap))
			nr = sq_cpu_flush(c, cc, nr);
		sq_assert(nr < c->resize.max);
		cc->obj[nr] = obj;
		sq_cpu_put(c, cc, nr + 1);
	} else {
		sq_slabs_put(c, &obj, 1);
	}
	preempt_enable();
	sq_cache_tidy(c);
}

/* ---- many at once --------------------------------------------------------- */

/*
 * Take up to @nr objects from depot and slabs; preemption is off, the caller
 * counts and finishes them.
 */
unsigned int sq_take_many(struct squirrel_cache *c, void **objs,
			  unsigned int nr)
{
	struct sq_node *n = sq_local_node(c);
	unsigned int got = 0, more;
	unsigned long flags;

	while (nr - got >= c->cpu_max / 2) {
		more = depot_refill(c, n, objs + got);
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
 * Give checked, marked and counted local objects to depot and slabs;
 * preemption is off.
 */
void sq_push_many(struct squirrel_cache *c, void **objs, unsigned int nr)
{
	unsigned int done, n;

	for (done = 0; done < nr; done += n) {
		n = min(nr - done, c->cpu_max / 2);
		if (n < c->cpu_max / 4 ||
		    !depot_flush(c, sq_local_node(c), objs + done, n))
			sq_slabs_put(c, objs + done, n);
	}
	sq_event(SQ_EVENT_ACTIVE, 0);
}
