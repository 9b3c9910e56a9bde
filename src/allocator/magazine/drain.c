// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines and depots are emptied into the slabs, by what nobody needed lately.
 */
#include <linux/minmax.h>
#include <linux/percpu.h>

#include "magazine.h"
#include "trace.h"

/* The spare goes, with what is in it. Returns how many objects that was. */
static u32 spare_drain(struct squirrel_cache *c, struct sq_hand *h)
{
	struct sq_mag *mag = h->spare;
	u32 nr;

	if (!mag)
		return 0;
	nr = mag->nr;
	sq_slabs_put(c, mag->obj, nr);
	WRITE_ONCE(h->spare, NULL);
	sq_mag_free(mag);
	return nr;
}

/* Claimed: nothing stays, nor the magazines. Returns the number of objects moved. */
static unsigned long hand_drain(struct squirrel_cache *c, struct sq_cpu *cc,
				struct sq_hand *h, u32 nr)
{
	unsigned long moved = nr + spare_drain(c, h);

	sq_slabs_put(c, h->loaded->obj, nr);
	sq_hand_free(c, cc, nr);
	return moved;
}

/* Claimed: uses since the reclaimer's last look by the clock. */
static unsigned long uses_since(struct squirrel_cache *c, struct sq_hand *h, u32 nr)
{
	unsigned long used = sq_hand_used(c, h, nr), uses = used - h->seen;

	h->seen = used;
	return uses;
}

/*
 * Empty what this CPU has at hand into the slabs; preemption is off. With @idle_only only
 * of what was of little use since the last look. Returns the number of objects moved.
 */
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool idle_only)
{
	unsigned long moved, uses;
	struct sq_hand *h;
	u32 nr, keep, cap;

	h = sq_cpu_get(c, &nr, false);
	if (!h)
		return 0;
	uses = idle_only ? uses_since(c, h, nr) : 0;
	if (!uses) {
		if (!idle_only)
			sq_cap_keep(c, h->loaded->cap);
		moved = hand_drain(c, this_cpu_ptr(sq_cpu_of(c)), h, nr);
		sq_unclaim(sq_cpu_of(c), sq_no_top());
		trace_squirrel_drain(c->name, moved);
		return moved;
	}
	h->misses = 0;
	cap = h->loaded->cap;
	if (uses >= (unsigned long)SQ_BUSY_USES * cap) {
		sq_cpu_put(c, h, nr);
		return 0;
	}
	cap = max((cap / 2U) & ~1U, sq_cap_start(c));
	keep = min3((unsigned long)nr, uses / SQ_IDLE_USES, (unsigned long)cap);
	moved = nr - keep + spare_drain(c, h);
	sq_hand_put_older(c, h, nr, keep);
	sq_hand_resize(c, h, keep, cap);
	sq_cpu_put(c, h, keep);
	trace_squirrel_drain(c->name, moved);
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_drain);

/* The same for a CPU that is offline, and remains so; preemption is off. */
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu)
{
	struct sq_cpu *cc = per_cpu_ptr(sq_cpu_of(c), cpu);
	struct sq_hand *h;
	unsigned long moved = 0;

	if (!READ_ONCE(cc->hand) || !sq_claim_there(cc))
		return 0;
	h = READ_ONCE(cc->hand);
	if (h)
		moved = hand_drain(c, cc, h, sq_mag_nr(h->loaded, READ_ONCE(cc->top)));
	/* Empty before it may be claimed again. */
	sq_unclaim_there(cc, sq_no_top());
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_drain_dead);

/* Of all CPUs that are offline; cpus_read_lock() is held. How many objects moved. */
unsigned long sq_cache_drain_dead(struct squirrel_cache *c)
{
	unsigned long moved = 0;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (cpu_online(cpu))
			continue;
		preempt_disable();
		moved += sq_cpu_drain_dead(c, cpu);
		preempt_enable();
		sq_cache_tidy(c);
	}
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_drain_dead);

/*
 * A look by volume: the next may follow at once, and so it only tells what is in use from
 * what is not, and leaves sizes to looks by the clock. Preemption is off. Returns the
 * number of objects moved.
 */
