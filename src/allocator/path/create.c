// SPDX-License-Identifier: GPL-2.0
/*
 * Clients' caches and heaps come and go: what they ask for is checked, what they leave
 * is told.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "path.h"

/* ---- caches --------------------------------------------------------------- */

static int cache_check_args(const char *name, unsigned int size,
			    const struct squirrel_cache_args *args)
{
	int err = sq_check_name("cache", name);

	if (err)
		return err;
	if (!size) {
		pr_err("cache '%s': size must not be 0\n", name);
		return -EINVAL;
	}
	if (size > SQUIRREL_MAX_SIZE) {
		pr_err("cache '%s': size %u is over %lu\n", name, size,
		       SQUIRREL_MAX_SIZE);
		return -E2BIG;
	}
	if (!args)
		return 0;
	if (args->align && (!is_power_of_2(args->align) ||
			    args->align > SQUIRREL_MAX_SIZE)) {
		pr_err("cache '%s': align %u is not a power of two up to %lu\n",
		       name, args->align, SQUIRREL_MAX_SIZE);
		return -EINVAL;
	}
	if (sq_cache_mark_outside(args) &&
	    size > SQUIRREL_MAX_SIZE - sizeof(unsigned long)) {
		pr_err("cache '%s': size %u is over %lu, with %zu bytes behind it for squirrel's mark\n",
		       name, size, SQUIRREL_MAX_SIZE, sizeof(unsigned long));
		return -E2BIG;
	}
	if (args->flags & ~SQUIRREL_CACHE_FLAGS) {
		pr_err("cache '%s': unknown flags 0x%x\n", name,
		       args->flags & ~SQUIRREL_CACHE_FLAGS);
		return -EINVAL;
	}
	return sq_check_pref_node("cache", name, args->node);
}

/* 0, or -EINVAL if the limit does not hold a single object or the reserve. */
static int cache_check_limit(const struct squirrel_cache *c,
			     const struct squirrel_cache_args *args)
{
	if (!args || !args->limit)
		return 0;
	if (c->limit_objs && args->reserve <= c->limit_objs)
		return 0;
	pr_err("cache '%s': limit %zu holds %lu objects of %u, %u wanted\n",
	       c->name, args->limit, c->limit_objs, c->size,
	       max(1U, args->reserve));
	return -EINVAL;
}

/* 0, or -ENOMEM: the reserve is not worth that anybody is killed for it. */
static int cache_first_fill(struct squirrel_cache *c)
{
	if (!sq_reserve_fits("cache", c->name, (u64)c->reserve * c->size))
		return -ENOMEM;
	sq_cache_fill(c, GFP_KERNEL | __GFP_NORETRY, UINT_MAX);
	if (sq_cache_at_hand(c) >= c->reserve)
		return 0;
	pr_err("cache '%s': no memory for the reserve of %u objects\n", c->name,
	       c->reserve);
	return -ENOMEM;
}

static const char *cache_owner(const struct squirrel_cache_args *args,
			       struct module *owner)
{
	if (args && args->owner)
		return args->owner;
	return owner ? module_name(owner) : "";
}

/* Nobody finds it any more, then it goes, and its twin. */
static void cache_end(struct squirrel_cache *c)
{
	struct squirrel_cache *twin;

	sq_debug_end(c);
	/* Now that nobody makes one any more. */
	twin = c->twin;
	if (twin) {
		if (!list_empty(&c->link))
			sq_registry_del_cache(c);
		synchronize_rcu_expedited();
		INIT_LIST_HEAD(&c->link);
		sq_cache_discard(twin);
	}
	if (c->reserve)
		sq_mags_keep(-1);
	sq_cache_discard(c);
}

/**
 * __squirrel_cache_create() - create an object cache; use the macro
 * @name: see squirrel_cache_create()
 * @size: see squirrel_cache_create()
 * @args: see squirrel_cache_create()
 * @owner: the client module
 *
 * Context: Process context. May sleep.
 * Return: See squirrel_cache_create().
 */
struct squirrel_cache *
__squirrel_cache_create(const char *name, unsigned int size,
			const struct squirrel_cache_args *args,
			struct module *owner)
{
	struct squirrel_cache *c;
	int err;

