/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's array of objects: who may touch it, and the pop and the push.
 */
#ifndef _SQ_ALLOCATOR_PERCPU_H
#define _SQ_ALLOCATOR_PERCPU_H

#include <linux/bits.h>
#include <linux/preempt.h>

#include "allocator/common/array.h"
#include "allocator/common/common.h"
#include "allocator/slab/object.h"
#include "compat.h"

#define SQ_CLAIM_BIT	16

/*
 * Claim this CPU's magazines; preemption is off. False if a context that this
 * one interrupts has them. On x86 the test and the set are one instruction,
 * which is all that is needed against interrupts. Elsewhere they are two; an
 * interrupt between them has let go again before the second.
 */
static __always_inline bool sq_claim(struct sq_word __percpu *w)
{
#ifdef SQ_PERCPU_BTS
	return !sq_percpu_bts(w->word, SQ_CLAIM_BIT);
#else
	if (unlikely(raw_cpu_read(w->claimed)))
		return false;
	raw_cpu_write(w->claimed, 1);
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
#define SQ_CLAIMED	BIT(SQ_CLAIM_BIT)
#else
#define SQ_CLAIMED	0UL
#endif

static __always_inline u64 sq_claimed_nr(struct sq_word __percpu *w)
{
	return SQ_CLAIMED ? raw_cpu_read(w->word) : raw_cpu_read(w->nr);
}

/* Let go of them with @nr objects inside. */
static __always_inline void sq_unclaim(struct sq_word __percpu *w, u64 nr)
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
		if (was & BIT_ULL(SQ_CLAIM_BIT))
			return false;
	} while (!try_cmpxchg(&w->word, &was, was | BIT_ULL(SQ_CLAIM_BIT)));
	*nr = (u16)was;
	return true;
}

/* The word that counts, of a cache's magazines on this CPU or on another. */
static inline struct sq_word __percpu *
sq_word_of(const struct squirrel_cache *c, struct sq_cpu __percpu *cc)
{
	return c->flags & SQ_CACHE_MARK_OUTSIDE ? &cc->outside : &cc->inside;
}

static inline struct sq_word __percpu *sq_word(const struct squirrel_cache *c)
{
	return sq_word_of(c, READ_ONCE(c->cpu));
}

static inline struct sq_word *sq_word_in(const struct squirrel_cache *c,
					 struct sq_cpu *cc)
{
	return c->flags & SQ_CACHE_MARK_OUTSIDE ? &cc->outside : &cc->inside;
}

/* Let a CPU's array hold @cap objects: even, 2 to c->resize.max. */
static inline void sq_set_cap(struct squirrel_cache *c, u32 cap)
{
	WRITE_ONCE(c->cap, cap);
	if (!(c->flags & SQ_CACHE_MARK_OUTSIDE))
		WRITE_ONCE(c->full, SQ_CLAIMED + cap);
}

/*
 * The pop and the push. The CPU's word holds the number of objects and, above
 * it, that somebody is at it; storing the new number lets go.
 */
static __always_inline bool sq_fast_pop(struct squirrel_cache *c, void **obj,
					const bool outside)
{
	struct sq_cpu __percpu *cc;
	struct sq_word __percpu *w;
	u64 n;

	preempt_disable();
	cc = READ_ONCE(c->cpu);
	w = outside ? &cc->outside : &cc->inside;
	if (unlikely(!sq_claim(w)))
		goto out;
	/* From 0 it wraps to what looks negative. */
	n = sq_claimed_nr(w) - SQ_CLAIMED - 1;
	if (unlikely((s64)n < 0))
		goto empty;
	/* One index for both, not two that differ by one. */
	OPTIMIZER_HIDE_VAR(n);
	*obj = raw_cpu_read(cc->obj[n]);
	raw_cpu_inc(cc->allocs);
	sq_unclaim(w, n);
	preempt_enable();
	return true;
empty:
	sq_unclaim(w, 0);
out:
	preempt_enable();
	return false;
}

/* Preemption is off, the object is known to be fit; @at is where its mark goes */
static __always_inline bool sq_fast_push(struct squirrel_cache *c, void *obj,
					 const bool outside, const bool mark,
					 unsigned long *at,
					 unsigned long value)
{
	struct sq_cpu __percpu *cc = READ_ONCE(c->cpu);
	struct sq_word __percpu *w = outside ? &cc->outside : &cc->inside;
	u64 n;

	if (unlikely(!sq_claim(w)))
		return false;
	n = sq_claimed_nr(w);
	if (unlikely(n >= (outside ? SQ_CLAIMED + c->cap : sq_racy(c->full)))) {
		sq_unclaim(w, n - SQ_CLAIMED);
		return false;
	}
	n -= SQ_CLAIMED;
	/* Once the object is in, an interrupt may hand it out. */
	if (mark)
		sq_obj_mark_at(at, value);
	raw_cpu_write(cc->obj[n], obj);
	raw_cpu_inc(cc->frees);
	sq_unclaim(w, n + 1);
	return true;
}

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

#endif /* _SQ_ALLOCATOR_PERCPU_H */
