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
 * KMEM_CACHE_USERCOPY, and mempools over a cache; alloc_inode_sb of <linux/fs.h>.
 *
 * Also for objects of a cache, in every function of the source: kfree, kvfree,
 * kfree_const, kfree_sensitive, kvfree_sensitive, kfree_bulk,
 * kmem_cache_free_bulk(NULL, ...), ksize, krealloc, krealloc_array, kvrealloc,
 * kfree_rcu and kvfree_rcu with and without a head, kvfree_rcu_barrier and, for a
 * cache, kvfree_rcu_barrier_on_cache where the kernel exports them, and __free(kfree);
 * __free(kvfree) where the kernel is 6.12 or newer. They ask whose the memory is
 * (two loads): what is not squirrel's goes to the kernel.
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
 * Documentation/porting.rst says what each flag means. What a flag asks for and does
 * not get is said, once for each flag and module.
 *
 * Not covered by a header, but by objects that are redirected (dropin.mk): names that
 * the source takes back with #undef, inline functions of headers that come before,
 * objects that come without a source.
 *
 * Not covered:
 *   - functions of the kernel that free an object or take a struct kmem_cache, and
 *     objects and caches handed to another module that was built without this
 *   - kfree_nolock() and __free(kfree_sensitive) of an object from a cache
 *   - sheaves (prefill, refill): refused at compile time
 *   - kmem_cache_charge() is true, and charges nobody
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
 */
#ifndef _SQUIRREL_KMEM_CACHE_H
#define _SQUIRREL_KMEM_CACHE_H

#include <linux/printk.h>
/* The other of the two headers took it away, for the source. */
#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#include <squirrel/kmem_create.h>
#include <squirrel/kmem_free.h>
#include <squirrel/kmem_free_names.h>
#include <squirrel/kmem_objects.h>
#include <squirrel/squirrel.h>

/* ---- from here on the names mean squirrel --------------------------------- */

/*
 * Object-like macros, so that the address of a function can be taken too.
 * Where create is a macro already it also takes a struct kmem_cache_args.
 * KMEM_CACHE and KMEM_CACHE_USERCOPY are left alone: they expand to these.
 */
#ifdef kmem_cache_create
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
#undef alloc_inode_sb
#define alloc_inode_sb			squirrel_alloc_inode_sb
#undef kmem_cache_free
#define kmem_cache_free			squirrel_kmem_cache_free
#undef kmem_cache_alloc_bulk
#define kmem_cache_alloc_bulk		squirrel_kmem_cache_alloc_bulk
#undef kmem_cache_free_bulk
#define kmem_cache_free_bulk		squirrel_kmem_cache_free_bulk

#undef kvfree_rcu_barrier_on_cache
#define kvfree_rcu_barrier_on_cache(s)					\
do {									\
	struct kmem_cache *__sq_barrier_cache = (s);			\
									\
	if (squirrel_kmem_ours(__sq_barrier_cache))			\
		squirrel_free_rcu_barrier();				\
	else								\
		kvfree_rcu_barrier_on_cache(__sq_barrier_cache);	\
} while (0)

#undef mempool_alloc_slab
#define mempool_alloc_slab		squirrel_mempool_alloc_slab
#undef mempool_free_slab
#define mempool_free_slab		squirrel_mempool_free_slab
#undef mempool_init_slab_pool
#define mempool_init_slab_pool		squirrel_mempool_init_slab_pool
#undef mempool_create_slab_pool
#define mempool_create_slab_pool	squirrel_mempool_create_slab_pool

#undef kmem_cache_charge
#define kmem_cache_charge		squirrel_kmem_cache_charge

/* Names of nothing: their use stops the build instead of the machine */
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
