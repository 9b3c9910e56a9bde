// SPDX-License-Identifier: GPL-2.0
/*
 * Is what debugging filled still as it was left? Of objects that others are at: what was
 * found wrong counts if the object was not touched by squirrel meanwhile.
 */
#include <linux/compiler.h>

#include "guard.h"

/* What an object was when it was looked at; the same before and after, if it did not change. */
struct sq_moment {
	u32 state;
	u64 allocated;
	u64 freed;
};

static struct sq_moment moment_of(const struct sq_slot *s)
{
	return (struct sq_moment){
		.state = READ_ONCE(s->state),
		.allocated = READ_ONCE(s->alloc.when),
		.freed = READ_ONCE(s->free.when),
	};
}

static bool same_moment(const struct sq_moment *a, const struct sq_moment *b)
{
	return a->state == b->state && a->allocated == b->allocated && a->freed == b->freed;
}

/* A live object has its redzones; a free one its poison too. */
static bool is_sound(const struct squirrel_cache *t, void *slot, u32 state,
		     struct sq_damage *damage)
{
	if (state == SQ_SLOT_LIVE)
		return !(READ_ONCE(t->debug) & SQ_DEBUG_REDZONE) ||
		       sq_slot_zones_sound(t, slot, damage);
	if (state != SQ_SLOT_FREE && state != SQ_SLOT_HELD)
		return true;
	return !(READ_ONCE(t->debug) & SQ_DEBUG_POISON) ||
	       sq_slot_poison_sound(t, slot, damage);
}

static bool slot_sound(struct squirrel_cache *t, void *slot)
{
	struct sq_moment before = moment_of(slot), after;
	struct sq_damage damage;

	/* Pairs with sq_debug_alloc() and sq_debug_free(). */
	smp_rmb();
	if (is_sound(t, slot, before.state, &damage))
		return true;
	/* The same. */
	smp_rmb();
	after = moment_of(slot);
	if (!same_moment(&before, &after))
		return true;
	sq_trouble_slot(t, slot, &damage, _RET_IP_);
	return false;
}

/*
 * The objects of a slab that is a twin's; it stays as long as this lasts. Returns how many
 * are damaged: each was reported. Any context.
 */
unsigned int sq_debug_check_slab(struct squirrel_cache *t, const struct sq_agent *agent)
{
	unsigned int nr = sq_read_racy(sq_slab_of((struct sq_agent *)agent)->nr_objs), i;
	char *slot = (char *)sq_slab_base(agent);
	unsigned int bad = 0;

	for (i = 0; i < nr; i++, slot += t->size)
		bad += !slot_sound(t, slot);
	return bad;
}

/* ---- guarded ones --------------------------------------------------------------- */

struct sq_guard_check {
	const struct squirrel_cache *only;
	const struct squirrel_heap *heap;
	unsigned int bad;
};

/* It is mapped as long as this lasts; who frees it looks for himself. */
static void check_guard(struct sq_guard *g, void *ctx)
{
	struct squirrel_cache *t = sq_owner_acquire(&g->agent), *c = sq_client_of(t);
	struct sq_guard_check *check = ctx;
	struct sq_damage damage;

	if (!c || (check->only && c != check->only) || (check->heap && c->heap != check->heap))
		return;
	if (!sq_guard_live(&g->agent) || sq_guard_sound(g, &damage))
		return;
	/* It was looked at before it was asked whether it is live still. */
	smp_rmb();
	if (!sq_guard_live(&g->agent))
		return;
	sq_trouble_guard(t, g, &damage, _RET_IP_);
	check->bad++;
}

/* Of a cache, or of all that have their memory of a heap. As sq_debug_check_slab(). May sleep. */
unsigned int sq_debug_check_guards(const struct squirrel_cache *only,
				   const struct squirrel_heap *heap)
{
	struct sq_guard_check check = { .only = only, .heap = heap };

	sq_guard_walk(check_guard, &check);
	return check.bad;
}
