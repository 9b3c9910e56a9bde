// SPDX-License-Identifier: GPL-2.0
/*
 * Row (g): does the cost depend on how many objects are alive? Of those, 256
 * picked at random are freed and as many allocated, over and over.
 */
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define LIVE_SIZE	32
#define LIVE_MAX	1000000U
#define LIVE_WINDOW	256U

/* Where in r->order the next window starts */
static u32 live_at;

static __always_inline void live_loop(const enum bench_subject s,
				      struct bench_run *r)
{
	void *obj = r, **objs = r->objs;
	unsigned long i;
	unsigned int j;

	for (i = 0; i < r->n; i++) {
		const u32 *window = r->order + live_at;

		for (j = 0; j < LIVE_WINDOW; j++)
			bench_free(s, r, objs[window[j]]);
		for (j = 0; j < LIVE_WINDOW; j++) {
			obj = bench_alloc(s, r, GFP_KERNEL, obj);
			objs[window[j]] = obj;
			if (unlikely(!obj))
				r->failed = true;
		}
		live_at += LIVE_WINDOW;
		if (live_at + LIVE_WINDOW > r->count)
			live_at = 0;
	}
}

BENCH_LOOPS(live);

/* The floor is a stack of pointers: for it any pointer is alive. */
static void live_fill(struct bench_run *r, enum bench_subject s)
{
	unsigned int i;

	for (i = 0; i < r->count && !r->failed; i++) {
		if (s == BENCH_SQUIRREL)
			r->objs[i] = squirrel_cache_alloc(r->sq, GFP_KERNEL);
		else if (s == BENCH_SLUB)
			r->objs[i] = kmem_cache_alloc(r->slub, GFP_KERNEL);
		else
			r->objs[i] = &r->objs[i];
		r->failed = !r->objs[i];
		if (i % 1024 == 0)
			cond_resched();
	}
}

static void live_drain(struct bench_run *r, enum bench_subject s)
{
	unsigned int i;

	for (i = 0; i < r->count; i++) {
		if (s == BENCH_SQUIRREL)
			squirrel_cache_free(r->sq, r->objs[i]);
		else if (s == BENCH_SLUB && r->objs[i])
			kmem_cache_free(r->slub, r->objs[i]);
		r->objs[i] = NULL;
		if (i % 1024 == 0)
			cond_resched();
	}
}

static int live_row(struct bench_run *r, const char *name)
{
	const struct bench_case c = { lives, name, LIVE_SIZE, LIVE_WINDOW };
	u64 cost[BENCH_SUBJECTS];
	unsigned int s;
	int err = 0;

	for (s = 0; s < BENCH_SUBJECTS && !err; s++) {
		r->failed = false;
		live_at = 0;
		live_fill(r, s);
		err = r->failed ? -ENOMEM : bench_measure_one(&c, s, r, cost);
		live_drain(r, s);
	}
	if (!err)
		bench_report_costs(name, LIVE_SIZE, cost, LIVE_WINDOW);
	return err;
}

static int live_rows(struct bench_run *r)
{
	static const struct {
		unsigned int nr;
		const char *name;
	} rows[] = {
		{ 1000, "live-10^3" },
		{ 10000, "live-10^4" },
		{ 100000, "live-10^5" },
		{ LIVE_MAX, "live-10^6" },
	};
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(rows) && !err; i++) {
		u32 *order = bench_shuffled(rows[i].nr);

		if (!order)
			return -ENOMEM;
		r->order = order;
		r->count = rows[i].nr;
		err = live_row(r, rows[i].name);
		vfree(order);
	}
	return err;
}

int bench_live(void)
{
	struct bench_run r = {};
	int err;

	r.objs = vzalloc(array_size(LIVE_MAX, sizeof(*r.objs)));
	if (!r.objs)
		return -ENOMEM;
	err = bench_caches_create(&r, LIVE_SIZE, NULL);
	if (!err) {
		err = live_rows(&r);
		bench_caches_destroy(&r);
	}
	vfree(r.objs);
	return err;
}
