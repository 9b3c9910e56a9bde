// SPDX-License-Identifier: GPL-2.0
/*
 * Page map: for each page of the linear map, the agent of the block it is in.
 *
 * Two levels. The root has one pointer per leaf, from PAGE_OFFSET to the end
 * of the memory that was online at load; a leaf is one page. Where squirrel has
 * no page there is the shared leaf, full of the agent of nobody, so a lookup
 * needs no test for NULL and no lock.
 *
 * The invariant: every page of every block on hand, used or free, names its
 * agent; every other page names nobody. So a block taken and given whole
 * touches no entry.
 *
 * A leaf's life:
 *
 *	shared		no page of ours in its range
 *	  sq_map_hold	a page is allocated and replaces the shared leaf
 *	populated	its count says how many of its frames are held
 *	  sq_map_drop	the last is dropped
 *	empty		still there, listed; becomes populated again at no cost
 *	  sq_map_collect	the shared leaf replaces it
 *	limbo		until the next grace period (meta.c)
 *
 * Counts and the list of empty leaves are under map_lock. Entries are written
 * by whoever holds the block, under pool->lock, only in populated leaves.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bug.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

#include <squirrel/compat.h>

#include "internal.h"

#define LEAF_BYTES	(PAGE_SIZE << SQ_MAP_LEAF_SHIFT)
#define LEAF_NONE	U32_MAX

static_assert(SQ_MAP_LEAF_ENTRIES * sizeof(struct sq_agent *) <= PAGE_SIZE);

/**
 * struct leaf_state - one leaf, seen by those who change it
 * @next: index of the next empty leaf, while @listed
 * @held: frames that belong to blocks on hand
 * @listed: on the list of empty leaves
 */
struct leaf_state {
	u32 next;
	u16 held;
	bool listed;
};

static_assert(SQ_MAP_LEAF_ENTRIES <= U16_MAX);

struct sq_map sq_map __read_mostly;
EXPORT_SYMBOL_SQ_KUNIT(sq_map);

struct sq_agent sq_agent_nobody = {
	.node = NUMA_NO_NODE,
};
EXPORT_SYMBOL_SQ_KUNIT(sq_agent_nobody);

static struct sq_agent *shared_leaf[SQ_MAP_LEAF_ENTRIES] __aligned(PAGE_SIZE);

static DEFINE_RAW_SPINLOCK(map_lock);
static struct leaf_state *leaf_state;	/* by leaf; contents under map_lock */
static u32 empty_leaves = LEAF_NONE;	/* under map_lock */

/*
 * The root's pointers are biased: each points to where entry 0 of the whole map
 * would be if the leaves lay one behind the other, so that a lookup indexes with
 * the page frame as it is.
 */
static struct sq_agent **leaf_entries(unsigned long leaf)
{
	return READ_ONCE(sq_map.root[leaf]) + leaf * SQ_MAP_LEAF_ENTRIES;
}

static void leaf_point(unsigned long leaf, struct sq_agent **entries)
{
	/* Pairs with the address dependency in sq_map_lookup(). */
	smp_store_release(&sq_map.root[leaf],
			  entries - leaf * SQ_MAP_LEAF_ENTRIES);
}

static unsigned long leaf_of(unsigned long addr)
{
	return (addr - PAGE_OFFSET) / LEAF_BYTES;
}

static unsigned long entry_of(unsigned long addr)
{
	return ((addr - PAGE_OFFSET) >> PAGE_SHIFT) & (SQ_MAP_LEAF_ENTRIES - 1);
}

/* The end of the leaf that @addr is in, or @end if that comes first. */
static unsigned long leaf_end(unsigned long addr, unsigned long end)
{
	unsigned long stop = PAGE_OFFSET + (leaf_of(addr) + 1) * LEAF_BYTES;

	/* The end of the address space is 0. */
	return stop - 1 < end - 1 ? stop : end;
}

