// SPDX-License-Identifier: GPL-2.0
/* What create accepts, and what it does not. pr_fmt comes late. */
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "dropin.h"

#undef pr_fmt
#define pr_fmt(fmt) "dropin: create: " fmt

#define DROPIN_NAME	"dropin_a_name_of_fifty_characters_and_not_one_less"
#define DROPIN_SAME	4

static int dropin_names(const char *name)
{
	struct kmem_cache *s[DROPIN_SAME];
	int i, bad = 0;

	for (i = 0; i < DROPIN_SAME; i++) {
		s[i] = kmem_cache_create(name, 64, 0, 0, NULL);
		bad += !s[i];
	}
	for (i = 0; i < DROPIN_SAME; i++)
		kmem_cache_destroy(s[i]);
	return DROPIN_BAD(!bad) ? -EIO : 0;
}

/* A node that is not there means any. */
static int dropin_nodes(void)
{
	struct kmem_cache *s = kmem_cache_create("dropin_node", 64, 0, 0, NULL);
	void *obj, *none;
	int err = -EIO;

	if (DROPIN_BAD(s))
		return err;
	obj = kmem_cache_alloc_node(s, GFP_KERNEL, MAX_NUMNODES - 1);
	none = kmem_cache_alloc_node(s, GFP_KERNEL | __GFP_THISNODE,
				     MAX_NUMNODES - 1);
	if (!DROPIN_BAD(obj && !none))
		err = 0;
	if (obj)
		kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
	return err;
}

static int dropin_aligned(void)
{
	struct kmem_cache *s;
	void *obj = NULL;
	int err = -EIO;

	s = kmem_cache_create("dropin_aligned", 16384, 16384, 0, NULL);
	if (!DROPIN_BAD(s))
		obj = kmem_cache_alloc(s, GFP_KERNEL);
	if (!DROPIN_BAD(obj && IS_ALIGNED((unsigned long)obj, 16384)))
		err = 0;
	if (obj)
		kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
	return err;
}

int dropin_create(void)
{
	struct kmem_cache *s;

	s = kmem_cache_create("dropin_dma", 64, 0, SLAB_CACHE_DMA, NULL);
	if (DROPIN_BAD(!s))
		return -EIO;
	pr_info("no cache for DMA\n");
	return dropin_names("dropin_same") ?: dropin_names(DROPIN_NAME) ?:
	       dropin_nodes() ?: dropin_aligned();
}
