/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Heaps, objects of any size that can be destroyed at once: part of
 * <squirrel/squirrel.h>.
 */
#ifndef _SQUIRREL_HEAP_H
#define _SQUIRREL_HEAP_H

#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/numa.h>
#include <linux/types.h>

#include <squirrel/limits.h>

struct squirrel_heap;

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
 * @debug: letters of FZPUQGT (K: with KASAN only): how it is debugged from the start, as can
 *	be switched in debugfs; or NULL
 */
struct squirrel_heap_args {
	enum squirrel_fit strategy;
	const char *strategy_name;
	size_t limit;
	size_t reserve;
	int node;
	const char *debug;
};

struct squirrel_heap *
__squirrel_heap_create(const char *name, const struct squirrel_heap_args *args,
		       struct module *owner);
/**
 * squirrel_heap_create() - create a heap
 * @name: its name, unique among heaps, 1 to SQUIRREL_NAME_MAX characters
 *	without '/' or white space
 * @args: a pointer to const struct squirrel_heap_args, or NULL for the defaults
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

#endif /* _SQUIRREL_HEAP_H */
