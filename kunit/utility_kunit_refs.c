// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_refs: pages that others refer to, or have put or freed, on
 * every way from a manager back to its source.
 */
#include <linux/mm.h>

#include "utility_kunit.h"

static struct page *page_of(const struct sq_agent *agent, unsigned long index)
{
	return virt_to_page((void *)(sq_agent_addr(agent) + index * P));
}

/* The arena is whole again once the test has mended what it did. */
static void settled(struct kunit *test, struct sq_fixture *fx)
{
	KUNIT_EXPECT_EQ(test, sq_fake_settle(&fx->fake), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
	KUNIT_EXPECT_EQ(test, fx->fake.out, sq_manager_pages_used(fx->m) +
					   sq_manager_pages_free(fx->m));
}

/* Take all there is: the page at @addr must not be among it. */
static void not_handed_out(struct kunit *test, struct sq_fixture *fx,
			   unsigned long addr)
{
	struct sq_agent *agent;
	unsigned long n = 0;

	while ((agent = sq_fixture_take(fx, 1, sq_pool_lowest))) {
		KUNIT_ASSERT_NE(test, sq_agent_addr(agent), addr);
		n++;
	}
	KUNIT_EXPECT_GT(test, n, 0);
	KUNIT_EXPECT_EQ(test, n + 1, 2 * SQ_FAKE_CHUNK_PAGES);
}

/* Whichever page it is, and in blocks of any length. */
static void give_leaves_held_pages_alone(struct kunit *test)
{
	static const unsigned long sizes[] = { 1, 2, 7, 8, 9, 16, 21, 64 };
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent, *again;
	unsigned long i, k, addr;
	struct page *page;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (k = 0; k < sizes[i]; k++) {
			agent = sq_fixture_take(fx, sizes[i], sq_pool_lowest);
			KUNIT_ASSERT_NOT_NULL(test, agent);
			addr = sq_agent_addr(agent);
			page = page_of(agent, k);
			get_page(page);
			KUNIT_EXPECT_EQ(test, sq_viewer_stolen(agent), 0);
			KUNIT_EXPECT_EQ(test, sq_manager_give(fx->m, agent).pages,
					0);
			again = sq_fixture_take(fx, sizes[i], sq_pool_lowest);
			KUNIT_ASSERT_NOT_NULL(test, again);
			KUNIT_EXPECT_TRUE(test, sq_agent_addr(again) > addr + k * P ||
					  sq_agent_end(again) <= addr + k * P);
			sq_manager_give(fx->m, again);
			put_page(page);
			settled(test, fx);
		}
	}
}

static void give_loses_stolen_pages(struct kunit *test)
{
	static const unsigned long sizes[] = { 1, 7, 8, 16, 21 };
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent;
	unsigned long i, k, addr;
	struct sq_lost lost;
	struct sq_view view;
	struct page *page;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (k = 0; k < sizes[i]; k++) {
			agent = sq_fixture_take(fx, sizes[i], sq_pool_lowest);
			KUNIT_ASSERT_NOT_NULL(test, agent);
			addr = sq_agent_addr(agent) + k * P;
			page = page_of(agent, k);
			put_page(page);
			KUNIT_EXPECT_EQ(test, sq_viewer_stolen(agent), addr);
			lost = sq_manager_give(fx->m, agent);
			KUNIT_EXPECT_EQ(test, lost.pages, 1);
			KUNIT_EXPECT_EQ(test, lost.addr, addr);
			KUNIT_EXPECT_EQ(test, sq_fake_settle(&fx->fake), 1);
			get_page(page);
			settled(test, fx);
		}
	}
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.lost, 1 + 7 + 8 + 16 + 21);
	KUNIT_EXPECT_EQ(test, view.fetched, view.returned + view.lost +
			view.free_pages);
}

