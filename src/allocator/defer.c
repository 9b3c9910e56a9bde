// SPDX-License-Identifier: GPL-2.0
/*
 * What cannot be done where a free is made, and is done by irq_work a moment
 * later:
 *
 *   - a free in NMI that finds the lock of the node taken: the object waits in
 *     a list of the CPU, linked through its mark
 *   - on PREEMPT_RT, a free of a large block with preemption off, since its
 *     pages may have to go to the page allocator
 *
 * Such an object was counted as freed before. So whoever takes a cache or heap
 * apart first waits for all of them. That is sound by construction: only the
 * irq_work of a CPU takes from the CPU's list, and who adds to an empty list
 * queues it before the free returns. So an object whose free has returned is on
 * a list whose irq_work is pending, or in the hands of one that is running, and
 * irq_work_sync() waits for both, also if another flush is waiting.
 */
#include <linux/irq_work.h>
#include <linux/llist.h>

#include "internal.h"

/* Objects that one interrupt takes care of; the next one goes on. */
#define SQ_DEFERRED_BATCH	32U

struct sq_deferred {
	struct llist_head list;
	struct irq_work work;
};

static DEFINE_PER_CPU(struct sq_deferred, sq_deferred);

void sq_defer_free(struct squirrel_cache *c, void *obj)
{
	struct sq_deferred *d = this_cpu_ptr(&sq_deferred);

	if (llist_add((struct llist_node *)sq_mark_at(c, obj), &d->list))
		irq_work_queue(&d->work);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_defer_free);

/*
 * An object goes to its slab. Its slab may have been taken apart since: whose it
 * is, and where its mark belongs, must not come from what it was before.
 */
static void sq_deferred_put(struct llist_node *link)
{
	struct squirrel_cache *c;
	void *obj;

	preempt_disable();
	sq_map_owner(link, &c);
	if (c) {
		obj = (char *)link - c->mark_off;
		/* The link was where its mark belongs. */
		sq_set_mark(c, obj);
		sq_slabs_put(c, &obj, 1);
	}
	preempt_enable();
	/* Nobody's: its heap is gone, with all that was in it. */
	if (c)
		sq_cache_tidy(c);
}

static void sq_deferred_work(struct irq_work *work)
{
	struct sq_deferred *d = container_of(work, struct sq_deferred, work);
	unsigned int nr = SQ_DEFERRED_BATCH;
	struct llist_node *link;

	while (nr--) {
		link = llist_del_first(&d->list);
		if (!link)
			return;
		sq_deferred_put(link);
	}
	irq_work_queue(work);
}

/* Wait until all that was deferred so far is done; may sleep. */
void sq_deferred_flush(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(&sq_deferred, cpu)->work);
	sq_large_flush();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_deferred_flush);

void sq_deferred_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_irq_work(&per_cpu_ptr(&sq_deferred, cpu)->work,
			      sq_deferred_work);
}
