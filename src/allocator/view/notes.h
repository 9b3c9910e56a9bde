/* SPDX-License-Identifier: GPL-2.0 */
/* Which objects are neither live nor in their slab: addresses, noted before a look at blocks. */
#ifndef _SQ_ALLOCATOR_NOTES_H
#define _SQ_ALLOCATOR_NOTES_H

#include <linux/types.h>

struct squirrel_cache;
struct squirrel_heap;

enum sq_place {
	SQ_PLACE_MAGAZINE,
	SQ_PLACE_DEPOT,
	SQ_PLACE_QUARANTINE,
	SQ_NR_PLACES,		/* in none of them */
};

/**
 * struct sq_note - an object
 * @addr: where it is
 * @before: how many noted ones of each place but the first have a lower address
 */
struct sq_note {
	unsigned long addr;
	u32 before[SQ_NR_PLACES - 1];
};

/**
 * struct sq_notes - objects of one cache, or of all of a heap, by address
 * @heap: the heap, or the cache's
 * @only: the cache, or NULL
 * @all: they, and a last one that is none; or NULL
 * @nr: how many
 * @max: how many there is room for
 */
struct sq_notes {
	struct squirrel_heap *heap;
	const struct squirrel_cache *only;
	struct sq_note *all;
	size_t nr;
	size_t max;
};

void sq_notes_take(struct sq_notes *notes);
void sq_notes_drop(struct sq_notes *notes);
void sq_notes_count(const struct sq_notes *notes, unsigned long addr, unsigned long end,
		    unsigned int nr[SQ_NR_PLACES]);
enum sq_place sq_notes_place(const struct sq_notes *notes, unsigned long addr);

#endif /* _SQ_ALLOCATOR_NOTES_H */
