// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path: one object in, one object out, on the CPU's own magazines.
 *
 * Preemption is off and what the CPU has at hand is claimed while it is touched.
 * Nothing here takes a lock, uses an atomic instruction or writes to a line
 * that another CPU writes to. A context that interrupts this one finds the
 * claim taken and goes to the slabs (slow_alloc.c); it never spins.
 *
 * A free looks up whose page it is. Everything that could make the pointer
 * unfit to be handed out again is checked before it enters a magazine; what
 * fails a check goes to slow_free.c, which looks closely and reports.
 *
 * The six public functions are notrace: the function tracer's nop would be one
 * in thirty of what they do. Their slow halves can be traced.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "path.h"
#include "trace.h"

/*
 * With series mode, zeroing, or if somebody wants to know. What this calls last takes its
 * own caller for the client.
 */
static noinline void *cache_alloc_other(struct squirrel_cache *c, gfp_t gfp)
{
	void *obj;

	if (static_branch_unlikely(&sq_trace_allocs))
		return sq_cache_alloc_told(c, gfp, NUMA_NO_NODE, _RET_IP_);
	if (unlikely(sq_racy(sq_series_n)))
		sq_series_tick(gfp, 1);
	if (unlikely(gfp & SQ_GFP_ZONES) ||
	    unlikely(!sq_fast_pop(c, &obj, false)))
		return sq_cache_alloc_slow(c, gfp, NUMA_NO_NODE);
	sq_obj_alloc_prep(c, obj, gfp);
	return obj;
}

/* The object is to be zeroed; or it will not do, since it lies in no zone asked for. */
static noinline void *cache_alloc_special(struct squirrel_cache *c, void *obj,
					  gfp_t gfp)
{
	if (unlikely(gfp & SQ_GFP_ZONES)) {
		squirrel_cache_free(c, obj);
		return sq_zone_alloc(c, gfp, NUMA_NO_NODE);
	}
	sq_obj_zero(c, obj, gfp);
	return obj;
}

static __always_inline void *cache_alloc_hot(struct squirrel_cache *c, gfp_t gfp)
{
	void *obj;

	if (unlikely(sq_racy(sq_slow_alloc_needed)))
		return cache_alloc_other(c, gfp);
	if (unlikely(!sq_fast_pop(c, &obj, false)))
		return sq_cache_alloc_slow(c, gfp, NUMA_NO_NODE);
	sq_obj_unmark_at(obj);
	if (unlikely(gfp & (__GFP_ZERO | SQ_GFP_ZONES)))
		return cache_alloc_special(c, obj, gfp);
	return obj;
}

/*
 * Without hardening (the cache is the client's word then), with more than one
 * node (magazines hold local memory only), or with wiping at free.
 */
static __always_inline bool free_other(struct squirrel_cache *c,
				       const struct sq_agent *agent,
				       void *obj)
{
	if (want_init_on_free() || ZERO_OR_NULL_PTR(obj))
		return false;
	if (static_branch_unlikely(&sq_numa) && agent->node != numa_mem_id())
		return false;
	if (static_branch_likely(&sq_hardened))
		return sq_owner_fast(agent) == c &&
		       sq_check_push(c, agent, obj, false) == SQ_PUSH_DONE;
	return sq_fast_push(c, obj, false, false, NULL, 0);
}

static __always_inline bool free_unchecked(struct squirrel_cache *c, void *obj)
{
	bool done;

	if (unlikely(ZERO_OR_NULL_PTR(obj)))
		return true;
	preempt_disable();
	done = sq_fast_push(c, obj, false, false, NULL, 0);
	preempt_enable();
	return done;
}

static noinline void cache_free_other(struct squirrel_cache *c, void *obj,
				      unsigned long caller)
{
	bool done;

	if (static_branch_unlikely(&sq_trace_frees) && !ZERO_OR_NULL_PTR(obj))
		sq_trace_free(c->name, caller, obj);
	preempt_disable();
	done = free_other(c, sq_map_lookup(obj), obj);
	preempt_enable();
	if (unlikely(!done))
		sq_cache_free_slow(c, obj, caller);
}

/**
 * squirrel_cache_alloc() - take an object from a cache
 * @c: the cache
 * @gfp: what the context allows; __GFP_ZERO clears the object
 *
 * The object is aligned as the cache asks. Its content is undefined unless
 * __GFP_ZERO is given or the kernel zeroes all allocations; an object of a
 * cache with a constructor is in constructed state.
 *
 * With __GFP_NOFAIL and __GFP_DIRECT_RECLAIM it waits until there is memory. A
 * limit gives way to that, as a memory cgroup's does: the object is had beyond
 * it. No object up to a page needs two pages in a row.
 *
 * GFP_DMA and GFP_DMA32 are refused: what the cache has may lie anywhere.
 * __GFP_ACCOUNT makes no difference: SQUIRREL_ACCOUNT does.
 *
 * Context: Any context. Without __GFP_DIRECT_RECLAIM it does not sleep. In NMI,
 * and on PREEMPT_RT with preemption off, only memory at hand is given out.
 * Return: the object, or NULL (no memory, or the cache's limit is reached).
 */
