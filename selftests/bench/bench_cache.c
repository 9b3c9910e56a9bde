// SPDX-License-Identifier: GPL-2.0
/*
 * Rows (a) and (b): one object, a batch of 1024.
 */
#include <linux/kernel.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define BATCH		1024U

#define PART_PAIRS	120000
#define LONG_PARTS	100

/* (a) one object, alloc and free */
static __always_inline void pair_loop(const enum bench_subject s,
				      struct bench_run *r)
{
	bench_pairs(s, r, GFP_KERNEL);
}

BENCH_LOOPS(pair);

int bench_pair(void)
{
	static const size_t sizes[] = { 32, 128, 512, 2048 };
	struct bench_run r = {};
	unsigned int i;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(sizes) && !err; i++) {
		const struct bench_case c = { pairs, "pair", sizes[i], 1 };

		err = bench_caches_create(&r, sizes[i], NULL);
		if (err)
			return err;
		err = bench_measure(&c, &r);
		bench_caches_destroy(&r);
	}
	return err;
}

/*
 * (a, long) All that it takes over half a second and more, with ticks and with what workers
 * do meanwhile: what squirrel does now and then shows here only.
 */
static u64 parts_took(enum bench_subject s, struct bench_run *r, unsigned int parts)
{
	u64 start = ktime_get_ns();
	unsigned int i;

	for (i = 0; i < parts && !r->failed; i++) {
		bench_time(pairs[s], r);
		cond_resched();
	}
	return ktime_get_ns() - start;
}

static int pair_parts(const char *name, unsigned int parts)
{
	static const enum bench_subject all[] = { BENCH_EMPTY, BENCH_SQUIRREL };
	struct bench_run r = { .n = PART_PAIRS };
	u64 took[BENCH_SUBJECTS] = {};
	unsigned int i;
	int err = bench_caches_create(&r, 128, NULL);

	if (err)
		return err;
	/* Quarantine, if there is one, is full. */
	if (parts == 1)
		parts_took(BENCH_SQUIRREL, &r, 1);
	for (i = 0; i < ARRAY_SIZE(all); i++)
		took[all[i]] = parts_took(all[i], &r, parts);
	bench_report(name, 128, BENCH_SQUIRREL,
		     div_s64((s64)(took[BENCH_SQUIRREL] - took[BENCH_EMPTY]) * 1000,
			     PART_PAIRS * parts));
	bench_report_none(name, 128, BENCH_SLUB);
	bench_report_none(name, 128, BENCH_FLOOR);
	bench_caches_destroy(&r);
	return r.failed ? -ENOMEM : 0;
}

int bench_pair_long(void)
{
	return pair_parts("pair-long", LONG_PARTS);
}

/* Where each takes long there need not be as many. */
int bench_pair_debugged(void)
{
	return pair_parts("pair-debugged", 1);
}

/* (b) 1024 are allocated, then freed as r->order has them */
static __always_inline void batch_loop(const enum bench_subject s,
				       struct bench_run *r)
{
	const u32 *order = r->order;
	void *obj = r, **objs = r->objs;
	unsigned long i;
	unsigned int j;

	for (i = 0; i < r->n; i++) {
		for (j = 0; j < BATCH; j++) {
			obj = bench_alloc(s, r, GFP_KERNEL, obj);
			objs[j] = obj;
			if (unlikely(!obj))
				r->failed = true;
		}
		for (j = 0; j < BATCH; j++)
			bench_free(s, r, objs[order[j]]);
	}
}

BENCH_LOOPS(batch);

static int bench_batches(struct bench_run *r, u32 *order, const u32 *shuffled)
{
	static const char * const names[] = {
		"batch-ordered", "batch-reversed", "batch-shuffled",
	};
	unsigned int way, j;
	int err = 0;

	for (way = 0; way < ARRAY_SIZE(names) && !err; way++) {
		const struct bench_case c = {
			batchs, names[way], r->size, BATCH,
		};

		for (j = 0; j < BATCH; j++)
			order[j] = way == 0 ? j : way == 1 ? BATCH - 1 - j :
				   shuffled[j];
		err = bench_measure(&c, r);
	}
	return err;
}

static int bench_batch_sizes(const size_t *sizes, unsigned int nr)
{
	struct bench_run r = {};
	u32 *order, *shuffled;
	unsigned int i;
	int err = -ENOMEM;

	r.objs = vmalloc(BATCH * sizeof(*r.objs));
	order = vmalloc(BATCH * sizeof(*order));
	shuffled = bench_shuffled(BATCH);
	if (!r.objs || !order || !shuffled)
		goto out;
	r.order = order;
	for (i = 0; i < nr; i++) {
		err = bench_caches_create(&r, sizes[i], NULL);
		if (err)
			break;
		err = bench_batches(&r, order, shuffled);
		bench_caches_destroy(&r);
		if (err)
			break;
	}
out:
	vfree(shuffled);
	vfree(order);
	vfree(r.objs);
	return err;
}

int bench_batch(void)
{
	static const size_t sizes[] = { 32, 128, 512 };

	return bench_batch_sizes(sizes, ARRAY_SIZE(sizes));
}

int bench_batch_large(void)
{
	static const size_t sizes[] = { 2048, 4096 };

	return bench_batch_sizes(sizes, ARRAY_SIZE(sizes));
}
