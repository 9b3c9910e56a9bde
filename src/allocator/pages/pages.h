/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Blocks of pages for a heap, taken by its strategy, and back.
 */
#ifndef _SQ_ALLOCATOR_PAGES_H
#define _SQ_ALLOCATOR_PAGES_H

#include <linux/hardirq.h>
#include <linux/sched/mm.h>

#include "allocator/common/common.h"
#include "utility/utility.h"

#include "strategy.h"

/* What memory at hand does not meet, wherever it is. */
#define SQ_GFP_ZONES	(__GFP_DMA | __GFP_DMA32)
/* What a client may say that is not for the page source. */
#define SQ_GFP_NOT_PAGES	(__GFP_ZERO | __GFP_HIGHMEM | __GFP_COMP)

/* May memory be asked for here, as far as the context goes? */
static inline bool sq_may_grow(void)
{
	return !in_nmi() && sq_may_call_pages();
}

/*
 * There was no memory: wait a moment if the allocation must not fail. False if
 * it may, and where it cannot sleep.
 */
static inline bool sq_wait_for_memory(gfp_t gfp)
{
	if (!sq_gfp_nofail(gfp) || in_nmi())
		return false;
	memalloc_retry_wait(gfp);
	return true;
}

/* pages.c */
struct sq_agent *sq_heap_take(struct squirrel_heap *heap, struct sq_request *req,
			      atomic_long_t *limit_hits, atomic_long_t *nomem,
			      bool pin);
void sq_heap_give(struct squirrel_heap *heap, struct squirrel_cache *c,
		  struct sq_agent *agent);
void sq_heap_pin(struct squirrel_heap *heap);

/* Pages were given: are there more free ones now than the heap should keep? */
static inline void sq_heap_check_watermark(const struct squirrel_heap *heap)
{
	if (sq_manager_pages_free(heap->manager) >
	    SQ_HIGH_WATERMARK + sq_racy(heap->swing.keep))
		sq_event(SQ_EVENT_HIGH_WATERMARK, 0);
}

#endif /* _SQ_ALLOCATOR_PAGES_H */
