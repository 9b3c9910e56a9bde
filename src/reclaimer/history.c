// SPDX-License-Identifier: GPL-2.0
/*
 * What runs of the reclaimer yielded: the last few that found something to do,
 * and sums from which the mean per run comes. Runs that found nothing are only
 * counted: the background ends with some of them each time it stops.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>

#include "allocator/allocator.h"
#include "compat.h"
#include "reclaimer/reclaimer.h"

#include "internal.h"
#include "trace.h"
#include "tunables.h"

/**
 * struct sq_run - one run, or the sum of many
 * @work: what it did
 * @us: how long it took
 * @end: when it ended, in nanoseconds; of one run only
 * @kind: what caused it; of one run only
 */
struct sq_run {
	struct sq_reclaim_work work;
	u64 us;
	u64 end;
	enum sq_run_kind kind;
};

static DEFINE_RAW_SPINLOCK(history_lock);	/* guards all below; a leaf */
static struct sq_run history_runs[SQ_HISTORY_RUNS];
static struct sq_run history_sum;
static unsigned long history_nr;		/* runs ever entered */
static unsigned long history_idle;		/* runs that were not */

static const char * const run_names[] = {
	[SQ_RUN_SERIES] = "series",
	[SQ_RUN_PARALLEL] = "parallel",
	[SQ_RUN_ASKED] = "asked",
	[SQ_RUN_PRESSURE] = "pressure",
};

static void add_run(struct sq_run *sum, const struct sq_run *run)
{
	sum->work.objects += run->work.objects;
	sum->work.slabs += run->work.slabs;
	sum->work.merges += run->work.merges;
	sum->work.pages += run->work.pages;
	sum->us += run->us;
}

/* A run that began at @start, of ktime_get_ns(), has ended. Not in NMI. */
void sq_history_add(enum sq_run_kind kind, u64 start,
		    const struct sq_reclaim_work *work)
{
	struct sq_run run = {
		.work = *work,
		.end = ktime_get_ns(),
		.kind = kind,
	};
	unsigned long flags;

	run.us = div_u64(run.end - start, NSEC_PER_USEC);
	trace_squirrel_reclaim_run(run_names[kind], work->objects, work->slabs, work->merges,
				   work->pages, run.us);
	raw_spin_lock_irqsave(&history_lock, flags);
	if (work->objects + work->slabs + work->merges + work->pages) {
		history_runs[history_nr++ % SQ_HISTORY_RUNS] = run;
		add_run(&history_sum, &run);
	} else {
		history_idle++;
	}
	raw_spin_unlock_irqrestore(&history_lock, flags);
}

/* The @back-th run from the last one, or false if there is none. */
static bool get_run(unsigned int back, struct sq_run *run)
{
	unsigned long flags;
	bool there;

	raw_spin_lock_irqsave(&history_lock, flags);
	there = back < min_t(unsigned long, history_nr, SQ_HISTORY_RUNS);
	if (there)
		*run = history_runs[(history_nr - 1 - back) % SQ_HISTORY_RUNS];
	raw_spin_unlock_irqrestore(&history_lock, flags);
	return there;
}

static u64 run_ms_ago(const struct sq_run *run)
{
	u64 now = ktime_get_ns();

	return now > run->end ? div_u64(now - run->end, NSEC_PER_MSEC) : 0;
}

static void show_mean(struct seq_file *s, const char *what, u64 sum,
		      unsigned long runs)
{
	seq_printf(s, "reclaim_%s_per_run: %llu\n", what,
		   runs ? div64_ul(sum + runs / 2, runs) : 0);
}

static void show_last_run(struct seq_file *s, const struct sq_run *run, u64 ago)
{
	seq_printf(s, "last_run_objects: %lu\n", run->work.objects);
	seq_printf(s, "last_run_slabs: %lu\n", run->work.slabs);
	seq_printf(s, "last_run_merges: %lu\n", run->work.merges);
	seq_printf(s, "last_run_pages: %lu\n", run->work.pages);
	seq_printf(s, "last_run_us: %llu\n", run->us);
	seq_printf(s, "last_run_ms_ago: %llu\n", ago);
}

/* The part of the figures that is about single runs. */
void sq_history_show_stats(struct seq_file *s)
{
	unsigned long runs, idle, flags;
	struct sq_run sum, last = {};
	u64 ago = 0;

	raw_spin_lock_irqsave(&history_lock, flags);
	runs = history_nr;
	idle = history_idle;
	sum = history_sum;
	raw_spin_unlock_irqrestore(&history_lock, flags);
	seq_printf(s, "runs_useful: %lu\n", runs);
	seq_printf(s, "runs_idle: %lu\n", idle);
	show_mean(s, "objects", sum.work.objects, runs);
	show_mean(s, "slabs", sum.work.slabs, runs);
	show_mean(s, "merges", sum.work.merges, runs);
	show_mean(s, "pages", sum.work.pages, runs);
	show_mean(s, "us", sum.us, runs);
	if (get_run(0, &last))
		ago = run_ms_ago(&last);
	show_last_run(s, &last, ago);
}

/**
 * sq_reclaimer_show_history() - the last runs that found something, latest first
 * @s: where to
 *
 * Context: Process context.
 */
void sq_reclaimer_show_history(struct seq_file *s)
{
	struct sq_run run;
	unsigned int back;

	seq_printf(s, "%-10s %10s %10s %8s %8s %8s %8s\n", "mode", "ms_ago",
		   "objects", "slabs", "merges", "pages", "us");
	for (back = 0; get_run(back, &run); back++)
		seq_printf(s, "%-10s %10llu %10lu %8lu %8lu %8lu %8llu\n",
			   run_names[run.kind], run_ms_ago(&run),
			   run.work.objects, run.work.slabs, run.work.merges,
			   run.work.pages, run.us);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_show_history);

/**
 * sq_reclaimer_show_summary() - what the reclaimer has to say at first sight
 * @s: where to
 *
 * Context: Process context.
 */
void sq_reclaimer_show_summary(struct seq_file *s)
{
	unsigned long runs, flags;
	u64 pages;

	raw_spin_lock_irqsave(&history_lock, flags);
	runs = history_nr;
	pages = history_sum.work.pages;
	raw_spin_unlock_irqrestore(&history_lock, flags);
	seq_printf(s, "reclaim_runs_useful: %lu\n", runs);
	show_mean(s, "pages", pages, runs);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_reclaimer_show_summary);
