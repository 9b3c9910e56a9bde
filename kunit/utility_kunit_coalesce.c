// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_coalesce: the manager coalesces and fetches a reserve.
 */
#include <linux/mm.h>

#include "utility_kunit.h"

/* ---- coalesce ---- */

/* 16 single pages, given in any order, become the one run they were. */
static void coalesce_to_one_run(struct kunit *test)
{
	static const unsigned int order[16] = {
		3, 0, 1, 15, 8, 9, 2, 7, 10, 6, 5, 14, 13, 4, 12, 11,
	};
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[16];
	struct sq_view view;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 16, GFP_KERNEL,
					       NUMA_NO_NODE), 16);
	sq_fixture_take_n(test, agents, 16, 1);
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, sq_fixture_page(fx, agents[i]), i);
	for (i = 0; i < 16; i++)
		sq_manager_give(fx->m, agents[order[i]]);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.free_blocks, 16);

	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, 0), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, 3), 3);
	sq_fixture_sound(test, fx);
	for (i = 0; i < 20 && sq_manager_coalesce(fx->m, 5); i++)
		sq_fixture_sound(test, fx);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.free_blocks, 1);
	KUNIT_EXPECT_EQ(test, view.largest_free, 16);
	KUNIT_EXPECT_EQ(test, view.merges, 15);
	KUNIT_EXPECT_EQ(test, view.splits, 15);
	KUNIT_EXPECT_EQ(test, sq_viewer_fragmentation(&view), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 0);
}

#define ROUND	300

/* Once round is all round, in however many steps: the last is not missed. */
static void coalesce_goes_all_round(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent **agents;
	unsigned int i;

	agents = kunit_kcalloc(test, ROUND, sizeof(*agents), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, agents);
	sq_fixture_take_n(test, agents, ROUND, 1);
	sq_manager_trim(fx->m, 0, ~0UL);
	for (i = 1; i < ROUND; i += 2)
		sq_manager_give(fx->m, agents[i]);
	sq_fixture_pool(fx)->cursor = 0;
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 0);
	sq_fixture_pool(fx)->cursor = 0;
	sq_manager_give(fx->m, agents[ROUND - 2]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 2);
	/* Nor is the first, from where the last round ended. */
	sq_manager_give(fx->m, agents[0]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 1);
	sq_fixture_sound(test, fx);
}

/* A look at what is on hand merges as a take would, and only for that. */
static void coalesce_for_longest(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[8];
	struct sq_view view;
	int node = numa_mem_id();

	KUNIT_EXPECT_EQ(test, sq_manager_merge_longest(fx->m, node, 4), 0);
	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 8, GFP_KERNEL,
					       NUMA_NO_NODE), 8);
	sq_fixture_take_n(test, agents, 8, 1);
	sq_fixture_give_n(test, agents, 8);
	/* There is one as long, or not enough in all: nothing is to be done. */
	KUNIT_EXPECT_EQ(test, sq_manager_merge_longest(fx->m, node, 1), 1);
	KUNIT_EXPECT_EQ(test, sq_manager_merge_longest(fx->m, node, 9), 1);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.merges, 0);
	KUNIT_EXPECT_GE(test, sq_manager_merge_longest(fx->m, node, 4), 4);
	KUNIT_EXPECT_EQ(test, sq_manager_merge_longest(fx->m, node, 8), 8);
	KUNIT_EXPECT_EQ(test, sq_manager_merge_longest(fx->m, NUMA_NO_NODE, 8), 0);
	sq_fixture_sound(test, fx);
}

/* A miss merges neighbours before it asks for new pages. */
static void coalesce_on_miss(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[8], *agent;
	unsigned long gets;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 8, GFP_KERNEL,
					       NUMA_NO_NODE), 8);
	sq_fixture_take_n(test, agents, 8, 1);
	sq_fixture_give_n(test, agents, 8);
	gets = fx->fake.gets;
	agent = sq_fixture_take(fx, 8, sq_pool_fit);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_EQ(test, sq_fixture_page(fx, agent), 0);
	KUNIT_EXPECT_EQ(test, fx->fake.gets, gets);
	sq_fixture_sound(test, fx);
}

/* Pages of several gets that touch are one run. */
static void coalesce_across_gets(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[2], *agent;

	sq_fixture_take_n(test, agents, 2, 8);
	KUNIT_EXPECT_EQ(test, sq_fixture_page(fx, agents[1]), 8);
	sq_fixture_give_n(test, agents, 2);
	fx->fake.budget = fx->fake.out;
	agent = sq_fixture_take(fx, 16, sq_pool_fit);
	KUNIT_ASSERT_NOT_NULL(test, agent);
	KUNIT_EXPECT_EQ(test, sq_fixture_page(fx, agent), 0);
	sq_fixture_sound(test, fx);
}

/* Two managers share a source: their blocks touch and stay apart. */
static void coalesce_is_alone(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *other = sq_manager_create(&fx->fake.ops, 0);
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
		agents[i] = sq_manager_take(i & 1 ? other : fx->m, &req);
		KUNIT_ASSERT_NOT_NULL(test, agents[i]);
		KUNIT_EXPECT_EQ(test, sq_fixture_page(fx, agents[i]), 4 * i);
	}
	for (i = 0; i < 8; i++)
		sq_manager_give(i & 1 ? other : fx->m, agents[i]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(other, ~0UL), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(other), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 16);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(other), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(other), 0);
}

/* ---- fetch ---- */

