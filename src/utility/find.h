/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a strategy is made of: it finds a free block among those of one node.
 */
#ifndef _SQ_UTILITY_FIND_H
#define _SQ_UTILITY_FIND_H

#include <linux/types.h>

struct sq_agent;
struct sq_manager;
struct sq_pool;

#define SQ_POOL_PRIV_BYTES	48

/*
 * sq_find_fn - a strategy: pick a free block
 * @pool: the free blocks of one node, locked
 * @pages: how many pages are wanted; at least 1
 *
 * May use the sq_pool_*() calls below and nothing else; must not sleep.
 * Return: the agent of a free block of at least @pages pages, or NULL.
 */
typedef struct sq_agent *(*sq_find_fn)(struct sq_pool *pool,
				       unsigned long pages);

/* For a sq_find_fn only: the mechanism a strategy is made of. */
struct sq_agent *sq_pool_fit(struct sq_pool *pool, unsigned long pages);
struct sq_agent *sq_pool_lowest(struct sq_pool *pool, unsigned long pages);
struct sq_agent *sq_pool_lowest_from(struct sq_pool *pool, unsigned long addr,
				     unsigned long pages);
struct sq_agent *sq_pool_tightest(struct sq_pool *pool, unsigned long pages);
struct sq_agent *sq_pool_first(struct sq_pool *pool);
struct sq_agent *sq_pool_next(struct sq_pool *pool, struct sq_agent *agent);
struct sq_agent *sq_pool_at(struct sq_pool *pool, unsigned long addr);

void *sq_pool_priv(struct sq_pool *pool);
void sq_manager_each_pool(struct sq_manager *m,
			  void (*fn)(struct sq_pool *pool, void *ctx),
			  void *ctx);

#endif /* _SQ_UTILITY_FIND_H */
