/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the allocator share. Lock order, contexts and the states
 * of a slab and of an object stand at the top of allocator.c.
 */
#ifndef _SQ_ALLOCATOR_INTERNAL_H
#define _SQ_ALLOCATOR_INTERNAL_H

#include <linux/build_bug.h>
#include <linux/hardirq.h>
#include <linux/jump_label.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/math64.h>
#include <linux/preempt.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/spinlock.h>

#include <squirrel/squirrel.h>

#include "allocator/allocator.h"
#include "compat.h"
#include "utility/utility.h"

#include "allocator/magazine.h"
#include "allocator/slab.h"

struct sq_strategy;

/* What a used block is to the allocator: the agent's kind. */
#define SQ_KIND_SLAB	1
#define SQ_KIND_LARGE	2

/* Internal flags of a cache, above SQUIRREL_CACHE_FLAGS. */
#define SQ_CACHE_MARK_OUTSIDE	0x0100U	/* mark behind the object */
#define SQ_CACHE_CLASS		0x0200U	/* a size class of a heap */
#define SQ_CACHE_LARGE		0x0400U	/* stands for a heap's large blocks */
#define SQ_CACHE_INTERNAL	0x0800U	/* squirrel's own */
/* Destroy was refused, or the client is gone: no refill. */
#define SQ_CACHE_DYING		0x1000U

/* Characters of ":N" behind a name that was taken. */
#define SQ_NUMBER_MAX		11

/**
 * struct squirrel_cache - objects of one size
 * @cpu: the magazines
 * @magic: a little over 2^64 / @size: one multiplication by it gives an
 *	object's index in its slab, and whether the pointer is to its start
 * @span: what the product is below for the start of an object; see
 *	sq_slot_start()
 * @heap_key: the heap whose size class this is, or NULL
 * @size: bytes from one object to the next
 * @object_size: bytes the client asked for
 * @mark_key: an odd secret, and
 * @mark_mul: another: of them and its address is a free object's mark made; see
 *	sq_mark_of()
 * @mark_off: where in a free object its mark is
 * @cap: objects a CPU's two magazines may hold for now; see sq_set_cap()
 * @full: the same plus SQ_CLAIMED for the hot path; 0 for a cache that is
 *	nothing for it
 * @flags: SQUIRREL_* and SQ_CACHE_*
 * @align: of every object
 * @depot_max: most magazines in a node's depot
 * @cpu_max: most objects in a CPU's two magazines
 * @slab_floor: pages of the first slabs
 * @slab_most: most pages of a slab
 * @slab_best: for each number of pages that a slab may have, how many it had
 *	best have
 * @warm: some CPU has been using its magazines a lot since the reclaimer's
 *	last look
 * @owed: something is to be done once preemption is on; see sq_cache_tidy()
 * @ctor: see struct squirrel_cache_args
 * @heap: where the pages come from
 * @home: node + 1 to prefer, or 0
 * @limit_objs: most objects, or 0
 * @reserve: objects that stay at hand
 * @total_objs: objects in all slabs, guarded by nothing
 * @nomem: allocations that failed for want of memory
 * @limit_hits: allocations that failed because of the limit
 * @misuse: bad frees reported
 * @stolen: pages that others put or freed while they were in use
 * @grown: slabs made
 * @released: slabs given back
 * @link: in the registry
 * @rcu: for the last step of destroy
 * @old: the magazines before these, as long as somebody may be at them
 * @spent: those before, as long as somebody may look at them
 * @past: what was counted in magazines that are no more
 * @room: objects that @cpu and @old have room for
 * @wish: they should have room for more
 * @owner: name of the client module, which may go before
 * @name: its name
 * @node: one per node id; behind them are the own node and the names; see
 *	sq_cache_piece()
 */
struct squirrel_cache {
	struct sq_cpu __percpu *cpu;
	u64 magic;
	u64 span;
	const void *heap_key;
	unsigned long mark_key;
	unsigned long mark_mul;
	u64 full;
	u32 cap;
	u32 mark_off;
	u32 size;
	u32 object_size;
	u32 flags;

	u32 align;
	u32 depot_max;
	u32 cpu_max;
	u32 slab_floor;
	u32 slab_most;
	u8 slab_best[SQ_SLAB_LONG_PAGES + 1];
	bool warm;
	bool owed;
	void (*ctor)(void *obj);
	struct squirrel_heap *heap;
	int home;
	u32 reserve;
	unsigned long limit_objs;
	atomic_long_t total_objs;
	atomic_long_t nomem;
	atomic_long_t limit_hits;
	atomic_long_t misuse;
	atomic_long_t stolen;
	atomic_long_t grown;
	atomic_long_t released;
	union {
		struct list_head link;
		struct rcu_head rcu;
	};
	struct sq_cpu __percpu *old;
	struct sq_cpu __percpu *spent;
	struct {
		unsigned long allocs;
		unsigned long frees;
	} past;
	u32 room;
	bool wish;
	const char *owner;
	char *name;
	struct sq_node *node[];
};

