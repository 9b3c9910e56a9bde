/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The handles that pass for struct kmem_cache, and which node is meant: part of
 * <squirrel/kmem_cache.h>.
 */
#ifndef _SQUIRREL_KMEM_HANDLE_H
#define _SQUIRREL_KMEM_HANDLE_H

#include <linux/gfp.h>
#include <linux/nodemask.h>
#include <linux/numa.h>
#include <linux/slab.h>
#include <linux/types.h>

#include <squirrel/squirrel.h>

static __always_inline bool squirrel_kmem_ours(const struct kmem_cache *s)
{
	return (unsigned long)s & 1;
}

static __always_inline struct squirrel_cache *
squirrel_kmem_cache(const struct kmem_cache *s)
{
	return (struct squirrel_cache *)((unsigned long)s - 1);
}

/* As the kernel: firmware names nodes that are not there. */
static inline int squirrel_kmem_node(gfp_t gfp, int node)
{
	if ((gfp & __GFP_THISNODE) ||
	    (node >= 0 && node < nr_node_ids && node_online(node)))
		return node;
	return NUMA_NO_NODE;
}

#endif /* _SQUIRREL_KMEM_HANDLE_H */
