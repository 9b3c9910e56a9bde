// SPDX-License-Identifier: GPL-2.0
/*
 * The two allocators a trace is played on. Named caches become caches of the
 * same size, alignment and flags, but only those the trace allocates from;
 * kmalloc requests go to a heap of squirrel's or to kmalloc().
 *
 * __GFP_ACCOUNT, __GFP_RECLAIMABLE and the DMA zones of the recording are left
 * out on both sides: they decide where pages come from, not how they are used.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <squirrel/squirrel.h>
#include "replay.h"

/* A name squirrel and sysfs both take, unique by its number */
static void replay_cache_name(char *buf, size_t len, unsigned int nr,
			      const struct replay_cache *c)
{
	char *p;

	snprintf(buf, len, "rp%u_%.30s", nr, c->name);
	for (p = buf; *p; p++)
		if (*p == '/' || !isgraph(*p))
			*p = '_';
}

static bool replay_wanted(const struct replay_cache *c)
{
	return !(c->flags & REPLAY_CACHE_KMALLOC) && c->nallocs;
}

/* ---- squirrel ------------------------------------------------------------- */

static struct squirrel_cache *replay_sq_cache(struct replay_run *run,
					      unsigned int nr)
{
	const struct replay_cache *c = &run->trace->caches[nr];
	struct squirrel_cache_args args = {
		.align = le32_to_cpu(c->align),
		.ctor = replay_has_ctor(run, nr) ? replay_ctor : NULL,
	};
	char name[SQUIRREL_NAME_MAX + 1];

	if (c->flags & REPLAY_CACHE_TYPESAFE)
		args.flags |= SQUIRREL_TYPESAFE_BY_RCU;
	if (c->flags & REPLAY_CACHE_HWALIGN)
		args.flags |= SQUIRREL_HWCACHE_ALIGN;
	replay_cache_name(name, sizeof(name), nr, c);
	return squirrel_cache_create(name, le32_to_cpu(c->object_size), &args);
}

static int replay_sq_setup(struct replay_run *run)
{
	const struct squirrel_heap_args args = {
		.strategy_name = run->opts->strategy,
	};
	struct squirrel_heap *heap;
	void *cache;
	unsigned int i;

	if (run->opts->own_heap) {
		heap = squirrel_heap_create("replay", &args);
		if (IS_ERR(heap))
			return PTR_ERR(heap);
		run->heap = heap;
	}
	for (i = 0; i < run->trace->ncaches; i++) {
		if (!replay_wanted(&run->trace->caches[i]))
			continue;
		cache = replay_sq_cache(run, i);
		if (IS_ERR(cache))
			return PTR_ERR(cache);
		run->handles[i] = cache;
	}
	return 0;
}

static void replay_sq_teardown(struct replay_run *run)
{
	unsigned int i;

	for (i = 0; i < run->trace->ncaches; i++)
		if (run->handles[i])
			squirrel_cache_destroy(run->handles[i]);
	if (run->heap)
		squirrel_heap_destroy(run->heap);
}

static void replay_sq_reclaim(struct replay_run *run)
{
	squirrel_reclaim();
}

static void replay_sq_hold(struct replay_run *run)
{
	squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 0);
}

static void *replay_sq_alloc(struct replay_run *run, unsigned int c,
			     size_t bytes, gfp_t gfp)
{
	if (run->handles[c])
		return squirrel_cache_alloc(run->handles[c], gfp);
	if (run->heap)
		return squirrel_heap_alloc(run->heap, bytes, gfp);
	return squirrel_alloc(bytes, gfp);
}

static void replay_sq_free(struct replay_run *run, unsigned int c, void *obj)
{
	if (run->handles[c])
		squirrel_cache_free(run->handles[c], obj);
	else if (run->heap)
		squirrel_heap_free(run->heap, obj);
	else
		squirrel_free(obj);
}

static int replay_sq_alloc_bulk(struct replay_run *run, unsigned int c,
				gfp_t gfp, size_t n, void **objs)
{
	return squirrel_cache_alloc_bulk(run->handles[c], gfp, n, objs);
}

static void replay_sq_free_bulk(struct replay_run *run, unsigned int c,
				size_t n, void **objs)
{
	squirrel_cache_free_bulk(run->handles[c], n, objs);
}

const struct replay_subject replay_on_squirrel = {
	.name = "squirrel",
	.setup = replay_sq_setup,
	.teardown = replay_sq_teardown,
	.reclaim = replay_sq_reclaim,
	.hold = replay_sq_hold,
	.alloc = replay_sq_alloc,
	.free = replay_sq_free,
	.alloc_bulk = replay_sq_alloc_bulk,
	.free_bulk = replay_sq_free_bulk,
};

/* ---- the kernel's own ----------------------------------------------------- */

static int replay_slab_setup(struct replay_run *run)
{
	char name[48];
	unsigned int i;

	for (i = 0; i < run->trace->ncaches; i++) {
		const struct replay_cache *c = &run->trace->caches[i];
		slab_flags_t flags = 0;

		if (!replay_wanted(c))
			continue;
		if (c->flags & REPLAY_CACHE_TYPESAFE)
			flags |= SLAB_TYPESAFE_BY_RCU;
		if (c->flags & REPLAY_CACHE_HWALIGN)
			flags |= SLAB_HWCACHE_ALIGN;
		replay_cache_name(name, sizeof(name), i, c);
		run->handles[i] =
			kmem_cache_create(name, le32_to_cpu(c->object_size),
					  le32_to_cpu(c->align), flags,
					  replay_has_ctor(run, i) ?
					  replay_ctor : NULL);
		if (!run->handles[i])
			return -ENOMEM;
	}
	return 0;
}

static void replay_slab_teardown(struct replay_run *run)
{
	unsigned int i;

	for (i = 0; i < run->trace->ncaches; i++)
		kmem_cache_destroy(run->handles[i]);
}

static void replay_slab_reclaim(struct replay_run *run)
{
	unsigned int i;

	for (i = 0; i < run->trace->ncaches; i++)
		if (run->handles[i])
			kmem_cache_shrink(run->handles[i]);
}

static void *replay_slab_alloc(struct replay_run *run, unsigned int c,
			       size_t bytes, gfp_t gfp)
{
	if (run->handles[c])
		return kmem_cache_alloc(run->handles[c], gfp);
	return kmalloc(bytes, gfp);
}

static void replay_slab_free(struct replay_run *run, unsigned int c, void *obj)
{
	if (run->handles[c])
		kmem_cache_free(run->handles[c], obj);
	else
		kfree(obj);
}

static int replay_slab_alloc_bulk(struct replay_run *run, unsigned int c,
				  gfp_t gfp, size_t n, void **objs)
{
	return kmem_cache_alloc_bulk(run->handles[c], gfp, n, objs);
}

static void replay_slab_free_bulk(struct replay_run *run, unsigned int c,
				  size_t n, void **objs)
{
	kmem_cache_free_bulk(run->handles[c], n, objs);
}

const struct replay_subject replay_on_slab = {
	.name = "slab",
	.setup = replay_slab_setup,
	.teardown = replay_slab_teardown,
	.reclaim = replay_slab_reclaim,
	.alloc = replay_slab_alloc,
	.free = replay_slab_free,
	.alloc_bulk = replay_slab_alloc_bulk,
	.free_bulk = replay_slab_free_bulk,
};
