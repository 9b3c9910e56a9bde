// SPDX-License-Identifier: GPL-2.0
/*
 * What the manager does only when asked: coalesce free neighbours, cut used
 * blocks in two, and give free pages back to the source.
 *
 * All work in short steps with the lock dropped in between, so interrupts are
 * never off for long, however many blocks there are and however large.
 *
 * A merge rewrites the map entries of the smaller of the two, hence one of more
 * than SQ_MERGE_PAGES is not merged with another such. Nobody misses what they
 * would make: each of them has room for the longest block there is to be had,
 * aligned as that may be.
 */
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "compat.h"

#include "internal.h"

/* Ranges put back, and about how many pages of them, per hold of the lock. */
#define RANGES_PER_STEP	16
#define PAGES_PER_STEP	BIT(SQ_BLOCK_MAX_ORDER)
/* Pieces of this order are given back without waiting for more. */
#define TRIM_ORDER	2

/* ---- coalesce ---- */

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
static struct sq_agent *merge(struct sq_agent *lower, struct sq_agent *upper)
{
	struct sq_agent *stays = lower, *goes = upper;
	unsigned long addr;
	size_t size;
	bool done;

	if (sq_agent_size(upper) > sq_agent_size(lower))
		swap(stays, goes);
	addr = sq_agent_addr(goes);
	size = sq_agent_size(goes);
	if (stays == lower)
		done = sq_block_coalesce(sq_agent_block(lower));
	else
		done = sq_block_coalesce_prev(sq_agent_block(upper));
	if (!done)
		return NULL;
	/* The younger half decides how long the whole has been free. */
	if ((s32)(goes->stamp - stays->stamp) > 0)
		stays->stamp = goes->stamp;
	sq_map_set(addr, size, stays);
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
		merged = merge(*agent, next);
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
 * Look at some of the *@looks free blocks that are left to be looked at, from
 * where the last call ended, and merge each with its free neighbours above. Stops
 * early once that made a block of @want pages, if @want is not 0. Returns the
 * number of merges.
 */
unsigned long sq_pool_merge(struct sq_pool *pool, unsigned long *looks,
			    unsigned long want)
{
	unsigned long step = min(*looks, 0UL + SQ_LOOKS_PER_STEP);
	unsigned long room = SQ_MERGE_PAGES;
	unsigned long n, merges = 0;
	struct sq_agent *agent;

	lockdep_assert_held(&pool->lock);

	agent = sq_pool_from(pool, pool->cursor);
	while (step && room) {
		if (!agent)
			agent = sq_pool_first(pool);
		if (!agent) {
			*looks = 0;
			break;
		}
		n = merge_up(pool, &agent, step, &room);
		pool->tries += max(n, 1UL);
		step -= max(n, 1UL);
		*looks -= max(n, 1UL);
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
	unsigned long looks, left, irq;
	unsigned long merges = 0;

	/* One round: as many blocks as there are now. */
	raw_spin_lock_irqsave(&pool->lock, irq);
	looks = sq_pool_free_blocks(pool);
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	while (looks && merges < budget) {
		left = min(looks, budget - merges);
		looks -= left;
		raw_spin_lock_irqsave(&pool->lock, irq);
		merges += sq_pool_merge(pool, &left, 0);
		raw_spin_unlock_irqrestore(&pool->lock, irq);
		looks += left;
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
	return merges;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_coalesce);

/* ---- split ---- */

/**
 * sq_manager_split() - cut a used block in two
 * @m: the manager
 * @agent: the block's agent; keeps its first @pages pages
 * @pages: where to cut
 * @fill: fills in priv of the upper part
 * @ctx: passed to @fill
 *
 * The upper part becomes a used block of its own, of the same kind and owner.
 * Whoever looks up an address in it finds the old agent until the new one is
 * complete.
 *
 * Context: Any context but NMI. Allocates nothing; see sq_agents_ready().
 * Return: the agent of the upper part; NULL, with nothing changed, if there is
 * no agent for it or the block cannot be cut there.
 */
struct sq_agent *sq_manager_split(struct sq_manager *m, struct sq_agent *agent,
				  unsigned long pages, sq_split_fn fill,
				  void *ctx)
{
	struct sq_pool *pool = sq_manager_pool(m, agent->node);
	struct sq_agent *upper = NULL;
	unsigned long irq;

	if (in_nmi() || agent->manager != m || !pool)
		return NULL;
	raw_spin_lock_irqsave(&pool->lock, irq);
	if (sq_agent_used(agent) && pages && pages < sq_agent_pages(agent))
		upper = sq_desc_get(pool);
	if (!upper)
		goto out;
	sq_pool_uncount_used(pool, agent);
	sq_block_split(sq_agent_block(agent), pages << PAGE_SHIFT,
		       sq_agent_block(upper));
	upper->flags = agent->flags;
	upper->kind = agent->kind;
	/* Those have no neighbours. */
	if (agent->flags & SQ_AGENT_DIRECT)
		sq_block_unlink(sq_agent_block(upper));
	memset(upper->priv, 0, SQ_AGENT_PRIV_BYTES);
	fill(agent, upper, ctx);
	sq_pool_count_used(pool, agent);
	sq_pool_count_used(pool, upper);
	sq_agent_publish(upper, agent->owner);
	/* Complete, for whoever finds it by an address. */
	smp_wmb();
	sq_map_set(sq_agent_addr(upper), sq_agent_size(upper), upper);
out:
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	return upper;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_split);

/* ---- give back ---- */

struct sq_range {
	unsigned long addr;
	size_t size;
};

/*
 * Take the range out of the middle of a free block that is in no index. The new
 * descriptor goes to the smaller rest, whose map entries are then rewritten.
 */
static void detach_middle(struct sq_pool *pool, struct sq_agent *agent,
			  struct sq_agent *spare, const struct sq_range *r,
			  struct sq_block *out)
{
	struct sq_block *b = sq_agent_block(agent);
	size_t below = r->addr - sq_agent_addr(agent);
	size_t above = sq_agent_end(agent) - (r->addr + r->size);

	spare->stamp = agent->stamp;
	if (above <= below) {
		sq_block_split(b, below + r->size, sq_agent_block(spare));
		sq_block_split(b, below, out);
	} else {
		sq_block_split_front(b, below, sq_agent_block(spare));
		sq_block_split_front(b, r->size, out);
	}
	sq_map_set(sq_agent_addr(spare), sq_agent_size(spare), spare);
	sq_pool_insert(pool, spare);
}

/*
 * Take a range out of a free block away from the pool. Two rests want one agent
 * more: if there is none, as many pages go from the block's end instead. More of
 * them than asked for would break a floor.
 */
static void detach(struct sq_pool *pool, struct sq_agent *agent,
		   struct sq_range *r)
{
	unsigned long header[SQ_AGENT_BLOCK_WORDS];
	struct sq_block *out = (struct sq_block *)header;
	struct sq_block *b = sq_agent_block(agent);
	size_t below = r->addr - sq_agent_addr(agent);
	size_t above = sq_agent_end(agent) - (r->addr + r->size);
	struct sq_agent *spare = NULL;

	if (below && above) {
		spare = sq_desc_get(pool);
		if (!spare)
			r->addr += above;
	}
	sq_pool_remove(pool, agent);
	/* No entry may name the agent, or the pages, once they are gone. */
	sq_map_set(r->addr, r->size, NULL);

	if (spare)
		detach_middle(pool, agent, spare, r, out);
	else if (r->addr != sq_agent_addr(agent))
		sq_block_split(b, r->addr - sq_agent_addr(agent), out);
	else if (r->size != sq_agent_size(agent))
		sq_block_split_front(b, r->size, out);
	else
		out = NULL;

	if (out) {
		sq_block_unlink(out);
		sq_pool_insert(pool, agent);
	} else {
		sq_block_unlink(b);
		sq_desc_put(agent);
	}
}

/* How many of @budget pages may go without breaking a floor. */
static unsigned long spare_pages(const struct sq_manager *m,
				 unsigned long keep, unsigned long budget)
{
	unsigned long reserve = atomic_long_read(&m->reserve);
	unsigned long used = sq_manager_pages_used(m);
	unsigned long free = sq_manager_pages_free(m);

	if (reserve > used)
		keep = max(keep, reserve - used);
	return free > keep ? min(budget, free - keep) : 0;
}

/**
 * struct trim - what may be given back
 * @keep: free pages to keep
 * @budget: pages at most
 * @age: what is too small for a piece of TRIM_ORDER goes only if nothing was
 *	given into it for so many jiffies; 0: everything goes
 * @from: where to look for such blocks next
 * @looks: how many more to look at with the lock held
 */
struct trim {
	unsigned long keep;
	unsigned long budget;
	unsigned long age;
	unsigned long from;
	unsigned int looks;
};

/*
 * The largest piece in a block that the source takes back in one call, of at
 * most @pages pages. Returns its order.
 */
static unsigned int best_piece(const struct sq_agent *agent,
			       unsigned long pages, struct sq_range *r)
{
	unsigned long start = sq_agent_addr(agent), end = sq_agent_end(agent);
	unsigned int order;

	order = min_t(unsigned int, ilog2(min(pages, sq_agent_pages(agent))),
		      agent->manager->source->max_order);
	for (;; order--) {
		r->size = PAGE_SIZE << order;
		r->addr = ALIGN(start, r->size);
		if (!order || r->addr + r->size <= end)
			return order;
	}
}

/* The end of a block, which leaves its agent where it is. */
static void last_pages(const struct sq_agent *agent, unsigned long pages,
		       struct sq_range *r)
{
	/* One hold of the lock, one piece of the largest order. */
	pages = min3(pages, sq_agent_pages(agent),
		     1UL << agent->manager->source->max_order);
	r->size = pages << PAGE_SHIFT;
	r->addr = sq_agent_end(agent) - r->size;
}

/*
 * What to give back next, at most @pages pages. NULL: nothing, or looked at
 * enough (no looks).
 */
static struct sq_agent *trim_pick(struct sq_pool *pool, struct trim *t,
				  unsigned long pages, struct sq_range *r)
{
	struct sq_agent *agent = sq_pool_largest(pool);

	if (!agent)
		return NULL;
	if (!t->age) {
		last_pages(agent, pages, r);
		return agent;
	}
	if (sq_agent_pages(agent) >= 2 << TRIM_ORDER &&
	    best_piece(agent, pages, r) >= TRIM_ORDER)
		return agent;
	agent = sq_pool_from(pool, t->from);
	for (; agent && t->looks; t->looks--) {
		if (best_piece(agent, pages, r) >= TRIM_ORDER)
			return agent;
		t->from = sq_agent_end(agent);
		if ((u32)jiffies - agent->stamp >= t->age) {
			last_pages(agent, pages, r);
			return agent;
		}
		agent = sq_pool_next(pool, agent);
	}
	return NULL;
}

static void note_lost(struct sq_manager *m, const struct sq_lost *lost)
{
	WRITE_ONCE(m->trim_lost_at, lost->addr);
	atomic_long_add(lost->pages, &m->trim_lost);
}

/**
 * sq_manager_trim_lost() - what trims could not give back
 * @m: the manager
 *
 * Free blocks have nobody to whom it could be told when it is seen.
 *
 * Context: Any context.
 * Return: pages that others put or freed, met by trims since the last call. They
 * are out of use. The address is that of one of them.
 */
struct sq_lost sq_manager_trim_lost(struct sq_manager *m)
{
	struct sq_lost lost = {};

	if (atomic_long_read(&m->trim_lost))
		lost.pages = atomic_long_xchg(&m->trim_lost, 0);
	lost.addr = READ_ONCE(m->trim_lost_at);
	return lost;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_trim_lost);

/* True if there may be more to do. */
static bool release_step(struct sq_pool *pool, struct trim *t,
			 unsigned long *done)
{
	struct sq_range ranges[RANGES_PER_STEP];
	struct sq_manager *m = pool->manager;
	struct sq_agent *agent = NULL;
	unsigned long pages, gone = 0, irq;
	unsigned int i, n = 0;
	struct sq_lost lost;

	t->looks = SQ_LOOKS_PER_STEP;
	raw_spin_lock_irqsave(&pool->lock, irq);
	while (n < RANGES_PER_STEP && gone < PAGES_PER_STEP) {
		pages = spare_pages(m, t->keep, t->budget);
		agent = pages ? trim_pick(pool, t, pages, &ranges[n]) : NULL;
		if (!agent)
			break;
		detach(pool, agent, &ranges[n]);
		pages = ranges[n++].size >> PAGE_SHIFT;
		t->budget -= min(t->budget, pages);
		gone += pages;
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);

	for (i = 0; i < n; i++) {
		sq_map_drop(ranges[i].addr, ranges[i].size);
		lost = sq_source_put(m, ranges[i].addr, ranges[i].size);
		*done += (ranges[i].size >> PAGE_SHIFT) - lost.pages;
		if (lost.pages)
			note_lost(m, &lost);
	}
	return agent || (pages && !t->looks);
}

/**
 * sq_manager_trim_stale() - give back what was free for a while
 * @m: the manager
 * @keep: free pages to keep
 * @budget: pages to give back at most
 * @age: how long, in jiffies
 *
 * Takes from the largest blocks first, in pieces of a power of two, which cost
 * the source least. What does not make a piece of four pages goes only if
 * nothing was given into its block for @age: until then it may be taken again,
 * or grow with its neighbours. Used and free pages together stay above the
 * reserve.
 *
 * Context: Any context but NMI.
 * Return: pages given back.
 */
unsigned long sq_manager_trim_stale(struct sq_manager *m, unsigned long keep,
				    unsigned long budget, unsigned long age)
{
	struct trim t = { .keep = keep, .budget = budget, .age = age };
	unsigned long done = 0;
	struct sq_pool *pool;

	for (pool = sq_manager_next(m, NULL); pool;
	     pool = sq_manager_next(m, pool)) {
		t.from = 0;
		while (release_step(pool, &t, &done))
			;
	}
	return done;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_trim_stale);

/**
 * sq_manager_trim() - give free pages back to the source
 * @m: the manager
 * @keep: free pages to keep
 * @budget: pages to give back at most
 *
 * As sq_manager_trim_stale(), whatever their age.
 *
 * Context: Any context but NMI.
 * Return: pages given back.
 */
unsigned long sq_manager_trim(struct sq_manager *m, unsigned long keep,
			      unsigned long budget)
{
	return sq_manager_trim_stale(m, keep, budget, 0);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_trim);
