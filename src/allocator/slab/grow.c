// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs from the manager and back to it: grow and release.
 */
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocator/common/kasan.h"
#include "allocator/pages/pages.h"

#include "object.h"
#include "slab.h"

/*
 * How many of @want more objects the limit allows; they are counted. Who must
 * not be refused has one in any case.
 */
static unsigned int charge_objs(struct squirrel_cache *c, unsigned int want,
				gfp_t gfp)
{
	long total = atomic_long_read(&c->counts.objs);
	unsigned int n;

	do {
		n = want;
		if (c->limit_objs) {
			long room = c->limit_objs - total;

			if (room <= 0 && !sq_gfp_nofail(gfp))
				return 0;
			n = clamp_t(long, room, 1, n);
		}
	} while (!atomic_long_try_cmpxchg(&c->counts.objs, &total, total + n));
	return n;
}

static void slab_setup(struct squirrel_cache *c, struct sq_agent *agent,
		       unsigned int nr)
{
	struct sq_slab *slab = sq_slab_of(agent);
	char *slot = (char *)sq_agent_addr(agent);
	unsigned int i;

	sq_assert(nr && nr <= SQ_SLAB_MAX_OBJS &&
		  nr * (size_t)c->size <= sq_agent_size(agent));
	slab->nr_objs = nr;
	slab->nr_free = nr;
	slab->fullness = SQ_NR_FULLNESS;
	slab->flags = SQ_SLAB_FRESH;
	sq_slab_set_bias(c, agent);
	for (i = 0; i < nr; i++) {
		slab->free[i >> 6] |= BIT_ULL(i & 63);
		/* What a twin keeps of an object begins at nothing. */
		memset(slot, 0, c->lead);
		if (c->ctor)
			c->ctor(slot + c->lead);
		sq_set_mark(c, slot);
		slot += c->size;
	}
}

/*
 * Only the shortest slab is worth that anybody reclaims, waits or uses reserves
 * for it: so no object up to a page ever needs two pages in a row.
 */
static struct sq_agent *grow_block(struct squirrel_cache *c, gfp_t gfp,
				   int node, unsigned int pages)
{
	struct sq_request req = {
		.pages = pages,
		.align = max_t(unsigned long, c->align,
			       is_power_of_2(c->size) ? c->size : 0) >> PAGE_SHIFT,
		/* Charged to whoever makes the slab only if the cache says so. */
		.gfp = gfp & ~(SQ_GFP_NOT_PAGES | __GFP_ACCOUNT),
		.node = node,
		.kind = SQ_KIND_SLAB,
		.optional = pages > sq_slab_least(c),
	};

	if (c->flags & SQUIRREL_ACCOUNT)
		req.gfp |= __GFP_ACCOUNT;
	return sq_heap_take(c->heap, &req, &c->counts.limit_hits, &c->counts.nomem,
			    !(c->flags & SQ_CACHE_INTERNAL));
}

/*
 * Make a slab, on a node by preference. It is the cache's when this returns, but
 * nobody finds it before sq_node_add(). NULL: no memory, or the limit.
 */
struct sq_slab *sq_slab_make(struct squirrel_cache *c, gfp_t gfp, int node)
{
	unsigned int objs, pages = sq_slab_next(c, node);
	struct sq_agent *agent;

	for (;;) {
		objs = charge_objs(c, sq_slab_objs(c, pages), gfp);
		if (!objs) {
			atomic_long_inc(&c->counts.limit_hits);
			return NULL;
		}
		agent = grow_block(c, gfp, node, pages);
		if (agent)
			break;
		atomic_long_sub(objs, &c->counts.objs);
		if (pages == sq_slab_least(c))
			return NULL;
		/* Perhaps there is memory for a shorter one. */
		pages = sq_slab_least(c);
	}
	atomic_long_inc(&c->counts.grown);
	slab_setup(c, agent, objs);
	WRITE_ONCE(c->node[node]->spill,
		   agent->node == node ? 0 : agent->node + 1);
	INIT_LIST_HEAD(&sq_slab_of(agent)->list);
	sq_agent_publish(agent, c);
	return sq_slab_of(agent);
}

