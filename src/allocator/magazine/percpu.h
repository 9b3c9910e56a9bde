/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A CPU's loaded magazine: who may touch it, and the pop and the push.
 */
#ifndef _SQ_ALLOCATOR_PERCPU_H
#define _SQ_ALLOCATOR_PERCPU_H

#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/percpu.h>
#include <linux/preempt.h>

#include "allocator/common/hand.h"
#include "allocator/common/common.h"
#include "allocator/slab/object.h"
#include "compat.h"

/* In sq_cpu.top: pointers there are to words, so the bit is free. */
#define SQ_CLAIM_BIT	0

/*
 * The claim itself as it shows in the top of a claimed magazine, where it is in the same
 * word: what is done with that allows for it.
 */
#ifdef SQ_PERCPU_BTS
#define SQ_CLAIMED	BIT(SQ_CLAIM_BIT)
#else
#define SQ_CLAIMED	0UL
#endif

/*
 * Claim what this CPU has at hand; preemption is off. False if a context that this one
 * interrupts has it. On x86 the test and the set are one instruction, which is all
 * that is needed against interrupts. Elsewhere they are two; an interrupt between
 * them has let go again before the second.
 *
 * Only this CPU and what interrupts it go by the claim, and to them all is in the order of
 * the program: so what is done under it is held together by barriers for the compiler, on
 * machines of weak order as well. Other CPUs come by objects through a node's lock. Who
 * looks from elsewhere (hand.c) may see what is done under a claim before the claim.
 */
static __always_inline bool sq_claim(struct sq_cpu __percpu *cc)
{
#ifdef SQ_PERCPU_BTS
	return !sq_percpu_bts(cc->top, SQ_CLAIM_BIT);
#else
	if (unlikely(raw_cpu_read(cc->claimed)))
		return false;
	raw_cpu_write(cc->claimed, 1);
	barrier();
	return true;
#endif
}

/* Let go of it with its topmost object at @top. */
static __always_inline void sq_unclaim(struct sq_cpu __percpu *cc, unsigned long top)
{
	barrier();
	raw_cpu_write(cc->top, top);
#ifndef SQ_PERCPU_BTS
	barrier();
	raw_cpu_write(cc->claimed, 0);
#endif
}

/*
 * Claim what another CPU has at hand, which it does not use: it is offline. False if somebody
 * has it.
 */
static inline bool sq_claim_there(struct sq_cpu *cc)
{
#ifdef SQ_PERCPU_BTS
	return !test_and_set_bit(SQ_CLAIM_BIT, &cc->top);
#else
	return !xchg(&cc->claimed, 1);
#endif
}

static inline void sq_unclaim_there(struct sq_cpu *cc, unsigned long top)
{
	/* What was taken out of it is out before it may be claimed again. */
	smp_store_release(&cc->top, top);
#ifndef SQ_PERCPU_BTS
	/* The same where the claim is another word. */
	smp_store_release(&cc->claimed, 0);
#endif
}

/*
 * The pop and the push: one word is loaded, says where, and lets go when it is stored.
 */
static __always_inline bool sq_fast_pop(struct squirrel_cache *c, void **obj,
					const bool outside)
{
	struct sq_cpu __percpu *cc;
	unsigned long top;
	void *found;

	preempt_disable();
	cc = c->cpu + outside;
	if (unlikely(!sq_claim(cc)))
		goto out;
	top = raw_cpu_read(cc->top);
	found = *(void **)(top - SQ_CLAIMED);
	if (unlikely(!found))
		goto empty;
	sq_unclaim(cc, top - SQ_CLAIMED - sizeof(void *));
	preempt_enable();
	*obj = found;
	return true;
empty:
	sq_unclaim(cc, top & ~SQ_CLAIMED);
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
	struct sq_cpu __percpu *cc = c->cpu + outside;
	unsigned long top;
	void **to;

	if (unlikely(!sq_claim(cc)))
		return false;
	top = raw_cpu_read(cc->top);
	to = (void **)(top - SQ_CLAIMED + sizeof(void *));
	if (unlikely(sq_racy(*to) == SQ_MAG_END)) {
		sq_unclaim(cc, top - SQ_CLAIMED);
		return false;
	}
	/* Once the object is in, an interrupt may hand it out. */
	if (mark)
		sq_obj_mark_at(at, value);
	*to = obj;
	raw_cpu_inc(cc->frees);
	sq_unclaim(cc, top - SQ_CLAIMED + sizeof(void *));
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
