/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Magazines: the objects at hand, per CPU and in depots. What the hot path knows
 * of them, and the calls of magazine.c and room.c.
 */
#ifndef _SQ_ALLOCATOR_MAGAZINE_H
#define _SQ_ALLOCATOR_MAGAZINE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include "compat.h"

struct sq_node;
struct squirrel_cache;

/*
 * Magazines. Each CPU has two of them per cache, back to back in one embedded
 * array, which is replaced by a larger one when they are to hold more (room.c):
 * objects enter and leave at the top, and one magazine's worth at a time moves
 * between the array and the depot or the slabs. So a burst that swings around a
 * magazine's edge takes no lock.
 */
#define SQ_MAG_MAX	62U			/* objects in a depot magazine */
#define SQ_CPU_MAX	(2 * SQ_MAG_MAX)	/* objects in a CPU's two */
#define SQ_CPU_BYTES	16384U			/* bytes of objects in them */
#define SQ_CPU_START	512U			/* the same, to begin with */

/**
 * struct sq_word - how many objects, and who is at them
 * @unused: 0
 * @nr: objects
 * @busy: 1: somebody on this CPU is using them; an interrupt that finds it set
 *	goes to the slabs instead
 * @word: both of them in one
 */
struct sq_word {
	union {
		struct {
#ifdef __BIG_ENDIAN
			u32 unused;
			u16 busy;
			u16 nr;
#else
			u16 nr;
			u16 busy;
			u32 unused;
#endif
		};
		u64 word;
	};
};

/**
 * struct sq_cpu - one CPU's magazines of one cache
 * @hot: objects in @obj, as the hot path looks for them
 * @cold: the same for a cache with SQ_CACHE_MARK_OUTSIDE, whose objects the hot
 *	path must not touch: for it @hot stays empty
 * @allocs: objects handed out on this CPU by who had the claim, and
 * @frees: taken back: nobody else writes to them, for to count may take several
 *	instructions (see sq_count_other() for the others)
 * @other_allocs: objects handed out on this CPU by who did not have the claim,
 *	some of whom interrupt the one who has
 * @other_frees: taken back by them
 * @seen: sq_cpu_used() at the reclaimer's last look
 * @trips: how often @obj ran full or empty since the reclaimer's last look
 * @moved: what the CPU had in its old array is in here now; see room.c
 * @obj: the objects at hand
 */
