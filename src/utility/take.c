// SPDX-License-Identifier: GPL-2.0
/*
 * BlockManager, continued: taking blocks out for the layer above and taking them
 * back. Which free block is taken, a callback decides.
 *
 * A take goes down this list until one step has a block:
 *
 *	1 the free blocks of the wanted node
 *	2 the same after a short coalescing step
 *	3 new pages from the source (source.c)
 *	4 the wanted node after long coalescing, then other nodes
 *
 * A give puts the block into the index and is done: neighbours are merged
 * (coalesce.c) when the reclaimer says so or in steps 2 and 4. A block that somebody
 * else has to do with goes back to the source instead: its holder is through
 * with it, but a socket, a mapping or a stray put_page() may not be.
 *
 * The limit counts used pages. A take reserves its pages in m->used before it
 * looks for them, so that two takes cannot both have the last ones; hence at
 * any moment m->used is at least what the pools count as used.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/nodemask.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"
#include "tunables.h"

/* Refused whatever the source is; keeps sizes in bytes from overflowing. */
#define MAX_PAGES	(ULONG_MAX >> (PAGE_SHIFT + 2))

/* See mark_taken(). */
#define PRIV_FIRST	(SQ_AGENT_PRIV_BYTES / 16 * 8)

/* What neither comes from the free blocks nor may become one. */
#define DIRECT_GFP	(__GFP_ACCOUNT | __GFP_DMA | __GFP_DMA32)

/* ---- take ---- */

static void uncharge_pages(struct sq_manager *m, unsigned long pages)
{
	atomic_long_sub(pages, &m->used);
	sq_assert(atomic_long_read(&m->used) >= 0);
}

/* Who must not be refused goes beyond the limit, as with a memory cgroup's. */
static bool charge_pages(struct sq_manager *m, const struct sq_request *req)
{
	unsigned long used = atomic_long_add_return(req->pages, &m->used);
	unsigned long over;

	if (likely(used <= READ_ONCE(m->limit)))
		return true;
	atomic_long_inc(&m->limit_hits);
	if (req->optional || !sq_gfp_nofail(req->gfp)) {
		uncharge_pages(m, req->pages);
		return false;
	}
	over = READ_ONCE(m->overdraft);
	while (used > over && !try_cmpxchg(&m->overdraft, &over, used))
		;
	return true;
}

/* Pages to skip at the start of a block for the wanted alignment. */
static unsigned long gap_of(const struct sq_agent *agent,
			    const struct sq_request *req)
{
	unsigned long page = sq_agent_addr(agent) >> PAGE_SHIFT;

	return req->align ? -page & (req->align - 1) : 0;
}

static bool block_fits(const struct sq_agent *agent,
		       const struct sq_request *req)
{
	return sq_agent_pages(agent) >= gap_of(agent, req) + req->pages;
}

static struct sq_agent *find_block(struct sq_pool *pool,
				   const struct sq_request *req)
{
	struct sq_agent *agent = req->find(pool, req->pages);
	bool ok = agent && block_fits(agent, req);

	if (agent && !ok && req->align > 1) {
		agent = req->find(pool, req->pages + req->align - 1);
		ok = agent && block_fits(agent, req);
	}
	if (!agent)
		return NULL;
	if (likely(ok && !sq_agent_used(agent)))
		return agent;
	pr_err_ratelimited("strategy %ps picked a block that does not fit\n",
			   req->find);
	return NULL;
}

/*
 * Split the first @size bytes off a block that is in no index. The new
 * descriptor goes to the smaller part, whose map entries are then rewritten.
 * Returns the upper part; *@lower is the lower one.
 */
static struct sq_agent *split_free(struct sq_pool *pool, struct sq_agent *agent,
				   size_t size, struct sq_agent *spare,
				   struct sq_agent **lower)
{
	struct sq_block *b = sq_agent_block(agent);
	size_t sum = sq_agent_size(agent);

	sq_assert(size && size < sum && !sq_agent_used(agent));
	spare->freed_at = agent->freed_at;
	spare->flags = agent->flags;
	if (size <= sum / 2) {
		sq_block_split_front(b, size, sq_agent_block(spare));
		*lower = spare;
	} else {
		sq_block_split(b, size, sq_agent_block(spare));
		*lower = agent;
	}
	sq_map_set(sq_agent_addr(spare), sq_agent_size(spare), spare);
	sq_assert(sq_agent_size(*lower) == size);
	sq_assert(sq_agent_size(spare) + sq_agent_size(agent) == sum);
	pool->splits++;
	return *lower == agent ? spare : agent;
}

