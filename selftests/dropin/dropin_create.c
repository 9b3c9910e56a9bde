// SPDX-License-Identifier: GPL-2.0
/* What create accepts and what it refuses. pr_fmt is the source's own. */
#define pr_fmt(fmt) "dropin create: " fmt

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#define DROPIN_OBJS	12
#define DROPIN_BUILT	0x5a

struct dropin_item {
	char text[100];
} __aligned(32);

struct dropin_built {
	char text[100];
};

static void dropin_ctor(void *obj)
{
	memset(obj, DROPIN_BUILT, sizeof(struct dropin_built));
}

/* Some objects: each squirrel's, all of it its own, aligned, of size @size. */
static void dropin_use(struct kmem_cache *s, const char *name, size_t size,
		       size_t align)
{
	char *objs[DROPIN_OBJS];
	int i;

	if (!DROPIN_EXPECT_OF(name, s))
		return;
	DROPIN_EXPECT_OF(name, kmem_cache_size(s) == size);
	for (i = 0; i < DROPIN_OBJS; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		if (!DROPIN_EXPECT_OF(name, objs[i]))
			break;
		DROPIN_EXPECT_OF(name, dropin_ours(objs[i]));
		DROPIN_EXPECT_OF(name, IS_ALIGNED((unsigned long)objs[i], align));
		memset(objs[i], i, size);
	}
	while (i--) {
		DROPIN_EXPECT_OF(name, !memchr_inv(objs[i], i, size));
		kmem_cache_free(s, objs[i]);
	}
}

void dropin_create_forms(void)
{
	struct kmem_cache *s;

	s = kmem_cache_create("dropin_plain", 104, 0, 0, NULL);
	DROPIN_EXPECT(dropin_named("dropin_plain"));
	dropin_use(s, "dropin_plain", 104, sizeof(long));
	dropin_put_cache(s, "dropin_plain");

	s = kmem_cache_create_usercopy("dropin_copied", 104, 64, 0, 8, 16, NULL);
	DROPIN_EXPECT(dropin_named("dropin_copied"));
	dropin_use(s, "dropin_copied", 104, 64);
	dropin_put_cache(s, "dropin_copied");

	s = KMEM_CACHE(dropin_item, 0);
	DROPIN_EXPECT(dropin_named("dropin_item"));
	DROPIN_EXPECT(!dropin_kernel_has("dropin_item", false));
	dropin_use(s, "dropin_item", sizeof(struct dropin_item), 32);
	dropin_put_cache(s, "dropin_item");

	s = KMEM_CACHE_USERCOPY(dropin_item, 0, text);
	DROPIN_EXPECT(dropin_named("dropin_item"));
	dropin_use(s, "dropin_item", sizeof(struct dropin_item), 32);
	dropin_put_cache(s, "dropin_item");
}

void dropin_create_sizes(void)
{
	static const unsigned int sizes[] = {
		1, 7, 8, 9, 100, 1024, 4096, 4097, 10000, SZ_1M,
	};
	struct kmem_cache *s;
	void *obj;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s = kmem_cache_create("dropin_size", sizes[i], 0, 0, NULL);
		dropin_use(s, "dropin_size", sizes[i], 1);
		dropin_put_cache(s, "dropin_size");
	}
	/* So large that one is enough. */
	s = kmem_cache_create("dropin_size", SZ_4M, 0, 0, NULL);
	if (!DROPIN_EXPECT(s))
		return;
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	if (DROPIN_EXPECT(obj))
		kmem_cache_free(s, obj);
	dropin_put_cache(s, "dropin_size");
}

void dropin_create_aligns(void)
{
	static const unsigned int aligns[] = {
		1, 2, 4, 8, 16, 64, 128, 1024, 4096, 16384,
	};
	struct kmem_cache *s;
	int i;

	for (i = 0; i < ARRAY_SIZE(aligns); i++) {
		s = kmem_cache_create("dropin_align", 200, aligns[i], 0, NULL);
		dropin_use(s, "dropin_align", 200, aligns[i]);
		dropin_put_cache(s, "dropin_align");
		s = kmem_cache_create_usercopy("dropin_align", 200, aligns[i], 0,
					       0, 8, NULL);
		dropin_use(s, "dropin_align", 200, aligns[i]);
		dropin_put_cache(s, "dropin_align");
	}
}