unsigned long sq_cpu_look(struct squirrel_cache *c)
{
	unsigned long used, uses, moved = 0;
	struct sq_hand *h;
	u32 nr, keep;

	h = sq_cpu_get(c, &nr, false);
	if (!h)
		return 0;
	used = sq_hand_used(c, h, nr);
	uses = used - h->looked;
	h->looked = used;
	keep = min_t(unsigned long, nr, uses / SQ_IDLE_USES);
	if (uses < h->loaded->cap)
		moved = spare_drain(c, h);
	sq_hand_put_older(c, h, nr, keep);
	sq_cpu_put(c, h, keep);
	return moved + nr - keep;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cpu_look);

/* ---- depots ----------------------------------------------------------------- */

/* Its empty magazines. */
static void empties_free(struct sq_depot *d)
{
	struct sq_mag *mag;
	unsigned long flags;

	raw_spin_lock_irqsave(&d->lock, flags);
	mag = d->empty;
	WRITE_ONCE(d->empty, NULL);
	raw_spin_unlock_irqrestore(&d->lock, flags);
	sq_mags_free(mag);
}

/* Some of a depot's magazines go, with what is in them. Returns how many objects. */
static unsigned long mags_drain(struct squirrel_cache *c, struct sq_depot *d, u32 nr)
{
	unsigned long moved = 0, flags;
	struct sq_mag *mag;

	while (nr--) {
		raw_spin_lock_irqsave(&d->lock, flags);
		mag = sq_depot_pop(d);
		raw_spin_unlock_irqrestore(&d->lock, flags);
		if (!mag)
			break;
		moved += mag->nr;
		preempt_disable();
		sq_slabs_put(c, mag->obj, mag->nr);
		preempt_enable();
		sq_cache_tidy(c);
		sq_mag_free(mag);
	}
	return moved;
}

static unsigned long depot_drain(struct squirrel_cache *c, struct sq_depot *d, bool all)
{
	unsigned long flags;
	u32 unneeded, cap;

	raw_spin_lock_irqsave(&d->lock, flags);
	unneeded = all ? d->nr : d->min;
	d->min = d->nr - unneeded;
	/* depot_grow() has no lock: one of both is lost then, and no more. */
	cap = READ_ONCE(d->cap);
	WRITE_ONCE(d->cap, cap - min(cap, unneeded));
	WRITE_ONCE(d->misses, 0);
	raw_spin_unlock_irqrestore(&d->lock, flags);
	empties_free(d);
	return mags_drain(c, d, unneeded);
}

static unsigned long depot_look(struct squirrel_cache *c, struct sq_depot *d)
{
	unsigned long flags;
	u32 unneeded;

	if (!READ_ONCE(d->nr))
		return 0;
	raw_spin_lock_irqsave(&d->lock, flags);
	unneeded = min(d->low, d->nr);
	d->low = d->nr - unneeded;
	raw_spin_unlock_irqrestore(&d->lock, flags);
	return mags_drain(c, d, unneeded);
}

/*
 * Empty the depots: all of them, or what stayed unused since the last look.
 * Returns the number of objects that went to their slabs.
 */
unsigned long sq_depot_drain(struct squirrel_cache *c, bool all)
{
	unsigned long moved = 0;
	unsigned int i;
	int nid;

	for_each_node(nid)
		for (i = 0; i < c->node[nid]->nr_depots; i++)
			moved += depot_drain(c, &c->node[nid]->depot[i], all);
	if (moved)
		trace_squirrel_drain(c->name, moved);
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depot_drain);

/*
 * A look by volume: what stayed unused since the last one; how many there may be is for
 * looks by the clock to say. Returns the number of objects that went to their slabs.
 */
unsigned long sq_depot_look(struct squirrel_cache *c)
{
	unsigned long moved = 0;
	unsigned int i;
	int nid;

	for_each_node(nid)
		for (i = 0; i < c->node[nid]->nr_depots; i++)
			moved += depot_look(c, &c->node[nid]->depot[i]);
	return moved;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depot_look);
