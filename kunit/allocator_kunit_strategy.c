// SPDX-License-Identifier: GPL-2.0
/*
 * Strategies: over a fake source that hands out adjacent pages, lowest first,
 * so that it is known which free blocks there are. Those of this file's own are
 * as another module would write them.
 */
#include <linux/module.h>

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
	struct sq_fixture *fix = test->priv;
	void *hole[3];
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, a);
	a->heap = sq_fixture_fake_heap(test, strategy, ARENA);
	a->fake = &fix->fake;
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

	KUNIT_EXPECT_EQ(test, where(a, 128), 0);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "best"), 0);
	KUNIT_EXPECT_EQ(test, where(a, 256), 23);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "segregated\n"), 0);
	KUNIT_EXPECT_EQ(test, where(a, 512), 24);
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

/* ---- strategies of another module ----------------------------------------- */

static unsigned int asked;

/* The highest block that fits, by a walk. */
static struct squirrel_block *high_find(struct squirrel_pool *pool,
					unsigned long pages)
{
	struct squirrel_block *b, *found = NULL;

	asked++;
	for (b = squirrel_pool_first(pool); b; b = squirrel_pool_next(pool, b))
		if (squirrel_pool_pages(pool, b) >= pages)
			found = b;
	return found;
}

static struct squirrel_strategy high = {
	.name = "kunit-high",
	.find = high_find,
};

static void use(struct kunit *test, struct squirrel_heap *heap,
		struct squirrel_strategy *s)
{
	KUNIT_ASSERT_EQ(test, squirrel_strategy_register(s), 0);
	KUNIT_ASSERT_EQ(test, sq_heap_set_strategy(heap, s->name), 0);
}

static void drop(struct kunit *test, struct squirrel_heap *heap,
		 struct squirrel_strategy *s)
{
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(heap, "segregated"), 0);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(s), 0);
}

static unsigned long faults(struct squirrel_heap *heap)
{
	return atomic_long_read(&heap->strategy_faults);
}

static void guest_is_asked(struct kunit *test)
{
	struct arena *a = arrange(test, "first");

	asked = 0;
	use(test, a->heap, &high);
	KUNIT_EXPECT_EQ(test, where(a, 18 * PAGE_SIZE), 43);
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 23);
	KUNIT_EXPECT_EQ(test, where(a, 64), 0);
	KUNIT_EXPECT_EQ(test, asked, 3);
	KUNIT_EXPECT_EQ(test, faults(a->heap), 0);
	drop(test, a->heap, &high);
	where(a, 128);
	KUNIT_EXPECT_EQ(test, asked, 3);
}

static void bad_registration_is_refused(struct kunit *test)
{
	static struct squirrel_strategy bad[] = {
		{ .name = NULL, .find = high_find },
		{ .name = "", .find = high_find },
		{ .name = "sixteen_letters_", .find = high_find },
		{ .name = "a/b", .find = high_find },
		{ .name = "a b", .find = high_find },
		{ .name = "nofind" },
	};
	static struct squirrel_strategy taken = {
		.name = "best", .find = high_find,
	};
	static struct squirrel_strategy longest = {
		.name = "fifteen_letters", .find = high_find,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ(test, squirrel_strategy_register(&bad[i]),
				-EINVAL);
	KUNIT_EXPECT_EQ(test, __squirrel_strategy_register(NULL, THIS_MODULE),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_register(&taken), -EEXIST);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&taken), -ENOENT);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_register(&longest), 0);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_register(&longest), -EEXIST);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&longest), 0);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&longest), -ENOENT);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_register(&longest), 0);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&longest), 0);
}

static void heap_is_made_with_a_name(struct kunit *test)
{
	static const struct squirrel_heap_args args = {
		.strategy = SQUIRREL_BEST_FIT,
		.strategy_name = "kunit-high",
	};
	struct squirrel_heap *heap;

	heap = squirrel_heap_create("kunit-named", &args);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(heap), -EINVAL);
	KUNIT_ASSERT_EQ(test, squirrel_strategy_register(&high), 0);
	heap = sq_fixture_heap(test, &args);
	KUNIT_EXPECT_STREQ(test, heap->strategy->name, "kunit-high");
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&high), -EBUSY);
	sq_fixture_put_heap(test, heap);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&high), 0);
}

