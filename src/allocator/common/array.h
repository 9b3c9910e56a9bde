/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's array of objects at hand, and what is counted there. Who may touch it, and
 * how it is claimed, is in magazine/percpu.h; how large it is, in magazine/array.c.
 */
#ifndef _SQ_ALLOCATOR_ARRAY_H
#define _SQ_ALLOCATOR_ARRAY_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "allocator/common/types.h"
#include "compat.h"

/**
 * struct sq_array - objects at hand on one CPU; memory of squirrel's own
 * @base: what to add to sq_cpu.frees, and to take the number of objects from, for
 *	the objects handed out: so the hot path counts in one direction only
 * @seen: sq_array_used() at the reclaimer's last look
 * @mag: an empty magazine for the next flush to the depot, or NULL
 * @slow: events that are counted by who has the claim
 * @misses: how often it ran full or empty since the last look, by what that is worth
 * @held: objects in it when it was claimed
 * @cap: objects that it may hold
 * @order: its memory is SQ_ARRAY_BYTES << @order
 * @was_full: the last miss was that it ran full
 * @bottom: NULL: below the first object
 * @obj: the objects; behind the last that there is room for is SQ_ARRAY_END
 *
 * A pop knows by the NULL that there is nothing, a push by the end that there is no
 * room: neither has to know where the array begins or ends.
 */
struct sq_array {
	unsigned long base;
	unsigned long seen;
	struct sq_mag *mag;
	u32 slow[SQ_NR_SLOW_CLAIMED];
	u16 misses;
	u16 held;
	u16 cap;
	u8 order;
	bool was_full;
	void *bottom;
	void *obj[];
};

/* No object is there. */
#define SQ_ARRAY_END	((void *)1UL)

/**
 * struct sq_cpu - what a CPU has of a cache; all that CPUs cost that never use it
 * @top: where the topmost object's pointer is, or &sq_array.bottom; the lowest bit
 *	is the claim, where that is one instruction
 * @claimed: it is, where that is two
 * @frees: objects taken back by who had the claim
 * @array: the array that @top is in, or NULL: none was needed so far
 */
struct sq_cpu {
	unsigned long top;
	unsigned long frees;
	struct sq_array *array;
#ifndef SQ_PERCPU_BTS
	unsigned long claimed;
#endif
};

/*
 * The hot path looks into the first one. Of a cache whose objects carry their mark
 * outside, which it must not touch, that one stays empty, and this is the second.
 */
static inline struct sq_cpu __percpu *sq_cpu_of(const struct squirrel_cache *c)
{
	return c->cpu + !!(c->flags & SQ_CACHE_MARK_OUTSIDE);
}

/* ---- counts without the claim ------------------------------------------------- */

#define sq_count_allocs(c, nr)	atomic_long_add(nr, &(c)->counts.allocs)
#define sq_count_frees(c, nr)	atomic_long_add(nr, &(c)->counts.frees)
#define sq_count_slow(c, event)	atomic_inc(&(c)->counts.slow[event])

#endif /* _SQ_ALLOCATOR_ARRAY_H */
