// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_split: a used block is cut in two, and the parts are blocks
 * like any other.
 */
#include <linux/mm.h>
#include <linux/prandom.h>
#include <linux/string.h>

#include "utility_kunit.h"

static const char owner[] = "owner";

/**
 * struct fill - what a split's callback found
 * @calls: how often it was called
 * @sizes: pages of both parts then
 * @dirty: priv of the upper part was not zeros
 * @visible: the map already led to the upper part
 */
struct fill {
	unsigned int calls;
	unsigned long sizes[2];
	bool dirty;
	bool visible;
};

static void fill(struct sq_agent *lower, struct sq_agent *upper, void *ctx)
{
	void *addr = (void *)sq_agent_addr(upper);
	struct fill *f = ctx;

	f->calls++;
	f->sizes[0] = sq_agent_pages(lower);
	f->sizes[1] = sq_agent_pages(upper);
	f->dirty |= !!memchr_inv(upper->priv, 0, SQ_AGENT_PRIV_BYTES);
	f->visible |= sq_map_lookup(addr) != lower;
	memset(upper->priv, 0x77, SQ_AGENT_PRIV_BYTES);
}

static struct sq_agent *take(struct kunit *test, unsigned long pages, gfp_t gfp)
{
	struct sq_fixture *fx = test->priv;
	const struct sq_request req = {
		.pages = pages,
		.gfp = GFP_KERNEL | gfp,
		.node = NUMA_NO_NODE,
		.find = sq_pool_lowest,
		.kind = 5,
	};
	struct sq_agent *agent = sq_manager_take(fx->m, &req);

	KUNIT_ASSERT_NOT_NULL(test, agent);
	memset(agent->priv, 0x33, SQ_AGENT_PRIV_BYTES);
	sq_agent_publish(agent, owner);
	return agent;
}

static struct sq_agent *split(struct kunit *test, struct sq_agent *agent,
			      unsigned long pages)
{
	struct sq_fixture *fx = test->priv;
	struct fill f = {};

	KUNIT_ASSERT_TRUE(test, sq_agents_ensure(GFP_KERNEL));
	return sq_manager_split(fx->m, agent, pages, fill, &f);
}

/* Each page of a block leads to its agent. */
static void expect_map(struct kunit *test, struct sq_agent *agent)
{
	unsigned long addr;

	for (addr = sq_agent_addr(agent);
	     addr < sq_agent_addr(agent) + sq_agent_size(agent); addr += P)
		KUNIT_EXPECT_PTR_EQ(test, sq_map_lookup((void *)addr + 100),
				    agent);
}

static void split_makes_two(struct kunit *test)
{
	static const unsigned long at[] = { 1, 2, 7, 8, 14, 15 };
	struct sq_fixture *fx = test->priv;
	struct sq_agent *lower, *upper;
	unsigned long used, addr;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(at); i++) {
		struct fill f = {};

		lower = take(test, 16, 0);
		addr = sq_agent_addr(lower);
		used = sq_manager_pages_used(fx->m);
		KUNIT_ASSERT_TRUE(test, sq_agents_ensure(GFP_KERNEL));
		upper = sq_manager_split(fx->m, lower, at[i], fill, &f);
		KUNIT_ASSERT_NOT_NULL(test, upper);
		KUNIT_EXPECT_EQ(test, f.calls, 1);
		KUNIT_EXPECT_EQ(test, f.sizes[0], at[i]);
		KUNIT_EXPECT_EQ(test, f.sizes[1], 16 - at[i]);
		KUNIT_EXPECT_FALSE(test, f.dirty);
		KUNIT_EXPECT_FALSE(test, f.visible);

		KUNIT_EXPECT_EQ(test, sq_agent_addr(lower), addr);
		KUNIT_EXPECT_EQ(test, sq_agent_pages(lower), at[i]);
		KUNIT_EXPECT_EQ(test, sq_agent_addr(upper), addr + at[i] * P);
		KUNIT_EXPECT_EQ(test, sq_agent_pages(upper), 16 - at[i]);
		KUNIT_EXPECT_TRUE(test, sq_agent_used(lower));
		KUNIT_EXPECT_TRUE(test, sq_agent_used(upper));
		KUNIT_EXPECT_PTR_EQ(test, upper->owner, (const void *)owner);
		KUNIT_EXPECT_EQ(test, upper->kind, 5);
		KUNIT_EXPECT_EQ(test, upper->node, lower->node);
		KUNIT_EXPECT_NULL(test, memchr_inv(lower->priv, 0x33,
						   SQ_AGENT_PRIV_BYTES));
		KUNIT_EXPECT_NULL(test, memchr_inv(upper->priv, 0x77,
						   SQ_AGENT_PRIV_BYTES));
		expect_map(test, lower);
		expect_map(test, upper);
		KUNIT_EXPECT_EQ(test, sq_manager_pages_used(fx->m), used);
		sq_fixture_sound(test, fx);
	}
}