/* Who does not choose has the default heap's, whatever that is by now. */
static void default_is_inherited(struct kunit *test)
{
	const char *before = sq_default_heap->strategy->name;
	struct squirrel_heap *heap;

	use(test, sq_default_heap, &high);
	heap = sq_fixture_heap(test, NULL);
	KUNIT_EXPECT_PTR_EQ(test, heap->strategy, sq_default_heap->strategy);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(sq_default_heap, before), 0);
	drop(test, heap, &high);
}

/* ---- state ---- */

static struct squirrel_block *next_find(struct squirrel_pool *pool,
					unsigned long pages)
{
	unsigned long *rover = squirrel_pool_state(pool);
	struct squirrel_block *b = squirrel_pool_from(pool, *rover, pages);

	if (!b)
		b = squirrel_pool_from(pool, 0, pages);
	if (b)
		*rover = squirrel_block_addr(b) + pages * PAGE_SIZE;
	return b;
}

static struct squirrel_strategy next = {
	.name = "kunit-next",
	.find = next_find,
};

static void state_is_kept_and_begins_anew(struct kunit *test)
{
	struct arena *a = arrange(test, "first");

	use(test, a->heap, &next);
	KUNIT_EXPECT_EQ(test, where(a, 12 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, where(a, 9 * PAGE_SIZE), 23);
	KUNIT_EXPECT_EQ(test, where(a, 9 * PAGE_SIZE), 43);
	/* Around: 8 pages are left at 12, 8 at 32, 9 at 52. */
	KUNIT_EXPECT_EQ(test, where(a, 9 * PAGE_SIZE), 52);
	KUNIT_EXPECT_EQ(test, where(a, 3 * PAGE_SIZE), 12);
	KUNIT_EXPECT_EQ(test, where(a, 3 * PAGE_SIZE), 15);
	KUNIT_EXPECT_EQ(test, where(a, 3 * PAGE_SIZE), 32);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "best"), 0);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "kunit-next"), 0);
	KUNIT_EXPECT_EQ(test, where(a, PAGE_SIZE), 18);
	KUNIT_EXPECT_EQ(test, faults(a->heap), 0);
	drop(test, a->heap, &next);
}

/* ---- shape ---- */

static unsigned long shaped_pages, shaped_align;

static void any_shape(unsigned long *pages, unsigned long *align)
{
	*pages = shaped_pages ? shaped_pages : roundup_pow_of_two(*pages);
	*align = shaped_align ? shaped_align : *pages;
}

static struct squirrel_block *tight_find(struct squirrel_pool *pool,
					 unsigned long pages)
{
	return squirrel_pool_tightest(pool, pages);
}

static struct squirrel_strategy shaper = {
	.name = "kunit-shaper",
	.find = tight_find,
	.shape = any_shape,
};

/* As a buddy allocator would have it. */
static void shape_is_obeyed(struct kunit *test)
{
	struct arena *a = arrange(test, "first");
	void *obj;

	shaped_pages = 0;
	shaped_align = 0;
	use(test, a->heap, &shaper);
	obj = squirrel_heap_alloc(a->heap, 5 * PAGE_SIZE, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, sq_fake_index(a->fake, (unsigned long)obj), 24);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), 8 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, where(a, 3 * PAGE_SIZE), 32);
	squirrel_heap_free(a->heap, obj);
	KUNIT_EXPECT_EQ(test, where(a, 7 * PAGE_SIZE), 24);
	KUNIT_EXPECT_EQ(test, faults(a->heap), 0);
	drop(test, a->heap, &shaper);
}

static void bad_shape_is_survived(struct kunit *test)
{
	static const struct {
		unsigned long pages;
		unsigned long align;
	} bad[] = {
		{ 2, 1 }, { ULONG_MAX, 1 }, { 5, 1 }, { 3, 3 },
		{ 3, ULONG_MAX }, { 3, 1UL << 63 }, { 3, 2048 },
	};
	struct arena *a = arrange(test, "first");
	unsigned int i;
	void *obj;

	use(test, a->heap, &shaper);
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		shaped_pages = bad[i].pages;
		shaped_align = bad[i].align;
		obj = squirrel_heap_alloc(a->heap, 3 * PAGE_SIZE, GFP_KERNEL);
		KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), 3 * PAGE_SIZE);
		squirrel_heap_free(a->heap, obj);
		KUNIT_EXPECT_EQ(test, faults(a->heap), i + 1);
	}
	drop(test, a->heap, &shaper);
}

