// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_viewer: what it shows, and that its check finds each kind of
 * damage. Damage is planted in a manager of the test's own and repaired again.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>

#include "utility_kunit.h"

/* ---- what it shows ---- */

/* 4 used, 4 free, 2 used, 1 free, 5 used: all from one fetch of 16 pages */
static void layout(struct kunit *test, struct sq_agent *agents[5])
{
	static const unsigned long pages[5] = { 4, 4, 2, 1, 5 };
	struct sq_fixture *fx = test->priv;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 16, GFP_KERNEL,
					       NUMA_NO_NODE), 16);
	for (i = 0; i < 5; i++) {
		agents[i] = sq_fixture_take(fx, pages[i], sq_pool_lowest);
		KUNIT_ASSERT_NOT_NULL(test, agents[i]);
	}
	sq_manager_give(fx->m, agents[1]);
	sq_manager_give(fx->m, agents[3]);
}

static void viewer_counts(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[5];
	struct sq_view view;

	layout(test, agents);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.used_blocks, 3);
	KUNIT_EXPECT_EQ(test, view.used_pages, 11);
	KUNIT_EXPECT_EQ(test, view.free_blocks, 2);
	KUNIT_EXPECT_EQ(test, view.free_pages, 5);
	KUNIT_EXPECT_EQ(test, view.largest_free, 4);
	KUNIT_EXPECT_EQ(test, view.free_bins[0], 1);
	KUNIT_EXPECT_EQ(test, view.free_bins[1], 0);
	KUNIT_EXPECT_EQ(test, view.free_bins[2], 1);
	KUNIT_EXPECT_EQ(test, view.used_bins[1], 1);
	KUNIT_EXPECT_EQ(test, view.used_bins[2], 2);
	KUNIT_EXPECT_EQ(test, view.fetched, 16);
	KUNIT_EXPECT_EQ(test, view.source_gets, 1);
	KUNIT_EXPECT_EQ(test, view.splits, 4);
	KUNIT_EXPECT_EQ(test, view.reserve, 16);
	KUNIT_EXPECT_EQ(test, sq_viewer_fragmentation(&view), 200);
}

static void viewer_counts_nothing(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_view view, zero = { .limit = ULONG_MAX };

	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, memcmp(&view, &zero, sizeof(view)), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_fragmentation(&view), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
}

static void viewer_fragmentation(struct kunit *test)
{
	struct sq_view view = { .free_pages = 1000, .largest_free = 1000 };

	KUNIT_EXPECT_EQ(test, sq_viewer_fragmentation(&view), 0);
	view.largest_free = 1;
	KUNIT_EXPECT_EQ(test, sq_viewer_fragmentation(&view), 999);
	view.free_pages = 3;
	KUNIT_EXPECT_EQ(test, sq_viewer_fragmentation(&view), 667);
}

struct walk {
	unsigned long last;
	unsigned long pages;
	unsigned int blocks;
	unsigned int stop_at;
	unsigned int wrong;
};

static bool walk_fn(const struct sq_agent *agent, void *ctx)
{
	struct walk *w = ctx;

	w->wrong += sq_agent_addr(agent) < w->last;
	w->last = sq_agent_end(agent);
	w->pages += sq_agent_pages(agent);
	return ++w->blocks != w->stop_at;
}

static void viewer_walks_in_order(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[5];
	struct walk w = {};
	unsigned int i;

	sq_viewer_walk(fx->m, walk_fn, &w);
	KUNIT_EXPECT_EQ(test, w.blocks, 0);

	layout(test, agents);
	sq_viewer_walk(fx->m, walk_fn, &w);
	KUNIT_EXPECT_EQ(test, w.blocks, 5);
	KUNIT_EXPECT_EQ(test, w.pages, 16);
	KUNIT_EXPECT_EQ(test, w.wrong, 0);

	memset(&w, 0, sizeof(w));
	w.stop_at = 2;
	sq_viewer_walk(fx->m, walk_fn, &w);
	KUNIT_EXPECT_EQ(test, w.blocks, 2);

	/* More blocks than are shown per hold of the lock. */
	for (i = 0; i < 300; i++)
		KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 3, sq_pool_fit));
	memset(&w, 0, sizeof(w));
	sq_viewer_walk(fx->m, walk_fn, &w);
	KUNIT_EXPECT_EQ(test, w.pages, fx->fake.out);
	KUNIT_EXPECT_GE(test, w.blocks, 303);
	KUNIT_EXPECT_EQ(test, w.wrong, 0);
}

