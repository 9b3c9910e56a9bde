/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slabs: what one is, a node's lists of them, and the calls of this room. The states
 * of a slab stand at the top of allocator.c.
 */
#ifndef _SQ_ALLOCATOR_SLAB_H
#define _SQ_ALLOCATOR_SLAB_H

#include <linux/build_bug.h>
#include <linux/container_of.h>
#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/spinlock.h>
#include <linux/topology.h>
#include <linux/types.h>

#include "allocator/common/hand.h"
#include "allocator/common/types.h"
#include "utility/utility.h"

#include "depot.h"

/* 320 objects in pages of 4096 bytes, as many more in larger ones. */
#define SQ_SLAB_WORDS		(5U << (PAGE_SHIFT - 12))
#define SQ_SLAB_MAX_OBJS	(SQ_SLAB_WORDS * 64)
#define SQ_SLAB_MAX_PAGES	8U

/* How full a slab is; the order in which slabs are taken from. */
enum sq_fullness {
	SQ_FULLNESS_HIGH,		/* at most a quarter free */
	SQ_FULLNESS_MID,		/* at most half free */
	SQ_FULLNESS_LOW,		/* more than half free */
	SQ_FULLNESS_EMPTY,		/* all free */
	SQ_FULLNESS_FULL,		/* none free */
	SQ_NR_FULLNESS,
};

#define SQ_SLAB_FRESH	0x01	/* not all objects have been handed out once */
#define SQ_SLAB_SEEN	0x02	/* nothing came or went since a look at it */
#define SQ_SLAB_TRIMMED	0x04	/* nor was there any page to give back then */

/**
 * struct sq_slab - a block of objects of one size; lives in its agent's priv
 * @recip_bias: see sq_slot_start()
 * @list: on one of the node's lists
 * @rcu: while the block waits for a grace period on its way out
 * @nr_free: objects of it that are in the slab: neither live nor in a magazine
 * @nr_objs: objects in all
 * @fullness: which list it is on
 * @flags: SQ_SLAB_*
 * @off: bytes from the start of the block to the first object; not 0 only in
 *	what remains of a slab that was taken apart (trim.c)
 * @free: one bit per object that is in the slab
 */
struct sq_slab {
	u64 recip_bias;
	union {
		struct list_head list;
		struct rcu_head rcu;
	};
	u16 nr_free;
	u16 nr_objs;
	u8 fullness;
	u8 flags;
	u16 off;
	u64 free[SQ_SLAB_WORDS];
};

static_assert(sizeof(struct sq_slab) <= SQ_AGENT_PRIV_BYTES);
static_assert(SQ_SLAB_MAX_OBJS <= U16_MAX);

/**
 * struct sq_node - a cache's slabs and depots on one NUMA node
 * @lock: guards all of it but for depots, and the slabs' state
 * @changes: holds of @lock that may have moved slabs or objects; see view/validate.c
 * @lists: the slabs, by how full they are
 * @nr_slabs: slabs in all
 * @nr_empty: slabs on the empty list
 * @empty_min: fewest since the reclaimer's last look by the clock: what nobody needed
 * @empty_low: the same since its last look by volume
 * @keep: empty slabs that a load that swings has needed again
 * @gone: empty ones given back since the last look, of those that it might need
 * @nr_pages: their pages
 * @nr_objs: their objects
 * @nr_free: objects of them that are in slabs
 * @spill: node + 1 where the last slab was made that was wanted here, or 0 if
 *	that was here; guarded by nothing
 * @nr_depots: how many there are, a power of two
 * @depot: the depots
 */
struct sq_node {
	raw_spinlock_t lock;
	u32 nr_empty;
	u32 empty_min;
	u32 empty_low;
	u32 keep;
	u32 gone;
	u32 nr_slabs;
	u32 changes;
	int spill;
	u32 nr_depots;
	struct list_head lists[SQ_NR_FULLNESS];
	unsigned long nr_pages;
	unsigned long nr_objs;
	unsigned long nr_free;
	struct sq_depot depot[];
};

static inline struct sq_slab *sq_slab_of(struct sq_agent *agent)
{
	return (struct sq_slab *)agent->priv;
}

static inline struct sq_agent *sq_slab_agent(struct sq_slab *slab)
{
	return container_of((u8 (*)[SQ_AGENT_PRIV_BYTES])slab, struct sq_agent,
			    priv);
}

/* Where a slab's first object is. */
static inline unsigned long sq_slab_base(const struct sq_agent *agent)
{
	const struct sq_slab *slab = (const struct sq_slab *)agent->priv;

	return sq_agent_addr(agent) + slab->off;
}

/*
 * For who looks without the node's lock: how many objects a slab has, at least
 * one, and how many of them are out. A slab that is just being taken apart may
 * have none, or fewer than are free.
 */
