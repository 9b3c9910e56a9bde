// SPDX-License-Identifier: GPL-2.0
/*
 * Picking a block by a heap's strategy. A built-in one is asked and believed.
 * What a strategy of another module answers is looked up first: its names for
 * blocks are addresses, and the page map may be asked about any address.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/printk.h>

#include "pages.h"

#define SQ_ALIGN_MAX	(SQUIRREL_MAX_SIZE >> PAGE_SHIFT)

/* ---- asking --------------------------------------------------------------- */

/* Printed later, without a lock: see strategy_tell(). */
static void strategy_fault(struct squirrel_heap *heap, struct sq_strategy *s,
			   const char *what)
{
	atomic_long_inc(&heap->strategy_faults);
	cmpxchg(&s->first_fault, NULL, what);
}

/* What is wrong with a block that @pool does not have free. */
static const char *strategy_wrong(const struct squirrel_heap *heap,
				  const struct squirrel_block *block)
{
	const struct sq_agent *agent = sq_map_lookup(block);

	if (!READ_ONCE(agent->manager))
		return "an address that is none of squirrel's";
	if (READ_ONCE(agent->manager) != heap->manager)
		return "a block of another heap";
	if (sq_agent_used(agent))
		return "a used block";
	return "an address that is not the start of a block of the pool";
}

/* The answer of another module's strategy, or a better one. */
static struct sq_agent *strategy_ask(struct sq_pool *pool, unsigned long pages,
				     const struct sq_pool_use *use)
{
	struct sq_strategy *s = use->strategy;
	struct squirrel_block *block;
	struct sq_agent *agent;
	const char *what;

	block = s->ops->find((struct squirrel_pool *)pool, pages);
	agent = sq_pool_at(pool, squirrel_block_addr(block));
	if (agent && sq_agent_pages(agent) >= pages)
		return agent;
	if (agent)
		what = "a block that is too small";
	else
		what = block ? strategy_wrong(use->heap, block) : NULL;
	agent = sq_pool_fit(pool, pages);
	if (!what && agent)
		what = "no block though one fits";
	if (what)
		strategy_fault(use->heap, s, what);
	return agent;
}

/*
 * The sq_find_fn of heaps with a strategy of another module, or that had one a
 * moment ago.
 */
struct sq_agent *sq_strategy_find(struct sq_pool *pool, unsigned long pages)
{
	const struct sq_pool_use *use = sq_pool_priv(pool);

	return use->strategy->find ? use->strategy->find(pool, pages) :
				     strategy_ask(pool, pages, use);
}

/* A slab of over 32 pages would be none that trim.c could take apart. */
static bool shape_right(const struct sq_request *req, unsigned long pages,
			unsigned long align)
{
	return pages >= req->pages && pages <= roundup_pow_of_two(req->pages) &&
	       align >= req->align && align <= SQ_ALIGN_MAX &&
	       is_power_of_2(align);
}

static void strategy_shape(struct squirrel_heap *heap, struct sq_request *req)
{
	unsigned long pages = req->pages, align = max(req->align, 1UL);
	struct sq_strategy *s;

	rcu_read_lock();
	s = READ_ONCE(heap->strategy);
	if (s->ops && s->ops->shape) {
		s->ops->shape(&pages, &align);
		if (shape_right(req, pages, align)) {
			req->pages = pages;
			req->align = align;
		} else {
			strategy_fault(heap, s, "a shape that cannot be had");
		}
	}
	rcu_read_unlock();
}

/* Of a strategy's faults the first is told, and only that. */
static void strategy_tell(struct squirrel_heap *heap)
{
	struct sq_strategy *s;
	const char *what;

	rcu_read_lock();
	s = READ_ONCE(heap->strategy);
	what = READ_ONCE(s->first_fault);
	if (unlikely(what) && !test_and_set_bit(0, &s->reported))
		pr_err("strategy '%s': gave %s to heap '%s'; squirrel's own choice is used instead (said once)\n",
		       s->name, what, heap->name);
	rcu_read_unlock();
}

/* Take a block by the strategy of another module. */
struct sq_agent *sq_external_take(struct squirrel_heap *heap,
				  struct sq_request *req)
{
	struct sq_agent *agent;

	if (in_nmi())
		return NULL;
	strategy_shape(heap, req);
	agent = sq_manager_take(heap->manager, req);
	strategy_tell(heap);
	return agent;
}

/* ---- what a strategy is made of ------------------------------------------- */

static struct sq_pool *pool_of(struct squirrel_pool *pool)
{
	return (struct sq_pool *)pool;
}

/* Who asks for no pages wants any block. */
static unsigned long pages_wanted(unsigned long pages)
{
	return max(pages, 1UL);
}

/* A block's name is its address. */
static struct squirrel_block *block_of(const struct sq_agent *agent)
{
	return agent ? (struct squirrel_block *)sq_agent_addr(agent) : NULL;
}

