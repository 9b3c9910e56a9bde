// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs from the manager and back to it: grow and release.
 */
#include <linux/log2.h>
#include <linux/slab.h>

#include "allocator/internal.h"
#include "allocator/pick.h"

/*
 * How many of @want more objects the limit allows; they are counted. Who must
 * not be refused has one in any case.
 */
static unsigned int sq_charge(struct squirrel_cache *c, unsigned int want,
			      gfp_t gfp)
{
	long total = atomic_long_read(&c->total_objs);
	unsigned int n;

	do {
		n = want;
		if (c->limit_objs) {
			long room = c->limit_objs - total;

			if (room <= 0 && !sq_gfp_must(gfp))
				return 0;
			n = clamp_t(long, room, 1, n);
		}
	} while (!atomic_long_try_cmpxchg(&c->total_objs, &total, total + n));
	return n;
}

static void sq_slab_setup(struct squirrel_cache *c, struct sq_agent *agent,
			  unsigned int nr)
{
	struct sq_slab *slab = sq_slab_of(agent);
	char *obj = (char *)sq_agent_addr(agent);
	unsigned int i;

	slab->nr_objs = nr;
	slab->nr_free = nr;
	slab->where = SQ_SLAB_LISTS;
	slab->flags = SQ_SLAB_FRESH;
	sq_slab_set_bias(c, agent);
	for (i = 0; i < nr; i++) {
		slab->free[i >> 6] |= BIT_ULL(i & 63);
		if (c->ctor)
			c->ctor(obj);
		sq_set_mark(c, obj);
		obj += c->size;
	}
}

/*
 * Only the shortest slab is worth that anybody reclaims, waits or uses reserves
 * for it: so no object up to a page ever needs two pages in a row.
 */
static struct sq_agent *sq_grow_block(struct squirrel_cache *c, gfp_t gfp,
				      int node, unsigned int pages)
{
	struct sq_request req = {
		.pages = pages,
		.align = max_t(unsigned long, c->align,
			       is_power_of_2(c->size) ? c->size : 0) >> PAGE_SHIFT,
		/* Charged to whoever makes the slab only if the cache says so. */
		.gfp = gfp & ~(__GFP_ZERO | __GFP_HIGHMEM | __GFP_COMP |
			       __GFP_ACCOUNT),
		.node = node,
		.kind = SQ_KIND_SLAB,
		.optional = pages > sq_slab_least(c),
	};

	if (c->flags & SQUIRREL_ACCOUNT)
		req.gfp |= __GFP_ACCOUNT;
	return sq_heap_take(c->heap, &req);
}

/* The node that memory is to come from by preference, if @node is asked for. */
int sq_wanted_node(const struct squirrel_cache *c, int node)
{
	if (node != NUMA_NO_NODE)
		return node;
	return c->home ? c->home - 1 : numa_mem_id();
}

/*
 * One object of a slab that is made, and with @stock half of what this CPU's
 * magazines may hold, if there is nothing in them: else it would be back for those
 * at once, all the way. Interrupts are off.
 */
static void *sq_slab_first(struct squirrel_cache *c, struct sq_node *n,
			   struct sq_slab *slab, bool stock)
{
	struct sq_cpu *cc = NULL;
	void *obj = NULL;
	u32 nr, got = 1;

	lockdep_assert_held(&n->lock);
	if (stock && slab->nr_objs > 1 && n == c->node[numa_mem_id()])
		cc = sq_cpu_get(c, &nr);
	if (cc && !nr) {
		got = sq_slab_take(c, slab, cc->obj, 1 + READ_ONCE(c->cap) / 2);
		nr = got - 1;
		obj = cc->obj[nr];
	} else {
		sq_slab_take(c, slab, &obj, 1);
	}
	if (cc)
		sq_cpu_put(c, cc, nr);
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
	struct sq_agent *agent = NULL;
	unsigned int nr, pages;
	struct sq_node *n;
	unsigned long flags;
	void *obj;

	node = sq_wanted_node(c, node);
	pages = sq_slab_next(c, node);
	for (;;) {
		nr = sq_charge(c, sq_slab_objs(c, pages), gfp);
		if (!nr) {
			atomic_long_inc(&c->limit_hits);
			return NULL;
		}
		agent = sq_grow_block(c, gfp, node, pages);
		if (agent)
			break;
		atomic_long_sub(nr, &c->total_objs);
		if (pages == sq_slab_least(c)) {
			if (!sq_gfp_must(gfp))
				sq_heap_count_failure(c->heap, pages,
						      &c->limit_hits, &c->nomem);
			return NULL;
		}
		/* Perhaps there is memory for a shorter one. */
		pages = sq_slab_least(c);
	}
	if (!(c->flags & SQ_CACHE_INTERNAL))
		sq_heap_pin(c->heap);
	atomic_long_inc(&c->grown);
	sq_slab_setup(c, agent, nr);
	n = c->node[agent->node];
	WRITE_ONCE(c->node[node]->spill,
		   agent->node == node ? 0 : agent->node + 1);
	INIT_LIST_HEAD(&sq_slab_of(agent)->list);
	sq_agent_publish(agent, c);

