/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Internal to layer 1: struct bodies and calls its files share. The pool has a
 * header of its own.
 *
 * Lock order, all of them raw spinlocks taken with interrupts off:
 *
 *	pool->lock	one per manager and node; never two at a time
 *	  desc_lock	descriptor.c, descriptors not in use
 *	  map_lock	map.c, leaves of the page map
 *	limbo_lock	utility.c, pages waiting for a grace period; alone
 *
 * The page source is called without any of them.
 *
 * pool->lock protects the index of free blocks, the headers, links and agents
 * of all blocks of that manager and node, and the page map entries of their
 * pages. Two exceptions: @kind, @priv and @owner of a used block are its
 * holder's; and a page map entry may be read by anybody with preemption off.
 */
#ifndef _SQ_UTILITY_INTERNAL_H
#define _SQ_UTILITY_INTERNAL_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/minmax.h>

#include "block/block.h"
#include "utility/utility.h"

#include "pool.h"

/* ---- agent ---- */

/*
 * Taken straight from the source, goes straight back, has no neighbours. (SQ_AGENT_FRESH
 * is a flag as well.)
 */
#define SQ_AGENT_DIRECT		0x01

static inline struct sq_block *sq_agent_block(struct sq_agent *agent)
{
	return (struct sq_block *)agent->block;
}

static inline const struct sq_block *
sq_agent_block_const(const struct sq_agent *agent)
{
	return (const struct sq_block *)agent->block;
}

static inline struct sq_agent *sq_block_agent(struct sq_block *block)
{
	return container_of((void *)block, struct sq_agent, block);
}

static inline unsigned long sq_agent_end(const struct sq_agent *agent)
{
	return sq_agent_addr(agent) + sq_agent_size(agent);
}

/* Where a walk goes on after a block found at @addr: forward, even if damaged. */
static inline unsigned long sq_agent_past(const struct sq_agent *agent,
					  unsigned long addr)
{
	return max(sq_agent_end(agent), addr + PAGE_SIZE);
}

/* Do the map's first and last entry of a block name its agent? Under the lock. */
static inline bool sq_agent_is_mapped(const struct sq_agent *agent)
{
	return sq_map_lookup((void *)sq_agent_addr(agent)) == agent &&
	       sq_map_lookup((void *)(sq_agent_end(agent) - 1)) == agent;
}

/* ---- manager ---- */

/**
 * struct sq_manager - owns the blocks on hand
 * @source: where its pages come from
 * @limit: most pages that may be used, or ULONG_MAX
 * @overdraft: most pages in use beyond @limit since that was set, or 0: it was
 *	lowered below what was in use, or somebody must not be refused
 * @reserve: pages, used and free together, that a trim leaves
 * @used: pages in use, also those just being taken or given
 * @limit_hits: takes refused because of @limit
 * @fetched: pages got from @source
 * @returned: pages put back
 * @lost: pages that the source did not take back
 * @trim_lost: of them, those that trims met since sq_manager_trim_lost()
 * @trim_lost_at: one of those
 * @gets: calls of the source's get
 * @puts: calls of its put
 * @fails: gets that found nothing
 * @nr_pools: entries of @pools
 * @pools: by node; NULL for those that can never be
 */
struct sq_manager {
	const struct sq_block_ops *source;
	unsigned long limit;
	unsigned long overdraft;
	atomic_long_t reserve;
	atomic_long_t used;
	atomic_long_t limit_hits;
	atomic_long_t fetched;
	atomic_long_t returned;
	atomic_long_t lost;
	atomic_long_t trim_lost;
	unsigned long trim_lost_at;
	atomic_long_t gets;
	atomic_long_t puts;
	atomic_long_t fails;
	unsigned int nr_pools;
	struct sq_pool *pools[];
};

static inline struct sq_pool *sq_manager_pool(const struct sq_manager *m,
					      int node)
{
	return (unsigned int)node < m->nr_pools ? m->pools[node] : NULL;
}

/* The pool of the next node that has one; @pool NULL: of the first. */
static inline struct sq_pool *sq_manager_next(const struct sq_manager *m,
					      const struct sq_pool *pool)
{
	unsigned int node;

	for (node = pool ? pool->node + 1 : 0; node < m->nr_pools; node++) {
		if (m->pools[node])
			return m->pools[node];
	}
	return NULL;
}

struct sq_pool *sq_manager_scan(const struct sq_manager *m,
				unsigned long *addr, unsigned long end);
void sq_manager_bounds(const struct sq_manager *m, unsigned long *low,
		       unsigned long *high);

/* ---- source.c: pages in and out ---- */

struct sq_agent *sq_fetch(struct sq_manager *m, struct sq_pool *wanted,
			  const struct sq_request *req);
struct sq_agent *sq_fetch_direct(struct sq_manager *m, struct sq_pool *wanted,
				 const struct sq_request *req);
bool sq_fetch_skips(struct sq_pool *pool, unsigned long pages);
gfp_t sq_gfp_optional(gfp_t gfp);
struct sq_lost sq_source_put(struct sq_manager *m, unsigned long addr,
			     size_t size);

/* ---- coalesce.c ---- */

unsigned long sq_pool_merge(struct sq_pool *pool, unsigned long *nr_scan,
			    unsigned long want);

/* ---- descriptor.c ---- */

void sq_desc_exit(void);
struct sq_agent *sq_desc_get(struct sq_pool *pool);
void sq_desc_put(struct sq_agent *agent);
bool sq_desc_refill(gfp_t gfp);
void sq_desc_collect(struct list_head *pages);

/* ---- map.c ---- */

void sq_map_exit(void);
int sq_map_hold(unsigned long addr, size_t size, gfp_t gfp);
void sq_map_drop(unsigned long addr, size_t size);
void sq_map_set(unsigned long addr, size_t size, struct sq_agent *agent);
void sq_map_collect(struct list_head *pages);
unsigned long sq_map_skip(unsigned long leaf);
bool sq_map_next(unsigned long *addr, unsigned long end,
		 const struct sq_manager *m, int *node);

/* ---- meta.c: pages for descriptors and leaves ---- */

extern const struct sq_block_ops *sq_meta_source;

void *sq_meta_get(gfp_t gfp);
void sq_meta_put(void *page);

#endif /* _SQ_UTILITY_INTERNAL_H */
