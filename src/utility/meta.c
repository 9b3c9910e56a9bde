// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for the utility's own use: descriptors, leaves and tables of the page map.
 *
 * Both are read without a lock by whoever looks an address up with preemption
 * off. So a page that is no longer needed first becomes unreachable, then
 * waits in limbo for an RCU grace period, and only then goes back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/irqflags.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>

#include "compat.h"

#include "internal.h"

static DEFINE_RAW_SPINLOCK(limbo_lock);
static LIST_HEAD(limbo);		/* pages by lru; under limbo_lock */
static unsigned long limbo_cookie;	/* when they may go; under limbo_lock */
static atomic_long_t meta_pages;

/* A test may put a source here that fails at will and puts real pages. */
const struct sq_block_ops *sq_meta_source = &sq_block_pages;
EXPORT_SYMBOL_SQ_KUNIT(sq_meta_source);

/* How hard to try is the caller's choice; where the page lies is not. */
#define SQ_META_STRIP	(__GFP_ACCOUNT | __GFP_THISNODE | GFP_ZONEMASK | \
			 __GFP_RECLAIMABLE | __GFP_WRITE | __GFP_HARDWALL)

void *sq_meta_get(gfp_t gfp)
{
	const struct sq_block_ops *source = READ_ONCE(sq_meta_source);
	void *page;

	/* Who cannot sleep may be refused, whatever else he says. */
	if (!sq_gfp_must(gfp))
		gfp &= ~__GFP_NOFAIL;
	page = source->get(source, 0, gfp & ~SQ_META_STRIP, NUMA_NO_NODE);
	if (page)
		atomic_long_inc(&meta_pages);
	return page;
}

void sq_meta_put(void *page)
{
	const struct sq_block_ops *source = READ_ONCE(sq_meta_source);

	if (source->put(source, page, 0).pages)
		pr_err_ratelimited("a page of agents or page map was put or freed by others: %p; kept out of use\n",
				   page);
	atomic_long_dec(&meta_pages);
}

/**
 * sq_utility_meta_pages() - pages in use for agents and the page map
 *
 * Context: Any context.
 * Return: pages taken from the page allocator, in use by all managers.
 */
unsigned long sq_utility_meta_pages(void)
{
	return atomic_long_read(&meta_pages);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_utility_meta_pages);

static unsigned long put_pages(struct list_head *pages)
{
	struct page *page, *tmp;
	unsigned long n = 0;

	list_for_each_entry_safe(page, tmp, pages, lru) {
		list_del(&page->lru);
		sq_meta_put(page_address(page));
		n++;
	}
	return n;
}

/* Move to @pages what has waited long enough. True if limbo is empty then. */
static bool limbo_take(struct list_head *pages)
{
	unsigned long irq;
	bool empty;

	raw_spin_lock_irqsave(&limbo_lock, irq);
	if (!list_empty(&limbo) && poll_state_synchronize_rcu(limbo_cookie))
		list_splice_init(&limbo, pages);
	empty = list_empty(&limbo);
	raw_spin_unlock_irqrestore(&limbo_lock, irq);
	return empty;
}

static void limbo_add(struct list_head *pages)
{
	unsigned long irq;

	raw_spin_lock_irqsave(&limbo_lock, irq);
	list_splice(pages, &limbo);
	/*
	 * Taken after all that is in limbo became unreachable, and never older
	 * than the one it replaces, whoever else is here: so when it is over,
	 * nobody can have any of these pages.
	 */
	limbo_cookie = get_state_synchronize_rcu();
	raw_spin_unlock_irqrestore(&limbo_lock, irq);

	/* Asking for a grace period wants interrupts on; one will come anyway. */
	if (!irqs_disabled())
		start_poll_synchronize_rcu();
}

/**
 * sq_utility_trim() - give back unused pages of agents and page map
 *
 * What one call finds unused waits for an RCU grace period and goes back in a
 * later call. New pages are looked for only when none are waiting, so that
 * calls in quick succession do not put the day off.
 *
 * Context: Any context but NMI.
 * Return: pages given back.
 */
unsigned long sq_utility_trim(void)
{
	LIST_HEAD(expired);
	LIST_HEAD(unused);

	if (limbo_take(&expired)) {
		sq_desc_collect(&unused);
		sq_map_collect(&unused);
		if (!list_empty(&unused))
			limbo_add(&unused);
	}
	return put_pages(&expired);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_utility_trim);

/**
 * sq_utility_exit() - give back what all managers shared
 *
 * All managers must be gone.
 *
 * Context: Process context. May sleep.
 */
void sq_utility_exit(void)
{
	unsigned long left;

	sq_utility_trim();
	synchronize_rcu();
	sq_utility_trim();
	/* If the first call had to finish an older batch, this is the next. */
	synchronize_rcu();
	sq_utility_trim();
	sq_desc_exit();
	sq_map_exit();

	left = sq_utility_meta_pages();
	if (left)
		pr_err("%lu pages of agents and page map leaked\n",
		       left);
}
