/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Face of layer 1, the utility: the only code that touches a block.
 *
 *   sq_agent    carries one block; everyone above handles blocks as agents
 *   sq_map      page frame to agent, for any address, in three loads
 *   sq_manager  owns the blocks on hand: finds, splits, coalesces, fetches,
 *		 gives back. Mechanism only: which free block is taken is
 *		 decided by a callback from above
 *   sq_viewer   owns nothing and changes nothing: counts, maps, checks
 */
#ifndef _SQ_UTILITY_H
#define _SQ_UTILITY_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <asm/barrier.h>

struct sq_block_ops;
struct sq_manager;
struct sq_pool;

/*
 * Read what others write under a lock that is not held here: a hint or a figure, one
 * moment's, but perhaps of the moment before. By a plain load, which the compiler may
 * fold into what uses it, it is data_race() alone.
 */
#define sq_read_racy(var)	data_race(READ_ONCE(var))

/* ---- agent ---------------------------------------------------------------- */

#define SQ_AGENT_BLOCK_WORDS	(32 / sizeof(unsigned long))
/* A word for 64 objects of a slab, five of them for each 4096 bytes of a page. */
#define SQ_AGENT_PRIV_BYTES	(32 + (40 << (PAGE_SHIFT - 12)))

/**
 * struct sq_agent - carries one block
 * @block: the block's header; the first word is its address, the second its
 *	size and whether it is used (proved in agent.c), the rest is layer 0's
 * @owner: key of whoever holds the block, compared but never followed here;
 *	NULL while the block is free
 * @manager: the manager it belongs to
 * @node: NUMA node of its pages
 * @kind: the holder's own tag
 * @flags: the manager's own
 * @stamp: low half of jiffies when the block was last given, while it is free
 * @priv: the holder's, while the block is in use; the manager's while it is
 *	free
 *
 * An agent lives as long as its block and, for readers in a section with
 * preemption off, until that section ends.
 */
struct sq_agent {
	unsigned long block[SQ_AGENT_BLOCK_WORDS];
	const void *owner;
	struct sq_manager *manager;
	s16 node;
	u8 kind;
	u8 flags;
	u32 stamp;
	u8 priv[SQ_AGENT_PRIV_BYTES] __aligned(8);
};

static inline unsigned long sq_agent_addr(const struct sq_agent *agent)
{
	return agent->block[0];
}

/**
 * sq_agent_size() - how long the block is
 * @agent: its agent
 *
 * Context: Any context.
 * Return: its bytes.
 */
static inline size_t sq_agent_size(const struct sq_agent *agent)
{
	return agent->block[1] & ~1UL;
}

/**
 * sq_agent_used() - whether the block is used
 * @agent: its agent
 *
 * Context: Any context.
 * Return: true if it is used, false if it is free.
 */
static inline bool sq_agent_used(const struct sq_agent *agent)
{
	return agent->block[1] & 1UL;
}

/**
 * sq_agent_publish() - enter the owner of a block that was just taken
 * @agent: from sq_manager_take()
 * @owner: whoever holds it from now on; not NULL
 *
 * Whoever reads this owner sees @kind and @priv as they were set before.
 *
 * Context: Any context.
 */
static inline void sq_agent_publish(struct sq_agent *agent, const void *owner)
{
	/* Kind and priv first; whoever reads the owner may use them. */
	smp_store_release(&agent->owner, owner);
}

static inline unsigned long sq_agent_pages(const struct sq_agent *agent)
{
	return sq_agent_size(agent) >> PAGE_SHIFT;
}

/* ---- page map ------------------------------------------------------------- */

/* A leaf is a page of entries, so its bits of an address follow from that. */
#define SQ_MAP_ENTRY_BITS	(PAGE_SHIFT - (BITS_PER_LONG == 64 ? 3 : 2))
#define SQ_MAP_ENTRIES		BIT(SQ_MAP_ENTRY_BITS)
#define SQ_MAP_LEAF_SHIFT	(PAGE_SHIFT + SQ_MAP_ENTRY_BITS)
/* One byte each: x86 takes them out of the number of a leaf at no cost. */
#define SQ_MAP_SPAN_BITS	8
#define SQ_MAP_SPAN_LEAVES	BIT(SQ_MAP_SPAN_BITS)
#define SQ_MAP_SLOT_BITS	8
#define SQ_MAP_SLOTS		BIT(SQ_MAP_SLOT_BITS)
#define SQ_MAP_WINDOW_BITS	(SQ_MAP_SLOT_BITS + SQ_MAP_SPAN_BITS)
#define SQ_MAP_WINDOW_LISTS	64
#define SQ_MAP_NO_LEAF		ULONG_MAX

