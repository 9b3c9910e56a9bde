// SPDX-License-Identifier: GPL-2.0
/* Caches and heaps that cannot be, and requests that cannot be met. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/limits.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "misuse.h"

#define NAME_47	"misuse_a_name_of_47_characters_is_as_long_as_ma"
#define NAME_48	"misuse_a_name_of_48_characters_is_one_too_many__"

struct misuse_cache_row {
	const char *name;
	unsigned int size;
	struct squirrel_cache_args args;
	int err;
};

static const struct misuse_cache_row misuse_cache_rows[] = {
	{ NULL, 64, {}, -EINVAL },
	{ "", 64, {}, -EINVAL },
	{ NAME_48, 64, {}, -EINVAL },
	{ "misuse/slash", 64, {}, -EINVAL },
	{ "misuse space", 64, {}, -EINVAL },
	{ "misuse\n", 64, {}, -EINVAL },
	{ "..", 64, {}, -EINVAL },
	{ "misuse_a", 64, {}, -EEXIST },
	{ "misuse_x", 0, {}, -EINVAL },
	{ "misuse_x", SQUIRREL_MAX_SIZE + 1, {}, -E2BIG },
	{ "misuse_x", UINT_MAX, {}, -E2BIG },
	{ "misuse_x", 64, { .align = 3 }, -EINVAL },
	{ "misuse_x", 64, { .align = 2 * SQUIRREL_MAX_SIZE }, -EINVAL },
	{ "misuse_x", 64, { .align = UINT_MAX }, -EINVAL },
	{ "misuse_x", 64, { .flags = 1U << 30 }, -EINVAL },
	{ "misuse_x", 64, { .flags = 1U << 31 }, -EINVAL },
	{ "misuse_x", 64, { .node = -1 }, -EINVAL },
	{ "misuse_x", 64, { .node = INT_MAX }, -EINVAL },
	{ "misuse_x", 64, { .limit = 63 }, -EINVAL },
	{ "misuse_x", 64, { .limit = 640, .reserve = 11 }, -EINVAL },
};

static int misuse_create_cache(void)
{
	struct squirrel_cache *c;
	int i, bad = 0;

	for (i = 0; i < ARRAY_SIZE(misuse_cache_rows); i++) {
		const struct misuse_cache_row *row = &misuse_cache_rows[i];

		c = squirrel_cache_create(row->name, row->size, &row->args);
		if (PTR_ERR_OR_ZERO(c) == row->err)
			continue;
		pr_err("row %d: %d, wanted %d\n", i, PTR_ERR_OR_ZERO(c),
		       row->err);
		squirrel_cache_destroy(c);
		bad++;
	}
	pr_info("refusals %zu\n", ARRAY_SIZE(misuse_cache_rows));
	return bad ? -EIO : 0;
}

struct misuse_heap_row {
	const char *name;
	struct squirrel_heap_args args;
	int err;
};

static const struct misuse_heap_row misuse_heap_rows[] = {
	{ NULL, {}, -EINVAL },
	{ "", {}, -EINVAL },
	{ NAME_48, {}, -EINVAL },
	{ "misuse/slash", {}, -EINVAL },
	{ "misuse\ttab", {}, -EINVAL },
	{ ".", {}, -EINVAL },
	{ "misuse_a", {}, -EEXIST },
	{ "default", {}, -EEXIST },
	{ "misuse_x", { .strategy = SQUIRREL_BEST_FIT + 1 }, -EINVAL },
	{ "misuse_x", { .strategy = -1 }, -EINVAL },
	{ "misuse_x", { .strategy_name = "" }, -EINVAL },
	{ "misuse_x", { .strategy_name = "worst" }, -EINVAL },
	{ "misuse_x", { .limit = PAGE_SIZE - 1 }, -EINVAL },
	{ "misuse_x", { .limit = 65536, .reserve = 131072 }, -EINVAL },
	{ "misuse_x", { .node = -1 }, -EINVAL },
	{ "misuse_x", { .node = INT_MAX }, -EINVAL },
};

static int misuse_create_heap(void)
{
	struct squirrel_heap *h;
	int i, bad = 0;

	for (i = 0; i < ARRAY_SIZE(misuse_heap_rows); i++) {
		const struct misuse_heap_row *row = &misuse_heap_rows[i];

		h = squirrel_heap_create(row->name, &row->args);
		if (PTR_ERR_OR_ZERO(h) == row->err)
			continue;
		pr_err("row %d: %d, wanted %d\n", i, PTR_ERR_OR_ZERO(h),
		       row->err);
		squirrel_heap_destroy(h);
		bad++;
	}
	pr_info("refusals %zu\n", ARRAY_SIZE(misuse_heap_rows));
	return bad ? -EIO : 0;
}

/* The last that still is allowed, of each kind. */
static int misuse_create_edge(void)
{
	const struct squirrel_cache_args args = {
		.align = PAGE_SIZE,
		.flags = SQUIRREL_CACHE_FLAGS,
		.limit = SQUIRREL_MAX_SIZE,
		.reserve = 1,
		.node = 1,
	};
	struct squirrel_cache *c, *large;
	struct squirrel_heap *h;
	void *obj = NULL;
	int err = -EIO;

	c = squirrel_cache_create(NAME_47, 1, &args);
	large = squirrel_cache_create("misuse_large", SQUIRREL_MAX_SIZE, NULL);
	h = squirrel_heap_create(NAME_47, NULL);
	if (MISUSE_BAD(!IS_ERR(c) && !IS_ERR(large) && !IS_ERR(h)))
		goto out;
	obj = squirrel_cache_alloc(large, GFP_KERNEL);
	if (MISUSE_BAD(obj))
		goto out;
	memset(obj, 0x5a, SQUIRREL_MAX_SIZE);
	squirrel_cache_free(large, obj);
	obj = squirrel_heap_alloc(h, SQUIRREL_MAX_SIZE, GFP_KERNEL);
	if (MISUSE_BAD(obj))
		goto out;
	squirrel_heap_free(h, obj);
	err = 0;
out:
	squirrel_heap_destroy(h);
	squirrel_cache_destroy(large);
	squirrel_cache_destroy(c);
	return err;
}

