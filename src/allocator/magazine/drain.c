// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots are emptied into the slabs, by what nobody needed lately.
 */
#include <linux/minmax.h>
#include <linux/percpu.h>

#include "magazine.h"

/*
 * How many of @nr objects stay in this CPU's claimed array, by what it did since the
 * last look, and *@cap: how many it may hold from now on.
 */
static u32 cpu_keeps(struct squirrel_cache *c, struct sq_array *a, u32 nr, u32 *cap)
{
	unsigned long used = sq_array_used(c, a, nr), uses = used - a->seen;

	a->seen = used;
	a->misses = 0;
	if (uses >= (unsigned long)SQ_BUSY_USES * a->cap)
		return nr;
	*cap = max((a->cap / 2U) & ~1U, sq_cap_start(c));
	return min3((unsigned long)nr, uses / SQ_IDLE_USES, (unsigned long)*cap);
}

/*
 * Empty this CPU's array into the slabs; preemption is off. With @idle_only only of what
 * was of little use since the last look. Returns the number of objects moved.
 */
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool idle_only)
{
	u32 nr, keep = 0, out, cap;
	struct sq_array *a;

	a = sq_cpu_get(c, &nr, false);
	if (!a)
		return 0;
	cap = idle_only ? a->cap : sq_cap_start(c);
	if (idle_only)
		keep = cpu_keeps(c, a, nr, &cap);
	out = nr - keep;
	/* The oldest go. */
	sq_slabs_put(c, a->obj, out);
	sq_move(a->obj, a->obj + out, keep);
	if (a->mag && cap < c->cpu_max) {
		sq_array_memory_free(a->mag, SQ_MAG_ORDER);
		a->mag = NULL;
	}
	if (cap != a->cap)
		a = sq_array_resize(c, a, keep, cap);
	sq_cpu_put(c, a, keep);
	return out;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_drain);

/* The same for a CPU that is offline, and remains so; preemption is off. */
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu)
{
	struct sq_cpu *cc = per_cpu_ptr(sq_cpu_of(c), cpu);
	struct sq_array *a = READ_ONCE(cc->array);
	u32 nr;

	if (!a || !sq_claim_there(cc))
		return 0;
	nr = sq_array_nr(a, cc->top);
	sq_slabs_put(c, a->obj, nr);
	WRITE_ONCE(a->base, a->base - nr);
	/* Empty before it may be claimed again. */
	sq_unclaim_there(cc, sq_array_top(a, 0));
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_drain_dead);

/*
 * Empty the depots: all of them, or what stayed unused since the last look.
 * Returns the number of objects that went to their slabs.
 */
unsigned long sq_depot_drain(struct squirrel_cache *c, bool all)
{
	unsigned long moved = 0, flags;
	int nid;

	for_each_node(nid) {
		struct sq_node *n = c->node[nid];
		struct sq_mag *mag;
		u32 unneeded;

		raw_spin_lock_irqsave(&n->lock, flags);
		unneeded = all ? n->depot_nr : n->depot_min;
		n->depot_min = n->depot_nr - unneeded;
		WRITE_ONCE(n->depot_cap, n->depot_cap - min(n->depot_cap, unneeded));
		WRITE_ONCE(n->depot_misses, 0);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		while (unneeded--) {
			raw_spin_lock_irqsave(&n->lock, flags);
			mag = sq_depot_pop(n);
			raw_spin_unlock_irqrestore(&n->lock, flags);
			if (!mag)
				break;
			moved += mag->nr;
			preempt_disable();
			sq_slabs_put(c, mag->obj, mag->nr);
			preempt_enable();
			sq_cache_tidy(c);
			sq_array_memory_free(mag, SQ_MAG_ORDER);
		}
	}
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depot_drain);
