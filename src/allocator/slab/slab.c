// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs: one block of objects, and a node's lists of them.
 *
 * Which of a slab's objects are in it is one bit each, out of line, so a write
 * to a free object cannot lead the allocator astray and a second free is seen
 * for certain. Nearly full slabs are taken from first: then the others have a
 * chance to become empty.
 */
#include <linux/hardirq.h>
#include <linux/random.h>

#include "allocator/pages/pages.h"

#include "object.h"
#include "slab.h"

/*
 * In NMI the lock may be held by what was interrupted: only try.
 * Sparse cannot follow a lock that may fail to be had; it is told that nothing
 * happened.
 */
bool sq_node_lock(struct squirrel_cache *c, struct sq_node *n,
		  unsigned long *flags)
{
	if (in_nmi()) {
		*flags = 0;
		if (!raw_spin_trylock(&n->lock))
			return false;
	} else {
		sq_count_wait(c, &n->lock);
		raw_spin_lock_irqsave(&n->lock, *flags);
	}
	n->changes++;
	__release(&n->lock);
	return true;
}

void sq_node_unlock(struct sq_node *n, unsigned long flags)
{
	__acquire(&n->lock);
	if (in_nmi())
		raw_spin_unlock(&n->lock);
	else
		raw_spin_unlock_irqrestore(&n->lock, flags);
}

/* Put the slab on the list that fits how full it is. */
void sq_slab_fix_fullness(struct sq_node *n, struct sq_slab *slab)
{
	unsigned int free = slab->nr_free, objs = slab->nr_objs, where;

	if (free == objs)
		where = SQ_FULLNESS_EMPTY;
	else if (!free)
		where = SQ_FULLNESS_FULL;
	else if (free * 4 <= objs)
		where = SQ_FULLNESS_HIGH;
	else if (free * 2 <= objs)
		where = SQ_FULLNESS_MID;
	else
		where = SQ_FULLNESS_LOW;
	sq_assert(free <= objs && slab->fullness <= SQ_NR_FULLNESS);
	if (where == slab->fullness)
		return;
	if (where == SQ_FULLNESS_EMPTY) {
		n->nr_empty++;
	} else if (slab->fullness == SQ_FULLNESS_EMPTY) {
		n->nr_empty--;
		n->empty_min = min(n->empty_min, n->nr_empty);
		n->empty_low = min(n->empty_low, n->nr_empty);
	}
	slab->fullness = where;
	list_move(&slab->list, &n->lists[where]);
}

/*
 * A fresh slab's objects come in random order, if the kernel's do: one that
 * nobody can tell from where it is and the moment.
 */
static void shuffle_objs(void **objs, unsigned int nr)
{
	unsigned int i;
	u32 seed;

	if (!IS_ENABLED(CONFIG_SLAB_FREELIST_RANDOM) || nr < 2)
		return;
	seed = sq_next_order();
	for (i = nr; i > 1; i--) {
		seed = seed * 1664525U + 1013904223U;
		swap(objs[i - 1], objs[((u64)seed * i) >> 32]);
	}
}

unsigned int sq_slab_take(struct squirrel_cache *c, struct sq_slab *slab,
			  void **objs, unsigned int want)
{
	unsigned long base = sq_slab_base(sq_slab_agent(slab)), size = c->size;
	unsigned int got, w;
	void **to = objs, **end = objs + min_t(unsigned int, want, slab->nr_free);

	for (w = 0; to < end && w < SQ_SLAB_WORDS; w++, base += 64 * size) {
		u64 free = slab->free[w];

		if (!free)
			continue;
		/* As many as are wanted, at the least one: few instructions for each. */
		do {
			*to++ = (void *)(base + size * __ffs64(free));
			free &= free - 1;
		} while (free && to < end);
		slab->free[w] = free;
	}
	got = to - objs;
	sq_assert(got <= slab->nr_free);
	slab->nr_free -= got;
	slab->flags &= ~(SQ_SLAB_SEEN | SQ_SLAB_TRIMMED);
	if (unlikely(slab->flags & SQ_SLAB_FRESH)) {
		shuffle_objs(objs, got);
		if (!slab->nr_free)
			slab->flags &= ~SQ_SLAB_FRESH;
	}
	return got;
}

