// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a manager: its making, and its end with or without all that is in
 * it.
 *
 * At the end nobody will look for a free block any more, so nothing is put into
 * the index and nothing coalesced: the blocks are met in order of address, those
 * that lie one behind the other, used or free, are unmapped together, and their
 * pages go back as one range, in pieces as large as the source takes them. That
 * is a map entry a page, a descriptor a block, and the rest once a range.
 */
#include <linux/minmax.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/topology.h>

#include "compat.h"

#include "internal.h"
#include "tunables.h"

/**
 * sq_manager_create() - create a manager without blocks
 * @source: where its pages come from
 * @limit_pages: most pages that may be used at a time; 0 for no limit
 *
 * Context: Process context. May sleep.
 * Return: the manager or NULL without memory.
 */
struct sq_manager *sq_manager_create(const struct sq_block_ops *source,
				     unsigned long limit_pages)
{
	struct sq_manager *m;
	int node;

	m = kzalloc(struct_size(m, pools, nr_node_ids), GFP_KERNEL);
	if (!m)
		return NULL;
	m->source = source;
	m->nr_pools = nr_node_ids;
	sq_manager_set_limit(m, limit_pages);

	/* Also for those that have no memory yet. */
	for_each_node(node) {
		struct sq_pool *pool;

		pool = kzalloc_node(sizeof(*pool), GFP_KERNEL, node);
		if (!pool) {
			sq_manager_destroy(m);
			return NULL;
		}
		sq_pool_init(pool, m, node);
		m->pools[node] = pool;
	}
	return m;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_create);

/* Unmap a long block, which is ours until its agent goes. */
static void unmap_long(struct sq_pool *pool, struct sq_agent *agent)
{
	unsigned long addr = sq_agent_addr(agent), end = sq_agent_end(agent);
	unsigned long irq;
	size_t size;

	for (; addr != end; addr += size) {
		size = min(end - addr, SQ_DESTROY_PAGES_PER_STEP << PAGE_SHIFT);
		raw_spin_lock_irqsave(&pool->lock, irq);
		sq_map_set(addr, size, NULL);
		raw_spin_unlock_irqrestore(&pool->lock, irq);
		cond_resched();
	}
	sq_desc_put(agent);
}

/*
 * Unmap the blocks from @addr on that lie one behind the other, and put their
 * agents. Returns their bytes: 0 if at @addr there is none.
 */
static size_t unmap_run(struct sq_pool *pool, unsigned long addr)
{
	unsigned int blocks = SQ_DESTROY_BLOCKS_PER_STEP;
	struct sq_agent *agent, *longer = NULL;
	unsigned long irq;
	size_t done = 0;

	raw_spin_lock_irqsave(&pool->lock, irq);
	while (blocks-- && done < SQ_DESTROY_PAGES_PER_STEP << PAGE_SHIFT) {
		size_t size;

		agent = sq_map_lookup((void *)(addr + done));
		if (!sq_pool_has(pool, agent))
			break;
		size = sq_agent_size(agent);
		if (size > SQ_DESTROY_PAGES_PER_STEP << PAGE_SHIFT) {
			longer = agent;
			break;
		}
		/* No entry may name the agent, or the pages, once they are gone. */
		sq_map_set(addr + done, size, NULL);
		sq_desc_put(agent);
		done += size;
	}
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	if (longer) {
		done += sq_agent_size(longer);
		unmap_long(pool, longer);
	}
	return done;
}

/**
 * sq_manager_destroy_all() - give all pages back, used or not, and free the manager
 * @m: the manager; nobody else may be using it, or what was taken from it
 *
 * Readers who looked a page up with preemption off may still hold its agent.
 * What was in the pages is for the source to wipe, if it is to be wiped.
 *
 * Context: Process context. May sleep.
 * Return: the pages that others put or freed. They are out of use.
 */
struct sq_lost sq_manager_destroy_all(struct sq_manager *m)
{
	struct sq_lost lost = {}, here;
	unsigned long addr, end;
	struct sq_pool *pool;
	unsigned int node;
	size_t size;

	sq_manager_bounds(m, &addr, &end);
	while ((pool = sq_manager_scan(m, &addr, end))) {
		size = unmap_run(pool, addr);
		if (size) {
			sq_map_drop(addr, size);
			here = sq_source_put(m, addr, size);
			lost.addr = lost.pages ? lost.addr : here.addr;
			lost.pages += here.pages;
		}
		addr += max(size, PAGE_SIZE);
		cond_resched();
	}
	for (node = 0; node < m->nr_pools; node++)
		kfree(m->pools[node]);
	kfree(m);
	return lost;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_destroy_all);

/**
 * sq_manager_destroy() - give all pages back and free the manager
 * @m: the manager, or NULL
 *
 * Refused, with nothing changed, while blocks are used. Nobody else may be
 * using @m.
 *
 * Context: Process context. May sleep.
 * Return: 0, or the number of pages in use.
 */
unsigned long sq_manager_destroy(struct sq_manager *m)
{
	if (!m)
		return 0;
	if (sq_manager_pages_used(m))
		return sq_manager_pages_used(m);

	sq_manager_destroy_all(m);
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_destroy);
