/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Squirrel: a private slab-style allocator for kernel modules.
 *
 * This is all a client needs. Three things are on offer:
 *
 *   caches  objects of one size            squirrel_cache_*()
 *   heaps   objects of any size, destroyed at once   squirrel_heap_*()
 *   the default heap, shaped like kmalloc()          squirrel_alloc()/_free()
 *
 * Errors: create calls return an ERR_PTR and print one line that says why.
 * Allocation calls return NULL. A refused operation changes nothing.
 * Zero-copy: memory of a heap of more than SQUIRREL_CLASS_MAX_SIZE bytes may be
 * handed to what takes references to its pages (the network by sendpage or
 * splice, a bio, a mapping), as that of kmalloc() may: a page that is still
 * referred to when the memory is freed is not used again before its holder put
 * it. Smaller objects, and those of caches, share their pages with others and are
 * used again when they are freed, whoever refers to the page. They are no PageSlab
 * and have references, so sendpage_ok() and the like call them fit; they are so
 * only until they are freed. Whoever sends one by reference must keep it until the
 * other side is through with it.
 * Contexts: an allocation without __GFP_DIRECT_RECLAIM and every free work
 * from task, softirq, hardirq and NMI context, unless a function's own
 * Context: line says otherwise.
 */
#ifndef _SQUIRREL_SQUIRREL_H
#define _SQUIRREL_SQUIRREL_H

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/overflow.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>

struct squirrel_cache;
struct squirrel_heap;

/** define SQUIRREL_NAME_MAX - longest name of a cache or heap, in characters */
#define SQUIRREL_NAME_MAX	47
/** define SQUIRREL_MAX_SIZE - largest object of a cache or heap, in bytes */
#define SQUIRREL_MAX_SIZE	(4UL << 20)

/*
 * Flags of a cache. The values are squirrel's own; <squirrel/kmem_cache.h>
 * translates the SLAB_* ones.
 */
/** define SQUIRREL_HWCACHE_ALIGN - align objects to the CPU's cache line */
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
/** define SQUIRREL_CACHE_FLAGS - all flags a client may pass */
#define SQUIRREL_CACHE_FLAGS		0x0fU

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
 */
struct squirrel_cache_args {
	unsigned int align;
	unsigned int flags;
	void (*ctor)(void *obj);
	size_t limit;
	unsigned int reserve;
	int node;
};

/**
 * enum squirrel_fit - how a heap picks among its free blocks
 * @SQUIRREL_STRATEGY_DEFAULT: the module's ``strategy`` parameter
 * @SQUIRREL_SEGREGATED_FIT: first block of the smallest size class that is
 *	sure to fit; constant time
 * @SQUIRREL_FIRST_FIT: the block with the lowest address that fits
 * @SQUIRREL_BEST_FIT: the smallest block that fits
 */
enum squirrel_fit {
	SQUIRREL_STRATEGY_DEFAULT,
	SQUIRREL_SEGREGATED_FIT,
	SQUIRREL_FIRST_FIT,
	SQUIRREL_BEST_FIT,
};

/**
 * struct squirrel_heap_args - what is special about a heap
 * @strategy: how free blocks are chosen
 * @strategy_name: the same by name, also of one that another module has
 *	registered (see <squirrel/strategy.h>); NULL: as @strategy says
 * @limit: most bytes of pages that may be in use, rounded down to whole
 *	pages, or 0; what must not fail (__GFP_NOFAIL) goes beyond it
 * @reserve: bytes of pages fetched at create and never given back, or 0
 * @node: NUMA node the memory comes from by preference, as node + 1, or 0 for
 *	the node of the allocating CPU
 */
struct squirrel_heap_args {
	enum squirrel_fit strategy;
	const char *strategy_name;
	size_t limit;
	size_t reserve;
	int node;
};

/**
 * enum squirrel_reclaim_mode - when the reclaimer runs
 * @SQUIRREL_RECLAIM_OFF: only when asked (and under memory pressure)
 * @SQUIRREL_RECLAIM_SERIES: in the allocating context, every N allocations
 * @SQUIRREL_RECLAIM_PARALLEL: on its own, in the background
 */
enum squirrel_reclaim_mode {
	SQUIRREL_RECLAIM_OFF,
	SQUIRREL_RECLAIM_SERIES,
	SQUIRREL_RECLAIM_PARALLEL,
};