static void slab_give(struct squirrel_cache *c, struct sq_slab *slab)
{
	struct sq_agent *agent = sq_slab_agent(slab);

	/* A twin's may be hidden: see debug/slot.c. */
	if (SQ_HAS_KASAN && c->client)
		sq_kasan_show((void *)sq_agent_addr(agent), sq_agent_size(agent));
	sq_heap_give(c->heap, c, agent, false);
}

/* Slabs that wait for a grace period. */
static atomic_long_t waiting = ATOMIC_LONG_INIT(0);

static void slab_give_rcu(struct rcu_head *rcu)
{
	struct sq_slab *slab = container_of(rcu, struct sq_slab, rcu);

	slab_give(sq_owner(sq_slab_agent(slab)), slab);
	/* Pairs with sq_slabs_flush(): the manager has it before. */
	atomic_long_dec_return_release(&waiting);
	/* The run that released it has been: another one gives it back. */
	sq_event(SQ_EVENT_ACTIVE, 0);
}

/* Until the slabs that were released so far are with their managers. May sleep. */
void sq_slabs_flush(void)
{
	/* None: then those that did are seen to be there. */
	if (atomic_long_read_acquire(&waiting))
		rcu_barrier();
}

/* Give detached slabs to the manager. Not in NMI. */
unsigned int sq_slabs_release(struct squirrel_cache *c, struct list_head *list)
{
	struct sq_slab *slab, *next;
	unsigned int nr = 0;

	list_for_each_entry_safe(slab, next, list, list) {
		nr++;
		atomic_long_sub(slab->nr_objs, &c->counts.objs);
		atomic_long_inc(&c->counts.released);
		if (c->flags & SQUIRREL_TYPESAFE_BY_RCU) {
			atomic_long_inc(&waiting);
			call_rcu(&slab->rcu, slab_give_rcu);
		} else {
			slab_give(c, slab);
		}
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
	unsigned long left = sq_read_racy(n->nr_empty), flags, nr = 0;
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

/* ---- what is free beyond the moment -------------------------------------- */

/* How many empty slabs a node may keep beyond the moment. */
unsigned int sq_keep_empty(const struct sq_node *n)
{
	return SQ_KEEP_EMPTY + sq_read_racy(n->nr_slabs) / SQ_KEEP_EMPTY_SHARE +
	       sq_read_racy(n->keep);
}

/* May slabs be given to the manager here? RCU may take locks of the timers'. */
static bool may_release(const struct squirrel_cache *c)
{
	if (c->flags & SQUIRREL_TYPESAFE_BY_RCU && irqs_disabled())
		return false;
	return sq_may_grow();
}

/*
 * What sq_slabs_put() has left to do: give empty slabs beyond a few to the manager,
 * some of each node at a time. Where that is not possible, the next call does it
 * that can, or the reclaimer. Any context. Returns whether it was possible.
 */
bool sq_cache_release_spare(struct squirrel_cache *c)
{
	unsigned long released = 0, flags;
	int nid;

	if (!may_release(c)) {
		sq_event(SQ_EVENT_HIGH_WATERMARK, 0);
		return false;
	}
	WRITE_ONCE(c->owed, false);
	/* What is owed from now on is either seen below or set anew: see sq_owe(). */
	smp_mb();
	for_each_node(nid) {
		struct sq_node *n = c->node[nid];
		LIST_HEAD(empty);

		if (sq_read_racy(n->nr_empty) <= sq_keep_empty(n))
			continue;
		raw_spin_lock_irqsave(&n->lock, flags);
		n->changes++;
		n->gone += sq_node_detach_empty(c, n, sq_keep_empty(n), &empty);
		if (sq_node_spare(c, n, sq_keep_empty(n)))
			sq_owe(c);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		released += sq_slabs_release(c, &empty);
	}
	if (released)
		sq_heap_check_watermark(c->heap, 0);
	return true;
}
