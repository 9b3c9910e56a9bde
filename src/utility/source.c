// SPDX-License-Identifier: GPL-2.0
/*
 * The manager's side towards the page source: fetch pages and make blocks of
 * them, put pages back.
 *
 * The source is called without locks. A fetch has all it needs (memory,
 * descriptors, room in the page map) before anybody can see the new blocks,
 * so a step that fails undoes the steps before it and nothing else.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"
#include "trace.h"
#include "tunables.h"

/* What may fail easily must not make others wait or eat their reserves. */
gfp_t sq_gfp_optional(gfp_t gfp)
{
	return (gfp & ~(__GFP_RECLAIM | __GFP_NOFAIL | __GFP_HIGH |
			__GFP_MEMALLOC | __GFP_RETRY_MAYFAIL)) |
	       __GFP_NOWARN | __GFP_NORETRY | __GFP_NOMEMALLOC;
}

/*
 * With __GFP_NOFAIL the source would not come back for want of several pages in
 * a row, though what is here might do, and the page allocator warns of such a
 * request. Above, whoever must have them asks again and again.
 */
static gfp_t gfp_refusable(gfp_t gfp)
{
	return (gfp & ~__GFP_NOFAIL) | (sq_gfp_nofail(gfp) ? __GFP_NOWARN : 0);
}

static unsigned long source_get(struct sq_manager *m, unsigned int order,
				gfp_t gfp, int node)
{
	void *addr;

	if (order || !sq_gfp_nofail(gfp))
		gfp = gfp_refusable(gfp);
	atomic_long_inc(&m->gets);
	addr = m->source->get(m->source, order, gfp, node);
	if (addr)
		atomic_long_add(1L << order, &m->fetched);
	else
		atomic_long_inc(&m->fails);
	trace_squirrel_fetch((unsigned long)addr, 1UL << order, gfp, node);
	return (unsigned long)addr;
}

struct sq_lost sq_source_put(struct sq_manager *m, unsigned long addr,
			     size_t size)
{
	struct sq_block_lost lost = {};

	atomic_long_add(sq_pages_put(m->source, addr, size, &lost), &m->puts);
	atomic_long_add((size >> PAGE_SHIFT) - lost.pages, &m->returned);
	if (unlikely(lost.pages))
		atomic_long_add(lost.pages, &m->lost);
	trace_squirrel_give_back(addr, size >> PAGE_SHIFT, lost.pages);
	return (struct sq_lost){ .pages = lost.pages, .addr = lost.addr };
}

/* The agent of an adjacent page, if its block and @agent may be neighbours. */
static struct sq_agent *neighbour_at(struct sq_pool *pool, unsigned long addr)
{
	struct sq_agent *other = sq_map_lookup((void *)addr);

	if (!sq_pool_has(pool, other) || other->flags & SQ_AGENT_DIRECT)
		return NULL;
	return other;
}

/* Link a block to those of the same pool that lie next to it. */
static void link_neighbours(struct sq_pool *pool, struct sq_agent *agent)
{
	struct sq_block *b = sq_agent_block(agent);
	struct sq_agent *other;

	lockdep_assert_held(&pool->lock);

	other = neighbour_at(pool, sq_agent_addr(agent) - 1);
	if (other)
		sq_block_link(sq_agent_block(other), b);
	other = neighbour_at(pool, sq_agent_end(agent));
	if (other)
		sq_block_link(b, sq_agent_block(other));
}

/**
 * struct sq_import - pages on their way from the source into a pool
 * @addr: where they start
 * @size: their bytes
 * @used: bytes, from the start, that become a used block; the rest is free
 * @flags: of the agents
 * @kind: of the used block's agent
 */
struct sq_import {
	unsigned long addr;
	size_t size;
	size_t used;
	u8 flags;
	u8 kind;
};

static struct sq_agent *import_block(struct sq_pool *pool, unsigned long addr,
				     size_t size, u8 flags)
{
	struct sq_agent *agent = sq_desc_get(pool);

	if (!agent)
		return NULL;
	agent->flags = flags;
	sq_block_init(sq_agent_block(agent), addr, size);
	return agent;
}

static void enter_block(struct sq_pool *pool, struct sq_agent *agent)
{
	sq_map_set(sq_agent_addr(agent), sq_agent_size(agent), agent);
	if (!(agent->flags & SQ_AGENT_DIRECT))
		link_neighbours(pool, agent);
	pool->low = min(pool->low, sq_agent_addr(agent));
	pool->high = max(pool->high, sq_agent_end(agent));
}

