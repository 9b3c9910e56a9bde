// SPDX-License-Identifier: GPL-2.0
/*
 * A run of the reclaimer: what it does, and the counts of what all did.
 *
 * Drain magazines that went cold, trim depots to what was in use, give empty
 * slabs and unused pages of half empty ones to the managers, coalesce, give
 * pages back to the source, refill reserves. Each step is bounded; the
 * background run yields between CPUs.
 *
 * When there is a run, and of which kind, is decided elsewhere: in reclaimer.c
 * the background's, in series.c those of series mode, in shrinker.c those under
 * memory pressure.
 *
 * Locks: sq_reclaim_mutex serialises changes of mode and what runs do, and is
 * taken before cpus_read_lock(). Grace periods are waited for without it. The counts are
 * atomics.
 */
#include <linux/cpu.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <squirrel/squirrel.h>

#include "allocator/allocator.h"
#include "compat.h"
#include "reclaimer/reclaimer.h"

#include "internal.h"
#include "tunables.h"

/* Serialises changes of mode and what runs do; guards the next. */
struct mutex sq_reclaim_mutex = __MUTEX_INITIALIZER(sq_reclaim_mutex);
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaim_mutex);
enum squirrel_reclaim_mode sq_reclaim_mode = SQUIRREL_RECLAIM_OFF;
static struct workqueue_struct *drain_wq;	/* each CPU's magazines */
static unsigned long volume_looks;	/* under sq_reclaim_mutex */
static unsigned long series_running;	/* bit 0 */

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
} run_counts;

static void account_run(enum sq_run_kind kind, u64 start,
			const struct sq_reclaim_work *work)
{
	sq_history_add(kind, start, work);
	atomic_long_add(work->objects, &run_counts.objects);
	atomic_long_add(work->slabs, &run_counts.slabs);
	atomic_long_add(work->merges, &run_counts.merges);
	atomic_long_add(work->pages, &run_counts.pages);
	atomic_long_add(work->refilled, &run_counts.refilled);
}

/*
 * What a run does after magazines were drained. When @idle it need not care for
 * what might be wanted soon; @all: as much as there is. Does not sleep.
 */
static void reclaim_shared(bool all, bool idle,
			   struct sq_reclaim_work *work)
{
	unsigned long keep = idle ? 0 : SQ_KEEP_PAGES;
	unsigned long age = idle ? 0 : msecs_to_jiffies(SQ_AGED_MS);

	sq_allocator_drain_depots(all, work);
	sq_allocator_release_slabs(all, work);
	sq_allocator_trim_slabs(idle, work);
	sq_allocator_coalesce(all ? ULONG_MAX : SQ_RUN_MERGES, work);
	sq_allocator_give_back(keep, all ? ULONG_MAX : SQ_RUN_PAGES, age,
			       work);
}

/*
 * A look by volume: the next may follow at once. What is out of use goes; how much is
 * kept of what is in use is for looks by the clock to say.
 */
static void look_shared(struct sq_reclaim_work *work)
{
	sq_allocator_look_slabs(work);
	/* What was cut has more ends: it is worth a wait. */
	if (!(++volume_looks % SQ_TRIM_LOOKS))
		sq_allocator_trim_slabs(false, work);
	sq_allocator_coalesce(SQ_RUN_MERGES, work);
	sq_allocator_give_back(SQ_KEEP_PAGES, SQ_RUN_PAGES,
			       msecs_to_jiffies(SQ_AGED_MS), work);
	sq_allocator_look_done(work->slabs + work->pages);
}

/* ---- every CPU's magazines ------------------------------------------------ */

enum cpu_drain_kind {
	DRAIN_ALL,
	DRAIN_IDLE,
	DRAIN_UNUSED,		/* a look by volume */
};

struct cpu_drain {
	struct work_struct work;
	struct sq_reclaim_work done;
	enum cpu_drain_kind kind;
};

static DEFINE_PER_CPU(struct cpu_drain, reclaim_cpu_drain);

static void drain_cpu_fn(struct work_struct *work)
{
	struct cpu_drain *w = container_of(work, struct cpu_drain, work);

	if (w->kind == DRAIN_UNUSED)
		sq_allocator_look_local(&w->done);
	else
		sq_allocator_drain_local(w->kind == DRAIN_IDLE, &w->done);
}

/*
 * On each CPU that has something, by its own worker; in a look by volume, on those that
 * asked for it. May sleep.
 */
static void drain_cpus(enum cpu_drain_kind kind, struct sq_reclaim_work *work)
{
	unsigned int cpu;

	lockdep_assert_held(&sq_reclaim_mutex);
	cpus_read_lock();
	for_each_online_cpu(cpu) {
		struct cpu_drain *w = per_cpu_ptr(&reclaim_cpu_drain, cpu);

		memset(&w->done, 0, sizeof(w->done));
		w->kind = kind;
		if (kind == DRAIN_UNUSED ? sq_allocator_look_due(cpu) :
					   !sq_allocator_cpu_idle(cpu))
			queue_work_on(cpu, drain_wq, &w->work);
	}
	for_each_online_cpu(cpu) {
		struct cpu_drain *w = per_cpu_ptr(&reclaim_cpu_drain, cpu);

		flush_work(&w->work);
		work->objects += w->done.objects;
	}
	sq_allocator_drain_dead(work);
	cpus_read_unlock();
}

