// SPDX-License-Identifier: GPL-2.0
/*
 * Pages for a heap, and back: what goes with each block that is taken or given, whoever
 * it is for.
 */
#include <linux/atomic.h>
#include <linux/module.h>

#include "pages.h"

/*
 * Live memory of the default heap pins the module: no client's reference may
 * do it, since any code may have been handed the memory.
 */
void sq_heap_pin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap && atomic_long_inc_return(&heap->pinned) == 1)
		__module_get(THIS_MODULE);
}

static void heap_unpin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap)
		sq_assert(atomic_long_read(&heap->pinned) > 0);
	if (heap == sq_default_heap && atomic_long_dec_and_test(&heap->pinned))
		module_put(THIS_MODULE);
}

/* No @pages were to be had: count whether for the heap's limit or for memory. */
static void count_failure(const struct squirrel_heap *heap,
			  unsigned long pages, atomic_long_t *limit_hits,
			  atomic_long_t *nomem)
{
	unsigned long used = sq_manager_pages_used(heap->manager);

	if (heap->limit && used + pages > heap->limit >> PAGE_SHIFT)
		atomic_long_inc(limit_hits);
	else
		atomic_long_inc(nomem);
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
struct sq_agent *sq_heap_take(struct squirrel_heap *heap, struct sq_request *req,
			      atomic_long_t *limit_hits, atomic_long_t *nomem,
			      bool pin)
{
	struct sq_agent *agent;

	req->find = READ_ONCE(heap->find);
	if (likely(req->find != sq_strategy_find))
		agent = sq_manager_take(heap->manager, req);
	else
		agent = sq_external_take(heap, req);
	if (!agent) {
		if (!req->optional && !sq_gfp_nofail(req->gfp))
			count_failure(heap, req->pages, limit_hits, nomem);
	} else if (pin) {
		sq_heap_pin(heap);
	}
	return agent;
}

/**
 * sq_heap_give() - give a block back
 * @heap: the heap it was taken from
 * @c: its owner, which is told of pages that others put or freed
 * @agent: its agent
 *
 * Context: Any context but NMI.
 */
void sq_heap_give(struct squirrel_heap *heap, struct squirrel_cache *c,
		  struct sq_agent *agent)
{
	struct sq_lost lost = sq_manager_give(heap->manager, agent);

	if (unlikely(lost.pages))
		sq_report_lost(c, lost);
	if (!(c->flags & SQ_CACHE_INTERNAL))
		heap_unpin(heap);
}
