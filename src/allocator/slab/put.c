// SPDX-License-Identifier: GPL-2.0
/*
 * Objects go back to their slabs: put.
 *
 * A free in NMI that finds the lock of the node taken cannot: the object waits in a
 * list of the CPU, linked through its mark, until irq_work puts it a moment later.
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

#include "object.h"
#include "slab.h"

/* What the lists hold must be ours and not in a slab yet. */
static bool put_one(struct squirrel_cache *c, struct sq_node *n,
		    struct sq_agent *agent, void *obj)
{
	return sq_owner(agent) == c && sq_slot_start(c, agent, obj) &&
	       sq_slab_put(c, n, agent, sq_slot_index(c, agent, obj));
}

/* Objects of one node go to their slabs. Returns how many did. */
static unsigned int put_run(struct squirrel_cache *c, struct sq_node *n,
			    void **objs, unsigned int nr)
{
	struct sq_slab *slab = NULL;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct sq_agent *agent = sq_map_lookup(objs[i]);

		if (slab && slab != sq_slab_of(agent)) {
			sq_slab_fix_fullness(n, slab);
			slab = NULL;
		}
		if (unlikely(c->node[agent->node] != n))
			break;
		if (unlikely(!put_one(c, n, agent, objs[i])))
			break;
		slab = sq_slab_of(agent);
	}
	if (slab)
		sq_slab_fix_fullness(n, slab);
	return i;
}

/* The node that an object's slab is on; any for what is none of ours. */
static struct sq_node *node_of(struct squirrel_cache *c, const void *obj)
{
	return c->node[max_t(int, sq_map_lookup(obj)->node, 0)];
}

struct sq_deferred {
	struct llist_head list;
	struct irq_work work;
};

static DEFINE_PER_CPU(struct sq_deferred, deferred);

void sq_defer_free(struct squirrel_cache *c, void *obj)
{
	struct sq_deferred *d = this_cpu_ptr(&deferred);

	if (llist_add((struct llist_node *)sq_mark_at(c, obj), &d->list))
		irq_work_queue(&d->work);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_defer_free);

/*
 * Put objects from a magazine into their slabs; preemption is off, the
 * objects were checked when they were freed. One that is in its slab already
 * was freed twice, with its mark overwritten in between. The caller calls
 * sq_cache_tidy() when preemption is on again.
 */
void sq_slabs_put(struct squirrel_cache *c, void **objs, unsigned int nr)
{
	unsigned int done = 0, some;
	unsigned long flags;
	bool there;

	while (done < nr) {
		struct sq_node *n = node_of(c, objs[done]);

		if (!sq_node_lock(c, n, &flags)) {
			sq_defer_free(c, objs[done++]);
			continue;
		}
		some = put_run(c, n, objs + done, nr - done);
		/* The agent may have become another node's before the lock. */
		there = some || node_of(c, objs[done]) == n;
		if (sq_node_spare(c, n, sq_keep_empty(n)))
			WRITE_ONCE(c->owed, true);
		sq_node_unlock(n, flags);
		done += some;
		if (!some && there) {
			sq_count_frees(c, -1L);
			sq_report(c, "second free", objs[done++], 0);
		}
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_slabs_put);

/*
 * An object goes to its slab. Its slab may have been taken apart since: whose it
 * is, and where its mark belongs, must not come from what it was before.
 */
static void deferred_put(struct llist_node *link)
{
	struct squirrel_cache *c;
	void *obj;

	preempt_disable();
	sq_obj_agent(link, &c);
	if (c) {
		obj = (char *)link - c->mark_off;
		/* The link was where its mark belongs. */
		sq_set_mark(c, obj);
		sq_slabs_put(c, &obj, 1);
	}
	preempt_enable();
	/* Nobody's: its heap is gone, with all that was in it. */
	if (c)
		sq_slabs_tidy(c);
}

static void deferred_work(struct irq_work *work)
{
	struct sq_deferred *d = container_of(work, struct sq_deferred, work);
	unsigned int nr = SQ_DEFERRED_BATCH;
	struct llist_node *link;

	while (nr--) {
		link = llist_del_first(&d->list);
		if (!link)
			return;
		deferred_put(link);
	}
	irq_work_queue(work);
}

/* Wait until all that was deferred so far is done; may sleep. */
void sq_deferred_flush(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(&per_cpu_ptr(&deferred, cpu)->work);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_deferred_flush);

void sq_deferred_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_irq_work(&per_cpu_ptr(&deferred, cpu)->work,
			      deferred_work);
}
