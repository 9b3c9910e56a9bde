// SPDX-License-Identifier: GPL-2.0
/*
 * What the allocator does when the reclaimer asks: each call is one kind of
 * work over all caches or heaps, bounded per cache, without sleeping.
 */
#include <linux/cpu.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "allocator/cache/cache.h"
#include "allocator/debug/debug.h"

struct sq_drain {
	struct sq_reclaim_work *work;
	unsigned long budget;
	unsigned long keep;
	unsigned long age;
	unsigned int cpu;
	bool flag;
};

static void drain_local_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;

	preempt_disable();
	d->work->objects += sq_cpu_drain(c, d->flag);
	preempt_enable();
	sq_cache_tidy(c);
}

/**
 * sq_allocator_drain_local() - empty this CPU's magazines into the slabs
 * @idle_only: leave those that were used since the last call alone
 * @work: what was done is added here
 *
 * Context: Any context but NMI, on the CPU meant.
 */
void sq_allocator_drain_local(bool idle_only, struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work, .flag = idle_only };

	sq_walk_caches(drain_local_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_drain_local);

static void look_local_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;

	preempt_disable();
	d->work->objects += sq_cpu_look(c);
	preempt_enable();
	sq_cache_tidy(c);
}

/**
 * sq_allocator_look_local() - empty those of this CPU's magazines that are out of use
 * @work: what was done is added here
 *
 * Nothing was taken from them or given to them since the last call. What magazines may
 * hold stays as it is.
 *
 * Context: Any context but NMI, on the CPU meant.
 */
void sq_allocator_look_local(struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work };

	sq_walk_caches(look_local_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_look_local);

static void drain_dead_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;

	d->work->objects += sq_cache_drain_dead(c);
}

/**
 * sq_allocator_drain_dead() - empty the magazines of CPUs that are offline
 * @work: what was done is added here
 *
 * Context: Process context, with cpus_read_lock() held.
 */
void sq_allocator_drain_dead(struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work };

	sq_walk_caches(drain_dead_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_drain_dead);

static void drain_depot_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;

	d->work->objects += sq_depot_drain(c, d->flag);
}

/**
 * sq_allocator_drain_depots() - empty the depots into the slabs
 * @all: everything, not only what nobody needed since the last call
 * @work: what was done is added here
 *
 * Context: Any context but NMI.
 */
void sq_allocator_drain_depots(bool all, struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work, .flag = all };

	sq_walk_caches(drain_depot_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_drain_depots);

static void release_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;
	unsigned long flags;
	u32 needed;
	int nid;

	/* Under pressure quarantine gives way, a part at a time: no walk takes long. */
	if (d->flag)
		d->work->released += sq_debug_release(c, SQ_QUARANTINE_STEP);
	for_each_node(nid) {
		struct sq_node *n = c->node[nid];

		if (!sq_read_racy(n->nr_empty) && !sq_read_racy(n->keep) &&
		    !sq_read_racy(n->gone))
			continue;
		raw_spin_lock_irqsave(&n->lock, flags);
		needed = n->nr_empty - n->empty_min;
		n->empty_min = n->nr_empty;
		n->gone = 0;
		WRITE_ONCE(n->keep, d->flag ? 0 : min(n->keep, needed));
		raw_spin_unlock_irqrestore(&n->lock, flags);
		d->work->slabs += sq_node_release(c, n, d->flag ? 0 : needed);
	}
}

/**
 * sq_allocator_release_slabs() - give empty slabs to their managers
 * @all: all of them, but for reserves, and of what is in each quarantine a part;
 *	otherwise those that nobody needed since the last call
 * @work: what was done is added here
 *
 * Context: Any context but NMI.
 */
void sq_allocator_release_slabs(bool all, struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work, .flag = all };

	if (all)
		sq_guard_yield();
	sq_walk_caches(release_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_release_slabs);

struct sq_ending {
	unsigned long most;	/* in any quarantine */
	unsigned long done;	/* by one walk */
};

static void look_at_quarantine(struct squirrel_cache *c, void *ctx)
{
	struct sq_ending *e = ctx;

	e->most = max(e->most, sq_quarantined(c));
}

static void end_step(struct squirrel_cache *c, void *ctx)
{
	struct sq_ending *e = ctx;

	e->done += sq_debug_release(c, SQ_QUARANTINE_STEP);
}

/**
 * sq_allocator_end_quarantine() - let go of what is in quarantine
 *
 * All that is in it by now; what comes meanwhile may stay. Others may run in between.
 *
 * Context: Process context. May sleep.
 */
void sq_allocator_end_quarantine(void)
{
	struct sq_ending e = {};
	unsigned long steps;

	sq_walk_caches(look_at_quarantine, &e);
	for (steps = DIV_ROUND_UP(e.most, SQ_QUARANTINE_STEP); steps; steps--) {
		e.done = 0;
		sq_walk_caches(end_step, &e);
		if (!e.done)
			break;
		cond_resched();
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_end_quarantine);

static void trim_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;

	d->work->slabs += sq_cache_trim(c, d->flag);
}

/**
 * sq_allocator_trim_slabs() - give pages of half empty slabs to the managers
 * @all: look at all slabs; otherwise at some that are half empty and were not
 *	looked at since an object came back
 * @work: what was done is added here
 *
 * Context: Any context but NMI.
 */
void sq_allocator_trim_slabs(bool all, struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work, .flag = all };

	sq_walk_caches(trim_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_trim_slabs);

