// SPDX-License-Identifier: GPL-2.0
/*
 * BlockAgent: carries one block. Its block words are the block's header.
 *
 * States of an agent, and what its fields hold then:
 *
 *		owner	header	priv
 *	spare	NULL	addr 0	link to the next spare one (descriptor.c)
 *	free	NULL	free	struct sq_free_links: place in the index (pool.c)
 *	taken	NULL	used	zeros; the taker fills it in
 *	used	set	used	the holder's
 *
 *	spare -> free		fetched, or split off
 *	free  -> taken		sq_manager_take()
 *	taken -> used		sq_agent_publish()
 *	used, taken -> free	sq_manager_give()
 *	free  -> spare		absorbed by a neighbour, or given back
 *
 * A direct block skips the free state.
 */
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include "compat.h"

#include "internal.h"

static_assert(sizeof_field(struct sq_agent, block) == SQ_BLOCK_HEADER_BYTES);
static_assert(offsetof(struct sq_agent, block) == 0);
static_assert(SQ_BLOCK_ADDR_WORD == 0);
static_assert(SQ_BLOCK_SIZE_WORD == 1 && SQ_BLOCK_USED == 1UL);
static_assert(sizeof(struct sq_agent) == 128 || BITS_PER_LONG != 64 ||
	      PAGE_SIZE != 4096);
static_assert(sizeof(struct sq_free_links) <= SQ_AGENT_PRIV_BYTES);
