// SPDX-License-Identifier: GPL-2.0
/*
 * Guarded objects, out and in. Each lies at the end of an area of its own, as its alignment
 * allows, and behind the area nothing is mapped: who reads there faults, at that very
 * instruction. After the free the area is unmapped, a moment later (guard_pool.c): then who
 * touches the object faults.
 *
 * What is in front of the object, and the few bytes behind it, hold a redzone. What is kept
 * of it is not in the area, so nobody overwrites it, and it outlives it.
 */
#include <linux/atomic.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "guard.h"

/* ---- out --------------------------------------------------------------------- */

/* Who is counted for objects of @c: what stands for a heap's large blocks has no twin. */
static struct squirrel_cache *guarding(struct squirrel_cache *c)
{
	return c->flags & SQ_CACHE_LARGE ? c : c->twin;
}

static size_t bytes_of(const struct squirrel_cache *c, size_t size)
{
	return c->flags & SQ_CACHE_LARGE ? size : c->object_size;
}

/* One that is the caller's alone, or NULL. */
static struct sq_guard *take(struct squirrel_cache *t, size_t size, gfp_t gfp, long most)
{
	unsigned int pages = sq_guard_pages(sq_client_of(t), size);
	struct sq_guard *g;

	/* A constructor may ask for what is not to be had in NMI. */
	if (!pages || gfp & __GFP_THISNODE || (t->ctor && !sq_may_grow()))
		return NULL;
	if (atomic_long_inc_return(&t->guarded) <= most) {
		g = sq_guard_take(pages);
		if (g)
			return g;
	}
	atomic_long_dec(&t->guarded);
	return NULL;
}

static void fill(struct squirrel_cache *t, struct sq_guard *g, gfp_t gfp)
{
	if (t->ctor)
		t->ctor(g->obj);
	else if (want_init_on_alloc(gfp) &&
		 (gfp & __GFP_ZERO || !(t->flags & SQUIRREL_TYPESAFE_BY_RCU)))
		memset(g->obj, 0, g->asked);
}

/*
 * An object of @c, of which sq_debug_alloc() has counted one, or NULL: there is no area for
 * it. Any context.
 */
void *sq_guard_alloc(struct squirrel_cache *c, size_t size, gfp_t gfp, u32 debug,
		     unsigned long caller)
{
	/* No large block is guarded that is only sampled. */
	bool all = c->flags & SQ_CACHE_LARGE || READ_ONCE(c->debug) & SQ_DEBUG_GUARD;
	struct squirrel_cache *t = guarding(c);
	struct sq_guard *g = take(t, size, gfp, all ? SQ_GUARD_OBJS : SQ_GUARD_SAMPLE_OBJS);

	if (!g) {
		atomic_long_inc(&t->guard_missed);
		return NULL;
	}
	g->obj = g->base + g->bytes - ALIGN(size, sq_guard_align(c, size));
	g->asked = size;
	g->flags = debug;
	WRITE_ONCE(g->client, c);
	strscpy(g->name, c->name, sizeof(g->name));
	sq_track_set(&g->alloc, debug, caller);
	fill(t, g, gfp);
	/* Who finds it live, or whose it is, finds the rest. */
	smp_store_release(&g->state, SQ_GUARD_LIVE);
	sq_agent_publish(&g->agent, t);
	sq_peak_add(c, bytes_of(c, size));
	if (unlikely(debug & SQ_DEBUG_TRACE))
		sq_debug_log(c, g->obj, size, &g->alloc);
	return g->obj;
}

/* ---- in ---------------------------------------------------------------------- */

/* Preemption off. What is wrong with a free of @obj, which lies in it; NULL: it is free now. */
static const char *claim(struct sq_guard *g, const void *obj)
{
	if (READ_ONCE(g->state) == SQ_GUARD_LIVE && obj != g->obj)
		return "free of a pointer into the middle";
	return cmpxchg(&g->state, SQ_GUARD_LIVE, SQ_GUARD_FREE) == SQ_GUARD_LIVE ?
	       NULL : "second free";
}

/* Until it is unmapped who reads it reads no data, and who writes to it is found then. */
static void poison(const struct squirrel_cache *t, struct sq_guard *g)
{
	if (!sq_slot_may_poison(t))
		return;
	memset(g->obj, SQ_POISON, g->asked);
	g->poisoned = true;
}

/* It was claimed: nobody else frees it. */
static void put(struct squirrel_cache *t, struct sq_guard *g, unsigned long caller)
{
	struct squirrel_cache *c = sq_client_of(t);
	struct sq_damage damage;
	u32 debug = g->flags;
	size_t size = g->asked;

	sq_track_set(&g->free, debug, caller);
	if (!sq_guard_sound(g, &damage)) {
		sq_trouble_guard(t, g, &damage, caller);
		/* Told once. */
		memset(g->base, SQ_REDZONE, g->obj - g->base);
		memset(g->obj + g->asked, SQ_REDZONE, g->base + g->bytes - g->obj - g->asked);
	}
	if (unlikely(debug & SQ_DEBUG_TRACE))
		sq_debug_log(c, g->obj, 0, &g->free);
	poison(t, g);
	sq_guard_put(g);
	sq_peak_sub(c, bytes_of(c, size));
	/* Last: what is counted as live is so. */
	if (c->flags & SQ_CACHE_LARGE)
		sq_large_uncount(c->heap, size);
	else
		sq_count_frees(t, 1);
}

/* Any context. False: what is at @obj is no guarded object of @t. */
bool sq_guard_free(struct squirrel_cache *t, void *obj, unsigned long caller)
{
	const char *what = NULL;
	struct sq_guard *g;
	struct sq_found f;
	bool ours;

	preempt_disable();
	sq_obj_look(obj, &f);
	ours = f.agent->kind == SQ_KIND_GUARD && f.owner == t;
	g = sq_guard_of(f.agent);
	if (ours)
		what = claim(g, obj);
	if (what)
		sq_trouble_misuse(sq_client_of(t), what, obj, &f, caller);
	preempt_enable();
	if (ours && !what)
		put(t, g, caller);
	return ours;
}
