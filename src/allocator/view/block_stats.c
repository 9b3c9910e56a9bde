// SPDX-License-Identifier: GPL-2.0
/*
 * What only a look at each block tells. The walk is over the manager's blocks,
 * not over a cache's lists of slabs: its lock is dropped after every few, and
 * others may run in between. So the figures are of no one moment.
 */
#include "allocator/cache/cache.h"

#include "sums.h"

static void count_slab(struct sq_block_stats *blocks,
		       const struct sq_agent *agent)
{
	unsigned int objs, out;

	sq_slab_counts_racy((const struct sq_slab *)agent->priv, &objs, &out);
	blocks->tenths[10 * out / objs]++;
	/* An object with a slab of its own pins nothing but itself. */
	if (out == 1 && objs > 1) {
		blocks->slabs_pinned++;
		blocks->pages_pinned += sq_agent_pages(agent);
	}
}

static bool count_block(const struct sq_agent *agent, void *ctx)
{
	const struct squirrel_cache *owner = sq_client_of(sq_owner_acquire(agent));
	struct sq_block_stats *blocks = ctx;

	/* Free, or between free and used. */
	if (!owner || !sq_agent_used(agent))
		return true;
	if (blocks->only && owner != blocks->only)
		return true;
	if (agent->kind == SQ_KIND_SLAB) {
		count_slab(blocks, agent);
	} else {
		blocks->large_bytes +=
			((const struct sq_large *)agent->priv)->size;
		blocks->large_pages += sq_agent_pages(agent);
	}
	return true;
}

/* What @heap has is added to @blocks. May sleep. */
void sq_block_stats(struct squirrel_heap *heap, struct sq_block_stats *blocks)
{
	sq_viewer_walk(heap->manager, count_block, blocks);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_block_stats);
