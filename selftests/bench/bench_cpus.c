// SPDX-License-Identifier: GPL-2.0
/*
 * Row (f): two CPUs, each with objects of its own, and one that allocates what
 * the other frees. Only ratios mean something, so the subjects take turns; the
 * shortest of many short runs counts, for others may use the machine as well.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>
#include "bench.h"

#define CPUS_SIZE	128
/* Rounds at most, and at least where time is short */
#define CPUS_RUNS	100
#define CPUS_RUNS_MIN	20
#define CPUS_SECONDS	20
#define CPUS_PAIRS	8192UL
#define CPUS_BATCH	1024U
#define PASS_BATCH	64U
#define PASS_SLOTS	16U

/* One of the two threads, and its job of one run */
struct bench_worker {
	struct bench_run run;
	bench_loop_t loop;
	struct task_struct *task;
	wait_queue_head_t wait;
	struct completion end;
	bool begin;
	u64 start;
	u64 stop;
} ____cacheline_aligned_in_smp;

static struct bench_worker cpus_worker[2];

/* Threads that stand at the gate; all leave when this many do. */
static atomic_t cpus_ready;
static int cpus_expected;

/* The ring between producer and consumer: batches put in and taken out */
static unsigned long pass_put ____cacheline_aligned_in_smp;
static unsigned long pass_got ____cacheline_aligned_in_smp;
static void *pass_ring[PASS_SLOTS][PASS_BATCH] ____cacheline_aligned_in_smp;

static __always_inline void own_pair_loop(const enum bench_subject s,
					  struct bench_run *r)
{
	bench_pairs(s, r, GFP_KERNEL);
}

BENCH_LOOPS(own_pair);

static __always_inline void own_batch_loop(const enum bench_subject s,
					   struct bench_run *r)
{
	void *obj = r, **objs = r->objs;
	unsigned long i;
	unsigned int j;

	for (i = 0; i < r->n; i += CPUS_BATCH) {
		for (j = 0; j < CPUS_BATCH; j++) {
			obj = bench_alloc(s, r, GFP_KERNEL, obj);
			objs[j] = obj;
			if (unlikely(!obj))
				r->failed = true;
		}
		for (j = 0; j < CPUS_BATCH; j++)
			bench_free(s, r, objs[j]);
	}
}

BENCH_LOOPS(own_batch);

/* The floor's arrays know nothing of each other: set right by hand, per batch. */
static __always_inline void pass_level(const enum bench_subject s)
{
	if (s == BENCH_FLOOR)
		bench_floor_level();
}

static __always_inline void put_loop(const enum bench_subject s,
				     struct bench_run *r)
{
	unsigned long i, nr = 0;
	void *obj = r, **objs;
	unsigned int j;

	for (i = 0; i < r->n; i += PASS_BATCH, nr++) {
		/* Pairs with the release in get_loop(): the slot is empty. */
		while (nr - smp_load_acquire(&pass_got) == PASS_SLOTS)
			cpu_relax();
		objs = pass_ring[nr % PASS_SLOTS];
		pass_level(s);
		for (j = 0; j < PASS_BATCH; j++) {
			obj = bench_alloc(s, r, GFP_KERNEL, obj);
			objs[j] = obj;
			if (unlikely(!obj))
				r->failed = true;
		}
		/* Pairs with the acquire in get_loop(): the slot is full. */
		smp_store_release(&pass_put, nr + 1);
	}
}

BENCH_LOOPS(put);

static __always_inline void get_loop(const enum bench_subject s,
				     struct bench_run *r)
{
	unsigned long i, nr = 0;
	unsigned int j;
	void **objs;

	for (i = 0; i < r->n; i += PASS_BATCH, nr++) {
		/* Pairs with the release in put_loop(). */
		while (smp_load_acquire(&pass_put) == nr)
			cpu_relax();
		objs = pass_ring[nr % PASS_SLOTS];
		pass_level(s);
		for (j = 0; j < PASS_BATCH; j++)
			bench_free(s, r, objs[j]);
		/* Pairs with the acquire in put_loop(). */
		smp_store_release(&pass_got, nr + 1);
	}
}

BENCH_LOOPS(get);

static int cpus_thread(void *data)
{
	struct bench_worker *w = data;

	for (;;) {
		wait_event_idle(w->wait, READ_ONCE(w->begin) ||
				kthread_should_stop());
		if (kthread_should_stop())
			return 0;
		w->begin = false;
		bench_floor_level();
		atomic_inc(&cpus_ready);
		while (atomic_read(&cpus_ready) < cpus_expected)
			cpu_relax();
		w->start = ktime_get_ns();
		w->loop(&w->run);
		w->stop = ktime_get_ns();
		complete(&w->end);
	}
}

