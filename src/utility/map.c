// SPDX-License-Identifier: GPL-2.0
/*
 * Page map: for each page of the kernel's address space, the agent of the block
 * it is in.
 *
 * The invariant: every page of every block on hand, used or free, names its
 * agent; every other page names nobody. So a block taken and given whole
 * touches no entry.
 *
 * An address is taken apart as it is, wherever the linear map begins and
 * wherever memory lies in it, now or later. With pages of 4 KiB:
 *
 *	63        37 36      29 28      21 20       12 11    0
 *	   window      slot       leaf       entry      in the page
 *	            `--- number of the leaf, from 21 up
 *
 *	window	a table of spans, made when the first page in its 128 GiB comes
 *	span	a table of leaves and their numbers, for 512 MiB
 *	leaf	a page of entries, for 2 MiB; comes and goes with what is held
 *
 * A lookup does not begin with the window but with sq_map[slot], the span of
 * that slot that was made first. If the number kept there is not that of the
 * address, it goes by the window, which has all spans: that is so for what is
 * not ours, and for memory that lies a multiple of 128 GiB from other memory.
 * Windows and spans stay until exit. They are a page each, and what they point to
 * was complete before; so whoever comes by them needs no lock.
 *
 * A leaf's life:
 *
 *	absent		no page of ours in its range; the span has no number
 *	  sq_map_hold	a page is allocated; then its number is entered
 *	populated	its count says how many of its frames are held
 *	  sq_map_drop	the last is dropped
 *	empty		still there, listed; becomes populated again at no cost
 *	  sq_map_collect	its number is taken out
 *	limbo		until the next grace period (utility.c)
 *
 * The number is written last and read first, and the pointer beside it is never
 * taken out: who read the number before it went finds the old leaf, in which
 * every entry is nobody.
 *
 * Counts and the list of empty leaves are under map_lock, and so is every change
 * of a table. Entries are written by whoever holds the block, under pool->lock,
 * only in populated leaves.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"
#include "tunables.h"

#define LEAF_BYTES	BIT(SQ_MAP_LEAF_SHIFT)

/* page_private of a leaf: its number, whether it is listed, frames held */
#define LEAF_HELD	(BIT(15) - 1)
#define LEAF_LISTED	BIT(15)
#define LEAF_NUMBER	16

static_assert(SQ_MAP_ENTRIES * sizeof(struct sq_agent *) == PAGE_SIZE);
static_assert(SQ_MAP_ENTRIES <= LEAF_HELD);
static_assert(SQ_MAP_LEAF_SHIFT >= LEAF_NUMBER);
static_assert(sizeof(struct sq_map_span) <= PAGE_SIZE);

static_assert(sizeof(struct sq_map_window) <= PAGE_SIZE);

static const struct sq_map_span no_span = {
	.number = { [0 ... SQ_MAP_SPAN_LEAVES - 1] = SQ_MAP_NO_LEAF },
};

const struct sq_map_span *sq_map[SQ_MAP_SLOTS] __read_mostly = {
	[0 ... SQ_MAP_SLOTS - 1] = &no_span,
};
EXPORT_SYMBOL_SQ_KUNIT(sq_map);

struct sq_agent sq_agent_null = {
	.node = NUMA_NO_NODE,
};
EXPORT_SYMBOL_SQ_KUNIT(sq_agent_null);

struct sq_map_window *sq_map_windows[SQ_MAP_WINDOW_LISTS] __read_mostly;
EXPORT_SYMBOL_SQ_KUNIT(sq_map_windows);

static DEFINE_RAW_SPINLOCK(map_lock);
static unsigned long map_tables;	/* windows and spans; under map_lock */
static LIST_HEAD(empty_leaves);		/* pages by lru; under map_lock */

/* ---- finding the way ------------------------------------------------------ */

static unsigned long leaf_of(unsigned long addr)
{
	return addr >> SQ_MAP_LEAF_SHIFT;
}

static unsigned long window_number(unsigned long leaf)
{
	return leaf >> SQ_MAP_WINDOW_BITS;
}

/* The first window there is that has a leaf from @leaf on. */
static struct sq_map_window *window_from(unsigned long leaf)
{
	struct sq_map_window *w = sq_map_window_of(leaf), *first = NULL;
	unsigned int i;

	if (w)
		return w;
	for (i = 0; i < SQ_MAP_WINDOW_LISTS; i++) {
		for (w = READ_ONCE(sq_map_windows[i]); w; w = w->next) {
			if (w->number > window_number(leaf) &&
			    (!first || w->number < first->number))
				first = w;
		}
	}
	return first;
}

