// SPDX-License-Identifier: GPL-2.0
/*
 * The allocator as a whole: set-up, events for the reclaimer, RCU frees.
 *
 * Lock order, outermost first:
 *
 *   sq_room_mutex (process context, for larger magazines; see room.c)
 *   sq_room_seq (a seqlock, irqs off): leaf
 *   busy flag of a CPU's magazines (preemption off; never waited for, so that a
 *     new slab's first objects go there with the lock held)
 *     sq_node.lock of one cache (raw, irqs off; in NMI only tried)
 *       the manager's locks (below this layer), for taking a slab apart only;
 *       otherwise they are taken without a lock of ours, or under a busy flag
 *   sq_registry_lock (raw, irqs off): leaf
 *
 * Two sq_node.locks are never held at once. What is detached under a lock is
 * given down after it was dropped. The page source is asked without any lock.
 *
 * Contexts: task, softirq and hardirq use all paths. An interrupt that finds
 * the busy flag set goes past the magazines to the slabs. NMI uses magazines
 * and, if the lock can be had by trying, slabs; it never asks the manager. A
 * free that cannot get the lock in NMI waits in a per-CPU list for irq_work
 * (defer.c). No context's free takes a lock of the kernel's that its caller may
 * hold; what would is done later, by irq_work or by the next call that may
 * (sq_cache_tidy(), report.c, the reclaimer's events).
 *
 * States of an object:
 *
 *   in its slab    bit set in sq_slab.free; carries the mark
 *   in a magazine  bit clear; pointer in a CPU's array or a depot magazine;
 *                  carries the mark
 *   on its way     bit clear; in the hands of who moves it from one of these to
 *                  another; carries the mark
 *   live           bit clear; no mark
 *
 * States of a slab, by the list it is on:
 *
 *   full    no object in it          -> tight, when one comes back
 *   tight   up to 1/4 in it          taken from first
 *   half    up to 1/2                taken from next
 *   loose   more                     taken from after those
 *   empty   all objects in it        taken from last; beyond a few (1 and 1/32
 *                                    of the node's slabs) given to the manager
 *
 * A half or loose slab of several pages may be taken apart when the reclaimer
 * comes by: pages that no object out of it touches go to the manager, and what
 * lies between them become slabs of their own (shed.c).
 *
 * Cache: counts of objects are per CPU and only ever grow, with what was counted
 * in magazines that were replaced; live is their difference. A heap is a set of
 * caches that share a manager, plus blocks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>

#include "internal.h"

DEFINE_STATIC_KEY_TRUE(sq_plain_free);
DEFINE_STATIC_KEY_FALSE(sq_trusted);
DEFINE_STATIC_KEY_FALSE(sq_numa);

DEFINE_STATIC_KEY_TRUE(sq_hardened);
EXPORT_SYMBOL_SQ_KUNIT(sq_hardened);

static siphash_key_t sq_secret_key __ro_after_init;
struct squirrel_heap *sq_default_heap __ro_after_init;
EXPORT_SYMBOL_SQ_KUNIT(sq_default_heap);

/* In no line that is written to: every allocation looks at it. */
bool sq_unusual __read_mostly;
unsigned long sq_series_n __read_mostly;

static const struct sq_block_ops *sq_page_source __ro_after_init;
static int sq_cpuhp_state __ro_after_init;
static sq_hook_fn sq_hook;
static atomic_long_t sq_series_count;
static atomic_long_t sq_rcu_pending;

/*
 * A number that nobody can tell from others of its kind; in any context, unlike
 * get_random_long().
 */
u64 sq_secret(u64 what, u64 which)
{
	return siphash_2u64(what, which, &sq_secret_key);
}

static DEFINE_PER_CPU(u64, sq_order);

/*
 * A random number for the order of objects, made in a few instructions: the next
 * of a series that began with a secret, moved by when it is asked for. Preemption
 * off; it does not matter if an interrupt takes one in between.
 */
u32 sq_next_order(void)
{
	u64 next = raw_cpu_read(sq_order);

	next = next * 6364136223846793005ULL + (random_get_entropy() | 1);
	raw_cpu_write(sq_order, next);
	return next >> 32;
}

/* The secrets of a new cache. */
void sq_mark_init(struct squirrel_cache *c)
{
	static atomic64_t caches;
	u64 nr = atomic64_inc_return(&caches);

	c->mark_key = sq_secret(nr, 0) | 1;
	c->mark_mul = sq_secret(nr, 1) | 1;
}

/*
 * The hot paths ask one question each: is everything as usual? That spares
 * them one for each thing that may be unusual. What is settled at load is a
 * static key; what a mode switches at run time is a plain flag, so that nobody
 * patches the code under a million allocations a second.
 */
static void sq_usual_update(void)
{
	WRITE_ONCE(sq_unusual, want_init_on_alloc(0) || sq_series_n);
}

static void sq_usual_init(void)
{
	bool plain = !want_init_on_free() && !static_key_enabled(&sq_numa);
	bool hardened = static_key_enabled(&sq_hardened);

	if (!plain || !hardened)
		static_branch_disable(&sq_plain_free);
	if (plain && !hardened)
		static_branch_enable(&sq_trusted);
	sq_usual_update();
}

