/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kmem_cache_*() calls on squirrel, for module source that was written against
 * <linux/slab.h> and stays as it is. In the module's Kbuild:
 *
 *	include $(SQUIRREL)/include/squirrel/kmem_cache.mk
 *
 * or for one source of many, which then says itself whether it has a pr_fmt of
 * its own (the Kbuild fragment finds out):
 *
 *	CFLAGS_foo.o := -I$(SQUIRREL)/include -include <path of this header> \
 *			-DSQUIRREL_KMEM_CACHE_OWN_PR_FMT
 *
 * Covered: kmem_cache_create (also the form of 6.12 with struct
 * kmem_cache_args), _create_usercopy, _destroy, _alloc, _zalloc, _alloc_node,
 * _alloc_lru, _free, _alloc_bulk, _free_bulk, _shrink, _size, KMEM_CACHE,
 * KMEM_CACHE_USERCOPY, and mempools over a cache.
 *
 * Also for objects of a cache, in every function of the source: kfree, kvfree,
 * kfree_const, kfree_sensitive, kvfree_sensitive, kfree_bulk,
 * kmem_cache_free_bulk(NULL, ...), ksize, krealloc, krealloc_array, kfree_rcu
 * and kvfree_rcu with and without a head, and __free(kfree); __free(kvfree)
 * where the kernel is 6.12 or newer. They ask whose the memory is (two loads):
 * what is not squirrel's goes to the kernel.
 *
 * As in the kernel, a failing create returns NULL and names may repeat: the
 * second "foo" appears in debugfs as "foo:2". Nodes that are not online mean
 * any node, unless __GFP_THISNODE is given.
 *
 * Caches the module did not create, which it meets in inline functions and
 * macros of other headers (__getname() and names_cachep, say), stay the
 * kernel's: squirrel's handles have bit 0 set, and a handle without it is
 * handed on.
 *
 * Not covered:
 *   - functions of the kernel that free an object or take a struct kmem_cache,
 *     inline functions of its headers among them, and objects and caches handed
 *     to another module that was built without this header
 *   - kvrealloc(), kfree_nolock() and __free(kfree_sensitive) of an object from
 *     a cache
 *   - sheaves (prefill, refill) and kmem_cache_charge(): refused at compile
 *     time
 *   - SLAB_CACHE_DMA and SLAB_CACHE_DMA32: create returns NULL
 *   - alignments above SQUIRREL_MAX_SIZE, or that are no power of two: create
 *     returns NULL
 *   - __GFP_ACCOUNT in a call: caches are charged for by SLAB_ACCOUNT or not at all
 *   - SLAB_ACCOUNT before Linux 6.13, and on any with CONFIG_DEBUG_VM: nobody is
 *     charged for the objects, so a list_lru keeps them on the list of the root
 *     cgroup. Where it is obeyed a whole slab is charged to who made it, and a
 *     list_lru keeps its objects on that cgroup's list, or that of one further
 *     up: nothing sets it up for squirrel's objects
 *   - SLAB_PANIC does not panic; the module gets NULL and an error line
 *   - the usercopy window: the kernel checks it for its own slabs only
 *   - NUMA policy hints of _alloc_lru
 *   - '#define DEBUG' in the source comes too late to switch pr_debug() on
 * Debug flags (SLAB_POISON, ...) and placement hints (SLAB_RECLAIM_ACCOUNT,
 * SLAB_MEM_SPREAD) are accepted and have no effect.
 */
#ifndef _SQUIRREL_KMEM_CACHE_H
#define _SQUIRREL_KMEM_CACHE_H

#include <linux/slab.h>
#include <linux/mempool.h>
#include <linux/ctype.h>
#include <linux/kernel.h>
#include <linux/list_lru.h>
#include <linux/printk.h>
#include <linux/string.h>

#include <squirrel/kernel.h>
#include <squirrel/kmem_free.h>
#include <squirrel/squirrel.h>

/* ---- handles -------------------------------------------------------------- */

static __always_inline bool squirrel_kmem_ours(const struct kmem_cache *s)
{
	return (unsigned long)s & 1;
}

static __always_inline struct squirrel_cache *
squirrel_kmem_cache(const struct kmem_cache *s)
{
	return (struct squirrel_cache *)((unsigned long)s - 1);
}

/* ---- create and destroy --------------------------------------------------- */

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

/* ---- allocate and free ---------------------------------------------------- */

static __always_inline void *
squirrel_kmem_cache_alloc(struct kmem_cache *s, gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc(squirrel_kmem_cache(s), gfp);
	return kmem_cache_alloc(s, gfp);
}

static __always_inline void *
squirrel_kmem_cache_zalloc(struct kmem_cache *s, gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_zalloc(squirrel_kmem_cache(s), gfp);
	return kmem_cache_zalloc(s, gfp);
}

/* As the kernel: firmware names nodes that are not there. */
static inline int squirrel_kmem_node(gfp_t gfp, int node)
{
	if ((gfp & __GFP_THISNODE) ||
	    (node >= 0 && node < nr_node_ids && node_online(node)))
		return node;
	return NUMA_NO_NODE;
}

static __always_inline void *
squirrel_kmem_cache_alloc_node(struct kmem_cache *s, gfp_t gfp, int node)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc_node(squirrel_kmem_cache(s), gfp,
						 squirrel_kmem_node(gfp, node));
	return kmem_cache_alloc_node(s, gfp, node);
}

static __always_inline void *
squirrel_kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru,
			      gfp_t gfp)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc(squirrel_kmem_cache(s), gfp);
	return kmem_cache_alloc_lru(s, lru, gfp);
}