/*
 * The entries of a leaf, biased: they point to where entry 0 of the whole map
 * would be if the leaves lay one behind the other. NULL if there is no leaf.
 */
static struct sq_agent **leaf_entries(unsigned long leaf)
{
	struct sq_map_span *span = sq_map_span_of(leaf);

	/* Pairs with leaf_enter(). */
	if (!span || smp_load_acquire(&span->number[sq_map_index_of(leaf)]) != leaf)
		return NULL;
	return READ_ONCE(span->leaf[sq_map_index_of(leaf)]);
}

static struct page *leaf_page(unsigned long leaf)
{
	struct sq_agent **entries = leaf_entries(leaf);

	if (!entries)
		return NULL;
	entries += leaf * SQ_MAP_ENTRIES;
	return virt_to_page(entries);
}

/* The end of the leaf that @addr is in, or @end if that comes first. */
static unsigned long leaf_end(unsigned long addr, unsigned long end)
{
	unsigned long stop = (addr | (LEAF_BYTES - 1)) + 1;

	/* The end of the address space is 0. */
	return stop - 1 < end - 1 ? stop : end;
}

/*
 * Of a leaf that is not there: the next one that may be. Looks at the numbers
 * of one span, or at the slots of one window.
 */
unsigned long sq_map_skip(unsigned long leaf)
{
	struct sq_map_span *span = sq_map_span_of(leaf);
	struct sq_map_window *w;

	if (span) {
		while (++leaf % SQ_MAP_SPAN_LEAVES) {
			if (READ_ONCE(span->number[sq_map_index_of(leaf)]) == leaf)
				break;
		}
		return leaf;
	}
	w = window_from(leaf);
	if (!w)
		return SQ_MAP_NO_LEAF;
	leaf = max(leaf, w->number << SQ_MAP_WINDOW_BITS);
	while (window_number(leaf) == w->number &&
	       !READ_ONCE(w->span[sq_map_slot_of(leaf)]))
		leaf = (leaf | (SQ_MAP_SPAN_LEAVES - 1)) + 1;
	return leaf;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_skip);

/* ---- tables --------------------------------------------------------------- */

/* Each of the three: true if it is there now, perhaps by somebody else. */

static bool window_add(unsigned long leaf, gfp_t gfp)
{
	unsigned long number = window_number(leaf);
	struct sq_map_window *w = sq_meta_get(gfp);
	struct sq_map_window **list;
	unsigned long irq;

	if (!w)
		return false;
	memset(w, 0, sizeof(*w));
	w->number = number;

	raw_spin_lock_irqsave(&map_lock, irq);
	if (!sq_map_window_of(leaf)) {
		list = &sq_map_windows[number % SQ_MAP_WINDOW_LISTS];
		w->next = *list;
		/* Pairs with the address dependency in sq_map_window_of(). */
		smp_store_release(list, w);
		WRITE_ONCE(map_tables, map_tables + 1);
		w = NULL;
	}
	raw_spin_unlock_irqrestore(&map_lock, irq);
	if (w)
		sq_meta_put(w);
	return true;
}

static bool span_add(struct sq_map_window *w, unsigned int slot, gfp_t gfp)
{
	struct sq_map_span *span = sq_meta_get(gfp);
	unsigned long irq;

	if (!span)
		return false;
	memcpy(span, &no_span, sizeof(no_span));

	raw_spin_lock_irqsave(&map_lock, irq);
	if (!w->span[slot]) {
		/* Pair with the address dependency in lookups. */
		smp_store_release(&w->span[slot], span);
		if (sq_map[slot] == &no_span)
			/* The same. */
			smp_store_release(&sq_map[slot], span);
		WRITE_ONCE(map_tables, map_tables + 1);
		span = NULL;
	}
	raw_spin_unlock_irqrestore(&map_lock, irq);
	if (span)
		sq_meta_put(span);
	return true;
}

static void leaf_list(struct page *page)
{
	lockdep_assert_held(&map_lock);

	if (page_private(page) & LEAF_LISTED)
		return;
	set_page_private(page, page_private(page) | LEAF_LISTED);
	list_add(&page->lru, &empty_leaves);
}

static void leaf_enter(struct sq_map_span *span, unsigned long leaf,
		       struct sq_agent **entries)
{
	unsigned int i = sq_map_index_of(leaf);

	lockdep_assert_held(&map_lock);

	/* For who has read the number before it was taken out the last time, */
	smp_store_release(&span->leaf[i], entries - leaf * SQ_MAP_ENTRIES);
	/* and for all others; pairs with the acquire in lookups. */
	smp_store_release(&span->number[i], leaf);
}

