// SPDX-License-Identifier: GPL-2.0
/*
 * How long slabs are: short at first, what costs least for an object later on.
 */
#include <linux/kmemleak.h>

#include "allocator_kunit.h"

#define PLENTY	1000000UL

static unsigned int objs_in(const struct squirrel_cache *c, unsigned int pages)
{
	return min_t(unsigned long, pages * PAGE_SIZE / c->size,
		     SQ_SLAB_MAX_OBJS);
}

/* Bytes that an object takes, with its share of what a slab wastes. */
static unsigned long cost(const struct squirrel_cache *c, unsigned int pages)
{
	return (pages * PAGE_SIZE + sizeof(struct sq_agent)) / objs_in(c, pages);
}

static void expect_plan(struct kunit *test, const struct squirrel_cache *c)
{
	unsigned int least = DIV_ROUND_UP(c->size, PAGE_SIZE);
	unsigned int start = sq_slab_pages(c, 0), last = start, pages;
	unsigned long held;

	for (held = 0; held < 1000; held++) {
		pages = sq_slab_pages(c, held);
		KUNIT_EXPECT_GE_MSG(test, pages, last, "size %u", c->size);
		KUNIT_EXPECT_LE_MSG(test, pages,
				    max_t(unsigned long, start, held),
				    "size %u", c->size);
		KUNIT_EXPECT_GE_MSG(test, objs_in(c, pages), 1, "size %u",
				    c->size);
		KUNIT_EXPECT_LE(test, pages, c->plan.most);
		/* Or what remains of one could not say where it begins. */
		if (objs_in(c, pages) > 1)
			KUNIT_EXPECT_LE(test, c->size - 1, U16_MAX);
		last = pages;
	}
	KUNIT_EXPECT_GE(test, start, least);
	KUNIT_EXPECT_EQ(test, sq_slab_pages(c, PLENTY), last);
	/* None of those it may have is cheaper, but for a trifle. */
	for (pages = least; pages <= c->plan.most; pages++)
		KUNIT_EXPECT_LE_MSG(test, cost(c, last),
				    cost(c, pages) + cost(c, pages) / 500 + 1,
				    "size %u, %u pages", c->size, pages);
}

static void plan_starts_short_and_ends_cheap(struct kunit *test)
{
	unsigned int size;

	for (size = 1; size <= 100000; size += 1 + size / 7) {
		struct squirrel_cache *c = sq_fixture_cache(test, size, NULL);

		expect_plan(test, c);
		sq_fixture_put_cache(test, c);
	}
}

/* Objects of a few pages: up to a quarter of one would be lost on each. */
static void plan_wastes_little(struct kunit *test)
{
	unsigned int size, pages;

	/* Smaller ones are limited by the bits that a slab has for them. */
	for (size = 16; size <= 48 << 10; size += 8 + size / 20) {
		struct squirrel_cache *c = sq_fixture_cache(test, size, NULL);

		pages = sq_slab_pages(c, PLENTY);
		KUNIT_EXPECT_LE_MSG(test, cost(c, pages), c->size + c->size / 7,
				    "size %u, %u pages", size, pages);
		sq_fixture_put_cache(test, c);
	}
}

/* What fills whole pages wastes none: several share a slab as soon as there are many. */
static void whole_pages_share_slabs(struct kunit *test)
{
	static const unsigned int pages[] = { 1, 2, 3, 8, 12, 20, 100 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pages); i++) {
		struct squirrel_cache *c;
		unsigned long held;

		c = sq_fixture_cache(test, pages[i] * PAGE_SIZE, NULL);
		KUNIT_EXPECT_EQ(test, sq_slab_pages(c, 0), pages[i]);
		for (held = 0; held < 500; held += 9)
			KUNIT_EXPECT_EQ(test, sq_slab_pages(c, held) % pages[i], 0);
		KUNIT_EXPECT_EQ(test, sq_slab_pages(c, 500) > pages[i],
				pages[i] <= SQ_SLAB_LONG_PAGES / 2);
		sq_fixture_put_cache(test, c);
	}
}

/* The cache does as planned: by what it holds, not by how many slabs it had. */
static void slabs_grow_with_the_cache(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 5000, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void **objs = kunit_kcalloc(test, 400, sizeof(*objs), GFP_KERNEL);
	unsigned int round, i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_ASSERT_LT(test, sq_slab_pages(c, 0), sq_slab_pages(c, PLENTY));
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 400; i++) {
			unsigned long held = n->nr_pages, more;

			/* Nothing shorter is free that might do. */
			sq_manager_trim(c->heap->manager, 0, ULONG_MAX);
			objs[i] = sq_fixture_alloc(test, c);
			more = n->nr_pages - held;
			if (more)
				KUNIT_EXPECT_EQ(test, more,
						sq_slab_pages(c, held));
		}
		squirrel_cache_free_bulk(c, 400, objs);
		KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
		KUNIT_EXPECT_EQ(test, n->nr_pages, 0);
	}
}

/*
 * Use up what the cache has; the pages of the slab that was made then. Objects
 * are chained to @objs.
 */