/*
 * Take the wanted pages out of a free block; what is left of it stays free.
 * NULL, with nothing changed, if there are too few spare descriptors.
 */
static noinline struct sq_agent *
split_off_part(struct sq_pool *pool, struct sq_agent *agent, size_t gap,
	       size_t size)
{
	struct sq_agent *below = NULL, *above = NULL;
	struct sq_agent *part;

	lockdep_assert_held(&pool->lock);

	if (gap) {
		below = sq_desc_get(pool);
		if (!below)
			return NULL;
	}
	if (sq_agent_size(agent) > gap + size) {
		above = sq_desc_get(pool);
		if (!above) {
			if (below)
				sq_desc_put(below);
			return NULL;
		}
	}

	sq_pool_remove(pool, agent);
	if (below) {
		agent = split_free(pool, agent, gap, below, &part);
		sq_pool_insert(pool, part);
	}
	if (above) {
		part = split_free(pool, agent, size, above, &agent);
		sq_pool_insert(pool, part);
	}
	return agent;
}

static struct sq_agent *split_off(struct sq_pool *pool, struct sq_agent *agent,
				  const struct sq_request *req)
{
	if (sq_agent_pages(agent) != req->pages)
		return split_off_part(pool, agent, gap_of(agent, req) << PAGE_SHIFT,
				      req->pages << PAGE_SHIFT);
	sq_pool_remove(pool, agent);
	return agent;
}

static void mark_taken(struct sq_pool *pool, struct sq_agent *agent, u8 kind)
{
	sq_assert(!sq_agent_used(agent) && !agent->owner);
	sq_assert(sq_agent_is_mapped(agent));
	/* In two parts, which are no more than some stores each. */
	memset(agent->priv, 0, PRIV_FIRST);
	memset(agent->priv + PRIV_FIRST, 0, SQ_AGENT_PRIV_BYTES - PRIV_FIRST);
	agent->kind = kind;
	sq_block_set_used(sq_agent_block(agent), true);
	sq_pool_count_used(pool, agent);
}

/* See SQ_MERGE_SCAN_MORE. */
static unsigned long scan_budget(const struct sq_pool *pool,
				 unsigned long nr_scan)
{
	return pool->free_pages > pool->used_pages ?
	       max(nr_scan, 0UL + SQ_MERGE_SCAN_MORE) : nr_scan;
}

/* How a try to take from a pool ended. */
enum sq_try {
	SQ_TRY_DONE,		/* with a block, or there are too few pages */
	SQ_TRY_MERGE,		/* none fits, unless some are merged */
	SQ_TRY_DESC,		/* descriptors are short */
};

/* Find a block and split it under the lock. */
static enum sq_try pool_try(struct sq_pool *pool, const struct sq_request *req,
			    struct sq_agent **taken)
{
	struct sq_agent *agent;

	lockdep_assert_held(&pool->lock);

	*taken = NULL;
	if (pool->free_pages < req->pages)
		return SQ_TRY_DONE;
	agent = find_block(pool, req);
	if (!agent)
		return SQ_TRY_MERGE;
	agent = split_off(pool, agent, req);
	if (!agent)
		return SQ_TRY_DESC;
	sq_assert(sq_agent_pages(agent) == req->pages && !gap_of(agent, req));
	mark_taken(pool, agent, req->kind);
	*taken = agent;
	return SQ_TRY_DONE;
}

/*
 * Coalesce in steps until one merges something. @nr_scan free blocks are still to
 * be looked at; of the @first step, that is as many as are wanted, and then once
 * round is enough. Returns how many are left afterwards, -1 if all was in vain.
 */
static long pool_merge(struct sq_pool *pool, unsigned long want, bool first,
		       unsigned long nr_scan)
{
	unsigned long merges, irq;

	do {
		raw_spin_lock_irqsave(&pool->lock, irq);
		if (first)
			nr_scan = min(scan_budget(pool, nr_scan),
				      sq_pool_free_blocks(pool));
		merges = sq_pool_merge(pool, &nr_scan, want);
		raw_spin_unlock_irqrestore(&pool->lock, irq);
		first = false;
	} while (!merges && nr_scan);
	return merges ? nr_scan : -1;
}

/*
 * After a try that was not done: may another one succeed? @nr_scan is the caller's
 * number at first, and then what this returned: 0 if not, below 0 once scanning
 * has begun. Apart from the loop, which is faster without it.
 */
static noinline long pool_prepare(struct sq_pool *pool,
				  const struct sq_request *req,
				  enum sq_try how, long nr_scan)
{
	if (how == SQ_TRY_DESC)
		return sq_desc_refill(req->gfp) ? nr_scan : 0;
	if (nr_scan > 0)
		nr_scan = pool_merge(pool, req->pages, true, nr_scan);
	else
		nr_scan = pool_merge(pool, req->pages, false, -nr_scan - 1);
	return nr_scan < 0 ? 0 : -nr_scan - 1;
}