struct sq_cpu {
	struct sq_word hot;
	unsigned long allocs;
	unsigned long frees;
	struct sq_word cold;
	unsigned long other_allocs;
	unsigned long other_frees;
	unsigned long seen;
	u32 trips;
	bool moved;
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

#define SQ_BUSY_BIT	16

/*
 * Claim this CPU's magazines; preemption is off. False if a context that this
 * one interrupts has them. On x86 the test and the set are one instruction,
 * which is all that is needed against interrupts. Elsewhere they are two; an
 * interrupt between them has let go again before the second.
 */
static __always_inline bool sq_claim(struct sq_word __percpu *w)
{
#ifdef SQ_PERCPU_BTS
	return !sq_percpu_bts(w->word, SQ_BUSY_BIT);
#else
	if (unlikely(raw_cpu_read(w->busy)))
		return false;
	raw_cpu_write(w->busy, 1);
	barrier();
	return true;
#endif
}

/*
 * The number of objects in claimed magazines, plus SQ_CLAIMED: the claim itself
 * where it is in the same word. What the number is compared with has it added
 * beforehand, so that the hot path need not take it off.
 */
#ifdef SQ_PERCPU_BTS
#define SQ_CLAIMED	BIT(SQ_BUSY_BIT)
#else
#define SQ_CLAIMED	0UL
#endif

static __always_inline u64 sq_claimed(struct sq_word __percpu *w)
{
	return SQ_CLAIMED ? raw_cpu_read(w->word) : raw_cpu_read(w->nr);
}

/* Let go of them with @nr objects inside. */
static __always_inline void sq_release(struct sq_word __percpu *w, u64 nr)
{
	barrier();
	raw_cpu_write(w->word, nr);
}

/*
 * Claim another CPU's magazines, which it does not use: it is offline; or this
 * one's, with interrupts off. False if somebody has them.
 */
static inline bool sq_claim_there(struct sq_word *w, u32 *nr)
{
	u64 was = READ_ONCE(w->word);

	do {
		if (was & BIT_ULL(SQ_BUSY_BIT))
			return false;
	} while (!try_cmpxchg(&w->word, &was, was | BIT_ULL(SQ_BUSY_BIT)));
	*nr = (u16)was;
	return true;
}

/* A magazine in the depot. */
struct sq_mag {
	struct sq_mag *next;
	unsigned long nr;
	void *obj[SQ_MAG_MAX];
};

static_assert(sizeof(struct sq_mag) == 512);

/*
 * Move @nr pointers to other memory or towards lower addresses: four at a time,
 * for they are too few for a string instruction to pay.
 */
static __always_inline void sq_move(void **to, void **from, unsigned int nr)
{
	void **end = from + nr;

	for (; end - from >= 4; to += 4, from += 4) {
		void *a = from[0], *b = from[1], *c = from[2], *d = from[3];

		to[0] = a;
		to[1] = b;
		to[2] = c;
		to[3] = d;
		barrier();	/* or the compiler calls memmove() */
	}
	for (; from < end; to++, from++) {
		*to = *from;
		barrier();
	}
}

/* path/slow_alloc.c */
void *sq_cache_alloc_slow(struct squirrel_cache *c, gfp_t gfp, int node);

/* magazine/magazine.c, drain.c, percpu.c */
extern struct squirrel_cache *sq_mag_cache;
void *sq_take_slow(struct squirrel_cache *c, gfp_t gfp, int node);
struct sq_mag *sq_depot_pop(struct sq_node *n);
void sq_cap_decay(struct squirrel_cache *c);
void sq_cache_push(struct squirrel_cache *c, void *obj);
unsigned int sq_take_many(struct squirrel_cache *c, void **objs,
			  unsigned int nr);
void sq_push_many(struct squirrel_cache *c, void **objs, unsigned int nr);
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool cold_only);
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu);
unsigned long sq_depot_drain(struct squirrel_cache *c, bool all);
unsigned int sq_cap_start(const struct squirrel_cache *c);
void sq_cap_grow(struct squirrel_cache *c, struct sq_cpu *cc, unsigned int nr);
struct sq_cpu *sq_cpu_get(struct squirrel_cache *c, u32 *nr);
void sq_cpu_put(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr);
u32 sq_cpu_flush(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr);
void sq_mag_free(struct sq_mag *mag);
void sq_mags_make(void);
int sq_magazine_init(void);
void sq_magazine_exit(void);

/* slab/put.c */
void sq_defer_free(struct squirrel_cache *c, void *obj);
void sq_deferred_flush(void);
void sq_deferred_init(void);

/* magazine/resize.c */
typedef bool (*sq_array_fn)(void **objs, u32 nr, void *ctx);
int sq_room_init(struct squirrel_cache *c, gfp_t gfp);
void sq_room_free(struct squirrel_cache *c);
void sq_room_wish(struct squirrel_cache *c);
void sq_room_arrive(struct squirrel_cache *c, int cpu);
void sq_room_forget(struct squirrel_cache *c);
void sq_room_exit(void);
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu);
bool sq_look_in_magazines(struct squirrel_cache *c, sq_array_fn fn, void *ctx);
void sq_cache_counts(struct squirrel_cache *c, unsigned long *allocs,
		     unsigned long *frees);
void sq_room_flush(void);
int sq_room_renew_begin(struct squirrel_cache *c, u32 room);
int sq_room_renew(struct squirrel_cache *c, u32 room);

#endif /* _SQ_ALLOCATOR_MAGAZINE_H */
