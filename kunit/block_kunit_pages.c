// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_put: pages and where they come from, the real source among
 * them, and how ranges of them go back.
 */
#include <kunit/test.h>
#include <linux/kasan.h>
#include <linux/mm.h>

#include "block/block.h"
#include "compat.h"

#include "fake.h"

#define P	PAGE_SIZE

static void block_put_chops(struct kunit *test)
{
	struct sq_block_lost lost = {};
	struct sq_fake fake;
	unsigned long base;
	void *a, *b;

	if (sq_fake_init(&fake, 2 * SQ_FAKE_CHUNK_PAGES))
		kunit_skip(test, "no memory for the arena");
	base = sq_fake_page(&fake, 0);
	a = fake.ops.get(&fake.ops, 3, GFP_KERNEL, NUMA_NO_NODE);
	b = fake.ops.get(&fake.ops, 3, GFP_KERNEL, NUMA_NO_NODE);
	KUNIT_EXPECT_NOT_NULL(test, a);
	KUNIT_EXPECT_NOT_NULL(test, b);

	/* 1 | 2 4 8 | 15: page 1 alone, then 2-3, 4-7, 8-11, 12-13, 14 */
	KUNIT_EXPECT_EQ(test, sq_pages_put(&fake.ops, base + P, 14 * P,
					   &lost), 6);
	KUNIT_EXPECT_EQ(test, fake.out, 2);
	KUNIT_EXPECT_EQ(test, sq_pages_put(&fake.ops, base, P, &lost), 1);
	KUNIT_EXPECT_EQ(test, sq_pages_put(&fake.ops, base + 15 * P, P, &lost),
			1);
	KUNIT_EXPECT_EQ(test, sq_pages_put(&fake.ops, base, 0, &lost), 0);
	KUNIT_EXPECT_EQ(test, lost.pages, 0);
	KUNIT_EXPECT_EQ(test, fake.errors, 0);
	KUNIT_EXPECT_EQ(test, fake.puts, 8);
	KUNIT_EXPECT_EQ(test, sq_fake_exit(&fake), 0);
}

/* Where KASAN puts tags into addresses: not into these. */
static void pages_have_no_tag(struct kunit *test, void *addr, unsigned long n)
{
	unsigned long i;

	KUNIT_EXPECT_PTR_EQ(test, addr, kasan_reset_tag(addr));
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_PTR_EQ(test, page_address(virt_to_page(addr + i * P)),
				    addr + i * P);
}

/* Get, write, put: whole, in halves and page by page, as @gfp says. */
static void pages_round_trip(struct kunit *test, gfp_t gfp)
{
	const struct sq_block_ops *ops = &sq_block_pages;
	unsigned int order, way;
	unsigned long i, n;
	void *addr;

	for (order = 0; order <= 6; order++) {
		n = 1UL << order;
		for (way = 0; way < 3; way++) {
			addr = ops->get(ops, order, gfp, NUMA_NO_NODE);
			KUNIT_ASSERT_NOT_NULL(test, addr);
			KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)addr,
							   P << order));
			pages_have_no_tag(test, addr, n);
			memset(addr, 0x77, P << order);
			if (way == 0 || !order) {
				ops->put(ops, addr, order);
			} else if (way == 1) {
				ops->put(ops, addr + (P << (order - 1)),
					 order - 1);
				ops->put(ops, addr, order - 1);
			} else {
				for (i = 0; i < n; i++)
					ops->put(ops, addr + i * P, 0);
			}
		}
	}
}

static void block_pages_round_trip(struct kunit *test)
{
	pages_round_trip(test, GFP_KERNEL);
	pages_round_trip(test, GFP_ATOMIC | __GFP_NOWARN);
	pages_round_trip(test, GFP_KERNEL_ACCOUNT);
	pages_round_trip(test, GFP_HIGHUSER_MOVABLE | __GFP_ZERO | __GFP_COMP);
}

/* Two gets that happen to be adjacent go back as one piece. */
static void block_pages_put_across(struct kunit *test)
{
	const struct sq_block_ops *ops = &sq_block_pages;
	void *addr = ops->get(ops, 4, GFP_KERNEL, NUMA_NO_NODE);
	struct sq_block_lost lost = {};

	KUNIT_ASSERT_NOT_NULL(test, addr);
	KUNIT_EXPECT_EQ(test, sq_pages_put(ops, (unsigned long)addr + 3 * P,
					   10 * P, &lost), 4);
	KUNIT_EXPECT_EQ(test, sq_pages_put(ops, (unsigned long)addr, 3 * P,
					   &lost), 2);
	KUNIT_EXPECT_EQ(test, sq_pages_put(ops, (unsigned long)addr + 13 * P,
					   3 * P, &lost), 2);
	KUNIT_EXPECT_EQ(test, lost.pages, 0);
}

static struct page *pages_of(struct kunit *test, unsigned int order)
{
	void *addr = sq_block_pages.get(&sq_block_pages, order, GFP_KERNEL,
					NUMA_NO_NODE);

	KUNIT_ASSERT_NOT_NULL(test, addr);
	return virt_to_page(addr);
}