/* caches */
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
 * @args: const struct squirrel_cache_args *, or NULL for the defaults
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
 * Defines, for this source file: int name_cache_init(void) and
 * void name_cache_exit(void); type *name_alloc(gfp_t), type *name_zalloc(gfp_t)
 * and void name_free(type *). The init call returns 0 or a negative errno. The
 * exit call may be refused, as squirrel_cache_destroy(): then all of them still
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

/* heaps */
struct squirrel_heap *
__squirrel_heap_create(const char *name, const struct squirrel_heap_args *args,
		       struct module *owner);
/**
 * squirrel_heap_create() - create a heap
 * @name: its name, unique among heaps, 1 to SQUIRREL_NAME_MAX characters
 *	without '/' or white space
 * @args: const struct squirrel_heap_args *, or NULL for the defaults
 *
 * Context: Process context. May sleep.
 * Return: the heap, or ERR_PTR of -EINVAL (bad name, strategy or node; limit
 * below the reserve or below one page), -EEXIST (name taken) or -ENOMEM.
 */
#define squirrel_heap_create(name, args)				\
	__squirrel_heap_create((name), (args), THIS_MODULE)

void squirrel_heap_destroy(struct squirrel_heap *heap);
void *squirrel_heap_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp);
void *squirrel_heap_zalloc(struct squirrel_heap *heap, size_t size, gfp_t gfp);
void *squirrel_heap_alloc_node(struct squirrel_heap *heap, size_t size,
			       gfp_t gfp, int node);
void *squirrel_heap_calloc(struct squirrel_heap *heap, size_t n, size_t size,
			   gfp_t gfp);
void *squirrel_heap_realloc(struct squirrel_heap *heap, const void *obj,
			    size_t size, gfp_t gfp);
void squirrel_heap_free(struct squirrel_heap *heap, const void *obj);

/*
 * Size classes of a heap: up to 64 bytes one every 8 bytes, above that eight
 * per power of two: 72 80 ... 128, 144 ... 256, and so on up to 8192.
 * Above 64 bytes neighbours are at most 1/8 apart, so an object wastes 1/16 of its
 * size on average; below, at most 7 bytes. Larger ones are blocks of pages.
 *
 * Where kmalloc() aligns to more than 8 bytes, or a buffer for DMA must not share
 * a line of the cache, only those that are multiples of that are in use.
 */
#define SQUIRREL_CLASS_MAX_SIZE	8192UL
#define SQUIRREL_NR_CLASSES		64U

#ifndef SQUIRREL_MIN_ALIGN
#ifndef ARCH_DMA_MINALIGN
#define SQUIRREL_MIN_ALIGN	(0UL + ARCH_KMALLOC_MINALIGN)
#else
#define SQUIRREL_MIN_ALIGN						\
	((0UL + ARCH_DMA_MINALIGN) / ARCH_KMALLOC_MINALIGN ?		\
	 (0UL + ARCH_DMA_MINALIGN) : (0UL + ARCH_KMALLOC_MINALIGN))
#endif
#endif

/* @size is 1 to SQUIRREL_CLASS_MAX_SIZE. */
static __always_inline unsigned int squirrel_class_of(size_t size)
{
	unsigned int last, shift;

	if (SQUIRREL_MIN_ALIGN > 8)
		size = ALIGN(size, SQUIRREL_MIN_ALIGN);
	last = size - 1;
	if (size <= 64)
		return last >> 3;
	shift = __fls(last) - 3;
	return ((shift - 3) << 3) + (last >> shift);
}

static __always_inline unsigned int squirrel_class_size(unsigned int class)
{
	unsigned int group;

	if (class < 8)
		return (class + 1) << 3;
	group = (class - 8) >> 3;
	return (9 + (class & 7)) << (group + 3);
}

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
size_t squirrel_usable_size(const void *obj);
bool squirrel_owns(const void *obj);

/* by address alone */
bool squirrel_free_any(const void *obj);
bool squirrel_free_any_sensitive(const void *obj);

/* reclaimer */
unsigned long squirrel_reclaim(void);
int squirrel_reclaim_mode(enum squirrel_reclaim_mode mode, unsigned long n);

#endif /* _SQUIRREL_SQUIRREL_H */
