// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps: an array of caches, one per size class and made on first use, plus
 * large blocks. The default heap is one of them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kmemleak.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "cache.h"

/* The default heap's classes, where squirrel_alloc() finds them. */
struct squirrel_cache *squirrel_default_class[SQUIRREL_NR_CLASSES];
EXPORT_SYMBOL_GPL(squirrel_default_class);

/* ---- making and taking apart ---------------------------------------------- */

static void heap_free_memory(struct squirrel_heap *heap)
{
	unsigned int i;

	for (i = 0; heap->class && i < SQUIRREL_NR_CLASSES; i++) {
		if (heap->made[i] && heap->made[i]->twin)
			sq_cache_free_memory(heap->made[i]->twin);
		if (heap->made[i])
			sq_cache_free_memory(heap->made[i]);
		heap->class[i] = NULL;
	}
	if (heap->large) {
		kfree(heap->large->peak);
		kfree_rcu(heap->large, rcu);
	}
	if (heap->class != squirrel_default_class)
		kfree(heap->class);
	kfree(heap);
}

/*
 * An unregistered heap, or an ERR_PTR; the arguments have been checked. @class is where
 * its classes are, or NULL: then it makes an array of its own for them.
 */
struct squirrel_heap *sq_heap_new(const char *name,
				  const struct squirrel_heap_args *args,
				  const struct sq_block_ops *source,
				  struct squirrel_cache **class)
{
	struct squirrel_heap *heap;
	struct squirrel_cache *large;

	heap = kzalloc(sizeof(*heap), GFP_KERNEL);
	if (!heap)
		return ERR_PTR(-ENOMEM);
	strscpy(heap->name, name, sizeof(heap->name));
	INIT_LIST_HEAD(&heap->link);
	heap->class = class ? class : kcalloc(SQUIRREL_NR_CLASSES,
					      sizeof(*heap->class), GFP_KERNEL);
	heap->pref_node = args->node;
	heap->limit = args->limit;
	heap->reserve = args->reserve;
	large = sq_cache_new(name, 0, NULL, heap, SQ_CACHE_LARGE, GFP_KERNEL);
	if (!IS_ERR(large))
		heap->large = large;
	heap->manager = sq_manager_create(source, args->limit >> PAGE_SHIFT);
	if (heap->class && heap->large && !IS_ERR_OR_NULL(heap->manager)) {
		sq_strategy_begin(heap);
		return heap;
	}
	if (!IS_ERR_OR_NULL(heap->manager))
		sq_manager_destroy(heap->manager);
	heap_free_memory(heap);
	return ERR_PTR(-ENOMEM);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_new);

/* Nobody finds it any more, nor its classes: what is counted in them is exact. May sleep. */
void sq_heap_withdraw(struct squirrel_heap *heap)
{
	unsigned int i;

	if (!list_empty(&heap->link))
		sq_registry_del_heap(heap);
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++) {
		if (heap->made[i] && heap->made[i]->twin)
			sq_registry_del_cache(heap->made[i]->twin);
		if (heap->made[i])
			sq_registry_del_cache(heap->made[i]);
	}
	synchronize_rcu_expedited();
}

/* Blocks that are looked at in one hold of the manager's lock */
#define FORGET_BLOCKS	64

/* Objects of one block that kmemleak is to forget; see forget_block(). */
struct forget {
	char *first;
	size_t step;
	unsigned int nr;
	unsigned int left;
};

/* The next block in use ends the step: kmemleak has locks of its own, and may wake others. */
static bool forget_block(const struct sq_agent *agent, void *ctx)
{
	struct squirrel_cache *c = sq_owner_acquire(agent);
	struct forget *f = ctx;

	f->left--;
	if (!c || !sq_agent_used(agent))
		return f->left;
	f->first = (char *)sq_agent_addr(agent);
	f->nr = 1;
	if (agent->kind == SQ_KIND_SLAB) {
		f->first = (char *)sq_slab_base(agent) + c->lead;
		f->step = c->size;
		f->nr = sq_read_racy(sq_slab_of((struct sq_agent *)agent)->nr_objs);
	}
	return false;
}

/*
 * Nobody uses the heap: what it has of memory is about to be others', and kmemleak must not
 * take it for objects then. What it does not know it passes over.
 */
