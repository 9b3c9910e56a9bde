// SPDX-License-Identifier: GPL-2.0
/*
 * The allocator as a whole: set-up and end. Its rooms, bottom up, each of which knows
 * those below it and none above or beside it:
 *
 *   common     what a cache and a heap are; events, modes, registry, reports
 *   pages      blocks of pages for a heap, by its strategy
 *   slab       a block of objects, a node's lists of them; what an object is
 *   magazine   objects at hand: CPUs' hands, the nodes' depots
 *   cache      making and taking apart caches and heaps; large blocks
 *   debug      what is debugged, on any kernel, while it is in use
 *   path, view, reclaim.c   the ways in and out; what people see; what the
 *              reclaimer may ask for
 *
 * Lock order, outermost first:
 *
 *   heaps_mutex (process context; registry.c), strategy_mutex (process context;
 *     strategy.c), names_mutex (process context; registry.c): none of them is
 *     taken under another of these, but under sweep_mutex, rule_mutex or sample_mutex
 *     (debug/fail.c, rule.c, sample.c)
 *   debug_mutex (process context; debug/lock.c), under heaps_mutex or alone; in it
 *     peak_mutex (debug/peak.c), guard_mutex (debug/guard_pool.c)
 *   cpus_read_lock() (process context), by who shrinks or destroys a cache, under none
 *     of these
 *   claim of a CPU's hand (preemption off; never waited for, so that a new
 *     slab's first objects go there with the lock held)
 *     sq_node.lock of one cache (raw, irqs off; in NMI only tried); under the claim
 *     also that of a cache that magazines are made of, but not under another's lock
 *       the manager's locks (below this layer), for taking a slab apart only;
 *       otherwise they are taken without a lock of ours, or under a claim
 *   sq_depot.lock (raw, irqs off; not in NMI), registry_lock, a quarantine's lock, that of
 *     guarded memory which is ready (raw, irqs off; the latter two in NMI only tried), that of
 *     path/leak.c (not in NMI; kmemleak's own are under it): leaves
 *
 * Two sq_node.locks are never held at once. What is detached under a lock is
 * given down after it was dropped. The page source is asked without any lock.
 *
 * Contexts: task, softirq and hardirq use all paths. An interrupt that finds
 * it claimed goes past it to the slabs. NMI uses magazines and, if the lock can
 * be had by trying, slabs; it never asks the manager. A free that cannot get the
 * lock in NMI waits in a per-CPU list for irq_work (put.c). No context's free takes a
 * lock of the kernel's that its caller may hold; what would is done later, by
 * irq_work or by the next call that may (sq_cache_tidy(), report.c, the
 * reclaimer's events).
 *
 * States of an object:
 *
 *   in its slab    bit set in sq_slab.free; carries the mark
 *   in a magazine  bit clear; pointer in a magazine of a CPU or a depot;
 *                  carries the mark
 *   on its way     bit clear; in the hands of who moves it from one of these to
 *                  another; carries the mark
 *   live           bit clear; no mark
 *   guarded        in no slab; live or free by the state of its area (slab/guard.h)
 *   in quarantine  of who is debugged so: bit clear; no mark; free by its slot's state
 *
 * States of a slab, by its fullness, which is the list it is on:
 *
 *   full    no object in it          -> high, when one comes back
 *   high    up to 1/4 in it          taken from first
 *   mid     up to 1/2                taken from next
 *   low     more                     taken from after those
 *   empty   all objects in it        taken from last; beyond those that a load
 *                                    has needed again, given to the manager
 *
 * A slab of several pages that is at mid or below may be taken apart when the
 * reclaimer comes by: pages that no object out of it touches go to the manager, and
 * what lies between them become slabs of their own (trim.c).
 *
 * Cache: counts of objects are per CPU, for who has the claim, and one of the cache for
 * the others; live is the difference of what was handed out and taken back. A heap is a set of
 * caches that share a manager, plus blocks.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpuhotplug.h>
#include <linux/irq_work.h>
#include <linux/printk.h>
#include <linux/random.h>

#include "allocator/cache/cache.h"
#include "allocator/debug/debug.h"
#include "allocator/debug/inject.h"
#include "allocator/pages/untold.h"

static int dead_state __ro_after_init;
static int back_state __ro_after_init;

static int cpu_dead(unsigned int cpu)
{
	sq_event(SQ_EVENT_CPU_DEAD, GFP_KERNEL);
	return 0;
}

/*
 * An irq_work that NMI queued here as the CPU went, after its last interrupt, still waits; and
 * so does all that is queued behind it, as only the first one raises an interrupt.
 */
