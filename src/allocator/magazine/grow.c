// SPDX-License-Identifier: GPL-2.0
/*
 * A cache grows: a slab is made, and who makes it has his first objects of it.
 */
#include <linux/spinlock.h>
#include <linux/topology.h>

#include "magazine.h"

/*
 * One object of a slab that is made, and with @stock half of what this CPU's loaded
 * magazine may hold, if there is one and nothing in it: else it would be back for those
 * at once, all the way. Interrupts are off.
 */
static void *slab_first(struct squirrel_cache *c, struct sq_node *n,
			struct sq_slab *slab, bool stock)
{
	struct sq_hand *h = NULL;
	void *obj = NULL;
	u32 nr, got = 1;

	lockdep_assert_held(&n->lock);
	if (stock && slab->nr_objs > 1 && n == c->node[numa_mem_id()])
		h = sq_cpu_get(c, &nr, false);
	if (h && !nr) {
		got = sq_slab_take(c, slab, h->loaded->obj, h->loaded->cap / 2 + 1);
		nr = got - 1;
		obj = h->loaded->obj[nr];
	} else {
		sq_slab_take(c, slab, &obj, 1);
	}
	if (h)
		sq_cpu_put(c, h, nr);
	n->nr_free -= got;
	return obj;
}

/*
 * Make a slab and take one object from it: so the caller gets on even if
 * others empty the slab at once. With @stock more of them go to this CPU's
 * magazines. NULL: no memory, or the limit.
 */
void *sq_cache_grow(struct squirrel_cache *c, gfp_t gfp, int node, bool stock)
{
	struct sq_slab *slab;
	struct sq_node *n;
	unsigned long flags;
	void *obj;

	slab = sq_slab_make(c, gfp, sq_wanted_node(c, node));
	if (!slab)
		return NULL;
	n = c->node[sq_slab_agent(slab)->node];
	sq_count_wait(c, &n->lock);
	raw_spin_lock_irqsave(&n->lock, flags);
	n->changes++;
	sq_node_add(n, slab);
	obj = slab_first(c, n, slab, stock);
	sq_slab_fix_fullness(n, slab);
	raw_spin_unlock_irqrestore(&n->lock, flags);
	return obj;
}
