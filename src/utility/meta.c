// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for the utility's own use: descriptors, leaves and tables of the page
 * map. Where they come from, and how many there are. When one that is no longer
 * needed may go back is decided in utility.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>

#include "compat.h"

#include "internal.h"

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
	if (!sq_gfp_nofail(gfp))
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
