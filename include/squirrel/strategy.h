/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Strategies from other modules: which of a heap's free blocks is taken.
 *
 *	static struct squirrel_block *lowest(struct squirrel_pool *pool,
 *					     unsigned long pages)
 *	{
 *		return squirrel_pool_lowest(pool, pages);
 *	}
 *
 *	static struct squirrel_strategy mine = { .name = "mine", .find = lowest };
 *
 *	squirrel_strategy_register(&mine);
 *
 * Documentation/strategies.rst tells what a strategy may do and what becomes of
 * a wrong answer; samples/strategy_next.c is one to start from.
 */
#ifndef _SQUIRREL_STRATEGY_H
#define _SQUIRREL_STRATEGY_H

#include <linux/module.h>
#include <linux/types.h>

/* The free blocks of a heap on one NUMA node. */
struct squirrel_pool;

/*
 * A free block. This pointer is the block's name, never to be followed. It may
 * be kept: once the block is not what it was, every call refuses it.
 */
struct squirrel_block;

/**
 * define SQUIRREL_STRATEGY_NAME_MAX - longest name, in characters
 */
#define SQUIRREL_STRATEGY_NAME_MAX	15
/**
 * define SQUIRREL_STATE_WORDS - what squirrel_pool_state() has
 */
#define SQUIRREL_STATE_WORDS		4

/**
 * struct squirrel_strategy - how heaps pick among their free blocks
 * @name: its name, unique among strategies, 1 to SQUIRREL_STRATEGY_NAME_MAX
 *	characters without '/' or white space
 * @find: pick a block of at least so many pages, if there is one. The request
 *	gets the first pages of it that lie right; the rest stays a free block.
 *	Called with the pool locked and interrupts off: it may use the
 *	squirrel_pool_*() calls and nothing else that takes a lock, must not
 *	sleep and should be quick
 * @shape: optional: what is to be taken for a request, before anything is
 *	looked for. It may raise the number of pages to at most the next power
 *	of two, and their alignment, in pages, a power of two as well, to at
 *	most SQUIRREL_MAX_SIZE. Called without a lock, in any context but NMI; must not sleep
 * @owner: the module it is in; filled in by squirrel_strategy_register()
 */
struct squirrel_strategy {
	const char *name;
	struct squirrel_block *(*find)(struct squirrel_pool *pool,
				       unsigned long pages);
	void (*shape)(unsigned long *pages, unsigned long *align);
	struct module *owner;
};

int __squirrel_strategy_register(struct squirrel_strategy *strategy,
				 struct module *owner);

/**
 * squirrel_strategy_register() - let heaps use a strategy
 * @strategy: stays as it is until it is unregistered
 *
 * From now on a heap can be made with its name, or changed to it in debugfs.
 *
 * Context: Process context. May sleep.
 * Return: 0, or after a line that says why -EINVAL (no name, a bad or too long
 * one, no find), -EEXIST (name taken) or -ENOMEM.
 */
#define squirrel_strategy_register(strategy)				\
	__squirrel_strategy_register((strategy), THIS_MODULE)

int squirrel_strategy_unregister(struct squirrel_strategy *strategy);

/* For @find only: what a strategy is made of. */
struct squirrel_block *squirrel_pool_fit(struct squirrel_pool *pool,
					 unsigned long pages);
struct squirrel_block *squirrel_pool_lowest(struct squirrel_pool *pool,
					    unsigned long pages);
struct squirrel_block *squirrel_pool_tightest(struct squirrel_pool *pool,
					      unsigned long pages);
struct squirrel_block *squirrel_pool_from(struct squirrel_pool *pool,
					  unsigned long addr,
					  unsigned long pages);
struct squirrel_block *squirrel_pool_first(struct squirrel_pool *pool);
struct squirrel_block *squirrel_pool_next(struct squirrel_pool *pool,
					  struct squirrel_block *block);
unsigned long squirrel_pool_pages(struct squirrel_pool *pool,
				  struct squirrel_block *block);
unsigned long *squirrel_pool_state(struct squirrel_pool *pool);

/**
 * squirrel_block_addr() - where a block starts
 * @block: the block
 *
 * Context: Any context.
 * Return: its address; 0 for NULL.
 */
static inline unsigned long squirrel_block_addr(const struct squirrel_block *block)
{
	return (unsigned long)block;
}

#endif /* _SQUIRREL_STRATEGY_H */
