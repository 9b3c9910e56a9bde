// SPDX-License-Identifier: GPL-2.0
/*
 * What kmemleak knows of objects: that they are live, how long they are, and so that what
 * they point to is not lost. It is told when an object is out, and before it goes back: then
 * nobody else can have it yet.
 *
 * It takes locks that NMI must not wait for. What is allocated there it does not know; what is
 * freed there it is told a moment later.
 */
#include <linux/irq_work.h>
#include <linux/kmemleak.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "allocator/pages/pages.h"

#include "path.h"

/*
 * Objects freed in NMI that may wait; of more it is told when they are out again. If their memory
 * becomes objects of another size before that, kmemleak sees what overlaps, and ends.
 */
#define LATER	256

/* What is squirrel's own is found from there, or is not in use. */
static bool is_secret(const struct squirrel_cache *c)
{
	return c->flags & (SQ_CACHE_INTERNAL | SQUIRREL_NOLEAKTRACE);
}

/**
 * struct sq_leak_later - what kmemleak is to be told of
 * @work: tells it
 * @nr: how many there are, or more
 * @lock: whoever tells holds it, so that who found none, or waited for it, need not fear one
 * @cpu: 1 + whose that is; 0: nobody's
 * @obj: those that were freed in NMI, in any order
 */
struct sq_leak_later {
	struct irq_work work;
	atomic_t nr;
	raw_spinlock_t lock;
	int cpu;
	const void *obj[LATER];
};

/* Ever more than had a place; set before the first such object is free. */
static bool missed;

static void tell_all(struct sq_leak_later *l)
{
	unsigned int i;

	for (i = 0; i < LATER && atomic_read(&l->nr); i++) {
		const void *obj = READ_ONCE(l->obj[i]) ? xchg(&l->obj[i], NULL) : NULL;

		if (!obj)
			continue;
		kmemleak_free(obj);
		/* When none is seen, it knows of all. */
		atomic_dec_return_release(&l->nr);
	}
}

/*
 * What kmemleak calls may be traced, and who traces may allocate: then it is told already,
 * further down this stack. One that is out again before it is told is forgotten.
 */
static void tell(struct sq_leak_later *l)
{
	unsigned long irq;
	int me;

	local_irq_save(irq);
	me = smp_processor_id() + 1;
	if (READ_ONCE(l->cpu) != me) {
		raw_spin_lock(&l->lock);
		WRITE_ONCE(l->cpu, me);
		tell_all(l);
		WRITE_ONCE(l->cpu, 0);
		raw_spin_unlock(&l->lock);
	}
	local_irq_restore(irq);
}

static void later_fn(struct irq_work *work)
{
	tell(container_of(work, struct sq_leak_later, work));
}

static struct sq_leak_later later = {
	.work = IRQ_WORK_INIT(later_fn),
	.lock = __RAW_SPIN_LOCK_UNLOCKED(later.lock),
};

/* @obj is out, of @c or, if that is NULL, of some heap. It may be NULL. Any context. */
void sq_leak_alloc(const struct squirrel_cache *c, void *obj, gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(obj) || !sq_may_grow() || (c && is_secret(c)))
		return;
	/* It may not know yet of frees in NMI, and must not find what overlaps. */
	if (unlikely(atomic_read_acquire(&later.nr)))
		tell(&later);
	if (unlikely(READ_ONCE(missed)))
		kmemleak_free(obj);
	/* All that is the client's: he may use it up to there, or ask for more of it later. */
	kmemleak_alloc(obj, squirrel_usable_size(obj), 1, gfp);
}

static void free_later(const void *obj)
{
	struct sq_leak_later *l = &later;
	unsigned int i;

	/* Before it is in its place, so that who sees none need not look. */
	atomic_inc(&l->nr);
	for (i = 0; i < LATER; i++) {
		if (cmpxchg(&l->obj[i], NULL, obj))
			continue;
		irq_work_queue(&l->work);
		return;
	}
	atomic_dec(&l->nr);
	WRITE_ONCE(missed, true);
}

/* @obj, of @c, is about to be free. Any context. */
void sq_leak_free(const struct squirrel_cache *c, const void *obj)
{
	if (is_secret(c))
		return;
	if (in_nmi())
		free_later(obj);
	else
		kmemleak_free(obj);
}

/* Until it was told of all that was freed so far. May sleep. */
void sq_leak_flush(void)
{
	sq_irq_work_wait(&later.work);
}
