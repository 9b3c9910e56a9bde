/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the benchmark share: the subjects, what a loop works on,
 * and the table of cases.
 *
 * A loop is written once, as x_loop() for a subject that is a constant to the
 * compiler; BENCH_LOOPS(x) makes a function of it for each subject and the
 * table xs[] of them. So every subject is called directly, in the same loop;
 * what that takes with nothing in it, BENCH_EMPTY, is subtracted.
 */
#ifndef _BENCH_H
#define _BENCH_H

#include <linux/kallsyms.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <squirrel/squirrel.h>

enum bench_subject {
	BENCH_EMPTY,
	BENCH_SQUIRREL,
	BENCH_SLUB,
	BENCH_FLOOR,
	BENCH_SUBJECTS,
};

/* What one loop works on */
struct bench_run {
	unsigned long n;		/* rounds a loop makes */
	size_t size;			/* bytes per object */
	unsigned int count;		/* objects per bulk call, or alive */
	struct squirrel_cache *sq;
	struct kmem_cache *slub;
	void **objs;
	const u32 *order;
	u64 took;			/* what the last loop took */
	bool failed;			/* an allocation failed */
};

typedef void (*bench_loop_t)(struct bench_run *r);

#define BENCH_LOOPS(name)						\
static noinline void name##_empty(struct bench_run *r)			\
{									\
	name##_loop(BENCH_EMPTY, r);					\
}									\
static noinline void name##_squirrel(struct bench_run *r)		\
{									\
	name##_loop(BENCH_SQUIRREL, r);					\
}									\
static noinline void name##_slub(struct bench_run *r)			\
{									\
	name##_loop(BENCH_SLUB, r);					\
}									\
static noinline void name##_floor(struct bench_run *r)			\
{									\
	name##_loop(BENCH_FLOOR, r);					\
}									\
static const bench_loop_t name##s[BENCH_SUBJECTS] = {			\
	[BENCH_EMPTY] = name##_empty,					\
	[BENCH_SQUIRREL] = name##_squirrel,				\
	[BENCH_SLUB] = name##_slub,					\
	[BENCH_FLOOR] = name##_floor,					\
}

/**
 * struct bench_case - one row of the table, for each subject
 * @loops: the loop for each subject
 * @name: the row's name
 * @size: bytes per object
 * @per: pairs of alloc and free that one round of the loop makes
 * @enter: runs a loop in the context the case is about, by bench_time();
 *	NULL: right here
 */
struct bench_case {
	const bench_loop_t *loops;
	const char *name;
	size_t size;
	unsigned int per;
	void (*enter)(bench_loop_t loop, struct bench_run *r);
};

/* bench_main.c: what the clock counts, and what is appended to names of rows */
extern bool bench_native;
extern char *bench_suffix;

/* bench_measure.c */
void bench_time(bench_loop_t loop, struct bench_run *r);
int bench_measure_one(const struct bench_case *c, enum bench_subject s,
		      struct bench_run *r, u64 *cost);
int bench_measure(const struct bench_case *c, struct bench_run *r);
void bench_report(const char *name, size_t size, enum bench_subject s,
		  s64 milli);
void bench_report_none(const char *name, size_t size, enum bench_subject s);
void bench_report_costs(const char *name, size_t size, const u64 *cost,
			unsigned int per);
unsigned int bench_reported(void);
int bench_caches_create(struct bench_run *r, size_t size,
			const struct squirrel_cache_args *args);
void bench_caches_destroy(struct bench_run *r);
u32 bench_random(void);
u32 *bench_shuffled(u32 n);

/* bench_cold.c */
void bench_cold_settle(void);
int bench_cold_time(bench_loop_t loop, struct bench_run *r, u64 *cost);
void bench_cold_report(const char *name, const struct bench_run *r,
		       const u64 *cost);

/**
 * struct bench_watch - what the watch has seen
 * @ours: the longest section with interrupts off that squirrel, or this module,
 *	had an end of
 * @others: the longest of the kernel's
 * @looks: expiries of the timer
 * @our_place: where interrupts went on after the first
 * @other_place: and after the second
 */
struct bench_watch {
	u64 ours;
	u64 others;
	unsigned long looks;
	char our_place[KSYM_SYMBOL_LEN];
	char other_place[KSYM_SYMBOL_LEN];
};

/* bench_watch.c */
int bench_watch_init(void);
void bench_watch_start(void);
void bench_watch_stop(const char *name, size_t size);

/* bench_floor.c */
void *bench_floor_pop(void);
void bench_floor_push(void *obj);
size_t bench_floor_pop_bulk(size_t n, void **objs);
void bench_floor_push_bulk(size_t n, void **objs);
void bench_floor_level(void);
int bench_floor_init(void);
void bench_floor_exit(void);

/* the groups of cases, one or two a file */
int bench_pair(void);
int bench_pair_long(void);
int bench_pair_debugged(void);
int bench_batch(void);
int bench_batch_large(void);
int bench_bulk(void);
int bench_bulk_more(void);
int bench_cold(void);
int bench_cold_bulk(void);
int bench_cold_heap(void);
int bench_heap(void);
int bench_large(void);
int bench_irq(void);
int bench_live(void);
int bench_arena(void);
int bench_cpus(void);
int bench_irqs_off(void);
int bench_tail_off(void);
int bench_tail_busy(void);
int bench_tail_sizes(void);

/*
 * An object from a cache. The empty subject hands out what the caller got last:
 * a pointer the compiler knows nothing about, at no cost.
 */
static __always_inline void *bench_alloc(const enum bench_subject s,
					 struct bench_run *r, const gfp_t gfp,
					 void *last)
{
	switch (s) {
	case BENCH_SQUIRREL:
		return squirrel_cache_alloc(r->sq, gfp);
	case BENCH_SLUB:
		return kmem_cache_alloc(r->slub, gfp);
	case BENCH_FLOOR:
		return bench_floor_pop();
	default:
		OPTIMIZER_HIDE_VAR(last);
		return last;
	}
}

static __always_inline void bench_free(const enum bench_subject s,
				       struct bench_run *r, void *obj)
{
	switch (s) {
	case BENCH_SQUIRREL:
		squirrel_cache_free(r->sq, obj);
		break;
	case BENCH_SLUB:
		kmem_cache_free(r->slub, obj);
		break;
	case BENCH_FLOOR:
		bench_floor_push(obj);
		break;
	default:
		asm volatile("" : : "r" (obj) : "memory");
	}
}

/* One alloc and free after the other, r->n times. */
static __always_inline void bench_pairs(const enum bench_subject s,
					struct bench_run *r, const gfp_t gfp)
{
	void *obj = r;
	unsigned long i;

	for (i = 0; i < r->n; i++) {
		obj = bench_alloc(s, r, gfp, obj);
		if (unlikely(!obj)) {
			r->failed = true;
			return;
		}
		bench_free(s, r, obj);
	}
}

#endif /* _BENCH_H */