static struct sq_block_lost put_pages_of(struct page *page, unsigned int order)
{
	return sq_block_pages.put(&sq_block_pages, page_address(page), order);
}

static enum sq_block_state look_at(struct page *page, unsigned long pages)
{
	return sq_block_pages.look(&sq_block_pages,
				   (unsigned long)page_address(page), pages);
}

/*
 * While somebody holds a page for a moment, its piece goes back in singles: his
 * page has his reference alone, and nobody has one to the others.
 */
static void block_pages_put_held(struct kunit *test)
{
	unsigned int i, held;
	struct page *page;

	for (held = 0; held < 4; held++) {
		page = pages_of(test, 2);
		get_page(page + held);
		KUNIT_EXPECT_EQ(test, look_at(page, 4), SQ_BLOCK_HELD);
		/* Not to be handed to others between the put and the look. */
		preempt_disable();
		KUNIT_EXPECT_EQ(test, put_pages_of(page, 2).pages, 0);
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_EQ_MSG(test, page_count(page + i),
					    i == held, "page %u of 4, %u held",
					    i, held);
		preempt_enable();
		put_page(page + held);
	}
}

/* Nobody but us: in any number, and whichever page it is that differs. */
static void block_pages_look(struct kunit *test)
{
	struct page *page = pages_of(test, 5);
	unsigned int i, n;

	for (n = 1; n <= 32; n++)
		KUNIT_EXPECT_EQ(test, look_at(page, n), SQ_BLOCK_ALONE);
	for (i = 0; i < 32; i++) {
		get_page(page + i);
		for (n = 1; n <= 32; n++)
			KUNIT_EXPECT_EQ(test, look_at(page, n),
					i < n ? SQ_BLOCK_HELD : SQ_BLOCK_ALONE);
		put_page(page + i);
		put_page(page + i);
		for (n = 1; n <= 32; n++)
			KUNIT_EXPECT_EQ(test, look_at(page, n),
					i < n ? SQ_BLOCK_STOLEN : SQ_BLOCK_ALONE);
		get_page(page + i);
	}
	put_pages_of(page, 5);
}

/*
 * A page that somebody put behind our back does not go to the kernel, neither
 * then nor when its piece is put; the others do.
 */
static void block_pages_put_stolen(struct kunit *test)
{
	unsigned int i, stolen;
	struct sq_block_lost lost;
	struct page *page;

	for (stolen = 0; stolen < 4; stolen++) {
		page = pages_of(test, 2);
		put_page(page + stolen);
		__free_page(page + stolen);
		preempt_disable();
		lost = put_pages_of(page, 2);
		for (i = 0; i < 4; i++)
			KUNIT_EXPECT_EQ_MSG(test, page_count(page + i),
					    i == stolen ?
					    SQ_BLOCK_PAGE_REFS - 2 : 0,
					    "page %u of 4, %u stolen", i, stolen);
		preempt_enable();
		KUNIT_EXPECT_EQ(test, lost.pages, 1);
		KUNIT_EXPECT_EQ(test, lost.addr,
				(unsigned long)page_address(page + stolen));
		/* Only a test may do this. */
		page_ref_add(page + stolen, 2);
		KUNIT_EXPECT_EQ(test, put_pages_of(page + stolen, 0).pages, 0);
	}
}

static void put_held(struct kunit *test, unsigned int rounds)
{
	struct page *page;

	while (rounds--) {
		page = pages_of(test, 2);
		get_page(page + 2);
		put_pages_of(page, 2);
		put_page(page + 2);
	}
}

/* Putting pieces with a held page costs no memory, however often. */
static void block_pages_put_held_often(struct kunit *test)
{
	const unsigned int rounds = 20000;
	unsigned long before, after;

	/* Newer kernels' lists of CPUs grow to an eighth of memory; no further. */
	put_held(test, rounds);
	before = global_zone_page_state(NR_FREE_PAGES);
	put_held(test, rounds);
	after = global_zone_page_state(NR_FREE_PAGES);
	/* What others take meanwhile is a part of that. */
	KUNIT_EXPECT_LT(test, before, after + rounds / 4);
}

static void block_pages_refuses_order(struct kunit *test)
{
	const struct sq_block_ops *ops = &sq_block_pages;

	KUNIT_EXPECT_NULL(test, ops->get(ops, SQ_BLOCK_MAX_ORDER + 1,
					 GFP_KERNEL, NUMA_NO_NODE));
	KUNIT_EXPECT_NULL(test, ops->get(ops, ~0U, GFP_KERNEL, NUMA_NO_NODE));
}

static struct kunit_case put_cases[] = {
	KUNIT_CASE(block_put_chops),
	KUNIT_CASE(block_pages_round_trip),
	KUNIT_CASE(block_pages_put_across),
	KUNIT_CASE(block_pages_put_held),
	KUNIT_CASE(block_pages_look),
	KUNIT_CASE(block_pages_put_stolen),
	KUNIT_CASE(block_pages_put_held_often),
	KUNIT_CASE(block_pages_refuses_order),
	{}
};

static struct kunit_suite put_suite = {
	.name = "squirrel_put",
	.test_cases = put_cases,
};

kunit_test_suites(&put_suite);
