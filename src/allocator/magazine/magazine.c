// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines: what lies between the hot path and the slabs.
 *
 *   loaded and spare of a CPU  --whole magazines-->  depot of the node
 *      |   ^                   <------------------
 *      v   |  half of what the loaded may hold
 *     slabs of the node
 *
 * One that ran full or empty changes places with the spare, if that is the other way
 * round. Else the loaded magazine may grow, which it does while it keeps running over
 * (hand.c); one that is as large as it can be gets a spare, and then the depot takes full
 * ones and has full ones. Only what none of these has room for goes to the slabs.
 */
#include <linux/hardirq.h>
#include <linux/minmax.h>
#include <linux/topology.h>

#include "magazine.h"
#include "trace.h"

/* ---- what is owed --------------------------------------------------------- */

/*
 * Where memory for magazines ran out, of one order: where it may be asked for, by nobody who
 * waits. False if there was enough.
 */
static bool mags_make(void)
{
	struct squirrel_cache *c = sq_mags_short();
	void *memory;

	if (likely(!c))
		return false;
	memory = sq_cache_grow(c, __GFP_NOWARN | __GFP_NOMEMALLOC, NUMA_NO_NODE, false);
	if (memory) {
		preempt_disable();
		sq_slabs_put(c, &memory, 1);
		preempt_enable();
		/* If nothing comes of it, nobody but a run gives it back. */
		sq_event(SQ_EVENT_ACTIVE, 0);
	}
	return true;
}

/*
 * What is owed once preemption is on: empty slabs go, magazines are made.
 * Where that is not possible, the next call does it that can, or the reclaimer. Any
 * context.
 */
void sq_cache_tidy_slow(struct squirrel_cache *c)
{
	if (sq_cache_release_spare(c))
		while (mags_make())
			;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_tidy_slow);

/* Of the caches that magazines are made of: nobody has a call of theirs to do it after. */
void sq_mags_tidy(void)
{
	unsigned int i;

	for (i = 0; i < SQ_MAG_CACHES; i++)
		if (sq_mag_cache[i] && READ_ONCE(sq_mag_cache[i]->owed))
			sq_cache_release_spare(sq_mag_cache[i]);
}

/* ---- what the CPU has at hand; claimed by the caller ---------------------- */

static void swap_spare(struct sq_hand *h, u32 *nr)
{
	struct sq_mag *mag = h->spare;

	h->loaded->nr = *nr;
	*nr = mag->nr;
	WRITE_ONCE(h->spare, h->loaded);
	/* As in sq_hand_resize(). */
	smp_store_release(&h->loaded, mag);
}

/* The loaded magazine is empty: is there a full one, at hand or in the depot? */
bool sq_hand_refill(struct squirrel_cache *c, struct sq_hand *h, u32 *nr)
{
	struct sq_mag *empty = NULL, *mag;

	if (h->spare && h->spare->nr) {
		swap_spare(h, nr);
		return true;
	}
	if (h->spare)
		empty = h->loaded;
	mag = sq_depot_get(c, sq_local_node(c), &empty);
	if (!mag)
		return false;
	h->slow[SQ_SLOW_DEPOT_GET]++;
	if (!h->spare) {
		h->loaded->nr = 0;
		WRITE_ONCE(h->spare, h->loaded);
	}
	/* As in sq_hand_resize(). */
	smp_store_release(&h->loaded, mag);
	*nr = mag->nr;
	if (empty)
		sq_mag_free(empty);
	return true;
}

/*
 * The loaded magazine has no room for more than the *@nr objects that it has: is there an
 * empty one, at hand, or for one that the depot takes? With @more there may be one more.
 */
bool sq_hand_make_room(struct squirrel_cache *c, struct sq_hand *h, u32 *nr, bool more)
{
	struct sq_mag *empty;

	if (h->spare && !h->spare->nr) {
		swap_spare(h, nr);
		return true;
	}
	if (*nr < c->cpu_max || !c->depot_max || in_nmi())
		return false;
	if (!h->spare) {
		empty = more ? sq_mag_new(c, c->cpu_max) : NULL;
		if (!empty)
			return false;
		h->misses = 0;
		WRITE_ONCE(h->spare, empty);
		swap_spare(h, nr);
		return true;
	}
	/* The spare is the older one. */
	empty = sq_depot_put(c, sq_local_node(c), h->spare);
	if (!empty)
		return false;
	h->slow[SQ_SLOW_DEPOT_PUT]++;
	empty->nr = 0;
	WRITE_ONCE(h->spare, empty);
	swap_spare(h, nr);
	return true;
}

