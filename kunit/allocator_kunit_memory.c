// SPDX-License-Identifier: GPL-2.0
/*
 * Caches and where their memory comes from and goes to: limits, want of
 * memory, reserves, shrink, destroy, RCU.
 */
#include <linux/delay.h>
#include <linux/rcupdate.h>

#include "allocator_kunit.h"

/* ---- limits and want of memory -------------------------------------------- */

static void limit_is_exact_and_counted(struct kunit *test)
{
	const struct squirrel_cache_args args = { .limit = 100 * 48 + 47 };
	struct squirrel_cache *c = sq_fixture_cache(test, 48, &args);
	struct sq_model *m = sq_model_new(test, 101);
	unsigned int i;

	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c),
						     48, 0));
	for (i = 1; i <= 5; i++) {
		KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
		KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.limit_hits), i);
	}
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.nomem), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.objs), 100);
	/* One goes, one comes. */
	squirrel_cache_free(c, sq_model_del(m, 7));
	KUNIT_EXPECT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c), 48, 0));
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.objs), 0);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
}

/* The source has nothing: NULL, counted as that, nothing lost or charged. */
static void want_of_memory_is_counted(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 16);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 64);
	struct sq_fixture *fix = test->priv;
	struct sq_model *m = sq_model_new(test, 16 * 64 + 1);
	void *obj;

	fix->fake.fail_in = 1;
	KUNIT_EXPECT_NULL(test, squirrel_cache_alloc(c, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.nomem), 1);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.limit_hits), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.objs), 0);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
	/* Until there is none: all 16 pages are full of objects then. */
	while ((obj = squirrel_cache_alloc(c, GFP_KERNEL)))
		KUNIT_ASSERT_TRUE(test, sq_model_add(m, obj, 64, 0));
	KUNIT_EXPECT_EQ(test, m->nr, 16 * 64);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.nomem), 2);
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 16);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, m->nr - 1));
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	sq_manager_trim(heap->manager, 0, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, fix->fake.out, 0);
}

/* A long slab that cannot be had is no reason to fail: a short one will do. */
static void short_slabs_when_long_ones_fail(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 32);
	struct squirrel_cache *c = sq_fixture_fake_cache(test, 1500);
	struct sq_fixture *fix = test->priv;
	void **obj = kunit_kcalloc(test, 128, sizeof(*obj), GFP_KERNEL);
	unsigned int n = 0;

	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_ASSERT_GT(test, sq_slab_pages(c, 0), 1);
	while (n < 128) {
		obj[n] = squirrel_cache_alloc(c, GFP_KERNEL);
		if (!obj[n])
			break;
		n++;
	}
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 32);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.objs), n);
	KUNIT_EXPECT_GE(test, fix->fake.fails, 1);
	squirrel_cache_free_bulk(c, n, obj);
}

/* ---- reserve -------------------------------------------------------------- */

static unsigned long at_hand(struct squirrel_cache *c)
{
	return sq_fixture_node(c)->nr_free + sq_depots_objs(sq_fixture_node(c)) +
	       sq_cache_in_magazines(c);
}

static void reserve_is_at_hand_and_stays(struct kunit *test)
{
	const struct squirrel_cache_args args = { .reserve = 150 };
	struct squirrel_cache *c = sq_fixture_cache(test, 64, &args);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_reclaim_work work = {};
	void **objs = kunit_kcalloc(test, 150, sizeof(*objs), GFP_KERNEL);
	unsigned long grown;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_EXPECT_GE(test, at_hand(c), 150);
	squirrel_reclaim();
	KUNIT_EXPECT_GE(test, at_hand(c), 150);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 1);
	KUNIT_EXPECT_GE(test, at_hand(c), 150);
	grown = atomic_long_read(&c->counts.grown);
	for (i = 0; i < 150; i++)
		objs[i] = squirrel_cache_alloc(c, GFP_NOWAIT);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.grown), grown);
	KUNIT_EXPECT_NOT_NULL(test, objs[149]);
	/* Used up, and made good by the reclaimer. */
	sq_allocator_refill(&work);
	KUNIT_EXPECT_GE(test, at_hand(c), 150);
	KUNIT_EXPECT_GT(test, work.refilled, 0);
	squirrel_cache_free_bulk(c, 150, objs);
	squirrel_reclaim();
	KUNIT_EXPECT_GE(test, at_hand(c), 150);
	/* Not more than a slab beyond it. */
	KUNIT_EXPECT_LE(test, at_hand(c), 150 +
			(sq_slab_pages(c, n->nr_pages) << PAGE_SHIFT) / c->size);
}

