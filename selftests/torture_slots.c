// SPDX-License-Identifier: GPL-2.0
/* What a context of torture.ko does: one random step with one of its objects. */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "torture.h"

#define TORTURE_RING	64
/* Objects up to this size are filled all over, others here and there, */
#define TORTURE_SMALL	256
/* that is, 16 bytes at both ends, and a word so often */
#define TORTURE_STRIDE	1024
/* What a task asks for now and then */
#define TORTURE_LARGE	(4U << 20)
/* What NMI may have from a heap, and free to it */
#define TORTURE_NMI_MAX	4096

static void torture_ctor(void *obj)
{
	*(u64 *)obj = TORTURE_CTOR;
}

struct torture_source torture_source[TORTURE_CACHES] = {
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

/* as many requests go to heaps as to caches */
#define TORTURE_SOURCES		(2 * TORTURE_OWN_HEAP)

struct squirrel_heap *torture_heap;

/* Objects on their way from CPU to CPU. */
static struct torture_ring {
	raw_spinlock_t lock;
	unsigned int nr;
	struct torture_obj obj[TORTURE_RING];
} torture_ring = {
	.lock = __RAW_SPIN_LOCK_UNLOCKED(torture_ring.lock),
};

bool torture_has_ctor(const struct torture_obj *o)
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

void torture_fill(const struct torture_obj *o)
{
	u32 at;

	if (o->size <= TORTURE_SMALL) {
		torture_fill_part(o->p, o->size, o->word);
		return;
	}
	torture_fill_part(o->p, 16, o->word);
	for (at = TORTURE_STRIDE; at <= o->size - 24; at += TORTURE_STRIDE)
		torture_fill_part(o->p + at, 8, o->word);
	torture_fill_part(o->p + o->size - 16, 16, o->word);
}

static bool torture_holds(const struct torture_obj *o)
{
	u32 at;

	if (o->size <= TORTURE_SMALL)
		return torture_holds_part(o->p, o->size, o->word);
	for (at = TORTURE_STRIDE; at <= o->size - 24; at += TORTURE_STRIDE)
		if (!torture_holds_part(o->p + at, 8, o->word))
			return false;
	return torture_holds_part(o->p, 16, o->word) &&
	       torture_holds_part(o->p + o->size - 16, 16, o->word);
}

/* Is it the whole pattern of somebody else, as torture_own() makes them? */
static bool torture_is_others(const struct torture_obj *o)
{
	struct torture_obj other = *o;

	if (o->size < 2 * sizeof(other.word))
		return false;
	memcpy(&other.word, o->p, sizeof(other.word));
	return (other.word >> 32 & 0xff) == 1 && torture_holds(&other);
}

/* A new owner: what it was made as is checked, and its own pattern written. */
void torture_own(struct torture_ctx *ctx, struct torture_obj *o, bool zeroed)
{
	size_t size;

	if (unlikely(torture_bug == TORTURE_BUG_NOT_ZERO) && zeroed)
		*(u8 *)o->p = 1;
	if (torture_has_ctor(o) && *(u64 *)o->p != TORTURE_CTOR)
		torture_error(ctx, o, "not as constructed");
	if (zeroed && memchr_inv(o->p, 0, o->size))
		torture_error(ctx, o, "not zero");
	size = squirrel_usable_size(o->p);
	if (unlikely(torture_bug == TORTURE_BUG_SIZE))
		size = o->size - 1;
	if (size < o->size)
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

	if (ctx->kind == TORTURE_NMI)
		gfp = GFP_NOWAIT;
	else if (torture_is_task(ctx) && torture_random(ctx, 4))
		gfp = GFP_KERNEL;
	else if (!torture_random(ctx, 4))
		gfp = GFP_NOWAIT;
	if (!torture_random(ctx, 4) &&
	    !(source < TORTURE_OWN_HEAP && torture_source[source].args.ctor))
		gfp |= __GFP_ZERO;
	return gfp | __GFP_NOWARN;
}

/* Many small, few large. */
u32 torture_size(struct torture_ctx *ctx)
{
	static const u32 most[] = { 64, 64, 512, 512, 4096, 8192, 40000 };

	if (ctx->kind == TORTURE_NMI)
		return 1 + torture_random(ctx, TORTURE_NMI_MAX);
	if (torture_is_task(ctx) && !torture_random(ctx, 256))
		return 1 + torture_random(ctx, TORTURE_LARGE);
	return 1 + torture_random(ctx, most[torture_random(ctx, ARRAY_SIZE(most))]);
}

static void *torture_from_heap(struct torture_ctx *ctx, struct torture_obj *o, gfp_t gfp)
{
	bool own = o->source == TORTURE_OWN_HEAP;

	switch (torture_random(ctx, 8)) {
	case 0:
		return own ? squirrel_heap_calloc(torture_heap, 1, o->size, gfp) :
			     squirrel_calloc(1, o->size, gfp);
	case 1:
		return own ? squirrel_heap_alloc_node(torture_heap, o->size, gfp,
						      numa_mem_id()) :
			     squirrel_alloc_node(o->size, gfp, numa_mem_id());
	default:
		return own ? squirrel_heap_alloc(torture_heap, o->size, gfp) :
			     squirrel_alloc(o->size, gfp);
	}
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
		o->p = torture_from_heap(ctx, o, gfp);
	}
	if (o->p)
		torture_own(ctx, o, gfp & __GFP_ZERO);
	else
		ctx->nomem++;
}

