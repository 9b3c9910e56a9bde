// SPDX-License-Identifier: GPL-2.0
/*
 * Depots: whole magazines that CPUs of a node put down and take up again.
 *
 * A node has a few, and a CPU uses one of them: it gets back what it put down itself, whose
 * lines are in its cache, and seldom waits for another CPU. Only where its own has nothing
 * it takes from the others, and leaves its empty magazine there, for who frees next.
 *
 * Lock: sq_depot.lock, under a claim or not; nothing is taken under it, nor two of them.
 */
#include <linux/hardirq.h>
#include <linux/minmax.h>
#include <linux/smp.h>

#include "magazine.h"

static unsigned int depot_here(const struct sq_node *n)
{
	return raw_smp_processor_id() & (n->nr_depots - 1);
}

struct sq_mag *sq_depot_pop(struct sq_depot *d)
{
	struct sq_mag *mag = d->full;

	lockdep_assert_held(&d->lock);
	if (!mag)
		return NULL;
	sq_assert(d->nr && d->objs >= mag->nr && mag->nr <= mag->cap);
	d->full = mag->next;
	d->objs -= mag->nr;
	WRITE_ONCE(d->nr, d->nr - 1);
	d->min = min(d->min, d->nr);
	d->low = min(d->low, d->nr);
	return mag;
}

/* There was no room: if that goes on, let it hold more. */
static void depot_grow(struct squirrel_cache *c, struct sq_depot *d)
{
	u32 cap = READ_ONCE(d->cap), misses = READ_ONCE(d->misses);

	if (cap >= c->depot_max)
		return;
	/* A count that is lost between CPUs does no harm. */
	if (++misses >= SQ_DEPOT_MISSES) {
		WRITE_ONCE(d->cap, min(cap ? 2 * cap : 1, c->depot_max));
		misses = 0;
	}
	WRITE_ONCE(d->misses, misses);
}

/*
 * The depot takes @full, if it has room, for an empty one of its own or one that is made;
 * NULL: no room, or no memory. Not in NMI.
 */
struct sq_mag *sq_depot_put(struct squirrel_cache *c, struct sq_node *n, struct sq_mag *full)
{
	struct sq_depot *d = &n->depot[depot_here(n)];
	struct sq_mag *empty = NULL;
	unsigned long flags;

	if (READ_ONCE(d->nr) >= READ_ONCE(d->cap)) {
		depot_grow(c, d);
		return NULL;
	}
	if (!READ_ONCE(d->empty)) {
		empty = sq_mag_new(c, c->cpu_max);
		if (!empty)
			return NULL;
	}
	sq_count_wait(c, &d->lock);
	raw_spin_lock_irqsave(&d->lock, flags);
	if (!empty && d->empty) {
		empty = d->empty;
		WRITE_ONCE(d->empty, empty->next);
	}
	if (empty) {
		full->next = d->full;
		d->full = full;
		d->objs += full->nr;
		WRITE_ONCE(d->nr, d->nr + 1);
	}
	raw_spin_unlock_irqrestore(&d->lock, flags);
	return empty;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depot_put);

static struct sq_mag *depot_get(struct squirrel_cache *c, struct sq_depot *d,
				struct sq_mag **empty)
{
	struct sq_mag *mag;
	unsigned long flags;

	sq_count_wait(c, &d->lock);
	raw_spin_lock_irqsave(&d->lock, flags);
	mag = sq_depot_pop(d);
	if (mag && *empty && (*empty)->cap == c->cpu_max) {
		(*empty)->next = d->empty;
		WRITE_ONCE(d->empty, *empty);
		*empty = NULL;
	}
	raw_spin_unlock_irqrestore(&d->lock, flags);
	return mag;
}

static noinline struct sq_mag *get_elsewhere(struct squirrel_cache *c, struct sq_node *n,
					     struct sq_mag **empty)
{
	unsigned int here = depot_here(n), i;
	struct sq_mag *mag = NULL;

	for (i = 1; i < n->nr_depots && !mag; i++) {
		struct sq_depot *d = &n->depot[(here + i) & (n->nr_depots - 1)];

		if (READ_ONCE(d->nr))
			mag = depot_get(c, d, empty);
	}
	return mag;
}

/*
 * A full one, and *@empty stays there if it is as large as those are: then it is NULL.
 * NULL: there is none, or this is an NMI.
 */
struct sq_mag *sq_depot_get(struct squirrel_cache *c, struct sq_node *n,
			    struct sq_mag **empty)
{
	struct sq_depot *d = &n->depot[depot_here(n)];
	struct sq_mag *mag = NULL;

	if (in_nmi())
		return NULL;
	if (READ_ONCE(d->nr))
		mag = depot_get(c, d, empty);
	return mag ?: get_elsewhere(c, n, empty);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depot_get);

/* Objects in a node's depots, roughly. */
unsigned long sq_depots_objs(const struct sq_node *n)
{
	unsigned long objs = 0;
	unsigned int i;

	for (i = 0; i < n->nr_depots; i++)
		objs += sq_racy(n->depot[i].objs);
	return objs;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_depots_objs);
