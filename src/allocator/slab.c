// SPDX-License-Identifier: GPL-2.0
/*
 * Slabs: one block of objects, and a node's lists of them.
 *
 * Which of a slab's objects are in it is one bit each, out of line, so a write
 * to a free object cannot lead the allocator astray and a second free is seen
 * for certain. Nearly full slabs are taken from first: then the others have a
 * chance to become empty.
 */
#include <linux/hardirq.h>
#include <linux/log2.h>
#include <linux/random.h>
#include <linux/slab.h>

#include "internal.h"
#include "pick.h"

/* Empty slabs taken off a node in one hold of its lock. */
#define SQ_DETACH_HOLD	32U

/*
 * In NMI the lock may be held by what was interrupted: only try. Sparse cannot
 * follow a lock that may fail to be had; it is told that nothing happened.
 */
bool sq_node_lock(struct sq_node *n, unsigned long *flags)
{
	if (in_nmi()) {
		*flags = 0;
		if (!raw_spin_trylock(&n->lock))
			return false;
	} else {
		raw_spin_lock_irqsave(&n->lock, *flags);
	}
	n->changes++;
	__release(&n->lock);
	return true;
}

void sq_node_unlock(struct sq_node *n, unsigned long flags)
{
	__acquire(&n->lock);
	if (in_nmi())
		raw_spin_unlock(&n->lock);
	else
		raw_spin_unlock_irqrestore(&n->lock, flags);
}

/* Put the slab on the list that fits how full it is. */
void sq_slab_relist(struct sq_node *n, struct sq_slab *slab)
{
	unsigned int free = slab->nr_free, objs = slab->nr_objs, where;

	if (free == objs)
		where = SQ_SLAB_EMPTY;
	else if (!free)
		where = SQ_SLAB_FULL;
	else if (free * 4 <= objs)
		where = SQ_SLAB_TIGHT;
	else if (free * 2 <= objs)
		where = SQ_SLAB_HALF;
	else
		where = SQ_SLAB_LOOSE;
	if (where == slab->where)
		return;
	n->nr_empty += (where == SQ_SLAB_EMPTY) - (slab->where == SQ_SLAB_EMPTY);
	n->empty_min = min(n->empty_min, n->nr_empty);
	slab->where = where;
	list_move(&slab->list, &n->lists[where]);
}

/*
 * A fresh slab's objects come in random order, if the kernel's do: one that
 * nobody can tell from where it is and the moment.
 */
static void sq_shuffle(void **objs, unsigned int nr)
{
	unsigned int i;
	u32 seed;

	if (!IS_ENABLED(CONFIG_SLAB_FREELIST_RANDOM) || nr < 2)
		return;
	seed = sq_next_order();
	for (i = nr; i > 1; i--) {
		seed = seed * 1664525U + 1013904223U;
		swap(objs[i - 1], objs[((u64)seed * i) >> 32]);
	}
}

static unsigned int sq_slab_take(struct squirrel_cache *c, struct sq_slab *slab,
				 void **objs, unsigned int want)
{
	unsigned long base = sq_slab_base(sq_slab_agent(slab));
	unsigned int got = 0, w;

	for (w = 0; got < want && w < SQ_SLAB_WORDS; w++) {
		u64 free = slab->free[w];

		while (free && got < want) {
			objs[got++] = (void *)(base + (unsigned long)c->size *
					       (w * 64 + __ffs64(free)));
			free &= free - 1;
		}
		slab->free[w] = free;
	}
	slab->nr_free -= got;
	slab->flags &= ~(SQ_SLAB_SEEN | SQ_SLAB_SHED);
	if (unlikely(slab->flags & SQ_SLAB_FRESH)) {
		sq_shuffle(objs, got);
		if (!slab->nr_free)
			slab->flags &= ~SQ_SLAB_FRESH;
	}
	return got;
}

/* Take up to @want objects from the node's slabs, the fullest first. */
unsigned int sq_node_take(struct squirrel_cache *c, struct sq_node *n,
			  void **objs, unsigned int want)
{
	unsigned int got = 0, where = SQ_SLAB_TIGHT;

	lockdep_assert_held(&n->lock);
	while (got < want && where <= SQ_SLAB_EMPTY) {
		struct sq_slab *slab;

		slab = list_first_entry_or_null(&n->lists[where],
						struct sq_slab, list);
		if (!slab) {
			where++;
			continue;
		}
		got += sq_slab_take(c, slab, objs + got, want - got);
		sq_slab_relist(n, slab);
	}
	n->nr_free -= got;
	return got;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_node_take);

/* Put one object into its slab; false if it is there already. */
bool sq_slab_put(struct squirrel_cache *c, struct sq_node *n,
		 struct sq_agent *agent, unsigned int index)
{
	struct sq_slab *slab = sq_slab_of(agent);
	u64 bit = BIT_ULL(index & 63), *word = &slab->free[index >> 6];

