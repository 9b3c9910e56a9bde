/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Caches, heaps and large blocks, as the ways in and out use them.
 */
#ifndef _SQ_ALLOCATOR_CACHE_H
#define _SQ_ALLOCATOR_CACHE_H

#include <linux/llist.h>

#include "allocator/common/common.h"
#include "allocator/common/track.h"
#include "allocator/magazine/magazine.h"
#include "allocator/pages/pages.h"
#include "allocator/slab/object.h"

/* Counts that were not taken at one moment may make it look like fewer. */
static inline unsigned long sq_live_of(unsigned long allocs, unsigned long frees)
{
	return (long)(allocs - frees) > 0 ? allocs - frees : 0;
}

/* cache.c */
struct squirrel_cache *
sq_cache_make(const char *name, const char *owner, unsigned int size,
	      const struct squirrel_cache_args *args,
	      struct squirrel_heap *heap, unsigned int flags, gfp_t gfp);
struct squirrel_cache *sq_cache_new(const char *name, unsigned int size,
				    const struct squirrel_cache_args *args,
				    struct squirrel_heap *heap,
				    unsigned int flags, gfp_t gfp);
void sq_cache_discard(struct squirrel_cache *c);
void sq_cache_free_memory(struct squirrel_cache *c);
long sq_cache_balance(struct squirrel_cache *c);
unsigned long sq_cache_live(struct squirrel_cache *c);
unsigned long sq_cache_fill(struct squirrel_cache *c, gfp_t gfp,
			    unsigned int most);
unsigned long sq_cache_at_hand(const struct squirrel_cache *c);
bool sq_cache_mark_outside(const struct squirrel_cache_args *args);
bool sq_reserve_fits(const char *kind, const char *name, u64 bytes);
unsigned long sq_cache_in_magazines(struct squirrel_cache *c);

/* heap.c */
struct squirrel_heap *sq_heap_new(const char *name,
				  const struct squirrel_heap_args *args,
				  const struct sq_block_ops *source,
				  struct squirrel_cache **class);
void sq_heap_withdraw(struct squirrel_heap *heap);
void sq_heap_raze(struct squirrel_heap *heap);
void sq_heap_forget(struct squirrel_heap *heap);
void sq_heap_discard(struct squirrel_heap *heap);
struct squirrel_cache *sq_heap_class(struct squirrel_heap *heap,
				     unsigned int class, gfp_t gfp);
void sq_heap_show_class(struct squirrel_heap *heap, unsigned int class);
struct squirrel_cache *sq_heap_substitute(struct squirrel_heap *heap,
					  unsigned int class);

/**
 * struct sq_large - a large block; lives in its agent's priv
 * @size: bytes asked for
 * @debug: SQ_DEBUG_*: what it may be checked for
 * @heap: whose it was, while it waits to be given to the manager
 * @link: in the list of those that wait
 * @track: who allocated it, if it is debugged
 */
struct sq_large {
	u32 size;
	u32 debug;
	union {
		struct {
			struct squirrel_heap *heap;
			struct llist_node link;
		};
		struct sq_track track;
	};
};

static_assert(SQUIRREL_MAX_SIZE <= U32_MAX);

static_assert(sizeof(struct sq_large) <= SQ_AGENT_PRIV_BYTES);

static inline struct sq_large *sq_large_of(struct sq_agent *agent)
{
	return (struct sq_large *)agent->priv;
}

/* A large block of @heap is live, of @size bytes, or is so no more. */
static inline void sq_large_count(struct squirrel_heap *heap, size_t size)
{
	atomic_long_inc(&heap->large_live);
	atomic_long_inc(&heap->large_allocs);
	atomic_long_add(size, &heap->large_bytes);
}

static inline void sq_large_uncount(struct squirrel_heap *heap, size_t size)
{
	sq_assert(atomic_long_read(&heap->large_live) > 0);
	atomic_long_dec(&heap->large_live);
	atomic_long_sub(size, &heap->large_bytes);
}

/* Preemption off. False if somebody else has freed it in between. */
static inline bool sq_large_claim(struct squirrel_heap *heap,
				  struct sq_agent *agent)
{
	size_t size = sq_large_of(agent)->size;

	if (!sq_agent_retract(agent, heap->large))
		return false;
	sq_large_uncount(heap, size);
	return true;
}

/* large.c */
void *sq_zone_alloc(struct squirrel_cache *c, gfp_t gfp, int node);
void *sq_large_take(struct squirrel_heap *heap, size_t size, size_t room, gfp_t gfp,
		    int node);

static inline void *sq_large_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp,
				   int node)
{
	return sq_large_take(heap, size, 0, gfp, node);
}

void sq_large_free(struct squirrel_heap *heap, struct sq_agent *agent);
void sq_large_flush(void);

#endif /* _SQ_ALLOCATOR_CACHE_H */
