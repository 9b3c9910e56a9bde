// SPDX-License-Identifier: GPL-2.0
/*
 * Magazines: what is in a CPU's array, in the depot and in the slabs after
 * each step. Each test is pinned to its CPU, the reclaimer is off, and nobody
 * else knows the cache, so all of it is known exactly.
 */
#include <linux/cpumask.h>
#include <linux/kmemleak.h>
#include <linux/workqueue.h>

#include "allocator_kunit.h"

#define SIZE	512
#define CAP	32U	/* as much as may be loaded of these */

/* What both may hold for now; else they begin small and follow the load. */
static void allow(struct kunit *test, struct squirrel_cache *c, u32 cap,
		  u32 mags)
{
	sq_fixture_set_cap(test, c, cap);
	sq_fixture_depot(c)->cap = mags;
}

/* A cache as it is under a load that has gone on for a while. */
static struct squirrel_cache *grown_cache(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);

	KUNIT_ASSERT_EQ(test, c->cpu_max, CAP);
	allow(test, c, CAP, c->depot_max);
	return c;
}

/* It may hold as much as before. */
static void empty_array(struct kunit *test, struct squirrel_cache *c)
{
	sq_fixture_drain(c, false);
	allow(test, c, CAP, c->depot_max);
}

/* What the reclaimer does when it looks at a cache. */
static unsigned long look(struct squirrel_cache *c)
{
	unsigned long moved = sq_fixture_drain(c, true);

	return moved + sq_depot_drain(c, false);
}

static void give(struct squirrel_cache *c, void **objs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		squirrel_cache_free(c, objs[i]);
}

static void swing(struct kunit *test, struct squirrel_cache *c, unsigned int n)
{
	void **objs = sq_fixture_take(test, c, n);

	give(c, objs, n);
	kunit_kfree(test, objs);
}

static void last_in_is_first_out(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void **objs = sq_fixture_take(test, c, 3);
	u32 nr = sq_fixture_nr(c);
	unsigned long allocs, frees;

	sq_fixture_set_cap(test, c, CAP);
	give(c, objs, 3);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr + 3);
	KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), objs[2]);
	KUNIT_EXPECT_PTR_EQ(test, sq_fixture_alloc(test, c), objs[1]);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr + 1);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 2);
	give(c, objs + 1, 2);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	sq_cache_counts(c, &allocs, &frees);
	KUNIT_EXPECT_EQ(test, allocs, 5);
	KUNIT_EXPECT_EQ(test, frees, 5);
}

/* A spare is there from the second time on that what is loaded has no room. */
static void get_spare(struct kunit *test, struct squirrel_cache *c)
{
	unsigned int tries = 100;

	while (!sq_fixture_cpu(c)->hand->spare && tries--)
		swing(test, c, 2 * CAP);
	KUNIT_ASSERT_NOT_NULL(test, sq_fixture_cpu(c)->hand->spare);
}

static unsigned long trips(struct squirrel_cache *c)
{
	return sq_cache_slow(c, SQ_SLOW_DEPOT_GET) + sq_cache_slow(c, SQ_SLOW_DEPOT_PUT) +
	       sq_fixture_node(c)->nr_free;
}

/* Two magazines are at hand: bursts of one make no trips, wherever the edge is. */
static void bursts_stay_off_the_depot(struct kunit *test)
{
	struct squirrel_cache *c = grown_cache(test);
	unsigned int live = 4 * CAP, i;
	unsigned long before;
	void **objs;

	get_spare(test, c);
	objs = sq_fixture_take(test, c, live);
	while (live > CAP) {
		give(c, objs + --live, 1);
		swing(test, c, CAP);
		before = trips(c);
		for (i = 0; i < 10; i++)
			swing(test, c, CAP);
		KUNIT_EXPECT_EQ(test, trips(c), before);
	}
	give(c, objs, live);
}

