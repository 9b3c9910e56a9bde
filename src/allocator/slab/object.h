/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An object: whose it is, where it starts, its mark, and all that is done to it when it
 * is handed out and when it comes back.
 */
#ifndef _SQ_ALLOCATOR_OBJECT_H
#define _SQ_ALLOCATOR_OBJECT_H

#include <linux/math64.h>
#include <linux/mm.h>

#include "allocator/common/common.h"
#include "utility/utility.h"

#include "slab.h"

/* What a used block is to the allocator: the agent's kind. */
#define SQ_KIND_SLAB	1
#define SQ_KIND_LARGE	2
#define SQ_KIND_GUARD	3	/* not of a block: see guard.h */

/* A plain load: the compiler may compare it where it is. */
static __always_inline struct squirrel_cache *
sq_owner_fast(const struct sq_agent *agent)
{
	return (struct squirrel_cache *)sq_racy(agent->owner);
}

static __always_inline struct squirrel_cache *
sq_owner(const struct sq_agent *agent)
{
	return (struct squirrel_cache *)READ_ONCE(agent->owner);
}

/* For a walk over blocks, which looks at priv as well. */
static inline struct squirrel_cache *
sq_owner_acquire(const struct sq_agent *agent)
{
	/* Pairs with sq_agent_publish(): priv was filled in before. */
	return (struct squirrel_cache *)smp_load_acquire(&agent->owner);
}

/*
 * The mark of a free object, whose presence says by itself that the object is
 * free, wherever that is on its way to: a live one never has it. It is bound to
 * the object's address: both secrets are odd and addresses are not, so marks of
 * a cache are odd (never 0), and no two are the same.
 */
static __always_inline unsigned long sq_mark_of(const struct squirrel_cache *c,
						const void *obj)
{
	return ((unsigned long)obj ^ c->mark_key) * c->mark_mul;
}

/* Where it is. */
static __always_inline unsigned long *sq_mark_at(const struct squirrel_cache *c,
						 const void *obj)
{
	return (unsigned long *)((char *)obj + c->mark_off);
}

static __always_inline bool sq_marked(const struct squirrel_cache *c,
				      const void *obj)
{
	/* Who asks of somebody's live object sees what is in it. */
	return data_race(*sq_mark_at(c, obj)) == sq_mark_of(c, obj);
}

static __always_inline void sq_set_mark(const struct squirrel_cache *c,
					void *obj)
{
	*sq_mark_at(c, obj) = sq_mark_of(c, obj);
}

/* ---- whose an address is --------------------------------------------------- */

/* What the product below grows by from one object to the next: size to 2 size */
static inline u64 sq_slot_step(const struct squirrel_cache *c)
{
	return c->recip * c->size;
}

/*
 * Is @obj the start of one of the slab's objects? With recip a little over
 * 2^64 / size, the product of an offset and recip wraps to n * step for the
 * n-th object, and to recip or more for what lies between. (Offsets and sizes
 * are below 2^32, and so SQ_SLAB_MAX_OBJS * step is below recip.) The bias takes
 * the slab's address off, and adds so much that the product of what would be
 * the object behind the last comes to limit.
 */
static __always_inline bool sq_slot_start_by(u64 recip, u64 limit, u64 bias,
					     const void *obj)
{
	return (u64)(unsigned long)obj * recip + bias < limit;
}

/*
 * The owner was compared before, but what is loaded here may be older: nothing orders the
 * two. If the object is live both were there before it was handed out. When its slab is
 * taken apart, or the agent another's, either all is of before, or the object is refused
 * and whoever refuses it looks again, from the map on: see sq_obj_moved().
 */
static __always_inline bool sq_slot_start(const struct squirrel_cache *c,
					  const struct sq_agent *agent,
					  const void *obj)
{
	const struct sq_slab *slab = (const struct sq_slab *)agent->priv;

	return sq_slot_start_by(c->recip, c->recip_limit, slab->recip_bias, obj);
}

static __always_inline unsigned int sq_slot_index(const struct squirrel_cache *c,
						  const struct sq_agent *agent,
						  const void *obj)
{
	u64 off = (unsigned long)obj - sq_slab_base(agent);

	return mul_u64_u64_shr(off, c->recip, 64);
}

/*
 * A slot begins where the client's object does, but for a twin's: there what is kept of
 * the object lies in front of it. All but clients and what is found out here deal in slots.
 */
static inline void *sq_slot_of(const struct squirrel_cache *c, const void *obj)
{
	return (char *)obj - c->lead;
}

/**
 * struct sq_found - what an address is to the allocator
 * @agent: of its page
 * @owner: whose that is, or NULL
 * @start: an object, or a large block, starts there
 * @index: which slot of its slab it is in
 * @base: where the object in that starts
 */
struct sq_found {
	struct sq_agent *agent;
	struct squirrel_cache *owner;
	bool start;
	unsigned int index;
	unsigned long base;
};

void sq_obj_look(const void *obj, struct sq_found *f);
void sq_obj_find(const void *obj, struct sq_found *f);

bool sq_obj_moved(const void *obj, const struct sq_agent *agent);
struct sq_agent *sq_obj_agent_any(const void *obj, struct squirrel_cache **owner);

/*
 * Preemption off. As sq_obj_find(), for who has no need of more than the owner; what is
 * guarded is nobody's here.
 */
static __always_inline struct sq_agent *
sq_obj_agent(const void *obj, struct squirrel_cache **owner)
{
	struct sq_agent *agent;

	do {
		agent = sq_map_lookup(obj);
		*owner = sq_owner(agent);
		smp_rmb();	/* as in sq_obj_moved() */
	} while (agent != sq_map_lookup(obj));
	return agent;
}

/* ---- all that is done to it ------------------------------------------------ */

/*
 * An object is handed out: its mark goes, and it is zeroed if that is wanted. The
 * hot path and bulk.c do the first themselves, by sq_obj_unmark_at().
 */
void sq_obj_alloc_prep(struct squirrel_cache *c, void *obj, gfp_t gfp);
void sq_obj_zero(struct squirrel_cache *c, void *obj, gfp_t gfp);
void sq_obj_wipe(struct squirrel_cache *c, void *obj);

static __always_inline void sq_obj_unmark_at(unsigned long *mark)
{
	*mark = 0;
}

/*
 * An object comes back, and was found fit: it is wiped if that is wanted, and has
 * a mark again. The hot path and bulk.c do the latter themselves, by
 * sq_obj_mark_at(), and leave what is to be wiped to others.
 */
static inline void sq_obj_free_prep(struct squirrel_cache *c, void *obj)
{
	if (want_init_on_free())
		sq_obj_wipe(c, obj);
	if (static_branch_likely(&sq_hardened))
		sq_set_mark(c, obj);
}

/* As the page allocator does it: that is what a large block is compared with. */
static inline void sq_zero_pages(void *addr, unsigned long pages)
{
	for (; pages--; addr += PAGE_SIZE)
		clear_page(addr);
}

static __always_inline void sq_obj_mark_at(unsigned long *mark,
					   unsigned long value)
{
	*mark = value;
}

#endif /* _SQ_ALLOCATOR_OBJECT_H */
