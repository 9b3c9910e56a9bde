// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: an array of pointers per CPU, pop and push, nothing checked but
 * that it is neither empty nor full. No allocator that works on any CPU can
 * cost less, so this is what the others are measured against from below. What
 * it hands out is a pointer to nothing: nobody may write through it. As with
 * squirrel's hot path, there is no place for the tracer in it.
 */
#include <linux/kernel.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include "bench.h"

#define FLOOR_OBJS	2048UL

struct bench_floor {
	unsigned long nr;
	void *obj[FLOOR_OBJS];
};

static struct bench_floor __percpu *bench_floor;

notrace noinline void *bench_floor_pop(void)
{
	struct bench_floor *f;
	void *obj = NULL;

	preempt_disable();
	f = this_cpu_ptr(bench_floor);
	if (likely(f->nr))
		obj = f->obj[--f->nr];
	preempt_enable();
	return obj;
}

notrace noinline void bench_floor_push(void *obj)
{
	struct bench_floor *f;

	preempt_disable();
	f = this_cpu_ptr(bench_floor);
	if (likely(f->nr < FLOOR_OBJS))
		f->obj[f->nr++] = obj;
	preempt_enable();
}

/* memcpy() would be a string instruction, which icount counts by the byte. */
static __always_inline void bench_floor_move(void **to, void **from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		to[i] = from[i];
		barrier();
	}
}

notrace noinline size_t bench_floor_pop_bulk(size_t n, void **objs)
{
	struct bench_floor *f;

	preempt_disable();
	f = this_cpu_ptr(bench_floor);
	if (f->nr >= n) {
		f->nr -= n;
		bench_floor_move(objs, &f->obj[f->nr], n);
	} else {
		n = 0;
	}
	preempt_enable();
	return n;
}

notrace noinline void bench_floor_push_bulk(size_t n, void **objs)
{
	struct bench_floor *f;

	preempt_disable();
	f = this_cpu_ptr(bench_floor);
	if (f->nr + n <= FLOOR_OBJS) {
		bench_floor_move(&f->obj[f->nr], objs, n);
		f->nr += n;
	}
	preempt_enable();
}

/* Half full on this CPU, whatever it held */
void bench_floor_level(void)
{
	preempt_disable();
	this_cpu_ptr(bench_floor)->nr = FLOOR_OBJS / 2;
	preempt_enable();
}

int bench_floor_init(void)
{
	unsigned long i;
	int cpu;

	bench_floor = __alloc_percpu(sizeof(*bench_floor), SMP_CACHE_BYTES);
	if (!bench_floor)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct bench_floor *f = per_cpu_ptr(bench_floor, cpu);

		f->nr = FLOOR_OBJS / 2;
		for (i = 0; i < FLOOR_OBJS; i++)
			f->obj[i] = &f->obj[i];
	}
	return 0;
}

void bench_floor_exit(void)
{
	free_percpu(bench_floor);
}