/* Under the lock. False, with nothing changed, if descriptors are short. */
static bool add_blocks(struct sq_pool *pool, const struct sq_import *a,
		       struct sq_agent **used)
{
	struct sq_agent *part = NULL;

	lockdep_assert_held(&pool->lock);
	sq_assert(a->size && a->used <= a->size);

	if (a->used) {
		*used = import_block(pool, a->addr, a->used, a->flags);
		if (!*used)
			return false;
	}
	if (a->used < a->size) {
		part = import_block(pool, a->addr + a->used, a->size - a->used,
				    a->flags);
		if (!part) {
			if (a->used)
				sq_desc_put(*used);
			return false;
		}
	}
	if (a->used) {
		enter_block(pool, *used);
		memset((*used)->priv, 0, SQ_AGENT_PRIV_BYTES);
		(*used)->kind = a->kind;
		sq_block_set_used(sq_agent_block(*used), true);
		sq_pool_count_used(pool, *used);
	}
	if (part) {
		enter_block(pool, part);
		sq_pool_enter_free(pool, part);
	}
	return true;
}

static int node_of(unsigned long addr)
{
	return page_to_nid(virt_to_page((void *)addr));
}

/*
 * Make blocks of what the source gave, *@used of its used part. False if it
 * cannot be done; then the pages are still the caller's.
 */
static bool import_pages(struct sq_manager *m, const struct sq_import *a,
			 gfp_t gfp, struct sq_agent **used)
{
	struct sq_pool *pool = sq_manager_pool(m, node_of(a->addr));
	unsigned long irq;
	bool done;

	if (!pool || sq_map_hold(a->addr, a->size, gfp))
		return false;

	do {
		raw_spin_lock_irqsave(&pool->lock, irq);
		done = add_blocks(pool, a, used);
		raw_spin_unlock_irqrestore(&pool->lock, irq);
	} while (!done && sq_desc_refill(gfp));

	if (!done)
		sq_map_drop(a->addr, a->size);
	return done;
}

static u8 fresh_flag(const struct sq_manager *m)
{
	return m->source->zeroes ? SQ_AGENT_FRESH : 0;
}

static struct sq_agent *fetch_order(struct sq_manager *m,
				    const struct sq_request *req,
				    unsigned int order, gfp_t gfp, u8 flags)
{
	unsigned long keep = flags & SQ_AGENT_DIRECT ? 0 : SQ_FETCH_KEEP_PAGES;
	struct sq_import a = {
		.size = PAGE_SIZE << order,
		.used = req->pages << PAGE_SHIFT,
		.flags = flags | fresh_flag(m),
		.kind = req->kind,
	};
	struct sq_agent *agent;

	a.addr = source_get(m, order, gfp, req->node);
	if (!a.addr)
		return NULL;

	if (a.size - a.used > keep << PAGE_SHIFT) {
		sq_source_put(m, a.addr + a.used, a.size - a.used);
		a.size = a.used;
	}
	if (import_pages(m, &a, gfp, &agent))
		return agent;
	sq_source_put(m, a.addr, a.size);
	return NULL;
}

/*
 * Attempts that are optional are not made again and again while free memory is
 * in small pieces: after one that failed the next four, of that order and above,
 * are left out; if it fails again then sixteen, and so on. That somebody else
 * counts at the same time does no harm.
 */
static bool lean_skips(struct sq_pool *pool, unsigned int order)
{
	unsigned int skip = sq_read_racy(pool->lean_skip);

	if (!skip || order < sq_read_racy(pool->lean_order))
		return false;
	WRITE_ONCE(pool->lean_skip, skip - 1);
	return true;
}

static void lean_note(struct sq_pool *pool, unsigned int order, bool failed)
{
	unsigned int fails = sq_read_racy(pool->lean_fails);
	unsigned int lean = sq_read_racy(pool->lean_order);

	if (!failed) {
		if (fails && order >= lean)
			WRITE_ONCE(pool->lean_fails, 0);
		return;
	}
	WRITE_ONCE(pool->lean_order, fails ? min(lean, order) : order);
	fails = min(fails + 1, 0U + SQ_LEAN_FAILS);
	WRITE_ONCE(pool->lean_fails, fails);
	WRITE_ONCE(pool->lean_skip, 1U << 2 * fails);
}

