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
#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "internal.h"

/* Trips to the depot or the slabs before the magazines grow. */
#define SQ_TRIPS_TO_GROW	4

/* Depot magazines are squirrel's own objects. */
static struct squirrel_cache *sq_mag_cache;

/*
 * Frees that could not get the lock in NMI: they wait in a list, linked
 * through the objects' marks, for an interrupt on the same CPU.
 */
struct sq_deferred {
	struct llist_head list;
	struct irq_work work;
};

static DEFINE_PER_CPU(struct sq_deferred, sq_deferred);

void sq_defer_free(struct squirrel_cache *c, void *obj)
{
	struct sq_deferred *d = this_cpu_ptr(&sq_deferred);

	if (llist_add((struct llist_node *)sq_mark_at(c, obj), &d->list))
		irq_work_queue(&d->work);
}

static void sq_deferred_run(struct sq_deferred *d)
{
	struct llist_node *pos, *next;

	llist_for_each_safe(pos, next, llist_del_all(&d->list)) {
		struct sq_agent *agent;
		struct squirrel_cache *c;
		void *obj;

		preempt_disable();
		agent = sq_map_lookup(pos);
		c = (struct squirrel_cache *)agent->owner;
		obj = (char *)pos - c->mark_off;
		sq_slabs_put(c, &obj, 1);
		preempt_enable();
	}
}

static void sq_deferred_work(struct irq_work *work)
{
	sq_deferred_run(container_of(work, struct sq_deferred, work));
}

/* Wait until no free is deferred any more; may sleep. */
void sq_deferred_flush(void)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct sq_deferred *d = per_cpu_ptr(&sq_deferred, cpu);

		irq_work_sync(&d->work);
		sq_deferred_run(d);
	}
}

/* ---- depot ---------------------------------------------------------------- */

void sq_mag_free(struct sq_mag *mag)
{
	squirrel_cache_free(sq_mag_cache, mag);
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
		memcpy(objs, mag->obj, got * sizeof(*objs));
		sq_mag_free(mag);
	}
	return got;
}

/* A magazine's worth into the depot; false if it has no room. */
static bool sq_depot_flush(struct squirrel_cache *c, struct sq_node *n,
			   void **objs, unsigned int nr)
{
	struct sq_mag *mag;
	unsigned long flags;

	if (READ_ONCE(n->depot_nr) >= c->depot_max || in_nmi())
		return false;
	mag = squirrel_cache_alloc(sq_mag_cache, GFP_NOWAIT | __GFP_NOWARN);
	if (!mag)
		return false;
	mag->nr = nr;
	memcpy(mag->obj, objs, nr * sizeof(*objs));
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

	for_each_node(nid) {
		struct sq_node *n = c->node[nid];
		struct sq_mag *mag;
		u32 surplus;

		raw_spin_lock_irqsave(&n->lock, flags);
		surplus = all ? n->depot_nr : n->depot_min;
		n->depot_min = n->depot_nr - surplus;
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
			sq_mag_free(mag);
		}
	}
	return moved;
}

/* ---- CPU's magazines; busy is set by the caller --------------------------- */

static void sq_cpu_grow(struct sq_cpu *cc)
{
	if (cc->cap < cc->max && ++cc->trips >= SQ_TRIPS_TO_GROW) {
		cc->cap = min_t(u32, 2 * cc->cap, cc->max);
		cc->trips = 0;
	}
}

static struct sq_node *sq_local_node(struct squirrel_cache *c)
{
	return c->node[numa_mem_id()];
}

static void sq_cpu_refill(struct squirrel_cache *c, struct sq_cpu *cc)
{
	struct sq_node *n = sq_local_node(c);
	unsigned long flags;
	unsigned int got;

	got = sq_depot_refill(n, cc->obj);
	if (!got) {
		if (!sq_node_lock(n, &flags))
			return;
		got = sq_node_take(c, n, cc->obj, cc->cap / 2);
		sq_node_unlock(n, flags);
	}
	WRITE_ONCE(cc->nr, got);
	sq_cpu_grow(cc);
}

static void sq_cpu_flush(struct squirrel_cache *c, struct sq_cpu *cc)
{
	unsigned int nr = min(cc->cap / 2, cc->nr);

	if (!sq_depot_flush(c, sq_local_node(c), cc->obj, nr))
		sq_slabs_put(c, cc->obj, nr);
	memmove(cc->obj, cc->obj + nr, (cc->nr - nr) * sizeof(cc->obj[0]));
	WRITE_ONCE(cc->nr, cc->nr - nr);
	sq_cpu_grow(cc);
}

/* Preemption off. NULL if an interrupted context has them. */
static struct sq_cpu *sq_cpu_get(struct squirrel_cache *c)
{
	struct sq_cpu *cc = this_cpu_ptr(c->cpu);

	if (cc->busy)
		return NULL;
	cc->busy = 1;
	barrier();
	return cc;
}

static void sq_cpu_put(struct sq_cpu *cc)
{
	barrier();
	cc->busy = 0;
}

