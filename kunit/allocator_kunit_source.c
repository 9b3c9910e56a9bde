// SPDX-License-Identifier: GPL-2.0
/*
 * What the page source is asked for, and how hard: no order above 0 is ever
 * needed for an object up to a page, and who must not be refused is not.
 */
#include <linux/sched.h>

#include "allocator_kunit.h"

/* What an attempt that is optional must not have. */
#define HARD	(__GFP_DIRECT_RECLAIM | __GFP_KSWAPD_RECLAIM | __GFP_NOFAIL | \
		 __GFP_HIGH | __GFP_MEMALLOC | __GFP_RETRY_MAYFAIL)
#define SOFT	(__GFP_NORETRY | __GFP_NOWARN | __GFP_NOMEMALLOC)

/* Flags are a type of their own, which KUNIT_EXPECT_EQ() would take for a number. */
static void has(struct kunit *test, gfp_t gfp, gfp_t want)
{
	KUNIT_EXPECT_TRUE_MSG(test, (gfp & want) == want, "%pGg lacks some of %pGg",
			      &gfp, &want);
}

static void lacks(struct kunit *test, gfp_t gfp, gfp_t bad)
{
	KUNIT_EXPECT_TRUE_MSG(test, !(gfp & bad), "%pGg has some of %pGg", &gfp,
			      &bad);
}

static const gfp_t contexts[] = {
	GFP_KERNEL,
	GFP_NOFS,
	GFP_NOWAIT,
	GFP_ATOMIC,
	GFP_ATOMIC | __GFP_MEMALLOC,
	GFP_KERNEL | __GFP_RETRY_MAYFAIL,
	GFP_KERNEL | __GFP_NOFAIL,
	GFP_NOFS | __GFP_NOFAIL,
};

/* The objects, chained, until the cache has made @grown more slabs. */
static void **use_up(struct kunit *test, struct squirrel_cache *c, gfp_t gfp,
		     long grown)
{
	void **objs = NULL;

	grown += atomic_long_read(&c->counts.grown);
	while (atomic_long_read(&c->counts.grown) < grown) {
		void **obj = squirrel_cache_alloc(c, gfp);

		KUNIT_EXPECT_NOT_NULL(test, obj);
		if (!obj)
			break;
		*obj = objs;
		objs = obj;
	}
	return objs;
}

static void give_up(struct squirrel_cache *c, void **objs)
{
	while (objs) {
		void *obj = objs;

		objs = *objs;
		squirrel_cache_free(c, obj);
	}
	squirrel_cache_shrink(c);
	sq_manager_trim(c->heap->manager, 0, ULONG_MAX);
}

/* Whatever the context, single pages will do, and are soon all that is asked for. */
static void single_pages_will_do(struct kunit *test)
{
	static const unsigned int sizes[] = { 8, 512, 600, 1500, 2100, 4096 };
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 2048);
	struct sq_fixture *fix = test->priv;
	struct sq_fake_asked *more = &fix->fake.asked[1];
	struct squirrel_cache *c;
	unsigned int i, k;
	void **objs;

	fix->fake.singles = true;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		c = sq_fixture_fake_cache(test, sizes[i]);
		for (k = 0; k < ARRAY_SIZE(contexts); k++) {
			sq_fake_forget(&fix->fake);
			objs = use_up(test, c, contexts[k], 200);
			KUNIT_EXPECT_EQ(test, fix->fake.asked[0].fails, 0);
			has(test, fix->fake.asked[0].all, contexts[k]);
			/* Fewer than one in twenty. */
			KUNIT_EXPECT_LT_MSG(test, more->fails, 200 / 20,
					    "size %u, gfp %#x", sizes[i],
					    (__force u32)contexts[k]);
			lacks(test, more->any, HARD);
			has(test, more->all, SOFT);
			KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.nomem), 0);
			give_up(c, objs);
		}
		sq_fixture_put_cache(test, c);
	}
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
}

