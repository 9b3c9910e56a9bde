// SPDX-License-Identifier: GPL-2.0
/*
 * What only a look at each block tells. The walk is over the manager's blocks,
 * not over a cache's lists of slabs: its lock is dropped after every few, and
 * others may run in between. So the figures are of no one moment.
 */
#include "allocator/cache/cache.h"

#include "sums.h"

static void sq_census_slab(struct sq_census *census,
			   const struct sq_agent *agent)
{
	unsigned int objs, out;

	sq_slab_peek((const struct sq_slab *)agent->priv, &objs, &out);
	census->tenths[10 * out / objs]++;
	/* An object with a slab of its own pins nothing but itself. */
	if (out == 1 && objs > 1) {
		census->slabs_pinned++;
		census->pages_pinned += sq_agent_pages(agent);
	}
}

static bool sq_census_block(const struct sq_agent *agent, void *ctx)
{
	const struct squirrel_cache *owner = sq_owner_acquire(agent);
	struct sq_census *census = ctx;

	/* Free, or between free and used. */
	if (!owner || !sq_agent_used(agent))
		return true;
	if (census->only && owner != census->only)
		return true;
	if (agent->kind == SQ_KIND_SLAB) {
		sq_census_slab(census, agent);
	} else {
		census->large_bytes +=
			((const struct sq_large *)agent->priv)->size;
		census->large_pages += sq_agent_pages(agent);
	}
	return true;
}

/* What @heap has is added to @census. May sleep. */
void sq_census(struct squirrel_heap *heap, struct sq_census *census)
{
	sq_viewer_walk(heap->manager, sq_census_block, census);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_census);
