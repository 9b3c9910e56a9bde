// SPDX-License-Identifier: GPL-2.0
/*
 * Large blocks of a heap: whole pages, straight from the manager. The block's
 * owner is the heap's stand-in cache, so a free finds its heap by the same
 * lookup as a small object does.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irq_work.h>
#include <linux/llist.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/string.h>

#include "cache.h"

/*
 * @size is over 0 and at most SQUIRREL_MAX_SIZE; there is room for @room bytes behind it.
 */
void *sq_large_take(struct squirrel_heap *heap, size_t size, size_t room, gfp_t gfp,
		    int node)
{
	struct sq_request req = {
		.pages = DIV_ROUND_UP(size + room, PAGE_SIZE),
		/* As kmalloc() promises. */
		.align = is_power_of_2(size) ? size >> PAGE_SHIFT : 0,
		.gfp = gfp & ~SQ_GFP_NOT_PAGES,
		.node = node,
		.kind = SQ_KIND_LARGE,
	};
	struct sq_agent *agent;
	bool zero;
	void *obj;

	if (!in_nmi())
		might_alloc(gfp);
	if (!sq_may_grow())
		return NULL;
	if (node == NUMA_NO_NODE)
		req.node = sq_pref_node(heap->pref_node, numa_mem_id());
	do {
		agent = sq_heap_take(heap, &req, &heap->limit_hits,
				     &heap->nomem, true);
	} while (!agent && sq_wait_for_memory(gfp));
	if (!agent)
		return NULL;
	sq_large_of(agent)->size = size;
	sq_large_of(agent)->debug = 0;
	sq_large_count(heap, size);
	obj = (void *)sq_agent_addr(agent);
	WRITE_ONCE(heap->large_last, sq_large_hint((unsigned long)obj));
	/* With init_on_alloc the page allocator may have done it. */
	zero = want_init_on_alloc(gfp) && !(want_init_on_alloc(0) && sq_agent_fresh(agent));
	sq_agent_publish(agent, heap->large);
	if (zero)
		sq_zero_pages(obj, req.pages);
	return obj;
}

/*
 * In place of an object of @c, memory of the zone that @gfp asks for. A heap has
 * whole pages for that; a cache's objects lie where they do.
 */
void *sq_zone_alloc(struct squirrel_cache *c, gfp_t gfp, int node)
{
	if (c->heap_key)
		return sq_large_alloc(c->heap, c->object_size, gfp, node);
	if (!(gfp & __GFP_NOWARN))
		pr_warn_ratelimited("cache '%s': objects of a certain zone are not to be had; refused (gfp %#x)\n",
				    c->name, (__force unsigned int)gfp);
	return NULL;
}

/* Blocks that wait until the manager and the page allocator may be called. */
static LLIST_HEAD(large_later);

static __always_inline void large_give(struct squirrel_heap *heap,
				       struct sq_agent *agent)
{
	sq_heap_give(heap, heap->large, agent, true);
}

/* On PREEMPT_RT in a thread: else nothing waits. */
static void large_work_fn(struct irq_work *unused)
{
	struct llist_node *pos, *next;

	llist_for_each_safe(pos, next, llist_del_all(&large_later)) {
		struct sq_large *large = llist_entry(pos, struct sq_large, link);

		large_give(large->heap, sq_slab_agent((void *)large));
	}
}

static DEFINE_IRQ_WORK(sq_large_work, large_work_fn);

/* A block that was claimed is nobody's but the caller's. */
void sq_large_free(struct squirrel_heap *heap, struct sq_agent *agent)
{
	struct sq_large *large = sq_large_of(agent);

	if (want_init_on_free())
		sq_zero_pages((void *)sq_agent_addr(agent), sq_agent_pages(agent));
	if (sq_may_grow()) {
		large_give(heap, agent);
		return;
	}
	large->heap = heap;
	llist_add(&large->link, &large_later);
	irq_work_queue(&sq_large_work);
}

/* Wait for those that were freed but not given. May sleep. */
void sq_large_flush(void)
{
	sq_irq_work_wait(&sq_large_work);
	/* As in sq_deferred_flush(). */
	smp_acquire__after_ctrl_dep();
}