/* Counts that were not taken at one moment may make it look like fewer. */
static inline unsigned long sq_live_of(unsigned long allocs, unsigned long frees)
{
	return (long)(allocs - frees) > 0 ? allocs - frees : 0;
}

/* The word that counts, of a cache's magazines on this CPU or on another. */
static inline struct sq_word __percpu *
sq_word_of(const struct squirrel_cache *c, struct sq_cpu __percpu *cc)
{
	return c->flags & SQ_CACHE_MARK_OUTSIDE ? &cc->cold : &cc->hot;
}

static inline struct sq_word __percpu *sq_word(const struct squirrel_cache *c)
{
	return sq_word_of(c, READ_ONCE(c->cpu));
}

static inline struct sq_word *sq_word_in(const struct squirrel_cache *c,
					 struct sq_cpu *cc)
{
	return c->flags & SQ_CACHE_MARK_OUTSIDE ? &cc->cold : &cc->hot;
}

/* A plain load: the compiler may compare it where it is. */
static __always_inline struct squirrel_cache *
sq_owner_fast(const struct sq_agent *agent)
{
	return (struct squirrel_cache *)sq_peek(agent->owner);
}

static __always_inline struct squirrel_cache *
sq_owner(const struct sq_agent *agent)
{
	return (struct squirrel_cache *)READ_ONCE(agent->owner);
}

/*
 * Preemption off. Whose page @obj is in, for who must not be wrong about a live
 * object: an agent may have become another block's since it was looked up, if
 * the object's slab was taken apart (shed.c). Then the map has changed before.
 */
static inline struct sq_agent *sq_map_owner(const void *obj,
					    struct squirrel_cache **owner)
{
	struct sq_agent *agent;

	do {
		agent = sq_map_lookup(obj);
		*owner = sq_owner(agent);
		smp_rmb();	/* pairs with the smp_wmb() in sq_slab_cut() */
	} while (agent != sq_map_lookup(obj));
	return agent;
}

/* For a walk over blocks, which looks at priv as well. */
static inline struct squirrel_cache *
sq_owner_acquire(const struct sq_agent *agent)
{
	/* Pairs with sq_agent_publish(): priv was filled in before. */
	return (struct squirrel_cache *)smp_load_acquire(&agent->owner);
}

/* Let a CPU's two magazines hold @cap objects: even, 2 to @room. */
static inline void sq_set_cap(struct squirrel_cache *c, u32 cap)
{
	WRITE_ONCE(c->cap, cap);
	if (!(c->flags & SQ_CACHE_MARK_OUTSIDE))
		WRITE_ONCE(c->full, SQ_CLAIMED + cap);
}

/**
 * struct sq_large - a large block; lives in its agent's priv
 * @size: bytes asked for
 * @heap: whose it was, while it waits to be given to the manager
 * @link: in the list of those that wait
 */
struct sq_large {
	size_t size;
	struct squirrel_heap *heap;
	struct llist_node link;
};

static_assert(sizeof(struct sq_large) <= SQ_AGENT_PRIV_BYTES);

/**
 * struct squirrel_heap - objects of any size
 * @class: its caches, made on first use
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
 * @swing: free pages it keeps while it is busy; see sq_heap_look()
 * @home: node + 1 to prefer, or 0
 * @limit: bytes, or 0
 * @reserve: bytes
 * @link: in the registry
 * @owner: name of the client module, which may go before
 * @name: its name
 */
struct squirrel_heap {
	struct squirrel_cache **class;
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
	struct sq_swing {
		unsigned long keep;	/* pages */
		unsigned long given;	/* pages given back lately */
		unsigned long fetched;	/* pages ever fetched, at the last look */
		unsigned long low;	/* fewest free in this window */
		unsigned int looks;	/* in this window */
	} swing;
	int home;
	size_t limit;
	size_t reserve;
	struct list_head link;
	char owner[MODULE_NAME_LEN];
	char name[SQUIRREL_NAME_MAX + 1];
};

DECLARE_STATIC_KEY_TRUE(sq_hardened);
DECLARE_STATIC_KEY_TRUE(sq_plain_free);
DECLARE_STATIC_KEY_FALSE(sq_trusted);
DECLARE_STATIC_KEY_FALSE(sq_numa);

extern bool sq_unusual;
extern unsigned long sq_series_n;
extern struct squirrel_heap *sq_default_heap;

