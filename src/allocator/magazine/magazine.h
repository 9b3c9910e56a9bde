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
 * Each CPU has an array of objects per cache: they enter and leave at the top, and half
 * of what it may hold, or a magazine's worth, moves at a time between it and the depot
 * or the slabs. So a burst that swings around an edge takes no lock. It has none before
 * its first miss, and a larger one by itself when misses go on; see array.c.
 */
#define SQ_MAG_MAX	62U			/* objects in a depot magazine */

/* Memory of the smallest array; each order has twice that of the one before. */
#define SQ_ARRAY_BYTES	128U
#define SQ_ARRAY_ORDERS	4U

/* A magazine in the depot. Its memory is that of an array. */
struct sq_mag {
	struct sq_mag *next;
	unsigned long nr;
	void *obj[SQ_MAG_MAX];
};

#define SQ_MAG_ORDER	2U

static_assert(sizeof(struct sq_mag) == SQ_ARRAY_BYTES << SQ_MAG_ORDER);

/* Objects that there is room for in an array of an order, and its end. */
#define SQ_ARRAY_ROOM(order)						\
	((u32)(((SQ_ARRAY_BYTES << (order)) - sizeof(struct sq_array)) /	\
	       sizeof(void *) - 1) & ~1U)
#define SQ_CPU_MAX	SQ_ARRAY_ROOM(SQ_ARRAY_ORDERS - 1)

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

void *sq_take_slow(struct squirrel_cache *c, gfp_t gfp, int node);
struct sq_mag *sq_depot_pop(struct sq_node *n);
struct sq_array *sq_cpu_flush(struct squirrel_cache *c, struct sq_array *a, u32 *nr);
void sq_cache_push(struct squirrel_cache *c, void *obj);
unsigned int sq_take_many(struct squirrel_cache *c, struct sq_array *a, void **objs,
			  unsigned int nr);
void sq_push_many(struct squirrel_cache *c, struct sq_array *a, void **objs,
		  unsigned int nr);

/* drain.c */
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool idle_only);
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu);
unsigned long sq_depot_drain(struct squirrel_cache *c, bool all);

/* grow.c */
void *sq_cache_grow(struct squirrel_cache *c, gfp_t gfp, int node, bool stock);

/* array.c */
typedef bool (*sq_array_fn)(void **objs, u32 nr, void *ctx);
extern struct squirrel_cache *sq_array_cache[SQ_ARRAY_ORDERS];
void *sq_array_memory(struct squirrel_cache *c, unsigned int order);
void sq_array_memory_free(void *memory, unsigned int order);
struct squirrel_cache *sq_arrays_short(void);
int sq_cpus_init(struct squirrel_cache *c, gfp_t gfp);
void sq_cpus_free(struct squirrel_cache *c);
unsigned int sq_cap_start(const struct squirrel_cache *c);
struct sq_array *sq_array_first(struct squirrel_cache *c, struct sq_cpu __percpu *cc);
struct sq_array *sq_array_resize(struct squirrel_cache *c, struct sq_array *a, u32 nr,
				 u32 cap);
struct sq_array *sq_array_miss(struct squirrel_cache *c, struct sq_array *a, u32 nr,
			       unsigned int worth, bool full);
unsigned long sq_array_used(const struct squirrel_cache *c, const struct sq_array *a,
			    u32 nr);
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu);
bool sq_look_in_arrays(struct squirrel_cache *c, sq_array_fn fn, void *ctx);
void sq_cache_counts(struct squirrel_cache *c, unsigned long *allocs,
		     unsigned long *frees);
unsigned long sq_cache_slow(const struct squirrel_cache *c, enum sq_slow_event event);

/* ---- the CPU's array, off the hot path --------------------------------------- */

/* How many objects are in @a, if the topmost is at @top. */
static inline u32 sq_array_nr(const struct sq_array *a, unsigned long top)
{
	return (top - SQ_CLAIMED - (unsigned long)&a->bottom) / sizeof(void *);
}

/* Where the topmost of @nr objects is. */
static inline unsigned long sq_array_top(const struct sq_array *a, u32 nr)
{
	return (unsigned long)&a->bottom + nr * sizeof(void *);
}

/*
 * Preemption off. NULL if an interrupted context has it, or there is none: with @make
 * only if there cannot be.
 */
static inline struct sq_array *sq_cpu_get(struct squirrel_cache *c, u32 *nr, bool make)
{
	struct sq_cpu __percpu *cc = sq_cpu_of(c);
	struct sq_array *a;

	if (!sq_claim(cc))
		return NULL;
	a = raw_cpu_read(cc->array);
	if (unlikely(!a) && make)
		a = sq_array_first(c, cc);
	if (unlikely(!a)) {
		sq_unclaim(cc, raw_cpu_read(cc->top) - SQ_CLAIMED);
		return NULL;
	}
	*nr = sq_array_nr(a, raw_cpu_read(cc->top));
	a->held = *nr;
	return a;
}

/*
 * Let go of it with @nr objects in it. Those that came or went since it was claimed
 * were moved; @allocs were handed out and @frees taken back.
 */
static inline void sq_cpu_put_counted(struct squirrel_cache *c, struct sq_array *a,
				      u32 nr, unsigned int allocs,
				      unsigned int frees)
{
	struct sq_cpu __percpu *cc = sq_cpu_of(c);

	WRITE_ONCE(a->base, a->base + nr - a->held + allocs - frees);
	raw_cpu_add(cc->frees, frees);
	sq_unclaim(cc, sq_array_top(a, nr));
}

static inline void sq_cpu_put(struct squirrel_cache *c, struct sq_array *a, u32 nr)
{
	sq_cpu_put_counted(c, a, nr, 0, 0);
}

#endif /* _SQ_ALLOCATOR_MAGAZINE_H */
