/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The viewer owns nothing and changes nothing: it counts, shows and checks.
 */
#ifndef _SQ_UTILITY_VIEWER_H
#define _SQ_UTILITY_VIEWER_H

#include <linux/types.h>

struct sq_agent;
struct sq_manager;

#define SQ_VIEW_BINS	12

/**
 * struct sq_view - what a manager holds, at one moment
 * @used_blocks: blocks in use
 * @used_pages: their pages
 * @free_blocks: free blocks
 * @free_pages: their pages
 * @largest_free: pages of the largest free block
 * @free_bins: free blocks of 2^i to 2^(i+1)-1 pages; the last bin is open
 * @used_bins: the same for blocks in use
 * @fetched: pages got from the source since create
 * @returned: pages put back since create
 * @lost: pages the source did not take back, as others put or freed them
 * @source_gets: calls of the source's get since create
 * @source_puts: calls of its put
 * @source_fails: gets that found no memory
 * @splits: blocks split since create
 * @merges: blocks coalesced since create
 * @coalesce_tries: free blocks looked at for a free neighbour
 * @limit_hits: requests refused because of the limit
 * @limit: most pages that may be used, or ULONG_MAX
 * @reserve: pages that a trim leaves, used and free together
 */
struct sq_view {
	unsigned long used_blocks;
	unsigned long used_pages;
	unsigned long free_blocks;
	unsigned long free_pages;
	unsigned long largest_free;
	unsigned long free_bins[SQ_VIEW_BINS];
	unsigned long used_bins[SQ_VIEW_BINS];
	u64 fetched;
	u64 returned;
	u64 lost;
	u64 source_gets;
	u64 source_puts;
	u64 source_fails;
	u64 splits;
	u64 merges;
	u64 coalesce_tries;
	u64 limit_hits;
	unsigned long limit;
	unsigned long reserve;
};

/**
 * typedef sq_view_fn - called for each block of a manager in address order
 * @agent: the block's agent; must not be changed
 * @ctx: what was passed to sq_viewer_walk()
 *
 * The manager is locked; must not sleep and must not call it.
 * Return: true to go on, false to stop.
 */
typedef bool (*sq_view_fn)(const struct sq_agent *agent, void *ctx);

/**
 * struct sq_age - how long free memory has been free
 * @oldest: of the block that has been free longest, in jiffies
 * @sum: of all free blocks, their pages times how long, in jiffies
 * @pages: their pages
 */
struct sq_age {
	u32 oldest;
	u64 sum;
	unsigned long pages;
};

void sq_viewer_count(struct sq_manager *m, struct sq_view *view);
unsigned int sq_viewer_fragmentation(const struct sq_view *view);
unsigned int sq_viewer_coalesce_hits(const struct sq_view *view);
void sq_viewer_age(struct sq_manager *m, struct sq_age *age);
u64 sq_viewer_oldest_ms(const struct sq_age *age);
u64 sq_viewer_mean_ms(const struct sq_age *age);
bool sq_viewer_step(struct sq_manager *m, unsigned long *addr, sq_view_fn fn,
		    void *ctx);
void sq_viewer_walk(struct sq_manager *m, sq_view_fn fn, void *ctx);
unsigned long sq_viewer_stolen(const struct sq_agent *agent);
unsigned int sq_viewer_check(struct sq_manager *m);

#endif /* _SQ_UTILITY_VIEWER_H */
