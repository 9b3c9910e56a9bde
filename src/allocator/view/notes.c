// SPDX-License-Identifier: GPL-2.0
/*
 * A slab does not know where its objects are that are not in it. So those in magazines,
 * depots and quarantine are noted before blocks are looked at: their addresses, sorted. All
 * of these are read while others use them, hence an address may be listed twice or be out
 * of date; it is only ever compared with, never followed.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "allocator/cache/cache.h"

#include "notes.h"

static bool notes_want(const struct sq_notes *notes, const struct squirrel_cache *c)
{
	return notes->only ? c == notes->only : c->heap == notes->heap;
}

static void count_objects(struct squirrel_cache *c, void *ctx)
{
	struct sq_notes *notes = ctx;
	int nid;

	if (!notes_want(notes, c))
		return;
	notes->max += sq_cache_in_magazines(c);
	for_each_node(nid)
		notes->max += sq_depots_objs(c->node[nid]);
	if (c->twin)
		notes->max += sq_quarantined(c->twin);
}

static void note_object(struct sq_notes *notes, const void *obj, enum sq_place place)
{
	struct sq_note *note;

	if (notes->nr >= notes->max)
		return;
	note = &notes->all[notes->nr++];
	note->addr = (unsigned long)obj;
	note->before[0] = place == SQ_PLACE_DEPOT;
	note->before[1] = place == SQ_PLACE_QUARANTINE;
}

/*
 * Another CPU may show a number before the pointer that makes it up: then an old
 * one is noted, which is all that a picture may be.
 */
static bool note_hand(void **objs, u32 nr, void *notes)
{
	u32 i;

	for (i = 0; i < nr; i++)
		note_object(notes, sq_read_racy(objs[i]), SQ_PLACE_MAGAZINE);
	return false;
}

static void note_depot(struct sq_notes *notes, struct sq_depot *d)
{
	struct sq_mag *mag;
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&d->lock, flags);
	for (mag = d->full; mag; mag = mag->next)
		for (i = 0; i < mag->nr; i++)
			note_object(notes, mag->obj[i], SQ_PLACE_DEPOT);
	raw_spin_unlock_irqrestore(&d->lock, flags);
}

/* Without its lock, which is not to be held for a megabyte of slots. */
static void note_quarantine(struct sq_notes *notes, const struct squirrel_cache *t)
{
	/* Pairs with sq_quarantine_make(). */
	const struct sq_quarantine *q = smp_load_acquire(&t->quarantine);
	u32 first, nr, i;

	if (!q)
		return;
	first = sq_read_racy(q->first);
	nr = min(sq_read_racy(q->nr), q->max);
	for (i = 0; i < nr; i++)
		note_object(notes, sq_read_racy(q->slot[(first + i) % q->max]),
			    SQ_PLACE_QUARANTINE);
}

static void note_cache(struct squirrel_cache *c, void *ctx)
{
	struct sq_notes *notes = ctx;
	unsigned int i;
	int nid;

	if (!notes_want(notes, c))
		return;
	sq_look_in_hands(c, note_hand, notes);
	for_each_node(nid)
		for (i = 0; i < c->node[nid]->nr_depots; i++)
			note_depot(notes, &c->node[nid]->depot[i]);
	if (c->twin)
		note_quarantine(notes, c->twin);
}

static int address_order(const void *a, const void *b)
{
	const struct sq_note *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void drop_twins(struct sq_notes *notes)
{
	size_t from, to = 0;

	for (from = 0; from < notes->nr; from++)
		if (!to || notes->all[from].addr != notes->all[to - 1].addr)
			notes->all[to++] = notes->all[from];
	notes->nr = to;
}

/* What each is becomes how many such are below it; the last one is none. */
static void sum_up(struct sq_notes *notes)
{
	u32 sums[SQ_NR_PLACES - 1] = {};
	unsigned int k;
	size_t i;

	notes->all[notes->nr] = (struct sq_note){ .addr = ULONG_MAX };
	for (i = 0; i <= notes->nr; i++) {
		for (k = 0; k < SQ_NR_PLACES - 1; k++) {
			u32 here = notes->all[i].before[k];

			notes->all[i].before[k] = sums[k];
			sums[k] += here;
		}
	}
}

/*
 * Fill @notes, of which heap and only are set. Without memory for the list, or for all
 * of it (some room is left for what comes in between), objects that are not noted are
 * taken for live. May sleep.
 */
void sq_notes_take(struct sq_notes *notes)
{
	sq_walk_caches(count_objects, notes);
	notes->max += notes->max / 4 + 2 * SQ_MAG_MAX;
	notes->all = kvmalloc_array(notes->max + 1, sizeof(*notes->all), GFP_KERNEL);
	if (!notes->all)
		return;
	sq_walk_caches(note_cache, notes);
	sort(notes->all, notes->nr, sizeof(*notes->all), address_order, NULL);
	drop_twins(notes);
	sum_up(notes);
}

void sq_notes_drop(struct sq_notes *notes)
{
	kvfree(notes->all);
}

/* How many are below @addr. */
static size_t notes_below(const struct sq_notes *notes, unsigned long addr)
{
	size_t low = 0, high = notes->nr;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (notes->all[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* How many there are from @addr up to @end, by place. Any context. */
void sq_notes_count(const struct sq_notes *notes, unsigned long addr, unsigned long end,
		    unsigned int nr[SQ_NR_PLACES])
{
	size_t first = notes_below(notes, addr), last = notes_below(notes, end);
	unsigned int k;

	memset(nr, 0, SQ_NR_PLACES * sizeof(*nr));
	if (!notes->all)
		return;
	nr[SQ_PLACE_MAGAZINE] = last - first;
	for (k = 0; k < SQ_NR_PLACES - 1; k++) {
		nr[k + 1] = notes->all[last].before[k] - notes->all[first].before[k];
		nr[SQ_PLACE_MAGAZINE] -= nr[k + 1];
	}
}

/* Where an object is; SQ_NR_PLACES: it is not noted. Any context. */
enum sq_place sq_notes_place(const struct sq_notes *notes, unsigned long addr)
{
	size_t at = notes_below(notes, addr);
	unsigned int k;

	if (at == notes->nr || notes->all[at].addr != addr)
		return SQ_NR_PLACES;
	for (k = 0; k < SQ_NR_PLACES - 1; k++)
		if (notes->all[at + 1].before[k] != notes->all[at].before[k])
			return k + 1;
	return SQ_PLACE_MAGAZINE;
}