/* If none fits, @nr_scan free blocks or so are looked at for neighbours. */
static struct sq_agent *pool_take(struct sq_pool *pool,
				  const struct sq_request *req, long nr_scan)
{
	struct sq_agent *taken;
	enum sq_try how;
	unsigned long irq;

	do {
		raw_spin_lock_irqsave(&pool->lock, irq);
		how = pool_try(pool, req, &taken);
		raw_spin_unlock_irqrestore(&pool->lock, irq);
		if (likely(how == SQ_TRY_DONE))
			break;
		nr_scan = pool_prepare(pool, req, how, nr_scan);
	} while (nr_scan);
	return taken;
}

/* The pool of a node, or of another one if it has no memory, or not yet. */
static __always_inline struct sq_pool *pool_near(const struct sq_manager *m, int node)
{
	struct sq_pool *pool = sq_manager_pool(m, node);

	if (pool && node_state(node, N_MEMORY))
		return pool;
	return sq_manager_pool(m, first_memory_node);
}

/**
 * sq_manager_merge_longest() - merge free neighbours, tell the longest free block
 * @m: the manager
 * @node: on which NUMA node
 * @want: pages wanted
 *
 * Merges only while no block has @want pages but all together have, and no more
 * than sq_manager_take() would before it fetches: SQ_MERGE_SCAN_SHORT or
 * SQ_MERGE_SCAN_MORE free blocks are scanned, with the lock dropped now and then.
 *
 * Context: Any context; in NMI nothing is merged.
 * Return: about how many pages the longest free block has, of many up to an
 * eighth less; others may be quicker. 0 if none is free.
 */
unsigned long sq_manager_merge_longest(struct sq_manager *m, int node,
				       unsigned long want)
{
	struct sq_pool *pool = pool_near(m, node);
	unsigned long longest;
	bool first;
	long left;

	if (node == NUMA_NO_NODE || !pool)
		return 0;
	longest = sq_pool_longest(pool);
	if (longest >= want || READ_ONCE(pool->free_pages) < want || in_nmi())
		return longest;
	left = SQ_MERGE_SCAN_SHORT;
	for (first = true; left > 0 && longest < want; first = false) {
		left = pool_merge(pool, want, first, left);
		longest = sq_pool_longest(pool);
	}
	return longest;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_merge_longest);

/**
 * sq_manager_lacks() - has the source no so many pages in a row for now?
 * @m: the manager
 * @node: on which NUMA node
 * @pages: how many, for who could do with fewer
 *
 * After attempts of that kind that failed some are left out: this says so, and
 * counts as one of them. What is on hand is not looked at.
 *
 * Context: Any context.
 * Return: whether an optional request for new pages would not be tried.
 */
bool sq_manager_lacks(struct sq_manager *m, int node, unsigned long pages)
{
	struct sq_pool *pool = pool_near(m, node);

	return node != NUMA_NO_NODE && pool && sq_fetch_skips(pool, pages);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_lacks);

/* Step 4: the source has nothing; what is there must do. */
static struct sq_agent *take_anywhere(struct sq_manager *m,
				      struct sq_pool *wanted,
				      const struct sq_request *req)
{
	struct sq_agent *agent = pool_take(wanted, req, SQ_MERGE_SCAN_LONG);
	struct sq_pool *pool;

	if (agent || req->gfp & __GFP_THISNODE)
		return agent;
	for (pool = sq_manager_next(m, NULL); pool;
	     pool = sq_manager_next(m, pool)) {
		if (pool != wanted)
			agent = pool_take(pool, req, SQ_MERGE_SCAN_LONG);
		if (agent)
			return agent;
	}
	return NULL;
}

/* The pool to look in first. */
static __always_inline struct sq_pool *wanted_pool(struct sq_manager *m,
						   const struct sq_request *req)
{
	if (req->node == NUMA_NO_NODE)
		return pool_near(m, numa_mem_id());
	if (req->gfp & __GFP_THISNODE)
		return sq_manager_pool(m, req->node);
	return pool_near(m, req->node);
}

static __always_inline struct sq_agent *take_block(struct sq_manager *m,
						   const struct sq_request *req)
{
	struct sq_pool *pool = wanted_pool(m, req);
	struct sq_agent *agent;

	if (!pool)
		return NULL;
	if (req->gfp & DIRECT_GFP)
		return sq_fetch_direct(m, pool, req);

	agent = pool_take(pool, req, SQ_MERGE_SCAN_SHORT);
	if (!agent)
		agent = sq_fetch(m, pool, req);
	if (!agent && !req->optional)
		agent = take_anywhere(m, pool, req);
	return agent;
}