/* When there are pages in a row again, slabs are long again. */
static void long_slabs_come_back(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 4096);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 600);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_fixture *fix = test->priv;
	unsigned long pages, slabs;
	void **a, **b, **d;

	fix->fake.singles = true;
	a = use_up(test, c, GFP_KERNEL, 1000);
	KUNIT_EXPECT_EQ(test, n->nr_pages, n->nr_slabs);
	fix->fake.singles = false;
	b = use_up(test, c, GFP_KERNEL, 300);
	pages = n->nr_pages;
	slabs = n->nr_slabs;
	sq_fake_forget(&fix->fake);
	d = use_up(test, c, GFP_KERNEL, 50);
	KUNIT_EXPECT_EQ(test, n->nr_slabs - slabs, 50);
	KUNIT_EXPECT_EQ(test, n->nr_pages - pages, 50 * sq_slab_pages(c, pages));
	KUNIT_EXPECT_EQ(test, fix->fake.asked[1].fails, 0);
	give_up(c, d);
	give_up(c, b);
	give_up(c, a);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
}

/* What is fetched ahead, beyond what is needed, is optional as well. */
static void ahead_is_optional(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, PAGE_SIZE);
	struct sq_fixture *fix = test->priv;
	struct sq_fake_asked *more = &fix->fake.asked[1];
	unsigned int k;
	void **objs;

	sq_fixture_alone(c);
	for (k = 0; k < ARRAY_SIZE(contexts); k++) {
		sq_fake_forget(&fix->fake);
		objs = use_up(test, c, contexts[k], 300);
		KUNIT_EXPECT_GT(test, more->gets, 5);
		lacks(test, more->any, HARD);
		has(test, more->all, SOFT);
		give_up(c, objs);
	}
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
}

/* The shortest slab of objects over a page: as hard as the caller says. */
static void shortest_slab_is_not_optional(struct kunit *test)
{
	struct sq_fixture *fix = test->priv;
	struct squirrel_cache *c;
	void *obj;

	sq_fixture_fake_heap(test, "segregated", 1024);
	c = sq_fixture_fake_cache(test, 3 * PAGE_SIZE);
	sq_fake_forget(&fix->fake);
	obj = squirrel_cache_alloc(c, GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, fix->fake.asked[1].gets, 1);
	KUNIT_EXPECT_EQ(test, fix->fake.asked[1].order, 2);
	has(test, fix->fake.asked[1].all, GFP_KERNEL);
	squirrel_cache_free(c, obj);
}

/* What the source was asked since sq_fake_forget(), of any order. */
static gfp_t asked_any(struct sq_fake *fake)
{
	return fake->asked[0].any | fake->asked[1].any;
}

static gfp_t asked_all(struct sq_fake *fake)
{
	return fake->asked[0].all & fake->asked[1].all;
}

/*
 * Slabs are charged to who makes them if the cache says so, and not because he
 * does; whole pages are if he does. And what is done with an object, or where it
 * may lie, is not for its slab.
 */
static void slabs_are_asked_for_the_cache(struct kunit *test)
{
	const struct squirrel_cache_args args = { .flags = SQUIRREL_ACCOUNT };
	const gfp_t objects = __GFP_ZERO | __GFP_COMP | __GFP_HIGHMEM;
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	struct sq_fixture *fix = test->priv;
	struct squirrel_cache *c;
	void *obj;

	c = sq_fixture_fake_cache(test, 104);
	sq_fake_forget(&fix->fake);
	obj = squirrel_cache_alloc(c, GFP_KERNEL | __GFP_ACCOUNT | __GFP_ZERO |
				   __GFP_COMP);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_GT(test, fix->fake.asked[0].gets + fix->fake.asked[1].gets, 0);
	lacks(test, asked_any(&fix->fake), __GFP_ACCOUNT | objects);
	squirrel_cache_free(c, obj);

	c = sq_fixture_fake_cache_args(test, 104, &args);
	sq_fake_forget(&fix->fake);
	obj = squirrel_cache_alloc(c, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_GT(test, fix->fake.asked[0].gets + fix->fake.asked[1].gets, 0);
	has(test, asked_all(&fix->fake), __GFP_ACCOUNT);
	squirrel_cache_free(c, obj);

	sq_fake_forget(&fix->fake);
	obj = squirrel_heap_alloc(heap, 300, GFP_KERNEL_ACCOUNT);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	lacks(test, asked_any(&fix->fake), __GFP_ACCOUNT);
	squirrel_heap_free(heap, obj);
	sq_fake_forget(&fix->fake);
	obj = squirrel_heap_alloc(heap, SQ_PAGED(20000), GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				  __GFP_COMP);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, fix->fake.asked[1].gets, 1);
	has(test, asked_all(&fix->fake), __GFP_ACCOUNT);
	lacks(test, asked_any(&fix->fake), objects);
	squirrel_heap_free(heap, obj);
}