/* Who steps sees the same as who walks, a lock's hold at a time. */
static void viewer_steps(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned long addr = 0;
	unsigned int i, steps;
	struct walk w = {};

	KUNIT_EXPECT_FALSE(test, sq_viewer_step(fx->m, &addr, walk_fn, &w));
	for (i = 0; i < 300; i++)
		KUNIT_ASSERT_NOT_NULL(test, sq_fixture_take(fx, 3, sq_pool_fit));
	addr = 0;
	for (steps = 0; sq_viewer_step(fx->m, &addr, walk_fn, &w); steps++)
		KUNIT_EXPECT_LE(test, w.blocks, 64 * (steps + 1));
	KUNIT_EXPECT_GT(test, steps, 3);
	KUNIT_EXPECT_EQ(test, w.pages, fx->fake.out);
	KUNIT_EXPECT_EQ(test, w.wrong, 0);
}

/*
 * The last block that a step has shown is merged with the first that the next one
 * would show: it is not shown again, nor is anything left out behind it.
 *
 *	[62 used][63 free][64 free][65 used]	single pages
 *	      shown       |
 *	[62 used][63    free      ][65 used]
 */
static void viewer_steps_over_merges(struct kunit *test)
{
	struct sq_agent *agents[66], *pair[2];
	struct sq_fixture *fx = test->priv;
	unsigned long addr = 0;
	struct walk w = {};

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(fx->m, 66, GFP_KERNEL,
					       NUMA_NO_NODE), 66);
	sq_fixture_take_n(test, agents, 66, 1);
	pair[0] = agents[63];
	pair[1] = agents[64];
	KUNIT_ASSERT_EQ(test, sq_agent_end(pair[0]), sq_agent_addr(pair[1]));
	sq_fixture_give_n(test, pair, 2);
	KUNIT_EXPECT_TRUE(test, sq_viewer_step(fx->m, &addr, walk_fn, &w));
	KUNIT_EXPECT_EQ(test, w.blocks, 64);
	KUNIT_EXPECT_EQ(test, addr, w.last);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 1);
	while (sq_viewer_step(fx->m, &addr, walk_fn, &w))
		;
	/* All but the page that was merged with one shown as before. */
	KUNIT_EXPECT_EQ(test, w.blocks, 65);
	KUNIT_EXPECT_EQ(test, w.pages, 65);
	KUNIT_EXPECT_EQ(test, w.wrong, 0);
}

