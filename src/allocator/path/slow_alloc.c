// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that the hot path has nothing for: nothing is loaded, or it is claimed, a
 * certain node or zone is asked for, a heap has no class of that size yet.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>

#include "path.h"
#include "trace.h"

/*
 * A reserve of constructed objects: nobody but who allocates may construct them,
 * and so he does, a slab at a time, where he may sleep.
 */
static void refill_reserve(struct squirrel_cache *c, gfp_t gfp)
{
	if (gfpflags_allow_blocking(gfp) && !(c->flags & SQ_CACHE_DYING))
		sq_cache_fill(c, (gfp & ~__GFP_NOFAIL) | __GFP_NORETRY, 1);
}

/* Nothing is loaded on this CPU, or it is claimed, or a certain node is asked for. */
void *sq_cache_alloc_slow(struct squirrel_cache *c, gfp_t gfp, int node)
{
	void *obj;

	if (!in_nmi())
		might_alloc(gfp);
	if (unlikely(sq_debugged(c)))
		return sq_debug_alloc(c, c->object_size, gfp, node, _RET_IP_);
	if (unlikely(gfp & SQ_GFP_ZONES))
		return sq_zone_alloc(c, gfp, node);
	if (node == NUMA_NO_NODE && (c->flags & SQ_CACHE_MARK_OUTSIDE)) {
		/* What is nothing for the hot path has been nowhere yet. */
		if (sq_fast_pop(c, &obj, true))
			goto finish;
	}
	do {
		obj = sq_take_slow(c, gfp, node);
	} while (!obj && sq_wait_for_memory(gfp));
	if (!obj)
		return NULL;
	sq_count_allocs(c, 1);
	if (unlikely(c->ctor) && c->reserve)
		refill_reserve(c, gfp);
finish:
	sq_obj_alloc_prep(c, obj, gfp);
	return obj;
}

static const char *name_of(const struct squirrel_cache *c)
{
	return c->heap_key ? c->heap->name : c->name;
}

/* As squirrel_cache_alloc_node() of its @caller, who wants to know of allocations or not. */
void *sq_cache_alloc_told(struct squirrel_cache *c, gfp_t gfp, int node,
			  unsigned long caller)
{
	void *obj;

	if (unlikely(sq_racy(sq_series_n)) && node == NUMA_NO_NODE)
		sq_series_tick(gfp, 1);
	if (unlikely(sq_debugged(c)))
		obj = sq_debug_alloc(c, c->object_size, gfp, node, caller);
	else if (node == NUMA_NO_NODE && !(gfp & SQ_GFP_ZONES) &&
		 sq_fast_pop(c, &obj, false))
		sq_obj_alloc_prep(c, obj, gfp);
	else
		obj = sq_cache_alloc_slow(c, gfp, node);
	if (obj)
		sq_trace_alloc(name_of(c), caller, obj, c->object_size, c->size, gfp, node);
	return obj;
}

/* The heap is debugged: what was asked for is known here, to the byte. */
static void *heap_alloc_debugged(struct squirrel_heap *heap, struct squirrel_cache *c,
				 size_t size, gfp_t gfp, int node, unsigned long caller)
{
	if (!c || gfp & SQ_GFP_ZONES) {
		if (READ_ONCE(heap->debug) == SQ_DEBUG_SAMPLE && !sq_sample_take_large(heap))
			return sq_large_alloc(heap, size, gfp, node);
		return sq_debug_large_alloc(heap, size, gfp, node, caller);
	}
	if (!READ_ONCE(c->debug))
		sq_debug_join(heap, c, gfp);
	return sq_debugged(c) ? sq_debug_alloc(c, size, gfp, node, caller) :
				sq_cache_alloc_slow(c, gfp, node);
}

static noinline void *heap_alloc_other(struct squirrel_heap *heap, size_t size, gfp_t gfp,
				       int node, unsigned long caller)
{
	struct squirrel_cache *c = NULL;
	void *obj;

	if (!size)
		return ZERO_SIZE_PTR;
	if (size > SQUIRREL_MAX_SIZE) {
		if (!(gfp & __GFP_NOWARN))
			pr_warn_ratelimited("heap '%s': %zu bytes asked for, %lu is the most\n",
					    heap->name, size,
					    SQUIRREL_MAX_SIZE);
		return NULL;
	}
	if (!in_nmi())
		might_alloc(gfp);
	if (size <= SQUIRREL_CLASS_MAX_SIZE)
		c = sq_heap_class(heap, squirrel_class_of(size), gfp);
	if (unlikely(sq_racy(sq_series_n)) && (!c || node == NUMA_NO_NODE))
		sq_series_tick(gfp, 1);
	if (unlikely(READ_ONCE(heap->debug)))
		obj = heap_alloc_debugged(heap, c, size, gfp, node, caller);
	else if (c)
		obj = sq_cache_alloc_slow(c, gfp, node);
	else
		obj = sq_large_alloc(heap, size, gfp, node);
	if (static_branch_unlikely(&sq_trace_allocs) && obj)
		sq_trace_alloc(heap->name, caller, obj, size,
			       c ? c->size : PAGE_ALIGN(size), gfp, node);
	return obj;
}

/* There is no such class yet, or the size is none of a class, or it is for a node. */
void *sq_heap_alloc_slow(struct squirrel_heap *heap, size_t size, gfp_t gfp,
			 int node)
{
	if (likely(size > SQUIRREL_CLASS_MAX_SIZE && size <= SQUIRREL_MAX_SIZE &&
		   !sq_racy(sq_series_n) && !READ_ONCE(heap->debug)) &&
	    !static_branch_unlikely(&sq_trace_allocs))
		return sq_large_alloc(heap, size, gfp, node);
	return heap_alloc_other(heap, size, gfp, node, _RET_IP_);
}
