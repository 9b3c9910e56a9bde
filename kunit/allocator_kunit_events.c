// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_events: what the allocator tells the reclaimer, and when. The
 * suite listens in its place: nobody would notice an event that does not come but
 * by the time until the idle scan has found what there is.
 */
#include "allocator_kunit.h"

static sq_hook_fn hook_before;
static atomic_t heard[SQ_EVENT_CPU_DEAD + 1];

static void listen(enum sq_event event, gfp_t gfp)
{
	atomic_inc(&heard[event]);
}

static int events_suite_init(struct kunit_suite *suite)
{
	int err = sq_fixture_suite_init(suite);

	if (!err)
		hook_before = sq_allocator_set_hook(listen);
	return err;
}

static void events_suite_exit(struct kunit_suite *suite)
{
	sq_allocator_set_hook(hook_before);
	sq_fixture_suite_exit(suite);
}

/* How often since the last call. */
static int told(enum sq_event event)
{
	return atomic_xchg(&heard[event], 0);
}

/* What goes past the magazines may be worth a run; what stays in them is not. */
static void full_magazines_are_told(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	u32 cap = sq_fixture_cap(c), i;
	void **objs = sq_fixture_take(test, c, cap + 1);

	sq_fixture_drain(c, false);
	told(SQ_EVENT_ACTIVE);
	for (i = 0; i < cap; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_ACTIVE), 0);
	squirrel_cache_free(c, objs[cap]);
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_ACTIVE), 1);
}

/* Of a bulk only a part has room in them. */
static void bulks_past_magazines_are_told(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	u32 cap = sq_fixture_cap(c);
	void **objs = sq_fixture_take(test, c, 3 * cap);

	sq_fixture_drain(c, false);
	told(SQ_EVENT_ACTIVE);
	squirrel_cache_free_bulk(c, cap, objs);
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_ACTIVE), 0);
	sq_fixture_drain(c, false);
	squirrel_cache_free_bulk(c, 2 * cap, objs + cap);
	/* More than once where each is wiped first. */
	KUNIT_EXPECT_GT(test, told(SQ_EVENT_ACTIVE), 0);
}

/* Who needs new memory will leave some, sooner or later. */
static void new_slabs_are_told(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	void *obj;

	told(SQ_EVENT_ACTIVE);
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_ACTIVE), 1);
	squirrel_cache_free(c, obj);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_ACTIVE), 0);
}

/* More free pages than a heap should keep, of slabs or of large blocks. */
static void surplus_is_told(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 512);
	unsigned int i, n = 4 * SQ_HIGH_WATERMARK * PAGE_SIZE / 512;
	void **objs = sq_fixture_take(test, c, n), *large;
	struct sq_reclaim_work work = {};

	told(SQ_EVENT_HIGH_WATERMARK);
	for (i = 0; i < n / 16; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_HIGH_WATERMARK), 0);
	for (; i < n; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_GT(test, told(SQ_EVENT_HIGH_WATERMARK), 0);
	squirrel_cache_shrink(c);
	sq_allocator_give_back(0, ULONG_MAX, 0, &work);

	large = squirrel_heap_alloc(heap, SQ_HIGH_WATERMARK * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, large);
	sq_allocator_give_back(0, ULONG_MAX, 0, &work);
	told(SQ_EVENT_HIGH_WATERMARK);
	squirrel_heap_free(heap, large);
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_HIGH_WATERMARK), 0);
	large = squirrel_heap_alloc(heap, (SQ_HIGH_WATERMARK + 1) * PAGE_SIZE,
				    GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, large);
	squirrel_heap_free(heap, large);
	KUNIT_EXPECT_EQ(test, told(SQ_EVENT_HIGH_WATERMARK), 1);
}

/* Nor may slabs be given back where they may not: then somebody else is to. */
static void slabs_left_are_told(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *c = sq_fixture_cache(test, 1000, &args);
	void **objs = sq_fixture_take(test, c, 300);
	unsigned long flags;
	unsigned int i;

	told(SQ_EVENT_HIGH_WATERMARK);
	local_irq_save(flags);
	for (i = 0; i < 300; i++)
		squirrel_cache_free(c, objs[i]);
	local_irq_restore(flags);
	KUNIT_EXPECT_GT(test, told(SQ_EVENT_HIGH_WATERMARK), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.released), 0);
}

static struct kunit_case events_cases[] = {
	KUNIT_CASE(full_magazines_are_told),
	KUNIT_CASE(bulks_past_magazines_are_told),
	KUNIT_CASE(new_slabs_are_told),
	KUNIT_CASE(surplus_is_told),
	KUNIT_CASE(slabs_left_are_told),
	{}
};

static struct kunit_suite events_suite = {
	.name = "squirrel_events",
	.suite_init = events_suite_init,
	.suite_exit = events_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = events_cases,
};

kunit_test_suites(&events_suite);
