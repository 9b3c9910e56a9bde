// SPDX-License-Identifier: GPL-2.0
/*
 * The hot path: one object in, one object out, on the CPU's own magazines.
 *
 * Preemption is off and the magazines' busy flag is set while they are touched.
 * Nothing here takes a lock, uses an atomic instruction or writes to a line
 * that another CPU writes to. A context that interrupts this one finds the
 * flag set and goes to the slabs (magazine.c); it never spins.
 *
 * A free looks up whose page it is. Everything that could make the pointer
 * unfit to be handed out again is checked before it enters a magazine; what
 * fails a check goes to check.c, which looks closely and reports.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"

/*
 * Small objects are zeroed by plain stores: a call and a string instruction
 * cost more than the few words that there are.
 */
static __always_inline void sq_zero(void *obj, u32 size)
{
	unsigned long *word = obj;
	u32 i;

	if (size > 128) {
		memset(obj, 0, size);
		return;
	}
	for (i = 0; i < size / sizeof(*word); i++) {
		word[i] = 0;
		barrier();	/* or the compiler makes it a memset() again */
	}
	memset(&word[i], 0, size % sizeof(*word));
}

static noinline void sq_finish_zero(struct squirrel_cache *c, void *obj,
				    gfp_t gfp)
{
	/* A constructed object keeps its state; a reader may still look. */
	if (c->ctor)
		return;
	if ((c->flags & SQUIRREL_TYPESAFE_BY_RCU) && !(gfp & __GFP_ZERO))
		return;
	sq_zero(obj, c->object_size);
}

static __always_inline void sq_finish(struct squirrel_cache *c, void *obj,
				      gfp_t gfp)
{
	if (static_branch_likely(&sq_hardened))
		*sq_mark_at(c, obj) = 0;
	if (unlikely(want_init_on_alloc(gfp)))
		sq_finish_zero(c, obj, gfp);
}

/* For the slow paths: make an object fit to be handed out. */
void sq_cache_finish(struct squirrel_cache *c, void *obj, gfp_t gfp)
{
	sq_finish(c, obj, gfp);
}

static __always_inline void *sq_fast_pop(struct squirrel_cache *c)
{
	struct sq_cpu *cc;
	void *obj = NULL;
	u32 n;

	preempt_disable();
	cc = this_cpu_ptr(c->cpu);
	if (likely(!cc->busy)) {
		cc->busy = 1;
		barrier();
		n = cc->nr;
		if (likely(n)) {
			obj = cc->obj[--n];
			cc->nr = n;
			cc->allocs++;
		}
		barrier();
		cc->busy = 0;
	}
	preempt_enable();
	return obj;
}

static __always_inline void *sq_alloc(struct squirrel_cache *c, gfp_t gfp)
{
	void *obj;

	if (static_branch_unlikely(&sq_series))
		sq_series_tick(gfp);
	obj = sq_fast_pop(c);
	if (unlikely(!obj))
		return sq_cache_alloc_slow(c, gfp, NUMA_NO_NODE);
	sq_finish(c, obj, gfp);
	return obj;
}

/*
 * Preemption is off, and the object is known to be fit. The mark is set while
 * the flag is: once the object is in, an interrupt may hand it out.
 */
static __always_inline bool sq_fast_push(struct squirrel_cache *c, void *obj)
{
	struct sq_cpu *cc = this_cpu_ptr(c->cpu);
	bool done = false;
	u32 n;

	if (unlikely(cc->busy))
		return false;
	cc->busy = 1;
	barrier();
	n = cc->nr;
	if (likely(n < cc->cap)) {
		if (static_branch_likely(&sq_hardened))
			*sq_mark_at(c, obj) = sq_mark_of(obj);
		cc->obj[n] = obj;
		cc->nr = n + 1;
		cc->frees++;
		done = true;
	}
	barrier();
	cc->busy = 0;
	return done;
}