static const struct dropin_refusal {
	const char *name;
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	const char *said;
} dropin_refusals[] = {
	{ NULL, 64, 0, 0, "(NULL) failed with error -22" },
	{ "", 64, 0, 0, "() failed with error -22" },
	{ "d_zero", 0, 0, 0, "(d_zero) failed with error -22" },
	{ "d_large", SZ_4M + 1, 0, 0, "(d_large) failed with error -7" },
	{ "d_huge", UINT_MAX, 0, 0, "(d_huge) failed with error -7" },
	{ "d_three", 64, 3, 0, "(d_three) failed with error -22" },
	{ "d_24", 64, 24, 0, "(d_24) failed with error -22" },
	{ "d_far", 64, SZ_8M, 0, "(d_far) failed with error -22" },
	{ "d_all", 64, UINT_MAX, 0, "(d_all) failed with error -22" },
	{ "d_panic", 0, 0, SLAB_PANIC,
	  "(d_panic) failed with error -22 (SLAB_PANIC is not obeyed)" },
};

/* One line for each, NULL and no cache. */
void dropin_create_refused(void)
{
	struct kmem_cache *s;
	char said[80];
	int i;

	for (i = 0; i < ARRAY_SIZE(dropin_refusals); i++) {
		const struct dropin_refusal *r = &dropin_refusals[i];

		dropin_mark();
		s = kmem_cache_create(r->name, r->size, r->align, r->flags, NULL);
		DROPIN_EXPECT_OF(r->said, !s);
		snprintf(said, sizeof(said), "squirrel: kmem_cache_create%s",
			 r->said);
		DROPIN_EXPECT_OF(r->said, dropin_said(said) == 1);
		DROPIN_EXPECT_OF(r->said, dropin_said("kmem_cache_create(") == 1);
		DROPIN_EXPECT_OF(r->said, dropin_said("not obeyed") ==
				 !!(r->flags & SLAB_PANIC));
		if (!IS_ERR(s))
			kmem_cache_destroy(s);

		dropin_mark();
		s = kmem_cache_create_usercopy(r->name, r->size, r->align,
					       r->flags, 0, 8, NULL);
		DROPIN_EXPECT_OF(r->said, !s);
		DROPIN_EXPECT_OF(r->said, dropin_said(said) == 1);
		if (!IS_ERR(s))
			kmem_cache_destroy(s);
	}
}

/* Nothing is said about what is granted. */
void dropin_create_granted(void)
{
	struct kmem_cache *s;

	dropin_mark();
	s = kmem_cache_create("dropin_quiet", 64, 0, SLAB_PANIC, NULL);
	DROPIN_EXPECT(s);
	dropin_put_cache(s, "dropin_quiet");
	DROPIN_EXPECT(!dropin_said("squirrel:"));
}

/* Also as the objects come back: free leaves them as they are. */
static void dropin_constructed(struct kmem_cache *s, const char *name)
{
	const size_t size = sizeof(struct dropin_built);
	void *objs[DROPIN_OBJS];
	int i, round;

	if (!DROPIN_EXPECT_OF(name, s))
		return;
	for (round = 0; round < 2; round++) {
		for (i = 0; i < DROPIN_OBJS; i++) {
			objs[i] = i & 1 ? kmem_cache_alloc(s, GFP_KERNEL) :
					  kmem_cache_zalloc(s, GFP_KERNEL);
			DROPIN_EXPECT_OF(name, objs[i] &&
					 !memchr_inv(objs[i], DROPIN_BUILT, size));
		}
		for (i = 0; i < DROPIN_OBJS; i++)
			if (objs[i])
				kmem_cache_free(s, objs[i]);
	}
	dropin_put_cache(s, name);
}

void dropin_create_constructors(void)
{
	const size_t size = sizeof(struct dropin_built);

	dropin_constructed(kmem_cache_create("dropin_built", size, 0, 0,
					     dropin_ctor), "dropin_built");
	dropin_constructed(kmem_cache_create_usercopy("dropin_shown", size, 0, 0,
						      0, size, dropin_ctor),
			   "dropin_shown");
}

/* What a source says begins as the source has it, what the header says does not. */
void dropin_create_own_prefix(void)
{
	dropin_mark();
	pr_info("its own\n");
	DROPIN_EXPECT(dropin_said("dropin create: its own") == 1);
	DROPIN_EXPECT(!kmem_cache_create("d_none", 0, 0, 0, NULL));
	DROPIN_EXPECT(dropin_said("dropin create:") == 1);
}