/*
 * The mark of a free object, whose presence says by itself that the object is
 * free, wherever that is on its way to: a live one never has it. It is bound to
 * the object's address: both secrets are odd and addresses are not, so marks of
 * a cache are odd (never 0), and no two are the same.
 */
static __always_inline unsigned long sq_mark_of(const struct squirrel_cache *c,
						const void *obj)
{
	return ((unsigned long)obj ^ c->mark_key) * c->mark_mul;
}

/* Where it is. */
static __always_inline unsigned long *sq_mark_at(const struct squirrel_cache *c,
						 const void *obj)
{
	return (unsigned long *)((char *)obj + c->mark_off);
}

static __always_inline bool sq_marked(const struct squirrel_cache *c,
				      const void *obj)
{
	return *sq_mark_at(c, obj) == sq_mark_of(c, obj);
}

static __always_inline void sq_set_mark(const struct squirrel_cache *c,
					void *obj)
{
	*sq_mark_at(c, obj) = sq_mark_of(c, obj);
}

/* What the product below grows by from one object to the next: size to 2 size */
static inline u64 sq_slot_step(const struct squirrel_cache *c)
{
	return c->magic * c->size;
}

/*
 * Is @obj the start of one of the slab's objects? With magic a little over
 * 2^64 / size, the product of an offset and magic wraps to n * step for the
 * n-th object, and to magic or more for what lies between. (Offsets and sizes
 * are below 2^32, and so SQ_SLAB_MAX_OBJS * step is below magic.) The bias takes
 * the slab's address off, and adds so much that the product of what would be
 * the object behind the last comes to span.
 */
static __always_inline bool sq_slot_start(const struct squirrel_cache *c,
					  const struct sq_agent *agent,
					  const void *obj)
{
	const struct sq_slab *slab = (const struct sq_slab *)agent->priv;

	return (u64)(unsigned long)obj * c->magic + slab->bias < c->span;
}

static __always_inline unsigned int sq_slot_index(const struct squirrel_cache *c,
						  const struct sq_agent *agent,
						  const void *obj)
{
	u64 off = (unsigned long)obj - sq_slab_base(agent);

	return mul_u64_u64_shr(off, c->magic, 64);
}

/* common/event.c */
void sq_event(enum sq_event event, gfp_t gfp);

/* After objects went to slabs, when preemption is as the caller had it. */
static inline void sq_cache_tidy(struct squirrel_cache *c)
{
	if (unlikely(READ_ONCE(c->owed)))
		sq_cache_tidy_slow(c);
}

/* May memory be asked for here, as far as the context goes? */
static inline bool sq_may_grow(void)
{
	return !in_nmi() && sq_may_call_pages();
}

/* path/fast.c */
void sq_cache_finish(struct squirrel_cache *c, void *obj, gfp_t gfp);
void *sq_cold_alloc(struct squirrel_cache *c);
bool sq_cold_free(struct squirrel_cache *c, const struct sq_agent *agent,
		  void *obj);

/* path/misuse.c, slow_free.c */
bool sq_check_free(struct squirrel_cache *c, const void *obj,
		   unsigned long caller);
void sq_cache_free_full(struct squirrel_cache *c, void *obj,
			unsigned long caller);
const char *sq_foreign(struct sq_agent *agent);
bool sq_is_live(const struct squirrel_heap *heap, const void *obj);
void sq_cache_free_slow(struct squirrel_cache *c, void *obj,
			unsigned long caller);
void sq_heap_free_slow(const void *obj, struct squirrel_heap *heap,
		       unsigned long caller);

/* common/report.c */
void sq_report(struct squirrel_cache *c, const char *what, const void *obj,
	       unsigned long caller);
unsigned long sq_misuse_count(void);
unsigned long sq_stolen_count(void);
void sq_report_lost(struct squirrel_cache *c, struct sq_lost lost);
void sq_report_exit(void);

/* cache/cache.c */
struct squirrel_cache *
sq_cache_make(const char *name, const char *owner, unsigned int size,
	      const struct squirrel_cache_args *args,
	      struct squirrel_heap *heap, unsigned int flags, gfp_t gfp);
struct squirrel_cache *sq_cache_new(const char *name, unsigned int size,
				    const struct squirrel_cache_args *args,
				    struct squirrel_heap *heap,
				    unsigned int flags, gfp_t gfp);
void sq_cache_discard(struct squirrel_cache *c);
void sq_cache_free_memory(struct squirrel_cache *c);
long sq_cache_balance(struct squirrel_cache *c);
unsigned long sq_cache_live(struct squirrel_cache *c);
unsigned long sq_cache_fill(struct squirrel_cache *c, gfp_t gfp,
			    unsigned int most);
