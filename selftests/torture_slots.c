// SPDX-License-Identifier: GPL-2.0
/* What a context of torture.ko does: one random step with one of its objects. */
#include <linux/hardirq.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <squirrel/squirrel.h>
#include "torture.h"

#define TORTURE_CTOR	0x746f727475726521ULL
#define TORTURE_RING	64
#define TORTURE_BULK	24
/* Objects up to this size are filled all over, others at both ends. */
#define TORTURE_SMALL	128

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

static void torture_ctor(void *obj)
{
	*(u64 *)obj = TORTURE_CTOR;
}

static struct torture_source torture_source[] = {
	{ "torture_8", 8 },
	{ "torture_24", 24 },
	{ "torture_64", 64, { .align = 64 } },
	{ "torture_200", 200, { .flags = SQUIRREL_HWCACHE_ALIGN } },
	{ "torture_rcu", 96, { .flags = SQUIRREL_TYPESAFE_BY_RCU } },
	{ "torture_ctor", 120, { .ctor = torture_ctor } },
	{ "torture_limit", 512, { .limit = 64 * 1024 } },
	{ "torture_3000", 3000, { .reserve = 8 } },
	{ "torture_12000", 12000 },
};

/* Beyond the caches: */
#define TORTURE_OWN_HEAP	ARRAY_SIZE(torture_source)
#define TORTURE_DEFAULT_HEAP	(TORTURE_OWN_HEAP + 1)
/* as many requests go to heaps as to caches */
#define TORTURE_SOURCES		(2 * TORTURE_OWN_HEAP)

static struct squirrel_heap *torture_heap;

/* Objects on their way from CPU to CPU. */
static struct torture_ring {
	raw_spinlock_t lock;
	unsigned int nr;
	struct torture_obj obj[TORTURE_RING];
} torture_ring = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(torture_ring.lock),
};

static u32 torture_random(struct torture_ctx *ctx, u32 below)
{
	return prandom_u32_state(&ctx->rnd) % below;
}

static bool torture_is_task(const struct torture_ctx *ctx)
{
	return ctx->kind <= TORTURE_TASK2;
}

static bool torture_has_ctor(const struct torture_obj *o)
{
	return o->source < TORTURE_OWN_HEAP &&
	       torture_source[o->source].args.ctor;
}

/* ---- pattern -------------------------------------------------------------- */

static void torture_fill_part(void *p, u32 n, u64 word)
{
	u32 part;

	for (; n; n -= part, p += part) {
		part = min_t(u32, n, sizeof(word));
		memcpy(p, &word, part);
	}
}

static bool torture_holds_part(const void *p, u32 n, u64 word)
{
	u32 part;

	for (; n; n -= part, p += part) {
		part = min_t(u32, n, sizeof(word));
		if (memcmp(p, &word, part))
			return false;
	}
	return true;
}

static void torture_fill(const struct torture_obj *o)
{
	if (o->size <= TORTURE_SMALL) {
		torture_fill_part(o->p, o->size, o->word);
		return;
	}
	torture_fill_part(o->p, 16, o->word);
	torture_fill_part(o->p + o->size - 16, 16, o->word);
}

static bool torture_holds(const struct torture_obj *o)
{
	if (o->size <= TORTURE_SMALL)
		return torture_holds_part(o->p, o->size, o->word);
	return torture_holds_part(o->p, 16, o->word) &&
	       torture_holds_part(o->p + o->size - 16, 16, o->word);
}

/* A new owner: what it was made as is checked, and its own pattern written. */
static void torture_own(struct torture_ctx *ctx, struct torture_obj *o,
			bool zeroed)
{
	if (torture_has_ctor(o) && *(u64 *)o->p != TORTURE_CTOR)
		torture_error(ctx, o, "not as constructed");
	if (zeroed && memchr_inv(o->p, 0, o->size))
		torture_error(ctx, o, "not zero");
	if (squirrel_usable_size(o->p) < o->size)
		torture_error(ctx, o, "smaller than asked for");
	o->word = prandom_u32_state(&ctx->rnd) | 1ULL << 32 |
		  (u64)ctx->cpu << 40 | (u64)ctx->kind << 56;
	torture_fill(o);
	ctx->allocs++;
}

/* ---- objects -------------------------------------------------------------- */

static gfp_t torture_gfp(struct torture_ctx *ctx, u32 source)
{
	gfp_t gfp = GFP_ATOMIC;

	if (torture_is_task(ctx) && torture_random(ctx, 4))
		gfp = GFP_KERNEL;
	else if (!torture_random(ctx, 4))
		gfp = GFP_NOWAIT;
	if (!torture_random(ctx, 4) &&
	    !(source < TORTURE_OWN_HEAP && torture_source[source].args.ctor))
		gfp |= __GFP_ZERO;
	return gfp | __GFP_NOWARN;
}

/* Many small, few large. */
static u32 torture_size(struct torture_ctx *ctx)
{
	static const u32 most[] = { 64, 64, 512, 512, 4096, 8192, 40000 };

	return 1 + torture_random(ctx,
				  most[torture_random(ctx, ARRAY_SIZE(most))]);
}

