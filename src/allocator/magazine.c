// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines: what lies between the hot path and the slabs.
 *
 *   CPU's two magazines  --one magazine's worth-->  depot of the node  --> slabs
 *                        <--------------------------
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

#include "internal.h"

/*
 * Trips to the depot or the slabs, between two looks of the reclaimer, before
 * the magazines grow: a trip costs a few hundred instructions, so fewer do not
 * matter, while what lies in magazines keeps slabs from becoming empty.
 */
#define SQ_TRIPS_TO_GROW	16
/* The same for the depot, which is made larger by trips to the slabs. */
#define SQ_DEPOT_TRIPS		8
/* Uses per object of capacity between two looks that keep magazines as large */
#define SQ_WARM_USES		32

/* Depot magazines are squirrel's own objects. */
static struct squirrel_cache *sq_mag_cache;
static bool sq_mags_short;	/* there was none at hand */

/* ---- how much magazines may hold ------------------------------------------- */

unsigned int sq_cap_start(const struct squirrel_cache *c)
{
	return min(c->cpu_max, max(2U, SQ_CPU_START / c->size) & ~1U);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cap_start);

/*
 * Once per look of the reclaimer, after it has been on all CPUs: where none of
 * them used its magazines much, they may hold less.
 */
static void sq_cap_decay(struct squirrel_cache *c)
{
	u32 half = (READ_ONCE(c->cap) / 2) & ~1U;

	if (!READ_ONCE(c->warm))
		sq_set_cap(c, max(half, sq_cap_start(c)));
	WRITE_ONCE(c->warm, false);
}

/* ---- depot ---------------------------------------------------------------- */

static void *sq_take_one(struct squirrel_cache *c);

/*
 * Of those that are at hand: preemption is off, and a free must not wake anybody
 * up in order to have memory. Where there is none, more are made later.
 */
static struct sq_mag *sq_mag_alloc(struct squirrel_cache *c)
{
	struct sq_mag *mag = sq_take_one(sq_mag_cache);

	if (!mag) {
		WRITE_ONCE(sq_mags_short, true);
		WRITE_ONCE(c->owed, true);
		return NULL;
	}
	sq_count_other(sq_mag_cache, other_allocs, 1);
	sq_cache_finish(sq_mag_cache, mag, 0);
	return mag;
}

void sq_mag_free(struct sq_mag *mag)
{
	squirrel_cache_free(sq_mag_cache, mag);
}

/* If there are too few. Where memory may be asked for, but by nobody who waits. */
void sq_mags_make(void)
{
	struct sq_mag *mag;

	if (!READ_ONCE(sq_mags_short))
		return;
	WRITE_ONCE(sq_mags_short, false);
	mag = squirrel_cache_alloc(sq_mag_cache,
				   __GFP_NOWARN | __GFP_NOMEMALLOC);
	if (mag)
		sq_mag_free(mag);
}

static struct sq_mag *sq_depot_pop(struct sq_node *n)
{
	struct sq_mag *mag = n->depot;

	lockdep_assert_held(&n->lock);
	if (!mag)
		return NULL;
	n->depot = mag->next;
	n->depot_objs -= mag->nr;
	WRITE_ONCE(n->depot_nr, n->depot_nr - 1);
	if (n->depot_nr < n->depot_min)
		n->depot_min = n->depot_nr;
	return mag;
}

static unsigned int sq_depot_refill(struct sq_node *n, void **objs)
{
	struct sq_mag *mag;
	unsigned long flags;
	unsigned int got = 0;

	if (!READ_ONCE(n->depot_nr) || in_nmi() || !sq_node_lock(n, &flags))
		return 0;
	mag = sq_depot_pop(n);
	sq_node_unlock(n, flags);
	if (mag) {
		got = mag->nr;
		sq_move(objs, mag->obj, got);
		sq_mag_free(mag);
	}
	return got;
}

