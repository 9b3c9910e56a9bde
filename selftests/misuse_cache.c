// SPDX-License-Identifier: GPL-2.0
/* What must not be freed to a cache; destroying one in use; its limit. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "misuse.h"

static int misuse_cache_foreign(void)
{
	void *p = kmalloc(MISUSE_SIZE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	misuse_fill(p, 5);
	misuse_tell(p);
	squirrel_cache_free(misuse_cache[0], p);
	if (MISUSE_BAD(misuse_intact(p, 5)))
		return -EIO;
	kfree(p);
	return 0;
}

/* Outside of all memory that squirrel could ever have. */
static int misuse_cache_static(void)
{
	misuse_tell(&misuse_cache);
	squirrel_cache_free(misuse_cache[0], &misuse_cache);
	return 0;
}

static int misuse_cache_middle(void)
{
	void *p = misuse_obj[1] + 8;

	misuse_tell(p);
	squirrel_cache_free(misuse_cache[0], p);
	return 0;
}

static int misuse_cache_odd(void)
{
	void *p = misuse_obj[1] + 1;

	misuse_tell(p);
	squirrel_cache_free(misuse_cache[0], p);
	return 0;
}

static int misuse_cache_second(void)
{
	void *p = misuse_obj[1];

	misuse_obj[1] = NULL;
	squirrel_cache_free(misuse_cache[0], p);
	misuse_tell(p);
	squirrel_cache_free(misuse_cache[0], p);
	return 0;
}

/* Other objects come and go in between. */
static int misuse_cache_later(void)
{
	struct squirrel_cache *c = misuse_cache[0];
	void *p = misuse_obj[1], *more[40];
	int i;

	for (i = 0; i < ARRAY_SIZE(more); i++)
		more[i] = squirrel_cache_alloc(c, GFP_KERNEL);
	misuse_obj[1] = NULL;
	squirrel_cache_free(c, p);
	for (i = 0; i < ARRAY_SIZE(more); i++)
		squirrel_cache_free(c, more[i]);
	misuse_tell(p);
	squirrel_cache_free(c, p);
	return 0;
}

/* What the magazines of a new cache have room for: 512 bytes' worth. */
#define MISUSE_ROOM	4

static int misuse_fill_magazines(struct squirrel_cache *c, void *p)
{
	void *more[MISUSE_ROOM];
	int i;

	for (i = 0; i < MISUSE_ROOM; i++) {
		more[i] = squirrel_cache_alloc(c, GFP_KERNEL);
		if (!more[i])
			return -ENOMEM;
	}
	squirrel_cache_free(c, p);
	squirrel_cache_shrink(c);
	for (i = 0; i < MISUSE_ROOM; i++)
		squirrel_cache_free(c, more[i]);
	return 0;
}

/*
 * It is in its slab, and the magazines have no room: so the second one goes the
 * slow way, with hardened=0 as well.
 */
static int misuse_cache_full(void)
{
	void *p = misuse_obj[1];
	int err;

	misuse_obj[1] = NULL;
	migrate_disable();
	err = misuse_fill_magazines(misuse_cache[0], p);
	misuse_tell(p);
	if (!err)
		squirrel_cache_free(misuse_cache[0], p);
	migrate_enable();
	return err;
}

