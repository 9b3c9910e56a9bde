// SPDX-License-Identifier: GPL-2.0
/*
 * squirrel_heap_realloc(): what stays, what moves, what is zero.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "allocator_kunit.h"

/* Up and down through all sizes: the content stays, as far as it fits. */
static void realloc_keeps_content(struct kunit *test)
{
	static const size_t sizes[] = {
		1, 8, 9, 64, 60, 100, 104, 97, 4000, 5000, 8192, 8193, 12000,
		12288, 12289, 100000, 98305, 20000, 8192, 300, 300, 17, 1,
	};
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct sq_model *m = sq_model_new(test, 1);
	unsigned int i;
	void *obj;

	obj = squirrel_heap_realloc(heap, NULL, 5, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	sq_model_add(m, obj, 5, 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		obj = squirrel_heap_realloc(heap, obj, sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_GE(test, squirrel_usable_size(obj), sizes[i]);
		sq_model_resize(m, 0, obj, sizes[i]);
		KUNIT_EXPECT_EQ_MSG(test, m->damaged, 0, "to %zu", sizes[i]);
	}
	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_realloc(heap, obj, 0,
							GFP_KERNEL),
			    ZERO_SIZE_PTR);
	obj = squirrel_heap_realloc(heap, ZERO_SIZE_PTR, 8, GFP_KERNEL);
	KUNIT_EXPECT_TRUE(test, squirrel_owns(obj));
	squirrel_heap_free(heap, obj);
}

static void realloc_stays_where_it_can(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	void *obj = squirrel_heap_alloc(heap, 97, GFP_KERNEL);
	void *large = squirrel_heap_alloc(heap, SQ_PAGED(20000), GFP_KERNEL);

	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_realloc(heap, obj, 104,
							GFP_KERNEL), obj);
	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_realloc(heap, obj, 97,
							GFP_KERNEL), obj);
	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_realloc(heap, large, SQ_PAGED(20480),
							GFP_KERNEL), large);
	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_realloc(heap, large, SQ_PAGED(16385),
							GFP_KERNEL), large);
	/* Shrinking gives memory back. */
	obj = squirrel_heap_realloc(heap, obj, 16, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), max(16UL, SQUIRREL_MIN_ALIGN));
	squirrel_heap_free(heap, obj);
	squirrel_heap_free(heap, large);
}

/*
 * A power of two is aligned to itself, also where it would fit as it is: at page
 * 3, behind three pages at the start of the arena.
 */
static void realloc_aligns_powers_of_two(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 1024);
	void *odd, *was, *obj;
	size_t size;

	KUNIT_ASSERT_EQ(test, sq_manager_fetch(heap->manager, 64, GFP_KERNEL,
					       NUMA_NO_NODE), 64);
	for (size = 4 * PAGE_SIZE; size <= 16 * PAGE_SIZE; size *= 2) {
		sq_manager_coalesce(heap->manager, ~0UL);
		odd = squirrel_heap_alloc(heap, 3 * PAGE_SIZE, GFP_KERNEL);
		was = squirrel_heap_alloc(heap, size - 100, GFP_KERNEL);
		KUNIT_ASSERT_TRUE(test, odd && was);
		KUNIT_ASSERT_FALSE(test, IS_ALIGNED((unsigned long)was, size));
		obj = squirrel_heap_realloc(heap, was, size - 50, GFP_KERNEL);
		KUNIT_EXPECT_PTR_EQ(test, obj, was);
		obj = squirrel_heap_realloc(heap, was, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)obj, size));
		squirrel_heap_free(heap, obj);
		squirrel_heap_free(heap, odd);
	}
}

