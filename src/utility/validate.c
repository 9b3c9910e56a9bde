// SPDX-License-Identifier: GPL-2.0
/*
 * BlockViewer, continued: the invariant check. Walks everything a pool has, in
 * every way there is, and counts what does not agree. The rules:
 *
 *	 1 a block's header is sound (sq_block_check)
 *	 2 a block's agent names this manager and node
 *	 3 every page of a block maps to its agent
 *	 4 blocks of one pool that touch are linked, unless direct
 *	 5 a free block has no owner and is not direct
 *	 6 a free block is in the tree under its address
 *	 7 a bin holds only free blocks of its size
 *	 8 the bitmaps say which bins have blocks
 *	 9 the tree is in order and its blocks are free and do not overlap
 *	10 the tree knows the largest block below each node
 *	11 bins, tree and page map have the same blocks, as the counts say
 *	12 the histograms agree with the blocks
 *	13 used pages are within what the manager was charged
 *	14 and within its limit, if that was not lowered since
 *
 * The pool's lock is dropped after every few looks. As long as the pool has not
 * changed when it is taken again, nothing that a walk stands on has; else the
 * walk goes on where it can be sure, and what is counted over the whole pool (11
 * to 14) is not compared: then all begins anew, but not for ever. So of a pool
 * that is never left alone the blocks are checked and the counts are not.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "compat.h"

#include "internal.h"
#include "tunables.h"

/**
 * struct tally - what a walk has seen
 * @pool: of this pool
 * @irq: interrupt flags while its lock is held
 * @nr_scan: pages, blocks or entries still to look at in this hold
 * @changes: sq_pool_changes() as of the last hold
 * @quiet: there were none since the walk began
 * @broken: rules broken so far
 * @free_blocks: free blocks
 * @free_pages: their pages
 * @used_blocks: used blocks
 * @used_pages: their pages
 * @free_hist: free blocks by power of two
 * @used_hist: used blocks by power of two
 */
struct tally {
	struct sq_pool *pool;
	unsigned long irq;
	unsigned int nr_scan;
	unsigned long changes;
	bool quiet;
	unsigned int broken;
	unsigned long free_blocks;
	unsigned long free_pages;
	unsigned long used_blocks;
	unsigned long used_pages;
	u32 free_hist[SQ_VIEW_BINS];
	u32 used_hist[SQ_VIEW_BINS];
};

/* False if the pool has changed since the last hold. */
static bool lock_pool(struct tally *t)
	__acquires(&t->pool->lock)
{
	unsigned long before = t->changes;

	raw_spin_lock_irqsave(&t->pool->lock, t->irq);
	t->nr_scan = SQ_CHECK_PER_STEP;
	t->changes = sq_pool_changes(t->pool);
	if (t->changes == before)
		return true;
	t->quiet = false;
	return false;
}

static void unlock_pool(struct tally *t)
	__releases(&t->pool->lock)
{
	raw_spin_unlock_irqrestore(&t->pool->lock, t->irq);
}

/* After each look: let others in now and then. False if the pool has changed. */
static bool let_others_in(struct tally *t)
	__must_hold(&t->pool->lock)
{
	lockdep_assert_held(&t->pool->lock);

	if (--t->nr_scan)
		return true;
	unlock_pool(t);
	cond_resched();
	return lock_pool(t);
}

/* Count a rule as broken unless @ok. @where is an address. Returns @ok. */
static bool expect_at(struct tally *t, unsigned int number, bool ok,
		      const char *what, unsigned long where)
{
	if (ok)
		return true;
	t->broken++;
	pr_err_ratelimited("check: node %d, rule %u: %s (%p)\n",
			   t->pool->node, number, what, (void *)where);
	return false;
}

/* The same with a number. */
static void expect_count(struct tally *t, unsigned int number, bool ok,
			 const char *what, unsigned long count)
{
	if (ok)
		return;
	t->broken++;
	pr_err_ratelimited("check: node %d, rule %u: %s (%lu)\n",
			   t->pool->node, number, what, count);
}

/* ---- the blocks, as the page map has them ---- */

static bool in_tree(struct sq_pool *pool, const struct sq_agent *agent)
{
	return sq_pool_from(pool, sq_agent_addr(agent)) == agent;
}

