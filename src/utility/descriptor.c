// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors: the memory agents live in.
 *
 * A page holds as many as fit; the spare ones of a page form a list by index.
 * Its head and length are in the page's private word. Pages with a spare
 * descriptor are on a list by how many; the fuller ones are taken from first,
 * so that others have a chance to become wholly spare.
 *
 *	all taken	not on a list
 *	up to half	on DESC_TIGHT: taken from first
 *	more		on DESC_LOOSE
 *	all spare	at its end, counted in desc_idle; a few are kept, the
 *			rest goes to limbo when somebody trims
 *
 * A descriptor may serve a new block at once. A reader who still holds it
 * compares owner and address and finds that it is not the one he meant. Its
 * page goes back only after a grace period, and until then reads as spare.
 */
#include <linux/bug.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include "assert.h"
#include "compat.h"

#include "internal.h"
#include "tunables.h"

#define DESC_PER_PAGE	(PAGE_SIZE / sizeof(struct sq_agent))
#define DESC_NONE	0xffffU

static_assert(DESC_PER_PAGE < DESC_NONE);

static DEFINE_RAW_SPINLOCK(desc_lock);

enum desc_list {
	DESC_TIGHT,
	DESC_LOOSE,
	DESC_LISTS,
};

static struct list_head desc_pages[DESC_LISTS] = {	/* under desc_lock */
	LIST_HEAD_INIT(desc_pages[DESC_TIGHT]),
	LIST_HEAD_INIT(desc_pages[DESC_LOOSE]),
};

static unsigned long desc_idle;		/* under desc_lock */

/* page_private: index of the first spare descriptor, and how many */
static unsigned int desc_first(struct page *page)
{
	return page_private(page) & 0xffff;
}

static unsigned int desc_spare(struct page *page)
{
	return page_private(page) >> 16;
}

static void desc_set(struct page *page, unsigned int first, unsigned int spare)
{
	set_page_private(page, first | (unsigned long)spare << 16);
}

static u16 *desc_link(struct sq_agent *agent)
{
	return (u16 *)agent->priv;
}

/* The list for pages with so many spare. */
static struct list_head *desc_list(unsigned int spare)
{
	return &desc_pages[spare > DESC_PER_PAGE / 2 ? DESC_LOOSE : DESC_TIGHT];
}

static struct page *desc_page(void)
{
	unsigned int i;

	lockdep_assert_held(&desc_lock);
	for (i = 0; i < DESC_LISTS; i++) {
		if (!list_empty(&desc_pages[i]))
			return list_first_entry(&desc_pages[i], struct page, lru);
	}
	return NULL;
}

/* A page of which @was were spare has @spare now: put it where it belongs. */
static void desc_relist(struct page *page, unsigned int was, unsigned int spare)
{
	lockdep_assert_held(&desc_lock);
	sq_assert(was <= DESC_PER_PAGE && spare <= DESC_PER_PAGE);
	sq_assert(was != DESC_PER_PAGE || desc_idle);
	if (was == DESC_PER_PAGE)
		desc_idle--;
	if (!was)
		list_add(&page->lru, desc_list(spare));
	else if (!spare)
		list_del(&page->lru);
	else if (desc_list(was) != desc_list(spare))
		list_move(&page->lru, desc_list(spare));
	if (spare == DESC_PER_PAGE) {
		list_move_tail(&page->lru, desc_list(spare));
		desc_idle++;
	}
}

/*
 * A spare descriptor, now for a block of this pool, whose lock is held; or
 * NULL. Then sq_desc_refill() helps, once the lock is dropped.
 */
struct sq_agent *sq_desc_get(struct sq_pool *pool)
{
	struct sq_agent *agent;
	struct page *page;
	unsigned int spare;

	lockdep_assert_held(&pool->lock);