/* Sizes that no memory is given for. */
static int misuse_alloc_size(void)
{
	struct squirrel_heap *h = misuse_heap[0];
	gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;

	if (MISUSE_BAD(squirrel_alloc(0, GFP_KERNEL) == ZERO_SIZE_PTR))
		return -EIO;
	if (MISUSE_BAD(squirrel_heap_zalloc(h, 0, GFP_KERNEL) == ZERO_SIZE_PTR))
		return -EIO;
	if (MISUSE_BAD(squirrel_calloc(0, 8, GFP_KERNEL) == ZERO_SIZE_PTR))
		return -EIO;
	if (MISUSE_BAD(squirrel_calloc(8, 0, GFP_KERNEL) == ZERO_SIZE_PTR))
		return -EIO;
	if (MISUSE_BAD(!squirrel_calloc(SIZE_MAX / 2, 3, GFP_KERNEL)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_heap_calloc(h, 1UL << 33, 1UL << 33,
					     GFP_KERNEL)))
		return -EIO;
	/* these are reported, each in a line ... */
	if (MISUSE_BAD(!squirrel_alloc(SQUIRREL_MAX_SIZE + 1, GFP_KERNEL)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_heap_alloc(h, SIZE_MAX, GFP_KERNEL)))
		return -EIO;
	/* ... and these are not */
	if (MISUSE_BAD(!squirrel_alloc(SQUIRREL_MAX_SIZE + 1, quiet)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_heap_alloc(h, SIZE_MAX, quiet)))
		return -EIO;
	return 0;
}