/* What lies around it is as it was, used or free. */
static void split_leaves_neighbours(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[3], *upper;

	sq_fixture_take_n(test, agents, 3, 8);
	sq_manager_give(fx->m, agents[0]);
	upper = split(test, agents[1], 3);
	KUNIT_ASSERT_NOT_NULL(test, upper);
	sq_fixture_sound(test, fx);
	KUNIT_EXPECT_EQ(test, sq_agent_pages(agents[0]), 8);
	KUNIT_EXPECT_FALSE(test, sq_agent_used(agents[0]));
	KUNIT_EXPECT_EQ(test, sq_agent_pages(agents[2]), 8);
	expect_map(test, agents[0]);
	expect_map(test, agents[2]);
	/* The lower part joins what is below, the upper what is above. */
	sq_manager_give(fx->m, agents[1]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 1);
	sq_fixture_sound(test, fx);
	sq_manager_give(fx->m, agents[2]);
	sq_manager_coalesce(fx->m, ~0UL);
	sq_manager_give(fx->m, upper);
	KUNIT_EXPECT_GT(test, sq_manager_coalesce(fx->m, ~0UL), 0);
	sq_fixture_sound(test, fx);
	sq_manager_trim(fx->m, 0, ~0UL);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
}

/* Parts of parts, given in any order, become the run that they were. */
static void split_parts_come_back(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *parts[16];
	struct rnd_state rnd;
	struct sq_view view;
	unsigned int round, i, k;

	sq_fake_seed(test, &rnd);
	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 16, GFP_KERNEL,
					       NUMA_NO_NODE), 16);
	for (round = 0; round < 200; round++) {
		parts[0] = take(test, 16, 0);
		for (k = 1; k < 16;) {
			i = sq_fake_random(&rnd, k);
			if (sq_agent_pages(parts[i]) == 1)
				continue;
			parts[k] = split(test, parts[i], 1 +
				sq_fake_random(&rnd, sq_agent_pages(parts[i]) - 1));
			KUNIT_ASSERT_NOT_NULL(test, parts[k]);
			k++;
			/* Not always to the last page. */
			if (!sq_fake_random(&rnd, 10))
				break;
		}
		sq_fixture_sound(test, fx);
		while (k) {
			i = sq_fake_random(&rnd, k--);
			sq_manager_give(fx->m, parts[i]);
			parts[i] = parts[k];
			if (!sq_fake_random(&rnd, 4))
				sq_manager_coalesce(fx->m, ~0UL);
		}
		sq_fixture_sound(test, fx);
		sq_manager_coalesce(fx->m, ~0UL);
		sq_viewer_count(fx->m, &view);
		KUNIT_ASSERT_EQ(test, view.free_blocks, 1);
		KUNIT_ASSERT_EQ(test, view.largest_free, 16);
		KUNIT_ASSERT_EQ(test, view.used_pages, 0);
	}
}