/* There was no room: if that goes on, let the depot hold more. */
static void sq_depot_grow(struct squirrel_cache *c, struct sq_node *n)
{
	u32 cap = READ_ONCE(n->depot_cap), trips = READ_ONCE(n->depot_trips);

	/*
	 * Only once the magazines have grown to what they can be: so there is
	 * room for what comes back from it (c->room does not shrink).
	 */
	if (cap >= c->depot_max || READ_ONCE(c->cap) < c->cpu_max)
		return;
	/* A count that is lost between CPUs does no harm. */
	if (++trips >= SQ_DEPOT_TRIPS) {
		WRITE_ONCE(n->depot_cap, min(cap ? 2 * cap : 1, c->depot_max));
		trips = 0;
	}
	WRITE_ONCE(n->depot_trips, trips);
}

/* A magazine's worth into the depot; false if it has no room. */
static bool sq_depot_flush(struct squirrel_cache *c, struct sq_node *n,
			   void **objs, unsigned int nr)
{
	struct sq_mag *mag;
	unsigned long flags;

	if (in_nmi())
		return false;
	if (READ_ONCE(n->depot_nr) >= READ_ONCE(n->depot_cap)) {
		sq_depot_grow(c, n);
		return false;
	}
	mag = sq_mag_alloc(c);
	if (!mag)
		return false;
	mag->nr = nr;
	sq_move(mag->obj, objs, nr);
	raw_spin_lock_irqsave(&n->lock, flags);
	mag->next = n->depot;
	n->depot = mag;
	n->depot_objs += nr;
	WRITE_ONCE(n->depot_nr, n->depot_nr + 1);
	raw_spin_unlock_irqrestore(&n->lock, flags);
	return true;
}

/*
 * Empty the depots: all of them, or what stayed unused since the last look.
 * Returns the number of objects that went to their slabs.
 */
unsigned long sq_depot_drain(struct squirrel_cache *c, bool all)
{
	unsigned long moved = 0, flags;
	int nid;

	sq_cap_decay(c);
	for_each_node(nid) {
		struct sq_node *n = c->node[nid];
		struct sq_mag *mag;
		u32 surplus;

		raw_spin_lock_irqsave(&n->lock, flags);
		surplus = all ? n->depot_nr : n->depot_min;
		n->depot_min = n->depot_nr - surplus;
		WRITE_ONCE(n->depot_cap, n->depot_cap - min(n->depot_cap, surplus));
		WRITE_ONCE(n->depot_trips, 0);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		while (surplus--) {
			raw_spin_lock_irqsave(&n->lock, flags);
			mag = sq_depot_pop(n);
			raw_spin_unlock_irqrestore(&n->lock, flags);
			if (!mag)
				break;
			moved += mag->nr;
			preempt_disable();
			sq_slabs_put(c, mag->obj, mag->nr);
			preempt_enable();
			sq_cache_tidy(c);
			sq_mag_free(mag);
		}
	}
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depot_drain);

/* ---- CPU's magazines; claimed by the caller ------------------------------- */

/*
 * Claimed: they ran full or empty for @nr objects. If that goes on, let them
 * hold more, up to what there is.
 */
void sq_cap_grow(struct squirrel_cache *c, struct sq_cpu *cc, unsigned int nr)
{
	u32 cap = READ_ONCE(c->cap);

	if (cap >= c->cpu_max)
		return;
	cc->trips += 1 + nr / cap;
	if (cc->trips >= SQ_TRIPS_TO_GROW) {
		cap = min(2 * cap, c->cpu_max);
		if (cap <= READ_ONCE(c->room))
			sq_set_cap(c, cap);
		else
			sq_room_wish(c);
		cc->trips = 0;
	}
}

static struct sq_node *sq_local_node(struct squirrel_cache *c)
{
	return c->node[numa_mem_id()];
}

