// SPDX-License-Identifier: GPL-2.0
/*
 * The reclaimer: does what an allocation must not spend time on. Here is when:
 * the modes, and the background. What a run does is in run.c.
 *
 *   off       only when asked, under memory pressure, and after a CPU went
 *   series    a bounded run in the allocating context, every N allocations;
 *             by a worker where that has interrupts off
 *   parallel  runs on its own every so many milliseconds, for as long as there
 *             is something to gain; the allocator's slow path schedules it,
 *             and kicks it when a heap's free pages pass the high watermark;
 *             an idle scan finds what raised no event
 *
 * The background has a workqueue of its own, since it waits for that of run.c,
 * on which each CPU empties its magazines.
 *
 * Changes of mode are serialised with what runs do by sq_reclaim_mutex.
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
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <squirrel/squirrel.h>

#include "allocator/allocator.h"
#include "compat.h"
#include "reclaimer/reclaimer.h"

#include "internal.h"
#include "tunables.h"

static unsigned long mode_n;		/* allocations or milliseconds */
static struct workqueue_struct *background_wq;
static unsigned long background_scheduled;	/* bit 0: it runs or is to run */
static unsigned long background_kicked;		/* bit 0: and is to run soon */
static unsigned long background_volume;		/* bit 0: and at once */
static unsigned long cpu_gone;		/* bit 0: it is to look after a CPU */
static unsigned long clock_due;		/* jiffies; under sq_reclaim_mutex */
static unsigned int idle_runs;		/* in a row; under sq_reclaim_mutex */

static const char * const mode_names[] = {
	[SQUIRREL_RECLAIM_OFF] = "off",
	[SQUIRREL_RECLAIM_SERIES] = "series",
	[SQUIRREL_RECLAIM_PARALLEL] = "parallel",
};

/* ---- parallel ------------------------------------------------------------- */

static void background_fn(struct work_struct *work);
static DECLARE_DELAYED_WORK(background_work, background_fn);

static void background_fn(struct work_struct *unused)
{
	u64 start = ktime_get_ns();
	bool again, left, volume, kicked;

	mutex_lock(&sq_reclaim_mutex);
	kicked = test_and_clear_bit(0, &background_kicked);
	/* Looks by volume do not put off those by the clock, nor take a kick's place. */
	volume = test_and_clear_bit(0, &background_volume) && !kicked &&
		 time_before(jiffies, clock_due);
	if (!volume)
		clock_due = jiffies + msecs_to_jiffies(mode_n);
	left = test_and_clear_bit(0, &cpu_gone);
	if (sq_reclaim_mode != SQUIRREL_RECLAIM_PARALLEL && !left) {
		clear_bit(0, &background_scheduled);
		mutex_unlock(&sq_reclaim_mutex);
		return;
	}
	again = sq_reclaim_mode == SQUIRREL_RECLAIM_PARALLEL;
	if (sq_run_background(start, idle_runs, volume) || volume)
		idle_runs = 0;
	else if (++idle_runs >= SQ_IDLE_RUNS_MAX)
		again = false;
	if (again) {
		queue_delayed_work(background_wq, &background_work,
				   volume ? max_t(long, clock_due - jiffies, 1) :
					    msecs_to_jiffies(mode_n));
	} else {
		idle_runs = 0;
		clear_bit(0, &background_scheduled);
	}
	mutex_unlock(&sq_reclaim_mutex);
}

/* It is marked as scheduled already: after a period the work follows. */
static void schedule_fn(struct irq_work *unused)
{
	queue_delayed_work(background_wq, &background_work,
			   msecs_to_jiffies(READ_ONCE(mode_n)));
}

static DEFINE_IRQ_WORK(schedule_irq_work, schedule_fn);

/* Any context but NMI. */
static void schedule_background(void)
{
	if (!test_bit(0, &background_scheduled) &&
	    !test_and_set_bit(0, &background_scheduled))
		irq_work_queue(&schedule_irq_work);
}

/* Also if it is waiting already, perhaps for long. Not out of an event. */
static void schedule_now(unsigned long ms)
{
	set_bit(0, &background_scheduled);
	mod_delayed_work(background_wq, &background_work, msecs_to_jiffies(ms));
}

/*
 * A heap is over its high watermark. Runs that are kicked are a tick apart at
 * least, so that they cannot keep a CPU busy.
 */
static void kick_fn(struct irq_work *unused)
{
	/* Else there was a run since, or squirrel_reclaim_mode() cleared it. */
	if (test_bit(0, &background_kicked))
		schedule_now(jiffies_to_msecs(1));
}

static DEFINE_IRQ_WORK(kick_irq_work, kick_fn);

static void kick_background(void)
{
	if (!test_bit(0, &background_kicked) &&
	    !test_and_set_bit(0, &background_kicked))
		irq_work_queue(&kick_irq_work);
}