static void look_slabs_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;
	unsigned long flags;
	u32 needed;
	int nid;

	d->work->objects += sq_depot_look(c);
	for_each_node(nid) {
		struct sq_node *n = c->node[nid];

		if (!sq_read_racy(n->nr_empty))
			continue;
		raw_spin_lock_irqsave(&n->lock, flags);
		needed = max(n->nr_empty - n->empty_low, n->keep);
		n->empty_low = n->nr_empty;
		raw_spin_unlock_irqrestore(&n->lock, flags);
		d->work->slabs += sq_node_release(c, n, needed);
	}
}

/**
 * sq_allocator_look_slabs() - give what is out of use from depots to slabs, and empty slabs
 *	to their managers
 * @work: what was done is added here
 *
 * Nobody needed them since the last call, nor has a load that swings been seen to.
 *
 * Context: Any context but NMI.
 */
void sq_allocator_look_slabs(struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work };

	sq_walk_caches(look_slabs_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_look_slabs);

/**
 * sq_allocator_flush() - wait for slabs that are on their way to the managers
 *
 * What a reader may still look at is given back after a grace period.
 *
 * Context: Process context. May sleep.
 */
void sq_allocator_flush(void)
{
	sq_slabs_flush();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_flush);

static void coalesce_one(struct squirrel_heap *heap, void *ctx)
{
	struct sq_drain *d = ctx;

	d->work->merges += sq_manager_coalesce(heap->manager, d->budget);
}

/**
 * sq_allocator_coalesce() - merge neighbouring free blocks
 * @budget: most merges per heap
 * @work: what was done is added here
 *
 * Context: Any context but NMI.
 */
void sq_allocator_coalesce(unsigned long budget, struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work, .budget = budget };

	sq_walk_heaps(coalesce_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_coalesce);

static void give_back_one(struct squirrel_heap *heap, void *ctx)
{
	struct sq_drain *d = ctx;
	unsigned long keep, pages;
	struct sq_lost lost;

	/* No more than a part of what the heap uses. */
	keep = min(d->keep, sq_manager_pages_used(heap->manager) / SQ_KEEP_SHARE);
	pages = sq_manager_trim_aged(heap->manager, keep, d->budget, d->age);
	sq_heap_mark_free(heap);
	d->work->pages += pages;
	lost = sq_manager_trim_lost(heap->manager);
	if (lost.pages)
		sq_report_lost(heap->large, lost);
}

/**
 * sq_allocator_give_back() - give free pages back to the page source
 * @keep: free pages each heap may keep, but never more than 1/16 of what it
 *	uses
 * @budget: most pages per heap
 * @age: jiffies for which small blocks must have been free
 * @work: what was done is added here
 *
 * Context: Any context but NMI.
 */
void sq_allocator_give_back(unsigned long keep, unsigned long budget,
			    unsigned long age, struct sq_reclaim_work *work)
{
	struct sq_drain d = {
		.work = work,
		.keep = keep,
		.budget = budget,
		.age = age,
	};

	sq_walk_heaps(give_back_one, &d);
	work->pages += sq_utility_trim();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_give_back);

static void refill_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;

	/*
	 * Constructors run for who allocates: see refill_reserve(). What magazines are made
	 * of is kept only: see sq_mags_keep().
	 */
	if (c->reserve && !c->ctor &&
	    !(READ_ONCE(c->flags) & (SQ_CACHE_DYING | SQ_CACHE_INTERNAL)))
		d->work->refilled += sq_cache_fill(c, GFP_NOWAIT |
						   __GFP_NOMEMALLOC, UINT_MAX);
}

/**
 * sq_allocator_refill() - bring reserves back to what was asked for
 * @work: what was done is added here
 *
 * But for those of constructed objects. Not for who is giving memory back because
 * there is too little of it.
 *
 * Context: Any context but NMI.
 */
void sq_allocator_refill(struct sq_reclaim_work *work)
{
	struct sq_drain d = { .work = work };

	sq_walk_caches(refill_one, &d);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_refill);

static void count_cache(struct squirrel_cache *c, void *ctx)
{
	unsigned long *bytes = ctx, objs = sq_cache_in_magazines(c);
	int nid;

	for_each_node(nid) {
		unsigned long free = sq_racy(c->node[nid]->nr_free);

		/* Of what magazines are made of, one slab stays. */
		if (c->flags & SQ_CACHE_INTERNAL && sq_racy(c->reserve))
			free -= min(free, 0UL + sq_slab_objs(c, c->plan.first));
		objs += free + sq_depots_objs(c->node[nid]);
	}
	objs += sq_quarantined(c);
	*bytes += c->size * objs;
}

static void count_heap(struct squirrel_heap *heap, void *ctx)
{
	unsigned long *bytes = ctx;

	*bytes += sq_manager_pages_free(heap->manager) << PAGE_SHIFT;
}

/**
 * sq_allocator_reclaimable() - how much free memory is on hand
 *
 * An upper bound: a page with a single live object cannot be given back.
 *
 * Context: Any context but NMI.
 * Return: pages.
 */
unsigned long sq_allocator_reclaimable(void)
{
	unsigned long bytes = 0;

	sq_walk_caches(count_cache, &bytes);
	sq_walk_heaps(count_heap, &bytes);
	return bytes >> PAGE_SHIFT;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_reclaimable);

static void cpu_idle_one(struct squirrel_cache *c, void *ctx)
{
	struct sq_drain *d = ctx;

	if (READ_ONCE(per_cpu_ptr(sq_cpu_of(c), d->cpu)->hand))
		d->flag = false;
}

/**
 * sq_allocator_cpu_idle() - has a CPU nothing at hand, nor a magazine?
 * @cpu: the CPU
 *
 * Context: Any context but NMI.
 * Return: true if there is nothing to drain on it.
 */
bool sq_allocator_cpu_idle(unsigned int cpu)
{
	struct sq_drain d = { .cpu = cpu, .flag = true };

	sq_walk_caches(cpu_idle_one, &d);
	return d.flag;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_cpu_idle);
