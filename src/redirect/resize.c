// SPDX-License-Identifier: GPL-2.0
/*
 * krealloc() and kvrealloc(), twice: where kmalloc() is the kernel's what does not
 * fit any more goes there, and where it is squirrel's (own) it stays with squirrel.
 */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <squirrel/kernel.h>
#include <squirrel/kmalloc_calls.h>
#include <squirrel/squirrel.h>

#include "redirect.h"

/* What is special about a call. */
struct change {
	size_t size;
	unsigned long align;
	gfp_t gfp;
	int node;
	bool far;
	bool own;
};

/* Squirrel's to do? What is nobody's yet is so if kmalloc() is squirrel's. */
static bool is_ours(const void *obj, bool own)
{
	return ZERO_OR_NULL_PTR(obj) ? own : squirrel_owns(obj);
}

static void *take(const struct change *c)
{
	size_t size = c->size;

	/* A power of two is aligned to itself. */
	if (size && c->align > SQUIRREL_MIN_ALIGN)
		size = roundup_pow_of_two(max_t(size_t, size, c->align));
	if (c->far)
		return c->own ? squirrel_kvmalloc_node(size, c->gfp, c->node) :
				kvmalloc_node(size, c->gfp, c->node);
	return c->own ? squirrel_kmalloc_node(size, c->gfp, c->node) :
			kmalloc_node(size, c->gfp, c->node);
}

static void *resize(const void *obj, const struct change *c)
{
	size_t usable;
	void *fresh;

	if (ZERO_OR_NULL_PTR(obj))
		return take(c);
	usable = squirrel_usable_size(obj);
	/* The free reports what is no object's start. */
	if (!c->size || !usable) {
		squirrel_free_any(obj);
		return c->size ? NULL : ZERO_SIZE_PTR;
	}
	if (c->size <= usable && IS_ALIGNED((unsigned long)obj, c->align)) {
		if (want_init_on_alloc(c->gfp))
			memset((char *)obj + c->size, 0, usable - c->size);
		return (void *)obj;
	}
	fresh = take(c);
	if (!fresh)
		return NULL;
	memcpy(fresh, obj, min(c->size, usable));
	squirrel_free_any(obj);
	return fresh;
}

/* How the kernel has them: what is called so, its parameters, and how to hand them on. */
#ifdef krealloc_node_align
#define KREALLOC	krealloc_node_align_noprof
#define KVREALLOC	kvrealloc_node_align_noprof
#define PARAMS		const void *obj, DECL_TOKEN_PARAMS(size, token),	\
			unsigned long align, gfp_t gfp, int node
#define KV_PARAMS	PARAMS
#define SAME		obj, PASS_TOKEN_PARAMS(size, token), align, gfp, node
#define KV_SAME		SAME
#define KEPT		false
#define WHERE		.align = align, .node = node
#else
#define KREALLOC	SQ_KERNELS(krealloc)
#define KVREALLOC	SQ_KERNELS(kvrealloc)
#define PARAMS		const void *obj, size_t size, gfp_t gfp
#define SAME		obj, size, gfp
#define WHERE		.align = 1, .node = NUMA_NO_NODE
#if SQ_KVREALLOC_TAKES_OLD
#define KV_PARAMS	const void *obj, size_t old_size, size_t size, gfp_t gfp
#define KV_SAME		obj, old_size, size, gfp
/* It only ever grows. */
#define KEPT		(old_size >= size)
#else
#define KV_PARAMS	PARAMS
#define KV_SAME		SAME
#define KEPT		false
#endif
#endif

#define CHANGE(is_far, is_own)						\
	&(struct change){						\
		.size = size,						\
		.gfp = gfp,						\
		.far = is_far,						\
		.own = is_own,						\
		WHERE							\
	}

SQ_DROPIN_EXPORT(KREALLOC);
void *SQ_DROPIN(KREALLOC)(PARAMS)
{
	if (!is_ours(obj, false))
		return KREALLOC(SAME);
	return resize(obj, CHANGE(false, false));
}

SQ_DROPIN_EXPORT(KVREALLOC);
void *SQ_DROPIN(KVREALLOC)(KV_PARAMS)
{
	if (!is_ours(obj, false))
		return KVREALLOC(KV_SAME);
	if (KEPT)
		return (void *)obj;
	return resize(obj, CHANGE(true, false));
}

SQ_DROPIN_EXPORT_OWN(KREALLOC);
void *SQ_DROPIN_OWN(KREALLOC)(PARAMS)
{
	if (!is_ours(obj, true))
		return KREALLOC(SAME);
	return resize(obj, CHANGE(false, true));
}

SQ_DROPIN_EXPORT_OWN(KVREALLOC);
void *SQ_DROPIN_OWN(KVREALLOC)(KV_PARAMS)
{
	if (!is_ours(obj, true))
		return KVREALLOC(KV_SAME);
	if (KEPT)
		return (void *)obj;
	return resize(obj, CHANGE(true, true));
}