static int cpu_back(unsigned int cpu)
{
	unsigned long flags;

	local_irq_save(flags);
	irq_work_run();
	local_irq_restore(flags);
	return 0;
}

static int cpus_init(void)
{
	int state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "squirrel:dead", NULL,
					      cpu_dead);

	if (state < 0)
		return state;
	dead_state = state;
	state = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "squirrel:back", cpu_back, NULL);
	if (state < 0) {
		cpuhp_remove_state_nocalls(dead_state);
		return state;
	}
	back_state = state;
	return 0;
}

static void cpus_exit(void)
{
	cpuhp_remove_state_nocalls(back_state);
	cpuhp_remove_state_nocalls(dead_state);
}

static int mag_cache_init(unsigned int order)
{
	unsigned int size = order == SQ_MAG_HANDS ? SQ_MAG_BYTES : SQ_MAG_BYTES << order;
	char name[32] = "squirrel-hand";
	struct squirrel_cache *c;

	if (order != SQ_MAG_HANDS)
		snprintf(name, sizeof(name), "squirrel-mag-%u", size);
	/* Not as an argument: then the mark would be outside, for readers of objects. */
	c = sq_cache_new(name, size, NULL, sq_default_heap,
			 SQ_CACHE_INTERNAL | SQUIRREL_TYPESAFE_BY_RCU, GFP_KERNEL);
	if (IS_ERR(c))
		return PTR_ERR(c);
	sq_mag_cache[order] = c;
	return sq_registry_add_cache(c, false);
}

/* What is in use of them goes with the default heap. */
static void mag_caches_exit(void)
{
	unsigned int order;

	for (order = 0; order < SQ_MAG_CACHES; order++) {
		if (sq_mag_cache[order])
			sq_cache_discard(sq_mag_cache[order]);
		sq_mag_cache[order] = NULL;
	}
}

static int mag_caches_init(void)
{
	unsigned int order;
	int err = 0;

	for (order = 0; order < SQ_MAG_CACHES && !err; order++)
		err = mag_cache_init(order);
	if (err)
		mag_caches_exit();
	return err;
}

static int default_heap_init(const struct sq_allocator_config *config)
{
	static const struct squirrel_heap_args args;
	struct squirrel_heap *heap;

	heap = sq_heap_new("default", &args, config->source,
			   squirrel_default_class);
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

static void init_what_cannot_fail(void)
{
	sq_mode_init();
	sq_deferred_init();
	sq_door_init();
	sq_guard_init();
	sq_inject_init();
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
	int err;

	sq_source_init(config->source);
	sq_secret_init();
	if (!config->hardened)
		static_branch_disable(&sq_hardened);
	if (nr_node_ids > 1)
		static_branch_enable(&sq_numa);
	init_what_cannot_fail();
	err = default_heap_init(config);
	if (err)
		goto guard;
	err = mag_caches_init();
	if (err)
		goto heap;
	err = cpus_init();
	if (err)
		goto mags;
	if (config->quarantine)
		sq_quarantine_set_bytes(config->quarantine);
	err = config->debug[0] ? sq_allocator_set_debug(config->debug) : 0;
	if (!err)
		err = sq_allocator_set_sample(config->sample);
	if (!err)
		return 0;
	sq_sample_exit();
	cpus_exit();
mags:
	mag_caches_exit();
heap:
	sq_debug_forget_heap(sq_default_heap);
	sq_heap_discard(sq_default_heap);
guard:
	sq_inject_exit();
	sq_guard_exit();
	return err;
}

/**
 * sq_allocator_exit() - take the allocator down; there are no clients left
 *
 * Context: Process context, at unload. May sleep.
 */
void sq_allocator_exit(void)
{
	sq_mode_exit();
	cpuhp_remove_state_nocalls(dead_state);
	rcu_barrier();
	sq_deferred_flush();
	sq_large_flush();
	sq_untold_flush();
	sq_sample_exit();
	sq_peak_flush();
	mag_caches_exit();
	sq_debug_forget_heap(sq_default_heap);
	sq_heap_discard(sq_default_heap);
	sq_inject_exit();
	sq_guard_exit();
	sq_trouble_exit();
	sq_debug_log_flush();
	sq_report_exit();
	/* Nobody waits for what a CPU may have left behind any more. */
	cpuhp_remove_state_nocalls(back_state);
	rcu_barrier();
}
