// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_look: what a look of the reclaimer leaves, by volume and by the clock.
 */
#include "allocator_kunit.h"

#define SIZE	512
#define SLABS	50

static unsigned long look(struct squirrel_cache *c)
{
	unsigned long moved;

	preempt_disable();
	moved = sq_cpu_look(c);
	preempt_enable();
	while (READ_ONCE(c->owed))
		sq_cache_tidy(c);
	return moved;
}

static void swing(struct kunit *test, struct squirrel_cache *c, unsigned int n)
{
	void **objs = sq_fixture_take(test, c, n);

	squirrel_cache_free_bulk(c, n, objs);
	kunit_kfree(test, objs);
}

/* What is in use stays, what is not goes; how much there may be is not for it to say. */
static void volume_leaves_sizes(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	u32 nr;

	sq_fixture_grown(test, c);
	swing(test, c, 2 * c->cpu_max);
	swing(test, c, 2 * c->cpu_max);
	nr = sq_fixture_nr(c);
	KUNIT_ASSERT_EQ(test, nr, 2 * c->cpu_max);
	look(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	KUNIT_EXPECT_NOT_NULL(test, sq_fixture_cpu(c)->hand->spare);
	KUNIT_EXPECT_GT(test, sq_fixture_nr(c), c->cpu_max);
	look(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
	KUNIT_EXPECT_NULL(test, sq_fixture_cpu(c)->hand->spare);
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

/* A CPU that did not use a cache between two looks has nothing of it; counts stay. */
static void idle_hands_go(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned long allocs, frees, misses;
	void *live = sq_fixture_alloc(test, c);

	swing(test, c, 100);
	misses = sq_cache_slow(c, SQ_SLOW_ALLOC_MISS);
	sq_fixture_drain(c, true);
	KUNIT_ASSERT_NOT_NULL(test, sq_fixture_cpu(c)->hand);
	sq_fixture_drain(c, true);
	KUNIT_EXPECT_NULL(test, sq_fixture_cpu(c)->hand);
	KUNIT_EXPECT_FALSE(test, sq_fixture_busy(c));
	sq_cache_counts(c, &allocs, &frees);
	KUNIT_EXPECT_EQ(test, allocs, 101);
	KUNIT_EXPECT_EQ(test, frees, 100);
	KUNIT_EXPECT_EQ(test, sq_cache_slow(c, SQ_SLOW_ALLOC_MISS), misses);
	squirrel_cache_free(c, live);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_NOT_NULL(test, sq_fixture_cpu(c)->hand);
}

/* What a CPU did before it had this hand is no use of it. */
static void a_new_hand_is_not_busy(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);

	swing(test, c, 2000);
	sq_fixture_drain(c, false);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	KUNIT_ASSERT_GT(test, sq_fixture_nr(c), 0);
	sq_fixture_drain(c, true);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
}

/* A full spare goes although what is loaded is small already. */
static void a_swapped_spare_goes(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	u32 max = c->cpu_max, more, i;
	void **objs = sq_fixture_take(test, c, 6 * max);

	sq_fixture_grown(test, c);
	squirrel_cache_free_bulk(c, 5 * max, objs);
	KUNIT_ASSERT_GT(test, sq_fixture_depot(c)->nr, 0);
	sq_fixture_drain(c, false);
	/* One of the depot's is loaded, and the small one is the spare; then they swap. */
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	more = max - sq_fixture_loaded_nr(c) + 1;
	for (i = 0; i < more; i++)
		squirrel_cache_free(c, objs[5 * max + i]);
	KUNIT_ASSERT_EQ(test, sq_fixture_cap(c), sq_cap_start(c));
	KUNIT_ASSERT_GE(test, sq_fixture_nr(c), max);
	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	sq_fixture_drain(c, true);
	KUNIT_EXPECT_NULL(test, sq_fixture_cpu(c)->hand->spare);
	KUNIT_EXPECT_LE(test, sq_fixture_nr(c), sq_cap_start(c));
	squirrel_cache_free_bulk(c, max - more, objs + 5 * max + more);
}

static bool look_at_each(void **objs, u32 nr, void *ctx)
{
	u32 i;

	for (i = 0; i < nr; i++)
		*(unsigned long *)ctx += (unsigned long)sq_read_racy(objs[i]) & 1;
	return false;
}

/*
 * Who has found a hand may look into it after it was freed, and its memory is another
 * cache's hand: that has no magazine yet, or one.
 */
static void freed_hands_can_be_looked_at(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_hand *found, *next;
	unsigned long odd = 0;

	squirrel_cache_free(c, sq_fixture_alloc(test, c));
	found = sq_fixture_cpu(c)->hand;
	sq_fixture_drain(c, false);
	preempt_disable();
	next = sq_mag_memory(c, SQ_MAG_HANDS);
	preempt_enable();
	KUNIT_ASSERT_NOT_NULL(test, next);
	memset(next, 0, sizeof(*next));
	sq_fixture_cpu(c)->hand = found;
	preempt_disable();
	sq_look_in_hands(c, look_at_each, &odd);
	odd += sq_cpu_nr(c, raw_smp_processor_id());
	preempt_enable();
	sq_fixture_cpu(c)->hand = next;
	preempt_disable();
	sq_look_in_hands(c, look_at_each, &odd);
	odd += sq_cpu_nr(c, raw_smp_processor_id());
	preempt_enable();
	sq_fixture_cpu(c)->hand = NULL;
	sq_mag_memory_free(next, SQ_MAG_HANDS);
	KUNIT_EXPECT_EQ(test, odd, 0);
}

/* Of what is several pages long no more than two objects wait. */
static void large_objects_are_not_hoarded(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 64 << 10, NULL);
	unsigned int i;

	for (i = 0; i < 40; i++)
		swing(test, c, 10);
	KUNIT_EXPECT_LE(test, sq_fixture_nr(c), 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_depot(c)->nr, 0);
}

/* Each object is alone in its slab: so many slabs become empty, and are wanted again. */
static void take_and_give(struct kunit *test, struct squirrel_cache *c)
{
	void **objs = sq_fixture_take(test, c, SLABS);

	squirrel_cache_free_bulk(c, SLABS, objs);
	sq_fixture_drain(c, false);
	kunit_kfree(test, objs);
}

/* What goes and is made again should have stayed, and does from then on. */
static void slabs_that_swing_stay(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, PAGE_SIZE, NULL);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_reclaim_work work = {};
	long grown;

	sq_fixture_alone(c);
	take_and_give(test, c);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 0);
	take_and_give(test, c);
	KUNIT_EXPECT_GE(test, n->keep, SLABS);
	KUNIT_EXPECT_GE(test, n->nr_empty, SLABS);
	grown = atomic_long_read(&c->counts.grown);
	sq_allocator_look_slabs(&work);
	sq_allocator_look_slabs(&work);
	take_and_give(test, c);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&c->counts.grown), grown);
	/* By the clock: all were wanted since, then none. */
	sq_allocator_release_slabs(false, &work);
	KUNIT_EXPECT_GE(test, n->nr_empty, SLABS);
	sq_allocator_release_slabs(false, &work);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 0);
	KUNIT_EXPECT_EQ(test, n->keep, 0);
	take_and_give(test, c);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 0);
}

