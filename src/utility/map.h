/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page map: from an address to the agent of the block it lies in. How it is
 * built is told in map.c.
 */
#ifndef _SQ_UTILITY_MAP_H
#define _SQ_UTILITY_MAP_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/mm.h>
#include <asm/barrier.h>

#include "agent.h"

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
 * Return: the agent, perhaps of a free block (owner NULL); &sq_agent_null
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
	span = sq_racy(sq_map[sq_map_slot_of(leaf)]);
	if (unlikely(sq_racy(span->number[i]) != leaf)) {
		/* No call, and the slot anew: nothing to save before. */
		OPTIMIZER_HIDE_VAR(leaf);
		span = sq_map_span_of(leaf);
		if (!span || READ_ONCE(span->number[i]) != leaf)
			return &sq_agent_null;
	}
	/* Whoever sees a leaf's number sees the leaf; no instruction on x86. */
	smp_acquire__after_ctrl_dep();
	agent = sq_racy(span->leaf[i][(unsigned long)addr >> PAGE_SHIFT]);
	/* In a register now; to hide it would cost the hot path a move. */
	asm volatile("" : : "r" (agent));
	return agent;
}

#endif /* _SQ_UTILITY_MAP_H */
