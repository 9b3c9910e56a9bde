/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kmemleak is told of objects, as SLUB does it, where the kernel has kmemleak. Elsewhere
 * nothing of this is there.
 */
#ifndef _SQ_ALLOCATOR_LEAK_H
#define _SQ_ALLOCATOR_LEAK_H

#include <linux/types.h>

struct squirrel_cache;

#ifdef CONFIG_DEBUG_KMEMLEAK
void sq_leak_alloc(const struct squirrel_cache *c, void *obj, gfp_t gfp);
void sq_leak_free(const struct squirrel_cache *c, const void *obj);
#else
static __always_inline void sq_leak_alloc(const struct squirrel_cache *c, void *obj, gfp_t gfp)
{
}

static __always_inline void sq_leak_free(const struct squirrel_cache *c, const void *obj)
{
}
#endif

#endif /* _SQ_ALLOCATOR_LEAK_H */