/* The memory is squirrel's no more. */
static int misuse_cache_gone(void)
{
	struct squirrel_cache *c = misuse_cache[1];
	void *p = squirrel_cache_alloc(c, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	squirrel_cache_free(c, p);
	if (MISUSE_BAD(!squirrel_cache_shrink(c)))
		return -EIO;
	squirrel_reclaim();
	misuse_tell(p);
	squirrel_cache_free(misuse_cache[0], p);
	return 0;
}

static int misuse_cache_wrong(void)
{
	void *p = squirrel_cache_alloc(misuse_cache[1], GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	misuse_fill(p, 6);
	misuse_tell(p);
	squirrel_cache_free(misuse_cache[0], p);
	if (MISUSE_BAD(misuse_intact(p, 6)))
		return -EIO;
	squirrel_cache_free(misuse_cache[1], p);
	return 0;
}

static int misuse_cache_heap(void)
{
	misuse_tell(misuse_mem[2]);
	squirrel_cache_free(misuse_cache[0], misuse_mem[2]);
	return 0;
}

/* A bad one among good ones. */
static int misuse_cache_bulk(void)
{
	void *objs[3] = { misuse_obj[0], &misuse_obj, misuse_obj[2] };
	void *again[2];

	misuse_obj[0] = NULL;
	misuse_obj[2] = NULL;
	misuse_tell(&misuse_obj);
	squirrel_cache_free_bulk(misuse_cache[0], 3, objs);
	/* The good ones were freed. */
	if (MISUSE_BAD(squirrel_cache_alloc_bulk(misuse_cache[0], GFP_KERNEL,
						 2, again) == 2))
		return -EIO;
	squirrel_cache_free_bulk(misuse_cache[0], 2, again);
	return 0;
}

/* In the same bulk call twice. */
static int misuse_cache_twins(void)
{
	void *objs[3] = { misuse_obj[0], misuse_obj[2], misuse_obj[0] };

	misuse_tell(misuse_obj[0]);
	misuse_obj[0] = NULL;
	misuse_obj[2] = NULL;
	squirrel_cache_free_bulk(misuse_cache[0], 3, objs);
	return 0;
}

/* Refused, reported, and the cache goes on. */
static int misuse_cache_destroy(void)
{
	struct squirrel_cache *c = squirrel_cache_create("misuse_d", 100, NULL);
	void *objs[4];
	int i;

	if (IS_ERR(c))
		return PTR_ERR(c);
	for (i = 0; i < 3; i++) {
		objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
		if (!objs[i])
			return -ENOMEM;
		misuse_fill(objs[i], i);
	}
	squirrel_cache_destroy(c);
	objs[3] = squirrel_cache_alloc(c, GFP_KERNEL);
	if (MISUSE_BAD(objs[3]))
		return -EIO;
	misuse_fill(objs[3], 3);
	for (i = 0; i < 4; i++) {
		if (MISUSE_BAD(misuse_intact(objs[i], i)))
			return -EIO;
		squirrel_cache_free(c, objs[i]);
	}
	squirrel_cache_destroy(c);
	/* Its name is free again. */
	c = squirrel_cache_create("misuse_d", 100, NULL);
	if (MISUSE_BAD(!IS_ERR(c)))
		return -EIO;
	squirrel_cache_destroy(c);
	return 0;
}

#define MISUSE_LIMIT	10

/* All on one CPU: what is in the magazines of another one counts as well. */
static int misuse_limit_reach(struct squirrel_cache *c)
{
	void *objs[MISUSE_LIMIT] = { }, *two[2];
	int i, err = -EIO;

	for (i = 0; i < MISUSE_LIMIT; i++)
		objs[i] = squirrel_cache_alloc(c, GFP_KERNEL);
	for (i = 0; i < MISUSE_LIMIT; i++)
		if (MISUSE_BAD(objs[i]))
			goto out;
	if (MISUSE_BAD(!squirrel_cache_alloc(c, GFP_KERNEL)))
		goto out;
	if (MISUSE_BAD(!squirrel_cache_alloc(c, GFP_ATOMIC)))
		goto out;
	squirrel_cache_free(c, objs[4]);
	objs[4] = NULL;
	if (MISUSE_BAD(!squirrel_cache_alloc_bulk(c, GFP_KERNEL, 2, two)))
		goto out;
	objs[4] = squirrel_cache_alloc(c, GFP_KERNEL);
	if (MISUSE_BAD(objs[4]))
		goto out;
	err = 0;
out:
	for (i = 0; i < MISUSE_LIMIT; i++)
		squirrel_cache_free(c, objs[i]);
	return err;
}

static int misuse_cache_limit(void)
{
	const struct squirrel_cache_args args = {
		.limit = MISUSE_LIMIT * 128,
	};
	int err;

	/* In place of the second cache, whose figures are looked at. */
	squirrel_cache_destroy(misuse_cache[1]);
	misuse_cache[1] = squirrel_cache_create("misuse_b", 128, &args);
	if (IS_ERR(misuse_cache[1]))
		return PTR_ERR(misuse_cache[1]);
	migrate_disable();
	err = misuse_limit_reach(misuse_cache[1]);
	migrate_enable();
	return err;
}

const struct misuse_scene misuse_cache_scenes[] = {
	{ "cache_foreign", misuse_cache_foreign },
	{ "cache_static", misuse_cache_static },
	{ "cache_middle", misuse_cache_middle },
	{ "cache_odd", misuse_cache_odd },
	{ "cache_second", misuse_cache_second },
	{ "cache_later", misuse_cache_later },
	{ "cache_full", misuse_cache_full },
	{ "cache_gone", misuse_cache_gone },
	{ "cache_wrong", misuse_cache_wrong },
	{ "cache_heap", misuse_cache_heap },
	{ "cache_bulk", misuse_cache_bulk },
	{ "cache_twins", misuse_cache_twins },
	{ "cache_destroy", misuse_cache_destroy },
	{ "cache_limit", misuse_cache_limit },
	{ }
};