unsigned long sq_cache_at_hand(const struct squirrel_cache *c);
bool sq_cache_mark_outside(const struct squirrel_cache_args *args);
bool sq_reserve_fits(const char *kind, const char *name, u64 bytes);
unsigned long sq_cache_in_magazines(struct squirrel_cache *c);

/* cache/heap.c */
struct squirrel_heap *sq_heap_new(const char *name,
				  const struct squirrel_heap_args *args,
				  const struct sq_block_ops *source);
void sq_heap_discard(struct squirrel_heap *heap);
struct squirrel_cache *sq_heap_class(struct squirrel_heap *heap,
				     unsigned int class, gfp_t gfp);
struct squirrel_cache *sq_heap_substitute(struct squirrel_heap *heap,
					  unsigned int class);
void *sq_heap_realloc(struct squirrel_heap *heap, const void *obj, size_t size,
		      gfp_t gfp, unsigned long caller);
void *sq_heap_alloc_slow(struct squirrel_heap *heap, size_t size, gfp_t gfp,
			 int node);
void sq_heap_pin(struct squirrel_heap *heap);
void sq_heap_unpin(struct squirrel_heap *heap);

/* No @pages were to be had: count whether for the heap's limit or for memory. */
static inline void sq_heap_count_failure(const struct squirrel_heap *heap,
					 unsigned long pages,
					 atomic_long_t *limit_hits,
					 atomic_long_t *nomem)
{
	unsigned long used = sq_manager_pages_used(heap->manager);

	if (heap->limit && used + pages > heap->limit >> PAGE_SHIFT)
		atomic_long_inc(limit_hits);
	else
		atomic_long_inc(nomem);
}

/*
 * There was no memory: wait a moment if the allocation must not fail. False if
 * it may, and where it cannot sleep.
 */
static inline bool sq_wait_for_memory(gfp_t gfp)
{
	if (!sq_gfp_must(gfp) || in_nmi())
		return false;
	memalloc_retry_wait(gfp);
	return true;
}

/* Free pages above which a heap has a surplus. */
#define SQ_SURPLUS_PAGES	40UL

/* Pages were given: are there more free ones now than the heap should keep? */
static inline void sq_heap_surplus(const struct squirrel_heap *heap)
{
	if (sq_manager_pages_free(heap->manager) >
	    SQ_SURPLUS_PAGES + sq_peek(heap->swing.keep))
		sq_event(SQ_EVENT_SURPLUS, 0);
}

/* What memory at hand does not meet, wherever it is. */
#define SQ_GFP_ZONES	(__GFP_DMA | __GFP_DMA32)

static inline struct sq_large *sq_large_of(struct sq_agent *agent)
{
	return (struct sq_large *)agent->priv;
}

/* Preemption off. False if somebody else has freed it in between. */
static inline bool sq_large_claim(struct squirrel_heap *heap,
				  struct sq_agent *agent)
{
	size_t size = sq_large_of(agent)->size;

	if (cmpxchg(&agent->owner, heap->large, NULL) != heap->large)
		return false;
	atomic_long_dec(&heap->large_live);
	atomic_long_sub(size, &heap->large_bytes);
	return true;
}

/* cache/large.c */
void *sq_zone_alloc(struct squirrel_cache *c, gfp_t gfp, int node);
void *sq_large_alloc(struct squirrel_heap *heap, size_t size, gfp_t gfp,
		     int node);
void sq_large_free(struct squirrel_heap *heap, struct sq_agent *agent);
void sq_large_flush(void);

/* common/registry.c */
int sq_registry_add_cache(struct squirrel_cache *c, bool named);
void sq_registry_del_cache(struct squirrel_cache *c);
int sq_registry_add_heap(struct squirrel_heap *h);
void sq_registry_del_heap(struct squirrel_heap *h);
int sq_check_name(const char *kind, const char *name);
int sq_check_home(const char *kind, const char *name, int home);
typedef void (*sq_cache_fn)(struct squirrel_cache *c, void *ctx);
typedef void (*sq_heap_fn)(struct squirrel_heap *h, void *ctx);
void sq_walk_caches(sq_cache_fn fn, void *ctx);
void sq_walk_heaps(sq_heap_fn fn, void *ctx);
void sq_walk_heaps_slowly(sq_heap_fn fn, void *ctx);

/* common/mode.c, event.c, secret.c */
void sq_usual_update(void);
void sq_usual_init(void);
void sq_source_init(const struct sq_block_ops *source);
const struct sq_block_ops *sq_source(void);
void sq_series_tick(gfp_t gfp, unsigned long nr);
void sq_secret_init(void);
u64 sq_secret(u64 what, u64 which);
u32 sq_next_order(void);
void sq_mark_init(struct squirrel_cache *c);

/* path/rcu.c */
bool sq_rcu_free_wait(void);

#endif /* _SQ_ALLOCATOR_INTERNAL_H */
