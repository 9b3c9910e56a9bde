// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc() and its relatives from squirrel's default heap, for who asks for them as
 * well (dropin-kmalloc.syms). What a caller's kmalloc() knows of the kernel's caches
 * does not matter here: the size comes with the call.
 */
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <squirrel/kmalloc_calls.h>

#include "redirect.h"

#ifdef kmem_cache_alloc
/* ---- since 6.10 ---------------------------------------------------------------- */

/* Of 7.3: where a type's memory is to lie apart from others' there is a token more. */
#ifdef DECL_TOKEN_PARAMS
#define SIZE_PARAMS	DECL_TOKEN_PARAMS(size, token)
#define BUCKET_PARAMS	DECL_KMALLOC_PARAMS(size, b, token)
#define FAR_PARAMS	BUCKET_PARAMS, unsigned long align, gfp_t gfp, int node
#else
#define SIZE_PARAMS	size_t size
#define BUCKET_PARAMS	DECL_BUCKET_PARAMS(size, b)
#define FAR_PARAMS	BUCKET_PARAMS, gfp_t gfp, int node
#endif

SQ_DROPIN_EXPORT(__kmalloc_noprof);
void *squirrel_dropin___kmalloc_noprof(SIZE_PARAMS, gfp_t gfp)
{
	return squirrel_kmalloc(size, gfp);
}

SQ_DROPIN_EXPORT(__kmalloc_node_noprof);
void *squirrel_dropin___kmalloc_node_noprof(BUCKET_PARAMS, gfp_t gfp, int node)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(__kmalloc_node_track_caller_noprof);
void *squirrel_dropin___kmalloc_node_track_caller_noprof(BUCKET_PARAMS,
							 gfp_t gfp, int node,
							 unsigned long caller)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(__kmalloc_cache_noprof);
void *squirrel_dropin___kmalloc_cache_noprof(struct kmem_cache *s, gfp_t gfp,
					     size_t size)
{
	return squirrel_kmalloc(size, gfp);
}

SQ_DROPIN_EXPORT(__kmalloc_cache_node_noprof);
void *squirrel_dropin___kmalloc_cache_node_noprof(struct kmem_cache *s,
						  gfp_t gfp, int node,
						  size_t size)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(__kmalloc_large_noprof);
void *squirrel_dropin___kmalloc_large_noprof(size_t size, gfp_t gfp)
{
	return squirrel_kmalloc(size, gfp);
}

SQ_DROPIN_EXPORT(__kmalloc_large_node_noprof);
void *squirrel_dropin___kmalloc_large_node_noprof(size_t size, gfp_t gfp,
						  int node)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(__kvmalloc_node_noprof);
void *squirrel_dropin___kvmalloc_node_noprof(FAR_PARAMS)
{
	return squirrel_kvmalloc_node(size, gfp, node);
}

#else
/* ---- before -------------------------------------------------------------------- */

SQ_DROPIN_EXPORT(__kmalloc);
void *squirrel_dropin___kmalloc(size_t size, gfp_t gfp)
{
	return squirrel_kmalloc(size, gfp);
}

SQ_DROPIN_EXPORT(__kmalloc_node);
void *squirrel_dropin___kmalloc_node(size_t size, gfp_t gfp, int node)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(__kmalloc_node_track_caller);
void *squirrel_dropin___kmalloc_node_track_caller(size_t size, gfp_t gfp,
						  int node,
						  unsigned long caller)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(kmalloc_trace);
void *squirrel_dropin_kmalloc_trace(struct kmem_cache *s, gfp_t gfp,
				    size_t size)
{
	return squirrel_kmalloc(size, gfp);
}

SQ_DROPIN_EXPORT(kmalloc_node_trace);
void *squirrel_dropin_kmalloc_node_trace(struct kmem_cache *s, gfp_t gfp,
					 int node, size_t size)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(kmalloc_large);
void *squirrel_dropin_kmalloc_large(size_t size, gfp_t gfp)
{
	return squirrel_kmalloc(size, gfp);
}

SQ_DROPIN_EXPORT(kmalloc_large_node);
void *squirrel_dropin_kmalloc_large_node(size_t size, gfp_t gfp, int node)
{
	return squirrel_kmalloc_node(size, gfp, node);
}

SQ_DROPIN_EXPORT(kvmalloc_node);
void *squirrel_dropin_kvmalloc_node(size_t size, gfp_t gfp, int node)
{
	return squirrel_kvmalloc_node(size, gfp, node);
}

#endif

/* ---- mempools of one size ------------------------------------------------------ */

SQ_DROPIN_EXPORT(mempool_kmalloc);
void *squirrel_dropin_mempool_kmalloc(gfp_t gfp, void *data)
{
	return squirrel_kmalloc((size_t)data, gfp);
}

SQ_DROPIN_EXPORT(mempool_kfree);
void squirrel_dropin_mempool_kfree(void *obj, void *data)
{
	if (!squirrel_free_any(obj))
		kfree(obj);
}
