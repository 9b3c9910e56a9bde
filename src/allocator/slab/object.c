// SPDX-License-Identifier: GPL-2.0
/*
 * Objects: whose an address is, and what is done to an object on its way out and
 * back that is not for the hot path.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "guard.h"
#include "object.h"

/* ---- whose an address is --------------------------------------------------- */

/* The page map knows all but what is guarded, which has pages of another kind. */
static struct sq_agent *agent_of(const void *obj)
{
	struct sq_agent *agent = sq_map_lookup(obj);

	return likely(agent != &sq_agent_null) ? agent : sq_guard_agent(obj);
}

/*
 * Preemption off. Is what was found out from @agent of before? It may have become
 * another block's since it was looked up, if the object's slab was taken apart
 * (trim.c); then the map has changed before. Who must not be wrong about a live
 * object looks again.
 */
bool sq_obj_moved(const void *obj, const struct sq_agent *agent)
{
	smp_rmb();	/* pairs with the smp_wmb() in split_slab() */
	return agent != agent_of(obj);
}

/*
 * Preemption off. What @obj is by the page map of now; see sq_obj_moved() for what
 * may be wrong about it.
 */
void sq_obj_look(const void *obj, struct sq_found *f)
{
	struct sq_agent *agent = agent_of(obj);

	*f = (struct sq_found){ .agent = agent, .owner = sq_owner(agent) };
	if (!f->owner)
		return;
	f->base = sq_agent_addr(agent);
	if (agent->kind == SQ_KIND_GUARD)
		f->base = (unsigned long)sq_guard_of(agent)->obj;
	if (agent->kind != SQ_KIND_SLAB) {
		f->start = (unsigned long)obj == f->base;
		return;
	}
	f->index = sq_slot_index(f->owner, agent, obj);
	f->base = sq_slab_base(agent) + (unsigned long)f->owner->size * f->index +
		  f->owner->lead;
	f->start = sq_slot_start(f->owner, agent, sq_slot_of(f->owner, obj));
}

/* The same, right about any object that is live. */
void sq_obj_find(const void *obj, struct sq_found *f)
{
	do {
		sq_obj_look(obj, f);
	} while (sq_obj_moved(obj, f->agent));
}

/* Preemption off. As sq_obj_agent(), but what is guarded is found as well. */
struct sq_agent *sq_obj_agent_any(const void *obj, struct squirrel_cache **owner)
{
	struct sq_agent *agent = sq_obj_agent(obj, owner);

	if (likely(agent != &sq_agent_null))
		return agent;
	agent = sq_guard_agent(obj);
	*owner = sq_owner_acquire(agent);
	return agent;
}

/* ---- all that is done to it ------------------------------------------------ */

/*
 * Small objects are zeroed by plain stores, four words at a time: a call and a
 * string instruction cost more than the few words that there are.
 */
static __always_inline void zero_words(void *obj, u32 size)
{
	unsigned long *word = obj, *end = obj + (size & ~31U);

	if (size > 256) {
		memset(obj, 0, size);
		return;
	}
	for (; word < end; word += 4) {
		word[0] = 0;
		word[1] = 0;
		word[2] = 0;
		word[3] = 0;
		barrier();	/* or the compiler makes it a memset() again */
	}
	end = obj + (size & ~7U);
	for (; word < end; word++) {
		*word = 0;
		barrier();
	}
	if (size & 7)
		memset(word, 0, size & 7);
}

/* Zeroing is wanted; not all objects may be. */
void sq_obj_zero(struct squirrel_cache *c, void *obj, gfp_t gfp)
{
	/* A constructed object keeps its state; a reader may still look. */
	if (c->ctor)
		return;
	if ((c->flags & SQUIRREL_TYPESAFE_BY_RCU) && !(gfp & __GFP_ZERO))
		return;
	zero_words(obj, c->object_size);
}

/* Make an object fit to be handed out. */
void sq_obj_alloc_prep(struct squirrel_cache *c, void *obj, gfp_t gfp)
{
	sq_obj_unmark_at(sq_mark_at(c, obj));
	if (want_init_on_alloc(gfp))
		sq_obj_zero(c, obj, gfp);
}

/* What a constructor made, or a reader may still see, stays. */
void sq_obj_wipe(struct squirrel_cache *c, void *obj)
{
	if (!c->ctor && !(c->flags & SQUIRREL_TYPESAFE_BY_RCU))
		memset(obj, 0, c->object_size);
}