/* [4 used][4 free for 10 s][2 used][1 free for 5 s][5 used] */
static void viewer_tells_age(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[5];
	struct sq_age age = {};

	sq_viewer_age(fx->m, &age);
	KUNIT_EXPECT_EQ(test, sq_viewer_oldest_ms(&age), 0);
	KUNIT_EXPECT_EQ(test, sq_viewer_mean_ms(&age), 0);

	layout(test, agents);
	agents[1]->freed_at = (u32)jiffies - 10 * HZ;
	agents[3]->freed_at = (u32)jiffies - 5 * HZ;
	/* Used ones have none. */
	agents[4]->freed_at = (u32)jiffies - 100 * HZ;
	sq_viewer_age(fx->m, &age);
	KUNIT_EXPECT_EQ(test, age.pages, 5);
	KUNIT_EXPECT_GE(test, sq_viewer_oldest_ms(&age), 10000);
	KUNIT_EXPECT_LT(test, sq_viewer_oldest_ms(&age), 11000);
	KUNIT_EXPECT_GE(test, sq_viewer_mean_ms(&age), 9000);
	KUNIT_EXPECT_LT(test, sq_viewer_mean_ms(&age), 10000);

	/* It is young again once it has been used; a rest keeps its age. */
	agents[1] = sq_fixture_take(fx, 3, sq_pool_lowest);
	KUNIT_ASSERT_NOT_NULL(test, agents[1]);
	sq_manager_give(fx->m, agents[1]);
	memset(&age, 0, sizeof(age));
	sq_viewer_age(fx->m, &age);
	KUNIT_EXPECT_GE(test, sq_viewer_oldest_ms(&age), 10000);
	KUNIT_EXPECT_GE(test, sq_viewer_mean_ms(&age), 3000);
	KUNIT_EXPECT_LT(test, sq_viewer_mean_ms(&age), 4000);

	/* Merged with it, it is as young as that. */
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 1);
	memset(&age, 0, sizeof(age));
	sq_viewer_age(fx->m, &age);
	KUNIT_EXPECT_LT(test, sq_viewer_oldest_ms(&age), 6000);
}

static void viewer_coalesce_hits(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[5];
	struct sq_view view;

	/* Two free blocks that do not touch: looked at in vain. */
	layout(test, agents);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 0);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.coalesce_tries, 2);
	KUNIT_EXPECT_EQ(test, sq_viewer_coalesce_hits(&view), 0);

	/* With what is between them: two of four. */
	sq_manager_give(fx->m, agents[2]);
	KUNIT_EXPECT_EQ(test, sq_manager_coalesce(fx->m, ~0UL), 2);
	sq_viewer_count(fx->m, &view);
	KUNIT_EXPECT_EQ(test, view.merges, 2);
	KUNIT_EXPECT_EQ(test, sq_viewer_coalesce_hits(&view),
			2000 / (unsigned int)view.coalesce_tries);
	KUNIT_EXPECT_GE(test, sq_viewer_coalesce_hits(&view), 400);
}

/* ---- that its check finds damage ---- */

/* Damage is in place: it must be found. */
static void expect_broken(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;

	KUNIT_EXPECT_GT(test, sq_viewer_check(fx->m), 0);
}

static void expect_sound(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;

	KUNIT_EXPECT_EQ(test, sq_viewer_check(fx->m), 0);
}

/* Put a wrong value somewhere, see it found, put the right one back. */
static void plant(struct kunit *test, void *at, size_t size, const void *wrong)
{
	u8 right[sizeof(u64)];

	KUNIT_ASSERT_LE(test, size, sizeof(right));
	memcpy(right, at, size);
	memcpy(at, wrong, size);
	expect_broken(test);
	memcpy(at, right, size);
	expect_sound(test);
}

#define DAMAGE(test, lvalue, value)	\
	plant(test, &(lvalue), sizeof(lvalue), &(typeof(lvalue)){ value })

static void viewer_finds_bad_headers(struct kunit *test)
{
	struct sq_agent *agents[5];
	struct sq_agent *used, *free;

	layout(test, agents);
	used = agents[2];
	free = agents[1];
	DAMAGE(test, used->block[1], used->block[1] + P);
	DAMAGE(test, used->block[1], used->block[1] + 8);
	DAMAGE(test, used->block[2], 0);
	DAMAGE(test, used->block[3], 0);
	DAMAGE(test, used->block[0], used->block[0] + P);
	DAMAGE(test, used->block[1], used->block[1] ^ 1);
	DAMAGE(test, free->block[1], free->block[1] ^ 1);
	DAMAGE(test, free->block[1], free->block[1] - P);
	DAMAGE(test, free->block[2], (unsigned long)agents[0]);
	DAMAGE(test, used->manager, NULL);
	DAMAGE(test, used->node, 77);
	DAMAGE(test, free->owner, test);
	DAMAGE(test, free->flags, SQ_AGENT_DIRECT);
}

