// SPDX-License-Identifier: GPL-2.0
/*
 * Heaps: an array of caches, one per size class and made on first use, plus
 * large blocks. The default heap is one of them.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "internal.h"
#include "pick.h"

/* Larger classes to try before a whole page when a class cannot be made. */
#define SQ_CLASS_TRIES	8

/*
 * Live memory of the default heap pins the module: no client's reference may
 * do it, since any code may have been handed the memory.
 */
void sq_heap_pin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap && atomic_long_inc_return(&heap->pinned) == 1)
		__module_get(THIS_MODULE);
}

void sq_heap_unpin(struct squirrel_heap *heap)
{
	if (heap == sq_default_heap && atomic_long_dec_and_test(&heap->pinned))
		module_put(THIS_MODULE);
}

/* The default heap's classes, where squirrel_alloc() finds them. */
struct squirrel_cache *squirrel_default_class[SQUIRREL_NR_CLASSES];
EXPORT_SYMBOL_GPL(squirrel_default_class);

/* ---- making and taking apart ---------------------------------------------- */

static void sq_heap_free_memory(struct squirrel_heap *heap)
{
	unsigned int i;

	for (i = 0; heap->class && i < SQUIRREL_NR_CLASSES; i++) {
		if (heap->class[i])
			sq_cache_free_memory(heap->class[i]);
		heap->class[i] = NULL;
	}
	if (heap->large)
		kfree_rcu(heap->large, rcu);
	if (heap->class != squirrel_default_class)
		kfree(heap->class);
	kfree(heap);
}

/* An unregistered heap, or an ERR_PTR; the arguments have been checked. */
struct squirrel_heap *sq_heap_new(const char *name,
				  const struct squirrel_heap_args *args,
				  const struct sq_block_ops *source)
{
	struct squirrel_heap *heap;
	struct squirrel_cache *large;

	heap = kzalloc(sizeof(*heap), GFP_KERNEL);
	if (!heap)
		return ERR_PTR(-ENOMEM);
	strscpy(heap->name, name, sizeof(heap->name));
	INIT_LIST_HEAD(&heap->link);
	/* The first heap is the default one. */
	heap->class = sq_default_heap ?
		      kcalloc(SQUIRREL_NR_CLASSES, sizeof(*heap->class), GFP_KERNEL) :
		      squirrel_default_class;
	heap->home = args->node;
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
	sq_heap_free_memory(heap);
	return ERR_PTR(-ENOMEM);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_new);

/*
 * Take a heap apart, whatever is live in it: the manager gives all pages back as
 * they are, at a cost per page. Objects are not looked at; where the kernel
 * wipes what is freed (init_on_free), the page source does. May sleep.
 */
void sq_heap_discard(struct squirrel_heap *heap)
{
	struct sq_lost lost;
	unsigned int i;

	if (!list_empty(&heap->link))
		sq_registry_del_heap(heap);
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++)
		if (heap->class[i])
			sq_registry_del_cache(heap->class[i]);
	synchronize_rcu_expedited();
	for (i = 0; i < SQUIRREL_NR_CLASSES; i++)
		if (heap->class[i])
			sq_room_forget(heap->class[i]);
	lost = sq_manager_raze(heap->manager);
	if (lost.pages)
		sq_report_lost(heap->large, lost);
	sq_strategy_end(heap);
	sq_heap_free_memory(heap);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_discard);

static struct squirrel_cache *sq_heap_make_class(struct squirrel_heap *heap,
						 unsigned int class, gfp_t gfp)
{
	const struct squirrel_cache_args args = { .node = heap->home };
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
	old = cmpxchg(&heap->class[class], NULL, c);
	if (old) {
		sq_cache_free_memory(c);
		return old;
	}
	sq_registry_add_cache(c, false);
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
			c = READ_ONCE(heap->class[i]);
	return c;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_substitute);

