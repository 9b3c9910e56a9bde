// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_trim: the manager gives free pages back, of small blocks those
 * that have been free for a while. Time is made by hand, in the blocks' stamps.
 */
#include <linux/jiffies.h>

#include "utility_kunit.h"

/* So long that no test lasts for it. */
#define AGE	(600UL * HZ)

/* Aligned pieces of so many pages do not wait. */
#define PIECE	4

static void trim_gives_back(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[20];

	sq_fixture_take_n(test, agents, 20, 10);
	sq_fixture_give_n(test, agents, 20);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 500, ~0UL), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, 7), 7);
	sq_fixture_sound(test, fx);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 100, ~0UL),
			fx->fake.gets * 16 - 7 - 100);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 100);
	sq_fixture_sound(test, fx);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 100);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
	sq_fixture_sound(test, fx);
}

/* Used and free pages together never fall below the reserve. */
static void trim_keeps_reserve(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[3];

	KUNIT_EXPECT_EQ(test, sq_manager_fetch(fx->m, 50, GFP_KERNEL,
					       NUMA_NO_NODE), 50);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 50);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 0);
	sq_fixture_take_n(test, agents, 3, 10);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 50);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 0);
	KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 40, sq_pool_fit));
	sq_manager_trim(fx->m, 0, ~0UL);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 70);
	sq_fixture_give_n(test, agents, 3);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 20);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 50);
	sq_manager_set_reserve(fx->m, 45);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 5);
	sq_fixture_sound(test, fx);
}

/* ---- age ---- */

static void make_old(struct sq_agent *agent)
{
	agent->freed_at = (u32)(jiffies - AGE);
}

/* @n free blocks of @pages each, none beside another; the rest stays used. */
static void holes(struct kunit *test, struct sq_agent **agents, unsigned int n,
		  unsigned long pages)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *between;
	unsigned int i;

	for (i = 0; i < n; i++) {
		sq_fixture_take_n(test, agents + i, 1, pages);
		sq_fixture_take_n(test, &between, 1, 1);
	}
	sq_manager_trim(fx->m, 0, ~0UL);
	sq_fixture_give_n(test, agents, n);
}

static void trim_waits_for_age(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[12];
	unsigned int i;

	holes(test, agents, 12, 3);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE), 0);
	for (i = 0; i < 12; i += 3)
		make_old(agents[i]);
	agents[1]->freed_at = (u32)(jiffies - AGE + 60 * HZ);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE), 12);
	sq_fixture_sound(test, fx);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 24);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE), 0);
	/* What is asked for without an age is any. */
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, 5), 5);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, 0), 19);
	sq_fixture_sound(test, fx);
}

/* However many young ones lie before it: it does not look at the first only. */
static void trim_finds_the_old_one(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent **agents;
	unsigned int i;

	agents = kunit_kcalloc(test, 300, sizeof(*agents), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, agents);
	holes(test, agents, 300, 1);
	for (i = 299; i < 300; i -= 23) {
		make_old(agents[i]);
		KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE),
				1);
	}
	/* Every one of them, too. */
	for (i = 0; i < 300; i++)
		if (agents[i]->manager == fx->m && !sq_agent_used(agents[i]))
			make_old(agents[i]);
	sq_manager_trim_aged(fx->m, 0, ~0UL, AGE);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), 0);
	sq_fixture_sound(test, fx);
}

/* Of a group of pages that the source would take in one call, is all free? */
static bool is_free_piece(struct sq_fixture *fx, unsigned long page)
{
	struct sq_agent *first = sq_map_lookup((void *)sq_fake_page(&fx->fake,
								    page));
	unsigned int i;

	for (i = 0; i < PIECE; i++)
		if (sq_map_lookup((void *)sq_fake_page(&fx->fake, page + i)) !=
		    first)
			return false;
	return first->manager == fx->m && !sq_agent_used(first);
}

static void trim_takes_pieces_at_once(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[20], *between;
	unsigned long page, left;
	unsigned int i, pieces = 0;

	for (i = 0; i < 20; i++) {
		sq_fixture_take_n(test, agents + i, 1, i + 1);
		sq_fixture_take_n(test, &between, 1, 1);
	}
	sq_manager_trim(fx->m, 0, ~0UL);
	sq_fixture_give_n(test, agents, 20);
	for (page = 0; page < SQ_FAKE_CHUNK_PAGES; page += PIECE)
		pieces += is_free_piece(fx, page);
	KUNIT_ASSERT_GT(test, pieces, 20);
	left = sq_manager_pages_free(fx->m) - PIECE * pieces;
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE),
			PIECE * pieces);
	for (page = 0; page < SQ_FAKE_CHUNK_PAGES; page += PIECE)
		KUNIT_EXPECT_FALSE(test, is_free_piece(fx, page));
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), left);
	KUNIT_EXPECT_GT(test, left, 0);
	sq_fixture_sound(test, fx);
}