/* A block past the free ones: each part goes straight back to the source. */
static void split_direct(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *beside[2], *lower, *mid, *upper;
	unsigned long out;

	sq_fixture_take_n(test, beside, 1, 16);
	lower = take(test, 8, __GFP_ACCOUNT);
	sq_fixture_take_n(test, beside + 1, 1, 16);
	out = fx->fake.out;
	mid = split(test, lower, 3);
	KUNIT_ASSERT_NOT_NULL(test, mid);
	upper = split(test, mid, 2);
	KUNIT_ASSERT_NOT_NULL(test, upper);
	sq_fixture_sound(test, fx);
	sq_manager_give(fx->m, mid);
	KUNIT_EXPECT_EQ(test, fx->fake.out, out - 2);
	sq_fixture_sound(test, fx);
	sq_manager_give(fx->m, lower);
	KUNIT_EXPECT_EQ(test, fx->fake.out, out - 5);
	sq_manager_give(fx->m, upper);
	KUNIT_EXPECT_EQ(test, fx->fake.out, out - 8);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 0);
	sq_fixture_give_n(test, beside, 2);
	sq_fixture_sound(test, fx);
}

static void split_refuses(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_manager *other = sq_manager_create(&fx->fake.ops, 0);
	struct sq_agent *agent = take(test, 4, 0);
	struct sq_agent *freed = take(test, 4, 0);
	struct fill f = {};

	KUNIT_ASSERT_NOT_NULL(test, other);
	KUNIT_ASSERT_TRUE(test, sq_agents_ensure(GFP_KERNEL));
	sq_manager_give(fx->m, freed);
	KUNIT_EXPECT_NULL(test, sq_manager_split(fx->m, agent, 0, fill, &f));
	KUNIT_EXPECT_NULL(test, sq_manager_split(fx->m, agent, 4, fill, &f));
	KUNIT_EXPECT_NULL(test, sq_manager_split(fx->m, agent, 5, fill, &f));
	KUNIT_EXPECT_NULL(test, sq_manager_split(fx->m, agent, ~0UL, fill, &f));
	KUNIT_EXPECT_NULL(test, sq_manager_split(other, agent, 2, fill, &f));
	KUNIT_EXPECT_NULL(test, sq_manager_split(fx->m, freed, 2, fill, &f));
	KUNIT_EXPECT_NULL(test, sq_manager_split(fx->m, &sq_agent_null, 1,
						 fill, &f));
	KUNIT_EXPECT_EQ(test, f.calls, 0);
	KUNIT_EXPECT_EQ(test, sq_agent_pages(agent), 4);
	sq_fixture_sound(test, fx);
	KUNIT_EXPECT_EQ(test, sq_manager_destroy(other), 0);
}

/* It makes no descriptors itself: without one, nothing has changed. */
static void split_without_descriptor(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agent = take(test, 8, 0), *upper;
	struct fill f = {};

	KUNIT_EXPECT_TRUE(test, sq_agents_ensure(GFP_KERNEL));
	sq_fixture_descs_hide(fx);
	sq_fixture_meta_fail(1, ~0UL);
	KUNIT_EXPECT_FALSE(test, sq_agents_ensure(GFP_KERNEL));
	upper = sq_manager_split(fx->m, agent, 4, fill, &f);
	KUNIT_EXPECT_NULL(test, upper);
	KUNIT_EXPECT_EQ(test, f.calls, 0);
	KUNIT_EXPECT_EQ(test, sq_agent_pages(agent), 8);
	expect_map(test, agent);
	sq_fixture_sound(test, fx);
	sq_fixture_meta_restore();
	sq_fixture_descs_show();
	upper = split(test, agent, 4);
	KUNIT_EXPECT_NOT_NULL(test, upper);
	sq_fixture_sound(test, fx);
}

static struct kunit_case split_cases[] = {
	KUNIT_CASE(split_makes_two),
	KUNIT_CASE(split_leaves_neighbours),
	KUNIT_CASE(split_parts_come_back),
	KUNIT_CASE(split_direct),
	KUNIT_CASE(split_refuses),
	KUNIT_CASE(split_without_descriptor),
	{}
};

static struct kunit_suite split_suite = {
	.name = "squirrel_split",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = split_cases,
};

kunit_test_suites(&split_suite);
