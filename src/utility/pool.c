// SPDX-License-Identifier: GPL-2.0
/*
 * Index of the free blocks of one node: by size in bins, for a good fit in
 * constant time, and by address in a tree that knows the largest block below
 * each node, for the lowest fit in logarithmic time.
 *
 * Everything here runs under pool->lock. The sq_pool_*() calls of the face are
 * the mechanism a strategy is made of; which one to use is not decided here.
 */
#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/rbtree_augmented.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"
#include "tunables.h"

#define TOP_BIN		((SQ_POOL_ROWS - 1) * SQ_POOL_COLS)

static_assert(SQ_POOL_ROWS <= 32);
static_assert(SQ_POOL_COLS <= 8);

static unsigned long pages_of(struct sq_free_links *f)
{
	return f->pages;
}

RB_DECLARE_CALLBACKS_MAX(static, links_augment, struct sq_free_links, rb,
			 unsigned long, most, pages_of)

static struct sq_free_links *rb_links(struct rb_node *rb)
{
	return rb_entry_safe(rb, struct sq_free_links, rb);
}

static struct sq_agent *rb_agent(struct rb_node *rb)
{
	return rb ? sq_links_agent(rb_links(rb)) : NULL;
}

static unsigned long rb_most(struct rb_node *rb)
{
	return rb ? rb_links(rb)->most : 0;
}

/* What @most ought to be, for the check. */
unsigned long sq_links_most(struct sq_free_links *f)
{
	return max3(f->pages, rb_most(f->rb.rb_left), rb_most(f->rb.rb_right));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_links_most);

void sq_pool_init(struct sq_pool *pool, struct sq_manager *m, int node)
{
	raw_spin_lock_init(&pool->lock);
	pool->manager = m;
	pool->node = node;
	pool->by_addr = RB_ROOT;
	pool->low = ULONG_MAX;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_init);

/* ---- bins ---- */

/* The bin for a block of this many pages. */
unsigned int sq_pool_bin(unsigned long pages)
{
	unsigned int shift;

	if (pages < SQ_POOL_COLS)
		return pages;
	if (pages >> SQ_POOL_TOP_SHIFT)
		return TOP_BIN;
	shift = ilog2(pages) - SQ_POOL_COL_BITS;
	return (shift + 1) * SQ_POOL_COLS +
	       ((pages >> shift) & (SQ_POOL_COLS - 1));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_bin);

/* The first bin whose every block has at least this many pages. */
static unsigned int bin_above(unsigned long pages)
{
	if (pages >= SQ_POOL_COLS && !(pages >> SQ_POOL_TOP_SHIFT))
		pages += (1UL << (ilog2(pages) - SQ_POOL_COL_BITS)) - 1;
	return sq_pool_bin(pages);
}

/* The first bin from @bin on that has a block, or SQ_POOL_BINS. */
static unsigned int bin_next(const struct sq_pool *pool, unsigned int bin)
{
	unsigned int row = bin / SQ_POOL_COLS;
	unsigned int cols;
	u32 rows;

	if (bin >= SQ_POOL_BINS)
		return SQ_POOL_BINS;
	cols = pool->cols[row] & (~0U << (bin % SQ_POOL_COLS));
	if (cols)
		return row * SQ_POOL_COLS + __ffs(cols);
	rows = pool->rows & (~1U << row);
	if (!rows)
		return SQ_POOL_BINS;
	row = __ffs(rows);
	return row * SQ_POOL_COLS + __ffs(pool->cols[row]);
}

static void bin_insert(struct sq_pool *pool, struct sq_free_links *f)
{
	unsigned int bin = sq_pool_bin(f->pages);
	unsigned int row = bin / SQ_POOL_COLS;

	hlist_add_head(&f->bin, &pool->bins[bin]);
	pool->cols[row] |= 1U << (bin % SQ_POOL_COLS);
	pool->rows |= 1U << row;
}

static void bin_remove(struct sq_pool *pool, struct sq_free_links *f)
{
	unsigned int bin = sq_pool_bin(f->pages);
	unsigned int row = bin / SQ_POOL_COLS;

	hlist_del(&f->bin);
	if (!hlist_empty(&pool->bins[bin]))
		return;
	pool->cols[row] &= ~(1U << (bin % SQ_POOL_COLS));
	if (!pool->cols[row])
		pool->rows &= ~(1U << row);
}

static struct sq_free_links *bin_first(struct sq_pool *pool, unsigned int bin)
{
	return hlist_entry_safe(pool->bins[bin].first, struct sq_free_links, bin);
}

/* The smallest block of at least @pages among the first @scan of a bin. */
static struct sq_free_links *bin_best(struct sq_pool *pool, unsigned int bin,
				      unsigned long pages, unsigned int scan)
{
	struct sq_free_links *best = NULL;
	struct sq_free_links *f;

	hlist_for_each_entry(f, &pool->bins[bin], bin) {
		if (f->pages >= pages && (!best || f->pages < best->pages))
			best = f;
		if (!--scan || (best && best->pages == pages))
			break;
	}
	return best;
}

/* ---- tree ---- */