static void viewer_finds_bad_map(struct kunit *test)
{
	struct sq_agent *agents[5];
	unsigned int i;

	layout(test, agents);
	for (i = 0; i < 4; i++) {
		unsigned long addr = sq_agent_addr(agents[0]) + i * P;

		sq_map_set(addr, P, NULL);
		expect_broken(test);
		sq_map_set(addr, P, agents[1]);
		expect_broken(test);
		sq_map_set(addr, P, agents[0]);
		expect_sound(test);
	}
}

static void viewer_finds_bad_index(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_pool *pool = sq_fixture_pool(fx);
	struct sq_agent *agents[5];
	struct sq_free_links *f;

	layout(test, agents);
	f = sq_agent_links(agents[1]);
	DAMAGE(test, pool->rows, 0);
	DAMAGE(test, pool->rows, pool->rows | 0x80);
	DAMAGE(test, pool->cols[0], 0);
	DAMAGE(test, pool->cols[0], pool->cols[0] | 0x80);
	DAMAGE(test, pool->bins[4].first, NULL);
	DAMAGE(test, pool->bins[4].first, pool->bins[1].first);
	DAMAGE(test, f->bin.next, &f->bin);
	DAMAGE(test, f->pages, 5);
	DAMAGE(test, f->most, 3);
	DAMAGE(test, f->most, 5);
	DAMAGE(test, pool->by_addr.rb_node, NULL);
}

static void viewer_finds_bad_counts(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_pool *pool = sq_fixture_pool(fx);
	struct sq_agent *agents[5];

	layout(test, agents);
	DAMAGE(test, pool->entered, pool->entered + 1);
	DAMAGE(test, pool->left, pool->left + 1);
	DAMAGE(test, pool->free_pages, 4);
	DAMAGE(test, pool->counted, pool->counted + 1);
	DAMAGE(test, pool->used_pages, 10);
	DAMAGE(test, pool->free_hist[0], 0);
	DAMAGE(test, pool->used_hist[5], 1);
	DAMAGE(test, fx->m->limit, 10);
	atomic_long_sub(1, &fx->m->used);
	expect_broken(test);
	atomic_long_add(1, &fx->m->used);
	expect_sound(test);
}

/* Two free blocks that touch but are not linked would never be merged. */
static void viewer_finds_missing_link(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	struct sq_agent *agents[5];
	struct sq_block *lower, *upper;

	layout(test, agents);
	sq_manager_give(fx->m, agents[2]);
	lower = sq_agent_block(agents[1]);
	upper = sq_agent_block(agents[2]);
	sq_block_unlink(lower);
	expect_broken(test);
	KUNIT_EXPECT_TRUE(test, sq_block_link(lower, upper));
	expect_broken(test);
	KUNIT_EXPECT_TRUE(test, sq_block_link(sq_agent_block(agents[0]),
					      lower));
	expect_sound(test);
}

static struct kunit_case viewer_cases[] = {
	KUNIT_CASE(viewer_counts),
	KUNIT_CASE(viewer_counts_nothing),
	KUNIT_CASE(viewer_fragmentation),
	KUNIT_CASE(viewer_walks_in_order),
	KUNIT_CASE(viewer_steps),
	KUNIT_CASE(viewer_steps_over_merges),
	KUNIT_CASE(viewer_tells_age),
	KUNIT_CASE(viewer_coalesce_hits),
	KUNIT_CASE(viewer_finds_bad_headers),
	KUNIT_CASE(viewer_finds_bad_map),
	KUNIT_CASE(viewer_finds_bad_index),
	KUNIT_CASE(viewer_finds_bad_counts),
	KUNIT_CASE(viewer_finds_missing_link),
	{}
};

static struct kunit_suite viewer_suite = {
	.name = "squirrel_viewer",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = viewer_cases,
};

kunit_test_suites(&viewer_suite);
