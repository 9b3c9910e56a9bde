// SPDX-License-Identifier: GPL-2.0
/*
 * What must hold, of all there is: whoever reads "check" asks.
 *
 * A cache's slabs, on one node:
 *
 *	a slab has as many free objects as its bits say, and not more than objects
 *	it is on the list that fits how full it is, and knows which
 *	its agent names the cache
 *	slabs, their objects and those of them that are free: as the node counts
 *
 * The node's lock is dropped after every few slabs. If it was taken by others
 * meanwhile, so that the walk's place in the list may be gone, all begins anew,
 * but not for ever: of what changes all the time only the first slabs of the
 * first list are checked.
 *
 * A used page is one that nobody else put or freed. What debugging filled is as it was
 * left. The manager checks its blocks itself.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/ratelimit.h>
#include <linux/sched.h>

#include "allocator/cache/cache.h"
#include "allocator/debug/debug.h"

/**
 * struct sq_tally - what a walk over a node's slabs has seen
 * @c: the cache
 * @n: the node
 * @looks: slabs left for this hold of the lock
 * @changes: the node's, as of when the walk began
 * @quiet: there were none since
 * @bad: rules broken
 * @slabs: slabs seen
 * @objs: their objects
 * @free: those of them that are free
 */
struct sq_tally {
	struct squirrel_cache *c;
	struct sq_node *n;
	unsigned int looks;
	unsigned long changes;
	bool quiet;
	unsigned int bad;
	unsigned long slabs;
	unsigned long objs;
	unsigned long free;
};

static void check_slab(struct sq_tally *t, struct sq_slab *slab,
		       unsigned int where)
{
	unsigned int w, bits;

	for (bits = 0, w = 0; w < SQ_SLAB_WORDS; w++)
		bits += hweight64(slab->free[w]);
	t->slabs++;
	t->objs += slab->nr_objs;
	t->free += slab->nr_free;
	t->bad += bits != slab->nr_free;
	t->bad += slab->fullness != where;
	t->bad += slab->nr_free > slab->nr_objs;
	t->bad += (where == SQ_FULLNESS_FULL) != !slab->nr_free;
	t->bad += sq_owner(sq_slab_agent(slab)) != t->c;
}

/* After each slab: let others in now and then. False if there were any. */
static bool lock_break(struct sq_tally *t, unsigned long *flags)
	__must_hold(&t->n->lock)
{
	if (--t->looks)
		return true;
	raw_spin_unlock_irqrestore(&t->n->lock, *flags);
	raw_spin_lock_irqsave(&t->n->lock, *flags);
	t->looks = SQ_CHECK_SLABS;
	t->quiet = t->n->changes == t->changes;
	return t->quiet;
}

static void check_list(struct sq_tally *t, unsigned int where,
		       unsigned long *flags)
	__must_hold(&t->n->lock)
{
	struct sq_slab *slab;

	list_for_each_entry(slab, &t->n->lists[where], list) {
		check_slab(t, slab, where);
		/* A list gone round in a circle has no end. */
		if (t->slabs > t->n->nr_slabs || !lock_break(t, flags))
			break;
	}
}

/* Rules broken in one look. *@sure: and all slabs were looked at. */
static unsigned int check_slabs(struct squirrel_cache *c, struct sq_node *n,
				bool *sure)
{
	struct sq_tally t = {
		.c = c,
		.n = n,
		.looks = SQ_CHECK_SLABS,
		.quiet = true,
	};
	unsigned long flags;
	unsigned int i;

	raw_spin_lock_irqsave(&n->lock, flags);
	t.changes = n->changes;
	for (i = 0; i < SQ_NR_FULLNESS && t.quiet; i++)
		check_list(&t, i, &flags);
	*sure = t.quiet;
	if (t.quiet) {
		t.bad += t.slabs != n->nr_slabs;
		t.bad += t.objs != n->nr_objs;
		t.bad += t.free != n->nr_free;
	}
	raw_spin_unlock_irqrestore(&n->lock, flags);
	return t.bad;
}

static unsigned int check_node(struct squirrel_cache *c, struct sq_node *n)
{
	unsigned int bad, rounds = SQ_CHECK_ROUNDS;
	bool sure;

	do {
		bad = check_slabs(c, n, &sure);
	} while (!bad && !sure && --rounds);
	return bad;
}

