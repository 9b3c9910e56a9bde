/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kfree() and its relatives for module source that may pass them memory of
 * squirrel's: part of <squirrel/kmem_cache.h> and <squirrel/kmalloc.h>. Each call
 * asks whose it is. What is not squirrel's goes to the kernel as ever. The names
 * are given in kmem_free_names.h.
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
 * Of what is squirrel's. As the kernel: an object stays as long as the size fits it,
 * and goes to what @more has when it does not.
 */
static __always_inline void *
squirrel_resize(const void *obj, size_t size, gfp_t gfp,
		void *(*more)(size_t size, gfp_t gfp))
{
	size_t usable = squirrel_usable_size(obj);
	void *fresh;

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
	fresh = more(size, gfp);
	if (!fresh)
		return NULL;
	memcpy(fresh, obj, usable);
	squirrel_free_any(obj);
	return fresh;
}

static inline void *squirrel_their_kmalloc(size_t size, gfp_t gfp)
{
	return kmalloc(size, gfp);
}

static inline void *squirrel_krealloc(const void *obj, size_t size, gfp_t gfp)
{
	/* That NULL is not squirrel's the compiler sees only if it is told. */
	if (ZERO_OR_NULL_PTR(obj) || !squirrel_owns(obj))
		return krealloc(obj, size, gfp);
	return squirrel_resize(obj, size, gfp, squirrel_their_kmalloc);
}

static inline void *squirrel_krealloc_array(void *obj, size_t n, size_t size,
					    gfp_t gfp)
{
	size_t bytes;

	if (unlikely(check_mul_overflow(n, size, &bytes)))
		return NULL;
	return squirrel_krealloc(obj, bytes, gfp);
}

static inline void *squirrel_their_kvmalloc(size_t size, gfp_t gfp)
{
	return kvmalloc(size, gfp);
}

#if SQ_KVREALLOC_TAKES_OLD
/* It only ever grows. */
static inline void *squirrel_kvrealloc(const void *obj, size_t old_size,
				       size_t size, gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(obj) || !squirrel_owns(obj))
		return kvrealloc(obj, old_size, size, gfp);
	if (old_size >= size)
		return (void *)obj;
	return squirrel_resize(obj, size, gfp, squirrel_their_kvmalloc);
}
#else
static inline void *squirrel_kvrealloc(const void *obj, size_t size, gfp_t gfp)
{
	if (ZERO_OR_NULL_PTR(obj) || !squirrel_owns(obj))
		return kvrealloc(obj, size, gfp);
	return squirrel_resize(obj, size, gfp, squirrel_their_kvmalloc);
}
#endif

/* With the name of the struct rcu_head within the object */
#define squirrel_kfree_rcu_1(ptr, field)				\
do {									\
	typeof(ptr) __sq_obj = (ptr);					\
									\
	if (!squirrel_owns(__sq_obj))					\
		kvfree_rcu_arg_2(__sq_obj, field);			\
	else if (sizeof(__sq_obj->field) < sizeof(struct rcu_head))	\
		__squirrel_free_rcu_word(__sq_obj, &__sq_obj->field);	\
	else								\
		__squirrel_free_rcu(__sq_obj,				\
				    (void *)&__sq_obj->field);		\
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

#endif /* _SQUIRREL_KMEM_FREE_H */
