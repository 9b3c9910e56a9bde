// SPDX-License-Identifier: GPL-2.0
/*
 * Quarantine: what was freed of a twin is kept for a while before it may be handed out
 * again, so that who still writes to it is found by its poison, and who frees it once more
 * frees nothing of somebody else's.
 *
 * Which objects these are is not written into them, where it could be overwritten, but into
 * a ring that is made when it is first wanted and stays as long as the twin. When it is
 * full who comes last drives out who came first.
 *
 * Lock: the ring's, inside of all others; nothing is done under it.
 */
#include <linux/hardirq.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "debug.h"

/* Entries of a ring at most: 512 KiB of them */
#define RING_MAX	65536UL

/* Bytes that a cache's quarantine may hold. */
static unsigned long quarantine_bytes = SQ_QUARANTINE_BYTES;

/* From now on, for caches that were never in quarantine. */
void sq_quarantine_set_bytes(unsigned long bytes)
{
	WRITE_ONCE(quarantine_bytes, bytes);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_quarantine_set_bytes);

/* One that has its ring keeps it. -ENOMEM: it has none. */
int sq_quarantine_make(struct squirrel_cache *t, gfp_t gfp)
{
	u32 max = clamp(READ_ONCE(quarantine_bytes) / t->size, 1UL, RING_MAX);
	struct sq_quarantine *q;

	if (READ_ONCE(t->quarantine))
		return 0;
	q = kvmalloc(struct_size(q, slot, max), gfp);
	if (!q)
		return -ENOMEM;
	raw_spin_lock_init(&q->lock);
	q->first = 0;
	q->nr = 0;
	q->max = max;
	/* Who finds it finds it made. */
	if (cmpxchg_release(&t->quarantine, NULL, q))
		kvfree(q);
	return 0;
}

/* In NMI somebody may be at it who waits for us. Sparse is told as in slab.c. */
static bool lock(struct sq_quarantine *q, unsigned long *flags)
{
	if (in_nmi()) {
		*flags = 0;
		if (!raw_spin_trylock(&q->lock))
			return false;
	} else {
		raw_spin_lock_irqsave(&q->lock, *flags);
	}
	__release(&q->lock);
	return true;
}

static void unlock(struct sq_quarantine *q, unsigned long flags)
{
	__acquire(&q->lock);
	if (in_nmi())
		raw_spin_unlock(&q->lock);
	else
		raw_spin_unlock_irqrestore(&q->lock, flags);
}

/*
 * A slot comes, and is in quarantine when this returns, unless there is no room. Returns
 * the one that is to go for it: it may be the same; or NULL. Any context.
 */
void *sq_quarantine_swap(struct squirrel_cache *t, void *slot)
{
	/* Pairs with sq_quarantine_make(). */
	struct sq_quarantine *q = smp_load_acquire(&t->quarantine);
	unsigned long flags;
	void *old = NULL;
	u32 at;

	if (!q || !lock(q, &flags))
		return slot;
	at = (q->first + q->nr) % q->max;
	if (q->nr == q->max) {
		old = q->slot[at];
		q->first = (at + 1) % q->max;
	} else {
		WRITE_ONCE(q->nr, q->nr + 1);
	}
	q->slot[at] = slot;
	unlock(q, flags);
	return old;
}

/* The one that is there for longest, or NULL. Any context. */
void *sq_quarantine_take(struct squirrel_cache *t)
{
	/* Pairs with sq_quarantine_make(). */
	struct sq_quarantine *q = smp_load_acquire(&t->quarantine);
	unsigned long flags;
	void *old = NULL;

	if (!q || !READ_ONCE(q->nr) || !lock(q, &flags))
		return NULL;
	if (q->nr) {
		old = q->slot[q->first];
		q->first = (q->first + 1) % q->max;
		WRITE_ONCE(q->nr, q->nr - 1);
	}
	unlock(q, flags);
	return old;
}