/*
 * By volume: how often there is a run follows what is done, so that it costs a part of
 * that, and a load that goes by quickly is looked at as often as one that takes its time.
 */
static void volume_fn(struct irq_work *unused)
{
	if (test_bit(0, &background_volume))
		schedule_now(0);
}

static DEFINE_IRQ_WORK(volume_irq_work, volume_fn);

static void look_at_volume(void)
{
	if (!test_bit(0, &background_volume) &&
	    !test_and_set_bit(0, &background_volume))
		irq_work_queue(&volume_irq_work);
}

/*
 * The idle scan: what is freed into magazines that do not fill up raises no
 * event. So, now and then, but never out of a CPU's idle state, look whether
 * there is any.
 */
static void idle_scan_fn(struct work_struct *work);
static DECLARE_DEFERRABLE_WORK(idle_scan_work, idle_scan_fn);

static void idle_scan_fn(struct work_struct *unused)
{
	unsigned int cpu;

	if (READ_ONCE(sq_reclaim_mode) != SQUIRREL_RECLAIM_PARALLEL)
		return;
	for_each_online_cpu(cpu) {
		if (!sq_allocator_cpu_idle(cpu)) {
			schedule_background();
			break;
		}
	}
	queue_delayed_work(background_wq, &idle_scan_work,
			   msecs_to_jiffies(SQ_IDLE_SCAN_MS));
}

static void handle_event(enum sq_event event, gfp_t gfp)
{
	switch (event) {
	case SQ_EVENT_ALLOCS:
		sq_series();
		break;
	case SQ_EVENT_ACTIVE:
		if (READ_ONCE(sq_reclaim_mode) == SQUIRREL_RECLAIM_PARALLEL)
			schedule_background();
		break;
	case SQ_EVENT_HIGH_WATERMARK:
		if (READ_ONCE(sq_reclaim_mode) == SQUIRREL_RECLAIM_PARALLEL)
			kick_background();
		break;
	case SQ_EVENT_VOLUME:
		if (READ_ONCE(sq_reclaim_mode) == SQUIRREL_RECLAIM_PARALLEL)
			look_at_volume();
		break;
	case SQ_EVENT_CPU_DEAD:
		sq_run_cpu_dead();
		set_bit(0, &cpu_gone);
		schedule_now(0);
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
	WRITE_ONCE(sq_reclaim_mode, mode);
	WRITE_ONCE(mode_n, n);
	sq_allocator_set_series(mode == SQUIRREL_RECLAIM_SERIES ? n : 0);
	sq_allocator_set_shed(mode == SQUIRREL_RECLAIM_PARALLEL);
	mutex_unlock(&sq_reclaim_mutex);
	if (mode == SQUIRREL_RECLAIM_PARALLEL) {
		schedule_now(n);
		/* That has put off a run that was kicked, if there was to be one. */
		clear_bit(0, &background_kicked);
		clear_bit(0, &background_volume);
		mod_delayed_work(background_wq, &idle_scan_work,
				 msecs_to_jiffies(SQ_IDLE_SCAN_MS));
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
	mode = match_string(mode_names, ARRAY_SIZE(mode_names), name);
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
	if (mode_n)
		len = scnprintf(buf, size, "%s %lu\n", mode_names[sq_reclaim_mode],
				mode_n);
	else
		len = scnprintf(buf, size, "%s\n", mode_names[sq_reclaim_mode]);
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

/**
 * sq_reclaimer_init() - start the reclaimer
 * @mode: as for sq_reclaimer_set_mode_string()
 *
 * Context: Process context, at load. May sleep.
 * Return: 0, -EINVAL for a bad mode, or -ENOMEM.
 */
int sq_reclaimer_init(const char *mode)
{
	int err;

	background_wq = alloc_workqueue("squirrel", WQ_MEM_RECLAIM | WQ_UNBOUND, 1);
	if (!background_wq)
		return -ENOMEM;
	err = sq_run_init();
	if (err)
		goto wq;
	err = sq_shrinker_init();
	if (err)
		goto run;
	sq_allocator_set_hook(handle_event);
	err = sq_reclaimer_set_mode_string(mode);
	if (!err)
		return 0;
	pr_err("unknown reclaim mode '%s': off, series [N] or parallel [MS]\n",
	       mode);
	sq_allocator_set_hook(NULL);
	sq_shrinker_exit();
run:
	sq_run_exit();
wq:
	destroy_workqueue(background_wq);
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
	cancel_delayed_work_sync(&idle_scan_work);
	sq_irq_work_wait(&schedule_irq_work);
	sq_irq_work_wait(&kick_irq_work);
	sq_irq_work_wait(&volume_irq_work);
	cancel_delayed_work_sync(&background_work);
	destroy_workqueue(background_wq);
	sq_run_exit();
}
