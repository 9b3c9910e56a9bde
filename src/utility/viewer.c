// SPDX-License-Identifier: GPL-2.0
/*
 * BlockViewer: owns nothing and changes nothing.
 *
 * A view of a manager on one node shows one moment. On several nodes each node's
 * part does. What needs a walk over the blocks does not: they change meanwhile.
 */
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "compat.h"

#include "internal.h"
#include "tunables.h"

static void count_pool(struct sq_pool *pool, void *ctx)
{
	struct sq_view *view = ctx;
	struct sq_agent *top;
	unsigned int i;

	view->used_blocks += sq_pool_used_blocks(pool);
	view->used_pages += pool->used_pages;
	view->free_blocks += sq_pool_free_blocks(pool);
	view->free_pages += pool->free_pages;
	for (i = 0; i < SQ_VIEW_BINS; i++) {
		view->free_bins[i] += pool->free_hist[i];
		view->used_bins[i] += pool->used_hist[i];
	}
	view->splits += pool->splits;
	view->merges += pool->merges;
	view->coalesce_tries += pool->scanned;

	if (pool->by_addr.rb_node) {
		top = sq_links_agent(rb_entry(pool->by_addr.rb_node,
					      struct sq_free_links, rb));
		view->largest_free = max(view->largest_free,
					 sq_agent_links(top)->most);
	}
}

/**
 * sq_viewer_count() - what a manager holds
 * @m: the manager
 * @view: filled in
 *
 * Context: Any context but NMI.
 */
void sq_viewer_count(struct sq_manager *m, struct sq_view *view)
{
	memset(view, 0, sizeof(*view));
	sq_manager_each_pool(m, count_pool, view);
	view->fetched = atomic_long_read(&m->fetched);
	view->returned = atomic_long_read(&m->returned);
	view->lost = atomic_long_read(&m->lost);
	view->source_gets = atomic_long_read(&m->gets);
	view->source_puts = atomic_long_read(&m->puts);
	view->source_fails = atomic_long_read(&m->fails);
	view->limit_hits = atomic_long_read(&m->limit_hits);
	view->reserve = atomic_long_read(&m->reserve);
	view->limit = READ_ONCE(m->limit);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_count);

/**
 * sq_viewer_fragmentation() - how scattered the free memory is
 * @view: from sq_viewer_count()
 *
 * Context: Any context.
 * Return: the part of the free pages outside the largest free block, in per
 * mille; 0 if none is free.
 */
unsigned int sq_viewer_fragmentation(const struct sq_view *view)
{
	if (!view->free_pages)
		return 0;
	return 1000 - div64_ul(1000ULL * view->largest_free, view->free_pages);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_fragmentation);

/**
 * sq_viewer_coalesce_hits() - how often a look for a free neighbour paid
 * @view: from sq_viewer_count()
 *
 * Context: Any context.
 * Return: merges per free block looked at, in per mille; 0 if none was.
 */
unsigned int sq_viewer_coalesce_hits(const struct sq_view *view)
{
	if (!view->coalesce_tries)
		return 0;
	return div64_u64(1000 * view->merges, view->coalesce_tries);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_coalesce_hits);

