// SPDX-License-Identifier: GPL-2.0
/*
 * The reclaimer's modes.
 */
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "reclaimer_kunit.h"

/* Free pages the background leaves each heap; there are few heaps here. */
#define KEPT	200

static long stat(struct kunit *test, const char *key)
{
	return sq_fixture_stat(test, sq_reclaimer_show_stats, key);
}

static void expect_mode(struct kunit *test, const char *text)
{
	char now[64];

	sq_reclaimer_get_mode_string(now, sizeof(now));
	KUNIT_EXPECT_STREQ(test, strim(now), text);
}

/* ---- setting it ----------------------------------------------------------- */

static void mode_is_read_as_written(struct kunit *test)
{
	static const struct { const char *text, *now; } good[] = {
		{ "off", "off" },
		{ "series 1", "series 1" },
		{ "series", "series 10000" },
		{ " series   77\n", "series 77" },
		{ "parallel 1", "parallel 1" },
		{ "parallel", "parallel 20" },
		{ "parallel 60000\n", "parallel 60000" },
		{ "off\n", "off" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		sq_fixture_set_mode(test, good[i].text);
		expect_mode(test, good[i].now);
		/* What is read may be written. */
		sq_fixture_set_mode(test, good[i].now);
		expect_mode(test, good[i].now);
	}
}

static void bad_mode_changes_nothing(struct kunit *test)
{
	static const char * const bad[] = {
		"", " ", "\n", "on", "OFF", "serie", "seriess", "series 0",
		"series -1", "series x", "series 5x", "series 5 6",
		"series 18446744073709551616", "parallel 0", "parallel 60001",
		"parallel 5ms", "off 1", "off off", "parallel series", "1",
		"series 000000000000000000000000000000000001",
		/* Good, if it were cut. */
		"off                                        x",
		"series 5                                   6",
	};
	static const char * const before[] = { "off", "series 123",
					       "parallel 60000" };
	unsigned int i, k;

	for (k = 0; k < ARRAY_SIZE(before); k++) {
		sq_fixture_set_mode(test, before[k]);
		for (i = 0; i < ARRAY_SIZE(bad); i++) {
			int err = sq_reclaimer_set_mode_string(bad[i]);

			KUNIT_EXPECT_EQ_MSG(test, err, -EINVAL, "'%s'", bad[i]);
			expect_mode(test, before[k]);
		}
	}
}

static void bad_numbers_change_nothing(struct kunit *test)
{
	static const struct { int mode; unsigned long n; } bad[] = {
		{ -1, 0 }, { 3, 0 }, { INT_MAX, 5 },
		{ SQUIRREL_RECLAIM_OFF, 1 },
		{ SQUIRREL_RECLAIM_PARALLEL, 60001 },
		{ SQUIRREL_RECLAIM_PARALLEL, ULONG_MAX },
	};
	unsigned int i;

	sq_fixture_set_mode(test, "series 9");
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ(test, squirrel_reclaim_mode(bad[i].mode,
							    bad[i].n), -EINVAL);
		expect_mode(test, "series 9");
	}
	KUNIT_EXPECT_EQ(test, squirrel_reclaim_mode(SQUIRREL_RECLAIM_SERIES, 0),
			0);
	expect_mode(test, "series 10000");
	KUNIT_EXPECT_EQ(test, squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0),
			0);
	expect_mode(test, "off");
}

/* ---- off ------------------------------------------------------------------ */

/* What runs have done so far, of any kind. */
static long all_work(struct kunit *test)
{
	return stat(test, "objects_drained") + stat(test, "slabs_released") +
	       stat(test, "blocks_merged") + stat(test, "pages_given_back");
}

static void off_does_nothing(struct kunit *test)
{
	long series, parallel, work;

	/* There is something to do, but not even the next run is made. */
	sq_fixture_fill(test, 1000);
	sq_fixture_empty(test, 0);
	sq_fixture_set_mode(test, "parallel 100");
	sq_fixture_set_mode(test, "off");
	series = stat(test, "runs_series");
	parallel = stat(test, "runs_parallel");
	work = all_work(test);
	sq_fixture_fill(test, 100);
	sq_fixture_empty(test, 0);
	msleep(500);
	KUNIT_EXPECT_EQ(test, stat(test, "runs_series"), series);
	KUNIT_EXPECT_EQ(test, stat(test, "runs_parallel"), parallel);
	KUNIT_EXPECT_EQ(test, all_work(test), work);
}

/* ---- series --------------------------------------------------------------- */

static void one_by_one(struct squirrel_cache *c, unsigned int n)
{
	while (n--)
		squirrel_cache_free(c, squirrel_cache_alloc(c, GFP_KERNEL));
}

