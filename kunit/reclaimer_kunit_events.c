// SPDX-License-Identifier: GPL-2.0
/*
 * What makes the background run, and what it leaves: free pages above the high
 * watermark go at once or kick it, an idle scan finds what raised no event, slabs that are
 * nearly empty give up pages, and where nothing happens nothing runs.
 */
#include <linux/delay.h>
#include <linux/mm.h>

#include "reclaimer_kunit.h"

#define SIZE	2500
#define OBJECTS	400
#define LEFT	10		/* one of so many stays */

static long runs(struct kunit *test)
{
	return sq_fixture_stat(test, sq_reclaimer_show_stats, "runs_parallel");
}

static bool has_run(struct kunit *test, long before)
{
	return runs(test) > before;
}

static bool held_is_at_most(struct kunit *test, long pages)
{
	return sq_fixture_held(test) <= pages;
}

static bool rests(struct kunit *test, long unused)
{
	long before = runs(test);

	msleep(300);
	return runs(test) == before;
}

/* The next run by the clock is a minute away: what gathers is not left for so long. */
static void high_watermark_kicks(struct kunit *test)
{
	unsigned long before = sq_fixture_held(test), full;
	unsigned int i;
	long was;

	sq_fixture_fill(test, SQ_FIXTURE_MAX);
	full = sq_fixture_held(test);
	sq_fixture_set_mode(test, "parallel 60000");
	was = runs(test);
	KUNIT_EXPECT_TRUE(test, rests(test, 0));
	KUNIT_EXPECT_EQ(test, runs(test), was);
	for (i = 0; i < 3; i++) {
		sq_fixture_fill(test, SQ_FIXTURE_MAX);
		KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, rests, 0));
		was = runs(test);
		sq_fixture_empty(test, 0);
		KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, has_run, was));
		/* It needs no period; what depots have, and what swings, is for the next. */
		squirrel_reclaim();
		KUNIT_EXPECT_LE(test, sq_fixture_held(test), before + (full - before) / 2);
	}
}

#define BLOCKS	64
#define BLOCK	(16 * PAGE_SIZE)

/* Take many pages from a heap and give them all: pages that it holds right then. */
static unsigned long left_by_blocks(struct kunit *test)
{
	struct squirrel_heap *heap = squirrel_heap_create("kunit-shed", NULL);
	unsigned long before, left;
	void *blocks[BLOCKS];
	unsigned int i;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	before = sq_fixture_held(test);
	for (i = 0; i < BLOCKS; i++)
		blocks[i] = squirrel_heap_alloc(heap, BLOCK, GFP_KERNEL);
	for (i = 0; i < BLOCKS; i++)
		squirrel_heap_free(heap, blocks[i]);
	left = sq_fixture_held(test) - before;
	squirrel_heap_destroy(heap);
	return left;
}

/* The next run is a minute away, and that it is kicked does not matter. */
static void what_is_too_much_goes_at_once(struct kunit *test)
{
	unsigned long all = BLOCKS * (BLOCK >> PAGE_SHIFT);

	sq_fixture_set_mode(test, "off");
	KUNIT_EXPECT_GE(test, left_by_blocks(test), all);
	sq_fixture_set_mode(test, "parallel 60000");
	KUNIT_EXPECT_LT(test, left_by_blocks(test), all / 8);
}

/* A large buffer for each turn of a loop is not fetched each time; what it outgrew goes. */
static void last_large_block_stays(struct kunit *test)
{
	struct squirrel_heap *heap = squirrel_heap_create("kunit-last", NULL);
	unsigned long before, one;
	void *outgrown, *block;

	KUNIT_ASSERT_FALSE(test, IS_ERR(heap));
	/* Nobody else is to look. */
	sq_fixture_set_mode(test, "off");
	sq_allocator_set_shed(true);
	before = sq_fixture_held(test);
	outgrown = squirrel_heap_alloc(heap, 8 * BLOCK, GFP_KERNEL);
	one = sq_fixture_held(test) - before;
	block = squirrel_heap_alloc(heap, 9 * BLOCK, GFP_KERNEL);
	squirrel_heap_free(heap, outgrown);
	KUNIT_EXPECT_LT(test, sq_fixture_held(test), before + 2 * one);
	squirrel_heap_free(heap, block);
	KUNIT_EXPECT_GE(test, sq_fixture_held(test), before + one);
	sq_allocator_set_shed(false);
	squirrel_heap_destroy(heap);
}

