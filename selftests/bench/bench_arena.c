// SPDX-License-Identifier: GPL-2.0
/*
 * Row (i): what it takes to get rid of a million live objects of a heap, per
 * object. "arena" is the heap destroyed with all that is in it, "arena-each"
 * the objects freed one by one, in the order they were allocated in; kfree()
 * knows but the second. A tick or two of the kernel is in it, for nobody.
 */
#include <linux/kernel.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define ARENA_SIZE	64
#define ARENA_OBJS	1000000U
#define ARENA_ROUNDS	3

static struct squirrel_heap *arena_heap;

static __always_inline void arena_loop(const enum bench_subject s,
				       struct bench_run *r)
{
	unsigned int i;

	for (i = 0; i < ARENA_OBJS; i++) {
		if (s == BENCH_SQUIRREL)
			squirrel_heap_free(arena_heap, r->objs[i]);
		else if (s == BENCH_SLUB)
			kfree(r->objs[i]);
		else
			bench_free(s, r, r->objs[i]);
	}
}

BENCH_LOOPS(arena);

static void *arena_take(const enum bench_subject s, struct bench_run *r,
			unsigned int i)
{
	if (s == BENCH_SQUIRREL)
		return squirrel_heap_alloc(arena_heap, ARENA_SIZE, GFP_KERNEL);
	if (s == BENCH_SLUB)
		return kmalloc(ARENA_SIZE, GFP_KERNEL);
	return &r->objs[i];
}

static int arena_fill(enum bench_subject s, struct bench_run *r)
{
	unsigned int i;

	for (i = 0; i < ARENA_OBJS; i++) {
		r->objs[i] = arena_take(s, r, i);
		if (!r->objs[i])
			break;
		if (i % 1024 == 0)
			cond_resched();
	}
	if (i == ARENA_OBJS)
		return 0;
	while (i-- && s == BENCH_SLUB)
		kfree(r->objs[i]);
	return -ENOMEM;
}

/* In thousandths, per object */
static u64 arena_cost(u64 took)
{
	return div_u64(took * 1000, ARENA_OBJS);
}

static int arena_create(struct bench_run *r)
{
	struct squirrel_heap *heap = squirrel_heap_create("bench_arena", NULL);
	int err;

	if (IS_ERR(heap))
		return PTR_ERR(heap);
	arena_heap = heap;
	err = arena_fill(BENCH_SQUIRREL, r);
	if (err)
		squirrel_heap_destroy(heap);
	return err;
}

/* One by one: what is left of squirrel's heap afterwards is not in it. */
static int arena_each(struct bench_run *r, u64 *cost)
{
	unsigned int s;
	int err = 0;

	for (s = 0; s < BENCH_SUBJECTS && !err; s++) {
		bench_floor_level();
		err = s == BENCH_SQUIRREL ? arena_create(r) : arena_fill(s, r);
		if (err)
			break;
		bench_time(arenas[s], r);
		cost[s] = arena_cost(r->took);
		if (s == BENCH_SQUIRREL)
			squirrel_heap_destroy(arena_heap);
	}
	return err;
}

/*
 * The least of some: who gives the page allocator two to eight pages puts all that its
 * per-CPU list has into buddies, whoever they are from (free_unref_page()); the objects
 * freed one by one have left thousands there.
 */
static int arena_whole(struct bench_run *r, u64 *cost)
{
	unsigned int i;
	u64 start;
	int err;

	*cost = U64_MAX;
	for (i = 0; i < ARENA_ROUNDS; i++) {
		err = arena_create(r);
		if (err)
			return err;
		start = ktime_get_ns();
		squirrel_heap_destroy(arena_heap);
		*cost = min(*cost, arena_cost(ktime_get_ns() - start));
	}
	return 0;
}

int bench_arena(void)
{
	u64 cost[BENCH_SUBJECTS];
	struct bench_run r = {};
	u64 whole;
	int err;

	r.objs = vmalloc(array_size(ARENA_OBJS, sizeof(*r.objs)));
	if (!r.objs)
		return -ENOMEM;
	err = arena_each(&r, cost);
	if (!err)
		err = arena_whole(&r, &whole);
	if (!err) {
		bench_report_costs("arena-each", ARENA_SIZE, cost, 1);
		/* No loop, and so no empty one to take off. */
		cost[BENCH_SQUIRREL] = whole + cost[BENCH_EMPTY];
		bench_report_costs("arena", ARENA_SIZE, cost, 1);
	}
	vfree(r.objs);
	return err;
}
