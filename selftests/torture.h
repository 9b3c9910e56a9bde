/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of torture.ko share; see torture_main.c for what it does. */
#ifndef _TORTURE_H
#define _TORTURE_H

#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/types.h>

/* The contexts of a CPU: each has objects of its own and runs one at a time. */
enum torture_kind {
	TORTURE_TASK,
	TORTURE_TASK2,
	TORTURE_SOFTIRQ,
	TORTURE_HARDIRQ,
	TORTURE_IRQ_WORK,
	TORTURE_KINDS,
};

#define TORTURE_SLOTS	128

/**
 * struct torture_obj - an object in use
 * @p: where it is; NULL for an empty slot
 * @source: which cache or heap it came from
 * @size: bytes asked for
 * @word: what it is full of
 */
struct torture_obj {
	void *p;
	u32 source;
	u32 size;
	u64 word;
};

/**
 * struct torture_ctx - one context of one CPU
 * @rnd: its random numbers
 * @cpu: the CPU
 * @kind: which context
 * @steps: how often it acted
 * @allocs: objects it allocated
 * @frees: objects it freed
 * @handed: objects it gave to another CPU
 * @nomem: allocations that failed
 * @poke: the request it sends to other CPUs
 * @slot: its objects
 */
struct torture_ctx {
	struct rnd_state rnd;
	unsigned int cpu;
	enum torture_kind kind;
	unsigned long steps;
	unsigned long allocs;
	unsigned long frees;
	unsigned long handed;
	unsigned long nomem;
	call_single_data_t poke;
	struct torture_obj slot[TORTURE_SLOTS];
};

/* torture_main.c */
void torture_error(const struct torture_ctx *ctx, const struct torture_obj *o,
		   const char *what);

/* torture_slots.c */
int torture_slots_init(void);
void torture_slots_exit(void);
void torture_step(struct torture_ctx *ctx);
void torture_sleep(struct torture_ctx *ctx);
void torture_bust(struct torture_ctx *ctx);
void torture_drain(struct torture_ctx *ctx);
void torture_drain_rings(struct torture_ctx *ctx);

#endif /* _TORTURE_H */