/* Frees that wake nobody: some magazine is not empty, and no more. */
static void quiet_frees_are_found(struct kunit *test)
{
	unsigned long before = sq_fixture_held(test);

	sq_fixture_set_mode(test, "parallel 5");
	sq_fixture_fill(test, 2);
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, rests, 0));
	sq_fixture_empty(test, 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, held_is_at_most, before));
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, rests, 0));
}

/* Not only in the first second, nor once: the idle scan goes on. */
static void quiet_frees_are_found_later(struct kunit *test)
{
	unsigned long before = sq_fixture_held(test);
	unsigned int i;

	sq_fixture_set_mode(test, "parallel 5");
	for (i = 0; i < 2; i++) {
		sq_fixture_fill(test, 2);
		KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, rests, 0));
		msleep(2500);
		sq_fixture_empty(test, 0);
		KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, held_is_at_most,
							before));
	}
}

static void idle_machine_runs_nothing(struct kunit *test)
{
	long before;

	sq_fixture_set_mode(test, "parallel 5");
	sq_fixture_fill(test, 500);
	sq_fixture_empty(test, 100);
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, rests, 0));
	/* Long enough for some looks for free objects. */
	before = runs(test);
	msleep(3500);
	KUNIT_EXPECT_EQ(test, runs(test), before);
}

/* Pages that an object lies in; those of two neighbours may be counted twice. */
static unsigned long pages_of(const void *obj)
{
	unsigned long addr = (unsigned long)obj;

	return ((addr + SIZE - 1) >> PAGE_SHIFT) - (addr >> PAGE_SHIFT) + 1;
}

/* Nearly all objects of long slabs go, here and there: their pages follow. */
static void thin_slabs_give_pages(struct kunit *test)
{
	void **objs = kunit_kcalloc(test, OBJECTS, sizeof(*objs), GFP_KERNEL);
	struct squirrel_cache *c;
	unsigned long before, full, touched = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	c = squirrel_cache_create("kunit-thin", SIZE, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c));
	sq_fixture_settle(test);
	before = sq_fixture_held(test);
	for (i = 0; i < OBJECTS; i++) {
		objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
		KUNIT_EXPECT_NOT_NULL(test, objs[i]);
		memset(objs[i], i, SIZE);
	}
	full = sq_fixture_held(test) - before;
	for (i = 0; i < OBJECTS; i++) {
		if (i % LEFT)
			squirrel_cache_free(c, objs[i]);
		else
			touched += pages_of(objs[i]);
	}
	/* Without it, most would stay for a long time. */
	KUNIT_EXPECT_GT(test, full, 2 * touched);
	sq_fixture_set_mode(test, "parallel 10");
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, held_is_at_most,
						before + full / 2));
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, held_is_at_most, before +
						touched + touched / 2 + 20));
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	for (i = 0; i < OBJECTS; i += LEFT) {
		KUNIT_EXPECT_NULL(test, memchr_inv(objs[i], i, SIZE));
		squirrel_cache_free(c, objs[i]);
	}
	squirrel_cache_destroy(c);
}

static struct kunit_case events_cases[] = {
	KUNIT_CASE(high_watermark_kicks),
	KUNIT_CASE(what_is_too_much_goes_at_once),
	SQ_CASE_4K(last_large_block_stays),
	KUNIT_CASE(quiet_frees_are_found),
	KUNIT_CASE(quiet_frees_are_found_later),
	KUNIT_CASE(idle_machine_runs_nothing),
	SQ_CASE_4K(thin_slabs_give_pages),
	{}
};

static struct kunit_suite events_suite = {
	.name = "squirrel_reclaimer_events",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = events_cases,
};

kunit_test_suites(&events_suite);
