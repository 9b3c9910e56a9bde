// SPDX-License-Identifier: GPL-2.0
/*
 * Objects freed in NMI, of which kmemleak is told a moment later: before anything else is
 * registered with it, and before pages leave their heap, as somebody else may register them
 * then.
 *
 * untold_lock (raw, irqs off; not in NMI) has kmemleak's own inside.
 */
#include <linux/irq_work.h>
#include <linux/kmemleak.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>

#include "compat.h"

#include "untold.h"

/*
 * Objects freed in NMI that may wait; of more it is told when they are out again. If their memory
 * becomes objects of another size before that, kmemleak sees what overlaps, and ends.
 */
#define UNTOLD_MAX	256

/* How many there are, or more: each is counted before it is in its place. */
atomic_t sq_untold = ATOMIC_INIT(0);
static const void *untold[UNTOLD_MAX];

/* Whoever tells holds it, so that who found none, or waited for it, need not fear one. */
static DEFINE_RAW_SPINLOCK(untold_lock);
static DEFINE_PER_CPU(bool, telling);

/* Ever more than had a place; set before the first such object is free. */
bool sq_untold_missed;

static void tell_locked(void)
{
	unsigned int i;

	for (i = 0; i < UNTOLD_MAX && atomic_read(&sq_untold); i++) {
		const void *obj = READ_ONCE(untold[i]) ? xchg(&untold[i], NULL) : NULL;

		if (!obj)
			continue;
		kmemleak_free(obj);
		/* When none is seen, it knows of all. */
		atomic_dec_return_release(&sq_untold);
	}
}

/*
 * What kmemleak and the lock call may be traced, and who traces may allocate: then somebody
 * is telling already, further down this stack. One that is out again before it is told is
 * forgotten.
 */
void sq_untold_tell_all(void)
{
	unsigned long irq;

	local_irq_save(irq);
	if (!__this_cpu_read(telling)) {
		__this_cpu_write(telling, true);
		raw_spin_lock(&untold_lock);
		tell_locked();
		raw_spin_unlock(&untold_lock);
		__this_cpu_write(telling, false);
	}
	local_irq_restore(irq);
}

static void tell_fn(struct irq_work *work)
{
	sq_untold_tell_all();
}

static DEFINE_IRQ_WORK(tell_work, tell_fn);

/* @obj is about to be free, in NMI. */
void sq_untold_add(const void *obj)
{
	unsigned int i;

	/* Before it is in its place, so that who sees none need not look. */
	atomic_inc(&sq_untold);
	for (i = 0; i < UNTOLD_MAX; i++) {
		if (cmpxchg(&untold[i], NULL, obj))
			continue;
		irq_work_queue(&tell_work);
		return;
	}
	atomic_dec(&sq_untold);
	WRITE_ONCE(sq_untold_missed, true);
}

/* Until it was told of all that was freed so far, and nobody is at it. May sleep. */
void sq_untold_flush(void)
{
	sq_irq_work_wait(&tell_work);
}
