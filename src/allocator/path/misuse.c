// SPDX-License-Identifier: GPL-2.0
/*
 * What is wrong with a pointer that is freed: look closely, report it, leave it alone
 * and go on.
 */
#include <linux/mm.h>

#include "allocator/internal.h"

static bool sq_in_slab(struct squirrel_cache *c, struct sq_agent *agent,
		       const void *obj)
{
	unsigned int i = sq_slot_index(c, agent, obj);

	/* More: the agent is another slab's by now. */
	return i < SQ_SLAB_MAX_OBJS &&
	       sq_glance(sq_slab_of(agent)->free[i >> 6]) & BIT_ULL(i & 63);
}

/*
 * The slabs are asked as well, for an object whose mark was overwritten, or that
 * has none for want of hardening.
 */
static bool sq_is_free(struct squirrel_cache *c, struct sq_agent *agent,
		       const void *obj)
{
	return sq_marked(c, obj) || sq_in_slab(c, agent, obj);
}

/*
 * Is @obj, the start of an object, live memory of @heap; or, if that is NULL, of
 * any cache or heap?
 */
bool sq_is_live(const struct squirrel_heap *heap, const void *obj)
{
	struct squirrel_cache *c;
	struct sq_agent *agent;
	bool live;

	preempt_disable();
	do {
		agent = sq_map_owner(obj, &c);
		live = c && (!heap || c->heap_key == heap || c == heap->large);
		if (live && agent->kind == SQ_KIND_SLAB)
			live = !sq_is_free(c, agent, obj);
		smp_rmb();	/* as in sq_check_free() */
	} while (!live && agent != sq_map_lookup(obj));
	preempt_enable();
	return live;
}

const char *sq_foreign(struct sq_agent *agent)
{
	if (agent == &sq_agent_nobody)
		return "free of memory that is not squirrel's";
	return "second free, or free of memory given back,";
}

/* What is wrong with freeing @obj, in the page of @agent, to @c? */
static const char *sq_misuse_of(struct squirrel_cache *c, const void *obj,
				struct sq_agent *agent)
{
	struct squirrel_cache *owner = sq_owner(agent);

	if (!owner)
		return sq_foreign(agent);
	if (owner != c)
		return "free of another cache's object";
	if (!sq_slot_start(c, agent, obj))
		return "free of a pointer into the middle";
	if (sq_slot_index(c, agent, obj) >= sq_slab_of(agent)->nr_objs)
		return "free of a pointer behind the last object";
	return sq_is_free(c, agent, obj) ? "second free" : NULL;
}

/* Preemption off. May @obj be freed to @c? If not, say so. */
bool sq_check_free(struct squirrel_cache *c, const void *obj,
		   unsigned long caller)
{
	struct sq_agent *agent;
	const char *what;

	do {
		agent = sq_map_lookup(obj);
		what = sq_misuse_of(c, obj, agent);
		/* Or its slab was taken apart meanwhile: see shed.c. */
		smp_rmb();
	} while (what && agent != sq_map_lookup(obj));
	if (what)
		sq_report(c, what, obj, caller);
	return !what;
}
