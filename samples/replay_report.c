// SPDX-License-Identifier: GPL-2.0
/*
 * The report: one line of key=value words for each subject, which stay. Counts
 * are of objects; pages are the fall of the machine's free-page counter since
 * before the subject was set up (see replay_sample.c):
 *
 *	pages_before	the free-page counter at that moment
 *	pages_peak	the largest fall at the 200 sample points
 *	pages_mean	the mean of them
 *	pages_end	at the end of the trace
 *	pages_settled	settle_ms later
 *	pages_freed	after everything is freed and another settle_ms
 *	pages_left	after caches and heap are destroyed
 *	bytes_peak	bytes live, as they were asked for: the most at a point
 *	bytes_mean	the mean of the points
 *	bytes_end	at the end of the trace
 *
 * With touched=1 also, see replay_look.c:
 *
 *	touched_peak	pages with live objects, at the point where the most was held
 *	touched_mean	the mean of the points
 *	touched_end	at the end of the trace
 *
 * With pagecalls=1 also, see replay_calls.c:
 *
 *	page_allocs	calls for memory from the first record to the last
 *	page_frees	calls to give some back, the same
 *	page_batched	those of them that were on a list
 *	page_idle	calls a second while nothing was played
 *	page_calls_per_million	calls without those of an idle machine, by a
 *			million objects allocated or freed
 *	page_calls_whole	the same until everything is freed and settled
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include "replay.h"

struct replay_summary {
	long pages_peak;
	long pages_mean;
	s64 bytes_peak;
	s64 bytes_mean;
	long touched_peak;
	long touched_mean;
};

static void replay_summarise(const struct replay_run *run,
			     struct replay_summary *sum)
{
	unsigned int i, n = max(run->nsamples, 1U);
	s64 pages = 0, bytes = 0, touched = 0;

	*sum = (struct replay_summary) { };
	for (i = 0; i < run->nsamples; i++) {
		const struct replay_sample *s = &run->samples[i];

		if (s->pages > sum->pages_peak) {
			sum->pages_peak = s->pages;
			sum->touched_peak = s->touched;
		}
		sum->bytes_peak = max(sum->bytes_peak, s->live_bytes);
		pages += s->pages;
		bytes += s->live_bytes;
		touched += s->touched;
	}
	sum->pages_mean = div_s64(pages, n);
	sum->bytes_mean = div_s64(bytes, n);
	sum->touched_mean = div_s64(touched, n);
}

/* Add up the threads' counters in the first */
static void replay_add_up(struct replay_run *run)
{
	struct replay_worker *sum = &run->workers[0], *w;

	for (w = sum + 1; w < sum + run->nworkers; w++) {
		sum->allocs += w->allocs;
		sum->frees += w->frees;
		sum->failed += w->failed;
		sum->errors += w->errors;
		sum->peak = max(sum->peak, w->peak);
	}
}

/* Calls until @until, less @idle, by a million of @ops */
static u64 replay_call_rate(const struct replay_run *run,
			    const struct replay_calls *until, u64 idle, u64 ops)
{
	u64 calls = until->allocs - run->calls_start.allocs +
		    until->frees - run->calls_start.frees;

	calls = calls > idle ? calls - idle : 0;
	return ops ? div64_u64(calls * 1000000, ops) : 0;
}

/* Words about pages with live objects, or none; return their length */
static int replay_describe_touched(const struct replay_run *run,
				   const struct replay_summary *sum, char *buf,
				   size_t size)
{
	buf[0] = '\0';
	if (!run->opts->touched)
		return 0;
	return scnprintf(buf, size,
			 " touched_peak=%ld touched_mean=%ld touched_end=%ld",
			 sum->touched_peak, sum->touched_mean,
			 atomic_long_read(&run->looks.touched));
}

/* Words about calls of the page allocator, or none */
static void replay_describe_calls(const struct replay_run *run, char *buf,
				  size_t size)
{
	const struct replay_worker *sum = &run->workers[0];
	const struct replay_calls *start = &run->calls_start;
	const struct replay_calls *end = &run->calls_end;
	u64 ops = sum->allocs + sum->frees;
	u64 idle = div_u64(run->calls_idle * run->ns, NSEC_PER_SEC);
	/* the two waits that follow */
	u64 later = div_u64(run->calls_idle * 2 * run->opts->settle_ms,
			    MSEC_PER_SEC);
	int n;

	if (!run->opts->pagecalls)
		return;
	n = scnprintf(buf, size,
		      " page_allocs=%llu page_frees=%llu page_batched=%llu",
		      end->allocs - start->allocs, end->frees - start->frees,
		      end->batched - start->batched);
	scnprintf(buf + n, size - n,
		  " page_idle=%llu page_calls_per_million=%llu page_calls_whole=%llu",
		  run->calls_idle, replay_call_rate(run, end, idle, ops),
		  replay_call_rate(run, &run->calls_freed, idle + later,
				   ops + run->drained));
}

/**
 * replay_report() - one line about a run that is over
 * @run: the run; its workers' counters are added up in the first
 *
 * Context: Process context.
 * Return: number of objects found damaged.
 */
u64 replay_report(struct replay_run *run)
{
	const struct replay_worker *w = &run->workers[0];
	struct replay_summary sum;
	s64 bytes_end = replay_live_bytes(run);
	char more[320];
	int n;

	replay_add_up(run);
	replay_summarise(run, &sum);
	n = replay_describe_touched(run, &sum, more, sizeof(more));
	replay_describe_calls(run, more + n, sizeof(more) - n);
	pr_info("subject=%s trace=%s events=%u allocs=%llu frees=%llu failed=%llu pattern_errors=%llu peak_live=%ld ns=%llu pages_before=%ld pages_peak=%ld pages_end=%ld pages_mean=%ld pages_settled=%ld pages_freed=%ld pages_left=%ld drained=%llu threads=%u bytes_peak=%lld bytes_mean=%lld bytes_end=%lld%s\n",
		run->subject->name, run->trace->label, run->trace->nevents,
		w->allocs, w->frees, w->failed, w->errors, w->peak, run->ns,
		run->free_before, sum.pages_peak, run->pages_end,
		sum.pages_mean, run->pages_settled, run->pages_freed,
		run->pages_left, run->drained, run->nworkers, sum.bytes_peak,
		sum.bytes_mean, bytes_end, more);
	return w->errors;
}