/* The cache of a size class, or of one that will do; NULL if neither. */
struct squirrel_cache *sq_heap_class(struct squirrel_heap *heap,
				     unsigned int class, gfp_t gfp)
{
	struct squirrel_cache *c = READ_ONCE(heap->class[class]);

	if (!c)
		c = sq_heap_make_class(heap, class, gfp);
	return c ? c : sq_heap_substitute(heap, class);
}
EXPORT_SYMBOL_SQ_KUNIT(sq_heap_class);

/* ---- allocation ----------------------------------------------------------- */

void *sq_heap_alloc_slow(struct squirrel_heap *heap, size_t size, gfp_t gfp,
			 int node)
{
	struct squirrel_cache *c = NULL;

	if (!size)
		return ZERO_SIZE_PTR;
	if (size > SQUIRREL_MAX_SIZE) {
		if (!(gfp & __GFP_NOWARN))
			pr_warn_ratelimited("heap '%s': %zu bytes asked for, %lu is the most\n",
					    heap->name, size,
					    SQUIRREL_MAX_SIZE);
		return NULL;
	}
	if (!in_nmi())
		might_alloc(gfp);
	if (size <= SQUIRREL_CLASS_MAX_SIZE)
		c = sq_heap_class(heap, squirrel_class_of(size), gfp);
	if (c)
		return node == NUMA_NO_NODE ? squirrel_cache_alloc(c, gfp) :
		       squirrel_cache_alloc_node(c, gfp, node);
	if (unlikely(sq_peek(sq_series_n)))
		sq_series_tick(gfp, 1);
	return sq_large_alloc(heap, size, gfp, node);
}

/**
 * squirrel_heap_zalloc() - take zeroed memory from a heap
 * @heap: the heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc().
 */
