/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel's own checkers are told when a client frees an object, as SLUB tells
 * them, where the kernel has one. Elsewhere nothing of this is there.
 */
#ifndef _SQ_ALLOCATOR_CHECKERS_H
#define _SQ_ALLOCATOR_CHECKERS_H

#include <linux/types.h>

struct squirrel_cache;
struct squirrel_heap;

/* As Kbuild has it. */
#if defined(CONFIG_DEBUG_KMEMLEAK) || defined(CONFIG_LOCKDEP) || defined(CONFIG_KCSAN)
#define SQ_HAS_CHECKERS	1
void sq_checkers_free(const struct squirrel_cache *c, const struct squirrel_heap *heap,
		      const void *obj);
#else
#define SQ_HAS_CHECKERS	0
static __always_inline void sq_checkers_free(const struct squirrel_cache *c,
					     const struct squirrel_heap *heap, const void *obj)
{
}
#endif

#endif /* _SQ_ALLOCATOR_CHECKERS_H */
