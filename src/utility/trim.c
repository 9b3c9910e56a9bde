// SPDX-License-Identifier: GPL-2.0
/*
 * Trimming: giving free pages back to the source, when somebody asks for it.
 *
 * In short steps with the lock dropped in between, so interrupts are never off
 * for long, however many blocks there are and however large.
 */
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"
#include "tunables.h"

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

	spare->freed_at = agent->freed_at;
	spare->flags = agent->flags;
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
static void detach_range(struct sq_pool *pool, struct sq_agent *agent,
			 struct sq_range *r)
{
	unsigned long header[SQ_AGENT_BLOCK_WORDS];
	struct sq_block *out = (struct sq_block *)header;
	struct sq_block *b = sq_agent_block(agent);
	size_t below = r->addr - sq_agent_addr(agent);
	size_t above = sq_agent_end(agent) - (r->addr + r->size);
	struct sq_agent *spare = NULL;

	sq_assert(!sq_agent_used(agent) && r->size);
	sq_assert(below + r->size + above == sq_agent_size(agent));
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
 * @age: what is too small for a piece of SQ_TRIM_ORDER goes only if nothing was
 *	given into it for so many jiffies; 0: everything goes
 * @from: where to look for such blocks next
 * @nr_scan: how many more to look at with the lock held
 */
struct trim {
	unsigned long keep;
	unsigned long budget;
	unsigned long age;
	unsigned long from;
	unsigned int nr_scan;
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
 * enough (nr_scan is 0).
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
	if (sq_agent_pages(agent) >= 2 << SQ_TRIM_ORDER &&
	    best_piece(agent, pages, r) >= SQ_TRIM_ORDER)
		return agent;
	agent = sq_pool_from(pool, t->from);
	for (; agent && t->nr_scan; t->nr_scan--) {
		if (best_piece(agent, pages, r) >= SQ_TRIM_ORDER)
			return agent;
		t->from = sq_agent_end(agent);
		if ((u32)jiffies - agent->freed_at >= t->age) {
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
	/* Who takes the count finds an address that goes with it. */
	atomic_long_add_return_release(lost->pages, &m->trim_lost);
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
	struct sq_range ranges[SQ_TRIM_RANGES_PER_STEP];
	struct sq_manager *m = pool->manager;
	struct sq_agent *agent = NULL;
	unsigned long pages, gone = 0, irq;
	unsigned int i, n = 0;
	struct sq_lost lost;

	t->nr_scan = SQ_SCAN_PER_STEP;
	raw_spin_lock_irqsave(&pool->lock, irq);
	while (n < SQ_TRIM_RANGES_PER_STEP && gone < SQ_TRIM_PAGES_PER_STEP) {
		pages = spare_pages(m, t->keep, t->budget);
		agent = pages ? trim_pick(pool, t, pages, &ranges[n]) : NULL;
		if (!agent)
			break;
		detach_range(pool, agent, &ranges[n]);
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
	return agent || (pages && !t->nr_scan);
}

/**
 * sq_manager_trim_aged() - give back what was free for a while
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
unsigned long sq_manager_trim_aged(struct sq_manager *m, unsigned long keep,
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
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_trim_aged);

/**
 * sq_manager_trim() - give free pages back to the source
 * @m: the manager
 * @keep: free pages to keep
 * @budget: pages to give back at most
 *
 * As sq_manager_trim_aged(), whatever their age.
 *
 * Context: Any context but NMI.
 * Return: pages given back.
 */
unsigned long sq_manager_trim(struct sq_manager *m, unsigned long keep,
			      unsigned long budget)
{
	return sq_manager_trim_aged(m, keep, budget, 0);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_trim);
