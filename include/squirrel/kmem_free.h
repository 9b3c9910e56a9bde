/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfree() and its relatives for module source that may pass them objects of a
 * kmem_cache: part of <squirrel/kmem_cache.h>. Each call asks whose memory it is.
 * What is not squirrel's goes to the kernel as ever.
 */
#ifndef _SQUIRREL_KMEM_FREE_H
#define _SQUIRREL_KMEM_FREE_H

#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <squirrel/kernel.h>
#include <squirrel/squirrel.h>

static inline void squirrel_kfree(const void *obj)
{
	if (!squirrel_free_any(obj))
		kfree(obj);
}

static inline void squirrel_kvfree(const void *obj)
{
	if (!squirrel_free_any(obj))
		kvfree(obj);
}

static inline void squirrel_kfree_const(const void *obj)
{
	if (!squirrel_free_any(obj))
		kfree_const(obj);
}

static inline void squirrel_kfree_sensitive(const void *obj)
{
	if (!squirrel_free_any_sensitive(obj))
		kfree_sensitive(obj);
}

static inline void squirrel_kvfree_sensitive(const void *obj, size_t len)
{
	if (!squirrel_free_any_sensitive(obj))
		kvfree_sensitive(obj, len);
}

/* The kernel's objects move together, and go in one call. */
static inline void squirrel_kfree_bulk(size_t n, void **objs)
{
	size_t i, kernels = 0;

	for (i = 0; i < n; i++)
		if (!squirrel_free_any(objs[i]))
			objs[kernels++] = objs[i];
	if (kernels)
		kfree_bulk(kernels, objs);
}

static inline size_t squirrel_ksize(const void *obj)
{
	return squirrel_owns(obj) ? squirrel_usable_size(obj) : ksize(obj);
}

/*
 * As the kernel: an object stays as long as the size fits it, and goes to
 * kmalloc() when it does not.
 */
static inline void *squirrel_krealloc(const void *obj, size_t size, gfp_t gfp)
{
	size_t usable;
	void *fresh;

	/* That NULL is not squirrel's the compiler sees only if it is told. */
	if (ZERO_OR_NULL_PTR(obj) || !squirrel_owns(obj))
		return krealloc(obj, size, gfp);
	usable = squirrel_usable_size(obj);
	/* The free reports what is no object's start. */
	if (!size || !usable) {
		squirrel_free_any(obj);
		return size ? NULL : ZERO_SIZE_PTR;
	}
	if (size <= usable) {
		if (want_init_on_alloc(gfp))
			memset((char *)obj + size, 0, usable - size);
		return (void *)obj;
	}
	fresh = kmalloc(size, gfp);
	if (!fresh)
		return NULL;
	memcpy(fresh, obj, usable);
	squirrel_free_any(obj);
	return fresh;
}

static inline void *squirrel_krealloc_array(void *obj, size_t n, size_t size,
					    gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return squirrel_krealloc(obj, bytes, gfp);
}

/* With the name of the struct rcu_head within the object */
#define squirrel_kfree_rcu_1(ptr, field)				\
do {									\
	typeof(ptr) __sq_obj = (ptr);					\
									\
	if (squirrel_owns(__sq_obj))					\
		squirrel_free_rcu(__sq_obj, field);			\
	else								\
		kvfree_rcu_arg_2(__sq_obj, field);			\
} while (0)

/* Without: may sleep */
#define squirrel_kfree_rcu_0(ptr, ...)					\
do {									\
	typeof(ptr) __sq_obj = (ptr);					\
									\
	if (squirrel_owns(__sq_obj)) {					\
		synchronize_rcu();					\
		squirrel_free_any(__sq_obj);				\
	} else {							\
		kvfree_rcu_arg_1(__sq_obj);				\
	}								\
} while (0)

#define squirrel_kfree_rcu(ptr, ...)					\
	CONCATENATE(squirrel_kfree_rcu_,				\
		    COUNT_ARGS(__VA_ARGS__))(ptr, ##__VA_ARGS__)

/* ---- from here on the names mean these ------------------------------------ */

/*
 * Object-like where the address may be taken. ksize is not: it is the name of
 * many a variable.
 */
#undef kfree
#define kfree			squirrel_kfree
#undef kvfree
#define kvfree			squirrel_kvfree
#undef kfree_const
#define kfree_const		squirrel_kfree_const
#undef kfree_sensitive
#define kfree_sensitive		squirrel_kfree_sensitive
#undef kvfree_sensitive
#define kvfree_sensitive	squirrel_kvfree_sensitive
#undef kfree_bulk
#define kfree_bulk		squirrel_kfree_bulk
#undef ksize
#define ksize(obj)		squirrel_ksize(obj)
#undef krealloc
#define krealloc		squirrel_krealloc
#undef krealloc_array
#define krealloc_array		squirrel_krealloc_array
#undef kfree_rcu
#define kfree_rcu		squirrel_kfree_rcu
#undef kvfree_rcu
#define kvfree_rcu		squirrel_kfree_rcu
#undef kfree_rcu_mightsleep
#define kfree_rcu_mightsleep(ptr)	squirrel_kfree_rcu_0(ptr)
#undef kvfree_rcu_mightsleep
#define kvfree_rcu_mightsleep(ptr)	squirrel_kfree_rcu_0(ptr)

/* struct foo *p __free(kfree): the kernel's was made of the kernel's kfree() */
#ifdef DEFINE_FREE
DEFINE_FREE(squirrel_kfree, void *, if (!IS_ERR_OR_NULL(_T)) kfree(_T))
#define __free_kfree		__free_squirrel_kfree
#endif
#if defined(DEFINE_FREE) && SQ_HAVE_FREE_KVFREE
DEFINE_FREE(squirrel_kvfree, void *, if (!IS_ERR_OR_NULL(_T)) kvfree(_T))
#define __free_kvfree		__free_squirrel_kvfree
#endif

#endif /* _SQUIRREL_KMEM_FREE_H */