/**
 * squirrel_pool_fit() - a free block that fits well
 * @pool: as given to find
 * @pages: how many pages are wanted; 0 or 1 for any block
 *
 * In constant time: the latest of the smallest size class that is sure to fit.
 *
 * Context: Within find.
 * Return: the block, or NULL.
 */
struct squirrel_block *squirrel_pool_fit(struct squirrel_pool *pool,
					 unsigned long pages)
{
	return block_of(sq_pool_fit(pool_of(pool), pages_wanted(pages)));
}
EXPORT_SYMBOL_GPL(squirrel_pool_fit);

/**
 * squirrel_pool_lowest() - the free block with the lowest address that fits
 * @pool: as given to find
 * @pages: how many pages are wanted; 0 or 1 for any block
 *
 * Time grows with the logarithm of the number of free blocks.
 *
 * Context: Within find.
 * Return: the block, or NULL.
 */
struct squirrel_block *squirrel_pool_lowest(struct squirrel_pool *pool,
					    unsigned long pages)
{
	return block_of(sq_pool_lowest(pool_of(pool), pages_wanted(pages)));
}
EXPORT_SYMBOL_GPL(squirrel_pool_lowest);

/**
 * squirrel_pool_tightest() - the smallest free block that fits
 * @pool: as given to find
 * @pages: how many pages are wanted; 0 or 1 for any block
 *
 * In constant time; from 8 pages on perhaps an eighth larger than the smallest.
 *
 * Context: Within find.
 * Return: the block, or NULL.
 */
struct squirrel_block *squirrel_pool_tightest(struct squirrel_pool *pool,
					      unsigned long pages)
{
	return block_of(sq_pool_tightest(pool_of(pool), pages_wanted(pages)));
}
EXPORT_SYMBOL_GPL(squirrel_pool_tightest);

/**
 * squirrel_pool_from() - the lowest free block that fits, from an address on
 * @pool: as given to find
 * @addr: where the block may start at the lowest; any number
 * @pages: how many pages are wanted; 0 or 1 for any block
 *
 * Time grows with the logarithm of the number of free blocks.
 *
 * Context: Within find.
 * Return: the block, or NULL.
 */
struct squirrel_block *squirrel_pool_from(struct squirrel_pool *pool,
					  unsigned long addr,
					  unsigned long pages)
{
	return block_of(sq_pool_lowest_from(pool_of(pool), addr,
					    pages_wanted(pages)));
}
EXPORT_SYMBOL_GPL(squirrel_pool_from);

/**
 * squirrel_pool_first() - the free block with the lowest address
 * @pool: as given to find
 *
 * Context: Within find.
 * Return: the block, or NULL.
 */
struct squirrel_block *squirrel_pool_first(struct squirrel_pool *pool)
{
	return block_of(sq_pool_first(pool_of(pool)));
}
EXPORT_SYMBOL_GPL(squirrel_pool_first);

/**
 * squirrel_pool_next() - the next free block by address
 * @pool: as given to find
 * @block: one of its free blocks
 *
 * A whole walk takes time by the number of free blocks, with interrupts off.
 *
 * Context: Within find.
 * Return: the block; NULL after the last, or if @block is none of @pool's.
 */
struct squirrel_block *squirrel_pool_next(struct squirrel_pool *pool,
					  struct squirrel_block *block)
{
	struct sq_agent *agent = sq_pool_at(pool_of(pool),
					    squirrel_block_addr(block));

	return agent ? block_of(sq_pool_next(pool_of(pool), agent)) : NULL;
}
EXPORT_SYMBOL_GPL(squirrel_pool_next);

/**
 * squirrel_pool_pages() - how long a free block is
 * @pool: as given to find
 * @block: one of its free blocks
 *
 * Context: Within find.
 * Return: its pages; 0 if it is none of @pool's.
 */
unsigned long squirrel_pool_pages(struct squirrel_pool *pool,
				  struct squirrel_block *block)
{
	struct sq_agent *agent = sq_pool_at(pool_of(pool),
					    squirrel_block_addr(block));

	return agent ? sq_agent_pages(agent) : 0;
}
EXPORT_SYMBOL_GPL(squirrel_pool_pages);

/**
 * squirrel_pool_state() - what the strategy remembers of a pool
 * @pool: as given to find
 *
 * Zeros when a heap begins to use the strategy. Keep addresses there, not
 * pointers to follow: what lies there may change between two calls.
 *
 * Context: Within find.
 * Return: SQUIRREL_STATE_WORDS words.
 */
unsigned long *squirrel_pool_state(struct squirrel_pool *pool)
{
	struct sq_pool_use *use = sq_pool_priv(pool_of(pool));

	return use->state;
}
EXPORT_SYMBOL_GPL(squirrel_pool_state);