/* ---- the kinds of runs ---------------------------------------------------- */

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

	/* What was in it is in slabs then. Nobody need wait for that. */
	sq_allocator_end_quarantine();
	mutex_lock(&sq_reclaim_mutex);
	/* First, since what they were made of is free only then. */
	sq_allocator_drain_depots(true, &work);
	drain_cpus(DRAIN_ALL, &work);
	/* Else what lies there would be free only after this. */
	sq_allocator_release_slabs(true, &work);
	mutex_unlock(&sq_reclaim_mutex);
	/* Grace periods: who wants another mode, or the next run, need not wait for ours. */
	sq_allocator_flush();
	mutex_lock(&sq_reclaim_mutex);
	reclaim_shared(true, true, &work);
	sq_allocator_refill(&work);
	mutex_unlock(&sq_reclaim_mutex);
	atomic_long_inc(&run_counts.asked);
	account_run(SQ_RUN_ASKED, start, &work);
	return work.pages;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_run);

/**
 * squirrel_reclaim() - give back everything that is free, now
 *
 * But for reserves and, while there is a cache with one, a slab on each node of every
 * kind of memory that magazines were made of: its reserve would be slow without.
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
 * Other CPUs' magazines are left. Next to nothing is allocated, and that without the
 * kernel's last reserves, which whoever reclaims may use: they are not for ours.
 *
 * Context: Any context but NMI.
 * Return: pages given back.
 */
unsigned long sq_reclaimer_pressure(void)
{
	struct sq_reclaim_work work = {};
	u64 start = ktime_get_ns();
	unsigned int tries = SQ_PRESSURE_TRIES;
	unsigned long released;

	do {
		released = work.released;
		sq_allocator_drain_depots(true, &work);
		sq_allocator_drain_local(false, &work);
		reclaim_shared(true, true, &work);
		/*
		 * Of what left quarantine there may be no whole page yet, and the kernel does
		 * not ask again who had none.
		 */
	} while (!work.pages && work.released != released && --tries);
	atomic_long_inc(&run_counts.shrinks);
	account_run(SQ_RUN_PRESSURE, start, &work);
	return work.pages;
}

/*
 * A run of the background, begun at @start. @idle: as the last ones found
 * nothing, what nobody wanted since is not needed in between. @volume: it is a look by
 * volume. True if it found something. May sleep.
 */
bool sq_run_background(u64 start, bool idle, bool volume)
{
	struct sq_reclaim_work work = {};

	lockdep_assert_held(&sq_reclaim_mutex);
	drain_cpus(volume ? DRAIN_UNUSED : DRAIN_IDLE, &work);
	cond_resched();
	if (volume)
		look_shared(&work);
	else
		reclaim_shared(false, idle, &work);
	sq_allocator_refill(&work);
	if (sq_reclaim_mode == SQUIRREL_RECLAIM_PARALLEL)
		atomic_long_inc(&run_counts.runs[SQUIRREL_RECLAIM_PARALLEL]);
	account_run(SQ_RUN_PARALLEL, start, &work);
	return work.objects + work.slabs + work.merges + work.pages;
}

/* This CPU's magazines and what all share. */
void sq_series_run(void)
{
	struct sq_reclaim_work work = {};
	u64 start = ktime_get_ns();

	if (READ_ONCE(sq_reclaim_mode) != SQUIRREL_RECLAIM_SERIES ||
	    test_and_set_bit(0, &series_running))
		return;
	sq_allocator_drain_local(true, &work);
	reclaim_shared(false, false, &work);
	sq_allocator_refill(&work);
	clear_bit_unlock(0, &series_running);
	atomic_long_inc(&run_counts.runs[SQUIRREL_RECLAIM_SERIES]);
	account_run(SQ_RUN_SERIES, start, &work);
}

/* ---- what all did --------------------------------------------------------- */

/* One more CPU went that may have left something. */
void sq_run_cpu_dead(void)
{
	atomic_long_inc(&run_counts.cpus_dead);
}

static void show_count(struct seq_file *s, const char *key,
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
	show_count(s, "runs_series",
		   &run_counts.runs[SQUIRREL_RECLAIM_SERIES]);
	show_count(s, "runs_parallel",
		   &run_counts.runs[SQUIRREL_RECLAIM_PARALLEL]);
	show_count(s, "runs_asked", &run_counts.asked);
	show_count(s, "runs_pressure", &run_counts.shrinks);
	show_count(s, "cpus_dead", &run_counts.cpus_dead);
	show_count(s, "objects_drained", &run_counts.objects);
	show_count(s, "slabs_released", &run_counts.slabs);
	show_count(s, "blocks_merged", &run_counts.merges);
	show_count(s, "pages_given_back", &run_counts.pages);
	show_count(s, "objects_refilled", &run_counts.refilled);
	seq_printf(s, "pages_reclaimable: %lu\n", sq_allocator_reclaimable());
	sq_history_show_stats(s);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_show_stats);

int sq_run_init(void)
{
	int cpu;

	drain_wq = alloc_workqueue("squirrel_cpu",
				   WQ_MEM_RECLAIM | SQ_WQ_PERCPU, 0);
	if (!drain_wq)
		return -ENOMEM;
	for_each_possible_cpu(cpu)
		INIT_WORK(&per_cpu_ptr(&reclaim_cpu_drain, cpu)->work, drain_cpu_fn);
	return 0;
}

/* The background is no more. */
void sq_run_exit(void)
{
	destroy_workqueue(drain_wq);
}