void *squirrel_heap_zalloc(struct squirrel_heap *heap, size_t size, gfp_t gfp)
{
	return squirrel_heap_alloc(heap, size, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_heap_zalloc);

/**
 * squirrel_heap_alloc_node() - take memory on a NUMA node
 * @heap: the heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc(); with __GFP_THISNODE there only
 * @node: the node by preference, or NUMA_NO_NODE
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc(); NULL also for a node that does not exist.
 */
void *squirrel_heap_alloc_node(struct squirrel_heap *heap, size_t size,
			       gfp_t gfp, int node)
{
	if (node != NUMA_NO_NODE &&
	    (node < 0 || node >= nr_node_ids || !node_online(node)))
		return NULL;
	return sq_heap_alloc_slow(heap, size, gfp, node);
}
EXPORT_SYMBOL_GPL(squirrel_heap_alloc_node);

/**
 * squirrel_heap_calloc() - take zeroed memory for an array
 * @heap: the heap
 * @n: number of elements
 * @size: bytes of one
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc(); NULL without a warning if the product
 * overflows.
 */
void *squirrel_heap_calloc(struct squirrel_heap *heap, size_t n, size_t size,
			   gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return squirrel_heap_alloc(heap, bytes, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_heap_calloc);

/**
 * squirrel_usable_size() - how much memory there is behind a pointer
 * @obj: start of live memory from squirrel, or NULL
 *
 * Context: Any context.
 * Return: bytes the client may use; 0 for NULL, ZERO_SIZE_PTR and anything
 * that is not squirrel's.
 */
size_t squirrel_usable_size(const void *obj)
{
	struct squirrel_cache *owner;
	struct sq_agent *agent;
	size_t size = 0;

	preempt_disable();
	do {
		agent = sq_map_lookup(obj);
		owner = sq_owner(agent);
		if (!owner)
			size = 0;
		else if (agent->kind == SQ_KIND_LARGE)
			size = (unsigned long)obj == sq_agent_addr(agent) ?
			       sq_agent_size(agent) : 0;
		else if (sq_slot_start(owner, agent, obj))
			size = owner->object_size;
		/* Or its slab was taken apart meanwhile: see shed.c. */
		smp_rmb();
	} while (!size && agent != sq_map_lookup(obj));
	preempt_enable();
	return size;
}
EXPORT_SYMBOL_GPL(squirrel_usable_size);

/**
 * squirrel_owns() - is an address in memory that squirrel has in use?
 * @obj: any address at all
 *
 * In use means held by a cache or heap: the object itself may be free.
 *
 * Context: Any context.
 * Return: whether it is.
 */
bool squirrel_owns(const void *obj)
{
	bool owned;

	preempt_disable();
	owned = sq_owner(sq_map_lookup(obj));
	preempt_enable();
	return owned;
}
EXPORT_SYMBOL_GPL(squirrel_owns);

/* Does the new size still belong where the memory is? */
static bool sq_realloc_stays(const void *obj, size_t size, size_t usable)
{
	if (size > usable)
		return false;
	if (is_power_of_2(size) && !IS_ALIGNED((unsigned long)obj, size))
		return false;
	if (usable <= SQUIRREL_CLASS_MAX_SIZE)
		return squirrel_class_size(squirrel_class_of(size)) == usable;
	return PAGE_ALIGN(size) == usable && size > SQUIRREL_CLASS_MAX_SIZE;
}

void *sq_heap_realloc(struct squirrel_heap *heap, const void *obj, size_t size,
		      gfp_t gfp, unsigned long caller)
{
	size_t usable;
	void *fresh;

	if (ZERO_OR_NULL_PTR(obj))
		return squirrel_heap_alloc(heap, size, gfp);
	if (!size) {
		sq_heap_free_slow(obj, heap, caller);
		return ZERO_SIZE_PTR;
	}
	usable = squirrel_usable_size(obj);
	if (!usable || !sq_is_live(heap, obj)) {
		sq_report(heap->large, "realloc", obj, caller);
		return NULL;
	}
	if (sq_realloc_stays(obj, size, usable)) {
		/* What is given up here reads as zero if it is asked for again. */
		if (gfp & __GFP_ZERO)
			memset((char *)obj + size, 0, usable - size);
		return (void *)obj;
	}
	fresh = squirrel_heap_alloc(heap, size, gfp);
	if (!fresh)
		return NULL;
	memcpy(fresh, obj, min(size, usable));
	sq_heap_free_slow(obj, heap, caller);
	return fresh;
}

/**
 * squirrel_heap_realloc() - change the size of memory from a heap
 * @heap: the heap
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 * @size: bytes; 0 frees it
 * @gfp: as for squirrel_heap_alloc()
 *
 * With __GFP_ZERO in the allocation and in every call since, what is new reads
 * as zero, also what was given up by an earlier call: all behind @size, up to
 * squirrel_usable_size(), is cleared. A client that uses the memory up to that
 * size loses there what is behind @size. With __GFP_ZERO in some of the calls
 * only, what was written between the old size and the usable size, or was there
 * before, may show.
 *
 * Context: As squirrel_heap_alloc().
 * Return: the memory, perhaps elsewhere, with its content up to the smaller of
 * both sizes; ZERO_SIZE_PTR for 0 bytes; NULL if there is none (or @obj is not
 * live memory of @heap): then @obj is as it was.
 */
void *squirrel_heap_realloc(struct squirrel_heap *heap, const void *obj,
			    size_t size, gfp_t gfp)
{
	return sq_heap_realloc(heap, obj, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_heap_realloc);

/* ---- the public create and destroy ---------------------------------------- */

static int sq_heap_check_args(const char *name,
			      const struct squirrel_heap_args *args)
{
	int err = sq_check_name("heap", name);

	if (err)
		return err;
	if (args->strategy && !sq_strategy_name(args->strategy)) {
		pr_err("heap '%s': unknown strategy %d\n", name,
		       args->strategy);
		return -EINVAL;
	}
	if (args->limit && (args->limit < PAGE_SIZE ||
			    args->limit < args->reserve)) {
		pr_err("heap '%s': limit %zu is below %s\n", name, args->limit,
		       args->limit < PAGE_SIZE ? "one page" : "the reserve");
		return -EINVAL;
	}
	return sq_check_home("heap", name, args->node);
}

static int sq_heap_choose(struct squirrel_heap *heap,
			  const struct squirrel_heap_args *args)
{
	const char *name = args->strategy_name;

	if (!sq_heap_set_strategy(heap, name ? name :
				  sq_strategy_name(args->strategy)))
		return 0;
	pr_err("heap '%s': unknown strategy '%s'\n", heap->name,
	       name ? name : "");
	return -EINVAL;
}

static int sq_heap_fill(struct squirrel_heap *heap)
{
	unsigned long pages = DIV_ROUND_UP(heap->reserve, PAGE_SIZE);
	int node = heap->home ? heap->home - 1 : NUMA_NO_NODE;

	if (!sq_reserve_fits("heap", heap->name, heap->reserve))
		return -ENOMEM;
	if (!pages || sq_manager_fetch(heap->manager, pages, GFP_KERNEL |
				       __GFP_NORETRY | __GFP_NOWARN,
				       node) >= pages)
		return 0;
	pr_err("heap '%s': no memory for the reserve of %zu bytes\n",
	       heap->name, heap->reserve);
	return -ENOMEM;
}

/**
 * __squirrel_heap_create() - create a heap; use the macro
 * @name: see squirrel_heap_create()
 * @args: see squirrel_heap_create()
 * @owner: the client module
 *
 * Context: Process context. May sleep.
 * Return: See squirrel_heap_create().
 */
struct squirrel_heap *
__squirrel_heap_create(const char *name, const struct squirrel_heap_args *args,
		       struct module *owner)
{
	static const struct squirrel_heap_args defaults;
	struct squirrel_heap *heap;
	int err;

	if (!args)
		args = &defaults;
	err = sq_heap_check_args(name, args);
	if (err)
		return ERR_PTR(err);
	heap = sq_heap_new(name, args, sq_source());
	if (IS_ERR(heap)) {
		pr_err("heap '%s': no memory\n", name);
		return heap;
	}
	strscpy(heap->owner, owner ? module_name(owner) : "", sizeof(heap->owner));
	err = sq_heap_choose(heap, args);
	if (!err)
		err = sq_heap_fill(heap);
	if (err)
		goto discard;
	__module_get(THIS_MODULE);
	err = sq_registry_add_heap(heap);
	if (!err)
		return heap;
	pr_err("heap '%s': exists already\n", name);
	module_put(THIS_MODULE);
discard:
	sq_heap_discard(heap);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(__squirrel_heap_create);

static void sq_heap_report_left(struct squirrel_heap *heap)
{
	unsigned long objs = atomic_long_read(&heap->large_live);
	unsigned long bytes = atomic_long_read(&heap->large_bytes);
	unsigned int i;

	for (i = 0; i < SQUIRREL_NR_CLASSES; i++) {
		struct squirrel_cache *c = heap->class[i];
		long live = c ? sq_cache_balance(c) : 0;

		if (live < 0) {
			pr_err("heap '%s': size %u: %ld more frees than allocations: objects were freed twice\n",
			       heap->name, c->size, -live);
			continue;
		}
		objs += live;
		bytes += live * squirrel_class_size(i);
	}
	if (objs)
		pr_warn("heap '%s': destroyed with %lu objects (%lu bytes) live; freed\n",
			heap->name, objs, bytes);
}

/**
 * squirrel_heap_destroy() - destroy a heap and free all that is left in it
 * @heap: the heap; NULL and an ERR_PTR are passed over
 *
 * Waits for frees that squirrel_free_rcu() still owes. What is still live is
 * reported, by number and bytes, and freed at a cost per block of pages, not
 * per object.
 *
 * Context: Process context. May sleep. Nobody may use the heap any more.
 */
void squirrel_heap_destroy(struct squirrel_heap *heap)
{
	if (IS_ERR_OR_NULL(heap))
		return;
	sq_rcu_free_wait();
	sq_deferred_flush();
	sq_heap_report_left(heap);
	sq_heap_discard(heap);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(squirrel_heap_destroy);