static int misuse_alloc_realloc(void)
{
	gfp_t quiet = GFP_KERNEL | __GFP_NOWARN;
	void *p = squirrel_realloc(NULL, 100, GFP_KERNEL);
	void *q;

	if (MISUSE_BAD(p))
		return -EIO;
	misuse_fill(p, 9);
	q = squirrel_realloc(p, SQUIRREL_MAX_SIZE + 1, quiet);
	if (MISUSE_BAD(!q && misuse_intact(p, 9)))
		return -EIO;
	if (MISUSE_BAD(squirrel_realloc(p, 0, GFP_KERNEL) == ZERO_SIZE_PTR))
		return -EIO;
	p = squirrel_realloc(ZERO_SIZE_PTR, 10, GFP_KERNEL);
	if (MISUSE_BAD(p))
		return -EIO;
	squirrel_free(p);
	return 0;
}

/* Nothing may come of it, not even a line. */
static int misuse_nothing(void)
{
	void *none[3] = { NULL, NULL, NULL };
	int here;

	squirrel_free(NULL);
	squirrel_free(ZERO_SIZE_PTR);
	squirrel_free_sensitive(NULL);
	squirrel_heap_free(misuse_heap[0], NULL);
	squirrel_heap_free(misuse_heap[0], ZERO_SIZE_PTR);
	squirrel_cache_free(misuse_cache[0], NULL);
	squirrel_cache_free(misuse_cache[0], ZERO_SIZE_PTR);
	squirrel_cache_free_bulk(misuse_cache[0], 3, none);
	squirrel_cache_free_bulk(misuse_cache[0], 0, NULL);
	squirrel_cache_destroy(NULL);
	squirrel_cache_destroy(ERR_PTR(-EINVAL));
	squirrel_heap_destroy(NULL);
	squirrel_heap_destroy(ERR_PTR(-EINVAL));
	if (MISUSE_BAD(!squirrel_cache_alloc_bulk(misuse_cache[0], GFP_KERNEL,
						  0, none)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_usable_size(NULL) &&
		       !squirrel_usable_size(ZERO_SIZE_PTR) &&
		       !squirrel_usable_size(&here)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_owns(NULL) && !squirrel_owns(&here) &&
		       !squirrel_owns((void *)~0UL) &&
		       squirrel_owns(misuse_obj[0]) &&
		       squirrel_owns(misuse_obj[0] + MISUSE_SIZE - 1)))
		return -EIO;
	return 0;
}

/* Nodes that are not, modes that are not. */
static int misuse_numbers(void)
{
	struct squirrel_cache *c = misuse_cache[0];
	struct squirrel_heap *h = misuse_heap[0];

	if (MISUSE_BAD(!squirrel_cache_alloc_node(c, GFP_KERNEL, 100000)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_cache_alloc_node(c, GFP_KERNEL, -7)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_heap_alloc_node(h, 64, GFP_KERNEL, 100000)))
		return -EIO;
	if (MISUSE_BAD(!squirrel_alloc_node(64, GFP_KERNEL, -7)))
		return -EIO;
	if (MISUSE_BAD(squirrel_reclaim_mode(7, 0) == -EINVAL))
		return -EIO;
	if (MISUSE_BAD(squirrel_reclaim_mode(SQUIRREL_RECLAIM_OFF, 1) ==
		       -EINVAL))
		return -EIO;
	if (MISUSE_BAD(squirrel_reclaim_mode(SQUIRREL_RECLAIM_PARALLEL,
					     60001) == -EINVAL))
		return -EIO;
	return 0;
}

const struct misuse_scene misuse_create_scenes[] = {
	{ "create_cache", misuse_create_cache },
	{ "create_heap", misuse_create_heap },
	{ "create_edge", misuse_create_edge },
	{ "alloc_size", misuse_alloc_size },
	{ "alloc_realloc", misuse_alloc_realloc },
	{ "nothing", misuse_nothing },
	{ "numbers", misuse_numbers },
	{ }
};
