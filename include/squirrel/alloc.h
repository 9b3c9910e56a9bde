/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The default heap, shaped like kmalloc(), and what takes an object of any cache or
 * heap by its address alone: part of <squirrel/squirrel.h>.
 */
#ifndef _SQUIRREL_ALLOC_H
#define _SQUIRREL_ALLOC_H

#include <linux/gfp.h>
#include <linux/numa.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>

#include <squirrel/cache.h>
#include <squirrel/size_class.h>

/* the default heap */
extern struct squirrel_cache *squirrel_default_class[SQUIRREL_NR_CLASSES];
void *__squirrel_alloc(size_t size, gfp_t gfp);

/**
 * squirrel_alloc() - kmalloc() from the default heap
 * @size: bytes, up to SQUIRREL_MAX_SIZE
 * @gfp: what the context allows; __GFP_ZERO clears the memory
 *
 * A size that the compiler knows finds its size class when it compiles.
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc().
 */
static __always_inline void *squirrel_alloc(size_t size, gfp_t gfp)
{
	if (__builtin_constant_p(size) && size &&
	    size <= SQUIRREL_CLASS_MAX_SIZE) {
		struct squirrel_cache *c;

		c = READ_ONCE(squirrel_default_class[squirrel_class_of(size)]);
		if (likely(c))
			return squirrel_cache_alloc(c, gfp);
	}
	return __squirrel_alloc(size, gfp);
}

void *squirrel_zalloc(size_t size, gfp_t gfp);
void *squirrel_alloc_node(size_t size, gfp_t gfp, int node);
void *squirrel_calloc(size_t n, size_t size, gfp_t gfp);
void *squirrel_realloc(const void *obj, size_t size, gfp_t gfp);
void squirrel_free(const void *obj);
void squirrel_free_sensitive(const void *obj);
void __squirrel_free_rcu(const void *obj, struct rcu_head *head);
void __squirrel_free_rcu_word(const void *obj, void *word);
/**
 * squirrel_free_rcu() - free an object after an RCU grace period
 * @ptr: the object, from the default heap, a heap or a cache; NULL and
 *	ZERO_SIZE_PTR are passed over
 * @field: name of the struct rcu_head within it
 *
 * What is not the start of an object is reported at once and left alone.
 *
 * Context: Any context but NMI.
 */
#define squirrel_free_rcu(ptr, field)					\
do {									\
	typeof(ptr) __sq_free_rcu_ptr = (ptr);				\
									\
	if (!ZERO_OR_NULL_PTR(__sq_free_rcu_ptr))			\
		__squirrel_free_rcu(__sq_free_rcu_ptr,			\
				    &__sq_free_rcu_ptr->field);		\
} while (0)
void squirrel_free_rcu_barrier(void);
size_t squirrel_usable_size(const void *obj);
bool squirrel_owns(const void *obj);

/* by address alone */
bool squirrel_free_any(const void *obj);
bool squirrel_free_any_sensitive(const void *obj);

#endif /* _SQUIRREL_ALLOC_H */
