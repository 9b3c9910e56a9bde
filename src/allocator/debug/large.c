// SPDX-License-Identifier: GPL-2.0
/*
 * Large blocks that are debugged: what lies between the end of what was asked for and the
 * end of the last page is redzone, and there is some in any case. Who allocated it the
 * block's agent knows.
 */
#include <linux/string.h>

#include "debug.h"

/* Guarded it is no block: it is not in the heap's limit. */
static void *guarded(struct squirrel_heap *heap, size_t size, gfp_t gfp, u32 debug,
		     unsigned long caller)
{
	void *obj = gfp & SQ_GFP_ZONES ? NULL :
		    sq_guard_alloc(heap->large, size, gfp, debug, caller);

	if (obj)
		sq_large_count(heap, size);
	return obj;
}

/* As sq_large_alloc(). */
void *sq_debug_large_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp, int node,
			   unsigned long caller)
{
	u32 how = READ_ONCE(heap->debug);
	/* For samples no areas of such lengths are made ahead. */
	u32 debug = how == SQ_DEBUG_SAMPLE ? SQ_DEBUG_SAMPLED & ~SQ_DEBUG_GUARD :
					     how | SQ_DEBUG_ON;
	size_t room = debug & SQ_DEBUG_REDZONE ? SQ_REDZONE_BYTES : 0;
	struct sq_agent *agent;
	struct sq_large *large;
	void *obj;

	if (unlikely(debug & SQ_DEBUG_SWEEP) && sq_sweep_fails(heap->large, size, gfp, caller))
		return NULL;
	obj = debug & SQ_DEBUG_GUARD ? guarded(heap, size, gfp, debug, caller) : NULL;
	if (obj)
		return obj;
	if (size + room > SQUIRREL_MAX_SIZE)
		room = 0;
	obj = sq_large_take(heap, size, room, gfp, node);
	if (!obj)
		return NULL;
	preempt_disable();
	agent = sq_map_lookup(obj);
	preempt_enable();
	large = sq_large_of(agent);
	if (debug & SQ_DEBUG_REDZONE)
		memset((char *)obj + size, SQ_REDZONE, sq_agent_size(agent) - size);
	sq_track_set(&large->track, debug, caller);
	/* Who finds it debugged finds it so. */
	smp_store_release(&large->debug, debug);
	sq_peak_add(heap->large, size);
	return obj;
}

/* It was claimed, and is about to go. */
void sq_debug_large_check(struct squirrel_heap *heap, struct sq_agent *agent,
			  unsigned long caller)
{
	const u8 *end = (u8 *)sq_agent_addr(agent) + sq_large_of(agent)->size;
	struct sq_damage damage = {
		.what = "write behind a large block",
		.want = SQ_REDZONE,
	};

	sq_peak_sub(heap->large, sq_large_of(agent)->size);
	if (!(sq_large_of(agent)->debug & SQ_DEBUG_REDZONE) ||
	    !(READ_ONCE(heap->debug) & (SQ_DEBUG_REDZONE | SQ_DEBUG_SAMPLE)))
		return;
	damage.at = memchr_inv(end, SQ_REDZONE,
			       sq_agent_addr(agent) + sq_agent_size(agent) -
			       (unsigned long)end);
	if (damage.at)
		sq_trouble_large(heap, agent, &damage, caller);
}
