// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_long: what is done with the lock held does not grow with the
 * blocks, neither with how long they are nor with how many.
 */
#include <linux/mm.h>
#include <linux/module.h>

#include "urgent.h"
#include "utility_kunit.h"

#define CHUNK		SQ_FAKE_CHUNK_PAGES
#define CHUNKS		SQ_FAKE_CHUNKS

/* A fixture whose arena is one piece. */
static int long_init(struct kunit *test)
{
	struct sq_fixture *fx = kunit_kzalloc(test, sizeof(*fx), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, fx);
	if (sq_fake_init_one(&fx->fake))
		kunit_skip(test, "no memory in one piece for the arena");
	fx->m = sq_manager_create(&fx->fake.ops, 0);
	KUNIT_ASSERT_NOT_NULL(test, fx->m);
	test->priv = fx;
	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, CHUNKS * CHUNK, GFP_KERNEL,
					       NUMA_NO_NODE), CHUNKS * CHUNK);
	sq_manager_set_reserve(fx->m, 0);
	return 0;
}

static unsigned long free_blocks(struct sq_fixture *fx)
{
	struct sq_view view;

	sq_viewer_count(fx->m, &view);
	return view.free_blocks;
}

/* Merges of one hold of the lock. */
static unsigned long merge_once(struct sq_fixture *fx)
{
	struct sq_pool *pool = sq_fixture_pool(fx);
	unsigned long looks = 1000, merges, irq;

	raw_spin_lock_irqsave(&pool->lock, irq);
	merges = sq_pool_merge(pool, &looks, 0);
	raw_spin_unlock_irqrestore(&pool->lock, irq);
	return merges;
}

/* Each rewrites the entries of 1024 pages. */
static void long_merges_are_few_a_hold(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, merge_once(fx), SQ_MERGE_PAGES / CHUNK);
	for (i = 0; i < CHUNKS && free_blocks(fx) > 1; i++)
		KUNIT_EXPECT_LE(test, merge_once(fx), SQ_MERGE_PAGES / CHUNK);
	KUNIT_EXPECT_EQ(test, free_blocks(fx), 1);
	sq_fixture_sound(test, fx);
}

/* Two of four chunks each stay two, and serve whatever could be asked of one. */
static void long_neighbours_stay_two(struct kunit *test)
{
	const struct sq_request aligned = {
		.pages = CHUNK,
		.align = CHUNK,
		.gfp = GFP_NOWAIT,
		.node = NUMA_NO_NODE,
		.find = sq_pool_lowest,
	};
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[CHUNKS];
	unsigned int i, n;

	sq_fixture_take_n(test, agents, 4, CHUNK);
	sq_manager_coalesce(fx->m, ~0UL);
	KUNIT_EXPECT_EQ(test, free_blocks(fx), 1);
	for (i = 0; i < 3; i++)
		sq_manager_give(fx->m, agents[i]);
	sq_manager_coalesce(fx->m, ~0UL);
	sq_manager_give(fx->m, agents[3]);
	sq_manager_coalesce(fx->m, ~0UL);
	KUNIT_EXPECT_EQ(test, free_blocks(fx), 2);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 0);
	sq_fixture_sound(test, fx);

	/* From an odd place: of each, all but its ends. */
	agents[0] = sq_fixture_take(fx, 1, sq_pool_lowest);
	KUNIT_ASSERT_NOT_NULL(test, agents[0]);
	for (n = 1; n < CHUNKS; n++) {
		agents[n] = sq_manager_take(fx->m, &aligned);
		if (!agents[n])
			break;
	}
	KUNIT_EXPECT_EQ(test, n, CHUNKS);
	sq_fixture_sound(test, fx);
}

/* They go back a part at a time, and as if they were many. */
static void long_blocks_go_back(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;

	sq_manager_coalesce(fx->m, ~0UL);
	KUNIT_EXPECT_EQ(test, free_blocks(fx), 1);
	KUNIT_EXPECT_EQ(test, sq_manager_trim(fx->m, 0, 3 * CHUNK), 3 * CHUNK);
	sq_fixture_sound(test, fx);
	KUNIT_EXPECT_EQ(test, sq_manager_trim_aged(fx->m, 2 * CHUNK + 76, ~0UL,
						   HZ), 3 * CHUNK - 76);
	sq_fixture_sound(test, fx);
	/* The rest by the end of the manager. */
}

