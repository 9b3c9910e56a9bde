// SPDX-License-Identifier: GPL-2.0
/*
 * Frees after a grace period.
 */
#include <linux/rcupdate.h>

#include "path.h"

static atomic_long_t rcu_pending;

/* The head lies anywhere in the object: find where that starts and whose it is. */
static void rcu_free(struct rcu_head *head)
{
	struct sq_found f;

	preempt_disable();
	sq_obj_find(head, &f);
	preempt_enable();
	if (!f.owner)
		sq_report(NULL, "RCU free", head, 0);
	else if (f.owner->heap_key || (f.owner->flags & SQ_CACHE_LARGE))
		squirrel_heap_free(f.owner->heap, (void *)f.base);
	else
		squirrel_cache_free(f.owner, (void *)f.base);
	/* Pairs with sq_rcu_free_wait(): the free was counted before. */
	atomic_long_dec_return_release(&rcu_pending);
}

/* Does somebody's memory start at @obj? If not, say so. */
static bool rcu_check(const void *obj, unsigned long caller)
{
	struct sq_found f;

	preempt_disable();
	sq_obj_find(obj, &f);
	preempt_enable();
	if (!f.start)
		sq_report(f.owner, f.owner ? "RCU free of a pointer into the middle" :
			  "RCU free", obj, caller);
	return f.start;
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
	if (!rcu_check(obj, _RET_IP_))
		return;
	atomic_long_inc(&rcu_pending);
	call_rcu(head, rcu_free);
}
EXPORT_SYMBOL_GPL(__squirrel_free_rcu);

/*
 * Until all RCU frees asked for so far are done. May sleep. Returns whether there
 * were any.
 */
bool sq_rcu_free_wait(void)
{
	/* None left: then what they freed is seen to be free. */
	if (!atomic_long_read_acquire(&rcu_pending))
		return false;
	rcu_barrier();
	return true;
}
EXPORT_SYMBOL_SQ_KUNIT(sq_rcu_free_wait);