/* Take up to @want objects from up to @slabs of the node's slabs, the fullest first. */
static unsigned int node_take(struct squirrel_cache *c, struct sq_node *n, void **objs,
			      unsigned int want, unsigned int slabs)
{
	unsigned int got = 0, where = SQ_FULLNESS_HIGH;

	lockdep_assert_held(&n->lock);
	while (got < want && slabs && where <= SQ_FULLNESS_EMPTY) {
		struct sq_slab *slab;

		slab = list_first_entry_or_null(&n->lists[where],
						struct sq_slab, list);
		if (!slab) {
			where++;
			continue;
		}
		got += sq_slab_take(c, slab, objs + got, want - got);
		sq_slab_fix_fullness(n, slab);
		slabs--;
	}
	sq_assert(got <= n->nr_free);
	n->nr_free -= got;
	return got;
}

unsigned int sq_node_take(struct squirrel_cache *c, struct sq_node *n,
			  void **objs, unsigned int want)
{
	return node_take(c, n, objs, want, UINT_MAX);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_node_take);

/*
 * For who waits for the first: not too many, and where each comes from a slab of its own, a
 * few. That bounds the longest allocation; who wants more comes again.
 */
unsigned int sq_node_take_few(struct squirrel_cache *c, struct sq_node *n,
			      void **objs, unsigned int want)
{
	return node_take(c, n, objs, min(want, SQ_REFILL_OBJS), SQ_REFILL_SLABS);
}

/* So many of its objects are in the slab again. */
void sq_slab_came_back(struct sq_node *n, struct sq_slab *slab, unsigned int nr)
{
	lockdep_assert_held(&n->lock);
	slab->nr_free += nr;
	sq_assert(slab->nr_free <= slab->nr_objs);
	slab->flags &= ~(SQ_SLAB_SEEN | SQ_SLAB_TRIMMED);
	n->nr_free += nr;
	sq_slab_fix_fullness(n, slab);
}

/* Take a slab, or what is left of one, out of the node's books. */
void sq_node_detach(struct sq_node *n, struct sq_slab *slab,
		    struct list_head *out)
{
	lockdep_assert_held(&n->lock);
	sq_assert(slab->nr_free == slab->nr_objs);
	sq_assert(n->nr_slabs && n->nr_objs >= slab->nr_objs &&
		  n->nr_free >= slab->nr_objs);
	if (slab->fullness == SQ_FULLNESS_EMPTY)
		n->nr_empty--;
	n->empty_min = min(n->empty_min, n->nr_empty);
	n->empty_low = min(n->empty_low, n->nr_empty);
	slab->fullness = SQ_NR_FULLNESS;
	list_move(&slab->list, out);
	n->nr_slabs--;
	n->nr_objs -= slab->nr_objs;
	n->nr_free -= slab->nr_objs;
	n->nr_pages -= sq_agent_pages(sq_slab_agent(slab));
}

/* The empty slab that goes next, if there are more than @keep. */
struct sq_slab *sq_node_spare(const struct squirrel_cache *c,
			      struct sq_node *n, unsigned long keep)
{
	struct sq_slab *slab;

	lockdep_assert_held(&n->lock);
	if (n->nr_empty <= keep)
		return NULL;
	slab = list_last_entry(&n->lists[SQ_FULLNESS_EMPTY], struct sq_slab, list);
	return n->nr_free - slab->nr_objs < c->reserve ? NULL : slab;
}

/* Detach some empty slabs beyond @keep, as the reserve allows. Returns how many */
unsigned int sq_node_detach_empty(struct squirrel_cache *c, struct sq_node *n,
				  unsigned long keep, struct list_head *out)
{
	struct sq_slab *slab;
	unsigned int nr;

	for (nr = 0; nr < SQ_DETACH_HOLD; nr++) {
		slab = sq_node_spare(c, n, keep);
		if (!slab)
			break;
		sq_node_detach(n, slab, out);
	}
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_node_detach_empty);

/* See sq_slot_start(). */
void sq_slab_set_bias(const struct squirrel_cache *c, struct sq_agent *agent)
{
	struct sq_slab *slab = sq_slab_of(agent);

	WRITE_ONCE(slab->recip_bias, (SQ_SLAB_MAX_OBJS - slab->nr_objs) *
		   sq_slot_step(c) - sq_slab_base(agent) * c->recip);
}