/* What is full goes to the depot as it is, and comes back so. */
static void magazines_go_to_the_depot_and_back(struct kunit *test)
{
	struct squirrel_cache *c = grown_cache(test);
	struct sq_model *m = sq_model_new(test, 4 * CAP);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_depot *d = sq_fixture_depot(c);
	void **objs = sq_fixture_take(test, c, 2 * CAP + 1);
	struct sq_mag *first;
	unsigned int i;

	give(c, objs, 2 * CAP + 1);
	get_spare(test, c);
	d->cap = c->depot_max;
	for (i = 0; i < 2 * CAP + 1; i++)
		objs[i] = sq_fixture_alloc(test, c);
	/* Nothing is at hand: */
	sq_depot_drain(c, true);
	d->cap = c->depot_max;
	while (sq_fixture_nr(c))
		KUNIT_EXPECT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c), SIZE, 0));
	first = sq_fixture_loaded(c);
	give(c, objs, 2 * CAP);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 2 * CAP);
	KUNIT_EXPECT_EQ(test, d->nr, 0);
	give(c, objs + 2 * CAP, 1);
	KUNIT_EXPECT_EQ(test, d->nr, 1);
	KUNIT_EXPECT_EQ(test, sq_depots_objs(n), CAP);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), CAP + 1);
	/* The oldest have left. */
	KUNIT_EXPECT_PTR_EQ(test, d->full, first);
	KUNIT_EXPECT_PTR_EQ(test, d->full->obj[0], objs[0]);
	for (i = 0; i < 2 * CAP + 1; i++)
		KUNIT_EXPECT_TRUE(test, sq_model_add(m, sq_fixture_alloc(test, c),
						     SIZE, 0));
	KUNIT_EXPECT_EQ(test, d->nr, 0);
	KUNIT_EXPECT_EQ(test, sq_depots_objs(n), 0);
	for (i = 0; i < 2 * CAP + 1; i++)
		KUNIT_EXPECT_NOT_NULL(test, sq_model_find(m, objs[i]));
	KUNIT_EXPECT_TRUE(test, sq_model_intact(m));
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
}

/* Beyond what the depot may hold, objects go to their slabs. */
static void depot_has_a_limit(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 4096, NULL);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_depot *d = sq_fixture_depot(c);
	unsigned int nr = 3 * c->depot_max * c->cpu_max, i;
	void **objs = sq_fixture_take(test, c, nr);

	allow(test, c, c->cpu_max, c->depot_max);
	KUNIT_ASSERT_LT(test, c->depot_max * c->cpu_max / 2, nr / 2);
	for (i = 0; i < nr; i++) {
		give(c, objs + i, 1);
		KUNIT_EXPECT_LE(test, d->nr, c->depot_max);
	}
	KUNIT_EXPECT_EQ(test, d->nr, c->depot_max);
	KUNIT_EXPECT_EQ(test, sq_depots_objs(n) + n->nr_free + sq_fixture_nr(c),
			n->nr_objs);
}

/* Up to @n times there and back, until the cache's magazines hold @cap. */
static bool swing_until(struct kunit *test, struct squirrel_cache *c,
			u32 cap, unsigned int n)
{
	while (sq_fixture_cap(c) < cap && n--) {
		swing(test, c, 2 * c->cpu_max);
		KUNIT_EXPECT_LE(test, sq_fixture_cap(c), c->cpu_max);
		KUNIT_EXPECT_LE(test, sq_fixture_nr(c), sq_fixture_cap(c));
	}
	return sq_fixture_cap(c) >= cap;
}

/* It takes some trips, or a few in both directions, until an array holds more. */
static void capacity_grows_with_trips(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 512, NULL);
	u32 start = sq_cap_start(c), i;
	void **objs;

	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), start);
	KUNIT_EXPECT_LE(test, start * c->size, SQ_CPU_START + c->size);
	KUNIT_EXPECT_GE(test, start, 2);
	KUNIT_EXPECT_LT(test, start, c->cpu_max);
	/* No trips: */
	for (i = 0; i < 10000; i++)
		swing(test, c, 1);
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), start);
	/* Few in one direction between two looks: they do not add up. */
	objs = sq_fixture_take(test, c, 100);
	sq_fixture_set_cap(test, c, start);
	for (i = 0; i < 100; i++) {
		if (!(i % 5))
			look(c);
		give(c, objs + i, 1);
		KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), start);
	}
	KUNIT_EXPECT_TRUE(test, swing_until(test, c, c->cpu_max, 1000));
	swing(test, c, 20 * c->cpu_max);
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
}

