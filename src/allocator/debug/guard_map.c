// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of guarded objects' areas, mapped and not.
 *
 * Where the kernel lets us (sq_can_remap(), x86-64) an area has a hole on either side, and its
 * address stays ours until it is forgotten whose it was: what is freed is taken from under
 * it. So who touched what is not mapped can go on, when that was told: a page that is
 * nobody's is put there (sq_guard_open()), and it is told once. Elsewhere an area is given
 * back when it is unmapped, the hole is vmap()'s, and who touches it is ended by the kernel.
 *
 * guard_mutex (guard_pool.c) is held, but for sq_guard_open(), whom a grace period keeps from
 * writing to what others have mapped by then.
 */
#include <linux/mm.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include "guard.h"
#include "guard_pte.h"

/* What is mapped where nothing is to be, for who went on. No data are there. */
static u8 nobodys[PAGE_SIZE] __aligned(PAGE_SIZE);

static unsigned int nr_pages(const struct sq_guard *g)
{
	return g->bytes >> PAGE_SHIFT;
}

/* The area with its holes, if these are ours. */
static unsigned long first_of(const struct sq_guard *g)
{
	return (unsigned long)g->base - (sq_can_remap() ? PAGE_SIZE : 0);
}

static unsigned long end_of(const struct sq_guard *g)
{
	return (unsigned long)g->base + g->bytes + (sq_can_remap() ? PAGE_SIZE : 0);
}

void sq_guard_free_pages(struct sq_guard *g)
{
	unsigned int i;

	for (i = 1; i <= nr_pages(g) && g->page[i]; i++)
		__free_page(g->page[i]);
}

/* Pages and an address for @g->bytes. False: it has neither. May sleep. */
bool sq_guard_map(struct sq_guard *g)
{
	unsigned int pages = nr_pages(g), holes = sq_can_remap() ? 1 : 0, i;
	u8 *first = NULL;

	for (i = 1; i <= pages; i++) {
		g->page[i] = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
		if (!g->page[i])
			break;
	}
	g->page[0] = vmalloc_to_page(nobodys);
	g->page[pages + 1] = g->page[0];
	if (i > pages)
		first = vmap(g->page + 1 - holes, pages + 2 * holes, VM_MAP, PAGE_KERNEL);
	if (!first) {
		if (i <= pages)
			g->page[i] = NULL;
		sq_guard_free_pages(g);
		return false;
	}
	g->base = first + holes * PAGE_SIZE;
	/* Nobody has touched them. */
	if (holes) {
		sq_unmap_page(first_of(g));
		sq_unmap_page(end_of(g) - PAGE_SIZE);
	}
	return true;
}

/* No CPU has the memory of these mapped when this returns. May sleep. */
void sq_guard_hide(struct llist_node *first)
{
	unsigned long addr;
	struct sq_guard *g;

	if (!sq_can_remap()) {
		llist_for_each_entry(g, first, freed)
			vunmap(g->base);
		vm_unmap_aliases();
		return;
	}
	llist_for_each_entry(g, first, freed)
		for (addr = first_of(g); addr < end_of(g); addr += PAGE_SIZE)
			sq_unmap_page(addr);
	on_each_cpu(sq_flush_tlb_here, NULL, true);
}

/* It is hidden, and nobody finds it any more: the address is the kernel's. May sleep. */
void sq_guard_unmap(struct sq_guard *g)
{
	if (sq_can_remap())
		vunmap((void *)first_of(g));
}

/* All are unmapped: no CPU has the page that is nobody's mapped elsewhere. May sleep. */
void sq_guard_unmap_end(void)
{
	vm_unmap_aliases();
}

/*
 * Somebody touched @addr, in a hole of @g or in what is hidden of it, or with @guess something
 * there, and that was told: may it go on? Who does touches a page of no data, now and again.
 * Preemption is off. Any context.
 */
bool sq_guard_open(const struct sq_guard *g, unsigned long addr, bool guess)
{
	bool opened = false;
	unsigned long at;

	if (!sq_can_remap())
		return false;
	for (at = first_of(g); at < end_of(g); at += PAGE_SIZE) {
		if (!sq_is_unmapped(at))
			continue;
		sq_map_page(at, vmalloc_to_page(nobodys));
		opened = true;
	}
	/* Or another CPU did, while we came here. A guess that did not help is told no more. */
	return opened || (!guess && !sq_is_unmapped(addr & PAGE_MASK));
}
