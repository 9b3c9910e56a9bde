// SPDX-License-Identifier: GPL-2.0
/*
 * Rows "cold-*", "second-*", "trimmed-*": what allocations take of which nobody
 * has made any before. A cache is made, and at once a batch is allocated and
 * freed in the same order, again and again: "cold" are the first 65536 objects,
 * "second" the next, "trimmed" as many after all that is free was given back.
 *
 * All of it is GFP_ATOMIC with preemption off: what squirrel leaves to a worker or
 * to its background does not happen, and between "cold" and "second" neither. Each
 * is measured once, as there is but one first time. A tick now and then is in it.
 */
#include <linux/kernel.h>
#include <linux/math64.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define COLD_OBJS	65536UL
#define COLD_BATCH_MAX	1024U

static const unsigned int cold_batches[] = { 1, 4, 16, 64, 256, COLD_BATCH_MAX };

/* The heap that was made for one row */
static struct squirrel_heap *cold_own;

/* Nothing of what was before is still under way. */
void bench_cold_settle(void)
{
	rcu_barrier();
	schedule_timeout_uninterruptible(2);
}

/* Run @loop once; *cost is what one object takes, in thousandths. */
int bench_cold_time(bench_loop_t loop, struct bench_run *r, u64 *cost)
{
	r->n = DIV_ROUND_UP(COLD_OBJS, r->count);
	r->failed = false;
	bench_floor_level();
	/* Nobody else gets this CPU, whatever the kernel's way to preempt. */
	preempt_disable();
	bench_time(loop, r);
	preempt_enable();
	*cost = div64_u64(r->took * 1000, r->n * r->count);
	return r->failed ? -ENOMEM : 0;
}

/* @cost: of one object */
void bench_cold_report(const char *name, const struct bench_run *r,
		       const u64 *cost)
{
	char row[32];

	snprintf(row, sizeof(row), "%s-%u", name, r->count);
	bench_report_costs(row, r->size, cost, 1);
}

/* ---- caches --------------------------------------------------------------- */

static __always_inline void cold_loop(const enum bench_subject s,
				      struct bench_run *r)
{
	void *obj = r, **objs = r->objs;
	unsigned int j, got;
	unsigned long i;

	for (i = 0; i < r->n && !r->failed; i++) {
		for (got = 0; got < r->count; got++) {
			obj = bench_alloc(s, r, GFP_ATOMIC, obj);
			if (unlikely(!obj)) {
				r->failed = true;
				break;
			}
			objs[got] = obj;
		}
		for (j = 0; j < got; j++)
			bench_free(s, r, objs[j]);
	}
}

BENCH_LOOPS(cold);

enum cold_phase {
	COLD_FIRST,
	COLD_SECOND,
	COLD_TRIMMED,
	COLD_PHASES,
};

static void cold_trim(enum bench_subject s, struct bench_run *r)
{
	if (s == BENCH_SQUIRREL)
		squirrel_reclaim();
	else if (s == BENCH_SLUB)
		kmem_cache_shrink(r->slub);
	bench_cold_settle();
}

static int cold_subject(enum bench_subject s, struct bench_run *r,
			u64 cost[COLD_PHASES][BENCH_SUBJECTS])
{
	int err = bench_cold_time(colds[s], r, &cost[COLD_FIRST][s]);

	if (!err)
		err = bench_cold_time(colds[s], r, &cost[COLD_SECOND][s]);
	if (err)
		return err;
	cold_trim(s, r);
	return bench_cold_time(colds[s], r, &cost[COLD_TRIMMED][s]);
}

static int cold_row(struct bench_run *r, size_t size)
{
	u64 cost[COLD_PHASES][BENCH_SUBJECTS];
	unsigned int s;
	int err;

	bench_cold_settle();
	err = bench_caches_create(r, size, NULL);
	if (err)
		return err;
	for (s = 0; s < BENCH_SUBJECTS && !err; s++)
		err = cold_subject(s, r, cost);
	bench_caches_destroy(r);
	if (err)
		return err;
	bench_cold_report("cold", r, cost[COLD_FIRST]);
	bench_cold_report("second", r, cost[COLD_SECOND]);
	bench_cold_report("trimmed", r, cost[COLD_TRIMMED]);
	return 0;
}

