/* SPDX-License-Identifier: GPL-2.0 */
/* What the parts of torture.ko share; see torture_main.c for what it does. */
#ifndef _TORTURE_H
#define _TORTURE_H

#include <linux/prandom.h>
#include <linux/smp.h>
#include <linux/types.h>
#include <squirrel/squirrel.h>

/* The contexts of a CPU: each has objects of its own and runs one at a time. */
enum torture_kind {
	TORTURE_TASK,
	TORTURE_TASK2,
	TORTURE_SOFTIRQ,
	TORTURE_HARDIRQ,
	TORTURE_IRQ_WORK,
	TORTURE_NMI,
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

/**
 * struct torture_source - where objects come from
 * @name: of the cache
 * @size: of its objects
 * @args: and all that is special
 * @cache: the cache
 */
struct torture_source {
	const char *name;
	unsigned int size;
	struct squirrel_cache_args args;
	struct squirrel_cache *cache;
};

#define TORTURE_CTOR	0x746f727475726521ULL
#define TORTURE_CACHES	9

/* Beyond the caches: */
#define TORTURE_OWN_HEAP	TORTURE_CACHES
#define TORTURE_DEFAULT_HEAP	(TORTURE_OWN_HEAP + 1)

static inline u32 torture_random(struct torture_ctx *ctx, u32 below)
{
	return prandom_u32_state(&ctx->rnd) % below;
}

static inline bool torture_is_task(const struct torture_ctx *ctx)
{
	return ctx->kind <= TORTURE_TASK2;
}

/* torture_main.c */
void torture_error(const struct torture_ctx *ctx, const struct torture_obj *o,
		   const char *what);
bool torture_is_wrong(void);

/* torture_slots.c */
extern struct torture_source torture_source[TORTURE_CACHES];
extern struct squirrel_heap *torture_heap;

int torture_slots_init(void);
void torture_slots_exit(void);
bool torture_has_ctor(const struct torture_obj *o);
u32 torture_size(struct torture_ctx *ctx);
void torture_fill(const struct torture_obj *o);
void torture_own(struct torture_ctx *ctx, struct torture_obj *o, bool zeroed);
void torture_disown(struct torture_ctx *ctx, struct torture_obj *o);
void torture_step(struct torture_ctx *ctx);
void torture_drain(struct torture_ctx *ctx);
void torture_drain_rings(struct torture_ctx *ctx);

/* torture_sleep.c */
void torture_sleep(struct torture_ctx *ctx);

/* torture_bust.c: what goes wrong in this module itself */
enum torture_bug {
	TORTURE_NO_BUG,
	TORTURE_BUG_REALLOC,
	TORTURE_BUG_SIZE,
	TORTURE_BUG_NOT_ZERO,
	TORTURE_BUG_CTOR,
	/* The others are what torture_bust() does. */
	TORTURE_BUG_OTHER,
};

extern enum torture_bug torture_bug;

int torture_bust_init(const char *name);
void torture_bust_exit(void);
void torture_bust(struct torture_ctx *ctx);
bool torture_bust_done(void);

#endif /* _TORTURE_H */