/* Apart, for a request of its own on the stack costs all who take. */
static noinline struct sq_agent *take_optional(struct sq_manager *m,
					       const struct sq_request *req)
{
	struct sq_request r = *req;

	r.gfp = sq_gfp_optional(r.gfp);
	return take_block(m, &r);
}

/**
 * sq_manager_take() - take a block
 * @m: the manager
 * @req: what is wanted
 *
 * The block has exactly the pages asked for. Its kind is set and its priv is
 * zeros; it has no owner yet. The taker fills in priv and then calls
 * sq_agent_publish(). The memory's contents are undefined.
 *
 * A request that may not fail (sq_gfp_nofail()) goes beyond the limit. It may fail
 * for want of several pages in a row all the same: the taker asks again.
 *
 * Context: Any context that the request's gfp allows; in NMI it always fails.
 * Return: the block's agent, or NULL if the limit is reached, there is no
 * memory or the request makes no sense.
 */
struct sq_agent *sq_manager_take(struct sq_manager *m,
				 const struct sq_request *req)
{
	struct sq_agent *agent;

	if (in_nmi())
		return NULL;
	if (!req->pages || req->pages > MAX_PAGES || !req->find ||
	    req->align > MAX_PAGES || (req->align & (req->align - 1)))
		return NULL;
	if (!charge_pages(m, req))
		return NULL;

	agent = req->optional ? take_optional(m, req) : take_block(m, req);
	if (!agent)
		uncharge_pages(m, req->pages);
	return agent;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_take);

/* ---- give ---- */

/*
 * Under the lock: take a block from its holder. False if nobody holds it.
 * Before priv changes its meaning, no owner must vouch for it.
 */
static bool take_from_holder(struct sq_pool *pool, struct sq_agent *agent)
{
	lockdep_assert_held(&pool->lock);

	if (!sq_agent_used(agent))
		return false;
	WRITE_ONCE(agent->owner, NULL);
	sq_pool_uncount_used(pool, agent);
	return true;
}

static void report_not_used(void)
{
	pr_err_ratelimited("a block that is not in use was given back\n");
}

/* What came directly, or what somebody else has to do with. */
static noinline struct sq_lost
give_to_source(struct sq_manager *m, struct sq_pool *pool,
	       struct sq_agent *agent)
{
	unsigned long irq, addr = sq_agent_addr(agent);
	size_t size = sq_agent_size(agent);
	bool taken;

	raw_spin_lock_irqsave(&pool->lock, irq);
	taken = take_from_holder(pool, agent);
	if (taken) {
		sq_map_set(addr, size, NULL);
		sq_block_unlink(sq_agent_block(agent));
		sq_desc_put(agent);
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	if (!taken) {
		report_not_used();
		return (struct sq_lost){};
	}
	uncharge_pages(m, size >> PAGE_SHIFT);
	sq_map_drop(addr, size);
	return sq_source_put(m, addr, size);
}

/**
 * sq_manager_give() - give a block back
 * @m: the manager it was taken from
 * @agent: its agent; not to be used afterwards
 *
 * A block that is not a used one of @m is reported and left alone. One with a
 * page that others refer to, or have put or freed, becomes no free block.
 *
 * Context: Any context but NMI.
 * Return: the pages of it that others put or freed. They are out of use.
 */
struct sq_lost sq_manager_give(struct sq_manager *m, struct sq_agent *agent)
{
	struct sq_pool *pool = sq_manager_pool(m, agent->node);
	unsigned long pages, irq;
	bool taken;

	if (WARN_ON_ONCE(in_nmi()))
		return (struct sq_lost){};
	if (agent->manager != m || !pool)
		goto foreign;
	/* It is the caller's yet: a long look needs no lock. */
	if (agent->flags & SQ_AGENT_DIRECT ||
	    unlikely(!sq_block_alone(m->source, sq_agent_addr(agent),
				     sq_agent_pages(agent))))
		return give_to_source(m, pool, agent);

	raw_spin_lock_irqsave(&pool->lock, irq);
	pages = sq_agent_pages(agent);
	taken = take_from_holder(pool, agent);
	if (taken) {
		agent->flags &= ~SQ_AGENT_FRESH;
		sq_pool_enter_free(pool, agent);
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	if (!taken)
		goto foreign;
	uncharge_pages(m, pages);
	return (struct sq_lost){};

foreign:
	report_not_used();
	return (struct sq_lost){};
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_give);
