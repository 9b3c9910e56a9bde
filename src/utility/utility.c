// SPDX-License-Identifier: GPL-2.0
/*
 * What all managers share, as a whole: giving back what is unused of it, and its
 * end.
 *
 * Descriptors and the page map are read without a lock by whoever looks an
 * address up with preemption off. So a page of theirs that is no longer needed
 * first becomes unreachable, then waits in limbo for an RCU grace period, and
 * only then goes back.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irqflags.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>

#include "compat.h"

#include "internal.h"

static DEFINE_RAW_SPINLOCK(limbo_lock);
static LIST_HEAD(limbo);		/* pages by lru; under limbo_lock */
static unsigned long limbo_cookie;	/* when they may go; under limbo_lock */

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
 * later call. New pages are looked for only when none are waiting: else calls in
 * quick succession would restart the grace period again and again.
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