const struct sq_block_ops *sq_source(void)
{
	return sq_page_source;
}

/* ---- events --------------------------------------------------------------- */

/**
 * sq_allocator_set_hook() - who is told of events
 * @hook: what to call, or NULL for nobody
 *
 * Context: Process context. May sleep: when it returns, nobody is in the hook
 * that was set before.
 * Return: the hook that was set before.
 */
sq_hook_fn sq_allocator_set_hook(sq_hook_fn hook)
{
	sq_hook_fn before = xchg(&sq_hook, hook);

	synchronize_rcu();
	return before;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_allocator_set_hook);

/**
 * sq_allocator_set_series() - ask for SQ_EVENT_ALLOCS
 * @n: every how many allocations; 0 for not at all
 *
 * Context: Any context. The caller sees to it that two calls do not overlap.
 */
void sq_allocator_set_series(unsigned long n)
{
	WRITE_ONCE(sq_series_n, n);
	sq_usual_update();
}

void sq_event(enum sq_event event, gfp_t gfp)
{
	sq_hook_fn hook;

	if (in_nmi())
		return;
	rcu_read_lock();
	hook = READ_ONCE(sq_hook);
	if (hook)
		hook(event, gfp);
	rcu_read_unlock();
}

/* @nr allocations were made: has the count passed a multiple of N? */
void sq_series_tick(gfp_t gfp, unsigned long nr)
{
	unsigned long n = READ_ONCE(sq_series_n), count;

	if (!n)
		return;
	count = atomic_long_add_return(nr, &sq_series_count);
	if (count / n != (count - nr) / n)
		sq_event(SQ_EVENT_ALLOCS, gfp);
}

static int sq_cpu_dead(unsigned int cpu)
{
	sq_event(SQ_EVENT_CPU_DEAD, GFP_KERNEL);
	return 0;
}

/* ---- the default heap's other calls --------------------------------------- */

/**
 * squirrel_zalloc() - kzalloc() from the default heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc().
 */
void *squirrel_zalloc(size_t size, gfp_t gfp)
{
	return squirrel_alloc(size, gfp | __GFP_ZERO);
}
EXPORT_SYMBOL_GPL(squirrel_zalloc);

/**
 * squirrel_alloc_node() - kmalloc_node() from the default heap
 * @size: bytes
 * @gfp: as for squirrel_heap_alloc_node()
 * @node: the node by preference, or NUMA_NO_NODE
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_alloc_node().
 */
void *squirrel_alloc_node(size_t size, gfp_t gfp, int node)
{
	return squirrel_heap_alloc_node(sq_default_heap, size, gfp, node);
}
EXPORT_SYMBOL_GPL(squirrel_alloc_node);

/**
 * squirrel_calloc() - kcalloc() from the default heap
 * @n: number of elements
 * @size: bytes of one
 * @gfp: as for squirrel_heap_alloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_calloc().
 */
void *squirrel_calloc(size_t n, size_t size, gfp_t gfp)
{
	return squirrel_heap_calloc(sq_default_heap, n, size, gfp);
}
EXPORT_SYMBOL_GPL(squirrel_calloc);

/**
 * squirrel_realloc() - krealloc() from the default heap
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 * @size: bytes; 0 frees it
 * @gfp: as for squirrel_heap_realloc()
 *
 * Context: As squirrel_heap_alloc().
 * Return: As squirrel_heap_realloc().
 */
