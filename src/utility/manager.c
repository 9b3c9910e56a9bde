// SPDX-License-Identifier: GPL-2.0
/*
 * BlockManager: owns the blocks on hand. Its limits, counts, and walks over all
 * pools and blocks.
 *
 *	lifetime.c	create and destroy
 *	take.c		take and give
 *	split.c		split a used block
 *	source.c	pages in and out
 *	coalesce.c	merge free neighbours
 *	trim.c		give free pages back
 */
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/spinlock.h>

#include "compat.h"

#include "internal.h"

/**
 * sq_manager_set_limit() - limit how many pages may be used
 * @m: the manager
 * @limit_pages: how many, or 0 for no limit
 *
 * A limit below what is in use stays in force: nothing can be taken until
 * enough was given.
 *
 * Context: Any context; the caller serializes calls.
 */
void sq_manager_set_limit(struct sq_manager *m, unsigned long limit_pages)
{
	unsigned long used = sq_manager_pages_used(m);

	if (!limit_pages)
		limit_pages = ULONG_MAX;
	WRITE_ONCE(m->overdraft, used > limit_pages ? used : 0);
	WRITE_ONCE(m->limit, limit_pages);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_set_limit);

/**
 * sq_manager_set_reserve() - set how many pages a trim leaves
 * @m: the manager
 * @pages: how many, used and free together
 *
 * Context: Any context.
 */
void sq_manager_set_reserve(struct sq_manager *m, unsigned long pages)
{
	atomic_long_set(&m->reserve, pages);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_set_reserve);

/**
 * sq_manager_pages_used() - pages of used blocks
 * @m: the manager
 *
 * Context: Any context.
 * Return: how many, with those that are just being taken or given.
 */
unsigned long sq_manager_pages_used(const struct sq_manager *m)
{
	return atomic_long_read(&m->used);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_pages_used);

/**
 * sq_manager_pages_free() - pages of free blocks
 * @m: the manager
 *
 * Context: Any context.
 * Return: how many; on several nodes, not of one moment.
 */
unsigned long sq_manager_pages_free(const struct sq_manager *m)
{
	unsigned long pages = 0;
	unsigned int node;

	for (node = 0; node < m->nr_pools; node++) {
		const struct sq_pool *pool = m->pools[node];

		if (pool)
			pages += READ_ONCE(pool->free_pages);
	}
	return pages;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_pages_free);

/**
 * sq_manager_pages_fetched() - pages got from the source so far
 * @m: the manager
 *
 * Context: Any context.
 * Return: how many, since it was created; those that went back are among them.
 */
unsigned long sq_manager_pages_fetched(const struct sq_manager *m)
{
	return atomic_long_read(&m->fetched);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_pages_fetched);

/* ---- all pools, all blocks ---- */

/**
 * sq_manager_each_pool() - call a function for the pool of each node
 * @m: the manager
 * @fn: called with the pool locked; must not sleep and must not call @m
 * @ctx: passed to @fn
 *
 * Context: Any context but NMI.
 */
void sq_manager_each_pool(struct sq_manager *m,
			  void (*fn)(struct sq_pool *pool, void *ctx),
			  void *ctx)
{
	struct sq_pool *pool;
	unsigned long irq;

	for (pool = sq_manager_next(m, NULL); pool;
	     pool = sq_manager_next(m, pool)) {
		raw_spin_lock_irqsave(&pool->lock, irq);
		fn(pool, ctx);
		raw_spin_unlock_irqrestore(&pool->lock, irq);
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_each_pool);

/* Addresses that all blocks of the manager lie between. */
void sq_manager_bounds(const struct sq_manager *m, unsigned long *low,
		       unsigned long *high)
{
	struct sq_pool *pool;

	*low = ULONG_MAX;
	*high = 0;
	for (pool = sq_manager_next(m, NULL); pool;
	     pool = sq_manager_next(m, pool)) {
		*low = min(*low, sq_read_racy(pool->low));
		*high = max(*high, sq_read_racy(pool->high));
	}
}

/*
 * The pool of the first block of @m in [*@addr, @end), with *@addr moved up to
 * it; NULL if there is none. To be looked up again under the pool's lock.
 */
struct sq_pool *sq_manager_scan(const struct sq_manager *m,
				unsigned long *addr, unsigned long end)
{
	struct sq_pool *pool;
	int node;

	while (sq_map_next(addr, end, m, &node)) {
		pool = sq_manager_pool(m, node);
		if (pool)
			return pool;
		*addr += PAGE_SIZE;
	}
	return NULL;
}