void sq_heap_forget(struct squirrel_heap *heap)
{
	unsigned long addr = 0;
	struct forget f;
	unsigned int i;
	bool more;

	if (!IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		return;
	/* Not later: by then it may be an object of somebody else's. */
	sq_untold_tell();
	do {
		f = (struct forget){ .left = FORGET_BLOCKS };
		more = sq_viewer_step(heap->manager, &addr, forget_block, &f);
		for (i = 0; i < f.nr; i++)
			kmemleak_free(f.first + i * f.step);
		cond_resched();
	} while (more || f.nr || !f.left);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_forget);

/*
 * Take a heap apart, whatever is live in it: the manager gives all pages back as
 * they are, at a cost per page. Objects are not looked at; where the kernel
 * wipes what is freed (init_on_free), the page source does. May sleep.
 */
void sq_heap_raze(struct squirrel_heap *heap)
{
	struct sq_lost lost;

	sq_heap_forget(heap);
	lost = sq_manager_destroy_all(heap->manager);
	if (lost.pages)
		sq_report_lost(heap->large, lost);
	sq_strategy_end(heap);
	/* Who found it by an address, before its pages went, may be looking at it. */
	synchronize_rcu_expedited();
	heap_free_memory(heap);
}

void sq_heap_discard(struct squirrel_heap *heap)
{
	sq_heap_withdraw(heap);
	sq_heap_raze(heap);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_discard);

/* ---- classes -------------------------------------------------------------- */

/* Who allocates finds a class, or finds it no more, as the heap is debugged or not. */
void sq_heap_show_class(struct squirrel_heap *heap, unsigned int class)
{
	bool debugged;

	do {
		debugged = READ_ONCE(heap->debug) & SQ_DEBUG_ON;
		WRITE_ONCE(heap->class[class],
			   debugged ? NULL : READ_ONCE(heap->made[class]));
		/* Whoever comes last has seen what the other one set. */
		smp_mb();
	} while (debugged != !!(READ_ONCE(heap->debug) & SQ_DEBUG_ON));
}

static struct squirrel_cache *heap_make_class(struct squirrel_heap *heap,
					      unsigned int class, gfp_t gfp)
{
	const struct squirrel_cache_args args = { .node = heap->pref_node };
	char name[SQUIRREL_NAME_MAX + 1];
	struct squirrel_cache *c, *old;

	if (!sq_may_grow())
		return NULL;
	snprintf(name, sizeof(name), "%.40s/%u", heap->name,
		 squirrel_class_size(class));
	c = sq_cache_new(name, squirrel_class_size(class), &args, heap,
			 SQ_CACHE_CLASS,
			 (gfp & (GFP_KERNEL | GFP_ATOMIC)) | __GFP_NOWARN);
	if (IS_ERR(c))
		return NULL;
	/* Before it can be found, so that it is in the registry once. */
	old = cmpxchg(&heap->made[class], NULL, c);
	if (old) {
		sq_cache_free_memory(c);
		return old;
	}
	sq_registry_add_cache(c, false);
	sq_heap_show_class(heap, class);
	return c;
}

/*
 * The cache of a class a little larger, or NULL. A power of two is aligned to
 * itself, so only another such will do for it.
 */
struct squirrel_cache *sq_heap_substitute(struct squirrel_heap *heap,
					  unsigned int class)
{
	bool two = is_power_of_2(squirrel_class_size(class));
	struct squirrel_cache *c = NULL;
	unsigned int i;

	for (i = class + 1; !c && i <= class + SQ_CLASS_TRIES &&
	     i < SQUIRREL_NR_CLASSES; i++)
		if (!two || is_power_of_2(squirrel_class_size(i)))
			c = READ_ONCE(heap->made[i]);
	return c;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_substitute);

/* The cache of a size class, or of one that will do; NULL if neither. */
struct squirrel_cache *sq_heap_class(struct squirrel_heap *heap,
				     unsigned int class, gfp_t gfp)
{
	struct squirrel_cache *c = READ_ONCE(heap->made[class]);

	if (!c)
		c = heap_make_class(heap, class, gfp);
	return c ? c : sq_heap_substitute(heap, class);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_class);
