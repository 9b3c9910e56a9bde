/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kmalloc() and its relatives on squirrel's default heap, for module source that was
 * written against <linux/slab.h> and stays as it is:
 *
 *	CFLAGS_foo.o := -I$(SQUIRREL)/include -include <path of this header> \
 *			-DSQUIRREL_KMEM_CACHE_OWN_PR_FMT
 *
 * the last if the source has a pr_fmt of its own. For a whole folder say
 *
 *	squirrel-kmalloc := y
 *
 * in front of "include $(SQUIRREL)/include/squirrel/kmem_cache.mk", which is about
 * kmem_cache_*() as well: both headers go together.
 *
 * Covered: kmalloc, kzalloc, kmalloc_array, kcalloc, each with _node and as
 * kmalloc_track_caller; krealloc, krealloc_array; kvmalloc, kvzalloc, kvmalloc_array,
 * kvcalloc, kvmalloc_node, kvzalloc_node, kvrealloc; kstrdup, kstrndup, kmemdup,
 * kmemdup_nul, kmemdup_array, kvmemdup, kasprintf, kvasprintf; memdup_user,
 * memdup_user_nul, vmemdup_user, strndup_user. And all that frees: see
 * <squirrel/kmem_free_names.h>. What is not squirrel's goes to the kernel there.
 *
 * The kernel's still: memory of __GFP_ACCOUNT up to SQUIRREL_CLASS_MAX_SIZE, as
 * squirrel charges nobody for less than pages; kvmalloc() of what squirrel has not in
 * one piece; kstrdup_const() and kvasprintf_const(); what devm_*() and other
 * functions of the kernel allocate.
 *
 * Not covered: memory that the kernel, or a module without this, frees with its own
 * kfree(). It is to come from the kernel's kmalloc(): see Documentation/porting.rst.
 */
#ifndef _SQUIRREL_KMALLOC_H
#define _SQUIRREL_KMALLOC_H

#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <linux/printk.h>
/* The other of the two headers took it away, for the source. */
#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif

#include <squirrel/kernel.h>
#include <squirrel/kmalloc_calls.h>
#include <squirrel/kmalloc_strings.h>
#include <squirrel/kmem_free.h>
#include <squirrel/squirrel.h>

static inline void *squirrel_own_krealloc(const void *obj, size_t size,
					  gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(obj))
		return squirrel_kmalloc(size, gfp);
	if (!squirrel_owns(obj))
		return krealloc(obj, size, gfp);
	return squirrel_resize(obj, size, gfp, squirrel_kmalloc);
}

static inline void *squirrel_own_krealloc_array(void *obj, size_t n,
						size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return squirrel_own_krealloc(obj, bytes, gfp);
}

#if SQ_KVREALLOC_TAKES_OLD
/* It only ever grows. */
static inline void *squirrel_own_kvrealloc(const void *obj, size_t old_size,
					   size_t size, gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(obj))
		return squirrel_kvmalloc(size, gfp);
	if (!squirrel_owns(obj))
		return kvrealloc(obj, old_size, size, gfp);
	if (old_size >= size)
		return (void *)obj;
	return squirrel_resize(obj, size, gfp, squirrel_kvmalloc);
}
#else
static inline void *squirrel_own_kvrealloc(const void *obj, size_t size,
					   gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(obj))
		return squirrel_kvmalloc(size, gfp);
	if (!squirrel_owns(obj))
		return kvrealloc(obj, size, gfp);
	return squirrel_resize(obj, size, gfp, squirrel_kvmalloc);
}
#endif

/* ---- from here on the names mean squirrel --------------------------------- */

#include <squirrel/kmem_free_names.h>

#undef kmalloc
#define kmalloc			squirrel_kmalloc
#undef kmalloc_node
#define kmalloc_node		squirrel_kmalloc_node
#undef kzalloc
#define kzalloc			squirrel_kzalloc
#undef kzalloc_node
#define kzalloc_node		squirrel_kzalloc_node
#undef kmalloc_array
#define kmalloc_array		squirrel_kmalloc_array
#undef kmalloc_array_node
#define kmalloc_array_node	squirrel_kmalloc_array_node
#undef kcalloc
#define kcalloc			squirrel_kcalloc
#undef kcalloc_node
#define kcalloc_node		squirrel_kcalloc_node
#undef kmalloc_track_caller
#define kmalloc_track_caller	squirrel_kmalloc
#undef kmalloc_node_track_caller
#define kmalloc_node_track_caller	squirrel_kmalloc_node

#undef kvmalloc
#define kvmalloc		squirrel_kvmalloc
#undef kvmalloc_node
#define kvmalloc_node		squirrel_kvmalloc_node
#undef kvzalloc
#define kvzalloc		squirrel_kvzalloc
#undef kvzalloc_node
#define kvzalloc_node		squirrel_kvzalloc_node
#undef kvmalloc_array
#define kvmalloc_array		squirrel_kvmalloc_array
#undef kvcalloc
#define kvcalloc		squirrel_kvcalloc

#undef krealloc
#define krealloc		squirrel_own_krealloc
#undef krealloc_array
#define krealloc_array		squirrel_own_krealloc_array
#undef kvrealloc
#define kvrealloc		squirrel_own_kvrealloc

#undef kstrdup
#define kstrdup			squirrel_kstrdup
#undef kstrndup
#define kstrndup		squirrel_kstrndup
#undef kmemdup
#define kmemdup			squirrel_kmemdup
#undef kmemdup_nul
#define kmemdup_nul		squirrel_kmemdup_nul
#undef kmemdup_array
#define kmemdup_array		squirrel_kmemdup_array
#undef kvmemdup
#define kvmemdup		squirrel_kvmemdup
#undef kasprintf
#define kasprintf		squirrel_kasprintf
#undef kvasprintf
#define kvasprintf		squirrel_kvasprintf
#undef memdup_user
#define memdup_user		squirrel_memdup_user
#undef memdup_user_nul
#define memdup_user_nul		squirrel_memdup_user_nul
#undef vmemdup_user
#define vmemdup_user		squirrel_vmemdup_user
#undef strndup_user
#define strndup_user		squirrel_strndup_user

/* The source defines its own; nothing below this line prints */
#ifdef SQUIRREL_KMEM_CACHE_OWN_PR_FMT
#undef pr_fmt
#endif

#endif /* _SQUIRREL_KMALLOC_H */