static u32 sq_cpu_refill(struct squirrel_cache *c, struct sq_cpu *cc)
{
	struct sq_node *n = sq_local_node(c);
	unsigned long flags;
	u32 got;

	got = sq_depot_refill(n, cc->obj);
	if (!got) {
		if (!sq_node_lock(n, &flags))
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

	out = min(out, max(READ_ONCE(c->cap) / 2, nr - READ_ONCE(c->cap) / 2));
	if (!sq_depot_flush(c, sq_local_node(c), cc->obj, out))
		sq_slabs_put(c, cc->obj, out);
	sq_event(SQ_EVENT_ACTIVE, 0);
	nr -= out;
	sq_move(cc->obj, cc->obj + out, nr);
	sq_cap_grow(c, cc, 1);
	return nr;
}

/*
 * Preemption off. NULL if an interrupted context has them. If this CPU has yet to
 * move to them it does so now: what is in the old ones may be all there is.
 */
struct sq_cpu *sq_cpu_get(struct squirrel_cache *c, u32 *nr)
{
	struct sq_cpu __percpu *cc = READ_ONCE(c->cpu);
	struct sq_word __percpu *w = sq_word_of(c, cc);

	if (!sq_claim(w)) {
		sq_room_arrive(c, smp_processor_id());
		/* It may just have, before this was read. */
		cc = READ_ONCE(c->cpu);
		w = sq_word_of(c, cc);
		if (!sq_claim(w))
			return NULL;
	}
	*nr = sq_claimed(w) - SQ_CLAIMED;
	return this_cpu_ptr(cc);
}

/* The same ones: c->cpu may be others meanwhile. */
void sq_cpu_put(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr)
{
	barrier();
	WRITE_ONCE(sq_word_in(c, cc)->word, nr);
}

/* From the magazines after a refill or, past them, from the slabs. */
static void *sq_take_one(struct squirrel_cache *c)
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
			nr = sq_cpu_refill(c, cc);
		if (nr)
			obj = cc->obj[--nr];
		sq_cpu_put(c, cc, nr);
	} else {
		n = sq_local_node(c);
		if (sq_node_lock(n, &flags)) {
			sq_node_take(c, n, &obj, 1);
			sq_node_unlock(n, flags);
		}
	}
	preempt_enable();
	return obj;
}

static void *sq_take_from(struct squirrel_cache *c, int node)
{
	struct sq_node *n = c->node[node];
	unsigned long flags;
	void *obj = NULL;

	if (sq_node_lock(n, &flags)) {
		sq_node_take(c, n, &obj, 1);
		sq_node_unlock(n, flags);
	}
	return obj;
}

static void *sq_take_anywhere(struct squirrel_cache *c)
{
	void *obj;
	int nid;

	for_each_node(nid) {
		obj = sq_take_from(c, nid);
		if (obj)
			return obj;
	}
	return NULL;
}

/*
 * The wanted node had no memory for the last slab, and that was made on another:
 * what is left there is taken before one more is made.
 */
static void *sq_take_spilled(struct squirrel_cache *c, gfp_t gfp, int node)
{
	int spill = sq_glance(c->node[sq_wanted_node(c, node)]->spill);

	if (!spill || gfp & __GFP_THISNODE)
		return NULL;
	return sq_take_from(c, spill - 1);
}

/* What is at hand on the node, new memory, what is at hand elsewhere. */
static void *sq_take_slow(struct squirrel_cache *c, gfp_t gfp, int node)
{
	void *obj;

	if (node != NUMA_NO_NODE)
		obj = sq_take_from(c, node);
	else if (c->home && c->home - 1 != numa_mem_id())
		obj = sq_take_from(c, c->home - 1);
	else
		obj = sq_take_one(c);
	if (!obj)
		obj = sq_take_spilled(c, gfp, node);
	if (!obj && sq_may_grow()) {
		/* Who names a node does not look into magazines. */
		obj = sq_cache_grow(c, gfp, node, node == NUMA_NO_NODE);
		sq_event(SQ_EVENT_ACTIVE, gfp);
	}
	if (!obj && !(gfp & __GFP_THISNODE))
		obj = sq_take_anywhere(c);
	return obj;
}

/*
 * A reserve of constructed objects: nobody but who allocates may construct them,
 * and so he does, a slab at a time, where he may sleep.
 */
static void sq_top_up(struct squirrel_cache *c, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp) && !(c->flags & SQ_CACHE_DYING))
		sq_cache_fill(c, (gfp & ~__GFP_NOFAIL) | __GFP_NORETRY, 1);
}