static void bulks_of(struct squirrel_cache *c, unsigned int n,
		     unsigned int nr)
{
	void *objs[10];

	for (; n; n -= nr) {
		squirrel_cache_alloc_bulk(c, GFP_KERNEL, nr, objs);
		squirrel_cache_free_bulk(c, nr, objs);
	}
}

static void in_bulk(struct squirrel_cache *c, unsigned int n)
{
	bulks_of(c, n, 10);
}

/* The count jumps over most multiples of N. */
static void in_bulks_of_7(struct squirrel_cache *c, unsigned int n)
{
	bulks_of(c, n, 7);
}

static void from_default_heap(struct squirrel_cache *c, unsigned int n)
{
	while (n--)
		squirrel_free(squirrel_alloc(n % 2 ? 100 : 10000, GFP_KERNEL));
}

/* After k * N allocations of whatever kind, k runs. */
static void series_runs_every_n(struct kunit *test)
{
	static void (* const kinds[])(struct squirrel_cache *c,
				      unsigned int n) = {
		one_by_one, in_bulk, in_bulks_of_7, from_default_heap,
	};
	struct sq_fixture *fx = test->priv;
	unsigned int i;
	long runs;

	sq_fixture_set_mode(test, "series 200");
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		runs = stat(test, "runs_series");
		kinds[i](fx->cache, 7 * 200);
		KUNIT_EXPECT_EQ_MSG(test, stat(test, "runs_series"), runs + 7,
				    "kind %u", i);
	}
}

/* The magazines that objects move in are squirrel's affair: not counted. */
static void series_counts_the_clients_only(struct kunit *test)
{
	long runs = stat(test, "runs_series");
	unsigned int i;

	sq_fixture_set_mode(test, "series 1000");
	for (i = 0; i < 10; i++) {
		sq_fixture_fill(test, 1000);
		sq_fixture_empty(test, 0);
	}
	KUNIT_EXPECT_EQ(test, stat(test, "runs_series"), runs + 10);
}

static void series_gives_pages_back(struct kunit *test)
{
	struct sq_fixture *fx = test->priv;
	unsigned long before = sq_fixture_held(test), full;
	char *other;
	unsigned int i;

	sq_fixture_fill(test, SQ_FIXTURE_MAX);
	full = sq_fixture_held(test);
	KUNIT_EXPECT_GT(test, full, before + 700);
	sq_fixture_empty(test, 0);
	sq_fixture_set_mode(test, "series 20");
	/* Allocations of others do it as well. */
	for (i = 0; i < 2000; i++) {
		other = squirrel_alloc(50, GFP_KERNEL);
		squirrel_free(other);
	}
	KUNIT_EXPECT_LT(test, sq_fixture_held(test), before + KEPT);
	KUNIT_EXPECT_EQ(test, fx->nr, 0);
}

static bool has_run_in_series(struct kunit *test, long runs)
{
	return stat(test, "runs_series") > runs;
}

/* Not then and there, for a run takes as long as there is free memory. */
static void series_waits_for_interrupts(struct kunit *test)
{
	unsigned long flags, before, after;
	struct sq_fixture *fx = test->priv;
	unsigned int i, round;
	long runs;

	/* A worker does it each time, not only once. */
	for (round = 0; round < 3; round++) {
		sq_fixture_set_mode(test, "off");
		sq_fixture_fill(test, SQ_FIXTURE_MAX);
		sq_fixture_empty(test, 0);
		sq_fixture_set_mode(test, "series 10");
		runs = stat(test, "runs_series");
		local_irq_save(flags);
		before = sq_allocator_reclaimable();
		for (i = 0; i < 35; i++)
			squirrel_cache_free(fx->cache,
					    squirrel_cache_alloc(fx->cache,
								 GFP_ATOMIC));
		after = sq_allocator_reclaimable();
		local_irq_restore(flags);
		KUNIT_EXPECT_GT(test, before, 8);
		KUNIT_EXPECT_EQ(test, after, before);
		KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, has_run_in_series,
							runs));
	}
}

/* ---- parallel ------------------------------------------------------------- */

static bool held_is_below(struct kunit *test, long pages)
{
	return sq_fixture_held(test) < pages;
}

static bool has_run(struct kunit *test, long runs)
{
	return stat(test, "runs_parallel") > runs;
}

static bool cpus_are_idle(struct kunit *test, long unused)
{
	unsigned int cpu;

	for_each_online_cpu(cpu)
		if (!sq_allocator_cpu_idle(cpu))
			return false;
	return true;
}

