// SPDX-License-Identifier: GPL-2.0
/*
 * The clock: what one round of a loop costs, and the line that says so.
 *
 * A repetition starts right after a timer tick and is kept only if no other
 * tick fell into it; where that does not work out, it is made shorter. So what
 * the kernel does at a tick is in no figure. By a native clock there are more
 * repetitions, they start at any time, and the shortest is the least disturbed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "bench.h"

/* Kept repetitions; native ones share the machine with others. */
#define REPS_EXACT	3
#define REPS_NATIVE	40
/*
 * Magazines adapt to bursts in steps, a few ticks apart: rounds of more than one
 * object are measured once so many repetitions in a row were no better than the
 * best by a part.
 */
#define REPS_SETTLED	16
#define REPS_WARM_MAX	200
#define BETTER_PART	64
/* Repetitions that a tick spoiled, one after the other, before n is halved */
#define SPOILT_MAX	4
/* Instructions in a repetition, well under a tick at 250 Hz */
#define BUDGET		1500000UL

static const char * const bench_names[BENCH_SUBJECTS] = {
	"empty", "squirrel", "slub", "floor",
};

static unsigned int bench_lines;
static u32 bench_seed = 2463534242U;

u32 bench_random(void)
{
	bench_seed ^= bench_seed << 13;
	bench_seed ^= bench_seed >> 17;
	bench_seed ^= bench_seed << 5;
	return bench_seed;
}

/* The numbers 0 to n - 1 in an order of no order, the same in every boot */
u32 *bench_shuffled(u32 n)
{
	u32 *order = vmalloc(array_size(n, sizeof(*order)));
	u32 i, other;

	if (!order)
		return NULL;
	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n - 1; i; i--) {
		other = bench_random() % (i + 1);
		swap(order[i], order[other]);
	}
	return order;
}

int bench_caches_create(struct bench_run *r, size_t size,
			const struct squirrel_cache_args *args)
{
	struct squirrel_cache *sq;

	r->size = size;
	sq = squirrel_cache_create("bench", size, args);
	if (IS_ERR(sq))
		return PTR_ERR(sq);
	r->slub = kmem_cache_create("bench", size, 0, 0, NULL);
	if (!r->slub) {
		squirrel_cache_destroy(sq);
		return -ENOMEM;
	}
	r->sq = sq;
	return 0;
}

void bench_caches_destroy(struct bench_run *r)
{
	squirrel_cache_destroy(r->sq);
	kmem_cache_destroy(r->slub);
}

/* Run @loop, leave in @r->took what it took. Any context. */
void bench_time(bench_loop_t loop, struct bench_run *r)
{
	u64 start = ktime_get_ns();

	loop(r);
	r->took = ktime_get_ns() - start;
}

static void bench_enter(const struct bench_case *c, enum bench_subject s,
			struct bench_run *r)
{
	if (c->enter)
		c->enter(c->loops[s], r);
	else
		bench_time(c->loops[s], r);
}

/* One repetition; returns false if a tick fell into it. */
static bool bench_rep(const struct bench_case *c, enum bench_subject s,
		      struct bench_run *r)
{
	unsigned long now;

	/* It is a tick that ends this; repetitions by the dozen rather hurry. */
	if (bench_native)
		cond_resched();
	else
		schedule_timeout_uninterruptible(1);
	now = jiffies;
	bench_enter(c, s, r);
	return now == READ_ONCE(jiffies);
}

/* Until it gets no better; always with a tick in between. */
static void bench_warm_up(const struct bench_case *c, enum bench_subject s,
			  struct bench_run *r)
{
	unsigned int reps, left = REPS_SETTLED;
	u64 best = U64_MAX;

	for (reps = 0; left && reps < REPS_WARM_MAX && !r->failed; reps++) {
		schedule_timeout_uninterruptible(1);
		bench_enter(c, s, r);
		left--;
		if (r->took < best - best / BETTER_PART) {
			best = r->took;
			left = REPS_SETTLED;
		}
	}
}

/* The least that a round of the loop took, in thousandths */
static int bench_cost(const struct bench_case *c, enum bench_subject s,
		      struct bench_run *r, u64 *cost)
{
	const unsigned int wanted = bench_native ? REPS_NATIVE : REPS_EXACT;
	unsigned int kept = 0, spoilt = 0;

	*cost = U64_MAX;
	if (c->per > 1)
		bench_warm_up(c, s, r);
	else
		bench_enter(c, s, r);
	while (kept < wanted && !r->failed) {
		if (bench_rep(c, s, r)) {
			*cost = min(*cost, div64_u64(r->took * 1000, r->n));
			spoilt = 0;
			kept++;
		} else if (++spoilt == SPOILT_MAX) {
			if (r->n == 1)
				return -ETIME;
			r->n /= 2;
			kept = 0;
			spoilt = 0;
			*cost = U64_MAX;
		}
	}
	return r->failed ? -ENOMEM : 0;
}

/* The line that tools/bench.sh reads; a cost may come out below nothing. */
void bench_report(const char *name, size_t size, enum bench_subject s,
		  s64 milli)
{
	u64 abs = milli < 0 ? -milli : milli;
	u32 rest;

	abs = div_u64_rem(abs, 1000, &rest);
	pr_info("row %s%s %zu %s %s%llu.%03u\n", name, bench_suffix, size,
		bench_names[s], milli < 0 ? "-" : "", abs, rest);
	bench_lines++;
}

/* A subject that knows no such thing */
void bench_report_none(const char *name, size_t size, enum bench_subject s)
{
	pr_info("row %s%s %zu %s -\n", name, bench_suffix, size, bench_names[s]);
	bench_lines++;
}

unsigned int bench_reported(void)
{
	return bench_lines;
}

/* @cost: of a round with @per pairs, for each subject */
void bench_report_costs(const char *name, size_t size, const u64 *cost,
			unsigned int per)
{
	unsigned int s;

	for (s = BENCH_EMPTY + 1; s < BENCH_SUBJECTS; s++)
		bench_report(name, size, s,
			     div_s64((s64)(cost[s] - cost[BENCH_EMPTY]), per));
}

/* Measure one subject: cost[s] is then what a round takes, in thousandths. */
int bench_measure_one(const struct bench_case *c, enum bench_subject s,
		      struct bench_run *r, u64 *cost)
{
	unsigned long guess = 300 + c->size / 64;
	int err;

	if (want_init_on_alloc(GFP_KERNEL))
		guess = 300 + c->size / 8;
	r->n = max(BUDGET / (c->per * guess), 1UL);
	r->failed = false;
	err = bench_cost(c, s, r, &cost[s]);
	if (err)
		pr_err("%s %zu: %s not measured: %d\n", c->name, c->size,
		       bench_names[s], err);
	return err;
}

/* Measure and report one row: the empty loop, then each subject. */
int bench_measure(const struct bench_case *c, struct bench_run *r)
{
	u64 cost[BENCH_SUBJECTS];
	unsigned int s;
	int err;

	for (s = 0; s < BENCH_SUBJECTS; s++) {
		err = bench_measure_one(c, s, r, cost);
		if (err)
			return err;
	}
	bench_report_costs(c->name, c->size, cost, c->per);
	return 0;
}