void notrace *squirrel_cache_alloc(struct squirrel_cache *c, gfp_t gfp)
{
	void *obj = cache_alloc_hot(c, gfp);

	sq_leak_alloc(c, obj, gfp);
	return obj;
}
EXPORT_SYMBOL_GPL(squirrel_cache_alloc);

/*
 * The caller's address is taken where it is needed, not passed in: this is
 * inlined, so it is the public function's caller all the same.
 */
static __always_inline void cache_free_hot(struct squirrel_cache *c, void *obj)
{
	const struct sq_agent *agent;

	if (!static_branch_likely(&sq_default_free)) {
		if (!static_branch_likely(&sq_unchecked_free))
			return cache_free_other(c, obj, _RET_IP_);
		if (free_unchecked(c, obj))
			return;
		return sq_cache_free_slow(c, obj, _RET_IP_);
	}
	preempt_disable();
	agent = sq_map_lookup(obj);
	if (unlikely(sq_owner_fast(agent) != c))
		goto suspect;
	switch (sq_check_push(c, agent, obj, false)) {
	case SQ_PUSH_DONE:
		preempt_enable();
		return;
	case SQ_PUSH_FULL:
		preempt_enable();
		return sq_cache_free_full(c, obj, _RET_IP_);
	case SQ_PUSH_SUSPECT:
		break;
	}
suspect:
	preempt_enable();
	sq_cache_free_slow(c, obj, _RET_IP_);
}

/**
 * squirrel_cache_free() - give an object back to its cache
 * @c: the cache it came from
 * @obj: the object, or NULL
 *
 * A pointer that is not a live object of @c is reported once (cache, address,
 * caller), counted, and otherwise left alone. But a second free is not seen at
 * once if the object's first word (of a cache with a constructor or
 * SQUIRREL_TYPESAFE_BY_RCU: the word behind it) was overwritten after the
 * first, or if the first has not returned yet, in another context. It
 * is reported when both have reached the slab; if the object is handed out
 * before that, it may be handed out twice. With the module's parameter
 * hardened=0 the pointer is taken on trust.
 *
 * Context: Any context.
 */
void notrace squirrel_cache_free(struct squirrel_cache *c, void *obj)
{
	sq_checkers_free(c, NULL, obj);
	cache_free_hot(c, obj);
}
EXPORT_SYMBOL_GPL(squirrel_cache_free);

static __always_inline void *heap_alloc_hot(struct squirrel_heap *heap,
					    size_t size, gfp_t gfp)
{
	struct squirrel_cache *c;

	/* Size 0 wraps and goes the slow way with the large ones. */
	if (unlikely(size - 1 >= SQUIRREL_CLASS_MAX_SIZE))
		return sq_heap_alloc_slow(heap, size, gfp, NUMA_NO_NODE);
	c = READ_ONCE(heap->class[squirrel_class_of(size)]);
	if (unlikely(!c))
		return sq_heap_alloc_slow(heap, size, gfp, NUMA_NO_NODE);
	return cache_alloc_hot(c, gfp);
}

static noinline void heap_free_other(const void *obj,
				     struct squirrel_heap *heap,
				     unsigned long caller)
{
	const struct sq_agent *agent;
	struct squirrel_cache *c;
	bool done = false;

	if (static_branch_unlikely(&sq_trace_frees) && !ZERO_OR_NULL_PTR(obj))
		sq_trace_free(heap->name, caller, obj);
	preempt_disable();
	agent = sq_map_lookup(obj);
	c = sq_owner(agent);
	if (likely(c) && likely(c->heap_key == heap))
		done = free_other(c, agent, (void *)obj);
	preempt_enable();
	if (unlikely(!done))
		sq_heap_free_slow(obj, heap, caller);
}

/* As cache_free_hot(). */
static __always_inline void heap_free_hot(const void *obj,
					  struct squirrel_heap *heap)
{
	const struct sq_agent *agent;
	struct squirrel_cache *c;

	if (!static_branch_likely(&sq_default_free))
		return heap_free_other(obj, heap, _RET_IP_);
	preempt_disable();
	agent = sq_map_lookup(obj);
	c = sq_owner_fast(agent);
	if (unlikely(!c) || unlikely(c->heap_key != heap))
		goto suspect;
	switch (sq_check_push(c, agent, (void *)obj, false)) {
	case SQ_PUSH_DONE:
		preempt_enable();
		return;
	case SQ_PUSH_FULL:
		preempt_enable();
		return sq_cache_free_full(c, (void *)obj, _RET_IP_);
	case SQ_PUSH_SUSPECT:
		break;
	}
suspect:
	preempt_enable();
	sq_heap_free_slow(obj, heap, _RET_IP_);
}