/**
 * struct sq_map_span - the leaves of a stretch of addresses
 * @number: of the leaf; SQ_MAP_NO_LEAF while there is none
 * @leaf: its entries, biased so that they are indexed by address >> PAGE_SHIFT
 */
struct sq_map_span {
	unsigned long number[SQ_MAP_SPAN_LEAVES];
	struct sq_agent **leaf[SQ_MAP_SPAN_LEAVES];
};

/**
 * struct sq_map_window - the spans of a far longer stretch
 * @number: of the window
 * @next: another one in the same list
 * @span: by slot; NULL where there is none yet
 */
struct sq_map_window {
	unsigned long number;
	struct sq_map_window *next;
	struct sq_map_span *span[SQ_MAP_SLOTS];
};

extern const struct sq_map_span *sq_map[SQ_MAP_SLOTS];
extern struct sq_map_window *sq_map_windows[SQ_MAP_WINDOW_LISTS];
extern struct sq_agent sq_agent_nobody;

static __always_inline unsigned int sq_map_slot_of(unsigned long leaf)
{
	return leaf >> SQ_MAP_SPAN_BITS & (SQ_MAP_SLOTS - 1);
}

static __always_inline unsigned int sq_map_index_of(unsigned long leaf)
{
	return leaf & (SQ_MAP_SPAN_LEAVES - 1);
}

/* The window of a leaf, or NULL. What it points to was there before. */
static __always_inline struct sq_map_window *sq_map_window_of(unsigned long leaf)
{
	unsigned long number = leaf >> SQ_MAP_WINDOW_BITS;
	struct sq_map_window *w;

	w = READ_ONCE(sq_map_windows[number % SQ_MAP_WINDOW_LISTS]);
	while (w && w->number != number)
		w = w->next;
	return w;
}

/* The span of a leaf, or NULL. */
static __always_inline struct sq_map_span *sq_map_span_of(unsigned long leaf)
{
	struct sq_map_window *w = sq_map_window_of(leaf);

	return w ? READ_ONCE(w->span[sq_map_slot_of(leaf)]) : NULL;
}

/**
 * sq_map_lookup() - whose page an address lies in
 * @addr: any address at all
 *
 * Context: Any context, with preemption off: leaves and agents are freed
 * after an RCU grace period.
 * Return: the agent, perhaps of a free block (owner NULL); &sq_agent_nobody
 * (owner NULL) for every page that is not squirrel's. Never NULL.
 */
static __always_inline struct sq_agent *sq_map_lookup(const void *addr)
{
	unsigned long leaf = (unsigned long)addr >> SQ_MAP_LEAF_SHIFT;
	const struct sq_map_span *span;
	struct sq_agent *agent;
	unsigned int i;

	/* Or the compiler shifts the address twice, for leaf and for slot. */
	OPTIMIZER_HIDE_VAR(leaf);
	i = sq_map_index_of(leaf);
	/*
	 * Plain loads, so that the compiler may fold the address arithmetic.
	 * The entry is asked for in a register, so that gcc has one load for
	 * all uses.
	 */
	span = data_race(sq_map[sq_map_slot_of(leaf)]);
	if (unlikely(data_race(span->number[i]) != leaf)) {
		/* No call, and the slot anew: nothing to save before. */
		OPTIMIZER_HIDE_VAR(leaf);
		span = sq_map_span_of(leaf);
		if (!span || READ_ONCE(span->number[i]) != leaf)
			return &sq_agent_nobody;
	}
	/* Whoever sees a leaf's number sees the leaf; no instruction on x86. */
	smp_acquire__after_ctrl_dep();
	agent = data_race(span->leaf[i][(unsigned long)addr >> PAGE_SHIFT]);
	/* In a register now; to hide it would cost the hot path a move. */
	asm volatile("" : : "r" (agent));
	return agent;
}

