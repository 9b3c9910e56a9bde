/* SPDX-License-Identifier: GPL-2.0 */
/* What a cache and a heap are; their parts belong to the rooms that are named there. */
#ifndef _SQ_ALLOCATOR_TYPES_H
#define _SQ_ALLOCATOR_TYPES_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include <squirrel/squirrel.h>

#include "utility/utility.h"

struct sq_cpu;
struct sq_node;
struct sq_strategy;

/* Internal flags of a cache, above SQUIRREL_CACHE_FLAGS. */
#define SQ_CACHE_MARK_OUTSIDE	0x0100U	/* mark behind the object */
#define SQ_CACHE_CLASS		0x0200U	/* a size class of a heap */
#define SQ_CACHE_LARGE		0x0400U	/* stands for a heap's large blocks */
#define SQ_CACHE_INTERNAL	0x0800U	/* squirrel's own */
/* Destroy was refused, or the client is gone: no refill. */
#define SQ_CACHE_DYING		0x1000U
#define SQ_CACHE_TWIN		0x2000U	/* has the debugged objects of another */
#define SQ_CACHE_GONE		0x4000U	/* about to be taken apart: not to be debugged */

/* Characters of ":N" behind a name that was taken. */
#define SQ_NUMBER_MAX		11

#define SQ_SLAB_LONG_PAGES	24U	/* most of a slab of objects over a page */

/**
 * struct sq_slab_plan - how long slabs are; plan.c's
 * @first: pages of the first slabs
 * @most: most pages of a slab
 * @best: for each number of pages that a slab may have, how many it had best
 *	have
 */
struct sq_slab_plan {
	u32 first;
	u32 most;
	u8 best[SQ_SLAB_LONG_PAGES + 1];
};

/* What takes an allocation or a free off the hot path. */
enum sq_slow_event {
	SQ_SLOW_ALLOC_MISS,	/* the loaded magazine was empty */
	SQ_SLOW_DEPOT_GET,	/* a magazine of the depot's filled it */
	SQ_SLOW_FREE_FLUSH,	/* the loaded magazine was full */
	SQ_SLOW_DEPOT_PUT,	/* the depot took what was flushed */
	/* Up to here by who has the claim of a hand, and in it. */
	SQ_NR_SLOW_CLAIMED,
	SQ_SLOW_FREE = SQ_NR_SLOW_CLAIMED, /* a free was looked at closely */
	SQ_SLOW_LOCK_WAIT,	/* a node's or depot's lock was not to be had at once */
	SQ_NR_SLOW,
};

/**
 * struct sq_cache_counts - what a cache has had
 * @objs: objects in all slabs, guarded by nothing
 * @nomem: allocations that failed for want of memory
 * @limit_hits: allocations that failed because of the limit
 * @injected: allocations that failed because somebody asked for that: see sweep.c
 * @misuse: bad frees reported
 * @stolen: pages that others put or freed while they were in use
 * @grown: slabs made
 * @released: slabs given back
 * @allocs: objects handed out by who did not have the claim of a hand
 * @frees: objects taken back by them
 * @slow: of each enum sq_slow_event, by them; modulo 2^32
 */
struct sq_cache_counts {
	atomic_long_t objs;
	atomic_long_t nomem;
	atomic_long_t limit_hits;
	atomic_long_t injected;
	atomic_long_t misuse;
	atomic_long_t stolen;
	atomic_long_t grown;
	atomic_long_t released;
	atomic_long_t allocs;
	atomic_long_t frees;
	atomic_t slow[SQ_NR_SLOW];
};

/**
 * struct squirrel_cache - objects of one size
 * @cpu: what the CPUs have, as the hot path sees it
 * @recip: reciprocal of @size, a little over 2^64 / @size: one multiplication by
 *	it gives an object's index in its slab, and whether the pointer is to its
 *	start
 * @recip_limit: what the product is below for the start of an object; see
 *	sq_slot_start()
 * @heap_key: the heap whose size class this is, or NULL
 * @size: bytes from one object to the next
 * @object_size: bytes the client asked for
 * @mark_key: an odd secret, and
 * @mark_mul: another: of them and its address is a free object's mark made; see
 *	sq_mark_of()
 * @mark_off: where in a free object its mark is
 * @flags: SQUIRREL_* and SQ_CACHE_*
 * @hands: what the CPUs have; see sq_cpu_of()
 * @align: of every object
 * @depot_max: most magazines in a depot
 * @cpu_max: most objects in a magazine
 * @plan: how long slabs are
 * @owed: something is to be done once preemption is on; see sq_cache_tidy()
 * @cap_was: what a magazine held that was drained though it was in use, and
 * @cap_until: until when (jiffies) the next one is as large
 * @ctor: see struct squirrel_cache_args
 * @heap: where the pages come from
 * @pref_node: node + 1 to prefer, or 0
 * @limit_objs: most objects, or 0
 * @reserve: objects that stay at hand
 * @debug: SQ_DEBUG_*: how what is allocated now is debugged; a twin's: what is checked
 * @debug_round: when it was last switched by its name
 * @sample: every how manieth allocation is debugged, or 0; SQ_SAMPLE_PLAIN
 * @sample_left: how many of the next are
 * @sample_seen: allocations that were counted for it
 * @sample_frees: frees, at the last look
 * @lead: of a twin: bytes from the start of a slot to the object in it
 * @marked: when it was last marked: see sq_cache_set_snapshot()
 * @retired: of a twin: objects that are handed out no more, for they were found damaged
 * @quarantine: of a twin: objects that were freed and are not handed out yet, or NULL
 * @guarded: of a twin: objects that have an area of their own, or had and it is not gone yet
 * @guard_missed: allocations for which there was none
 * @peak: the most there was of what is debugged, or NULL; a heap's is that of its @large
 * @twin: where its debugged objects are, or NULL; never changes again
 * @client: of a twin: whose it is
 * @counts: what it has had
 * @link: in the registry
 * @rcu: for the last step of destroy
 * @owner: name of the client module, which may go before
 * @name: its name
 * @node: one per node id; behind them are the own node and the names; see
 *	cache_piece()
 */