static void tree_insert(struct sq_pool *pool, struct sq_free_links *f)
{
	unsigned long addr = sq_agent_addr(sq_links_agent(f));
	struct rb_node **link = &pool->by_addr.rb_node;
	struct rb_node *parent = NULL;
	struct sq_free_links *at;

	while (*link) {
		parent = *link;
		at = rb_links(parent);
		if (at->most < f->pages)
			at->most = f->pages;
		if (addr < sq_agent_addr(sq_links_agent(at)))
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	f->most = f->pages;
	rb_link_node(&f->rb, parent, link);
	rb_insert_augmented(&f->rb, &pool->by_addr, &links_augment);
}

/* ---- what the manager needs ---- */

void sq_pool_insert(struct sq_pool *pool, struct sq_agent *agent)
{
	struct sq_free_links *f = sq_agent_links(agent);

	lockdep_assert_held(&pool->lock);
	sq_assert(!sq_agent_used(agent) && !(agent->flags & SQ_AGENT_DIRECT));
	sq_assert(!agent->owner);

	f->pages = sq_agent_pages(agent);
	bin_insert(pool, f);
	tree_insert(pool, f);
	pool->entered++;
	WRITE_ONCE(pool->free_pages, pool->free_pages + f->pages);
	pool->free_hist[sq_pool_hist(f->pages)]++;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_insert);

/* Under the lock: a block becomes one of the free ones. */
void sq_pool_enter_free(struct sq_pool *pool, struct sq_agent *agent)
{
	lockdep_assert_held(&pool->lock);
	sq_assert(sq_agent_is_mapped(agent));

	agent->freed_at = (u32)jiffies;
	sq_block_set_used(sq_agent_block(agent), false);
	sq_pool_insert(pool, agent);
}

void sq_pool_remove(struct sq_pool *pool, struct sq_agent *agent)
{
	struct sq_free_links *f = sq_agent_links(agent);

	lockdep_assert_held(&pool->lock);
	sq_assert(!sq_agent_used(agent) && f->pages == sq_agent_pages(agent));
	sq_assert(pool->free_pages >= f->pages && sq_pool_free_blocks(pool));
	sq_assert(pool->free_hist[sq_pool_hist(f->pages)]);

	bin_remove(pool, f);
	rb_erase_augmented(&f->rb, &pool->by_addr, &links_augment);
	pool->left++;
	WRITE_ONCE(pool->free_pages, pool->free_pages - f->pages);
	pool->free_hist[sq_pool_hist(f->pages)]--;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_remove);

/* A block of the highest bin, for giving back; NULL if none is free. */
struct sq_agent *sq_pool_largest(struct sq_pool *pool)
{
	unsigned int bin, row;

	lockdep_assert_held(&pool->lock);

	if (!pool->rows)
		return NULL;
	row = __fls(pool->rows);
	bin = row * SQ_POOL_COLS + __fls(pool->cols[row]);
	return sq_links_agent(bin_first(pool, bin));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_largest);

/*
 * Pages of the longest free block: from 8 on perhaps an eighth less than it
 * has. A hint, without the lock.
 */
unsigned long sq_pool_longest(const struct sq_pool *pool)
{
	u32 rows = sq_read_racy(pool->rows);
	unsigned int row, col;
	u8 cols;

	if (!rows)
		return 0;
	row = __fls(rows);
	cols = sq_read_racy(pool->cols[row]);
	col = cols ? __fls(cols) : 0;
	return row ? (SQ_POOL_COLS + col) << (row - 1) : col;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_longest);

/* The first free block at or above @addr. */
struct sq_agent *sq_pool_from(struct sq_pool *pool, unsigned long addr)
{
	struct rb_node *rb = pool->by_addr.rb_node;
	struct rb_node *found = NULL;

	lockdep_assert_held(&pool->lock);

	while (rb) {
		if (sq_agent_addr(rb_agent(rb)) >= addr) {
			found = rb;
			rb = rb->rb_left;
		} else {
			rb = rb->rb_right;
		}
	}
	return rb_agent(found);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_from);

/* ---- what strategies are made of ---- */

/**
 * sq_pool_fit() - a free block that fits well, in constant time
 * @pool: the free blocks
 * @pages: how many pages are wanted
 *
 * The latest block of the first bin whose every block is large enough. Only
 * if there is none, a few blocks of the bin that @pages itself falls in are
 * looked at.
 *
 * Context: Within a sq_find_fn.
 * Return: the block's agent, or NULL.
 */
struct sq_agent *sq_pool_fit(struct sq_pool *pool, unsigned long pages)
{
	unsigned int bin = bin_above(pages);
	struct sq_free_links *f = NULL;

	/* Most often there is one of just that size. */
	if (hlist_empty(&pool->bins[bin]))
		bin = bin_next(pool, bin);
	if (bin < TOP_BIN)
		f = bin_first(pool, bin);
	else if (bin == TOP_BIN)
		f = bin_best(pool, bin, pages, SQ_FIT_SCAN);
	if (!f && bin != sq_pool_bin(pages))
		f = bin_best(pool, sq_pool_bin(pages), pages, SQ_FIT_SCAN);
	return f ? sq_links_agent(f) : NULL;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_fit);

/* The lowest fit in the subtree of @rb, which has one. */
static struct rb_node *rb_lowest(struct rb_node *rb, unsigned long pages)
{
	while (rb_most(rb->rb_left) >= pages || rb_links(rb)->pages < pages)
		rb = rb_most(rb->rb_left) >= pages ? rb->rb_left : rb->rb_right;
	return rb;
}

/**
 * sq_pool_lowest() - the free block with the lowest address that fits
 * @pool: the free blocks
 * @pages: how many pages are wanted; 0 is as 1
 *
 * Time grows with the logarithm of the number of free blocks.
 *
 * Context: Within a sq_find_fn.
 * Return: the block's agent, or NULL.
 */
struct sq_agent *sq_pool_lowest(struct sq_pool *pool, unsigned long pages)
{
	struct rb_node *rb = pool->by_addr.rb_node;

	/* Below a leaf of the tree there would always be room for nothing. */
	pages = max(pages, 1UL);
	return rb_most(rb) < pages ? NULL : rb_agent(rb_lowest(rb, pages));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_lowest);

/**
 * sq_pool_lowest_from() - the lowest free block that fits, from an address on
 * @pool: the free blocks
 * @addr: where the block may start at the lowest
 * @pages: how many pages are wanted
 *
 * Time grows with the logarithm of the number of free blocks.
 *
 * Context: Within a sq_find_fn.
 * Return: the block's agent, or NULL.
 */
struct sq_agent *sq_pool_lowest_from(struct sq_pool *pool, unsigned long addr,
				     unsigned long pages)
{
	struct rb_node *rb = pool->by_addr.rb_node;
	struct rb_node *found = NULL;

	/* The lowest that starts high enough and has a fit in it or above it. */
	while (rb) {
		if (sq_agent_addr(rb_agent(rb)) < addr) {
			rb = rb->rb_right;
			continue;
		}
		if (rb_links(rb)->pages >= pages ||
		    rb_most(rb->rb_right) >= pages)
			found = rb;
		rb = rb->rb_left;
	}
	if (found && rb_links(found)->pages < pages)
		found = rb_lowest(found->rb_right, pages);
	return rb_agent(found);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_lowest_from);

/**
 * sq_pool_tightest() - the smallest free block that fits
 * @pool: the free blocks
 * @pages: how many pages are wanted
 *
 * Exact below 8 pages. Above, the best of the first 32 blocks of a bin, that
 * is, at most an eighth larger than the smallest there is. That 32 are looked
 * at may also mean that a block is missed; then the next bin serves.
 *
 * Context: Within a sq_find_fn.
 * Return: the block's agent, or NULL.
 */
struct sq_agent *sq_pool_tightest(struct sq_pool *pool, unsigned long pages)
{
	unsigned int own = sq_pool_bin(pages);
	struct sq_free_links *f = bin_best(pool, own, pages, SQ_TIGHTEST_SCAN);
	unsigned int bin;

	if (!f) {
		bin = bin_next(pool, own + 1);
		if (bin < SQ_POOL_BINS)
			f = bin_best(pool, bin, pages, SQ_TIGHTEST_SCAN);
	}
	return f ? sq_links_agent(f) : NULL;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_tightest);

/**
 * sq_pool_first() - the free block with the lowest address
 * @pool: the free blocks
 *
 * Context: Within a sq_find_fn.
 * Return: the block's agent, or NULL.
 */
struct sq_agent *sq_pool_first(struct sq_pool *pool)
{
	return rb_agent(rb_first(&pool->by_addr));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_first);

/**
 * sq_pool_next() - the next free block by address
 * @pool: the free blocks
 * @agent: one of them
 *
 * Context: Within a sq_find_fn.
 * Return: the block's agent, or NULL.
 */
struct sq_agent *sq_pool_next(struct sq_pool *pool, struct sq_agent *agent)
{
	return rb_agent(rb_next(&sq_agent_links(agent)->rb));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_next);

/**
 * sq_pool_at() - the free block that starts at an address
 * @pool: the free blocks
 * @addr: any address at all
 *
 * Context: Within a sq_find_fn.
 * Return: the block's agent; NULL if no free block of @pool starts there.
 */
struct sq_agent *sq_pool_at(struct sq_pool *pool, unsigned long addr)
{
	struct sq_agent *agent = sq_map_lookup((void *)addr);

	lockdep_assert_held(&pool->lock);

	if (!sq_pool_has(pool, agent) || sq_agent_used(agent) ||
	    sq_agent_addr(agent) != addr)
		return NULL;
	return agent;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_at);

/**
 * sq_pool_priv() - what the layer above keeps with a pool
 * @pool: the pool
 *
 * Zeros in a new pool.
 *
 * Context: Within a sq_find_fn, or what sq_manager_each_pool() calls.
 * Return: SQ_POOL_PRIV_BYTES that are protected by the pool's lock.
 */
void *sq_pool_priv(struct sq_pool *pool)
{
	lockdep_assert_held(&pool->lock);

	return pool->priv;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_pool_priv);
