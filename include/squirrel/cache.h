/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Object caches, objects of one size: part of <squirrel/squirrel.h>.
 */
#ifndef _SQUIRREL_CACHE_H
#define _SQUIRREL_CACHE_H

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/types.h>

#include <squirrel/limits.h>

struct squirrel_cache;

/*
 * Flags of a cache. The values are squirrel's own; <squirrel/kmem_cache.h>
 * translates the SLAB_* ones.
 */
/**
 * define SQUIRREL_HWCACHE_ALIGN - align objects to the CPU's cache line
 */
#define SQUIRREL_HWCACHE_ALIGN		0x01U
/**
 * define SQUIRREL_TYPESAFE_BY_RCU - memory stays of this type for a grace
 * period after the last object of a slab was freed
 */
#define SQUIRREL_TYPESAFE_BY_RCU	0x02U
/**
 * define SQUIRREL_ACCOUNT - charge the pages to the memcg of whoever a slab is
 * made for, for as long as the slab is there, whoever else gets its objects
 */
#define SQUIRREL_ACCOUNT		0x04U
/**
 * define SQUIRREL_NUMBERED - a name that is taken gets a number behind a colon,
 * from 2 on; one of more than 36 characters loses its end for it
 */
#define SQUIRREL_NUMBERED		0x08U
/**
 * define SQUIRREL_NOLEAKTRACE - kmemleak, where the kernel has it, is not told of objects
 */
#define SQUIRREL_NOLEAKTRACE		0x10U
/**
 * define SQUIRREL_CACHE_FLAGS - all flags a client may pass
 */
#define SQUIRREL_CACHE_FLAGS		0x1fU

/**
 * struct squirrel_cache_args - what is special about a cache
 * @align: alignment of every object in bytes, a power of two up to
 *	SQUIRREL_MAX_SIZE, or 0 for that of an unsigned long. Aligned to more
 *	than a page, an object takes whole pages
 * @flags: SQUIRREL_* flags
 * @ctor: called once on each object when its memory is taken, in the context
 *	of the allocation that needed it, or of create for the reserve; must
 *	leave the object in the state in which it will also be freed. NULL: none
 * @limit: most bytes of objects the cache may hold (live or at hand), or 0;
 *	what must not fail (__GFP_NOFAIL) goes beyond it
 * @reserve: number of objects that stay at hand, or 0. What was taken of it is
 *	made good by the reclaimer or, with a constructor, by later allocations
 *	that may sleep
 * @node: NUMA node the memory comes from by preference, as node + 1, or 0 for
 *	the node of the allocating CPU
 * @owner: whose it is, as debugfs shows it, or NULL: the module that creates it
 * @debug: letters of FZPUQGT (K: with KASAN only): how it is debugged from the start, as can
 *	be switched in debugfs; or NULL
 */
struct squirrel_cache_args {
	unsigned int align;
	unsigned int flags;
	void (*ctor)(void *obj);
	size_t limit;
	unsigned int reserve;
	int node;
	const char *owner;
	const char *debug;
};

struct squirrel_cache *
__squirrel_cache_create(const char *name, unsigned int size,
			const struct squirrel_cache_args *args,
			struct module *owner);
/**
 * squirrel_cache_create() - create an object cache
 * @name: its name, unique among caches, 1 to SQUIRREL_NAME_MAX characters
 *	without '/' or white space
 * @size: bytes per object, 1 to SQUIRREL_MAX_SIZE; a word less with a constructor
 *	or SQUIRREL_TYPESAFE_BY_RCU
 * @args: a pointer to const struct squirrel_cache_args, or NULL for the defaults
 *
 * Context: Process context. May sleep.
 * Return: the cache, or ERR_PTR of -EINVAL (size 0, bad name, align, flag or
 * node; limit below one object or below the reserve), -E2BIG (size too large),
 * -EEXIST (name taken, and no SQUIRREL_NUMBERED or no number left) or -ENOMEM.
 */
#define squirrel_cache_create(name, size, args)				\
	__squirrel_cache_create((name), (size), (args), THIS_MODULE)

int squirrel_cache_destroy(struct squirrel_cache *cache);
void *squirrel_cache_alloc(struct squirrel_cache *cache, gfp_t gfp);
void *squirrel_cache_alloc_node(struct squirrel_cache *cache, gfp_t gfp,
				int node);
void *squirrel_cache_zalloc(struct squirrel_cache *cache, gfp_t gfp);
void squirrel_cache_free(struct squirrel_cache *cache, void *obj);
int squirrel_cache_alloc_bulk(struct squirrel_cache *cache, gfp_t gfp,
			      size_t n, void **objs);
void squirrel_cache_free_bulk(struct squirrel_cache *cache, size_t n,
			      void **objs);
int squirrel_cache_shrink(struct squirrel_cache *cache);
unsigned int squirrel_cache_size(struct squirrel_cache *cache);

/**
 * DEFINE_SQUIRREL_CACHE() - a cache for one C type, with checked calls
 * @name: prefix of the functions it defines
 * @type: the type of its objects
 *
 * Defines, for this source file::
 *
 *	int name_cache_init(void);
 *	void name_cache_exit(void);
 *	type *name_alloc(gfp_t gfp);
 *	type *name_zalloc(gfp_t gfp);
 *	void name_free(type *obj);
 *
 * The init call returns 0 or a negative errno. The exit call may be refused, as
 * squirrel_cache_destroy(): then all of them still
 * work, and it may be made again.
 */
#define DEFINE_SQUIRREL_CACHE(name, type)				\
static struct squirrel_cache *name##_cache;				\
static int __maybe_unused name##_cache_init(void)			\
{									\
	const struct squirrel_cache_args args = {			\
		.align = __alignof__(type),				\
	};								\
	struct squirrel_cache *c;					\
									\
	c = squirrel_cache_create(#name, sizeof(type), &args);		\
	if (IS_ERR(c))							\
		return PTR_ERR(c);					\
	name##_cache = c;						\
	return 0;							\
}									\
static void __maybe_unused name##_cache_exit(void)			\
{									\
	if (!squirrel_cache_destroy(name##_cache))			\
		name##_cache = NULL;					\
}									\
static inline type * __maybe_unused name##_alloc(gfp_t gfp)		\
{									\
	return squirrel_cache_alloc(name##_cache, gfp);			\
}									\
static inline type * __maybe_unused name##_zalloc(gfp_t gfp)		\
{									\
	return squirrel_cache_zalloc(name##_cache, gfp);		\
}									\
static inline void __maybe_unused name##_free(type *obj)		\
{									\
	squirrel_cache_free(name##_cache, obj);				\
}									\
struct __squirrel_swallow_semicolon

#endif /* _SQUIRREL_CACHE_H */