/* A block goes back in several pieces; of each what is missing is told. */
static void every_stolen_page_is_told(struct kunit *test)
{
	static const unsigned long which[] = { 3, 9, 17, 20 };
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = sq_fixture_take(fx, 21, sq_pool_lowest);
	struct page *page[ARRAY_SIZE(which)];
	unsigned long puts, i;
	struct sq_lost lost;
	struct sq_view view;

	KUNIT_ASSERT_NOT_NULL(test, agent);
	for (i = 0; i < ARRAY_SIZE(which); i++) {
		page[i] = page_of(agent, which[i]);
		put_page(page[i]);
	}
	puts = fx->fake.puts;
	lost = sq_manager_give(fx->m, agent);
	KUNIT_EXPECT_GE(test, fx->fake.puts - puts, 3);
	KUNIT_EXPECT_EQ(test, lost.pages, ARRAY_SIZE(which));
	KUNIT_EXPECT_PTR_EQ(test, virt_to_page((void *)lost.addr), page[0]);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.lost, ARRAY_SIZE(which));
	for (i = 0; i < ARRAY_SIZE(which); i++)
		get_page(page[i]);
	settled(test, fx);
}

/* Not to anybody, however much is wanted. */
static void stolen_page_stays_out(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = sq_fixture_take(fx, 16, sq_pool_lowest);
	struct page *page = page_of(agent, 5);
	unsigned long addr = sq_agent_addr(agent) + 5 * P;

	put_page(page);
	put_page(page);
	KUNIT_EXPECT_EQ(test, sq_manager_give(fx->m, agent).pages, 1);
	not_handed_out(test, fx, addr);
	KUNIT_EXPECT_EQ(test, page_count(page), SQ_BLOCK_PAGE_REFS - 2);
	page_ref_add(page, 2);
	KUNIT_EXPECT_EQ(test, sq_fake_settle(&fx->fake), 0);
}

/* Its neighbours do not merge across it, nor with what it was. */
static void neighbours_of_what_leaves_are_sound(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[5];
	struct page *page;

	sq_fixture_take_n(test, agents, 5, 4);
	page = page_of(agents[2], 0);
	get_page(page);
	sq_manager_give(fx->m, agents[1]);
	sq_manager_give(fx->m, agents[2]);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
	sq_manager_give(fx->m, agents[3]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 8);
	put_page(page);
	settled(test, fx);
}

static void fill_nothing(struct sq_agent *lower, struct sq_agent *upper,
			 void *ctx)
{
}

/* Parts of a block are looked at for themselves. */
static void parts_are_looked_at(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *lower = sq_fixture_take(fx, 8, sq_pool_lowest);
	struct page *page = page_of(lower, 6);
	struct sq_agent *upper;

	upper = sq_manager_split(fx->m, lower, 4, fill_nothing, NULL);
	KUNIT_ASSERT_NOT_NULL(test, upper);
	get_page(page);
	sq_manager_give(fx->m, lower);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 4);
	sq_manager_give(fx->m, upper);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 4);
	put_page(page);
	settled(test, fx);
}

static void direct_blocks_are_looked_at(struct kunit *test)
{
	const struct sq_request req = {
		.pages = 4,
		.gfp = GFP_KERNEL | GFP_DMA32,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = sq_manager_take(fx->m, &req);
	struct page *page;
	struct sq_lost lost;

	KUNIT_ASSERT_NOT_NULL(test, agent);
	page = page_of(agent, 3);
	put_page(page);
	lost = sq_manager_give(fx->m, agent);
	KUNIT_EXPECT_EQ(test, lost.pages, 1);
	KUNIT_EXPECT_PTR_EQ(test, virt_to_page((void *)lost.addr), page);
	get_page(page);
	settled(test, fx);
}

/* While it was free: seen by who has it next, or by the trim. */
static void free_pages_are_missed_later(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = sq_fixture_take(fx, 8, sq_pool_lowest);
	struct page *page = page_of(agent, 2);
	struct sq_lost lost;

	sq_manager_give(fx->m, agent);
	put_page(page);
	agent = sq_fixture_take(fx, 8, sq_pool_lowest);
	KUNIT_EXPECT_EQ(test, sq_manager_give(fx->m, agent).pages, 1);
	get_page(page);
	settled(test, fx);

	agent = sq_fixture_take(fx, 8, sq_pool_lowest);
	page = page_of(agent, 7);
	sq_manager_give(fx->m, agent);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_lost(fx->m).pages, 0);
	put_page(page);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 7);
	lost = sq_manager_trim_lost(fx->m);
	KUNIT_EXPECT_EQ(test, lost.pages, 1);
	KUNIT_EXPECT_PTR_EQ(test, virt_to_page((void *)lost.addr), page);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_lost(fx->m).pages, 0);
	get_page(page);
	settled(test, fx);
}

