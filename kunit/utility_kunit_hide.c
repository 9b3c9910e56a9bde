// SPDX-License-Identifier: GPL-2.0
/*
 * Want of agents, for suites of the layers above.
 */
#include "utility_kunit.h"
#include "utility_kunit_hide.h"

static struct sq_agent *hidden;

static void *no_page(const struct sq_block_ops *ops, unsigned int order,
		     gfp_t gfp, int node)
{
	return NULL;
}

static struct sq_block_lost put_page_back(const struct sq_block_ops *ops,
					  void *addr, unsigned int order)
{
	return sq_block_pages.put(&sq_block_pages, addr, order);
}

static const struct sq_block_ops no_meta = {
	.name = "none",
	.get = no_page,
	.put = put_page_back,
};

/* There are @left spare agents, and no page for more. */
void utility_kunit_hide_agents(struct sq_manager *m, unsigned int left)
{
	struct sq_pool *pool = sq_manager_pool(m, numa_mem_id());
	struct sq_agent *agent;
	unsigned long irq;

	raw_spin_lock_irqsave(&pool->lock, irq);
	while ((agent = sq_desc_get(pool))) {
		WRITE_ONCE(agent->manager, NULL);
		agent->owner = hidden;
		hidden = agent;
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	for (; left && hidden; left--) {
		agent = hidden;
		hidden = (struct sq_agent *)agent->owner;
		sq_desc_put(agent);
	}
	WRITE_ONCE(sq_meta_source, &no_meta);
}

/* Also if none were hidden. */
void utility_kunit_show_agents(void)
{
	struct sq_agent *agent;

	WRITE_ONCE(sq_meta_source, &sq_block_pages);
	while (hidden) {
		agent = hidden;
		hidden = (struct sq_agent *)agent->owner;
		sq_desc_put(agent);
	}
}
