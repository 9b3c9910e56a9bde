// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_tidy: the manager coalesces and fetches a reserve.
 */
#include <linux/mm.h>

#include "utility_kunit.h"

/* ---- coalesce ---- */

/* 16 single pages, given in any order, become the one run they were. */
static void tidy_coalesces(struct kunit *test)
{
	static const unsigned int order[16] = {
		3, 0, 1, 15, 8, 9, 2, 7, 10, 6, 5, 14, 13, 4, 12, 11,
	};
	struct sq_bench *b = test->priv;
	struct sq_agent *agents[16];
	struct sq_view view;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(b->m, 16, GFP_KERNEL,
					       NUMA_NO_NODE), 16);
	sq_bench_take_n(test, agents, 16, 1);
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, sq_bench_page(b, agents[i]), i);
	for (i = 0; i < 16; i++)
		sq_manager_give(b->m, agents[order[i]]);
	sq_viewer_count(b->m, &view);
	KUNIT_EXPECT_EQ(test, view.free_blocks, 16);

	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(b->m, 0), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(b->m, 3), 3);
	sq_bench_sound(test, b);
	for (i = 0; i < 20 && sq_manager_coalesce(b->m, 5); i++)
		sq_bench_sound(test, b);
	sq_viewer_count(b->m, &view);
	KUNIT_EXPECT_EQ(test, view.free_blocks, 1);
	KUNIT_EXPECT_EQ(test, view.largest_free, 16);
	KUNIT_EXPECT_EQ(test, view.merges, 15);
	KUNIT_EXPECT_EQ(test, view.splits, 15);
	KUNIT_EXPECT_EQ(test, sq_viewer_fragmentation(&view), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(b->m, ~0UL), 0);
}

#define ROUND	300

/* Once round is all round, in however many steps: the last is not missed. */
static void tidy_goes_all_round(struct kunit *test)
{
	struct sq_bench *b = test->priv;
	struct sq_agent **agents;
	unsigned int i;

	agents = kunit_kcalloc(test, ROUND, sizeof(*agents), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, agents);
	sq_bench_take_n(test, agents, ROUND, 1);
	sq_manager_trim(b->m, 0, ~0UL);
	for (i = 1; i < ROUND; i += 2)
		sq_manager_give(b->m, agents[i]);
	sq_bench_pool(b)->cursor = 0;
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(b->m, ~0UL), 0);
	sq_bench_pool(b)->cursor = 0;
	sq_manager_give(b->m, agents[ROUND - 2]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(b->m, ~0UL), 2);
	/* Nor is the first, from where the last round ended. */
	sq_manager_give(b->m, agents[0]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(b->m, ~0UL), 1);
	sq_bench_sound(test, b);
}

/* A look at what is on hand merges as a take would, and only for that. */
static void tidy_gathers(struct kunit *test)
{
	struct sq_bench *b = test->priv;
	struct sq_agent *agents[8];
	struct sq_view view;
	int node = numa_mem_id();

	KUNIT_EXPECT_EQ(test, sq_manager_gather(b->m, node, 4), 0);
	KUNIT_ASSERT_EQ(test, sq_manager_fetch(b->m, 8, GFP_KERNEL,
					       NUMA_NO_NODE), 8);
	sq_bench_take_n(test, agents, 8, 1);
	sq_bench_give_n(test, agents, 8);
	/* There is one as long, or not enough in all: nothing is to be done. */
	KUNIT_EXPECT_EQ(test, sq_manager_gather(b->m, node, 1), 1);
	KUNIT_EXPECT_EQ(test, sq_manager_gather(b->m, node, 9), 1);
	sq_viewer_count(b->m, &view);
	KUNIT_EXPECT_EQ(test, view.merges, 0);
	KUNIT_EXPECT_GE(test, sq_manager_gather(b->m, node, 4), 4);
	KUNIT_EXPECT_EQ(test, sq_manager_gather(b->m, node, 8), 8);
	KUNIT_EXPECT_EQ(test, sq_manager_gather(b->m, NUMA_NO_NODE, 8), 0);
	sq_bench_sound(test, b);
}

/* A miss merges neighbours before it asks for new pages. */
static void tidy_coalesces_on_miss(struct kunit *test)
{
	struct sq_bench *b = test->priv;
	struct sq_agent *agents[8], *agent;
	unsigned long gets;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(b->m, 8, GFP_KERNEL,
					       NUMA_NO_NODE), 8);
	sq_bench_take_n(test, agents, 8, 1);
	sq_bench_give_n(test, agents, 8);
	gets = b->fake.gets;
	agent = sq_bench_take(b, 8, sq_pool_fit);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_EQ(test, sq_bench_page(b, agent), 0);
	KUNIT_EXPECT_EQ(test, b->fake.gets, gets);
	sq_bench_sound(test, b);
}

/* Pages of several gets that touch are one run. */
static void tidy_links_across_gets(struct kunit *test)
{
	struct sq_bench *b = test->priv;
	struct sq_agent *agents[2], *agent;

	sq_bench_take_n(test, agents, 2, 8);
	KUNIT_EXPECT_EQ(test, sq_bench_page(b, agents[1]), 8);
	sq_bench_give_n(test, agents, 2);
	b->fake.budget = b->fake.out;
	agent = sq_bench_take(b, 16, sq_pool_fit);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_EQ(test, sq_bench_page(b, agent), 0);
	sq_bench_sound(test, b);
}

