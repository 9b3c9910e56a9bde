// SPDX-License-Identifier: GPL-2.0
/*
 * Create with its arguments in a struct, as of 6.12. For an older kernel the form
 * is made up here, in front of the header: it is enough that create is a macro. An
 * object has what its kernel has.
 */
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#if !defined(kmem_cache_create) && !defined(DROPIN_OBJECTS)
struct kmem_cache_args {
	unsigned int align;
	unsigned int useroffset;
	unsigned int usersize;
	void (*ctor)(void *obj);
};

#define kmem_cache_create(...)	((struct kmem_cache *)ERR_PTR(-EINVAL))
#endif

#ifndef DROPIN_OBJECTS
#include <squirrel/kmem_cache.h>
#endif
#include "dropin.h"

#ifdef kmem_cache_create

#define DROPIN_SIZE	104
#define DROPIN_BUILT	0x69

static void dropin_ctor(void *obj)
{
	memset(obj, DROPIN_BUILT, DROPIN_SIZE);
}

static void dropin_use(struct kmem_cache *s, size_t align, bool built)
{
	void *objs[8];
	int i;

	if (!DROPIN_EXPECT(s))
		return;
	for (i = 0; i < ARRAY_SIZE(objs); i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		DROPIN_EXPECT(objs[i] && dropin_ours(objs[i]));
		DROPIN_EXPECT(IS_ALIGNED((unsigned long)objs[i], align));
		if (built)
			DROPIN_EXPECT(!memchr_inv(objs[i], DROPIN_BUILT,
						  DROPIN_SIZE));
	}
	for (i = 0; i < ARRAY_SIZE(objs); i++)
		kmem_cache_free(s, objs[i]);
	DROPIN_EXPECT(dropin_named("dropin_args"));
	dropin_put_cache(s, "dropin_args");
}

void dropin_args_struct(void)
{
	struct kmem_cache_args args = { .align = 128, .ctor = dropin_ctor };

	dropin_use(kmem_cache_create("dropin_args", DROPIN_SIZE, &args, 0), 128,
		   true);
	dropin_use(__kmem_cache_create_args("dropin_args", DROPIN_SIZE, &args, 0),
		   128, true);
	/* Without a struct, as of 6.12 as well: none, and NULL. */
	dropin_use(kmem_cache_create("dropin_args", DROPIN_SIZE, 64, 0,
				     dropin_ctor), 64, true);
	dropin_use(__kmem_cache_create_args("dropin_args", DROPIN_SIZE, NULL, 0),
		   8, false);
}

/* They are not lost on the way. */
void dropin_args_flags(void)
{
	struct kmem_cache_args args = {};

	dropin_mark();
	DROPIN_EXPECT(!kmem_cache_create("d_dma", DROPIN_SIZE, &args,
					 SLAB_CACHE_DMA));
	DROPIN_EXPECT(!kmem_cache_create("d_dma", DROPIN_SIZE, 0,
					 SLAB_CACHE_DMA, NULL));
	DROPIN_EXPECT(!__kmem_cache_create_args("d_dma", DROPIN_SIZE, NULL,
						SLAB_CACHE_DMA));
	DROPIN_EXPECT(dropin_said("create(d_dma) failed with error -22") == 3);
	dropin_use(kmem_cache_create("dropin_args", DROPIN_SIZE, &args,
				     SLAB_HWCACHE_ALIGN), 64, false);
}

#else

void dropin_args_struct(void)
{
}

void dropin_args_flags(void)
{
}

#endif
