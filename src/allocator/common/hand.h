/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a CPU has of a cache at hand, and what is counted there. Who may touch it, and
 * how it is claimed, is in magazine/percpu.h; how much it may be, in magazine/hand.c.
 */
#ifndef _SQ_ALLOCATOR_HAND_H
#define _SQ_ALLOCATOR_HAND_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "allocator/common/types.h"
#include "compat.h"

/**
 * struct sq_mag - a magazine: objects that move as one; memory of squirrel's own
 * @next: in a depot
 * @nr: objects in it, while it is not loaded
 * @cap: objects that it may hold
 * @order: its memory is SQ_MAG_BYTES << @order
 * @bottom: NULL: below the first object
 * @obj: the objects; behind the last that there is room for is SQ_MAG_END
 *
 * A pop knows by the NULL that there is nothing, a push by the end that there is no
 * room: neither has to know where the magazine begins or ends.
 */
struct sq_mag {
	struct sq_mag *next;
	u16 nr;
	u16 cap;
	u8 order;
	void *bottom;
	void *obj[];
};

/* No object is there. */
#define SQ_MAG_END	((void *)1UL)

/**
 * struct sq_hand - what a CPU that uses a cache has of it; memory of squirrel's own
 * @base: what to add to sq_cpu.frees, and to take the number of objects in @loaded from,
 *	for the objects handed out: so the hot path counts in one direction only
 * @seen: sq_hand_used() at the reclaimer's last look by the clock
 * @looked: the same at its last by volume
 * @loaded: the magazine that sq_cpu.top is in
 * @spare: another, full or empty, or NULL
 * @slow: events that are counted by who has the claim
 * @misses: how often it ran full or empty since the last look, by what that is worth
 * @held: objects in @loaded when it was claimed
 * @was_full: the last miss was that it ran full
 */
struct sq_hand {
	unsigned long base;
	unsigned long seen;
	unsigned long looked;
	struct sq_mag *loaded;
	struct sq_mag *spare;
	u32 slow[SQ_NR_SLOW_CLAIMED];
	u16 misses;
	u16 held;
	bool was_full;
};

/**
 * struct sq_cpu - a CPU's part of a cache; all that CPUs cost that never use it
 * @top: where the topmost object's pointer is, or &sq_mag.bottom; the lowest bit is the
 *	claim, where that is one instruction
 * @frees: objects taken back by who had the claim
 * @hand: the rest, or NULL: none was needed so far
 * @claimed: it is, where that is two
 */
struct sq_cpu {
	unsigned long top;
	unsigned long frees;
	struct sq_hand *hand;
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
	return c->hands;
}

/* ---- counts without the claim ------------------------------------------------- */

#define sq_count_allocs(c, nr)	atomic_long_add(nr, &(c)->counts.allocs)
#define sq_count_frees(c, nr)	atomic_long_add(nr, &(c)->counts.frees)
#define sq_count_slow(c, event)	atomic_inc(&(c)->counts.slow[event])

#endif /* _SQ_ALLOCATOR_HAND_H */