/* Halved at each look that finds no CPU busy, down to what it was. */
static void capacity_decays_with_looks(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 512, NULL);
	u32 start = sq_cap_start(c), cap = c->cpu_max;
	unsigned int i;

	sq_fixture_set_cap(test, c, cap);
	for (i = 0; i < 20; i++) {
		swing(test, c, 100 * cap);
		look(c);
		KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), cap);
	}
	for (i = 0; sq_fixture_cap(c) > start && i < 20; i++) {
		cap = sq_fixture_cap(c);
		swing(test, c, 1);
		look(c);
		KUNIT_EXPECT_EQ(test, sq_fixture_cap(c),
				max((cap / 2) & ~1U, start));
	}
	look(c);
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), start);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
	/* Little use does not hold it up. */
	sq_fixture_set_cap(test, c, c->cpu_max);
	for (i = 0; i < 20; i++) {
		swing(test, c, 2);
		look(c);
	}
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), start);
}

/*
 * Of a CPU that was busy since the last look nothing goes; of one that was not
 * used at all, everything; in between not more stays than there were uses.
 */
static void cold_drain_leaves_what_is_used(struct kunit *test)
{
	struct squirrel_cache *c = grown_cache(test);
	struct sq_node *n = sq_fixture_node(c);
	void *last;
	u32 nr, kept;

	swing(test, c, 100 * CAP);
	nr = sq_fixture_nr(c);
	KUNIT_ASSERT_GE(test, nr, CAP / 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_drain(c, true), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr);
	/* 8 uses. */
	swing(test, c, 4);
	last = sq_fixture_loaded(c)->obj[sq_fixture_loaded_nr(c) - 1];
	KUNIT_EXPECT_GT(test, sq_fixture_drain(c, true), 0);
	kept = sq_fixture_nr(c);
	KUNIT_EXPECT_LE(test, kept, 8);
	KUNIT_EXPECT_GT(test, kept, 0);
	/* Those used last. */
	KUNIT_EXPECT_PTR_EQ(test, sq_fixture_loaded(c)->obj[kept - 1], last);
	KUNIT_EXPECT_EQ(test, sq_fixture_drain(c, true), kept);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_drain(c, true), 0);
	sq_depot_drain(c, true);
	KUNIT_EXPECT_EQ(test, n->nr_free, n->nr_objs);
}

/*
 * A depot begins with no room at all, is given some while full magazines find
 * none, and loses what stayed unused at a look.
 */
static void depot_follows_the_load(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 512, NULL);
	struct sq_depot *d = sq_fixture_depot(c);
	unsigned int i;
	u32 cap;

	KUNIT_EXPECT_EQ(test, d->cap, 0);
	swing(test, c, 2 * sq_cap_start(c));
	KUNIT_EXPECT_EQ(test, d->cap, 0);
	KUNIT_EXPECT_EQ(test, d->nr, 0);
	/* The magazines grow first. */
	for (i = 0; !d->cap && i < 1000; i++)
		swing(test, c, 4 * c->cpu_max);
	KUNIT_EXPECT_EQ(test, sq_fixture_cap(c), c->cpu_max);
	for (i = 0; d->cap < c->depot_max && i < 1000; i++) {
		swing(test, c, 2 * c->depot_max * c->cpu_max);
		KUNIT_EXPECT_LE(test, d->nr, d->cap);
	}
	KUNIT_EXPECT_EQ(test, d->cap, c->depot_max);
	KUNIT_EXPECT_EQ(test, d->nr, c->depot_max);
	/* All of it was in use before this look, nothing before the next. */
	sq_depot_drain(c, false);
	KUNIT_EXPECT_EQ(test, d->cap, c->depot_max);
	cap = d->nr;
	KUNIT_EXPECT_GT(test, sq_depot_drain(c, false), 0);
	KUNIT_EXPECT_EQ(test, d->nr, 0);
	KUNIT_EXPECT_EQ(test, d->cap, c->depot_max - cap);
}

/* Trips that are few between looks give the depot no room. */
static void depot_waits_for_many_trips(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 512, NULL);
	struct sq_depot *d = sq_fixture_depot(c);
	unsigned int i;

	for (i = 0; i < 200; i++) {
		sq_fixture_set_cap(test, c, c->cpu_max);
		swing(test, c, c->cpu_max + 2);
		sq_depot_drain(c, false);
	}
	KUNIT_EXPECT_EQ(test, d->cap, 0);
}

