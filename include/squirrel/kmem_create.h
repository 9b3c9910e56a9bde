/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names of the kernel's caches in squirrel's terms; caches made and destroyed,
 * shrunk and measured: part of <squirrel/kmem_cache.h>.
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
#include <squirrel/kmem_flags.h>
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

/**
 * struct squirrel_kmem_wish - what a create call of the kernel's asks for
 * @name: as there
 * @size: as there
 * @align: as there
 * @flags: as there
 * @useroffset: as there
 * @usersize: as there
 * @ctor: as there
 * @sheaves: that of sheaf_capacity
 * @client: name of the module that asks
 */
struct squirrel_kmem_wish {
	const char *name;
	unsigned int size;
	unsigned int align;
	slab_flags_t flags;
	unsigned int useroffset;
	unsigned int usersize;
	void (*ctor)(void *obj);
	unsigned int sheaves;
	const char *client;
};

/* What was granted, but for this. */
static inline void squirrel_kmem_say_lost(const struct squirrel_kmem_wish *w)
{
	squirrel_kmem_say_flags(w->flags, w->client, w->name);
	if (IS_ENABLED(CONFIG_HARDENED_USERCOPY) && w->usersize &&
	    w->usersize < w->size)
		squirrel_kmem_say(SQUIRREL_KMEM_SAID_WINDOW, w->client,
				  "the usercopy window", w->name,
				  "all of an object may be copied");
	if (w->sheaves)
		squirrel_kmem_say(SQUIRREL_KMEM_SAID_SHEAVES, w->client,
				  "sheaf_capacity", w->name,
				  "squirrel has magazines of its own");
}

static inline struct kmem_cache *
squirrel_kmem_create(const struct squirrel_kmem_wish *w)
{
	struct squirrel_cache_args args = {
		.align = w->align,
		.ctor = w->ctor,
		.owner = w->client,
	};
	struct squirrel_cache *cache = ERR_PTR(-EINVAL);
	char buf[SQUIRREL_NAME_MAX + 1];

	if (w->name && *w->name && squirrel_kmem_flags(w->flags, &args.flags)) {
		if (w->flags & SLAB_ACCOUNT)
			args.flags |= squirrel_kmem_account(w->client, w->name);
		squirrel_kmem_name(buf, sizeof(buf), w->name);
		cache = squirrel_cache_create(buf, w->size, &args);
	}
	if (!IS_ERR(cache)) {
		squirrel_kmem_say_lost(w);
		return (struct kmem_cache *)((unsigned long)cache + 1);
	}
	pr_err("squirrel: kmem_cache_create(%s) failed with error %ld%s\n",
	       w->name ? w->name : "NULL", PTR_ERR(cache),
	       w->flags & SLAB_PANIC ? " (SLAB_PANIC is not obeyed)" : "");
	return NULL;
}

/* ---- the calls of a client ------------------------------------------------- */

static inline struct kmem_cache *
squirrel_kmem_create_usercopy(const char *name, unsigned int size,
			      unsigned int align, slab_flags_t flags,
			      unsigned int useroffset, unsigned int usersize,
			      void (*ctor)(void *), const char *client)
{
	const struct squirrel_kmem_wish wish = {
		.name = name,
		.size = size,
		.align = align,
		.flags = flags,
		.useroffset = useroffset,
		.usersize = usersize,
		.ctor = ctor,
		.client = client,
	};

	return squirrel_kmem_create(&wish);
}

static inline struct kmem_cache *
squirrel_kmem_cache_create_usercopy(const char *name, unsigned int size,
				    unsigned int align, slab_flags_t flags,
				    unsigned int useroffset,
				    unsigned int usersize, void (*ctor)(void *))
{
	return squirrel_kmem_create_usercopy(name, size, align, flags,
					     useroffset, usersize, ctor,
					     module_name(THIS_MODULE));
}

static inline struct kmem_cache *
squirrel_kmem_cache_create(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   void (*ctor)(void *))
{
	return squirrel_kmem_cache_create_usercopy(name, size, align, flags, 0,
						   0, ctor);
}

#ifdef kmem_cache_create
static inline struct kmem_cache *
squirrel_kmem_create_args(const char *name, unsigned int size,
			  const struct kmem_cache_args *args,
			  slab_flags_t flags, const char *client)
{
	struct squirrel_kmem_wish wish = {
		.name = name,
		.size = size,
		.flags = flags,
		.client = client,
	};

	if (args) {
		wish.align = args->align;
		wish.useroffset = args->useroffset;
		wish.usersize = args->usersize;
		wish.ctor = args->ctor;
#if SQ_HAVE_SHEAVES
		wish.sheaves = args->sheaf_capacity;
#endif
	}
	return squirrel_kmem_create(&wish);
}

static inline struct kmem_cache *
squirrel_kmem_cache_create_args(const char *name, unsigned int size,
				const struct kmem_cache_args *args,
				slab_flags_t flags)
{
	return squirrel_kmem_create_args(name, size, args, flags,
					 module_name(THIS_MODULE));
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
