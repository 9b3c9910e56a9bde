// SPDX-License-Identifier: GPL-2.0
/*
 * The calls that are not hot: variants of allocation and free, and questions.
 */
#include <linux/cpu.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "path.h"
#include "trace.h"

/* ---- caches --------------------------------------------------------------- */

/**
 * squirrel_cache_alloc_node() - take an object on a NUMA node
 * @c: the cache
 * @gfp: as for squirrel_cache_alloc(); with __GFP_THISNODE there only
 * @node: the node by preference, or NUMA_NO_NODE
 *
 * Context: As squirrel_cache_alloc().
 * Return: As squirrel_cache_alloc(); NULL also for a node that does not exist.
 */
void *squirrel_cache_alloc_node(struct squirrel_cache *c, gfp_t gfp, int node)
{
	void *obj;

	if (node == NUMA_NO_NODE ||
	    (!static_branch_unlikely(&sq_numa) && node == numa_mem_id()))
		return squirrel_cache_alloc(c, gfp);
	if (node < 0 || node >= nr_node_ids || !node_online(node))
		return NULL;
	if (static_branch_unlikely(&sq_trace_allocs))
		obj = sq_cache_alloc_told(c, gfp, node, _RET_IP_);
	else
		obj = sq_cache_alloc_slow(c, gfp, node);
	sq_leak_alloc(c, obj, gfp);
	return obj;
}
EXPORT_SYMBOL_GPL(squirrel_cache_alloc_node);

/**
 * squirrel_cache_zalloc() - take an object filled with zeroes
 * @c: the cache; one with a constructor gives a constructed object instead
 * @gfp: as for squirrel_cache_alloc()
 *
 * Context: As squirrel_cache_alloc().
 * Return: As squirrel_cache_alloc().
 */