/* From the magazines after a refill or, past them, from the slabs. */
static void *sq_take_one(struct squirrel_cache *c)
{
	struct sq_node *n;
	struct sq_cpu *cc;
	unsigned long flags;
	void *obj = NULL;

	preempt_disable();
	cc = sq_cpu_get(c);
	if (cc) {
		if (!cc->nr)
			sq_cpu_refill(c, cc);
		if (cc->nr) {
			WRITE_ONCE(cc->nr, cc->nr - 1);
			obj = cc->obj[cc->nr];
		}
		sq_cpu_put(cc);
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
 * The magazines are empty or busy, or a certain node is asked for. Order: what
 * is at hand on the node, new memory, what is at hand elsewhere.
 */
void *sq_cache_alloc_slow(struct squirrel_cache *c, gfp_t gfp, int node)
{
	void *obj;

	if (!in_nmi())
		might_alloc(gfp);
	if (node != NUMA_NO_NODE)
		obj = sq_take_from(c, node);
	else if (c->home && c->home - 1 != numa_mem_id())
		obj = sq_take_from(c, c->home - 1);
	else
		obj = sq_take_one(c);
	if (!obj && !in_nmi()) {
		obj = sq_cache_grow(c, gfp, node);
		sq_event(SQ_EVENT_PRESSURE, gfp);
	}
	if (!obj && !(gfp & __GFP_THISNODE))
		obj = sq_take_anywhere(c);
	if (!obj)
		return NULL;
	this_cpu_inc(c->cpu->allocs);
	sq_cache_finish(c, obj, gfp);
	return obj;
}

/* A checked object goes back: magazine if possible, else its slab. */
void sq_cache_push(struct squirrel_cache *c, void *obj)
{
	struct sq_cpu *cc;
	bool local;

	preempt_disable();
	this_cpu_inc(c->cpu->frees);
	if (static_branch_likely(&sq_hardened))
		*sq_mark_at(c, obj) = sq_mark_of(obj);
	local = !static_branch_unlikely(&sq_numa) ||
		sq_map_lookup(obj)->node == numa_mem_id();
	cc = local ? sq_cpu_get(c) : NULL;
	if (cc) {
		if (cc->nr >= cc->cap)
			sq_cpu_flush(c, cc);
		cc->obj[cc->nr] = obj;
		WRITE_ONCE(cc->nr, cc->nr + 1);
		sq_cpu_put(cc);
	} else {
		sq_slabs_put(c, &obj, 1);
	}
	preempt_enable();
}

/* ---- many at once --------------------------------------------------------- */

/* Take up to @nr objects that are at hand; the caller finishes them. */
unsigned int sq_cpu_pop_many(struct squirrel_cache *c, void **objs,
			     unsigned int nr)
{
	struct sq_node *n;
	struct sq_cpu *cc;
	unsigned long flags;
	unsigned int got = 0;

	preempt_disable();
	cc = sq_cpu_get(c);
	if (cc) {
		got = min(nr, cc->nr);
		memcpy(objs, cc->obj + cc->nr - got, got * sizeof(*objs));
		WRITE_ONCE(cc->nr, cc->nr - got);
		sq_cpu_put(cc);
	}
	n = sq_local_node(c);
	while (nr - got >= c->cpu_max / 2) {
		unsigned int more = sq_depot_refill(n, objs + got);

		if (!more)
			break;
		got += more;
	}
	if (got < nr && sq_node_lock(n, &flags)) {
		got += sq_node_take(c, n, objs + got, nr - got);
		sq_node_unlock(n, flags);
	}
	this_cpu_add(c->cpu->allocs, got);
	preempt_enable();
	return got;
}

/*
 * Give @nr checked and marked local objects back: what fits on the CPU, whole
 * magazines to the depot, the rest to the slabs.
 */
unsigned int sq_cpu_push_many(struct squirrel_cache *c, void **objs,
			      unsigned int nr)
{
	struct sq_cpu *cc;
	unsigned int done = 0, n;

	preempt_disable();
	this_cpu_add(c->cpu->frees, nr);
	cc = sq_cpu_get(c);
	if (cc) {
		if (cc->nr + nr > cc->cap && cc->nr > cc->cap / 2)
			sq_cpu_flush(c, cc);
		done = min(nr, cc->cap - cc->nr);
		memcpy(cc->obj + cc->nr, objs, done * sizeof(*objs));
		WRITE_ONCE(cc->nr, cc->nr + done);
		sq_cpu_put(cc);
	}
	while (done < nr) {
		n = min(nr - done, c->cpu_max / 2);
		if (n < c->cpu_max / 4 ||
		    !sq_depot_flush(c, sq_local_node(c), objs + done, n))
			sq_slabs_put(c, objs + done, n);
		done += n;
	}
	preempt_enable();
	return done;
}

/*
 * Empty a CPU's magazines into the slabs: its own, with preemption off, or
 * those of a CPU that is gone. With @cold_only nothing happens if they were
 * used since the last look. Returns the number of objects moved.
 */
unsigned long sq_cpu_drain(struct squirrel_cache *c, struct sq_cpu *cc,
			   bool cold_only)
{
	unsigned long now = cc->allocs + cc->frees;
	unsigned int nr;

	if (cc->busy)
		return 0;
	cc->busy = 1;
	barrier();
	nr = cc->nr;
	if (cold_only && now != cc->seen) {
		cc->seen = now;
		nr = 0;
	} else {
		sq_slabs_put(c, cc->obj, nr);
		WRITE_ONCE(cc->nr, 0);
		cc->cap = min_t(u32, cc->max, max(2U, SQ_CPU_START / c->size) & ~1U);
		cc->trips = 0;
	}
	sq_cpu_put(cc);
	return nr;
}

int sq_magazine_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_irq_work(&per_cpu_ptr(&sq_deferred, cpu)->work,
			      sq_deferred_work);
	sq_mag_cache = sq_cache_new("squirrel-magazine", sizeof(struct sq_mag),
				    NULL, sq_default_heap, SQ_CACHE_INTERNAL,
				    GFP_KERNEL);
	if (IS_ERR(sq_mag_cache))
		return PTR_ERR(sq_mag_cache);
	return sq_registry_add_cache(sq_mag_cache, false);
}

void sq_magazine_exit(void)
{
	sq_deferred_flush();
	if (!IS_ERR_OR_NULL(sq_mag_cache))
		sq_cache_discard(sq_mag_cache);
	sq_mag_cache = NULL;
}