	lockdep_assert_held(&n->lock);
	if (unlikely(*word & bit))
		return false;
	*word |= bit;
	slab->nr_free++;
	slab->flags &= ~(SQ_SLAB_SEEN | SQ_SLAB_SHED);
	n->nr_free++;
	return true;
}

/* Take a slab, or what is left of one, out of the node's books. */
void sq_node_detach(struct sq_node *n, struct sq_slab *slab,
		    struct list_head *out)
{
	lockdep_assert_held(&n->lock);
	if (slab->where == SQ_SLAB_EMPTY)
		n->nr_empty--;
	n->empty_min = min(n->empty_min, n->nr_empty);
	slab->where = SQ_SLAB_LISTS;
	list_move(&slab->list, out);
	n->nr_slabs--;
	n->nr_objs -= slab->nr_objs;
	n->nr_free -= slab->nr_objs;
	n->nr_pages -= sq_agent_pages(sq_slab_agent(slab));
}

/* The empty slab that goes next, if there are more than @keep. */
static struct sq_slab *sq_node_spare(const struct squirrel_cache *c,
				     struct sq_node *n, unsigned long keep)
{
	struct sq_slab *slab;

	lockdep_assert_held(&n->lock);
	if (n->nr_empty <= keep)
		return NULL;
	slab = list_last_entry(&n->lists[SQ_SLAB_EMPTY], struct sq_slab, list);
	return n->nr_free - slab->nr_objs < c->reserve ? NULL : slab;
}

/* Detach some empty slabs beyond @keep, as the reserve allows. Returns how many */
unsigned int sq_node_detach_empty(struct squirrel_cache *c, struct sq_node *n,
				  unsigned long keep, struct list_head *out)
{
	struct sq_slab *slab;
	unsigned int nr;

	for (nr = 0; nr < SQ_DETACH_HOLD; nr++) {
		slab = sq_node_spare(c, n, keep);
		if (!slab)
			break;
		sq_node_detach(n, slab, out);
	}
	return nr;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_node_detach_empty);

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

/* See sq_slot_start(). */
void sq_slab_set_bias(const struct squirrel_cache *c, struct sq_agent *agent)
{
	struct sq_slab *slab = sq_slab_of(agent);

	WRITE_ONCE(slab->bias, (SQ_SLAB_MAX_OBJS - slab->nr_objs) *
		   sq_slot_step(c) - sq_slab_base(agent) * c->magic);
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

/* What the lists hold must be ours and not in a slab yet. */
static bool sq_put_one(struct squirrel_cache *c, struct sq_node *n,
		       struct sq_agent *agent, void *obj)
{
	return sq_owner(agent) == c && sq_slot_start(c, agent, obj) &&
	       sq_slab_put(c, n, agent, sq_slot_index(c, agent, obj));
}

/* How many empty slabs a node may keep beyond the moment. */
static unsigned int sq_keep_empty(const struct sq_node *n)
{
	return 1 + sq_glance(n->nr_slabs) / 32;
}

/* Objects of one node go to their slabs; true if each did. */
static unsigned int sq_put_run(struct squirrel_cache *c, struct sq_node *n,
			       void **objs, unsigned int nr)
{
	struct sq_slab *slab = NULL;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		struct sq_agent *agent = sq_map_lookup(objs[i]);

		if (slab && slab != sq_slab_of(agent)) {
			sq_slab_relist(n, slab);
			slab = NULL;
		}
		if (unlikely(c->node[agent->node] != n))
			break;
		if (unlikely(!sq_put_one(c, n, agent, objs[i])))
			break;
		slab = sq_slab_of(agent);
	}
	if (slab)
		sq_slab_relist(n, slab);
	return i;
}

/* The node that an object's slab is on; any for what is none of ours. */
static struct sq_node *sq_node_of(struct squirrel_cache *c, const void *obj)
{
	return c->node[max_t(int, sq_map_lookup(obj)->node, 0)];
}

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
		struct sq_node *n = sq_node_of(c, objs[done]);

		if (!sq_node_lock(n, &flags)) {
			sq_defer_free(c, objs[done++]);
			continue;
		}
		some = sq_put_run(c, n, objs + done, nr - done);
		/* The agent may have become another node's before the lock. */
		there = some || sq_node_of(c, objs[done]) == n;
		if (sq_node_spare(c, n, sq_keep_empty(n)))
			WRITE_ONCE(c->owed, true);
		sq_node_unlock(n, flags);
		done += some;
		if (!some && there) {
			sq_count_other(c, other_frees, -1UL);
			sq_report(c, "second free", objs[done++], 0);
		}
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_slabs_put);

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