static __always_inline void
squirrel_kmem_cache_free(struct kmem_cache *s, void *obj)
{
	if (likely(squirrel_kmem_ours(s)))
		squirrel_cache_free(squirrel_kmem_cache(s), obj);
	else
		kmem_cache_free(s, obj);
}

/* An int also where the kernel's returns bool: 0 or the number asked for */
static inline int
squirrel_kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t gfp, size_t n,
			       void **objs)
{
	if (likely(squirrel_kmem_ours(s)))
		return squirrel_cache_alloc_bulk(squirrel_kmem_cache(s), gfp, n,
						 objs);
	return kmem_cache_alloc_bulk(s, gfp, n, objs);
}

/* A NULL cache means kfree() of each */
static inline void
squirrel_kmem_cache_free_bulk(struct kmem_cache *s, size_t n, void **objs)
{
	if (likely(squirrel_kmem_ours(s)))
		squirrel_cache_free_bulk(squirrel_kmem_cache(s), n, objs);
	else if (!s)
		squirrel_kfree_bulk(n, objs);
	else
		kmem_cache_free_bulk(s, n, objs);
}

/* ---- mempools over a cache ------------------------------------------------ */

static inline void *squirrel_mempool_alloc_slab(gfp_t gfp, void *s)
{
	return squirrel_kmem_cache_alloc(s, gfp);
}

static inline void squirrel_mempool_free_slab(void *obj, void *s)
{
	squirrel_kmem_cache_free(s, obj);
}

static inline int
squirrel_mempool_init_slab_pool(mempool_t *pool, int min_nr,
				struct kmem_cache *s)
{
	return mempool_init(pool, min_nr, squirrel_mempool_alloc_slab,
			    squirrel_mempool_free_slab, s);
}

static inline mempool_t *
squirrel_mempool_create_slab_pool(int min_nr, struct kmem_cache *s)
{
	return mempool_create(min_nr, squirrel_mempool_alloc_slab,
			      squirrel_mempool_free_slab, s);
}

/* ---- from here on the names mean squirrel --------------------------------- */

/*
 * Object-like macros, so that the address of a function can be taken too.
 * Where create is a macro already it also takes a struct kmem_cache_args.
 * KMEM_CACHE and KMEM_CACHE_USERCOPY are left alone: they expand to these.
 */
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

/* Told apart by the number of arguments: align, flags, ctor or args, flags */
#define squirrel_kmem_cache_create_2	squirrel_kmem_cache_create_args
#define squirrel_kmem_cache_create_3	squirrel_kmem_cache_create
#undef kmem_cache_create
#define kmem_cache_create(__name, __size, ...)				\
	CONCATENATE(squirrel_kmem_cache_create_,			\
		    COUNT_ARGS(__VA_ARGS__))(__name, __size, __VA_ARGS__)
#define __kmem_cache_create_args	squirrel_kmem_cache_create_args
#else
#define kmem_cache_create		squirrel_kmem_cache_create
#endif

#undef kmem_cache_create_usercopy
#define kmem_cache_create_usercopy	squirrel_kmem_cache_create_usercopy
#undef kmem_cache_destroy
#define kmem_cache_destroy		squirrel_kmem_cache_destroy
#undef kmem_cache_shrink
#define kmem_cache_shrink		squirrel_kmem_cache_shrink
#undef kmem_cache_size
#define kmem_cache_size			squirrel_kmem_cache_size
#undef kmem_cache_alloc
#define kmem_cache_alloc		squirrel_kmem_cache_alloc
#undef kmem_cache_zalloc
#define kmem_cache_zalloc		squirrel_kmem_cache_zalloc
#undef kmem_cache_alloc_node
#define kmem_cache_alloc_node		squirrel_kmem_cache_alloc_node
#undef kmem_cache_alloc_lru
#define kmem_cache_alloc_lru		squirrel_kmem_cache_alloc_lru
#undef kmem_cache_free
#define kmem_cache_free			squirrel_kmem_cache_free
#undef kmem_cache_alloc_bulk
#define kmem_cache_alloc_bulk		squirrel_kmem_cache_alloc_bulk
#undef kmem_cache_free_bulk
#define kmem_cache_free_bulk		squirrel_kmem_cache_free_bulk

#undef mempool_alloc_slab
#define mempool_alloc_slab		squirrel_mempool_alloc_slab
#undef mempool_free_slab
#define mempool_free_slab		squirrel_mempool_free_slab
#undef mempool_init_slab_pool
#define mempool_init_slab_pool		squirrel_mempool_init_slab_pool
#undef mempool_create_slab_pool
#define mempool_create_slab_pool	squirrel_mempool_create_slab_pool

/* Names of nothing: their use stops the build instead of the machine */
#undef kmem_cache_charge
#define kmem_cache_charge		squirrel_does_not_cover_kmem_cache_charge
#undef kmem_cache_prefill_sheaf
#define kmem_cache_prefill_sheaf	squirrel_does_not_cover_sheaves
#undef kmem_cache_refill_sheaf
#define kmem_cache_refill_sheaf		squirrel_does_not_cover_sheaves
#undef kmem_cache_return_sheaf
#define kmem_cache_return_sheaf		squirrel_does_not_cover_sheaves
#undef kmem_cache_alloc_from_sheaf
#define kmem_cache_alloc_from_sheaf	squirrel_does_not_cover_sheaves

/* The source defines its own; nothing below this line prints */
#ifdef SQUIRREL_KMEM_CACHE_OWN_PR_FMT
#undef pr_fmt
#endif

#endif /* _SQUIRREL_KMEM_CACHE_H */
