// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines: what is in a CPU's array, in the depot and in the slabs after
 * each step. Each test is pinned to its CPU, the reclaimer is off, and nobody
 * else knows the cache, so all of it is known exactly.
 */
#include <linux/cpumask.h>

#include "allocator_kunit.h"

/* Objects of 64 bytes: the array starts with room for 32 and grows to 60. */
#define SIZE	64
#define CAP	32U

/* @n distinct objects, in an array that the test owns. */
static void **take(struct kunit *test, struct squirrel_cache *c, unsigned int n)
{
	void **objs = kunit_kcalloc(test, n, sizeof(*objs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, objs);
	for (i = 0; i < n; i++)
		objs[i] = sq_kit_alloc(test, c);
	return objs;
}

static void give(struct squirrel_cache *c, void **objs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		squirrel_cache_free(c, objs[i]);
}

static void last_in_is_first_out(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	struct sq_cpu *cc = sq_kit_cpu(c);
	void **objs = take(test, c, 3);
	u32 nr = sq_kit_nr(c);

	give(c, objs, 3);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), nr + 3);
	KUNIT_EXPECT_PTR_EQ(test, sq_kit_alloc(test, c), objs[2]);
	KUNIT_EXPECT_PTR_EQ(test, sq_kit_alloc(test, c), objs[1]);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), nr + 1);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 2);
	give(c, objs + 1, 2);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_EQ(test, cc->allocs, 5);
	KUNIT_EXPECT_EQ(test, cc->frees, 5);
}

/* As a magazine's worth moves at a time, half of the array stays either way. */
static void bursts_stay_off_the_depot(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	struct sq_cpu *cc = sq_kit_cpu(c);
	void **objs = take(test, c, 3 * CAP);
	unsigned int burst = CAP / 2 - 1, i;
	unsigned long in_slabs;

	sq_kit_drain(c, false);
	KUNIT_ASSERT_EQ(test, sq_kit_cap(c), CAP);
	/* To the edge: one more than full, so one magazine has left. */
	while (!sq_kit_node(c)->depot_nr)
		give(c, &objs[i = sq_cache_live(c) - 1], 1);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), CAP / 2 + 1);
	in_slabs = sq_kit_node(c)->nr_free;
	cc->trips = 0;
	for (i = 0; i < 1000; i++) {
		unsigned int live = sq_cache_live(c), k;

		for (k = 0; k < burst; k++)
			objs[live + k] = sq_kit_alloc(test, c);
		give(c, objs + live, burst);
		give(c, objs + live - burst, burst);
		for (k = 0; k < burst; k++)
			objs[live - burst + k] = sq_kit_alloc(test, c);
	}
	KUNIT_EXPECT_EQ(test, cc->trips, 0);
	KUNIT_EXPECT_EQ(test, sq_kit_node(c)->depot_nr, 1);
	KUNIT_EXPECT_EQ(test, sq_kit_node(c)->nr_free, in_slabs);
	give(c, objs, sq_cache_live(c));
}

/* A full array gives a magazine to the depot, an empty one has it back. */
static void magazines_go_to_the_depot_and_back(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	struct sq_model *m = sq_model_new(test, 4 * CAP);
	struct sq_node *n = sq_kit_node(c);
	void **objs = take(test, c, CAP + 1);
	unsigned int i;

	sq_kit_drain(c, false);
	KUNIT_ASSERT_EQ(test, sq_kit_cap(c), CAP);
	give(c, objs, CAP);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), CAP);
	KUNIT_EXPECT_EQ(test, n->depot_nr, 0);
	give(c, objs + CAP, 1);
	KUNIT_EXPECT_EQ(test, n->depot_nr, 1);
	KUNIT_EXPECT_EQ(test, n->depot_objs, CAP / 2);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), CAP / 2 + 1);
	/* The older half has left. */
	KUNIT_EXPECT_PTR_EQ(test, n->depot->obj[0], objs[0]);
	for (i = 0; i < CAP + 1; i++)
		KUNIT_EXPECT_TRUE(test, sq_model_add(m, sq_kit_alloc(test, c),
						     SIZE, 0));
	KUNIT_EXPECT_EQ(test, n->depot_nr, 0);
	KUNIT_EXPECT_EQ(test, n->depot_objs, 0);
	for (i = 0; i < CAP + 1; i++)
		KUNIT_EXPECT_NOT_NULL(test, sq_model_find(m, objs[i]));
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	give(c, objs, CAP + 1);
}

/* Beyond what the depot may hold, objects go to their slabs. */
static void depot_has_a_limit(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, 4096, NULL);
	struct sq_node *n = sq_kit_node(c);
	unsigned int nr = 30 * c->cpu_max, i;
	void **objs = take(test, c, nr);

	KUNIT_ASSERT_LT(test, c->depot_max * c->cpu_max / 2, nr / 2);
	for (i = 0; i < nr; i++) {
		give(c, objs + i, 1);
		KUNIT_EXPECT_LE(test, n->depot_nr, c->depot_max);
	}
	KUNIT_EXPECT_EQ(test, n->depot_nr, c->depot_max);
	KUNIT_EXPECT_EQ(test, n->depot_objs + n->nr_free + sq_kit_nr(c),
			n->nr_objs);
}