/* A manager that ends leaves no agent behind, though they are few: so, often. */
static void long_end_leaves_no_agent(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned long before = 0;
	struct sq_manager *m;
	unsigned int i;

	sq_manager_trim(fx->m, 0, ~0UL);
	for (i = 0; i <= 3 * PAGE_SIZE / sizeof(struct sq_agent); i++) {
		m = sq_manager_create(&fx->fake.ops, 0);
		KUNIT_ASSERT_NOT_NULL(test, m);
		KUNIT_ASSERT_EQ(test, sq_manager_fetch(m, CHUNK + 8, GFP_KERNEL,
						       NUMA_NO_NODE), CHUNK + 8);
		sq_manager_coalesce(m, ~0UL);
		sq_manager_destroy_all(m);
		if (i)
			continue;
		sq_fixture_settle();
		before = sq_utility_meta_pages();
	}
	sq_fixture_settle();
	KUNIT_EXPECT_LE(test, sq_utility_meta_pages(), before);
	KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
}

/* Without an agent for one of two rests no more goes than may. */
static void long_rest_stays(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *first = sq_fixture_take(fx, 1, sq_pool_lowest);
	unsigned long all = CHUNKS * CHUNK - 1, gone;

	KUNIT_ASSERT_NOT_NULL(test, first);
	sq_manager_coalesce(fx->m, ~0UL);
	KUNIT_EXPECT_EQ(test, free_blocks(fx), 1);
	sq_fixture_descs_hide(fx);
	sq_fixture_meta_fail(1, ~0UL);
	gone = sq_manager_trim_aged(fx->m, all - 256, ~0UL, HZ);
	KUNIT_EXPECT_EQ(test, gone, 256);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_free(fx->m), all - 256);
	sq_fixture_sound(test, fx);
	sq_fixture_meta_restore();
	sq_fixture_descs_show();
	sq_fixture_sound(test, fx);
	sq_manager_give(fx->m, first);
}

/* What is wrong far beyond what one hold looks at is found. */
static void long_check_sees_all(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[3], *last;
	unsigned int i;

	for (i = 0; i < 2000; i++)
		KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 1, sq_pool_lowest));
	sq_fixture_take_n(test, agents, 3, 1);
	sq_manager_give(fx->m, agents[1]);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);

	last = agents[2];
	last->block[1] += P;
	KUNIT_EXPECT_GT(test, sq_viewer_check(fx->m), 0);
	last->block[1] -= P;
	sq_agent_links(agents[1])->most++;
	KUNIT_EXPECT_GT(test, sq_viewer_check(fx->m), 0);
	sq_agent_links(agents[1])->most--;
	/* The last page of a long block. */
	sq_map_set(sq_fake_page(&fx->fake, CHUNKS * CHUNK - 1), P, last);
	KUNIT_EXPECT_GT(test, sq_viewer_check(fx->m), 0);
	sq_map_set(sq_fake_page(&fx->fake, CHUNKS * CHUNK - 1), P,
		   sq_map_lookup((void *)sq_fake_page(&fx->fake,
						      CHUNKS * CHUNK - 2)));
	sq_fixture_sound(test, fx);
}

/* Who is to run need not wait for the last page of what goes. */
static void long_end_lets_others_run(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_urgent urgent;

	sq_urgent_wake(test, &urgent);
	sq_manager_destroy_all(fx->m);
	KUNIT_EXPECT_TRUE(test, sq_urgent_end(&urgent));
	KUNIT_EXPECT_EQ(test, fx->fake.out, 0);
	fx->m = sq_manager_create(&fx->fake.ops, 0);
	KUNIT_ASSERT_NOT_NULL(test, fx->m);
}

static struct kunit_case long_cases[] = {
	KUNIT_CASE(long_merges_are_few_a_hold),
	KUNIT_CASE(long_neighbours_stay_two),
	KUNIT_CASE(long_blocks_go_back),
	KUNIT_CASE(long_end_leaves_no_agent),
	KUNIT_CASE(long_rest_stays),
	KUNIT_CASE(long_check_sees_all),
	KUNIT_CASE(long_end_lets_others_run),
	{}
};

static struct kunit_suite long_suite = {
	.name = "squirrel_long",
	.init = long_init,
	.exit = sq_fixture_exit,
	.test_cases = long_cases,
};

kunit_test_suite(long_suite);
