// SPDX-License-Identifier: GPL-2.0
/*
 * Frees that the hot path would not take: what is all right goes to the magazines or
 * the slabs, whatever stood in its way.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocator/internal.h"

static void sq_wipe(struct squirrel_cache *c, void *obj)
{
	if (want_init_on_free() && !c->ctor &&
	    !(c->flags & SQUIRREL_TYPESAFE_BY_RCU))
		memset(obj, 0, c->object_size);
}

void sq_cache_free_slow(struct squirrel_cache *c, void *obj,
			unsigned long caller)
{
	bool done, ok;

	if (ZERO_OR_NULL_PTR(obj))
		return;
	preempt_disable();
	done = (c->flags & SQ_CACHE_MARK_OUTSIDE) &&
	       sq_cold_free(c, sq_map_lookup(obj), obj);
	ok = done || sq_check_free(c, obj, caller);
	preempt_enable();
	if (done || !ok)
		return;
	sq_wipe(c, obj);
	sq_cache_push(c, obj);
}

/* The hot path found it fit; but for some caches it looks at the wrong place. */
void sq_cache_free_full(struct squirrel_cache *c, void *obj,
			unsigned long caller)
{
	if (unlikely(c->flags & SQ_CACHE_MARK_OUTSIDE))
		sq_cache_free_slow(c, obj, caller);
	else
		sq_cache_push(c, obj);
}

/* Preemption off. */
static void sq_heap_misuse(struct squirrel_heap *heap, struct sq_agent *agent,
			   const void *obj, unsigned long caller)
{
	const char *what = "free of another heap's memory";

	if (!sq_owner(agent))
		what = sq_foreign(agent);
	sq_report(heap->large, what, obj, caller);
}

void sq_heap_free_slow(const void *obj, struct squirrel_heap *heap,
		       unsigned long caller)
{
	struct squirrel_cache *owner, *c = NULL;
	struct sq_agent *agent;
	bool large = false;

	if (ZERO_OR_NULL_PTR(obj))
		return;
	preempt_disable();
	agent = sq_map_owner(obj, &owner);
	if (owner && owner->heap_key == heap)
		c = owner;
	else if (owner != heap->large)
		sq_heap_misuse(heap, agent, obj, caller);
	else if ((unsigned long)obj != sq_agent_addr(agent))
		sq_report(owner, "free of a pointer into the middle", obj,
			  caller);
	else if (!sq_large_claim(heap, agent))
		sq_report(owner, "second free", obj, caller);
	else
		large = true;
	preempt_enable();
	if (c)
		sq_cache_free_slow(c, (void *)obj, caller);
	else if (large)
		sq_large_free(heap, agent);
}
