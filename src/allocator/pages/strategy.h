/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Strategies: how a heap picks among its free blocks. strategy.c knows which
 * there are, ask.c asks them.
 */
#ifndef _SQ_ALLOCATOR_STRATEGY_H
#define _SQ_ALLOCATOR_STRATEGY_H

#include <linux/build_bug.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include <squirrel/strategy.h>

#include "allocator/common/types.h"

/**
 * struct sq_strategy - how a heap picks among free blocks
 * @link: on the list, if it is another module's
 * @name: as in the ``strategy`` parameter and file
 * @find: a built-in one: see typedef sq_find_fn; or NULL
 * @ops: another module's
 * @users: heaps that use it
 * @first_fault: what was wrong with its first wrong answer, or NULL
 * @reported: bit 0: that was reported
 * @rcu: for readers of a heap's strategy
 */
struct sq_strategy {
	struct list_head link;
	const char *name;
	sq_find_fn find;
	const struct squirrel_strategy *ops;
	unsigned int users;
	const char *first_fault;
	unsigned long reported;
	struct rcu_head rcu;
};

/**
 * struct sq_pool_use - what a pool is told of its heap; in sq_pool_priv()
 * @heap: the heap
 * @strategy: its strategy
 * @state: the strategy's own, of this pool
 */
struct sq_pool_use {
	struct squirrel_heap *heap;
	struct sq_strategy *strategy;
	unsigned long state[SQUIRREL_STATE_WORDS];
};

static_assert(sizeof(struct sq_pool_use) <= SQ_POOL_PRIV_BYTES);

/* strategy.c */
const char *sq_strategy_name(enum squirrel_fit id);
void sq_strategy_begin(struct squirrel_heap *heap);
void sq_strategy_end(struct squirrel_heap *heap);

/* ask.c */
struct sq_agent *sq_strategy_find(struct sq_pool *pool, unsigned long pages);
struct sq_agent *sq_external_take(struct squirrel_heap *heap,
				  struct sq_request *req);

#endif /* _SQ_ALLOCATOR_STRATEGY_H */
