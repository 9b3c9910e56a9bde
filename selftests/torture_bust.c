// SPDX-License-Identifier: GPL-2.0
/*
 * torture.ko busted=NAME: one bug, made again and again until it is noticed. Some are
 * of objects that are only there for it, in a cache and a heap that are debugged; the
 * others of what the contexts have.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/string.h>
#include "torture.h"

#define SIZE	100
/* Of no class, however large pages are. */
#define LARGE	(5 * PAGE_SIZE - 480)
#define MANY	200	/* objects, in which a free one is sure to be */

enum torture_bug torture_bug;

static struct squirrel_cache *victims, *others;
static struct squirrel_heap *heap, *other_heap;
static void *lost;

/* The compiler must not know what is wrong. */
static noinline u8 *hide(u8 *p)
{
	OPTIMIZER_HIDE_VAR(p);
	return p;
}

static u8 *victim(void)
{
	return hide(squirrel_cache_alloc(victims, GFP_KERNEL));
}

static u8 *large_victim(void)
{
	return hide(squirrel_heap_alloc(heap, LARGE, GFP_KERNEL));
}

/* ---- with what squirrel has to notice ------------------------------------------ */

static void overflow(struct torture_ctx *ctx, u8 *p)
{
	p[SIZE] = 0;
	squirrel_cache_free(victims, p);
}

static void underflow(struct torture_ctx *ctx, u8 *p)
{
	p[-1] = 0;
	squirrel_cache_free(victims, p);
}

static void overflow_large(struct torture_ctx *ctx, u8 *p)
{
	u8 *large = large_victim();

	squirrel_cache_free(victims, p);
	if (!large)
		return;
	large[LARGE] = 0;
	squirrel_heap_free(heap, large);
}

/* Somebody comes by it soon. */
static void hand_out_many(void)
{
	static u8 *objs[MANY];
	unsigned int i;

	for (i = 0; i < MANY; i++)
		objs[i] = victim();
	for (i = 0; i < MANY; i++)
		squirrel_cache_free(victims, objs[i]);
}

static void write_after_free(struct torture_ctx *ctx, u8 *p)
{
	squirrel_cache_free(victims, p);
	p[SIZE / 2] = 0;
	hand_out_many();
}

static void rcu_too_late(struct torture_ctx *ctx, u8 *p)
{
	/* With the last of its slab the memory would go, meanwhile, and become somebody else's. */
	u8 *stays = victim();

	__squirrel_free_rcu_word(p, p);
	/* The grace periods are over, and the reader still has it. */
	rcu_barrier();
	rcu_barrier();
	p[SIZE / 2] = 0;
	hand_out_many();
	squirrel_cache_free(victims, stays);
}

static void double_free(struct torture_ctx *ctx, u8 *p)
{
	squirrel_cache_free(victims, p);
	squirrel_cache_free(victims, p);
}

static void double_free_later(struct torture_ctx *ctx, u8 *p)
{
	u8 *next = victim(), *last = victim();

	squirrel_cache_free(victims, p);
	squirrel_cache_free(victims, next);
	squirrel_cache_free(victims, last);
	squirrel_cache_free(victims, p);
}

static void free_here(void *p)
{
	squirrel_cache_free(victims, p);
}

static void double_free_cpu(struct torture_ctx *ctx, u8 *p)
{
	unsigned int cpu = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());

	squirrel_cache_free(victims, p);
	smp_call_function_single(cpu, free_here, p, 1);
}

static void double_free_rcu(struct torture_ctx *ctx, u8 *p)
{
	squirrel_cache_free(victims, p);
	__squirrel_free_rcu_word(p, p);
	/* Not once more before it is done. */
	rcu_barrier();
	rcu_barrier();
}

static void double_free_bulk(struct torture_ctx *ctx, u8 *p)
{
	void *objs[] = { p, p };

	squirrel_cache_free_bulk(victims, ARRAY_SIZE(objs), objs);
}

static void double_free_large(struct torture_ctx *ctx, u8 *p)
{
	u8 *large = large_victim();

	squirrel_cache_free(victims, p);
	squirrel_heap_free(heap, large);
	squirrel_heap_free(heap, large);
}

static void foreign_free(struct torture_ctx *ctx, u8 *p)
{
	static u8 mine[SIZE];

	squirrel_cache_free(victims, p);
	squirrel_cache_free(victims, hide(mine));
}

static void interior_free(struct torture_ctx *ctx, u8 *p)
{
	squirrel_cache_free(victims, p + 8);
	squirrel_cache_free(victims, p);
}

static void wrong_cache(struct torture_ctx *ctx, u8 *p)
{
	squirrel_cache_free(others, p);
	squirrel_cache_free(victims, p);
}

static void wrong_heap(struct torture_ctx *ctx, u8 *p)
{
	u8 *large = large_victim();

	squirrel_cache_free(victims, p);
	squirrel_heap_free(other_heap, large);
	squirrel_heap_free(heap, large);
}

