// SPDX-License-Identifier: GPL-2.0
/* What must not be freed to a heap; destroying one in use; its limit. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "misuse.h"

#define MISUSE_LARGE	(5 * PAGE_SIZE - 480)
#define MISUSE_PIECES	2048

static int misuse_heap_foreign(void)
{
	void *p = kmalloc(MISUSE_SIZE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	misuse_fill(p, 5);
	misuse_tell(p);
	squirrel_heap_free(misuse_heap[0], p);
	if (MISUSE_BAD(misuse_intact(p, 5)))
		return -EIO;
	kfree(p);
	return 0;
}

static int misuse_heap_middle(void)
{
	misuse_tell(misuse_mem[1] + 16);
	squirrel_heap_free(misuse_heap[0], misuse_mem[1] + 16);
	return 0;
}

static int misuse_heap_second(void)
{
	void *p = misuse_mem[1];

	misuse_mem[1] = NULL;
	squirrel_heap_free(misuse_heap[0], p);
	misuse_tell(p);
	squirrel_heap_free(misuse_heap[0], p);
	return 0;
}

static int misuse_heap_other(void)
{
	void *p = squirrel_heap_alloc(misuse_heap[1], MISUSE_SIZE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	misuse_fill(p, 6);
	misuse_tell(p);
	squirrel_heap_free(misuse_heap[0], p);
	if (MISUSE_BAD(misuse_intact(p, 6)))
		return -EIO;
	squirrel_heap_free(misuse_heap[1], p);
	return 0;
}

static int misuse_heap_cache(void)
{
	misuse_tell(misuse_obj[3]);
	squirrel_heap_free(misuse_heap[0], misuse_obj[3]);
	return 0;
}

static int misuse_large_middle(void)
{
	char *p = squirrel_heap_alloc(misuse_heap[0], MISUSE_LARGE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	misuse_tell(p + PAGE_SIZE);
	squirrel_heap_free(misuse_heap[0], p + PAGE_SIZE);
	if (MISUSE_BAD(squirrel_usable_size(p) >= MISUSE_LARGE &&
		       !squirrel_usable_size(p + PAGE_SIZE)))
		return -EIO;
	squirrel_heap_free(misuse_heap[0], p);
	return 0;
}

static int misuse_large_second(void)
{
	void *p = squirrel_heap_alloc(misuse_heap[0], MISUSE_LARGE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	squirrel_heap_free(misuse_heap[0], p);
	misuse_tell(p);
	squirrel_heap_free(misuse_heap[0], p);
	return 0;
}

static int misuse_large_other(void)
{
	void *p = squirrel_heap_alloc(misuse_heap[1], MISUSE_LARGE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	misuse_tell(p);
	squirrel_heap_free(misuse_heap[0], p);
	if (MISUSE_BAD(squirrel_usable_size(p) >= MISUSE_LARGE))
		return -EIO;
	squirrel_heap_free(misuse_heap[1], p);
	return 0;
}

/* The default heap is a heap as well. */
static int misuse_default_other(void)
{
	misuse_tell(misuse_mem[0]);
	squirrel_free(misuse_mem[0]);
	return 0;
}