/* Run @nr workers at once; returns from the first start to the last stop. */
static u64 cpus_go(unsigned int nr)
{
	u64 start = U64_MAX, stop = 0;
	unsigned int i;

	atomic_set(&cpus_ready, 0);
	cpus_expected = nr;
	pass_put = 0;
	pass_got = 0;
	for (i = 0; i < nr; i++) {
		WRITE_ONCE(cpus_worker[i].begin, true);
		wake_up(&cpus_worker[i].wait);
	}
	for (i = 0; i < nr; i++) {
		wait_for_completion(&cpus_worker[i].end);
		start = min(start, cpus_worker[i].start);
		stop = max(stop, cpus_worker[i].stop);
	}
	return stop - start;
}

/* @per: pairs of alloc and free that all workers make together */
struct cpus_case {
	const char *name;
	const bench_loop_t *loops[2];
	unsigned int nr;
	unsigned long per;
};

static const struct cpus_case cpus_cases[] = {
	{ "own-pair-1cpu", { own_pairs }, 1, CPUS_PAIRS },
	{ "own-pair-2cpu", { own_pairs, own_pairs }, 2, 2 * CPUS_PAIRS },
	{ "own-batch-1cpu", { own_batchs }, 1, CPUS_PAIRS },
	{ "own-batch-2cpu", { own_batchs, own_batchs }, 2, 2 * CPUS_PAIRS },
	{ "pass", { puts, gets }, 2, CPUS_PAIRS },
};

static void cpus_row(const struct cpus_case *c, u64 *best)
{
	unsigned int s, i;

	for (s = 0; s < BENCH_SUBJECTS; s++) {
		for (i = 0; i < c->nr; i++)
			cpus_worker[i].loop = c->loops[i][s];
		best[s] = min(best[s], cpus_go(c->nr) * 1000);
	}
}

/* All rows in each round: whoever shares the machine disturbs them alike. */
static int cpus_rounds(void)
{
	u64 best[ARRAY_SIZE(cpus_cases)][BENCH_SUBJECTS];
	const unsigned long stop = jiffies + CPUS_SECONDS * HZ;
	unsigned int run, i;

	memset(best, 0xff, sizeof(best));
	for (run = 0; run < CPUS_RUNS; run++) {
		if (run >= CPUS_RUNS_MIN && time_after(jiffies, stop))
			break;
		for (i = 0; i < ARRAY_SIZE(cpus_cases); i++)
			cpus_row(&cpus_cases[i], best[i]);
	}
	if (cpus_worker[0].run.failed || cpus_worker[1].run.failed)
		return -ENOMEM;
	for (i = 0; i < ARRAY_SIZE(cpus_cases); i++)
		bench_report_costs(cpus_cases[i].name, CPUS_SIZE, best[i],
				   cpus_cases[i].per);
	return 0;
}

static int cpus_start(struct bench_worker *w, const struct bench_run *r,
		      unsigned int cpu)
{
	struct task_struct *task;

	w->run = *r;
	w->run.n = CPUS_PAIRS;
	w->run.objs = vmalloc(array_size(CPUS_BATCH, sizeof(*w->run.objs)));
	if (!w->run.objs)
		return -ENOMEM;
	init_waitqueue_head(&w->wait);
	init_completion(&w->end);
	task = kthread_create(cpus_thread, w, "bench/%u", cpu);
	if (IS_ERR(task))
		return PTR_ERR(task);
	kthread_bind(task, cpu);
	wake_up_process(task);
	w->task = task;
	return 0;
}

static void cpus_stop(struct bench_worker *w)
{
	if (w->task)
		kthread_stop(w->task);
	vfree(w->run.objs);
	memset(w, 0, sizeof(*w));
}

static int cpus_rows(const struct bench_run *r)
{
	unsigned int i, cpu, nr = 0;
	int err;

	for_each_online_cpu(cpu) {
		if (nr == ARRAY_SIZE(cpus_worker))
			break;
		err = cpus_start(&cpus_worker[nr++], r, cpu);
		if (err)
			goto out;
	}
	err = cpus_rounds();
out:
	for (i = 0; i < nr; i++)
		cpus_stop(&cpus_worker[i]);
	return err;
}

int bench_cpus(void)
{
	struct bench_run r = {};
	int err;

	if (num_online_cpus() < ARRAY_SIZE(cpus_worker)) {
		pr_err("cpus: there is but one CPU\n");
		return -ENXIO;
	}
	err = bench_caches_create(&r, CPUS_SIZE, NULL);
	if (err)
		return err;
	err = cpus_rows(&r);
	bench_caches_destroy(&r);
	return err;
}
