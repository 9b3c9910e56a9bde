// SPDX-License-Identifier: GPL-2.0
/*
 * The real page source: the kernel's page allocator.
 *
 * What a get returns is split at once, so that any part of it can be put alone,
 * and each page is given SQ_BLOCK_PAGE_REFS references. The kernel frees a page
 * with its last reference: one that a kfree() or put_page() of somebody else
 * takes away is not the last, and the page stays ours. It is missed later, and
 * then the page is used for nothing any more. A page with more references than
 * ours is somebody else's as well, and his put frees it after ours.
 *
 * With KASAN's tags (arm64) the upper byte of an address differs from one get to
 * the next, and page_address() gives it again. Here addresses are compared, looked
 * up and calculated with, also across gets, so each page has the tag that matches
 * all: KASAN sees no wrong access to these pages, but it sees no right one as wrong.
 *
 * A put of several pages takes the references back and frees the piece with
 * one call. That is not done where the page allocator keeps an account per page
 * that it settles by the first page of a piece only: a charge to a memory
 * cgroup, the allocation profile, page_owner. There each page goes back alone.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/page_ref.h>

#include "block/block.h"
#include "compat.h"

/* Contents are undefined, no compound page, linear map: not for the caller. */
#define PAGES_STRIP	(__GFP_ZERO | __GFP_COMP | __GFP_HIGHMEM | __GFP_MOVABLE)

#define PAGES_MAX_ORDER	((SQ_PAGE_ORDER_MAX > SQ_BLOCK_MAX_ORDER) ?	\
			 SQ_BLOCK_MAX_ORDER : SQ_PAGE_ORDER_MAX)

static_assert(PAGES_MAX_ORDER <= SQ_BLOCK_MAX_ORDER);
static_assert(PAGES_MAX_ORDER <= SQ_PAGE_ORDER_MAX);

static void *pages_get(const struct sq_block_ops *ops, unsigned int order,
		       gfp_t gfp, int node)
{
	struct page *page;
	unsigned long i;

	if (order > ops->max_order)
		return NULL;

	page = alloc_pages_node(node, gfp & ~PAGES_STRIP, order);
	if (!page)
		return NULL;
	if (order)
		split_page(page, order);
	for (i = 0; i < 1UL << order; i++) {
		/* Who walks page frames may hold one for a moment: add, do not set. */
		page_ref_add(page + i, SQ_BLOCK_PAGE_REFS - 1);
		page_kasan_tag_reset(page + i);
	}
	return page_address(page);
}

/*
 * Take back all references but one for the first page. Fails, with nothing
 * changed, if somebody else has to do with one of the pages (memory failure
 * handling holds them for a moment) or a page has its own account.
 */
static bool unsplit_pages(struct page *page, unsigned int order)
{
	unsigned long i;

	if (IS_ENABLED(CONFIG_MEM_ALLOC_PROFILING) ||
	    IS_ENABLED(CONFIG_PAGE_OWNER))
		return false;

	for (i = 0; i < 1UL << order; i++) {
		if (sq_page_charged(page + i) ||
		    !page_ref_freeze(page + i, SQ_BLOCK_PAGE_REFS))
			goto undo;
	}
	page_ref_unfreeze(page, 1);
	return true;
undo:
	while (i--)
		page_ref_unfreeze(page + i, SQ_BLOCK_PAGE_REFS);
	return false;
}

/* False, with nothing changed, if not all of our references are there. */
static bool put_one(struct page *page)
{
	if (page_ref_count(page) < SQ_BLOCK_PAGE_REFS)
		return false;
	if (folio_ref_sub_return(page_folio(page), SQ_BLOCK_PAGE_REFS - 1) < 1) {
		page_ref_add(page, SQ_BLOCK_PAGE_REFS - 1);
		return false;
	}
	__free_page(page);
	return true;
}

static struct sq_block_lost pages_put(const struct sq_block_ops *ops,
				      void *addr, unsigned int order)
{
	struct page *page = virt_to_page(addr);
	struct sq_block_lost lost = {};
	unsigned long i;

	/* Where the linear map starts at an odd page, so may the piece. */
	if (order && IS_ALIGNED(page_to_pfn(page), 1UL << order) &&
	    unsplit_pages(page, order)) {
		__free_pages(page, order);
		return lost;
	}
	for (i = 0; i < 1UL << order; i++) {
		if (put_one(page + i))
			continue;
		if (!lost.pages++)
			lost.addr = (unsigned long)addr + (i << PAGE_SHIFT);
	}
	return lost;
}

static enum sq_block_state pages_look(const struct sq_block_ops *ops,
				      unsigned long addr, unsigned long pages)
{
	const struct page *page = virt_to_page((void *)addr);

	if (sq_pages_alone(page, pages))
		return SQ_BLOCK_ALONE;
	for (; pages; pages--, page++) {
		if (page_ref_count(page) < SQ_BLOCK_PAGE_REFS)
			return SQ_BLOCK_STOLEN;
	}
	return SQ_BLOCK_HELD;
}

const struct sq_block_ops sq_block_pages = {
	.name = "pages",
	/* With pages of 64 KiB some kernels have no order 10. */
	.max_order = PAGES_MAX_ORDER,
	.zeroes = true,
	.get = pages_get,
	.put = pages_put,
	.look = pages_look,
};
EXPORT_SYMBOL_SQ_KUNIT(sq_block_pages);
