// SPDX-License-Identifier: GPL-2.0
/* ksize() and krealloc(). */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#define DROPIN_SIZE	200
#define DROPIN_ERROR	(GFP_KERNEL | __GFP_NOWARN)
#define DROPIN_HUGE	SZ_1G

static struct kmem_cache *dropin_make(void)
{
	struct kmem_cache *s;

	s = kmem_cache_create("dropin_sized", DROPIN_SIZE, 0, 0, NULL);
	DROPIN_EXPECT(s);
	return s;
}

static char *dropin_get(struct kmem_cache *s)
{
	char *obj = kmem_cache_alloc(s, GFP_KERNEL);

	if (DROPIN_EXPECT(obj))
		memset(obj, 7, DROPIN_SIZE);
	return obj;
}

/* Not a few variables are called so, which a macro has to bear. */
static size_t dropin_ksize(const void *obj)
{
#ifdef ksize
	size_t ksize = ksize(obj);

	return ksize;
#else
	return ksize(obj);
#endif
}

void dropin_size_ksize(void)
{
	struct kmem_cache *s = dropin_make();
	void *obj = dropin_get(s), *theirs = kmalloc(300, GFP_KERNEL);
	size_t size;

	DROPIN_EXPECT(dropin_ksize(obj) == DROPIN_SIZE);
	size = dropin_ksize(theirs);
	DROPIN_EXPECT(size >= 300 && size == dropin_kernel_ksize(theirs));
	DROPIN_EXPECT(ksize(NULL) == 0);
	DROPIN_EXPECT(ksize(ZERO_SIZE_PTR) == 0);
	kfree(theirs);
	theirs = dropin_squirrel_alloc(300);
	DROPIN_EXPECT(ksize(theirs) >= 300);
	kfree(theirs);
	kfree(obj);
	dropin_put_cache(s, "dropin_sized");
}

/* As long as the size fits it is the same object. */
void dropin_size_stays(void)
{
	struct kmem_cache *s = dropin_make();
	char *obj = dropin_get(s);
	int i;

	if (!obj)
		return;
	for (i = 1; i <= DROPIN_SIZE; i++)
		DROPIN_EXPECT(krealloc(obj, i, GFP_KERNEL) == obj);
	/* Wiped behind the size that was asked for, if wiping is asked for. */
	memset(obj, 7, DROPIN_SIZE);
	DROPIN_EXPECT(krealloc(obj, 100, GFP_KERNEL | __GFP_ZERO) == obj);
	DROPIN_EXPECT(!memchr_inv(obj, 7, 100));
	DROPIN_EXPECT(!memchr_inv(obj + 100, 0, DROPIN_SIZE - 100));
	DROPIN_EXPECT(krealloc_array(obj, 20, 10, GFP_KERNEL) == obj);
	kmem_cache_free(s, obj);
	dropin_put_cache(s, "dropin_sized");
}

/* Wiped behind what was moved, whatever lies behind the object. */
static void dropin_cleared(void)
{
	struct kmem_cache *s = dropin_make();
	char *objs[8], *more;
	int i;

	for (i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = dropin_get(s);
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		more = krealloc_array(objs[i], 4, DROPIN_SIZE,
				      GFP_KERNEL | __GFP_ZERO);
		if (!DROPIN_EXPECT(more && !dropin_ours(more)))
			continue;
		DROPIN_EXPECT(!memchr_inv(more, 7, DROPIN_SIZE));
		DROPIN_EXPECT(!memchr_inv(more + DROPIN_SIZE, 0,
					  3 * DROPIN_SIZE));
		objs[i] = more;
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		kfree(objs[i]);
	dropin_put_cache(s, "dropin_sized");
}

/* What does not fit goes to kmalloc(), and the object back to its cache. */
void dropin_size_moves(void)
{
	struct kmem_cache *s = dropin_make();
	char *obj = dropin_get(s), *more;

	more = krealloc(obj, DROPIN_SIZE + 1, GFP_KERNEL);
	DROPIN_EXPECT(more && !dropin_ours(more));
	DROPIN_EXPECT(more && !memchr_inv(more, 7, DROPIN_SIZE));
	/* From here on it is between the kernel and itself. */
	obj = krealloc(more, 4 * DROPIN_SIZE, GFP_KERNEL);
	DROPIN_EXPECT(obj && !memchr_inv(obj, 7, DROPIN_SIZE));
	kfree(obj);
	dropin_put_cache(s, "dropin_sized");
	dropin_cleared();
}

/* Then the object is as it was. */
void dropin_size_fails(void)
{
	struct kmem_cache *s = dropin_make();
	char *obj = dropin_get(s);

	DROPIN_EXPECT(!krealloc(obj, DROPIN_HUGE, DROPIN_ERROR));
	DROPIN_EXPECT(!krealloc_array(obj, SIZE_MAX / 4, 8, DROPIN_ERROR));
	DROPIN_EXPECT(!krealloc_array(obj, SIZE_MAX / 2 + 2, 2, DROPIN_ERROR));
	DROPIN_EXPECT(!memchr_inv(obj, 7, DROPIN_SIZE));
	kmem_cache_free(s, obj);
	dropin_put_cache(s, "dropin_sized");
}

void dropin_size_ends(void)
{
	struct kmem_cache *s = dropin_make();
	char *obj = dropin_get(s);

	DROPIN_EXPECT(krealloc(obj, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	obj = dropin_get(s);
	DROPIN_EXPECT(krealloc_array(obj, 0, 8, GFP_KERNEL) == ZERO_SIZE_PTR);
	dropin_put_cache(s, "dropin_sized");
	DROPIN_EXPECT(krealloc(NULL, 0, GFP_KERNEL) == ZERO_SIZE_PTR);
	obj = krealloc(NULL, 50, GFP_KERNEL);
	DROPIN_EXPECT(obj && !dropin_ours(obj));
	obj = krealloc_array(obj, 10, 50, GFP_KERNEL);
	DROPIN_EXPECT(obj && !dropin_ours(obj));
	kfree(obj);
	obj = krealloc(ZERO_SIZE_PTR, 50, GFP_KERNEL);
	DROPIN_EXPECT(obj && !dropin_ours(obj));
	kfree(obj);
}

/* Into the middle: reported, and nothing comes of it. */
void dropin_size_bad_size(void)
{
	struct kmem_cache *s = dropin_make();
	char *obj = dropin_get(s);

	DROPIN_EXPECT(ksize(obj + 8) == 0);
	DROPIN_EXPECT(!krealloc(obj + 8, 50, GFP_KERNEL));
	DROPIN_EXPECT(!memchr_inv(obj, 7, DROPIN_SIZE));
	kmem_cache_free(s, obj);
	dropin_put_cache(s, "dropin_sized");
}
