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
 * Each CPU that uses a cache has a magazine loaded: objects enter and leave at its top.
 * Half of what it may hold moves at a time between it and the slabs, or all of it once it
 * cannot be larger. It is exchanged for a larger one when misses go on; see hand.c. One
 * that is as large as it can be has a spare beside it, and whole ones go to the node's
 * depot and come from there: so a burst that swings around an edge takes no lock.
 */

/* Memory of the smallest magazine, and of a hand; each order has twice as much. */
#define SQ_MAG_BYTES	64U
#define SQ_MAG_ORDERS	5U

/* The caches of them: one for each order, then that of hands. */
#define SQ_MAG_HANDS	SQ_MAG_ORDERS
#define SQ_MAG_CACHES	(SQ_MAG_ORDERS + 1)

/* Objects that there is room for in one of an order, and its end. */
#define SQ_MAG_ROOM(order)						\
	((u32)(((SQ_MAG_BYTES << (order)) - sizeof(struct sq_mag)) /	\
	       sizeof(void *) - 1) & ~1U)
#define SQ_MAG_MAX	SQ_MAG_ROOM(SQ_MAG_ORDERS - 1)

static_assert(sizeof(struct sq_hand) <= SQ_MAG_BYTES);
static_assert(SQ_MAG_ROOM(0) >= 2);

/* magazine.c */
void sq_cache_tidy_slow(struct squirrel_cache *c);
void sq_mags_tidy(void);
void sq_mags_keep(int by);

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
bool sq_hand_refill(struct squirrel_cache *c, struct sq_hand *h, u32 *nr);
bool sq_hand_make_room(struct squirrel_cache *c, struct sq_hand *h, u32 *nr, bool more);
void sq_cache_push(struct squirrel_cache *c, void *obj);

/* depot.c */
struct sq_mag *sq_depot_put(struct squirrel_cache *c, struct sq_node *n, struct sq_mag *full);
struct sq_mag *sq_depot_get(struct squirrel_cache *c, struct sq_node *n,
			    struct sq_mag **empty);
struct sq_mag *sq_depot_pop(struct sq_depot *d);
unsigned long sq_depots_objs(const struct sq_node *n);

/* drain.c */
unsigned long sq_cpu_drain(struct squirrel_cache *c, bool idle_only);
unsigned long sq_cpu_look(struct squirrel_cache *c);
unsigned long sq_cpu_drain_dead(struct squirrel_cache *c, int cpu);
unsigned long sq_cache_drain_dead(struct squirrel_cache *c);
unsigned long sq_depot_look(struct squirrel_cache *c);
unsigned long sq_depot_drain(struct squirrel_cache *c, bool all);

/* grow.c */
void *sq_cache_grow(struct squirrel_cache *c, gfp_t gfp, int node, bool stock);

/* hand.c */
typedef bool (*sq_mag_fn)(void **objs, u32 nr, void *ctx);
extern struct squirrel_cache *sq_mag_cache[SQ_MAG_CACHES];
void *sq_mag_memory(struct squirrel_cache *c, unsigned int order);
void sq_mag_memory_free(void *memory, unsigned int order);
struct squirrel_cache *sq_mags_short(void);
struct sq_mag *sq_mag_new(struct squirrel_cache *c, u32 cap);
void sq_mag_free(struct sq_mag *mag);
void sq_mags_free(struct sq_mag *mag);
int sq_cpus_init(struct squirrel_cache *c, gfp_t gfp);
void sq_cpus_free(struct squirrel_cache *c);
unsigned int sq_cap_start(const struct squirrel_cache *c);
void sq_cap_keep(struct squirrel_cache *c, u32 cap);
struct sq_hand *sq_hand_first(struct squirrel_cache *c, struct sq_cpu __percpu *cc);
void sq_hand_free(struct squirrel_cache *c, struct sq_cpu *cc, u32 nr);
unsigned long sq_no_top(void);
void sq_door_shut(struct squirrel_cache *c);
void sq_door_open(struct squirrel_cache *c);
void sq_door_init(void);
void sq_hand_resize(struct squirrel_cache *c, struct sq_hand *h, u32 nr, u32 cap);
bool sq_hand_miss(struct squirrel_cache *c, struct sq_hand *h, u32 nr,
		  unsigned int worth, bool full);
unsigned long sq_hand_used(const struct squirrel_cache *c, const struct sq_hand *h,
			   u32 nr);
u32 sq_cpu_nr(const struct squirrel_cache *c, int cpu);
bool sq_look_in_hands(struct squirrel_cache *c, sq_mag_fn fn, void *ctx);
void sq_cache_counts(struct squirrel_cache *c, unsigned long *allocs,
		     unsigned long *frees);
unsigned long sq_cache_slow(const struct squirrel_cache *c, enum sq_slow_event event);

/* ---- what the CPU has at hand, off the hot path ------------------------------- */

/* How many objects are in a magazine, if the topmost is at @top. */
static inline u32 sq_mag_nr(const struct sq_mag *mag, unsigned long top)
{
	return (top - SQ_CLAIMED - (unsigned long)&mag->bottom) / sizeof(void *);
}

/* Where the topmost of @nr objects is. */
static inline unsigned long sq_mag_top(const struct sq_mag *mag, u32 nr)
{
	return (unsigned long)&mag->bottom + nr * sizeof(void *);
}

/*
 * Preemption off. NULL if an interrupted context has it, or there is none: with @make
 * only if there cannot be. *@nr: objects in the loaded magazine.
 */
static inline struct sq_hand *sq_cpu_get(struct squirrel_cache *c, u32 *nr, bool make)
{
	struct sq_cpu __percpu *cc = sq_cpu_of(c);
	struct sq_hand *h;

	if (!sq_claim(cc))
		return NULL;
	h = raw_cpu_read(cc->hand);
	if (unlikely(!h) && make)
		h = sq_hand_first(c, cc);
	if (unlikely(!h)) {
		sq_unclaim(cc, raw_cpu_read(cc->top) & ~SQ_CLAIMED);
		return NULL;
	}
	*nr = sq_mag_nr(h->loaded, raw_cpu_read(cc->top));
	h->held = *nr;
	return h;
}

/*
 * Let go of it with @nr objects in the loaded magazine. Those that came or went since it
 * was claimed were moved; @allocs were handed out and @frees taken back.
 */
static inline void sq_cpu_put_counted(struct squirrel_cache *c, struct sq_hand *h,
				      u32 nr, unsigned int allocs,
				      unsigned int frees)
{
	struct sq_cpu __percpu *cc = sq_cpu_of(c);

	WRITE_ONCE(h->base, h->base + nr - h->held + allocs - frees);
	if (!__builtin_constant_p(frees) || frees)
		raw_cpu_add(cc->frees, frees);
	sq_unclaim(cc, sq_mag_top(h->loaded, nr));
}

static inline void sq_cpu_put(struct squirrel_cache *c, struct sq_hand *h, u32 nr)
{
	sq_cpu_put_counted(c, h, nr, 0, 0);
}

/* Claimed: of @nr loaded objects the older ones go to their slabs, all but @keep. */
static inline void sq_hand_put_older(struct squirrel_cache *c, struct sq_hand *h, u32 nr,
				     u32 keep)
{
	void **objs = h->loaded->obj;

	sq_slabs_put(c, objs, nr - keep);
	sq_move(objs, objs + nr - keep, keep);
}

#endif /* _SQ_ALLOCATOR_MAGAZINE_H */