static void check_touching(struct tally *t, const struct sq_agent *agent)
{
	const struct sq_agent *next = sq_map_lookup((void *)sq_agent_end(agent));
	struct sq_block *link = sq_block_next(sq_agent_block_const(agent));
	bool touch;

	touch = sq_pool_has(t->pool, next) &&
		!((next->flags | agent->flags) & SQ_AGENT_DIRECT);
	expect_at(t, 4, link == (touch ? sq_agent_block_const(next) : NULL),
		  "wrong next block", sq_agent_addr(agent));
}

/* False if the pool has changed before it was through. */
static bool check_pages(struct tally *t, const struct sq_agent *agent)
{
	unsigned long at, end = sq_agent_end(agent);

	for (at = sq_agent_addr(agent); at != end; at += PAGE_SIZE) {
		if (!expect_at(t, 3, sq_map_lookup((void *)at) == agent,
			       "page maps elsewhere", at))
			break;
		if (!let_others_in(t))
			return false;
	}
	return true;
}

static bool check_block(struct tally *t, const struct sq_agent *agent)
{
	unsigned long addr = sq_agent_addr(agent);
	unsigned long pages = sq_agent_pages(agent);

	expect_at(t, 1, !sq_block_check(sq_agent_block_const(agent)),
		  "unsound header", addr);
	expect_at(t, 2, sq_pool_has(t->pool, agent), "foreign block", addr);
	check_touching(t, agent);

	if (sq_agent_used(agent)) {
		t->used_blocks++;
		t->used_pages += pages;
		t->used_hist[sq_pool_hist(pages)]++;
		return check_pages(t, agent);
	}
	expect_at(t, 5, !agent->owner && !(agent->flags & SQ_AGENT_DIRECT),
		  "free block with owner", addr);
	expect_at(t, 6, in_tree(t->pool, agent), "free block not in tree", addr);
	t->free_blocks++;
	t->free_pages += pages;
	t->free_hist[sq_pool_hist(pages)]++;
	return check_pages(t, agent);
}

/*
 * Blocks of the pool from @addr on that lie one behind the other. @same: it has
 * not changed since it was known that a block starts there. Returns where to
 * look next.
 */
static unsigned long check_blocks(struct tally *t, unsigned long addr, bool same)
{
	const struct sq_agent *agent;
	unsigned long at = addr;

	for (;;) {
		agent = sq_map_lookup((void *)at);
		if (!sq_pool_has(t->pool, agent))
			break;
		if (sq_agent_addr(agent) == at && sq_agent_end(agent) > at) {
			unsigned long end = sq_agent_end(agent);

			same = check_block(t, agent);
			at = end;
		} else if (same) {
			expect_at(t, 3, false,
				  "page of a block that starts elsewhere", at);
			at += PAGE_SIZE;
		} else {
			/* Merged meanwhile with one that was looked at. */
			at = sq_agent_past(agent, at);
			same = true;
		}
		if (!let_others_in(t))
			same = false;
	}
	return max(at, addr + PAGE_SIZE);
}

/* What lies between the blocks is stepped over without the lock. */
static void check_map(struct tally *t)
{
	unsigned long addr, end;
	int node;
	bool same;

	lock_pool(t);
	addr = t->pool->low;
	end = t->pool->high;
	t->quiet = true;
	unlock_pool(t);
	while (sq_map_next(&addr, end, t->pool->manager, &node)) {
		if (node != t->pool->node) {
			addr += PAGE_SIZE;
			continue;
		}
		same = lock_pool(t);
		addr = check_blocks(t, addr, same);
		unlock_pool(t);
		cond_resched();
	}
}

/* ---- bins ---- */

static void check_bin(struct tally *t, unsigned int bin, unsigned long *blocks)
{
	struct sq_pool *pool = t->pool;
	unsigned int row = bin / SQ_POOL_COLS;
	bool bit = pool->cols[row] & (1U << (bin % SQ_POOL_COLS));
	struct sq_agent *agent;
	struct sq_free_links *f;

	expect_count(t, 8, bit == !hlist_empty(&pool->bins[bin]), "bitmap and bin",
		     bin);
	hlist_for_each_entry(f, &pool->bins[bin], bin) {
		agent = sq_links_agent(f);
		expect_at(t, 7, !sq_agent_used(agent) &&
			  f->pages == sq_agent_pages(agent) &&
			  sq_pool_bin(f->pages) == bin, "block in wrong bin",
			  sq_agent_addr(agent));
		/*
		 * A list gone round in a circle has no end. And if there were
		 * changes, the next block may be in another bin by now.
		 */
		if (++*blocks > sq_pool_free_blocks(pool) || !let_others_in(t))
			break;
	}
}

