// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_pages: what happens to caches and heaps when others refer to
 * their pages, or put or free them. With the kernel's own pages.
 */
#include <linux/mm.h>

#include "allocator_kunit.h"

#define OBJS	400
#define LARGE	(16 * PAGE_SIZE)

/* A page that is out of use goes to the kernel after all: only for a test. */
static void mend(struct page *page, int refs)
{
	page_ref_add(page, refs);
	sq_block_pages.put(&sq_block_pages, page_address(page), 0);
}

static bool covers(const void *obj, size_t size, const struct page *page)
{
	unsigned long addr = (unsigned long)page_address((struct page *)page);

	return (unsigned long)obj < addr + PAGE_SIZE &&
	       (unsigned long)obj + size > addr;
}

struct objs {
	unsigned int nr;
	void *obj[OBJS];
};

static struct objs *take(struct kunit *test, struct squirrel_cache *c)
{
	struct objs *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, o);
	while (o->nr < OBJS)
		o->obj[o->nr++] = sq_fixture_alloc(test, c);
	return o;
}

static void drop(struct squirrel_cache *c, struct objs *o)
{
	squirrel_cache_free_bulk(c, o->nr, o->obj);
	o->nr = 0;
}

/* Neither objects nor large blocks are where the page is. */
static void out_of_use(struct kunit *test, struct squirrel_cache *c,
		       const struct page *page)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	unsigned int i, kind;
	struct objs *o;
	void *large;

	for (kind = 0; kind < 2; kind++) {
		o = take(test, c);
		for (i = 0; i < o->nr; i++)
			KUNIT_EXPECT_FALSE(test, covers(o->obj[i], c->size, page));
		drop(c, o);
	}
	for (i = 0; i < 64; i++) {
		large = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, large);
		KUNIT_EXPECT_FALSE(test, covers(large, LARGE, page));
	}
	sq_fixture_misuse(test);
	sq_fixture_put_heap(test, heap);
}

static long stolen_of(struct kunit *test, struct squirrel_cache *c)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_cache_show_stats(s, c);
	return sq_fixture_figure(test, sq_fixture_text(test, s), "pages_stolen");
}

static long stolen_in_all(struct kunit *test)
{
	struct seq_file *s = sq_fixture_seq(test);

	sq_allocator_show_summary(s, false);
	return sq_fixture_figure(test, sq_fixture_text(test, s), "pages_stolen");
}

/*
 * As put_page() and kfree() of an object do: the slab goes on, the check names
 * it, and when it goes the page is missed and stays out of use.
 */
static void page_of_a_slab_is_put(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 104, NULL);
	long before = stolen_in_all(test);
	struct objs *o = take(test, c);
	struct page *page = virt_to_page(o->obj[OBJS / 2]);

	put_page(page);
	free_pages((unsigned long)o->obj[OBJS / 2], 0);
	KUNIT_EXPECT_EQ(test, page_count(page), SQ_BLOCK_PAGE_REFS - 2);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 1);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	drop(c, o);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, stolen_of(test, c), 1);
	KUNIT_EXPECT_EQ(test, stolen_in_all(test), before + 1);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_FALSE(test, squirrel_owns(page_address(page)));
	out_of_use(test, c, page);
	squirrel_reclaim();
	KUNIT_EXPECT_EQ(test, page_count(page), SQ_BLOCK_PAGE_REFS - 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	mend(page, 2);
}

static void page_of_a_large_block_is_put(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	char *large = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
	struct seq_file *s = sq_fixture_seq(test);
	struct page *page;

	KUNIT_ASSERT_NOT_NULL(test, large);
	page = virt_to_page(large + LARGE - 1);
	put_page(page);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 1);
	squirrel_heap_free(heap, large);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	sq_heap_show_stats(s, heap);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, sq_fixture_text(test, s),
						"pages_stolen"), 1);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	KUNIT_EXPECT_EQ(test, page_count(page), SQ_BLOCK_PAGE_REFS - 1);
	mend(page, 1);
}

/* In what goes with the heap, and in what is free in it. */
static void page_of_a_heap_is_put(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	char *used = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
	char *free = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
	struct sq_reclaim_work work = {};
	struct page *page;

	KUNIT_ASSERT_TRUE(test, used && free);
	squirrel_heap_free(heap, free);
	page = virt_to_page(free + PAGE_SIZE);
	put_page(page);
	sq_allocator_give_back(0, ULONG_MAX, 0, &work);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large->counts.stolen), 1);
	mend(page, 1);

	page = virt_to_page(used);
	put_page(page);
	sq_fixture_put_heap(test, heap);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, page_count(page), SQ_BLOCK_PAGE_REFS - 1);
	mend(page, 1);
}

/* What is cut out of a slab is looked at as well. */
static void page_of_a_cut_slab_is_put(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 1000, NULL);
	struct objs *o = take(test, c);
	void *keep = o->obj[--o->nr];
	struct sq_agent *agent;
	struct page *page;

	preempt_disable();
	agent = sq_map_lookup(keep);
	page = virt_to_page((void *)sq_agent_addr(agent));
	if (covers(keep, c->size, page))
		page += sq_agent_pages(agent) - 1;
	KUNIT_EXPECT_GE(test, sq_agent_pages(agent), 4);
	preempt_enable();
	put_page(page);
	drop(c, o);
	sq_fixture_drain(c, false);
	sq_depot_drain(c, true);
	KUNIT_EXPECT_GT(test, sq_cache_trim(c, true), 0);
	squirrel_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, stolen_of(test, c), 1);
	squirrel_cache_free(c, keep);
	squirrel_cache_shrink(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	mend(page, 1);
}

/*
 * A socket, a pipe, a mapping: it keeps what it refers to after the block was
 * freed, nobody else gets it, and his put gives it to the kernel.
 */
static void held_page_is_not_handed_out(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	char *large = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
	unsigned int i, k = 5;
	struct page *page;
	char *again;

	KUNIT_ASSERT_NOT_NULL(test, large);
	memset(large, 0x77, LARGE);
	page = virt_to_page(large + k * PAGE_SIZE);
	get_page(page);
	squirrel_heap_free(heap, large);
	for (i = 0; i < 32; i++) {
		again = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, again);
		KUNIT_EXPECT_FALSE(test, covers(again, LARGE, page));
		memset(again, 0x11, LARGE);
	}
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	if (!want_init_on_free())
		KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0x77,
						   PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	put_page(page);
}

static void held_page_of_a_slab_goes(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 104, NULL);
	struct objs *o = take(test, c);
	struct page *page = virt_to_page(o->obj[OBJS / 2]);

	get_page(page);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	drop(c, o);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	out_of_use(test, c, page);
	KUNIT_EXPECT_EQ(test, stolen_of(test, c), 0);
	put_page(page);
}

static struct kunit_case pages_cases[] = {
	KUNIT_CASE(page_of_a_slab_is_put),
	KUNIT_CASE(page_of_a_large_block_is_put),
	KUNIT_CASE(page_of_a_heap_is_put),
	SQ_CASE_4K(page_of_a_cut_slab_is_put),
	KUNIT_CASE(held_page_is_not_handed_out),
	KUNIT_CASE(held_page_of_a_slab_goes),
	{}
};

static struct kunit_suite pages_suite = {
	.name = "squirrel_pages",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = pages_cases,
};

kunit_test_suites(&pages_suite);