static bool leaf_add(struct sq_map_span *span, unsigned long leaf, gfp_t gfp)
{
	struct sq_agent **entries = sq_meta_get(gfp);
	unsigned long irq;
	unsigned int i;

	if (!entries)
		return false;
	for (i = 0; i < SQ_MAP_ENTRIES; i++)
		entries[i] = &sq_agent_null;
	set_page_private(virt_to_page(entries), leaf << LEAF_NUMBER);

	raw_spin_lock_irqsave(&map_lock, irq);
	if (span->number[sq_map_index_of(leaf)] != leaf) {
		leaf_enter(span, leaf, entries);
		leaf_list(virt_to_page(entries));
		entries = NULL;
	}
	raw_spin_unlock_irqrestore(&map_lock, irq);
	if (entries)
		sq_meta_put(entries);
	return true;
}

/* Add the first page that is missing on the way to a leaf. */
static bool map_grow(unsigned long leaf, gfp_t gfp)
{
	struct sq_map_window *w = sq_map_window_of(leaf);
	struct sq_map_span *span;

	if (!w)
		return window_add(leaf, gfp);
	span = READ_ONCE(w->span[sq_map_slot_of(leaf)]);
	if (!span)
		return span_add(w, sq_map_slot_of(leaf), gfp);
	return leaf_add(span, leaf, gfp);
}

static void span_free(struct sq_map_span *span, unsigned long leaf)
{
	unsigned int i;

	for (i = 0; i < SQ_MAP_SPAN_LEAVES; i++, leaf++) {
		if (span->number[i] == leaf)
			sq_meta_put(span->leaf[i] + leaf * SQ_MAP_ENTRIES);
	}
	sq_meta_put(span);
	map_tables--;
}

static void window_free(struct sq_map_window *w)
{
	unsigned long leaf = w->number << SQ_MAP_WINDOW_BITS;
	unsigned int i;

	for (i = 0; i < SQ_MAP_SLOTS; i++, leaf += SQ_MAP_SPAN_LEAVES) {
		if (!w->span[i])
			continue;
		if (sq_map[i] == w->span[i])
			sq_map[i] = &no_span;
		span_free(w->span[i], leaf);
	}
	sq_meta_put(w);
	map_tables--;
}

/**
 * sq_utility_map_tables() - pages of the page map that stay
 *
 * One for each 512 MiB of addresses that squirrel ever had memory in, and one for
 * each 128 GiB (with pages of 4 KiB), until exit. They are among
 * sq_utility_meta_pages().
 *
 * Context: Any context.
 * Return: how many there are.
 */
unsigned long sq_utility_map_tables(void)
{
	return sq_read_racy(map_tables);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_utility_map_tables);

/* All managers are gone and a grace period has passed since. */
void sq_map_exit(void)
{
	struct sq_map_window *w;
	unsigned int i;

	for (i = 0; i < SQ_MAP_WINDOW_LISTS; i++) {
		while ((w = sq_map_windows[i])) {
			sq_map_windows[i] = w->next;
			window_free(w);
		}
	}
}

/* ---- frames that are held ------------------------------------------------- */

/* Count @n frames of a leaf as held. False if it is not there. */
static bool leaf_hold(unsigned long leaf, unsigned int n)
{
	struct page *page;
	unsigned long irq;

	raw_spin_lock_irqsave(&map_lock, irq);
	page = leaf_page(leaf);
	if (page) {
		sq_assert((page_private(page) & LEAF_HELD) + n <= SQ_MAP_ENTRIES);
		set_page_private(page, page_private(page) + n);
	}
	raw_spin_unlock_irqrestore(&map_lock, irq);
	return page;
}

static void leaf_drop(unsigned long leaf, unsigned int n)
{
	unsigned long irq, held;
	struct page *page;

	raw_spin_lock_irqsave(&map_lock, irq);
	page = leaf_page(leaf);
	held = page ? page_private(page) & LEAF_HELD : 0;
	sq_assert(held >= n);
	if (held < n) {
		pr_err_once("page map: leaf %lx holds %lu frames, %u dropped\n",
			    leaf, held, n);
		n = held;
	}
	if (page) {
		set_page_private(page, page_private(page) - n);
		if (held == n)
			leaf_list(page);
	}
	raw_spin_unlock_irqrestore(&map_lock, irq);
}

/*
 * Make room for the entries of a range, wherever it is, and keep it until
 * sq_map_drop(). Returns -ENOMEM without memory.
 */
