// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps: what a client is promised.
 */
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "allocator_kunit.h"

static const size_t some_sizes[] = {
	1, 7, 8, 9, 64, 65, 100, 128, 500, 512, 1000, 4095, 4096, 4097, 8192,
	8193, 12288, 20000, 65536, 100000, 1UL << 20, SQUIRREL_MAX_SIZE,
};

static void every_size_is_served(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct sq_model *m = sq_model_new(test, 2 * ARRAY_SIZE(some_sizes));
	unsigned int i;

	for (i = 0; i < 2 * ARRAY_SIZE(some_sizes); i++) {
		size_t size = some_sizes[i / 2];
		void *obj = squirrel_heap_alloc(heap, size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL_MSG(test, obj, "%zu", size);
		KUNIT_EXPECT_GE(test, squirrel_usable_size(obj), size);
		KUNIT_EXPECT_TRUE(test, squirrel_owns(obj));
		KUNIT_EXPECT_TRUE(test, squirrel_owns(obj + size - 1));
		/* All that is usable may be used. */
		KUNIT_EXPECT_TRUE(test,
				  sq_model_add(m, obj,
					       squirrel_usable_size(obj), 0));
	}
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (m->nr)
		squirrel_heap_free(heap, sq_model_del(m, m->nr / 3));
	KUNIT_EXPECT_EQ(test, m->damaged, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large_live), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large_bytes), 0);
}

/* Free blocks that begin at odd pages, of all lengths: every second of these. */
static void make_odd(struct kunit *test, struct squirrel_heap *heap)
{
	void *last = NULL;
	unsigned int i;

	for (i = 0; i < 120; i++) {
		size_t pages = i & 1 ? 1 : 3 + i % 37;
		void *obj = squirrel_heap_alloc(heap, pages * PAGE_SIZE,
						GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, obj);
		if (i & 1)
			squirrel_heap_free(heap, last);
		last = obj;
	}
}

/* With a page in between, so that what follows may begin anywhere. */
static void expect_aligned(struct kunit *test, struct squirrel_heap *heap,
			   size_t size)
{
	size_t align = max(size, 8UL);
	unsigned int i;
	void *obj;

	for (i = 0; i < 20 && i * size < SQUIRREL_MAX_SIZE; i++) {
		obj = squirrel_heap_alloc(heap, size, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
		KUNIT_EXPECT_EQ_MSG(test, (unsigned long)obj % align, 0, "%zu",
				    size);
		obj = squirrel_heap_alloc(heap, PAGE_SIZE, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, obj);
	}
}

static void powers_of_two_are_aligned(struct kunit *test)
{
	static const char * const strategies[] = { "segregated", "first", "best" };
	unsigned int i;
	size_t size;

	for (i = 0; i < ARRAY_SIZE(strategies); i++) {
		const struct squirrel_heap_args args = {
			.strategy_name = strategies[i],
		};
		struct squirrel_heap *heap = sq_fixture_heap(test, &args);

		make_odd(test, heap);
		for (size = 1; size <= SQUIRREL_MAX_SIZE; size *= 2)
			expect_aligned(test, heap, size);
		sq_fixture_put_heap(test, heap);
	}
}

/*
 * Out of one block of 16 pages: three are taken twice, so what is left begins
 * at page 6, and the next of four has to begin at page 8.
 */
static void carved_powers_of_two_are_aligned(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "first", 1024);
	struct sq_fixture *fix = test->priv;
	size_t pages;
	void *obj;

	for (pages = 2; pages <= 8; pages *= 2) {
		obj = squirrel_heap_alloc(heap, 16 * PAGE_SIZE, GFP_KERNEL);
		squirrel_heap_free(heap, obj);
		squirrel_heap_alloc(heap, 3 * PAGE_SIZE, GFP_KERNEL);
		obj = squirrel_heap_alloc(heap, pages * PAGE_SIZE, GFP_KERNEL);
		KUNIT_EXPECT_EQ_MSG(test, (unsigned long)obj %
				    (pages * PAGE_SIZE), 0, "%zu pages", pages);
		/* It did come out of that block. */
		KUNIT_EXPECT_LT(test, sq_fake_index(&fix->fake,
						    (unsigned long)obj), 64);
	}
}

