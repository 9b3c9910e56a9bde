// SPDX-License-Identifier: GPL-2.0
/*
 * How long slabs are: by what an object costs, what the cache holds and what is
 * at hand.
 */
#include <linux/mm.h>

#include "allocator/pages/pages.h"

#include "object.h"
#include "slab.h"

/* The fewest pages an object fits in. */
unsigned int sq_slab_least(const struct squirrel_cache *c)
{
	return DIV_ROUND_UP(c->size, PAGE_SIZE);
}

/* Objects in a slab of so many pages. */
unsigned int sq_slab_objs(const struct squirrel_cache *c, unsigned int pages)
{
	return min_t(unsigned long, ((unsigned long)pages << PAGE_SHIFT) / c->size,
		     SQ_SLAB_MAX_OBJS);
}

/* What an object costs in a slab of so many pages: bytes, in 1/4096. */
static unsigned long slab_cost(const struct squirrel_cache *c,
			       unsigned int pages)
{
	return ((((unsigned long)pages << PAGE_SHIFT) + sizeof(struct sq_agent))
		<< 12) / sq_slab_objs(c, pages);
}

/* Does it leave nothing of what is fetched at once for larger caches? */
static bool slab_comes_out_even(unsigned int pages)
{
	return !(SQ_AHEAD_PAGES % pages);
}

/*
 * Is it worth to make slabs as long as this? What is left of pages that were fetched
 * together is of no use to such slabs, and goes back one by one.
 */
static bool slab_better(const struct squirrel_cache *c, unsigned int pages,
			unsigned int best)
{
	unsigned long cost = slab_cost(c, pages);
	unsigned int part = 2048;

	if (slab_comes_out_even(best) && !slab_comes_out_even(pages))
		part = 512;
	return cost + cost / part < slab_cost(c, best);
}

static bool slab_wastes(const struct squirrel_cache *c, unsigned int pages)
{
	unsigned long bytes = (unsigned long)pages << PAGE_SHIFT;
	unsigned long objs = (unsigned long)sq_slab_objs(c, pages) * c->size;

	return (bytes - objs) * SQ_SLAB_WASTE > bytes;
}

/*
 * How long slabs are. Short ones waste more, at their end and on their agents;
 * long ones leave more unused in a cache with few objects. So a cache begins
 * with the shortest that does not waste much, and goes on to what costs least
 * for an object as it grows. What is aligned to more than its size stays alone.
 */
void sq_slab_plan(struct squirrel_cache *c)
{
	unsigned int least = sq_slab_least(c), best = least, pages;

	c->plan.first = least;
	c->plan.most = least;
	if (!IS_ALIGNED(c->size, min_t(size_t, c->align, c->size)) ||
	    c->align > c->size || least > SQ_SLAB_LONG_PAGES / 2)
		return;
	/* What remains of a slab may begin that far into its block: sq_slab.off */
	if (c->size > U16_MAX)
		return;
	/* Objects of a few pages need more of them to come out even. */
	c->plan.most = clamp(6 * least, SQ_SLAB_MAX_PAGES, SQ_SLAB_LONG_PAGES);
	while (c->plan.first < c->plan.most && slab_wastes(c, c->plan.first))
		c->plan.first++;
	for (pages = least; pages <= c->plan.most; pages++) {
		if (slab_better(c, pages, best))
			best = pages;
		c->plan.best[pages] = best;
	}
}

/* Pages of the next slab of a cache that holds @held. */
unsigned int sq_slab_pages(const struct squirrel_cache *c, unsigned long held)
{
	unsigned long most = clamp_t(unsigned long, held / SQ_SLAB_SHARE,
				     c->plan.first, c->plan.most);

	return most > SQ_SLAB_LONG_PAGES || !c->plan.best[most] ?
	       most : c->plan.best[most];
}
EXPORT_SYMBOL_SQ_KUNIT(sq_slab_pages);

/*
 * Pages of the slab to make now. What is free may do for one half as long, if
 * that wastes as little: then it need not go back, nor more be fetched. Many
 * slabs that are shorter still would cost more than they spare.
 */
unsigned int sq_slab_next(const struct squirrel_cache *c, int node)
{
	unsigned int pages = sq_slab_pages(c, sq_read_racy(c->node[node]->nr_pages));
	unsigned long free = sq_manager_merge_longest(c->heap->manager, node, pages);

	if (free >= pages || pages == sq_slab_least(c))
		return pages;
	if (free >= pages / 2 && free >= c->plan.first)
		return c->plan.best[free];
	/* An attempt that would be left out costs more than this question. */
	if (!sq_manager_lacks(c->heap->manager, node, pages))
		return pages;
	return free >= c->plan.first ? c->plan.best[free] : sq_slab_least(c);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_slab_next);
