// SPDX-License-Identifier: GPL-2.0
/*
 * The reclaimer: does what an allocation must not spend time on.
 *
 *   off       only when asked, under memory pressure, and after a CPU went
 *   series    a bounded run in the allocating context, every N allocations;
 *             by a worker where that has interrupts off
 *   parallel  runs on its own every so many milliseconds, for as long as there
 *             is something to gain; the allocator's slow path wakes it, and
 *             hurries it when more free pages gather than a heap should keep
 *
 * A run: drain magazines that went cold, trim depots to what was in use, give
 * empty slabs and unused pages of half empty ones to the managers, coalesce,
 * give pages back to the source, refill reserves. Each step is bounded; the
 * background run yields between CPUs.
 *
 * The background has a workqueue of its own, since it waits for the other one,
 * on which each CPU empties its magazines.
 *
 * Locks: sq_reclaim_mutex serialises changes of mode and full runs, and is
 * taken before cpus_read_lock(). The counts are atomics.
 *
 * Events come out of frees and allocations, whose callers may hold whatever
 * lock there is: a timer base, a run queue, a pool of workers. So what they ask
 * for goes by irq_work, which takes none, and is queued as work from there.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/irq_work.h>
#include <linux/jiffies.h>
#include <linux/kstrtox.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <squirrel/squirrel.h>

#include "allocator/allocator.h"
#include "compat.h"
#include "reclaimer/reclaimer.h"

#include "internal.h"

#define SQ_SERIES_DEFAULT	10000UL		/* allocations */
#define SQ_PARALLEL_DEFAULT	20UL		/* milliseconds */
#define SQ_PERIOD_MIN		1UL
#define SQ_PERIOD_MAX		60000UL
/* Per heap and run. */
#define SQ_RUN_MERGES		1024UL
#define SQ_RUN_PAGES		4096UL
/* Free pages a heap keeps when it is busy. */
#define SQ_KEEP_PAGES		8UL
/* How long small free blocks wait for their neighbours. */
#define SQ_STALE_MS		12U
/* Between two looks for free objects that raised no event. */
#define SQ_LOOKOUT_MS		1000U
/* Runs in a row that gained nothing before the background goes to sleep. */
#define SQ_IDLE_RUNS		3U

static DEFINE_MUTEX(sq_reclaim_mutex);
static enum squirrel_reclaim_mode sq_mode = SQUIRREL_RECLAIM_OFF;
static unsigned long sq_n;		/* allocations or milliseconds */
static struct workqueue_struct *sq_wq;		/* the background */
static struct workqueue_struct *sq_cpu_wq;	/* each CPU's magazines */
static unsigned long sq_awake;		/* bit 0: the background is running */
static unsigned long sq_hurried;	/* bit 0: and is to run at once */
static unsigned long sq_cpus_left;	/* bit 0: it is to look after a CPU */
static unsigned int sq_idle_runs;
static unsigned long sq_series_running;	/* bit 0 */

static const char * const sq_mode_names[] = {
	[SQUIRREL_RECLAIM_OFF] = "off",
	[SQUIRREL_RECLAIM_SERIES] = "series",
	[SQUIRREL_RECLAIM_PARALLEL] = "parallel",
};

static struct {
	atomic_long_t runs[3];		/* by mode */
	atomic_long_t asked;		/* squirrel_reclaim() */
	atomic_long_t shrinks;		/* by the shrinker */
	atomic_long_t cpus_dead;
	atomic_long_t objects;
	atomic_long_t slabs;
	atomic_long_t merges;
	atomic_long_t pages;
	atomic_long_t refilled;
} sq_counts;

static void sq_account(enum sq_run_kind kind, u64 start,
		       const struct sq_reclaim_work *work)
{
	sq_history_add(kind, start, work);
	atomic_long_add(work->objects, &sq_counts.objects);
	atomic_long_add(work->slabs, &sq_counts.slabs);
	atomic_long_add(work->merges, &sq_counts.merges);
	atomic_long_add(work->pages, &sq_counts.pages);
	atomic_long_add(work->refilled, &sq_counts.refilled);
}

/*
 * What a run does after magazines were drained. When @idle it need not care for
 * what might be wanted soon; @all: as much as there is. Does not sleep.
 */
