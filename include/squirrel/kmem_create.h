/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names and flags of the kernel's calls in squirrel's terms; caches made and
 * destroyed, shrunk and measured: part of <squirrel/kmem_cache.h>.
 */
#ifndef _SQUIRREL_KMEM_CREATE_H
#define _SQUIRREL_KMEM_CREATE_H

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <squirrel/kernel.h>
#include <squirrel/kmem_handle.h>
#include <squirrel/squirrel.h>

/*
 * Squirrel refuses what debugfs could not show, the kernel does not: odd
 * characters become '_' and long names lose their end.
 */
static inline void squirrel_kmem_name(char *buf, size_t len, const char *name)
{
	char *c;

	strscpy(buf, name, len);
	for (c = buf; *c; c++)
		if (*c == '/' || !isgraph(*c))
			*c = '_';
	/* "." and ".." are directories already */
	if (buf[0] == '.')
		buf[0] = '_';
}

/* One for all sources of a module, as the linker has it: said once. */
extern bool squirrel_kmem_said_uncharged;
bool __weak squirrel_kmem_said_uncharged;

/* Charged objects on a list_lru would be the end of the kernel: see kernel.h. */
static inline unsigned int squirrel_kmem_account(void)
{
	if (SQ_CHARGED_IS_SAFE)
		return SQUIRREL_ACCOUNT;
	if (IS_ENABLED(CONFIG_MEMCG) && !squirrel_kmem_said_uncharged) {
		squirrel_kmem_said_uncharged = true;
		pr_info("squirrel: %s: SLAB_ACCOUNT is not obeyed on this kernel, its objects are charged to no cgroup\n",
			module_name(THIS_MODULE));
	}
	return 0;
}

static inline bool squirrel_kmem_flags(slab_flags_t flags, unsigned int *out)
{
	slab_flags_t dma = SLAB_CACHE_DMA;

#ifdef SLAB_CACHE_DMA32
	dma |= SLAB_CACHE_DMA32;
#endif
	*out = SQUIRREL_NUMBERED;
	if (flags & SLAB_HWCACHE_ALIGN)
		*out |= SQUIRREL_HWCACHE_ALIGN;
	if (flags & SLAB_TYPESAFE_BY_RCU)
		*out |= SQUIRREL_TYPESAFE_BY_RCU;
	if (flags & SLAB_ACCOUNT)
		*out |= squirrel_kmem_account();
	return !(flags & dma);
}

static inline struct kmem_cache *
squirrel_kmem_cache_create(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   void (*ctor)(void *))
{
	struct squirrel_cache_args args = { .align = align, .ctor = ctor };
	struct squirrel_cache *cache = ERR_PTR(-EINVAL);
	char buf[SQUIRREL_NAME_MAX + 1];

	if (name && *name && squirrel_kmem_flags(flags, &args.flags)) {
		squirrel_kmem_name(buf, sizeof(buf), name);
		cache = squirrel_cache_create(buf, size, &args);
	}
	if (!IS_ERR(cache))
		return (struct kmem_cache *)((unsigned long)cache + 1);
	pr_err("squirrel: kmem_cache_create(%s) failed with error %ld%s\n",
	       name ? name : "NULL", PTR_ERR(cache),
	       flags & SLAB_PANIC ? " (SLAB_PANIC is not obeyed)" : "");
	return NULL;
}

static inline struct kmem_cache *
squirrel_kmem_cache_create_usercopy(const char *name, unsigned int size,
				    unsigned int align, slab_flags_t flags,
				    unsigned int useroffset,
				    unsigned int usersize, void (*ctor)(void *))
{
	return squirrel_kmem_cache_create(name, size, align, flags, ctor);
}

#ifdef kmem_cache_create
static inline struct kmem_cache *
squirrel_kmem_cache_create_args(const char *name, unsigned int size,
				const struct kmem_cache_args *args,
				slab_flags_t flags)
{
	if (!args)
		return squirrel_kmem_cache_create(name, size, 0, flags, NULL);
	return squirrel_kmem_cache_create(name, size, args->align, flags,
					  args->ctor);
}
#endif

static inline void squirrel_kmem_cache_destroy(struct kmem_cache *s)
{
	if (squirrel_kmem_ours(s))
		squirrel_cache_destroy(squirrel_kmem_cache(s));
	else
		kmem_cache_destroy(s);
}

static inline int squirrel_kmem_cache_shrink(struct kmem_cache *s)
{
	if (squirrel_kmem_ours(s))
		return squirrel_cache_shrink(squirrel_kmem_cache(s));
	return kmem_cache_shrink(s);
}

static inline unsigned int squirrel_kmem_cache_size(struct kmem_cache *s)
{
	if (squirrel_kmem_ours(s))
		return squirrel_cache_size(squirrel_kmem_cache(s));
	return kmem_cache_size(s);
}

#endif /* _SQUIRREL_KMEM_CREATE_H */