/* By itself: cold magazines into slabs, slabs into pages, pages back. */
static void parallel_gives_pages_back(struct kunit *test)
{
	unsigned long before = sq_fixture_held(test);

	sq_fixture_set_mode(test, "parallel 10");
	sq_fixture_fill(test, SQ_FIXTURE_MAX);
	KUNIT_EXPECT_GT(test, sq_fixture_held(test), before + 700);
	sq_fixture_empty(test, 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, held_is_below,
						before + KEPT));
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, cpus_are_idle, 0));
}

static bool rests(struct kunit *test, long unused)
{
	long runs = stat(test, "runs_parallel");

	msleep(200);
	return stat(test, "runs_parallel") == runs;
}

/* With nothing to gain it sleeps; an allocation that needs pages wakes it. */
static void parallel_rests_and_wakes(struct kunit *test)
{
	long runs;

	sq_fixture_set_mode(test, "parallel 5");
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, rests, 0));
	runs = stat(test, "runs_parallel");
	sq_fixture_fill(test, 500);
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, has_run, runs));
	sq_fixture_empty(test, 0);
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, cpus_are_idle, 0));
}

/* A new period counts from now, not from the end of the old one. */
static void shorter_period_counts_at_once(struct kunit *test)
{
	long runs;

	/* Until nothing waits that was begun before this test. */
	msleep(300);
	sq_fixture_set_mode(test, "parallel 60000");
	sq_fixture_fill(test, 100);
	runs = stat(test, "runs_parallel");
	sq_fixture_set_mode(test, "parallel 5");
	KUNIT_EXPECT_TRUE(test, sq_fixture_soon(test, has_run, runs));
}

/* ---- asked ---------------------------------------------------------------- */

static void reclaim_returns_to_the_level_before(struct kunit *test)
{
	unsigned long before = sq_fixture_held(test), full, back;
	long asked = stat(test, "runs_asked");
	long pages = stat(test, "pages_given_back");

	sq_fixture_fill(test, SQ_FIXTURE_MAX);
	sq_fixture_empty(test, 0);
	full = sq_fixture_held(test);
	back = squirrel_reclaim();
	KUNIT_EXPECT_GT(test, back, 700);
	KUNIT_EXPECT_EQ(test, stat(test, "runs_asked"), asked + 1);
	KUNIT_EXPECT_EQ(test, stat(test, "pages_given_back"), pages + back);
	KUNIT_EXPECT_EQ(test, sq_fixture_held(test) + back, full);
	KUNIT_EXPECT_TRUE(test, cpus_are_idle(test, 0));
	sq_fixture_settle(test);
	KUNIT_EXPECT_EQ(test, sq_fixture_held(test), before);
	KUNIT_EXPECT_EQ(test, squirrel_reclaim(), 0);
}

/* What is live stays, and as it is: the fixture looks at it. */
static void reclaim_leaves_live_objects(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		sq_fixture_fill(test, 1000);
		sq_fixture_empty(test, 100 * i);
		squirrel_reclaim();
	}
	sq_fixture_fill(test, 1500);
	sq_fixture_empty(test, 0);
}

static void reserves_survive_reclaim(struct kunit *test)
{
	const struct squirrel_cache_args cache_args = { .reserve = 400 };
	const struct squirrel_heap_args heap_args = {
		.reserve = 100 * PAGE_SIZE,
	};
	unsigned long before = sq_allocator_reclaimable();
	struct squirrel_cache *c;
	struct squirrel_heap *h;

	c = squirrel_cache_create("kunit-reserve", 1000, &cache_args);
	h = squirrel_heap_create("kunit-reserve", &heap_args);
	KUNIT_EXPECT_FALSE(test, IS_ERR(c));
	KUNIT_EXPECT_FALSE(test, IS_ERR(h));
	sq_fixture_settle(test);
	KUNIT_EXPECT_GE(test, sq_allocator_reclaimable(), before + 97 + 100);
	sq_shrinker_scan();
	KUNIT_EXPECT_GE(test, sq_allocator_reclaimable(), before + 97 + 100);
	squirrel_cache_destroy(c);
	squirrel_heap_destroy(h);
	sq_fixture_settle(test);
	KUNIT_EXPECT_LE(test, sq_allocator_reclaimable(), before);
}

/* ---- all at once ---------------------------------------------------------- */

struct churn {
	struct squirrel_cache *cache;
	struct completion done;
	bool stop;
	bool failed;
};

