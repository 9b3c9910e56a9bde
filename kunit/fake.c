// SPDX-License-Identifier: GPL-2.0
/*
 * The fake page source; see fake.h.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "compat.h"

#include "fake.h"

#define FAKE_POISON	0xa5
#define FAKE_POISONED	64	/* bytes at the start of each page */
#define FAKE_CANDIDATES	96	/* chunks looked at for some side by side */

static void poison(unsigned long addr, unsigned long pages)
{
	for (; pages--; addr += PAGE_SIZE)
		memset((void *)addr, FAKE_POISON, FAKE_POISONED);
}

static bool poisoned(unsigned long addr, unsigned long pages)
{
	for (; pages--; addr += PAGE_SIZE) {
		if (memchr_inv((void *)addr, FAKE_POISON, FAKE_POISONED))
			return false;
	}
	return true;
}

static struct sq_fake_chunk *chunk_of(const struct sq_fake *fake,
				      unsigned long addr)
{
	unsigned int i;

	for (i = 0; i < fake->nr_chunks; i++) {
		if (addr - fake->chunks[i].base <
		    SQ_FAKE_CHUNK_PAGES << PAGE_SHIFT)
			return &fake->chunks[i];
	}
	return NULL;
}

static unsigned long page_in(const struct sq_fake_chunk *chunk,
			     unsigned long addr)
{
	return (addr - chunk->base) >> PAGE_SHIFT;
}

static unsigned long find(struct sq_fake *fake, unsigned long pages)
{
	struct sq_fake_chunk *chunk;
	unsigned long at;
	unsigned int i;

	for (i = 0; i < fake->nr_chunks; i++) {
		chunk = &fake->chunks[i];
		at = bitmap_find_next_zero_area(chunk->out, SQ_FAKE_CHUNK_PAGES,
						0, pages, pages - 1);
		if (at < SQ_FAKE_CHUNK_PAGES) {
			bitmap_set(chunk->out, at, pages);
			return chunk->base + (at << PAGE_SHIFT);
		}
	}
	return 0;
}

static void note(struct sq_fake_asked *asked, unsigned int order, gfp_t gfp,
		 int node, bool failed)
{
	asked->gets++;
	asked->fails += failed;
	asked->any |= gfp;
	asked->all &= gfp;
	asked->order = order;
	asked->node = node;
}

/* Told to fail? */
static bool refused(struct sq_fake *fake, unsigned int order)
{
	if (fake->refuse) {
		fake->refuse--;
		return true;
	}
	return (fake->fail_in && !--fake->fail_in) || (fake->singles && order);
}

static bool out_of_place(const struct sq_fake *fake)
{
	return fake->strict && !preemptible();
}

static void *fake_get(const struct sq_block_ops *ops, unsigned int order,
		      gfp_t gfp, int node)
{
	struct sq_fake *fake = container_of(ops, struct sq_fake, ops);
	unsigned long pages = 1UL << order;
	bool wrong = out_of_place(fake);
	unsigned long addr = 0;
	unsigned long irq;

	raw_spin_lock_irqsave(&fake->lock, irq);
	fake->errors += wrong;
	fake->gets++;
	if (order > ops->max_order)
		fake->errors++;
	else if (!refused(fake, order) && fake->out + pages <= fake->budget)
		addr = find(fake, pages);
	if (addr) {
		fake->out += pages;
		fake->errors += !poisoned(addr, pages);
	} else {
		fake->fails++;
	}
	note(&fake->asked[order > 0], order, gfp, node, !addr);
	raw_spin_unlock_irqrestore(&fake->lock, irq);
	return (void *)addr;
}

static bool put_is_sound(const struct sq_fake *fake,
			 const struct sq_fake_chunk *chunk, unsigned long addr,
			 unsigned int order)
{
	unsigned long at, pages = 1UL << order;

	if (!chunk || order > fake->ops.max_order ||
	    !IS_ALIGNED(addr, pages << PAGE_SHIFT))
		return false;
	at = page_in(chunk, addr);
	return find_next_zero_bit(chunk->out, at + pages, at) >= at + pages;
}

static enum sq_block_state fake_look(const struct sq_block_ops *ops,
				     unsigned long addr, unsigned long pages)
{
	return sq_block_pages.look(&sq_block_pages, addr, pages);
}

static void put_one(struct sq_fake *fake, struct sq_fake_chunk *chunk,
		    unsigned long addr, struct sq_block_lost *lost)
{
	enum sq_block_state state = fake_look(&fake->ops, addr, 1);
	unsigned long at = page_in(chunk, addr);

	if (state == SQ_BLOCK_ALONE) {
		poison(addr, 1);
		__clear_bit(at, chunk->out);
		fake->out--;
		return;
	}
	fake->errors += __test_and_set_bit(at, chunk->odd);
	if (state == SQ_BLOCK_STOLEN && !lost->pages++)
		lost->addr = addr;
}