/* ---- shrink and destroy --------------------------------------------------- */

static void shrink_gives_all_but_the_live(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 256, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void **objs = kunit_kcalloc(test, 1000, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	for (i = 0; i < 1000; i++)
		objs[i] = sq_fixture_alloc(test, c);
	for (i = 1; i < 1000; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 1);
	KUNIT_EXPECT_EQ(test, n->nr_slabs, 1);
	KUNIT_EXPECT_EQ(test, n->nr_free + 1, n->nr_objs);
	KUNIT_EXPECT_EQ(test, sq_cache_in_magazines(c), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_depot(c)->nr, 0);
	squirrel_cache_free(c, objs[0]);
	KUNIT_EXPECT_EQ(test, squirrel_cache_shrink(c), 0);
	KUNIT_EXPECT_EQ(test, n->nr_slabs, 0);
	KUNIT_EXPECT_EQ(test, n->nr_pages, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.grown),
			atomic_long_read(&c->counts.released));
}

/* Refused while there are live objects; all goes on, and it works later. */
static void destroy_waits_for_the_last_object(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64, NULL);
	unsigned long caches = sq_fixture_nr_caches();
	struct sq_model *m = sq_model_new(test, 10);
	void *obj;

	while (m->nr < 10)
		sq_model_add(m, sq_fixture_alloc(test, c), 64, 0);
	squirrel_cache_destroy(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr_caches(), caches);
	squirrel_cache_destroy(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr_caches(), caches);
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_NULL(test, sq_model_find(m, obj));
	squirrel_cache_free(c, obj);
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	KUNIT_EXPECT_EQ(test, sq_fixture_nr_caches(), caches - 1);
}

static void find_own(struct squirrel_cache *c, void *ctx)
{
	if ((c->flags & SQ_CACHE_INTERNAL) &&
	    c->size == SQ_MAG_BYTES << (SQ_MAG_ORDERS - 1))
		*(struct squirrel_cache **)ctx = c;
}

/* Squirrel's own: what depots are made of goes with the heap that has them. */
static void depots_go_with_their_heap(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct squirrel_cache *own = NULL, *c;
	unsigned int i, nr = 2000;
	struct sq_depot *d;
	long before;
	void **objs;

	sq_walk_caches(find_own, &own);
	KUNIT_ASSERT_NOT_NULL(test, own);
	before = sq_cache_balance(own);
	objs = kunit_kcalloc(test, nr, sizeof(*objs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < nr; i++) {
		objs[i] = squirrel_heap_alloc(heap, 64, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, objs[i]);
	}
	c = heap->class[squirrel_class_of(64)];
	d = sq_fixture_depot(c);
	sq_fixture_grown(test, c);
	for (i = 0; i < nr; i++)
		squirrel_heap_free(heap, objs[i]);
	KUNIT_ASSERT_GT(test, d->nr, 1);
	KUNIT_EXPECT_GE(test, sq_cache_balance(own), before + d->nr);
	sq_fixture_put_heap(test, heap);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(own), before);
}

/* ---- RCU ------------------------------------------------------------------ */

/* A reader may look at a freed object until it leaves its section. */
static void typesafe_memory_outlives_readers(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_cache *c = sq_fixture_cache(test, 64, &args);
	u64 *obj = sq_fixture_alloc(test, c);
	struct sq_reclaim_work work = {};
	unsigned int i;

	for (i = 0; i < 8; i++)
		obj[i] = i;
	rcu_read_lock();
	squirrel_cache_free(c, obj);
	/* As a run does, which does not sleep either. */
	sq_fixture_drain(c, false);
	sq_allocator_release_slabs(true, &work);
	KUNIT_EXPECT_EQ(test, sq_fixture_node(c)->nr_slabs, 0);
	mdelay(50);
	KUNIT_EXPECT_TRUE(test, squirrel_owns(obj));
	/* And it finds there what was there: the mark is kept outside. */
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, obj[i], i);
	rcu_read_unlock();
	rcu_barrier();
	KUNIT_EXPECT_FALSE(test, squirrel_owns(obj));
}