/* A class that cannot be made is replaced by none that is aligned to less. */
static void substitute_classes_are_aligned(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	unsigned int class;

	for (class = 0; class + 1 < SQUIRREL_NR_CLASSES; class++) {
		unsigned int size = squirrel_class_size(class), got;
		struct squirrel_cache *c;

		if (!is_power_of_2(size))
			continue;
		KUNIT_ASSERT_NOT_NULL(test, sq_heap_class(heap, class + 1,
							  GFP_KERNEL));
		c = sq_heap_substitute(heap, class);
		got = c ? squirrel_cache_size(c) : PAGE_SIZE;
		KUNIT_EXPECT_EQ_MSG(test, got % size, 0, "%u", size);
	}
}

/* Small ones waste at most an eighth, or 7 bytes; large ones part of a page. */
static void usable_size_is_close(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	size_t size;

	for (size = 1; size <= SQ_PAGED(20000); size += 1 + size / 50) {
		void *obj = squirrel_heap_alloc(heap, size, GFP_KERNEL);
		size_t usable = squirrel_usable_size(obj);

		KUNIT_EXPECT_GE(test, usable, size);
		if (size <= SQUIRREL_CLASS_MAX_SIZE)
			KUNIT_EXPECT_LE(test, usable - size,
					max(SQUIRREL_MIN_ALIGN - 1, size / 8));
		else
			KUNIT_EXPECT_EQ(test, usable, PAGE_ALIGN(size));
		squirrel_heap_free(heap, obj);
	}
}

static void usable_size_of_what_is_not_live(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	void *small = squirrel_heap_alloc(heap, 100, GFP_KERNEL);
	void *large = squirrel_heap_alloc(heap, SQ_PAGED(50000), GFP_KERNEL);
	int on_stack;

	KUNIT_EXPECT_EQ(test, squirrel_usable_size(NULL), 0);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(ZERO_SIZE_PTR), 0);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(&on_stack), 0);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(ERR_PTR(-ENOMEM)), 0);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(test), 0);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(small + 1), 0);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(large + 1), 0);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(large + PAGE_SIZE), 0);
	KUNIT_EXPECT_FALSE(test, squirrel_owns(NULL));
	KUNIT_EXPECT_FALSE(test, squirrel_owns(&on_stack));
	KUNIT_EXPECT_FALSE(test, squirrel_owns(test));
	KUNIT_EXPECT_FALSE(test, squirrel_owns(ERR_PTR(-EINVAL)));
	KUNIT_EXPECT_FALSE(test, squirrel_owns(squirrel_owns));
	KUNIT_EXPECT_TRUE(test, squirrel_owns(large + SQ_PAGED(50000) - 1));
	squirrel_heap_free(heap, large);
	KUNIT_EXPECT_FALSE(test, squirrel_owns(large));
	squirrel_heap_free(heap, small);
}

static void odd_sizes(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	const gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;

	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_alloc(heap, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_calloc(heap, 0, 8, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_PTR_EQ(test, squirrel_heap_calloc(heap, 8, 0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, SQUIRREL_MAX_SIZE + 1,
						    quiet));
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, SIZE_MAX, quiet));
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, SIZE_MAX / 2 + 1,
						    quiet));
	/* An overflow is no cause for a warning, whatever the flags. */
	KUNIT_EXPECT_NULL(test, squirrel_heap_calloc(heap, SIZE_MAX, 2,
						     GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, squirrel_heap_calloc(heap, 1UL << 33,
						     1UL << 33, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc_node(heap, 8, GFP_KERNEL,
							 INT_MAX));
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc_node(heap, 8, GFP_KERNEL,
							 -7));
	squirrel_heap_free(heap, NULL);
	squirrel_heap_free(heap, ZERO_SIZE_PTR);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->nomem), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
}

/* All that is usable, for realloc() may show it later. */
static void zeroed_memory_is_zero(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(some_sizes); i++) {
		size_t size = some_sizes[i], usable;
		void *obj = squirrel_heap_alloc(heap, size, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, obj);
		usable = squirrel_usable_size(obj);
		memset(obj, 0xff, usable);
		squirrel_heap_free(heap, obj);
		obj = squirrel_heap_zalloc(heap, size, GFP_KERNEL);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(obj, 0, usable), "%zu",
				      size);
		memset(obj, 0xff, usable);
		squirrel_heap_free(heap, obj);
		obj = squirrel_heap_calloc(heap, 1, size, GFP_KERNEL);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(obj, 0, usable), "%zu",
				      size);
		squirrel_heap_free(heap, obj);
	}
}