static void sq_reclaim_shared(bool all, bool idle,
			      struct sq_reclaim_work *work)
{
	unsigned long keep = idle ? 0 : SQ_KEEP_PAGES;
	unsigned long age = idle ? 0 : msecs_to_jiffies(SQ_STALE_MS);

	sq_allocator_drain_depots(all, work);
	sq_allocator_release_slabs(all, work);
	sq_allocator_trim_slabs(idle, work);
	sq_allocator_coalesce(all ? ULONG_MAX : SQ_RUN_MERGES, work);
	sq_allocator_give_back(keep, all ? ULONG_MAX : SQ_RUN_PAGES, age,
			       work);
}

/* ---- every CPU's magazines ------------------------------------------------ */

struct sq_cpu_work {
	struct work_struct work;
	struct sq_reclaim_work done;
	bool idle_only;
};

static DEFINE_PER_CPU(struct sq_cpu_work, sq_cpu_works);

static void sq_drain_cpu(struct work_struct *work)
{
	struct sq_cpu_work *w = container_of(work, struct sq_cpu_work, work);

	sq_allocator_drain_local(w->idle_only, &w->done);
}

/* On each CPU that has something, by its own worker. May sleep. */
static void sq_drain_cpus(bool idle_only, struct sq_reclaim_work *work)
{
	unsigned int cpu;

	lockdep_assert_held(&sq_reclaim_mutex);
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct sq_cpu_work *w = per_cpu_ptr(&sq_cpu_works, cpu);

		memset(&w->done, 0, sizeof(w->done));
		w->idle_only = idle_only;
		if (!sq_allocator_cpu_idle(cpu))
			queue_work_on(cpu, sq_cpu_wq, &w->work);
	}
	for_each_online_cpu(cpu) {
		struct sq_cpu_work *w = per_cpu_ptr(&sq_cpu_works, cpu);

		flush_work(&w->work);
		work->objects += w->done.objects;
	}
	sq_allocator_drain_dead(work);
	cpus_read_unlock();
}

/**
 * sq_reclaimer_run() - give back everything that is free, now
 *
 * Context: Process context. May sleep.
 * Return: pages given back.
 */
unsigned long sq_reclaimer_run(void)
{
	struct sq_reclaim_work work = {};
	u64 start = ktime_get_ns();

	mutex_lock(&sq_reclaim_mutex);
	/* First, since what they were made of goes to a CPU's magazines. */
	sq_allocator_drain_depots(true, &work);
	sq_drain_cpus(false, &work);
	sq_reclaim_shared(true, true, &work);
	sq_allocator_refill(&work);
	mutex_unlock(&sq_reclaim_mutex);
	atomic_long_inc(&sq_counts.asked);
	sq_account(SQ_RUN_ASKED, start, &work);
	return work.pages;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_run);

/**
 * squirrel_reclaim() - give back everything that is free, now
 *
 * Context: Process context, not from a callback of CPU hotplug, which it waits
 * for. May sleep.
 * Return: pages given back to the kernel.
 */
unsigned long squirrel_reclaim(void)
{
	return sq_reclaimer_run();
}
EXPORT_SYMBOL_GPL(squirrel_reclaim);

/**
 * sq_reclaimer_pressure() - give back without sleeping, for the shrinker
 *
 * Other CPUs' magazines are left: their own workers are asked to follow. Nothing
 * is allocated: whoever reclaims may use the kernel's last reserves, and they
 * are not for ours.
 *
 * Context: Any context but NMI.
 * Return: pages given back.
 */
unsigned long sq_reclaimer_pressure(void)
{
	struct sq_reclaim_work work = {};
	u64 start = ktime_get_ns();

	sq_allocator_drain_depots(true, &work);
	sq_allocator_drain_local(false, &work);
	sq_reclaim_shared(true, true, &work);
	atomic_long_inc(&sq_counts.shrinks);
	sq_account(SQ_RUN_PRESSURE, start, &work);
	return work.pages;
}

/* ---- parallel ------------------------------------------------------------- */

static void sq_background(struct work_struct *work);
static DECLARE_DELAYED_WORK(sq_background_work, sq_background);

