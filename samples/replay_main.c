// SPDX-License-Identifier: GPL-2.0
/*
 * replay: plays a recorded trace of kernel allocations on squirrel and on
 * kmalloc()/kmem_cache, with a pattern in each object that is checked when it
 * is freed, and reports one line for each:
 *
 *	insmod replay.ko trace=/boot.trace strategy=best
 *
 * All of it happens while the module is loaded. Loading fails with -EINVAL for
 * a bad parameter or a damaged trace, and with -EIO if an object was found
 * damaged.
 *
 * The report is stable and made of key=value words, see replay_report.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <squirrel/squirrel.h>
#include "replay.h"

static char *trace = "";
module_param(trace, charp, 0444);
MODULE_PARM_DESC(trace, "path of the uncompressed trace file");

static char *subject = "both";
module_param(subject, charp, 0444);
MODULE_PARM_DESC(subject, "squirrel, slab or both (default)");

static char *heap = "own";
module_param(heap, charp, 0444);
MODULE_PARM_DESC(heap, "where kmalloc requests go on squirrel: own (default) or default");

static char *strategy = "segregated";
module_param(strategy, charp, 0444);
MODULE_PARM_DESC(strategy, "of the own heap: segregated (default), first, best or one that a module has registered");

static char *pattern = "edges";
module_param(pattern, charp, 0444);
MODULE_PARM_DESC(pattern, "none, edges (default) or full");

static unsigned int busted;
module_param(busted, uint, 0444);
MODULE_PARM_DESC(busted, "plant a defect that must be noticed: 1 writes past an object, 2 frees one too early");

static unsigned int window = 4096;
module_param(window, uint, 0444);
MODULE_PARM_DESC(window, "how many records one thread may be ahead of the slowest; 0: any number");

static unsigned int settle_ms;
module_param(settle_ms, uint, 0444);
MODULE_PARM_DESC(settle_ms, "how long to wait before pages are counted at the end");

static unsigned int events;
module_param(events, uint, 0444);
MODULE_PARM_DESC(events, "play only so many records, from the first on; 0 (default): all");

static bool bulk = true;
module_param(bulk, bool, 0444);
MODULE_PARM_DESC(bulk, "play bulk calls as bulk calls (default y)");

static bool ctors;
module_param(ctors, bool, 0444);
MODULE_PARM_DESC(ctors, "caches that had a constructor get one (default n)");

static bool contexts = true;
module_param(contexts, bool, 0444);
MODULE_PARM_DESC(contexts, "play softirq and interrupts-off records as such (default y)");

static bool free_all = true;
module_param(free_all, bool, 0444);
MODULE_PARM_DESC(free_all, "free what is left before the own heap is destroyed (default y)");

static bool reclaim;
module_param(reclaim, bool, 0444);
MODULE_PARM_DESC(reclaim, "ask the subject to give memory back once all is freed (default n)");

static bool keep;
module_param(keep, bool, 0444);
MODULE_PARM_DESC(keep, "leave live what is live at the end, and squirrel's reclaimer off, to be looked at until the module is unloaded; the report comes then (default n)");

static bool pagecalls;
module_param(pagecalls, bool, 0444);
MODULE_PARM_DESC(pagecalls, "count the calls of the page allocator, which takes time (default n)");

static bool touched;
module_param(touched, bool, 0444);
MODULE_PARM_DESC(touched, "count the pages that live objects are in, which takes time (default n)");

static unsigned int looks;
module_param(looks, uint, 0444);
MODULE_PARM_DESC(looks, "how often to note squirrel's summary, in squirrel_replay/looks beside the samples: 0 (default) to 200 times");

static bool samples;
module_param(samples, bool, 0444);
MODULE_PARM_DESC(samples, "show the samples in debugfs, squirrel_replay/samples (default n)");

#define REPLAY_RUNS	2

static struct replay_run replay_runs[REPLAY_RUNS];
static struct replay_sample replay_points[REPLAY_RUNS][REPLAY_POINTS];
static struct replay_trace replay_trace;
static struct replay_opts replay_opts;

static int replay_choice(const char *param, const char *value,
			 const char * const *words, size_t n)
{
	int i = match_string(words, n, value);

	if (i < 0)
		pr_err("parameter %s: unknown value '%s'\n", param, value);
	return i;
}

static int replay_parse(struct replay_opts *o)
{
	static const char * const heaps[] = { "default", "own" };
	static const char * const patterns[] = { "none", "edges", "full" };
	int h = replay_choice("heap", heap, heaps, ARRAY_SIZE(heaps));
	int p = replay_choice("pattern", pattern, patterns,
			      ARRAY_SIZE(patterns));

	if (h < 0 || p < 0)
		return -EINVAL;
	if (!*trace) {
		pr_err("parameter trace: the path of a trace is needed\n");
		return -EINVAL;
	}
	if (busted > REPLAY_BUST_EARLY || (busted && p == REPLAY_NONE)) {
		pr_err("parameter busted: 0 to 2, and with a pattern\n");
		return -EINVAL;
	}
	if (keep && !strcmp(subject, "both")) {
		pr_err("parameter keep: of one subject, squirrel or slab\n");
		return -EINVAL;
	}
	if (looks > REPLAY_POINTS) {
		pr_err("parameter looks: 0 to %u\n", REPLAY_POINTS);
		return -EINVAL;
	}
	*o = (struct replay_opts) {
		.pattern = p,
		.busted = busted,
		.strategy = strcmp(strategy, "default") ? strategy : NULL,
		.own_heap = h,
		.bulk = bulk,
		.ctors = ctors,
		.contexts = contexts,
		.free_all = free_all,
		.reclaim = reclaim,
		.keep = keep,
		.pagecalls = pagecalls,
		.touched = touched,
		.looks = looks,
		.window = window,
		.settle_ms = settle_ms,
	};
	return 0;
}

/* Free everything, report, and judge */
static int replay_finish(struct replay_run *run)
{
	u64 errors;

	replay_end(run);
	errors = replay_report(run);
	vfree(run->workers);
	run->workers = NULL;
	if (run->opts->busted && !atomic_read(&run->planted)) {
		pr_err("subject=%s gave no occasion to plant a defect\n",
		       run->subject->name);
		return -ENODATA;
	}
	return errors ? -EIO : 0;
}