/* ---- wrong answers ---- */

static struct squirrel_block *answer;

static struct squirrel_block *broken_find(struct squirrel_pool *pool,
					  unsigned long pages)
{
	return answer;
}

static struct squirrel_strategy broken = {
	.name = "kunit-broken",
	.find = broken_find,
};

/* Whatever the answer: it is as with segregated fit, and counted. */
static void broken_strategy_is_survived(struct kunit *test)
{
	struct arena *a = arrange(test, "segregated");
	unsigned long start = sq_fake_page(a->fake, 0);
	struct squirrel_heap *other = sq_fixture_heap(test, NULL);
	unsigned long foreign, bad[9];
	unsigned int i, n = 0;
	void *obj;

	foreign = (unsigned long)squirrel_heap_alloc(other, 3 * PAGE_SIZE,
						     GFP_KERNEL);
	bad[n++] = 0;
	bad[n++] = (unsigned long)a->wall[0];		/* used */
	bad[n++] = foreign;
	bad[n++] = start + 23 * PAGE_SIZE;		/* too small */
	bad[n++] = start + PAGE_SIZE;			/* within a free one */
	bad[n++] = start + 8;
	bad[n++] = (unsigned long)a;			/* somebody else's */
	bad[n++] = 0x123;
	bad[n++] = ULONG_MAX;
	use(test, a->heap, &broken);
	for (i = 0; i < n; i++) {
		answer = (struct squirrel_block *)bad[i];
		obj = squirrel_heap_alloc(a->heap, 18 * PAGE_SIZE, GFP_KERNEL);
		KUNIT_EXPECT_EQ(test,
				sq_fake_index(a->fake, (unsigned long)obj), 43);
		KUNIT_EXPECT_EQ(test, faults(a->heap), i + 1);
		squirrel_heap_free(a->heap, obj);
		while (sq_manager_coalesce(a->heap->manager, ULONG_MAX))
			;
		KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	}
	/* Where nothing fits, to find nothing is right. */
	answer = NULL;
	a->fake->budget = 0;
	KUNIT_EXPECT_EQ(test, where(a, 21 * PAGE_SIZE), -1);
	KUNIT_EXPECT_EQ(test, faults(a->heap), n);
	drop(test, a->heap, &broken);
}

/* ---- senseless questions ---- */

static unsigned int senseless;	/* answers that were not as they should */

/* 0 pages: any block. */
static void ask_for_nothing(struct squirrel_pool *pool)
{
	struct squirrel_block *any[] = {
		squirrel_pool_fit(pool, 0),
		squirrel_pool_lowest(pool, 0),
		squirrel_pool_tightest(pool, 0),
		squirrel_pool_from(pool, 0, 0),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(any); i++)
		senseless += !squirrel_pool_pages(pool, any[i]);
	senseless += any[1] != squirrel_pool_first(pool);
	senseless += any[3] != squirrel_pool_first(pool);
}

/* More than there can be, or from beyond the last: none. */
static void ask_for_too_much(struct squirrel_pool *pool)
{
	const unsigned long much[] = {
		ULONG_MAX, ULONG_MAX - 1, ULONG_MAX >> 1, 1UL << 20, 21,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(much); i++) {
		senseless += !!squirrel_pool_fit(pool, much[i]);
		senseless += !!squirrel_pool_lowest(pool, much[i]);
		senseless += !!squirrel_pool_tightest(pool, much[i]);
		senseless += !!squirrel_pool_from(pool, 0, much[i]);
		senseless += !!squirrel_pool_from(pool, ULONG_MAX, much[i]);
	}
	senseless += !!squirrel_pool_from(pool, ULONG_MAX, 0);
	senseless += !!squirrel_pool_next(pool, NULL);
	senseless += !!squirrel_pool_pages(pool, NULL);
	senseless += !!squirrel_pool_next(pool, (void *)ULONG_MAX);
	senseless += !!squirrel_pool_pages(pool, (void *)ULONG_MAX);
}