static void swing(struct kunit *test, struct squirrel_cache *c, unsigned int n)
{
	void **objs = take(test, c, n);

	give(c, objs, n);
	kunit_kfree(test, objs);
}

/*
 * 512 bytes: 4 to begin with, then 8, 16, 32 while the array keeps running full
 * or empty; back by halves when it is drained.
 */
static void capacity_follows_the_load(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, 512, NULL);
	u32 cap = sq_cap_start(c);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, cap, 4);
	KUNIT_EXPECT_EQ(test, sq_kit_cap(c), cap);
	KUNIT_EXPECT_EQ(test, c->cpu_max, 32);
	for (i = 0; i < 100; i++)
		swing(test, c, 2);
	KUNIT_EXPECT_EQ(test, sq_kit_cap(c), cap);
	for (i = 0; i < 100; i++) {
		swing(test, c, 100);
		KUNIT_EXPECT_GE(test, sq_kit_cap(c), cap);
		KUNIT_EXPECT_LE(test, sq_kit_cap(c), c->cpu_max);
		KUNIT_EXPECT_LE(test, sq_kit_nr(c), sq_kit_cap(c));
		cap = sq_kit_cap(c);
	}
	KUNIT_EXPECT_EQ(test, cap, 32);
	for (; cap > 4; cap /= 2) {
		KUNIT_EXPECT_EQ(test, sq_kit_cap(c), cap);
		sq_kit_drain(c, false);
	}
	KUNIT_EXPECT_EQ(test, sq_kit_cap(c), 4);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), 0);
}

/* Hot is what was used since the last look. */
static void cold_drain_leaves_hot_ones(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	u32 nr;

	swing(test, c, 8);
	nr = sq_kit_nr(c);
	KUNIT_ASSERT_GE(test, nr, 8);
	KUNIT_EXPECT_EQ(test, sq_kit_drain(c, true), 0);
	swing(test, c, 1);
	KUNIT_EXPECT_EQ(test, sq_kit_drain(c, true), 0);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), nr);
	KUNIT_EXPECT_EQ(test, sq_kit_drain(c, true), nr);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), 0);
	KUNIT_EXPECT_EQ(test, sq_kit_drain(c, true), 0);
	KUNIT_EXPECT_EQ(test, sq_kit_node(c)->nr_free, sq_kit_node(c)->nr_objs);
}

/* The array of a CPU that is gone is emptied from another one. */
static void drain_of_another_cpu(struct kunit *test)
{
	unsigned int cpu = cpumask_any_but(cpu_possible_mask,
					   raw_smp_processor_id());
	struct squirrel_cache *c;
	struct sq_word *word;
	struct sq_cpu *other;
	unsigned long moved;
	void **objs;

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	c = sq_kit_cache(test, SIZE, NULL);
	other = per_cpu_ptr(c->cpu, cpu);
	word = per_cpu_ptr(sq_word(c), cpu);
	objs = take(test, c, 5);
	/* As if they had been freed there. */
	for (word->nr = 0; word->nr < 5; word->nr++) {
		void *obj = objs[word->nr];

		*sq_mark_at(c, obj) = c->mark;
		other->obj[word->nr] = obj;
		other->frees++;
	}
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_in_magazines(c),
			5 + sq_kit_nr(c));
	/* One of them is freed a second time, from here. */
	squirrel_cache_free(c, objs[3]);
	KUNIT_EXPECT_EQ(test, sq_kit_misuse(test), 1);
	preempt_disable();
	moved = sq_cpu_drain_dead(c, cpu);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, moved, 5);
	KUNIT_EXPECT_EQ(test, word->nr, 0);
	KUNIT_EXPECT_EQ(test, sq_kit_node(c)->nr_free + sq_kit_nr(c),
			sq_kit_node(c)->nr_objs);
}

/* The surplus of a depot is what nobody has needed since the last look. */
static void depot_drain_moves_the_surplus(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	struct sq_node *n = sq_kit_node(c);
	void **objs = take(test, c, 400);
	unsigned int nr, left;

	give(c, objs, 400);
	nr = n->depot_nr;
	KUNIT_ASSERT_GT(test, nr, 4);
	KUNIT_EXPECT_EQ(test, sq_depot_drain(c, false), 0);
	/* Two magazines are in use. */
	sq_kit_drain(c, false);
	objs = take(test, c, n->depot->nr + n->depot->next->nr);
	left = n->depot_nr;
	KUNIT_EXPECT_EQ(test, left, nr - 2);
	give(c, objs, sq_cache_live(c));
	nr = n->depot_nr;
	KUNIT_EXPECT_GT(test, sq_depot_drain(c, false), 0);
	KUNIT_EXPECT_EQ(test, n->depot_nr, nr - left);
	KUNIT_EXPECT_EQ(test, n->depot_min, n->depot_nr);
	sq_depot_drain(c, true);
	KUNIT_EXPECT_EQ(test, n->depot_nr, 0);
	KUNIT_EXPECT_EQ(test, n->depot_objs, 0);
	KUNIT_EXPECT_NULL(test, n->depot);
}