/* Two managers share a source: their blocks touch and stay apart. */
static void tidy_is_alone(struct kunit *test)
{
	struct sq_bench *b = test->priv;
	struct sq_manager *other = sq_manager_create(&b->fake.ops, 0);
	const struct sq_request req = {
		.pages = 4,
		.gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	struct sq_agent *agents[8];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, other);
	for (i = 0; i < 8; i++) {
		agents[i] = sq_manager_take(i & 1 ? other : b->m, &req);
		KUNIT_ASSERT_NOT_NULL(test, agents[i]);
		KUNIT_EXPECT_EQ(test, sq_bench_page(b, agents[i]), 4 * i);
	}
	for (i = 0; i < 8; i++)
		sq_manager_give(i & 1 ? other : b->m, agents[i]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(b->m, ~0UL), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(other, ~0UL), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(b->m), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(other), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(b->m, 0, ~0UL), 16);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(other), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(other), 0);
}

/* ---- fetch ---- */

/* After attempts that failed some are left out, and whoever asks is told. */
static void tidy_knows_what_lacks(struct kunit *test)
{
	struct sq_request req = {
		.pages = 8,
		.gfp = GFP_KERNEL,
		.node = numa_mem_id(),
		.find = sq_pool_fit,
		.optional = true,
	};
	struct sq_bench *b = test->priv;
	unsigned long gets;

	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(b->m, req.node, 8));
	b->fake.singles = true;
	KUNIT_EXPECT_NULL(test, sq_manager_take(b->m, &req));
	gets = b->fake.gets;
	/* Four are left out: two by the question, two by takes. */
	KUNIT_EXPECT_TRUE(test, sq_manager_lacks(b->m, req.node, 8));
	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(b->m, req.node, 4));
	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(b->m, NUMA_NO_NODE, 8));
	KUNIT_EXPECT_NULL(test, sq_manager_take(b->m, &req));
	KUNIT_EXPECT_TRUE(test, sq_manager_lacks(b->m, req.node, 16));
	KUNIT_EXPECT_NULL(test, sq_manager_take(b->m, &req));
	KUNIT_EXPECT_EQ(test, b->fake.gets, gets);
	/* Then it is tried. */
	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(b->m, req.node, 8));
	KUNIT_EXPECT_NULL(test, sq_manager_take(b->m, &req));
	KUNIT_EXPECT_EQ(test, b->fake.gets, gets + 1);
	sq_bench_sound(test, b);
}

/* One that works makes up for all that failed: then it is four again. */
static void tidy_forgives_what_lacked(struct kunit *test)
{
	struct sq_request req = {
		.pages = 8,
		.gfp = GFP_KERNEL,
		.node = numa_mem_id(),
		.find = sq_pool_fit,
		.optional = true,
	};
	struct sq_bench *b = test->priv;
	unsigned int n, round;

	for (round = 0; round < 3; round++) {
		b->fake.singles = true;
		KUNIT_EXPECT_NULL(test, sq_manager_take(b->m, &req));
		for (n = 0; n < 100 && sq_manager_lacks(b->m, req.node, 8); n++)
			;
		KUNIT_EXPECT_EQ_MSG(test, n, 4, "round %u", round);
		b->fake.singles = false;
		KUNIT_EXPECT_NOT_NULL(test, sq_manager_take(b->m, &req));
	}
	/* And without one it is more. */
	b->fake.singles = true;
	for (round = 0; round < 2; round++) {
		KUNIT_EXPECT_NULL(test, sq_manager_take(b->m, &req));
		for (n = 0; n < 100 && sq_manager_lacks(b->m, req.node, 8); n++)
			;
		KUNIT_EXPECT_EQ(test, n, round ? 16 : 4);
	}
	sq_bench_sound(test, b);
}

static void tidy_fetches_what_there_is(struct kunit *test)
{
	struct sq_bench *b = test->priv;

	b->fake.budget = 37;
	KUNIT_EXPECT_EQ(test, sq_manager_fetch(b->m, 100, GFP_KERNEL,
					       NUMA_NO_NODE), 37);
	KUNIT_EXPECT_EQ(test, sq_manager_fetch(b->m, 1, GFP_KERNEL,
					       NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_fetch(b->m, 0, GFP_KERNEL,
					       NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(b->m), 37);
	sq_bench_sound(test, b);
}

static struct kunit_case tidy_cases[] = {
	KUNIT_CASE(tidy_coalesces),
	KUNIT_CASE(tidy_goes_all_round),
	KUNIT_CASE(tidy_gathers),
	KUNIT_CASE(tidy_coalesces_on_miss),
	KUNIT_CASE(tidy_links_across_gets),
	KUNIT_CASE(tidy_is_alone),
	KUNIT_CASE(tidy_knows_what_lacks),
	KUNIT_CASE(tidy_forgives_what_lacked),
	KUNIT_CASE(tidy_fetches_what_there_is),
	{}
};

static struct kunit_suite tidy_suite = {
	.name = "squirrel_tidy",
	.init = sq_bench_init,
	.exit = sq_bench_exit,
	.test_cases = tidy_cases,
};

kunit_test_suites(&tidy_suite);