struct elsewhere {
	struct squirrel_cache *c;
	void **objs;
};

static long free_five(void *arg)
{
	struct elsewhere *e = arg;

	give(e->c, e->objs, 5);
	return sq_fixture_nr(e->c);
}

/* The array of a CPU that is gone is emptied from another one. */
static void drain_of_another_cpu(struct kunit *test)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask,
					   raw_smp_processor_id());
	struct squirrel_cache *c;
	unsigned long moved, there;
	struct elsewhere e;

	if (cpu >= nr_cpu_ids)
		kunit_skip(test, "there is one CPU only");
	c = sq_fixture_cache(test, SIZE, NULL);
	e.c = c;
	e.objs = sq_fixture_take(test, c, 5);
	/* As many as there was room for. */
	there = work_on_cpu(cpu, free_five, &e);
	KUNIT_EXPECT_GT(test, there, 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_in_magazines(c),
			there + sq_fixture_nr(c));
	/* One of them is freed a second time, from here. */
	squirrel_cache_free(c, e.objs[3]);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	preempt_disable();
	moved = sq_cpu_drain_dead(c, cpu);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, moved, there);
	KUNIT_EXPECT_EQ(test, sq_cpu_nr(c, cpu), 0);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_node(c)->nr_free + sq_fixture_nr(c),
			sq_fixture_node(c)->nr_objs);
}

/* The surplus of a depot is what nobody has needed since the last look. */
static void depot_drain_moves_the_surplus(struct kunit *test)
{
	struct squirrel_cache *c = grown_cache(test);
	struct sq_node *n = sq_fixture_node(c);
	struct sq_depot *d = sq_fixture_depot(c);
	void **objs = sq_fixture_take(test, c, 400);
	unsigned int nr, left;

	give(c, objs, 400);
	nr = d->nr;
	KUNIT_ASSERT_GT(test, nr, 4);
	KUNIT_EXPECT_EQ(test, sq_depot_drain(c, false), 0);
	/* Two magazines are in use. */
	empty_array(test, c);
	objs = sq_fixture_take(test, c, d->full->nr + d->full->next->nr);
	left = d->nr;
	KUNIT_EXPECT_EQ(test, left, nr - 2);
	give(c, objs, sq_cache_live(c));
	nr = d->nr;
	KUNIT_EXPECT_GT(test, sq_depot_drain(c, false), 0);
	KUNIT_EXPECT_EQ(test, d->nr, nr - left);
	KUNIT_EXPECT_EQ(test, d->min, d->nr);
	sq_depot_drain(c, true);
	KUNIT_EXPECT_EQ(test, d->nr, 0);
	KUNIT_EXPECT_EQ(test, sq_depots_objs(n), 0);
	KUNIT_EXPECT_NULL(test, d->full);
}

/* What lies in depots is free memory as well: the shrinker's count has it. */
static void depots_are_reclaimable(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, 512, NULL);
	struct sq_node *n = sq_fixture_node(c);
	unsigned long before, pages;
	unsigned int i;

	allow(test, c, c->cpu_max, c->depot_max);
	for (i = 0; i < 10; i++)
		swing(test, c, 2 * c->depot_max * c->cpu_max);
	pages = sq_depots_objs(n) * 512 / PAGE_SIZE;
	KUNIT_ASSERT_GT(test, pages, 16);
	before = sq_allocator_reclaimable();
	sq_depot_drain(c, true);
	/* Its magazines are free now, too. */
	KUNIT_EXPECT_LE(test, sq_allocator_reclaimable(), before + pages / 4);
	KUNIT_EXPECT_GE(test, sq_allocator_reclaimable(), before);
}

/*
 * A context that finds the busy flag set has interrupted one that is in the
 * middle of the array: it must leave all of it alone.
 */
static void busy_goes_past_the_magazines(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_node *n = sq_fixture_node(c);
	void *obj, *bulk[4];
	unsigned long free;
	u32 nr;

	swing(test, c, 8);
	nr = sq_fixture_nr(c);
	free = n->nr_free;
	sq_fixture_set_busy(c, true);
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
	KUNIT_EXPECT_EQ(test, sq_fixture_drain(c, false), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), nr);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	sq_fixture_set_busy(c, false);
}

