// SPDX-License-Identifier: GPL-2.0
/*
 * BlockManager, continued: splitting a used block in two, each with its holder's
 * data. Free blocks are split by who takes a part of them, in take.c and trim.c.
 */
#include <linux/preempt.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"

/**
 * sq_manager_split() - cut a used block in two
 * @m: the manager
 * @agent: the block's agent; keeps its first @pages pages
 * @pages: where to cut
 * @fill: fills in priv of the upper part
 * @ctx: passed to @fill
 *
 * The upper part becomes a used block of its own, of the same kind and owner.
 * Whoever looks up an address in it finds the old agent until the new one is
 * complete.
 *
 * Context: Any context but NMI. Allocates nothing; see sq_agents_ensure().
 * Return: the agent of the upper part; NULL, with nothing changed, if there is
 * no agent for it or the block cannot be cut there.
 */
struct sq_agent *sq_manager_split(struct sq_manager *m, struct sq_agent *agent,
				  unsigned long pages, sq_split_fn fill,
				  void *ctx)
{
	struct sq_pool *pool = sq_manager_pool(m, agent->node);
	struct sq_agent *upper = NULL;
	unsigned long irq;

	if (in_nmi() || agent->manager != m || !pool)
		return NULL;
	raw_spin_lock_irqsave(&pool->lock, irq);
	if (sq_agent_used(agent) && pages && pages < sq_agent_pages(agent))
		upper = sq_desc_get(pool);
	if (!upper)
		goto out;
	sq_pool_uncount_used(pool, agent);
	sq_block_split(sq_agent_block(agent), pages << PAGE_SHIFT,
		       sq_agent_block(upper));
	sq_assert(sq_agent_pages(agent) == pages);
	sq_assert(sq_agent_addr(upper) == sq_agent_end(agent));
	upper->flags = agent->flags;
	upper->kind = agent->kind;
	/* Those have no neighbours. */
	if (agent->flags & SQ_AGENT_DIRECT)
		sq_block_unlink(sq_agent_block(upper));
	memset(upper->priv, 0, SQ_AGENT_PRIV_BYTES);
	fill(agent, upper, ctx);
	sq_pool_count_used(pool, agent);
	sq_pool_count_used(pool, upper);
	sq_agent_publish(upper, agent->owner);
	/* Complete, for whoever finds it by an address. */
	smp_wmb();
	sq_map_set(sq_agent_addr(upper), sq_agent_size(upper), upper);
out:
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	return upper;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_split);