	raw_spin_lock(&desc_lock);
	page = desc_page();
	if (!page) {
		raw_spin_unlock(&desc_lock);
		return NULL;
	}
	agent = (struct sq_agent *)page_address(page) + desc_first(page);
	spare = desc_spare(page);
	sq_assert(spare && desc_first(page) < DESC_PER_PAGE);
	sq_assert(!agent->owner && !agent->manager && !sq_agent_addr(agent));
	desc_set(page, *desc_link(agent), spare - 1);
	desc_relist(page, spare, spare - 1);
	raw_spin_unlock(&desc_lock);

	WRITE_ONCE(agent->manager, pool->manager);
	WRITE_ONCE(agent->node, pool->node);
	agent->kind = 0;
	agent->flags = 0;
	agent->freed_at = 0;
	return agent;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_desc_get);

/* The block is gone: no map entry names the agent any more. */
void sq_desc_put(struct sq_agent *agent)
{
	struct page *page = virt_to_page(agent);
	unsigned int index = agent - (struct sq_agent *)page_address(page);
	unsigned long irq;
	unsigned int spare;

	WRITE_ONCE(agent->owner, NULL);
	WRITE_ONCE(agent->manager, NULL);
	sq_block_init(sq_agent_block(agent), 0, 0);

	raw_spin_lock_irqsave(&desc_lock, irq);
	spare = desc_spare(page);
	*desc_link(agent) = desc_first(page);
	desc_set(page, index, spare + 1);
	desc_relist(page, spare, spare + 1);
	raw_spin_unlock_irqrestore(&desc_lock, irq);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_desc_put);

bool sq_desc_refill(gfp_t gfp)
{
	struct sq_agent *agent = sq_meta_get(gfp);
	struct page *page;
	unsigned long irq;
	unsigned int i;

	if (!agent)
		return false;

	memset(agent, 0, PAGE_SIZE);
	for (i = 0; i < DESC_PER_PAGE; i++)
		*desc_link(agent + i) = i + 1 < DESC_PER_PAGE ? i + 1 :
								DESC_NONE;
	page = virt_to_page(agent);
	desc_set(page, 0, DESC_PER_PAGE);

	raw_spin_lock_irqsave(&desc_lock, irq);
	desc_relist(page, 0, DESC_PER_PAGE);
	raw_spin_unlock_irqrestore(&desc_lock, irq);
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_desc_refill);

/**
 * sq_agents_spare() - are there agents for any block to be cut to pieces?
 *
 * Context: Any context.
 * Return: whether there are; others may be quicker.
 */
bool sq_agents_spare(void)
{
	return sq_read_racy(desc_idle);
}

/**
 * sq_agents_ensure() - see to it that there are agents for some new blocks
 * @gfp: for memory
 *
 * For those who cannot allocate where they need one; others may be quicker.
 *
 * Context: Any context that @gfp allows, but NMI.
 * Return: whether there is at least one.
 */
bool sq_agents_ensure(gfp_t gfp)
{
	return sq_agents_spare() || sq_desc_refill(gfp) ||
	       !list_empty_careful(&desc_pages[DESC_TIGHT]) ||
	       !list_empty_careful(&desc_pages[DESC_LOOSE]);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_agents_ensure);

static void desc_collect(struct list_head *pages, unsigned long keep)
{
	unsigned int budget;
	struct page *page;
	unsigned long irq;
	bool more;

	do {
		budget = SQ_SCAN_PER_STEP;
		raw_spin_lock_irqsave(&desc_lock, irq);
		while (desc_idle > keep && budget--) {
			page = list_last_entry(&desc_pages[DESC_LOOSE],
					       struct page, lru);
			list_move(&page->lru, pages);
			desc_idle--;
		}
		more = desc_idle > keep;
		raw_spin_unlock_irqrestore(&desc_lock, irq);
	} while (more);
}

/* Move the pages nobody will miss from here to @pages. */
void sq_desc_collect(struct list_head *pages)
{
	desc_collect(pages, SQ_DESC_KEEP_PAGES);
}

/* After a grace period without any manager: everything goes. */
void sq_desc_exit(void)
{
	struct page *page, *tmp;
	LIST_HEAD(pages);

	desc_collect(&pages, 0);
	list_for_each_entry_safe(page, tmp, &pages, lru)
		sq_meta_put(page_address(page));
}