/* The pattern must still be there. */
static void torture_look(struct torture_ctx *ctx, struct torture_obj *o)
{
	if (!torture_holds(o))
		torture_error(ctx, o, torture_is_others(o) ? "has two owners" :
			      "overwritten");
}

/* Its owner gives it up. */
void torture_disown(struct torture_ctx *ctx, struct torture_obj *o)
{
	torture_look(ctx, o);
	if (torture_has_ctor(o) && torture_bug != TORTURE_BUG_CTOR)
		torture_ctor(o->p);
	ctx->frees++;
}

struct torture_rcu {
	struct rcu_head rcu;
};

/* Later, or by address; false: as it is done mostly. */
static bool torture_free_otherwise(struct torture_ctx *ctx, struct torture_obj *o)
{
	struct torture_rcu *r = o->p;
	u32 how = torture_random(ctx, 32);

	if (ctx->kind == TORTURE_NMI || torture_has_ctor(o))
		return false;
	if (how < 2 && o->size >= sizeof(*r))
		squirrel_free_rcu(r, rcu);
	else if (how == 2 && o->size >= sizeof(void *))
		__squirrel_free_rcu_word(o->p, o->p);
	else if (how == 3 && !squirrel_free_any(o->p))
		torture_error(ctx, o, "not known by its address");
	else
		return how == 3;
	return true;
}

static void torture_free(struct torture_ctx *ctx, struct torture_obj *o)
{
	torture_disown(ctx, o);
	if (torture_free_otherwise(ctx, o)) {
		o->p = NULL;
		return;
	}
	if (o->source < TORTURE_OWN_HEAP)
		squirrel_cache_free(torture_source[o->source].cache, o->p);
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

	if (o->source < TORTURE_OWN_HEAP || ctx->kind == TORTURE_NMI)
		return;
	gfp |= __GFP_NOWARN;
	torture_look(ctx, o);
	p = o->source == TORTURE_OWN_HEAP ?
	    squirrel_heap_realloc(torture_heap, o->p, size, gfp) :
	    squirrel_realloc(o->p, size, gfp);
	if (!p) {
		ctx->nomem++;
		return;
	}
	o->p = p;
	if (unlikely(torture_bug == TORTURE_BUG_REALLOC))
		*(u8 *)p ^= 0xff;
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

	/* NMI may have interrupted who has it. */
	if (ctx->kind == TORTURE_NMI)
		return;
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
	if (o->p)
		torture_look(ctx, o);
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
	if (!o->p && what < 4 && ctx->kind != TORTURE_NMI)
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
