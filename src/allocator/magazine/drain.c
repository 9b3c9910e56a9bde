// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots are emptied into the slabs, by what nobody needed lately.
 */
#include <linux/percpu.h>

#include "magazine.h"

/* How many of this CPU's @nr objects stay, by what it did since the last look. */
static u32 cpu_keeps(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr)
{
	unsigned long used = sq_cpu_used(cc), uses = used - cc->seen;

	cc->seen = used;
	cc->misses = 0;
	if (uses >= (unsigned long)SQ_BUSY_USES * READ_ONCE(c->cap)) {
		WRITE_ONCE(c->busy, true);
		return nr;
	}
	return min_t(unsigned long, nr, uses / SQ_IDLE_USES);
}

/*
 * Empty this CPU's magazines into the slabs; preemption is off. With @idle_only
 * only of what was of little use since the last look. Returns the number of
 * objects moved.
 */
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool idle_only)
{
	u32 nr, keep = 0, out;
	struct sq_cpu *cc;

	sq_resize_migrate(c, smp_processor_id());
	cc = sq_cpu_get(c, &nr);
	if (!cc)
		return 0;
	if (idle_only)
		keep = cpu_keeps(c, cc, nr);
	out = nr - keep;
	/* The oldest go. */
	sq_slabs_put(c, cc->obj, out);
	sq_move(cc->obj, cc->obj + out, keep);
	sq_cpu_put(c, cc, keep);
	return out;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_drain);

/* The same for a CPU that is offline, and remains so; preemption is off. */
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu)
{
	struct sq_cpu *cc;
	u32 nr;

	sq_resize_migrate(c, cpu);
	cc = per_cpu_ptr(READ_ONCE(c->cpu), cpu);
	if (!sq_claim_there(sq_word_in(c, cc), &nr))
		return 0;
	sq_slabs_put(c, cc->obj, nr);
	/* Empty before they may be claimed again. */
	smp_store_release(&sq_word_in(c, cc)->word, 0);
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

	sq_cap_decay(c);
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
			sq_mag_free(mag);
		}
	}
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depot_drain);