static void torture_alloc(struct torture_ctx *ctx, struct torture_obj *o)
{
	u32 source = torture_random(ctx, TORTURE_SOURCES);
	gfp_t gfp = torture_gfp(ctx, source);

	if (source > TORTURE_OWN_HEAP)
		source = TORTURE_OWN_HEAP + source % 2;
	o->source = source;
	if (source < TORTURE_OWN_HEAP) {
		o->size = torture_source[source].size;
		o->p = squirrel_cache_alloc(torture_source[source].cache, gfp);
	} else {
		o->size = torture_size(ctx);
		o->p = source == TORTURE_OWN_HEAP ?
		       squirrel_heap_alloc(torture_heap, o->size, gfp) :
		       squirrel_alloc(o->size, gfp);
	}
	if (o->p)
		torture_own(ctx, o, gfp & __GFP_ZERO);
	else
		ctx->nomem++;
}

/* Its owner gives it up: the pattern must still be there. */
static void torture_disown(struct torture_ctx *ctx, struct torture_obj *o)
{
	if (!torture_holds(o))
		torture_error(ctx, o, "overwritten");
	if (torture_has_ctor(o))
		torture_ctor(o->p);
	ctx->frees++;
}

struct torture_rcu {
	struct rcu_head rcu;
};

static void torture_free(struct torture_ctx *ctx, struct torture_obj *o)
{
	struct torture_rcu *r = o->p;

	torture_disown(ctx, o);
	if (o->source < TORTURE_OWN_HEAP)
		squirrel_cache_free(torture_source[o->source].cache, o->p);
	else if (o->size >= sizeof(*r) && !torture_random(ctx, 16))
		squirrel_free_rcu(r, rcu);
	else if (o->source == TORTURE_OWN_HEAP)
		squirrel_heap_free(torture_heap, o->p);
	else
		squirrel_free(o->p);
	o->p = NULL;
}

static void torture_realloc(struct torture_ctx *ctx, struct torture_obj *o)
{
	gfp_t gfp = torture_is_task(ctx) ? GFP_KERNEL : GFP_ATOMIC;
	u32 size = torture_size(ctx);
	struct torture_obj old = *o;
	void *p;

	if (o->source < TORTURE_OWN_HEAP)
		return;
	gfp |= __GFP_NOWARN;
	p = o->source == TORTURE_OWN_HEAP ?
	    squirrel_heap_realloc(torture_heap, o->p, size, gfp) :
	    squirrel_realloc(o->p, size, gfp);
	if (!p) {
		ctx->nomem++;
		return;
	}
	o->p = p;
	/* What is at the start has come along. */
	o->size = min3(size, old.size, 16U);
	if (!torture_holds(o))
		torture_error(ctx, o, "lost by realloc");
	o->size = size;
	torture_fill(o);
}

/* ---- from CPU to CPU ------------------------------------------------------ */

static void torture_hand_over(struct torture_ctx *ctx, struct torture_obj *o)
{
	struct torture_ring *r = &torture_ring;
	unsigned long flags;

	raw_spin_lock_irqsave(&r->lock, flags);
	if (r->nr < TORTURE_RING) {
		/* any place, so that it is not the next one's to come */
		u32 at = torture_random(ctx, r->nr + 1);

		r->obj[r->nr++] = r->obj[at];
		r->obj[at] = *o;
		o->p = NULL;
		ctx->handed++;
	}
	raw_spin_unlock_irqrestore(&r->lock, flags);
}

static void torture_take_over(struct torture_ctx *ctx, struct torture_obj *o)
{
	struct torture_ring *r = &torture_ring;
	unsigned long flags;

	raw_spin_lock_irqsave(&r->lock, flags);
	if (r->nr)
		*o = r->obj[--r->nr];
	raw_spin_unlock_irqrestore(&r->lock, flags);
	if (o->p && !torture_holds(o))
		torture_error(ctx, o, "overwritten on its way");
}

/**
 * torture_step() - do something random with one object
 * @ctx: whose
 *
 * Context: That of @ctx.
 */
void torture_step(struct torture_ctx *ctx)
{
	struct torture_obj *o = &ctx->slot[torture_random(ctx, TORTURE_SLOTS)];
	u32 what = torture_random(ctx, 16);

	WRITE_ONCE(ctx->steps, ctx->steps + 1);
	if (!o->p && what < 4)
		torture_take_over(ctx, o);
	else if (!o->p)
		torture_alloc(ctx, o);
	else if (what < 4)
		torture_hand_over(ctx, o);
	else if (what < 6)
		torture_realloc(ctx, o);
	else
		torture_free(ctx, o);
}

/* ---- what only tasks do --------------------------------------------------- */