static void sq_background(struct work_struct *unused)
{
	struct sq_reclaim_work work = {};
	u64 start = ktime_get_ns();
	bool again, left;

	mutex_lock(&sq_reclaim_mutex);
	clear_bit(0, &sq_hurried);
	left = test_and_clear_bit(0, &sq_cpus_left);
	if (sq_mode != SQUIRREL_RECLAIM_PARALLEL && !left) {
		clear_bit(0, &sq_awake);
		mutex_unlock(&sq_reclaim_mutex);
		return;
	}
	sq_drain_cpus(true, &work);
	cond_resched();
	/* What nobody wanted since the last run is not needed in between. */
	sq_reclaim_shared(false, sq_idle_runs, &work);
	sq_allocator_refill(&work);
	again = sq_mode == SQUIRREL_RECLAIM_PARALLEL;
	if (work.objects + work.slabs + work.merges + work.pages)
		sq_idle_runs = 0;
	else if (++sq_idle_runs >= SQ_IDLE_RUNS)
		again = false;
	if (sq_mode == SQUIRREL_RECLAIM_PARALLEL)
		atomic_long_inc(&sq_counts.runs[SQUIRREL_RECLAIM_PARALLEL]);
	sq_account(SQ_RUN_PARALLEL, start, &work);
	if (again) {
		queue_delayed_work(sq_wq, &sq_background_work,
				   msecs_to_jiffies(sq_n));
	} else {
		sq_idle_runs = 0;
		clear_bit(0, &sq_awake);
	}
	mutex_unlock(&sq_reclaim_mutex);
}

/* It is awake by sq_awake: after a period the work will follow. */
static void sq_begin(struct irq_work *unused)
{
	queue_delayed_work(sq_wq, &sq_background_work,
			   msecs_to_jiffies(READ_ONCE(sq_n)));
}

static DEFINE_IRQ_WORK(sq_begin_work, sq_begin);

/* Any context but NMI. */
static void sq_wake(void)
{
	if (!test_bit(0, &sq_awake) && !test_and_set_bit(0, &sq_awake))
		irq_work_queue(&sq_begin_work);
}

/* Also if it is waiting already, perhaps for long. Not out of an event. */
static void sq_wake_now(unsigned long ms)
{
	set_bit(0, &sq_awake);
	mod_delayed_work(sq_wq, &sq_background_work, msecs_to_jiffies(ms));
}

/*
 * A surplus. Runs in a hurry are a tick apart at least, so that they cannot
 * keep a CPU busy.
 */
static void sq_hurry(struct irq_work *unused)
{
	/* Or there was a run since, or another mode: see squirrel_reclaim_mode(). */
	if (test_bit(0, &sq_hurried))
		sq_wake_now(jiffies_to_msecs(1));
}

static DEFINE_IRQ_WORK(sq_hurry_work, sq_hurry);

static void sq_surplus(void)
{
	if (!test_bit(0, &sq_hurried) && !test_and_set_bit(0, &sq_hurried))
		irq_work_queue(&sq_hurry_work);
}

/*
 * What is freed into magazines that do not fill up raises no event. So, now and
 * then, but never out of a CPU's idle state, look whether there is any.
 */