void sq_utility_exit(void);

unsigned long sq_utility_meta_pages(void);
unsigned long sq_utility_map_tables(void);
unsigned long sq_utility_trim(void);

/* ---- manager -------------------------------------------------------------- */

/*
 * sq_find_fn - a strategy: pick a free block
 * @pool: the free blocks of one node, locked
 * @pages: how many pages are wanted; at least 1
 *
 * May use the sq_pool_*() calls below and nothing else; must not sleep.
 * Return: the agent of a free block of at least @pages pages, or NULL.
 */
typedef struct sq_agent *(*sq_find_fn)(struct sq_pool *pool,
				       unsigned long pages);

/**
 * struct sq_request - what sq_manager_take() is asked for
 * @pages: how many pages, at least 1
 * @align: wanted alignment of the address in pages, a power of two, or 0
 * @gfp: flags for the page source; __GFP_ACCOUNT and the zone flags (GFP_DMA)
 *	make the block bypass the free blocks both when it is taken and when it
 *	is given
 * @node: NUMA node by preference, or NUMA_NO_NODE
 * @find: how to pick among the free blocks
 * @kind: the holder's tag
 * @optional: the taker can do with less: nobody reclaims, waits or uses
 *	reserves for it, and the source is not asked while such requests fail
 */
struct sq_request {
	unsigned long pages;
	unsigned long align;
	gfp_t gfp;
	int node;
	sq_find_fn find;
	u8 kind;
	bool optional;
};

/**
 * sq_gfp_must() - may an allocation with these flags not fail?
 * @gfp: the flags
 *
 * Context: Any context.
 * Return: whether it has to be tried until it is served, and may sleep.
 */
static inline bool sq_gfp_must(gfp_t gfp)
{
	const gfp_t must = __GFP_NOFAIL | __GFP_DIRECT_RECLAIM;

	return (gfp & must) == must;
}

/**
 * struct sq_lost - pages that went out of use, as others put or freed them
 * @pages: how many; usually none
 * @addr: the first of them
 */
struct sq_lost {
	unsigned long pages;
	unsigned long addr;
};

struct sq_manager *sq_manager_create(const struct sq_block_ops *source,
				     unsigned long limit_pages);
unsigned long sq_manager_destroy(struct sq_manager *m);
struct sq_lost sq_manager_raze(struct sq_manager *m);
struct sq_agent *sq_manager_take(struct sq_manager *m,
				 const struct sq_request *req);
struct sq_lost sq_manager_give(struct sq_manager *m, struct sq_agent *agent);
/*
 * sq_split_fn - fill in the upper part of a block that is being cut in two
 * @lower: agent of the lower part, already that size
 * @upper: agent of the upper part, with zeros for its priv; nobody can find it
 *	before this returns
 * @ctx: as passed
 *
 * The manager is locked; must not sleep and must not call it.
 */
typedef void (*sq_split_fn)(struct sq_agent *lower, struct sq_agent *upper,
			    void *ctx);
bool sq_agents_plenty(void);
bool sq_agents_ready(gfp_t gfp);
struct sq_agent *sq_manager_split(struct sq_manager *m, struct sq_agent *agent,
				  unsigned long pages, sq_split_fn fill,
				  void *ctx);
unsigned long sq_manager_fetch(struct sq_manager *m, unsigned long pages,
			       gfp_t gfp, int node);
unsigned long sq_manager_coalesce(struct sq_manager *m, unsigned long budget);
unsigned long sq_manager_trim(struct sq_manager *m, unsigned long keep,
			      unsigned long budget);
unsigned long sq_manager_trim_stale(struct sq_manager *m, unsigned long keep,
				    unsigned long budget, unsigned long age);
void sq_manager_set_limit(struct sq_manager *m, unsigned long limit_pages);
void sq_manager_set_reserve(struct sq_manager *m, unsigned long pages);
struct sq_lost sq_manager_trim_lost(struct sq_manager *m);
unsigned long sq_manager_pages_free(const struct sq_manager *m);
unsigned long sq_manager_pages_fetched(const struct sq_manager *m);
unsigned long sq_manager_gather(struct sq_manager *m, int node,
				unsigned long want);