static __always_inline bool sq_fast_check(struct squirrel_cache *c,
					  const struct sq_agent *agent,
					  void *obj)
{
	if (unlikely(!sq_slot_start(c, agent, obj)))
		return false;
	if (unlikely(*sq_mark_at(c, obj) == sq_mark_of(obj)))
		return false;
	/* Magazines hold local memory only. */
	if (static_branch_unlikely(&sq_numa) && agent->node != numa_mem_id())
		return false;
	return !want_init_on_free();
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
 * Context: Any context. Without __GFP_DIRECT_RECLAIM it does not sleep. In NMI
 * only memory at hand is given out.
 * Return: the object, or NULL (no memory, or the cache's limit is reached).
 */
void *squirrel_cache_alloc(struct squirrel_cache *c, gfp_t gfp)
{
	return sq_alloc(c, gfp);
}
EXPORT_SYMBOL_GPL(squirrel_cache_alloc);

/**
 * squirrel_cache_free() - give an object back to its cache
 * @c: the cache it came from
 * @obj: the object, or NULL
 *
 * A pointer that is not a live object of @c is reported once (cache, address,
 * caller), counted, and otherwise left alone.
 *
 * Context: Any context.
 */
void squirrel_cache_free(struct squirrel_cache *c, void *obj)
{
	bool done = false;

	preempt_disable();
	if (static_branch_likely(&sq_hardened)) {
		const struct sq_agent *agent = sq_map_lookup(obj);

		if (likely(READ_ONCE(agent->owner) == c) && sq_fast_check(c, agent, obj))
			done = sq_fast_push(c, obj);
	} else if (likely(!ZERO_OR_NULL_PTR(obj)) && !want_init_on_free() &&
		   !static_branch_unlikely(&sq_numa)) {
		done = sq_fast_push(c, obj);
	}
	preempt_enable();
	if (unlikely(!done))
		sq_cache_free_slow(c, obj, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_cache_free);

static __always_inline void *sq_heap_alloc(struct squirrel_heap *heap,
					   size_t size, gfp_t gfp)
{
	struct squirrel_cache *c;

	/* Size 0 wraps and goes the slow way with the large ones. */
	if (unlikely(size - 1 >= SQ_CLASS_MAX_SIZE))
		return sq_heap_alloc_slow(heap, size, gfp, NUMA_NO_NODE);
	c = READ_ONCE(heap->class[sq_class_of(size)]);
	if (unlikely(!c))
		return sq_heap_alloc_slow(heap, size, gfp, NUMA_NO_NODE);
	return sq_alloc(c, gfp);
}

static __always_inline void sq_heap_free(struct squirrel_heap *heap,
					 const void *obj, unsigned long caller)
{
	const struct sq_agent *agent;
	struct squirrel_cache *c;
	bool done = false;

	preempt_disable();
	agent = sq_map_lookup(obj);
	c = (struct squirrel_cache *)READ_ONCE(agent->owner);
	if (likely(c) && likely(c->heap_key == heap)) {
		if (static_branch_likely(&sq_hardened)) {
			if (sq_fast_check(c, agent, (void *)obj))
				done = sq_fast_push(c, (void *)obj);
		} else if (!want_init_on_free() &&
			   !static_branch_unlikely(&sq_numa)) {
			done = sq_fast_push(c, (void *)obj);
		}
	}
	preempt_enable();
	if (unlikely(!done))
		sq_heap_free_slow(heap, obj, caller);
}

/**
 * squirrel_heap_alloc() - take memory from a heap
 * @heap: the heap
 * @size: bytes, up to SQUIRREL_MAX_SIZE
 * @gfp: what the context allows; __GFP_ZERO clears the memory
 *
 * Memory of a power-of-two size is aligned to that size (to a page from one
 * page on), any other to 8 bytes.
 *
 * Context: Any context. Without __GFP_DIRECT_RECLAIM it does not sleep. In NMI
 * only memory at hand is given out.
 * Return: the memory; ZERO_SIZE_PTR for 0 bytes; NULL if there is none, the
 * heap's limit is reached, or (with a warning unless __GFP_NOWARN) @size is
 * over SQUIRREL_MAX_SIZE.
 */
void *squirrel_heap_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp)
{
	return sq_heap_alloc(heap, size, gfp);
}
EXPORT_SYMBOL_GPL(squirrel_heap_alloc);

/**
 * squirrel_heap_free() - give memory back to its heap
 * @heap: the heap it came from
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 *
 * A pointer that is not live memory of @heap is reported and left alone.
 *
 * Context: Any context, but large blocks (over 8192 bytes) not in NMI.
 */
void squirrel_heap_free(struct squirrel_heap *heap, const void *obj)
{
	sq_heap_free(heap, obj, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_heap_free);

/**
 * squirrel_alloc() - kmalloc() from the default heap
 * @size: bytes, up to SQUIRREL_MAX_SIZE
 * @gfp: what the context allows; __GFP_ZERO clears the memory
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc().
 */
void *squirrel_alloc(size_t size, gfp_t gfp)
{
	return sq_heap_alloc(sq_default_heap, size, gfp);
}
EXPORT_SYMBOL_GPL(squirrel_alloc);

/**
 * squirrel_free() - kfree() for memory of the default heap
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 *
 * Context: As squirrel_heap_free().
 */
void squirrel_free(const void *obj)
{
	sq_heap_free(sq_default_heap, obj, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_free);
