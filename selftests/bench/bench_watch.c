// SPDX-License-Identifier: GPL-2.0
/*
 * The watch: how long interrupts are off, at the longest, while something runs.
 *
 * A timer of the hard kind expires every few thousand instructions. How much too
 * late its handler runs is what was left of a section with interrupts off, so the
 * longest lateness is the longest section less a period at most. It is set anew
 * from when the handler is through: what that takes itself is in no figure. One
 * CPU, and a clock that counts instructions.
 *
 * Whose section it was, the place tells where interrupts went on again: it is what
 * the handler has interrupted, or, as that is mostly an unlock, its caller.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hrtimer.h>
#include <linux/kallsyms.h>
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#include <asm/irq_regs.h>
#include "bench.h"

/* Nanoseconds, which are instructions */
#define WATCH_PERIOD	5000
/* A section made on purpose, how often, and how far the figure may be off */
#define WATCH_PLANTED	100000
#define WATCH_SECTIONS	100
#define WATCH_SLACK	(WATCH_PERIOD / 2)
#define WATCH_FRAMES	32

static struct hrtimer watch_timer;
static struct bench_watch watch;
static u64 watch_least;		/* the lateness with interrupts on */

/* Where interrupts went on again, as far as can be told */
static unsigned long watch_place(void)
{
	unsigned long frames[WATCH_FRAMES], ip = instruction_pointer(get_irq_regs());
	unsigned int i, n = stack_trace_save(frames, ARRAY_SIZE(frames), 0);

	for (i = 0; i < n && frames[i] != ip; i++)
		;
	while (i + 1 < n && in_lock_functions(frames[i]))
		i++;
	return i < n ? frames[i] : ip;
}

static bool watch_ours(const char *name)
{
	return strstr(name, "[squirrel]") || strstr(name, "[bench]");
}

static void watch_note(u64 late)
{
	char name[KSYM_SYMBOL_LEN];

	if (late <= watch.ours && late <= watch.others)
		return;
	sprint_symbol(name, watch_place());
	if (watch_ours(name)) {
		if (late > watch.ours) {
			watch.ours = late;
			strscpy(watch.our_place, name, sizeof(watch.our_place));
		}
	} else if (late > watch.others) {
		watch.others = late;
		strscpy(watch.other_place, name, sizeof(watch.other_place));
	}
}

static enum hrtimer_restart watch_tick(struct hrtimer *timer)
{
	u64 late = ktime_to_ns(ktime_sub(ktime_get(), hrtimer_get_expires(timer)));

	watch_least = min(watch_least, late);
	watch.looks++;
	watch_note(late - watch_least);
	hrtimer_set_expires(timer, ktime_add_ns(ktime_get(), WATCH_PERIOD));
	return HRTIMER_RESTART;
}

static void watch_setup(void)
{
#ifdef TORTURE_HRTIMER_SETUP
	hrtimer_setup(&watch_timer, watch_tick, CLOCK_MONOTONIC,
		      HRTIMER_MODE_REL_PINNED_HARD);
#else
	hrtimer_init(&watch_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	watch_timer.function = watch_tick;
#endif
}

void bench_watch_start(void)
{
	memset(&watch, 0, sizeof(watch));
	hrtimer_start(&watch_timer, ns_to_ktime(WATCH_PERIOD),
		      HRTIMER_MODE_REL_PINNED_HARD);
}

/* End it and report: squirrel's longest section, and that of all others. */
void bench_watch_stop(const char *name, size_t size)
{
	hrtimer_cancel(&watch_timer);
	bench_report(name, size, BENCH_SQUIRREL, watch.ours * 1000);
	bench_report_none(name, size, BENCH_SLUB);
	bench_report(name, size, BENCH_FLOOR, watch.others * 1000);
	pr_info("%s: %lu looks; squirrel's %llu, before %s; others' %llu, before %s\n",
		name, watch.looks, watch.ours, watch.our_place, watch.others,
		watch.other_place);
}

static void watch_spin(u64 ns)
{
	u64 start = ktime_get_ns();

	while (ktime_get_ns() - start < ns)
		cpu_relax();
}

/* What is there without squirrel, and whether a section that is planted is seen */
int bench_watch_init(void)
{
	unsigned long flags, i;

	watch_setup();
	watch_least = U64_MAX;
	/* The first time tells what it takes with interrupts on. */
	bench_watch_start();
	watch_spin(WATCH_PLANTED * WATCH_SECTIONS);
	hrtimer_cancel(&watch_timer);
	bench_watch_start();
	watch_spin(WATCH_PLANTED * WATCH_SECTIONS);
	bench_watch_stop("irqs-off-nothing", 0);
	bench_watch_start();
	for (i = 0; i < WATCH_SECTIONS; i++) {
		local_irq_save(flags);
		watch_spin(WATCH_PLANTED);
		local_irq_restore(flags);
		watch_spin(WATCH_PERIOD + bench_random() % WATCH_PERIOD);
	}
	bench_watch_stop("irqs-off-planted", 0);
	if (abs((s64)watch.ours - WATCH_PLANTED) <= WATCH_SLACK)
		return 0;
	pr_err("a section of %d instructions was measured as %llu\n",
	       WATCH_PLANTED, watch.ours);
	return -EINVAL;
}