static struct squirrel_block *senseless_find(struct squirrel_pool *pool,
					     unsigned long pages)
{
	ask_for_nothing(pool);
	ask_for_too_much(pool);
	asked++;
	return squirrel_pool_lowest(pool, pages);
}

static struct squirrel_strategy senseless_strategy = {
	.name = "kunit-odd",
	.find = senseless_find,
};

static void senseless_questions_are_answered(struct kunit *test)
{
	struct arena *a = arrange(test, "segregated");

	asked = 0;
	senseless = 0;
	use(test, a->heap, &senseless_strategy);
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, where(a, 18 * PAGE_SIZE), 43);
	KUNIT_EXPECT_EQ(test, asked, 2);
	KUNIT_EXPECT_EQ(test, senseless, 0);
	KUNIT_EXPECT_EQ(test, faults(a->heap), 0);
	drop(test, a->heap, &senseless_strategy);
}

/* ---- life time ---- */

/* A heap of nobody's, as one of another module would, keeps the module. */
static void strategy_in_use_stays(struct kunit *test)
{
	struct arena *a = arrange(test, "first");
	int refs = module_refcount(THIS_MODULE);

	use(test, a->heap, &high);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs + 1);
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&high), -EBUSY);
	KUNIT_EXPECT_EQ(test, where(a, 17 * PAGE_SIZE), 43);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "kunit-high"), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs + 1);
	KUNIT_EXPECT_EQ(test, sq_heap_set_strategy(a->heap, "nonesuch"),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs + 1);
	drop(test, a->heap, &high);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);
}

/* Or else its exit, which would destroy the heap, could never run. */
static void own_heap_does_not_keep_the_module(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	int refs = module_refcount(THIS_MODULE);

	use(test, heap, &high);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);
	drop(test, heap, &high);
	KUNIT_EXPECT_EQ(test, module_refcount(THIS_MODULE), refs);
}

/* What a module leaves behind is taken away from its heaps. */
static void strategy_goes_with_its_module(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct module *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, other);
	strscpy(other->name, "kunit_other", sizeof(other->name));
	use(test, heap, &high);
	/* And with no other. */
	sq_allocator_client_gone(other);
	KUNIT_EXPECT_STREQ(test, heap->strategy->name, high.name);
	sq_allocator_client_gone(THIS_MODULE);
	KUNIT_EXPECT_STREQ(test, heap->strategy->name, "segregated");
	KUNIT_EXPECT_EQ(test, squirrel_strategy_unregister(&high), -ENOENT);
	asked = 0;
	squirrel_heap_free(heap, squirrel_heap_alloc(heap, SQ_PAGED(100000), GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, asked, 0);
}

static struct kunit_case strategy_cases[] = {
	KUNIT_CASE(first_takes_the_lowest),
	KUNIT_CASE(best_takes_the_tightest),
	KUNIT_CASE(segregated_takes_what_is_sure_to_fit),
	KUNIT_CASE(slabs_come_by_strategy),
	KUNIT_CASE(free_blocks_come_before_the_source),
	KUNIT_CASE(neighbours_are_joined_before_giving_up),
	KUNIT_CASE(unknown_strategy_changes_nothing),
	KUNIT_CASE(guest_is_asked),
	KUNIT_CASE(bad_registration_is_refused),
	KUNIT_CASE(heap_is_made_with_a_name),
	KUNIT_CASE(default_is_inherited),
	KUNIT_CASE(state_is_kept_and_begins_anew),
	KUNIT_CASE(shape_is_obeyed),
	KUNIT_CASE(bad_shape_is_survived),
	KUNIT_CASE(broken_strategy_is_survived),
	KUNIT_CASE(senseless_questions_are_answered),
	KUNIT_CASE(strategy_in_use_stays),
	KUNIT_CASE(own_heap_does_not_keep_the_module),
	KUNIT_CASE(strategy_goes_with_its_module),
	{}
};

static struct kunit_suite strategy_suite = {
	.name = "squirrel_strategy",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = strategy_cases,
};

kunit_test_suites(&strategy_suite);
