// SPDX-License-Identifier: GPL-2.0
/*
 * squirrel_free_any(): by the address alone an object goes where it came from,
 * and what is not squirrel's is told from that.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "allocator_kunit.h"

#define SIZE	200
#define LARGE	(5 * PAGE_SIZE)

static void set_up(void *obj)
{
	memset(obj, 0, SIZE);
}

static void any_object_of_a_cache(struct kunit *test)
{
	static const struct squirrel_cache_args args[] = {
		{},
		{ .ctor = set_up },
		{ .flags = SQUIRREL_TYPESAFE_BY_RCU },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(args); i++) {
		struct squirrel_cache *c = sq_fixture_cache(test, SIZE, &args[i]);
		void *obj = sq_fixture_alloc(test, c), *other;

		other = sq_fixture_alloc(test, c);
		KUNIT_EXPECT_TRUE(test, squirrel_free_any(obj));
		KUNIT_EXPECT_EQ(test, sq_cache_live(c), 1);
		KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
		/* It is at hand again. */
		KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), obj);
		KUNIT_EXPECT_TRUE(test, squirrel_free_any(other));
		KUNIT_EXPECT_TRUE(test, squirrel_free_any(obj));
		KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
		KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	}
}

static void any_memory_of_a_heap(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	void *small = squirrel_heap_alloc(heap, SIZE, GFP_KERNEL);
	void *large = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
	void *common = squirrel_alloc(SIZE, GFP_KERNEL);
	struct squirrel_cache *class;

	KUNIT_ASSERT_NOT_NULL(test, small);
	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_ASSERT_NOT_NULL(test, common);
	class = heap->class[squirrel_class_of(SIZE)];
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(small));
	KUNIT_EXPECT_EQ(test, sq_cache_live(class), 0);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(large));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large_live), 0);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(common));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* What it would be wrong to free is refused and reported as by the others. */
static void any_misuse_is_reported(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	void *large, *obj;

	sq_fixture_need_hardened(test);
	large = squirrel_heap_alloc(heap, LARGE, GFP_KERNEL);
	obj = sq_fixture_alloc(test, c);
	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(obj + 8));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(large + PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large_live), 1);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(obj));
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(obj));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_TRUE(test, squirrel_free_any(large));
}

/* Nothing is done, and nothing said, about what is not squirrel's. */
static void any_other_memory_is_left_alone(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	u8 *foreign = kunit_kmalloc(test, SIZE, GFP_KERNEL);
	void *gone = sq_fixture_alloc(test, c);

	KUNIT_ASSERT_NOT_NULL(test, foreign);
	memset(foreign, 0x5a, SIZE);
	KUNIT_EXPECT_FALSE(test, squirrel_free_any(foreign));
	KUNIT_EXPECT_NULL(test, memchr_inv(foreign, 0x5a, SIZE));
	KUNIT_EXPECT_FALSE(test, squirrel_free_any(&gone));
	KUNIT_EXPECT_FALSE(test, squirrel_free_any(NULL));
	KUNIT_EXPECT_FALSE(test, squirrel_free_any(ZERO_SIZE_PTR));
	KUNIT_EXPECT_FALSE(test, squirrel_free_any(ERR_PTR(-ENOMEM)));
	KUNIT_EXPECT_FALSE(test, squirrel_free_any((void *)TASK_SIZE));
	squirrel_cache_free(c, gone);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_FALSE(test, squirrel_free_any(gone));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

static struct kunit_case any_cases[] = {
	KUNIT_CASE(any_object_of_a_cache),
	KUNIT_CASE(any_memory_of_a_heap),
	KUNIT_CASE(any_misuse_is_reported),
	KUNIT_CASE(any_other_memory_is_left_alone),
	{}
};

static struct kunit_suite any_suite = {
	.name = "squirrel_free_any",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = any_cases,
};

kunit_test_suites(&any_suite);
