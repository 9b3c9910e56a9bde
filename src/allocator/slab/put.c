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
 * sq_irq_work_wait() waits for both, also if another flush is waiting.
 */
#include <linux/irq_work.h>
#include <linux/llist.h>

#include "object.h"
#include "slab.h"

/*
 * As many of @objs as lie in the slab of the first: what the lists hold must be ours and
 * not in a slab yet. Neighbours share the lookup. Returns how many went.
 */
static unsigned int put_neighbours(struct squirrel_cache *c, struct sq_node *n,
				   struct sq_agent *agent, void **objs,
				   unsigned int nr)
{
	struct sq_slab *slab = sq_slab_of(agent);
	unsigned long base = sq_slab_base(agent);
	unsigned long bytes = (unsigned long)slab->nr_objs * c->size;
	u64 recip = c->recip, limit = c->recip_limit;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		unsigned long off = (unsigned long)objs[i] - base, index;
		u64 bit, *word;

		if (off >= bytes)
			break;
		/* The start of an object? See sq_slot_start_by(). */
		if (unlikely(off * recip >= limit))
			break;
		index = mul_u64_u64_shr(off, recip, 64);
		bit = BIT_ULL(index & 63);
		word = &slab->free[index >> 6];
		if (unlikely(*word & bit))
			break;
		*word |= bit;
	}
	if (i)
		sq_slab_came_back(n, slab, i);
	return i;
}

/* Objects of one node go to their slabs. Returns how many did. */
static unsigned int put_run(struct squirrel_cache *c, struct sq_node *n,
			    void **objs, unsigned int nr)
{
	unsigned int done = 0, some;

	while (done < nr) {
		struct sq_agent *agent = sq_map_lookup(objs[done]);

		if (unlikely(sq_owner(agent) != c || c->node[agent->node] != n))
			break;
		some = put_neighbours(c, n, agent, objs + done, nr - done);
		if (!some)
			break;
		done += some;
	}
	return done;
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
			sq_owe(c);
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
		sq_irq_work_wait(&per_cpu_ptr(&deferred, cpu)->work);
	/* That looks at a flag, and orders nothing by itself: what was done is seen. */
	smp_acquire__after_ctrl_dep();
}
EXPORT_SYMBOL_SQ_KUNIT(sq_deferred_flush);

void sq_deferred_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		init_irq_work(&per_cpu_ptr(&deferred, cpu)->work,
			      deferred_work);
}
