/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Magazines: the objects at hand, per CPU and in depots; the calls of this room.
 */
#ifndef _SQ_ALLOCATOR_MAGAZINE_H
#define _SQ_ALLOCATOR_MAGAZINE_H

#include <linux/build_bug.h>
#include <linux/gfp.h>
#include <linux/types.h>

#include "allocator/pages/pages.h"
#include "allocator/slab/object.h"
#include "allocator/slab/slab.h"

#include "percpu.h"

/*
 * Each CPU has an array of objects per cache, which holds two magazines' worth and is
 * replaced by a larger one when it is to hold more (resize.c): objects enter and leave
 * at the top, and one magazine's worth at a time moves between the array and the depot
 * or the slabs. So a burst that swings around a magazine's edge takes no lock.
 */
#define SQ_MAG_MAX	62U			/* objects in a depot magazine */
#define SQ_CPU_MAX	(2 * SQ_MAG_MAX)	/* objects in an array */

/* A magazine in the depot. */
struct sq_mag {
	struct sq_mag *next;
	unsigned long nr;
	void *obj[SQ_MAG_MAX];
};

static_assert(sizeof(struct sq_mag) == 512);

/* magazine.c */
void sq_cache_tidy_slow(struct squirrel_cache *c);

/* After objects went to slabs, when preemption is as the caller had it. */
static inline void sq_cache_tidy(struct squirrel_cache *c)
{
	if (unlikely(READ_ONCE(c->owed)))
		sq_cache_tidy_slow(c);
}

static inline struct sq_node *sq_local_node(struct squirrel_cache *c)
{
	return c->node[numa_mem_id()];
}

extern struct squirrel_cache *sq_mag_cache;
void *sq_take_slow(struct squirrel_cache *c, gfp_t gfp, int node);
struct sq_mag *sq_depot_pop(struct sq_node *n);
u32 sq_cpu_flush(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr);
void sq_mag_free(struct sq_mag *mag);
void sq_cache_push(struct squirrel_cache *c, void *obj);
unsigned int sq_take_many(struct squirrel_cache *c, void **objs,
			  unsigned int nr);
void sq_push_many(struct squirrel_cache *c, void **objs, unsigned int nr);

/* drain.c */
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool idle_only);
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu);
unsigned long sq_depot_drain(struct squirrel_cache *c, bool all);

/* grow.c */
void *sq_cache_grow(struct squirrel_cache *c, gfp_t gfp, int node, bool stock);

/* resize.c */
unsigned int sq_cap_start(const struct squirrel_cache *c);
void sq_cap_double(struct squirrel_cache *c, struct sq_cpu *cc);
void sq_cap_decay(struct squirrel_cache *c);
typedef bool (*sq_array_fn)(void **objs, u32 nr, void *ctx);
int sq_array_init(struct squirrel_cache *c, gfp_t gfp);
void sq_array_free(struct squirrel_cache *c);
void sq_resize_ask(struct squirrel_cache *c);
void sq_resize_migrate(struct squirrel_cache *c, int cpu);
void sq_resize_cancel(struct squirrel_cache *c);
void sq_resize_exit(void);
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu);
bool sq_look_in_magazines(struct squirrel_cache *c, sq_array_fn fn, void *ctx);
void sq_cache_counts(struct squirrel_cache *c, unsigned long *allocs,
		     unsigned long *frees);
void sq_resize_flush(void);
int sq_resize_now_begin(struct squirrel_cache *c, u32 objs);
int sq_resize_now(struct squirrel_cache *c, u32 objs);

/* ---- the CPU's array, off the hot path --------------------------------------- */

/* Claimed: it ran full or empty for @nr objects. If that goes on, let it hold more. */
static inline void sq_cap_grow(struct squirrel_cache *c, struct sq_cpu *cc,
			       unsigned int nr)
{
	u32 cap = READ_ONCE(c->cap);

	if (cap >= c->cpu_max)
		return;
	cc->misses += 1 + nr / cap;
	if (unlikely(cc->misses >= SQ_MISSES_TO_GROW))
		sq_cap_double(c, cc);
}

/*
 * Preemption off. NULL if an interrupted context has them. If this CPU has yet to
 * move to them it does so now: what is in the old ones may be all there is.
 */
static inline struct sq_cpu *sq_cpu_get(struct squirrel_cache *c, u32 *nr)
{
	struct sq_cpu __percpu *cc = READ_ONCE(c->cpu);
	struct sq_word __percpu *w = sq_word_of(c, cc);

	if (!sq_claim(w)) {
		sq_resize_migrate(c, smp_processor_id());
		/* It may just have, before this was read. */
		cc = READ_ONCE(c->cpu);
		w = sq_word_of(c, cc);
		if (!sq_claim(w))
			return NULL;
	}
	*nr = sq_claimed_nr(w) - SQ_CLAIMED;
	return this_cpu_ptr(cc);
}

/* The same ones: c->cpu may be others meanwhile. */
static inline void sq_cpu_put(struct squirrel_cache *c, struct sq_cpu *cc,
			      u32 nr)
{
	barrier();
	WRITE_ONCE(sq_word_in(c, cc)->word, nr);
}

#endif /* _SQ_ALLOCATOR_MAGAZINE_H */