static void torture_bulk(struct torture_ctx *ctx)
{
	u32 source = torture_random(ctx, TORTURE_OWN_HEAP);
	struct torture_source *s = &torture_source[source];
	u32 n = 1 + torture_random(ctx, TORTURE_BULK), i;
	struct torture_obj o = { .source = source, .size = s->size };
	void *objs[TORTURE_BULK];

	if (!squirrel_cache_alloc_bulk(s->cache, GFP_KERNEL | __GFP_NOWARN, n,
				       objs)) {
		ctx->nomem++;
		return;
	}
	for (i = 0; i < n; i++) {
		o.p = objs[i];
		torture_own(ctx, &o, false);
		o.word = i + 1;
		torture_fill(&o);
	}
	for (i = 0; i < n; i++) {
		o.p = objs[i];
		o.word = i + 1;
		torture_disown(ctx, &o);
	}
	squirrel_cache_free_bulk(s->cache, n, objs);
}

/*
 * A heap that comes and goes as a whole. Its name does not come again, so that
 * who reads its files knows one that is gone from one that cannot be read.
 */
static void torture_short_heap(struct torture_ctx *ctx)
{
	struct torture_obj o = { .source = TORTURE_OWN_HEAP };
	char name[SQUIRREL_NAME_MAX + 1];
	struct squirrel_heap *h;
	void *objs[16];
	int i;

	snprintf(name, sizeof(name), "torture_%u_%u_%lu", ctx->cpu, ctx->kind,
		 ctx->steps);
	h = squirrel_heap_create(name, NULL);
	if (IS_ERR(h)) {
		ctx->nomem++;
		return;
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		o.size = torture_size(ctx);
		o.p = squirrel_heap_alloc(h, o.size, GFP_KERNEL);
		objs[i] = o.p;
		if (o.p)
			torture_fill(&o);
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		squirrel_heap_free(h, objs[i]);
	squirrel_heap_destroy(h);
}

static void torture_change_mode(struct torture_ctx *ctx)
{
	u32 n = 1 + torture_random(ctx, 200);
	int mode = torture_random(ctx, 3);

	if (squirrel_reclaim_mode(mode, mode ? n : 0))
		torture_error(ctx, &ctx->slot[0], "mode refused");
}

/**
 * torture_sleep() - do one of the things that may sleep
 * @ctx: a task's
 *
 * Context: Process context. May sleep.
 */
void torture_sleep(struct torture_ctx *ctx)
{
	u32 what = torture_random(ctx, 1024);

	if (what < 256)
		torture_bulk(ctx);
	else if (what < 264)
		squirrel_cache_shrink(torture_source[what - 256].cache);
	else if (what < 268)
		squirrel_reclaim();
	else if (what < 270)
		torture_short_heap(ctx);
	else if (what < 272)
		torture_change_mode(ctx);
}

/**
 * torture_bust() - write to an object that was freed and handed out again
 * @ctx: a task's
 *
 * The memory is taken back at once, so the damage is to an object of ours.
 *
 * Context: Process context.
 */
void torture_bust(struct torture_ctx *ctx)
{
	struct torture_obj *o = &ctx->slot[torture_random(ctx, TORTURE_SLOTS)];
	struct torture_obj old = *o;
	struct squirrel_cache *c;

	if (!o->p || o->source >= TORTURE_OWN_HEAP || torture_has_ctor(o))
		return;
	c = torture_source[o->source].cache;
	torture_disown(ctx, o);
	squirrel_cache_free(c, o->p);
	o->p = squirrel_cache_alloc(c, GFP_KERNEL);
	if (!o->p)
		return;
	torture_own(ctx, o, false);
	if (o->p == old.p)
		torture_fill(&old);
}

/* ---- the end -------------------------------------------------------------- */

/**
 * torture_drain() - free all objects of a context
 * @ctx: the context, which does not run any more
 *
 * Context: Process context.
 */
void torture_drain(struct torture_ctx *ctx)
{
	int i;

	for (i = 0; i < TORTURE_SLOTS; i++)
		if (ctx->slot[i].p)
			torture_free(ctx, &ctx->slot[i]);
}

/**
 * torture_drain_rings() - free all objects that are between contexts
 * @ctx: whose counters to use
 *
 * Context: Process context.
 */
void torture_drain_rings(struct torture_ctx *ctx)
{
	struct torture_ring *r = &torture_ring;

	while (r->nr)
		torture_free(ctx, &r->obj[--r->nr]);
}

int torture_slots_init(void)
{
	struct torture_source *s = torture_source;
	int i;

	torture_heap = squirrel_heap_create("torture", NULL);
	if (IS_ERR(torture_heap))
		return PTR_ERR(torture_heap);
	for (i = 0; i < ARRAY_SIZE(torture_source); i++, s++) {
		s->cache = squirrel_cache_create(s->name, s->size, &s->args);
		if (!IS_ERR(s->cache))
			continue;
		torture_slots_exit();
		return PTR_ERR(s->cache);
	}
	return 0;
}

void torture_slots_exit(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(torture_source); i++)
		squirrel_cache_destroy(torture_source[i].cache);
	squirrel_heap_destroy(torture_heap);
}