	raw_spin_lock_irqsave(&n->lock, flags);
	n->changes++;
	n->nr_slabs++;
	n->nr_objs += nr;
	n->nr_pages += sq_agent_pages(agent);
	n->nr_free += nr;
	obj = sq_slab_first(c, n, sq_slab_of(agent), stock);
	sq_slab_relist(n, sq_slab_of(agent));
	raw_spin_unlock_irqrestore(&n->lock, flags);
	return obj;
}

static void sq_slab_give(struct squirrel_cache *c, struct sq_slab *slab)
{
	struct squirrel_heap *heap = c->heap;
	struct sq_lost lost;

	lost = sq_manager_give(heap->manager, sq_slab_agent(slab));
	if (unlikely(lost.pages))
		sq_report_lost(c, lost);
	if (!(c->flags & SQ_CACHE_INTERNAL))
		sq_heap_unpin(heap);
}

static void sq_slab_give_rcu(struct rcu_head *rcu)
{
	struct sq_slab *slab = container_of(rcu, struct sq_slab, rcu);

	sq_slab_give(sq_owner(sq_slab_agent(slab)), slab);
}

/* Give detached slabs to the manager. Not in NMI. */
unsigned int sq_slabs_release(struct squirrel_cache *c, struct list_head *list)
{
	struct sq_slab *slab, *next;
	unsigned int nr = 0;

	list_for_each_entry_safe(slab, next, list, list) {
		nr++;
		atomic_long_sub(slab->nr_objs, &c->total_objs);
		atomic_long_inc(&c->released);
		if (c->flags & SQUIRREL_TYPESAFE_BY_RCU)
			call_rcu(&slab->rcu, sq_slab_give_rcu);
		else
			sq_slab_give(c, slab);
	}
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_slabs_release);

/*
 * Give empty slabs of a node beyond @keep to the manager, those that there are
 * now. Not in NMI. Returns how many went.
 */
unsigned long sq_node_release(struct squirrel_cache *c, struct sq_node *n,
			      unsigned long keep)
{
	unsigned long left = sq_glance(n->nr_empty), flags, nr = 0;
	unsigned int some;

	for (left -= min(left, keep); left; left -= min(left, 0UL + some)) {
		LIST_HEAD(empty);

		raw_spin_lock_irqsave(&n->lock, flags);
		n->changes++;
		some = sq_node_detach_empty(c, n, keep, &empty);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		if (!some)
			break;
		nr += sq_slabs_release(c, &empty);
	}
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_node_release);

/* How many empty slabs a node may keep beyond the moment. */
unsigned int sq_keep_empty(const struct sq_node *n)
{
	return 1 + sq_glance(n->nr_slabs) / 32;
}

/* May slabs be given to the manager here? RCU may take locks of the timers'. */
static bool sq_may_release(const struct squirrel_cache *c)
{
	if (c->flags & SQUIRREL_TYPESAFE_BY_RCU && irqs_disabled())
		return false;
	return sq_may_grow();
}

/*
 * What sq_slabs_put() and others have left to do: give empty slabs beyond a few
 * to the manager, some of each node at a time; make magazines. Where that is not
 * possible, the next call does it that can, or the reclaimer. Any context.
 */
void sq_cache_tidy_slow(struct squirrel_cache *c)
{
	unsigned long released = 0, flags;
	int nid;

	if (!sq_may_release(c)) {
		sq_event(SQ_EVENT_SURPLUS, 0);
		return;
	}
	WRITE_ONCE(c->owed, false);
	sq_mags_make();
	for_each_node(nid) {
		struct sq_node *n = c->node[nid];
		LIST_HEAD(empty);

		if (sq_glance(n->nr_empty) <= sq_keep_empty(n))
			continue;
		raw_spin_lock_irqsave(&n->lock, flags);
		n->changes++;
		sq_node_detach_empty(c, n, sq_keep_empty(n), &empty);
		if (sq_node_spare(c, n, sq_keep_empty(n)))
			WRITE_ONCE(c->owed, true);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		released += sq_slabs_release(c, &empty);
	}
	if (released)
		sq_heap_surplus(c->heap);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_tidy_slow);
