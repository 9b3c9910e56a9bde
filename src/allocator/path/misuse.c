// SPDX-License-Identifier: GPL-2.0
/*
 * What is wrong with a pointer that is freed: look closely, report it, leave it alone
 * and go on.
 */
#include <linux/mm.h>

#include "allocator/slab/guard.h"

#include "path.h"

static bool in_slab(const struct sq_found *f)
{
	unsigned int i = f->index;

	/* More: the agent is another slab's by now. */
	return i < SQ_SLAB_MAX_OBJS &&
	       sq_read_racy(sq_slab_of(f->agent)->free[i >> 6]) & BIT_ULL(i & 63);
}

/*
 * The slabs are asked as well, for an object whose mark was overwritten, or that
 * has none for want of hardening.
 */
static bool is_free(const struct sq_found *f, const void *obj)
{
	return sq_marked(f->owner, sq_slot_of(f->owner, obj)) || in_slab(f);
}

/*
 * Is @obj, the start of an object, live memory of @heap; or, if that is NULL, of
 * any cache or heap?
 */
bool sq_is_live(const struct squirrel_heap *heap, const void *obj)
{
	const struct squirrel_cache *c;
	struct sq_found f;
	bool live;

	preempt_disable();
	do {
		sq_obj_look(obj, &f);
		c = sq_client_of(f.owner);
		live = c && (!heap || c->heap_key == heap || c == heap->large);
		if (live && f.agent->kind == SQ_KIND_SLAB)
			live = !is_free(&f, obj);
		else if (live && f.agent->kind == SQ_KIND_GUARD)
			live = sq_guard_live(f.agent);
	} while (!live && sq_obj_moved(obj, f.agent));
	preempt_enable();
	return live;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_is_live);

const char *sq_foreign(struct sq_agent *agent)
{
	if (sq_guard_was_used(agent))
		return "second free";
	if (agent == &sq_agent_null || agent->kind == SQ_KIND_GUARD)
		return "free of memory that is not squirrel's";
	return "second free, or free of memory given back,";
}

/* What is wrong with freeing @obj, of which @f was found out, to @c? */
static const char *misuse_of(const struct squirrel_cache *c, const void *obj,
			     const struct sq_found *f)
{
	if (!f->owner)
		return sq_foreign(f->agent);
	if (f->owner != c)
		return "free of another cache's object";
	if (!f->start)
		return "free of a pointer into the middle";
	if (f->index >= sq_slab_of(f->agent)->nr_objs)
		return "free of a pointer behind the last object";
	return is_free(f, obj) ? "second free" : NULL;
}

/* Preemption off. May @obj be freed to @c? If not, say so. */
bool sq_check_free(struct squirrel_cache *c, const void *obj,
		   unsigned long caller)
{
	struct sq_found f;
	const char *what;

	do {
		sq_obj_look(obj, &f);
		what = misuse_of(c, obj, &f);
	} while (what && sq_obj_moved(obj, f.agent));
	if (what && sq_trouble_knows(&f))
		sq_trouble_misuse(c, what, obj, &f, caller);
	else if (what)
		sq_report(c, what, obj, caller);
	return !what;
}