/* Used or free. */
static void destroy_tells_what_was_stolen(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *m = sq_manager_create(&fx->fake.ops, 0);
	struct sq_fixture other = { .m = m };
	struct sq_agent *used, *free;
	struct page *page[3];
	struct sq_lost lost;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	used = sq_fixture_take(&other, 8, sq_pool_lowest);
	free = sq_fixture_take(&other, 8, sq_pool_lowest);
	KUNIT_ASSERT_TRUE(test, used && free);
	page[0] = page_of(used, 1);
	page[1] = page_of(used, 5);
	page[2] = page_of(free, 0);
	sq_manager_give(m, free);
	for (i = 0; i < 3; i++)
		put_page(page[i]);
	lost = sq_manager_destroy_all(m);
	KUNIT_EXPECT_EQ(test, lost.pages, 3);
	KUNIT_EXPECT_PTR_EQ(test, virt_to_page((void *)lost.addr), page[0]);
	for (i = 0; i < 3; i++)
		get_page(page[i]);
	settled(test, fx);
}

/* Also if what goes lies here and there. */
static void destroy_tells_of_every_range(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *m = sq_manager_create(&fx->fake.ops, 0);
	struct sq_fixture other = { .m = m };
	struct sq_agent *agents[3];
	struct page *page[3];
	struct sq_lost lost;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	for (i = 0; i < 3; i++) {
		agents[i] = sq_fixture_take(&other, 8, sq_pool_lowest);
		KUNIT_ASSERT_NOT_NULL(test, agents[i]);
	}
	page[0] = page_of(agents[0], 7);
	page[1] = page_of(agents[0], 2);
	page[2] = page_of(agents[2], 4);
	sq_manager_give(m, agents[1]);
	sq_manager_trim(m, 0, ~0UL);
	KUNIT_ASSERT_EQ(test, fx->fake.out, 16);
	for (i = 0; i < 3; i++)
		put_page(page[i]);
	lost = sq_manager_destroy_all(m);
	KUNIT_EXPECT_EQ(test, lost.pages, 3);
	KUNIT_EXPECT_PTR_EQ(test, virt_to_page((void *)lost.addr), page[1]);
	for (i = 0; i < 3; i++)
		get_page(page[i]);
	settled(test, fx);
}

static struct kunit_case refs_cases[] = {
	KUNIT_CASE(give_leaves_held_pages_alone),
	KUNIT_CASE(give_loses_stolen_pages),
	KUNIT_CASE(every_stolen_page_is_told),
	KUNIT_CASE(stolen_page_stays_out),
	KUNIT_CASE(neighbours_of_what_leaves_are_sound),
	KUNIT_CASE(parts_are_looked_at),
	KUNIT_CASE(direct_blocks_are_looked_at),
	KUNIT_CASE(free_pages_are_missed_later),
	KUNIT_CASE(destroy_tells_what_was_stolen),
	KUNIT_CASE(destroy_tells_of_every_range),
	{}
};

static struct kunit_suite refs_suite = {
	.name = "squirrel_refs",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = refs_cases,
};

kunit_test_suites(&refs_suite);
