// SPDX-License-Identifier: GPL-2.0
/*
 * Frees that the hot path would not take: what is all right goes to the magazines or
 * the slabs, whatever stood in its way.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "path.h"

/*
 * A cache that is nothing for the hot path, before it goes on to the slow.
 * Preemption is off.
 */
static bool push_outside(struct squirrel_cache *c,
			 const struct sq_agent *agent, void *obj)
{
	if (!static_key_enabled(&sq_hardened) || want_init_on_free())
		return false;
	if (static_branch_unlikely(&sq_numa) && agent->node != numa_mem_id())
		return false;
	return sq_owner_fast(agent) == c &&
	       sq_check_push(c, agent, obj, true) == SQ_PUSH_DONE;
}

/* Is it, or was it, an object of the cache's twin? */
static bool is_twins(const struct squirrel_cache *c, const void *obj)
{
	struct squirrel_cache *owner;

	if (likely(!READ_ONCE(c->twin)))
		return false;
	preempt_disable();
	sq_obj_agent_any(obj, &owner);
	preempt_enable();
	return owner == c->twin;
}

void sq_cache_free_slow(struct squirrel_cache *c, void *obj,
			unsigned long caller)
{
	bool done, ok;

	if (ZERO_OR_NULL_PTR(obj))
		return;
	if (unlikely(is_twins(c, obj))) {
		sq_debug_free(c->twin, obj, caller);
		return;
	}
	preempt_disable();
	done = (c->flags & SQ_CACHE_MARK_OUTSIDE) &&
	       push_outside(c, sq_map_lookup(obj), obj);
	ok = done || sq_check_free(c, obj, caller);
	/* What is refused may be in no cache's way: it is counted as misuse. */
	if (ok)
		sq_count_slow(c, SQ_SLOW_FREE);
	preempt_enable();
	if (!done && ok)
		sq_cache_push(c, obj);
}

/* What the page map does not know may be guarded. False: it is nobody's. */
bool sq_free_any_guarded(void *obj, unsigned long caller)
{
	struct squirrel_cache *owner;
	bool ours;

	/* As in squirrel_free_any(). */
	rcu_read_lock();
	preempt_disable();
	sq_obj_agent_any(obj, &owner);
	preempt_enable();
	/* Or it has come to be somebody's since. */
	ours = owner && (owner->client || owner->flags & SQ_CACHE_LARGE);
	if (ours)
		sq_debug_free(owner, obj, caller);
	rcu_read_unlock();
	return ours;
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

/* Preemption off. Apart, for it needs room on the stack. */
static noinline void heap_misuse(struct squirrel_heap *heap, struct sq_agent *agent,
				 const void *obj, unsigned long caller)
{
	const char *what = "free of another heap's memory";
	struct sq_found f;

	if (!sq_owner(agent))
		what = sq_foreign(agent);
	else if (sq_owner(agent) == heap->large)
		what = (unsigned long)obj != sq_agent_addr(agent) ?
		       "free of a pointer into the middle" : "second free";
	sq_obj_look(obj, &f);
	if (sq_trouble_knows(&f))
		sq_trouble_misuse(heap->large, what, obj, &f, caller);
	else
		sq_report(heap->large, what, obj, caller);
}

/* No block of the heap's of its own, or not to be freed as one. */
static noinline void heap_free_object(const void *obj, struct squirrel_heap *heap,
				      unsigned long caller)
{
	struct squirrel_cache *owner, *c = NULL;
	struct sq_agent *agent;
	bool guarded = false;

	if (ZERO_OR_NULL_PTR(obj))
		return;
	preempt_disable();
	agent = sq_obj_agent_any(obj, &owner);
	owner = sq_client_of(owner);
	if (owner == heap->large && agent->kind == SQ_KIND_GUARD)
		guarded = true;
	else if (owner && owner->heap_key == heap)
		c = owner;
	else
		heap_misuse(heap, agent, obj, caller);
	preempt_enable();
	if (guarded)
		sq_debug_free(heap->large, (void *)obj, caller);
	else if (c)
		sq_cache_free_slow(c, (void *)obj, caller);
}

void sq_heap_free_slow(const void *obj, struct squirrel_heap *heap,
		       unsigned long caller)
{
	struct sq_agent *agent;
	bool large;

	/* One look is enough, for such a block is never taken apart. */
	preempt_disable();
	agent = sq_map_lookup(obj);
	large = sq_owner(agent) == heap->large &&
		(unsigned long)obj == sq_agent_addr(agent) &&
		sq_large_claim(heap, agent);
	preempt_enable();
	if (unlikely(!large)) {
		heap_free_object(obj, heap, caller);
		return;
	}
	if (unlikely(sq_large_of(agent)->debug))
		sq_debug_large_check(heap, agent, caller);
	sq_large_free(heap, agent);
}
