/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What debugging keeps of an object: who had it, and what its memory is to look like.
 * It is at hand in every room, for caches are laid out for it and large blocks carry it;
 * what is done with it is in the room debug.
 */
#ifndef _SQ_ALLOCATOR_TRACK_H
#define _SQ_ALLOCATOR_TRACK_H

#include <linux/bits.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "allocator/common/common.h"

/* How memory is debugged; the letters are SLUB's. */
#define SQ_DEBUG_CHECK		0x01U	/* F */
#define SQ_DEBUG_REDZONE	0x02U	/* Z */
#define SQ_DEBUG_POISON		0x04U	/* P */
#define SQ_DEBUG_USER		0x08U	/* U */
#define SQ_DEBUG_QUARANTINE	0x10U	/* Q */
#define SQ_DEBUG_TRACE		0x20U	/* T */
#define SQ_DEBUG_GUARD		0x40U	/* G */
#define SQ_DEBUG_KASAN		0x400U	/* K */
#define SQ_DEBUG_LETTERS	(0x7fU | SQ_DEBUG_KASAN)
#define SQ_DEBUG_ON		0x80U	/* even without any of them */
#define SQ_DEBUG_SWEEP		0x100U	/* an allocation is to fail: sweep.c */
#define SQ_DEBUG_SAMPLE		0x200U	/* some of them, so, if SQ_DEBUG_ON is not set: sample.c */
#define SQ_DEBUG_SAMPLED	(SQ_DEBUG_ON | SQ_DEBUG_CHECK | SQ_DEBUG_REDZONE | \
				 SQ_DEBUG_POISON | SQ_DEBUG_USER | SQ_DEBUG_GUARD)

/* Beside every how manieth is debugged: that one is not guarded. */
#define SQ_SAMPLE_PLAIN		BIT(BITS_PER_LONG - 1)

/**
 * struct sq_track - who allocated or freed an object
 * @caller: the first address on the way there that is not squirrel's
 * @when: ns since boot
 * @stack: a handle of the stack depot's, or 0
 * @pid: of the task, whatever it was interrupted by
 * @cpu: where
 * @sum: of all that, and of where it is: it may have been overwritten
 * @comm: the task's name
 */
struct sq_track {
	unsigned long caller;
	u64 when;
	u32 stack;
	s32 pid;
	u32 cpu;
	u32 sum;
	char comm[TASK_COMM_LEN];
};

/* Of a slot: what its object is. Odd numbers, so that hardly anything is one by chance. */
#define SQ_SLOT_FRESH	0U		/* never handed out */
#define SQ_SLOT_LIVE	0x4c697665U
#define SQ_SLOT_FREE	0x46726565U
#define SQ_SLOT_HELD	0x48656c64U	/* free, and in quarantine */
#define SQ_SLOT_RETIRED	0x476f6e65U

/**
 * struct sq_slot - the head of a twin's slot; then follow a redzone, the object and
 *	another redzone
 * @mark: of a free object, as every cache has it
 * @state: SQ_SLOT_*
 * @flags: SQ_DEBUG_*: what its memory was filled with, and may be checked for
 * @asked: bytes asked for, of the last allocation
 * @unused: nothing
 * @alloc: the last allocation
 * @free: the last free
 */
struct sq_slot {
	unsigned long mark;
	u32 state;
	u32 flags;
	u32 asked;
	u32 unused;
	struct sq_track alloc;
	struct sq_track free;
};

/**
 * struct sq_quarantine - a ring of slots
 * @lock: protects what follows
 * @first: where the oldest is
 * @nr: how many are in it
 * @max: how many there may be
 * @slot: they
 */
struct sq_quarantine {
	raw_spinlock_t lock;
	u32 first;
	u32 nr;
	u32 max;
	void *slot[];
};

/* How many a cache, if it is a twin, has in it; roughly, if others are at it. */
static inline unsigned long sq_quarantined(const struct squirrel_cache *c)
{
	/* Pairs with sq_quarantine_make(). */
	const struct sq_quarantine *q = smp_load_acquire(&c->quarantine);

	return q ? sq_read_racy(q->nr) : 0;
}

/* Fewest bytes of a redzone on either side */
#define SQ_REDZONE_BYTES	16U
/* As SLUB has them: POISON_FREE, POISON_END, SLUB_RED_ACTIVE */
#define SQ_POISON		0x6bU
#define SQ_POISON_END		0xa5U
#define SQ_REDZONE		0xccU

#endif /* _SQ_ALLOCATOR_TRACK_H */
