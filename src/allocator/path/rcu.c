// SPDX-License-Identifier: GPL-2.0
/*
 * Frees after a grace period.
 */
#include <linux/rcupdate.h>

#include "allocator/internal.h"

static atomic_long_t sq_rcu_pending;

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
