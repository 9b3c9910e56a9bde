/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ways in and out: hot (fast.c), slow, by many, after a grace period.
 */
#ifndef _SQ_ALLOCATOR_PATH_H
#define _SQ_ALLOCATOR_PATH_H

#include "allocator/cache/cache.h"
#include "allocator/debug/debug.h"
#include "allocator/magazine/magazine.h"
#include "allocator/slab/object.h"

#include "checkers.h"
#include "leak.h"

/* What became of a free on the hot path. */
enum sq_push {
	SQ_PUSH_DONE,
	SQ_PUSH_FULL,		/* fit, but there is no room, or no getting in */
	SQ_PUSH_SUSPECT,	/* to be looked at closely */
};

/* The looked-up page is the cache's: is the object all right? Then take it. */
static __always_inline enum sq_push
sq_check_push(struct squirrel_cache *c, const struct sq_agent *agent, void *obj,
	      const bool outside)
{
	unsigned long *at, value;

	if (unlikely(!sq_slot_start(c, agent, obj)))
		return SQ_PUSH_SUSPECT;
	at = outside ? sq_mark_at(c, obj) : obj;
	value = sq_mark_of(c, obj);
	if (unlikely(*at == value))
		return SQ_PUSH_SUSPECT;
	return sq_fast_push(c, obj, outside, true, at, value) ? SQ_PUSH_DONE :
							      SQ_PUSH_FULL;
}

/* misuse.c */
const char *sq_foreign(struct sq_agent *agent);
bool sq_is_live(const struct squirrel_heap *heap, const void *obj);
bool sq_check_free(struct squirrel_cache *c, const void *obj,
		   unsigned long caller);

/* slow_free.c */
void sq_cache_free_full(struct squirrel_cache *c, void *obj,
			unsigned long caller);
void sq_cache_free_slow(struct squirrel_cache *c, void *obj,
			unsigned long caller);
bool sq_free_any_guarded(void *obj, unsigned long caller);
void sq_heap_free_slow(const void *obj, struct squirrel_heap *heap,
		       unsigned long caller);

/* slow_alloc.c */
void *sq_cache_alloc_slow(struct squirrel_cache *c, gfp_t gfp, int node);
void *sq_cache_alloc_told(struct squirrel_cache *c, gfp_t gfp, int node,
			  unsigned long caller);
void *sq_heap_alloc_slow(struct squirrel_heap *heap, size_t size, gfp_t gfp,
			 int node);

/* api.c */
void *sq_heap_realloc(struct squirrel_heap *heap, const void *obj, size_t size,
		      gfp_t gfp, unsigned long caller);

/* rcu.c */
bool sq_rcu_free_wait(void);

#endif /* _SQ_ALLOCATOR_PATH_H */