/* @row for each of @sizes and each batch */
static int cold_rows(int (*row)(struct bench_run *r, size_t size),
		     const size_t *sizes, unsigned int nr)
{
	struct bench_run r = {};
	unsigned int i, j;
	int err = 0;

	r.objs = vmalloc(array_size(COLD_BATCH_MAX, sizeof(*r.objs)));
	if (!r.objs)
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++) {
		for (j = 0; j < ARRAY_SIZE(cold_batches) && !err; j++) {
			r.count = cold_batches[j];
			err = row(&r, sizes[i]);
		}
	}
	vfree(r.objs);
	return err;
}

int bench_cold(void)
{
	static const size_t sizes[] = {
		32, 128, 256, 512, 1024, 2048, 4096, 8192,
	};

	return cold_rows(cold_row, sizes, ARRAY_SIZE(sizes));
}

/* ---- heaps ---------------------------------------------------------------- */

static __always_inline void *cold_heap_alloc(const enum bench_subject s,
					     struct bench_run *r,
					     const bool own, void *last)
{
	const size_t size = READ_ONCE(r->size);

	if (s == BENCH_SQUIRREL)
		return own ? squirrel_heap_alloc(cold_own, size, GFP_ATOMIC) :
			     squirrel_alloc(size, GFP_ATOMIC);
	if (s == BENCH_SLUB)
		return kmalloc(size, GFP_ATOMIC);
	return bench_alloc(s, r, GFP_ATOMIC, last);
}

static __always_inline void cold_heap_free(const enum bench_subject s,
					   struct bench_run *r,
					   const bool own, void *obj)
{
	if (s == BENCH_SQUIRREL && own)
		squirrel_heap_free(cold_own, obj);
	else if (s == BENCH_SQUIRREL)
		squirrel_free(obj);
	else if (s == BENCH_SLUB)
		kfree(obj);
	else
		bench_free(s, r, obj);
}

static __always_inline void cold_heap_rounds(const enum bench_subject s,
					     struct bench_run *r,
					     const bool own)
{
	void *obj = r, **objs = r->objs;
	unsigned int j, got;
	unsigned long i;

	for (i = 0; i < r->n && !r->failed; i++) {
		for (got = 0; got < r->count; got++) {
			obj = cold_heap_alloc(s, r, own, obj);
			if (unlikely(!obj)) {
				r->failed = true;
				break;
			}
			objs[got] = obj;
		}
		for (j = 0; j < got; j++)
			cold_heap_free(s, r, own, objs[j]);
	}
}

static __always_inline void cold_own_loop(const enum bench_subject s,
					  struct bench_run *r)
{
	cold_heap_rounds(s, r, true);
}

BENCH_LOOPS(cold_own);

static __always_inline void cold_default_loop(const enum bench_subject s,
					      struct bench_run *r)
{
	cold_heap_rounds(s, r, false);
}

BENCH_LOOPS(cold_default);

/* The default heap, and kmalloc(), cannot be made anew: squirrel's is a heap of its own. */
static int cold_own_row(struct bench_run *r)
{
	u64 cost[BENCH_SUBJECTS];
	unsigned int s;
	int err = 0;

	bench_cold_settle();
	cold_own = squirrel_heap_create("bench_cold", NULL);
	if (IS_ERR(cold_own))
		return PTR_ERR(cold_own);
	for (s = 0; s < BENCH_SUBJECTS && !err; s++)
		err = bench_cold_time(cold_owns[s], r, &cost[s]);
	squirrel_heap_destroy(cold_own);
	if (!err)
		bench_cold_report("cold-heap", r, cost);
	return err;
}

static int cold_heap_row(struct bench_run *r, size_t size)
{
	u64 trimmed[BENCH_SUBJECTS], second[BENCH_SUBJECTS];
	unsigned int s;
	int err;

	r->size = size;
	err = cold_own_row(r);
	squirrel_reclaim();
	bench_cold_settle();
	for (s = 0; s < BENCH_SUBJECTS && !err; s++) {
		err = bench_cold_time(cold_defaults[s], r, &trimmed[s]);
		if (!err)
			err = bench_cold_time(cold_defaults[s], r, &second[s]);
	}
	if (err)
		return err;
	bench_cold_report("trimmed-heap", r, trimmed);
	bench_cold_report("second-heap", r, second);
	return 0;
}

int bench_cold_heap(void)
{
	static const size_t sizes[] = {
		32, 128, 192, 256, 512, 768, 1024, 2048, 3000, 4096, 8192,
	};

	return cold_rows(cold_heap_row, sizes, ARRAY_SIZE(sizes));
}