/* Is it known already that @pages in a row would not be had? That counts. */
bool sq_fetch_skips(struct sq_pool *pool, unsigned long pages)
{
	return lean_skips(pool, order_base_2(pages));
}

/* An attempt that may fail: there are others. */
static struct sq_agent *fetch_optional(struct sq_manager *m,
				       struct sq_pool *wanted,
				       const struct sq_request *req,
				       unsigned int order, u8 flags)
{
	struct sq_agent *agent;

	if (lean_skips(wanted, order))
		return NULL;
	agent = fetch_order(m, req, order, sq_gfp_optional(req->gfp), flags);
	lean_note(wanted, order, !agent);
	return agent;
}

/* The order that just holds the request, aligned. */
static unsigned int exact_order(const struct sq_request *req)
{
	return order_base_2(max(req->pages, req->align));
}

static unsigned int ahead_order(struct sq_manager *m, unsigned long pages)
{
	unsigned long held = sq_manager_pages_used(m) + sq_manager_pages_free(m);
	unsigned long ahead = min(held >> SQ_AHEAD_SHIFT, 0UL + SQ_AHEAD_PAGES);
	unsigned long limit = READ_ONCE(m->limit);

	/* What may never be used need not be fetched. */
	if (limit < held + ahead)
		ahead = limit > held ? limit - held : 0;
	if (ahead <= pages)
		return 0;
	return min_t(unsigned int, ilog2(ahead), m->source->max_order);
}

/* A used block of new pages, and perhaps a free one beside it; or NULL. */
struct sq_agent *sq_fetch(struct sq_manager *m, struct sq_pool *wanted,
			  const struct sq_request *req)
{
	unsigned int exact = exact_order(req);
	unsigned int ahead = ahead_order(m, req->pages);
	struct sq_agent *agent;

	if (exact > m->source->max_order)
		return NULL;
	if (ahead > exact) {
		agent = fetch_optional(m, wanted, req, ahead, 0);
		if (agent)
			return agent;
	}
	if (req->optional)
		return fetch_optional(m, wanted, req, exact, 0);
	return fetch_order(m, req, exact, req->gfp, 0);
}

/* A used block that has nothing to do with the others; or NULL. */
struct sq_agent *sq_fetch_direct(struct sq_manager *m, struct sq_pool *wanted,
				 const struct sq_request *req)
{
	unsigned int order = exact_order(req);

	if (order > m->source->max_order)
		return NULL;
	if (req->optional)
		return fetch_optional(m, wanted, req, order, SQ_AGENT_DIRECT);
	return fetch_order(m, req, order, req->gfp, SQ_AGENT_DIRECT);
}

static bool fetch_free(struct sq_manager *m, unsigned int order, gfp_t gfp,
		       int node)
{
	struct sq_import a = {
		.size = PAGE_SIZE << order,
		.flags = fresh_flag(m),
	};

	a.addr = source_get(m, order, gfp, node);
	if (!a.addr)
		return false;
	if (import_pages(m, &a, gfp, NULL))
		return true;
	sq_source_put(m, a.addr, a.size);
	return false;
}

/**
 * sq_manager_fetch() - fetch pages as a reserve
 * @m: the manager
 * @pages: how many
 * @gfp: for the source
 * @node: NUMA node by preference, or NUMA_NO_NODE
 *
 * They become free blocks, as large as the source has them. What was fetched
 * is added to the reserve, below which no trim goes.
 *
 * Context: Any context that @gfp allows, but NMI.
 * Return: pages fetched; fewer than @pages if the source has no more.
 */
unsigned long sq_manager_fetch(struct sq_manager *m, unsigned long pages,
			       gfp_t gfp, int node)
{
	unsigned int order = m->source->max_order;
	unsigned long got = 0;

	if (in_nmi())
		return 0;
	while (got < pages) {
		gfp_t flags = gfp;

		order = min_t(unsigned int, order, ilog2(pages - got));
		if (order)
			flags = sq_gfp_optional(gfp);
		if (fetch_free(m, order, flags, node))
			got += 1UL << order;
		else if (order)
			order--;
		else
			pages = got;	/* no single page left */
	}
	atomic_long_add(got, &m->reserve);
	return got;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_manager_fetch);
