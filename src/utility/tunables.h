/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be tuned in the utility. Everything here trades time, latency or
 * memory; nothing is right or wrong by it.
 *
 * The ..._PER_STEP numbers bound how long a pool's lock is held, and with it how
 * long interrupts are off: at about that many steps it is dropped for a moment.
 */
#ifndef _SQ_UTILITY_TUNABLES_H
#define _SQ_UTILITY_TUNABLES_H

#include <linux/bits.h>

#include "block/block.h"

/* ---- coalescing ---- */

/*
 * Free blocks scanned for neighbours by a take that finds none that fits, before
 * it asks the source: merging a few is cheaper than pages from the kernel, many
 * are not.
 */
#define SQ_MERGE_SCAN_SHORT		16
/*
 * The same while more pages are free than used: then more memory would rather
 * spread the waste, and a longer scan pays.
 */
#define SQ_MERGE_SCAN_MORE		256
/* The same when the source has nothing, the last resort of a take. */
#define SQ_MERGE_SCAN_LONG		1024
/*
 * Free blocks scanned per hold of a pool's lock, also by trims; descriptor pages
 * and empty leaves moved per hold of theirs.
 */
#define SQ_SCAN_PER_STEP		32
/*
 * Pages: a block longer than this is not merged with another such, as a merge
 * rewrites a map entry for each page of the shorter one. Also, no merge begins
 * in a hold that has rewritten so many. Twice the largest piece of the source,
 * so that each block left apart has room for one, however it is aligned.
 */
#define SQ_MERGE_PAGES			(2UL << SQ_BLOCK_MAX_ORDER)

/* ---- finding a free block ---- */

/* Blocks of one bin compared by sq_pool_fit(), which is to take constant time. */
#define SQ_FIT_SCAN			8
/* Blocks of one bin compared by sq_pool_tightest(), which is to fit better. */
#define SQ_TIGHTEST_SCAN		32

/* ---- pages from the source ---- */

/*
 * Pages fetched ahead by a growing manager: this part (a shift) of what it holds,
 * so that its waste stays small against it, but at most SQ_AHEAD_PAGES (manager.h),
 * as larger orders are rarely to be had.
 */
#define SQ_AHEAD_SHIFT			4
/*
 * Pages: what a rounded-up fetch brings beyond the request is kept as a free
 * block up to this, and goes straight back above it.
 */
#define SQ_FETCH_KEEP_PAGES		16
/*
 * Optional fetches that failed in a row and are counted, at most. After n of
 * them the next 4^n are left out, so this caps the pause at 4^4 = 256.
 */
#define SQ_LEAN_FAILS			4

/* ---- pages back to the source ---- */

/* Ranges detached per hold of a pool's lock; each is 16 bytes of stack. */
#define SQ_TRIM_RANGES_PER_STEP		16
/* About how many pages of them, as each has a map entry to be cleared. */
#define SQ_TRIM_PAGES_PER_STEP		BIT(SQ_BLOCK_MAX_ORDER)
/*
 * Order of the pieces that a trim by age gives back whatever their age: four
 * pages in one call cost the source little, single ones may grow first.
 */
#define SQ_TRIM_ORDER			2

/* ---- the end of a manager ---- */

/* Blocks unmapped per hold of a pool's lock, a descriptor each, */
#define SQ_DESTROY_BLOCKS_PER_STEP	64
/* and about how many pages of them, a map entry each. */
#define SQ_DESTROY_PAGES_PER_STEP	BIT(SQ_BLOCK_MAX_ORDER)

/* ---- descriptors ---- */

/*
 * Wholly spare pages of descriptors that a trim leaves: one, so that the next
 * block need not wait for a page that has just gone.
 */
#define SQ_DESC_KEEP_PAGES		1

/* ---- looking ---- */

/* Blocks shown per hold of a pool's lock by a viewer's walk. */
#define SQ_VIEW_PER_STEP		64
/* Pages, blocks or entries checked per hold of a pool's lock; each is cheap. */
#define SQ_CHECK_PER_STEP		256
/* Times that a pool which changes meanwhile is checked anew for its counts. */
#define SQ_CHECK_ROUNDS			4

#endif /* _SQ_UTILITY_TUNABLES_H */