/* The magazines are empty or busy, or a certain node is asked for. */
void *sq_cache_alloc_slow(struct squirrel_cache *c, gfp_t gfp, int node)
{
	void *obj;

	if (!in_nmi())
		might_alloc(gfp);
	if (unlikely(gfp & SQ_GFP_ZONES))
		return sq_zone_alloc(c, gfp, node);
	if (node == NUMA_NO_NODE && (c->flags & SQ_CACHE_MARK_OUTSIDE)) {
		obj = sq_cold_alloc(c);
		if (obj)
			goto finish;
	}
	do {
		obj = sq_take_slow(c, gfp, node);
	} while (!obj && sq_wait_for_memory(gfp));
	if (!obj)
		return NULL;
	preempt_disable();
	sq_count_other(c, other_allocs, 1);
	preempt_enable();
	if (unlikely(c->ctor) && c->reserve)
		sq_top_up(c, gfp);
finish:
	sq_cache_finish(c, obj, gfp);
	return obj;
}

/* A checked object goes back: magazine if possible, else its slab. */
void sq_cache_push(struct squirrel_cache *c, void *obj)
{
	struct sq_cpu *cc;
	bool local;
	u32 nr;

	preempt_disable();
	sq_count_other(c, other_frees, 1);
	if (static_branch_likely(&sq_hardened))
		sq_set_mark(c, obj);
	local = !static_branch_unlikely(&sq_numa) ||
		sq_map_lookup(obj)->node == numa_mem_id();
	cc = local ? sq_cpu_get(c, &nr) : NULL;
	if (cc) {
		if (nr >= READ_ONCE(c->cap))
			nr = sq_cpu_flush(c, cc, nr);
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
		more = sq_depot_refill(n, objs + got);
		if (!more)
			break;
		got += more;
	}
	if (got < nr && sq_node_lock(n, &flags)) {
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
		    !sq_depot_flush(c, sq_local_node(c), objs + done, n))
			sq_slabs_put(c, objs + done, n);
	}
	sq_event(SQ_EVENT_ACTIVE, 0);
}

/* How many of this CPU's @nr objects stay, by what it did since the last look. */
static u32 sq_cpu_keeps(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr)
{
	unsigned long used = sq_cpu_used(cc), uses = used - cc->seen;

	cc->seen = used;
	cc->trips = 0;
	if (uses >= (unsigned long)SQ_WARM_USES * READ_ONCE(c->cap)) {
		WRITE_ONCE(c->warm, true);
		return nr;
	}
	return min_t(unsigned long, nr, uses / 4);
}

/*
 * Empty this CPU's magazines into the slabs; preemption is off. With @cold_only
 * only of what was of little use since the last look. Returns the number of
 * objects moved.
 */
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool cold_only)
{
	u32 nr, keep = 0, out;
	struct sq_cpu *cc;

	sq_room_arrive(c, smp_processor_id());
	cc = sq_cpu_get(c, &nr);
	if (!cc)
		return 0;
	if (cold_only)
		keep = sq_cpu_keeps(c, cc, nr);
	out = nr - keep;
	/* The oldest go. */
	sq_slabs_put(c, cc->obj, out);
	sq_move(cc->obj, cc->obj + out, keep);
	sq_cpu_put(c, cc, keep);
	return out;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_drain);

/* The same for a CPU that is offline, and remains so; preemption is off. */
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu)
{
	struct sq_cpu *cc;
	u32 nr;

	sq_room_arrive(c, cpu);
	cc = per_cpu_ptr(READ_ONCE(c->cpu), cpu);
	if (!sq_claim_there(sq_word_in(c, cc), &nr))
		return 0;
	sq_slabs_put(c, cc->obj, nr);
	/* Empty before they may be claimed again. */
	smp_store_release(&sq_word_in(c, cc)->word, 0);
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_drain_dead);

int sq_magazine_init(void)
{
	sq_mag_cache = sq_cache_new("squirrel-magazine", sizeof(struct sq_mag),
				    NULL, sq_default_heap, SQ_CACHE_INTERNAL,
				    GFP_KERNEL);
	if (IS_ERR(sq_mag_cache))
		return PTR_ERR(sq_mag_cache);
	return sq_registry_add_cache(sq_mag_cache, false);
}

void sq_magazine_exit(void)
{
	if (!IS_ERR_OR_NULL(sq_mag_cache))
		sq_cache_discard(sq_mag_cache);
	sq_mag_cache = NULL;
}