static void sq_lookout(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(sq_lookout_work, sq_lookout);

static void sq_lookout(struct work_struct *unused)
{
	unsigned int cpu;

	if (READ_ONCE(sq_mode) != SQUIRREL_RECLAIM_PARALLEL)
		return;
	for_each_online_cpu(cpu) {
		if (!sq_allocator_cpu_idle(cpu)) {
			sq_wake();
			break;
		}
	}
	queue_delayed_work(sq_wq, &sq_lookout_work,
			   msecs_to_jiffies(SQ_LOOKOUT_MS));
}

/* ---- series --------------------------------------------------------------- */

/* This CPU's magazines and what all share. */
void sq_series_run(void)
{
	struct sq_reclaim_work work = {};
	u64 start = ktime_get_ns();

	if (READ_ONCE(sq_mode) != SQUIRREL_RECLAIM_SERIES ||
	    test_and_set_bit(0, &sq_series_running))
		return;
	sq_allocator_drain_local(true, &work);
	sq_reclaim_shared(false, false, &work);
	sq_allocator_refill(&work);
	clear_bit(0, &sq_series_running);
	atomic_long_inc(&sq_counts.runs[SQUIRREL_RECLAIM_SERIES]);
	sq_account(SQ_RUN_SERIES, start, &work);
}

static void sq_hook_event(enum sq_event event, gfp_t gfp)
{
	switch (event) {
	case SQ_EVENT_ALLOCS:
		sq_series();
		break;
	case SQ_EVENT_ACTIVE:
		if (READ_ONCE(sq_mode) == SQUIRREL_RECLAIM_PARALLEL)
			sq_wake();
		break;
	case SQ_EVENT_HIGH_WATERMARK:
		if (READ_ONCE(sq_mode) == SQUIRREL_RECLAIM_PARALLEL)
			sq_surplus();
		break;
	case SQ_EVENT_CPU_DEAD:
		atomic_long_inc(&sq_counts.cpus_dead);
		set_bit(0, &sq_cpus_left);
		sq_wake_now(0);
		break;
	}
}

/* ---- mode ----------------------------------------------------------------- */

/**
 * squirrel_reclaim_mode() - when the reclaimer runs
 * @mode: see enum squirrel_reclaim_mode
 * @n: series: every how many allocations; parallel: milliseconds between
 *	runs, 1 to 60000; 0: the default of the mode
 *
 * Context: Process context, not from a callback of CPU hotplug: it may wait for
 * a run that waits for that. May sleep.
 * Return: 0, or -EINVAL for an unknown mode or a number out of range: then
 * nothing has changed.
 */
int squirrel_reclaim_mode(enum squirrel_reclaim_mode mode, unsigned long n)
{
	switch (mode) {
	case SQUIRREL_RECLAIM_OFF:
		if (n)
			return -EINVAL;
		break;
	case SQUIRREL_RECLAIM_SERIES:
		n = n ?: SQ_SERIES_DEFAULT;
		break;
	case SQUIRREL_RECLAIM_PARALLEL:
		n = n ?: SQ_PARALLEL_DEFAULT;
		if (n < SQ_PERIOD_MIN || n > SQ_PERIOD_MAX)
			return -EINVAL;
		break;
	default:
		return -EINVAL;
	}
	mutex_lock(&sq_reclaim_mutex);
	WRITE_ONCE(sq_mode, mode);
	WRITE_ONCE(sq_n, n);
	sq_allocator_set_series(mode == SQUIRREL_RECLAIM_SERIES ? n : 0);
	mutex_unlock(&sq_reclaim_mutex);
	if (mode == SQUIRREL_RECLAIM_PARALLEL) {
		sq_wake_now(n);
		/* That has put off a run in a hurry, if there was to be one. */
		clear_bit(0, &sq_hurried);
		mod_delayed_work(sq_wq, &sq_lookout_work,
				 msecs_to_jiffies(SQ_LOOKOUT_MS));
	}
	return 0;
}
EXPORT_SYMBOL_GPL(squirrel_reclaim_mode);

/**
 * sq_reclaimer_set_mode_string() - set the mode by name
 * @text: "off", "series", "series N", "parallel" or "parallel MS"
 *
 * Context: Process context. May sleep.
 * Return: 0, or -EINVAL: then nothing has changed.
 */
int sq_reclaimer_set_mode_string(const char *text)
{
	char word[32], *rest, *name;
	unsigned long n = 0;
	int mode;

	if (strscpy(word, text, sizeof(word)) < 0)
		return -EINVAL;
	rest = strim(word);
	name = strsep(&rest, " ");
	mode = match_string(sq_mode_names, ARRAY_SIZE(sq_mode_names), name);
	if (mode < 0)
		return -EINVAL;
	/* A number that is given counts; 0 is not a way to leave it out. */
	if (rest && (kstrtoul(skip_spaces(rest), 10, &n) || !n))
		return -EINVAL;
	return squirrel_reclaim_mode(mode, n);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_set_mode_string);

/**
 * sq_reclaimer_get_mode_string() - the mode as the setter takes it, and newline
 * @buf: where to
 * @size: room there
 *
 * Context: Process context. May sleep.
 * Return: number of characters written.
 */
int sq_reclaimer_get_mode_string(char *buf, size_t size)
{
	int len;

	mutex_lock(&sq_reclaim_mutex);
	if (sq_n)
		len = scnprintf(buf, size, "%s %lu\n", sq_mode_names[sq_mode],
				sq_n);
	else
		len = scnprintf(buf, size, "%s\n", sq_mode_names[sq_mode]);
	mutex_unlock(&sq_reclaim_mutex);
	return len;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_get_mode_string);

/**
 * sq_reclaimer_show_mode() - the mode as sq_reclaimer_set_mode_string() takes it
 * @s: where to
 *
 * Context: Process context. May sleep.
 */
void sq_reclaimer_show_mode(struct seq_file *s)
{
	char buf[64];

	sq_reclaimer_get_mode_string(buf, sizeof(buf));
	seq_puts(s, buf);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_show_mode);

static void sq_show_count(struct seq_file *s, const char *key,
			  const atomic_long_t *count)
{
	seq_printf(s, "%s: %ld\n", key, atomic_long_read(count));
}

/**
 * sq_reclaimer_show_stats() - what the reclaimer has done since load
 * @s: where to
 *
 * Context: Process context. May sleep.
 */
void sq_reclaimer_show_stats(struct seq_file *s)
{
	sq_show_count(s, "runs_series",
		      &sq_counts.runs[SQUIRREL_RECLAIM_SERIES]);
	sq_show_count(s, "runs_parallel",
		      &sq_counts.runs[SQUIRREL_RECLAIM_PARALLEL]);
	sq_show_count(s, "runs_asked", &sq_counts.asked);
	sq_show_count(s, "runs_pressure", &sq_counts.shrinks);
	sq_show_count(s, "cpus_dead", &sq_counts.cpus_dead);
	sq_show_count(s, "objects_drained", &sq_counts.objects);
	sq_show_count(s, "slabs_released", &sq_counts.slabs);
	sq_show_count(s, "blocks_merged", &sq_counts.merges);
	sq_show_count(s, "pages_given_back", &sq_counts.pages);
	sq_show_count(s, "objects_refilled", &sq_counts.refilled);
	seq_printf(s, "pages_reclaimable: %lu\n", sq_allocator_reclaimable());
	sq_history_show_stats(s);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_show_stats);

static void sq_destroy_workqueues(void)
{
	if (sq_wq)
		destroy_workqueue(sq_wq);
	if (sq_cpu_wq)
		destroy_workqueue(sq_cpu_wq);
}

/**
 * sq_reclaimer_init() - start the reclaimer
 * @mode: as for sq_reclaimer_set_mode_string()
 *
 * Context: Process context, at load. May sleep.
 * Return: 0, -EINVAL for a bad mode, or -ENOMEM.
 */
int sq_reclaimer_init(const char *mode)
{
	int cpu, err;

	sq_wq = alloc_workqueue("squirrel", WQ_MEM_RECLAIM | WQ_UNBOUND, 1);
	sq_cpu_wq = alloc_workqueue("squirrel_cpu",
				    WQ_MEM_RECLAIM | SQ_WQ_PERCPU, 0);
	err = -ENOMEM;
	if (!sq_wq || !sq_cpu_wq)
		goto wq;
	for_each_possible_cpu(cpu)
		INIT_WORK(&per_cpu_ptr(&sq_cpu_works, cpu)->work, sq_drain_cpu);
	err = sq_shrinker_init();
	if (err)
		goto wq;
	sq_allocator_set_hook(sq_hook_event);
	err = sq_reclaimer_set_mode_string(mode);
	if (!err)
		return 0;
	pr_err("unknown reclaim mode '%s': off, series [N] or parallel [MS]\n",
	       mode);
	sq_allocator_set_hook(NULL);
	sq_shrinker_exit();
wq:
	sq_destroy_workqueues();
	return err;
}

/**
 * sq_reclaimer_exit() - stop the reclaimer
 *
 * Context: Process context, at unload. May sleep.
 */
void sq_reclaimer_exit(void)
{
	squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0);
	sq_allocator_set_hook(NULL);
	sq_shrinker_exit();
	sq_series_exit();
	cancel_delayed_work_sync(&sq_lookout_work);
	irq_work_sync(&sq_begin_work);
	irq_work_sync(&sq_hurry_work);
	cancel_delayed_work_sync(&sq_background_work);
	sq_destroy_workqueues();
}