/* A cache that goes waits for those of its slabs that wait for readers. */
static void typesafe_slabs_go_before_their_cache(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.flags = SQUIRREL_TYPESAFE_BY_RCU,
	};
	struct squirrel_heap *heap = sq_fixture_fake_heap(test, "segregated", 256);
	struct squirrel_cache *c;
	unsigned int i, round;
	void *objs[100];

	for (round = 0; round < 10; round++) {
		c = sq_fixture_fake_cache_args(test, 1000, &args);
		for (i = 0; i < ARRAY_SIZE(objs); i++)
			objs[i] = sq_fixture_alloc(test, c);
		squirrel_cache_free_bulk(c, ARRAY_SIZE(objs), objs);
		sq_fixture_put_cache(test, c);
		KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), 0);
	}
}

struct rcu_nut {
	u64 payload[4];
	struct rcu_head rcu;
};

static void free_rcu_waits_for_readers(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, sizeof(struct rcu_nut),
						    NULL);
	struct rcu_nut *nut = sq_fixture_alloc(test, c);

	nut->payload[0] = 42;
	rcu_read_lock();
	squirrel_free_rcu(nut, rcu);
	mdelay(50);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 1);
	KUNIT_EXPECT_EQ(test, nut->payload[0], 42);
	rcu_read_unlock();
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

/* From a cache, a heap, the default heap, a large block: by one call. */
static void free_rcu_finds_the_owner(struct kunit *test)
{
	static const size_t sizes[] = { sizeof(struct rcu_nut), 1000, 100000 };
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct rcu_nut *nut;
	unsigned long pages;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		nut = squirrel_heap_alloc(heap, sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, nut);
		squirrel_free_rcu(nut, rcu);
		nut = squirrel_alloc(sizes[i], GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, nut);
		squirrel_free_rcu(nut, rcu);
	}
	rcu_barrier();
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++)
		if (heap->class[i])
			KUNIT_EXPECT_EQ(test, sq_cache_live(heap->class[i]), 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large_live), 0);
	/* What is left is a slab for each of the two sizes of objects. */
	for (pages = 0, i = 0; i < SQUIRREL_NR_CLASSES; i++)
		if (heap->class[i])
			pages += sq_fixture_node(heap->class[i])->nr_pages;
	KUNIT_EXPECT_EQ(test, sq_manager_pages_used(heap->manager), pages);
}

/* Destroy waits for frees that RCU still owes. */
static void destroy_waits_for_free_rcu(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, sizeof(struct rcu_nut),
						    NULL);
	struct rcu_nut *nut;
	unsigned int i;

	/* Not if there are none. */
	rcu_barrier();
	KUNIT_EXPECT_FALSE(test, sq_rcu_free_wait());
	nut = sq_fixture_alloc(test, c);
	rcu_read_lock();
	squirrel_free_rcu(nut, rcu);
	rcu_read_unlock();
	KUNIT_EXPECT_TRUE(test, sq_rcu_free_wait());
	KUNIT_EXPECT_FALSE(test, sq_rcu_free_wait());
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	for (i = 0; i < 20; i++) {
		nut = sq_fixture_alloc(test, c);
		squirrel_free_rcu(nut, rcu);
	}
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
}

/* With room for one word only: by ones and many, of each kind, while others wait. */
static void free_rcu_by_a_word(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 3 * sizeof(void *), NULL);
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	u64 *obj = sq_fixture_alloc(test, c), *more;
	unsigned int i, round;

	obj[0] = 42;
	obj[2] = 43;
	rcu_read_lock();
	__squirrel_free_rcu_word(obj, &obj[1]);
	for (i = 0; i < 20; i++) {
		more = squirrel_cache_alloc(c, GFP_ATOMIC);
		__squirrel_free_rcu_word(more, more);
	}
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 21);
	KUNIT_EXPECT_EQ(test, obj[0], 42);
	KUNIT_EXPECT_EQ(test, obj[2], 43);
	rcu_read_unlock();
	KUNIT_EXPECT_TRUE(test, sq_rcu_free_wait());
	KUNIT_EXPECT_FALSE(test, sq_rcu_free_wait());
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 100; i++) {
			more = sq_fixture_alloc(test, c);
			__squirrel_free_rcu_word(more, &more[i % 3]);
			more = squirrel_heap_alloc(heap, 20000, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, more);
			__squirrel_free_rcu_word(more, &more[i * 25]);
		}
		if (round & 1)
			rcu_barrier();
	}
	KUNIT_EXPECT_TRUE(test, sq_rcu_free_wait());
	KUNIT_EXPECT_EQ(test, atomic_long_read(&heap->large_live), 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_put_cache(test, c));
	more = (u64 *)&round;
	__squirrel_free_rcu_word(more, more);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
}