static void check_cache(struct squirrel_cache *c, void *ctx)
{
	unsigned int *bad = ctx, here = 0;
	int nid;

	for_each_node(nid)
		here += check_node(c, c->node[nid]);
	if (here)
		pr_err("cache '%s': %u rules broken\n", c->name, here);
	*bad += here;
}

/**
 * struct sq_page_check - what is looked at in one hold of the manager's lock
 * @only: the cache whose blocks are looked at, or NULL for all
 * @bad: rules broken
 * @left: pages left for this hold
 */
struct sq_page_check {
	const struct squirrel_cache *only;
	unsigned int bad;
	long left;
};

/* A used page is one that nobody else put or freed. */
static void check_stolen(const struct sq_agent *agent, const struct squirrel_cache *c,
			 struct sq_page_check *check)
{
	unsigned long page = sq_viewer_stolen(agent);

	if (!page)
		return;
	check->bad++;
	pr_err_ratelimited("%s: page %p is in use, but was put or freed by others\n",
			   c->name, (void *)page);
}

static bool check_pages(const struct sq_agent *agent, void *ctx)
{
	struct squirrel_cache *c = sq_owner_acquire(agent);
	struct sq_page_check *check = ctx;

	check->left--;
	/* What is free is reported when it goes, or with who has it next. */
	if (!c || (check->only && sq_client_of(c) != check->only))
		return check->left > 0;
	check_stolen(agent, c, check);
	check->left -= sq_agent_pages(agent);
	if (c->client && agent->kind == SQ_KIND_SLAB && sq_agent_used(agent)) {
		check->bad += sq_debug_check_slab(c, agent);
		check->left -= SQ_CHECK_BYTES_PAGES * sq_agent_pages(agent);
	}
	return check->left > 0;
}

static unsigned int check_blocks(struct sq_manager *m, const struct squirrel_cache *only)
{
	struct sq_page_check check = { .only = only, .left = SQ_CHECK_PAGES };
	unsigned long addr = 0;

	while (sq_viewer_step(m, &addr, check_pages, &check) || check.left <= 0) {
		check.left = SQ_CHECK_PAGES;
		cond_resched();
	}
	return check.bad;
}

static void check_heap(struct squirrel_heap *heap, void *ctx)
{
	*(unsigned int *)ctx += check_blocks(heap->manager, NULL) +
				sq_debug_check_guards(NULL, heap) +
				sq_viewer_check(heap->manager);
}

/**
 * sq_cache_check() - check a cache's slabs, and those of its debugged objects
 * @c: the cache
 *
 * As sq_allocator_check(), which has a cache's pages with the heap's that they are of; and
 * what debugging filled.
 *
 * Context: Process context. May sleep.
 * Return: number of broken rules; each was reported.
 */
unsigned int sq_cache_check(struct squirrel_cache *c)
{
	unsigned int bad = 0;

	check_cache(c, &bad);
	if (c->twin) {
		check_cache(c->twin, &bad);
		bad += check_blocks(c->heap->manager, c);
		bad += sq_debug_check_guards(c, NULL);
	}
	return bad;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_cache_check);

struct sq_class_check {
	const struct squirrel_heap *heap;
	unsigned int bad;
};

static void check_class(struct squirrel_cache *c, void *ctx)
{
	struct sq_class_check *check = ctx;
	const struct squirrel_cache *client = sq_client_of(c);

	if (client->heap_key == check->heap)
		check_cache(c, &check->bad);
}

/**
 * sq_heap_check() - check a heap's slabs and all of its pages
 * @heap: the heap
 *
 * The pages are also those of the caches that have theirs of it.
 *
 * Context: Process context. May sleep.
 * Return: number of broken rules; each was reported.
 */
unsigned int sq_heap_check(struct squirrel_heap *heap)
{
	struct sq_class_check check = { .heap = heap };

	sq_walk_caches(check_class, &check);
	check_heap(heap, &check.bad);
	return check.bad;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_check);

/**
 * sq_allocator_check() - check everything there is against everything else
 *
 * May run beside anything else; of what changes all the time not all is checked.
 *
 * Context: Process context. May sleep. Takes time for each page and slab that is
 * held.
 * Return: number of broken rules; each was reported.
 */
unsigned int sq_allocator_check(void)
{
	unsigned int bad = 0;

	sq_walk_caches(check_cache, &bad);
	sq_walk_heaps_slowly(check_heap, &bad);
	return bad;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_check);
