// SPDX-License-Identifier: GPL-2.0
/*
 * Coalescing: merging free neighbours, when somebody asks for it.
 *
 * In short steps with the lock dropped in between, so interrupts are never off
 * for long, however many blocks there are and however large.
 *
 * A merge rewrites the map entries of the smaller of the two, hence one of more
 * than SQ_MERGE_PAGES is not merged with another such. Nobody misses what they
 * would make: each of them has room for the longest block there is to be had,
 * aligned as that may be.
 */
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"
#include "trace.h"
#include "tunables.h"

/* The free block above that may be merged with this one, or NULL. */
static struct sq_agent *free_next(struct sq_agent *agent)
{
	struct sq_block *next = sq_block_next(sq_agent_block(agent));

	if (!next || sq_block_used(next))
		return NULL;
	if (sq_agent_pages(agent) > SQ_MERGE_PAGES &&
	    sq_agent_pages(sq_block_agent(next)) > SQ_MERGE_PAGES)
		return NULL;
	return sq_block_agent(next);
}

/*
 * Merge two free neighbours that are in no index. The larger one's descriptor
 * survives, so that the fewer map entries change. Returns it.
 */
static struct sq_agent *merge_pair(struct sq_agent *lower, struct sq_agent *upper)
{
	struct sq_agent *stays = lower, *goes = upper;
	unsigned long addr;
	size_t size, sum;
	bool done;

	if (sq_agent_size(upper) > sq_agent_size(lower))
		swap(stays, goes);
	addr = sq_agent_addr(goes);
	size = sq_agent_size(goes);
	sum = size + sq_agent_size(stays);
	if (stays == lower)
		done = sq_block_coalesce(sq_agent_block(lower));
	else
		done = sq_block_coalesce_prev(sq_agent_block(upper));
	if (!done)
		return NULL;
	/* The younger half decides how long the whole has been free. */
	if ((s32)(goes->freed_at - stays->freed_at) > 0)
		stays->freed_at = goes->freed_at;
	/* Both are fresh, or the whole is not. */
	stays->flags &= goes->flags;
	sq_map_set(addr, size, stays);
	sq_assert(sq_agent_size(stays) == sum && sq_agent_is_mapped(stays));
	sq_desc_put(goes);
	return stays;
}

/*
 * Merge a free block with the free blocks above it, at most @limit of them, and
 * not more once *@room entries of the map were rewritten. *@agent is the block
 * that results. Returns the number of merges.
 */
static unsigned long merge_up(struct sq_pool *pool, struct sq_agent **agent,
			      unsigned long limit, unsigned long *room)
{
	struct sq_agent *next = free_next(*agent);
	unsigned long pages, merges = 0;
	struct sq_agent *merged;

	if (!next)
		return 0;

	sq_pool_remove(pool, *agent);
	for (; next && merges < limit && *room; next = free_next(*agent)) {
		sq_pool_remove(pool, next);
		pages = min(sq_agent_pages(*agent), sq_agent_pages(next));
		merged = merge_pair(*agent, next);
		if (!merged) {
			/* Broken links; the check will tell. */
			sq_pool_insert(pool, next);
			break;
		}
		*agent = merged;
		*room -= min(*room, pages);
		merges++;
	}
	sq_pool_insert(pool, *agent);
	return merges;
}

/*
 * Look at some of the *@nr_scan free blocks that are left to be scanned, from
 * where the last call ended, and merge each with its free neighbours above. Stops
 * early once that made a block of @want pages, if @want is not 0. Returns the
 * number of merges.
 */
unsigned long sq_pool_merge(struct sq_pool *pool, unsigned long *nr_scan,
			    unsigned long want)
{
	unsigned long step = min(*nr_scan, 0UL + SQ_SCAN_PER_STEP);
	unsigned long room = SQ_MERGE_PAGES;
	unsigned long n, merges = 0;
	struct sq_agent *agent;

	lockdep_assert_held(&pool->lock);

	agent = sq_pool_from(pool, pool->cursor);
	while (step && room) {
		if (!agent)
			agent = sq_pool_first(pool);
		if (!agent) {
			*nr_scan = 0;
			break;
		}
		n = merge_up(pool, &agent, step, &room);
		pool->scanned += max(n, 1UL);
		step -= max(n, 1UL);
		*nr_scan -= max(n, 1UL);
		merges += n;
		pool->cursor = sq_agent_addr(agent);
		if (n && want && sq_agent_pages(agent) >= want)
			break;
		if (!free_next(agent))
			pool->cursor = sq_agent_end(agent);
		agent = sq_pool_next(pool, agent);
	}
	pool->merges += merges;
	return merges;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_merge);

static unsigned long coalesce_pool(struct sq_pool *pool, unsigned long budget)
{
	unsigned long nr_scan, left, irq;
	unsigned long merges = 0;

	/* One round: as many blocks as there are now. */
	raw_spin_lock_irqsave(&pool->lock, irq);
	nr_scan = sq_pool_free_blocks(pool);
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	while (nr_scan && merges < budget) {
		left = min(nr_scan, budget - merges);
		nr_scan -= left;
		raw_spin_lock_irqsave(&pool->lock, irq);
		merges += sq_pool_merge(pool, &left, 0);
		raw_spin_unlock_irqrestore(&pool->lock, irq);
		nr_scan += left;
	}
	return merges;
}

/**
 * sq_manager_coalesce() - merge free neighbours
 * @m: the manager
 * @budget: merges to do at most
 *
 * Goes once round the free blocks of each node at most, and goes on where the
 * last call ended.
 *
 * Context: Any context but NMI.
 * Return: merges done.
 */
unsigned long sq_manager_coalesce(struct sq_manager *m, unsigned long budget)
{
	unsigned long merges = 0;
	struct sq_pool *pool;

	for (pool = sq_manager_next(m, NULL); pool;
	     pool = sq_manager_next(m, pool)) {
		if (merges < budget)
			merges += coalesce_pool(pool, budget - merges);
	}
	trace_squirrel_coalesce(merges);
	return merges;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_coalesce);