static void failed_realloc_changes_nothing(struct kunit *test)
{
	const struct squirrel_heap_args args = { .limit = 8 * PAGE_SIZE };
	struct squirrel_heap *heap = sq_fixture_heap(test, &args);
	struct sq_model *m = sq_model_new(test, 1);
	void *obj = squirrel_heap_alloc(heap, 500, GFP_KERNEL);
	int on_stack;

	sq_model_add(m, obj, 500, 0);
	KUNIT_EXPECT_NULL(test, squirrel_heap_realloc(heap, obj, 8 * PAGE_SIZE,
						      GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, squirrel_heap_realloc(heap, obj, SIZE_MAX,
						      GFP_KERNEL |
						      __GFP_NOWARN));
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
	KUNIT_EXPECT_NULL(test, squirrel_heap_realloc(heap, &on_stack, 8,
						      GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_NULL(test, squirrel_heap_realloc(heap, obj + 8, 8,
						      GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	squirrel_heap_free(heap, obj);
}

static void realloc_zeroes_what_is_new(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	u8 *obj;

	/* Dirt for it to land on. */
	obj = squirrel_heap_alloc(heap, 1000, GFP_KERNEL);
	memset(obj, 0xff, 1000);
	squirrel_heap_free(heap, obj);
	obj = squirrel_heap_alloc(heap, 128, GFP_KERNEL);
	memset(obj, 0xee, 128);
	obj = squirrel_heap_realloc(heap, obj, 1000, GFP_KERNEL | __GFP_ZERO);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0xee, 128));
	KUNIT_EXPECT_NULL(test, memchr_inv(obj + 128, 0, 872));
	squirrel_heap_free(heap, obj);
}

/*
 * From size to size, with __GFP_ZERO in every call: what is new is zero, what
 * was kept is as it was.
 */
static void realloc_chain(struct kunit *test, const size_t *sizes,
			  unsigned int nr)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	u8 *obj = squirrel_heap_zalloc(heap, sizes[0], GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, obj);
	memset(obj, 0xee, sizes[0]);
	for (i = 1; i < nr; i++) {
		size_t kept = min(sizes[i - 1], sizes[i]);

		obj = squirrel_heap_realloc(heap, obj, sizes[i],
					    GFP_KERNEL | __GFP_ZERO);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0xee, kept));
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(obj + kept, 0,
						       sizes[i] - kept),
				      "%zu to %zu", sizes[i - 1], sizes[i]);
		memset(obj, 0xee, sizes[i]);
	}
	squirrel_heap_free(heap, obj);
	sq_fixture_put_heap(test, heap);
}

/* It stays where it is, small and large; or goes elsewhere after it shrank. */
static void realloc_zeroes_what_was_given_up(struct kunit *test)
{
	static const size_t chains[][5] = {
		{ 104, 97, 104, 98, 104 },
		{ 104, 97, 300, 290, 320 },
		{ SQ_PAGED(20000), SQ_PAGED(16500), SQ_PAGED(20000), SQ_PAGED(16385),
		  SQ_PAGED(20480) },
		{ SQ_PAGED(20000), SQ_PAGED(16500), SQ_PAGED(50000), SQ_PAGED(49200),
		  SQ_PAGED(53248) },
		{ SQ_PAGED(8192), SQ_PAGED(7500), SQ_PAGED(8192), SQ_PAGED(9000),
		  SQ_PAGED(8200) },
		{ 64, 57, 60, 64, 4096 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(chains); i++)
		realloc_chain(test, chains[i], ARRAY_SIZE(chains[i]));
}

static struct kunit_case realloc_cases[] = {
	KUNIT_CASE(realloc_keeps_content),
	KUNIT_CASE(realloc_stays_where_it_can),
	KUNIT_CASE(realloc_aligns_powers_of_two),
	KUNIT_CASE(failed_realloc_changes_nothing),
	KUNIT_CASE(realloc_zeroes_what_is_new),
	KUNIT_CASE(realloc_zeroes_what_was_given_up),
	{}
};

static struct kunit_suite realloc_suite = {
	.name = "squirrel_realloc",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = realloc_cases,
};

kunit_test_suites(&realloc_suite);