struct squirrel_cache {
	/* what each allocation and each free looks at */
	struct sq_cpu __percpu *cpu;
	u64 recip;
	u64 recip_limit;
	const void *heap_key;
	unsigned long mark_key;
	unsigned long mark_mul;
	u32 mark_off;
	u32 size;
	u32 object_size;
	u32 flags;

	struct sq_cpu __percpu *hands;
	u32 align;
	u16 depot_max;
	u16 cpu_max;
	struct sq_slab_plan plan;
	bool owed;
	u16 cap_was;
	u32 cap_until;
	void (*ctor)(void *obj);
	struct squirrel_heap *heap;
	int pref_node;
	u32 reserve;
	u32 debug;
	u32 debug_round;
	u32 lead;
	atomic_t sample_left;
	unsigned long sample;
	unsigned long sample_seen, sample_frees;
	u64 marked;
	atomic_long_t retired;
	struct sq_quarantine *quarantine;
	atomic_long_t guarded;
	atomic_long_t guard_missed;
	struct sq_peak *peak;
	struct squirrel_cache *twin;
	struct squirrel_cache *client;
	unsigned long limit_objs;
	struct sq_cache_counts counts;
	union {
		struct list_head link;
		struct rcu_head rcu;
	};
	const char *owner;
	char *name;
	struct sq_node *node[];
};

/**
 * struct squirrel_heap - objects of any size
 * @class: its caches, as who allocates finds them: none while it is debugged, for the
 *	size asked for is known on the slow path only
 * @made: its caches, made on first use
 * @debug: SQ_DEBUG_*, as of a cache, for all of its memory
 * @sample: as of a cache, for each class, and large blocks
 * @sample_seen: large blocks that were counted for it
 * @marked: as of a cache
 * @manager: its blocks
 * @strategy: which free block is taken; see strategy.c
 * @find: how to ask it: its own find if it is built in
 * @strategy_pin: the module that it keeps for that, or NULL
 * @strategy_faults: wrong answers of strategies
 * @large: stands for the large blocks: they carry it as owner
 * @large_live: large blocks in use
 * @large_bytes: bytes asked for in them
 * @large_allocs: large blocks ever handed out
 * @nomem: large allocations that failed for want of memory
 * @limit_hits: large allocations that failed because of the limit
 * @pinned: used blocks, of the default heap only: they pin the module
 * @free_mark: free pages from which on somebody looks; see sq_heap_check_watermark()
 * @large_last: address of the large block that was taken last
 * @pref_node: node + 1 to prefer, or 0
 * @limit: bytes, or 0
 * @reserve: bytes
 * @link: in the registry
 * @owner: name of the client module, which may go before
 * @name: its name
 */
struct squirrel_heap {
	struct squirrel_cache **class;
	struct squirrel_cache *made[SQUIRREL_NR_CLASSES];
	u32 debug;
	unsigned long sample;
	atomic_long_t sample_seen;
	u64 marked;
	struct sq_manager *manager;
	struct sq_strategy *strategy;
	sq_find_fn find;
	struct module *strategy_pin;
	atomic_long_t strategy_faults;
	struct squirrel_cache *large;
	atomic_long_t large_live;
	atomic_long_t large_bytes;
	atomic_long_t large_allocs;
	atomic_long_t nomem;
	atomic_long_t limit_hits;
	atomic_long_t pinned;
	unsigned long free_mark;
	unsigned long large_last;
	int pref_node;
	size_t limit;
	size_t reserve;
	struct list_head link;
	char owner[MODULE_NAME_LEN];
	char name[SQUIRREL_NAME_MAX + 1];
};

#endif /* _SQ_ALLOCATOR_TYPES_H */