static void check_bins(struct tally *t)
{
	struct sq_pool *pool = t->pool;
	unsigned long blocks = 0;
	unsigned int i;

	for (i = 0; i < SQ_POOL_BINS; i++)
		check_bin(t, i, &blocks);
	for (i = 0; i < SQ_POOL_ROWS; i++)
		expect_count(t, 8, !(pool->rows & (1U << i)) == !pool->cols[i],
			     "bitmap rows", i);
	expect_count(t, 11, !t->quiet || blocks == sq_pool_free_blocks(pool),
		     "blocks in bins", blocks);
}

/* ---- tree ---- */

static void check_tree(struct tally *t)
{
	struct sq_pool *pool = t->pool;
	unsigned long blocks = 0, last = 0;
	struct sq_agent *agent;
	struct sq_free_links *f;

	agent = sq_pool_first(pool);
	while (agent) {
		f = sq_agent_links(agent);
		expect_at(t, 9, !sq_agent_used(agent) &&
			  sq_agent_addr(agent) >= last, "tree order",
			  sq_agent_addr(agent));
		expect_at(t, 10, f->most == sq_links_most(f), "tree maximum",
			  sq_agent_addr(agent));
		last = sq_agent_end(agent);
		if (++blocks > sq_pool_free_blocks(pool))
			break;
		agent = let_others_in(t) ? sq_pool_next(pool, agent) :
				     sq_pool_from(pool, last);
	}
	expect_count(t, 11, !t->quiet || blocks == sq_pool_free_blocks(pool),
		     "blocks in tree", blocks);
}

/* ---- counts ---- */

static void check_counts(struct tally *t)
{
	struct sq_pool *pool = t->pool;
	struct sq_manager *m = pool->manager;
	unsigned long charged = sq_manager_pages_used(m);

	expect_count(t, 11, t->free_blocks == sq_pool_free_blocks(pool),
		     "free blocks", t->free_blocks);
	expect_count(t, 11, t->free_pages == pool->free_pages, "free pages",
		     t->free_pages);
	expect_count(t, 11, t->used_blocks == sq_pool_used_blocks(pool),
		     "used blocks", t->used_blocks);
	expect_count(t, 11, t->used_pages == pool->used_pages, "used pages",
		     t->used_pages);
	expect_count(t, 12, !memcmp(t->free_hist, pool->free_hist,
				    sizeof(t->free_hist)), "free histogram", 0);
	expect_count(t, 12, !memcmp(t->used_hist, pool->used_hist,
				    sizeof(t->used_hist)), "used histogram", 0);
	expect_count(t, 13, t->used_pages <= charged, "used but not charged",
		     t->used_pages);
	expect_count(t, 14, t->used_pages <= max(READ_ONCE(m->limit),
						 READ_ONCE(m->overdraft)),
		     "used beyond the limit", t->used_pages);
}

/* Rules found broken in one look at a pool. *@sure: and all were looked at. */
static unsigned int check_pool(struct sq_pool *pool, bool *sure)
{
	struct tally t = { .pool = pool };

	check_map(&t);
	lock_pool(&t);
	check_bins(&t);
	check_tree(&t);
	*sure = t.quiet;
	if (t.quiet)
		check_counts(&t);
	unlock_pool(&t);
	return t.broken;
}

/**
 * sq_viewer_check() - count the broken rules of a manager
 * @m: the manager
 *
 * Each broken rule is reported in one line. May run beside anything else; of
 * what changes all the time the counts are not checked.
 *
 * Context: Process context. May sleep. Takes time for each page that is held.
 * Return: how many rules were found broken, 0 for a sound manager.
 */
unsigned int sq_viewer_check(struct sq_manager *m)
{
	unsigned int broken = 0, here, rounds;
	struct sq_pool *pool;
	bool sure;

	for (pool = sq_manager_next(m, NULL); pool;
	     pool = sq_manager_next(m, pool)) {
		rounds = SQ_CHECK_ROUNDS;
		do {
			here = check_pool(pool, &sure);
		} while (!here && !sure && --rounds);
		broken += here;
	}
	return broken;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_viewer_check);
