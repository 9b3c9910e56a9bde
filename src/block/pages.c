// SPDX-License-Identifier: GPL-2.0
/*
 * The real page source: the kernel's page allocator.
 *
 * What a get returns is split at once, so that every page has a reference of
 * its own and any part of it can be put alone. A put of several pages takes
 * those references back and frees the piece with one call. That is not done
 * where the page allocator keeps an account per page that it settles by the
 * first page of a piece only: a charge to a memory cgroup, the allocation
 * profile, page_owner. There each page goes back alone.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/page_ref.h>

#include <squirrel/block.h>
#include <squirrel/compat.h>

/* Contents are undefined, no compound page, linear map: not for the caller. */
#define PAGES_STRIP	(__GFP_ZERO | __GFP_COMP | __GFP_HIGHMEM | __GFP_MOVABLE)

static void *pages_get(const struct sq_block_ops *ops, unsigned int order,
		       gfp_t gfp, int node)
{
	struct page *page;

	if (order > min(SQ_BLOCK_MAX_ORDER, SQ_PAGE_ORDER_MAX))
		return NULL;

	page = alloc_pages_node(node, gfp & ~PAGES_STRIP, order);
	if (!page)
		return NULL;
	if (order)
		split_page(page, order);
	return page_address(page);
}

/*
 * Take back the references that split_page() gave to all pages but the first.
 * Fails, with nothing changed, if somebody else holds one of them for a moment
 * (memory failure handling does) or a page has its own account.
 */
static bool unsplit_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	if (IS_ENABLED(CONFIG_MEM_ALLOC_PROFILING) ||
	    IS_ENABLED(CONFIG_PAGE_OWNER) || sq_page_charged(page))
		return false;

	for (i = 1; i < 1UL << order; i++) {
		if (sq_page_charged(page + i) || !page_ref_freeze(page + i, 1))
			goto undo;
	}
	return true;
undo:
	while (--i)
		page_ref_unfreeze(page + i, 1);
	return false;
}

static void pages_put(const struct sq_block_ops *ops, void *addr,
		      unsigned int order)
{
	struct page *page = virt_to_page(addr);
	unsigned long i;

	/* Where the linear map starts at an odd page, so may the piece. */
	if (order && IS_ALIGNED(page_to_pfn(page), 1UL << order) &&
	    unsplit_pages(page, order)) {
		__free_pages(page, order);
		return;
	}
	for (i = 0; i < 1UL << order; i++)
		__free_page(page + i);
}

const struct sq_block_ops sq_block_pages = {
	.name = "pages",
	.get = pages_get,
	.put = pages_put,
};
EXPORT_SYMBOL_SQ_KUNIT(sq_block_pages);