static unsigned long grow(struct kunit *test, struct squirrel_cache *c,
			  void ***objs)
{
	struct sq_node *n = sq_fixture_node(c);
	unsigned long held = n->nr_pages;

	while (n->nr_pages == held) {
		void **obj = sq_fixture_alloc(test, c);

		*obj = *objs;
		*objs = obj;
	}
	return n->nr_pages - held;
}

/* Leave one free block of so many pages in the heap. */
static void leave_free(struct kunit *test, struct squirrel_heap *heap,
		       unsigned long pages)
{
	struct sq_request req = {
		.pages = pages,
		.gfp = GFP_KERNEL,
		.node = NUMA_NO_NODE,
		.find = sq_pool_fit,
	};
	struct sq_agent *agent = sq_manager_take(heap->manager, &req);

	KUNIT_ASSERT_NOT_NULL(test, agent);
	sq_manager_trim(heap->manager, 0, ULONG_MAX);
	sq_manager_give(heap->manager, agent);
	KUNIT_ASSERT_EQ(test, sq_manager_pages_free(heap->manager), pages);
}

/* A block half as long as planned does for a slab, if it wastes no more. */
static void what_is_free_will_do(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 1500);
	struct sq_fixture *fix = test->priv;
	unsigned long pages, gets, got, plan;
	void **objs = NULL;

	while (sq_fixture_node(c)->nr_pages < 100)
		grow(test, c, &objs);
	plan = sq_slab_pages(c, PLENTY);
	KUNIT_ASSERT_GT(test, c->plan.first, 1);
	KUNIT_ASSERT_GT(test, plan, c->plan.first + 1);
	for (pages = 1; pages < plan; pages++) {
		leave_free(test, heap, pages);
		gets = fix->fake.gets;
		got = grow(test, c, &objs);
		if (pages < c->plan.first || pages < plan / 2) {
			KUNIT_EXPECT_EQ(test, got, plan);
			KUNIT_EXPECT_GT(test, fix->fake.gets, gets);
		} else {
			KUNIT_EXPECT_EQ(test, got, c->plan.best[pages]);
			KUNIT_EXPECT_EQ(test, fix->fake.gets, gets);
		}
	}
	while (objs) {
		void *obj = objs;

		objs = *objs;
		squirrel_cache_free(c, obj);
	}
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
}

#define SWINGS		1000
#define SWING_OBJS	8000
#define SWING_BY	(SWING_OBJS / 10)

/* With nothing in magazines: how many they hold depends on the worker. */
static void swing_look(void)
{
	struct sq_reclaim_work work = {};

	sq_allocator_drain_local(false, &work);
	sq_allocator_drain_depots(true, &work);
	sq_allocator_release_slabs(false, &work);
	sq_allocator_trim_slabs(false, &work);
	sq_allocator_coalesce(1024, &work);
	sq_allocator_give_back(8, 4096, 0, &work);
}

/*
 * A load that swings by a tenth, with looks of the reclaimer in the hollows and at the
 * tops: pages go and come again, but several of them in a call. When it is over they go.
 */
static void pages_bounce_in_pieces(struct kunit *test)
{
	void **objs = kvmalloc_array(SWING_OBJS, sizeof(*objs), GFP_KERNEL);
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 2048);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 512);
	struct sq_fixture *fix = test->priv;
	unsigned long calls, grown;
	unsigned int i, k;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < SWING_OBJS; i++)
		objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
	calls = fix->fake.gets + fix->fake.puts;
	grown = atomic_long_read(&c->counts.grown);
	for (k = 0; k < SWINGS; k++) {
		for (i = SWING_OBJS - SWING_BY; i < SWING_OBJS; i++)
			squirrel_cache_free(c, objs[i]);
		swing_look();
		for (i = SWING_OBJS - SWING_BY; i < SWING_OBJS; i++)
			objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
		swing_look();
	}
	calls = fix->fake.gets + fix->fake.puts - calls;
	grown = atomic_long_read(&c->counts.grown) - grown;
	kunit_info(test, "%lu calls of the source, %lu slabs made\n", calls,
		   grown);
	/* A slab of one page for each would be two calls for each that is made. */
	KUNIT_EXPECT_GT(test, grown, SWINGS);
	KUNIT_EXPECT_LT(test, calls, grown);
	/* It falls for good. */
	for (i = SWING_OBJS - SWING_BY; i < SWING_OBJS; i++)
		squirrel_cache_free(c, objs[i]);
	for (i = 0; i < 40; i++)
		swing_look();
	KUNIT_EXPECT_LE(test, sq_manager_pages_free(heap->manager), 8);
	for (i = 0; i < SWING_OBJS - SWING_BY; i++)
		squirrel_cache_free(c, objs[i]);
	kvfree(objs);
}

/* Who makes a slab has his magazine filled from it as well: one trip, not two. */
static void new_slab_fills_the_magazine(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	void *obj;

	sq_fixture_set_cap(test, c, 32);
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 16);
	KUNIT_EXPECT_EQ(test, sq_fixture_node(c)->nr_free,
			sq_fixture_node(c)->nr_objs - 17);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	squirrel_cache_free(c, obj);
}