static struct sq_block_lost fake_put(const struct sq_block_ops *ops, void *addr,
				     unsigned int order)
{
	struct sq_fake *fake = container_of(ops, struct sq_fake, ops);
	struct sq_fake_chunk *chunk = chunk_of(fake, (unsigned long)addr);
	unsigned long at = (unsigned long)addr;
	struct sq_block_lost lost = {};
	bool wrong = out_of_place(fake);
	unsigned long irq;

	raw_spin_lock_irqsave(&fake->lock, irq);
	fake->errors += wrong;
	fake->puts++;
	if (put_is_sound(fake, chunk, at, order)) {
		for (; at < (unsigned long)addr + (PAGE_SIZE << order);
		     at += PAGE_SIZE)
			put_one(fake, chunk, at, &lost);
	} else {
		fake->errors++;
	}
	raw_spin_unlock_irqrestore(&fake->lock, irq);
	return lost;
}

/**
 * sq_fake_forget() - begin anew with what gets ask for
 * @fake: the source
 *
 * Context: Any context.
 */
void sq_fake_forget(struct sq_fake *fake)
{
	unsigned long irq;
	unsigned int i;

	raw_spin_lock_irqsave(&fake->lock, irq);
	memset(fake->asked, 0, sizeof(fake->asked));
	for (i = 0; i < ARRAY_SIZE(fake->asked); i++)
		fake->asked[i].all = ~(__force gfp_t)0;
	raw_spin_unlock_irqrestore(&fake->lock, irq);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_forget);

/**
 * sq_fake_settle() - take back pages whose references are right again
 * @fake: the source
 *
 * Context: Any context.
 * Return: pages that were put, but are still out for their references.
 */
unsigned long sq_fake_settle(struct sq_fake *fake)
{
	struct sq_block_lost lost = {};
	unsigned long irq, left = 0;
	unsigned int i, at;

	raw_spin_lock_irqsave(&fake->lock, irq);
	for (i = 0; i < fake->nr_chunks; i++) {
		struct sq_fake_chunk *chunk = &fake->chunks[i];

		for_each_set_bit(at, chunk->odd, SQ_FAKE_CHUNK_PAGES) {
			__clear_bit(at, chunk->odd);
			put_one(fake, chunk, chunk->base +
				((unsigned long)at << PAGE_SHIFT), &lost);
			left += test_bit(at, chunk->odd);
		}
	}
	raw_spin_unlock_irqrestore(&fake->lock, irq);
	return left;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_settle);

/* In order of address: neighbours in memory are neighbours by index too. */
static int chunk_order(const void *a, const void *b)
{
	const struct sq_fake_chunk *x = a, *y = b;

	return x->base < y->base ? -1 : x->base > y->base;
}

static int set_up(struct sq_fake *fake, unsigned long pages, unsigned int n)
{
	memset(fake, 0, sizeof(*fake));
	raw_spin_lock_init(&fake->lock);
	fake->ops.name = "fake";
	fake->ops.max_order = SQ_BLOCK_MAX_ORDER;
	fake->ops.get = fake_get;
	fake->ops.put = fake_put;
	fake->ops.look = fake_look;
	fake->budget = pages;
	sq_fake_forget(fake);

	if (!n || n > SQ_FAKE_CHUNKS)
		return -EINVAL;
	fake->chunks = kcalloc(n, sizeof(*fake->chunks), GFP_KERNEL);
	return fake->chunks ? 0 : -ENOMEM;
}

static unsigned long get_chunk(void)
{
	return (unsigned long)sq_block_pages.get(&sq_block_pages,
						 SQ_BLOCK_MAX_ORDER,
						 GFP_KERNEL | __GFP_NOWARN,
						 NUMA_NO_NODE);
}

static void put_chunk(unsigned long base)
{
	sq_block_pages.put(&sq_block_pages, (void *)base, SQ_BLOCK_MAX_ORDER);
}

static void add_chunk(struct sq_fake *fake, unsigned long base)
{
	fake->chunks[fake->nr_chunks++].base = base;
	poison(base, SQ_FAKE_CHUNK_PAGES);
}

/**
 * sq_fake_init() - set up a fake source
 * @fake: filled in
 * @pages: its budget; at most SQ_FAKE_CHUNKS * SQ_FAKE_CHUNK_PAGES
 *
 * Context: Process context. May sleep.
 * Return: 0, or -ENOMEM: a test is then better skipped.
 */