static int misuse_realloc(void *(*realloc)(void *p))
{
	void *p = kmalloc(MISUSE_SIZE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	misuse_fill(p, 5);
	misuse_tell(p);
	if (MISUSE_BAD(!realloc(p)))
		return -EIO;
	if (MISUSE_BAD(misuse_intact(p, 5)))
		return -EIO;
	kfree(p);
	return 0;
}

static void *misuse_heap_realloc_one(void *p)
{
	void *q = squirrel_heap_realloc(misuse_heap[0], p, 200, GFP_KERNEL);

	barrier();	/* no tail call: the report must name this module */
	return q;
}

static int misuse_heap_realloc(void)
{
	return misuse_realloc(misuse_heap_realloc_one);
}

static void *misuse_default_realloc_one(void *p)
{
	void *q = squirrel_realloc(p, 200, GFP_KERNEL);

	barrier();	/* no tail call */
	return q;
}

static int misuse_default_realloc(void)
{
	return misuse_realloc(misuse_default_realloc_one);
}

/* Freed as a whole, and what was in it is reported. */
static int misuse_heap_destroy(void)
{
	struct squirrel_heap *h = squirrel_heap_create("misuse_d", NULL);
	char *small = NULL, *large = NULL;
	int i;

	if (IS_ERR(h))
		return PTR_ERR(h);
	for (i = 0; i < 5; i++)
		small = squirrel_heap_alloc(h, 1000 + i, GFP_KERNEL);
	large = squirrel_heap_alloc(h, MISUSE_LARGE, GFP_KERNEL);
	if (MISUSE_BAD(small && large && squirrel_owns(small) &&
		       squirrel_owns(large + MISUSE_LARGE - 1)))
		return -EIO;
	squirrel_heap_destroy(h);
	if (MISUSE_BAD(!squirrel_owns(small) && !squirrel_owns(large)))
		return -EIO;
	h = squirrel_heap_create("misuse_d", NULL);
	if (MISUSE_BAD(!IS_ERR(h)))
		return -EIO;
	squirrel_heap_destroy(h);
	return 0;
}

/* Take from the second heap until there is no more; frees all of it again. */
static long misuse_exhaust(size_t size, gfp_t gfp, unsigned long most)
{
	void **piece = kvcalloc(MISUSE_PIECES, sizeof(*piece), GFP_KERNEL);
	long n, i;

	if (!piece)
		return -ENOMEM;
	for (n = 0; n < MISUSE_PIECES; n++) {
		piece[n] = squirrel_heap_alloc(misuse_heap[1], size, gfp);
		if (!piece[n])
			break;
		cond_resched();
	}
	for (i = 0; i < n; i++)
		squirrel_heap_free(misuse_heap[1], piece[i]);
	kvfree(piece);
	pr_info("%ld pieces of %zu bytes\n", n, size);
	if (MISUSE_BAD(n && n < MISUSE_PIECES && n * size <= most))
		return -EIO;
	return 0;
}

static int misuse_new_second_heap(size_t limit)
{
	const struct squirrel_heap_args args = { .limit = limit };

	squirrel_heap_destroy(misuse_heap[1]);
	misuse_heap[1] = squirrel_heap_create("misuse_b", &args);
	return PTR_ERR_OR_ZERO(misuse_heap[1]);
}

static int misuse_heap_limit(void)
{
	int err = misuse_new_second_heap(1 << 20);

	return err ?: misuse_exhaust(5000, GFP_KERNEL, 1 << 20);
}

static int misuse_large_limit(void)
{
	int err = misuse_new_second_heap(1 << 20);

	return err ?: misuse_exhaust(MISUSE_LARGE, GFP_KERNEL, 1 << 20);
}

/* No context to wait in: the last memory stays for those who can. */
static int misuse_no_memory(void)
{
	return misuse_exhaust(SQUIRREL_MAX_SIZE, GFP_NOWAIT | __GFP_NOWARN,
			      ULONG_MAX);
}

const struct misuse_scene misuse_heap_scenes[] = {
	{ "heap_foreign", misuse_heap_foreign },
	{ "heap_middle", misuse_heap_middle },
	{ "heap_second", misuse_heap_second },
	{ "heap_other", misuse_heap_other },
	{ "heap_cache", misuse_heap_cache },
	{ "large_middle", misuse_large_middle },
	{ "large_second", misuse_large_second },
	{ "large_other", misuse_large_other },
	{ "default_other", misuse_default_other },
	{ "heap_realloc", misuse_heap_realloc },
	{ "default_realloc", misuse_default_realloc },
	{ "heap_destroy", misuse_heap_destroy },
	{ "heap_limit", misuse_heap_limit },
	{ "large_limit", misuse_large_limit },
	{ "no_memory", misuse_no_memory },
	{ }
};
