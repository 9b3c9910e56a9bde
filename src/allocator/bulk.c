// SPDX-License-Identifier: GPL-2.0
/*
 * Many objects in one call: the checks and the finish of each object as on the
 * hot path, the moves a run at a time.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "internal.h"

/* Objects moved in one go with preemption off. */
#define SQ_BULK_CHUNK	64U

static unsigned int sq_bulk_take(struct squirrel_cache *c, gfp_t gfp, size_t n,
				 void **objs)
{
	unsigned int got;

	got = sq_cpu_pop_many(c, objs, min_t(size_t, n, SQ_BULK_CHUNK));
	if (!got) {
		/* It finishes its object itself; once more does no harm. */
		objs[0] = sq_cache_alloc_slow(c, gfp, NUMA_NO_NODE);
		got = !!objs[0];
	}
	return got;
}

/**
 * squirrel_cache_alloc_bulk() - take many objects from a cache
 * @c: the cache
 * @gfp: as for squirrel_cache_alloc()
 * @n: how many
 * @objs: where their addresses go; undefined if 0 is returned
 *
 * Context: As squirrel_cache_alloc().
 * Return: @n, or 0 if not all of them were to be had: then none is taken.
 */
int squirrel_cache_alloc_bulk(struct squirrel_cache *c, gfp_t gfp, size_t n,
			      void **objs)
{
	size_t got = 0, i;

	if (n > INT_MAX)
		return 0;
	while (got < n) {
		unsigned int more = sq_bulk_take(c, gfp, n - got, objs + got);

		if (!more) {
			squirrel_cache_free_bulk(c, got, objs);
			return 0;
		}
		for (i = got; i < got + more; i++)
			sq_cache_finish(c, objs[i], gfp);
		got += more;
		if (static_branch_unlikely(&sq_series))
			sq_series_tick(gfp);
	}
	return n;
}
EXPORT_SYMBOL_GPL(squirrel_cache_alloc_bulk);

/* Is the object one that needs no closer look? Sets its mark. */
static bool sq_bulk_check(struct squirrel_cache *c, void *obj)
{
	const struct sq_agent *agent = sq_map_lookup(obj);

	if (want_init_on_free())
		return false;
	if (READ_ONCE(agent->owner) != c || !sq_slot_start(c, agent, obj))
		return false;
	if (static_branch_unlikely(&sq_numa) && agent->node != numa_mem_id())
		return false;
	if (static_branch_likely(&sq_hardened)) {
		if (*sq_mark_at(c, obj) == sq_mark_of(obj))
			return false;
		*sq_mark_at(c, obj) = sq_mark_of(obj);
	}
	return true;
}

/**
 * squirrel_cache_free_bulk() - give many objects back to their cache
 * @c: the cache
 * @n: how many
 * @objs: their addresses; NULLs are passed over
 *
 * A pointer that squirrel_cache_free() would refuse is reported and passed
 * over; the others are freed.
 *
 * Context: Any context.
 */
void squirrel_cache_free_bulk(struct squirrel_cache *c, size_t n, void **objs)
{
	size_t start = 0, i;

	while (start < n) {
		size_t end = min_t(size_t, n, start + SQ_BULK_CHUNK);

		preempt_disable();
		for (i = start; i < end; i++)
			if (!sq_bulk_check(c, objs[i]))
				break;
		if (i > start)
			sq_cpu_push_many(c, objs + start, i - start);
		preempt_enable();
		if (i < end)
			sq_cache_free_slow(c, objs[i++], _RET_IP_);
		start = i;
	}
}
EXPORT_SYMBOL_GPL(squirrel_cache_free_bulk);