/* A second free by way of RCU is misuse like any other. */
static void free_rcu_of_freed_is_reported(struct kunit *test)
{
	struct rcu_nut *nut = kunit_kzalloc(test, sizeof(*nut), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, nut);
	squirrel_free_rcu(nut, rcu);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
}

/* At once: its words would be chained while somebody else may get it. */
static void free_rcu_of_free_is_refused(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, sizeof(struct rcu_nut), NULL);
	struct rcu_nut *nut, *next;

	sq_fixture_need_hardened(test);
	nut = sq_fixture_alloc(test, c);
	squirrel_cache_free(c, nut);
	squirrel_free_rcu(nut, rcu);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	__squirrel_free_rcu_word(nut, nut);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	next = sq_fixture_alloc(test, c);
	rcu_barrier();
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 1);
	squirrel_cache_free(c, next);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* What is no start of anything is reported at once, and nothing is freed. */
static void free_rcu_into_the_middle(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 4 * sizeof(struct rcu_nut),
						    NULL);
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	char *obj = sq_fixture_alloc(test, c);
	char *large = squirrel_heap_alloc(heap, SQ_PAGED(20000), GFP_KERNEL);
	struct rcu_nut *nut = (struct rcu_nut *)(obj + 16);

	KUNIT_ASSERT_NOT_NULL(test, large);
	squirrel_free_rcu(nut, rcu);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	nut = (struct rcu_nut *)(large + SQ_PAGED(9000));
	squirrel_free_rcu(nut, rcu);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 1);
	KUNIT_EXPECT_TRUE(test, squirrel_owns(large));
	squirrel_cache_free(c, obj);
	squirrel_heap_free(heap, large);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

/* As kfree_rcu(): nothing to free is nothing to do; looked at once. */
static void free_rcu_of_nothing(struct kunit *test)
{
	struct rcu_nut *nuts[3] = { NULL, ZERO_SIZE_PTR }, **next = nuts;

	nuts[2] = squirrel_alloc(sizeof(*nuts[2]), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, nuts[2]);
	squirrel_free_rcu(*next++, rcu);
	KUNIT_EXPECT_PTR_EQ(test, next, nuts + 1);
	squirrel_free_rcu(*next++, rcu);
	KUNIT_EXPECT_PTR_EQ(test, next, nuts + 2);
	squirrel_free_rcu(*next++, rcu);
	KUNIT_EXPECT_PTR_EQ(test, next, nuts + 3);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 0);
}

static struct kunit_case memory_cases[] = {
	KUNIT_CASE(limit_is_exact_and_counted),
	SQ_CASE_4K(want_of_memory_is_counted),
	SQ_CASE_4K(short_slabs_when_long_ones_fail),
	SQ_CASE_4K(reserve_is_at_hand_and_stays),
	KUNIT_CASE(shrink_gives_all_but_the_live),
	KUNIT_CASE(destroy_waits_for_the_last_object),
	KUNIT_CASE(typesafe_memory_outlives_readers),
	KUNIT_CASE(free_rcu_waits_for_readers),
	KUNIT_CASE(free_rcu_finds_the_owner),
	KUNIT_CASE(free_rcu_by_a_word),
	KUNIT_CASE(free_rcu_of_nothing),
	KUNIT_CASE(free_rcu_into_the_middle),
	KUNIT_CASE(destroy_waits_for_free_rcu),
	KUNIT_CASE(free_rcu_of_freed_is_reported),
	KUNIT_CASE(free_rcu_of_free_is_refused),
	KUNIT_CASE(depots_go_with_their_heap),
	KUNIT_CASE(typesafe_slabs_go_before_their_cache),
	{}
};

static struct kunit_suite memory_suite = {
	.name = "squirrel_cache_memory",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = memory_cases,
};

kunit_test_suites(&memory_suite);
