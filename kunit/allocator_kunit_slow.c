// SPDX-License-Identifier: GPL-2.0
/*
 * Suite squirrel_slow: what takes an allocation or a free off the hot path is
 * counted, by why, and is in stats.
 */
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>

#include "allocator_kunit.h"

#define SIZE	64

/* What has been counted of one event since @before of it was. */
static long since(struct kunit *test, struct squirrel_cache *c,
		  const char *key, long before)
{
	return sq_fixture_cache_figure(test, c, key) - before;
}

static void first_object_is_a_miss(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *obj = sq_fixture_alloc(test, c);

	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_alloc_misses"), 1);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_depot_gets"), 0);
	/* What is at hand is none. */
	squirrel_cache_free(c, obj);
	obj = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_alloc_misses"), 1);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_free_flushes"), 0);
}

/* What neither the loaded nor the spare magazine has room for goes to the depot. */
static void flushes_and_the_depot(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	u32 nr = 2 * c->cpu_max + 1, i;
	void **objs = sq_fixture_take(test, c, nr);
	long misses;

	sq_fixture_drain(c, false);
	sq_fixture_grown(test, c);
	for (i = 0; i < nr; i++)
		squirrel_cache_free(c, objs[i]);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_free_flushes"), 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_depot_puts"), 1);
	misses = sq_fixture_cache_figure(test, c, "slow_alloc_misses");
	for (i = 0; i < nr; i++)
		objs[i] = sq_fixture_alloc(test, c);
	KUNIT_EXPECT_EQ(test, since(test, c, "slow_alloc_misses", misses), 2);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_depot_gets"), 1);
	for (i = 0; i < nr; i++)
		squirrel_cache_free(c, objs[i]);
}

static void close_looks_are_counted(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	long looks;
	void *obj;

	sq_fixture_need_hardened(test);
	obj = sq_fixture_alloc(test, c);
	squirrel_cache_free(c, obj);
	looks = sq_fixture_cache_figure(test, c, "slow_frees_checked");
	/* What is wiped is none for the hot path. */
	KUNIT_EXPECT_EQ(test, looks, want_init_on_free());
	/* What is refused is counted as that. */
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, since(test, c, "slow_frees_checked", looks), 0);
	KUNIT_EXPECT_EQ(test, sq_fixture_misuse(test), 1);
	/* A mark behind the object is looked at closely. */
	c = sq_fixture_cache(test, SIZE, &(struct squirrel_cache_args){
		.flags = SQUIRREL_TYPESAFE_BY_RCU });
	obj = sq_fixture_alloc(test, c);
	squirrel_cache_free(c, obj);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_frees_checked"), 1);
}

/* Arrays that are exchanged take nothing with them. */
static void counts_outlive_arrays(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	void *obj = sq_fixture_alloc(test, c);
	long misses = sq_fixture_cache_figure(test, c, "slow_alloc_misses");

	KUNIT_EXPECT_GT(test, misses, 0);
	sq_fixture_set_cap(test, c, c->cpu_max);
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_alloc_misses"), misses);
	squirrel_cache_free(c, obj);
}

/* The heap's are those of its classes. */
static void heaps_have_their_classes(struct kunit *test)
{
	struct squirrel_heap *heap = sq_fixture_heap(test, NULL);
	struct seq_file *s = sq_fixture_seq(test);
	void *a = squirrel_heap_alloc(heap, 20, GFP_KERNEL);
	void *b = squirrel_heap_alloc(heap, 200, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, a);
	KUNIT_ASSERT_NOT_NULL(test, b);
	sq_heap_show_stats(s, heap);
	KUNIT_EXPECT_EQ(test, sq_fixture_figure(test, sq_fixture_text(test, s),
						"slow_alloc_misses"), 2);
	squirrel_heap_free(heap, a);
	squirrel_heap_free(heap, b);
}

/* ---- who waits for a lock -------------------------------------------------- */

/* Holds the node's lock again and again, each time for a while. */
static int hold_fn(void *data)
{
	struct squirrel_cache *c = data;
	struct sq_node *n = sq_fixture_node(c);
	unsigned long flags;
	unsigned int i;

	while (!kthread_should_stop()) {
		raw_spin_lock_irqsave(&n->lock, flags);
		for (i = 0; i < 100; i++)
			udelay(2);
		raw_spin_unlock_irqrestore(&n->lock, flags);
		cond_resched();
	}
	return 0;
}

static void waits_are_counted(struct kunit *test)
{
	struct squirrel_cache *c = sq_fixture_cache(test, SIZE, NULL);
	unsigned int cpu, i;
	struct task_struct *task;
	void *obj;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is one CPU only");
	KUNIT_EXPECT_EQ(test, sq_fixture_cache_figure(test, c, "slow_lock_waits"), 0);
	cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	task = kthread_create(hold_fn, c, "sq-kunit-hold");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_bind(task, cpu);
	wake_up_process(task);
	for (i = 0; i < 100000 && !sq_fixture_cache_figure(test, c, "slow_lock_waits"); i++) {
		obj = squirrel_cache_alloc_node(c, GFP_KERNEL, numa_mem_id());
		squirrel_cache_free(c, obj);
		sq_fixture_drain(c, false);
	}
	kthread_stop(task);
	KUNIT_EXPECT_GT(test, sq_fixture_cache_figure(test, c, "slow_lock_waits"), 0);
}

static struct kunit_case slow_cases[] = {
	KUNIT_CASE(first_object_is_a_miss),
	KUNIT_CASE(flushes_and_the_depot),
	KUNIT_CASE(close_looks_are_counted),
	KUNIT_CASE(counts_outlive_arrays),
	KUNIT_CASE(heaps_have_their_classes),
	KUNIT_CASE(waits_are_counted),
	{}
};

static struct kunit_suite slow_suite = {
	.name = "squirrel_slow",
	.suite_init = sq_fixture_suite_init,
	.suite_exit = sq_fixture_suite_exit,
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = slow_cases,
};

kunit_test_suites(&slow_suite);