/* ---- limit, reserve, destroy ---------------------------------------------- */

static void heap_limit_is_counted_apart(struct kunit *test)
{
	const struct squirrel_heap_args args = { .limit = 20 * PAGE_SIZE + 5 };
	struct squirrel_heap *heap = sq_fixture_heap(test, &args);
	struct squirrel_cache *c;
	void *large;

	large = squirrel_heap_alloc(heap, 17 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, large);
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, 4 * PAGE_SIZE,
						    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->limit_hits), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->nomem), 0);
	/* Three pages are left, for slabs as well. */
	while (squirrel_heap_alloc(heap, 128, GFP_KERNEL))
		;
	c = heap->class[squirrel_class_of(128)];
	/* Some may lie with a CPU that the test has left. */
	KUNIT_EXPECT_EQ(test, sq_cache_live(c) + sq_cache_in_magazines(c),
			3 * PAGE_SIZE / 128);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.limit_hits), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.nomem), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 20);
	squirrel_heap_free(heap, large);
	large = squirrel_heap_alloc(heap, 17 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, large);
}

static void heap_without_memory_counts_that(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 16);
	struct sq_fixture *fix = test->priv;
	void *obj;

	fix->fake.budget = 0;
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, SQ_PAGED(50000), GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->nomem), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->limit_hits), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large_live), 0);
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, 50, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->class[squirrel_class_of(50)]
					       ->counts.nomem), 1);
	fix->fake.budget = 16;
	obj = squirrel_heap_alloc(heap, SQ_PAGED(50000), GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	squirrel_heap_free(heap, obj);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
}

static unsigned long pages_held(struct squirrel_heap *heap)
{
	return sq_manager_pages_used(heap->manager) +
	       sq_manager_pages_free(heap->manager);
}

static void heap_reserve_is_kept(struct kunit *test)
{
	/* A part of a page is one as well. */
	const struct squirrel_heap_args args = { .reserve = 39 * PAGE_SIZE + 1 };
	struct squirrel_heap *heap = sq_fixture_heap(test, &args);
	struct sq_view view;
	u64 gets;
	void *obj;

	KUNIT_EXPECT_GE(test, pages_held(heap), 40);
	sq_viewer_count(heap->manager, &view);
	gets = view.source_gets;
	squirrel_reclaim();
	KUNIT_EXPECT_GE(test, pages_held(heap), 40);
	obj = squirrel_heap_alloc(heap, 20 * PAGE_SIZE, GFP_NOWAIT);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	sq_viewer_count(heap->manager, &view);
	KUNIT_EXPECT_EQ(test, view.source_gets, gets);
	squirrel_heap_free(heap, obj);
	obj = squirrel_heap_alloc(heap, 100 * PAGE_SIZE, GFP_KERNEL);
	squirrel_heap_free(heap, obj);
	squirrel_reclaim();
	KUNIT_EXPECT_EQ(test, pages_held(heap), 40);
}

static void destroy_frees_what_is_live(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	unsigned long heaps = sq_fixture_nr_heaps();
	void *objs[2 * ARRAY_SIZE(some_sizes)];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = squirrel_heap_alloc(heap, some_sizes[i / 2],
					      GFP_KERNEL);
	sq_fixture_put_heap(test, heap);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr_heaps(), heaps - 1);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		KUNIT_EXPECT_FALSE(test, squirrel_owns(objs[i]));
}

static void fake_heap_gives_all_back(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "best", 2048);
	struct sq_fixture *fix = test->priv;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(some_sizes); i++)
		KUNIT_EXPECT_NOT_NULL(test,
				      squirrel_heap_alloc(heap, some_sizes[i],
							  GFP_KERNEL));
	sq_heap_discard(heap);
	fix->over_fake = NULL;
	KUNIT_EXPECT_EQ(test, fix->fake.out, 0);
	KUNIT_EXPECT_EQ(test, fix->fake.errors, 0);
	KUNIT_EXPECT_EQ(test, sq_fake_exit(&fix->fake), 0);
}

