/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pool: the blocks of one manager on one node, and the index of those that
 * are free (pool.c).
 */
#ifndef _SQ_UTILITY_POOL_H
#define _SQ_UTILITY_POOL_H

#include <linux/bits.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>

#include "assert.h"

#include "agent.h"
#include "find.h"
#include "viewer.h"

/**
 * struct sq_free_links - what priv of a free block's agent holds
 * @rb: in the pool's address-ordered tree
 * @most: the largest @pages in the subtree
 * @pages: pages of the block
 * @bin: in its bin
 */
struct sq_free_links {
	struct rb_node rb;
	unsigned long most;
	unsigned long pages;
	struct hlist_node bin;
};

static inline struct sq_free_links *sq_agent_links(struct sq_agent *agent)
{
	return (struct sq_free_links *)agent->priv;
}

static inline struct sq_agent *sq_links_agent(struct sq_free_links *f)
{
	return container_of((void *)f, struct sq_agent, priv);
}

/*
 * Bins as in TLSF: exact ones below 8 pages, then 8 for each power of two, and
 * an open one from 2^20 pages on.
 */
#define SQ_POOL_COL_BITS	3
#define SQ_POOL_COLS		BIT(SQ_POOL_COL_BITS)
#define SQ_POOL_TOP_SHIFT	20
#define SQ_POOL_ROWS		(SQ_POOL_TOP_SHIFT - SQ_POOL_COL_BITS + 2)
#define SQ_POOL_BINS		(SQ_POOL_ROWS * SQ_POOL_COLS)

/**
 * struct sq_pool - the blocks of one manager on one node
 * @lock: protects the rest; see internal.h
 * @manager: the manager
 * @node: the node
 * @rows: bit r is set while @cols[r] is not 0
 * @cols: bit c of @cols[r] is set while bin r * SQ_POOL_COLS + c has a block
 * @bins: the free blocks by size, latest first
 * @by_addr: the free blocks by address, struct sq_free_links
 * @free_pages: pages of free blocks
 * @entered: blocks that became free so far; see sq_pool_free_blocks()
 * @left: and that ceased to be
 * @used_pages: pages of used blocks
 * @counted: blocks that became used so far
 * @uncounted: and that ceased to be
 * @free_hist: free blocks by power of two, see struct sq_view
 * @used_hist: used blocks by power of two
 * @low: no block of this pool ever lay below
 * @high: no block of this pool ever ended above
 * @cursor: address where the next coalescing step goes on
 * @splits: blocks split
 * @merges: blocks coalesced
 * @scanned: free blocks looked at for a free neighbour
 * @lean_order: the order that the source last failed to have for who could do
 *	without; this and the next two are guarded by nothing, see lean_skips()
 * @lean_fails: how often that was in a row
 * @lean_skip: how many such attempts of this order and above are to be left out
 * @priv: see sq_pool_priv()
 */
struct sq_pool {
	raw_spinlock_t lock;
	int node;
	struct sq_manager *manager;
	u32 rows;
	u8 cols[SQ_POOL_ROWS];
	struct hlist_head bins[SQ_POOL_BINS];
	struct rb_root by_addr;
	unsigned long free_pages;
	unsigned long entered;
	unsigned long left;
	unsigned long used_pages;
	unsigned long counted;
	unsigned long uncounted;
	u32 free_hist[SQ_VIEW_BINS];
	u32 used_hist[SQ_VIEW_BINS];
	unsigned long low;
	unsigned long high;
	unsigned long cursor;
	unsigned long splits;
	unsigned long merges;
	unsigned long scanned;
	u8 lean_order;
	u8 lean_fails;
	u16 lean_skip;
	u8 priv[SQ_POOL_PRIV_BYTES] __aligned(8);
};

/* Under the lock; without it one of the two may be of later. */
static inline unsigned long sq_pool_free_blocks(const struct sq_pool *pool)
{
	return pool->entered - pool->left;
}

static inline unsigned long sq_pool_used_blocks(const struct sq_pool *pool)
{
	return pool->counted - pool->uncounted;
}

/* As long as it is the same, no block has come, gone or changed its size. */
static inline unsigned long sq_pool_changes(const struct sq_pool *pool)
{
	return pool->entered + pool->left + pool->counted + pool->uncounted;
}

/* The row of struct sq_view's histograms. */
static inline unsigned int sq_pool_hist(unsigned long pages)
{
	return min_t(unsigned int, ilog2(pages), SQ_VIEW_BINS - 1);
}

/* Under the lock, as the next. */
static inline void sq_pool_count_used(struct sq_pool *pool, const struct sq_agent *agent)
{
	unsigned long pages = sq_agent_pages(agent);

	lockdep_assert_held(&pool->lock);

	pool->counted++;
	pool->used_pages += pages;
	pool->used_hist[sq_pool_hist(pages)]++;
}

static inline void sq_pool_uncount_used(struct sq_pool *pool, const struct sq_agent *agent)
{
	unsigned long pages = sq_agent_pages(agent);

	lockdep_assert_held(&pool->lock);
	sq_assert(pool->used_pages >= pages && sq_pool_used_blocks(pool));
	sq_assert(pool->used_hist[sq_pool_hist(pages)]);

	pool->uncounted++;
	pool->used_pages -= pages;
	pool->used_hist[sq_pool_hist(pages)]--;
}

void sq_pool_init(struct sq_pool *pool, struct sq_manager *m, int node);
unsigned int sq_pool_bin(unsigned long pages);
unsigned long sq_links_most(struct sq_free_links *f);
void sq_pool_insert(struct sq_pool *pool, struct sq_agent *agent);
void sq_pool_enter_free(struct sq_pool *pool, struct sq_agent *agent);
void sq_pool_remove(struct sq_pool *pool, struct sq_agent *agent);
struct sq_agent *sq_pool_largest(struct sq_pool *pool);
unsigned long sq_pool_longest(const struct sq_pool *pool);
struct sq_agent *sq_pool_from(struct sq_pool *pool, unsigned long addr);

/*
 * Whether a block is this pool's. May be asked of any agent the map names: only
 * if it is, the pool's lock keeps the rest of it stable.
 */
static inline bool sq_pool_has(const struct sq_pool *pool,
			       const struct sq_agent *agent)
{
	return READ_ONCE(agent->manager) == pool->manager &&
	       READ_ONCE(agent->node) == pool->node;
}

#endif /* _SQ_UTILITY_POOL_H */