/* Some for the loaded magazine, which is empty. Returns how many. */
static u32 cpu_refill(struct squirrel_cache *c, struct sq_hand *h)
{
	struct sq_node *n = sq_local_node(c);
	unsigned long flags;
	u32 nr = 0;

	h->slow[SQ_SLOW_ALLOC_MISS]++;
	if (sq_hand_refill(c, h, &nr))
		return nr;
	sq_hand_miss(c, h, 0, 1, false);
	if (sq_node_lock(c, n, &flags)) {
		/* Under load there is a spare for what comes back, or soon will be. */
		nr = h->loaded->cap;
		if (nr < c->cpu_max)
			nr /= 2;
		nr = sq_node_take_few(c, n, h->loaded->obj, nr);
		sq_node_unlock(n, flags);
	}
	trace_squirrel_refill(c->name, nr);
	return nr;
}

/* Room in the loaded magazine, which has @nr objects and no more. Returns how many then. */
static u32 cpu_flush(struct squirrel_cache *c, struct sq_hand *h, u32 nr)
{
	bool more;
	u32 out;

	h->slow[SQ_SLOW_FREE_FLUSH]++;
	sq_event(SQ_EVENT_ACTIVE, 0);
	if (sq_hand_make_room(c, h, &nr, false))
		return nr;
	more = sq_hand_miss(c, h, nr, 1, true);
	if (nr < h->loaded->cap || (more && sq_hand_make_room(c, h, &nr, true)))
		return nr;
	/* The older ones go. */
	if (h->spare) {
		trace_squirrel_drain(c->name, h->spare->nr);
		sq_slabs_put(c, h->spare->obj, h->spare->nr);
		sq_count_volume((unsigned long)h->spare->nr * c->size);
		h->spare->nr = 0;
		swap_spare(h, &nr);
		return nr;
	}
	out = nr - h->loaded->cap / 2;
	trace_squirrel_drain(c->name, out);
	sq_hand_put_older(c, h, nr, nr - out);
	sq_count_volume((unsigned long)out * c->size);
	return nr - out;
}

/* From what is at hand after a refill or, past it, from the slabs. */
static void *take_one(struct squirrel_cache *c)
{
	struct sq_node *n;
	struct sq_hand *h;
	unsigned long flags;
	void *obj = NULL;
	u32 nr;

	preempt_disable();
	h = sq_cpu_get(c, &nr, true);
	if (h) {
		if (!nr)
			nr = cpu_refill(c, h);
		if (nr)
			obj = h->loaded->obj[--nr];
		sq_cpu_put(c, h, nr);
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
	if (sq_may_grow()) {
		/* Nobody may be freeing anything, who would see to it. */
		mags_make();
		if (!obj) {
			/* Who names a node does not look into magazines. */
			obj = sq_cache_grow(c, gfp, node, node == NUMA_NO_NODE);
			sq_event(SQ_EVENT_ACTIVE, gfp);
		}
	}
	if (!obj && !(gfp & __GFP_THISNODE))
		obj = take_anywhere(c);
	return obj;
}

/* A checked object goes back: to what is at hand if possible, else to its slab. */
void sq_cache_push(struct squirrel_cache *c, void *obj)
{
	struct sq_hand *h = NULL;
	u32 nr;

	sq_obj_free_prep(c, obj);
	preempt_disable();
	if (!static_branch_unlikely(&sq_numa) ||
	    sq_map_lookup(obj)->node == numa_mem_id())
		h = sq_cpu_get(c, &nr, true);
	if (h) {
		if (nr >= h->loaded->cap)
			nr = cpu_flush(c, h, nr);
		sq_assert(nr < h->loaded->cap);
		h->loaded->obj[nr] = obj;
		sq_cpu_put_counted(c, h, nr + 1, 0, 1);
	} else {
		sq_count_frees(c, 1);
		sq_slabs_put(c, &obj, 1);
		sq_count_volume(c->size);
	}
	preempt_enable();
	sq_cache_tidy(c);
}
