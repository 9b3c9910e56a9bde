// SPDX-License-Identifier: GPL-2.0
/*
 * Row (c): the bulk calls, of a cache that is warm, and of one that is new.
 */
#include <linux/kernel.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define BULK_MAX	256U

static __always_inline size_t bulk_alloc(const enum bench_subject s,
					 struct bench_run *r, const gfp_t gfp)
{
	switch (s) {
	case BENCH_SQUIRREL:
		return squirrel_cache_alloc_bulk(r->sq, gfp, r->count, r->objs);
	case BENCH_SLUB:
		return kmem_cache_alloc_bulk(r->slub, gfp, r->count,
					     r->objs);
	case BENCH_FLOOR:
		return bench_floor_pop_bulk(r->count, r->objs);
	default:
		barrier();
		return 1;
	}
}

static __always_inline void bulk_free(const enum bench_subject s,
				      struct bench_run *r)
{
	switch (s) {
	case BENCH_SQUIRREL:
		squirrel_cache_free_bulk(r->sq, r->count, r->objs);
		break;
	case BENCH_SLUB:
		kmem_cache_free_bulk(r->slub, r->count, r->objs);
		break;
	case BENCH_FLOOR:
		bench_floor_push_bulk(r->count, r->objs);
		break;
	default:
		barrier();
	}
}

static __always_inline void bulk_rounds(const enum bench_subject s,
					struct bench_run *r, const gfp_t gfp)
{
	unsigned long i;

	for (i = 0; i < r->n; i++) {
		if (unlikely(!bulk_alloc(s, r, gfp))) {
			r->failed = true;
			return;
		}
		bulk_free(s, r);
	}
}

static __always_inline void bulk_loop(const enum bench_subject s,
				      struct bench_run *r)
{
	bulk_rounds(s, r, GFP_KERNEL);
}

BENCH_LOOPS(bulk);

static __always_inline void bulk_cold_loop(const enum bench_subject s,
					   struct bench_run *r)
{
	bulk_rounds(s, r, GFP_ATOMIC);
}

BENCH_LOOPS(bulk_cold);

static int bulk_warm_row(struct bench_run *r)
{
	char name[32];
	const struct bench_case c = { bulks, name, r->size, r->count };

	snprintf(name, sizeof(name), "bulk-%u", r->count);
	return bench_measure(&c, r);
}

/* One cache for all counts, as it is warm */
static int bulk_warm(struct bench_run *r, size_t size,
		     const unsigned int *counts, unsigned int nr)
{
	unsigned int i;
	int err = bench_caches_create(r, size, NULL);

	if (err)
		return err;
	for (i = 0; i < nr && !err; i++) {
		r->count = counts[i];
		err = bulk_warm_row(r);
	}
	bench_caches_destroy(r);
	return err;
}

static int bulk_cold_row(struct bench_run *r, size_t size)
{
	u64 cost[BENCH_SUBJECTS];
	unsigned int s;
	int err;

	bench_cold_settle();
	err = bench_caches_create(r, size, NULL);
	if (err)
		return err;
	for (s = 0; s < BENCH_SUBJECTS && !err; s++)
		err = bench_cold_time(bulk_colds[s], r, &cost[s]);
	bench_caches_destroy(r);
	if (!err)
		bench_cold_report("cold-bulk", r, cost);
	return err;
}

static int bulk_cold(struct bench_run *r, size_t size,
		     const unsigned int *counts, unsigned int nr)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr && !err; i++) {
		r->count = counts[i];
		err = bulk_cold_row(r, size);
	}
	return err;
}

static const unsigned int bulk_few[] = { 1, 8, 16, 64, BULK_MAX };
static const unsigned int bulk_more[] = { 2, 4, 30, 128, 250 };
static const unsigned int bulk_all[] = { 1, 2, 4, 8, 16, 30, 64, 128, 250 };

static int bulk_objs(struct bench_run *r)
{
	r->objs = vmalloc(array_size(BULK_MAX, sizeof(*r->objs)));
	return r->objs ? 0 : -ENOMEM;
}

int bench_bulk(void)
{
	struct bench_run r = {};
	int err = bulk_objs(&r);

	if (!err)
		err = bulk_warm(&r, 128, bulk_few, ARRAY_SIZE(bulk_few));
	vfree(r.objs);
	return err;
}

int bench_bulk_more(void)
{
	struct bench_run r = {};
	int err = bulk_objs(&r);

	if (!err)
		err = bulk_warm(&r, 128, bulk_more, ARRAY_SIZE(bulk_more));
	if (!err)
		err = bulk_warm(&r, 256, bulk_all, ARRAY_SIZE(bulk_all));
	vfree(r.objs);
	return err;
}

int bench_cold_bulk(void)
{
	struct bench_run r = {};
	int err = bulk_objs(&r);

	if (!err)
		err = bulk_cold(&r, 128, bulk_all, ARRAY_SIZE(bulk_all));
	if (!err)
		err = bulk_cold(&r, 256, bulk_all, ARRAY_SIZE(bulk_all));
	vfree(r.objs);
	return err;
}
