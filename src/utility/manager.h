/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The manager owns the blocks on hand: takes pages out of them, gets them from
 * the source and gives them back. Mechanism only: which free block is taken, a
 * strategy decides (find.h); when it merges and gives back, somebody above.
 */
#ifndef _SQ_UTILITY_MANAGER_H
#define _SQ_UTILITY_MANAGER_H

#include <linux/gfp.h>
#include <linux/types.h>

#include "find.h"

struct sq_agent;
struct sq_block_ops;
struct sq_manager;

/* A manager that holds a lot fetches so many pages at once: what divides them comes out even. */
#define SQ_AHEAD_PAGES	16

/* ---- requests ---- */

/**
 * struct sq_request - what sq_manager_take() is asked for
 * @pages: how many pages, at least 1
 * @align: wanted alignment of the address in pages, a power of two, or 0
 * @gfp: flags for the page source; __GFP_ACCOUNT and the zone flags (GFP_DMA)
 *	make the block bypass the free blocks both when it is taken and when it
 *	is given
 * @node: NUMA node by preference, or NUMA_NO_NODE
 * @find: how to pick among the free blocks
 * @kind: the holder's tag
 * @optional: the taker can do with less: nobody reclaims, waits or uses
 *	reserves for it, and the source is not asked while such requests fail
 */
struct sq_request {
	unsigned long pages;
	unsigned long align;
	gfp_t gfp;
	int node;
	sq_find_fn find;
	u8 kind;
	bool optional;
};

/**
 * sq_gfp_nofail() - may an allocation with these flags not fail?
 * @gfp: the flags
 *
 * Context: Any context.
 * Return: whether it has to be tried until it is served, and may sleep.
 */
static inline bool sq_gfp_nofail(gfp_t gfp)
{
	const gfp_t must = __GFP_NOFAIL | __GFP_DIRECT_RECLAIM;

	return (gfp & must) == must;
}

/**
 * struct sq_lost - pages that went out of use, as others put or freed them
 * @pages: how many; usually none
 * @addr: the first of them
 */
struct sq_lost {
	unsigned long pages;
	unsigned long addr;
};

/* ---- lifetime.c ---- */

struct sq_manager *sq_manager_create(const struct sq_block_ops *source,
				     unsigned long limit_pages);
unsigned long sq_manager_destroy(struct sq_manager *m);
struct sq_lost sq_manager_destroy_all(struct sq_manager *m);

/* ---- take.c, split.c ---- */

struct sq_agent *sq_manager_take(struct sq_manager *m,
				 const struct sq_request *req);
struct sq_lost sq_manager_give(struct sq_manager *m, struct sq_agent *agent);
unsigned long sq_manager_merge_longest(struct sq_manager *m, int node,
				       unsigned long want);
bool sq_manager_lacks(struct sq_manager *m, int node, unsigned long pages);

/*
 * sq_split_fn - fill in the upper part of a block that is being cut in two
 * @lower: agent of the lower part, already that size
 * @upper: agent of the upper part, with zeros for its priv; nobody can find it
 *	before this returns
 * @ctx: as passed
 *
 * The manager is locked; must not sleep and must not call it.
 */
typedef void (*sq_split_fn)(struct sq_agent *lower, struct sq_agent *upper,
			    void *ctx);

struct sq_agent *sq_manager_split(struct sq_manager *m, struct sq_agent *agent,
				  unsigned long pages, sq_split_fn fill,
				  void *ctx);

/* ---- source.c, coalesce.c, trim.c: pages in, merge, pages out ---- */

unsigned long sq_manager_fetch(struct sq_manager *m, unsigned long pages,
			       gfp_t gfp, int node);
unsigned long sq_manager_coalesce(struct sq_manager *m, unsigned long budget);
unsigned long sq_manager_trim(struct sq_manager *m, unsigned long keep,
			      unsigned long budget);
unsigned long sq_manager_trim_aged(struct sq_manager *m, unsigned long keep,
				   unsigned long budget, unsigned long age);
struct sq_lost sq_manager_trim_lost(struct sq_manager *m);

/* ---- manager.c: limits and counts ---- */

void sq_manager_set_limit(struct sq_manager *m, unsigned long limit_pages);
void sq_manager_set_reserve(struct sq_manager *m, unsigned long pages);
unsigned long sq_manager_pages_used(const struct sq_manager *m);
unsigned long sq_manager_pages_free(const struct sq_manager *m);
unsigned long sq_manager_pages_fetched(const struct sq_manager *m);

#endif /* _SQ_UTILITY_MANAGER_H */