/*
 * The source has nothing for a while: who must not be refused waits, and the
 * source is not told so for more than one page, of which it would warn.
 */
static void nofail_is_served(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	static const size_t sizes[] = { 64, 4096, 8192, 20000, 100000 };
	struct sq_fixture *fix = test->priv;
	struct squirrel_cache *c;
	unsigned int i;
	void *obj;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		c = sq_fixture_fake_cache(test, sizes[i]);
		sq_fake_forget(&fix->fake);
		fix->fake.refuse = 5;
		obj = squirrel_cache_alloc(c, GFP_NOFS | __GFP_NOFAIL);
		KUNIT_EXPECT_NOT_NULL_MSG(test, obj, "size %zu", sizes[i]);
		KUNIT_EXPECT_EQ(test, fix->fake.refuse, 0);
		KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.nomem), 0);
		squirrel_cache_free(c, obj);
		fix->fake.refuse = 5;
		obj = squirrel_heap_alloc(heap, sizes[i],
					  GFP_KERNEL | __GFP_NOFAIL);
		KUNIT_EXPECT_NOT_NULL_MSG(test, obj, "size %zu", sizes[i]);
		KUNIT_EXPECT_EQ(test, fix->fake.refuse, 0);
		squirrel_heap_free(heap, obj);
		lacks(test, fix->fake.asked[1].any, __GFP_NOFAIL);
		/* Who cannot sleep is refused, and nobody is told to persist. */
		sq_fake_forget(&fix->fake);
		fix->fake.refuse = 50;
		obj = squirrel_heap_alloc(heap, SQUIRREL_MAX_SIZE,
					  GFP_ATOMIC | __GFP_NOFAIL);
		KUNIT_EXPECT_NULL(test, obj);
		fix->fake.refuse = 0;
		lacks(test, fix->fake.asked[1].any, __GFP_NOFAIL);
		sq_fixture_put_cache(test, c);
		squirrel_reclaim();
	}
	KUNIT_EXPECT_EQ(test, fix->fake.refuse, 0);
}

