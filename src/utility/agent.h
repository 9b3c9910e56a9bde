/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The agent carries one block: whoever is above the utility handles blocks as
 * agents. Its states are in agent.c.
 */
#ifndef _SQ_UTILITY_AGENT_H
#define _SQ_UTILITY_AGENT_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <asm/barrier.h>

struct sq_manager;

/*
 * Read what others write under a lock that is not held here: a hint or a figure
 * that may be out of date.
 */
#define sq_read_racy(var)	data_race(READ_ONCE(var))
/* The same by a plain load, which the compiler may fold into what uses it. */
#define sq_racy(expr)		data_race(expr)

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
 * @freed_at: low half of jiffies when the block was last given, while it is free
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
	u32 freed_at;
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

/* Nobody has written to its pages since they came, and with init_on_alloc they were zero */
#define SQ_AGENT_FRESH		0x02

/**
 * sq_agent_fresh() - are a block's pages as the source gave them?
 * @agent: from sq_manager_take(), which has just returned
 *
 * Context: Any context.
 * Return: true if nobody has written to them since, and with init_on_alloc all of it is
 * zero.
 */
static inline bool sq_agent_fresh(const struct sq_agent *agent)
{
	return agent->flags & SQ_AGENT_FRESH;
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

/**
 * sq_agent_retract() - clear the owner of a used block if it is still that one
 * @agent: the block's agent
 * @owner: who is thought to hold it; not NULL
 *
 * For an owner whose block may be freed from several sides at once: exactly one
 * of them succeeds, and it is that one's to give back.
 *
 * Context: Any context.
 * Return: whether the owner was @owner and is NULL now.
 */
static inline bool sq_agent_retract(struct sq_agent *agent, const void *owner)
{
	return cmpxchg(&agent->owner, owner, NULL) == owner;
}

static inline unsigned long sq_agent_pages(const struct sq_agent *agent)
{
	return sq_agent_size(agent) >> PAGE_SHIFT;
}

extern struct sq_agent sq_agent_null;

/* Descriptors, the memory that agents live in, come a page at a time. */
bool sq_agents_spare(void);
bool sq_agents_ensure(gfp_t gfp);

#endif /* _SQ_UTILITY_AGENT_H */