	err = cache_check_args(name, size, args);
	if (err)
		return ERR_PTR(err);
	c = sq_sweep_fails_create(name, cache_owner(args, owner), _RET_IP_) ?
	    ERR_PTR(-ENOMEM) :
	    sq_cache_make(name, cache_owner(args, owner), size, args,
			  sq_default_heap, 0, GFP_KERNEL);
	if (IS_ERR(c)) {
		pr_err("cache '%s': no memory\n", name);
		return c;
	}
	if (c->reserve)
		sq_mags_keep(1);
	err = cache_check_limit(c, args);
	if (!err && args && args->debug)
		err = sq_cache_set_debug(c, args->debug);
	if (err)
		goto discard;
	err = cache_first_fill(c);
	if (err)
		goto discard;
	__module_get(THIS_MODULE);
	err = sq_registry_add_cache(c, true);
	if (!err) {
		sq_debug_new_cache(c);
		return c;
	}
	pr_err("cache '%s': exists already\n", name);
	module_put(THIS_MODULE);
discard:
	cache_end(c);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(__squirrel_cache_create);

/*
 * Nobody uses it, but the reclaimer may just be draining it, which disturbs what is summed
 * up: then what CPUs have at hand goes first. What is counted without a hand is exact.
 */
static long settled_balance(struct squirrel_cache *c)
{
	long balance = sq_cache_balance(c);
	unsigned int tries = SQ_SETTLE_TRIES;

	while (balance && tries--) {
		/* On a CPU that is at it just now nothing is drained. */
		synchronize_rcu_expedited();
		squirrel_cache_shrink(c);
		balance = sq_cache_balance(c);
	}
	return balance;
}

/* What is in no slab, nor was found damaged: that is nowhere, and nobody's. */
static unsigned long out_of_slabs(struct squirrel_cache *c)
{
	unsigned long out = 0;
	int nid;

	for_each_node(nid) {
		struct sq_node *n = c->node[nid];

		out += sq_read_racy(n->nr_objs) - sq_read_racy(n->nr_free);
	}
	return out - min(out, 0UL + atomic_long_read(&c->retired));
}

/*
 * What is live, of a cache that is to go. The counts do not tell if some object
 * was freed twice and that was taken: one such hides one that is live. What is in
 * no slab when all magazines are empty is live; an object that is in two places
 * comes to light on the way. But what the reclaimer has taken out of a depot is in no
 * slab yet: it is there when who walks caches now is through.
 */
static unsigned long cache_settle(struct squirrel_cache *c)
{
	long balance = settled_balance(c);
	unsigned int tries = SQ_SETTLE_TRIES;
	unsigned long out;

	if (balance > 0)
		return balance;
	if (balance < 0)
		pr_err("cache '%s': %ld more frees than allocations: objects were freed twice\n",
		       c->name, -balance);
	for (;;) {
		squirrel_cache_shrink(c);
		out = out_of_slabs(c);
		if (!out || !tries--)
			return out;
		synchronize_rcu_expedited();
	}
}

/**
 * squirrel_cache_destroy() - destroy a cache all of whose objects were freed
 * @c: the cache; NULL and an ERR_PTR are passed over
 *
 * Waits for frees that squirrel_free_rcu() still owes. If objects are live
 * then it is refused: their number is reported, they and the cache stay valid,
 * and it may be called again; but a reserve is not kept up any more. More frees
 * than allocations (see squirrel_cache_free()) are reported as well, and do not
 * hide what is live.
 *
 * Context: Process context. May sleep. Takes cpus_read_lock(). What was freed
 * in NMI on a CPU after the last interrupt before it went offline is waited for until
 * that CPU is back.
 * Return: 0, or -EBUSY if it was refused.
 */
int squirrel_cache_destroy(struct squirrel_cache *c)
{
	unsigned long live;

	if (IS_ERR_OR_NULL(c))
		return 0;
	sq_rcu_free_wait();
	sq_deferred_flush();
	sq_large_flush();
	live = cache_settle(c);
	if (c->twin)
		live += cache_settle(c->twin);
	if (live) {
		c->flags |= SQ_CACHE_DYING;
		if (c->twin)
			c->twin->flags |= SQ_CACHE_DYING;
		pr_err("cache '%s': destroy refused, %lu objects (%lu bytes) are live\n",
		       c->name, live, live * c->object_size);
		sq_debug_print_left(c);
		return -EBUSY;
	}
	cache_end(c);
	module_put(THIS_MODULE);
	return 0;
}
EXPORT_SYMBOL_GPL(squirrel_cache_destroy);

/* ---- heaps ---------------------------------------------------------------- */

static int heap_check_args(const char *name,
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
	return sq_check_pref_node("heap", name, args->node);
}

static int heap_choose(struct squirrel_heap *heap,
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

static int heap_fill(struct squirrel_heap *heap)
{
	unsigned long pages = DIV_ROUND_UP(heap->reserve, PAGE_SIZE);
	int node = sq_pref_node(heap->pref_node, NUMA_NO_NODE);

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
	err = heap_check_args(name, args);
	if (err)
		return ERR_PTR(err);
	heap = sq_sweep_fails_create(name, owner ? module_name(owner) : "", _RET_IP_) ?
	       ERR_PTR(-ENOMEM) : sq_heap_new(name, args, sq_source(), NULL);
	if (IS_ERR(heap)) {
		pr_err("heap '%s': no memory\n", name);
		return heap;
	}
	strscpy(heap->owner, owner ? module_name(owner) : "", sizeof(heap->owner));
	err = heap_choose(heap, args);
	if (!err && args->debug)
		err = sq_heap_set_debug(heap, args->debug);
	if (!err)
		err = heap_fill(heap);
	if (err)
		goto discard;
	__module_get(THIS_MODULE);
	err = sq_registry_add_heap(heap);
	if (!err) {
		sq_debug_new_heap(heap);
		return heap;
	}
	pr_err("heap '%s': exists already\n", name);
	module_put(THIS_MODULE);
discard:
	sq_debug_forget_heap(heap);
	sq_heap_discard(heap);
	return ERR_PTR(err);
}
EXPORT_SYMBOL_GPL(__squirrel_heap_create);

static void heap_report_left(struct squirrel_heap *heap)
{
	unsigned long objs = atomic_long_read(&heap->large_live);
	unsigned long bytes = atomic_long_read(&heap->large_bytes);
	unsigned int i;

	for (i = 0; i < SQUIRREL_NR_CLASSES; i++) {
		struct squirrel_cache *c = heap->made[i];
		long live = c ? sq_cache_balance(c) : 0;

		if (c && c->twin)
			live += sq_cache_balance(c->twin);

		if (live < 0) {
			pr_err("heap '%s': size %u: %ld more frees than allocations: objects were freed twice\n",
			       heap->name, c->size, -live);
			continue;
		}
		objs += live;
		bytes += live * squirrel_class_size(i);
	}
	if (!objs)
		return;
	pr_warn("heap '%s': destroyed with %lu objects (%lu bytes) live; freed\n",
		heap->name, objs, bytes);
	sq_debug_print_left_heap(heap, NULL);
}

/**
 * squirrel_heap_destroy() - destroy a heap and free all that is left in it
 * @heap: the heap; NULL and an ERR_PTR are passed over
 *
 * Waits for frees that squirrel_free_rcu() still owes. What is still live is
 * reported, by number and bytes, and freed at a cost per block of pages, not
 * per object.
 *
 * Context: Process context. May sleep, as squirrel_cache_destroy(). Nobody may use the heap
 * any more.
 */
void squirrel_heap_destroy(struct squirrel_heap *heap)
{
	if (IS_ERR_OR_NULL(heap))
		return;
	sq_rcu_free_wait();
	sq_deferred_flush();
	sq_large_flush();
	sq_heap_withdraw(heap);
	sq_debug_end_heap(heap);
	heap_report_left(heap);
	sq_debug_forget_heap(heap);
	sq_heap_raze(heap);
	module_put(THIS_MODULE);
}
EXPORT_SYMBOL_GPL(squirrel_heap_destroy);
