/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Figures for people: sums over caches (stats.c), and what only a look at each
 * block tells (block_stats.c).
 */
#ifndef _SQ_ALLOCATOR_SUMS_H
#define _SQ_ALLOCATOR_SUMS_H

#include "allocator/common/types.h"

/**
 * struct sq_cache_sum - what caches have, of no one moment
 * @caches: how many they are
 * @allocs: objects ever handed out
 * @frees: objects ever taken back
 * @live: objects handed out and not taken back
 * @live_bytes: what clients asked for them
 * @slabs: slabs
 * @empty: slabs without a live object
 * @pages: pages of slabs
 * @objs: objects in all
 * @in_slabs: free objects in slabs
 * @in_magazines: free objects in CPUs' magazines
 * @in_depots: free objects in depots
 * @in_quarantine: free objects that are not handed out yet
 * @guarded: objects that have an area of their own, or had and it is not gone yet
 * @guard_missed: allocations for which there was none
 * @slot_bytes: what live objects take
 * @rounding_most: how much of that may be for their class's size
 * @tail_bytes: of slabs, behind the last object
 * @free_slabs: bytes of @in_slabs
 * @free_magazines: bytes of @in_magazines
 * @free_depots: bytes of @in_depots
 * @nomem: failures for want of memory
 * @limit_hits: failures because of a limit
 * @injected: failures that were asked for
 * @misuse: bad frees
 * @stolen: pages that others put or freed
 * @grown: slabs made
 * @released: slabs given back
 * @slow: of each enum sq_slow_event
 * @only: the heap whose classes are added, or NULL for any cache
 */
struct sq_cache_sum {
	unsigned long caches;
	unsigned long allocs;
	unsigned long frees;
	unsigned long live;
	unsigned long live_bytes;
	unsigned long slabs;
	unsigned long empty;
	unsigned long pages;
	unsigned long objs;
	unsigned long in_slabs;
	unsigned long in_magazines;
	unsigned long in_depots;
	unsigned long in_quarantine;
	unsigned long guarded;
	unsigned long guard_missed;
	unsigned long slot_bytes;
	unsigned long rounding_most;
	unsigned long tail_bytes;
	unsigned long free_slabs;
	unsigned long free_magazines;
	unsigned long free_depots;
	unsigned long nomem;
	unsigned long limit_hits;
	unsigned long injected;
	unsigned long misuse;
	unsigned long stolen;
	unsigned long grown;
	unsigned long released;
	unsigned long slow[SQ_NR_SLOW];
	const struct squirrel_heap *only;
};

void sq_cache_sum_up(struct squirrel_cache *c, void *ctx);

/**
 * struct sq_block_stats - what only a look at each block tells
 * @only: the cache whose slabs count, or NULL for all of a heap
 * @slabs_pinned: slabs of several objects of which a single one is out
 * @pages_pinned: their pages
 * @large_bytes: bytes asked for in large blocks
 * @large_pages: pages of large blocks
 * @tenths: slabs by how full they are: 0, 10, ... 100 percent out
 */
struct sq_block_stats {
	const struct squirrel_cache *only;
	unsigned long slabs_pinned;
	unsigned long pages_pinned;
	unsigned long large_bytes;
	unsigned long large_pages;
	unsigned long tenths[11];
};

void sq_block_stats(struct squirrel_heap *heap, struct sq_block_stats *blocks);

#endif /* _SQ_ALLOCATOR_SUMS_H */