/* After attempts that failed some are left out, and whoever asks is told. */
static void fetch_knows_what_lacks(struct kunit *test)
{
	struct sq_request req = {
		.pages = 8,
		.gfp = GFP_KERNEL,
		.node = numa_mem_id(),
		.find = sq_pool_fit,
		.optional = true,
	};
	struct sq_fixture *fx = test->priv;
	unsigned long gets;

	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(fx->m, req.node, 8));
	fx->fake.singles = true;
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	gets = fx->fake.gets;
	/* Four are left out: two by the question, two by takes. */
	KUNIT_EXPECT_TRUE(test, sq_manager_lacks(fx->m, req.node, 8));
	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(fx->m, req.node, 4));
	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(fx->m, NUMA_NO_NODE, 8));
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	KUNIT_EXPECT_TRUE(test, sq_manager_lacks(fx->m, req.node, 16));
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	KUNIT_EXPECT_EQ(test, fx->fake.gets, gets);
	/* Then it is tried. */
	KUNIT_EXPECT_FALSE(test, sq_manager_lacks(fx->m, req.node, 8));
	KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
	KUNIT_EXPECT_EQ(test, fx->fake.gets, gets + 1);
	sq_fixture_sound(test, fx);
}

/* One that works makes up for all that failed: then it is four again. */
static void fetch_forgives_what_lacked(struct kunit *test)
{
	struct sq_request req = {
		.pages = 8,
		.gfp = GFP_KERNEL,
		.node = numa_mem_id(),
		.find = sq_pool_fit,
		.optional = true,
	};
	struct sq_fixture *fx = test->priv;
	unsigned int n, round;

	for (round = 0; round < 3; round++) {
		fx->fake.singles = true;
		KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
		for (n = 0; n < 100 && sq_manager_lacks(fx->m, req.node, 8); n++)
			;
		KUNIT_EXPECT_EQ_MSG(test, n, 4, "round %u", round);
		fx->fake.singles = false;
		KUNIT_EXPECT_NOT_NULL(test, sq_manager_take(fx->m, &req));
	}
	/* And without one it is more. */
	fx->fake.singles = true;
	for (round = 0; round < 2; round++) {
		KUNIT_EXPECT_NULL(test, sq_manager_take(fx->m, &req));
		for (n = 0; n < 100 && sq_manager_lacks(fx->m, req.node, 8); n++)
			;
		KUNIT_EXPECT_EQ(test, n, round ? 16 : 4);
	}
	sq_fixture_sound(test, fx);
}

static void fetch_what_there_is(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;

	fx->fake.budget = 37;
	KUNIT_EXPECT_EQ(test, sq_manager_fetch(fx->m, 100, GFP_KERNEL,
					       NUMA_NO_NODE), 37);
	KUNIT_EXPECT_EQ(test, sq_manager_fetch(fx->m, 1, GFP_KERNEL,
					       NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_fetch(fx->m, 0, GFP_KERNEL,
					       NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 37);
	sq_fixture_sound(test, fx);
}

/*
 * What the source gave and nobody had is fresh, also a part of it; not what was given
 * back, nor what it is merged with.
 */
static void fresh_until_given(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *a, *b, *whole;

	fx->fake.ops.zeroes = true;
	a = sq_fixture_take(fx, 3, sq_pool_fit);
	KUNIT_EXPECT_TRUE(test, sq_agent_fresh(a));
	/* The rest of what was fetched. */
	b = sq_fixture_take(fx, 1, sq_pool_fit);
	KUNIT_EXPECT_TRUE(test, sq_agent_fresh(b));
	KUNIT_ASSERT_EQ(test, sq_agent_addr(b), sq_agent_end(a));
	sq_manager_give(fx->m, a);
	a = sq_fixture_take(fx, 3, sq_pool_fit);
	KUNIT_EXPECT_FALSE(test, sq_agent_fresh(a));
	sq_manager_give(fx->m, a);
	sq_manager_give(fx->m, b);
	sq_manager_coalesce(fx->m, ULONG_MAX);
	whole = sq_fixture_take(fx, 4, sq_pool_fit);
	KUNIT_EXPECT_FALSE(test, sq_agent_fresh(whole));
	sq_manager_give(fx->m, whole);
	sq_manager_trim(fx->m, 0, ULONG_MAX);
	/* A fresh rest beside what was used: the whole is not. */
	a = sq_fixture_take(fx, 5, sq_pool_fit);
	KUNIT_EXPECT_TRUE(test, sq_agent_fresh(a));
	sq_manager_give(fx->m, a);
	sq_manager_coalesce(fx->m, ULONG_MAX);
	whole = sq_fixture_take(fx, 8, sq_pool_fit);
	KUNIT_EXPECT_FALSE(test, sq_agent_fresh(whole));
	sq_manager_give(fx->m, whole);
}

static struct kunit_case coalesce_cases[] = {
	KUNIT_CASE(fresh_until_given),
	KUNIT_CASE(coalesce_to_one_run),
	KUNIT_CASE(coalesce_goes_all_round),
	KUNIT_CASE(coalesce_for_longest),
	KUNIT_CASE(coalesce_on_miss),
	KUNIT_CASE(coalesce_across_gets),
	KUNIT_CASE(coalesce_is_alone),
	KUNIT_CASE(fetch_knows_what_lacks),
	KUNIT_CASE(fetch_forgives_what_lacked),
	KUNIT_CASE(fetch_what_there_is),
	{}
};

static struct kunit_suite coalesce_suite = {
	.name = "squirrel_coalesce",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = coalesce_cases,
};

kunit_test_suites(&coalesce_suite);