void *squirrel_cache_zalloc(struct squirrel_cache *c, gfp_t gfp)
{
	return squirrel_cache_alloc(c, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_cache_zalloc);

static void cache_drain_here(void *info)
{
	sq_cpu_drain(info, false);
}

/* All empty slabs but for the reserve go. Returns how many are left. */
static unsigned long nodes_release(struct squirrel_cache *c)
{
	unsigned long slabs = 0;
	int nid;

	for_each_node(nid) {
		struct sq_node *n = c->node[nid];

		sq_node_release(c, n, 0);
		slabs += sq_read_racy(n->nr_slabs);
	}
	return slabs;
}

/**
 * squirrel_cache_shrink() - give back all memory of a cache that is free
 * @c: the cache
 *
 * Empties its magazines and depots and releases its empty slabs, but for the
 * reserve.
 *
 * Context: Process context. May sleep. Takes cpus_read_lock().
 * Return: 0 if the cache holds no slab any more, 1 otherwise.
 */
int squirrel_cache_shrink(struct squirrel_cache *c)
{
	unsigned long slabs = 0;

	/* Without magazines: what is free of it is in slabs, or in quarantine. */
	sq_debug_release_all(READ_ONCE(c->twin) ? : c);
	if (READ_ONCE(c->twin))
		slabs += nodes_release(c->twin);
	/* The reclaimer may not have come yet to what a CPU left that went offline. */
	cpus_read_lock();
	on_each_cpu(cache_drain_here, c, 1);
	sq_cache_drain_dead(c);
	cpus_read_unlock();
	sq_depot_drain(c, true);
	slabs += nodes_release(c);
	sq_mags_tidy();
	return slabs != 0;
}
EXPORT_SYMBOL_GPL(squirrel_cache_shrink);

/**
 * squirrel_cache_size() - size of a cache's objects
 * @c: the cache
 *
 * Context: Any context.
 * Return: bytes per object, as asked for at create.
 */
unsigned int squirrel_cache_size(struct squirrel_cache *c)
{
	return c->object_size;
}
EXPORT_SYMBOL_GPL(squirrel_cache_size);

/* ---- heaps ---------------------------------------------------------------- */

/**
 * squirrel_heap_zalloc() - take zeroed memory from a heap
 * @heap: the heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc().
 */
void *squirrel_heap_zalloc(struct squirrel_heap *heap, size_t size, gfp_t gfp)
{
	return squirrel_heap_alloc(heap, size, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_heap_zalloc);

/**
 * squirrel_heap_alloc_node() - take memory on a NUMA node
 * @heap: the heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc(); with __GFP_THISNODE there only
 * @node: the node by preference, or NUMA_NO_NODE
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc(); NULL also for a node that does not exist.
 */
void *squirrel_heap_alloc_node(struct squirrel_heap *heap, size_t size,
			       gfp_t gfp, int node)
{
	void *obj;

	if (node == NUMA_NO_NODE ||
	    (!static_branch_unlikely(&sq_numa) && node == numa_mem_id()))
		return squirrel_heap_alloc(heap, size, gfp);
	if (node < 0 || node >= nr_node_ids || !node_online(node))
		return NULL;
	obj = sq_heap_alloc_slow(heap, size, gfp, node);
	sq_leak_alloc(NULL, obj, gfp);
	return obj;
}
EXPORT_SYMBOL_GPL(squirrel_heap_alloc_node);

/**
 * squirrel_heap_calloc() - take zeroed memory for an array
 * @heap: the heap
 * @n: number of elements
 * @size: bytes of one
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc(); NULL without a warning if the product
 * overflows.
 */
void *squirrel_heap_calloc(struct squirrel_heap *heap, size_t n, size_t size,
			   gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return squirrel_heap_alloc(heap, bytes, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_heap_calloc);

/* A free that was never meant for the hot path. */
static void free_told(struct squirrel_heap *heap, const void *obj, unsigned long caller)
{
	if (static_branch_unlikely(&sq_trace_frees) && !ZERO_OR_NULL_PTR(obj))
		sq_trace_free(heap->name, caller, obj);
	sq_checkers_free(NULL, heap, obj);
	sq_heap_free_slow(obj, heap, caller);
}

/* Does the new size still belong where the memory is? */
static bool realloc_stays(const void *obj, size_t size, size_t usable)
{
	if (size > usable)
		return false;
	if (is_power_of_2(size) && !IS_ALIGNED((unsigned long)obj, size))
		return false;
	if (usable <= SQUIRREL_CLASS_MAX_SIZE)
		return squirrel_class_size(squirrel_class_of(size)) == usable;
	return PAGE_ALIGN(size) == usable && size > SQUIRREL_CLASS_MAX_SIZE;
}

void *sq_heap_realloc(struct squirrel_heap *heap, const void *obj, size_t size,
		      gfp_t gfp, unsigned long caller)
{
	size_t usable;
	void *fresh;

	if (ZERO_OR_NULL_PTR(obj))
		return squirrel_heap_alloc(heap, size, gfp);
	if (!size) {
		free_told(heap, obj, caller);
		return ZERO_SIZE_PTR;
	}
	usable = squirrel_usable_size(obj);
	if (!usable || !sq_is_live(heap, obj)) {
		sq_report(heap->large, "realloc", obj, caller);
		return NULL;
	}
	if (realloc_stays(obj, size, usable)) {
		/* What is given up here reads as zero if it is asked for again. */
		if (gfp & __GFP_ZERO)
			memset((char *)obj + size, 0, usable - size);
		return (void *)obj;
	}
	fresh = squirrel_heap_alloc(heap, size, gfp);
	if (!fresh)
		return NULL;
	memcpy(fresh, obj, min(size, usable));
	free_told(heap, obj, caller);
	return fresh;
}

/**
 * squirrel_heap_realloc() - change the size of memory from a heap
 * @heap: the heap
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 * @size: bytes; 0 frees it
 * @gfp: as for squirrel_heap_alloc()
 *
 * With __GFP_ZERO in the allocation and in every call since, what is new reads
 * as zero, also what was given up by an earlier call: all behind @size, up to
 * squirrel_usable_size(), is cleared. A client that uses the memory up to that
 * size loses there what is behind @size. With __GFP_ZERO in some of the calls
 * only, what was written between the old size and the usable size, or was there
 * before, may show.
 *
 * Context: As squirrel_heap_alloc().
 * Return: the memory, perhaps elsewhere, with its content up to the smaller of
 * both sizes; ZERO_SIZE_PTR for 0 bytes; NULL if there is none (or @obj is not
 * live memory of @heap): then @obj is as it was.
 */
void *squirrel_heap_realloc(struct squirrel_heap *heap, const void *obj,
			    size_t size, gfp_t gfp)
{
	return sq_heap_realloc(heap, obj, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_heap_realloc);

/* ---- any memory ----------------------------------------------------------- */

/**
 * squirrel_usable_size() - how much memory there is behind a pointer
 * @obj: start of live memory from squirrel, or NULL
 *
 * Context: Any context.
 * Return: bytes the client may use; 0 for NULL, ZERO_SIZE_PTR and anything
 * that is not squirrel's.
 */
size_t squirrel_usable_size(const void *obj)
{
	struct sq_found f;
	size_t size = 0;

	preempt_disable();
	do {
		sq_obj_look(obj, &f);
		if (f.start)
			size = sq_debug_usable(&f);
		if (f.start && !size)
			size = f.agent->kind == SQ_KIND_LARGE ?
			       sq_agent_size(f.agent) : f.owner->object_size;
	} while (!size && sq_obj_moved(obj, f.agent));
	preempt_enable();
	return size;
}
EXPORT_SYMBOL_GPL(squirrel_usable_size);

/**
 * squirrel_owns() - is an address in memory that squirrel has in use?
 * @obj: any address at all
 *
 * In use means held by a cache or heap: the object itself may be free.
 *
 * Context: Any context.
 * Return: whether it is.
 */
bool squirrel_owns(const void *obj)
{
	struct squirrel_cache *owner;

	preempt_disable();
	sq_obj_agent_any(obj, &owner);
	preempt_enable();
	return owner;
}
EXPORT_SYMBOL_GPL(squirrel_owns);

/**
 * squirrel_free_any_sensitive() - wipe memory, then free it by address alone
 * @obj: any address at all
 *
 * All of the object is wiped, also what a constructor has written: the cache
 * hands it out as it is.
 *
 * Context: As squirrel_free_any().
 * Return: As squirrel_free_any().
 */
bool squirrel_free_any_sensitive(const void *obj)
{
	size_t size = squirrel_usable_size(obj);

	/* What the free will refuse is left alone here as well. */
	if (size && sq_is_live(NULL, obj))
		memzero_explicit((void *)obj, size);
	return squirrel_free_any(obj);
}
EXPORT_SYMBOL_GPL(squirrel_free_any_sensitive);

/* ---- the default heap ----------------------------------------------------- */

/**
 * squirrel_zalloc() - kzalloc() from the default heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc().
 */
void *squirrel_zalloc(size_t size, gfp_t gfp)
{
	return squirrel_alloc(size, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_zalloc);

/**
 * squirrel_alloc_node() - kmalloc_node() from the default heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc_node()
 * @node: the node by preference, or NUMA_NO_NODE
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc_node().
 */
void *squirrel_alloc_node(size_t size, gfp_t gfp, int node)
{
	return squirrel_heap_alloc_node(sq_default_heap, size, gfp, node);
}
EXPORT_SYMBOL_GPL(squirrel_alloc_node);

/**
 * squirrel_calloc() - kcalloc() from the default heap
 * @n: number of elements
 * @size: bytes of one
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_calloc().
 */
void *squirrel_calloc(size_t n, size_t size, gfp_t gfp)
{
	return squirrel_heap_calloc(sq_default_heap, n, size, gfp);
}
EXPORT_SYMBOL_GPL(squirrel_calloc);

/**
 * squirrel_realloc() - krealloc() from the default heap
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 * @size: bytes; 0 frees it
 * @gfp: as for squirrel_heap_realloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_realloc().
 */
void *squirrel_realloc(const void *obj, size_t size, gfp_t gfp)
{
	return sq_heap_realloc(sq_default_heap, obj, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_realloc);

/**
 * squirrel_free_sensitive() - wipe memory of the default heap, then free it
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 *
 * Context: As squirrel_free().
 */
void squirrel_free_sensitive(const void *obj)
{
	size_t size = squirrel_usable_size(obj);

	/* What the free will refuse is left alone here as well. */
	if (size && sq_is_live(sq_default_heap, obj))
		memzero_explicit((void *)obj, size);
	free_told(sq_default_heap, obj, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_free_sensitive);