/* ---- the default heap ----------------------------------------------------- */

static void default_heap_works_alike(struct kunit *test)
{
	u8 *obj = squirrel_zalloc(200, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0, 200));
	memset(obj, 0x11, 200);
	obj = squirrel_realloc(obj, 9000, GFP_KERNEL);
	KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0x11, 200));
	squirrel_free(obj);
	obj = squirrel_calloc(3, 50, GFP_KERNEL);
	KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0, 150));
	squirrel_free(obj);
	obj = squirrel_alloc_node(30, GFP_KERNEL, numa_mem_id());
	KUNIT_EXPECT_TRUE(test, squirrel_owns(obj));
	squirrel_free(obj);
	KUNIT_EXPECT_PTR_EQ(test, (void *)squirrel_alloc(0, GFP_KERNEL),
			    ZERO_SIZE_PTR);
	KUNIT_EXPECT_NULL(test, squirrel_calloc(SIZE_MAX, 2, GFP_KERNEL));
	squirrel_free(NULL);
	squirrel_free(ZERO_SIZE_PTR);
	squirrel_free_sensitive(NULL);
	squirrel_free_sensitive(ZERO_SIZE_PTR);
}

/* Nothing of it is left, but the mark of a free object. */
static void sensitive_memory_is_wiped(struct kunit *test)
{
	u8 *obj = squirrel_alloc(200, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, obj);
	memset(obj, 0xff, squirrel_usable_size(obj));
	squirrel_free_sensitive(obj);
	KUNIT_EXPECT_NULL(test, memchr_inv(obj + 8, 0, 192));
}

/*
 * A grace period has to end between the last page of a heap and its end. In full: of an
 * expedited one the short form may not know, if another is under way.
 */
static struct rcu_gp_oldstate last_page;
static struct sq_block_lost (*fakes_put)(const struct sq_block_ops *ops, void *addr,
					 unsigned int order);

static struct sq_block_lost put_in_time(const struct sq_block_ops *ops, void *addr,
					unsigned int order)
{
	get_state_synchronize_rcu_full(&last_page);
	return fakes_put(ops, addr, order);
}

/* Who frees what is free already, or asks whose it was, has found it before it went. */
static void heap_outlives_readers(struct kunit *test)
{
	static const struct squirrel_heap_args args;
	struct sq_fake *fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	struct squirrel_heap *heap;

	KUNIT_ASSERT_NOT_NULL(test, fake);
	if (sq_fake_init(fake, 64))
		kunit_skip(test, "no memory for the fake source");
	fakes_put = fake->ops.put;
	fake->ops.put = put_in_time;
	heap = sq_heap_new("kunit-readers", &args, &fake->ops, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(heap));
	KUNIT_EXPECT_NOT_NULL(test, squirrel_heap_alloc(heap, 100, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, fake->puts, 0);
	sq_heap_discard(heap);
	KUNIT_EXPECT_GT(test, fake->puts, 0);
	KUNIT_EXPECT_TRUE(test, poll_state_synchronize_rcu_full(&last_page));
	KUNIT_EXPECT_EQ(test, sq_fake_exit(fake), 0);
}

static struct kunit_case heap_cases[] = {
	KUNIT_CASE(every_size_is_served),
	KUNIT_CASE(powers_of_two_are_aligned),
	KUNIT_CASE(carved_powers_of_two_are_aligned),
	KUNIT_CASE(substitute_classes_are_aligned),
	KUNIT_CASE(usable_size_is_close),
	KUNIT_CASE(usable_size_of_what_is_not_live),
	KUNIT_CASE(odd_sizes),
	KUNIT_CASE(zeroed_memory_is_zero),
	KUNIT_CASE(heap_limit_is_counted_apart),
	KUNIT_CASE(heap_without_memory_counts_that),
	KUNIT_CASE(heap_reserve_is_kept),
	KUNIT_CASE(destroy_frees_what_is_live),
	KUNIT_CASE(fake_heap_gives_all_back),
	KUNIT_CASE(default_heap_works_alike),
	KUNIT_CASE(sensitive_memory_is_wiped),
	KUNIT_CASE(heap_outlives_readers),
	{}
};

static struct kunit_suite heap_suite = {
	.name = "squirrel_heap",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = heap_cases,
};

kunit_test_suites(&heap_suite);