/* With nothing in the slabs, an interrupt makes a slab of its own. */
static void busy_can_grow_the_cache(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *obj;

	sq_fixture_set_busy(c, true);
	obj = squirrel_cache_alloc(c, GFP_NOWAIT);
	sq_fixture_set_busy(c, false);
	KUNIT_ASSERT_NOT_NULL(test, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr(c), 0);
	squirrel_cache_free(c, obj);
}

/*
 * A free in NMI that finds the slab's lock taken waits in a list that is
 * linked through the mark. In its slab the object must have its mark again, or
 * a second free would not be seen.
 */
static void deferred_free_keeps_the_mark(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_node *n = sq_fixture_node(c);
	unsigned long free;
	unsigned int i;
	void **objs;

	sq_fixture_need_hardened(test);
	sq_fixture_keep(c);
	objs = sq_fixture_take(test, c, 3);
	free = n->nr_free;
	preempt_disable();
	for (i = 0; i < 3; i++) {
		kmemleak_free(objs[i]);
		sq_count_frees(c, 1);
		sq_defer_free(c, objs[i]);
	}
	preempt_enable();
	sq_deferred_flush();
	KUNIT_EXPECT_EQ(test, n->nr_free, free + 3);
	KUNIT_EXPECT_EQ(test, sq_cache_live(c), 0);
	for (i = 0; i < 3; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 3);
}

/*
 * To count is several instructions on most architectures. Whoever has the
 * claim may be interrupted in the middle of it, and writes back what he read
 * before: so nobody else may write to what he counts in.
 */
static void counts_of_the_claim_are_its_own(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	struct sq_cpu *cc = sq_fixture_cpu(c);
	unsigned long base, frees;
	void *objs[6];

	give(c, sq_fixture_take(test, c, 3), 3);
	preempt_disable();
	base = cc->hand->base;
	frees = cc->frees;
	sq_fixture_set_busy(c, true);
	objs[0] = squirrel_cache_alloc(c, GFP_NOWAIT);
	objs[1] = squirrel_cache_alloc(c, GFP_NOWAIT);
	squirrel_cache_alloc_bulk(c, GFP_NOWAIT, 4, objs + 2);
	squirrel_cache_free(c, objs[1]);
	squirrel_cache_free_bulk(c, 4, objs + 2);
	/* An object that is in its slab already comes there again. */
	sq_slabs_put(c, objs + 1, 1);
	sq_fixture_set_busy(c, false);
	preempt_enable();
	KUNIT_EXPECT_EQ(test, cc->hand->base, base);
	KUNIT_EXPECT_EQ(test, cc->frees, frees);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 2);
	/* That took back one that was not given. */
	sq_count_frees(c, 1);
	squirrel_cache_free(c, objs[0]);
	KUNIT_EXPECT_EQ(test, sq_cache_balance(c), 0);
}

static struct kunit_case magazine_cases[] = {
	KUNIT_CASE(last_in_is_first_out),
	KUNIT_CASE(bursts_stay_off_the_depot),
	KUNIT_CASE(magazines_go_to_the_depot_and_back),
	KUNIT_CASE(depot_has_a_limit),
	KUNIT_CASE(capacity_grows_with_trips),
	KUNIT_CASE(capacity_decays_with_looks),
	KUNIT_CASE(cold_drain_leaves_what_is_used),
	KUNIT_CASE(depot_follows_the_load),
	KUNIT_CASE(depot_waits_for_many_trips),
	KUNIT_CASE(drain_of_another_cpu),
	KUNIT_CASE(depot_drain_moves_the_surplus),
	SQ_CASE_4K(depots_are_reclaimable),
	KUNIT_CASE(busy_goes_past_the_magazines),
	KUNIT_CASE(busy_can_grow_the_cache),
	KUNIT_CASE(deferred_free_keeps_the_mark),
	KUNIT_CASE(counts_of_the_claim_are_its_own),
	{}
};

static struct kunit_suite magazine_suite = {
	.name = "squirrel_magazine",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = magazine_cases,
};

kunit_test_suites(&magazine_suite);