bool sq_manager_lacks(struct sq_manager *m, int node, unsigned long pages);
unsigned long sq_manager_pages_used(const struct sq_manager *m);

/* For a sq_find_fn only: the mechanism a strategy is made of. */
struct sq_agent *sq_pool_fit(struct sq_pool *pool, unsigned long pages);
struct sq_agent *sq_pool_lowest(struct sq_pool *pool, unsigned long pages);
struct sq_agent *sq_pool_lowest_from(struct sq_pool *pool, unsigned long addr,
				     unsigned long pages);
struct sq_agent *sq_pool_tightest(struct sq_pool *pool, unsigned long pages);
struct sq_agent *sq_pool_first(struct sq_pool *pool);
struct sq_agent *sq_pool_next(struct sq_pool *pool, struct sq_agent *agent);
struct sq_agent *sq_pool_at(struct sq_pool *pool, unsigned long addr);

#define SQ_POOL_PRIV_BYTES	48

void *sq_pool_priv(struct sq_pool *pool);
void sq_manager_each_pool(struct sq_manager *m,
			  void (*fn)(struct sq_pool *pool, void *ctx),
			  void *ctx);

/* ---- viewer --------------------------------------------------------------- */

#define SQ_VIEW_BINS	12

/**
 * struct sq_view - what a manager holds, at one moment
 * @used_blocks: blocks in use
 * @used_pages: their pages
 * @free_blocks: free blocks
 * @free_pages: their pages
 * @largest_free: pages of the largest free block
 * @free_bins: free blocks of 2^i to 2^(i+1)-1 pages; the last bin is open
 * @used_bins: the same for blocks in use
 * @fetched: pages got from the source since create
 * @returned: pages put back since create
 * @lost: pages the source did not take back, as others put or freed them
 * @source_gets: calls of the source's get since create
 * @source_puts: calls of its put
 * @source_fails: gets that found no memory
 * @splits: blocks split since create
 * @merges: blocks coalesced since create
 * @coalesce_tries: free blocks looked at for a free neighbour
 * @limit_hits: requests refused because of the limit
 * @limit: most pages that may be used, or ULONG_MAX
 * @reserve: pages that a trim leaves, used and free together
 */
struct sq_view {
	unsigned long used_blocks;
	unsigned long used_pages;
	unsigned long free_blocks;
	unsigned long free_pages;
	unsigned long largest_free;
	unsigned long free_bins[SQ_VIEW_BINS];
	unsigned long used_bins[SQ_VIEW_BINS];
	u64 fetched;
	u64 returned;
	u64 lost;
	u64 source_gets;
	u64 source_puts;
	u64 source_fails;
	u64 splits;
	u64 merges;
	u64 coalesce_tries;
	u64 limit_hits;
	unsigned long limit;
	unsigned long reserve;
};

/**
 * typedef sq_view_fn - called for each block of a manager in address order
 * @agent: the block's agent; must not be changed
 * @ctx: what was passed to sq_viewer_walk()
 *
 * The manager is locked; must not sleep and must not call it.
 * Return: true to go on, false to stop.
 */
typedef bool (*sq_view_fn)(const struct sq_agent *agent, void *ctx);

/**
 * struct sq_age - how long free memory has been free
 * @oldest: of the block that has been free longest, in jiffies
 * @sum: of all free blocks, their pages times how long, in jiffies
 * @pages: their pages
 */
struct sq_age {
	u32 oldest;
	u64 sum;
	unsigned long pages;
};

void sq_viewer_count(struct sq_manager *m, struct sq_view *view);
unsigned int sq_viewer_fragmentation(const struct sq_view *view);
unsigned int sq_viewer_coalesce_hits(const struct sq_view *view);
void sq_viewer_age(struct sq_manager *m, struct sq_age *age);
u64 sq_viewer_oldest_ms(const struct sq_age *age);
u64 sq_viewer_mean_ms(const struct sq_age *age);
bool sq_viewer_step(struct sq_manager *m, unsigned long *addr, sq_view_fn fn,
		    void *ctx);
void sq_viewer_walk(struct sq_manager *m, sq_view_fn fn, void *ctx);
unsigned long sq_viewer_stolen(const struct sq_agent *agent);
unsigned int sq_viewer_check(struct sq_manager *m);

#endif /* _SQ_UTILITY_H */
