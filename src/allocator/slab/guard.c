// SPDX-License-Identifier: GPL-2.0
/*
 * Which guarded object an address is of: a table by page, with an entry for each page of an
 * area and for the hole behind it. The page map has none of them: what is there comes and
 * goes with blocks, and addresses of this kind would take the places of others in it.
 *
 * It is written by one at a time, who may sleep, and read by anybody with preemption off.
 */
#include <linux/mm.h>
#include <linux/xarray.h>

#include "guard.h"

static DEFINE_XARRAY(guards);

static unsigned long page_of(const void *addr)
{
	return (unsigned long)addr >> PAGE_SHIFT;
}

static unsigned long nr_pages(const struct sq_guard *g)
{
	return g->bytes >> PAGE_SHIFT;
}

/* Preemption off. Whose area that is, or was last, or in the hole behind which; or NULL. */
struct sq_guard *sq_guard_at(const void *addr)
{
	return xa_load(&guards, page_of(addr));
}
EXPORT_SYMBOL_SQ_KUNIT(sq_guard_at);

/* Preemption off. The agent of that area, or nobody's; what is in the hole is not the area. */
struct sq_agent *sq_guard_agent(const void *addr)
{
	struct sq_guard *g = sq_guard_at(addr);

	if (!g || page_of(addr) - page_of(g->base) >= nr_pages(g))
		return &sq_agent_null;
	return &g->agent;
}

/* -ENOMEM: nothing of it is in the table. May sleep. */
int sq_guard_enter(struct sq_guard *g)
{
	unsigned long at = page_of(g->base), i;

	for (i = 0; i <= nr_pages(g); i++) {
		if (!xa_is_err(xa_store(&guards, at + i, g, GFP_KERNEL | __GFP_NOWARN)))
			continue;
		sq_guard_leave(g);
		return -ENOMEM;
	}
	return 0;
}

/* What others have by now stays theirs. */
void sq_guard_leave(struct sq_guard *g)
{
	unsigned long at = page_of(g->base), i;

	for (i = 0; i <= nr_pages(g); i++)
		xa_cmpxchg(&guards, at + i, g, NULL, GFP_KERNEL);
}