void *squirrel_realloc(const void *obj, size_t size, gfp_t gfp)
{
	return sq_heap_realloc(sq_default_heap, obj, size, gfp, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_realloc);

/**
 * squirrel_free_sensitive() - wipe memory of the default heap, then free it
 * @obj: the memory, NULL or ZERO_SIZE_PTR
 *
 * Context: As squirrel_free().
 */
void squirrel_free_sensitive(const void *obj)
{
	size_t size = squirrel_usable_size(obj);

	/* What the free will refuse is left alone here as well. */
	if (size && sq_is_live(sq_default_heap, obj))
		memzero_explicit((void *)obj, size);
	sq_heap_free_slow(obj, sq_default_heap, _RET_IP_);
}
EXPORT_SYMBOL_GPL(squirrel_free_sensitive);

/**
 * squirrel_free_any_sensitive() - wipe memory, then free it by address alone
 * @obj: any address at all
 *
 * All of the object is wiped, also what a constructor has written: the cache
 * hands it out as it is.
 *
 * Context: As squirrel_free_any().
 * Return: As squirrel_free_any().
 */
bool squirrel_free_any_sensitive(const void *obj)
{
	size_t size = squirrel_usable_size(obj);

	/* What the free will refuse is left alone here as well. */
	if (size && sq_is_live(NULL, obj))
		memzero_explicit((void *)obj, size);
	return squirrel_free_any(obj);
}
EXPORT_SYMBOL_GPL(squirrel_free_any_sensitive);

/* ---- RCU ------------------------------------------------------------------ */

/* The head lies anywhere in the object: find where that starts and whose it is. */
static void sq_rcu_free(struct rcu_head *head)
{
	struct squirrel_cache *owner;
	struct sq_agent *agent;
	unsigned long base;

	preempt_disable();
	do {
		agent = sq_map_owner(head, &owner);
		base = sq_agent_addr(agent);
		if (owner && agent->kind == SQ_KIND_SLAB)
			base = sq_slab_base(agent) +
			       (unsigned long)owner->size *
			       sq_slot_index(owner, agent, head);
		smp_rmb();	/* as in sq_map_owner() */
	} while (agent != sq_map_lookup(head));
	preempt_enable();
	if (!owner)
		sq_report(NULL, "RCU free", head, 0);
	else if (owner->heap_key || (owner->flags & SQ_CACHE_LARGE))
		squirrel_heap_free(owner->heap, (void *)base);
	else
		squirrel_cache_free(owner, (void *)base);
	/* Pairs with sq_rcu_free_wait(): the free was counted before. */
	atomic_long_dec_return_release(&sq_rcu_pending);
}

/* Does somebody's memory start at @obj? If not, say so. */
static bool sq_rcu_check(const void *obj, unsigned long caller)
{
	struct squirrel_cache *owner;
	struct sq_agent *agent;
	bool start;

	preempt_disable();
	do {
		agent = sq_map_owner(obj, &owner);
		start = owner && (agent->kind == SQ_KIND_SLAB ?
				  sq_slot_start(owner, agent, obj) :
				  (unsigned long)obj == sq_agent_addr(agent));
		smp_rmb();	/* as in sq_check_free() */
	} while (!start && agent != sq_map_lookup(obj));
	preempt_enable();
	if (!start)
		sq_report(owner, owner ? "RCU free of a pointer into the middle" :
			  "RCU free", obj, caller);
	return start;
}

/**
 * __squirrel_free_rcu() - free after a grace period; use the macro
 * @obj: the object
 * @head: the struct rcu_head within it
 *
 * Context: Any context but NMI.
 */
void __squirrel_free_rcu(const void *obj, struct rcu_head *head)
{
	if (!sq_rcu_check(obj, _RET_IP_))
		return;
	atomic_long_inc(&sq_rcu_pending);
	call_rcu(head, sq_rcu_free);
}
EXPORT_SYMBOL_GPL(__squirrel_free_rcu);

/*
 * Until all RCU frees asked for so far are done. May sleep. Returns whether there
 * were any.
 */
bool sq_rcu_free_wait(void)
{
	/* None left: then what they freed is seen to be free. */
	if (!atomic_long_read_acquire(&sq_rcu_pending))
		return false;
	rcu_barrier();
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_rcu_free_wait);

/* ---- set-up --------------------------------------------------------------- */

static int sq_default_heap_init(const struct sq_allocator_config *config)
{
	static const struct squirrel_heap_args args;
	struct squirrel_heap *heap;

	heap = sq_heap_new("default", &args, config->source);
	if (IS_ERR(heap))
		return PTR_ERR(heap);
	if (sq_heap_set_strategy(heap, config->strategy)) {
		pr_err("unknown strategy '%s'; at load there are segregated, first and best\n",
		       config->strategy);
		sq_heap_discard(heap);
		return -EINVAL;
	}
	sq_default_heap = heap;
	return sq_registry_add_heap(sq_default_heap);
}

/**
 * sq_allocator_init() - set the allocator up
 * @config: see struct sq_allocator_config
 *
 * Context: Process context, at load. May sleep.
 * Return: 0, -EINVAL for an unknown strategy, or -ENOMEM.
 */
int sq_allocator_init(const struct sq_allocator_config *config)
{
	int err, cpu;

	sq_page_source = config->source;
	get_random_bytes(&sq_secret_key, sizeof(sq_secret_key));
	for_each_possible_cpu(cpu)
		per_cpu(sq_order, cpu) = sq_secret(cpu, 2);
	if (!config->hardened)
		static_branch_disable(&sq_hardened);
	if (nr_node_ids > 1)
		static_branch_enable(&sq_numa);
	sq_usual_init();
	sq_deferred_init();
	err = sq_default_heap_init(config);
	if (err)
		return err;
	err = sq_magazine_init();
	if (err)
		goto heap;
	err = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "squirrel:dead",
					NULL, sq_cpu_dead);
	if (err < 0)
		goto magazine;
	sq_cpuhp_state = err;
	return 0;
magazine:
	sq_magazine_exit();
heap:
	sq_heap_discard(sq_default_heap);
	sq_room_exit();
	return err;
}

/**
 * sq_allocator_exit() - take the allocator down; there are no clients left
 *
 * Context: Process context, at unload. May sleep.
 */
void sq_allocator_exit(void)
{
	cpuhp_remove_state_nocalls(sq_cpuhp_state);
	rcu_barrier();
	sq_deferred_flush();
	sq_magazine_exit();
	sq_heap_discard(sq_default_heap);
	sq_room_exit();
	sq_report_exit();
	rcu_barrier();
}