/* Bytes from PAGE_OFFSET to the end of the highest page online. */
static unsigned long linear_map_bytes(void)
{
	unsigned long top = 0;
	int node;

	for_each_online_node(node)
		top = max(top, node_end_pfn(node));
	if (!top)
		return 0;
	if (IS_ENABLED(CONFIG_HIGHMEM))
		top = min(top, PHYS_PFN(__pa(high_memory - 1)) + 1);
	return (unsigned long)__va(PFN_PHYS(top - 1)) + PAGE_SIZE - PAGE_OFFSET;
}

static unsigned long map_pages(void)
{
	return PFN_UP(sq_map.leaves * sizeof(*sq_map.root)) +
	       PFN_UP(sq_map.leaves * sizeof(*leaf_state));
}

int sq_map_init(void)
{
	unsigned long leaves = DIV_ROUND_UP(linear_map_bytes(), LEAF_BYTES);
	struct sq_agent ***root;
	unsigned long i;

	if (!leaves || leaves >= LEAF_NONE)
		return -ENOMEM;

	root = kvmalloc_array(leaves, sizeof(*root), GFP_KERNEL);
	leaf_state = kvcalloc(leaves, sizeof(*leaf_state), GFP_KERNEL);
	if (!root || !leaf_state) {
		kvfree(root);
		kvfree(leaf_state);
		leaf_state = NULL;
		return -ENOMEM;
	}
	for (i = 0; i < SQ_MAP_LEAF_ENTRIES; i++)
		shared_leaf[i] = &sq_agent_nobody;
	for (i = 0; i < leaves; i++)
		root[i] = shared_leaf - i * SQ_MAP_LEAF_ENTRIES;

	empty_leaves = LEAF_NONE;
	sq_map.root = root;
	/* Nobody may see the size without the root. */
	smp_store_release(&sq_map.leaves, leaves);
	sq_meta_note(map_pages());
	return 0;
}

/* All managers are gone and a grace period has passed since. */
void sq_map_exit(void)
{
	unsigned long i;

	sq_meta_note(-(long)map_pages());
	for (i = 0; i < sq_map.leaves; i++) {
		if (leaf_entries(i) != shared_leaf)
			sq_meta_put(leaf_entries(i));
	}
	sq_map.leaves = 0;
	kvfree(sq_map.root);
	sq_map.root = NULL;
	kvfree(leaf_state);
	leaf_state = NULL;
}

/* Count @n frames of a leaf as held. False if the leaf is the shared one. */
static bool leaf_hold(unsigned long leaf, unsigned int n)
{
	unsigned long irq;
	bool there;

	raw_spin_lock_irqsave(&map_lock, irq);
	there = leaf_entries(leaf) != shared_leaf;
	if (there)
		leaf_state[leaf].held += n;
	raw_spin_unlock_irqrestore(&map_lock, irq);
	return there;
}

static void leaf_list(unsigned long leaf)
{
	struct leaf_state *state = &leaf_state[leaf];

	lockdep_assert_held(&map_lock);

	if (state->listed)
		return;
	state->listed = true;
	state->next = empty_leaves;
	empty_leaves = leaf;
}

static void leaf_drop(unsigned long leaf, unsigned int n)
{
	struct leaf_state *state = &leaf_state[leaf];
	unsigned long irq;

	raw_spin_lock_irqsave(&map_lock, irq);
	if (state->held < n) {
		pr_err_once("page map: leaf %lu holds %u frames, %u dropped\n",
			    leaf, state->held, n);
		n = state->held;
	}
	state->held -= n;
	if (!state->held)
		leaf_list(leaf);
	raw_spin_unlock_irqrestore(&map_lock, irq);
}