/* Empty ones that were not needed between two looks by volume go with the second. */
static void volume_releases_what_is_unused(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, PAGE_SIZE, NULL);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_reclaim_work work = {};

	sq_fixture_alone(c);
	sq_fixture_keep(c);
	take_and_give(test, c);
	KUNIT_ASSERT_GE(test, n->nr_empty, SLABS);
	n->keep = 3;
	sq_allocator_look_slabs(&work);
	KUNIT_EXPECT_GE(test, n->nr_empty, SLABS);
	sq_allocator_look_slabs(&work);
	KUNIT_EXPECT_EQ(test, n->nr_empty, 3);
}

/* ---- when there is one ---------------------------------------------------------- */

static sq_hook_fn hook_before;
static atomic_t told;

static void listen(enum sq_event event, gfp_t gfp)
{
	if (event == SQ_EVENT_VOLUME)
		atomic_inc(&told);
}

/* Once for so many bytes that went to slabs, whatever the size of the objects. */
static void volume_is_told(struct kunit *test)
{
	static const unsigned int sizes[] = { 64, SIZE, PAGE_SIZE };
	unsigned int i, nr, k;
	void **objs;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct squirrel_cache *c = sq_fixture_cache(test, sizes[i], NULL);

		nr = 4 * SQ_LOOK_BYTES / sizes[i];
		objs = sq_fixture_take(test, c, nr);
		hook_before = sq_allocator_set_hook(listen);
		atomic_set(&told, 0);
		sq_fixture_set_busy(c, true);
		for (k = 0; k < nr; k++)
			squirrel_cache_free(c, objs[k]);
		sq_fixture_set_busy(c, false);
		sq_allocator_set_hook(hook_before);
		/* Others were at it before. */
		KUNIT_EXPECT_GE(test, atomic_read(&told), 3);
		KUNIT_EXPECT_LE(test, atomic_read(&told), 4);
		kunit_kfree(test, objs);
	}
}

static struct kunit_case look_cases[] = {
	SQ_CASE_4K(volume_leaves_sizes),
	KUNIT_CASE(idle_hands_go),
	KUNIT_CASE(a_new_hand_is_not_busy),
	KUNIT_CASE(a_swapped_spare_goes),
	KUNIT_CASE(freed_hands_can_be_looked_at),
	KUNIT_CASE(large_objects_are_not_hoarded),
	KUNIT_CASE(slabs_that_swing_stay),
	KUNIT_CASE(volume_releases_what_is_unused),
	SQ_CASE_4K(volume_is_told),
	{}
};

static struct kunit_suite look_suite = {
	.name = "squirrel_look",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = look_cases,
};

kunit_test_suites(&look_suite);
