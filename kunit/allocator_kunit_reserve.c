// SPDX-License-Identifier: GPL-2.0
/*
 * Reserves: who fills them, when, and for whom constructors run.
 */
#include <linux/delay.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "allocator_kunit.h"

#define RESERVE	100

static struct {
	struct task_struct *who;
	unsigned long runs;
	unsigned long foreign;	/* in another task */
	unsigned long forbidden;	/* where it must not sleep */
} built;

static void build(void *obj)
{
	built.runs++;
	built.foreign += current != built.who;
	built.forbidden += in_interrupt() || irqs_disabled();
	memset(obj, 0x5a, 64);
}

static struct squirrel_cache *built_cache(struct kunit *test)
{
	const struct squirrel_cache_args args = {
		.ctor = build,
		.reserve = RESERVE,
	};

	memset(&built, 0, sizeof(built));
	built.who = current;
	return sq_fixture_cache(test, 64, &args);
}

/* Constructors run for create and for allocations, and for nobody else. */
static void constructors_run_for_who_allocates(struct kunit *test)
{
	struct squirrel_cache *c = built_cache(test);
	struct sq_model *m = sq_model_new(test, 4 * RESERVE);
	struct sq_reclaim_work work = {};
	unsigned long runs;

	KUNIT_EXPECT_GE(test, sq_cache_at_hand(c), RESERVE);
	runs = built.runs;
	KUNIT_EXPECT_GE(test, runs, RESERVE);
	/* The reserve itself is for those who cannot wait. */
	while (sq_cache_at_hand(c))
		sq_model_add(m, squirrel_cache_alloc(c, GFP_NOWAIT), 64, 0);
	KUNIT_EXPECT_EQ(test, built.runs, runs);
	sq_allocator_refill(&work);
	KUNIT_EXPECT_EQ(test, work.refilled, 0);
	squirrel_reclaim();
	squirrel_reclaim_mode(SQUIRREL_RECLAIM_PARALLEL, 1);
	msleep(100);
	squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0);
	KUNIT_EXPECT_EQ(test, built.runs, runs);
	/* Who can wait makes it good again. */
	while (sq_cache_at_hand(c) < RESERVE && m->nr < 3 * RESERVE)
		sq_model_add(m, sq_fixture_alloc(test, c), 64, 0);
	KUNIT_EXPECT_GE(test, sq_cache_at_hand(c), RESERVE);
	KUNIT_EXPECT_GT(test, built.runs, runs);
	KUNIT_EXPECT_EQ(test, built.foreign, 0);
	KUNIT_EXPECT_EQ(test, built.forbidden, 0);
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
}

/* A cache that was refused destroy gets no more reserve. */
static void refused_cache_is_not_refilled(struct kunit *test)
{
	const struct squirrel_cache_args args = { .reserve = RESERVE };
	struct squirrel_cache *c = sq_fixture_cache(test, 64, &args);
	struct sq_reclaim_work work = {};
	struct sq_model *m = sq_model_new(test, 2 * RESERVE + SQ_SLAB_MAX_OBJS);

	while (sq_cache_at_hand(c))
		sq_model_add(m, squirrel_cache_alloc(c, GFP_NOWAIT), 64, 0);
	squirrel_cache_destroy(c);
	KUNIT_EXPECT_TRUE(test, c->flags & SQ_CACHE_DYING);
	sq_allocator_refill(&work);
	KUNIT_EXPECT_EQ(test, work.refilled, 0);
	/* What the CPU had at hand went to its slab, no more. */
	KUNIT_EXPECT_LT(test, sq_cache_at_hand(c), RESERVE);
	/* As seen from a cache that was not. */
	c->flags &= ~SQ_CACHE_DYING;
	sq_allocator_refill(&work);
	KUNIT_EXPECT_GT(test, work.refilled, 0);
	while (m->nr)
		squirrel_cache_free(c, sq_model_del(m, 0));
}

/* Nor does one whose client went and left it behind; others do. */
static void orphan_is_not_refilled(struct kunit *test)
{
	const struct squirrel_cache_args args = { .reserve = RESERVE };
	struct squirrel_cache *c = sq_fixture_cache(test, 64, &args), *other;
	struct module *module = kunit_kzalloc(test, sizeof(*module), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, module);
	other = squirrel_cache_create("kunit-other", 64, &args);
	KUNIT_ASSERT_FALSE(test, IS_ERR(other));
	strscpy(module->name, "kunit_nobody", sizeof(module->name));
	sq_allocator_client_gone(module);
	KUNIT_EXPECT_FALSE(test, c->flags & SQ_CACHE_DYING);
	/* As if it were that module's. */
	other->owner = "kunit_nobody";
	sq_allocator_client_gone(module);
	KUNIT_EXPECT_TRUE(test, other->flags & SQ_CACHE_DYING);
	KUNIT_EXPECT_FALSE(test, c->flags & SQ_CACHE_DYING);
	other->owner = "";
	squirrel_cache_destroy(other);
}

/* More than the machine has: refused, and nobody is killed for it. */
static void reserve_beyond_memory_is_refused(struct kunit *test)
{
	const struct squirrel_cache_args cache_args = { .reserve = UINT_MAX };
	const struct squirrel_heap_args heap_args = { .reserve = SIZE_MAX / 2 };
	unsigned long pages = sq_manager_pages_used(sq_default_heap->manager);
	unsigned long caches = sq_fixture_nr_caches(), heaps = sq_fixture_nr_heaps();
	struct squirrel_cache *c;
	struct squirrel_heap *heap;

	c = squirrel_cache_create("kunit-hoard", 100000, &cache_args);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(c), -ENOMEM);
	heap = squirrel_heap_create("kunit-hoard", &heap_args);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(heap), -ENOMEM);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr_caches(), caches);
	KUNIT_EXPECT_EQ(test, sq_fixture_nr_heaps(), heaps);
	/* What magazines were made of may go meanwhile. */
	KUNIT_EXPECT_LE(test, sq_manager_pages_used(sq_default_heap->manager),
			pages);
}

static struct kunit_case reserve_cases[] = {
	SQ_CASE_4K(constructors_run_for_who_allocates),
	KUNIT_CASE(refused_cache_is_not_refilled),
	KUNIT_CASE(orphan_is_not_refilled),
	KUNIT_CASE(reserve_beyond_memory_is_refused),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "squirrel_reserve",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = reserve_cases,
};

kunit_test_suites(&reserve_suite);