static void after_destroy(struct torture_ctx *ctx, u8 *p)
{
	struct squirrel_heap *h = squirrel_heap_create("torture_gone", NULL);
	u8 *obj;

	squirrel_cache_free(victims, p);
	if (IS_ERR(h))
		return;
	obj = hide(squirrel_heap_alloc(h, LARGE, GFP_KERNEL));
	squirrel_heap_destroy(h);
	squirrel_heap_free(heap, obj);
}

/* ---- with what this module has to notice --------------------------------------- */

/* An object of @ctx that is not constructed and has room for a pattern. */
static struct torture_obj *plain(struct torture_ctx *ctx)
{
	unsigned int i;

	for (i = 0; i < TORTURE_SLOTS; i++) {
		struct torture_obj *o = &ctx->slot[i];

		if (o->p && o->size >= 64 && !torture_has_ctor(o))
			return o;
	}
	return NULL;
}

static void lost_pattern(struct torture_ctx *ctx, u8 *p)
{
	struct torture_obj *o = plain(ctx);

	squirrel_cache_free(victims, p);
	if (o)
		((u8 *)o->p)[0] ^= 0xff;
}

/* Of one object a second owner thinks that it is his. */
static void two_owners(struct torture_ctx *ctx, u8 *p)
{
	struct torture_obj *o = plain(ctx), second;

	squirrel_cache_free(victims, p);
	if (!o)
		return;
	second = *o;
	second.word ^= 1;
	torture_fill(&second);
}

static void leak(struct torture_ctx *ctx, u8 *p)
{
	struct torture_obj *o = plain(ctx);

	squirrel_cache_free(victims, p);
	if (!o || lost)
		return;
	WRITE_ONCE(lost, o->p);
	o->p = NULL;
}

static void in_the_slots(struct torture_ctx *ctx, u8 *p)
{
	squirrel_cache_free(victims, p);
}

static const struct {
	const char *name;
	void (*bust)(struct torture_ctx *ctx, u8 *p);
	enum torture_bug bug;
} busts[] = {
	{ "overflow", overflow },
	{ "underflow", underflow },
	{ "overflow_large", overflow_large },
	{ "write_after_free", write_after_free },
	{ "rcu_too_late", rcu_too_late },
	{ "double_free", double_free },
	{ "double_free_later", double_free_later },
	{ "double_free_cpu", double_free_cpu },
	{ "double_free_rcu", double_free_rcu },
	{ "double_free_bulk", double_free_bulk },
	{ "double_free_large", double_free_large },
	{ "foreign_free", foreign_free },
	{ "interior_free", interior_free },
	{ "wrong_cache", wrong_cache },
	{ "wrong_heap", wrong_heap },
	{ "after_destroy", after_destroy },
	{ "lost_pattern", lost_pattern },
	{ "two_owners", two_owners },
	{ "leak", leak },
	{ "realloc_loses", in_the_slots, TORTURE_BUG_REALLOC },
	{ "wrong_size", in_the_slots, TORTURE_BUG_SIZE },
	{ "not_zero", in_the_slots, TORTURE_BUG_NOT_ZERO },
	{ "not_constructed", in_the_slots, TORTURE_BUG_CTOR },
};

static unsigned int which;

/**
 * torture_bust() - make the bug
 * @ctx: a task's; always the same
 *
 * Context: Process context.
 */
void torture_bust(struct torture_ctx *ctx)
{
	u8 *p;

	/* Once is enough, and a second time might take the machine with it. */
	if (torture_is_wrong())
		return;
	p = victim();
	if (p)
		busts[which].bust(ctx, p);
}

/* A leak is nothing that anybody notices before all is counted. */
bool torture_bust_done(void)
{
	return READ_ONCE(lost);
}

int torture_bust_init(const char *name)
{
	const struct squirrel_cache_args args = { .debug = "FZPU" };
	const struct squirrel_heap_args heap_args = { .debug = "FZPU" };

	while (strcmp(busts[which].name, name)) {
		if (++which < ARRAY_SIZE(busts))
			continue;
		which = 0;
		pr_err("there is no bug '%s'\n", name);
		return -EINVAL;
	}
	torture_bug = busts[which].bug ?: TORTURE_BUG_OTHER;
	victims = squirrel_cache_create("torture_victims", SIZE, &args);
	others = squirrel_cache_create("torture_others", SIZE, NULL);
	heap = squirrel_heap_create("torture_victims", &heap_args);
	other_heap = squirrel_heap_create("torture_others", NULL);
	if (!IS_ERR(victims) && !IS_ERR(others) && !IS_ERR(heap) && !IS_ERR(other_heap))
		return 0;
	torture_bust_exit();
	return -ENOMEM;
}

/* Who made the caches of the contexts has them still. */
void torture_bust_exit(void)
{
	torture_bug = TORTURE_NO_BUG;
	if (lost)
		squirrel_free_any(lost);
	lost = NULL;
	squirrel_cache_destroy(victims);
	squirrel_cache_destroy(others);
	squirrel_heap_destroy(heap);
	squirrel_heap_destroy(other_heap);
	victims = NULL;
	others = NULL;
	heap = NULL;
	other_heap = NULL;
}
