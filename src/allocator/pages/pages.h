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
#include "untold.h"

/* What memory at hand does not meet, wherever it is. */
#define SQ_GFP_ZONES	(__GFP_DMA | __GFP_DMA32)
/* What a client may say that is not for the page source. */
#define SQ_GFP_NOT_PAGES	(__GFP_ZERO | __GFP_HIGHMEM | __GFP_COMP)

/* May memory be asked for here, as far as the context goes? */
static inline bool sq_may_grow(void)
{
	return !in_nmi() && sq_may_call_pages();
}

/* What is kept of a large block's address: no pointer, or kmemleak would never miss the block. */
static inline unsigned long sq_large_hint(unsigned long addr)
{
	return IS_ENABLED(CONFIG_DEBUG_KMEMLEAK) ? ~addr : addr;
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
void sq_module_pin(void);
void sq_module_unpin(void);
void sq_heap_mark_free(struct squirrel_heap *heap);
void sq_heap_shed(struct squirrel_heap *heap, unsigned long addr);
void sq_heap_count_failure(const struct squirrel_heap *heap,
			   const struct sq_request *req,
			   atomic_long_t *limit_hits, atomic_long_t *nomem);

/*
 * Live memory of the default heap pins the module: no client's reference may
 * do it, since any code may have been handed the memory.
 */
static inline void sq_heap_pin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap && atomic_long_inc_return(&heap->pinned) == 1)
		sq_module_pin();
}

static inline void sq_heap_unpin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap)
		sq_assert(atomic_long_read(&heap->pinned) > 0);
	if (heap == sq_default_heap && atomic_long_dec_and_test(&heap->pinned))
		sq_module_unpin();
}

/*
 * Pages were given, the large block at @addr, or slabs (0): are there more free ones now
 * than the heap should keep?
 */
static __always_inline void sq_heap_check_watermark(struct squirrel_heap *heap,
						    unsigned long addr)
{
	if (unlikely(sq_manager_pages_free(heap->manager) > sq_read_racy(heap->free_mark)))
		sq_heap_shed(heap, addr);
}

/**
 * sq_heap_take() - take a block as the heap's strategy has it
 * @heap: the heap
 * @req: as for sq_manager_take(), which @find of it is filled in for
 * @limit_hits: a failure is counted here if it is the heap's limit's,
 * @nomem: and here otherwise; not at all if the taker can do with less, or asks
 *	again
 * @pin: the block keeps the module, if the heap is the default one
 *
 * Context: As sq_manager_take().
 * Return: the block's agent, or NULL.
 */
static __always_inline struct sq_agent *
sq_heap_take(struct squirrel_heap *heap, struct sq_request *req,
	     atomic_long_t *limit_hits, atomic_long_t *nomem, bool pin)
{
	struct sq_agent *agent;

	req->find = READ_ONCE(heap->find);
	if (likely(req->find != sq_strategy_find))
		agent = sq_manager_take(heap->manager, req);
	else
		agent = sq_external_take(heap, req);
	if (unlikely(!agent))
		sq_heap_count_failure(heap, req, limit_hits, nomem);
	else if (pin)
		sq_heap_pin(heap);
	return agent;
}

/* kmemleak knows nothing of it: it is squirrel's own, and found from there, or NOLEAKTRACE. */
static inline bool sq_is_secret(const struct squirrel_cache *c)
{
	return c->flags & (SQ_CACHE_INTERNAL | SQUIRREL_NOLEAKTRACE);
}

/**
 * sq_heap_give() - give a block back
 * @heap: the heap it was taken from
 * @c: its owner, which is told of pages that others put or freed
 * @agent: its agent
 * @check: look at the high watermark
 *
 * Context: Any context but NMI.
 */
static __always_inline void sq_heap_give(struct squirrel_heap *heap,
					 struct squirrel_cache *c,
					 struct sq_agent *agent, bool check)
{
	unsigned long addr = sq_agent_addr(agent);
	struct sq_lost lost;

	if (!sq_is_secret(c))
		sq_untold_tell();
	lost = sq_manager_give(heap->manager, agent);
	if (unlikely(lost.pages))
		sq_report_lost(c, lost);
	if (check)
		sq_heap_check_watermark(heap, addr);
	/* Last: it may have been all that kept the module. */
	if (!(c->flags & SQ_CACHE_INTERNAL))
		sq_heap_unpin(heap);
}

#endif /* _SQ_ALLOCATOR_PAGES_H */