int sq_map_hold(unsigned long addr, size_t size, gfp_t gfp)
{
	unsigned long end = addr + size;
	unsigned long at, stop, leaf;

	for (at = addr; at != end; at = stop) {
		stop = leaf_end(at, end);
		leaf = leaf_of(at);
		while (!leaf_hold(leaf, (stop - at) >> PAGE_SHIFT)) {
			if (map_grow(leaf, gfp))
				continue;
			if (at != addr)
				sq_map_drop(addr, at - addr);
			return -ENOMEM;
		}
	}
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_hold);

/* No entry of the range names an agent any more. */
void sq_map_drop(unsigned long addr, size_t size)
{
	unsigned long end = addr + size;
	unsigned long at, stop;

	for (at = addr; at != end; at = stop) {
		stop = leaf_end(at, end);
		leaf_drop(leaf_of(at), (stop - at) >> PAGE_SHIFT);
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_drop);

/* Enter @agent for each page of a held range; NULL: nobody. */
void sq_map_set(unsigned long addr, size_t size, struct sq_agent *agent)
{
	unsigned long end = addr + size;
	struct sq_agent **entries;
	unsigned long at, stop;

	if (!agent)
		agent = &sq_agent_null;

	for (at = addr; at != end; at = stop) {
		stop = leaf_end(at, end);
		entries = leaf_entries(leaf_of(at));
		sq_assert(entries);
		if (!entries) {
			pr_err_once("page map: %lx is set and not held\n",
				    leaf_of(at));
			at = stop;
		}
		for (; at != stop; at += PAGE_SIZE)
			WRITE_ONCE(entries[at >> PAGE_SHIFT], agent);
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_set);

/* Under the lock: take a listed leaf off the list, and out if it is empty. */
static void collect_leaf(struct page *page, struct list_head *pages)
{
	unsigned long leaf = page_private(page) >> LEAF_NUMBER;

	lockdep_assert_held(&map_lock);
	sq_assert(page_private(page) & LEAF_LISTED);

	set_page_private(page, page_private(page) & ~LEAF_LISTED);
	if (page_private(page) & LEAF_HELD) {
		list_del(&page->lru);
		return;
	}
	WRITE_ONCE(sq_map_span_of(leaf)->number[sq_map_index_of(leaf)],
		   SQ_MAP_NO_LEAF);
	list_move(&page->lru, pages);
}

/* Take the empty leaves out and move their pages to @pages. */
void sq_map_collect(struct list_head *pages)
{
	unsigned int budget;
	unsigned long irq;
	bool more;

	do {
		budget = SQ_SCAN_PER_STEP;
		raw_spin_lock_irqsave(&map_lock, irq);
		while (!list_empty(&empty_leaves) && budget--)
			collect_leaf(list_first_entry(&empty_leaves, struct page,
						      lru), pages);
		more = !list_empty(&empty_leaves);
		raw_spin_unlock_irqrestore(&map_lock, irq);
	} while (more);
}

/* ---- walking -------------------------------------------------------------- */

/*
 * One step of a walk: to the first page of @m in the leaf of @at, or to where
 * to look next, but not beyond @end.
 */
static unsigned long map_step(unsigned long at, unsigned long end,
			      const struct sq_manager *m, int *node,
			      bool *found)
{
	unsigned long leaf = leaf_of(at);
	struct sq_agent **entries = leaf_entries(leaf);
	struct sq_agent *agent;
	unsigned long stop;

	if (!entries) {
		leaf = sq_map_skip(leaf);
		return leaf > leaf_of(end - 1) ?
		       end : leaf << SQ_MAP_LEAF_SHIFT;
	}
	stop = leaf_end(at, end);
	for (; at != stop; at += PAGE_SIZE) {
		agent = READ_ONCE(entries[at >> PAGE_SHIFT]);
		*found = READ_ONCE(agent->manager) == m;
		if (*found) {
			*node = READ_ONCE(agent->node);
			break;
		}
	}
	return at;
}

/*
 * Move *@addr up to the first page below @end that lies in a block of @m, and
 * tell the block's node. A hint: without m's locks the block may be gone. What
 * squirrel has nothing of is stepped over by the window and by the span.
 */
bool sq_map_next(unsigned long *addr, unsigned long end,
		 const struct sq_manager *m, int *node)
{
	unsigned long at = *addr;
	bool found = false;

	while (at < end && !found) {
		preempt_disable();
		at = map_step(at, end, m, node, &found);
		preempt_enable();
	}
	*addr = at;
	return found;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_next);