int sq_fake_init(struct sq_fake *fake, unsigned long pages)
{
	unsigned int n = DIV_ROUND_UP(pages, SQ_FAKE_CHUNK_PAGES);
	int err = set_up(fake, pages, n);
	unsigned long base;

	while (!err && fake->nr_chunks < n) {
		base = get_chunk();
		if (base) {
			add_chunk(fake, base);
		} else {
			sq_fake_exit(fake);
			err = -ENOMEM;
		}
	}
	if (!err)
		sort(fake->chunks, n, sizeof(*fake->chunks), chunk_order, NULL);
	return err;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_init);

static int address_order(const void *a, const void *b)
{
	const unsigned long *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Where among sorted @bases @want chunks lie one behind the other; or @nr. */
static unsigned int run_of(const unsigned long *bases, unsigned int nr,
			   unsigned int want)
{
	unsigned int i, run = 0;

	for (i = 0; i < nr; i++) {
		if (i && bases[i] - bases[i - 1] ==
		    SQ_FAKE_CHUNK_PAGES << PAGE_SHIFT)
			run++;
		else
			run = 1;
		if (run == want)
			return i + 1 - want;
	}
	return nr;
}

/**
 * sq_fake_init_one() - set up a fake source whose arena is all one piece
 * @fake: filled in
 *
 * It has SQ_FAKE_CHUNKS * SQ_FAKE_CHUNK_PAGES pages. The kernel has no piece of
 * so many: some of its largest ones, which lie side by side, are looked for.
 *
 * Context: Process context. May sleep.
 * Return: 0, or -ENOMEM: a test is then better skipped.
 */
int sq_fake_init_one(struct sq_fake *fake)
{
	int err = set_up(fake, SQ_FAKE_CHUNKS * SQ_FAKE_CHUNK_PAGES,
			 SQ_FAKE_CHUNKS);
	unsigned int i, first = 0, n = 0;
	unsigned long *bases;

	if (err)
		return err;
	bases = kcalloc(FAKE_CANDIDATES, sizeof(*bases), GFP_KERNEL);
	while (bases && n < FAKE_CANDIDATES && first == n) {
		bases[n] = get_chunk();
		if (!bases[n])
			break;
		sort(bases, ++n, sizeof(*bases), address_order, NULL);
		first = run_of(bases, n, SQ_FAKE_CHUNKS);
	}
	for (i = 0; i < n; i++) {
		if (i - first < SQ_FAKE_CHUNKS)
			add_chunk(fake, bases[i]);
		else
			put_chunk(bases[i]);
	}
	kfree(bases);
	if (fake->nr_chunks)
		return 0;
	sq_fake_exit(fake);
	return -ENOMEM;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_init_one);

/**
 * sq_fake_exit() - free the arena
 * @fake: the source
 *
 * While pages are out the arena stays, leaked: somebody still uses it.
 *
 * Context: Process context. May sleep.
 * Return: pages that are out.
 */
unsigned long sq_fake_exit(struct sq_fake *fake)
{
	unsigned int i;

	if (fake->out)
		return fake->out;
	for (i = 0; i < fake->nr_chunks; i++)
		put_chunk(fake->chunks[i].base);
	fake->nr_chunks = 0;
	kfree(fake->chunks);
	fake->chunks = NULL;
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_exit);

/**
 * sq_fake_page() - address of a page of the arena
 * @fake: the source
 * @index: which one
 *
 * Context: Any context.
 * Return: its address.
 */
unsigned long sq_fake_page(const struct sq_fake *fake, unsigned long index)
{
	return fake->chunks[index / SQ_FAKE_CHUNK_PAGES].base +
	       ((index % SQ_FAKE_CHUNK_PAGES) << PAGE_SHIFT);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_page);

/**
 * sq_fake_index() - which page of the arena an address lies in
 * @fake: the source
 * @addr: the address
 *
 * Context: Any context.
 * Return: the page's index, or -1.
 */
long sq_fake_index(const struct sq_fake *fake, unsigned long addr)
{
	struct sq_fake_chunk *chunk = chunk_of(fake, addr);

	if (!chunk)
		return -1;
	return (chunk - fake->chunks) * SQ_FAKE_CHUNK_PAGES +
	       page_in(chunk, addr);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_index);

/**
 * sq_fake_is_out() - whether a page of the arena is out
 * @fake: the source
 * @addr: address within the page
 *
 * Context: Any context.
 * Return: true if it was got and not yet put.
 */
bool sq_fake_is_out(struct sq_fake *fake, unsigned long addr)
{
	struct sq_fake_chunk *chunk = chunk_of(fake, addr);

	return chunk && test_bit(page_in(chunk, addr), chunk->out);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_fake_is_out);

SQ_IMPORT_FOR_KUNIT();
MODULE_DESCRIPTION("squirrel: fake page source for KUnit, and its suite");
MODULE_LICENSE("GPL");