static int replay_one(struct replay_run *run)
{
	int err = replay_play(run);

	if (err) {
		pr_err("subject=%s cannot be played: error %d\n",
		       run->subject->name, err);
		return err;
	}
	return run->opts->keep ? 0 : replay_finish(run);
}

/* What was noted of all runs */
static void replay_forget(void)
{
	unsigned int i;

	for (i = 0; i < REPLAY_RUNS; i++)
		replay_looks_end(&replay_runs[i]);
}

/* The subject and the objects that keep=1 has left */
static void replay_release(void)
{
	unsigned int i;

	for (i = 0; i < REPLAY_RUNS; i++)
		if (replay_runs[i].workers)
			replay_finish(&replay_runs[i]);
	replay_trace_unload(&replay_trace);
	if (pagecalls)
		replay_calls_stop();
}

static int replay_all(const struct replay_trace *t, const struct replay_opts *o,
		      unsigned int *nruns)
{
	static const char * const subjects[] = { "squirrel", "slab", "both" };
	int which = replay_choice("subject", subject, subjects,
				  ARRAY_SIZE(subjects));
	int err = 0, ret = 0;
	unsigned int i;

	*nruns = 0;
	if (which < 0)
		return -EINVAL;
	for (i = 0; i < REPLAY_RUNS; i++) {
		struct replay_run *run = &replay_runs[*nruns];

		if (which != i && which != 2)
			continue;
		run->subject = i ? &replay_on_slab : &replay_on_squirrel;
		run->trace = t;
		run->opts = o;
		run->samples = replay_points[(*nruns)++];
		err = replay_one(run);
		ret = ret ? ret : err;
	}
	return ret;
}

static int __init replay_init(void)
{
	unsigned int nruns;
	int err;

	err = replay_parse(&replay_opts);
	if (!err)
		err = replay_trace_load(&replay_trace, trace);
	if (err)
		return err;
	/* all of it was checked; what is live then is freed as at the end */
	if (events && events < replay_trace.nevents)
		replay_trace.nevents = events;
	if (pagecalls)
		err = replay_calls_start();
	if (!err)
		err = replay_all(&replay_trace, &replay_opts, &nruns);
	/* the runs stay for their samples */
	if (!err && samples)
		err = replay_samples_show(replay_runs, nruns);
	if (err || !keep)
		replay_release();
	if (err)
		replay_forget();
	return err;
}

static void __exit replay_exit(void)
{
	replay_samples_hide();
	if (keep)
		replay_release();
	replay_forget();
}

module_init(replay_init);
module_exit(replay_exit);

MODULE_DESCRIPTION("Plays recorded kernel allocations on squirrel and on slab");
MODULE_LICENSE("GPL");
