// SPDX-License-Identifier: GPL-2.0
/* What only tasks of torture.ko do. */
#include <linux/kernel.h>
#include <linux/string.h>
#include "torture.h"

#define TORTURE_BULK	24

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

/* A cache that comes and goes; with one object it does not go. */
static void torture_short_cache(struct torture_ctx *ctx, const char *name)
{
	u32 size = 1 + torture_random(ctx, 2000), n, i;
	struct torture_obj o = { .source = TORTURE_OWN_HEAP, .size = size };
	struct squirrel_cache *c = squirrel_cache_create(name, size, NULL);
	void *objs[TORTURE_BULK];

	if (IS_ERR(c)) {
		ctx->nomem++;
		return;
	}
	for (n = 0; n < TORTURE_BULK; n++) {
		o.p = squirrel_cache_alloc(c, GFP_KERNEL | __GFP_NOWARN);
		if (!o.p)
			break;
		torture_own(ctx, &o, false);
		o.word = n + 1;
		torture_fill(&o);
		objs[n] = o.p;
	}
	for (i = 0; i < n; i++) {
		o.p = objs[i];
		o.word = i + 1;
		torture_disown(ctx, &o);
		squirrel_cache_free(c, o.p);
	}
	if (squirrel_cache_destroy(c))
		torture_error(ctx, &o, "the cache would not go");
}

/*
 * A heap that comes and goes as a whole. Its name does not come again, so that
 * who reads its files knows one that is gone from one that cannot be read.
 */
static void torture_short_heap(struct torture_ctx *ctx, const char *name)
{
	const struct squirrel_heap_args args = { .strategy = torture_random(ctx, 4) };
	struct torture_obj o = { .source = TORTURE_OWN_HEAP };
	struct squirrel_heap *h;
	void *objs[16];
	int i;

	h = squirrel_heap_create(name, &args);
	if (IS_ERR(h)) {
		ctx->nomem++;
		return;
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		o.size = torture_size(ctx);
		o.p = squirrel_heap_alloc(h, o.size, GFP_KERNEL | __GFP_NOWARN);
		objs[i] = o.p;
		if (o.p)
			torture_fill(&o);
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		squirrel_heap_free(h, objs[i]);
	squirrel_heap_destroy(h);
}

static void torture_short(struct torture_ctx *ctx)
{
	char name[SQUIRREL_NAME_MAX + 1];

	snprintf(name, sizeof(name), "torture_%u_%u_%lu", ctx->cpu, ctx->kind,
		 ctx->steps);
	if (torture_random(ctx, 2))
		torture_short_heap(ctx, name);
	else
		torture_short_cache(ctx, name);
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
	else if (what < 272)
		torture_short(ctx);
	else if (what < 274)
		torture_change_mode(ctx);
}
