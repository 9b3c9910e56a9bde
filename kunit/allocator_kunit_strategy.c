// SPDX-License-Identifier: GPL-2.0
/*
 * Strategies: over a fake source that hands out adjacent pages, lowest first,
 * so that it is known which free blocks there are.
 */
#include "allocator_kunit.h"

#define ARENA	64

/*
 * The heap's 64 pages, after arrange():
 *
 *	page	0 .. 19   20-22   23 .. 39   40-42   43 .. 60   61-63
 *		free 20   used    free 17    used    free 18    used
 *
 * The index has bins of 16 and 17, 18 and 19, 20 and 21 pages.
 */
struct arena {
	struct squirrel_heap *heap;
	struct sq_fake *fake;
	void *wall[3];
};

static const unsigned int hole_pages[3] = { 20, 17, 18 };
static const long hole_at[3] = { 0, 23, 43 };

static struct arena *arrange(struct kunit *test, const char *strategy)
{
	struct arena *a = kunit_kzalloc(test, sizeof(*a), GFP_KERNEL);
	struct sq_kit *kit = test->priv;
	void *hole[3];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, a);
	a->heap = sq_kit_fake_heap(test, strategy, ARENA);
	a->fake = &kit->fake;
	KUNIT_ASSERT_EQ(test, sq_manager_fetch(a->heap->manager, ARENA,
					       GFP_KERNEL, NUMA_NO_NODE),
			ARENA);
	for (i = 0; i < 3; i++) {
		hole[i] = squirrel_heap_alloc(a->heap,
					      hole_pages[i] * PAGE_SIZE,
					      GFP_KERNEL);
		a->wall[i] = squirrel_heap_alloc(a->heap, 3 * PAGE_SIZE,
						 GFP_KERNEL);
		KUNIT_ASSERT_EQ(test,
				sq_fake_index(a->fake, (unsigned long)hole[i]),
				hole_at[i]);
		KUNIT_ASSERT_NOT_NULL(test, a->wall[i]);
	}
	for (i = 0; i < 3; i++)
		squirrel_heap_free(a->heap, hole[i]);
	return a;
}

/* The page that an allocation starts at, which stays. */
static long where(struct arena *a, size_t size)
{
	void *obj = squirrel_heap_alloc(a->heap, size, GFP_KERNEL);

	return sq_fake_index(a->fake, (unsigned long)obj);
}

/* The lowest one that fits. */
static void first_takes_the_lowest(struct kunit *test)
{
	struct arena *a = arrange(test, "first");

	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, where(a, 18 * PAGE_SIZE), 43);
	KUNIT_EXPECT_EQ(test, where(a, 3 * PAGE_SIZE), 17);
	KUNIT_EXPECT_EQ(test, where(a, 3 * PAGE_SIZE), 23);
}

/* The one that fits best: an exact one, or else the next larger. */
static void best_takes_the_tightest(struct kunit *test)
{
	struct arena *a = arrange(test, "best");

	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 23);
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 43);
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 0);
	/* Left are one page at 60 and three at 17. */
	KUNIT_EXPECT_EQ(test, where(a, 3 * PAGE_SIZE), 17);
	KUNIT_EXPECT_EQ(test, where(a, 64), 60);
}

/* Of the first bin that is sure to fit, and not 17 that would just do. */
static void segregated_takes_what_is_sure_to_fit(struct kunit *test)
{
	struct arena *a = arrange(test, "segregated");

	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 43);
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 0);
	/* Only then is its own bin looked through. */
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 23);
}

/* Slabs come by the same strategy as large blocks. */
static void slabs_come_by_strategy(struct kunit *test)
{
	struct arena *a = arrange(test, "first");

	KUNIT_EXPECT_EQ(test, where(a, 64), 0);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "best"), 0);
	KUNIT_EXPECT_EQ(test, where(a, 128), 23);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "segregated\n"), 0);
	KUNIT_EXPECT_EQ(test, where(a, 256), 24);
}

/* What is free is looked through before the source is asked. */
static void free_blocks_come_before_the_source(struct kunit *test)
{
	struct arena *a = arrange(test, "segregated");
	unsigned long gets = a->fake->gets;

	where(a, 17 * PAGE_SIZE);
	where(a, 17 * PAGE_SIZE);
	where(a, 17 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, a->fake->gets, gets);
	a->fake->budget = ARENA - 1;
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), -1);
	KUNIT_EXPECT_EQ(test, a->fake->gets, gets + 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&a->heap->nomem), 1);
}

/*
 *	page	20-22   23 .. 39   40-42
 *		freed	 free	   freed	are one block of 64 pages then
 */
static void neighbours_are_joined_before_giving_up(struct kunit *test)
{
	struct arena *a = arrange(test, "segregated");
	unsigned int i;

	a->fake->budget = 0;
	KUNIT_EXPECT_EQ(test, where(a, ARENA * PAGE_SIZE), -1);
	for (i = 0; i < 3; i++)
		squirrel_heap_free(a->heap, a->wall[i]);
	KUNIT_EXPECT_EQ(test, where(a, ARENA * PAGE_SIZE), 0);
}

static void unknown_strategy_changes_nothing(struct kunit *test)
{
	struct arena *a = arrange(test, "best");
	const struct sq_strategy *before = a->heap->strategy;

	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "worst"), -EINVAL);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, ""), -EINVAL);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "bes"), -EINVAL);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "bestx"), -EINVAL);
	KUNIT_EXPECT_PTR_EQ(test, a->heap->strategy, before);
}

static void strategies_have_names_and_numbers(struct kunit *test)
{
	static const struct {
		enum squirrel_strategy id;
		const char *name;
	} all[] = {
		{ SQUIRREL_SEGREGATED_FIT, "segregated" },
		{ SQUIRREL_FIRST_FIT, "first" },
		{ SQUIRREL_BEST_FIT, "best" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(all); i++) {
		const struct sq_strategy *s = sq_strategy_by_id(all[i].id);

		KUNIT_ASSERT_NOT_NULL(test, s);
		KUNIT_EXPECT_STREQ(test, s->name, all[i].name);
		KUNIT_EXPECT_PTR_EQ(test, sq_strategy_by_name(s->name), s);
	}
	KUNIT_EXPECT_NULL(test, sq_strategy_by_id(SQUIRREL_STRATEGY_DEFAULT));
	KUNIT_EXPECT_NULL(test, sq_strategy_by_id(SQUIRREL_BEST_FIT + 1));
	KUNIT_EXPECT_NULL(test, sq_strategy_by_id(-1));
}

static struct kunit_case strategy_cases[] = {
	KUNIT_CASE(first_takes_the_lowest),
	KUNIT_CASE(best_takes_the_tightest),
	KUNIT_CASE(segregated_takes_what_is_sure_to_fit),
	KUNIT_CASE(slabs_come_by_strategy),
	KUNIT_CASE(free_blocks_come_before_the_source),
	KUNIT_CASE(neighbours_are_joined_before_giving_up),
	KUNIT_CASE(unknown_strategy_changes_nothing),
	KUNIT_CASE(strategies_have_names_and_numbers),
	{}
};

static struct kunit_suite strategy_suite = {
	.name = "squirrel_strategy",
	.suite_init = sq_kit_suite_init,
	.suite_exit = sq_kit_suite_exit,
	.init = sq_kit_init,
	.exit = sq_kit_exit,
	.test_cases = strategy_cases,
};

kunit_test_suites(&strategy_suite);