/* ---- others are quicker --------------------------------------------------- */

static void *(*get_pages)(const struct sq_block_ops *ops, unsigned int order,
			  gfp_t gfp, int node);
static struct squirrel_cache *freed_to;
static void *freed_meanwhile;

/* As an interrupt would, while a slab is being made. */
static void *get_and_free(const struct sq_block_ops *ops, unsigned int order,
			  gfp_t gfp, int node)
{
	void *obj = freed_meanwhile;

	freed_meanwhile = NULL;
	squirrel_cache_free(freed_to, obj);
	return get_pages(ops, order, gfp, node);
}

/* The magazines are not empty any more when the slab is there. */
static void slab_comes_too_late(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 64);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 512);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_fixture *fix = test->priv;
	void *first = sq_fixture_alloc(test, c), *obj;

	/* Until there is nothing at hand, neither here nor there. */
	while (sq_fixture_nr(c) || n->nr_free)
		sq_fixture_alloc(test, c);
	sq_manager_trim(heap->manager, 0, ULONG_MAX);
	get_pages = fix->fake.ops.get;
	fix->fake.ops.get = get_and_free;
	freed_to = c;
	freed_meanwhile = first;
	obj = sq_fixture_alloc(test, c);
	fix->fake.ops.get = get_pages;
	KUNIT_EXPECT_NULL(test, freed_meanwhile);
	KUNIT_EXPECT_PTR_NE(test, obj, first);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 1);
	KUNIT_EXPECT_EQ(test, n->nr_free, n->nr_objs - sq_cache_live(c) - 1);
	/* They are let go of: the next object is from there. */
	KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), first);
}

/*
 * More slabs become empty at once than are given back in one hold of a lock: it is
 * owed until all are, and each call that may does its part.
 */
static void tidying_is_owed_to_the_end(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, PAGE_SIZE, NULL);
	struct sq_node *n = sq_fixture_node(c);
	unsigned int i, calls = 0;
	void **objs;

	sq_fixture_alone(c);
	objs = kunit_kcalloc(test, 200, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < 200; i++)
		objs[i] = sq_fixture_alloc(test, c);
	preempt_disable();
	for (i = 0; i < 200; i++) {
		kmemleak_free(objs[i]);
		sq_set_mark(c, objs[i]);
	}
	sq_count_frees(c, 200);
	sq_slabs_put(c, objs, 200);
	preempt_enable();
	KUNIT_EXPECT_GE(test, n->nr_empty, 200);
	while (READ_ONCE(c->owed) && calls++ < 20)
		sq_cache_tidy(c);
	KUNIT_EXPECT_LT(test, calls, 20);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 0);
}

/* Empty slabs beyond what was wanted between two looks go, and no others. */
static void empty_slabs_go_unless_wanted(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, PAGE_SIZE, NULL);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_reclaim_work work = {};
	void *objs[100];
	unsigned int i, round;

	sq_fixture_alone(c);
	sq_fixture_keep(c);
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < 3; i++)
			squirrel_cache_free(c, objs[i]);
		sq_fixture_drain(c, false);
		KUNIT_ASSERT_EQ(test, n->nr_empty, 3);
		sq_allocator_release_slabs(false, &work);
		KUNIT_EXPECT_EQ_MSG(test, n->nr_empty, 3, "round %u", round);
		for (i = 0; i < 3; i++)
			objs[i] = sq_fixture_alloc(test, c);
		KUNIT_EXPECT_EQ(test, n->nr_empty, 0);
	}
	/* Two are wanted, then none. */
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, objs[i]);
	sq_fixture_drain(c, false);
	sq_allocator_release_slabs(false, &work);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 3);
	for (i = 0; i < 2; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 0; i < 2; i++)
		squirrel_cache_free(c, objs[i]);
	sq_fixture_drain(c, false);
	sq_allocator_release_slabs(false, &work);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 2);
	sq_allocator_release_slabs(false, &work);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 0);
	for (i = 3; i < ARRAY_SIZE(objs); i++)
		squirrel_cache_free(c, objs[i]);
}

static struct kunit_case slab_cases[] = {
	KUNIT_CASE(plan_starts_short_and_ends_cheap),
	KUNIT_CASE(plan_wastes_little),
	SQ_CASE_4K(whole_pages_share_slabs),
	KUNIT_CASE(slabs_grow_with_the_cache),
	SQ_CASE_4K(what_is_free_will_do),
	SQ_CASE_4K(pages_bounce_in_pieces),
	KUNIT_CASE(new_slab_fills_the_magazine),
	KUNIT_CASE(slab_comes_too_late),
	KUNIT_CASE(tidying_is_owed_to_the_end),
	KUNIT_CASE(empty_slabs_go_unless_wanted),
	{}
};

static struct kunit_suite slab_suite = {
	.name = "squirrel_slab",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = slab_cases,
};

kunit_test_suites(&slab_suite);