/* Show some blocks from *@addr on, all of this pool. False to stop. */
static bool walk_step(struct sq_pool *pool, unsigned long *addr,
		      unsigned long end, sq_view_fn fn, void *ctx)
{
	const struct sq_agent *agent;
	unsigned int left = SQ_VIEW_PER_STEP;
	unsigned long irq;
	bool go_on = true;

	raw_spin_lock_irqsave(&pool->lock, irq);
	while (*addr < end && go_on && left--) {
		agent = sq_map_lookup((void *)*addr);
		if (!sq_pool_has(pool, agent))
			break;
		/* Not at its start: merged with one that was shown already. */
		if (sq_agent_addr(agent) == *addr)
			go_on = fn(agent, ctx);
		*addr = sq_agent_past(agent, *addr);
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	return go_on;
}

/**
 * sq_viewer_step() - show some blocks of a manager, by address
 * @m: the manager
 * @addr: where to go on; 0 to begin. Moved up past what was shown
 * @fn: called for each, used or free
 * @ctx: passed to @fn
 *
 * One hold of the lock, for who does something else in between than
 * sq_viewer_walk().
 *
 * Context: Any context but NMI.
 * Return: false if @fn said to stop or nothing is left.
 */
bool sq_viewer_step(struct sq_manager *m, unsigned long *addr, sq_view_fn fn,
		    void *ctx)
{
	unsigned long low, end;
	struct sq_pool *pool;

	sq_manager_bounds(m, &low, &end);
	*addr = max(*addr, low);
	pool = sq_manager_scan(m, addr, end);
	return pool && walk_step(pool, addr, end, fn, ctx);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_step);

/**
 * sq_viewer_walk() - show each block of a manager, by address
 * @m: the manager
 * @fn: called for each, used or free
 * @ctx: passed to @fn
 *
 * The lock is dropped now and then, and others may run. Blocks that change
 * meanwhile may be shown as before or as after; none that stays is missed or
 * shown twice.
 *
 * Context: Process context. May sleep.
 */
void sq_viewer_walk(struct sq_manager *m, sq_view_fn fn, void *ctx)
{
	unsigned long addr = 0;

	while (sq_viewer_step(m, &addr, fn, ctx))
		cond_resched();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_walk);

/**
 * sq_viewer_stolen() - look for a page of a block that others put or freed
 * @agent: the block's agent, as shown to a &typedef sq_view_fn
 *
 * Context: Any context; the manager is locked.
 * Return: the address of the first such page; 0 if there is none.
 */
unsigned long sq_viewer_stolen(const struct sq_agent *agent)
{
	const struct sq_block_ops *source = agent->manager->source;
	unsigned long addr = sq_agent_addr(agent);

	if (source->look(source, addr, sq_agent_pages(agent)) != SQ_BLOCK_STOLEN)
		return 0;
	for (; addr != sq_agent_end(agent); addr += PAGE_SIZE)
		if (source->look(source, addr, 1) == SQ_BLOCK_STOLEN)
			return addr;
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_stolen);

static bool age_block(const struct sq_agent *agent, void *ctx)
{
	struct sq_age *age = ctx;
	u32 jiffies_free = (u32)jiffies - agent->freed_at;

	if (sq_agent_used(agent))
		return true;
	age->oldest = max(age->oldest, jiffies_free);
	age->sum += (u64)jiffies_free * sq_agent_pages(agent);
	age->pages += sq_agent_pages(agent);
	return true;
}

/**
 * sq_viewer_age() - how long free memory has been free
 * @m: the manager
 * @age: what @m has is added; zeros to begin with
 *
 * A block that was merged counts from when its youngest part was given.
 *
 * Context: Process context. May sleep.
 */
void sq_viewer_age(struct sq_manager *m, struct sq_age *age)
{
	sq_viewer_walk(m, age_block, age);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_age);

/**
 * sq_viewer_oldest_ms() - how long the oldest free block has been free
 * @age: from sq_viewer_age()
 *
 * Context: Any context.
 * Return: milliseconds; 0 if none is free.
 */
u64 sq_viewer_oldest_ms(const struct sq_age *age)
{
	return div_u64((u64)age->oldest * MSEC_PER_SEC, HZ);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_oldest_ms);

/**
 * sq_viewer_mean_ms() - how long a free page has been free on average
 * @age: from sq_viewer_age()
 *
 * Context: Any context.
 * Return: milliseconds; 0 if none is free.
 */
u64 sq_viewer_mean_ms(const struct sq_age *age)
{
	if (!age->pages)
		return 0;
	return div_u64(div64_ul(age->sum, age->pages) * MSEC_PER_SEC, HZ);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_mean_ms);