/**
 * squirrel_heap_alloc() - take memory from a heap
 * @heap: the heap
 * @size: bytes, up to SQUIRREL_MAX_SIZE
 * @gfp: what the context allows; __GFP_ZERO clears the memory
 *
 * Memory of a power-of-two size is aligned to that size, any other to 8 bytes (or
 * what kmalloc() or DMA asks for, if that is more), and to a page if it is more
 * than SQUIRREL_CLASS_MAX_SIZE.
 *
 * __GFP_NOFAIL is as for squirrel_cache_alloc(); a size over SQUIRREL_MAX_SIZE
 * is refused all the same.
 *
 * With GFP_DMA or GFP_DMA32 memory of any size is whole pages of that zone.
 * __GFP_ACCOUNT charges what is whole pages (over SQUIRREL_CLASS_MAX_SIZE, or of a
 * zone) to the memory cgroup of who asks; smaller objects are not charged, to
 * nobody.
 *
 * Context: Any context. Without __GFP_DIRECT_RECLAIM it does not sleep. In NMI,
 * and on PREEMPT_RT with preemption off, only memory at hand is given out.
 * Return: the memory; ZERO_SIZE_PTR for 0 bytes; NULL if there is none, the
 * heap's limit is reached, or (with a warning unless __GFP_NOWARN) @size is
 * over SQUIRREL_MAX_SIZE.
 */
void notrace *squirrel_heap_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp)
{
	void *obj = heap_alloc_hot(heap, size, gfp);

	sq_leak_alloc(NULL, obj, gfp);
	return obj;
}
EXPORT_SYMBOL_GPL(squirrel_heap_alloc);

/**
 * squirrel_heap_free() - give memory back to its heap
 * @heap: the heap it came from
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 *
 * A pointer that is not live memory of @heap is reported and left alone, within
 * the limits that squirrel_cache_free() has.
 *
 * Context: Any context, but large blocks (over SQUIRREL_CLASS_MAX_SIZE) not in NMI.
 */
void notrace squirrel_heap_free(struct squirrel_heap *heap, const void *obj)
{
	sq_checkers_free(NULL, heap, obj);
	heap_free_hot(obj, heap);
}
EXPORT_SYMBOL_GPL(squirrel_heap_free);

/**
 * __squirrel_alloc() - squirrel_alloc() of a size known only at run time
 * @size: bytes, up to SQUIRREL_MAX_SIZE
 * @gfp: what the context allows; __GFP_ZERO clears the memory
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc().
 */
void notrace *__squirrel_alloc(size_t size, gfp_t gfp)
{
	void *obj = heap_alloc_hot(sq_default_heap, size, gfp);

	sq_leak_alloc(NULL, obj, gfp);
	return obj;
}
EXPORT_SYMBOL_GPL(__squirrel_alloc);

/**
 * squirrel_free() - kfree() for memory of the default heap
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 *
 * Context: As squirrel_heap_free().
 */
void notrace squirrel_free(const void *obj)
{
	sq_checkers_free(NULL, sq_default_heap, obj);
	heap_free_hot(obj, sq_default_heap);
}
EXPORT_SYMBOL_GPL(squirrel_free);

/**
 * squirrel_free_any() - free an object of whatever cache or heap it is
 * @obj: any address at all
 *
 * For who has only the address, as kfree() of an object from a cache. It costs
 * a second look at the page map. A pointer that squirrel_cache_free() or
 * squirrel_heap_free() would refuse is reported just so.
 *
 * Context: Any context, but large blocks (over SQUIRREL_CLASS_MAX_SIZE) not in NMI.
 * Return: false if the memory is not squirrel's: then nothing was done. True
 * otherwise, also if the free was refused.
 */
bool squirrel_free_any(const void *obj)
{
	struct squirrel_cache *owner;

	sq_checkers_free(NULL, NULL, obj);
	/* If the object is live then so is its cache; if not, the grace period. */
	rcu_read_lock();
	preempt_disable();
	sq_obj_agent(obj, &owner);
	preempt_enable();
	owner = sq_client_of(owner);
	if (unlikely(!owner)) {
		rcu_read_unlock();
		return sq_free_any_guarded((void *)obj, _RET_IP_);
	}
	if (owner->heap_key || (owner->flags & SQ_CACHE_LARGE))
		heap_free_hot(obj, owner->heap);
	else
		cache_free_hot(owner, (void *)obj);
	rcu_read_unlock();
	return true;
}
EXPORT_SYMBOL_GPL(squirrel_free_any);