/* Two neighbours are as young as the younger, whichever of them stays. */
static void trim_counts_from_the_merge(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[3], *left;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 3, GFP_KERNEL,
						       NUMA_NO_NODE), 3);
		sq_manager_set_reserve(fx->m, 0);
		agents[0] = sq_fixture_take(fx, i & 1 ? 2 : 1, sq_pool_lowest);
		agents[1] = sq_fixture_take(fx, i & 1 ? 1 : 2, sq_pool_lowest);
		KUNIT_ASSERT_NOT_NULL(test, agents[0]);
		KUNIT_ASSERT_NOT_NULL(test, agents[1]);
		sq_fixture_give_n(test, agents, 2);
		make_old(agents[i / 2]);
		KUNIT_ASSERT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 1);
		KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE),
				0);
		left = sq_map_lookup((void *)sq_fake_page(&fx->fake, 0));
		KUNIT_EXPECT_EQ(test, sq_agent_pages(left), 3);
		make_old(left);
		/* What is taken off it is new, the rest stays old. */
		agents[2] = sq_fixture_take(fx, 1, sq_pool_lowest);
		KUNIT_ASSERT_NOT_NULL(test, agents[2]);
		sq_manager_give(fx->m, agents[2]);
		KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE),
				2);
		KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, ~0UL), 1);
		sq_fixture_sound(test, fx);
	}
}

/* Old or not: floors and the budget hold. */
static void trim_of_old_keeps_floors(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[10];
	unsigned int i;

	holes(test, agents, 10, 3);
	for (i = 0; i < 10; i++)
		make_old(agents[i]);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 30, ~0UL, AGE), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, 2, AGE), 2);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 15, ~0UL, AGE), 13);
	sq_manager_set_reserve(fx->m, 10 + 10);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 0, ~0UL, AGE), 5);
	sq_fixture_sound(test, fx);
}

/* ---- a source of small orders ---- */

#define SMALL	3

/* Whatever the source's largest order is, no get and no put goes above it. */
static void source_of_small_orders(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[64];
	unsigned int round;

	fx->fake.ops.max_order = SMALL;
	KUNIT_EXPECT_NULL(test, sq_fixture_take(fx, 2 << SMALL, sq_pool_fit));
	for (round = 0; round < 3; round++) {
		sq_fixture_take_n(test, agents, 64, 1 << SMALL);
		KUNIT_EXPECT_EQ(test, sq_manager_fetch(fx->m, 100, GFP_KERNEL,
						       NUMA_NO_NODE), 100);
		sq_fixture_give_n(test, agents, 64);
		while (sq_manager_coalesce(fx->m, ~0UL))
			;
		/* Merged blocks are far longer, and go in pieces. */
		KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 8 << SMALL,
							    sq_pool_fit));
		sq_manager_set_reserve(fx->m, 0);
		if (round == 1)
			sq_manager_trim_aged(fx->m, 0, ~0UL, AGE);
		if (round)
			sq_manager_trim(fx->m, 0, ~0UL);
		sq_fixture_sound(test, fx);
	}
	sq_manager_destroy_all(fx->m);
	KUNIT_EXPECT_EQ(test, fx->fake.errors, 0);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
	fx->m = sq_manager_create(&fx->fake.ops, 0);
	KUNIT_ASSERT_NOT_NULL(test, fx->m);
}

static struct kunit_case trim_cases[] = {
	KUNIT_CASE(trim_gives_back),
	KUNIT_CASE(trim_keeps_reserve),
	KUNIT_CASE(trim_waits_for_age),
	KUNIT_CASE(trim_finds_the_old_one),
	KUNIT_CASE(trim_takes_pieces_at_once),
	KUNIT_CASE(trim_counts_from_the_merge),
	KUNIT_CASE(trim_of_old_keeps_floors),
	KUNIT_CASE(source_of_small_orders),
	{}
};

static struct kunit_suite trim_suite = {
	.name = "squirrel_trim",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = trim_cases,
};

kunit_test_suites(&trim_suite);