/* Put a real leaf where the shared one is. Somebody else may be faster. */
static bool leaf_install(unsigned long leaf, gfp_t gfp)
{
	struct sq_agent **entries = sq_meta_get(gfp);
	unsigned long irq;

	if (!entries)
		return false;
	memcpy(entries, shared_leaf, sizeof(shared_leaf));

	raw_spin_lock_irqsave(&map_lock, irq);
	if (leaf_entries(leaf) == shared_leaf) {
		leaf_point(leaf, entries);
		leaf_list(leaf);
		entries = NULL;
	}
	raw_spin_unlock_irqrestore(&map_lock, irq);

	if (entries)
		sq_meta_put(entries);
	return true;
}

/*
 * Make room for the entries of a range and keep it until sq_map_drop().
 * Returns -ERANGE if the map does not reach there, -ENOMEM without memory.
 */
int sq_map_hold(unsigned long addr, size_t size, gfp_t gfp)
{
	unsigned long end = addr + size;
	unsigned long at, stop;

	if (leaf_of(addr) >= sq_map.leaves || leaf_of(end - 1) >= sq_map.leaves)
		return -ERANGE;

	for (at = addr; at != end; at = stop) {
		stop = leaf_end(at, end);
		while (!leaf_hold(leaf_of(at), (stop - at) >> PAGE_SHIFT)) {
			if (leaf_install(leaf_of(at), gfp))
				continue;
			if (at != addr)
				sq_map_drop(addr, at - addr);
			return -ENOMEM;
		}
	}
	return 0;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_hold);

/* No entry of the range names an agent any more. */
void sq_map_drop(unsigned long addr, size_t size)
{
	unsigned long end = addr + size;
	unsigned long at, stop;

	for (at = addr; at != end; at = stop) {
		stop = leaf_end(at, end);
		leaf_drop(leaf_of(at), (stop - at) >> PAGE_SHIFT);
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_drop);

/* Enter @agent for each page of a held range; NULL: nobody. */
void sq_map_set(unsigned long addr, size_t size, struct sq_agent *agent)
{
	unsigned long end = addr + size;
	struct sq_agent **entries;
	unsigned long at, stop;

	if (!agent)
		agent = &sq_agent_nobody;

	for (at = addr; at != end; at = stop) {
		stop = leaf_end(at, end);
		entries = leaf_entries(leaf_of(at)) + entry_of(at);
		for (; at != stop; at += PAGE_SIZE)
			WRITE_ONCE(*entries++, agent);
	}
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_set);

/* Take the empty leaves out and move their pages to @pages. */
void sq_map_collect(struct list_head *pages)
{
	struct leaf_state *state;
	struct sq_agent **entries;
	unsigned long irq;
	u32 leaf;

	raw_spin_lock_irqsave(&map_lock, irq);
	while (empty_leaves != LEAF_NONE) {
		leaf = empty_leaves;
		state = &leaf_state[leaf];
		empty_leaves = state->next;
		state->listed = false;
		if (state->held)
			continue;
		entries = leaf_entries(leaf);
		leaf_point(leaf, shared_leaf);
		list_add(&virt_to_page(entries)->lru, pages);
	}
	raw_spin_unlock_irqrestore(&map_lock, irq);
}

/*
 * Move *@addr up to the first page below @end that lies in a block of @m, and
 * tell the block's node. A hint: without m's locks the block may be gone.
 */
bool sq_map_next(unsigned long *addr, unsigned long end,
		 const struct sq_manager *m, int *node)
{
	struct sq_agent **entries;
	struct sq_agent *agent;
	unsigned long at = *addr;
	unsigned long stop;
	bool found = false;

	while (at < end && !found) {
		stop = leaf_end(at, end);
		preempt_disable();
		entries = leaf_entries(leaf_of(at));
		if (entries == shared_leaf)
			at = stop;
		while (at != stop) {
			agent = READ_ONCE(entries[entry_of(at)]);
			found = READ_ONCE(agent->manager) == m;
			if (found) {
				*node = READ_ONCE(agent->node);
				break;
			}
			at += PAGE_SIZE;
		}
		preempt_enable();
	}
	*addr = at;
	return found;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_map_next);
