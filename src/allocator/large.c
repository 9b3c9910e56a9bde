// SPDX-License-Identifier: GPL-2.0
/*
 * Large blocks of a heap: whole pages, straight from the manager. The block's
 * owner is the heap's stand-in cache, so a free finds its heap by the same
 * lookup as a small object does.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "internal.h"
#include "pick.h"

static struct sq_large *sq_large_of(struct sq_agent *agent)
{
	return (struct sq_large *)agent->priv;
}

/* @size is over 0 and at most SQUIRREL_MAX_SIZE. */
void *sq_large_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp,
		     int node)
{
	struct sq_request req = {
		.pages = DIV_ROUND_UP(size, PAGE_SIZE),
		/* As kmalloc() promises. */
		.align = is_power_of_2(size) ? size >> PAGE_SHIFT : 0,
		.gfp = gfp & ~(__GFP_ZERO | __GFP_HIGHMEM | __GFP_COMP),
		.node = node,
		.kind = SQ_KIND_LARGE,
	};
	struct sq_agent *agent;
	void *obj;

	if (in_nmi())
		return NULL;
	if (node == NUMA_NO_NODE)
		req.node = heap->home ? heap->home - 1 : numa_mem_id();
	do {
		agent = sq_heap_take(heap, &req);
	} while (!agent && sq_wait_for_memory(gfp));
	if (!agent) {
		sq_heap_count_failure(heap, req.pages, &heap->limit_hits,
				      &heap->nomem);
		return NULL;
	}
	sq_heap_pin(heap);
	sq_large_of(agent)->size = size;
	atomic_long_inc(&heap->large_live);
	atomic_long_inc(&heap->large_allocs);
	atomic_long_add(size, &heap->large_bytes);
	obj = (void *)sq_agent_addr(agent);
	sq_agent_publish(agent, heap->large);
	if (want_init_on_alloc(gfp))
		memset(obj, 0, req.pages << PAGE_SHIFT);
	return obj;
}

/* False if somebody else has freed it in between. */
bool sq_large_free(struct squirrel_heap *heap, struct sq_agent *agent,
		   const void *obj)
{
	size_t size = sq_large_of(agent)->size;
	struct sq_lost lost;

	if (cmpxchg(&agent->owner, heap->large, NULL) != heap->large)
		return false;
	if (want_init_on_free())
		memset((void *)obj, 0, sq_agent_size(agent));
	atomic_long_dec(&heap->large_live);
	atomic_long_sub(size, &heap->large_bytes);
	lost = sq_manager_give(heap->manager, agent);
	if (unlikely(lost.pages))
		sq_report_lost(heap->large, lost);
	sq_heap_surplus(heap);
	sq_heap_unpin(heap);
	return true;
}
