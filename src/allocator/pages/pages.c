// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for a heap, and back: what goes with each block that is taken or given, whoever
 * it is for.
 */
#include <linux/atomic.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/module.h>

#include "pages.h"

void sq_module_pin(void)
{
	__module_get(THIS_MODULE);
}

void sq_module_unpin(void)
{
	module_put(THIS_MODULE);
}

/*
 * A block was not to be had: count whether for the heap's limit or for memory. Not if
 * the taker can do with less, or asks again.
 */
void sq_heap_count_failure(const struct squirrel_heap *heap,
			   const struct sq_request *req,
			   atomic_long_t *limit_hits, atomic_long_t *nomem)
{
	unsigned long used = sq_manager_pages_used(heap->manager);

	if (req->optional || sq_gfp_nofail(req->gfp))
		return;
	if (heap->limit && used + req->pages > heap->limit >> PAGE_SHIFT)
		atomic_long_inc(limit_hits);
	else
		atomic_long_inc(nomem);
}

/* What is free stays for the next look of the reclaimer, if there will be none soon. */
static bool shed_now;

/**
 * sq_allocator_set_shed() - may who gives pages see to it that not too many are free?
 * @shed: true if so; else what is free stays until sq_allocator_give_back()
 *
 * Context: Any context.
 */
void sq_allocator_set_shed(bool shed)
{
	WRITE_ONCE(shed_now, shed);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_shed);

/* Somebody looks again once there are more than these are now, by so many. */
void sq_heap_mark_free(struct squirrel_heap *heap)
{
	unsigned long free = sq_manager_pages_free(heap->manager);

	WRITE_ONCE(heap->free_mark, free > SQ_HIGH_WATERMARK ? free + SQ_SHED_STEP :
							       SQ_HIGH_WATERMARK);
}

/*
 * More pages are free than the heap should keep. Pieces that cost the page allocator one
 * call go at once, so that a load that gives many does not wait for the reclaimer to
 * hold less. Single pages may grow or be taken again; but not too many may wait for that.
 * What was given is the large block at @addr, or slabs (0). The one that was taken last
 * may be a buffer for each turn of a loop: nothing goes before the next look, as it
 * would be the first, for its length.
 */
void sq_heap_shed(struct squirrel_heap *heap, unsigned long addr)
{
	bool again = addr && sq_large_hint(addr) == sq_read_racy(heap->large_last);
	struct sq_manager *m = heap->manager;

	if (READ_ONCE(shed_now) && !again) {
		sq_manager_coalesce(m, SQ_SHED_MERGES);
		sq_manager_trim_aged(m, SQ_HIGH_WATERMARK, ULONG_MAX, ULONG_MAX);
		if (sq_manager_pages_free(m) > SQ_SHED_SINGLE * SQ_HIGH_WATERMARK)
			sq_manager_trim(m, SQ_HIGH_WATERMARK, SQ_SHED_PAGES);
	}
	sq_heap_mark_free(heap);
	if (sq_manager_pages_free(m) > SQ_HIGH_WATERMARK)
		sq_event(SQ_EVENT_HIGH_WATERMARK, 0);
}
