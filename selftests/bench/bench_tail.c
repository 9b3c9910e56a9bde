// SPDX-License-Identifier: GPL-2.0
/*
 * Row (h): what single allocations take, the least, the median, the 99th
 * percentile and the most. A million are timed one by one, with interrupts off
 * around each, so that no tick is in a figure, and for that reason GFP_ATOMIC.
 * They come in bursts of random length; what is freed in between is random.
 *
 * Pages are at hand: squirrel's cache has a reserve of more objects than are
 * ever alive. SLUB knows no such thing. The reclaimer is off, or busy: in
 * parallel mode at its shortest interval, and asked for a full run, which
 * empties all magazines, so often that none of them lasts.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/timex.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define TAIL_LIVE	4096U
#define TAIL_BURST	1024U
#define TAIL_ALLOCS	1000000UL
/* Costs below this are told apart. */
#define TAIL_COSTS	16384U

/* Of this many bursts one is followed by a full run of a busy reclaimer. */
#define TAIL_RECLAIM	4

/* run.objs are the live ones, run.count is their number. */
struct tail {
	struct bench_run run;
	bool busy;
	unsigned long done;
	cycles_t base;		/* what reading the clock takes */
	cycles_t most;
	u32 seen[TAIL_COSTS];
};

static void tail_note(struct tail *t, cycles_t took)
{
	took -= min(took, t->base);
	t->most = max(t->most, took);
	t->seen[min_t(cycles_t, took, TAIL_COSTS - 1)]++;
	t->done++;
}

/* Allocate and time run.n objects. */
static __always_inline void tail_alloc_loop(const enum bench_subject s,
					    struct bench_run *r)
{
	struct tail *t = container_of(r, struct tail, run);
	cycles_t start, stop;
	unsigned long flags, i;
	void *obj = r;

	for (i = 0; i < r->n; i++) {
		local_irq_save(flags);
		start = get_cycles();
		obj = bench_alloc(s, r, GFP_ATOMIC, obj);
		stop = get_cycles();
		local_irq_restore(flags);
		tail_note(t, stop - start);
		r->objs[r->count++] = obj;
		if (unlikely(!obj))
			r->failed = true;
	}
}

BENCH_LOOPS(tail_alloc);

/* Free run.n objects, each picked at random. */
static __always_inline void tail_free_loop(const enum bench_subject s,
					   struct bench_run *r)
{
	unsigned long i;
	u32 at;

	for (i = 0; i < r->n; i++) {
		at = bench_random() % r->count;
		bench_free(s, r, r->objs[at]);
		r->objs[at] = r->objs[--r->count];
	}
}

BENCH_LOOPS(tail_free);

static void tail_burst(struct tail *t, enum bench_subject s)
{
	struct bench_run *r = &t->run;
	u32 dice = bench_random();
	u32 len = dice % TAIL_BURST + 1;

	if (s == BENCH_FLOOR)
		bench_floor_level();
	if (dice >> 31) {
		r->n = min(len, TAIL_LIVE - r->count);
		tail_allocs[s](r);
	} else {
		r->n = min(len, r->count);
		tail_frees[s](r);
	}
	/* Here the reclaimer gets its turn, and one that never rests. */
	cond_resched();
	if (t->busy && dice % TAIL_RECLAIM == 0)
		squirrel_reclaim();
}

static void tail_reset(struct tail *t)
{
	memset(t->seen, 0, sizeof(t->seen));
	t->most = 0;
	t->done = 0;
}

/* The cost that @share percent of the allocations do not exceed */
static unsigned long tail_rank(const struct tail *t, unsigned int share)
{
	unsigned long want = max(t->done * share / 100, 1UL), sum = 0;
	unsigned int i;

	for (i = 0; i < TAIL_COSTS - 1; i++) {
		sum += t->seen[i];
		if (sum >= want)
			break;
	}
	return i;
}

struct tail_names {
	const char *min;
	const char *median;
	const char *p99;
	const char *max;
};

static int tail_subject(struct tail *t, enum bench_subject s,
			const struct tail_names *names)
{
	const size_t size = t->run.size;

	/* A first round through all live numbers is not counted. */
	tail_reset(t);
	while (t->done < TAIL_LIVE * 4)
		tail_burst(t, s);
	if (s == BENCH_EMPTY) {
		t->base = tail_rank(t, 50);
	} else {
		tail_reset(t);
		while (t->done < TAIL_ALLOCS && !t->run.failed)
			tail_burst(t, s);
		bench_report(names->min, size, s, tail_rank(t, 0) * 1000);
		bench_report(names->median, size, s, tail_rank(t, 50) * 1000);
		bench_report(names->p99, size, s, tail_rank(t, 99) * 1000);
		bench_report(names->max, size, s, t->most * 1000);
	}
	t->run.n = t->run.count;
	tail_frees[s](&t->run);
	return t->run.failed ? -ENOMEM : 0;
}

static int tail_row(struct tail *t, size_t size, const struct tail_names *names)
{
	const struct squirrel_cache_args args = { .reserve = 2 * TAIL_LIVE };
	unsigned int s;
	int err = bench_caches_create(&t->run, size, &args);

	if (err)
		return err;
	t->base = 0;
	for (s = 0; s < BENCH_SUBJECTS && !err; s++)
		err = tail_subject(t, s, names);
	bench_caches_destroy(&t->run);
	return err;
}

static int tail_rows(const size_t *sizes, unsigned int nr,
		     const struct tail_names *names, bool busy)
{
	struct tail *t = vzalloc(sizeof(*t));
	unsigned int i;
	int err = 0;

	if (!t)
		return -ENOMEM;
	t->busy = busy;
	t->run.objs = vmalloc(array_size(TAIL_LIVE, sizeof(*t->run.objs)));
	if (!t->run.objs)
		err = -ENOMEM;
	for (i = 0; i < nr && !err; i++)
		err = tail_row(t, sizes[i], names);
	vfree(t->run.objs);
	vfree(t);
	return err;
}

static int tail_off(const size_t *sizes, unsigned int nr)
{
	static const struct tail_names names = {
		"tail-off-min", "tail-off-median", "tail-off-p99",
		"tail-off-max",
	};
	int err = squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0);

	return err ?: tail_rows(sizes, nr, &names, false);
}

static int tail_busy(const size_t *sizes, unsigned int nr)
{
	static const struct tail_names names = {
		"tail-busy-min", "tail-busy-median", "tail-busy-p99",
		"tail-busy-max",
	};
	int err = squirrel_reclaim_mode(SQUIRREL_RECLAIM_PARALLEL, 1);

	return err ?: tail_rows(sizes, nr, &names, true);
}

static const size_t tail_size[] = { 128 };
static const size_t tail_sizes[] = { 32, 1024, 4096 };

int bench_tail_off(void)
{
	return tail_off(tail_size, ARRAY_SIZE(tail_size));
}

int bench_tail_busy(void)
{
	return tail_busy(tail_size, ARRAY_SIZE(tail_size));
}

int bench_tail_sizes(void)
{
	int err = tail_off(tail_sizes, ARRAY_SIZE(tail_sizes));

	return err ?: tail_busy(tail_sizes, ARRAY_SIZE(tail_sizes));
}