static int churn_fn(void *data)
{
	struct churn *churn = data;
	void *objs[50];
	int i;

	while (!READ_ONCE(churn->stop)) {
		for (i = 0; i < 50; i++) {
			objs[i] = squirrel_cache_alloc(churn->cache,
						       GFP_KERNEL);
			if (objs[i])
				memset(objs[i], i, SQ_FIXTURE_SIZE);
		}
		for (i = 0; i < 50; i++) {
			if (!objs[i] || memchr_inv(objs[i], i, SQ_FIXTURE_SIZE))
				churn->failed = true;
			squirrel_cache_free(churn->cache, objs[i]);
		}
		cond_resched();
	}
	complete(&churn->done);
	return 0;
}

static void run_in_mode(struct kunit *test, const char *mode)
{
	struct sq_fixture *fx = test->priv;
	struct churn churn = { .cache = fx->cache };
	struct task_struct *thread;
	unsigned int i;

	sq_fixture_set_mode(test, mode);
	init_completion(&churn.done);
	thread = kthread_run(churn_fn, &churn, "sq-kunit-churn");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread));
	for (i = 0; i < 20; i++) {
		sq_fixture_fill(test, 300);
		squirrel_reclaim();
		sq_fixture_empty(test, 0);
		sq_shrinker_scan();
		cond_resched();
	}
	WRITE_ONCE(churn.stop, true);
	wait_for_completion(&churn.done);
	KUNIT_EXPECT_FALSE(test, churn.failed);
	KUNIT_EXPECT_EQ(test, sq_allocator_check(), 0);
}

/*
 * Runs of every kind while another thread allocates from the same cache. The
 * mode changes in between only: it patches the hot path, and QEMU without KVM
 * now and then executes the breakpoint of such a patch after it is gone.
 */
static void runs_while_others_allocate(struct kunit *test)
{
	run_in_mode(test, "series 10");
	run_in_mode(test, "parallel 1");
	run_in_mode(test, "off");
}

/* ---- grace periods --------------------------------------------------------- */

/**
 * struct between - a callback after one grace period after the other
 * @rcu: of the next
 * @stop: there is none
 * @idle: at the end of one of them nothing kept runs and changes of mode out
 */
struct between {
	struct rcu_head rcu;
	bool stop;
	bool idle;
};

static void between_fn(struct rcu_head *rcu)
{
	struct between *b = container_of(rcu, struct between, rcu);

	if (!mutex_is_locked(&sq_reclaim_mutex))
		WRITE_ONCE(b->idle, true);
	if (!READ_ONCE(b->stop))
		call_rcu(rcu, between_fn);
}

/*
 * A run has to wait for a grace period where slabs can be looked at by readers: others
 * change the mode meanwhile, and give back what they want.
 */
static void grace_period_keeps_nobody_out(struct kunit *test)
{
	const struct squirrel_cache_args args = { .flags = SQUIRREL_TYPESAFE_BY_RCU };
	struct squirrel_cache *c = squirrel_cache_create("kunit-typesafe", 100, &args);
	struct between *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	bool idle;

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_FALSE(test, IS_ERR(c));
	squirrel_cache_free(c, squirrel_cache_alloc(c, GFP_KERNEL));
	call_rcu(&b->rcu, between_fn);
	squirrel_reclaim();
	idle = READ_ONCE(b->idle);
	KUNIT_EXPECT_TRUE(test, idle);
	WRITE_ONCE(b->stop, true);
	rcu_barrier();
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, squirrel_cache_destroy(c), 0);
}

static struct kunit_case reclaimer_cases[] = {
	KUNIT_CASE(mode_is_read_as_written),
	KUNIT_CASE(bad_mode_changes_nothing),
	KUNIT_CASE(bad_numbers_change_nothing),
	KUNIT_CASE(off_does_nothing),
	KUNIT_CASE(series_runs_every_n),
	KUNIT_CASE(series_counts_the_clients_only),
	SQ_CASE_4K(series_gives_pages_back),
	KUNIT_CASE(series_waits_for_interrupts),
	SQ_CASE_4K(parallel_gives_pages_back),
	KUNIT_CASE(parallel_rests_and_wakes),
	KUNIT_CASE(shorter_period_counts_at_once),
	SQ_CASE_4K(reclaim_returns_to_the_level_before),
	KUNIT_CASE(reclaim_leaves_live_objects),
	SQ_CASE_4K(reserves_survive_reclaim),
	KUNIT_CASE(runs_while_others_allocate),
	KUNIT_CASE(grace_period_keeps_nobody_out),
	{}
};

static struct kunit_suite reclaimer_suite = {
	.name = "squirrel_reclaimer",
	.init = sq_fixture_init,
	.exit = sq_fixture_exit,
	.test_cases = reclaimer_cases,
};

kunit_test_suites(&reclaimer_suite);
