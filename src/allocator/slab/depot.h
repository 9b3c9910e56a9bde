/* SPDX-License-Identifier: GPL-2.0 */
/* A depot: what it is; a node has some. What is done with it is in magazine/depot.c. */
#ifndef _SQ_ALLOCATOR_DEPOT_H
#define _SQ_ALLOCATOR_DEPOT_H

#include <linux/cache.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct sq_mag;

/**
 * struct sq_depot - magazines that CPUs put down; those of a node are for a part of its CPUs
 *	each, so that these get back what is in their caches, and do not wait for others
 * @lock: guards all of it; may be taken under a claim, and nothing is taken under it
 * @nr: full ones
 * @objs: objects in them
 * @min: fewest since the reclaimer's last look: what nobody needed
 * @low: the same since its last look by volume
 * @cap: how many there may be for now; see depot_grow()
 * @misses: how often there was no room since the reclaimer's last look
 * @full: the full ones
 * @empty: empty ones, for the next that are put down; gone with each look
 */
struct sq_depot {
	raw_spinlock_t lock;
	u32 nr;
	u32 objs;
	u32 min;
	u32 low;
	u32 cap;
	u32 misses;
	struct sq_mag *full;
	struct sq_mag *empty;
} ____cacheline_aligned_in_smp;

#endif /* _SQ_ALLOCATOR_DEPOT_H */
