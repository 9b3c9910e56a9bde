// SPDX-License-Identifier: GPL-2.0
/*
 * The shrinker: what the kernel would be told and given.
 */
#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/seq_file.h>

#include "reclaimer_kunit.h"

/* As the kernel reads it: nothing is a word of its own, and not 0. */
static unsigned long count(struct kunit *test)
{
	unsigned long pages = sq_shrinker_count();

	KUNIT_EXPECT_NE(test, pages, 0);
	return pages == SHRINK_EMPTY ? 0 : pages;
}

static void count_follows_free_memory(struct kunit *test)
{
	unsigned long before = count(test);

	KUNIT_EXPECT_EQ(test, before, sq_allocator_reclaimable());
	sq_fixture_fill(test, 2000);
	/* What is live is not to be had. */
	KUNIT_EXPECT_LT(test, count(test), before + 100);
	sq_fixture_empty(test, 0);
	KUNIT_EXPECT_GE(test, count(test), before + 450);
	squirrel_reclaim();
	KUNIT_EXPECT_LE(test, count(test), before);
}

/* Of this CPU's magazines, depots, empty slabs and free blocks, all goes. */
static void scan_gives_pages_back(struct kunit *test)
{
	long runs = sq_fixture_stat(test, sq_reclaimer_show_stats,
				    "runs_pressure");
	unsigned int cpu = raw_smp_processor_id();
	unsigned long held, counted, back;

	set_cpus_allowed_ptr(current, cpumask_of(cpu));
	sq_fixture_fill(test, 2000);
	sq_fixture_empty(test, 0);
	KUNIT_EXPECT_FALSE(test, sq_allocator_cpu_idle(cpu));
	held = sq_fixture_held(test);
	counted = count(test);
	back = sq_shrinker_scan();
	KUNIT_EXPECT_TRUE(test, sq_allocator_cpu_idle(cpu));
	KUNIT_EXPECT_GE(test, back, 400);
	KUNIT_EXPECT_EQ(test, sq_fixture_held(test) + back, held);
	KUNIT_EXPECT_LE(test, count(test), counted - 400);
	KUNIT_EXPECT_EQ(test, sq_fixture_stat(test, sq_reclaimer_show_stats,
					      "runs_pressure"), runs + 1);
}

static void scan_of_nothing_gives_nothing(struct kunit *test)
{
	sq_fixture_settle(test);
	KUNIT_EXPECT_EQ(test, sq_shrinker_scan(), SHRINK_STOP);
	KUNIT_EXPECT_EQ(test, sq_shrinker_scan(), SHRINK_STOP);
	/* There is nothing at all: the kernel need not ask. */
	KUNIT_ASSERT_EQ(test, sq_allocator_reclaimable(), 0);
	KUNIT_EXPECT_EQ(test, sq_shrinker_count(), SHRINK_EMPTY);
}

#define HELD	2000

/*
 * Objects leave quarantine some at a time, here of all pages in turn: the kernel does not ask
 * again who had no page for it.
 */
static void scan_goes_on_through_quarantine(struct kunit *test)
{
	static const struct squirrel_cache_args args = { .debug = "Q" };
	void **objs = kunit_kcalloc(test, HELD, sizeof(*objs), GFP_KERNEL);
	struct squirrel_cache *c;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	c = squirrel_cache_create("kunit-held", 100, &args);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c));
	for (i = 0; i < HELD; i++)
		objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
	sq_fixture_settle(test);
	/* 37 and HELD have no divisor in common. */
	for (i = 0; i < HELD; i++)
		squirrel_cache_free(c, objs[i * 37 % HELD]);
	KUNIT_EXPECT_NE(test, sq_shrinker_scan(), SHRINK_STOP);
	squirrel_cache_destroy(c);
}

/* The kernel asks while memory is being allocated: live objects are not hurt. */
static void scan_leaves_live_objects(struct kunit *test)
{
	unsigned int i;

	for (i = 1; i < 20; i++) {
		sq_fixture_fill(test, 100 * i);
		sq_shrinker_scan();
		sq_fixture_empty(test, 50 * i);
		sq_shrinker_scan();
	}
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

/* Pressure may come where nothing may sleep. */
static void scan_does_not_sleep(struct kunit *test)
{
	unsigned long back;

	sq_fixture_fill(test, 1000);
	sq_fixture_empty(test, 0);
	preempt_disable();
	back = sq_shrinker_scan();
	preempt_enable();
	KUNIT_EXPECT_GT(test, back, 150);
}

/* Nothing is allocated under pressure, also not to bring reserves back. */
static void scan_refills_nothing(struct kunit *test)
{
	const struct squirrel_cache_args args = { .reserve = 200 };
	long refilled = sq_fixture_stat(test, sq_reclaimer_show_stats,
					"objects_refilled");
	void **objs = kunit_kcalloc(test, 200, sizeof(*objs), GFP_KERNEL);
	struct squirrel_cache *c;
	int got;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	c = squirrel_cache_create("kunit-reserve", 512, &args);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c));
	got = squirrel_cache_alloc_bulk(c, GFP_KERNEL, 200, objs);
	KUNIT_EXPECT_EQ(test, got, 200);
	sq_shrinker_scan();
	KUNIT_EXPECT_EQ(test, sq_fixture_stat(test, sq_reclaimer_show_stats,
					      "objects_refilled"), refilled);
	squirrel_reclaim();
	KUNIT_EXPECT_GT(test, sq_fixture_stat(test, sq_reclaimer_show_stats,
					      "objects_refilled"), refilled);
	squirrel_cache_free_bulk(c, got, objs);
	squirrel_cache_destroy(c);
}

static struct kunit_case shrinker_cases[] = {
	SQ_CASE_4K(count_follows_free_memory),
	SQ_CASE_4K(scan_gives_pages_back),
	KUNIT_CASE(scan_of_nothing_gives_nothing),
	KUNIT_CASE(scan_goes_on_through_quarantine),
	KUNIT_CASE(scan_leaves_live_objects),
	SQ_CASE_4K(scan_does_not_sleep),
	KUNIT_CASE(scan_refills_nothing),
	{}
};

static struct kunit_suite shrinker_suite = {
	.name = "squirrel_shrinker",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = shrinker_cases,
};

kunit_test_suites(&shrinker_suite);