/* A limit, of a cache or of a heap, gives way to who must not be refused. */
static void nofail_passes_limits(struct kunit *test)
{
	const struct squirrel_cache_args cache_args = { .limit = 10 * 64 };
	const struct squirrel_heap_args heap_args = { .limit = 4 * PAGE_SIZE };
	struct squirrel_cache *c = sq_fixture_cache(test, 64, &cache_args);
	struct squirrel_heap *heap = sq_fixture_heap(test, &heap_args);
	void *objs[20], *large[3];
	unsigned int i;

	for (i = 0; i < 20; i++) {
		objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
		KUNIT_EXPECT_EQ(test, !objs[i], i >= 10);
		if (!objs[i])
			objs[i] = squirrel_cache_alloc(c, GFP_KERNEL |
						       __GFP_NOFAIL);
		KUNIT_EXPECT_NOT_NULL(test, objs[i]);
	}
	squirrel_cache_free_bulk(c, 20, objs);
	for (i = 0; i < 3; i++) {
		large[i] = squirrel_heap_alloc(heap, 3 * PAGE_SIZE,
					       GFP_KERNEL | __GFP_NOFAIL);
		KUNIT_EXPECT_NOT_NULL(test, large[i]);
	}
	/* For all others it is in force, and nothing is lost of it. */
	KUNIT_EXPECT_NULL(test, squirrel_heap_alloc(heap, 64, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
	for (i = 0; i < 3; i++)
		squirrel_heap_free(heap, large[i]);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
	for (i = 0; i < 3; i++)
		large[i] = squirrel_heap_alloc(heap, 2 * PAGE_SIZE + 1,
					       GFP_KERNEL);
	KUNIT_EXPECT_NOT_NULL(test, large[0]);
	KUNIT_EXPECT_NULL(test, large[1]);
	squirrel_heap_free(heap, large[0]);
}

/* A zone is obeyed whatever the size is, and whatever is at hand. */
static void heaps_obey_zones(struct kunit *test)
{
	static const size_t sizes[] = { 8, 64, 4096, 8192, 20000 };
	static const gfp_t zones[] = {
		GFP_KERNEL | GFP_DMA,
		GFP_ATOMIC | GFP_DMA32,
		GFP_KERNEL | GFP_DMA32 | __GFP_ZERO,
	};
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	struct sq_fixture *fix = test->priv;
	struct sq_fake_asked *asked;
	unsigned int i, k;
	u8 *obj, *other;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		other = squirrel_heap_alloc(heap, sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, other);
		memset(other, 0xaa, sizes[i]);
		squirrel_heap_free(heap, other);
		for (k = 0; k < ARRAY_SIZE(zones); k++) {
			unsigned long out = fix->fake.out;

			sq_fake_forget(&fix->fake);
			obj = squirrel_heap_alloc(heap, sizes[i], zones[k]);
			KUNIT_ASSERT_NOT_NULL(test, obj);
			asked = &fix->fake.asked[sizes[i] > PAGE_SIZE];
			KUNIT_EXPECT_EQ_MSG(test, asked->gets, 1, "size %zu",
					    sizes[i]);
			has(test, asked->all, zones[k] & SQ_GFP_ZONES);
			KUNIT_EXPECT_GE(test, squirrel_usable_size(obj),
					sizes[i]);
			if (zones[k] & __GFP_ZERO)
				KUNIT_EXPECT_NULL(test, memchr_inv(obj, 0,
								   sizes[i]));
			squirrel_heap_free(heap, obj);
			/* Not for anybody else. */
			KUNIT_EXPECT_EQ(test, fix->fake.out, out);
		}
		/* What was at hand is so still. */
		obj = squirrel_heap_alloc(heap, sizes[i], GFP_KERNEL);
		if (sizes[i] <= PAGE_SIZE)
			KUNIT_EXPECT_PTR_EQ(test, obj, other);
		squirrel_heap_free(heap, obj);
	}
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++)
		if (heap->class[i])
			KUNIT_EXPECT_EQ(test, sq_cache_live(heap->class[i]), 0);
}

/* The default heap finds its class when the call is compiled. */
static void default_heap_obeys_zones(struct kunit *test)
{
	struct squirrel_cache *c;
	u8 *obj = squirrel_alloc(200, GFP_KERNEL);
	unsigned long live;

	KUNIT_ASSERT_NOT_NULL(test, obj);
	c = squirrel_default_class[squirrel_class_of(200)];
	live = sq_cache_live(c);
	squirrel_free(obj);
	obj = squirrel_alloc(200, GFP_KERNEL | GFP_DMA32);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), live - 1);
	squirrel_free(obj);
	obj = squirrel_alloc_node(200, GFP_KERNEL | GFP_DMA32, numa_mem_id());
	KUNIT_EXPECT_EQ(test, squirrel_usable_size(obj), PAGE_SIZE);
	squirrel_free(obj);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), live - 1);
}