static inline void sq_slab_counts_racy(const struct sq_slab *slab, unsigned int *objs,
				       unsigned int *out)
{
	unsigned int nr = sq_read_racy(slab->nr_objs);
	unsigned int free = sq_read_racy(slab->nr_free);

	*objs = max(nr, 1U);
	*out = nr > free ? nr - free : 0;
}

/* Before an allocation or a free takes the lock: will it have to wait? */
static inline void sq_count_wait(struct squirrel_cache *c, raw_spinlock_t *lock)
{
	if (unlikely(raw_spin_is_locked(lock)))
		sq_count_slow(c, SQ_SLOW_LOCK_WAIT);
}

/* See sq_cache_tidy(). Who clears it then looks for what is owed: that comes before it. */
static inline void sq_owe(struct squirrel_cache *c)
{
	/* Pairs with sq_cache_release_spare(). */
	smp_store_release(&c->owed, true);
}

/* The node that memory is to come from by preference, if @node is asked for. */
static inline int sq_wanted_node(const struct squirrel_cache *c, int node)
{
	if (node != NUMA_NO_NODE)
		return node;
	return sq_pref_node(c->pref_node, numa_mem_id());
}

/* Enter a slab that was made into the node's books; sq_slab_fix_fullness() is to follow */
static inline void sq_node_add(struct sq_node *n, struct sq_slab *slab)
{
	lockdep_assert_held(&n->lock);
	/* One that went lately should have stayed. */
	if (n->gone) {
		n->gone--;
		WRITE_ONCE(n->keep, n->keep + 1);
	}
	n->nr_slabs++;
	n->nr_objs += slab->nr_objs;
	n->nr_pages += sq_agent_pages(sq_slab_agent(slab));
	n->nr_free += slab->nr_objs;
}

/* plan.c */
void sq_slab_plan(struct squirrel_cache *c);
unsigned int sq_slab_least(const struct squirrel_cache *c);
unsigned int sq_slab_pages(const struct squirrel_cache *c, unsigned long held);
unsigned int sq_slab_next(const struct squirrel_cache *c, int node);
unsigned int sq_slab_objs(const struct squirrel_cache *c, unsigned int pages);

/* slab.c: one slab, one node; the caller holds the node's lock */
unsigned int sq_node_take(struct squirrel_cache *c, struct sq_node *n,
			  void **objs, unsigned int want);
unsigned int sq_node_take_few(struct squirrel_cache *c, struct sq_node *n,
			      void **objs, unsigned int want);
unsigned int sq_slab_take(struct squirrel_cache *c, struct sq_slab *slab,
			  void **objs, unsigned int want);
struct sq_slab *sq_node_spare(const struct squirrel_cache *c,
			      struct sq_node *n, unsigned long keep);
void sq_slab_came_back(struct sq_node *n, struct sq_slab *slab, unsigned int nr);
void sq_slab_fix_fullness(struct sq_node *n, struct sq_slab *slab);
unsigned int sq_node_detach_empty(struct squirrel_cache *c, struct sq_node *n,
				  unsigned long keep, struct list_head *out);
void sq_node_detach(struct sq_node *n, struct sq_slab *slab,
		    struct list_head *out);
void sq_slab_set_bias(const struct squirrel_cache *c, struct sq_agent *agent);
/* slab.c, grow.c, put.c: without locks */
bool sq_node_lock(struct squirrel_cache *c, struct sq_node *n,
		  unsigned long *flags);
void sq_node_unlock(struct sq_node *n, unsigned long flags);
unsigned int sq_keep_empty(const struct sq_node *n);
struct sq_slab *sq_slab_make(struct squirrel_cache *c, gfp_t gfp, int node);
unsigned int sq_slabs_release(struct squirrel_cache *c, struct list_head *list);
void sq_slabs_flush(void);
unsigned long sq_node_release(struct squirrel_cache *c, struct sq_node *n,
			      unsigned long keep);
void sq_slabs_put(struct squirrel_cache *c, void **objs, unsigned int nr);
bool sq_cache_release_spare(struct squirrel_cache *c);
void sq_defer_free(struct squirrel_cache *c, void *obj);
void sq_deferred_flush(void);
void sq_deferred_init(void);

/*
 * After objects went to slabs, when preemption is as the caller had it. Above this
 * room it is sq_cache_tidy().
 */
static inline void sq_slabs_tidy(struct squirrel_cache *c)
{
	if (likely(!READ_ONCE(c->owed)))
		return;
	sq_cache_release_spare(c);
	/* Magazines may be owed as well. */
	sq_owe(c);
}

/* trim.c */
unsigned long sq_cache_trim(struct squirrel_cache *c, bool all);

#endif /* _SQ_ALLOCATOR_SLAB_H */