/*
 * A context that finds the busy flag set has interrupted one that is in the
 * middle of the array: it must leave all of it alone.
 */
static void busy_goes_past_the_magazines(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	struct sq_node *n = sq_kit_node(c);
	void *obj, *bulk[4];
	unsigned long free;
	u32 nr;

	swing(test, c, 8);
	nr = sq_kit_nr(c);
	free = n->nr_free;
	sq_kit_set_busy(c, true);
	obj = squirrel_cache_alloc(c, GFP_NOWAIT);
	KUNIT_EXPECT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, n->nr_free, free - 1);
	KUNIT_EXPECT_EQ(test, squirrel_cache_alloc_bulk(c, GFP_NOWAIT, 4, bulk),
			4);
	KUNIT_EXPECT_EQ(test, n->nr_free, free - 5);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 5);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, n->nr_free, free - 4);
	squirrel_cache_free_bulk(c, 4, bulk);
	KUNIT_EXPECT_EQ(test, n->nr_free, free);
	KUNIT_EXPECT_EQ(test, sq_kit_drain(c, false), 0);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), nr);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_kit_misuse(test), 1);
	sq_kit_set_busy(c, false);
}

/* With nothing in the slabs, an interrupt makes a slab of its own. */
static void busy_can_grow_the_cache(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	void *obj;

	sq_kit_set_busy(c, true);
	obj = squirrel_cache_alloc(c, GFP_NOWAIT);
	sq_kit_set_busy(c, false);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, sq_kit_nr(c), 0);
	squirrel_cache_free(c, obj);
}

/*
 * After a drain the array is small again, while the depot's magazines are
 * still as large as it was: one of them makes it fuller than it should be.
 * A bulk free must see that there is no room, or it writes past the end.
 */
static void overfull_array_takes_no_more(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, 512, NULL);
	void **objs, *one;
	unsigned int i;

	for (i = 0; i < 100; i++)
		swing(test, c, 100);
	KUNIT_ASSERT_EQ(test, sq_kit_cap(c), 32);
	objs = take(test, c, 60);
	give(c, objs, 10);
	while (sq_kit_cap(c) > 4)
		sq_kit_drain(c, false);
	KUNIT_ASSERT_GT(test, sq_kit_node(c)->depot_nr, 0);
	one = sq_kit_alloc(test, c);
	KUNIT_EXPECT_GT(test, sq_kit_nr(c), sq_kit_cap(c));
	squirrel_cache_free_bulk(c, 50, objs + 10);
	KUNIT_EXPECT_LE(test, sq_kit_nr(c), c->cpu_max);
	squirrel_cache_free(c, one);
	KUNIT_EXPECT_LE(test, sq_kit_nr(c), c->cpu_max);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
}

/*
 * A free in NMI that finds the slab's lock taken waits in a list that is
 * linked through the mark. In its slab the object must have its mark again, or
 * a second free would not be seen.
 */
static void deferred_free_keeps_the_mark(struct kunit *test)
{
	struct squirrel_cache *c = sq_kit_cache(test, SIZE, NULL);
	struct sq_node *n = sq_kit_node(c);
	void **objs = take(test, c, 3);
	unsigned long free = n->nr_free;
	unsigned int i;

	preempt_disable();
	for (i = 0; i < 3; i++) {
		this_cpu_inc(c->cpu->frees);
		sq_defer_free(c, objs[i]);
	}
	preempt_enable();
	sq_deferred_flush();
	KUNIT_EXPECT_EQ(test, n->nr_free, free + 3);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, sq_kit_misuse(test), 3);
}

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE(last_in_is_first_out),
	KUNIT_CASE(bursts_stay_off_the_depot),
	KUNIT_CASE(magazines_go_to_the_depot_and_back),
	KUNIT_CASE(depot_has_a_limit),
	KUNIT_CASE(capacity_follows_the_load),
	KUNIT_CASE(cold_drain_leaves_hot_ones),
	KUNIT_CASE(drain_of_another_cpu),
	KUNIT_CASE(depot_drain_moves_the_surplus),
	KUNIT_CASE(busy_goes_past_the_magazines),
	KUNIT_CASE(busy_can_grow_the_cache),
	KUNIT_CASE(overfull_array_takes_no_more),
	KUNIT_CASE(deferred_free_keeps_the_mark),
	{}
};

static struct kunit_suite magazine_suite = {
	.name = "squirrel_magazine",
	.suite_init = sq_kit_suite_init,
	.suite_exit = sq_kit_suite_exit,
	.init = sq_kit_init,
	.exit = sq_kit_exit,
	.test_cases = magazine_cases,
};

kunit_test_suites(&magazine_suite);