/* A cache's objects lie anywhere: refused, whether or not there are some. */
static void caches_refuse_zones(struct kunit *test)
{
	const struct squirrel_cache_args typesafe = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *caches[] = {
		sq_fixture_cache(test, 64, NULL),
		sq_fixture_cache(test, 64, &typesafe),
	};
	void *objs[4], *obj;
	unsigned int i, k;
	int got;

	for (i = 0; i < ARRAY_SIZE(caches); i++) {
		struct squirrel_cache *c = caches[i];

		for (k = 0; k < 2; k++) {
			obj = squirrel_cache_alloc(c, GFP_KERNEL | GFP_DMA);
			KUNIT_EXPECT_NULL(test, obj);
			obj = squirrel_cache_zalloc(c, GFP_DMA32 | __GFP_NOWARN);
			KUNIT_EXPECT_NULL(test, obj);
			obj = squirrel_cache_alloc_node(c, GFP_DMA32,
							numa_mem_id());
			KUNIT_EXPECT_NULL(test, obj);
			got = squirrel_cache_alloc_bulk(c, GFP_DMA, 4, objs);
			KUNIT_EXPECT_EQ(test, got, 0);
			got = squirrel_cache_alloc_bulk(c, GFP_DMA, 1, objs);
			KUNIT_EXPECT_EQ(test, got, 0);
			KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
			squirrel_cache_free(c, sq_fixture_alloc(test, c));
		}
	}
}

/* Who happens to make a slab is not charged for what others get of it. */
static void nobody_is_charged_for_others(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 1024);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 64);
	struct sq_fixture *fix = test->priv;
	void *obj;

	sq_fake_forget(&fix->fake);
	obj = squirrel_heap_alloc(heap, 64, GFP_KERNEL_ACCOUNT);
	squirrel_heap_free(heap, obj);
	squirrel_cache_free(c, squirrel_cache_alloc(c, GFP_KERNEL_ACCOUNT));
	KUNIT_EXPECT_EQ(test, fix->fake.asked[0].gets, 2);
	lacks(test, fix->fake.asked[0].any, __GFP_ACCOUNT);
	/* Whole pages are charged to who asks. */
	obj = squirrel_heap_alloc(heap, SQ_PAGED(20000), GFP_KERNEL_ACCOUNT);
	KUNIT_EXPECT_EQ(test, fix->fake.asked[1].gets, 1);
	has(test, fix->fake.asked[1].all, __GFP_ACCOUNT);
	squirrel_heap_free(heap, obj);
}

/* Whoever reclaims has access to the last reserves: not for ours. */
static void refill_spares_the_last_pages(struct kunit *test)
{
	struct sq_fixture *fix = test->priv;
	struct sq_reclaim_work work = {};
	struct squirrel_cache *c;
	unsigned int i;

	sq_fixture_fake_heap(test, "segregated", 1024);
	c = sq_fixture_fake_cache(test, 512);
	c->reserve = 100;
	sq_fake_forget(&fix->fake);
	sq_allocator_refill(&work);
	KUNIT_EXPECT_GE(test, sq_cache_at_hand(c), 100);
	KUNIT_EXPECT_GT(test, work.refilled, 0);
	for (i = 0; i < 2; i++)
		has(test, fix->fake.asked[i].all, __GFP_NOMEMALLOC);
	lacks(test, fix->fake.asked[0].any, __GFP_DIRECT_RECLAIM);
	c->reserve = 0;
}

static struct kunit_case source_cases[] = {
	KUNIT_CASE(single_pages_will_do),
	KUNIT_CASE(long_slabs_come_back),
	KUNIT_CASE(ahead_is_optional),
	KUNIT_CASE(shortest_slab_is_not_optional),
	KUNIT_CASE(slabs_are_asked_for_the_cache),
	KUNIT_CASE(nofail_is_served),
	KUNIT_CASE(nofail_passes_limits),
	KUNIT_CASE(heaps_obey_zones),
	KUNIT_CASE(default_heap_obeys_zones),
	KUNIT_CASE(caches_refuse_zones),
	KUNIT_CASE(nobody_is_charged_for_others),
	KUNIT_CASE(refill_spares_the_last_pages),
	{}
};

static struct kunit_suite source_suite = {
	.name = "squirrel_source",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = source_cases,
};

kunit_test_suites(&source_suite);
