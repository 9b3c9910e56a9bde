/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects that are guarded: each alone in an area of the kernel's virtual memory, at its
 * end, with nothing behind it. Here is how an address is found to be of one; what is done
 * with them is in the room debug.
 */
#ifndef _SQ_ALLOCATOR_GUARD_H
#define _SQ_ALLOCATOR_GUARD_H

#include <linux/list.h>
#include <linux/llist.h>

#include "allocator/common/common.h"
#include "allocator/common/track.h"
#include "utility/utility.h"

#include "object.h"

/* What an area is. Odd numbers, as of slots, are not needed: nobody but us writes there. */
enum sq_guard_state {
	SQ_GUARD_READY,		/* nobody's */
	SQ_GUARD_LIVE,
	SQ_GUARD_FREE,		/* freed, and mapped for a moment yet */
	SQ_GUARD_GONE,		/* unmapped: this is the memory of it */
};

/**
 * struct sq_guard - an area that is, or was, an object's
 * @agent: so that it is found as all objects are: of kind SQ_KIND_GUARD, and while it is
 *	live or free its owner is the twin
 * @client: the cache or heap that @agent's owner debugs; after the free as well, as long as
 *	there is one
 * @base: where the area begins
 * @bytes: whole pages of it; behind them is nothing, and in front of them, see guard_map.c
 * @obj: the object in it
 * @asked: its bytes
 * @state: enum sq_guard_state
 * @flags: SQ_DEBUG_*, as when it was allocated
 * @poisoned: it was filled when it was freed
 * @alloc: who allocated it
 * @free: who freed it
 * @name: of the cache, which may go before
 * @freed: in the list of what is to be unmapped
 * @link: in that of areas that are ready; under the pool's lock
 * @all: in that of all areas that are mapped, or of those that were
 * @page: the pages, and on either side one for the holes
 */
struct sq_guard {
	struct sq_agent agent;
	struct squirrel_cache *client;
	u8 *base;
	u32 bytes;
	u32 asked;
	u8 *obj;
	int state;
	u32 flags;
	bool poisoned;
	struct sq_track alloc;
	struct sq_track free;
	char name[SQUIRREL_NAME_MAX + 1];
	struct llist_node freed;
	struct list_head link;
	struct list_head all;
	struct page *page[];
};

static inline struct sq_guard *sq_guard_of(const struct sq_agent *agent)
{
	return container_of(agent, struct sq_guard, agent);
}

/* Of who found an agent: was it, or is it, an object's area? */
static inline bool sq_guard_was_used(const struct sq_agent *agent)
{
	return agent->kind == SQ_KIND_GUARD &&
	       READ_ONCE(sq_guard_of(agent)->state) != SQ_GUARD_READY;
}

static inline bool sq_guard_live(const struct sq_agent *agent)
{
	return READ_ONCE(sq_guard_of(agent)->state) == SQ_GUARD_LIVE;
}

/* guard.c */
struct sq_guard *sq_guard_at(const void *addr);
struct sq_agent *sq_guard_agent(const void *addr);
int sq_guard_enter(struct sq_guard *g);
void sq_guard_leave(struct sq_guard *g);

#endif /* _SQ_ALLOCATOR_GUARD_H */
