/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's array of objects at hand, and what is counted there. Who may touch it, and
 * how it is claimed, is in magazine/percpu.h; anybody counts.
 */
#ifndef _SQ_ALLOCATOR_ARRAY_H
#define _SQ_ALLOCATOR_ARRAY_H

#include <linux/percpu.h>
#include <linux/types.h>

#include "allocator/common/types.h"

/**
 * struct sq_word - how many objects, and who is at them
 * @unused: 0
 * @nr: objects
 * @claimed: 1: somebody on this CPU is at them; an interrupt that finds it so goes
 *	to the slabs instead
 * @word: both of them in one
 */
struct sq_word {
	union {
		struct {
#ifdef __BIG_ENDIAN
			u32 unused;
			u16 claimed;
			u16 nr;
#else
			u16 nr;
			u16 claimed;
			u32 unused;
#endif
		};
		u64 word;
	};
};

/**
 * struct sq_cpu - one CPU's array of objects of one cache
 * @inside: how many are in @obj, as the hot path looks for them: of a cache whose
 *	objects carry their mark inside
 * @outside: the same for a cache with SQ_CACHE_MARK_OUTSIDE, whose objects the hot
 *	path must not touch: for it @inside stays empty
 * @allocs: objects handed out on this CPU by who had the claim, and
 * @frees: taken back: nobody else writes to them, for to count may take several
 *	instructions (see sq_count_other() for the others)
 * @other_allocs: objects handed out on this CPU by who did not have the claim,
 *	some of whom interrupt the one who has
 * @other_frees: taken back by them
 * @seen: sq_cpu_used() at the reclaimer's last look
 * @misses: how often @obj ran full or empty since the reclaimer's last look
 * @migrated: what the CPU had in its old array is in here now; see resize.c
 * @obj: the objects at hand
 */
struct sq_cpu {
	struct sq_word inside;
	unsigned long allocs;
	unsigned long frees;
	struct sq_word outside;
	unsigned long other_allocs;
	unsigned long other_frees;
	unsigned long seen;
	u32 misses;
	bool migrated;
	void *obj[];
};

/* Objects handed out and taken back on a CPU. */
static inline unsigned long sq_cpu_used(const struct sq_cpu *cc)
{
	return cc->allocs + cc->frees + cc->other_allocs + cc->other_frees;
}

/*
 * Preemption off. To count without the claim: on the same CPU anybody may
 * interrupt anybody, so this is one instruction, or as good as one. What it was
 * that was counted is @field: other_allocs or other_frees.
 */
#define sq_count_other(c, field, nr)					\
	this_cpu_add(READ_ONCE((c)->cpu)->field, nr)

/* An event off the hot path. Any context; whoever counts keeps the cache. */
#define sq_count_slow(c, event)		this_cpu_inc((c)->slow->nr[event])

#endif /* _SQ_ALLOCATOR_ARRAY_H */
